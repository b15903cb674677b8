package approval

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Level (层级) is whose ladder an issue climbs.
type Level string

const (
	LevelTown     Level = "town"     // 镇街
	LevelDistrict Level = "district" // 区
	LevelCity     Level = "city"     // 市
)

// Step is a rung of the ladder that lies on a sign-off's own clock; "" is below all.
type Step string

const (
	StepRemind Step = "remind" // 提醒: no light
	StepYellow Step = "yellow"
	StepRed    Step = "red"
	StepNotice Step = "notice" // 督办单
)

// steps are in the order in which they come.
var steps = []Step{"", StepRemind, StepYellow, StepRed, StepNotice}

func (s Step) height() int { return slices.Index(steps, s) }

// light is the colour of a sign-off whose clock has come to the step.
func (s Step) light() Light {
	switch s {
	case "", StepRemind:
		return Green
	case StepYellow:
		return Yellow
	}
	return Red
}

// event is what the step's rung is recorded as; a notice is an event of its own.
func (s Step) event() string {
	return map[Step]string{StepRemind: EvRemind, StepYellow: EvYellow, StepRed: EvRed}[s]
}

// Ladder is how silence climbs at one level: rungs on the sign-off's own clock,
// and above them tiers, each with a clock of its own.
type Ladder struct {
	Rungs []Rung
	Tiers []TierClock
}

// Rung is one step of the ladder. It comes a share of the limit before the due
// date, at the due date, or some working days after it.
type Rung struct {
	Step Step
	// Left: when this share (percent) of the limit is left, at least one day.
	Left int
	// After: working days past the due date, without those on which the clock stood still.
	After int
	// Days: working days for a reply to the notice, and for its recheck.
	Days int
}

// TierClock is the time that a tier has for what has climbed to it.
type TierClock struct {
	Tier roster.Tier
	// After: working days past the due date before the first tier is given the matter.
	After int
	// Days: working days, the day of receipt not counted, after which the next tier
	// is given a matter that is still overdue. Above the headquarters is nobody.
	Days int
}

// Ladders are the ladders of all levels.
type Ladders map[Level]Ladder

//go:embed ladder.tsv
var ladderTSV string

// DefaultLadders are those of ladder.tsv.
var DefaultLadders = func() Ladders {
	all, err := LoadLadders(strings.NewReader(ladderTSV))
	if err != nil {
		panic("approval: embedded ladders: " + err.Error())
	}
	return all
}()

// LoadLadders reads ladders in the form of ladder.tsv and names every fault.
func LoadLadders(r io.Reader) (Ladders, error) {
	in := csv.NewReader(r)
	in.Comma, in.Comment, in.FieldsPerRecord = '\t', '#', 5
	lines, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read ladders: %w", err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], []string{"level", "rung", "left", "after", "days"}) {
		return nil, errors.New("read ladders: the first line does not name the columns level, rung, left, after, days")
	}
	var faults []error
	all := Ladders{}
	for _, line := range lines[1:] {
		level, name := Level(line[0]), line[1]
		var n [3]int
		for k, text := range line[2:] {
			if text == "" {
				continue
			}
			if n[k], err = strconv.Atoi(text); err != nil || n[k] < 1 {
				faults = append(faults, fmt.Errorf("%s %s: %s is %q, not a number above 0", level, name, lines[0][2+k], text))
			}
		}
		l := all[level]
		if step := Step(name); step != "" && slices.Contains(steps, step) {
			l.Rungs = append(l.Rungs, Rung{Step: step, Left: n[0], After: n[1], Days: n[2]})
		} else {
			l.Tiers = append(l.Tiers, TierClock{Tier: roster.Tier(name), After: n[1], Days: n[2]})
		}
		all[level] = l
	}
	for level, l := range all {
		if level != LevelTown && level != LevelDistrict && level != LevelCity {
			faults = append(faults, fmt.Errorf("there is no level %q", level))
		}
		for _, fault := range l.faults() {
			faults = append(faults, fmt.Errorf("%s: %w", level, fault))
		}
	}
	if len(all) != 3 {
		faults = append(faults, fmt.Errorf("%d levels, want town, district and city", len(all)))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("read ladders: %w", err)
	}
	return all, nil
}

