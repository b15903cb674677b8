package local

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
	"lianban/shared/sim/report"
)

// year prints what happened in a year, and what the two ways of working took.
func (w words) year(out io.Writer, y *report.Year) {
	line := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	made, p, r := y.City, y.Played, y.Parallel
	line("%s", w.t("一座虚构城市的一年：城市、人员、工作量和概率均为拟定，规则、流程、事项目录和节假日为真实。数字不反映任何真实单位。",
		"A made-up city's year: city, people, workloads and chances are assumed; rules, workflow, catalogue and holidays are real. No figure says anything of a real office."))
	if !p.Complete {
		at := p.Until.In(calendar.Shanghai).Format("2006-01-02 15:04")
		line("%s", w.t("提前停止于 "+at+"，以下为至此的情况。", "Stopped early at "+at+"; this is how it stood."))
	}
	line("%s", w.t(fmt.Sprintf("%s 起 %d 个工作日：提出问题 %d 个、会签任务 %d 项，办结或撤回 %d 个", made.From, made.Calendar.WorkingDays(made.From-1, r.At), p.Raised, p.SignOffs, p.Ended),
		fmt.Sprintf("%d working days from %s: %d issues raised with %d sign-offs, %d ended", made.Calendar.WorkingDays(made.From-1, r.At), made.From, p.Raised, p.SignOffs, p.Ended)))
	line("%s %s", w.t("办理记录链首摘要（同一种子结果相同）：", "Digest of the audit trails' heads (the same for the same seed):"), p.Heads)
	if y.Compared != nil {
		w.compared(line, y.Compared)
	}
	w.offices(line, made, r)
	list := func(title string, of map[city.Act]int) {
		line("\n%s", title)
		byCount := func(a, b city.Act) int {
			return cmp.Or(of[b]-of[a], cmp.Compare(a.Command, b.Command), cmp.Compare(a.Refusal.ZH, b.Refusal.ZH))
		}
		for _, act := range slices.SortedFunc(maps.Keys(of), byCount) {
			text := w.act(act.Command)
			if act.Refusal.ZH != "" {
				text += w.t("：", ": ") + w.t(act.Refusal.ZH, act.Refusal.EN)
			}
			line("  %6d  %s", of[act], text)
		}
	}
	list(w.t("人员办理的动作", "What people did"), p.Acts)
	list(w.t("因情况已变而被规则拒绝的动作", "Acts that the rules refused, because the matter had moved on"), p.Refused)
}

// compared prints two ways of working on the same arrivals.
func (w words) compared(line func(string, ...any), c *city.Comparison) {
	line("\n%s", w.t("同一批问题，逐项串联与并联对照（同样的人员、同样的工作量；工作日，未办结的按已历时间计入，Kaplan-Meier）",
		"The same issues asked for one by one and in parallel (the same people and work; working days; open cases counted as far as seen, Kaplan-Meier)"))
	way := func(name string, s city.Summary) {
		line("  %s  n=%d  %s  %s", name, s.N, w.t(fmt.Sprintf("办结 %d、不同意 %d、撤回 %d、在办 %d", s.Decided, s.Refused, s.Withdrawn, s.Open),
			fmt.Sprintf("decided %d, refused %d, withdrawn %d, open %d", s.Decided, s.Refused, s.Withdrawn, s.Open)), w.quantiles(s.Summary))
	}
	way(w.t("逐项串联", "one by one "), c.OneByOne)
	way(w.t("并联    ", "in parallel"), c.Parallel)
	if m := c.Means; !m.Insufficient {
		line("  %s", w.t(fmt.Sprintf("限制平均（τ=%v）：%.1f → %.1f，少 %.1f（95%% 区间 %.1f 至 %.1f，自助法 %d 次，种子 %d）", m.Before.Tau, m.Before.Mean, m.After.Mean, m.Saved, m.Low, m.High, m.Resamples, m.Seed),
			fmt.Sprintf("restricted mean (tau %v): %.1f -> %.1f, %.1f less (95%% interval %.1f to %.1f, bootstrap of %d, seed %d)", m.Before.Tau, m.Before.Mean, m.After.Mean, m.Saved, m.Low, m.High, m.Resamples, m.Seed)))
	}
	if c.Paired > 0 {
		line("  %s", w.t(fmt.Sprintf("两种方式下都办结且各项相同的 %d 个问题：平均 %.1f → %.1f；其中并联 %.1f、各项净用时变化 %.1f、衔接损耗减少 %.1f（三者之和为差额）", c.Paired, c.SpanOneByOne, c.SpanParallel, c.Parallelism, c.FasterReview, c.HandOff),
			fmt.Sprintf("%d issues granted in both ways with the same parts: mean %.1f -> %.1f, of which parallelism %.1f, change of the parts' own days %.1f, less hand-off loss %.1f (they sum to the difference)", c.Paired, c.SpanOneByOne, c.SpanParallel, c.Parallelism, c.FasterReview, c.HandOff)))
	}
}

