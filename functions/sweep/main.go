// Sweep repairs, on a schedule, what the relay could not deliver and what a lost
// timer left behind.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	states "github.com/aws/aws-sdk-go-v2/service/sfn"

	"lianban/shared/approval"
	"lianban/shared/config"
	"lianban/shared/intake"
	"lianban/shared/lambdafn"
	"lianban/shared/sfn"
)

// grace is how old a thing must be before it counts as lost: the relay's own
// tries take about a minute.
const grace = 2 * time.Minute

func main() {
	lambdafn.Start(config.Flows, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		flows := sfn.New(states.NewFromConfig(h.Cloud), h.Machine)
		service := h.Service(flows)
		sweep := approval.Sweep{Service: service, Relay: approval.Relay{Workflows: flows, Store: h.Store, Fold: h.Figures(service).Fold}, Grace: grace}
		keeper := h.Register(service)
		keeper.Also = append(keeper.Also, intake.NewService(service, h.Store, nil).Conform) // it gives no check codes
		return lambdafn.Schedule(sweep, keeper), nil
	})
}
