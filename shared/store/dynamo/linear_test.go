package dynamo_test

import (
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/store"
)

func services(table store.Table) approvaltest.Services {
	return func(_ *testing.T, rules approval.Rules, now func() time.Time, newID func() approval.IssueID) (all []*approval.Service) {
		for range 3 {
			all = append(all, approval.NewService(rules, store.New(table), &approvaltest.Stillness{}, now, newID))
		}
		return all
	}
}

// Three processes that know nothing of each other race for each commit.
func TestDecisionsAreLinearizable(t *testing.T) {
	t.Parallel()
	approvaltest.Linearizable(t, services(fresh(t, nil)))
}

// TestDecisionsAreLinearizableInMemory is the same on the table that simulations use
// in DynamoDB's place, with indexes that lag.
func TestDecisionsAreLinearizableInMemory(t *testing.T) {
	t.Parallel()
	approvaltest.Linearizable(t, services(store.NewLag(store.NewMemory(nil), 5)))
}
