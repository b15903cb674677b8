package asl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/asl"
)

func TestRetriesCountForEachRetrierAlone(t *testing.T) {
	t.Parallel()
	m := one(invoke + `,"End":true,"Retry":[
		{"ErrorEquals":["A"],"IntervalSeconds":1,"MaxAttempts":2,"BackoffRate":3},
		{"ErrorEquals":["B"],"IntervalSeconds":10,"MaxAttempts":1},
		{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":100}]`)
	for _, c := range []struct {
		name    string
		errors  []string // of the attempts; then success
		seconds []int    // delays between attempts
		err     string   // the end, "" is success
	}{
		{"BackoffGrowsWithItsOwnRetrier", []string{"A", "A"}, []int{1, 3}, ""},
		{"AnotherRetrierDoesNotResetTheFirst", []string{"A", "B", "A"}, []int{1, 10, 3}, ""},
		{"TheFirstIsExhaustedAcrossTheOther", []string{"A", "B", "A", "A"}, []int{1, 10, 3}, "A"},
		{"OnlyTheFirstMatchingRetrierCounts", []string{"A", "A", "A"}, []int{1, 3}, "A"},
		{"AllTakesTheRest", []string{"C", "D"}, []int{100}, "D"},
		{"AllTakesTimeoutsToo", []string{"States.Timeout"}, []int{100}, ""},
		{"RuntimeIsNeverRetried", []string{"States.Runtime"}, nil, "States.Runtime"},
		{"NoErrorNoRetry", nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, m, `{}`)
			var at []time.Time
			w.finish(func(_ asl.Effect, nth int) reply {
				at = append(at, w.now)
				if nth <= len(c.errors) {
					return reply{err: c.errors[nth-1]}
				}
				return reply{}
			})
			if c.err != "" {
				w.ends(asl.Failed, "", c.err)
			} else if w.x.Status != asl.Succeeded {
				t.Fatal(w.x.Status)
			}
			var seconds []int
			for i := 1; i < len(at); i++ {
				seconds = append(seconds, int(at[i].Sub(at[i-1])/time.Second))
			}
			if !slices.Equal(seconds, c.seconds) {
				t.Fatalf("delays %v, want %v", seconds, c.seconds)
			}
		})
	}
}

func TestRetryCountsStartAgainWhenAStateIsEnteredAgain(t *testing.T) {
	t.Parallel()
	w := begin(t, `{"StartAt":"S","States":{"S":{`+invoke+`,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"ResultSelector":{"n.$":"$$.State.RetryCount"},"Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$$.State.Name","StringEquals":"","Next":"S"},{"Variable":"$.n","NumericEquals":1,"Next":"T"}],"Default":"T"},
		"T":{`+invoke+`,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["E"],"Next":"S"}],"End":true}}}`, `{}`)
	fails := 0
	w.finish(func(c asl.Effect, nth int) reply {
		// S fails once each time it is entered; T fails twice, then lets go.
		if c.State == "S" && nth%2 == 1 || c.State == "T" && nth <= 2 {
			fails++
			return reply{err: "E"}
		}
		return reply{}
	})
	if w.x.Status != asl.Succeeded || fails != 4 {
		t.Fatalf("%s after %d failures", w.x.Status, fails)
	}
}

func TestRetryDelaysAreCappedAndJittered(t *testing.T) {
	t.Parallel()
	delays := func(fields string) []time.Duration {
		w := begin(t, one(invoke+`,"End":true,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":4,"BackoffRate":10,"MaxAttempts":5,"MaxDelaySeconds":60`+fields+`}]`), `{}`)
		var at []time.Time
		w.finish(func(asl.Effect, int) reply {
			at = append(at, w.now)
			return reply{err: "E"}
		})
		w.ends(asl.Failed, "", "E")
		var out []time.Duration
		for i := 1; i < len(at); i++ {
			out = append(out, at[i].Sub(at[i-1]))
		}
		return out
	}
	s := time.Second
	if got := delays(``); !slices.Equal(got, []time.Duration{4 * s, 40 * s, 60 * s, 60 * s, 60 * s}) {
		t.Fatalf("without jitter: %v", got)
	}
	got := delays(`,"JitterStrategy":"FULL"`)
	if len(got) != 5 || slices.Equal(got, delays(``)) {
		t.Fatalf("with jitter: %v", got)
	}
	for i, most := range []time.Duration{4 * s, 40 * s, 60 * s, 60 * s, 60 * s} {
		if got[i] < 0 || got[i] > most {
			t.Fatalf("delay %d is %v, at most %v", i, got[i], most)
		}
	}
}

