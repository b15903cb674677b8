package saving

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Weeks in remission of acute leukaemia, with 6-mercaptopurine and with placebo: Freireich et al., Blood 21 (1963), the example
// of most textbooks of survival analysis. + was still in remission.
const (
	freireich = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
	placebo   = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
)

func cases(t testing.TB, text string) Histogram {
	t.Helper()
	var h Histogram
	for word := range strings.FieldsSeq(text) {
		number, open := strings.CutSuffix(word, "+")
		var days int
		if err := json.Unmarshal([]byte(number), &days); err != nil {
			t.Fatal(err)
		}
		e := Decided
		if open {
			e = Open
		}
		if err := h.Add(days, e, 1); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

func TestSurvive(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheTextbook", func(t *testing.T) {
		t.Parallel()
		c := Survive(cases(t, freireich))
		// S, Greenwood's standard error and the log-log interval as Stata and SAS print them.
		for _, want := range []struct{ day, s, se, low, high float64 }{
			{6, 0.8571, 0.0764, 0.6197, 0.9516},
			{7, 0.8067, 0.0869, 0.5631, 0.9228},
			{10, 0.7529, 0.0963, 0.5032, 0.8894},
			{13, 0.6902, 0.1068, 0.4316, 0.8491},
			{16, 0.6275, 0.1141, 0.3675, 0.8049},
			{22, 0.5378, 0.1282, 0.2678, 0.7468},
			{23, 0.4482, 0.1346, 0.1881, 0.6801},
			{35, 0.4482, 0.1346, 0.1881, 0.6801},
		} {
			p, ok := c.At(WorkingDays(want.day))
			if !ok || p.Interval == nil || !near(p.Survival, want.s, 5e-5) || !near(p.SE, want.se, 5e-5) ||
				!near(p.Interval.Low, want.low, 5e-5) || !near(p.Interval.High, want.high, 5e-5) {
				t.Errorf("at %v: %+v %+v, want %+v", want.day, p, p.Interval, want)
			}
		}
		if _, ok := c.At(5); ok {
			t.Error("there is a point before the first")
		}
		if got := c.Quantile(0.5); got.String() != "23 working days" || *got.Low != 13 || got.High != nil {
			t.Errorf("median %v (%v to %v)", got, got.Low, got.High)
		}
		if got := c.Quantile(0.9); got.Reached() || got.String() != "not reached (above 35 working days)" {
			t.Errorf("P90 %v", got)
		}
		other := Survive(cases(t, placebo)).Quantile(0.5)
		if *other.Days != 8 || *other.Low != 4 || *other.High != 11 {
			t.Errorf("median with placebo %v (%v to %v), want 8 (4 to 11)", *other.Days, *other.Low, *other.High)
		}
	})

	t.Run("AgreesWithTheDefinitionInFractions", rapid.MakeCheck(func(t *rapid.T) {
		all := drawCases(t, 60)
		c := Survive(count(t, all))
		one := big.NewRat(1, 1)
		for _, p := range c.Points {
			s := big.NewRat(1, 1)
			ended := map[Ending]*big.Rat{Decided: {}, Refused: {}, Withdrawn: {}}
			for day := range int(p.Day) + 1 {
				n, d := 0, map[Ending]int{}
				for _, a := range all {
					if a.Days >= day {
						n++
					}
					if a.Days == day && a.Ending != Open {
						d[a.Ending]++
					}
				}
				if n == 0 {
					break
				}
				before := new(big.Rat).Set(s)
				left := n
				for e, k := range d {
					ended[e].Add(ended[e], new(big.Rat).Mul(before, big.NewRat(int64(k), int64(n))))
					left -= k
				}
				s.Mul(s, big.NewRat(int64(left), int64(n)))
			}
			sum := new(big.Rat).Set(s)
			for e, got := range map[Ending]float64{Decided: p.Decided, Refused: p.Refused, Withdrawn: p.Withdrawn} {
				sum.Add(sum, ended[e])
				if want, _ := ended[e].Float64(); !near(got, want, 1e-12) {
					t.Fatalf("day %v: %s by %v, want %v", p.Day, e, got, want)
				}
			}
			if want, _ := s.Float64(); !near(p.Survival, want, 1e-12) || sum.Cmp(one) != 0 {
				t.Fatalf("day %v: survival %v, want %v", p.Day, p.Survival, want)
			}
			if got := p.Survival + p.Decided + p.Refused + p.Withdrawn; !near(got, 1, 1e-12) {
				t.Fatalf("day %v: survival and incidences add up to %v", p.Day, got)
			}
		}
	}))

	t.Run("IsTheSortedCasesWhenNoneIsOpen", rapid.MakeCheck(func(t *rapid.T) {
		all := drawCases(t, 40)
		if len(all) == 0 {
			return
		}
		var days []int
		for i := range all {
			if all[i].Ending == Open {
				all[i].Ending = Withdrawn
			}
			days = append(days, all[i].Days)
		}
		slices.Sort(days)
		percent := rapid.IntRange(1, 100).Draw(t, "percent")
		got := Survive(count(t, all)).Quantile(float64(percent) / 100)
		// The smallest day by which at least that many percent of the cases had ended.
		want := WorkingDays(days[(len(days)*percent+99)/100-1])
		if !got.Reached() || *got.Days != want {
			t.Fatalf("%d%% of %v ended by %v, want %v", percent, days, got, want)
		}
	}))

	t.Run("NeverMistakesAnOpenCaseForNone", func(t *testing.T) {
		t.Parallel()
		var h Histogram
		if err := h.Add(90, Open, 30); err != nil {
			t.Fatal(err)
		}
		s := Summarize(h)
		if s.Insufficient || s.Open != 30 || s.Median.Reached() {
			t.Errorf("%+v", s)
		}
		text, err := json.Marshal(s.Median)
		if err != nil || string(text) != `{"share":0.5,"beyond":90}` {
			t.Errorf("%s, %v", text, err)
		}
	})

	t.Run("IsInsufficientBelowTen", func(t *testing.T) {
		t.Parallel()
		if s := Summarize(cases(t, "1 2 3 4 5 6 7 8 9")); !s.Insufficient || s.Median != nil || s.P90 != nil || s.N != 9 {
			t.Errorf("%+v", s)
		}
		if s := Summarize(cases(t, "1 2 3 4 5 6 7 8 9 9+")); s.Insufficient || *s.Median.Days != 5 || *s.P90.Days != 9 {
			t.Errorf("%+v", s)
		}
	})
}

