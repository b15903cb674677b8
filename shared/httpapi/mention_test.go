package httpapi_test

import (
	"fmt"
	"testing"
	"time"
)

func TestWhoIsMentionedFindsTheCommentUntilItIsRead(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	say := func(text, mentions string) string {
		w.clock.Add(time.Minute)
		w.post(fenjiang, "/issues/"+id+"/comments", fmt.Sprintf(`{"text":%q,"signOff":1,"mentions":[%s]}`, text, mentions)).is(200)
		return text
	}
	w.post(fenjiang, "/issues/"+id+"/comments", `{"text":"看","mentions":["nobody"]}`).problem(422, "invalid", "mentions[0]")
	first, second := say("请看方案", `"cc-traffic-police-officer-1","cc-transport-lead"`), say("方案已改", `"cc-traffic-police-officer-1"`)
	a := w.get(police, "/mentions").is(200)
	if len(a.at("items").([]any)) != 2 || a.text("items", 0, "text") != second || a.text("items", 1, "text") != first || a.text("items", 0, "issue") != id || a.text("items", 0, "by", "person", "id") != string(fenjiang.person) {
		t.Fatalf("mentions: %s", a.body)
	}
	if a := w.get(transport, "/mentions").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("mentions of somebody else: %s", a.body)
	}
	seen := fmt.Sprintf(`{"issue":%q,"seq":%s}`, id, a.text("items", 0, "seq"))
	w.post(transport, "/mentions/seen", seen).problem(404, "not-found", "seq")
	at := w.post(police, "/mentions/seen", seen).is(200).text("seenAt")
	w.clock.Add(time.Hour)
	if again := w.post(police, "/mentions/seen", seen).is(200).text("seenAt"); again != at {
		t.Errorf("read at %s and again at %s", at, again)
	}
	a = w.get(police, "/mentions").is(200)
	if a.text("items", 0, "text") != first || a.at("items", 0, "seenAt") != nil || a.text("items", 1, "seenAt") != at {
		t.Errorf("unread first: %s", a.body)
	}
	a = w.get(overseer, "/issues/"+id+"/events").is(200)
	items := a.at("items").([]any)
	if got := a.text("items", len(items)-1, "detail", "mentions", 0); got != "cc-traffic-police-officer-1" {
		t.Errorf("the trail names %s", got)
	}
}
