package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"lianban/shared/asl"
)

// Config is what an engine needs. Journal, Invoke, Now and Machines are
// required.
type Config struct {
	Journal Journal
	// Invoke calls a function. A *FunctionError (also a wrapped one) is what
	// Retry and Catch see; any other error and a panic become Lambda.Unknown.
	// A function may be called again with the same payload after a crash.
	Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	Now    func() time.Time
	// Machines are the definitions on which new executions start, one for each
	// name.
	Machines []*asl.Definition
	// Rand seeds executions: their tokens and random numbers. The default is
	// crypto/rand; a simulation gives a reader of its own, which need not be
	// safe for concurrent use.
	Rand io.Reader
	// Workers is how many functions run at once under Run; 0 means 32 for each
	// processor.
	Workers int
	// Hot is how many idle executions stay hydrated, about 10 KiB each; 0 means
	// 512.
	Hot int
	// CallFor is the longest a function may run when its task has no shorter
	// timeout; 0 means 15 minutes, Lambda's own limit.
	CallFor time.Duration
	// StopFor is how long Run waits for running functions when its context
	// ends, before it cancels theirs; 0 means 10 seconds.
	StopFor time.Duration
	Log     *slog.Logger // nil discards
}

// Engine runs state machines durably. See the package documentation.
type Engine struct {
	cfg      Config
	journal  Journal
	log      *slog.Logger
	machines map[string]*asl.Definition
	timers   *timers
	calls    callQueue
	stripes  [64]stripe

	defsMu sync.RWMutex
	defs   map[string]*asl.Definition // by digest

	randMu sync.Mutex

	// resume lists the executions found at startup whose calls are made again.
	resumeMu sync.Mutex
	resume   []ID
}

// New opens an engine on its journal: it stores the definitions, lists the open
// executions and arms their timers. It calls nothing yet. An engine without
// machines that is never run or settled only reads.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Journal == nil || cfg.Invoke == nil || cfg.Now == nil {
		return nil, errors.New("engine: Journal, Invoke and Now are required")
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 32 * runtime.GOMAXPROCS(0)
	}
	if cfg.Hot <= 0 {
		cfg.Hot = 512
	}
	if cfg.CallFor <= 0 {
		cfg.CallFor = 15 * time.Minute
	}
	if cfg.StopFor <= 0 {
		cfg.StopFor = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		cfg: cfg, journal: cfg.Journal, log: cfg.Log, timers: newTimers(),
		machines: map[string]*asl.Definition{}, defs: map[string]*asl.Definition{},
	}
	e.calls.empty = make(chan struct{}, 1)
	for i := range e.stripes {
		e.stripes[i].execs = map[ID]*execution{}
		e.stripes[i].resume = map[ID]struct{}{}
	}
	for _, def := range cfg.Machines {
		if !validName(def.Name) {
			return nil, fmt.Errorf("engine: %q is not a state machine's name", def.Name)
		}
		if e.machines[def.Name] != nil {
			return nil, fmt.Errorf("engine: two definitions of %s", def.Name)
		}
		if err := e.journal.Define(ctx, Definition{Digest: def.Digest, Machine: def.Name, Source: def.Source()}); err != nil {
			return nil, fmt.Errorf("engine: store definition %s: %w", def.Name, err)
		}
		e.machines[def.Name], e.defs[def.Digest] = def, def
	}
	open, err := e.journal.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("engine: list open executions: %w", err)
	}
	for _, o := range open {
		e.timers.set(o.ID, o.NextWake)
		if o.Pending {
			e.resume = append(e.resume, o.ID)
			e.stripe(o.ID).resume[o.ID] = struct{}{}
		}
	}
	return e, nil
}

func (e *Engine) now() time.Time { return e.cfg.Now().UTC().Truncate(time.Millisecond) }

// ExecutionID is the id of a machine's execution by its name, as
// $$.Execution.Id shows it.
func ExecutionID(machine, name string) string { return "execution:" + machine + ":" + name }

func parseExecutionID(id string) (machine, name string, err error) {
	parts := strings.Split(id, ":")
	if len(parts) != 3 || parts[0] != "execution" {
		return "", "", &NotFoundError{What: fmt.Sprintf("execution %q", id)}
	}
	return parts[1], parts[2], nil
}

// validName keeps to Step Functions' rule for names.
func validName(s string) bool {
	n := utf8.RuneCountInString(s)
	return n > 0 && n <= 80 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", r)
	})
}

// StartedExecution is what Start answers.
type StartedExecution struct {
	Execution string // its id
	StartedAt time.Time
	// Again says that it ran already, with the same input.
	Again bool
}

