package store

import (
	"container/list"
	"sync"

	"lianban/shared/approval"
)

// cache remembers issues as their last commit left them, for a table that only
// this process writes. It never says more than the table: an entry is made only
// by a commit that no other on the same issue overlapped, and dropped by every
// commit that failed.
type cache struct {
	mu      sync.Mutex
	most    int
	order   *list.List // of approval.Issue, the most recent first
	entries map[approval.IssueID]*list.Element
	flights map[approval.IssueID]*flight
}

// flight is the commits on one issue that are under way.
type flight struct {
	n          int
	overlapped bool
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), entries: map[approval.IssueID]*list.Element{}, flights: map[approval.IssueID]*flight{}}
}

func (c *cache) get(id approval.IssueID) (approval.Issue, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	if e == nil {
		return approval.Issue{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(approval.Issue), true
}

func (c *cache) begin(id approval.IssueID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[id]
	if f == nil {
		f = &flight{}
		c.flights[id] = f
	}
	f.n++
	f.overlapped = f.overlapped || f.n > 1
}

// end takes in what a commit left; a failed one leaves nothing.
func (c *cache) end(issue approval.Issue, committed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[issue.ID]
	if f.n--; f.n == 0 {
		delete(c.flights, issue.ID)
	}
	old := c.entries[issue.ID]
	switch {
	case !committed || f.overlapped:
		if old != nil {
			c.order.Remove(old)
			delete(c.entries, issue.ID)
		}
	case old != nil:
		old.Value = issue
		c.order.MoveToFront(old)
	default:
		c.entries[issue.ID] = c.order.PushFront(issue)
		if c.order.Len() > c.most {
			last := c.order.Back()
			c.order.Remove(last)
			delete(c.entries, last.Value.(approval.Issue).ID)
		}
	}
}
