package approval

import (
	"slices"
	"time"

	"lianban/shared/roster"
)

// Revoke (撤销) takes back an approval of which a duty was missed, as the lead or an
// officer of the department that checks that duty. The sign-off and everything that
// stood on it, directly or through others, is decided anew; the rest stands. After
// the issue was concluded this reopens it in a new round; one that was withdrawn
// only bears the mark.
type Revoke struct {
	SignOff int
	Code    GroundCode // of RevocationGrounds; OtherGround when empty
	Ground  string
	Reason  string
}

// Reopen (重新办理) takes up an issue again after its end: the sign-offs named, and
// everything that stood on them, are decided anew in a new round, as is what was
// refused or never needed; the rest stands. It is for the branch's secretary and for
// the general branch above it.
type Reopen struct {
	SignOffs []int
	Reason   string
}

// Closing is how an issue ended that was taken up again.
type Closing struct {
	Round       int       `json:"round"`
	Verdict     Verdict   `json:"verdict"`
	ConcludedAt time.Time `json:"concludedAt"`
	ConfirmedAt time.Time `json:"confirmedAt,omitzero"`
	Rating      *Rating   `json:"rating,omitempty"`
	Measure     *Measure  `json:"measure,omitempty"`
	ReopenedAt  time.Time `json:"reopenedAt"`
	ReopenedBy  Actor     `json:"reopenedBy"`
	Reason      string    `json:"reason"`
}

// reopensMost is how often an issue may be reopened on request (assumed): what
// comes back more often is another issue.
const reopensMost = 5

func (c Revoke) apply(t *transition) error {
	s, err := t.verifies(c.SignOff, roster.Officer, roster.Lead)
	if err != nil {
		return err
	}
	t.miss(c.SignOff)
	missed := func(d *Duty) bool { return t.actor.Unit == string(d.Checker) && d.State == DutyMissed }
	if !slices.ContainsFunc(s.Duties, func(d Duty) bool { return missed(&d) }) {
		by := s.Duties[slices.IndexFunc(s.Duties, func(d Duty) bool { return t.actor.Unit == string(d.Checker) && d.open() })].By
		return refuse(Conflict, "", "该项义务的核查期限为 %s，期限届满未履行的方可撤销。", "The duty is due by %s; an approval is revoked only when one has been missed.", by)
	}
	code, ground, err := citing(RevocationGrounds, c.Code, c.Ground)
	if err != nil {
		return err
	}
	if err := textField("reason", c.Reason, proofRunes, true); err != nil {
		return err
	}
	status := t.issue.Status
	if v := t.issue.verdict(); !status.Ended() && (v == Agreed || v == Refused) {
		return refuse(Conflict, "", "该问题正在办结，请稍后再撤销。", "The issue is about to be concluded; revoke the approval in a moment.")
	}
	t.each(c.SignOff, missed, func(d *Duty) {
		d.State, d.Code, d.Ground, d.Reason, d.SettledBy, d.SettledAt = DutyRevoked, code, ground, c.Reason, t.actor, t.now
	})
	var redone []int
	switch {
	case status == Withdrawn:
		t.issue.Revoked = append(slices.Clone(t.issue.Revoked), c.SignOff)
	case status.Ended():
		t.end(c.Reason)
		redone = t.undo(append(t.issue.unneeded(), c.SignOff)...)
	default:
		redone = t.undo(c.SignOff)
	}
	t.event(EvRevoke, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(Granted), string(t.issue.SignOff(c.SignOff).State), ground, c.Reason
		e.Detail = detail(map[string]any{"code": code, "ended": status == Withdrawn, "redone": redone})
	})
	if status.Ended() && status != Withdrawn {
		t.event(EvReopen, func(e *Event) {
			e.By, e.Before, e.After = Machine, string(status), string(Raised)
			e.Detail = detail(map[string]any{"redone": redone})
		})
	}
	t.watchDuties()
	return nil
}

