package webui

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// tab opens the house in a browser that others share, with cookies of its own.
func (w *world) tab(t *testing.T, browser context.Context) *screen {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the tab starts with the first action
		t.Fatal(err)
	}
	s := w.screen(ctx)
	s.t = t
	return s
}

// ask evaluates an expression on the page.
func ask[T any](s *screen, expression string) T {
	s.t.Helper()
	got, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// keys types on the keyboard, to whatever has the focus.
func (s *screen) keys(text string) {
	s.t.Helper()
	s.do(chromedp.KeyEvent(text))
}

// tabTo moves on with the tab key until what is looked for has the focus.
func (s *screen) tabTo(selector string) {
	s.t.Helper()
	for range 250 {
		s.keys("\t")
		if ask[bool](s, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			if !ask[bool](s, `document.activeElement.matches(":focus-visible")`) {
				s.t.Errorf("nothing shows that %s has the focus", selector)
			}
			return
		}
	}
	s.t.Fatalf("the tab key does not come to %s", selector)
}

// enter presses the key that follows a link or sends a form.
func (s *screen) enter(selector string) {
	s.t.Helper()
	s.tabTo(selector)
	s.leads(selector, chromedp.KeyEvent("\r"))
}

func TestPeopleInABrowser(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *world, context.Context)
	}{
		{"with a keyboard only raise, decide and rate", byKeyboard},
		{"who go back after a decision decide nothing twice and lose no word", goingBack},
		{"who decide the same task see the newer state beside what they typed", decidingBoth},
		{"find larger type on the next page too", inLargerType},
		{"on a phone see content near the top and unfold the way around", onAPhone},
		{"who asked for less motion get none", withoutMotion},
		{"print an issue whole", printing},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, w, browser) })
	}
}

func byKeyboard(t *testing.T, w *world, browser context.Context) {
	s := w.tab(t, browser)
	signIn := func(person roster.PersonID, role roster.Role) {
		s.do(chromedp.Navigate(s.base + "/sign-in"))
		s.enter(`form:has(input[value="` + string(person) + `"]):has(input[value="` + string(role) + `"]) button.card`)
	}
	signIn("qingke-secretary", roster.Secretary)
	s.enter(`a[href="/issues/new"]`)
	s.tabTo("#f-title")
	s.keys("只用键盘提出")
	s.tabTo(`details:has(> ul input[value="traffic_diversion/cc-traffic-police"]) > summary`)
	s.keys(" ")
	s.tabTo(`input[value="traffic_diversion/cc-traffic-police"]`)
	s.keys(" ")
	s.enter(`button[value="raise"]`)
	s.says("问题已提出", "只用键盘提出")
	id := s.issue()
	w.route(id, 1)
	s.enter(`form[action="/sign-out"] button`)

	signIn("cc-traffic-police-officer-1", roster.Officer)
	s.enter(`main a[href="` + taskURL(id, 1) + `"]`)
	s.tabTo("#f-approve-reason")
	s.keys("同意占道")
	s.enter(`button[value="approve"]`)
	s.says("已同意", "同意占道")
	if verdict := w.settle(id, 1); verdict != approval.Agreed {
		t.Fatalf("the round came to %s", verdict)
	}
	s.enter(`form[action="/sign-out"] button`)

	signIn("qingke-secretary", roster.Secretary)
	s.enter(`main a[href^="` + issueURL(id) + `"]`)
	s.tabTo(`input[name="stars"]`)
	s.keys(" ")
	s.tabTo("#f-confirm-comment")
	s.keys("办得快")
	s.enter(`button[value="confirm"]`)
	s.says("办得快")
	if issue := w.kept(t, id); issue.Rating == nil || issue.Rating.Stars != 5 {
		t.Errorf("the rating that is kept is %+v", issue.Rating)
	}
}

// issue is the one whose page is shown.
func (s *screen) issue() approval.IssueID {
	s.t.Helper()
	return approval.IssueID(strings.Split(ask[string](s, "location.pathname"), "/")[2])
}

func (w *world) kept(t *testing.T, id approval.IssueID) approval.Issue {
	t.Helper()
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return issue
}

