package register

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// Table (导入表) is what a file may hold that becomes a change set.
type Table string

const (
	PeopleTable Table = "people" // accounts: who there is, with their posts
	ItemsTable  Table = "items"  // approval items, with their limits
)

// Tables are all of them.
func Tables() []Table { return []Table{PeopleTable, ItemsTable} }

// Name is what the table and its sheet are called.
func (t Table) Name() roster.Name {
	if t == PeopleTable {
		return roster.Name{ZH: "人员", EN: "People"}
	}
	return roster.Name{ZH: "审批事项", EN: "Items"}
}

func (t Table) columns() []column {
	if t == PeopleTable {
		return peopleColumns
	}
	return itemColumns
}

// column is a column of a table, and how it is filled in.
type column struct {
	name   roster.Name
	needed bool
	advice roster.Name
}

const (
	// mostRows is how many rows a file may have (assumed): what the register holds
	// already is in it as well, for a template is filled with that.
	mostRows = 5000
	// mostTold is how many faults are told (assumed); the others are counted.
	mostTold = 500
	// mostOrder is how many bytes a change set's order may have, which is stored in the
	// change set, in its event and in the register's: well below a record's 400 KB.
	mostOrder = 300 << 10
)

// File is a table to be proposed as one change set, whole or not at all. The draft's
// order is what the file says.
type File struct {
	Table Table
	Data  []byte
	Draft Draft
	Dry   bool // only say what is wrong with it, and what it would change
}

// Outcome is what became of a file.
type Outcome struct {
	Order     Order // what the register does not have yet
	Rows      int
	Unchanged int // rows that the register has already
	Faults    []sheet.Fault
	More      int // faults beyond those listed

	// Change is the change set that says it: proposed now, or, when Repeated, before.
	Change   *docket.Got[ChangeSet]
	Repeated bool
}

// State is how it stands: faults, unchanged, checked or proposed.
func (o *Outcome) State() string {
	switch {
	case len(o.Faults) > 0:
		return "faults"
	case o.Change != nil:
		return "proposed"
	case o.Order.kinds() == 0:
		return "unchanged"
	}
	return "checked"
}

// Import reads a file and, when nothing is wrong with it, proposes what the register does
// not have yet as one change set, for another administrator to approve. A file that says
// nothing new changes nothing, and one that says what waits for approval already is
// answered with that change set. Somebody's leaving is a fault while there is work to hand
// over.
func (k *Keeper) Import(ctx context.Context, f File, call approval.Call) (Outcome, error) {
	if err := Administers(call.Actor); err != nil {
		return Outcome{}, err
	}
	if !slices.Contains(Tables(), f.Table) {
		return Outcome{}, approval.Refuse(approval.NotFound, "table", "没有这种导入表。", "There is no such table to import.")
	}
	out, err := k.examine(ctx, f)
	if err != nil || out.State() != "checked" {
		return out, err
	}
	f.Draft.Order = out.Order
	if out.Change, err = k.waiting(ctx, out.Order); err != nil || out.Change != nil {
		out.Repeated = true
		return out, err
	}
	if f.Dry {
		return out, nil
	}
	got, err := k.Propose(ctx, call, f.Draft)
	if err == nil {
		out.Change, out.Repeated = &got, got.Repeated
	}
	return out, err
}

// waiting is the change set that orders the same and has not come into the register yet, if any.
func (k *Keeper) waiting(ctx context.Context, o Order) (*docket.Got[ChangeSet], error) {
	want := detail(o)
	for page := (approval.Page{Limit: 100}); ; {
		open, next, err := k.List(ctx, true, page)
		if err != nil {
			return nil, fmt.Errorf("list change sets: %w", err)
		}
		for i := range open {
			if bytes.Equal(detail(open[i].State.Order), want) {
				return &open[i], nil
			}
		}
		if page.Cursor = next; next == "" {
			return nil, nil
		}
	}
}

