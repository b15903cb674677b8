package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Ladder is how silence climbs: rungs in the order in which they come, as data.
type Ladder []Rung

// Rung is one step of the ladder. It comes a share of the limit before the due
// date, at the due date, or some working days after it.
type Rung struct {
	Event string // EvYellow, EvRed or EvEscalate
	Light Light
	// BeforeShare: when this share (percent) of the limit is left, at least one day.
	BeforeShare int
	// After: working days past the due date, without those on which the clock stood still.
	After int
	// To is the tier it climbs to, for EvEscalate.
	To roster.Tier
}

// DefaultLadder: yellow with a fifth of the time left, red when the due date has
// passed, the general branch a working day later, the headquarters three working
// days after that. The shares and days are this product's own (assumed: no report
// states them); the order of the rungs is DESIGN's.
var DefaultLadder = Ladder{
	{Event: EvYellow, Light: Yellow, BeforeShare: 20},
	{Event: EvRed, Light: Red},
	{Event: EvEscalate, Light: Red, After: 1, To: roster.TierGeneralBranch},
	{Event: EvEscalate, Light: Red, After: 4, To: roster.TierHeadquarters},
}

func (l Ladder) light(rung int) Light {
	if rung == 0 {
		return Green
	}
	return l[rung-1].Light
}

// recheckFor is how long the machine waits when only a person or another
// decision can change anything; then it looks once and waits again.
const recheckFor = 30 * 24 * time.Hour

// rungAt is the moment at which the rung is reached: the start of a day in
// Asia/Shanghai. The sign-off's due date is known.
func (r Rules) rungAt(s *SignOff, k int) time.Time {
	rung, due := r.Ladder[k], s.Due.On
	switch {
	case rung.BeforeShare > 0:
		// A whole limit of one day is yellow from the start of its last day.
		return r.back(due, max(1, s.days()*rung.BeforeShare/100), s.Limit.Unit).Add(1).Start()
	case rung.After == 0:
		return due.End()
	}
	d := due
	stops := s.spans()
	for left := rung.After; left > 0; {
		d = d.Add(1)
		stopped := slices.ContainsFunc(stops, func(s calendar.Span) bool { return s.From < d && d <= s.To })
		if r.Calendar.Working(d) && !stopped {
			left--
		}
	}
	return d.End()
}

// back is the last day after which n counted days are left until due.
func (r Rules) back(due calendar.Date, n int, unit calendar.Unit) calendar.Date {
	d := due
	for left := n; left > 0; d = d.Add(-1) {
		if unit == calendar.CalendarDays || r.Calendar.Working(d) {
			left--
		}
	}
	return d
}

// lookAt is when the machine should look at the sign-off next by itself.
func (t *transition) lookAt(s *SignOff) time.Time {
	if s.State != Open || s.Due.On.IsZero() || s.Rung >= len(t.Ladder) {
		return t.now.Add(recheckFor)
	}
	at := t.rungAt(s, s.Rung)
	if at.Before(t.now) {
		return t.now
	}
	return at
}

// consultDays is how long a tier has for its rulings: the published case met on
// 15 June 2021 and had its result on the 17th, two days later.
const consultDays = 2

// nextTier is the tier that takes over when one lets its deadline pass. Above the
// headquarters is nobody: it is given the matter again.
func nextTier(tier roster.Tier) roster.Tier {
	if tier == roster.TierBranch {
		return roster.TierGeneralBranch
	}
	return roster.TierHeadquarters
}
