package states

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"lianban/shared/engine"
)

// mostData is the largest input or output, as the API counts it.
const mostData = 262144

type startIn struct {
	ARN   string  `json:"stateMachineArn"`
	Name  *string `json:"name"`
	Input *string `json:"input"`
}

type startOut struct {
	ARN       string `json:"executionArn"`
	StartedAt epoch  `json:"startDate"`
}

func (s *Server) startExecution(ctx context.Context, in *startIn) (*startOut, error) {
	name, input := uuid.NewString(), "{}"
	if in.Name != nil {
		name = *in.Name
	}
	if in.Input != nil {
		input = *in.Input
	}
	if err := validName(name); err != nil {
		return nil, err
	}
	if len(input) > mostData {
		return nil, invalid("Value at 'input' failed to satisfy constraint: Member must have length less than or equal to %d", mostData)
	}
	if !json.Valid([]byte(input)) {
		return nil, errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: 'not JSON'")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, v, err := s.find(in.ARN)
	if err != nil {
		return nil, err
	}
	x := m.executions[name]
	known := x != nil
	if !known {
		x = &execution{machine: m, revision: m.revisions[len(m.revisions)-1], name: name, input: input}
		if v != nil {
			x.revision, x.version = v.revision, v.number
		}
	}
	started, err := x.revision.engine.Start(ctx, m.name, name, []byte(input))
	if _, ok := errors.AsType[*engine.AlreadyExistsError](err); ok {
		return nil, errorf("ExecutionAlreadyExists", "Execution Already Exists: '%s'", x.arn(s))
	}
	if e, ok := errors.AsType[*engine.InvalidDataError](err); ok {
		return nil, errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", e)
	}
	if err != nil {
		return nil, err
	}
	if !known {
		x.startedAt = started.StartedAt
		m.executions[name] = x
		m.order = append(m.order, x)
	}
	return &startOut{x.arn(s), epoch(x.startedAt)}, nil
}

type executionIn struct {
	ARN   string `json:"executionArn"`
	Error string `json:"error"`
	Cause string `json:"cause"`
}

type executionOut struct {
	ARN           string         `json:"executionArn"`
	Machine       string         `json:"stateMachineArn"`
	Version       string         `json:"stateMachineVersionArn,omitempty"`
	Name          string         `json:"name"`
	Status        string         `json:"status"`
	StartedAt     epoch          `json:"startDate"`
	EndedAt       *epoch         `json:"stopDate,omitempty"`
	Input         string         `json:"input,omitempty"`
	InputDetails  map[string]any `json:"inputDetails,omitempty"`
	Output        *string        `json:"output,omitempty"`
	OutputDetails map[string]any `json:"outputDetails,omitempty"`
	Error         string         `json:"error,omitempty"`
	Cause         string         `json:"cause,omitempty"`
	Redrives      int            `json:"redriveCount"`
	Redrive       string         `json:"redriveStatus,omitempty"`
	RedriveReason string         `json:"redriveStatusReason,omitempty"`
}

func (s *Server) item(x *execution, d *engine.Description) executionOut {
	return executionOut{
		ARN: x.arn(s), Machine: x.machine.arn(s), Version: x.machine.versionARN(s, x.version), Name: x.name,
		Status: string(d.Status), StartedAt: epoch(x.startedAt), EndedAt: epochOf(d.EndedAt),
	}
}

func (s *Server) describeExecution(ctx context.Context, in *executionIn) (*executionOut, error) {
	x, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	d, err := s.Describe(ctx, in.ARN)
	if err != nil {
		return nil, err
	}
	out := s.item(x, &d)
	included := map[string]any{"included": true}
	out.Input, out.InputDetails = x.input, included
	if d.Status == engine.Succeeded {
		text := string(d.Output)
		out.Output, out.OutputDetails = &text, included
	}
	out.Error, out.Cause = d.Error, d.Cause
	out.Redrive, out.RedriveReason = "NOT_REDRIVABLE", "executions are not redriven here"
	return &out, nil
}

func (s *Server) describeStateMachineForExecution(_ context.Context, in *executionIn) (*machineOut, error) {
	x, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.machineOut(x.machine, x.revision)
	out.UpdatedAt = epochOf(x.revision.createdAt)
	return &out, nil
}

type stopOut struct {
	EndedAt epoch `json:"stopDate"`
}

func (s *Server) stopExecution(ctx context.Context, in *executionIn) (*stopOut, error) {
	x, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	if len(in.Error) > 256 || len(in.Cause) > 32768 {
		return nil, invalid("error or cause is too long")
	}
	if err := x.revision.engine.Abort(ctx, engine.ExecutionID(x.machine.name, x.name), in.Error, in.Cause); err != nil {
		return nil, err
	}
	d, err := s.Describe(ctx, in.ARN)
	if err != nil {
		return nil, err
	}
	return &stopOut{epoch(d.EndedAt)}, nil
}

type listIn struct {
	ARN    string `json:"stateMachineArn"`
	Status string `json:"statusFilter"`
	Limit  int    `json:"maxResults"`
	Next   string `json:"nextToken"`
}

type listOut struct {
	Executions []executionOut `json:"executions"`
	Next       string         `json:"nextToken,omitempty"`
}

func (s *Server) listExecutions(ctx context.Context, in *listIn) (*listOut, error) {
	if !slices.Contains([]string{"", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"}, in.Status) {
		return nil, invalid("Value '%s' at 'statusFilter' failed to satisfy constraint", in.Status)
	}
	s.mu.Lock()
	m, v, err := s.find(in.ARN)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	var newest []*execution
	for _, x := range slices.Backward(m.order) {
		if v == nil || x.version == v.number {
			newest = append(newest, x)
		}
	}
	s.mu.Unlock()
	var items []executionOut
	for _, x := range newest {
		d, err := s.Describe(ctx, x.arn(s))
		if err != nil {
			return nil, err
		}
		if in.Status == "" || in.Status == string(d.Status) {
			items = append(items, s.item(x, &d))
		}
	}
	page, next, err := paged(items, in.Limit, in.Next)
	if err != nil {
		return nil, err
	}
	if page == nil {
		page = []executionOut{}
	}
	return &listOut{page, next}, nil
}

// paged cuts one page of a list; a token is the place where the next one begins.
func paged[T any](all []T, limit int, token string) ([]T, string, error) {
	if limit < 0 || limit > 1000 {
		return nil, "", invalid("Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 0 and 1000", limit)
	}
	if limit == 0 {
		limit = 100
	}
	from := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(all) {
			return nil, "", errorf("InvalidToken", "Invalid Token: '%s'", token)
		}
		from = n
	}
	to := min(from+limit, len(all))
	if to == len(all) {
		return all[from:to], "", nil
	}
	return all[from:to], strconv.Itoa(to), nil
}

type historyIn struct {
	ARN     string `json:"executionArn"`
	Limit   int    `json:"maxResults"`
	Reverse bool   `json:"reverseOrder"`
	Next    string `json:"nextToken"`
	Data    *bool  `json:"includeExecutionData"`
}

type historyOut struct {
	Events []map[string]any `json:"events"`
	Next   string           `json:"nextToken,omitempty"`
}

func (s *Server) getExecutionHistory(ctx context.Context, in *historyIn) (*historyOut, error) {
	events, err := s.History(ctx, in.ARN)
	if err != nil {
		return nil, err
	}
	if in.Reverse {
		slices.Reverse(events)
	}
	page, next, err := paged(events, in.Limit, in.Next)
	if err != nil {
		return nil, err
	}
	x, err := s.execution(in.ARN)
	if err != nil {
		return nil, err
	}
	out := &historyOut{Events: make([]map[string]any, len(page)), Next: next}
	for k := range page {
		text, err := json.Marshal(page[k])
		if err != nil {
			return nil, err
		}
		event := map[string]any{}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&event); err != nil {
			return nil, err
		}
		event["timestamp"] = epoch(page[k].Timestamp)
		for key, value := range event {
			details, ok := value.(map[string]any)
			if !ok {
				continue
			}
			if key == "taskScheduledEventDetails" {
				details["region"] = s.cfg.Region
			}
			if key == "executionStartedEventDetails" {
				details["roleArn"] = x.machine.role
				if x.version != 0 {
					details["stateMachineVersionArn"] = x.machine.versionARN(s, x.version)
				}
			}
			if in.Data != nil && !*in.Data {
				for _, field := range []string{"input", "output", "parameters", "inputDetails", "outputDetails"} {
					delete(details, field)
				}
			}
		}
		out.Events[k] = event
	}
	return out, nil
}

