package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

const (
	opn  = approval.Open
	wait = approval.Waiting
	held = approval.Held
	obj  = approval.Objection
	yes  = approval.Granted
	no   = approval.Denied
	void = approval.Void
	supp = approval.Supplement
)

func TestAnObjectionSetsAsideOnlyWhatBuildsOnIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(1)
	g.object(2)
	g.want(yes, obj, held, held, opn, opn)
	g.wantStatus(approval.Consulting)
	con := g.issue.Consultation
	if con.Tier != roster.TierGeneralBranch || con.DueOn.On != calendar.MustParse("2026-03-11") {
		t.Errorf("the consultation is with %s until %s", con.Tier, con.DueOn.On)
	}
	g.grant(5, 6) // departments go on meanwhile
	g.want(yes, obj, held, held, yes, yes)
}

func TestAnObjectionSetAsideReopensWhatBuildsOnIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().object(1)
	g.want(obj, held, held, held, opn, opn)
	g.at("2026-03-10 15:00").rule(1, approval.SetAside)
	g.want(yes, opn, wait, wait, opn, opn)
	g.wantStatus(approval.InSignOff)
	s := g.so(1)
	if s.Decision.Kind != approval.Object || s.Ruling.Outcome != approval.SetAside || s.Ruling.By != generalBranch || g.issue.Consultation.ClosedAt.IsZero() {
		t.Errorf("on record: %+v %+v", s.Decision, s.Ruling)
	}
	g.grant(2, 3, 4, 5, 6)
	g.close()
	g.wantStatus(approval.Concluded)
	if g.issue.Verdict != approval.Agreed || g.issue.Measure == nil {
		t.Errorf("verdict %s, measure %+v", g.issue.Verdict, g.issue.Measure)
	}
}

func TestAnObjectionUpheldRefusesAndVoidsTheRest(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(6)
	g.object(1)
	g.rule(1, approval.Uphold)
	g.want(no, void, void, void, void, yes)
	if v := g.issue.VerdictNow(); v != approval.Refused {
		t.Errorf("verdict %s", v)
	}
	g.refused(secretary, approval.Confirm{Stars: 3}, approval.Conflict) // the round has to end first
	g.close()
	g.wantStatus(approval.Concluded)
	if g.issue.Verdict != approval.Refused || g.issue.Rounds[0].Verdict != approval.Refused {
		t.Errorf("%+v", g.issue.Rounds)
	}
}

func TestAnObjectionRevisedRedoesOnlyItsBranch(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(1, 6)
	g.object(2)
	kept := *g.so(1)
	g.rule(2, approval.Revise)
	g.wantStatus(approval.Returned)
	g.want(yes, obj, held, held, opn, yes)
	if v := g.issue.VerdictNow(); v != approval.SentBack {
		t.Errorf("verdict %s", v)
	}
	g.refused(g.by(5), approval.Grant{SignOff: 5}, approval.Closed)
	g.close()
	if g.issue.Rounds[0].Verdict != approval.SentBack || g.issue.Status != approval.Returned {
		t.Errorf("round 1 came to %s, the issue is %s", g.issue.Rounds[0].Verdict, g.issue.Status)
	}
	before := g.so(5).Due
	g.at("2026-03-12 09:00").must(secretary, approval.Resubmit{Note: "已退让河道蓝线"})
	g.want(yes, wait, wait, wait, opn, yes)
	if g.issue.Round() != 2 || g.outbox[len(g.outbox)-1].Start.Execution != "issue-01900000-0000-7000-8000-000000000001-r2" {
		t.Errorf("round %d, %+v", g.issue.Round(), g.outbox[len(g.outbox)-1])
	}
	if !before.On.IsZero() || g.so(5).Due.On.IsZero() {
		t.Errorf("the clock of what was not concerned: %v then %v", before, g.so(5).Due)
	}
	g.route()
	g.want(yes, opn, wait, wait, opn, yes)
	s := g.so(2)
	if s.Decision != nil || len(s.Earlier) != 1 || s.Earlier[0].Decision.Kind != approval.Object || s.Earlier[0].Ruling.Outcome != approval.Revise || s.Round != 2 || s.OpenedAt != g.now {
		t.Errorf("what is redone: %+v", s)
	}
	if diff := cmp.Diff(kept, *g.so(1)); diff != "" {
		t.Errorf("what was granted does not stand (-before +after):\n%s", diff)
	}
	g.must(g.by(2), approval.AskSupplement{SignOff: 2, Papers: []string{"新图"}}) // a new round, a new request
	g.must(secretary, approval.AnswerSupplement{SignOff: 2, Text: "已补"})
	g.grant(2, 3, 4, 5)
	g.close()
	g.wantStatus(approval.Concluded)
}

