package approval

import (
	"encoding/json"
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Rules is what the rules know besides the issue: the calendar, the catalogue,
// who exists, and how silence climbs.
type Rules struct {
	Calendar *calendar.Calendar
	Catalog  *catalog.Catalog
	Roster   *roster.Roster
	Ladders  Ladders
	// Register is how many change sets of the register these rules rest on; it is put
	// on record with every round.
	Register int64
	// Machine is the version of the state machine on which new rounds start; it
	// is put on record with the round.
	Machine string
	// Digest is the one by which trails go on.
	Digest Digest
	// Authoriser has the last word on who may; nil: the rules alone say.
	Authoriser Authoriser
}

// Command is something a person or the machine wants done to one issue.
type Command interface {
	apply(t *transition) error
}

// Apply says what the command changes: the whole of the domain's decisions. The
// issue is not touched. A change with From == Issue.Version means that nothing
// is to be committed, because the command had been carried out before.
func (r Rules) Apply(issue Issue, actor Actor, cmd Command, now time.Time) (Change, error) {
	now = now.UTC().Truncate(time.Millisecond)
	t := &transition{Rules: r, actor: actor, now: now, today: calendar.Of(now), from: issue.Version, issue: clone(issue), was: issue.SignOffs, ended: issue.Status.Ended()}
	if err := t.StandsIn(actor, t.today); err != nil {
		return Change{}, err
	}
	t.handOver()
	if err := t.authorise(cmd, issue, cmd.apply(t)); err != nil {
		return Change{}, err
	}
	return t.change()
}

// Subject is what a sign-off is about: an approval item or a coordination matter.
func (r Rules) Subject(s *SignOff) roster.Name {
	if item, ok := r.Catalog.Item(s.Item); ok {
		return roster.Name{ZH: item.NameZH, EN: item.NameEN}
	}
	if matter, ok := r.Catalog.Matter(s.Matter); ok {
		return roster.Name{ZH: matter.NameZH, EN: matter.NameEN}
	}
	if s.Matter == AgreedAction {
		return roster.Name{ZH: "会商议定事项", EN: "Agreed action"}
	}
	return roster.Name{ZH: string(s.Matter), EN: string(s.Matter)}
}

// transition gathers what one command changes. Its helpers keep the promises
// that hold for every command: touched sign-offs are written, events are
// chained, waiting sign-offs open with the grant of their last prerequisite.
type transition struct {
	Rules
	actor Actor
	now   time.Time
	today calendar.Date
	from  int64

	issue        Issue
	was          []SignOff // as the command found them
	ended        bool      // whether departments had nothing left to do then
	changed      bool
	touched      [MaxSignOffs + 1]bool
	watches      [noticeWatch + 1]watchChange
	events       []Event
	mentions     []Mention
	lengthenings []Lengthening
	start        *Start
	wake         []Wake
	closed       []int // supervision notices that the commit ends
	brief        bool  // every grant has one event for all that it opens
}

type watchChange uint8

const (
	watchKept watchChange = iota
	watchPut
	watchDropped
)

func clone(i Issue) Issue {
	i.SignOffs = slices.Clone(i.SignOffs)
	for k := range i.SignOffs {
		i.SignOffs[k].adopt()
	}
	i.Watches = slices.Clone(i.Watches)
	i.Rounds = slices.Clone(i.Rounds)
	i.Consultation = i.Consultation.clone()
	return i
}

// event records what happened; the actor, time and round are filled in.
func (t *transition) event(kind string, fill func(*Event)) {
	e := Event{Issue: t.issue.ID, At: t.now, Kind: kind, By: t.actor, Round: t.issue.Round()}
	if fill != nil {
		fill(&e)
	}
	t.events = append(t.events, e)
	t.changed = true
}

func detail(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("approval: event detail cannot be encoded: " + err.Error())
	}
	return text
}

