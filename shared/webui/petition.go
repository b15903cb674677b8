package webui

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

type petitionPage struct {
	frame
	Attachments string // address of the draft's
	Action      string
	Stamp       stamp
	Problems    problems
	Summary     []link   // the problems, each with the place to mend it
	Wrong       []string // why there is no plan yet

	Find     string // what is sought among items and matters
	Found    string // how many are meant
	Projects []choice
	Subject  string
	Body     string
	Assumed  string
	Stages   []itemGroup
	Matters  []matterGroup
	Marks    []markNote
	Plan     *plan
	Newer    *approval.Petition // the draft as saved meanwhile, beside what was typed
}

// choice is an option, box or radio with its label.
type choice struct {
	Value, Text, Note string
	On                bool
	Problem           string
}

type itemGroup struct {
	Name   string
	Open   bool
	Hidden bool // nothing in it is sought or chosen
	Items  []itemChoice
}

type itemChoice struct {
	choice
	Hidden                            bool   // neither sought nor chosen
	Reading                           string // of its name, for the search
	Department, Limit, Mark, MarkCode string
	Commitment                        bool // on offer
	Committed                         bool // asked for
	CommitmentProblem, CommitmentNote string
	Unit                              string // how 日 is read
}

type matterGroup struct {
	Name, Limit, Note string
	Open, Hidden      bool
	Reading           string
	Usual, Others     []choice
	OthersOpen        bool
	Code              string
	Joins             []choice // the rules by which it may be agreed
	K                 int
}

type markNote struct{ Code, Text string }

// petitionPage shows the form, empty or with a draft in it.
func (v *visit) petitionPage() error {
	draft, err := v.draft()
	if err != nil {
		return err
	}
	return v.showPetition(http.StatusOK, draft, asked(draft), nil, nil)
}

// asked is the petition that a draft holds.
func asked(draft *approval.Issue) approval.Petition {
	return approval.Petition{
		Project: draft.Project, Title: draft.Title, Body: draft.Body, Items: draft.Items,
		Commitments: draft.Commitments, Parties: draft.Parties, Joins: draft.Joins, Assumed: draft.Assumed,
	}
}

// draft is the draft that the address names, or an issue that does not exist yet.
func (v *visit) draft() (*approval.Issue, error) {
	if v.viewer.Role != roster.Secretary {
		return nil, &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "问题由项目临时党支部书记提出。", EN: "Issues are raised by the secretary of a project's branch."}}
	}
	id := approval.IssueID(v.r.PathValue("id"))
	if id == "" {
		return &approval.Issue{}, nil
	}
	issue, err := v.Service.Issue(v.ctx(), id, v.viewer.Actor)
	if err != nil {
		return nil, err
	}
	if issue.Status != approval.Draft {
		return nil, &approval.Error{Kind: approval.Closed, Text: approval.Text{ZH: "该问题已提出，不能再按草稿修改。", EN: "The issue has been raised and is no draft any more."}}
	}
	return &issue, nil
}

// petition takes the form: preview, save or raise, as the button pressed says.
func (v *visit) petition() error {
	draft, err := v.draft()
	if err != nil {
		return err
	}
	p := v.typedPetition()
	var cmd approval.Command
	switch v.r.PostForm.Get("act") {
	case "save":
		cmd = approval.Save{Petition: p}
	case "raise":
		cmd = approval.Raise{Petition: &p}
	case "find":
		return v.showPetition(http.StatusOK, draft, p, nil, nil)
	default:
		project, _ := v.Service.Rules().Roster.Project(p.Project)
		preview, wrong := v.plan(project, p)
		if v.r.PostForm.Get("act") == "live" {
			return v.render(http.StatusOK, "live", petitionPage{Plan: preview, Wrong: slices.Collect(maps.Values(wrong))})
		}
		status := http.StatusOK
		if wrong != nil {
			status = http.StatusUnprocessableEntity
		}
		return v.showPetition(status, draft, p, wrong, func(page *petitionPage) { page.Plan = preview })
	}
	issue := approval.Issue{}
	if draft.ID == "" {
		call := v.call()
		call.Expect = 0
		issue, _, err = v.Service.Create(v.ctx(), cmd, call)
	} else {
		issue, err = v.do(draft.ID, 0, cmd)
	}
	if err != nil {
		wrong, ok := v.refused(err)
		if !ok {
			return err
		}
		stale := approval.IsKind(err, approval.Stale)
		return v.showPetition(statusOf(err), draft, p, wrong, func(page *petitionPage) {
			if stale {
				newer := asked(draft)
				page.Newer = &newer
			}
		})
	}
	if issue.Status == approval.Draft {
		v.redirect("/issues/" + string(issue.ID) + "/edit?done=saved")
	} else {
		v.redirect("/issues/" + string(issue.ID) + "?done=raised")
	}
	return nil
}

