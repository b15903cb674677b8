package approval

import (
	"lianban/shared/roster"
)

// Conform (衔接) brings an issue into line with the register as the rules know it:
// tasks of a department that is gone pass to its successor, tasks whose
// competence moved together with its open cases go along, and last days follow
// the calendar. Only the machine does it; where nothing has moved, nothing is
// committed, so that it may come as often as it likes.
//
// A clock never starts anew with it, and who has claimed a task keeps it when the
// post has moved along.
type Conform struct{ Ground string } // the document the change rests on

// Followed is one task that went to another department with its competence.
type Followed struct {
	SignOff int                 `json:"signOff"`
	From    roster.DepartmentID `json:"from"`
	To      roster.DepartmentID `json:"to"`
	Added   int                 `json:"added,omitempty"` // of an added signature: its number
	Duty    int                 `json:"duty,omitempty"`  // of a duty that is checked: its number
}

// followDuties is how many duties, at the most and near enough, one commit gives to
// another checker: each has a record in a list, and the next pass takes the rest.
const followDuties = 20

func (c Conform) apply(t *transition) error {
	if t.actor != Machine {
		return refuse(Forbidden, "", "登记变更由系统逐件衔接，不由个人办理。", "The machine brings issues into line with the register; no person does.")
	}
	if t.from == 0 || t.issue.Status == Draft {
		return nil
	}
	var followed []Followed
	duties := 0
	for n := range len(t.issue.SignOffs) {
		s := &t.issue.SignOffs[n]
		if duties < followDuties {
			moved := t.followDuties(s.N)
			duties += len(moved)
			followed = append(followed, moved...)
		}
		if s.State.Final() {
			continue
		}
		if to := t.heir(s); to != s.Department {
			followed = append(followed, Followed{SignOff: s.N, From: s.Department, To: to})
			t.follow(s.N, to)
		}
		followed = append(followed, t.followAdded(s.N)...)
	}
	if followed != nil {
		t.event(EvFollow, func(e *Event) {
			e.Before, e.After, e.Ground = string(t.issue.Status), string(t.issue.Status), c.Ground
			e.Detail = detail(map[string]any{"followed": followed})
		})
	}
	return t.restate(c.Ground)
}

// heir is the department that a sign-off belongs with, as the register stands.
func (t *transition) heir(s *SignOff) roster.DepartmentID {
	if s.Unowned() {
		return "" // the general branch decides
	}
	if to, ok := t.Roster.SuccessorFor(s.Department, int(s.Item)); ok && to != s.Department {
		return to
	}
	if s.Handover == nil { // what was handed over by hand stays where it was put
		if to, moved := t.Catalog.MovedTo(s.Item, t.issue.District, t.today); moved {
			return to
		}
	}
	return s.Department
}

// follow gives a sign-off to the department that took its competence over.
func (t *transition) follow(n int, to roster.DepartmentID) {
	s := t.touch(n)
	s.Department = to
	if s.Assignee != "" && !t.Roster.Holds(s.Assignee, roster.Officer, string(to)) {
		s.pool()
	}
}

// followAll gives sign-offs that are decided anew to the departments that took over
// since: while they were decided, no change of the register looked at them.
func (t *transition) followAll(ns []int) {
	var followed []Followed
	for _, n := range ns {
		if s := t.issue.SignOff(n); t.heir(s) != s.Department {
			followed = append(followed, Followed{SignOff: n, From: s.Department, To: t.heir(s)})
			t.follow(n, t.heir(s))
		}
	}
	if followed != nil {
		t.event(EvFollow, func(e *Event) {
			e.By, e.Before, e.After = Machine, string(t.issue.Status), string(t.issue.Status)
			e.Detail = detail(map[string]any{"followed": followed})
		})
	}
}

// followDuties gives the duties of a sign-off that a department no longer checks,
// because it is gone, to its successor; also after the issue has ended.
func (t *transition) followDuties(n int) (followed []Followed) {
	for k := range t.issue.SignOff(n).Duties {
		d := t.issue.SignOff(n).Duties[k]
		to, ok := t.Roster.Successor(d.Checker)
		if !ok || to == d.Checker || !d.Pending() {
			continue
		}
		t.duty(n, k+1, func(d *Duty) { d.Checker = to })
		followed = append(followed, Followed{SignOff: n, From: d.Checker, To: to, Duty: k + 1})
	}
	return followed
}

// Moved is a last day that moved, of a sign-off or (0) of the consultation.
type Moved struct {
	SignOff int `json:"signOff"`
	From    Due `json:"from"`
	To      Due `json:"to"`
}

// restate reckons every last day anew: a holiday notice moves those that it
// covers, and makes provisional ones firm. Each that moved is put on record. What a
// branch was told as a date, the last day of a stop or for a supplement, stands.
func (t *transition) restate(ground string) error {
	var moved []Moved
	for n := range len(t.issue.SignOffs) {
		s := &t.issue.SignOffs[n]
		if s.State != Open || s.Due.On.IsZero() {
			continue
		}
		before := *s
		t.reckon(s)
		if s.Due == before.Due {
			*s = before
			continue
		}
		t.nudge(s.N)
		moved = append(moved, Moved{s.N, before.Due, s.Due})
	}
	if con := t.issue.Consultation; con.open() {
		if to := t.consultDue(con); to != con.DueOn {
			moved = append(moved, Moved{0, con.DueOn, to})
			con.DueOn = to
			t.watchConsultation()
		}
	}
	said := map[string]any{"moved": moved}
	whole := t.laid()
	if t.issue.Status.Ended() || t.issue.Whole.On.IsZero() {
		whole = t.issue.Whole
	}
	if whole != t.issue.Whole {
		said["whole"] = Moved{From: t.issue.Whole, To: whole}
	}
	if moved != nil || whole != t.issue.Whole {
		t.event(EvRestate, func(e *Event) {
			e.Before, e.After, e.Ground = string(t.issue.Status), string(t.issue.Status), ground
			e.Detail = detail(said)
		})
	}
	return nil
}
