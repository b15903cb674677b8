package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"lianban/shared/store"
)

// Table is store.Table on the file.
type Table struct{ file *File }

// Table returns the file's table of items.
func (f *File) Table() *Table { return &Table{f} }

var _ store.Table = (*Table)(nil)

const (
	sqlVersion = `SELECT version FROM item WHERE pk=? AND sk=?`
	sqlPut     = `INSERT INTO item (pk, sk, g1pk, g1sk, g2pk, g2sk, version, expires, body) VALUES (?,?,?,?,?,?,?,?,?)
		ON CONFLICT (pk, sk) DO UPDATE SET g1pk=excluded.g1pk, g1sk=excluded.g1sk, g2pk=excluded.g2pk, g2sk=excluded.g2sk,
		version=excluded.version, expires=excluded.expires, body=excluded.body`
	sqlSame    = `UPDATE item SET version=?, expires=?, body=? WHERE pk=? AND sk=? AND g1pk IS ? AND g1sk IS ? AND g2pk IS ? AND g2sk IS ?`
	sqlDelete  = `DELETE FROM item WHERE pk=? AND sk=?`
	sqlGet     = `SELECT pk, sk, g1pk, g1sk, g2pk, g2sk, version, expires, body FROM item WHERE pk=? AND sk=?`
	sqlExpired = `DELETE FROM item WHERE expires < ?`
)

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Write implements store.Table.
func (t *Table) Write(ctx context.Context, ops []store.Op) error {
	if m := t.file.memory; m != nil {
		return m.table.Write(ctx, ops)
	}
	put, err := store.Puts(ops)
	if err != nil {
		return err
	}
	return t.file.do(ctx, &job{put: put, run: func(w *writer) error {
		for k := range ops {
			op := &ops[k]
			if op.If == store.Always {
				continue
			}
			var version int64
			key := op.Key()
			found, err := w.row(sqlVersion, []any{key.PK, key.SK}, &version)
			if err != nil {
				return err
			}
			if op.If == store.IfAbsent && found || op.If == store.IfVersion && (!found || version != op.Version) {
				return refusal{&store.FailedCondition{Op: k}}
			}
		}
		for k := range ops {
			if err := writeOp(w, &ops[k]); err != nil {
				return err
			}
		}
		return nil
	}})
}

func writeOp(w *writer, op *store.Op) error {
	if i := op.Put; i != nil {
		var expires any
		if i.Expires != 0 {
			expires = i.Expires
		}
		if i.Version > 1 { // it is there; while its index keys stay, the indexes need not be touched
			n, err := w.affect(sqlSame, i.Version, expires, i.Body, i.PK, i.SK, null(i.G1PK), null(i.G1SK), null(i.G2PK), null(i.G2SK))
			if n > 0 || err != nil {
				return err
			}
		}
		return w.exec(sqlPut, i.PK, i.SK, null(i.G1PK), null(i.G1SK), null(i.G2PK), null(i.G2SK), i.Version, expires, i.Body)
	}
	return w.exec(sqlDelete, op.Delete.PK, op.Delete.SK)
}

// Forget implements store.Table.
func (t *Table) Forget(ctx context.Context, keys []store.Key) error {
	if m := t.file.memory; m != nil {
		return m.table.Forget(ctx, keys)
	}
	return t.file.later(&job{run: func(w *writer) error {
		for _, key := range keys {
			if err := w.exec(sqlDelete, key.PK, key.SK); err != nil {
				return err
			}
		}
		return nil
	}})
}

// Expire deletes what may vanish by the given Unix second.
func (t *Table) Expire(ctx context.Context, unix int64) error {
	if m := t.file.memory; m != nil {
		m.table.Expire(unix)
		return nil
	}
	return t.file.do(ctx, &job{run: func(w *writer) error { return w.exec(sqlExpired, unix) }})
}

// Get implements store.Table.
func (t *Table) Get(ctx context.Context, key store.Key) (Item, bool, error) {
	if m := t.file.memory; m != nil {
		return m.table.Get(ctx, key)
	}
	s, err := t.file.stmt(ctx, sqlGet)
	if err != nil {
		return Item{}, false, err
	}
	item, err := scan(s.QueryRowContext(ctx, key.PK, key.SK))
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, false, nil
	}
	return item, err == nil, err
}

