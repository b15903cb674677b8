package calendar

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Kind says what a notice makes of a day.
type Kind string

const (
	// Holiday is a day off (放假), whatever day of the week it is.
	Holiday Kind = "holiday"
	// Workday is a Saturday or Sunday that is worked (调休上班).
	Workday Kind = "workday"
	// Ordinary takes a day back that an amended notice had named: it is again what its weekday says.
	Ordinary Kind = "ordinary"
)

// Day is a date that a notice takes out of the plain week.
type Day struct {
	Date   Date   `json:"date"`
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`   // the holiday the day belongs to, 春节
	Notice string `json:"notice"` // the notice's number, 国办发明电〔2025〕7号
}

// Notice is one notice on the year's holidays (节假日安排的通知).
type Notice struct {
	// Number is the document's number (文号).
	Number string `json:"number"`
	// Year is the year the notice settles: its days are no longer provisional. Zero means the year of its last day.
	Year int `json:"year"`
	// Amends is the number of the notice whose days, as they now stand, by it or by those that amended it before, this
	// one may replace or take back; "" for none.
	Amends string `json:"amends,omitzero"`
	// Days are the days it names. They lie in Year or in December of the year before.
	Days []Day `json:"days"`
}

// The years a notice may settle. The bounds catch slips of the pen, and keep the table small.
const (
	firstYear = 1949
	lastYear  = 2199
)

// With returns a new calendar that also knows the notices, in the order given. The receiver is unchanged.
//
// The error names every fault with its date: a notice without number or days, or with a number already
// known; a day outside the notice's year and the December before; a day named twice, or already named by a notice
// that this one does not amend; a Workday from Monday to Friday, which is worked anyway; an Ordinary day
// that no amended notice had named; an unknown kind.
func (c *Calendar) With(notices ...Notice) (*Calendar, error) {
	n := &Calendar{
		notices: slices.Clone(c.notices),
		days:    slices.Clone(c.days),
	}
	var faults []error
	for _, notice := range notices {
		faults = append(faults, n.take(notice)...)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	n.index()
	return n, nil
}

// take adds a notice's days and returns what is wrong with them.
func (c *Calendar) take(n Notice) (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("notice %q: "+format, append([]any{n.Number}, args...)...))
	}
	known := func(number string) bool {
		return slices.ContainsFunc(c.notices, func(o Notice) bool { return o.Number == number })
	}
	switch {
	case n.Number == "":
		fault("it has no number")
	case known(n.Number):
		fault("it is in the calendar already")
	}
	if n.Amends != "" && !known(n.Amends) {
		fault("it amends %q, which is not in the calendar", n.Amends)
	}
	if len(n.Days) == 0 {
		fault("it names no day")
		return faults
	}
	n.Days = slices.Clone(n.Days)
	slices.SortStableFunc(n.Days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	if n.Year == 0 {
		n.Year, _, _ = n.Days[len(n.Days)-1].Date.Civil()
	}
	if n.Year < firstYear || n.Year > lastYear {
		fault("year %d is not between %d and %d", n.Year, firstYear, lastYear)
		return faults
	}
	first, last := On(n.Year-1, time.December, 1), On(n.Year, time.December, 31)
	for i := range n.Days {
		d := &n.Days[i]
		if d.Notice != "" && d.Notice != n.Number {
			fault("%s carries the number of another notice, %q", d.Date, d.Notice)
		}
		d.Notice = n.Number
		if d.Date.IsZero() {
			fault("a day has no date")
			continue
		}
		if d.Date < first || d.Date > last {
			fault("%s is outside %d and the December before", d.Date, n.Year)
			continue
		}
		if i > 0 && n.Days[i-1].Date == d.Date {
			fault("%s is named twice", d.Date)
			continue
		}
		at, taken := c.find(d.Date)
		if taken && (n.Amends == "" || !c.amends(c.days[at].Notice, n.Amends)) {
			fault("%s is already a %s by notice %q, which this one does not amend", d.Date, c.days[at].Kind, c.days[at].Notice)
			continue
		}
		switch d.Kind {
		case Holiday, Workday:
			if day := d.Date.Weekday(); d.Kind == Workday && day != time.Saturday && day != time.Sunday {
				fault("%s is a %s, a working day without any notice", d.Date, day)
				continue
			}
			if taken {
				c.days[at] = *d
			} else {
				c.days = slices.Insert(c.days, at, *d)
			}
		case Ordinary:
			if !taken {
				fault("%s is ordinary already", d.Date)
				continue
			}
			c.days = slices.Delete(c.days, at, at+1)
		default:
			fault("%s has kind %q, which is not holiday, workday or ordinary", d.Date, d.Kind)
		}
	}
	c.notices = append(c.notices, n)
	return faults
}

// amends reports whether a notice is the other one, or amended it, at however many
// removes.
func (c *Calendar) amends(number, other string) bool {
	for range len(c.notices) + 1 {
		if number == other {
			return true
		}
		at := slices.IndexFunc(c.notices, func(n Notice) bool { return n.Number == number })
		if at < 0 || c.notices[at].Amends == "" {
			return false
		}
		number = c.notices[at].Amends
	}
	return false
}

// header is the first line of a table of notices.
var header = []string{"date", "kind", "name_zh", "notice"}

// ReadNotices reads a table of notices in the format of cn_days.csv: CSV in UTF-8 with the columns date, kind,
// name_zh, notice, one row a day, lines beginning with # left out. It returns one Notice for each number in
// order of first appearance, Year being that of its last day. The error names the line; whether the days make
// sense is for [Calendar.With] to say.
func ReadNotices(r io.Reader) ([]Notice, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = len(header)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	if !slices.Equal(head, header) {
		return nil, fmt.Errorf("read notices: the columns are %q, not %q", head, header)
	}
	var notices []Notice
	at := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return notices, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		line, _ := in.FieldPos(0)
		d, err := Parse(row[0])
		if err != nil {
			return nil, fmt.Errorf("read notices: line %d: %w", line, err)
		}
		number := row[3]
		i, ok := at[number]
		if !ok {
			i = len(notices)
			at[number] = i
			notices = append(notices, Notice{Number: number})
		}
		n := &notices[i]
		n.Days = append(n.Days, Day{Date: d, Kind: Kind(row[1]), Name: row[2], Notice: number})
		if y, _, _ := d.Civil(); y > n.Year {
			n.Year = y
		}
	}
}
