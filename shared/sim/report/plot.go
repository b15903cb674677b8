package report

import (
	"fmt"
	"math"
	"strings"

	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

// The drawing's size and the room around it, in SVG units.
const (
	wide, high              = 720, 300
	left, right, top, below = 52, 12, 12, 36
)

// plot is a drawing of lines over an axis.
type plot struct {
	Wide, High               int
	Left, Right, Top, Bottom int // the frame's edges
	Lines                    []line
	Across, Up               []tick
}

type line struct {
	Class string
	Path  string
	Band  string // of an interval; empty: none
}

type tick struct {
	At    float64
	Label string
}

// scale draws numbers within a frame.
type scale struct{ x, y float64 } // the largest of each

func (s scale) at(x, y float64) string {
	return fmt.Sprintf("%.1f,%.1f", s.across(x), s.up(y))
}

func (s scale) across(x float64) float64 { return left + (wide-left-right)*min(1, x/s.x) }

func (s scale) up(y float64) float64 { return high - below - (high-top-below)*y/s.y }

func (s scale) plot(stepX, stepY float64, label func(float64) string) plot {
	p := plot{Wide: wide, High: high, Left: left, Right: wide - right, Top: top, Bottom: high - below}
	for x := 0.0; x <= s.x+1e-9; x += stepX {
		p.Across = append(p.Across, tick{s.across(x), fmt.Sprintf("%.0f", x)})
	}
	for y := 0.0; y <= s.y+1e-9; y += stepY {
		p.Up = append(p.Up, tick{s.up(y), label(y)})
	}
	return p
}

// round is a step of an axis that gives some ten ticks at most.
func round(largest float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(max(largest, 1)/4)))
	for _, f := range []float64{1, 2, 5, 10} {
		if largest/(f*step) <= 8 {
			return max(1, f*step)
		}
	}
	return max(1, 10*step)
}

// survival draws the shares that are still open, with their intervals.
func survival(c *city.Comparison) plot {
	longest := 20.0
	for _, s := range []city.Summary{c.OneByOne, c.Parallel} {
		if q := s.Curve.Quantile(0.98); q.Reached() {
			longest = max(longest, float64(*q.Days))
		} else {
			longest = max(longest, float64(q.Beyond))
		}
	}
	s := scale{longest, 1}
	p := s.plot(round(longest), 0.25, func(y float64) string { return fmt.Sprintf("%.0f%%", 100*y) })
	for _, w := range []struct {
		class string
		curve saving.Curve
	}{{"serial", c.OneByOne.Curve}, {"parallel", c.Parallel.Curve}} {
		p.Lines = append(p.Lines, steps(w.class, w.curve, s))
	}
	return p
}

// steps draws a curve that holds its height until the next point.
func steps(class string, c saving.Curve, s scale) line {
	var path, low, high strings.Builder
	fmt.Fprintf(&path, "M%s", s.at(0, 1))
	var lows []string
	was, wasLow, wasHigh := 1.0, 1.0, 1.0
	fmt.Fprintf(&high, "M%s", s.at(0, 1))
	for _, point := range c.Points {
		x := float64(point.Day)
		if x > s.x {
			break
		}
		fmt.Fprintf(&path, " L%s L%s", s.at(x, was), s.at(x, point.Survival))
		lo, hi := point.Survival, point.Survival
		if point.Interval != nil {
			lo, hi = point.Interval.Low, point.Interval.High
		}
		fmt.Fprintf(&high, " L%s L%s", s.at(x, wasHigh), s.at(x, hi))
		lows = append(lows, s.at(x, wasLow), s.at(x, lo))
		was, wasLow, wasHigh = point.Survival, lo, hi
	}
	fmt.Fprintf(&path, " L%s", s.at(s.x, was))
	fmt.Fprintf(&high, " L%s", s.at(s.x, wasHigh))
	fmt.Fprintf(&low, " L%s", s.at(s.x, wasLow))
	for k := len(lows) - 1; k >= 0; k-- {
		low.WriteString(" L" + lows[k])
	}
	return line{class, path.String(), high.String() + low.String() + " Z"}
}

// flow draws, week by week, how many issues came, ended and were open.
func flow(c *city.City, r *city.Result) plot {
	weeks := max(1, (r.At.Sub(c.From)+7)/7)
	came, ended := make([]float64, weeks), make([]float64, weeks)
	for k := range r.Cases {
		one := &r.Cases[k]
		if one.Raised.IsZero() {
			continue
		}
		came[one.Raised.Sub(c.From)/7]++
		if one.Ending != saving.Open {
			ended[one.Ended.Sub(c.From)/7]++
		}
	}
	open, now, most := make([]float64, weeks), 0.0, 1.0
	for w := range weeks {
		now += came[w] - ended[w]
		open[w] = now
		most = max(most, open[w], came[w], ended[w])
	}
	s := scale{float64(weeks), most}
	p := s.plot(round(float64(weeks)), round(most), func(y float64) string { return fmt.Sprintf("%.0f", y) })
	for _, x := range []struct {
		class  string
		values []float64
	}{{"open", open}, {"came", came}, {"ended", ended}} {
		var path strings.Builder
		for w, y := range x.values {
			fmt.Fprintf(&path, "%s%s ", map[bool]string{true: "M", false: "L"}[w == 0], s.at(float64(w)+0.5, y))
		}
		p.Lines = append(p.Lines, line{Class: x.class, Path: path.String()})
	}
	return p
}
