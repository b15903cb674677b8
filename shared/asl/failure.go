package asl

import "fmt"

// Error names which the States Language reserves.
const (
	ErrAll                    = "States.ALL"
	ErrTimeout                = "States.Timeout"
	ErrHeartbeatTimeout       = "States.HeartbeatTimeout"
	ErrTaskFailed             = "States.TaskFailed"
	ErrPermissions            = "States.Permissions"
	ErrRuntime                = "States.Runtime"
	ErrDataLimitExceeded      = "States.DataLimitExceeded"
	ErrNoChoiceMatched        = "States.NoChoiceMatched"
	ErrParameterPathFailure   = "States.ParameterPathFailure"
	ErrResultPathMatchFailure = "States.ResultPathMatchFailure"
	ErrIntrinsicFailure       = "States.IntrinsicFailure"
	ErrBranchFailed           = "States.BranchFailed"
)

// LambdaUnknown names a function's failure when the function does not.
const LambdaUnknown = "Lambda.Unknown"

// MaxPayload is the largest input, output or result, as JSON text.
const MaxPayload = 256 << 10

// MaxHistory is the number of history events at which an execution fails, as
// it does in Step Functions. It bounds what a replay costs.
const MaxHistory = 25000

// failure is an error inside a running machine: what Retry and Catch see.
type failure struct {
	name, cause string
	branch      bool // it comes from a branch of the state that handles it
	placed      bool // the cause says where it happened, or came from outside
}

func failf(name, format string, args ...any) *failure {
	return &failure{name: name, cause: fmt.Sprintf(format, args...)}
}

// matches says whether an ErrorEquals entry covers the failure.
func (f *failure) matches(entry string) bool {
	timeout := f.name == ErrTimeout || f.name == ErrHeartbeatTimeout
	terminal := f.name == ErrRuntime || f.name == ErrDataLimitExceeded
	switch entry {
	case f.name:
		return true
	case ErrAll:
		return !terminal
	case ErrTaskFailed:
		return !terminal && !timeout
	case ErrTimeout:
		return timeout
	case ErrBranchFailed:
		return f.branch && !terminal
	}
	return false
}

func (f *failure) matchesAny(entries []string) bool {
	for _, e := range entries {
		if f.matches(e) {
			return true
		}
	}
	return false
}
