package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"lianban/shared/engine"
)

// Journal is engine.Journal on the file.
type Journal struct {
	file *File
	last atomic.Int64
}

// Journal returns the file's journal of executions.
func (f *File) Journal(ctx context.Context) (engine.Journal, error) {
	if m := f.memory; m != nil {
		return memoryJournal{m.journal, m}, nil
	}
	j := &Journal{file: f}
	var last int64
	if err := f.db.QueryRowContext(ctx, `SELECT ifnull(max(id), 0) FROM execution`).Scan(&last); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	j.last.Store(last)
	return j, nil
}

var _ engine.Journal = (*Journal)(nil)

// NextID implements engine.Journal.
func (j *Journal) NextID() engine.ID { return engine.ID(j.last.Add(1)) }

// Define implements engine.Journal.
func (j *Journal) Define(ctx context.Context, d engine.Definition) error {
	if _, err := j.Definition(ctx, d.Digest); err == nil {
		return nil
	}
	return j.file.do(ctx, &job{run: func(w *writer) error {
		return w.exec(sqlDefine, d.Digest, d.Machine, d.Source)
	}})
}

// Definition implements engine.Journal.
func (j *Journal) Definition(ctx context.Context, digest string) (engine.Definition, error) {
	d := engine.Definition{Digest: digest}
	s, err := j.file.stmt(ctx, `SELECT machine, source FROM definition WHERE digest=?`)
	if err != nil {
		return d, err
	}
	err = s.QueryRowContext(ctx, digest).Scan(&d.Machine, &d.Source)
	if errors.Is(err, sql.ErrNoRows) {
		return d, engine.ErrUnknown
	}
	return d, err
}

const (
	sqlDefine    = `INSERT INTO definition (digest, machine, source) VALUES (?,?,?) ON CONFLICT DO NOTHING`
	sqlExecution = `SELECT id, machine, name, digest, started, status, wake, pending, ended FROM execution `
	sqlChunks    = `SELECT ifnull(max(seq)+1, 0) FROM chunk WHERE execution=?`
	sqlAppend    = `INSERT INTO chunk (execution, seq, data) VALUES (?,?,?)`
	sqlCreate    = `INSERT INTO execution (id, machine, name, digest, started, status, wake, pending, ended) VALUES (?,?,?,?,?,?,?,?,?)`
	sqlHead      = `UPDATE execution SET status=?, wake=?, pending=?, ended=? WHERE id=?`
)

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func execution(row interface{ Scan(...any) error }) (engine.Execution, error) {
	var x engine.Execution
	var started int64
	var wake, ended sql.NullInt64
	err := row.Scan(&x.ID, &x.Machine, &x.Name, &x.Digest, &started, &x.Head.Status, &wake, &x.Head.Pending, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return x, engine.ErrUnknown
	}
	x.StartedAt, x.Head.NextWake, x.Head.EndedAt = time.UnixMilli(started).UTC(), moment(wake), moment(ended)
	return x, err
}

// row is an execution as it is written.
func row(x *engine.Execution) []any {
	h := x.Head
	return []any{int64(x.ID), x.Machine, x.Name, x.Digest, x.StartedAt.UnixMilli(), string(h.Status), millis(h.NextWake), h.Pending, millis(h.EndedAt)}
}

// Create implements engine.Journal.
func (j *Journal) Create(ctx context.Context, x engine.Execution, data []byte) (engine.Execution, error) {
	stored := x
	err := j.file.do(ctx, &job{run: func(w *writer) error {
		s, err := w.stmt(sqlExecution + `WHERE name=? AND machine=?`)
		if err != nil {
			return err
		}
		before, err := execution(s.QueryRowContext(context.Background(), x.Name, x.Machine))
		switch {
		case err == nil:
			stored = before
			return refusal{engine.ErrExists}
		case !errors.Is(err, engine.ErrUnknown):
			return err
		}
		if err := w.exec(sqlCreate, row(&x)...); err != nil {
			return err
		}
		return w.exec(sqlAppend, int64(x.ID), 0, data)
	}})
	return stored, err
}