// touch hands the sign-off out for change and sees that it is written.
func (t *transition) touch(n int) *SignOff {
	t.touched[n] = true
	t.changed = true
	return &t.issue.SignOffs[n-1]
}

// watch writes the watch over sign-off n.
func (t *transition) watch(w Watch) {
	t.changed = true
	t.watches[w.SignOff] = watchPut
	if old := t.issue.Watch(w.SignOff); old != nil {
		*old = w
		return
	}
	t.issue.Watches = append(t.issue.Watches, w)
}

// unwatch drops the watch over sign-off n and wakes the task that waited on it.
func (t *transition) unwatch(n int) {
	w := t.issue.Watch(n)
	if w == nil {
		return
	}
	if w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token})
	}
	t.watches[n] = watchDropped
	t.changed = true
	t.issue.Watches = slices.DeleteFunc(t.issue.Watches, func(w Watch) bool { return w.SignOff == n })
}

// nudge tells the machine that the sign-off's clock changed: the task that
// waits fails with Approval.Recheck and asks again with the new clock. A timer
// is never cancelled and none is stale.
func (t *transition) nudge(n int) {
	s := t.touch(n)
	s.Clock++
	next := Watch{SignOff: n, Clock: s.Clock, WakeAt: t.lookAt(s)}
	if w := t.issue.Watch(n); w != nil && w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
	}
	t.watch(next)
}

// settle ends the sign-off's part in the round: its clock, its watch, its task.
func (t *transition) settle(n int, state State) {
	s := t.touch(n)
	s.State = state
	s.Clock++
	t.stopsEnd(s)
	t.closeNotices(s)
	t.unwatch(n)
}

// open hands the sign-off to its department: received now, its clock started.
func (t *transition) open(n int) {
	s := t.touch(n)
	s.State = Open
	s.Round = t.issue.Round()
	if s.OpenedAt.IsZero() {
		s.OpenedAt, s.AcceptedAt = t.now, t.now
		if s.Item != 0 {
			s.Acceptance = &Acceptance{How: Awaited}
		}
	}
	t.reckon(s)
	s.Step = t.reached(s) // a limit of one day is yellow from the start
	s.Light = s.Step.light()
	t.nudge(n)
}

// reckon computes due date and light of a sign-off from its clock. A rung that a
// later due date takes back is given back; one that is reached anew is climbed
// by look, which puts it on record.
func (t *transition) reckon(s *SignOff) {
	if s.Stopped() {
		s.Due, s.Light = Due{}, Green
		return
	}
	if s.Unowned() {
		due := t.Calendar.Due(calendar.Of(s.OpenedAt), consultDays, calendar.WorkingDays, nil)
		s.Due = Due{due.On, due.Provisional}
		t.giveBack(s)
		return
	}
	ended := s.spans()
	if e := s.Extension; e.granted() {
		// An extension runs from the last day that stood when it was granted; a stop
		// that came later only moves that day, it no longer is the last one.
		ended = ended[:0:0]
		for k, stop := range s.spans() {
			if !s.Stops[k].To.After(e.AnsweredAt) {
				ended = append(ended, stop)
			}
		}
	}
	s.Due = t.lastDay(s, s.start(), s.Limit.Days, ended)
	if e := s.Extension; e.granted() {
		before := s.Due
		s.Due = t.lastDay(s, before.On, e.Days, s.spans())
		s.Due.Provisional = s.Due.Provisional || before.Provisional
	}
	t.giveBack(s)
}

// lastDay counts days from a start, without those on which the clock stood still.
// Where it stopped within the last day, what was left of that day is given back
// on the first working day on which it goes on.
func (t *transition) lastDay(s *SignOff, start calendar.Date, days int, giveBack []calendar.Span) Due {
	due := t.Calendar.Due(start, days, s.Limit.Unit, s.spans())
	last := Due{On: due.On, Provisional: due.Provisional}
	// Joined and in order, so that it does not matter which of two overlapping stops
	// was first.
	for _, stop := range calendar.Union(giveBack) {
		if stop.From <= last.On && last.On < stop.To {
			last.On = t.Calendar.After(stop.To.Add(-1), 1)
			last.Provisional = last.Provisional || t.Calendar.Provisional(last.On)
		}
	}
	return last
}

