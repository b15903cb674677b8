package asl_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lianban/shared/asl"
)

// signoff is the machine the project runs, with its tokens filled.
func signoff(tb testing.TB) *asl.Definition {
	tb.Helper()
	src, err := os.ReadFile("../../workflows/issue_signoff.asl.json")
	if err != nil {
		tb.Fatal(err)
	}
	// A function is called by the name of its token.
	src = regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAll(bytes.ReplaceAll(src, []byte("${Partition}"), []byte("aws")), []byte("$1"))
	def, err := asl.Parse("issue_signoff", src)
	if err != nil {
		tb.Fatal(err)
	}
	return def
}

func routed(parties int) string {
	var asks []string
	for i := range parties {
		asks = append(asks, fmt.Sprintf(`{"signOff":"018f2d3c-7b1a-7c3e-9d4f-%012d","clock":"net","seconds":432000}`, i))
	}
	return `{"verdict":"pending","asks":[` + strings.Join(asks, ",") + `],"seconds":86400}`
}

// fiveParties runs one round without a delay and returns it with the number of
// events it took.
func fiveParties(tb testing.TB, def *asl.Definition, now time.Time, keep bool) (asl.Execution, []asl.HistoryEvent, int) {
	var x asl.Execution
	var history []asl.HistoryEvent
	events := 0
	step := func(ev asl.Event) []asl.Effect {
		events++
		res, err := asl.Step(def, x, ev, now)
		if err != nil {
			tb.Fatal(err)
		}
		x = res.Execution
		if keep {
			history = append(history, res.History...)
		}
		return res.Effects
	}
	effects := step(asl.Started(asl.Start{
		Input: []byte(`{"issue":"018f2d3c-7b1a-7c3e-9d4f-1a2b3c4d5e6f","round":1}`),
		Name:  "issue-018f2d3c-r1", TokenPrefix: "t1", Seed: [16]byte{1},
	}))
	asks := step(asl.InvokeReturned(effects[0].Task, []byte(routed(5))))
	for _, a := range asks {
		step(asl.InvokeReturned(a.Task, []byte(`{}`)))
	}
	for _, a := range asks {
		effects = step(asl.TokenSucceeded(a.Task, []byte(`{}`)))
	}
	effects = step(asl.InvokeReturned(effects[0].Task, []byte(`{"verdict":"agreed","asks":[],"seconds":0}`)))
	step(asl.InvokeReturned(effects[0].Task, []byte(`{"status":"concluded"}`)))
	return x, history, events
}

// BenchmarkFivePartyRound is the cost of all Steps of one plain round: start,
// routing, five askings, five answers, tally, close.
func BenchmarkFivePartyRound(b *testing.B) {
	def := signoff(b)
	now := time.Date(2024, 8, 18, 9, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		x, _, _ := fiveParties(b, def, now, false)
		if x.Status != asl.Succeeded || x.Transitions != 10 {
			b.Fatal(x.Status, x.Transitions, x.Error, x.Cause)
		}
	}
}
