package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"lianban/infra/rehearsal/dynamodb"
)

// Config is what a Poller needs. Client, Table and Invoke are required.
type Config struct {
	Client *dynamodb.Client
	Table  string
	// Invoke calls the function with an event. It answers an error when the
	// function failed or was not reached.
	Invoke func(ctx context.Context, event []byte) ([]byte, error)
	// Filter says which records are handed over; nil takes all.
	Filter func(*Record) bool
	// Failed is told what went to the dead letters.
	Failed func(Letter)

	BatchSize int                                    // 100 when 0
	Lanes     int                                    // ParallelizationFactor; 1 when 0
	Retries   int                                    // MaximumRetryAttempts
	Bisect    bool                                   // BisectBatchOnFunctionError
	Every     time.Duration                          // between reads; 250 ms when 0
	Pause     func(ctx context.Context, n int) error // before the nth further try, from 1; doubling from 100 ms when nil
	Log       *slog.Logger
}

// Record is one record of the stream.
type Record struct {
	Name     string // INSERT, MODIFY, REMOVE
	Sequence string
	Keys     map[string]map[string]any
	text     map[string]json.RawMessage
}

// Key is a key attribute that is a string.
func (r *Record) Key(name string) string {
	s, _ := r.Keys[name]["S"].(string)
	return s
}

// Letter is what a failure destination is sent: not the records, but where they
// stand in the stream.
type Letter struct {
	Condition string    `json:"condition"`
	Tries     int       `json:"approximateInvokeCount"`
	Shard     string    `json:"shardId"`
	First     string    `json:"startSequenceNumber"`
	Last      string    `json:"endSequenceNumber"`
	Size      int       `json:"batchSize"`
	Stream    string    `json:"streamArn"`
	Cause     string    `json:"cause"`
	Records   []*Record `json:"-"`
}

// Poller reads one table's stream. It is for one goroutine at a time.
type Poller struct {
	cfg    Config
	stream string
	shards []*shard
	// stale says that there may be shards that are not known: at first, and once a
	// shard has ended, because new ones are children of those that end.
	stale bool
}

type shard struct {
	id, parent string
	iterator   string
	ended      bool
}

// New makes a poller at the beginning of the stream.
func New(cfg Config) *Poller {
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 100
	}
	if cfg.Lanes == 0 {
		cfg.Lanes = 1
	}
	if cfg.Every == 0 {
		cfg.Every = 250 * time.Millisecond
	}
	if cfg.Pause == nil {
		cfg.Pause = pause
	}
	if cfg.Filter == nil {
		cfg.Filter = func(*Record) bool { return true }
	}
	if cfg.Failed == nil {
		cfg.Failed = func(Letter) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Poller{cfg: cfg, stale: true}
}

