package webui

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
)

func (w *world) bureau() *browser { return w.as("cc-bureau-1", roster.Bureau, "cc-bureau") }

// keyProjects enters three projects, of which two have a plan and a figure of February.
func (w *world) keyProjects() {
	w.t.Helper()
	w.entered(w.bureauActor(), "",
		invest.Fact{Listing: &invest.Listing{Project: "qingke-culvert", NameZH: "青柯街雨水箱涵工程", NameEN: "Qingke Street Storm-Water Culvert", District: "440604", Sector: roster.WaterWorks, Tier: roster.DistrictProject, Type: roster.Continuing}},
		invest.Fact{Listing: &invest.Listing{Project: "u-valley", NameZH: "联东U谷", NameEN: "U Valley Industrial Park", District: "440604", Sector: roster.Industry, Tier: roster.DistrictProject, Type: roster.NewStart}},
		invest.Fact{Listing: &invest.Listing{Project: "sewer-third", NameZH: "污水治理工程（第三个临时党支部所在项目）", District: "440604", Sector: roster.WaterWorks, Tier: roster.DistrictProject, Type: roster.Continuing}},
		planOf("qingke-culvert", 12_000, "2026-01-01"), planOf("u-valley", 20_000, "2026-01-01"),
		invest.Fact{Report: &invest.Report{Project: "qingke-culvert", Half: 4, Done: 3_000}}, invest.Fact{Report: &invest.Report{Project: "u-valley", Half: 4, Done: 2_000}},
	)
}

func (w *world) bureauActor() approval.Actor {
	return approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
}

func planOf(id roster.ProjectID, amount invest.Money, from string) invest.Fact {
	return invest.Fact{Plan: &invest.Plan{Project: id, Amount: amount, From: calendar.MustParse(from)}}
}

func (w *world) entered(actor approval.Actor, reason string, facts ...invest.Fact) {
	w.t.Helper()
	if _, _, err := w.ledger.Enter(w.t.Context(), 2026, facts, reason, approval.Call{Actor: actor}); err != nil {
		w.t.Fatal(err)
	}
}

func TestTheBoardShowsFiguresGroupsAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	p := w.bureau().get("/investment").wants(http.StatusOK, "投资进度 2026年", "截至2026年2月28日", "2／3", "3.20亿元", "5,000万元", "15.63%", "16.67%", "滞后时序1.04个百分点",
		"1个项目无年度计划，不计入", "计入项目少于5个，不参与排名：禅城区", "水务环保", "计划新开工1个", "没有项目因红灯问题受阻", "第1次填报之后")
	if p.path != "/investment/2026" {
		t.Errorf("the board is at %s", p.path)
	}
	if rows := p.all("#by-sector"); len(rows) != 1 {
		t.Errorf("there are %d tables of sectors", len(rows))
	}
	if said := p.one("#course-text").words(); !strings.Contains(said, "滞后1.04个百分点") {
		t.Errorf("the chart says %q to who cannot see it", said)
	}
	w.bureau().get("/investment/2026?period=2026-01").wants(http.StatusOK, "截至2026年1月31日", "0／3", "2个项目截至本期没有填报数", "8.33%").lacks("0万元 0万元")
	w.bureau().get("/investment/2026?lang=en").wants(http.StatusOK, "Behind time1.04 points", "1.04 points behind", "CNY 0.320 billion")
}

func TestNoFigureOfABarStandsAcrossTheTimeLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	p := w.bureau().get("/investment/example").wants(http.StatusOK)
	place := func(e *element) int {
		n, err := strconv.Atoi(e.attr["x"] + e.attr["x1"])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, p := range []*page{p, w.bureau().get("/investment/2026")} {
		lines, values := p.all("svg.course line.now"), p.all("svg.course text.value")
		line, tried := place(lines[len(lines)-1]), 0 // the one of the bars comes last
		for _, value := range values {
			if value.attr["class"] != "value" {
				continue
			}
			tried++
			if at := place(value); at-valueGap < line && line < at+valueWidth-valueGap {
				t.Errorf("%s: %s stands at %d across the line at %d", p.path, value.words(), at, line)
			}
		}
		if tried == 0 {
			t.Errorf("%s has no bars", p.path)
		}
	}
}

