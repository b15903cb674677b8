package vitality

import (
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// Span is the days that an index is of, both included, as read on a day: what happened
// later than that, or is not decided by then, is not known.
type Span struct {
	From, To calendar.Date
	Today    calendar.Date
}

func (p Span) in(d calendar.Date) bool { return p.From <= d && d <= min(p.To, p.Today) }

// Count finds the cases of all indicators in a branch's issues, drafts left out. What
// is not decided yet – a day that is still to come, a duty that waits to be checked – is
// no case.
func (t Table) Count(cal *calendar.Calendar, issues []approval.Issue, p Span) Facts {
	f := Facts{}
	days := map[Code]int{}
	for _, i := range t.Indicators {
		days[i.Code] = i.Days
	}
	for k := range issues {
		i := &issues[k]
		if i.RaisedAt.IsZero() {
			continue
		}
		add := func(of Code, signOff int, met bool) { f[of] = append(f[of], Case{i.ID, signOff, met}) }
		if on := calendar.Of(i.RaisedAt); p.in(on) {
			add(Raised, 0, cal.WorkingDays(calendar.Of(i.CreatedAt), on) <= days[Raised])
		}
		p.end(cal, i, days[Rated], add)
		for n := range i.SignOffs {
			p.signOff(&i.SignOffs[n], add)
		}
	}
	return f
}

// end counts how the issue came to its end, and what the branch said of it.
func (p Span) end(cal *calendar.Calendar, i *approval.Issue, days int, add func(Code, int, bool)) {
	concluded := i.Status == approval.Concluded || i.Status == approval.Confirmed
	on := calendar.Of(i.ConcludedAt)
	switch {
	case concluded && p.in(on):
		add(Closed, 0, true)
		last := cal.After(on, days)
		if said := calendar.Of(i.ConfirmedAt); i.Status == approval.Confirmed || last < p.Today {
			add(Rated, 0, i.Status == approval.Confirmed && said <= last && i.Rating != nil)
		}
	case i.Status == approval.Withdrawn || concluded && on <= p.To: // withdrawn, or ended before the period
	case !i.Whole.On.IsZero() && i.Whole.On <= p.To && i.Whole.On < p.Today && calendar.Of(i.RaisedAt) <= p.To:
		add(Closed, 0, false)
	}
}

func (p Span) signOff(s *approval.SignOff, add func(Code, int, bool)) {
	put := func(of Code, met bool) { add(of, s.N, met) }
	p.request(s.Request, put)
	p.duties(s.Duties, put)
	p.ruling(s.Ruling, put)
	for k := range s.Earlier {
		e := &s.Earlier[k]
		p.request(e.Request, put)
		p.duties(e.Duties, put)
		p.ruling(e.Ruling, put)
	}
	if p.in(s.Due.On) && !s.Tolerated() && (s.Late() || s.State == approval.Open && s.Due.On < p.Today) {
		put(Urges, s.Urges > 0)
	}
}

func (p Span) request(r *approval.Request, add func(Code, bool)) {
	if r == nil {
		return
	}
	answered := calendar.Of(r.AnsweredAt)
	switch by := r.AnswerBy; {
	case by.IsZero(): // stored before requests had a day
		if !answered.IsZero() && p.in(answered) {
			add(Supplements, true)
		}
	case p.From <= by && by <= p.To && (!answered.IsZero() || by < p.Today):
		add(Supplements, !answered.IsZero() && answered <= by)
	}
}

func (p Span) duties(all []approval.Duty, add func(Code, bool)) {
	for k := range all {
		d := &all[k]
		if d.By < p.From || d.By > p.To {
			continue
		}
		// The branch answers for when it reports, not for when the department checks.
		done := calendar.Of(d.SettledAt)
		if d.Report != nil {
			done = calendar.Of(d.Report.At)
		}
		switch {
		case d.State == approval.DutyMet:
			add(Duties, done <= d.By)
		case d.State == approval.DutyRevoked, d.Pending() && d.By < p.Today && (d.Report == nil || done > d.By):
			add(Duties, false)
		}
	}
}

func (p Span) ruling(r *approval.Ruling, add func(Code, bool)) {
	if r != nil && p.in(calendar.Of(r.At)) {
		add(Rulings, slices.Contains([]approval.Outcome{approval.SetAside, approval.Revise}, r.Outcome))
	}
}
