package approval_test

import (
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// absence is a game in which the first water officer is away from the 10th to the
// 12th of March, the day after the issue is raised, and somebody does their work.
func absence(t *testing.T, by roster.PersonID, interests ...string) *game {
	t.Helper()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		r["substitutes"] = []map[string]any{{"for": "cc-water-officer-1", "by": by, "unit": "cc-water", "from": "2026-03-10", "until": "2026-03-12"}}
		for _, p := range r["people"] {
			for _, id := range interests {
				if p["id"] == id {
					p["interests"] = []string{"fenjiang-west-bank"}
				}
			}
		}
	})
	g.raise(one(0)).route()
	return g
}

// standingIn is somebody in the place of the first water officer.
func standingIn(by roster.PersonID) approval.Actor {
	return approval.Actor{Person: by, Role: roster.Officer, Unit: "cc-water", For: "cc-water-officer-1"}
}

func TestASubstituteActsOnTheDaysOfTheSpanAndBothNamesAreOnRecord(t *testing.T) {
	t.Parallel()
	by := standingIn("cc-transport-officer-1") // without a post in the department
	g := absence(t, by.Person)
	g.refused(by, approval.Claim{SignOff: 1}, approval.Forbidden)
	g.at("2026-03-10 00:00").must(by, approval.Claim{SignOff: 1})
	if s := g.so(1); s.Assignee != "cc-water-officer-1" || s.Substitute != by.Person || g.rules.Substituting(s, calendar.Of(g.now)) != by.Person {
		t.Errorf("claimed: %+v", s)
	}
	g.refused(officer("cc-water", 2), approval.Grant{SignOff: 1}, approval.Conflict)
	g.at("2026-03-12 23:59").must(by, approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	if e := g.events[len(g.events)-1]; e.By != by || g.so(1).Request.By != by {
		t.Errorf("on record: %+v", e.By)
	}
	g.at("2026-03-13 09:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	for _, cmd := range []approval.Command{approval.Grant{SignOff: 1}, approval.Release{SignOff: 1}, approval.Comment{Text: "补充"}} {
		g.refused(by, cmd, approval.Forbidden)
	}
	if s := g.so(1); g.rules.Substituting(s, calendar.Of(g.now)) != "" {
		t.Errorf("the span is over and the task still lies with the substitute: %+v", s)
	}
	g.must(officer("cc-water", 1), approval.Grant{SignOff: 1}) // the claim was theirs all the time
}

func TestWhatWasClaimedBeforeTheAbsenceIsDoneByTheSubstitute(t *testing.T) {
	t.Parallel()
	second := officer("cc-water", 2) // in a post of their own, so that they need not say for whom
	g := absence(t, second.Person)
	g.must(officer("cc-water", 1), approval.Claim{SignOff: 1})
	g.refused(second, approval.Grant{SignOff: 1}, approval.Conflict)
	g.at("2026-03-11 09:00").must(second, approval.Grant{SignOff: 1})
	if d := g.so(1).Decision; d.By.Person != second.Person || d.By.For != "cc-water-officer-1" || g.so(1).Assignee != "cc-water-officer-1" {
		t.Errorf("decided by %+v", d.By)
	}
}

func TestAnInterestOfEitherBarsTheSubstitute(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"cc-water-officer-1", "cc-transport-officer-1"} {
		by := standingIn("cc-transport-officer-1")
		g := absence(t, by.Person, who).at("2026-03-10 09:00")
		for _, cmd := range []approval.Command{approval.Claim{SignOff: 1}, approval.Grant{SignOff: 1}} {
			g.refused(by, cmd, approval.Forbidden)
		}
	}
	by := standingIn("fenjiang-secretary") // who raised it
	g := absence(t, by.Person).at("2026-03-10 09:00")
	g.refused(by, approval.Grant{SignOff: 1}, approval.Forbidden)

	by = standingIn("cc-transport-officer-1")
	g = absence(t, by.Person)
	g.must(officer("cc-water", 1), approval.Recuse{SignOff: 1, Reason: "亲属"})
	g.at("2026-03-10 09:00").refused(by, approval.Grant{SignOff: 1}, approval.Forbidden)
	g.at("2026-03-11 09:00").must(g.leadOf(1), approval.Reassign{SignOff: 1, To: "cc-water-officer-2"})

	g = absence(t, by.Person)
	g.must(officer("cc-water", 1), approval.Claim{SignOff: 1})
	g.at("2026-03-10 09:00").must(by, approval.Recuse{SignOff: 1, Reason: "亲属"})
	if s := g.so(1); s.Assignee != "" || s.Recused[0].Person != by.Person {
		t.Errorf("the substitute stood aside: %+v", s)
	}
}

func TestATaskGivenToSomebodyAbsentArrivesWithTheSubstitute(t *testing.T) {
	t.Parallel()
	by := standingIn("cc-transport-officer-1")
	g := absence(t, by.Person).at("2026-03-10 09:00")
	g.must(g.leadOf(1), approval.Reassign{SignOff: 1, To: "cc-water-officer-1"})
	if s := g.so(1); s.Assignee != "cc-water-officer-1" || s.Substitute != by.Person {
		t.Errorf("given: %+v", s)
	}
	if e := g.events[len(g.events)-1]; string(e.Detail) != `{"officer":"cc-water-officer-1","substitute":"cc-transport-officer-1","was":""}` {
		t.Errorf("on record: %s", e.Detail)
	}
	g.must(g.leadOf(1), approval.Reassign{SignOff: 1, To: "cc-water-officer-2", Reason: "调整"})
	g.refused(by, approval.Grant{SignOff: 1}, approval.Conflict) // who has lost it no longer decides, nor does the substitute

	g = absence(t, by.Person, string(by.Person)).at("2026-03-10 09:00")
	wantRefusal(t, g, g.leadOf(1), approval.Reassign{SignOff: 1, To: "cc-water-officer-1"}, approval.Invalid, "person")
}

func TestNobodyStandsInWithoutBeingAskedTo(t *testing.T) {
	t.Parallel()
	g := absence(t, "cc-transport-officer-1").at("2026-03-10 09:00")
	for _, a := range []approval.Actor{
		standingIn("cc-transport-officer-2"),
		{Person: "cc-transport-officer-1", Role: roster.Lead, Unit: "cc-water", For: "cc-water-officer-1"},
		{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-water", For: "cc-water-officer-2"},
		{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-water"},
	} {
		if g.rules.Seated(a, calendar.Of(g.now)) {
			t.Errorf("%+v may sit there", a)
		}
		if a.For != "" {
			g.refused(a, approval.Claim{SignOff: 1}, approval.Forbidden)
		}
	}
}

func TestNobodyGrantsTheExtensionThatWasAskedForInTheirName(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			if p["id"] == "cc-natural-resources-lead" {
				p["posts"] = append(p["posts"].([]any), map[string]any{"role": "officer", "unit": "cc-natural-resources"})
			}
		}
		r["substitutes"] = []map[string]any{{"for": "cc-natural-resources-lead", "by": "cc-natural-resources-officer-1", "unit": "cc-natural-resources", "from": "2026-03-09", "until": "2026-03-12"}}
	})
	g.raise(one(25)).route()
	by := officer("cc-natural-resources", 1)
	by.For = "cc-natural-resources-lead"
	g.must(by, approval.AskExtension{SignOff: 1, Days: 5, Reason: "论证"})
	g.refused(lead, approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted}, approval.Forbidden)
}