func TestThePublishedExampleSaysOnEveryScreenThatItsSplitIsMadeUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	for _, path := range []string{"/investment/example", "/investment/example/wall"} {
		b.get(path).wants(http.StatusOK, "虚构", "437／437", "1139.24亿元", "813.46亿元", "71.40%", "54.17%", "超时序17.23个百分点", "禅城区", "高明区")
		b.get(path+"?lang=en").wants(http.StatusOK, "made up", "CNY 81.346 billion", "17.23 points ahead")
		b.get("/?lang=zh")
	}
	b.get("/investment/example/projects").wants(http.StatusNotFound)
	if got := b.get("/investment").wants(http.StatusOK, "本年度台账还没有数据", "公开数据算例"); got.path != "/investment/2026" {
		t.Errorf("an empty ledger leads to %s", got.path)
	}
}

func TestAProjectShowsWhatHoldsItBackAndLeadsToTheIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	id := w.raise("箱涵占道", road)
	w.clock.Add(14 * 24 * time.Hour)
	w.look(id, 1)
	b := w.bureau()
	board := b.get("/investment/2026?period=2026-02").wants(http.StatusOK, "1个项目有红灯问题", "9,000万元")
	link := ""
	for _, a := range board.all("a") {
		if a.words() == "青柯街雨水箱涵工程" && strings.HasPrefix(a.attr["href"], "/investment/") {
			link = a.attr["href"]
		}
	}
	b.get("/investment/2026/projects?red=1&period=2026-02").wants(http.StatusOK, "共1个项目", "9,000万元").lacks("联东U谷")
	b.get("/investment/2026/projects?sector=industry&period=2026-02").wants(http.StatusOK, "共1个项目", "联东U谷").lacks("青柯街")
	p := b.get(link).wants(http.StatusOK, "25.00%", "受阻投资", "箱涵占道")
	if len(p.all(`a[href=/issues/`+string(id)+`]`)) != 1 {
		t.Error("the project's page does not lead to its issue")
	}
}

func TestACorrectionOnThePageKeepsTheOldFigure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	b := w.bureau()
	page := b.get("/investment/2026/projects/u-valley").wants(http.StatusOK, "10.00%")
	bad := page.form("button[value=enter_figure]").set("period", "2026-02").set("done", "1800").send().wants(http.StatusUnprocessableEntity, "更正须写明理由")
	if got := bad.one("#f-enter_figure-done").attr["value"]; got != "1800" {
		t.Errorf("the refused form keeps %q", got)
	}
	bad.form("button[value=enter_figure]").set("reason", "审计核减").send().wants(http.StatusOK, "进度已填报", "审计核减", "9.00%")
	old := b.get("/investment/2026/projects/u-valley").all("s")
	if len(old) != 1 || old[0].words() != "2,000万元" {
		t.Errorf("%d figures are struck through", len(old))
	}
	b.get("/investment/2026/projects/u-valley").form("button[value=enter_plan]").set("amount", "x").set("from", "2026-02-15").send().wants(http.StatusUnprocessableEntity, "金额以万元为单位")
	b.get("/investment/2026/projects/u-valley").form("button[value=enter_plan]").set("amount", "30000").set("from", "2026-02-15").set("ground", "区府〔2026〕6号").send().wants(http.StatusOK, "区府〔2026〕6号", "6.00%")
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get("/investment/2026/projects/u-valley").wants(http.StatusOK, "审计核减").lacks("填报和更正")
}

func TestWhoSeesInvestment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	for _, path := range []string{"/investment", "/investment/2026", "/investment/example", "/investment/2026/wall", "/investment/2026/projects"} {
		w.officer("cc-transport").get(path).wants(http.StatusForbidden, "由重点项目局、监督员、上级党组织和支部书记查看")
	}
	w.secretary().get("/investment/2026").wants(http.StatusOK, "1／1").lacks("联东U谷")
	w.secretary().get("/investment/2026/projects/u-valley").wants(http.StatusNotFound)
	w.bureau().get("/investment/1999").wants(http.StatusNotFound)
	w.bureau().get("/investment/soon").wants(http.StatusNotFound)
	w.bureau().get("/investment/2026?period=soon").wants(http.StatusNotFound)
	w.bureau().get("/investment/2026?period=2025-01").wants(http.StatusUnprocessableEntity)
}

func TestTheWallDisplayRefreshesItselfUntilItIsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	b := w.bureau()
	p := b.get("/investment/2026/wall").wants(http.StatusOK, "15.63%", "每60秒自动更新", "禅城区")
	if p.header.Get("Refresh") != "60" {
		t.Errorf("the wall display refreshes %q", p.header.Get("Refresh"))
	}
	if p = b.get("/investment/2026/wall?still=1").wants(http.StatusOK, "已停止自动更新"); p.header.Get("Refresh") != "" {
		t.Error("a stopped one refreshes itself")
	}
}

