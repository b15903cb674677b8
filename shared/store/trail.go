package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/audit"
	"lianban/shared/docket"
)

// Trails reads the audit trails from items in the order of their primary keys, in which each
// record stands before its events. What else there is among them is passed over.
func Trails(items iter.Seq2[Item, error]) iter.Seq2[audit.Trail, error] {
	return func(yield func(audit.Trail, error) bool) {
		var t *audit.Trail
		pk := ""
		for item, err := range items {
			if err != nil {
				yield(audit.Trail{}, err)
				return
			}
			subject, ok := TrailOf(item.Key)
			if !ok {
				continue
			}
			if item.PK != pk {
				if t != nil && !yield(*t, nil) {
					return
				}
				t, pk = &audit.Trail{Subject: subject}, item.PK
			}
			if item.SK != "A" {
				t.Stored = append(t.Stored, item.Body)
				continue
			}
			var record struct {
				Events int64  `json:"events"`
				Head   string `json:"head"`
			}
			if json.Unmarshal(item.Body, &record) == nil {
				t.Record, t.Events, t.Head = true, record.Events, record.Head
			}
		}
		if t != nil {
			yield(*t, nil)
		}
	}
}

var _ audit.Reader = (*Store)(nil)

// chainTries is how often a chain is read that grows meanwhile.
const chainTries = 5

// Chain implements audit.Reader. It reads what is stored, whatever this process remembers.
func (s *Store) Chain(ctx context.Context, subject string) (audit.Trail, error) {
	t := audit.Trail{Subject: subject}
	pk := issuePK(approval.IssueID(subject))
	if kind, id, record := strings.Cut(subject, "/"); record {
		pk = recordPK(docket.Kind(kind), id)
	}
	var before []byte
	for range chainTries {
		record, ok, err := s.table.Get(ctx, Key{pk, "A"})
		if err != nil {
			return t, fmt.Errorf("read the record of %s: %w", subject, err)
		}
		if ok && before != nil && bytes.Equal(before, record.Body) {
			break // nobody wrote while the events were read
		}
		t = audit.Trail{Subject: subject, Record: ok}
		if ok {
			var r struct {
				Events int64  `json:"events"`
				Head   string `json:"head"`
			}
			if err := json.Unmarshal(record.Body, &r); err != nil {
				return t, fmt.Errorf("read the record of %s: %w", subject, err)
			}
			t.Events, t.Head, before = r.Events, r.Head, record.Body
		}
		r := Range{PK: pk, From: "E#", To: "F", Limit: largestPage}
		for {
			items, next, err := s.table.Query(ctx, r)
			if err != nil {
				return t, fmt.Errorf("read the events of %s: %w", subject, err)
			}
			for k := range items {
				t.Stored = append(t.Stored, items[k].Body)
			}
			if r.After = next; next == nil {
				break
			}
		}
		if !ok {
			break
		}
	}
	return t, nil
}

// EventKey is where the event of a number stands in the trail of a record.
func EventKey(record Key, seq int64) Key { return Key{record.PK, "E#" + eight(seq)} }

// EventOf says of which trail, and which of its events, an item is.
func EventOf(k Key) (subject string, seq int64, ok bool) {
	number, event := strings.CutPrefix(k.SK, "E#")
	if subject, ok = TrailOf(k); !ok || !event {
		return "", 0, false
	}
	seq, err := strconv.ParseInt(number, 10, 64)
	return subject, seq, err == nil
}

// TrailOf says to which trail an item belongs.
func TrailOf(k Key) (subject string, ok bool) {
	if k.SK != "A" && !strings.HasPrefix(k.SK, "E#") {
		return "", false
	}
	if id, issue := strings.CutPrefix(k.PK, "I#"); issue {
		return id, true
	}
	if rest, record := strings.CutPrefix(k.PK, "R#"); record {
		return strings.Replace(rest, "#", "/", 1), true
	}
	return "", false
}
