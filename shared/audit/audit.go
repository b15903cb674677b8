// Package audit proves that the audit trails (审计链) are those that were written: every event
// of every issue and record, none missing, none added, none moved.
//
// It must not know how trails are stored, nor HTTP, SQL or AWS. It imports approval, whose
// events it checks.
//
// Each hash says by which digest it was made: SHA-256, or SM3 (GB/T 32905-2016). A trail may go on
// under another digest than it began with.
//
// Where personal data was replaced, an event does not give its hash any more; a later event of
// the trail then says what it reads instead (approval.Event.Redact), and that is proved.
//
// # What a chain shows, and what a head adds
//
// It proves the events. Whether the record as it stands today agrees with them is another
// question, which a chain of events cannot answer.
//
// Each trail is a chain: the hash of an event takes in the hash before it, and the record
// keeps the hash of the last one. That shows whatever is changed, left out or moved within a
// trail. It does not show that a whole trail was taken away, nor that somebody rewrote one
// from an event to its end, hashes and head included. For that the [Heads] are noted day by
// day in a file to which is only appended: how many events each trail had, and the hash of
// the last. Whoever keeps a copy of the file elsewhere can prove everything up to its last
// line, whatever happened to the data.
//
// On AWS every event is [Seen] by a witness as the table's stream tells of it, in a bucket that
// nobody can change; see [Trail.Against].
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"lianban/shared/approval"
)

// Trail is one chain as stored.
type Trail struct {
	Subject string // issues by their id, records as kind/id
	// Record says that there is a record which claims so many Events and this Head.
	Record bool
	Events int64
	Head   string
	// Stored are the events as they lie there, in order.
	Stored []json.RawMessage
}

// Fault is one thing that is wrong with a trail.
type Fault struct {
	Subject string        `json:"subject"`
	Event   int64         `json:"event,omitempty"` // its number; 0: the trail as a whole
	Text    approval.Text `json:"text"`
}

func (f Fault) String() string {
	if f.Event == 0 {
		return fmt.Sprintf("%s: %s", f.Subject, f.Text.EN)
	}
	return fmt.Sprintf("%s, event %d: %s", f.Subject, f.Event, f.Text.EN)
}

