package dynamo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lianban/shared/approval"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
)

// faults stands between a table and its server. A fault is asked for each
// request of its operation, counted from 1, and answers in the server's place,
// or nil.
type faults struct {
	mu     sync.Mutex
	counts map[string]int
	fault  map[string]func(n int, r *http.Request) *http.Response
	tokens []string
}

func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[op]++
	n, fault := f.counts[op], f.fault[op]
	if op == "TransactWriteItems" {
		var in struct{ ClientRequestToken string }
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		f.tokens = append(f.tokens, in.ClientRequestToken)
	}
	f.mu.Unlock()
	if fault != nil {
		if response := fault(n, r); response != nil {
			return response, nil
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(r)
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func cancelled(codes ...string) *http.Response {
	reasons := make([]string, len(codes))
	for k, code := range codes {
		reasons[k] = fmt.Sprintf(`{"Code":%q}`, code)
	}
	return answer(http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled","CancellationReasons":[`+strings.Join(reasons, ",")+`]}`)
}

// always answers the same to every request.
func always(response func() *http.Response) func(int, *http.Request) *http.Response {
	return func(int, *http.Request) *http.Response { return response() }
}

func put(sk string, condition store.Condition) store.Op {
	return store.Op{Put: &store.Item{Key: store.Key{PK: "p", SK: sk}, Version: 1, Body: []byte("{}")}, If: condition}
}

func TestWriteSaysWhyATransactionWasCancelled(t *testing.T) {
	t.Parallel()
	ops := []store.Op{put("A", store.IfAbsent), put("K", store.IfAbsent)}
	for name, c := range map[string]struct {
		codes []string
		op    int // of the failed condition; -1: another error
		tries int
	}{
		"header":                        {[]string{"ConditionalCheckFailed", "None"}, 0, 1},
		"receipt":                       {[]string{"None", "ConditionalCheckFailed"}, 1, 1},
		"both, and the receipt wins":    {[]string{"ConditionalCheckFailed", "ConditionalCheckFailed"}, 1, 1},
		"a condition beside a conflict": {[]string{"ConditionalCheckFailed", "TransactionConflict"}, 0, 1},
		"a conflict that stays":         {[]string{"None", "TransactionConflict"}, 0, 5},
		"throttling that stays":         {[]string{"ThrottlingError", "None"}, -1, 9},
		"an invalid item":               {[]string{"None", "ValidationError"}, -1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &faults{fault: map[string]func(int, *http.Request) *http.Response{"TransactWriteItems": always(func() *http.Response { return cancelled(c.codes...) })}}
			err := dynamo.New(connect(t, f), "none").Write(t.Context(), ops)
			failed, ok := errors.AsType[*store.FailedCondition](err)
			if ok != (c.op >= 0) || ok && failed.Op != c.op || err == nil {
				t.Errorf("answers %v", err)
			}
			if f.counts["TransactWriteItems"] != c.tries {
				t.Errorf("tried %d times, want %d", f.counts["TransactWriteItems"], c.tries)
			}
		})
	}
}

func TestWriteGetsOverAConflictThatPasses(t *testing.T) {
	t.Parallel()
	f := &faults{fault: map[string]func(int, *http.Request) *http.Response{"TransactWriteItems": func(n int, _ *http.Request) *http.Response {
		return map[int]*http.Response{1: cancelled("TransactionConflict"), 2: cancelled("ThrottlingError")}[n]
	}}}
	r := fresh(t, f)
	if err := r.Write(t.Context(), []store.Op{put("A", store.IfAbsent)}); err != nil {
		t.Fatal(err)
	}
	if f.counts["TransactWriteItems"] != 3 {
		t.Errorf("tried %d times", f.counts["TransactWriteItems"])
	}
}

// A commit whose answer is lost on the way is tried again by the SDK under the
// same token; without the token it would meet its own work and look like a lost
// race.
func TestWriteWhoseAnswerIsLostCountsOnce(t *testing.T) {
	t.Parallel()
	f := &faults{fault: map[string]func(int, *http.Request) *http.Response{"TransactWriteItems": func(n int, r *http.Request) *http.Response {
		if n > 1 {
			return nil
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("the server answers %v, %v", response, err)
			return nil
		}
		_ = response.Body.Close()
		return answer(http.StatusInternalServerError, `{"__type":"InternalServerError"}`)
	}}}
	r := fresh(t, f)
	if err := r.Write(t.Context(), []store.Op{put("A", store.IfAbsent)}); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), []store.Op{put("A", store.IfAbsent)}); err == nil {
		t.Error("the same write a second time is a lost race")
	}
	if len(f.tokens) != 3 || f.tokens[0] == "" || f.tokens[0] != f.tokens[1] || f.tokens[1] == f.tokens[2] {
		t.Errorf("tokens %q", f.tokens)
	}
}

