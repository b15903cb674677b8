package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Unit is what a limit is counted in.
type Unit string

const (
	// WorkingDays counts working days (工作日).
	WorkingDays Unit = "working"
	// CalendarDays counts every day (自然日).
	CalendarDays Unit = "calendar"
)

// StartEvent is what a limit runs from.
type StartEvent string

const (
	// Receipt is the day the application was received (收到).
	Receipt StartEvent = "receipt"
	// Acceptance is the day it was accepted (受理).
	Acceptance StartEvent = "acceptance"
)

// MaxDays is the longest limit: a century. More is a slip of the pen.
const MaxDays = 36525

// Limit is a time limit (办理时限) as a law or a promise states it. The unit stands with it because "日" means
// working days under 行政许可法 art. 82 and calendar days elsewhere.
type Limit struct {
	Days  int        `json:"days"`
	Unit  Unit       `json:"unit"`
	Start StartEvent `json:"start"`
}

// Validate returns an error that names everything wrong: days below 0 or above MaxDays, an unknown unit or
// start event. A valid limit never makes Due panic.
func (l Limit) Validate() error {
	var faults []error
	if l.Days < 0 || l.Days > MaxDays {
		faults = append(faults, fmt.Errorf("limit of %d days is not between 0 and %d", l.Days, MaxDays))
	}
	if l.Unit != WorkingDays && l.Unit != CalendarDays {
		faults = append(faults, fmt.Errorf("limit has unit %q, which is not working or calendar", l.Unit))
	}
	if l.Start != Receipt && l.Start != Acceptance {
		faults = append(faults, fmt.Errorf("limit has start %q, which is not receipt or acceptance", l.Start))
	}
	return errors.Join(faults...)
}

// Span is a stretch of days during which a clock stands still (停表): the days d with From < d <= To do not
// count. A zero To means that it still stands. A span that ends on or before the day it began, or that has no
// From, excludes nothing.
type Span struct {
	From Date `json:"from"`
	To   Date `json:"to,omitzero"`
}

// Union returns the spans joined and in order: no two overlap or touch, empty ones are gone. Only the last may be open.
func Union(spans []Span) []Span {
	out := union(nil, spans)
	if n := len(out); n > 0 && out[n-1].To == open {
		out[n-1].To = 0
	}
	return out
}

// union appends to buf; the end of an open span is written as open.
func union(buf, spans []Span) []Span {
	for _, s := range spans {
		if s.To.IsZero() {
			s.To = open
		}
		if !s.From.IsZero() && s.From < s.To {
			buf = append(buf, s)
		}
	}
	if len(buf) < 2 {
		return buf
	}
	slices.SortFunc(buf, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	last := 0
	for _, s := range buf[1:] {
		if s.From <= buf[last].To {
			buf[last].To = max(buf[last].To, s.To)
		} else {
			last++
			buf[last] = s
		}
	}
	return buf[:last+1]
}

// Due is when a limit ends.
type Due struct {
	// On is the last day, in time until [Date.End]. It is zero while the clock is stopped.
	On Date `json:"on,omitzero"`
	// Provisional means that a counted day is in a year without a notice: the answer may yet change.
	Provisional bool `json:"provisional,omitzero"`
	// Stopped means that a stop is open, so that no last day is known.
	Stopped bool `json:"stopped,omitzero"`
	// Left is how many days were unused when the clock stopped, in the limit's unit; 0 when On is set. It is also 0 when
	// the days of a calendar-day limit had run out on a day off and the clock stopped before the next working day.
	Left int `json:"left,omitzero"`
}

// Due returns the end of a limit of days, counted from the day after start (民法典 art. 201) and leaving out the
// days of the stops.
//
// A calendar-day limit whose last day is not a working day ends on the first working day after it (民法典 art. 203);
// a stop that covers that day moves it on too. A limit of 0 days (filed at once) ends on the start day, whatever
// day that is. A limit without a start has no end: On is zero and Left is days.
//
// Due panics when days is negative or above MaxDays or the unit is unknown, which [Limit.Validate] reports as an error.
func (c *Calendar) Due(start Date, days int, unit Unit, stops []Span) Due {
	check(days, unit)
	if start.IsZero() {
		return Due{Left: days}
	}
	if days == 0 {
		return Due{On: start}
	}
	var buf [8]Span
	spans := union(buf[:0], stops)
	on, left, provisional := c.run(start, days, unit, spans)
	if left > 0 {
		return Due{Stopped: true, Left: left, Provisional: provisional}
	}
	if unit == WorkingDays {
		return Due{On: on, Provisional: provisional}
	}
	if c.Working(on) {
		return Due{On: on, Provisional: c.Provisional(on)}
	}
	last := on
	on, left, provisional = c.run(last, 1, WorkingDays, spans)
	provisional = provisional || c.Provisional(last)
	if left > 0 {
		return Due{Stopped: true, Provisional: provisional}
	}
	return Due{On: on, Provisional: provisional}
}

// run counts n >= 1 days from start and returns the last one. If an open stop comes first it returns how many are
// left instead. provisional tells whether an unsettled day was asked whether it is worked.
func (c *Calendar) run(start Date, n int, unit Unit, spans []Span) (on Date, left int, provisional bool) {
	at := start
	for _, s := range spans {
		if s.To <= at {
			continue
		}
		edge := max(s.From, at)
		k := c.count(at, edge, unit)
		if k >= n {
			break
		}
		n -= k
		provisional = provisional || unit == WorkingDays && c.ProvisionalIn(at, edge)
		if s.To == open {
			return 0, n, provisional
		}
		at = s.To
	}
	if unit == WorkingDays {
		on = c.After(at, n)
		return on, 0, provisional || c.ProvisionalIn(at, on)
	}
	return at.Add(n), 0, false
}

// Used returns how many days of the clock have gone by at the end of at: the days d of the unit with start < d <= at
// that no stop covers. It is 0 up to the start day and without a start. It panics on an unknown unit.
func (c *Calendar) Used(start, at Date, unit Unit, stops []Span) int {
	check(0, unit)
	if start.IsZero() || at <= start {
		return 0
	}
	n := c.count(start, at, unit)
	var buf [8]Span
	for _, s := range union(buf[:0], stops) {
		if from, to := max(s.From, start), min(s.To, at); from < to {
			n -= c.count(from, to, unit)
		}
	}
	return n
}

// Left returns how many days of a limit remain at the end of at, in its unit: what is unused up to the due day, and on
// the days between the last day and the working day on which a calendar-day limit really ends, 0. After the due day
// it is minus the days overdue, in the unit and without the days of the stops. A working-day limit due on a Friday therefore
// has 0 left on Saturday although it is overdue: to ask that, compare at with [Due.On]. It panics as Due does.
func (c *Calendar) Left(start, at Date, days int, unit Unit, stops []Span) int {
	due := c.Due(start, days, unit, stops)
	used := c.Used(start, at, unit, stops)
	if due.On.IsZero() || at <= due.On {
		return max(days-used, 0)
	}
	return -c.Used(due.On, at, unit, stops)
}

// count counts the days of a unit in (a, b].
func (c *Calendar) count(a, b Date, unit Unit) int {
	if unit == WorkingDays {
		return c.WorkingDays(a, b)
	}
	return b.Sub(a)
}

func check(days int, unit Unit) {
	if days < 0 || days > MaxDays {
		panic(fmt.Sprintf("calendar: a limit of %d days is not between 0 and %d", days, MaxDays))
	}
	if unit != WorkingDays && unit != CalendarDays {
		panic(fmt.Sprintf("calendar: unknown unit %q", unit))
	}
}
