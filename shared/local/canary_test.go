package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
	"lianban/shared/trace"
)

// Whatever people write here holds one of these, and so must no line of a log.
const (
	canaryWord  = "金丝雀"
	canaryLatin = "cAnAry"
	canaryPhone = "13900004711"
)

// told is a log that may be written and read at once.
type told struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *told) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// request is one as it was sent.
type request struct {
	method, path, kind, body, bearer string
}

// aviary is a house whose log is read, and what was sent to it.
type aviary struct {
	t       *testing.T
	app     *local.App
	served  http.Handler
	log     told
	sent    []request
	secrets map[string]string // by what they are
}

func (a *aviary) do(r request) *httptest.ResponseRecorder {
	in := httptest.NewRequest(r.method, "http://127.0.0.1"+r.path, strings.NewReader(r.body))
	in.Header.Set("Content-Type", r.kind)
	in.Header.Set("Idempotency-Key", fmt.Sprint(canaryLatin, len(a.sent)))
	in.Header.Set("Sec-Fetch-Site", "same-origin")
	in.Header.Set("User-Agent", canaryLatin)
	in.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if r.bearer != "" {
		in.Header.Set("Authorization", "Bearer "+r.bearer)
		in.AddCookie(&http.Cookie{Name: "lianban_session", Value: r.bearer})
	}
	out := httptest.NewRecorder()
	a.served.ServeHTTP(out, in)
	return out
}

