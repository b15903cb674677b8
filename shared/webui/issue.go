package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

// issueHead is the top of every page about an issue.
type issueHead struct {
	ID, URL, Title   string
	Project, Branch  string
	ProjectURL       string
	Status, Sentence string
	Holder           string
	Light            light
	Lit              bool
	Tier             string
	Raised, RaisedBy string
	Officer          string
	Round            int
	Held             bool
	Whole            string // the planned last day of the whole, with its light
}

func (v *visit) head(i *approval.Issue) issueHead {
	h := issueHead{
		ID: string(i.ID), URL: "/issues/" + string(i.ID), Title: i.Title, Project: v.project(i.Project), Branch: v.unit(string(i.Branch)),
		ProjectURL: "/issues?project=" + url.QueryEscape(string(i.Project)), Status: string(i.Status), Light: v.light(i.Light), Lit: !i.Status.Ended() && i.Status != approval.Returned,
		Raised: v.moment(i.RaisedAt), RaisedBy: v.actor(i.RaisedBy), Officer: v.person(v.Service.Rules().OfficerOf(i)), Round: i.Round(), Held: i.Hold != nil,
	}
	if roster.Above(i.Tier, roster.TierBranch) {
		h.Tier = v.tier(i.Tier)
	}
	if !i.Whole.On.IsZero() && !i.Status.Ended() {
		h.Whole = v.t("whole", v.date(i.Whole.On), v.left(i.Whole.On, v.today, calendar.WorkingDays), v.t("light."+string(v.Service.Rules().WholeLight(i, v.today))))
	}
	h.Sentence, h.Holder = v.sentence(i)
	return h
}

// sentence says where the issue stands and who holds it now.
func (v *visit) sentence(i *approval.Issue) (where, holder string) {
	key := "sentence." + string(i.Status)
	branch := v.unit(string(i.Branch))
	switch i.Status {
	case approval.InSignOff:
		where = v.t(key, i.Count.All, i.Count.Granted, i.Count.Open, i.Count.Waiting)
		if !i.NextDue.IsZero() {
			where += v.t("sentence.due", v.date(i.NextDue), v.left(i.NextDue, v.today, calendar.WorkingDays))
		}
		names := v.atWork(i)
		if len(names) == 0 {
			return where, v.t("machine")
		}
		return where, v.list(names)
	case approval.Consulting:
		if con := i.Consultation; con != nil {
			unit, _ := v.Service.Rules().Roster.Up(i.Branch, con.Tier)
			if con.Why() != approval.OnObjection {
				key += ".convened"
			}
			where = v.t(key, v.tier(con.Tier), v.date(con.DueOn.On), v.left(con.DueOn.On, v.today, calendar.WorkingDays))
			return where, v.list(append([]string{v.unit(string(unit))}, v.atWork(i)...))
		}
	case approval.Concluded:
		return v.t(key, v.t("verdict."+string(i.Verdict)), v.date(calendar.Of(i.ConcludedAt))), branch
	case approval.Confirmed:
		return v.t(key, v.t("verdict."+string(i.Verdict)), v.date(calendar.Of(i.ConfirmedAt))), ""
	case approval.Withdrawn:
		return v.t(key, v.date(calendar.Of(i.ConcludedAt))), ""
	case approval.Raised:
		return v.t(key), v.t("machine")
	}
	return v.t(key), branch
}

