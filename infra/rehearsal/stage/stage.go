// Package stage is the cloud side in virtual time: the rules and the task
// handlers in this process on a clock that stands until it is moved, and
// everything between them over HTTP as in the cloud. The store speaks to a real
// DynamoDB server, workflows are started and woken through Step Functions' API,
// and the relay is fed by the table's stream.
//
// Functions that run as processes have the machine's clock and can only be
// rehearsed in real time (package cloud). A production function with a clock to
// be set from outside would prove something about a function nobody deploys;
// here the handlers are the deployed ones and only their caller differs.
//
// It must not decide anything that approval decides. It is a sim.World.
package stage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awssfn "github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/infra/rehearsal/dynamodb"
	"lianban/infra/rehearsal/states"
	"lianban/infra/rehearsal/stream"
	"lianban/shared/approval"
	"lianban/shared/asl"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/handler"
	"lianban/shared/lambdafn"
	"lianban/shared/measure"
	"lianban/shared/roster"
	"lianban/shared/sfn"
	"lianban/shared/sim"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
	"lianban/workflows"
)

// MachineName is the name of the one state machine.
const MachineName = "issue_signoff"

// Config is what a Stage is made of. DynamoDB is required.
type Config struct {
	DynamoDB string // address of the server
	Clock    *sim.Clock
	NewID    func() approval.IssueID // sim.IDs of the clock when nil
	Rand     io.Reader               // seeds executions; sim.Rand(1) when nil

	// Invoke, when not nil, stands around every call of a function: the tasks by
	// their handler's name, and Relay.
	Invoke func(ctx context.Context, function string, payload []byte, call Call) ([]byte, error)
	// Wrap, when not nil, stands before Step Functions' API.
	Wrap func(http.Handler) http.Handler
	// Retries bounds how often a stream batch is tried again; 8 when 0, as in the
	// template.
	Retries int
}

// Call carries a function out.
type Call func(ctx context.Context, payload []byte) ([]byte, error)

// Stage is the cloud side in virtual time.
type Stage struct {
	Service *approval.Service
	Store   *store.Store
	Relay   approval.Relay
	States  *states.Server
	Proxy   *dynamodb.Proxy
	SFN     *awssfn.Client
	Clock   *sim.Clock
	Machine string // ARN of the version on which rounds start
	// Relayed, when false, leaves the stream unread.
	Relayed bool
	// Behind is the store behind the proxy, where no fault reaches: for whoever
	// only looks.
	Behind *store.Store

	cfg    Config
	rules  approval.Rules
	table  string
	raw    *dynamodb.Client
	poller *stream.Poller
	gate   *httptest.Server
	states *httptest.Server

	mu      sync.Mutex
	letters []stream.Letter
	calls   map[string]int
}

// Credentials are dummies that no server here checks.
func Credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "rehearsal", SecretAccessKey: "rehearsal"}, nil
}

// soon tries as often as the SDK does by itself, and waits less in between.
func soon() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 20 * time.Millisecond })
}

// Definition is the workflow file with functions named as on Lambda.
func Definition() (string, error) {
	values := map[string]string{"Partition": "aws"}
	for _, name := range handler.Names() {
		values[name] = "arn:aws:lambda:us-east-1:000000000000:function:" + name
	}
	source, err := asl.Substitute(workflows.IssueSignOff, values)
	if err != nil {
		return "", fmt.Errorf("workflow file: %w", err)
	}
	return string(source), nil
}

// New makes a stage with a table of its own and one version of the machine.
func New(ctx context.Context, cfg Config) (*Stage, error) {
	if cfg.NewID == nil {
		cfg.NewID = sim.IDs(cfg.Clock.Now)
	}
	if cfg.Rand == nil {
		cfg.Rand = sim.Rand(1)
	}
	if cfg.Retries == 0 {
		cfg.Retries = 8
	}
	if cfg.Invoke == nil {
		cfg.Invoke = func(ctx context.Context, _ string, payload []byte, call Call) ([]byte, error) {
			return call(ctx, payload)
		}
	}
	s := &Stage{cfg: cfg, Clock: cfg.Clock, Relayed: true, table: "t" + rand.Text(), calls: map[string]int{}}
	s.raw = &dynamodb.Client{URL: cfg.DynamoDB}
	s.Proxy = dynamodb.NewProxy(cfg.DynamoDB)
	s.gate = httptest.NewServer(s.Proxy)
	s.States = states.New(states.Config{Invoke: s.task, Now: cfg.Clock.Now, Rand: cfg.Rand})
	var api http.Handler = s.States
	if cfg.Wrap != nil {
		api = cfg.Wrap(api)
	}
	s.states = httptest.NewServer(api)
	s.SFN = awssfn.New(awssfn.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.states.URL), Credentials: aws.CredentialsProviderFunc(Credentials), Retryer: soon()})
	if err := s.assemble(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stage) assemble(ctx context.Context) error {
	client := func(address string) *awsdynamodb.Client {
		return awsdynamodb.New(awsdynamodb.Options{Region: "us-east-1", BaseEndpoint: &address, Credentials: aws.CredentialsProviderFunc(Credentials), Retryer: soon()})
	}
	table := dynamo.New(client(s.gate.URL), s.table)
	if err := table.Create(ctx); err != nil {
		return err
	}
	definition, err := Definition()
	if err != nil {
		return err
	}
	made, err := s.SFN.CreateStateMachine(ctx, &awssfn.CreateStateMachineInput{
		Name: aws.String(MachineName), Definition: &definition, RoleArn: aws.String("arn:aws:iam::000000000000:role/rehearsal"), Publish: true,
	})
	if err != nil {
		return fmt.Errorf("create the state machine: %w", err)
	}
	s.rules = approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	s.Store = store.New(table)
	s.Behind = store.New(dynamo.New(client(s.cfg.DynamoDB), s.table))
	s.Use(*made.StateMachineVersionArn)
	s.poller = stream.New(stream.Config{
		Client: s.raw, Table: s.table, Filter: stream.Outbox, Retries: s.cfg.Retries, Bisect: true,
		Invoke: func(ctx context.Context, event []byte) ([]byte, error) { return s.call(ctx, "Relay", event, s.relay) },
		Failed: func(l stream.Letter) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.letters = append(s.letters, l)
		},
		Pause: func(ctx context.Context, _ int) error { return ctx.Err() },
	})
	return nil
}

