package engine_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lianban/shared/asl"
	"lianban/shared/engine"
)

var update = flag.Bool("update", false, "write the stored journal anew; only when no journal in use would break")

const formatMachine = `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","HeartbeatSeconds":50,"Parameters":{"FunctionName":"F","Payload":{"token.$":"$$.Task.Token","u.$":"States.UUID()"}},
	"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"FULL","MaxAttempts":5}],"Next":"W"},"W":{"Type":"Wait","Seconds":5,"Next":"S2"},"S2":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"G"},"End":true}}}`

// TestJournalsOfEarlierVersionsReplay holds the layout of records and the
// outcome of Step to a journal that was written when they were settled. If it
// fails, executions in existing journals would come out differently: add a new
// kind of record or state field instead.
func TestJournalsOfEarlierVersionsReplay(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	def := parse(t, "m", formatMachine)
	const file = "testdata/journal.txt"
	if *update {
		j, d, c := engine.NewMemJournal(), &desk{}, newClock()
		n := 0
		d.answer = map[string]func(map[string]any) ([]byte, error){"F": func(map[string]any) ([]byte, error) {
			if n++; n == 1 {
				return nil, &engine.FunctionError{Name: "E", Cause: "first"}
			}
			return []byte(`"submitted"`), nil
		}}
		e := open(t, j, d, c, def)
		s, err := e.Start(ctx, "m", "a", []byte(`{"n":1.50}`))
		ok(t, err)
		ok(t, e.Settle(ctx))
		// A second engine finds the call pending and resumes.
		e = open(t, j, d, c, def)
		pass := func() {
			next, _ := e.NextWake()
			c.set(next)
			ok(t, e.Wake(ctx))
			ok(t, e.Settle(ctx))
		}
		pass()
		ok(t, e.Heartbeat(ctx, d.token(-1)))
		ok(t, e.Fail(ctx, d.token(-1), "E", "second"))
		pass()
		ok(t, e.Succeed(ctx, d.token(-1), []byte(`[1]`)))
		next, _ := e.NextWake()
		c.set(next)
		ok(t, e.Wake(ctx))
		e = open(t, j, d, c, def) // G is pending
		ok(t, e.Settle(ctx))
		if got := status(t, e, s.Execution); got != engine.Succeeded {
			t.Fatal(got)
		}
		_, err = e.Start(ctx, "m", "b", nil)
		ok(t, err)
		ok(t, e.Abort(ctx, engine.ExecutionID("m", "b"), "X", "aborted"))
		var b strings.Builder
		for _, name := range []string{"a", "b"} {
			row, err := j.Find(ctx, "m", name)
			ok(t, err)
			_, chunks, err := j.Load(ctx, row.ID)
			ok(t, err)
			h, err := e.History(ctx, engine.ExecutionID("m", name))
			ok(t, err)
			fmt.Fprintf(&b, "%d %s %x\n%s\n", row.ID, name, bytes.Join(chunks, nil), bytes.ReplaceAll(asl.AppendHistory(nil, h), []byte("\n"), nil))
		}
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	stored, err := os.ReadFile(file)
	ok(t, err)
	lines := strings.Split(strings.TrimSpace(string(stored)), "\n")
	j := engine.NewMemJournal()
	e := open(t, j, &desk{}, newClock(), def)
	for i := 0; i < len(lines); i += 2 {
		var id engine.ID
		var name, text string
		_, err := fmt.Sscan(lines[i], &id, &name, &text)
		ok(t, err)
		data, err := hex.DecodeString(text)
		ok(t, err)
		_, err = j.Create(ctx, engine.Execution{
			ID: id, Machine: "m", Name: name, Digest: def.Digest, Head: engine.Head{Status: engine.Succeeded},
			StartedAt: map[string]time.Time{"a": newClock().at, "b": began(t, lines[i+1])}[name],
		}, data)
		ok(t, err)
		h, err := e.History(ctx, engine.ExecutionID("m", name))
		ok(t, err)
		if got := string(bytes.ReplaceAll(asl.AppendHistory(nil, h), []byte("\n"), nil)); got != lines[i+1] {
			t.Errorf("the history of %s is\n%s\nwant\n%s", name, got, lines[i+1])
		}
	}
}

// began reads a history's first timestamp.
func began(t *testing.T, history string) time.Time {
	t.Helper()
	v, err := asl.ParseJSON([]byte(history))
	ok(t, err)
	at, err := time.Parse(time.RFC3339, v.([]any)[0].(map[string]any)["timestamp"].(string))
	ok(t, err)
	return at
}
