package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestLikeTasksAreApprovedTogetherEachWithItsOwnResult(t *testing.T) {
	t.Parallel()
	w := open(t)
	ids := []string{w.raised(diversion), w.raised(diversion), w.raised(diversion)}
	w.post(fenjiang, "/issues/"+ids[1]+"/withdraw", `{"reason":"不需要了"}`).is(200)
	w.post(transport, "/issues/"+ids[2]+"/signoffs/2/claim", "").is(200) // moves it on to version 3
	body := func(versions ...int) string {
		var tasks []string
		for k, v := range versions {
			tasks = append(tasks, fmt.Sprintf(`{"issue":%q,"signOff":1,"version":%d}`, ids[k], v))
		}
		return `{"reason":"同意按方案疏导","tasks":[` + strings.Join(tasks, ",") + `]}`
	}
	a := w.post(police, "/bulk/approvals", body(2, 3, 2), header("Idempotency-Key", "bulk")).is(200)
	for k, want := range []string{"done", "refused", "stale"} {
		if got := a.text("results", k, "outcome"); got != want || a.text("results", k, "issue") != ids[k] || a.text("results", k, "version") != "3" {
			t.Errorf("task %d: %s of %s", k, got, a.body)
		}
	}
	if a.text("results", 0, "state") != "granted" || a.text("results", 1, "problem", "kind") != "Closed" || a.text("results", 2, "problem", "kind") != "Stale" {
		t.Errorf("results: %s", a.body)
	}
	if got := w.get(police, "/issues/"+ids[0]).is(200); got.text("signOffs", 0, "decision", "reason") != "同意按方案疏导" {
		t.Errorf("approved: %s", got.body)
	}
	again := w.post(police, "/bulk/approvals", body(2, 3, 2), header("Idempotency-Key", "bulk")).is(200)
	if string(again.body) != string(a.body) {
		t.Errorf("again: %s", again.body)
	}
	if got := w.post(police, "/bulk/approvals", body(2, 3, 3)).is(200); got.text("results", 0, "outcome") != "stale" || got.text("results", 2, "outcome") != "done" {
		t.Errorf("with the newer version: %s", got.body)
	}
}

func TestUnlikeTasksAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	w := open(t)
	one, other := w.raised(diversion), w.raised(`{"project":"fenjiang-west-bank","title":"旧城开挖","parties":[{"matter":"old_town_excavation","department":"cc-traffic-police"}]}`)
	task := func(id string, n, version int) string {
		return fmt.Sprintf(`{"issue":%q,"signOff":%d,"version":%d}`, id, n, version)
	}
	for field, tasks := range map[string][]string{
		"tasks":            {},
		"tasks[1]":         {task(one, 1, 2), task(other, 1, 2)},
		"tasks[2]":         {task(one, 1, 2), task("01900000-0000-7000-8000-00000000ffff", 1, 2), task(one, 1, 2)},
		"tasks[0].version": {task(one, 1, 0)},
	} {
		w.post(police, "/bulk/approvals", `{"tasks":[`+strings.Join(tasks, ",")+`]}`).problem(422, "invalid", field)
	}
	var many []string
	for n := range 51 {
		many = append(many, task(one, n+1, 2))
	}
	w.post(police, "/bulk/approvals", `{"tasks":[`+strings.Join(many, ",")+`]}`).problem(422, "invalid", "tasks")
	if got := w.get(police, "/issues/"+one).is(200).text("version"); got != "2" {
		t.Errorf("something was done: version %s", got)
	}
	a := w.post(police, "/bulk/approvals", `{"tasks":[`+task("01900000-0000-7000-8000-00000000ffff", 1, 2)+`]}`).is(200)
	if a.text("results", 0, "problem", "kind") != "NotFound" {
		t.Errorf("what does not exist: %s", a.body)
	}
	a = w.post(transport, "/bulk/approvals", `{"tasks":[`+task(one, 1, 2)+`]}`).is(200)
	if a.text("results", 0, "problem", "kind") != "Forbidden" {
		t.Errorf("another department's: %s", a.body)
	}
}
