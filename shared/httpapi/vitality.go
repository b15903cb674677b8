package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/sheet"
	"lianban/shared/vitality"
)

// Vitality is what the vitality index of a branch in a half-year 活力指数 comes to.
type Vitality struct {
	Branch Ref           `json:"branch"`
	Period string        `json:"period" example:"2026-H1"`
	Name   Name          `json:"name" doc:"Of the period."`
	AsOf   calendar.Date `json:"asOf" format:"date" doc:"The day on which the facts were read."`
	Cases  int           `json:"cases" doc:"How many facts are counted."`
	Basis  int           `json:"basis" doc:"What the indicators with cases weigh, of 100."`
	Rated  bool          `json:"rated" doc:"Whether there are enough cases for a rating: at least 10, in indicators that weigh at least 50 of 100."`
	Points string        `json:"points,omitempty" doc:"Of 100; absent while not rated." example:"66.52"`
	Stars  int           `json:"stars,omitempty" doc:"One to five; absent while not rated."`
	Says   Name          `json:"says"`
}

// VitalityIndex is an index with all that it counts.
type VitalityIndex struct {
	Vitality
	Indicators  []VitalityIndicator `json:"indicators"`
	Levels      []VitalityLevel     `json:"levels"`
	Rules       Name                `json:"rules"`
	Issues      int                 `json:"issues" doc:"How many issues were read 数据版本."`
	DataVersion int64               `json:"dataVersion" doc:"The sum of their versions, which rises with every commit to one of them."`
}

// VitalityIndicator is an indicator: what it counts, what it weighs and what it comes to.
type VitalityIndicator struct {
	Code    string         `json:"code"`
	Name    Name           `json:"name"`
	Counted Name           `json:"counted" doc:"What a case is."`
	MetWhen Name           `json:"metWhen" doc:"When a case is met."`
	Weight  int            `json:"weight" doc:"Of 100."`
	Source  string         `json:"source" doc:"Of weight and days; assumed 拟定: no source states them."`
	Full    string         `json:"full" doc:"Points that all met give: the weight, and its share of that of the indicators without cases."`
	Cases   int            `json:"cases"`
	Met     int            `json:"met"`
	Points  string         `json:"points,omitempty" doc:"Absent while the index is not rated, and without a case."`
	Facts   []VitalityFact `json:"facts"`
}

// VitalityFact is a case that an indicator counts.
type VitalityFact struct {
	Issue   string `json:"issue"`
	Title   string `json:"title"`
	SignOff int    `json:"signOff,omitempty" doc:"Absent where the case is the issue."`
	Met     bool   `json:"met"`
}

// VitalityLevel is from how many points an index has its stars.
type VitalityLevel struct {
	Stars  int    `json:"stars"`
	From   int    `json:"from"`
	Source string `json:"source"`
}

type (
	vitalitiesIn struct {
		PageIn
		Period string `query:"period" doc:"A half-year, such as 2026-H1. Empty: the present one."`
	}
	vitalitiesFileIn struct {
		Period string `query:"period" doc:"A half-year, such as 2026-H1. Empty: the present one."`
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
		Lang   string `query:"lang" enum:"zh,en" default:"zh"`
	}
	vitalityIn struct {
		ID     string `path:"id"`
		Period string `query:"period" doc:"A half-year, such as 2026-H1. Empty: the present one."`
	}
	vitalityFileIn struct {
		ID     string `path:"id"`
		Period string `query:"period" doc:"A half-year, such as 2026-H1. Empty: the present one."`
		Lang   string `query:"lang" enum:"zh,en" default:"zh"`
	}
)

func (a *API) vitality() {
	get := func(path, id, summary string, codes ...int) huma.Operation {
		return operation("GET", path, id, summary, "briefings", 200, append(codes, http.StatusForbidden, http.StatusServiceUnavailable)...)
	}
	file := get("/branches/{id}/vitality/workbook", "getVitalityWorkbook", "The vitality index of a branch as a workbook 导出活力指数", http.StatusNotFound)
	file.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}}}}
	all := get("/vitality/table", "exportVitality", "The indexes of all branches that the caller sees as a table 导出活力指数列表")
	all.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{xlsx: {Schema: binary}, "text/csv": {Schema: binary}}}}
	huma.Register(a.huma, all, a.exportVitality)
	huma.Register(a.huma, get("/vitality", "listVitality", "Vitality indexes of the branches that the caller sees, by branch and not by rank 活力指数"), a.listVitality)
	huma.Register(a.huma, get("/branches/{id}/vitality", "getVitality", "The vitality index of a branch, with every fact that it counts 支部活力指数", http.StatusNotFound), a.getVitality)
	huma.Register(a.huma, file, a.getVitalityWorkbook)
}

