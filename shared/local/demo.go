package local

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim"
)

// Demo is the command that plays the three cases.
type Demo struct {
	JSON bool   `name:"json" help:"Print JSON."`
	Lang string `help:"Language of the text: zh or en." enum:"zh,en" default:"zh"`
}

// played is one case as it ended.
type played struct {
	Case     string           `json:"case"`
	Title    string           `json:"title"`
	Source   string           `json:"source"`
	Assumed  []string         `json:"assumed"`
	Project  roster.ProjectID `json:"project"`
	Issue    approval.IssueID `json:"issue"`
	Verdict  approval.Verdict `json:"verdict"`
	SignOffs []part           `json:"signOffs"`
	Report   approval.Report  `json:"report"`
}

// part is one sign-off of a played case.
type part struct {
	N            int                 `json:"n"`
	Name         string              `json:"name"`
	Department   string              `json:"department"`
	Requires     []int               `json:"requires,omitempty"`
	Relaxed      []int               `json:"relaxed,omitempty"`
	Limit        calendar.Limit      `json:"limit"`
	LimitMark    string              `json:"limitMark"`
	Opened       calendar.Date       `json:"opened"`
	Due          approval.Due        `json:"due"`
	Decided      calendar.Date       `json:"decided"`
	Decision     string              `json:"decision"`
	Ruling       string              `json:"ruling,omitempty"`
	Net          saving.WorkingDays  `json:"net"`
	Gross        saving.WorkingDays  `json:"gross"`
	Stops        []calendar.Span     `json:"stops,omitempty"`
	Light        approval.Light      `json:"light"`
	DepartmentID roster.DepartmentID `json:"departmentId"`
}

