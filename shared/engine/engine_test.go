package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/asl"
	"lianban/shared/engine"
)

// desk is a set of functions for tests: it notes every call and answers by name.
type desk struct {
	mu     sync.Mutex
	calls  []string
	tokens []string
	answer map[string]func(payload map[string]any) ([]byte, error)
}

func (d *desk) invoke(_ context.Context, function string, payload []byte) ([]byte, error) {
	in := decode(payload)
	d.mu.Lock()
	d.calls = append(d.calls, function)
	if token, ok := in["token"].(string); ok {
		d.tokens = append(d.tokens, token)
	}
	f := d.answer[function]
	d.mu.Unlock()
	if f == nil {
		return []byte(`{}`), nil
	}
	return f(in)
}

func (d *desk) said(function string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, c := range d.calls {
		if c == function {
			n++
		}
	}
	return n
}

func (d *desk) token(i int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i < 0 {
		i += len(d.tokens)
	}
	return d.tokens[i]
}

func says(out string) func(map[string]any) ([]byte, error) {
	return func(map[string]any) ([]byte, error) { return []byte(out), nil }
}

// signoffDesk answers as the project's functions do when nobody delays.
func signoffDesk(parties int) *desk {
	return &desk{answer: map[string]func(map[string]any) ([]byte, error){
		"RouteIssue": says(routed(parties)),
		"Tally":      says(`{"verdict":"agreed","asks":[],"seconds":0}`),
		"CloseIssue": says(`{"status":"concluded"}`),
	}}
}

// steady is a reader of bytes that are the same in every run.
func steady() io.Reader { return rand.NewChaCha8([32]byte{1}) }