// taken is one case by itself, for oracles that know no histogram.
type taken struct {
	Days   int
	Ending Ending
}

func drawCases(t *rapid.T, most int) []taken {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) taken {
		return taken{
			Days:   rapid.IntRange(0, 12).Draw(t, "days"),
			Ending: rapid.SampledFrom([]Ending{Open, Decided, Decided, Refused, Withdrawn}).Draw(t, "ending"),
		}
	}), 0, most).Draw(t, "cases")
}

func count(t rapid.TB, all []taken) Histogram {
	var h Histogram
	for _, c := range all {
		if err := h.Add(c.Days, c.Ending, 1); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func TestHistogram(t *testing.T) {
	t.Parallel()

	t.Run("OfAYearIsTheMergedOnesOfItsDays", rapid.MakeCheck(func(t *rapid.T) {
		all := drawCases(t, 80)
		parts := make([]Histogram, rapid.IntRange(1, 6).Draw(t, "parts"))
		for _, c := range all {
			part := &parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]
			if err := part.Add(c.Days, c.Ending, 1); err != nil {
				t.Fatal(err)
			}
		}
		for i := range parts { // a rollup is stored and read again
			text, err := json.Marshal(parts[i])
			if err != nil {
				t.Fatal(err)
			}
			parts[i] = Histogram{}
			if err := json.Unmarshal(text, &parts[i]); err != nil {
				t.Fatal(err)
			}
		}
		merged, whole := Merge(parts...), count(t, all)
		if diff := cmp.Diff(Survive(whole), Survive(merged), cmp.AllowUnexported(Point{})); diff != "" {
			t.Fatalf("(-cases +rollups):\n%s", diff)
		}
		if !slices.Equal(whole.Bins, merged.Bins) || merged.Validate() != nil {
			t.Fatalf("%v, want %v", merged, whole)
		}
	}))

	t.Run("ForgetsWhatIsTakenBack", rapid.MakeCheck(func(t *rapid.T) {
		kept, gone := drawCases(t, 20), drawCases(t, 20)
		h := count(t, slices.Concat(gone, kept))
		for _, c := range gone {
			if err := h.Add(c.Days, c.Ending, -1); err != nil {
				t.Fatal(err)
			}
		}
		if want := count(t, kept); !slices.Equal(h.Bins, want.Bins) {
			t.Fatalf("%v, want %v", h, want)
		}
	}))

	t.Run("RefusesWhatCannotBeAndChangesNothing", func(t *testing.T) {
		t.Parallel()
		h := cases(t, "3 3 5+")
		was := slices.Clone(h.Bins)
		for want, err := range map[string]error{
			"-1 days":                         h.Add(-1, Decided, 1),
			"36526 days":                      h.Add(36526, Decided, 1),
			`ending "done"`:                   h.Add(1, "done", 1),
			"only 2 are there":                h.Add(3, Decided, -3),
			"1 of 4 days":                     h.Add(4, Decided, -1),
			"bin 1 has 3 days after one of 4": Histogram{Bins: []Bin{{Days: 4, Open: 1}, {Days: 3, Open: 1}}}.Validate(),
			"negative count":                  Histogram{Bins: []Bin{{Days: 4, Open: -1}}}.Validate(),
			"no case":                         Histogram{Bins: []Bin{{Days: 4}}}.Validate(),
			"bin 0 has -4 days":               Histogram{Bins: []Bin{{Days: -4, Open: 1}}}.Validate(),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want an error with %q", err, want)
			}
		}
		if !slices.Equal(h.Bins, was) {
			t.Errorf("changed to %v", h)
		}
	})
}
