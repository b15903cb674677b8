package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// The columns of a table of issues (梳理问题). Title and project are needed; of
// several things in one field each stands behind a semicolon or 、.
const (
	colProject     = "项目"
	colTitle       = "标题"
	colBody        = "说明"
	colItems       = "事项编号"
	colCommitments = "承诺事项"
	colMatter      = "协调事项"
	colParties     = "参与部门"
)

// Columns are the headings that a table may have, in any order.
func Columns() []string {
	return []string{colProject, colTitle, colBody, colItems, colCommitments, colMatter, colParties}
}

const (
	// MostRows is how many issues one table may hold.
	MostRows = 500
	// mostFaults is how many of a table's faults are told at once (assumed), so that no
	// answer is larger than the table.
	mostFaults = 200
	// MostDrafts is how many drafts one call makes; the next call goes on. Assumed:
	// as many as a function behind a gateway makes well within its half minute.
	MostDrafts = 100
	// alike is from which share of common character pairs two titles of a project
	// are likely to mean the same (assumed).
	alike = 0.7
	// mostCompared is with how many issues of a project, the newest first, a table
	// is compared (assumed).
	mostCompared = 1000
)

// Choice is what shall become of a row that has a duplicate.
type Choice string

const (
	Skip Choice = "skip" // 跳过
	Keep Choice = "keep" // 保留
)

// Import is a table and what was decided on its duplicates, by row.
type Import struct {
	Table   string
	Choices map[int]Choice
	Dry     bool // only say what is wrong with it
}

// Imported is what became of a table, or would. Drafts are made only when nothing
// is wrong and every duplicate is decided on. When Left is not 0, or the call was
// cut off, the same import again goes on where it ended: what was made is found by
// its key, and nothing is made twice.
type Imported struct {
	Faults     []RowFault
	Duplicates []Duplicate
	Rows       []RowResult // empty when there are faults
	Left       int         // drafts still to be made
	Undecided  int         // rows that wait for a choice
}

// Repeated reports whether the table had been imported before, whole.
func (i *Imported) Repeated() bool {
	return len(i.Rows) > 0 && !slices.ContainsFunc(i.Rows, func(r RowResult) bool { return r.Made || r.Issue == "" && !r.Skipped })
}

// RowFault is one thing wrong with a table. Rows are counted as a spreadsheet
// does, with the heading as the first.
type RowFault struct {
	Row    int
	Column string
	Text   approval.Text
}

// Duplicate says that a row asks for what another row or an issue asks for.
type Duplicate struct {
	Row    int
	Other  int              // an earlier row
	Issue  approval.IssueID // or an issue
	Title  string           // of the other
	Exact  bool             // the same project, title and parts
	Alike  int              // percent
	Choice Choice           // what was decided; empty: nothing yet
}

// RowResult is what became of a row.
type RowResult struct {
	Row     int
	Project roster.ProjectID
	Title   string
	Issue   approval.IssueID // its draft
	Skipped bool
	Made    bool // by this call
}

// row is one issue of a table.
type row struct {
	n        int
	petition approval.Petition
	key      string
	plain    string
	pairs    []uint64
	issue    approval.IssueID // made by an earlier call
}

// Import reads a table of issues and makes a draft of each, all or nothing: for
// the branch of each project, by its secretary or by the bureau.
func (s *Service) Import(ctx context.Context, in Import, actor approval.Actor) (Imported, error) {
	rules := s.issues.Rules()
	if actor.Role != roster.Secretary && actor.Role != roster.Bureau {
		return Imported{}, approval.Refuse(approval.Forbidden, "", "批量导入由临时党支部书记或重点项目局办理。", "Tables are imported by the secretary of a branch or by the bureau.")
	}
	rows, faults, err := read(rules, in.Table, actor, s.issues.Today())
	if err != nil {
		return Imported{}, err
	}
	for n, choice := range in.Choices {
		if choice != Skip && choice != Keep || !slices.ContainsFunc(rows, func(r row) bool { return r.n == n }) {
			return Imported{}, approval.Refuse(approval.Invalid, "duplicates", "第 %d 行没有此数据行，或处理方式不是 skip（跳过）、keep（保留）。", "Row %d is none of the table's, or its choice is neither skip nor keep.", n)
		}
	}
	out := Imported{Faults: faults}
	if len(faults) > 0 {
		return out, nil
	}
	for k := range rows {
		receipt, err := s.issues.Store().Receipt(ctx, string(actor.Person)+"/"+rows[k].key)
		switch {
		case err == nil:
			rows[k].issue = receipt.Issue
		case !approval.IsKind(err, approval.NotFound):
			return Imported{}, fmt.Errorf("look for row %d: %w", rows[k].n, err)
		}
	}
	if out.Duplicates, err = s.duplicates(ctx, rows, actor); err != nil {
		return Imported{}, err
	}
	waits := map[int]bool{}
	for k := range out.Duplicates {
		d := &out.Duplicates[k]
		d.Choice = in.Choices[d.Row]
		waits[d.Row] = waits[d.Row] || d.Choice == ""
	}
	for _, w := range waits {
		if w {
			out.Undecided++
		}
	}
	made := 0
	for _, r := range rows {
		result := RowResult{Row: r.n, Project: r.petition.Project, Title: r.petition.Title, Issue: r.issue}
		switch {
		case r.issue != "":
		case in.Choices[r.n] == Skip:
			result.Skipped = true
		case in.Dry || out.Undecided > 0 || made == MostDrafts:
			out.Left++
		default:
			made++
			result.Made = true
			if result.Issue, err = s.enter(ctx, r, actor); err != nil {
				return Imported{}, fmt.Errorf("row %d: %w", r.n, err)
			}
		}
		out.Rows = append(out.Rows, result)
	}
	return out, nil
}