// grant settles n as granted and opens every sign-off whose last prerequisite
// this was.
func (t *transition) grant(n int) {
	t.settle(n, Granted)
	var opened []int
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if (s.State == Waiting || s.State == Held) && slices.Contains(s.Requires, n) && t.ready(s) {
			opened = append(opened, s.N)
		}
	}
	for _, m := range opened {
		before := t.issue.SignOff(m).State
		t.open(m)
		if t.brief || len(opened) > openEvents {
			continue
		}
		t.event(EvOpen, func(e *Event) {
			e.By, e.SignOff, e.Before, e.After = Machine, m, string(before), string(Open)
			e.Detail = detail(map[string]any{"after": n, "due": t.issue.SignOff(m).Due.On})
		})
	}
	if len(opened) > 0 && (t.brief || len(opened) > openEvents) {
		t.event(EvOpen, func(e *Event) {
			e.By, e.After = Machine, string(Open)
			e.Detail = detail(map[string]any{"after": n, "opened": opened})
		})
	}
	t.release()
	t.weigh(n)
}

// openEvents is how many sign-offs opened by one grant have an event each. Where
// there are more, one event names them all: a sign-off, its watch and its event
// are three records, and a commit has a hundred.
const openEvents = 16

// ready reports whether all prerequisites are granted.
func (t *transition) ready(s *SignOff) bool {
	return !slices.ContainsFunc(s.Requires, func(n int) bool { return t.issue.SignOffs[n-1].State != Granted })
}

// hold sets everything that builds on n aside until a ruling: those sign-offs
// cannot open, so nothing may wait for them.
func (t *transition) hold(n int) {
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if s.State == Waiting && slices.Contains(s.Requires, n) {
			t.settle(s.N, Held)
			t.hold(s.N)
		}
	}
}

// release turns held sign-offs back to waiting when nothing objected stands
// between them and their opening any more.
func (t *transition) release() {
	for again := true; again; {
		again = false
		for k := range t.issue.SignOffs {
			s := &t.issue.SignOffs[k]
			if s.State == Held && !slices.ContainsFunc(s.Requires, t.blocked) {
				t.touch(s.N).State = Waiting
				t.nudge(s.N)
				again = true
			}
		}
	}
}

// blocked reports whether nothing opens behind sign-off n without a ruling.
func (t *transition) blocked(n int) bool {
	s := t.issue.SignOffs[n-1].State
	return s == Objection || s == Held || s == Denied || s == Void
}

// redo clears a sign-off for a new examination, with a new clock. What was decided
// is kept among its earlier attempts, and who stands aside stays aside.
func (t *transition) redo(n int) {
	s := t.touch(n)
	for k := range s.Added {
		if s.Added[k].open() {
			t.added(n, k+1, func(a *Added) { a.State = AddedLapsed })
		}
	}
	if s.Decision != nil || len(s.Added) > 0 || s.State == PapersBack {
		t.each(n, (*Duty).Pending, func(d *Duty) { d.State, d.SettledAt = DutyLapsed, t.now })
		a := Attempt{Round: s.Round, Decision: s.Decision, Ruling: s.Ruling, Added: s.Added, Duties: s.Duties, Revocation: s.Revocation, Tolerance: s.Tolerance}
		if s.State == PapersBack {
			a.Request = s.Request
		}
		s.Earlier = append(slices.Clone(s.Earlier), a)
	}
	t.closeNotices(s)
	*s = SignOff{
		N: s.N, Item: s.Item, Matter: s.Matter, What: s.What, Department: s.Department, Requires: s.Requires, Relaxed: s.Relaxed, Leads: s.Leads,
		State: Waiting, Limit: s.Limit, LimitMark: s.LimitMark, Light: Green, Clock: s.Clock + 1, Earlier: s.Earlier,
		Recused: s.Recused, UrgedOn: s.UrgedOn, Urges: s.Urges, Notices: s.Notices,
	}
}

