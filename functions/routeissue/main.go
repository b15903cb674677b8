// Routeissue is the workflow task that opens a round: every sign-off that nothing holds back.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/lambdafn"
)

func main() {
	lambdafn.Start(0, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return h.Task("RouteIssue", nil)
	})
}
