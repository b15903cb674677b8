package engine_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lianban/shared/engine"
)

// workflow runs one five-party round and acknowledges every answer to its own
// caller.
type office struct {
	e     *engine.Engine
	mu    sync.Mutex
	asked map[string]chan string
	ended map[string]chan struct{}
}

func (o *office) invoke(_ context.Context, function string, payload []byte) ([]byte, error) {
	in := decode(payload)
	issue := in["issue"].(string)
	switch function {
	case "RouteIssue":
		return []byte(routed(5)), nil
	case "AskDepartment":
		o.mu.Lock()
		c := o.asked[issue]
		o.mu.Unlock()
		c <- in["token"].(string)
		return []byte(`{}`), nil
	case "Tally":
		return []byte(`{"verdict":"agreed","asks":[],"seconds":0}`), nil
	case "CloseIssue":
		o.mu.Lock()
		c := o.ended[issue]
		delete(o.asked, issue)
		delete(o.ended, issue)
		o.mu.Unlock()
		close(c)
		return []byte(`{"status":"concluded"}`), nil
	}
	return nil, fmt.Errorf("no function %s", function)
}

func (o *office) round(ctx context.Context, issue string) error {
	asked, ended := make(chan string, 16), make(chan struct{})
	o.mu.Lock()
	o.asked[issue], o.ended[issue] = asked, ended
	o.mu.Unlock()
	if _, err := o.e.Start(ctx, "issue_signoff", issue, []byte(`{"issue":"`+issue+`","round":1}`)); err != nil {
		return err
	}
	for range 5 {
		if err := o.e.Succeed(ctx, <-asked, []byte(`{}`)); err != nil {
			return err
		}
	}
	<-ended
	return nil
}

func benchmarkRounds(b *testing.B, callers int) {
	ctx, cancel := context.WithCancel(b.Context())
	o := &office{asked: map[string]chan string{}, ended: map[string]chan struct{}{}}
	e, err := engine.New(ctx, engine.Config{
		Journal: engine.NewMemJournal(), Invoke: o.invoke, Now: time.Now, Machines: machines(b),
	})
	if err != nil {
		b.Fatal(err)
	}
	o.e = e
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	var n atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if err := o.round(ctx, fmt.Sprintf("issue-%d-r1", i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "workflows/s")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// Workflows a second with functions that only record and a journal in memory.
func BenchmarkRoundsOneCaller(b *testing.B)  { benchmarkRounds(b, 1) }
func BenchmarkRounds128Callers(b *testing.B) { benchmarkRounds(b, 128) }

// BenchmarkAnswerToAColdExecution is what an answer costs when the execution has
// to be replayed first: a five-party round that waits for its departments.
func BenchmarkAnswerToAColdExecution(b *testing.B) {
	const many = 2000
	c := newClock()
	var e *engine.Engine
	var tokens []string
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%many == 0 {
			b.StopTimer()
			d := signoffDesk(5)
			j := engine.NewMemJournal()
			e = open(b, j, d, c, machines(b)...)
			for k := range many {
				start(b, e, fmt.Sprint("x", k))
			}
			ok(b, e.Settle(b.Context()))
			tokens = d.tokens
			e = open(b, j, d, c, machines(b)...)
			b.StartTimer()
		}
		ok(b, e.Succeed(b.Context(), tokens[i%many*5], nil))
	}
}
