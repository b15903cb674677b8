package register

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// The columns of approval items.
const (
	colNo = iota
	colItemZH
	colItemEN
	colStage
	colKinds
	colDays
	colUnitOfDays
	colStart
	colExtension
	colMark
	colSource
	colPromised
	colPromisedBy
	colCommitment
	colCommitmentBy
	colGaps
	colGapsBy
	colConditional
	colNotes
)

var itemColumns = []column{
	{roster.Name{ZH: "事项编号", EN: "Number"}, true, roster.Name{ZH: "1至9999；登记簿中已有的编号为修改该事项，没有的为新增。", EN: "1 to 9999; one that the register has changes that item, another adds one."}},
	{roster.Name{ZH: "事项名称", EN: "Name in Chinese"}, true, roster.Name{ZH: "与事项目录或办事指南一致。", EN: "As in the catalogue or the guide."}},
	{roster.Name{ZH: "英文名称", EN: "Name in English"}, true, roster.Name{ZH: "英文界面显示。", EN: "For the pages in English."}},
	{roster.Name{ZH: "阶段", EN: "Stage"}, true, roster.Name{ZH: "从可填值中选。", EN: "One of the values allowed."}},
	{roster.Name{ZH: "审批部门类别", EN: "Kinds of department"}, true, roster.Name{ZH: "从可填值中选，其一有权即可的以“/”隔开；由哪个部门审批按事权登记确定。", EN: "Values allowed, with / between those of which one is competent; which department that is, the competences say."}},
	{roster.Name{ZH: "法定时限", EN: "Statutory limit"}, false, roster.Name{ZH: "天数；无出处的留空，按拟定时限计时。", EN: "Days; empty without a source: an assumed limit then counts."}},
	{roster.Name{ZH: "时限单位", EN: "Unit of the limit"}, false, roster.Name{ZH: "工作日或自然日；有法定时限的必填。", EN: "working days or calendar days; needed with a limit."}},
	{roster.Name{ZH: "起算", EN: "Counted from"}, false, roster.Name{ZH: "受理或收到；不填为受理。", EN: "acceptance or receipt; empty: acceptance."}},
	{roster.Name{ZH: "可延长天数", EN: "Extension"}, false, roster.Name{ZH: "规定允许延长的天数；没有的留空。", EN: "Days by which the rule lets it be extended, if any."}},
	{roster.Name{ZH: "时限依据", EN: "Basis"}, true, roster.Name{ZH: "从可填值中选。", EN: "One of the values allowed."}},
	{roster.Name{ZH: "时限出处", EN: "Source of the limit"}, false, roster.Name{ZH: "法规名称和条款，或者指南名称和网址；依据为“无出处”的留空。", EN: "Law and article, or guide and address; empty when there is none."}},
	{roster.Name{ZH: "承诺时限（工作日）", EN: "Promised (working days)"}, false, roster.Name{ZH: "部门对外承诺的工作日数；没有的留空。", EN: "What the office promises, if anything."}},
	{roster.Name{ZH: "承诺出处", EN: "Source of the promise"}, false, roster.Name{ZH: "有承诺时限的必填。", EN: "Needed with a promise."}},
	{roster.Name{ZH: "告知承诺", EN: "On commitment"}, false, roster.Name{ZH: "是或否；不填为否。", EN: "yes or no; empty: no."}},
	{roster.Name{ZH: "告知承诺依据", EN: "Source of commitment"}, false, roster.Name{ZH: "适用告知承诺的必填。", EN: "Needed when it can be asked for on commitment."}},
	{roster.Name{ZH: "容缺受理", EN: "Accepted with gaps"}, false, roster.Name{ZH: "是或否；不填为否。", EN: "yes or no; empty: no."}},
	{roster.Name{ZH: "容缺受理依据", EN: "Source of gaps"}, false, roster.Name{ZH: "适用容缺受理的必填。", EN: "Needed when it can be accepted with papers missing."}},
	{roster.Name{ZH: "视情办理", EN: "Only some projects"}, false, roster.Name{ZH: "只有部分项目需要办理的填是；不填为否。", EN: "yes when only some projects need it; empty: no."}},
	{roster.Name{ZH: "备注", EN: "Notes"}, false, roster.Name{ZH: "可不填。", EN: "May be left empty."}},
}