func open(t testing.TB, j engine.Journal, d *desk, c *clock, defs ...*asl.Definition) *engine.Engine {
	t.Helper()
	e, err := engine.New(t.Context(), engine.Config{
		Journal: j, Invoke: d.invoke, Now: c.now, Machines: defs, Rand: steady(), Hot: 64,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is[E error](t testing.TB, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("error is %v, want a %T", err, want)
	}
}

func start(t testing.TB, e *engine.Engine, name string) string {
	t.Helper()
	s, err := e.Start(t.Context(), "issue_signoff", name, []byte(`{"issue":"`+name+`","round":1}`))
	ok(t, err)
	return s.Execution
}

func status(t testing.TB, e *engine.Engine, execution string) engine.Status {
	t.Helper()
	d, err := e.Describe(t.Context(), execution)
	ok(t, err)
	return d.Status
}

const one = `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":60,"HeartbeatSeconds":20,"Parameters":{"FunctionName":"F","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}`

func TestARoundRunsInVirtualTime(t *testing.T) {
	t.Parallel()
	d, c := signoffDesk(5), newClock()
	e := open(t, engine.NewMemJournal(), d, c, machines(t)...)
	x := start(t, e, "issue-1-r1")
	if d.said("RouteIssue") != 0 {
		t.Fatal("a function was called before Settle")
	}
	ok(t, e.Settle(t.Context()))
	if n := d.said("AskDepartment"); n != 5 {
		t.Fatalf("%d departments were asked", n)
	}
	if next, waits := e.NextWake(); !waits || !next.Equal(c.now().Add(432000*time.Second)) {
		t.Fatalf("next wake %v, %v", next, waits)
	}
	for i := range 5 {
		c.add(time.Hour)
		ok(t, e.Succeed(t.Context(), d.token(i), []byte(`{}`)))
	}
	ok(t, e.Settle(t.Context()))
	got, err := e.Describe(t.Context(), x)
	ok(t, err)
	if got.Status != engine.Succeeded || string(got.Output) != `{"status":"concluded"}` || got.Transitions != 10 ||
		!got.EndedAt.Equal(got.StartedAt.Add(5*time.Hour)) || string(got.Input) != `{"issue":"issue-1-r1","round":1}` {
		t.Fatalf("%+v", got)
	}
	if _, waits := e.NextWake(); waits {
		t.Fatal("a timer is left")
	}
	history, err := e.History(t.Context(), x)
	ok(t, err)
	if last := history[len(history)-1]; last.Type != "ExecutionSucceeded" || last.ID != int64(len(history)) {
		t.Fatalf("%+v", last)
	}
}

func TestSilenceWakesTheClock(t *testing.T) {
	t.Parallel()
	d, c := signoffDesk(1), newClock()
	d.answer["CheckClock"] = says(`{"signOff":"s","clock":"net","seconds":3600}`)
	e := open(t, engine.NewMemJournal(), d, c, machines(t)...)
	x := start(t, e, "issue-1-r1")
	ok(t, e.Settle(t.Context()))
	for want := 1; want <= 3; want++ {
		next, _ := e.NextWake()
		c.set(next)
		ok(t, e.Wake(t.Context()))
		ok(t, e.Settle(t.Context()))
		if n := d.said("CheckClock"); n != want {
			t.Fatalf("the clock was checked %d times, want %d", n, want)
		}
	}
	is[*engine.TaskTimedOutError](t, e.Succeed(t.Context(), d.token(0), nil))
	ok(t, e.Succeed(t.Context(), d.token(-1), nil))
	ok(t, e.Settle(t.Context()))
	if s := status(t, e, x); s != engine.Succeeded {
		t.Fatal(s)
	}
}

func TestStartIsIdempotentByName(t *testing.T) {
	t.Parallel()
	d, c := signoffDesk(1), newClock()
	e := open(t, engine.NewMemJournal(), d, c, machines(t)...)
	ctx := t.Context()
	first, err := e.Start(ctx, "issue_signoff", "a", []byte(`{"issue":"a","round":1}`))
	ok(t, err)
	c.add(time.Second)
	again, err := e.Start(ctx, "issue_signoff", "a", []byte(` {"round":1, "issue":"a"}`))
	ok(t, err)
	if !again.Again || again.Execution != first.Execution || !again.StartedAt.Equal(first.StartedAt) {
		t.Fatalf("%+v after %+v", again, first)
	}
	_, err = e.Start(ctx, "issue_signoff", "a", []byte(`{"issue":"a","round":2}`))
	is[*engine.AlreadyExistsError](t, err)
	ok(t, e.Settle(ctx))
	if d.said("RouteIssue") != 1 {
		t.Fatalf("routed %d times", d.said("RouteIssue"))
	}
	ok(t, e.Abort(ctx, first.Execution, "E", "c"))
	ok(t, e.Abort(ctx, first.Execution, "E", "c"))
	_, err = e.Start(ctx, "issue_signoff", "a", []byte(`{"issue":"a","round":1}`))
	var exists *engine.AlreadyExistsError
	if !errors.As(err, &exists) || exists.Status != engine.Aborted {
		t.Fatal(err)
	}
	_, err = e.Start(ctx, "nobody", "a", nil)
	is[*engine.NotFoundError](t, err)
	for _, name := range []string{"", "a b", "a:b", "a/b", strings.Repeat("x", 81), "a\n"} {
		_, err = e.Start(ctx, "issue_signoff", name, nil)
		is[*engine.InvalidDataError](t, err)
	}
	_, err = e.Start(ctx, "issue_signoff", "b", []byte(`{`))
	is[*engine.InvalidDataError](t, err)
	_, err = e.Start(ctx, "issue_signoff", "议题-1", []byte(`{"issue":"a","round":1}`))
	ok(t, err)
}

func TestTokensKeepStepFunctionsOutcomes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, c := &desk{}, newClock()
	e := open(t, engine.NewMemJournal(), d, c, parse(t, "m", one))
	begin := func(name string) string {
		_, err := e.Start(ctx, "m", name, nil)
		ok(t, err)
		ok(t, e.Settle(ctx))
		return d.token(-1)
	}
	a := begin("a")
	for _, bad := range []string{"", "x", "t1", "t1-1", "t1-1-", a + "x", a[:len(a)-1], "t2" + a[2:], strings.Replace(a, "-1-", "-2-", 1), "t0-1-abc", "tzzzzzzz-1-abc", "t1--1-abc"} {
		is[*engine.InvalidTokenError](t, e.Succeed(ctx, bad, nil))
		is[*engine.InvalidTokenError](t, e.Heartbeat(ctx, bad))
	}
	is[*engine.InvalidDataError](t, e.Succeed(ctx, a, []byte(`{`)))
	is[*engine.InvalidDataError](t, e.Succeed(ctx, a, []byte(`"`+strings.Repeat("x", asl.MaxPayload)+`"`)))
	c.add(15 * time.Second)
	ok(t, e.Heartbeat(ctx, a))
	c.add(15 * time.Second)
	ok(t, e.Succeed(ctx, a, []byte(`"`+strings.Repeat("x", asl.MaxPayload-2)+`"`)))
	is[*engine.TaskTimedOutError](t, e.Succeed(ctx, a, nil))
	is[*engine.TaskTimedOutError](t, e.Fail(ctx, a, "E", ""))
	is[*engine.TaskTimedOutError](t, e.Heartbeat(ctx, a))
	if s := status(t, e, engine.ExecutionID("m", "a")); s != engine.Succeeded {
		t.Fatal(s)
	}

	b := begin("b")
	ok(t, e.Fail(ctx, b, "Approval.Refused", "no"))
	got, err := e.Describe(ctx, engine.ExecutionID("m", "b"))
	ok(t, err)
	if got.Status != engine.Failed || got.Error != "Approval.Refused" || got.Cause != "no" {
		t.Fatalf("%+v", got)
	}

	late := begin("c")
	c.add(20 * time.Second)
	is[*engine.TaskTimedOutError](t, e.Succeed(ctx, late, nil))
	ok(t, e.Wake(ctx))
	if s := status(t, e, engine.ExecutionID("m", "c")); s != engine.Failed {
		t.Fatal(s)
	}

	gone := begin("d")
	ok(t, e.Abort(ctx, engine.ExecutionID("m", "d"), "", ""))
	is[*engine.TaskTimedOutError](t, e.Succeed(ctx, gone, nil))
	for _, id := range []string{"", "x", "execution:m:zz", "execution:z:a"} {
		is[*engine.NotFoundError](t, e.Abort(ctx, id, "", ""))
		_, err := e.Describe(ctx, id)
		is[*engine.NotFoundError](t, err)
		_, err = e.History(ctx, id)
		is[*engine.NotFoundError](t, err)
	}
}

func TestATokenMayBeAnsweredBeforeItsCallReturns(t *testing.T) {
	t.Parallel()
	var e *engine.Engine
	d, c := signoffDesk(3), newClock()
	d.answer["AskDepartment"] = func(in map[string]any) ([]byte, error) {
		return []byte(`{}`), e.Succeed(context.Background(), in["token"].(string), []byte(`{}`))
	}
	e = open(t, engine.NewMemJournal(), d, c, machines(t)...)
	x := start(t, e, "a")
	ok(t, e.Settle(t.Context()))
	if s := status(t, e, x); s != engine.Succeeded {
		t.Fatal(s)
	}
}

func TestFunctionErrorsReachTheMachineByName(t *testing.T) {
	t.Parallel()
	m := `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"F"},
		"Retry":[{"ErrorEquals":["Approval.Conflict"],"IntervalSeconds":1}],"End":true}}}`
	for _, c := range []struct {
		name string
		err  func() error
		want string
	}{
		{"ATypedError", func() error { return &engine.FunctionError{Name: "Approval.Forbidden", Cause: "c"} }, "Approval.Forbidden"},
		{"AWrappedError", func() error { return fmt.Errorf("call: %w", &engine.FunctionError{Name: "Approval.Forbidden"}) }, "Approval.Forbidden"},
		{"AnyOtherError", func() error { return errors.New("disk on fire") }, "Lambda.Unknown"},
		{"APanic", func() error { panic("boo") }, "Lambda.Unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{answer: map[string]func(map[string]any) ([]byte, error){"F": func(map[string]any) ([]byte, error) { return nil, c.err() }}}
			e := open(t, engine.NewMemJournal(), d, newClock(), parse(t, "m", m))
			s, err := e.Start(t.Context(), "m", "a", nil)
			ok(t, err)
			ok(t, e.Settle(t.Context()))
			got, err := e.Describe(t.Context(), s.Execution)
			ok(t, err)
			if got.Status != engine.Failed || got.Error != c.want {
				t.Fatalf("%+v", got)
			}
		})
	}
}

