package workflows_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/asl"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/engine"
	"lianban/shared/handler"
	"lianban/shared/roster"
	"lianban/shared/sim"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
	"lianban/workflows"
)

var update = flag.Bool("update", false, "write the golden files anew")

const machineName = "issue_signoff"

// dutyWatch is the watch over the duties that commitments leave.
const dutyWatch = approval.MaxSignOffs + 2

// The people of the demonstration who act here.
var (
	secretary     = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	generalBranch = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	headquarters  = approval.Actor{Person: "headquarters-1", Role: roster.Headquarters, Unit: "headquarters"}
	administrator = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
)

func officer(department roster.DepartmentID) approval.Actor {
	return approval.Actor{Person: roster.PersonID(department) + "-officer-1", Role: roster.Officer, Unit: string(department)}
}

func leader(department roster.DepartmentID) approval.Actor {
	return approval.Actor{Person: roster.PersonID(department) + "-lead", Role: roster.Lead, Unit: string(department)}
}

// parties are sign-offs side by side, each with five working days from receipt.
func parties(departments ...roster.DepartmentID) approval.Petition {
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升需各方同步会签"}
	for _, d := range departments {
		p.Parties = append(p.Parties, approval.Party{Matter: "river_works", Department: d})
	}
	return p
}

// shanghai is a moment on a day, by the office's clock.
func shanghai(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.Shanghai)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// house is the workflow file on the embedded engine and the embedded store, in
// virtual time, with doors through which a test can reach in.
type house struct {
	*testing.T
	ctx     context.Context
	path    string
	clock   *sim.Clock
	service *approval.Service
	engine  *engine.Engine
	store   *store.Store
	relay   approval.Relay

	file *sqlite.File
	feed *sqlite.Feed
	id   approval.IssueID
	keys int

	// invoke, when not nil, stands around every call of a function.
	invoke func(function string, payload []byte, call func() ([]byte, error)) ([]byte, error)
	// relayed, when false, leaves the outbox alone.
	relayed bool
	power   *power
}

// power counts writes and goes off at one of them.
type power struct {
	mu      sync.Mutex
	writes  int
	off     int  // the number of the write at which it goes off; 0: never
	written bool // that write still reaches the disk
	dead    bool
}

var errPower = errors.New("the power is off")

func (p *power) write(do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errPower
	}
	p.writes++
	if p.writes == p.off {
		p.dead = true
		if p.written {
			_ = do()
		}
		return errPower
	}
	return do()
}

type table struct {
	store.Table
	power *power
}

func (t table) Write(ctx context.Context, ops []store.Op) error {
	return t.power.write(func() error { return t.Table.Write(ctx, ops) })
}

type journal struct {
	engine.Journal
	power *power
}

func (j journal) Create(ctx context.Context, x engine.Execution, data []byte) (out engine.Execution, err error) {
	err = j.power.write(func() (err error) {
		out, err = j.Journal.Create(ctx, x, data)
		return err
	})
	return out, err
}

func (j journal) Append(ctx context.Context, entries ...engine.Entry) error {
	return j.power.write(func() error { return j.Journal.Append(ctx, entries...) })
}

// machine is the workflow file with the handlers' names for its tokens.
func machine(t testing.TB) *asl.Definition {
	t.Helper()
	values := map[string]string{"Partition": "aws"}
	for _, name := range handler.Names() {
		values[name] = name
	}
	source, err := asl.Substitute(workflows.IssueSignOff, values)
	if err != nil {
		t.Fatal(err)
	}
	def, err := asl.Parse(machineName, source)
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// flows is approval.Workflows on the engine.
type flows struct{ h *house }

func (f flows) Start(ctx context.Context, name string, input []byte) error {
	_, err := f.h.engine.Start(ctx, machineName, name, input)
	if _, ok := errors.AsType[*engine.AlreadyExistsError](err); ok {
		return nil
	}
	return err
}

func (f flows) Succeed(ctx context.Context, token string, output []byte) error {
	return movedOn(f.h.engine.Succeed(ctx, token, output))
}

func (f flows) Fail(ctx context.Context, token, name, cause string) error {
	return movedOn(f.h.engine.Fail(ctx, token, name, cause))
}

func movedOn(err error) error {
	_, over := errors.AsType[*engine.TaskTimedOutError](err)
	_, never := errors.AsType[*engine.InvalidTokenError](err)
	if over || never {
		return approval.ErrMovedOn
	}
	return err
}

// newHouse opens a house on Monday, 9 March 2026, at nine.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, ctx: t.Context(), path: filepath.Join(t.TempDir(), "h.db"), clock: sim.NewClock(shanghai("2026-03-09 09:00")), relayed: true, power: &power{}}
	h.open()
	t.Cleanup(func() { _ = h.file.Close() })
	return h
}