func TestTwoObjectionsEachNeedARuling(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.object(1)
	opened := *g.issue.Consultation
	g.at("2026-03-10 09:00").object(5)
	if diff := cmp.Diff(opened, *g.issue.Consultation); diff != "" {
		t.Errorf("the second objection moved the first one's deadline:\n%s", diff)
	}
	g.rule(1, approval.SetAside)
	g.wantStatus(approval.Consulting)
	g.want(yes, opn, wait, wait, obj, opn)
	g.rule(5, approval.SetAside)
	g.wantStatus(approval.InSignOff)
}

func TestAnObjectionBeforeTheNewRoundIsRoutedHoldsNothingUpForEver(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().object(1)
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.object(5) // its part was open all the time
	g.route()
	g.want(opn, wait, wait, wait, obj, opn)
	g.wantStatus(approval.Consulting)
	g.rule(5, approval.SetAside)
	g.wantStatus(approval.InSignOff)
	version := g.issue.Version
	g.route()
	if g.issue.Version != version {
		t.Error("routing twice changed something")
	}
}

func TestAMissedConsultationClimbsToTheHeadquartersAndStaysThere(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route().object(1)
	tally := func() { g.must(approval.Machine, approval.TallyCommand(1)) }
	version := g.issue.Version
	g.now = calendar.MustParse("2026-03-11").End().Add(-1)
	if tally(); g.issue.Version != version {
		t.Fatal("it climbed before the deadline")
	}
	g.now = calendar.MustParse("2026-03-11").End()
	tally()
	if con := g.issue.Consultation; con.Tier != roster.TierHeadquarters || g.issue.Tier != roster.TierHeadquarters || con.DueOn.On != calendar.MustParse("2026-03-16") {
		t.Fatalf("after the general branch: %+v", con)
	}
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "迟了"}, approval.Forbidden)
	g.now = calendar.MustParse("2026-03-16").End()
	tally()
	if con := g.issue.Consultation; con.Tier != roster.TierHeadquarters || g.issue.Tier != roster.TierHeadquarters {
		t.Fatalf("after the headquarters it went down to %s", con.Tier)
	}
	g.must(headquarters, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "定了"})
	g.want(yes)
}

func TestAConsultationKeepsItsDeadlineWhileOthersStillHaveTime(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().object(1)
	w := *g.issue.Watch(approval.ConsultWatch)
	if !w.WakeAt.Equal(calendar.MustParse("2026-03-11").End()) || w.Token != "" {
		t.Fatalf("nobody watches the consultation: %+v", w)
	}
	g.now = w.WakeAt
	g.must(approval.Machine, approval.RouseCommand(w))
	if g.issue.Consultation.Tier != roster.TierHeadquarters {
		t.Errorf("still with %s", g.issue.Consultation.Tier)
	}
	version := g.issue.Version
	g.must(approval.Machine, approval.RouseCommand(w))
	if g.issue.Version != version {
		t.Error("a late second sweep changed something")
	}
}

