package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

func (g *game) revoke(n int) *game {
	g.Helper()
	g.must(g.by(n), approval.Revoke{SignOff: n, Code: "commitment_broken", Reason: "逾期未履行承诺"})
	return g
}

func TestARevocationReopensWhatStoodOnTheApproval(t *testing.T) {
	t.Parallel()
	// 1 ── 2 ──┬── 3
	//          └── 4     3 is granted on condition when 2 is revoked, 4 is claimed.
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(1)
	g.pledge(2, 9)
	g.at("2026-03-10 09:00").must(g.by(3), onTerms(3, approval.OnCondition, 60))
	g.must(g.by(4), approval.Claim{SignOff: 4})
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		g.must(approval.Machine, approval.AskCommand(1, a, fmt.Sprint("token-", a.SignOff)))
	}
	kept := *g.so(1)
	g.at("2026-03-19 09:00")
	since := len(g.events)
	g.must(g.leadOf(2), approval.Revoke{SignOff: 2, Code: "commitment_broken", Reason: "逾期未履行承诺"})
	g.want(yes, opn, wait, wait, opn, opn)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvMiss, approval.EvRevoke}) {
		t.Errorf("on record: %v", got)
	}
	e := g.events[len(g.events)-1]
	var d struct {
		Code   approval.GroundCode
		Ended  bool
		Redone []int
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil || d.Ended || !slices.Equal(d.Redone, []int{2, 3, 4}) || d.Code != "commitment_broken" || e.After != string(approval.Open) || e.Ground != "国办发〔2020〕42号" {
		t.Errorf("the event: %+v %s", e, e.Detail)
	}
	if diff := cmp.Diff(kept, *g.so(1)); diff != "" {
		t.Errorf("what was decided before it does not stand (-before +after):\n%s", diff)
	}
	s := g.so(2)
	if s.Decision != nil || s.Duties != nil || s.OpenedAt != g.now || len(s.Earlier) != 1 || s.Earlier[0].Duties[0].State != approval.DutyRevoked || s.Earlier[0].Decision.Kind != approval.OnPledge {
		t.Errorf("what is decided anew: %+v", s)
	}
	s = g.so(3)
	if s.Decision != nil || len(s.Earlier) != 1 || s.Earlier[0].Duties[0].State != approval.DutyLapsed || s.Earlier[0].Decision.Kind != approval.OnCondition || len(g.duties) != 0 {
		t.Errorf("what stood on it: %+v", s)
	}
	if w := g.last.Outbox.Wake; len(w) != 1 || w[0] != (approval.Wake{Token: "token-4", Recheck: true}) || g.so(4).Assignee != "" {
		t.Errorf("woken: %+v, claimed by %q", w, g.so(4).Assignee)
	}
	if len(g.issue.Revoked) != 0 || g.issue.VerdictNow() != approval.Pending {
		t.Errorf("marked %v, verdict %s", g.issue.Revoked, g.issue.VerdictNow())
	}
	g.refused(g.by(3), approval.Grant{SignOff: 3}, approval.Conflict)
	g.grant(2)
	g.want(yes, yes, opn, opn, opn, opn)
	g.grant(3, 4, 5, 6)
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

func TestARevocationEndsTheConsultationOnWhatStoodOnIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().pledge(1, 9)
	g.at("2026-03-18 09:00").object(2)
	g.want(yes, obj, held, held, opn, opn)
	g.at("2026-03-19 09:00").revoke(1)
	g.want(opn, wait, wait, wait, opn, opn)
	g.wantStatus(approval.InSignOff)
	if con := g.issue.Consultation; con.ClosedAt != g.now || g.issue.Watch(approval.ConsultWatch) != nil {
		t.Errorf("the consultation: %+v", con)
	}
	if e := g.so(2).Earlier; len(e) != 1 || e[0].Decision.Kind != approval.Object {
		t.Errorf("the objection is not on record: %+v", e)
	}
	g.grant(1, 2, 3, 4, 5, 6)
	g.close()
	g.wantStatus(approval.Concluded)
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

func TestARevocationAfterTheEndReopensTheIssueInANewRound(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := chain()
	p.Commitments = p.Items[:2]
	g.raise(p).route()
	g.grant(1)
	g.pledge(2, 9)
	agreed := *g
	g.at("2026-03-11 10:00").grant(3, 4, 5, 6)
	g.close()
	g.must(secretary, approval.Confirm{Stars: 5})
	before := g.issue
	g.at("2026-03-19 09:00")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Ground: "法条"}, "reason")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Reason: "理由"}, "ground")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Code: "planning", Reason: "理由"}, "code")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Code: "gaps_left", Reason: "理由"}, "ground")
	g.refused(secretary, approval.Revoke{SignOff: 2, Code: "commitment_broken", Reason: "理由"}, approval.Forbidden)
	since := len(g.events)
	g.revoke(2)
	g.wantStatus(approval.Raised)
	g.want(yes, wait, wait, wait, yes, yes)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvMiss, approval.EvRevoke, approval.EvReopen}) {
		t.Errorf("on record: %v", got)
	}
	if s := g.last.Outbox.Start; s == nil || s.Round != 2 || s.Execution != approval.ExecutionName(g.issue.ID, 2) {
		t.Errorf("started: %+v", g.last.Outbox)
	}
	if c := g.issue.Closings; len(c) != 1 || c[0].Round != 1 || c[0].Verdict != approval.Agreed || c[0].ConcludedAt != before.ConcludedAt || c[0].ConfirmedAt != before.ConfirmedAt ||
		c[0].Measure != before.Measure || c[0].Rating != before.Rating || c[0].ReopenedBy != g.by(2) || g.issue.Measure != nil || g.issue.Rating != nil || g.issue.Verdict != "" {
		t.Errorf("closings: %+v", c)
	}
	g.route()
	g.want(yes, opn, wait, wait, yes, yes)
	g.at("2026-03-20 09:00").grant(2, 3, 4)
	g.close()
	if m := g.issue.Measure; m.RaisedOn != before.Measure.RaisedOn || m.SpanDays != 11 {
		t.Errorf("the whole took %+v", m)
	}
	g.must(secretary, approval.Confirm{Stars: 3, Comment: "反复"})
	if len(g.issue.Closings) != 1 || g.issue.Rating.Stars != 3 {
		t.Errorf("%+v", g.issue.Closings)
	}

	// Between the last answer and the end there is nothing to reopen yet.
	agreed.grant(3, 4, 5, 6)
	agreed.at("2026-03-19 09:00").refused(lead, approval.Revoke{SignOff: 2, Code: "commitment_broken", Reason: "理由"}, approval.Conflict)
}

