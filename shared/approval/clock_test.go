package approval_test

import (
	"slices"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// one is a petition with a single sign-off.
func one(item catalog.ItemNo) approval.Petition {
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "单项"}
	if item == 0 {
		p.Parties = []approval.Party{{Matter: "river_works", Department: "cc-water"}} // five working days from receipt
	} else {
		p.Items = []catalog.ItemNo{item}
	}
	return p
}

func (g *game) look(n int) {
	g.Helper()
	g.must(approval.Machine, approval.LookCommand(g.issue.Round(), n))
}

// TestTheLadderIsClimbedAtExactMoments looks a second before and at every rung.
func TestTheLadderIsClimbedAtExactMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		item   catalog.ItemNo
		opened string
		due    string
		rungs  [5]string // reminder, yellow, red, general branch, headquarters
	}{
		{"AnOrdinaryWeek", 0, "2026-03-09 09:00", "2026-03-16", [5]string{"2026-03-13 00:00", "2026-03-16 00:00", "2026-03-17 00:00", "2026-03-18 00:00", "2026-03-21 00:00"}},
		{"AcrossTheSpringFestivalWithItsWorkedSaturdays", 0, "2026-02-12 16:00", "2026-02-26", [5]string{"2026-02-25 00:00", "2026-02-26 00:00", "2026-02-27 00:00", "2026-02-28 00:00", "2026-03-04 00:00"}},
		{"OpenedOnADayOff", 0, "2026-02-15 10:00", "2026-02-28", [5]string{"2026-02-27 00:00", "2026-02-28 00:00", "2026-03-01 00:00", "2026-03-03 00:00", "2026-03-06 00:00"}},
		{"DueBeforeTheNationalHoliday", 0, "2026-09-22 08:30", "2026-09-30", [5]string{"2026-09-29 00:00", "2026-09-30 00:00", "2026-10-01 00:00", "2026-10-09 00:00", "2026-10-13 00:00"}},
		{"CalendarDaysThatEndOnASunday", 34, "2026-03-09 09:00", "2026-03-30", [5]string{"2026-03-21 00:00", "2026-03-27 00:00", "2026-03-31 00:00", "2026-04-01 00:00", "2026-04-04 00:00"}},
		{"CalendarDaysThatEndInAHoliday", 34, "2026-09-12 09:00", "2026-10-08", [5]string{"2026-09-29 00:00", "2026-10-05 00:00", "2026-10-09 00:00", "2026-10-10 00:00", "2026-10-14 00:00"}},
		{"TwentyWorkingDays", 33, "2026-03-09 09:00", "2026-04-07", [5]string{"2026-03-24 00:00", "2026-04-01 00:00", "2026-04-08 00:00", "2026-04-09 00:00", "2026-04-14 00:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGame(t).at(c.opened)
			g.raise(one(c.item)).route()
			if c.item != 0 {
				g.must(g.by(1), approval.Accept{SignOff: 1}) // on the day of receipt: it moves nothing
			}
			if got := g.so(1).Due; got.On != calendar.MustParse(c.due) || got.Provisional {
				t.Fatalf("due %+v, want %s", got, c.due)
			}
			lights := []approval.Light{approval.Green, approval.Green, approval.Yellow, approval.Red, approval.Red, approval.Red}
			tiers := []roster.Tier{roster.TierBranch, roster.TierBranch, roster.TierBranch, roster.TierBranch, roster.TierGeneralBranch, roster.TierHeadquarters}
			events := [][]string{{approval.EvRemind}, {approval.EvYellow}, {approval.EvRed}, {approval.EvSupervise, approval.EvEscalate}, {approval.EvEscalate}}
			for k, at := range c.rungs {
				moment := shanghai(at)
				if wake := g.issue.Watch(1).WakeAt; !wake.Equal(moment) {
					t.Errorf("before rung %d the machine means to look at %s, want %s", k, wake.In(calendar.Shanghai), at)
				}
				g.now = moment.Add(-time.Millisecond)
				version := g.issue.Version
				g.look(1)
				if g.issue.Version != version || g.so(1).Light != lights[k] || g.issue.Tier != tiers[k] {
					t.Fatalf("a moment before rung %d: %s at %s", k, g.so(1).Light, g.issue.Tier)
				}
				g.now = moment
				since := len(g.events)
				g.look(1)
				if got := g.kinds(since); !slices.Equal(got, events[k]) || g.so(1).Light != lights[k+1] || g.issue.Light != lights[k+1] || g.issue.Tier != tiers[k+1] {
					t.Fatalf("at rung %d: %v, %s, issue %s at %s", k, got, g.so(1).Light, g.issue.Light, g.issue.Tier)
				}
			}
		})
	}
}

