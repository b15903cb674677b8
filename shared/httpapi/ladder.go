package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Ladder is where a sign-off stands on the ladder by which silence climbs.
type Ladder struct {
	Level      string       `json:"level" enum:"town,district,city" doc:"Whose ladder it is: 镇街, 区 or 市."`
	Rung       string       `json:"rung,omitempty" enum:"remind,yellow,red,notice" doc:"The last rung that its clock has come to."`
	NextRung   string       `json:"nextRung,omitempty" enum:"remind,yellow,red,notice" doc:"The next one if nobody acts."`
	NextRungAt time.Time    `json:"nextRungAt,omitzero"`
	Tier       Ref          `json:"tier" doc:"How high the sign-off has climbed 提级."`
	NextTier   *Ref         `json:"nextTier,omitempty" doc:"Who is given the matter next if nobody acts."`
	NextTierAt time.Time    `json:"nextTierAt,omitzero" doc:"When; later while the ladder is paused."`
	Climbs     []Climb      `json:"climbs"`
	Measures   []Remedy     `json:"measures" doc:"What the tiers did about it 处置."`
	Pause      *LadderPause `json:"pause,omitempty" doc:"The last pause of the ladder 暂停提级."`
	Notices    []Notice     `json:"notices" doc:"Supervision notices over the sign-off 督办单; of closed ones the latest."`
}

// Climb is how a sign-off came to a tier.
type Climb struct {
	Tier   Ref           `json:"tier"`
	From   calendar.Date `json:"from,omitzero" format:"date" doc:"The tier's own working days count after this day."`
	At     time.Time     `json:"at,omitzero"`
	Silent bool          `json:"silent" doc:"The tier below let its time pass."`
	By     *Actor        `json:"by,omitempty" doc:"Who passed it up; absent when silence did."`
}

// Remedy is what a tier did about an open sign-off.
type Remedy struct {
	Tier Ref       `json:"tier"`
	What string    `json:"what" enum:"urged,coordinated,ordered"`
	Text string    `json:"text"`
	By   Actor     `json:"by"`
	At   time.Time `json:"at"`
}

// LadderPause is a span in which a sign-off does not climb.
type LadderPause struct {
	Until   calendar.Date `json:"until" format:"date" doc:"The last day."`
	Reason  string        `json:"reason"`
	By      Actor         `json:"by"`
	At      time.Time     `json:"at"`
	EndedAt time.Time     `json:"endedAt,omitzero" doc:"When somebody ended it before its day."`
}

// Dispose is a measure.
type Dispose struct {
	What string `json:"what" enum:"urged,coordinated,ordered" doc:"催促, 协调 or 责令限期办理."`
	Text string `json:"text" doc:"At most 1,000 characters."`
}

// PassUp gives a sign-off to a higher tier.
type PassUp struct {
	To      string `json:"to" enum:"general_branch,headquarters"`
	Reason  string `json:"reason"`
	Untried string `json:"untried,omitempty" doc:"Why the own tier took no measure; mandatory when none is on record."`
	Skipped string `json:"skipped,omitempty" doc:"Why the tier between is passed over; mandatory when one is."`
}

// PauseLadder lets a sign-off climb no further for some days.
type PauseLadder struct {
	Until  calendar.Date `json:"until" format:"date" doc:"The last day of the pause; at most five working days from today (assumed)."`
	Reason string        `json:"reason"`
}

type (
	disposeIn struct {
		OfSignOff
		Body Dispose
	}
	passUpIn struct {
		OfSignOff
		Body PassUp
	}
	pauseLadderIn struct {
		OfSignOff
		Body PauseLadder
	}
)

func (a *API) ladder() {
	huma.Register(a.huma, ofSignOff("/measures", "dispose", "Record what the tier that has it did 处置"), a.dispose)
	huma.Register(a.huma, ofSignOff("/escalation", "passUp", "Pass a sign-off up to a higher tier before silence does 提级"), a.passUp)
	huma.Register(a.huma, ofSignOff("/ladder/pause", "pauseLadder", "Let a sign-off climb no further until a day 暂停提级"), a.pauseLadder)
	huma.Register(a.huma, ofSignOff("/ladder/resume", "resumeLadder", "End a pause of the ladder 恢复提级"), a.resumeLadder)
}

func (s *server) dispose(ctx context.Context, in *disposeIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Dispose{SignOff: in.N, What: approval.Remedy(in.Body.What), Text: in.Body.Text})
}

func (s *server) passUp(ctx context.Context, in *passUpIn) (*IssueOut, error) {
	b := in.Body
	return s.do(ctx, in.OfIssue, approval.PassUp{SignOff: in.N, To: roster.Tier(b.To), Reason: b.Reason, Untried: b.Untried, Skipped: b.Skipped})
}

func (s *server) pauseLadder(ctx context.Context, in *pauseLadderIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.PauseLadder{SignOff: in.N, Until: in.Body.Until, Reason: in.Body.Reason})
}

func (s *server) resumeLadder(ctx context.Context, in *ofSignOffBecauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.ResumeLadder{SignOff: in.N, Reason: in.Body.Reason})
}

// ladderOf tells where a sign-off of an issue stands on its ladder.
func (v view) ladderOf(i *approval.Issue, s *approval.SignOff) *Ladder {
	at := v.StandingOf(i, s)
	out := &Ladder{
		Level: string(at.Level), Rung: string(at.Step), NextRung: string(at.NextStep), NextRungAt: at.NextStepAt,
		Tier: v.tier(at.Tier), NextTierAt: at.NextTierAt,
		Climbs: list(at.Climbs, func(c approval.Climb) Climb {
			climb := Climb{Tier: v.tier(c.Tier), From: c.From, At: c.At, Silent: c.By.Person == ""}
			if !climb.Silent {
				by := v.by(c.By)
				climb.By = &by
			}
			return climb
		}),
		Measures: list(s.Actions, func(a approval.Action) Remedy {
			return Remedy{v.tier(a.Tier), string(a.What), a.Text, v.by(a.By), a.At}
		}),
		Notices: list(s.Notices, v.notice),
	}
	if at.NextTier != "" {
		tier := v.tier(at.NextTier)
		out.NextTier = &tier
	}
	if p := s.Pause; p != nil {
		out.Pause = &LadderPause{p.Until, p.Reason, v.by(p.By), p.At, p.EndedAt}
	}
	return out
}
