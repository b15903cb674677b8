package approval_test

import (
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestAnIssueHasOneResponsibleOfficer(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: chain()})
	g.refused(bureau, approval.NameOfficer{Person: "cc-bureau-1", Reason: "分工"}, approval.NotFound) // nobody knows of a draft
	g.must(secretary, approval.Raise{})
	if g.issue.Officer != "cc-bureau-2" {
		t.Fatalf("raised with %q", g.issue.Officer)
	}
	g.route()
	g.change(roster.Change{Officer: &roster.Responsible{Project: "fenjiang-west-bank", Person: "cc-bureau-3"}})
	if got := g.rules.OfficerOf(&g.issue); got != "cc-bureau-2" {
		t.Errorf("with the project's, the issue's officer became %s", got)
	}
	for _, a := range []approval.Actor{secretary, lead, officer("cc-water", 1), headquarters, overseer, administrator, {Person: "x", Role: roster.GeneralBranch, Unit: "elsewhere"}} {
		g.refused(a, approval.NameOfficer{Person: "cc-bureau-1", Reason: "分工"}, approval.Forbidden)
	}
	for field, cmd := range map[string]approval.NameOfficer{
		"person": {Person: "nobody", Reason: "分工"},
		"reason": {Person: "cc-bureau-1"},
	} {
		err := g.do(bureau, cmd)
		e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
		if !ok || e.Kind != approval.Invalid || e.Field != field || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("%+v answers %v", cmd, err)
		}
	}
	version := g.issue.Version
	g.must(bureau, approval.NameOfficer{Person: "cc-bureau-2"})
	if g.issue.Version != version {
		t.Error("naming who it is changed something")
	}
	g.must(generalBranch, approval.NameOfficer{Person: "cc-bureau-1", Reason: "分工调整"})
	e := g.events[len(g.events)-1]
	if g.issue.Officer != "cc-bureau-1" || e.Kind != approval.EvOfficer || e.Reason != "分工调整" || e.By != generalBranch || !strings.Contains(string(e.Detail), `"was":"cc-bureau-2"`) {
		t.Errorf("named %s, event %+v", g.issue.Officer, e)
	}
	// Who leaves answers for nothing any more: the project's officer does.
	g.change(
		roster.Change{Officer: &roster.Responsible{Project: "tod-nanzhuang", Person: "cc-bureau-2"}},
		roster.Change{Officer: &roster.Responsible{Project: "u-valley", Person: "cc-bureau-2"}},
		roster.Change{People: &roster.PersonChange{Person: "cc-bureau-1", Leave: true}},
	)
	if got := g.rules.OfficerOf(&g.issue); got != "cc-bureau-3" {
		t.Errorf("after the officer has left it is %s", got)
	}
	g.refused(bureau, approval.NameOfficer{Person: "cc-bureau-1", Reason: "分工"}, approval.Invalid)
	g.must(secretary, approval.Withdraw{Reason: "不办了"})
	g.refused(bureau, approval.NameOfficer{Person: "cc-bureau-2", Reason: "分工"}, approval.Closed)
}

func TestAnOldIssueHasTheProjectsOfficer(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain())
	g.issue.Officer = "" // as the first release stored it
	if got := g.rules.OfficerOf(&g.issue); got != "cc-bureau-2" {
		t.Errorf("it is %q", got)
	}
}

func TestAClaimEndsWithThePost(t *testing.T) {
	t.Parallel()
	first, second := officer("cc-water", 1), officer("cc-water", 2)
	left := roster.Change{People: &roster.PersonChange{Person: first.Person, Leave: true}}
	start := func(t *testing.T) *game {
		g := newGame(t)
		g.raise(one(0)).route().must(first, approval.Claim{SignOff: 1})
		g.refused(second, approval.Grant{SignOff: 1}, approval.Conflict)
		g.change(left)
		return g
	}
	t.Run("AnybodyOfTheDepartmentClaimsIt", func(t *testing.T) {
		t.Parallel()
		g := start(t)
		g.must(second, approval.Claim{SignOff: 1})
		if s, e := g.so(1), g.events[len(g.events)-1]; s.Assignee != second.Person || s.ClaimedAt != g.now || !strings.Contains(string(e.Detail), string(first.Person)) {
			t.Errorf("claimed by %s, event %+v", s.Assignee, e)
		}
	})
	t.Run("AnybodyOfTheDepartmentDecidesIt", func(t *testing.T) {
		t.Parallel()
		g := start(t)
		g.must(second, approval.Grant{SignOff: 1})
		if s := g.so(1); s.Assignee != second.Person || s.Decision.By != second || g.rules.Claimed(s) != second.Person {
			t.Errorf("decided: %+v", s)
		}
	})
	t.Run("TheLeadGivesItWithoutAReason", func(t *testing.T) {
		t.Parallel()
		g := start(t)
		g.must(g.leadOf(1), approval.Reassign{SignOff: 1, To: second.Person})
	})
	t.Run("WhatWasDecidedKeepsItsName", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.raise(one(0)).route().must(first, approval.Grant{SignOff: 1})
		g.change(left)
		if got := g.rules.Claimed(g.so(1)); got != first.Person {
			t.Errorf("decided by %q", got)
		}
	})
}

func TestADepartmentThatNoLongerActsIsAskedNothing(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.change(roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: "cc-water", To: "cc-ecology", Shares: []roster.Share{{To: "cc-housing", Items: []int{14}}}}}}})
	p := one(0)
	_, plan := g.rules.Plan(district, p, 0x7fffff)
	for field, err := range map[string]error{
		"parties[0].department": plan,
		"department":            g.do(g.by(1), approval.Transfer{SignOff: 1, To: "cc-water", Reason: "职责"}),
		"duties[0].checker":     g.do(g.by(1), approval.GrantOnTerms{SignOff: 1, Kind: approval.OnPledge, Duties: []approval.Term{{What: "补齐", By: 0x7fffff, Checker: "cc-water"}}}),
	} {
		e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
		if !ok || e.Kind != approval.Invalid || e.Field != field || !strings.Contains(e.Text.ZH, "禅城区生态环境局、禅城区住房和城乡建设局") || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
