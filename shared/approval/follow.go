package approval

import (
	"slices"

	"lianban/shared/roster"
)

// followAdded has the signatures that were asked of a department that is gone pass to
// its successor, and those asked of a colleague who is no officer of it any more to
// the department: another officer signs. Which list they stand in follows from it.
func (t *transition) followAdded(n int) (followed []Followed) {
	for k := range t.issue.SignOff(n).Added {
		a := t.issue.SignOff(n).Added[k]
		if !a.open() {
			continue
		}
		if to, ok := t.Roster.Successor(a.Department); ok && to != a.Department {
			followed = append(followed, Followed{SignOff: n, From: a.Department, To: to, Added: a.K})
			a = *t.added(n, a.K, func(a *Added) { a.Department = to })
		}
		if a.Person != "" && !t.Roster.Holds(a.Person, roster.Officer, string(a.Department)) {
			followed = append(followed, Followed{SignOff: n, From: a.Department, To: a.Department, Added: a.K, Person: a.Person})
			t.added(n, a.K, func(a *Added) { a.Person, a.Left = "", a.Person })
		}
	}
	return followed
}

// followParties gives the places in the open consultation of departments that are gone
// to their successors. What was voted stands. One department has one vote: where the
// successor has a place of its own, or several, those by which nobody has voted
// have none any more once another has voted or stands aside, whose interest it
// inherits; else the first keeps it. Two votes cast before the merger both stand,
// for two parties cast them. When the vote has ended nothing changes.
func (t *transition) followParties() (followed []Followed) {
	con := t.issue.Consultation
	if !con.open() || con.Meeting == nil {
		return nil
	}
	gone := func(a *Attendee) (to roster.DepartmentID, ok bool) {
		if a.Outsider() {
			return "", false
		}
		to, ok = t.Roster.Successor(roster.DepartmentID(a.Unit))
		return to, ok && string(to) != a.Unit
	}
	if !slices.ContainsFunc(con.Meeting.Attendees, func(a Attendee) bool { _, ok := gone(&a); return ok }) {
		return nil
	}
	b := con.ballot()
	t.endVote()
	if b != nil && !b.Running() {
		return nil
	}
	all := con.Meeting.Attendees
	for k := range all {
		if to, ok := gone(&all[k]); ok {
			followed = append(followed, Followed{From: roster.DepartmentID(all[k].Unit), To: to, Party: k + 1})
			all[k].Unit = string(to)
		}
	}
	for k := range all {
		a := &all[k]
		if a.Outsider() || !a.Votes || a.Vote != nil || a.Aside != nil {
			continue
		}
		speaks := func(j int) bool {
			o := &all[j]
			return j != k && o.Unit == a.Unit && o.Votes && (o.Vote != nil || o.Aside != nil || j < k)
		}
		for j := range all {
			if speaks(j) {
				a.Votes = false
				followed = append(followed, Followed{From: roster.DepartmentID(a.Unit), To: roster.DepartmentID(a.Unit), Party: k + 1, Mute: true})
				break
			}
		}
	}
	if b.Running() && con.voted() > 0 && con.voted() == con.Meeting.Eligible() {
		t.closeVote()
	}
	return followed
}
