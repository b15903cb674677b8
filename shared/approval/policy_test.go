package approval_test

import (
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// TestPoliciesPermitWhatTheRulesAllowAndNoMore holds the policies to the rules, for every
// command in every state by every role: where the rules allow, the policies permit; and
// whom the rules never allow it, the policies do not permit it either, although they know
// nothing of states.
func TestPoliciesPermitWhatTheRulesAllowAndNoMore(t *testing.T) {
	t.Parallel()
	bare := rules
	bare.Authoriser = nil
	asked := 0
	for _, cmd := range commands {
		for _, s := range situations {
			start := newGame(t)
			s.play(start)
			for _, role := range roles {
				g := *start
				actor := role.actor(&g, s.n)
				asked++
				refused := inForce.Authorise(rules.QuestionOf(g.issue, actor, cmd.make(s.n), g.now))
				if refused != nil && !approval.IsKind(refused, approval.Forbidden) {
					t.Fatalf("%s in %s by %s: %v", cmd.name, s.name, role.name, refused)
				}
				_, err := bare.Apply(g.issue, actor, cmd.make(s.n), g.now)
				allowed := err == nil
				if allowed && refused != nil {
					t.Errorf("%s in %s by %s is allowed by the rules, and the policies say: %v", cmd.name, s.name, role.name, refused)
				}
				if refused == nil && !slices.Contains(cmd.only, role.name) {
					t.Errorf("%s in %s by %s is permitted by the policies, and never allowed by the rules", cmd.name, s.name, role.name)
				}
			}
		}
	}
	t.Logf("policies: %d commands in %d situations by %d roles, %d questions", len(commands), len(situations), len(roles), asked)
}

// barred are people who would be the right ones, were there not something between them
// and the issue.
var barred = []struct {
	name string
	bar  func(g *game, n int) approval.Actor
}{
	{"the officer who raised it", func(g *game, n int) approval.Actor {
		a := roles[2].actor(g, n)
		g.issue.RaisedBy.Person = a.Person
		return a
	}},
	{"the lead who raised it", func(g *game, n int) approval.Actor {
		a := roles[5].actor(g, n)
		g.issue.RaisedBy.Person = a.Person
		return a
	}},
	{"the general branch's, who raised it", func(g *game, _ int) approval.Actor {
		g.issue.RaisedBy.Person = generalBranch.Person
		return generalBranch
	}},
	{"the headquarters', who raised it", func(g *game, _ int) approval.Actor {
		g.issue.RaisedBy.Person = headquarters.Person
		return headquarters
	}},
	{"the officer with an interest", func(g *game, n int) approval.Actor { return interested(g, roles[2].actor(g, n)) }},
	{"the lead with an interest", func(g *game, n int) approval.Actor { return interested(g, roles[5].actor(g, n)) }},
	{"the general branch's, with an interest", func(g *game, _ int) approval.Actor { return interested(g, generalBranch) }},
	{"the headquarters', with an interest", func(g *game, _ int) approval.Actor { return interested(g, headquarters) }},
	{"the signer with an interest", func(g *game, _ int) approval.Actor { return interested(g, officer("cc-ecology", 1)) }},
}

// interested declares an interest of the actor's in the game's project.
func interested(g *game, a approval.Actor) approval.Actor {
	g.change(roster.Change{People: &roster.PersonChange{Person: a.Person, Declare: &roster.Declared{Projects: []roster.ProjectID{g.issue.Project}}}})
	return a
}

// TestWhoMustStandAsideIsRefusedByBoth holds that what the rules refuse for a conflict of
// interest, the policies forbid as well.
func TestWhoMustStandAsideIsRefusedByBoth(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: every situation is played for everybody who is barred")
	}
	for _, cmd := range commands {
		for _, who := range barred {
			var said struct{ rules, policies bool }
			for _, s := range situations {
				start := newGame(t)
				s.play(start)
				actor := who.bar(start, s.n)
				start.rules.Authoriser = nil
				if inForce.Authorise(start.rules.QuestionOf(start.issue, actor, cmd.make(s.n), start.now)) == nil {
					said.policies = true
				}
				if _, err := start.rules.Apply(start.issue, actor, cmd.make(s.n), start.now); err == nil {
					said.rules = true
				}
			}
			if said.rules != said.policies {
				t.Errorf("%s by %s: the rules ever allow it: %v, the policies: %v", cmd.name, who.name, said.rules, said.policies)
			}
		}
	}
}

// TestNobodyRulesOnTheOwnAnswer gives one person a post in a department and one above the
// branch: what they answered in the one they do not rule on in the other.
func TestNobodyRulesOnTheOwnAnswer(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.change(roster.Change{People: &roster.PersonChange{Person: generalBranch.Person, Begin: []roster.Post{{Role: roster.Officer, Unit: "cc-natural-resources"}}}})
	own := approval.Actor{Person: generalBranch.Person, Role: roster.Officer, Unit: "cc-natural-resources"}
	g.raise(chain()).route()
	if g.so(1).Department != "cc-natural-resources" {
		t.Fatalf("the first sign-off is of %s", g.so(1).Department)
	}
	g.must(own, approval.Oppose{SignOff: 1, Ground: "城乡规划法第四十条", Reason: "不符合规划"})
	ruling := approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "会商一致"}
	if err := g.do(generalBranch, ruling); !approval.IsKind(err, approval.Forbidden) || !strings.Contains(err.Error(), "decided-it-oneself") {
		t.Errorf("a ruling on the own objection: %v", err)
	}
	if err := g.do(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside}); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("a ruling whose reason is not typed yet, which pages try: %v", err)
	}
	g.rules.Authoriser = nil
	g.must(generalBranch, ruling) // which the rules alone allow
}

func TestAnAdministratorDoesNoBusiness(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	by := g.by(1)
	g.change(roster.Change{People: &roster.PersonChange{Person: by.Person, Begin: []roster.Post{{Role: roster.AuditAdministrator, Unit: "cc-administration"}}}})
	if err := g.do(by, approval.Grant{SignOff: 1, Reason: "同意"}); !approval.IsKind(err, approval.Forbidden) || !strings.Contains(err.Error(), "administrators-do-no-business") {
		t.Errorf("an approval by an administrator: %v", err)
	}
	g.must(by, approval.Comment{Text: "已转承办人"})
}
