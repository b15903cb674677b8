package briefing

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// list draws a branch's monthly list up.
func (k *Keeper) list(ctx context.Context, rules approval.Rules, of subject) (*Document, error) {
	branch, _ := rules.Roster.Branch(roster.BranchID(of.about))
	ids, err := k.ofProjects(ctx, branch.Projects)
	if err != nil {
		return nil, err
	}
	f, err := k.read(ctx, rules, of.today, ids)
	if err != nil {
		return nil, err
	}
	return drawList(&f, of), nil
}

// in reports whether a moment lies in the period.
func (p Period) in(d calendar.Date) bool { return p.From <= d && d <= p.To }

// endedIn reports whether the issue's last end lies in the period.
func (p Period) endedIn(i *approval.Issue) bool {
	return i.Status.Ended() && p.in(calendar.Of(i.ConcludedAt))
}

func drawList(f *facts, of subject) *Document {
	d := of.document()
	for k := range f.issues {
		d.Read.issue(&f.issues[k])
	}
	d.Sections = []Section{f.month(of.Period), f.standing(of.Period), f.dueBy(of.Period.To), f.promised(), f.branchOwes(), f.vital("六、活力指数（本半年截至本月）", "6. Vitality, half-year to date", of.halfYearTo())}
	return d
}

// month counts what came and went.
func (f *facts) month(p Period) Section {
	raised, ended := counting("raised", "本月提出", "Raised in the month"), counting("ended", "本月办结", "Concluded in the month")
	withdrawn := counting("withdrawn", "本月撤回", "Withdrawn in the month")
	open, red, yellow := counting("open", "在办", "Open"), counting("red", "其中超期", "Of these, overdue"), counting("yellow", "其中临期", "Of these, near due")
	red.Of, yellow.Of = "open", "open"
	for k := range f.issues {
		i := &f.issues[k]
		if p.in(calendar.Of(i.RaisedAt)) {
			raised.issue(i)
		}
		switch {
		case p.endedIn(i) && i.Status == approval.Withdrawn:
			withdrawn.issue(i)
		case p.endedIn(i):
			ended.issue(i)
		}
		if i.Status.Ended() {
			continue
		}
		open.issue(i)
		switch i.Light {
		case approval.Red:
			red.issue(i)
		case approval.Yellow:
			yellow.issue(i)
		}
	}
	return Section{Title: column("一、总体情况", "1. Overview"), Figures: figures(raised, ended, withdrawn, open, red, yellow)}
}

// standing lists the issues by state: what is open, and what ended in the month.
func (f *facts) standing(p Period) Section {
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("状态", "State"), column("灯色", "Light"), column("已同意/任务", "Granted of tasks"), column("最近到期日", "Next due"), column("提出日期", "Raised")}}
	for _, status := range []approval.Status{approval.Consulting, approval.Returned, approval.InSignOff, approval.Raised, approval.Concluded, approval.Confirmed, approval.Withdrawn} {
		for k := range f.issues {
			i := &f.issues[k]
			if i.Status != status || status.Ended() && !p.endedIn(i) {
				continue
			}
			light := Cell{}
			if !status.Ended() {
				light = words(lights[i.Light])
			}
			table.Rows = append(table.Rows, Row{Key: string(i.ID), Issue: i.ID, Cells: []Cell{
				same(i.Title), words(statuses[status]), light, same(fmt.Sprintf("%d/%d", i.Count.Granted, i.Count.All)), day(i.NextDue), day(calendar.Of(i.RaisedAt)),
			}})
		}
	}
	return section("二、问题清单（按状态）", "2. Issues by state", table)
}

