package httpapi_test

import (
	"testing"

	"lianban/shared/roster"
)

func TestAnAddedSignerFindsTheTaskAndAnswersIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	ecology := who{"cc-ecology-officer-1", roster.Officer, "cc-ecology"}
	path := "/issues/" + id + "/signoffs/1/added"
	w.post(police, path, `{"department":"cc-traffic-police","when":"before","question":"有无意见"}`).problem(422, "invalid", "department")
	a := w.post(police, path, `{"department":"cc-ecology","when":"before","binding":true,"question":"夜间施工噪声是否达标"}`).is(200)
	if a.text("signOffs", 0, "added", 0, "state") != "asked" || a.text("signOffs", 0, "added", 0, "due", "on") != "2026-03-04" || a.text("signOffs", 0, "added", 0, "by", "person", "id") != string(police.person) {
		t.Errorf("added: %s", a.body)
	}
	a = w.get(ecology, "/inbox").is(200)
	if a.text("items", 0, "added", "question") != "夜间施工噪声是否达标" || a.text("items", 0, "signOff", "department", "id") != "cc-traffic-police" || a.text("items", 0, "issue") != id {
		t.Errorf("the inbox of who is asked: %s", a.body)
	}
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).problem(409, "conflict", "")
	w.post(transport, path+"/1/answer", `{"opinion":"agree"}`).problem(403, "forbidden", "")
	w.post(ecology, path+"/1/answer", `{"opinion":"disagree"}`).problem(422, "invalid", "reason")
	w.post(ecology, path+"/1/answer", `{"opinion":"disagree","reason":"夜间噪声超标"}`).is(200)
	if a := w.get(ecology, "/inbox").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("answered and still listed: %s", a.body)
	}
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).problem(409, "conflict", "")

	w.post(police, path, `{"person":"cc-traffic-police-officer-2","when":"beside","question":"请复核"}`).is(200)
	if a := w.get(police2, "/owed").is(200); a.text("items", 0, "added", "k") != "2" || a.text("items", 0, "added", "person", "id") != string(police2.person) {
		t.Errorf("owed by who is asked by name: %s", a.body)
	}
	w.post(police, path+"/2/cancel", `{"reason":"已当面复核"}`).is(200)
	if a := w.get(police2, "/owed").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("taken back and still owed: %s", a.body)
	}
	w.post(police, path+"/3/cancel", `{"reason":"无"}`).problem(404, "not-found", "k")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"噪声污染防治法第四十三条","reason":"生态环境部门不同意"}`).is(200)
}
