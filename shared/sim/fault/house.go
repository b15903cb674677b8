package fault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"lianban/shared/approval"
	"lianban/shared/asl"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/local"
	"lianban/shared/measure"
	"lianban/shared/policy"
	"lianban/shared/roster"
	"lianban/shared/sim"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// House is how the parts are put together.
type House int

// The houses; the package's documentation says what they are.
const (
	Cloud House = iota
	Machine
	File
)

func (h House) String() string { return [...]string{"cloud", "machine", "file"}[h] }

// process is everything that is lost when a process dies.
type process struct {
	history *history
	name    string
	dead    bool
	skew    time.Duration
	service *approval.Service
	figures *measure.Keeper
	relay   approval.Relay
	call    func(ctx context.Context, function string, payload []byte) ([]byte, error)

	// Of the one process on one machine.
	engine *engine.Engine
	feed   *sqlite.Feed
}

func (p *process) die() {
	p.dead = true
	p.history.say("  %s dies", p.name)
}

func (p *process) now() time.Time { return p.history.now.Add(p.skew) }

// disk is what survives.
type disk struct {
	memory  *store.Memory
	lag     *store.Lag // over memory, in the cloud
	journal engine.Journal
	path    string // of the SQLite file
}

// synced is a table whose Forget is over when it returns, so that a history does not
// depend on when a deletion is carried out.
type synced struct {
	*sqlite.Table
	file *sqlite.File
}

// Forget implements store.Table.
func (s synced) Forget(ctx context.Context, keys []store.Key) error {
	if err := s.Table.Forget(ctx, keys); err != nil {
		return err
	}
	return s.file.Keep(ctx, "fault", []byte{1}) // writes are done in order
}

var (
	machine, machineErr = local.Machine()
	policies, policyErr = policy.New()
)

func rules() approval.Rules {
	return approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders, Machine: machine.Digest, Authoriser: policies}
}

// build lays the disk out and starts the processes.
func (h *history) build(ctx context.Context, dir string) error {
	if err := errors.Join(machineErr, policyErr); err != nil {
		return err
	}
	h.rules = rules()
	h.disk.journal = engine.NewMemJournal()
	if h.house == File {
		h.disk.path = filepath.Join(dir, fmt.Sprintf("fault-%d.db", h.seed))
		return h.restart(ctx)
	}
	h.disk.memory = store.NewMemory(h.committed)
	h.see(h.disk.memory)
	if h.house == Machine {
		return h.restart(ctx)
	}
	h.disk.lag = store.NewLag(h.disk.memory, 1+h.rand.IntN(8))
	h.shared = h.disk.lag
	if h.broken != nil {
		h.shared = h.broken(h.shared)
	}
	for _, name := range []string{"api", "rival", "tasks", "relay"} {
		h.processes = append(h.processes, h.lambda(name))
	}
	h.rival = h.processes[1]
	// The service that runs the state machine does not die, and its clock is right.
	service := &process{history: h, name: "states"}
	var err error
	h.engine, err = h.start(ctx, service, h.disk.journal, h.invoke(func() *process { return h.alive(2) }))
	return err
}

// see opens the table past all faults.
func (h *history) see(table store.Table) { h.table, h.plain = table, store.New(table) }

// committed takes what a commit put: the stream's records.
func (h *history) committed(items []store.Item) {
	for k := range items {
		if o, ok, err := store.OutboxOf(&items[k]); ok && err == nil && h.house == Cloud {
			h.stream = append(h.stream, o)
		}
	}
	if h.house == Machine && !h.processes[0].dead {
		h.processes[0].feed.Take(items)
	}
}

func (h *history) start(ctx context.Context, p *process, journal engine.Journal, invoke func(context.Context, string, []byte) ([]byte, error)) (*engine.Engine, error) {
	return engine.New(ctx, engine.Config{Journal: journal, Now: p.now, Rand: sim.Rand(h.rand.Uint64()), Machines: []*asl.Definition{machine}, Invoke: invoke})
}

// equip gives a process the service, the figures and the relay.
func (h *history) equip(p *process, s *store.Store, flows approval.Workflows) {
	p.service = approval.NewService(h.rules, s, flows, p.now, h.newID)
	p.figures = &measure.Keeper{Store: s, Issues: s, Rules: p.service.Rules, Now: p.service.Now}
	p.relay = approval.Relay{Workflows: flows, Store: s, Fold: p.figures.Fold}
	p.call = local.Invoke(p.service, slog.New(slog.DiscardHandler))
}

// lambda is a process of the cloud.
func (h *history) lambda(name string) *process {
	p := &process{history: h, name: name}
	h.equip(p, store.New(port{p, h.shared}), wire{cloudFlows{h}, p})
	return p
}

// cloudFlows is the state machine service of the cloud, which is started last.
type cloudFlows struct{ *history }

// Start implements approval.Workflows.
func (c cloudFlows) Start(ctx context.Context, name string, input []byte) error {
	return (&local.Flows{Engine: c.engine}).Start(ctx, name, input)
}

// Succeed implements approval.Workflows.
func (c cloudFlows) Succeed(ctx context.Context, token string, output []byte) error {
	return (&local.Flows{Engine: c.engine}).Succeed(ctx, token, output)
}

// Fail implements approval.Workflows.
func (c cloudFlows) Fail(ctx context.Context, token, name, cause string) error {
	return (&local.Flows{Engine: c.engine}).Fail(ctx, token, name, cause)
}

// alive is a process of the cloud, a new one in the place of one that died.
func (h *history) alive(k int) *process {
	if p := h.processes[k]; p.dead {
		h.processes[k] = h.lambda(p.name)
		h.processes[k].skew = p.skew
		if k == 1 {
			h.rival = h.processes[k]
		}
	}
	return h.processes[k]
}

// restart starts the one process on one machine, after the one before it is gone.
func (h *history) restart(ctx context.Context) error {
	p := &process{history: h, name: "process", feed: sqlite.NewFeed(slog.New(slog.DiscardHandler), time.Second)}
	var table store.Table = h.disk.memory
	journal := h.disk.journal
	if len(h.processes) > 0 {
		p.skew = h.processes[0].skew
	}
	h.processes = []*process{p}
	if h.house == File {
		if h.file != nil {
			if err := h.file.Close(); err != nil {
				return err
			}
		}
		var err error
		// What a dead process has committed reaches no feed but finds its way through the table.
		h.file, err = sqlite.Open(h.disk.path, sqlite.WithFeed(func(items []sqlite.Item) {
			if !p.dead {
				p.feed.Take(items)
			}
		}))
		if err != nil {
			return err
		}
		if journal, err = h.file.Journal(ctx); err != nil {
			return err
		}
		h.disk.journal, table = journal, synced{h.file.Table(), h.file}
		h.see(table)
	}
	if h.broken != nil {
		table = h.broken(table)
	}
	flows := &local.Flows{}
	h.equip(p, store.NewSole(port{p, table}), wire{flows, p})
	var err error
	p.engine, err = h.start(ctx, p, ledger{journal, p}, h.invoke(func() *process { return p }))
	flows.Engine, h.engine = p.engine, p.engine
	return err
}

// revive puts a new process in the place of each that died.
func (h *history) revive(ctx context.Context) error {
	if h.house != Cloud {
		if h.processes[0].dead {
			return h.restart(ctx)
		}
		return nil
	}
	for k := range h.processes {
		h.alive(k)
	}
	return nil
}

func (h *history) close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}
