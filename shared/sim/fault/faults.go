package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/engine"
	"lianban/shared/store"
)

// Fault is one kind of trouble.
type Fault int

// The kinds of trouble.
const (
	Throttled      Fault = iota // a write is refused, nothing is written
	ThrottledRead               // a read is refused
	DiskFull                    // writes are refused for a while
	LostAnswer                  // a write is done and reported as failed
	DeathBefore                 // the process dies before a write
	DeathAfter                  // the process dies after it, before anybody hears
	Death                       // the process dies between two steps
	Race                        // another process commits between a read and a write
	PartialForget               // a batch of deletions is done in part
	JournalRefused              // the journal does not take a write
	JournalLost                 // the journal takes it and reports a failure
	CallRefused                 // the state machine does not take a call
	CallLost                    // it takes it, and the answer is lost
	FunctionTwice               // a function is called twice with the same input
	FunctionLost                // a function's answer is lost
	Repeated                    // records are handed over again
	Reordered                   // records are handed over out of order
	Partial                     // a batch is handed over in part
	Dropped                     // records are not handed over: the sweep's to find
	ClockBack                   // a process's clock goes back
	ClockAhead                  // a process's clock jumps ahead
	LongSilence                 // nobody does anything for weeks
	faults
)

var faultNames = [faults]string{
	"write throttled", "read throttled", "disk full", "write done, answer lost", "death before a write", "death after a write",
	"death between steps", "another's commit in between", "deletions done in part", "journal write refused", "journal write done, answer lost",
	"workflow call refused", "workflow call done, answer lost", "function called twice", "function's answer lost", "records handed over again",
	"records out of order", "batch handed over in part", "records dropped", "clock set back", "clock jumps ahead", "weeks of silence",
}

func (f Fault) String() string { return faultNames[f] }

// Faults lists all kinds.
func Faults() []Fault {
	all := make([]Fault, faults)
	for k := range all {
		all[k] = Fault(k)
	}
	return all
}

// trouble is an error of the surroundings, not of the rules.
type trouble struct{ Fault }

func (t trouble) Error() string { return "fault: " + t.Fault.String() }

// errDead is what a process hears of everything once it has died: nothing that it
// still does has an effect.
var errDead = errors.New("fault: the process is dead")

// strikes reports whether a fault happens now, and counts it.
func (h *history) strikes(f Fault) bool {
	if h.calm || h.odds[f] == 0 || h.rand.Float64() >= h.odds[f] {
		return false
	}
	h.report.Faults[f]++
	h.say("! %s", f)
	return true
}

// full reports whether the disk is full at this write.
func (h *history) full() bool {
	if !h.calm && h.fullFor > 0 {
		h.fullFor--
		return true
	}
	if h.strikes(DiskFull) {
		h.fullFor = 1 + h.rand.IntN(30)
		return true
	}
	return false
}

// write carries a write of a process out, or something worse.
func (p *process) write(refused, lost Fault, do func() error) error {
	h := p.history
	hit := !p.dead && h.injected()
	switch {
	case p.dead:
		return errDead
	case hit && h.inject.How == Before:
		p.die()
		return errDead
	case hit && h.inject.How == Refuse:
		return trouble{refused}
	case h.full():
		return trouble{DiskFull}
	case h.strikes(refused):
		return trouble{refused}
	case h.strikes(DeathBefore):
		p.die()
		return errDead
	}
	h.writes++
	if err := do(); err != nil {
		return err
	}
	switch {
	case hit && h.inject.How == After:
		p.die()
		return errDead
	case hit && h.inject.How == Lose:
		return trouble{lost}
	case h.strikes(DeathAfter):
		p.die()
		return errDead
	case h.strikes(lost):
		return trouble{lost}
	}
	return nil
}

func (p *process) read() error {
	hit := !p.dead && p.history.injected()
	switch {
	case p.dead:
		return errDead
	case hit && (p.history.inject.How == Before || p.history.inject.How == After):
		p.die()
		return errDead
	case hit:
		return trouble{ThrottledRead}
	case p.history.strikes(ThrottledRead):
		return trouble{ThrottledRead}
	}
	return nil
}

// port is the table as a process sees it.
type port struct {
	process *process
	table   store.Table
}

var _ store.Table = port{}

// Write implements store.Table.
func (t port) Write(ctx context.Context, ops []store.Op) error {
	h := t.process.history
	if h.house == Cloud && t.process != h.rival && !h.nested && h.strikes(Race) {
		h.nested = true
		h.act(h.rival)
		h.nested = false
	}
	return t.process.write(Throttled, LostAnswer, func() error { return t.table.Write(ctx, ops) })
}