func (s *Service) enter(ctx context.Context, r row, actor approval.Actor) (approval.IssueID, error) {
	var cmd approval.Command = approval.Save{Petition: r.petition}
	if actor.Role == roster.Bureau {
		cmd = approval.Enter{Petition: r.petition}
	}
	issue, _, err := s.issues.Create(ctx, cmd, approval.Call{Actor: actor, Key: r.key, Digest: r.key})
	return issue.ID, err
}

// read takes a table apart and says everything that is wrong with its rows; an
// error is something wrong with the whole.
func read(rules approval.Rules, table string, actor approval.Actor, today calendar.Date) (rows []row, faults []RowFault, err error) {
	table = strings.TrimPrefix(table, "\ufeff")
	if !utf8.ValidString(table) || strings.ContainsRune(table, 0) {
		return nil, nil, approval.Refuse(approval.Invalid, "table", "文件不是 UTF-8 编码，请在电子表格中另存为“CSV UTF-8”后再导入。", "The file is not UTF-8; save it as “CSV UTF-8” and import it again.")
	}
	r := csv.NewReader(strings.NewReader(table))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, nil, approval.Refuse(approval.Invalid, "table", "表格为空或表头无法读取，请使用含“项目、标题”的表头。", "The table is empty or its heading cannot be read; it needs the columns 项目 and 标题.")
	}
	if len(head) > mostFaults {
		return nil, nil, approval.Refuse(approval.Invalid, "table", "表头有 %d 列，远多于可用的列，请使用含“项目、标题”的表头。", "The heading has %d columns, far more than there are; it needs the columns 项目 and 标题.", len(head))
	}
	at := map[string]int{}
	for k, name := range head {
		name = strings.TrimSpace(name)
		_, twice := at[name]
		switch {
		case !slices.Contains(Columns(), name):
			faults = append(faults, RowFault{1, name, says("没有这一列，可用的列为：%[1]s。", "There is no such column; the columns are %[1]s.", strings.Join(Columns(), "、"))})
		case twice:
			faults = append(faults, RowFault{1, name, says("此列重复了。", "This column is there twice.")})
		}
		at[name] = k
	}
	for _, name := range []string{colProject, colTitle} {
		if _, ok := at[name]; !ok {
			faults = append(faults, RowFault{1, name, says("缺少此列。", "This column is missing.")})
		}
	}
	if len(faults) > 0 {
		return nil, faults, nil
	}
	seen := map[string]int{}
	for n := 2; ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			if broken, ok := errors.AsType[*csv.ParseError](err); ok {
				line = broken.Line
			}
			return nil, nil, approval.Refuse(approval.Invalid, "table", "第 %d 行附近引号不成对，表格无法读取，请改正后再导入。", "The table cannot be read: a quote does not close near line %d.", line)
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		if len(rows) == MostRows {
			return nil, nil, approval.Refuse(approval.Invalid, "table", "一次最多导入 %d 行，请分成几个文件。", "At most %d rows are imported at once; split the table.", MostRows)
		}
		if len(cells) > len(head) {
			faults = append(faults, RowFault{n, "", says("本行比表头多出 %d 列，请检查逗号或引号。", "This row has %d columns more than the heading; check its commas and quotes.", len(cells)-len(head))})
		}
		cell := func(name string) string {
			if k, ok := at[name]; ok && k < len(cells) {
				return strings.TrimSpace(cells[k])
			}
			return ""
		}
		p, wrong := petition(rules, n, cell, actor, today)
		if faults = append(faults, wrong...); len(faults) > mostFaults {
			return nil, faults[:mostFaults], nil
		}
		made := row{n: n, petition: p, plain: plain(p.Title)}
		made.pairs = pairs(made.plain)
		// The key is the content's, so that the same table makes nothing twice; of
		// equal rows that are kept, each has its own.
		made.key = contentKey(p)
		seen[made.key]++
		if seen[made.key] > 1 {
			made.key += " " + strconv.Itoa(seen[made.key])
		}
		rows = append(rows, made)
	}
	if len(rows) == 0 {
		return nil, nil, approval.Refuse(approval.Invalid, "table", "表格没有数据行。", "The table has no rows.")
	}
	return rows, faults, nil
}

