package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// pledge approves on a commitment that is verified some days from now, by the own department.
func (g *game) pledge(n, days int) *game {
	g.Helper()
	g.must(g.by(n), approval.Pledge{SignOff: n, What: "补齐材料", By: calendar.Of(g.now).Add(days)})
	return g
}

func (g *game) revoke(n int) *game {
	g.Helper()
	g.must(g.by(n), approval.Revoke{SignOff: n, Ground: "行政许可法第六十九条", Reason: "逾期未履行承诺"})
	return g
}

func (g *game) duties() (s []approval.DutyState) {
	for k := range g.issue.SignOffs {
		if d := g.issue.SignOffs[k].Duty; d != nil {
			s = append(s, d.State)
		} else {
			s = append(s, "")
		}
	}
	return s
}

func TestADutyIsMetWithEvidenceByItsChecker(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.must(g.by(1), approval.Pledge{SignOff: 1, What: "补齐", By: calendar.Of(monday).Add(9), Checker: "cc-housing"})
	met := approval.Meet{SignOff: 1, Evidence: "现场核查，已补齐"}
	for _, a := range []approval.Actor{g.by(1), lead, secretary, overseer, {Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}} {
		g.refused(a, met, approval.Forbidden)
	}
	checker := officer("cc-housing", 1)
	g.refused(checker, approval.Meet{SignOff: 1, Evidence: " "}, approval.Invalid)
	g.refused(checker, approval.Meet{SignOff: 5, Evidence: "没有承诺"}, approval.Conflict)
	g.refused(checker, approval.Meet{SignOff: 99, Evidence: "没有此项"}, approval.NotFound)
	g.refused(checker, approval.Revoke{SignOff: 1, Ground: "法条", Reason: "为时尚早"}, approval.Conflict)
	g.must(checker, met)
	if d := g.so(1).Duty; d.State != approval.DutyMet || d.Evidence != met.Evidence || d.SettledBy != checker || d.SettledAt != g.now || g.issue.Watch(approval.DutyWatch) != nil {
		t.Errorf("on record: %+v, watched by %+v", d, g.issue.Watch(approval.DutyWatch))
	}
	g.refused(checker, met, approval.Closed)
	g.at("2026-04-09 10:00").refused(checker, approval.Revoke{SignOff: 1, Ground: "法条", Reason: "已履行"}, approval.Closed)
}

func TestADutyWhoseDatePassesIsMissedAlsoAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{false, true} {
		g := newGame(t)
		p := chain()
		p.Commitments = p.Items[:1]
		g.raise(p).route().pledge(1, 9).pledge(2, 12)
		if ended {
			g.grant(3, 4, 5, 6)
			g.close()
			g.must(secretary, approval.Confirm{Stars: 5})
		}
		w := *g.issue.Watch(approval.DutyWatch)
		if !w.WakeAt.Equal(shanghai("2026-03-19 00:00")) {
			t.Fatalf("the sweep means to look at %s", w.WakeAt.In(calendar.Shanghai))
		}
		g.now = w.WakeAt.Add(-1)
		version := g.issue.Version
		if g.must(approval.Machine, approval.RouseCommand(w)); g.issue.Version != version {
			t.Error("missed before its date has passed")
		}
		g.now = w.WakeAt
		since := len(g.events)
		g.must(approval.Machine, approval.RouseCommand(w))
		if got := g.kinds(since); !slices.Equal(got, []string{approval.EvMiss}) || !slices.Equal(g.duties()[:2], []approval.DutyState{approval.DutyMissed, approval.DutyOpen}) {
			t.Errorf("%v, duties %v", got, g.duties())
		}
		version = g.issue.Version
		if g.must(approval.Machine, approval.RouseCommand(w)); g.issue.Version != version {
			t.Error("a second sweep changed something")
		}
		g.must(g.by(1), approval.Meet{SignOff: 1, Evidence: "补核，已履行"}) // late, and on record so
		if d := g.so(1).Duty; d.State != approval.DutyMet || calendar.Of(d.SettledAt) <= d.By {
			t.Errorf("met late: %+v", d)
		}
		g.now = g.issue.Watch(approval.DutyWatch).WakeAt
		g.must(approval.Machine, approval.RouseCommand(*g.issue.Watch(approval.DutyWatch)))
		if g.issue.Watch(approval.DutyWatch) != nil || g.so(2).Duty.State != approval.DutyMissed {
			t.Errorf("after the last date: %+v, %v", g.issue.Watches, g.duties())
		}
	}
}

