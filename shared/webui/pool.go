package webui

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"lianban/shared/approval"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

type matterRow struct {
	URL, Title, Need, Project, Until, Status, StatusText, By, Claimed string
	Late                                                              bool
}

type poolPage struct {
	frame
	Tabs        []link
	Rows        []matterRow
	Empty       string
	May         bool // the viewer publishes matters
	Next, First string
}

// poolPage lists what can be claimed in a district, and what the own unit has claimed
// or published.
func (v *visit) poolPage() error {
	q := v.r.URL.Query()
	district, err := v.districtAsked(q.Get("district"))
	if err != nil {
		return err
	}
	p := poolPage{frame: v.frame(v.t("pool.title")), May: len(v.registers()) > 0}
	show, query, base := q.Get("show"), intake.PoolQuery{District: district}, "/pool?district="+url.QueryEscape(string(district))
	switch show {
	case "claimed":
		query = intake.PoolQuery{Claimer: v.viewer.Unit}
	case "done":
		query = intake.PoolQuery{Claimer: v.viewer.Unit, Done: true}
	case "published":
		query = intake.PoolQuery{Publisher: v.viewer.Unit}
	default:
		show = "open"
	}
	if show != "open" {
		base = "/pool?show=" + show
	}
	for _, d := range v.districts() {
		p.Tabs = append(p.Tabs, link{Text: v.t("pool.show.open", v.district(d.Code)), URL: "/pool?district=" + url.QueryEscape(string(d.Code)), Here: show == "open" && d.Code == district})
	}
	if v.viewer.Role == roster.Lead || v.viewer.Role == roster.Officer {
		for _, mine := range []string{"claimed", "done"} {
			p.Tabs = append(p.Tabs, link{Text: v.t("pool.show." + mine), URL: "/pool?show=" + mine, Here: show == mine})
		}
	}
	if p.May {
		p.Tabs = append(p.Tabs, link{Text: v.t("pool.show.published"), URL: "/pool?show=published", Here: show == "published"})
	}
	list, next, err := v.Intake.Pool(v.ctx(), query, approval.Page{Limit: perPage, Cursor: approval.Cursor(q.Get("after"))})
	if err != nil {
		return err
	}
	for k := range list {
		p.Rows = append(p.Rows, v.matterRow(&list[k]))
	}
	if next != "" {
		p.Next = base + "&after=" + url.QueryEscape(string(next))
	}
	if q.Get("after") != "" {
		p.First = base
	}
	p.Empty = v.t("pool.empty." + show)
	return v.render(http.StatusOK, "pool.html", p)
}

func (v *visit) matterRow(g *intake.GotMatter) matterRow {
	m := &g.State
	row := matterRow{
		URL: "/pool/" + g.ID, Title: m.Title, Need: v.t("need." + string(m.Need)), Project: v.project(m.Project), Until: v.date(m.Until),
		Status: string(m.Status), StatusText: v.name(m.Status.Name()), By: v.actor(m.By), Late: m.Status == intake.Claimed && v.today > m.Until,
	}
	if m.Claim != nil {
		row.Claimed = v.name(m.Claim.Name(v.Service.Rules().Roster))
	}
	return row
}

func (v *visit) offerPage() error { return v.showOffer(http.StatusOK, nil) }

func (v *visit) showOffer(status int, wrong problems) error {
	projects := v.registers()
	if len(projects) == 0 {
		return approval.Refuse(approval.Forbidden, "", "认领事项由该项目临时党支部书记、所属临时党总支或重点项目局发布。", "Matters are published by the secretary of the project's branch, its general branch, or the bureau.")
	}
	if len(projects) == 1 {
		projects[0].On = true
	}
	fields := []entry{
		{Name: "project", Kind: "select", Choices: projects},
		{Name: "need", Kind: "radio", Choices: v.words("need.", "resources", "venue", "people", "technology", "other")},
		{Name: "title", Kind: "text"},
		{Name: "text", Kind: "area"},
		{Name: "until", Kind: "date", Min: v.today.String()},
	}
	p := formPage{frame: v.frame(v.t("deed.publish_matter")), Back: link{Text: v.t("pool.title"), URL: "/pool"}, Lead: v.t("pool.new.lead")}
	p.Form = v.filled("publish_matter", 0, 0, v.labelled("publish_matter", fields), stamp{Key: rand.Text()}, "/pool/new", wrong)
	p.Summary = p.Form.summary()
	return v.render(status, "form.html", p)
}

func (v *visit) offer() error {
	f := filing{Values: v.r.PostForm}
	call := v.call()
	call.Expect = 0
	got, err := v.Intake.Publish(v.ctx(), intake.Offer{
		Project: roster.ProjectID(f.text("project")), Need: intake.Need(f.text("need")), Title: f.text("title"), Text: f.text("text"), Until: f.date("until"),
	}, call)
	if err != nil {
		wrong, ok := v.refused(err)
		if !ok {
			return err
		}
		return v.showOffer(statusOf(err), wrong)
	}
	v.redirect("/pool/" + got.ID + "?done=publish_matter")
	return nil
}

