package webui

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lianban/shared/access"
	"lianban/shared/roster"
	"lianban/shared/session"
	"lianban/shared/store"
)

// gate is the pages with their door open to an issuer that is not ours.
type gate struct {
	*world
	served *httptest.Server
	issuer string
	door   *Door
	log    *strings.Builder
}

// provider starts npm's oidc-provider for an application, and answers its address.
func provider(t *testing.T, app string) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("../../infra/node_modules/oidc-provider")
	}
	if err != nil {
		if os.Getenv(requireEnv) != "" {
			t.Fatal("node and npm's oidc-provider are needed, and " + requireEnv + " asks for them: bash infra/lint.sh installs the latter")
		}
		t.Skip("NOT TESTED: there is no node, or no oidc-provider (cd infra && npm ci), so nobody signed in at an issuer that is not ours")
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), node, "../../infra/provider.mjs", app)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard // warns of what is only for development
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider does not start: %v", err)
	}
	return strings.TrimSpace(line)
}

func open(t *testing.T, demand access.Demand) *gate {
	t.Helper()
	g := &gate{world: newWorld(t), log: &strings.Builder{}}
	var handler atomic.Pointer[http.Handler]
	g.served = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(g.served.Close)
	g.issuer = provider(t, g.served.URL)
	issuer := access.NewOIDC(access.OIDCConfig{URL: g.issuer, Audience: "lianban", Now: time.Now, Demand: demand})
	g.door = &Door{Flow: &access.Flow{OIDC: issuer, Back: g.served.URL + Callback, Key: formKey}, Sessions: session.New(store.New(g.table), time.Now, rand.Reader)}
	h, err := New(Config{
		Service: g.service, Intake: g.intake, Register: g.keeper, Verifier: session.Either{Sessions: g.door.Sessions, Tokens: issuer}, Door: g.door,
		Key: formKey, Log: slog.New(slog.NewTextHandler(g.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler.Store(&h)
	return g
}

// person is somebody with a browser, who answers what the provider asks.
type person struct {
	t      *testing.T
	gate   *gate
	client *http.Client
	trail  []string // addresses of the last walk
}

func (g *gate) person(t *testing.T) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, gate: g, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// walk follows an address, and what it leads to, up to a page.
func (p *person) walk(method, address string, form url.Values) (status int, body string) {
	p.t.Helper()
	p.trail = nil
	for range 12 {
		r, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			p.t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		p.trail = append(p.trail, address)
		answer, err := p.client.Do(r)
		if err != nil {
			p.t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			p.t.Fatal(err)
		}
		to := answer.Header.Get("Location")
		if to == "" {
			return answer.StatusCode, string(text)
		}
		next, err := r.URL.Parse(to)
		if err != nil {
			p.t.Fatal(err)
		}
		method, address, form = http.MethodGet, next.String(), nil
	}
	p.t.Fatal("sent on without end")
	return 0, ""
}

func (p *person) get(path string) (int, string) {
	p.t.Helper()
	return p.walk(http.MethodGet, p.gate.served.URL+path, nil)
}

var (
	interaction = regexp.MustCompile(`action="(http[^"]+/interaction/[^"]+)"`)
	prompt      = regexp.MustCompile(`name="prompt" value="([a-z]+)"`)
)

// signIn goes to a page and signs in at the provider under a name; it answers the page.
func (p *person) signIn(name, path string) (int, string) {
	p.t.Helper()
	return p.through(name, "/sign-in/start?next="+url.QueryEscape(path))
}

func (p *person) through(name, path string) (int, string) {
	p.t.Helper()
	status, body := p.get(path)
	for range 4 {
		m := interaction.FindStringSubmatch(body)
		if m == nil {
			return status, body
		}
		form := url.Values{"prompt": {prompt.FindStringSubmatch(body)[1]}, "login": {name}, "password": {"any"}}
		status, body = p.walk(http.MethodPost, m[1], form)
	}
	p.t.Fatalf("the provider asks again and again: %s", body)
	return 0, ""
}

func (p *person) post(path string, form url.Values) (int, string) {
	p.t.Helper()
	_, page := p.get("/issues")
	m := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		p.t.Fatal("no form has a token")
	}
	form.Set(boundField, m[1])
	return p.walk(http.MethodPost, p.gate.served.URL+path, form)
}

func (p *person) cookie(name string) string {
	u, _ := url.Parse(p.gate.served.URL)
	for _, c := range p.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func says(t *testing.T, what string, status int, body string, want int, texts ...string) {
	t.Helper()
	if status != want {
		t.Errorf("%s: %d, want %d: %.600s", what, status, want, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s does not say %q: %.1200s", what, text, body)
		}
	}
}

func TestPeopleSignInAtAnIssuerThatIsNotOurs(t *testing.T) {
	t.Parallel()
	g := open(t, access.Demand{})
	p := g.person(t)
	status, body := p.get("/issues/new")
	says(t, "the sign-in page", status, body, http.StatusOK, "统一身份认证登录", "/sign-in/start?next=%2Fissues%2Fnew")
	status, body = p.signIn("qingke-secretary", "/issues/new")
	says(t, "the page that was wanted", status, body, http.StatusOK, "提出问题", "孔某甲", "登录管理")
	if strings.Contains(body, "演示环境") {
		t.Error("it calls itself a demonstration")
	}

	// A new session at every sign-in, and only its hash is kept.
	before := p.cookie(access.SessionCookie)
	status, body = p.get("/sessions")
	says(t, "the list", status, body, http.StatusOK, "本浏览器", "支部书记")
	if strings.Contains(body, before) {
		t.Error("the list shows the secret")
	}

	// Another post of the same person is another session, and the one before has ended.
	status, body = p.post("/sign-in", url.Values{"role": {string(roster.Officer)}, "unit": {"cc-housing"}, "next": {"/"}})
	says(t, "the other post", status, body, http.StatusOK, "部门承办人")
	if after := p.cookie(access.SessionCookie); after == before || after == "" {
		t.Error("the session is the same in another post")
	}
	if _, err := g.door.Sessions.Verify(t.Context(), before); err == nil {
		t.Error("the session of the post before goes on")
	}
	status, body = p.post("/sign-in", url.Values{"role": {string(roster.Administrator)}, "unit": {"cc-administration"}, "next": {"/"}})
	says(t, "a post of somebody else", status, body, http.StatusForbidden, "没有这个岗位")

	// Signing out ends the session here, and the page leads to the provider's sign-out.
	held := p.cookie(access.SessionCookie)
	status, body = p.post("/sign-out", url.Values{})
	says(t, "after signing out", status, body, http.StatusOK, "已退出登录", "同时退出统一身份认证", g.issuer+"/session/end")
	if _, err := g.door.Sessions.Verify(t.Context(), held); err == nil || p.cookie(access.SessionCookie) != "" {
		t.Error("the session goes on after signing out")
	}

	stranger := g.person(t)
	status, body = stranger.signIn("nobody-here", "/")
	says(t, "somebody without a post", status, body, http.StatusForbidden, "“nobody-here”在本系统中没有岗位", "联系本单位系统管理员")
}

func TestAnAdministratorEndsWhatOthersLeftOpen(t *testing.T) {
	t.Parallel()
	g := open(t, access.Demand{})
	officer, administrator := g.person(t), g.person(t)
	officer.signIn("cc-water-officer-1", "/inbox")
	status, body := officer.get("/sessions?person=cc-administration-1")
	says(t, "the sessions of others", status, body, http.StatusForbidden)
	administrator.signIn("cc-administration-1", "/")
	status, body = administrator.get("/sessions?person=cc-water-officer-1")
	says(t, "the officer's", status, body, http.StatusOK, "部门承办人", "全部退出")
	status, body = administrator.post("/sessions?person=cc-water-officer-1", url.Values{"key": {"k1"}})
	says(t, "after ending all", status, body, http.StatusOK, "已退出所选登录", "没有有效的登录")
	status, body = officer.get("/inbox")
	says(t, "the officer afterwards", status, body, http.StatusOK, "统一身份认证登录")
}

func TestWhoSignsOutAtTheIssuerIsSignedOutHere(t *testing.T) {
	t.Parallel()
	g := open(t, access.Demand{})
	p, other := g.person(t), g.person(t)
	p.signIn("cc-water-officer-1", "/inbox")
	other.signIn("cc-transport-officer-1", "/inbox")
	_, body := p.walk(http.MethodGet, g.issuer+"/session/end?client_id=lianban", nil)
	token := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(body)
	if token == nil {
		t.Fatalf("the provider does not ask: %s", body)
	}
	p.walk(http.MethodPost, g.issuer+"/session/end/confirm", url.Values{"xsrf": {token[1]}, "logout": {"yes"}})
	status, body := p.get("/inbox")
	says(t, "who signed out there", status, body, http.StatusOK, "统一身份认证登录")
	status, body = other.get("/inbox")
	says(t, "somebody else", status, body, http.StatusOK, "收件箱")

	for name, form := range map[string]url.Values{"none": {}, "made up": {"logout_token": {"a.b.c"}}, "no token": {"logout_token": {strings.Repeat("x", 20_000)}}} {
		answer, err := http.PostForm(g.served.URL+BackChannel, form)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("a logout token that is %s: %d", name, answer.StatusCode)
		}
	}
}

func TestASignInThatWasNotBegunHereLetsNobodyIn(t *testing.T) {
	t.Parallel()
	g := open(t, access.Demand{})
	// The attacker signs in and keeps the way back for somebody else.
	attacker, victim := g.person(t), g.person(t)
	callback := func() string {
		for _, address := range attacker.trail {
			if strings.HasPrefix(address, g.served.URL+Callback) {
				return address
			}
		}
		return ""
	}
	attacker.signIn("cc-water-officer-1", "/")
	back := callback()
	if back == "" {
		t.Fatal("there was no way back")
	}
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	in := func(what, query string) {
		t.Helper()
		status, body := victim.walk(http.MethodGet, g.served.URL+Callback+"?"+query, nil)
		says(t, what, status, body, http.StatusForbidden, "这次登录没有完成")
		if victim.cookie(access.SessionCookie) != "" {
			t.Errorf("%s lets somebody in", what)
		}
	}
	in("another browser's way back", u.RawQuery)
	victim.get("/sign-in/start?next=/") // a try of its own, not ended
	in("another browser's way back, during a try of one's own", u.RawQuery)
	victim.get("/sign-in/start?next=/")
	in("a made-up state", "code=x&state=made-up")
	in("nothing", "")
	// A code of another try under one's own state: the provider holds the challenge of the other.
	state := func() (state string) {
		victim.get("/sign-in/start?next=/")
		for _, address := range victim.trail {
			if a, err := url.Parse(address); err == nil && a.Query().Get("state") != "" {
				state = a.Query().Get("state")
			}
		}
		return state
	}
	in("a code of somebody else's try (PKCE)", url.Values{"code": {u.Query().Get("code")}, "state": {state()}}.Encode())
	in("another issuer's answer", url.Values{"code": {"x"}, "state": {state()}, "iss": {"https://evil.example"}}.Encode())

	// It leads nowhere else afterwards.
	p := g.person(t)
	p.signIn("cc-water-officer-1", "//evil.example/")
	if last := p.trail[len(p.trail)-1]; !strings.HasPrefix(last, g.served.URL+"/") {
		t.Errorf("after the sign-in it leads to %s", last)
	}
	// A secret that is not one opens nothing.
	for _, secret := range []string{"lbs_", "lbs_" + strings.Repeat("A", 43), p.cookie(access.SessionCookie)[1:], "x"} {
		if _, err := (session.Either{Sessions: g.door.Sessions, Tokens: g.door.Flow}).Verify(t.Context(), secret); err == nil {
			t.Errorf("%q is taken for a session", secret)
		}
	}
}

func TestWhoDecidesNeedsTheSignInThatIsDemanded(t *testing.T) {
	t.Parallel()
	g := open(t, access.Demand{Methods: []string{"sc", "otp"}})
	p := g.person(t)
	status, body := p.signIn("cc-water-officer-1", "/inbox")
	says(t, "an officer by a plain sign-in", status, body, http.StatusForbidden, "更高强度的登录方式")
	status, body = g.person(t).signIn("cc-oversight-1", "/")
	says(t, "an overseer", status, body, http.StatusOK, "监督员")
}

func TestABrowserSignsInAtTheIssuer(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{zh, en} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			g := open(t, access.Demand{})
			s := &screen{t: t, ctx: chromium(t), base: g.served.URL, lang: lang, axe: axe(t)}
			s.do(chromedp.Navigate(s.base + "/sign-in?lang=" + lang))
			s.show("sign-in-issuer", "/issues")
			s.press(`a[href^="/sign-in/start"]`)
			s.do(chromedp.SendKeys(chromedp.CSS("input[name=login]"), "cc-administration-1"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), "any"))
			s.press(`button[type=submit]`) // signs in
			s.press(`button[type=submit]`) // consents
			s.becomes("the page that was wanted", `location.pathname === "/issues"`)
			s.show("sessions", "/sessions")
			s.show("sessions-of-nobody", "/sessions?person=cc-water-officer-1")
			s.press(`form[action="/sign-out"] button`)
			s.look("signed-out-of-issuer")
		})
	}
}
