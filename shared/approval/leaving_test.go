package approval_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// leave has a person leave, and the issue brought into line.
func (g *game) leave(person roster.PersonID) {
	g.Helper()
	g.change(roster.Change{People: &roster.PersonChange{Person: person, Leave: true}})
	g.must(approval.Machine, approval.Conform{Ground: "人事调整"})
}

// merge has a department pass into another, and the issue brought into line.
func (g *game) merge(from, to roster.DepartmentID) {
	g.Helper()
	g.change(roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: from, To: to}}}})
	g.must(approval.Machine, approval.Conform{Ground: "机构改革方案"})
}

func TestWhatSomebodyHadWhoLeftIsTheDepartmentsOnRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.must(officer("cc-water", 2), approval.Claim{SignOff: 1})
	due := g.so(1).Due
	since := len(g.events)
	g.leave("cc-water-officer-2")
	if s := g.so(1); s.Assignee != "" || s.Due != due || !slices.Equal(g.kinds(since), []string{approval.EvFollow}) {
		t.Errorf("with %q, due %s, on record %v", s.Assignee, s.Due.On, g.kinds(since))
	}
	g.must(officer("cc-water", 1), approval.Claim{SignOff: 1})
}

func TestASignatureAskedOfAColleagueWhoLeavesIsAskedOfTheDepartment(t *testing.T) {
	t.Parallel()
	for _, when := range []approval.AddedWhen{approval.Before, approval.After} {
		g := newGame(t)
		g.raise(one(0)).route()
		third := roster.Person{ID: "cc-water-officer-3", NameZH: "丙", NameEN: "C", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}
		g.change(roster.Change{People: &roster.PersonChange{New: &third}})
		g.must(officer("cc-water", 1), approval.AddSigner{SignOff: 1, Person: "cc-water-officer-2", When: when, Binding: true, Question: "请复核行洪计算"})
		if when == approval.After {
			g.must(officer("cc-water", 1), approval.Grant{SignOff: 1})
		}
		g.leave("cc-water-officer-2")
		a := g.so(1).Added[0]
		if a.State != approval.AddedAsked || a.Person != "" || a.Left != "cc-water-officer-2" || len(g.last.Added) != 1 || g.last.Added[0].Added.Person != "" {
			t.Fatalf("asked %s: %+v, in the lists %+v", when, a, g.last.Added)
		}
		sign := approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Agree}
		g.refused(officer("cc-water", 1), sign, approval.Forbidden) // nobody signs under the own task
		g.refused(officer("cc-housing", 1), sign, approval.Forbidden)
		g.must(officer("cc-water", 3), sign)
		if when == approval.Before {
			g.must(officer("cc-water", 1), approval.Grant{SignOff: 1})
		}
		g.want(yes)
	}
}

func TestAnAnswerThatComesAfterTheApprovalFollowsItsDepartment(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	n := 1
	g.must(g.by(n), approval.AddSigner{SignOff: n, Department: "cc-ecology", When: approval.After, Question: "请知悉"})
	g.grant(n)
	g.merge("cc-ecology", "cc-urban-management")
	if a := g.so(n).Added[0]; a.Department != "cc-urban-management" || a.State != approval.AddedAsked {
		t.Errorf("asked: %+v", a)
	}
}

func TestATaskSentBackToADepartmentThatIsGoneGoesToItsSuccessor(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route().transfer(1, "cc-housing")
	g.merge("cc-water", "cc-urban-management")
	g.sendBack(1)
	if s := g.so(1); s.Department != "cc-urban-management" || !s.Disputed() {
		t.Errorf("with %s", s.Department)
	}
	g.assign(1, "cc-housing").grant(1)
}

// voting is a consultation in which the water, transport and housing departments vote.
func voting(t *testing.T) *game {
	t.Helper()
	g := newGame(t)
	g.raise(parties(3)).route().object(1)
	s := meeting("2026-03-09", "2026-03-11")
	s.At = monday
	s.Attendees = nil
	for _, d := range []string{"cc-water", "cc-transport", "cc-housing"} {
		s.Attendees = append(s.Attendees, approval.Attendee{Unit: d, Votes: true})
	}
	g.must(generalBranch, s)
	return g
}