func goingBack(t *testing.T, w *world, browser context.Context) {
	id := w.raise("返回后再按一次", road)
	s := w.tab(t, browser)
	s.signIn("cc-traffic-police-officer-1", roster.Officer)
	s.do(chromedp.Navigate(s.base+taskURL(id, 1)), chromedp.SendKeys(chromedp.CSS("#f-approve-reason"), "同意，限夜间"))
	s.press(`button[value="approve"]`)
	s.says("已同意", "同意，限夜间")
	decided := w.kept(t, id)

	back := func() {
		s.t.Helper()
		s.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
		s.becomes("the form on the way back", `document.readyState === "complete" && !!document.querySelector("#f-approve-reason")`)
		if typed := ask[string](s, `document.querySelector("#f-approve-reason").value`); typed != "同意，限夜间" {
			t.Fatalf("on the way back the form holds %q", typed)
		}
	}
	// The page comes back alive from the browser's memory, where only script finds it.
	const again = `document.querySelector('button[value="approve"]').click()`
	back()
	s.leads("the same button", chromedp.Evaluate[chromedp.Void](again))
	s.says("已同意", "同意，限夜间")
	back()
	s.leads("the button with other words", chromedp.Evaluate[chromedp.Void](`document.querySelector("#f-approve-reason").value += "，并设围挡"; `+again))
	s.says("刚才填写的内容", "同意，限夜间，并设围挡")
	if now := w.kept(t, id); now.Version != decided.Version || now.SignOffs[0].Decision == nil || now.SignOffs[0].Decision.Reason != "同意，限夜间" {
		t.Errorf("going back changed the issue from version %d to %d: %+v", decided.Version, now.Version, now.SignOffs[0].Decision)
	}
}

func decidingBoth(t *testing.T, w *world, browser context.Context) {
	id := w.raise("两人同办一事", road)
	first, second := w.tab(t, browser), w.tab(t, browser)
	for n, s := range []*screen{first, second} {
		s.signIn(roster.PersonID(fmt.Sprintf("cc-traffic-police-officer-%d", n+1)), roster.Officer)
		s.do(chromedp.Navigate(s.base + taskURL(id, 1)))
	}
	first.do(chromedp.SendKeys(chromedp.CSS("#f-approve-reason"), "同意"))
	second.do(chromedp.SendKeys(chromedp.CSS("#f-approve-reason"), "同意，须设警示灯"))
	first.press(`button[value="approve"]`)
	first.says("已同意")
	second.press(`button[value="approve"]`)
	second.says("您打开页面之后", "郑某甲", "刚才填写的内容", "同意，须设警示灯")
	if decision := w.kept(t, id).SignOffs[0].Decision; decision == nil || decision.Reason != "同意" {
		t.Errorf("what counts is %+v", decision)
	}
}

func inLargerType(t *testing.T, w *world, browser context.Context) {
	id := w.raise("大字看得清", permits)
	s := w.tab(t, browser)
	s.signIn("qingke-secretary", roster.Secretary)
	const size = `parseFloat(getComputedStyle(document.body).fontSize)`
	usual := ask[float64](s, size)
	s.press("a.size")
	for name, path := range map[string]string{"home": "/", "raise": "/issues/new", "issues": "/issues"} {
		s.do(chromedp.Navigate(s.base + path))
		if got := ask[float64](s, size); got < 1.25*usual {
			t.Errorf("%s: type of %g pixels where %g is usual", path, got, usual)
		}
		s.do(chromedp.EmulateViewport(360, 800))
		s.fits(name, 360)
		s.draw("large-" + name)
		s.do(chromedp.EmulateViewport(1440, 900))
	}
	s.do(chromedp.Navigate(s.base+issueURL(id)), chromedp.EmulateViewport(360, 800))
	s.fits("issue", 360)
	s.draw("large-issue")
	if small := ask[[]string](s, `[...document.querySelectorAll("main button, main input:not([type=hidden]), main select, main textarea")].filter(e => e.offsetParent && !e.matches("[type=radio], [type=checkbox]") && e.offsetHeight < 44).map(e => e.outerHTML.slice(0, 120))`); len(small) > 0 {
		t.Errorf("targets under 44 pixels: %q", small)
	}
	s.do(chromedp.EmulateViewport(1440, 900))
	s.draw("large-issue-wide")
	s.press("a.size")
	if got := ask[float64](s, size); got != usual {
		t.Errorf("back at the usual size, type has %g pixels and had %g", got, usual)
	}
}

func onAPhone(t *testing.T, w *world, browser context.Context) {
	s := w.tab(t, browser)
	s.do(chromedp.EmulateViewport(360, 800))
	for person, role := range map[roster.PersonID]roster.Role{"qingke-secretary": roster.Secretary, "cc-transport-officer-1": roster.Officer, "cc-bureau-1": roster.Bureau, "cc-administration-1": roster.Administrator} {
		s.signIn(person, role)
		if top := ask[float64](s, `document.querySelector("main").getBoundingClientRect().top`); top > 200 {
			t.Errorf("for %s the content starts %g pixels down the screen", role, top)
		}
		s.draw("phone-" + string(role))
		const seen = `[...document.querySelectorAll(".masthead nav a, .masthead form[action='/sign-out'] button, a.size")].filter(e => e.offsetParent).length`
		if n := ask[int](s, seen); n != 0 {
			t.Errorf("for %s %d links stand before the content", role, n)
		}
		s.do(chromedp.Click(chromedp.CSS(".menu > summary")))
		if n := ask[int](s, seen); n < 4 {
			t.Errorf("for %s the menu shows %d links", role, n)
		}
		s.fits("the menu", 360)
		s.draw("phone-menu-" + string(role))
	}
	s.press(`.masthead nav a[href="/issues"]`)
	s.do(chromedp.EmulateViewport(1440, 900))
	if !ask[bool](s, `!!document.querySelector(".masthead nav a").offsetParent && !document.querySelector(".menu").offsetParent`) {
		t.Error("on a desktop the way around is folded")
	}
}

