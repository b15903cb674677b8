package approval_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// newYear is a notice that makes 1 January 2027 and the Monday after it days off,
// and has the Saturday before worked.
var newYear = calendar.Notice{Number: "国办发明电〔2026〕9号", Days: []calendar.Day{
	{Date: calendar.On(2027, time.January, 1), Kind: calendar.Holiday, Name: "元旦"},
	{Date: calendar.On(2027, time.January, 4), Kind: calendar.Holiday, Name: "元旦"},
	{Date: calendar.On(2027, time.January, 9), Kind: calendar.Workday, Name: "元旦"},
}}

func TestAHolidayNoticeInMidRoundMovesWhatIsOpenOnRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.at("2026-12-28 09:00").raise(parties(3)).route()
	g.at("2026-12-29 09:00").stopClock(2, approval.StopHearing, 3) // until 1 January, as it was told
	g.grant(3)
	if s := g.so(1); s.Due.On != calendar.MustParse("2027-01-04") || !s.Due.Provisional {
		t.Fatalf("before the notice: %+v", s.Due)
	}
	decided, clock, whole := g.so(3).Due, g.so(1).Clock, g.issue.Whole
	after, err := g.rules.Calendar.With(newYear)
	if err != nil {
		t.Fatal(err)
	}
	g.rules.Calendar = after
	since := len(g.events)
	g.must(approval.Machine, approval.Conform{Ground: newYear.Number})
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvRestate}) {
		t.Fatalf("recorded %v", got)
	}
	e := g.events[len(g.events)-1]
	var d struct {
		Moved []approval.Moved
		Whole *approval.Moved
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil || e.Ground != newYear.Number || len(d.Moved) != 1 || d.Moved[0].SignOff != 1 || d.Whole == nil || d.Whole.From != whole || d.Whole.To != g.issue.Whole {
		t.Errorf("recorded %+v, %s", e, e.Detail)
	}
	if s := g.so(1); s.Due.On != calendar.MustParse("2027-01-06") || s.Due.Provisional || s.Clock == clock {
		t.Errorf("after the notice: %+v, clock %d", s.Due, s.Clock)
	}
	if was := g.so(1).Restated; was == nil || was.From.On != calendar.MustParse("2027-01-04") || !was.From.Provisional || was.Ground != newYear.Number || g.so(2).Restated != nil || g.so(3).Restated != nil {
		t.Errorf("the task says %+v", was)
	}
	if stop := g.so(2).Stops[0]; stop.Until != calendar.MustParse("2027-01-01") {
		t.Errorf("what the branch was told moved to %s", stop.Until)
	}
	if g.so(3).Due != decided {
		t.Errorf("what is decided moved to %+v", g.so(3).Due)
	}
	version := g.issue.Version
	if g.must(approval.Machine, approval.Conform{Ground: newYear.Number}); g.issue.Version != version {
		t.Error("a second time changed something")
	}
	g.at("2027-01-02 00:00").look(2)
	// One day of five was used before the hearing, which ended with 1 January.
	if s := g.so(2); s.Due.On != calendar.MustParse("2027-01-08") || s.Due.Provisional {
		t.Errorf("after the hearing: %+v", s.Due)
	}
}

// swapped are made-up notices that change a working day of March 2026 for a Saturday
// and so leave the number of working days until April as it was.
func swapped(off, worked string) calendar.Notice {
	return calendar.Notice{Number: "国办发明电〔2026〕8号（测试用）", Year: 2026, Days: []calendar.Day{
		{Date: calendar.MustParse(off), Kind: calendar.Holiday, Name: "调休"},
		{Date: calendar.MustParse(worked), Kind: calendar.Workday, Name: "调休"},
	}}
}

// publish has a notice come in mid-round and brings the issue into line with it.
func (g *game) publish(n calendar.Notice) {
	g.Helper()
	c, err := g.rules.Calendar.With(n)
	if err != nil {
		g.Fatal(err)
	}
	g.rules.Calendar = c
	g.must(approval.Machine, approval.Conform{Ground: n.Number})
}

