package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"lianban/shared/asl"
)

// call is a function call that may be made.
type call struct {
	id     ID
	effect asl.Effect
}

// callQueue holds released calls, first come first served.
type callQueue struct {
	mu      sync.Mutex
	queue   []call
	head    int
	running bool            // Run runs: workers may start
	ctx     context.Context // the calls' own, while running
	busy    int             // functions running now
	group   sync.WaitGroup  // workers, until they have posted their result
	// empty has room for one sign that no call waits for a worker.
	empty chan struct{}
}

func (q *callQueue) push(c call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, c)
}

// pop is called with the lock held.
func (q *callQueue) pop() (call, bool) {
	if q.head == len(q.queue) {
		return call{}, false
	}
	c := q.queue[q.head]
	q.queue[q.head] = call{}
	q.head++
	if q.head == len(q.queue) {
		q.queue, q.head = q.queue[:0], 0
	} else if q.head > 1024 && q.head > len(q.queue)/2 {
		q.queue, q.head = append([]call(nil), q.queue[q.head:]...), 0
	}
	return c, true
}

// spawn starts workers for queued calls while there is room. A worker lives for
// one call: it gives its place up before it posts the result, because posting
// waits for the disk and functions need not.
func (e *Engine) spawn() {
	q := &e.calls
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.running && q.busy < e.cfg.Workers {
		c, ok := q.pop()
		if !ok {
			select {
			case q.empty <- struct{}{}:
			default:
			}
			return
		}
		q.busy++
		ctx := q.ctx
		q.group.Go(func() {
			ev := e.invoke(ctx, c, true)
			q.mu.Lock()
			q.busy--
			q.mu.Unlock()
			e.spawn()
			if ev.Kind == asl.KindInvokeFailed && ctx.Err() != nil {
				// Cancelled by a stop: the call is made again at the next start.
				return
			}
			e.report(ctx, c, ev)
		})
	}
}

// invoke calls the function and turns its result into an event.
func (e *Engine) invoke(ctx context.Context, c call, limited bool) asl.Event {
	if limited {
		most := e.cfg.CallFor
		if !c.effect.Deadline.IsZero() {
			most = min(most, c.effect.Deadline.Sub(e.cfg.Now()))
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, most)
		defer cancel()
	}
	out, err := e.safely(ctx, c)
	if err == nil {
		return asl.InvokeReturned(c.effect.Task, out)
	}
	var f *FunctionError
	if errors.As(err, &f) {
		return asl.InvokeFailed(c.effect.Task, f.Name, f.Cause)
	}
	return asl.InvokeFailed(c.effect.Task, asl.LambdaUnknown, err.Error())
}

func (e *Engine) safely(ctx context.Context, c call) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("function panicked", "function", c.effect.Function, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("function %s panicked: %v", c.effect.Function, p)
		}
	}()
	return e.cfg.Invoke(ctx, c.effect.Function, c.effect.Payload)
}

// report posts a call's result until the journal takes it. The task may be over
// by then, which is no fault.
func (e *Engine) report(ctx context.Context, c call, ev asl.Event) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := e.post(context.Background(), c.id, &message{ev: ev})
		if err == nil || over(err) {
			return
		}
		e.log.Error("report a function's result", "function", c.effect.Function, "error", err)
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// over says that an event does not apply any more and never will.
func over(err error) bool {
	return errors.Is(err, asl.ErrNotLive) || errors.Is(err, asl.ErrNoTask) || errors.Is(err, asl.ErrEnded) ||
		errors.Is(err, asl.ErrNothingDue) || errors.Is(err, ErrUnknown)
}

// Run calls functions and fires timers in real time until ctx ends. Then it
// starts no more calls, waits for those under way, and returns nil. What it
// leaves undone is done by the next Run, here or after a restart.
func (e *Engine) Run(ctx context.Context) error {
	q := &e.calls
	// Functions outlive ctx by StopFor.
	callCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	q.mu.Lock()
	if q.running {
		q.mu.Unlock()
		return ErrRunning
	}
	q.running, q.ctx = true, callCtx
	q.mu.Unlock()
	e.spawn()
	var helpers sync.WaitGroup
	helpers.Go(func() { e.resumeAll(ctx) })
	for ctx.Err() == nil {
		e.wait(ctx)
		if err := e.fire(ctx, true); err != nil && ctx.Err() == nil {
			e.log.Error("fire a timer", "error", err)
		}
	}
	q.mu.Lock()
	q.running = false
	q.mu.Unlock()
	helpers.Wait()
	stopped := make(chan struct{})
	go func() {
		q.group.Wait()
		close(stopped)
	}()
	t := time.NewTimer(e.cfg.StopFor)
	defer t.Stop()
	select {
	case <-stopped:
	case <-t.C:
		cancel()
		<-stopped
	}
	return nil
}

