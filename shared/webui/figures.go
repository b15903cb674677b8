package webui

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"lianban/shared/measure"
	"lianban/shared/measure/export"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// figuresRoutes is the page of how long things take, who is on time and what was saved.
func (s *server) figuresRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Figures != nil {
		page("GET /figures", signedIn((*visit).figures))
	}
}

type figuresPage struct {
	frame
	From, To, BaseFrom, BaseTo []choice // months
	Wrong                      string
	Own                        bool // of one department alone, for its lead
	Heirs                      bool
	Headline                   string
	Baselines                  []baselineView
	Basis                      string
	Attribution, Matched, Span string
	All                        timeGroup
	Groups                     []timeGroup
	Exports                    []exportLink
	Version, Digest            string
}

type timeGroup struct {
	ID, Title, Name, Hint, Hidden string
	Ranked                        bool
	Rows                          []timeRow
}

type timeRow struct {
	Rank                                                                       int
	Name, OnTime, OnTimeOf, Tolerated, Net, Gross, Pledged, First, Supplements string
	rate                                                                       float64
}

func (v *visit) figures() error {
	q, wrong, err := v.figuresAsked()
	if err != nil {
		return err
	}
	p := figuresPage{frame: v.frame(v.t("figures.title")), Own: q.Department != "", Wrong: wrong, Heirs: q.Heirs}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	months := measure.Recorded(v.today)
	p.From, p.To = v.monthChoices(months, string(q.From)), v.monthChoices(months, string(q.To))
	unset := choice{Text: v.t("bottlenecks.month.none"), On: q.BaseFrom == ""}
	p.BaseFrom, p.BaseTo = append([]choice{unset}, v.monthChoices(months, string(q.BaseFrom))...), append([]choice{unset}, v.monthChoices(months, string(q.BaseTo))...)
	data, err := v.Figures.Recent(v.ctx(), q)
	if err != nil {
		return err
	}
	if err := v.fillFigures(&p, data); err != nil {
		return err
	}
	return v.render(status, "figures.html", p)
}

func (v *visit) fillFigures(p *figuresPage, data *measure.Data) error {
	p.All = timeGroup{Title: v.t("figures.whole"), Name: v.t("figures.scope"), Rows: v.timeRows(data, measure.ByAll, func(string) string { return v.t("figures.all") })}
	group := func(id string, by measure.By, name func(string) string, ranked bool) {
		g := timeGroup{ID: id, Title: v.t("figures.by." + id), Name: v.t("figures.name." + id), Hint: v.t("figures.hint." + id), Ranked: ranked, Rows: v.timeRows(data, by, name)}
		if ranked {
			g.rank()
		}
		if hidden := data.Hidden(by); hidden > 0 {
			g.Hidden = v.t("figures.hidden", hidden, measure.SmallN)
		}
		p.Groups = append(p.Groups, g)
	}
	if !p.Own {
		group("department", measure.ByDepartment, func(key string) string { return v.department(roster.DepartmentID(key)) }, true)
	}
	group("subject", measure.BySubject, func(key string) string { return v.figureSubject(measure.Subject(key)) }, false)
	if !p.Own {
		group("district", measure.ByDistrict, func(key string) string { return v.district(roster.DistrictCode(key)) }, true)
	}
	group("raised", measure.ByRaised, func(key string) string { return key }, false)
	p.Version, p.Digest = v.t("bottlenecks.version", v.moment(data.Version.FoldedTo)), data.Version.Digest
	if p.Own { // issues as a whole are no single department's
		p.Exports = v.figureExports(data.Query, "whole", "subject", "raised")
		return nil
	}
	all := v.figureExports(data.Query, "all")[0]
	p.Exports = append([]exportLink{{Name: v.t("invest.table.all"), XLSX: all.XLSX}}, v.figureExports(data.Query, export.Tables()...)...)
	saved, err := data.Saved()
	if err != nil {
		return err
	}
	v.fillSaved(p, data, &saved)
	return nil
}

// rank orders by the on-time rate and numbers those that have enough cases; equal rates share
// a rank.
func (g *timeGroup) rank() {
	slices.SortStableFunc(g.Rows, func(a, b timeRow) int { return cmp.Compare(b.rate, a.rate) })
	for k := range g.Rows {
		switch r := &g.Rows[k]; {
		case r.rate < 0:
		case k > 0 && g.Rows[k-1].rate == r.rate:
			r.Rank = g.Rows[k-1].Rank
		default:
			r.Rank = k + 1
		}
	}
}

func (v *visit) timeRows(data *measure.Data, by measure.By, name func(string) string) (rows []timeRow) {
	for _, r := range data.Rows(by) {
		if r.Hidden {
			continue
		}
		row := timeRow{
			Name: name(r.Key), OnTime: percent(r.OnTime), OnTimeOf: strconv.Itoa(r.OnTime.Count) + "／" + strconv.Itoa(r.OnTime.Of), Tolerated: strconv.Itoa(r.Tolerated), Net: v.summary(r.Net), Gross: v.summary(r.Gross),
			First: percent(r.FirstPass), Supplements: percent(r.Supplements), rate: -1,
		}
		if r.Pledged.N > 0 {
			row.Pledged = v.summary(r.Pledged)
		}
		if r.OnTime.Share != nil && !r.OnTime.Insufficient {
			row.rate = *r.OnTime.Share
		}
		if by == measure.ByRaised {
			row.First, row.Supplements = "", ""
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *visit) fillSaved(p *figuresPage, data *measure.Data, s *measure.Saved) {
	amount := func(d saving.WorkingDays) string { return fmt.Sprintf("%.1f", float64(d)) }
	for _, a := range s.Against {
		line := baselineView{Name: v.t("baseline." + string(a.Kind)), Days: v.t("figures.days", amount(a.Days))}
		switch {
		case !a.Complete():
			line.Days, line.Note = v.t("none"), v.t("figures.incomplete")
		case a.Issues > 0:
			line.Note = v.t("figures.against", amount(a.Span), a.Issues)
		}
		if a.Kind.UpperBound() {
			line.Name += v.t("baseline.upper")
		}
		p.Baselines = append(p.Baselines, line)
	}
	p.Basis = v.t("figures.basis.none")
	switch {
	case data.Version.Archive > 0:
		p.Basis = v.t("figures.basis.archive", data.Version.Archive)
	case data.Query.BaseFrom != "":
		p.Basis = v.t("figures.basis.months", string(data.Query.BaseFrom), string(data.Query.BaseTo))
	}
	p.Headline = v.t("figures.insufficient")
	if h := s.Headline; !h.Insufficient {
		key := "figures.headline"
		if h.Saved < 0 {
			key = "figures.longer"
		}
		p.Headline = v.t(key, v.t("baseline."+string(h.Baseline.Kind)), amount(max(h.Saved, -h.Saved)), h.Baseline.N)
	}
	if a := s.Attribution; a != nil {
		p.Attribution = v.t("figures.attribution", amount(a.Total), amount(a.Parallelism), amount(a.FasterReview), amount(s.HandOff))
	}
	if m := s.Matched; !m.Insufficient {
		p.Matched = v.t("figures.matched", m.Before.N, amount(m.Before.Mean), m.After.N, amount(m.After.Mean), amount(m.Before.Tau), amount(m.Saved), amount(m.Low), amount(m.High))
	}
	p.Span = v.t("figures.span", v.summary(s.Span), s.Span.Open, s.OnCommitment)
}
