package audit_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/audit"
)

// chained are two events as they are stored.
func chained(f *testing.F) (first, second []byte) {
	one := approval.Event{Issue: "i", Seq: 1, Kind: approval.EvRaise, At: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Reason: "甲"}
	two := approval.Event{Issue: "i", Seq: 2, Kind: "approve", SignOff: 1, At: one.At, Detail: []byte(`{"kind":"approve"}`)}
	var texts [2][]byte
	last := ""
	for k, e := range []*approval.Event{&one, &two} {
		if err := e.Chain(last, approval.SHA256); err != nil {
			f.Fatal(err)
		}
		last = e.Hash
		text, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		texts[k] = text
	}
	return texts[0], texts[1]
}

func FuzzAnEventThatWasNotWrittenIsFound(f *testing.F) {
	first, second := chained(f)
	var last struct {
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(second, &last); err != nil {
		f.Fatal(err)
	}
	check := func(texts ...json.RawMessage) (audit.Fault, bool) {
		trail := audit.Trail{Subject: "i", Record: true, Events: int64(len(texts)), Head: last.Hash, Stored: texts}
		return trail.Check()
	}
	if fault, bad := check(first, second); bad {
		f.Fatalf("the premise does not hold: %v", fault)
	}
	f.Add(first)
	f.Add(second)
	f.Add([]byte(`{"seq":1}`))
	f.Add(bytes.Replace(first, []byte("甲"), []byte("乙"), 1))
	f.Add(append([]byte(" "), first...))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, bad := check(text, second); !bad && !bytes.Equal(text, first) {
			t.Errorf("taken for the first event: %s", text)
		}
		if _, bad := check(first, text); !bad && !bytes.Equal(text, second) {
			t.Errorf("taken for the second event: %s", text)
		}
	})
}

func FuzzHeadsThatWereNotNotedAreFound(f *testing.F) {
	h, err := audit.ReadHeads(bytes.NewReader(nil))
	if err != nil {
		f.Fatal(err)
	}
	trails := func(yield func(audit.Trail, error) bool) {
		yield(audit.Trail{Subject: "i", Record: true, Events: 2, Head: "h"}, nil)
	}
	line, err := h.Next(trails, time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), approval.SHA256)
	if err != nil || len(line) == 0 {
		f.Fatalf("the premise does not hold: %q, %v", line, err)
	}
	f.Add(line)
	f.Add(append(bytes.Clone(line), line...))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"trails":[{"subject":"i"}],"at":"x"}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := audit.ReadHeads(bytes.NewReader(text))
		if err != nil {
			return
		}
		if read.Whole > int64(len(text)) || read.Lines > bytes.Count(text, []byte("\n")) {
			t.Errorf("%d lines of %d bytes are read from %q", read.Lines, read.Whole, text)
		}
	})
}
