package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
)

// Tolerance is what a competent body recognised about a sign-off for which nobody is to
// answer.
type Tolerance struct {
	Of       string `json:"of" enum:"overrun,objection" doc:"超期 or 异议轮次."`
	Code     string `json:"code" doc:"The class of the ground; see tolerance in /grounds."`
	Ground   string `json:"ground"`
	Proposed Word   `json:"proposed"`
	Answer   string `json:"answer,omitempty" enum:"confirmed,refused" doc:"Absent while it waits for one."`
	Answered *Word  `json:"answered,omitempty"`
	Ended    *Word  `json:"ended,omitempty" doc:"Taken back 撤回."`
	InForce  bool   `json:"inForce" doc:"Rates and rankings leave the sign-off out and count it in a column of its own."`
}

// ProposeTolerance proposes a tolerance.
type ProposeTolerance struct {
	Of     string `json:"of" enum:"overrun,objection" doc:"超期 or 异议轮次."`
	Code   string `json:"code" doc:"The class of the ground; see tolerance in /grounds."`
	Ground string `json:"ground,omitempty" doc:"The finding and its number; the rule of the code stands in for it. Mandatory with other."`
	Reason string `json:"reason" doc:"At most 1,000 characters."`
}

// AnswerTolerance confirms or refuses what was proposed.
type AnswerTolerance struct {
	Answer string `json:"answer" enum:"confirmed,refused" doc:"确认 or 不予确认."`
	Reason string `json:"reason,omitempty" doc:"Mandatory with refused."`
}

type (
	proposeToleranceIn struct {
		OfSignOff
		Body ProposeTolerance
	}
	answerToleranceIn struct {
		OfSignOff
		Body AnswerTolerance
	}
)

func (a *API) tolerances() {
	huma.Register(a.huma, ofSignOff("/tolerance", "proposeTolerance", "Propose that nobody is to answer for an overrun or an objection, as the general branch or the headquarters 提请容错认定"), a.proposeTolerance)
	huma.Register(a.huma, ofSignOff("/tolerance/answer", "answerTolerance", "Confirm or refuse a tolerance, as the bureau or the tier above, never who proposed it 确认容错认定"), a.answerTolerance)
	huma.Register(a.huma, ofSignOff("/tolerance/withdrawal", "endTolerance", "Take a tolerance back 撤回容错认定"), a.endTolerance)
}

func (s *server) proposeTolerance(ctx context.Context, in *proposeToleranceIn) (*IssueOut, error) {
	b := in.Body
	if b.Code == "" {
		return nil, noGround()
	}
	return s.do(ctx, in.OfIssue, approval.ProposeTolerance{SignOff: in.N, Of: approval.Tolerated(b.Of), Code: approval.GroundCode(b.Code), Ground: b.Ground, Reason: b.Reason})
}

func (s *server) answerTolerance(ctx context.Context, in *answerToleranceIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AnswerTolerance{SignOff: in.N, Answer: approval.ToleranceAnswer(in.Body.Answer), Reason: in.Body.Reason})
}

func (s *server) endTolerance(ctx context.Context, in *ofSignOffBecauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.EndTolerance{SignOff: in.N, Reason: in.Body.Reason})
}

func (v view) tolerance(o *approval.Tolerance) *Tolerance {
	if o == nil {
		return nil
	}
	return &Tolerance{string(o.Of), string(o.Code), o.Ground, *v.word(&o.Proposed), string(o.Answer), v.word(o.Answered), v.word(o.Ended), o.InForce()}
}
