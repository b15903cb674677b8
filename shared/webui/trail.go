package webui

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/httpapi"
	"lianban/shared/oversight"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

// trailRoutes are the pages on which overseers look through the audit trails.
func (s *server) trailRoutes(page func(pattern string, h func(*visit) error)) {
	page("GET /trail", signedIn((*visit).trailPage))
	page("GET /trail/export", signedIn((*visit).trailExport))
	if s.Chains != nil {
		page("POST /trail/check", signedIn((*visit).trailCheck))
	}
}

const (
	// exported is how many lines one file of the audit trail has at most (assumed): what an
	// office still reads, and a process still holds.
	exported = 10000
	// exportedAtOnce is how many are read at a time.
	exportedAtOnce = 200
)

type trailRow struct {
	At, Concern, Text, Ground, Reason string
	Class                             string
	Issue, URL, Under                 string
}

type trailPage struct {
	frame
	People, Departments []choice
	Concerns            []choice
	Kinds               []kindGroup
	Only                []link // the filters asked for most
	From, Until, Issue  string
	Problems            problems
	Summary             []link
	Rows                []trailRow
	Empty               string
	Looked              string // that the search goes on
	Next, First         string
	Narrow              bool
	CSV, XLSX           string
	Checks              bool
	Query, After        string
}

type kindGroup struct {
	Name  string
	Kinds []choice
}

// sought reads a search from an address or a form. What is no date is refused at its field.
func (v *visit) sought(q url.Values) (s oversight.Search, wrong problems) {
	s.Issue = approval.IssueID(q.Get("issue"))
	s.Person, s.Department = roster.PersonID(q.Get("person")), roster.DepartmentID(q.Get("department"))
	s.Concern, s.Kind = approval.Concern(q.Get("concern")), q.Get("kind")
	for _, d := range []struct {
		field string
		into  *calendar.Date
	}{{"from", &s.From}, {"until", &s.Until}} {
		text := q.Get(d.field)
		if text == "" {
			continue
		}
		var err error
		if *d.into, err = calendar.Parse(text); err != nil {
			if wrong == nil {
				wrong = problems{}
			}
			wrong[d.field] = v.t("trail.date")
		}
	}
	return s, wrong
}

// searched are the parts of a search that an address or a form holds.
func searched(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"from", "until", "person", "department", "concern", "kind", "issue"} {
		if text := q.Get(name); text != "" {
			out.Set(name, text)
		}
	}
	return out
}

func (v *visit) trailPage() error {
	if err := oversight.Audits(v.viewer.Actor); err != nil {
		return err
	}
	q := v.r.URL.Query()
	search, wrong := v.sought(q)
	before, ok := oversight.PlaceAt(q.Get("after"))
	if !ok {
		return noPage
	}
	var found []oversight.Found
	var next approval.Place
	if wrong == nil {
		var err error
		if found, next, err = oversight.Trail(v.ctx(), v.Service, v.viewer.Actor, search, before, perPage); err != nil {
			if wrong, ok = v.refused(err); !ok || statusOf(err) != http.StatusUnprocessableEntity {
				return err
			}
		}
	}
	return v.showTrail(q, search, wrong, found, next)
}

func (v *visit) showTrail(q url.Values, search oversight.Search, wrong problems, found []oversight.Found, next approval.Place) error {
	kept := searched(q)
	p := trailPage{
		frame: v.frame(v.t("trail.title")), From: q.Get("from"), Until: q.Get("until"), Issue: q.Get("issue"), Problems: wrong,
		Narrow: len(kept) > 0, Checks: v.Chains != nil && len(found) > 0, Query: kept.Encode(), After: q.Get("after"),
	}
	v.trailChoices(&p, search)
	for _, name := range []string{"from", "until", "person", "department", "concern", "kind", "issue"} {
		if text, is := wrong[name]; is {
			p.Summary = append(p.Summary, link{Text: text, URL: "#f-" + name})
		}
	}
	for k := range found {
		p.Rows = append(p.Rows, v.trailRow(&found[k]))
	}
	address := func(path string, more ...string) string {
		all := searched(q)
		for k := 0; k < len(more); k += 2 {
			all.Set(more[k], more[k+1])
		}
		if len(all) == 0 {
			return path
		}
		return path + "?" + all.Encode()
	}
	p.CSV, p.XLSX = address("/trail/export", "format", "csv"), address("/trail/export", "format", "xlsx")
	if q.Get("after") != "" {
		p.First = address("/trail")
	}
	if next != (approval.Place{}) {
		p.Next = address("/trail", "after", oversight.Cursor(next))
		if len(found) < perPage {
			p.Looked = v.t("trail.looked", v.moment(next.At))
		}
	}
	if len(found) == 0 && wrong == nil && p.Looked == "" {
		p.Empty = v.t("trail.empty")
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	}
	return v.render(status, "trail.html", p)
}

