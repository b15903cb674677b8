package engine

import (
	"container/heap"
	"sync"
	"time"
)

// timers knows when which execution wants to be woken: one entry an execution,
// a few words each.
type timers struct {
	mu    sync.Mutex
	items wakeHeap
	byID  map[ID]*wakeItem
	// changed has room for one sign that the earliest timer is another now.
	changed chan struct{}
}

type wakeItem struct {
	id    ID
	at    int64 // Unix milliseconds
	index int
}

func newTimers() *timers {
	return &timers{byID: map[ID]*wakeItem{}, changed: make(chan struct{}, 1)}
}

// set arms, moves or, with a zero time, removes an execution's timer.
func (t *timers) set(id ID, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.byID[id]
	if at.IsZero() {
		if w != nil {
			heap.Remove(&t.items, w.index)
			delete(t.byID, id)
		}
		return
	}
	ms := at.UnixMilli()
	switch {
	case w == nil:
		w = &wakeItem{id: id, at: ms}
		t.byID[id] = w
		heap.Push(&t.items, w)
	case w.at == ms:
		return
	default:
		w.at = ms
		heap.Fix(&t.items, w.index)
	}
	if t.items[0] == w {
		select {
		case t.changed <- struct{}{}:
		default:
		}
	}
}

// next is the earliest timer.
func (t *timers) next() (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.items) == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(t.items[0].at).UTC(), true
}

// due removes and returns up to most executions whose timers are not after now,
// the earliest first.
func (t *timers) due(now time.Time, most int) []ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []ID
	for ms := now.UnixMilli(); len(out) < most && len(t.items) > 0 && t.items[0].at <= ms; {
		w := heap.Pop(&t.items).(*wakeItem)
		delete(t.byID, w.id)
		out = append(out, w.id)
	}
	return out
}

// wakeHeap orders by time and then by execution, so that a simulation wakes in
// the same order every time.
type wakeHeap []*wakeItem

func (h wakeHeap) Len() int { return len(h) }

func (h wakeHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].id < h[j].id
}

func (h wakeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *wakeHeap) Push(x any) {
	w := x.(*wakeItem)
	w.index = len(*h)
	*h = append(*h, w)
}

func (h *wakeHeap) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return w
}