// atWork are the departments that owe an answer, and the branch where it owes one
// to them.
func (v *visit) atWork(i *approval.Issue) []string {
	var names []string
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		name := v.department(s.Department)
		switch s.State {
		case approval.Open:
		case approval.Supplement:
			name = v.t("holder.supplement", v.unit(string(i.Branch)), name)
		case approval.PapersBack:
			name = v.t("holder.papers_back", v.unit(string(i.Branch)), name)
		default:
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// act is one form of the issue page.
type act struct {
	ID       string // unique on the page
	Act      string
	N        int
	Stamp    stamp
	Problems problems
	Typed    url.Values
	Task     taskView
	Choices  []choice
	Open     bool
}

type holdView struct{ At, Error, Cause string }

type measureView struct {
	SpanWorking, SpanDays, Net, Gross int
	RaisedOn, LastOn                  string
	Baselines                         []baselineView
	Headline                          string
}

type baselineView struct {
	Name, Days, Note string
}

type issuePage struct {
	frame
	Issue    issueHead
	Body     []string
	Assumed  []string
	Joins    []string // by which rules its matters are agreed
	Problems problems
	Summary  []link
	Since    []eventView
	Typed    url.Values

	Hold          *holdView
	Resume        *act
	Rulings       []act
	Supplements   []act
	Refilings     []act
	Resubmit      *act
	Confirm       *act
	Withdraw      *act
	Tasks         []taskView
	Consultations []*consultationView // the present one first
	Chart         *gantt
	QR            *qrCode
	Foresight     string
	Graph         *graph
	Measure       *measureView
	Rating        string
	RatingText    string
	Rounds        []string
	Events        []eventView
	Check         string // the search for it, for who may check its chain
	Papers        *papersView
	Duties        *dutiesView
	Groups        []deedGroup
	Votes         []deedView  // a vote that the viewer's unit has not cast
	Holding       []deedGroup // how the consultation is conducted
}

func (v *visit) issuePage() error {
	issue, err := v.Service.Issue(v.ctx(), approval.IssueID(v.r.PathValue("id")), v.viewer.Actor)
	if err != nil {
		return err
	}
	if issue.Status == approval.Draft {
		v.redirect("/issues/" + string(issue.ID) + "/edit")
		return nil
	}
	return v.showIssue(http.StatusOK, &issue, nil)
}

// issueAct takes the forms of the issue page.
func (v *visit) issueAct() error {
	id := approval.IssueID(v.r.PathValue("id"))
	n, _ := strconv.Atoi(v.r.PostForm.Get("n")) // 0: about the issue as a whole
	var cmd approval.Command
	name := v.r.PostForm.Get("act")
	switch name {
	case "rule":
		cmd = approval.Rule{SignOff: n, Outcome: approval.Outcome(v.typed("outcome")), Reason: v.typed("reason")}
	case "answer":
		cmd = approval.AnswerSupplement{SignOff: n, Text: v.typed("text")}
	case "refile":
		cmd = approval.Refile{SignOff: n, Text: v.typed("text")}
	case "resubmit":
		cmd = approval.Resubmit{Note: v.typed("note")}
	case "withdraw":
		cmd = approval.Withdraw{Reason: v.typed("reason")}
	case "confirm":
		stars, _ := strconv.Atoi(v.typed("stars")) // none chosen is 0, which the rules refuse
		cmd = approval.Confirm{Stars: stars, Comment: v.typed("comment")}
	case "resume":
		cmd = approval.Resume{Reason: v.typed("reason")}
	default:
		cmd = v.commanded([][]deed{issueDeeds, toleranceDeeds, consultDeeds}, 0)
	}
	var err error = &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: "请从页面上的表单办理。", EN: "Please use one of the forms on the page."}}
	if _, link := cmd.(approval.Invite); link {
		if err = v.invite(id); err == nil {
			return nil
		}
	} else if cmd != nil {
		_, err = v.do(id, n, cmd)
	}
	if err == nil {
		v.redirect("/issues/" + string(id) + "?done=" + name)
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	status := statusOf(err)
	issue, err := v.Service.Issue(v.ctx(), id, v.viewer.Actor)
	if err != nil {
		return err
	}
	return v.showIssue(status, &issue, wrong)
}

func (v *visit) showIssue(status int, issue *approval.Issue, wrong problems) error {
	p := issuePage{frame: v.frame(issue.Title), Issue: v.head(issue), Body: strings.Split(issue.Body, "\n"), Assumed: v.assumed(issue), Joins: v.joins(issue), Problems: problems{}, Typed: v.r.PostForm}
	sent, sentN := v.r.PostForm.Get("act"), v.r.PostForm.Get("n")
	form := func(name string, n int) *act {
		a := &act{ID: name, Act: name, N: n, Stamp: v.stamp(issue, n), Problems: problems{}, Typed: url.Values{}}
		if n > 0 {
			a.ID += strconv.Itoa(n)
		}
		if wrong != nil && sent == name && (n == 0 || sentN == strconv.Itoa(n)) {
			a.Problems, a.Typed, a.Open = wrong, v.r.PostForm, true
			for field, text := range wrong {
				anchor := "#f-" + a.ID + "-" + field
				if field == "" {
					anchor = "#" + a.ID
				}
				p.Summary = append(p.Summary, link{Text: text, URL: anchor})
			}
		}
		return a
	}
	offered := func(name string, try approval.Command) *act {
		if v.allowed(issue, try) != nil {
			return nil
		}
		return form(name, 0)
	}
	p.Resubmit = offered("resubmit", approval.Resubmit{Note: "-"})
	p.Confirm = offered("confirm", approval.Confirm{Stars: 5})
	p.Withdraw = offered("withdraw", approval.Withdraw{Reason: "-"})
	p.Resume = offered("resume", approval.Resume{Reason: "-"})
	if p.Confirm != nil {
		for stars := 5; stars >= 1; stars-- {
			p.Confirm.Choices = append(p.Confirm.Choices, choice{Value: strconv.Itoa(stars), Text: v.t("stars", stars), Note: v.t("stars." + strconv.Itoa(stars)), On: p.Confirm.Typed.Get("stars") == strconv.Itoa(stars)})
		}
	}
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		task := v.task(issue.ID, issue.Project, s)
		p.Tasks = append(p.Tasks, task)
		if v.allowed(issue, approval.Rule{SignOff: s.N, Outcome: approval.SetAside, Reason: "-"}) == nil {
			a := form("rule", s.N)
			a.Task = task
			for _, outcome := range []approval.Outcome{approval.SetAside, approval.Revise, approval.Uphold} {
				a.Choices = append(a.Choices, choice{Value: string(outcome), Text: v.t("outcome." + string(outcome)), Note: v.t("next.rule." + string(outcome)), On: a.Typed.Get("outcome") == string(outcome)})
			}
			p.Rulings = append(p.Rulings, *a)
		}
		if v.allowed(issue, approval.AnswerSupplement{SignOff: s.N, Text: "-"}) == nil {
			a := form("answer", s.N)
			a.Task = task
			p.Supplements = append(p.Supplements, *a)
		}
		if v.allowed(issue, approval.Refile{SignOff: s.N, Text: "-"}) == nil {
			a := form("refile", s.N)
			a.Task = task
			p.Refilings = append(p.Refilings, *a)
		}
	}
	if h := issue.Hold; h != nil {
		p.Hold = &holdView{At: v.moment(h.At), Error: h.Error, Cause: h.Cause}
	}
	if con := issue.Consultation; con != nil {
		p.Consultations = append(p.Consultations, v.consultation(issue, con))
	}
	for k := range issue.Past {
		p.Consultations = append(p.Consultations, v.consultation(issue, &issue.Past[len(issue.Past)-1-k]))
	}
	whole := slices.Concat(toleranceDeeds, issueDeeds)
	views, _ := v.deeds(whole, subject{issue: issue}, "/issues/"+string(issue.ID), wrong)
	_, p.Groups = v.folded(whole, views, "whole")
	held, _ := v.deeds(consultDeeds, subject{issue: issue}, "/issues/"+string(issue.ID), wrong)
	p.Votes, p.Holding = v.folded(consultDeeds, held, "whole")
	views = append(views, held...)
	for k := range views {
		if views[k].Open {
			p.Summary = views[k].summary()
		}
	}
	p.Duties = v.duties(issue, all(issue), nil)
	if wrong != nil && len(p.Summary) == 0 { // the form that was sent is not offered any more
		for field, text := range wrong {
			p.Problems[field] = text
			p.Summary = append(p.Summary, link{Text: text, URL: "#main"})
		}
	}
	for _, round := range issue.Rounds {
		if round.Note != "" {
			p.Rounds = append(p.Rounds, v.t("round.note", round.N, v.moment(round.StartedAt), round.Note))
		}
	}
	if r := issue.Rating; r != nil {
		p.Rating, p.RatingText = v.t("rating", v.actor(r.By), v.t("stars", r.Stars), v.moment(r.At)), r.Comment
	}
	p.Graph = v.graph(issue.SignOffs)
	if papers := v.papers(issue, nil); len(papers.List) > 0 || papers.Form != nil || papers.Elsewhere {
		p.Papers = papers
	}
	return v.finishIssue(status, issue, &p, wrong)
}

