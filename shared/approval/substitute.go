package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Standing in (代办): a substitute acts on the tasks of a colleague, in one
// department, on the days of the span that the register gives. The task stays
// the colleague's: it is theirs again when the span is over, without an event.
// Both names are on record, and an interest of either bars the act.

// Holder is whose work the actor does: the colleague's whom they stand in for,
// or their own.
func (a Actor) Holder() roster.PersonID {
	if a.For != "" {
		return a.For
	}
	return a.Person
}

// StandsIn answers a Forbidden error when the actor acts for somebody whose work
// they are not given to do today.
func (r Rules) StandsIn(a Actor, on calendar.Date) error {
	if a.For == "" || a.Role == roster.Officer && r.Roster.StandsIn(a.Person, a.For, roster.DepartmentID(a.Unit), on) {
		return nil
	}
	name := r.Roster.PersonName(a.For)
	return refuse(Forbidden, "", "您今天没有代%s办理任务的委托，可能代办期限已过，请以本人岗位办理。", "You do not stand in for %s today; the span may be over. Please act in a post of your own.", name)
}

// Seated reports whether somebody may act as they say: in a post of their own, or
// in the place of a colleague whom they stand in for today.
func (r Rules) Seated(a Actor, on calendar.Date) bool {
	if a.For == "" {
		return r.Roster.Holds(a.Person, a.Role, a.Unit)
	}
	return r.StandsIn(a, on) == nil
}

// standIn lets an officer act on a task of a colleague whom they stand in for,
// without saying so first.
func (t *transition) standIn(s *SignOff) {
	a := t.actor
	if a.For == "" && s.Assignee != "" && s.Assignee != a.Person && t.Roster.StandsIn(a.Person, s.Assignee, s.Department, t.today) {
		t.actor.For = s.Assignee
	}
}

// barred reports whether the actor, or whom they stand in for, must stand aside
// from the sign-off.
func (t *transition) barred(s *SignOff) bool {
	return slices.ContainsFunc([]roster.PersonID{t.actor.Person, t.actor.For}, func(p roster.PersonID) bool {
		return p != "" && (t.aside(p) || s.recused(p))
	})
}

// give makes somebody the sign-off's assignee; by is who does it for them, if
// anybody.
func (t *transition) give(s *SignOff, to, by roster.PersonID) {
	s.Assignee, s.Substitute, s.ClaimedAt = to, by, t.now
	if by == to {
		s.Substitute = ""
	}
}

// pool puts the sign-off back among the department's tasks.
func (s *SignOff) pool() { s.Assignee, s.Substitute, s.ClaimedAt = "", "", time.Time{} }

// Substituting is who does the assignee's work on the sign-off on a day, or "".
func (r Rules) Substituting(s *SignOff, on calendar.Date) roster.PersonID {
	if s.Substitute != "" && r.Roster.StandsIn(s.Substitute, s.Assignee, s.Department, on) {
		return s.Substitute
	}
	return ""
}
