// Package sqlite keeps everything of one machine in one SQLite file: the table
// of items beneath store.Store and the journal of the embedded engine.
//
// It must not know HTTP or AWS, nor any rule of the domain. The driver is
// modernc.org/sqlite, so no C compiler is needed.
//
// # Promises
//
//   - One process at a time writes the file; a second one is told so.
//   - One goroutine writes. It gathers whatever has been asked for and commits it
//     together in write-ahead mode with synchronous=FULL, so that a write which
//     returned survives kill -9 and power loss. Each caller's write is whole or
//     not at all; a table's and a journal's write are never joined.
//   - A file that is not Lianban's, or that a newer program wrote, is refused and
//     left as it is.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"lianban/shared/store"
)

// applicationID marks a data file as Lianban's ("LBAN" in SQLite's header).
const applicationID = 0x4C42414E

// migrations bring a file from one schema version to the next; a file's version
// is how many have been applied. They are only ever appended to.
var migrations = []string{
	`CREATE TABLE item (
		pk TEXT NOT NULL, sk TEXT NOT NULL,
		g1pk TEXT, g1sk TEXT, g2pk TEXT, g2sk TEXT,
		version INTEGER NOT NULL, expires INTEGER, body BLOB NOT NULL,
		PRIMARY KEY (pk, sk)) WITHOUT ROWID;
	CREATE INDEX item_1 ON item (g1pk, g1sk) WHERE g1pk IS NOT NULL;
	CREATE INDEX item_2 ON item (g2pk, g2sk) WHERE g2pk IS NOT NULL;
	CREATE INDEX item_expires ON item (expires) WHERE expires IS NOT NULL;

	CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

	CREATE TABLE definition (digest TEXT PRIMARY KEY, machine TEXT NOT NULL, source BLOB NOT NULL) WITHOUT ROWID;
	CREATE TABLE execution (
		id INTEGER PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
		started INTEGER NOT NULL, status TEXT NOT NULL, wake INTEGER, pending INTEGER NOT NULL, ended INTEGER);
	CREATE UNIQUE INDEX execution_name ON execution (name, machine);
	CREATE INDEX execution_open ON execution (id) WHERE status = 'RUNNING';
	CREATE TABLE chunk (execution INTEGER NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
		PRIMARY KEY (execution, seq)) WITHOUT ROWID;`,
}

// File is an open data file.
type File struct {
	path string
	lock *os.File
	db   *sql.DB // readers
	conn *sql.Conn
	own  *sql.DB // the writer's

	reads struct {
		sync.RWMutex
		stmts map[string]*sql.Stmt
	}
	jobs    chan *job
	stop    chan struct{}
	stopped chan struct{}
	folds   chan struct{}
	folded  chan struct{}
	closing sync.Once
	feed    func([]Item)
	memory  *memory // nil: everything is written as it comes
}

// Option changes how a file is opened.
type Option func(*File)

// WithFeed has every item that a commit puts handed over, in commit order, from
// the writer's goroutine: the function must not block.
func WithFeed(feed func([]Item)) Option { return func(f *File) { f.feed = feed } }

// Open opens the data file for this process alone, creating it when there is
// none, and brings its schema up to date.
func Open(path string, options ...Option) (*File, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	f := &File{
		path: path, lock: lock, jobs: make(chan *job, 1024), stop: make(chan struct{}), stopped: make(chan struct{}),
		folds: make(chan struct{}), folded: make(chan struct{}),
	}
	f.reads.stmts = map[string]*sql.Stmt{}
	for _, o := range options {
		o(f)
	}
	if f.memory != nil {
		f.memory.table = store.NewMemory(f.feed)
	}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.release())
	}
	go f.fold()
	go f.write()
	return f, nil
}

// check refuses what is plainly not a data file before anything is touched.
func check(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir := filepath.Dir(path)
		if d, err := os.Stat(dir); err != nil || !d.IsDir() {
			return fmt.Errorf("data file %s: there is no folder %s; create it, or name another file", path, dir)
		}
		return nil
	case err != nil:
		return fmt.Errorf("data file %s: %w", path, err)
	case info.IsDir():
		return fmt.Errorf("data file %s is a folder; name a file in it", path)
	case info.Size() == 0:
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("data file %s cannot be read: %w; check its permissions", path, err)
	}
	defer file.Close()
	head := make([]byte, 100)
	n, _ := file.ReadAt(head, 0)
	if n < 100 || string(head[:16]) != "SQLite format 3\x00" {
		return fmt.Errorf("%s is not a Lianban data file; it was left as it is; name another file", path)
	}
	id := uint32(head[68])<<24 | uint32(head[69])<<16 | uint32(head[70])<<8 | uint32(head[71])
	_, torn := os.Stat(path + "-journal") // a first commit was cut off; SQLite takes it back
	if id != applicationID && torn != nil {
		return fmt.Errorf("%s is a database of another program; it was left as it is; name another file", path)
	}
	if w, err := os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return fmt.Errorf("data file %s cannot be written: %w; check its permissions", path, err)
	} else if err := w.Close(); err != nil {
		return fmt.Errorf("data file %s: %w", path, err)
	}
	return nil
}