// TestAKillBetweenAnyTwoWritesGivesTheSameHistory stops the journal after every
// possible number of writes, opens a new engine on what is there, and expects
// the history of a run that was never stopped.
func TestAKillBetweenAnyTwoWritesGivesTheSameHistory(t *testing.T) {
	t.Parallel()
	defs := machines(t)
	// run plays a round to its end; it returns false when the journal was cut.
	run := func(j *engine.MemJournal, c *clock) (history string, finished bool) {
		d := signoffDesk(3)
		asked := 0
		d.answer["CheckClock"] = says(`{"signOff":"s","clock":"net","seconds":3600}`)
		e := open(t, j, d, c, defs...)
		ctx := t.Context()
		if _, err := e.Start(ctx, "issue_signoff", "a", []byte(`{"issue":"a","round":1}`)); err != nil {
			var exists *engine.AlreadyExistsError
			if !errors.As(err, &exists) {
				return "", false
			}
		}
		if e.Settle(ctx) != nil {
			return "", false
		}
		answer := func() bool {
			for ; asked < len(d.tokens); asked++ {
				var over *engine.TaskTimedOutError
				if err := e.Succeed(ctx, d.tokens[asked], []byte(`{}`)); err != nil && !errors.As(err, &over) {
					return false
				}
			}
			return e.Settle(ctx) == nil
		}
		// Nobody answers at first: all clocks are checked once. What was asked
		// before a kill is asked again only when its call had not returned, so
		// the test finds the open tokens in the history.
		for rounds := 0; rounds < 10; rounds++ {
			events, err := e.History(ctx, engine.ExecutionID("issue_signoff", "a"))
			ok(t, err)
			if events[len(events)-1].Type == "ExecutionSucceeded" {
				return masked(events), true
			}
			checked := 0
			d.tokens, asked = nil, 0
			for _, ev := range events {
				if ev.Type == "TaskScheduled" {
					in := decode([]byte(ev.Text()))
					if in["FunctionName"] == "CheckClock" {
						checked++
					}
					if token, ok := in["Payload"].(map[string]any)["token"].(string); ok {
						d.tokens = append(d.tokens, token)
					}
				}
			}
			if checked == 3 {
				if !answer() {
					return "", false
				}
				continue
			}
			next, _ := e.NextWake()
			if next.After(c.now()) {
				c.set(next)
			}
			if e.Wake(ctx) != nil || e.Settle(ctx) != nil {
				return "", false
			}
		}
		t.Fatal("no end in sight")
		return "", false
	}
	whole := engine.NewMemJournal()
	want, finished := run(whole, newClock())
	if !finished {
		t.Fatal("the run without a kill did not finish")
	}
	writes := whole.Writes()
	if writes < 15 {
		t.Fatalf("only %d writes", writes)
	}
	for n := range writes {
		j, c := engine.NewMemJournal(), newClock()
		j.Cut(n)
		if _, finished := run(j, c); finished {
			t.Fatalf("cut after %d of %d writes, the run finished", n, writes)
		}
		j.Cut(-1)
		got, finished := run(j, c)
		if !finished {
			t.Fatalf("cut after %d writes: it did not finish", n)
		}
		if got != want {
			t.Fatalf("cut after %d writes, the history is\n%s\nwant\n%s", n, got, want)
		}
	}
}

