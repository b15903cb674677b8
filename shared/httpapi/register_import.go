package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/calendar"
	"lianban/shared/register"
	"lianban/shared/sheet"
)

// ImportRegister is a table to be proposed as one change set.
type ImportRegister struct {
	File   []byte        `json:"file" contentEncoding:"base64" doc:"XLSX, or CSV in UTF-8 or GB18030, in base64: the template filled in. At most 5000 rows."`
	Title  string        `json:"title"`
	Reason string        `json:"reason"`
	Ground string        `json:"ground,omitempty" doc:"The document that it rests on, with its number 文号."`
	On     calendar.Date `json:"on,omitzero" format:"date" doc:"First day in force; the day of approval when absent or past by then."`
}

// ImportedRegister is what became of a table.
type ImportedRegister struct {
	Outcome   string      `json:"outcome" enum:"faults,checked,unchanged,proposed" doc:"faults: something is wrong, nothing was proposed. checked: it could be proposed; this was a dry run. unchanged: the register has all of it already. proposed: it waits for another administrator, or did before."`
	Advice    Name        `json:"advice"`
	Faults    []FileFault `json:"faults"`
	More      int         `json:"moreFaults" doc:"Faults beyond those listed."`
	Rows      int         `json:"rows" doc:"Rows read."`
	Unchanged int         `json:"unchanged" doc:"Rows that the register has already."`
	Change    *ChangeSet  `json:"change,omitempty" doc:"The change set that says it."`
}

type (
	registerTemplateIn struct {
		Table string `path:"table" enum:"people,items"`
		Lang  string `query:"lang" enum:"zh,en" default:"zh"`
	}
	importRegisterIn struct {
		Key
		Table string `path:"table" enum:"people,items"`
		Dry   bool   `query:"dry" doc:"Only say what is wrong with the file, and how many rows are new."`
		Body  ImportRegister
	}
	importRegisterOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the same had been proposed before, so that nothing was done again."`
		Body     ImportedRegister
	}
)

func (a *API) registerImports() {
	template := operation("GET", "/register/imports/{table}/template", "getRegisterTemplate", "The workbook to fill in, with what the register has 下载模板", "register", 200, http.StatusForbidden)
	template.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}}}}
	huma.Register(a.huma, template, a.getRegisterTemplate)
	huma.Register(a.huma, change("/register/imports/{table}", "importRegister", "Propose a table of people or items as one change set, whole or not at all 导入人员表、审批事项表", "register", 200), a.importRegister)
}

func (s *server) getRegisterTemplate(ctx context.Context, in *registerTemplateIn) (*huma.StreamResponse, error) {
	if err := register.Administers(callOf(ctx).actor); err != nil {
		return nil, err
	}
	table := register.Table(in.Table)
	tables, err := s.register.Template(ctx, table, in.Lang)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, tables...); err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return handedOut(table.Name().ZH+"导入模板.xlsx", xlsx, file.Bytes()), nil
}

// registerAdvice is what to do next, by outcome.
var registerAdvice = map[string]Name{
	"faults":    {"请按所列行、列改正后重新导入；本次没有提出任何变更。", "Correct the rows and columns listed and import the file again; nothing was proposed."},
	"checked":   {"检查通过，可以提出变更；试运行没有提出任何变更。", "It can be proposed; this was a dry run, and nothing was proposed."},
	"unchanged": {"文件内容与登记簿一致，没有需要提出的变更。", "The register has all of it already; there is nothing to propose."},
	"proposed":  {"变更已提出，待另一名系统管理员批准。", "It is proposed and waits for another administrator."},
}

func (s *server) importRegister(ctx context.Context, in *importRegisterIn) (*importRegisterOut, error) {
	call, err := callOf(ctx).as("")
	if err != nil {
		return nil, err
	}
	b := &in.Body
	got, err := s.register.Import(ctx, register.File{
		Table: register.Table(in.Table), Data: b.File, Dry: in.Dry,
		Draft: register.Draft{Title: b.Title, Reason: b.Reason, Ground: b.Ground, On: b.On},
	}, call)
	if err != nil {
		return nil, err
	}
	out := &importRegisterOut{Body: ImportedRegister{
		Outcome: got.State(), More: got.More, Rows: got.Rows, Unchanged: got.Unchanged,
		Faults: list(got.Faults, func(f sheet.Fault) FileFault { return FileFault{f.Sheet, f.Row, f.Column, Name(f.Words)} }),
	}}
	out.Body.Advice = registerAdvice[out.Body.Outcome]
	if got.Change != nil {
		c := s.view(callOf(ctx)).changeSet(*got.Change)
		out.Body.Change = &c
	}
	if got.Repeated {
		out.Replayed = "true"
	}
	return out, nil
}
