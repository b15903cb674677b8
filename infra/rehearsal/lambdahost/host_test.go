package lambdahost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"lianban/infra/rehearsal/lambdahost"
)

// The test binary is its own function when the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		if os.Getenv("BEHAVE") == "dead at start" {
			os.Exit(3)
		}
		lambda.Start(behave)
		return
	}
	os.Exit(m.Run())
}

type in struct {
	Do   string `json:"do"`
	Gate string `json:"gate"` // a file to wait for
}

type out struct {
	PID      int    `json:"pid"`
	Function string `json:"function"`
	ARN      string `json:"arn"`
	Left     int64  `json:"left"` // milliseconds to the deadline
}

type notMeant struct{}

func (notMeant) Error() string { return "not meant to be" }

func behave(ctx context.Context, i in) (out, error) {
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	o := out{PID: os.Getpid(), Function: lambdacontext.FunctionName, ARN: lc.InvokedFunctionArn, Left: time.Until(deadline).Milliseconds()}
	switch i.Do {
	case "fail":
		return o, notMeant{}
	case "named":
		return o, messages.InvokeResponse_Error{Type: "Approval.Conflict", Message: "somebody else was first"}
	case "panic":
		panic("out of wits")
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "wait":
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		if err := os.WriteFile(i.Gate+".in", nil, 0o600); err != nil {
			return o, err
		}
		for range tick.C {
			if _, err := os.Stat(i.Gate); err == nil {
				return o, nil
			}
		}
	}
	return o, nil
}

func start(t *testing.T, cfg lambdahost.Config, f lambdahost.Function) *lambdahost.Host {
	t.Helper()
	h, err := lambdahost.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	if f.Path, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	f.Name = "f"
	if err := h.Add(f); err != nil {
		t.Fatal(err)
	}
	return h
}

func call(t *testing.T, h *lambdahost.Host, i in) (lambdahost.Result, out) {
	t.Helper()
	payload, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke(t.Context(), "f", payload)
	if err != nil {
		t.Fatal(err)
	}
	var o out
	if result.Error == "" {
		if err := json.Unmarshal(result.Payload, &o); err != nil {
			t.Fatalf("%s: %v", result.Payload, err)
		}
	}
	return result, o
}

func TestServesOneProcessAgainAndAgain(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: 20 * time.Second, Most: 1})
	first, a := call(t, h, in{})
	again, b := call(t, h, in{})
	if a.PID == 0 || a.PID != b.PID {
		t.Errorf("two requests in a row went to processes %d and %d", a.PID, b.PID)
	}
	if first.Init == 0 || again.Init != 0 {
		t.Errorf("init is %v for the first request and %v for the second", first.Init, again.Init)
	}
	if a.Function != "f" || a.ARN != "arn:aws:lambda:us-east-1:000000000000:function:f" || a.Left < 15000 || a.Left > 20000 {
		t.Errorf("the function sees %+v", a)
	}
}

func TestReportsErrorsAsLambdaDoes(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: 20 * time.Second})
	for _, c := range []struct{ do, kind, message string }{
		{"fail", "notMeant", "not meant to be"},
		{"named", "Approval.Conflict", "somebody else was first"},
		{"panic", "string", "out of wits"},
		{"exit", "Runtime.ExitError", "Runtime exited with error: exit status 7"},
	} {
		result, _ := call(t, h, in{Do: c.do})
		f := result.Failure()
		if result.Error != "Unhandled" || f.Type != c.kind || !strings.Contains(f.Message, c.message) {
			t.Errorf("%s: %q %+v", c.do, result.Error, f)
		}
		if result, _ := call(t, h, in{}); result.Error != "" {
			t.Errorf("after %s the function answers %s", c.do, result.Payload)
		}
	}
}

func TestKillsAtTheDeadlineAndGoesOn(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: 500 * time.Millisecond, Most: 1})
	_, a := call(t, h, in{})
	result, _ := call(t, h, in{Do: "hang"})
	f := result.Failure()
	if f.Type != "Sandbox.Timedout" || !strings.HasSuffix(f.Message, "Task timed out after 0.50 seconds") {
		t.Errorf("past the deadline: %+v", f)
	}
	if result, b := call(t, h, in{}); result.Error != "" || a.PID == b.PID {
		t.Errorf("after the deadline: %s, process %d then %d", result.Payload, a.PID, b.PID)
	}
}

