package webui

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/roster"
)

func issueURL(id approval.IssueID) string { return "/issues/" + string(id) }

func TestStrangersSignInFirstAndGoWhereTheyWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.stranger()
	p := b.get("/issues/new").wants(http.StatusOK, "登录", "演示人员", "支部书记", "曹某甲", "联东U谷项目临时党支部")
	if got := p.all("input[name=next]")[0].attr["value"]; got != "/issues/new" {
		t.Errorf("after sign-in it goes to %q", got)
	}
	if n := len(p.all("section.people")); n != len(roster.Roles()) {
		t.Errorf("%d groups of people, want one a role", n)
	}
	p = b.post("/sign-in", map[string][]string{"person": {"u-valley-secretary"}, "role": {"secretary"}, "unit": {"branch-u-valley"}, "next": {"/issues/new"}})
	p.wants(http.StatusOK, "提出问题", "曹某甲")
	b.post("/sign-out", nil).wants(http.StatusOK, "已退出登录")
	if left := b.cookies[access.SessionCookie]; left != "" {
		t.Errorf("the session's cookie is left: %s", left)
	}
	for _, next := range []string{"//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"} {
		p = w.stranger().do(http.MethodGet, "/sign-in?next="+strings.ReplaceAll(next, "\\", "%5C"), nil, nil)
		if got := p.all("input[name=next]")[0].attr["value"]; got != "/" {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
	w.stranger().post("/sign-in", map[string][]string{"person": {"u-valley-secretary"}, "role": {"overseer"}, "unit": {"cc-oversight"}}).wants(http.StatusForbidden, "没有这个人员或职务")
}

func TestOnePersonChoosesAmongSeveralPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.secretary().get("/").wants(http.StatusOK, "转为部门承办人")
	p.form("input[value=officer]").send().wants(http.StatusOK, "收件箱", "转为支部书记")
}

func TestRaisesAnIssueThroughTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	b.get("/").wants(http.StatusOK, "还没有提出过问题")
	f := b.get("/issues/new").form("button[value=preview]").set("title", "箱涵过路").set("body", "汛前办结")
	permits(f)
	p := f.send().wants(http.StatusOK, "共6项会签", "因承诺不再等待", "前置关系", "逐项办理")
	if len(p.all("svg.graph path.relaxed")) != 1 {
		t.Errorf("the commitment relaxes %d edges in the picture", len(p.all("svg.graph path.relaxed")))
	}
	f = p.form("button[value=save]")
	if f.values.Get("title") != "箱涵过路" || !slices.Equal(f.values["item"], []string{"25", "28", "29", "30", "32"}) || !slices.Equal(f.values["commitment"], []string{"30"}) || len(f.values["party"]) != 1 {
		t.Fatalf("the preview lost what was typed: %v", f.values)
	}
	p = f.send().wants(http.StatusOK, "草稿已保存")
	b.get("/").wants(http.StatusOK, "草稿", "箱涵过路")
	w.as("u-valley-secretary", roster.Secretary, "branch-u-valley").get(p.path).wants(http.StatusNotFound)
	p = p.form("button[value=raise]").send().wants(http.StatusOK, "问题已提出", "第1项")
	id := approval.IssueID(strings.TrimPrefix(strings.Split(p.path, "?")[0], "/issues/"))
	w.route(id, 1)
	p = b.get(issueURL(id)).wants(http.StatusOK, "会签中", "孔某甲", "共6项会签", "全过程记录", "系统将第1、4、6项同时送达", "拟定的内容")
	if got := len(p.all("svg.chart rect.plan")); got != 6 {
		t.Errorf("the time chart has %d planned bars", got)
	}
	if got := len(p.all("svg.chart rect.serial")); got != 6 {
		t.Errorf("the serial track has %d parts", got)
	}
	if lines, edges := len(p.all("section details ul li")), len(p.all("svg.graph path.edge")); lines != 7 || edges != 6 {
		t.Errorf("the graph says %d prerequisites and draws %d", lines, edges)
	}
}

func TestFieldErrorsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.secretary().get("/issues/new").form("button[value=raise]").set("title", "").set("body", "第一行\r\n第二行")
	permits(f)
	f.set("commitment", "29").set("assumed", "工期按90天")
	p := f.send().wants(http.StatusUnprocessableEntity, "请填写此项", "第一行 第二行")
	if _, wrong := p.one("input#f-title").attr["aria-invalid"]; !wrong {
		t.Error("the empty title is not marked")
	}
	f = p.form("button[value=raise]").set("title", "箱涵")
	if !slices.Equal(f.values["commitment"], []string{"29"}) || f.values.Get("assumed") != "工期按90天" {
		t.Fatalf("lost what was typed: %v", f.values)
	}
	p = f.send().wants(http.StatusUnprocessableEntity, "不适用告知承诺")
	if len(p.all("li.option.wrong")) != 1 {
		t.Error("the item that allows no commitment is not marked")
	}
	p.form("button[value=raise]").set("item").set("commitment").set("party").send().wants(http.StatusUnprocessableEntity, "请至少选择一个审批事项")
}

func TestRaisingTwiceWithOneFormIsOneIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.secretary().get("/issues/new").form("button[value=raise]").set("title", "箱涵过路")
	road(f)
	first := f.send().wants(http.StatusOK, "问题已提出")
	again := f.send().wants(http.StatusOK)
	if first.path != again.path {
		t.Errorf("a double click made %s and %s", first.path, again.path)
	}
	f.set("title", "另一件事").send().wants(http.StatusUnprocessableEntity, "已经提交过")
}

func TestADraftSavedElsewhereIsShownBesideWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	f := b.get("/issues/new").form("button[value=save]").set("title", "箱涵")
	path := f.send().path
	old := b.get(path).form("button[value=save]").set("title", "箱涵（旧窗口）")
	b.get(path).form("button[value=save]").set("title", "箱涵（新窗口）").send().wants(http.StatusOK, "草稿已保存")
	p := old.send().wants(http.StatusConflict, "草稿已在别处保存过", "箱涵（新窗口）")
	f = p.form("button[value=save]")
	if got := f.values.Get("title"); got != "箱涵（旧窗口）" {
		t.Errorf("the form comes back with %q", got)
	}
	f.send().wants(http.StatusOK, "草稿已保存")
}

func TestDatesBeyondTheLastNoticeAreMarkedProvisional(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Set(time.Date(2026, 12, 28, 1, 0, 0, 0, time.UTC))
	id := w.raise("年末占道", road)
	for _, p := range []*page{w.officer("cc-transport").get("/inbox"), w.officer("cc-transport").get(taskURL(id, 2)), w.secretary().get(issueURL(id))} {
		p.wants(http.StatusOK, "2027年1月4日", "暂定")
	}
	w.officer("cc-transport").get(taskURL(id, 2)).wants(http.StatusOK, "尚未公布节假日安排的年度")
}

func TestOfficersDecideFromTheirInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	police := w.officer("cc-traffic-police")
	p := police.get("/inbox").wants(http.StatusOK, "箱涵占道", "2026年3月9日", "剩5个工作日", "未认领")
	p = police.get(p.one("table.rows tbody a").attr["href"]).wants(http.StatusOK, "拟定", "自收到次日起算", "办理意见", "汛前办结")
	p = p.form("button[value=claim]").send().wants(http.StatusOK, "已认领")
	police.get("/inbox?show=mine").wants(http.StatusOK, "箱涵占道")
	police.get("/inbox?show=open").wants(http.StatusOK, "没有待认领的任务")
	w.as("cc-traffic-police-officer-2", roster.Officer, "cc-traffic-police").get(taskURL(id, 1)).wants(http.StatusOK, "该任务已由郑某甲认领").lacks("一次性告知补正")
	p.form("button[value=approve]").set("reason", "同意夜间占道").send().wants(http.StatusOK, "已同意", "同意夜间占道")
	police.get("/inbox").wants(http.StatusOK, "没有待办任务")
	w.as("cc-transport-lead", roster.Lead, "cc-transport").get("/inbox").wants(http.StatusOK, "箱涵占道")
	w.as("cc-transport-lead", roster.Lead, "cc-transport").get(taskURL(id, 2)).wants(http.StatusOK).lacks("放回后")
}