// itemTextRunes bounds a cell of an item (assumed), so that a change set holds many.
const itemTextRunes = 400

func unitName(u calendar.Unit) roster.Name {
	if u == calendar.CalendarDays {
		return roster.Name{ZH: "自然日", EN: "calendar days"}
	}
	return roster.Name{ZH: "工作日", EN: "working days"}
}

func startName(s calendar.StartEvent) roster.Name {
	if s == calendar.Receipt {
		return roster.Name{ZH: "收到", EN: "receipt"}
	}
	return roster.Name{ZH: "受理", EN: "acceptance"}
}

// answer is yes or no in a table.
type answer string

func (a answer) name() roster.Name {
	if a == "yes" {
		return roster.Name{ZH: "是", EN: "yes"}
	}
	return roster.Name{ZH: "否", EN: "no"}
}

func answers() []answer { return []answer{"yes", "no"} }

// deciding are the kinds of department that approve.
func deciding() []roster.DepartmentKind {
	return slices.DeleteFunc(roster.Kinds(), func(k roster.DepartmentKind) bool { return !k.Decides() })
}

// stages are those that the catalogue has, as printed.
func stages(c *catalog.Catalog) (all []catalog.Stage) {
	for _, i := range c.Items() {
		if !slices.Contains(all, i.Stage) {
			all = append(all, i.Stage)
		}
	}
	return all
}

// item reads a row of items. Groups of cells that say what the register says leave it as it
// stands there: the table cannot write all that a printed limit may say.
func (r *reader) item(at sheet.Record) {
	before := len(r.faults)
	r.needs(&at)
	for k := range r.columns {
		if n := len([]rune(at.Text(k))); n > itemTextRunes {
			r.wrong(&at, k, "最多 %d 个字，现为 %d 个字，请精简。", "At most %d characters, this has %d; please shorten it.", itemTextRunes, n)
		}
	}
	no := r.whole(&at, colNo, catalog.MaxItems)
	if no == 0 && at.Text(colNo) != "" && len(r.faults) == before {
		r.wrong(&at, colNo, "编号从1起。", "Numbers begin at 1.")
	}
	was, known := r.facts.Catalog.Item(catalog.ItemNo(no))
	was.No = catalog.ItemNo(no)
	if other := slices.IndexFunc(r.groups, func(g *group) bool { return g.first.Text(colNo) == at.Text(colNo) }); other >= 0 {
		r.wrong(&at, colNo, "与第 %d 行重复。", "The same as row %d.", r.groups[other].first.Row)
	}
	now := was
	now.NameZH, now.NameEN, now.Notes = at.Text(colItemZH), at.Text(colItemEN), at.Text(colNotes)
	now.Stage = pick(r, &at, colStage, stages(r.facts.Catalog), catalog.Stage.Name)
	now.Conditional = pick(r, &at, colConditional, answers(), answer.name) == "yes"
	r.kinds(&at, &now)
	cells := itemCells(was)
	changed := func(columns ...int) bool {
		return !known || slices.ContainsFunc(columns, func(k int) bool { return !cells[k].same(&at, k) })
	}
	if changed(colDays, colUnitOfDays, colStart, colExtension, colMark, colSource) {
		now.Statutory = r.statutory(&at)
	}
	if changed(colPromised, colPromisedBy) {
		now.Promised = r.promised(&at)
	}
	now.CommitmentAllowed, now.CommitmentOrigin = r.allowed(&at, colCommitment, was.CommitmentOrigin)
	now.GapsAllowed, now.GapsOrigin = r.allowed(&at, colGaps, was.GapsOrigin)
	g := &group{first: at}
	r.groups = append(r.groups, g)
	switch {
	case len(r.faults) > before:
	case known && reflect.DeepEqual(was, now):
		r.unchanged++
	default:
		g.order.Items = []catalog.Item{now}
	}
}

