package sqlite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/docket"
	"lianban/shared/docket/dockettest"
	"lianban/shared/engine/enginetest"
	"lianban/shared/measure/measuretest"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

func open(t *testing.T, path string, options ...sqlite.Option) *sqlite.File {
	t.Helper()
	file, err := sqlite.Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestStoreKeepsItsContract(t *testing.T) {
	t.Parallel()
	for name, join := range map[string]func(store.Table) *store.Store{"plain": store.New, "sole": store.NewSole} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			approvaltest.Store(t, func(t *testing.T) approvaltest.Opened {
				path := filepath.Join(t.TempDir(), "l.db")
				file := open(t, path)
				return approvaltest.Opened{Store: join(file.Table()), Reopen: func() approval.Store {
					if err := file.Close(); err != nil {
						t.Fatal(err)
					}
					return join(open(t, path).Table())
				}}
			})
		})
	}
}

// TestStoreKeepsItsContractInMemory fills a file from memory and reads it back.
func TestStoreKeepsItsContractInMemory(t *testing.T) {
	t.Parallel()
	approvaltest.Store(t, func(t *testing.T) approvaltest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		file := open(t, path, sqlite.InMemory())
		return approvaltest.Opened{Store: store.New(file.Table()), Reopen: func() approval.Store {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			return store.New(open(t, path).Table())
		}}
	})
}

func TestDocketKeepsItsContractInMemory(t *testing.T) {
	t.Parallel()
	dockettest.Store(t, func(t *testing.T) dockettest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		file := open(t, path, sqlite.InMemory())
		return dockettest.Opened{Store: store.New(file.Table()), Reopen: func() docket.Store {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			return store.New(open(t, path).Table())
		}}
	})
}

func TestAFileThatHoldsSomethingIsNotFilledFromMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "l.db")
	file := open(t, path)
	if err := file.Table().Write(t.Context(), []store.Op{{Put: &store.Item{Key: store.Key{PK: "a", SK: "b"}, Body: []byte("{}")}}}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(path, sqlite.InMemory()); err == nil || !strings.Contains(err.Error(), "not new") {
		t.Errorf("opened in memory: %v", err)
	}
	if _, ok, err := open(t, path).Table().Get(t.Context(), store.Key{PK: "a", SK: "b"}); err != nil || !ok {
		t.Errorf("what it held: %v, %v", ok, err)
	}
}

func TestHistoriesOnTheStoreAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	approvaltest.Model(t, func(t *testing.T) approvaltest.Opened {
		return approvaltest.Opened{Store: store.NewSole(open(t, filepath.Join(t.TempDir(), "l.db")).Table())}
	})
}

// compared is a store that remembers issues; whatever it lists it holds to what the
// table alone gives.
type compared struct {
	*store.Store
	table *store.Store
	t     *testing.T
}

func (c compared) SignOffs(ctx context.Context, q approval.SignOffQuery, page approval.Page) ([]approval.Task, approval.Cursor, error) {
	project, ok := roster.Demo().Project("fenjiang-west-bank") // the model's
	if !ok {
		c.t.Error("the model's project is not in the roster")
	}
	for _, q := range []approval.IssueQuery{{Project: project.ID}, {District: project.District}} {
		known, _, err := c.Store.Issues(ctx, q, approval.Page{})
		read, _, err2 := c.table.Issues(ctx, q, approval.Page{})
		c.same(known, read, errors.Join(err, err2))
	}
	known, cursor, err := c.Store.SignOffs(ctx, q, page)
	read, _, err2 := c.table.SignOffs(ctx, q, page)
	c.same(known, read, errors.Join(err, err2))
	return known, cursor, err
}

func (c compared) same(known, read any, err error) {
	c.t.Helper()
	a, err2 := json.Marshal(known)
	b, err3 := json.Marshal(read)
	if err := errors.Join(err, err2, err3); err != nil {
		c.t.Error(err)
	}
	if !bytes.Equal(a, b) {
		c.t.Errorf("from memory\n%s\nfrom the table\n%s", a, b)
	}
}

func TestListsFromMemoryAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	approvaltest.Model(t, func(t *testing.T) approvaltest.Opened {
		table := open(t, filepath.Join(t.TempDir(), "l.db")).Table()
		return approvaltest.Opened{Store: compared{store.NewSole(table), store.New(table), t}}
	})
}

func TestDocketKeepsItsContract(t *testing.T) {
	t.Parallel()
	dockettest.Store(t, func(t *testing.T) dockettest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		file := open(t, path)
		return dockettest.Opened{Store: store.New(file.Table()), Reopen: func() docket.Store {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			return store.New(open(t, path).Table())
		}}
	})
}

