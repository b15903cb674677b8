package webui

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// requireEnv makes a missing browser a failure.
const requireEnv = "LIANBAN_REQUIRE_EXTERNAL"

// chromium starts a browser, or skips the test aloud.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv(requireEnv) != "" {
			t.Fatal("there is no chromium, and " + requireEnv + " asks for it: apt-get install chromium fonts-noto-cjk")
		}
		t.Skip("SKIPPED: there is no chromium, so no page was looked at in a browser (apt-get install chromium fonts-noto-cjk)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.WindowSize(1280, 900), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the tab starts with the first action
		t.Fatal(err)
	}
	return ctx
}

// withoutScript is a browser in which the pages' own scripts do not run.
func withoutScript(t *testing.T) context.Context {
	t.Helper()
	ctx := chromium(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// screen drives one browser tab over one house.
type screen struct {
	t    testing.TB
	ctx  context.Context
	base string
	lang string
	axe  string // the checker of accessibility, which needs timers and so a browser with script; "": there is none
}

// screen opens the house to a browser.
func (w *world) screen(ctx context.Context) *screen {
	server := httptest.NewServer(w.handler)
	w.t.Cleanup(server.Close)
	return &screen{t: w.t, ctx: ctx, base: server.URL, lang: zh}
}

func (s *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		text, _ := chromedp.Run(s.ctx, chromedp.Text(chromedp.CSS("body")))
		s.t.Fatalf("%v, on a page that says:\n%s", err, clip(text, 400))
	}
}

// press clicks what leads to another page and waits until that has loaded: the
// document it was pressed on is marked, and the next one is not.
func (s *screen) press(selector string) {
	s.t.Helper()
	s.leads(selector, chromedp.Click(chromedp.CSS(selector)))
}

// leads does what leads to another page, and waits as press does.
func (s *screen) leads(what string, act chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	s.do(chromedp.Evaluate[chromedp.Void](`window.pressed = true`), act)
	s.becomes("the page that "+what+" leads to", `!window.pressed && document.readyState === "complete"`)
}

// becomes waits until an expression is true on the page.
func (s *screen) becomes(what, expression string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			come, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
			if err == nil && come {
				return
			}
		case <-ctx.Done():
			s.t.Fatalf("%s does not come", what)
		}
	}
}

func (s *screen) says(texts ...string) {
	s.t.Helper()
	got, err := chromedp.Run(s.ctx, chromedp.Text(chromedp.CSS("body")))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(got, text) {
			s.t.Errorf("the page does not say %q:\n%s", text, clip(got, 1500))
		}
	}
}

func (s *screen) signIn(person roster.PersonID, role roster.Role) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base + "/sign-in"))
	s.press(`form:has(input[value="` + string(person) + `"]):has(input[value="` + string(role) + `"]) button.card`)
}

func TestABrowserWithoutScriptRaisesAndDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))

	s.signIn("qingke-secretary", roster.Secretary)
	s.says("还没有提出过问题")
	s.press(`a[href="/issues/new"]`)
	s.do(chromedp.SendKeys(chromedp.CSS("#f-title"), "箱涵过路须疏导交通"),
		chromedp.Click(chromedp.CSS(`details:has(> ul input[value="traffic_diversion/cc-traffic-police"]) > summary`)),
		chromedp.Click(chromedp.CSS(`input[value="traffic_diversion/cc-traffic-police"]`)))
	s.press(`button[value="preview"]`)
	s.says("提出后的计划", "2026年3月9日")
	s.press(`button[value="raise"]`)
	s.says("问题已提出", "箱涵过路须疏导交通")
	where, err := chromedp.Run(s.ctx, chromedp.Location())
	if err != nil {
		t.Fatal(err)
	}
	id := approval.IssueID(strings.Split(where[strings.LastIndex(where, "/")+1:], "?")[0])
	w.route(id, 1)

	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-traffic-police-officer-1", roster.Officer)
	s.press(`table.rows tbody a`)
	s.says("办理意见", "箱涵过路须疏导交通")
	s.do(chromedp.SendKeys(chromedp.CSS("#f-approve-reason"), "同意，限夜间"))
	s.press(`button[value="approve"]`)
	s.says("已同意", "同意，限夜间")
	if verdict := w.settle(id, 1); verdict != approval.Agreed {
		t.Errorf("the round came to %s", verdict)
	}
}
