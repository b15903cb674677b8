package approval

import (
	"slices"
	"time"

	"lianban/shared/roster"
)

// Revoke (撤销) takes back an approval. Either it left a duty that was missed: then the
// lead or an officer of the department that checks that duty does so. Or it should
// not have been given, on a ground of law that needs no missed duty: then the lead
// of the department that gave it does, or of that department's successor. The
// superior authority, whom 行政许可法 art. 69 names too, is not on the roster; the tiers
// of the branch are no such authority and revoke nothing. Whether a revocation would
// do great harm to the public interest, which that article bars, is for the lead to
// judge.
//
// The sign-off and everything that stood on it, directly or through others, is
// decided anew; the rest stands. After the issue was concluded this reopens it in a
// new round; one that was withdrawn only bears the mark.
type Revoke struct {
	SignOff int
	Code    GroundCode // of RevocationGrounds; OtherGround when empty
	Ground  string
	Reason  string
}

// Revocation is on what, and why, an approval was revoked.
type Revocation struct {
	Code   GroundCode `json:"code"`
	Ground string     `json:"ground"`
	Word
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
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	decided, err := t.revokes(s)
	if err != nil {
		return err
	}
	if err := t.revocable(s); err != nil {
		return err
	}
	t.miss(c.SignOff)
	mine := func(d *Duty) bool { return t.actor.Unit == string(d.Checker) && d.State == DutyMissed }
	missed := slices.ContainsFunc(s.Duties, func(d Duty) bool { return mine(&d) })
	g, _ := GroundIn(RevocationGrounds, c.Code)
	if !missed && (!decided || g.Missed) {
		return t.notMissed(s)
	}
	code, ground, err := citing(RevocationGrounds, c.Code, c.Ground)
	if err != nil {
		return err
	}
	if g.Of != "" && g.Of != s.Decision.Kind {
		return refuse(Invalid, "code", "“%[1]s”不是该类同意意见的撤销依据，请选择其他依据。", "%[2]q is no ground on which an approval of this kind is revoked; choose another one.", g.ZH, g.EN)
	}
	if err := textField("reason", c.Reason, proofRunes, true); err != nil {
		return err
	}
	status := t.issue.Status
	if v := t.issue.verdict(); !status.Ended() && (v == Agreed || v == Refused) {
		return refuse(Conflict, "", "该问题正在办结，请稍后再撤销。", "The issue is about to be concluded; revoke the approval in a moment.")
	}
	s = t.touch(c.SignOff)
	s.Revocation = &Revocation{code, ground, Word{c.Reason, t.actor, t.now}}
	t.each(c.SignOff, func(d *Duty) bool { return mine(d) || status == Withdrawn && d.Pending() }, func(d *Duty) {
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
	t.followAll(redone)
	t.watchDuties()
	return nil
}

// revokes checks that the actor may revoke the approval: for a department that checks
// a duty of it, or, which it reports, as the lead of the one that decided.
func (t *transition) revokes(s *SignOff) (decided bool, err error) {
	by, ok := t.Roster.SuccessorFor(s.Department, int(s.Item))
	if !ok {
		by = s.Department
	}
	decided = t.actor.Role == roster.Lead && t.actor.Unit == string(by)
	checks := (decided || t.actor.Role == roster.Officer || t.actor.Role == roster.Lead) &&
		slices.ContainsFunc(s.Duties, func(d Duty) bool { return t.actor.Unit == string(d.Checker) })
	if !decided && !checks {
		name := t.Roster.UnitName(string(by))
		return false, refuse(Forbidden, "", "撤销同意由作出该意见的%[1]s负责人办理；后续义务逾期未履行的，也可由核查部门办理。", "The lead of %[2]s, which gave the approval, revokes it; where a duty was missed, the department that checks it may as well.", name.ZH, name.EN)
	}
	if t.barred(s) {
		return false, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your department does this.")
	}
	return decided, nil
}

// revocable checks that there is an approval to revoke.
func (t *transition) revocable(s *SignOff) error {
	switch {
	case s.Revocation != nil, slices.Contains(t.issue.Revoked, s.N):
		return refuse(Closed, "", "该项同意已经撤销，不能再次办理。", "The approval has been revoked already.")
	case s.State != Granted:
		return refuse(Conflict, "signOff", "该任务没有已生效的同意意见，无可撤销。", "No approval of this sign-off is in force that could be revoked.")
	case s.Decision == nil || s.Decision.Kind == Object:
		return refuse(Conflict, "signOff", "该项异议系会商裁定不成立，并非本部门同意，不能撤销；情况有变的，请提请重新办理。", "An objection was set aside here, which is no approval of the department's; have the issue reopened if things have changed.")
	}
	return nil
}

// notMissed says why an approval is not revoked for a duty that was missed.
func (t *transition) notMissed(s *SignOff) error {
	own := func(d Duty) bool { return t.actor.Unit == string(d.Checker) }
	k := slices.IndexFunc(s.Duties, func(d Duty) bool { return own(d) && d.open() })
	switch {
	case k >= 0:
		by := s.Duties[k].By
		return refuse(Conflict, "", "该项义务的核查期限为 %s，期限届满未履行的方可撤销。", "The duty is due by %s; an approval is revoked only when one has been missed.", by)
	case slices.ContainsFunc(s.Duties, own):
		return refuse(Closed, "", "由本部门核查的义务均已履行，不能再次办理。", "The duties that your department verifies have all been met already.")
	}
	return refuse(Invalid, "code", "该依据以后续义务逾期未履行为前提，而本部门没有核查的义务，请选择其他依据。", "This ground rests on a duty that was missed, and your department checks none; choose another ground.")
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
	t.followAll(redone)
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
