package invest

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"lianban/shared/calendar"
)

// Period (期次) is up to when a cumulative figure counts: so many half-months of the
// year, 1 to 24. Even ones end with a month, odd ones with its 15th.
type Period struct {
	Year int
	Half int
}

// halves are the half-months of a year.
const halves = 24

// In reports whether the period is one of a year.
func (p Period) In(year int) bool { return p.Year == year && p.Half >= 1 && p.Half <= halves }

// IsZero reports whether it is no period.
func (p Period) IsZero() bool { return p.Half == 0 }

// Last is the last day that the figure counts.
func (p Period) Last() calendar.Date {
	month := time.Month((p.Half + 1) / 2)
	if p.Half%2 == 1 {
		return calendar.On(p.Year, month, 15)
	}
	return calendar.On(p.Year, month+1, 1).Add(-1)
}

// Elapsed is the time progress (时序进度): 6.5/12 in mid-July.
func (p Period) Elapsed() Points { return share(Money(p.Half), halves) }

// String writes a month as 2022-07 and the first half of it as 2022-07-15.
func (p Period) String() string {
	if p.IsZero() {
		return ""
	}
	text := fmt.Sprintf("%04d-%02d", p.Year, (p.Half+1)/2)
	if p.Half%2 == 1 {
		text += "-15"
	}
	return text
}

// Upto is the last period of a year that has ended on a day; none before 15 January.
func Upto(year int, day calendar.Date) Period {
	for half := halves; half > 0; half-- {
		if p := (Period{year, half}); p.Last() <= day {
			return p
		}
	}
	return Period{}
}

// periods are how offices write one.
var periods = regexp.MustCompile(`^(\d{4})(?:-|/|\.|年)(\d{1,2})(?:月?|(?:月)?(?:-|/|\.)(\d{1,2})|月(\d{1,2})日|月?(上|上旬|上半月|中|月中|底|末|月底|下半月))$`)

// ParsePeriod reads 2022-07, 2022-07-15, 2022年7月, 2022年7月上半月, and a month's last
// day. Any other day is no period's end.
func ParsePeriod(text string) (Period, bool) {
	m := periods.FindStringSubmatch(text)
	if m == nil {
		return Period{}, false
	}
	year, _ := strconv.Atoi(m[1]) // the pattern has digits only
	month, _ := strconv.Atoi(m[2])
	if month < 1 || month > 12 {
		return Period{}, false
	}
	p := Period{year, 2 * month}
	switch m[5] {
	case "上", "上旬", "上半月", "中", "月中":
		p.Half--
	}
	if day := m[3] + m[4]; day != "" {
		n, _ := strconv.Atoi(day)
		p, ok := EndingOn(calendar.On(year, time.Month(month), n))
		return p, ok && (p.Half+1)/2 == month // day 0 is no day, and not the end of the month before
	}
	return p, true
}

// EndingOn is the period that ends on a day.
func EndingOn(day calendar.Date) (Period, bool) {
	year, month, n := day.Civil()
	p := Period{year, 2 * int(month)}
	if n == 15 {
		p.Half--
	}
	return p, p.Last() == day
}
