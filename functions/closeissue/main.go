// Closeissue is the workflow task that ends a round and, with the last one, the issue.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/lambdafn"
)

func main() {
	lambdafn.Start(0, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return h.Task("CloseIssue", nil)
	})
}
