package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

func (g *game) supervise(n int) *game {
	g.Helper()
	g.must(generalBranch, approval.Supervise{SignOff: n, Demand: "请于两日内书面回复进展", ReplyDays: 2})
	return g
}

func (g *game) notice(k int) approval.Notice {
	g.Helper()
	n, _ := g.issue.NoticeOf(k)
	if n == nil {
		g.Fatalf("no notice %d", k)
	}
	return *n
}

// rouse is the sweep, which finds the watch over the notices late.
func (g *game) rouseNotices() {
	g.Helper()
	w := g.issue.Watch(approval.NoticeWatch)
	if w == nil {
		g.Fatal("nobody watches the notices")
	}
	g.must(approval.Machine, approval.RouseCommand(*w))
}

func TestANoticeIsRepliedToAndRechecked(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	for _, a := range []approval.Actor{g.by(1), g.leadOf(1), secretary, bureau, overseer, administrator} {
		g.refused(a, approval.Supervise{SignOff: 1, Demand: "限期办结", ReplyDays: 2}, approval.Forbidden)
	}
	g.refused(generalBranch, approval.Supervise{SignOff: 1, ReplyDays: 2}, approval.Invalid)
	g.refused(generalBranch, approval.Supervise{SignOff: 1, Demand: "限期办结", ReplyDays: 11}, approval.Invalid)
	g.supervise(1)
	if n := g.notice(1); n.State != approval.NoticeIssued || n.DueOn != calendar.MustParse("2026-03-11") || n.Department != g.so(1).Department || n.By != generalBranch || n.Tier != roster.TierGeneralBranch {
		t.Errorf("issued: %+v", n)
	}
	g.refused(generalBranch, approval.Supervise{SignOff: 1, Demand: "再次督办", ReplyDays: 2}, approval.Conflict)
	g.refused(g.by(1), approval.ReplyNotice{K: 1, Text: "在办"}, approval.Forbidden)
	g.refused(g.leadOf(1), approval.ReplyNotice{K: 2, Text: "在办"}, approval.NotFound)
	g.refused(g.leadOf(1), approval.ReplyNotice{K: 1}, approval.Invalid)
	g.refused(generalBranch, approval.RecheckNotice{K: 1, OK: true, Text: "属实"}, approval.Conflict)
	g.must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "正在踏勘"})
	g.refused(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "补充"}, approval.Conflict)
	g.refused(headquarters, approval.RecheckNotice{K: 1, OK: true, Text: "属实"}, approval.Forbidden)
	g.must(generalBranch, approval.RecheckNotice{K: 1, Text: "未说明办结时间"})
	if n := g.notice(1); n.State != approval.NoticeSentBack || n.Tier != roster.TierGeneralBranch || n.Replies[0].OK || n.Replies[0].Finding != "未说明办结时间" {
		t.Errorf("sent back: %+v", n)
	}
	g.must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "十三日办结"})
	g.must(generalBranch, approval.RecheckNotice{K: 1, OK: true, Text: "属实"})
	if n := g.notice(1); n.State != approval.NoticeClosed || n.ClosedAt != g.now || len(n.Replies) != 2 || g.issue.Watch(approval.NoticeWatch) != nil {
		t.Errorf("closed: %+v", n)
	}
	g.refused(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "补充"}, approval.Closed)
	g.supervise(2) // numbers run on within the issue
	if n := g.notice(2); n.Department != g.so(2).Department {
		t.Errorf("%+v", n)
	}
}

func TestAReplyThatFailsTheRecheckTwiceClimbs(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route().supervise(1)
	for k := range 2 {
		g.must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "在办"})
		since := len(g.events)
		g.must(generalBranch, approval.RecheckNotice{K: 1, Text: "不符"})
		if got, want := g.kinds(since), []string{approval.EvRecheck, approval.EvLapse}[:k+1]; !slices.Equal(got, want) {
			t.Errorf("recheck %d: %v", k+1, got)
		}
	}
	if n, s := g.notice(1), g.so(1); n.Tier != roster.TierHeadquarters || n.State != approval.NoticeSentBack || s.Tier() != roster.TierHeadquarters || len(s.Climbs) != 2 {
		t.Errorf("%+v, %+v", n, s.Climbs)
	}
	for k := 2; k < 6; k++ {
		g.must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "在办"})
		g.must(headquarters, approval.RecheckNotice{K: 1, Text: "不符"})
	}
	if n := g.notice(1); n.State != approval.NoticeClosed || len(n.Replies) != 6 || n.Replies[5].OK {
		t.Errorf("the last recheck leaves it %s after %d replies", n.State, len(n.Replies))
	}
}

