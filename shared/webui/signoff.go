package webui

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// offer is one form: whether the rules would take it, and if not, why.
type offer struct {
	Act     string
	Allowed bool
	Refusal string
	Open    bool
	Terms   bool   // it leaves a duty behind
	Next    string // what will happen, in one sentence
}

type signOffPage struct {
	frame
	Issue    issueHead
	Body     []string
	Task     taskView
	Ground   groundView
	Stamp    stamp
	Problems problems
	Summary  []link
	Since    []eventView // what happened between reading and sending
	Typed    url.Values

	Blocked  string // why the viewer cannot decide at all
	Claim    *offer
	Release  *offer
	Answers  []offer
	Checker  []choice
	Codes    []choice // of grounds to object on
	Earliest string
	More     []string // tails of the fields of further duties
	MoreOpen bool
	Asked    []question // what the viewer is asked to sign under the task

	Facts  []fact      // how the task stands besides
	Duties *dutiesView // what its approval left to be verified
	Deeds  []deedView  // what waits for the viewer
	Groups []deedGroup // what the viewer may do besides
	Kept   bool        // what was typed stood in a form that is not offered any more
}

// groundView is where a limit comes from.
type groundView struct {
	Limit, Mark, MarkCode, MarkNote string
	Source, Printed, Unit, Assumed  string
	Start                           string
}

func (v *visit) ground(s *approval.SignOff) groundView {
	g := groundView{Limit: v.limit(s.Limit), Mark: v.mark(s.LimitMark), MarkCode: string(s.LimitMark), MarkNote: v.t("mark." + string(s.LimitMark)), Start: v.t("start." + string(s.Limit.Start))}
	if item, ok := v.Service.Rules().Catalog.Item(s.Item); ok {
		g.Source, g.Unit = item.Statutory.Source, v.name(item.Statutory.UnitNote())
		if !item.Statutory.Known {
			g.Source = ""
			if item.Promised.Known {
				g.Source = item.Promised.Source
			}
		}
	} else if m, ok := v.Service.Rules().Catalog.Matter(s.Matter); ok {
		g.Source, g.Assumed = m.Source, v.name(m.Assumed)
	}
	return g
}