type matterPage struct {
	frame
	Row          matterRow
	Text, Pledge string
	Result       string
	Progress     []string
	Summary      []link
	Forms        []deedView
	Kept         bool
	Typed        url.Values
	Events       []eventView
}

// matterSteps are what can be done about a matter, each with the field that it asks for
// at the end.
var matterSteps = []struct {
	act, field string
	grave      bool
}{
	{intake.EvClaim, "pledge", false}, {intake.EvRecord, "pledge", false}, {intake.EvReport, "text", false}, {intake.EvConfirm, "result", false}, {intake.EvGiveBack, "reason", true}, {intake.EvRecall, "reason", true},
}

// partners chooses among the units without an account that support a project's branch.
func (v *visit) partners(project roster.ProjectID) (all []choice) {
	branch, _ := v.Service.Rules().Roster.BranchOf(project)
	for _, c := range branch.CoBuilders {
		if c.Department == "" {
			all = append(all, choice{Value: c.Name.ZH, Text: v.name(c.Name)})
		}
	}
	return all
}

func (v *visit) matterPage() error {
	got, err := v.Intake.Matter(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.showMatter(http.StatusOK, &got, nil)
}

func (v *visit) showMatter(status int, got *intake.GotMatter, wrong problems) error {
	m := &got.State
	p := matterPage{frame: v.frame(m.Title), Row: v.matterRow(got), Text: m.Text, Result: m.Result, Typed: v.r.PostForm}
	if m.Claim != nil {
		p.Pledge = m.Claim.Pledge
	}
	for _, r := range m.Progress {
		p.Progress = append(p.Progress, v.t("pool.progress", v.moment(r.At), v.actor(r.By), r.Text))
	}
	open := v.Intake.OpenMatter(*got, v.viewer.Actor)
	for _, step := range matterSteps {
		if !open[step.act] {
			continue
		}
		act := "matter_" + step.act
		fields := []entry{{Name: step.field, Kind: "area"}}
		if step.act == intake.EvRecord {
			partners := v.partners(m.Project)
			if partners == nil {
				continue // every unit that supports the branch claims by itself
			}
			fields = append([]entry{{Name: "partner", Kind: "select", Choices: partners}, {Name: "basis", Kind: "text"}}, fields...)
		}
		form := v.filled(act, 0, 0, v.labelled(act, fields), stamp{Key: rand.Text(), Version: got.Version}, "/pool/"+got.ID, wrong)
		form.Grave = step.grave
		if form.Open {
			p.Summary = form.summary()
		}
		p.Forms = append(p.Forms, form)
	}
	if len(p.Forms) == 1 {
		p.Forms[0].Open = true
	}
	if wrong != nil && p.Summary == nil {
		p.Kept = true
		for _, text := range wrong {
			p.Summary = append(p.Summary, link{Text: text, URL: "#main"})
		}
	}
	events, _, err := v.Intake.MatterTrail(v.ctx(), got.ID, 0, approval.Page{Limit: most})
	if err != nil {
		return err
	}
	for k := range events {
		p.Events = append(p.Events, v.recordEvent(&events[k], "matter.event."))
	}
	return v.render(status, "matter.html", p)
}

func (v *visit) matterAct() error {
	id, act, call := v.r.PathValue("id"), v.r.PostForm.Get("act"), v.call()
	ctx := v.ctx()
	var err error
	switch act {
	case "matter_" + intake.EvClaim:
		_, err = v.Intake.Claim(ctx, id, intake.Claiming{Pledge: v.typed("pledge")}, call)
	case "matter_" + intake.EvRecord:
		_, err = v.Intake.Claim(ctx, id, intake.Claiming{Partner: v.typed("partner"), Basis: v.typed("basis"), Pledge: v.typed("pledge")}, call)
	case "matter_" + intake.EvReport:
		_, err = v.Intake.Report(ctx, id, v.typed("text"), call)
	case "matter_" + intake.EvConfirm:
		_, err = v.Intake.Confirm(ctx, id, v.typed("result"), call)
	case "matter_" + intake.EvGiveBack:
		_, err = v.Intake.GiveBack(ctx, id, v.typed("reason"), call)
	case "matter_" + intake.EvRecall:
		_, err = v.Intake.Recall(ctx, id, v.typed("reason"), call)
	default:
		err = &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: v.t("form.choose"), EN: v.t("form.choose")}}
	}
	if err == nil {
		v.redirect("/pool/" + id + "?done=" + act)
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	status := statusOf(err)
	got, err := v.Intake.Matter(ctx, id)
	if err != nil {
		return err
	}
	return v.showMatter(status, &got, wrong)
}
