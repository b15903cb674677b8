package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// Acceptance is how an item's papers came to be accepted 受理.
type Acceptance struct {
	How string        `json:"how" enum:"awaited,explicit,implied,deemed" doc:"awaited: not yet told, the clock runs from receipt meanwhile; explicit; implied by an act of the department; deemed: five working days without a word 视为受理."`
	By  *Actor        `json:"by,omitempty"`
	At  time.Time     `json:"at,omitzero"`
	Due calendar.Date `json:"due,omitzero" format:"date" doc:"The last day for a word, while one is awaited."`
}

// Stop is a span in which the clock stands still.
type Stop struct {
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to,omitzero"`
	Reason string        `json:"reason" enum:"supplement,returned,hearing,tender,testing,expert_review,public_notice"`
	Days   int           `json:"days,omitempty" doc:"As announced, in working days."`
	Until  calendar.Date `json:"until,omitzero" format:"date" doc:"The last of them; the stop ends with it by itself."`
	What   string        `json:"what,omitempty" doc:"What is done in them."`
	Result string        `json:"result,omitempty" doc:"What came of it."`
	By     *Actor        `json:"by,omitempty"`
}

// StopCap is how much of a kind of stop is left.
type StopCap struct {
	Kind   string `json:"kind" enum:"hearing,tender,testing,expert_review,public_notice" doc:"听证, 招标拍卖, 检验检测检疫鉴定, 专家评审 or 公示."`
	Days   int    `json:"days" doc:"The cap in working days, all told."`
	Used   int    `json:"used"`
	Ground string `json:"ground,omitempty" doc:"The rule that states the cap; absent when it is assumed 拟定."`
}

// Whole is the plan of the issue as a whole.
type Whole struct {
	Due   Due    `json:"due" doc:"The planned last day: every sign-off takes its limit when all that it requires have taken theirs. It moves only with an extension, a stop, a sign-off done anew or a restatement."`
	Light string `json:"light" enum:"green,yellow,red" doc:"As of asOf."`
}

// StopClock announces a stop.
type StopClock struct {
	Kind   string `json:"kind" enum:"hearing,tender,testing,expert_review,public_notice"`
	Days   int    `json:"days" doc:"Working days, as told to the branch in writing."`
	Reason string `json:"reason" doc:"What is done in them."`
}

// EndStop ends a stop before its time.
type EndStop struct {
	Kind   string `json:"kind" enum:"hearing,tender,testing,expert_review,public_notice"`
	Result string `json:"result" doc:"What came of it."`
}

// Refile hands papers in anew.
type Refile struct {
	Text string `json:"text"`
}

type (
	stopIn struct {
		OfSignOff
		Body StopClock
	}
	endStopIn struct {
		OfSignOff
		Body EndStop
	}
	refileIn struct {
		OfSignOff
		Body Refile
	}
)

// clock registers what is done about a sign-off's clock.
func (a *API) clock() {
	huma.Register(a.huma, ofSignOff("/acceptance", "accept", "Accept the application, within five working days of receipt 受理"), a.accept)
	huma.Register(a.huma, ofSignOff("/stops", "stopClock", "Stop the clock for a hearing, tender, testing, expert review or public notice 停表"), a.stopClock)
	huma.Register(a.huma, ofSignOff("/stops/end", "endStop", "End a stop before its announced days are over 结束停表"), a.endStop)
	huma.Register(a.huma, ofSignOff("/refile", "refile", "Hand papers in anew that were sent back for want of a supplement 重新申报"), a.refile)
}

func (s *server) accept(ctx context.Context, in *OfSignOff) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Accept{SignOff: in.N})
}

func (s *server) stopClock(ctx context.Context, in *stopIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.StopClock{SignOff: in.N, Kind: approval.StopKind(in.Body.Kind), Days: in.Body.Days, Reason: in.Body.Reason})
}

func (s *server) endStop(ctx context.Context, in *endStopIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.EndStop{SignOff: in.N, Kind: approval.StopKind(in.Body.Kind), Result: in.Body.Result})
}

func (s *server) refile(ctx context.Context, in *refileIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Refile{SignOff: in.N, Text: in.Body.Text})
}

func (v view) acceptance(s *approval.SignOff) *Acceptance {
	a := s.Acceptance
	if a == nil {
		return nil
	}
	out := &Acceptance{How: string(a.How), At: a.At, Due: v.AcceptBy(s)}
	if !a.At.IsZero() {
		by := v.by(a.By)
		out.By = &by
	}
	return out
}

func (v view) stop(stop approval.Stop) Stop {
	out := Stop{From: stop.From, To: stop.To, Reason: string(stop.Reason), Days: stop.Days, Until: stop.Until, What: stop.What, Result: stop.Result}
	if stop.By.Person != "" {
		by := v.by(stop.By)
		out.By = &by
	}
	return out
}

func (v view) stopCaps(s *approval.SignOff) []StopCap {
	return list(approval.StopCaps, func(c approval.StopCap) StopCap {
		return StopCap{string(c.Kind), c.Days, v.StoppedFor(s, c.Kind), c.Ground}
	})
}

func (v view) whole(i *approval.Issue) *Whole {
	if i.Whole.On.IsZero() {
		return nil
	}
	return &Whole{v.due(i.Whole), string(v.WholeLight(i, v.today))}
}

func (v view) request(r *approval.Request) *Request {
	if r == nil {
		return nil
	}
	out := &Request{Papers: r.Papers, By: v.by(r.By), At: r.At, AnswerBy: r.AnswerBy, Answer: r.Answer, AnsweredAt: r.AnsweredAt}
	if !r.AnsweredAt.IsZero() {
		by := v.by(r.AnsweredBy)
		out.AnsweredBy = &by
	}
	return out
}
