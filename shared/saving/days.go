package saving

// WorkingDays is a length of time in working days (工作日). It has no months.
type WorkingDays float64

// CalendarDays is a length of time in calendar days (自然日).
type CalendarDays float64

// Months is a length of time in months (月) of 30.4375 days, a twelfth of 365.25.
type Months float64

// Months turns calendar days into months.
func (d CalendarDays) Months() Months { return Months(d / 30.4375) }
