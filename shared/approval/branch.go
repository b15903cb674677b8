package approval

import "lianban/shared/roster"

// handOver (移交) has an issue follow its project, and a draft too: it belongs to the
// branch that the project has now, and to whoever is its secretary, not to the person
// who raised or wrote it. Every command does so before its own rules, so that nobody
// has to think of it; the machine puts on record who took over (交接). While a branch
// has no secretary, nobody does.
func (t *transition) handOver() {
	i := &t.issue
	if t.from == 0 || i.Status == Confirmed || i.Status == Withdrawn {
		return
	}
	was, had := i.Branch, i.Secretary
	if had == "" && i.RaisedBy.Role == roster.Secretary { // else a bureau entered it (代录): nobody had it
		had = i.RaisedBy.Person
	}
	if branch, ok := t.Roster.BranchOf(i.Project); ok {
		i.Branch = branch.ID
	}
	branch, _ := t.Roster.Branch(i.Branch)
	if i.Branch == was && (branch.SecretaryID == "" || had == "" || branch.SecretaryID == had) {
		return
	}
	d := map[string]any{"was": had}
	if i.Branch != was {
		d["branch"], d["leaving"] = i.Branch, was
	}
	if branch.SecretaryID != "" {
		i.Secretary = branch.SecretaryID
		d["secretary"] = branch.SecretaryID
	}
	t.event(EvHandOver, func(e *Event) {
		e.By, e.Before, e.After = Machine, string(i.Status), string(i.Status)
		e.Detail = detail(d)
	})
}

// own reports whether the issue is a person's own: they raised it, or they are the
// secretary of its branch.
func (t *transition) own(person roster.PersonID) bool {
	return person == t.issue.RaisedBy.Person || t.Roster.Holds(person, roster.Secretary, string(t.issue.Branch))
}
