package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"lianban/shared/approval"
)

func TestAnIssueIsForecastByWhatBecameOfComparableOnes(t *testing.T) {
	t.Parallel()
	w := open(t)
	var ids []approval.IssueID
	for range 10 {
		ids = append(ids, approval.IssueID(w.raised(diversion)))
	}
	// Police take two working days, transport five.
	w.clock.Add(2 * 24 * time.Hour)
	for _, id := range ids {
		w.post(police, "/issues/"+string(id)+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
	}
	w.clock.Add(5 * 24 * time.Hour)
	for _, id := range ids {
		w.post(transport, "/issues/"+string(id)+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
		w.verdict(string(id), 1)
		w.close(string(id), 1)
	}
	w.get(fenjiang, "/issues/"+string(ids[0])+"/forecast").problem(http.StatusConflict, "closed", "")

	next := w.raised(diversion)
	few := w.get(fenjiang, "/issues/"+next+"/forecast").is(200)
	if few.at("insufficient") != true || few.at("p50") != nil || few.text("text", "zh") == "" {
		t.Errorf("before anything is in the figures: %s", few.body)
	}
	if err := w.figures.Fold(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(2 * time.Hour) // figures behind forecasts are read once an hour
	f := w.get(fenjiang, "/issues/"+next+"/forecast").is(200)
	if f.at("insufficient") != false || f.at("whole") != true || f.at("n") != 10.0 || f.at("p50", "days") != 5.0 || f.at("p90", "days") != 5.0 {
		t.Errorf("%s", f.body)
	}
	w.get(police, "/issues/"+next+"/forecast").is(200)
}