func says(zh, en string, args ...any) approval.Text {
	return approval.Refuse(approval.Invalid, "", zh, en, args...).Text
}

// contentKey is the idempotency key of a row. The space keeps it apart from all that
// callers can choose.
func contentKey(p approval.Petition) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("intake: petition cannot be encoded: " + err.Error())
	}
	digest := sha256.Sum256(text)
	return "import " + base64.RawURLEncoding.EncodeToString(digest[:])
}

func parts(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(";；、,，\n", r) || unicode.IsSpace(r) })
}

// petition reads one row.
func petition(rules approval.Rules, n int, cell func(string) string, actor approval.Actor, today calendar.Date) (p approval.Petition, faults []RowFault) {
	fault := func(column string, text approval.Text) { faults = append(faults, RowFault{n, column, text}) }
	p.Title, p.Body = cell(colTitle), cell(colBody)
	for _, f := range []struct {
		column    string
		value     string
		most      int
		mandatory bool
	}{{colTitle, p.Title, 120, true}, {colBody, p.Body, 4000, false}} {
		if e, ok := errors.AsType[*approval.Error](approval.CheckText(f.column, f.value, f.most, f.mandatory)); ok {
			fault(f.column, e.Text)
		}
	}
	numbers := func(column string) (out []catalog.ItemNo) {
		for _, word := range parts(cell(column)) {
			no, err := strconv.Atoi(word)
			if err != nil {
				fault(column, says("“%[1]s”不是事项编号，请填写数字，多个用“；”分隔。", "%[1]q is no item's number; write numbers, with ； between them.", word))
				continue
			}
			out = append(out, catalog.ItemNo(no))
		}
		return out
	}
	p.Items, p.Commitments = numbers(colItems), numbers(colCommitments)
	names, matter := parts(cell(colParties)), cell(colMatter)
	code, known := matterOf(rules.Catalog, matter)
	switch {
	case matter != "" && !known:
		fault(colMatter, says("没有“%[1]s”这类协调事项。", "There is no coordination matter %[1]q.", matter))
	case matter == "" && len(names) > 0:
		fault(colMatter, says("填写了参与部门的，须填写协调事项。", "With departments, name the coordination matter."))
	case matter != "" && len(names) == 0:
		fault(colParties, says("填写了协调事项的，须填写参与部门。", "With a coordination matter, name its departments."))
	}
	for _, name := range names {
		id, ok := departmentOf(rules.Roster, name)
		if !ok {
			fault(colParties, says("没有“%[1]s”这个部门，请填写名册上的全称或编号。", "There is no department %[1]q; write its full name or id.", name))
			continue
		}
		p.Parties = append(p.Parties, approval.Party{Matter: code, Department: id})
	}
	project, ok := projectOf(rules.Roster, cell(colProject))
	if !ok {
		fault(colProject, says("没有“%[1]s”这个重点项目，请填写名册上的名称或编号。", "There is no project %[1]q; write its name or id.", cell(colProject)))
		return p, faults
	}
	p.Project = project.ID
	if branch, ok := rules.Roster.BranchOf(project.ID); !ok {
		fault(colProject, says("该项目尚未建立临时党支部，请先请管理员登记支部。", "The project has no branch yet; ask an administrator to register one."))
	} else if !Registers(rules.Roster, actor, project.ID) {
		fault(colProject, says("该项目属%[1]s，不在您的导入范围内。", "The project belongs to %[2]s, for which you do not import.", branch.NameZH, branch.NameEN))
	}
	if len(faults) == 0 && len(p.Items)+len(p.Parties)+len(p.Commitments) > 0 {
		_, err := rules.Plan(project.District, p, today)
		if e, ok := errors.AsType[*approval.Error](err); ok {
			fault(columnOf(e.Field), e.Text)
		} else if err != nil {
			fault(colItems, says("事项之间的前置关系无法确定，请核对事项编号。", "The items' prerequisites cannot be settled; please check their numbers."))
		}
	}
	return p, faults
}

// columnOf is the column in which a field of a petition stands.
func columnOf(field string) string {
	switch name, _, _ := strings.Cut(field, "["); name {
	case "commitments":
		return colCommitments
	case "parties":
		return colParties
	}
	return colItems
}

