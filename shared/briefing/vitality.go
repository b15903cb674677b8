package briefing

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/sheet"
	"lianban/shared/vitality"
)

// Vitality is the vitality index (活力指数) of a branch in a half-year, as read now.
type Vitality struct {
	Branch roster.BranchID
	Period Period
	AsOf   calendar.Date
	Read   Read
	Titles map[approval.IssueID]string // of the issues counted
	vitality.Index
}

// SeesVitality says whether somebody may see the index of branches: a secretary that of
// the own branch, the tiers above it and the bureau those under them, overseers all.
func SeesVitality(actor approval.Actor) error {
	if slices.Contains([]roster.Role{roster.Secretary, roster.GeneralBranch, roster.Headquarters, roster.Bureau, roster.Overseer}, actor.Role) {
		return nil
	}
	return approval.Refuse(approval.Forbidden, "", "活力指数由本支部书记、上级党组织、重点项目局和监督员查看。", "The vitality index is for the branch's secretary, the tiers above it, the bureau and overseers.")
}

// seesVitality reports whether the branch is among those whose index somebody sees.
func seesVitality(r *roster.Roster, branch roster.BranchID, in roster.DistrictCode, actor approval.Actor) bool {
	switch actor.Role {
	case roster.Secretary:
		return string(branch) == actor.Unit
	case roster.GeneralBranch, roster.Headquarters:
		return below(r, branch, roster.BranchID(actor.Unit))
	case roster.Bureau:
		return inArea(r, in, actor)
	case roster.Overseer:
		return true
	}
	return false
}

// halfYear reads the period of an index; none is the present one.
func (k *Keeper) halfYear(code string) (Period, error) {
	today := k.service.Today()
	if code == "" {
		return PeriodOf(Pack, today), nil
	}
	p, ok := ParsePeriod(Pack, code)
	if !ok {
		return p, approval.Refuse(approval.Invalid, "period", "期次不正确：半年写作 2026-H1（上半年）或 2026-H2（下半年）。", "This is no period: write a half-year as 2026-H1 or 2026-H2.")
	}
	if p.From > today {
		return p, approval.Refuse(approval.Invalid, "period", "该期次还没有开始，请选择本期或以往的期次。", "That period has not begun; choose the current one or an earlier one.")
	}
	return p, nil
}

// Vitality reckons the index of a branch in a half-year, such as 2026-H1; "" is the
// present one.
func (k *Keeper) Vitality(ctx context.Context, branch roster.BranchID, period string, actor approval.Actor) (Vitality, error) {
	if err := SeesVitality(actor); err != nil {
		return Vitality{}, err
	}
	rules := k.service.Rules()
	_, in, fits := place(rules.Roster, Pack, string(branch))
	if !fits || !seesVitality(rules.Roster, branch, in, actor) {
		return Vitality{}, approval.Refuse(approval.NotFound, "id", "没有可供您查看的该支部活力指数，请从列表中选择支部。", "There is no such branch whose index you may see; choose one from the list.")
	}
	p, err := k.halfYear(period)
	if err != nil {
		return Vitality{}, err
	}
	return k.vitality(ctx, rules, branch, p)
}

func (k *Keeper) vitality(ctx context.Context, rules approval.Rules, id roster.BranchID, p Period) (Vitality, error) {
	branch, _ := rules.Roster.Branch(id)
	f, err := k.ofAll(ctx, rules, subject{Period: p, today: k.service.Today()}, branch.Projects)
	if err != nil {
		return Vitality{}, fmt.Errorf("read what the index of %s counts: %w", id, err)
	}
	v := Vitality{Branch: id, Period: p, AsOf: f.today, Titles: map[approval.IssueID]string{}, Index: f.vitality(p)}
	for n := range f.issues {
		i := &f.issues[n]
		v.Read.issue(i)
		v.Titles[i.ID] = i.Title
	}
	return v, nil
}