func TestASuccessorTakesThePlaceOfAPartyToAConsultation(t *testing.T) {
	t.Parallel()
	places := func(g *game) *approval.Meeting { return g.issue.Consultation.Meeting }
	aye := approval.Cast{Choice: approval.For}
	of := func(unit roster.DepartmentID, person roster.PersonID) approval.Actor {
		return approval.Actor{Person: person, Role: roster.Officer, Unit: string(unit)}
	}

	// The successor was no party: it votes in the place of the department that is gone.
	g := voting(t)
	g.merge("cc-water", "cc-urban-management")
	g.must(of("cc-urban-management", "cc-water-officer-1"), aye)
	if m := places(g); m.Attendees[0].Unit != "cc-urban-management" || m.Attendees[0].Vote == nil || m.Eligible() != 3 {
		t.Errorf("%+v", m)
	}

	// A vote that was cast is kept, and is the successor's.
	g = voting(t)
	g.must(officer("cc-water", 1), aye)
	g.merge("cc-water", "cc-urban-management")
	if m := places(g); m.Attendees[0].Vote == nil || m.Ballot.For != 1 {
		t.Errorf("%+v", m)
	}
	g.refused(officer("cc-urban-management", 1), aye, approval.Closed)

	// The successor is a party: one department, one vote.
	g = voting(t)
	g.merge("cc-water", "cc-housing")
	if m := places(g); m.Eligible() != 2 || !m.Attendees[0].Votes || m.Attendees[2].Votes {
		t.Errorf("%+v", m)
	}
	g.must(officer("cc-housing", 1), aye)
	g.refused(of("cc-housing", "cc-water-officer-1"), aye, approval.Closed)

	// One of the two has voted: that is the vote, and with it all may have voted.
	g = voting(t)
	g.must(officer("cc-water", 1), aye)
	g.must(officer("cc-transport", 1), aye)
	since := len(g.events)
	g.merge("cc-water", "cc-housing")
	if m := places(g); m.Ballot.Running() || !m.Ballot.Passed || m.Ballot.Eligible != 2 || !slices.Equal(g.kinds(since), []string{approval.EvCount, approval.EvFollow}) {
		t.Errorf("%+v, on record %v", m.Ballot, g.kinds(since))
	}

	// Both have voted: two parties did, and both votes stand.
	g = voting(t)
	g.must(officer("cc-water", 1), aye)
	g.must(officer("cc-housing", 1), aye)
	g.merge("cc-water", "cc-housing")
	if m := places(g); m.Ballot.For != 2 || m.Eligible() != 3 || !m.Ballot.Running() {
		t.Errorf("%+v", m)
	}

	// One stands aside: the successor inherits the interest.
	g = voting(t)
	g.must(approval.Actor{Person: "cc-water-lead", Role: roster.Lead, Unit: "cc-water"}, approval.Excuse{Reason: "系建设单位的主管部门"})
	g.merge("cc-water", "cc-housing")
	g.refused(officer("cc-housing", 1), aye, approval.Closed)
	if m := places(g); m.Eligible() != 1 {
		t.Errorf("%+v", m)
	}

	// A vote that has ended is not touched.
	g = voting(t)
	for _, d := range []roster.DepartmentID{"cc-water", "cc-transport", "cc-housing"} {
		g.must(officer(d, 1), aye)
	}
	g.merge("cc-water", "cc-housing")
	if m := places(g); m.Attendees[0].Unit != "cc-water" || m.Ballot.For != 3 {
		t.Errorf("%+v", m)
	}
}

// conformFault says what a commit that brought the issue into line has left out of
// it, or "".
func conformFault(r approval.Rules, i *approval.Issue, on calendar.Date) string {
	acts := func(id roster.DepartmentID) bool {
		d, ok := r.Roster.Department(id)
		return ok && d.Acting(on)
	}
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		switch {
		case s.State.Final():
		case !s.Unowned() && !acts(s.Department):
			return "a sign-off is with a department that is gone"
		case s.State == approval.Open && s.Decision == nil && s.Assignee != "" && !r.Roster.Holds(s.Assignee, roster.Officer, string(s.Department)):
			return "a sign-off is with somebody who has left"
		}
		for _, a := range s.Added {
			asked := a.State == approval.AddedAsked || a.State == approval.AddedLater
			if asked && (!acts(a.Department) || a.Person != "" && !r.Roster.Holds(a.Person, roster.Officer, string(a.Department))) {
				return "a signature is asked of who is gone"
			}
		}
		for _, d := range s.Duties {
			if d.Pending() && !acts(d.Checker) {
				return "a duty is checked by a department that is gone"
			}
		}
	}
	con := i.Consultation
	if con == nil || !con.ClosedAt.IsZero() || con.Meeting == nil || !con.Meeting.Ballot.Running() {
		return ""
	}
	may := map[string]bool{}
	for _, a := range con.Meeting.Attendees {
		if a.Outsider() || !a.Votes || a.Vote != nil || a.Aside != nil {
			continue
		}
		if _, branch := r.Roster.Branch(roster.BranchID(a.Unit)); may[a.Unit] || !branch && !acts(roster.DepartmentID(a.Unit)) {
			return "a department votes twice, or one that is gone"
		}
		may[a.Unit] = true
	}
	return ""
}

