package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Term is a duty as who approves states it.
type Term struct {
	What    string        `json:"what" doc:"What is committed to, demanded, or still missing; at most 500 characters."`
	By      calendar.Date `json:"by" format:"date" doc:"The day by which it is verified; after today."`
	Checker string        `json:"checker,omitempty" doc:"The department that verifies it; the own one when absent."`
}

// Report says that a duty is done.
type Report struct {
	Text string `json:"text" doc:"At most 2,000 characters."`
}

// Meet checks a duty off.
type Meet struct {
	Evidence string `json:"evidence" doc:"By which the duty was found to be met; at most 2,000 characters."`
}

// Revoke takes an approval back.
type Revoke struct {
	Code   string `json:"code" doc:"The class of the legal ground; see revocation in /grounds."`
	Ground string `json:"ground,omitempty" doc:"The legal ground 法律依据 in words; the rule of the code stands in for it. Mandatory with a code that names no rule, and with other."`
	Reason string `json:"reason"`
}

// Revocation is on what, and why, an approval was revoked.
type Revocation struct {
	Code   string    `json:"code"`
	Ground string    `json:"ground"`
	Reason string    `json:"reason"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

// Reopen takes up an issue again after its end.
type Reopen struct {
	SignOffs []int  `json:"signOffs" doc:"The sign-offs to be decided anew; what stood on them follows."`
	Reason   string `json:"reason"`
}

// Duty is what an approval on terms leaves to be verified.
type Duty struct {
	N       int           `json:"n" doc:"Its number within the sign-off."`
	Kind    string        `json:"kind" enum:"commitment,conditional,gaps" doc:"Whether it is a commitment 告知承诺, a condition 附加条件 or a missing paper 容缺材料."`
	What    string        `json:"what"`
	By      calendar.Date `json:"by" format:"date"`
	Checker Ref           `json:"checker"`

	State     string    `json:"state" enum:"open,met,missed,revoked,lapsed"`
	Late      bool      `json:"late" doc:"Met after its date."`
	Tier      *Ref      `json:"tier,omitempty" doc:"How high it has climbed since it was missed 提级."`
	Report    *Word     `json:"report,omitempty" doc:"The branch says that it is done."`
	Evidence  string    `json:"evidence,omitempty" doc:"By which it was found to be met."`
	Code      string    `json:"code,omitempty" doc:"The class of the ground on which the approval was revoked."`
	Ground    string    `json:"ground,omitempty" doc:"On which the approval was revoked."`
	Reason    string    `json:"reason,omitempty" doc:"For which it was revoked."`
	SettledBy *Actor    `json:"settledBy,omitempty"`
	SettledAt time.Time `json:"settledAt,omitzero"`
}

// OpenDuty is a duty in its checker's list.
type OpenDuty struct {
	Issue      string        `json:"issue"`
	Title      string        `json:"title"`
	Project    Ref           `json:"project"`
	AsOf       calendar.Date `json:"asOf" format:"date"`
	SignOff    int           `json:"signOff"`
	Duty       int           `json:"duty"`
	Item       *ItemRef      `json:"item,omitempty"`
	Matter     *Ref          `json:"matter,omitempty"`
	Department Ref           `json:"department" doc:"That approved."`
	Kind       string        `json:"kind" enum:"commitment,conditional,gaps"`
	What       string        `json:"what"`
	Due        Due           `json:"due" doc:"The day by which it is verified."`
	Missed     bool          `json:"missed" doc:"Its date has passed."`
	Report     *Word         `json:"report,omitempty" doc:"The branch says that it is done."`
}

// Closing is how an issue ended that was reopened.
type Closing struct {
	Round       int       `json:"round"`
	Verdict     string    `json:"verdict" enum:"agreed,refused"`
	ConcludedAt time.Time `json:"concludedAt"`
	ConfirmedAt time.Time `json:"confirmedAt,omitzero"`
	Rating      *Rating   `json:"rating,omitempty"`
	Measure     *Measure  `json:"measure,omitempty"`
	ReopenedAt  time.Time `json:"reopenedAt"`
	ReopenedBy  Actor     `json:"reopenedBy"`
	Reason      string    `json:"reason"`
}

// Ground is a class of legal grounds.
type Ground struct {
	Code    string `json:"code"`
	Name    Name   `json:"name"`
	Law     string `json:"law,omitempty"`
	Article string `json:"article,omitempty"`
	InWords bool   `json:"inWords" doc:"The ground has to be given in words too."`
	Of      string `json:"of,omitempty" enum:"commitment,conditional,gaps" doc:"The kind of approval that is revoked on it; absent: any."`
	Missed  bool   `json:"missed" doc:"It rests on a duty that was not met in time."`
	Assumed bool   `json:"assumed" doc:"This product's own class, which no source draws 拟定."`
}

// Grounds are the lists of legal grounds.
type Grounds struct {
	Objection  []Ground `json:"objection"`
	Revocation []Ground `json:"revocation"`
	Tolerance  []Ground `json:"tolerance"`
}

// OfDuty is the path of a change to a duty.
type OfDuty struct {
	OfSignOff
	K int `path:"k" doc:"The duty's number within the sign-off."`
}

type (
	reportIn struct {
		OfDuty
		Body Report
	}
	meetIn struct {
		OfDuty
		Body Meet
	}
	revokeIn struct {
		OfSignOff
		Body Revoke
	}
	reopenIn struct {
		OfIssue
		Body Reopen
	}
)

func (a *API) duties() {
	huma.Register(a.huma, ofSignOff("/duties/{k}/report", "reportDuty", "Say that a duty is done, as the branch 报告履行"), a.reportDuty)
	huma.Register(a.huma, ofSignOff("/duties/{k}/evidence", "meetDuty", "Check a duty off, as its checker 核查"), a.meet)
	huma.Register(a.huma, ofSignOff("/revocation", "revoke", "Revoke an approval: of which a duty was missed, as its checker, or that should not have been given, as the lead of who gave it 撤销同意"), a.revoke)
	huma.Register(a.huma, ofIssue("/reopen", "reopen", "Take up a concluded issue again 重新办理"), a.reopen)
	huma.Register(a.huma, operation("GET", "/duties", "listDuties", "What the own department has yet to verify, by date 本部门待核查义务", "work", 200, http.StatusForbidden), a.listDuties)
	huma.Register(a.huma, operation("GET", "/departments/{id}/duties", "listDepartmentDuties", "What a department has yet to verify, by date 部门待核查义务", "work", 200, http.StatusForbidden, http.StatusNotFound), a.listDepartmentDuties)
	huma.Register(a.huma, operation("GET", "/grounds", "getGrounds", "Grounds of objections, revocations and tolerances 法定依据", "reference", 200), a.getGrounds)
}

func (s *server) reportDuty(ctx context.Context, in *reportIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.ReportDuty{SignOff: in.N, Duty: in.K, Text: in.Body.Text})
}

func (s *server) meet(ctx context.Context, in *meetIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Meet{SignOff: in.N, Duty: in.K, Evidence: in.Body.Evidence})
}

func (s *server) revoke(ctx context.Context, in *revokeIn) (*IssueOut, error) {
	if in.Body.Code == "" {
		return nil, noGround()
	}
	return s.do(ctx, in.OfIssue, approval.Revoke{SignOff: in.N, Code: approval.GroundCode(in.Body.Code), Ground: in.Body.Ground, Reason: in.Body.Reason})
}

func (s *server) reopen(ctx context.Context, in *reopenIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Reopen{SignOffs: in.Body.SignOffs, Reason: in.Body.Reason})
}

func noGround() error {
	return &fault{kind: kindInvalid, field: "code", text: text("请从依据清单（/grounds）中选择。", "Choose a ground from the list at /grounds.")}
}

func (s *server) openDuties(ctx context.Context, checker roster.DepartmentID, in PageIn) (*PageOut[OpenDuty], error) {
	c := callOf(ctx)
	return stored(s, c, fmt.Sprintf("duties?checker=%q", checker), in, func(p approval.Page) ([]approval.OpenDuty, approval.Cursor, error) {
		return s.service.Store().Duties(ctx, approval.DutyQuery{Checker: checker}, p)
	}, s.view(c).openDuty)
}

func (s *server) listDuties(ctx context.Context, in *PageIn) (*PageOut[OpenDuty], error) {
	department, err := approval.OwnInbox(callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	return s.openDuties(ctx, department, *in)
}

func (s *server) listDepartmentDuties(ctx context.Context, in *inboxIn) (*PageOut[OpenDuty], error) {
	department, err := s.inboxOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.openDuties(ctx, department, in.PageIn)
}

func (s *server) getGrounds(context.Context, *struct{}) (*one[Grounds], error) {
	return &one[Grounds]{Grounds{list(approval.ObjectionGrounds, ground), list(approval.RevocationGrounds, ground), list(approval.ToleranceGrounds, ground)}}, nil
}

func ground(g approval.Ground) Ground {
	return Ground{string(g.Code), Name{g.ZH, g.EN}, g.Law, g.Article, g.InWords(), string(g.Of), g.Missed, g.Assumed}
}

func (v view) duties(duties []approval.Duty) []Duty {
	out := []Duty{}
	for k := range duties {
		d := &duties[k]
		o := Duty{
			N: k + 1, Kind: string(cmp.Or(d.Kind, approval.OnPledge)), What: d.What, By: d.By, Checker: v.department(d.Checker),
			State: string(cmp.Or(d.State, approval.DutyOpen)), Late: d.State == approval.DutyMet && calendar.Of(d.SettledAt) > d.By,
			Report: v.word(d.Report), Evidence: d.Evidence, Code: string(d.Code), Ground: d.Ground, Reason: d.Reason, SettledAt: d.SettledAt,
		}
		if d.Tier != "" {
			tier := v.tier(d.Tier)
			o.Tier = &tier
		}
		if d.SettledBy != (approval.Actor{}) {
			by := v.by(d.SettledBy)
			o.SettledBy = &by
		}
		out = append(out, o)
	}
	return out
}

func (v view) openDuty(o approval.OpenDuty) OpenDuty {
	out := OpenDuty{
		Issue: string(o.Issue), Title: o.Title, Project: v.project(o.Project), AsOf: v.today, SignOff: o.SignOff, Duty: o.Duty, Department: v.department(o.Department),
		Kind: string(o.Kind), What: o.What, Due: v.due(approval.Due{On: o.By, Provisional: v.Calendar.Provisional(o.By)}), Missed: v.today > o.By, Report: v.word(o.Report),
	}
	if o.Item != 0 {
		item := v.item(o.Item)
		out.Item = &item
	}
	if o.Matter != "" {
		matter := v.matter(o.Matter)
		out.Matter = &matter
	}
	return out
}

func (v view) revocation(r *approval.Revocation) *Revocation {
	if r == nil {
		return nil
	}
	return &Revocation{string(r.Code), r.Ground, r.Reason, v.by(r.By), r.At}
}

func (v view) closing(c approval.Closing) Closing {
	return Closing{
		c.Round, string(c.Verdict), c.ConcludedAt, c.ConfirmedAt, v.rating(c.Rating), measured(c.Measure), c.ReopenedAt, v.by(c.ReopenedBy), c.Reason,
	}
}

func (v view) rating(r *approval.Rating) *Rating {
	if r == nil {
		return nil
	}
	return &Rating{r.Stars, r.Comment, v.by(r.By), r.At}
}

func measured(m *approval.Measure) *Measure {
	if m == nil {
		return nil
	}
	return &Measure{m.RaisedOn, m.LastOn, m.SpanWorking, m.SpanDays, m.Net, m.Gross}
}
