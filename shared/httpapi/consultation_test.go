package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"lianban/shared/roster"
)

var policeLead = who{"cc-traffic-police-lead", roster.Lead, "cc-traffic-police"}

// meetingBody is a meeting with a secret ballot of three on the day of the tests.
const meetingBody = `{"at":"2026-03-02T02:00:00Z","place":"一号会议室","callLink":"https://meet.example/1","agenda":["交通疏导方案"],"papers":["方案"],
	"attendees":[{"unit":"cc-traffic-police","votes":true},{"unit":"cc-transport","votes":true},{"unit":"cc-housing","votes":true},{"name":"何村代表","organisation":"白坭村民委员会"}],
	"ballot":{"question":"异议不成立","motion":"set_aside","secret":true,"quorum":100,"threshold":"majority","of":"cast","until":"2026-03-03"}}`

func TestAConsultationMeetsVotesInSecretAndIsConcluded(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	con := "/issues/" + id + "/consultation"
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"g","reason":"r"}`).is(200)
	w.post(police, con+"/meeting", meetingBody).problem(403, "forbidden", "")
	w.post(general, con+"/meeting", strings.Replace(meetingBody, "https://", "http://", 1)).problem(422, "invalid", "callLink")
	w.post(general, con+"/meeting", meetingBody).is(200)
	w.clock.Add(time.Hour)
	w.post(police, con+"/votes", `{"choice":"for","reason":"r"}`).problem(422, "invalid", "reason")
	w.post(police, con+"/votes", `{"choice":"for"}`).is(200)
	a := w.post(transport, con+"/votes", `{"choice":"against"}`).is(200)
	if a.at("consultation", "meeting", "ballot", "count", "for") != nil || a.at("consultation", "meeting", "attendees", 0, "choice") != nil ||
		a.text("consultation", "meeting", "attendees", 0, "voted") != "true" || a.text("consultation", "meeting", "ballot", "count", "cast") != "2" {
		t.Errorf("while the ballot runs: %s", a.body)
	}
	a = w.post(housing, con+"/votes", `{"choice":"for"}`).is(200)
	if a.text("consultation", "meeting", "ballot", "count", "for") != "2" || a.text("consultation", "meeting", "ballot", "count", "passed") != "true" || a.at("consultation", "meeting", "attendees", 0, "choice") != nil {
		t.Errorf("after the ballot: %s", a.body)
	}
	if trail := w.get(overseer, "/issues/"+id+"/events").is(200); strings.Contains(string(trail.body), `"choice"`) {
		t.Errorf("the trail tells a choice: %s", trail.body)
	}
	w.post(general, con+"/minutes", `{"text":"多数赞成","present":[1,2,3,4],"resolutions":["按方案实施"]}`).is(200)
	a = w.post(general, con+"/conclusion", `{"findings":[{"signOff":1,"outcome":"set_aside"}],"actions":[{"department":"cc-housing","what":"恢复路面","by":"2026-03-06"}]}`).is(200)
	if a.text("consultation", "result") != "ruled" || a.text("consultation", "agreed", 0) != "3" || a.text("signOffs", 0, "ruling", "vote") != "followed" ||
		a.text("signOffs", 2, "what") != "恢复路面" || a.text("signOffs", 2, "due", "on") != "2026-03-06" || a.text("signOffs", 2, "limitMark") != "agreed" {
		t.Errorf("concluded: %s", a.body)
	}
	w.post(general, con, `{"cause":"own_accord","reason":"督促落实"}`).is(200)
	a = w.post(general, con+"/escalation", `{"reason":"涉及市级部门"}`).is(200)
	if a.text("consultation", "tier", "id") != "headquarters" || a.text("pastConsultations", 1, "result") != "escalated" || a.text("pastConsultations", 0, "minutes", "version") != "1" {
		t.Errorf("passed up: %s", a.body)
	}
}

func TestAConsultationOnAConflictHasAnApprovalDecidedAnew(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	con := "/issues/" + id + "/consultation"
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"conditional","duties":[{"what":"夜间施工","by":"2026-03-10"}]}`).is(200)
	w.post(general, con, `{"cause":"conflict","signOffs":[1,2],"reason":"条件冲突"}`).is(200)
	w.post(general, con+"/conclusion", `{"anew":[2],"reason":"重新出具"}`).problem(422, "invalid", "anew[0]")
	a := w.post(general, con+"/conclusion", `{"anew":[1],"reason":"重新出具"}`).is(200)
	if a.text("consultation", "anew", 0) != "1" || a.text("signOffs", 0, "state") != "open" || a.text("signOffs", 0, "earlier", 0, "decision", "kind") != "conditional" {
		t.Errorf("concluded: %s", a.body)
	}
}
