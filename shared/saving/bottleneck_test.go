package saving

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/calendar"
)

// Of one issue, raised on Monday 2 March: site 3 days and water 5 side by side, then the permit 2 days. Water asked for a
// supplement and stood one day; the permit was asked a second time.
func handCase() Case {
	return Case{ID: "1", Pieces: []Piece{
		{
			ID: "1", Item: "site", Department: "lands", Raised: on("2026-03-02"), Accepted: on("2026-03-02"),
			Claimed: on("2026-03-03"), Decided: on("2026-03-05"),
		},
		{
			ID: "2", Item: "water", Department: "rivers", Raised: on("2026-03-02"), Accepted: on("2026-03-02"),
			Claimed: on("2026-03-04"), Decided: on("2026-03-10"), Supplements: 1,
			Stops: []calendar.Span{{From: on("2026-03-05"), To: on("2026-03-06")}},
		},
		{
			ID: "3", Item: "permit", Department: "lands", Requires: []string{"1", "2"}, Raised: on("2026-03-02"),
			Received: on("2026-03-10"), Accepted: on("2026-03-11"), Claimed: on("2026-03-11"), Decided: on("2026-03-13"), Returns: 1,
		},
	}}
}

func TestBottlenecks(t *testing.T) {
	t.Parallel()
	cn := calendar.China()
	took := func(days int, e Ending) Histogram {
		var h Histogram
		if err := h.Add(days, e, 1); err != nil {
			t.Fatal(err)
		}
		return h
	}

	t.Run("AgreeWithTheCaseByHand", func(t *testing.T) {
		t.Parallel()
		var got Bottlenecks
		if err := got.Add(cn, handCase(), on("2026-03-20")); err != nil {
			t.Fatal(err)
		}
		permit := Bottleneck{
			Cases: 1, OnPath: 1, Shorter: 2, Pieces: 1, Queue: took(1, Decided), Touch: took(2, Decided), Answered: 1, Returns: 1,
		}
		site := Bottleneck{
			Cases: 1, Pieces: 1, Slack: 2, Queue: took(1, Decided), Touch: took(2, Decided), Answered: 1, FirstPass: 1,
		}
		water := Bottleneck{
			// Without water the path is site and permit, 5 days rather than 7.
			Cases: 1, OnPath: 1, Shorter: 2, Pieces: 1, Queue: took(2, Decided), Touch: took(3, Decided), Answered: 1, Supplements: 1,
		}
		want := Bottlenecks{
			Cases: 1, Span: 9, Serial: 10, Path: 7, HandOff: 2,
			Items:       map[string]Bottleneck{"site": site, "water": water, "permit": permit},
			Departments: map[string]Bottleneck{"rivers": water, "lands": {}},
			Variants:    Variants{"site → water → permit ×2": 1},
		}
		lands := permit.plus(site)
		lands.Cases, lands.OnPath, lands.Shorter = 1, 1, 2 // one issue with two pieces of it; without both, water's 5 of 7 days are left
		want.Departments["lands"] = lands
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got.Concurrency() != 10.0/9 {
			t.Errorf("concurrency %v", got.Concurrency())
		}
		if s := got.Departments["lands"].FirstPassYield(); s.Count != 1 || s.Of != 2 || !s.Insufficient {
			t.Errorf("first-pass yield %+v", s)
		}
	})

	t.Run("CountAnOpenQueueForAsLongAsItIs", func(t *testing.T) {
		t.Parallel()
		k := handCase()
		var got Bottlenecks
		// On 5 March site is decided, water under review and the permit not yet received.
		if err := got.Add(cn, k, on("2026-03-05")); err != nil {
			t.Fatal(err)
		}
		want := map[string]Bottleneck{
			"site":   {Queue: took(1, Decided), Touch: took(2, Decided), Answered: 1, FirstPass: 1},
			"water":  {Queue: took(2, Decided), Touch: took(1, Open)},
			"permit": {},
		}
		if diff := cmp.Diff(want, got.Items); diff != "" || got.Cases != 0 || len(got.Variants) != 0 {
			t.Errorf("%+v (-want +got):\n%s", got, diff)
		}
		k.Pieces[1].Claimed = 0
		k.Pieces[1].Decided = 0
		got = Bottlenecks{}
		if err := got.Add(cn, k, on("2026-03-06")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Bottleneck{Queue: took(4, Open)}, got.Items["water"]); diff != "" {
			t.Errorf("unclaimed (-want +got):\n%s", diff)
		}
	})

	t.Run("RefuseAClaimOutOfOrder", func(t *testing.T) {
		t.Parallel()
		for want, claimed := range map[string]string{"before it was received": "2026-02-27", "after it was decided": "2026-03-06"} {
			k := handCase()
			k.Pieces[0].Claimed = on(claimed)
			var b Bottlenecks
			if err := b.Add(cn, k, on("2026-03-20")); err == nil || !strings.Contains(err.Error(), want) || b.Cases != 0 {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})

	t.Run("AgreeWithAllPathsEnumeratedAndMerge", rapid.MakeCheck(func(t *rapid.T) {
		var whole Bottlenecks
		parts := make([]Bottlenecks, 3)
		onPath, shorter := map[string]int{}, map[string]*big.Rat{}
		start := on("2026-03-02")
		for range rapid.IntRange(1, 4).Draw(t, "cases") {
			var k Case
			for _, task := range drawGraph(t, 6) {
				days := rapid.IntRange(0, 6).Draw(t, "days")
				k.Pieces = append(k.Pieces, Piece{
					ID: task.ID, Requires: task.Requires, Raised: start, Accepted: start, Decided: cn.After(start, days),
					Department: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "department"),
				})
			}
			if len(k.Pieces) == 0 {
				continue
			}
			for _, b := range []*Bottlenecks{&whole, &parts[rapid.IntRange(0, 2).Draw(t, "part")]} {
				if err := b.Add(cn, k, on("2026-12-31")); err != nil {
					t.Fatal(err)
				}
			}
			run, err := Measure(cn, k.Pieces)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"x", "y", "z"} {
				without, hit := slices.Clone(run.Tasks), false
				for i, p := range k.Pieces {
					if p.Department != name {
						continue
					}
					hit = hit || run.Tasks[i].Days > 0 && longest(run.Tasks, p.ID).Cmp(longest(run.Tasks, "")) == 0
					without[i].Days = 0
				}
				if hit {
					onPath[name]++
				}
				if shorter[name] == nil {
					shorter[name] = new(big.Rat)
				}
				shorter[name].Add(shorter[name], new(big.Rat).Sub(longest(run.Tasks, ""), longest(without, "")))
			}
		}
		for name, d := range whole.Departments {
			if d.OnPath != onPath[name] || rat(d.Shorter).Cmp(shorter[name]) != 0 {
				t.Fatalf("%s: on path %d, shorter %v, want %d, %v", name, d.OnPath, d.Shorter, onPath[name], shorter[name])
			}
		}
		if diff := cmp.Diff(whole, MergeBottlenecks(parts...)); diff != "" {
			t.Fatalf("(-whole +merged):\n%s", diff)
		}
	}))
}