func TestAnObjectionIsRuledOnAndTheIssueConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.clock.Add(24 * time.Hour)
	p := w.officer("cc-traffic-police").get(taskURL(id, 1)).wants(http.StatusOK, "将召集临时党总支会商，应于2026年3月5日前裁定")
	p = p.form("button[value=object]").set("reason", "早高峰无法疏导").send().wants(http.StatusUnprocessableEntity, "请从依据清单中选择", "早高峰无法疏导")
	p = p.form("button[value=object]").set("code", "plan_conflict").send().wants(http.StatusUnprocessableEntity, "请填写此项", "早高峰无法疏导")
	if e := p.one("input#f-object-ground"); e.attr["aria-invalid"] != "true" || p.one("#"+e.attr["aria-describedby"]).words() != "请填写此项。" {
		t.Error("the field at fault is not joined to what is wrong with it")
	}
	p.form("button[value=object]").set("code", "traffic").set("ground", "").send().wants(http.StatusOK, "进入会商", "道路交通安全法第三十二条")
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=approve]").send().wants(http.StatusOK, "已同意")
	if verdict := w.settle(id, 1); verdict != approval.Objected {
		t.Fatal(verdict)
	}
	general := w.as("general-branch-1", roster.GeneralBranch, "general-branch")
	general.get("/").wants(http.StatusOK, "等待裁定", "箱涵占道")
	p = general.get(issueURL(id)).wants(http.StatusOK, "裁定：", "早高峰无法疏导", "道路交通安全法第三十二条")
	p = p.form("button[value=rule]").set("outcome", "revised").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=rule]").set("reason", "改为夜间施工").send().wants(http.StatusOK, "裁定已作出", "退回修改")
	w.settle(id, 1)

	b := w.secretary()
	b.get("/").wants(http.StatusOK, "已退回修改", "去修改")
	b.get(issueURL(id)).form("button[value=resubmit]").set("note", "改为夜间22时至次日6时施工").send().wants(http.StatusOK, "已重新提交", "第2轮")
	w.route(id, 2)
	w.clock.Add(24 * time.Hour)
	w.officer("cc-traffic-police").get(taskURL(id, 1)).wants(http.StatusOK, "以前各轮", "第1轮：不同意").form("button[value=approve]").send().wants(http.StatusOK)
	if verdict := w.settle(id, 2); verdict != approval.Agreed {
		t.Fatal(verdict)
	}
	b.get("/").wants(http.StatusOK, "已办结，请确认并评价", "去确认")
	p = b.get(issueURL(id)).wants(http.StatusOK, "用时", "2个工作日", "历史样本不足", "仅为上限")
	p = p.form("button[value=confirm]").set("stars", "2").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=confirm]").set("stars", "5").send().wants(http.StatusOK, "已确认并评价", "5星", "支部评价")
	b.get("/").wants(http.StatusOK, "没有在办的问题", "已结束")
}

func TestASupplementIsAnsweredAndTheClockGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	p := w.officer("cc-transport").get(taskURL(id, 2))
	p.form("button[value=supplement]").send().wants(http.StatusUnprocessableEntity, "请一次列明")
	p.form("button[value=supplement]").set("papers", "交通组织方案\r\n\r\n 安全评估报告 ").send().wants(http.StatusOK, "已一次性告知补正", "正在等待支部补正材料")
	b := w.secretary()
	b.get("/").wants(http.StatusOK, "补正2项材料", "去补正")
	w.clock.Add(48 * time.Hour)
	p = b.get(issueURL(id)).wants(http.StatusOK, "安全评估报告", "待补正（停表）")
	if len(p.all("svg.chart rect.stop")) != 1 {
		t.Error("the stop is not in the time chart")
	}
	p.form("button[value=answer]").set("text", "已上传两份").send().wants(http.StatusOK, "补正已提交", "已上传两份", "新到期日2026年3月11日")
	w.officer("cc-transport").get(taskURL(id, 2)).wants(http.StatusOK, "已上传两份", "补正须一次性告知")
}

func TestPapersThatWentBackAreFiledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=supplement]").set("papers", "交通组织方案").send().wants(http.StatusOK, "应于2026年3月23日前补正")
	w.clock.Add(22 * 24 * time.Hour)
	if _, err := w.service.CheckClock(t.Context(), id, 1, 2); err != nil {
		t.Fatal(err)
	}
	b := w.secretary()
	b.get("/").wants(http.StatusOK, "退件（逾期未补正）", "去重新申报")
	p := b.get(issueURL(id)).wants(http.StatusOK, "退件，待重新申报", "整体计划")
	p = p.form("button[value=refile]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=refile]").set("text", "三份齐全").send().wants(http.StatusOK, "已重新申报", "三份齐全", "补正期限2026年3月23日届满未补正，退件")
	w.officer("cc-transport").get(taskURL(id, 2)).wants(http.StatusOK, "同意")
}

func TestAStaleFormShowsWhatHappenedBesideWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	mine := w.officer("cc-traffic-police")
	old := mine.get(taskURL(id, 1))

	// Another department's answer does not make the form stale.
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=approve]").send().wants(http.StatusOK)
	claimed := old.form("button[value=claim]").send().wants(http.StatusOK, "已认领")

	// A change of the task itself does, and nothing typed is lost.
	p := old.form("button[value=approve]").set("reason", "同意，限夜间").send().wants(http.StatusConflict, "您打开页面之后", "郑某甲（禅城区公安交警大队 部门承办人）认领", "同意，限夜间")
	f := p.form("button[value=approve]")
	if f.values.Get("reason") != "同意，限夜间" {
		t.Errorf("the form comes back with %q", f.values.Get("reason"))
	}
	f.send().wants(http.StatusOK, "已同意")

	// A double click is one act; a form whose task is over keeps its words in sight.
	f.send().wants(http.StatusOK, "已同意")
	claimed.form("button[value=object]").set("code", "other").set("ground", "某法").set("reason", "另有考虑").send().wants(http.StatusConflict, "刚才填写的内容", "另有考虑", "某法")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || issue.Count.Granted != 2 {
		t.Fatalf("%+v %v", issue.Count, err)
	}

	// A form that lost its version does nothing.
	w.secretary().post(issueURL(id), map[string][]string{"act": {"withdraw"}, "reason": {"误提"}}).wants(http.StatusConflict, "误提")
}

func TestSilenceShowsAsOverdueAndEscalates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	w.clock.Add(9 * 24 * time.Hour) // Wednesday of the next week: two working days late
	w.look(id, 1)
	w.officer("cc-transport").get("/inbox").wants(http.StatusOK, "已超期2个工作日", "超期")
	bureau := w.as("cc-bureau-1", roster.Bureau, "cc-bureau")
	p := bureau.get("/").wants(http.StatusOK, "禅城区", "箱涵占道", "已提级：临时党总支")
	if len(p.all("tr.lit.red")) != 1 {
		t.Error("the red issue is not marked red")
	}
	p = bureau.get(issueURL(id)).wants(http.StatusOK, "亮红灯", "提级到临时党总支", "现由谁办理").lacks("撤回问题", "作出裁定")
	if len(p.all("svg.chart rect.late")) != 2 || len(p.all("svg.chart line.today")) != 1 {
		t.Error("the time chart lacks the overdue parts or today's line")
	}
	w.as("general-branch-2", roster.GeneralBranch, "general-branch").get("/").wants(http.StatusOK, "已提级的其他问题", "箱涵占道", "没有等待裁定的异议")
}

