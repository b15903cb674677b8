// Package local assembles the whole house in one process on one machine: the
// domain on the embedded store, the workflow file on the embedded engine, the
// relay between them, the API and the pages.
//
// It must not hold a rule of the domain. It is the only package that knows all
// the others; functions/local starts it, and so do tests.
package local

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/archive"
	"lianban/shared/asl"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/handler"
	"lianban/shared/intake"
	"lianban/shared/ledger"
	"lianban/shared/measure"
	"lianban/shared/oversight"
	"lianban/shared/policy"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/files"
	"lianban/shared/store/sqlite"
	"lianban/workflows"
)

// MachineName is the name of the one state machine.
const MachineName = "issue_signoff"

// Config is what an App is made of. Only Data is required.
type Config struct {
	Data string // path of the data file

	Now   func() time.Time        // the clock; the system's when nil
	NewID func() approval.IssueID // UUIDv7 when nil
	Rand  io.Reader               // seeds executions; crypto/rand when nil
	Log   *slog.Logger            // discards when nil

	Digest approval.Digest // by which audit trails go on

	// Policies are further ones of a city's own, which forbid; see policy.New.
	Policies []fs.FS

	Public string       // address of the pages for what is printed; empty: where each request came in
	Door   *access.Flow // where people sign in; nil: the demo people, here

	Roster  *roster.Roster   // when nil, the data file's own, else the demonstration's
	Catalog *catalog.Catalog // when nil, the data file's own, else the embedded one
	Memory  bool             // a new data file is written by Close, in one go; see sqlite.InMemory

	// Committed, when not nil, is handed what each commit puts, in commit order,
	// from the writer's goroutine: it must not block.
	Committed func(items []store.Item)
}

// Streams are where a command writes.
type Streams struct{ Out, Err io.Writer }

// App is the running house. Real time: Run. Virtual time: Settle, NextWake, Wake.
type App struct {
	Service  *approval.Service
	Register *register.Keeper
	Intake   *intake.Service
	Figures  *measure.Keeper
	Archive  *archive.Archive
	Ledger   *ledger.Ledger
	Engine   *engine.Engine
	SignIn   *access.Local

	data      string // path of the data file
	file      *sqlite.File
	papers    *files.Folder
	store     *store.Store
	feed      *sqlite.Feed
	relay     approval.Relay
	log       *slog.Logger
	cursorKey []byte
	public    string
	policies  *policy.Set
	flow      *access.Flow
	behind    sync.WaitGroup // what goes on behind a page
}

// Machine is the workflow file as the embedded engine runs it: its functions are
// the handlers by name.
func Machine() (*asl.Definition, error) {
	values := map[string]string{"Partition": "aws"}
	for _, name := range handler.Names() {
		values[name] = name
	}
	source, err := asl.Substitute(workflows.IssueSignOff, values)
	if err != nil {
		return nil, fmt.Errorf("workflow file: %w", err)
	}
	machine, err := asl.Parse(MachineName, source)
	if err != nil {
		return nil, fmt.Errorf("workflow file: %w", err)
	}
	return machine, nil
}

// Rules are the rules with the embedded facts.
func (c *Config) rules() approval.Rules {
	r := approval.Rules{Calendar: calendar.China(), Catalog: c.Catalog, Roster: c.Roster, Ladders: approval.DefaultLadders, Digest: c.Digest}
	if r.Catalog == nil {
		r.Catalog = catalog.Construction()
	}
	if r.Roster == nil {
		r.Roster = roster.Demo()
	}
	return r
}

// NewID makes UUIDv7 ids.
func NewID() approval.IssueID { return approval.IssueID(uuid.Must(uuid.NewV7()).String()) }

// NewCode makes check codes: ten letters and digits, 50 bits.
func NewCode() string { return rand.Text()[:10] }

// Open opens the data file and puts the house together. Nothing moves yet.
func Open(ctx context.Context, c Config) (*App, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = NewID
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	machine, err := Machine()
	if err != nil {
		return nil, err
	}
	a := &App{data: c.Data, public: c.Public, flow: c.Door, log: c.Log, feed: sqlite.NewFeed(c.Log, 2*time.Second)}
	committed := a.feed.Take
	if c.Committed != nil {
		committed = func(items []store.Item) {
			a.feed.Take(items)
			c.Committed(items)
		}
	}
	options := []sqlite.Option{sqlite.WithFeed(committed)}
	if c.Memory {
		options = append(options, sqlite.InMemory())
	}
	if a.file, err = sqlite.Open(c.Data, options...); err != nil {
		return nil, err
	}
	if err := a.assemble(ctx, c, machine); err != nil {
		return nil, errors.Join(err, a.file.Close())
	}
	return a, nil
}