func TestVariants(t *testing.T) {
	t.Parallel()
	k := handCase()
	k.Pieces[0].Decided, k.Pieces[0].Ending = on("2026-03-10"), Refused
	if got := strings.Join(k.Path(), "; "); got != "site (refused) + water; permit ×2" {
		t.Errorf("path %q", got)
	}
	var v Variants
	for _, path := range [][]string{{"b"}, {"a", "b"}, {"a", "b"}, {"c"}, {"a"}} {
		v.Add(path)
	}
	most, others := v.Most(2)
	if len(most) != 2 || !slices.Equal(most[0].Steps, []string{"a", "b"}) || most[0].Cases.Count != 2 || most[0].Cases.Of != 5 ||
		!slices.Equal(most[1].Steps, []string{"a"}) || others != 2 {
		t.Errorf("%+v and %d others", most, others)
	}
}

func TestChartOf(t *testing.T) {
	t.Parallel()
	chart := func(days ...float64) Chart {
		readings := make([]Reading, len(days))
		for i, d := range days {
			readings[i].Days = WorkingDays(d)
		}
		return ChartOf(readings)
	}
	signals := func(c Chart) (all []string) {
		for i, p := range c.Points {
			for _, s := range p.Signals {
				all = append(all, string(rune('a'+i))+" "+string(s))
			}
		}
		return all
	}

	t.Run("AgreesWithTheHandbook", func(t *testing.T) {
		t.Parallel()
		// Flow rates of ten batches, NIST/SEMATECH e-Handbook 6.3.2.2: limits 55.8041 and 45.8159, with 3/1.128 for 2.66.
		c := chart(49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1)
		if !near(float64(c.Mean), 50.81, 1e-9) || !near(float64(c.Range), 1.8778, 5e-5) ||
			!near(float64(c.High), 55.8041, 2e-3) || !near(float64(c.Low), 45.8159, 2e-3) || len(signals(c)) != 0 {
			t.Errorf("%+v", c)
		}
	})

	t.Run("SignalsByTheRules", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			days []float64
			want string
		}{
			// By hand: mean 14 1/6, mean range 92/11, so limits to 36.4 and a range of 27.3.
			{[]float64{9, 15, 9, 15, 9, 15, 9, 15, 9, 15, 9, 41}, "l beyond, l jump"},
			// Mean 10, mean range 1: limits 7.34 to 12.66, nearer to one beyond 8.67 and 11.33, a range of 3.27.
			{[]float64{8, 8, 8, 12, 11, 10, 11, 10, 11, 11}, "c drift, d jump"},
			// The eighth and the ninth in a row below the mean of 10.
			{[]float64{9, 9, 9, 9, 9, 9, 9, 9, 9, 19}, "h shift, i shift, j beyond, j jump"},
			{[]float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, ""},
		} {
			if got := strings.Join(signals(chart(c.days...)), ", "); got != c.want {
				t.Errorf("%v: %q, want %q", c.days, got, c.want)
			}
		}
	})

	t.Run("HasNoLimitBelowNothingAndNoneOfFewerThanTen", func(t *testing.T) {
		t.Parallel()
		if c := chart(0, 4, 0, 4, 0, 4, 0, 4, 0, 4); c.Low != 0 || c.Insufficient || c.Range != 4 {
			t.Errorf("%+v", c)
		}
		if c := chart(1, 2, 3, 4, 5, 6, 7, 8, 90); !c.Insufficient || c.High != 0 || len(signals(c)) != 0 {
			t.Errorf("%+v", c)
		}
	})
}
