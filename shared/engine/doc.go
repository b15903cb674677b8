// Package engine runs state machines of package asl durably on one machine.
//
// It owns the journal's interface, the timers, the task tokens and the workers
// that call functions. It must not know what a function does, who answers a
// token, or where the journal keeps its bytes: no approval, no SQL, no AWS, no
// HTTP. It imports asl and the standard library.
//
// # How it works
//
// asl.Step is deterministic, so the journal holds only what came from outside:
// start, function results, token results, heartbeats, wakes and aborts, each
// with the time at which it was accepted. State and history are recomputed by
// replay. Step Functions' own limit of 25,000 history events bounds a replay to
// a fraction of a second, so there are no snapshots: a snapshot would have to
// be migrated whenever the form of asl.Execution changes, the events never.
//
// One execution moves like this:
//
//	event -> mailbox -> Step -> Append (durable) -> acknowledge callers
//	                                             -> release effects (function calls)
//	                                             -> arm the next timer
//
// Events of one execution are serial: whoever finds the mailbox idle drains it,
// and what arrives while an append waits for the disk shares the next one.
// Events of different executions never wait for each other except inside the
// journal, where they share an fsync.
//
// # Guarantees
//
//   - A Start, Succeed, Fail, Heartbeat or Abort that returned nil survives
//     kill -9, and so does a timer that fired.
//   - A function is called only after the event that asked for it is durable.
//     After a crash, calls whose result is not in the journal are made again:
//     at least once, so handlers are idempotent.
//   - An execution finishes on the definition with which it began.
//   - Memory holds a few words for an execution that waits, and its hydrated
//     state only while it is busy or among the recently used.
//
// # Use
//
//	e, err := engine.New(ctx, engine.Config{Journal: j, Invoke: call, Now: now, Machines: defs})
//	e.Run(ctx)       // real time: until ctx ends
//
//	e.Settle(ctx)    // virtual time, without Run: all that can happen now
//	e.NextWake()     // the next timer; move the clock there
//	e.Wake(ctx)      // fire what is due
//
// The methods, with Step Functions' own outcomes:
//
//	Start(ctx, machine, name string, input []byte) (StartedExecution, error) // *AlreadyExistsError
//	Succeed(ctx, token string, output []byte) error                  // *InvalidTokenError, *TaskTimedOutError
//	Fail(ctx, token, errName, cause string) error                    // the same
//	Heartbeat(ctx, token string) error                               // the same
//	Abort(ctx, execution, errName, cause string) error
//	Describe(ctx, execution string) (Description, error)             // *NotFoundError
//	History(ctx, execution string) ([]asl.HistoryEvent, error)
//	List(ctx, Query) ([]Description, string, error)
package engine
