package engine

import (
	"errors"
	"fmt"
)

// AlreadyExistsError says that the name is taken by an execution with another
// input, or by one that has ended.
type AlreadyExistsError struct {
	Execution string // its id
	Status    Status
}

func (e *AlreadyExistsError) Error() string {
	return fmt.Sprintf("%s exists already and is %s", e.Execution, e.Status)
}

// InvalidTokenError says that no task ever had the token.
type InvalidTokenError struct{}

func (e *InvalidTokenError) Error() string { return "no task has this token" }

// TaskTimedOutError says that the token's task is over: answered already, timed
// out, stopped, or its execution has ended. Step Functions calls it the same. It
// is the ordinary outcome of a race.
type TaskTimedOutError struct{}

func (e *TaskTimedOutError) Error() string { return "the token's task is over" }

// InvalidDataError says that an input, output or name cannot be accepted.
type InvalidDataError struct{ Err error }

func (e *InvalidDataError) Error() string { return e.Err.Error() }

func (e *InvalidDataError) Unwrap() error { return e.Err }

// NotFoundError says that there is no such execution or state machine.
type NotFoundError struct{ What string }

func (e *NotFoundError) Error() string { return e.What + " does not exist" }

// FunctionError is how Invoke reports a failure which Retry and Catch may name.
// Any other error reaches the machine as Lambda.Unknown.
type FunctionError struct {
	Name  string // the ASL error name, such as Approval.Conflict
	Cause string
}

func (e *FunctionError) Error() string { return e.Name + ": " + e.Cause }

// ErrRunning says that a method of virtual time was called while Run runs.
var ErrRunning = errors.New("the engine runs in real time")