// openThere opens a data file that must be there, for a command that looks after it.
func openThere(ctx context.Context, data string) (*App, error) {
	if _, err := os.Stat(data); err != nil {
		return nil, fmt.Errorf("data file %s: %w", data, err)
	}
	return Open(ctx, Config{Data: data})
}

func (a *App) assemble(ctx context.Context, c Config, machine *asl.Definition) error {
	journal, err := a.file.Journal(ctx)
	if err != nil {
		return err
	}
	a.store = store.NewSole(a.file.Table()).ChainedBy(c.Digest)
	flows := &Flows{}
	if err := c.ownFacts(ctx, a.file); err != nil {
		return err
	}
	if a.policies, err = policy.New(c.Policies...); err != nil {
		return err
	}
	rules := c.rules()
	rules.Machine, rules.Authoriser = machine.Digest, a.policies
	a.Service = approval.NewService(rules, a.store, flows, c.Now, c.NewID)
	if a.papers, err = files.Open(c.Data+filesEnding, c.Now); err != nil {
		return err
	}
	a.Service.Papers, a.Service.Readings = a.papers, oversight.NewReadings(a.store, c.Now)
	a.Register = register.New(a.store, a.Service, c.Now, func() string { return string(c.NewID()) })
	if err := a.Register.Refresh(ctx); err != nil {
		return err
	}
	a.Intake = intake.NewService(a.Service, a.store, NewCode)
	a.Register.Also = append(a.Register.Also, a.Intake.Conform)
	a.Figures = &measure.Keeper{Store: a.store, Issues: a.store, Rules: a.Service.Rules, Now: a.Service.Now, Behind: a.behind.Go}
	a.Ledger = ledger.New(a.Service, a.store)
	a.Archive = archive.New(a.Service, a.store)
	a.Figures.Past = a.Archive.Past
	a.relay = approval.Relay{Workflows: flows, Store: a.store, Fold: a.Figures.Fold}
	a.Engine, err = engine.New(ctx, engine.Config{
		Journal: journal, Now: c.Now, Rand: c.Rand, Log: c.Log, Machines: []*asl.Definition{machine},
		Invoke: Invoke(a.Service, c.Log), StopFor: settleFor,
	})
	if err != nil {
		return err
	}
	flows.Engine = a.Engine

	fresh := func(n int) func() ([]byte, error) {
		return func() ([]byte, error) {
			key := make([]byte, n)
			_, err := rand.Read(key)
			return key, err
		}
	}
	seed, err := a.file.Setting(ctx, "issuer-key", fresh(ed25519.SeedSize))
	if err != nil {
		return err
	}
	a.SignIn = access.NewLocal("urn:lianban:local", ed25519.NewKeyFromSeed(seed), c.Now)
	a.cursorKey, err = a.file.Setting(ctx, "cursor-key", fresh(32))
	return err
}

// Invoke calls the workflow's functions by name, each with the outcome that the
// state machine knows it by.
func Invoke(service *approval.Service, log *slog.Logger) func(ctx context.Context, function string, payload []byte) ([]byte, error) {
	functions := handler.New(service).Functions()
	return func(ctx context.Context, function string, payload []byte) ([]byte, error) {
		call, ok := functions[function]
		if !ok {
			return nil, fmt.Errorf("the state machine names a function %q that does not exist", function)
		}
		out, err := call(ctx, payload)
		if err != nil {
			name := handler.ErrorName(err)
			if name == "Internal" {
				log.Error("workflow task failed", "function", function, "error", err)
			}
			return nil, &engine.FunctionError{Name: name, Cause: err.Error()}
		}
		return out, nil
	}
}

// Flows is approval.Workflows on the embedded engine.
type Flows struct{ Engine *engine.Engine }

