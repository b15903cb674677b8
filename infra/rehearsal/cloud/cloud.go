// Package cloud runs the cloud side on this machine in real time: every function
// as it is built for Lambda, in processes of its own, with a table, its stream,
// the state machine, the gateway and the schedule around them.
//
// It must not hold a rule of the domain, nor know what a function does. Nothing
// listens or calls beyond loopback. The settings are the template's; a test
// holds them to it.
//
//	browser, curl --> gateway --> api ---------+
//	                                           v
//	            +---- relay <-- stream <---- table <----+
//	            v                              ^        |
//	  Step Functions' API --> tasks -----------+        |
//	            ^                                       |
//	            +------------------ sweep, every minute-+
package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awssfn "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"lianban/infra/rehearsal/dynamodb"
	"lianban/infra/rehearsal/gateway"
	"lianban/infra/rehearsal/issuer"
	"lianban/infra/rehearsal/lambdahost"
	"lianban/infra/rehearsal/states"
	"lianban/infra/rehearsal/stream"
	"lianban/shared/asl"
	"lianban/shared/engine"
	"lianban/shared/handler"
	"lianban/shared/roster"
	"lianban/shared/store/dynamo"
	"lianban/workflows"
)

// Config says what to run and where. Zero values are usable.
type Config struct {
	Module        string // folder of the module; found from the current one when empty
	DynamoDB      string // address of a server; dynoxide is started when empty
	StepFunctions string // address of another endpoint; the embedded one when empty
	Listen        string // of the gateway; 127.0.0.1:0 when empty
	Table         string // "lianban" when empty
	SweepEvery    time.Duration
	Output        io.Writer // what servers and functions print; dropped when nil
	Log           *slog.Logger
}

// Cloud is the running cloud side.
type Cloud struct {
	URL    string // of the gateway
	Issuer *issuer.Issuer
	Host   *lambdahost.Host
	States *states.Server // nil when another endpoint is used
	Proxy  *dynamodb.Proxy

	DynamoDBURL, StepFunctionsURL, TableName, Machine string

	cfg    Config
	dir    string
	server *dynamodb.Server
	poller *stream.Poller
	webs   []*http.Server
	stop   context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex
	letters []stream.Letter
}

// Mapping are the template's settings of the event source mapping.
var Mapping = struct {
	BatchSize, Lanes, Retries int
	Bisect                    bool
}{100, 1, 8, true}

// functions are the folders under functions/ that run on Lambda, with the
// template's settings.
var functions = []struct {
	name    string
	timeout time.Duration
	memory  int
	most    int
}{
	{"api", 28 * time.Second, 1024, 8},
	{"askdepartment", 25 * time.Second, 512, 8},
	{"checkclock", 25 * time.Second, 512, 4},
	{"closeissue", 25 * time.Second, 512, 4},
	{"consult", 25 * time.Second, 512, 4},
	{"relay", 60 * time.Second, 512, 2},
	{"routeissue", 25 * time.Second, 512, 4},
	{"sweep", 55 * time.Second, 512, 1},
	{"tally", 25 * time.Second, 512, 4},
}

// Start builds the functions and starts everything. Close ends it, also after an
// error.
func Start(ctx context.Context, cfg Config) (*Cloud, error) {
	if cfg.Table == "" {
		cfg.Table = "lianban"
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.SweepEvery == 0 {
		cfg.SweepEvery = time.Minute
	}
	if cfg.Output == nil {
		cfg.Output = io.Discard
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cloud{cfg: cfg, TableName: cfg.Table}
	for _, step := range []func(context.Context) error{c.build, c.database, c.machine, c.serve} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Module finds the folder of go.mod, upwards from the current one.
func Module() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is in no Go module; run this in the project's folder", dir)
		}
	}
}