func (v view) vitality(i *briefing.Vitality) Vitality {
	out := Vitality{
		Branch: *v.unit(string(i.Branch)), Period: i.Period.Code, Name: Name(i.Name()), AsOf: i.AsOf,
		Cases: i.Cases, Basis: i.Basis, Rated: i.Rated(), Stars: i.Stars, Says: Name(briefing.Verdict(&i.Index)),
	}
	if i.Rated() {
		out.Points = i.Points.String()
	}
	return out
}

func (v view) vitalityIndex(i *briefing.Vitality) VitalityIndex {
	out := VitalityIndex{Vitality: v.vitality(i), Indicators: []VitalityIndicator{}, Rules: Name(briefing.VitalityRules()), Issues: i.Read.Issues, DataVersion: i.Read.Versions}
	for k := range i.Scores {
		s := &i.Scores[k]
		of := VitalityIndicator{
			Code: string(s.Code), Name: Name(s.Name), Counted: Name(s.Of), MetWhen: Name(s.Indicator.Met), Weight: s.Weight, Source: s.Source, Full: s.Full.String(), Cases: len(s.Cases), Met: s.Met,
			Facts: list(s.Cases, func(c vitality.Case) VitalityFact {
				return VitalityFact{string(c.Issue), i.Titles[c.Issue], c.SignOff, c.Met}
			}),
		}
		if i.Rated() && len(s.Cases) > 0 {
			of.Points = s.Points.String()
		}
		out.Indicators = append(out.Indicators, of)
	}
	out.Levels = list(vitality.Published.Levels, func(l vitality.Level) VitalityLevel { return VitalityLevel(l) })
	return out
}

func (s *server) listVitality(ctx context.Context, in *vitalitiesIn) (*PageOut[Vitality], error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	v := s.view(c)
	return stored(s, c, fmt.Sprintf("vitality?%q", in.Period), in.PageIn, func(page approval.Page) ([]briefing.Vitality, approval.Cursor, error) {
		return k.Vitalities(ctx, in.Period, c.actor, page)
	}, func(i briefing.Vitality) Vitality { return v.vitality(&i) })
}

func (s *server) getVitality(ctx context.Context, in *vitalityIn) (*one[VitalityIndex], error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	got, err := k.Vitality(ctx, roster.BranchID(in.ID), in.Period, c.actor)
	if err != nil {
		return nil, err
	}
	return &one[VitalityIndex]{s.view(c).vitalityIndex(&got)}, nil
}

func (s *server) getVitalityWorkbook(ctx context.Context, in *vitalityFileIn) (*huma.StreamResponse, error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	got, err := k.Vitality(ctx, roster.BranchID(in.ID), in.Period, c.actor)
	if err != nil {
		return nil, err
	}
	content, err := got.Workbook(s.view(c).Roster, in.Lang)
	if err != nil {
		return nil, err
	}
	return handedOut("vitality-"+in.ID+"-"+got.Period.Code+".xlsx", xlsx, content), nil
}

func (s *server) exportVitality(ctx context.Context, in *vitalitiesFileIn) (*huma.StreamResponse, error) {
	k, err := s.drawn()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	got, _, err := k.Vitalities(ctx, in.Period, c.actor, approval.Page{})
	if err != nil {
		return nil, err
	}
	table, name := briefing.VitalityTable(got, s.view(c).Roster, in.Lang), "vitality"
	if len(got) > 0 {
		name += "-" + got[0].Period.Code
	}
	var file bytes.Buffer
	if in.Format == "csv" {
		if err := sheet.WriteCSV(&file, table); err != nil {
			return nil, err
		}
		return handedOut(name+".csv", "text/csv; charset=utf-8", file.Bytes()), nil
	}
	if err := sheet.WriteXLSX(&file, table); err != nil {
		return nil, err
	}
	return handedOut(name+".xlsx", xlsx, file.Bytes()), nil
}
