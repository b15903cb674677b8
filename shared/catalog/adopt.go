package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Adopt returns the catalogue with items that are new in it, or that stand in place of
// those with their numbers. Prerequisites and competences stay as they are: a new item has no
// prerequisite, and whoever stands for its kind is competent. Work that is under way keeps the
// limit on which it was asked for. The error lists, by item, what is missing or given twice.
func (c *Catalog) Adopt(items []Item) (*Catalog, error) {
	next := *c
	next.items = c.Items()
	next.index = map[ItemNo]int{}
	for k, item := range next.items {
		next.index[item.No] = k
	}
	var p problems
	given := map[ItemNo]bool{}
	for _, item := range items {
		place := itemPlace("第%d号事项", "item %d", item.No)
		if given[item.No] {
			p.say(place, "重复填写", "is given twice")
		}
		given[item.No] = true
		item.check(place, &p)
		if k, known := next.index[item.No]; known {
			next.items[k] = item.clone()
			continue
		}
		next.index[item.No] = len(next.items)
		next.items = append(next.items, item.clone())
	}
	if len(p) > 0 {
		return nil, fmt.Errorf("items cannot be taken over:\n%w", errors.Join(p...))
	}
	slices.SortFunc(next.items, func(a, b Item) int { return int(a.No - b.No) })
	for k, item := range next.items {
		next.index[item.No] = k
	}
	return &next, nil
}

// check says what an item lacks.
func (i *Item) check(place roster.Name, p *problems) {
	if i.No < 1 || i.No > MaxItems {
		p.say(place, "编号须为1至%[1]d", "the number is not 1 to %d", MaxItems)
	}
	if strings.TrimSpace(i.NameZH) == "" || strings.TrimSpace(i.NameEN) == "" || strings.TrimSpace(string(i.Stage)) == "" {
		p.say(place, "须填写中文名称、英文名称和阶段", "a Chinese name, an English name and a stage are needed")
	}
	if len(i.Kinds) == 0 || slices.ContainsFunc(i.Kinds, func(k roster.DepartmentKind) bool { return !k.Known() || !k.Decides() }) {
		p.say(place, "须填写有审批职责的部门类别", "a kind of department is needed that decides")
	}
	if (i.Statutory.Mark == MarkUnsourced) != (i.Statutory.Source == unsourced) || strings.TrimSpace(i.Statutory.Source) == "" {
		p.say(place, "缺少时限依据；没有出处的，请写“无出处”", "the limit's source is missing; write %q when there is none", unsourced)
	}
	if i.Statutory.Known {
		if err := i.Statutory.Limit.Validate(); err != nil {
			p.say(place, "时限不正确，请核对天数和单位", "%[1]v", err)
		}
	}
	if i.CommitmentAllowed && i.CommitmentOrigin == (roster.Origin{}) || i.GapsAllowed && i.GapsOrigin == (roster.Origin{}) {
		p.say(place, "须注明依据，或者说明哪些为拟定", "a source is needed, or what is assumed")
	}
}

// StatutoryMarks are what a statutory limit may rest on, strongest first.
func StatutoryMarks() []Mark {
	return []Mark{MarkLaw, MarkProvincial, MarkGuide, MarkDefault, MarkUnsourced}
}

// Sourced is a statutory limit of so many days, which the rule itself lets be extended by
// some, with where it stands. Its unit is said, so that it is settled.
func Sourced(mark Mark, l calendar.Limit, extension int, source string) Statutory {
	s := Statutory{Mark: mark, Source: source, Known: true, Limit: l, Extension: extension, Printed: strconv.Itoa(l.Days), UnitPrinted: unitWorking}
	switch {
	case extension > 0:
		s.Printed += fmt.Sprintf(" (+%d)", extension)
	case l.Start == calendar.Receipt:
		s.Printed += " (from receipt)"
	}
	if l.Unit == calendar.CalendarDays {
		s.UnitPrinted = "自然日"
	}
	if l.Days == 0 {
		s.UnitPrinted = unitNone
	}
	for basis, m := range bases {
		if m == mark {
			s.Basis = basis
		}
	}
	return s
}

// Unsourced is the statutory limit of an item for which no source sets one.
func Unsourced() Statutory {
	return Statutory{Mark: MarkUnsourced, Printed: unsourced, UnitPrinted: unitNone, Basis: unsourced, Source: unsourced}
}

// PromisedIn is a promise of so many working days, with where it was made.
func PromisedIn(days int, source string) Promised {
	return Promised{Printed: strconv.Itoa(days), Source: source, Known: true, Min: days, Max: days}
}

// Unpromised is that of an item for which no office's promise is known.
func Unpromised() Promised { return Promised{Printed: unsourced, Source: unsourced} }