func (h *house) open() {
	h.Helper()
	var err error
	h.feed = sqlite.NewFeed(slog.New(slog.DiscardHandler), time.Second)
	if h.file, err = sqlite.Open(h.path, sqlite.WithFeed(h.feed.Take)); err != nil {
		h.Fatal(err)
	}
	j, err := h.file.Journal(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	h.store = store.New(table{h.file.Table(), h.power})
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	h.service = approval.NewService(rules, h.store, flows{h}, h.clock.Now, approvaltest.IDs())
	h.relay = approval.Relay{Workflows: flows{h}, Store: h.store}
	functions := handler.New(h.service).Functions()
	h.engine, err = engine.New(h.ctx, engine.Config{
		Journal: journal{j, h.power}, Now: h.clock.Now, Rand: rand.NewChaCha8([32]byte{1}), Machines: []*asl.Definition{machine(h.T)},
		Invoke: func(ctx context.Context, function string, payload []byte) ([]byte, error) {
			call := func() ([]byte, error) {
				out, err := functions[function](ctx, payload)
				if err != nil {
					err = &engine.FunctionError{Name: handler.ErrorName(err), Cause: err.Error()}
				}
				return out, err
			}
			if h.invoke != nil {
				return h.invoke(function, payload, call)
			}
			return call()
		},
	})
	if err != nil {
		h.Fatal(err)
	}
}

// reopen is a crash and a new start: what was not written is gone.
func (h *house) reopen() {
	h.Helper()
	if err := h.file.Close(); err != nil {
		h.Fatal(err)
	}
	h.power = &power{}
	h.open()
}

// settle carries out whatever can be done at this moment.
func (h *house) settle() error {
	for {
		if err := h.engine.Settle(h.ctx); err != nil {
			return err
		}
		if h.power.dead {
			return errPower
		}
		if !h.relayed {
			return nil
		}
		moved, err := h.feed.Settle(h.ctx, h.store, h.relay.Deliver)
		if err != nil {
			return err
		}
		if !moved {
			return nil
		}
	}
}

func (h *house) settled() {
	h.Helper()
	if err := h.settle(); err != nil {
		h.Fatal(err)
	}
}

// until lets time pass: timers fire on the way, in order.
func (h *house) until(at time.Time) error {
	for {
		if err := h.settle(); err != nil {
			return err
		}
		wake, ok := h.engine.NextWake()
		if !ok || wake.After(at) {
			h.clock.Set(at)
			return nil
		}
		h.clock.Set(wake)
		if err := h.engine.Wake(h.ctx); err != nil {
			return err
		}
		if h.power.dead {
			return errPower
		}
	}
}

func (h *house) at(text string) *house {
	h.Helper()
	if err := h.until(shanghai(text)); err != nil {
		h.Fatal(err)
	}
	return h
}

// try carries a command out under a key.
func (h *house) try(actor approval.Actor, cmd approval.Command, key string) error {
	if h.id == "" {
		issue, _, err := h.service.Create(h.ctx, cmd, approval.Call{Actor: actor, Key: key, Digest: key})
		if err == nil {
			h.id = issue.ID
		}
		return err
	}
	_, _, err := h.service.Do(h.ctx, h.id, cmd, approval.Call{Actor: actor, Key: key, Digest: key})
	return err
}

// must carries a command out.
func (h *house) must(actor approval.Actor, cmd approval.Command) {
	h.Helper()
	h.keys++
	if err := h.try(actor, cmd, fmt.Sprint(h.keys)); err != nil {
		h.Fatalf("%T by %s: %v", cmd, actor.Person, err)
	}
}

func (h *house) raise(p approval.Petition) *house {
	h.Helper()
	h.must(secretary, approval.Raise{Petition: &p})
	return h
}

func (h *house) issue() approval.Issue {
	h.Helper()
	issue, err := h.store.Issue(h.ctx, h.id)
	if err != nil {
		h.Fatal(err)
	}
	return issue
}

func (h *house) by(n int) approval.Actor {
	h.Helper()
	issue := h.issue()
	return officer(issue.SignOff(n).Department)
}

func (h *house) grant(ns ...int) {
	h.Helper()
	for _, n := range ns {
		h.must(h.by(n), approval.Grant{SignOff: n, Reason: "同意"})
	}
}

func (h *house) object(n int) {
	h.Helper()
	h.must(h.by(n), approval.Oppose{SignOff: n, Ground: "防洪法第二十七条", Reason: "方案影响行洪"})
}

func (h *house) rule(a approval.Actor, n int, o approval.Outcome) {
	h.Helper()
	h.must(a, approval.Rule{SignOff: n, Outcome: o, Reason: "会商决定"})
}

// token is the token under which the machine waits for sign-off n (0: the
// consultation, 41: an operator).
func (h *house) token(n int) string {
	h.Helper()
	issue := h.issue()
	w := issue.Watch(n)
	if w == nil || w.Token == "" {
		h.Fatalf("nothing waits for %d: %+v", n, issue.Watches)
	}
	return w.Token
}

// in says in which state the round's execution is, by the last state it entered
// and did not leave; "" when it has ended.
func (h *house) in(round int) string {
	h.Helper()
	name := engine.ExecutionID(machineName, approval.ExecutionName(h.id, round))
	d, err := h.engine.Describe(h.ctx, name)
	if err != nil {
		h.Fatal(err)
	}
	if d.Status != engine.Running {
		return ""
	}
	history, err := h.engine.History(h.ctx, name)
	if err != nil {
		h.Fatal(err)
	}
	last := ""
	for _, e := range history {
		if strings.HasSuffix(e.Type, "StateEntered") {
			last = e.Name
		}
	}
	return last
}

func (h *house) wantIn(round int, state string) {
	h.Helper()
	if got := h.in(round); got != state {
		h.Fatalf("round %d is in %q, want %q", round, got, state)
	}
}

func (h *house) wantStatus(s approval.Status) {
	h.Helper()
	if got := h.issue().Status; got != s {
		h.Fatalf("the issue is %s, want %s", got, s)
	}
}

// ended checks that the issue and every round have come to their end and nobody
// waits for anything.
func (h *house) ended(s approval.Status) {
	h.Helper()
	h.settled()
	h.wantStatus(s)
	issue := h.issue()
	for _, r := range issue.Rounds {
		h.wantIn(r.N, "")
		if r.ClosedAt.IsZero() {
			h.Errorf("round %d was not closed", r.N)
		}
	}
	for _, w := range issue.Watches {
		if w.SignOff != dutyWatch { // a commitment is verified after the end, too
			h.Errorf("left behind: %+v", w)
		}
	}
	if wake, ok := h.engine.NextWake(); ok {
		h.Errorf("a timer is left for %s", wake)
	}
	// Delivery is forgotten some time soon: a write behind it says when.
	if _, err := h.file.Setting(h.ctx, "behind", func() ([]byte, error) { return []byte{}, nil }); err != nil {
		h.Fatal(err)
	}
	for shard := range approval.Shards {
		if records, _, err := h.store.Outbox(h.ctx, shard, approval.Page{}); err != nil || len(records) > 0 {
			h.Errorf("undelivered: %+v %v", records, err)
		}
	}
	if err := approval.VerifyChain(h.events(), issue.Head); err != nil {
		h.Error(err)
	}
}

func (h *house) events() (all []approval.Event) {
	h.Helper()
	for page := (approval.Page{Limit: 200}); ; {
		events, next, err := h.store.Events(h.ctx, h.id, 0, page)
		if err != nil {
			h.Fatal(err)
		}
		all = append(all, events...)
		if page.Cursor = next; next == "" {
			return all
		}
	}
}

func (h *house) count(kind string) (n int) {
	for _, e := range h.events() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

var masked = regexp.MustCompile(`t[0-9a-z]+-[0-9a-z]+-[0-9A-Za-z_-]{16,}`)

// line is one line of a record, and whose it is: a branch of the Map, a sign-off.
type line struct{ id, of, text string }

// record is what happened, as the golden files keep it: tokens masked, times by
// the office's clock, and of an event its type, its state and what matters.
func (h *house) record() []byte {
	h.Helper()
	return h.write(func(out *bytes.Buffer, lines []line) {
		for _, l := range lines {
			fmt.Fprintln(out, l.id, l.text)
		}
	})
}

// apart is the record with every branch and every sign-off by itself, because a
// crash may change in which order two of them move at one moment.
func (h *house) apart() string {
	h.Helper()
	return string(h.write(func(out *bytes.Buffer, lines []line) {
		slices.SortStableFunc(lines, func(a, b line) int { return strings.Compare(a.of, b.of) })
		for _, l := range lines {
			fmt.Fprintln(out, l.of, l.text)
		}
	}))
}

func (h *house) write(put func(out *bytes.Buffer, lines []line)) []byte {
	h.Helper()
	var out bytes.Buffer
	clock := func(t time.Time) string { return t.In(calendar.Shanghai).Format("01-02 15:04:05.000") }
	issue := h.issue()
	for _, r := range issue.Rounds {
		name := engine.ExecutionID(machineName, r.Execution)
		d, err := h.engine.Describe(h.ctx, name)
		if err != nil {
			h.Fatal(err)
		}
		history, err := h.engine.History(h.ctx, name)
		if err != nil {
			h.Fatal(err)
		}
		fmt.Fprintf(&out, "round %d: %s, %d state transitions\n", r.N, d.Status, d.Transitions)
		var lines []line
		branch := map[int64]string{}
		for _, e := range history {
			of := branch[e.PreviousEventID]
			switch {
			case e.Type == "MapIterationStarted":
				of = fmt.Sprintf("branch %d", e.Index)
			case strings.HasPrefix(e.Type, "MapState"):
				of = ""
			}
			branch[e.ID] = of
			var text strings.Builder
			fmt.Fprintf(&text, "%s  %s", clock(e.Timestamp), e.Type)
			if e.Name != "" {
				fmt.Fprintf(&text, " %q", e.Name)
			}
			if strings.HasPrefix(e.Type, "MapIteration") {
				fmt.Fprintf(&text, " %d", e.Index)
			}
			if e.Timeout != 0 && e.Resource == "invoke.waitForTaskToken" {
				fmt.Fprintf(&text, " for %ds", e.Timeout)
			}
			if e.Error != "" {
				fmt.Fprintf(&text, " %s", e.Error)
			}
			if e.Type == "TaskScheduled" {
				fmt.Fprintf(&text, " %s", masked.ReplaceAllString(string(asl.AppendJSON(nil, e.Data)), "TOKEN"))
			}
			lines = append(lines, line{fmt.Sprintf("%4d <- %-3d", e.ID, e.PreviousEventID), of, text.String()})
		}
		put(&out, lines)
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "audit, the issue is %s with verdict %s\n", issue.Status, issue.Verdict)
	var lines []line
	for _, e := range h.events() {
		who := string(e.By.Person)
		if e.By.For != "" {
			who += " for " + string(e.By.For)
		}
		if who == "" {
			who = string(e.By.Role)
		}
		of, text := "", fmt.Sprintf("%s  r%d %s", clock(e.At), e.Round, e.Kind)
		if e.SignOff != 0 {
			of = fmt.Sprintf("sign-off %d", e.SignOff)
			text += fmt.Sprintf(" #%d", e.SignOff)
		}
		text += fmt.Sprintf("  %s -> %s  by %s  %s", e.Before, e.After, who, e.Detail)
		lines = append(lines, line{fmt.Sprintf("%4d ", e.Seq), of, strings.TrimRight(text, " ")})
	}
	put(&out, lines)
	return out.Bytes()
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
	}
}
