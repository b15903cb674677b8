package approval_test

import (
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// joined is a petition of one matter with the parties water, housing, transport
// and traffic police, agreed by a rule, and of a party in another matter.
func joined(j approval.Join) approval.Petition {
	j.Matter = "river_works"
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升", Joins: []approval.Join{j}}
	for _, d := range []roster.DepartmentID{"cc-water", "cc-housing", "cc-transport", "cc-traffic-police"} {
		p.Parties = append(p.Parties, approval.Party{Matter: "river_works", Department: d})
	}
	p.Parties = append(p.Parties, approval.Party{Matter: "traffic_diversion", Department: "cc-traffic-police"})
	return p
}

// outvoted is an objection that its matter can still do without.
func outvoted(g *game) *game {
	g.raise(joined(approval.Join{Rule: catalog.JoinAny})).route().object(1)
	return g
}

var (
	twoOfFour = approval.Join{Rule: catalog.JoinKofN, K: 2}
	waterLead = approval.Join{Rule: catalog.JoinLead, Lead: "cc-water"}
)

func TestAnyAgreementLetsTheOthersGo(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(joined(approval.Join{Rule: catalog.JoinAny})).route()
	g.must(g.by(3), approval.AskSupplement{SignOff: 3, Papers: []string{"图"}})
	g.object(2)
	g.wantStatus(approval.InSignOff)
	since := len(g.events)
	g.grant(1)
	g.want(approval.Granted, approval.Void, approval.Void, approval.Void, approval.Open)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvApprove, approval.EvCarry}) {
		t.Errorf("the events are %v", got)
	}
	if e := g.events[len(g.events)-1]; !strings.Contains(string(e.Detail), `"void":[2,3,4]`) || !strings.Contains(string(e.Detail), `"rule":"any"`) {
		t.Errorf("the event does not say why: %s", e.Detail)
	}
	if s := g.so(2); s.Decision == nil || s.Decision.Kind != approval.Object {
		t.Errorf("the objection is no longer on record: %+v", s)
	}
	g.refused(g.by(4), approval.Grant{SignOff: 4}, approval.Closed)
	g.grant(5)
	if v := g.rules.TallyOf(&g.issue, 1, g.now).Verdict; v != approval.Agreed {
		t.Errorf("the verdict is %s", v)
	}
}

func TestAnObjectionCountsOnlyWhenTooFewAreLeft(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(joined(twoOfFour)).route()
	g.object(1)
	g.object(2)
	g.wantStatus(approval.InSignOff)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "会商"}, approval.Conflict)
	g.object(3)
	g.wantStatus(approval.Consulting)
	if g.issue.Consultation == nil || g.issue.Tier != roster.TierGeneralBranch {
		t.Fatalf("no consultation: %+v", g.issue.Consultation)
	}
	g.rule(1, approval.SetAside) // one agrees, one may still: the other objections count no more
	g.wantStatus(approval.InSignOff)
	if g.issue.Consultation.ClosedAt.IsZero() {
		t.Error("the consultation goes on about nothing")
	}
	g.grant(4)
	g.want(approval.Granted, approval.Void, approval.Void, approval.Granted, approval.Open)
}

func TestObjectionsInOtherMattersCountAsEver(t *testing.T) {
	t.Parallel()
	g := outvoted(newGame(t))
	g.object(5)
	g.wantStatus(approval.Consulting)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "会商"}, approval.Conflict)
	g.rule(5, approval.SetAside)
	g.wantStatus(approval.InSignOff) // the one that does not count keeps no consultation open
	g.want(approval.Objection, approval.Open, approval.Open, approval.Open, approval.Granted)
}