func TestFailsTheRequestOfAKilledProcess(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: time.Minute})
	gate := filepath.Join(t.TempDir(), "gate")
	done := make(chan lambdahost.Result, 1)
	go func() {
		result, _ := h.Invoke(context.Background(), "f", []byte(`{"do":"wait","gate":"`+gate+`"}`))
		done <- result
	}()
	await(t, gate+".in")
	if n := h.Kill("f"); n != 1 {
		t.Errorf("killed %d processes", n)
	}
	result := <-done
	if f := result.Failure(); f.Type != "Runtime.ExitError" || !strings.Contains(f.Message, "signal: killed") {
		t.Errorf("a killed process answers %+v", f)
	}
}

// await returns once a file is there.
func await(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the function did not start")
		}
	}
}

func TestScalesToTheCapAndThenWaits(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: time.Minute, Most: 3})
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			result, err := h.Invoke(context.Background(), "f", []byte(`{"do":"wait","gate":"`+gate+`"}`))
			var o out
			if err != nil || json.Unmarshal(result.Payload, &o) != nil {
				t.Errorf("%v %s", err, result.Payload)
			}
			mu.Lock()
			seen[o.PID]++
			mu.Unlock()
		})
	}
	await(t, gate+".in")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if s := h.Stats("f"); len(seen) > 3 || s.Starts > 3 || s.Invocations != 12 {
		t.Errorf("12 requests went to %v; %+v", seen, s)
	}
}

func TestRefusesWhatWaitsTooLong(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{WaitFor: 50 * time.Millisecond}, lambdahost.Function{Timeout: time.Minute, Most: 1})
	// The first process may take longer to start than a request may wait.
	for {
		if _, err := h.Invoke(t.Context(), "f", []byte("{}")); err == nil {
			break
		}
	}
	gate := filepath.Join(t.TempDir(), "gate")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = h.Invoke(context.Background(), "f", []byte(`{"do":"wait","gate":"`+gate+`"}`))
	}()
	await(t, gate+".in")
	_, err := h.Invoke(t.Context(), "f", []byte("{}"))
	if _, ok := errors.AsType[*lambdahost.BusyError](err); !ok {
		t.Errorf("a request beyond the cap answers %v", err)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	<-done
}

func TestFailsWhatWaitsForAProcessThatDoesNotStart(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Env: []string{"BEHAVE=dead at start"}, Most: 2})
	for range 3 {
		result, _ := call(t, h, in{})
		if f := result.Failure(); f.Type != "Runtime.ExitError" || !strings.Contains(f.Message, "exit status 3") {
			t.Errorf("a process dead at start answers %+v", f)
		}
	}
}

func TestSpeaksTheInvokeAPI(t *testing.T) {
	t.Parallel()
	h := start(t, lambdahost.Config{}, lambdahost.Function{Timeout: 20 * time.Second})
	post := func(name, kind, body string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+"/2015-03-31/functions/"+name+"/invocations", bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Invocation-Type", kind)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}
	for _, c := range []struct {
		name, kind, body string
		status           int
		errorType, fault string
	}{
		{"f", "", "", 200, "", ""},
		{"arn:aws:lambda:us-east-1:000000000000:function:f:live", "RequestResponse", "{}", 200, "", ""},
		{"f", "", `{"do":"fail"}`, 200, "", "Unhandled"},
		{"f", "DryRun", "{}", 204, "", ""},
		{"f", "Event", "{}", 202, "", ""},
		{"g", "", "{}", 404, "ResourceNotFoundException", ""},
		{"f", "", "{", 400, "InvalidRequestContentException", ""},
		{"f", "", `"` + strings.Repeat("x", 7<<20) + `"`, 413, "RequestTooLargeException", ""},
	} {
		resp, text := post(c.name, c.kind, c.body)
		if resp.StatusCode != c.status || resp.Header.Get("X-Amzn-ErrorType") != c.errorType || resp.Header.Get("X-Amz-Function-Error") != c.fault {
			t.Errorf("%s %s %.20s: %d %v %.200s", c.name, c.kind, c.body, resp.StatusCode, resp.Header, text)
		}
	}
}