// Start implements approval.Workflows.
func (f *Flows) Start(ctx context.Context, name string, input []byte) error {
	_, err := f.Engine.Start(ctx, MachineName, name, input)
	if _, ended := errors.AsType[*engine.AlreadyExistsError](err); ended {
		return nil // it ran already
	}
	return err
}

// Succeed implements approval.Workflows.
func (f *Flows) Succeed(ctx context.Context, token string, output []byte) error {
	return movedOn(f.Engine.Succeed(ctx, token, output))
}

// Fail implements approval.Workflows.
func (f *Flows) Fail(ctx context.Context, token, name, cause string) error {
	return movedOn(f.Engine.Fail(ctx, token, name, cause))
}

func movedOn(err error) error {
	if _, ok := errors.AsType[*engine.TaskTimedOutError](err); ok {
		return approval.ErrMovedOn
	}
	if _, ok := errors.AsType[*engine.InvalidTokenError](err); ok {
		return approval.ErrMovedOn
	}
	return err
}

const (
	sweepEvery = time.Minute
	sweepGrace = 2 * time.Minute
	expireFor  = 24 * time.Hour
)

// Run keeps the house going in real time until the context ends, then stops it
// gracefully: what was acknowledged stays, what was running finishes.
func (a *App) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { a.feed.Run(ctx, a.store, a.relay.Deliver) })
	wg.Go(func() { a.sweepNowAndThen(ctx) })
	err := a.Engine.Run(ctx)
	wg.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (a *App) sweepNowAndThen(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var expired time.Time
	var noted calendar.Date
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if _, err := a.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("sweep failed and will be tried again", "error", err)
		}
		if today := a.Service.Today(); today > noted {
			if err := a.NoteHeads(ctx); err == nil {
				noted = today
			} else if ctx.Err() == nil {
				a.log.Error("the heads of the audit trails could not be noted and will be tried again", "error", err)
			}
		}
		if now := a.Service.Now(); now.Sub(expired) > expireFor {
			expired = now
			if err := a.file.Table().Expire(ctx, now.Unix()); err != nil && ctx.Err() == nil {
				a.log.Error("old receipts could not be removed", "error", err)
			}
			if _, err := a.SweepFiles(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("files that no issue names could not be removed", "error", err)
			}
		}
	}
}

// Sweep repairs once what was left undone, and brings open issues into line with
// the register.
func (a *App) Sweep(ctx context.Context) (approval.Swept, error) {
	_, err := a.Register.Tend(ctx)
	swept, err2 := approval.Sweep{Service: a.Service, Relay: a.relay, Grace: sweepGrace}.Run(ctx)
	return swept, errors.Join(err, err2)
}

// SweepFiles removes the files of attachments that no issue came to name within a
// day, and answers how many.
func (a *App) SweepFiles(ctx context.Context) (int, error) {
	return a.papers.Sweep(ctx, func(ctx context.Context, id approval.IssueID, hash string) (bool, error) {
		issue, err := a.store.Issue(ctx, id)
		if approval.IsKind(err, approval.NotFound) {
			return false, nil
		}
		return err == nil && issue.HasPaper(hash), err
	})
}

// Settle carries out whatever can be done at this moment, on the caller's
// goroutine.
func (a *App) Settle(ctx context.Context) error {
	for {
		if err := a.Engine.Settle(ctx); err != nil {
			return err
		}
		moved, err := a.feed.Settle(ctx, a.store, a.relay.Deliver)
		if err != nil {
			return err
		}
		if !moved {
			return nil
		}
	}
}

// NextWake is the engine's next timer.
func (a *App) NextWake() (time.Time, bool) { return a.Engine.NextWake() }

// Wake fires the timers that are due.
func (a *App) Wake(ctx context.Context) error { return a.Engine.Wake(ctx) }

// Close closes the data file, when what still goes on behind pages has ended.
func (a *App) Close() error {
	a.behind.Wait()
	return a.file.Close()
}

// Sizes answers how many bytes of the data file hold issues, and how many the
// workflow's journal.
func (a *App) Sizes(ctx context.Context) (items, journal int64, err error) { return a.file.Sizes(ctx) }

// ExecutionOf is the engine's id of a round's execution.
func ExecutionOf(id approval.IssueID, round int) string {
	return engine.ExecutionID(MachineName, approval.ExecutionName(id, round))
}
