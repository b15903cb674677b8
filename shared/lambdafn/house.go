package lambdafn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"lianban/shared/approval"
	"lianban/shared/config"
	"lianban/shared/handler"
	"lianban/shared/measure"
	"lianban/shared/policy"
	"lianban/shared/register"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
	"lianban/shared/trace"
)

// House is what every function is built from.
type House struct {
	config.Config
	Cloud    aws.Config
	Log      *slog.Logger
	Store    *store.Store
	Whole    *dynamo.Table // what Store keeps everything in
	Policies *policy.Set
}

// Start reads the configuration, has the function built and runs it; it does not
// return. What is wrong is logged, and the process ends, which Lambda reports.
func Start(parts config.Part, build func(ctx context.Context, h *House) (lambda.Handler, error)) {
	slog.SetDefault(logger(slog.LevelInfo))
	h, err := Open(os.Getenv, parts)
	if err == nil {
		var function lambda.Handler
		if function, err = build(context.Background(), h); err == nil {
			lambda.Start(function)
		}
	}
	slog.Error("the function cannot start", "error", err)
	os.Exit(1)
}

// Open assembles the house from an environment. It connects to nothing.
func Open(getenv func(string) string, parts config.Part) (*House, error) {
	c, err := config.Read(getenv, parts)
	if err != nil {
		return nil, err
	}
	h := &House{Config: c, Cloud: cloud(getenv)}
	var own []fs.FS
	if c.Policies != "" {
		own = append(own, os.DirFS(c.Policies))
	}
	if h.Policies, err = policy.New(own...); err != nil {
		return nil, fmt.Errorf("POLICIES_FOLDER: %w", err)
	}
	h.Rules.Authoriser = h.Policies
	h.Log = logger(c.LogLevel)
	slog.SetDefault(h.Log)
	h.Whole = dynamo.New(dynamodb.NewFromConfig(h.Cloud), c.Table)
	h.Store = store.New(h.Whole).ChainedBy(c.Rules.Digest)
	return h, nil
}

// logger writes what a log group can be searched by.
func logger(level slog.Level) *slog.Logger {
	return slog.New(trace.Logged(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level})))
}

// Service joins the rules to the table. Functions that never start or wake a
// workflow pass nil.
func (h *House) Service(workflows approval.Workflows) *approval.Service {
	if workflows == nil {
		workflows = unreached{}
	}
	newID := func() approval.IssueID { return approval.IssueID(uuid.Must(uuid.NewV7()).String()) }
	service := approval.NewService(h.Rules, h.Store, workflows, h.Now, newID)
	service.Pause = pause
	return service
}

// Register keeps the register on the table, for the service's rules.
func (h *House) Register(service *approval.Service) *register.Keeper {
	return register.New(h.Store, service, h.Now, func() string { return uuid.Must(uuid.NewV7()).String() })
}

// Figures keeps the figures on the table.
func (h *House) Figures(service *approval.Service) *measure.Keeper {
	return &measure.Keeper{Store: h.Store, Issues: h.Store, Rules: service.Rules, Now: service.Now, Pause: pause}
}

// freshFor is how long a process goes on with the register as it read it last. A
// change set that comes into force is put before all of them within that time.
const freshFor = 10 * time.Second

// Fresh sees before each call that the rules rest on the register as it stands.
func Fresh(keeper *register.Keeper, next lambda.Handler) lambda.Handler {
	return fresh{keeper, next}
}

type fresh struct {
	keeper *register.Keeper
	lambda.Handler
}

// Invoke implements lambda.Handler.
func (f fresh) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if err := f.keeper.RefreshAfter(ctx, freshFor); err != nil {
		return nil, named(err, false)
	}
	return f.Handler.Invoke(ctx, payload)
}

// mostDoubled bounds the waits below: no one is longer than 2.6 seconds.
const mostDoubled = 8

// pause lets those who race for one issue come apart: functions run in processes
// of their own, and up to forty departments are asked at once.
func pause(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(10 * time.Millisecond << min(try, mostDoubled)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Task is one of the state machine's functions by its name.
func (h *House) Task(name string, workflows approval.Workflows) (lambda.Handler, error) {
	service := h.Service(workflows)
	call, ok := handler.New(service).Functions()[name]
	if !ok {
		return nil, fmt.Errorf("there is no task named %q", name)
	}
	return Fresh(h.Register(service), Task(call)), nil
}

// unreached stands where a function has no business with workflows: whatever it
// commits, the relay hands on.
type unreached struct{}

var errUnreached = errors.New("this function does not reach workflows; the relay does")

func (unreached) Start(context.Context, string, []byte) error        { return errUnreached }
func (unreached) Succeed(context.Context, string, []byte) error      { return errUnreached }
func (unreached) Fail(context.Context, string, string, string) error { return errUnreached }

// How often a request is tried that AWS throttled or failed, and how long is
// waited at most between two tries: about ten seconds in all, which a task's
// thirty leave. An error that outlasts them stops a whole round for an operator.
const (
	tries       = 8
	longestWait = 3 * time.Second
)

// cloud is the SDK's configuration as Lambda's environment has it.
func cloud(getenv func(string) string) aws.Config {
	return aws.Config{
		Region: getenv("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			c := aws.Credentials{AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: getenv("AWS_SESSION_TOKEN"), Source: "environment"}
			if c.AccessKeyID == "" || c.SecretAccessKey == "" {
				return c, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
			}
			return c, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = tries, longestWait })
		},
		ConfigSources: []any{endpoints(getenv)},
	}
}

// endpoints lets AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> name other
// endpoints, as every SDK does; a rehearsal on one machine needs it.
type endpoints func(string) string

// GetServiceBaseEndpoint is what the SDK's clients ask their configuration's
// sources for.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	name := "AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(service, " ", "_"))
	for _, name := range []string{name, "AWS_ENDPOINT_URL"} {
		if url := e(name); url != "" {
			return url, true, nil
		}
	}
	return "", false, nil
}
