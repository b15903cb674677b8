package approval

import (
	"cmp"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Conform (衔接) brings an issue into line with the register as the rules know it:
// tasks of a department that is gone pass to its successor, and so does its place
// in a consultation; tasks whose competence moved together with its open cases go
// along; what was with somebody who is no officer of the department any more is the
// department's; and last days follow the calendar. Only the machine does it; where nothing has moved, nothing is
// committed, so that it may come as often as it likes.
//
// A clock never starts anew with it, and who has claimed a task keeps it when the
// post has moved along.
type Conform struct{ Ground string } // the document the change rests on

// Followed is one task that went to another department with its competence, or that is
// the department's because who had it is no officer of it any more.
type Followed struct {
	SignOff int                 `json:"signOff"`
	From    roster.DepartmentID `json:"from"`
	To      roster.DepartmentID `json:"to"`
	Added   int                 `json:"added,omitempty"`  // of an added signature: its number
	Duty    int                 `json:"duty,omitempty"`   // of a duty that is checked: its number
	Person  roster.PersonID     `json:"person,omitempty"` // who had it, or was asked to sign; From and To are the department
	// Party is the number of an attendee of the consultation; Mute: the successor has
	// another place there, by which it votes.
	Party int  `json:"party,omitempty"`
	Mute  bool `json:"mute,omitempty"`
}

// followDuties is how many duties, at the most and near enough, one commit gives to
// another checker: each has a record in a list, and the next pass takes the rest.
const followDuties = 20

func (c Conform) apply(t *transition) error {
	if t.actor != Machine {
		return refuse(Forbidden, "", "登记变更由系统逐件衔接，不由个人办理。", "The machine brings issues into line with the register; no person does.")
	}
	if t.from == 0 {
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
		if !s.State.Final() {
			if to := t.heir(s); to != s.Department {
				followed = append(followed, Followed{SignOff: s.N, From: s.Department, To: to})
				t.follow(s.N, to)
			}
			if s.Assignee != "" && t.Claimed(s) == "" {
				was := t.free(t.touch(s.N))
				followed = append(followed, Followed{SignOff: s.N, From: s.Department, To: s.Department, Person: was})
			}
		}
		followed = append(followed, t.followAdded(s.N)...)
	}
	followed = append(followed, t.followParties()...)
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
			if acting, ok := t.Roster.SuccessorFor(to, int(s.Item)); ok {
				return acting // what it moved to may have been merged since
			}
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

// Moved is a last day that moved, of a sign-off, of a signature added to one, or (0) of
// the consultation.
type Moved struct {
	SignOff int `json:"signOff"`
	Added   int `json:"added,omitempty"` // of an added signature: its number
	From    Due `json:"from"`
	To      Due `json:"to"`
}

// restate reckons every last day anew, and every moment before and after it at which
// the ladder or the machine looks: a holiday notice moves those that it covers, and
// makes provisional ones firm. Each that moved is put on record. What somebody was
// told as a date stands: the last day of a stop, for a supplement, of a duty, for the
// reply to a notice.
func (t *transition) restate(ground string) error {
	var moved []Moved
	var watched []int
	for n := range len(t.issue.SignOffs) {
		s := &t.issue.SignOffs[n]
		before := *s
		if s.State == Open && !s.Due.On.IsZero() {
			t.reckon(s)
			same := s.Due == before.Due && s.Step == before.Step && len(s.Climbs) == len(before.Climbs)
			switch {
			case same && !t.watchMoves(s):
				*s = before
			case s.Due != before.Due:
				moved = append(moved, Moved{SignOff: s.N, From: before.Due, To: s.Due})
				s.Restated = &Restated{before.Due, ground, t.now}
				t.nudge(s.N)
			default:
				watched = append(watched, s.N)
				t.nudge(s.N)
			}
		}
		moved = append(moved, t.restateAdded(s, before.Due != s.Due)...)
	}
	if con := t.issue.Consultation; con.open() {
		if to := t.consultDue(con); to != con.DueOn {
			moved = append(moved, Moved{From: con.DueOn, To: to})
			con.DueOn = to
			t.watchConsultation()
		}
	}
	said := map[string]any{"moved": moved}
	if watched != nil {
		said["watched"] = watched
	}
	duties := t.dutiesMove()
	if duties {
		said["climbs"] = true
	}
	whole := t.laid()
	if t.issue.Status.Ended() || t.issue.Whole.On.IsZero() {
		whole = t.issue.Whole
	}
	if whole != t.issue.Whole {
		said["whole"] = Moved{From: t.issue.Whole, To: whole}
	}
	if moved != nil || watched != nil || duties || whole != t.issue.Whole {
		t.event(EvRestate, func(e *Event) {
			e.Before, e.After, e.Ground = string(t.issue.Status), string(t.issue.Status), ground
			e.Detail = detail(said)
		})
	}
	return nil
}

// watchMoves reports whether the machine means to look at a sign-off on another day than
// that on which something comes next. Moments are the starts of days; a machine that
// asked some seconds late looks some seconds late.
func (t *transition) watchMoves(s *SignOff) bool {
	at, w := t.comes(s), t.issue.Watch(s.N)
	if at.IsZero() || w == nil {
		return false
	}
	day := func(at time.Time) calendar.Date {
		if at.Before(t.now) {
			at = t.now
		}
		return calendar.Of(at)
	}
	return day(at) != day(w.WakeAt)
}

// dutiesMove keeps the watch over duties, which climb by working days, and reports
// whether it moved.
func (t *transition) dutiesMove() bool {
	before := t.issue.Watch(dutyWatch)
	if before == nil || len(t.issue.Stray) > 0 {
		return false
	}
	at := before.WakeAt
	t.watchDuties()
	after := t.issue.Watch(dutyWatch)
	return after != nil && !after.WakeAt.Equal(at)
}

// restateAdded reckons the last days of the signatures that are being asked for: their
// own days from the day on which they were, within the sign-off's. What neither of
// the two has moved stands.
func (t *transition) restateAdded(s *SignOff, within bool) (moved []Moved) {
	for k := range s.Added {
		a := s.Added[k]
		if a.State != AddedAsked {
			continue
		}
		asked := calendar.Of(a.At)
		if a.When == After {
			asked = calendar.Of(s.Decision.At)
		}
		own, due := t.addedDays(s, asked, a.Days)
		if due == a.Due || !within && own == cmp.Or(a.Own, a.Due) {
			continue
		}
		moved = append(moved, Moved{SignOff: s.N, Added: a.K, From: a.Due, To: due})
		t.added(s.N, a.K, func(a *Added) { a.Own, a.Due = own, due })
	}
	return moved
}
