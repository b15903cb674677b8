package store

import (
	"encoding/json"
	"iter"
	"strings"

	"lianban/shared/audit"
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
			subject, ok := trailOf(item.Key)
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

// trailOf says to which trail an item belongs.
func trailOf(k Key) (subject string, ok bool) {
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
