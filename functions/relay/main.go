// Relay follows the table's stream: it starts executions, wakes waiting tasks and
// folds issues into the figures, as the commits' outbox records ask.
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
		service := h.Service(nil)
		relay := approval.Relay{Workflows: sfn.New(states.NewFromConfig(h.Cloud), h.Machine), Store: h.Store, Fold: h.Figures(service).Fold}
		return lambdafn.Fresh(h.Register(service), lambdafn.Stream(relay)), nil
	})
}
