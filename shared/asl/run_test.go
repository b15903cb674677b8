package asl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"lianban/shared/asl"
)

var nine = time.Date(2024, 8, 18, 9, 0, 0, 0, time.UTC)

// reply is what a function does in a test.
type reply struct {
	out        string // "" is {}
	err, cause string
	hang       bool   // the call never returns
	token      string // answers the token with this output, after returning
	tokenErr   string // fails the token, after returning
}

// trial is one execution under test. Every step goes through JSON before and is
// replayed at the end, so every test also tests that the execution is a plain
// value and that Step is deterministic.
type trial struct {
	t       testing.TB
	def     *asl.Definition
	x       asl.Execution
	now     time.Time
	queue   []asl.Effect
	calls   []asl.Effect
	history []asl.HistoryEvent
	events  []asl.Event
	times   []time.Time
}

func parse(t testing.TB, src string) *asl.Definition {
	t.Helper()
	def, err := asl.Parse("m", []byte(src))
	if err != nil {
		t.Fatalf("%v\nin %s", err, src)
	}
	return def
}

func begin(t testing.TB, src, input string) *trial {
	t.Helper()
	w := &trial{t: t, def: parse(t, src), now: nine}
	w.must(asl.Started(asl.Start{
		Input: []byte(input), ID: "execution:m:one", Name: "one", MachineID: "stateMachine:m", Role: "arn:aws:iam::1:role/r",
		TokenPrefix: "t1", Seed: [16]byte{7},
	}))
	return w
}

func (w *trial) step(ev asl.Event) error {
	w.t.Helper()
	text, err := json.Marshal(w.x)
	if err != nil {
		w.t.Fatal(err)
	}
	var x asl.Execution
	if err := json.Unmarshal(text, &x); err != nil {
		w.t.Fatal(err)
	}
	res, err := asl.Step(w.def, x, ev, w.now)
	w.x = res.Execution
	if err != nil {
		after, _ := json.Marshal(w.x)
		if !bytes.Equal(after, text) {
			w.t.Fatalf("an event that was refused changed the execution:\n%s\n%s", text, after)
		}
		if len(res.Effects)+len(res.History) > 0 {
			w.t.Fatal("an event that was refused had effects")
		}
		return err
	}
	w.queue = append(w.queue, res.Effects...)
	w.calls = append(w.calls, res.Effects...)
	w.history = append(w.history, res.History...)
	w.events = append(w.events, ev)
	w.times = append(w.times, w.now)
	return nil
}

func (w *trial) must(ev asl.Event) {
	w.t.Helper()
	if err := w.step(ev); err != nil {
		w.t.Fatalf("event %d: %v", ev.Kind, err)
	}
}

func (w *trial) refused(ev asl.Event, want error) {
	w.t.Helper()
	if err := w.step(ev); !errors.Is(err, want) {
		w.t.Fatalf("event %d: error %v, want %v", ev.Kind, err, want)
	}
}

// wake moves the clock by d and wakes.
func (w *trial) wake(d time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(d)
	w.must(asl.Wake())
}

// task is the latest attempt of a state.
func (w *trial) task(state string) int64 {
	w.t.Helper()
	for i := len(w.calls) - 1; i >= 0; i-- {
		if w.calls[i].State == state {
			return w.calls[i].Task
		}
	}
	w.t.Fatalf("%s was never called; calls: %v", state, w.calls)
	return 0
}

// finish answers calls by f and jumps from timer to timer until nothing is left
// to do, then checks the replay.
func (w *trial) finish(f func(c asl.Effect, nth int) reply) *trial {
	w.t.Helper()
	nth := map[string]int{}
	for range 10000 {
		if len(w.queue) > 0 {
			c := w.queue[0]
			w.queue = w.queue[1:]
			if !w.x.Live(c.Task) {
				continue
			}
			nth[c.State]++
			r := f(c, nth[c.State])
			if r.hang {
				continue
			}
			out := r.out
			if out == "" {
				out = "{}"
			}
			if r.err != "" {
				w.must(asl.InvokeFailed(c.Task, r.err, r.cause))
				continue
			}
			w.must(asl.InvokeReturned(c.Task, []byte(out)))
			if r.token != "" {
				w.must(asl.TokenSucceeded(c.Task, []byte(r.token)))
			}
			if r.tokenErr != "" {
				w.must(asl.TokenFailed(c.Task, r.tokenErr, r.cause))
			}
			continue
		}
		next, ok := w.x.NextWake()
		if !ok {
			w.replay()
			return w
		}
		w.now = next
		w.must(asl.Wake())
	}
	w.t.Fatal("no end in sight")
	return w
}

func (w *trial) replay() {
	w.t.Helper()
	var x asl.Execution
	var history []asl.HistoryEvent
	var effects []asl.Effect
	for i, ev := range w.events {
		res, err := asl.Step(w.def, x, ev, w.times[i])
		if err != nil {
			w.t.Fatalf("replay: %v", err)
		}
		x = res.Execution
		history = append(history, res.History...)
		effects = append(effects, res.Effects...)
	}
	for _, pair := range [][2]any{{x, w.x}, {history, w.history}, {effects, w.calls}} {
		a, _ := json.Marshal(pair[0])
		b, _ := json.Marshal(pair[1])
		if !bytes.Equal(a, b) {
			w.t.Fatalf("the replay differs:\n%s\n%s", a, b)
		}
	}
	for i, e := range history {
		if e.ID != int64(i+1) || e.PreviousEventID >= e.ID {
			w.t.Fatalf("event %d has id %d and follows %d", i, e.ID, e.PreviousEventID)
		}
	}
}

func (w *trial) ends(status asl.Status, output, errName string) {
	w.t.Helper()
	if w.x.Status != status || w.x.Error != errName {
		w.t.Fatalf("status %s, error %q, cause %q; want %s, %q", w.x.Status, w.x.Error, w.x.Cause, status, errName)
	}
	if status == asl.Succeeded {
		sameJSON(w.t, w.x.Output, output)
	}
	if w.x.EndedAt.IsZero() || w.x.Root != nil {
		w.t.Fatal("it has not ended properly")
	}
}

func sameJSON(t testing.TB, got any, want string) {
	t.Helper()
	v, err := asl.ParseJSON([]byte(want))
	if err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if g, w := string(asl.AppendJSON(nil, got)), string(asl.AppendJSON(nil, v)); g != w {
		t.Fatalf("output is\n%s\nwant\n%s", g, w)
	}
}

// types are the history's event types.
func (w *trial) types() []string {
	var out []string
	for _, e := range w.history {
		out = append(out, e.Type)
	}
	return out
}

func nothing(asl.Effect, int) reply { return reply{} }

// one wraps one state, named S, into a machine; body has no braces.
func one(body string) string { return `{"StartAt":"S","States":{"S":{` + body + `}}}` }

const invoke = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"F","Payload.$":"$"}`

const callback = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"F","Payload":{"token.$":"$$.Task.Token"}}`
