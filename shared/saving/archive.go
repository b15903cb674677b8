package saving

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/calendar"
)

// PastRow is a row of a table of past approvals, as it was typed.
type PastRow struct {
	Row        int    // as a spreadsheet counts
	Number     string // 编号, the file's number in its office; may be empty
	Item       string // 事项, the item's id in the catalogue
	Department string // 部门; may be empty
	Accepted   string // 受理日期
	Decided    string // 办结日期; empty while it is open
	Ending     string // 结果: 办结, 不予同意, 撤回, 在办, or the ids of [Ending]; empty is 办结
	Stopped    string // 停表天数, working days that did not count; empty is 0
}

// Past is a past approval (历史审批).
type Past struct {
	Row        int           `json:"row"`
	Number     string        `json:"number,omitempty"`
	Item       string        `json:"item"`
	Department string        `json:"department,omitempty"`
	Accepted   calendar.Date `json:"accepted"`
	Decided    calendar.Date `json:"decided,omitzero"`
	Ending     Ending        `json:"ending"`
	Stopped    int           `json:"stopped,omitzero"`
}

// PastFault is one thing that is wrong with a table of past approvals, or odd about it.
type PastFault struct {
	Row int `json:"row"` // 0 for the table as a whole
	// Field is the JSON name of the field in [Past], empty for the row as a whole.
	Field string `json:"field,omitempty"`
	// Refused means that the row cannot be right. Otherwise it may be, and a person has to say so: nothing is left out because it
	// is odd.
	Refused bool   `json:"refused"`
	ZH      string `json:"zh"`
	EN      string `json:"en"`
}

// Archive is a version of the history of past approvals (历史基线版本). It is never changed: a correction is another version.
type Archive struct {
	Version int    `json:"version"` // 1..
	Source  string `json:"source"`  // whose register, as published beside every figure that rests on it
	// AsOf is the day the register was drawn: what is open lasts until then, and nothing is later.
	AsOf calendar.Date `json:"asOf"`
	Rows []Past        `json:"rows"`
}

// What is odd, by this product's own choice (assumed) but for the fences.
const (
	farOut      = 3 // times the interquartile range, the outer fences of Tukey (Exploratory Data Analysis, 1977)
	longestGap  = 3 // months in a row without a case of an item that has one a month on average
	shortestIQR = 1 // days: where most cases take the same time, a day more is not odd
)

// ReadArchive reads and checks a table of past approvals. It says everything that is wrong, in the order of the rows; with a fault that
// is Refused there is no archive. What it finds odd are a case far from the others of its item (days beyond Q3 + 3·IQR or
// below Q1 - 3·IQR, from [EnoughN] cases on), rows that are the same without a number that tells them apart, and months in
// a row without a case of an item that otherwise has one a month.
func ReadArchive(c *calendar.Calendar, version int, source string, asOf calendar.Date, rows []PastRow) (Archive, []PastFault) {
	a := Archive{Version: version, Source: source, AsOf: asOf, Rows: []Past{}}
	r := pastReader{asOf: asOf}
	switch {
	case len(rows) == 0:
		r.refuse(0, "", "表中没有数据行。", "The table has no rows.")
	case asOf.IsZero():
		r.refuse(0, "", "请填写数据截止日期。", "Say up to which day the register is complete.")
	case strings.TrimSpace(source) == "":
		r.refuse(0, "", "请填写数据来源，例如出具台账的部门。", "Say where the table comes from, such as the office whose register it is.")
	}
	for _, row := range rows {
		if p, ok := r.read(row); ok {
			a.Rows = append(a.Rows, p)
		}
	}
	r.doubles(a.Rows)
	if !r.refused {
		r.odd(c, a)
	}
	slices.SortStableFunc(r.faults, func(a, b PastFault) int { return cmp.Compare(a.Row, b.Row) })
	if r.refused {
		return Archive{}, r.faults
	}
	return a, r.faults
}

