package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"lianban/infra/rehearsal/dynamodb"
	"lianban/infra/rehearsal/stream"
)

// source serves a stream of two shards, the second the child of the first.
func source(t *testing.T, shards ...[]string) *dynamodb.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ ShardId, ShardIterator string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		out := map[string]any{}
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "ListStreams":
			out["Streams"] = []any{map[string]any{"StreamArn": "arn:s", "TableName": "t"}}
		case "DescribeStream":
			var list []any
			for k := len(shards) - 1; k >= 0; k-- { // the child first, to be unkind
				s := map[string]any{"ShardId": fmt.Sprint(k)}
				if k > 0 {
					s["ParentShardId"] = fmt.Sprint(k - 1)
				}
				list = append(list, s)
			}
			out["StreamDescription"] = map[string]any{"Shards": list}
		case "GetShardIterator":
			out["ShardIterator"] = in.ShardId + "/0"
		case "GetRecords":
			var shard, at int
			if _, err := fmt.Sscanf(in.ShardIterator, "%d/%d", &shard, &at); err != nil {
				t.Error(err)
			}
			var records []any
			to := min(at+6, len(shards[shard]))
			for k, pk := range shards[shard][at:to] {
				records = append(records, map[string]any{
					"eventName": "INSERT", "eventID": "e", "dynamodb": map[string]any{
						"Keys": map[string]any{"pk": map[string]any{"S": pk}, "sk": map[string]any{"S": "O"}}, "SequenceNumber": fmt.Sprintf("%d-%d", shard, at+k),
					},
				})
			}
			out["Records"] = records
			if to < len(shards[shard]) || shard == len(shards)-1 {
				out["NextShardIterator"] = fmt.Sprintf("%d/%d", shard, to)
			}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return &dynamodb.Client{URL: server.URL}
}

// function notes what it is given and fails as told.
type function struct {
	mu      sync.Mutex
	batches [][]string
	fail    func(sequences []string) ([]string, error) // what to report as failed
}

func (f *function) invoke(_ context.Context, event []byte) ([]byte, error) {
	var in events.DynamoDBEvent
	if err := json.Unmarshal(event, &in); err != nil {
		return nil, err
	}
	var sequences []string
	for _, r := range in.Records {
		if r.EventSourceArn != "arn:s" {
			return nil, errors.New("no source")
		}
		sequences = append(sequences, r.Change.SequenceNumber)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, sequences)
	var out events.DynamoDBEventResponse
	if f.fail != nil {
		failed, err := f.fail(sequences)
		if err != nil {
			return nil, err
		}
		for _, s := range failed {
			out.BatchItemFailures = append(out.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: s})
		}
	}
	return json.Marshal(out)
}

func atOnce(context.Context, int) error { return nil }