// Start begins an execution of the machine's current definition. It returns once
// the start is durable. Starting a running execution again with the same input
// changes nothing and succeeds; any other use of a name that was used before is
// an *AlreadyExistsError.
func (e *Engine) Start(ctx context.Context, machine, name string, input []byte) (StartedExecution, error) {
	def := e.machines[machine]
	if def == nil {
		return StartedExecution{}, &NotFoundError{What: fmt.Sprintf("state machine %q", machine)}
	}
	if !validName(name) {
		return StartedExecution{}, &InvalidDataError{Err: fmt.Errorf("%q is not a name for an execution", name)}
	}
	now := e.now()
	row := Execution{
		ID: e.journal.NextID(), Machine: machine, Name: name, Digest: def.Digest, StartedAt: now,
	}
	start := asl.Start{Input: input}
	if err := e.seed(start.Seed[:]); err != nil {
		return StartedExecution{}, fmt.Errorf("start %s: %w", name, err)
	}
	complete(&start, row)
	ev := asl.Started(start)
	res, err := asl.Step(def, asl.Execution{}, ev, now)
	if err != nil {
		return StartedExecution{}, &InvalidDataError{Err: err}
	}
	h := &execution{id: row.ID, busy: true, loaded: true, def: def, x: res.Execution, row: row, chunks: 1}
	h.row.Head = h.head()
	s := e.stripe(row.ID)
	s.mu.Lock()
	s.execs[row.ID] = h
	s.mu.Unlock()

	stored, err := e.journal.Create(context.WithoutCancel(ctx), h.row, appendRecord(nil, ev, 0))
	switch {
	case errors.Is(err, ErrExists):
		h.loaded = false
		e.handOff(h)
		return e.startedBefore(ctx, stored, input)
	case err != nil:
		// It may be stored nevertheless: then the next touch finds it.
		e.doubt(h, 0)
		e.handOff(h)
		return StartedExecution{}, fmt.Errorf("start %s: %w", name, err)
	}
	e.release(h, res.Effects)
	e.handOff(h)
	return StartedExecution{Execution: res.Execution.ID, StartedAt: now}, nil
}

func (e *Engine) startedBefore(ctx context.Context, row Execution, input []byte) (StartedExecution, error) {
	out := StartedExecution{Execution: ExecutionID(row.Machine, row.Name), StartedAt: row.StartedAt, Again: true}
	if row.Head.Status == Running {
		_, chunks, err := e.journal.Load(ctx, row.ID)
		if err != nil {
			return out, fmt.Errorf("start %s again: %w", row.Name, err)
		}
		first := reader{src: chunks[0]}
		ev, _, err := first.record()
		if err != nil {
			return out, fmt.Errorf("start %s again: %w", row.Name, err)
		}
		if sameJSON(ev.Start.Input, input) {
			// If the first start was reported as failed although it was stored,
			// this releases what it wanted.
			return out, e.post(ctx, row.ID, &message{touch: true})
		}
	}
	return out, &AlreadyExistsError{Execution: out.Execution, Status: row.Head.Status}
}

func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	va, err := asl.ParseJSON(a)
	vb, err2 := asl.ParseJSON(b)
	return err == nil && err2 == nil && bytes.Equal(asl.AppendJSON(nil, va), asl.AppendJSON(nil, vb))
}

func (e *Engine) seed(dst []byte) error {
	e.randMu.Lock()
	defer e.randMu.Unlock()
	_, err := io.ReadFull(e.cfg.Rand, dst)
	return err
}

// Succeed answers a token with an output, JSON text. It returns once the answer
// is durable. When ctx ends first, or the journal fails, the answer may or may
// not count: answering again tells, by success or a *TaskTimedOutError.
func (e *Engine) Succeed(ctx context.Context, token string, output []byte) error {
	return e.token(ctx, token, asl.Event{Kind: asl.KindTokenSucceeded, Output: output})
}

// Fail fails a token's task with an ASL error name and a cause.
func (e *Engine) Fail(ctx context.Context, token, errName, cause string) error {
	return e.token(ctx, token, asl.Event{Kind: asl.KindTokenFailed, Error: errName, Cause: cause})
}

// Heartbeat says that a token's task is still worked on.
func (e *Engine) Heartbeat(ctx context.Context, token string) error {
	return e.token(ctx, token, asl.Event{Kind: asl.KindHeartbeat})
}

func tokenPrefix(id ID) string { return "t" + strconv.FormatInt(int64(id), 36) }

func (e *Engine) token(ctx context.Context, token string, ev asl.Event) error {
	parts := strings.SplitN(token, "-", 3)
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "t") {
		return &InvalidTokenError{}
	}
	id, err := strconv.ParseInt(parts[0][1:], 36, 64)
	task, err2 := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || err2 != nil || id < 1 || task < 1 {
		return &InvalidTokenError{}
	}
	ev.Task = task
	err = e.post(ctx, ID(id), &message{ev: ev, token: token})
	var invalid *asl.InvalidDataError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errBadToken), errors.Is(err, asl.ErrNoTask), errors.Is(err, ErrUnknown):
		return &InvalidTokenError{}
	case errors.Is(err, asl.ErrNotLive), errors.Is(err, asl.ErrEnded):
		return &TaskTimedOutError{}
	case errors.As(err, &invalid):
		return &InvalidDataError{Err: invalid}
	}
	return fmt.Errorf("token of task %d: %w", task, err)
}

