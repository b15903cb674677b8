package httpapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/httpapi"
)

func TestUnknownRoutesAndMethodsAreProblemsToo(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.send("GET", "/nowhere", "").problem(404, "not-found", "")
	w.send("GET", "/api/v2/issues", "").problem(404, "not-found", "")
	w.send("GET", "/issues/x/signoffs", "").problem(404, "not-found", "")
	a := w.send("PUT", "/issues", "{}").problem(405, "method-not-allowed", "")
	if got := a.header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow %q", got)
	}
	if a := w.send("HEAD", "/nowhere", ""); a.status != 404 || len(a.body) != 0 {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
}

func TestNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	decision := "/issues/" + id + "/signoffs/1/decision"
	for name, c := range map[string]struct {
		as         who
		path, body string
		status     int
		kind       string
		field      string
		en, zh     string
	}{
		"an unknown field":           {fenjiang, "/issues", `{"project":"fenjiang-west-bank","status":"agreed"}`, 422, "invalid", "status", "not accepted", "不接受此字段"},
		"a field of the domain":      {fenjiang, "/issues", `{"project":"fenjiang-west-bank","raisedBy":{"person":"x"}}`, 422, "invalid", "raisedBy", "not accepted", "不接受此字段"},
		"a field in another case":    {fenjiang, "/issues", `{"project":"fenjiang-west-bank","Title":"x"}`, 422, "invalid", "Title", "case", "大小写"},
		"a nested unknown field":     {fenjiang, "/issues", `{"project":"p","parties":[{"matter":"m","department":"d","state":"granted"}]}`, 422, "invalid", "parties[0].state", "not accepted", "不接受此字段"},
		"a missing field":            {fenjiang, "/issues", `{"title":"x"}`, 422, "invalid", "project", "missing", "缺少此项"},
		"a nested missing field":     {fenjiang, "/issues", `{"project":"p","parties":[{"matter":"m"}]}`, 422, "invalid", "parties[0].department", "missing", "缺少此项"},
		"text for a number":          {fenjiang, "/issues", `{"project":"p","items":["x"]}`, 422, "invalid", "items[0]", "whole number", "应为整数"},
		"a number too large":         {fenjiang, "/issues", `{"project":"p","items":[1e300]}`, 422, "invalid", "", "document", "接口文档"},
		"a number for text":          {fenjiang, "/issues", `{"project":7}`, 422, "invalid", "project", "must be text", "应为文字"},
		"a list for an object":       {fenjiang, "/issues", `[]`, 422, "invalid", "", "JSON object", "JSON 对象"},
		"no body":                    {fenjiang, "/issues", ``, 400, "malformed", "", "in the body", "请求正文"},
		"an unknown project":         {fenjiang, "/issues", `{"project":"p"}`, 422, "invalid", "project", "no such project", "没有这个重点项目"},
		"an empty petition":          {fenjiang, "/issues", `{"project":"fenjiang-west-bank","title":"x"}`, 422, "invalid", "items", "Choose at least", "请至少选择"},
		"a draft of too much":        {fenjiang, "/issues", `{"project":"fenjiang-west-bank","draft":true,"items":[` + strings.Repeat("1,", 40) + `1]}`, 422, "invalid", "items", "at most 40", "最多 40 项"},
		"a draft of long inputs":     {fenjiang, "/issues", `{"project":"fenjiang-west-bank","draft":true,"assumed":["x","` + strings.Repeat("长", 121) + `"]}`, 422, "invalid", "assumed[1]", "At most 120", "最多 120 个字"},
		"an unknown kind":            {police, decision, `{"kind":"maybe"}`, 422, "invalid", "kind", "approve, commitment, conditional, gaps, object", "须为下列之一"},
		"a bad date":                 {police, decision, `{"kind":"commitment","duties":[{"what":"x","by":"20.3.2026"}]}`, 422, "invalid", "duties[0].by", "2026-03-02", "2026-03-02"},
		"what belongs to commitment": {police, decision, `{"kind":"approve","duties":[{"what":"x","by":"2026-03-20"}]}`, 422, "invalid", "duties", "kind approve", "不用于"},
		"what belongs to objection":  {police, decision, `{"kind":"commitment","code":"other","ground":"x"}`, 422, "invalid", "code", "kind commitment", "不用于"},
		"no ground chosen":           {police, decision, `{"kind":"object","ground":"x","reason":"y"}`, 422, "invalid", "code", "/grounds", "依据清单"},
		"an unknown outcome":         {general, "/issues/" + id + "/signoffs/1/ruling", `{"outcome":"x","reason":"y"}`, 422, "invalid", "outcome", "upheld", "须为下列之一"},
		"a sign-off that is none":    {police, "/issues/" + id + "/signoffs/99/claim", ``, 404, "not-found", "signOff", "no sign-off", "没有第 99 项"},
		"a sign-off without number":  {police, "/issues/" + id + "/signoffs/x/claim", ``, 422, "invalid", "n", "whole number", "应为整数"},
		"a body where none belongs":  {police, "/issues/" + id + "/signoffs/1/claim", `{"assignee":"x"}`, 422, "invalid", "", "no body", "不需要正文"},
		"broken JSON":                {fenjiang, "/issues", "{\n \"project\": \"x\",,\n}", 400, "malformed", "", "line 2, character 17", "第 2 行第 17 个字符"},
		"JSON that breaks off":       {fenjiang, "/issues", `{"project":`, 400, "malformed", "", "not complete", "不完整"},
		"two values":                 {fenjiang, "/issues", `{} {}`, 400, "malformed", "", "after the end", "多余内容"},
		"bytes that are no text":     {fenjiang, "/issues", "{\"title\":\"\xff\"}", 400, "malformed", "", "UTF-8", "UTF-8"},
	} {
		en := w.post(c.as, c.path, c.body)
		zh := w.post(c.as, c.path, c.body, header("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"))
		none := w.post(c.as, c.path, c.body, header("Accept-Language", ""))
		if en.status != c.status {
			t.Errorf("%s answers %d %s", name, en.status, en.body)
			continue
		}
		en.problem(c.status, c.kind, c.field)
		if !strings.Contains(en.text("detail"), c.en) || en.header.Get("Content-Language") != "en" {
			t.Errorf("%s in English: %s", name, en.body)
		}
		if !strings.Contains(zh.text("detail"), c.zh) || zh.header.Get("Content-Language") != "zh" {
			t.Errorf("%s in Chinese: %s", name, zh.body)
		}
		if string(none.body) != string(zh.body) {
			t.Errorf("%s without a language: %s", name, none.body)
		}
	}
}