func (v *visit) typedPetition() approval.Petition {
	p := approval.Petition{Project: roster.ProjectID(v.typed("project")), Title: v.typed("title"), Body: v.typed("body"), Assumed: v.typedLines("assumed")}
	numbers := func(name string) (nos []catalog.ItemNo) {
		for _, text := range v.r.PostForm[name] {
			if no, err := strconv.Atoi(text); err == nil {
				nos = append(nos, catalog.ItemNo(no))
			}
		}
		return nos
	}
	p.Items, p.Commitments = numbers("item"), numbers("commitment")
	for _, text := range v.r.PostForm["party"] {
		if matter, department, ok := strings.Cut(text, "/"); ok {
			p.Parties = append(p.Parties, approval.Party{Matter: catalog.MatterCode(matter), Department: roster.DepartmentID(department)})
		}
	}
	for _, text := range v.r.PostForm["join"] {
		if matter, rest, ok := strings.Cut(text, "/"); ok {
			rule, lead, _ := strings.Cut(rest, "/")
			j := approval.Join{Matter: catalog.MatterCode(matter), Rule: catalog.JoinRule(rule), Lead: roster.DepartmentID(lead)}
			if j.Rule == catalog.JoinKofN {
				j.K, _ = strconv.Atoi(v.typed("k-" + matter)) // what is no number is refused as 0
			}
			p.Joins = append(p.Joins, j)
		}
	}
	return p
}

func (v *visit) showPetition(status int, draft *approval.Issue, p approval.Petition, wrong problems, add func(*petitionPage)) error {
	page := petitionPage{
		frame: v.frame(v.t("petition.title")), Action: "/issues/new", Stamp: v.stamp(draft, 0), Problems: problems{},
		Find: clip(strings.TrimSpace(v.r.PostForm.Get("find")), 40), Subject: p.Title, Body: p.Body, Assumed: strings.Join(p.Assumed, "\n"),
	}
	if draft.ID != "" {
		page.Title, page.Action = v.t("petition.title.draft"), "/issues/"+string(draft.ID)+"/edit"
		page.Attachments = papersURL(draft.ID)
	}
	if p.Project == "" && len(v.mine()) > 0 {
		p.Project = v.mine()[0]
	}
	project, _ := v.Service.Rules().Roster.Project(p.Project)
	if add != nil {
		add(&page)
	}
	items, commitments, parties := v.spread(&page, p, wrong)
	for _, id := range v.mine() {
		page.Projects = append(page.Projects, choice{Value: string(id), Text: v.project(id), On: id == p.Project})
	}
	v.offerItems(&page, project, p, items, commitments)
	v.offerMatters(&page, project, p, parties)
	v.seek(&page)
	for _, m := range catalog.Marks() {
		page.Marks = append(page.Marks, markNote{string(m), v.t("mark." + string(m))})
	}
	return v.render(status, "petition.html", page)
}

// spread lays the problems out by the place where each is mended.
func (v *visit) spread(page *petitionPage, p approval.Petition, wrong problems) (items, commitments map[catalog.ItemNo]string, parties map[approval.Party]string) {
	items, commitments, parties = map[catalog.ItemNo]string{}, map[catalog.ItemNo]string{}, map[approval.Party]string{}
	for field, text := range wrong {
		group, rest, indexed := strings.Cut(field, "[")
		k, err := strconv.Atoi(strings.TrimRight(strings.Split(rest, "]")[0], "]"))
		anchor := "#f-" + group
		switch {
		case field == "":
			anchor = "#form"
		case indexed && err == nil && group == "items" && k < len(p.Items):
			items[p.Items[k]] = text
		case indexed && err == nil && group == "commitments" && k < len(p.Commitments):
			commitments[p.Commitments[k]] = text
			anchor = "#f-items"
		case indexed && err == nil && group == "parties" && k < len(p.Parties):
			parties[p.Parties[k]] = text
		case group == "joins":
			anchor = "#f-parties"
		}
		page.Problems[group] = text
		page.Summary = append(page.Summary, link{Text: text, URL: anchor})
	}
	return items, commitments, parties
}