// build makes every function as for Lambda.
func (c *Cloud) build(ctx context.Context) (err error) {
	if c.cfg.Module == "" {
		if c.cfg.Module, err = Module(); err != nil {
			return err
		}
	}
	if c.dir, err = os.MkdirTemp("", "lianban-rehearsal-"); err != nil {
		return fmt.Errorf("a folder for the functions: %w", err)
	}
	built := filepath.Join(c.dir, "built")
	args := []string{"build", "-buildvcs=false", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", built + string(filepath.Separator)}
	for _, f := range functions {
		args = append(args, "./functions/"+f.name)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.cfg.Module
	// Functions for this machine: its own system and processor.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions: %w\n%s", err, out)
	}
	for _, f := range functions {
		folder := filepath.Join(c.dir, f.name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(built, f.name), filepath.Join(folder, "bootstrap")); err != nil {
			return fmt.Errorf("functions/%s was not built: %w", f.name, err)
		}
	}
	return nil
}

// serveOn serves a handler on a listener and answers its address.
func (c *Cloud) serveOn(listener net.Listener, h http.Handler) string {
	web := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	c.webs = append(c.webs, web)
	c.group.Go(func() { _ = web.Serve(listener) })
	return addressOf(listener)
}

func addressOf(listener net.Listener) string { return "http://" + listener.Addr().String() }

// listen serves a handler on a free port of the loopback address.
func (c *Cloud) listen(h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return c.serveOn(listener, h), nil
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "rehearsal", SecretAccessKey: "rehearsal"}, nil
}

// database starts the server, and makes the table when there is none.
func (c *Cloud) database(ctx context.Context) (err error) {
	address := c.cfg.DynamoDB
	if address == "" {
		if c.server, err = dynamodb.Start(ctx, c.cfg.Output); err != nil {
			return err
		}
		address = c.server.URL
	} else if err := dynamodb.Loopback(address); err != nil {
		return err
	}
	c.Proxy = dynamodb.NewProxy(address)
	if c.DynamoDBURL, err = c.listen(c.Proxy); err != nil {
		return err
	}
	raw := dynamodb.Client{URL: address}
	err = raw.Call(ctx, "DynamoDB_20120810.DescribeTable", map[string]any{"TableName": c.TableName}, nil)
	if named, ok := errors.AsType[*dynamodb.Error](err); ok && named.Type == "ResourceNotFoundException" {
		client := awsdynamodb.New(awsdynamodb.Options{Region: "us-east-1", BaseEndpoint: &address, Credentials: aws.CredentialsProviderFunc(credentials)})
		err = dynamo.New(client, c.TableName).Create(ctx)
	}
	if err != nil {
		return err
	}
	c.poller = stream.New(stream.Config{
		Client: &raw, Table: c.TableName, BatchSize: Mapping.BatchSize, Lanes: Mapping.Lanes, Retries: Mapping.Retries, Bisect: Mapping.Bisect, Log: c.cfg.Log,
		Filter: stream.Outbox,
		Invoke: func(ctx context.Context, event []byte) ([]byte, error) { return c.invoke(ctx, "relay", event) },
		Failed: func(l stream.Letter) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.letters = append(c.letters, l)
		},
	})
	return nil
}

// Letters are the stream's dead letters.
func (c *Cloud) Letters() []stream.Letter {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]stream.Letter(nil), c.letters...)
}

// machineName as the template has it for a stack named lianban.
const machineName = "lianban-issue-signoff"

// machine creates the state machine and publishes its version.
func (c *Cloud) machine(ctx context.Context) (err error) {
	if c.Host, err = lambdahost.New(lambdahost.Config{Output: c.cfg.Output, Log: c.cfg.Log}); err != nil {
		return err
	}
	if c.StepFunctionsURL = c.cfg.StepFunctions; c.StepFunctionsURL == "" {
		c.States = states.New(states.Config{Invoke: c.task, Now: time.Now, Log: c.cfg.Log})
		if c.StepFunctionsURL, err = c.listen(c.States); err != nil {
			return err
		}
	} else if err := dynamodb.Loopback(c.StepFunctionsURL); err != nil {
		return err
	}
	values := map[string]string{"Partition": "aws"}
	for _, name := range handler.Names() {
		values[name] = c.Host.ARN(strings.ToLower(name))
	}
	definition, err := asl.Substitute(workflows.IssueSignOff, values)
	if err != nil {
		return fmt.Errorf("workflow file: %w", err)
	}
	client := awssfn.New(awssfn.Options{Region: "us-east-1", BaseEndpoint: &c.StepFunctionsURL, Credentials: aws.CredentialsProviderFunc(credentials)})
	made, err := client.CreateStateMachine(ctx, &awssfn.CreateStateMachineInput{
		Name: aws.String(machineName), Definition: aws.String(string(definition)), Type: types.StateMachineTypeStandard,
		RoleArn: aws.String("arn:aws:iam::000000000000:role/rehearsal"), Publish: true,
	})
	if err != nil {
		return fmt.Errorf("create the state machine: %w", err)
	}
	c.Machine = aws.ToString(made.StateMachineVersionArn)
	return nil
}

