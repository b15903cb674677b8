// Witness notes every event of every audit trail where nobody can change it, and once a day
// checks the trails against what it noted.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/config"
	"lianban/shared/lambdafn"
	"lianban/shared/store/s3"
)

func main() {
	lambdafn.Start(config.Trails, func(_ context.Context, h *lambdafn.House) (lambda.Handler, error) {
		return lambdafn.Witness(s3.NewNotes(s3.New(h.Cloud, h.Witness, "", h.Now)), h.Store, h.Now), nil
	})
}
