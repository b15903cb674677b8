package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/archive"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/saving"
	"lianban/shared/sheet"
)

// ArchiveVersion is a register of past approvals as entered.
type ArchiveVersion struct {
	N      int           `json:"n"`
	Source string        `json:"source" doc:"Whose register."`
	AsOf   calendar.Date `json:"asOf" format:"date" doc:"The day on which it was drawn."`
	File   string        `json:"file,omitempty"`
	Digest string        `json:"digest" doc:"SHA-256 of the file."`
	Rows   int           `json:"rows"`
	Odd    int           `json:"odd" doc:"What is unusual in it and was confirmed to be right."`
	By     Actor         `json:"by"`
	At     time.Time     `json:"at"`
	Items  []ArchiveItem `json:"items"`
}

// ArchiveItem is how long an item took.
type ArchiveItem struct {
	Item    ItemRef       `json:"item"`
	From    calendar.Date `json:"from" format:"date"`
	To      calendar.Date `json:"to" format:"date"`
	Summary CaseSummary   `json:"summary" doc:"Working days from acceptance to the answer, stops taken out."`
}

// CaseSummary is what is said of a set of cases in one line.
type CaseSummary saving.Summary

// ImportArchive is a file with past approvals.
type ImportArchive struct {
	File   []byte        `json:"file" contentEncoding:"base64" doc:"XLSX, or CSV in UTF-8 or GB18030, in base64: the template filled in."`
	Name   string        `json:"name,omitempty" doc:"The file's name, for the record."`
	Source string        `json:"source" doc:"Whose register it is, as shown beside every figure that rests on it."`
	AsOf   calendar.Date `json:"asOf" format:"date" doc:"Up to which day it is complete; what is open has lasted until then."`
	Sure   bool          `json:"sure,omitempty" doc:"What is listed as unusual has been looked at and is right."`
}

// ImportedArchive is what became of the file.
type ImportedArchive struct {
	Outcome string          `json:"outcome" enum:"faults,odd,checked,unchanged,entered" doc:"faults: something cannot be right, nothing was entered. odd: something is unusual; look at it and submit with sure. checked: it could be entered; this was a dry run. unchanged: this register stands already. entered: it is a version now."`
	Advice  Name            `json:"advice"`
	Faults  []ArchiveFault  `json:"faults"`
	More    int             `json:"moreFaults" doc:"Faults beyond those listed."`
	Rows    int             `json:"rows"`
	Items   []ArchiveItem   `json:"items"`
	Version *ArchiveVersion `json:"version,omitempty"`
}

// ArchiveFault is one thing that is wrong with a file, or unusual.
type ArchiveFault struct {
	FileFault
	Refused bool `json:"refused" doc:"It cannot be right. Otherwise it is unusual."`
}

type (
	archiveIn struct {
		N int `path:"n" minimum:"1"`
	}
	archiveRowsIn struct {
		N      int    `path:"n" minimum:"1"`
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}
	importArchiveIn struct {
		Key
		Dry  bool `query:"dry" doc:"Only say what is wrong with the file."`
		Body ImportArchive
	}
	importArchiveOut struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     ImportedArchive
	}
)

func (a *API) archives() {
	if a.archive == nil {
		return
	}
	get := func(path, id, summary string) huma.Operation {
		return operation("GET", "/archives"+path, id, summary, "oversight", 200, http.StatusForbidden, http.StatusNotFound)
	}
	file := func(op huma.Operation) huma.Operation {
		op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}, "text/csv": {Schema: binary}}}}
		return op
	}
	huma.Register(a.huma, get("", "listArchives", "Registers of past approvals, the one in force first 历史审批台账"), a.listArchives)
	huma.Register(a.huma, file(get("/template", "getArchiveTemplate", "The workbook to fill in 下载模板")), a.getArchiveTemplate)
	huma.Register(a.huma, get("/{n}", "getArchive", "A version, item by item 台账版本"), a.getArchive)
	huma.Register(a.huma, file(get("/{n}/rows", "getArchiveRows", "The rows of a version as a file 导出台账")), a.getArchiveRows)
	huma.Register(a.huma, change("/archives", "importArchive", "Enter a register of past approvals, all or nothing 录入历史审批台账", "oversight", 200), a.importArchive)
}

func (v view) archiveItems(items []saving.PastItem) []ArchiveItem {
	return list(items, func(i saving.PastItem) ArchiveItem {
		n, _ := strconv.Atoi(i.Item)
		return ArchiveItem{v.item(catalog.ItemNo(n)), i.From, i.To, CaseSummary(i.Summary)}
	})
}

