package lambdahost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Config is how a Host runs functions. Zero values are usable.
type Config struct {
	Region  string        // us-east-1 when empty
	Account string        // 000000000000 when empty
	Env     []string      // KEY=value, for every process
	WaitFor time.Duration // how long a request waits for a process beyond the cap; 30 seconds when 0
	InitFor time.Duration // how long a process may take to ask for its first request; 10 seconds when 0
	Output  io.Writer     // what the processes print; dropped when nil
	Log     *slog.Logger  // discards when nil
}

// Function is one function and how it may run.
type Function struct {
	Name    string
	Path    string        // of its bootstrap
	Env     []string      // KEY=value, after Config.Env
	Timeout time.Duration // of one request; 3 seconds when 0, as in Lambda
	Memory  int           // MB, told to the function; 128 when 0
	Most    int           // processes at once; 4 when 0
}

// Host runs functions. Its handler serves the Runtime API and the Invoke API.
type Host struct {
	cfg    Config
	server *http.Server
	addr   string

	mu        sync.Mutex
	functions map[string]*function
	processes map[string]*process // by environment id
	closed    bool
	group     sync.WaitGroup
}

type function struct {
	Function
	idle    []*process // the last one to come is the first to go
	waiting []chan taken
	alive   int // processes starting, idle or busy
	stats   Stats
}

// taken is what a waiting request gets: a process, or why there is none.
type taken struct {
	process *process
	failed  *Result
}

// Stats is what a function has done so far.
type Stats struct {
	Invocations int
	Errors      int
	Starts      int
	Inits       []time.Duration // from the start of each process to its first request for work
	Took        []time.Duration // of each request, from being handed over to being answered
}

// Result is what Invoke answers when the function was reached.
type Result struct {
	RequestID string
	Payload   []byte
	// Error is X-Amz-Function-Error: empty when the function succeeded.
	Error string
	Took  time.Duration
	Init  time.Duration // not zero when the request waited for a new process
}

// Failure is the payload of a failed request.
type Failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Failure reads the payload of a failed request; its type is Lambda's Unknown
// when the payload names none.
func (r *Result) Failure() Failure {
	var f Failure
	if err := json.Unmarshal(r.Payload, &f); err != nil {
		f.Message = string(r.Payload)
	}
	if f.Type == "" {
		f.Type = "Lambda.Unknown"
	}
	return f
}

// NotFoundError says that there is no such function.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string { return "Function not found: " + e.Name }

// BusyError says that all processes stayed busy for too long.
type BusyError struct{ Name string }

func (e *BusyError) Error() string { return "Rate Exceeded: all processes of " + e.Name + " are busy" }

// New makes a host that listens on a free port of the loopback address. Close
// stops it and its processes.
func New(cfg Config) (*Host, error) {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.WaitFor == 0 {
		cfg.WaitFor = 30 * time.Second
	}
	if cfg.InitFor == 0 {
		cfg.InitFor = 10 * time.Second
	}
	if cfg.Output == nil {
		cfg.Output = io.Discard
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for functions: %w", err)
	}
	h := &Host{cfg: cfg, addr: listener.Addr().String(), functions: map[string]*function{}, processes: map[string]*process{}}
	h.server = &http.Server{Handler: h.handler(), ReadHeaderTimeout: 10 * time.Second}
	h.group.Go(func() { _ = h.server.Serve(listener) })
	return h, nil
}

// URL is where the Invoke API listens.
func (h *Host) URL() string { return "http://" + h.addr }

// Add makes a function known. No process starts before a request needs one.
func (h *Host) Add(f Function) error {
	if f.Name == "" || f.Path == "" {
		return errors.New("a function needs a name and a path")
	}
	if f.Timeout == 0 {
		f.Timeout = 3 * time.Second
	}
	if f.Memory == 0 {
		f.Memory = 128
	}
	if f.Most == 0 {
		f.Most = 4
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.functions[f.Name] != nil {
		return fmt.Errorf("two functions are called %s", f.Name)
	}
	h.functions[f.Name] = &function{Function: f}
	return nil
}

// ARN is a function's name in full.
func (h *Host) ARN(name string) string {
	return "arn:aws:lambda:" + h.cfg.Region + ":" + h.cfg.Account + ":function:" + name
}

// Stats answers what a function has done so far.
func (h *Host) Stats(name string) Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.functions[name]
	if f == nil {
		return Stats{}
	}
	out := f.stats
	out.Inits, out.Took = slices.Clone(out.Inits), slices.Clone(out.Took)
	return out
}

