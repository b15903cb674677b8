package fault

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/engine"
	"lianban/shared/measure"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// Options are what a history is played with, besides its seed.
type Options struct {
	House House
	// Dir is where a File house keeps its file.
	Dir string
	// Log, when not nil, is told everything that happens.
	Log io.Writer
	// Broken, when not nil, stands between every process and its table: with one that
	// breaks the contract, the checks can be seen to fail. Not in a File house.
	Broken func(store.Table) store.Table
}

// Report says what a history was made of.
type Report struct {
	House        House
	Steps        int
	Commands     int // asked for, each try counted
	Acknowledged int
	Refused      int
	Unknown      int // the answer was trouble
	Issues       int
	Calls        int // of the table and of the journal, by a script
	Faults       [faults]int
	Digest       string // of all trails: the same for the same seed
}

// history is one run.
type history struct {
	ctx    context.Context
	seed   uint64
	house  House
	rand   *rand.Rand
	log    io.Writer
	broken func(store.Table) store.Table
	report Report

	now     time.Time
	calm    bool // no more faults
	nested  bool // somebody's command runs within another's
	odds    [faults]float64
	fullFor int           // writes for which the disk stays full
	ahead   time.Duration // by how much a clock has been ahead at most

	rules     approval.Rules
	disk      disk
	file      *sqlite.File
	table     store.Table // past all faults
	plain     *store.Store
	seen      map[approval.IssueID]approval.Issue
	shared    store.Table // of the cloud's processes
	engine    *engine.Engine
	processes []*process
	rival     *process
	stream    []approval.Outbox // of the cloud: what the relay has yet to be handed
	past      []approval.Outbox // what it was handed

	calls  int // of the table and of the journal, so far
	writes int // of those, how many came through to it
	inject Injection

	issuesMost int
	born       uint64
	ids        []approval.IssueID
	intents    []*intent
	acks       []ack
	trails     map[approval.IssueID]*trail
}

// Play plays one history and answers the first promise that it breaks.
func Play(ctx context.Context, seed uint64, o Options) (Report, error) {
	h := &history{
		ctx: ctx, seed: seed, house: o.House, log: o.Log, broken: o.Broken, now: start,
		rand: rand.New(rand.NewPCG(seed, uint64(o.House))), trails: map[approval.IssueID]*trail{}, seen: map[approval.IssueID]approval.Issue{},
	}
	h.report.House = o.House
	err := h.play(o.Dir)
	if err2 := h.close(); err == nil {
		err = err2
	}
	if err != nil {
		err = fmt.Errorf("history %d of house %s, step %d: %w", seed, o.House, h.report.Steps, err)
	}
	return h.report, err
}

func (h *history) say(format string, args ...any) {
	if h.log != nil {
		fmt.Fprintf(h.log, h.now.Format("01-02 15:04:05 ")+format+"\n", args...)
	}
}

func (h *history) play(dir string) error {
	h.draw()
	if err := h.build(h.ctx, dir); err != nil {
		return err
	}
	for steps := 15 + h.rand.IntN(45); h.report.Steps < steps; h.report.Steps++ {
		h.step()
		if err := h.revive(h.ctx); err != nil {
			return err
		}
		if err := h.always(); err != nil {
			return err
		}
	}
	if err := h.settle(); err != nil {
		return err
	}
	if err := h.settled(); err != nil {
		return err
	}
	return h.finish()
}

// draw chooses what goes wrong in this history, and how often: some kinds, not all,
// so that each also meets the quiet of the others.
func (h *history) draw() {
	h.issuesMost = 1 + h.rand.IntN(2)
	rate := []float64{0.004, 0.02, 0.06}[h.rand.IntN(3)]
	seldom := map[Fault]float64{ClockBack: 8, ClockAhead: 8, LongSilence: 2, Death: 8, DiskFull: 0.2, DeathBefore: 0.5, DeathAfter: 0.5, Race: 8, Repeated: 4, Partial: 4, Reordered: 4, Dropped: 3, FunctionTwice: 3, PartialForget: 4}
	for f := range faults {
		if h.rand.IntN(2) == 0 {
			continue
		}
		h.odds[f] = rate
		if times, ok := seldom[f]; ok {
			h.odds[f] = min(0.5, rate*times)
		}
	}
	if h.house != Cloud {
		h.odds[Race], h.odds[Throttled], h.odds[ThrottledRead] = 0, 0, 0
		h.odds[FunctionTwice], h.odds[FunctionLost], h.odds[CallRefused], h.odds[CallLost], h.odds[Dropped] = 0, 0, 0, 0, 0
		return
	}
	h.odds[JournalRefused], h.odds[JournalLost], h.odds[DiskFull] = 0, 0, 0
}

// api is the process that people's commands reach.
func (h *history) api() *process {
	if h.house == Cloud {
		return h.alive(0)
	}
	return h.processes[0]
}

func (h *history) step() {
	switch n := h.rand.IntN(100); {
	case n < 45:
		h.act(h.api())
	case n < 70:
		h.goOn()
	case n < 80:
		h.goOn()
		h.pass([]time.Duration{time.Second, time.Minute, time.Hour, 20 * time.Hour}[h.rand.IntN(4)])
	case n < 88:
		h.goOn()
		if at, ok := h.engine.NextWake(); ok && at.After(h.now) {
			h.pass(at.Sub(h.now))
		}
	case n < 92:
		h.sweep()
	case n < 95:
		if h.strikes(LongSilence) {
			h.pass(time.Duration(1+h.rand.IntN(40)) * 24 * time.Hour)
		}
	case n < 97:
		if p := h.processes[h.rand.IntN(len(h.processes))]; h.strikes(Death) {
			p.die()
		}
	default:
		h.setClock()
	}
}