func TestALookThatComesLateClimbsEveryRungItMissed(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	since := len(g.events)
	g.at("2026-03-25 12:00").look(1)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvRemind, approval.EvYellow, approval.EvRed, approval.EvSupervise, approval.EvEscalate, approval.EvEscalate}) {
		t.Errorf("climbed %v", got)
	}
	version := g.issue.Version
	g.look(1)
	if g.issue.Version != version {
		t.Error("a second look at the same moment changed something")
	}
	if got := g.issue.Watch(1).WakeAt; !got.After(g.now) {
		t.Errorf("on the last rung the next look is at %s", got)
	}
}

func TestALimitOfNoDaysIsYellowAtOnceAndRedAtMidnight(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(1)).route()
	if s := g.so(1); s.Due.On != calendar.Of(monday) || s.Light != approval.Yellow || g.issue.Light != approval.Yellow {
		t.Errorf("filed at once: due %s, %s", s.Due.On, s.Light)
	}
	g.now = calendar.Of(monday).End()
	g.look(1)
	if g.so(1).Light != approval.Red {
		t.Errorf("at midnight: %s", g.so(1).Light)
	}
}

func TestADueDateBeyondTheLastNoticeIsProvisional(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		opened string
		want   bool
	}{{"2026-12-24 09:00", false}, {"2026-12-25 09:00", true}, {"2027-03-01 09:00", true}} {
		g := newGame(t).at(c.opened)
		g.raise(one(0)).route()
		if got := g.so(1).Due; got.Provisional != c.want {
			t.Errorf("opened %s: due %s, provisional %v", c.opened, got.On, got.Provisional)
		}
	}
	g := newGame(t).at("2026-12-23 09:00")
	g.raise(one(0)).route()
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.at("2026-12-31 09:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	if got := g.so(1).Due; !got.Provisional {
		t.Errorf("a stop moved the due date to %s and it is not marked", got.On)
	}
}

func TestASupplementMovesTheDueDateByExactlyTheWorkingDaysItTook(t *testing.T) {
	t.Parallel()
	cal := rules.Calendar
	for _, opened := range []string{"2026-03-09 09:00", "2026-02-10 09:00", "2026-02-13 17:59", "2026-09-21 10:00"} {
		start := calendar.Of(shanghai(opened))
		for asked := range 6 {
			for took := range 25 {
				g := newGame(t).at(opened)
				g.raise(one(0)).route()
				due := g.so(1).Due.On
				from := cal.After(start, asked)
				g.now = from.Start().Add(17*time.Hour + 59*time.Minute)
				g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}, Days: 30})
				if s := g.so(1); s.State != approval.Supplement || !s.Due.On.IsZero() || s.Light != approval.Green || !g.issue.NextDue.IsZero() {
					t.Fatalf("a clock that stands still: %s, due %s, %s", s.State, s.Due.On, s.Light)
				}
				to := from.Add(took)
				g.now = to.Start().Add(18 * time.Hour)
				g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
				// Stopped within the last day, it goes on at the first working day.
				want := cal.After(due, cal.WorkingDays(from, to))
				if due == from && took > 0 {
					want = cal.After(to.Add(-1), 1)
				}
				if got := g.so(1).Due.On; got != want {
					t.Errorf("opened %s, asked on %s, answered on %s: due moved from %s to %s, want %s", start, from, to, due, got, want)
				}
				if g.so(1).Light == approval.Red {
					t.Errorf("opened %s, asked on %s, answered on %s: red the moment it goes on", start, from, to)
				}
			}
		}
	}
}

