package webui

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/briefing"
	"lianban/shared/httpapi"
	"lianban/shared/roster"
)

// briefingRow is a briefing in a list.
type briefingRow struct {
	URL, Kind, About, Period string
	Version                  int
	Signed                   bool
	State, At                string
}

type briefingsPage struct {
	frame
	Lead        string
	Units       []link
	Rows        []briefingRow
	Next, First string
	Summary     []link
	Form        *deedView
}

// figureView is a figure with the facts that it counts.
type figureView struct {
	Name, Share string
	N           int
	Facts       []link
}

type briefingTable struct {
	Caption string
	Columns []string
	Rows    []briefingLine
}

type briefingLine struct {
	URL   string
	Cells []string
}

type briefingSection struct {
	ID, Title string
	Says      []string
	Figures   []figureView
	Table     *briefingTable
}

type differenceView struct{ Section, What, Before, After string }

type versionView struct {
	URL, Text string
	Here      bool
}

type briefingPage struct {
	frame
	Draft           bool
	State           string
	Remark, Author  string
	Note, Signatory string
	Stamp           []fact
	Sections        []briefingSection
	Works           bool // the viewer sees drafts and what changed
	First           bool
	Changed         []differenceView
	Versions        []versionView
	Events          []eventView
	Workbook        string
	Summary         []link
	Forms           []deedView
	Kept            bool
	Typed           url.Values
}

// briefingRoutes are the pages of what offices read at meetings and send out.
func (s *server) briefingRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Briefings == nil {
		return
	}
	page("GET /briefings", signedIn((*visit).briefingsPage))
	page("POST /briefings", signedIn((*visit).drawUp))
	page("GET /briefings/{id}", signedIn((*visit).briefingPage))
	page("POST /briefings/{id}", signedIn((*visit).briefingAct))
}

func (v *visit) briefingsPage() error { return v.showBriefings(http.StatusOK, nil) }

func (v *visit) showBriefings(status int, wrong problems) error {
	q := v.r.URL.Query()
	query := briefing.Query{About: q.Get("about"), District: roster.DistrictCode(q.Get("district"))}
	if query.About != "" || query.District == "" {
		query.District = ""
	}
	if query == (briefing.Query{}) {
		var err error
		if query, err = v.Briefings.Default(v.ctx(), v.viewer.Actor); err != nil {
			return err
		}
	}
	p := briefingsPage{frame: v.frame(v.t("briefings.title")), Lead: v.t("briefings.lead")}
	for _, code := range v.Briefings.Areas() {
		p.Units = append(p.Units, link{Text: v.district(code), URL: "/briefings?district=" + url.QueryEscape(string(code)), Here: query.District == code})
	}
	base := "/briefings?district=" + url.QueryEscape(string(query.District))
	if query.About != "" {
		base = "/briefings?about=" + url.QueryEscape(query.About)
		p.Title = v.t("briefings.of", v.unit(query.About))
	}
	list, next, err := v.Briefings.List(v.ctx(), query, v.viewer.Actor, approval.Page{Limit: perPage, Cursor: approval.Cursor(q.Get("after"))})
	if err != nil {
		return err
	}
	for k := range list {
		p.Rows = append(p.Rows, v.briefingRow(&list[k]))
	}
	if next != "" {
		p.Next = base + "&after=" + url.QueryEscape(string(next))
	}
	if q.Get("after") != "" {
		p.First = base
	}
	if offers := v.Briefings.Offers(v.viewer.Actor); len(offers) > 0 {
		what := entry{Name: "what", Kind: "select"}
		for _, o := range offers {
			what.Choices = append(what.Choices, choice{Value: string(o.Kind) + "/" + o.About, Text: v.t("briefing.named", v.about(o.About), v.text(o.Kind.Name()))})
		}
		fields := []entry{what, {Name: "on", Kind: "date", Value: v.today.String(), Max: v.today.String()}, {Name: "remark", Kind: "area"}}
		form := v.filled("draw_up", 0, 0, v.labelled("draw_up", fields), stamp{Key: rand.Text()}, "/briefings", wrong)
		p.Form, p.Summary = &form, form.summary()
	}
	return v.render(status, "briefings.html", p)
}

// about is the name of a unit or district.
func (v *visit) about(id string) string {
	if d, ok := v.Service.Rules().Roster.District(roster.DistrictCode(id)); ok {
		return v.district(d.Code)
	}
	return v.unit(id)
}

