package calendar

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed cn_days.csv
var cnDays string

// Calendar tells working days (工作日) from days off. It never changes; With makes a new one. The zero
// Calendar knows no notice: Monday to Friday, all of it provisional.
type Calendar struct {
	notices []Notice
	days    []Day  // what the notices say in the end, by date
	known   []Span // the settled years, joined and in order
	// shift[i] is how many working days the notices have added (or taken, when negative) by the end of
	// days[0].Date+i. Beyond both ends it goes on as it stands there.
	shift []int16
	lost  int // weekdays that are holidays, over all days
}

// China returns the calendar of the embedded table: the notices for 2018 to 2026.
func China() *Calendar { return china() }

var china = sync.OnceValue(func() *Calendar {
	notices, err := ReadNotices(strings.NewReader(cnDays))
	if err != nil {
		panic("calendar: cn_days.csv: " + err.Error())
	}
	c, err := new(Calendar).With(notices...)
	if err != nil {
		panic("calendar: cn_days.csv: " + err.Error())
	}
	return c
})

// Notices returns the notices the calendar rests on, in the order in which they were added.
func (c *Calendar) Notices() []Notice {
	out := slices.Clone(c.notices)
	for i := range out {
		out[i].Days = slices.Clone(out[i].Days)
	}
	return out
}

// Day returns the holiday and the notice behind a date, and whether any notice names it. A date without one is
// what its weekday says.
func (c *Calendar) Day(d Date) (Day, bool) {
	at, ok := c.find(d)
	if !ok {
		return Day{}, false
	}
	return c.days[at], true
}

// Working reports whether d is a working day.
func (c *Calendar) Working(d Date) bool { return c.upTo(d) != c.upTo(d-1) }

// Provisional reports whether no notice settles the year of d, so that Working is only Monday to Friday
// and may yet change.
func (c *Calendar) Provisional(d Date) bool { return c.ProvisionalIn(d-1, d) }

// WorkingDays counts the working days d with a < d <= b: the day of receipt a does not count (民法典 art. 201).
// When b is before a the count is negative, so that for any three dates in any order
// WorkingDays(a, b) + WorkingDays(b, c) = WorkingDays(a, c).
func (c *Calendar) WorkingDays(a, b Date) int { return c.upTo(b) - c.upTo(a) }

// After returns the n-th working day after d; for negative n the n-th before it, and d itself for 0.
func (c *Calendar) After(d Date, n int) Date {
	// Among any (n+lost)/5+1 weeks there are n+lost weekdays, of which at most lost are holidays.
	target := c.upTo(d) + n
	switch {
	case n > 0:
		return c.reach(d, d.Add(((n+c.lost)/5+1)*7), target)
	case n < 0:
		// d itself is not one of the n, whether worked or not.
		if !c.Working(d) {
			target++
		}
		return c.reach(d.Add(-((-n+c.lost)/5+2)*7), d, target)
	}
	return d
}

// reach returns the first date in (lo, hi] by whose end target working days have gone by.
func (c *Calendar) reach(lo, hi Date, target int) Date {
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		if c.upTo(mid) >= target {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// upTo counts working days from a fixed day long ago to d, d included; only differences mean anything.
func (c *Calendar) upTo(d Date) int {
	n := weekdays(d)
	if len(c.shift) == 0 {
		return n
	}
	i := int(d) - int(c.days[0].Date)
	if i < 0 {
		return n
	}
	return n + int(c.shift[min(i, len(c.shift)-1)])
}

// ProvisionalIn reports whether any day d with a < d <= b is provisional; it is false when b is not after a.
func (c *Calendar) ProvisionalIn(a, b Date) bool {
	if a >= b {
		return false
	}
	for _, k := range c.known {
		if k.From <= a && b <= k.To {
			return false
		}
	}
	return true
}

// find returns where d is in days, or where it belongs.
func (c *Calendar) find(d Date) (int, bool) {
	return slices.BinarySearchFunc(c.days, d, func(day Day, d Date) int { return cmp.Compare(day.Date, d) })
}

// index builds what counting needs from notices and days.
func (c *Calendar) index() {
	var years []Span
	for _, n := range c.notices {
		years = append(years, Span{From: On(n.Year-1, time.December, 31), To: On(n.Year, time.December, 31)})
	}
	c.known = Union(years)
	c.shift, c.lost = nil, 0
	if len(c.days) == 0 {
		return
	}
	first, last := c.days[0].Date, c.days[len(c.days)-1].Date
	c.shift = make([]int16, last-first+1)
	for _, d := range c.days {
		weekday := weekdays(d.Date) != weekdays(d.Date-1)
		switch {
		case d.Kind == Workday && !weekday:
			c.shift[d.Date-first] = 1
		case d.Kind == Holiday && weekday:
			c.shift[d.Date-first] = -1
			c.lost++
		}
	}
	for i := 1; i < len(c.shift); i++ {
		c.shift[i] += c.shift[i-1]
	}
}

// open is the end of a span that still runs, inside this package.
const open = Date(math.MaxInt32)
