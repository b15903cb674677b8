package asl

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Status says whether an execution goes on, in Step Functions' words.
type Status string

// An execution is Running until it reaches one of the others, and stays there.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is one run of a machine: a plain value that survives a trip through
// JSON. Everything that decides what happens next is in it.
type Execution struct {
	// Definition is the digest of the definition it runs on.
	Definition string
	Machine    string
	ID         string
	Name       string
	MachineID  string `json:",omitzero"`
	Role       string `json:",omitzero"`

	Status    Status
	StartedAt time.Time
	EndedAt   time.Time `json:",omitzero"`
	// Deadline is when the whole execution times out; zero is never.
	Deadline time.Time `json:",omitzero"`
	Input    any
	Output   any    // when Succeeded
	Error    string `json:",omitzero"`
	Cause    string `json:",omitzero"`

	// TokenPrefix and Seed were given at the start: tokens and all random
	// numbers come from them.
	TokenPrefix string
	Seed        [16]byte
	Draws       uint64

	// Events counts history events; the last one's ID.
	Events int64
	// Transitions counts states entered and retries, as Step Functions bills
	// them.
	Transitions int64
	// Tasks counts task attempts; attempts are numbered from 1.
	Tasks int64
	// Root is the top-level machine; nil once the execution has ended.
	Root *Branch `json:",omitzero"`

	linked bool // parents are set; they do not travel through JSON
}

// A Branch is one running machine: the top level, a branch of a Parallel, or an
// iteration of a Map.
type Branch struct {
	State   string
	Entered time.Time
	// EnteredBy is the ID of the history event that entered the state.
	EnteredBy int64
	Input     any // the state's raw input
	Vars      map[string]any
	// Last is the ID of the branch's last history event.
	Last int64
	// Tries counts the retries each retrier of the state has made.
	Tries []int `json:",omitzero"`
	// Retries is their sum: $$.State.RetryCount.
	Retries int64 `json:",omitzero"`
	// Index and Item are set in an iteration of a Map.
	Index int  `json:",omitzero"`
	Item  *Box `json:",omitzero"`

	// A branch that rests has one of these: a timer (Wait state or retry), a
	// task, or branches below it.
	Due   time.Time `json:",omitzero"`
	Retry bool      `json:",omitzero"` // Due ends a retry's delay
	Task  *Task     `json:",omitzero"`
	Fan   *Fan      `json:",omitzero"`

	parent *Branch
	gone   bool // stopped by a sibling's failure
}

// Box holds a value that may be null.
type Box struct{ Value any }

// Task is one live attempt of a Task state.
type Task struct {
	N        int64
	Callback bool
	// Call is what to invoke, until the invocation's result is known.
	Call     *Call         `json:",omitzero"`
	Timeout  time.Duration `json:",omitzero"`
	Deadline time.Time     `json:",omitzero"`
	Beat     time.Duration `json:",omitzero"`
	BeatDue  time.Time     `json:",omitzero"`
}

// Call is a function and its payload.
type Call struct {
	Function string
	Payload  []byte
}

// Fan is a running Parallel or Map.
type Fan struct {
	Items   []any     `json:",omitzero"` // a Map's items
	Data    any       // what the Map's ItemSelector or the Parallel's branches read
	Live    []*Branch // those started and not finished, in order
	Results []any
	Started int
	Done    int
	Width   int // how many may run at once
}

// UnmarshalJSON keeps numbers as they are written.
func (x *Execution) UnmarshalJSON(src []byte) error {
	type plain Execution
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var p plain
	if err := d.Decode(&p); err != nil {
		return err
	}
	*x = Execution(p)
	return nil
}

// link sets the parents, which do not travel through JSON.
func (x *Execution) link() {
	if x.linked || x.Root == nil {
		return
	}
	x.linked = true
	var down func(b *Branch)
	down = func(b *Branch) {
		if b.Fan == nil {
			return
		}
		for _, c := range b.Fan.Live {
			c.parent = b
			down(c)
		}
	}
	down(x.Root)
}

// each visits the branches that run, parents first, in a fixed order.
func (b *Branch) each(visit func(*Branch)) {
	if b == nil {
		return
	}
	visit(b)
	if b.Fan != nil {
		for _, c := range b.Fan.Live {
			c.each(visit)
		}
	}
}

