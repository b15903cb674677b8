package approval_test

import (
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestALeadReassignsAndTheFormerOfficerCannotDecide(t *testing.T) {
	t.Parallel()
	first, second := officer("cc-water", 1), officer("cc-water", 2)
	g := newGame(t)
	g.raise(one(0)).route()
	boss := g.leadOf(1)
	g.must(boss, approval.Reassign{SignOff: 1, To: first.Person}) // nobody had it: no reason is asked for
	if s := g.so(1); s.Assignee != first.Person || s.ClaimedAt != g.now {
		t.Fatalf("assigned: %+v", s)
	}
	version := g.issue.Version
	g.must(boss, approval.Reassign{SignOff: 1, To: first.Person})
	if g.issue.Version != version {
		t.Error("assigning who has it changed something")
	}
	g.refused(boss, approval.Reassign{SignOff: 1, To: second.Person}, approval.Invalid) // taken from somebody: why?
	g.must(boss, approval.Reassign{SignOff: 1, To: second.Person, Reason: "外出培训"})
	for _, cmd := range []approval.Command{approval.Grant{SignOff: 1}, approval.Claim{SignOff: 1}, approval.Release{SignOff: 1}} {
		g.refused(first, cmd, approval.Conflict)
	}
	g.must(second, approval.Release{SignOff: 1})
	g.must(boss, approval.Reassign{SignOff: 1, To: second.Person})
	g.must(second, approval.Grant{SignOff: 1})
	g.refused(boss, approval.Reassign{SignOff: 1, To: first.Person, Reason: "迟了"}, approval.Closed)
}

func TestATaskIsReassignedOnlyToAnOfficerWhoMayDecideIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			if p["id"] == "cc-water-officer-2" {
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.raise(one(0)).route()
	for _, person := range []roster.PersonID{"", "nobody", "cc-transport-officer-1", "cc-water-lead", "cc-water-officer-2"} {
		err := g.do(g.leadOf(1), approval.Reassign{SignOff: 1, To: person, Reason: "分工"})
		e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
		if !ok || e.Kind != approval.Invalid || e.Field != "person" || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("to %q answers %v", person, err)
		}
	}
	g.refused(approval.Actor{Person: "cc-transport-lead", Role: roster.Lead, Unit: "cc-transport"}, approval.Reassign{SignOff: 1, To: "cc-water-officer-1"}, approval.Forbidden)
}

func TestWhoDeclaresAnInterestNeverDecidesOrClaims(t *testing.T) {
	t.Parallel()
	first, second := officer("cc-natural-resources", 1), officer("cc-natural-resources", 2)
	g := newGame(t)
	g.raise(one(25)).route()
	g.must(first, approval.Claim{SignOff: 1})
	g.refused(first, approval.Recuse{SignOff: 1, Reason: " "}, approval.Invalid)
	g.refused(officer("cc-water", 1), approval.Recuse{SignOff: 1, Reason: "亲属"}, approval.Forbidden)
	due := g.so(1).Due
	g.must(first, approval.Recuse{SignOff: 1, Reason: "配偶在建设单位任职"})
	s := g.so(1)
	if s.Assignee != "" || !s.ClaimedAt.IsZero() || s.Due != due || len(s.Recused) != 1 || s.Recused[0].Reason != "配偶在建设单位任职" || g.events[len(g.events)-1].Reason != s.Recused[0].Reason {
		t.Errorf("after the recusal: %+v", s)
	}
	version := g.issue.Version
	g.must(first, approval.Recuse{SignOff: 1, Reason: "再说一次"})
	if g.issue.Version != version {
		t.Error("standing aside twice changed something")
	}
	barred := func() {
		t.Helper()
		for _, cmd := range []approval.Command{approval.Claim{SignOff: 1}, approval.Grant{SignOff: 1}, approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}, approval.AskExtension{SignOff: 1, Days: 1, Reason: "由"}} {
			g.refused(first, cmd, approval.Forbidden)
		}
		g.refused(lead, approval.Reassign{SignOff: 1, To: first.Person, Reason: "分工"}, approval.Invalid)
	}
	barred()
	g.must(second, approval.Claim{SignOff: 1})
	g.must(second, approval.Oppose{SignOff: 1, Ground: "法条", Reason: "理由"})
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	barred() // an interest lasts longer than a round
	g.must(second, approval.Grant{SignOff: 1})
}

func TestTheLastOfficerIsSentToTheLead(t *testing.T) {
	t.Parallel()
	first, second := officer("cc-water", 1), officer("cc-water", 2)
	g := newGame(t)
	g.raise(one(0)).route()
	g.must(first, approval.Recuse{SignOff: 1, Reason: "亲属"})
	err := g.do(second, approval.Recuse{SignOff: 1, Reason: "亲属"})
	e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
	if !ok || e.Kind != approval.Conflict || !strings.Contains(e.Text.EN, "lead to transfer") || !strings.Contains(e.Text.ZH, "转办") {
		t.Errorf("the last officer is told %v", err)
	}
}