func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas, "mode": {mode}, "_txlock": {"immediate"}}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}
	return u.String()
}

func (f *File) open() error {
	ctx := context.Background()
	// No checkpoint while callers wait: the write-ahead log is folded in when it
	// has grown, after a commit has been answered.
	sync, mode := "synchronous(FULL)", "WAL"
	if f.memory != nil {
		sync, mode = "synchronous(OFF)", "MEMORY"
	}
	own, err := sql.Open("sqlite", dsn(f.path, "rwc", "page_size(8192)", "busy_timeout(5000)", sync, "wal_autocheckpoint(0)", "cache_size(-16000)", "temp_store(MEMORY)"))
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	f.own = own
	own.SetMaxOpenConns(1)
	if f.conn, err = own.Conn(ctx); err != nil {
		return fmt.Errorf("open data file %s: %w", f.path, err)
	}
	// The schema comes before write-ahead mode, so that the file itself says
	// whose it is from its first commit on.
	if err := migrate(ctx, f.conn, f.path); err != nil {
		return err
	}
	if _, err := f.conn.ExecContext(ctx, `PRAGMA journal_mode=`+mode); err != nil {
		return fmt.Errorf("open data file %s: %w", f.path, err)
	}
	if f.memory != nil {
		if err := f.fresh(ctx); err != nil {
			return err
		}
	}
	f.db, err = sql.Open("sqlite", dsn(f.path, "rw", "busy_timeout(5000)", "query_only(true)", "cache_size(-8000)"))
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	f.db.SetMaxOpenConns(2 * runtime.GOMAXPROCS(0))
	f.db.SetMaxIdleConns(2 * runtime.GOMAXPROCS(0))
	return nil
}

// migrate checks the schema version and applies what is missing, each step whole
// or not at all.
func migrate(ctx context.Context, conn *sql.Conn, path string) error {
	var version, id, tables int
	if err := conn.QueryRowContext(ctx, `SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version, pragma_application_id`).Scan(&version, &id, &tables); err != nil {
		return fmt.Errorf("read data file %s: %w", path, err)
	}
	if id != applicationID && tables > 0 {
		return fmt.Errorf("%s is a database of another program; it was left as it is; name another file", path)
	}
	if version > len(migrations) {
		return fmt.Errorf("data file %s was written by a newer version of this program (schema %d, this one knows %d); it was left as it is; use the newer program", path, version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; PRAGMA application_id=%d; %s; PRAGMA user_version=%d; COMMIT", applicationID, migrations[version], version+1)
		if _, err := conn.ExecContext(ctx, step); err != nil {
			_, _ = conn.ExecContext(ctx, "ROLLBACK")
			return fmt.Errorf("bring data file %s to schema %d: %w", path, version+1, err)
		}
	}
	return nil
}

// View opens a data file to read only, also while another process serves it.
func View(path string) (*File, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("data file %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "rw", "busy_timeout(5000)", "query_only(true)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var id int
	if err := db.QueryRow(`PRAGMA application_id`).Scan(&id); err != nil || id != applicationID {
		return nil, errors.Join(fmt.Errorf("%s is not a Lianban data file", path), err, db.Close())
	}
	f := &File{path: path, db: db}
	f.reads.stmts = map[string]*sql.Stmt{}
	return f, nil
}

// Snapshot writes a data file as it stands at one moment, also while another process writes it,
// into a new file. The copy is not brought to the disk yet.
func Snapshot(ctx context.Context, path, to string) (err error) {
	if err := check(path); err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("data file %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "rw", "busy_timeout(5000)"))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return fmt.Errorf("copy data file %s: %w", path, err)
	}
	return nil
}

// Compact writes a data file anew, which no process has open, so that nothing is left in it of
// what was replaced or deleted.
func Compact(ctx context.Context, path string) (err error) {
	release, err := Claim(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := check(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, text := range []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("compact data file %s: %w", path, err)
		}
	}
	return nil
}

// Claim holds a data file's name, whether there is a file or not, so that no process opens it
// until released.
func Claim(path string) (release func() error, err error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	return func() error { return unlockFile(lock) }, nil
}

// Sound asks SQLite whether the file's pages are what they should be, and says where they are
// not. It reads the whole file.
func (f *File) Sound(ctx context.Context) error {
	rows, err := f.db.QueryContext(ctx, `PRAGMA quick_check(20)`)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", f.path, err)
	}
	defer rows.Close()
	var faults []string
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return fmt.Errorf("%s is damaged: %w", f.path, err)
		}
		if said != "ok" {
			faults = append(faults, said)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s is damaged: %w", f.path, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s is damaged; go back to a copy: %s", f.path, strings.Join(faults, "; "))
	}
	return nil
}