// restated is what the last event says that a notice moved.
func (g *game) restated() (d struct {
	Moved   []approval.Moved
	Watched []int
	Climbs  bool
	Whole   *approval.Moved
},
) {
	g.Helper()
	e := g.events[len(g.events)-1]
	if err := json.Unmarshal(e.Detail, &d); err != nil || e.Kind != approval.EvRestate {
		g.Fatalf("%s %s: %v", e.Kind, e.Detail, err)
	}
	return d
}

func TestANoticeThatMovesOnlyAMomentBeforeTheLastDayHasTheMachineLookThen(t *testing.T) {
	t.Parallel()
	later, sooner := swapped("2026-03-12", "2026-03-28"), swapped("2026-03-30", "2026-03-14")
	for _, c := range []struct {
		name      string
		accepted  bool
		notice    calendar.Notice
		was, then string // when the machine looks
	}{
		{"the reminder comes later", true, later, "2026-03-24 00:00", "2026-03-25 00:00"},
		{"the reminder comes sooner", true, sooner, "2026-03-24 00:00", "2026-03-23 00:00"},
		{"silence accepts later", false, later, "2026-03-17 00:00", "2026-03-18 00:00"},
		{"silence accepts sooner", false, sooner, "2026-03-17 00:00", "2026-03-15 00:00"},
	} {
		g := newGame(t)
		g.raise(one(33)).route()
		if c.accepted {
			g.must(g.by(1), approval.Accept{SignOff: 1})
		}
		ask := g.rules.TallyOf(&g.issue, 1, g.now).Asks[0]
		g.now = g.now.Add(3 * time.Second) // the task starts a little later
		g.must(approval.Machine, approval.AskCommand(1, ask, "token"))
		before, clock := g.issue.Watch(1).WakeAt, g.so(1).Clock
		if before.Truncate(time.Minute) != shanghai(c.was) {
			t.Fatalf("%s: before the notice the machine looks at %s", c.name, before.In(calendar.Shanghai))
		}
		version := g.issue.Version
		if g.must(approval.Machine, approval.Conform{Ground: "无关"}); g.issue.Version != version {
			t.Errorf("%s: a change that moves nothing is on record: %s", c.name, g.events[len(g.events)-1].Detail)
		}
		due := g.so(1).Due
		g.publish(c.notice)
		if s, w := g.so(1), g.issue.Watch(1); s.Due != due || !w.WakeAt.Equal(shanghai(c.then)) || s.Clock == clock {
			t.Errorf("%s: due %+v, was %+v; the machine looks at %s", c.name, s.Due, due, w.WakeAt.In(calendar.Shanghai))
		}
		if wake := g.last.Outbox.Wake; len(wake) != 1 || wake[0] != (approval.Wake{Token: "token", Recheck: true}) {
			t.Errorf("%s: woken %+v", c.name, wake)
		}
		if d := g.restated(); len(d.Moved) != 0 || !slices.Equal(d.Watched, []int{1}) || d.Climbs {
			t.Errorf("%s: on record %+v", c.name, d)
		}
		version = g.issue.Version
		if g.must(approval.Machine, approval.Conform{Ground: c.notice.Number}); g.issue.Version != version {
			t.Errorf("%s: a second time changed something", c.name)
		}
	}
}

func TestANoticeTakesBackAWarningThatComesLaterWithIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(33)).route()
	g.must(g.by(1), approval.Accept{SignOff: 1})
	g.at("2026-03-24 09:00").look(1) // reminded
	g.publish(swapped("2026-03-12", "2026-03-28"))
	if s := g.so(1); s.Step != "" || !g.issue.Watch(1).WakeAt.Equal(shanghai("2026-03-25 00:00")) {
		t.Errorf("%s, looked at at %s", s.Step, g.issue.Watch(1).WakeAt.In(calendar.Shanghai))
	}
}

