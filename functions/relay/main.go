// Relay follows the table's stream: it starts executions and wakes waiting tasks,
// as the commits' outbox records ask.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	states "github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/shared/approval"
	"lianban/shared/config"
	"lianban/shared/lambdafn"
	"lianban/shared/sfn"
)

func main() {
	lambdafn.Start(config.Flows, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return lambdafn.Stream(approval.Relay{Workflows: sfn.New(states.NewFromConfig(h.Cloud), h.Machine), Store: h.Store}), nil
	})
}