// masked drops times and tokens, which depend on when the kill was.
func masked(events []asl.HistoryEvent) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintln(&b, e.ID, e.PreviousEventID, e.Type, e.Name, e.Index, e.Error)
	}
	return b.String()
}

func TestAWriteWithAnUnknownOutcomeIsFollowedUp(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	// The write happens, but the engine is told that it failed.
	j := &liar{MemJournal: engine.NewMemJournal()}
	d, c := signoffDesk(2), newClock()
	e := open(t, j, d, c, machines(t)...)
	j.lie = true
	if _, err := e.Start(ctx, "issue_signoff", "a", []byte(`{"issue":"a","round":1}`)); err == nil {
		t.Fatal("the lie was not told")
	}
	ok(t, e.Settle(ctx))
	if d.said("RouteIssue") != 0 {
		t.Fatal("a call was released although its cause is in doubt")
	}
	// The caller tries again; or else a timer does.
	x := start(t, e, "a")
	j.lie = true
	if err := e.Settle(ctx); err == nil {
		t.Fatal("the lie was not told")
	}
	c.add(time.Second)
	ok(t, e.Wake(ctx))
	ok(t, e.Settle(ctx))
	if n := d.said("AskDepartment"); n != 2 {
		t.Fatalf("asked %d times", n)
	}
	j.lie = true
	if err := e.Succeed(ctx, d.token(0), nil); err == nil {
		t.Fatal("the lie was not told")
	}
	is[*engine.TaskTimedOutError](t, e.Succeed(ctx, d.token(0), nil))
	ok(t, e.Succeed(ctx, d.token(1), nil))
	ok(t, e.Settle(ctx))
	if s := status(t, e, x); s != engine.Succeeded {
		t.Fatal(s)
	}
}

