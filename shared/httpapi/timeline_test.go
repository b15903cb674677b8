package httpapi_test

import (
	"net/http"
	"testing"
	"time"
)

func TestAnIssueIsLaidOnTheCalendar(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.clock.Add(2 * 24 * time.Hour)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
	got := w.get(fenjiang, "/issues/"+id+"/timeline").is(200)
	// Police took two working days, transport has five: in turn they have five each.
	if got.at("lines", 0, "days") != 2.0 || got.at("lines", 1, "critical") != true || got.at("path", "days") != 5.0 || got.text("end") >= got.text("serialEnd") {
		t.Errorf("%s", got.body)
	}
	w.get(fenjiang, "/issues/none/timeline").problem(http.StatusNotFound, "not-found", "issue")
}
