package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lianban/shared/store"
)

// How often a transaction is tried that DynamoDB cancelled for a reason which
// passes: another transaction on one of its items, or too little capacity.
const (
	triesOnConflict = 5
	triesOnThrottle = 9
)

// Write implements store.Table: one TransactWriteItems.
func (t *Table) Write(ctx context.Context, ops []store.Op) error {
	items := make([]types.TransactWriteItem, len(ops))
	stamped := stampOf(ops)
	for k := range ops {
		items[k] = t.writeItem(&ops[k], stamped, k == 0)
	}
	in := &dynamodb.TransactWriteItemsInput{
		TransactItems: items, ReturnConsumedCapacity: t.report,
		// The same for every try of this call, another for every other call.
		ClientRequestToken: aws.String(rand.Text()),
	}
	for n := 0; ; n++ {
		out, err := t.client.TransactWriteItems(ctx, in)
		if err == nil {
			t.charge(true, out.ConsumedCapacity...)
			return nil
		}
		cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
		if !ok {
			return fmt.Errorf("write %d items: %w", len(ops), err)
		}
		switch why := reasonOf(cancelled.CancellationReasons); {
		case why.condition >= 0:
			return &store.FailedCondition{Op: why.condition}
		case why.passes && n+1 < triesOnThrottle && (why.throttled || n+1 < triesOnConflict):
			if err := pause(ctx, n); err != nil {
				return fmt.Errorf("write %d items: %w", len(ops), err)
			}
		case why.passes && !why.throttled:
			return &store.FailedCondition{Op: 0}
		default:
			return fmt.Errorf("write %d items: %w", len(ops), err)
		}
	}
}

// stamp is what a transaction leaves on its items so that a reader can tell
// whether it has seen all of them.
type stamp struct {
	version    int64 // of the header, the first operation's item; 0: no header
	with, gone []string
}

// readTogether ends the sort keys that a reader takes in together with the
// header: package store reads an issue as the range from "A" to "D". Beyond it
// lie items that are written once, which cannot be torn.
const readTogether = "D"

func stampOf(ops []store.Op) (s stamp) {
	if len(ops) == 0 || ops[0].Put == nil || ops[0].Put.Version == 0 {
		return s
	}
	s.version = ops[0].Put.Version
	for k := range ops[1:] {
		op := &ops[k+1]
		switch key := op.Key(); {
		case key.PK != ops[0].Put.PK || key.SK >= readTogether:
		case op.Put != nil:
			s.with = append(s.with, key.SK)
		default:
			s.gone = append(s.gone, key.SK)
		}
	}
	return s
}

func (t *Table) writeItem(op *store.Op, s stamp, first bool) types.TransactWriteItem {
	var condition *string
	var names map[string]string
	var want values
	switch op.If {
	case store.Always:
	case store.IfAbsent:
		condition, names = aws.String("attribute_not_exists(#k)"), map[string]string{"#k": attrPK}
	case store.IfVersion:
		condition, names, want = aws.String("#v = :v"), map[string]string{"#v": attrVersion}, values{":v": number(op.Version)}
	}
	if op.Put == nil {
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &t.name, Key: keyOf(op.Delete),
			ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: want,
		}}
	}
	v := encode(op.Put)
	if first {
		for name, keys := range map[string][]string{attrWith: s.with, attrGone: s.gone} {
			if len(keys) > 0 { // DynamoDB knows no empty set
				v[name] = &types.AttributeValueMemberSS{Value: keys}
			}
		}
	} else if slices.Contains(s.with, op.Put.SK) {
		v[attrWritten] = number(s.version)
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &t.name, Item: v,
		ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: want,
	}}
}

// reason is why a transaction was cancelled.
type reason struct {
	condition int  // the operation whose condition failed; -1: none
	passes    bool // nothing else than what passes by itself
	throttled bool
}

// reasonOf sums up the reasons, of which there is one for each operation. A
// failed condition is the whole answer. Of several the last counts: a receipt,
// which says that the request was carried out before, stands behind the header,
// which has moved on because of just that.
func reasonOf(reasons []types.CancellationReason) reason {
	r := reason{condition: -1, passes: len(reasons) > 0}
	for k, why := range reasons {
		switch code := aws.ToString(why.Code); code {
		case "None", "":
		case "ConditionalCheckFailed":
			r.condition = k
		case "TransactionConflict":
		case "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded":
			r.throttled = true
		default:
			r.passes = false
		}
	}
	return r
}

// Most keys in one BatchWriteItem, and how often what it left undone is tried.
const (
	forgetAtOnce = 25
	triesForget  = 9
)

// Forget implements store.Table. It returns when everything is deleted, because
// a function may be frozen the moment it has answered.
func (t *Table) Forget(ctx context.Context, keys []store.Key) error {
	seen := make(map[store.Key]bool, len(keys))
	requests := make([]types.WriteRequest, 0, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: keyOf(key)}})
		}
	}
	for some := range slices.Chunk(requests, forgetAtOnce) {
		for n := 0; len(some) > 0; n++ {
			if n > 0 {
				if n == triesForget {
					return fmt.Errorf("forget %d keys: %d were not taken", len(keys), len(some))
				}
				if err := pause(ctx, n-1); err != nil {
					return fmt.Errorf("forget %d keys: %w", len(keys), err)
				}
			}
			out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: some}, ReturnConsumedCapacity: t.report})
			if err != nil {
				return fmt.Errorf("forget %d keys: %w", len(keys), err)
			}
			t.charge(true, out.ConsumedCapacity...)
			some = out.UnprocessedItems[t.name]
		}
	}
	return nil
}