// Tokens.

type tokenIn struct {
	Token  string  `json:"taskToken"`
	Output *string `json:"output"`
	Error  string  `json:"error"`
	Cause  string  `json:"cause"`
}

// engineOf finds the engine that gave a token.
func (s *Server) engineOf(token string) (*engine.Engine, error) {
	if token == "" || len(token) > 2048 {
		return nil, invalid("Value at 'taskToken' failed to satisfy constraint: Member must have length between 1 and 2048")
	}
	bad := errorf("InvalidToken", "Invalid Token: 'Invalid token'")
	first, _, _ := strings.Cut(token, "-")
	id, err := strconv.ParseInt(strings.TrimPrefix(first, "t"), 36, 64)
	if err != nil || !strings.HasPrefix(first, "t") || id < 1 {
		return nil, bad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number := id >> shift; number < int64(len(s.revisions)) {
		return s.revisions[number].engine, nil
	}
	return nil, bad
}

func tokenError(err error) error {
	if _, ok := errors.AsType[*engine.InvalidTokenError](err); ok {
		return errorf("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	if _, ok := errors.AsType[*engine.TaskTimedOutError](err); ok {
		return errorf("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	}
	if e, ok := errors.AsType[*engine.InvalidDataError](err); ok {
		return errorf("InvalidOutput", "Invalid Output: '%v'", e)
	}
	return err
}

func (s *Server) sendTaskSuccess(ctx context.Context, in *tokenIn) (*empty, error) {
	e, err := s.engineOf(in.Token)
	if err != nil {
		return nil, err
	}
	if in.Output == nil {
		return nil, invalid("Value null at 'output' failed to satisfy constraint: Member must not be null")
	}
	if len(*in.Output) > mostData {
		return nil, invalid("Value at 'output' failed to satisfy constraint: Member must have length less than or equal to %d", mostData)
	}
	if !json.Valid([]byte(*in.Output)) {
		return nil, errorf("InvalidOutput", "Invalid Output: 'Invalid JSON'")
	}
	return &empty{}, tokenError(e.Succeed(ctx, in.Token, []byte(*in.Output)))
}

func (s *Server) sendTaskFailure(ctx context.Context, in *tokenIn) (*empty, error) {
	e, err := s.engineOf(in.Token)
	if err != nil {
		return nil, err
	}
	if len(in.Error) > 256 || len(in.Cause) > 32768 {
		return nil, invalid("error or cause is too long")
	}
	return &empty{}, tokenError(e.Fail(ctx, in.Token, in.Error, in.Cause))
}

func (s *Server) sendTaskHeartbeat(ctx context.Context, in *tokenIn) (*empty, error) {
	e, err := s.engineOf(in.Token)
	if err != nil {
		return nil, err
	}
	return &empty{}, tokenError(e.Heartbeat(ctx, in.Token))
}
