package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/intake"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// ImportIssues is a table of issues 梳理问题 to be made drafts of.
type ImportIssues struct {
	Table      string         `json:"table" doc:"CSV in UTF-8, with a heading of 项目, 标题, 说明, 事项编号, 承诺事项, 协调事项, 参与部门; the first two are needed. At most 500 rows."`
	Duplicates []DecideDouble `json:"duplicates,omitempty" doc:"What shall become of rows that have duplicates."`
}

// DecideDouble is what shall become of a row that has a duplicate.
type DecideDouble struct {
	Row    int    `json:"row"`
	Choice string `json:"choice" enum:"skip,keep" doc:"跳过 or 保留."`
}

// ImportedIssues is what became of a table.
type ImportedIssues struct {
	Outcome    string        `json:"outcome" enum:"faults,undecided,checked,unfinished,finished" doc:"faults: something is wrong, nothing was made. undecided: duplicates wait for a choice, nothing was made. checked: it could be imported; this was a dry run. unfinished: send the same request again, under a new key, to go on. finished: each row is a draft or was skipped."`
	Advice     Name          `json:"advice" doc:"What to do next."`
	Faults     []RowFault    `json:"faults"`
	Duplicates []DoubleIssue `json:"duplicates" doc:"Likely and exact duplicates, among the rows and with the project's issues that have not ended."`
	Rows       []RowResult   `json:"rows"`
	Left       int           `json:"left" doc:"Drafts still to be made."`
}

// RowFault is one thing wrong with a table.
type RowFault struct {
	Row    int    `json:"row" doc:"As a spreadsheet counts, the heading being the first."`
	Column string `json:"column,omitempty"`
	Detail Name   `json:"detail"`
}

// DoubleIssue says that a row asks for what another row or an issue asks for.
type DoubleIssue struct {
	Row    int    `json:"row"`
	Other  int    `json:"otherRow,omitempty"`
	Issue  string `json:"issue,omitempty"`
	Title  string `json:"title" doc:"Of the other."`
	Exact  bool   `json:"exact" doc:"The same project, title, items and parties; otherwise the titles are alike."`
	Alike  int    `json:"alike" doc:"How alike the titles are, in percent. From 70 it is listed 拟定."`
	Choice string `json:"choice,omitempty" doc:"What was decided."`
}

// RowResult is what became of a row.
type RowResult struct {
	Row     int    `json:"row"`
	Project Ref    `json:"project"`
	Title   string `json:"title"`
	Issue   string `json:"issue,omitempty" doc:"Its draft, in the project's branch."`
	Skipped bool   `json:"skipped"`
}

type (
	importIn struct {
		Key
		Dry  bool `query:"dry" doc:"Only say what is wrong with the table, and which rows have duplicates."`
		Body ImportIssues
	}
	importOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when all its drafts had been made before."`
		Body     ImportedIssues
	}
	issueTemplateIn struct {
		Lang string `query:"lang" enum:"zh,en" default:"zh"`
	}
)

func (a *API) imports() {
	file := operation("GET", "/imports/issues/template", "getIssuesTemplate", "The table of issues to fill in, with what may stand in it 问题导入模板", "issues", 200, http.StatusForbidden)
	file.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}}}}
	huma.Register(a.huma, file, a.getIssuesTemplate)
	huma.Register(a.huma, change("/imports/issues", "importIssues", "Make drafts of a table of issues, all or nothing 批量导入问题", "issues", 200), a.importIssues)
}

// Outcomes of an import of issues.
const (
	ImportFaults     = "faults"     // something is wrong; nothing was made
	ImportUndecided  = "undecided"  // duplicates wait for a choice; nothing was made
	ImportChecked    = "checked"    // it could be imported; nothing was made
	ImportUnfinished = "unfinished" // the same again goes on
	ImportFinished   = "finished"
)

// advice is what to do next, by outcome.
var advice = map[string]Name{
	"faults":     {"请按所列行、列改正后重新导入；本次没有导入任何一行。", "Correct the rows and columns listed and import the table again; nothing was made of it."},
	"undecided":  {"请对疑似重复的每一行选择跳过或保留后重新提交；本次没有导入任何一行。", "Choose skip or keep for each row with a duplicate and submit it again; nothing was made of it."},
	"checked":    {"检查通过，可以正式导入；试运行没有导入任何一行。", "It can be imported; this was a dry run, and nothing was made of it."},
	"unfinished": {"尚未导完，请用新的幂等键原样重新提交，系统从中断处继续，不会重复。", "It is not finished: submit the same again under a new key; it goes on where it ended, and nothing is made twice."},
	"finished":   {"全部导入为草稿，由各项目支部书记核对后提出。提交中断的，原样重新提交即可，不会重复。", "All are drafts now; the secretary of each project's branch checks and raises them. If a submission breaks off, submit the same again; nothing is made twice."},
}

