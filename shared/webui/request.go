package webui

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

type requestRow struct {
	URL, Receipt, Title, Project, From, Channel string
	Status, StatusText, Unit, At                string
	Light                                       light
	Lit                                         bool
	Due                                         dueView
	Owed                                        bool // its issue has ended, and nobody has answered
}

type requestsPage struct {
	frame
	Lead        string
	Tabs        []link
	Rows        []requestRow
	Empty       string
	May         bool // the viewer registers requests
	Next, First string
}

// requestsPage lists the requests of the viewer's unit, or of a district for those who
// look after it.
func (v *visit) requestsPage() error {
	q := v.r.URL.Query()
	done := q.Get("show") == "done"
	query := intake.Query{Done: done, Unit: v.viewer.Unit}
	base := "/requests?"
	p := requestsPage{frame: v.frame(v.t("requests.title")), Lead: v.t("requests.lead.unit", v.unit(v.viewer.Unit)), May: len(v.registers()) > 0}
	if v.viewer.Role == roster.Bureau || v.viewer.Role == roster.Overseer {
		district, err := v.districtAsked(q.Get("district"))
		if err != nil {
			return err
		}
		query.Unit, query.District = "", district
		base += "district=" + url.QueryEscape(string(district)) + "&"
		p.Lead = v.t("requests.lead.district", v.district(district))
		for _, d := range v.districts() {
			p.Tabs = append(p.Tabs, link{Text: v.district(d.Code), URL: "/requests?district=" + url.QueryEscape(string(d.Code)), Here: d.Code == district && !done})
		}
	} else {
		p.Tabs = append(p.Tabs, link{Text: v.t("requests.show.open"), URL: "/requests", Here: !done})
	}
	p.Tabs = append(p.Tabs, link{Text: v.t("requests.show.done"), URL: base + "show=done", Here: done})
	if done {
		base += "show=done&"
	}
	list, next, err := v.Intake.List(v.ctx(), query, v.viewer.Actor, approval.Page{Limit: perPage, Cursor: approval.Cursor(q.Get("after"))})
	if err != nil {
		return err
	}
	for k := range list {
		row, err := v.requestRow(&list[k])
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	if next != "" {
		p.Next = base + "after=" + url.QueryEscape(string(next))
	}
	if q.Get("after") != "" {
		p.First = base
	}
	p.Empty = v.t("requests.empty")
	if p.May {
		p.Empty = v.t("requests.empty.may")
	}
	return v.render(http.StatusOK, "requests.html", p)
}

func (v *visit) requestRow(g *intake.Got) (requestRow, error) {
	r := &g.State
	standing, err := v.Intake.Standing(v.ctx(), r)
	if err != nil {
		return requestRow{}, err
	}
	return requestRow{
		URL: "/requests/" + g.ID, Receipt: intake.Receipt(g.ID), Title: r.Title, Project: v.project(r.Project), From: cmp.Or(r.Organisation, v.t("requester."+string(r.From))), Channel: v.t("channel." + string(r.Channel)),
		Status: string(r.Status), StatusText: v.name(r.Status.Name()), Unit: v.unit(r.Unit), At: v.moment(r.RegisteredAt),
		Light: v.light(standing.Light), Lit: !standing.Due.On.IsZero(), Due: v.due(standing.Due, calendar.WorkingDays), Owed: standing.AnswerOwed,
	}, nil
}

// registers are the projects about which the viewer takes requests in and asks for help.
func (v *visit) registers() (all []choice) {
	for _, p := range v.Service.Rules().Roster.Projects() {
		if intake.Registers(v.Service.Rules().Roster, v.viewer.Actor, p.ID) {
			all = append(all, choice{Value: string(p.ID), Text: v.project(p.ID)})
		}
	}
	return all
}

// units are who can be given a request: departments that decide and branches.
func (v *visit) units() (all []choice) {
	for _, b := range v.Service.Rules().Roster.Branches() {
		if intake.Takes(v.Service.Rules().Roster, string(b.ID), v.today) == nil {
			all = append(all, choice{Value: string(b.ID), Text: v.unit(string(b.ID))})
		}
	}
	return append(all, v.departmentEntry("").Choices...)
}

type formPage struct {
	frame
	Back    link
	Lead    string
	Summary []link
	Form    deedView
}

func (v *visit) newRequestPage() error { return v.showNewRequest(http.StatusOK, nil) }

func (v *visit) showNewRequest(status int, wrong problems) error {
	projects := v.registers()
	if len(projects) == 0 {
		return approval.Refuse(approval.Forbidden, "", "诉求由该项目临时党支部书记、所属临时党总支或重点项目局登记。", "Requests are registered by the secretary of the project's branch, its general branch, or the bureau.")
	}
	if len(projects) == 1 {
		projects[0].On = true
	}
	fields := []entry{
		{Name: "project", Kind: "select", Choices: projects},
		{Name: "from", Kind: "radio", Choices: v.words("requester.", "enterprise", "resident", "village")},
		{Name: "organisation", Kind: "text"},
		{Name: "channel", Kind: "radio", Choices: v.words("channel.", "call", "visit", "letter", "online")},
		{Name: "title", Kind: "text"},
		{Name: "text", Kind: "area"},
		{Name: "contact.name", Kind: "text"},
		{Name: "contact.phone", Kind: "text"},
		{Name: "unit", Kind: "select", Choices: v.units()},
	}
	p := formPage{frame: v.frame(v.t("deed.register_request")), Back: link{Text: v.t("requests.title"), URL: "/requests"}, Lead: v.t("request.new.lead")}
	p.Form = v.filled("register_request", 0, 0, v.labelled("register_request", fields), stamp{Key: rand.Text()}, "/requests/new", wrong)
	p.Summary = p.Form.summary()
	return v.render(status, "form.html", p)
}

// newRequest takes a request in and tells the check code, which is told this once.
func (v *visit) newRequest() error {
	f := filing{Values: v.r.PostForm}
	call := v.call()
	call.Expect = 0
	got, code, err := v.Intake.Register(v.ctx(), intake.New{
		Project: roster.ProjectID(f.text("project")), From: intake.Requester(f.text("from")), Organisation: f.text("organisation"), Channel: intake.Channel(f.text("channel")),
		Title: f.text("title"), Text: f.text("text"), Contact: intake.Contact{Name: f.text("contact.name"), Phone: f.text("contact.phone")}, Unit: f.text("unit"),
	}, call)
	if err != nil {
		wrong, ok := v.refused(err)
		if !ok {
			return err
		}
		return v.showNewRequest(statusOf(err), wrong)
	}
	return v.showRequest(http.StatusOK, &got, code, nil)
}

type requestPage struct {
	frame
	Row            requestRow
	Code           string  // told this once
	QR             *qrCode // of the page on which the code is asked for, beside it
	Body           []string
	By, Contact    string
	Reply, Ground  string
	ReplyBy, Rated string
	Issue          *link
	Summary        []link
	Forms          []deedView
	Kept           bool
	Typed          url.Values
	Events         []eventView
}

func (v *visit) requestPage() error {
	got, err := v.Intake.Request(v.ctx(), v.r.PathValue("id"), v.viewer.Actor)
	if err != nil {
		return err
	}
	return v.showRequest(http.StatusOK, &got, "", nil)
}

// requestSteps are what can be done about a request, with what each asks for.
var requestSteps = []struct {
	act    string
	grave  bool
	rare   bool // it stands folded though it asks for nothing
	fields func(v *visit, r *intake.Request) []entry
}{
	{act: intake.EvAccept},
	{act: intake.EvRaise},
	{act: intake.EvAnswer, fields: func(*visit, *intake.Request) []entry { return []entry{{Name: "text", Kind: "area"}} }},
	{act: intake.EvClose, fields: func(*visit, *intake.Request) []entry { return []entry{{Name: "note", Kind: "area"}} }},
	{act: intake.EvHandOn, fields: func(v *visit, r *intake.Request) []entry {
		return []entry{{Name: "unit", Kind: "select", Choices: v.units()}, {Name: "reason", Kind: "area"}}
	}},
	{act: intake.EvDecline, grave: true, fields: func(*visit, *intake.Request) []entry {
		return []entry{{Name: "ground", Kind: "text"}, {Name: "reason", Kind: "area"}}
	}},
	{act: intake.EvRenewCode, rare: true},
}

func (v *visit) showRequest(status int, got *intake.Got, code string, wrong problems) error {
	r := &got.State
	row, err := v.requestRow(got)
	if err != nil {
		return err
	}
	p := requestPage{frame: v.frame(v.t("request.title", row.Receipt)), Row: row, Code: code, Body: []string{r.Text}, By: v.actor(r.RegisteredBy), Typed: v.r.PostForm}
	if code != "" {
		if p.QR, err = v.qr("/status"); err != nil {
			return err
		}
	}
	if c := r.Contact; c != nil && v.Intake.MayCallBack(v.viewer.Actor, r) {
		p.Contact = c.Name + " " + c.Phone
	}
	if r.Reply != nil {
		p.Reply, p.Ground, p.ReplyBy = r.Reply.Text, r.Reply.Ground, v.t("note.by", v.actor(r.Reply.By), v.moment(r.Reply.At))
	}
	if r.Rating != nil {
		p.Rated = v.t("stars", r.Rating.Stars) + " " + r.Rating.Comment
	}
	if r.Issue != "" {
		if issue, err := v.Service.Issue(v.ctx(), r.Issue, v.viewer.Actor); err == nil {
			p.Issue = &link{Text: cmp.Or(issue.Title, v.t("issue.untitled")), URL: "/issues/" + string(issue.ID)}
		} else if !approval.IsKind(err, approval.NotFound) {
			return err
		}
	}
	open, err := v.Intake.Open(v.ctx(), *got, v.viewer.Actor)
	if err != nil {
		return err
	}
	for _, step := range requestSteps {
		if !open[step.act] {
			continue
		}
		var fields []entry
		if step.fields != nil {
			fields = step.fields(v, r)
		}
		act := "request_" + step.act
		form := v.filled(act, 0, 0, v.labelled(act, fields), stamp{Key: rand.Text(), Version: got.Version}, "/requests/"+got.ID, wrong)
		form.Grave, form.Bare = step.grave, form.Bare && !step.rare
		if form.Open {
			p.Summary = form.summary()
		}
		p.Forms = append(p.Forms, form)
	}
	if wrong != nil && p.Summary == nil {
		p.Kept = true
		for _, text := range wrong {
			p.Summary = append(p.Summary, link{Text: text, URL: "#main"})
		}
	}
	events, _, err := v.Intake.Trail(v.ctx(), got.ID, 0, approval.Page{Limit: most})
	if err != nil {
		return err
	}
	for k := range events {
		p.Events = append(p.Events, v.recordEvent(&events[k], "request.event."))
	}
	return v.render(status, "request.html", p)
}

func (v *visit) requestAct() error {
	id, act, call := v.r.PathValue("id"), v.r.PostForm.Get("act"), v.call()
	ctx, code := v.ctx(), ""
	var got intake.Got
	var err error
	switch act {
	case "request_" + intake.EvAccept:
		got, err = v.Intake.Accept(ctx, id, call)
	case "request_" + intake.EvHandOn:
		got, err = v.Intake.HandOn(ctx, id, v.typed("unit"), v.typed("reason"), call)
	case "request_" + intake.EvAnswer:
		got, err = v.Intake.Answer(ctx, id, v.typed("text"), call)
	case "request_" + intake.EvDecline:
		got, err = v.Intake.Decline(ctx, id, v.typed("ground"), v.typed("reason"), call)
	case "request_" + intake.EvClose:
		got, err = v.Intake.Close(ctx, id, v.typed("note"), call)
	case "request_" + intake.EvRenewCode:
		if got, code, err = v.Intake.RenewCode(ctx, id, call); err == nil {
			return v.showRequest(http.StatusOK, &got, code, nil)
		}
	case "request_" + intake.EvRaise:
		if got, err = v.Intake.Raise(ctx, id, approval.Petition{}, call); err == nil {
			v.redirect("/issues/" + string(got.State.Issue) + "/edit?done=" + act)
			return nil
		}
	default:
		err = &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: v.t("form.choose"), EN: v.t("form.choose")}}
	}
	if err == nil {
		to := "/requests/" + id
		if !intake.Reads(v.Service.Rules().Roster, v.viewer.Actor, &got.State) {
			to = "/requests"
		}
		v.redirect(to + "?done=" + act)
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	status := statusOf(err)
	if got, err = v.Intake.Request(ctx, id, v.viewer.Actor); err != nil {
		return err
	}
	return v.showRequest(status, &got, "", wrong)
}
