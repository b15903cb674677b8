// Tally is the workflow task that sums a round up and hands an overdue consultation on.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/lambdafn"
)

func main() {
	lambdafn.Start(0, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return h.Task("Tally", nil)
	})
}
