package approval_test

import (
	"encoding/json"
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// conflicting is a chain of which 2 and 5 are granted on conditions that exclude each
// other, in a consultation on that; 3 and 4 build on 2.
func conflicting(t *testing.T) *game {
	t.Helper()
	g := newGame(t)
	g.raise(chain()).route().grant(1)
	g.must(g.by(2), onTerms(2, approval.OnCondition, 9))
	g.must(g.by(5), onTerms(5, approval.OnCondition, 9))
	g.grant(4)
	g.must(generalBranch, approval.Convene{Cause: approval.OnConflict, SignOffs: []int{2, 5}, Reason: "所附条件不能同时满足"})
	return g
}

func TestOfApprovalsInConflictTheConsultationSaysWhichIsDecidedAnew(t *testing.T) {
	t.Parallel()
	g := conflicting(t)
	anew := func(ns ...int) approval.Conclude { return approval.Conclude{Anew: ns, Reason: "以水务意见为准"} }
	g.refused(g.by(2), anew(2), approval.Forbidden)
	g.refusedAt(generalBranch, anew(1), "anew[0]")    // not what it is about
	g.refusedAt(generalBranch, anew(2, 2), "anew[1]") // twice
	g.refusedAt(generalBranch, approval.Conclude{Anew: []int{2}}, "reason")
	since := len(g.events)
	g.must(generalBranch, anew(2))
	g.wantStatus(approval.InSignOff)
	g.want(yes, opn, wait, wait, yes, opn)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvSettle}) {
		t.Errorf("on record: %v", got)
	}
	var d struct{ Anew, Redone []int }
	if err := json.Unmarshal(g.events[len(g.events)-1].Detail, &d); err != nil || !slices.Equal(d.Anew, []int{2}) || !slices.Equal(d.Redone, []int{2, 3, 4}) {
		t.Errorf("on record: %s", g.events[len(g.events)-1].Detail)
	}
	if e := g.so(2).Earlier; len(e) != 1 || e[0].Decision.Kind != approval.OnCondition || e[0].Duties[0].State != approval.DutyLapsed || g.so(5).Duties[0].State != approval.DutyOpen {
		t.Errorf("the conditions: %+v, %+v", e, g.so(5).Duties)
	}
	if con := g.issue.Consultation; !slices.Equal(con.Anew, []int{2}) || con.Result != approval.Settled {
		t.Errorf("the consultation: %+v", con)
	}
	g.grant(2, 3, 4, 6)
	g.close()
	g.wantStatus(approval.Concluded)
}

func TestOnlyAConflictHasApprovalsDecidedAnew(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().grant(1)
	g.must(generalBranch, ownAccord)
	g.refusedAt(generalBranch, approval.Conclude{Anew: []int{1}, Reason: "重新出具"}, "anew")

	g = conflicting(t)
	g.object(6)
	upheld := approval.Conclude{Findings: []approval.Finding{{SignOff: 6, Outcome: approval.Uphold, Reason: "成立"}}, Anew: []int{2}, Reason: "重新出具"}
	g.refusedAt(generalBranch, upheld, "anew")
	upheld.Findings[0].Outcome = approval.SetAside
	g.must(generalBranch, upheld)
	g.want(yes, opn, wait, wait, yes, yes)
}

func TestWhatWasAcceptedIsAskedForNoSupplement(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().must(g.by(1), approval.Accept{SignOff: 1})
	g.refusedAt(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}, "papers")
}

func TestAStopWhoseDaysAreOverHidesNoOverrun(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.stopClock(1, approval.StopHearing, 3) // until the 12th; nobody looks when it is over
	g.at("2026-03-25 10:00").refusedAt(g.by(1), approval.Grant{SignOff: 1}, "reason")
	g.must(g.by(1), approval.Grant{SignOff: 1, Reason: "逾期原因：等待听证报告"})
	if s := g.so(1); s.Due.On != calendar.MustParse("2026-03-19") {
		t.Errorf("due %s", s.Due.On)
	}
}

func TestAnInterestOfEitherBarsAVoteByASubstitute(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(3)).route().object(1)
	s := meeting("2026-03-09", "2026-03-11")
	s.At = monday
	g.must(generalBranch, s)
	standIn := approval.Actor{Person: "cc-housing-officer-2", Role: roster.Officer, Unit: "cc-housing", For: "cc-housing-officer-1"} // from the 11th
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			if p["id"] == "cc-housing-officer-1" {
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.at("2026-03-11 10:00").refused(standIn, approval.Cast{Choice: approval.For}, approval.Forbidden)
	standIn.For = ""
	g.must(standIn, approval.Cast{Choice: approval.For})
}