// registers are what may change in the register around the issue; each time the machine
// brings it into line.
func (w *world) registers(t *rapid.T) (moves []move) {
	today := calendar.Of(w.now)
	add := func(name string, change func(r *approval.Rules) error) {
		moves = append(moves, move{name, func() {
			if after := w.rules; change(&after) == nil {
				w.rules = after
				w.conform(name)
			}
		}})
	}
	reshape := func(name string, c roster.Change) {
		add(name, func(r *approval.Rules) (err error) {
			r.Roster, err = r.Roster.With(today, c)
			return err
		})
	}
	concerned := w.concerned()
	if len(concerned) == 0 {
		return nil
	}
	of := rapid.SampledFrom(concerned).Draw(t, "of")
	to := rapid.SampledFrom([]roster.DepartmentID{"cc-water", "cc-housing", "cc-urban-management", "cc-transport"}).Draw(t, "heir")
	if of != to {
		reshape(fmt.Sprintf("%s merges into %s", of, to), roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: of, To: to}}}})
	}
	for _, p := range w.rules.Roster.People(roster.Officer, string(of)) {
		if w.dispensable(p.ID, of) {
			reshape(fmt.Sprintf("%s leaves", p.ID), roster.Change{People: &roster.PersonChange{Person: p.ID, Leave: true}})
		}
	}
	if items := w.issue.Items; len(items) > 0 {
		item := rapid.SampledFrom(items).Draw(t, "item")
		add(fmt.Sprintf("item %d goes to %s", item, to), func(r *approval.Rules) (err error) {
			r.Catalog, _, err = r.Catalog.Transfer(catalog.Transfer{Items: []catalog.ItemNo{item}, District: w.issue.District, To: to, On: today, MovesOpen: true, Origin: roster.Origin{Source: "文件"}})
			return err
		})
	}
	off, worked := today.Add(rapid.IntRange(1, 40).Draw(t, "off")), today.Add(rapid.IntRange(1, 40).Draw(t, "worked"))
	add(fmt.Sprintf("%s is off and %s is worked", off, worked), func(r *approval.Rules) (err error) {
		w.tokens++ // another number for every notice
		n := calendar.Notice{Number: fmt.Sprint("通知", w.tokens), Days: []calendar.Day{{Date: off, Kind: calendar.Holiday, Name: "调休"}}}
		if n.Days[0].Date.Weekday() == time.Saturday || !r.Calendar.Working(worked) && rapid.Bool().Draw(t, "swap") {
			n.Days = append(n.Days, calendar.Day{Date: worked, Kind: calendar.Workday, Name: "调休"})
		}
		r.Calendar, err = r.Calendar.With(n)
		return err
	})
	return moves
}

// concerned are the departments that the issue has to do with today.
func (w *world) concerned() (ids []roster.DepartmentID) {
	add := func(id roster.DepartmentID) {
		if d, ok := w.rules.Roster.Department(id); ok && d.Acting(calendar.Of(w.now)) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for k := range w.issue.SignOffs {
		s := &w.issue.SignOffs[k]
		add(s.Department)
		for _, a := range s.Added {
			add(a.Department)
		}
		for _, d := range s.Duties {
			add(d.Checker)
		}
	}
	if con := w.issue.Consultation; con != nil && con.Meeting != nil {
		for _, a := range con.Meeting.Attendees {
			add(roster.DepartmentID(a.Unit))
		}
	}
	return ids
}

// dispensable reports whether every sign-off of the department has another officer who
// may decide it.
func (w *world) dispensable(person roster.PersonID, of roster.DepartmentID) bool {
	for k := range w.issue.SignOffs {
		s := &w.issue.SignOffs[k]
		others := slices.DeleteFunc(w.rules.Roster.People(roster.Officer, string(of)), func(p roster.Person) bool {
			return p.ID == person || slices.ContainsFunc(s.Recused, func(r approval.Recusal) bool { return r.Person == p.ID })
		})
		if len(others) == 0 {
			return false
		}
	}
	return true
}

// conform brings the issue into line with the register, as often as it takes, and holds
// it to that.
func (w *world) conform(ground string) {
	for range 5 {
		version := w.issue.Version
		w.must(approval.Machine, approval.Conform{Ground: ground})
		if w.issue.Version != version {
			continue
		}
		if fault := conformFault(w.rules, &w.issue, calendar.Of(w.now)); fault != "" {
			w.Fatalf("after %s: %s", ground, fault)
		}
		for k := range w.issue.SignOffs {
			s := &w.issue.SignOffs[k]
			at, watch := w.rules.ComesAt(w.issue, s.N, w.now), w.issue.Watch(s.N)
			if watch != nil && s.State == approval.Open && !s.Due.On.IsZero() && at.After(w.now) && calendar.Of(at) != calendar.Of(watch.WakeAt) {
				w.Fatalf("after %s something comes to sign-off %d at %s, and the machine looks at %s", ground, s.N, at, watch.WakeAt)
			}
		}
		return
	}
	w.Fatalf("after %s the issue is not in line after five passes: %s", ground, w.events[len(w.events)-1].Detail)
}
