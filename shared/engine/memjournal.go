package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// MemJournal is a Journal in memory, for tests and for simulations whose time
// is virtual. It keeps the contract except that it does not survive the process.
type MemJournal struct {
	mu     sync.Mutex
	last   ID
	rows   map[ID]*memRow
	names  map[[2]string]ID
	open   map[ID]struct{}
	defs   map[string]Definition
	writes int
	// cut, when it is not negative, is how many more writes succeed.
	cut int
}

type memRow struct {
	row    Execution
	chunks [][]byte
}

// NewMemJournal returns an empty journal.
func NewMemJournal() *MemJournal {
	return &MemJournal{
		rows: map[ID]*memRow{}, names: map[[2]string]ID{}, open: map[ID]struct{}{}, defs: map[string]Definition{}, cut: -1,
	}
}

// ErrCut is what a write returns after Cut has taken effect.
var ErrCut = fmt.Errorf("the journal was cut")

// Cut lets n more writes succeed and refuses the rest, as if the machine had
// stopped there. A negative n lifts the cut: the machine is back.
func (j *MemJournal) Cut(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cut = n
}

// Writes is how many writes of executions have succeeded.
func (j *MemJournal) Writes() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.writes
}

func (j *MemJournal) write() error {
	if j.cut == 0 {
		return ErrCut
	}
	if j.cut > 0 {
		j.cut--
	}
	j.writes++
	return nil
}

// NextID returns the next number.
func (j *MemJournal) NextID() ID {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	return j.last
}

// Define stores a definition.
func (j *MemJournal) Define(_ context.Context, d Definition) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.defs[d.Digest]; !ok {
		d.Source = bytes.Clone(d.Source)
		j.defs[d.Digest] = d
	}
	return nil
}

// Definition returns a definition.
func (j *MemJournal) Definition(_ context.Context, digest string) (Definition, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	d, ok := j.defs[digest]
	if !ok {
		return d, fmt.Errorf("definition %s: %w", digest, ErrUnknown)
	}
	return d, nil
}

// Create stores a new execution.
func (j *MemJournal) Create(_ context.Context, x Execution, data []byte) (Execution, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := [2]string{x.Machine, x.Name}
	if id, ok := j.names[key]; ok {
		return j.rows[id].row, ErrExists
	}
	if err := j.write(); err != nil {
		return x, err
	}
	j.names[key] = x.ID
	j.rows[x.ID] = &memRow{row: x, chunks: [][]byte{bytes.Clone(data)}}
	if x.Head.Status == Running {
		j.open[x.ID] = struct{}{}
	}
	j.last = max(j.last, x.ID)
	return x, nil
}

// Append adds chunks.
func (j *MemJournal) Append(_ context.Context, entries ...Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range entries {
		r := j.rows[e.ID]
		if r == nil {
			return fmt.Errorf("execution %d: %w", e.ID, ErrUnknown)
		}
		if len(r.chunks) != e.Seq {
			return fmt.Errorf("execution %d: chunk %d after %d: %w", e.ID, e.Seq, len(r.chunks), ErrConflict)
		}
	}
	if err := j.write(); err != nil {
		return err
	}
	for _, e := range entries {
		r := j.rows[e.ID]
		r.chunks = append(r.chunks, bytes.Clone(e.Data))
		if e.Head != nil {
			r.row.Head = *e.Head
			if e.Head.Status != Running {
				delete(j.open, e.ID)
			}
		}
	}
	return nil
}

// Load returns an execution and its chunks.
func (j *MemJournal) Load(_ context.Context, id ID) (Execution, [][]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.rows[id]
	if r == nil {
		return Execution{}, nil, fmt.Errorf("execution %d: %w", id, ErrUnknown)
	}
	chunks := make([][]byte, len(r.chunks))
	for i, c := range r.chunks {
		chunks[i] = bytes.Clone(c)
	}
	return r.row, chunks, nil
}

// Find returns an execution by name.
func (j *MemJournal) Find(_ context.Context, machine, name string) (Execution, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	id, ok := j.names[[2]string{machine, name}]
	if !ok {
		return Execution{}, fmt.Errorf("execution %s of %s: %w", name, machine, ErrUnknown)
	}
	return j.rows[id].row, nil
}

// Open lists what runs.
func (j *MemJournal) Open(context.Context) ([]OpenExecution, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]OpenExecution, 0, len(j.open))
	for id := range j.open {
		h := j.rows[id].row.Head
		out = append(out, OpenExecution{ID: id, NextWake: h.NextWake, Pending: h.Pending})
	}
	slices.SortFunc(out, func(a, b OpenExecution) int { return int(a.ID - b.ID) })
	return out, nil
}

// List returns a page, newest first.
func (j *MemJournal) List(_ context.Context, q Query) ([]Execution, string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	if limit < 0 || limit > 1000 {
		return nil, "", fmt.Errorf("a page of %d executions: 1 to 1000", limit)
	}
	below := j.last + 1
	if q.Page != "" {
		n, err := strconv.ParseInt(q.Page, 36, 64)
		if err != nil || n <= 0 {
			return nil, "", ErrPage
		}
		below = ID(n)
	}
	var ids []ID
	for id, r := range j.rows {
		if id < below && (q.Machine == "" || q.Machine == r.row.Machine) && (q.Status == "" || q.Status == r.row.Head.Status) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b ID) int { return int(b - a) })
	next := ""
	if len(ids) > limit {
		ids = ids[:limit]
		next = strconv.FormatInt(int64(ids[limit-1]), 36)
	}
	out := make([]Execution, len(ids))
	for i, id := range ids {
		out[i] = j.rows[id].row
	}
	return out, next, nil
}

var _ Journal = (*MemJournal)(nil)
