package webui

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lianban/shared/roster"
)

func TestARequestIsRegisteredAnsweredAndLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	b.get("/requests").wants(http.StatusOK, "没有诉求", "登记诉求")
	p := b.get("/requests/new").wants(http.StatusOK, "首次答复").form("button[value=register_request]").set("title", "出入口被围挡").set("text", "货车进不来").send().
		wants(http.StatusUnprocessableEntity, "请选择诉求人类别", "货车进不来")
	p = p.form("button[value=register_request]").set("from", "enterprise").set("organisation", "某某物流公司").set("channel", "call").set("contact.name", "王某").set("contact.phone", "0757-00000000").send().
		wants(http.StatusOK, "诉求〔2026〕000001", "查询码", "ABCDEFGHIJ", "王某")
	one := p.one("form button[value=request_accept]").parent.attr["action"]
	b.get(one).wants(http.StatusOK, "某某物流公司").lacks("ABCDEFGHIJ")
	b.get("/requests").wants(http.StatusOK, "出入口被围挡", "2026年3月9日", "剩5个工作日")
	b.get(one).form("button[value=request_accept]").send().wants(http.StatusOK, "诉求已受理", "已受理，办理中")
	p = b.get(one).form("button[value=request_answer]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	stale := b.get(one).form("button[value=request_hand_on]").set("unit", "cc-transport").set("reason", "属交通职责")
	p.form("button[value=request_answer]").set("text", "已调整围挡").send().wants(http.StatusOK, "已答复", "已调整围挡")
	stale.send().wants(http.StatusConflict, "属交通职责", "已调整围挡")
	s := w.stranger()
	s.get("/status").form("input[name=receipt]").set("receipt", "2026-000001").set("code", "abcdefghij").send().wants(http.StatusOK, "已调整围挡")
	b.get(one).form("button[value=request_close]").set("note", "电话告知").send().wants(http.StatusOK, "诉求已办结")
	b.get("/requests?show=done").wants(http.StatusOK, "出入口被围挡", "已办结")
	w.officer("cc-transport").get(one).wants(http.StatusNotFound)
}

func TestARequestBecomesAnIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.general().get("/requests/new").form("button[value=register_request]").set("project", "qingke-culvert").set("from", "resident").set("channel", "visit").set("title", "夜间噪声").set("text", "夜间施工扰民").send().wants(http.StatusOK, "查询码")
	p.lacks("转为问题")
	b := w.secretary()
	one := b.get("/requests").wants(http.StatusOK, "夜间噪声", "居民").one("table.rows tbody a").attr["href"]
	b.get(one).form("button[value=request_accept]").send().wants(http.StatusOK)
	b.get(one).form("button[value=request_raise]").send().wants(http.StatusOK, "已转为问题草稿", "夜间施工扰民")
	b.get(one).wants(http.StatusOK, "已转为问题办理", "夜间噪声")
	w.as("cc-bureau-1", roster.Bureau, "cc-bureau").get("/requests").wants(http.StatusOK, "夜间噪声")
}

func TestAMatterIsPublishedClaimedAndConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	b.get("/pool").wants(http.StatusOK, "没有待认领的事项", "发布认领事项")
	p := b.get("/pool/new").form("button[value=publish_matter]").set("title", "借用场地").set("text", "堆放钢板桩").send().wants(http.StatusUnprocessableEntity, "请选择所需支持", "堆放钢板桩")
	p = p.form("button[value=publish_matter]").set("need", "venue").set("until", "2026-03-31").send().wants(http.StatusOK, "认领事项已发布", "收回事项")
	one := strings.Split(p.path, "?")[0]
	lead := w.lead("cc-transport")
	lead.get("/pool").wants(http.StatusOK, "借用场地", "2026年3月31日")
	lead.file(one, "matter_claim", "pledge", "可用二号堆场").wants(http.StatusOK, "已认领", "可用二号堆场")
	w.officer("cc-transport").file(one, "matter_report", "text", "已腾空").wants(http.StatusOK, "进展已报送", "已腾空")
	b.file(one, "matter_confirm", "result", "按期使用").wants(http.StatusOK, "已确认办结", "按期使用")
	lead.get("/pool?show=done").wants(http.StatusOK, "借用场地")
	w.lead("cc-water").get(one).wants(http.StatusOK).lacks("退回认领")
}

