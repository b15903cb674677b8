package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/httpapi"
)

const sitePlan = "%PDF-1.7 总平面图"

func attachment(name, content, purpose string, n int) string {
	text, err := json.Marshal(map[string]any{"name": name, "hash": approvaltest.Hash(content), "purpose": purpose, "signOff": n})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// announce asks for an address.
func (w *world) announce(as who, id, name, content, purpose string, n int) *answer {
	w.t.Helper()
	text, err := json.Marshal(map[string]any{"name": name, "hash": approvaltest.Hash(content), "purpose": purpose, "signOff": n, "size": len(content)})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.post(as, "/issues/"+id+"/attachments/uploads", string(text))
}

// upload asks for an address and sends the content there.
func (w *world) upload(as who, id, name, content, purpose string, n int) *answer {
	w.t.Helper()
	a := w.announce(as, id, name, content, purpose, n).is(200)
	return w.send(a.text("method"), a.text("url"), content, header("Content-Type", a.text("header", "Content-Type")))
}

// attached does all that a client does.
func (w *world) attached(as who, id, name, content, purpose string, n int) *answer {
	w.t.Helper()
	w.upload(as, id, name, content, purpose, n).is(http.StatusNoContent)
	return w.post(as, "/issues/"+id+"/attachments", attachment(name, content, purpose, n))
}

func TestAFileIsUploadedAttachedReadAndTakenBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	a := w.attached(fenjiang, id, "总平面图 v2.pdf", sitePlan, "petition", 0).is(200)
	at := a.text("attachments", 0, "url")
	if a.text("attachments", 0, "name") != "总平面图 v2.pdf" || a.text("attachments", 0, "type") != "application/pdf" || a.text("attachments", 0, "id") != approvaltest.Hash(sitePlan) ||
		a.text("attachments", 0, "by", "person", "id") != string(fenjiang.person) || a.text("attachments", 0, "purpose") != "petition" {
		t.Errorf("attached: %s", a.body)
	}
	w.attached(police, id, "现场.jpg", "\xff\xd8\xff\xe0", "opinion", 1).is(200)

	a = w.get(overseer, at).is(200)
	_, named, err := mime.ParseMediaType(a.header.Get("Content-Disposition"))
	if string(a.body) != sitePlan || err != nil || named["filename"] != "总平面图 v2.pdf" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; filename*=utf-8''") {
		t.Errorf("downloaded %q as %q, %v", a.body, a.header.Get("Content-Disposition"), err)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Etag": `"` + approvaltest.Hash(sitePlan) + `"`,
		"Cache-Control": "private, no-cache", "Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	w.get(overseer, at, header("If-None-Match", a.header.Get("Etag"))).is(http.StatusNotModified)
	if a := w.get(overseer, at, header("Range", "bytes=0-3")).is(http.StatusPartialContent); string(a.body) != "%PDF" {
		t.Errorf("a range: %q", a.body)
	}
	w.get(overseer, at, header("Range", "bytes=900-")).is(http.StatusRequestedRangeNotSatisfiable)

	w.post(police, at+"/removal", `{"reason":"传错"}`).problem(http.StatusForbidden, "forbidden", "")
	a = w.post(fenjiang, at+"/removal", `{"reason":"传错"}`).is(200)
	if a.text("attachments", 0, "removed", "reason") != "传错" || a.at("attachments", 0, "url") != nil {
		t.Errorf("taken back: %s", a.body)
	}
	w.get(overseer, at).problem(http.StatusNotFound, "not-found", "attachment")
	a = w.get(overseer, "/issues/"+id+"/events").is(200)
	kinds := string(a.body)
	if !strings.Contains(kinds, `"kind":"attach"`) || !strings.Contains(kinds, `"kind":"detach"`) || !strings.Contains(kinds, approvaltest.Hash(sitePlan)) {
		t.Errorf("the trail: %s", kinds)
	}
}

