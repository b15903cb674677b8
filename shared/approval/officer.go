package approval

import "lianban/shared/roster"

// NameOfficer (指定包干责任人) names who answers for an issue from now on: one person,
// who sees it through and decides nothing about it. The bureau does it, or the
// branch's general branch; the reason is mandatory.
type NameOfficer struct {
	Person roster.PersonID
	Reason string
}

// OfficerOf is the responsible officer (包干责任人) of an issue: who was named for it, or,
// when nobody was or the person has left, the project's.
func (r Rules) OfficerOf(i *Issue) roster.PersonID {
	if p, ok := r.Roster.Person(i.Officer); ok && p.Left.IsZero() {
		return i.Officer
	}
	project, _ := r.Roster.Project(i.Project)
	return project.Officer
}

// namesOfficers reports whether the actor names responsible officers of the issue.
func (r Rules) namesOfficers(i *Issue, actor Actor) bool {
	if actor.Role == roster.Bureau {
		return true
	}
	unit, ok := r.Roster.Up(i.Branch, roster.TierGeneralBranch)
	return ok && actor.Role == roster.GeneralBranch && actor.Unit == string(unit)
}

func (c NameOfficer) apply(t *transition) error {
	if !t.namesOfficers(&t.issue, t.actor) {
		return refuse(Forbidden, "", "包干责任人由重点项目局或该项目的临时党总支指定。", "The key project bureau or the project's general branch names the responsible officer.")
	}
	if !t.Visible(&t.issue, t.actor) {
		return NoIssue(t.issue.ID)
	}
	if t.issue.Status.Ended() {
		return refuse(Closed, "", "该问题已办结，不再更换包干责任人。", "The issue has ended; its responsible officer is not changed any more.")
	}
	person, ok := t.Roster.Person(c.Person)
	switch {
	case !ok:
		return refuse(Invalid, "person", "名册上没有“%s”，请从人员列表中选择。", "There is no person %q on the roster; choose one who is.", c.Person)
	case !person.Left.IsZero():
		return refuse(Invalid, "person", "%[1]s已于 %[3]s 离任，请选择其他人员。", "%[2]s has left on %[3]s; choose somebody else.", person.NameZH, person.NameEN, person.Left)
	}
	before := t.OfficerOf(&t.issue)
	if before == c.Person {
		return nil
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.issue.Officer = c.Person
	t.event(EvOfficer, func(e *Event) {
		e.Before, e.After, e.Reason = string(t.issue.Status), string(t.issue.Status), c.Reason
		e.Detail = detail(map[string]any{"officer": c.Person, "was": before})
	})
	return nil
}
