// Rehearsal runs the cloud side on this machine, on loopback only:
//
//	go run ./infra/rehearsal                  serve until Ctrl-C
//	go run ./infra/rehearsal figures          count what an issue costs there
//	go run ./infra/rehearsal install          build the DynamoDB server, once
//	go run ./infra/rehearsal with COMMAND...  run a command with that server at LIANBAN_DYNAMODB
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"lianban/infra/rehearsal/cloud"
	"lianban/infra/rehearsal/dynamodb"
	"lianban/infra/rehearsal/figures"
	"lianban/shared/access"
)

type commands struct {
	Run     run     `cmd:"" default:"withargs" help:"Serve the pages and the API through the built functions (the default)."`
	Figures count   `cmd:"" help:"Count transitions, requests and units of an issue, with their list price, and how long functions take."`
	Install install `cmd:"" help:"Build the DynamoDB server dynoxide into the cache, once; needs Rust's cargo."`
	With    with    `cmd:"" help:"Run a command with a fresh DynamoDB server, whose address is in LIANBAN_DYNAMODB."`
}

// run serves.
type run struct {
	Listen        string        `help:"Address of the gateway; loopback only." default:"127.0.0.1:8430" placeholder:"HOST:PORT"`
	DynamoDB      string        `name:"dynamodb" help:"Another DynamoDB server on this machine, instead of starting one." placeholder:"URL"`
	StepFunctions string        `name:"stepfunctions" help:"Another Step Functions endpoint on this machine, instead of the embedded engine." placeholder:"URL"`
	Sweep         time.Duration `help:"How often the sweep runs." default:"1m"`
	Verbose       bool          `help:"Show what the functions and servers print."`
}

func (r *run) config() cloud.Config {
	c := cloud.Config{Listen: r.Listen, DynamoDB: r.DynamoDB, StepFunctions: r.StepFunctions, SweepEvery: r.Sweep}
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if r.Verbose {
		c.Output = os.Stderr
		c.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return c
}

// Run serves until the context ends.
func (r *run) Run(ctx context.Context) error {
	if !access.Loopback(r.Listen) {
		return fmt.Errorf("--listen %s: people sign in without a password here, so only a loopback address such as 127.0.0.1:8430 is served", r.Listen)
	}
	fmt.Fprintln(os.Stderr, "正在构建并启动…… Building the functions and starting.")
	c, err := cloud.Start(ctx, r.config())
	if err != nil {
		return err
	}
	r.welcome(c)
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, "正在停止…… Stopping.")
	return c.Close()
}

func (r *run) welcome(c *cloud.Cloud) {
	fmt.Printf(`云端演练 Lianban's cloud side, rehearsed on this machine

  页面和接口 pages and API   %s/
  登录 sign in               %s/
  DynamoDB                   %s   table %s
  Step Functions             %s   %s
  Lambda (Invoke)            %s

Sign in on the page above (no password; all people are invented), or for the API:

  TOKEN=$(curl -s -d person=tod-secretary -d role=secretary -d unit=branch-tod %s/token)
  curl -H "Authorization: Bearer $TOKEN" %s/api/v1/issues?project=tod-nanzhuang

Look behind it:

  export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_REGION=us-east-1
  aws stepfunctions list-executions --endpoint-url %s --state-machine-arn %s
  aws dynamodb scan --endpoint-url %s --table-name %s
  aws lambda invoke --endpoint-url %s --function-name sweep /dev/stdout

停止 stop: Ctrl-C. What the table holds is gone with it.
`, c.URL, c.Issuer.URL, c.DynamoDBURL, c.TableName, c.StepFunctionsURL, c.Machine, c.Host.URL(), c.Issuer.URL, c.URL,
		c.StepFunctionsURL, c.Machine, c.DynamoDBURL, c.TableName, c.Host.URL())
}

// count prints figures.
type count struct {
	DynamoDB string `name:"dynamodb" help:"Another DynamoDB server on this machine, instead of starting one." placeholder:"URL"`
}

// Run counts.
func (f *count) Run(ctx context.Context) error {
	c, err := cloud.Start(ctx, cloud.Config{DynamoDB: f.DynamoDB, SweepEvery: time.Hour, Table: fmt.Sprintf("figures-%d", os.Getpid())})
	if err != nil {
		return err
	}
	report, err := figures.Measure(ctx, c)
	if err = errors.Join(err, c.Close()); err != nil {
		return err
	}
	fmt.Print(report)
	return nil
}

// install builds the server.
type install struct {
	Root string `help:"Folder; a folder in the user's cache when empty." placeholder:"FOLDER"`
}

// Run builds.
func (i *install) Run(ctx context.Context) error {
	folder := i.Root
	if folder == "" {
		var err error
		if folder, err = dynamodb.Folder(); err != nil {
			return err
		}
	}
	args := dynamodb.Install(folder)
	fmt.Fprintln(os.Stderr, args)
	return command(ctx, args)
}

func command(ctx context.Context, args []string, env ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// with runs a command beside a server.
type with struct {
	Command []string `arg:"" passthrough:"" help:"The command and its arguments."`
}

// Run starts the server, runs the command and ends the server.
func (w *with) Run(ctx context.Context) error {
	server, err := dynamodb.Start(ctx, os.Stderr)
	if err != nil {
		return err
	}
	args := w.Command
	if i := slices.Index(args, "--"); i == 0 {
		args = args[1:]
	}
	return errors.Join(command(ctx, args, "LIANBAN_DYNAMODB="+server.URL), server.Close())
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("rehearsal"), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Description("Runs the cloud side of Lianban on this machine, on loopback only."))
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "rehearsal:", err)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		os.Exit(1)
	}
}