func TestWhoHasAnInterestStandsAside(t *testing.T) {
	t.Parallel()
	qingke := approval.Actor{Person: "qingke-secretary", Role: roster.Secretary, Unit: "branch-qingke"}
	both := approval.Actor{Person: "qingke-secretary", Role: roster.Officer, Unit: "cc-housing"}
	g := newGame(t)
	p := approval.Petition{Project: "qingke-culvert", Title: "开挖", Parties: []approval.Party{{Matter: "old_town_excavation", Department: "cc-housing"}}}
	g.must(qingke, approval.Raise{Petition: &p})
	g.route()
	for _, cmd := range []approval.Command{
		approval.Claim{SignOff: 1},
		approval.Grant{SignOff: 1},
		approval.Oppose{SignOff: 1, Ground: "法", Reason: "由"},
		pledge(1, 9),
		approval.AskSupplement{SignOff: 1, Papers: []string{"图"}},
	} {
		g.refused(both, cmd, approval.Forbidden)
	}
	g.must(officer("cc-housing", 1), approval.Grant{SignOff: 1})

	// In another project the same person decides as an officer like any other.
	other := newGame(t)
	p.Project = "fenjiang-west-bank"
	other.raise(p).route()
	other.must(both, approval.Grant{SignOff: 1})
}

// rosterWith is the demonstration's roster with something changed in its JSON.
func rosterWith(t *testing.T, change func(r map[string][]map[string]any)) *roster.Roster {
	t.Helper()
	text, err := json.Marshal(roster.Demo())
	if err != nil {
		t.Fatal(err)
	}
	var r map[string][]map[string]any
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	change(r)
	if text, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	out, err := roster.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNobodyRulesOnAnObjectionToTheirOwnIssue(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			switch p["id"] {
			case "fenjiang-secretary":
				p["posts"] = append(p["posts"].([]any), map[string]any{"role": "general_branch", "unit": "general-branch"})
			case "general-branch-2":
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.raise(chain()).route().object(1)
	for _, person := range []roster.PersonID{"fenjiang-secretary", "general-branch-2"} {
		g.refused(approval.Actor{Person: person, Role: roster.GeneralBranch, Unit: "general-branch"}, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "自定"}, approval.Forbidden)
	}
	g.rule(1, approval.SetAside)
}

func TestTheHeadquartersRulesForABranchDirectlyUnderIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, b := range r["branches"] {
			if b["id"] == "branch-fenjiang" {
				b["parent"] = "headquarters"
			}
		}
	})
	g.raise(chain()).route().object(1)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "无权"}, approval.Forbidden)
	g.must(headquarters, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "定了"})
}

func TestATaskClaimedByAColleagueIsAConflict(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	first, second := officer("cc-water", 1), officer("cc-water", 2)
	g.must(first, approval.Claim{SignOff: 1})
	version := g.issue.Version
	g.must(first, approval.Claim{SignOff: 1})
	if g.issue.Version != version {
		t.Error("claiming what one has claimed changed something")
	}
	for _, cmd := range []approval.Command{approval.Claim{SignOff: 1}, approval.Release{SignOff: 1}, approval.Grant{SignOff: 1}, approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}} {
		g.refused(second, cmd, approval.Conflict)
	}
	g.must(first, approval.Release{SignOff: 1})
	if s := g.so(1); s.Assignee != "" || !s.ClaimedAt.IsZero() {
		t.Errorf("after the release: %+v", s)
	}
	g.must(second, approval.Grant{SignOff: 1})
	if s := g.so(1); s.Assignee != second.Person || s.Decision.By != second {
		t.Errorf("who decided: %+v", s)
	}
}

func TestReasonsThatAreMandatoryAreAskedFor(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.refused(g.by(1), approval.Oppose{SignOff: 1, Reason: "理由"}, approval.Invalid)
	g.refused(g.by(1), approval.Oppose{SignOff: 1, Ground: "法条"}, approval.Invalid)
	g.refused(secretary, approval.Withdraw{}, approval.Invalid)
	g.object(1)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside}, approval.Invalid)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: "perhaps", Reason: "?"}, approval.Invalid)
	g.rule(1, approval.Revise)
	g.refused(secretary, approval.Resubmit{}, approval.Invalid)
}

