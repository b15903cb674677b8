package httpapi

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/saving/eventlog"
)

type eventLogIn struct {
	District string `query:"district" required:"true" doc:"Issues of its projects, and of the districts within."`
	Project  string `query:"project" doc:"Of this project only."`
	Format   string `query:"format" enum:"xes,csv" default:"xes" doc:"xes: IEEE 1849-2016. csv: UTF-8, one row an event."`
}

func (a *API) eventLog() {
	get := operation("GET", "/event-log", "getEventLog", "What happened to raised issues, for process mining: items and acts as activities, persons by their ids 办理事件日志", "oversight", 200, http.StatusForbidden)
	get.Responses = map[string]*huma.Response{
		"200": {Description: "The log, as a file. One that breaks off is not whole.", Content: map[string]*huma.MediaType{
			"application/xml": {Schema: word}, "text/csv": {Schema: word},
		}},
	}
	huma.Register(a.huma, get, a.getEventLog)
}

func (s *server) getEventLog(ctx context.Context, in *eventLogIn) (*huma.StreamResponse, error) {
	c, rules := callOf(ctx), s.service.Rules()
	if !slices.Contains([]roster.Role{roster.Overseer, roster.Bureau}, c.actor.Role) {
		return nil, approval.Refuse(approval.Forbidden, "", "办理事件日志由监督员和重点项目局导出。", "Overseers and the bureau export the event log.")
	}
	district := roster.DistrictCode(in.District)
	if _, ok := rules.Roster.District(district); !ok {
		return nil, &fault{kind: kindInvalid, field: "district", text: text("没有这个区域，请核对行政区划代码。", "There is no such district; please check the code.")}
	}
	var projects []roster.Project
	for _, p := range rules.Roster.Projects() {
		if rules.Roster.Within(p.District, district) && (in.Project == "" || p.ID == roster.ProjectID(in.Project)) {
			projects = append(projects, p)
		}
	}
	if in.Project != "" && len(projects) == 0 {
		return nil, &fault{kind: kindInvalid, field: "project", text: text("该区域没有这个项目，请核对项目编号。", "The district has no such project; please check its id.")}
	}
	cases := s.traces(ctx, rules, projects)
	kind, name, write := "application/xml; charset=utf-8", "lianban-"+in.District+".xes", func(w io.Writer) (int, error) {
		return eventlog.WriteXES(w, "lianban "+in.District, cases)
	}
	if in.Format == "csv" {
		kind, name, write = "text/csv; charset=utf-8", "lianban-"+in.District+".csv", func(w io.Writer) (int, error) {
			return eventlog.WriteCSV(w, cases)
		}
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Disposition", Disposition(name))
		if _, err := write(w); err != nil {
			s.log.ErrorContext(ctx.Context(), "the event log broke off", "error", err)
			// The answer has begun: only a broken connection still says that it is not whole.
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// tracePage is how much is read at a time.
const tracePage = 100

// traces are the raised issues of the projects with their events, read as they are asked for.
func (s *server) traces(ctx context.Context, rules approval.Rules, projects []roster.Project) iter.Seq2[eventlog.Case, error] {
	return func(yield func(eventlog.Case, error) bool) {
		for _, p := range projects {
			for cursor := approval.Cursor(""); ; {
				issues, next, err := s.service.Store().Issues(ctx, approval.IssueQuery{Project: p.ID}, approval.Page{Limit: tracePage, Cursor: cursor})
				if err != nil {
					yield(eventlog.Case{}, fmt.Errorf("list issues of project %s: %w", p.ID, err))
					return
				}
				for k := range issues {
					if one, err := s.trace(ctx, rules, issues[k].ID); !yield(one, err) || err != nil {
						return
					}
				}
				if cursor = next; cursor == "" {
					break
				}
			}
		}
	}
}

func (s *server) trace(ctx context.Context, rules approval.Rules, id approval.IssueID) (eventlog.Case, error) {
	issue, err := s.service.Store().Issue(ctx, id)
	if err != nil {
		return eventlog.Case{}, fmt.Errorf("read issue %s: %w", id, err)
	}
	out := eventlog.Case{ID: string(id), Project: string(issue.Project), District: string(issue.District), Kind: "items"}
	if len(issue.Items) == 0 {
		out.Kind = "matter"
	}
	opened := map[int]bool{}
	for cursor := approval.Cursor(""); ; {
		events, next, err := s.service.Store().Events(ctx, id, 0, approval.Page{Limit: tracePage, Cursor: cursor})
		if err != nil {
			return eventlog.Case{}, fmt.Errorf("read events of issue %s: %w", id, err)
		}
		for k := range events {
			if e := &events[k]; e.Kind != approval.EvDraft {
				out.Events = append(out.Events, activity(rules, &issue, e))
				opened[e.SignOff] = opened[e.SignOff] || e.Kind == approval.EvOpen
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	// What the raising opened, or one event for many, has no event of its own: the sign-off says when.
	for k := range issue.SignOffs {
		if n := &issue.SignOffs[k]; !n.OpenedAt.IsZero() && !opened[n.N] {
			e := approval.Event{Kind: approval.EvOpen, At: n.OpenedAt, By: approval.Machine, SignOff: n.N}
			out.Events = append(out.Events, activity(rules, &issue, &e))
		}
	}
	return out, nil
}

// activity is an event as process mining takes it. What moves a sign-off on is a transition of the activity that is named as its
// subject; everything else is an activity of its own, by the event's kind.
func activity(rules approval.Rules, i *approval.Issue, e *approval.Event) eventlog.Event {
	out := eventlog.Event{Activity: e.Kind, At: e.At, Resource: string(e.By.Person), Role: string(e.By.Role), Department: e.By.Unit}
	signOff := i.SignOff(e.SignOff)
	if e.SignOff == 0 || signOff == nil {
		return out
	}
	out.Instance, out.Item = fmt.Sprint(e.SignOff), rules.Subject(signOff).ZH
	switch e.Kind {
	case approval.EvOpen:
		out.Transition, out.Department = eventlog.Schedule, string(signOff.Department)
	case approval.EvClaim:
		out.Transition = eventlog.Start
	case approval.EvReassign, approval.EvTransfer, approval.EvSendBack, approval.EvAssign, approval.EvFollow:
		out.Transition = eventlog.Reassign
	case approval.EvRequest, approval.EvStop:
		out.Transition = eventlog.Suspend
	case approval.EvAnswer, approval.EvEndStop, approval.EvStopEnds:
		out.Transition = eventlog.Resume
	case approval.EvApprove, approval.EvCommit, approval.EvCondition, approval.EvGaps, approval.EvObject:
		out.Transition, out.Outcome = eventlog.Complete, e.Kind
	default:
		return out
	}
	out.Activity = out.Item
	return out
}
