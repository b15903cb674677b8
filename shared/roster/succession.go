package roster

import "slices"

// Successor returns the department that does a department's work: itself while it
// acts, else who took over, however often that happened again. Of what was split it
// is who took over the remainder; see [Roster.SuccessorFor]. It reports false for a
// department that is not on the roster.
func (r *Roster) Successor(id DepartmentID) (DepartmentID, bool) { return r.SuccessorFor(id, 0) }

// SuccessorFor is Successor for an item of the catalogue, which a split may have
// given to a department of its own; 0 is whatever is no item.
func (r *Roster) SuccessorFor(id DepartmentID, item int) (DepartmentID, bool) {
	for range len(r.file.Departments) + 1 {
		d, ok := r.Department(id)
		if !ok {
			return "", false
		}
		if d.Until.IsZero() {
			return id, true
		}
		id = d.Successor
		for _, s := range d.Shares {
			if slices.Contains(s.Items, item) {
				id = s.To
			}
		}
	}
	return "", false // the chain runs in a circle
}

// Predecessors returns the departments that no longer act and whose work, or part of
// it, is the department's today, in the order of the file: what an old unit did can
// be read under the new one.
func (r *Roster) Predecessors(id DepartmentID) []DepartmentID {
	into := map[DepartmentID]bool{id: true}
	for grown := true; grown; {
		grown = false
		for _, d := range r.file.Departments {
			if !into[d.ID] && !d.Until.IsZero() && (into[d.Successor] || slices.ContainsFunc(d.Shares, func(s Share) bool { return into[s.To] })) {
				into[d.ID], grown = true, true
			}
		}
	}
	var found []DepartmentID
	for _, d := range r.file.Departments {
		if into[d.ID] && d.ID != id {
			found = append(found, d.ID)
		}
	}
	return found
}

// StandsFor reports whether a department is of a kind, or has taken over from one
// that was: a merged bureau answers for every kind that went into it.
func (r *Roster) StandsFor(id DepartmentID, kind DepartmentKind) bool {
	d, ok := r.Department(id)
	return ok && (d.Kind == kind || slices.ContainsFunc(r.Predecessors(id), func(old DepartmentID) bool {
		d, _ := r.Department(old)
		return d.Kind == kind
	}))
}