// ImportAdvice says what to do next after an outcome.
func ImportAdvice(outcome string) roster.Name { return roster.Name(advice[outcome]) }

// ImportOutcome is what came of an import.
func ImportOutcome(dry bool, got *intake.Imported) string {
	switch {
	case len(got.Faults) > 0:
		return ImportFaults
	case got.Undecided > 0:
		return ImportUndecided
	case dry:
		return ImportChecked
	case got.Left > 0:
		return ImportUnfinished
	}
	return ImportFinished
}

func (s *server) importIssues(ctx context.Context, in *importIn) (*importOut, error) {
	c := callOf(ctx)
	ask := intake.Import{Table: in.Body.Table, Choices: map[int]intake.Choice{}, Dry: in.Dry}
	for _, d := range in.Body.Duplicates {
		ask.Choices[d.Row] = intake.Choice(d.Choice)
	}
	got, err := s.intake.Import(ctx, ask, c.actor)
	if err != nil {
		return nil, err
	}
	v := s.view(c)
	out := &importOut{Body: ImportedIssues{
		Outcome: ImportOutcome(in.Dry, &got), Left: got.Left,
		Faults: list(got.Faults, func(f intake.RowFault) RowFault { return RowFault{f.Row, f.Column, Name(f.Text)} }),
		Duplicates: list(got.Duplicates, func(d intake.Duplicate) DoubleIssue {
			return DoubleIssue{d.Row, d.Other, string(d.Issue), d.Title, d.Exact, d.Alike, string(d.Choice)}
		}),
		Rows: list(got.Rows, func(r intake.RowResult) RowResult {
			return RowResult{r.Row, v.project(r.Project), r.Title, string(r.Issue), r.Skipped}
		}),
	}}
	out.Body.Advice = advice[out.Body.Outcome]
	if got.Repeated() {
		out.Replayed = "true"
	}
	return out, nil
}

// getIssuesTemplate answers an empty table, and on a second sheet what may stand in its columns.
func (s *server) getIssuesTemplate(ctx context.Context, in *issueTemplateIn) (*huma.StreamResponse, error) {
	c := callOf(ctx)
	if c.actor.Role != roster.Secretary && c.actor.Role != roster.Bureau {
		return nil, approval.Refuse(approval.Forbidden, "", "批量导入由临时党支部书记或重点项目局办理。", "Tables are imported by the secretary of a branch or by the bureau.")
	}
	say := func(zh, en string) string { return approval.Text{ZH: zh, EN: en}.In(in.Lang) }
	columns, rules := intake.Columns(), s.service.Rules()
	empty := sheet.Table{
		Name: say("问题", "Issues"), Heading: columns, Rows: slices.Values([][]any{}), Wide: []float64{30, 40, 60, 16, 16, 16, 40},
	}
	var lines [][]any
	add := func(column, value, name string) { lines = append(lines, []any{column, value, name}) }
	for _, p := range rules.Roster.Projects() {
		if intake.Registers(rules.Roster, c.actor, p.ID) {
			add(columns[0], p.NameZH, string(p.ID))
		}
	}
	for _, i := range rules.Catalog.Items() {
		add(columns[3], fmt.Sprint(i.No), say(i.NameZH, i.NameEN))
	}
	for _, m := range rules.Catalog.Matters() {
		add(columns[5], m.NameZH, string(m.Code))
	}
	for _, d := range rules.Roster.Departments() {
		add(columns[6], d.NameZH, string(d.ID))
	}
	values := sheet.Table{Name: say("可填值", "Values"), Heading: []string{say("列", "Column"), say("可填", "Value"), say("说明", "Meaning")}, Wide: []float64{16, 40, 60}, Rows: slices.Values(lines), Notes: []string{
		say("第一张表一行一个问题，最多500行；项目、标题必填。", "The first sheet has an issue a row, 500 at most; project and title are needed."),
		say("事项编号、承诺事项填数字，多个用“；”分隔；承诺事项须在事项编号之内。", "Item numbers and those asked for on commitment are numbers, with ； between them; the latter are among the former."),
		say("协调事项与参与部门一并填写；参与部门写全称，多个用“；”分隔。", "A coordination matter goes with its departments, by their full names, with ； between them."),
	}}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, empty, values); err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return handedOut(say("问题导入模板", "issues")+".xlsx", xlsx, file.Bytes()), nil
}
