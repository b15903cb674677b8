package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"lianban/shared/approval"
)

// Seen (见证) is what a witness saw happen to one event of a trail, as it was stored: that it
// came to be, with its hash, or that it was changed or removed. Nothing in this house removes
// one, and nothing changes one but the replacing of personal data, which leaves the hash and
// is vouched for in the trail.
type Seen struct {
	Subject string `json:"subject"`
	Event   int64  `json:"event"`
	Hash    string `json:"hash,omitempty"`
	What    string `json:"what,omitempty"` // empty: it came to be; else Changed or Removed
}

// What may happen to an event besides.
const (
	Changed = "changed"
	Removed = "removed"
)

// WriteSeen writes a line for each.
func WriteSeen(w io.Writer, seen []Seen) error {
	enc := json.NewEncoder(w)
	for k := range seen {
		if err := enc.Encode(&seen[k]); err != nil {
			return fmt.Errorf("write what was seen: %w", err)
		}
	}
	return nil
}

// ReadSeen reads such lines.
func ReadSeen(text []byte) (seen []Seen, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s Seen
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("line %d of what was seen cannot be read: %w", len(seen)+1, err)
		}
		seen = append(seen, s)
	}
	return seen, lines.Err()
}

// Against finds the first thing in which a trail departs from what was seen of it, which no
// chain tells by itself: that it was rewritten, hashes and all, cut short, or taken away.
func (t *Trail) Against(seen []Seen) (Fault, bool) {
	fault := func(event int64, text approval.Text) (Fault, bool) { return Fault{t.Subject, event, text}, true }
	for _, s := range seen {
		if s.Subject != t.Subject {
			continue
		}
		switch {
		case s.What == Changed && !t.redacted(s.Event):
			return fault(s.Event, say("见证记录载明该事件在写入后被改动。", "the witness saw it changed after it was written."))
		case s.What == Removed:
			return fault(s.Event, say("见证记录载明该事件被删除。", "the witness saw it removed."))
		case t.hash(s.Event) == "":
			return fault(s.Event, say("见证记录中有这一事件，而审计链中没有。", "the witness saw it, and it is not in the trail."))
		case t.hash(s.Event) != s.Hash:
			return fault(s.Event, say("与写入时见证的不是同一内容。", "it is not the one that the witness saw written."))
		}
	}
	return Fault{}, false
}

// redacted reports whether the trail says itself that something was replaced in an event; Check
// proves that.
func (t *Trail) redacted(n int64) bool {
	var e struct {
		Redacted string `json:"redacted"`
	}
	if n < 1 || n > int64(len(t.Stored)) {
		return false
	}
	_ = json.Unmarshal(t.Stored[n-1], &e) // one that cannot be read says nothing, and Check has said so
	return e.Redacted != ""
}
