package approval_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// clockFault says which promise of the clock a commit breaks for a sign-off, or "".
func clockFault(r approval.Rules, before *approval.Issue, c *approval.Change, s *approval.SignOff) string {
	running := map[approval.StopKind]bool{}
	for _, stop := range s.Stops {
		switch {
		case !stop.To.IsZero() && stop.To.Before(stop.From):
			return fmt.Sprintf("a stop of sign-off %d ends before it began: %+v", s.N, stop)
		case !stop.To.IsZero() && !stop.Until.IsZero() && calendar.Of(stop.To) > stop.Until:
			return fmt.Sprintf("a stop of sign-off %d ran on after its announced days: %+v", s.N, stop)
		case !stop.To.IsZero():
			continue
		case running[stop.Reason]:
			return fmt.Sprintf("two stops of sign-off %d run for %s", s.N, stop.Reason)
		}
		running[stop.Reason] = true
	}
	if s.Stopped() && s.State != approval.Open && s.State != approval.Supplement {
		return fmt.Sprintf("sign-off %d is %s and its clock stands still", s.N, s.State)
	}
	if running[approval.StopSupplement] != (s.State == approval.Supplement) {
		return fmt.Sprintf("sign-off %d is %s, and a supplement is waited for: %v", s.N, s.State, running[approval.StopSupplement])
	}
	if running[approval.StopReturned] && c.Issue.Status != approval.Returned {
		return fmt.Sprintf("the issue is %s and sign-off %d is still returned", c.Issue.Status, s.N)
	}
	for _, most := range approval.StopCaps {
		old := before.SignOff(s.N) // a notice may make more of the days that were announced working ones
		if used := r.StoppedFor(s, most.Kind); used > most.Days && (old == nil || used != r.StoppedFor(old, most.Kind)) {
			return fmt.Sprintf("the clock of sign-off %d stood still for %s %d working days of %d", s.N, most.Kind, used, most.Days)
		}
	}
	if old := before.SignOff(s.N); old != nil && old.Due.On != s.Due.On && !recorded(c, s.N) {
		return fmt.Sprintf("the last day of sign-off %d went from %s to %s without a cause on record: %v", s.N, old.Due.On, s.Due.On, c.Events)
	}
	if before.Whole.On != c.Issue.Whole.On && !recorded(c, 0) {
		return fmt.Sprintf("the last day of the whole went from %s to %s without a cause on record: %v", before.Whole.On, c.Issue.Whole.On, c.Events)
	}
	return ""
}

// recorded reports whether the commit holds an event that may move a last day: of
// sign-off n, or of several; any when n is 0.
func recorded(c *approval.Change, n int) bool {
	return slices.ContainsFunc(c.Events, func(e approval.Event) bool {
		return approval.MovesDue(e.Kind) && (n == 0 || e.SignOff == 0 || e.SignOff == n || e.Kind == approval.EvRevoke || e.Kind == approval.EvSettle)
	})
}

func (g *game) stopClock(n int, kind approval.StopKind, days int) {
	g.Helper()
	g.must(g.by(n), approval.StopClock{SignOff: n, Kind: kind, Days: days, Reason: "依法组织"})
}

// papersBack lets a supplement go unanswered.
func (g *game) papersBack(n int) {
	g.Helper()
	g.must(g.by(n), approval.AskSupplement{SignOff: n, Papers: []string{"图"}, Days: 5})
	g.at("2026-03-17 00:00").look(n)
}

func TestAStopEndsByItselfWithItsLastAnnouncedDay(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.at("2026-03-10 10:00").stopClock(1, approval.StopHearing, 8)
	if s := g.so(1); s.State != approval.Open || !s.Due.On.IsZero() || s.Light != approval.Green || s.Stops[0].Until != calendar.MustParse("2026-03-20") {
		t.Fatalf("while it is heard: %s, due %s, %s, %+v", s.State, s.Due.On, s.Light, s.Stops)
	}
	over := shanghai("2026-03-21 00:00")
	if at := g.issue.Watch(1).WakeAt; !at.Equal(over) {
		t.Errorf("the machine means to look at %s", at.In(calendar.Shanghai))
	}
	g.now = over.Add(-time.Millisecond)
	version := g.issue.Version
	if g.look(1); g.issue.Version != version {
		t.Error("it ended before its time")
	}
	for _, late := range []string{"2026-03-21 00:00", "2026-03-25 16:00"} {
		g := *g
		since := len(g.events)
		g.at(late).look(1)
		// One working day of five had gone by; four are left from Monday, the 23rd.
		if s := g.so(1); s.Stopped() || s.Due.On != calendar.MustParse("2026-03-26") || g.kinds(since)[0] != approval.EvStopEnds {
			t.Errorf("looked at %s: %+v, due %s, %v", late, s.Stops, s.Due.On, g.kinds(since))
		}
	}
}

