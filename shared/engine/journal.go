package engine

import (
	"context"
	"errors"
	"time"
)

// A Journal keeps what happened to executions from outside: starts, function
// results, token results, heartbeats, wakes and aborts, as opaque chunks of
// bytes in the order in which the engine accepted them. Everything else
// (state, history, payloads) is recomputed by replay, so a finished execution
// costs a handful of small rows.
//
// The engine is the only writer of a journal while it is open. For one
// execution it calls Append serially; for different executions it calls from
// many goroutines at once. All methods are safe for concurrent use.
//
// Durability: when Create, Append or Define returns nil, the write survives a
// kill -9 and a power cut. Implementations gather concurrent calls and commit
// them together; a call blocks until the commit which holds it is on disk.
//
// Errors: those named below are matched with errors.Is; anything else means
// the outcome is unknown, and the engine forgets what it holds of that
// execution in memory and loads it again at the next touch. A context that
// ends while a write waits may return early with the context's error: the
// write may or may not have happened.
//
// Implementations pass enginetest.Journal.
type Journal interface {
	// NextID returns a number greater than that of any execution ever created
	// in this journal and greater than any it returned since it was opened.
	// It does no I/O. A number that was handed out but never created may be
	// handed out again after the journal is reopened.
	NextID() ID

	// Define stores a definition under its digest. Storing a digest again is
	// harmless and writes nothing. Definitions are never removed: an execution
	// finishes on the definition with which it began.
	Define(ctx context.Context, d Definition) error

	// Definition returns the definition stored under a digest, or ErrUnknown.
	Definition(ctx context.Context, digest string) (Definition, error)

	// Create stores a new execution together with its first chunk (Seq 0), both
	// or nothing. Machine and Name together are unique for ever. When that pair
	// exists already, nothing is written and Create returns the stored
	// execution, with the head it has now, and ErrExists. Otherwise it returns
	// x and nil. x.ID comes from NextID; x.Digest has been defined before.
	// x may be finished already.
	Create(ctx context.Context, x Execution, data []byte) (Execution, error)

	// Append adds one chunk to each of the entries' executions and, where
	// Entry.Head is not nil, replaces that execution's head. Each entry is
	// written whole or not at all; the entries of one call are written in one
	// transaction, all or nothing. One call names an execution at most once.
	//
	// Entry.Seq is the number of chunks the journal holds already for that
	// execution, counting the one from Create. If it holds another number, it
	// returns ErrConflict and writes none of the call's entries: somebody else
	// writes to this journal. An execution that was never created is
	// ErrUnknown. A conflict in one call never fails a concurrent one which
	// happens to share its commit.
	//
	// A chunk holds one or more records, at most a few hundred KiB in the common
	// extreme (a 256 KiB payload) and some megabytes at worst (many such
	// payloads gathered at once). Data belongs to the caller again when Append
	// returns.
	Append(ctx context.Context, entries ...Entry) error

	// Load returns an execution and all its chunks in the order in which they
	// were appended, or ErrUnknown. The chunks belong to the caller.
	Load(ctx context.Context, id ID) (Execution, [][]byte, error)

	// Find returns the execution of that machine and name, or ErrUnknown. It
	// reads no chunks.
	Find(ctx context.Context, machine, name string) (Execution, error)

	// Open lists every execution whose status is Running, in ascending order of
	// ID. It is called once at startup and must be cheap with tens of thousands
	// of open executions: it reads no chunks and touches no finished execution.
	Open(ctx context.Context) ([]OpenExecution, error)

	// List returns executions newest first (descending ID) which match the
	// query, at most Query.Limit of them, and the token of the next page, or ""
	// when this page is the last. A page token is opaque and stays valid while
	// executions are added: those newer than the first page do not appear on
	// later ones. A page token that List never returned is ErrPage.
	List(ctx context.Context, q Query) ([]Execution, string, error)
}

// ID numbers an execution within one journal. Numbers grow with time and fit
// an SQLite rowid; they are never zero or negative.
type ID int64

// Status says whether an execution goes on, in Step Functions' words.
type Status string

// An execution is Running until it reaches one of the other four, and stays
// there.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Head is what the journal knows of an execution without replaying it.
type Head struct {
	Status Status
	// NextWake is the time of the next timer, zero when there is none. It has
	// whole milliseconds. It may be earlier than the truth, never later: a
	// wake that finds nothing due is harmless, so the engine saves the write
	// when a timer moves away.
	NextWake time.Time
	// Pending says that a function call was wanted and its result is not in
	// the journal. After a restart such calls are made again at once.
	Pending bool
	// EndedAt is when Status left Running, zero before that.
	EndedAt time.Time
}

// Execution is one row of the journal's list of executions.
type Execution struct {
	ID      ID
	Machine string // at most 80 characters
	Name    string // at most 80 characters
	// Digest names the definition with which the execution began: 64 lower-case
	// hexadecimal digits.
	Digest    string
	StartedAt time.Time // whole milliseconds
	Head      Head
}

// OpenExecution is the little the engine keeps in memory for an execution that
// waits.
type OpenExecution struct {
	ID       ID
	NextWake time.Time
	Pending  bool
}

// Entry is what one execution writes in one Append.
type Entry struct {
	ID   ID
	Seq  int
	Data []byte
	// Head replaces the stored head; nil leaves it as it is. The last entry of
	// an execution has a head whose status is not Running. After that nothing
	// is appended to it.
	Head *Head
}

// Query selects executions for List.
type Query struct {
	Machine string // "" for all
	Status  Status // "" for all
	Limit   int    // 1 to 1000; 0 means 100
	Page    string // "" for the first page
}

// Definition is a state machine's source after substitution, kept so that an
// execution outlives an upgrade of the program.
type Definition struct {
	Digest  string // sha-256 of Source, 64 lower-case hexadecimal digits
	Machine string
	Source  []byte
}

// Errors of a Journal.
var (
	ErrExists   = errors.New("an execution of that machine and name exists")
	ErrUnknown  = errors.New("not in the journal")
	ErrConflict = errors.New("the journal has moved on: another writer?")
	ErrPage     = errors.New("not a page token of this journal")
)