// Append implements engine.Journal.
func (j *Journal) Append(ctx context.Context, entries ...engine.Entry) error {
	return j.file.do(ctx, &job{run: func(w *writer) error {
		for k := range entries {
			e := &entries[k]
			var chunks int
			if _, err := w.row(sqlChunks, []any{int64(e.ID)}, &chunks); err != nil {
				return err
			}
			if chunks == 0 {
				return refusal{engine.ErrUnknown}
			}
			if chunks != e.Seq {
				return refusal{engine.ErrConflict}
			}
		}
		for k := range entries {
			e := &entries[k]
			if err := w.exec(sqlAppend, int64(e.ID), e.Seq, e.Data); err != nil {
				return err
			}
			if h := e.Head; h != nil {
				if err := w.exec(sqlHead, string(h.Status), millis(h.NextWake), h.Pending, millis(h.EndedAt), int64(e.ID)); err != nil {
					return err
				}
			}
		}
		return nil
	}})
}

// Load implements engine.Journal.
func (j *Journal) Load(ctx context.Context, id engine.ID) (engine.Execution, [][]byte, error) {
	s, err := j.file.stmt(ctx, sqlExecution+`WHERE id=?`)
	if err != nil {
		return engine.Execution{}, nil, err
	}
	x, err := execution(s.QueryRowContext(ctx, int64(id)))
	if err != nil {
		return x, nil, err
	}
	if s, err = j.file.stmt(ctx, `SELECT data FROM chunk WHERE execution=? ORDER BY seq`); err != nil {
		return x, nil, err
	}
	rows, err := s.QueryContext(ctx, int64(id))
	if err != nil {
		return x, nil, err
	}
	defer rows.Close()
	var chunks [][]byte
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return x, nil, err
		}
		chunks = append(chunks, data)
	}
	return x, chunks, rows.Err()
}

// Find implements engine.Journal.
func (j *Journal) Find(ctx context.Context, machine, name string) (engine.Execution, error) {
	s, err := j.file.stmt(ctx, sqlExecution+`WHERE name=? AND machine=?`)
	if err != nil {
		return engine.Execution{}, err
	}
	return execution(s.QueryRowContext(ctx, name, machine))
}

// Open implements engine.Journal.
func (j *Journal) Open(ctx context.Context) ([]engine.OpenExecution, error) {
	rows, err := j.file.db.QueryContext(ctx, `SELECT id, wake, pending FROM execution WHERE status='RUNNING' ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list open executions: %w", err)
	}
	defer rows.Close()
	var open []engine.OpenExecution
	for rows.Next() {
		var x engine.OpenExecution
		var wake sql.NullInt64
		if err := rows.Scan(&x.ID, &wake, &x.Pending); err != nil {
			return nil, err
		}
		x.NextWake = moment(wake)
		open = append(open, x)
	}
	return open, rows.Err()
}

// List implements engine.Journal.
func (j *Journal) List(ctx context.Context, q engine.Query) ([]engine.Execution, string, error) {
	limit := q.Limit
	switch {
	case limit == 0:
		limit = 100
	case limit < 0 || limit > 1000:
		return nil, "", fmt.Errorf("list executions: a page of %d; it takes 1 to 1000", limit)
	}
	before := int64(1) << 62
	if q.Page != "" {
		n, err := strconv.ParseInt(q.Page, 36, 64)
		if err != nil || n <= 0 {
			return nil, "", engine.ErrPage
		}
		before = n
	}
	rows, err := j.file.db.QueryContext(ctx, sqlExecution+`WHERE id < ? AND (?='' OR machine=?) AND (?='' OR status=?) ORDER BY id DESC LIMIT ?`,
		before, q.Machine, q.Machine, string(q.Status), string(q.Status), limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list executions: %w", err)
	}
	defer rows.Close()
	var list []engine.Execution
	for rows.Next() {
		x, err := execution(rows)
		if err != nil {
			return nil, "", err
		}
		list = append(list, x)
	}
	if err := rows.Err(); err != nil {
		return nil, "", err
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], strconv.FormatInt(int64(list[limit-1].ID), 36), nil
}
