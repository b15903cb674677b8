package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/measure"
)

// Forecast is when an open issue may finish, in working days from today.
type Forecast struct {
	measure.Foresight
	Text Name `json:"text" doc:"The same in a sentence."`
}

func (a *API) forecasts() {
	if a.figures != nil {
		huma.Register(a.huma, operation("GET", "/issues/{id}/forecast", "forecastIssue", "When the issue may finish, by what became of comparable ones; with a draft, if it were raised now 办结预测", "issues", 200, http.StatusForbidden, http.StatusNotFound, http.StatusConflict), a.forecastIssue)
	}
}

func (s *server) forecastIssue(ctx context.Context, in *idIn) (*one[Forecast], error) {
	issue, err := s.service.Issue(ctx, approval.IssueID(in.ID), callOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	f, open, err := s.figures.Foresee(ctx, &issue)
	if err != nil {
		return nil, err
	}
	if !open {
		return nil, approval.Refuse(approval.Closed, "", "该问题已经办结，不再预测。", "The issue has ended; there is nothing to forecast.")
	}
	zh, en := f.Words()
	return &one[Forecast]{Forecast{f, Name{zh, en}}}, nil
}