func TestWithdrawingEndsAnIssueWhereverItStands(t *testing.T) {
	t.Parallel()
	for _, s := range situations {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := newGame(t)
			s.play(g)
			if g.issue.Status.Ended() {
				return // the table of commands has these
			}
			granted := map[int]bool{}
			for k := range g.issue.SignOffs {
				granted[k] = g.issue.SignOffs[k].State.Final()
			}
			g.must(secretary, approval.Withdraw{Reason: "线位调整"})
			for k, so := range g.issue.SignOffs {
				if so.State != void && !granted[k] {
					t.Errorf("sign-off %d is %s", so.N, so.State)
				}
			}
			if g.issue.Verdict != approval.WasPulled || g.issue.ConcludedAt.IsZero() || len(slices.DeleteFunc(slices.Clone(g.issue.Watches), func(w approval.Watch) bool { return w.SignOff == approval.DutyWatch })) != 0 {
				t.Errorf("%+v", g.issue)
			}
			if r := g.issue.Round(); r > 0 {
				g.must(approval.Machine, approval.CloseCommand(r))
				if g.issue.Rounds[r-1].ClosedAt.IsZero() {
					t.Error("the round did not end")
				}
			}
		})
	}
}

func TestADraftIsSeenByItsBranchAloneAlsoWhenWithdrawn(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: chain()})
	seen := func(want bool) {
		t.Helper()
		for _, a := range []approval.Actor{stranger, officer("cc-water", 1), lead, generalBranch, headquarters, bureau, overseer, administrator} {
			if g.rules.Visible(&g.issue, a) != want {
				t.Errorf("a %s issue is visible to the %s: %v", g.issue.Status, a.Role, !want)
			}
		}
		if !g.rules.Visible(&g.issue, secretary) {
			t.Error("not visible to its own branch")
		}
	}
	seen(false)
	raised := *g
	raised.must(secretary, approval.Raise{})
	g.must(secretary, approval.Withdraw{Reason: "重复"})
	seen(false)
	raised.must(secretary, approval.Withdraw{Reason: "重复"})
	g = &raised
	seen(true)
}

func TestARatingIsGivenOnceAndABadOneSaysWhy(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	agreed(g)
	for _, c := range []approval.Confirm{{Stars: 0}, {Stars: 6}, {Stars: 2}, {Stars: 1, Comment: " "}} {
		g.refused(secretary, c, approval.Invalid)
	}
	g.must(secretary, approval.Confirm{Stars: 2, Comment: "来回跑了三次"})
	if r := g.issue.Rating; r.Stars != 2 || r.By != secretary || g.issue.Status != approval.Confirmed {
		t.Errorf("%+v", g.issue)
	}
	g.refused(secretary, approval.Confirm{Stars: 5}, approval.Conflict)
}

func TestAHoldEndsWithItsRound(t *testing.T) {
	t.Parallel()
	hold := approval.HoldCommand(1, "token", "Internal", "disk on fire")
	t.Run("WhenResubmitted", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.raise(chain()).route().object(1)
		g.rule(1, approval.Revise)
		g.must(approval.Machine, hold)
		g.must(secretary, approval.Resubmit{Note: "已修改"})
		if g.issue.Hold != nil || g.issue.Watch(approval.HoldWatch) != nil || !slices.Contains(g.outbox[len(g.outbox)-1].Wake, approval.Wake{Token: "token"}) {
			t.Errorf("hold %+v, outbox %+v", g.issue.Hold, g.outbox[len(g.outbox)-1])
		}
	})
	t.Run("WhenResumed", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.raise(chain()).route()
		g.must(approval.Machine, hold)
		version := g.issue.Version
		g.must(approval.Machine, hold)
		if g.issue.Version != version {
			t.Error("holding twice changed something")
		}
		if h := g.issue.Hold; h.Error != "Internal" || h.Cause != "disk on fire" {
			t.Errorf("%+v", h)
		}
		g.must(administrator, approval.Resume{Reason: "磁盘已更换"})
		if w := g.last.Outbox.Wake; g.issue.Hold != nil || len(w) != 1 || w[0] != (approval.Wake{Token: "token"}) {
			t.Errorf("hold %+v, woken %+v", g.issue.Hold, w)
		}
	})
	t.Run("WhenTheRoundEnds", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.raise(one(0)).route()
		g.must(approval.Machine, hold)
		g.grant(1)
		g.close()
		if g.issue.Hold != nil || len(g.issue.Watches) != 0 {
			t.Errorf("%+v %+v", g.issue.Hold, g.issue.Watches)
		}
	})
}

