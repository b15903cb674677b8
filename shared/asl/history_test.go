package asl_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/asl"
)

var update = flag.Bool("update", false, "write the golden histories anew")

// The golden histories follow what GetExecutionHistory prints. For callback
// tasks (success, failure, timeout, heartbeat) event types, details keys and
// previousEventId were compared with the answers of AWS which LocalStack's tests
// recorded in June 2023 and March 2024; Map and Parallel follow the API
// reference.
func TestHistoriesReadAsStepFunctionsPrintsThem(t *testing.T) {
	t.Parallel()
	src := func(s string) string { return s }
	for _, c := range []struct {
		name, machine, input string
		script               func(w *trial)
	}{
		{"callback_succeeds", one(callback + `,"TimeoutSeconds":600,"HeartbeatSeconds":60,"End":true`), `{"a":1}`, func(w *trial) {
			w.must(asl.InvokeReturned(1, []byte(`{}`)))
			w.now = w.now.Add(time.Second)
			w.must(asl.TokenSucceeded(1, []byte(`{"ok":true}`)))
		}},
		{"callback_times_out", one(callback + `,"TimeoutSeconds":5,"End":true`), `{}`, func(w *trial) {
			w.must(asl.InvokeReturned(1, []byte(`{}`)))
			w.wake(5 * time.Second)
		}},
		{"callback_fails_and_is_caught", src(`{"StartAt":"S","States":{"S":{` + callback + `,"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.e","Next":"F"}],"End":true},"F":{"Type":"Fail","Error":"Gone","Cause":"for good"}}}`), `{}`, func(w *trial) {
			w.must(asl.TokenFailed(1, "E", "why"))
		}},
		{"task_retries", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2}],"End":true`), `{}`, func(w *trial) {
			w.must(asl.InvokeFailed(1, "E", "why"))
			w.wake(2 * time.Second)
			w.must(asl.InvokeReturned(2, []byte(`5`)))
		}},
		{"map_of_two", one(`"Type":"Map","End":true,"Assign":{"n.$":"States.ArrayLength($)"},"ItemProcessor":{"StartAt":"I","States":{"I":{` + callback + `,"End":true}}}`), `["a","b"]`, func(w *trial) {
			w.must(asl.TokenSucceeded(2, []byte(`2`)))
			w.must(asl.TokenSucceeded(1, []byte(`1`)))
		}},
		{"parallel_fails", one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{` + callback + `,"End":true}}},{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":9,"End":true}}}]`), `{}`, func(w *trial) {
			w.must(asl.TokenFailed(1, "E", ""))
		}},
		{"every_simple_state", `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":1,"ResultPath":"$.p","Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.p","NumericEquals":1,"Next":"Z"}]},"Z":{"Type":"Succeed"}}}`, `{}`, func(w *trial) {
			w.wake(time.Second)
		}},
		{"aborted", one(callback + `,"End":true`), `{}`, func(w *trial) { w.must(asl.Abort("E", "c")) }},
		{"timed_out", `{"TimeoutSeconds":9,"StartAt":"S","States":{"S":{` + callback + `,"End":true}}}`, `{}`, func(w *trial) { w.wake(9 * time.Second) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, c.machine, c.input)
			c.script(w)
			w.replay()
			if w.x.Status == asl.Running {
				t.Fatal("it has not ended")
			}
			golden(t, c.name, asl.AppendHistory(nil, w.history))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".history.json")
	got = append(got, '\n')
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("history is\n%s\nwant\n%s", got, want)
	}
}