// faults says what is wrong with the ladder.
func (l Ladder) faults() (faults []error) {
	has := map[Step]bool{}
	for k, rung := range l.Rungs {
		has[rung.Step] = true
		before := rung.Step.height() < StepRed.height()
		switch {
		case before != (rung.Left > 0) || rung.Left > 99:
			faults = append(faults, fmt.Errorf("%s comes with %d percent of the limit left", rung.Step, rung.Left))
		case rung.After > 0 && rung.Step.height() <= StepRed.height():
			faults = append(faults, fmt.Errorf("%s comes %d days after the due date", rung.Step, rung.After))
		case (rung.Days > 0) != (rung.Step == StepNotice) || rung.Days > replyDays:
			faults = append(faults, fmt.Errorf("%s has %d days of its own", rung.Step, rung.Days))
		}
		if k == 0 {
			continue
		}
		if below := l.Rungs[k-1]; below.Step.height() >= rung.Step.height() || before && below.Left < rung.Left || below.After > rung.After {
			faults = append(faults, fmt.Errorf("%s does not come after %s", rung.Step, below.Step))
		}
	}
	if !has[StepYellow] || !has[StepRed] {
		faults = append(faults, errors.New("no rung yellow, or none red"))
	}
	want := []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters}
	if len(l.Tiers) != len(want) {
		return append(faults, fmt.Errorf("%d tiers, want %v", len(l.Tiers), want))
	}
	for k, clock := range l.Tiers {
		if clock.Tier != want[k] || clock.Days < 1 || (clock.After > 0) != (k == 0) {
			faults = append(faults, fmt.Errorf("tier %q, %d days after the due date, with %d days of its own; want %s, of which the first alone comes after the due date, and each has days", clock.Tier, clock.After, clock.Days, want[k]))
		}
	}
	return faults
}

// LevelOf is the level whose ladder an issue climbs. It goes by whose list the
// project is on: the city's for projects of the city's or the province's list; of
// the district's list, the town's for those that lie in a named town (属地镇街), and
// the district's for the others. A project that is not on the roster any more has
// the district's.
func (r Rules) LevelOf(i *Issue) Level {
	p, ok := r.Roster.Project(i.Project)
	switch {
	case ok && p.Tier != roster.DistrictProject:
		return LevelCity
	case ok && p.Town != roster.Name{}:
		return LevelTown
	}
	return LevelDistrict
}

// LadderOf is the ladder that the issue's sign-offs climb.
func (r Rules) LadderOf(i *Issue) Ladder { return r.Ladders[r.LevelOf(i)] }

// next is the rung that follows a step, or false above the last.
func (l Ladder) next(after Step) (Rung, bool) {
	for _, rung := range l.Rungs {
		if rung.Step.height() > after.height() {
			return rung, true
		}
	}
	return Rung{}, false
}

// above is the clock of the tier that follows a tier, and the tier's own; false
// above the headquarters.
func (l Ladder) above(tier roster.Tier) (own, next TierClock, ok bool) {
	for _, clock := range l.Tiers {
		if roster.Above(clock.Tier, tier) {
			return own, clock, true
		}
		own = clock
	}
	return own, TierClock{}, false
}

// recheckFor is how long the machine waits when only a person or another
// decision can change anything; then it looks once and waits again.
const recheckFor = 30 * 24 * time.Hour

// rungAt is the moment at which the rung is reached: the start of a day in
// Asia/Shanghai. The sign-off's due date is known.
func (r Rules) rungAt(s *SignOff, rung Rung) time.Time {
	if rung.Left > 0 {
		// A whole limit of one day is yellow from the start of its last day.
		return r.back(s.Due.On, max(1, s.days()*rung.Left/100), s.Limit.Unit).Add(1).Start()
	}
	return r.past(s, s.Due.On, rung.After).End()
}

