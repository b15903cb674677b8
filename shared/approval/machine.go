package approval

import (
	"math"
	"time"

	"lianban/shared/calendar"
)

// The commands of the workflow's tasks. Each is harmless when it comes twice,
// late, or for a round that is over.

type (
	// route opens every sign-off that nothing holds back.
	route struct{ round int }
	// ask stores the token that the machine waits with.
	ask struct {
		round, n, clock int
		token           string
		seconds         int64
	}
	// look turns the light, reminds and escalates.
	look struct{ round, n int }
	// tally hands a consultation whose deadline has passed to the next tier.
	tally struct{ round int }
	// consult stores the token that the machine holds a consultation with.
	consult struct {
		round int
		token string
	}
	// hold shows what nobody expected and stores the token of the wait.
	hold struct {
		round             int
		token, name, text string
	}
	// closeRound ends a round and, with the last one, the issue.
	closeRound struct{ round int }
)

func (c route) apply(t *transition) error {
	if !t.current(c.round) {
		return nil
	}
	before := t.issue.Status
	if before == Raised { // an objection may have come before a later round was routed
		t.issue.Status = InSignOff
	}
	var opened []int
	for k := range t.issue.SignOffs {
		if s := &t.issue.SignOffs[k]; s.State == Waiting && t.ready(s) {
			t.open(s.N)
			opened = append(opened, s.N)
		}
	}
	if before == t.issue.Status && opened == nil {
		return nil
	}
	t.event(EvRoute, func(e *Event) {
		e.Before, e.After = string(before), string(t.issue.Status)
		e.Detail = detail(map[string]any{"opened": opened})
	})
	return nil
}

// current reports whether the machine's round is the one that is on.
func (t *transition) current(round int) bool {
	return round == t.issue.Round() && !t.issue.Status.Ended() && t.issue.Status != Returned
}

func (c ask) apply(t *transition) error {
	s := t.issue.SignOff(c.n)
	if s == nil {
		return refuse(NotFound, "signOff", "没有第 %d 项会签任务。", "There is no sign-off number %d.", c.n)
	}
	if !t.current(c.round) || !s.State.Asked() {
		return nil // the caller sees that nothing waits for the token
	}
	if s.Clock != c.clock {
		return refuse(Recheck, "", "时限已变动。", "The clock has changed since it was looked at.")
	}
	if w := t.issue.Watch(c.n); w != nil && w.Token == c.token {
		return nil
	}
	t.watch(Watch{SignOff: c.n, Token: c.token, Clock: s.Clock, WakeAt: t.now.Add(time.Duration(c.seconds) * time.Second)})
	t.event(EvAsk, func(e *Event) { e.SignOff, e.Before, e.After = c.n, string(s.State), string(s.State) })
	return nil
}

func (c look) apply(t *transition) error {
	s := t.issue.SignOff(c.n)
	if s == nil {
		return refuse(NotFound, "signOff", "没有第 %d 项会签任务。", "There is no sign-off number %d.", c.n)
	}
	if t.current(c.round) && t.carryOver() {
		return nil
	}
	if !t.current(c.round) {
		return nil
	}
	if lapsed := t.runOut(c.n); t.giveUp(c.n) || lapsed {
		t.nudge(c.n)
	}
	if s = t.issue.SignOff(c.n); s.State != Open || s.Due.On.IsZero() {
		return nil
	}
	for t.deem(c.n) || t.climbed(c.n) {
		s = t.touch(c.n)
		s.Clock++ // a late call that still asks for the rung before is told to look again
		w := Watch{SignOff: c.n, Clock: s.Clock}
		if old := t.issue.Watch(c.n); old != nil {
			w = *old
		}
		w.Clock, w.WakeAt = s.Clock, t.lookAt(s)
		t.watch(w)
	}
	t.weigh(c.n)
	return nil
}

func (c tally) apply(t *transition) error {
	if t.current(c.round) && t.carryOver() {
		return nil
	}
	con := t.issue.Consultation
	if !t.current(c.round) || !con.open() {
		return nil
	}
	t.endVote()
	if t.now.Before(con.DueOn.On.End()) {
		return nil
	}
	before, due := con.Tier, con.DueOn.On
	t.handUp(Lapsed)
	t.event(EvEscalate, func(e *Event) {
		e.Before, e.After = string(before), string(t.issue.Tier)
		e.Detail = detail(map[string]any{"consultation": true, "due": due})
	})
	return nil
}

func (c consult) apply(t *transition) error {
	con := t.issue.Consultation
	if !t.current(c.round) || t.issue.verdict() != Objected || !con.open() {
		return nil
	}
	if w := t.issue.Watch(consultWatch); w != nil && w.Token == c.token {
		return nil
	}
	t.watch(Watch{SignOff: consultWatch, Token: c.token, WakeAt: con.wakeAt()})
	t.event(EvAsk, func(e *Event) { e.Before, e.After = string(Consulting), string(Consulting) })
	return nil
}

func (c hold) apply(t *transition) error {
	if c.round != t.issue.Round() || t.issue.Status.Ended() {
		return nil
	}
	if w := t.issue.Watch(holdWatch); w != nil && w.Token == c.token {
		return nil
	}
	t.issue.Hold = &Hold{Round: c.round, At: t.now, Error: c.name, Cause: c.text}
	t.watch(Watch{SignOff: holdWatch, Token: c.token, WakeAt: t.now.Add(7 * 24 * time.Hour)})
	t.event(EvStuck, func(e *Event) {
		e.Before, e.After = string(t.issue.Status), string(t.issue.Status)
		e.Detail = detail(map[string]any{"error": c.name, "cause": c.text})
	})
	return nil
}

