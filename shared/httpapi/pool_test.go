package httpapi_test

import (
	"net/http"
	"testing"
)

// storage is a matter of the pool.
const storage = `{"project":"fenjiang-west-bank","need":"venue","title":"临时堆场","text":"需五百平方米堆场两周。","until":"2026-03-13"}`

func TestAMatterOfThePoolIsClaimedByTheFirstUnit(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post(fenjiang, "/pool", storage).is(http.StatusCreated)
	at := "/pool/" + a.text("id")
	if a.header.Get("Location") != "/api/v1"+at || a.text("status", "id") != "open" {
		t.Fatalf("it is published as %s", a.body)
	}
	if l := w.get(lead, "/pool?district=440604").is(http.StatusOK); l.text("items", 0, "title") != "临时堆场" {
		t.Errorf("the pool is %s", l.body)
	}
	w.post(lead, at+"/claim", "").is(http.StatusOK)
	w.post(resourcesLead, at+"/claim", "").problem(http.StatusConflict, "conflict", "")
	w.post(police, at+"/progress", `{"text":"x"}`).problem(http.StatusForbidden, "forbidden", "")
	if l := w.get(lead, "/pool?claimer=cc-transport").is(http.StatusOK); l.text("items", 0, "claim", "by", "unit", "id") != "cc-transport" {
		t.Errorf("the unit's claims are %s", l.body)
	}
	w.post(fenjiang, at+"/confirmation", `{"result":"已启用"}`).is(http.StatusOK)
	if l := w.get(bureau, "/pool?claimer=cc-transport&done=true").is(http.StatusOK); l.text("items", 0, "result") != "已启用" {
		t.Errorf("what it brought to an end is %s", l.body)
	}
	if l := w.get(bureau, "/pool?publisher=branch-fenjiang").is(http.StatusOK); l.text("items", 0, "status", "id") != "done" {
		t.Errorf("what the branch published is %s", l.body)
	}
	if e := w.get(overseer, at+"/events").is(http.StatusOK); e.text("items", 1, "kind") != "claim" {
		t.Errorf("on record is %s", e.body)
	}
	for _, query := range []string{"", "?district=440604&claimer=cc-transport", "?done=true&district=440604"} {
		w.get(bureau, "/pool"+query).problem(http.StatusUnprocessableEntity, "invalid", "district")
	}
}