type pastReader struct {
	asOf    calendar.Date
	faults  []PastFault
	refused bool
}

func (r *pastReader) refuse(row int, field, zh, en string, args ...any) {
	r.refused = true
	r.say(PastFault{Row: row, Field: field, Refused: true}, zh, en, args...)
}

func (r *pastReader) doubt(row int, field, zh, en string, args ...any) {
	r.say(PastFault{Row: row, Field: field}, zh, en, args...)
}

// say words a fault; both sentences take the same arguments.
func (r *pastReader) say(f PastFault, zh, en string, args ...any) {
	f.ZH, f.EN = zh, en
	if len(args) > 0 {
		f.ZH, f.EN = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	if f.Row > 0 {
		f.ZH, f.EN = fmt.Sprintf("第 %d 行：%s", f.Row, f.ZH), fmt.Sprintf("Row %d: %s", f.Row, f.EN)
	}
	r.faults = append(r.faults, f)
}

// read reads one row, and says whether it could.
func (r *pastReader) read(row PastRow) (Past, bool) {
	before := len(r.faults)
	p := Past{Row: row.Row, Number: strings.TrimSpace(row.Number), Item: strings.TrimSpace(row.Item), Department: strings.TrimSpace(row.Department)}
	if p.Item == "" {
		r.refuse(p.Row, "item", "缺少事项，请填写目录中的事项编号。", "The item is missing: give its id in the catalogue.")
	}
	p.Accepted = r.date(p.Row, "accepted", "受理日期", "date accepted", row.Accepted)
	p.Decided = r.date(p.Row, "decided", "办结日期", "date decided", row.Decided)
	switch ending := strings.TrimSpace(row.Ending); ending {
	case "", "办结", string(Decided):
		p.Ending = Decided
	case "不予同意", "不予许可", string(Refused):
		p.Ending = Refused
	case "撤回", string(Withdrawn):
		p.Ending = Withdrawn
	case "在办", string(Open):
		p.Ending = Open
	default:
		r.refuse(p.Row, "ending", "结果“%s”无法识别，请填写办结、不予同意、撤回或在办。", "The ending %q is not known: write decided, refused, withdrawn or open.", ending)
	}
	if text := strings.TrimSpace(row.Stopped); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > calendar.MaxDays {
			r.refuse(p.Row, "stopped", "停表天数“%s”应为不小于 0 的整数（工作日）。", "The stopped days %q must be a whole number of working days, 0 or more.", text)
		}
		p.Stopped = n
	}
	if len(r.faults) > before {
		return p, false
	}
	switch {
	case p.Accepted.IsZero():
		r.refuse(p.Row, "accepted", "缺少受理日期。", "The date accepted is missing.")
	case p.Accepted > r.asOf:
		r.refuse(p.Row, "accepted", "受理日期 %s 晚于数据截止日期 %s，请核对。", "It was accepted on %s, after the register was drawn on %s: check the dates.", p.Accepted, r.asOf)
	case p.Ending == Open && !p.Decided.IsZero():
		r.refuse(p.Row, "decided", "结果为在办，却填有办结日期 %s，请改正其一。", "It is open and has a date decided, %s: correct one of them.", p.Decided)
	case p.Ending != Open && p.Decided.IsZero():
		r.refuse(p.Row, "decided", "缺少办结日期；仍在办理的，结果请填“在办”。", "The date decided is missing; if it is still open, write so as its ending.")
	case !p.Decided.IsZero() && p.Decided < p.Accepted:
		r.refuse(p.Row, "decided", "办结日期 %[2]s 早于受理日期 %[1]s，请核对两个日期。", "It was decided on %[2]s, before it was accepted on %[1]s: check both dates.", p.Accepted, p.Decided)
	case p.Decided > r.asOf:
		r.refuse(p.Row, "decided", "办结日期 %s 晚于数据截止日期 %s，请核对。", "It was decided on %s, after the register was drawn on %s: check the dates.", p.Decided, r.asOf)
	}
	return p, len(r.faults) == before
}

