package saving

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeadline(t *testing.T) {
	t.Parallel()

	run := Run{Span: 40, CalendarSpan: 58}
	matched := func(n int) Baseline { return Baseline{Kind: Matched, Days: 90, P90: 130, N: n, CalendarSpan: 126.5} }
	history := func(n int) Baseline { return Baseline{Kind: HistoricalSerial, Days: 70, N: n} }
	apart := Baseline{Kind: HistoricalCritical, Days: 35, N: 100}
	limits := []Baseline{{Kind: StatutorySerial, Days: 200, N: 1000}, {Kind: StatutoryCritical, Days: 120, N: 1000}}
	lacking := history(50)
	lacking.Missing = []string{"drawings"}

	for _, c := range []struct {
		name      string
		baselines []Baseline
		saved     WorkingDays
		kind      Kind // "" for insufficient
		verdicts  string
	}{
		{"IsInsufficientWithNothing", nil, 0, "", "absent absent absent absent absent"},
		{"NeverRestsOnALimit", limits, 0, "", "absent absent absent never never"},
		{
			"PrefersMatchedProjects",
			[]Baseline{limits[0], limits[1], history(400), matched(10), apart},
			50, Matched,
			"used not_needed not_needed never never",
		},
		{"FallsBackToHistory", []Baseline{matched(9), history(10)}, 30, HistoricalSerial, "too_few used absent absent absent"},
		{"IsInsufficientBelowTen", []Baseline{matched(9), history(9)}, 0, "", "too_few too_few absent absent absent"},
		{"DoesNotRestOnAnIncompleteSum", []Baseline{lacking}, 0, "", "absent incomplete absent absent absent"},
		{"DoesNotRestOnThePathOfMedians", []Baseline{apart}, 0, "", "absent absent not_needed absent absent"},
		{
			"TakesTheFirstGoodOneOfAKind",
			[]Baseline{matched(3), {Kind: Matched, Days: 44, N: 11}, matched(30)},
			4, Matched,
			"used absent absent absent absent",
		},
		{"SaysWhenItTookLonger", []Baseline{{Kind: Matched, Days: 31.5, N: 12}}, -8.5, Matched, "used absent absent absent absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Headline(run, c.baselines...)
			if got.Insufficient != (c.kind == "") || got.Baseline.Kind != c.kind || got.Saved != c.saved || got.Span != 40 {
				t.Errorf("got %+v", got)
			}
			var verdicts []string
			for _, r := range got.Why {
				verdicts = append(verdicts, string(r.Verdict))
			}
			if diff := cmp.Diff(c.verdicts, strings.Join(verdicts, " ")); diff != "" {
				t.Errorf("why (-want +got):\n%s", diff)
			}
			if got.Insufficient != strings.HasPrefix(got.String(), "insufficient: ") ||
				(got.Saved < 0) != strings.Contains(got.String(), " longer: ") || strings.Contains(got.String(), "-") {
				t.Errorf("it reads %q", got)
			}
		})
	}

	t.Run("TellsMonthsFromCalendarDaysOnly", func(t *testing.T) {
		t.Parallel()
		if m, ok := Headline(run, matched(10)).Months(); !ok || math.Abs(float64(m)-68.5/30.4375) > 1e-12 {
			t.Errorf("got %v, %v", m, ok)
		}
		for _, b := range []Baseline{history(10), matched(9)} {
			if m, ok := Headline(run, b).Months(); ok || m != 0 {
				t.Errorf("%s with n=%d: %v months", b.Kind, b.N, m)
			}
		}
	})
}
