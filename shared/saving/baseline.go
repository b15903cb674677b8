package saving

import (
	"fmt"

	"lianban/shared/calendar"
)

// Kind is which baseline (基线).
type Kind string

const (
	// StatutorySerial is S of the statutory limits: an upper bound.
	StatutorySerial Kind = "statutory_serial"
	// StatutoryCritical is C of the statutory limits.
	StatutoryCritical Kind = "statutory_critical"
	// HistoricalSerial is S of the historical medians.
	HistoricalSerial Kind = "historical_serial"
	// HistoricalCritical is C of the historical medians.
	HistoricalCritical Kind = "historical_critical"
	// Matched is the median span of matched projects.
	Matched Kind = "matched"
)

// UpperBound reports whether the baseline is no more than an upper bound and must be labelled so wherever it is shown.
func (k Kind) UpperBound() bool { return k == StatutorySerial }

// Baseline is what a run is compared with.
type Baseline struct {
	Kind Kind `json:"kind"`
	// Days is its length. It is 0 when something is Missing: see Complete.
	Days WorkingDays `json:"days"`
	// Known is the length that the known inputs alone have, no more than a part when something is Missing.
	Known WorkingDays `json:"known"`
	// P90 goes with Days. For Matched it is the 90th percentile of the spans. For the historical kinds it is the same sum or
	// path over the items' 90th percentiles, which is more than the 90th percentile of the whole, since items
	// are seldom late all together. 0 for the statutory kinds.
	P90 WorkingDays `json:"p90,omitzero"`
	// P90Beyond means that a 90th percentile is not reached: too many cases are open, and P90 is no more than a lower bound.
	P90Beyond bool `json:"p90Beyond,omitzero"`
	// CalendarSpan is the median span of matched projects in calendar days, 0 when not given.
	CalendarSpan CalendarDays `json:"calendarSpan,omitzero"`
	// N is how many cases stand behind it: matched projects, or those of the item that has the fewest. 0 for the statutory kinds.
	N int `json:"n"`
	// From and To are the period of those cases, first and last day.
	From calendar.Date `json:"from,omitzero"`
	To   calendar.Date `json:"to,omitzero"`
	// Missing are the items without a limit or without history.
	Missing []string `json:"missing,omitzero"`
	// Assumed are the items whose limit is the general default rather than their own law's, or whose unit is not settled.
	Assumed []string `json:"assumed,omitzero"`
	// Converted are the items whose limit is in calendar days and was laid on the calendar to be counted in working days.
	Converted []string `json:"converted,omitzero"`
	// Provisional means that a conversion used a year without a holiday notice.
	Provisional bool `json:"provisional,omitzero"`
}

// Complete reports whether every input is known, so that Days means something.
func (b Baseline) Complete() bool { return len(b.Missing) == 0 }

// Basis is how well a limit is founded.
type Basis string

const (
	// Sourced means that a law or rule states the limit for this item.
	Sourced Basis = "sourced"
	// Default means that the item's law is silent and the general limit of 行政许可法 art. 42 is taken.
	Default Basis = "default"
	// Unsourced means that no source was found: there is no limit to count with.
	Unsourced Basis = "unsourced"
)

// Item is an approval item (审批事项) with its statutory limit (法定时限).
type Item struct {
	ID       string
	Requires []string
	// Limit is the plain limit, without extensions. It is not read when Basis is Unsourced.
	Limit calendar.Limit
	Basis Basis
	// UnitUnsettled means that the law writes 日 and whether it means working days is disputed. Limit.Unit is then one reading.
	UnitUnsettled bool
	// Started is the day from which the item's clock really ran; zero means that of the issue.
	Started calendar.Date
}