// Vitalities lists the indexes of the branches that the actor sees, by their ids: a
// list, no ranking.
func (k *Keeper) Vitalities(ctx context.Context, period string, actor approval.Actor, page approval.Page) ([]Vitality, approval.Cursor, error) {
	if err := SeesVitality(actor); err != nil {
		return nil, "", err
	}
	p, err := k.halfYear(period)
	if err != nil {
		return nil, "", err
	}
	rules := k.service.Rules()
	var ids []roster.BranchID
	for _, b := range rules.Roster.Branches() {
		if _, in, fits := place(rules.Roster, Pack, string(b.ID)); fits && string(b.ID) > string(page.Cursor) && seesVitality(rules.Roster, b.ID, in, actor) {
			ids = append(ids, b.ID)
		}
	}
	slices.Sort(ids)
	next := approval.Cursor("")
	if page.Limit > 0 && len(ids) > page.Limit {
		ids = ids[:page.Limit]
		next = approval.Cursor(ids[len(ids)-1])
	}
	all := make([]Vitality, 0, len(ids))
	for _, id := range ids {
		v, err := k.vitality(ctx, rules, id, p)
		if err != nil {
			return nil, "", err
		}
		all = append(all, v)
	}
	return all, next, nil
}

// VitalityTable is a list of indexes as a table to export: a branch a line, and of each indicator
// how many cases it counts and how many of them it was met in.
func VitalityTable(list []Vitality, r *roster.Roster, lang string) sheet.Table {
	say := func(zh, en string) string { return approval.Text{ZH: zh, EN: en}.In(lang) }
	t := sheet.Table{
		Name:    say("活力指数", "Vitality"),
		Heading: []string{say("支部", "Branch"), say("支部编号", "Branch id"), say("期次", "Period"), say("星级", "Stars"), say("得分", "Points"), say("评定", "Rating"), say("计入事实", "Cases"), say("数据截至", "As of")},
		Wide:    []float64{40, 24, 10, 6, 8, 40, 10, 12},
		Notes:   []string{VitalityRules().In(lang), say("按支部编号列出，不排名次。", "Listed by branch id; this is no ranking.")},
	}
	for _, i := range vitality.Published.Indicators {
		t.Heading = append(t.Heading, approval.Text(i.Name).In(lang)+say("：计入", ": counted"), approval.Text(i.Name).In(lang)+say("：符合", ": met"))
		t.Wide = append(t.Wide, 12, 12)
	}
	var lines [][]any
	for k := range list {
		v := &list[k]
		line := []any{approval.Text(r.UnitName(string(v.Branch))).In(lang), string(v.Branch), v.Period.Code, nil, nil, Verdict(&v.Index).In(lang), v.Cases, v.AsOf.String()}
		if v.Rated() {
			line[3], line[4] = v.Stars, v.Points.String()
		}
		for n := range v.Scores {
			line = append(line, len(v.Scores[n].Cases), v.Scores[n].Met)
		}
		lines = append(lines, line)
	}
	t.Rows = rows(lines)
	return t
}

// halfYearTo is the half-year in which a month lies, up to its last day.
func (p Period) halfYearTo() Period {
	half := PeriodOf(Pack, p.From)
	half.To = p.To
	return half
}

// HalfYears are the present half-year, and the one before, of which branches report.
func (k *Keeper) HalfYears() []Period {
	now := PeriodOf(Pack, k.service.Today())
	return []Period{now, now.before(Pack)}
}

// Name says which half-year the index is of.
func (v *Vitality) Name() approval.Text { return v.Period.words(Pack) }

func (f *facts) vitality(p Period) vitality.Index {
	return vitality.Published.Rate(vitality.Published.Count(f.Calendar, f.issues, vitality.Span{From: p.From, To: p.To, Today: f.today}))
}

// Verdict says what an index comes to.
func Verdict(i *vitality.Index) approval.Text {
	switch {
	case i.Rated():
		return text("%[1]s %[3]d星（%[2]s分）", "%[3]d of 5 stars (%[2]s points)", strings.Repeat("★", i.Stars)+strings.Repeat("☆", 5-i.Stars), i.Points, i.Stars)
	case i.Cases < vitality.Least:
		return text("计入事实不足%[1]d件，不评定", "Insufficient: fewer than %[1]d cases, so there is no rating", vitality.Least)
	}
	return text("有计入事实的指标权重合计不足%[1]d，不评定", "Insufficient: the indicators with cases weigh less than %[1]d together, so there is no rating", vitality.LeastWeight)
}