func say(zh, en string, args ...any) approval.Text {
	return approval.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// Check finds the first thing that is wrong within a trail. What comes after it cannot be
// told apart from it.
func (t *Trail) Check() (Fault, bool) {
	fault := func(event int64, text approval.Text) (Fault, bool) { return Fault{t.Subject, event, text}, true }
	if !t.Record {
		return fault(0, say("记录本身不见了，只剩下 %d 个事件。", "the record itself is gone; %d events are left.", len(t.Stored)))
	}
	var links approval.Links
	for k, text := range t.Stored {
		n := int64(k + 1)
		var e approval.Event
		if err := json.Unmarshal(text, &e); err != nil {
			return fault(n, say("事件无法读取：%v。", "it cannot be read: %v.", err))
		}
		again, err := json.Marshal(&e)
		switch {
		case e.Seq > n:
			return fault(n, say("缺少这一事件，其位置上是第 %d 号。", "it is missing; number %d stands in its place.", e.Seq))
		case e.Seq < n:
			return fault(n, say("其位置上又是第 %d 号：多出了事件，或者顺序被改动。", "number %d stands in its place again: something was added or moved.", e.Seq))
		case string(e.Issue) != t.Subject:
			return fault(n, say("这是 %s 的事件。", "it is an event of %s.", e.Issue))
		case err != nil || !bytes.Equal(again, text):
			return fault(n, say("内容不是写入时的样子。", "it is not what was written."))
		}
		if ok, err := links.Next(e); err != nil || !ok {
			return fault(n, say("内容不是写入时的样子，或者此前的事件被替换。", "it is not what was written, or another event was put before it."))
		}
	}
	switch n := int64(len(t.Stored)); {
	case n < t.Events:
		return fault(n+1, say("缺少这一事件：应有 %d 个，只有 %d 个。", "it is missing: there should be %d, and there are %d.", t.Events, n))
	case n > t.Events:
		return fault(t.Events+1, say("多出了事件：应有 %d 个，却有 %d 个。", "it was added: there should be %d, and there are %d.", t.Events, n))
	case links.Head() != t.Head:
		return fault(n, say("与记录上的链首不符。", "it is not the one that the record ends with."))
	}
	if n := links.Unvouched(); n != 0 {
		return fault(n, say("其中的个人信息被替换，而此后没有去标识化的记录与之相符。", "something in it was replaced, and no later event says so."))
	}
	return Fault{}, false
}

// hash is that of an event by its number; "" when there is none.
func (t *Trail) hash(n int64) string {
	if n < 1 || n > int64(len(t.Stored)) {
		return ""
	}
	var e struct {
		Hash string `json:"hash"`
	}
	_ = json.Unmarshal(t.Stored[n-1], &e) // one that cannot be read has no hash, and Check has said so
	return e.Hash
}

// Reader reads one trail as it is stored: of an issue by its id, of a record by kind/id.
type Reader interface {
	Chain(ctx context.Context, subject string) (Trail, error)
}

// Checked is what a check of one trail found.
type Checked struct {
	Subject string
	Events  int
	Fault   *Fault // nil: it is what was written
}

// CheckOne reads a trail and checks it.
func CheckOne(ctx context.Context, r Reader, subject string) (Checked, error) {
	t, err := r.Chain(ctx, subject)
	if err != nil {
		return Checked{}, fmt.Errorf("read the trail of %s: %w", subject, err)
	}
	out := Checked{Subject: subject, Events: len(t.Stored)}
	if f, wrong := t.Check(); wrong {
		out.Fault = &f
	}
	return out, nil
}

// Report is what a check of everything found.
type Report struct {
	Trails int     `json:"trails"`
	Events int     `json:"events"`
	SM3    int     `json:"sm3"`    // trails that go on by SM3; the others do by SHA-256
	Noted  int     `json:"noted"`  // trails that were compared with a head noted before
	Faults []Fault `json:"faults"` // never nil
}

// Verify checks all trails, and that each is a continuation of what the heads noted.
// It calls seen after each.
func Verify(trails iter.Seq2[Trail, error], heads *Heads, seen func()) (Report, error) {
	out := Report{Faults: []Fault{}}
	unseen := maps.Clone(heads.known)
	for t, err := range trails {
		if err != nil {
			return out, err
		}
		out.Trails++
		out.Events += len(t.Stored)
		if approval.DigestOf(t.Head) == approval.SM3 {
			out.SM3++
		}
		f, wrong := t.Check()
		if wrong {
			out.Faults = append(out.Faults, f)
		}
		if noted, ok := heads.known[t.Subject]; ok {
			delete(unseen, t.Subject)
			out.Noted++
			if now := t.hash(noted.Events); !wrong && now != noted.Hash {
				out.Faults = append(out.Faults, heads.differs(&t, noted))
			}
		}
		seen()
	}
	for _, subject := range slices.Sorted(maps.Keys(unseen)) {
		noted := heads.known[subject]
		out.Faults = append(out.Faults, Fault{subject, 0, say("整条记录不见了：%s 时有 %d 个事件。", "the whole trail is gone: it had %[2]d events at %[1]s.", noted.at, noted.Events)})
	}
	return out, nil
}

func (h *Heads) differs(t *Trail, noted Noted) Fault {
	if int64(len(t.Stored)) < noted.Events {
		return Fault{t.Subject, int64(len(t.Stored)) + 1, say("缺少这一事件：%s 时有 %d 个事件，现在只有 %d 个。", "it is missing: at %s there were %d events, and there are %d now.", noted.at, noted.Events, len(t.Stored))}
	}
	return Fault{t.Subject, noted.Events, say("到这一事件为止的内容在 %s 之后被改写。", "what stands up to it was rewritten after %s.", noted.at)}
}