func TestTheGeneralBranchRecordsTheClaimOfAUnitWithoutAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	publish := func() string {
		p := w.secretary().get("/pool/new").form("button[value=publish_matter]").set("title", "借用场地").set("text", "堆放钢板桩").set("need", "venue").set("until", "2026-03-31").send().wants(http.StatusOK, "认领事项已发布")
		return strings.Split(p.path, "?")[0]
	}
	w.general().get(publish()).wants(http.StatusOK).lacks("代录共建单位的认领")
	branch, _ := w.service.Rules().Roster.Branch("branch-qingke")
	rules := w.service.Rules()
	var err error
	rules.Roster, err = rules.Roster.With(w.service.Today(), roster.Change{Units: &roster.BranchUnits{Branch: branch.ID, CoBuilders: []roster.CoBuilder{{Name: roster.Name{ZH: "某银行佛山分行", EN: "A Bank, Foshan"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.service.SetRules(rules)
	one := publish()
	w.secretary().get(one).wants(http.StatusOK).lacks("代录共建单位的认领")
	b := w.general()
	p := b.get(one).form("button[value=matter_record_claim]").set("partner", "某银行佛山分行").set("pledge", "停车场两周").send().wants(http.StatusUnprocessableEntity, "停车场两周")
	p.form("button[value=matter_record_claim]").set("basis", "3月3日认领函").send().wants(http.StatusOK, "已代录认领", "某银行佛山分行", "3月3日认领函", "代录共建单位的认领")
	b.file(one, "matter_report", "text", "已腾空").wants(http.StatusOK, "进展已报送")
}

func TestALeadAppointsASubstitute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.lead("cc-transport")
	p := lead.get("/substitutes").wants(http.StatusOK, "没有代办安排").form("button[value=appoint]").set("for", "cc-transport-officer-1").set("reason", "出差").send().wants(http.StatusUnprocessableEntity, "请选择此项", "出差")
	p.form("button[value=appoint]").set("by", "cc-transport-officer-2").set("from", "2026-03-02").set("until", "2026-03-06").send().wants(http.StatusOK, "代办人已指定", "吴某甲", "吴某乙", "2026年3月2日至2026年3月6日", "代办中")
	w.officer("cc-transport").get("/substitutes").wants(http.StatusOK, "吴某乙").lacks("指定代办人")
	w.clock.Add(10 * 24 * time.Hour)
	lead.get("/substitutes").wants(http.StatusOK, "没有代办安排")
}

func TestABrowserWithoutScriptTakesARequestInAndPublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))
	s.signIn("qingke-secretary", roster.Secretary)
	s.do(chromedp.Navigate(s.base + "/requests/new"))
	s.do(chromedp.Click(chromedp.CSS(`input[name=from][value=enterprise]`)), chromedp.SendKeys(chromedp.CSS("input[name=organisation]"), "某某物流公司"), chromedp.Click(chromedp.CSS(`input[name=channel][value=call]`)),
		chromedp.SendKeys(chromedp.CSS("input[name=title]"), "出入口被围挡"), chromedp.SendKeys(chromedp.CSS("textarea[name=text]"), "货车进不来"))
	s.press(`button[value=register_request]`)
	s.says("诉求〔2026〕000001", "ABCDEFGHIJ")
	s.look("request-registered")
	s.do(chromedp.Navigate(s.base + "/requests"))
	s.do(chromedp.Navigate(s.base + "/pool/new"))
	s.do(chromedp.Click(chromedp.CSS(`input[name=need][value=venue]`)), chromedp.SendKeys(chromedp.CSS("input[name=title]"), "借用堆场"), chromedp.SendKeys(chromedp.CSS("textarea[name=text]"), "堆放钢板桩"), chromedp.SetValue(chromedp.CSS("input[name=until]"), "2026-03-31"))
	s.press(`button[value=publish_matter]`)
	s.says("认领事项已发布")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-transport-lead", roster.Lead)
	s.do(chromedp.Navigate(s.base + "/pool"))
	s.press(`table.rows tbody a`)
	s.do(chromedp.Navigate(s.base + "/substitutes"))
}
