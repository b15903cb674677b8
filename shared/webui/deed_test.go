package webui

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/intake"
	"lianban/shared/oversight"
	"lianban/shared/register"
	"lianban/shared/roster"
)

func (w *world) lead(department string) *browser {
	return w.as(roster.PersonID(department+"-lead"), roster.Lead, department)
}

func (w *world) general() *browser {
	return w.as("general-branch-1", roster.GeneralBranch, "general-branch")
}

// file opens the page that has a deed's form, fills the form and sends it.
func (b *browser) file(path, act string, fill ...string) *page {
	b.t.Helper()
	f := b.get(path).wants(http.StatusOK).form("button[value=" + act + "]")
	for k := 0; k < len(fill); k += 2 {
		f.set(fill[k], fill[k+1])
	}
	return f.send()
}

func TestEveryDeedHasItsTexts(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	s := &issue.SignOffs[0]
	s.Stops = []approval.Stop{{Reason: approval.StopHearing}}
	s.Extension = &approval.Extension{}
	s.Notices = []approval.Notice{{K: 1, State: approval.NoticeIssued}}
	s.Added = []approval.Added{{K: 1}}
	s.Duties = []approval.Duty{{}}
	o := subject{&issue, s}
	v := &visit{server: w.handler.(*server), speaker: w.handler.(*server).speakers[zh], viewer: &viewer{Actor: approval.Actor{Person: "cc-transport-lead"}}, now: w.service.Now(), today: w.service.Today()}
	for _, list := range [][]deed{signOffDeeds, dutyDeeds, issueDeeds, toleranceDeeds, consultDeeds} {
		for k := range list {
			d := &list[k]
			for _, key := range []string{"deed." + d.act, "deed." + d.act + ".do", "deed." + d.act + ".next", "done." + d.act} {
				if _, ok := all[zh][key]; !ok {
					t.Errorf("there is no text %s", key)
				}
			}
			if d.group != "" && all[zh]["deeds."+d.group] == "" {
				t.Errorf("the group %s has no name", d.group)
			}
			for _, e := range d.entries(v, o, 1) {
				for _, text := range []string{e.Label, e.Hint} {
					if strings.Contains(text, "⟦") {
						t.Errorf("the field %s of %s has no label: %s", e.Name, d.act, text)
					}
				}
				for _, c := range e.Choices {
					if strings.Contains(c.Text+c.Note, "⟦") {
						t.Errorf("a choice of the field %s of %s has no text: %s", e.Name, d.act, c.Text)
					}
				}
			}
		}
	}
}

func TestEveryStepOnARecordHasItsTexts(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	acts := []string{register.EvApprove, register.EvRefuse, register.EvWithdraw, "register_request", "publish_matter", "appoint", "dispose_warning"}
	for _, step := range requestSteps {
		acts = append(acts, "request_"+step.act)
	}
	for _, step := range matterSteps {
		acts = append(acts, "matter_"+step.act)
	}
	var keys []string
	for _, act := range acts {
		keys = append(keys, "deed."+act, "deed."+act+".do", "deed."+act+".next")
		if act != "register_request" { // its page is what it says
			keys = append(keys, "done."+act)
		}
	}
	for k := range proposals {
		keys = append(keys, "deed."+proposals[k].act())
	}
	for prefix, kinds := range map[string][]string{
		"request.event.":  {intake.EvRegister, intake.EvAccept, intake.EvHandOn, intake.EvRaise, intake.EvAnswer, intake.EvDecline, intake.EvClose, intake.EvRate, intake.EvRenewCode},
		"matter.event.":   {intake.EvPublish, intake.EvClaim, intake.EvGiveBack, intake.EvReport, intake.EvConfirm, intake.EvRecall, intake.EvExpire},
		"change.event.":   {register.EvPropose, register.EvApprove, register.EvRefuse, register.EvWithdraw, register.EvEnter, register.EvConform},
		"briefing.event.": {briefing.EvDrawUp, briefing.EvSign},
		"warning.": {
			string(oversight.Overdue), string(oversight.NearDue), string(oversight.Untouched), string(oversight.Supplements), string(oversight.Extensions), string(oversight.MissedDuty),
			string(oversight.Interest), string(oversight.Rotation), string(oversight.TermEnding), string(oversight.TermOver), string(oversight.NoSecretary), string(oversight.NoBranch),
		},
		"notice.state.": {string(approval.NoticeIssued), string(approval.NoticeReplied), string(approval.NoticeSentBack), string(approval.NoticeClosed)},
		"step.":         {string(approval.StepRemind), string(approval.StepYellow), string(approval.StepRed), string(approval.StepNotice)},
	} {
		for _, kind := range kinds {
			keys = append(keys, prefix+kind)
		}
	}
	for _, key := range keys {
		if all[zh][key] == "" {
			t.Errorf("there is no text %s", key)
		}
	}
}