func TestARevokedApprovalIsDecidedAnewAndWhatWaitsForItWaitsAgain(t *testing.T) {
	t.Parallel()
	// 1 ── 2 ──┬── 3
	//          └── 4     3 is decided when 2 is revoked, 4 is not.
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(1)
	g.pledge(2, 9)
	g.at("2026-03-10 09:00").grant(3)
	g.must(g.by(4), approval.Claim{SignOff: 4})
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		g.must(approval.Machine, approval.AskCommand(1, a, fmt.Sprint("token-", a.SignOff)))
	}
	kept := *g.so(3)
	g.at("2026-03-19 09:00")
	since := len(g.events)
	g.must(g.leadOf(2), approval.Revoke{SignOff: 2, Ground: "行政许可法第六十九条", Reason: "逾期未履行承诺"})
	g.want(yes, opn, yes, wait, opn, opn)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvMiss, approval.EvRevoke}) {
		t.Errorf("on record: %v", got)
	}
	e := g.events[len(g.events)-1]
	var d struct {
		Ended             bool
		Waiting, Standing []int
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil || d.Ended || !slices.Equal(d.Waiting, []int{4}) || !slices.Equal(d.Standing, []int{3}) || e.After != string(approval.Open) || e.Ground == "" {
		t.Errorf("the event: %+v %s", e, e.Detail)
	}
	if diff := cmp.Diff(kept, *g.so(3)); diff != "" {
		t.Errorf("what was decided does not stand (-before +after):\n%s", diff)
	}
	s := g.so(2)
	if s.Decision != nil || s.Duty != nil || s.OpenedAt != g.now || len(s.Earlier) != 1 || s.Earlier[0].Duty.State != approval.DutyRevoked || s.Earlier[0].Decision.Kind != approval.OnPledge {
		t.Errorf("what is decided anew: %+v", s)
	}
	if w := g.last.Outbox.Wake; len(w) != 1 || w[0] != (approval.Wake{Token: "token-4", Recheck: true}) || g.so(4).Assignee != "" {
		t.Errorf("woken: %+v, claimed by %q", w, g.so(4).Assignee)
	}
	if len(g.issue.Revoked) != 0 || g.issue.VerdictNow() != approval.Pending {
		t.Errorf("marked %v, verdict %s", g.issue.Revoked, g.issue.VerdictNow())
	}
	g.refused(g.by(4), approval.Grant{SignOff: 4}, approval.Conflict)
	g.grant(2)
	g.want(yes, yes, yes, opn, opn, opn)
	g.grant(4, 5, 6)
	g.close()
	g.wantStatus(approval.Concluded)
}

func TestARevocationWakesAConsultationThatHasNobodyToWaitFor(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := one(25)
	p.Parties = []approval.Party{{Matter: "river_works", Department: "cc-water"}}
	g.raise(p).route().pledge(1, 9)
	g.at("2026-03-18 09:00").object(2)
	g.must(approval.Machine, approval.ConsultCommand(1, "token"))
	due := g.issue.Watch(approval.ConsultWatch).WakeAt
	g.at("2026-03-19 09:00").revoke(1)
	g.wantStatus(approval.Consulting)
	if w := g.last.Outbox.Wake; len(w) != 1 || w[0] != (approval.Wake{Token: "token", Recheck: true}) {
		t.Errorf("woken: %+v", w)
	}
	if w := g.issue.Watch(approval.ConsultWatch); w == nil || w.Token != "" || !w.WakeAt.Equal(due) {
		t.Errorf("the consultation's deadline: %+v", w)
	}
	g.want(opn, obj)
	g.rule(2, approval.SetAside)
	g.grant(1)
	g.close()
}

