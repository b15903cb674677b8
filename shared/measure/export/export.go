// Package export writes the figures of measure as tables for spreadsheets (统计表导出). Below
// each table stand the months, the version of the data and the rules by which it was made, so
// that it can be read, and had again, on its own.
package export

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/measure"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sheet"
)

// Tables are the names under which tables are asked for, in order.
func Tables() []string {
	return []string{"whole", "department", "subject", "district", "raised", "saved", "bottlenecks", "variants", "chart"}
}

// ofAll are the tables of issues as a whole and of other departments, which no lead sees.
var ofAll = []string{"department", "district", "saved", "bottlenecks", "variants", "chart"}

// titles are the tables' names, which are also those of their sheets.
var titles = map[string]roster.Name{
	"whole":       {ZH: "总体情况", EN: "Overall"},
	"department":  {ZH: "分部门", EN: "By department"},
	"subject":     {ZH: "分事项", EN: "By item"},
	"district":    {ZH: "分区域", EN: "By district"},
	"raised":      {ZH: "分提出月份", EN: "By month raised"},
	"saved":       {ZH: "压缩时间", EN: "Time saved"},
	"bottlenecks": {ZH: "关键会签", EN: "Critical sign-offs"},
	"variants":    {ZH: "办理路径", EN: "Paths taken"},
	"chart":       {ZH: "全程用时控制图", EN: "Control chart"},
}

// TableName is what a table is called.
func TableName(table string) roster.Name { return titles[table] }

// File writes a table as xlsx or csv; "all" is a workbook with every one that the query allows.
func File(r approval.Rules, d *measure.Data, table, format, lang string) (name, kind string, content []byte, err error) {
	w := writer{rules: r, data: d, lang: lang}
	var tables []sheet.Table
	for _, n := range Tables() {
		if n != table && table != "all" || d.Query.Department != "" && slices.Contains(ofAll, n) {
			continue
		}
		t, err := w.table(n)
		if err != nil {
			return "", "", nil, fmt.Errorf("table %s: %w", n, err)
		}
		tables = append(tables, t)
	}
	switch {
	case len(tables) == 0:
		return "", "", nil, approval.Refuse(approval.NotFound, "table", "没有这张表，或者它不限于本部门；请从页面上选择。", "There is no such table, or it is not of one department alone; choose one from the page.")
	case format == "csv" && table == "all":
		return "", "", nil, approval.Refuse(approval.Invalid, "format", "CSV 每个文件一张表；全部表格请导出为 XLSX。", "A CSV holds one table; export them all as XLSX.")
	}
	title := tables[0].Name
	if table == "all" {
		title = w.say("全部表格", "all tables")
	}
	name = fmt.Sprintf(w.say("用时统计-%[1]s-%[2]s至%[3]s.%[4]s", "figures-%[1]s-%[2]s-%[3]s.%[4]s"), title, d.Query.From, d.Query.To, format)
	var out bytes.Buffer
	if format == "csv" {
		err = sheet.WriteCSV(&out, tables[0])
		return name, "text/csv; charset=utf-8", out.Bytes(), err
	}
	err = sheet.WriteXLSX(&out, tables...)
	return name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.Bytes(), err
}

// writer writes the tables of one answer in one language.
type writer struct {
	rules approval.Rules
	data  *measure.Data
	lang  string
}

func (w *writer) say(zh, en string) string {
	if w.lang == "en" {
		return en
	}
	return zh
}

func (w *writer) name(n roster.Name) string { return w.say(n.ZH, n.EN) }

// columns are headings, each in both languages.
func (w *writer) columns(names ...roster.Name) (heading []string) {
	for _, n := range names {
		heading = append(heading, w.name(n))
	}
	return heading
}

