package dynamo

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lianban/shared/approval"
	"lianban/shared/store"
)

// Get implements store.Table with a consistent read.
func (t *Table) Get(ctx context.Context, key store.Key) (store.Item, bool, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: keyOf(key), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: t.report})
	if err != nil {
		return store.Item{}, false, fmt.Errorf("get %s %s: %w", key.PK, key.SK, err)
	}
	if out.ConsumedCapacity != nil {
		t.charge(false, *out.ConsumedCapacity)
	}
	if out.Item == nil {
		return store.Item{}, false, nil
	}
	i, err := decode(out.Item)
	return i.Item, err == nil, err
}

// Items reads everything in the table, in no order, as it stands when each page is read: for
// work that is done once in a while and looks at all there is.
func (t *Table) Items(ctx context.Context) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		in := &dynamodb.ScanInput{TableName: &t.name, ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: t.report}
		for {
			out, err := t.client.Scan(ctx, in)
			if err != nil {
				yield(store.Item{}, fmt.Errorf("read the table %s: %w", t.name, err))
				return
			}
			if out.ConsumedCapacity != nil {
				t.charge(false, *out.ConsumedCapacity)
			}
			for _, v := range out.Items {
				i, err := decode(v)
				if !yield(i.Item, err) || err != nil {
					return
				}
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
				return
			}
		}
	}
}

// triesTorn is how often a range is read until it shows one commit whole. A
// commit is half visible for milliseconds, so that the first further try is
// almost always the last.
const triesTorn = 9

// Query implements store.Table. A page of an index ends early where DynamoDB's
// own page of 1 MB does.
func (t *Table) Query(ctx context.Context, r store.Range) ([]store.Item, *store.Position, error) {
	for n := 0; ; n++ {
		items, next, err := t.page(ctx, r)
		if err != nil {
			return nil, nil, fmt.Errorf("query %s: %w", r.PK, err)
		}
		if r.Index != store.Primary || !torn(items, &r, next) {
			out := make([]store.Item, len(items))
			for k := range items {
				out[k] = items[k].Item
			}
			return out, next, nil
		}
		if n+1 == triesTorn {
			return nil, nil, fmt.Errorf("query %s: a commit stays half visible: %w", r.PK, approval.LostRace(approval.IssueID(strings.TrimPrefix(r.PK, "I#"))))
		}
		if err := pause(ctx, n); err != nil {
			return nil, nil, fmt.Errorf("query %s: %w", r.PK, err)
		}
	}
}

// page reads one page, and one item more than asked for to know whether it is
// the last: a caller is never sent on to an empty page.
func (t *Table) page(ctx context.Context, r store.Range) (items []item, next *store.Position, err error) {
	names := attributes[r.Index]
	in := &dynamodb.QueryInput{TableName: &t.name, ConsistentRead: aws.Bool(r.Index == store.Primary), ScanIndexForward: aws.Bool(!r.Desc), ReturnConsumedCapacity: t.report}
	if r.Index != store.Primary {
		in.IndexName = aws.String(indexNames[r.Index])
	}
	in.ExpressionAttributeNames = map[string]string{"#p": names[0]}
	in.ExpressionAttributeValues = values{":p": text(r.PK)}
	condition := "#p = :p"
	bound := func(expression string) {
		condition += " AND " + expression
		in.ExpressionAttributeNames["#s"] = names[1]
		if strings.Contains(expression, ":f") {
			in.ExpressionAttributeValues[":f"] = text(r.From)
		}
		if strings.Contains(expression, ":t") {
			in.ExpressionAttributeValues[":t"] = text(r.To)
		}
	}
	switch {
	case r.From != "" && r.To != "":
		if r.From >= r.To {
			return nil, nil, nil
		}
		bound("#s BETWEEN :f AND :t") // To itself is dropped below
	case r.From != "":
		bound("#s >= :f")
	case r.To != "":
		bound("#s < :t")
	}
	in.KeyConditionExpression = &condition
	if a := r.After; a != nil {
		if a.PK == "" || a.SK == "" || a.SortKey == "" || r.Index == store.Primary && (a.PK != r.PK || a.SK != a.SortKey) {
			return nil, nil, store.ErrPosition
		}
		in.ExclusiveStartKey = keyOf(a.Key)
		if r.Index != store.Primary {
			in.ExclusiveStartKey[names[0]], in.ExclusiveStartKey[names[1]] = text(r.PK), text(a.SortKey)
		}
	}
	for {
		in.Limit = aws.Int32(int32(r.Limit + 1 - len(items)))
		out, err := t.client.Query(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		if out.ConsumedCapacity != nil {
			t.charge(false, *out.ConsumedCapacity)
		}
		for _, v := range out.Items {
			i, err := decode(v)
			if err != nil {
				return nil, nil, err
			}
			if r.To == "" || sortKey(&i, r.Index) < r.To {
				items = append(items, i)
			}
		}
		if len(items) > r.Limit {
			items = items[:r.Limit]
			return items, after(&items[r.Limit-1], r.Index), nil
		}
		if out.LastEvaluatedKey == nil {
			return items, nil, nil
		}
		if r.Index != store.Primary && len(items) > 0 {
			return items, after(&items[len(items)-1], r.Index), nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func sortKey(i *item, index store.Index) string {
	return [3]string{i.SK, i.G1SK, i.G2SK}[index]
}

func after(i *item, index store.Index) *store.Position {
	return &store.Position{Key: i.Key, SortKey: sortKey(i, index)}
}

// torn reports whether the items show some of a commit and not all of it: the
// header says what was written with it, and each of those items says with which
// version of the header it was written.
func torn(items []item, r *store.Range, next *store.Position) bool {
	inside := func(sk string) bool {
		return sk >= r.From && (r.To == "" || sk < r.To) && (next == nil || !r.Desc && sk <= next.SK)
	}
	for h := range items {
		header := &items[h]
		if header.Version == 0 {
			continue
		}
		written := make(map[string]int64, len(items))
		for k := range items {
			written[items[k].SK] = items[k].written
			if items[k].written > header.Version {
				return true
			}
		}
		for _, sk := range header.with {
			if inside(sk) && written[sk] < header.Version {
				return true
			}
		}
		for _, sk := range header.gone {
			if _, still := written[sk]; still && inside(sk) && written[sk] < header.Version {
				return true
			}
		}
	}
	return false
}
