package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"lianban/shared/asl"
	"lianban/shared/engine"
	"lianban/shared/local"
	"lianban/shared/store/sqlite"
)

// parties is how many departments a measured workflow asks.
const parties = 5

// recorder is the functions of an engine that is measured alone: they only
// record, and tell the caller of a workflow when it may answer.
type recorder struct {
	mu    sync.Mutex
	flows map[string]*flow
}

type flow struct {
	tokens chan string
	closed chan struct{}
}

func (r *recorder) begin(issue string) *flow {
	f := &flow{tokens: make(chan string, parties), closed: make(chan struct{})}
	r.mu.Lock()
	r.flows[issue] = f
	r.mu.Unlock()
	return f
}

func (r *recorder) of(issue string) *flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flows[issue]
}

var asks = func() []byte {
	type ask struct {
		SignOff int   `json:"signOff"`
		Clock   int   `json:"clock"`
		Seconds int64 `json:"seconds"`
	}
	out := struct {
		Verdict string `json:"verdict"`
		Asks    []ask  `json:"asks"`
		Seconds int64  `json:"seconds"`
	}{Verdict: "pending", Seconds: 1}
	for n := 1; n <= parties; n++ {
		out.Asks = append(out.Asks, ask{n, 1, 864000})
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return text
}()

func (r *recorder) invoke(_ context.Context, function string, payload []byte) ([]byte, error) {
	var in struct {
		Issue string `json:"issue"`
		Token string `json:"token"`
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	switch function {
	case "RouteIssue":
		return asks, nil
	case "AskDepartment":
		if f := r.of(in.Issue); f != nil {
			f.tokens <- in.Token
		}
	case "Tally":
		return []byte(`{"verdict":"agreed","asks":[],"seconds":1}`), nil
	case "CloseIssue":
		r.mu.Lock()
		if f := r.flows[in.Issue]; f != nil {
			close(f.closed)
			delete(r.flows, in.Issue)
		}
		r.mu.Unlock()
		return []byte(`{"status":"concluded"}`), nil
	}
	return []byte(`{}`), nil
}

// engine measures the engine with handlers that only record.
func (c *Command) engine(ctx context.Context, out io.Writer, dir string) error {
	for _, n := range c.Callers {
		if err := c.engineAt(ctx, out, filepath.Join(dir, fmt.Sprintf("%d.db", n)), n); err != nil {
			return err
		}
	}
	return nil
}

func (c *Command) engineAt(ctx context.Context, out io.Writer, path string, n int) (err error) {
	file, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	journal, err := file.Journal(ctx)
	if err != nil {
		return err
	}
	machine, err := local.Machine()
	if err != nil {
		return err
	}
	r := &recorder{flows: map[string]*flow{}}
	eng, err := engine.New(ctx, engine.Config{Journal: journal, Now: time.Now, Invoke: r.invoke, Machines: []*asl.Definition{machine}})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- eng.Run(running) }()

	var answers, whole latencies
	amount := c.amount(n)
	took, err := callers(ctx, n, amount, func(ctx context.Context, k int) error {
		begin := time.Now()
		issue := fmt.Sprintf("01900000-0000-7000-8000-%012d", k)
		f := r.begin(issue)
		if _, err := eng.Start(ctx, local.MachineName, "issue-"+issue+"-r1", []byte(`{"issue":"`+issue+`","round":1}`)); err != nil {
			return err
		}
		if err := eachParty(func() error {
			token := <-f.tokens
			answer := time.Now()
			defer func() { answers.add(time.Since(answer)) }()
			return eng.Succeed(ctx, token, []byte("{}"))
		}); err != nil {
			return err
		}
		<-f.closed
		whole.add(time.Since(begin))
		return nil
	})
	stop()
	if err = errors.Join(err, <-ended); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintf(out, "engine, handlers that only record, %d callers: %.0f workflows a second (%d); workflow %s; answer %s\n",
		n, float64(amount)/took.Seconds(), amount, &whole, &answers)
	if err := file.Close(); err != nil {
		return err
	}
	size, err := sizeOf(path)
	fmt.Fprintf(out, "engine, %d callers: %.2f KiB on disk a finished workflow, history included\n", n, float64(size)/1024/float64(amount))
	return err
}

// eachParty lets every party act at once.
func eachParty(act func() error) error {
	errs := make([]error, parties)
	var wg sync.WaitGroup
	for k := range parties {
		wg.Go(func() { errs[k] = act() })
	}
	wg.Wait()
	return errors.Join(errs...)
}
