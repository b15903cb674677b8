package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/measure"
	"lianban/shared/measure/export"
	"lianban/shared/saving"
)

// Figures say how long sign-offs took, whether on time, and what was saved 用时统计, of the
// months asked for and the caller's area. Days are working days.
type Figures struct {
	Query       measure.Query   `json:"query"`
	Version     measure.Version `json:"version"`
	Whole       measure.Row     `json:"whole"`
	Departments []measure.Row   `json:"departments" doc:"Empty for a lead. Groups of fewer than five cases are hidden, and with a single such group one more."`
	Subjects    []measure.Row   `json:"subjects"`
	Districts   []measure.Row   `json:"districts" doc:"Empty for a lead."`
	Raised      []measure.Row   `json:"raised" doc:"By the month raised; the latest have most open."`
	Net         saving.Curve    `json:"netCurve" doc:"Share still open after so many days (Kaplan-Meier)."`
	Saved       *measure.Saved  `json:"saved,omitempty" doc:"Absent for a lead: issues as a whole are no single department's."`
}

// Bottlenecks say where the time went 堵点分析, of issues that ended in the months asked for.
type Bottlenecks struct {
	Query       measure.Query        `json:"query"`
	Version     measure.Version      `json:"version"`
	Critical    []measure.Bottleneck `json:"critical" doc:"The most often critical first."`
	Departments []measure.Row        `json:"departments"`
	Variants    []measure.Variant    `json:"variants" doc:"Ways taken by granted issues, the most frequent first."`
	Chart       saving.Chart         `json:"chart" doc:"Mean span by month, with natural process limits."`
}

type (
	// OfMonths asks for figures of months; without them, the last twelve.
	OfMonths struct {
		From     string `query:"from" doc:"The first month." example:"2026-01"`
		To       string `query:"to" doc:"The last month." example:"2026-06"`
		BaseFrom string `query:"baseFrom" doc:"The first month of reference, with which a saving is compared 对照期."`
		BaseTo   string `query:"baseTo" doc:"The last month of reference."`
		Heirs    bool   `query:"heirs" doc:"Count for its successor what a department did that was merged, split or renamed since."`
	}
	figureTableIn struct {
		OfMonths
		Table  string `path:"table" enum:"all,whole,department,subject,district,raised,saved,bottlenecks,variants,chart" doc:"all: a workbook with every table; XLSX only."`
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		Lang   string `query:"lang" enum:"zh,en" default:"zh"`
	}
)

func (a *API) figuresRoutes() {
	if a.figures == nil {
		return
	}
	get := func(path, id, summary string) huma.Operation {
		return operation("GET", path, id, summary, "oversight", 200, http.StatusForbidden)
	}
	huma.Register(a.huma, get("/figures", "getFigures", "How long sign-offs took, whether on time, and what was saved 用时统计"), a.getFigures)
	huma.Register(a.huma, get("/bottlenecks", "getBottlenecks", "Where the time went 堵点分析"), a.getBottlenecks)
	file := get("/figures/tables/{table}", "getFigureTable", "A table of the two as a file 导出统计表")
	file.Errors = append(file.Errors, http.StatusNotFound)
	file.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}, "text/csv": {Schema: binary}}}}
	huma.Register(a.huma, file, a.getFigureTable)
}

// measured reads the figures that the caller may see.
func (s *server) measured(ctx context.Context, in OfMonths) (*measure.Data, error) {
	q, err := s.figures.Query(callOf(ctx).actor, measure.Ask{
		From: measure.Month(in.From), To: measure.Month(in.To), BaseFrom: measure.Month(in.BaseFrom), BaseTo: measure.Month(in.BaseTo), Heirs: in.Heirs,
	})
	if err != nil {
		return nil, err
	}
	return s.figures.Recent(ctx, q)
}

func (s *server) getFigures(ctx context.Context, in *OfMonths) (*one[Figures], error) {
	d, err := s.measured(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := Figures{
		Query: d.Query, Version: d.Version, Whole: d.Rows(measure.ByAll)[0], Departments: []measure.Row{}, Subjects: d.Rows(measure.BySubject),
		Districts: []measure.Row{}, Raised: d.Rows(measure.ByRaised), Net: d.Curve(measure.NetDays),
	}
	if d.Query.Department == "" {
		out.Departments, out.Districts = d.Rows(measure.ByDepartment), d.Rows(measure.ByDistrict)
		saved, err := d.Saved()
		if err != nil {
			return nil, err
		}
		out.Saved = &saved
	}
	return &one[Figures]{out}, nil
}

func (s *server) getBottlenecks(ctx context.Context, in *OfMonths) (*one[Bottlenecks], error) {
	if err := measure.SeesAll(callOf(ctx).actor); err != nil {
		return nil, err
	}
	d, err := s.measured(ctx, *in)
	if err != nil {
		return nil, err
	}
	return &one[Bottlenecks]{Bottlenecks{d.Query, d.Version, d.Bottlenecks(), d.Rows(measure.ByDepartment), d.Variants(), d.Chart()}}, nil
}

func (s *server) getFigureTable(ctx context.Context, in *figureTableIn) (*huma.StreamResponse, error) {
	d, err := s.measured(ctx, in.OfMonths)
	if err != nil {
		return nil, err
	}
	name, kind, content, err := export.File(s.service.Rules(), d, in.Table, in.Format, in.Lang)
	if err != nil {
		return nil, err
	}
	return handedOut(name, kind, content), nil
}