func TestAHoldIsVisibleAndAnAdministratorResumesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	if err := w.service.Hold(t.Context(), id, 1, "token", "States.Timeout", "lambda <b>slow</b>"); err != nil {
		t.Fatal(err)
	}
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get(issueURL(id)).wants(http.StatusOK, "流程挂起，等待管理员处理", "States.Timeout").lacks("恢复流程")
	admin := w.as("cc-administration-1", roster.Administrator, "cc-administration")
	admin.get("/").wants(http.StatusOK, "挂起的问题", "箱涵占道")
	p := admin.get(issueURL(id))
	p.form("button[value=resume]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=resume]").set("reason", "网络已恢复").send().wants(http.StatusOK, "流程已恢复", "网络已恢复")
	admin.get("/").wants(http.StatusOK, "没有挂起的流程")
}

func TestACommitmentLeavesADutyBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("道路开挖", func(f *form) { f.set("item", "33") })
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p := w.officer(string(issue.SignOffs[0].Department)).get(taskURL(id, 1)).wants(http.StatusOK, "行政许可法", "20个工作日", "自受理次日起算")
	p = p.form("button[value=pledge]").set("what", "补交管线图").set("by", "2026-03-02").send().wants(http.StatusUnprocessableEntity, "核查期限须晚于今天")
	p.form("button[value=pledge]").set("by", "2026-04-30").send().wants(http.StatusOK, "已告知承诺后同意", "补交管线图", "2026年4月30日前由", "待核查")
}

func TestAnApprovalMayBeOnConditionsOrWithPapersMissing(t *testing.T) {
	t.Parallel()
	for act, says := range map[string][]string{"condition": {"已附条件同意", "附加条件：补交管线图"}, "gaps": {"已容缺受理后同意", "待补材料：补交管线图"}} {
		w := newWorld(t)
		id := w.raise("道路开挖", func(f *form) { f.set("item", "33") })
		issue, err := w.service.Store().Issue(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		officer := w.officer(string(issue.SignOffs[0].Department))
		p := officer.get(taskURL(id, 1)).form("button[value="+act+"]").set("by", "2026-04-30").send().wants(http.StatusUnprocessableEntity, "请填写此项")
		if e := p.one("textarea#f-" + act + "-what"); e.attr["aria-invalid"] != "true" {
			t.Errorf("%s: the field at fault is not marked: %v", act, e.attr)
		}
		p.form("button[value="+act+"]").set("what", "补交管线图").send().wants(http.StatusOK, append(says, "2026年4月30日前由")...)
		officer.get(issueURL(id)).wants(http.StatusOK, says[1])
	}
}

func TestWithdrawingAsksForAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	p := w.secretary().get(issueURL(id)).form("button[value=withdraw]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=withdraw]").set("reason", "改线").send().wants(http.StatusOK, "问题已撤回", "已撤回")
}

func TestTheLanguageSwitchKeepsThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("Culvert across the road", road)
	b := w.as("cc-bureau-1", roster.Bureau, "cc-bureau")
	p := b.get(issueURL(id) + "?x=1")
	p = b.get(p.one("a.language").attr["href"]).wants(http.StatusOK, "in sign-off", "2 sign-offs", "The whole trail", "5 working days", "9 March 2026")
	if p.path != issueURL(id)+"?x=1" || p.one("html").attr["lang"] != "en" {
		t.Errorf("the switch leads to %s in %s", p.path, p.one("html").attr["lang"])
	}
	b.get("/issues").wants(http.StatusOK, "Choose a district")
	b.get("/nowhere").wants(http.StatusNotFound, "There is no such page", "Check the address")
	b.get(b.get("/").one("a.language").attr["href"]).wants(http.StatusOK, "在办问题")
}

func TestListsTurnPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for k := range perPage + 3 {
		w.raise("问题"+strings.Repeat("一", k+1), road)
	}
	b := w.as("cc-oversight-1", roster.Overseer, "cc-oversight")
	for _, path := range []string{"/issues?project=qingke-culvert", "/issues?district=440604"} {
		p := b.get(path).wants(http.StatusOK)
		if n := len(p.all("table.rows tbody tr")); n != perPage {
			t.Errorf("%s shows %d issues on its first page", path, n)
		}
		p = b.get(p.one("a[rel=next]").attr["href"]).wants(http.StatusOK, "回到第一页")
		if n := len(p.all("table.rows tbody tr")); n != 3 || len(p.all("a[rel=next]")) != 0 {
			t.Errorf("%s shows %d issues on its second page", path, n)
		}
	}
	b.get("/issues?project=nothing").wants(http.StatusNotFound)
	b.get("/issues?district=440604&after=xyz").wants(http.StatusUnprocessableEntity, "请从第一页重新打开")
	p := w.officer("cc-transport").get("/inbox").wants(http.StatusOK)
	if n := len(p.all("table.rows tbody tr")); n != perPage || len(p.all("a[rel=next]")) != 1 {
		t.Errorf("the inbox shows %d tasks on its first page", n)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	id := w.raise(evil, func(f *form) { road(f); f.set("assumed", evil) })
	police := w.officer("cc-traffic-police")
	police.get(taskURL(id, 1)).form("button[value=object]").set("code", "other").set("ground", evil).set("reason", evil).send().wants(http.StatusOK)
	for _, b := range []*browser{w.secretary(), police, w.as("general-branch-1", roster.GeneralBranch, "general-branch")} {
		for _, path := range []string{"/", issueURL(id), taskURL(id, 1)} {
			p := b.get(path)
			if n := len(p.all("script")) + len(p.all("img[onerror]")); n != 0 {
				t.Errorf("%s runs %d foreign elements", path, n)
			}
		}
	}
	police.get(issueURL(id)).wants(http.StatusOK, `<script>alert(1)</script>`)
}

func TestErrorPagesSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.officer("cc-transport")
	b.get("/issues/none").wants(http.StatusNotFound, "没有找到", "没有编号为", "请核对地址", "回到首页")
	b.get("/issues/new").wants(http.StatusForbidden, "不能办理", "由临时党支部书记办理")
	w.secretary().get("/inbox").wants(http.StatusForbidden)
	id := w.raise("箱涵占道", road)
	for _, n := range []string{"0", "9", "x"} {
		b.get(issueURL(id) + "/signoffs/" + n).wants(http.StatusNotFound)
	}
	w.secretary().get(issueURL(id)+"/edit").wants(http.StatusConflict, "不能再按草稿修改")
	b.post(taskURL(id, 2), map[string][]string{"act": {"dance"}}).wants(http.StatusUnprocessableEntity, "请选择一种意见")
	b.do(http.MethodDelete, issueURL(id), nil, nil).wants(http.StatusNotFound)
	b.do(http.MethodPost, taskURL(id, 2), map[string][]string{"act": {"approve"}}, http.Header{"Sec-Fetch-Site": {"cross-site"}}).wants(http.StatusForbidden, "这次提交来自别的网站")
	b.post(taskURL(id, 2), map[string][]string{"act": {"approve"}, "reason": {strings.Repeat("长", maxBody)}}).wants(http.StatusUnprocessableEntity, "过大")
	b.post(taskURL(id, 1), map[string][]string{"act": {"approve"}, "version": {"2"}}).wants(http.StatusForbidden, "的承办人办理")
}

// broken is a store whose lists fail.
type broken struct{ approval.Store }

func (broken) Issues(context.Context, approval.IssueQuery, approval.Page) ([]approval.Issue, approval.Cursor, error) {
	return nil, "", errors.New("disk on fire")
}

func TestAnInternalErrorIsLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	old := w.handler.(*server)
	var log strings.Builder
	handler, err := New(Config{
		Service:  approval.NewService(w.service.Rules(), broken{w.service.Store()}, &approvaltest.Stillness{}, w.clock.Now, approvaltest.IDs()),
		Verifier: old.Verifier, Log: slog.New(slog.NewTextHandler(&log, nil)), ICPNote: "粤ICP备00000000号", Key: formKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.handler = handler
	b.get("/").wants(http.StatusInternalServerError, "系统出错", "请稍后重试").lacks("disk on fire")
	if !strings.Contains(log.String(), "disk on fire") {
		t.Errorf("the log says %q", log.String())
	}
	stranger := &browser{t: t, handler: handler, cookies: map[string]string{}}
	stranger.get("/").wants(http.StatusOK, "统一身份认证", "粤ICP备00000000号").lacks("演示")
	stranger.post("/sign-in", map[string][]string{"person": {"u-valley-secretary"}, "role": {"secretary"}, "unit": {"branch-u-valley"}}).wants(http.StatusForbidden)
}

func TestPagesGuardThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.secretary().get("/")
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "private"} {
		if got := p.header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if !strings.Contains(p.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("pages may be framed")
	}
	for _, e := range p.all("link") {
		if strings.HasPrefix(e.attr["href"], "/static/") {
			if got := w.stranger().get(e.attr["href"]); got.status != http.StatusOK || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s answers %d", e.attr["href"], got.status)
			}
		}
	}
	w.stranger().get("/static/webui.go").wants(http.StatusNotFound)
}

func TestASessionEndsWithItsPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.secretary()
	f := b.get("/issues/new").form("button[value=save]").set("title", "箱涵")
	w.session.Add(13 * time.Hour)
	p := f.send().wants(http.StatusForbidden, "登录已失效，这次没有办理任何事项", "箱涵")
	p.one("a[href=/sign-in][target=_blank]")

	// After a sign-in in another window the page that was kept goes on, asking once more.
	b.cookies = w.secretary().cookies
	p = p.form("#again").send().wants(http.StatusForbidden, "打开该页面后登录状态已变化", "箱涵")
	p.form("#again").send().wants(http.StatusOK, "草稿已保存")
}

// crawl visits every link that a person can reach and calls check on each page.
func crawl(t *testing.T, b *browser, check func(*page)) {
	t.Helper()
	seen := map[string]bool{}
	queue := []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		path, _, _ = strings.Cut(path, "#")
		if path == "" || seen[path] {
			continue
		}
		seen[path] = true
		p := b.get(path)
		if p.status != http.StatusOK {
			t.Errorf("%s answers %d: %s", path, p.status, p.words())
			continue
		}
		check(p)
		ids := map[string]int{}
		p.walk(func(e *element) {
			if id := e.attr["id"]; id != "" {
				ids[id]++
			}
		})
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has %d elements with the id %q", p.path, n, id)
			}
		}
		for _, a := range p.all("a") {
			href := a.attr["href"]
			if _, file := a.attr["download"]; file {
				continue // no page
			}
			switch {
			case strings.HasPrefix(href, "#"):
				if ids[href[1:]] == 0 {
					t.Errorf("%s links to %s, which is not there", p.path, href)
				}
			case strings.Contains(href, "lang="): // the switch has its own test
			case strings.HasPrefix(href, "/api/"): // another handler's
			case strings.HasPrefix(href, "/"):
				queue = append(queue, href)
			default:
				t.Errorf("%s links to %q", p.path, href)
			}
		}
	}
}

// everybody is one person for each role.
func (w *world) everybody() map[string]*browser {
	return map[string]*browser{
		"secretary": w.secretary(), "officer": w.officer("cc-transport"), "lead": w.as("cc-transport-lead", roster.Lead, "cc-transport"),
		"general_branch": w.as("general-branch-1", roster.GeneralBranch, "general-branch"), "headquarters": w.as("headquarters-1", roster.Headquarters, "headquarters"),
		"bureau": w.as("cc-bureau-1", roster.Bureau, "cc-bureau"), "overseer": w.as("cc-oversight-1", roster.Overseer, "cc-oversight"),
		"administrator": w.as("cc-administration-1", roster.Administrator, "cc-administration"),

		"security_administrator": w.as("cc-security-1", roster.SecurityAdministrator, "cc-administration"),
		"audit_administrator":    w.as("cc-audit-1", roster.AuditAdministrator, "cc-administration"),
	}
}

