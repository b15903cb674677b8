// Askdepartment is the workflow task that leaves a waiting token with a sign-off. A
// token that nobody has to answer any more it completes itself.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	states "github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/shared/lambdafn"
	"lianban/shared/sfn"
)

func main() {
	lambdafn.Start(0, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return h.Task("AskDepartment", sfn.New(states.NewFromConfig(h.Cloud), "")) // it starts nothing
	})
}
