package approval

import "lianban/shared/roster"

// OwnInbox is the department whose open tasks are the actor's own work, or a
// Forbidden error for posts that belong to no answering department.
func OwnInbox(actor Actor) (roster.DepartmentID, error) {
	if actor.Role != roster.Officer && actor.Role != roster.Lead {
		return "", refuse(Forbidden, "", "待办任务由部门承办人和部门负责人办理，您当前的岗位没有部门待办。", "Only officers and leads of a department have its inbox; your post has none.")
	}
	return roster.DepartmentID(actor.Unit), nil
}

// ReadsInbox answers a Forbidden error unless the actor may read the
// department's inbox: its own people, overseers, and the project bureau.
func ReadsInbox(actor Actor, department roster.DepartmentID) error {
	if own, err := OwnInbox(actor); err == nil && own == department {
		return nil
	}
	if actor.Role == roster.Overseer || actor.Role == roster.Bureau {
		return nil
	}
	return refuse(Forbidden, "", "部门待办由本部门、监督员和重点项目局查看。", "A department's inbox is read by its own people, the overseers and the project bureau.")
}

// RulesOn reports whether the objections in the issue are the actor's to rule
// on: the consultation is open, and the actor acts for the unit it has reached.
func (r Rules) RulesOn(i *Issue, actor Actor) bool {
	con := i.Consultation
	if !con.open() {
		return false
	}
	id, ok := r.Roster.Up(i.Branch, con.Tier)
	if !ok || actor.Unit != string(id) {
		return false
	}
	unit, _ := r.Roster.Branch(id)
	return actor.Role == roster.RoleOf(unit.Tier)
}
