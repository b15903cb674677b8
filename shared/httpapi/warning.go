package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

// Warning is a fact that somebody has to look at 预警.
type Warning struct {
	Key        string        `json:"key" doc:"Names the warning and its facts: when they change it is another one."`
	Kind       string        `json:"kind" enum:"overdue,near_due,untouched,supplements,extensions,missed_duty,interest,rotation,term_ending,term_over,no_secretary,no_branch"`
	Issue      string        `json:"issue,omitempty" doc:"Absent when it is about no single issue: about the register, or what a department does across issues."`
	Title      string        `json:"title,omitempty"`
	SignOff    int           `json:"signOff,omitempty"`
	Department *Ref          `json:"department,omitempty"`
	Branch     *Ref          `json:"branch,omitempty"`
	Project    *Ref          `json:"project,omitempty"`
	Person     *Ref          `json:"person,omitempty"`
	Since      calendar.Date `json:"since" format:"date"`
	Text       Name          `json:"text"`
	Disposal   *Disposal     `json:"disposal,omitempty" doc:"What was made of it 处置; absent while it is open."`
}

// Disposal is what was made of a warning.
type Disposal struct {
	As   string    `json:"as" enum:"handled,explained,false_alarm"`
	Text string    `json:"text"`
	By   Actor     `json:"by"`
	At   time.Time `json:"at"`
}

// DisposeWarning disposes of a warning.
type DisposeWarning struct {
	Key  string `json:"key"`
	As   string `json:"as" enum:"handled,explained,false_alarm" doc:"handled 已处理: the general branch or headquarters (of what concerns no branch, the bureau); explained 已说明: the lead of the department; false_alarm 误报: an overseer."`
	Text string `json:"text" doc:"At most 500 characters."`
}

// DisposeRegisterWarning disposes of a warning about no single issue.
type DisposeRegisterWarning struct {
	DisposeWarning
	District string `json:"district"`
}

// DisposalOut carries a disposal.
type DisposalOut struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
	Body     Disposal
}

type (
	warningsIn struct {
		Limit    int    `query:"limit" minimum:"1" maximum:"20" default:"20" doc:"How many issues are looked at; each may have several warnings or none."`
		Cursor   string `query:"cursor" doc:"Where to go on: next of the page before. Empty for the first page."`
		District string `query:"district" required:"true"`
	}
	disposeWarningIn struct {
		OfIssue
		Body DisposeWarning
	}
	disposeRegisterIn struct {
		Key
		Body DisposeRegisterWarning
	}
)

func (a *API) warnings() {
	huma.Register(a.huma, operation("GET", "/warnings", "listWarnings", "Warnings of a district: on the first page about the register, about what departments do again and again, and about duties missed in ended issues; then about its open issues 预警列表", "oversight", 200, http.StatusForbidden), a.listWarnings)
	huma.Register(a.huma, ofIssue("/warnings", "disposeWarning", "Dispose of a warning about an issue 预警处置"), a.disposeWarning)
	huma.Register(a.huma, change("/warnings", "disposeRegisterWarning", "Dispose of a warning about no single issue 名册与部门预警处置", "oversight", 200, http.StatusNotFound), a.disposeRegisterWarning)
}

func (s *server) listWarnings(ctx context.Context, in *warningsIn) (*PageOut[Warning], error) {
	c := callOf(ctx)
	v := s.view(c)
	if !oversight.Looks(c.actor.Role) {
		return nil, approval.Refuse(approval.Forbidden, "", "预警由监督员、重点项目局、上级党组织和部门负责人查看。", "Overseers, the bureau, the tiers above branches and leads look at warnings.")
	}
	district := roster.DistrictCode(in.District)
	if _, ok := v.Roster.District(district); !ok {
		return nil, &fault{kind: kindInvalid, field: "district", text: text("没有这个区域，请核对行政区划代码。", "There is no such district; please check the code.")}
	}
	query := fmt.Sprintf("warnings?district=%q", in.District)
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	var items []Warning
	if in.Cursor == "" {
		made := map[string]approval.Disposal{}
		if s.disposals != nil {
			if made, err = s.disposals.Of(ctx, district); err != nil {
				return nil, err
			}
		}
		general, err := oversight.General(ctx, s.service, district)
		if err != nil {
			return nil, err
		}
		for _, w := range general {
			if !oversight.Sees(v.Roster, &w, c.actor) {
				continue
			}
			out := v.warning(w)
			if d, ok := made[w.Key]; ok {
				out.Disposal = v.disposal(&d)
			}
			items = append(items, out)
		}
		missed, err := oversight.Missed(ctx, s.service, district)
		if err != nil {
			return nil, err
		}
		for k := range missed {
			items = append(items, v.warningsOf(&missed[k])...)
		}
	}
	issues, next, err := s.service.Store().Issues(ctx, approval.IssueQuery{District: district}, approval.Page{Limit: in.Limit, Cursor: cursor})
	if err != nil {
		return nil, fmt.Errorf("list issues: %w", err)
	}
	for k := range issues {
		issue, err := s.service.Store().Issue(ctx, issues[k].ID)
		if err != nil {
			return nil, fmt.Errorf("read an issue of the list: %w", err)
		}
		items = append(items, v.warningsOf(&issue)...)
	}
	return page(c, items, s.cursors.seal(query, next)), nil
}

// warningsOf are an issue's warnings that the caller looks at.
func (v view) warningsOf(i *approval.Issue) []Warning {
	all := []Warning{}
	if i.Status == approval.Draft {
		return all
	}
	for _, w := range oversight.OfIssue(v.Rules, i, v.today) {
		if oversight.Sees(v.Roster, &w, v.actor) {
			out := v.warning(w)
			out.Issue, out.Title, out.Disposal = string(i.ID), i.Title, v.disposal(i.Disposed(w.Key))
			all = append(all, out)
		}
	}
	return all
}

func (v view) warning(w oversight.Warning) Warning {
	out := Warning{
		Key: w.Key, Kind: string(w.Kind), SignOff: w.SignOff, Department: v.unit(string(w.Department)), Branch: v.unit(string(w.Branch)),
		Person: v.person(w.Person), Since: w.Since, Text: Name{w.Text.ZH, w.Text.EN},
	}
	if w.Project != "" {
		project := v.project(w.Project)
		out.Project = &project
	}
	return out
}

func (v view) disposal(d *approval.Disposal) *Disposal {
	if d == nil {
		return nil
	}
	return &Disposal{string(d.As), d.Text, v.by(d.By), d.At}
}

func (s *server) disposeWarning(ctx context.Context, in *disposeWarningIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.DisposeWarning{Key: in.Body.Key, As: approval.DisposalAs(in.Body.As), Text: in.Body.Text, Find: oversight.Find})
}

func (s *server) disposeRegisterWarning(ctx context.Context, in *disposeRegisterIn) (*DisposalOut, error) {
	c := callOf(ctx)
	if s.disposals == nil {
		return nil, approval.NoWarning()
	}
	district := roster.DistrictCode(in.Body.District)
	today, err := oversight.General(ctx, s.service, district)
	if err != nil {
		return nil, err
	}
	made, repeated, err := s.disposals.Dispose(ctx, s.service.Rules().Roster, district, today,
		approval.Disposal{Key: in.Body.Key, As: approval.DisposalAs(in.Body.As), Text: in.Body.Text}, approval.Call{Actor: c.actor, Key: c.key, Digest: c.digest})
	if err != nil {
		return nil, err
	}
	out := &DisposalOut{Body: *s.view(c).disposal(&made)}
	if repeated {
		out.Replayed = "true"
	}
	return out, nil
}