// busy fills a world with issues in every state.
func (w *world) busy() map[string]approval.IssueID {
	ids := map[string]approval.IssueID{}
	done := w.raise("青柯街箱涵占道", road)
	ids["concluded"] = done
	w.officer("cc-traffic-police").get(taskURL(done, 1)).form("button[value=approve]").set("reason", "同意夜间占道").send()
	w.clock.Add(24 * time.Hour)
	w.officer("cc-transport").get(taskURL(done, 2)).form("button[value=approve]").send()
	w.settle(done, 1)
	ids["overdue"] = w.raise("管线迁改与开挖许可", permits)
	w.clock.Add(9 * 24 * time.Hour)
	w.look(ids["overdue"], 1)
	ids["objected"] = w.raise("箱涵施工交通疏导", road)
	w.officer("cc-traffic-police").get(taskURL(ids["objected"], 1)).form("button[value=object]").set("code", "traffic").set("reason", "早高峰无法疏导").send()
	w.officer("cc-transport").get(taskURL(ids["objected"], 2)).form("button[value=supplement]").set("papers", "交通组织方案\n安全评估报告").send()
	ids["held"] = w.raise("雨水箱涵接口", road)
	if err := w.service.Hold(w.t.Context(), ids["held"], 1, "token", "Internal", "store"); err != nil {
		w.t.Fatal(err)
	}
	ids["open"] = w.raise("涉河方案与管线", func(f *form) {
		f.set("item", "19", "17").set("party", "utilities_relocation/cc-utilities", "river_works/cc-water")
	})
	f := w.secretary().get("/issues/new").form("button[value=save]").set("title", "还没写完的问题")
	permits(f)
	w.attach(w.secretary(), ids["open"], "petition/0", "总平面图.pdf", "%PDF-1.7").wants(http.StatusOK, "附件已上传")
	w.attach(w.officer("cc-water"), ids["open"], "opinion/4", "现场.png", "\x89PNG\r\n\x1a\n").wants(http.StatusOK, "附件已上传")
	w.records(ids["open"])
	ids["draft"] = approval.IssueID(strings.Split(strings.TrimPrefix(f.send().path, "/issues/"), "/")[0])
	return ids
}

func TestEveryLinkLeadsSomewhereForEveryRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	for role, b := range w.everybody() {
		crawl(t, b, func(p *page) {
			p.who = b
			for _, e := range p.all("input") {
				if e.attr["type"] != "hidden" && e.attr["type"] != "checkbox" && e.attr["type"] != "radio" && len(p.all("label[for="+e.attr["id"]+"]")) != 1 {
					t.Errorf("%s %s: the field %q has no label", role, p.path, e.attr["name"])
				}
			}
			for _, e := range append(p.all("textarea"), p.all("select")...) {
				if len(p.all("label[for="+e.attr["id"]+"]")) != 1 {
					t.Errorf("%s %s: the field %q has no label", role, p.path, e.attr["name"])
				}
			}
			for _, e := range p.all("table") {
				if len(e.all("caption")) != 1 || len(e.all("th[scope=col]")) == 0 {
					t.Errorf("%s %s: a table lacks its caption or the scope of its columns", role, p.path)
				}
			}
			if len(p.all("h1")) != 1 {
				t.Errorf("%s %s has %d first headings", role, p.path, len(p.all("h1")))
			}
			written := slices.DeleteFunc(p.all("script"), func(e *element) bool { return e.attr["src"] != "" })
			if len(p.all("[style]"))+len(p.all("style"))+len(written) != 0 {
				t.Errorf("%s %s has styles or scripts in the page, which its own policy forbids", role, p.path)
			}
		})
	}
}
