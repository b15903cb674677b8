package briefing

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// pack draws up what a branch reports at its half-year appraisal.
func (k *Keeper) pack(ctx context.Context, rules approval.Rules, of subject, actor approval.Actor) (*Document, error) {
	branch, _ := rules.Roster.Branch(roster.BranchID(of.about))
	f, err := k.ofAll(ctx, rules, of, branch.Projects)
	if err != nil {
		return nil, err
	}
	board, err := k.board(ctx, of, actor)
	if err != nil {
		return nil, err
	}
	d := of.document()
	for n := range f.issues {
		d.Read.issue(&f.issues[n])
	}
	d.Read.Entries = board.entries
	board.rows = slices.DeleteFunc(board.rows, func(r invest.Row) bool { return !slices.Contains(branch.Projects, r.Listing.Project) })
	overview := f.month(of.Period)
	overview.Figures = renamed(overview.Figures, "本半年", "half-year")
	took, err := f.took(of.Period)
	if err != nil {
		return nil, err
	}
	d.Sections = []Section{
		overview, took, f.supplements(of.Period), f.ratings(of.Period), f.kept(of.Period), f.agreed(of.Period), f.projects(board), f.tolerated("八、容错认定", "8. Tolerances", of.Period), f.vital("九、活力指数", "9. Vitality", of.Period),
	}
	return d, nil
}

// took is how long the sign-offs answered in the period took.
func (f *facts) took(p Period) (Section, error) {
	count, late := counting("answered", "期内办结的会签任务", "Tasks answered in the period"), counting("answered_late", "其中逾期", "Of these, late")
	late.Of = "answered"
	var net, gross saving.Histogram
	for _, t := range f.tasks(func(_ *approval.Issue, s *approval.SignOff) bool {
		return (s.State == approval.Granted || s.State == approval.Denied) && p.in(calendar.Of(s.DecidedAt))
	}) {
		piece := t.i.Piece(t.s)
		m, err := piece.Measure(f.Calendar)
		if err != nil {
			continue // what has no dates cannot be counted
		}
		count.signOff(t.i, t.s)
		if t.s.Late() && !t.s.Tolerated() {
			late.signOff(t.i, t.s)
		}
		if err := net.Add(int(m.Net), saving.Decided, 1); err != nil {
			return Section{}, fmt.Errorf("measure %s: %w", key(t.i, t.s.N), err)
		}
		if err := gross.Add(int(m.Gross), saving.Decided, 1); err != nil {
			return Section{}, fmt.Errorf("measure %s: %w", key(t.i, t.s.N), err)
		}
	}
	s := Section{Title: column("二、办理用时", "2. How long it took"), Figures: figures(count, late)}
	median := func(h saving.Histogram) string {
		if m := saving.Summarize(h).Median; m != nil && m.Days != nil {
			return strconv.FormatFloat(float64(*m.Days), 'f', -1, 64)
		}
		return ""
	}
	if n, g := median(net), median(gross); n != "" && g != "" {
		s.Says = append(s.Says, text("净用时中位数%[1]s个工作日（自受理、扣除停表），总用时中位数%[2]s个工作日（自提出）。", "Median %[1]s working days net (from acceptance, without stops) and %[2]s gross (from raising).", n, g))
	} else {
		s.Says = append(s.Says, text("不足%[1]d件，不计算中位数。", "Fewer than %[1]d cases: no median is given.", saving.EnoughN))
	}
	return s, nil
}

// supplements are the requests for papers that were made in the period.
func (f *facts) supplements(p Period) Section {
	asked, inTime := counting("asked", "期内要求补正", "Supplements asked for in the period"), counting("asked_in_time", "其中按期补正", "Of these, answered in time")
	inTime.Of = "asked"
	for _, t := range f.tasks(func(*approval.Issue, *approval.SignOff) bool { return true }) {
		requests := []*approval.Request{t.s.Request}
		for n := range t.s.Earlier {
			requests = append(requests, t.s.Earlier[n].Request)
		}
		for _, r := range requests {
			if r == nil || !p.in(calendar.Of(r.At)) {
				continue
			}
			asked.signOff(t.i, t.s)
			if !r.AnsweredAt.IsZero() && (r.AnswerBy.IsZero() || calendar.Of(r.AnsweredAt) <= r.AnswerBy) {
				inTime.signOff(t.i, t.s)
			}
		}
	}
	return Section{Title: column("三、补正", "3. Supplements"), Figures: figures(asked, inTime)}
}