func TestCatchers(t *testing.T) {
	t.Parallel()
	m := func(catch string) string {
		return `{"StartAt":"S","States":{"S":{` + invoke + `,"TimeoutSeconds":5,"Catch":[` + catch + `],"End":true},
			"C":{"Type":"Pass","End":true}}}`
	}
	for _, c := range []struct {
		name, catch string
		reply       reply
		want, err   string
	}{
		{"ReplaceTheInputByDefault", `{"ErrorEquals":["E"],"Next":"C"}`, reply{err: "E", cause: "why"}, `{"Error":"E","Cause":"why"}`, ""},
		{"PlaceTheErrorInTheInput", `{"ErrorEquals":["E"],"ResultPath":"$.error","Next":"C"}`, reply{err: "E", cause: "why"}, `{"in":1,"error":{"Error":"E","Cause":"why"}}`, ""},
		{"DropTheError", `{"ErrorEquals":["E"],"ResultPath":null,"Next":"C"}`, reply{err: "E"}, `{"in":1}`, ""},
		{"TakeTheFirstThatMatches", `{"ErrorEquals":["X"],"Next":"C"},{"ErrorEquals":["Y","E"],"ResultPath":null,"Next":"C"},{"ErrorEquals":["States.ALL"],"Next":"C"}`, reply{err: "E"}, `{"in":1}`, ""},
		{"LetOthersPass", `{"ErrorEquals":["X"],"Next":"C"}`, reply{err: "E"}, "", "E"},
		{"TaskFailedMatchesAnyTaskError", `{"ErrorEquals":["States.TaskFailed"],"ResultPath":null,"Next":"C"}`, reply{err: "E"}, `{"in":1}`, ""},
		{"TaskFailedDoesNotMatchATimeout", `{"ErrorEquals":["States.TaskFailed"],"Next":"C"}`, reply{hang: true}, "", "States.Timeout"},
		{"TimeoutMatchesATimeout", `{"ErrorEquals":["States.Timeout"],"Next":"C"}`, reply{hang: true}, `{"Error":"States.Timeout","Cause":""}`, ""},
		{"AllMatchesATimeout", `{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"C"}`, reply{hang: true}, `{"in":1}`, ""},
		{
			"SuccessIsNotGuessedFromTheShape", `{"ErrorEquals":["States.ALL"],"Next":"C"}`,
			reply{out: `{"Error":"E","Cause":"c","errorMessage":"x","errorType":"T"}`},
			`{"ExecutedVersion":"$LATEST","StatusCode":200,"Payload":{"Error":"E","Cause":"c","errorMessage":"x","errorType":"T"}}`, "",
		},
		{"OutputThatIsNotJSONIsAFailure", `{"ErrorEquals":["Lambda.Unknown"],"ResultPath":null,"Next":"C"}`, reply{out: `<html>`}, `{"in":1}`, ""},
		{"AFailingCatcherFailsTheExecution", `{"ErrorEquals":["E"],"ResultPath":"$.in.x","Next":"C"}`, reply{err: "E"}, "", "States.ResultPathMatchFailure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, m(c.catch), `{"in":1}`).finish(func(asl.Effect, int) reply { return c.reply })
			if c.err != "" {
				w.ends(asl.Failed, "", c.err)
				return
			}
			w.ends(asl.Succeeded, c.want, "")
		})
	}
}

func TestAnErrorInACatchersTargetIsHandledThere(t *testing.T) {
	t.Parallel()
	m := `{"StartAt":"S","States":{
		"S":{` + invoke + `,"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.first","Assign":{"seen.$":"$.Error"},"Next":"C"}],"End":true},
		"C":{` + invoke + `,"Retry":[{"ErrorEquals":["E2"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["E2"],"ResultPath":"$.second","Next":"D"}],"End":true},
		"D":{"Type":"Pass","Parameters":{"seen.$":"$seen","first.$":"$.first.Error","second.$":"$.second.Error"},"End":true}}}`
	w := begin(t, m, `{}`).finish(func(c asl.Effect, _ int) reply {
		return reply{err: map[string]string{"S": "E1", "C": "E2"}[c.State]}
	})
	w.ends(asl.Succeeded, `{"seen":"E1","first":"E1","second":"E2"}`, "")
	if len(w.calls) != 3 {
		t.Fatalf("%d calls", len(w.calls))
	}
}