func pause(ctx context.Context, n int) error {
	timer := time.NewTimer(min(50*time.Millisecond<<min(n, 10), 30*time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run reads and hands over until ctx ends.
func (p *Poller) Run(ctx context.Context) error {
	tick := time.NewTicker(p.cfg.Every)
	defer tick.Stop()
	for {
		if _, err := p.Drain(ctx); err != nil && ctx.Err() == nil {
			p.cfg.Log.Error("read the table's stream", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

const api = "DynamoDBStreams_20120810."

// Drain hands over what the stream holds by now and answers how many records
// the function was given; those of the dead letters count.
func (p *Poller) Drain(ctx context.Context) (int, error) {
	given := 0
	for more := true; more; {
		more = false
		if p.stale {
			if err := p.refresh(ctx); err != nil {
				return given, err
			}
		}
		for _, s := range p.shards {
			if s.ended || p.waits(s) {
				continue
			}
			n, read, err := p.step(ctx, s)
			given += n
			if err != nil {
				return given, err
			}
			more = more || read > 0 || s.ended
		}
	}
	return given, nil
}

// waits says whether a shard's parent has records left.
func (p *Poller) waits(s *shard) bool {
	for _, other := range p.shards {
		if other.id == s.parent && !other.ended {
			return true
		}
	}
	return false
}

// refresh learns of new shards.
func (p *Poller) refresh(ctx context.Context) error {
	if p.stream == "" {
		var out struct {
			Streams []struct{ StreamArn, TableName string }
		}
		if err := p.cfg.Client.Call(ctx, api+"ListStreams", map[string]any{"TableName": p.cfg.Table}, &out); err != nil {
			return err
		}
		for _, s := range out.Streams {
			if s.TableName == p.cfg.Table {
				p.stream = s.StreamArn
			}
		}
		if p.stream == "" {
			return fmt.Errorf("table %s has no stream", p.cfg.Table)
		}
	}
	known := map[string]bool{}
	for _, s := range p.shards {
		known[s.id] = true
	}
	in := map[string]any{"StreamArn": p.stream}
	for {
		var out struct {
			StreamDescription struct {
				Shards               []struct{ ShardId, ParentShardId string }
				LastEvaluatedShardId string
			}
		}
		if err := p.cfg.Client.Call(ctx, api+"DescribeStream", in, &out); err != nil {
			return err
		}
		for _, s := range out.StreamDescription.Shards {
			if !known[s.ShardId] {
				p.shards = append(p.shards, &shard{id: s.ShardId, parent: s.ParentShardId})
			}
		}
		if out.StreamDescription.LastEvaluatedShardId == "" {
			p.stale = false
			return nil
		}
		in["ExclusiveStartShardId"] = out.StreamDescription.LastEvaluatedShardId
	}
}

// step reads once from a shard and hands over what it read.
func (p *Poller) step(ctx context.Context, s *shard) (given, read int, err error) {
	if s.iterator == "" {
		var out struct{ ShardIterator string }
		in := map[string]any{"StreamArn": p.stream, "ShardId": s.id, "ShardIteratorType": "TRIM_HORIZON"}
		if err := p.cfg.Client.Call(ctx, api+"GetShardIterator", in, &out); err != nil {
			return 0, 0, err
		}
		s.iterator = out.ShardIterator
	}
	var out struct {
		Records           []map[string]json.RawMessage
		NextShardIterator string
	}
	if err := p.cfg.Client.Call(ctx, api+"GetRecords", map[string]any{"ShardIterator": s.iterator, "Limit": 1000}, &out); err != nil {
		return 0, 0, err
	}
	lanes := make([][]*Record, p.cfg.Lanes)
	for _, text := range out.Records {
		r, err := p.record(text)
		if err != nil {
			return 0, 0, err
		}
		if !p.cfg.Filter(r) {
			continue
		}
		given++
		lane := int(r.hash() % uint32(len(lanes)))
		lanes[lane] = append(lanes[lane], r)
	}
	errs := make([]error, len(lanes))
	var wg sync.WaitGroup
	for k, records := range lanes {
		if len(records) > 0 {
			wg.Go(func() { errs[k] = p.lane(ctx, s.id, records) })
		}
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			// The iterator stays: what was read is delivered again.
			return 0, 0, err
		}
	}
	s.iterator = out.NextShardIterator
	s.ended = s.iterator == ""
	p.stale = p.stale || s.ended
	return given, len(out.Records), nil
}

func (p *Poller) record(text map[string]json.RawMessage) (*Record, error) {
	r := &Record{text: text}
	var change struct {
		Keys           map[string]map[string]any
		SequenceNumber string
	}
	if err := json.Unmarshal(text["dynamodb"], &change); err != nil {
		return nil, fmt.Errorf("a stream record: %w", err)
	}
	if err := json.Unmarshal(text["eventName"], &r.Name); err != nil {
		return nil, fmt.Errorf("a stream record: %w", err)
	}
	arn, err := json.Marshal(p.stream)
	if err != nil {
		return nil, err
	}
	r.text["eventSourceARN"] = arn
	r.Keys, r.Sequence = change.Keys, change.SequenceNumber
	return r, nil
}

func (r *Record) hash() uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Key("pk")))
	return h.Sum32()
}

// lane hands over one lane's records, batch after batch.
func (p *Poller) lane(ctx context.Context, shard string, records []*Record) error {
	for len(records) > 0 {
		n := min(p.cfg.BatchSize, len(records))
		if err := p.batch(ctx, shard, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// batch hands one batch over until it is done or given up. An error is ctx's.
func (p *Poller) batch(ctx context.Context, shard string, batch []*Record) error {
	for tries := 1; ; tries++ {
		done, err := p.invoke(ctx, batch)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if done > 0 {
			batch, tries = batch[done:], 1
		}
		if err == nil {
			return nil
		}
		if p.cfg.Bisect && len(batch) > 1 {
			half := len(batch) / 2
			if err := p.batch(ctx, shard, batch[:half]); err != nil {
				return err
			}
			return p.batch(ctx, shard, batch[half:])
		}
		if tries > p.cfg.Retries {
			letter := Letter{
				Condition: "RetryAttemptsExhausted", Tries: tries, Shard: shard, Stream: p.stream, Size: len(batch),
				First: batch[0].Sequence, Last: batch[len(batch)-1].Sequence, Cause: err.Error(), Records: batch,
			}
			p.cfg.Log.Error("stream records go to the dead letters", "first", letter.First, "last", letter.Last, "error", err)
			p.cfg.Failed(letter)
			return nil
		}
		if err := p.cfg.Pause(ctx, tries); err != nil {
			return err
		}
	}
}

// errItems says that the function named a record it could not do.
type errItems struct{ first string }

func (e errItems) Error() string { return "the function failed at record " + e.first }

// invoke calls the function once; it answers how many records from the first on
// are done, and why not all.
func (p *Poller) invoke(ctx context.Context, batch []*Record) (int, error) {
	event := struct {
		Records []map[string]json.RawMessage
	}{}
	for _, r := range batch {
		event.Records = append(event.Records, r.text)
	}
	text, err := json.Marshal(event)
	if err != nil {
		return 0, fmt.Errorf("encode %d stream records: %w", len(batch), err)
	}
	answer, err := p.cfg.Invoke(ctx, text)
	if err != nil {
		return 0, err
	}
	var out struct {
		Failures []struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if len(answer) > 0 && string(answer) != "null" {
		if err := json.Unmarshal(answer, &out); err != nil {
			return 0, fmt.Errorf("the function's answer: %w", err)
		}
	}
	first := len(batch)
	for _, f := range out.Failures {
		at := -1
		for k, r := range batch {
			if r.Sequence == f.ID && f.ID != "" {
				at = k
				break
			}
		}
		if at < 0 {
			return 0, fmt.Errorf("the function names a record %q that it was not given", f.ID)
		}
		first = min(first, at)
	}
	if first == len(batch) {
		return first, nil
	}
	return first, errItems{batch[first].Sequence}
}
