package webui

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/measure"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// whatIfRoutes is the page on which the bureau and overseers ask what recorded work would
// have taken if something were otherwise.
func (s *server) whatIfRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Figures != nil {
		page("GET /what-if", signedIn((*visit).whatIf))
	}
}

type whatIfPage struct {
	frame
	From, To, Districts []choice
	Wrong, WrongField   string
	Limits              []supposed // an item, and the days it may take
	Moves               []supposed // an item, and the department it goes to
	Without             []supposed // a prerequisite
	Capacities          []supposed // a department, and how many pieces it has in work
	Few, Note, Summary  string
	Rows                []whatIfRow
	Capacity            []capacityRow
	Empty               bool // nothing ended in the months
}

// supposed is a line of the form.
type supposed struct {
	N      int
	What   []choice
	To     []choice
	Number string
}

type whatIfRow struct{ Name, Recorded, Before, After string }

type capacityRow struct{ Department, Now, Then string }

func (v *visit) whatIf() error {
	if err := measure.SeesAll(v.viewer.Actor); err != nil {
		return err
	}
	q, wrong, err := v.figuresAsked()
	if err != nil {
		return err
	}
	data, err := v.Figures.Recent(v.ctx(), q)
	if err != nil {
		return err
	}
	p := whatIfPage{frame: v.frame(v.t("whatif.title")), Wrong: wrong, Note: v.name(measure.Supposed)}
	months := measure.Recorded(v.today)
	p.From, p.To = v.monthChoices(months, string(q.From)), v.monthChoices(months, string(q.To))
	asked := v.r.URL.Query()
	district := q.Districts[0]
	if at := slices.Index(q.Districts, roster.DistrictCode(asked.Get("district"))); at >= 0 {
		district = q.Districts[at]
	}
	for _, code := range q.Districts {
		p.Districts = append(p.Districts, choice{Value: string(code), Text: v.district(code), On: code == district})
	}
	from, to := q.Days()
	ask := measure.Supposition{District: district, From: from, To: to}
	v.fillSuppositions(&p, data, &ask.Scenario)
	p.Empty = len(data.Subjects()) == 0
	switch {
	case p.Wrong != "":
		return v.render(http.StatusUnprocessableEntity, "whatif.html", p)
	case p.Empty || !suppose(&ask.Scenario):
		return v.render(http.StatusOK, "whatif.html", p)
	}
	answer, capacity, err := v.Figures.Imagine(v.ctx(), v.viewer.Actor, ask)
	if e, ok := errors.AsType[*approval.Error](err); ok && e.Kind == approval.Invalid {
		p.Wrong = v.name(roster.Name(e.Text))
		return v.render(http.StatusUnprocessableEntity, "whatif.html", p)
	}
	if err != nil {
		return err
	}
	v.fillWhatIf(&p, &answer, capacity, ask.Scenario.Capacity)
	return v.render(http.StatusOK, "whatif.html", p)
}

// suppose reports whether anything is to be otherwise.
func suppose(s *saving.Scenario) bool {
	return len(s.Limits)+len(s.Departments)+len(s.Without)+len(s.Capacity) > 0
}

