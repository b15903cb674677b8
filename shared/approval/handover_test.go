package approval_test

import (
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func (g *game) transfer(n int, to roster.DepartmentID) *game {
	g.Helper()
	g.must(g.by(n), approval.Transfer{SignOff: n, To: to, Reason: "不属本部门职责"})
	return g
}

func (g *game) sendBack(n int) *game {
	g.Helper()
	g.must(g.by(n), approval.SendBack{SignOff: n, Reason: "亦不属本部门职责"})
	return g
}

func (g *game) assign(n int, to roster.DepartmentID) *game {
	g.Helper()
	g.must(generalBranch, approval.Assign{SignOff: n, To: to, Reason: "按三定规定"})
	return g
}

func TestATransferLeavesTheClockAsItRuns(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	sender := g.by(1)
	g.must(sender, approval.Claim{SignOff: 1})
	g.must(approval.Machine, approval.AskCommand(1, g.rules.TallyOf(&g.issue, 1, g.now).Asks[0], "token"))
	before := *g.so(1)
	g.at("2026-03-12 10:00").transfer(1, "cc-urban-management")
	s := g.so(1)
	if s.Department != "cc-urban-management" || s.Assignee != "" || !s.ClaimedAt.IsZero() {
		t.Errorf("with %s, claimed by %q", s.Department, s.Assignee)
	}
	if s.OpenedAt != before.OpenedAt || s.AcceptedAt != before.AcceptedAt || s.Due != before.Due || s.Limit != before.Limit {
		t.Errorf("the clock went from %+v to %+v", before, s)
	}
	if w := g.last.Outbox.Wake; len(w) != 1 || w[0] != (approval.Wake{Token: "token", Recheck: true}) {
		t.Errorf("woken: %+v", w)
	}
	if h := s.Handover; h.From != "cc-water" || h.To != "cc-urban-management" || h.Passed.Reason != "不属本部门职责" || h.Passed.By != sender {
		t.Errorf("on record: %+v", h)
	}
	for _, cmd := range []approval.Command{approval.Grant{SignOff: 1}, approval.Claim{SignOff: 1}, approval.Release{SignOff: 1}, approval.Transfer{SignOff: 1, To: "cc-housing", Reason: "再转"}} {
		g.refused(sender, cmd, approval.Forbidden)
	}
	// Received again on the fourth day: the five days for a supplement go on, too.
	g.at("2026-03-17 09:00").refused(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}, approval.Invalid)
	since := len(g.events)
	g.look(1)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvRemind, approval.EvYellow, approval.EvRed}) {
		t.Errorf("climbed %v", got)
	}
	g.grant(1)
}

func TestATransferNeedsAReasonAndADepartmentThatDecides(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			if id, _ := p["id"].(string); strings.HasPrefix(id, "cc-parks-officer") {
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.raise(one(0)).route()
	for to, field := range map[roster.DepartmentID]string{
		"": "department", "none": "department", "cc-bureau": "department", "cc-oversight": "department", "cc-water": "department", "cc-parks": "department",
	} {
		err := g.do(g.by(1), approval.Transfer{SignOff: 1, To: to, Reason: "职责"})
		e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
		if !ok || e.Kind != approval.Invalid || e.Field != field || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("to %q answers %v", to, err)
		}
	}
	g.refused(g.by(1), approval.Transfer{SignOff: 1, To: "cc-housing"}, approval.Invalid)
	g.must(officer("cc-water", 2), approval.Claim{SignOff: 1})
	g.refused(g.by(1), approval.Transfer{SignOff: 1, To: "cc-housing", Reason: "职责"}, approval.Conflict)
	g.must(g.leadOf(1), approval.Transfer{SignOff: 1, To: "cc-housing", Reason: "承办人均须回避"})
}

func TestATransferGoesToNoDepartmentThatIsAskedAboutTheMatterItself(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(joined(twoOfFour)).route()
	to := g.so(2).Department
	g.refusedAt(g.by(1), approval.Transfer{SignOff: 1, To: to, Reason: "职责"}, "department") // it would count twice
	g.must(g.by(1), approval.Transfer{SignOff: 1, To: "cc-culture", Reason: "职责"})
}