type liar struct {
	*engine.MemJournal
	lie bool
}

var errLie = errors.New("the disk did not answer")

func (l *liar) Create(ctx context.Context, x engine.Execution, data []byte) (engine.Execution, error) {
	got, err := l.MemJournal.Create(ctx, x, data)
	if l.lie && err == nil {
		l.lie, err = false, errLie
	}
	return got, err
}

func (l *liar) Append(ctx context.Context, entries ...engine.Entry) error {
	err := l.MemJournal.Append(ctx, entries...)
	if l.lie && err == nil {
		l.lie, err = false, errLie
	}
	return err
}

func TestARestartMakesPendingCallsAgainWithNewTimeouts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	j, c := engine.NewMemJournal(), newClock()
	before := open(t, j, signoffDesk(2), c, machines(t)...)
	x := start(t, before, "a") // routing is wanted, but not called before the stop
	c.add(time.Hour)
	d := signoffDesk(2)
	e := open(t, j, d, c, machines(t)...)
	ok(t, e.Settle(ctx))
	if d.said("RouteIssue") != 1 || d.said("AskDepartment") != 2 {
		t.Fatalf("calls %v", d.calls)
	}
	ok(t, e.Settle(ctx))
	ok(t, e.Wake(ctx))
	for i := range 2 {
		ok(t, e.Succeed(ctx, d.token(i), nil))
	}
	ok(t, e.Settle(ctx))
	if s := status(t, e, x); s != engine.Succeeded {
		t.Fatal(s)
	}
}

func TestAnExecutionFinishesOnTheDefinitionItBeganWith(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	j, d, c := engine.NewMemJournal(), &desk{}, newClock()
	old := parse(t, "m", strings.Replace(one, `"End":true}`, `"Next":"Old"},"Old":{"Type":"Pass","Result":"old","End":true}`, 1))
	e := open(t, j, d, c, old)
	s, err := e.Start(ctx, "m", "a", nil)
	ok(t, err)
	ok(t, e.Settle(ctx))
	upgraded := parse(t, "m", strings.Replace(one, `"End":true}`, `"Next":"New"},"New":{"Type":"Pass","Result":"new","End":true}`, 1))
	e = open(t, j, d, c, upgraded)
	s2, err := e.Start(ctx, "m", "b", nil)
	ok(t, err)
	ok(t, e.Settle(ctx))
	for i, want := range []string{`"old"`, `"new"`} {
		ok(t, e.Succeed(ctx, d.token(i), nil))
		got, err := e.Describe(ctx, []string{s.Execution, s2.Execution}[i])
		ok(t, err)
		if string(got.Output) != want || got.Digest != []string{old.Digest, upgraded.Digest}[i] {
			t.Fatalf("%+v, want %s", got, want)
		}
	}
	// Also without a definition of that name in the program.
	e = open(t, j, d, c)
	history, err := e.History(ctx, s.Execution)
	ok(t, err)
	if len(history) == 0 {
		t.Fatal("no history")
	}
}