// dueBy are the tasks that fall due up to a day, those overdue first.
func (f *facts) dueBy(last calendar.Date) Section {
	count := counting("due", "本月底前到期的任务", "Tasks due by the end of the month")
	late := counting("late", "其中已超期", "Of these, overdue")
	late.Of = "due"
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("责任部门", "Department"), column("任务", "Task"), column("到期日", "Due"), column("时间", "Time")}}
	for _, t := range f.tasks(func(i *approval.Issue, s *approval.SignOff) bool {
		return !i.Status.Ended() && s.State == approval.Open && !s.Due.On.IsZero() && s.Due.On <= last
	}) {
		count.signOff(t.i, t.s)
		if t.s.Due.On < f.today {
			late.signOff(t.i, t.s)
		}
		table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{same(t.i.Title), f.unit(string(t.s.Department)), name(f.Subject(t.s)), due(t.s.Due), f.left(t.s)}})
	}
	return section("三、到期事项", "3. Falling due", table, count, late)
}

// promised are the duties that come with approvals and are not met yet, and what
// departments undertook in consultations. Both go on after the month they were
// promised in.
func (f *facts) promised() Section {
	duties, missed := counting("duties", "待履行的承诺、条件和容缺材料", "Commitments, conditions and missing papers pending"), counting("missed", "其中逾期未履行", "Of these, missed")
	agreed := counting("agreed", "待落实的会商议定事项", "Agreed actions pending")
	missed.Of = "duties"
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("承诺（议定）内容", "What was promised"), column("履行单位", "By whom"), column("核查部门", "Checked by"), column("期限", "By")}}
	for _, t := range f.tasks(func(*approval.Issue, *approval.SignOff) bool { return true }) {
		for n := range t.s.Duties {
			d := &t.s.Duties[n]
			if !d.Pending() {
				continue
			}
			duties.signOff(t.i, t.s)
			if d.State == approval.DutyMissed {
				missed.signOff(t.i, t.s)
			}
			table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N) + "/" + strconv.Itoa(n+1), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{same(t.i.Title), same(d.What), f.branch(t.i), f.unit(string(d.Checker)), day(d.By)}})
		}
		if t.s.Matter == approval.AgreedAction && t.s.State == approval.Open && !t.i.Status.Ended() {
			agreed.signOff(t.i, t.s)
			table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{same(t.i.Title), same(t.s.What), f.unit(string(t.s.Department)), {}, due(t.s.Due)}})
		}
	}
	return section("四、承诺和议定事项", "4. What was promised", table, duties, missed, agreed)
}

// branchOwes is what waits for the branch itself.
func (f *facts) branchOwes() Section {
	supplements, returned := counting("supplements", "待补正", "Supplements asked for"), counting("returned", "退回待修改", "Returned for revision")
	unconfirmed := counting("unconfirmed", "办结待确认", "Concluded, to be confirmed")
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("待办", "To do"), column("要求单位", "Asked by"), column("期限", "By")}}
	for k := range f.issues {
		i := &f.issues[k]
		switch i.Status {
		case approval.Returned:
			returned.issue(i)
			table.Rows = append(table.Rows, Row{Key: string(i.ID), Issue: i.ID, Cells: []Cell{same(i.Title), words(column("修改后重新提交", "Revise and resubmit")), {}, {}}})
		case approval.Concluded:
			unconfirmed.issue(i)
			table.Rows = append(table.Rows, Row{Key: string(i.ID), Issue: i.ID, Cells: []Cell{same(i.Title), words(column("确认并评价", "Confirm and rate")), {}, {}}})
		}
	}
	for _, t := range f.tasks(func(i *approval.Issue, s *approval.SignOff) bool {
		return !i.Status.Ended() && slices.Contains([]approval.State{approval.Supplement, approval.PapersBack}, s.State)
	}) {
		supplements.signOff(t.i, t.s)
		what, by := column("补正材料", "Answer the request for papers"), calendar.Date(0)
		if t.s.State == approval.PapersBack {
			what = column("退件，备齐后重新申报", "Papers sent back: file anew")
		} else if t.s.Request != nil {
			by = t.s.Request.AnswerBy
		}
		table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{same(t.i.Title), words(what), f.unit(string(t.s.Department)), day(by)}})
	}
	return section("五、待本支部办理", "5. Waiting for the branch", table, supplements, returned, unconfirmed)
}
