// Package handler is the one set of workflow-task handlers: what the state
// machine's functions do, the same on Lambda and in the one process.
//
// It must not know which of the two calls it: no environment, no client, no
// clock. A task comes in and goes out as JSON on both sides, and its error is
// named in one place, [ErrorName], because a state machine's Retry and Catch
// match that name.
//
// Inputs and outputs are contracts with executions that are already running:
// fields are added, never renamed or used anew. Step Functions may call twice,
// so every handler is harmless when repeated.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"lianban/shared/approval"
)

// Set holds the handlers.
type Set struct{ approvals *approval.Service }

// New makes the set on a service.
func New(approvals *approval.Service) *Set { return &Set{approvals} }

// RoundIn names a round of an issue.
type RoundIn struct {
	Issue approval.IssueID `json:"issue"`
	Round int              `json:"round"`
}

// AskIn asks one department, and carries the token that its answer completes.
type AskIn struct {
	Issue approval.IssueID `json:"issue"`
	Round int              `json:"round"`
	Ask   approval.Asking  `json:"ask"`
	Token string           `json:"token,omitempty"`
}

// ConsultIn holds a round for people who are not a department: those who rule
// on objections ("consultation"), or an operator ("operator") when something
// went wrong that nobody expected.
type ConsultIn struct {
	Issue approval.IssueID `json:"issue"`
	Round int              `json:"round"`
	For   string           `json:"for"`
	Error Failure          `json:"error"`
	Token string           `json:"token"`
}

// Failure is what a state machine's Catch was given.
type Failure struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Done says that a task only had to be carried out.
type Done struct{}

// CloseOut is the issue's status after its round ended.
type CloseOut struct {
	Status approval.Status `json:"status"`
}

// RouteIssue opens a round.
func (s *Set) RouteIssue(ctx context.Context, in RoundIn) (approval.Tally, error) {
	return s.approvals.Route(ctx, in.Issue, in.Round)
}

// AskDepartment leaves the token with the sign-off.
func (s *Set) AskDepartment(ctx context.Context, in AskIn) (Done, error) {
	return Done{}, s.approvals.Ask(ctx, in.Issue, in.Round, in.Ask, in.Token)
}

// CheckClock turns a sign-off's light and says how long to wait next.
func (s *Set) CheckClock(ctx context.Context, in AskIn) (approval.Asking, error) {
	return s.approvals.CheckClock(ctx, in.Issue, in.Round, in.Ask.SignOff)
}

// Tally sums a round up.
func (s *Set) Tally(ctx context.Context, in RoundIn) (approval.Tally, error) {
	return s.approvals.Tally(ctx, in.Issue, in.Round)
}

// Consult leaves the token with those who have to decide.
func (s *Set) Consult(ctx context.Context, in ConsultIn) (Done, error) {
	switch in.For {
	case "consultation":
		return Done{}, s.approvals.Consult(ctx, in.Issue, in.Round, in.Token)
	case "operator":
		return Done{}, s.approvals.Hold(ctx, in.Issue, in.Round, in.Token, in.Error.Error, in.Error.Cause)
	}
	return Done{}, fmt.Errorf("field \"for\" is %q; it takes consultation or operator", in.For)
}

// CloseIssue ends a round.
func (s *Set) CloseIssue(ctx context.Context, in RoundIn) (CloseOut, error) {
	status, err := s.approvals.Close(ctx, in.Issue, in.Round)
	return CloseOut{status}, err
}

func wrap[In, Out any](name string, f func(context.Context, In) (Out, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, fmt.Errorf("%s: read input: %w", name, err)
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return json.Marshal(out)
	}
}

// Functions are the handlers by the name that the state machine's tokens use.
func (s *Set) Functions() map[string]func(ctx context.Context, payload []byte) ([]byte, error) {
	return map[string]func(ctx context.Context, payload []byte) ([]byte, error){
		"RouteIssue":    wrap("RouteIssue", s.RouteIssue),
		"AskDepartment": wrap("AskDepartment", s.AskDepartment),
		"CheckClock":    wrap("CheckClock", s.CheckClock),
		"Tally":         wrap("Tally", s.Tally),
		"Consult":       wrap("Consult", s.Consult),
		"CloseIssue":    wrap("CloseIssue", s.CloseIssue),
	}
}

// Names are the handlers' names, sorted.
func Names() []string {
	var names []string
	for name := range New(nil).Functions() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ErrorName is the name that a Retry or Catch of the state machine matches.
// Whoever runs a handler converts with it as the last step.
func ErrorName(err error) string {
	if e, ok := errors.AsType[*approval.Error](err); ok {
		return "Approval." + string(e.Kind)
	}
	return "Internal"
}
