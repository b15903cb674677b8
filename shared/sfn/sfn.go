// Package sfn is approval.Workflows on Step Functions.
//
// It must not know what a workflow is for: it starts executions of one state
// machine and answers tokens, and turns the service's errors into the two
// outcomes that approval knows, done or moved on. It makes no client and reads
// no environment. It imports approval and the SDK.
//
// # What is promised
//
//   - A start under a name that exists is no error, whatever became of that
//     execution and whatever its input was: names are made from issue and round,
//     so that it is the same start again. Step Functions frees a name 90 days
//     after its execution closed; an outbox record does not live that long.
//   - A token that no task waits on any more answers approval.ErrMovedOn: it was
//     used, it timed out, or its execution ended. So does a token that Step
//     Functions cannot read: it is of another region or account, and to send it
//     again helps nobody.
//   - What the API would refuse by its size is refused here with its name, or cut
//     if it only explains an error.
//   - Everything else, throttling that outlasted the SDK's tries included, is an
//     ordinary error: the relay keeps the record and delivers it again.
package sfn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"lianban/shared/approval"
)

// Client is what Workflows needs of *sfn.Client.
type Client interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
	SendTaskFailure(context.Context, *sfn.SendTaskFailureInput, ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error)
}

var _ Client = (*sfn.Client)(nil)

// Workflows is approval.Workflows.
type Workflows struct {
	client  Client
	machine string
}

var _ approval.Workflows = (*Workflows)(nil)

// New takes the ARN of the machine's version, or of an alias: an unqualified ARN
// would start whatever was deployed last, and which version that was would be
// nowhere on record.
func New(client Client, machine string) *Workflows { return &Workflows{client, machine} }

// The API's limits, in bytes except for names and error codes.
const (
	maxName    = 80
	maxPayload = 262144
	maxError   = 256
	maxCause   = 32768
)

// Start implements approval.Workflows.
func (w *Workflows) Start(ctx context.Context, name string, input []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := checkPayload("input of "+name, input); err != nil {
		return err
	}
	text := string(input)
	_, err := w.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &w.machine, Name: &name, Input: &text})
	if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); exists {
		return nil
	}
	if err != nil {
		return fmt.Errorf("start execution %s: %w", name, err)
	}
	return nil
}

// Succeed implements approval.Workflows.
func (w *Workflows) Succeed(ctx context.Context, token string, output []byte) error {
	if err := checkPayload("output of a task", output); err != nil {
		return err
	}
	text := string(output)
	_, err := w.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &text})
	return answered(err)
}

// Fail implements approval.Workflows.
func (w *Workflows) Fail(ctx context.Context, token, name, cause string) error {
	name, cause = cut(name, maxError), cut(cause, maxCause)
	_, err := w.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: &name, Cause: &cause})
	return answered(err)
}

// answered sorts out what a token's answer met.
func answered(err error) error {
	if err == nil {
		return nil
	}
	_, late := errors.AsType[*types.TaskTimedOut](err)
	_, gone := errors.AsType[*types.TaskDoesNotExist](err)
	_, unreadable := errors.AsType[*types.InvalidToken](err)
	if late || gone || unreadable {
		return approval.ErrMovedOn
	}
	return fmt.Errorf("answer a task: %w", err)
}

// checkName keeps names to what Step Functions takes and its logs can show.
func checkName(name string) error {
	strange := strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
	if name == "" || len(name) > maxName || strange {
		return fmt.Errorf("execution name %q is not 1 to %d letters, digits, hyphens and underscores", name, maxName)
	}
	return nil
}

func checkPayload(what string, payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("%s has %d bytes, and %d are the most", what, len(payload), maxPayload)
	}
	return nil
}

// cut shortens a text to n bytes without splitting a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
