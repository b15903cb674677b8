package saving

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/calendar"
)

var day = calendar.MustParse

// Over the Spring Festival of 2026. Working days after 02-12: 02-13, 02-14 (a Saturday), 02-24 to 02-27, 02-28 (a Saturday), 03-02 to
// 03-06, 03-09, 03-10 ...
func handPieces() []Piece {
	supplement := calendar.Span{From: day("2026-02-27"), To: day("2026-03-04")} // 02-28, 03-02, 03-03, 03-04
	review := calendar.Span{From: day("2026-03-03"), To: day("2026-03-05")}     // 03-05 besides
	return []Piece{
		{
			ID: "plan", Raised: day("2026-02-12"), Accepted: day("2026-02-13"), Decided: day("2026-03-10"),
			Stops: []calendar.Span{review, supplement}, Applicant: []calendar.Span{supplement},
		},
		{
			ID: "water", Raised: day("2026-02-12"), Accepted: day("2026-02-12"), Decided: day("2026-02-25"), OnCommitment: true,
		},
		{
			ID: "permit", Requires: []string{"plan", "water"},
			Raised: day("2026-03-10"), Accepted: day("2026-03-11"), Decided: day("2026-03-13"),
		},
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheCaseByHand", func(t *testing.T) {
		t.Parallel()
		got, err := Measure(calendar.China(), handPieces())
		if err != nil {
			t.Fatal(err)
		}
		want := Run{
			Raised: day("2026-02-12"), Decided: day("2026-03-13"),
			Span: 17, CalendarSpan: 29, Serial: 8 + 4 + 2, HandOff: 17 - 10,
			Path: Path{Days: 10, Tasks: []string{"plan", "permit"}, Slots: []Slot{
				{ID: "plan", Finish: 8}, {ID: "water", Finish: 4, Slack: 4}, {ID: "permit", Start: 8, Finish: 10},
			}},
			Pieces: []Measured{
				{ID: "plan", Net: 8, Gross: 14, Stopped: 5, Held: 4, HeldShare: 4.0 / 14},
				{ID: "water", Net: 4, Gross: 4},
				{ID: "permit", Net: 2, Gross: 3},
			},
			Tasks: []Task{
				{ID: "plan", Days: 8}, {ID: "water", Days: 4}, {ID: "permit", Requires: []string{"plan", "water"}, Days: 2},
			},
			OnCommitment: []string{"water"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := got.Concurrency(); got != 14.0/17 {
			t.Errorf("concurrency %v", got)
		}
	})

	t.Run("CountsDaysHeldBeforeAcceptance", func(t *testing.T) {
		t.Parallel()
		held := calendar.Span{From: day("2026-03-03"), To: day("2026-03-05")}
		got, err := Piece{
			ID: "a", Raised: day("2026-03-02"), Accepted: day("2026-03-06"), Decided: day("2026-03-10"),
			Applicant: []calendar.Span{held},
		}.Measure(calendar.China())
		if want := (Measured{ID: "a", Net: 2, Gross: 6, Held: 2, HeldShare: 2.0 / 6}); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	})

	t.Run("IsNothingOnOneDay", func(t *testing.T) {
		t.Parallel()
		d := day("2026-03-02")
		got, err := Measure(calendar.China(), []Piece{{ID: "a", Raised: d, Accepted: d, Decided: d}})
		if err != nil || got.Span != 0 || got.Concurrency() != 0 || got.Pieces[0] != (Measured{ID: "a"}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})

	t.Run("MarksARunPastTheNotices", func(t *testing.T) {
		t.Parallel()
		got, err := Measure(calendar.China(), []Piece{{
			ID: "a", Raised: day("2026-12-30"), Accepted: day("2026-12-30"), Decided: day("2027-01-04"),
		}})
		if err != nil || !got.Provisional || got.Span != 3 {
			t.Errorf("got %+v, %v", got, err)
		}
	})

	t.Run("KeepsItsMeasuresTogether", rapid.MakeCheck(func(t *rapid.T) {
		draw := func(label string, least, most int) int { return rapid.IntRange(least, most).Draw(t, label) }
		p := Piece{ID: "a", Raised: day("2025-01-01").Add(draw("raised", 0, 400))}
		p.Accepted = p.Raised.Add(draw("accepted", 0, 30))
		p.Decided = p.Accepted.Add(draw("decided", 0, 120))
		for range draw("stops", 0, 4) {
			from := p.Raised.Add(draw("from", -20, 150))
			p.Stops = append(p.Stops, calendar.Span{From: from, To: from.Add(draw("to", 0, 40))})
		}
		p.Applicant = p.Stops
		c := calendar.China()
		m, err := p.Measure(c)
		if err != nil {
			t.Fatal(err)
		}
		waiting := WorkingDays(c.WorkingDays(p.Raised, p.Accepted))
		if m.Net < 0 || m.Net+m.Stopped+waiting != m.Gross || m.Held < m.Stopped || m.Held > m.Gross {
			t.Fatalf("%+v", m)
		}
		// The naive way: day by day.
		net := WorkingDays(0)
		for d := p.Accepted + 1; d <= p.Decided; d++ {
			stopped := slices.ContainsFunc(p.Stops, func(s calendar.Span) bool { return s.From < d && d <= s.To })
			if c.Working(d) && !stopped {
				net++
			}
		}
		if m.Net != net {
			t.Fatalf("net %v, want %v", m.Net, net)
		}
	}))

	t.Run("NamesThePieceAndWhatItLacks", func(t *testing.T) {
		t.Parallel()
		for want, change := range map[string]func(*Piece){
			`"plan" has no date raised`:                        func(p *Piece) { p.Raised = 0 },
			`"plan" has no date accepted`:                      func(p *Piece) { p.Accepted = 0 },
			`"plan" is not decided`:                            func(p *Piece) { p.Decided = 0 },
			`"plan" was accepted on 2026-02-11, before it was`: func(p *Piece) { p.Accepted = day("2026-02-11") },
			`"plan" was decided on 2026-02-12, before it was`:  func(p *Piece) { p.Decided = day("2026-02-12") },
			`requires "none", which is not among the tasks`:    func(p *Piece) { p.Requires = []string{"none"} },
			`plan requires plan`:                               func(p *Piece) { p.Requires = []string{"plan"} },
			`task "water" is given twice`:                      func(p *Piece) { p.ID = "water" },
			`task 1 of 3 has no id`:                            func(p *Piece) { p.ID = "" },
		} {
			pieces := handPieces()
			change(&pieces[0])
			if _, err := Measure(calendar.China(), pieces); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		}
		if _, err := Measure(calendar.China(), nil); err == nil {
			t.Error("no pieces are measured")
		}
	})
}

func TestMonths(t *testing.T) {
	t.Parallel()
	t.Run("AreATwelfthOfAYear", func(t *testing.T) {
		t.Parallel()
		if got := CalendarDays(365.25).Months(); got != 12 {
			t.Errorf("got %v", got)
		}
	})
}
