package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Duty is what a commitment (告知承诺) leaves to be verified: what, by when, by
// whom, and what came of it.
//
//	open ── met, with evidence ──▶ met
//	  │                             ▲
//	  └── its date passes ──▶ missed ── the approval is revoked ──▶ revoked
//
// It goes on after the issue has ended.
type Duty struct {
	What    string              `json:"what"`
	By      calendar.Date       `json:"by"`
	Checker roster.DepartmentID `json:"checker"`

	State     DutyState `json:"state,omitempty"`
	Evidence  string    `json:"evidence,omitempty"` // by which it was found to be met
	Ground    string    `json:"ground,omitempty"`   // on which the approval was revoked
	Reason    string    `json:"reason,omitempty"`   // for which it was revoked
	SettledBy Actor     `json:"settledBy,omitzero"`
	SettledAt time.Time `json:"settledAt,omitzero"`
}

// DutyState says who acts next on a duty.
type DutyState string

const (
	DutyOpen    DutyState = "open"    // the checker, until its date
	DutyMet     DutyState = "met"     // nobody
	DutyMissed  DutyState = "missed"  // the checker: find it met all the same, or revoke
	DutyRevoked DutyState = "revoked" // nobody
)

// owed reports whether the duty's date still has something to say. One that was
// stored before duties had a state is open.
func (d *Duty) owed() bool { return d != nil && (d.State == DutyOpen || d.State == "") }

// Meet (核查) checks a duty off, with the evidence, as an officer of the department
// that checks it; late too, which its date then shows.
type Meet struct {
	SignOff  int
	Evidence string
}

// Revoke (撤销) takes back an approval whose duty was missed, as the lead or an
// officer of the department that checks it. While the issue is on, the sign-off
// is decided anew and what waits for it waits again, unless it has been decided.
// After the end it is recorded, and the issue bears the mark.
type Revoke struct {
	SignOff int
	Ground  string
	Reason  string
}

// checks checks that the actor speaks for the department that verifies a duty.
func (t *transition) checks(n int, roles ...roster.Role) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	if s.Duty == nil {
		return nil, refuse(Conflict, "signOff", "该任务不是告知承诺办理的，没有需要核查的承诺。", "This was not approved on commitment, so there is nothing to verify.")
	}
	if !slices.Contains(roles, t.actor.Role) || t.actor.Unit != string(s.Duty.Checker) {
		name := t.Roster.UnitName(string(s.Duty.Checker))
		return nil, refuse(Forbidden, "", "该承诺由%[1]s核查。", "The commitment is verified by %[2]s.", name.ZH, name.EN)
	}
	if t.barred(s) {
		return nil, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他人员核查。", "You have an interest in this issue and must stand aside; somebody else of your department verifies it.")
	}
	switch s.Duty.State {
	case DutyMet:
		return nil, refuse(Closed, "", "该承诺已核查履行，不能再次办理。", "The commitment has been found to be met already.")
	case DutyRevoked:
		return nil, refuse(Closed, "", "该项同意已经撤销，不能再次办理。", "The approval has been revoked already.")
	}
	return s, nil
}

func (c Meet) apply(t *transition) error {
	if _, err := t.checks(c.SignOff, roster.Officer); err != nil {
		return err
	}
	if err := textField("evidence", c.Evidence, textRunes, true); err != nil {
		return err
	}
	t.miss(c.SignOff)
	before := t.issue.SignOff(c.SignOff).Duty.State
	t.duty(c.SignOff, func(d *Duty) {
		d.State, d.Evidence, d.SettledBy, d.SettledAt = DutyMet, c.Evidence, t.actor, t.now
	})
	t.event(EvMeet, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(before), string(DutyMet), c.Evidence
	})
	t.watchDuties()
	return nil
}