var errBadToken = errors.New("the token does not belong to the task")

// checkToken compares in constant time; the execution is loaded.
func checkToken(x *asl.Execution, token string, task int64) error {
	if task > x.Tasks || subtle.ConstantTimeCompare([]byte(x.Token(task)), []byte(token)) != 1 {
		return errBadToken
	}
	return nil
}

// Abort stops an execution. Aborting one that has ended changes nothing.
func (e *Engine) Abort(ctx context.Context, execution, errName, cause string) error {
	row, err := e.find(ctx, execution)
	if err != nil {
		return err
	}
	err = e.post(ctx, row.ID, &message{ev: asl.Abort(errName, cause)})
	if err != nil && !errors.Is(err, asl.ErrEnded) {
		return fmt.Errorf("abort %s: %w", execution, err)
	}
	return nil
}

func (e *Engine) find(ctx context.Context, execution string) (Execution, error) {
	machine, name, err := parseExecutionID(execution)
	if err != nil {
		return Execution{}, err
	}
	row, err := e.journal.Find(ctx, machine, name)
	if errors.Is(err, ErrUnknown) {
		return row, &NotFoundError{What: fmt.Sprintf("execution %q", execution)}
	}
	if err != nil {
		err = fmt.Errorf("find %s: %w", execution, err)
	}
	return row, err
}

// Description is what Describe says of an execution. List leaves out what only
// a replay knows: from Input on.
type Description struct {
	Execution string // its id
	Machine   string
	Name      string
	Digest    string // of the definition it runs on
	Status    Status
	StartedAt time.Time
	EndedAt   time.Time

	Input       []byte
	Output      []byte // when Succeeded
	Error       string
	Cause       string
	NextWake    time.Time // zero when it waits for no timer
	Transitions int64
}

func (r *Execution) describe() Description {
	return Description{
		Execution: ExecutionID(r.Machine, r.Name), Machine: r.Machine, Name: r.Name, Digest: r.Digest,
		Status: r.Head.Status, StartedAt: r.StartedAt, EndedAt: r.Head.EndedAt,
	}
}

// Describe tells how an execution stands, from what is durable.
func (e *Engine) Describe(ctx context.Context, execution string) (Description, error) {
	row, x, err := e.load(ctx, execution, nil)
	if err != nil {
		return Description{}, err
	}
	d := row.describe()
	d.Status, d.EndedAt = Status(x.Status), x.EndedAt
	d.Input = asl.AppendJSON(nil, x.Input)
	if x.Status == asl.Succeeded {
		d.Output = asl.AppendJSON(nil, x.Output)
	}
	d.Error, d.Cause, d.Transitions = x.Error, x.Cause, x.Transitions
	d.NextWake, _ = x.NextWake()
	return d, nil
}

// History is an execution's whole history, from what is durable.
func (e *Engine) History(ctx context.Context, execution string) ([]asl.HistoryEvent, error) {
	var out []asl.HistoryEvent
	_, _, err := e.load(ctx, execution, func(h []asl.HistoryEvent) { out = append(out, h...) })
	return out, err
}

func (e *Engine) load(ctx context.Context, execution string, see func([]asl.HistoryEvent)) (Execution, asl.Execution, error) {
	row, err := e.find(ctx, execution)
	if err != nil {
		return row, asl.Execution{}, err
	}
	row, chunks, err := e.journal.Load(ctx, row.ID)
	if err != nil {
		return row, asl.Execution{}, fmt.Errorf("load %s: %w", execution, err)
	}
	def, err := e.definition(ctx, row.Digest)
	if err != nil {
		return row, asl.Execution{}, err
	}
	x, err := replay(def, row, chunks, see)
	return row, x, err
}

// definition returns a definition by digest, also one from before an upgrade.
func (e *Engine) definition(ctx context.Context, digest string) (*asl.Definition, error) {
	e.defsMu.RLock()
	def := e.defs[digest]
	e.defsMu.RUnlock()
	if def != nil {
		return def, nil
	}
	stored, err := e.journal.Definition(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("load definition: %w", err)
	}
	if def, err = asl.Parse(stored.Machine, stored.Source); err != nil {
		return nil, fmt.Errorf("stored definition %s: %w", digest, err)
	}
	if def.Digest != digest {
		return nil, fmt.Errorf("stored definition of %s has digest %s, not %s", stored.Machine, def.Digest, digest)
	}
	e.defsMu.Lock()
	defer e.defsMu.Unlock()
	e.defs[digest] = def
	return def, nil
}

// List returns executions newest first, without what only a replay knows.
func (e *Engine) List(ctx context.Context, q Query) ([]Description, string, error) {
	rows, next, err := e.journal.List(ctx, q)
	if err != nil {
		return nil, "", fmt.Errorf("list executions: %w", err)
	}
	out := make([]Description, len(rows))
	for i := range rows {
		out[i] = rows[i].describe()
	}
	return out, next, nil
}