// fan is a Map and a Parallel that do the same three things.
func fan(kind, states, more string) string {
	if kind == "Map" {
		return `{"StartAt":"S","States":{"S":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"A0","States":{` +
			strings.ReplaceAll(states, "#", "0") + `}},` + more + `}}`
	}
	var branches []string
	for i := range 3 {
		branches = append(branches, fmt.Sprintf(`{"StartAt":"A%d","States":{%s}}`, i, strings.ReplaceAll(states, "#", fmt.Sprint(i))))
	}
	return `{"StartAt":"S","States":{"S":{"Type":"Parallel","Branches":[` + strings.Join(branches, ",") + `],` + more + `}}`
}

func TestAFailedBranchStopsItsSiblings(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Map", "Parallel"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := begin(t, fan(kind, `"A#":{`+callback+`,"TimeoutSeconds":60,"Next":"B#"},"B#":{`+invoke+`,"End":true}`, `"End":true}`), `{"l":[1,2,3]}`)
			if len(w.calls) != 3 {
				t.Fatalf("%d calls", len(w.calls))
			}
			w.must(asl.InvokeReturned(1, nil))
			w.must(asl.TokenSucceeded(1, nil)) // the first goes on to B
			w.must(asl.TokenFailed(2, "E", "c"))
			w.ends(asl.Failed, "", "E")
			for _, task := range []int64{1, 2, 3, 4} {
				w.refused(asl.TokenSucceeded(task, nil), asl.ErrNotLive)
				w.refused(asl.InvokeReturned(task, nil), asl.ErrNotLive)
			}
			w.refused(asl.TokenSucceeded(5, nil), asl.ErrNoTask)
			w.refused(asl.Wake(), asl.ErrEnded)
			w.refused(asl.Abort("", ""), asl.ErrEnded)
			w.replay()
			types := w.types()
			want := []string{"TaskFailed", "TaskStateAborted", "TaskStateAborted", "ParallelStateFailed", "ExecutionFailed"}
			if kind == "Map" {
				want = []string{"TaskFailed", "MapIterationFailed", "TaskStateAborted", "MapIterationAborted", "TaskStateAborted", "MapIterationAborted", "MapStateFailed", "ExecutionFailed"}
			}
			if got := types[len(types)-len(want):]; !slices.Equal(got, want) {
				t.Fatalf("history ends with %v, want %v", got, want)
			}
		})
	}
}

func TestSiblingsStopAtOnceAndTheirTokensDieAlsoWhenTheErrorIsCaught(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Map", "Parallel"} {
		for _, how := range []string{`["E"]`, `["States.ALL"]`, `["States.BranchFailed"]`, `["States.TaskFailed"]`} {
			t.Run(kind+how, func(t *testing.T) {
				t.Parallel()
				w := begin(t, fan(kind, `"A#":{`+callback+`,"End":true}`,
					`"Catch":[{"ErrorEquals":`+how+`,"ResultPath":"$.e","Next":"H"}],"End":true},"H":{`+callback+`,"ResultPath":null,"End":true}`), `{"l":[1,2,3]}`)
				w.must(asl.TokenFailed(3, "E", "c"))
				w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
				w.refused(asl.Heartbeat(2), asl.ErrNotLive)
				w.must(asl.TokenSucceeded(4, nil))
				w.ends(asl.Succeeded, `{"l":[1,2,3],"e":{"Error":"E","Cause":"c"}}`, "")
			})
		}
	}
}

func TestARetriedFanStartsAfresh(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Map", "Parallel"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := begin(t, fan(kind, `"A#":{`+invoke+`,"ResultSelector":{"n.$":"$.Payload"},"OutputPath":"$.n","End":true}`,
				`"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":7}],"End":true}`), `{"l":[1,2,3]}`)
			calls := 0
			w.finish(func(asl.Effect, int) reply {
				if calls++; calls == 2 {
					return reply{err: "E"}
				}
				return reply{out: fmt.Sprint(calls)}
			})
			w.ends(asl.Succeeded, `[3,4,5]`, "")
			if !w.x.EndedAt.Equal(nine.Add(7 * time.Second)) {
				t.Fatal(w.x.EndedAt)
			}
		})
	}
}

func TestAMapRunsNoMoreThanItsConcurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fields string
		items, most  int
	}{
		{"ByNumber", `"MaxConcurrency":2`, 7, 2},
		{"ByPath", `"MaxConcurrencyPath":"$.c"`, 7, 3},
		{"OneByOne", `"MaxConcurrency":1`, 4, 1},
		{"ZeroIsAsManyAsInlineAllows", `"MaxConcurrency":0`, 50, 40},
		{"MoreThanInlineAllows", `"MaxConcurrency":1000`, 50, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			items := strings.TrimSuffix(strings.Repeat("1,", c.items), ",")
			w := begin(t, one(`"Type":"Map","ItemsPath":"$.l",`+c.fields+`,"End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{`+callback+`,"End":true}}}`), `{"c":3,"l":[`+items+`]}`)
			for done := range c.items {
				if open := len(w.calls) - done; open != min(c.most, c.items-done) {
					t.Fatalf("%d run after %d", open, done)
				}
				last := int64(len(w.calls))
				for !w.x.Live(last) {
					last--
				}
				w.must(asl.TokenSucceeded(last, nil))
			}
			w.ends(asl.Succeeded, `[`+strings.TrimSuffix(strings.Repeat("null,", c.items), ",")+`]`, "")
		})
	}
}

func TestATokenAnswersOnce(t *testing.T) {
	t.Parallel()
	m := `{"StartAt":"S","States":{"S":{` + callback + `,"Next":"W"},"W":{"Type":"Wait","Seconds":60,"End":true}}}`
	w := begin(t, m, `{}`)
	if got := string(w.calls[0].Payload); got != `{"token":"`+w.calls[0].Token+`"}` || w.calls[0].Token != w.x.Token(1) {
		t.Fatalf("payload %s, token %s", got, w.calls[0].Token)
	}
	w.refused(asl.TokenSucceeded(2, nil), asl.ErrNoTask)
	w.refused(asl.TokenSucceeded(0, nil), asl.ErrNoTask)
	// Before the call has returned, which is when a sign-off is decided already.
	w.must(asl.TokenSucceeded(1, []byte(`{"v":1}`)))
	w.refused(asl.TokenSucceeded(1, []byte(`{"v":2}`)), asl.ErrNotLive)
	w.refused(asl.TokenFailed(1, "E", ""), asl.ErrNotLive)
	w.refused(asl.InvokeReturned(1, nil), asl.ErrNotLive)
	w.refused(asl.InvokeFailed(1, "E", ""), asl.ErrNotLive)
	w.queue = nil
	w.finish(nothing).ends(asl.Succeeded, `{"v":1}`, "")
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
}

func TestTokensOfTwoAttemptsHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"Retry":[{"ErrorEquals":["E"]}],"End":true`), `{}`)
	first := w.calls[0].Token
	w.must(asl.TokenFailed(1, "E", ""))
	w.wake(time.Second)
	second := w.calls[1].Token
	secret := func(s string) string { return s[strings.LastIndex(s[:8], "-")+1:] }
	if first == second || secret(first) == secret(second) || len(secret(first)) != 20 {
		t.Fatalf("%s, %s", first, second)
	}
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
}

func TestACallMayReturnOnceOnly(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"End":true`), `{}`)
	if len(w.x.Pending()) != 1 || !w.x.Calling() {
		t.Fatal("the call is not pending")
	}
	w.must(asl.InvokeReturned(1, []byte(`"submitted"`)))
	if len(w.x.Pending()) != 0 || w.x.Calling() {
		t.Fatal("the call is pending")
	}
	// A call made twice returns twice; that must not fail what waits already.
	w.refused(asl.InvokeReturned(1, nil), asl.ErrNotLive)
	w.refused(asl.InvokeFailed(1, "E", ""), asl.ErrNotLive)
	w.must(asl.TokenSucceeded(1, []byte(`"answer"`)))
	w.ends(asl.Succeeded, `"answer"`, "")
}

