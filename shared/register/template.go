package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// words picks the language of a table.
type words struct{ lang string }

func (w words) name(n roster.Name) string { return w.say(n.ZH, n.EN) }

func (w words) say(zh, en string) string {
	if w.lang == "en" {
		return en
	}
	return zh
}

// Template is the workbook to fill in: instructions with the values allowed, and the table
// with what the register has, so that importing it as it is changes nothing.
func (k *Keeper) Template(ctx context.Context, t Table, lang string) ([]sheet.Table, error) {
	w := words{lang}
	facts, err := k.factsOn(ctx, calendar.Of(k.now()))
	if err != nil {
		return nil, err
	}
	columns := t.columns()
	table := sheet.Table{Name: w.name(t.Name()), Rows: slices.Values(itemRows(facts.Catalog, w))}
	if t == PeopleTable {
		table.Rows = slices.Values(peopleRows(facts.Roster, w))
	}
	var help [][]any
	for n, c := range columns {
		table.Heading, table.Wide = append(table.Heading, w.name(c.name)), append(table.Wide, 22)
		help = append(help, []any{w.name(c.name), map[bool]string{true: w.say("必填", "needed"), false: w.say("视情", "as said")}[c.needed], w.name(c.advice), allowed(t, n, facts, w)})
	}
	return []sheet.Table{{
		Name: w.say("填报说明", "Instructions"), Heading: []string{w.say("列", "Column"), w.say("是否必填", "Needed"), w.say("填写要求", "How to fill it in"), w.say("可填值", "Values allowed")},
		Rows: slices.Values(help), Wide: []float64{28, 10, 60, 60},
		Notes: []string{
			w.say("表中已列出登记簿现有内容，请在其上改动或增加行；请勿改动表名和表头。没有列出的行不受影响，删去一行不等于删除登记。", "The table has what the register has: change rows or add some, and keep the names of the sheet and its columns. What is not in the table stays as it is; to delete a row deletes nothing."),
			fmt.Sprintf(w.say("一个文件最多%d行，要么全部提出，要么一行也不提出；与登记簿一致的行不计为变更。", "At most %d rows; a file is proposed whole or not at all. Rows as in the register change nothing."), mostRows),
			w.say("请先试运行，按所列行、列改正；提出后由另一名系统管理员批准才生效。也可以导入 CSV（UTF-8 或 GB18030）。", "Try it first and correct what is listed by row and column. Once proposed, another administrator approves it. CSV (UTF-8 or GB18030) is taken as well."),
		},
	}, table}, nil
}

// allowed are the values of a column that has only some.
func allowed(t Table, column int, f Facts, w words) string {
	switch {
	case t == PeopleTable && column == colRole:
		return named(w, roster.Roles(), roster.Role.Name)
	case t == PeopleTable && column == colChange:
		return named(w, moves(), move.name)
	case t == PeopleTable:
		return ""
	}
	switch column {
	case colStage:
		return named(w, stages(f.Catalog), catalog.Stage.Name)
	case colKinds:
		return named(w, deciding(), roster.DepartmentKind.Name)
	case colMark:
		return named(w, catalog.StatutoryMarks(), catalog.Mark.Name)
	case colCommitment, colGaps, colConditional:
		return named(w, answers(), answer.name)
	}
	return ""
}

func named[T any](w words, all []T, name func(T) roster.Name) string {
	names := make([]string, len(all))
	for k, v := range all {
		names[k] = w.name(name(v))
	}
	return strings.Join(names, w.say("、", ", "))
}
