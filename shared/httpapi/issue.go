package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

type (
	issuesIn struct {
		PageIn
		Project  string `query:"project" doc:"The issues of a project, newest first."`
		Drafts   bool   `query:"drafts" doc:"With project: the branch's own drafts instead."`
		District string `query:"district" doc:"The issues of a district that have not ended, reds first, then by last day."`
	}
	issueIn struct {
		ID          string `path:"id"`
		IfNoneMatch string `header:"If-None-Match" doc:"The ETag you have; answered by 304 when it is current."`
	}
	eventsIn struct {
		PageIn
		ID    string `path:"id"`
		After int64  `query:"after" minimum:"0" doc:"Only events with a higher seq."`
	}
	inboxIn struct {
		PageIn
		ID string `path:"id"`
	}
)

// IssueOut carries an issue.
type IssueOut struct {
	Status   int
	ETag     string `header:"ETag" doc:"The issue's version, in quotes."`
	Cache    string `header:"Cache-Control"`
	Location string `header:"Location" doc:"Where a new issue is."`
	Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
	Body     *Issue
}

func (a *API) reading() {
	huma.Register(a.huma, operation("GET", "/issues", "listIssues", "Issues of a project or a district 问题列表", "issues", 200), a.listIssues)
	get := operation("GET", "/issues/{id}", "getIssue", "An issue with its sign-offs 问题详情", "issues", 200, http.StatusNotFound)
	get.Responses = map[string]*huma.Response{"304": {Description: "Not modified"}}
	huma.Register(a.huma, get, a.getIssue)
	huma.Register(a.huma, operation("GET", "/issues/{id}/events", "listEvents", "What happened to an issue 办理过程", "issues", 200, http.StatusNotFound), a.listEvents)
	huma.Register(a.huma, operation("GET", "/inbox", "listInbox", "What the own department owes, by last day 本部门待办", "work", 200, http.StatusForbidden), a.listInbox)
	huma.Register(a.huma, operation("GET", "/departments/{id}/inbox", "listDepartmentInbox", "What a department owes, by last day 部门待办", "work", 200, http.StatusForbidden, http.StatusNotFound), a.listDepartmentInbox)
	huma.Register(a.huma, operation("GET", "/claimed", "listClaimed", "The own claimed work, by last day 本人已认领", "work", 200), a.listClaimed)
	huma.Register(a.huma, operation("GET", "/owed", "listOwed", "What the caller owes, by last day: claimed, asked to sign by name, and of colleagues whom they stand in for 本人应办", "work", 200), a.listOwed)
	huma.Register(a.huma, operation("GET", "/objections", "listObjections", "Issues whose objections or disputed transfers the own tier rules on 待裁定异议和承办争议", "work", 200, http.StatusForbidden), a.listObjections)
}

func (s *server) listIssues(ctx context.Context, in *issuesIn) (*PageOut[Summary], error) {
	c := callOf(ctx)
	q := approval.IssueQuery{Project: roster.ProjectID(in.Project), Drafts: in.Drafts, District: roster.DistrictCode(in.District)}
	switch {
	case (in.Project == "") == (in.District == ""):
		return nil, &fault{kind: kindInvalid, field: "project", text: text("请在 project（项目）和 district（区域）中选填一个。", "Give either project or district.")}
	case in.Drafts && in.Project == "":
		return nil, &fault{kind: kindInvalid, field: "drafts", text: text("草稿须按项目查询，请填写 project。", "Drafts are listed by project; give project too.")}
	}
	if in.Project != "" {
		if _, exists := s.service.Rules().Roster.Project(q.Project); !exists {
			return nil, noProject()
		}
		if q.Drafts && !s.service.Rules().Visible(&approval.Issue{Status: approval.Draft, Project: q.Project}, c.actor) {
			return page[Summary](c, nil, ""), nil // nobody learns whether there are any
		}
	} else if _, ok := s.service.Rules().Roster.District(q.District); !ok {
		return nil, &fault{kind: kindInvalid, field: "district", text: text("没有这个区域，请核对行政区划代码。", "There is no such district; please check the code.")}
	}
	query := fmt.Sprintf("issues?project=%q&drafts=%t&district=%q", in.Project, in.Drafts, in.District)
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	issues, next, err := s.service.Store().Issues(ctx, q, approval.Page{Limit: in.Limit, Cursor: cursor})
	if err != nil {
		return nil, fmt.Errorf("list issues: %w", err)
	}
	v := s.view(c)
	var items []Summary
	for k := range issues {
		if v.Visible(&issues[k], c.actor) {
			items = append(items, v.summary(&issues[k]))
		}
	}
	return page(c, items, s.cursors.seal(query, next)), nil
}

// longestID is longer than any id that was ever given; what is longer is not
// worth asking the store for.
const longestID = 64

func (s *server) load(ctx context.Context, id string) (approval.Issue, error) {
	if len(id) > longestID {
		return approval.Issue{}, approval.NoIssue(approval.IssueID(id[:longestID] + "…"))
	}
	return s.service.Issue(ctx, approval.IssueID(id), callOf(ctx).actor)
}

func (s *server) getIssue(ctx context.Context, in *issueIn) (*IssueOut, error) {
	issue, err := s.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &IssueOut{Status: http.StatusOK, ETag: etag(issue.Version), Cache: "private, no-cache"}
	if in.IfNoneMatch != "" && unchanged(in.IfNoneMatch, issue.Version) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	out.Body = s.view(callOf(ctx)).issue(&issue)
	return out, nil
}

