package sqlite

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/store"
)

// Feed is the embedded change feed: it hands the outbox records of every commit
// to the relay, at least once and in order per issue, as a DynamoDB stream does.
// Pass its Take to WithFeed.
//
// What it holds in memory is only a hurry: every record stands in the table
// until it has been delivered, so that a crash, or a queue that grew too long,
// costs a second look and nothing else.
type Feed struct {
	log    *slog.Logger
	lanes  [approval.Shards]lane
	paused time.Duration
}

// lane carries the records of the issues of one shard, in order.
type lane struct {
	mu    sync.Mutex
	queue []approval.Outbox
	lost  bool // the queue was cut off; what is missing stands in the table
	rung  chan struct{}
}

// longest is how many records a lane holds before it forgets and reads them from
// the table instead.
const longest = 10000

// NewFeed makes a feed. After a failed delivery it waits for the pause before it
// tries again.
func NewFeed(log *slog.Logger, pause time.Duration) *Feed {
	f := &Feed{log: log, paused: pause}
	for k := range f.lanes {
		f.lanes[k].rung = make(chan struct{}, 1)
		f.lanes[k].lost = true // at the start everything undelivered stands in the table
	}
	return f
}

// Take queues the outbox records among the items of one commit.
func (f *Feed) Take(items []Item) {
	for k := range items {
		o, ok, err := store.OutboxOf(&items[k])
		if err != nil {
			f.log.Error("outbox record cannot be read", "item", items[k].PK, "error", err)
		}
		if !ok {
			continue
		}
		l := &f.lanes[approval.ShardOf(o.Issue)]
		l.mu.Lock()
		if len(l.queue) < longest {
			l.queue = append(l.queue, o)
		} else {
			l.queue, l.lost = nil, true
		}
		l.mu.Unlock()
		select {
		case l.rung <- struct{}{}:
		default:
		}
	}
}

// Deliver takes records in order and answers how many it delivered; the rest is
// handed over again. approval.Relay's Deliver is one.
type Deliver func(ctx context.Context, records []approval.Outbox) (int, error)

// Run delivers until the context ends.
func (f *Feed) Run(ctx context.Context, s approval.Store, deliver Deliver) {
	var wg sync.WaitGroup
	for k := range f.lanes {
		wg.Go(func() {
			for ctx.Err() == nil {
				moved, err := f.step(ctx, k, s, deliver)
				switch {
				case ctx.Err() != nil:
				case err != nil:
					f.log.Error("delivery failed and will be tried again", "shard", k, "error", err)
					t := time.NewTimer(f.paused)
					select {
					case <-t.C:
					case <-ctx.Done():
						t.Stop()
					}
				case !moved:
					select {
					case <-f.lanes[k].rung:
					case <-ctx.Done():
					}
				}
			}
		})
	}
	wg.Wait()
}

// Settle delivers, on the caller's goroutine, whatever is waiting; it reports
// whether there was anything.
func (f *Feed) Settle(ctx context.Context, s approval.Store, deliver Deliver) (bool, error) {
	any := false
	for k := range f.lanes {
		for {
			moved, err := f.step(ctx, k, s, deliver)
			if err != nil {
				return any, err
			}
			if !moved {
				break
			}
			any = true
		}
	}
	return any, nil
}

// batch is how many records are handed over at once.
const batch = 100

// step delivers one batch of a lane: first what stands in the table, if records
// may be missing in memory, then what the commits brought since.
func (f *Feed) step(ctx context.Context, shard int, s approval.Store, deliver Deliver) (bool, error) {
	l := &f.lanes[shard]
	l.mu.Lock()
	lost := l.lost
	l.lost = false
	queue := l.queue
	if lost {
		queue = nil
	}
	if len(queue) > batch {
		queue = queue[:batch:batch]
	}
	l.mu.Unlock()
	if lost {
		if err := f.recover(ctx, shard, s, deliver); err != nil {
			l.mu.Lock()
			l.lost = true
			l.mu.Unlock()
			return false, err
		}
		return true, nil
	}
	if len(queue) == 0 {
		return false, nil
	}
	n, err := deliver(ctx, queue)
	l.mu.Lock()
	if len(l.queue) >= n { // it may have been cut off meanwhile
		l.queue = l.queue[n:]
		if len(l.queue) == 0 {
			l.queue = nil
		}
	}
	l.mu.Unlock()
	return n > 0, err
}

// recover delivers what stands in the table. Records queued meanwhile come a
// second time, which is harmless.
func (f *Feed) recover(ctx context.Context, shard int, s approval.Store, deliver Deliver) error {
	page := approval.Page{Limit: batch}
	for {
		records, next, err := s.Outbox(ctx, shard, page)
		if err != nil {
			return err
		}
		if len(records) > 0 {
			if _, err := deliver(ctx, records); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		page.Cursor = next
	}
}
