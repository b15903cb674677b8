package approval

import (
	"slices"

	"lianban/shared/calendar"
)

// causes are the kinds of events that may move a last day: of a sign-off, and of
// the whole. Nothing else does.
var causes = []string{
	EvRaise, EvRoute, EvOpen, EvAccept, EvRequest, EvAnswer, EvPapersBack, EvRefile, EvStop, EvEndStop, EvStopEnds,
	EvExtend, EvAssign, EvReturn, EvResubmit, EvRevoke, EvReopen, EvRestate, EvSettle,
}

// MovesDue reports whether an event of the kind may move a last day.
func MovesDue(kind string) bool { return slices.Contains(causes, kind) }

// plan lays the whole on the calendar: the last day by which all are through when
// each takes its limit from the moment when all that it requires have taken
// theirs. It is a plan, not a forecast: an early answer leaves it, and so does a
// late one, whose own light is red. Only recorded causes move it: an extension,
// days on which a clock stood still, a sign-off that is done anew, a restatement.
func (t *transition) plan() {
	i := &t.issue
	if i.RaisedAt.IsZero() || !i.Whole.On.IsZero() && !slices.ContainsFunc(t.events, func(e Event) bool { return MovesDue(e.Kind) }) {
		return
	}
	i.Whole = t.laid()
}

// laid is the last day of the plan as it would be laid now.
func (t *transition) laid() (whole Due) {
	ends := make([]Due, len(t.issue.SignOffs))
	for k := range t.issue.SignOffs {
		end := t.planned(ends, k)
		whole.On = max(whole.On, end.On)
		whole.Provisional = whole.Provisional || end.Provisional
	}
	return whole
}

// planned is the last day that the plan gives a sign-off.
func (t *transition) planned(ends []Due, k int) Due {
	if !ends[k].On.IsZero() {
		return ends[k]
	}
	s := &t.issue.SignOffs[k]
	from := Due{On: calendar.Of(t.issue.RaisedAt)}
	for _, n := range s.Requires {
		end := t.planned(ends, n-1)
		from.On = max(from.On, end.On)
		from.Provisional = from.Provisional || end.Provisional
	}
	if len(s.Earlier) > 0 && !s.OpenedAt.IsZero() { // it is done anew, from then on
		from.On = max(from.On, calendar.Of(s.OpenedAt))
	}
	due := t.Calendar.Due(from.On, s.days(), s.Limit.Unit, nil)
	stood := 0
	for _, span := range calendar.Union(s.expected()) {
		stood += t.Calendar.WorkingDays(span.From, span.To)
	}
	end := t.Calendar.After(due.On, stood)
	ends[k] = Due{On: end, Provisional: from.Provisional || due.Provisional || t.Calendar.ProvisionalIn(due.On, end)}
	return ends[k]
}

// expected is how long the clock stood still, and is to stand still as announced: a
// stop counts in the plan with its announced days at once, and with its real ones
// when it is over. How long a revision takes nobody announces.
func (s *SignOff) expected() []calendar.Span {
	spans := s.spans()
	for k, stop := range s.Stops {
		switch {
		case !stop.runs():
		case stop.Reason == StopSupplement:
			spans[k].To = max(spans[k].From, s.Request.AnswerBy)
		default:
			spans[k].To = max(spans[k].From, stop.Until)
		}
	}
	return spans
}

// WholeLight is the light of the issue as a whole on a day, by the shares of its
// ladder: yellow when that share of the planned working days is left, red when the
// planned last day has passed; green while the branch revises. A step may be red while the whole is green, where
// it has slack, and the whole red while every step has time of its own.
func (r Rules) WholeLight(i *Issue, on calendar.Date) Light {
	if i.Whole.On.IsZero() || i.Status == Returned || i.Status.Ended() {
		return Green
	}
	all := r.Calendar.WorkingDays(calendar.Of(i.RaisedAt), i.Whole.On)
	light := Green
	for _, rung := range r.LadderOf(i).Rungs {
		switch {
		case rung.Left > 0 && on > r.back(i.Whole.On, max(1, all*rung.Left/100), calendar.WorkingDays), rung.Left == 0 && on > i.Whole.On:
			light = rung.Step.light()
		}
	}
	return light
}
