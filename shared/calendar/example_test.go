package calendar_test

import (
	"fmt"
	"time"

	"lianban/shared/calendar"
)

// An application received on a Friday in February 2026, with five working days: the Saturday after it is worked, then comes the
// Spring Festival.
func ExampleCalendar_Due() {
	c := calendar.China()
	received := calendar.Of(time.Date(2026, time.February, 13, 1, 30, 0, 0, time.UTC))
	due := c.Due(received, 5, calendar.WorkingDays, nil)
	fmt.Println(due.On, "until", due.On.End().In(calendar.Shanghai).Format("2006-01-02 15:04"))
	// Output: 2026-02-27 until 2026-02-28 00:00
}

// The office asks for a supplement on the third day; the clock stands until it arrives.
func ExampleCalendar_Due_stopped() {
	c := calendar.China()
	accepted := calendar.MustParse("2026-03-02")
	asked := calendar.Span{From: calendar.MustParse("2026-03-05")}

	due := c.Due(accepted, 10, calendar.WorkingDays, []calendar.Span{asked})
	fmt.Println("stopped:", due.Stopped, "left:", due.Left)

	asked.To = calendar.MustParse("2026-03-20")
	due = c.Due(accepted, 10, calendar.WorkingDays, []calendar.Span{asked})
	fmt.Println("due:", due.On)
	// Output:
	// stopped: true left: 7
	// due: 2026-03-31
}

// Sixty calendar days that run out in the National Day holidays end on the working day after them.
func ExampleCalendar_Due_calendarDays() {
	due := calendar.China().Due(calendar.MustParse("2026-08-04"), 60, calendar.CalendarDays, nil)
	fmt.Println(due.On)
	// Output: 2026-10-08
}

func ExampleCalendar_With() {
	c := calendar.China()
	day := calendar.MustParse("2027-01-01")
	fmt.Println(c.Working(day), c.Provisional(day))

	// An invented notice.
	c, err := c.With(calendar.Notice{
		Number: "国办发明电〔2026〕0号",
		Year:   2027,
		Days:   []calendar.Day{{Date: day, Kind: calendar.Holiday, Name: "元旦"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Working(day), c.Provisional(day))
	// Output:
	// true true
	// false false
}

func ExampleCalendar_Left() {
	c := calendar.China()
	accepted := calendar.MustParse("2026-02-27")
	for _, day := range []string{"2026-02-28", "2026-03-02", "2026-03-04"} {
		fmt.Println(day, c.Left(accepted, calendar.MustParse(day), 2, calendar.WorkingDays, nil))
	}
	// Output:
	// 2026-02-28 1
	// 2026-03-02 0
	// 2026-03-04 -2
}