func TestARevocationAfterAWithdrawalOnlyLeavesItsMark(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().pledge(1, 9)
	g.must(secretary, approval.Withdraw{Reason: "线位调整"})
	g.at("2026-03-19 09:00").revoke(1)
	g.wantStatus(approval.Withdrawn)
	if d := g.so(1).Duties[0]; d.State != approval.DutyRevoked || d.Code != "commitment_broken" || d.Ground == "" || !slices.Equal(g.issue.Revoked, []int{1}) || g.last.Outbox != nil {
		t.Errorf("%+v, marked %v", d, g.issue.Revoked)
	}
	g.refused(lead, approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "再撤"}, approval.Closed)
}

func TestAnApprovalThatShouldNotHaveBeenGivenIsRevokedByWhoGaveIt(t *testing.T) {
	t.Parallel()
	// 1 ── 2 ──┬── 3
	//          └── 4     2 is granted on a commitment that proves untrue before its date.
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(1)
	g.pledge(2, 30)
	g.grant(3, 5)
	g.at("2026-03-10 09:00")
	untrue := approval.Revoke{SignOff: 2, Code: "commitment_false", Reason: "所附勘察报告系伪造"}
	for _, a := range []approval.Actor{g.by(2), secretary, generalBranch, headquarters, overseer, administrator, approval.Machine, {Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}} {
		want := approval.Forbidden
		if a == g.by(2) {
			want = approval.Conflict // who checks the commitment revokes it only when it was missed
		}
		g.refused(a, untrue, want)
	}
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Code: "commitment_false"}, "reason")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Code: "planning", Reason: "理由"}, "code")
	g.refusedAt(lead, approval.Revoke{SignOff: 2, Reason: "理由"}, "ground")
	g.refusedAt(lead, approval.Revoke{SignOff: 1, Code: "commitment_false", Reason: "没有承诺"}, "code")
	g.refusedAt(lead, approval.Revoke{SignOff: 1, Code: "condition_unmet", Ground: "意见", Reason: "没有条件"}, "code")
	g.refused(lead, approval.Revoke{SignOff: 2, Code: "commitment_broken", Reason: "为时尚早"}, approval.Conflict)
	since := len(g.events)
	g.must(lead, untrue)
	g.want(yes, opn, wait, wait, yes, opn)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvRevoke}) {
		t.Errorf("on record: %v", got)
	}
	if e := g.events[len(g.events)-1]; e.By != lead || e.Ground != "国办发〔2020〕42号" || e.Reason != untrue.Reason || e.Before != string(approval.Granted) || e.After != string(approval.Open) {
		t.Errorf("the event: %+v", e)
	}
	if e := g.so(2).Earlier; len(e) != 1 || e[0].Revocation.Code != "commitment_false" || e[0].Revocation.By != lead || e[0].Duties[0].State != approval.DutyLapsed || g.so(3).Earlier[0].Revocation != nil {
		t.Errorf("the attempts on record: %+v", e)
	}
	g.refused(lead, untrue, approval.Conflict)
	g.grant(2, 3, 4, 6)
	g.close()

	// After the end, on a plain approval: a new round. Of a ruling there is nothing to revoke.
	g.must(lead, approval.Revoke{SignOff: 1, Code: "fraud", Reason: "以隐瞒红线的图纸取得"})
	g.wantStatus(approval.Raised)
	if e := g.so(1).Earlier; len(e) != 1 || e[0].Revocation.Ground != "行政许可法第六十九条第二款" || len(g.issue.Closings) != 1 {
		t.Errorf("after the end: %+v, %+v", e, g.issue.Closings)
	}
	g.route()
	g.object(1)
	g.rule(1, approval.SetAside)
	g.refused(lead, approval.Revoke{SignOff: 1, Code: "fraud", Reason: "隐瞒"}, approval.Conflict)
}