func TestAnswersInTheLanguageThatIsLikedBetter(t *testing.T) {
	t.Parallel()
	w := open(t)
	for accept, want := range map[string]string{
		"": "zh", "*": "zh", "fr": "zh", "en-GB": "en", "zh-TW": "zh", "fr, en;q=0.5": "en", "en;q=0.1, zh;q=0.9": "zh",
		"de, zh;q=0.2, en-US;q=0.7": "en", "en;q=0": "zh", "nonsense;;": "zh", strings.Repeat("a-", 3000): "zh",
	} {
		if got := w.send("GET", "/nowhere", "", header("Accept-Language", accept)).header.Get("Content-Language"); got != want {
			t.Errorf("%.40q answers in %s", accept, got)
		}
	}
}

func TestNamesAllFieldsAtFaultInOrder(t *testing.T) {
	t.Parallel()
	w := open(t)
	for range 5 {
		a := w.post(fenjiang, "/issues", `{"zeta":1,"alpha":2,"title":3}`).problem(422, "invalid", "alpha")
		var fields []string
		for k := range a.at("errors").([]any) {
			fields = append(fields, a.text("errors", k, "field"))
		}
		if got := strings.Join(fields, " "); got != "alpha project title zeta" {
			t.Fatalf("fields %s", got)
		}
	}
}

func TestRefusesQueriesThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := open(t)
	for path, field := range map[string]string{
		"/issues":                                         "project",
		"/issues?project=x&district=y":                    "project",
		"/issues?project=x":                               "project",
		"/issues?district=x":                              "district",
		"/issues?district=440604&drafts=true":             "drafts",
		"/issues?project=fenjiang-west-bank&status=draft": "status",
		"/projects?limit=0":                               "limit",
		"/projects?limit=201":                             "limit",
		"/projects?limit=x":                               "limit",
		"/items?Q=x":                                      "Q",
		"/calendar/tomorrow":                              "date",
		"/matters?project=x":                              "project",
	} {
		w.get(fenjiang, path).problem(422, "invalid", field)
	}
	w.get(fenjiang, "/issues/"+strings.Repeat("x", 3000)).problem(404, "not-found", "issue")
	w.post(fenjiang, "/issues/"+strings.Repeat("x", 3000)+"/withdraw", `{"reason":"x"}`).problem(404, "not-found", "issue")
}

func TestTakesJSONOfOneMegabyteAndNothingElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	frame := `{"project":"fenjiang-west-bank","title":"x","body":""}`
	full := strings.Replace(frame, `"body":"`, `"body":"`+strings.Repeat("a", 1<<20-len(frame)), 1)
	w.post(fenjiang, "/issues", full).problem(422, "invalid", "body")
	w.post(fenjiang, "/issues", full+" ").problem(413, "too-large", "")
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "application/merge-patch+json", "x/"} {
		w.post(fenjiang, "/issues", diversion, header("Content-Type", kind)).problem(415, "media-type", "Content-Type")
	}
	w.post(fenjiang, "/issues", diversion, header("Content-Encoding", "gzip")).problem(415, "media-type", "Content-Type")
	w.post(fenjiang, "/issues", diversion, header("Content-Type", "application/json; charset=UTF-8")).is(201)
}

func TestInternalErrorsShowAnIDAndNothingElse(t *testing.T) {
	t.Parallel()
	w, store := openBroken(t)
	id := w.raised(diversion)
	store.err = errors.New("disk on fire at /secret/path")
	for _, a := range []*answer{w.get(police, "/issues/"+id), w.post(police, "/issues/"+id+"/signoffs/1/claim", "")} {
		a.problem(500, "internal", "")
		if strings.Contains(string(a.body), "fire") {
			t.Errorf("%s tells %s", a.asked, a.body)
		}
		request := a.text("requestId")
		if len(request) < 20 || !strings.Contains(a.text("detail"), request) {
			t.Errorf("request id %q in %s", request, a.body)
		}
		if log := w.log.String(); !strings.Contains(log, request) || !strings.Contains(log, "disk on fire") {
			t.Errorf("the log does not tell %s: %s", request, log)
		}
	}
	w.send("GET", "/healthz", "").problem(503, "unavailable", "")
	store.err = nil
	if got := w.send("GET", "/healthz", "").is(200).text("status"); got != "ok" {
		t.Errorf("health %q", got)
	}
}

// fallen is a verifier that breaks.
type fallen struct{}

func (fallen) Verify(context.Context, string) (access.Identity, error) { panic("secret: out of luck") }

