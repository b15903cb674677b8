package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"lianban/shared/asl"
	"lianban/shared/engine"
)

// Config is what a Server needs. Invoke and Now are required.
type Config struct {
	// Invoke calls a function by the FunctionName of the definition. A
	// *engine.FunctionError is what Retry and Catch see.
	Invoke  func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Now     func() time.Time
	Rand    io.Reader // seeds executions; crypto/rand when nil
	Region  string    // us-east-1 when empty
	Account string    // 000000000000 when empty
	Workers int       // functions at once; 0 as in engine.Config
	Log     *slog.Logger
}

// Server is an http.Handler. In real time, Run moves its executions; in virtual
// time, Settle, NextWake and Wake do.
type Server struct {
	cfg Config

	mu        sync.Mutex
	machines  map[string]*machine
	order     []*machine
	revisions []*revision
	running   context.Context // while Run runs
	group     *sync.WaitGroup
	failed    chan error

	countMu sync.Mutex
	counts  map[string]int
}

type machine struct {
	name, role, comment string
	createdAt           time.Time
	revisions           []*revision
	versions            []version
	executions          map[string]*execution
	order               []*execution
}

type revision struct {
	id         string
	number     int // among all of the server's, from 0
	definition string
	createdAt  time.Time
	engine     *engine.Engine
}

type version struct {
	number      int
	description string
	revision    *revision
	createdAt   time.Time
}

type execution struct {
	machine   *machine
	revision  *revision
	version   int // 0: started without one
	name      string
	input     string
	startedAt time.Time
}

// shift leaves room for a trillion executions a revision.
const shift = 40

// journal numbers a revision's executions.
type journal struct {
	*engine.MemJournal
	base engine.ID
	last atomic.Int64
}

// NextID implements engine.Journal.
func (j *journal) NextID() engine.ID { return j.base + engine.ID(j.last.Add(1)) }

// New makes a server without machines.
func New(cfg Config) *Server {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rand != nil {
		cfg.Rand = &oneAtATime{r: cfg.Rand}
	}
	return &Server{cfg: cfg, machines: map[string]*machine{}, failed: make(chan error, 1), counts: map[string]int{}}
}

// oneAtATime lets several engines share a reader.
type oneAtATime struct {
	mu sync.Mutex
	r  io.Reader
}

func (o *oneAtATime) Read(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.r.Read(p)
}

// Run moves executions in real time until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	var group sync.WaitGroup
	s.mu.Lock()
	s.running, s.group = ctx, &group
	for _, r := range s.revisions {
		s.launch(r)
	}
	s.mu.Unlock()
	var err error
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	s.mu.Lock()
	s.running = nil
	s.mu.Unlock()
	group.Wait()
	return err
}

// launch runs a revision's engine. The server is locked.
func (s *Server) launch(r *revision) {
	ctx := s.running
	s.group.Go(func() {
		if err := r.engine.Run(ctx); err != nil {
			select {
			case s.failed <- err:
			default:
			}
		}
	})
}

func (s *Server) engines() []*engine.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*engine.Engine, len(s.revisions))
	for k, r := range s.revisions {
		out[k] = r.engine
	}
	return out
}