func TestWriteRefusesTwoOperationsOnOneKey(t *testing.T) {
	t.Parallel()
	r := fresh(t, http.DefaultTransport)
	err := r.Write(t.Context(), []store.Op{put("A", store.Always), put("A", store.Always)})
	if _, refused := errors.AsType[*store.FailedCondition](err); err == nil || refused {
		t.Errorf("answers %v", err)
	}
}

func TestForgetComesBackToWhatWasLeftUndone(t *testing.T) {
	t.Parallel()
	f := &faults{fault: map[string]func(int, *http.Request) *http.Response{}}
	r := fresh(t, f)
	f.fault["BatchWriteItem"] = func(n int, _ *http.Request) *http.Response {
		if n == 1 {
			return answer(http.StatusOK, fmt.Sprintf(`{"UnprocessedItems":{%q:[{"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"S":"00"}}}}]}}`, r.name))
		}
		return nil
	}
	var ops []store.Op
	var keys []store.Key
	for k := range 60 {
		op := put(fmt.Sprintf("%02d", k), store.Always)
		ops, keys = append(ops, op), append(keys, op.Put.Key, op.Put.Key)
	}
	if err := r.Write(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
	if err := r.Forget(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	left, _, err := r.Query(t.Context(), store.Range{PK: "p", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range left {
		names = append(names, i.SK)
	}
	// The answer to the first request was made up: what it did not list is taken as done.
	if len(names) != 24 || names[0] != "01" || slices.Contains(names, "00") || f.counts["BatchWriteItem"] != 4 {
		t.Errorf("left %q after %d requests", names, f.counts["BatchWriteItem"])
	}
}

func TestForgetGivesUpOnWhatIsNeverTaken(t *testing.T) {
	t.Parallel()
	f := &faults{fault: map[string]func(int, *http.Request) *http.Response{"BatchWriteItem": always(func() *http.Response {
		return answer(http.StatusOK, `{"UnprocessedItems":{"none":[{"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"S":"A"}}}}]}}`)
	})}}
	if err := dynamo.New(connect(t, f), "none").Forget(t.Context(), []store.Key{{PK: "p", SK: "A"}}); err == nil {
		t.Error("no error")
	}
}

// DynamoDB shows a query some items of a transaction before the others.
func TestIssueIsNeverReadInTheMiddleOfACommit(t *testing.T) {
	t.Parallel()
	f := &faults{fault: map[string]func(int, *http.Request) *http.Response{}}
	r := fresh(t, f)
	s := store.New(r)
	first := approval.Change{Issue: approval.Issue{ID: "a", Version: 1, Status: approval.InSignOff, Project: "p"}}
	for n := 1; n <= 2; n++ {
		first.SignOffs = append(first.SignOffs, approval.SignOff{N: n, State: approval.Open, Department: "d"})
		first.Watches = append(first.Watches, approval.Watch{SignOff: n, Clock: 1})
	}
	first.Issue.SignOffs, first.Issue.Watches = first.SignOffs, first.Watches
	if err := s.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before := r.raw(t, "I#a")
	second := approval.Change{From: 1, Issue: first.Issue, Unwatch: []int{2}}
	second.Issue.Version = 2
	second.SignOffs = []approval.SignOff{{N: 1, State: approval.Granted, Department: "d"}}
	second.Issue.SignOffs = []approval.SignOff{second.SignOffs[0], first.SignOffs[1]}
	second.Issue.Watches = first.Watches[:1]
	if err := s.Commit(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	after := r.raw(t, "I#a")
	for name, stale := range map[string][]string{"a sign-off is late": {"B#01"}, "a deletion is late": {"C#02"}, "the header is late": {"A"}, "all but the header is late": {"B#01", "C#02"}} {
		for _, sk := range stale {
			r.restore(t, "I#a", sk, before)
		}
		reads := f.counts["Query"]
		f.fault["Query"] = func(n int, _ *http.Request) *http.Response {
			if n == reads+2 { // the rest of the commit becomes visible
				for _, sk := range stale {
					r.restore(t, "I#a", sk, after)
				}
			}
			return nil
		}
		issue, err := s.Issue(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if issue.Version != 2 || issue.SignOffs[0].State != approval.Granted || len(issue.Watches) != 1 || f.counts["Query"] != reads+2 {
			t.Errorf("%s: read version %d with %v and %v in %d reads", name, issue.Version, issue.SignOffs, issue.Watches, f.counts["Query"]-reads)
		}
	}
	delete(f.fault, "Query")
	r.restore(t, "I#a", "B#01", before)
	if _, err := s.Issue(t.Context(), "a"); !approval.IsKind(err, approval.Conflict) {
		t.Errorf("a commit that stays half visible answers %v", err)
	}
}

// raw reads a partition as it is stored.
func (r rig) raw(t *testing.T, pk string) map[string]map[string]types.AttributeValue {
	t.Helper()
	out, err := r.client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &r.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: pk}},
	})
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]map[string]types.AttributeValue{}
	for _, v := range out.Items {
		items[v["sk"].(*types.AttributeValueMemberS).Value] = v
	}
	return items
}

// restore makes one item what it was; it runs inside requests of another client.
func (r rig) restore(t *testing.T, pk, sk string, was map[string]map[string]types.AttributeValue) {
	t.Helper()
	client, err := connect(t, http.DefaultTransport), error(nil)
	if v := was[sk]; v != nil {
		_, err = client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &r.name, Item: v})
	} else {
		_, err = client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &r.name, Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
		}})
	}
	if err != nil {
		t.Error(err)
	}
}

