package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/intake"
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
)

func (a *API) imports() {
	huma.Register(a.huma, change("/imports/issues", "importIssues", "Make drafts of a table of issues, all or nothing 批量导入问题", "issues", 200), a.importIssues)
}

// advice is what to do next, by outcome.
var advice = map[string]Name{
	"faults":     {"请按所列行、列改正后重新导入；本次没有导入任何一行。", "Correct the rows and columns listed and import the table again; nothing was made of it."},
	"undecided":  {"请对疑似重复的每一行选择跳过或保留后重新提交；本次没有导入任何一行。", "Choose skip or keep for each row with a duplicate and submit it again; nothing was made of it."},
	"checked":    {"检查通过，可以正式导入；试运行没有导入任何一行。", "It can be imported; this was a dry run, and nothing was made of it."},
	"unfinished": {"尚未导完，请用新的幂等键原样重新提交，系统从中断处继续，不会重复。", "It is not finished: submit the same again under a new key; it goes on where it ended, and nothing is made twice."},
	"finished":   {"全部导入为草稿，由各项目支部书记核对后提出。提交中断的，原样重新提交即可，不会重复。", "All are drafts now; the secretary of each project's branch checks and raises them. If a submission breaks off, submit the same again; nothing is made twice."},
}

func outcome(in *importIn, got *intake.Imported) string {
	switch {
	case len(got.Faults) > 0:
		return "faults"
	case got.Undecided > 0:
		return "undecided"
	case in.Dry:
		return "checked"
	case got.Left > 0:
		return "unfinished"
	}
	return "finished"
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
		Outcome: outcome(in, &got), Left: got.Left,
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