func (v *visit) offerItems(page *petitionPage, project roster.Project, p approval.Petition, wrong, wrongCommitment map[catalog.ItemNo]string) {
	for _, stage := range v.Service.Rules().Catalog.Stages() {
		g := itemGroup{Name: v.name(stage.Name())}
		for _, item := range v.Service.Rules().Catalog.Items() {
			if item.Stage != stage {
				continue
			}
			limit, mark := item.ClockLimit()
			c := itemChoice{
				Reading: syllables(item.NameZH),
				choice:  choice{Value: strconv.Itoa(int(item.No)), Text: v.item(item.No), On: slices.Contains(p.Items, item.No), Problem: wrong[item.No]},
				Limit:   v.limit(limit), Mark: v.mark(mark), MarkCode: string(mark), Commitment: item.CommitmentAllowed, Committed: slices.Contains(p.Commitments, item.No),
				CommitmentProblem: wrongCommitment[item.No], Unit: v.name(item.Statutory.UnitNote()),
			}
			if item.CommitmentOrigin.IsAssumed() {
				c.CommitmentNote = v.name(item.CommitmentOrigin.Assumed)
			}
			if d, err := v.Service.Rules().Catalog.Competent(item.No, project.District, v.today); err == nil {
				c.Department = v.department(d)
			} else {
				c.Department = v.t("petition.nobody")
			}
			g.Open = g.Open || c.On || c.Committed || c.Problem != ""
			g.Items = append(g.Items, c)
		}
		page.Stages = append(page.Stages, g)
	}
}

func (v *visit) offerMatters(page *petitionPage, project roster.Project, p approval.Petition, wrong map[approval.Party]string) {
	for _, m := range v.Service.Rules().Catalog.Matters() {
		limit, mark := m.ClockLimit()
		g := matterGroup{Reading: syllables(m.NameZH), Name: v.matter(m.Code), Limit: v.t("petition.matter.limit", v.limit(limit), v.mark(mark)), Note: v.name(m.Assumed)}
		// Kinds without a department in this district have no party to offer.
		usual, _ := v.Service.Rules().Catalog.Parties(m.Code, project, v.Service.Rules().Roster, v.today)
		for _, d := range v.Service.Rules().Roster.Departments() {
			party := approval.Party{Matter: m.Code, Department: d.ID}
			c := choice{Value: string(m.Code) + "/" + string(d.ID), Text: v.department(d.ID), On: slices.Contains(p.Parties, party), Problem: wrong[party]}
			switch {
			case !(d.Kind.Decides() && d.Acting(v.today)) && !c.On:
				continue
			case slices.Contains(usual, d.ID):
				g.Usual = append(g.Usual, c)
			default:
				g.Others = append(g.Others, c)
				g.OthersOpen = g.OthersOpen || c.On
			}
			g.Open = g.Open || c.On
		}
		v.offerJoins(&g, m, p)
		page.Matters = append(page.Matters, g)
	}
}

// seek hides what is neither sought nor chosen, and opens what is.
func (v *visit) seek(page *petitionPage) {
	if page.Find == "" {
		return
	}
	n := 0
	for k := range page.Stages {
		g := &page.Stages[k]
		g.Hidden = !g.Open
		for j := range g.Items {
			item := &g.Items[j]
			found := sought(page.Find, item.Text+" "+item.Department, item.Reading)
			item.Hidden = !found && !item.On && !item.Committed && item.Problem == ""
			if found {
				n++
				g.Open, g.Hidden = true, false
			}
		}
	}
	for k := range page.Matters {
		g := &page.Matters[k]
		found := sought(page.Find, g.Name, g.Reading)
		g.Hidden = !found && !g.Open
		if found {
			n++
			g.Open = true
		}
	}
	page.Found = v.t("petition.found", n)
}

