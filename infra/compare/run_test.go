package compare_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"lianban/shared/engine"
)

// patience bounds one execution.
const patience = time.Minute

// story is a machine, the functions it calls, and what people do meanwhile.
type story struct {
	name       string
	definition string // ${Name} is a function, ${Partition} is aws
	input      string
	functions  map[string]function
	play       func(*run) // may be nil
}

// run is one execution of a story on one side.
type run struct {
	testing.TB
	ctx  context.Context
	side side
	arn  string

	mu      sync.Mutex
	tokens  map[string]chan string
	tokened int // calls that were given a token and did not fail
}

func (r *run) box(function, who string) chan string {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := function + " " + who
	if r.tokens[key] == nil {
		r.tokens[key] = make(chan string, 16)
	}
	return r.tokens[key]
}

// token waits until a function was given a token for somebody, and until the
// server has noted that the call returned, so that the history does not depend on
// who is faster.
func (r *run) token(function, who string) string {
	r.Helper()
	var token string
	select {
	case token = <-r.box(function, who):
	case <-r.ctx.Done():
		r.Fatalf("%s: %s was not called for %s:\n%s", r.side.name, function, who, strings.Join(r.lines(), "\n"))
	}
	r.until(function+" returned", func() bool {
		r.mu.Lock()
		want := r.tokened
		r.mu.Unlock()
		return r.count(types.HistoryEventTypeTaskSubmitted) >= want
	})
	return token
}

// until polls.
func (r *run) until(what string, done func() bool) {
	r.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			r.Fatalf("%s: %s: never\n%s", r.side.name, what, strings.Join(r.lines(), "\n"))
		}
	}
}

func (r *run) succeed(token, output string) {
	r.Helper()
	if _, err := r.side.SendTaskSuccess(r.ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: &output}); err != nil {
		r.Fatalf("%s: %v", r.side.name, err)
	}
}

func (r *run) fail(token, name string) {
	r.Helper()
	if _, err := r.side.SendTaskFailure(r.ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: &name, Cause: aws.String("as told")}); err != nil {
		r.Fatalf("%s: %v", r.side.name, err)
	}
}

func (r *run) history() []types.HistoryEvent {
	r.Helper()
	// Reading is repeated when a connection breaks: many stories share the clients.
	for try := 1; ; try++ {
		all, err := r.read()
		if err == nil {
			return all
		}
		if try == readTries {
			r.Fatalf("%s: %v", r.side.name, err)
		}
	}
}

const readTries = 3

func (r *run) read() (all []types.HistoryEvent, err error) {
	pages := sfn.NewGetExecutionHistoryPaginator(r.side, &sfn.GetExecutionHistoryInput{ExecutionArn: &r.arn, MaxResults: 1000})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.WithoutCancel(r.ctx))
		if err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
	}
	return all, nil
}

func (r *run) count(kind types.HistoryEventType) (n int) {
	r.Helper()
	for _, e := range r.history() {
		if e.Type == kind {
			n++
		}
	}
	return n
}

func (r *run) lines() []string {
	r.Helper()
	var out []string
	for lane, lines := range lanes(r.history()) {
		out = append(out, lane+": "+strings.Join(lines, ", "))
	}
	slices.Sort(out)
	return out
}

// result is what is compared, by aspect; a lane is an aspect too.
type result map[string][]string

// perform runs a story on one side to its end.
func perform(t testing.TB, f *functions, on side, s *story) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := &run{TB: t, ctx: ctx, side: on, tokens: map[string]chan string{}}
	id := uuid.NewString()
	tokens := []string{"${Partition}", "aws"}
	for name, do := range s.functions {
		unique := name + "-" + id
		tokens = append(tokens, "${"+name+"}", functionARN+unique)
		f.add(unique, func(call int, payload map[string]any) (any, *engine.FunctionError) {
			out, failed := do(call, payload)
			if token, ok := payload["token"].(string); ok && failed == nil {
				r.mu.Lock()
				r.tokened++
				r.mu.Unlock()
				r.box(name, who(payload)) <- token
			}
			return out, failed
		})
	}
	made, err := on.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String("compare-" + id), RoleArn: aws.String("arn:aws:iam::123456789012:role/compare"),
		Definition: aws.String(strings.NewReplacer(tokens...).Replace(s.definition)),
	})
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return result{"creation": {e.ErrorCode()}}
	}
	if err != nil {
		t.Fatalf("%s: create: %v", on.name, err)
	}
	input := s.input
	if input == "" {
		input = "{}"
	}
	started, err := on.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn, Name: aws.String(id), Input: &input})
	if err != nil {
		t.Fatalf("%s: start: %v", on.name, err)
	}
	r.arn = *started.ExecutionArn
	if s.play != nil {
		s.play(r)
	}
	var d *sfn.DescribeExecutionOutput
	r.until("ended", func() bool {
		if d, err = on.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &r.arn}); err != nil {
			t.Fatalf("%s: describe: %v", on.name, err)
		}
		return d.Status != types.ExecutionStatusRunning
	})
	if cause := aws.ToString(d.Cause); cause != "" {
		t.Logf("%s: %s", on.name, cause)
	}
	out := result{"status": {string(d.Status)}, "error": {aws.ToString(d.Error)}, "output": {canonical(aws.ToString(d.Output))}}
	maps.Copy(out, lanes(r.history()))
	return out
}

// who names the person whom a callback waits for: the sign-off, or what for.
func who(payload map[string]any) string {
	if ask, ok := payload["ask"].(map[string]any); ok {
		return fmt.Sprint(ask["signOff"])
	}
	return fmt.Sprint(payload["for"])
}

// canonical writes JSON in one way, without what is the server's own.
func canonical(text string) string {
	if text == "" {
		return ""
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || !json.Valid([]byte(text)) {
		return "not JSON: " + text
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(masked(v)); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// masked drops causes, whose wording is free, beside an error's name.
func masked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, field := range v {
			v[k] = masked(field)
		}
		if _, ok := v["Error"]; ok && v["Cause"] != nil {
			v["Cause"] = "*"
		}
	case []any:
		for k := range v {
			v[k] = masked(v[k])
		}
	}
	return v
}

// differences tells, for each aspect in which two results differ, the lines that
// only one of them has: "-" here, "+" there.
func differences(here, there result) map[string]string {
	out := map[string]string{}
	aspects := map[string]bool{}
	for k := range here {
		aspects[k] = true
	}
	for k := range there {
		aspects[k] = true
	}
	if !slices.Equal(here["creation"], there["creation"]) {
		return map[string]string{"creation": only(here["creation"], there["creation"])}
	}
	for k := range aspects {
		if text := only(here[k], there[k]); text != "" {
			out[k] = text
		}
	}
	return out
}

// only is the difference of two lists by their longest common subsequence.
func only(a, b []string) string {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+a[i])
			i++
		default:
			out = append(out, "+"+b[j])
			j++
		}
	}
	return strings.Join(out, "\n")
}