func TestAStopIsRefusedWithoutMeasure(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	stop := func(kind approval.StopKind, days int) approval.StopClock {
		return approval.StopClock{SignOff: 1, Kind: kind, Days: days, Reason: "依法组织"}
	}
	for _, bad := range []approval.StopClock{
		stop("holiday", 3), stop(approval.StopSupplement, 3), stop(approval.StopReturned, 3), stop(approval.StopHearing, 0), stop(approval.StopHearing, 21),
		{SignOff: 1, Kind: approval.StopHearing, Days: 3},
	} {
		g.refused(g.by(1), bad, approval.Invalid)
	}
	g.refused(secretary, stop(approval.StopHearing, 3), approval.Forbidden)
	g.refused(g.by(1), approval.EndStop{SignOff: 1, Kind: approval.StopHearing, Result: "已听证"}, approval.Conflict)
	g.stopClock(1, approval.StopHearing, 15)
	g.refused(g.by(1), stop(approval.StopHearing, 3), approval.Conflict)
	g.refused(g.by(1), approval.AskExtension{SignOff: 1, Days: 3, Reason: "论证"}, approval.Conflict)
	g.refused(g.by(1), approval.EndStop{SignOff: 1, Kind: approval.StopTender, Result: "已定标"}, approval.Conflict)
	g.refused(g.by(1), approval.EndStop{SignOff: 1, Kind: approval.StopHearing}, approval.Invalid)
	g.at("2026-03-27 10:00").must(g.by(1), approval.EndStop{SignOff: 1, Kind: approval.StopHearing, Result: "已听证"}) // fourteen days
	g.refused(g.by(1), stop(approval.StopHearing, 7), approval.Invalid)
	g.stopClock(1, approval.StopHearing, 6)
	g.at("2026-04-08 10:00").look(1)
	g.refused(g.by(1), stop(approval.StopHearing, 1), approval.Closed)
	g.at("2026-04-20 10:00").look(1)
	g.refused(g.by(1), stop(approval.StopTender, 5), approval.Closed) // a stop does not hide an overrun
}

func TestADecisionEndsEveryStop(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.stopClock(1, approval.StopHearing, 10)
	g.stopClock(1, approval.StopTesting, 20)
	since := len(g.events)
	g.at("2026-03-12 10:00").grant(1)
	if s := g.so(1); s.Stopped() || s.Due.On.IsZero() || !slices.Equal(g.kinds(since)[:3], []string{approval.EvStopEnds, approval.EvStopEnds, approval.EvApprove}) {
		t.Errorf("%+v, due %s, %v", s.Stops, s.Due.On, g.kinds(since))
	}
}

func TestAHearingThatOverlapsASupplementCountsOnce(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	g.at("2026-03-10 10:00").stopClock(1, approval.StopHearing, 3) // the 11th to the 13th
	g.at("2026-03-12 10:00").must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.at("2026-03-14 09:00").look(1)
	if s := g.so(1); !s.Stopped() || s.State != approval.Supplement {
		t.Fatalf("the hearing is over: %s, %+v", s.State, s.Stops)
	}
	g.at("2026-03-17 10:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	// The 11th to the 17th do not count: five working days, once.
	if got := g.so(1).Due.On; got != calendar.MustParse("2026-03-23") {
		t.Errorf("due %s", got)
	}
}

func TestReturnedOnTopOfAHearingThatRunsOut(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	g.stopClock(1, approval.StopHearing, 3) // until the 12th
	g.object(2)
	g.at("2026-03-11 10:00").rule(2, approval.Revise)
	g.at("2026-03-18 10:00").must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	if s := g.so(1); s.Stopped() || calendar.Of(s.Stops[0].To) != calendar.MustParse("2026-03-12") || s.Due.On != calendar.MustParse("2026-03-25") {
		t.Errorf("%+v, due %s", s.Stops, s.Due.On)
	}
}

// TestNoOrderOfOverlappingStopsChangesTheLastDay: as many days as a sign-off's clock
// stood still by any stop, however they came and overlapped.
func TestNoOrderOfOverlappingStopsChangesTheLastDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := newGame(t)
		g.now = calendar.Of(monday).Add(rapid.IntRange(-60, 200).Draw(t, "opened")).Start().Add(9 * time.Hour)
		g.raise(one(0)).route()
		s := *g.so(1)
		day := calendar.Of(g.now)
		for k := range rapid.IntRange(1, 5).Draw(t, "stops") {
			from := day.Add(rapid.IntRange(0, 20).Draw(t, "from"))
			to := from.Add(rapid.IntRange(0, 15).Draw(t, "days"))
			s.Stops = append(s.Stops, approval.Stop{From: from.Start().Add(10 * time.Hour), To: to.Start().Add(time.Duration(11+k) * time.Hour), Reason: approval.StopHearing})
		}
		want := g.rules.DueOf(g.issue, s, g.now)
		s.Stops = rapid.Permutation(s.Stops).Draw(t, "order")
		if got := g.rules.DueOf(g.issue, s, g.now); got != want {
			t.Fatalf("due %+v in this order, %+v in the other: %+v", got, want, s.Stops)
		}
		// Counted day by day: five working days that no stop covers; one that stopped
		// within the last day has the rest of it given back.
		last := day
		covered := func(d calendar.Date) bool {
			return slices.ContainsFunc(s.Stops, func(stop approval.Stop) bool { return calendar.Of(stop.From) < d && d <= calendar.Of(stop.To) })
		}
		for left := 5; left > 0; {
			if last = last.Add(1); g.rules.Calendar.Working(last) && !covered(last) {
				left--
			}
		}
		for again := true; again; {
			again = false
			for _, stop := range s.Stops {
				if calendar.Of(stop.From) <= last && last < calendar.Of(stop.To) {
					last, again = g.rules.Calendar.After(calendar.Of(stop.To).Add(-1), 1), true
				}
			}
		}
		if want.On != last {
			t.Fatalf("due %s, counted day by day %s: %+v", want.On, last, s.Stops)
		}
	})
}