func projectOf(r *roster.Roster, name string) (roster.Project, bool) {
	if p, ok := r.Project(roster.ProjectID(name)); ok {
		return p, true
	}
	for _, p := range r.Projects() {
		if plain(p.NameZH) == plain(name) {
			return p, true
		}
	}
	return roster.Project{}, false
}

func departmentOf(r *roster.Roster, name string) (roster.DepartmentID, bool) {
	if d, ok := r.Department(roster.DepartmentID(name)); ok {
		return d.ID, true
	}
	for _, d := range r.Departments() {
		if plain(d.NameZH) == plain(name) {
			return d.ID, true
		}
	}
	return "", false
}

func matterOf(c *catalog.Catalog, name string) (catalog.MatterCode, bool) {
	for _, m := range c.Matters() {
		if string(m.Code) == name || m.NameZH == name {
			return m.Code, true
		}
	}
	return "", false
}

// plain is a text without what does not tell it from another: white space,
// punctuation, case, full width.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// pairs are a text's pairs of neighbouring characters, sorted, each once.
func pairs(s string) (out []uint64) {
	last := rune(0)
	for _, r := range s {
		if last != 0 {
			out = append(out, uint64(last)<<32|uint64(r))
		}
		last = r
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// likeness is Dice's: twice the pairs in common over all pairs, in percent.
func likeness(a, b []uint64) int {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i], b[j]); {
		case c == 0:
			common++
			i++
			j++
		case c < 0:
			i++
		default:
			j++
		}
	}
	if common == 0 {
		return 0
	}
	return 200 * common / (len(a) + len(b))
}

// sameParts reports whether two petitions ask the same of the same departments.
func sameParts(a, b *approval.Petition) bool {
	items, others := slices.Clone(a.Items), slices.Clone(b.Items)
	slices.Sort(items)
	slices.Sort(others)
	order := func(x, y approval.Party) int {
		return cmp.Or(cmp.Compare(x.Matter, y.Matter), cmp.Compare(x.Department, y.Department))
	}
	return slices.Equal(items, others) && slices.Equal(slices.SortedFunc(slices.Values(a.Parties), order), slices.SortedFunc(slices.Values(b.Parties), order))
}

// duplicates compares every row that has no draft yet with the rows above it and
// with the issues of its project that have not ended, drafts included: the closest
// one of each.
func (s *Service) duplicates(ctx context.Context, rows []row, actor approval.Actor) (out []Duplicate, err error) {
	open := map[roster.ProjectID][]row{}
	for _, r := range rows {
		if _, ok := open[r.petition.Project]; r.issue == "" && !ok {
			if open[r.petition.Project], err = s.open(ctx, r.petition.Project, actor); err != nil {
				return nil, err
			}
		}
	}
	for k := range rows {
		r := &rows[k]
		if r.issue != "" {
			continue
		}
		closest := func(others []row) (best Duplicate) {
			for j := range others {
				o := &others[j]
				if o.petition.Project != r.petition.Project {
					continue
				}
				d := Duplicate{Row: r.n, Other: o.n, Issue: o.issue, Title: o.petition.Title, Alike: likeness(r.pairs, o.pairs)}
				if r.plain == o.plain {
					d.Alike, d.Exact = 100, sameParts(&r.petition, &o.petition)
				}
				if d.Alike >= alike*100 && (d.Exact && !best.Exact || d.Exact == best.Exact && d.Alike > best.Alike) {
					best = d
				}
			}
			return best
		}
		if d := closest(rows[:k]); d.Row != 0 {
			d.Issue = ""
			out = append(out, d)
		}
		if d := closest(open[r.petition.Project]); d.Row != 0 {
			out = append(out, d)
		}
	}
	return out, nil
}

// open lists the issues of a project that have not ended: those that the actor may
// see, and the drafts that the actor's unit entered.
func (s *Service) open(ctx context.Context, project roster.ProjectID, actor approval.Actor) (out []row, err error) {
	for _, drafts := range []bool{true, false} {
		page := approval.Page{Limit: 200}
		for looked := 0; looked < mostCompared; {
			issues, next, err := s.issues.Store().Issues(ctx, approval.IssueQuery{Project: project, Drafts: drafts}, page)
			if err != nil {
				return nil, fmt.Errorf("list the issues of %s: %w", project, err)
			}
			for _, i := range issues {
				seen := s.issues.Rules().Visible(&i, actor) || i.RaisedBy.Role == actor.Role && i.RaisedBy.Unit == actor.Unit
				if !i.Status.Ended() && seen {
					r := row{issue: i.ID, plain: plain(i.Title), petition: approval.Petition{Project: i.Project, Title: i.Title, Items: i.Items, Parties: i.Parties}}
					r.pairs = pairs(r.plain)
					out = append(out, r)
				}
			}
			looked += len(issues)
			if page.Cursor = next; next == "" {
				break
			}
		}
	}
	return out, nil
}