func (v *visit) trailChoices(p *trailPage, search oversight.Search) {
	for _, person := range v.Service.Rules().Roster.Everybody() {
		p.People = append(p.People, choice{Value: string(person.ID), Text: v.person(person.ID), On: person.ID == search.Person})
	}
	for _, d := range v.Service.Rules().Roster.Departments() {
		p.Departments = append(p.Departments, choice{Value: string(d.ID), Text: v.department(d.ID), On: d.ID == search.Department})
	}
	p.Only = append(p.Only, link{Text: v.t("trail.all"), URL: "/trail", Here: p.Query == ""})
	for k, c := range approval.Concerns() {
		name := v.t("concern." + string(c))
		p.Concerns = append(p.Concerns, choice{Value: string(c), Text: name, On: c == search.Concern})
		if k < usual {
			p.Only = append(p.Only, link{Text: name, URL: "/trail?concern=" + string(c), Here: p.Query == "concern="+string(c)})
		}
		group := kindGroup{Name: name}
		for _, kind := range approval.KindsOf(c) {
			group.Kinds = append(group.Kinds, choice{Value: kind, Text: v.t("kind." + kind), On: kind == search.Kind && (search.Concern == "" || search.Concern == c)})
		}
		p.Kinds = append(p.Kinds, group)
	}
}

// usual is how many of the concerns have a tab of their own: the first ones.
const usual = 6

func (v *visit) trailRow(f *oversight.Found) trailRow {
	row := trailRow{At: v.moment(f.At), Issue: f.In.Title, URL: "/issues/" + string(f.Issue) + "#e" + strconv.FormatInt(f.Seq, 10), Under: v.project(f.Project), Class: "alarm", Text: v.t("trail.missing", f.Seq)}
	if f.Concern != "" {
		row.Concern = v.t("concern." + string(f.Concern))
	}
	if f.Event != nil {
		e := v.event(f.In, f.Event)
		row.Text, row.Ground, row.Reason, row.Class = e.Text, e.Ground, e.Reason, e.Class
	}
	return row
}

// trailExport writes what is looked for as a file, all of it or nothing.
func (v *visit) trailExport() error {
	if err := oversight.Audits(v.viewer.Actor); err != nil {
		return err
	}
	q := v.r.URL.Query()
	search, wrong := v.sought(q)
	if wrong != nil {
		return v.showTrail(q, search, wrong, nil, approval.Place{})
	}
	var rows [][]any
	for before := (approval.Place{}); ; {
		found, next, err := oversight.Trail(v.ctx(), v.Service, v.viewer.Actor, search, before, exportedAtOnce)
		if err != nil {
			if wrong, ok := v.refused(err); ok && statusOf(err) == http.StatusUnprocessableEntity {
				return v.showTrail(q, search, wrong, nil, approval.Place{})
			}
			return err
		}
		for k := range found {
			f := &found[k]
			r := v.trailRow(f)
			department := ""
			if f.Department != "" {
				department = v.department(f.Department)
			}
			rows = append(rows, []any{r.At, r.Concern, r.Text, r.Ground, r.Reason, v.actor(f.By), department, f.In.Title, r.Under, string(f.Issue), f.Seq})
		}
		if len(rows) > exported {
			return v.showTrail(q, search, problems{"from": v.t("trail.long", exported)}, nil, approval.Place{})
		}
		if before = next; next == (approval.Place{}) {
			break
		}
	}
	table := sheet.Table{Name: v.t("trail.title"), Wide: []float64{18, 14, 60, 24, 30, 24, 24, 30, 24, 38, 8}, Rows: func(yield func([]any) bool) {
		for _, row := range rows {
			if !yield(row) {
				return
			}
		}
	}}
	for _, name := range []string{"at", "concern", "text", "ground", "reason", "by", "department", "issue", "project", "id", "seq"} {
		table.Heading = append(table.Heading, v.t("trail.col."+name))
	}
	table.Notes = []string{v.t("trail.note", v.moment(v.now), v.actor(v.viewer.Actor))}
	var file bytes.Buffer
	kind, name, write := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", func() error { return sheet.WriteXLSX(&file, table) }
	if q.Get("format") == "csv" {
		kind, name, write = "text/csv; charset=utf-8", "csv", func() error { return sheet.WriteCSV(&file, table) }
	}
	if err := write(); err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("Content-Disposition", httpapi.Disposition(v.t("trail.title")+v.today.String()+"."+name))
	_, err := file.WriteTo(v.w)
	if err != nil {
		v.Log.DebugContext(v.ctx(), "file not delivered", "path", v.r.URL.Path, "error", err)
	}
	return nil
}

