package saving

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"lianban/shared/calendar"
)

// Observation is what is known of one sign-off, or one issue, on the day it was looked at.
type Observation struct {
	// Raised says to which cohort it belongs.
	Raised calendar.Date
	// Days it took, or has lasted so far while it is open.
	Days int
	// Ending is how it ended, Ended when, zero while it is open.
	Ending Ending
	Ended  calendar.Date
	// Due is the last day of its limit, zero for none.
	Due calendar.Date
	// OnCommitment means that it was granted on commitment (告知承诺).
	OnCommitment bool
}

// Observe says what is known at the end of a day of how long the piece took net: from acceptance, without the stopped days.
// A piece that is not accepted yet has 0 days. An ending after the day has not happened yet. It returns an error that
// names the piece when a date is absent or they are in the wrong order, also when it is raised after the day.
func (p Piece) Observe(c *calendar.Calendar, at calendar.Date) (Observation, error) {
	o := Observation{Raised: p.Raised, Ending: p.How(), Ended: p.Decided, Due: p.Due, OnCommitment: p.OnCommitment}
	end, start := p.Decided, p.Accepted
	if err := o.Ending.Validate(); err != nil {
		return Observation{}, fmt.Errorf("piece %q: %w", p.ID, err)
	}
	switch {
	case p.Raised.IsZero():
		return Observation{}, fmt.Errorf("piece %q has no date raised", p.ID)
	case p.Raised > at:
		return Observation{}, fmt.Errorf("piece %q was raised on %s, after the day %s it is looked at", p.ID, p.Raised, at)
	case o.Ending != Open && end.IsZero():
		return Observation{}, fmt.Errorf("piece %q is %s and has no date decided", p.ID, o.Ending)
	case o.Ending == Open && !end.IsZero():
		return Observation{}, fmt.Errorf("piece %q is open and has a date decided, %s", p.ID, end)
	case !start.IsZero() && start < p.Raised:
		return Observation{}, fmt.Errorf("piece %q was accepted on %s, before it was raised on %s", p.ID, start, p.Raised)
	case !end.IsZero() && end < max(start, p.Raised):
		return Observation{}, fmt.Errorf("piece %q was decided on %s, before it was raised or accepted on %s", p.ID, end, max(start, p.Raised))
	}
	if o.Ending == Open || end > at {
		o.Ending, o.Ended, o.OnCommitment, end = Open, 0, false, at
	}
	if !start.IsZero() {
		o.Days = c.Used(start, end, calendar.WorkingDays, p.Stops)
	}
	return o, nil
}

// Punctuality counts answers against their limits (按时办结). Being refused is an answer; being withdrawn is none and does not
// count, nor does a case that is open and not yet past due.
type Punctuality struct {
	// ByDue were answered on the last day of the limit or before, Late after it, and PastDue are open and beyond it.
	ByDue   int `json:"byDue"`
	Late    int `json:"late"`
	PastDue int `json:"pastDue"`
}

// Rate is the on-time rate (按时办结率): answered by the due day, of all answered and all open past due. Leaving the last out would
// make an office look better by not answering.
func (p Punctuality) Rate() Share { return ShareOf(p.ByDue, p.ByDue+p.Late+p.PastDue) }

func (p Punctuality) plus(q Punctuality) Punctuality {
	return Punctuality{ByDue: p.ByDue + q.ByDue, Late: p.Late + q.Late, PastDue: p.PastDue + q.PastDue}
}

// Tally is all that need be kept of many cases to say how long they took and whether on time (用时汇总).
type Tally struct {
	// Plain has the days of cases that were not granted on commitment, OnCommitment those that were. They are apart since
	// a commitment moves verification to later rather than doing it faster (告知承诺). An open case is plain until it is granted so.
	Plain        Histogram `json:"plain"`
	OnCommitment Histogram `json:"onCommitment"`
	// Punctuality is of both.
	Punctuality Punctuality `json:"punctuality"`
}

// Add counts an observation made on a day. Its errors are those of [Histogram.Add], with nothing counted.
func (t *Tally) Add(o Observation, at calendar.Date) error { return t.add(o, at, 1) }

// Remove takes back what Add counted for the same observation and day.
func (t *Tally) Remove(o Observation, at calendar.Date) error { return t.add(o, at, -1) }

func (t *Tally) add(o Observation, at calendar.Date, n int) error {
	h := &t.Plain
	if o.OnCommitment {
		h = &t.OnCommitment
	}
	if err := h.Add(o.Days, o.Ending, n); err != nil {
		return err
	}
	answered := o.Ending == Decided || o.Ending == Refused
	switch p := &t.Punctuality; {
	case o.Due.IsZero():
	case answered && o.Ended <= o.Due:
		p.ByDue += n
	case answered:
		p.Late += n
	case o.Ending == Open && at > o.Due:
		p.PastDue += n
	}
	return nil
}

// MergeTallies returns the tally of the cases of all.
func MergeTallies(all ...Tally) Tally {
	var t Tally
	plain, pledged := make([]Histogram, len(all)), make([]Histogram, len(all))
	for i, one := range all {
		plain[i], pledged[i] = one.Plain, one.OnCommitment
		t.Punctuality = t.Punctuality.plus(one.Punctuality)
	}
	t.Plain, t.OnCommitment = Merge(plain...), Merge(pledged...)
	return t
}

// Month is a month of the calendar, written 2026-03.
type Month string

// MonthOf returns the month of a date.
func MonthOf(d calendar.Date) Month {
	if d.IsZero() {
		return ""
	}
	return Month(d.String()[:len("2006-01")])
}

// Cohort are the cases raised in the same month (同月提出). Cases are grouped by when they began, never by when they ended: the cases
// that end in a month are those that were long or are new, and say little of either.
type Cohort struct {
	Raised Month `json:"raised"`
	Tally  Tally `json:"tally"`
}

// Cohorts groups what was observed on a day by the month raised, earliest first. It stops at the first error, which is one of
// [Tally.Add] or names an observation without a date raised.
func Cohorts(all iter.Seq[Observation], at calendar.Date) ([]Cohort, error) {
	by := map[Month]*Tally{}
	for o := range all {
		month := MonthOf(o.Raised)
		if month == "" {
			return nil, fmt.Errorf("group by month raised: a case has no date raised")
		}
		if by[month] == nil {
			by[month] = &Tally{}
		}
		if err := by[month].Add(o, at); err != nil {
			return nil, err
		}
	}
	out := make([]Cohort, 0, len(by))
	for _, month := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Cohort{Raised: month, Tally: *by[month]})
	}
	return out, nil
}
