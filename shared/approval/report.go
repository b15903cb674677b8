package approval

import (
	"fmt"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/saving"
)

// Report is what an ended issue took, beside what it might have taken: every
// baseline with its marks, none of them praised. Sign-offs are named by number.
type Report struct {
	Run       saving.Run        `json:"run"`
	Baselines []saving.Baseline `json:"baselines"` // (a) S and (b) C of the statutory limits
	Headline  saving.Saving     `json:"headline"`
	// Against splits the difference between the limits on which the clocks ran and
	// what was used. Limits are no history: it says how the days divide, not that
	// so many were saved.
	Against  saving.Attribution `json:"against"`
	Schedule saving.Schedule    `json:"schedule"`
}

// Report measures an issue whose every sign-off has been decided; it answers
// false for one that has not come so far.
func (r Rules) Report(i *Issue) (Report, bool, error) {
	if i.Status != Concluded && i.Status != Confirmed {
		return Report{}, false, nil
	}
	pieces := i.decided()
	if len(pieces) == 0 {
		return Report{}, false, nil
	}
	report, err := r.report(i, pieces)
	if err != nil {
		return Report{}, false, fmt.Errorf("measure issue %s: %w", i.ID, err)
	}
	return report, true, nil
}

// Piece is a sign-off of the issue with its dates, as package saving measures it;
// without what it requires.
func (i *Issue) Piece(s *SignOff) saving.Piece {
	piece := saving.Piece{
		ID: itoa(s.N), Raised: calendar.Of(i.RaisedAt), Accepted: calendar.Of(s.AcceptedAt), Decided: calendar.Of(s.DecidedAt),
		Stops: s.spans(), OnCommitment: len(s.Duties) > 0,
	}
	for _, stop := range s.Stops {
		if !stop.ByBranch() {
			continue
		}
		piece.Applicant = append(piece.Applicant, calendar.Span{From: calendar.Of(stop.From), To: calendar.Of(stop.To)})
	}
	return piece
}

func (r Rules) report(i *Issue, pieces []saving.Piece) (out Report, err error) {
	if out.Run, err = saving.Measure(r.Calendar, pieces); err != nil {
		return out, err
	}
	items := make([]saving.Item, len(pieces))
	for k, p := range pieces {
		s := i.SignOff(number(p.ID))
		items[k] = saving.Item{ID: p.ID, Requires: p.Requires, Limit: s.Limit, Basis: basis(s.LimitMark), Started: p.Accepted}
		if item, ok := r.Catalog.Item(s.Item); ok {
			items[k].UnitUnsettled = item.Statutory.Known && s.Limit.Unit == calendar.CalendarDays
		}
	}
	serial, critical, err := saving.Statutory(r.Calendar, out.Run.Raised, items)
	if err != nil {
		return out, err
	}
	out.Baselines = []saving.Baseline{serial, critical}
	out.Headline = saving.Headline(out.Run, serial, critical)
	limits := r.tasks(i, pieces)
	if out.Against, err = saving.Attribute(limits, out.Run.Tasks); err != nil {
		return out, err
	}
	out.Schedule, err = saving.Lay(r.Calendar, out.Run.Raised, limits)
	return out, err
}

// Schedule lays an issue's sign-offs on the calendar by the limits on which
// their clocks run: one after another, and side by side.
func (r Rules) Schedule(i *Issue) (saving.Schedule, error) {
	start := r.startOf(i)
	pieces := make([]saving.Piece, len(i.SignOffs))
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		pieces[k] = saving.Piece{ID: itoa(s.N), Accepted: start}
		for _, n := range s.Requires {
			pieces[k].Requires = append(pieces[k].Requires, itoa(n))
		}
	}
	return saving.Lay(r.Calendar, start, r.tasks(i, pieces))
}

func (r Rules) startOf(i *Issue) calendar.Date {
	if i.RaisedAt.IsZero() {
		return calendar.Of(i.CreatedAt)
	}
	return calendar.Of(i.RaisedAt)
}

// tasks are the limits in working days; one in calendar days is laid on the
// calendar from the day its clock started.
func (r Rules) tasks(i *Issue, pieces []saving.Piece) []saving.Task {
	tasks := make([]saving.Task, len(pieces))
	for k, p := range pieces {
		limit := i.SignOff(number(p.ID)).Limit
		days := limit.Days
		if limit.Unit == calendar.CalendarDays {
			days = r.Calendar.WorkingDays(p.Accepted, r.Calendar.Due(p.Accepted, limit.Days, limit.Unit, nil).On)
		}
		tasks[k] = saving.Task{ID: p.ID, Requires: p.Requires, Days: saving.WorkingDays(days)}
	}
	return tasks
}

func basis(m catalog.Mark) saving.Basis {
	switch m {
	case catalog.MarkLaw, catalog.MarkGuide, catalog.MarkProvincial:
		return saving.Sourced
	case catalog.MarkDefault:
		return saving.Default
	}
	return saving.Unsourced
}
