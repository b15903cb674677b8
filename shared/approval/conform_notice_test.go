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
