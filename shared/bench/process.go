package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/local"
)

// Hold is the measured process of the open workflows: it opens what is wanted,
// says how long that took, and waits to be killed.
type Hold struct {
	Data string `required:"" help:"Data file."`
	Open int    `help:"Workflows to open; 0 only opens the file."`
}

// Run holds until the context ends.
func (h *Hold) Run(ctx context.Context, s *local.Streams) (err error) {
	sig := &signals{flows: map[string]*signal{}}
	begin := time.Now()
	app, err := local.Open(ctx, local.Config{Data: h.Data, Committed: sig.committed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	ready := time.Since(begin)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- app.Run(running) }()
	begin = time.Now()
	if h.Open > 0 {
		err = raise(ctx, app, sig, h.Open)
	}
	fmt.Fprintf(s.Out, "%d %d\n", ready.Microseconds(), time.Since(begin).Microseconds())
	<-ctx.Done()
	stop()
	return errors.Join(err, <-ended)
}

// raise opens so many workflows from 128 callers and waits until each is routed.
func raise(ctx context.Context, app *local.App, sig *signals, n int) error {
	_, err := callers(ctx, 128, n, func(ctx context.Context, k int) error {
		issue, _, err := app.Service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: secretary})
		if err != nil {
			return err
		}
		<-sig.of(string(issue.ID)).routed
		return nil
	})
	return err
}

// child starts this program again.
func child(ctx context.Context, args ...string) (*exec.Cmd, *bufio.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return cmd, bufio.NewReader(pipe), cmd.Start()
}

// kill ends a child as a power cut would, and waits for its end.
func kill(cmd *exec.Cmd) error {
	err := cmd.Process.Kill()
	_ = cmd.Wait() // it was killed: its exit status says only that
	return err
}

// open measures opening, holding and finding again many open workflows.
func (c *Command) open(ctx context.Context, out io.Writer, dir string) error {
	data := filepath.Join(dir, "open.db")
	cmd, lines, err := child(ctx, "hold", "--data", data, "--open", strconv.Itoa(c.Open))
	if err != nil {
		return err
	}
	_, took, err := times(lines)
	if err != nil {
		return errors.Join(err, kill(cmd))
	}
	memory := local.Resident(strconv.Itoa(cmd.Process.Pid))
	if err := kill(cmd); err != nil {
		return err
	}
	fmt.Fprintf(out, "open: %d workflows of %d parties opened in %.2f s (%.0f a second); %.0f MiB resident\n", c.Open, parties, took.Seconds(), float64(c.Open)/took.Seconds(), memory)
	cmd, lines, err = child(ctx, "hold", "--data", data)
	if err != nil {
		return err
	}
	ready, _, err := times(lines)
	if err != nil {
		return errors.Join(err, kill(cmd))
	}
	memory = local.Resident(strconv.Itoa(cmd.Process.Pid))
	fmt.Fprintf(out, "open: after kill -9 ready again in %.0f ms, %.0f MiB resident\n", float64(ready.Microseconds())/1000, memory)
	return kill(cmd)
}

func times(lines *bufio.Reader) (ready, took time.Duration, err error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("the measured process ended early: %w", err)
	}
	var a, b int64
	if _, err := fmt.Sscan(line, &a, &b); err != nil {
		return 0, 0, fmt.Errorf("the measured process said %q: %w", line, err)
	}
	return time.Duration(a) * time.Microsecond, time.Duration(b) * time.Microsecond, nil
}

// starts is how often the start is measured.
const starts = 5

// start measures from the start of the process to its first answer over HTTP, with
// the three cases in the data file.
func (c *Command) start(ctx context.Context, out io.Writer, dir string) error {
	data := filepath.Join(dir, "start.db")
	var seeding time.Duration
	var all latencies
	for k := range starts + 1 {
		begin := time.Now()
		cmd, lines, err := child(ctx, "serve", "--data", data, "--listen", "127.0.0.1:0")
		if err != nil {
			return err
		}
		took, err := firstAnswer(ctx, lines, begin)
		if err = errors.Join(err, kill(cmd)); err != nil {
			return err
		}
		if k == 0 {
			seeding = took
		} else {
			all.add(took)
		}
	}
	fmt.Fprintf(out, "start: first answer over HTTP with a new data file after %.0f ms; with data present %s (%d starts, each ended by kill -9)\n", float64(seeding.Microseconds())/1000, &all, starts)
	return nil
}

func firstAnswer(ctx context.Context, lines *bufio.Reader, begin time.Time) (time.Duration, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("the measured process ended early: %w", err)
	}
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if !ok {
		return 0, fmt.Errorf("the measured process said %q", line)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"healthz", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	took := time.Since(begin)
	return took, response.Body.Close()
}
