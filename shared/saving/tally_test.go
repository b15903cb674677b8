package saving

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
)

func on(s string) calendar.Date { return calendar.MustParse(s) }

func TestObserve(t *testing.T) {
	t.Parallel()

	// Raised on a Monday and accepted the next day; the clock stood on Thursday, Friday and the Monday after.
	piece := Piece{
		ID: "a", Raised: on("2026-03-02"), Accepted: on("2026-03-03"), Decided: on("2026-03-13"), Due: on("2026-03-12"),
		Stops: []calendar.Span{{From: on("2026-03-04"), To: on("2026-03-09")}}, OnCommitment: true,
	}
	open := piece
	open.Decided, open.OnCommitment = 0, false

	for _, c := range []struct {
		name  string
		piece Piece
		at    string
		want  Observation
	}{
		{"SeesAnEnding", piece, "2026-03-13", Observation{Days: 5, Ending: Decided, Ended: on("2026-03-13"), OnCommitment: true}},
		{"DoesNotKnowOfAnEndingToCome", piece, "2026-03-12", Observation{Days: 4, Ending: Open}},
		{"CountsAnOpenOneForAsLongAsItWasSeen", open, "2026-03-20", Observation{Days: 10, Ending: Open}},
		{"GivesNoDaysBeforeAcceptance", open, "2026-03-02", Observation{Ending: Open}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.want.Raised, c.want.Due = piece.Raised, piece.Due
			got, err := c.piece.Observe(calendar.China(), on(c.at))
			if err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}

	t.Run("NamesWhatIsWrongWithTheDates", func(t *testing.T) {
		t.Parallel()
		for want, change := range map[string]func(*Piece){
			"no date raised":               func(p *Piece) { p.Raised = 0 },
			"raised on 2026-04-01, after":  func(p *Piece) { p.Raised = on("2026-04-01") },
			"refused and has no date":      func(p *Piece) { p.Decided, p.Ending = 0, Refused },
			"open and has a date decided":  func(p *Piece) { p.Ending = Open },
			"before it was raised on":      func(p *Piece) { p.Accepted = on("2026-02-27") },
			"before it was raised or acce": func(p *Piece) { p.Decided = on("2026-03-02") },
			`ending "x"`:                   func(p *Piece) { p.Ending = "x" },
		} {
			p := piece
			change(&p)
			if _, err := p.Observe(calendar.China(), on("2026-03-20")); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want an error with %q", err, want)
			}
		}
	})
}

func TestTally(t *testing.T) {
	t.Parallel()
	at := on("2026-03-20")
	all := []Observation{
		{Raised: on("2026-03-02"), Days: 4, Ending: Decided, Ended: on("2026-03-09"), Due: on("2026-03-09")},
		{Raised: on("2026-02-27"), Days: 5, Ending: Decided, Ended: on("2026-03-10"), Due: on("2026-03-09"), OnCommitment: true},
		{Raised: on("2026-03-02"), Days: 3, Ending: Refused, Ended: on("2026-03-06"), Due: on("2026-03-09")},
		{Raised: on("2026-03-02"), Days: 2, Ending: Withdrawn, Ended: on("2026-03-16"), Due: on("2026-03-09")},
		{Raised: on("2026-03-03"), Days: 13, Ending: Open, Due: on("2026-03-19")},
		{Raised: on("2026-03-04"), Days: 12, Ending: Open, Due: at},
		{Raised: on("2026-03-04"), Days: 12, Ending: Open},
	}
	march := Tally{
		Plain: Histogram{Bins: []Bin{
			{Days: 2, Withdrawn: 1},
			{Days: 3, Refused: 1},
			{Days: 4, Decided: 1},
			{Days: 12, Open: 2},
			{Days: 13, Open: 1},
		}},
		Punctuality: Punctuality{ByDue: 2, PastDue: 1},
	}
	february := Tally{OnCommitment: Histogram{Bins: []Bin{{Days: 5, Decided: 1}}}, Punctuality: Punctuality{Late: 1}}

	t.Run("GroupsByMonthRaisedWithCommitmentsApart", func(t *testing.T) {
		t.Parallel()
		got, err := Cohorts(slices.Values(all), at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Cohort{{"2026-02", february}, {"2026-03", march}}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// Two by the due day, of three answered and one past due; what is withdrawn or not yet due does not count.
		rate := MergeTallies(got[0].Tally, got[1].Tally).Punctuality.Rate()
		if rate.Count != 2 || rate.Of != 4 || *rate.Share != 0.5 || !rate.Insufficient {
			t.Errorf("%+v", rate)
		}
		if _, err := Cohorts(slices.Values([]Observation{{Ending: Open}}), at); err == nil {
			t.Error("a case without a date raised has a cohort")
		}
	})

	t.Run("MergesToTheTallyOfAllAndForgetsWhatIsTakenBack", func(t *testing.T) {
		t.Parallel()
		var whole Tally
		for _, o := range all {
			if err := whole.Add(o, at); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(whole, MergeTallies(march, february)); diff != "" {
			t.Errorf("(-added +merged):\n%s", diff)
		}
		if err := whole.Remove(all[1], at); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(march.Punctuality, whole.Punctuality); diff != "" || len(whole.OnCommitment.Bins) != 0 {
			t.Errorf("(-want +left):\n%s%v", diff, whole.OnCommitment)
		}
	})
}

func TestHistoryOf(t *testing.T) {
	t.Parallel()
	from, to := on("2025-01-01"), on("2025-12-31")

	t.Run("CountsOpenCases", func(t *testing.T) {
		t.Parallel()
		want := History{ID: "x", N: 21, Median: 23, P90: 35, P90Beyond: true, From: from, To: to}
		if diff := cmp.Diff(want, HistoryOf("x", nil, cases(t, freireich), from, to)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		serial, _, err := Historical([]History{want})
		if err != nil || serial.Days != 23 || !serial.P90Beyond {
			t.Errorf("%+v, %v", serial, err)
		}
	})

	t.Run("HasNoNumberWithoutAMedian", func(t *testing.T) {
		t.Parallel()
		h := HistoryOf("x", nil, cases(t, "3 4+ 5+ 6+ 7+ 8+ 9+ 9+ 9+ 9+ 9+ 9+"), from, to)
		serial, critical, err := Historical([]History{h})
		if err != nil || serial.Complete() || critical.Complete() || !slices.Equal(serial.Missing, []string{"x"}) || serial.N != 12 {
			t.Errorf("%+v, %+v, %v", h, serial, err)
		}
	})

	t.Run("MakesTheBaselineOfMatchedProjects", func(t *testing.T) {
		t.Parallel()
		b, err := MatchedWith(cases(t, placebo), cases(t, placebo), from, to)
		if err != nil || b.Days != 8 || b.P90 != 17 || b.CalendarSpan != 8 || b.N != 21 || !b.Complete() {
			t.Errorf("%+v, %v", b, err)
		}
		if s := Headline(Run{Span: 5}, b); s.Insufficient || s.Saved != 3 {
			t.Errorf("%+v", s)
		}
		if b, err := MatchedWith(Histogram{}, Histogram{}, from, to); err != nil || b.Complete() {
			t.Errorf("%+v, %v", b, err)
		}
		if _, err := MatchedWith(cases(t, placebo), cases(t, "1"), from, to); err == nil {
			t.Error("accepts histograms of different cases")
		}
	})
}
