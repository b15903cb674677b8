package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
)

func (a *API) timelines() {
	huma.Register(a.huma, operation("GET", "/issues/{id}/timeline", "timelineIssue", "Plan, course, stops and overruns of every sign-off, the longest path, and the same limits in turn, which are an upper bound 横道图", "issues", 200, http.StatusForbidden, http.StatusNotFound), a.timelineIssue)
}

func (s *server) timelineIssue(ctx context.Context, in *idIn) (*one[approval.Timeline], error) {
	issue, err := s.service.Issue(ctx, approval.IssueID(in.ID), callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	line, err := s.service.Rules().Timeline(&issue, s.service.Today())
	if err != nil {
		return nil, err
	}
	return &one[approval.Timeline]{line}, nil
}