func (w *writer) table(table string) (sheet.Table, error) {
	t := sheet.Table{Name: w.name(titles[table]), Notes: w.notes(table), Wide: []float64{36, 24}}
	var rows [][]any
	var err error
	switch table {
	case "whole":
		t.Heading, rows = w.times(measure.ByAll, roster.Name{ZH: "范围", EN: "Scope"}, func(string) string { return w.say("全部会签", "all sign-offs") })
	case "department":
		t.Heading, rows = w.times(measure.ByDepartment, roster.Name{ZH: "部门", EN: "Department"}, func(key string) string { return w.department(roster.DepartmentID(key)) })
	case "subject":
		t.Heading, rows = w.times(measure.BySubject, roster.Name{ZH: "事项", EN: "Item"}, func(key string) string { return w.subject(measure.Subject(key)) })
	case "district":
		t.Heading, rows = w.times(measure.ByDistrict, roster.Name{ZH: "区域", EN: "District"}, w.district)
	case "raised":
		t.Heading, rows = w.times(measure.ByRaised, roster.Name{ZH: "提出月份", EN: "Month raised"}, func(key string) string { return key })
	case "saved":
		t.Heading, rows, err = w.saved()
	case "bottlenecks":
		t.Heading, rows = w.bottlenecks()
	case "variants":
		t.Heading, rows = w.variants()
	case "chart":
		t.Heading, rows = w.chart()
	}
	t.Rows = func(yield func([]any) bool) {
		for _, row := range rows {
			if !yield(row) {
				return
			}
		}
	}
	return t, err
}

// notes say of what the table is, on what it rests, and by which rules.
func (w *writer) notes(table string) []string {
	q, v := w.data.Query, w.data.Version
	notes := []string{
		fmt.Sprintf(w.say("统计月份：%[1]s至%[2]s；在办件计算到%[3]s。数据截至%[4]s，数据版本%[5]s（%[6]d条记录）。", "Months: %[1]s to %[2]s; open cases up to %[3]s. Data up to %[4]s, version %[5]s (%[6]d records)."),
			q.From, q.To, v.On, v.FoldedTo.In(calendar.Shanghai).Format("2006-01-02 15:04"), v.Digest, v.Records),
	}
	var areas []string
	for _, code := range q.Districts {
		areas = append(areas, w.district(string(code)))
	}
	notes = append(notes, fmt.Sprintf(w.say("区域：%s。", "Districts: %s."), strings.Join(areas, w.say("、", ", "))))
	if q.Department != "" {
		notes = append(notes, fmt.Sprintf(w.say("只含%s的会签。", "Sign-offs of %s only."), w.department(q.Department)))
	}
	if q.Heirs {
		notes = append(notes, w.say("撤并、更名的部门并入现部门统计。", "What departments did that were merged, split or renamed counts for their successors."))
	}
	switch table {
	case "saved":
		basis := w.say("未选择对照期，也没有历史审批台账：历史中位数和同类项目没有对照。", "There are neither months of reference nor a register of past approvals, so that nothing historical is compared with.")
		if v.Archive > 0 {
			basis = fmt.Sprintf(w.say("历史中位数依据历史审批台账第%d版。", "Historical medians are from version %d of the register of past approvals."), v.Archive)
		} else if q.BaseFrom != "" {
			basis = fmt.Sprintf(w.say("历史中位数和同类项目依据%[1]s至%[2]s提出的会签和问题。", "Historical medians and matched issues are those raised from %[1]s to %[2]s."), q.BaseFrom, q.BaseTo)
		}
		notes = append(notes, basis, w.say("法定时限基线仅为上限；归因三项按历史中位数，两项相加即合计，衔接损耗不计入。", "Baselines of legal limits are upper bounds only. The attribution is against historical medians; its two parts sum to the total, and what was lost in handing on is in neither."))
	case "bottlenecks", "variants", "chart":
		notes = append(notes, w.say("按所选月份内办结的问题计算。", "Of issues that ended in the months."))
	default:
		notes = append(notes,
			w.say("按时办结率＝按期办结÷（已办结＋在办逾期）。净用时自受理至办结，扣除停表；毛用时自提出至办结；单位：工作日。在办件计入中位数；以承诺、附条件或容缺办结的单列；容错认定的不计入按时办结率（拟定）。", "On-time rate = answered in time ÷ (answered + open past due). Net: from acceptance to the answer without the stops; gross: from raising to the answer; in working days. Open cases count in medians. What was granted on commitment is apart; what was found tolerable is not in the on-time rate (assumed)."),
			fmt.Sprintf(w.say("不足%d件的不作中位数；“>”表示在办太多，尚未达到。", "There is no median of fewer than %d cases; “>” means that it is not reached, because too many are open."), saving.EnoughN))
	}
	if hidden := w.hidden(table); hidden > 0 {
		notes = append(notes, fmt.Sprintf(w.say("另有%[1]d组不列出：不足%[2]d件，或会使这样的一组被推算出来。", "%[1]d more groups are not listed: of fewer than %[2]d cases, or such as would give one of those away."), hidden, measure.SmallN))
	}
	return notes
}