// fillSuppositions reads the form into a scenario, and lays it out again with a line more of
// each kind. What cannot be read is said.
func (v *visit) fillSuppositions(p *whatIfPage, data *measure.Data, s *saving.Scenario) {
	asked := v.r.URL.Query()
	at := func(name string, k int) string {
		if values := asked[name]; k >= 0 && k < len(values) {
			return strings.TrimSpace(values[k])
		}
		return ""
	}
	number := func(name string, k int) int {
		n, err := strconv.Atoi(at(name, k))
		if err != nil || n < 1 {
			p.Wrong = v.t("whatif.number")
		}
		return n
	}
	subjects := func(on string) (choices []choice) {
		choices = []choice{{Text: v.t("whatif.unchanged"), On: on == ""}}
		for _, subject := range data.Subjects() {
			choices = append(choices, choice{Value: string(subject), Text: v.figureSubject(subject), On: string(subject) == on})
		}
		return choices
	}
	departments := func(ids []roster.DepartmentID, on string) (choices []choice) {
		choices = []choice{{Text: v.t("whatif.unchanged"), On: on == ""}}
		for _, id := range ids {
			choices = append(choices, choice{Value: string(id), Text: v.department(id), On: string(id) == on})
		}
		return choices
	}
	var everywhere []roster.DepartmentID
	for _, d := range v.Service.Rules().Roster.Departments() {
		if slices.Contains(data.Query.Districts, d.District) {
			everywhere = append(everywhere, d.ID)
		}
	}
	requirements := data.Requirements()
	lines := func(name string, read func(k int, what string), show func(k int, what string) supposed) (out []supposed) {
		for k, what := range asked[name] {
			if what != "" {
				read(k, what)
				out = append(out, show(k, what))
			}
		}
		out = append(out, show(-1, ""))
		for k := range out {
			out[k].N = k + 1
		}
		return out
	}
	s.Limits, s.Departments, s.Capacity = map[string]int{}, map[string]string{}, map[string]int{}
	p.Limits = lines("limit", func(k int, what string) { s.Limits[what] = number("days", k) }, func(k int, what string) supposed {
		return supposed{What: subjects(what), Number: at("days", k)}
	})
	p.Moves = lines("move", func(k int, what string) {
		if s.Departments[what] = at("to-department", k); s.Departments[what] == "" {
			p.Wrong = v.t("whatif.department")
		}
	}, func(k int, what string) supposed {
		return supposed{What: subjects(what), To: departments(everywhere, at("to-department", k))}
	})
	p.Without = lines("without", func(_ int, what string) {
		item, requires, _ := strings.Cut(what, "<")
		s.Without = append(s.Without, saving.Requirement{Item: item, Requires: requires})
	}, func(_ int, what string) supposed {
		choices := []choice{{Text: v.t("whatif.unchanged"), On: what == ""}}
		for _, r := range requirements {
			value := r.Item + "<" + r.Requires
			choices = append(choices, choice{Value: value, Text: v.t("whatif.edge", v.figureSubject(measure.Subject(r.Item)), v.figureSubject(measure.Subject(r.Requires))), On: value == what})
		}
		return supposed{What: choices}
	})
	p.Capacities = lines("capacity", func(k int, what string) { s.Capacity[what] = number("servers", k) }, func(k int, what string) supposed {
		return supposed{What: departments(data.Departments(), what), Number: at("servers", k)}
	})
}

func (v *visit) fillWhatIf(p *whatIfPage, a *saving.WhatIf, now, then map[string]int) {
	if a.Insufficient {
		p.Few = v.t("whatif.few", a.N, saving.EnoughN)
		return
	}
	day := func(d saving.WorkingDays) string { return fmt.Sprintf("%.1f", float64(d)) }
	row := func(key string, of func(saving.Projection) saving.WorkingDays) {
		p.Rows = append(p.Rows, whatIfRow{v.t("whatif.row." + key), day(of(a.Recorded)), day(of(a.Before)), day(of(a.After))})
	}
	row("mean", func(x saving.Projection) saving.WorkingDays { return x.Mean })
	row("median", func(x saving.Projection) saving.WorkingDays { return x.Median })
	row("p90", func(x saving.Projection) saving.WorkingDays { return x.P90 })
	row("critical", func(x saving.Projection) saving.WorkingDays { return x.Critical })
	row("serial", func(x saving.Projection) saving.WorkingDays { return x.Serial })
	key := "whatif.summary.same"
	switch {
	case a.After.Mean < a.Before.Mean:
		key = "whatif.summary.shorter"
	case a.After.Mean > a.Before.Mean:
		key = "whatif.summary.longer"
	}
	difference := a.After.Mean - a.Before.Mean
	p.Summary = v.t(key, a.N, a.Changed, day(a.Before.Mean), day(a.After.Mean), day(max(difference, -difference)))
	for _, id := range slices.Sorted(maps.Keys(now)) {
		line := capacityRow{Department: v.department(roster.DepartmentID(id)), Now: strconv.Itoa(now[id]), Then: strconv.Itoa(now[id])}
		if n, ok := then[id]; ok {
			line.Then = strconv.Itoa(n)
		}
		p.Capacity = append(p.Capacity, line)
	}
}
