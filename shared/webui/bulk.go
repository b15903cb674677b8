package webui

import (
	"net/http"
	"strconv"
	"strings"

	"lianban/shared/approval"
)

// bulkPage confirms the approval of like tasks, and then says what came of each.
type bulkPage struct {
	frame
	Lead     string
	Stamp    stamp
	Problems problems
	Reason   string
	Rows     []bulkRow
	Able     int // how many of them can be approved
	Done     bool
}

type bulkRow struct {
	taskView
	Value   string // what the form sends; empty for one that cannot be approved
	Outcome string
	Problem string
}

// bulkTasks are the tasks that an address or a form names: issue, sign-off and,
// once it was seen, version.
func bulkTasks(values []string) (tasks []approval.BulkTask) {
	for _, text := range values {
		parts := strings.Split(text, "/")
		if len(parts) < 2 || len(parts) > 3 {
			continue
		}
		task := approval.BulkTask{Issue: approval.IssueID(parts[0])}
		task.SignOff, _ = strconv.Atoi(parts[1]) // what is no number names no sign-off
		if len(parts) == 3 {
			task.Version, _ = strconv.ParseInt(parts[2], 10, 64)
		}
		tasks = append(tasks, task)
	}
	return tasks
}

func bulkValue(t approval.BulkTask) string {
	return string(t.Issue) + "/" + strconv.Itoa(t.SignOff) + "/" + strconv.FormatInt(t.Version, 10)
}

// bulkConfirm shows what was ticked in the inbox, each as it stands.
func (v *visit) bulkConfirm() error {
	return v.showBulk(http.StatusOK, bulkTasks(v.r.URL.Query()["task"]), nil)
}

func (v *visit) showBulk(status int, tasks []approval.BulkTask, wrong problems) error {
	p := bulkPage{
		frame: v.frame(v.t("bulk.title")), Lead: v.t("bulk.lead"), Stamp: v.stamp(&approval.Issue{}, 0), Problems: wrong, Reason: v.typed("reason"),
	}
	if p.Problems == nil {
		p.Problems = problems{}
	}
	for _, task := range tasks[:min(len(tasks), approval.BulkMost)] {
		issue, err := v.Service.Issue(v.ctx(), task.Issue, v.viewer.Actor)
		if approval.IsKind(err, approval.NotFound) {
			continue
		} else if err != nil {
			return err
		}
		s := issue.SignOff(task.SignOff)
		if s == nil {
			continue
		}
		row := bulkRow{taskView: v.task(issue.ID, issue.Project, s)}
		row.IssueTitle = issue.Title
		if refused := v.allowed(&issue, approval.Grant{SignOff: s.N, Reason: "-"}); refused != nil {
			row.Problem = v.text(refused.Text)
		} else {
			task.Version = issue.Version
			row.Value = bulkValue(task)
			p.Able++
		}
		p.Rows = append(p.Rows, row)
	}
	if p.Able == 0 && p.Problems[""] == "" {
		p.Problems[""] = v.t("bulk.none")
	}
	return v.render(status, "bulk.html", p)
}

// bulkApprove approves them and says what came of each.
func (v *visit) bulkApprove() error {
	tasks := bulkTasks(v.r.PostForm["task"])
	results, err := v.Service.ApproveAll(v.ctx(), tasks, v.typed("reason"), v.call())
	if err != nil {
		wrong, ok := v.refused(err)
		if !ok {
			return err
		}
		if wrong["reason"] == "" { // what is wrong with a task is said above them all
			for _, text := range wrong {
				wrong = problems{"": text}
			}
		}
		return v.showBulk(statusOf(err), tasks, wrong)
	}
	p := bulkPage{frame: v.frame(v.t("bulk.result.title")), Problems: problems{}, Done: true}
	done := 0
	for k := range results {
		r := &results[k]
		row := bulkRow{Outcome: v.t("bulk.done")}
		if s := r.Issue.SignOff(r.SignOff); s != nil {
			row.taskView = v.task(r.Issue.ID, r.Issue.Project, s)
			row.IssueTitle = r.Issue.Title
		}
		switch e := r.Refused; {
		case e == nil:
			done++
		case e.Kind == approval.Stale:
			row.Outcome, row.Problem = v.t("bulk.stale"), v.text(e.Text)
		default:
			row.Outcome, row.Problem = v.t("bulk.refused"), v.text(e.Text)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Lead = v.t("bulk.result.lead", len(results), done)
	return v.render(http.StatusOK, "bulk.html", p)
}
