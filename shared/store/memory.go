package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Memory is a Table in memory, for simulations whose time is virtual. It keeps the
// contract except that it does not survive the process. Items are kept as they are
// given and shared with whoever reads them: nobody changes a body in place.
type Memory struct {
	mu    sync.RWMutex
	items map[Key]*Item
	lists [3]map[string][]listed // by index and partition, in order of the sort key
	// wrote, when not nil, is handed what each write puts, in the order of writes.
	wrote func([]Item)
}

// listed is an item's place in a partition of an index.
type listed struct {
	sort string
	item *Item
}

// NewMemory returns an empty table. Wrote, when not nil, is handed what each write
// puts, in the order of writes; it must not call the table.
func NewMemory(wrote func([]Item)) *Memory {
	m := &Memory{items: map[Key]*Item{}, wrote: wrote}
	for k := range m.lists {
		m.lists[k] = map[string][]listed{}
	}
	return m
}

var _ Table = (*Memory)(nil)

// places are where the indexes list an item, under an empty partition nowhere.
func (i *Item) places() [3][2]string {
	return [3][2]string{{i.PK, i.SK}, {i.G1PK, i.G1SK}, {i.G2PK, i.G2SK}}
}

func find(list []listed, sort string) (int, bool) {
	return slices.BinarySearchFunc(list, sort, func(l listed, sort string) int { return cmp.Compare(l.sort, sort) })
}

func (m *Memory) put(item Item) {
	i := &item
	old := m.items[i.Key]
	m.items[i.Key] = i
	var before [3][2]string
	if old != nil {
		before = old.places()
	}
	for index, place := range i.places() {
		lists := m.lists[index]
		if was := before[index]; was != place {
			m.unlist(index, was)
		}
		if place[0] == "" {
			continue
		}
		list := lists[place[0]]
		at, there := find(list, place[1])
		if there {
			list[at].item = i
			continue
		}
		lists[place[0]] = slices.Insert(list, at, listed{place[1], i})
	}
}

func (m *Memory) unlist(index int, place [2]string) {
	if place[0] == "" {
		return
	}
	list := m.lists[index][place[0]]
	if at, there := find(list, place[1]); there {
		list = slices.Delete(list, at, at+1)
	}
	if len(list) == 0 {
		delete(m.lists[index], place[0])
		return
	}
	m.lists[index][place[0]] = list
}

func (m *Memory) remove(key Key) {
	if old := m.items[key]; old != nil {
		delete(m.items, key)
		for index, place := range old.places() {
			m.unlist(index, place)
		}
	}
}

// Write implements Table.
func (m *Memory) Write(_ context.Context, ops []Op) error {
	put, err := Puts(ops)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range ops {
		op := &ops[k]
		if op.If == Always {
			continue
		}
		stored := m.items[op.Key()]
		if op.If == IfAbsent && stored != nil || op.If == IfVersion && (stored == nil || stored.Version != op.Version) {
			return &FailedCondition{Op: k}
		}
	}
	for k := range ops {
		if ops[k].Put != nil {
			m.put(*ops[k].Put)
		} else {
			m.remove(ops[k].Delete)
		}
	}
	if m.wrote != nil && len(put) > 0 {
		m.wrote(put)
	}
	return nil
}

// Puts are the items that a transaction puts. It refuses one that no table takes.
func Puts(ops []Op) ([]Item, error) {
	if len(ops) > MaxOps {
		return nil, fmt.Errorf("a transaction of %d operations; at most %d", len(ops), MaxOps)
	}
	seen := make(map[Key]bool, len(ops))
	put := make([]Item, 0, len(ops))
	for k := range ops {
		key := ops[k].Key()
		if seen[key] {
			return nil, fmt.Errorf("two operations on %s %s in one transaction", key.PK, key.SK)
		}
		seen[key] = true
		if ops[k].Put != nil {
			put = append(put, *ops[k].Put)
		}
	}
	return put, nil
}

// Forget implements Table.
func (m *Memory) Forget(_ context.Context, keys []Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		m.remove(key)
	}
	return nil
}

// Expire deletes what may vanish by the given Unix second.
func (m *Memory) Expire(unix int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, i := range m.items {
		if i.Expires != 0 && i.Expires < unix {
			m.remove(key)
		}
	}
}

// Get implements Table.
func (m *Memory) Get(_ context.Context, key Key) (Item, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i := m.items[key]; i != nil {
		return *i, true, nil
	}
	return Item{}, false, nil
}

// Query implements Table.
func (m *Memory) Query(_ context.Context, r Range) ([]Item, *Position, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := m.lists[r.Index][r.PK]
	from, _ := find(list, r.From)
	to := len(list)
	if r.To != "" {
		to, _ = find(list, r.To)
	}
	if r.After != nil {
		at, there := find(list, r.After.SortKey)
		switch {
		case r.Desc:
			to = min(to, at)
		case there:
			from = max(from, at+1)
		default:
			from = max(from, at)
		}
	}
	list = list[from:max(from, to)]
	n := min(len(list), r.Limit)
	out := make([]Item, n)
	for k := range out {
		at := k
		if r.Desc {
			at = len(list) - 1 - k
		}
		out[k] = *list[at].item
	}
	if n == len(list) || n == 0 {
		return out, nil, nil
	}
	last := &out[n-1]
	return out, &Position{Key: last.Key, SortKey: last.places()[r.Index][1]}, nil
}

// All are the items, by primary key.
func (m *Memory) All() iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		m.mu.RLock()
		defer m.mu.RUnlock()
		for _, partition := range slices.Sorted(maps.Keys(m.lists[Primary])) {
			for _, l := range m.lists[Primary][partition] {
				if !yield(l.item) {
					return
				}
			}
		}
	}
}