// date reads a date as offices write them: 2025-03-07, 2025/3/7, 2025.3.7, 20250307 and 2025年3月7日.
func (r *pastReader) date(row int, field, zh, en, text string) calendar.Date {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("-/.年月日", c) })
	if len(parts) == 1 && len(text) == 8 {
		parts = []string{text[:4], text[4:6], text[6:]}
	}
	if len(parts) == 3 && len(parts[0]) == 4 && len(parts[1]) <= 2 && len(parts[2]) <= 2 {
		two := func(s string) string { return strings.Repeat("0", 2-len(s)) + s }
		d, err := calendar.Parse(parts[0] + "-" + two(parts[1]) + "-" + two(parts[2]))
		if err == nil {
			return d
		}
	}
	r.refuse(row, field, "%[1]s“%[3]s”无法识别，请按 2025-03-07 的格式填写。", "The %[2]s, %[3]q, is not a date: write it as 2025-03-07.", zh, en, text)
	return 0
}

// doubles finds rows that are there twice: a number that its item has twice is refused, the same dates without a number are odd.
func (r *pastReader) doubles(rows []Past) {
	type key struct {
		number, item, department string
		accepted, decided        calendar.Date
	}
	first := map[key]int{}
	for _, p := range rows {
		k := key{number: p.Number, item: p.Item}
		if p.Number == "" {
			k = key{"", p.Item, p.Department, p.Accepted, p.Decided}
		}
		row, again := first[k]
		switch {
		case !again:
			first[k] = p.Row
		case p.Number != "":
			r.refuse(p.Row, "number", "事项 %s 的编号 %s 与第 %d 行重复，请删去其一或改正编号。", "Item %s has the number %s in row %d already: remove one or correct the number.", p.Item, p.Number, row)
		default:
			r.doubt(p.Row, "", "与第 %d 行的事项、部门、日期全部相同，且无编号可以区分，请确认不是重复填报。", "The same item, department and dates as row %d, with no number to tell them apart: confirm that it is another case.", row)
		}
	}
}

// odd finds what may be right and is unusual.
func (r *pastReader) odd(c *calendar.Calendar, a Archive) {
	by := a.byItem()
	for _, item := range slices.Sorted(maps.Keys(by)) {
		rows := by[item]
		var h Histogram
		for _, p := range rows {
			if net, total := p.days(c, a.AsOf); net < 0 {
				r.doubt(p.Row, "stopped", "停表 %d 个工作日，多于受理至办结的 %d 个工作日，按 0 个工作日计，请核对。", "It stood for %d working days, more than the %d it took altogether, and counts as 0 days: check it.", p.Stopped, total)
			}
		}
		h = a.histogram(c, rows)
		if len(rows) < EnoughN {
			continue
		}
		curve := Survive(h)
		q1, q3 := curve.Quantile(0.25), curve.Quantile(0.75)
		if q1.Reached() && q3.Reached() {
			reach := farOut * max(*q3.Days-*q1.Days, shortestIQR)
			for _, p := range rows {
				net, _ := p.days(c, a.AsOf)
				if days := WorkingDays(max(net, 0)); days > *q3.Days+reach || p.Ending != Open && days < *q1.Days-reach {
					r.doubt(p.Row, "", "用时 %v 个工作日，远离本事项的多数案例（四分位 %v 至 %v，三倍四分距以外），请核对日期；属实的照常计入。",
						"It took %v working days, far from most cases of its item (quartiles %v and %v, beyond three times their distance): check the dates. If they are right it counts like any other.",
						float64(days), float64(*q1.Days), float64(*q3.Days))
				}
			}
		}
		r.gaps(item, rows)
	}
}

