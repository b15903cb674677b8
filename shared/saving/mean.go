package saving

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// RestrictedMean is the mean time to the end of a case when everything after Tau days counts as Tau (限制平均用时): the area under
// the curve up to Tau (Irwin, 1949; Royston and Parmar, 2013). Unlike a mean of the closed cases it has the open ones in it, and
// unlike a mean of all it can be known while some are open. Two of them compare only at the same Tau.
type RestrictedMean struct {
	Tau  WorkingDays `json:"tau"`
	N    int         `json:"n"`
	Mean WorkingDays `json:"mean"`
	SE   WorkingDays `json:"se"` // standard error, Σ area² d/(n(n-d)) over the endings
}

// Tau is the longest time up to which all the curves are known: a curve is known up to its longest case, and for ever when
// it comes down to 0. When all do, it is the longest case of all. 0 without cases.
func Tau(all ...Histogram) int {
	known, longest := -1, 0
	for _, h := range all {
		longest = max(longest, h.Longest())
		if len(h.Bins) > 0 && h.Bins[len(h.Bins)-1].Open == 0 {
			continue
		}
		if known < 0 || h.Longest() < known {
			known = h.Longest()
		}
	}
	if known < 0 {
		return longest
	}
	return known
}

// MeanWithin returns the restricted mean up to tau days. It returns an error when there is no case, tau is negative, or the curve
// is not known so far: see [Tau].
func MeanWithin(h Histogram, tau int) (RestrictedMean, error) {
	switch {
	case len(h.Bins) == 0:
		return RestrictedMean{}, fmt.Errorf("mean within %d days: there is no case", tau)
	case tau < 0:
		return RestrictedMean{}, fmt.Errorf("mean within %d days: less than 0", tau)
	case tau > h.Longest() && h.Bins[len(h.Bins)-1].Open > 0:
		return RestrictedMean{}, fmt.Errorf("mean within %d days: cases are open that were seen for %d days only", tau, h.Longest())
	}
	c := Survive(h)
	m := RestrictedMean{Tau: WorkingDays(tau), N: c.N}
	// From the end, so that area is what lies under the curve from each point to tau.
	area, to, variance := 0.0, float64(tau), 0.0
	for _, p := range slices.Backward(c.Points) {
		if day := float64(p.Day); day < to {
			area += p.Survival * (to - day)
			to = day
		}
		if n, d := float64(p.AtRisk), float64(p.Bin.Ended()); d < n {
			variance += area * area * d / (n * (n - d))
		}
	}
	m.Mean = WorkingDays(area + to)
	m.SE = WorkingDays(math.Sqrt(variance))
	return m, nil
}

// Resamples is how often a bootstrap draws. With 999 the 25th and the 975th of the sorted draws are the ends of a 95% interval
// without interpolation (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 2.4).
const Resamples = 999

// Comparison is the mean time of cases before and after, up to the same Tau.
type Comparison struct {
	// Insufficient means that one side has fewer than [EnoughN] cases; all else but the two N is then 0 and means nothing.
	Insufficient bool           `json:"insufficient"`
	Before       RestrictedMean `json:"before"`
	After        RestrictedMean `json:"after"`
	// Saved is Before less After, negative when it takes longer now.
	Saved WorkingDays `json:"saved"`
	// Low and High are the 95% percentile interval of Saved (Efron, 1979): cases are drawn with replacement, before and after
	// apart, Resamples times from Seed. The same seed gives the same interval.
	Low       WorkingDays `json:"low"`
	High      WorkingDays `json:"high"`
	Resamples int         `json:"resamples"`
	Seed      uint64      `json:"seed"`
}

// Compare compares the restricted means of cases before and after, up to the longest tau at which both are known. It
// does not say why they differ: offices, kinds of cases and seasons may have changed too.
func Compare(before, after Histogram, seed uint64) Comparison {
	c := Comparison{Insufficient: true, Before: RestrictedMean{N: before.N()}, After: RestrictedMean{N: after.N()}}
	if min(c.Before.N, c.After.N) < EnoughN {
		return c
	}
	tau := Tau(before, after)
	c.Insufficient = false
	c.Before, c.After = mustMean(before, tau), mustMean(after, tau)
	c.Saved = c.Before.Mean - c.After.Mean
	c.Resamples, c.Seed = Resamples, seed
	random := rand.New(rand.NewPCG(seed, 0))
	draws := make([]WorkingDays, Resamples)
	for i := range draws {
		draws[i] = WorkingDays(areaWithin(resample(random, before), tau) - areaWithin(resample(random, after), tau))
	}
	slices.Sort(draws)
	tail := (1 - confidence) / 2 * (Resamples + 1)
	low := int(math.Round(tail))
	c.Low, c.High = draws[low-1], draws[Resamples-low]
	return c
}

func mustMean(h Histogram, tau int) RestrictedMean {
	m, err := MeanWithin(h, tau)
	if err != nil {
		panic("saving: " + err.Error()) // Tau has said that both are known
	}
	return m
}

// areaWithin is the area under the curve up to tau. A draw may lack the longest cases: its curve then keeps its last
// height up to tau, the usual extension (Gill, 1980).
func areaWithin(bins []Bin, tau int) float64 {
	left := 0
	for _, b := range bins {
		left += b.N()
	}
	area, height, from := 0.0, 1.0, 0
	for _, b := range bins {
		if b.Days >= tau || left == 0 {
			break
		}
		area += height * float64(b.Days-from)
		from = b.Days
		height *= float64(left-b.Ended()) / float64(left)
		left -= b.N()
	}
	return area + height*float64(tau-from)
}

// resample draws as many cases as there are, with replacement, by the counts: a multinomial draw, one binomial a cell.
func resample(random *rand.Rand, h Histogram) []Bin {
	out := make([]Bin, len(h.Bins))
	left, draws := h.N(), h.N()
	for i, b := range h.Bins {
		out[i].Days = b.Days
		for _, e := range []Ending{Decided, Refused, Withdrawn, Open} {
			count := *b.of(e)
			if count == 0 {
				continue
			}
			k := binomial(random, draws, float64(count)/float64(left))
			*out[i].of(e) = k
			draws -= k
			left -= count
		}
	}
	return out
}