func TestDocketKeepsItsContractWithIndexesBehind(t *testing.T) {
	t.Parallel()
	dockettest.Store(t, func(t *testing.T) dockettest.Opened {
		lag := store.NewLag(open(t, filepath.Join(t.TempDir(), "l.db")).Table(), 50)
		return dockettest.Opened{Store: store.New(lag), Settle: lag.Settle}
	})
}

func TestStoreKeepsItsContractWithIndexesBehind(t *testing.T) {
	t.Parallel()
	approvaltest.Store(t, func(t *testing.T) approvaltest.Opened {
		lag := store.NewLag(open(t, filepath.Join(t.TempDir(), "l.db")).Table(), 50)
		return approvaltest.Opened{Store: store.New(lag), Settle: lag.Settle}
	})
}

func TestIndexesBehindShowTheTableAsItWas(t *testing.T) {
	t.Parallel()
	lag := store.NewLag(open(t, filepath.Join(t.TempDir(), "l.db")).Table(), 2)
	put := func(name, partition string) {
		item := &store.Item{Key: store.Key{PK: name, SK: "x"}, G1PK: partition, G1SK: name, Body: []byte("{}")}
		if err := lag.Write(t.Context(), []store.Op{{Put: item}}); err != nil {
			t.Fatal(err)
		}
	}
	list := func() (names []string) {
		items, _, err := lag.Query(t.Context(), store.Range{Index: store.Index1, PK: "open", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			names = append(names, i.PK)
		}
		return names
	}
	put("a", "open")
	put("b", "open")
	if got := list(); len(got) != 0 {
		t.Errorf("two writes behind: %v", got)
	}
	put("a", "closed")
	if got := list(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("as it was after the first write: %v", got)
	}
	lag.Settle()
	if got := list(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("settled: %v", got)
	}
}

func TestJournalKeepsItsContract(t *testing.T) {
	t.Parallel()
	enginetest.Journal(t, func(t *testing.T) enginetest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		var start func() enginetest.Opened
		start = func() enginetest.Opened {
			file := open(t, path)
			j, err := file.Journal(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return enginetest.Opened{Journal: j, Reopen: func() enginetest.Opened {
				if err := file.Close(); err != nil {
					t.Fatal(err)
				}
				return start()
			}}
		}
		return start()
	})
}

func TestJournalKeepsItsContractInMemory(t *testing.T) {
	t.Parallel()
	enginetest.Journal(t, func(t *testing.T) enginetest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		var start func(...sqlite.Option) enginetest.Opened
		start = func(options ...sqlite.Option) enginetest.Opened {
			file := open(t, path, options...)
			j, err := file.Journal(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return enginetest.Opened{Journal: j, Reopen: func() enginetest.Opened {
				if err := file.Close(); err != nil {
					t.Fatal(err)
				}
				return start()
			}}
		}
		return start(sqlite.InMemory())
	})
}

func TestRefusesWhatIsNotItsOwnAndLeavesItAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	header := append([]byte("SQLite format 3\x00"), make([]byte, 84)...)
	newer := filepath.Join(dir, "newer.db")
	file := open(t, newer)
	if err := sqlite.SetSchema(file, 99); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, says string }{
		{"text", write("notes.txt", bytes.Repeat([]byte("minutes of the meeting\n"), 20)), "not a Lianban data file"},
		{"short", write("short", []byte("x")), "not a Lianban data file"},
		{"another program's database", write("other.db", header), "database of another program"},
		{"a folder", dir, "is a folder"},
		{"no folder", filepath.Join(dir, "none", "l.db"), "there is no folder"},
		{"a newer schema", newer, "newer version"},
	} {
		before, _ := os.ReadFile(c.path)
		_, err := sqlite.Open(c.path)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", c.name)
		}
	}
}

