package httpapi_test

import (
	"bytes"
	"net/http"
	"testing"
)

func TestTheVitalityOfABranchNamesEveryFact(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	const path = "/branches/branch-fenjiang/vitality"
	got := w.get(fenjiang, path).is(200)
	if got.at("rated") != false || got.at("cases") != 1.0 || got.at("points") != nil || got.text("indicators", 0, "code") != "raised" ||
		got.text("indicators", 0, "facts", 0, "issue") != id || got.at("indicators", 0, "facts", 0, "met") != true || got.text("indicators", 0, "source") != "assumed" {
		t.Errorf("%s", got.body)
	}
	w.get(police, path).problem(http.StatusForbidden, "forbidden", "")
	w.get(fenjiang, "/branches/branch-u-valley/vitality").problem(http.StatusNotFound, "not-found", "id")
	w.get(fenjiang, path+"?period=2026-03").problem(422, "invalid", "period")
	if file := w.get(bureau, path+"/workbook?lang=en&period=2026-H1"); file.status != 200 || !bytes.HasPrefix(file.body, []byte("PK")) {
		t.Errorf("the workbook: %d", file.status)
	}
	if file := w.get(bureau, "/vitality/table?lang=en"); file.status != 200 || !bytes.HasPrefix(file.body, []byte("PK")) {
		t.Errorf("the workbook of all: %d", file.status)
	}
	if file := w.get(fenjiang, "/vitality/table?format=csv"); file.status != 200 || bytes.Count(file.body, []byte("branch-")) != 1 || !bytes.Contains(file.body, []byte("branch-fenjiang,")) {
		t.Errorf("the table of the own branch: %d %s", file.status, file.body)
	}
	w.get(police, "/vitality/table").problem(http.StatusForbidden, "forbidden", "")
	first := w.get(bureau, "/vitality?limit=1").is(200)
	second := w.get(bureau, "/vitality?limit=1&cursor="+first.text("next")).is(200)
	if first.text("items", 0, "branch", "id") >= second.text("items", 0, "branch", "id") {
		t.Errorf("%s, then %s", first.body, second.body)
	}
	if own := w.get(fenjiang, "/vitality").is(200); len(own.at("items").([]any)) != 1 || own.at("items", 0, "branch", "id") != "branch-fenjiang" {
		t.Errorf("%s", own.body)
	}
}
