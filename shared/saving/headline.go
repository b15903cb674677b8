package saving

import (
	"fmt"
	"strings"
)

// EnoughN is the least number of cases behind a headline.
const EnoughN = 10

// Verdict is what became of a kind of baseline when the headline was chosen.
type Verdict string

const (
	// Used is the one in the headline.
	Used Verdict = "used"
	// NotNeeded is good enough but stands beside: a better one is in the headline, or it is C of the medians.
	NotNeeded Verdict = "not_needed"
	// TooFew has fewer than EnoughN cases.
	TooFew Verdict = "too_few"
	// Incomplete lacks inputs, which it names.
	Incomplete Verdict = "incomplete"
	// Absent was not given.
	Absent Verdict = "absent"
	// Never is a baseline no headline may rest on: a limit is not a time anybody took.
	Never Verdict = "never"
)

// Reason says why a baseline is or is not in the headline.
type Reason struct {
	Kind    Kind    `json:"kind"`
	Verdict Verdict `json:"verdict"`
	N       int     `json:"n"`
}

// String is the reason as an English phrase.
func (r Reason) String() string {
	name := strings.ReplaceAll(string(r.Kind), "_", " ")
	switch r.Verdict {
	case Used:
		return fmt.Sprintf("%s is used (n=%d)", name, r.N)
	case NotNeeded:
		return fmt.Sprintf("%s (n=%d) stands beside", name, r.N)
	case TooFew:
		return fmt.Sprintf("%s has n=%d, fewer than %d", name, r.N, EnoughN)
	case Incomplete:
		return fmt.Sprintf("%s lacks inputs", name)
	case Absent:
		return fmt.Sprintf("%s is not known", name)
	case Never:
		return fmt.Sprintf("%s is never a headline", name)
	}
	return fmt.Sprintf("%s: %s", name, r.Verdict)
}

// Saving is the headline: the time saved (压缩时间), or that there is too little to tell.
type Saving struct {
	// Insufficient means that no baseline is good enough; the numbers are then 0 and mean nothing.
	Insufficient bool `json:"insufficient"`
	// Baseline is the one compared with.
	Baseline Baseline `json:"baseline,omitzero"`
	// Span is T of the run; Saved is Baseline.Days - Span, negative when the run took longer.
	Span  WorkingDays `json:"span"`
	Saved WorkingDays `json:"saved"`
	// CalendarSaved is Baseline.CalendarSpan less that of the run; it means something only when Baseline.CalendarSpan is given.
	CalendarSaved CalendarDays `json:"calendarSaved,omitzero"`
	// Why has a reason for each kind of baseline, the best kind first.
	Why []Reason `json:"why"`
}

// Months returns the months saved, and false when they are not known: they come from calendar days only.
func (s Saving) Months() (Months, bool) {
	if s.Insufficient || s.Baseline.CalendarSpan == 0 {
		return 0, false
	}
	return s.CalendarSaved.Months(), true
}

// String is the headline in English: the days saved, what they rest on and why, or "insufficient" and why.
// Baselines that were not given are left out.
func (s Saving) String() string {
	var why []string
	for _, r := range s.Why {
		if r.Verdict != Absent {
			why = append(why, r.String())
		}
	}
	if len(why) == 0 {
		why = append(why, "no baseline is known")
	}
	said := fmt.Sprintf("%v working days saved", float64(s.Saved))
	switch {
	case s.Insufficient:
		said = "insufficient"
	case s.Saved < 0:
		said = fmt.Sprintf("%v working days longer", -float64(s.Saved))
	}
	return said + ": " + strings.Join(why, "; ")
}

// Headline compares the span of a run with the best baseline given: (d) the median span of matched projects, else (c) S of
// the historical medians, each only if complete and with at least [EnoughN] cases, else it is insufficient. It never
// rests on a statutory baseline, however good. Of two baselines of a kind the first that is good enough counts.
//
// (c) is a sum of net days, while the span also has the stops and the handing on: the comparison is then on the cautious side. It
// does suppose that the items were done one after another before; C of the same medians, shown beside it, supposes the opposite.
func Headline(r Run, baselines ...Baseline) Saving {
	s := Saving{Insufficient: true, Span: r.Span}
	for _, kind := range []Kind{Matched, HistoricalSerial, HistoricalCritical, StatutorySerial, StatutoryCritical} {
		best, reason := Baseline{}, Reason{Kind: kind, Verdict: Absent}
		for _, b := range baselines {
			if b.Kind != kind || reason.Verdict == Used {
				continue
			}
			if v := judge(b); v == Used || reason.Verdict == Absent {
				best, reason.Verdict, reason.N = b, v, b.N
			}
		}
		switch {
		case reason.Verdict != Used:
		case kind == HistoricalCritical || !s.Insufficient:
			reason.Verdict = NotNeeded
		default:
			s.Insufficient = false
			s.Baseline = best
			s.Saved = best.Days - r.Span
			if best.CalendarSpan != 0 {
				s.CalendarSaved = best.CalendarSpan - r.CalendarSpan
			}
		}
		s.Why = append(s.Why, reason)
	}
	return s
}

// judge says whether a baseline is good enough.
func judge(b Baseline) Verdict {
	switch {
	case b.Kind == StatutorySerial || b.Kind == StatutoryCritical:
		return Never
	case !b.Complete():
		return Incomplete
	case b.N < EnoughN:
		return TooFew
	}
	return Used
}