func TestDeedsAreOfferedToWhoMayDoThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.raise("水土保持方案", func(f *form) { f.set("item", "17") })
	matter := w.raise("箱涵占道", road)
	officer := w.department(item, 1)
	for _, x := range []struct {
		who   *browser
		path  string
		has   []string
		lacks []string
	}{
		{w.officer(officer), taskURL(item, 1), []string{"accept", "stop", "transfer", "add_signer", "recuse", "comment"}, []string{"reassign", "answer_extension", "urge", "supervise", "send_back", "end_stop"}},
		{w.lead(officer), taskURL(item, 1), []string{"reassign", "transfer", "add_signer"}, []string{"accept", "stop", "recuse", "urge"}},
		{w.secretary(), taskURL(item, 1), []string{"urge", "dispose", "pass_up", "comment"}, []string{"accept", "stop", "supervise", "pause_ladder"}},
		{w.general(), taskURL(item, 1), []string{"supervise", "pause_ladder"}, []string{"resume_ladder", "stop", "urge", "dispose"}},
		{w.officer("cc-transport"), taskURL(matter, 2), []string{"transfer"}, []string{"accept", "ask_extension"}},
		{w.as("cc-bureau-1", roster.Bureau, "cc-bureau"), issueURL(item), []string{"name_officer", "comment"}, []string{"reopen"}},
		{w.as("cc-oversight-1", roster.Overseer, "cc-oversight"), issueURL(item), []string{"comment"}, []string{"name_officer", "reopen"}},
	} {
		p := x.who.get(x.path).wants(http.StatusOK)
		for _, act := range x.has {
			if len(p.all("button[value="+act+"]")) != 1 {
				t.Errorf("%s does not offer %s", x.path, act)
			}
		}
		for _, act := range x.lacks {
			if len(p.all("button[value="+act+"]")) != 0 {
				t.Errorf("%s offers %s", x.path, act)
			}
		}
	}
}

// department is whose a sign-off is.
func (w *world) department(id approval.IssueID, n int) string {
	w.t.Helper()
	issue, err := w.service.Store().Issue(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(issue.SignOff(n).Department)
}

func TestADepartmentKeepsItsClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("水土保持方案", func(f *form) { f.set("item", "17") })
	task, department := taskURL(id, 1), w.department(id, 1)
	officer := w.officer(department)
	w.clock.Add(48 * time.Hour)
	officer.file(task, "accept").wants(http.StatusOK, "已受理，期限从今天起算")
	p := officer.file(task, "stop", "kind", "hearing", "days", "40", "reason", "听证会筹备").wants(http.StatusUnprocessableEntity, "听证会筹备")
	if e := p.one("input#f-stop-1-days"); e.attr["aria-invalid"] != "true" || e.attr["value"] != "40" {
		t.Errorf("the days at fault are %v", e.attr)
	}
	if len(p.all("details.group[open]")) != 1 {
		t.Error("the group of the form at fault is folded")
	}
	p.form("button[value=stop]").set("days", "5").send().wants(http.StatusOK, "已停表", "听证会筹备", "停表")
	w.clock.Add(24 * time.Hour)
	officer.file(task, "end_stop").wants(http.StatusUnprocessableEntity, "请填写此项").form("button[value=end_stop]").set("result", "已听证").send().wants(http.StatusOK, "停表已结束")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if days, _ := w.service.Rules().Extendable(issue.SignOff(1)); days > 0 {
		officer.file(task, "ask_extension", "days", "3", "reason", "须现场踏勘").wants(http.StatusOK, "延期申请已提交", "等待部门负责人批准")
		lead := w.lead(department)
		lead.file(task, "answer_extension").wants(http.StatusUnprocessableEntity, "请选择：同意延期或不同意延期")
		lead.file(task, "answer_extension", "answer", "granted").wants(http.StatusOK, "已答复延期申请", "同意延期")
	} else {
		t.Error("the item of the test allows no extension")
	}
}

func TestATaskGoesFromHandToHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	task := taskURL(id, 2)
	first := w.officer("cc-transport")
	first.file(task, "add_signer", "department", "unit/cc-ecology", "question", "噪声是否达标").wants(http.StatusOK, "已请其加签", "噪声是否达标")
	first.file(task, "cancel_added", "reason", "已电话核实").wants(http.StatusOK, "加签已撤销")
	first.file(task, "recuse", "reason", "亲属参与施工").wants(http.StatusOK, "已回避")
	second := w.as("cc-transport-officer-2", roster.Officer, "cc-transport")
	second.get(task).form("button[value=claim]").send().wants(http.StatusOK)
	lead := w.lead("cc-transport")
	lead.file(task, "reassign", "person", "cc-transport-officer-1", "reason", "另有任务").wants(http.StatusUnprocessableEntity, "应当回避")
	second.file(task, "transfer", "reason", "属市政设施").wants(http.StatusUnprocessableEntity, "没有这个部门", "属市政设施").form("button[value=transfer]").set("department", "cc-water").send().wants(http.StatusOK, "已转办", "转办禅城区水利局")
	w.officer("cc-water").file(task, "send_back", "reason", "不属水利职责").wants(http.StatusOK, "已退回", "承办部门有争议")
	w.general().file(task, "assign", "department", "cc-transport", "reason", "道路设施归口交通").wants(http.StatusOK, "承办部门已确定")
	w.secretary().file(task, "urge", "text", "请尽快").wants(http.StatusOK, "已催办")
	p := w.secretary().get(issueURL(id))
	p.form("button[value=comment]").set("text", "请李工看一下").set("mentions", "cc-transport-officer-1").send().wants(http.StatusOK, "留言已发布", "请李工看一下")
	w.as("cc-bureau-1", roster.Bureau, "cc-bureau").file(issueURL(id), "name_officer", "person", "cc-bureau-2", "reason", "分工调整").wants(http.StatusOK, "包干责任人已指定")
}

func TestAFormThatIsNoLongerOfferedGivesBackWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	old := w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=transfer]").set("department", "cc-water").set("reason", "属水利职责的理由")
	w.as("cc-transport-officer-2", roster.Officer, "cc-transport").get(taskURL(id, 2)).form("button[value=approve]").send().wants(http.StatusOK, "已同意")
	old.send().wants(http.StatusConflict, "刚才填写的内容", "属水利职责的理由", "已同意")
}

func TestDutiesAreReportedVerifiedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	for n, department := range []string{"cc-traffic-police", "cc-transport"} {
		w.officer(department).file(taskURL(id, n+1), "condition", "what", "夜间施工并设岗", "by", "2026-03-06", "checker", department).wants(http.StatusOK, "已附条件同意")
	}
	w.settle(id, 1)
	police := w.officer("cc-traffic-police")
	police.get("/inbox").wants(http.StatusOK, "有1项后续义务待核查")
	p := police.get("/duties").wants(http.StatusOK, "待核查义务", "夜间施工并设岗", "剩4个工作日")
	task := strings.TrimSuffix(p.one("table.rows tbody a").attr["href"], "#duties")
	w.secretary().file(task, "report_duty", "text", "已设岗，照片见附件").wants(http.StatusOK, "已报告履行情况", "照片见附件")
	police.file(task, "meet_duty").wants(http.StatusUnprocessableEntity, "请填写此项").form("button[value=meet_duty]").set("evidence", "现场查看，已设岗").send().wants(http.StatusOK, "已核查履行", "现场查看，已设岗", "已履行")
	police.get("/duties").wants(http.StatusOK, "没有待核查的义务")
	transport := w.officer("cc-transport")
	if p := transport.get(taskURL(id, 2)); len(p.all("button[value=revoke]")) != 0 {
		t.Error("an approval may be revoked before its duty's date has passed")
	}
	w.clock.Add(8 * 24 * time.Hour)
	transport.get("/duties").wants(http.StatusOK, "已超期")
	transport.file(taskURL(id, 2), "revoke", "code", "condition_unmet", "ground", "附加条件第1项", "reason", "到期未设岗").wants(http.StatusOK, "同意已撤销，有关任务重新办理")
	w.secretary().get(issueURL(id)).wants(http.StatusOK, "到期未设岗")
}

func TestAConcludedIssueIsReopened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	for n, department := range []string{"cc-traffic-police", "cc-transport"} {
		w.officer(department).get(taskURL(id, n+1)).form("button[value=approve]").send().wants(http.StatusOK)
	}
	w.settle(id, 1)
	b := w.secretary()
	p := b.file(issueURL(id), "reopen", "reason", "改道后须重新疏导").wants(http.StatusUnprocessableEntity, "请至少选择一项", "改道后须重新疏导")
	p.form("button[value=reopen]").set("signOffs", "1").send().wants(http.StatusOK, "已重新办理", "改道后须重新疏导")
}

func TestSilenceIsPressedOnAndTheNoticeAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	task, general := taskURL(id, 2), w.general()
	w.secretary().file(task, "dispose", "what", "urged", "text", "已上门催促").wants(http.StatusOK, "处置措施已登记", "已上门催促")
	general.file(task, "pause_ladder", "until", "2026-03-20", "reason", "正在协调").wants(http.StatusUnprocessableEntity, "暂停提级最多").form("button[value=pause_ladder]").set("until", "2026-03-05").send().wants(http.StatusOK, "提级已暂停", "正在协调")
	general.file(task, "resume_ladder", "reason", "协调未果").wants(http.StatusOK, "提级已恢复")
	general.file(task, "supervise", "demand", "三日内办结").wants(http.StatusOK, "督办单已发出", "三日内办结", "须于2026年3月5日前回复")
	lead := w.lead("cc-transport")
	lead.file(task, "reply_notice", "text", "周四办结").wants(http.StatusOK, "督办单已回复")
	general.file(task, "recheck_notice", "text", "未说明原因").wants(http.StatusUnprocessableEntity, "未说明原因").form("button[value=recheck_notice]").set("ok", "no").send().wants(http.StatusOK, "督办回复已复核", "复核不通过")
	lead.file(task, "reply_notice", "text", "因方案调整，周四办结").wants(http.StatusOK)
	general.file(task, "recheck_notice", "ok", "yes", "text", "同意").wants(http.StatusOK, "已办结")
	w.secretary().file(task, "pass_up", "to", "headquarters", "reason", "跨区事项").wants(http.StatusUnprocessableEntity, "越级提级须说明").form("button[value=pass_up]").set("skipped", "总支无权协调邻区").send().wants(http.StatusOK, "已提级", "现由总指挥部督办")
}