func TestARevisionAsksAgainWhoObjectedInVain(t *testing.T) {
	t.Parallel()
	g := outvoted(newGame(t))
	g.object(5)
	g.rule(5, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	g.want(approval.Open, approval.Open, approval.Open, approval.Open, approval.Open)
}

func TestTheLeadDepartmentSettlesItWhenTheOthersHaveAnswered(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(joined(waterLead)).route()
	if !g.so(1).Leads || g.so(2).Leads {
		t.Fatal("nobody knows who leads")
	}
	g.object(2) // advice
	g.grant(1, 3)
	g.wantStatus(approval.InSignOff)
	g.want(approval.Granted, approval.Objection, approval.Granted, approval.Open, approval.Open)
	g.grant(4)
	g.want(approval.Granted, approval.Void, approval.Granted, approval.Granted, approval.Open)

	g = newGame(t)
	g.raise(joined(waterLead)).route()
	g.grant(2, 3, 4)
	g.want(approval.Open, approval.Granted, approval.Granted, approval.Granted, approval.Open)
	g.object(1)
	g.wantStatus(approval.Consulting)
	g.rule(1, approval.Uphold)
	if v := g.rules.TallyOf(&g.issue, 1, g.now).Verdict; v != approval.Refused {
		t.Errorf("the verdict is %s", v)
	}
}

func TestSilenceOfTheOthersDoesNotHoldTheLeadDepartmentUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		decide func(g *game)
		state  approval.State
		status approval.Status
	}{
		{"agreed", func(g *game) { g.grant(1) }, approval.Granted, approval.InSignOff},
		{"objected", func(g *game) { g.object(1) }, approval.Objection, approval.Consulting},
	} {
		g := newGame(t)
		g.raise(joined(waterLead)).route()
		c.decide(g)
		g.wantStatus(approval.InSignOff)
		last := g.so(2).Due.On
		g.now = last.End().Add(-1)
		g.must(approval.Machine, approval.LookCommand(1, 2))
		g.want(c.state, approval.Open, approval.Open, approval.Open, approval.Open)
		g.now = last.End()
		for n := 2; n <= 4; n++ {
			g.wantStatus(approval.InSignOff)
			g.must(approval.Machine, approval.LookCommand(1, n))
		}
		g.wantStatus(c.status)
		if g.so(1).State != c.state || g.so(5).State != approval.Open {
			t.Errorf("%s: %v", c.name, g.states())
		}
		if done := g.so(2).State == approval.Void && g.so(3).State == approval.Void; done != (c.state == approval.Granted) {
			t.Errorf("%s: %v", c.name, g.states())
		}
	}
}

func TestALeadsTaskThatIsTransferredStillLeads(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(joined(waterLead)).route().transfer(1, "cc-ecology")
	g.grant(2, 3, 4)
	g.object(1)
	g.wantStatus(approval.Consulting)
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	if !g.route().so(1).Leads {
		t.Error("a new round has forgotten who leads")
	}
}

func TestAMatterBringsItsOwnJoinRule(t *testing.T) {
	t.Parallel()
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "诉求", Parties: []approval.Party{
		{Matter: "enterprise_request", Department: "cc-housing"}, {Matter: "enterprise_request", Department: "cc-development"},
	}}
	g := newGame(t)
	g.raise(p)
	if j := g.issue.Joins; len(j) != 1 || j[0].Rule != catalog.JoinLead || j[0].Lead != "cc-development" || !g.so(2).Leads {
		t.Errorf("by the catalogue: %+v", j)
	}
	p.Joins = []approval.Join{{Matter: "enterprise_request", Rule: catalog.JoinAll}}
	g = newGame(t)
	g.raise(p)
	if len(g.issue.Joins) != 0 || g.so(2).Leads {
		t.Errorf("the branch asked for all: %+v", g.issue.Joins)
	}
	p.Joins, p.Parties = nil, p.Parties[:1]
	g = newGame(t)
	g.raise(p)
	if len(g.issue.Joins) != 0 {
		t.Errorf("its usual lead takes no part: %+v", g.issue.Joins)
	}
}

func TestAJoinRuleThatCannotHoldIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	for field, j := range map[string]approval.Join{
		"joins[0].rule": {Rule: "most"},
		"joins[0].k":    {Rule: catalog.JoinKofN, K: 5},
		"joins[0].lead": {Rule: catalog.JoinLead, Lead: "cc-ecology"},
	} {
		p := joined(j)
		wantRefusal(t, newGame(t), secretary, approval.Raise{Petition: &p}, approval.Invalid, field)
	}
	for _, j := range []approval.Join{{Rule: catalog.JoinAny, K: 1}, {Rule: catalog.JoinKofN}} {
		p := joined(j)
		wantRefusal(t, newGame(t), secretary, approval.Raise{Petition: &p}, approval.Invalid, "joins[0].k")
	}
	p := joined(approval.Join{Rule: catalog.JoinAny, Lead: "cc-water"})
	wantRefusal(t, newGame(t), secretary, approval.Raise{Petition: &p}, approval.Invalid, "joins[0].lead")
	p = joined(waterLead)
	p.Joins = append(p.Joins, p.Joins[0])
	wantRefusal(t, newGame(t), secretary, approval.Raise{Petition: &p}, approval.Invalid, "joins[1].matter")
	p.Joins[1].Matter = "demolition"
	wantRefusal(t, newGame(t), secretary, approval.Raise{Petition: &p}, approval.Invalid, "joins[1].matter")
}

// wantRefusal wants a command refused by kind and field, in whole sentences.
func wantRefusal(t *testing.T, g *game, actor approval.Actor, cmd approval.Command, kind approval.Kind, field string) {
	t.Helper()
	err := g.do(actor, cmd)
	e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
	if !ok || e.Kind != kind || e.Field != field || strings.Contains(e.Text.ZH+e.Text.EN, "%!") || e.Text.ZH == "" || e.Text.EN == "" {
		t.Errorf("%T%+v by %s answers %#v, want %s at %q", cmd, cmd, actor.Person, err, kind, field)
	}
}

// joinFault says which promise of the join rules an issue breaks: a small model
// of them beside the rules' own.
func joinFault(i *approval.Issue) string {
	consulted := false // an objection has to be ruled on
	for _, s := range i.SignOffs {
		consulted = consulted || s.State == approval.Objection && !slices.ContainsFunc(i.Joins, func(j approval.Join) bool { return j.Matter == s.Matter })
	}
	for _, j := range i.Joins {
		n := map[approval.State]int{}
		var lead approval.State
		silent := 0 // who may still say something before the lead department's word holds
		for _, s := range i.SignOffs {
			if s.Matter != j.Matter {
				continue
			}
			n[s.State]++
			switch {
			case s.Leads:
				lead = s.State
			case s.State == approval.Open && s.Light == approval.Red:
			case s.State == approval.Open, s.State == approval.Waiting, s.State == approval.Supplement, s.State == approval.PapersBack:
				silent++
			}
		}
		asked := n[approval.Open] + n[approval.Waiting] + n[approval.Supplement] + n[approval.PapersBack]
		agreed, objected := false, false
		switch j.Rule {
		case catalog.JoinAny:
			agreed, objected = n[approval.Granted] > 0, n[approval.Granted]+asked == 0
		case catalog.JoinKofN:
			agreed, objected = n[approval.Granted] >= j.K, n[approval.Granted]+asked < j.K
		case catalog.JoinLead:
			agreed, objected = silent == 0 && lead == approval.Granted, silent == 0 && lead == approval.Objection
		}
		if agreed && asked+n[approval.Objection] > 0 {
			return "a matter is agreed and still asks: " + string(j.Matter)
		}
		consulted = consulted || objected && n[approval.Objection] > 0
	}
	ruled := slices.ContainsFunc(i.SignOffs, func(s approval.SignOff) bool { return s.State == approval.Denied })
	convened := i.Consultation != nil && i.Consultation.Why() != approval.OnObjection
	if i.Status == approval.Consulting && !consulted && !ruled && !convened {
		return "a consultation is held about nothing"
	}
	if i.Status == approval.InSignOff && consulted {
		return "an objection counts and nobody is consulted"
	}
	return ""
}
