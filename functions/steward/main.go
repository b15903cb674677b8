// Steward looks after personal data: it lists what is kept of somebody, hands out a copy, and has
// somebody who has left pseudonymised. The account's own people call it by hand.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/config"
	"lianban/shared/lambdafn"
)

func main() {
	lambdafn.Start(config.Part(0), func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		service := h.Service(nil)
		return lambdafn.Fresh(h.Register(service), lambdafn.Steward(h.Whole, service.Rules, h.Now)), nil
	})
}