// past is the day n working days after another, without those on which the
// sign-off's clock stood still.
func (r Rules) past(s *SignOff, d calendar.Date, n int) calendar.Date {
	stops := s.spans()
	for n > 0 {
		d = d.Add(1)
		stopped := slices.ContainsFunc(stops, func(s calendar.Span) bool { return s.From < d && d <= s.To })
		if r.Calendar.Working(d) && !stopped {
			n--
		}
	}
	return d
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

// reached is the step that the sign-off's clock has come to.
func (t *transition) reached(s *SignOff) (at Step) {
	for _, rung := range t.LadderOf(&t.issue).Rungs {
		if t.rungAt(s, rung).After(t.now) {
			break
		}
		at = rung.Step
	}
	return at
}

// lowest is the lower of two steps.
func lowest(a, b Step) Step {
	if a.height() < b.height() {
		return a
	}
	return b
}

// ahead is what the ladder has in store for a sign-off whose clock runs: its next
// rung, the next tier, and the moment of each, zero when there is none.
type ahead struct {
	rung   Rung
	rungAt time.Time
	tier   roster.Tier
	// from is the last day of the tier below, after which the next is given the
	// matter; its own clock counts from it.
	from   calendar.Date
	tierAt time.Time
}

func (r Rules) ahead(i *Issue, s *SignOff) (a ahead) {
	if s.State != Open || s.Due.On.IsZero() {
		return a
	}
	l := r.LadderOf(i)
	if rung, ok := l.next(s.Step); ok {
		a.rung, a.rungAt = rung, r.rungAt(s, rung)
	}
	var paused calendar.Date
	if p := s.Pause; p != nil && p.EndedAt.IsZero() {
		paused = p.Until
	}
	if a.rung.Step == StepNotice && !paused.IsZero() && a.rungAt.Before(paused.End()) {
		a.rungAt = paused.End()
	}
	if own, next, ok := l.above(s.Tier()); ok {
		a.tier, a.from = next.Tier, max(paused, r.lastOf(l, s, own))
		a.tierAt = a.from.End()
	}
	return a
}

// lastOf is the last day that a tier has before the next one is given the matter;
// the zero clock is the branch's. Nothing climbs by itself before it is overdue.
func (r Rules) lastOf(l Ladder, s *SignOff, own TierClock) calendar.Date {
	first := r.past(s, s.Due.On, l.Tiers[0].After)
	if own.Tier == "" {
		return first
	}
	from := first // of the first release, which did not keep it
	if c := s.climb(own.Tier); c != nil && !c.From.IsZero() {
		from = c.From
	} else if own.Tier != l.Tiers[0].Tier {
		from = r.past(s, first, l.Tiers[0].Days)
	}
	return max(s.Due.On, r.past(s, from, own.Days))
}

// lookAt is when the machine should look at the sign-off next by itself.
func (t *transition) lookAt(s *SignOff) time.Time {
	at := t.comes(s)
	switch {
	case at.IsZero():
		return t.now.Add(recheckFor)
	case at.Before(t.now):
		return t.now
	}
	return at
}

// comes is the next moment at which something happens to the sign-off by itself: a rung,
// a tier, or what byItself names. It is zero when there is none.
func (t *transition) comes(s *SignOff) time.Time {
	a := t.ahead(&t.issue, s)
	at := a.rungAt
	if at.IsZero() || !a.tierAt.IsZero() && a.tierAt.Before(at) {
		at = a.tierAt
	}
	if own := t.byItself(s); at.IsZero() || !own.IsZero() && own.Before(at) {
		at = own
	}
	return at
}

// climbed climbs the next rung or tier whose moment has come, and reports
// whether there was one.
func (t *transition) climbed(n int) bool {
	s := t.issue.SignOff(n)
	a := t.ahead(&t.issue, s)
	rung := !a.rungAt.IsZero() && !a.rungAt.After(t.now)
	tier := !a.tierAt.IsZero() && !a.tierAt.After(t.now)
	switch {
	case rung && !(tier && a.tierAt.Before(a.rungAt)):
		s = t.touch(n)
		before := s.Light
		s.Step, s.Light = a.rung.Step, a.rung.Step.light()
		if s.Step == StepNotice {
			tier := s.Tier()
			if tier == roster.TierBranch {
				tier = roster.TierGeneralBranch
			}
			t.notify(n, tier, ladderDemand, a.rung.Days)
			break
		}
		t.event(s.Step.event(), func(e *Event) {
			e.SignOff, e.Before, e.After = n, string(before), string(s.Light)
			e.Detail = detail(map[string]any{"due": s.Due.On})
		})
	case tier:
		t.escalate(n, a)
	default:
		return false
	}
	return true
}

// escalate gives the sign-off to the next tier because the one below let its time
// pass, and puts on record whether that one did anything.
func (t *transition) escalate(n int, a ahead) {
	s := t.touch(n)
	below, before := s.Tier(), t.issue.Tier
	tried := s.tried(below)
	t.climb(s, Climb{Tier: a.tier, From: a.from, At: t.now, By: t.actor})
	t.event(EvEscalate, func(e *Event) {
		e.SignOff, e.Before, e.After = n, string(before), string(t.issue.Tier)
		e.Detail = detail(map[string]any{"due": s.Due.On, "below": below, "tier": a.tier, "tried": tried})
	})
}

// climb puts the sign-off, and with it the issue, on a tier.
func (t *transition) climb(s *SignOff, c Climb) {
	s.Climbs = append(slices.Clone(s.Climbs), c)
	if roster.Above(c.Tier, t.issue.Tier) {
		t.issue.Tier = c.Tier
	}
}

// giveBack takes from a sign-off what a later due date has not come to yet: rungs,
// and tiers that it reached by silence. What is reached anew is climbed by look,
// which puts it on record.
func (t *transition) giveBack(s *SignOff) {
	s.Step = lowest(s.Step, t.reached(s))
	s.Light = s.Step.light()
	l := t.LadderOf(&t.issue)
	for k := len(s.Climbs) - 1; k >= 0 && s.Climbs[k].By.Person == ""; k-- {
		below := roster.TierBranch
		if k > 0 {
			below = s.Climbs[k-1].Tier
		}
		own, _, _ := l.above(below)
		if !t.lastOf(l, s, own).End().After(t.now) {
			return
		}
		s.Climbs = slices.Clone(s.Climbs[:k])
	}
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
