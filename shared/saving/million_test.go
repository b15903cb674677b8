package saving

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"lianban/shared/calendar"
)

// Five sign-offs an issue: three at once, one after two of them, one after all.
var (
	fiveRequire = [][]string{nil, nil, nil, {"1", "2"}, {"1", "2", "3", "4"}}
	fiveIDs     = []string{"1", "2", "3", "4", "5"}
)

// drawIssue makes an issue up, of one of 43 items and 30 departments a piece, raised in 2024 or 2025; one in ten is still open.
func drawIssue(random *rand.Rand, c *calendar.Calendar, n int, names []string) Case {
	raised := c.After(calendar.On(2024, 1, 1), random.IntN(480))
	k := Case{ID: strconv.Itoa(n), Pieces: make([]Piece, len(fiveIDs))}
	open := random.IntN(10) == 0
	for i := range k.Pieces {
		p := &k.Pieces[i]
		*p = Piece{ID: fiveIDs[i], Requires: fiveRequire[i], Raised: raised, Received: raised, Item: names[random.IntN(43)], Department: names[random.IntN(30)]}
		for _, r := range p.Requires {
			p.Received = max(p.Received, k.Pieces[r[0]-'1'].Decided)
		}
		p.Accepted = c.After(p.Received, random.IntN(3))
		p.Claimed = c.After(p.Accepted, random.IntN(4))
		p.Decided = c.After(p.Claimed, 1+int(random.ExpFloat64()*9))
		p.Due = c.After(p.Accepted, 20)
		p.OnCommitment = random.IntN(20) == 0
		if random.IntN(5) == 0 {
			p.Supplements = 1
			p.Stops = []calendar.Span{{From: p.Claimed, To: c.After(p.Claimed, 2)}}
			p.Applicant = p.Stops
			p.Decided = max(p.Decided, p.Stops[0].To)
		}
	}
	if last := &k.Pieces[len(k.Pieces)-1]; open {
		last.Decided, last.Claimed, last.Stops, last.Applicant, last.Supplements, last.OnCommitment = 0, 0, nil, nil, 0, false
	}
	return k
}

// BenchmarkEveryStatisticOfAMillionSignOffs makes up 200,000 issues of five sign-offs and computes all that the package says of
// them: measures, attribution, cohorts, curves, means with their bootstrap, bottlenecks, variants and charts. The issues are
// made as they are counted and not kept, as a rollup is rebuilt from a feed; making them is in the time.
func BenchmarkEveryStatisticOfAMillionSignOffs(b *testing.B) {
	c, at := calendar.China(), calendar.On(2026, 6, 30)
	names := make([]string, 43)
	for i := range names {
		names[i] = fmt.Sprint("name-", i)
	}
	const issues = 200_000
	for b.Loop() {
		random := rand.New(rand.NewPCG(1, 2))
		cohorts, items := map[Month]*Tally{}, map[string]*Tally{}
		var neck Bottlenecks
		var saved Attribution
		charts := map[string][]Reading{}
		for n := range issues {
			k := drawIssue(random, c, n, names)
			if err := neck.Add(c, k, at); err != nil {
				b.Fatal(err)
			}
			for _, p := range k.Pieces {
				o, err := p.Observe(c, at)
				if err != nil {
					b.Fatal(err)
				}
				for _, t := range []*Tally{tallyOf(cohorts, MonthOf(o.Raised)), tallyOf(items, p.Item)} {
					if err := t.Add(o, at); err != nil {
						b.Fatal(err)
					}
				}
			}
			if answered, ended := k.ended(at); !answered || !ended {
				continue
			}
			run, err := Measure(c, k.Pieces)
			if err != nil {
				b.Fatal(err)
			}
			before := make([]Task, len(run.Tasks))
			for i, t := range run.Tasks {
				before[i] = Task{ID: t.ID, Requires: t.Requires, Days: 20}
			}
			a, err := Attribute(before, run.Tasks)
			if err != nil {
				b.Fatal(err)
			}
			saved.Total += a.Total
			charts[k.Pieces[0].Department] = append(charts[k.Pieces[0].Department], Reading{ID: k.ID, Days: run.Span})
		}
		var half [2]Histogram
		signOffs := 0
		for month, t := range cohorts {
			for _, h := range []Histogram{t.Plain, t.OnCommitment} {
				Summarize(h)
				signOffs += h.N()
			}
			t.Punctuality.Rate()
			i := 0
			if month >= "2025-01" {
				i = 1
			}
			half[i] = Merge(half[i], t.Plain)
		}
		if signOffs != issues*len(fiveIDs) {
			b.Fatalf("%d sign-offs", signOffs)
		}
		Compare(half[0], half[1], 1)
		for _, t := range items {
			Summarize(t.Plain)
		}
		neck.Variants.Most(20)
		for _, readings := range charts {
			ChartOf(readings)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MB-from-the-system")
}

func tallyOf[K comparable](of map[K]*Tally, key K) *Tally {
	if of[key] == nil {
		of[key] = &Tally{}
	}
	return of[key]
}

// BenchmarkImagine replays 22,000 sign-offs, a city's year, through queues.
func BenchmarkImagine(b *testing.B) {
	c := calendar.China()
	names := make([]string, 43)
	for i := range names {
		names[i] = fmt.Sprint("name-", i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	cases := make([]Case, 4400)
	for n := range cases {
		cases[n] = drawIssue(random, c, n, names)
	}
	servers := Busiest(c, cases)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Imagine(c, cases, servers, Scenario{Capacity: map[string]int{"name-3": 2}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForesee forecasts the largest issue, 40 sign-offs.
func BenchmarkForesee(b *testing.B) {
	h := cases(b, freireich)
	pieces := make([]Expected, 40)
	for i := range pieces {
		pieces[i] = Expected{ID: fmt.Sprint(i), History: h}
		if i > 2 {
			pieces[i].Requires = []string{fmt.Sprint(i - 3)}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Foresee(pieces, 1); err != nil {
			b.Fatal(err)
		}
	}
}