func TestAWithdrawnIssueKeepsWhyItsApprovalWasRevoked(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	terms := pledge(1, 30)
	terms.Duties[0].Checker = "cc-housing"
	g.must(g.by(1), terms)
	g.must(secretary, approval.Withdraw{Reason: "线位调整"})
	fraud := approval.Revoke{SignOff: 1, Code: "fraud", Reason: "隐瞒有关情况"}
	g.must(lead, fraud)
	g.wantStatus(approval.Withdrawn)
	if s := g.so(1); s.Revocation == nil || s.Revocation.Reason != fraud.Reason || s.Duties[0].State != approval.DutyRevoked || !slices.Equal(g.issue.Revoked, []int{1}) || len(g.duties) != 0 {
		t.Errorf("on record: %+v, marked %v, still to be checked %v", s, g.issue.Revoked, g.duties)
	}
	g.refused(lead, fraud, approval.Closed)
}

func TestWhatIsDecidedAnewAfterAMergerGoesToTheSuccessor(t *testing.T) {
	t.Parallel()
	merge := roster.Change{Reorganise: &roster.Reorganisation{
		New:      []roster.Department{{ID: "cc-planning", Kind: roster.NaturalResources, District: "440604", NameZH: "规划局", NameEN: "Planning Bureau", Origin: roster.Origin{Source: "文件"}}},
		Passages: []roster.Passage{{From: "cc-natural-resources", To: "cc-planning"}},
	}}
	heir := approval.Actor{Person: lead.Person, Role: roster.Lead, Unit: "cc-planning"}
	for name, again := range map[string]func(g *game){
		"revoked":  func(g *game) { g.must(heir, approval.Revoke{SignOff: 1, Code: "fraud", Reason: "隐瞒红线"}) },
		"reopened": func(g *game) { g.must(secretary, approval.Reopen{SignOffs: []int{1}, Reason: "红线调整"}) },
	} {
		g := newGame(t)
		agreed(g)
		g.change(merge)
		g.must(approval.Machine, approval.Conform{Ground: "文件"})
		if g.so(1).Department != "cc-natural-resources" {
			t.Fatal("what is decided went to the successor")
		}
		g.refused(lead, approval.Revoke{SignOff: 1, Code: "fraud", Reason: "已不在任"}, approval.Forbidden)
		again(g)
		if g.so(1).Department != "cc-planning" || g.so(2).Department != "cc-planning" || g.events[len(g.events)-1].Kind != approval.EvFollow {
			t.Errorf("%s: with %s, %s; the last on record is %s", name, g.so(1).Department, g.so(2).Department, g.events[len(g.events)-1].Kind)
		}
		g.route()
		g.must(approval.Actor{Person: "cc-natural-resources-officer-1", Role: roster.Officer, Unit: "cc-planning"}, approval.Grant{SignOff: 1})
	}
}

