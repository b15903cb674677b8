package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
)

// sensitive attaches a file of which readings are recorded, and answers where it is.
func (w *world) sensitive(as who, id, name, content string) string {
	w.t.Helper()
	w.upload(as, id, name, content, "petition", 0).is(http.StatusNoContent)
	a := w.post(as, "/issues/"+id+"/attachments", strings.Replace(attachment(name, content, "petition", 0), "{", `{"sensitive":true,`, 1)).is(200)
	if a.text("attachments", 0, "sensitive") != "true" {
		w.t.Fatalf("it is attached as %s", a.body)
	}
	return a.text("attachments", 0, "url")
}

func TestWhoIsHandedASensitiveAttachmentIsOnRecord(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	at := w.sensitive(fenjiang, id, "拆迁户名单.pdf", sitePlan)
	w.attached(police, id, "现场.jpg", "\xff\xd8\xff\xe0", "opinion", 1).is(200)
	before := w.get(overseer, "/issues/"+id).is(200)

	log := "/issues/" + id + "/readings"
	if a := w.get(overseer, log).is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("before anybody has read it: %s", a.body)
	}
	a := w.get(transport, at).is(200)
	if string(a.body) != sitePlan || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Etag") != "" {
		t.Errorf("it is handed out with %v", a.header)
	}
	w.clock.Add(time.Hour)
	w.get(police, at).is(200)
	w.get(transport, at, header("Range", "bytes=0-3")).is(http.StatusPartialContent)
	w.get(transport, "/issues/"+id+"/attachments/"+approvaltest.Hash("\xff\xd8\xff\xe0")).is(200) // no sensitive one

	got := w.get(overseer, log).is(200)
	for k, want := range []struct {
		by who
		at string
	}{{transport, "2026-03-02T01:00:00Z"}, {police, "2026-03-02T02:00:00Z"}, {transport, "2026-03-02T02:00:00Z"}} {
		if got.text("items", k, "by", "person", "id") != string(want.by.person) || got.text("items", k, "at") != want.at ||
			got.text("items", k, "name") != "拆迁户名单.pdf" || got.text("items", k, "attachment") != approvaltest.Hash(sitePlan) {
			t.Errorf("reading %d of %s", k, got.body)
		}
	}
	if n := len(got.at("items").([]any)); n != 3 {
		t.Errorf("%d readings are on record", n)
	}
	if rest := w.get(overseer, log+"?after=2").is(200); len(rest.at("items").([]any)) != 1 {
		t.Errorf("after the second: %s", rest.body)
	}
	if after := w.get(overseer, "/issues/"+id).is(200); after.header.Get("Etag") != before.header.Get("Etag") {
		t.Error("reading moves the issue on")
	}
	for _, as := range []who{fenjiang, police, bureau, general} {
		w.get(as, log).problem(http.StatusForbidden, "forbidden", "")
	}
	w.get(overseer, "/issues/none/readings").problem(http.StatusNotFound, "not-found", "issue")
}

// deaf takes no readings.
type deaf struct{ approval.Readings }

func (deaf) Note(context.Context, approval.IssueID, approval.Attachment, approval.Actor) error {
	return errors.New("disk full")
}

func TestWhatCannotBePutOnRecordIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	at := w.sensitive(fenjiang, id, "名单.pdf", sitePlan)
	for name, readings := range map[string]approval.Readings{"none are kept": nil, "the disk is full": deaf{}} {
		w.service.Readings = readings
		if a := w.get(transport, at).problem(http.StatusInternalServerError, "internal", ""); strings.Contains(string(a.body), sitePlan) {
			t.Errorf("%s: it is handed out all the same", name)
		}
	}
	w.service.Readings = nil
	w.upload(fenjiang, id, "另一份.pdf", "%PDF-1.7 2", "petition", 0).is(http.StatusNoContent)
	w.post(fenjiang, "/issues/"+id+"/attachments", strings.Replace(attachment("另一份.pdf", "%PDF-1.7 2", "petition", 0), "{", `{"sensitive":true,`, 1)).problem(http.StatusConflict, "conflict", "sensitive")
}

func TestAFileDoesNotBecomeSensitiveBehindWhoHasItAlready(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.attached(fenjiang, id, "名单.pdf", sitePlan, "petition", 0).is(200)
	again := strings.Replace(attachment("名单.pdf", sitePlan, "petition", 0), "{", `{"sensitive":true,`, 1)
	w.post(fenjiang, "/issues/"+id+"/attachments", again).problem(http.StatusConflict, "conflict", "sensitive")
	w.post(fenjiang, fmt.Sprintf("/issues/%s/attachments/%s/removal", id, approvaltest.Hash(sitePlan)), `{"reason":"含个人信息"}`).is(200)
	if a := w.post(fenjiang, "/issues/"+id+"/attachments", again).is(200); a.text("attachments", 1, "sensitive") != "true" {
		t.Errorf("attached again: %s", a.body)
	}
}