func (c closeRound) apply(t *transition) error {
	if c.round < 1 || c.round > t.issue.Round() {
		return refuse(NotFound, "round", "没有第 %d 轮。", "There is no round number %d.", c.round)
	}
	round := &t.issue.Rounds[c.round-1]
	if !round.ClosedAt.IsZero() {
		return nil
	}
	verdict := t.issue.roundVerdict(c.round)
	if verdict == Pending || verdict == Objected {
		return refuse(Invalid, "round", "第 %d 轮尚有未办结的任务。", "Round %d still has open sign-offs.", c.round)
	}
	round.ClosedAt, round.Verdict = t.now, verdict
	if h := t.issue.Hold; h != nil && h.Round <= c.round { // a later round's hold is its own
		t.endHold()
	}
	t.event(EvCloseRound, func(e *Event) { e.Round, e.After = c.round, string(verdict) })
	if c.round == t.issue.Round() && (verdict == Agreed || verdict == Refused) {
		before := t.issue.Status
		t.issue.Status, t.issue.Verdict, t.issue.ConcludedAt = Concluded, verdict, t.now
		t.issue.Measure = t.measure(&t.issue)
		t.event(EvConclude, func(e *Event) {
			e.Before, e.After = string(before), string(Concluded)
			e.Detail = detail(map[string]any{"verdict": verdict})
		})
	}
	return nil
}

// roundFor is how long one execution carries a round: Step Functions ends one
// after a year. The machine looks at least every thirty days.
const roundFor = 300 * 24 * time.Hour

// carryOver hands a round that has gone on for too long to a new execution:
// everything stands, only the machine's tasks are let go. It reports whether it
// did.
func (t *transition) carryOver() bool {
	old := &t.issue.Rounds[t.issue.Round()-1]
	if t.now.Sub(old.StartedAt) < roundFor {
		return false
	}
	old.Verdict = Continued
	status := t.issue.Status
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if !s.State.Asked() {
			continue
		}
		t.unwatch(s.N)
		t.nudge(s.N) // the new execution asks again
	}
	t.unwatch(consultWatch)
	if con := t.issue.Consultation; con.open() {
		t.watch(Watch{SignOff: consultWatch, WakeAt: con.wakeAt()}) // its deadline goes on
	}
	t.endHold() // as with a new round, the old execution goes on to its end
	t.round("")
	t.issue.Status = status
	t.event(EvCarryOver, func(e *Event) { e.Before, e.After = string(status), string(status) })
	return true
}

// verdict is what the sign-offs come to, as they stand.
func (i *Issue) verdict() Verdict {
	switch i.Status {
	case Withdrawn:
		return WasPulled
	case Returned:
		return SentBack
	}
	verdict := Agreed
	for k := range i.SignOffs {
		switch s := i.SignOffs[k].State; {
		case s == Denied:
			return Refused
		case s.Asked():
			verdict = Pending
		case s == Objection && verdict != Pending:
			verdict = Objected
		}
	}
	if verdict == Agreed && i.Consultation.open() {
		return Objected // what it is about keeps the issue open
	}
	return verdict
}

// roundVerdict is the verdict as a given round's execution shall see it: a round
// that another has followed was sent back, or goes on in it.
func (i *Issue) roundVerdict(round int) Verdict {
	if round >= i.Round() {
		return i.verdict()
	}
	if v := i.Rounds[round-1].Verdict; v != "" {
		return v
	}
	return SentBack
}

// Asking is one sign-off that the machine waits for: which, on which state of its
// clock, and for how many seconds at most before it looks again.
type Asking struct {
	SignOff int   `json:"signOff"`
	Clock   int   `json:"clock"`
	Seconds int64 `json:"seconds"`
}

// Tally is what the machine reads after routing and after every wait.
type Tally struct {
	Verdict Verdict  `json:"verdict"`
	Asks    []Asking `json:"asks"`    // never nil
	Seconds int64    `json:"seconds"` // until the consultation's deadline; at least 1
}

// tallyOf sums up for the machine.
func (r Rules) tallyOf(i *Issue, round int, now time.Time) Tally {
	t := &transition{Rules: r, now: now, today: calendar.Of(now), issue: *i}
	out := Tally{Verdict: i.roundVerdict(round), Asks: []Asking{}, Seconds: 1}
	if round == i.Round() && out.Verdict == Pending {
		for k := range i.SignOffs {
			if i.SignOffs[k].State.Asked() {
				out.Asks = append(out.Asks, t.asking(&i.SignOffs[k]))
			}
		}
	}
	if con := i.Consultation; con.open() && out.Verdict == Objected {
		out.Seconds = seconds(now, con.wakeAt())
	}
	return out
}

func (t *transition) asking(s *SignOff) Asking {
	a := Asking{SignOff: s.N, Clock: s.Clock, Seconds: 1}
	if s.State.Asked() {
		a.Seconds = seconds(t.now, t.lookAt(s))
	}
	return a
}

// seconds until a moment, rounded up so that a timer never fires before it.
func seconds(now, at time.Time) int64 {
	return max(1, int64(math.Ceil(at.Sub(now).Seconds())))
}