func TestWhoChecksNoneOfTheMissedDutiesDoesNotRevoke(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	terms := pledge(1, 9)
	terms.Duties = append(terms.Duties, pledge(1, 30).Duties...)
	terms.Duties[1].Checker = "cc-housing"
	g.must(g.by(1), terms)
	g.at("2026-03-19 09:00")
	g.refused(officer("cc-housing", 1), approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "他人核查"}, approval.Conflict)
	g.refused(officer("cc-water", 1), approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "无关"}, approval.Forbidden)
	g.revoke(1)
	if e := g.so(1).Earlier[0].Duties; e[0].State != approval.DutyRevoked || e[1].State != approval.DutyLapsed {
		t.Errorf("the duties: %+v", e)
	}
}

func TestAnIssueIsReopenedByItsBranchOrTheGeneralBranch(t *testing.T) {
	t.Parallel()
	for _, by := range []approval.Actor{secretary, generalBranch} {
		g := newGame(t)
		agreed(g)
		before := g.issue
		again := approval.Reopen{SignOffs: []int{3}, Reason: "审图要求有变"}
		for _, a := range []approval.Actor{stranger, lead, headquarters, overseer, administrator} {
			g.refused(a, again, approval.Forbidden)
		}
		g.refusedAt(by, approval.Reopen{Reason: "没有指定"}, "signOffs")
		g.refusedAt(by, approval.Reopen{SignOffs: []int{3, 3}, Reason: "重复"}, "signOffs[1]")
		g.refusedAt(by, approval.Reopen{SignOffs: []int{7}, Reason: "没有此项"}, "signOffs[0]")
		g.refusedAt(by, approval.Reopen{SignOffs: []int{3}}, "reason")
		g.at("2026-04-01 09:00").must(by, again)
		g.wantStatus(approval.Raised)
		g.want(yes, yes, wait, yes, yes, yes)
		g.refused(by, again, approval.Conflict)
		g.refused(secretary, approval.Confirm{Stars: 5}, approval.Conflict)
		g.route()
		g.want(yes, yes, opn, yes, yes, yes)
		for n, s := range g.issue.SignOffs {
			if n != 2 {
				if diff := cmp.Diff(before.SignOffs[n], s); diff != "" {
					t.Errorf("sign-off %d does not stand (-before +after):\n%s", n+1, diff)
				}
			}
		}
		g.grant(3)
		g.close()
		if m := g.issue.Measure; m.RaisedOn != before.Measure.RaisedOn || m.SpanDays != 23 || g.issue.Closings[0].Measure.SpanDays != 0 || g.issue.Closings[0].ReopenedBy != by {
			t.Errorf("measured %+v, before %+v", m, g.issue.Closings)
		}
	}
}

func TestARefusedIssueReopensWithWhatWasRefusedAndNeverNeeded(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.grant(5)
	g.object(1)
	g.rule(1, approval.Uphold)
	g.close()
	g.must(secretary, approval.Reopen{SignOffs: []int{6}, Reason: "方案已重新编制"})
	g.want(wait, wait, wait, wait, yes, wait)
	g.route()
	g.want(opn, wait, wait, wait, yes, opn)
	if g.issue.Closings[0].Verdict != approval.Refused || g.so(1).Earlier[0].Ruling.Outcome != approval.Uphold {
		t.Errorf("%+v, %+v", g.issue.Closings, g.so(1).Earlier)
	}
	g.grant(1, 2, 3, 4, 6)
	g.close()
	if g.issue.Verdict != approval.Agreed {
		t.Errorf("concluded as %s", g.issue.Verdict)
	}
}

func TestAnIssueIsNotReopenedForEver(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	for k := range 6 {
		g.grant(1)
		g.close()
		again := approval.Reopen{SignOffs: []int{1}, Reason: "又有变化"}
		if k == 5 {
			g.refused(secretary, again, approval.Conflict)
			break
		}
		g.must(secretary, again)
		g.route()
	}
	if len(g.issue.Closings) != 5 || len(g.so(1).Earlier) != 5 || g.issue.Round() != 6 {
		t.Errorf("%d closings, %d attempts, round %d", len(g.issue.Closings), len(g.so(1).Earlier), g.issue.Round())
	}
}

