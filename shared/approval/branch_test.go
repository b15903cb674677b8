package approval_test

import (
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestANewSecretaryTakesTheBranchsIssuesOver(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	next := approval.Actor{Person: "cc-water-officer-2", Role: roster.Secretary, Unit: "branch-fenjiang"}
	g.change(roster.Change{Secretary: &roster.Appointment{Branch: "branch-fenjiang", Person: next.Person}})
	g.must(next, approval.Urge{SignOff: 1, Text: "工期紧"})
	e := g.events[len(g.events)-2]
	if e.Kind != approval.EvHandOver || e.By != approval.Machine || !strings.Contains(string(e.Detail), `"secretary":"cc-water-officer-2"`) || !strings.Contains(string(e.Detail), `"was":"fenjiang-secretary"`) {
		t.Errorf("the handover is on record as %+v", e)
	}
	if g.issue.Secretary != next.Person || g.issue.RaisedBy != secretary {
		t.Errorf("with %s, raised by %v", g.issue.Secretary, g.issue.RaisedBy)
	}
	// The issue is the secretary's own now: no deciding it in another post.
	g.refused(officer("cc-water", 2), approval.Grant{SignOff: 1}, approval.Forbidden)
	version := g.issue.Version
	g.must(approval.Machine, approval.LookCommand(1, 1))
	if g.issue.Version != version {
		t.Error("it was handed over twice")
	}
	g.must(next, approval.Withdraw{Reason: "不办了"})
}

func TestAnIssueFollowsItsProjectToAnotherBranch(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.change(roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-u-valley"}})
	g.refused(secretary, approval.Withdraw{Reason: "不办了"}, approval.Forbidden)
	g.must(stranger, approval.Urge{SignOff: 1}) // the secretary of the branch that took over
	if g.issue.Branch != "branch-u-valley" || g.issue.Secretary != stranger.Person || g.kinds(len(g.events) - 2)[0] != approval.EvHandOver {
		t.Errorf("with %s of %s", g.issue.Secretary, g.issue.Branch)
	}
}

func TestNobodyTakesOverWhileTheBranchHasNoSecretary(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.change(roster.Change{People: &roster.PersonChange{Person: secretary.Person, Leave: true}})
	g.grant(1)
	g.close()
	for _, e := range g.events {
		if e.Kind == approval.EvHandOver {
			t.Errorf("handed over to nobody: %+v", e)
		}
	}
	g.change(roster.Change{Secretary: &roster.Appointment{Branch: "branch-fenjiang", Person: "cc-water-lead"}})
	g.must(approval.Actor{Person: "cc-water-lead", Role: roster.Secretary, Unit: "branch-fenjiang"}, approval.Confirm{Stars: 5})
	if g.kinds(len(g.events) - 2)[0] != approval.EvHandOver {
		t.Errorf("events %v", g.kinds(0))
	}
}

func TestADraftFollowsItsProjectAndItsBranchsSecretaryOnRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: one(0)})
	version := g.issue.Version
	if g.must(approval.Machine, approval.Conform{}); g.issue.Version != version {
		t.Error("a draft in its place was changed")
	}
	next := approval.Actor{Person: "cc-water-officer-2", Role: roster.Secretary, Unit: "branch-fenjiang"}
	g.change(roster.Change{Secretary: &roster.Appointment{Branch: "branch-fenjiang", Person: next.Person}})
	g.must(approval.Machine, approval.Conform{})
	if g.issue.Secretary != next.Person || g.kinds(len(g.events) - 1)[0] != approval.EvHandOver {
		t.Errorf("with %s, events %v", g.issue.Secretary, g.kinds(0))
	}
	g.change(roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-u-valley"}})
	if g.rules.Visible(&g.issue, next) || !g.rules.Visible(&g.issue, stranger) {
		t.Error("it is not read where its project is")
	}
	g.refused(next, approval.Raise{}, approval.Forbidden)
	g.must(approval.Machine, approval.Conform{})
	if g.issue.Branch != "branch-u-valley" || g.issue.Secretary != stranger.Person || g.issue.Status != approval.Draft {
		t.Errorf("%s with %s of %s", g.issue.Status, g.issue.Secretary, g.issue.Branch)
	}
	version = g.issue.Version
	if g.must(approval.Machine, approval.Conform{}); g.issue.Version != version {
		t.Error("it was handed over twice")
	}
	g.must(stranger, approval.Save{Petition: one(0)})
	g.must(stranger, approval.Raise{})
	if g.issue.RaisedBy != stranger || g.issue.Branch != "branch-u-valley" {
		t.Errorf("raised by %v for %s", g.issue.RaisedBy, g.issue.Branch)
	}
}

func TestADraftThatTheBureauEnteredIsNotHandedOverToItsOwnSecretary(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(bureau, approval.Enter{Petition: one(0)})
	g.must(secretary, approval.Raise{})
	for _, kind := range g.kinds(0) {
		if kind == approval.EvHandOver {
			t.Errorf("events %v", g.kinds(0))
		}
	}
}
