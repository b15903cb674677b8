package states_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"lianban/infra/rehearsal/states"
	"lianban/shared/engine"
)

const asking = `{
  "Comment": "Asks and waits.",
  "StartAt": "Ask",
  "States": {
    "Ask": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
      "Parameters": {
        "FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:ask",
        "Payload": {
          "token.$": "$$.Task.Token",
          "input.$": "$"
        }
      },
      "TimeoutSeconds": 3600,
      "HeartbeatSeconds": 600,
      "Catch": [
        {
          "ErrorEquals": ["Approval.Recheck"],
          "ResultPath": "$.woken",
          "Next": "Woken"
        }
      ],
      "End": true
    },
    "Woken": {
      "Type": "Pass",
      "End": true
    }
  }
}`

// service is a server on a clock that stands, with a client of the real SDK.
type service struct {
	*sfn.Client
	server *states.Server

	mu     sync.Mutex
	now    time.Time
	tokens []string
	calls  []string
}

func (s *service) invoke(_ context.Context, function string, payload []byte) ([]byte, error) {
	var in struct {
		Token string `json:"token"`
		Input struct {
			Fail string `json:"fail"`
		} `json:"input"`
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, function)
	s.tokens = append(s.tokens, in.Token)
	if in.Input.Fail != "" {
		return nil, &engine.FunctionError{Name: in.Input.Fail, Cause: "as asked"}
	}
	return []byte("{}"), nil
}

func (s *service) token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[len(s.tokens)-1]
}

func serve(t *testing.T) *service {
	t.Helper()
	s := &service{now: time.Date(2026, 3, 2, 1, 0, 0, 123e6, time.UTC)}
	s.server = states.New(states.Config{Invoke: s.invoke, Now: func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	}})
	web := httptest.NewServer(s.server)
	t.Cleanup(web.Close)
	s.Client = sfn.New(sfn.Options{
		BaseEndpoint: aws.String(web.URL), Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "rehearsal", SecretAccessKey: "rehearsal"}, nil
		}),
	})
	return s
}

func (s *service) settle(t *testing.T) {
	t.Helper()
	if err := s.server.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *service) forward(t *testing.T, d time.Duration) {
	t.Helper()
	s.mu.Lock()
	s.now = s.now.Add(d)
	s.mu.Unlock()
	if err := s.server.Wake(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
}

// must takes the result of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func (s *service) create(t *testing.T) *sfn.CreateStateMachineOutput {
	t.Helper()
	return must[*sfn.CreateStateMachineOutput](t)(s.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("asking"), Definition: aws.String(asking), RoleArn: aws.String("arn:aws:iam::000000000000:role/r"), Publish: true,
	}))
}

func (s *service) start(t *testing.T, machine *string, name, input string) *string {
	t.Helper()
	out := must[*sfn.StartExecutionOutput](t)(s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine, Name: &name, Input: &input}))
	if !out.StartDate.Equal(s.now) {
		t.Errorf("started at %v, not %v", out.StartDate, s.now)
	}
	s.settle(t)
	return out.ExecutionArn
}

func (s *service) status(t *testing.T, arn *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	return must[*sfn.DescribeExecutionOutput](t)(s.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: arn}))
}

