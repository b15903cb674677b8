package webui

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"lianban/shared/roster"
)

func (w *world) administrator(n string) *browser {
	return w.as(roster.PersonID("cc-administration-"+n), roster.Administrator, "cc-administration")
}

// notice2027 is a notice as the State Council's office words them, of dates that are
// supposed: the notice for 2027 is not published.
const notice2027 = `国务院办公厅关于2027年部分节假日安排的通知
国办发明电〔2026〕99号
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。2月14日（周日）上班。
三、清明节：4月5日（周一）放假，与周末连休。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）放假1天，不调休。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。10月9日（周六）上班。`

func TestAHolidayNoticeIsPastedPreviewedAndApprovedByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.administrator("1")
	one.get("/register").wants(http.StatusOK, "登记变更", "没有待批准的变更", "录入节假日安排")
	path := "/register/new?kind=holidays"
	p := one.get(path).form("button[name=preview]").set("preview", "1").set("text", "国务院办公厅关于放假的通知，10月1日放假").send().wants(http.StatusUnprocessableEntity, "10月1日放假")
	f := p.form("button[name=preview]").set("preview", "1").set("text", notice2027)
	p = f.send().wants(http.StatusOK, "影响预览", "国办发明电〔2026〕99号", "2027年10月1日放假（国庆节）", "2027年10月9日上班")
	f = p.form("button[name=propose]")
	if f.values.Get("text") == "" {
		t.Fatal("the preview lost the notice")
	}
	p = f.set("text", notice2027).send().wants(http.StatusUnprocessableEntity, "请填写此项")
	f = p.form("button[name=propose]").set("text", notice2027).set("title", "2027年节假日安排").set("ground", "国办发明电〔2026〕99号").set("reason", "年度更新")
	p = f.send().wants(http.StatusOK, "变更已提出", "待批准", "撤回变更").lacks("批准后记入登记簿")
	change := strings.Split(p.path, "?")[0]
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get(change).wants(http.StatusOK, "2027年节假日安排").lacks("撤回变更")
	w.secretary().get(change).wants(http.StatusForbidden, "由管理员和监督员查看")
	two := w.administrator("2")
	two.get("/").wants(http.StatusOK, "有1项登记变更待您批准")
	two.get(change).form("button[value=approve_change]").send().wants(http.StatusOK, "变更已批准并记入登记簿", "已入登记簿")
	two.get("/register?show=entries").wants(http.StatusOK, "2027年节假日安排", "已生效")
	two.get("/").lacks("登记变更待您批准")
}

func TestCompetencesAreTransferredByAListOfItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("水土保持方案", func(f *form) { f.set("item", "17") })
	one := w.administrator("1")
	f := one.get("/register/new?kind=transfer").wants(http.StatusOK, "水土保持方案审批", "禅城区水利局").form("button[name=preview]").set("preview", "1")
	p := f.send().wants(http.StatusUnprocessableEntity, "请选择此项")
	p = p.form("button[name=preview]").set("preview", "1").set("district", "440604").set("items", "17", "19").set("department", "cc-natural-resources").set("movesOpen", "yes").set("ground", "区府办〔2026〕1号").send().
		wants(http.StatusOK, "承办部门变化的事项", "移交的在办任务", "水土保持方案，第1项")
	f = p.form("button[name=propose]").set("title", "涉水审批划转").set("reason", "机构改革")
	p = f.send().wants(http.StatusOK, "变更已提出", "在办件一并移交")
	change := strings.Split(p.path, "?")[0]
	two := w.administrator("2")
	p = two.get(change).form("button[value=refuse_change]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=refuse_change]").set("reason", "文号有误").send().wants(http.StatusOK, "变更未批准", "文号有误")
	if got := w.department(id, 1); got != "cc-water" {
		t.Errorf("the task is with %s", got)
	}
	one.get("/register/new?kind=officer").form("button[name=propose]").set("project", "qingke-culvert").set("person", "cc-bureau-2").set("title", "更换责任人").set("ground", "区重点办〔2026〕2号").set("reason", "分工调整").send().
		wants(http.StatusUnprocessableEntity, "已是项目 青柯街雨水箱涵工程 的包干责任人").lacks("cc-bureau-2")
	old := one.get("/register/new?kind=officer").form("button[name=propose]").set("project", "qingke-culvert").set("person", "cc-bureau-3").set("title", "更换责任人").set("ground", "区重点办〔2026〕2号").set("reason", "分工调整")
	change = strings.Split(old.send().wants(http.StatusOK, "变更已提出", "任青柯街雨水箱涵工程的包干责任人").path, "?")[0]
	stale := two.get(change).form("button[value=refuse_change]").set("reason", "理由不足")
	one.get(change).form("button[value=withdraw_change]").set("reason", "改提").send().wants(http.StatusOK, "变更已撤回")
	stale.send().wants(http.StatusConflict, "理由不足", "已撤回")
}

func TestPeopleTermsAndPostsAreProposed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.administrator("1")
	for kind, x := range map[string]struct {
		fill map[string]string
		says string
	}{
		"secretary": {map[string]string{"branch": "branch-qingke", "person": "qingke-secretary", "termEnds": "2028-01-04", "renewal": "yes"}, "续任"},
		"person":    {map[string]string{"id": "cc-transport-officer-9", "nameZH": "吴某丁", "nameEN": "Wu Mouding", "role": "officer", "unit": "cc-transport"}, "新增人员吴某丁"},
		"post":      {map[string]string{"person": "cc-transport-officer-2", "change": "leave"}, "吴某乙离任"},
	} {
		f := one.get("/register/new?kind="+kind).wants(http.StatusOK).form("button[name=propose]").set("title", "人事变动").set("ground", "区组〔2026〕3号").set("reason", "工作需要")
		for name, value := range x.fill {
			f.set(name, value)
		}
		f.send().wants(http.StatusOK, "变更已提出", x.says)
	}
}

func TestABrowserWithoutScriptChangesTheRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))
	w.raise("水土保持方案", func(f *form) { f.set("item", "17") })
	s.signIn("cc-administration-1", roster.Administrator)
	s.do(chromedp.Navigate(s.base + "/register"))
	s.press(`a[href="/register/new?kind=transfer"]`)
	s.do(chromedp.SetValue(chromedp.CSS("select[name=district]"), "440604"), chromedp.Click(chromedp.CSS(`input[name=items][value="17"]`)), chromedp.SetValue(chromedp.CSS("select[name=department]"), "cc-natural-resources"), chromedp.Click(chromedp.CSS(`input[name=movesOpen][value=yes]`)))
	s.do(chromedp.SendKeys(chromedp.CSS("input[name=ground]"), "区府办〔2026〕1号"))
	s.press(`button[name=preview]`)
	s.says("影响预览", "移交的在办任务")
	s.look("register-preview")
	s.do(chromedp.SendKeys(chromedp.CSS("input[name=title]"), "水土保持审批划转"), chromedp.SendKeys(chromedp.CSS("textarea[name=reason]"), "机构改革"))
	s.press(`button[name=propose]`)
	s.says("变更已提出")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-administration-2", roster.Administrator)
	s.press(`.waits a`)
	s.press(`table.rows tbody a`)
	s.look("register-change")
	s.press(`button[value=approve_change]`)
	s.says("变更已批准并记入登记簿")
	s.do(chromedp.Navigate(s.base + "/register/new?kind=holidays"))
	s.look("register-holidays")
}
