package saving

import (
	"fmt"
	"math"
)

// confidence is the level of every interval here, and z95 the standard normal quantile that goes with its two sides.
const (
	confidence = 0.95
	z95        = 1.959963984540054
)

// Interval is a 95% confidence interval (置信区间): a procedure that covers the true value in 95 of 100 repetitions. It knows chance
// only: not a wrong date, and not that the cases differ in kind from those of another year.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Curve says after how many days how many cases are still open (未办结比例曲线), open cases counted for as long as they were seen.
//
// Survival is the estimator of Kaplan and Meier (1958) for ending in whichever way; its standard error that of Greenwood (1926);
// the interval is on the scale log(-log S) (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980), which
// keeps it within 0 and 1. The incidences are those of Aalen and Johansen (1978): the share decided, refused and withdrawn by
// then, which with Survival add up to 1. To call the withdrawn "open" instead, and use one minus Kaplan-Meier for
// the decided, would count as decided some that never will be.
//
// It supposes that a case seen for a short time only is like the others (uninformative censoring), which holds where
// openness is a matter of when the case was raised. Where an ending and the last look fall on one day, the ending comes first.
type Curve struct {
	N      int     `json:"n"`    // all cases
	Open   int     `json:"open"` // among them
	Points []Point `json:"points"`
}

// Point is the curve from a day on, up to the next point.
type Point struct {
	Day WorkingDays `json:"day"`
	// AtRisk were open at the beginning of the day; the Bin is what became of them on it.
	AtRisk int `json:"atRisk"`
	Bin    Bin `json:"bin"`
	// Survival is the share still open after the day, SE its standard error.
	Survival float64 `json:"survival"`
	SE       float64 `json:"se"`
	// Interval is absent where nothing has ended yet and where nothing is left: chance cannot be told there.
	Interval *Interval `json:"interval,omitempty"`
	// Decided, Refused and Withdrawn are the shares that had ended so by the end of the day.
	Decided   float64 `json:"decided"`
	Refused   float64 `json:"refused"`
	Withdrawn float64 `json:"withdrawn"`

	greenwood float64 // Σ d / (n(n-d)), infinite when nothing is left
}

// Survive returns the curve of the cases. It has no point when there is no case.
func Survive(h Histogram) Curve {
	c := Curve{N: h.N(), Points: make([]Point, 0, len(h.Bins))}
	left, p := c.N, Point{Survival: 1}
	for _, b := range h.Bins {
		n, d := float64(left), float64(b.Ended())
		p.Day, p.AtRisk, p.Bin = WorkingDays(b.Days), left, b
		p.Decided += p.Survival * float64(b.Decided) / n
		p.Refused += p.Survival * float64(b.Refused) / n
		p.Withdrawn += p.Survival * float64(b.Withdrawn) / n
		p.Survival *= (n - d) / n
		p.greenwood += d / (n * (n - d)) // +Inf when all end
		p.SE, p.Interval = 0, nil
		if p.Survival > 0 && p.Survival < 1 {
			p.SE = p.Survival * math.Sqrt(p.greenwood)
			log := math.Log(p.Survival)
			reach := math.Exp(z95 * math.Sqrt(p.greenwood) / -log)
			p.Interval = &Interval{Low: math.Exp(log * reach), High: math.Exp(log / reach)}
		}
		c.Points = append(c.Points, p)
		c.Open += b.Open
		left -= b.N()
	}
	return c
}

// At returns the point that holds at the end of a day, and false before the first, when all are open.
func (c Curve) At(day WorkingDays) (Point, bool) {
	var at Point
	found := false
	for _, p := range c.Points {
		if p.Day > day {
			break
		}
		at, found = p, true
	}
	return at, found
}

// Quantile is the day by which a share of the cases had ended (分位用时), or that it is not known because too many are still open.
type Quantile struct {
	// Share is of the cases, 0.5 for the median.
	Share float64 `json:"share"`
	// Days is absent when the share is not reached: the answer is then a number above Beyond, never 0.
	Days *WorkingDays `json:"days,omitempty"`
	// Low and High bound Days with 95% confidence (Brookmeyer and Crowley, 1982, from the interval of the curve). Each
	// is absent when the bound is not reached.
	Low  *WorkingDays `json:"low,omitempty"`
	High *WorkingDays `json:"high,omitempty"`
	// Beyond is the longest time for which any case was seen.
	Beyond WorkingDays `json:"beyond"`
}

// Reached reports whether Days is known.
func (q Quantile) Reached() bool { return q.Days != nil }

// String is "9 working days", or "not reached (above 35 working days)".
func (q Quantile) String() string {
	if q.Days == nil {
		return fmt.Sprintf("not reached (above %v working days)", float64(q.Beyond))
	}
	return fmt.Sprintf("%v working days", float64(*q.Days))
}

// rounding is what the product of many fractions may miss a round share by.
const rounding = 1e-12

// Quantile returns the first day by which at least the share of the cases had ended in any way. A share is above 0 and at most 1;
// it panics on another.
func (c Curve) Quantile(share float64) Quantile {
	if !(share > 0 && share <= 1) {
		panic(fmt.Sprintf("saving: the share of a quantile is %v, not above 0 and at most 1", share))
	}
	q := Quantile{Share: share}
	reach := func(at **WorkingDays, day WorkingDays, height float64) {
		if *at == nil && height <= 1-share+rounding {
			*at = &day
		}
	}
	for _, p := range c.Points {
		q.Beyond = p.Day
		reach(&q.Days, p.Day, p.Survival)
		if p.Interval != nil {
			reach(&q.Low, p.Day, p.Interval.Low)
			reach(&q.High, p.Day, p.Interval.High)
		}
	}
	if q.Low == nil { // the curve fell to 0 at once, without an interval on the way
		q.Low = q.Days
	}
	return q
}

// Summary is what is said of a set of cases in one line.
type Summary struct {
	N         int `json:"n"`
	Open      int `json:"open"`
	Decided   int `json:"decided"`
	Refused   int `json:"refused"`
	Withdrawn int `json:"withdrawn"`
	// Insufficient means fewer than [EnoughN] cases: Median and P90 are then absent.
	Insufficient bool      `json:"insufficient"`
	Median       *Quantile `json:"median,omitempty"`
	P90          *Quantile `json:"p90,omitempty"`
}

// Summarize counts the cases and gives the median and the 90th percentile of the days to the end of a case.
func Summarize(h Histogram) Summary {
	c := Survive(h)
	s := Summary{N: c.N, Open: c.Open, Insufficient: c.N < EnoughN}
	for _, b := range h.Bins {
		s.Decided += b.Decided
		s.Refused += b.Refused
		s.Withdrawn += b.Withdrawn
	}
	if !s.Insufficient {
		median, p90 := c.Quantile(0.5), c.Quantile(0.9)
		s.Median, s.P90 = &median, &p90
	}
	return s
}