// media has the browser show pages as on another medium, or to somebody with a
// preference.
func (s *screen) media(m emulation.SetEmulatedMediaParams) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, m); err != nil {
		s.t.Fatal(err)
	}
}

func withoutMotion(t *testing.T, w *world, browser context.Context) {
	s := w.tab(t, browser)
	s.do(chromedp.Navigate(s.base + "/sign-in"))
	// Whatever moves: a style that moves everything, before all of the page's own.
	s.do(chromedp.Evaluate[chromedp.Void](`for (const rule of ["* { transition: color 2s; animation: moving 2s infinite; }", "@keyframes moving { from { opacity: 0 } }"]) document.styleSheets[0].insertRule(rule, 0)`))
	const moving = `document.getAnimations().length`
	if ask[int](s, moving) == 0 {
		t.Fatal("nothing moves, so that nothing is tried")
	}
	s.media(emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	if n := ask[int](s, moving); n != 0 {
		t.Errorf("%d things move", n)
	}
	if n := ask[int](s, `[...document.querySelectorAll("*")].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0).length`); n != 0 {
		t.Errorf("%d things would glide", n)
	}
}

func printing(t *testing.T, w *world, browser context.Context) {
	id := w.raise("打印看全貌", permits)
	w.clock.Add(9 * 24 * time.Hour)
	w.look(id, 1)
	s := w.tab(t, browser)
	s.signIn("qingke-secretary", roster.Secretary)
	const page = 688 // pixels between the margins of A4
	s.do(chromedp.EmulateViewport(page, 975), chromedp.Navigate(s.base+issueURL(id)))
	s.media(emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	s.draw("issue-print")
	if ground := ask[string](s, `getComputedStyle(document.body).backgroundColor`); ground != "rgb(255, 255, 255)" {
		t.Errorf("paper is %s", ground)
	}
	if left := ask[[]string](s, `[...document.querySelectorAll("nav, form, button, .who, .menu, .demo")].filter(e => e.offsetParent).map(e => e.outerHTML.slice(0, 100))`); len(left) > 0 {
		t.Errorf("paper shows what can only be clicked: %q", left)
	}
	s.fits("paper", page)
	for _, picture := range []string{"svg.chart", "svg.graph", ".qr svg"} {
		box := ask[[]float64](s, fmt.Sprintf(`(b => [b.left, b.right, b.height, b.top])(document.querySelector(%q).getBoundingClientRect())`, picture))
		if box[0] < 0 || box[1] > page || box[2] < 40 || box[2] > 975 {
			t.Errorf("%s reaches from %g to %g on paper %d wide, %g high", picture, box[0], box[1], page, box[2])
		}
		if picture == ".qr svg" && box[3] > 300 {
			t.Errorf("the QR code stands %g pixels down", box[3])
		}
	}
	if n := ask[int](s, `[...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth + 1).length`); n != 0 {
		t.Errorf("%d tables or pictures are cut off", n)
	}
	sheet, err := chromedp.Run(s.ctx, chromedp.PrintToPDF())
	if err != nil || len(sheet) == 0 {
		t.Fatalf("nothing is printed: %v", err)
	}
}

func TestTheSizeOfTypeIsKeptAndKeepsThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	p := b.get("/issues?project=qingke-culvert").wants(http.StatusOK, "适老版（大字）")
	p = b.get(p.one("a.size").attr["href"]).wants(http.StatusOK, "标准版")
	if p.path != "/issues?project=qingke-culvert" || len(p.all("html.large")) != 1 {
		t.Errorf("the switch leads to %s with %d pages in larger type", p.path, len(p.all("html.large")))
	}
	if p = b.get("/"); len(p.all("html.large")) != 1 {
		t.Error("the next page forgets the size")
	}
	if p = b.get(p.one("a.size").attr["href"]); len(p.all("html.large")) != 0 {
		t.Error("the size cannot be switched back")
	}
	if p = w.stranger().get("/sign-in?size=huge"); len(p.all("html.large")) != 0 {
		t.Error("a size that does not exist makes type large")
	}
}
