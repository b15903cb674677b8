package webui

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
)

// TestEveryFormIsBoundToItsSession takes the pages from the links that each role can follow.
func TestEveryFormIsBoundToItsSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	forms := 0
	for name, b := range w.everybody() {
		stroll(t, b, func(p *page) {
			for _, e := range p.all("form") {
				if e.attr["method"] != "post" {
					continue
				}
				forms++
				fields := e.all("input")
				if len(fields) == 0 || fields[0].attr["name"] != boundField || fields[0].attr["value"] != b.token() {
					t.Errorf("%s, for %s: a form does not begin with the token of its session", p.path, name)
				}
			}
			if strings.Count(p.body, "<form") != len(p.all("form")) {
				t.Errorf("%s: a form was not looked at", p.path)
			}
		})
	}
	if forms < 100 {
		t.Errorf("only %d forms were looked at", forms)
	}
}

func TestAFormOfAnotherSessionChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.secretary(), w.officer("cc-water")
	drafts := func() int {
		list, _, err := w.service.Store().Issues(t.Context(), approval.IssueQuery{Project: "qingke-culvert", Drafts: true}, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	fill := func() *form {
		return b.get("/issues/new").form("button[value=save]").set("title", "箱涵过路").set("body", "第一行\n<script>第二行")
	}
	stranger := w.stranger()
	token := b.token()
	for name, given := range map[string][]string{
		"none": {}, "an empty one": {""}, "one that is made up": {strings.Repeat("A", len(token))}, "one with a letter changed": {flipped(token)}, "one cut off": {token[:len(token)-1]},
		"another session's": {other.token()}, "a visit's": {stranger.token()}, "two, the second good": {"x", token},
	} {
		p := fill().set(boundField, given...).send().wants(http.StatusForbidden, "尚未办理，请再次确认", "箱涵过路", "第一行")
		if n := drafts(); n != 0 {
			t.Fatalf("%s: the form was carried out", name)
		}
		if got := p.form("#again").values; got.Get("title") != "箱涵过路" || got.Get("body") != "第一行\n<script>第二行" || got.Get(boundField) != b.token() {
			t.Errorf("%s: what was typed is lost: %v", name, got)
		}
	}
	fill().set(boundField, flipped(token)).send().form("#again").send().wants(http.StatusOK, "草稿已保存", "第二行")
	if n := drafts(); n != 1 {
		t.Errorf("%d drafts after it was sent again", n)
	}

	// A form with a file is bound as well, and its token stands first.
	id := w.raise("箱涵占道", road)
	for name, body := range map[string]string{
		"no token":     "--b\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nattach\r\n--b--\r\n",
		"a wrong one":  "--b\r\nContent-Disposition: form-data; name=\"" + boundField + "\"\r\n\r\n" + other.token() + "\r\n--b--\r\n",
		"not at first": "--b\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nattach\r\n--b\r\nContent-Disposition: form-data; name=\"" + boundField + "\"\r\n\r\n" + token + "\r\n--b--\r\n",
		"no form":      "",
	} {
		r := httptest.NewRequest(http.MethodPost, issueURL(id)+"/attachments", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		r.AddCookie(&http.Cookie{Name: access.SessionCookie, Value: b.cookies[access.SessionCookie]})
		answer := httptest.NewRecorder()
		if w.handler.ServeHTTP(answer, r); answer.Code != http.StatusForbidden || !strings.Contains(answer.Body.String(), "重新选择文件") {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}

	// Nobody is signed in unawares: the form of sign-in is bound to the visit.
	victim := w.stranger()
	victim.get("/sign-in")
	values := url.Values{"person": {"cc-bureau-1"}, "role": {"bureau"}, "unit": {"cc-bureau"}, "next": {"/"}, boundField: {stranger.token()}}
	victim.post("/sign-in", values).wants(http.StatusForbidden)
	if victim.cookies[access.SessionCookie] != "" {
		t.Error("somebody is signed in by a form of another visit")
	}
}

func TestTheVisitsCookieIsSetByThisHostAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h, err := New(Config{Service: approval.NewService(w.service.Rules(), w.service.Store(), &approvaltest.Stillness{}, w.clock.Now, approvaltest.IDs()), Verifier: w.handler.(*server).Verifier, SignIn: w.handler.(*server).SignIn, Key: formKey, Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
	cookies := answer.Result().Cookies()
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "__Host-") || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].Domain != "" {
		t.Errorf("%+v", cookies)
	}
	if _, err := New(Config{Service: w.service, Verifier: w.handler.(*server).Verifier, Key: []byte("short")}); err == nil {
		t.Error("a key that can be guessed is taken")
	}
}

// flipped is a token with its first letter changed.
func flipped(token string) string {
	if token[0] == 'A' {
		return "B" + token[1:]
	}
	return "A" + token[1:]
}