func TestASupplementIsAskedForOnceAndWithinFiveWorkingDays(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	ask := approval.AskSupplement{SignOff: 1, Papers: []string{"总平面图", "管线图"}}
	late := *g
	late.at("2026-03-17 09:00") // the sixth working day
	late.refused(late.by(1), ask, approval.Invalid)
	g.at("2026-03-16 23:59") // the fifth
	for _, papers := range [][]string{nil, {""}, make([]string, 31)} {
		g.refused(g.by(1), approval.AskSupplement{SignOff: 1, Papers: papers}, approval.Invalid)
	}
	g.must(g.by(1), ask)
	if s := g.so(1); s.Assignee != g.by(1).Person {
		t.Errorf("who asked for the supplement has not claimed the task: %q", s.Assignee)
	}
	g.refused(secretary, approval.AnswerSupplement{SignOff: 1, Text: " "}, approval.Invalid)
	g.at("2026-03-16 23:59").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	g.refused(g.by(1), ask, approval.Invalid)
	g.refused(secretary, approval.AnswerSupplement{SignOff: 1, Text: "再补"}, approval.Conflict)
	r := g.so(1).Request
	if r.Answer != "已补" || r.AnsweredBy != secretary || len(r.Papers) != 2 {
		t.Errorf("the request on record: %+v", r)
	}
	g.grant(1)
}

func TestAnOverdueClockThatStoodStillClimbsOnOnRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := parties(2)
	g.raise(p).route()
	g.at("2026-03-18 10:00").look(1) // two days over: the general branch has it
	if g.so(1).Tier() != roster.TierGeneralBranch {
		t.Fatalf("it is with the %s", g.so(1).Tier())
	}
	g.object(2)
	g.rule(2, approval.Revise)
	if s := g.so(1); !s.Due.On.IsZero() || s.Light != approval.Green {
		t.Errorf("while the branch has it: due %s, %s", s.Due.On, s.Light)
	}
	g.at("2026-04-01 10:00").must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	if s := g.so(1); s.Tier() != roster.TierGeneralBranch || s.Step != approval.StepNotice || s.Light != approval.Red || g.issue.Tier != roster.TierGeneralBranch {
		t.Errorf("back after two weeks with the branch: %s, %s, %s", s.Step, s.Light, g.issue.Tier)
	}
	// Two overdue days were used before the stop; two more lead to the headquarters.
	if got, want := g.rules.NextTierAt(&g.issue, 1), shanghai("2026-04-04 00:00"); !got.Equal(want) {
		t.Errorf("headquarters at %s", got.In(calendar.Shanghai))
	}
	g.at("2026-04-04 00:00").look(1)
	if g.issue.Tier != roster.TierHeadquarters {
		t.Errorf("it never reached the headquarters: %s", g.issue.Tier)
	}
}

func TestTheMachineIsToldWhenToLookNext(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	tally := g.rules.TallyOf(&g.issue, 1, g.now)
	if tally.Verdict != approval.Pending || len(tally.Asks) != 6 {
		t.Fatalf("%+v", tally)
	}
	next := func(n int) time.Time {
		at, deemed := g.rules.RungMoment(&g.issue, n, approval.StepRemind), shanghai("2026-03-17 00:00")
		if g.so(n).Item != 0 && deemed.Before(at) {
			return deemed
		}
		return at
	}
	for _, a := range tally.Asks {
		at := g.now.Add(time.Duration(a.Seconds) * time.Second)
		if s := g.so(a.SignOff); s.State == approval.Waiting && a.Seconds != 30*24*3600 || s.State == approval.Open && !at.Equal(next(s.N)) {
			t.Errorf("sign-off %d, %s, is looked at at %s", a.SignOff, s.State, at)
		}
	}
	g.now = g.now.Add(time.Millisecond) // a timer never fires before its moment
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		if at := g.now.Add(time.Duration(a.Seconds) * time.Second); g.so(a.SignOff).State == approval.Open && at.Before(next(a.SignOff)) {
			t.Errorf("sign-off %d is looked at too early", a.SignOff)
		}
	}
}