// hidden is how many groups a table leaves out.
func (w *writer) hidden(table string) (n int) {
	switch by := measure.By(table); by {
	case measure.ByDepartment, measure.BySubject, measure.ByDistrict:
		return w.data.Hidden(by)
	}
	if table == "bottlenecks" {
		for _, b := range w.data.Bottlenecks() {
			if b.Hidden {
				n++
			}
		}
	}
	return n
}

func (w *writer) times(by measure.By, group roster.Name, name func(string) string) (heading []string, rows [][]any) {
	heading = w.columns(group,
		roster.Name{ZH: "按时办结率（%）", EN: "On time (%)"}, roster.Name{ZH: "按期办结", EN: "In time"}, roster.Name{ZH: "超期办结", EN: "Late"}, roster.Name{ZH: "在办逾期", EN: "Open past due"}, roster.Name{ZH: "容错认定", EN: "Found tolerable"},
		roster.Name{ZH: "期内提出件数", EN: "Raised"}, roster.Name{ZH: "其中在办", EN: "Of these open"}, roster.Name{ZH: "净用时中位数", EN: "Net median"}, roster.Name{ZH: "净用时90%分位", EN: "Net P90"}, roster.Name{ZH: "毛用时中位数", EN: "Gross median"}, roster.Name{ZH: "毛用时90%分位", EN: "Gross P90"},
		roster.Name{ZH: "承诺等办结件数", EN: "On commitment"}, roster.Name{ZH: "承诺等办结净用时中位数", EN: "On commitment, net median"},
		roster.Name{ZH: "一次通过（%）", EN: "First pass (%)"}, roster.Name{ZH: "要求补正（%）", EN: "Supplements (%)"}, roster.Name{ZH: "延期（%）", EN: "Extended (%)"},
		roster.Name{ZH: "排队中位数", EN: "Queue median"}, roster.Name{ZH: "经办中位数", EN: "Touch median"}, roster.Name{ZH: "由支部补正的件数", EN: "With the branch"}, roster.Name{ZH: "由支部补正的工作日", EN: "Working days with the branch"})
	for _, r := range w.data.Rows(by) {
		if r.Hidden {
			continue
		}
		rows = append(rows, []any{
			name(r.Key), percent(r.OnTime), r.Punctuality.ByDue, r.Punctuality.Late, r.Punctuality.PastDue, r.Tolerated,
			r.Net.N + r.Pledged.N, r.Net.Open, quantile(r.Net.Median), quantile(r.Net.P90), quantile(r.Gross.Median), quantile(r.Gross.P90),
			r.Pledged.N, quantile(r.Pledged.Median),
			percent(r.FirstPass), percent(r.Supplements), percent(r.Extended),
			quantile(r.Queue.Median), quantile(r.Touch.Median), r.Held.Cases, r.Held.Days,
		})
	}
	return heading, rows
}

// kinds are what the baselines are called.
var kinds = map[saving.Kind]roster.Name{
	saving.StatutorySerial:    {ZH: "法定时限逐项相加（仅为上限）", EN: "Legal limits one after another (upper bound only)"},
	saving.StatutoryCritical:  {ZH: "法定时限最长路径（仅为上限）", EN: "Longest path of legal limits (upper bound only)"},
	saving.HistoricalSerial:   {ZH: "历史中位数逐项相加", EN: "Historical medians one after another"},
	saving.HistoricalCritical: {ZH: "历史中位数最长路径", EN: "Longest path of historical medians"},
	saving.Matched:            {ZH: "同类项目中位用时", EN: "Median of matched issues"},
}

