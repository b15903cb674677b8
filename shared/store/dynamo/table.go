package dynamo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lianban/shared/store"
)

// Table is store.Table on one DynamoDB table.
type Table struct {
	client   *dynamodb.Client
	name     string
	consumed func(Units)
	report   types.ReturnConsumedCapacity
}

var _ store.Table = (*Table)(nil)

// Units are what one request was charged: read and write capacity units, those
// of the indexes included.
type Units struct{ Read, Write float64 }

// Option changes how a Table works.
type Option func(*Table)

// WithUnits has f told what every request was charged. It may be called from
// several goroutines at once.
func WithUnits(f func(Units)) Option {
	return func(t *Table) { t.consumed, t.report = f, types.ReturnConsumedCapacityTotal }
}

// New joins a client to a table that exists.
func New(client *dynamodb.Client, name string, options ...Option) *Table {
	t := &Table{client: client, name: name, consumed: func(Units) {}, report: types.ReturnConsumedCapacityNone}
	for _, o := range options {
		o(t)
	}
	return t
}

// charge reports what a request cost. Servers other than DynamoDB may leave the
// split of a total open; then the kind of the request says which side it is on.
func (t *Table) charge(write bool, charged ...types.ConsumedCapacity) {
	var u Units
	for _, c := range charged {
		switch {
		case c.ReadCapacityUnits != nil || c.WriteCapacityUnits != nil:
			u.Read += value(c.ReadCapacityUnits)
			u.Write += value(c.WriteCapacityUnits)
		case write:
			u.Write += value(c.CapacityUnits)
		default:
			u.Read += value(c.CapacityUnits)
		}
	}
	if u != (Units{}) {
		t.consumed(u)
	}
}

func value(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}

// pause waits before the nth further try, from 0: about 10 ms, doubling, up to a
// second, and no two callers equally long. It ends with the context.
func pause(ctx context.Context, n int) error {
	longest := min(10*time.Millisecond<<min(n, 10), time.Second)
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