type checkedRow struct {
	Title, URL, Text string
	Fault            bool
}

type trailCheckPage struct {
	frame
	Result      string
	Sound       bool
	Rows        []checkedRow
	Back        string
	Query, Next string // the form that goes on
	So          checkedSoFar
}

// checkedSoFar is what the pieces before this one came to.
type checkedSoFar struct{ Issues, Events, Faults int }

// trailCheck checks the chains of what one page of a search shows, a bounded piece, and
// offers the next.
func (v *visit) trailCheck() error {
	if err := oversight.Audits(v.viewer.Actor); err != nil {
		return err
	}
	q, err := url.ParseQuery(v.r.PostForm.Get("query"))
	if err != nil {
		return noPage
	}
	q = searched(q)
	search, wrong := v.sought(q)
	before, ok := oversight.PlaceAt(v.r.PostForm.Get("after"))
	if wrong != nil || !ok {
		return noPage
	}
	found, next, err := oversight.Trail(v.ctx(), v.Service, v.viewer.Actor, search, before, perPage)
	if err != nil {
		return err
	}
	checked, err := oversight.Verify(v.ctx(), v.Chains, found)
	if err != nil {
		return err
	}
	p := trailCheckPage{frame: v.frame(v.t("check.title")), Back: "/trail", Query: q.Encode(), Next: oversight.Cursor(next), So: soFar(v.r.PostForm)}
	if p.Query != "" {
		p.Back += "?" + p.Query
	}
	titles := map[string]string{}
	for k := range found {
		titles[string(found[k].Issue)] = found[k].In.Title
	}
	for _, c := range checked {
		row := checkedRow{Title: titles[c.Subject], URL: "/issues/" + c.Subject, Text: v.t("check.sound", c.Events)}
		p.So.Issues, p.So.Events = p.So.Issues+1, p.So.Events+c.Events
		if f := c.Fault; f != nil {
			p.So.Faults++
			row.Fault, row.Text = true, v.text(f.Text)
			if f.Event > 0 {
				row.Text = v.t("check.at", f.Event, row.Text)
				row.URL += "#e" + strconv.FormatInt(f.Event, 10)
			}
		}
		p.Rows = append(p.Rows, row)
	}
	p.Sound, p.Result = p.So.Faults == 0, v.t("check.result", p.So.Issues, p.So.Events)
	if !p.Sound {
		p.Result = v.t("check.result.fault", p.So.Issues, p.So.Events, p.So.Faults)
	}
	return v.render(http.StatusOK, "trail_check.html", p)
}

// soFar reads the sums that the form before carried.
func soFar(form url.Values) (so checkedSoFar) {
	for name, into := range map[string]*int{"issues": &so.Issues, "events": &so.Events, "faults": &so.Faults} {
		if n, err := strconv.Atoi(form.Get(name)); err == nil {
			*into = max(n, 0)
		}
	}
	return so
}
