package approval_test

import (
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

func TestTheMeasureCountsNetAndGrossDays(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	g.at("2026-03-11 10:00").must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.at("2026-03-12 10:00").grant(2)
	g.at("2026-03-17 10:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	g.at("2026-03-18 10:00").object(1)
	g.at("2026-03-19 10:00").rule(1, approval.SetAside)
	g.close()
	want := approval.Measure{
		RaisedOn: calendar.MustParse("2026-03-09"), LastOn: calendar.MustParse("2026-03-19"),
		SpanWorking: 8, SpanDays: 10,
		Net:   3 + 3, // 10, 11 and 18 March; 10 to 12 March
		Gross: 7 + 3,
	}
	if *g.issue.Measure != want {
		t.Errorf("%+v, want %+v", *g.issue.Measure, want)
	}
	report, ok, err := g.rules.Report(&g.issue)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if len(report.Baselines) != 2 || len(report.Run.Tasks) != 2 {
		t.Errorf("%+v", report)
	}
}

func TestOnlyAConcludedIssueIsMeasured(t *testing.T) {
	t.Parallel()
	for _, s := range situations {
		g := newGame(t)
		s.play(g)
		_, ok, err := g.rules.Report(&g.issue)
		if concluded := g.issue.Status == approval.Concluded || g.issue.Status == approval.Confirmed; ok != concluded || err != nil {
			t.Errorf("%s: %v, %v", s.name, ok, err)
		}
	}
}

func TestAScheduleIsLaidBeforeAnythingIsDecided(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain())
	laid, err := g.rules.Schedule(&g.issue)
	if err != nil {
		t.Fatal(err)
	}
	// Items 24, 25 and 28 follow each other with 15, 20 and 15 working days; 33 and
	// 36 take 20 and 15 days, the police five working days.
	cal := rules.Calendar
	if want := cal.After(calendar.Of(monday), 15+20+20); laid.ParallelEnd != want || len(laid.Parallel) != 6 {
		t.Errorf("side by side until %s, want %s", laid.ParallelEnd, want)
	}
	if laid.SerialEnd <= laid.ParallelEnd || len(laid.Serial) != 6 {
		t.Errorf("one after another until %s", laid.SerialEnd)
	}
}
