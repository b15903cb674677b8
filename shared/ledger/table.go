package ledger

import (
	"bytes"
	"fmt"
	"iter"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// Tables are the names under which a board's tables are asked for, in order.
func Tables() []string {
	return []string{"summary", "district", "sector", "tier", "type", "league", "projects", "held", "starts", "finishes", "plans", "figures"}
}

// Export writes a table as a file, xlsx or csv; "all" is a workbook with every one.
func (b *Board) Export(name, format, lang string) (file, kind string, content []byte, err error) {
	var tables []sheet.Table
	for _, n := range Tables() {
		if t, ok := b.Table(n, lang); ok && (n == name || name == "all") {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return "", "", nil, approval.Refuse(approval.NotFound, "table", "没有这张表，请从页面上选择。", "There is no such table; choose one from the page.")
	}
	if format == "csv" && len(tables) > 1 {
		return "", "", nil, approval.Refuse(approval.Invalid, "format", "CSV 每个文件一张表；全部表格请导出为 XLSX。", "A CSV holds one table; export them all as XLSX.")
	}
	w := words{lang}
	title := tables[0].Name
	if name == "all" {
		title = w.say("全部表格", "all tables")
	}
	file = fmt.Sprintf(w.say("投资进度-%[2]s-%[1]s.%[3]s", "investment-%[2]s-%[1]s.%[3]s"), title, b.Period, format)
	var out bytes.Buffer
	if format == "csv" {
		err = sheet.WriteCSV(&out, tables[0])
		return file, "text/csv; charset=utf-8", out.Bytes(), err
	}
	err = sheet.WriteXLSX(&out, tables...)
	return file, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.Bytes(), err
}

// titles are the tables' names, which are also the names of their sheets.
var titles = map[string]roster.Name{
	"summary":  {ZH: "总体情况", EN: "Summary"},
	"district": {ZH: "分区域", EN: "By district"},
	"sector":   {ZH: "分行业", EN: "By sector"},
	"tier":     {ZH: "分级别", EN: "By list"},
	"type":     {ZH: "分建设性质", EN: "By type"},
	"league":   {ZH: "区域排名", EN: "League of districts"},
	"projects": {ZH: "项目明细", EN: "Projects"},
	"held":     {ZH: "受阻项目", EN: "Held back"},
	"starts":   {ZH: "应开未开", EN: "Starts overdue"},
	"finishes": {ZH: "竣工提前和延期", EN: "Finishes"},
	"plans":    {ZH: "计划各版本", EN: "Plan versions"},
	"figures":  {ZH: "进度填报记录", EN: "Figures"},
}

// TableName is what a table is called.
func TableName(name string) roster.Name { return titles[name] }

// Table is one of the board's tables in a language, or false when there is none of
// the name. Below each stand the period, the version of the data and the rules by
// which it was made, so that it can be read on its own.
func (b *Board) Table(name, lang string) (sheet.Table, bool) {
	title, ok := titles[name]
	if !ok {
		return sheet.Table{}, false
	}
	w := words{lang}
	t := sheet.Table{Name: w.name(title), Notes: b.notes(w, name)}
	switch name {
	case "summary":
		t.Heading, t.Rows = b.lines(w, roster.Name{ZH: "范围", EN: "Scope"}, []invest.Line{b.All()}, func(string) string { return w.say("全部项目", "all projects") })
	case "league":
		t.Heading, t.Rows = b.league(w)
	case "projects":
		t.Heading, t.Rows = b.projects(w, b.Rows)
	case "held":
		t.Heading, t.Rows = b.projects(w, b.Held())
	case "starts":
		t.Heading, t.Rows = b.projects(w, invest.Starts(b.Rows, b.Period).Overdue)
	case "finishes":
		t.Heading, t.Rows = b.finishes(w)
	case "plans":
		t.Heading, t.Rows = b.plans(w)
	case "figures":
		t.Heading, t.Rows = b.figures(w)
	default:
		d := invest.Dimension(name)
		t.Heading, t.Rows = b.lines(w, title, b.By(d), func(key string) string { return w.name(b.Name(d, key)) })
	}
	t.Wide = []float64{24, 30}
	return t, true
}

// words picks the language of a table.
type words struct{ lang string }

func (w words) name(n roster.Name) string { return w.say(n.ZH, n.EN) }

func (w words) say(zh, en string) string {
	if w.lang == "en" {
		return en
	}
	return zh
}

func (b *Board) notes(w words, name string) (notes []string) {
	if b.Mark != (roster.Name{}) {
		notes = append(notes, w.name(b.Mark))
	}
	notes = append(notes,
		fmt.Sprintf(w.say("截至%[1]s（%[2]s），时序进度%[3]s%%。金额单位：万元。数据版本：%[4]d年台账第%[5]d次填报之后。", "Up to %[2]s (period %[1]s), time progress %[3]s%%. Amounts in 10,000 yuan. Data version: after entry %[5]d of the ledger of %[4]d."),
			b.Period, b.Period.Last(), b.Period.Elapsed(), b.Year, b.Entries),
		w.say("完成率＝累计完成÷本期有效的年度计划，不封顶；超时序＝完成率－时序进度（百分点），按所列两位小数相减。", "Completion = cumulative ÷ the annual plan in force, not capped; lead = completion − time progress, in points, of the figures as printed."),
		w.say("本期未报的以本年最近一期累计数计入；全年未报或无年度计划的不计入分子分母，另列个数。", "A project without a figure for the period counts with its last one of the year; one without any, or without a plan, is left out of both parts of the fraction and counted apart."))
	switch name {
	case "league":
		_, hidden := invest.League(b.By(invest.ByDistrict))
		notes = append(notes, fmt.Sprintf(w.say("计入项目少于%d个的区域不参与排名（%d个）。", "Districts with fewer than %d counted projects are not ranked (%d)."), invest.SmallestRanked, len(hidden)))
	case "held":
		notes = append(notes, w.say("受阻投资＝有红灯问题的项目的年度计划－累计完成（不小于0）。红灯问题为导出时的情况。", "Held back = plan − cumulative, at least 0, of projects with a red issue. Red issues are those of the moment of export."))
	case "finishes":
		notes = append(notes, w.say("天数为日历日，正数为提前，负数为延期；与审批压缩时间是两回事，不得相加。", "Days are calendar days, positive when early, negative when late. They are no part of the time saved in approvals and must not be added to it."))
	}
	return notes
}

func points(p invest.Points) sheet.Decimal { return sheet.Decimal{Units: int64(p), Places: 2} }

func date(d calendar.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.Start().In(calendar.Shanghai)
}

func (b *Board) lines(w words, first roster.Name, lines []invest.Line, name func(string) string) ([]string, iter.Seq[[]any]) {
	head := []string{
		w.name(first), w.say("项目数", "Projects"), w.say("计入完成率的项目数", "Counted"), w.say("年度计划（万元）", "Plan"), w.say("累计完成（万元）", "Cumulative"),
		w.say("完成率（%）", "Completion %"), w.say("超时序（百分点）", "Lead (points)"), w.say("达到时序的项目数", "On schedule"), w.say("沿用前期数的项目数", "With an earlier figure"),
		w.say("全年未报的项目数", "Without any figure"), w.say("其年度计划（万元）", "Their plan"), w.say("无年度计划的项目数", "Without a plan"),
		w.say("有红灯问题的项目数", "With a red issue"), w.say("受阻投资（万元）", "Held back"), w.say("受阻投资不明的项目数", "Held back, not known"),
	}
	return head, func(yield func([]any) bool) {
		for _, l := range lines {
			var completion, lead any
			if l.HasCompletion {
				completion, lead = points(l.Completion), points(l.Lead)
			}
			if !yield([]any{name(l.Key), l.Projects, l.Counted, int64(l.Plan), int64(l.Done), completion, lead, l.OnSchedule, l.Carried, l.Silent, int64(l.SilentPlan), l.Unplanned, l.Red, int64(l.Held), l.HeldUnknown}) {
				return
			}
		}
	}
}

func (b *Board) league(w words) ([]string, iter.Seq[[]any]) {
	ranked, hidden := invest.League(b.By(invest.ByDistrict))
	head := []string{w.say("名次", "Rank"), w.say("区域", "District"), w.say("计入项目数", "Counted"), w.say("年度计划（万元）", "Plan"), w.say("累计完成（万元）", "Cumulative"), w.say("完成率（%）", "Completion %"), w.say("超时序（百分点）", "Lead (points)")}
	return head, func(yield func([]any) bool) {
		for _, p := range ranked {
			if !yield([]any{p.Rank, w.name(b.Name(invest.ByDistrict, p.Key)), p.Counted, int64(p.Plan), int64(p.Done), points(p.Completion), points(p.Lead)}) {
				return
			}
		}
		for _, key := range hidden {
			if !yield([]any{w.say("不参与排名", "not ranked"), w.name(b.Name(invest.ByDistrict, key))}) {
				return
			}
		}
	}
}

func (b *Board) projectHead(w words) []string {
	return []string{
		w.say("项目编号", "Number"), w.say("项目名称", "Name"), w.say("区域", "District"), w.say("行业", "Sector"), w.say("级别", "List"), w.say("建设性质", "Type"),
		w.say("年度计划（万元）", "Plan"), w.say("计划生效日期", "In force from"), w.say("计划版本数", "Versions"), w.say("累计完成（万元）", "Cumulative"), w.say("累计数期次", "Figure of"),
		w.say("完成率（%）", "Completion %"), w.say("超时序（百分点）", "Lead (points)"), w.say("红灯问题数", "Red issues"), w.say("受阻投资（万元）", "Held back"),
		w.say("计划开工", "Planned start"), w.say("实际开工", "Began"), w.say("计划竣工", "Planned finish"), w.say("实际竣工", "Finished"),
	}
}

func (b *Board) projects(w words, rows []invest.Row) ([]string, iter.Seq[[]any]) {
	return b.projectHead(w), func(yield func([]any) bool) {
		for k := range rows {
			if !yield(b.project(w, &rows[k])) {
				return
			}
		}
	}
}

// project leaves out what is not known: an empty cell is no zero.
func (b *Board) project(w words, r *invest.Row) []any {
	l := r.Listing
	cells := []any{string(l.Project), w.name(l.Name()), w.name(b.district(l.District)), w.name(l.Sector.Name()), w.name(l.Tier.Name()), w.name(l.Type.Name()), nil, nil, r.Versions, nil, nil, nil, nil, b.Reds[l.Project], nil, date(l.Start), date(r.Started), date(l.Finish), date(r.Finished)}
	if r.Planned {
		cells[6], cells[7] = int64(r.Plan), date(r.From)
	}
	if r.Reported {
		cells[9], cells[10] = int64(r.Done), invest.Period{Year: b.Year, Half: r.Half}.String()
	}
	if r.Counts() {
		cells[11], cells[12] = points(r.Completion), points(r.Lead)
	}
	if held, known := r.Held(); r.Red && known {
		cells[14] = int64(held)
	}
	return cells
}

func (b *Board) finishes(w words) ([]string, iter.Seq[[]any]) {
	list, _ := invest.Finishes(b.Rows, b.Period)
	head := []string{w.say("项目编号", "Number"), w.say("项目名称", "Name"), w.say("计划竣工", "Planned finish"), w.say("实际竣工", "Finished"), w.say("提前（＋）或延期（－）天数", "Days early (+) or late (−)"), w.say("情况", "State")}
	return head, func(yield func([]any) bool) {
		for _, f := range list {
			state := w.say("已竣工", "finished")
			if f.Open {
				state = w.say("到期未竣工", "not finished, day passed")
			}
			if !yield([]any{string(f.Listing.Project), w.name(f.Listing.Name()), date(f.Listing.Finish), date(f.Finished), f.Days, state}) {
				return
			}
		}
	}
}

// stamped are the columns that say who entered something, when and why.
func stamped(w words) []string {
	return []string{w.say("填报次序", "Entry"), w.say("填报人", "By"), w.say("填报时间", "At"), w.say("填报说明", "Reason of the entry"), w.say("是否有效", "Counts")}
}

func stamp(w words, s invest.Stamp, counts bool) []any {
	return []any{s.Batch, string(s.By), s.At.In(calendar.Shanghai).Format("2006-01-02 15:04"), s.Reason, map[bool]string{true: w.say("有效", "yes"), false: w.say("已被更正或调整", "superseded")}[counts]}
}

func (b *Board) plans(w words) ([]string, iter.Seq[[]any]) {
	head := append([]string{w.say("项目编号", "Number"), w.say("项目名称", "Name"), w.say("年度计划（万元）", "Plan"), w.say("生效日期", "In force from"), w.say("依据文号", "Ground")}, stamped(w)...)
	return head, func(yield func([]any) bool) {
		for _, r := range b.Rows {
			p, _ := b.year.Project(r.Listing.Project)
			in, _ := p.PlanOn(b.Period.Last())
			for _, v := range p.Plans {
				cells := []any{string(r.Listing.Project), w.name(r.Listing.Name()), int64(v.Value.Amount), date(v.Value.From), v.Value.Ground}
				if !yield(append(cells, stamp(w, v.Stamp, v == in)...)) {
					return
				}
			}
		}
	}
}

func (b *Board) figures(w words) ([]string, iter.Seq[[]any]) {
	head := append([]string{w.say("项目编号", "Number"), w.say("项目名称", "Name"), w.say("期次", "Period"), w.say("累计完成（万元）", "Cumulative"), w.say("实际开工", "Began"), w.say("实际竣工", "Finished"), w.say("更正理由", "Reason of a correction")}, stamped(w)...)
	return head, func(yield func([]any) bool) {
		for _, r := range b.Rows {
			p, _ := b.year.Project(r.Listing.Project)
			for half := 1; half <= b.Period.Half; half++ {
				all := p.Reported(half)
				for k, v := range all {
					cells := []any{string(r.Listing.Project), w.name(r.Listing.Name()), invest.Period{Year: b.Year, Half: half}.String(), int64(v.Value.Done), date(v.Value.Started), date(v.Value.Finished), v.Value.Reason}
					if !yield(append(cells, stamp(w, v.Stamp, k == len(all)-1)...)) {
						return
					}
				}
			}
		}
	}
}

// Template is the workbook to fill in: a sheet of instructions with the values
// allowed, and the empty tables.
func (l *Ledger) Template(year int, lang string) []sheet.Table {
	w := words{lang}
	r := l.service.Rules().Roster
	var help [][]any
	for _, lay := range layouts {
		for _, c := range lay.columns {
			help = append(help, []any{w.name(lay.sheet), w.name(c.name), map[bool]string{true: w.say("必填", "needed"), false: w.say("选填", "optional")}[c.needed], w.name(c.advice), l.allowed(w, r, c.field)})
		}
	}
	tables := []sheet.Table{{
		Name: w.say("填报说明", "Instructions"), Heading: []string{w.say("表", "Sheet"), w.say("列", "Column"), w.say("是否必填", "Needed"), w.say("填写要求", "How to fill it in"), w.say("可填值", "Values allowed")},
		Rows: slices.Values(help), Wide: []float64{12, 28, 10, 60, 60},
		Notes: []string{
			fmt.Sprintf(w.say("本模板用于 %d 年度。请勿改动表名和表头；不用的表可以留空或删除。", "For %d. Keep the names of sheets and columns; a sheet that is not needed may stay empty or be deleted."), year),
			w.say("一个文件要么全部导入，要么一行也不导入；同一文件重复导入不会重复计入。请先试运行，按所列表、行、列逐条改正。", "A file is entered whole or not at all, and the same file twice changes nothing. Try it first and correct what is listed by sheet, row and column."),
			w.say("也可以导入 CSV（UTF-8 或 GB18030），每个文件一张表。", "CSV (UTF-8 or GB18030) with one of the tables is taken as well."),
		},
	}}
	for _, lay := range layouts {
		t := sheet.Table{Name: w.name(lay.sheet), Rows: slices.Values([][]any(nil))}
		for _, c := range lay.columns {
			t.Heading, t.Wide = append(t.Heading, w.name(c.name)), append(t.Wide, 22)
		}
		tables = append(tables, t)
	}
	return tables
}

func (l *Ledger) allowed(w words, r *roster.Roster, field string) string {
	var names []string
	switch field {
	case "district":
		for _, d := range r.Districts() {
			if d.Level != roster.LevelProvince {
				names = append(names, w.say(d.NameZH, d.NameEN))
			}
		}
	case "sector":
		names = namesOf(w, roster.Sectors())
	case "tier":
		names = namesOf(w, roster.ProjectTiers())
	case "type":
		names = namesOf(w, roster.ProjectTypes())
	}
	text := ""
	for k, n := range names {
		if k > 0 {
			text += w.say("、", ", ")
		}
		text += n
	}
	return text
}

func namesOf[T interface{ Name() roster.Name }](w words, all []T) (names []string) {
	for _, v := range all {
		names = append(names, w.name(v.Name()))
	}
	return names
}