func TestAPlainTaskHasNoToken(t *testing.T) {
	t.Parallel()
	w := begin(t, one(invoke+`,"End":true`), `{}`)
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNoTask)
	w.refused(asl.Heartbeat(1), asl.ErrNoTask)
	w.must(asl.InvokeReturned(1, nil))
}

func TestTimersFireInVirtualTime(t *testing.T) {
	t.Parallel()
	w := begin(t, one(`"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3,"Next":"A2"},"A2":{"Type":"Wait","SecondsPath":"$.s","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Timestamp":"2024-08-18T09:00:01.0005Z","End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Wait","TimestampPath":"$.t","End":true}}},
		{"StartAt":"D","States":{"D":{"Type":"Wait","Timestamp":"2020-01-01T00:00:00Z","End":true}}},
		{"StartAt":"E","States":{"E":{"Type":"Wait","Seconds":0,"End":true}}}]`), `{"s":4,"t":"2024-08-18T17:00:05+08:00"}`)
	var at []string
	for w.x.Status == asl.Running {
		next, ok := w.x.NextWake()
		if !ok {
			t.Fatal("nothing to wait for")
		}
		at = append(at, next.Sub(nine).String())
		w.now = next.Add(-time.Millisecond)
		w.refused(asl.Wake(), asl.ErrNothingDue)
		w.now = next
		w.must(asl.Wake())
	}
	if want := []string{"1.001s", "3s", "5s", "7s"}; !slices.Equal(at, want) {
		t.Fatalf("woken at %v, want %v", at, want)
	}
	w.replay()
}

func TestALateWakeFiresAllThatIsDueInOrder(t *testing.T) {
	t.Parallel()
	w := begin(t, one(`"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":2,"End":true}}}]`), `{}`)
	w.wake(time.Hour)
	w.ends(asl.Succeeded, `[{},{}]`, "")
	var order []string
	for _, e := range w.history {
		if e.Type == "WaitStateExited" {
			order = append(order, e.Name)
		}
	}
	if !slices.Equal(order, []string{"B", "A"}) {
		t.Fatal(order)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"TimeoutSeconds":60,"HeartbeatSeconds":10,"End":true`), `{}`)
	w.must(asl.InvokeReturned(1, nil))
	for range 3 {
		w.now = w.now.Add(9 * time.Second)
		w.must(asl.Heartbeat(1))
	}
	w.wake(10 * time.Second)
	w.ends(asl.Failed, "", asl.ErrHeartbeatTimeout)

	w = begin(t, one(callback+`,"TimeoutSecondsPath":"$.t","HeartbeatSecondsPath":"$.h","End":true`), `{"t":20,"h":15}`)
	w.now = w.now.Add(14 * time.Second)
	w.must(asl.Heartbeat(1))
	w.wake(6 * time.Second)
	w.ends(asl.Failed, "", asl.ErrTimeout)

	w = begin(t, one(callback+`,"TimeoutSeconds":60,"HeartbeatSeconds":10,"Retry":[{"ErrorEquals":["States.HeartbeatTimeout"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"T"}],"End":true},"T":{"Type":"Succeed"`), `{}`)
	w.finish(func(asl.Effect, int) reply { return reply{} })
	w.ends(asl.Succeeded, `{"Error":"States.HeartbeatTimeout","Cause":""}`, "")
	if len(w.calls) != 2 {
		t.Fatalf("%d calls", len(w.calls))
	}
}

func TestAnAnswerAfterTheDeadlineIsLateThoughNoTimerHasFired(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"TimeoutSeconds":60,"End":true`), `{}`)
	w.now = w.now.Add(time.Minute)
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
	w.must(asl.Wake())
	w.ends(asl.Failed, "", asl.ErrTimeout)
}

func TestTheWholeExecutionTimesOut(t *testing.T) {
	t.Parallel()
	m := `{"TimeoutSeconds":100,"StartAt":"S","States":{"S":{` + callback + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}],"End":true},"T":{"Type":"Succeed"}}}`
	w := begin(t, m, `{}`)
	w.wake(100 * time.Second)
	w.ends(asl.TimedOut, "", asl.ErrTimeout)
	w.replay()
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)

	w = begin(t, m, `{}`)
	w.now = w.now.Add(100 * time.Second)
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
}

func TestAbortStopsEverything(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"End":true`), `{}`)
	w.must(asl.Abort("Approval.Withdrawn", "by the branch"))
	w.ends(asl.Aborted, "", "Approval.Withdrawn")
	w.refused(asl.TokenSucceeded(1, nil), asl.ErrNotLive)
	if types := w.types(); types[len(types)-1] != "ExecutionAborted" {
		t.Fatal(types)
	}
	w.replay()
}

