package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lianban/shared/approval"
)

func placeOf(p approval.Place) string {
	return stamp(p.At) + "#" + string(p.Issue) + "#" + eight(p.Seq)
}

// happeningItem lists a happening three times: under who did it by the key itself (what
// nobody did lies with its issue), under its concern, and under its department.
func happeningItem(h *approval.Happening) (*Item, error) {
	order := placeOf(h.Place())
	item := Item{Key: Key{"VP#" + string(h.By.Person), order}, G1PK: "VC#" + string(h.Concern), G1SK: order}
	if h.By.Person == "" {
		item.Key = Key{issuePK(h.Issue), "V#" + eight(h.Seq)}
	}
	if h.Department != "" {
		item.G2PK, item.G2SK = "VD#"+string(h.Department), order
	}
	return encode(item, h)
}

// Happenings implements approval.Store.
func (s *Store) Happenings(ctx context.Context, q approval.HappeningQuery, limit int) ([]approval.Happening, error) {
	r := Range{Index: Index1, PK: "VC#" + string(q.Concern), Desc: true, Limit: min(max(limit, 1), largestPage)}
	switch {
	case q.Person != "":
		r.Index, r.PK = Primary, "VP#"+string(q.Person)
	case q.Department != "":
		r.Index, r.PK = Index2, "VD#"+string(q.Department)
	}
	if q.From.After(time.Time{}) {
		r.From = stamp(q.From)
	}
	if q.Before != (approval.Place{}) {
		if r.To = placeOf(q.Before); q.Before.Issue == "" { // a moment: whatever stands at it comes after it
			r.To = stamp(q.Before.At)
		}
	}
	var list []approval.Happening
	for len(list) < limit {
		items, next, err := s.table.Query(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("list what overseers look at: %w", err)
		}
		for k := range items {
			var h approval.Happening
			if err := json.Unmarshal(items[k].Body, &h); err != nil {
				return nil, fmt.Errorf("read %s %s: %w", items[k].PK, items[k].SK, err)
			}
			list = append(list, h)
		}
		if next == nil {
			break
		}
		r.After, r.Limit = next, limit-len(list)
	}
	return list, nil
}

// EnterHappenings implements approval.Store.
func (s *Store) EnterHappenings(ctx context.Context, list []approval.Happening, look bool) (missing int, err error) {
	var ops []Op
	write := func() error {
		if len(ops) == 0 || look {
			return nil
		}
		defer func() { ops = nil }()
		return s.table.Write(ctx, ops)
	}
	for k := range list {
		item, err := happeningItem(&list[k])
		if err != nil {
			return missing, err
		}
		_, ok, err := s.table.Get(ctx, item.Key)
		if err != nil {
			return missing, fmt.Errorf("look for a happening of issue %s: %w", list[k].Issue, err)
		}
		if ok {
			continue
		}
		missing++
		if ops = append(ops, Op{Put: item}); len(ops) == MaxOps {
			if err := write(); err != nil {
				return missing, err
			}
		}
	}
	return missing, write()
}