func TestAPanicIsAnInternalErrorToo(t *testing.T) {
	t.Parallel()
	w := open(t)
	var err error
	w.api, err = httpapi.New(httpapi.Config{Service: w.service, Intake: w.intake, Register: w.register, Verifier: fallen{}, CursorKey: cursorKey, Links: elsewhere{}, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	a := w.get(police, "/inbox").problem(500, "internal", "")
	if strings.Contains(string(a.body), "luck") || !strings.Contains(w.log.String(), "out of luck") || !strings.Contains(w.log.String(), "problem_test.go") {
		t.Errorf("told: %s; logged: %s", a.body, w.log)
	}
}

func TestASignInLastsAsLongAsThePostIsHeld(t *testing.T) {
	t.Parallel()
	w := open(t)
	for name, token := range map[string]string{
		"nonsense":          "Bearer x.y.z",
		"another scheme":    "Basic dXNlcjpwYXNz",
		"no token":          "Bearer",
		"a post never held": "Bearer " + w.token(who{police.person, police.role, "cc-transport"}),
		"nobody":            "Bearer " + w.token(who{"nobody", police.role, police.unit}),
	} {
		a := w.send("GET", "/session", "", header("Authorization", token))
		if a.status != 401 || a.header.Get("WWW-Authenticate") != `Bearer realm="lianban", error="invalid_token"` {
			t.Errorf("%s: %d %q", name, a.status, a.header.Get("WWW-Authenticate"))
		}
	}
	token := w.token(police)
	w.send("GET", "/session", "", header("Authorization", "bearer "+token)).is(200)
	w.clock.Add(13 * time.Hour)
	w.send("GET", "/session", "", header("Authorization", "Bearer "+token)).problem(401, "unauthenticated", "")
}

func TestSigningInGivesATokenAndTheCookieOfThePages(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.send("POST", "/session", `{"person":"qingke-secretary","role":"officer","unit":"cc-housing"}`).is(201)
	if a.text("post", "role") != "officer" || a.text("posts", 0, "role") != "secretary" || a.text("person", "name", "zh") == "" {
		t.Errorf("signed in: %s", a.body)
	}
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{access.SessionCookie + "=" + a.text("token"), "HttpOnly", "SameSite=Lax", "Path=/", "Expires="} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	if got := w.send("GET", "/session", "", header("Authorization", "Bearer "+a.text("token"))).is(200).text("post", "unit", "id"); got != "cc-housing" {
		t.Errorf("unit %q", got)
	}
	w.send("POST", "/session", `{"person":"nobody","role":"officer","unit":"cc-housing"}`).problem(422, "invalid", "person")
	w.send("POST", "/session", `{"person":"qingke-secretary","role":"officer","unit":"cc-water"}`).problem(422, "invalid", "role")
	w.send("POST", "/session", `{"person":"qingke-secretary"}`, header("Sec-Fetch-Site", "cross-site")).problem(403, "cross-origin", "")
	if a := w.send("DELETE", "/session", "").is(204); !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signed out: %q", a.header.Get("Set-Cookie"))
	}
	people := w.send("GET", "/people?limit=200", "").is(200)
	if people.text("items", 0, "posts", 0, "roleName", "zh") == "" || people.at("items", 0, "fictional") != true {
		t.Errorf("people: %.300s", people.body)
	}
}

func TestTheCookieChangesNothingFromAnotherSite(t *testing.T) {
	t.Parallel()
	w := open(t)
	cookie := func(r *http.Request) {
		r.Header.Del("Authorization")
		r.AddCookie(&http.Cookie{Name: access.SessionCookie, Value: w.token(fenjiang)})
	}
	cross := header("Sec-Fetch-Site", "cross-site")
	w.post(fenjiang, "/issues", diversion, cookie, cross).problem(403, "cross-origin", "")
	w.post(fenjiang, "/issues", diversion, cookie, header("Origin", "http://evil.example")).problem(403, "cross-origin", "")
	w.get(fenjiang, "/projects", cookie, cross).is(200)
	w.post(fenjiang, "/issues", diversion, cookie, header("Sec-Fetch-Site", "same-origin")).is(201)
	w.post(fenjiang, "/issues", diversion, cookie).is(201) // not a browser
	w.post(fenjiang, "/issues", diversion, cross).is(201)  // a token is nothing that a browser adds by itself
}

func TestAnswersAreNotKeptByAnybodyElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	if got := w.get(police, "/issues/"+id).header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("an issue: %q", got)
	}
	if got := w.get(police, "/inbox").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a list: %q", got)
	}
	if got := w.get(police, "/inbox").header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options %q", got)
	}
}
