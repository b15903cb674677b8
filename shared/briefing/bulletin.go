package briefing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/measure"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sheet"
)

const (
	longest = 10 // how many of those overdue longest a bulletin lists (assumed)
	// exemplary is how many answers a department has at least that is named for having been
	// late with none: with fewer a rate ranks nobody.
	exemplary = saving.EnoughN
)

// bulletin draws an area's quarterly bulletin up.
func (k *Keeper) bulletin(ctx context.Context, rules approval.Rules, of subject, actor approval.Actor) (*Document, error) {
	area := roster.DistrictCode(of.about)
	var codes []roster.DistrictCode
	for _, d := range rules.Roster.Districts() {
		if rules.Roster.Within(d.Code, area) {
			codes = append(codes, d.Code)
		}
	}
	var projects []roster.ProjectID
	for _, p := range rules.Roster.Projects() {
		if rules.Roster.Within(p.District, area) {
			projects = append(projects, p.ID)
		}
	}
	f, err := k.ofAll(ctx, rules, of, projects)
	if err != nil {
		return nil, err
	}
	data, err := k.figures.Read(ctx, measure.Query{From: saving.MonthOf(of.From), To: saving.MonthOf(of.To), Districts: codes})
	if err != nil {
		return nil, fmt.Errorf("read the figures of a bulletin: %w", err)
	}
	board, err := k.board(ctx, of, actor)
	if err != nil {
		return nil, err
	}
	d := of.document()
	for n := range f.issues {
		d.Read.issue(&f.issues[n])
	}
	d.Read.Figures, d.Read.Entries = data.Version.Digest, board.entries
	board.rows = slices.DeleteFunc(board.rows, func(r invest.Row) bool { return !rules.Roster.Within(r.Listing.District, area) })
	overview := f.month(of.Period)
	overview.Title = column("一、总体情况", "1. Overview")
	overview.Figures = renamed(overview.Figures, "本季度", "quarter")
	rows := data.Rows(measure.ByDepartment)
	d.Sections = []Section{
		overview, f.departments(rows), f.supervised(of.Period), f.overdueLongest(), f.climbed(of.Period),
		f.invested("六、投资进度", "6. Investment", board), f.tolerated("七、容错认定", "7. Tolerances", of.Period), f.examples(rows),
	}
	return d, nil
}

// ofAll reads every issue of projects.
func (k *Keeper) ofAll(ctx context.Context, rules approval.Rules, of subject, projects []roster.ProjectID) (facts, error) {
	ids, err := k.ofProjects(ctx, projects)
	if err != nil {
		return facts{}, err
	}
	return k.read(ctx, rules, of.today, ids)
}

// renamed says of which span the figures of an overview are.
func renamed(figures []Figure, zh, en string) []Figure {
	for k := range figures {
		f := &figures[k]
		switch f.Key {
		case "raised":
			f.Name = approval.Text{ZH: zh + "提出", EN: "Raised in the " + en}
		case "ended":
			f.Name = approval.Text{ZH: zh + "办结", EN: "Concluded in the " + en}
		case "withdrawn":
			f.Name = approval.Text{ZH: zh + "撤回", EN: "Withdrawn in the " + en}
		}
	}
	return figures
}

func percent(s saving.Share) Cell {
	if s.Share == nil {
		return Cell{}
	}
	return same(sheet.Decimal{Units: (2000*int64(s.Count) + int64(s.Of)) / (2 * int64(s.Of)), Places: 1}.String() + "%")
}

// departments are the figures of each, as package measure keeps and hides them.
func (f *facts) departments(rows []measure.Row) Section {
	table := Table{Columns: []approval.Text{
		column("部门", "Department"), column("新受理任务", "Tasks raised"), column("按时办结", "Answered in time"), column("逾期办结", "Answered late"), column("在办超期", "Open past due"),
		column("按时办结率", "On time"), column("分母", "Of"), column("容错认定（不计入）", "Tolerated (apart)"),
	}}
	hidden := 0
	for _, r := range rows {
		if r.Hidden {
			hidden++
			continue
		}
		table.Rows = append(table.Rows, Row{Key: r.Key, Cells: []Cell{
			f.unit(r.Key), number(r.Net.N + r.Pledged.N), number(r.Punctuality.ByDue), number(r.Punctuality.Late), number(r.Punctuality.PastDue), percent(r.OnTime), number(r.OnTime.Of), number(r.Tolerated),
		}})
	}
	s := section("二、各部门办理情况", "2. Departments", table)
	if hidden > 0 {
		s.Says = nil // there is something, though nothing to show
	}
	s.Says = append(s.Says, approval.Text{ZH: "按时办结率＝期内按时办结÷（期内办结＋现已超期未办）；经确认的容错认定不计入，单列计数（拟定）。", EN: "On time is the share answered in time in the period of those answered then or open past due now; what was found tolerable is counted apart (assumed)."})
	if hidden > 0 {
		s.Says = append(s.Says, text("另有%[1]d个部门因不足%[2]d件（或为防止推算）不单列。", "%[1]d more departments have fewer than %[2]d cases, or could give one away that has, and are not shown.", hidden, measure.SmallN))
	}
	return s
}