func (v *visit) briefingRow(g *briefing.Got) briefingRow {
	b := &g.State
	current := b.Current()
	row := briefingRow{URL: "/briefings/" + url.PathEscape(g.ID), Kind: v.text(b.Kind.Name()), About: v.about(b.About), Period: b.Period, Version: current.N, At: v.moment(current.At)}
	row.Signed = current.Signed != nil
	row.State = v.briefingState(current)
	return row
}

func (v *visit) briefingState(n *briefing.Version) string {
	if n.Signed != nil {
		return v.t("briefing.signed")
	}
	return v.t("briefing.draft")
}

// drawUp takes the form of a new briefing.
func (v *visit) drawUp() error {
	f := filing{Values: v.r.PostForm}
	err := v.chosen(f, "what", "on")
	if err == nil {
		kind, about, _ := strings.Cut(f.text("what"), "/")
		order := briefing.Order{Kind: briefing.Kind(kind), About: about, Remark: f.text("remark")}
		order.Period = briefing.PeriodOf(order.Kind, f.date("on")).Code
		err = v.drawn(order)
	}
	if err == nil {
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	for field, at := range map[string]string{"kind": "what", "about": "what", "period": "on"} {
		if says, is := wrong[field]; is {
			delete(wrong, field)
			wrong[at] = says
		}
	}
	return v.showBriefings(statusOf(err), wrong)
}

// drawn draws a briefing up and goes to it.
func (v *visit) drawn(o briefing.Order) error {
	call := v.call()
	call.Expect = 0
	got, _, err := v.Briefings.DrawUp(v.ctx(), o, call)
	if err == nil {
		v.redirect("/briefings/" + url.PathEscape(got.ID) + "?done=draw_up")
	}
	return err
}

func (v *visit) briefingPage() error { return v.showBriefing(http.StatusOK, nil) }

func (v *visit) showBriefing(status int, wrong problems) error {
	n, err := strconv.Atoi(v.r.URL.Query().Get("version"))
	if err != nil || n < 0 {
		n = 0
	}
	got, err := v.Briefings.Read(v.ctx(), v.r.PathValue("id"), n, v.viewer.Actor)
	if err != nil {
		return err
	}
	b, d := &got.Briefing, &got.Document
	address := "/briefings/" + url.PathEscape(got.ID)
	p := briefingPage{
		frame: v.frame(v.text(d.Title)), Draft: got.Version.Signed == nil, State: v.briefingState(&got.Version), Works: got.Works, First: got.Version.N == 1,
		Remark: got.Version.Remark, Author: v.t("briefing.by", v.actor(got.Version.By), v.moment(got.Version.At)), Typed: v.r.PostForm,
		Workbook: httpapi.Base + address + "/workbook?version=" + strconv.Itoa(got.Version.N) + "&lang=" + v.lang,
	}
	if w := got.Version.Signed; w != nil {
		p.Signatory, p.Note = v.t("briefing.signatory", v.actor(w.By), v.moment(w.At)), w.Reason
	}
	for _, l := range got.Stamp() {
		p.Stamp = append(p.Stamp, fact{Name: v.text(l.What), Text: l.Says.In(v.lang)})
	}
	titles := titlesOf(d)
	for k := range d.Sections {
		p.Sections = append(p.Sections, v.briefingSection(d, k, titles))
	}
	for _, c := range got.Changed {
		p.Changed = append(p.Changed, differenceView{v.text(c.Section), v.text(c.What), v.text(c.Before), v.text(c.After)})
	}
	for k := range b.Versions {
		o := &b.Versions[k]
		p.Versions = append(p.Versions, versionView{address + "?version=" + strconv.Itoa(o.N), v.t("briefing.version", o.N, v.moment(o.At), v.briefingState(o)), o.N == got.Version.N})
	}
	slices.Reverse(p.Versions)
	if p.Works {
		events, _, err := v.Briefings.Trail(v.ctx(), got.ID, v.viewer.Actor, 0, approval.Page{Limit: most})
		if err != nil {
			return err
		}
		for k := range events {
			p.Events = append(p.Events, v.recordEvent(&events[k], "briefing.event."))
		}
	}
	v.briefingForms(&p, &got, address, wrong)
	return v.render(status, "briefing.html", p)
}

// briefingForms are what the viewer may do with the last version.
func (v *visit) briefingForms(p *briefingPage, got *briefing.View, address string, wrong problems) {
	add := func(act string, grave bool, fields ...entry) {
		form := v.filled(act, got.Version.N, 0, v.labelled(act, fields), stamp{Key: rand.Text(), Version: got.Record}, address, wrong)
		if form.Grave = grave; form.Open {
			p.Summary = form.summary()
		}
		p.Forms = append(p.Forms, form)
	}
	if got.Version.N == got.Briefing.Current().N {
		if v.Briefings.SignsNow(&got.Briefing, v.viewer.Actor) {
			add("sign_briefing", false, entry{Name: "note", Kind: "area"})
		}
		if v.Briefings.DrawsAgain(&got.Briefing, v.viewer.Actor) {
			add("draw_again", false, entry{Name: "remark", Kind: "area", Value: got.Version.Remark})
		}
	}
	if wrong != nil && p.Summary == nil {
		p.Kept = true
		for _, says := range wrong {
			p.Summary = append(p.Summary, link{Text: says, URL: "#main"})
		}
	}
}

// titlesOf are the titles of issues as the version's tables have them.
func titlesOf(d *briefing.Document) map[approval.IssueID]string {
	titles := map[approval.IssueID]string{}
	for _, s := range d.Sections {
		if s.Table == nil {
			continue
		}
		for _, r := range s.Table.Rows {
			if r.Issue != "" {
				titles[r.Issue] = r.Cells[0].Words.ZH
			}
		}
	}
	return titles
}

func (v *visit) briefingSection(d *briefing.Document, k int, titles map[approval.IssueID]string) briefingSection {
	s := &d.Sections[k]
	out := briefingSection{ID: "s" + strconv.Itoa(k+1), Title: v.text(s.Title)}
	for _, says := range s.Says {
		out.Says = append(out.Says, v.text(says))
	}
	for m := range s.Figures {
		f := &s.Figures[m]
		view := figureView{Name: v.text(f.Name), N: f.N, Share: d.Share(f)}
		for _, p := range f.Points {
			view.Facts = append(view.Facts, v.pointed(p, titles))
		}
		out.Figures = append(out.Figures, view)
	}
	if s.Table == nil {
		return out
	}
	out.Table = &briefingTable{Caption: out.Title}
	for _, c := range s.Table.Columns {
		out.Table.Columns = append(out.Table.Columns, v.text(c))
	}
	for _, r := range s.Table.Rows {
		line := briefingLine{}
		if r.Issue != "" {
			line.URL = taskURL(r.Issue, r.SignOff)
		}
		for _, c := range r.Cells {
			line.Cells = append(line.Cells, v.text(c.Text()))
		}
		out.Table.Rows = append(out.Table.Rows, line)
	}
	return out
}

// pointed is a fact that a figure counts.
func (v *visit) pointed(p briefing.Point, titles map[approval.IssueID]string) link {
	title := titles[p.Issue]
	if title == "" {
		title = string(p.Issue)
	}
	if p.SignOff > 0 {
		return link{Text: v.t("briefing.task", title, p.SignOff), URL: taskURL(p.Issue, p.SignOff)}
	}
	return link{Text: title, URL: "/issues/" + string(p.Issue)}
}

// briefingAct takes the forms of a briefing's page.
func (v *visit) briefingAct() error {
	id := v.r.PathValue("id")
	var err error
	switch v.r.PostForm.Get("act") {
	case "sign_briefing":
		n, _ := strconv.Atoi(v.r.PostForm.Get("n")) // what is no number is no version, which is refused
		if _, err = v.Briefings.Sign(v.ctx(), id, briefing.Signing{Version: n, Note: v.typed("note")}, v.call()); err == nil {
			v.redirect("/briefings/" + url.PathEscape(id) + "?done=sign_briefing")
			return nil
		}
	case "draw_again":
		got, wrong := v.Briefings.Read(v.ctx(), id, 0, v.viewer.Actor)
		if err = wrong; err == nil {
			b := &got.Briefing
			if err = v.drawn(briefing.Order{Kind: b.Kind, About: b.About, Period: b.Period, Remark: v.typed("remark")}); err == nil {
				return nil
			}
		}
	default:
		err = &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: v.t("form.choose"), EN: v.t("form.choose")}}
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showBriefing(statusOf(err), wrong)
}
