package saving

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Draws is how often a forecast plays an issue to its end. It is this product's own choice: by 2,000 draws the share that
// finishes by a day is known within about two points of a hundred (2·√(0.25/2000)).
const Draws = 2000

// Expected is a piece of an open issue with what is known of how long such pieces take.
type Expected struct {
	ID       string
	Requires []string
	// History is of comparable cases, open ones included, in days from receipt to answer, waiting and stops within: that is
	// what passes until it ends.
	History Histogram
	// Received means that its days run, Elapsed of them so far. Ended means that it needs no more time.
	Received bool
	Elapsed  int
	Ended    bool
}

// Forecast is when an open issue may finish (办结预测), in working days from the day it is made: what became of comparable cases,
// no promise.
type Forecast struct {
	// Insufficient means that for a piece, named in Few, fewer than [EnoughN] comparable cases lasted as long as it has already. There
	// are then no days.
	Insufficient bool     `json:"insufficient"`
	Few          []string `json:"few,omitempty"`
	// N is the number of comparable cases behind the piece that has the fewest, those only that lasted as long as it has
	// already.
	N int `json:"n"`
	// P50, P80 and P90 are the days by which so many of a hundred draws had finished. One that is not reached depends on cases of
	// which the end has never been seen.
	P50 *Quantile `json:"p50,omitempty"`
	P80 *Quantile `json:"p80,omitempty"`
	P90 *Quantile `json:"p90,omitempty"`
	// Draws and Seed say how it was drawn. The same seed gives the same forecast.
	Draws int    `json:"draws,omitzero"`
	Seed  uint64 `json:"seed"`
}

// Foresee plays the rest of an issue many times. Each open piece takes as long as one of its comparable cases that lasted longer than it
// has, by their curve (Kaplan-Meier, conditional on the elapsed days), and begins when what it requires is done; the
// issue finishes with its last piece. It supposes that pieces are late independently of each other, and that offices go
// on as they did. A finish is one in whichever way, refusal and withdrawal included. For an issue to be raised, compared
// as a whole, give one piece with the spans of such issues.
//
// It returns the errors of [Critical], and one that names a piece with negative elapsed days.
func Foresee(pieces []Expected, seed uint64) (Forecast, error) {
	tasks := make([]Task, len(pieces))
	for i, p := range pieces {
		tasks[i] = Task{ID: p.ID, Requires: p.Requires}
	}
	g, err := newGraph(tasks)
	if err != nil {
		return Forecast{}, fmt.Errorf("forecast: %w", err)
	}
	f := Forecast{N: math.MaxInt, Seed: seed}
	rest := make([]remaining, len(pieces))
	for i, p := range pieces {
		if p.Elapsed < 0 {
			return Forecast{}, fmt.Errorf("forecast: piece %q has %d elapsed days", p.ID, p.Elapsed)
		}
		if p.Ended {
			continue
		}
		rest[i] = remainingOf(p)
		f.N = min(f.N, rest[i].n)
		if rest[i].n < EnoughN {
			f.Few = append(f.Few, p.ID)
		}
	}
	if f.Insufficient = len(f.Few) > 0; f.Insufficient {
		return f, nil
	}
	if f.N == math.MaxInt { // nothing is open
		f.N = 0
	}
	f.Draws = Draws
	random := rand.New(rand.NewPCG(seed, 1))
	ends, finish := make([]float64, Draws), make([]float64, len(pieces))
	for d := range ends {
		for _, i := range g.order {
			begin := 0.0
			for _, r := range g.requires[i] {
				begin = max(begin, finish[r])
			}
			if pieces[i].Received {
				begin = 0 // whatever it requires, its days run
			}
			if finish[i] = 0; !pieces[i].Ended {
				finish[i] = begin + rest[i].draw(random.Float64())
			}
			ends[d] = max(ends[d], finish[i])
		}
	}
	slices.Sort(ends)
	f.P50, f.P80, f.P90 = drawn(ends, 50), drawn(ends, 80), drawn(ends, 90)
	return f, nil
}

// drawn is the quantile of sorted draws at a percentage.
func drawn(ends []float64, percent int) *Quantile {
	q := Quantile{Share: float64(percent) / 100}
	for _, end := range ends {
		if !math.IsInf(end, 1) {
			q.Beyond = WorkingDays(end)
		}
	}
	if end := ends[(len(ends)*percent+99)/100-1]; !math.IsInf(end, 1) {
		days := WorkingDays(end)
		q.Days = &days
	}
	return &q
}

// remaining is how many more days a piece takes: shares[i] of such cases had ended days[i] more days on.
type remaining struct {
	n      int
	days   []float64
	shares []float64
}

func remainingOf(p Expected) remaining {
	elapsed := 0
	r := remaining{n: p.History.N()}
	if p.Received {
		elapsed = p.Elapsed
		for _, b := range p.History.Bins {
			if b.Days <= elapsed {
				r.n -= b.N()
			}
		}
	}
	height := 1.0
	for _, point := range Survive(p.History).Points {
		if p.Received && int(point.Day) <= elapsed {
			height = point.Survival
			continue
		}
		r.days = append(r.days, float64(point.Day)-float64(elapsed))
		r.shares = append(r.shares, 1-point.Survival/height)
	}
	return r
}

// draw is the first day by which more than the share u had ended, infinite when none is known.
func (r remaining) draw(u float64) float64 {
	i, _ := slices.BinarySearchFunc(r.shares, u, func(share, u float64) int {
		if share > u {
			return 1
		}
		return -1
	})
	if i == len(r.days) {
		return math.Inf(1)
	}
	return r.days[i]
}

// Words is the forecast in one sentence in Chinese and in English.
func (f Forecast) Words() (zh, en string) {
	switch {
	case f.Insufficient:
		return fmt.Sprintf("可比案例不足 %d 件，不作预测。", EnoughN), fmt.Sprintf("Fewer than %d comparable cases: no forecast.", EnoughN)
	case f.P50 == nil:
		return "", ""
	case !f.P50.Reached():
		return fmt.Sprintf("同类事项半数以上超过 %v 个工作日仍未办结（n=%d）。", float64(f.P50.Beyond), f.N),
			fmt.Sprintf("More than half of such issues were still open after %v working days (n=%d).", float64(f.P50.Beyond), f.N)
	}
	zh = fmt.Sprintf("同类事项半数在 %v 个工作日内办结", float64(*f.P50.Days))
	en = fmt.Sprintf("Half of such issues closed within %v working days", float64(*f.P50.Days))
	if f.P90.Reached() {
		zh += fmt.Sprintf("，九成在 %v 个工作日内办结", float64(*f.P90.Days))
		en += fmt.Sprintf(", nine in ten within %v", float64(*f.P90.Days))
	}
	return zh + fmt.Sprintf("（n=%d）。", f.N), en + fmt.Sprintf(" (n=%d).", f.N)
}
