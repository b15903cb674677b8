package httpapi_test

import (
	"net/http"
	"testing"
)

func TestATableIsCheckedDecidedOnAndImported(t *testing.T) {
	t.Parallel()
	w := open(t)
	faulty := `{"table":"项目,标题\nnowhere,x\n"}`
	if a := w.post(fenjiang, "/imports/issues?dry=true", faulty).is(http.StatusOK); a.text("outcome") != "faults" || a.text("faults", 0, "row") != "2" || a.text("faults", 0, "column") != "项目" {
		t.Errorf("a faulty table is answered %s", a.body)
	}
	twice := `{"table":"项目,标题\nfenjiang-west-bank,规划许可\nfenjiang-west-bank,规划许可\n"`
	if a := w.post(fenjiang, "/imports/issues", twice+"}").is(http.StatusOK); a.text("outcome") != "undecided" || a.text("duplicates", 0, "otherRow") != "2" {
		t.Errorf("a row that is there twice is answered %s", a.body)
	}
	decided := twice + `,"duplicates":[{"row":3,"choice":"skip"}]}`
	if a := w.post(fenjiang, "/imports/issues?dry=true", decided).is(http.StatusOK); a.text("outcome") != "checked" {
		t.Errorf("decided on, a dry run answers %s", a.body)
	}
	a := w.post(fenjiang, "/imports/issues", decided).is(http.StatusOK)
	if a.text("outcome") != "finished" || a.text("rows", 1, "skipped") != "true" {
		t.Fatalf("it is imported as %s", a.body)
	}
	if i := w.get(fenjiang, "/issues/"+a.text("rows", 0, "issue")).is(http.StatusOK); i.text("status") != "draft" {
		t.Errorf("the row became %s", i.body)
	}
	w.post(police, "/imports/issues", decided).problem(http.StatusForbidden, "forbidden", "")
	w.post(fenjiang, "/imports/issues", `{"table":""}`).problem(http.StatusUnprocessableEntity, "invalid", "table")
}
