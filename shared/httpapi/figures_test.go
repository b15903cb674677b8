package httpapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lianban/shared/approval"
	"lianban/shared/measure/export"
)

func TestFiguresAndTheirTablesAreOneAndTheSame(t *testing.T) {
	t.Parallel()
	w := open(t)
	var ids []approval.IssueID
	for range 11 {
		ids = append(ids, approval.IssueID(w.raised(diversion)))
	}
	w.clock.Add(2 * 24 * time.Hour) // police take two working days, transport five
	for _, id := range ids {
		w.post(police, "/issues/"+string(id)+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
	}
	w.clock.Add(5 * 24 * time.Hour)
	for _, id := range ids[:10] {
		w.post(transport, "/issues/"+string(id)+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
		w.verdict(string(id), 1)
		w.close(string(id), 1)
	}
	w.get(bureau, "/figures").is(200) // before anything is folded there is nothing, and no fault
	if err := w.figures.Fold(t.Context(), ids); err != nil {
		t.Fatal(err)
	}

	f := w.get(bureau, "/figures").is(200)
	if f.at("whole", "onTime", "count") != 21.0 || f.at("whole", "net", "open") != 1.0 || f.at("saved", "measured") != 10.0 || f.at("saved", "span", "median", "days") != 5.0 {
		t.Errorf("%s", f.body)
	}
	b := w.get(overseer, "/bottlenecks").is(200)
	if b.at("critical", 0, "department") != "cc-transport" || b.at("critical", 0, "criticality", "share") != 1.0 || b.at("critical", 1, "slack") != 3.0 || b.at("version", "digest") != f.at("version", "digest") {
		t.Errorf("%s", b.body)
	}

	book, err := excelize.OpenReader(bytes.NewReader(w.get(bureau, "/figures/tables/all?lang=en").is(200).body))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(book.GetSheetList()); got != len(export.Tables()) {
		t.Errorf("%d sheets: %v", got, book.GetSheetList())
	}
	if text := string(w.get(bureau, "/figures/tables/department?format=csv").is(200).body); !strings.Contains(text, "交警") || !strings.Contains(text, ",100.0,11,0,0,0,11,0,2.0,") {
		t.Errorf("%s", text)
	}
	if text := string(w.get(bureau, "/figures/tables/whole?format=csv").is(200).body); !strings.Contains(text, f.text("version", "digest")) {
		t.Errorf("the table does not say on which data it rests: %s", text)
	}

	own := w.get(lead, "/figures").is(200)
	if own.at("whole", "onTime", "of") != 10.0 || own.at("saved") != nil || len(own.at("departments").([]any)) != 0 {
		t.Errorf("a lead sees %s", own.body)
	}
	w.get(lead, "/figures/tables/subject").is(200)
	w.get(lead, "/figures/tables/department").problem(http.StatusNotFound, "not-found", "table")
	w.get(lead, "/bottlenecks").problem(http.StatusForbidden, "forbidden", "")
	for _, as := range []who{fenjiang, police, general, admin} {
		w.get(as, "/figures").problem(http.StatusForbidden, "forbidden", "")
		w.get(as, "/figures/tables/whole").problem(http.StatusForbidden, "forbidden", "")
	}
	w.get(bureau, "/figures?from=2026-03&to=2026-01").problem(422, "invalid", "from")
	w.get(bureau, "/figures?baseFrom=2026-01").problem(422, "invalid", "baseFrom")
	w.get(bureau, "/figures/tables/all?format=csv").problem(422, "invalid", "format")
}