// reader gathers what a file says and what is wrong with it.
type reader struct {
	facts   Facts // of the day on which it is to come into force
	on      calendar.Date
	columns []column
	groups  []*group
	faults  []sheet.Fault

	rows, unchanged int
}

// group is what the rows about one person, or one item, come to.
type group struct {
	first sheet.Record
	order Order
	last  []roster.Change // what has to come after all others
}

func (r *reader) wrong(at *sheet.Record, k int, zh, en string, args ...any) {
	r.faults = append(r.faults, at.Fault(k, sheet.Words(approval.Refuse(approval.Invalid, "", zh, en, args...).Text)))
}

// needs says which of the needed cells are empty.
func (r *reader) needs(at *sheet.Record) (full bool) {
	full = true
	for k, c := range r.columns {
		if c.needed && at.Text(k) == "" {
			full = false
			r.wrong(at, k, "请填写此项。", "Please fill this in.")
		}
	}
	return full
}

func (r *reader) date(at *sheet.Record, k int) calendar.Date {
	if at.Text(k) == "" {
		return 0
	}
	day, fault := at.Date(k)
	if fault != nil {
		r.faults = append(r.faults, *fault)
		return 0
	}
	return calendar.Of(day)
}

// pick reads one of a few values, by its name in either language or its code.
func pick[T ~string](r *reader, at *sheet.Record, k int, all []T, name func(T) roster.Name) (none T) {
	typed := at.Text(k)
	if typed == "" {
		return none
	}
	var zh, en []string
	for _, v := range all {
		n := name(v)
		if typed == n.ZH || strings.EqualFold(typed, n.EN) || typed == string(v) {
			return v
		}
		zh, en = append(zh, n.ZH), append(en, n.EN)
	}
	r.wrong(at, k, "“%[1]s”不在可填范围内，可填：%[2]s。", "%[1]q is none of %[3]s.", typed, strings.Join(zh, "、"), strings.Join(en, ", "))
	return none
}

// examine takes a file apart and holds what it says against the register.
func (k *Keeper) examine(ctx context.Context, f File) (Outcome, error) {
	entry := f.Draft.entry(approval.Machine, k.now())
	entry.On = max(entry.On, calendar.Of(k.now()))
	facts, err := k.factsOn(ctx, entry.On)
	if err != nil {
		return Outcome{}, err
	}
	r := &reader{facts: facts, on: entry.On, columns: f.Table.columns()}
	if err := r.file(f); err != nil {
		return Outcome{}, err
	}
	out := Outcome{Rows: r.rows, Unchanged: r.unchanged}
	if len(r.faults) == 0 {
		entry.Order = r.order()
		out.Order = entry.Order
		if r.faults, err = k.against(ctx, entry, r.groups); err != nil {
			return Outcome{}, err
		}
	}
	slices.SortStableFunc(r.faults, func(a, b sheet.Fault) int { return cmp.Compare(a.Row, b.Row) })
	out.Faults = r.faults[:min(len(r.faults), mostTold)]
	out.More = len(r.faults) - len(out.Faults)
	return out, nil
}

// factsOn are those of a day, with all that has been entered by now.
func (k *Keeper) factsOn(ctx context.Context, on calendar.Date) (Facts, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.refresh(ctx); err != nil {
		return Facts{}, err
	}
	state, err := fold(k.base, k.entries, on)
	if err != nil {
		return Facts{}, fmt.Errorf("compute the register: %w", err)
	}
	return state.Facts, nil
}

