package lambdafn_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/approval"
	"lianban/shared/lambdafn"
)

// underTest makes the test program the function, for the runtime to talk to.
const underTest = "LIANBAN_FUNCTION_UNDER_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(underTest) != "" {
		lambda.Start(lambdafn.Task(perform))
	}
	os.Exit(m.Run())
}

// perform does what the payload says.
func perform(ctx context.Context, payload []byte) ([]byte, error) {
	var what string
	if err := json.Unmarshal(payload, &what); err != nil {
		return nil, err
	}
	conflict := &approval.Error{Kind: approval.Conflict, Text: approval.Text{ZH: "冲突", EN: "somebody was faster"}}
	switch what {
	case "conflict":
		return nil, conflict
	case "wrapped":
		return nil, fmt.Errorf("RouteIssue: %w", fmt.Errorf("commit: %w", conflict))
	case "joined":
		return nil, errors.Join(errors.New("first"), conflict)
	case "lost race":
		return nil, approval.LostRace("a")
	case "stranger":
		return nil, fmt.Errorf("read: %w", io.ErrUnexpectedEOF)
	case "panic":
		panic("the floor gave way")
	case "panic with an error":
		panic(conflict)
	case "deadline":
		deadline, ok := ctx.Deadline()
		return json.Marshal(ok && time.Until(deadline) > time.Minute)
	}
	return json.Marshal("done: " + what)
}

// reply is what the function told the runtime.
type reply struct {
	failed bool
	body   string
}

// runtime is Lambda's Runtime API for one process: it hands out the payloads in
// turn and then ends.
func play(t *testing.T, payloads []string) (replies []reply, exit error) {
	t.Helper()
	handed := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime/invocation/")
		if path == "next" {
			if handed == len(payloads) {
				w.WriteHeader(http.StatusGone) // the function ends
				return
			}
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint("r", handed))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Hour).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws-cn:lambda:cn-north-1:123456789012:function:f")
			_ = json.NewEncoder(w).Encode(payloads[handed])
			handed++
			return
		}
		id, kind, _ := strings.Cut(path, "/")
		body, err := io.ReadAll(r.Body)
		if err != nil || id != fmt.Sprint("r", len(replies)) {
			t.Errorf("reply to %s: %v", id, err)
		}
		replies = append(replies, reply{kind == "error", string(body)})
		w.WriteHeader(http.StatusAccepted)
	}))
	defer api.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	function := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	function.Env = append(os.Environ(), underTest+"=1", "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	exit = function.Run()
	if ctx.Err() != nil {
		t.Fatal("the function did not end")
	}
	return replies, exit
}

func TestErrorsReachTheMachineByTheirNames(t *testing.T) {
	t.Parallel()
	payloads := []string{"succeed", "conflict", "wrapped", "joined", "lost race", "stranger", "succeed again", "deadline"}
	want := []string{"", "Approval.Conflict", "Approval.Conflict", "Approval.Conflict", "Approval.Conflict", "Internal", "", ""}
	replies, _ := play(t, payloads)
	if len(replies) != len(payloads) {
		t.Fatalf("%d replies to %d calls: %v", len(replies), len(payloads), replies)
	}
	for k, r := range replies {
		var e struct{ ErrorType, ErrorMessage string }
		if r.failed != (want[k] != "") {
			t.Errorf("%s: %+v", payloads[k], r)
		}
		if !r.failed {
			continue
		}
		if err := json.Unmarshal([]byte(r.body), &e); err != nil || e.ErrorType != want[k] || e.ErrorMessage == "" {
			t.Errorf("%s: error %s, %v; want %s", payloads[k], r.body, err, want[k])
		}
	}
	if replies[0].body != `"done: succeed"` || replies[7].body != "true" {
		t.Errorf("outputs %q, %q", replies[0].body, replies[7].body)
	}
	if !strings.Contains(replies[2].body, "RouteIssue: commit: ") || strings.Contains(replies[2].body, "InvokeResponse") {
		t.Errorf("the message does not say what was being done: %s", replies[2].body)
	}
}

func TestAPanicIsReportedAndEndsTheProcess(t *testing.T) {
	t.Parallel()
	for payload, says := range map[string]string{"panic": "the floor gave way", "panic with an error": "somebody was faster"} {
		replies, exit := play(t, []string{"succeed", payload, "never reached"})
		if len(replies) != 2 || !replies[1].failed || exit == nil {
			t.Fatalf("%s: replies %v, exit %v", payload, replies, exit)
		}
		if !strings.Contains(replies[1].body, `"errorType":"Internal"`) || !strings.Contains(replies[1].body, says) {
			t.Errorf("%s: reported %s", payload, replies[1].body)
		}
	}
}
