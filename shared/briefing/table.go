package briefing

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/sheet"
)

// Share is a figure as a part of another, in percent with one place; empty when it is
// no part, or of nothing.
func (d *Document) Share(f *Figure) string {
	if f.Of == "" {
		return ""
	}
	whole := d.Figure(f.Of).N
	if whole <= 0 {
		return ""
	}
	return sheet.Decimal{Units: (2000*int64(f.N) + int64(whole)) / (2 * int64(whole)), Places: 1}.String() + "%"
}

// Workbook is the version as XLSX in a language: its stamp, its figures, each table, and
// the facts that every figure counts.
func (v *View) Workbook(lang string) ([]byte, error) {
	say := func(zh, en string) string { return approval.Text{ZH: zh, EN: en}.In(lang) }
	d := &v.Document
	stamp := [][]any{{d.Title.In(lang), ""}}
	for _, l := range v.Stamp() {
		stamp = append(stamp, []any{l.What.In(lang), l.Says.In(lang)})
	}
	tables := []sheet.Table{{
		Name: say("说明", "About"), Heading: []string{say("项目", "What"), say("内容", "Says")}, Wide: []float64{24, 90}, Rows: rows(stamp),
	}}
	var numbers, facts [][]any
	for k := range d.Sections {
		s := &d.Sections[k]
		for _, says := range s.Says {
			numbers = append(numbers, []any{s.Title.In(lang), says.In(lang), nil, ""})
		}
		for m := range s.Figures {
			f := &s.Figures[m]
			numbers = append(numbers, []any{s.Title.In(lang), f.Name.In(lang), f.N, d.Share(f)})
			for _, p := range f.Points {
				row := []any{f.Name.In(lang), string(p.Issue), nil, p.N}
				if p.SignOff > 0 {
					row[2] = p.SignOff
				}
				facts = append(facts, row)
			}
		}
		if s.Table == nil {
			continue
		}
		t := sheet.Table{Name: s.Title.In(lang)}
		for _, c := range s.Table.Columns {
			t.Heading, t.Wide = append(t.Heading, c.In(lang)), append(t.Wide, 24)
		}
		var lines [][]any
		for _, r := range s.Table.Rows {
			line := make([]any, len(r.Cells))
			for c := range r.Cells {
				line[c] = r.Cells[c].written(lang)
			}
			lines = append(lines, line)
		}
		t.Rows = rows(lines)
		tables = append(tables, t)
	}
	tables = append(tables[:1:1], append([]sheet.Table{
		{Name: say("指标", "Figures"), Heading: []string{say("部分", "Section"), say("指标", "Figure"), say("数值", "Value"), say("占比", "Share")}, Wide: []float64{28, 40, 12, 12}, Rows: rows(numbers)},
	}, tables[1:]...)...)
	tables = append(tables, sheet.Table{
		Name: say("依据", "Facts"), Heading: []string{say("指标", "Figure"), say("问题编号", "Issue"), say("任务", "Task"), say("计入", "Counts")}, Wide: []float64{40, 40, 8, 8}, Rows: rows(facts),
	})
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, tables...); err != nil {
		return nil, fmt.Errorf("write %s: %w", v.ID, err)
	}
	return file.Bytes(), nil
}

func (c Cell) written(lang string) any {
	switch {
	case c.Number != nil:
		return *c.Number
	case !c.Day.IsZero():
		return c.Day.Start().In(calendar.Shanghai)
	}
	return c.Words.In(lang)
}

func rows(lines [][]any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, l := range lines {
			if !yield(l) {
				return
			}
		}
	}
}

// Line is one line of a version's stamp.
type Line struct{ What, Says approval.Text }

// Stamp says by which query, on which data and under which rules and catalogue a
// version was drawn up. Who and when stand with it as the version's own fields.
func (v *View) Stamp() []Line {
	n := &v.Version
	return []Line{
		{column("版本", "Version"), text("第%d版", "%d", n.N)},
		{column("数据截至", "Data as of"), text("%s", "%s", v.Document.AsOf)},
		{column("查询条件", "Query"), text("%s", "%s", n.Query)},
		{column("数据版本", "Data version"), text("问题 %d 件，版本号合计 %d", "%d issues, the sum of their versions %d", n.Read.Issues, n.Read.Versions)},
		{column("统计数据版本", "Version of the figures"), text("%s", "%s", cmp.Or(n.Read.Figures, "—"))},
		{column("投资台账批次", "Entries of the investment ledger"), text("%d", "%d", n.Read.Entries)},
		{column("编制规则版本", "Version of the rules"), text("%d", "%d", n.Rules)},
		{column("登记变更批次", "Register"), text("%d", "%d", n.Register)},
		{column("事项目录版本", "Catalogue"), text("%s", "%s", n.Catalogue)},
		{column("内容摘要（SHA-256）", "Digest (SHA-256)"), text("%s", "%s", n.Digest)},
	}
}

// FileName is the workbook's name.
func (v *View) FileName(lang string) string {
	return fmt.Sprintf("%s-v%d.xlsx", strings.NewReplacer("/", "-", "（", "-", "）", "", ", ", "-").Replace(v.Document.Title.In(lang)), v.Version.N)
}