// file reads the rows of the table.
func (r *reader) file(f File) error {
	book, err := sheet.Open(f.Data)
	if err != nil {
		return r.unreadable(err)
	}
	defer book.Close()
	name := f.Table.Name()
	sheets := book.Sheets()
	at := slices.IndexFunc(sheets, func(s string) bool { return s == "" || s == name.ZH || strings.EqualFold(s, name.EN) })
	if at < 0 {
		r.faults = append(r.faults, sheet.Fault{Words: sheet.Words{ZH: "工作簿中没有“" + name.ZH + "”表，请使用下载的模板，不要改动表名。", EN: "The workbook has no sheet “" + name.EN + "”; use the template and keep its name."}})
		return nil
	}
	columns := make([]sheet.Column, len(r.columns))
	for k, c := range r.columns {
		columns[k] = sheet.Column{Name: c.name.ZH, Also: []string{c.name.EN}, Needed: c.needed}
	}
	each, end := r.item, func() {}
	if f.Table == PeopleTable {
		s := &staffing{reader: r, units: units(r.facts.Roster, r.on), people: map[roster.PersonID]*staff{}, heads: map[roster.BranchID]head{}}
		each, end = s.row, s.end
	}
	faults, err := book.Records(sheets[at], columns, func(record sheet.Record) error {
		if r.rows++; r.rows > mostRows {
			r.faults = append(r.faults, sheet.Fault{Sheet: record.Sheet, Row: record.Row, Words: sheet.Words{ZH: fmt.Sprintf("一个文件最多 %d 行，请拆成几个文件分别提出。", mostRows), EN: fmt.Sprintf("A file has at most %d rows; split it.", mostRows)}})
			return errEnough
		}
		each(record)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	r.faults = append(r.faults, faults...)
	if err := r.unreadable(err); err != nil {
		return err
	}
	if end(); r.rows == 0 && len(r.faults) == 0 {
		r.faults = append(r.faults, sheet.Fault{Words: sheet.Words{ZH: "表中没有数据行。", EN: "The table has no rows."}})
	}
	return nil
}

// unreadable turns a fault of the file into one of the reading.
func (r *reader) unreadable(err error) error {
	if f, ok := errors.AsType[*sheet.Fault](err); ok {
		r.faults = append(r.faults, *f)
		return nil
	}
	return err
}

// order is what all groups come to.
func (r *reader) order() (o Order) {
	for _, g := range r.groups {
		o.Roster = append(o.Roster, g.order.Roster...)
		o.Items = append(o.Items, g.order.Items...)
	}
	for _, g := range r.groups {
		o.Roster = append(o.Roster, g.last...)
	}
	return o
}

// against holds an order against the register, as proposing it does, and says by row what
// would not fit, and who has work to hand over first.
func (k *Keeper) against(ctx context.Context, e Entry, groups []*group) (faults []sheet.Fault, err error) {
	if e.Order.kinds() == 0 {
		return nil, nil
	}
	whole := func(t approval.Text) []sheet.Fault { return []sheet.Fault{{Words: sheet.Words(t)}} }
	if text, err := json.Marshal(e.Order); err != nil || len(text) > mostOrder {
		return whole(approval.Text{ZH: "改动的内容过多，一项变更容纳不下，请拆成几个文件分别提出。", EN: "There is more to change than one change set holds; split the file."}), err
	}
	err = k.fits(ctx, e)
	if refused, ok := errors.AsType[*approval.Error](err); ok {
		for _, g := range groups {
			alone := e
			alone.Order = g.order
			alone.Order.Roster = append(slices.Clip(g.order.Roster), g.last...)
			if own, ok := errors.AsType[*approval.Error](k.fits(ctx, alone)); ok {
				faults = append(faults, g.first.Fault(0, sheet.Words(own.Text)))
			}
		}
		if faults == nil {
			faults = whole(refused.Text)
		}
		return faults, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := k.held(ctx, e)
	for _, g := range groups {
		var own []Held
		for _, h := range held {
			if h.Person == roster.PersonID(g.first.Text(0)) {
				own = append(own, h)
			}
		}
		if refused, ok := errors.AsType[*approval.Error](notHandedOver(k.service.Rules().Roster, own)); ok {
			faults = append(faults, g.first.Fault(colChange, sheet.Words(refused.Text)))
		}
	}
	return faults, err
}