func TestSettleIsDeterministic(t *testing.T) {
	t.Parallel()
	run := func() string {
		d, c := signoffDesk(4), newClock()
		n := 0
		d.answer["Tally"] = func(map[string]any) ([]byte, error) {
			if n++; n%3 == 0 {
				return nil, &engine.FunctionError{Name: "Approval.Conflict"}
			}
			return []byte(`{"verdict":"agreed","asks":[],"seconds":0}`), nil
		}
		e := open(t, engine.NewMemJournal(), d, c, machines(t)...)
		var ids []string
		for i := range 6 {
			ids = append(ids, start(t, e, fmt.Sprint("x", i)))
		}
		ok(t, e.Settle(t.Context()))
		for i := range 24 {
			c.add(time.Minute)
			ok(t, e.Succeed(t.Context(), d.token(i*7%24), nil))
			ok(t, e.Settle(t.Context()))
		}
		for next, waits := e.NextWake(); waits; next, waits = e.NextWake() {
			if next.After(c.now()) {
				c.set(next)
			}
			ok(t, e.Wake(t.Context()))
			ok(t, e.Settle(t.Context()))
		}
		var b bytes.Buffer
		for _, id := range ids {
			h, err := e.History(t.Context(), id)
			ok(t, err)
			b.Write(asl.AppendHistory(nil, h))
		}
		return fmt.Sprint(d.calls) + b.String()
	}
	if a, b := run(), run(); a != b {
		t.Fatalf("two runs differ:\n%s\n%s", a, b)
	}
}

func TestListPagesNewestFirst(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	e := open(t, engine.NewMemJournal(), signoffDesk(1), newClock(), machines(t)...)
	for i := range 5 {
		start(t, e, fmt.Sprint("x", i))
	}
	ok(t, e.Abort(ctx, engine.ExecutionID("issue_signoff", "x3"), "E", ""))
	page, next, err := e.List(ctx, engine.Query{Status: engine.Running, Limit: 3})
	ok(t, err)
	if len(page) != 3 || page[0].Name != "x4" || page[1].Name != "x2" || next == "" {
		t.Fatalf("%+v, %q", page, next)
	}
	page, next, err = e.List(ctx, engine.Query{Status: engine.Running, Limit: 3, Page: next})
	ok(t, err)
	if len(page) != 1 || page[0].Name != "x0" || next != "" {
		t.Fatalf("%+v, %q", page, next)
	}
	_, _, err = e.List(ctx, engine.Query{Page: "?"})
	if !errors.Is(err, engine.ErrPage) {
		t.Fatal(err)
	}
}

