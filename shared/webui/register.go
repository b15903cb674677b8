package webui

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// proposal is a kind of change that the pages propose: its fields, and the order that
// it comes to. Others are proposed by the API.
type proposal struct {
	kind   string
	fields func(v *visit) []entry
	order  func(v *visit, f filing) (register.Order, error)
}

func (p *proposal) act() string { return "propose_" + p.kind }

var proposals = slices.Concat(personProposals, unitProposals)

// personProposals are those of days, competences and people.
var personProposals = []proposal{
	{
		kind: "holidays",
		fields: func(v *visit) []entry {
			return []entry{{Name: "text", Kind: "long"}, {Name: "doubtsRead", Kind: "check", Choices: []choice{{Value: "yes", Text: v.t("doubts.read")}}}}
		},
		order: func(v *visit, f filing) (order register.Order, err error) {
			notice, doubts, err := v.Service.Rules().Calendar.ReadNotice(f.text("text"))
			if e, ok := errors.AsType[*calendar.NoticeError](err); ok {
				return order, doubted(e.Faults)
			}
			if err == nil && len(doubts) > 0 && f.Get("doubtsRead") == "" {
				return order, doubted(doubts)
			}
			order.Holidays = &notice
			return order, err
		},
	},
	{
		kind: "transfer",
		fields: func(v *visit) []entry {
			district := entry{Name: "district", Kind: "select"}
			for _, d := range v.districts() {
				district.Choices = append(district.Choices, choice{Value: string(d.Code), Text: v.district(d.Code)})
			}
			items := entry{Name: "items", Kind: "people", Value: "open"}
			for _, i := range v.Service.Rules().Catalog.Items() {
				items.Choices = append(items.Choices, choice{Value: strconv.Itoa(int(i.No)), Text: v.t("item.numbered", int(i.No), v.item(i.No)), Note: v.competent(i.No, district.Choices)})
			}
			return []entry{district, items, v.departmentEntry(""), {Name: "movesOpen", Kind: "radio", Choices: []choice{{Value: "no", Text: v.t("transfer.stay"), On: true}, {Value: "yes", Text: v.t("transfer.move")}}}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			t := catalog.Transfer{District: roster.DistrictCode(f.text("district")), To: roster.DepartmentID(f.text("department")), MovesOpen: f.Get("movesOpen") == "yes"}
			for _, text := range f.Values["items"] {
				no, _ := strconv.Atoi(text) // what is no number names no item, which the register refuses
				t.Items = append(t.Items, catalog.ItemNo(no))
			}
			for _, missing := range []struct {
				field string
				is    bool
			}{{"district", t.District == ""}, {"items", len(t.Items) == 0}, {"department", t.To == ""}} {
				if missing.is {
					return register.Order{}, v.choose(missing.field)
				}
			}
			return register.Order{Transfers: []catalog.Transfer{t}}, nil
		},
	},
	{
		kind: "secretary",
		fields: func(v *visit) []entry {
			branch := entry{Name: "branch", Kind: "select"}
			for _, b := range v.Service.Rules().Roster.Branches() {
				if b.Standing(v.today) {
					branch.Choices = append(branch.Choices, choice{Value: string(b.ID), Text: v.unit(string(b.ID))})
				}
			}
			return []entry{branch, {Name: "person", Kind: "select", Choices: v.everybody()}, {Name: "from", Kind: "date"}, {Name: "termEnds", Kind: "date"}, {Name: "renewal", Kind: "radio", Choices: []choice{{Value: "no", Text: v.t("secretary.new"), On: true}, {Value: "yes", Text: v.t("secretary.renewal")}}}}
		},
		order: func(_ *visit, f filing) (register.Order, error) {
			return people(roster.Change{Secretary: &roster.Appointment{
				Branch: roster.BranchID(f.text("branch")), Person: roster.PersonID(f.text("person")), From: f.date("from"), TermEnds: f.date("termEnds"), Renewal: f.Get("renewal") == "yes",
			}}), nil
		},
	},
	{
		kind: "person",
		fields: func(v *visit) []entry {
			return append([]entry{{Name: "id", Kind: "text"}, {Name: "nameZH", Kind: "text"}, {Name: "nameEN", Kind: "text"}}, v.postEntries()...)
		},
		order: func(v *visit, f filing) (register.Order, error) {
			post, err := v.post(f)
			return people(roster.Change{People: &roster.PersonChange{New: &roster.Person{
				ID: roster.PersonID(f.text("id")), NameZH: f.text("nameZH"), NameEN: f.text("nameEN"), Posts: []roster.Post{post},
			}}}), err
		},
	},
	{
		kind: "post",
		fields: func(v *visit) []entry {
			return append([]entry{{Name: "person", Kind: "select", Choices: v.everybody()}, {Name: "change", Kind: "radio", Choices: v.words("post.", "begin", "end", "leave")}}, v.postEntries()...)
		},
		order: func(v *visit, f filing) (register.Order, error) {
			c := roster.PersonChange{Person: roster.PersonID(f.text("person"))}
			if f.Get("change") == "leave" {
				c.Leave = true
				return people(roster.Change{People: &c}), nil
			}
			post, err := v.post(f)
			switch f.Get("change") {
			case "begin":
				c.Begin = []roster.Post{post}
			case "end":
				c.End = []roster.Post{post}
			default:
				err = v.choose("change")
			}
			return people(roster.Change{People: &c}), err
		},
	},
	{
		kind: "officer",
		fields: func(v *visit) []entry {
			project := entry{Name: "project", Kind: "select"}
			for _, p := range v.Service.Rules().Roster.Projects() {
				if p.InForce(v.today) {
					project.Choices = append(project.Choices, choice{Value: string(p.ID), Text: v.project(p.ID)})
				}
			}
			return []entry{project, {Name: "person", Kind: "select", Choices: v.everybody()}}
		},
		order: func(_ *visit, f filing) (register.Order, error) {
			return people(roster.Change{Officer: &roster.Responsible{Project: roster.ProjectID(f.text("project")), Person: roster.PersonID(f.text("person"))}}), nil
		},
	},
}

func people(c roster.Change) register.Order { return register.Order{Roster: []roster.Change{c}} }

// choose refuses a field in which nothing was chosen.
func (v *visit) choose(field string) error {
	return approval.Refuse(approval.Invalid, field, "请选择此项。", "Please choose.")
}

// doubted says what was not understood of a pasted notice.
func doubted(doubts []calendar.Doubt) error {
	e := &approval.Error{Kind: approval.Invalid, Field: "text"}
	for _, d := range doubts {
		if d.Words != "" {
			e.Text.ZH += "“" + d.Words + "”："
			e.Text.EN += "“" + d.Words + "”: "
		}
		e.Text.ZH += d.ZH
		e.Text.EN += d.EN + " "
	}
	return e
}

// competent says who is competent for an item today, district by district.
func (v *visit) competent(no catalog.ItemNo, districts []choice) string {
	var names []string
	for _, d := range districts {
		id, err := v.Service.Rules().Catalog.Competent(no, roster.DistrictCode(d.Value), v.today)
		if name := v.department(id); err == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return v.t("petition.nobody")
	}
	return v.list(names)
}

// postEntries choose a post: a role in a unit.
func (v *visit) postEntries() []entry {
	role, unit := entry{Name: "role", Kind: "select"}, entry{Name: "unit", Kind: "select"}
	for _, r := range roster.Roles() {
		role.Choices = append(role.Choices, choice{Value: string(r), Text: v.name(r.Name())})
	}
	for _, d := range v.Service.Rules().Roster.Departments() {
		if d.Acting(v.today) {
			unit.Choices = append(unit.Choices, choice{Value: string(d.ID), Text: v.department(d.ID)})
		}
	}
	for _, b := range v.Service.Rules().Roster.Branches() {
		if b.Standing(v.today) {
			unit.Choices = append(unit.Choices, choice{Value: string(b.ID), Text: v.unit(string(b.ID))})
		}
	}
	return []entry{role, unit}
}

func (v *visit) post(f filing) (roster.Post, error) {
	p := roster.Post{Role: roster.Role(f.text("role")), Unit: f.text("unit")}
	if p.Role == "" {
		return p, v.choose("role")
	}
	if p.Unit == "" {
		return p, v.choose("unit")
	}
	return p, nil
}

type changeRow struct {
	URL, Title, Kind, Ground, On, Status, StatusText, By string
}

type registerPage struct {
	frame
	Lead        string
	Tabs        []link
	Show        string
	Rows        []changeRow
	Empty       string
	Kinds       []link // what can be proposed about days, competences and people
	Units       []link // and about departments, branches and projects
	Tables      []link // and by a table
	Next, First string
}

// readsRegister refuses who has no business with proposals: they name people.
func (v *visit) readsRegister() error {
	if v.Register == nil {
		return noPage
	}
	return register.Reads(v.viewer.Actor)
}

// registerPage lists change sets, and what stands in the register.
func (v *visit) registerPage() error {
	if err := v.readsRegister(); err != nil {
		return err
	}
	q := v.r.URL.Query()
	p := registerPage{frame: v.frame(v.t("register.title")), Show: q.Get("show")}
	if p.Show != "all" && p.Show != "entries" {
		p.Show = "open"
	}
	state := v.Register.State()
	p.Lead = v.t("register.lead", state.Entered, state.InForce)
	for _, show := range []string{"open", "all", "entries"} {
		p.Tabs = append(p.Tabs, link{Text: v.t("register.show." + show), URL: "/register?show=" + show, Here: show == p.Show})
	}
	if v.viewer.Role == roster.Administrator {
		p.Kinds, p.Units = v.proposalLinks(personProposals), v.proposalLinks(unitProposals)
		p.Tables = v.tableLinks()
	}
	after := q.Get("after")
	if after != "" {
		p.First = "/register?show=" + p.Show
	}
	p.Empty = v.t("register.empty." + p.Show)
	if p.Show == "entries" {
		entries := v.Register.Entries()
		slices.Reverse(entries)
		from, _ := strconv.Atoi(after) // what is no number begins at the first
		from = min(max(from, 0), len(entries))
		for k := range entries[from:min(len(entries), from+perPage)] {
			e := &entries[from+k]
			row := changeRow{URL: "/register/changes/" + e.ChangeSet, Title: e.Title, Kind: v.orderKind(&e.Order), Ground: e.Ground, On: v.date(e.On), Status: "entered", StatusText: v.t("change.later"), By: v.actor(e.ApprovedBy)}
			if e.On <= v.today {
				row.StatusText = v.t("change.inforce")
			}
			p.Rows = append(p.Rows, row)
		}
		if from+perPage < len(entries) {
			p.Next = "/register?show=entries&after=" + strconv.Itoa(from+perPage)
		}
		return v.render(http.StatusOK, "register.html", p)
	}
	list, next, err := v.Register.List(v.ctx(), p.Show == "open", approval.Page{Limit: perPage, Cursor: approval.Cursor(after)})
	if err != nil {
		return err
	}
	for k := range list {
		p.Rows = append(p.Rows, v.changeRow(&list[k]))
	}
	if next != "" {
		p.Next = "/register?show=" + p.Show + "&after=" + url.QueryEscape(string(next))
	}
	return v.render(http.StatusOK, "register.html", p)
}

func (v *visit) proposalLinks(list []proposal) (links []link) {
	for k := range list {
		links = append(links, link{Text: v.t("deed." + list[k].act()), URL: "/register/new?kind=" + list[k].kind})
	}
	return links
}

func (v *visit) changeRow(g *docket.Got[register.ChangeSet]) changeRow {
	c := &g.State
	on := v.t("change.on.approval")
	if !c.On.IsZero() {
		on = v.date(c.On)
	}
	return changeRow{URL: "/register/changes/" + g.ID, Title: c.Title, Kind: v.orderKind(&c.Order), Ground: c.Ground, On: on, Status: string(c.Status), StatusText: v.t("change." + string(c.Status)), By: v.actor(c.ProposedBy)}
}

func (v *visit) orderKind(o *register.Order) string {
	switch {
	case o.Holidays != nil:
		return v.t("order.holidays")
	case len(o.Transfers) > 0:
		return v.t("order.transfers")
	}
	if len(o.Items) > 0 {
		return v.t("order.items")
	}
	return v.t("order.roster")
}

// orderLines say what a change set changes, one thing a line.
func (v *visit) orderLines(o *register.Order) (lines []string) {
	for _, t := range o.Transfers {
		names := make([]string, len(t.Items))
		for k, no := range t.Items {
			names[k] = v.t("item.numbered", int(no), v.item(no))
		}
		open := "transfer.stay"
		if t.MovesOpen {
			open = "transfer.move"
		}
		lines = append(lines, v.t("order.transfer", v.district(t.District), v.list(names), v.department(t.To), v.t(open)))
	}
	if n := o.Holidays; n != nil {
		lines = append(lines, v.t("order.notice", n.Number, n.Year))
		for _, d := range n.Days {
			lines = append(lines, v.t("order.day", v.date(d.Date), v.t("day."+string(d.Kind)), d.Name))
		}
	}
	for k := range o.Items {
		lines = append(lines, v.itemLine(&o.Items[k]))
	}
	for k := range o.Roster {
		lines = append(lines, v.rosterLines(&o.Roster[k])...)
	}
	return lines
}

func (v *visit) rosterLines(c *roster.Change) (lines []string) {
	post := func(p roster.Post) string { return v.t("post", v.unit(p.Unit), v.name(p.Role.Name())) }
	switch {
	case c.Secretary != nil:
		a := c.Secretary
		key := "order.secretary"
		if a.Renewal {
			key = "order.renewal"
		}
		return []string{v.t(key, v.unit(string(a.Branch)), v.person(a.Person), v.date(a.TermEnds))}
	case c.People != nil && c.People.New != nil:
		p := c.People.New
		var posts []string
		for _, q := range p.Posts {
			posts = append(posts, post(q))
		}
		return []string{v.t("order.person", v.name(roster.Name{ZH: p.NameZH, EN: p.NameEN}), v.list(posts))}
	case c.People != nil:
		if c.People.Leave {
			return []string{v.t("order.leave", v.person(c.People.Person))}
		}
		for _, q := range c.People.Begin {
			lines = append(lines, v.t("order.begin", v.person(c.People.Person), post(q)))
		}
		for _, q := range c.People.End {
			lines = append(lines, v.t("order.end", v.person(c.People.Person), post(q)))
		}
		if d := c.People.Declare; d != nil {
			var projects []string
			for _, id := range d.Projects {
				projects = append(projects, v.project(id))
			}
			if projects == nil {
				lines = append(lines, v.t("order.declare.none", v.person(c.People.Person)))
			} else {
				lines = append(lines, v.t("order.declare", v.person(c.People.Person), v.list(projects)))
			}
		}
		return lines
	case c.Units != nil:
		var units []string
		for _, u := range c.Units.Parties {
			units = append(units, v.name(u.Name))
		}
		for _, u := range c.Units.CoBuilders {
			if u.Department != "" {
				u.Name = v.Service.Rules().Roster.UnitName(string(u.Department))
			}
			units = append(units, v.name(u.Name))
		}
		for _, u := range c.Units.Contacts {
			if u.Person != "" {
				units = append(units, v.person(u.Person))
			} else {
				units = append(units, v.name(u.Name))
			}
		}
		if units == nil {
			units = []string{v.t("none")}
		}
		return []string{v.t("order.units", v.unit(string(c.Units.Branch)), v.list(units))}
	case c.Officer != nil:
		return []string{v.t("order.officer", v.project(c.Officer.Project), v.person(c.Officer.Person))}
	case c.Substitute != nil:
		s := c.Substitute
		return []string{v.t("order.substitute", v.department(s.Unit), v.person(s.By), v.person(s.For), v.date(s.From), v.date(s.Until))}
	case c.Found != nil:
		return []string{v.t("order.found", v.name(roster.Name{ZH: c.Found.NameZH, EN: c.Found.NameEN}))}
	case c.Dissolve != nil:
		return []string{v.t("order.dissolve", v.unit(string(c.Dissolve.Branch)))}
	case c.Projects != nil && c.Projects.New != nil:
		return []string{v.t("order.project", v.name(roster.Name{ZH: c.Projects.New.NameZH, EN: c.Projects.New.NameEN}))}
	case c.Projects != nil && c.Projects.Closed:
		return []string{v.t("order.closed", v.project(c.Projects.Project))}
	case c.Projects != nil:
		return []string{v.t("order.joins", v.project(c.Projects.Project), v.unit(string(c.Projects.To)))}
	case c.Reorganise != nil:
		for _, d := range c.Reorganise.New {
			lines = append(lines, v.t("order.department", v.name(roster.Name{ZH: d.NameZH, EN: d.NameEN})))
		}
		for _, p := range c.Reorganise.Passages {
			to := []string{}
			for _, s := range p.Shares {
				to = append(to, v.department(s.To))
			}
			if p.To != "" {
				to = append(to, v.department(p.To))
			}
			lines = append(lines, v.t("order.passage", v.department(p.From), v.list(to)))
			for _, s := range p.Shares {
				var parts []string
				for _, no := range s.Items {
					parts = append(parts, v.t("item.numbered", no, v.item(catalog.ItemNo(no))))
				}
				for _, person := range s.People {
					parts = append(parts, v.person(person))
				}
				lines = append(lines, v.t("order.share", v.list(parts), v.department(s.To)))
			}
		}
		for _, r := range c.Reorganise.Renames {
			lines = append(lines, v.t("order.rename", v.department(r.Department), v.name(roster.Name{ZH: r.NameZH, EN: r.NameEN})))
		}
	}
	return lines
}

// previewView is what a change set would do.
type previewView struct {
	On                        string
	Competences, Tasks, Dates []movedRow
	Handed                    []movedRow
	Held                      []movedRow // what has to be handed over first
	Drafts                    string
	Looked                    string
	Nothing                   bool
}

type movedRow struct{ What, URL, From, To string }

func (v *visit) preview(d register.Draft) (*previewView, error) {
	p, err := v.Register.Preview(v.ctx(), d)
	if err != nil {
		return nil, err
	}
	out := &previewView{On: v.date(p.On), Looked: v.t("preview.looked", p.Looked), Nothing: len(p.Competences)+len(p.Tasks)+len(p.Dates)+len(p.Handed)+len(p.Held)+p.Drafts == 0}
	if !p.Whole {
		out.Looked = v.t("preview.looked.part", p.Looked)
	}
	from := func(id roster.DepartmentID) string {
		if id == "" {
			return v.t("petition.nobody")
		}
		return v.department(id)
	}
	for _, m := range p.Competences {
		out.Competences = append(out.Competences, movedRow{What: v.t("preview.item", int(m.Item), v.item(m.Item), v.district(m.District)), From: from(m.From), To: from(m.To)})
	}
	for _, m := range p.Tasks {
		out.Tasks = append(out.Tasks, movedRow{What: v.t("preview.task", m.Title, m.SignOff), URL: taskURL(m.Issue, m.SignOff), From: v.department(m.From), To: v.department(m.To)})
	}
	for _, m := range p.Handed {
		to := v.unit(string(m.To))
		if m.By != "" {
			to = v.t("preview.by", to, v.person(m.By))
		}
		out.Handed = append(out.Handed, movedRow{What: m.Title, URL: "/issues/" + string(m.Issue), From: v.unit(string(m.From)), To: to})
	}
	for _, h := range p.Held {
		row := movedRow{What: h.Title, URL: "/issues/" + string(h.Issue), From: v.person(h.Person), To: v.t("preview.held.secretary", v.unit(string(h.Branch)))}
		if h.SignOff > 0 {
			row.What, row.URL, row.To = v.t("preview.task", h.Title, h.SignOff), taskURL(h.Issue, h.SignOff), v.t("preview.held.lead", v.department(h.Department))
		}
		out.Held = append(out.Held, row)
	}
	if p.Drafts > 0 {
		out.Drafts = v.t("preview.drafts", p.Drafts)
	}
	for _, m := range p.Dates {
		out.Dates = append(out.Dates, movedRow{What: v.t("preview.task", m.Title, m.SignOff), URL: taskURL(m.Issue, m.SignOff), From: v.date(m.From.On), To: v.date(m.To.On)})
	}
	return out, nil
}

type proposePage struct {
	frame
	Summary []link
	Form    deedView
	Preview *previewView
	Lines   []string // what was read
}

// proposePage is the form of one kind of change.
func (v *visit) proposePage() error {
	p, err := v.proposal(v.r.URL.Query().Get("kind"))
	if err != nil {
		return err
	}
	return v.showProposal(http.StatusOK, p, nil, nil)
}

func (v *visit) proposal(kind string) (*proposal, error) {
	if err := v.readsRegister(); err != nil {
		return nil, err
	}
	if err := register.Administers(v.viewer.Actor); err != nil {
		return nil, err
	}
	k := slices.IndexFunc(proposals, func(p proposal) bool { return p.kind == kind })
	if k < 0 {
		return nil, noPage
	}
	return &proposals[k], nil
}

func (v *visit) showProposal(status int, p *proposal, wrong problems, seen *register.Draft) error {
	act := p.act()
	fields := append(p.fields(v), entry{Name: "title", Kind: "text"}, entry{Name: "ground", Kind: "text"}, entry{Name: "reason", Kind: "area"}, entry{Name: "on", Kind: "date"})
	for k := range fields {
		if e := &fields[k]; slices.Contains([]string{"title", "ground", "reason", "on"}, e.Name) {
			e.Label, e.Hint = v.t("propose."+e.Name), v.t("propose."+e.Name+".hint")
		}
	}
	page := proposePage{frame: v.frame(v.t("deed." + act))}
	page.Form = v.filled(act, 0, 0, v.labelled(act, fields), stamp{Key: rand.Text()}, "/register/new?kind="+p.kind, wrong)
	page.Form.Do, page.Form.Next, page.Form.Preview = v.t("propose.do"), v.t("propose.next"), true
	page.Summary = page.Form.summary()
	if seen != nil {
		preview, err := v.preview(*seen)
		if err != nil {
			more, ok := v.refused(err)
			if !ok {
				return err
			}
			return v.showProposal(statusOf(err), p, more, nil)
		}
		page.Preview, page.Lines = preview, v.orderLines(&seen.Order)
	}
	return v.render(status, "propose.html", page)
}

// propose takes the form: preview or propose, as the button pressed says.
func (v *visit) propose() error {
	p, err := v.proposal(v.r.URL.Query().Get("kind"))
	if err != nil {
		return err
	}
	f := filing{Values: v.r.PostForm}
	d := register.Draft{Title: f.text("title"), Reason: f.text("reason"), Ground: f.text("ground"), On: f.date("on")}
	if d.On.IsZero() && f.text("on") != "" {
		err = approval.Refuse(approval.Invalid, "on", "日期无法识别，请按年-月-日填写。", "This is no date; write it as year-month-day.")
	} else {
		d.Order, err = p.order(v, f)
	}
	if err == nil && len(d.Order.Transfers) > 0 { // what moves names its document, in a preview too
		err = approval.CheckText("ground", d.Ground, most, true)
	}
	if err == nil && f.Get("preview") != "" {
		return v.showProposal(http.StatusOK, p, problems{}, &d)
	}
	if err == nil {
		call := v.call()
		call.Expect = 0
		var got docket.Got[register.ChangeSet]
		if got, err = v.Register.Propose(v.ctx(), call, d); err == nil {
			v.redirect("/register/changes/" + got.ID + "?done=propose")
			return nil
		}
	}
	return v.unproposed(p, &d, err)
}

func (v *visit) unproposed(p *proposal, d *register.Draft, err error) error {
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	if _, held := errors.AsType[*register.NotHandedOver](err); held { // the preview lists it
		return v.showProposal(statusOf(err), p, wrong, d)
	}
	return v.showProposal(statusOf(err), p, wrong, nil)
}

type changePage struct {
	frame
	Row            changeRow
	Reason, Note   string
	Lines          []string
	Summary        []link
	Preview        *previewView
	PreviewProblem string
	Forms          []deedView
	Kept           bool
	Typed          url.Values
	Events         []eventView
}

func (v *visit) changePage() error { return v.showChange(http.StatusOK, nil) }

func (v *visit) showChange(status int, wrong problems) error {
	if err := v.readsRegister(); err != nil {
		return err
	}
	id := v.r.PathValue("id")
	got, err := v.Register.Get(v.ctx(), id)
	if err != nil {
		return err
	}
	c := &got.State
	p := changePage{frame: v.frame(c.Title), Row: v.changeRow(&got), Reason: c.Reason, Note: c.Note, Lines: v.orderLines(&c.Order), Typed: v.r.PostForm}
	for _, act := range register.Open(v.Service.Rules().Roster, *c, v.viewer.Actor, v.now) {
		var fields []entry
		if act != register.EvApprove {
			fields = []entry{{Name: "reason", Kind: "area"}}
		}
		form := v.filled(act, 0, 0, v.labelled(act, fields), stamp{Key: rand.Text(), Version: got.Version}, "/register/changes/"+id, wrong)
		form.Grave = act != register.EvApprove
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
	if c.Status == register.Proposed {
		p.Preview, err = v.preview(register.Draft{Title: c.Title, Reason: c.Reason, Ground: c.Ground, On: c.On, Order: c.Order})
		if e, ok := errors.AsType[*approval.Error](err); ok {
			p.PreviewProblem = v.named(v.text(e.Text))
		} else if err != nil {
			return err
		}
	}
	events, _, err := v.Register.Trail(v.ctx(), id, 0, approval.Page{Limit: most})
	if err != nil {
		return err
	}
	for k := range events {
		p.Events = append(p.Events, v.recordEvent(&events[k], "change.event."))
	}
	return v.render(status, "change.html", p)
}

// recordEvent says what happened to a record that is no issue.
func (v *visit) recordEvent(e *approval.Event, prefix string) eventView {
	out := eventView{Seq: e.Seq, At: v.moment(e.At), Ground: e.Ground, Reason: e.Reason, Class: "person", Text: v.t(prefix+e.Kind, v.actor(e.By))}
	if e.By.Person == "" {
		out.Class = "machine"
	}
	return out
}

func (v *visit) changeAct() error {
	if err := v.readsRegister(); err != nil {
		return err
	}
	id, act := v.r.PathValue("id"), v.r.PostForm.Get("act")
	var err error
	switch act {
	case register.EvApprove:
		_, err = v.Register.Approve(v.ctx(), id, v.call())
	case register.EvRefuse:
		_, err = v.Register.Refuse(v.ctx(), id, v.typed("reason"), v.call())
	case register.EvWithdraw:
		_, err = v.Register.Withdraw(v.ctx(), id, v.typed("reason"), v.call())
	default:
		err = &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: v.t("form.choose"), EN: v.t("form.choose")}}
	}
	if err == nil {
		v.redirect("/register/changes/" + id + "?done=" + act)
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showChange(statusOf(err), wrong)
}
