package httpapi_test

import (
	"fmt"
	"testing"
	"time"

	"lianban/shared/roster"
)

func TestASubstituteSignsInForTheColleagueAndFindsTheTasks(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.clock.Add(7 * 24 * time.Hour)
	id := w.raised(`{"project":"fenjiang-west-bank","title":"临时用地","parties":[{"matter":"temporary_land","department":"cc-housing"}]}`)
	w.post(housing, "/issues/"+id+"/signoffs/1/claim", "").is(200)
	second := who{"cc-housing-officer-2", roster.Officer, "cc-housing"}
	signIn := `{"person":"cc-housing-officer-2","role":"officer","unit":"cc-housing","for":"cc-housing-officer-1"}`
	w.send("POST", "/session", signIn).problem(422, "invalid", "for")
	if a := w.get(second, "/owed").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("owed before the absence: %s", a.body)
	}
	w.clock.Add(2 * 24 * time.Hour) // Wednesday 11 March, the first day
	a := w.send("POST", "/session", signIn).is(201)
	if a.text("for", "id") != string(housing.person) || a.text("standingIn", 0, "for", "id") != string(housing.person) || a.text("standingIn", 0, "until") != "2026-03-13" {
		t.Errorf("session: %s", a.body)
	}
	bearer := header("Authorization", "Bearer "+a.text("token"))
	if a := w.send("GET", "/owed", "", bearer).is(200); a.text("items", 0, "issue") != id || a.text("items", 0, "for", "id") != string(housing.person) {
		t.Errorf("owed: %s", a.body)
	}
	if a := w.get(housing, "/owed").is(200); a.text("items", 0, "issue") != id || a.at("items", 0, "for") != nil {
		t.Errorf("owed by the colleague: %s", a.body)
	}
	post := func(path, body string) *answer {
		w.keys++
		return w.send("POST", path, body, bearer, header("Idempotency-Key", fmt.Sprint("sub-", w.keys)))
	}
	a = post("/issues/"+id+"/signoffs/1/supplement", `{"papers":["用地范围图"]}`).is(200)
	if a.text("signOffs", 0, "supplement", "by", "person", "id") != "cc-housing-officer-2" || a.text("signOffs", 0, "supplement", "by", "for", "id") != string(housing.person) {
		t.Errorf("on record: %s", a.body)
	}
	w.post(fenjiang, "/issues/"+id+"/signoffs/1/supplement/answer", `{"text":"已补"}`).is(200)
	w.clock.Add(3 * 24 * time.Hour)
	post("/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(401)
	w.post(second, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).problem(409, "conflict", "")
	w.post(housing, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
}
