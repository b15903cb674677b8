package briefing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// pressing reports whether an issue belongs on the agenda: it is red or yellow, waits
// for a ruling, or has had a supervision notice.
func pressing(i *approval.Issue) bool {
	return i.Status != approval.Draft && (i.Light != approval.Green || waitsForRuling(i) || i.Notices > 0)
}

func waitsForRuling(i *approval.Issue) bool {
	return i.Consultation != nil && i.Consultation.ClosedAt.IsZero()
}

// agenda draws a unit's weekly agenda up. last is the one of the week before, nil when
// there was none.
func (k *Keeper) agenda(ctx context.Context, rules approval.Rules, of subject, last *Document) (*Document, error) {
	unit := roster.BranchID(of.about)
	ids, err := k.openOf(ctx, districts(rules.Roster, unit), func(i *approval.Issue) bool {
		return pressing(i) && below(rules.Roster, branchOf(rules.Roster, i), unit)
	})
	if err != nil {
		return nil, err
	}
	f, err := k.read(ctx, rules, of.today, ids)
	if err != nil {
		return nil, err
	}
	before, err := k.read(ctx, rules, of.today, named(last))
	if err != nil {
		return nil, err
	}
	return drawAgenda(&f, &before, of, last != nil), nil
}

// named are the issues that were on an agenda with a red or yellow light.
func named(last *Document) (ids []approval.IssueID) {
	if last == nil {
		return nil
	}
	for _, key := range []string{"red", "yellow"} {
		if f := last.Figure(key); f != nil {
			for _, p := range f.Points {
				ids = append(ids, p.Issue)
			}
		}
	}
	return ids
}

func drawAgenda(f, before *facts, of subject, hadOne bool) *Document {
	d := of.document()
	red := f.lit(approval.Red)
	red.Title = column("一、超期事项", "1. Overdue")
	yellow := f.lit(approval.Yellow)
	yellow.Title = column("二、临期事项", "2. Near due")
	d.Sections = []Section{red, yellow, f.rulings(), f.notices(), before.since(hadOne)}
	for k := range f.issues {
		d.Read.issue(&f.issues[k])
	}
	for k := range before.issues {
		d.Read.issue(&before.issues[k])
	}
	return d
}

// task is a sign-off in its issue.
type task struct {
	i *approval.Issue
	s *approval.SignOff
}

// tasks are the sign-offs for which the condition holds, earliest last day first.
func (f *facts) tasks(of func(*approval.Issue, *approval.SignOff) bool) (all []task) {
	for k := range f.issues {
		i := &f.issues[k]
		for n := range i.SignOffs {
			if s := &i.SignOffs[n]; of(i, s) {
				all = append(all, task{i, s})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b task) int {
		return cmp.Or(cmp.Compare(a.s.Due.On, b.s.Due.On), cmp.Compare(a.i.ID, b.i.ID), cmp.Compare(a.s.N, b.s.N))
	})
	return all
}

func key(i *approval.Issue, n int) string { return fmt.Sprintf("%s/%d", i.ID, n) }

// lit are the open issues with a light and the sign-offs that have it.
func (f *facts) lit(light approval.Light) Section {
	about := map[approval.Light][2]approval.Text{
		approval.Red:    {column("超期问题", "Issues overdue"), column("超期任务", "Tasks overdue")},
		approval.Yellow: {column("临期问题", "Issues near due"), column("临期任务", "Tasks near due")},
	}[light]
	issues := &counter{Figure{Key: string(light), Name: about[0]}}
	count := &counter{Figure{Key: string(light) + "_tasks", Name: about[1]}}
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("支部", "Branch"), column("责任部门", "Department"), column("任务", "Task"), column("到期日", "Due"), column("时间", "Time"), column("所在层级", "Tier"), column("已采取措施", "Measures on record")}}
	for k := range f.issues {
		if i := &f.issues[k]; !i.Status.Ended() && i.Light == light {
			issues.issue(i)
		}
	}
	for _, t := range f.tasks(func(i *approval.Issue, s *approval.SignOff) bool {
		return !i.Status.Ended() && s.State == approval.Open && s.Light == light
	}) {
		count.signOff(t.i, t.s)
		table.Rows = append(table.Rows, Row{
			Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N,
			Cells: []Cell{same(t.i.Title), f.branch(t.i), f.unit(string(t.s.Department)), name(f.Subject(t.s)), due(t.s.Due), f.left(t.s), tier(f.StandingOf(t.i, t.s).Tier), number(len(t.s.Actions))},
		})
	}
	s := Section{Figures: figures(issues, count)}
	if s.Table = &table; len(table.Rows) == 0 {
		s.Table, s.Says = nil, []approval.Text{none}
	}
	return s
}