// VitalityRules says how an index comes about.
func VitalityRules() approval.Text {
	return column("得分＝折算权重×符合÷计入，各项相加为指数；没有计入事实的指标不计，其权重按比例折算给其余指标。指标、权重、期限和星级分档均为拟定。不设人工评分。顺德区2022年公布的活力指数为33项指标，目标为五星支部30个、四星及以上支部占50%；其指标明细和权重未公布。",
		"Points are the weight in force times those met of the cases; their sum is the index. An indicator without cases does not count, and its weight goes to the others in proportion. Indicators, weights, days and levels are assumed. Nobody gives a score. Shunde's index of 2022 is published as 33 indicators, with the aim of 30 branches of five stars and half of all of four or more; which they are, and what they weigh, is not published.")
}

// VitalityColumns are the headings of an index's indicators, and VitalityCells a line of
// them.
func VitalityColumns() []approval.Text {
	return []approval.Text{column("指标", "Indicator"), column("计入", "Counted"), column("符合条件", "Met when"), column("权重（拟定）", "Weight (assumed)"), column("折算权重", "Weight in force"), column("计入数", "Cases"), column("符合数", "Met"), column("得分", "Points")}
}

// VitalityCells are the line of an indicator under VitalityColumns.
func VitalityCells(i *vitality.Index, s *vitality.Score) []Cell {
	cells := []Cell{words(s.Name), words(s.Indicator.Of), words(s.Indicator.Met), number(s.Weight), {}, number(len(s.Cases)), number(s.Met), {}}
	if len(s.Cases) > 0 {
		cells[4] = same(s.Full.String())
		if i.Rated() {
			cells[7] = same(s.Points.String())
		}
	}
	return cells
}

// vital is the index as a part of a half-year report, and of a month's list.
func (f *facts) vital(zh, en string, p Period) Section {
	index := f.vitality(p)
	table := Table{Columns: VitalityColumns()}
	var counters []*counter
	for n := range index.Scores {
		s := &index.Scores[n]
		all := counting("vitality_"+string(s.Code)+"_of", s.Name.ZH+"：计入", s.Name.EN+": counted")
		met := counting("vitality_"+string(s.Code), s.Name.ZH+"：符合", s.Name.EN+": met")
		met.Of = all.Key
		for _, c := range s.Cases {
			point := Point{Issue: c.Issue, SignOff: c.SignOff, N: 1}
			all.add(point)
			if c.Met {
				met.add(point)
			}
		}
		if len(s.Cases) > 0 {
			counters = append(counters, all, met)
		}
		table.Rows = append(table.Rows, Row{Key: string(s.Code), Cells: VitalityCells(&index, s)})
	}
	return Section{Title: column(zh, en), Says: []approval.Text{Verdict(&index), VitalityRules()}, Figures: figures(counters...), Table: &table}
}

// Workbook is an index as XLSX: its indicators, and the facts that each counts.
func (v *Vitality) Workbook(r *roster.Roster, lang string) ([]byte, error) {
	say := func(zh, en string) string { return approval.Text{ZH: zh, EN: en}.In(lang) }
	branch := approval.Text(r.UnitName(string(v.Branch))).In(lang)
	score := sheet.Table{Name: say("活力指数", "Vitality"), Wide: []float64{16, 40, 40, 12, 12, 8, 8, 10}}
	for _, c := range VitalityColumns() {
		score.Heading = append(score.Heading, c.In(lang))
	}
	var scores, cases [][]any
	for n := range v.Scores {
		s := &v.Scores[n]
		var line []any
		for _, c := range VitalityCells(&v.Index, s) {
			line = append(line, c.written(lang))
		}
		scores = append(scores, line)
		for _, c := range s.Cases {
			line := []any{s.Name.In(lang), v.Titles[c.Issue], string(c.Issue), nil, say("否", "no")}
			if c.SignOff > 0 {
				line[3] = c.SignOff
			}
			if c.Met {
				line[4] = say("是", "yes")
			}
			cases = append(cases, line)
		}
	}
	score.Rows = rows(scores)
	score.Notes = []string{branch, v.Name().In(lang), Verdict(&v.Index).In(lang), VitalityRules().In(lang), say("数据截至", "As of ") + v.AsOf.String()}
	facts := sheet.Table{
		Name: say("依据", "Facts"), Heading: []string{say("指标", "Indicator"), say("问题", "Issue"), say("问题编号", "Issue id"), say("任务", "Task"), say("符合", "Met")}, Wide: []float64{16, 40, 40, 8, 8}, Rows: rows(cases),
	}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, score, facts); err != nil {
		return nil, fmt.Errorf("write the index of %s: %w", v.Branch, err)
	}
	return file.Bytes(), nil
}