// Names lists the functions, sorted.
func (h *Host) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for name := range h.functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Kill ends every process of a function at once, as a failing machine would, and
// answers how many there were.
func (h *Host) Kill(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, p := range h.processes {
		if f := p.function; f.Name == name {
			n++
			// It gets no request any more, also when it is about to ask for one.
			p.dead = true
			f.idle = slices.DeleteFunc(f.idle, func(q *process) bool { return q == p })
			_ = p.cmd.Process.Kill()
		}
	}
	return n
}

// Close ends all processes and the listener.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	for _, p := range h.processes {
		_ = p.cmd.Process.Kill()
	}
	h.mu.Unlock()
	err := h.server.Close()
	h.group.Wait()
	return err
}

// Invoke runs a function and waits for its answer. An error means that the
// function was not reached, or that ctx ended first: then the function goes on,
// as it does in Lambda.
func (h *Host) Invoke(ctx context.Context, name string, payload []byte) (Result, error) {
	for {
		p, failed, err := h.take(ctx, name)
		if err != nil {
			return Result{}, err
		}
		if failed != nil {
			return *failed, nil
		}
		inv := &invocation{id: uuid.NewString(), payload: payload, done: make(chan Result, 1), deadline: time.Now().Add(p.function.Timeout)}
		done := make(chan *Result, 1)
		h.group.Go(func() { done <- h.serve(p, inv) })
		select {
		case result := <-done:
			if result != nil {
				return *result, nil
			}
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
	}
}

// take waits for a process, starting one when the cap allows.
func (h *Host) take(ctx context.Context, name string) (*process, *Result, error) {
	h.mu.Lock()
	f := h.functions[name]
	if f == nil || h.closed {
		h.mu.Unlock()
		return nil, nil, &NotFoundError{name}
	}
	if n := len(f.idle); n > 0 {
		p := f.idle[n-1]
		f.idle = f.idle[:n-1]
		h.mu.Unlock()
		return p, nil, nil
	}
	if f.alive < f.Most {
		if err := h.start(f); err != nil {
			h.mu.Unlock()
			return nil, nil, err
		}
	}
	place := make(chan taken, 1)
	f.waiting = append(f.waiting, place)
	h.mu.Unlock()

	timer := time.NewTimer(h.cfg.WaitFor)
	defer timer.Stop()
	var why error
	select {
	case t := <-place:
		return t.process, t.failed, nil
	case <-ctx.Done():
		why = ctx.Err()
	case <-timer.C:
		why = &BusyError{name}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := slices.Index(f.waiting, place); k >= 0 {
		f.waiting = slices.Delete(f.waiting, k, k+1)
		return nil, nil, why
	}
	t := <-place // it came at the same moment
	if t.process != nil {
		h.ready(t.process)
	}
	return nil, nil, why
}

// ready gives a process to whoever waits longest, or lets it idle. The host is
// locked.
func (h *Host) ready(p *process) {
	f := p.function
	if p.dead {
		return
	}
	if len(f.waiting) > 0 {
		place := f.waiting[0]
		f.waiting = f.waiting[1:]
		place <- taken{process: p}
		return
	}
	f.idle = append(f.idle, p)
}

// invocation is one request on its way through a process.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan Result // the process's own answer
}

// process is one execution environment.
type process struct {
	id       string
	function *function
	cmd      *exec.Cmd
	begun    time.Time
	work     chan *invocation
	exited   chan struct{}

	// Guarded by the host's lock.
	initFor   time.Duration
	initError []byte // what the process said before it gave up
	current   *invocation
	inited    bool
	fresh     bool // its first request is still to come
	dead      bool
	how       string // it died
}

// serve hands one request to a process and waits for its answer, its death or
// the deadline. It answers nil when the process died before it took the request.
func (h *Host) serve(p *process, inv *invocation) *Result {
	h.mu.Lock()
	p.current = inv
	fresh := p.fresh
	p.fresh = false
	h.mu.Unlock()
	begun := time.Now()
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	p.work <- inv
	var result Result
	select {
	case result = <-inv.done:
	case <-p.exited:
		select {
		case result = <-inv.done: // it answered and then died
		case <-p.work:
			return nil
		default:
			h.mu.Lock()
			result = failed(inv.id, "Runtime.ExitError", "Runtime exited with error: "+p.how)
			h.mu.Unlock()
		}
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		result = failed(inv.id, "Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", p.function.Timeout.Seconds()))
	}
	result.RequestID, result.Took = inv.id, time.Since(begun)
	h.mu.Lock()
	defer h.mu.Unlock()
	if fresh {
		result.Init = p.initFor
	}
	s := &p.function.stats
	s.Invocations++
	s.Took = append(s.Took, result.Took)
	if result.Error != "" {
		s.Errors++
	}
	return &result
}