// Get implements store.Table.
func (t port) Get(ctx context.Context, key store.Key) (store.Item, bool, error) {
	if err := t.process.read(); err != nil {
		return store.Item{}, false, err
	}
	return t.table.Get(ctx, key)
}

// Query implements store.Table.
func (t port) Query(ctx context.Context, r store.Range) ([]store.Item, *store.Position, error) {
	if err := t.process.read(); err != nil {
		return nil, nil, err
	}
	return t.table.Query(ctx, r)
}

// Forget implements store.Table.
func (t port) Forget(ctx context.Context, keys []store.Key) error {
	h := t.process.history
	if len(keys) > 1 && !t.process.dead && h.strikes(PartialForget) {
		if err := t.table.Forget(ctx, keys[:1+h.rand.IntN(len(keys)-1)]); err != nil {
			return err
		}
		return trouble{PartialForget}
	}
	return t.process.write(Throttled, LostAnswer, func() error { return t.table.Forget(ctx, keys) })
}

// ledger is the engine's journal as a process sees it.
type ledger struct {
	engine.Journal
	process *process
}

// Create implements engine.Journal.
func (l ledger) Create(ctx context.Context, x engine.Execution, data []byte) (out engine.Execution, err error) {
	err = l.process.write(JournalRefused, JournalLost, func() error {
		out, err = l.Journal.Create(ctx, x, data)
		return err
	})
	return out, err
}

// Append implements engine.Journal.
func (l ledger) Append(ctx context.Context, entries ...engine.Entry) error {
	return l.process.write(JournalRefused, JournalLost, func() error { return l.Journal.Append(ctx, entries...) })
}

// wire is the workflows as a process sees them.
type wire struct {
	approval.Workflows
	process *process
}

func (w wire) call(do func() error) error {
	h := w.process.history
	switch {
	case w.process.dead:
		return errDead
	case h.strikes(CallRefused):
		return trouble{CallRefused}
	}
	err := do()
	if err == nil && h.strikes(CallLost) {
		return trouble{CallLost}
	}
	return err
}

// Start implements approval.Workflows.
func (w wire) Start(ctx context.Context, name string, input []byte) error {
	return w.call(func() error { return w.Workflows.Start(ctx, name, input) })
}

// Succeed implements approval.Workflows.
func (w wire) Succeed(ctx context.Context, token string, output []byte) error {
	return w.call(func() error { return w.Workflows.Succeed(ctx, token, output) })
}

// Fail implements approval.Workflows.
func (w wire) Fail(ctx context.Context, token, name, cause string) error {
	return w.call(func() error { return w.Workflows.Fail(ctx, token, name, cause) })
}

// invoke calls a function of a process; in the cloud another one takes the next call
// when it dies.
func (h *history) invoke(process func() *process) func(ctx context.Context, function string, payload []byte) ([]byte, error) {
	return func(ctx context.Context, function string, payload []byte) ([]byte, error) {
		p := process()
		if h.strikes(FunctionTwice) {
			_, _ = p.call(ctx, function, payload)
		}
		out, err := p.call(ctx, function, payload)
		h.say("  %s %s %s -> %s %v", p.name, function, payload, out, err)
		if err == nil && h.strikes(FunctionLost) {
			return nil, &engine.FunctionError{Name: "Lambda.ServiceException", Cause: FunctionLost.String()}
		}
		return out, err
	}
}

// deliver hands records of the feed to the relay of a process, or something worse.
// It answers how many from the first on are done.
func (h *history) deliver(ctx context.Context, p *process, records []approval.Outbox) (int, error) {
	if p.dead {
		return 0, errDead
	}
	batch := slices.Clone(records)
	if len(h.past) > 0 && h.strikes(Repeated) {
		again := h.past[h.rand.IntN(len(h.past))]
		if _, err := p.relay.Deliver(ctx, []approval.Outbox{again}); err != nil {
			return 0, err
		}
	}
	if len(batch) > 1 && h.strikes(Partial) {
		batch = batch[:1+h.rand.IntN(len(batch)-1)]
	}
	if len(batch) > 1 && h.strikes(Reordered) {
		slices.Reverse(batch)
		_, err := p.relay.Deliver(ctx, batch)
		if err != nil {
			return 0, err
		}
		h.past = append(h.past, batch...)
		return len(batch), nil
	}
	n, err := p.relay.Deliver(ctx, batch)
	h.past = append(h.past, batch[:n]...)
	if err == nil && n < len(records) {
		err = trouble{Partial}
	}
	if err != nil {
		err = fmt.Errorf("deliver %d of %d records: %w", n, len(records), err)
	}
	return n, err
}
