package approval

import (
	"slices"
	"time"

	"lianban/shared/roster"
)

// Reassign (改派) gives a task to an officer of the lead's own department, claimed
// or not. Who had it can no longer decide it. The reason is mandatory when the
// task is taken from somebody.
type Reassign struct {
	SignOff int
	To      roster.PersonID
	Reason  string
}

// Recuse (回避) declares the officer's own interest: the task goes back to the
// department's pool, and the person never decides or claims it again.
type Recuse struct {
	SignOff int
	Reason  string
}

// Recusal is a person who stands aside from one sign-off, in every round.
type Recusal struct {
	Person roster.PersonID `json:"person"`
	At     time.Time       `json:"at"`
	Reason string          `json:"reason"`
}

func (s *SignOff) recused(person roster.PersonID) bool {
	return slices.ContainsFunc(s.Recused, func(r Recusal) bool { return r.Person == person })
}

// mayDecide reports whether a person is an officer of the department and has no
// reason to stand aside.
func (t *transition) mayDecide(s *SignOff, person roster.PersonID, department roster.DepartmentID) bool {
	return t.Roster.Holds(person, roster.Officer, string(department)) && !t.aside(person) && !s.recused(person)
}

// anybody reports whether an officer of the department, other than one, may
// decide the sign-off.
func (t *transition) anybody(s *SignOff, department roster.DepartmentID, but roster.PersonID) bool {
	return slices.ContainsFunc(t.Roster.People(roster.Officer, string(department)), func(p roster.Person) bool {
		return p.ID != but && t.mayDecide(s, p.ID, department)
	})
}

// doneBy is who does a person's work today instead of them: one of their
// substitutes who has no reason to stand aside, or "" when the person is there.
func (t *transition) doneBy(s *SignOff, person roster.PersonID) (roster.PersonID, error) {
	substitutes := t.Roster.Substitutes(person, s.Department, t.today)
	for _, by := range substitutes {
		if !t.aside(by) && !s.recused(by) {
			return by, nil
		}
	}
	if len(substitutes) > 0 {
		name := t.Roster.PersonName(person)
		return "", refuse(Invalid, "person", "%s的任务目前由代办人办理，而代办人应当回避该问题，请改派其他承办人。", "%s's work is done by a substitute at present, who has an interest in this issue; choose another officer.", name)
	}
	return "", nil
}

func (c Reassign) apply(t *transition) error {
	s, err := t.lead(c.SignOff)
	if err != nil {
		return err
	}
	if !t.Roster.Holds(c.To, roster.Officer, string(s.Department)) {
		return refuse(Invalid, "person", "“%s”不是本部门的承办人，请从本部门承办人中选择。", "%q is no officer of your department; choose one who is.", t.Roster.PersonName(c.To))
	}
	if !t.mayDecide(s, c.To, s.Department) {
		return refuse(Invalid, "person", "%s与该问题有利害关系，应当回避，请改派其他承办人。", "%s has an interest in this issue and must stand aside; choose another officer.", t.Roster.PersonName(c.To))
	}
	if s.Assignee == c.To {
		return nil
	}
	by, err := t.doneBy(s, c.To)
	if err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, t.Claimed(s) != ""); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	before := s.Assignee
	t.give(s, c.To, by)
	t.event(EvReassign, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
		d := map[string]any{"officer": c.To, "was": before}
		if by != "" {
			d["substitute"] = by
		}
		e.Detail = detail(d)
	})
	return nil
}

func (c Recuse) apply(t *transition) error {
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	if t.actor.Role != roster.Officer || t.actor.Unit != string(s.Department) {
		name := t.Roster.UnitName(string(s.Department))
		return refuse(Forbidden, "", "此任务由%[1]s的承办人办理，无须您申请回避。", "The officers of %[2]s decide this task; you need not stand aside from it.", name.ZH, name.EN)
	}
	if s.recused(t.actor.Person) {
		return nil
	}
	t.standIn(s)
	if err := t.owed(s); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	if !t.anybody(s, s.Department, t.actor.Person) {
		return refuse(Conflict, "", "本部门已没有其他承办人可以办理，请部门负责人将该任务转办其他部门。", "No other officer of your department may decide this; ask your lead to transfer it to another department.")
	}
	s = t.touch(c.SignOff)
	s.Recused = append(slices.Clone(s.Recused), Recusal{Person: t.actor.Person, At: t.now, Reason: c.Reason})
	if s.Assignee == t.actor.Holder() {
		s.pool()
	}
	t.event(EvRecuse, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
	})
	return nil
}
