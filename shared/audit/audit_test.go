package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/roster"
)

var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// written is a trail as the house writes it.
func written(t interface{ Fatal(...any) }, subject string, n int) audit.Trail {
	out := audit.Trail{Subject: subject, Record: true}
	for k := range n {
		e := approval.Event{
			Issue: approval.IssueID(subject), Seq: int64(k + 1), At: monday.Add(time.Duration(k) * time.Minute), Kind: approval.EvComment,
			By: approval.Actor{Person: "somebody", Role: roster.Officer, Unit: "cc-water"}, Reason: fmt.Sprint("理由 ", k),
		}
		if err := e.Chain(out.Head, approval.SHA256); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		out.Stored, out.Head, out.Events = append(out.Stored, text), e.Hash, e.Seq
	}
	return out
}

func each(trails ...audit.Trail) iter.Seq2[audit.Trail, error] {
	return func(yield func(audit.Trail, error) bool) {
		for _, t := range trails {
			if !yield(t, nil) {
				return
			}
		}
	}
}

func heads(t interface{ Fatal(...any) }, text []byte) *audit.Heads {
	h, err := audit.ReadHeads(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// noted is a file of heads, one line for each state of the trails.
func noted(t interface{ Fatal(...any) }, states ...[]audit.Trail) (file []byte) {
	h := heads(t, nil)
	for k, s := range states {
		line, err := h.Next(each(s...), monday.AddDate(0, 0, k), approval.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, line...)
	}
	return file
}

func verify(t interface{ Fatal(...any) }, h *audit.Heads, trails ...audit.Trail) audit.Report {
	r, err := audit.Verify(each(trails...), h, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever single thing happens to what is stored, the check names the trail, and the event at
// which the trail stops being what was written.
func TestEveryFlipDeletionAdditionAndReorderIsFoundWhereItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trails := []audit.Trail{written(t, "a", 3), written(t, "b", rapid.IntRange(2, 9).Draw(t, "events")), written(t, "record/c", 2)}
		if r := verify(t, heads(t, nil), trails...); len(r.Faults) != 0 || r.Trails != 3 {
			t.Fatalf("nothing has been done: %+v", r)
		}
		b := &trails[1]
		k := rapid.IntRange(0, len(b.Stored)-1).Draw(t, "at")
		want := int64(k + 1)
		switch what := rapid.SampledFrom([]string{"flip", "delete", "add", "swap", "move", "head"}).Draw(t, "what"); what {
		case "flip":
			text := slices.Clone(b.Stored[k])
			at := rapid.IntRange(0, len(text)-1).Draw(t, "byte")
			text[at] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
			b.Stored[k] = text
		case "delete":
			b.Stored = slices.Delete(b.Stored, k, k+1)
		case "add":
			b.Stored = slices.Insert(b.Stored, k+1, b.Stored[k])
			want++
		case "swap":
			if k == 0 {
				k = 1
			}
			b.Stored[k-1], b.Stored[k] = b.Stored[k], b.Stored[k-1]
			want = int64(k)
		case "move":
			b.Stored = append(b.Stored, trails[0].Stored[0])
			want = b.Events + 1
		case "head":
			b.Head = trails[0].Head
			want = b.Events
		}
		r := verify(t, heads(t, nil), trails...)
		if len(r.Faults) != 1 || r.Faults[0].Subject != "b" || r.Faults[0].Event != want {
			t.Fatalf("event %d: found %v", want, r.Faults)
		}
	})
}

// Who rewrites a trail with all its hashes, cuts its end off with the record put right, or takes
// it away whole, is found by the heads.
func TestHeadsShowWhatTheTrailsThemselvesCannot(t *testing.T) {
	a, b := written(t, "a", 5), written(t, "b", 4)
	file := noted(t, []audit.Trail{written(t, "a", 3)}, []audit.Trail{a, b})
	if r := verify(t, heads(t, file), written(t, "a", 8), b); len(r.Faults) != 0 || r.Noted != 2 {
		t.Fatalf("a trail that has gone on is as it should be: %+v", r)
	}
	forged := audit.Trail{Subject: "a", Record: true}
	for k, text := range a.Stored {
		var e approval.Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		if k == 2 {
			e.Reason = "另一个理由"
		}
		if err := e.Chain(forged.Head, approval.SHA256); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		forged.Stored, forged.Head, forged.Events = append(forged.Stored, text), e.Hash, e.Seq
	}
	for name, c := range map[string]struct {
		trails []audit.Trail
		event  int64
	}{
		"rewritten":  {[]audit.Trail{forged, b}, 5},
		"cut off":    {[]audit.Trail{written(t, "a", 4), b}, 5},
		"taken away": {[]audit.Trail{b}, 0},
	} {
		if r := verify(t, heads(t, nil), c.trails...); len(r.Faults) != 0 {
			t.Errorf("%s: without heads the trails say %v, and cannot know", name, r.Faults)
		}
		if r := verify(t, heads(t, file), c.trails...); len(r.Faults) != 1 || r.Faults[0].Subject != "a" || r.Faults[0].Event != c.event {
			t.Errorf("%s: %v", name, r.Faults)
		}
	}
}

func TestARecordThatIsGoneLeavesItsEventsBehind(t *testing.T) {
	a := written(t, "a", 3)
	a.Record = false
	if r := verify(t, heads(t, nil), a); len(r.Faults) != 1 || r.Faults[0].Event != 0 {
		t.Errorf("%v", r.Faults)
	}
}

func TestAFileOfHeadsProvesItself(t *testing.T) {
	file := noted(t, []audit.Trail{written(t, "a", 3)}, []audit.Trail{written(t, "a", 5)}, []audit.Trail{written(t, "a", 6), written(t, "b", 1)})
	if h := heads(t, file); h.Lines != 3 || h.Whole != int64(len(file)) {
		t.Fatalf("%d lines of %d bytes", h.Lines, h.Whole)
	}
	if line, err := heads(t, file).Next(each(written(t, "a", 6)), monday, approval.SHA256); line != nil || err != nil {
		t.Errorf("nothing has moved on: %s, %v", line, err)
	}
	// Half a line is what a crash leaves, and is written over.
	if h := heads(t, file[:len(file)-9]); h.Lines != 2 {
		t.Errorf("half a line counts: %d", h.Lines)
	}
	lines := strings.SplitAfter(string(file), "\n")
	for name, text := range map[string]string{
		"a line is missing":  lines[0] + lines[2],
		"lines change place": lines[1] + lines[0],
		"a byte is flipped":  strings.Replace(string(file), `"events":3`, `"events":2`, 1),
		"it is no heads":     "{}\n",
	} {
		if _, err := audit.ReadHeads(strings.NewReader(text)); err == nil {
			t.Errorf("%s, and nothing is said", name)
		}
	}
}
