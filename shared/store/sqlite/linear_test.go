package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/store"
)

func services(join func(store.Table) *store.Store, n int) approvaltest.Services {
	return func(t *testing.T, rules approval.Rules, now func() time.Time, newID func() approval.IssueID) (all []*approval.Service) {
		table := open(t, filepath.Join(t.TempDir(), "l.db")).Table()
		for range n {
			all = append(all, approval.NewService(rules, join(table), &approvaltest.Stillness{}, now, newID))
		}
		return all
	}
}

// On one machine there is one service, whose store remembers what it committed;
// beside it several that remember nothing and race for each commit.
func TestDecisionsAreLinearizable(t *testing.T) {
	t.Parallel()
	t.Run("OneService", func(t *testing.T) {
		t.Parallel()
		approvaltest.Linearizable(t, services(store.NewSole, 1))
	})
	t.Run("ThreeServices", func(t *testing.T) {
		t.Parallel()
		approvaltest.Linearizable(t, services(store.New, 3))
	})
}

// TestMemoryOfWhatOthersChangedIsNotLinearizable sees the check fail: stores that each
// take themselves for the only one show what has long been changed. One deed follows
// the other, so it happens in every run.
func TestMemoryOfWhatOthersChangedIsNotLinearizable(t *testing.T) {
	t.Parallel()
	if approvaltest.Unexplained(t, services(store.NewSole, 3), 20, approvaltest.InTurn) == "" {
		t.Error("twenty rounds of stale looks are explained")
	}
	if told := approvaltest.Unexplained(t, services(store.New, 3), 20, approvaltest.InTurn); told != "" {
		t.Errorf("looks at what is stored are not explained:\n%s", told)
	}
}
