package approval

import (
	"context"
	"errors"

	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Bulk approval (批量同意): an officer confirms once, with one reason, what is the
// same question asked in several issues. Each task is decided by a commit of its
// own, by the same rules as if it had been opened alone; what one of them comes
// to says nothing about the next.

// BulkMost is how many tasks one confirmation takes (assumed).
const BulkMost = 50

// BulkTask names a task, and the version of its issue that the officer has seen.
type BulkTask struct {
	Issue   IssueID
	SignOff int
	Version int64
}

// BulkResult is what came of one task.
type BulkResult struct {
	BulkTask
	Issue    Issue // as it stands; without an id when it cannot be seen
	Repeated bool  // it had been done before, under the same key
	Refused  *Error
}

// ApproveAll approves like tasks: of the same item or matter, in the same
// department. It refuses unlike ones as a whole, before anything is done. The
// call's key stands for all of them: used again, it does nothing twice.
func (s *Service) ApproveAll(ctx context.Context, tasks []BulkTask, reason string, call Call) ([]BulkResult, error) {
	if n := len(tasks); n == 0 || n > BulkMost {
		return nil, refuse(Invalid, "tasks", "请选择 1 至 %d 项任务，现为 %d 项。", "Choose 1 to %d tasks; this has %d.", BulkMost, n)
	}
	if err := textField("reason", reason, textRunes, false); err != nil {
		return nil, err
	}
	if err := s.alike(ctx, tasks, call.Actor); err != nil {
		return nil, err
	}
	results := make([]BulkResult, len(tasks))
	for k, task := range tasks {
		r := &results[k]
		r.BulkTask = task
		own := call
		own.Expect, own.Key = task.Version, ""
		if call.Key != "" {
			own.Key = call.Key + "/" + string(task.Issue) + "/" + itoa(task.SignOff)
		}
		var err error
		r.Issue, r.Repeated, err = s.Do(ctx, task.Issue, Grant{task.SignOff, reason}, own)
		if err == nil {
			continue
		}
		refused, ok := errors.AsType[*Error](err)
		if !ok {
			return nil, err
		}
		r.Refused = refused
		if r.Issue, err = s.Issue(ctx, task.Issue, call.Actor); IsKind(err, NotFound) {
			r.Issue, r.Refused = Issue{}, noIssue(task.Issue)
		} else if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// alike refuses tasks that are not the same question. What cannot be seen is left
// to its own result.
func (s *Service) alike(ctx context.Context, tasks []BulkTask, actor Actor) error {
	type question struct {
		item       catalog.ItemNo
		matter     catalog.MatterCode
		department roster.DepartmentID
	}
	var first question
	seen := map[BulkTask]bool{}
	for k, task := range tasks {
		field := "tasks[" + itoa(k) + "]"
		version := task.Version
		task.Version = 0
		switch {
		case version < 1:
			return refuse(Invalid, field+".version", "请写明您看到的版本。", "Say which version of the issue you have seen.")
		case seen[task]:
			return refuse(Invalid, field, "该任务重复了。", "This task is named twice.")
		}
		seen[task] = true
		issue, err := s.Issue(ctx, task.Issue, actor)
		if IsKind(err, NotFound) {
			continue
		} else if err != nil {
			return err
		}
		o := issue.SignOff(task.SignOff)
		if o == nil {
			continue
		}
		q := question{o.Item, o.Matter, o.Department}
		if first == (question{}) {
			first = q
		}
		if q != first {
			return refuse(Invalid, field, "批量同意只适用于同一部门的同一事项，该任务与前面的任务不同，请分开办理。", "Only the same item or matter of the same department is approved together; this task differs from those before it, so handle it apart.")
		}
	}
	return nil
}
