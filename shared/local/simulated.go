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
)

// years prints what happened in a year, and what the two ways of working took.
func (w words) years(out io.Writer, made *city.City, years []PlayedYear) error {
	line := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	p := &years[0]
	line("%s", w.t("一座虚构城市的一年：城市、人员、工作量和概率均为拟定，规则、流程、事项目录和节假日为真实。数字不反映任何真实单位。",
		"A made-up city's year: city, people, workloads and chances are assumed; rules, workflow, catalogue and holidays are real. No figure says anything of a real office."))
	if !p.Complete {
		at := p.Until.In(calendar.Shanghai).Format("2006-01-02 15:04")
		line("%s", w.t("提前停止于 "+at+"，以下为至此的情况。", "Stopped early at "+at+"; this is how it stood."))
	}
	line("%s", w.t(fmt.Sprintf("%s 起 %d 个工作日：提出问题 %d 个、会签任务 %d 项，办结或撤回 %d 个", made.From, made.Calendar.WorkingDays(made.From-1, p.Result.At), p.Raised, p.SignOffs, p.Ended),
		fmt.Sprintf("%d working days from %s: %d issues raised with %d sign-offs, %d ended", made.Calendar.WorkingDays(made.From-1, p.Result.At), made.From, p.Raised, p.SignOffs, p.Ended)))
	line("%s %s", w.t("办理记录链首摘要（同一种子结果相同）：", "Digest of the audit trails' heads (the same for the same seed):"), p.Heads)
	if len(years) > 1 {
		c, err := city.Compare(made.Calendar, &years[1].Result, &p.Result, made.Seed)
		if err != nil {
			return err
		}
		w.compared(line, &c)
	}
	w.offices(line, made, &p.Result)
	list := func(title string, of map[string]int) {
		line("\n%s", title)
		for _, name := range slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(of[b]-of[a], cmp.Compare(a, b)) }) {
			line("  %6d  %s", of[name], name)
		}
	}
	list(w.t("人员办理的动作", "What people did"), p.Acts)
	list(w.t("因情况已变而被规则拒绝的动作", "Acts that the rules refused, because the matter had moved on"), p.Refused)
	return nil
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
