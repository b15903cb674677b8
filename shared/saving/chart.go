package saving

import "math"

// The constants of a chart of individual values with moving ranges of two: 3/d2 and D4, d2 = 1.128 (D. J. Wheeler and D. S.
// Chambers, Understanding Statistical Process Control, 2nd ed. 1992; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2).
const (
	naturalLimit = 2.66
	rangeLimit   = 3.267
)

// Reading is one value of a chart, such as the span of an issue.
type Reading struct {
	ID   string      `json:"id"`
	Days WorkingDays `json:"days"`
}

// Signal is why a reading is more than the noise of the process (异常信号).
type Signal string

const (
	// Beyond is outside the limits.
	Beyond Signal = "beyond"
	// Shift is the eighth or later of readings in a row on one side of the mean.
	Shift Signal = "shift"
	// Drift is one of three, of four in a row, that are nearer to the same limit than to the mean.
	Drift Signal = "drift"
	// Jump differs from the one before by more than the range limit.
	Jump Signal = "jump"
)

// Chart is a control chart of individual values (单值-移动极差控制图, XmR): what a process does if nothing about it changes. The signals are
// Wheeler's rules. Spans lean to the long side, so that a single signal Beyond is a reason to look, not a proof.
type Chart struct {
	// Insufficient means fewer than [EnoughN] readings: the rest is then 0 and means nothing.
	Insufficient bool        `json:"insufficient"`
	N            int         `json:"n"`
	Mean         WorkingDays `json:"mean"`
	// Range is the mean of the differences of neighbours (平均移动极差).
	Range WorkingDays `json:"range"`
	// Low and High are the natural process limits, mean ± 2.66 times Range, Low no less than 0. MostRange is 3.267 times Range.
	Low       WorkingDays `json:"low"`
	High      WorkingDays `json:"high"`
	MostRange WorkingDays `json:"mostRange"`
	// Points are the readings in the order given.
	Points []ChartPoint `json:"points"`
}

// ChartPoint is a reading with its signals.
type ChartPoint struct {
	Reading
	Signals []Signal `json:"signals,omitempty"`
}

// ChartOf makes the chart of readings in the order in which they came: for spans, by the day decided. It may have a long run of
// equal values; limits of no width then make every other value a signal, as they should.
func ChartOf(readings []Reading) Chart {
	c := Chart{N: len(readings), Points: make([]ChartPoint, len(readings)), Insufficient: len(readings) < EnoughN}
	for i, r := range readings {
		c.Points[i].Reading = r
	}
	if c.Insufficient {
		return c
	}
	step := func(i int) WorkingDays {
		return WorkingDays(math.Abs(float64(readings[i].Days - readings[i-1].Days)))
	}
	for i, r := range readings {
		c.Mean += r.Days
		if i > 0 {
			c.Range += step(i)
		}
	}
	c.Mean /= WorkingDays(c.N)
	c.Range /= WorkingDays(c.N - 1)
	low := c.Mean - naturalLimit*c.Range
	c.Low, c.High, c.MostRange = max(0, low), c.Mean+naturalLimit*c.Range, rangeLimit*c.Range

	side, run := 0, 0
	var near []int // of each reading: the side to whose limit it is nearer than to the mean
	for i, r := range readings {
		signal := func(s Signal) { c.Points[i].Signals = append(c.Points[i].Signals, s) }
		off := r.Days - c.Mean
		if off > c.High-c.Mean+rounding || off < low-c.Mean-rounding {
			signal(Beyond)
		}
		if s := sign(off); s != 0 && s == side {
			run++
		} else {
			side, run = s, min(1, s*s)
		}
		if run >= 8 {
			signal(Shift)
		}
		nearer := 0
		if reach := naturalLimit * c.Range / 2; off > reach+rounding || off < -reach-rounding {
			nearer = sign(off)
		}
		near = append(near, nearer)
		if nearer != 0 && i >= 2 {
			same := 0
			for _, n := range near[max(0, i-3):] {
				if n == nearer {
					same++
				}
			}
			if same >= 3 {
				signal(Drift)
			}
		}
		if i > 0 && step(i) > c.MostRange+rounding {
			signal(Jump)
		}
	}
	return c
}

func sign(d WorkingDays) int {
	switch {
	case d > rounding:
		return 1
	case d < -rounding:
		return -1
	}
	return 0
}
