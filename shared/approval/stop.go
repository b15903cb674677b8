package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
)

// StopClock (停表) stops a sign-off's clock for what the law does not count in the
// limit: hearings, tenders and auctions, inspection and testing, expert review
// (行政许可法 art. 45), and public notice. The days are announced, and with them the
// branch is told in writing how long it takes. Kinds may overlap; days that
// several cover count once. While a clock is stopped the department may decide all
// the same, which ends every stop.
type StopClock struct {
	SignOff int
	Kind    StopKind
	Days    int    // working days, from tomorrow on
	Reason  string // what is done in them, as the branch is told
}

// EndStop ends a stop before its announced days are over, with what came of it.
type EndStop struct {
	SignOff int
	Kind    StopKind
	Result  string
}

// StopKind is what a clock stands still for.
type StopKind string

const (
	StopSupplement StopKind = "supplement"    // 补正: ends with the answer
	StopReturned   StopKind = "returned"      // 退回修改: ends with the resubmission
	StopHearing    StopKind = "hearing"       // 听证
	StopTender     StopKind = "tender"        // 招标、拍卖
	StopTesting    StopKind = "testing"       // 检验、检测、检疫、鉴定
	StopReview     StopKind = "expert_review" // 专家评审
	StopNotice     StopKind = "public_notice" // 公示
)

// StopCap is for how many working days, all told, a sign-off's clock may stand still
// for a kind of stop.
type StopCap struct {
	Kind   StopKind
	Days   int
	Ground string // the rule that states the days; "" when they are assumed (拟定)
}

// StopCaps are the kinds that a department may stop a clock for. Only the hearing's
// days are stated by a rule; the others are this product's own (assumed), because
// 行政许可法 art. 45 asks that the time be told and sets no bound.
var StopCaps = []StopCap{
	{StopHearing, 20, "行政许可法第四十七条"}, // the office holds it within twenty days
	{StopTender, 60, ""},
	{StopTesting, 30, ""},
	{StopReview, 30, ""},
	{StopNotice, 30, ""},
}

// CapOf is the cap of a kind; false for kinds that a department does not announce.
func CapOf(kind StopKind) (StopCap, bool) {
	k := slices.IndexFunc(StopCaps, func(c StopCap) bool { return c.Kind == kind })
	if k < 0 {
		return StopCap{}, false
	}
	return StopCaps[k], true
}

// Stop (停表) is a span in which the clock stands still.
type Stop struct {
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to,omitzero"`
	Reason StopKind      `json:"reason"`
	Days   int           `json:"days,omitempty"`   // announced, in working days
	Until  calendar.Date `json:"until,omitzero"`   // the last of them, as the branch was told
	What   string        `json:"what,omitempty"`   // what is done in them
	Result string        `json:"result,omitempty"` // what came of it
	By     Actor         `json:"by,omitzero"`
}

func (s *Stop) runs() bool { return s.To.IsZero() }

// ByBranch reports whether the branch has the matter meanwhile.
func (s *Stop) ByBranch() bool { return s.Reason == StopSupplement || s.Reason == StopReturned }

// Stopped reports whether the sign-off's clock stands still.
func (s *SignOff) Stopped() bool {
	return slices.ContainsFunc(s.Stops, func(stop Stop) bool { return stop.runs() })
}

// StoppedFor is how many working days the clock has stood still for a kind, as
// announced where it still does.
func (r Rules) StoppedFor(s *SignOff, kind StopKind) (days int) {
	for _, stop := range s.Stops {
		switch {
		case stop.Reason != kind:
		case stop.runs():
			days += stop.Days
		default:
			days += r.Calendar.WorkingDays(calendar.Of(stop.From), calendar.Of(stop.To))
		}
	}
	return days
}

