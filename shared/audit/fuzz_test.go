package audit_test

import (
	"bytes"
	"encoding/json"
	"slices"
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

// FuzzAnEventThatWasNotRedactedSoIsFound puts anything in place of each event of a trail of
// which the second was redacted.
func FuzzAnEventThatWasNotRedactedSoIsFound(f *testing.F) {
	var texts []json.RawMessage
	var events []approval.Event
	write := func(e approval.Event) {
		text, err := json.Marshal(&e)
		if err != nil {
			f.Fatal(err)
		}
		texts, events = append(texts, text), append(events, e)
	}
	last := ""
	chain := func(e approval.Event) {
		e.Issue, e.Seq, e.At = "i", int64(len(events)+1), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
		if err := e.Chain(last, approval.SHA256); err != nil {
			f.Fatal(err)
		}
		last = e.Hash
		write(e)
	}
	chain(approval.Event{Kind: approval.EvRaise, Reason: "甲"})
	chain(approval.Event{Kind: approval.EvComment, Reason: "何某甲来电"})
	redacted := events[1]
	redacted.Reason = "〔已去标识化〕来电"
	if err := redacted.Redact(events[0].Hash, approval.SHA256); err != nil {
		f.Fatal(err)
	}
	detail, err := json.Marshal(approval.Redacting{Alias: "x", Events: []approval.Redaction{{Seq: 2, Digest: redacted.Redacted}}})
	if err != nil {
		f.Fatal(err)
	}
	chain(approval.Event{Kind: approval.EvRedact, Detail: detail})
	if texts[1], err = json.Marshal(&redacted); err != nil {
		f.Fatal(err)
	}
	check := func(stored []json.RawMessage) (audit.Fault, bool) {
		trail := audit.Trail{Subject: "i", Record: true, Events: 3, Head: last, Stored: stored}
		return trail.Check()
	}
	if fault, bad := check(texts); bad {
		f.Fatalf("the premise does not hold: %v", fault)
	}
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Add(bytes.Replace(texts[1], []byte("来电"), []byte("同意"), 1))
	f.Add([]byte(`{"issue":"i","seq":2,"redacted":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for k := range texts {
			stored := slices.Clone(texts)
			stored[k] = text
			if _, bad := check(stored); !bad && !bytes.Equal(text, texts[k]) {
				t.Errorf("taken for event %d: %s", k+1, text)
			}
		}
	})
}

func FuzzWhatWasSeenIsReadBackOrRefused(f *testing.F) {
	f.Add([]byte(`{"subject":"i","event":1,"hash":"h"}` + "\n" + `{"subject":"change/c","event":2,"what":"removed"}` + "\n"))
	f.Add([]byte("{}\n\n"))
	f.Add([]byte(`{"event":1e400}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		seen, err := audit.ReadSeen(text)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := audit.WriteSeen(&out, seen); err != nil {
			t.Fatal(err)
		}
		again, err := audit.ReadSeen(out.Bytes())
		if err != nil || !slices.Equal(again, seen) {
			t.Errorf("%q is read as %v and then as %v: %v", text, seen, again, err)
		}
		trail := audit.Trail{Subject: "i"}
		if _, wrong := trail.Against(seen); !wrong && slices.ContainsFunc(seen, func(s audit.Seen) bool { return s.Subject == "i" }) {
			t.Errorf("a trail that is gone agrees with %v", seen)
		}
	})
}