func (w *writer) saved() (heading []string, rows [][]any, err error) {
	heading = w.columns(roster.Name{ZH: "项目", EN: "What"}, roster.Name{ZH: "平均每件基线（工作日）", EN: "Baseline, mean (working days)"}, roster.Name{ZH: "同样问题实际（工作日）", EN: "The same issues took"}, roster.Name{ZH: "相差", EN: "Difference"}, roster.Name{ZH: "问题数", EN: "Issues"}, roster.Name{ZH: "对照案例数", EN: "Cases behind it"}, roster.Name{ZH: "说明", EN: "Remark"})
	s, err := w.data.Saved()
	if err != nil {
		return heading, nil, err
	}
	for _, a := range s.Against {
		row := []any{w.name(kinds[a.Kind]), nil, nil, nil, a.Issues, a.N, w.say("资料不全", "incomplete")}
		if a.Complete() && a.Issues > 0 {
			row = []any{w.name(kinds[a.Kind]), days(a.Days), days(a.Span), days(a.Days - a.Span), a.Issues, a.N, nil}
			if !s.Headline.Insufficient && s.Headline.Baseline.Kind == a.Kind {
				row[6] = w.say("结论以此为准", "the headline")
			}
		}
		rows = append(rows, row)
	}
	if a := s.Attribution; a != nil {
		part := func(zh, en string, d saving.WorkingDays) {
			rows = append(rows, []any{w.say(zh, en), nil, nil, days(d), nil, nil, w.say("所有问题合计", "sum over the issues")})
		}
		part("归因：并联办理", "Attribution: in parallel", a.Parallelism)
		part("归因：审查加快", "Attribution: faster review", a.FasterReview)
		part("归因：合计", "Attribution: total", a.Total)
		part("衔接损耗（另计）", "Lost in handing on (apart)", s.HandOff)
	}
	if m := s.Matched; !m.Insufficient {
		rows = append(rows, []any{
			w.say("同类问题受限平均", "Restricted mean of matched issues"), days(m.Before.Mean), days(m.After.Mean), days(m.Saved), m.After.N, m.Before.N,
			fmt.Sprintf(w.say("计算到%.1[1]f个工作日，95%%区间%.1[2]f至%.1[3]f", "up to %.1[1]f working days, 95%% interval %.1[2]f to %.1[3]f"), float64(m.Before.Tau), float64(m.Low), float64(m.High)),
		})
	}
	return heading, append(rows, []any{w.say("期内提出问题的全程用时中位数", "Median span of the issues raised"), nil, quantile(s.Span.Median), nil, s.Span.N, nil, fmt.Sprintf(w.say("其中在办%[1]d件；以承诺等办结的%[2]d件另计", "%[1]d of them open; %[2]d on commitment apart"), s.Span.Open, s.OnCommitment)}), nil
}

func (w *writer) bottlenecks() (heading []string, rows [][]any) {
	heading = w.columns(roster.Name{ZH: "会签", EN: "Sign-off"}, roster.Name{ZH: "部门", EN: "Department"}, roster.Name{ZH: "处在最长路径上（%）", EN: "On a longest path (%)"}, roster.Name{ZH: "处在最长路径上件数", EN: "On a longest path"}, roster.Name{ZH: "件数", EN: "Cases"}, roster.Name{ZH: "平均余量（工作日）", EN: "Mean slack (working days)"})
	for _, b := range w.data.Bottlenecks() {
		if !b.Hidden {
			rows = append(rows, []any{w.subject(b.Subject), w.department(b.Department), percent(b.Criticality), b.Criticality.Count, b.Criticality.Of, days(saving.WorkingDays(b.Slack))})
		}
	}
	return heading, rows
}

// marks are what may happen on the way of an issue; see the package measure.
var marks = map[string]roster.Name{
	"supplement": {ZH: "补正", EN: "supplement"}, "stop": {ZH: "停表", EN: "stopped clock"}, "extension": {ZH: "延期", EN: "extension"},
	"added": {ZH: "加签", EN: "added signer"}, "objection": {ZH: "异议", EN: "objection"}, "consultation": {ZH: "会商", EN: "consultation"},
	"returned": {ZH: "退回修改", EN: "returned"}, "escalated": {ZH: "提级", EN: "escalated"}, "reopened": {ZH: "重新办理", EN: "reopened"},
}

