package approval

// followAdded has the signatures that were asked of a department that is gone pass to
// its successor, and answers them. Which list they stand in follows from it.
func (t *transition) followAdded(n int) (followed []Followed) {
	for k := range t.issue.SignOff(n).Added {
		a := t.issue.SignOff(n).Added[k]
		to, ok := t.Roster.Successor(a.Department)
		if !a.open() || !ok || to == a.Department {
			continue
		}
		followed = append(followed, Followed{SignOff: n, From: a.Department, To: to, Added: a.K})
		t.added(n, a.K, func(a *Added) { a.Department = to })
	}
	return followed
}
