package webui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"lianban/shared/roster"
)

// screenshotsEnv names a folder to which pictures of every page are written.
const screenshotsEnv = "LIANBAN_SCREENSHOTS"

// axePath is where infra/lint.sh puts the checker of accessibility.
const axePath = "../../infra/node_modules/axe-core/axe.min.js"

// axe is the checker's source.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		if os.Getenv(requireEnv) != "" {
			t.Fatal("there is no axe-core, and " + requireEnv + " asks for it: bash infra/lint.sh installs it")
		}
		t.Log("SKIPPED: there is no axe-core, so no page was checked for accessibility (cd infra && npm ci)")
	}
	return string(source)
}

// show goes to a page and looks at it.
func (s *screen) show(name, path string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base + path))
	s.look(name)
}

// look holds the page to what every page must be: no wider than a phone or a desktop,
// and with all that it folds away laid open without a fault of WCAG 2.2 AA that a
// program can find, in the light and in the dark. It draws the page when pictures are
// asked for.
func (s *screen) look(name string) {
	s.t.Helper()
	for _, view := range []struct {
		name  string
		width int64
	}{{"wide", 1440}, {"narrow", 360}} {
		s.do(chromedp.EmulateViewport(view.width, 900))
		s.fits(name, view.width)
		s.draw(name + "-" + view.name)
	}
	s.do(chromedp.Evaluate[chromedp.Void](`window.folded = [...document.querySelectorAll("details:not([open])")]; folded.forEach(d => d.open = true)`))
	s.fits(name+" laid open", 360)
	if s.axe != "" {
		s.do(chromedp.Evaluate[chromedp.Void](s.axe))
		s.faultless(name, `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`)
		if s.lang == zh { // the dark changes nothing but colours, which no language does
			s.scheme("dark")
			s.faultless(name+" in the dark", `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`)
			s.scheme("light")
		}
	}
	s.do(chromedp.Evaluate[chromedp.Void](`folded.forEach(d => d.open = false)`), chromedp.EmulateViewport(1440, 900))
}

// fits checks that the page does not scroll sideways.
func (s *screen) fits(name string, width int64) {
	s.t.Helper()
	wide, err := chromedp.Run(s.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	if err != nil {
		s.t.Fatal(err)
	}
	if wide > width {
		s.t.Errorf("%s is %d wide in a window of %d", name, wide, width)
	}
}

func (s *screen) scheme(scheme string) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		s.t.Fatal(err)
	}
}

// faultless has the checker look for breaches of rules on the page as it stands.
func (s *screen) faultless(name, rules string) {
	s.t.Helper()
	faults, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](`axe.run({runOnly: `+rules+`, resultTypes: ["violations"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html + " " + n.failureSummary.replace(/\s+/g, " "))))`,
		func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	if err != nil {
		s.t.Fatalf("%s: the checker fails: %v", name, err)
	}
	for _, fault := range faults {
		s.t.Errorf("%s: %s", name, fault)
	}
}

// draw writes a picture of the page when they are asked for.
func (s *screen) draw(name string) {
	s.t.Helper()
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, s.lang), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, s.lang, name+".png"), picture, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func TestEveryPageIsForEverybodyAndEveryScreen(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: a walk through every page is long")
	}
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.screen(chromium(t))
			s.lang, s.axe = lang, axe(t)
			s.do(chromedp.Navigate(s.base + "/sign-in?lang=" + lang))
			s.walk(w)
		})
	}
}

func TestTheCheckerFindsAFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(chromium(t))
	if s.axe = axe(t); s.axe == "" {
		t.Skip("SKIPPED: there is no checker")
	}
	s.do(chromedp.Navigate(s.base+"/status"), chromedp.Evaluate[chromedp.Void](`document.querySelector("label").remove()`), chromedp.Evaluate[chromedp.Void](s.axe))
	fault, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](`axe.run({runOnly: ["wcag2a"]}).then(r => r.violations[0].id)`, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
	if err != nil || fault != "label" {
		t.Errorf("a control without a label is found as %q, %v", fault, err)
	}
}

