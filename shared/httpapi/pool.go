package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

// Offer is help that a branch or the bureau asks partner units for 认领事项.
type Offer struct {
	Project string        `json:"project"`
	Issue   string        `json:"issue,omitempty" doc:"The issue that it helps with, if there is one."`
	Need    string        `json:"need" enum:"resources,venue,people,technology,other" doc:"资源, 场地, 人员, 技术 or 其他."`
	Title   string        `json:"title"`
	Text    string        `json:"text"`
	Until   calendar.Date `json:"until" format:"date" doc:"The last day on which it can be claimed, and by which it is wanted."`
}

// ClaimMatter takes a matter on.
type ClaimMatter struct {
	Pledge  string `json:"pledge,omitempty" doc:"What the unit brings."`
	Partner string `json:"partner,omitempty" doc:"The name of a co-building unit 共建单位 that has no account, whose claim the general branch or the branch's secretary records 代录; not who published the matter."`
	Basis   string `json:"basis,omitempty" doc:"With partner: the unit's letter, or what else the record rests on. At most 500 characters."`
}

// ReportMatter says what was done so far.
type ReportMatter struct {
	Text string `json:"text"`
}

// ConfirmMatter is the publisher's word that the help was given.
type ConfirmMatter struct {
	Result string `json:"result"`
}

// PoolMatter is a matter of the pool.
type PoolMatter struct {
	ID       string         `json:"id"`
	Version  int64          `json:"version"`
	Project  Ref            `json:"project"`
	Issue    string         `json:"issue,omitempty"`
	Need     string         `json:"need"`
	Title    string         `json:"title"`
	Text     string         `json:"text"`
	Until    calendar.Date  `json:"until" format:"date"`
	Status   Ref            `json:"status"`
	Late     bool           `json:"late" doc:"It is claimed, and wanted by a day that has passed."`
	By       Actor          `json:"by" doc:"Who published it."`
	At       time.Time      `json:"at"`
	Claim    *MatterClaim   `json:"claim,omitempty"`
	Progress []MatterReport `json:"progress"`
	Result   string         `json:"result,omitempty" doc:"What the publisher confirmed, or why it was withdrawn."`
	EndedAt  time.Time      `json:"endedAt,omitzero"`
}

// MatterClaim is who took a matter on.
type MatterClaim struct {
	By      Actor     `json:"by" doc:"Who claimed it, or recorded the partner's claim."`
	Partner *Name     `json:"partner,omitempty" doc:"The co-building unit without an account whose claim it is."`
	Basis   string    `json:"basis,omitempty"`
	Pledge  string    `json:"pledge,omitempty"`
	At      time.Time `json:"at"`
}

// MatterReport is what the claiming unit has done so far.
type MatterReport struct {
	Text string    `json:"text"`
	By   Actor     `json:"by"`
	At   time.Time `json:"at"`
}

type (
	poolIn struct {
		PageIn
		District  string `query:"district" doc:"What can be claimed in a district, by last day."`
		Claimer   string `query:"claimer" doc:"What a unit has claimed, by last day."`
		Done      bool   `query:"done" doc:"With claimer: what it has brought to an end instead, the latest first."`
		Publisher string `query:"publisher" doc:"All that a unit published, the latest first."`
	}
	offerIn struct {
		Key
		Body Offer
	}
	claimMatterIn struct {
		OfRequest
		Body *ClaimMatter `doc:"May be left out."`
	}
	matterBecauseIn struct {
		OfRequest
		Body Because
	}
	reportMatterIn struct {
		OfRequest
		Body ReportMatter
	}
	confirmMatterIn struct {
		OfRequest
		Body ConfirmMatter
	}
	matterOut struct {
		Status   int
		ETag     string `header:"ETag" doc:"The matter's version, in quotes."`
		Location string `header:"Location" doc:"Where a new matter is."`
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     PoolMatter
	}
)

func (a *API) pool() {
	step := func(path, id, summary string) huma.Operation {
		return change("/pool/{id}"+path, id, summary, "pool", 200, http.StatusNotFound, http.StatusPreconditionFailed)
	}
	huma.Register(a.huma, change("/pool", "publishMatter", "Ask partner units for help 发布认领事项", "pool", 201, http.StatusNotFound), a.publishMatter)
	huma.Register(a.huma, operation("GET", "/pool", "listPool", "Matters that can be claimed, and what a unit claimed or published 认领事项列表", "pool", 200), a.listPool)
	huma.Register(a.huma, operation("GET", "/pool/{id}", "getMatter", "A matter of the pool 认领事项", "pool", 200, http.StatusNotFound), a.getMatter)
	huma.Register(a.huma, operation("GET", "/pool/{id}/events", "listMatterEvents", "Who claimed it, gave it back, reported 认领过程", "pool", 200, http.StatusNotFound), a.listMatterEvents)
	huma.Register(a.huma, step("/claim", "claimMatter", "Claim a matter for the own unit, as its lead, or record a co-building unit's claim 认领事项"), a.claimMatter)
	huma.Register(a.huma, step("/return", "giveMatterBack", "Give a claimed matter back to the pool 退回认领"), a.giveMatterBack)
	huma.Register(a.huma, step("/progress", "reportMatter", "Report what was done so far 报送进展"), a.reportMatter)
	huma.Register(a.huma, step("/confirmation", "confirmMatter", "Confirm that it is done, as the publisher 确认办结"), a.confirmMatter)
	huma.Register(a.huma, step("/withdrawal", "recallMatter", "Take an unclaimed matter out of the pool 收回"), a.recallMatter)
}

