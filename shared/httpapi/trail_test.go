package httpapi_test

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"testing"
)

func TestAnOverseerFindsWhatDepartsFromThePlainCourseAndHasItsChainsChecked(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.post(police, "/issues/"+id+"/signoffs/1/supplement", `{"papers":["图纸"]}`).is(200)
	other := w.raised(diversion)
	w.post(transport, "/issues/"+other+"/signoffs/2/recusal", `{"reason":"亲属"}`).is(200)
	for _, as := range []who{fenjiang, police, bureau, admin} {
		w.get(as, "/audit-trail").problem(http.StatusForbidden, "forbidden", "")
		w.get(as, "/audit-trail/chains").problem(http.StatusForbidden, "forbidden", "")
		w.get(as, "/issues/"+id+"/chain").problem(http.StatusForbidden, "forbidden", "")
	}
	a := w.get(overseer, "/audit-trail").is(200)
	if n := len(a.at("items").([]any)); n != 2 || a.text("items", 0, "concern") != "hand" || a.text("items", 1, "event", "kind") != "ask_supplement" || a.text("items", 1, "department", "id") != "cc-traffic-police" {
		t.Errorf("%d: %s", n, a.body)
	}
	first := w.get(overseer, "/audit-trail?limit=1").is(200)
	next := "/audit-trail?limit=1&cursor=" + first.text("next")
	if second := w.get(overseer, next).is(200); second.text("items", 0, "issue") != id {
		t.Errorf("the second page: %s", second.body)
	}
	w.get(overseer, next+"&concern=hand").problem(422, "invalid", "cursor")
	if a := w.get(overseer, "/audit-trail?concern=pause&person=cc-traffic-police-officer-1&from=2026-03-02&until=2026-03-02").is(200); len(a.at("items").([]any)) != 1 {
		t.Errorf("narrowed: %s", a.body)
	}
	if a := w.get(overseer, "/audit-trail?kind=raise&issue="+id).is(200); len(a.at("items").([]any)) != 1 {
		t.Errorf("in one issue: %s", a.body)
	}
	for query, field := range map[string]string{"from=2026-03-09&until=2026-03-02": "until", "person=nobody": "person", "department=nobody": "department", "kind=raise": "kind", "issue=nothing": "issue"} {
		w.get(overseer, "/audit-trail?"+query).problem(422, "invalid", field)
	}
	if a := w.get(overseer, "/issues/"+id+"/chain").is(200); a.at("sound") != true || a.at("events").(float64) < 3 {
		t.Errorf("the chain: %s", a.body)
	}
	w.get(overseer, "/issues/nothing/chain").problem(http.StatusNotFound, "not-found", "issue")

	db, err := sql.Open("sqlite", filepath.Join(w.data, "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`DELETE FROM item WHERE pk = ? AND sk = 'E#00000002'`, "I#"+id); err != nil {
		t.Fatal(err)
	}
	chains := w.get(overseer, "/audit-trail/chains").is(200)
	if chains.at("items", 0, "sound") != true || chains.at("items", 1, "sound") != false || chains.at("items", 1, "at") != 2.0 || chains.text("items", 1, "fault", "zh") == "" {
		t.Errorf("the chains: %s", chains.body)
	}
}