// Close finishes what has been asked for and closes the file. What was kept in
// memory is written and durable when it answers nil.
func (f *File) Close() error {
	var poured error
	f.closing.Do(func() {
		if f.stop != nil {
			close(f.stop)
			<-f.stopped
		}
		if f.memory != nil && f.conn != nil {
			poured = f.pour(&writer{conn: f.conn, stmts: map[string]*sql.Stmt{}})
		}
	})
	err := errors.Join(poured, f.release())
	if f.memory != nil && err == nil {
		err = f.sync()
	}
	if err != nil {
		return fmt.Errorf("close data file %s: %w", f.path, err)
	}
	return nil
}

func (f *File) release() error {
	var errs []error
	if f.db != nil {
		errs = append(errs, f.db.Close())
	}
	if f.conn != nil {
		errs = append(errs, f.conn.Close())
	}
	if f.own != nil {
		errs = append(errs, f.own.Close())
	}
	if f.lock != nil {
		errs = append(errs, unlockFile(f.lock))
	}
	f.db, f.conn, f.own, f.lock = nil, nil, nil, nil
	return errors.Join(errs...)
}

// stmt is a statement prepared once for the readers.
func (f *File) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	f.reads.RLock()
	s := f.reads.stmts[text]
	f.reads.RUnlock()
	if s != nil {
		return s, nil
	}
	f.reads.Lock()
	defer f.reads.Unlock()
	if s := f.reads.stmts[text]; s != nil {
		return s, nil
	}
	s, err := f.db.PrepareContext(ctx, text)
	if err == nil {
		f.reads.stmts[text] = s
	}
	return s, err
}

// Setting returns what the file keeps under a name; the first time it keeps what
// fresh gives.
func (f *File) Setting(ctx context.Context, name string, fresh func() ([]byte, error)) ([]byte, error) {
	var value []byte
	err := f.do(ctx, &job{run: func(w *writer) error {
		found, err := w.row(`SELECT value FROM setting WHERE name=?`, []any{name}, &value)
		if found || err != nil {
			return err
		}
		if value, err = fresh(); err != nil {
			return err
		}
		return w.exec(`INSERT INTO setting (name, value) VALUES (?,?)`, name, value)
	}})
	if err != nil {
		return nil, fmt.Errorf("setting %s: %w", name, err)
	}
	return value, nil
}

// Keep keeps a value under a name, in place of what was kept there.
func (f *File) Keep(ctx context.Context, name string, value []byte) error {
	err := f.do(ctx, &job{run: func(w *writer) error {
		return w.exec(`INSERT INTO setting (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value=excluded.value`, name, value)
	}})
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	return nil
}

// Kept returns what is kept under a name, and whether anything is.
func (f *File) Kept(ctx context.Context, name string) ([]byte, bool, error) {
	var value []byte
	err := f.db.QueryRowContext(ctx, `SELECT value FROM setting WHERE name=?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("setting %s: %w", name, err)
	}
	return value, true, nil
}

// Held answers how many executions go on, and how many bytes the file has and how many the
// write-ahead log beside it.
func (f *File) Held(ctx context.Context) (open, size, log int64, err error) {
	if err := f.db.QueryRowContext(ctx, `SELECT count(*) FROM execution WHERE status='RUNNING'`).Scan(&open); err != nil {
		return 0, 0, 0, fmt.Errorf("count executions: %w", err)
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return 0, 0, 0, err
	}
	if beside, err := os.Stat(f.path + "-wal"); err == nil {
		log = beside.Size()
	}
	return open, info.Size(), log, nil
}

// Sizes folds the write-ahead log in and answers how many bytes of the file hold
// items, and how many the journal.
func (f *File) Sizes(ctx context.Context) (items, journal int64, err error) {
	err = f.do(ctx, &job{run: func(*writer) error { return nil }})
	if err != nil {
		return 0, 0, err
	}
	if _, err := f.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return 0, 0, fmt.Errorf("fold the write-ahead log in: %w", err)
	}
	rows, err := f.db.QueryContext(ctx, `SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_master s ON s.name = d.name GROUP BY 1`)
	if err != nil {
		return 0, 0, fmt.Errorf("measure data file: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var bytes int64
		if err := rows.Scan(&table, &bytes); err != nil {
			return 0, 0, err
		}
		switch table {
		case "item":
			items += bytes
		case "execution", "chunk", "definition":
			journal += bytes
		}
	}
	return items, journal, rows.Err()
}