// finishIssue adds what is counted and read: chart, measure, events.
func (v *visit) finishIssue(status int, issue *approval.Issue, p *issuePage, wrong problems) (err error) {
	p.Foresight = v.foresight(issue)
	if p.Chart, err = v.gantt(issue); err != nil {
		return err
	}
	if p.QR, err = v.qr("/issues/" + string(issue.ID)); err != nil {
		return err
	}
	if p.Measure, err = v.measure(issue); err != nil {
		return err
	}
	if p.Events, err = v.events(issue, 0); err != nil {
		return err
	}
	slices.Reverse(p.Events)
	if v.Chains != nil && oversight.Audits(v.viewer.Actor) == nil {
		p.Check = url.Values{"issue": {string(issue.ID)}}.Encode()
	}
	if wrong != nil {
		if p.Since, err = v.since(issue); err != nil {
			return err
		}
	}
	return v.render(status, "issue.html", p)
}

// assumed lists what stands behind the issue without a source.
func (v *visit) assumed(issue *approval.Issue) []string {
	list := slices.Clone(issue.Assumed)
	if project, ok := v.Service.Rules().Roster.Project(issue.Project); ok && project.IsAssumed() {
		list = append(list, v.t("assumed.project", v.name(project.Assumed)))
	}
	type group struct {
		limit calendar.Limit
		mark  catalog.Mark
	}
	numbers := map[group][]int{}
	var groups []group // in the order of their first sign-off
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		switch s.LimitMark {
		case catalog.MarkAssumed, catalog.MarkPromised, catalog.MarkDefault, catalog.MarkUnsourced:
			g := group{s.Limit, s.LimitMark}
			if numbers[g] == nil {
				groups = append(groups, g)
			}
			numbers[g] = append(numbers[g], s.N)
		}
	}
	for _, g := range groups {
		list = append(list, v.t("assumed.limit", v.numbers(numbers[g]), v.limit(g.limit), v.mark(g.mark)))
	}
	return list
}

