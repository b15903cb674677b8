package archive

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/saving"
	"lianban/shared/sheet"
)

// Fault is one thing that is wrong with a file, or odd about it.
type Fault struct {
	sheet.Fault
	Refused bool // it cannot be right
}

// The columns of the table, in the order of the fields of saving.PastRow.
var columns = []sheet.Column{
	{Name: "编号", Also: []string{"Number", "受理编号"}},
	{Name: "事项编号", Also: []string{"Item", "事项"}, Needed: true},
	{Name: "部门", Also: []string{"Department"}},
	{Name: "受理日期", Also: []string{"Accepted"}, Needed: true},
	{Name: "办结日期", Also: []string{"Decided"}, Needed: true},
	{Name: "结果", Also: []string{"Ending"}},
	{Name: "停表天数", Also: []string{"Stopped"}},
}

const (
	number = iota
	item
	department
	accepted
	decided
	ending
	stopped
)

// fields are the columns by the names under which saving finds fault with them.
var fields = map[string]int{"number": number, "item": item, "department": department, "accepted": accepted, "decided": decided, "ending": ending, "stopped": stopped}

// read reads the table; items that the catalogue does not have are faults.
func read(data []byte, c *catalog.Catalog) (rows []saving.PastRow, faults []Fault, err error) {
	wrong := func(f sheet.Fault) { faults = append(faults, Fault{f, true}) }
	unreadable := func(err error) error {
		if f, ok := errors.AsType[*sheet.Fault](err); ok {
			wrong(*f)
			return nil
		}
		return err
	}
	book, err := sheet.Open(data)
	if err != nil {
		return nil, faults, unreadable(err)
	}
	defer book.Close()
	found, err := book.Records(book.Sheets()[0], columns, func(r sheet.Record) error {
		row := saving.PastRow{Row: r.Row, Number: r.Text(number), Item: r.Text(item), Department: r.Text(department), Accepted: day(&r, accepted), Decided: day(&r, decided), Ending: r.Text(ending), Stopped: r.Text(stopped)}
		if row.Item != "" {
			if n, err := strconv.Atoi(strings.TrimSpace(row.Item)); err != nil {
				wrong(r.Fault(item, sheet.Words{ZH: fmt.Sprintf("“%s”不是事项编号，请填写目录中的编号（数字）。", row.Item), EN: fmt.Sprintf("%q is no item's number; give the number in the catalogue.", row.Item)}))
			} else if _, ok := c.Item(catalog.ItemNo(n)); !ok {
				wrong(r.Fault(item, sheet.Words{ZH: fmt.Sprintf("目录中没有第 %d 号事项，请核对编号。", n), EN: fmt.Sprintf("The catalogue has no item number %d; please check it.", n)}))
			}
		}
		rows = append(rows, row)
		return nil
	})
	for _, f := range found {
		wrong(f)
	}
	return rows, faults, unreadable(err)
}

// day is a date cell of a spreadsheet as text, or what was typed.
func day(r *sheet.Record, k int) string {
	if r.Text(k) == "" {
		return ""
	}
	at, fault := r.Date(k)
	if fault != nil {
		return r.Text(k)
	}
	return at.Format("2006-01-02")
}

// outcome brings what the table and its rows are at fault for into one order.
func outcome(faults []Fault, odd []saving.PastFault, rows int) Outcome {
	out := Outcome{Rows: rows}
	unread := rows == 0 && len(faults) > 0
	for _, f := range odd {
		if unread {
			continue // that there are no rows follows from what is wrong with the file
		}
		column := ""
		if k, ok := fields[f.Field]; ok {
			column = columns[k].Name
		}
		faults = append(faults, Fault{sheet.Fault{Row: f.Row, Column: column, Words: sheet.Words{ZH: f.ZH, EN: f.EN}}, f.Refused})
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Row, b.Row) })
	for _, f := range faults {
		if f.Refused {
			out.Refused++
		} else {
			out.Odd++
		}
	}
	out.Faults = faults
	if len(faults) > mostFaults {
		out.Faults, out.More = faults[:mostFaults], len(faults)-mostFaults
	}
	return out
}

// Template are the table to fill in and, on a sheet of its own, how.
func Template() []sheet.Table {
	return []sheet.Table{
		{Name: name, Heading: headings(), Rows: slices.Values([][]any{}), Wide: wide},
		{Name: "填表说明", Heading: []string{"说明"}, Wide: []float64{90}, Rows: lines(
			"每件审批一行；事项编号按事项目录填写。",
			"受理、办结日期按 2025-03-07 的样子填写；仍在办理的，办结日期留空，结果填“在办”。",
			"结果填办结、不予同意、撤回或在办，留空按办结；停表天数为补正、听证等不计时的工作日数，留空为 0。",
			"编号用于识别重复，没有的可以不填。",
		)},
	}
}

const name = "历史审批台账"

var wide = []float64{18, 12, 24, 14, 14, 12, 12}

func lines(texts ...string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, t := range texts {
			if !yield([]any{t}) {
				return
			}
		}
	}
}

func headings() (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// endings are the words that the table has for them.
var endings = map[saving.Ending]string{saving.Decided: "办结", saving.Refused: "不予同意", saving.Withdrawn: "撤回", saving.Open: "在办"}

// Tables are a version's rows in the form in which they may be entered again and, on a sheet of
// its own, which version it is.
func (v *Version) Tables(rows []saving.Past) []sheet.Table {
	return []sheet.Table{
		{Name: name, Heading: headings(), Wide: wide, Rows: func(yield func([]any) bool) {
			for _, p := range rows {
				end := ""
				if !p.Decided.IsZero() {
					end = p.Decided.String()
				}
				if !yield([]any{p.Number, p.Item, p.Department, p.Accepted.String(), end, endings[p.Ending], p.Stopped}) {
					return
				}
			}
		}},
		{Name: "版本", Heading: []string{"说明"}, Wide: []float64{90}, Rows: lines(
			fmt.Sprintf("第 %d 版，共 %d 件；来源：%s；数据截止 %s；录入于 %s。", v.N, v.Rows, v.Source, v.AsOf, calendar.Of(v.At)),
		)},
	}
}