func (w *writer) variants() (heading []string, rows [][]any) {
	heading = w.columns(roster.Name{ZH: "经过的环节", EN: "What happened on the way"}, roster.Name{ZH: "问题数", EN: "Issues"}, roster.Name{ZH: "全程用时中位数（工作日）", EN: "Median span (working days)"}, roster.Name{ZH: "90%分位", EN: "P90"})
	for _, v := range w.data.Variants() {
		path := w.say("直接办结", "straight")
		if len(v.Marks) > 0 {
			var names []string
			for _, m := range v.Marks {
				names = append(names, w.name(marks[m]))
			}
			path = strings.Join(names, w.say("、", ", "))
		}
		rows = append(rows, []any{path, v.Span.N, quantile(v.Span.Median), quantile(v.Span.P90)})
	}
	return heading, rows
}

// signals are why a reading of the control chart calls for a look.
var signals = map[saving.Signal]roster.Name{
	saving.Beyond: {ZH: "超出上下限", EN: "beyond the limits"}, saving.Shift: {ZH: "连续八个月在平均的同一侧", EN: "eight in a row on one side of the mean"},
	saving.Drift: {ZH: "四个月中有三个月靠近同一界限", EN: "three of four near one limit"}, saving.Jump: {ZH: "与上月相差过大", EN: "too far from the one before"},
}

func (w *writer) chart() (heading []string, rows [][]any) {
	heading = w.columns(roster.Name{ZH: "月份", EN: "Month"}, roster.Name{ZH: "平均全程用时（工作日）", EN: "Mean span (working days)"}, roster.Name{ZH: "平均", EN: "Mean"}, roster.Name{ZH: "下限", EN: "Lower limit"}, roster.Name{ZH: "上限", EN: "Upper limit"}, roster.Name{ZH: "异常", EN: "Signals"})
	c := w.data.Chart()
	for _, p := range c.Points {
		var names []string
		for _, s := range p.Signals {
			names = append(names, w.name(signals[s]))
		}
		rows = append(rows, []any{p.ID, days(p.Days), days(c.Mean), days(c.Low), days(c.High), strings.Join(names, w.say("；", "; "))})
	}
	return heading, rows
}

func (w *writer) department(id roster.DepartmentID) string {
	if d, ok := w.rules.Roster.Department(id); ok {
		return w.name(roster.Name{ZH: d.NameZH, EN: d.NameEN})
	}
	return string(id)
}

func (w *writer) district(code string) string {
	if d, ok := w.rules.Roster.District(roster.DistrictCode(code)); ok {
		return w.name(roster.Name{ZH: d.NameZH, EN: d.NameEN})
	}
	return code
}

func (w *writer) subject(s measure.Subject) string {
	no, code := s.Parts()
	if item, ok := w.rules.Catalog.Item(no); ok {
		return w.name(roster.Name{ZH: item.NameZH, EN: item.NameEN})
	}
	if matter, ok := w.rules.Catalog.Matter(code); ok {
		return w.name(roster.Name{ZH: matter.NameZH, EN: matter.NameEN})
	}
	if code == approval.AgreedAction {
		return w.say("会商议定事项", "Agreed action")
	}
	return string(s)
}

// percent is a share in percent with one place, nil of nothing.
func percent(s saving.Share) any {
	if s.Share == nil {
		return nil
	}
	return sheet.Decimal{Units: int64(math.Round(1000 * *s.Share)), Places: 1}
}

// days are working days with one place.
func days(d saving.WorkingDays) sheet.Decimal {
	return sheet.Decimal{Units: int64(math.Round(10 * float64(d))), Places: 1}
}

// quantile is in working days; nil of too few cases, and a text where it is not reached.
func quantile(q *saving.Quantile) any {
	switch {
	case q == nil:
		return nil
	case !q.Reached():
		return fmt.Sprintf(">%d", int(q.Beyond))
	}
	return days(*q.Days)
}