func (c Revoke) apply(t *transition) error {
	s, err := t.checks(c.SignOff, roster.Officer, roster.Lead)
	if err != nil {
		return err
	}
	if t.miss(c.SignOff); s.Duty.owed() {
		return refuse(Conflict, "", "承诺的核查期限为 %s，期限届满未履行的方可撤销。", "The commitment is due by %s; an approval is revoked only when it has been missed.", s.Duty.By)
	}
	if err := textField("ground", c.Ground, titleRunes, true); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	ended := t.issue.Status.Ended()
	if v := t.issue.verdict(); !ended && (v == Agreed || v == Refused) {
		return refuse(Conflict, "", "该问题正在办结，请稍后再撤销。", "The issue is about to be concluded; revoke the approval in a moment.")
	}
	t.duty(c.SignOff, func(d *Duty) {
		d.State, d.Ground, d.Reason, d.SettledBy, d.SettledAt = DutyRevoked, c.Ground, c.Reason, t.actor, t.now
	})
	after, standing, waiting := Granted, []int(nil), []int(nil)
	if ended {
		t.issue.Revoked = append(slices.Clone(t.issue.Revoked), c.SignOff)
	} else {
		standing, waiting = t.undo(c.SignOff)
		after = t.issue.SignOff(c.SignOff).State
	}
	t.event(EvRevoke, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(Granted), string(after), c.Ground, c.Reason
		e.Detail = detail(map[string]any{"ended": ended, "waiting": waiting, "standing": standing})
	})
	t.watchDuties()
	return nil
}

// undo has a granted sign-off decided anew. What required it and has not been
// decided waits for it again; what has been decided stands. It answers the
// numbers of both.
func (t *transition) undo(n int) (standing, waiting []int) {
	t.redo(n)
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if !slices.Contains(s.Requires, n) {
			continue
		}
		switch {
		case s.Decision != nil && s.State != Open:
			standing = append(standing, s.N)
		case s.State == Open || s.State == Supplement || s.State == PapersBack:
			t.redo(s.N)
			if t.issue.Watch(s.N) != nil {
				t.nudge(s.N)
			}
			waiting = append(waiting, s.N)
		}
	}
	s := t.issue.SignOff(n)
	switch {
	case slices.ContainsFunc(s.Requires, t.blocked):
		t.settle(n, Held)
		t.hold(n)
	case t.ready(s) && (t.issue.Status == InSignOff || t.issue.Status == Consulting):
		t.open(n)
	}
	// A machine that holds the consultation has somebody to wait for again.
	if w := t.issue.Watch(consultWatch); w != nil && w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
		t.watch(Watch{SignOff: consultWatch, WakeAt: w.WakeAt})
	}
	return standing, waiting
}

// duty changes a sign-off's duty.
func (t *transition) duty(n int, change func(*Duty)) {
	s := t.touch(n)
	d := *s.Duty
	change(&d)
	s.Duty = &d
}

// miss puts on record that the sign-off's duty was not met by its date.
func (t *transition) miss(n int) {
	d := t.issue.SignOff(n).Duty
	if !d.owed() || t.now.Before(d.By.End()) {
		return
	}
	t.duty(n, func(d *Duty) { d.State = DutyMissed })
	t.event(EvMiss, func(e *Event) {
		e.By, e.SignOff, e.Before, e.After = Machine, n, string(DutyOpen), string(DutyMissed)
		e.Detail = detail(map[string]any{"what": d.What, "by": d.By, "checker": d.Checker})
	})
}

// missAll does so for every duty whose date has passed.
func (t *transition) missAll() {
	for n := range len(t.issue.SignOffs) {
		t.miss(n + 1)
	}
	t.watchDuties()
}

// watchDuties keeps one watch over all duties: it wakes when the next date has
// passed. No task waits on it, so the sweep looks; it outlives the issue's end.
func (t *transition) watchDuties() {
	var next calendar.Date
	for k := range t.issue.SignOffs {
		if d := t.issue.SignOffs[k].Duty; d.owed() && (next.IsZero() || d.By < next) {
			next = d.By
		}
	}
	w := t.issue.Watch(dutyWatch)
	switch {
	case next.IsZero():
		t.unwatch(dutyWatch)
	case w == nil || !w.WakeAt.Equal(next.End()):
		t.watch(Watch{SignOff: dutyWatch, WakeAt: next.End()})
	}
}