func scan(row interface{ Scan(...any) error }) (Item, error) {
	var i Item
	var g1pk, g1sk, g2pk, g2sk sql.NullString
	var expires sql.NullInt64
	err := row.Scan(&i.PK, &i.SK, &g1pk, &g1sk, &g2pk, &g2sk, &i.Version, &expires, &i.Body)
	i.G1PK, i.G1SK, i.G2PK, i.G2SK, i.Expires = g1pk.String, g1sk.String, g2pk.String, g2sk.String, expires.Int64
	return i, err
}

const columns = `SELECT pk, sk, g1pk, g1sk, g2pk, g2sk, version, expires, body FROM item `

// queries holds the text for each index and direction. "\uffff" follows every
// sort key, and the position's sort key is never equal to another's in its
// partition, because each ends with the item's own name.
var queries = [3][2]string{
	{columns + `WHERE pk=? AND sk>=? AND sk<? AND sk>? ORDER BY sk LIMIT ?`, columns + `WHERE pk=? AND sk>=? AND sk<? AND sk<? ORDER BY sk DESC LIMIT ?`},
	{columns + `WHERE g1pk=? AND g1sk>=? AND g1sk<? AND g1sk>? ORDER BY g1sk LIMIT ?`, columns + `WHERE g1pk=? AND g1sk>=? AND g1sk<? AND g1sk<? ORDER BY g1sk DESC LIMIT ?`},
	{columns + `WHERE g2pk=? AND g2sk>=? AND g2sk<? AND g2sk>? ORDER BY g2sk LIMIT ?`, columns + `WHERE g2pk=? AND g2sk>=? AND g2sk<? AND g2sk<? ORDER BY g2sk DESC LIMIT ?`},
}

const last = "\U0010ffff"

const (
	sqlRecords = columns + `WHERE (pk>='I#' AND pk<'I$' OR pk>='R#' AND pk<'R$') AND sk='A' ORDER BY pk`
	sqlTrails  = columns + `WHERE (pk>='I#' AND pk<'I$' OR pk>='R#' AND pk<'R$') AND (sk='A' OR sk>='E#' AND sk<'F') ORDER BY pk, sk`
)

// Items reads everything in the table, in the order of the keys and as it stands at one
// moment. It is not for a file that is kept in memory.
func (f *File) Items(ctx context.Context) iter.Seq2[Item, error] {
	return f.rows(ctx, columns+`ORDER BY pk, sk`)
}

// Trails reads all records that have an audit trail and, if wanted, their events after each, in
// the order of their keys and as they stand at one moment, also while another process writes.
// It is not for a file that is kept in memory.
func (f *File) Trails(ctx context.Context, events bool) iter.Seq2[Item, error] {
	text := sqlRecords
	if events {
		text = sqlTrails
	}
	return f.rows(ctx, text)
}

func (f *File) rows(ctx context.Context, text string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		rows, err := f.db.QueryContext(ctx, text)
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			item, err := scan(rows)
			if !yield(item, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Item{}, err)
		}
	}
}

// Query implements store.Table.
func (t *Table) Query(ctx context.Context, r store.Range) ([]Item, *store.Position, error) {
	if m := t.file.memory; m != nil {
		return m.table.Query(ctx, r)
	}
	to, after, direction := r.To, "", 0
	if to == "" {
		to = last
	}
	if r.Desc {
		direction, after = 1, last
	}
	if r.After != nil {
		after = r.After.SortKey
	}
	s, err := t.file.stmt(ctx, queries[r.Index][direction])
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.QueryContext(ctx, r.PK, r.From, to, after, r.Limit+1)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	items := make([]Item, 0, min(r.Limit, 16))
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, item)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	if len(items) <= r.Limit {
		return items, nil, nil
	}
	items = items[:r.Limit]
	i := &items[r.Limit-1]
	sort := [3]string{i.SK, i.G1SK, i.G2SK}[r.Index]
	return items, &store.Position{Key: i.Key, SortKey: sort}, nil
}