// ratings are those that the branch gave in the period.
func (f *facts) ratings(p Period) Section {
	given := counting("rated", "期内评价", "Ratings given in the period")
	counters := []*counter{given}
	for stars := 5; stars >= 1; stars-- {
		c := counting("rated_"+strconv.Itoa(stars), strconv.Itoa(stars)+"星", strconv.Itoa(stars)+" of 5")
		c.Of = "rated"
		counters = append(counters, c)
	}
	for k := range f.issues {
		if r := f.issues[k].Rating; r != nil && p.in(calendar.Of(r.At)) && r.Stars >= 1 && r.Stars <= 5 {
			given.issue(&f.issues[k])
			counters[6-r.Stars].issue(&f.issues[k])
		}
	}
	return Section{Title: column("四、评价", "4. Ratings"), Figures: figures(counters...)}
}

// kept are the duties of approvals that fell due in the period.
func (f *facts) kept(p Period) Section {
	all, met := counting("duties_due", "期内到期的承诺、条件和容缺材料", "Commitments, conditions and missing papers due in the period"), counting("duties_met", "其中按期履行", "Of these, met in time")
	late, missed := counting("duties_late", "其中逾期履行", "Of these, met late"), counting("duties_missed", "其中逾期未履行", "Of these, missed")
	met.Of, late.Of, missed.Of = "duties_due", "duties_due", "duties_due"
	for _, t := range f.tasks(func(*approval.Issue, *approval.SignOff) bool { return true }) {
		for n := range t.s.Duties {
			d := &t.s.Duties[n]
			if !p.in(d.By) || d.State == approval.DutyLapsed {
				continue
			}
			all.signOff(t.i, t.s)
			switch {
			case d.State == approval.DutyMet && calendar.Of(d.SettledAt) <= d.By:
				met.signOff(t.i, t.s)
			case d.State == approval.DutyMet:
				late.signOff(t.i, t.s)
			case d.By < f.today:
				missed.signOff(t.i, t.s)
			}
		}
	}
	return Section{Title: column("五、承诺履行", "5. Commitments"), Figures: figures(all, met, late, missed)}
}

// agreed are the actions that consultations agreed on in the period, and their state.
func (f *facts) agreed(p Period) Section {
	all, done := counting("agreed", "期内会商议定事项", "Actions agreed in the period"), counting("agreed_done", "其中已落实", "Of these, done")
	done.Of = "agreed"
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("议定内容", "What was agreed"), column("责任部门", "Department"), column("状态", "State"), column("期限", "Due")}}
	for _, t := range f.tasks(func(_ *approval.Issue, s *approval.SignOff) bool {
		return s.Matter == approval.AgreedAction && p.in(calendar.Of(s.OpenedAt))
	}) {
		all.signOff(t.i, t.s)
		if t.s.State == approval.Granted {
			done.signOff(t.i, t.s)
		}
		table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{
			same(t.i.Title), same(t.s.What), f.unit(string(t.s.Department)), words(states[t.s.State]), due(t.s.Due),
		}})
	}
	return section("六、会商议定事项", "6. Agreed actions", table, all, done)
}

// projects are the branch's own against their plans.
func (f *facts) projects(b standing) Section {
	table := Table{Columns: []approval.Text{column("项目", "Project"), column("年度计划（万元）", "Plan (10,000 yuan)"), column("累计完成（万元）", "Done (10,000 yuan)"), column("完成率", "Completion"), column("超时序（百分点）", "Lead (points)")}}
	for k := range b.rows {
		r := &b.rows[k]
		cells := []Cell{name(r.Listing.Name()), {}, {}, {}, {}}
		if r.Planned {
			cells[1] = number(int(r.Plan))
		}
		if r.Reported {
			cells[2] = number(int(r.Done))
		}
		if r.Counts() {
			cells[3], cells[4] = same(r.Completion.String()+"%"), same(r.Lead.String())
		}
		table.Rows = append(table.Rows, Row{Key: string(r.Listing.Project), Cells: cells})
	}
	s := section("七、投资进度", "7. Investment", table)
	s.Says = append(s.Says, text("截至%[1]s。", "As of %[1]s.", b.period))
	if b.mark != (roster.Name{}) {
		s.Says = append(s.Says, approval.Text(b.mark))
	}
	return s
}
