package approval

import (
	"slices"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// What people and departments leave behind when they are no longer there.

// Claimed is who has the sign-off: who claimed it or was given it. An open task that
// somebody claimed who is no officer of the department any more is free: it shall
// not wait for who has left.
func (r Rules) Claimed(s *SignOff) roster.PersonID {
	if s.State == Open && s.Decision == nil && !r.Roster.Holds(s.Assignee, roster.Officer, string(s.Department)) {
		return ""
	}
	return s.Assignee
}

// free puts a task back that somebody had who is no officer of its department any more,
// and answers who that was.
func (t *transition) free(s *SignOff) (was roster.PersonID) {
	if was = s.Assignee; was != "" && t.Claimed(s) == "" {
		s.pool()
		return was
	}
	return ""
}

// gone refuses a department that no longer acts, and names who took over.
func (r Rules) gone(field string, d roster.Department, on calendar.Date) error {
	if d.Acting(on) {
		return nil
	}
	heirs := []roster.DepartmentID{d.Successor}
	for _, s := range d.Shares {
		if !slices.Contains(heirs, s.To) {
			heirs = append(heirs, s.To)
		}
	}
	var zh, en string
	for k, id := range heirs {
		acting, _ := r.Roster.Successor(id)
		name := r.Roster.UnitName(string(acting))
		if k > 0 {
			zh, en = zh+"、", en+", "
		}
		zh, en = zh+name.ZH, en+name.EN
	}
	return refuse(Invalid, field, "“%[1]s”自 %[5]s 起不再履行职责，请改选承接部门：%[3]s。", "%[2]q no longer acts since %[5]s; choose who took over: %[4]s.", d.NameZH, d.NameEN, zh, en, d.Until)
}