// walkInvestment looks at the pages of the ledger, empty and filled.
func (s *screen) walkInvestment(w *world) {
	s.t.Helper()
	s.show("investment-example", "/investment/example")
	s.show("investment-empty", "/investment/2026")
	s.show("investment-import", "/investment/2026/import")
	s.press(`button[value="try"]`)
	s.look("investment-import-refused")
	w.keyProjects()
	s.show("investment-entries", "/investment/2026/entries")
	s.show("investment", "/investment/2026")
	s.show("investment-wall", "/investment/2026/wall?still=1")
	s.show("investment-rows", "/investment/2026/projects")
	s.show("investment-project", "/investment/2026/projects/qingke-culvert")
}

const (
	projectsCSV = "项目编号,项目名称,行政区划,行业,项目级别,建设性质\nqingke-culvert,青柯街雨水箱涵工程,禅城区,水务环保,区重点项目,续建\nu-valley,联东U谷,禅城区,产业,区重点项目,新开工\n"
	plansCSV    = "项目编号,年度计划投资（万元）\nqingke-culvert,12000\nnobody,8000\nu-valley,很多\n"
)

// carry runs what goes on behind pages.
func (w *world) carry() {
	for _, f := range w.behind {
		f()
	}
	w.behind = nil
}

func TestAFileIsTriedShownWhileItIsReadAndThenEntered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	p := b.upload(b.get("/investment/2026/import").wants(http.StatusOK, "下载填报模板").form("button[value=try]"), "项目.csv", projectsCSV)
	running := b.get(p.path).wants(http.StatusOK, "正在处理", "正在读取和检查")
	if running.header.Get("Refresh") != "1" {
		t.Errorf("the page refreshes %q while the file is read", running.header.Get("Refresh"))
	}
	w.carry()
	tried := b.get(p.path).wants(http.StatusOK, "检查通过", "项目.csv")
	if tried.header.Get("Refresh") != "" {
		t.Error("the page refreshes itself after the end")
	}
	b.get("/investment/2026/entries").wants(http.StatusOK, "还没有填报")
	entering := tried.form("button[value=import]").send()
	w.carry()
	b.get(entering.path).wants(http.StatusOK, "全部导入", "新增或修改项目2")
	again := tried.form("button[value=import]").send()
	w.carry()
	b.get(again.path).wants(http.StatusOK, "同一文件已由", "第1次填报")
	b.get("/investment/2026/entries").wants(http.StatusOK, "项目.csv", "项目2条，计划0条，进度0条")
	if other := w.as("cc-bureau-2", roster.Bureau, "cc-bureau").get(entering.path); other.status != http.StatusNotFound {
		t.Errorf("somebody else sees the file at %d", other.status)
	}
}

func TestAFileWithFaultsListsThemByPlaceInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	b := w.bureau()
	form := func() *form { return b.get("/investment/2026/import").form("button[value=import]") }
	p := b.upload(form(), "计划.csv", plansCSV)
	w.carry()
	b.get(p.path).wants(http.StatusOK, "没有导入任何一行", "第1至2条，共2条", "第3行", "项目编号", "清单", "第4行", "年度计划投资（万元）")
	var many strings.Builder
	many.WriteString("项目编号,年度计划投资（万元）\n")
	for k := range 150 {
		fmt.Fprintf(&many, "x-%d,1\n", k)
	}
	p = b.upload(form(), "计划.csv", many.String())
	w.carry()
	b.get(b.get(p.path).wants(http.StatusOK, "第1至100条，共150条").one("a[rel=next]").attr["href"]).wants(http.StatusOK, "第101至150条，共150条")
	b.upload(form(), "空.csv", "").wants(http.StatusUnprocessableEntity, "请选择要导入的文件")
	w.handler.(*server).Background = nil // as where the process sleeps after its answer
	b.upload(form(), "计划.csv", plansCSV).wants(http.StatusUnprocessableEntity, "第3行", "第4行")
	b.upload(form(), "项目.csv", projectsCSV).wants(http.StatusOK, "台账中均已有")
	w.officer("cc-transport").get("/investment/2026/import").wants(http.StatusForbidden)
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get("/investment/2026/entries").wants(http.StatusOK, "项目3条，计划2条，进度2条")
}
