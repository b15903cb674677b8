package approval

import (
	"time"

	"lianban/shared/calendar"
)

// Accept (受理) says that the papers are complete and the application is accepted:
// within five working days of receipt, by an officer of the department. Limits
// that run from acceptance run from that day.
type Accept struct{ SignOff int }

// Acceptance is how an item's papers came to be accepted. While a word is awaited
// the clock runs as if they had been accepted on receipt, which silence makes
// true: only an explicit acceptance on a later day moves the start. Coordination
// matters (协调事项) are no applications and have none, nor has what was opened
// before acceptance was kept; both count from receipt.
type Acceptance struct {
	How AcceptedHow `json:"how"`
	By  Actor       `json:"by,omitzero"`
	At  time.Time   `json:"at,omitzero"` // when it was said, or found
}

// AcceptedHow is how papers were accepted.
type AcceptedHow string

const (
	Awaited  AcceptedHow = "awaited"  // not yet: the department owes a word
	Explicit AcceptedHow = "explicit" // the department said so
	Implied  AcceptedHow = "implied"  // it acted on them, or had its supplement: accepted on receipt
	// Deemed: five working days passed without a word, so that they count as accepted
	// from the day of receipt (行政许可法 art. 32).
	Deemed AcceptedHow = "deemed"
)

// awaitsWord reports whether the department has yet to say whether it accepts.
func (s *SignOff) awaitsWord() bool { return s.Acceptance != nil && s.Acceptance.How == Awaited }

// accepted puts on record how the papers were accepted, unless that is settled.
func (s *SignOff) accepted(how AcceptedHow, by Actor, at time.Time) {
	if s.awaitsWord() {
		s.Acceptance = &Acceptance{How: how, By: by, At: at}
	}
}

// AcceptBy is the last day on which the department may say that it accepts; zero
// when nothing is awaited.
func (r Rules) AcceptBy(s *SignOff) calendar.Date {
	if s.State != Open || s.Unowned() || !s.awaitsWord() {
		return 0
	}
	return r.Calendar.After(calendar.Of(s.OpenedAt), askWithin)
}

func (c Accept) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	switch by := t.AcceptBy(s); {
	case s.Acceptance == nil:
		return refuse(Conflict, "", "该任务自收到之日起计时，不需另行受理。", "This sign-off counts from receipt and is not accepted separately.")
	case !s.awaitsWord():
		return refuse(Conflict, "", "该任务已经受理。", "This has been accepted already.")
	case t.today > by:
		return refuse(Closed, "", "应当在收到材料后五个工作日内（%s 前）决定是否受理，逾期未告知的，自收到之日起即为受理（行政许可法第三十二条）。", "Acceptance is told within five working days of receipt (by %s); without a word the papers count as accepted on receipt (行政许可法 art. 32).", by)
	}
	s = t.touch(c.SignOff)
	t.take(s)
	from := s.Due.On
	s.AcceptedAt = t.now
	s.accepted(Explicit, t.actor, t.now)
	t.reckon(s)
	t.nudge(c.SignOff)
	t.event(EvAccept, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground = c.SignOff, string(Open), string(Open), "行政许可法第三十二条"
		e.Detail = detail(map[string]any{"from": from, "due": s.Due.On})
	})
	return nil
}

// deem accepts papers on which five working days have passed without a word, and
// reports whether it did.
func (t *transition) deem(n int) bool {
	by := t.AcceptBy(t.issue.SignOff(n))
	if by.IsZero() || t.now.Before(by.End()) {
		return false
	}
	s := t.touch(n)
	s.accepted(Deemed, Machine, t.now)
	t.event(EvDeem, func(e *Event) {
		e.By, e.SignOff, e.Before, e.After, e.Ground = Machine, n, string(Open), string(Open), "行政许可法第三十二条"
		e.Detail = detail(map[string]any{"from": calendar.Of(s.AcceptedAt), "due": s.Due.On})
	})
	return true
}