// Statutory returns the baselines (a) S and (b) C of the statutory limits of an issue that started on the given day.
//
// Both are in working days over the same lengths. A limit in working days is its own length. A limit in calendar days is
// laid on the calendar from the day it really started, ends as law says ([calendar.Calendar.Due]), and has as many
// working days as lie in between: the item is then among Converted. No factor such as 5/7 is used.
//
// Items without a source make both incomplete and are among Missing; items with the default limit or an unsettled unit are
// among Assumed. It returns an error that names the item for an invalid limit, an unknown basis, or a limit in
// calendar days without a day to start from, and the errors of [Critical].
func Statutory(c *calendar.Calendar, started calendar.Date, items []Item) (serial, critical Baseline, err error) {
	var marks Baseline
	tasks := make([]Task, len(items))
	for i, item := range items {
		tasks[i] = Task{ID: item.ID, Requires: item.Requires}
		switch item.Basis {
		case Unsourced:
			marks.Missing = append(marks.Missing, item.ID)
			continue
		case Sourced, Default:
			if item.Basis == Default || item.UnitUnsettled {
				marks.Assumed = append(marks.Assumed, item.ID)
			}
		default:
			return serial, critical, fmt.Errorf("item %q has basis %q, which is not sourced, default or unsourced", item.ID, item.Basis)
		}
		if err := item.Limit.Validate(); err != nil {
			return serial, critical, fmt.Errorf("item %q: %w", item.ID, err)
		}
		tasks[i].Days = WorkingDays(item.Limit.Days)
		if item.Limit.Unit != calendar.CalendarDays || item.Limit.Days == 0 {
			continue
		}
		from := item.Started
		if from.IsZero() {
			from = started
		}
		if from.IsZero() {
			return serial, critical, fmt.Errorf("item %q has a limit in calendar days and no day to start from", item.ID)
		}
		due := c.Due(from, item.Limit.Days, calendar.CalendarDays, nil)
		tasks[i].Days = WorkingDays(c.WorkingDays(from, due.On))
		marks.Converted = append(marks.Converted, item.ID)
		marks.Provisional = marks.Provisional || c.ProvisionalIn(from, due.On)
	}
	return pair(StatutorySerial, StatutoryCritical, marks, tasks, nil)
}

// History is how long an item took in closed and open cases before (历史用时).
type History struct {
	ID       string
	Requires []string
	// Median and P90 are of the net days of N cases, 0 cases meaning that there is no history.
	Median, P90 WorkingDays
	N           int
	// Unreached means that too many of the cases are open for a median: there is no number, and Median and P90 are not read.
	Unreached bool
	// P90Beyond means that P90 is only known to be above the days given.
	P90Beyond bool
	// From and To are the period, first and last day.
	From, To calendar.Date
}

// Historical returns the baselines (c), S and C of the medians. N is that of the item with the fewest cases, and the
// period runs from the first to the last of all. An item without cases, or without a median, makes both incomplete. Its errors are those of
// [Critical], and one that names an item whose P90 is below its median or whose N is negative.
func Historical(items []History) (serial, critical Baseline, err error) {
	var marks Baseline
	medians, p90s := make([]Task, len(items)), make([]Task, len(items))
	for i, item := range items {
		medians[i] = Task{ID: item.ID, Requires: item.Requires}
		p90s[i] = medians[i]
		if i == 0 || item.N < marks.N {
			marks.N = item.N
		}
		switch {
		case item.N < 0:
			return serial, critical, fmt.Errorf("item %q has %d cases", item.ID, item.N)
		case item.N == 0 || item.Unreached:
			marks.Missing = append(marks.Missing, item.ID)
			continue
		case item.P90 < item.Median:
			return serial, critical, fmt.Errorf("item %q has a 90th percentile of %v below its median of %v", item.ID, item.P90, item.Median)
		}
		medians[i].Days, p90s[i].Days = item.Median, item.P90
		marks.P90Beyond = marks.P90Beyond || item.P90Beyond
		if !item.From.IsZero() && (marks.From.IsZero() || item.From < marks.From) {
			marks.From = item.From
		}
		if !item.To.IsZero() && (marks.To.IsZero() || item.To > marks.To) {
			marks.To = item.To
		}
	}
	return pair(HistoricalSerial, HistoricalCritical, marks, medians, p90s)
}

// pair makes the serial and the critical baseline over the same tasks. p90s may be nil.
func pair(s, c Kind, marks Baseline, tasks, p90s []Task) (serial, critical Baseline, err error) {
	path, err := Critical(tasks)
	if err != nil {
		return serial, critical, err
	}
	late, err := Critical(p90s)
	if err != nil {
		return serial, critical, err
	}
	serial, critical = marks, marks
	serial.Kind, serial.Known = s, Serial(tasks)
	critical.Kind, critical.Known = c, path.Days
	if marks.Complete() {
		serial.Days, serial.P90 = serial.Known, Serial(p90s)
		critical.Days, critical.P90 = critical.Known, late.Days
	}
	return serial, critical, nil
}