func (w words) quantiles(s saving.Summary) string {
	if s.Insufficient {
		return w.t("不足十个，不报", "insufficient: fewer than ten")
	}
	one := func(q *saving.Quantile) string {
		if !q.Reached() {
			return w.t(fmt.Sprintf("未达到（超过 %v）", q.Beyond), fmt.Sprintf("not reached (above %v)", q.Beyond))
		}
		return fmt.Sprint(*q.Days)
	}
	return w.t("中位数 ", "median ") + one(s.Median) + w.t("，P90 ", ", P90 ") + one(s.P90)
}

// busiest is how many departments a table shows.
const busiest = 12

// offices prints the departments that had most to do for what they can.
func (w words) offices(line func(string, ...any), made *city.City, r *city.Result) {
	line("\n%s", w.t(fmt.Sprintf("按时率和负荷（负荷最高的 %d 个部门；并联）", busiest), fmt.Sprintf("On time and load (the %d busiest departments; in parallel)", busiest)))
	for _, id := range r.Busiest()[:min(busiest, len(r.Offices))] {
		o := r.Offices[id]
		line("  %5.1f%%  %s  n=%d  %s", 100*o.Load(), w.share(o.OnTime.Rate()), o.Asked, w.name(made.Roster.UnitName(string(id))))
	}
	line("  %5.1f%%  %s  n=%d  %s", 100*r.All.Load(), w.share(r.All.OnTime.Rate()), r.All.Asked, w.t("全部", "all"))
	parts := r.Bottlenecks.Departments
	line("\n%s", w.t(fmt.Sprintf("瓶颈：在 %d 个各项均已答复的问题中，该部门的用时归零可使关键路径缩短的工作日合计", r.Bottlenecks.Cases),
		fmt.Sprintf("Bottlenecks: by how many working days the longest paths of %d answered issues would be shorter if the department took no time", r.Bottlenecks.Cases)))
	worst := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(parts[b].Shorter, parts[a].Shorter), cmp.Compare(a, b))
	})
	for _, id := range worst[:min(busiest, len(worst))] {
		b := parts[id]
		line("  %6.0f  %s %s  n=%d  %s", b.Shorter, w.t("在关键路径上", "on a longest path"), w.share(b.Criticality()), b.Cases, w.name(made.Roster.UnitName(string(roster.DepartmentID(id)))))
	}
}

// share is a percentage with its counts; of fewer than ten it says so.
func (w words) share(s saving.Share) string {
	if s.Share == nil {
		return w.t("无", "none")
	}
	text := fmt.Sprintf("%5.1f%% (%d/%d)", 100**s.Share, s.Count, s.Of)
	if s.Insufficient {
		text += w.t(" 样本不足", " too few")
	}
	return text
}

// act is the name of a command.
func (w words) act(command string) string {
	if name, ok := acts[command]; ok {
		return w.name(name)
	}
	return command
}

// acts names what people do in a simulated year.
var acts = map[string]roster.Name{
	"Claim": {ZH: "认领", EN: "claim"}, "Grant": {ZH: "同意", EN: "approve"}, "GrantOnTerms": {ZH: "承诺、附条件或容缺后同意", EN: "approve on terms"},
	"AskSupplement": {ZH: "要求补正", EN: "ask for a supplement"}, "AnswerSupplement": {ZH: "补正", EN: "bring a supplement"}, "Refile": {ZH: "重新申报", EN: "hand in anew"},
	"Confirm": {ZH: "确认和评价", EN: "confirm and rate"}, "Withdraw": {ZH: "撤回", EN: "withdraw"}, "Resubmit": {ZH: "修改后重新提交", EN: "resubmit"}, "Urge": {ZH: "催办", EN: "urge"},
	"Oppose": {ZH: "提出异议", EN: "object"}, "Rule": {ZH: "裁定异议", EN: "rule on an objection"}, "Transfer": {ZH: "转办", EN: "transfer"}, "SendBack": {ZH: "退回转办", EN: "send back"},
	"Assign": {ZH: "指定承办", EN: "assign"}, "Recuse": {ZH: "回避", EN: "stand aside"}, "AskExtension": {ZH: "申请延期", EN: "ask for an extension"}, "AnswerExtension": {ZH: "答复延期", EN: "answer an extension"},
	"ReplyNotice": {ZH: "回复督办单", EN: "reply to a supervision notice"}, "RecheckNotice": {ZH: "复核督办回复", EN: "recheck a reply"},
	"ReportDuty": {ZH: "报告履行", EN: "report a duty"}, "Meet": {ZH: "核查履行", EN: "verify a duty"}, "Revoke": {ZH: "撤销同意", EN: "revoke an approval"},
}
