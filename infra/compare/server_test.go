package compare_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/infra/rehearsal/states"
	"lianban/shared/engine"
)

const (
	addressEnv = "LIANBAN_STEPFUNCTIONS"        // the independent server's API
	lambdaEnv  = "LIANBAN_STEPFUNCTIONS_LAMBDA" // where that server looks for Lambda
	requireEnv = "LIANBAN_REQUIRE_EXTERNAL"
)

// function answers a call in the name of a Lambda function; call counts from 1.
type function func(call int, payload map[string]any) (any, *engine.FunctionError)

// functions are the scripts of all executions, found by the name that each
// execution's definition has for them.
type functions struct {
	mu    sync.Mutex
	known map[string]function
	calls map[string]int
}

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:"

func (f *functions) add(name string, do function) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[name] = do
}

func (f *functions) invoke(_ context.Context, name string, payload []byte) ([]byte, error) {
	name = strings.TrimPrefix(name, functionARN)
	f.mu.Lock()
	do := f.known[name]
	f.calls[name]++
	call := f.calls[name]
	f.mu.Unlock()
	if do == nil {
		return nil, &engine.FunctionError{Name: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + name}
	}
	var in map[string]any
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, fmt.Errorf("payload of %s: %w", name, err)
	}
	out, failed := do(call, in)
	if failed != nil {
		return nil, failed
	}
	return json.Marshal(out)
}

// ServeHTTP is Lambda's Invoke.
func (f *functions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	name, found := strings.CutSuffix(name, "/invocations")
	if !ok || !found || r.Method != http.MethodPost {
		http.Error(w, "only functions are called here", http.StatusNotFound)
		return
	}
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := f.invoke(r.Context(), name, payload)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if e, ok := errors.AsType[*engine.FunctionError](err); ok {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		out, err = json.Marshal(map[string]string{"errorType": e.Name, "errorMessage": e.Cause})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(out)
}

// side is one of the two servers.
type side struct {
	name string
	*sfn.Client
}

// sides starts the embedded engine's server and finds the other.
func sides(t *testing.T) (*functions, [2]side) {
	t.Helper()
	address, lambda := os.Getenv(addressEnv), os.Getenv(lambdaEnv)
	switch {
	case address != "" && lambda != "":
	case os.Getenv(requireEnv) != "":
		t.Fatalf("%s is set, %s and %s are not: start with infra/compare/run.sh", requireEnv, addressEnv, lambdaEnv)
	default:
		t.Skipf("NOT COMPARED with an independent Step Functions: %s and %s are not set; infra/compare/run.sh sets them", addressEnv, lambdaEnv)
	}
	f := &functions{known: map[string]function{}, calls: map[string]int{}}
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", lambda)
	if err != nil {
		t.Fatalf("the functions of the other server: %v", err)
	}
	web := &httptest.Server{Listener: l, Config: &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}}
	web.Start()
	t.Cleanup(web.Close)

	server := states.New(states.Config{Invoke: f.invoke, Now: time.Now})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	here := httptest.NewServer(server)
	t.Cleanup(func() {
		here.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	client := func(url string) *sfn.Client {
		return sfn.New(sfn.Options{
			BaseEndpoint: aws.String(url), Region: "us-east-1", RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "compare", SecretAccessKey: "compare"}, nil
			}),
		})
	}
	return f, [2]side{{"here", client(here.URL)}, {"there", client(address)}}
}
