package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Lag is a table whose indexes are behind, as DynamoDB's may be: what an index
// query sees is the table as it stood some writes ago. The primary index is
// current. It is for rehearsals and tests, which must not lean on an index that
// happens to be fast.
type Lag struct {
	Table
	behind int

	mu     sync.Mutex
	recent []seen // oldest first
}

// seen is an item as it was before a recent write.
type seen struct {
	key    Key
	before *Item // nil: there was none
	write  int
}

// NewLag puts the indexes of a table so many writes behind.
func NewLag(table Table, behind int) *Lag { return &Lag{Table: table, behind: behind} }

// Settle lets the indexes catch up.
func (l *Lag) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent = nil
}

// Write implements Table. Writes pass one at a time, so that their order is known.
func (l *Lag) Write(ctx context.Context, ops []Op) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := make([]seen, len(ops))
	for k := range ops {
		key := ops[k].Key()
		item, ok, err := l.Get(ctx, key)
		if err != nil {
			return err
		}
		before[k].key = key
		if ok {
			before[k].before = &item
		}
	}
	if err := l.Table.Write(ctx, ops); err != nil {
		return err
	}
	last := 0
	if n := len(l.recent); n > 0 {
		last = l.recent[n-1].write
	}
	for k := range before {
		before[k].write = last + 1
	}
	l.recent = append(l.recent, before...)
	l.recent = slices.DeleteFunc(l.recent, func(s seen) bool { return s.write <= last+1-l.behind })
	return nil
}

// Query implements Table.
func (l *Lag) Query(ctx context.Context, r Range) ([]Item, *Position, error) {
	if r.Index == Primary {
		return l.Table.Query(ctx, r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := map[Key]*Item{}
	for _, s := range l.recent {
		if _, ok := old[s.key]; !ok {
			old[s.key] = s.before
		}
	}
	var items []Item
	all := r
	all.After, all.Limit = nil, 1000
	for {
		page, next, err := l.Table.Query(ctx, all)
		if err != nil {
			return nil, nil, err
		}
		for k := range page {
			if _, changed := old[page[k].Key]; !changed {
				items = append(items, page[k])
			}
		}
		if all.After = next; next == nil {
			break
		}
	}
	for _, item := range old {
		if item == nil {
			continue
		}
		pk, sk := item.of(r.Index)
		if pk == r.PK && sk >= r.From && (r.To == "" || sk < r.To) {
			items = append(items, *item)
		}
	}
	order := func(a, b string) int {
		if r.Desc {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	}
	slices.SortFunc(items, func(a, b Item) int {
		_, x := a.of(r.Index)
		_, y := b.of(r.Index)
		return order(x, y)
	})
	if r.After != nil {
		items = slices.DeleteFunc(items, func(i Item) bool {
			_, sk := i.of(r.Index)
			return order(sk, r.After.SortKey) <= 0
		})
	}
	if len(items) <= r.Limit {
		return items, nil, nil
	}
	items = items[:r.Limit]
	_, sk := items[r.Limit-1].of(r.Index)
	return items, &Position{Key: items[r.Limit-1].Key, SortKey: sk}, nil
}

// of is the item's keys in an index.
func (i *Item) of(index Index) (pk, sk string) {
	switch index {
	case Index1:
		return i.G1PK, i.G1SK
	case Index2:
		return i.G2PK, i.G2SK
	}
	return i.PK, i.SK
}
