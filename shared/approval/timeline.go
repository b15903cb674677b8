package approval

import (
	"fmt"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/saving"
)

// Timeline (横道图) is an issue laid on the calendar: what each sign-off was to take by its
// clock and what it took, and beside that the same limits one after another.
type Timeline struct {
	// Start is the day on which the issue was raised; that of a draft, when it was begun.
	Start calendar.Date `json:"start"`
	// Until is the day of looking, or the last day of an issue that has ended.
	Until calendar.Date `json:"until"`
	Ended bool          `json:"ended"`
	// End is the last day of what is still to do by its plan; of an issue that has ended, the day of its last decision.
	End calendar.Date `json:"end"`
	// Lines has every sign-off, by number.
	Lines []Line `json:"lines"`
	// Path is the longest path (关键路径) over the days of the lines; its slots are in their order. Of an issue that has
	// ended it has those decided only, as [Rules.Report] does.
	Path saving.Path `json:"path"`
	// Serial are the limits on which the clocks run laid one after another, up to SerialEnd. They are an upper bound: offices
	// rarely take all the time that they are given. Nothing is saved against it.
	Serial    []saving.Bar  `json:"serial"`
	SerialEnd calendar.Date `json:"serialEnd"`
	// Provisional means that it reaches into a year without a holiday notice.
	Provisional bool `json:"provisional,omitzero"`
}

// Stretch is days in a row, the first and the last included; the zero value is none.
type Stretch struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
}

// IsZero reports whether there is no day in it.
func (s Stretch) IsZero() bool { return s == Stretch{} }

// Line is a sign-off on the calendar.
type Line struct {
	N int `json:"n"`
	// Waiting is how long it waited, or is to wait, for its prerequisites.
	Waiting Stretch `json:"waiting,omitzero"`
	// Planned runs from receipt to the last day of its clock. Before receipt, both are as they will be if every department
	// takes its whole limit; while the clock stands still, the last day is as if it went on now.
	Planned Stretch `json:"planned"`
	// Actual runs from receipt to the decision, or until now.
	Actual Stretch `json:"actual,omitzero"`
	// Paused are the days within Actual on which the clock stood still (停表), joined and in order.
	Paused []Stretch `json:"paused,omitempty"`
	// Overdue are the days of Actual after the last day (超期).
	Overdue Stretch `json:"overdue,omitzero"`
	// Days is what it counts on the longest path, in working days without stops: what it took once it is decided; before,
	// its limit, or what it has taken if that is more.
	Days saving.WorkingDays `json:"days"`
	// Critical means that it takes time and has no slack: one day more, and the whole takes one more.
	Critical bool `json:"critical,omitzero"`
	// Slack is by how many working days it may be later with the whole taking no longer (时差).
	Slack saving.WorkingDays `json:"slack,omitzero"`
}

// Timeline lays an issue on the calendar as it stands on a day. It returns an error, which
// no issue that the rules let through has, when its limits cannot be laid out.
func (r Rules) Timeline(i *Issue, today calendar.Date) (Timeline, error) {
	out := Timeline{Start: r.startOf(i), Until: today, Ended: i.Status.Ended(), Lines: make([]Line, len(i.SignOffs))}
	if out.Ended {
		out.Until = calendar.Of(i.ConcludedAt)
	}
	out.Until = max(out.Until, out.Start)
	out.End = out.Start
	laid := make([]bool, len(i.SignOffs))
	var lay func(k int)
	lay = func(k int) {
		if laid[k] {
			return
		}
		laid[k] = true // also ends a circle, which a catalogue does not have
		s, l := &i.SignOffs[k], &out.Lines[k]
		l.N = s.N
		from := out.Start
		for _, n := range s.Requires {
			if p := &i.SignOffs[n-1]; out.answered(p) {
				from = max(from, calendar.Of(p.DecidedAt))
			} else {
				lay(n - 1)
				from = max(from, out.Lines[n-1].Planned.To, out.Until)
			}
		}
		if s.OpenedAt.IsZero() {
			r.expect(&out, s, l, from)
		} else {
			r.happened(&out, i, s, l)
		}
		if len(s.Requires) > 0 && l.Planned.From > out.Start {
			l.Waiting = Stretch{out.Start, l.Planned.From}
		}
		switch {
		case out.answered(s):
			out.End = max(out.End, l.Actual.To)
		case !out.Ended && s.State != Void:
			out.End = max(out.End, l.Planned.To, out.Until)
		}
	}
	for k := range i.SignOffs {
		lay(k)
	}
	if err := r.longest(&out, i); err != nil {
		return Timeline{}, fmt.Errorf("lay issue %s on the calendar: %w", i.ID, err)
	}
	schedule, err := r.Schedule(i)
	if err != nil {
		return Timeline{}, fmt.Errorf("lay issue %s on the calendar: %w", i.ID, err)
	}
	out.Serial, out.SerialEnd = schedule.Serial, schedule.SerialEnd
	out.Provisional = schedule.Provisional || r.Calendar.ProvisionalIn(out.Start, out.End)
	return out, nil
}

