// Package bench measures what the house can do on one machine, and prints beside
// it what the disk itself can do and what plain transactions cost.
//
// It must not judge: no figure here fails a test.
//
// One sign-off workflow is: start, five parties asked, five answers each
// acknowledged durably to its own caller, close.
package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the peer: plain transactions in the same database

	"lianban/shared/local"
)

// Command is the command that measures.
type Command struct {
	Workflows int      `help:"Workflows per measurement at 128 callers." default:"20000"`
	Open      int      `help:"Open workflows to hold." default:"10000"`
	Callers   []int    `help:"Numbers of callers." default:"1,128"`
	Only      []string `help:"Measure only these: disk, engine, app, open, start." placeholder:"NAME"`
	Dir       string   `help:"Folder for the data, on the disk to measure; a temporary one when empty." placeholder:"DIR"`
}

// Run measures and prints.
func (c *Command) Run(ctx context.Context, s *local.Streams) (err error) {
	dir, err := os.MkdirTemp(c.Dir, "lianban-bench-")
	if err != nil {
		return fmt.Errorf("a folder for the measured data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintf(s.Out, "%s/%s, %d processors, %s, data in %s\n", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), filepath.Dir(dir))
	parts := []struct {
		name string
		run  func(ctx context.Context, out io.Writer, dir string) error
	}{{"disk", c.disk}, {"engine", c.engine}, {"app", c.app}, {"open", c.open}, {"start", c.start}}
	for _, p := range parts {
		if len(c.Only) > 0 && !slices.Contains(c.Only, p.name) {
			continue
		}
		at := filepath.Join(dir, p.name)
		if err := os.Mkdir(at, 0o700); err != nil {
			return err
		}
		fmt.Fprintf(s.Err, "measuring %s ...\n", p.name)
		if err := p.run(ctx, s.Out, at); err != nil {
			return fmt.Errorf("measure %s: %w", p.name, err)
		}
	}
	return nil
}

const diskFor = 2 * time.Second

// disk is the physical limit and the peer: syncs of one page, and plain SQLite
// transactions of one row with the same settings, alone and in groups of 128.
func (c *Command) disk(ctx context.Context, out io.Writer, dir string) error {
	file, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return err
	}
	defer file.Close()
	page := make([]byte, 4096)
	n := 0
	begin := time.Now()
	for time.Since(begin) < diskFor {
		if _, err := file.Write(page); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		n++
	}
	rate := float64(n) / time.Since(begin).Seconds()
	fmt.Fprintf(out, "disk: %.0f syncs of 4 KiB a second (%.2f ms each)\n", rate, 1000/rate)

	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "peer.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)`); err != nil {
		return err
	}
	for _, group := range []int{1, 128} {
		n := 0
		begin := time.Now()
		for time.Since(begin) < diskFor {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			for range group {
				if _, err := tx.ExecContext(ctx, `INSERT INTO t (body) VALUES (?)`, page[:200]); err != nil {
					return err
				}
			}
			if err := tx.Commit(); err != nil {
				return err
			}
			n += group
		}
		fmt.Fprintf(out, "disk: %.0f plain one-row transactions a second, %d to a sync (the same SQLite, nothing else)\n", float64(n)/time.Since(begin).Seconds(), group)
	}
	return nil
}

// latencies gathers durations from many goroutines.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	l.all = append(l.all, d)
	l.mu.Unlock()
}

func (l *latencies) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return "none"
	}
	slices.Sort(l.all)
	at := func(share float64) float64 {
		return float64(l.all[min(len(l.all)-1, int(share*float64(len(l.all))))].Microseconds()) / 1000
	}
	return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, max %.2f ms", at(0.5), at(0.99), at(1))
}

// callers runs n pieces of work on so many callers and answers how long it took.
func callers(ctx context.Context, callers, n int, work func(ctx context.Context, k int) error) (time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	begin := time.Now()
	for range callers {
		wg.Go(func() {
			for k := range next {
				if err := work(ctx, k); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for k := range n {
		select {
		case next <- k:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	wg.Wait()
	return time.Since(begin), context.Cause(ctx)
}

// amount is how many workflows a number of callers gets.
func (c *Command) amount(callers int) int { return max(20, min(c.Workflows, c.Workflows*callers/128)) }

// sizeOf is the size of a data file with what belongs to it.
func sizeOf(path string) (int64, error) {
	var n int64
	for _, end := range []string{"", "-wal"} {
		info, err := os.Stat(path + end)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		n += info.Size()
	}
	return n, nil
}