// Answers says whether the engine does its work: Run runs, and the journal can be read.
func (e *Engine) Answers(ctx context.Context) error {
	e.calls.mu.Lock()
	running := e.calls.running
	e.calls.mu.Unlock()
	if !running {
		return errors.New("the engine does not run")
	}
	if _, _, err := e.journal.List(ctx, Query{Limit: 1}); err != nil {
		return fmt.Errorf("the engine's journal: %w", err)
	}
	return nil
}

// Timers is how many executions wait for a moment, and by how much the earliest of those
// moments has passed without being taken up.
func (e *Engine) Timers() (n int, late time.Duration) {
	e.timers.mu.Lock()
	defer e.timers.mu.Unlock()
	if n = len(e.timers.items); n > 0 {
		late = max(0, e.now().Sub(time.UnixMilli(e.timers.items[0].at)))
	}
	return n, late
}

// resumeAll makes the calls again that the last run of the program left open. It
// goes in portions and waits until the calls of one have found workers, because
// an execution stays in memory while its call is under way.
func (e *Engine) resumeAll(ctx context.Context) {
	for ids := e.takeResume(256); len(ids) > 0; ids = e.takeResume(256) {
		e.each(ids, func(id ID) {
			if err := e.post(ctx, id, &message{touch: true}); err != nil && ctx.Err() == nil {
				e.log.Error("resume an execution", "execution", id, "error", err)
				e.timers.set(id, e.now().Add(time.Second))
			}
		})
		e.spawn()
		select {
		case <-e.calls.empty:
		case <-ctx.Done():
			return
		}
	}
}

// wait returns when a timer may be due.
func (e *Engine) wait(ctx context.Context) {
	for ctx.Err() == nil {
		next, ok := e.timers.next()
		// Now may be moved by hand, and clocks are set: look again now and then.
		pause := time.Minute
		if ok {
			pause = min(pause, next.Sub(e.cfg.Now()))
		}
		if pause <= 0 {
			return
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-e.timers.changed:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// fire wakes what is due. At once, side by side, the wakes share their commits;
// otherwise they go one after the other in a fixed order.
func (e *Engine) fire(ctx context.Context, together bool) error {
	var mu sync.Mutex
	var first error
	for ctx.Err() == nil {
		ids := e.timers.due(e.now(), 256)
		if len(ids) == 0 {
			break
		}
		wake := func(id ID) {
			err := e.post(ctx, id, &message{ev: asl.Wake()})
			if err == nil || over(err) {
				return
			}
			e.timers.set(id, e.now().Add(time.Second))
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = fmt.Errorf("wake execution %d: %w", id, err)
			}
		}
		if together {
			e.each(ids, wake)
			continue
		}
		for _, id := range ids {
			wake(id)
		}
	}
	return first
}

func (e *Engine) each(ids []ID, do func(ID)) {
	var group sync.WaitGroup
	for _, id := range ids {
		group.Go(func() { do(id) })
	}
	group.Wait()
}

func (e *Engine) takeResume(most int) []ID {
	e.resumeMu.Lock()
	defer e.resumeMu.Unlock()
	n := min(most, len(e.resume))
	ids := e.resume[:n]
	e.resume = e.resume[n:]
	return ids
}

// Settle does everything that can happen at the present time, on the caller's
// goroutine and in a fixed order: it makes again the calls that a crash
// interrupted, then calls functions, first come first served, until none is
// wanted. It does not fire timers; Wake does. A write that fails ends it, and
// the next Settle goes on.
func (e *Engine) Settle(ctx context.Context) error {
	q := &e.calls
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if ids := e.takeResume(1); len(ids) > 0 {
			if err := e.post(ctx, ids[0], &message{touch: true}); err != nil && !over(err) {
				e.resumeMu.Lock()
				e.resume = append(ids, e.resume...)
				e.resumeMu.Unlock()
				return fmt.Errorf("resume execution %d: %w", ids[0], err)
			}
			continue
		}
		q.mu.Lock()
		if q.running {
			q.mu.Unlock()
			return ErrRunning
		}
		c, ok := q.pop()
		q.mu.Unlock()
		if !ok {
			return nil
		}
		ev := e.invoke(ctx, c, false)
		if err := e.post(ctx, c.id, &message{ev: ev}); err != nil && !over(err) {
			q.push(c)
			return fmt.Errorf("result of %s: %w", c.effect.Function, err)
		}
	}
}

// NextWake is the time of the earliest timer. It may be early, never late.
func (e *Engine) NextWake() (time.Time, bool) { return e.timers.next() }

// Wake fires the timers that are due at Now, in order of time and then of
// execution. Call Settle afterwards for what they set off.
func (e *Engine) Wake(ctx context.Context) error {
	e.calls.mu.Lock()
	running := e.calls.running
	e.calls.mu.Unlock()
	if running {
		return ErrRunning
	}
	return e.fire(ctx, false)
}