func TestAReplyOrARecheckThatIsOverdueClimbs(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route().supervise(1)
	g.at("2026-03-11 23:59").rouseNotices()
	if n := g.notice(1); n.Tier != roster.TierGeneralBranch {
		t.Fatalf("on its last day: %+v", n)
	}
	g.at("2026-03-12 00:00").rouseNotices()
	if n := g.notice(1); n.Tier != roster.TierHeadquarters || n.State != approval.NoticeIssued || n.DueOn != calendar.MustParse("2026-03-16") {
		t.Errorf("no reply: %+v", n)
	}
	if g.so(1).Tier() != roster.TierHeadquarters || g.issue.Tier != roster.TierHeadquarters || g.so(1).Light != approval.Green {
		t.Errorf("the sign-off: %s, issue %s, %s", g.so(1).Tier(), g.issue.Tier, g.so(1).Light)
	}
	var d struct{ Notice int }
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvLapse || e.Before != "general_branch" || e.After != "headquarters" || json.Unmarshal(e.Detail, &d) != nil || d.Notice != 1 {
		t.Errorf("on record: %+v", e)
	}
	g.at("2026-03-17 10:00").must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "迟复：在办"})
	if r := g.notice(1).Replies[0]; r.DueOn != calendar.MustParse("2026-03-16") {
		t.Errorf("the late reply: %+v", r)
	}
	g.at("2026-03-20 00:00").rouseNotices() // nobody rechecked: above the headquarters is nobody
	if n := g.notice(1); n.Tier != roster.TierHeadquarters || n.State != approval.NoticeReplied || n.DueOn != calendar.MustParse("2026-03-24") {
		t.Errorf("no recheck: %+v", n)
	}
}

func TestANoticeDoesNotClimbWhileTheLadderIsPausedOrTheClockStandsStill(t *testing.T) {
	t.Parallel()
	for name, stand := range map[string]func(g *game){
		"paused":     func(g *game) { g.pauseLadder(1) },
		"supplement": func(g *game) { g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}) },
		"returned":   func(g *game) { g.object(2); g.rule(2, approval.Revise) },
	} {
		g := newGame(t)
		g.raise(parties(2)).route().supervise(1)
		stand(g)
		g.at("2026-03-12 00:00").rouseNotices()
		if n := g.notice(1); n.Tier != roster.TierGeneralBranch || n.DueOn != calendar.MustParse("2026-03-16") || g.so(1).Tier() != roster.TierBranch {
			t.Errorf("%s: %+v, with the %s", name, n, g.so(1).Tier())
		}
	}
}

func TestTheDepartmentsAnswerClosesItsNotice(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(g *game){
		"grant":    func(g *game) { g.grant(1) },
		"object":   func(g *game) { g.object(1) },
		"withdraw": func(g *game) { g.must(secretary, approval.Withdraw{Reason: "不办了"}) },
	} {
		g := newGame(t)
		g.raise(parties(2)).route().supervise(1)
		answer(g)
		if n := g.notice(1); n.Open() || g.issue.Watch(approval.NoticeWatch) != nil {
			t.Errorf("%s leaves %+v", name, n)
		}
		if got := g.events[len(g.events)-1]; got.Kind != approval.EvCloseNotice || string(got.Detail) != `{"notices":[1]}` {
			t.Errorf("%s: %s %s", name, got.Kind, got.Detail)
		}
	}
}

// TestTheLadderIssuesANoticeAWorkingDayAfterTheDueDate is the district's ladder.
func TestTheLadderIssuesANoticeAWorkingDayAfterTheDueDate(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route()
	g.at("2026-03-18 00:00").look(1)
	n := g.notice(1)
	if n.By != approval.Machine || n.Tier != roster.TierGeneralBranch || n.DueOn != calendar.MustParse("2026-03-20") || n.Demand == "" {
		t.Errorf("%+v", n)
	}
	g.must(g.leadOf(1), approval.ReplyNotice{K: 1, Text: "两日内办结"})
	g.must(generalBranch, approval.RecheckNotice{K: 1, OK: true, Text: "属实"})
}

func TestALateAnswerSaysWhy(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(33)).route()
	due := g.so(1).Due.On
	g.now = due.End().Add(-1)
	inTime := *g
	inTime.must(g.by(1), approval.Grant{SignOff: 1})
	g.now = due.End()
	for _, cmd := range []approval.Command{
		approval.Grant{SignOff: 1},
		approval.Grant{SignOff: 1, Reason: " "},
		onTerms(1, approval.OnPledge, 60),
	} {
		g.refused(g.by(1), cmd, approval.Invalid)
	}
	g.must(g.by(1), approval.Grant{SignOff: 1, Reason: "专家论证延后"})
}

func TestOnlyTheLastNoticesOfASignOffAreKeptAndTheirNumbersRunOn(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route()
	for k := 1; k <= 6; k++ {
		g.supervise(1)
		g.must(g.leadOf(1), approval.ReplyNotice{K: k, Text: "在办"})
		g.must(generalBranch, approval.RecheckNotice{K: k, OK: true, Text: "属实"})
	}
	var kept []string
	for _, n := range g.so(1).Notices {
		kept = append(kept, fmt.Sprint(n.K))
	}
	if !slices.Equal(kept, []string{"3", "4", "5", "6"}) {
		t.Errorf("kept %v", kept)
	}
}