func TestTimeWhenTheRunnerWasDownDoesNotCountAgainstACall(t *testing.T) {
	t.Parallel()
	w := begin(t, one(`"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{`+invoke+`,"TimeoutSeconds":30,"End":true}}},
		{"StartAt":"B","States":{"B":{`+callback+`,"TimeoutSeconds":30,"End":true}}}]`), `{}`)
	w.must(asl.InvokeReturned(2, nil)) // B was asked: its person's clock runs on
	w.now = w.now.Add(time.Hour)
	w.must(asl.Resume())
	if p := w.x.Pending(); len(p) != 1 || p[0].Task != 1 || !p[0].Deadline.Equal(w.now.Add(30*time.Second)) {
		t.Fatalf("pending %+v", p)
	}
	w.must(asl.InvokeReturned(1, nil))
	w.refused(asl.TokenSucceeded(2, nil), asl.ErrNotLive)
	w.must(asl.Wake())
	w.ends(asl.Failed, "", asl.ErrTimeout)
}

func TestAnEndlessMachineFailsAtTheHistoryLimit(t *testing.T) {
	t.Parallel()
	def := parse(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"E"}],"Default":"A"},"E":{"Type":"Succeed"}}}`)
	res, err := asl.Step(def, asl.Execution{}, asl.Started(asl.Start{}), nine)
	if err != nil {
		t.Fatal(err)
	}
	x := res.Execution
	if x.Status != asl.Failed || x.Error != asl.ErrRuntime || !strings.Contains(x.Cause, "25000") || x.Events > asl.MaxHistory {
		t.Fatalf("%s %s %s after %d events", x.Status, x.Error, x.Cause, x.Events)
	}
}

func TestAnExecutionRefusesAForeignDefinition(t *testing.T) {
	t.Parallel()
	w := begin(t, one(callback+`,"End":true`), `{}`)
	_, err := asl.Step(parse(t, one(`"Type":"Succeed"`)), w.x, asl.Wake(), nine)
	if err == nil || !strings.Contains(err.Error(), "runs on definition") {
		t.Fatal(err)
	}
}

func TestTheProjectsRoundTakesTenTransitions(t *testing.T) {
	t.Parallel()
	x, history, events := fiveParties(t, signoff(t), nine, true)
	if x.Status != asl.Succeeded || x.Transitions != 10 || events != 14 {
		t.Fatalf("%s after %d transitions and %d events: %s %s", x.Status, x.Transitions, events, x.Error, x.Cause)
	}
	sameJSON(t, x.Output, `{"status":"concluded"}`)
	if int64(len(history)) != x.Events {
		t.Fatalf("%d of %d history events", len(history), x.Events)
	}
}

func TestARecheckNudgesTheClock(t *testing.T) {
	t.Parallel()
	var x asl.Execution
	def := signoff(t)
	step := func(ev asl.Event) []asl.Effect {
		t.Helper()
		res, err := asl.Step(def, x, ev, nine)
		if err != nil {
			t.Fatal(err)
		}
		x = res.Execution
		return res.Effects
	}
	route := step(asl.Started(asl.Start{Input: []byte(`{"issue":"i","round":1}`)}))
	asks := step(asl.InvokeReturned(route[0].Task, []byte(routed(1))))
	step(asl.InvokeReturned(asks[0].Task, []byte(`{}`)))
	check := step(asl.TokenFailed(asks[0].Task, "Approval.Recheck", "paused"))
	if len(check) != 1 || check[0].Function != "CheckClock" {
		t.Fatalf("effects %+v", check)
	}
	again := step(asl.InvokeReturned(check[0].Task, []byte(`{"signOff":"s","clock":"net","seconds":77}`)))
	if len(again) != 1 || again[0].Function != "AskDepartment" || !again[0].Deadline.Equal(nine.Add(77*time.Second)) {
		t.Fatalf("effects %+v", again)
	}
}
