package webui

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// arranged fills the form of a meeting in an hour, with a vote until the day after of
// the two departments and a village committee.
func (w *world) arranged(f *form) *form {
	now := w.clock.Now()
	return f.set("at", now.Add(time.Hour).In(time.FixedZone("", 8*3600)).Format(momentInput)).set("place", "指挥部一号会议室").
		set("agenda", "交通组织方案\n\n工期").set("papers", "交通组织方案（第二稿）").set("voters", "cc-traffic-police", "cc-transport").
		set("outside.voters", "白坭村民委员会，何村代表").set("observers", "branch-qingke").
		set("ballot.question", "异议不成立，按第二稿方案实施").set("ballot.motion", "set_aside").set("ballot.quorum", "67").
		set("ballot.threshold", "two_thirds").set("ballot.until", now.Add(24*time.Hour).Format("2006-01-02"))
}

func TestAConsultationIsConductedOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵施工交通疏导", road)
	w.officer("cc-traffic-police").get(taskURL(id, 1)).form("button[value=object]").set("code", "traffic").set("reason", "早高峰无法疏导").send()
	holder := w.general()
	page := issueURL(id)
	w.arranged(holder.get(page).form("button[value=meet]")).send().wants(200, "会议和表决已安排", "表决事项：异议不成立，按第二稿方案实施", "白坭村民委员会（何村代表） 未表决，尚未签发链接", "青柯街雨水箱涵工程临时党支部 列席")

	give := holder.get(page).form("button[value=invite]")
	told := give.send().wants(200, "白坭村民委员会（何村代表）", "只显示这一次")
	if told.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the link is told with %v", told.header)
	}
	_, link, ok := strings.Cut(told.one("textarea").words(), "http://example.com")
	if !ok {
		t.Fatalf("the link is %s", told.one("textarea").words())
	}
	give.send().wants(200, "不能再次显示").lacks("/ballot?") // a double click
	holder.get(page).lacks("/ballot?").wants(200, "签发过链接")

	w.clock.Add(2 * time.Hour)
	w.officer("cc-transport").file(page, "cast", "choice", "for", "reason", "方案可行").wants(200, "已投出本单位的表决", "赞成")
	if p := w.officer("cc-transport").get(page); len(p.all("button[value=cast]")) != 0 {
		t.Error("who has voted is asked to vote")
	}
	w.lead("cc-traffic-police").file(page, "excuse").wants(http.StatusUnprocessableEntity, "请填写此项")
	w.officer("cc-traffic-police").file(page, "cast", "choice", "against").wants(200, "已投出本单位的表决")
	w.stranger().get(link).form("button[value=review]").set("choice", "for").send().form("button[value=cast]").send().wants(200, "您的表决已记录：赞成")

	if p := holder.get(page); len(p.all("button[value=meet]"))+len(p.all("button[value=invite]")) != 0 {
		t.Error("after the vote the meeting can be arranged anew, or a link given")
	}
	holder.file(page, "minute", "text", "多数赞成", "resolutions", "按第二稿实施").wants(200, "会议纪要已记录", "出席：", "按第二稿实施")
	settle := holder.get(page).form("button[value=settle]").set("outcome.1", "set_aside").set("department.0", "cc-transport").set("what.0", "增设导行标志").set("by.0", "2026-03-07")
	refused := settle.send().wants(http.StatusUnprocessableEntity, "不是工作日")
	if e := refused.byID("f-settle-by-0"); e == nil || e.attr["aria-invalid"] != "true" || e.attr["value"] != "2026-03-07" {
		t.Error("the date at fault is not marked, or lost")
	}
	refused.form("button[value=settle]").set("by.0", "2026-03-06").send().wants(200, "会商已办结", "议定事项：第3项会签任务", "（按表决结果）")
}

