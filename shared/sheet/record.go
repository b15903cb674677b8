package sheet

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Column is a column that a table may have.
type Column struct {
	Name   string   // its heading
	Also   []string // other headings for the same
	Needed bool
}

// Record is a row of a table with a heading.
type Record struct {
	Sheet string
	Row   int

	columns []Column
	cells   []string // in the order of the columns
	epoch   epoch
}

// Records reads a sheet whose first row that is not empty is the heading, its
// columns in any order. Faults are what is wrong with the heading, and rows that
// are longer than it; with a fault in the heading no record is handed on. The error
// is that of each, or a *Fault where the sheet cannot be read further.
func (b *Book) Records(sheet string, columns []Column, each func(Record) error) (faults []Fault, err error) {
	var at []int // column of the table -> column of columns, -1: none
	headed := false
	err = b.Each(sheet, func(row int, cells []string) error {
		if !headed {
			headed = true
			at, faults = heading(sheet, row, cells, columns)
			if len(faults) > 0 {
				return errHeading
			}
			return nil
		}
		r := Record{Sheet: sheet, Row: row, columns: columns, cells: make([]string, len(columns)), epoch: b.epoch}
		for k, c := range cells {
			switch {
			case c == "":
			case k >= len(at) || at[k] < 0:
				faults = append(faults, Fault{sheet, row, Letters(k), say("此列没有表头，却填有内容，请检查是否错列。", "This column has no heading but the row has something in it; check whether it slipped.")})
			default:
				r.cells[at[k]] = c
			}
		}
		return each(r)
	})
	if err == errHeading {
		return faults, nil
	}
	if err == nil && !headed {
		faults = append(faults, Fault{sheet, 1, "", say("表格是空的，缺少表头。", "The table is empty and has no heading.")})
	}
	return faults, err
}

// errHeading ends a sheet whose heading is at fault.
var errHeading error = &Fault{Words: say("表头有误。", "The heading is wrong.")}

func heading(sheet string, row int, cells []string, columns []Column) (at []int, faults []Fault) {
	known := make([]string, len(columns))
	for k, c := range columns {
		known[k] = c.Name
	}
	seen := make([]bool, len(columns))
	for _, name := range cells {
		found := slices.IndexFunc(columns, func(c Column) bool {
			return alike(c.Name, name) || slices.ContainsFunc(c.Also, func(a string) bool { return alike(a, name) })
		})
		switch {
		case name == "":
		case found < 0:
			faults = append(faults, Fault{sheet, row, name, say("没有这一列，可用的列为：%[1]s。", "There is no such column; the columns are %[1]s.", strings.Join(known, "、"))})
		case seen[found]:
			faults = append(faults, Fault{sheet, row, name, say("此列重复了。", "This column is there twice.")})
		default:
			seen[found] = true
		}
		at = append(at, found)
	}
	for k, c := range columns {
		if c.Needed && !seen[k] {
			faults = append(faults, Fault{sheet, row, c.Name, say("缺少此列。", "This column is missing.")})
		}
	}
	return at, faults
}

// alike compares headings without what people add or lose when they type them.
func alike(a, b string) bool {
	plain := func(s string) string {
		return strings.NewReplacer(" ", "", "\u3000", "", "\n", "", "\r", "", "（", "(", "）", ")", "*", "").Replace(s)
	}
	return strings.EqualFold(plain(a), plain(b))
}

// Text is the cell in the k-th of the columns; "" when the table lacks it.
func (r *Record) Text(k int) string { return r.cells[k] }

// Fault says that something is wrong with the cell in the k-th of the columns.
func (r *Record) Fault(k int, w Words) Fault { return Fault{r.Sheet, r.Row, r.columns[k].Name, w} }

// Whole reads a whole number, with or without separators. The cell must not be
// empty. 12.0 is whole, 12.5 is not.
func (r *Record) Whole(k int) (int64, *Fault) {
	typed := r.cells[k]
	text := strings.NewReplacer(",", "", "，", "", " ", "", "\u00a0", "").Replace(narrow(typed))
	n, ok := new(big.Rat).SetString(text)
	if len(text) > 40 || strings.ContainsAny(text, "/_xXpPoObB") || !ok {
		return 0, r.fault(k, "“%s”不是数字。", "%q is no number.", typed)
	}
	if !n.IsInt() {
		return 0, r.fault(k, "“%s”不是整数，请四舍五入为整数后填写。", "%q is no whole number; round it.", typed)
	}
	if !n.Num().IsInt64() {
		return 0, r.fault(k, "“%s”超出可填范围。", "%q is out of range.", typed)
	}
	return n.Num().Int64(), nil
}

// Date reads a day: a date cell of a spreadsheet, or 2022-07-15, 2022/7/15,
// 2022.7.15, 2022年7月15日, 20220715. The cell must not be empty. The time is
// midnight UTC of that day.
func (r *Record) Date(k int) (time.Time, *Fault) {
	typed := r.cells[k]
	text := strings.TrimSuffix(strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-", " ", "").Replace(narrow(typed)), "-")
	for _, layout := range []string{"2006-1-2", "20060102", "2006-1-200:00:00", "2006-1-200:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if day, err := strconv.ParseFloat(narrow(typed), 64); err == nil && day >= 1 && day < 2_958_466 && len(typed) < 8 {
		return r.epoch.day(int(day)), nil
	}
	return time.Time{}, r.fault(k, "“%s”不是日期，请按 2022-07-15 的样子填写。", "%q is no date; write it like 2022-07-15.", typed)
}

func (r *Record) fault(k int, zh, en string, args ...any) *Fault {
	f := r.Fault(k, say(zh, en, args...))
	return &f
}

// epoch is how a workbook numbers days.
type epoch int

const (
	epoch1900 epoch = iota
	epoch1904
)

// day is the day with a number. 1900's numbering has a 29 February 1900, so that 1
// is 31 December 1899 only from day 60 on; no office dates anything before.
func (e epoch) day(n int) time.Time {
	if e == epoch1904 {
		return time.Date(1904, 1, 1+n, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC)
}

// narrow turns full-width digits and signs into ASCII.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}
