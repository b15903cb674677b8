package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// RecheckError is the error name with which a waiting task is woken to look at
// its clock again.
const RecheckError = "Approval.Recheck"

// Relay hands outbox records to the workflows: the same code behind a DynamoDB
// stream, behind the embedded feed, and in the sweep. Handing one over twice is
// harmless, because starts are idempotent by name and a token that was used
// already answers ErrMovedOn.
type Relay struct {
	Workflows Workflows
	Store     Store
	// Fold folds issues into the figures, as they stand; doing it twice is harmless.
	// Where it is nil there are none to keep.
	Fold func(ctx context.Context, ids []IssueID) error
}

// Deliver hands records over: those of one issue in order, different issues side
// by side. What was handed over is forgotten. It answers how many records from
// the first one on are done, and the error of the first that is not; from there
// on everything is to be delivered again.
func (r Relay) Deliver(ctx context.Context, records []Outbox) (int, error) {
	failed := make([]error, len(records))
	byIssue := map[IssueID][]int{}
	for k := range records {
		byIssue[records[k].Issue] = append(byIssue[records[k].Issue], k)
	}
	var wg sync.WaitGroup
	one := func(order []int) {
		for at, k := range order {
			if failed[k] = r.hand(ctx, &records[k]); failed[k] != nil {
				for _, later := range order[at+1:] {
					failed[later] = failed[k]
				}
				return
			}
		}
	}
	for _, order := range byIssue {
		if len(byIssue) == 1 {
			one(order)
			break
		}
		wg.Go(func() { one(order) })
	}
	wg.Wait()
	r.fold(ctx, records, failed)

	done := make([]OutboxID, 0, len(records))
	n, first := len(records), error(nil)
	for k := range records {
		if failed[k] == nil {
			done = append(done, records[k].ID())
		} else if first == nil {
			n, first = k, failed[k]
		}
	}
	if len(done) > 0 {
		if err := r.Store.Delivered(ctx, done); err != nil && first == nil {
			return 0, fmt.Errorf("forget %d delivered outbox records: %w", len(done), err)
		}
	}
	return n, first
}

// fold folds the issues whose records ask for it, after whoever waits has been woken.
// An issue is folded as it stands, so the order does not matter, nor that it may have
// moved on.
func (r Relay) fold(ctx context.Context, records []Outbox, failed []error) {
	var ids []IssueID
	for k := range records {
		if records[k].Fold && failed[k] == nil && !slices.Contains(ids, records[k].Issue) {
			ids = append(ids, records[k].Issue)
		}
	}
	if r.Fold == nil || len(ids) == 0 {
		return
	}
	err := r.Fold(ctx, ids)
	if err == nil {
		return
	}
	for k := range records {
		if records[k].Fold && failed[k] == nil {
			failed[k] = fmt.Errorf("fold into the figures: %w", err)
		}
	}
}

// hand does what one record asks.
func (r Relay) hand(ctx context.Context, o *Outbox) error {
	if o.Start != nil {
		if err := r.Workflows.Start(ctx, o.Start.Execution, ExecutionInput(o.Issue, o.Start.Round)); err != nil {
			return fmt.Errorf("start %s: %w", o.Start.Execution, err)
		}
	}
	for _, w := range o.Wake {
		var err error
		if w.Recheck {
			err = r.Workflows.Fail(ctx, w.Token, RecheckError, "")
		} else {
			err = r.Workflows.Succeed(ctx, w.Token, []byte("{}"))
		}
		if err != nil && !errors.Is(err, ErrMovedOn) {
			return fmt.Errorf("wake a task of issue %s: %w", o.Issue, err)
		}
	}
	return nil
}