// supervised are the supervision notices issued in the period, and what came of them.
func (f *facts) supervised(p Period) Section {
	issued, closed := counting("notices_issued", "期内签发督办单", "Supervision notices issued in the period"), counting("notices_closed", "其中已办结", "Of these, closed")
	replied, passed := counting("notices_replied", "其中已回复待复核", "Of these, answered, to be rechecked"), counting("notices_late", "其中逾期未回复", "Of these, past their day without an answer")
	closed.Of, replied.Of, passed.Of = "notices_issued", "notices_issued", "notices_issued"
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("督办对象", "Addressed to"), column("督办要求", "Demand"), column("办理情况", "State"), column("期限", "Due")}}
	for _, t := range f.tasks(func(*approval.Issue, *approval.SignOff) bool { return true }) {
		for _, n := range t.s.Notices {
			if !p.in(calendar.Of(n.At)) {
				continue
			}
			issued.signOff(t.i, t.s)
			switch {
			case n.State == approval.NoticeClosed:
				closed.signOff(t.i, t.s)
				continue
			case n.State == approval.NoticeReplied:
				replied.signOff(t.i, t.s)
			case n.DueOn < f.today:
				passed.signOff(t.i, t.s)
			}
			table.Rows = append(table.Rows, Row{
				Key: fmt.Sprintf("%s/%d", key(t.i, t.s.N), n.K), Issue: t.i.ID, SignOff: t.s.N,
				Cells: []Cell{same(t.i.Title), f.unit(string(n.Department)), same(n.Demand), words(notices[n.State]), day(n.DueOn)},
			})
		}
	}
	s := section("三、督办单办理情况", "3. Supervision notices", table, issued, closed, replied, passed)
	if issued.N == 0 {
		s.Figures = figures(issued)
	}
	return s
}

// overdueLongest are the open tasks that have been overdue longest.
func (f *facts) overdueLongest() Section {
	all := f.tasks(func(i *approval.Issue, s *approval.SignOff) bool {
		return !i.Status.Ended() && s.State == approval.Open && !s.Due.On.IsZero() && s.Due.On < f.today && !s.Tolerated()
	})
	count := counting("overdue", "在办超期任务", "Tasks open past due")
	table := Table{Columns: []approval.Text{column("问题", "Issue"), column("责任部门", "Department"), column("任务", "Task"), column("到期日", "Due"), column("时间", "Time"), column("所在层级", "Tier")}}
	for k, t := range all {
		count.signOff(t.i, t.s)
		if k < longest {
			table.Rows = append(table.Rows, Row{Key: key(t.i, t.s.N), Issue: t.i.ID, SignOff: t.s.N, Cells: []Cell{
				same(t.i.Title), f.unit(string(t.s.Department)), name(f.Subject(t.s)), due(t.s.Due), f.left(t.s), tier(f.StandingOf(t.i, t.s).Tier),
			}})
		}
	}
	s := section("四、超期时间最长的事项", "4. Overdue longest", table, count)
	if len(all) > longest {
		s.Says = append(s.Says, text("只列前%[1]d项（拟定）。", "The first %[1]d are listed (assumed).", longest))
	}
	return s
}

// climbed are the tasks that reached a tier of the ladder in the period.
func (f *facts) climbed(p Period) Section {
	general, above := counting("tier_general_branch", "期内提级到临时党总支的任务", "Tasks that reached the general branch in the period"), counting("tier_headquarters", "期内提级到总指挥部的任务", "Tasks that reached the headquarters in the period")
	for _, t := range f.tasks(func(*approval.Issue, *approval.SignOff) bool { return true }) {
		for _, c := range f.StandingOf(t.i, t.s).Climbs {
			switch {
			case !p.in(calendar.Of(c.At)):
			case c.Tier == roster.TierGeneralBranch:
				general.signOff(t.i, t.s)
			case c.Tier == roster.TierHeadquarters:
				above.signOff(t.i, t.s)
			}
		}
	}
	return Section{Title: column("五、提级情况", "5. Escalation"), Figures: figures(general, above)}
}

// standing is how investment stood at a period's end.
type standing struct {
	rows    []invest.Row
	period  invest.Period
	entries int64
	mark    roster.Name
}

// board reads how investment stood at the end of the period, or of the last half month that has ended.
func (k *Keeper) board(ctx context.Context, of subject, actor approval.Actor) (standing, error) {
	year, month, _ := of.To.Civil()
	p := invest.Period{Year: year, Half: 2 * int(month)}
	if last := invest.Upto(year, of.today); last.Half < p.Half {
		p = last
	}
	b, err := k.ledger.Board(ctx, year, p, actor)
	if err != nil {
		return standing{}, fmt.Errorf("read the investment of a briefing: %w", err)
	}
	return standing{b.Rows, b.Period, b.Entries, b.Mark}, nil
}

