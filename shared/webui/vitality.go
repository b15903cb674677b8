package webui

import (
	"net/http"
	"net/url"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/httpapi"
	"lianban/shared/roster"
	"lianban/shared/vitality"
)

// vitalityRow is a branch in the list of indexes.
type vitalityRow struct {
	URL, Branch, Says string
	Cases             int
}

type vitalitiesPage struct {
	frame
	Periods     []link
	Rows        []vitalityRow
	Next, First string
	Exports     []exportLink
	Rules       string
	Indicators  [][]string
	Levels      []string
}

// vitalityScore is an indicator with what it counts.
type vitalityScore struct {
	ID, Name string
	Cells    []string
	Facts    []vitalityFact
}

type vitalityFact struct {
	link
	Met bool
}

type vitalityPage struct {
	frame
	Says, Rules string
	Columns     []string
	Periods     []link
	Scores      []vitalityScore
	Stamp       []fact
	Workbook    string
}

// vitalityRoutes are the pages of the vitality index of branches.
func (s *server) vitalityRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Briefings == nil {
		return
	}
	page("GET /vitality", signedIn((*visit).vitalitiesPage))
	page("GET /vitality/{id}", signedIn((*visit).vitalityPage))
}

// vitalityPerPage is fewer than elsewhere: each index reads all issues of its branch.
const vitalityPerPage = 20

// halfYears are links to the latest half-years of a page.
func (v *visit) halfYears(base, here string) (links []link) {
	for _, p := range v.Briefings.HalfYears() {
		links = append(links, link{Text: v.text((&briefing.Vitality{Period: p}).Name()), URL: base + "?period=" + url.QueryEscape(p.Code), Here: p.Code == here})
	}
	return links
}

func (v *visit) vitalitiesPage() error {
	q := v.r.URL.Query()
	list, next, err := v.Briefings.Vitalities(v.ctx(), q.Get("period"), v.viewer.Actor, approval.Page{Limit: vitalityPerPage, Cursor: approval.Cursor(q.Get("after"))})
	if err != nil {
		return err
	}
	period := q.Get("period")
	if period == "" {
		period = v.Briefings.HalfYears()[0].Code
	}
	p := vitalitiesPage{frame: v.frame(v.t("vitality.title")), Periods: v.halfYears("/vitality", period), Rules: v.text(briefing.VitalityRules())}
	for k := range list {
		i := &list[k]
		p.Rows = append(p.Rows, vitalityRow{vitalityURL(i.Branch, i.Period.Code), v.unit(string(i.Branch)), v.text(briefing.Verdict(&i.Index)), i.Cases})
	}
	table := httpapi.Base + "/vitality/table?period=" + url.QueryEscape(period) + "&lang=" + v.lang + "&format="
	p.Exports = []exportLink{{Name: v.t("vitality.title"), XLSX: table + "xlsx", CSV: table + "csv"}}
	base := "/vitality?period=" + url.QueryEscape(period)
	if next != "" {
		p.Next = base + "&after=" + url.QueryEscape(string(next))
	}
	if q.Get("after") != "" {
		p.First = base
	}
	for _, i := range vitality.Published.Indicators {
		p.Indicators = append(p.Indicators, []string{v.text(i.Name), v.text(i.Of), v.text(i.Met), v.t("vitality.weight", i.Weight)})
	}
	for k, l := range vitality.Published.Levels { // from the most stars down
		if l.From == 0 && k > 0 {
			p.Levels = append(p.Levels, v.t("vitality.level.least", l.Stars, vitality.Published.Levels[k-1].From))
			continue
		}
		p.Levels = append(p.Levels, v.t("vitality.level", l.Stars, l.From))
	}
	return v.render(http.StatusOK, "vitalities.html", p)
}

func vitalityURL(branch roster.BranchID, period string) string {
	return "/vitality/" + url.PathEscape(string(branch)) + "?period=" + url.QueryEscape(period)
}

func (v *visit) vitalityPage() error {
	i, err := v.Briefings.Vitality(v.ctx(), roster.BranchID(v.r.PathValue("id")), v.r.URL.Query().Get("period"), v.viewer.Actor)
	if err != nil {
		return err
	}
	branch := url.PathEscape(string(i.Branch))
	p := vitalityPage{
		frame: v.frame(v.t("vitality.of", v.unit(string(i.Branch)), v.text(i.Name()))), Says: v.text(briefing.Verdict(&i.Index)), Rules: v.text(briefing.VitalityRules()),
		Periods: v.halfYears("/vitality/"+branch, i.Period.Code),
		Stamp: []fact{
			{Name: v.t("vitality.asof"), Text: v.date(i.AsOf)},
			{Name: v.t("vitality.data"), Text: v.t("vitality.data.says", i.Read.Issues, i.Read.Versions)},
		},
		Workbook: httpapi.Base + "/branches/" + branch + "/vitality/workbook?period=" + url.QueryEscape(i.Period.Code) + "&lang=" + v.lang,
	}
	for _, c := range briefing.VitalityColumns() {
		p.Columns = append(p.Columns, v.text(c))
	}
	for k := range i.Scores {
		s := &i.Scores[k]
		score := vitalityScore{ID: "i-" + string(s.Code), Name: v.text(s.Name)}
		for _, c := range briefing.VitalityCells(&i.Index, s) {
			score.Cells = append(score.Cells, v.text(c.Text()))
		}
		for _, c := range s.Cases {
			score.Facts = append(score.Facts, vitalityFact{v.pointed(briefing.Point{Issue: c.Issue, SignOff: c.SignOff}, i.Titles), c.Met})
		}
		p.Scores = append(p.Scores, score)
	}
	return v.render(http.StatusOK, "vitality.html", p)
}