// whole reads a number of 0 to most; none is 0.
func (r *reader) whole(at *sheet.Record, k int, most int64) int {
	if at.Text(k) == "" {
		return 0
	}
	n, fault := at.Whole(k)
	switch {
	case fault != nil:
		r.faults = append(r.faults, *fault)
	case n < 0 || n > most:
		r.wrong(at, k, "请填写0至%d的整数。", "Write a whole number of 0 to %d.", most)
	default:
		return int(n)
	}
	return 0
}

// kinds reads which kinds of department approve.
func (r *reader) kinds(at *sheet.Record, i *catalog.Item) {
	var kinds []roster.DepartmentKind
	for _, typed := range strings.Split(at.Text(colKinds), "/") {
		typed = strings.TrimSpace(typed)
		k := slices.IndexFunc(deciding(), func(k roster.DepartmentKind) bool {
			return typed == k.Name().ZH || strings.EqualFold(typed, k.Name().EN) || typed == string(k)
		})
		switch {
		case typed == "":
		case k < 0:
			r.wrong(at, colKinds, "没有“%[1]s”这类审批部门，请从模板所列可填值中选，多个以“/”隔开。", "There is no kind of department %[1]q; take the values that the template allows, with / between them.", typed)
		default:
			kinds = append(kinds, deciding()[k])
		}
	}
	if slices.Equal(kinds, i.Kinds) {
		return
	}
	names := make([]string, len(kinds))
	for k, kind := range kinds {
		names[k] = kind.Name().ZH
	}
	i.Kinds, i.Department = kinds, strings.Join(names, "/")
}

func (r *reader) statutory(at *sheet.Record) catalog.Statutory {
	mark := pick(r, at, colMark, catalog.StatutoryMarks(), catalog.Mark.Name)
	l := calendar.Limit{
		Days:  r.whole(at, colDays, calendar.MaxDays),
		Unit:  pick(r, at, colUnitOfDays, []calendar.Unit{calendar.WorkingDays, calendar.CalendarDays}, unitName),
		Start: cmp.Or(pick(r, at, colStart, []calendar.StartEvent{calendar.Acceptance, calendar.Receipt}, startName), calendar.Acceptance),
	}
	extension, source := r.whole(at, colExtension, calendar.MaxDays), at.Text(colSource)
	if mark == catalog.MarkUnsourced {
		for _, k := range []int{colDays, colUnitOfDays, colStart, colExtension, colSource} {
			if at.Text(k) != "" {
				r.wrong(at, k, "时限依据为“无出处”的，此项留空；有出处的请改选时限依据。", "Without a source this stays empty; with one, choose another basis.")
			}
		}
		return catalog.Unsourced()
	}
	for k, what := range map[int]roster.Name{colDays: {ZH: "没有规定时限的，时限依据请选“无出处”。", EN: "Where no limit is set, choose that there is no source."}, colSource: {ZH: "法规写明条款，指南写明名称和网址。", EN: "A law with its article, a guide with its address."}} {
		if at.Text(k) == "" {
			r.wrong(at, k, "请填写此项；%[1]s", "Please fill this in. %[2]s", what.ZH, what.EN)
		}
	}
	if at.Text(colUnitOfDays) == "" {
		if l.Days > 0 {
			r.wrong(at, colUnitOfDays, "请填写工作日或者自然日。", "Say whether they are working days or calendar days.")
		}
		l.Unit = calendar.WorkingDays
	}
	return catalog.Sourced(mark, l, extension, source)
}

func (r *reader) promised(at *sheet.Record) catalog.Promised {
	days, source := r.whole(at, colPromised, calendar.MaxDays), at.Text(colPromisedBy)
	switch {
	case at.Text(colPromised) == "" && source == "":
		return catalog.Unpromised()
	case at.Text(colPromised) == "":
		r.wrong(at, colPromised, "填写了承诺出处的，须填写承诺时限。", "With a source, write the days promised.")
	case source == "":
		r.wrong(at, colPromisedBy, "填写了承诺时限的，须填写承诺出处。", "With a promise, write where it was made.")
	}
	return catalog.PromisedIn(days, source)
}