// subjectOf loads the issue and sign-off that the address names.
func (v *visit) subjectOf() (approval.Issue, *approval.SignOff, error) {
	issue, err := v.Service.Issue(v.ctx(), approval.IssueID(v.r.PathValue("id")), v.viewer.Actor)
	if err != nil {
		return issue, nil, err
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	s := issue.SignOff(n)
	if err != nil || s == nil {
		return issue, nil, &approval.Error{Kind: approval.NotFound, Text: approval.Text{ZH: "该问题没有这一项会签任务。", EN: "The issue has no such sign-off."}}
	}
	return issue, s, nil
}

func (v *visit) signOffPage() error {
	issue, s, err := v.subjectOf()
	if err != nil {
		return err
	}
	return v.showSignOff(http.StatusOK, &issue, s, nil)
}

// decisions are the answers a department has, in the order of the page.
var decisions = []string{"approve", "pledge", "condition", "gaps", "object", "supplement"}

// onTerms are those that leave duties behind.
var onTerms = map[string]approval.DecisionKind{"pledge": approval.OnPledge, "condition": approval.OnCondition, "gaps": approval.WithGaps}

// termTails tell the fields of several duties in one form apart; the API takes more.
var termTails = []string{"", "-2", "-3"}

// typedTerms are the duties typed, each with its tail. The first always is one; the
// others are when something was typed of them.
func (v *visit) typedTerms() (terms []approval.Term, tails []string) {
	for k, tail := range termTails {
		what, on := v.typed("what"+tail), strings.TrimSpace(v.typed("by"+tail))
		if k > 0 && what == "" && on == "" {
			continue
		}
		// An unreadable date is no date, which the rules refuse at its field.
		by, _ := calendar.Parse(on)
		terms = append(terms, approval.Term{What: what, By: by, Checker: roster.DepartmentID(v.typed("checker" + tail))})
		tails = append(tails, tail)
	}
	return terms, tails
}

func grantOnTerms(n int, act string, terms ...approval.Term) approval.GrantOnTerms {
	return approval.GrantOnTerms{SignOff: n, Kind: onTerms[act], Duties: terms}
}

// command is the command that a form on the decision page sends.
func (v *visit) command(n int) approval.Command {
	switch act := v.r.PostForm.Get("act"); act {
	case "claim":
		return approval.Claim{SignOff: n}
	case "release":
		return approval.Release{SignOff: n}
	case "sign":
		k, _ := strconv.Atoi(v.typed("k")) // none is 0, which there is not
		return approval.AnswerAdded{SignOff: n, K: k, Opinion: approval.Opinion(v.typed("opinion")), Reason: v.typed("reason")}
	case "approve":
		return approval.Grant{SignOff: n, Reason: v.typed("reason")}
	case "pledge", "condition", "gaps":
		terms, _ := v.typedTerms()
		cmd := grantOnTerms(n, act, terms...)
		cmd.Reason = v.typed("reason")
		return cmd
	case "object":
		// A ground that nobody chose is refused at its field.
		code := approval.GroundCode(cmp.Or(v.typed("code"), "none"))
		return approval.Oppose{SignOff: n, Code: code, Ground: v.typed("ground"), Reason: v.typed("reason")}
	case "supplement":
		days := 0 // the usual ones
		if text := strings.TrimSpace(v.typed("days")); text != "" {
			if days, _ = strconv.Atoi(text); days == 0 {
				days = -1 // no number of days, which the rules refuse at its field
			}
		}
		return approval.AskSupplement{SignOff: n, Papers: v.typedLines("papers"), Days: days}
	}
	return v.commanded([][]deed{signOffDeeds, dutyDeeds}, n)
}

func (v *visit) signOffAct() error {
	issue, s, err := v.subjectOf()
	if err != nil {
		return err
	}
	cmd := v.command(s.N)
	if cmd == nil {
		return v.showSignOff(http.StatusUnprocessableEntity, &issue, s, problems{"": v.t("form.choose")})
	}
	act := v.r.PostForm.Get("act")
	if _, err = v.do(issue.ID, s.N, cmd); err != nil {
		wrong, ok := v.refused(err)
		if !ok {
			return err
		}
		status := statusOf(err)
		if issue, s, err = v.subjectOf(); err != nil {
			return err
		}
		return v.showSignOff(status, &issue, s, wrong)
	}
	v.redirect(taskURL(issue.ID, s.N) + "?done=" + act)
	return nil
}

func (v *visit) showSignOff(status int, issue *approval.Issue, s *approval.SignOff, wrong problems) error {
	p := signOffPage{
		frame: v.frame(v.t("signoff.title", v.subject(s))), Issue: v.head(issue), Body: strings.Split(issue.Body, "\n"), Task: v.task(issue.ID, issue.Project, s),
		Ground: v.ground(s), Stamp: v.stamp(issue, s.N), Problems: problems{}, Typed: v.r.PostForm, Earliest: v.today.Add(1).String(), More: termTails[1:],
	}
	act := v.r.PostForm.Get("act")
	if err := v.surround(&p, issue, s, wrong); err != nil {
		return err
	}
	if len(p.Summary) > 0 {
		wrong = nil // said where the deed stands
	}
	terms, tails := v.typedTerms()
	p.MoreOpen = len(terms) > 1
	for field, text := range wrong {
		name, _, _ := strings.Cut(field, "[")
		for k := range terms {
			if of, ok := strings.CutPrefix(field, "duties["+strconv.Itoa(k)+"]."); ok {
				name = of + tails[k]
			}
		}
		anchor := "#f-" + act + "-" + name
		if field == "" {
			anchor = "#answer"
		}
		p.Problems[name] = text
		p.Summary = append(p.Summary, link{Text: text, URL: anchor})
	}
	n := s.N
	if refused := v.allowed(issue, approval.Grant{SignOff: n, Reason: "-"}); refused != nil {
		p.Blocked = v.text(refused.Text)
	} else {
		if v.Service.Rules().Claimed(s) == "" {
			p.Claim = &offer{Act: "claim", Allowed: true, Next: v.t("next.claim")}
		} else {
			p.Release = &offer{Act: "release", Allowed: true, Next: v.t("next.release")}
		}
		tries := map[string]approval.Command{
			"approve": approval.Grant{SignOff: n, Reason: "-"}, "object": approval.Oppose{SignOff: n, Ground: "-", Reason: "-"},
			"supplement": approval.AskSupplement{SignOff: n, Papers: []string{"-"}},
		}
		for name := range onTerms {
			cmd := grantOnTerms(n, name, approval.Term{What: "-", By: v.today.Add(1)})
			cmd.Reason = "-"
			tries[name] = cmd
		}
		for _, name := range decisions {
			o := offer{Act: name, Allowed: true, Open: name == act || act == "" && name == "approve", Terms: onTerms[name] != ""}
			change, err := v.Service.Rules().Apply(*issue, v.viewer.Actor, tries[name], v.now)
			if err != nil {
				if refused := v.allowed(issue, tries[name]); refused != nil {
					o.Allowed, o.Refusal = false, v.text(refused.Text)
				}
			} else {
				o.Next = v.consequence(name, issue, &change)
			}
			p.Answers = append(p.Answers, o)
		}
	}
	for _, d := range v.Service.Rules().Roster.Departments() {
		if d.Kind.Decides() && d.Acting(v.today) {
			on := p.Typed.Get("checker") == string(d.ID) || p.Typed.Get("checker") == "" && d.ID == s.Department
			p.Checker = append(p.Checker, choice{Value: string(d.ID), Text: v.department(d.ID), On: on})
		}
	}
	for _, g := range approval.ObjectionGrounds {
		text := v.text(g.Text)
		if basis := g.Basis(); basis != "" {
			text = v.t("ground.of", text, basis)
		}
		p.Codes = append(p.Codes, choice{Value: string(g.Code), Text: text, On: p.Typed.Get("code") == string(g.Code)})
	}
	p.Asked = v.questions(issue, s)
	return v.render(status, "signoff.html", p)
}

// surround adds what is done about a task besides answering it.
func (v *visit) surround(p *signOffPage, issue *approval.Issue, s *approval.SignOff, wrong problems) (err error) {
	o := subject{issue, s}
	p.Facts = v.facts(issue, s)
	views, found := v.deeds(signOffDeeds, o, taskURL(issue.ID, s.N), wrong)
	p.Deeds, p.Groups = v.folded(signOffDeeds, views, "task")
	p.Duties = v.duties(issue, []*approval.SignOff{s}, wrong)
	if p.Duties != nil {
		views, found = append(views, p.Duties.views()...), found || p.Duties.found
	}
	for k := range views {
		if views[k].Open {
			p.Summary = views[k].summary()
		}
	}
	if wrong == nil {
		return nil
	}
	p.Kept = !found && isDeed(v.r.PostForm.Get("act"))
	p.Since, err = v.since(issue)
	return err
}

// isDeed reports whether a form's act is one of the deeds about a sign-off.
func isDeed(act string) bool {
	is := func(d deed) bool { return d.act == act }
	return slices.ContainsFunc(signOffDeeds, is) || slices.ContainsFunc(dutyDeeds, is)
}

// consequence says what an answer would set in motion, read from the change that
// the rules answer for it.
func (v *visit) consequence(name string, before *approval.Issue, change *approval.Change) string {
	after := &change.Issue
	switch name {
	case "object":
		if con := after.Consultation; con != nil && con.ClosedAt.IsZero() {
			return v.t("next.object", v.tier(con.Tier), v.date(con.DueOn.On))
		}
	case "supplement":
		return v.t("next.supplement", v.unit(string(before.Branch)))
	}
	var opens []int
	for k := range change.Events {
		if change.Events[k].Kind == approval.EvOpen {
			opens = append(opens, change.Events[k].SignOff)
		}
	}
	text := v.t("next." + name)
	switch {
	case len(opens) > 0:
		text += v.t("next.opens", v.numbers(opens))
	case after.Count.Granted == after.Count.All:
		text += v.t("next.last")
	}
	return text
}

// since is what happened to the issue between the rendering of the form and now.
func (v *visit) since(issue *approval.Issue) ([]eventView, error) {
	seen, err := strconv.ParseInt(v.r.PostForm.Get("seen"), 10, 64)
	if err != nil || seen < 0 || seen >= issue.Events {
		return nil, nil
	}
	return v.events(issue, seen)
}
