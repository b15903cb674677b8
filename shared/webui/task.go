package webui

import (
	"cmp"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// light is a traffic light: a colour for the eye and a word for everybody.
type light struct{ Class, Text string }

func (s *speaker) light(l approval.Light) light {
	if l == "" {
		l = approval.Green
	}
	return light{string(l), s.t("light." + string(l))}
}

// dueView is a last day with how far away it is.
type dueView struct {
	On, Left    string
	Late        bool
	Provisional bool
	Was         string // how a holiday notice moved it, in words
}

func (v *visit) due(d approval.Due, unit calendar.Unit) dueView {
	if d.On.IsZero() {
		return dueView{}
	}
	return dueView{On: v.date(d.On), Left: v.left(d.On, v.today, unit), Late: d.On < v.today, Provisional: d.Provisional}
}

// taskView is one sign-off as tables show it.
type taskView struct {
	N                   int
	URL                 string
	IssueTitle, Project string
	Subject, Department string
	State, StateText    string
	Light               light
	Lit                 bool // the light means something: the clock runs
	Due                 dueView
	Tolerance           string // what is proposed or found about an overrun or an objection (容错认定)
	Limit, Mark         string
	MarkCode            string
	Assignee            string
	Mine                bool
	Aside               bool // the viewer must stand aside (回避)
	Requires, Relaxed   string
	Opened, Decided     string
	Decision, Reason    string
	Ground, By          string
	Duties              []string
	Ruling              string
	Acceptance          string // how the papers were accepted (受理)
	AnswerBy            string // until when a supplement is waited for
	Request             *approval.Request
	Earlier             []string
	Stops               []string
	Added               []string // other signatures
	Tick                string   // what its box in the inbox sends; empty: it has none
}

func taskURL(id approval.IssueID, n int) string {
	if n == 0 {
		return "/issues/" + string(id)
	}
	return "/issues/" + string(id) + "/signoffs/" + strconv.Itoa(n)
}

func (v *visit) task(id approval.IssueID, project roster.ProjectID, s *approval.SignOff) taskView {
	t := taskView{
		N: s.N, URL: taskURL(id, s.N), Project: v.project(project),
		Subject: v.subject(s), Department: v.department(s.Department),
		State: string(s.State), StateText: v.t("state." + string(s.State)),
		Light: v.light(s.Light), Lit: s.State.Running() && !s.Stopped(),
		Limit: v.limit(s.Limit), Mark: v.mark(s.LimitMark), MarkCode: string(s.LimitMark),
		Opened: v.moment(s.OpenedAt), Decided: v.moment(s.DecidedAt), Request: s.Request,
		Aside: v.Service.Rules().Roster.MustStandAside(v.viewer.Person, project),
	}
	if s.Acceptance != nil {
		t.Acceptance = v.t("acceptance." + string(s.Acceptance.How))
		if by := v.Service.Rules().AcceptBy(s); !by.IsZero() {
			t.Acceptance += v.t("acceptance.by", v.date(by))
		}
	}
	if r := s.Request; r != nil && s.State == approval.Supplement && !r.AnswerBy.IsZero() {
		t.AnswerBy = v.t("supplement.until", v.date(r.AnswerBy), v.left(r.AnswerBy, v.today, calendar.WorkingDays))
	}
	if s.State.Asked() {
		t.Due = v.due(s.Due, s.Limit.Unit)
		if r := s.Restated; r != nil && t.Due.On != "" {
			t.Due.Was = v.t("due.firm", r.Ground)
			if r.From.On != s.Due.On {
				t.Due.Was = v.t("due.was", v.date(r.From.On), r.Ground)
			}
		}
	}
	if has := v.Service.Rules().Claimed(s); has != "" {
		t.Assignee = v.person(has)
		if by := v.Service.Rules().Substituting(s, v.today); by != "" {
			t.Assignee = v.t("person.for", v.person(by), t.Assignee)
		}
		t.Mine = has == v.viewer.Holder()
	}
	t.Tolerance = v.tolerance(s.Tolerance)
	t.Requires, t.Relaxed = v.numbers(s.Requires), v.numbers(s.Relaxed)
	if d := s.Decision; d != nil {
		t.Decision, t.Reason, t.Ground, t.By = v.t("decision."+string(d.Kind)), d.Reason, d.Ground, v.actor(d.By)
	}
	for k := range s.Duties {
		t.Duties = append(t.Duties, v.duty(&s.Duties[k]))
	}
	if r := s.Ruling; r != nil {
		t.Ruling = v.t("ruling.said", v.actor(r.By), v.t("outcome."+string(r.Outcome)), r.Reason)
	}
	if s.Revocation != nil {
		t.Duties = append(t.Duties, v.revocation(s.Revocation))
	}
	for _, e := range s.Earlier {
		if e.Decision == nil {
			if e.Request != nil {
				t.Earlier = append(t.Earlier, v.t("earlier.papers_back", e.Round, v.date(e.Request.AnswerBy)))
			}
			continue
		}
		line := v.t("earlier", e.Round, v.t("decision."+string(e.Decision.Kind)), e.Decision.Reason)
		if e.Ruling != nil {
			line += v.t("ruling.said", v.actor(e.Ruling.By), v.t("outcome."+string(e.Ruling.Outcome)), e.Ruling.Reason)
		}
		for m := range e.Duties {
			line += v.duty(&e.Duties[m])
		}
		line += v.revocation(e.Revocation)
		t.Earlier = append(t.Earlier, line)
	}
	t.Added = v.added(s)
	for _, stop := range s.Stops {
		until := v.t("stop.open")
		if !stop.To.IsZero() {
			until = v.moment(stop.To)
		}
		line := v.t("stop", v.moment(stop.From), until, v.t("stop."+string(stop.Reason)))
		if stop.Days > 0 {
			line += v.t("stop.told", stop.Days, v.date(stop.Until), stop.What)
		}
		t.Stops = append(t.Stops, line)
	}
	return t
}

// duty is what an approval left to be verified, and where it stands.
func (v *visit) duty(d *approval.Duty) string {
	kind, state := cmp.Or(d.Kind, approval.OnPledge), cmp.Or(d.State, approval.DutyOpen)
	return v.t("duty."+string(kind), v.term(&d.Term), v.t("duty.state."+string(state)))
}

func (v *visit) revocation(r *approval.Revocation) string {
	if r == nil {
		return ""
	}
	return v.t("revocation.said", v.actor(r.By), v.date(calendar.Of(r.At)), r.Ground, r.Reason)
}

func (v *visit) term(t *approval.Term) string {
	return v.t("duty.term", t.What, v.date(t.By), v.department(t.Checker))
}

// numbers names sign-offs by number: 第1、3项.
func (v *visit) numbers(ns []int) string {
	if len(ns) == 0 {
		return ""
	}
	names := make([]string, len(ns))
	for k, n := range ns {
		names[k] = strconv.Itoa(n)
	}
	return v.t("numbers", v.list(names))
}

// issueRow is one issue as lists show it.
type issueRow struct {
	URL, Title, Project string
	Status, StatusText  string
	Light               light
	Lit                 bool
	Progress, Tier      string
	Due                 dueView
	Raised, Waits       string
	Held                bool
	Draft               bool
}

func (v *visit) row(i *approval.Issue) issueRow {
	r := issueRow{
		URL: "/issues/" + string(i.ID), Title: i.Title, Project: v.project(i.Project),
		Status: string(i.Status), StatusText: v.t("status." + string(i.Status)),
		Light: v.light(i.Light), Lit: !i.Status.Ended() && i.Status != approval.Draft && i.Status != approval.Returned,
		Held: i.Hold != nil, Draft: i.Status == approval.Draft, Raised: v.date(calendar.Of(i.RaisedAt)),
	}
	if r.Title == "" {
		r.Title = v.t("issue.untitled")
	}
	if r.Draft {
		r.URL += "/edit"
		r.Raised = ""
		return r
	}
	r.Progress = v.t("progress", i.Count.Granted, i.Count.All)
	if !i.Status.Ended() {
		r.Due = v.due(approval.Due{On: i.NextDue}, calendar.WorkingDays)
		if con := i.Consultation; con != nil && con.ClosedAt.IsZero() && i.NextDue.IsZero() {
			r.Due = v.due(con.DueOn, calendar.WorkingDays)
		}
	}
	if roster.Above(i.Tier, roster.TierBranch) {
		r.Tier = v.tier(i.Tier)
	}
	return r
}
