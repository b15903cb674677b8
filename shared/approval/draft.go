package approval

import "lianban/shared/roster"

// Enter (代录) puts a draft before a branch in the name of the bureau of its area:
// issues that were sorted out (梳理) elsewhere and come as a table. The branch's
// secretary completes and raises it, and is on record as who raised it.
type Enter struct{ Petition Petition }

func (c Enter) apply(t *transition) error {
	project, _ := t.Roster.Project(c.Petition.Project)
	bureau, ok := t.Roster.Department(roster.DepartmentID(t.actor.Unit))
	if t.actor.Role != roster.Bureau || !ok || project.ID != "" && !t.Roster.Within(project.District, bureau.District) {
		return refuse(Forbidden, "", "代录草稿由项目所在区域的重点项目局办理。", "The bureau of the project's area enters drafts for its branches.")
	}
	if t.issue.Version != 0 {
		return refuse(Closed, "", "该问题已经录入，由支部书记修改。", "The issue has been entered; the branch's secretary changes it.")
	}
	if err := t.place(c.Petition.Project); err != nil {
		return err
	}
	if err := t.write(c.Petition, false); err != nil {
		return err
	}
	t.event(EvDraft, func(e *Event) { e.After = string(Draft) })
	return nil
}
