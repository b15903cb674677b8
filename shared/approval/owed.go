package approval

import (
	"cmp"
	"context"
	"slices"

	"lianban/shared/roster"
)

// Owed lists what one person owes, by last day: the tasks that they have, the
// signatures that they are asked for by name under others', and those of the colleagues whom they stand in for today, in that department. The
// index behind it may lag.
func (s *Service) Owed(ctx context.Context, person roster.PersonID) ([]Task, error) {
	owed, err := s.having(ctx, SignOffQuery{Assignee: person})
	if err != nil {
		return nil, err
	}
	for _, stand := range s.Rules().Roster.StandingIn(person, s.Today()) {
		theirs, err := s.having(ctx, SignOffQuery{Assignee: stand.For})
		if err != nil {
			return nil, err
		}
		for _, t := range theirs {
			if t.department() == stand.Unit {
				t.For = stand.For
				owed = append(owed, t)
			}
		}
	}
	slices.SortStableFunc(owed, func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.last(), b.last()), cmp.Compare(a.Issue, b.Issue), cmp.Compare(a.SignOff.N, b.SignOff.N))
	})
	return owed, nil
}

// department is whose officers owe the task.
func (t *Task) department() roster.DepartmentID {
	if t.Added != nil {
		return t.Added.Department
	}
	return t.SignOff.Department
}

// having reads a whole list.
func (s *Service) having(ctx context.Context, q SignOffQuery) ([]Task, error) {
	var all []Task
	for page := (Page{Limit: 200}); ; {
		list, next, err := s.store.SignOffs(ctx, q, page)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if page.Cursor = next; next == "" {
			return all, nil
		}
	}
}

// last is by when the task is due; what has no last day at present comes last.
func (t *Task) last() int {
	if t.SignOff.State != Open || t.SignOff.Due.On.IsZero() {
		return 1 << 30
	}
	return int(t.SignOff.Due.On)
}