func TestANoticeMovesTheLastDayOfAnAddedSignature(t *testing.T) {
	t.Parallel()
	start := func() *game {
		g := newGame(t)
		g.raise(one(33)).route()
		g.must(g.by(1), approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.Before, Question: "有无意见", Days: 3})
		return g
	}
	g := start()
	if due := g.so(1).Added[0].Due.On; due != calendar.MustParse("2026-03-12") {
		t.Fatalf("before the notice: %s", due)
	}
	g.publish(swapped("2026-03-12", "2026-03-28"))
	a := g.so(1).Added[0]
	if a.Due.On != calendar.MustParse("2026-03-13") || len(g.last.Added) != 1 || g.last.Added[0].Added.Due != a.Due {
		t.Errorf("after the notice: %+v, in the list %+v", a.Due, g.last.Added)
	}
	if d := g.restated(); len(d.Moved) != 1 || d.Moved[0].SignOff != 1 || d.Moved[0].Added != 1 || d.Moved[0].To != a.Due {
		t.Errorf("on record: %+v", d)
	}
	g.at("2026-03-13 10:00").refused(g.by(1), approval.Grant{SignOff: 1}, approval.Conflict) // it is still waited for
	g.at("2026-03-14 00:00").grant(1)

	// One that comes after the approval counts from the approval.
	g = newGame(t)
	g.raise(one(0)).route()
	g.must(g.by(1), approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.After, Binding: true, Question: "请复核", Days: 2})
	g.at("2026-03-10 10:00").grant(1)
	g.publish(swapped("2026-03-12", "2026-03-28"))
	if due := g.so(1).Added[0].Due.On; due != calendar.MustParse("2026-03-13") {
		t.Errorf("after the approval: %s", due)
	}

	// What is held within the sign-off's days stays so, and what an extension gave is no notice's doing.
	g = newGame(t)
	g.raise(one(25)).route()
	last := g.so(1).Due.On
	g.at("2026-04-02 10:00").must(g.by(1), approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.Beside, Question: "有无意见"})
	held := g.so(1).Added[0].Due
	g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 10, Reason: "论证"})
	g.must(g.leadOf(1), approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted})
	version := g.issue.Version
	if g.must(approval.Machine, approval.Conform{Ground: "无关"}); g.issue.Version != version || g.so(1).Added[0].Due != held || held.On > last {
		t.Errorf("held at %s of %s, now %s", held.On, last, g.so(1).Added[0].Due.On)
	}
}

func TestANoticeMovesTheClimbOfAMissedDuty(t *testing.T) {
	t.Parallel()
	play := func() *game {
		g := newGame(t)
		g.raise(chain()).route().pledge(1, 1) // until the 10th
		g.at("2026-03-11 09:00").must(approval.Machine, approval.RouseCommand(*g.issue.Watch(approval.DutyWatch)))
		return g
	}
	g := play()
	if at := g.issue.Watch(approval.DutyWatch).WakeAt; !at.Equal(shanghai("2026-03-14 00:00")) {
		t.Fatalf("it climbs at %s", at.In(calendar.Shanghai))
	}
	g.publish(swapped("2026-03-12", "2026-03-28"))
	if at := g.issue.Watch(approval.DutyWatch).WakeAt; !at.Equal(shanghai("2026-03-17 00:00")) || !g.restated().Climbs {
		t.Errorf("after the notice it climbs at %s; %+v", at.In(calendar.Shanghai), g.restated())
	}
	// After the issue's end no notice looks at it; the watch finds out by itself, on record.
	g = play()
	g.must(secretary, approval.Withdraw{Reason: "线位调整"})
	c, err := g.rules.Calendar.With(swapped("2026-03-12", "2026-03-28"))
	if err != nil {
		t.Fatal(err)
	}
	g.rules.Calendar = c
	since := len(g.events)
	g.at("2026-03-14 00:00").must(approval.Machine, approval.RouseCommand(*g.issue.Watch(approval.DutyWatch)))
	if at := g.issue.Watch(approval.DutyWatch).WakeAt; !at.Equal(shanghai("2026-03-17 00:00")) || !slices.Equal(g.kinds(since), []string{approval.EvRouse}) {
		t.Errorf("after the end it climbs at %s; %v", at.In(calendar.Shanghai), g.kinds(since))
	}
}