func TestARevocationWhileTheIssueIsWithTheBranchWaitsForTheNewRound(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := one(25)
	p.Parties = []approval.Party{{Matter: "river_works", Department: "cc-water"}}
	g.raise(p).route().pledge(1, 9).object(2)
	g.rule(2, approval.Revise)
	g.at("2026-03-19 09:00").revoke(1)
	g.want(wait, obj)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	g.want(opn, opn)
}

func TestARevocationAfterTheEndIsRecordedAndMarked(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().pledge(1, 9)
	agreed := *g
	g.close()
	g.at("2026-03-19 09:00")
	g.refused(lead, approval.Revoke{SignOff: 1, Reason: "理由"}, approval.Invalid)
	g.refused(lead, approval.Revoke{SignOff: 1, Ground: "法条"}, approval.Invalid)
	g.refused(secretary, approval.Revoke{SignOff: 1, Ground: "法条", Reason: "理由"}, approval.Forbidden)
	g.revoke(1)
	g.want(yes)
	g.wantStatus(approval.Concluded)
	if d := g.so(1).Duty; d.State != approval.DutyRevoked || d.Ground != "行政许可法第六十九条" || !slices.Equal(g.issue.Revoked, []int{1}) || g.last.Outbox != nil {
		t.Errorf("%+v, marked %v", d, g.issue.Revoked)
	}
	g.refused(lead, approval.Revoke{SignOff: 1, Ground: "法条", Reason: "再撤"}, approval.Closed)
	g.must(secretary, approval.Confirm{Stars: 4})

	// Between the last answer and the end there is nothing to reopen and nothing to mark.
	agreed.at("2026-03-19 09:00").refused(lead, approval.Revoke{SignOff: 1, Ground: "法条", Reason: "理由"}, approval.Conflict)
}

func TestWhatStoodOnTwoRevokedApprovalsIsHeldBehindAnObjection(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().pledge(1, 9).pledge(2, 9).at("2026-03-19 09:00").revoke(1)
	g.want(opn, yes, opn, opn, opn, opn)
	g.object(1)
	g.want(obj, yes, opn, opn, opn, opn)
	g.revoke(2)
	g.want(obj, held, held, held, opn, opn)
	g.rule(1, approval.SetAside)
	g.want(yes, opn, wait, wait, opn, opn)
}

func TestRevokingWhatFortyStandOnFitsOneTransaction(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := parties(39)
	p.Items = append(p.Items, 25)
	g.raise(p)
	for k := 1; k < 40; k++ {
		g.issue.SignOffs[k].Requires = []int{1}
	}
	g.route().pledge(1, 9)
	fits := func(what string) {
		t.Helper()
		c := g.last
		c.Receipt = &approval.Receipt{Key: "cc-natural-resources-lead/key", Issue: c.Issue.ID, Version: c.Issue.Version, At: g.now}
		ops, err := store.Ops(c)
		if err != nil || len(ops) > store.MaxOps {
			t.Errorf("%s takes %d operations of %d: %v", what, len(ops), store.MaxOps, err)
		}
		t.Logf("%s: %d operations", what, len(ops))
	}
	fits("a pledge that opens thirty-nine")
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		g.must(approval.Machine, approval.AskCommand(1, a, fmt.Sprint("token-", a.SignOff)))
	}
	g.at("2026-03-19 09:00").revoke(1)
	fits("revoking what thirty-nine stood on")

	for k := range g.issue.SignOffs {
		g.issue.SignOffs[k].State, g.issue.SignOffs[k].Duty = approval.Granted, &approval.Duty{What: "补齐", By: calendar.Of(g.now).Add(9), Checker: "cc-water", State: approval.DutyOpen}
	}
	w := approval.Watch{SignOff: approval.DutyWatch, WakeAt: calendar.Of(g.now).Add(9).End()}
	g.issue.Watches = []approval.Watch{w}
	c, err := g.rules.Apply(g.issue, approval.Machine, approval.RouseCommand(w), w.WakeAt)
	if err != nil {
		t.Fatal(err)
	}
	g.last = c
	fits("missing forty at once")
}
