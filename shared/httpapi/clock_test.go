package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"lianban/shared/approval"
)

const hearing = `{"kind":"hearing","days":3,"reason":"沿线居民听证"}`

// papersBack is an issue whose first sign-off waited in vain for a supplement.
func (w *world) papersBack(petition string) string {
	w.t.Helper()
	id := w.raised(petition)
	w.post(police, "/issues/"+id+"/signoffs/1/supplement", `{"papers":["图纸"],"days":5}`).is(200)
	w.clock.Add(12 * 24 * time.Hour)
	if _, err := w.service.CheckClock(w.t.Context(), approval.IssueID(id), 1, 1); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestTheIssueShowsItsStopsWithTheirCapsAndThePlanOfTheWhole(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	task := "/issues/" + id + "/signoffs/1"
	a := w.get(overseer, "/issues/"+id).is(200)
	if a.text("whole", "light") != "green" || a.text("whole", "due", "on") != a.text("signOffs", 0, "due", "on") {
		t.Errorf("the plan: %s", a.body)
	}
	w.post(fenjiang, task+"/stops", hearing).problem(http.StatusForbidden, "forbidden", "")
	w.post(police, task+"/stops", `{"kind":"hearing","days":21,"reason":"听证"}`).problem(422, "invalid", "days")
	w.post(police, task+"/acceptance", "").problem(http.StatusConflict, "conflict", "")
	a = w.post(police, task+"/stops", hearing).is(200)
	if a.text("signOffs", 0, "stops", 0, "reason") != "hearing" || a.text("signOffs", 0, "stops", 0, "until") == "" || a.text("signOffs", 0, "stops", 0, "by", "unit", "id") != "cc-traffic-police" ||
		a.text("signOffs", 0, "stopCaps", 0, "used") != "3" || a.text("signOffs", 0, "stopCaps", 0, "days") != "20" || a.text("signOffs", 0, "state") != "open" {
		t.Errorf("stopped: %s", a.body)
	}
	w.post(police, task+"/stops/end", `{"kind":"hearing","result":""}`).problem(422, "invalid", "result")
	a = w.post(police, task+"/stops/end", `{"kind":"hearing","result":"已听证"}`).is(200)
	if a.text("signOffs", 0, "stops", 0, "result") != "已听证" || a.text("signOffs", 0, "stops", 0, "to") == "" {
		t.Errorf("ended: %s", a.body)
	}
}

func TestPapersThatWentBackAreFiledAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.papersBack(diversion)
	a := w.get(fenjiang, "/issues/"+id).is(200)
	if a.text("signOffs", 0, "state") != "papers_back" || a.text("signOffs", 0, "supplement", "answerBy") == "" {
		t.Errorf("sent back: %s", a.body)
	}
	w.post(fenjiang, "/issues/"+id+"/signoffs/1/supplement/answer", `{"text":"已附"}`).problem(http.StatusConflict, "conflict", "signOff")
	a = w.post(fenjiang, "/issues/"+id+"/signoffs/1/refile", `{"text":"材料已齐"}`).is(200)
	if a.text("signOffs", 0, "state") != "open" || a.text("signOffs", 0, "earlier", 0, "supplement", "answerBy") == "" {
		t.Errorf("filed again: %s", a.body)
	}
}

func TestAnItemShowsHowItWasAccepted(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	a := w.get(fenjiang, "/issues/"+id).is(200)
	if a.text("signOffs", 0, "acceptance", "how") != "awaited" || a.text("signOffs", 0, "acceptance", "due") == "" {
		t.Errorf("at first: %s", a.body)
	}
	a = w.post(resources, "/issues/"+id+"/signoffs/1/acceptance", "").is(200)
	if a.text("signOffs", 0, "acceptance", "how") != "explicit" || a.text("signOffs", 0, "acceptance", "by", "unit", "id") != "cc-natural-resources" {
		t.Errorf("accepted: %s", a.body)
	}
}