func (c Reopen) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		up, ok := t.Roster.Up(t.issue.Branch, roster.TierGeneralBranch)
		if !ok || t.actor.Role != roster.GeneralBranch || t.actor.Unit != string(up) {
			return refuse(Forbidden, "", "重新办理由该项目临时党支部书记或者上级临时党总支提出。", "The secretary of the project's own branch, or the general branch above it, reopens an issue.")
		}
		if t.aside(t.actor.Person) {
			return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your tier does this.")
		}
	}
	status := t.issue.Status
	switch {
	case status == Withdrawn:
		return refuse(Closed, "", "该问题已撤回，不能重新办理，请另行提出。", "The issue was withdrawn and is not reopened; raise a new one.")
	case !status.Ended():
		return refuse(Conflict, "", "问题办结后才能重新办理。", "An issue is reopened after it has been concluded.")
	case len(t.issue.Closings) >= reopensMost:
		return refuse(Conflict, "", "该问题已重新办理 %d 次，请另行提出新的问题。", "The issue has been reopened %d times; raise a new one.", len(t.issue.Closings))
	}
	if len(c.SignOffs) == 0 {
		return refuse(Invalid, "signOffs", "请至少选择一项需要重新办理的会签任务。", "Name at least one sign-off that is to be decided anew.")
	}
	for k, n := range c.SignOffs {
		field, s := "signOffs["+itoa(k)+"]", t.issue.SignOff(n)
		if s == nil || slices.Contains(c.SignOffs[:k], n) {
			return refuse(Invalid, field, "没有第 %d 项会签任务，或者重复选择。", "There is no sign-off number %d, or it is named twice.", n)
		}
		if j := t.issue.JoinOf(s); j != nil && s.State == Void && t.issue.standing(j) == carried {
			return refuse(Invalid, field, "第 %d 项所属协调事项已按合议规则通过，无须该部门办理；请选择该事项中已同意的任务。", "The matter of sign-off %d was agreed without it; name one that agreed to the matter.", n)
		}
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.end(c.Reason)
	redone := t.undo(append(t.issue.unneeded(), c.SignOffs...)...)
	t.event(EvReopen, func(e *Event) {
		e.Before, e.After, e.Reason = string(status), string(Raised), c.Reason
		e.Detail = detail(map[string]any{"signOffs": c.SignOffs, "redone": redone})
	})
	t.watchDuties()
	return nil
}

// end keeps how the issue ended and begins a new round.
func (t *transition) end(reason string) {
	i := &t.issue
	i.Closings = append(slices.Clone(i.Closings), Closing{
		Round: i.Round(), Verdict: i.Verdict, ConcludedAt: i.ConcludedAt, ConfirmedAt: i.ConfirmedAt, Rating: i.Rating, Measure: i.Measure,
		ReopenedAt: t.now, ReopenedBy: t.actor, Reason: reason,
	})
	i.Verdict, i.ConcludedAt, i.ConfirmedAt, i.Rating, i.Measure = "", time.Time{}, time.Time{}, nil, nil
	t.round(reason)
}

// unneeded are the sign-offs that brought nothing a later round could stand on. Who
// was let go because the matter was agreed is asked again only when it no longer is.
func (i *Issue) unneeded() (ns []int) {
	for k := range i.SignOffs {
		if s := &i.SignOffs[k]; s.State == Denied || s.State == Void && i.JoinOf(s) == nil {
			ns = append(ns, s.N)
		}
	}
	return ns
}

// standingOn are the given sign-offs and those that require one of them, directly
// or through others, by number.
func (i *Issue) standingOn(ns []int) (all []int) {
	on := make([]bool, len(i.SignOffs)+1)
	for _, n := range ns {
		on[n] = true
	}
	for again := true; again; {
		again = false
		for k := range i.SignOffs {
			if s := &i.SignOffs[k]; !on[s.N] && slices.ContainsFunc(s.Requires, func(n int) bool { return on[n] }) {
				on[s.N], again = true, true
			}
		}
	}
	for n := range on {
		if on[n] {
			all = append(all, n)
		}
	}
	return all
}

// undo has sign-offs decided anew, with everything that stood on them, and answers
// which. What was decided is kept among their earlier attempts; each opens again
// when its prerequisites are granted again.
func (t *transition) undo(roots ...int) (redone []int) {
	redo := func(n int) {
		t.redo(n)
		if t.issue.Watch(n) != nil {
			t.nudge(n) // a task waits with the old clock
		}
		redone = append(redone, n)
	}
	for _, n := range t.issue.standingOn(roots) {
		if s := t.issue.SignOff(n).State; s != Waiting && s != Held {
			redo(n)
		}
	}
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if j := t.issue.JoinOf(s); j != nil && s.State == Void && t.issue.standing(j) != carried {
			redo(s.N)
		}
	}
	slices.Sort(redone)
	for _, n := range redone {
		if s := t.issue.SignOff(n); s.State == Waiting && slices.ContainsFunc(s.Requires, t.blocked) {
			t.settle(n, Held)
			t.hold(n)
		}
	}
	t.release()
	if con := t.issue.Consultation; con.open() && con.Why() == OnObjection && t.objections() == 0 {
		t.adjourn("") // what was objected to is decided anew
		t.issue.Status = InSignOff
	}
	if t.issue.Status != InSignOff && t.issue.Status != Consulting {
		return redone // a later round's routing opens them
	}
	for _, n := range redone {
		if s := t.issue.SignOff(n); s.State == Waiting && t.ready(s) {
			t.open(n)
		}
	}
	// A machine that holds the consultation has somebody to wait for again.
	if w := t.issue.Watch(consultWatch); w != nil && w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
		t.watch(Watch{SignOff: consultWatch, WakeAt: w.WakeAt})
	}
	return redone
}
