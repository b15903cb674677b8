package lambdafn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/approval"
	"lianban/shared/register"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
)

// Undelivered is what a stream's function answers: the record from which Lambda
// shall hand the batch over again; none when all is done. The event source
// mapping has to ask for it (ReportBatchItemFailures).
type Undelivered struct {
	Failures []Failure `json:"batchItemFailures"`
}

// Failure names a record by its sequence number.
type Failure struct {
	Record string `json:"itemIdentifier"`
}

// Stream hands the outbox records among a stream's new items to the relay, in
// order, and reports the first that could not be delivered; Lambda comes back
// with it and everything behind it. What was delivered twice is harmless.
func Stream(relay approval.Relay) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context, e events.DynamoDBEvent) (Undelivered, error) {
		return deliver(ctx, relay, e.Records)
	})
}

func deliver(ctx context.Context, relay approval.Relay, records []events.DynamoDBEventRecord) (Undelivered, error) {
	var boxes []approval.Outbox
	var sequence []string // of each box
	failed, cause := "", error(nil)
	for k := range records {
		change := &records[k].Change
		if records[k].EventName != string(events.DynamoDBOperationTypeInsert) {
			continue
		}
		item := dynamo.Image(func(name string) string {
			if v, ok := change.NewImage[name]; ok && v.DataType() == events.DataTypeString {
				return v.String()
			}
			return ""
		})
		o, ok, err := store.OutboxOf(&item)
		if err != nil {
			failed, cause = change.SequenceNumber, fmt.Errorf("outbox record %s %s cannot be read: %w", item.PK, item.SK, err)
			break
		}
		if ok {
			boxes, sequence = append(boxes, o), append(sequence, change.SequenceNumber)
		}
	}
	n, err := relay.Deliver(ctx, boxes)
	if err != nil {
		failed, cause = sequence[n], err
	}
	if cause == nil {
		return Undelivered{Failures: []Failure{}}, nil
	}
	slog.ErrorContext(ctx, "delivery failed and will be tried again", "done", n, "of", len(boxes), "from", failed, "error", cause)
	if failed == "" { // an empty name would fail the batch as well, but say less
		return Undelivered{}, cause
	}
	return Undelivered{Failures: []Failure{{failed}}}, nil
}

// Schedule sweeps once at each call. A sweep that left something undone is an
// error, which an alarm can count; the next one begins anew.
func Schedule(sweep approval.Sweep, keeper *register.Keeper) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context) (approval.Swept, error) {
		_, err := keeper.Tend(ctx)
		swept, err2 := sweep.Run(ctx)
		err = errors.Join(err, err2)
		if swept != (approval.Swept{}) {
			slog.InfoContext(ctx, "the sweep found something to do", "delivered", swept.Delivered, "looked", swept.Looked, "nudged", swept.Nudged)
		}
		return swept, err
	})
}
