package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
)

// BulkApproval approves like tasks together.
type BulkApproval struct {
	Tasks  []BulkTask `json:"tasks" doc:"1 to 50, of the same item or matter, in the same department."`
	Reason string     `json:"reason,omitempty" doc:"Goes with each of them."`
}

// BulkTask names a task.
type BulkTask struct {
	Issue   string `json:"issue"`
	SignOff int    `json:"signOff"`
	Version int64  `json:"version" doc:"Of the issue, as it was seen."`
}

// BulkResults is what came of each task.
type BulkResults struct {
	Results []BulkResult `json:"results"`
}

// BulkResult is what came of one task.
type BulkResult struct {
	Issue   string       `json:"issue"`
	SignOff int          `json:"signOff"`
	Outcome string       `json:"outcome" enum:"done,refused,stale" doc:"stale: the issue has moved on; look at version and send the task again under a new key."`
	Version int64        `json:"version,omitempty" doc:"Of the issue now."`
	State   string       `json:"state,omitempty" doc:"Of the sign-off now."`
	Problem *BulkProblem `json:"problem,omitempty"`
}

// BulkProblem is why a task was not done.
type BulkProblem struct {
	Kind   string `json:"kind" doc:"Invalid, NotFound, Forbidden, Conflict, Stale or Closed."`
	Field  string `json:"field,omitempty"`
	Detail Name   `json:"detail"`
}

type (
	bulkIn struct {
		Key
		Body BulkApproval
	}
	bulkOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     BulkResults
	}
)

func (a *API) bulk() {
	huma.Register(a.huma, change("/bulk/approvals", "approveAll", "Approve like tasks with one confirmation 批量同意", "work", 200), a.approveAll)
}

func (s *server) approveAll(ctx context.Context, in *bulkIn) (*bulkOut, error) {
	c := callOf(ctx)
	tasks := make([]approval.BulkTask, len(in.Body.Tasks))
	for k, task := range in.Body.Tasks {
		tasks[k] = approval.BulkTask{Issue: approval.IssueID(task.Issue), SignOff: task.SignOff, Version: task.Version}
		if len(task.Issue) > longestID {
			tasks[k].Issue = "-" // no issue has such an id
		}
	}
	results, err := s.service.ApproveAll(ctx, tasks, in.Body.Reason, approval.Call{Actor: c.actor, Key: c.key, Digest: c.digest})
	if err != nil {
		return nil, err
	}
	out := &bulkOut{Replayed: "true", Body: BulkResults{[]BulkResult{}}}
	for k := range results {
		r := bulkResult(&results[k])
		if r.Issue = in.Body.Tasks[k].Issue; !results[k].Repeated {
			out.Replayed = ""
		}
		out.Body.Results = append(out.Body.Results, r)
	}
	return out, nil
}

func bulkResult(r *approval.BulkResult) BulkResult {
	out := BulkResult{SignOff: r.SignOff, Outcome: "done", Version: r.Issue.Version}
	if s := r.Issue.SignOff(r.SignOff); s != nil {
		out.State = string(s.State)
	}
	if e := r.Refused; e != nil {
		out.Outcome = "refused"
		if e.Kind == approval.Stale {
			out.Outcome = "stale"
		}
		out.Problem = &BulkProblem{string(e.Kind), e.Field, Name(e.Text)}
	}
	return out
}
