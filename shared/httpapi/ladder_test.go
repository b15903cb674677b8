package httpapi_test

import (
	"net/http"
	"testing"
	"time"
)

func TestTheIssueShowsWhereItsSignOffsStandOnTheirLadder(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	task := "/issues/" + id + "/signoffs/1"
	a := w.get(overseer, "/issues/"+id).is(200)
	if a.text("signOffs", 0, "ladder", "level") != "district" || a.text("signOffs", 0, "ladder", "tier", "id") != "branch" ||
		a.text("signOffs", 0, "ladder", "nextRung") != "remind" || a.text("signOffs", 0, "ladder", "nextRungAt") != "2026-03-05T16:00:00Z" ||
		a.text("signOffs", 0, "ladder", "nextTier", "id") != "general_branch" || a.text("signOffs", 0, "ladder", "nextTierAt") != "2026-03-10T16:00:00Z" {
		t.Errorf("at first: %s", a.body)
	}
	w.post(police, task+"/ladder/pause", `{"until":"2026-03-05","reason":"忙"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(general, task+"/ladder/pause", `{"until":"2026-03-10","reason":"等待现场会"}`).problem(422, "invalid", "until")
	a = w.post(general, task+"/ladder/pause", `{"until":"2026-03-09","reason":"等待现场会"}`).is(200)
	if a.text("signOffs", 0, "ladder", "pause", "until") != "2026-03-09" || a.text("signOffs", 0, "ladder", "pause", "by", "unit", "id") != "general-branch" {
		t.Errorf("paused: %s", a.body)
	}
	w.post(general, task+"/ladder/resume", `{"reason":"现场会已开"}`).is(200)
	w.post(fenjiang, task+"/escalation", `{"to":"general_branch","reason":"须总支协调"}`).problem(422, "invalid", "untried")
	w.post(fenjiang, task+"/measures", `{"what":"coordinated","text":"现场协调未果"}`).is(200)
	w.post(fenjiang, task+"/escalation", `{"to":"headquarters","reason":"须总指挥部协调"}`).problem(422, "invalid", "skipped")
	a = w.post(fenjiang, task+"/escalation", `{"to":"general_branch","reason":"须总支协调"}`).is(200)
	if a.text("signOffs", 0, "ladder", "tier", "id") != "general_branch" || a.text("signOffs", 0, "ladder", "climbs", 0, "silent") != "false" ||
		a.text("signOffs", 0, "ladder", "measures", 0, "what") != "coordinated" || a.text("signOffs", 0, "ladder", "nextTier", "id") != "headquarters" || a.text("tier", "id") != "general_branch" {
		t.Errorf("passed up: %s", a.body)
	}
}

func TestASupervisionNoticeIsRepliedToAndRechecked(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	issue := "/issues/" + id
	w.post(resourcesLead, issue+"/signoffs/1/notices", `{"demand":"限期办结","replyDays":2}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(general, issue+"/signoffs/1/notices", `{"demand":"限期办结","replyDays":30}`).problem(422, "invalid", "replyDays")
	a := w.post(general, issue+"/signoffs/1/notices", `{"demand":"限期办结","replyDays":2}`).is(200)
	if a.text("signOffs", 0, "ladder", "notices", 0, "k") != "1" || a.text("signOffs", 0, "ladder", "notices", 0, "due", "on") != "2026-03-04" {
		t.Errorf("issued: %s", a.body)
	}
	w.post(general, issue+"/notices/1/recheck", `{"ok":true,"text":"属实"}`).problem(http.StatusConflict, "conflict", "")
	w.post(resourcesLead, issue+"/notices/2/reply", `{"text":"在办"}`).problem(404, "not-found", "k")
	w.clock.Add(3 * 24 * time.Hour)
	a = w.post(resourcesLead, issue+"/notices/1/reply", `{"text":"迟复：在办"}`).is(200)
	if a.text("signOffs", 0, "ladder", "notices", 0, "replies", 0, "late") != "true" || a.text("signOffs", 0, "ladder", "notices", 0, "state") != "replied" {
		t.Errorf("replied: %s", a.body)
	}
	a = w.post(general, issue+"/notices/1/recheck", `{"ok":true,"text":"属实"}`).is(200)
	if a.text("signOffs", 0, "ladder", "notices", 0, "state") != "closed" || a.text("signOffs", 0, "ladder", "notices", 0, "replies", 0, "checkedBy", "unit", "id") != "general-branch" {
		t.Errorf("rechecked: %s", a.body)
	}
}

func TestALateApprovalNeedsItsReason(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.clock.Add(14 * 24 * time.Hour)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).problem(422, "invalid", "reason")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve","reason":"方案两次调整"}`).is(200)
}