func TestQueryKeepsToItsRange(t *testing.T) {
	t.Parallel()
	r := fresh(t, http.DefaultTransport)
	var ops []store.Op
	for k := range 10 {
		i := &store.Item{Key: store.Key{PK: "p", SK: fmt.Sprint(k)}, G1PK: "g", G1SK: fmt.Sprint(k / 2), Body: []byte("{}")}
		ops = append(ops, store.Op{Put: i})
	}
	if err := r.Write(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
	r.settle(t)
	read := func(g store.Range) (got string) {
		for {
			items, next, err := r.Query(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				got += i.SK
			}
			if len(items) > g.Limit || next != nil && len(items) == 0 {
				t.Errorf("%d items on a page of %d, next %v", len(items), g.Limit, next)
			}
			if g.After = next; next == nil {
				return got
			}
			got += " "
		}
	}
	for _, c := range []struct {
		g    store.Range
		want string
	}{
		{store.Range{Limit: 10}, "0123456789"},
		{store.Range{Limit: 5}, "01234 56789"},
		{store.Range{Limit: 4, Desc: true}, "9876 5432 10"},
		{store.Range{Limit: 10, From: "3", To: "6"}, "345"},
		{store.Range{Limit: 2, From: "3", To: "6", Desc: true}, "54 3"},
		{store.Range{Limit: 10, To: "3"}, "012"},
		{store.Range{Limit: 10, From: "7"}, "789"},
		{store.Range{Limit: 10, From: "7", To: "7"}, ""},
		{store.Range{Limit: 10, From: "8", To: "7"}, ""},
		{store.Range{Index: store.Index1, Limit: 10, From: "1", To: "3"}, "2345"},
		{store.Range{Index: store.Index1, Limit: 3, To: "2"}, "012 3"},
	} {
		c.g.PK = "p"
		if c.g.Index == store.Index1 {
			c.g.PK = "g"
		}
		if got := read(c.g); got != c.want {
			t.Errorf("%+v: %q, want %q", c.g, got, c.want)
		}
	}
	for _, bad := range []store.Position{{}, {Key: store.Key{PK: "q", SK: "1"}, SortKey: "1"}, {Key: store.Key{PK: "p", SK: "1"}, SortKey: "2"}} {
		if _, _, err := r.Query(t.Context(), store.Range{PK: "p", Limit: 1, After: &bad}); !errors.Is(err, store.ErrPosition) {
			t.Errorf("position %+v answers %v", bad, err)
		}
	}
}

func TestQueryReadsPastAMegabyte(t *testing.T) {
	t.Parallel()
	r := fresh(t, http.DefaultTransport)
	body := []byte(`"` + strings.Repeat("长", 130<<10) + `"`)
	const n = 7
	for k := range n {
		i := &store.Item{Key: store.Key{PK: "p", SK: fmt.Sprint(k)}, G1PK: "g", G1SK: fmt.Sprint(k), Body: body}
		if err := r.Write(t.Context(), []store.Op{{Put: i}}); err != nil {
			t.Fatal(err)
		}
	}
	r.settle(t)
	items, next, err := r.Query(t.Context(), store.Range{PK: "p", Limit: n})
	if err != nil || len(items) != n || next != nil || !bytes.Equal(items[n-1].Body, body) {
		t.Errorf("primary: %d items, next %v, %v", len(items), next, err)
	}
	got, pages := 0, 0
	g := store.Range{Index: store.Index1, PK: "g", Limit: n}
	for {
		items, next, err := r.Query(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		got, pages = got+len(items), pages+1
		if g.After = next; next == nil {
			break
		}
	}
	if got != n || pages < 2 {
		t.Errorf("index: %d items on %d pages; one of DynamoDB's pages is one of ours", got, pages)
	}
}