func TestCompletesATokenFromStartToHistory(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	arn := s.start(t, machine.StateMachineVersionArn, "one", `{"b":1,"a":2}`)
	if *arn != "arn:aws:states:us-east-1:000000000000:execution:asking:one" {
		t.Errorf("the execution is %s", *arn)
	}
	d := s.status(t, arn)
	if d.Status != types.ExecutionStatusRunning || d.StopDate != nil || *d.Input != `{"b":1,"a":2}` || *d.StateMachineVersionArn != *machine.StateMachineVersionArn {
		t.Errorf("running: %+v", d)
	}
	s.forward(t, 5*time.Minute)
	must[*sfn.SendTaskHeartbeatOutput](t)(s.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: aws.String(s.token())}))
	s.forward(t, 9*time.Minute)
	must[*sfn.SendTaskSuccessOutput](t)(s.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: aws.String(s.token()), Output: aws.String(`{"done":true}`)}))
	s.settle(t)
	d = s.status(t, arn)
	if d.Status != types.ExecutionStatusSucceeded || *d.Output != `{"done":true}` || !d.StopDate.Equal(s.now) {
		t.Errorf("ended: %+v", d)
	}

	var all []string
	var next *string
	for {
		h := must[*sfn.GetExecutionHistoryOutput](t)(s.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: arn, MaxResults: 3, NextToken: next}))
		for _, e := range h.Events {
			all = append(all, string(e.Type))
			if e.Timestamp == nil || e.Timestamp.Before(s.now.Add(-time.Hour)) {
				t.Errorf("event %d is stamped %v", e.Id, e.Timestamp)
			}
			if d := e.TaskScheduledEventDetails; d != nil && (*d.Region != "us-east-1" || *d.Resource != "invoke.waitForTaskToken" || *d.TimeoutInSeconds != 3600) {
				t.Errorf("scheduled: %+v", d)
			}
		}
		if next = h.NextToken; next == nil {
			break
		}
	}
	want := []string{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	h := must[*sfn.GetExecutionHistoryOutput](t)(s.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: arn, ReverseOrder: true, IncludeExecutionData: aws.Bool(false)}))
	if h.Events[0].Type != types.HistoryEventTypeExecutionSucceeded || h.Events[0].ExecutionSucceededEventDetails.Output != nil {
		t.Errorf("reversed, without data, begins with %+v", h.Events[0])
	}
}

func TestStartsOnceByName(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	first := s.start(t, machine.StateMachineArn, "one", `{"a":1}`)
	if again := s.start(t, machine.StateMachineArn, "one", `{"a":1}`); *again != *first {
		t.Errorf("the same start again is %s, not %s", *again, *first)
	}
	if len(s.calls) != 1 || s.calls[0] != "arn:aws:lambda:us-east-1:000000000000:function:ask" {
		t.Errorf("calls: %v", s.calls)
	}
	other := func() error {
		_, err := s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: aws.String("one"), Input: aws.String(`{"a":2}`)})
		return err
	}
	if _, ok := errors.AsType[*types.ExecutionAlreadyExists](other()); !ok {
		t.Errorf("another input under the same name answers %v", other())
	}
	stop := must[*sfn.StopExecutionOutput](t)(s.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: first, Error: aws.String("Test"), Cause: aws.String("over")}))
	if d := s.status(t, first); d.Status != types.ExecutionStatusAborted || *d.Error != "Test" || *d.Cause != "over" || !d.StopDate.Equal(*stop.StopDate) {
		t.Errorf("stopped: %+v", d)
	}
	_, err := s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: aws.String("one"), Input: aws.String(`{"a":1}`)})
	if _, ok := errors.AsType[*types.ExecutionAlreadyExists](err); !ok {
		t.Errorf("the name of an ended execution answers %v", err)
	}
}

func TestFailsATokenIntoACatch(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	arn := s.start(t, machine.StateMachineArn, "one", `{}`)
	must[*sfn.SendTaskFailureOutput](t)(s.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: aws.String(s.token()), Error: aws.String("Approval.Recheck"), Cause: aws.String("c")}))
	s.settle(t)
	if d := s.status(t, arn); d.Status != types.ExecutionStatusSucceeded || !strings.Contains(*d.Output, "Approval.Recheck") {
		t.Errorf("caught: %+v", d)
	}
	arn = s.start(t, machine.StateMachineArn, "two", `{"fail":"Runtime.ExitError"}`)
	if d := s.status(t, arn); d.Status != types.ExecutionStatusFailed || *d.Error != "Runtime.ExitError" || *d.Cause != "as asked" {
		t.Errorf("a function that fails: %+v", d)
	}
}

func TestSaysWhyATokenIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	s.start(t, machine.StateMachineArn, "one", `{}`)
	used := s.token()
	succeed := func(token, output string) error {
		_, err := s.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &output})
		return err
	}
	if err := succeed(used, "{}"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ token, output, want string }{
		"used":        {used, "{}", "TaskTimedOut"},
		"nonsense":    {"nonsense", "{}", "InvalidToken"},
		"altered":     {used[:len(used)-4] + "0000", "{}", "InvalidToken"},
		"of nobody":   {"tzzzzzzzzzz-1-x", "{}", "InvalidToken"},
		"not JSON":    {used, "{", "InvalidOutput"},
		"empty token": {"", "{}", "ValidationException"},
		"too long":    {used, `"` + strings.Repeat("x", 262144) + `"`, "ValidationException"},
	} {
		err := succeed(c.token, c.output)
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != c.want {
			t.Errorf("%s answers %v, not %s", name, err, c.want)
		}
	}
	s.start(t, machine.StateMachineArn, "late", `{}`)
	late := s.token()
	s.forward(t, 2*time.Hour)
	_, err := s.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: &late})
	if _, ok := errors.AsType[*types.TaskTimedOut](err); !ok {
		t.Errorf("a late heartbeat answers %v", err)
	}
	_, err = s.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: &late, Error: aws.String("x")})
	if _, ok := errors.AsType[*types.TaskTimedOut](err); !ok {
		t.Errorf("a late failure answers %v", err)
	}
}

func TestKeepsAnExecutionOnItsVersion(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	old := s.start(t, machine.StateMachineVersionArn, "old", `{}`)
	oldToken := s.token()
	newer := strings.ReplaceAll(asking, `"Approval.Recheck"`, `"Approval.Other"`)
	u := must[*sfn.UpdateStateMachineOutput](t)(s.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: machine.StateMachineArn, Definition: &newer}))
	p := must[*sfn.PublishStateMachineVersionOutput](t)(s.PublishStateMachineVersion(t.Context(), &sfn.PublishStateMachineVersionInput{StateMachineArn: machine.StateMachineArn, RevisionId: u.RevisionId}))
	if again := must[*sfn.PublishStateMachineVersionOutput](t)(s.PublishStateMachineVersion(t.Context(), &sfn.PublishStateMachineVersionInput{StateMachineArn: machine.StateMachineArn})); *again.StateMachineVersionArn != *p.StateMachineVersionArn {
		t.Errorf("the same revision is published as %s and %s", *p.StateMachineVersionArn, *again.StateMachineVersionArn)
	}
	fresh := s.start(t, p.StateMachineVersionArn, "new", `{}`)
	for _, token := range []string{oldToken, s.token()} {
		must[*sfn.SendTaskFailureOutput](t)(s.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: &token, Error: aws.String("Approval.Recheck")}))
	}
	s.settle(t)
	if d := s.status(t, old); d.Status != types.ExecutionStatusSucceeded {
		t.Errorf("on the old version, which catches the error, it is %s", d.Status)
	}
	if d := s.status(t, fresh); d.Status != types.ExecutionStatusFailed {
		t.Errorf("on the new version, which does not, it is %s", d.Status)
	}
	m := must[*sfn.DescribeStateMachineForExecutionOutput](t)(s.DescribeStateMachineForExecution(t.Context(), &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: old}))
	if *m.Definition != asking {
		t.Error("the old execution is described with the new definition")
	}
	d := must[*sfn.DescribeStateMachineOutput](t)(s.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: machine.StateMachineVersionArn}))
	if *d.Definition != asking || d.Type != types.StateMachineTypeStandard || d.Status != types.StateMachineStatusActive {
		t.Errorf("version 1: %+v", d)
	}
	if d := must[*sfn.DescribeStateMachineOutput](t)(s.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: machine.StateMachineArn})); *d.Definition != newer {
		t.Error("the machine is described with the old definition")
	}
	v := must[*sfn.ListStateMachineVersionsOutput](t)(s.ListStateMachineVersions(t.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: machine.StateMachineArn}))
	if len(v.StateMachineVersions) != 2 || *v.StateMachineVersions[0].StateMachineVersionArn != *p.StateMachineVersionArn {
		t.Errorf("versions: %+v", v.StateMachineVersions)
	}
	if ms := must[*sfn.ListStateMachinesOutput](t)(s.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})); len(ms.StateMachines) != 1 {
		t.Errorf("machines: %+v", ms.StateMachines)
	}

	var names []string
	var next *string
	for {
		l := must[*sfn.ListExecutionsOutput](t)(s.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine.StateMachineArn, MaxResults: 1, NextToken: next}))
		for _, x := range l.Executions {
			names = append(names, *x.Name+" "+string(x.Status))
		}
		if next = l.NextToken; next == nil {
			break
		}
	}
	if !slices.Equal(names, []string{"new FAILED", "old SUCCEEDED"}) {
		t.Errorf("executions, newest first: %v", names)
	}
	l := must[*sfn.ListExecutionsOutput](t)(s.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine.StateMachineArn, StatusFilter: types.ExecutionStatusFailed}))
	if len(l.Executions) != 1 || *l.Executions[0].Name != "new" {
		t.Errorf("failed executions: %+v", l.Executions)
	}
}

