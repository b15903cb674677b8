// Package asl reads state machines in the Amazon States Language (JSONPath
// flavour) and says what happens next.
//
// It must not know who calls the functions, where an execution is kept, what
// time it is, or what the machines are for. It imports the standard library
// only, starts no goroutine, reads no clock and touches no disk.
//
// Parse turns a file into an immutable Definition or into errors that name
// their place. What this package does not support is refused there, never
// ignored. Step takes a definition, an execution, one event and the time, and
// returns the next execution, the function calls it wants, and what to write
// into the history:
//
//	          Start            InvokeReturned, InvokeFailed,
//	            |              TokenSucceeded, TokenFailed, Heartbeat,
//	            v              Wake, Resume
//	      +-----------+ <------------------+
//	      |  RUNNING  | -------------------+
//	      +-----------+
//	        |   |   |  \
//	        v   v   v   v
//	SUCCEEDED FAILED TIMED_OUT ABORTED
//
// An Execution is one plain value: retry counts, timers, branches, variables
// and the state of its random numbers live in it, so it survives a trip through
// JSON, and the same events at the same times give the same execution, effects
// and history again. Package engine relies on that: it keeps the events only. So
// what Step makes of a definition and a list of events is a promise to every
// journal ever written; tests hold it to golden histories.
//
// # Values
//
// JSON values are any of nil, bool, string, json.Number, []any and
// map[string]any. Numbers stay as they were written. Values inside a definition
// or an execution are never changed in place; a state that changes its input
// copies the objects on the way, so values may be shared freely.
//
// # Ownership
//
// Step takes the execution it is given: the caller must not use that value
// again, only the one in the Result, also when Step returns an error (then the
// result holds the execution unchanged). This lets it work in place, without
// copying the tree of branches at every event.
//
// Where this differs from AWS is written down in DIVERGENCES.md.
package asl