// walk looks at every page and at what refuses a form, role by role.
func (s *screen) walk(w *world) {
	s.t.Helper()
	ids := w.busy()
	s.show("sign-in", "/sign-in")
	s.show("status", "/status")
	s.signIn("qingke-secretary", roster.Secretary)
	s.show("secretary-home", "/")
	s.show("raise", "/issues/new")
	s.show("draft", issueURL(ids["draft"])+"/edit")
	s.press(`button[value="preview"]`)
	s.look("preview")
	s.show("issue-supplement", issueURL(ids["objected"]))
	s.show("issue-concluded", issueURL(ids["concluded"]))
	s.press(`button[value="confirm"]`)
	s.look("confirm-refused")
	s.show("issue-open", issueURL(ids["open"]))
	s.show("attachments", issueURL(ids["open"])+"/attachments")
	s.show("list", "/issues?project=qingke-culvert")
	s.do(chromedp.Navigate(s.base+"/issues/new"), chromedp.SetValue(chromedp.CSS("#f-title"), "箱涵过路"), chromedp.Evaluate[chromedp.Void](`document.querySelector("#form input[name=session]").value = "of another session"`))
	s.press(`button[value="save"]`)
	s.look("again")
	s.show("issue-import", "/issues/import")
	s.do(chromedp.SetValue(chromedp.CSS("textarea[name=table]"), "项目,标题,协调事项\n\"青柯涵洞\",甲,无此类\n"))
	s.press(`button[value="try"]`)
	s.look("issue-import-refused")
	s.show("requests", "/requests")
	s.press("main table.rows tbody a")
	s.look("request")
	s.show("request-new", "/requests/new")
	s.press(`button[value="register_request"]`)
	s.look("request-refused")
	s.show("pool", "/pool")
	s.press("main table.rows tbody a")
	s.look("matter")
	s.show("pool-new", "/pool/new")
	s.show("not-found", "/nowhere")

	s.signIn("cc-transport-officer-1", roster.Officer)
	s.show("inbox", "/inbox")
	s.show("inbox-filtered", "/inbox?light=green")
	s.show("bulk", "/inbox/bulk?task="+string(ids["held"])+"/2&task="+string(ids["open"])+"/9")
	s.show("mentions", "/mentions")
	s.signIn("cc-utilities-officer-1", roster.Officer)
	s.show("duties", "/duties")
	s.show("duty", taskURL(ids["open"], 3))
	s.signIn("cc-natural-resources-officer-1", roster.Officer)
	s.show("decide", taskURL(ids["overdue"], 1))
	s.do(chromedp.Click(chromedp.CSS("details.object > summary")))
	s.press(`details.object button`)
	s.look("decide-refused")
	s.signIn("cc-transport-lead", roster.Lead)
	s.show("lead-inbox", "/inbox")
	s.show("load", "/inbox/load")
	s.show("substitutes", "/substitutes")
	s.show("lead-task", taskURL(ids["objected"], 2))

	s.signIn("general-branch-1", roster.GeneralBranch)
	s.show("tier-home", "/")
	s.show("issue-ruling", issueURL(ids["objected"]))
	s.do(chromedp.Click(chromedp.CSS("#whole-consult > summary")), chromedp.Click(chromedp.CSS("details:has(> #meet) > summary")))
	s.press(`#meet button`)
	s.look("meeting-refused")
	met, _ := w.invited()
	s.show("issue-meeting", issueURL(met))
	s.do(chromedp.Click(chromedp.CSS("#whole-consult > summary")), chromedp.Click(chromedp.CSS("details:has(> #invite-3) > summary")))
	s.press(`#invite-3 button`)
	s.look("link")
	ballot := w.link(met) // that one is worthless now
	s.show("ballot-early", ballot)
	w.clock.Add(2 * time.Hour)
	s.show("ballot", ballot)
	s.do(chromedp.Click(chromedp.CSS(`input[value="for"]`)))
	s.press(`button[value="review"]`)
	s.look("ballot-review")
	s.press(`button[value="cast"]`)
	s.look("ballot-done")
	s.show("ballot-gone", ballot)
	s.signIn("cc-transport-officer-1", roster.Officer)
	s.show("issue-vote", issueURL(met))

	s.signIn("cc-bureau-1", roster.Bureau)
	s.show("bureau-home", "/")
	for _, what := range []string{"bulletin/440604", "pack/branch-qingke"} {
		w.bureau().get("/briefings").form("button[value=draw_up]").set("what", what).send()
	}
	s.show("briefings", "/briefings")
	s.show("bulletin", "/briefings/bulletin.440604.2026-Q1")
	s.show("half-year", "/briefings/pack.branch-qingke.2026-H1")
	s.show("vitality", "/vitality")
	s.show("vitality-branch", "/vitality/branch-qingke")
	s.show("figures", "/figures")
	s.show("bottlenecks", "/bottlenecks")
	s.show("what-if", "/what-if")
	s.show("archives", "/archives")
	w.general().file(issueURL(ids["overdue"]), "propose_tolerance", "signOff", "1", "of", "overrun", "code", "unforeseen", "reason", "汛情封航")
	s.show("issue-overdue", issueURL(ids["overdue"]))
	s.walkInvestment(w)
	s.signIn("cc-oversight-1", roster.Overseer)
	s.show("overseer-home", "/")
	s.show("warnings", "/warnings")
	s.show("trail", "/trail?until=2030-01-01")
	s.press(`form[action="/trail/check"] button`)
	s.look("trail-check")
	s.show("trail-refused", "/trail?from=2026-04-01&until=2026-03-01")
	s.show("issue-overseen", issueURL(ids["objected"]))
	s.show("page-of-another-post", "/issues/new")
	s.signIn("cc-security-1", roster.SecurityAdministrator)
	s.show("security-home", "/")
	s.signIn("cc-audit-1", roster.AuditAdministrator)
	s.show("audit-trail", "/trail?until=2030-01-01")
	s.signIn("cc-administration-1", roster.Administrator)
	s.show("hold-home", "/")
	s.show("issue-held", issueURL(ids["held"]))
	s.show("register", "/register")
	s.press("main table.rows tbody a")
	s.look("change")
	s.show("propose", "/register/new?kind=transfer")
	s.show("register-import", "/register/import/people")
	s.show("propose-merge", "/register/new?kind=merge")
	s.show("propose-split", "/register/new?kind=split")
	s.show("propose-found", "/register/new?kind=found")
	s.show("propose-project", "/register/new?kind=project")
	s.show("propose-leave", "/register/new?kind=post")
	s.do(chromedp.SetValue(chromedp.CSS("select[name=person]"), "cc-transport-officer-1"), chromedp.Click(chromedp.CSS(`input[name=change][value=leave]`)))
	s.press(`button[name=preview]`)
	s.look("propose-leave-preview")
	s.onPaper(issueURL(ids["overdue"]))
}

// onPaper draws how a page is printed, and how it looks in the dark.
func (s *screen) onPaper(path string) {
	s.t.Helper()
	s.do(chromedp.Navigate(s.base + path))
	for name, media := range map[string]emulation.SetEmulatedMediaParams{
		"print": {Media: "print"}, "dark": {Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}},
	} {
		if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, media); err != nil {
			s.t.Fatal(err)
		}
		s.draw(fmt.Sprintf("issue-overdue-%s", name))
	}
}