func failed(request, kind, message string) Result {
	if request != "" {
		message = "RequestId: " + request + " Error: " + message
	}
	text, err := json.Marshal(Failure{Type: kind, Message: message})
	if err != nil {
		panic("lambdahost: a failure cannot be encoded: " + err.Error())
	}
	return Result{RequestID: request, Payload: text, Error: "Unhandled"}
}

// start begins a process. The host is locked.
func (h *Host) start(f *function) error {
	p := &process{id: uuid.NewString(), function: f, begun: time.Now(), work: make(chan *invocation, 1), exited: make(chan struct{}), fresh: true}
	p.cmd = exec.Command(f.Path)
	p.cmd.Stdout, p.cmd.Stderr = h.cfg.Output, h.cfg.Output
	p.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "LANG=en_US.UTF-8", "TZ=:UTC", "TMPDIR=" + os.TempDir(),
		"AWS_REGION=" + h.cfg.Region, "AWS_DEFAULT_REGION=" + h.cfg.Region,
		"AWS_ACCESS_KEY_ID=rehearsal", "AWS_SECRET_ACCESS_KEY=rehearsal", "AWS_SESSION_TOKEN=rehearsal",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
	}, h.cfg.Env...)
	p.cmd.Env = append(p.cmd.Env, f.Env...)
	p.cmd.Env = append(p.cmd.Env,
		"_HANDLER=bootstrap",
		"AWS_LAMBDA_RUNTIME_API="+h.addr+"/env/"+p.id,
		"AWS_LAMBDA_FUNCTION_NAME="+f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.Memory),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+p.begun.UTC().Format("2006/01/02")+"/[$LATEST]"+p.id,
	)
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start function %s: %w", f.Name, err)
	}
	f.alive++
	f.stats.Starts++
	h.processes[p.id] = p
	h.group.Go(func() { h.watch(p) })
	return nil
}

// watch waits for a process's end, and ends it when it does not get ready.
func (h *Host) watch(p *process) {
	late := time.AfterFunc(h.cfg.InitFor, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !p.inited {
			_ = p.cmd.Process.Kill()
		}
	})
	err := p.cmd.Wait()
	late.Stop()
	how := "exit status 0"
	if err != nil {
		how = err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	f := p.function
	p.dead, p.how = true, how
	close(p.exited)
	delete(h.processes, p.id)
	f.alive--
	f.idle = slices.DeleteFunc(f.idle, func(q *process) bool { return q == p })
	if !h.closed {
		h.cfg.Log.Warn("a function's process ended", "function", f.Name, "how", how)
	}
	if len(f.waiting) == 0 {
		return
	}
	if !p.inited && f.alive > 0 && !h.closed {
		return // another process will serve whom it was started for
	}
	if !p.inited || h.closed {
		// The request for which it was started fails, as an init error does.
		result := failed("", "Runtime.ExitError", "Runtime exited during init: "+how)
		if p.initError != nil {
			result.Payload = p.initError
		}
		f.stats.Invocations++
		f.stats.Errors++
		f.waiting[0] <- taken{failed: &result}
		f.waiting = f.waiting[1:]
	}
	if h.closed {
		for _, place := range f.waiting {
			result := failed("", "Runtime.ExitError", "the host stops")
			place <- taken{failed: &result}
		}
		f.waiting = nil
		return
	}
	if len(f.waiting) > 0 && f.alive < f.Most {
		if err := h.start(f); err != nil {
			h.cfg.Log.Error("a function's process cannot be replaced", "function", f.Name, "error", err)
		}
	}
}