// real runs an engine in real time until the test ends.
func real(t testing.TB, cfg engine.Config) *engine.Engine {
	t.Helper()
	e, err := engine.New(t.Context(), cfg)
	ok(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestRunCallsFunctionsAndFiresTimersInRealTime(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	calls := 0
	e := real(t, engine.Config{
		Journal: engine.NewMemJournal(), Now: time.Now,
		Machines: []*asl.Definition{parse(t, "m", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":1,"Parameters":{"FunctionName":"Hang"},
			"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"D"}],"End":true},"D":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"Done"},"End":true}}}`)},
		Invoke: func(ctx context.Context, function string, _ []byte) ([]byte, error) {
			if function == "Hang" {
				calls++
				<-ctx.Done()
				return nil, ctx.Err()
			}
			close(ended)
			return nil, nil
		},
	})
	_, err := e.Start(t.Context(), "m", "a", nil)
	ok(t, err)
	<-ended
	if calls != 1 {
		t.Fatalf("%d calls", calls)
	}
	if err := e.Settle(t.Context()); !errors.Is(err, engine.ErrRunning) {
		t.Fatal(err)
	}
	if err := e.Wake(t.Context()); !errors.Is(err, engine.ErrRunning) {
		t.Fatal(err)
	}
}

func TestAStoppedCallIsMadeAgainAfterTheRestart(t *testing.T) {
	t.Parallel()
	j := engine.NewMemJournal()
	def := parse(t, "m", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,"Parameters":{"FunctionName":"F"},"End":true}}}`)
	entered := make(chan struct{}, 1)
	cfg := engine.Config{
		Journal: j, Now: time.Now, Machines: []*asl.Definition{def}, StopFor: time.Millisecond,
		Invoke: func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			entered <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	e, err := engine.New(t.Context(), cfg)
	ok(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	s, err := e.Start(ctx, "m", "a", nil)
	ok(t, err)
	<-entered
	cancel()
	ok(t, <-done)
	if got := status(t, e, s.Execution); got != engine.Running {
		t.Fatal(got)
	}
	again := make(chan struct{})
	cfg.Invoke = func(context.Context, string, []byte) ([]byte, error) {
		close(again)
		return []byte(`1`), nil
	}
	real(t, cfg)
	<-again
}

func TestAllCallsOpenAtACrashAreMadeAgain(t *testing.T) {
	t.Parallel()
	const n = 1000
	j := engine.NewMemJournal()
	def := parse(t, "m", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,"Parameters":{"FunctionName":"F"},"End":true}}}`)
	e := open(t, j, &desk{}, newClock(), def)
	for i := range n {
		_, err := e.Start(t.Context(), "m", fmt.Sprint("x", i), nil)
		ok(t, err)
	}
	var calls sync.WaitGroup
	calls.Add(n)
	real(t, engine.Config{
		Journal: j, Now: time.Now, Machines: []*asl.Definition{def}, Workers: 4,
		Invoke: func(context.Context, string, []byte) ([]byte, error) {
			calls.Done()
			return nil, nil
		},
	})
	calls.Wait()
}

func TestRunGoesOnWhenTheJournalHasAnsweredAgain(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	j := &liar{MemJournal: engine.NewMemJournal()}
	e := real(t, engine.Config{
		Journal: j, Now: time.Now,
		Machines: []*asl.Definition{parse(t, "m", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"First"},"Next":"T"},
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"Second"},"End":true}}}`)},
		Invoke: func(_ context.Context, function string, _ []byte) ([]byte, error) {
			switch function {
			case "First":
				j.Cut(0)
				time.AfterFunc(50*time.Millisecond, func() { j.Cut(-1) })
			case "Second":
				close(ended)
			}
			return nil, nil
		},
	})
	_, err := e.Start(t.Context(), "m", "a", nil)
	ok(t, err)
	<-ended
}

func TestOnlyOneOfManyAnswersToATokenWins(t *testing.T) {
	t.Parallel()
	tokens := make(chan string, 1)
	e := real(t, engine.Config{
		Journal: engine.NewMemJournal(), Now: time.Now, Machines: []*asl.Definition{parse(t, "m", one)},
		Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			tokens <- decode(payload)["token"].(string)
			return nil, nil
		},
	})
	for round := range 50 {
		s, err := e.Start(t.Context(), "m", fmt.Sprint("x", round), nil)
		ok(t, err)
		token := <-tokens
		var mu sync.Mutex
		var won []int
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				err := e.Succeed(context.Background(), token, []byte(fmt.Sprint(i)))
				mu.Lock()
				defer mu.Unlock()
				var over *engine.TaskTimedOutError
				switch {
				case err == nil:
					won = append(won, i)
				case !errors.As(err, &over):
					t.Error(err)
				}
			})
		}
		group.Wait()
		got, err := e.Describe(t.Context(), s.Execution)
		ok(t, err)
		if len(won) != 1 || string(got.Output) != fmt.Sprint(won[0]) {
			t.Fatalf("%v won, the output is %s", won, got.Output)
		}
	}
}

func TestAnAnswerAndATimerNeverBothWin(t *testing.T) {
	t.Parallel()
	d, c := &desk{}, newClock()
	e := open(t, engine.NewMemJournal(), d, c, parse(t, "m", one))
	for round := range 100 {
		s, err := e.Start(t.Context(), "m", fmt.Sprint("x", round), nil)
		ok(t, err)
		ok(t, e.Settle(t.Context()))
		token := d.token(-1)
		var answered error
		var group sync.WaitGroup
		group.Go(func() { answered = e.Succeed(context.Background(), token, []byte(`1`)) })
		group.Go(func() {
			c.add(20 * time.Second)
			if err := e.Wake(context.Background()); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		// Whichever came second found the task over.
		ok(t, e.Wake(t.Context()))
		want := engine.Succeeded
		if answered != nil {
			is[*engine.TaskTimedOutError](t, answered)
			want = engine.Failed
		}
		if got := status(t, e, s.Execution); got != want {
			t.Fatalf("%s, but the answer got %v", got, answered)
		}
	}
}

func TestManyRoundsSideBySideAllEnd(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := &office{asked: map[string]chan string{}, ended: map[string]chan struct{}{}}
	o.e = real(t, engine.Config{Journal: engine.NewMemJournal(), Invoke: o.invoke, Now: time.Now, Machines: machines(t), Hot: 8, Workers: 8})
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			for k := range 10 {
				if err := o.round(ctx, fmt.Sprintf("x-%d-%d", i, k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// TestTenThousandOpenExecutionsAnswerAfterARestart opens an engine on a
// journal of many open executions, and looks at the memory it takes after each
// of them was answered once.
func TestTenThousandOpenExecutionsAnswerAfterARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand executions")
	}
	const n = 10000
	ctx := t.Context()
	j, c := engine.NewMemJournal(), newClock()
	tokens := func() []string {
		d := signoffDesk(5)
		e := open(t, j, d, c, machines(t)...)
		for i := range n {
			start(t, e, fmt.Sprint("issue-", i, "-r1"))
		}
		ok(t, e.Settle(ctx))
		return d.tokens
	}()

	before := heap()
	e := open(t, j, &desk{}, c, machines(t)...)
	ready := heap() - before
	for i := range n {
		ok(t, e.Succeed(ctx, tokens[i*5], nil))
	}
	// The journal grew by the answers; the rest is the engine's.
	used := heap() - before
	t.Logf("%d open executions: %.1f MB when ready, %.1f MB after an answer to each", n, mb(ready), mb(used))
	runtime.KeepAlive(e)
	runtime.KeepAlive(tokens)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func mb(n int64) float64 { return float64(n) / (1 << 20) }

func TestAFinishedRoundIsSmallInTheJournal(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	j, d, c := engine.NewMemJournal(), signoffDesk(5), newClock()
	e := open(t, j, d, c, machines(t)...)
	x := start(t, e, "issue-018f2d3c-7b1a-7c3e-9d4f-1a2b3c4d5e6f-r1")
	ok(t, e.Settle(ctx))
	for i := range 5 {
		ok(t, e.Succeed(ctx, d.token(i), []byte(`{}`)))
	}
	ok(t, e.Settle(ctx))
	row, err := j.Find(ctx, "issue_signoff", strings.TrimPrefix(x, "execution:issue_signoff:"))
	ok(t, err)
	_, chunks, err := j.Load(ctx, row.ID)
	ok(t, err)
	size := 0
	for _, c := range chunks {
		size += len(c)
	}
	t.Logf("%d chunks, %d bytes", len(chunks), size)
	if size > 1500 || len(chunks) > 14 {
		t.Fatalf("%d chunks, %d bytes", len(chunks), size)
	}
}

func TestADescriptionIsPlainJSON(t *testing.T) {
	t.Parallel()
	e := open(t, engine.NewMemJournal(), signoffDesk(1), newClock(), machines(t)...)
	x := start(t, e, "a")
	h, err := e.History(t.Context(), x)
	ok(t, err)
	if _, err := json.Marshal(h); err != nil {
		t.Fatal(err)
	}
}