// pauseAll stops every clock that runs and lets every waiting task go: the issue is
// with the branch.
func (t *transition) pauseAll(reason StopKind) {
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		switch s.State {
		case Open:
			t.stop(s.N, reason)
			t.unwatch(s.N)
		case Supplement, PapersBack, Waiting:
			t.touch(s.N).Clock++
			t.unwatch(s.N)
		}
	}
}

// stop stops the sign-off's clock from now on.
func (t *transition) stop(n int, reason StopKind) {
	s := t.touch(n)
	s.Stops = append(slices.Clone(s.Stops), Stop{From: t.now, Reason: reason})
	t.reckon(s)
}

// change completes the commit: header, counts, chained events, outbox.
func (t *transition) change() (Change, error) {
	if !t.changed {
		return Change{Issue: t.issue, From: t.from}, nil
	}
	t.lapse()
	if len(t.closed) > 0 {
		t.event(EvCloseNotice, func(e *Event) {
			e.By, e.After = Machine, string(NoticeClosed)
			e.Detail = detail(map[string]any{"notices": t.closed})
		})
	}
	t.sum()
	t.plan()
	for k := range t.events {
		e := &t.events[k]
		e.Seq = t.issue.Events + 1
		if err := e.Chain(t.issue.Head, t.Digest); err != nil {
			return Change{}, err
		}
		t.issue.Events, t.issue.Head = e.Seq, e.Hash
	}
	t.issue.Version = t.from + 1
	c := Change{From: t.from, Events: t.events}
	c.Added, c.Unadded = t.listAdded()
	c.Mentions, c.Lengthenings, c.Happenings = t.mentions, t.lengthenings, t.happenings(&t.issue, t.events)
	c.Duties, c.Settled = t.listDuties(len(c.Added) + len(c.Unadded) + len(c.Mentions) + len(c.Lengthenings) + len(c.Happenings))
	for n := range t.watches {
		if n < len(t.touched) && t.touched[n] {
			c.SignOffs = append(c.SignOffs, t.issue.SignOffs[n-1])
		}
		switch t.watches[n] {
		case watchPut:
			c.Watches = append(c.Watches, *t.issue.Watch(n))
		case watchDropped:
			c.Unwatch = append(c.Unwatch, n)
		}
	}
	if fold := t.counts(); t.start != nil || len(t.wake) > 0 || fold {
		c.Outbox = &Outbox{Issue: t.issue.ID, Version: t.issue.Version, At: t.now, Start: t.start, Wake: t.wake, Fold: fold}
	}
	c.Issue = t.issue
	return c, nil
}

// sum brings the header's counts, light and next due date up to date.
func (t *transition) sum() {
	i := &t.issue
	i.Count, i.NextDue, i.Light = Count{All: len(i.SignOffs)}, 0, Green
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		switch s.State {
		case Open, Supplement, PapersBack, Objection:
			i.Count.Open++
			if s.State == Supplement || s.State == PapersBack {
				i.Count.Supplement++
			}
			if s.Disputed() {
				i.Count.Disputed++
			}
		case Waiting, Held:
			i.Count.Waiting++
		case Granted:
			i.Count.Granted++
		}
		if s.State != Open {
			continue
		}
		if !s.Due.On.IsZero() && (i.NextDue.IsZero() || s.Due.On < i.NextDue) {
			i.NextDue = s.Due.On
		}
		if rank(s.Light) > rank(i.Light) {
			i.Light = s.Light
		}
	}
}

func rank(l Light) int {
	switch l {
	case Red:
		return 2
	case Yellow:
		return 1
	}
	return 0
}