// Run plays the cases and prints them.
func (c *Demo) Run(ctx context.Context, s *Streams) (err error) {
	dir, err := os.MkdirTemp("", "lianban-demo-")
	if err != nil {
		return fmt.Errorf("a folder for the demonstration's data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cases := sim.Cases()
	played, err := playCases(ctx, filepath.Join(dir, "demo.db"), cases, c.Lang, countProgress(s.Err, "会签 sign-offs"))
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(played)
	}
	w := words{c.Lang}
	fmt.Fprintln(s.Out, w.t("三个见诸报道的案例，在虚拟时间里由真实的规则、流程和引擎走完全程。人员和部门为演示所设。",
		"Three reported cases, played to their end in virtual time by the real rules, workflow and engine. People and offices are set up for the demonstration."))
	for k := range played {
		w.print(s.Out, &played[k])
	}
	return nil
}

func playCases(ctx context.Context, data string, cases []sim.Case, lang string, progress func(done, all int)) (out []played, err error) {
	first := slices.MinFunc(cases, func(a, b sim.Case) int { return a.Raised.Compare(b.Raised) }).Raised
	clock := sim.NewClock(first)
	app, err := Open(ctx, Config{Data: data, Now: clock.Now, NewID: sim.IDs(clock.Now), Rand: sim.Rand(1)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	player := sim.Player{Service: app.Service, World: app, Clock: clock, Progress: progress}
	ids, err := player.Play(ctx, cases, func(c *sim.Case) time.Time { return c.Raised }, time.Time{})
	if err != nil {
		return nil, err
	}
	for k, id := range ids {
		p, err := app.played(ctx, &cases[k], id, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// played reads a case that has come to its end.
func (a *App) played(ctx context.Context, c *sim.Case, id approval.IssueID, lang string) (played, error) {
	w := words{lang}
	issue, err := a.store.Issue(ctx, id)
	if err != nil {
		return played{}, err
	}
	report, ok, err := a.Service.Rules().Report(&issue)
	if err != nil {
		return played{}, err
	}
	if !ok {
		return played{}, fmt.Errorf("case %s stopped at status %s: %w", c.Key, issue.Status, sim.ErrStuck)
	}
	p := played{Case: c.Key, Title: w.name(c.Title), Source: w.name(c.Source), Project: issue.Project, Issue: id, Verdict: issue.Verdict, Report: report}
	for _, text := range c.Assumed {
		p.Assumed = append(p.Assumed, w.name(text))
	}
	measured := map[string]saving.Measured{}
	for _, m := range report.Run.Pieces {
		measured[m.ID] = m
	}
	for k := range issue.SignOffs {
		so := &issue.SignOffs[k]
		m := measured[strconv.Itoa(so.N)]
		q := part{
			N: so.N, Name: w.name(a.Service.Rules().Subject(so)), Department: w.name(a.Service.Rules().Roster.UnitName(string(so.Department))), DepartmentID: so.Department,
			Requires: so.Requires, Relaxed: so.Relaxed, Limit: so.Limit, LimitMark: string(so.LimitMark), Opened: calendar.Of(so.OpenedAt), Due: so.Due,
			Decided: calendar.Of(so.DecidedAt), Decision: string(so.Decision.Kind), Net: m.Net, Gross: m.Gross, Light: so.Light,
		}
		if so.Ruling != nil {
			q.Ruling = string(so.Ruling.Outcome)
		}
		for _, stop := range so.Stops {
			q.Stops = append(q.Stops, calendar.Span{From: calendar.Of(stop.From), To: calendar.Of(stop.To)})
		}
		p.SignOffs = append(p.SignOffs, q)
	}
	return p, nil
}

// words are the demonstration's texts in one language.
type words struct{ lang string }

func (w words) t(zh, en string) string {
	if w.lang == "en" {
		return en
	}
	return zh
}

func (w words) name(n roster.Name) string { return w.t(n.ZH, n.EN) }

const axis = 60 // columns of the chart

func (w words) print(out io.Writer, p *played) {
	line := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	line("\n%s\n%s [%s]", strings.Repeat("─", 96), p.Title, p.Case)
	line("%s %s", w.t("出处：", "Source:"), p.Source)

	line("\n%s", w.t("会签关系（← 须先办结；⇠ 因告知承诺不再等待）", "Sign-offs (<- needs first; <~ no longer awaited, by commitment)"))
	for _, q := range p.SignOffs {
		text := fmt.Sprintf("  %2d  %s", q.N, q.Name)
		if len(q.Requires) > 0 {
			text += w.t("  ← ", "  <- ") + list(q.Requires)
		}
		if len(q.Relaxed) > 0 {
			text += w.t("  ⇠ ", "  <~ ") + list(q.Relaxed)
		}
		line("%s", text)
	}

	run, schedule := &p.Report.Run, &p.Report.Schedule
	end := max(schedule.SerialEnd, run.Decided)
	days := max(1, end.Sub(run.Raised))
	column := func(d calendar.Date) int { return d.Sub(run.Raised) * axis / days }
	bars := map[string]saving.Bar{}
	for _, b := range schedule.Serial {
		bars[b.ID] = b
	}
	line("\n%s", w.t("对照图：░ 逐项串联（按时限）  █ 实际并联  · 停表  ◆ 异议", "Chart: ░ one after another by the limits  █ as it ran, in parallel  · clock stopped  ◆ objection"))
	line("      %s %s", pad(run.Raised.String(), axis-10), end)
	order := slices.Clone(p.SignOffs)
	slices.SortStableFunc(order, func(a, b part) int { return cmp.Compare(bars[strconv.Itoa(a.N)].From, bars[strconv.Itoa(b.N)].From) })
	for _, q := range order {
		b := bars[strconv.Itoa(q.N)]
		line("  %2d  %s  %s", q.N, track(column(b.From), column(b.To), '░', nil), w.limit(q.Limit, q.LimitMark))
		actual := track(column(q.Opened), column(q.Decided), '█', func(row []rune) {
			for _, stop := range q.Stops {
				for k := column(stop.From); k < column(stop.To) && k < len(row); k++ {
					row[k] = '·'
				}
			}
			if q.Decision == string(approval.Object) {
				row[min(column(q.Decided), axis-1)] = '◆'
			}
		})
		line("      %s  %s %s%s", actual, w.t(fmt.Sprintf("净 %v 天", q.Net), fmt.Sprintf("net %v", q.Net)), q.Department, w.answer(q))
	}

	line("\n%s", w.t("用时（工作日，收件当日不计）", "Time taken (working days; the day of receipt does not count)"))
	var gross saving.WorkingDays
	for _, m := range run.Pieces {
		gross += m.Gross
	}
	line("  %s", w.t(fmt.Sprintf("全程 %v 个工作日，%v 个日历日（%s 提出，%s 最后一项意见）", run.Span, run.CalendarSpan, run.Raised, run.Decided),
		fmt.Sprintf("span %v working days, %v calendar days (raised %s, last answer %s)", run.Span, run.CalendarSpan, run.Raised, run.Decided)))
	line("  %s", w.t(fmt.Sprintf("各项净用时合计 %v，毛用时合计 %v；关键路径 %v，衔接损耗 %v", run.Serial, gross, run.Path.Days, run.HandOff),
		fmt.Sprintf("net sum %v, gross sum %v; critical path %v, hand-off loss %v", run.Serial, gross, run.Path.Days, run.HandOff)))

	line("\n%s", w.t("与基线对照", "Beside the baselines"))
	for _, b := range p.Report.Baselines {
		line("  %s", w.baseline(b, run.Span))
	}
	a := p.Report.Against
	line("  %s", w.t(fmt.Sprintf("与计时所用时限相比（时限不是历史用时）：S %v → C(实际) %v，相差 %v，其中并联 %v，办理加快 %v", a.SerialBefore, a.CriticalAfter, a.Total, a.Parallelism, a.FasterReview),
		fmt.Sprintf("against the limits on which the clocks ran (limits are no history): S %v -> C(actual) %v, difference %v: parallelism %v, faster review %v", a.SerialBefore, a.CriticalAfter, a.Total, a.Parallelism, a.FasterReview)))
	line("  %s", w.t("结论：可比案例不足 10 个，不足以给出压缩时间。", "Headline: insufficient; fewer than ten comparable cases, so no saving is claimed."))

	line("\n%s", w.t("拟定的输入（报道未载明）", "Assumed inputs (no report states them)"))
	for _, text := range p.Assumed {
		line("  - %s", text)
	}
	var assumed []int
	for _, q := range p.SignOffs {
		if q.LimitMark == "assumed" || q.LimitMark == "promised" || q.LimitMark == "default" {
			assumed = append(assumed, q.N)
		}
	}
	if len(assumed) > 0 {
		line("  - %s", w.t("时限无专门法规依据的任务："+list(assumed), "sign-offs whose limit no rule of their own states: "+list(assumed)))
	}
}

// answer is what the department said, where it was not a plain approval.
func (w words) answer(q part) string {
	switch {
	case q.Ruling == string(approval.SetAside):
		return w.t("：异议，经裁定不成立", ": objection, set aside by a ruling")
	case q.Ruling == string(approval.Uphold):
		return w.t("：异议成立", ": objection, upheld")
	case q.Decision == string(approval.OnPledge):
		return w.t("：告知承诺", ": on commitment")
	}
	return ""
}

func (w words) limit(l calendar.Limit, mark string) string {
	unit := w.t("个工作日", " working days")
	if l.Unit == calendar.CalendarDays {
		unit = w.t("日", " calendar days")
	}
	marks := map[string][2]string{
		"law": {"法定", "law"}, "guide": {"指南", "guide"}, "provincial": {"省规定", "provincial"}, "default": {"通则", "general rule"},
		"promised": {"承诺示例", "promised example"}, "assumed": {"拟定", "assumed"},
	}
	m := marks[mark]
	return w.t(fmt.Sprintf("%d%s（%s）", l.Days, unit, m[0]), fmt.Sprintf("%d%s (%s)", l.Days, unit, m[1]))
}

func (w words) baseline(b saving.Baseline, span saving.WorkingDays) string {
	name := w.t("(b) 法定时限关键路径", "(b) critical path of the statutory limits")
	if b.Kind.UpperBound() {
		name = w.t("(a) 法定时限逐项之和（仅为上限）", "(a) serial sum of the statutory limits (an upper bound only)")
	}
	if !b.Complete() {
		return w.t(fmt.Sprintf("%s：不完整，已知部分 %v；任务 %s 没有法定时限", name, b.Known, strings.Join(b.Missing, "、")),
			fmt.Sprintf("%s: incomplete, known part %v; sign-offs %s have no statutory limit", name, b.Known, strings.Join(b.Missing, ", ")))
	}
	return w.t(fmt.Sprintf("%s：%v，相差 %v", name, b.Days, b.Days-span), fmt.Sprintf("%s: %v, difference %v", name, b.Days, b.Days-span))
}

// track draws one bar; a part of a column counts as one.
func track(from, to int, fill rune, more func([]rune)) string {
	row := []rune(strings.Repeat(" ", axis))
	for k := from; k < max(to, from+1) && k < axis; k++ {
		row[k] = fill
	}
	if more != nil {
		more(row)
	}
	return string(row)
}

func list(numbers []int) string {
	text := make([]string, len(numbers))
	for k, n := range numbers {
		text[k] = strconv.Itoa(n)
	}
	return strings.Join(text, " ")
}

// pad fills text with spaces to a width in terminal columns.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-uniseg.StringWidth(text)))
}