// Use starts further rounds on another version of the machine, as a deployment
// does.
func (s *Stage) Use(version string) {
	s.Machine, s.rules.Machine = version, version
	flows := sfn.New(s.SFN, version)
	s.Service = approval.NewService(s.rules, s.Store, flows, s.Clock.Now, s.cfg.NewID)
	figures := &measure.Keeper{Store: s.Store, Issues: s.Store, Rules: s.Service.Rules, Now: s.Service.Now}
	s.Relay = approval.Relay{Workflows: flows, Store: s.Store, Fold: figures.Fold}
}

// Table is the table's name.
func (s *Stage) Table() string { return s.table }

// Close ends the servers and drops the table.
func (s *Stage) Close() error {
	s.gate.Close()
	s.states.Close()
	err := s.raw.Call(context.Background(), "DynamoDB_20120810.DeleteTable", map[string]any{"TableName": s.table}, nil)
	if named, ok := errors.AsType[*dynamodb.Error](err); ok && named.Type == "ResourceNotFoundException" {
		return nil
	}
	return err
}

func (s *Stage) call(ctx context.Context, function string, payload []byte, do Call) ([]byte, error) {
	s.mu.Lock()
	s.calls[function]++
	s.mu.Unlock()
	return s.cfg.Invoke(ctx, function, payload, do)
}

// Calls is how often each function was invoked.
func (s *Stage) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for k, n := range s.calls {
		out[k] = n
	}
	return out
}

// Letters are the stream's dead letters.
func (s *Stage) Letters() []stream.Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]stream.Letter(nil), s.letters...)
}

// task is a workflow task as Step Functions calls it: through the same wrapping
// as on Lambda, which names its error.
func (s *Stage) task(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	name := arn[len("arn:aws:lambda:us-east-1:000000000000:function:"):]
	do, ok := handler.New(s.Service).Functions()[name]
	if !ok {
		return nil, &engine.FunctionError{Name: "Lambda.ResourceNotFoundException", Cause: "Function not found: " + arn}
	}
	out, err := s.call(ctx, name, payload, lambdafn.Task(do).Invoke)
	if named, ok := errors.AsType[messages.InvokeResponse_Error](err); ok {
		return nil, &engine.FunctionError{Name: named.Type, Cause: named.Message}
	}
	return out, err
}

// relay is the stream's function.
func (s *Stage) relay(ctx context.Context, event []byte) ([]byte, error) {
	return lambdafn.Stream(s.Relay).Invoke(ctx, event)
}

// Drain hands over what the stream holds.
func (s *Stage) Drain(ctx context.Context) (int, error) { return s.poller.Drain(ctx) }

// Settle implements sim.World.
func (s *Stage) Settle(ctx context.Context) error {
	for {
		if err := s.States.Settle(ctx); err != nil {
			return err
		}
		if !s.Relayed {
			return nil
		}
		n, err := s.Drain(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// NextWake implements sim.World.
func (s *Stage) NextWake() (time.Time, bool) { return s.States.NextWake() }

// Wake implements sim.World.
func (s *Stage) Wake(ctx context.Context) error { return s.States.Wake(ctx) }

// Sweep repairs once what was left undone.
func (s *Stage) Sweep(ctx context.Context) (approval.Swept, error) {
	return approval.Sweep{Service: s.Service, Relay: s.Relay, Grace: 2 * time.Minute}.Run(ctx)
}

// ExecutionARN names a round's execution.
func ExecutionARN(id approval.IssueID, round int) string {
	return "arn:aws:states:us-east-1:000000000000:execution:" + MachineName + ":" + approval.ExecutionName(id, round)
}