// task is a function as Step Functions calls it.
func (c *Cloud) task(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	result, err := c.Host.Invoke(ctx, lambdahost.NameOf(lastOf(arn)), payload)
	if err != nil {
		name := "Lambda.SdkClientException"
		if _, ok := errors.AsType[*lambdahost.BusyError](err); ok {
			name = "Lambda.TooManyRequestsException"
		} else if _, ok := errors.AsType[*lambdahost.NotFoundError](err); ok {
			name = "Lambda.ResourceNotFoundException"
		}
		return nil, &engine.FunctionError{Name: name, Cause: err.Error()}
	}
	if result.Error != "" {
		return nil, &engine.FunctionError{Name: result.Failure().Type, Cause: string(result.Payload)}
	}
	return result.Payload, nil
}

func lastOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// invoke calls a function on behalf of the gateway, the stream or the schedule.
func (c *Cloud) invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	result, err := c.Host.Invoke(ctx, name, payload)
	if err != nil {
		return nil, err
	}
	if result.Error != "" {
		return nil, fmt.Errorf("%s: %s", name, result.Payload)
	}
	return result.Payload, nil
}

// serve adds the functions with their environment and opens the doors.
func (c *Cloud) serve(ctx context.Context) (err error) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	front, err := net.Listen("tcp", c.cfg.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("--listen %s: %w", c.cfg.Listen, err), door.Close())
	}
	if c.Issuer, err = issuer.New(addressOf(door), addressOf(front), roster.Demo()); err != nil {
		return errors.Join(err, door.Close(), front.Close())
	}
	c.serveOn(door, c.Issuer)
	c.URL = c.serveOn(front, &gateway.Gateway{Log: c.cfg.Log, Invoke: func(ctx context.Context, event []byte) ([]byte, error) { return c.invoke(ctx, "api", event) }})
	env := []string{
		"TABLE_NAME=" + c.TableName, "STATE_MACHINE_ARN=" + c.Machine, "LOG_LEVEL=WARN", "ALLOW_DEMO=true",
		"AWS_ENDPOINT_URL_DYNAMODB=" + c.DynamoDBURL, "AWS_ENDPOINT_URL_SFN=" + c.StepFunctionsURL,
		"OIDC_ISSUER=" + c.Issuer.URL, "OIDC_AUDIENCE=" + issuer.Audience, "CURSOR_KEY=" + rand.Text(),
	}
	for _, f := range functions {
		if err := c.Host.Add(lambdahost.Function{
			Name: f.name, Path: filepath.Join(c.dir, f.name, "bootstrap"), Env: env, Timeout: f.timeout, Memory: f.memory, Most: f.most,
		}); err != nil {
			return err
		}
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	if c.States != nil {
		c.group.Go(func() {
			if err := c.States.Run(running); err != nil {
				c.cfg.Log.Error("the state machine's engine ended", "error", err)
			}
		})
	}
	c.group.Go(func() { _ = c.poller.Run(running) })
	c.group.Go(func() { c.schedule(running) })
	return nil
}

// schedule is EventBridge's part.
func (c *Cloud) schedule(ctx context.Context) {
	tick := time.NewTicker(c.cfg.SweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("the sweep failed and will be tried again", "error", err)
		}
	}
}

// Sweep is one call of the schedule.
func (c *Cloud) Sweep(ctx context.Context) error {
	event := fmt.Sprintf(`{"version":"0","id":%q,"detail-type":"Scheduled Event","source":"aws.events","account":"000000000000","time":%q,"region":"us-east-1","resources":["arn:aws:events:us-east-1:000000000000:rule/lianban-sweep"],"detail":{}}`,
		rand.Text(), time.Now().UTC().Format(time.RFC3339))
	_, err := c.invoke(ctx, "sweep", []byte(event))
	return err
}

// Close ends everything. What the table holds is gone with its server.
func (c *Cloud) Close() error {
	var errs []error
	if c.stop != nil {
		c.stop()
	}
	if c.Host != nil {
		errs = append(errs, c.Host.Close())
	}
	for _, web := range c.webs {
		errs = append(errs, web.Close())
	}
	c.group.Wait()
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	if c.dir != "" {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}