func (c StopClock) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if !s.Stopped() && t.today > s.Due.On {
		return refuse(Closed, "", "到期日 %s 已过，不能再停表，请尽快办结并说明逾期原因。", "The last day, %s, has passed, so the clock is not stopped any more; decide soon and say why it is late.", s.Due.On)
	}
	most, ok := CapOf(c.Kind)
	if !ok {
		return refuse(Invalid, "kind", "请选择停表事由：听证、招标拍卖、检验检测检疫鉴定、专家评审或公示。", "Choose what the clock is stopped for: hearing, tender, testing, expert_review or public_notice.")
	}
	if slices.ContainsFunc(s.Stops, func(stop Stop) bool { return stop.Reason == c.Kind && stop.runs() }) {
		return refuse(Conflict, "kind", "该事由的停表尚未结束，不能重复停表。", "The clock is stopped for this already.")
	}
	left := most.Days - t.StoppedFor(s, c.Kind)
	if left <= 0 {
		return refuse(Closed, "kind", "该事由停表累计以 %d 个工作日为限，已经用完。", "The clock stands still for this for at most %d working days all told, and they are used up.", most.Days)
	}
	if c.Days < 1 || c.Days > left {
		return refuse(Invalid, "days", "请填写告知的所需时间，1 至 %d 个工作日，现填 %d 个。", "Announce 1 to %d working days; this says %d.", left, c.Days)
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	t.take(s)
	s.accepted(Implied, t.actor, t.now)
	stop := Stop{From: t.now, Reason: c.Kind, Days: c.Days, Until: t.Calendar.After(t.today, c.Days), What: c.Reason, By: t.actor}
	s.Stops = append(slices.Clone(s.Stops), stop)
	t.reckon(s)
	t.nudge(c.SignOff)
	t.event(EvStop, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(Open), string(Open), "行政许可法第四十五条", c.Reason
		e.Detail = detail(map[string]any{"stop": c.Kind, "days": c.Days, "until": stop.Until, "cap": most.Days})
	})
	return nil
}

func (c EndStop) apply(t *transition) error {
	s, err := t.taskWhen(c.SignOff, t.examined)
	if err != nil {
		return err
	}
	t.runOut(c.SignOff)
	k := slices.IndexFunc(s.Stops, func(stop Stop) bool { return stop.Reason == c.Kind && stop.runs() })
	if _, ok := CapOf(c.Kind); !ok || k < 0 {
		return refuse(Conflict, "kind", "该任务没有因此停表，或停表已经结束。", "The clock is not stopped for this, or not any more.")
	}
	if err := textField("result", c.Result, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	t.take(s)
	s.Stops = slices.Clone(s.Stops)
	s.Stops[k].To, s.Stops[k].Result = t.now, c.Result
	t.reckon(s)
	t.nudge(c.SignOff)
	t.event(EvEndStop, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Result
		e.Detail = stopDetail(c.Kind, s)
	})
	return nil
}

// examined checks that the department is at work on the sign-off, or waits for the
// branch's supplement.
func (t *transition) examined(s *SignOff) error {
	if s.State == Supplement && t.issue.Status != Returned && !t.issue.Status.Ended() {
		return nil
	}
	return t.owed(s)
}

func stopDetail(kind StopKind, s *SignOff) []byte {
	d := map[string]any{"stop": kind}
	if !s.Due.On.IsZero() {
		d["due"] = s.Due.On
	}
	return detail(d)
}

// last is the moment at which the stop ends by itself; zero when it does not.
func (s *Stop) last() time.Time {
	if s.Until.IsZero() || !s.runs() {
		return time.Time{}
	}
	return s.Until.End()
}

// runOut ends every stop whose announced days are over, with the last of them, however
// late it is found, and reports whether there was one.
func (t *transition) runOut(n int) bool {
	return t.endStops(n, func(stop *Stop) bool { return !stop.last().IsZero() && !t.now.Before(stop.last()) })
}

// endStops ends the stops that a department announced and that a test picks, on
// record, and reports whether there was one.
func (t *transition) endStops(n int, which func(*Stop) bool) bool {
	var ended []StopKind
	for k := range t.issue.SignOff(n).Stops {
		s := t.issue.SignOff(n)
		if stop := &s.Stops[k]; !stop.runs() || stop.ByBranch() || !which(stop) {
			continue
		}
		s = t.touch(n)
		s.Stops = slices.Clone(s.Stops)
		s.Stops[k].end(t.now)
		ended = append(ended, s.Stops[k].Reason)
	}
	if ended == nil {
		return false
	}
	s := t.issue.SignOff(n)
	t.reckon(s)
	for _, kind := range ended {
		t.event(EvStopEnds, func(e *Event) {
			e.By, e.SignOff, e.Before, e.After = Machine, n, string(s.State), string(s.State)
			e.Detail = stopDetail(kind, s)
		})
	}
	return true
}

// end ends the stop now, or when it was announced to end.
func (s *Stop) end(now time.Time) {
	s.To = now
	// The last announced day is the last that does not count: the clock goes on with the next.
	if last := s.Until.End().Add(-time.Millisecond); !s.Until.IsZero() && last.Before(now) {
		s.To = last
	}
}

// stopsEnd ends every stop of the kinds, or every stop when none is named.
func (t *transition) stopsEnd(s *SignOff, kinds ...StopKind) {
	s.Stops = slices.Clone(s.Stops)
	for k := range s.Stops {
		if stop := &s.Stops[k]; stop.runs() && (kinds == nil || slices.Contains(kinds, stop.Reason)) {
			stop.end(t.now)
		}
	}
}
