package approval

import "lianban/shared/calendar"

// Measure is what the close of an issue puts on record: the days it took. What
// they are worth against a baseline is package saving's to say.
type Measure struct {
	RaisedOn    calendar.Date `json:"raisedOn"`
	LastOn      calendar.Date `json:"lastOn"`      // the last decision or ruling
	SpanWorking int           `json:"spanWorking"` // working days from raising to the last decision
	SpanDays    int           `json:"spanDays"`    // calendar days, the same span
	Net         int           `json:"net"`         // sum over sign-offs: accepted to decided, without stops, in working days
	Gross       int           `json:"gross"`       // sum over sign-offs: raised to decided, in working days
}

// Net is the working days from acceptance to decision in which the clock ran;
// Gross those from raising. The day of receipt does not count.
func (r Rules) Net(s *SignOff) int {
	a, d := calendar.Of(s.AcceptedAt), calendar.Of(s.DecidedAt)
	return r.Calendar.Used(a, d, calendar.WorkingDays, s.spans())
}

// Gross is the working days from raising to decision, stops included.
func (r Rules) Gross(i *Issue, s *SignOff) int {
	return r.Calendar.WorkingDays(calendar.Of(i.RaisedAt), calendar.Of(s.DecidedAt))
}

// measure sums an issue up.
func (r Rules) measure(i *Issue) *Measure {
	m := Measure{RaisedOn: calendar.Of(i.RaisedAt)}
	m.LastOn = m.RaisedOn
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		if s.DecidedAt.IsZero() {
			continue
		}
		m.LastOn = max(m.LastOn, calendar.Of(s.DecidedAt))
		if s.Ruling != nil {
			m.LastOn = max(m.LastOn, calendar.Of(s.Ruling.At))
		}
		m.Net += r.Net(s)
		m.Gross += r.Gross(i, s)
	}
	m.SpanWorking = r.Calendar.WorkingDays(m.RaisedOn, m.LastOn)
	m.SpanDays = m.LastOn.Sub(m.RaisedOn)
	return &m
}