func TestNamesErrorsAsTheServiceDoes(t *testing.T) {
	t.Parallel()
	s := serve(t)
	machine := s.create(t)
	role := aws.String("arn:aws:iam::000000000000:role/r")
	nobody := aws.String("arn:aws:states:us-east-1:000000000000:execution:asking:nobody")
	for name, c := range map[string]struct {
		call func() error
		want string
	}{
		"definition": {func() error {
			_, err := s.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(`{"StartAt":"x"}`), RoleArn: role})
			return err
		}, "InvalidDefinition"},
		"taken": {func() error {
			_, err := s.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("asking"), Definition: aws.String(`{}`), RoleArn: role})
			return err
		}, "StateMachineAlreadyExists"},
		"express": {func() error {
			_, err := s.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(asking), RoleArn: role, Type: types.StateMachineTypeExpress})
			return err
		}, "StateMachineTypeNotSupported"},
		"name": {func() error {
			_, err := s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: aws.String("a b")})
			return err
		}, "InvalidName"},
		"input": {func() error {
			_, err := s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Input: aws.String("{")})
			return err
		}, "InvalidExecutionInput"},
		"machine": {func() error {
			_, err := s.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:none")})
			return err
		}, "StateMachineDoesNotExist"},
		"arn": {func() error {
			_, err := s.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String("none")})
			return err
		}, "InvalidArn"},
		"execution": {func() error {
			_, err := s.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: nobody})
			return err
		}, "ExecutionDoesNotExist"},
		"history": {func() error {
			_, err := s.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: nobody})
			return err
		}, "ExecutionDoesNotExist"},
		"stop": {func() error {
			_, err := s.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: nobody})
			return err
		}, "ExecutionDoesNotExist"},
		"page": {func() error {
			_, err := s.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: machine.StateMachineArn, NextToken: aws.String("x")})
			return err
		}, "InvalidToken"},
		"nothing to update": {func() error {
			_, err := s.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: machine.StateMachineArn})
			return err
		}, "MissingRequiredParameter"},
		"revision": {func() error {
			_, err := s.PublishStateMachineVersion(t.Context(), &sfn.PublishStateMachineVersionInput{StateMachineArn: machine.StateMachineArn, RevisionId: aws.String("x")})
			return err
		}, "ConflictException"},
		"unknown operation": {func() error {
			_, err := s.ListActivities(t.Context(), &sfn.ListActivitiesInput{})
			return err
		}, "UnknownOperationException"},
	} {
		err := c.call()
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != c.want {
			t.Errorf("%s answers %v, not %s", name, err, c.want)
		}
	}
}

func TestRunsInRealTime(t *testing.T) {
	t.Parallel()
	done := make(chan string, 1)
	server := states.New(states.Config{Now: time.Now, Invoke: func(_ context.Context, function string, _ []byte) ([]byte, error) {
		done <- function
		return []byte("{}"), nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx) }()
	web := httptest.NewServer(server)
	defer web.Close()
	client := sfn.New(sfn.Options{BaseEndpoint: aws.String(web.URL), Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "rehearsal", SecretAccessKey: "rehearsal"}, nil
	})})
	m, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(asking), RoleArn: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn}); err != nil {
		t.Fatal(err)
	}
	if function := <-done; !strings.HasSuffix(function, ":ask") {
		t.Errorf("called %s", function)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
