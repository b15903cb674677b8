package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Days counts cases by a number of days, sparsely: by length in whole working days,
// or by a date's number. As text it is "3:2,5" for two cases of three days and one
// of five.
type Days []DayCount

// DayCount is how many cases have a number of days.
type DayCount struct{ Day, N int }

// Add counts n more cases, or fewer when n is negative.
func (d *Days) Add(day, n int) {
	k, found := slices.BinarySearchFunc(*d, day, func(c DayCount, day int) int { return c.Day - day })
	switch {
	case n == 0:
	case !found:
		*d = slices.Insert(*d, k, DayCount{day, n})
	case (*d)[k].N+n == 0:
		*d = slices.Delete(*d, k, k+1)
	default:
		(*d)[k].N += n
	}
}

// Merge counts the cases of another in.
func (d *Days) Merge(e Days) {
	if len(*d) == 0 {
		*d = slices.Clone(e)
		return
	}
	out := make(Days, 0, len(*d)+len(e))
	a, b := *d, e
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Day < b[0].Day:
			out, a = append(out, a[0]), a[1:]
		case a[0].Day > b[0].Day:
			out, b = append(out, b[0]), b[1:]
		default:
			if n := a[0].N + b[0].N; n != 0 {
				out = append(out, DayCount{a[0].Day, n})
			}
			a, b = a[1:], b[1:]
		}
	}
	*d = append(append(out, a...), b...)
}

// N is how many cases there are.
func (d Days) N() (n int) {
	for _, c := range d {
		n += c.N
	}
	return n
}

// Sum is the days of all cases together.
func (d Days) Sum() (sum int) {
	for _, c := range d {
		sum += c.Day * c.N
	}
	return sum
}

// MarshalText implements encoding.TextMarshaler.
func (d Days) MarshalText() ([]byte, error) {
	text := make([]byte, 0, 6*len(d))
	for k, c := range d {
		if k > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(c.Day), 10)
		if c.N != 1 {
			text = strconv.AppendInt(append(text, ':'), int64(c.N), 10)
		}
	}
	return text, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Days) UnmarshalText(text []byte) error {
	*d = nil
	if len(text) == 0 {
		return nil
	}
	rest := string(text)
	*d = make(Days, 0, strings.Count(rest, ",")+1)
	for more := true; more; {
		var one string
		one, rest, more = strings.Cut(rest, ",")
		day, count, counted := strings.Cut(one, ":")
		c := DayCount{N: 1}
		var err error
		if c.Day, err = strconv.Atoi(day); err == nil && counted {
			c.N, err = strconv.Atoi(count)
		}
		if last := len(*d) - 1; err != nil || c.N == 0 || last >= 0 && (*d)[last].Day >= c.Day {
			return fmt.Errorf("counts by days %q cannot be read at %q", text, one)
		}
		*d = append(*d, c)
	}
	return nil
}
