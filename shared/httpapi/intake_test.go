package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// noise is a resident's request.
const noise = `{"project":"fenjiang-west-bank","from":"resident","channel":"call","title":"夜间施工噪声","text":"夜间十点后仍在施工。","contact":{"name":"林女士","phone":"13800000000"}}`

func TestARequestIsRegisteredAcceptedAnsweredAndRated(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post(fenjiang, "/requests", noise).is(http.StatusCreated)
	if a.text("receipt") != "诉求〔2026〕000001" || a.text("code") != "ABCDEFGHIJ" || a.header.Get("Location") != "/api/v1/requests/2026-000001" || a.text("due", "on") != "2026-03-09" {
		t.Fatalf("it is registered as %s", a.body)
	}
	where := "/status/" + url.PathEscape("诉求〔2026〕000001")
	if s := w.send("GET", where+"?code=abcdefghij", "").is(http.StatusOK); s.text("status", "id") != "registered" || s.text("dueOn") != "2026-03-09" {
		t.Errorf("the requester sees %s", s.body)
	}
	w.post(fenjiang, "/requests/2026-000001/acceptance", "").is(http.StatusOK)
	w.send("POST", where+"/rating", `{"code":"ABCDEFGHIJ","stars":5}`).problem(http.StatusConflict, "conflict", "")
	w.post(fenjiang, "/requests/2026-000001/answer", `{"text":"已调整施工时间。"}`).is(http.StatusOK)
	for range 2 {
		if s := w.send("POST", where+"/rating", `{"code":"ABCDEFGHIJ","stars":5}`).is(http.StatusOK); s.text("stars") != "5" || s.text("reply") != "已调整施工时间。" {
			t.Errorf("rated, the requester sees %s", s.body)
		}
	}
	w.send("POST", where+"/rating", `{"code":"ABCDEFGHIJ","stars":1}`).problem(http.StatusConflict, "closed", "")
	w.post(bureau, "/requests/2026-000001/closure", `{"note":"电话告知"}`).is(http.StatusOK)
	if e := w.get(overseer, "/requests/2026-000001/events").is(http.StatusOK); e.text("items", 4, "kind") != "close" {
		t.Errorf("the trail is %s", e.body)
	}
}

func TestARequestsContactIsToldOnlyToWhoDealsWithIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(fenjiang, "/requests", noise).is(http.StatusCreated)
	if a := w.get(fenjiang, "/requests/2026-000001").is(http.StatusOK); a.text("contact", "phone") != "13800000000" {
		t.Errorf("the branch is told %s", a.body)
	}
	for _, a := range []*answer{
		w.get(overseer, "/requests/2026-000001"), w.get(overseer, "/requests/2026-000001/events"),
		w.get(fenjiang, "/requests?unit=branch-fenjiang"), w.get(bureau, "/requests?district=440604"), w.send("GET", "/status/2026-000001?code=ABCDEFGHIJ", ""),
	} {
		if a.is(http.StatusOK); strings.Contains(string(a.body), "林女士") || strings.Contains(string(a.body), "13800000000") {
			t.Errorf("%s tells %s", a.asked, a.body)
		}
	}
	w.get(uValley, "/requests/2026-000001").problem(http.StatusNotFound, "not-found", "")
	w.get(uValley, "/requests/2026-000001/events").problem(http.StatusNotFound, "not-found", "")
	if strings.Contains(w.log.String(), "林女士") {
		t.Error("the log holds a name")
	}
}

func TestAWrongReceiptNumberAndAWrongCodeAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(fenjiang, "/requests", noise).is(http.StatusCreated)
	code := w.send("GET", "/status/2026-000001?code=AAAAAAAAAA", "").problem(http.StatusNotFound, "not-found", "")
	number := w.send("GET", "/status/2026-000002?code=ABCDEFGHIJ", "").problem(http.StatusNotFound, "not-found", "")
	if strings.ReplaceAll(string(code.body), "000001", "") != strings.ReplaceAll(string(number.body), "000002", "") {
		t.Errorf("%s\n%s", code.body, number.body)
	}
}

func TestARequestBecomesADraftThatNamesIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(fenjiang, "/requests", noise).is(http.StatusCreated)
	w.post(fenjiang, "/requests/2026-000001/issue", "").problem(http.StatusConflict, "conflict", "")
	w.post(fenjiang, "/requests/2026-000001/acceptance", "").is(http.StatusOK)
	a := w.post(fenjiang, "/requests/2026-000001/issue", `{"parties":[{"matter":"river_works","department":"cc-water"}]}`).is(http.StatusOK)
	issue := w.get(fenjiang, "/issues/"+a.text("issue")).is(http.StatusOK)
	if issue.text("request") != "2026-000001" || issue.text("status") != "draft" || issue.text("title") != "夜间施工噪声" {
		t.Errorf("the draft is %s", issue.body)
	}
}

func TestAStepOnARequestDependsOnTheVersionSeen(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(fenjiang, "/requests", noise).is(http.StatusCreated)
	w.post(fenjiang, "/requests/2026-000001/acceptance", "", header("If-Match", `"1"`)).is(http.StatusOK)
	w.post(fenjiang, "/requests/2026-000001/answer", `{"text":"已整改。"}`, header("If-Match", `"1"`)).problem(http.StatusPreconditionFailed, "stale", "If-Match")
	w.post(fenjiang, "/requests/2026-000001/unit", `{"unit":"cc-ecology","reason":"属其职责"}`).is(http.StatusOK)
	w.get(uValley, "/requests?unit=branch-fenjiang").problem(http.StatusForbidden, "forbidden", "")
}