func TestATransferIsSentBackOnceAndThenRuledOn(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.refused(g.by(1), approval.SendBack{SignOff: 1, Reason: "不是转来的"}, approval.Conflict)
	g.refused(generalBranch, approval.Assign{SignOff: 1, To: "cc-housing", Reason: "职责"}, approval.Conflict)
	due := g.so(1).Due
	g.transfer(1, "cc-housing")
	g.refused(g.by(1), approval.Transfer{SignOff: 1, To: "cc-parks", Reason: "再转"}, approval.Conflict)
	g.refused(g.by(1), approval.SendBack{SignOff: 1}, approval.Invalid)
	g.must(g.by(1), approval.Claim{SignOff: 1})
	g.sendBack(1)
	s := g.so(1)
	if s.Department != "cc-water" || s.Assignee != "" || !s.Disputed() || g.issue.Count.Disputed != 1 || s.Due != due {
		t.Fatalf("sent back: %+v", s)
	}
	// Nobody decides what may not be theirs to decide.
	for _, cmd := range []approval.Command{approval.Claim{SignOff: 1}, approval.Grant{SignOff: 1}, approval.Transfer{SignOff: 1, To: "cc-parks", Reason: "再转"}, approval.SendBack{SignOff: 1, Reason: "再退"}, approval.Recuse{SignOff: 1, Reason: "亲属"}} {
		g.refused(g.by(1), cmd, approval.Conflict)
	}
	g.refused(g.leadOf(1), approval.Reassign{SignOff: 1, To: "cc-water-officer-1"}, approval.Conflict)
	for _, a := range []approval.Actor{headquarters, bureau, secretary, overseer, g.leadOf(1)} {
		g.refused(a, approval.Assign{SignOff: 1, To: "cc-housing", Reason: "职责"}, approval.Forbidden)
	}
	g.refused(generalBranch, approval.Assign{SignOff: 1, To: "cc-bureau", Reason: "职责"}, approval.Invalid)
	g.refused(generalBranch, approval.Assign{SignOff: 1, To: "cc-housing"}, approval.Invalid)
	g.assign(1, "cc-housing")
	s = g.so(1)
	if s.Department != "cc-housing" || s.Disputed() || g.issue.Count.Disputed != 0 || s.Due != due || s.Handover.Owner != "cc-housing" || s.Handover.Ruled.By != generalBranch {
		t.Errorf("assigned: %+v", s)
	}
	g.refused(generalBranch, approval.Assign{SignOff: 1, To: "cc-water", Reason: "改主意"}, approval.Conflict)
	g.refused(g.by(1), approval.Transfer{SignOff: 1, To: "cc-parks", Reason: "再转"}, approval.Conflict)
	g.refused(g.by(1), approval.SendBack{SignOff: 1, Reason: "再退"}, approval.Conflict)
	g.refused(officer("cc-water", 1), approval.Grant{SignOff: 1}, approval.Forbidden)
	g.grant(1)
}

func TestWhatADepartmentHasTakenUpIsNotSentBack(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.at("2026-03-09 10:00").transfer(1, "cc-housing")
	g.at("2026-03-09 11:00").must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	g.refused(g.by(1), approval.SendBack{SignOff: 1, Reason: "职责"}, approval.Conflict)
}

func TestADisputeThatHasClimbedIsTheHeadquartersToo(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.transfer(1, "cc-housing").sendBack(1)
	if !g.rules.AssignsOn(&g.issue, generalBranch) || g.rules.AssignsOn(&g.issue, headquarters) {
		t.Error("below the headquarters the general branch alone decides")
	}
	g.at("2026-03-25 10:00").look(1)
	if g.issue.Tier != roster.TierHeadquarters {
		t.Fatalf("climbed to %s", g.issue.Tier)
	}
	if !g.rules.AssignsOn(&g.issue, generalBranch) {
		t.Error("the general branch may not decide any more")
	}
	g.must(headquarters, approval.Assign{SignOff: 1, To: "cc-water", Reason: "按三定规定"})
}

func TestAnExtensionThatWaitsForTheFormerLeadIsForgotten(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 10, Reason: "论证"})
	g.transfer(1, "cc-housing")
	g.refused(g.leadOf(1), approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted}, approval.Conflict)
	g.at("2026-03-10 09:00").extend(1, 5) // one that was granted stays
	due := g.so(1).Due
	g.refused(g.by(1), approval.SendBack{SignOff: 1, Reason: "职责"}, approval.Conflict)
	if g.so(1).Due != due {
		t.Errorf("due %s", g.so(1).Due.On)
	}
}

func TestADisputeOverARoundIsSettledInTheNext(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	g.transfer(1, "cc-housing").sendBack(1)
	g.object(2)
	g.rule(2, approval.Revise)
	g.refused(generalBranch, approval.Assign{SignOff: 1, To: "cc-housing", Reason: "职责"}, approval.Closed)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.assign(1, "cc-housing").grant(1)
}