func (f *facts) district(code string) Cell {
	for _, d := range f.Roster.Districts() {
		if string(d.Code) == code {
			return name(roster.Name{ZH: d.NameZH, EN: d.NameEN})
		}
	}
	return same(code)
}

// invested is investment against plan by area, those furthest ahead first. A ranking hides
// areas with few projects.
func (f *facts) invested(zh, en string, b standing) Section {
	table := Table{Columns: []approval.Text{column("区域", "Area"), column("计入项目", "Projects counted"), column("年度计划（万元）", "Plan (10,000 yuan)"), column("累计完成（万元）", "Done (10,000 yuan)"), column("完成率", "Completion"), column("超时序（百分点）", "Lead (points)")}}
	lines := invest.By(invest.ByDistrict, b.rows, b.period)
	slices.SortStableFunc(lines, func(x, y invest.Line) int { return cmp.Compare(y.Lead, x.Lead) })
	hidden := few(lines)
	put := func(key string, of Cell, l invest.Line) {
		cells := []Cell{of, number(l.Counted), number(int(l.Plan)), number(int(l.Done)), {}, {}}
		if l.HasCompletion {
			cells[4], cells[5] = same(l.Completion.String()+"%"), same(l.Lead.String())
		}
		table.Rows = append(table.Rows, Row{Key: key, Cells: cells})
	}
	if len(b.rows) >= measure.SmallN {
		put("", words(column("合计", "All")), invest.Sum("", b.rows, b.period))
	}
	for _, l := range lines {
		if !slices.Contains(hidden, l.Key) {
			put(l.Key, f.district(l.Key), l)
		}
	}
	s := section(zh, en, table)
	if len(hidden) > 0 {
		s.Says = nil
	}
	s.Says = append(s.Says, text("截至%[1]s。", "As of %[1]s.", b.period))
	if len(hidden) > 0 {
		s.Says = append(s.Says, text("另有%[1]d个区域因项目不足%[2]d个（或为防止推算）不单列。", "%[1]d more areas have fewer than %[2]d projects, or could give one away that has, and are not shown.", len(hidden), measure.SmallN))
	}
	if b.mark != (roster.Name{}) {
		s.Says = append(s.Says, approval.Text(b.mark))
	}
	return s
}

// few are the groups that a ranking hides: those with few projects, and, where that is one,
// the next smallest too, or whoever takes the others from the whole reads it.
func few(lines []invest.Line) (hidden []string) {
	next := -1
	for k, l := range lines {
		switch {
		case l.Projects < measure.SmallN:
			hidden = append(hidden, l.Key)
		case next < 0 || l.Projects < lines[next].Projects:
			next = k
		}
	}
	if len(hidden) == 1 && next >= 0 {
		hidden = append(hidden, lines[next].Key)
	}
	return hidden
}

// tolerated counts the tolerances confirmed in the period that are in force.
func (f *facts) tolerated(zh, en string, p Period) Section {
	overrun, objection := counting("tolerated_overrun", "期内确认的超期容错认定", "Overruns found tolerable in the period"), counting("tolerated_objection", "期内确认的异议轮次容错认定", "Objection rounds found tolerable in the period")
	for _, t := range f.tasks(func(_ *approval.Issue, s *approval.SignOff) bool {
		return s.Tolerated() && p.in(calendar.Of(s.Tolerance.Answered.At))
	}) {
		if t.s.Tolerance.Of == approval.ObjectionTolerated {
			objection.signOff(t.i, t.s)
		} else {
			overrun.signOff(t.i, t.s)
		}
	}
	return Section{Title: column(zh, en), Figures: figures(overrun, objection), Says: []approval.Text{{ZH: "容错认定的任务不计入按时办结率和超期数（拟定）。", EN: "Tasks found tolerable stand in neither the on-time rate nor the overruns (assumed)."}}}
}

// examples are the departments that were late with none of enough.
func (f *facts) examples(rows []measure.Row) Section {
	table := Table{Columns: []approval.Text{column("部门", "Department"), column("按时办结", "Answered in time"), column("分母", "Of")}}
	for _, r := range rows {
		if !r.Hidden && r.OnTime.Of >= exemplary && r.OnTime.Count == r.OnTime.Of {
			table.Rows = append(table.Rows, Row{Key: r.Key, Cells: []Cell{f.unit(r.Key), number(r.OnTime.Count), number(r.OnTime.Of)}})
		}
	}
	s := section("八、按时办结的部门", "8. Departments always in time", table)
	s.Says = append(s.Says, text("期内办结不少于%[1]d件且无一逾期、无在办超期的部门（拟定）。", "Departments with at least %[1]d answers in the period, none of them late and nothing open past due (assumed).", exemplary))
	return s
}
