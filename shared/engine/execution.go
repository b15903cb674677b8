package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lianban/shared/asl"
)

// A stripe holds the executions in memory whose numbers fall into it.
type stripe struct {
	mu    sync.Mutex
	execs map[ID]*execution
	// resume holds those found open with pending calls at startup until they are
	// first loaded.
	resume map[ID]struct{}
}

// Neighbouring numbers fall into different stripes.
func (e *Engine) stripe(id ID) *stripe { return &e.stripes[uint64(id)%uint64(len(e.stripes))] }

// execution is one execution in memory. The mailbox and busy belong to the
// stripe's lock; everything else to whoever drains the mailbox.
type execution struct {
	id      ID
	mailbox []*message
	busy    bool

	loaded bool
	def    *asl.Definition
	x      asl.Execution
	row    Execution // Head as the journal has it
	chunks int
	// released is the number of the last task whose call was released; what the
	// journal wants beyond it after a write of unknown outcome is released at
	// the next load.
	released int64
	doubtful bool
}

// message is one event for an execution and how to tell its sender.
type message struct {
	ev    asl.Event
	token string // when set, must be the task's
	touch bool   // no event: load it and release what it wants
	err   error
	done  chan struct{} // nil when the sender drains itself
}

// post gives an execution an event and returns once the event is durable or
// refused. Whoever finds the mailbox idle drains it.
func (e *Engine) post(ctx context.Context, id ID, m *message) error {
	s := e.stripe(id)
	s.mu.Lock()
	h := s.execs[id]
	if h == nil {
		h = &execution{id: id}
		s.execs[id] = h
	}
	h.mailbox = append(h.mailbox, m)
	if h.busy {
		m.done = make(chan struct{})
		s.mu.Unlock()
		select {
		case <-m.done:
			return m.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	h.busy = true
	s.mu.Unlock()
	e.round(h)
	e.handOff(h)
	return m.err
}

// handOff ends a sender's turn at an execution: what has gathered meanwhile is
// drained elsewhere, so that no sender works for others without end.
func (e *Engine) handOff(h *execution) {
	s := e.stripe(h.id)
	s.mu.Lock()
	if e.idle(s, h) {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	go e.drain(h)
}

func (e *Engine) drain(h *execution) {
	s := e.stripe(h.id)
	for {
		s.mu.Lock()
		if e.idle(s, h) {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		e.round(h)
	}
}

// idle gives the execution up when its mailbox is empty, and says whether it
// did. The stripe is locked.
func (e *Engine) idle(s *stripe, h *execution) bool {
	if len(h.mailbox) > 0 {
		return false
	}
	h.busy = false
	if !h.disposable() {
		return true
	}
	if !h.loaded || h.x.Status != asl.Running {
		delete(s.execs, h.id)
		return true
	}
	// Any idle execution is as good to drop as another: a map's order is
	// random, and those in use are loaded again in microseconds.
	over := len(s.execs) - max(e.cfg.Hot/len(e.stripes), 1)
	looks := 8
	for id, other := range s.execs {
		if over <= 0 || looks == 0 {
			break
		}
		looks--
		if other != h && !other.busy && other.disposable() {
			delete(s.execs, id)
			over--
		}
	}
	return true
}

// disposable says that the journal knows all that memory knows: nothing is in
// doubt and no call is under way whose number must be remembered.
func (h *execution) disposable() bool {
	return !h.doubtful && (!h.loaded || !h.x.Calling())
}

// batchMost bounds what shares one append.
const batchMost = 64

// round takes what is in the mailbox, steps through it, appends it in one write,
// tells the senders and releases the effects.
func (e *Engine) round(h *execution) {
	s := e.stripe(h.id)
	s.mu.Lock()
	n := min(len(h.mailbox), batchMost)
	batch := h.mailbox[:n:n]
	if h.mailbox = h.mailbox[n:]; len(h.mailbox) == 0 {
		h.mailbox = nil
	}
	_, resume := s.resume[h.id]
	s.mu.Unlock()

	if !h.loaded {
		if err := e.hydrate(h); err != nil {
			if errors.Is(err, ErrUnknown) {
				h.doubtful = false
			}
			answer(batch, err)
			return
		}
	}
	now := e.now()
	before := h.x.Tasks
	var data []byte
	var effects []asl.Effect
	if resume {
		// What was called before the crash is called again.
		if res, err := asl.Step(h.def, h.x, asl.Resume(), now); err == nil {
			h.x = res.Execution
			data = appendRecord(data, asl.Resume(), now.Sub(h.row.StartedAt))
			effects = h.x.Pending()
		}
	}
	if h.doubtful && !resume {
		for _, eff := range h.x.Pending() {
			if eff.Task > h.released {
				effects = append(effects, eff)
			}
		}
	}
	for _, m := range batch {
		if m.touch {
			continue
		}
		if m.token != "" {
			if m.err = checkToken(&h.x, m.token, m.ev.Task); m.err != nil {
				continue
			}
		}
		res, err := asl.Step(h.def, h.x, m.ev, now)
		h.x = res.Execution
		if m.err = err; err != nil {
			continue
		}
		data = appendRecord(data, m.ev, now.Sub(h.row.StartedAt))
		effects = append(effects, res.Effects...)
	}
	if data != nil {
		entry := Entry{ID: h.id, Seq: h.chunks, Data: data}
		head := h.head()
		if changed(h.row.Head, head) {
			entry.Head = &head
		}
		// The outcome must be known, so the sender's context does not count.
		if err := e.journal.Append(context.Background(), entry); err != nil {
			e.log.Error("append to the journal", "execution", h.row.Name, "machine", h.row.Machine, "error", err)
			e.doubt(h, before)
			answer(batch, fmt.Errorf("append to the journal: %w", err))
			return
		}
		h.chunks++
		if entry.Head != nil {
			h.row.Head = head
		}
	}
	if resume {
		s.mu.Lock()
		delete(s.resume, h.id)
		s.mu.Unlock()
	}
	h.doubtful = false
	answer(batch, nil)
	e.release(h, effects)
}

// answer tells the senders; err replaces what they were about to hear.
func answer(batch []*message, err error) {
	for _, m := range batch {
		if err != nil {
			m.err = err
		}
		if m.done != nil {
			close(m.done)
		}
	}
}

// doubt forgets what memory holds after a write of unknown outcome; tasks up to
// released have been called. The execution is touched again soon.
func (e *Engine) doubt(h *execution, released int64) {
	if !h.doubtful {
		h.released = released
	}
	h.doubtful, h.loaded, h.x = true, false, asl.Execution{}
	e.timers.set(h.id, e.now().Add(time.Second))
}

// hydrate replays the execution from the journal.
func (e *Engine) hydrate(h *execution) error {
	ctx := context.Background()
	row, chunks, err := e.journal.Load(ctx, h.id)
	if err != nil {
		return err
	}
	if h.def, err = e.definition(ctx, row.Digest); err != nil {
		return err
	}
	if h.x, err = replay(h.def, row, chunks, nil); err != nil {
		return err
	}
	h.row, h.chunks, h.loaded = row, len(chunks), true
	return nil
}

// head is what the journal is told of the execution as it stands.
func (h *execution) head() Head {
	next, _ := h.x.NextWake()
	return Head{Status: Status(h.x.Status), NextWake: next, Pending: h.x.Calling(), EndedAt: h.x.EndedAt}
}

// changed says whether a head must be written. A timer that moved away need not
// be: waking too early is harmless.
func changed(old, now Head) bool {
	later := now.NextWake.IsZero() || !old.NextWake.IsZero() && !now.NextWake.Before(old.NextWake)
	return old.Status != now.Status || old.Pending != now.Pending || !later
}

// release arms the execution's timer and queues its calls. What it releases is
// durable.
func (e *Engine) release(h *execution, effects []asl.Effect) {
	next, _ := h.x.NextWake()
	e.timers.set(h.id, next)
	for _, eff := range effects {
		// A later event of the same batch may have ended the task.
		if h.x.Live(eff.Task) {
			e.calls.push(call{id: h.id, effect: eff})
		}
	}
	e.spawn()
}
