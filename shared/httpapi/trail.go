package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/calendar"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

// Happening is an event that an overseer looks at 监督事项.
type Happening struct {
	Issue      string    `json:"issue"`
	Title      string    `json:"title"`
	Project    Ref       `json:"project"`
	Seq        int64     `json:"seq" doc:"The event's number in its issue."`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	Concern    string    `json:"concern,omitempty" doc:"Absent for an event of the plain course, which is listed only within an issue."`
	By         Actor     `json:"by"`
	Department *Ref      `json:"department,omitempty" doc:"Whose sign-off it is about, or else whose person did it."`
	Event      *Event    `json:"event,omitempty" doc:"As it stands in the issue's trail. Absent when the trail does not hold it: have the chain checked."`
}

// ChainCheck is what a check of an audit chain found 审计链核验结果.
type ChainCheck struct {
	Issue  string `json:"issue"`
	Title  string `json:"title"`
	Events int    `json:"events" doc:"How many were checked."`
	Sound  bool   `json:"sound" doc:"Every event is there, in its place, and as it was written."`
	At     int64  `json:"at,omitempty" doc:"The number of the first event at fault; absent when it is the trail as a whole."`
	Fault  *Name  `json:"fault,omitempty" doc:"What is wrong."`
}

type trailIn struct {
	PageIn
	From       string `query:"from" format:"date" doc:"First day."`
	Until      string `query:"until" format:"date" doc:"Last day, included."`
	Person     string `query:"person" doc:"Who did it."`
	Department string `query:"department" doc:"Whose sign-off it is about, or whose person did it."`
	Concern    string `query:"concern" enum:"pause,extension,override,skip,reopen,revoke,relax,dissent,hand,climb,tolerance,note,interfering" doc:"pause 停表与补正, extension 延期, override 裁定, skip 越级提级, reopen 重新办理, revoke 撤销同意, relax 承诺与容缺, dissent 异议与会商, hand 转办与回避, climb 督办与提级, tolerance 容错认定, note 监督意见, interfering 系统处理."`
	Kind       string `query:"kind" doc:"Of this kind only, as in an event's kind."`
	Issue      string `query:"issue" doc:"Within this issue, where events of the plain course are listed too."`
}

func (in *trailIn) search() (q oversight.Search, err error) {
	q.Issue = approval.IssueID(in.Issue)
	q.Person, q.Department, q.Concern, q.Kind = roster.PersonID(in.Person), roster.DepartmentID(in.Department), approval.Concern(in.Concern), in.Kind
	for _, d := range []struct {
		field, text string
		into        *calendar.Date
	}{{"from", in.From, &q.From}, {"until", in.Until, &q.Until}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = calendar.Parse(d.text); err != nil {
			return q, &fault{kind: kindInvalid, field: d.field, text: text("日期请按 2026-03-02 的格式填写。", "Write a day as 2026-03-02.")}
		}
	}
	if len(in.Issue) > longestID {
		q.Issue = q.Issue[:longestID]
	}
	return q, nil
}

func (a *API) auditTrail() {
	huma.Register(a.huma, operation("GET", "/audit-trail", "listHappenings", "What departed from the plain course in all issues, the latest first; a page may be empty and have a next 审计台账", "oversight", 200, http.StatusForbidden), a.listHappenings)
	if a.chains == nil {
		return
	}
	huma.Register(a.huma, operation("GET", "/audit-trail/chains", "checkChains", "Check the audit chains of the issues that a page of the audit trail is about 核验台账所列问题的审计链", "oversight", 200, http.StatusForbidden), a.checkChains)
	huma.Register(a.huma, operation("GET", "/issues/{id}/chain", "checkChain", "Check the audit chain of an issue 核验审计链", "oversight", 200, http.StatusForbidden, http.StatusNotFound), a.checkChain)
}

// found is a page of what is looked for, and the caller's cursor for the next.
func (s *server) found(ctx context.Context, in *trailIn) ([]oversight.Found, string, error) {
	q, err := in.search()
	if err != nil {
		return nil, "", err
	}
	query := fmt.Sprintf("audit trail?%+v", q)
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, "", err
	}
	before, _ := oversight.PlaceAt(string(cursor)) // only this function seals cursors for this query
	list, next, err := oversight.Trail(ctx, s.service, callOf(ctx).actor, q, before, in.Limit)
	if err != nil {
		return nil, "", fmt.Errorf("look through the audit trails: %w", err)
	}
	return list, s.cursors.seal(query, approval.Cursor(oversight.Cursor(next))), nil
}

func (s *server) listHappenings(ctx context.Context, in *trailIn) (*PageOut[Happening], error) {
	found, next, err := s.found(ctx, in)
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	v := s.view(c)
	return page(c, list(found, func(f oversight.Found) Happening {
		out := Happening{
			Issue: string(f.Issue), Title: f.In.Title, Project: v.project(f.Project), Seq: f.Seq, At: f.At, Kind: f.Kind, Concern: string(f.Concern),
			By: v.by(f.By), Department: v.unit(string(f.Department)),
		}
		if f.Event != nil {
			e := v.event(*f.Event)
			out.Event = &e
		}
		return out
	}), next), nil
}

func (s *server) checkChains(ctx context.Context, in *trailIn) (*PageOut[ChainCheck], error) {
	found, next, err := s.found(ctx, in)
	if err != nil {
		return nil, err
	}
	checked, err := oversight.Verify(ctx, s.chains, found)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for k := range found {
		titles[string(found[k].Issue)] = found[k].In.Title
	}
	return page(callOf(ctx), list(checked, func(c audit.Checked) ChainCheck { return chainCheck(&c, titles[c.Subject]) }), next), nil
}

func (s *server) checkChain(ctx context.Context, in *idIn) (*one[ChainCheck], error) {
	if err := oversight.Audits(callOf(ctx).actor); err != nil {
		return nil, err
	}
	issue, err := s.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	checked, err := audit.CheckOne(ctx, s.chains, string(issue.ID))
	if err != nil {
		return nil, err
	}
	return &one[ChainCheck]{chainCheck(&checked, issue.Title)}, nil
}

func chainCheck(c *audit.Checked, title string) ChainCheck {
	out := ChainCheck{Issue: c.Subject, Title: title, Events: c.Events, Sound: c.Fault == nil}
	if f := c.Fault; f != nil {
		out.At, out.Fault = f.Event, &Name{f.Text.ZH, f.Text.EN}
	}
	return out
}