// offerJoins offers the rules by which a matter may be agreed: the catalogue's,
// or another one, with every department ticked for it as the lead.
func (v *visit) offerJoins(g *matterGroup, m catalog.Matter, p approval.Petition) {
	g.Code = string(m.Code)
	asked, usual := approval.Join{}, m.Join.Rule
	for _, j := range p.Joins {
		if j.Matter == m.Code {
			asked, g.K, g.Open = j, j.K, true
		}
	}
	if usual == "" {
		usual = catalog.JoinAll
	}
	g.Joins = append(g.Joins, choice{Text: v.t("petition.join.usual", v.name(usual.Name())), On: asked.Rule == ""})
	for _, rule := range []catalog.JoinRule{catalog.JoinAll, catalog.JoinAny, catalog.JoinKofN} {
		g.Joins = append(g.Joins, choice{Value: g.Code + "/" + string(rule), Text: v.name(rule.Name()), On: asked.Rule == rule})
	}
	for _, c := range slices.Concat(g.Usual, g.Others) {
		_, id, _ := strings.Cut(c.Value, "/")
		on := asked.Rule == catalog.JoinLead && string(asked.Lead) == id
		if on || c.On || slices.ContainsFunc(g.Usual, func(u choice) bool { return u.Value == c.Value }) {
			g.Joins = append(g.Joins, choice{Value: g.Code + "/" + string(catalog.JoinLead) + "/" + id, Text: v.t("petition.join.lead", c.Text), On: on})
		}
	}
}

// joins says by which rules the issue's matters are agreed.
func (v *visit) joins(issue *approval.Issue) (lines []string) {
	for _, j := range issue.Joins {
		switch j.Rule {
		case catalog.JoinKofN:
			lines = append(lines, v.t("join.k_of_n", v.matter(j.Matter), j.K))
		case catalog.JoinLead:
			lines = append(lines, v.t("join.lead", v.matter(j.Matter), v.department(j.Lead)))
		default:
			lines = append(lines, v.t("join."+string(j.Rule), v.matter(j.Matter)))
		}
	}
	return lines
}

// plan is what raising would lead to.
type plan struct {
	Tasks       []planTask
	End         string
	Departments int
	Provisional bool
	Foresight   string
	Graph       *graph
	Chart       *gantt
}

type planTask struct {
	N                                     int
	Subject, Department, Limit, Mark      string
	MarkCode, Requires, Relaxed, From, To string
	Provisional                           bool
}

// plan asks the rules for the plan of a petition, as raising would.
func (v *visit) plan(project roster.Project, p approval.Petition) (*plan, problems) {
	signOffs, err := v.Service.Rules().Plan(project.District, p, v.today)
	if err != nil {
		e, ok := errors.AsType[*approval.Error](err)
		if !ok {
			return nil, problems{"": v.t("error.500.text")}
		}
		return nil, problems{e.Field: v.text(e.Text)}
	}
	issue := approval.Issue{District: project.District, SignOffs: signOffs, CreatedAt: v.now}
	out := &plan{Foresight: v.foresight(&issue)}
	departments := map[roster.DepartmentID]bool{}
	line, err := v.Service.Rules().Timeline(&issue, v.today)
	if err != nil {
		v.Log.ErrorContext(v.ctx(), "a plan cannot be laid on the calendar", "error", err)
		return nil, problems{"": v.t("error.500.text")}
	}
	for k := range signOffs {
		s := &signOffs[k]
		departments[s.Department] = true
		planned := line.Lines[k].Planned
		provisional := v.Service.Rules().Calendar.ProvisionalIn(v.today, planned.To)
		out.Provisional = out.Provisional || provisional
		out.Tasks = append(out.Tasks, planTask{
			N: s.N, Subject: v.subject(s), Department: v.department(s.Department), Limit: v.limit(s.Limit),
			Mark: v.mark(s.LimitMark), MarkCode: string(s.LimitMark), Requires: v.numbers(s.Requires), Relaxed: v.numbers(s.Relaxed),
			From: v.date(planned.From), To: v.date(planned.To), Provisional: provisional,
		})
	}
	out.Departments, out.End = len(departments), v.date(line.End)
	out.Graph = v.graph(signOffs)
	out.Chart, err = v.gantt(&issue)
	if err != nil {
		v.Log.ErrorContext(v.ctx(), "chart of a plan failed", "error", err)
	}
	return out, nil
}