// Settle carries out what can be done at this moment, on the caller's goroutine.
func (s *Server) Settle(ctx context.Context) error {
	for _, e := range s.engines() {
		if err := e.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// NextWake is the earliest timer.
func (s *Server) NextWake() (time.Time, bool) {
	var first time.Time
	found := false
	for _, e := range s.engines() {
		if at, ok := e.NextWake(); ok && (!found || at.Before(first)) {
			first, found = at, true
		}
	}
	return first, found
}

// Wake fires the timers that are due.
func (s *Server) Wake(ctx context.Context) error {
	for _, e := range s.engines() {
		if err := e.Wake(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Calls is how often each operation was asked for.
func (s *Server) Calls() map[string]int {
	s.countMu.Lock()
	defer s.countMu.Unlock()
	out := map[string]int{}
	for k, n := range s.counts {
		out[k] = n
	}
	return out
}

// Describe tells how an execution stands in the engine's own terms, with its
// number of state transitions; History is its whole history.
func (s *Server) Describe(ctx context.Context, arn string) (engine.Description, error) {
	x, err := s.execution(arn)
	if err != nil {
		return engine.Description{}, err
	}
	return x.revision.engine.Describe(ctx, engine.ExecutionID(x.machine.name, x.name))
}

// History is an execution's whole history.
func (s *Server) History(ctx context.Context, arn string) ([]asl.HistoryEvent, error) {
	x, err := s.execution(arn)
	if err != nil {
		return nil, err
	}
	return x.revision.engine.History(ctx, engine.ExecutionID(x.machine.name, x.name))
}

// Error is an error of the API: Type is its name there.
type Error struct{ Type, Message string }

func (e *Error) Error() string { return e.Type + ": " + e.Message }

func errorf(kind, format string, args ...any) *Error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error {
	return errorf("ValidationException", "1 validation error detected: "+format, args...)
}

// mostBody bounds a request: a definition of 1 MiB, escaped.
const mostBody = 8 << 20

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-RequestId", uuid.NewString())
	out, err := func() (any, error) {
		do := operations[operation]
		if !ok || r.Method != http.MethodPost || do == nil {
			return nil, errorf("UnknownOperationException", "no operation %q", operation)
		}
		s.countMu.Lock()
		s.counts[operation]++
		s.countMu.Unlock()
		body, err := io.ReadAll(io.LimitReader(r.Body, mostBody+1))
		if err != nil {
			return nil, errorf("SerializationException", "%v", err)
		}
		if len(body) > mostBody {
			return nil, invalid("the request is too large")
		}
		return do(r.Context(), s, body)
	}()
	var text []byte
	if err == nil {
		text, err = json.Marshal(out)
	}
	if err != nil {
		status := http.StatusBadRequest
		e, ok := errors.AsType[*Error](err)
		if !ok {
			s.cfg.Log.Error("step functions", "operation", operation, "error", err)
			status, e = http.StatusInternalServerError, errorf("InternalServerError", "%v", err)
		}
		text, err = json.Marshal(map[string]string{"__type": e.Type, "message": e.Message})
		if err != nil {
			panic("states: an error cannot be encoded: " + err.Error())
		}
		w.WriteHeader(status)
	}
	_, _ = w.Write(text)
}

// epoch is a time as JSON 1.0 writes it: seconds with milliseconds.
type epoch time.Time

func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return []byte(strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)), nil
}

func epochOf(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	e := epoch(t)
	return &e
}

// ARNs.

func (s *Server) arn(kind, rest string) string {
	return "arn:aws:states:" + s.cfg.Region + ":" + s.cfg.Account + ":" + kind + ":" + rest
}

func (m *machine) arn(s *Server) string { return s.arn("stateMachine", m.name) }

func (m *machine) versionARN(s *Server, number int) string {
	if number == 0 {
		return ""
	}
	return m.arn(s) + ":" + strconv.Itoa(number)
}

func (x *execution) arn(s *Server) string { return s.arn("execution", x.machine.name+":"+x.name) }

// split takes the last parts off an ARN of a kind.
func split(arn, kind string) ([]string, error) {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "states" || parts[5] != kind {
		return nil, errorf("InvalidArn", "Invalid Arn: '%s'", arn)
	}
	return parts[6:], nil
}

// find answers a state machine and, when the ARN names one, its version.
func (s *Server) find(arn string) (*machine, *version, error) {
	parts, err := split(arn, "stateMachine")
	if err != nil {
		return nil, nil, err
	}
	m := s.machines[parts[0]]
	missing := errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
	if m == nil || len(parts) > 2 {
		return nil, nil, missing
	}
	if len(parts) == 1 {
		return m, nil, nil
	}
	for k := range m.versions {
		if strconv.Itoa(m.versions[k].number) == parts[1] {
			return m, &m.versions[k], nil
		}
	}
	return nil, nil, missing
}

func (s *Server) execution(arn string) (*execution, error) {
	parts, err := split(arn, "execution")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.machines[parts[0]]; m != nil && len(parts) == 2 {
		if x := m.executions[parts[1]]; x != nil {
			return x, nil
		}
	}
	return nil, errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}
