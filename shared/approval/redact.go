package approval

import (
	"encoding/json"
	"fmt"
)

// EvRedact is on record where personal data was replaced (去标识化) in a record or in earlier
// events of its trail; its detail holds the [Redaction]s.
const EvRedact = "redact"

// Redaction vouches for one event that was redacted.
type Redaction struct {
	Seq    int64  `json:"seq"`
	Digest string `json:"digest"` // what the event's Redacted is
}

// Redacting is the detail of an EvRedact.
type Redacting struct {
	Alias  string      `json:"alias"` // what stands in place of what was replaced
	Events []Redaction `json:"events,omitempty"`
}

// Redact marks e, in which something was replaced, where last is the hash of the event before
// it. What was written cannot be hashed again. In place of that, the digest of what stands
// here now, of the hash before it and of its own is put on record by a later EvRedact of the
// trail, which the chain protects: so that neither e nor what went before it can be changed
// unseen.
func (e *Event) Redact(last string, by Digest) (err error) {
	e.Redacted, err = e.redaction(last, by)
	return err
}

func (e *Event) redaction(last string, by Digest) (string, error) {
	now := *e
	now.Redacted = ""
	text, err := json.Marshal(&now)
	if err != nil {
		return "", fmt.Errorf("encode event %d of %s: %w", e.Seq, e.Issue, err)
	}
	return by.Sum([]byte(last), text)
}

// Links proves the chain of a trail, event by event from the first; its zero value is the
// beginning.
type Links struct {
	last     string
	redacted map[int64]string // by number, what each redacted event says of itself
	vouched  map[int64]string // and what the last event that redacted it says
}

// Next reports whether e follows on what came before and is what was written, or what it was
// redacted to. An error is of a digest that this program does not know.
func (l *Links) Next(e Event) (bool, error) {
	want, last := e.Hash, l.last
	l.last = want
	if e.Redacted != "" {
		now, err := e.redaction(last, DigestOf(e.Redacted))
		if err != nil || now != e.Redacted {
			return false, err
		}
		if l.redacted == nil {
			l.redacted = map[int64]string{}
		}
		l.redacted[e.Seq] = now
		return true, nil
	}
	if err := e.Chain(last, DigestOf(want)); err != nil || e.Hash != want {
		return false, err
	}
	if e.Kind == EvRedact {
		var r Redacting
		if err := json.Unmarshal(e.Detail, &r); err != nil {
			return false, nil //nolint:nilerr // it is not what this house writes
		}
		for _, one := range r.Events {
			if l.vouched == nil {
				l.vouched = map[int64]string{}
			}
			l.vouched[one.Seq] = one.Digest
		}
	}
	return true, nil
}

// Head is the hash of the last event.
func (l *Links) Head() string { return l.last }

// Unvouched is the number of the first event that was redacted without a later one that says
// so, or to something else than it says; 0: there is none.
func (l *Links) Unvouched() (first int64) {
	for n, digest := range l.redacted {
		if l.vouched[n] != digest && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}
