package approvaltest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/sim"
)

// Clock is a clock that stands until it is moved.
type Clock = sim.Clock

// NewClock starts at a moment.
func NewClock(at time.Time) *Clock { return sim.NewClock(at) }

// IDs counts up: the ids of a test are the same in every run.
func IDs() func() approval.IssueID {
	var mu sync.Mutex
	n := 0
	return func() approval.IssueID {
		mu.Lock()
		defer mu.Unlock()
		n++
		return approval.IssueID(fmt.Sprintf("01900000-0000-7000-8000-%012d", n))
	}
}

// Stillness is a workflow in which nothing happens by itself: it records what it
// was asked for. Tokens named in Gone have moved on.
type Stillness struct {
	mu   sync.Mutex
	Gone map[string]bool
	Log  []string
}

var _ approval.Workflows = (*Stillness)(nil)

func (s *Stillness) note(token, line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Gone[token] {
		return approval.ErrMovedOn
	}
	s.Log = append(s.Log, line)
	if token != "" {
		if s.Gone == nil {
			s.Gone = map[string]bool{}
		}
		s.Gone[token] = true
	}
	return nil
}

// Start implements approval.Workflows.
func (s *Stillness) Start(_ context.Context, name string, _ []byte) error {
	return s.note("", "start "+name)
}

// Succeed implements approval.Workflows.
func (s *Stillness) Succeed(_ context.Context, token string, _ []byte) error {
	return s.note(token, "succeed "+token)
}

// Fail implements approval.Workflows.
func (s *Stillness) Fail(_ context.Context, token, name, _ string) error {
	return s.note(token, "fail "+token+" "+name)
}
