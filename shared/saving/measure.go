package saving

import (
	"fmt"

	"lianban/shared/calendar"
)

// Piece is a sign-off (会签任务) with its dates. [Measure] takes decided ones only; an open one has no date Decided. What follows
// OnCommitment is not read by Measure and may be left out for it.
type Piece struct {
	ID       string
	Requires []string
	// Raised is when the issue asked for it, Accepted when the office took it on, Decided when it answered or was told
	// that the issue is withdrawn.
	Raised, Accepted, Decided calendar.Date
	// Stops are the days that do not count (停表), for whatever reason.
	Stops []calendar.Span
	// Applicant are the days on which the applicant had the next move (补正), before or after acceptance. A hearing or an
	// expert review stops the clock and is not among them.
	Applicant []calendar.Span
	// OnCommitment means that it was granted on commitment (告知承诺): its verification was moved to later, not removed.
	OnCommitment bool

	// Item and Department say what was asked of whom, Officer who answered.
	Item, Department, Officer string
	// Received is when it came to the department, its prerequisites granted: zero for as soon as it was raised. Claimed is
	// when an officer took it up, zero when nobody has or it is not known.
	Received, Claimed calendar.Date
	// Due is the last day of its limit, zero for none.
	Due calendar.Date
	// Ending is how it ended; "" is Decided with a date Decided and Open without.
	Ending Ending
	// Supplements counts the requests for a supplement (补正次数), Returns how often it was asked anew after an objection or a
	// revocation (退回重办).
	Supplements, Returns int
}

// How is the ending, told from the dates when it is not said.
func (p Piece) How() Ending {
	switch {
	case p.Ending != "":
		return p.Ending
	case p.Decided.IsZero():
		return Open
	}
	return Decided
}

// Measured is how long a piece took.
type Measured struct {
	ID string `json:"id"`
	// Net is wd(accepted, decided) without the stopped days within.
	Net WorkingDays `json:"net"`
	// Gross is wd(raised, decided).
	Gross WorkingDays `json:"gross"`
	// Stopped is the working days left out of Net, Held those between raised and decided that the applicant held.
	Stopped WorkingDays `json:"stopped"`
	Held    WorkingDays `json:"held"`
	// HeldShare is Held of Gross, 0 to 1, and 0 when Gross is 0.
	HeldShare float64 `json:"heldShare"`
}

// Measure returns how long the piece took, by the working days of c. It returns an error that names the piece when a date
// is absent or they are not in the order raised, accepted, decided; equal dates are.
func (p Piece) Measure(c *calendar.Calendar) (Measured, error) {
	switch {
	case p.Raised.IsZero():
		return Measured{}, fmt.Errorf("piece %q has no date raised", p.ID)
	case p.Accepted.IsZero():
		return Measured{}, fmt.Errorf("piece %q has no date accepted", p.ID)
	case p.Decided.IsZero():
		return Measured{}, fmt.Errorf("piece %q is not decided", p.ID)
	case p.Accepted < p.Raised:
		return Measured{}, fmt.Errorf("piece %q was accepted on %s, before it was raised on %s", p.ID, p.Accepted, p.Raised)
	case p.Decided < p.Accepted:
		return Measured{}, fmt.Errorf("piece %q was decided on %s, before it was accepted on %s", p.ID, p.Decided, p.Accepted)
	}
	net := c.Used(p.Accepted, p.Decided, calendar.WorkingDays, p.Stops)
	gross := c.WorkingDays(p.Raised, p.Decided)
	held := gross - c.Used(p.Raised, p.Decided, calendar.WorkingDays, p.Applicant)
	m := Measured{
		ID:      p.ID,
		Net:     WorkingDays(net),
		Gross:   WorkingDays(gross),
		Stopped: WorkingDays(c.WorkingDays(p.Accepted, p.Decided) - net),
		Held:    WorkingDays(held),
	}
	if gross > 0 {
		m.HeldShare = float64(held) / float64(gross)
	}
	return m, nil
}

// Run is how long an issue took (办理全程).
type Run struct {
	// Raised is the first date raised, Decided the last date decided.
	Raised  calendar.Date `json:"raised"`
	Decided calendar.Date `json:"decided"`
	// Span is T, from Raised to Decided in working days; CalendarSpan is the same in calendar days.
	Span         WorkingDays  `json:"span"`
	CalendarSpan CalendarDays `json:"calendarSpan"`
	// Serial is S of the net days, Path their longest path C.
	Serial WorkingDays `json:"serial"`
	Path   Path        `json:"path"`
	// HandOff is T - C (衔接损耗): waiting for acceptance, stops and handing on. It is negative only if a piece went ahead
	// of one that it requires.
	HandOff WorkingDays `json:"handOff"`
	// Pieces are the measures in the order given; Tasks are the same as a graph of net days, for Attribute.
	Pieces []Measured `json:"pieces"`
	Tasks  []Task     `json:"tasks"`
	// OnCommitment are the pieces granted on commitment. A run that has any is counted apart.
	OnCommitment []string `json:"onCommitment,omitzero"`
	// Provisional means that a day between Raised and Decided is in a year without a notice.
	Provisional bool `json:"provisional,omitzero"`
}

// Measure returns how long the pieces of one issue took together. It returns an error when there is none, and those of
// [Piece.Measure] and [Critical].
func Measure(c *calendar.Calendar, pieces []Piece) (Run, error) {
	if len(pieces) == 0 {
		return Run{}, fmt.Errorf("measure: there are no pieces")
	}
	r := Run{Raised: pieces[0].Raised, Decided: pieces[0].Decided}
	for _, p := range pieces {
		m, err := p.Measure(c)
		if err != nil {
			return Run{}, fmt.Errorf("measure: %w", err)
		}
		r.Raised, r.Decided = min(r.Raised, p.Raised), max(r.Decided, p.Decided)
		r.Pieces = append(r.Pieces, m)
		r.Tasks = append(r.Tasks, Task{ID: p.ID, Requires: p.Requires, Days: m.Net})
		if p.OnCommitment {
			r.OnCommitment = append(r.OnCommitment, p.ID)
		}
	}
	path, err := Critical(r.Tasks)
	if err != nil {
		return Run{}, fmt.Errorf("measure: %w", err)
	}
	r.Path, r.Serial = path, Serial(r.Tasks)
	r.Span = WorkingDays(c.WorkingDays(r.Raised, r.Decided))
	r.CalendarSpan = CalendarDays(r.Decided.Sub(r.Raised))
	r.HandOff = r.Span - path.Days
	r.Provisional = c.ProvisionalIn(r.Raised, r.Decided)
	return r, nil
}

// Concurrency is how many pieces were under review at a time on average (并行度), Σnet / T; 0 when T is 0.
func (r Run) Concurrency() float64 {
	if r.Span == 0 {
		return 0
	}
	return float64(r.Serial / r.Span)
}
