package sfn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/shared/approval"
	"lianban/shared/sfn"
)

const machine = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:issue-sign-off:7"

// wire answers the real client's requests with what Step Functions would send,
// so that the errors are the ones the SDK makes of them.
type wire struct {
	code     string // of an error; empty: success
	target   string
	body     string
	requests int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.target, w.body = r.Header.Get("X-Amz-Target"), string(text)
	w.requests++
	status, answer := http.StatusOK, `{"executionArn":"arn","startDate":1}`
	if w.code != "" {
		status, answer = http.StatusBadRequest, fmt.Sprintf(`{"__type":"com.amazonaws.states#%s","message":"no"}`, w.code)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func flows(w *wire) *sfn.Workflows {
	return sfn.New(service.New(service.Options{
		Region: "cn-north-1", HTTPClient: &http.Client{Transport: w}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}), machine)
}

func TestStartsAVersionUnderTheRoundsName(t *testing.T) {
	t.Parallel()
	w := &wire{}
	name := approval.ExecutionName("01900000-0000-7000-8000-000000000001", 12)
	if err := flows(w).Start(t.Context(), name, approval.ExecutionInput("01900000-0000-7000-8000-000000000001", 12)); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{machine, name, `\"round\":12`} {
		if !strings.Contains(w.body, part) {
			t.Errorf("request %s lacks %s", w.body, part)
		}
	}
	if w.target != "AWSStepFunctions.StartExecution" {
		t.Errorf("called %s", w.target)
	}
}

func TestSortsOutWhatStepFunctionsAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code                 string
		startFails           bool
		tokenMoved, tokenErr bool
	}{
		{code: ""},
		{code: "ExecutionAlreadyExists", tokenErr: true},
		{code: "TaskTimedOut", startFails: true, tokenMoved: true},
		{code: "TaskDoesNotExist", startFails: true, tokenMoved: true},
		{code: "InvalidToken", startFails: true, tokenMoved: true},
		{code: "InvalidOutput", startFails: true, tokenErr: true},
		{code: "StateMachineDoesNotExist", startFails: true, tokenErr: true},
		{code: "StateMachineDeleting", startFails: true, tokenErr: true},
		{code: "ExecutionLimitExceeded", startFails: true, tokenErr: true},
		{code: "ThrottlingException", startFails: true, tokenErr: true},
		{code: "AccessDeniedException", startFails: true, tokenErr: true},
	} {
		f := flows(&wire{code: c.code})
		if err := f.Start(t.Context(), "issue-a-r1", []byte("{}")); (err != nil) != c.startFails {
			t.Errorf("%s: start answers %v", c.code, err)
		}
		for what, err := range map[string]error{"succeed": f.Succeed(t.Context(), "t", []byte("{}")), "fail": f.Fail(t.Context(), "t", "Approval.Recheck", "")} {
			if errors.Is(err, approval.ErrMovedOn) != c.tokenMoved || (err != nil) != (c.tokenMoved || c.tokenErr) {
				t.Errorf("%s: %s answers %v", c.code, what, err)
			}
		}
	}
}

func TestKeepsWithinTheLimits(t *testing.T) {
	t.Parallel()
	w := &wire{}
	f := flows(w)
	for _, name := range []string{"", strings.Repeat("a", 81), "issue a", "issue:a", "问题", "a/b", "a\n"} {
		if err := f.Start(t.Context(), name, []byte("{}")); err == nil {
			t.Errorf("name %q is taken", name)
		}
	}
	large := []byte(`"` + strings.Repeat("a", 262144) + `"`)
	if err := f.Start(t.Context(), "a", large); err == nil {
		t.Error("a large input is taken")
	}
	if err := f.Succeed(t.Context(), "t", large); err == nil {
		t.Error("a large output is taken")
	}
	if w.requests != 0 {
		t.Errorf("%d requests were made for what cannot be taken", w.requests)
	}
	if err := f.Fail(t.Context(), "t", strings.Repeat("误", 100), strings.Repeat("长", 20000)); err != nil {
		t.Fatal(err)
	}
	if !utf8.ValidString(w.body) || strings.Count(w.body, "误") != 85 || strings.Count(w.body, "长") != 10922 {
		t.Errorf("error and cause are cut to %d and %d characters", strings.Count(w.body, "误"), strings.Count(w.body, "长"))
	}
}
