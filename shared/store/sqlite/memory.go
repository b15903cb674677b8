package sqlite

import (
	"context"
	"fmt"
	"os"

	"lianban/shared/engine"
	"lianban/shared/store"
)

// memory is the file's content while it is kept in memory.
type memory struct {
	table       *store.Memory
	journal     *engine.MemJournal
	definitions []engine.Definition
}

// InMemory keeps a new file's items and journal in memory until Close writes them
// in one go: for data that is worthless before it is whole, such as a simulation's.
// A process that is killed before leaves nothing of them.
func InMemory() Option { return func(f *File) { f.memory = &memory{journal: engine.NewMemJournal()} } }

// Discard has Close write nothing of what is in memory.
func (f *File) Discard() {
	f.memory = &memory{table: store.NewMemory(nil), journal: engine.NewMemJournal()}
}

// memoryJournal remembers the definitions, which a journal does not list.
type memoryJournal struct {
	*engine.MemJournal
	memory *memory
}

// Define implements engine.Journal.
func (j memoryJournal) Define(ctx context.Context, d engine.Definition) error {
	if _, err := j.Definition(ctx, d.Digest); err == nil {
		return nil
	}
	j.memory.definitions = append(j.memory.definitions, d)
	return j.MemJournal.Define(ctx, d)
}

// fresh refuses a file that holds something: it would not be in memory.
func (f *File) fresh(ctx context.Context) error {
	var rows int
	if err := f.conn.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM execution)`).Scan(&rows); err != nil {
		return fmt.Errorf("read data file %s: %w", f.path, err)
	}
	if rows > 0 {
		return fmt.Errorf("data file %s is not new, so it cannot be filled from memory; name another file", f.path)
	}
	return nil
}

// pour writes what is in memory into the file, as one transaction.
func (f *File) pour(w *writer) error {
	defer w.close()
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := f.pourAll(w); err != nil {
		_ = w.exec("ROLLBACK")
		return err
	}
	return w.exec("COMMIT")
}

func (f *File) pourAll(w *writer) error {
	for i := range f.memory.table.All() {
		if err := writeOp(w, &store.Op{Put: i}); err != nil {
			return err
		}
	}
	ctx := context.Background()
	for _, d := range f.memory.definitions {
		if err := w.exec(sqlDefine, d.Digest, d.Machine, d.Source); err != nil {
			return err
		}
	}
	query := engine.Query{Limit: 1000}
	for {
		rows, next, err := f.memory.journal.List(ctx, query)
		if err != nil {
			return err
		}
		for k := range rows {
			x := &rows[k]
			_, chunks, err := f.memory.journal.Load(ctx, x.ID)
			if err != nil {
				return err
			}
			if err := w.exec(sqlCreate, row(x)...); err != nil {
				return err
			}
			for seq, data := range chunks {
				if err := w.exec(sqlAppend, int64(x.ID), seq, data); err != nil {
					return err
				}
			}
		}
		if query.Page = next; next == "" {
			return nil
		}
	}
}

// sync makes a file that was written without waiting for the disk durable.
func (f *File) sync() error {
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = file.Sync()
	if err2 := file.Close(); err == nil {
		err = err2
	}
	return err
}
