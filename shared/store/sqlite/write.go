package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lianban/shared/store"
)

// Item is a row of the table.
type Item = store.Item

// ErrClosed is what a write to a closed file answers.
var ErrClosed = errors.New("the data file is closed")

// ErrReadOnly is what a write to a viewed file answers.
var ErrReadOnly = errors.New("the data file is open to read only")

func inUse(lock string) error {
	return fmt.Errorf("data file %s is in use by another running process; stop that one, or name another file", strings.TrimSuffix(lock, ".lock"))
}

// job is one caller's write. Run first checks its conditions and only then
// writes, so that a refusal leaves nothing behind and no savepoint is needed; an
// error while writing fails the transaction.
type job struct {
	run  func(tx *writer) error
	put  []Item // for the feed
	err  error
	done chan struct{} // nil: nobody waits
}

// refusal marks an error of a job's checks, before its first write.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// writer is the one connection that writes, with its prepared statements.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (w *writer) stmt(text string) (*sql.Stmt, error) {
	if s := w.stmts[text]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.stmts[text] = s
	}
	return s, err
}

func (w *writer) close() {
	for _, s := range w.stmts {
		_ = s.Close()
	}
}

func (w *writer) exec(text string, args ...any) error {
	_, err := w.affect(text, args...)
	return err
}

// affect is exec that answers how many rows were changed.
func (w *writer) affect(text string, args ...any) (int64, error) {
	s, err := w.stmt(text)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row; false when there is none.
func (w *writer) row(text string, args []any, into ...any) (bool, error) {
	s, err := w.stmt(text)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(context.Background(), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// do has the job written and waits until it is durable. A context that ends
// first leaves the outcome unknown to the caller.
func (f *File) do(ctx context.Context, j *job) error {
	if f.jobs == nil {
		return ErrReadOnly
	}
	j.done = make(chan struct{})
	select {
	case f.jobs <- j:
	case <-f.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-j.done:
		return j.err
	case <-f.stopped:
		select {
		case <-j.done:
			return j.err
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// later has the job written some time soon; nobody waits for it.
func (f *File) later(j *job) error {
	if f.jobs == nil {
		return ErrReadOnly
	}
	select {
	case f.jobs <- j:
		return nil
	case <-f.stop:
		return ErrClosed
	}
}

// gather is how many writes share a commit at most: enough that the disk is not
// what bounds throughput, few enough that nobody waits long.
const gather = 512

// The write-ahead log is folded into the file beside the writer every foldAside
// jobs, so that when the writer itself folds the rest, which lets the log begin
// anew, there is little left to do while callers wait.
const (
	foldAside = 2000
	foldHere  = 20000
)

// fold folds the write-ahead log in, on a reader's connection, whenever the writer
// asks; writes go on meanwhile.
func (f *File) fold() {
	for range f.folds {
		var busy, log, folded int
		_ = f.db.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &folded)
	}
	close(f.folded)
}

func (f *File) write() {
	defer close(f.stopped)
	defer func() {
		close(f.folds)
		<-f.folded
	}()
	w := &writer{conn: f.conn, stmts: map[string]*sql.Stmt{}}
	batch := make([]*job, 0, gather)
	sinceFold := 0
	for {
		batch = batch[:0]
		select {
		case j := <-f.jobs:
			batch = append(batch, j)
		case <-f.stop:
			for {
				select {
				case j := <-f.jobs:
					batch = append(batch, j)
					continue
				default:
				}
				break
			}
			if len(batch) > 0 {
				f.commit(w, batch)
			}
			// Somebody who reads, as a backup does, must not hold up the stop.
			_ = w.exec("PRAGMA busy_timeout=500")
			_ = w.exec("PRAGMA wal_checkpoint(TRUNCATE)")
			w.close()
			return
		}
	more:
		for len(batch) < gather {
			select {
			case j := <-f.jobs:
				batch = append(batch, j)
			default:
				break more
			}
		}
		f.commit(w, batch)
		before := sinceFold
		switch sinceFold += len(batch); {
		case sinceFold >= foldHere:
			_ = w.exec("PRAGMA wal_checkpoint(PASSIVE)")
			sinceFold = 0
		case before/foldAside != sinceFold/foldAside:
			select {
			case f.folds <- struct{}{}:
			default: // one is under way
			}
		}
	}
}

// commit writes a batch in one transaction. If a write fails that had passed its
// checks, every job is tried again in a transaction of its own, so that one
// caller's trouble is not another's.
func (f *File) commit(w *writer, batch []*job) {
	if err := f.transact(w, batch); err != nil && len(batch) > 1 {
		for k := range batch {
			_ = f.transact(w, batch[k:k+1])
		}
	}
	for _, j := range batch {
		if j.err == nil && len(j.put) > 0 && f.feed != nil {
			f.feed(j.put)
		}
		if j.done != nil {
			close(j.done)
		}
	}
}

func (f *File) transact(w *writer, batch []*job) (err error) {
	fail := func(err error) error {
		_ = w.exec("ROLLBACK")
		for _, j := range batch {
			if _, refused := errors.AsType[refusal](j.err); !refused {
				j.err = fmt.Errorf("write data file %s: %w", f.path, err)
			}
		}
		return err
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return fail(err)
	}
	for _, j := range batch {
		j.err = j.run(w)
		if _, refused := errors.AsType[refusal](j.err); j.err != nil && !refused {
			return fail(j.err)
		}
	}
	if err := w.exec("COMMIT"); err != nil {
		return fail(err)
	}
	return nil
}