// measure is what an ended issue took, beside the baselines and their marks.
func (v *visit) measure(issue *approval.Issue) (*measureView, error) {
	m := issue.Measure
	if m == nil {
		return nil, nil
	}
	view := &measureView{SpanWorking: m.SpanWorking, SpanDays: m.SpanDays, Net: m.Net, Gross: m.Gross, RaisedOn: v.date(m.RaisedOn), LastOn: v.date(m.LastOn)}
	report, ok, err := v.Service.Rules().Report(issue)
	if err != nil || !ok {
		return view, err
	}
	for _, b := range report.Baselines {
		line := baselineView{Name: v.t("baseline." + string(b.Kind)), Days: v.t("days.working", days(float64(b.Days)))}
		if !b.Complete() {
			line.Days = v.t("baseline.incomplete", days(float64(b.Known)))
			line.Note = v.t("baseline.missing", v.list(b.Missing))
		} else if len(b.Assumed) > 0 {
			line.Note = v.t("baseline.assumed", v.list(b.Assumed))
		}
		if b.Kind.UpperBound() {
			line.Name += v.t("baseline.upper")
		}
		view.Baselines = append(view.Baselines, line)
	}
	if report.Headline.Insufficient {
		view.Headline = v.t("headline.insufficient")
	} else {
		view.Headline = v.t("headline", v.t("baseline."+string(report.Headline.Baseline.Kind)), days(float64(report.Headline.Saved)), report.Headline.Baseline.N)
	}
	return view, nil
}

// days writes a number of days without needless decimals.
func days(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