func TestADraftsAttachmentsAreItsBranchsAlone(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.post(fenjiang, "/issues", strings.Replace(diversion, "{", `{"draft":true,`, 1)).is(201).text("id")
	at := w.attached(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).is(200).text("attachments", 0, "url")
	w.get(fenjiang, at).is(200)
	for _, stranger := range []who{uValley, police, overseer, admin, general} {
		w.get(stranger, at).problem(http.StatusNotFound, "not-found", "issue")
		if stranger == overseer || stranger == admin { // who attach nothing anywhere
			w.announce(stranger, id, "a.pdf", sitePlan, "petition", 0).problem(http.StatusForbidden, "forbidden", "")
			continue
		}
		w.post(stranger, at+"/removal", `{"reason":"x"}`).problem(http.StatusNotFound, "not-found", "issue")
		w.announce(stranger, id, "a.pdf", sitePlan, "petition", 0).problem(http.StatusNotFound, "not-found", "issue")
		w.post(stranger, "/issues/"+id+"/attachments", attachment("a.pdf", sitePlan, "petition", 0)).problem(http.StatusNotFound, "not-found", "issue")
	}
}

func TestAnUploadNeedsTheAddressThatWasGivenForIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.announce(uValley, id, "a.pdf", sitePlan, "petition", 0).problem(http.StatusForbidden, "forbidden", "")
	w.announce(fenjiang, id, "a.exe", sitePlan, "petition", 0).problem(422, "invalid", "name")
	w.announce(fenjiang, id, "a.pdf", "", "petition", 0).problem(422, "invalid", "size")
	w.announce(fenjiang, id, "a.pdf", sitePlan, "photo", 0).problem(422, "invalid", "purpose")
	w.announce(fenjiang, id, "a.pdf", sitePlan, "opinion", 9).problem(http.StatusNotFound, "not-found", "signOff")
	a := w.announce(fenjiang, id, "a.pdf", sitePlan, "petition", 0).is(200)
	address := a.text("url")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	other := w.raised(permit)
	for what, forged := range map[string]string{
		"no signature":    u.Path,
		"another issue":   strings.Replace(address, id, other, 1),
		"another content": strings.Replace(address, approvaltest.Hash(sitePlan), approvaltest.Hash("x"), 1),
		"a longer time":   strings.Replace(address, "until=", "until=9", 1),
	} {
		if a := w.send("PUT", forged, sitePlan); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	w.send("PUT", address, "%PDF-1.7 another").problem(422, "invalid", "hash")
	w.send("PUT", address, strings.Repeat("x", approval.MaxPaper+1)).problem(422, "invalid", "size")
	w.send("PUT", address, sitePlan, func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(sitePlan), iotest.ErrReader(io.ErrUnexpectedEOF)))
	}).problem(http.StatusBadRequest, "malformed", "")
	if entries, err := filepath.Glob(filepath.Join(w.files, "*", "*")); err != nil || len(entries) != 0 {
		t.Errorf("left after refusals: %v, %v", entries, err)
	}
	w.post(fenjiang, "/issues/"+id+"/attachments", attachment("a.pdf", sitePlan, "petition", 0)).problem(http.StatusNotFound, "not-found", "hash")
	for range 2 { // the same bytes again harm nobody
		w.send("PUT", address, sitePlan).is(http.StatusNoContent)
	}
	w.clock.Add(15 * time.Minute)
	w.send("PUT", address, sitePlan).problem(http.StatusForbidden, "forbidden", "")
	w.post(fenjiang, "/issues/"+id+"/attachments", attachment("a.pdf", sitePlan, "petition", 0)).is(200)
	w.post(fenjiang, "/issues/"+other+"/attachments", attachment("a.pdf", sitePlan, "petition", 0)).problem(http.StatusNotFound, "not-found", "hash")
}

func TestContentThatIsNotWhatTheNameSaysIsNotAttached(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.attached(fenjiang, id, "图.pdf", "<html><script>", "petition", 0).problem(422, "invalid", "name")
	if a := w.get(fenjiang, "/issues/"+id); len(a.at("attachments").([]any)) != 0 {
		t.Errorf("attached: %s", a.body)
	}
}

func TestAFlippedByteIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	at := w.attached(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).is(200).text("attachments", 0, "url")
	names, err := filepath.Glob(filepath.Join(w.files, "*", "*."+id))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := os.WriteFile(names[0], []byte("%PDF-1.7 总平面图!"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := w.get(fenjiang, at).problem(http.StatusInternalServerError, "internal", "")
	if strings.Contains(string(a.body), w.files) || !strings.Contains(w.log.String(), names[0]) {
		t.Errorf("told %s, logged %s", a.body, w.log)
	}
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	w.get(fenjiang, at).problem(http.StatusInternalServerError, "internal", "")
}

func TestADiskThatTakesNothingIsSaidAndLogged(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	if err := os.WriteFile(w.files, nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	a := w.upload(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).problem(http.StatusServiceUnavailable, "unavailable", "")
	if strings.Contains(string(a.body), w.files) || !strings.Contains(w.log.String(), w.files) {
		t.Errorf("told %s, logged %s", a.body, w.log)
	}
}

func TestTwoPeopleAttachAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.upload(fenjiang, id, "a.pdf", sitePlan, "petition", 0).is(http.StatusNoContent)
	w.upload(police, id, "b.png", "\x89PNG\r\n\x1a\n", "opinion", 1).is(http.StatusNoContent)
	type try struct {
		as     who
		body   string
		status int
	}
	tries := []try{
		{as: fenjiang, body: attachment("a.pdf", sitePlan, "petition", 0)},
		{as: fenjiang, body: attachment("a2.pdf", sitePlan, "petition", 0)},
		{as: police, body: attachment("b.png", "\x89PNG\r\n\x1a\n", "opinion", 1)},
		{as: police2, body: attachment("b.png", "\x89PNG\r\n\x1a\n", "opinion", 1)},
	}
	var wg sync.WaitGroup
	for k := range tries {
		bearer, key := header("Authorization", "Bearer "+w.token(tries[k].as)), header("Idempotency-Key", string(rune('a'+k)))
		wg.Go(func() {
			tries[k].status = w.send("POST", "/issues/"+id+"/attachments", tries[k].body, bearer, key).status
		})
	}
	wg.Wait()
	for _, one := range tries {
		if one.status != http.StatusOK {
			t.Errorf("%s: %d", one.body, one.status)
		}
	}
	if a := w.get(fenjiang, "/issues/"+id); len(a.at("attachments").([]any)) != 2 {
		t.Errorf("attached: %s", a.body)
	}
}

// elsewhere stands for a place that keeps attachments by itself.
type elsewhere struct{ err error }

func (e elsewhere) Upload(_ context.Context, id approval.IssueID, hash string, size int64) (string, map[string]string, time.Time, error) {
	return "https://elsewhere.example/" + string(id) + "/" + hash, map[string]string{"X-Size": string(rune('0' + size%10))}, monday, e.err
}

func (e elsewhere) Download(_ context.Context, id approval.IssueID, a approval.Attachment) (string, error) {
	return "https://elsewhere.example/" + string(id) + "/" + a.ID + "?name=" + a.Name, e.err
}

func TestWhereAttachmentsAreKeptElsewherePeopleAreSentThere(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	at := w.attached(fenjiang, id, "a.pdf", sitePlan, "petition", 0).is(200).text("attachments", 0, "url")
	serve := func(links httpapi.Links) {
		t.Helper()
		var err error
		if w.api, err = httpapi.New(httpapi.Config{Service: w.service, Intake: w.intake, Register: w.register, Verifier: w.issuer, CursorKey: cursorKey, Links: links}); err != nil {
			t.Fatal(err)
		}
	}
	serve(elsewhere{})
	a := w.announce(fenjiang, id, "b.pdf", "%PDF-1", "petition", 0).is(200)
	if a.text("url") != "https://elsewhere.example/"+id+"/"+approvaltest.Hash("%PDF-1") || a.text("method") != "PUT" || a.text("header", "X-Size") != "6" {
		t.Errorf("announced: %s", a.body)
	}
	a = w.get(fenjiang, at).is(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != "https://elsewhere.example/"+id+"/"+approvaltest.Hash(sitePlan)+"?name=a.pdf" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("sent to %q, %v", got, a.header)
	}
	w.send("PUT", "/uploads/"+id+"/x", "x").problem(http.StatusNotFound, "not-found", "")
	serve(elsewhere{errors.New("no credentials")})
	w.get(fenjiang, at).problem(http.StatusInternalServerError, "internal", "")
	w.announce(fenjiang, id, "b.pdf", "%PDF-1", "petition", 0).problem(http.StatusInternalServerError, "internal", "")

	w.service.Papers = nil
	serve(nil)
	w.get(fenjiang, at).problem(http.StatusNotFound, "not-found", "attachment")
	w.announce(fenjiang, id, "b.pdf", "%PDF-1", "petition", 0).problem(http.StatusConflict, "conflict", "")
	w.post(fenjiang, "/issues/"+id+"/attachments", attachment("b.pdf", "%PDF-1", "petition", 0)).problem(http.StatusConflict, "conflict", "")
}