func TestTellsASecondOpenerThatTheFileIsInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "l.db")
	first := open(t, path)
	if _, err := sqlite.Open(path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("second open: %v", err)
	}
	view, err := sqlite.View(path)
	if err != nil {
		t.Fatalf("a reader beside the writer: %v", err)
	}
	if _, _, err := view.Table().Get(t.Context(), store.Key{PK: "x", SK: "y"}); err != nil {
		t.Error(err)
	}
	if err := errors.Join(view.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestAnswersWritesAfterCloseWithAnError(t *testing.T) {
	t.Parallel()
	file := open(t, filepath.Join(t.TempDir(), "l.db"))
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	err := file.Table().Write(t.Context(), []store.Op{{Put: &store.Item{Key: store.Key{PK: "a", SK: "b"}, Body: []byte("{}")}}})
	if !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestExpiresWhatMayVanish(t *testing.T) {
	t.Parallel()
	table := open(t, filepath.Join(t.TempDir(), "l.db")).Table()
	put := func(name string, expires int64) store.Op {
		return store.Op{Put: &store.Item{Key: store.Key{PK: name, SK: "K"}, Expires: expires, Body: []byte("{}")}}
	}
	if err := table.Write(t.Context(), []store.Op{put("old", 10), put("new", 30), put("stays", 0)}); err != nil {
		t.Fatal(err)
	}
	if err := table.Expire(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"old": false, "new": true, "stays": true} {
		if _, got, err := table.Get(t.Context(), store.Key{PK: name, SK: "K"}); got != want || err != nil {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func TestKeepsASettingOnceMade(t *testing.T) {
	t.Parallel()
	file := open(t, filepath.Join(t.TempDir(), "l.db"))
	for _, fresh := range []string{"first", "second"} {
		got, err := file.Setting(t.Context(), "key", func() ([]byte, error) { return []byte(fresh), nil })
		if err != nil || string(got) != "first" {
			t.Errorf("setting: %q %v", got, err)
		}
	}
}

// rig is a store whose feed reaches the relay that a test writes.
func rig(t *testing.T, pause time.Duration) (*store.Store, *sqlite.Feed) {
	t.Helper()
	feed := sqlite.NewFeed(slog.New(slog.DiscardHandler), pause)
	file := open(t, filepath.Join(t.TempDir(), "l.db"), sqlite.WithFeed(feed.Take))
	return store.New(file.Table()), feed
}

func record(id approval.IssueID, version int64) approval.Change {
	issue := approval.Issue{ID: id, Version: version, Status: approval.Raised, Project: "p"}
	return approval.Change{
		Issue: issue, From: version - 1,
		Outbox: &approval.Outbox{Issue: id, Version: version, At: time.Unix(version, 0).UTC(), Wake: []approval.Wake{{Token: string(id)}}},
	}
}

func TestFeedDeliversEveryCommitInOrderPerIssue(t *testing.T) {
	t.Parallel()
	s, feed := rig(t, 0)
	ids := []approval.IssueID{"a", "b", "c", "d", "e"}
	var mu sync.Mutex
	got := map[approval.IssueID][]int64{}
	calls := 0
	ctx, stop := context.WithCancel(t.Context())
	all := make(chan struct{})
	var ran sync.WaitGroup
	ran.Go(func() {
		feed.Run(ctx, s, func(ctx context.Context, records []approval.Outbox) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls%3 == 0 {
				return 0, errors.New("the workflow does not answer")
			}
			for _, r := range records {
				if l := got[r.Issue]; len(l) == 0 || r.Version > l[len(l)-1] {
					got[r.Issue] = append(l, r.Version)
				}
				if err := s.Delivered(ctx, []approval.OutboxID{r.ID()}); err != nil {
					t.Error(err)
				}
			}
			n := 0
			for _, l := range got {
				n += len(l)
			}
			if n == len(ids)*20 {
				select {
				case <-all:
				default:
					close(all)
				}
			}
			return len(records), nil
		})
	})
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			for v := int64(1); v <= 20; v++ {
				if err := s.Commit(ctx, record(id, v)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	<-all
	stop()
	ran.Wait()
	for _, id := range ids {
		if !slices.IsSorted(got[id]) || len(got[id]) != 20 {
			t.Errorf("%s: %v", id, got[id])
		}
	}
}

func TestFeedFindsAfterARestartWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "l.db")
	file := open(t, path)
	s := store.New(file.Table())
	for _, id := range []approval.IssueID{"a", "b", "c"} {
		if err := s.Commit(t.Context(), record(id, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	feed := sqlite.NewFeed(slog.New(slog.DiscardHandler), 0)
	s = store.New(open(t, path, sqlite.WithFeed(feed.Take)).Table())
	still := &approvaltest.Stillness{}
	if _, err := feed.Settle(t.Context(), s, approval.Relay{Workflows: still, Store: s}.Deliver); err != nil {
		t.Fatal(err)
	}
	slices.Sort(still.Log)
	if !slices.Equal(still.Log, []string{"succeed a", "succeed b", "succeed c"}) {
		t.Errorf("delivered %v", still.Log)
	}
}

func TestFiguresKeepTheirContract(t *testing.T) {
	t.Parallel()
	measuretest.Store(t, func(t *testing.T) measuretest.Opened {
		path := filepath.Join(t.TempDir(), "l.db")
		file := open(t, path)
		return measuretest.Opened{Store: store.New(file.Table()), Reopen: func() measuretest.Both {
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			return store.New(open(t, path).Table())
		}}
	})
}

func TestFiguresAreTheSumOfTheIssuesAfterAnyHistory(t *testing.T) {
	t.Parallel()
	measuretest.Histories(t, func(t *testing.T) measuretest.Opened {
		return measuretest.Opened{Store: store.NewSole(open(t, filepath.Join(t.TempDir(), "l.db")).Table())}
	})
}
