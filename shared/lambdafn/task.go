package lambdafn

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"lianban/shared/handler"
)

// Task runs one handler of a state machine under the Lambda runtime.
type Task func(ctx context.Context, payload []byte) ([]byte, error)

var _ lambda.Handler = Task(nil)

// Invoke implements lambda.Handler.
func (t Task) Invoke(ctx context.Context, payload []byte) (out []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			slog.ErrorContext(ctx, "a task panicked", "panic", v, "stack", string(debug.Stack()))
			out, err = nil, named(fmt.Errorf("panic: %v", v), true)
		}
	}()
	if out, err = t(ctx, payload); err != nil {
		return nil, named(err, false)
	}
	return out, nil
}

// named is the error as a state machine sees it.
func named(err error, exit bool) error {
	return messages.InvokeResponse_Error{Type: handler.ErrorName(err), Message: err.Error(), ShouldExit: exit}
}