func TestTheMeetingsFormSaysWhatIsWrongAtItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵施工交通疏导", road)
	w.officer("cc-traffic-police").get(taskURL(id, 1)).form("button[value=object]").set("code", "traffic").set("reason", "早高峰无法疏导").send()
	holder := w.general()
	for _, x := range []struct{ name, value, field, says string }{
		{"at", "2026-03-01T09:00", "at", "会议时间已过"},
		{"at", "soon", "at", "请填写会议日期和时间"},
		{"callLink", "http://meet.example/1", "callLink", "https://"},
		{"agenda", "", "agenda", "请填写 1 至 20 项"},
		{"outside.voters", "白坭村民委员会", "outside.voters", "请填写此项"},
		{"observers", "cc-transport", "observers", "重复"},
		{"ballot.quorum", "0", "ballot.quorum", "法定人数"},
		{"ballot.until", "2026-04-01", "ballot.until", "最迟"},
		{"ballot.threshold", "count", "ballot.need", "通过票数"},
	} {
		p := w.arranged(holder.get(issueURL(id)).form("button[value=meet]")).set(x.name, x.value).send().wants(http.StatusUnprocessableEntity, x.says, "白坭村民委员会")
		if e := p.byID("p-" + x.field); e == nil || !strings.Contains(e.words(), x.says) {
			t.Errorf("%s=%q is not told at %s", x.name, x.value, x.field)
		}
	}
}

// byID finds ids with dots too, which no selector takes.
func (p *page) byID(id string) (found *element) {
	p.walk(func(e *element) {
		if e.attr["id"] == id {
			found = e
		}
	})
	return found
}

func TestAMeetingIsArrangedAnewFromWhatItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, page := w.invited()
	f := w.general().get(issueURL(id)).form("button[value=meet]")
	if f.values.Get("ballot.question") != "异议不成立，按第二稿方案实施" || f.values.Get("outside.voters") != "白坭村民委员会，何村代表" || f.values.Get("at") != "2026-03-02T10:00" || len(f.values["voters"]) != 2 {
		t.Fatalf("the form begins with %v", f.values)
	}
	f.set("ballot.question", "按第三稿方案实施").send().wants(200, "会议和表决已安排", "此前签发的1个一次性链接作废")
	w.stranger().get(page).wants(http.StatusNotFound, "链接无效")
}

func TestAVoteOnAQuestionThatHasChangedIsNotCast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.invited()
	w.clock.Add(2 * time.Hour)
	seen := w.officer("cc-transport").get(issueURL(id)).form("button[value=cast]").set("choice", "for")
	s := w.villageVotes()
	s.At, s.Ballot.Question = w.clock.Now(), "按第三稿方案实施"
	w.must(id, generalBranch, s)
	seen.send().wants(http.StatusConflict, "按第三稿方案实施")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || issue.Consultation.Meeting.Ballot.Cast() != 0 {
		t.Errorf("it was cast: %v", err)
	}
}

func TestTheGeneralBranchConvenesAndPassesUpOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	page := issueURL(id)
	if p := w.secretary().get(page); len(p.all("button[value=convene]")) != 0 {
		t.Error("the branch may convene")
	}
	holder := w.general()
	holder.file(page, "convene", "cause", "conflict", "reason", "两项条件相互冲突").wants(http.StatusUnprocessableEntity, "至少两项", "两项条件相互冲突")
	f := holder.get(page).form("button[value=convene]").set("cause", "conflict").set("signOffs", "1", "2").set("reason", "两项条件相互冲突")
	f.send().wants(200, "会商已召集", "意见冲突", "涉及第1、2项会签任务")
	holder.file(page, "settle").wants(http.StatusUnprocessableEntity, "请填写此项")
	holder.file(page, "refer", "reason", "涉及市级部门").wants(200, "已提请上级会商")
	w.as("headquarters-1", roster.Headquarters, "headquarters").file(page, "settle", "reason", "已协调一致").wants(200, "会商已办结")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || issue.Status != approval.InSignOff {
		t.Errorf("the issue is %s, %v", issue.Status, err)
	}
}

func TestAConflictIsConcludedOnThePageByDecidingAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	page := issueURL(id)
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=approve]").send()
	holder := w.general()
	f := holder.get(page).form("button[value=convene]").set("cause", "conflict").set("signOffs", "1", "2").set("reason", "两项条件相互冲突")
	f.send().wants(200, "会商已召集")
	settle := holder.get(page).form("button[value=settle]").set("reason", "按夜间施工重新出具意见")
	refused := settle.set("anew", "1").send().wants(http.StatusUnprocessableEntity, "没有已生效的同意意见")
	if e := refused.byID("p-anew"); e == nil {
		t.Error("the refusal does not stand at its field")
	}
	settle.set("anew", "2").send().wants(200, "会商已办结", "重新出具意见：第2项会签任务")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || issue.SignOff(2).State != approval.Open {
		t.Errorf("sign-off 2 is %s, %v", issue.SignOff(2).State, err)
	}
}