// send sends what must succeed, and keeps it for later.
func (a *aviary) send(bearer, method, path, body string) map[string]any {
	a.t.Helper()
	r := request{method, "/api/v1" + path, "application/json", body, bearer}
	a.sent = append(a.sent, r)
	out := a.do(r)
	if out.Code >= 300 {
		a.t.Fatalf("%s %s: %d %s", method, path, out.Code, out.Body)
	}
	if err := a.app.Settle(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	var said map[string]any
	if out.Body.Len() > 0 {
		if err := json.Unmarshal(out.Body.Bytes(), &said); err != nil {
			a.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return said
}

func (a *aviary) signIn(person, role, unit string) string {
	a.t.Helper()
	token := a.send("", "POST", "/session", fmt.Sprintf(`{"person":%q,"role":%q,"unit":%q}`, person, role, unit))["token"].(string)
	a.secrets["the token of "+person] = token
	_, signature, _ := strings.Cut(token, ".")
	a.secrets["a part of the token of "+person] = signature[:20]
	return token
}

// silent fails for everything in the log that must not be there.
func (a *aviary) silent(when string) {
	a.t.Helper()
	said := a.log.String()
	for what, secret := range a.secrets {
		if strings.Contains(said, secret) {
			a.t.Errorf("%s the log holds %s, %q:\n%.4000s", when, what, secret, said)
		}
	}
}

func TestTheLogHoldsNothingThatPeopleWroteAndNothingThatLetsThemIn(t *testing.T) {
	t.Parallel()
	clock := approvaltest.NewClock(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	a := &aviary{t: t, secrets: map[string]string{"a word": canaryWord, "a word in a query": url.QueryEscape(canaryWord), "a Latin word": canaryLatin, "a phone number": canaryPhone}}
	log := slog.New(trace.Logged(slog.NewJSONHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	var err error
	if a.app, err = local.Open(t.Context(), local.Config{Data: filepath.Join(t.TempDir(), "l.db"), Now: clock.Now, NewID: approvaltest.IDs(), Log: log}); err != nil {
		t.Fatal(err)
	}
	closed := false
	t.Cleanup(func() {
		if !closed {
			_ = a.app.Close()
		}
	})
	handler, err := a.app.Handler()
	if err != nil {
		t.Fatal(err)
	}
	a.served = a.app.Pulse(0).Around(handler)

	branch, police, general := a.signIn("fenjiang-secretary", "secretary", "branch-fenjiang"), a.signIn("cc-traffic-police-officer-1", "officer", "cc-traffic-police"), a.signIn("general-branch-1", "general_branch", "general-branch")
	say := func(s string) string {
		return strings.NewReplacer("WORD", canaryWord, "LATIN", canaryLatin, "PHONE", canaryPhone).Replace(s)
	}
	asked := a.send(branch, "POST", "/requests", say(`{"project":"fenjiang-west-bank","from":"resident","channel":"call","title":"WORD","text":"WORD LATIN","contact":{"name":"WORD女士","phone":"PHONE"}}`))
	code, _ := asked["code"].(string)
	if code == "" {
		t.Fatalf("a request has no check code: %v", asked)
	}
	a.secrets["a check code"] = code
	a.send("", "GET", "/status/2026-000001?code="+code, "")
	issue := "/issues/" + a.send(branch, "POST", "/issues", say(`{"project":"fenjiang-west-bank","title":"WORD","body":"WORD LATIN PHONE","parties":[{"matter":"traffic_diversion","department":"cc-traffic-police"},{"matter":"traffic_diversion","department":"cc-transport"}]}`))["id"].(string)
	a.send(police, "POST", issue+"/comments", say(`{"text":"WORD PHONE"}`))
	content := say("%PDF-1.7\nWORD LATIN PHONE")
	hash := approvaltest.Hash(content)
	upload := a.send(branch, "POST", issue+"/attachments/uploads", say(fmt.Sprintf(`{"name":"WORD LATIN.pdf","purpose":"petition","hash":%q,"size":%d}`, hash, len(content))))
	address, err := url.Parse(upload["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range address.Query() {
		if len(values[0]) > 12 { // what proves the right to send, and not until when
			a.secrets["an upload's "+name] = values[0]
		}
	}
	put := request{"PUT", address.RequestURI(), "application/pdf", content, ""}
	if out := a.do(put); out.Code >= 300 {
		t.Fatalf("upload: %d %s", out.Code, out.Body)
	}
	a.sent = append(a.sent, put)
	a.send(branch, "POST", issue+"/attachments", say(fmt.Sprintf(`{"name":"WORD LATIN.pdf","purpose":"petition","hash":%q}`, hash)))
	a.send(police, "POST", issue+"/signoffs/1/decision", say(`{"kind":"object","code":"other","ground":"WORD","reason":"WORD LATIN PHONE"}`))
	a.send(general, "POST", issue+"/consultation/meeting", say(`{"at":"2026-03-02T02:00:00Z","place":"WORD","callLink":"https://meet.example/LATIN","agenda":["WORD"],"papers":["LATIN"],
		"attendees":[{"unit":"cc-traffic-police","votes":true},{"unit":"cc-transport","votes":true},{"unit":"cc-housing","votes":true},{"name":"何WORD","organisation":"WORD村民委员会","votes":true}],
		"ballot":{"question":"WORD","motion":"set_aside","quorum":100,"threshold":"majority","of":"cast","until":"2026-03-03"}}`))
	clock.Add(time.Hour)
	link := a.send(general, "POST", issue+"/consultation/invitations", `{"attendee":4}`)["link"].(string)
	a.secrets["a ballot's link"] = link[strings.LastIndexByte(link, '.')+1:]
	a.send("", "GET", "/ballot?link="+url.QueryEscape(link), "")
	a.send("", "POST", "/ballot/vote", say(fmt.Sprintf(`{"link":%q,"choice":"for","reason":"WORD LATIN"}`, link)))
	for _, path := range []string{"/ballot?link=" + url.QueryEscape(link), "/ballot/" + link, "/issues?q=" + url.QueryEscape(canaryWord), "/sign-in?next=/" + canaryLatin, issue, "/api/v1/inbox?cursor=" + canaryLatin} {
		a.sent = append(a.sent, request{"GET", path, "", "", branch})
	}
	bound := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(a.do(request{"GET", "/issues", "", "", branch}).Body.String())
	if bound == nil {
		t.Fatal("no form of a page carries a token")
	}
	a.secrets["the token of a form"] = bound[1]
	for path, form := range map[string]string{
		"/ballot":                "act=cast&choice=for&reason=" + url.QueryEscape(canaryWord) + "&link=" + url.QueryEscape(link),
		issue + "/signoffs/2":    "act=object&reason=" + url.QueryEscape(canaryWord),
		"/issues/new":            "title=" + url.QueryEscape(canaryWord) + "&phone=" + canaryPhone,
		"/requests/new":          "name=" + url.QueryEscape(canaryWord) + "&phone=" + canaryPhone,
		"/sign-in":               "person=" + canaryLatin,
		"/" + canaryLatin + "/x": "reason=" + canaryLatin,
	} {
		a.sent = append(a.sent, request{"POST", path, "application/x-www-form-urlencoded", "session=" + bound[1] + "&" + form, branch})
	}
	a.silent("after all went well")

	spoilt := map[string]func(r request) request{
		"as it is, again":          func(r request) request { return r },
		"by a forged token":        func(r request) request { r.bearer = canaryLatin + "." + canaryLatin + "." + canaryLatin; return r },
		"with something behind it": func(r request) request { r.body += canaryWord; return r },
		"with a field of its own": func(r request) request {
			r.body = strings.Replace(r.body, "{", `{"`+canaryLatin+`":"`+canaryWord+`",`, 1)
			return r
		},
		"with text where numbers go": func(r request) request {
			r.body = strings.NewReplacer(":4", `:"`+canaryWord+`"`, ":true", `:"`+canaryPhone+`"`).Replace(r.body)
			return r
		},
		"as another kind":      func(r request) request { r.kind = canaryLatin + "/" + canaryLatin; return r },
		"by another method":    func(r request) request { r.method = "PATCH"; return r },
		"with a broken escape": func(r request) request { r.path += "&x=%zz" + canaryLatin; return r },
	}
	failures := 0
	again := func(when string) {
		for how, spoil := range spoilt {
			for _, r := range a.sent {
				r = spoil(r)
				in, err := url.Parse("http://127.0.0.1" + r.path)
				if err != nil || in == nil {
					continue
				}
				out := a.do(r)
				if out.Code == http.StatusInternalServerError {
					failures++
					if !strings.Contains(out.Body.String(), "4bf92f3577b34da6a3ce929d0e0e4736") {
						t.Errorf("%s %s %s fails and does not say its trace: %.400s", r.method, r.path, how, out.Body)
					}
				}
			}
			a.silent(when + ", " + how + ",")
		}
	}
	again("while the house stands")
	if closed = true; a.app.Close() != nil {
		t.Fatal("the house does not close")
	}
	before := failures
	again("without a store")
	if said := a.log.String(); failures-before < len(a.sent) || strings.Count(said, `"level":"ERROR"`) < failures-before || !strings.Contains(said, `"trace":"4bf92f3577b34da6a3ce929d0e0e4736"`) {
		t.Errorf("%d failures of %d requests, and the log says:\n%.2000s", failures-before, len(a.sent), said)
	}
	t.Logf("%d requests, %d secrets, %d failures, %d bytes of log", len(a.sent)*len(spoilt)*2, len(a.secrets), failures, len(a.log.String()))
}