// setClock has somebody correct, or spoil, a process's clock.
func (h *history) setClock() {
	p := h.processes[h.rand.IntN(len(h.processes))]
	by := time.Duration(h.rand.Int64N(int64(2 * time.Hour)))
	switch {
	case h.strikes(ClockAhead):
		p.skew += by
		h.ahead = max(h.ahead, p.skew)
	case h.strikes(ClockBack):
		p.skew -= by
	default:
		p.skew = 0
	}
}

// pass lets time go by, and the timers that are due then.
func (h *history) pass(d time.Duration) {
	h.now = h.now.Add(d)
	h.trouble("wake", h.engine.Wake(h.ctx))
	h.goOn()
}

// goOn carries out what can be done now, until something fails.
func (h *history) goOn() {
	if h.trouble("settle", h.engine.Settle(h.ctx)) {
		return
	}
	if h.house != Cloud {
		p := h.processes[0]
		_, err := p.feed.Settle(h.ctx, p.relay.Store, func(ctx context.Context, records []approval.Outbox) (int, error) { return h.deliver(ctx, p, records) })
		if !h.trouble("feed", err) {
			h.trouble("settle", h.engine.Settle(h.ctx))
		}
		return
	}
	h.poll()
	h.trouble("settle", h.engine.Settle(h.ctx))
}

// poll has the stream hand over some of what waits for one issue after another.
func (h *history) poll() {
	for _, id := range slices.Clone(h.ids) {
		var batch []approval.Outbox
		for _, o := range h.stream {
			if o.Issue == id {
				batch = append(batch, o)
			}
		}
		if len(batch) == 0 || !h.calm && h.rand.IntN(4) == 0 {
			continue // later
		}
		n := len(batch)
		if !h.strikes(Dropped) {
			var err error
			n, err = h.deliver(h.ctx, h.alive(3), batch)
			h.trouble("stream", err)
		}
		done := 0
		h.stream = slices.DeleteFunc(h.stream, func(o approval.Outbox) bool {
			if o.Issue != id || done == n {
				return false
			}
			done++
			return true
		})
	}
}

// trouble notes an error of the surroundings, which somebody will try again.
func (h *history) trouble(what string, err error) bool {
	if err != nil {
		h.say("  %s: %v", what, err)
	}
	return err != nil
}

// sweepGrace is how old something must be before the sweep takes it for lost.
const sweepGrace = 2 * time.Minute

func (h *history) sweep() {
	p := h.processes[0]
	if h.house == Cloud {
		p = h.alive(3)
	}
	swept, err := approval.Sweep{Service: p.service, Relay: p.relay, Grace: sweepGrace}.Run(h.ctx)
	h.say("  sweep: %+v", swept)
	h.trouble("sweep", err)
}

// settle ends all faults and lets the house come to rest.
func (h *history) settle() error {
	h.say("-- no more faults")
	h.calm, h.fullFor = true, 0
	if err := h.revive(h.ctx); err != nil {
		return err
	}
	for _, p := range h.processes {
		p.skew = 0
	}
	h.pass(h.ahead) // timers that a clock ahead has set are due only then
	h.rest()
	// What was begun is brought to an end by whoever began it.
	for _, in := range h.intents {
		if in.state == unknown && in.key != "" {
			h.try(h.api(), in)
		}
	}
	h.rest()
	return h.always()
}

// rest lets minutes go by, with a sweep, until nothing has happened twice.
func (h *history) rest() {
	for still := 0; still < 2; {
		before := h.writes
		if h.disk.lag != nil {
			h.disk.lag.Settle()
		}
		h.goOn()
		h.pass(sweepGrace + time.Minute)
		h.sweep()
		h.goOn()
		if still++; h.writes > before {
			still = 0
		}
	}
}

// finishMost is how many rounds of everybody's work bring an issue to its end.
const finishMost = 60

// finish has everybody do what is theirs until every issue has ended.
func (h *history) finish() error {
	h.say("-- everybody does their work")
	for range finishMost {
		open := false
		for _, id := range h.ids {
			issue, err := h.peek(id)
			if approval.IsKind(err, approval.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if issue.Status == approval.Confirmed || issue.Status == approval.Withdrawn {
				continue
			}
			open = true
			for _, in := range h.duty(&issue) {
				h.try(h.api(), in)
			}
		}
		h.goOn()
		if err := h.always(); err != nil {
			return err
		}
		if !open {
			h.rest()
			return h.ended()
		}
		h.pass(time.Hour)
		h.sweep()
	}
	for _, id := range h.ids {
		if issue, err := h.peek(id); err == nil && issue.Status != approval.Confirmed && issue.Status != approval.Withdrawn {
			return fmt.Errorf("issue %s is still %s after everybody did their work %d times: %s", id, issue.Status, finishMost, h.stands(&issue))
		}
	}
	return h.ended()
}

// keeper reads the figures past all faults.
func (h *history) keeper() *measure.Keeper {
	return &measure.Keeper{Store: h.plain, Issues: h.plain, Rules: func() approval.Rules { return h.rules }, Now: func() time.Time { return h.now }}
}
