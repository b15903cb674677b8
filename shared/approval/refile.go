package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
)

// Refile (重新申报) hands papers in anew that were sent back because a supplement
// was not brought in time. Only that sign-off is redone, with a new clock and a
// new right to ask for one supplement; what waits for it goes on waiting.
type Refile struct {
	SignOff int
	Text    string
}

// How long a branch has to answer a request for a supplement, in working days. No
// rule states it (assumed): three weeks unless the request names other days.
const (
	answerWithin = 15
	answerLeast  = 5
	answerMost   = 30
)

// answerBy is the last day for a supplement.
func (t *transition) answerBy(days int) (calendar.Date, error) {
	if days == 0 {
		days = answerWithin
	}
	if days < answerLeast || days > answerMost {
		return 0, refuse(Invalid, "days", "补正期限为 %d 至 %d 个工作日，现填 %d 个。", "A supplement is due within %d to %d working days; this says %d.", answerLeast, answerMost, days)
	}
	return t.Calendar.After(t.today, days), nil
}

// giveUp sends the papers back whose supplement has not come by its last day, and
// reports whether it did. The department owes nothing any more. A request from
// before answers had a last day goes on waiting.
func (t *transition) giveUp(n int) bool {
	s := t.issue.SignOff(n)
	if s.State != Supplement || s.Request.AnswerBy.IsZero() || t.now.Before(s.Request.AnswerBy.End()) {
		return false
	}
	s = t.touch(n)
	t.stopsEnd(s)
	t.closeNotices(s)
	s.State, s.Due, s.Light = PapersBack, Due{}, Green
	s.pool()
	t.event(EvPapersBack, func(e *Event) {
		e.By, e.SignOff, e.Before, e.After = Machine, n, string(Supplement), string(PapersBack)
		e.Detail = detail(map[string]any{"by": s.Request.AnswerBy, "papers": s.Request.Papers})
	})
	return true
}

func (c Refile) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	switch {
	case s.State != PapersBack:
		return refuse(Conflict, "signOff", "该任务没有被退件，不需重新申报。", "These papers were not sent back, so there is nothing to hand in anew.")
	case t.issue.Status == Returned:
		return refuse(Conflict, "signOff", "该问题已退回修改，请先重新提交，再重新申报。", "The issue has been sent back: resubmit it first, then hand the papers in anew.")
	}
	if err := textField("text", c.Text, textRunes, true); err != nil {
		return err
	}
	t.redo(c.SignOff)
	if t.issue.Status != Raised { // a round that is about to be routed opens it
		t.open(c.SignOff)
	}
	s = t.issue.SignOff(c.SignOff)
	t.event(EvRefile, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(PapersBack), string(s.State), c.Text
		if !s.Due.On.IsZero() {
			e.Detail = detail(map[string]any{"due": s.Due.On})
		}
	})
	return nil
}

// byItself is the next moment at which something happens to the sign-off by itself
// besides its ladder: an announced stop is over, a supplement has not come, papers
// count as accepted. It is zero when there is none.
func (t *transition) byItself(s *SignOff) time.Time {
	var moments []time.Time
	if s.State == Open || s.State == Supplement {
		for k := range s.Stops {
			moments = append(moments, s.Stops[k].last())
		}
	}
	if s.State == Supplement && !s.Request.AnswerBy.IsZero() {
		moments = append(moments, s.Request.AnswerBy.End())
	}
	if by := t.AcceptBy(s); !by.IsZero() && !s.Stopped() {
		moments = append(moments, by.End())
	}
	moments = slices.DeleteFunc(moments, time.Time.IsZero)
	if len(moments) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(moments, time.Time.Compare)
}
