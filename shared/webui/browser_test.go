package webui

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// requireEnv makes a missing browser a failure, screenshotsEnv names a folder to
// which pictures of every page are written.
const (
	requireEnv     = "LIANBAN_REQUIRE_EXTERNAL"
	screenshotsEnv = "LIANBAN_SCREENSHOTS"
)

// chromium starts a browser with scripts switched off, or skips the test aloud.
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
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		// The tab starts with the first action.
		if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			t.Fatal(err)
		}
	}
	return ctx
}

// screen drives one browser tab over one house.
type screen struct {
	t    *testing.T
	ctx  context.Context
	base string
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
	s.do(chromedp.Evaluate[chromedp.Void](`window.pressed = true`), chromedp.Click(chromedp.CSS(selector)))
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			loaded, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](`!window.pressed && document.readyState === "complete"`))
			if err == nil && loaded {
				return
			}
		case <-ctx.Done():
			s.t.Fatalf("pressing %s leads nowhere", selector)
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

// fitsIn checks that the page does not scroll sideways at a width, and draws it
// when pictures are asked for.
func (s *screen) fitsIn(name string) {
	s.t.Helper()
	for _, width := range []int64{360, 1440} {
		s.do(chromedp.EmulateViewport(width, 900))
		wide, err := chromedp.Run(s.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
		if err != nil {
			s.t.Fatal(err)
		}
		if wide > width {
			s.t.Errorf("%s is %d wide in a window of %d", name, wide, width)
		}
		dir := os.Getenv(screenshotsEnv)
		if dir == "" {
			continue
		}
		picture, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+map[int64]string{360: "-narrow", 1440: "-wide"}[width]+".png"), picture, 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestABrowserWithoutScriptRaisesAndDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &screen{t: t, ctx: chromium(t)}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	s.base = server.URL

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

func TestNoPageScrollsSideways(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &screen{t: t, ctx: chromium(t)}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	s.base = server.URL
	ids := w.busy()

	show := func(name, path string) {
		t.Helper()
		s.do(chromedp.Navigate(s.base + path))
		s.fitsIn(name)
	}
	show("sign-in", "/sign-in")
	s.signIn("qingke-secretary", roster.Secretary)
	show("secretary-home", "/")
	show("raise", "/issues/new")
	show("draft", issueURL(ids["draft"])+"/edit")
	s.press(`button[value="preview"]`)
	s.fitsIn("preview")
	show("issue-supplement", issueURL(ids["objected"]))
	show("issue-concluded", issueURL(ids["concluded"]))
	s.press(`button[value="confirm"]`)
	s.fitsIn("confirm-refused")
	show("list", "/issues?project=qingke-culvert")
	show("not-found", "/nowhere")
	s.signIn("cc-transport-officer-1", roster.Officer)
	show("inbox", "/inbox")
	s.signIn("cc-natural-resources-officer-1", roster.Officer)
	show("decide", taskURL(ids["overdue"], 1))
	s.do(chromedp.Click(chromedp.CSS("details.object > summary")))
	s.press(`details.object button`)
	s.fitsIn("decide-refused")
	s.signIn("general-branch-1", roster.GeneralBranch)
	show("tier-home", "/")
	show("issue-ruling", issueURL(ids["objected"]))
	s.do(chromedp.Click(chromedp.CSS("#whole-consult > summary")), chromedp.Click(chromedp.CSS("details:has(> #meet) > summary")))
	s.press(`#meet button`)
	s.fitsIn("meeting-refused")
	met, _ := w.invited()
	show("issue-meeting", issueURL(met))
	s.do(chromedp.Click(chromedp.CSS("#whole-consult > summary")), chromedp.Click(chromedp.CSS("details:has(> #invite-3) > summary")))
	s.press(`#invite-3 button`)
	s.fitsIn("link")
	ballot := w.link(met) // that one is worthless now
	show("ballot-early", ballot)
	w.clock.Add(2 * time.Hour)
	show("ballot", ballot)
	s.do(chromedp.Click(chromedp.CSS(`input[value="for"]`)))
	s.press(`button[value="review"]`)
	s.fitsIn("ballot-review")
	s.press(`button[value="cast"]`)
	s.fitsIn("ballot-done")
	show("ballot-gone", ballot)
	s.signIn("cc-transport-officer-1", roster.Officer)
	show("issue-vote", issueURL(met))
	s.signIn("cc-bureau-1", roster.Bureau)
	show("bureau-home", "/")
	show("issue-overdue", issueURL(ids["overdue"]))
	show("issue-overdue-english", issueURL(ids["overdue"])+"?lang=en")
	s.do(chromedp.Navigate(s.base + "/?lang=zh"))
	s.signIn("cc-administration-1", roster.Administrator)
	show("hold-home", "/")
	show("issue-held", issueURL(ids["held"]))
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	show("print-issue-overdue", issueURL(ids["overdue"]))
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
		t.Fatal(err)
	}
	show("dark-issue-overdue", issueURL(ids["overdue"]))
}
