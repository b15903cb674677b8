package approval_test

import (
	"slices"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
)

// fromAcceptance is an item whose limit runs from acceptance: the planning permit,
// twenty working days.
const fromAcceptance = catalog.ItemNo(25)

func TestALimitFromAcceptanceStartsWithTheDepartmentsWord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(fromAcceptance)).route()
	if s := g.so(1); s.Limit.Start != calendar.Acceptance || s.Acceptance.How != approval.Awaited {
		t.Fatalf("%+v, %+v", s.Limit, s.Acceptance)
	}
	due := g.so(1).Due.On
	whole := g.issue.Whole.On
	g.at("2026-03-12 15:00").must(g.by(1), approval.Accept{SignOff: 1}) // three working days later
	s := g.so(1)
	if want := rules.Calendar.After(due, 3); s.Due.On != want || s.Acceptance.How != approval.Explicit || s.Acceptance.By != g.by(1) || !s.AcceptedAt.Equal(g.now) || s.OpenedAt.Equal(g.now) {
		t.Errorf("due %s, want %s; %+v", s.Due.On, want, s.Acceptance)
	}
	if g.issue.Whole.On != whole {
		t.Errorf("the plan counts from raising, and went from %s to %s", whole, g.issue.Whole.On)
	}
	g.refused(g.by(1), approval.Accept{SignOff: 1}, approval.Conflict)
}

func TestSilenceForFiveWorkingDaysAcceptsFromTheDayOfReceipt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(fromAcceptance)).route()
	due := g.so(1).Due
	deemed := shanghai("2026-03-17 00:00")
	if at := g.issue.Watch(1).WakeAt; !at.Equal(deemed) {
		t.Errorf("the machine means to look at %s", at.In(calendar.Shanghai))
	}
	late := *g
	late.now = deemed
	late.refused(late.by(1), approval.Accept{SignOff: 1}, approval.Closed)
	g.now = deemed.Add(-time.Millisecond)
	version := g.issue.Version
	if g.look(1); g.issue.Version != version {
		t.Error("it was deemed accepted before its time")
	}
	since := len(g.events)
	g.now = deemed
	g.look(1)
	if s := g.so(1); !slices.Equal(g.kinds(since), []string{approval.EvDeem}) || s.Due != due || s.Acceptance.How != approval.Deemed || !s.AcceptedAt.Equal(s.OpenedAt) {
		t.Errorf("%v, due %+v, %+v", g.kinds(since), s.Due, s.Acceptance)
	}
	version = g.issue.Version
	if g.look(1); g.issue.Version != version {
		t.Error("a second look found something")
	}
	g.refused(g.by(1), approval.Accept{SignOff: 1}, approval.Conflict)
}

func TestWhatTheDepartmentDoesImpliesAcceptance(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*game){
		"Grant":     func(g *game) { g.grant(1) },
		"Oppose":    func(g *game) { g.object(1) },
		"Extension": func(g *game) { g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 5, Reason: "论证"}) },
		"Hearing":   func(g *game) { g.stopClock(1, approval.StopHearing, 5) },
		"Supplement": func(g *game) {
			g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
			g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGame(t)
			g.raise(one(fromAcceptance)).route()
			act(g.at("2026-03-11 10:00"))
			if s := g.so(1); s.Acceptance.How != approval.Implied || !s.AcceptedAt.Equal(s.OpenedAt) {
				t.Errorf("%+v, accepted at %s", s.Acceptance, s.AcceptedAt)
			}
		})
	}
}

func TestCoordinationMattersAreNotAccepted(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	if g.so(1).Acceptance != nil {
		t.Error("a matter has an acceptance")
	}
	g.refused(g.by(1), approval.Accept{SignOff: 1}, approval.Conflict)
}

