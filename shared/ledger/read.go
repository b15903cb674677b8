package ledger

import (
	"errors"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// layout is a kind of table that a file may hold.
type layout struct {
	sheet   roster.Name
	columns []column
	fact    func(r *row) invest.Fact
}

// column is a column of a layout, with the field that it fills and what may stand in it.
type column struct {
	name   roster.Name
	field  string // as invest's faults name it
	needed bool
	advice roster.Name // for the template
}

// layouts are the sheets of the template, in order.
var layouts = []layout{
	{
		sheet: roster.Name{ZH: "项目", EN: "Projects"},
		columns: []column{
			{roster.Name{ZH: "项目编号", EN: "Number"}, "project", true, roster.Name{ZH: "已在名册上的项目填名册编号；其他项目自编，同一年度内不重复。", EN: "The roster's number where the project is on the roster; otherwise your own, unique in the year."}},
			{roster.Name{ZH: "项目名称", EN: "Name"}, "nameZH", true, roster.Name{ZH: "已在名册上的，与名册一致。", EN: "As on the roster, where it is there."}},
			{roster.Name{ZH: "英文名称", EN: "Name in English"}, "nameEN", false, roster.Name{ZH: "可不填；已在名册上的按名册。", EN: "May be left empty; then the roster's."}},
			{roster.Name{ZH: "行政区划", EN: "District"}, "district", true, roster.Name{ZH: "名称或六位代码。", EN: "Name or six-digit code."}},
			{roster.Name{ZH: "行业", EN: "Sector"}, "sector", true, roster.Name{ZH: "从可填值中选。", EN: "One of the values allowed."}},
			{roster.Name{ZH: "项目级别", EN: "List"}, "tier", true, roster.Name{ZH: "从可填值中选。", EN: "One of the values allowed."}},
			{roster.Name{ZH: "建设性质", EN: "Type"}, "type", true, roster.Name{ZH: "从可填值中选。", EN: "One of the values allowed."}},
			{roster.Name{ZH: "计划开工日期", EN: "Planned start"}, "start", false, roster.Name{ZH: "如 2022-03-01；可不填。", EN: "Like 2022-03-01; may be left empty."}},
			{roster.Name{ZH: "计划竣工日期", EN: "Planned finish"}, "finish", false, roster.Name{ZH: "如 2024-12-31；可不填。", EN: "Like 2024-12-31; may be left empty."}},
		},
		fact: func(r *row) invest.Fact {
			return invest.Fact{Listing: &invest.Listing{
				Project: roster.ProjectID(r.text(0)), NameZH: r.text(1), NameEN: r.english(), District: r.district(3),
				Sector: pick(r, 4, roster.Sectors()), Tier: pick(r, 5, roster.ProjectTiers()), Type: pick(r, 6, roster.ProjectTypes()),
				Start: r.date(7), Finish: r.date(8),
			}}
		},
	},
	{
		sheet: roster.Name{ZH: "年度计划", EN: "Plans"},
		columns: []column{
			{roster.Name{ZH: "项目编号", EN: "Number"}, "project", true, roster.Name{ZH: "须在“项目”表或台账中。", EN: "Of the sheet of projects, or listed already."}},
			{roster.Name{ZH: "年度计划投资（万元）", EN: "Annual plan (10,000 yuan)"}, "amount", true, roster.Name{ZH: "整数，单位万元。", EN: "A whole number of 10,000 yuan."}},
			{roster.Name{ZH: "生效日期", EN: "In force from"}, "from", false, roster.Name{ZH: "年初计划可不填，按1月1日；年中调整填调整生效日期，原计划保留。", EN: "Empty for the plan of 1 January; an adjustment has its own day, and the old plan is kept."}},
			{roster.Name{ZH: "依据文号", EN: "Ground"}, "ground", false, roster.Name{ZH: "年中调整必填。", EN: "Needed for an adjustment."}},
		},
		fact: func(r *row) invest.Fact {
			from := r.date(2)
			if r.text(2) == "" {
				from = calendar.On(r.year, 1, 1)
			}
			return invest.Fact{Plan: &invest.Plan{Project: roster.ProjectID(r.text(0)), Amount: r.money(1), From: from, Ground: r.text(3)}}
		},
	},
	{
		sheet: roster.Name{ZH: "进度填报", EN: "Reports"},
		columns: []column{
			{roster.Name{ZH: "项目编号", EN: "Number"}, "project", true, roster.Name{ZH: "须在“项目”表或台账中。", EN: "Of the sheet of projects, or listed already."}},
			{roster.Name{ZH: "期次", EN: "Period"}, "period", true, roster.Name{ZH: "2022-07 为截至7月底，2022-07-15 为截至7月中旬。", EN: "2022-07 is up to the end of July, 2022-07-15 up to its middle."}},
			{roster.Name{ZH: "本年累计完成投资（万元）", EN: "Cumulative investment (10,000 yuan)"}, "done", true, roster.Name{ZH: "整数，单位万元，从1月1日累计；没有数据的项目不要填0，整行留空。", EN: "A whole number of 10,000 yuan since 1 January; where there is no figure, leave the row out, do not write 0."}},
			{roster.Name{ZH: "实际开工日期", EN: "Works began"}, "started", false, roster.Name{ZH: "已开工的填写。", EN: "Once they have."}},
			{roster.Name{ZH: "实际竣工日期", EN: "Works finished"}, "finished", false, roster.Name{ZH: "已竣工的填写。", EN: "Once they are."}},
			{roster.Name{ZH: "更正理由", EN: "Reason of a correction"}, "reason", false, roster.Name{ZH: "更正已填数或核减时必填，原数保留。", EN: "Needed when a figure is corrected or reduced; the old one is kept."}},
		},
		fact: func(r *row) invest.Fact {
			return invest.Fact{Report: &invest.Report{Project: roster.ProjectID(r.text(0)), Half: r.half(1), Done: r.money(2), Started: r.date(3), Finished: r.date(4), Reason: r.text(5)}}
		},
	},
}

// reading is a file taken apart.
type reading struct {
	facts  []invest.Fact
	places []place // of the facts
	faults []sheet.Fault
	sheets []string
	told   func(done, total int)
}

// toldRows is after how many rows it is told how far the reading is (assumed).
const toldRows = 1000

// place is where a fact stands.
type place struct {
	sheet  string
	row    int
	layout int
}

func (g *reading) rank(name string) int { return slices.Index(g.sheets, name) }

// fault puts what invest finds wrong with a fact where it stands in the file.
func (g *reading) fault(w invest.Fault) sheet.Fault {
	at := g.places[w.N]
	f := sheet.Fault{Sheet: at.sheet, Row: at.row, Words: sheet.Words(w.Text)}
	columns := layouts[at.layout].columns
	if k := slices.IndexFunc(columns, func(c column) bool { return c.field == w.Field }); k >= 0 {
		f.Column = columns[k].name.ZH
	}
	return f
}

// read takes a file apart. The error is no fault of the file.
func read(data []byte, year int, r *roster.Roster, told func(done, total int)) (*reading, error) {
	g := &reading{told: told}
	book, err := sheet.Open(data)
	if err != nil {
		return g, g.unreadable(err)
	}
	defer book.Close()
	g.sheets = book.Sheets()
	found := false
	for _, name := range g.sheets {
		k := slices.IndexFunc(layouts, func(l layout) bool { return name == l.sheet.ZH || strings.EqualFold(name, l.sheet.EN) })
		if name == "" {
			k = guess(book)
		}
		if k < 0 {
			continue
		}
		found = true
		if err := g.sheet(book, name, k, year, r); err != nil {
			return g, err
		}
	}
	if !found {
		zh, en := sheetNames()
		g.faults = append(g.faults, sheet.Fault{Words: sheet.Words{ZH: "没有可导入的表，请使用下载的模板：" + zh + "；CSV 每个文件一张表，表头与模板一致。", EN: "There is no table to import; use the template with the sheets " + en + ", or a CSV with the heading of one of them."}})
	}
	if found && len(g.facts) == 0 && len(g.faults) == 0 {
		g.faults = append(g.faults, sheet.Fault{Words: sheet.Words{ZH: "表中没有数据行。", EN: "The tables have no rows."}})
	}
	return g, nil
}

func sheetNames() (zh, en string) {
	var z, e []string
	for _, l := range layouts {
		z, e = append(z, "“"+l.sheet.ZH+"”"), append(e, l.sheet.EN)
	}
	return strings.Join(z, "、"), strings.Join(e, ", ")
}

// unreadable turns a fault of the file into one of the reading.
func (g *reading) unreadable(err error) error {
	f, ok := errors.AsType[*sheet.Fault](err)
	if ok {
		g.faults = append(g.faults, *f)
		return nil
	}
	return err
}

// errSeen ends a look at the first row.
var errSeen = errors.New("the heading was seen")

// guess finds the layout whose needed columns the heading of a CSV has, -1 if none.
func guess(book *sheet.Book) int {
	found := -1
	for k, l := range layouts {
		faults, err := book.Records("", l.head(), func(sheet.Record) error { return errSeen })
		if errors.Is(err, errSeen) || err == nil && len(faults) == 0 {
			found = k
		}
	}
	if found >= 0 {
		return found
	}
	// No heading is right: the one that is least wrong says best what to do.
	best := 0
	_ = book.Each("", func(_ int, cells []string) error {
		most := 0
		for k, l := range layouts {
			n := 0
			for _, c := range l.columns {
				if slices.Contains(cells, c.name.ZH) || slices.Contains(cells, c.name.EN) {
					n++
				}
			}
			if n > most {
				best, most = k, n
			}
		}
		if most == 0 {
			best = -1
		}
		return errSeen
	})
	return best
}

func (l *layout) head() []sheet.Column {
	head := make([]sheet.Column, len(l.columns))
	for k, c := range l.columns {
		head[k] = sheet.Column{Name: c.name.ZH, Also: []string{c.name.EN}, Needed: c.needed}
	}
	return head
}

func (g *reading) sheet(book *sheet.Book, name string, k, year int, known *roster.Roster) error {
	l := &layouts[k]
	faults, err := book.Records(name, l.head(), func(record sheet.Record) error {
		r := row{Record: record, layout: l, year: year, roster: known}
		for c, column := range l.columns {
			if column.needed && record.Text(c) == "" {
				r.wrong(c, "请填写此项。", "Please fill this in.")
			}
		}
		f := l.fact(&r)
		if len(r.faults) > 0 {
			g.faults = append(g.faults, r.faults...)
			return nil
		}
		g.facts, g.places = append(g.facts, f), append(g.places, place{name, record.Row, k})
		if len(g.facts)%toldRows == 0 {
			g.told(len(g.facts), 0)
		}
		return nil
	})
	g.faults = append(g.faults, faults...)
	return g.unreadable(err)
}

// row reads the cells of a record and gathers what is wrong with them.
type row struct {
	sheet.Record
	layout *layout
	year   int
	roster *roster.Roster
	faults []sheet.Fault
}

func (r *row) wrong(k int, zh, en string) {
	r.faults = append(r.faults, r.Fault(k, sheet.Words{ZH: zh, EN: en}))
}

func (r *row) text(k int) string { return r.Text(k) }

// english is the name in English, the roster's when none is given.
func (r *row) english() string {
	if p, ok := r.roster.Project(roster.ProjectID(r.Text(0))); ok && r.Text(2) == "" {
		return p.NameEN
	}
	return r.Text(2)
}

func (r *row) date(k int) calendar.Date {
	if r.Text(k) == "" {
		return 0
	}
	at, fault := r.Date(k)
	if fault != nil {
		r.faults = append(r.faults, *fault)
		return 0
	}
	return calendar.Of(at)
}

func (r *row) money(k int) invest.Money {
	if r.Text(k) == "" {
		return 0
	}
	n, fault := r.Whole(k)
	if fault != nil {
		r.faults = append(r.faults, *fault)
	}
	return invest.Money(n)
}

// half reads a period. A spreadsheet makes 1 July of a typed 2022-7.
func (r *row) half(k int) int {
	typed := r.Text(k)
	if typed == "" {
		return 0
	}
	p, ok := invest.ParsePeriod(typed)
	if !ok {
		if at, fault := r.Date(k); fault == nil {
			day := calendar.Of(at)
			if _, _, n := day.Civil(); n == 1 {
				year, month, _ := day.Civil()
				day = calendar.On(year, month+1, 1).Add(-1)
			}
			p, ok = invest.EndingOn(day)
		}
	}
	switch {
	case !ok:
		r.wrong(k, "“"+typed+"”不是期次，请填 2022-07（截至月底）或 2022-07-15（截至月中）的样子。", "“"+typed+"” is no period; write it like 2022-07 (to the month's end) or 2022-07-15 (to its middle).")
	case p.Year != r.year:
		r.wrong(k, "期次不在本年度内，请核对年份。", "The period is of another year.")
	}
	return p.Half
}

// district reads a name or a code; a name that nobody has is left to the rules.
func (r *row) district(k int) roster.DistrictCode {
	typed := r.Text(k)
	for _, d := range r.roster.Districts() {
		if typed == d.NameZH || strings.EqualFold(typed, d.NameEN) {
			return d.Code
		}
	}
	return roster.DistrictCode(typed)
}

// pick reads one of a few values, by its name in either language or its code.
func pick[T interface {
	~string
	Name() roster.Name
}](r *row, k int, all []T,
) (none T) {
	typed := r.Text(k)
	if typed == "" {
		return none
	}
	names := make([]string, len(all))
	english := make([]string, len(all))
	for n, v := range all {
		name := v.Name()
		if typed == name.ZH || strings.EqualFold(typed, name.EN) || typed == string(v) {
			return v
		}
		names[n], english[n] = name.ZH, name.EN
	}
	r.wrong(k, "“"+typed+"”不在可填范围内，可填："+strings.Join(names, "、")+"。", "“"+typed+"” is none of "+strings.Join(english, ", ")+".")
	return none
}
