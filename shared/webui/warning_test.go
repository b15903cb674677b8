package webui

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// overdue is an issue whose second task is overdue.
func (w *world) overdue() approval.IssueID {
	id := w.raise("箱涵占道", road)
	w.clock.Add(10 * 24 * time.Hour)
	w.look(id, 1)
	return id
}

func (w *world) overseer() *browser {
	return w.as("cc-oversight-1", roster.Overseer, "cc-oversight")
}

func TestAWarningIsDisposedOfByWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.overdue()
	w.officer("cc-transport").get("/warnings").wants(http.StatusForbidden, "由监督员、重点项目局、上级党组织和部门负责人查看")
	lead := w.lead("cc-transport")
	p := lead.get("/warnings").wants(http.StatusOK, "逾期", "禅城区交通运输局", "尚未办结", "箱涵占道").lacks("交通警察")
	p = p.form("input[value=overdue:2:2026-03-09]").set("act", "dispose_warning").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("details[open] button[value=dispose_warning]").set("text", "方案调整，本周办结").send().wants(http.StatusOK, "预警已处置", "已处置", "方案调整，本周办结")
	if left := lead.get("/warnings").all("input[value=overdue:2:2026-03-09]"); len(left) != 0 {
		t.Error("a warning that was explained is still to be explained")
	}
	w.overseer().get("/").wants(http.StatusOK, "预警待处置", "去处置")
	general := w.general()
	general.get("/").wants(http.StatusOK, "预警待处置")
	general.get("/warnings").wants(http.StatusOK, "登记已处理", "方案调整，本周办结")
	bureau := w.as("cc-bureau-1", roster.Bureau, "cc-bureau")
	if forms := bureau.get("/warnings").wants(http.StatusOK, "逾期").all("input[value=overdue:2:2026-03-09]"); len(forms) != 0 {
		t.Errorf("the bureau disposes of %d warnings about branches' tasks", len(forms))
	}
}

func TestAWarningWhoseFactsChangedGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.overdue()
	f := w.lead("cc-transport").get("/warnings").form("input[value=overdue:2:2026-03-09]").set("act", "dispose_warning").set("text", "本周一定办结")
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=approve]").set("reason", "方案调整").send().wants(http.StatusOK)
	f.send().wants(http.StatusNotFound, "事实已经变化", "本周一定办结")
}

func TestAWarningAboutTheRegisterIsDisposedOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.overseer().get("/warnings").wants(http.StatusOK, "待处置")
	before := len(p.all("button[value=dispose_warning]"))
	p.formAt("button[value=dispose_warning]", 0).set("text", "任职时间登记有误").send().wants(http.StatusOK, "预警已处置", "误报", "任职时间登记有误")
	if after := len(w.overseer().get("/warnings").all("button[value=dispose_warning]")); after != before-1 {
		t.Errorf("%d warnings are open after one of %d was disposed of", after, before)
	}
}

func TestWhoIsMentionedFindsItAndMarksItRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.officer("cc-traffic-police").file(taskURL(id, 1), "comment", "text", "请交通局看绕行方案", "mentions", "cc-transport-officer-1").wants(http.StatusOK, "留言已发布")
	b := w.officer("cc-transport")
	b.get("/").wants(http.StatusOK, "有1项留言提及您")
	p := b.get("/mentions").wants(http.StatusOK, "请交通局看绕行方案", "标为已读")
	p.form("input[name=seq]").send().wants(http.StatusOK, "已读").lacks("标为已读")
	b.get("/").lacks("留言提及您")
	w.officer("cc-traffic-police").get("/mentions").wants(http.StatusOK, "没有提及您的留言")
}

func TestHomesSayWhatWaitsBesidesTheLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.general().file(taskURL(id, 2), "supervise", "demand", "三日内办结").wants(http.StatusOK)
	lead := w.lead("cc-transport")
	p := lead.get("/inbox").wants(http.StatusOK, "第1号督办单（“交通疏导”，箱涵占道）须于2026年3月5日前回复", "剩3个工作日")
	lead.file(p.one(".waits a").attr["href"], "reply_notice", "text", "周四办结").wants(http.StatusOK)
	lead.get("/inbox").lacks("督办单")
	w.general().get("/").wants(http.StatusOK, "第1号督办单（“交通疏导”，箱涵占道）已回复", "去复核")
}

func TestABrowserWithoutScriptPressesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))
	id := w.raise("箱涵占道", road)
	s.signIn("general-branch-1", roster.GeneralBranch)
	s.do(chromedp.Navigate(s.base + taskURL(id, 2)))
	s.do(chromedp.Click(chromedp.CSS("#task-press > summary")), chromedp.Click(chromedp.CSS("details:has(> #supervise-2) > summary")))
	s.look("task-supervise")
	s.do(chromedp.SendKeys(chromedp.CSS("#f-supervise-2-demand"), "请三日内办结并书面说明逾期原因"))
	s.press(`button[value="supervise"]`)
	s.says("督办单已发出")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-transport-lead", roster.Lead)
	s.says("督办单")
	s.look("lead-inbox-notice")
	s.press(`.waits a`)
	s.look("task-notice")
	s.do(chromedp.SendKeys(chromedp.CSS(`textarea[name="text"]`), "因绕行方案调整逾期，周五办结"))
	s.press(`button[value="reply_notice"]`)
	s.says("督办单已回复")
	w.clock.Add(10 * 24 * time.Hour)
	w.look(id, 1)
	s.do(chromedp.Navigate(s.base + "/warnings"))
	s.look("warnings-lead")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-oversight-1", roster.Overseer)
	s.do(chromedp.Navigate(s.base + "/warnings"))
	s.look("warnings-overseer")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("general-branch-1", roster.GeneralBranch)
	s.look("tier-home-errands")
}