// gaps finds months in a row in which no case of an item was accepted.
func (r *pastReader) gaps(item string, rows []Past) {
	number := func(d calendar.Date) int {
		year, month, _ := d.Civil()
		return year*12 + int(month) - 1
	}
	var months []int
	for _, p := range rows {
		months = append(months, number(p.Accepted))
	}
	slices.Sort(months)
	if span := months[len(months)-1] - months[0] + 1; len(months) < span {
		return
	}
	name := func(m int) string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }
	for i := 1; i < len(months); i++ {
		if from, to := months[i-1]+1, months[i]-1; to-from+1 >= longestGap {
			r.doubt(0, "item", "事项 %s 自 %s 至 %s 没有受理记录，而其余月份平均每月不少于一件，请确认台账没有缺页。", "Item %s has no case accepted from %s to %s and one a month or more otherwise: confirm that no part of the register is missing.", item, name(from), name(to))
		}
	}
}

// days are the net working days, below 0 when more are stopped than there were, and all from acceptance to the end.
func (p Past) days(c *calendar.Calendar, asOf calendar.Date) (net, total int) {
	end := p.Decided
	if p.Ending == Open {
		end = asOf
	}
	total = c.WorkingDays(p.Accepted, end)
	return total - p.Stopped, total
}

func (a Archive) byItem() map[string][]Past {
	by := map[string][]Past{}
	for _, p := range a.Rows {
		by[p.Item] = append(by[p.Item], p)
	}
	return by
}

func (a Archive) histogram(c *calendar.Calendar, rows []Past) (h Histogram) {
	for _, p := range rows {
		net, _ := p.days(c, a.AsOf)
		_ = h.Add(min(max(net, 0), calendar.MaxDays), p.Ending, 1) // cannot fail: read has checked the ending
	}
	return h
}

// PastItem is what an archive says of an item.
type PastItem struct {
	Item    string  `json:"item"`
	Summary Summary `json:"summary"`
	// From and To are the first day accepted and the last day decided, or the day the register was drawn when a case is open.
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
	// Cases are the net days, for merging with other sources.
	Cases Histogram `json:"cases"`
}

// History is what the baseline (c) takes of the item. See [HistoryOf].
func (i PastItem) History(id string, requires []string) History {
	return HistoryOf(id, requires, i.Cases, i.From, i.To)
}

// Items summarizes the archive by item, in order of their ids.
func (a Archive) Items(c *calendar.Calendar) []PastItem {
	by := a.byItem()
	out := make([]PastItem, 0, len(by))
	for _, item := range slices.Sorted(maps.Keys(by)) {
		one := PastItem{Item: item, Cases: a.histogram(c, by[item])}
		one.Summary = Summarize(one.Cases)
		for _, p := range by[item] {
			end := p.Decided
			if p.Ending == Open {
				end = a.AsOf
			}
			if one.From.IsZero() || p.Accepted < one.From {
				one.From = p.Accepted
			}
			one.To = max(one.To, end)
		}
		out = append(out, one)
	}
	return out
}

// Same reports whether two archives say the same of the same cases, whatever their rows, versions and sources: importing a file
// again makes no new version.
func (a Archive) Same(b Archive) bool {
	order := func(rows []Past) []Past {
		out := slices.Clone(rows)
		for i := range out {
			out[i].Row = 0
		}
		slices.SortFunc(out, func(x, y Past) int {
			return cmp.Or(
				strings.Compare(x.Item, y.Item), strings.Compare(x.Number, y.Number), strings.Compare(x.Department, y.Department),
				cmp.Compare(x.Accepted, y.Accepted), cmp.Compare(x.Decided, y.Decided), strings.Compare(string(x.Ending), string(y.Ending)),
				cmp.Compare(x.Stopped, y.Stopped),
			)
		})
		return out
	}
	return a.AsOf == b.AsOf && slices.Equal(order(a.Rows), order(b.Rows))
}
