package webui

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lianban/shared/roster"
)

func TestSeekingAnItemKeepsWhatWasTypedAndTicked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.secretary().get("/issues/new").form("button[value=find]")
	p := f.set("title", "箱涵过路").set("item", "25").set("find", "sgxk").send().wants(http.StatusOK, "找到2项")
	shown := map[string]bool{}
	for _, li := range p.all("li.option[data-name]") {
		if _, hidden := li.attr["hidden"]; !hidden {
			shown[li.all("input[name=item]")[0].attr["value"]] = true
		}
	}
	if len(shown) != 3 || !shown["25"] || !shown["32"] || !shown["34"] {
		t.Errorf("the ticked item and the two sought are shown, got %v", shown)
	}
	again := p.form("button[value=save]")
	if again.values.Get("title") != "箱涵过路" || again.values.Get("item") != "25" || again.values.Get("find") != "sgxk" {
		t.Errorf("typed was %v", again.values)
	}
	again.set("find", "没有这个事项").set("act", "find").send().wants(http.StatusOK, "找到0项")
}

func TestTheLivePlanIsAPieceOfThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.secretary().get("/issues/new").form("button[value=preview]").set("act", "live")
	f.send().wants(http.StatusOK, "请至少选择一个").lacks("退出登录")
	f.set("item", "32").send().wants(http.StatusOK, "提出后的计划", "建筑工程施工许可证").lacks("退出登录")
}

func TestABrowserShowsThePlanWhileItemsAreTicked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(chromium(t))
	s.signIn("qingke-secretary", roster.Secretary)
	s.do(chromedp.Navigate(s.base+"/issues/new"), chromedp.SendKeys(chromedp.CSS("#f-find"), "jtsd"))
	s.comes(`document.querySelector("#found").textContent === "找到1项。"`)
	s.do(chromedp.Click(chromedp.CSS(`input[value="traffic_diversion/cc-traffic-police"]`)))
	s.comes(`document.querySelector("#plan-now").innerText.includes("2026年3月9日")`)
	s.do(chromedp.SendKeys(chromedp.CSS("#f-title"), "箱涵过路须疏导交通"))
	s.press(`button[value="raise"]`)
	s.says("问题已提出", "箱涵过路须疏导交通")
}

// comes waits until something holds on the page.
func (s *screen) comes(condition string) {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(30 * time.Second)
	for {
		select {
		case <-look.C:
			if holds, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](condition)); err == nil && holds {
				return
			}
		case <-late:
			s.t.Fatalf("it never comes that %s", condition)
		}
	}
}
