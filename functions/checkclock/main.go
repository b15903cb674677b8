// Checkclock is the workflow task that turns a sign-off's light, reminds, escalates, and
// says how long to wait next.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/lambdafn"
)

func main() {
	lambdafn.Start(0, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return h.Task("CheckClock", nil)
	})
}