// rulings are the consultations that are open.
func (f *facts) rulings() Section {
	count := counting("rulings", "待裁定会商", "Consultations open")
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("支部", "Branch"), column("事由", "Cause"), column("主持层级", "Held by"), column("办结期限", "Due")}}
	for k := range f.issues {
		i := &f.issues[k]
		if i.Status.Ended() || !waitsForRuling(i) {
			continue
		}
		count.issue(i)
		c := i.Consultation
		table.Rows = append(table.Rows, Row{Key: string(i.ID), Issue: i.ID, Cells: []Cell{same(i.Title), f.branch(i), words(causes[c.Why()]), tier(c.Tier), due(c.DueOn)}})
	}
	return section("三、待裁定会商事项", "3. Consultations open", table, count)
}

// section is one with its table, or with "none" when that is empty.
func section(zh, en string, table Table, counters ...*counter) Section {
	s := Section{Title: column(zh, en), Figures: figures(counters...), Table: &table}
	if len(table.Rows) == 0 {
		s.Table, s.Says = nil, []approval.Text{none}
	}
	return s
}

// notices are the supervision notices that are not closed.
func (f *facts) notices() Section {
	count := counting("notices", "未办结督办单", "Supervision notices open")
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("督办对象", "Addressed to"), column("督办要求", "Demand"), column("状态", "State"), column("期限", "Due")}}
	for _, t := range f.tasks(func(i *approval.Issue, s *approval.SignOff) bool { return !i.Status.Ended() }) {
		for _, n := range t.s.Notices {
			if n.State == approval.NoticeClosed {
				continue
			}
			count.signOff(t.i, t.s)
			table.Rows = append(table.Rows, Row{
				Key: fmt.Sprintf("%s/%d", key(t.i, t.s.N), n.K), Issue: t.i.ID, SignOff: t.s.N,
				Cells: []Cell{same(t.i.Title), f.unit(string(n.Department)), same(n.Demand), words(notices[n.State]), day(n.DueOn)},
			})
		}
	}
	return section("四、督办单办理情况", "4. Supervision notices", table, count)
}

// since is how those stand now that were red or yellow a week ago.
func (f *facts) since(hadOne bool) Section {
	s := Section{Title: column("五、上周议程事项办理情况", "5. Since last week's agenda")}
	if !hadOne {
		s.Says = []approval.Text{{ZH: "上周未编制议程。", EN: "No agenda was drawn up last week."}}
		return s
	}
	all := counting("last", "上周列入的超期、临期问题", "Overdue or near due last week")
	ended, better := counting("last_ended", "其中已办结或撤回", "Of these, ended"), counting("last_better", "其中恢复正常", "Of these, in time again")
	ended.Of, better.Of = "last", "last"
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("支部", "Branch"), column("现状态", "State now"), column("灯色", "Light")}}
	for k := range f.issues {
		i := &f.issues[k]
		all.issue(i)
		light := Cell{}
		switch {
		case i.Status.Ended():
			ended.issue(i)
		case i.Light == approval.Green:
			better.issue(i)
			fallthrough
		default:
			light = words(lights[i.Light])
		}
		table.Rows = append(table.Rows, Row{Key: string(i.ID), Issue: i.ID, Cells: []Cell{same(i.Title), f.branch(i), words(statuses[i.Status]), light}})
	}
	return section(s.Title.ZH, s.Title.EN, table, all, ended, better)
}