func TestWhatStoodOnTwoRevokedApprovalsIsHeldBehindAnObjection(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().pledge(1, 9).pledge(2, 9).at("2026-03-19 09:00").revoke(2)
	g.want(yes, opn, wait, wait, opn, opn)
	g.object(2)
	g.want(yes, obj, held, held, opn, opn)
	g.revoke(1)
	g.want(opn, wait, wait, wait, opn, opn)
	g.object(1)
	g.want(obj, held, held, held, opn, opn)
	g.rule(1, approval.SetAside)
	g.want(yes, opn, wait, wait, opn, opn)
}

func TestAGroundCitesTheRuleOfItsCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code   approval.GroundCode
		ground string
		want   string // the ground on record; empty: refused
		field  string
	}{
		{"flood", "", "防洪法第二十七条", ""},
		{"flood", "防洪法第二十七条、河道管理条例第十一条", "防洪法第二十七条、河道管理条例第十一条", ""},
		{"plan_conflict", "与一号线保护区冲突", "与一号线保护区冲突", ""},
		{"", "地方条例", "地方条例", ""},
		{"plan_conflict", " ", "", "ground"},
		{"other", "", "", "ground"},
		{"", "", "", "ground"},
		{"fraud", "法条", "", "code"}, // a ground of revocations
	} {
		g := newGame(t)
		g.raise(chain()).route()
		cmd := approval.Oppose{SignOff: 1, Code: c.code, Ground: c.ground, Reason: "理由"}
		if c.want == "" {
			g.refusedAt(g.by(1), cmd, c.field)
			continue
		}
		g.must(g.by(1), cmd)
		if d := g.so(1).Decision; d.Ground != c.want || d.Code != c.code && d.Code != approval.OtherGround {
			t.Errorf("%q %q is on record as %+v", c.code, c.ground, d)
		}
	}
	for _, list := range [][]approval.Ground{approval.ObjectionGrounds, approval.RevocationGrounds} {
		seen := map[approval.GroundCode]bool{}
		for _, g := range list {
			if seen[g.Code] || g.ZH == "" || g.EN == "" || g.Law == "" && (g.Article != "" || !g.Assumed) {
				t.Errorf("a ground without a source: %+v", g)
			}
			seen[g.Code] = true
		}
		if last := list[len(list)-1]; last.Code != approval.OtherGround {
			t.Errorf("the list ends with %s", last.Code)
		}
	}
}

func TestWhoWasLetGoByAnAgreedMatterIsAskedAgainOnlyWhenItIsNoLongerAgreed(t *testing.T) {
	t.Parallel()
	// Two of three have to agree; the third, the second's revocation decides, is let go.
	carried := func() *game {
		g := newGame(t)
		p := parties(0)
		p.Items = one(25).Items
		for _, d := range []roster.DepartmentID{"cc-water", "cc-transport", "cc-housing"} {
			p.Parties = append(p.Parties, approval.Party{Matter: "river_works", Department: d})
		}
		p.Joins = []approval.Join{{Matter: "river_works", Rule: catalog.JoinKofN, K: 2}}
		g.raise(p).route()
		g.must(g.by(2), onTerms(2, approval.OnCondition, 9))
		g.grant(3)
		g.want(opn, yes, yes, void)
		return g
	}
	g := carried()
	g.at("2026-03-19 09:00").must(g.by(2), approval.Revoke{SignOff: 2, Code: "condition_unmet", Ground: "会签意见", Reason: "未落实"})
	g.want(opn, opn, yes, opn)
	g.grant(4)
	g.want(opn, void, yes, yes)

	g = carried()
	g.grant(1)
	g.close()
	g.refusedAt(secretary, approval.Reopen{SignOffs: []int{1, 4}, Reason: "无须办理"}, "signOffs[1]")
	g.must(secretary, approval.Reopen{SignOffs: []int{1}, Reason: "规划条件有变"})
	g.route()
	g.want(opn, yes, yes, void)
	g.grant(1)
	g.close()
	g.must(secretary, approval.Reopen{SignOffs: []int{3}, Reason: "方案有变"})
	g.route()
	g.want(yes, yes, opn, opn)
}