func (v view) archive(a *archive.Version) *ArchiveVersion {
	if a == nil {
		return nil
	}
	return &ArchiveVersion{a.N, a.Source, a.AsOf, a.File, a.Digest, a.Rows, a.Odd, v.by(a.By), a.At, v.archiveItems(a.Items)}
}

func (s *server) listArchives(ctx context.Context, _ *struct{}) (*one[[]ArchiveVersion], error) {
	c := callOf(ctx)
	if err := archive.Reads(c.actor); err != nil {
		return nil, err
	}
	versions, err := s.archive.Versions(ctx)
	if err != nil {
		return nil, err
	}
	v := s.view(c)
	return &one[[]ArchiveVersion]{list(versions, func(a archive.Version) ArchiveVersion { return *v.archive(&a) })}, nil
}

// version is the version that is asked for.
func (s *server) version(ctx context.Context, n int) (archive.Version, error) {
	if err := archive.Reads(callOf(ctx).actor); err != nil {
		return archive.Version{}, err
	}
	return s.archive.Version(ctx, n)
}

func (s *server) getArchive(ctx context.Context, in *archiveIn) (*one[ArchiveVersion], error) {
	version, err := s.version(ctx, in.N)
	if err != nil {
		return nil, err
	}
	return &one[ArchiveVersion]{*s.view(callOf(ctx)).archive(&version)}, nil
}

func (s *server) getArchiveTemplate(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	if err := archive.Reads(callOf(ctx).actor); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, archive.Template()...); err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return handedOut("历史审批台账模板.xlsx", xlsx, file.Bytes()), nil
}

func (s *server) getArchiveRows(ctx context.Context, in *archiveRowsIn) (*huma.StreamResponse, error) {
	version, err := s.version(ctx, in.N)
	if err != nil {
		return nil, err
	}
	rows, err := s.archive.Rows(ctx, &version)
	if err != nil {
		return nil, err
	}
	tables := version.Tables(rows)
	kind, write := xlsx, func(w io.Writer) error { return sheet.WriteXLSX(w, tables...) }
	if in.Format == "csv" {
		kind, write = "text/csv; charset=utf-8", func(w io.Writer) error { return sheet.WriteCSV(w, tables[0]) }
	}
	var file bytes.Buffer
	if err := write(&file); err != nil {
		return nil, fmt.Errorf("write register %d: %w", version.N, err)
	}
	return handedOut(fmt.Sprintf("历史审批台账-第%d版.%s", version.N, in.Format), kind, file.Bytes()), nil
}

// archiveAdvice is what to do next, by outcome.
var archiveAdvice = map[string]Name{
	"faults":    {"请按所列行、列改正后重新录入；本次没有录入任何一行。", "Correct the rows and columns listed and enter the file again; nothing of it was entered."},
	"odd":       {"请核对所列各行；属实的，确认后重新提交，照常计入。本次没有录入任何一行。", "Look at the rows listed; if they are right, submit it again as sure, and they count like any other. Nothing was entered."},
	"checked":   {"检查通过，可以正式录入；试运行没有录入任何一行。", "It can be entered; this was a dry run, and nothing was entered."},
	"unchanged": {"与现行版本相同，没有改动。", "It is the version in force already; nothing was changed."},
	"entered":   {"已录入为新版本；此后的历史基线以此版本为准，以前各版本保留备查。", "It is a version now, on which the historical baseline rests from here on; earlier versions are kept."},
}

func (s *server) importArchive(ctx context.Context, in *importArchiveIn) (*importArchiveOut, error) {
	call, err := callOf(ctx).as("")
	if err != nil {
		return nil, err
	}
	got, err := s.archive.Import(ctx, archive.File{Name: in.Body.Name, Data: in.Body.File, Source: in.Body.Source, AsOf: in.Body.AsOf, Dry: in.Dry, Sure: in.Body.Sure}, call)
	if err != nil {
		return nil, err
	}
	v := s.view(callOf(ctx))
	out := &importArchiveOut{Body: ImportedArchive{
		Outcome: got.State(), Advice: archiveAdvice[got.State()], More: got.More, Rows: got.Rows, Items: v.archiveItems(got.Items), Version: v.archive(got.Version),
		Faults: list(got.Faults, func(f archive.Fault) ArchiveFault {
			return ArchiveFault{FileFault{f.Sheet, f.Row, f.Column, Name(f.Words)}, f.Refused}
		}),
	}}
	if got.Repeated {
		out.Replayed = "true"
	}
	return out, nil
}
