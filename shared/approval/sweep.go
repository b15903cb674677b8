package approval

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sweep repairs, on a schedule, what the relay could not deliver and what a
// lost timer left behind. Every step is harmless when nothing is wrong.
type Sweep struct {
	Service *Service
	Relay   Relay
	// Grace is how old a thing must be before the sweep takes it for lost.
	Grace time.Duration
}

// Swept is what a sweep did.
type Swept struct {
	Delivered int // outbox records handed over
	Looked    int // clocks looked at that no machine was watching
	Nudged    int // machines woken whose timer did not fire
}

// Run sweeps once.
func (w Sweep) Run(ctx context.Context) (Swept, error) {
	var swept Swept
	var errs []error
	before := w.Service.Now().Add(-w.Grace)
	for shard := range Shards {
		errs = append(errs, w.outbox(ctx, shard, before, &swept), w.watches(ctx, shard, before, &swept))
	}
	return swept, errors.Join(errs...)
}

func (w Sweep) outbox(ctx context.Context, shard int, before time.Time, swept *Swept) error {
	page := Page{Limit: 100}
	for {
		records, next, err := w.Relay.Store.Outbox(ctx, shard, page)
		if err != nil {
			return fmt.Errorf("sweep outbox %d: %w", shard, err)
		}
		old := records
		for k := range records {
			if records[k].At.After(before) {
				old, next = records[:k], ""
				break
			}
		}
		n, err := w.Relay.Deliver(ctx, old)
		swept.Delivered += n
		if err != nil {
			return fmt.Errorf("sweep outbox %d: %w", shard, err)
		}
		if next == "" {
			return nil
		}
		page.Cursor = next
	}
}

// watches goes through all of them: one issue's trouble is not another's.
func (w Sweep) watches(ctx context.Context, shard int, before time.Time, swept *Swept) error {
	page := Page{Limit: 100}
	var errs []error
	for {
		late, next, err := w.Relay.Store.Overdue(ctx, shard, before, page)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("sweep watches %d: %w", shard, err))...)
		}
		for _, l := range late {
			if _, _, err := w.Service.Do(ctx, l.Issue, rouse{l.Watch}, Call{Actor: Machine}); err != nil {
				errs = append(errs, fmt.Errorf("sweep issue %s: %w", l.Issue, err))
				continue
			}
			if l.Watch.Token == "" {
				swept.Looked++
			} else {
				swept.Nudged++
			}
		}
		if next == "" {
			return errors.Join(errs...)
		}
		page.Cursor = next
	}
}

// rouse looks after a watch whose moment has passed: with a token the machine is
// woken to look itself, without one the sweep looks in its place.
type rouse struct{ watch Watch }

func (c rouse) apply(t *transition) error {
	n := c.watch.SignOff
	w := t.issue.Watch(n)
	if w == nil || w.Token != c.watch.Token || !w.WakeAt.Equal(c.watch.WakeAt) {
		return nil // it has woken meanwhile
	}
	if n == dutyWatch {
		t.lookAtDuties()
		return nil
	}
	if n == noticeWatch {
		t.lapseNotices()
		return nil
	}
	if n == consultWatch && w.Token == "" {
		if err := (tally{t.issue.Round()}).apply(t); err != nil || t.changed {
			return err
		}
	}
	if n == consultWatch || n == holdWatch {
		if w.Token != "" {
			t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
		}
		next := *w
		next.Token, next.WakeAt = "", t.now.Add(24*time.Hour)
		t.watch(next)
		t.event(EvRouse, func(e *Event) { e.Before, e.After = string(t.issue.Status), string(t.issue.Status) })
		return nil
	}
	s := t.issue.SignOff(n)
	if w.Token == "" {
		if err := (look{t.issue.Round(), n}).apply(t); err != nil {
			return err
		}
	}
	if t.changed {
		return nil
	}
	t.nudge(n)
	t.event(EvRouse, func(e *Event) { e.SignOff, e.Before, e.After = n, string(s.State), string(s.State) })
	return nil
}