func TestABrowserWithoutScriptStopsTheClockAndTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))
	id := w.raise("水土保持方案", func(f *form) { f.set("item", "17") })
	s.signIn(roster.PersonID(w.department(id, 1)+"-officer-1"), roster.Officer)
	s.do(chromedp.Navigate(s.base + taskURL(id, 1)))
	s.look("task-acts")
	s.press(`button[value="accept"]`)
	s.says("已受理")
	s.do(chromedp.Click(chromedp.CSS("#task-clock > summary")), chromedp.Click(chromedp.CSS("details:has(> #stop-1) > summary")),
		chromedp.SetValue(chromedp.CSS("#f-stop-1-kind"), "expert_review"), chromedp.SendKeys(chromedp.CSS("#f-stop-1-days"), "50"), chromedp.SendKeys(chromedp.CSS("#f-stop-1-reason"), "专家评审水保方案"))
	s.press(`button[value="stop"]`)
	s.says("请填写告知的所需时间")
	s.look("task-stop-refused")
	s.do(chromedp.SetValue(chromedp.CSS("#f-stop-1-days"), "5"))
	s.press(`button[value="stop"]`)
	s.says("已停表", "专家评审水保方案")
	s.look("task-stopped")
}

func TestAnOverdueTaskIsDecidedWithItsReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.overdue()
	p := w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=approve]").send().wants(http.StatusUnprocessableEntity, "该任务已于2026年3月9日到期，逾期办结须说明逾期原因并予公开")
	p.form("button[value=approve]").set("reason", "绕行方案调整").send().wants(http.StatusOK, "已同意", "绕行方案调整")
}

func TestABrowserWithoutScriptReportsAndVerifiesADuty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.screen(withoutScript(t))
	id := w.raise("箱涵占道", road)
	w.officer("cc-transport").file(taskURL(id, 2), "condition", "what", "夜间施工并设岗", "by", "2026-03-06", "checker", "cc-transport").wants(http.StatusOK)
	s.signIn("qingke-secretary", roster.Secretary)
	s.do(chromedp.Navigate(s.base + issueURL(id)))
	s.do(chromedp.Click(chromedp.CSS("details:has(> #report_duty-2-1) > summary")))
	s.look("issue-duties")
	s.do(chromedp.SendKeys(chromedp.CSS("#f-report_duty-2-1-text"), "已设岗，照片见附件"))
	s.press(`button[value="report_duty"]`)
	s.says("已报告履行情况")
	s.press(`form[action="/sign-out"] button`)
	s.signIn("cc-transport-officer-1", roster.Officer)
	s.press(`.waits a[href="/duties"]`)
	s.press(`table.rows tbody a`)
	s.do(chromedp.Click(chromedp.CSS("details:has(> #meet_duty-2-1) > summary")), chromedp.SendKeys(chromedp.CSS("#f-meet_duty-2-1-evidence"), "现场查看，已设岗"))
	s.press(`button[value="meet_duty"]`)
	s.says("已核查履行", "现场查看，已设岗")
	s.look("duty-met")
	s.do(chromedp.Navigate(s.base + "/mentions"))
}

func TestAnApprovalLeavesSeveralDuties(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	task := taskURL(id, 2)
	p := w.officer("cc-transport").file(task, "condition", "what", "夜间施工", "by", "2026-03-20", "checker", "cc-transport", "what-3", "恢复标线", "by-3", "").wants(http.StatusUnprocessableEntity, "核查期限须晚于今天", "恢复标线")
	if e := p.one("input#f-condition-by-3"); e.attr["aria-invalid"] != "true" {
		t.Errorf("the date of the third duty is not marked: %v", e.attr)
	}
	p.form("button[value=condition]").set("by-3", "2026-04-10").send().wants(http.StatusOK, "已附条件同意", "后续义务 2", "恢复标线", "2026年4月10日")
}

func TestASupplementHasTheDaysThatAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	p := w.officer("cc-transport").file(taskURL(id, 2), "supplement", "papers", "交通组织方案", "days", "40").wants(http.StatusUnprocessableEntity, "补正期限为 5 至 30 个工作日", "交通组织方案")
	if e := p.one("input#f-supplement-days"); e.attr["value"] != "40" || e.attr["aria-invalid"] != "true" {
		t.Errorf("the days at fault are %v", e.attr)
	}
	p.form("button[value=supplement]").set("days", "10").send().wants(http.StatusOK, "2026年3月16日")
}
