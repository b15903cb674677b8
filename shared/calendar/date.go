package calendar

import (
	"fmt"
	"math"
	"time"
)

// Shanghai is Beijing time, UTC+8. It is a fixed zone, so no time zone database is needed; China has had
// no summer time after 1991 and the dates of this package are later.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

const daySeconds = 24 * 60 * 60

// Date is a civil date (日期) in Asia/Shanghai, counted in days since 1970-01-01.
//
// The zero Date means "no date" and is written "". 1970-01-01 itself can therefore not be told apart from it,
// and Parse refuses it.
type Date int32

// Of returns the date in Shanghai at the instant t. The zero time gives the zero Date. Instants millions of
// years away are held at the first or last Date.
func Of(t time.Time) Date {
	if t.IsZero() {
		return 0
	}
	s := t.Unix() + 8*60*60
	days := s / daySeconds
	if s%daySeconds < 0 {
		days--
	}
	return Date(min(max(days, math.MinInt32), math.MaxInt32))
}

// On returns the date of a year, month and day. Values out of range roll over as in [time.Date]:
// October 32 is November 1.
func On(year int, month time.Month, day int) Date {
	return Of(time.Date(year, month, day, 0, 0, 0, 0, Shanghai))
}

// Parse reads a date written as 2006-01-02, years 0001 to 9999. It refuses everything else, the empty string
// and 1970-01-01 (which stands for "no date") included.
func Parse(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Shanghai)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("date %q is not a day written as 2006-01-02", s)
	}
	if s == "1970-01-01" {
		return 0, fmt.Errorf("date %q stands for no date", s)
	}
	return Of(t), nil
}

// MustParse is Parse for dates written in code; it panics where Parse returns an error.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic("calendar: " + err.Error())
	}
	return d
}

// IsZero reports whether d is no date. With it, `json:",omitzero"` leaves an absent date out.
func (d Date) IsZero() bool { return d == 0 }

// Start returns the first instant of the day, 00:00 in Shanghai, in UTC. No date has the zero time.
func (d Date) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Unix(int64(d)*daySeconds-8*60*60, 0).UTC()
}

// End returns the end of the day, 24:00 in Shanghai, in UTC: the instant at which a period ends whose
// last day is d (民法典 art. 203). It is the first instant that is too late. No date has the zero time.
func (d Date) End() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.Start().Add(daySeconds * time.Second)
}

// Add returns the date n calendar days later, earlier when n is negative.
func (d Date) Add(n int) Date { return Date(int(d) + n) }

// Sub returns the calendar days from e to d; it is negative when d is earlier.
func (d Date) Sub(e Date) int { return int(d) - int(e) }

// Civil returns the year, the month and the day of the month. No date gives 1970, January, 1.
func (d Date) Civil() (year int, month time.Month, day int) {
	return time.Unix(int64(d)*daySeconds, 0).UTC().Date()
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	_, r := weeks(d)
	return time.Weekday((r + 1) % 7)
}

// String returns the date as 2006-01-02, "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return time.Unix(int64(d)*daySeconds, 0).UTC().Format(time.DateOnly)
}

// MarshalText writes the date as 2006-01-02, no date as the empty text. It returns an error for years
// outside 0001 to 9999, which could not be read back.
func (d Date) MarshalText() ([]byte, error) {
	if y, _, _ := d.Civil(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("date %d has year %d, which cannot be written as 2006-01-02", int32(d), y)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes: the empty text is no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	p, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// weeks splits the days since Monday 1969-12-29 into whole weeks and days since Monday.
func weeks(d Date) (weeks, days int) {
	x := int(d) + 3
	weeks, days = x/7, x%7
	if days < 0 {
		weeks, days = weeks-1, days+7
	}
	return weeks, days
}

// weekdays counts Monday to Friday from Monday 1969-12-29 to d, d included.
func weekdays(d Date) int {
	w, r := weeks(d)
	return w*5 + min(r+1, 5)
}