func drain(t *testing.T, cfg stream.Config) int {
	t.Helper()
	cfg.Table, cfg.Pause = "t", atOnce
	n, err := stream.New(cfg).Drain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReadsShardsInOrderOfTheirDescent(t *testing.T) {
	t.Parallel()
	f := &function{}
	n := drain(t, stream.Config{Client: source(t, []string{"a", "b", "a", "b", "a", "b", "a"}, []string{"a"}), Invoke: f.invoke, BatchSize: 4})
	want := [][]string{{"0-0", "0-1", "0-2", "0-3"}, {"0-4", "0-5"}, {"0-6"}, {"1-0"}}
	if n != 8 || fmt.Sprint(f.batches) != fmt.Sprint(want) {
		t.Errorf("%d records in %v", n, f.batches)
	}
}

func TestHandsOverWhatTheFilterTakes(t *testing.T) {
	t.Parallel()
	f := &function{}
	n := drain(t, stream.Config{Client: source(t, []string{"a", "b", "a"}), Invoke: f.invoke, Filter: func(r *stream.Record) bool { return r.Name == "INSERT" && r.Key("pk") == "a" && r.Key("sk") == "O" }})
	if n != 2 || fmt.Sprint(f.batches) != "[[0-0 0-2]]" {
		t.Errorf("%d records in %v", n, f.batches)
	}
}

func TestFiltersByAPatternOfTheMapping(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]int{
		`{"eventName":["INSERT"]}`:                                             3,
		`{"eventName":["REMOVE","MODIFY"]}`:                                    0,
		`{"dynamodb":{"Keys":{"pk":{"S":["a"]}}}}`:                             2,
		`{"dynamodb":{"Keys":{"pk":{"S":[{"anything-but":["a"]}]}}}}`:          1,
		`{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"b"}]},"sk":{"N":["1"]}}}}`: 0,
		stream.OutboxPattern:                                                   0,
	} {
		filter, err := stream.Pattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		f := &function{}
		if n := drain(t, stream.Config{Client: source(t, []string{"a", "b", "a"}), Invoke: f.invoke, Filter: filter}); n != want {
			t.Errorf("%s takes %d records, not %d", pattern, n, want)
		}
	}
	f := &function{}
	if n := drain(t, stream.Config{Client: source(t, []string{"I#1", "K#1"}), Invoke: f.invoke, Filter: stream.Outbox}); n != 0 {
		t.Errorf("the outbox filter takes %d records whose sort key is O", n)
	}
	for _, pattern := range []string{`{`, `{"a":"b"}`, `{"a":[1]}`, `{"a":[{"numeric":["=",1]}]}`, `{"a":{"b":[{"prefix":1}]}}`} {
		if _, err := stream.Pattern(pattern); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}

func TestKeepsTheOrderOfEachPartitionKeyInLanes(t *testing.T) {
	t.Parallel()
	var keys []string
	for k := range 40 {
		keys = append(keys, fmt.Sprint("key", k%5))
	}
	f := &function{}
	drain(t, stream.Config{Client: source(t, keys), Invoke: f.invoke, Lanes: 4, BatchSize: 2})
	last := map[string]int{}
	for _, b := range f.batches {
		for _, s := range b {
			var at int
			if _, err := fmt.Sscanf(s, "0-%d", &at); err != nil {
				t.Fatal(err)
			}
			if before, ok := last[keys[at]]; ok && before > at {
				t.Errorf("%s came after %d", s, before)
			}
			last[keys[at]] = at
		}
	}
}

func TestTriesAgainFromTheFirstFailedRecord(t *testing.T) {
	t.Parallel()
	f := &function{}
	first := true
	f.fail = func([]string) ([]string, error) {
		if first {
			first = false
			return []string{"0-4", "0-2"}, nil
		}
		return nil, nil
	}
	drain(t, stream.Config{Client: source(t, []string{"a", "a", "a", "a", "a"}), Invoke: f.invoke, Retries: 3})
	if fmt.Sprint(f.batches) != "[[0-0 0-1 0-2 0-3 0-4] [0-2 0-3 0-4]]" {
		t.Errorf("batches %v", f.batches)
	}
}

func TestLaysAPoisonRecordAsideAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{true, false} {
		f := &function{}
		f.fail = func(sequences []string) ([]string, error) {
			if !slices.Contains(sequences, "0-3") {
				return nil, nil
			}
			if whole {
				return nil, errors.New("poison")
			}
			return []string{"0-3"}, nil
		}
		var letters []stream.Letter
		drain(t, stream.Config{
			Client: source(t, []string{"a", "a", "a", "a", "a", "a"}), Invoke: f.invoke, Retries: 2, Bisect: true,
			Failed: func(l stream.Letter) { letters = append(letters, l) },
		})
		if len(letters) != 1 || letters[0].First != "0-3" || letters[0].Last != "0-3" || letters[0].Tries != 3 || letters[0].Size != 1 || letters[0].Cause == "" {
			t.Errorf("dead letters %+v", letters)
		}
		seen := map[string]bool{}
		for _, b := range f.batches {
			for _, s := range b {
				seen[s] = seen[s] || !slices.Contains(b, "0-3")
			}
		}
		for k := range 6 {
			if s := fmt.Sprint("0-", k); k != 3 && !seen[s] && whole {
				t.Errorf("%s was never handed over without the poison", s)
			}
		}
	}
}

func TestTakesAStrangeAnswerForAFailure(t *testing.T) {
	t.Parallel()
	f := &function{fail: func([]string) ([]string, error) { return []string{"9-9"}, nil }}
	var letters []stream.Letter
	drain(t, stream.Config{Client: source(t, []string{"a", "b"}), Invoke: f.invoke, Retries: 1, Failed: func(l stream.Letter) { letters = append(letters, l) }})
	if len(letters) != 1 || letters[0].Size != 2 || len(f.batches) != 2 {
		t.Errorf("dead letters %+v after %v", letters, f.batches)
	}
}

func TestDeliversAgainWhatAStopInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &function{}
	f.fail = func([]string) ([]string, error) {
		cancel()
		return nil, errors.New("stopped")
	}
	p := stream.New(stream.Config{Client: source(t, []string{"a"}), Table: "t", Invoke: f.invoke, Retries: 5})
	if _, err := p.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stop answers %v", err)
	}
	f.fail = nil
	if n, err := p.Drain(t.Context()); n != 1 || err != nil {
		t.Errorf("afterwards %d records, %v", n, err)
	}
}