// answered reports whether a sign-off's answer has taken effect: one that waits for the
// signature after it has not, and until then its part is planned as if it were still owed.
func (t *Timeline) answered(s *SignOff) bool {
	return !s.DecidedAt.IsZero() && (t.Ended || !s.State.Asked())
}

// expect plans a sign-off that its department does not have yet.
func (r Rules) expect(t *Timeline, s *SignOff, l *Line, from calendar.Date) {
	l.Planned = Stretch{from, r.Calendar.Due(from, s.Limit.Days, s.Limit.Unit, nil).On}
	if !t.Ended && s.State != Void {
		l.Days = saving.WorkingDays(r.Calendar.WorkingDays(l.Planned.From, l.Planned.To))
	}
}

// happened tells what became of one that it has or had.
func (r Rules) happened(t *Timeline, i *Issue, s *SignOff, l *Line) {
	l.Actual = Stretch{calendar.Of(s.OpenedAt), max(t.Until, calendar.Of(s.OpenedAt))}
	switch {
	case t.answered(s):
		l.Actual.To = max(l.Actual.From, calendar.Of(s.DecidedAt))
	case s.State == Void && s.Item == 0:
		l.Actual.To = max(l.Actual.From, min(l.Actual.To, i.settledOn(s.Matter, l.Actual.To)))
	}
	spans := s.spans()
	for k := range spans {
		if spans[k].To.IsZero() {
			spans[k].To = l.Actual.To
		}
	}
	for _, stop := range calendar.Union(spans) {
		if from, to := max(stop.From, l.Actual.From), min(stop.To, l.Actual.To); from <= to {
			l.Paused = append(l.Paused, Stretch{from, to})
		}
	}
	last := s.Due.On
	if last.IsZero() { // the clock stands, or stood, still
		last = r.Calendar.Due(s.start(), s.days(), s.Limit.Unit, spans).On
	} else if l.Actual.To > last {
		l.Overdue = Stretch{max(last.Add(1), l.Actual.From), l.Actual.To}
	}
	l.Planned = Stretch{l.Actual.From, max(last, l.Actual.From)}
	counted := l.Actual.To
	if !t.answered(s) && !t.Ended && s.State != Void {
		counted = max(counted, l.Planned.To)
	}
	l.Days = saving.WorkingDays(r.Calendar.Used(calendar.Of(s.AcceptedAt), counted, calendar.WorkingDays, spans))
}

// settledOn is the day of the last decision on a matter, after which by its join rule
// nobody is asked any more; without one, the day given.
func (i *Issue) settledOn(matter catalog.MatterCode, without calendar.Date) (on calendar.Date) {
	for k := range i.SignOffs {
		if s := &i.SignOffs[k]; s.Matter == matter && !s.DecidedAt.IsZero() {
			on = max(on, calendar.Of(s.DecidedAt))
		}
	}
	if on.IsZero() {
		return without
	}
	return on
}

// longest finds the path that makes the whole as long as it is.
func (r Rules) longest(t *Timeline, i *Issue) (err error) {
	var tasks []saving.Task
	if t.Ended {
		for _, p := range i.decided() {
			tasks = append(tasks, saving.Task{ID: p.ID, Requires: p.Requires, Days: t.Lines[number(p.ID)-1].Days})
		}
	} else {
		for k := range i.SignOffs {
			task := saving.Task{ID: itoa(i.SignOffs[k].N), Days: t.Lines[k].Days}
			for _, n := range i.SignOffs[k].Requires {
				task.Requires = append(task.Requires, itoa(n))
			}
			tasks = append(tasks, task)
		}
	}
	if t.Path, err = saving.Critical(tasks); err != nil {
		return err
	}
	for _, slot := range t.Path.Slots {
		l := &t.Lines[number(slot.ID)-1]
		l.Slack, l.Critical = slot.Slack, slot.Slack == 0 && l.Days > 0
	}
	return nil
}