func TestAnUnansweredSupplementSendsThePapersBack(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	for _, days := range []int{4, 31, -1} {
		g.refused(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}, Days: days}, approval.Invalid)
	}
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	if by := g.so(1).Request.AnswerBy; by != rules.Calendar.After(calendar.Of(monday), 15) {
		t.Fatalf("due by %s", by)
	}
	g.now = g.so(1).Request.AnswerBy.End()
	g.refused(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"}, approval.Closed)
	if at := g.issue.Watch(1).WakeAt; !at.Equal(g.now) {
		t.Errorf("the machine means to look at %s", at.In(calendar.Shanghai))
	}
	g.look(1)
	s := g.so(1)
	if s.State != approval.PapersBack || s.Stopped() || !s.Due.On.IsZero() || s.Assignee != "" || g.issue.Count.Supplement != 1 {
		t.Fatalf("%+v", s)
	}
	if tally := g.rules.TallyOf(&g.issue, 1, g.now); tally.Verdict != approval.Pending {
		t.Errorf("the round ends as %s", tally.Verdict)
	}
	g.refused(g.by(1), approval.Grant{SignOff: 1}, approval.Conflict)
	g.refused(secretary, approval.Refile{SignOff: 1}, approval.Invalid)
	g.refused(stranger, approval.Refile{SignOff: 1, Text: "材料已齐"}, approval.Forbidden)
	g.must(secretary, approval.Refile{SignOff: 1, Text: "材料已齐"})
	s = g.so(1)
	if s.State != approval.Open || !s.OpenedAt.Equal(g.now) || s.Request != nil || len(s.Earlier) != 1 || s.Earlier[0].Request == nil || g.so(2).State != approval.Waiting {
		t.Fatalf("refiled: %+v", s)
	}
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}}) // a new right to one
	g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	g.grant(1)
	if g.so(2).State != approval.Open {
		t.Errorf("what waited for it is %s", g.so(2).State)
	}
}

func TestPapersBackOutlastARevisionAndEndWithAWithdrawal(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route().papersBack(1)
	g.object(2)
	g.rule(2, approval.Revise)
	g.refused(secretary, approval.Refile{SignOff: 1, Text: "材料已齐"}, approval.Conflict)
	pulled := *g
	pulled.must(secretary, approval.Withdraw{Reason: "不办了"})
	pulled.want(approval.Void, approval.Void)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	early := *g
	early.must(secretary, approval.Refile{SignOff: 1, Text: "材料已齐"})
	early.want(approval.Waiting, approval.Waiting)
	early.route()
	early.want(approval.Open, approval.Open)
	g.route()
	g.want(approval.PapersBack, approval.Open)
	g.must(secretary, approval.Refile{SignOff: 1, Text: "材料已齐"})
	g.grant(1, 2)
	g.close()
}

// TestTheWholeAndItsStepsHaveLightsOfTheirOwn: sign-off 5 of the chain has slack, so
// that it may be red while the whole is green; and each step opened late has its
// time, so that all may be green while the whole is red.
func TestTheWholeAndItsStepsHaveLightsOfTheirOwn(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	schedule, err := g.rules.Schedule(&g.issue)
	if err != nil {
		t.Fatal(err)
	}
	if g.issue.Whole.On != schedule.ParallelEnd {
		t.Errorf("planned until %s, the schedule says %s", g.issue.Whole.On, schedule.ParallelEnd)
	}
	planned := g.issue.Whole.On
	g.now = g.so(6).Due.On.End().Add(time.Hour)
	g.look(6)
	if light := g.rules.WholeLight(&g.issue, calendar.Of(g.now)); g.so(6).Light != approval.Red || light != approval.Green {
		t.Errorf("step %s, whole %s", g.so(6).Light, light)
	}
	g.grant(5, 6)
	if g.issue.Whole.On != planned {
		t.Errorf("an answer moved the plan from %s to %s", planned, g.issue.Whole.On)
	}
	g.now = planned.Start()
	if light := g.rules.WholeLight(&g.issue, planned); light != approval.Yellow {
		t.Errorf("on its last day the whole is %s", light)
	}
	g.grant(1)
	g.now = planned.End()
	if light := g.rules.WholeLight(&g.issue, planned.Add(1)); light != approval.Red || g.so(2).Light != approval.Green || g.issue.Light != approval.Green {
		t.Errorf("step %s, issue %s, whole %s", g.so(2).Light, g.issue.Light, light)
	}
	g.grant(2, 3, 4)
	g.close()
	if light := g.rules.WholeLight(&g.issue, planned.Add(1)); light != approval.Green {
		t.Errorf("an ended issue is %s", light)
	}
}

func TestTheWholeMovesWithWhatIsRecorded(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(0)).route()
	planned := g.issue.Whole.On
	g.stopClock(1, approval.StopHearing, 3)
	if want := rules.Calendar.After(planned, 3); g.issue.Whole.On != want {
		t.Errorf("a stop of three days moved it from %s to %s", planned, g.issue.Whole.On)
	}
	early := *g
	early.at("2026-03-10 15:00").must(early.by(1), approval.EndStop{SignOff: 1, Kind: approval.StopHearing, Result: "已听证"})
	if want := rules.Calendar.After(planned, 1); early.issue.Whole.On != want {
		t.Errorf("it took one day, and the whole is planned until %s", early.issue.Whole.On)
	}
	g.at("2026-03-13 00:00").look(1)
	if want := g.so(1).Due.On; g.issue.Whole.On != want || want == planned {
		t.Errorf("planned until %s, want %s", g.issue.Whole.On, want)
	}
}