// NextWake is the time of the earliest timer, if there is one. Step with Wake
// at that time or later does what is due.
func (x *Execution) NextWake() (time.Time, bool) {
	next := x.Deadline
	if x.Status != Running {
		return time.Time{}, false
	}
	x.Root.each(func(b *Branch) {
		if at := b.due(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	})
	return next, !next.IsZero()
}

// due is the branch's own earliest timer.
func (b *Branch) due() time.Time {
	if b.Task == nil {
		return b.Due
	}
	at := b.Task.Deadline
	if beat := b.Task.BeatDue; !beat.IsZero() && (at.IsZero() || beat.Before(at)) {
		at = beat
	}
	return at
}

// Pending lists the calls whose results the execution does not know, in the
// order in which they were wanted: what a runner calls again after a crash.
func (x *Execution) Pending() []Effect {
	var out []Effect
	x.Root.each(func(b *Branch) {
		if b.Task != nil && b.Task.Call != nil {
			out = append(out, x.effect(b))
		}
	})
	slices.SortFunc(out, func(a, b Effect) int { return int(a.Task - b.Task) })
	return out
}

// Calling says whether Pending would list anything.
func (x *Execution) Calling() bool { return x.Root.calling() }

func (b *Branch) calling() bool {
	if b == nil {
		return false
	}
	if b.Task != nil && b.Task.Call != nil {
		return true
	}
	return b.Fan != nil && slices.ContainsFunc(b.Fan.Live, (*Branch).calling)
}

func (x *Execution) effect(b *Branch) Effect {
	t := b.Task
	e := Effect{
		Task: t.N, State: b.State, Function: t.Call.Function, Payload: t.Call.Payload,
		Callback: t.Callback, Deadline: t.Deadline,
	}
	if t.Callback {
		e.Token = x.Token(t.N)
	}
	return e
}

// Live says whether a task attempt still waits for its result.
func (x *Execution) Live(task int64) bool { return x.task(task) != nil }

func (x *Execution) task(n int64) *Branch {
	var found *Branch
	x.Root.each(func(b *Branch) {
		if b.Task != nil && b.Task.N == n {
			found = b
		}
	})
	return found
}

// Token is the token of a task attempt. It cannot be guessed from another
// attempt's token.
func (x *Execution) Token(task int64) string {
	var b [24 + 8]byte
	copy(b[:], "token")
	copy(b[8:], x.Seed[:])
	binary.BigEndian.PutUint64(b[24:], uint64(task))
	sum := sha256.Sum256(b[:])
	out := make([]byte, 0, len(x.TokenPrefix)+40)
	out = append(out, x.TokenPrefix...)
	out = append(out, '-')
	out = strconv.AppendInt(out, task, 36)
	out = append(out, '-')
	out = base64.RawURLEncoding.AppendEncode(out, sum[:15])
	return string(out)
}

// draw is the next random number: splitmix64 over the seed and a counter, so
// that a replay draws the same.
func (x *Execution) draw() uint64 {
	x.Draws++
	return mix(binary.BigEndian.Uint64(x.Seed[:8]) ^ mix(binary.BigEndian.Uint64(x.Seed[8:])+x.Draws))
}

func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (x *Execution) uuid() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], x.draw())
	binary.BigEndian.PutUint64(b[8:], x.draw())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// An Event is what happened outside. Use the constructors.
type Event struct {
	Kind   EventKind
	Start  *Start
	Task   int64
	Output []byte
	Error  string
	Cause  string
}

// EventKind tells events apart. The numbers are written into journals and never
// change.
type EventKind uint8

// The kinds of events.
const (
	KindStart          EventKind = 1
	KindInvokeReturned EventKind = 2
	KindInvokeFailed   EventKind = 3
	KindTokenSucceeded EventKind = 4
	KindTokenFailed    EventKind = 5
	KindHeartbeat      EventKind = 6
	KindWake           EventKind = 7
	KindAbort          EventKind = 8
	KindResume         EventKind = 9
)

// Start is what an execution begins with.
type Start struct {
	Input     []byte
	ID        string // as $$.Execution.Id shows it
	Name      string
	MachineID string
	Role      string
	// TokenPrefix begins every token, so that a runner finds the execution.
	TokenPrefix string
	// Seed must be unguessable: tokens come from it.
	Seed [16]byte
}

// Started begins an execution; the Execution given to Step is the zero value.
func Started(s Start) Event { return Event{Kind: KindStart, Start: &s} }

// InvokeReturned says that a function returned. Of a task that waits for a token
// it says only that the call was made.
func InvokeReturned(task int64, output []byte) Event {
	return Event{Kind: KindInvokeReturned, Task: task, Output: output}
}

// InvokeFailed says that a function failed, by ASL error name and cause.
func InvokeFailed(task int64, errName, cause string) Event {
	return Event{Kind: KindInvokeFailed, Task: task, Error: errName, Cause: cause}
}

// TokenSucceeded says that somebody answered a task's token.
func TokenSucceeded(task int64, output []byte) Event {
	return Event{Kind: KindTokenSucceeded, Task: task, Output: output}
}

// TokenFailed says that somebody failed a task by its token.
func TokenFailed(task int64, errName, cause string) Event {
	return Event{Kind: KindTokenFailed, Task: task, Error: errName, Cause: cause}
}

// Heartbeat says that a task is still worked on.
func Heartbeat(task int64) Event { return Event{Kind: KindHeartbeat, Task: task} }

// Wake says that time has passed.
func Wake() Event { return Event{Kind: KindWake} }

// Abort stops the execution.
func Abort(errName, cause string) Event {
	return Event{Kind: KindAbort, Error: errName, Cause: cause}
}

// Resume says that the runner was down and makes the pending calls again: their
// timeouts count from now, because nobody was working on them.
func Resume() Event { return Event{Kind: KindResume} }

// An Effect is a function call the execution wants. Release it only after the
// event which caused it is safe.
type Effect struct {
	Task     int64
	State    string
	Function string
	Payload  []byte
	// Callback says that the task's result comes by Token, not by the call.
	Callback bool
	Token    string
	// Deadline is when the task times out; zero is never.
	Deadline time.Time
}

// Result is what Step gives back.
type Result struct {
	Execution Execution
	Effects   []Effect
	History   []HistoryEvent
}

// Outcomes of Step that leave the execution as it was.
var (
	// ErrNotLive says that the task attempt is over: answered, timed out,
	// stopped with its siblings, or the execution has ended. It is an ordinary
	// outcome of a race, not a fault.
	ErrNotLive = errors.New("the task is no longer live")
	// ErrNoTask says that the execution never had that task attempt.
	ErrNoTask = errors.New("the execution has no such task")
	// ErrEnded says that the execution has ended.
	ErrEnded = errors.New("the execution has ended")
	// ErrNothingDue says that a Wake found nothing to do.
	ErrNothingDue = errors.New("nothing is due")
)

// InvalidDataError says that an input or output is not JSON or is too large.
// The execution is left as it was.
type InvalidDataError struct {
	What string // "input" or "output"
	Err  error
}

func (e *InvalidDataError) Error() string { return fmt.Sprintf("invalid %s: %v", e.What, e.Err) }

func (e *InvalidDataError) Unwrap() error { return e.Err }