// allowed reads whether an item may take a way around the full review, and by what rule.
func (r *reader) allowed(at *sheet.Record, k int, was roster.Origin) (bool, roster.Origin) {
	source := at.Text(k + 1)
	switch {
	case pick(r, at, k, answers(), answer.name) != "yes":
		if source != "" {
			r.wrong(at, k+1, "前一列不是“是”的，此项留空。", "It stays empty unless the column before says yes.")
		}
		return false, roster.Origin{}
	case source == "":
		r.wrong(at, k+1, "请填写依据的文件名称和条款。", "Name the document and its article.")
	case source == ground(was).ZH || source == ground(was).EN:
		return true, was
	}
	return true, roster.Origin{Source: source}
}

// ground is what an origin rests on, as the table writes it.
func ground(o roster.Origin) roster.Name {
	if o.Source == "" {
		return o.Assumed
	}
	return roster.Name{ZH: o.Source, EN: o.Source}
}

// cell is what stands in one of a row's cells, in either language.
type cell struct {
	roster.Name
	number bool
}

// same reports whether a row says what the cell does.
func (c cell) same(at *sheet.Record, k int) bool {
	typed := at.Text(k)
	if typed == c.ZH || strings.EqualFold(typed, c.EN) {
		return true
	}
	n, fault := at.Whole(k)
	return c.number && typed != "" && fault == nil && strconv.FormatInt(n, 10) == c.ZH
}

// itemCells are what the table writes of an item.
func itemCells(i catalog.Item) []cell {
	text := func(s string) cell { return cell{Name: roster.Name{ZH: s, EN: s}} }
	count := func(n int) cell { return cell{Name: text(strconv.Itoa(n)).Name, number: true} }
	yes := func(is bool) cell { return cell{Name: map[bool]answer{true: "yes", false: "no"}[is].name()} }
	cells := make([]cell, len(itemColumns))
	cells[colNo], cells[colItemZH], cells[colItemEN], cells[colStage] = count(int(i.No)), text(i.NameZH), text(i.NameEN), cell{Name: i.Stage.Name()}
	var zh, en []string
	for _, k := range i.Kinds {
		zh, en = append(zh, k.Name().ZH), append(en, k.Name().EN)
	}
	cells[colKinds] = cell{Name: roster.Name{ZH: strings.Join(zh, "/"), EN: strings.Join(en, "/")}}
	if s := i.Statutory; s.Known {
		cells[colDays], cells[colUnitOfDays], cells[colStart] = count(s.Limit.Days), cell{Name: unitName(s.Limit.Unit)}, cell{Name: startName(s.Limit.Start)}
		if s.Extension > 0 {
			cells[colExtension] = count(s.Extension)
		}
	}
	cells[colMark] = cell{Name: i.Statutory.Mark.Name()}
	if i.Statutory.Mark != catalog.MarkUnsourced {
		cells[colSource] = text(i.Statutory.Source)
	}
	if i.Promised.Known {
		cells[colPromised], cells[colPromisedBy] = count(i.Promised.Max), text(i.Promised.Source)
	}
	cells[colCommitment], cells[colGaps], cells[colConditional] = yes(i.CommitmentAllowed), yes(i.GapsAllowed), yes(i.Conditional)
	cells[colCommitmentBy], cells[colGapsBy], cells[colNotes] = cell{Name: ground(i.CommitmentOrigin)}, cell{Name: ground(i.GapsOrigin)}, text(i.Notes)
	return cells
}

// itemRows are the items that the register has, as the table writes them.
func itemRows(c *catalog.Catalog, w words) (rows [][]any) {
	for _, i := range c.Items() {
		var row []any
		for _, c := range itemCells(i) {
			n, err := strconv.Atoi(c.ZH)
			switch {
			case c.ZH == "":
				row = append(row, nil)
			case c.number && err == nil:
				row = append(row, n)
			default:
				row = append(row, w.name(c.Name))
			}
		}
		rows = append(rows, row)
	}
	return rows
}
