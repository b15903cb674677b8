package asl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/asl"
)

// A machine with everything that keeps state: retries with jitter, timers,
// nested fans, variables, tokens.
const busyMachine = `{"TimeoutSeconds":5000,"StartAt":"P","States":{
	"P":{"Type":"Parallel","Assign":{"r.$":"$[0]"},"Branches":[
		{"StartAt":"T","States":{"T":{` + invoke + `,"TimeoutSeconds":20,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"FULL","IntervalSeconds":5},{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],"End":true}}},
		{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"Catch":[{"ErrorEquals":["F"],"ResultPath":"$.f","Next":"W"}],"Next":"W","ItemProcessor":{"StartAt":"K","States":{
			"K":{` + callback + `,"TimeoutSeconds":60,"HeartbeatSeconds":25,"Assign":{"id.$":"States.UUID()"},"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"K"}],"Next":"Q"},
			"Q":{"Type":"Pass","Parameters":{"id.$":"$id","n.$":"$$.Map.Item.Index"},"End":true}}}},
			"W":{"Type":"Wait","Seconds":7,"End":true}}}],
		"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Z"}],"Next":"Z"},
	"Z":{` + callback + `,"End":true}}}`

func TestReplayingTheEventsGivesTheSameExecutionAndHistory(t *testing.T) {
	t.Parallel()
	defs := []*asl.Definition{parse(t, busyMachine), signoff(t)}
	inputs := []string{`{"l":[1,2,3]}`, `{"issue":"i","round":1}`}
	rapid.Check(t, func(t *rapid.T) {
		which := rapid.IntRange(0, len(defs)-1).Draw(t, "machine")
		def := defs[which]
		type past struct {
			ev asl.Event
			at time.Time
		}
		var events []past
		var history []asl.HistoryEvent
		var effects []asl.Effect
		var x asl.Execution
		now := nine
		step := func(ev asl.Event, viaJSON bool) error {
			before, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			if viaJSON {
				var y asl.Execution
				if err := json.Unmarshal(before, &y); err != nil {
					t.Fatal(err)
				}
				x = y
			}
			res, err := asl.Step(def, x, ev, now)
			x = res.Execution
			if err != nil {
				if after, _ := json.Marshal(x); !bytes.Equal(before, after) {
					t.Fatalf("refused with %v, but changed\n%s\n%s", err, before, after)
				}
				return err
			}
			events = append(events, past{ev, now})
			history = append(history, res.History...)
			effects = append(effects, res.Effects...)
			return nil
		}
		if err := step(asl.Started(asl.Start{Input: []byte(inputs[which]), Name: "n", Seed: [16]byte{3}}), false); err != nil {
			t.Fatal(err)
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "events") {
			viaJSON := rapid.Bool().Draw(t, "json")
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 900, 5000, 26000}).Draw(t, "pause")) * time.Millisecond)
			task := int64(rapid.IntRange(0, int(x.Tasks)+1).Draw(t, "task"))
			if p := x.Pending(); len(p) > 0 && rapid.Bool().Draw(t, "pending") {
				task = p[rapid.IntRange(0, len(p)-1).Draw(t, "which")].Task
			}
			name := rapid.SampledFrom([]string{"E", "F", "Approval.Recheck", "Approval.Conflict"}).Draw(t, "error")
			var ev asl.Event
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0, 1, 2:
				ev = asl.InvokeReturned(task, []byte(rapid.SampledFrom([]string{`{}`, routed(2), `{"verdict":"objected","asks":[],"seconds":9}`, `nonsense`}).Draw(t, "out")))
			case 3:
				ev = asl.InvokeFailed(task, name, fmt.Sprint("cause ", i))
			case 4, 5:
				ev = asl.TokenSucceeded(task, []byte(fmt.Sprint(i)))
			case 6:
				ev = asl.TokenFailed(task, name, "")
			case 7:
				ev = asl.Heartbeat(task)
			case 8:
				ev = asl.Wake()
			case 9:
				ev = asl.Resume()
			}
			err := step(ev, viaJSON)
			next, waits := x.NextWake()
			switch {
			case err != nil && !errors.Is(err, asl.ErrNotLive) && !errors.Is(err, asl.ErrNoTask) && !errors.Is(err, asl.ErrEnded) && !errors.Is(err, asl.ErrNothingDue):
				t.Fatalf("event %d: %v", ev.Kind, err)
			case x.Status == asl.Running && !waits && !x.Calling() && which == 0:
				t.Fatal("it runs, but waits for nothing")
			case x.Status != asl.Running && (waits || x.Calling() || x.Root != nil):
				t.Fatal("it has ended, but waits")
			case err == nil && ev.Kind == asl.KindWake && waits && !next.After(now):
				t.Fatalf("woken at %v, it wants to be woken at %v", now, next)
			}
			for task := int64(1); task <= x.Tasks; task++ {
				if x.Live(task) && x.Status != asl.Running {
					t.Fatalf("task %d lives in an execution that has ended", task)
				}
			}
		}
		var y asl.Execution
		var history2 []asl.HistoryEvent
		var effects2 []asl.Effect
		for _, p := range events {
			res, err := asl.Step(def, y, p.ev, p.at)
			if err != nil {
				t.Fatalf("replay: %v", err)
			}
			y = res.Execution
			history2, effects2 = append(history2, res.History...), append(effects2, res.Effects...)
		}
		for _, pair := range [][2]any{{x, y}, {history, history2}, {effects, effects2}} {
			a, _ := json.Marshal(pair[0])
			b, _ := json.Marshal(pair[1])
			if !bytes.Equal(a, b) {
				t.Fatalf("the replay differs:\n%s\n%s", a, b)
			}
		}
	})
}