func (s *server) listEvents(ctx context.Context, in *eventsIn) (*PageOut[Event], error) {
	issue, err := s.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	return stored(s, c, fmt.Sprintf("events?issue=%q&after=%d", in.ID, in.After), in.PageIn, func(p approval.Page) ([]approval.Event, approval.Cursor, error) {
		return s.service.Store().Events(ctx, issue.ID, in.After, p)
	}, s.view(c).event)
}

func (s *server) tasks(ctx context.Context, q approval.SignOffQuery, in PageIn) (*PageOut[Task], error) {
	c := callOf(ctx)
	return stored(s, c, fmt.Sprintf("tasks?department=%q&assignee=%q", q.Department, q.Assignee), in, func(p approval.Page) ([]approval.Task, approval.Cursor, error) {
		return s.service.Store().SignOffs(ctx, q, p)
	}, s.view(c).task)
}

func (s *server) listInbox(ctx context.Context, in *PageIn) (*PageOut[Task], error) {
	department, err := approval.OwnInbox(callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	return s.tasks(ctx, approval.SignOffQuery{Department: department}, *in)
}

// inboxOf is a department whose work the caller may read. To people of a department, the work
// of others is not there.
func (s *server) inboxOf(ctx context.Context, id string) (roster.DepartmentID, error) {
	actor := callOf(ctx).actor
	department, ok := s.service.Rules().Roster.Department(roster.DepartmentID(id))
	if own, err := approval.OwnInbox(actor); err == nil && own != department.ID {
		ok = false
	}
	if err := need(ok, "id", "没有这个部门，请核对编号。", "There is no such department; please check the id."); err != nil {
		return "", err
	}
	return department.ID, approval.ReadsInbox(actor, department.ID)
}

func (s *server) listDepartmentInbox(ctx context.Context, in *inboxIn) (*PageOut[Task], error) {
	department, err := s.inboxOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.tasks(ctx, approval.SignOffQuery{Department: department}, in.PageIn)
}

func (s *server) listClaimed(ctx context.Context, in *PageIn) (*PageOut[Task], error) {
	return s.tasks(ctx, approval.SignOffQuery{Assignee: callOf(ctx).actor.Person}, *in)
}

func (s *server) listOwed(ctx context.Context, in *PageIn) (*PageOut[Task], error) {
	c := callOf(ctx)
	tasks, err := s.service.Owed(ctx, c.actor.Person)
	if err != nil {
		return nil, fmt.Errorf("list what is owed: %w", err)
	}
	return slice(s, c, "owed", *in, tasks, s.view(c).task)
}

// reached is where a list over several districts stands: a district, and a place
// in the store's list of it.
type reached struct {
	District int             `json:"d"`
	Cursor   approval.Cursor `json:"c,omitempty"`
}

// leafs is how many pages of the store one page of objections may look through;
// what is not reached comes with the next page.
const leafs = 10

// listObjections looks through the open issues of the districts below the
// caller's unit: what waits for a ruling there is a small part of what is open, and
// has no index of its own.
func (s *server) listObjections(ctx context.Context, in *PageIn) (*PageOut[Summary], error) {
	c := callOf(ctx)
	districts := s.districtsBelow(c.actor)
	if len(districts) == 0 {
		return nil, &fault{kind: kindForbidden, text: text("异议由临时党总支或总指挥部裁定，您当前的岗位没有待裁定的异议。", "Objections are ruled on by a general branch or the headquarters; your post has none to rule on.")}
	}
	query := fmt.Sprintf("objections?unit=%q", c.actor.Unit)
	cursor, err := s.cursors.open(query, in.Cursor)
	if err != nil {
		return nil, err
	}
	var at reached
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil {
			return nil, fmt.Errorf("read an own cursor: %w", err)
		}
	}
	v := s.view(c)
	var items []Summary
	for leaf := 0; leaf < leafs && len(items) < in.Limit && at.District < len(districts); leaf++ {
		issues, next, err := s.service.Store().Issues(ctx, approval.IssueQuery{District: districts[at.District]}, approval.Page{Limit: in.Limit - len(items), Cursor: at.Cursor})
		if err != nil {
			return nil, fmt.Errorf("list objections: %w", err)
		}
		for k := range issues {
			if s.service.Rules().RulesOn(&issues[k], c.actor) || s.service.Rules().AssignsOn(&issues[k], c.actor) {
				items = append(items, v.summary(&issues[k]))
			}
		}
		if at.Cursor = next; next == "" {
			at.District++
		}
	}
	next := ""
	if at.District < len(districts) {
		position, err := json.Marshal(at)
		if err != nil {
			return nil, fmt.Errorf("write a cursor: %w", err)
		}
		next = s.cursors.seal(query, approval.Cursor(position))
	}
	return page(c, items, next), nil
}

// districtsBelow are the districts whose issues can climb to the actor's unit, in
// the roster's order.
func (s *server) districtsBelow(actor approval.Actor) []roster.DistrictCode {
	unit, ok := s.service.Rules().Roster.Branch(roster.BranchID(actor.Unit))
	if !ok || unit.Tier == roster.TierBranch || actor.Role != roster.RoleOf(unit.Tier) {
		return nil
	}
	var districts []roster.DistrictCode
	seen := map[roster.DistrictCode]bool{}
	for _, p := range s.service.Rules().Roster.Projects() {
		branch, ok := s.service.Rules().Roster.BranchOf(p.ID)
		if !ok || seen[p.District] {
			continue
		}
		if up, ok := s.service.Rules().Roster.Up(branch.ID, unit.Tier); ok && up == unit.ID {
			seen[p.District] = true
			districts = append(districts, p.District)
		}
	}
	return districts
}
