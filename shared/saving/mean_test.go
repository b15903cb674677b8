package saving

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMeanWithin(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheTextbook", func(t *testing.T) {
		t.Parallel()
		// By hand: 6·1 + 1·0.857143 + 3·0.806723 + 3·0.752941 + 3·0.690196 + 6·0.627451 + 1·0.537815 + 12·0.448179 = 23.287;
		// without open cases it is the plain mean, 182/21. The standard error of the first is 2.83 in R (survival).
		for text, want := range map[string]struct {
			tau      int
			mean, se float64
		}{
			freireich: {35, 23.287395, 2.83},
			placebo:   {35, 182.0 / 21, 1.377},
		} {
			got, err := MeanWithin(cases(t, text), want.tau)
			if err != nil || !near(float64(got.Mean), want.mean, 5e-7) || !near(float64(got.SE), want.se, 5e-3) {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		}
	})

	t.Run("IsThePlainMeanOfTheShorterOfDaysAndTau", rapid.MakeCheck(func(t *rapid.T) {
		all := drawCases(t, 40)
		sum, tau := 0, rapid.IntRange(0, 15).Draw(t, "tau")
		for i := range all {
			if all[i].Ending == Open {
				all[i].Ending = Refused
			}
			sum += min(all[i].Days, tau)
		}
		got, err := MeanWithin(count(t, all), tau)
		if len(all) == 0 {
			if err == nil {
				t.Fatal("no case has a mean")
			}
			return
		}
		if err != nil || !near(float64(got.Mean), float64(sum)/float64(len(all)), 1e-9) {
			t.Fatalf("%+v, %v, want %d / %d", got, err, sum, len(all))
		}
	}))

	t.Run("RefusesATauThatNobodySaw", func(t *testing.T) {
		t.Parallel()
		if _, err := MeanWithin(cases(t, freireich), 36); err == nil || !strings.Contains(err.Error(), "seen for 35 days only") {
			t.Errorf("got %v", err)
		}
		if _, err := MeanWithin(cases(t, placebo), -1); err == nil {
			t.Error("accepts -1")
		}
		for _, c := range []struct {
			of   []Histogram
			want int
		}{
			{[]Histogram{cases(t, freireich), cases(t, placebo)}, 35}, // the other is 0 from 23 on
			{[]Histogram{cases(t, "3 9+"), cases(t, "4 7+")}, 7},
			{[]Histogram{cases(t, "3 9"), cases(t, "4 7")}, 9},
			{[]Histogram{{}}, 0},
		} {
			if got := Tau(c.of...); got != c.want {
				t.Errorf("%v are known up to %d, want %d", c.of, got, c.want)
			}
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()

	t.Run("TakesOneTauForBothAndTheSameIntervalForTheSameSeed", func(t *testing.T) {
		t.Parallel()
		got := Compare(cases(t, freireich), cases(t, placebo), 7)
		if got.Insufficient || got.Before.Tau != 35 || got.After.Tau != 35 || !near(float64(got.Saved), 23.287395-182.0/21, 1e-6) {
			t.Errorf("%+v", got)
		}
		if got.Low >= got.Saved || got.Saved >= got.High || got.Low <= 0 {
			t.Errorf("%v is not clearly above 0 within %v to %v", got.Saved, got.Low, got.High)
		}
		// The normal interval from the two standard errors, ±1.96·√(2.83²+1.377²), is no more than a day off.
		se := math.Hypot(float64(got.Before.SE), float64(got.After.SE))
		if !near(float64(got.Low), float64(got.Saved)-z95*se, 1) || !near(float64(got.High), float64(got.Saved)+z95*se, 1) {
			t.Errorf("%v to %v, far from %v ± %v", got.Low, got.High, got.Saved, z95*se)
		}
		if again := Compare(cases(t, freireich), cases(t, placebo), 7); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
		if other := Compare(cases(t, freireich), cases(t, placebo), 8); other.Low == got.Low && other.High == got.High {
			t.Error("another seed draws the same")
		}
	})

	t.Run("DrawsAsManyCasesAsThereAreAndNoneThatIsNot", rapid.MakeCheck(func(t *rapid.T) {
		h := count(t, drawCases(t, 60))
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		drawn := resample(random, h)
		n := 0
		for i, b := range drawn {
			n += b.N()
			for _, e := range []Ending{Open, Decided, Refused, Withdrawn} {
				if *b.of(e) > 0 && *h.Bins[i].of(e) == 0 {
					t.Fatalf("%+v drawn from %+v", b, h.Bins[i])
				}
			}
		}
		if n != h.N() {
			t.Fatalf("%d drawn of %d", n, h.N())
		}
	}))

	t.Run("IsInsufficientBelowTenOnEitherSide", func(t *testing.T) {
		t.Parallel()
		few := cases(t, "1 2 3 4 5 6 7 8 9")
		for _, c := range []Comparison{Compare(few, cases(t, placebo), 1), Compare(cases(t, placebo), few, 1)} {
			if !c.Insufficient || c.Saved != 0 || c.Resamples != 0 || min(c.Before.N, c.After.N) != 9 {
				t.Errorf("%+v", c)
			}
		}
	})
}

// The chances of a draw, told apart by Pearson's test at a level of one in 10,000 for a fixed seed.
func TestBinomialDrawsHaveTheirChances(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n int
		p float64
	}{{7, 0.3}, {40, 0.1}, {40, 0.5}, {40, 0.93}, {200, 0.21}, {1000, 0.4}, {100000, 0.001}} {
		random := rand.New(rand.NewPCG(1, uint64(c.n)))
		const draws = 40000
		seen := map[int]int{}
		for range draws {
			k := binomial(random, c.n, c.p)
			if k < 0 || k > c.n {
				t.Fatalf("%d of %d", k, c.n)
			}
			seen[k]++
		}
		chance := func(k int) float64 {
			l := logFactorial(float64(c.n)) - logFactorial(float64(k)) - logFactorial(float64(c.n-k))
			return math.Exp(l + float64(k)*math.Log(c.p) + float64(c.n-k)*math.Log1p(-c.p))
		}
		var squares, expected float64
		var observed, cells int
		for k := range min(c.n, 2000) + 1 {
			expected += draws * chance(k)
			observed += seen[k]
			if expected >= 20 {
				squares += (float64(observed) - expected) * (float64(observed) - expected) / expected
				expected, observed = 0, 0
				cells++
			}
		}
		// Wilson and Hilferty's quantile of chi squared with cells-1 degrees of freedom.
		free := float64(cells - 1)
		limit := free * math.Pow(1-2/(9*free)+3.719*math.Sqrt(2/(9*free)), 3)
		if squares > limit {
			t.Errorf("n=%d p=%v: chi squared %.1f above %.1f over %d cells", c.n, c.p, squares, limit, cells)
		}
	}
	if random := rand.New(rand.NewPCG(1, 1)); binomial(random, 9, 0) != 0 || binomial(random, 9, 1) != 9 || binomial(random, 0, 0.5) != 0 {
		t.Error("a certain draw is not certain")
	}
}

func TestShareOf(t *testing.T) {
	t.Parallel()
	// Wilson's interval for 8 of 10, as Newcombe (Statistics in Medicine 17, 1998) computes it: 0.4902 to 0.9433.
	s := ShareOf(8, 10)
	if *s.Share != 0.8 || !near(s.Interval.Low, 0.4902, 5e-5) || !near(s.Interval.High, 0.9433, 5e-5) || s.Insufficient {
		t.Errorf("%+v %+v", s, s.Interval)
	}
	if s := ShareOf(9, 9); !s.Insufficient || *s.Share != 1 || s.Interval.High != 1 {
		t.Errorf("%+v", s)
	}
	if s := ShareOf(0, 0); s.Share != nil || s.Interval != nil || !s.Insufficient {
		t.Errorf("a share of nothing: %+v", s)
	}
	if got := []int{ShareOf(0, 20).Count, ShareOf(0, 20).Of}; !slices.Equal(got, []int{0, 20}) {
		t.Errorf("%v", got)
	}
}