func TestTheMachinesTasksAreHarmlessLateAndTwice(t *testing.T) {
	t.Parallel()
	for _, s := range situations {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := newGame(t)
			s.play(g)
			if g.issue.Round() == 0 {
				return
			}
			states := func() string { return fmt.Sprint(g.states(), g.issue.Status) }
			routed := func() { g.must(approval.Machine, approval.RouteCommand(g.issue.Round())) }
			routed()
			before := states()
			routed()
			for round := 1; round <= g.issue.Round(); round++ {
				for n := range g.issue.SignOffs {
					a := g.rules.AskingOf(g.issue, round, n+1, g.now)
					g.must(approval.Machine, approval.AskCommand(round, a, fmt.Sprint("a", round, n)))
					version := g.issue.Version
					g.must(approval.Machine, approval.AskCommand(round, a, fmt.Sprint("a", round, n)))
					g.must(approval.Machine, approval.LookCommand(round, n+1))
					if g.issue.Version != version {
						t.Errorf("asking twice for %d changed something", n+1)
					}
				}
				g.must(approval.Machine, approval.TallyCommand(round))
				g.must(approval.Machine, approval.ConsultCommand(round, fmt.Sprint("c", round)))
				version := g.issue.Version
				g.must(approval.Machine, approval.ConsultCommand(round, fmt.Sprint("c", round)))
				if g.issue.Version != version {
					t.Error("consulting twice changed something")
				}
			}
			if after := states(); after != before {
				t.Errorf("from %s to %s", before, after)
			}
			for _, w := range slices.Clone(g.issue.Watches) {
				g.must(approval.Machine, approval.RouseCommand(w))
				g.must(approval.Machine, approval.RouseCommand(w)) // it has woken already
			}
		})
	}
}

func TestALateAskDoesNotPutADeadTokenOverALivingOne(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	late := g.rules.TallyOf(&g.issue, 1, g.now).Asks[0]
	g.now = g.rules.RungMoment(&g.issue, 1, approval.StepRemind)
	g.look(1) // the task of the late ask timed out, and the clock has been checked
	g.must(approval.Machine, approval.AskCommand(1, g.rules.AskingOf(g.issue, 1, 1, g.now), "living"))
	g.refused(approval.Machine, approval.AskCommand(1, late, "dead"), approval.Recheck)
	if w := g.issue.Watch(1); w.Token != "living" {
		t.Errorf("the watch holds %q", w.Token)
	}
}

func TestARuleLeavesTheIssueItWasGivenAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range situations {
		g := newGame(t)
		s.play(g)
		whole := func() string {
			text, err := json.Marshal([]any{g.issue, g.issue.SignOffs, g.issue.Watches})
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		before := whole()
		for _, cmd := range commands {
			for _, role := range roles {
				_, _ = g.rules.Apply(g.issue, role.actor(g, s.n), cmd.make(s.n), g.now)
			}
		}
		for _, cmd := range []approval.Command{approval.RouteCommand(1), approval.LookCommand(1, 1), approval.TallyCommand(1), approval.CloseCommand(1), approval.ConsultCommand(1, "t"), approval.HoldCommand(1, "t", "e", "c")} {
			_, _ = g.rules.Apply(g.issue, approval.Machine, cmd, g.now.AddDate(0, 6, 0))
		}
		if after := whole(); after != before {
			t.Errorf("%s: from %s\nto %s", s.name, before, after)
		}
	}
}