func (v view) poolMatter(got intake.GotMatter) PoolMatter {
	m := &got.State
	out := PoolMatter{
		ID: got.ID, Version: got.Version, Project: v.project(m.Project), Issue: string(m.Issue), Need: string(m.Need), Title: m.Title, Text: m.Text, Until: m.Until,
		Status: Ref{string(m.Status), Name(m.Status.Name())}, Late: m.Status == intake.Claimed && v.today > m.Until, By: v.by(m.By), At: m.At,
		Progress: list(m.Progress, func(p intake.Progress) MatterReport { return MatterReport{p.Text, v.by(p.By), p.At} }), Result: m.Result, EndedAt: m.Ended,
	}
	if m.Claim != nil {
		out.Claim = &MatterClaim{By: v.by(m.Claim.By), Basis: m.Claim.Basis, Pledge: m.Claim.Pledge, At: m.Claim.At}
		if partner := Name(m.Claim.Partner); partner != (Name{}) {
			out.Claim.Partner = &partner
		}
	}
	return out
}

func (s *server) matter(ctx context.Context, status int, got intake.GotMatter) *matterOut {
	out := &matterOut{Status: status, ETag: etag(got.Version), Body: s.view(callOf(ctx)).poolMatter(got)}
	if got.Repeated {
		out.Replayed = "true"
	}
	return out
}

func (s *server) matterStep(ctx context.Context, in OfRequest, do func(id string, call approval.Call) (intake.GotMatter, error)) (*matterOut, error) {
	call, err := requestCall(ctx, in)
	if err != nil {
		return nil, err
	}
	got, err := do(in.ID, call)
	if err != nil {
		return nil, err
	}
	return s.matter(ctx, http.StatusOK, got), nil
}

func (s *server) publishMatter(ctx context.Context, in *offerIn) (*matterOut, error) {
	c := callOf(ctx)
	got, err := s.intake.Publish(ctx, intake.Offer{
		Project: roster.ProjectID(in.Body.Project), Issue: approval.IssueID(in.Body.Issue), Need: intake.Need(in.Body.Need),
		Title: in.Body.Title, Text: in.Body.Text, Until: in.Body.Until,
	}, approval.Call{Actor: c.actor, Key: c.key, Digest: c.digest})
	if err != nil {
		return nil, err
	}
	out := s.matter(ctx, http.StatusCreated, got)
	out.Location = Base + "/pool/" + got.ID
	return out, nil
}

func (s *server) listPool(ctx context.Context, in *poolIn) (*PageOut[PoolMatter], error) {
	given := 0
	for _, q := range []string{in.District, in.Claimer, in.Publisher} {
		if q != "" {
			given++
		}
	}
	if given != 1 || in.Done && in.Claimer == "" {
		return nil, &fault{kind: kindInvalid, field: "district", text: text("请在 district（区域）、claimer（认领单位）和 publisher（发布单位）中选填一个；done 只与 claimer 同用。", "Give one of district, claimer and publisher; done goes with claimer.")}
	}
	c := callOf(ctx)
	q := intake.PoolQuery{District: roster.DistrictCode(in.District), Claimer: in.Claimer, Done: in.Done, Publisher: in.Publisher}
	return stored(s, c, fmt.Sprintf("pool?district=%q&claimer=%q&done=%t&publisher=%q", in.District, in.Claimer, in.Done, in.Publisher), in.PageIn, func(p approval.Page) ([]intake.GotMatter, approval.Cursor, error) {
		return s.intake.Pool(ctx, q, p)
	}, s.view(c).poolMatter)
}

func (s *server) getMatter(ctx context.Context, in *idIn) (*matterOut, error) {
	got, err := s.intake.Matter(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.matter(ctx, http.StatusOK, got), nil
}

func (s *server) listMatterEvents(ctx context.Context, in *eventsIn) (*PageOut[Event], error) {
	c := callOf(ctx)
	if _, err := s.intake.Matter(ctx, in.ID); err != nil {
		return nil, err
	}
	return stored(s, c, fmt.Sprintf("events?matter=%q&after=%d", in.ID, in.After), in.PageIn, func(p approval.Page) ([]approval.Event, approval.Cursor, error) {
		return s.intake.MatterTrail(ctx, in.ID, in.After, p)
	}, s.view(c).event)
}

func (s *server) claimMatter(ctx context.Context, in *claimMatterIn) (*matterOut, error) {
	var claim intake.Claiming
	if in.Body != nil {
		claim = intake.Claiming(*in.Body)
	}
	return s.matterStep(ctx, in.OfRequest, func(id string, call approval.Call) (intake.GotMatter, error) {
		return s.intake.Claim(ctx, id, claim, call)
	})
}

func (s *server) giveMatterBack(ctx context.Context, in *matterBecauseIn) (*matterOut, error) {
	return s.matterStep(ctx, in.OfRequest, func(id string, call approval.Call) (intake.GotMatter, error) {
		return s.intake.GiveBack(ctx, id, in.Body.Reason, call)
	})
}

func (s *server) reportMatter(ctx context.Context, in *reportMatterIn) (*matterOut, error) {
	return s.matterStep(ctx, in.OfRequest, func(id string, call approval.Call) (intake.GotMatter, error) {
		return s.intake.Report(ctx, id, in.Body.Text, call)
	})
}

func (s *server) confirmMatter(ctx context.Context, in *confirmMatterIn) (*matterOut, error) {
	return s.matterStep(ctx, in.OfRequest, func(id string, call approval.Call) (intake.GotMatter, error) {
		return s.intake.Confirm(ctx, id, in.Body.Result, call)
	})
}

func (s *server) recallMatter(ctx context.Context, in *matterBecauseIn) (*matterOut, error) {
	return s.matterStep(ctx, in.OfRequest, func(id string, call approval.Call) (intake.GotMatter, error) {
		return s.intake.Recall(ctx, id, in.Body.Reason, call)
	})
}
