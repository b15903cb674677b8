package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/store/files"
)

const (
	issue   = approval.IssueID("01900000-0000-7000-8000-000000000001")
	content = "%PDF-1.7 总平面图"
)

var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func open(t *testing.T) (*files.Folder, string, *approvaltest.Clock) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "l.db.files")
	clock := approvaltest.NewClock(monday)
	f, err := files.Open(path, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return f, path, clock
}

// lying are the files below a folder.
func lying(t *testing.T, path string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func put(t *testing.T, f *files.Folder, id approval.IssueID, content string) string {
	t.Helper()
	hash, size, err := f.Put(id, "", strings.NewReader(content))
	if err != nil || hash != approvaltest.Hash(content) || size != int64(len(content)) {
		t.Fatalf("put %s of %d bytes: %v", hash, size, err)
	}
	return hash
}

func TestAFolderKeepsPapers(t *testing.T) {
	t.Parallel()
	approvaltest.Papers(t, func(t *testing.T) approvaltest.Shelf {
		f, path, _ := open(t)
		return approvaltest.Shelf{
			Papers: f,
			Arrive: func(t *testing.T, id approval.IssueID, content string) { put(t, f, id, content) },
			Spoil: func(t *testing.T, id approval.IssueID, hash string) {
				name := filepath.Join(path, hash[:2], hash[2:]+"."+string(id))
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				text[len(text)/2] ^= 1
				if err := os.WriteFile(name, text, 0o600); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestAFlippedByteIsMendedByTheSameFile(t *testing.T) {
	t.Parallel()
	f, path, _ := open(t)
	hash := put(t, f, issue, content)
	name := lying(t, path)[0]
	if err := os.WriteFile(name, []byte("%PDF-1.7 另一张图"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Open(issue, hash); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a spoilt file: %v", err)
	}
	put(t, f, issue, content)
	file, size, err := f.Open(issue, hash)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if text, err := io.ReadAll(file); string(text) != content || size != int64(len(content)) || err != nil {
		t.Errorf("mended: %q, %v", text, err)
	}
}

func TestTakesNoMoreThanAFileMayHave(t *testing.T) {
	t.Parallel()
	f, path, _ := open(t)
	read := 0
	endless := readerFunc(func(b []byte) (int, error) { read += len(b); return len(b), nil })
	if _, _, err := f.Put(issue, "", endless); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("an endless file: %v", err)
	}
	if read > approval.MaxPaper+1<<20 {
		t.Errorf("%d bytes were read", read)
	}
	if _, size, err := f.Put(issue, "", io.LimitReader(endless, approval.MaxPaper)); size != approval.MaxPaper || err != nil {
		t.Errorf("the largest file: %d, %v", size, err)
	}
	if left := lying(t, path); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestKeepsNothingOfWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	f, path, _ := open(t)
	if _, _, err := f.Put(issue, approvaltest.Hash("another"), strings.NewReader(content)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("another file than announced: %v", err)
	}
	if _, _, err := f.Put(issue, "", io.MultiReader(strings.NewReader(content), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, approval.ErrNotKept) {
		t.Errorf("a connection that breaks: %v", err)
	}
	if _, _, err := f.Put("../x", "", strings.NewReader(content)); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("a strange issue: %v", err)
	}
	if left := lying(t, filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// faulty is a file on a disk that is not well.
type faulty struct {
	files.File
	room      int
	sync, end error
}

func (f *faulty) Write(b []byte) (int, error) {
	if len(b) > f.room {
		n, _ := f.File.Write(b[:f.room])
		f.room -= n
		return n, syscall.ENOSPC
	}
	f.room -= len(b)
	return f.File.Write(b)
}

func (f *faulty) Sync() error { return errors.Join(f.sync, f.File.Sync()) }

func (f *faulty) Close() error { return errors.Join(f.File.Close(), f.end) }

func TestADiskThatFailsKeepsNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faulty{
		"no room":              {room: 5},
		"no room at the end":   {room: 100, sync: syscall.ENOSPC},
		"an error at the end":  {room: 100, end: syscall.EIO},
		"no room from the out": {},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			f, path, _ := open(t)
			f.CreateWith(func(dir string, usual func(string) (files.File, error)) (files.File, error) {
				file, err := usual(dir)
				broken := fault
				broken.File = file
				return &broken, err
			})
			if _, _, err := f.Put(issue, "", strings.NewReader(content)); !errors.Is(err, approval.ErrNotKept) {
				t.Errorf("put: %v", err)
			}
			if left := lying(t, path); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
	f, _, _ := open(t)
	f.CreateWith(func(string, func(string) (files.File, error)) (files.File, error) { return nil, syscall.EROFS })
	if _, _, err := f.Put(issue, "", strings.NewReader(content)); !errors.Is(err, approval.ErrNotKept) || !errors.Is(err, syscall.EROFS) {
		t.Errorf("a disk that takes nothing: %v", err)
	}
}

func TestAFolderThatMayNotBeWrittenIsSaid(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		// Rights do not bind root, and Windows keeps others: a file in the folder's
		// place stands for them.
		path := filepath.Join(t.TempDir(), "l.db.files")
		f, err := files.Open(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Put(issue, "", strings.NewReader(content)); !errors.Is(err, approval.ErrNotKept) || !strings.Contains(err.Error(), path) {
			t.Errorf("put: %v", err)
		}
		return
	}
	f, path, _ := open(t)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Put(issue, "", strings.NewReader(content)); !errors.Is(err, approval.ErrNotKept) || !strings.Contains(err.Error(), path) {
		t.Errorf("put: %v", err)
	}
}

// photographed takes a picture of the folder, as a crash would leave it, at every
// step of writing.
type photographed struct {
	files.File
	shot func()
}

func (p photographed) Write(b []byte) (int, error) {
	n, err := p.File.Write(b[:len(b)/2])
	if err != nil {
		return n, err
	}
	p.shot()
	m, err := p.File.Write(b[n:])
	p.shot()
	return n + m, err
}

func (p photographed) Sync() error  { p.shot(); err := p.File.Sync(); p.shot(); return err }
func (p photographed) Close() error { p.shot(); err := p.File.Close(); p.shot(); return err }

func TestACrashAtAnyStepLeavesNoHalfFileUnderAFinalName(t *testing.T) {
	t.Parallel()
	f, path, clock := open(t)
	var pictures []string
	shot := func() {
		to := filepath.Join(t.TempDir(), "l.db.files")
		if err := os.CopyFS(to, os.DirFS(path)); err != nil {
			t.Error(err)
		}
		pictures = append(pictures, to)
	}
	f.CreateWith(func(dir string, usual func(string) (files.File, error)) (files.File, error) {
		file, err := usual(dir)
		return photographed{file, shot}, err
	})
	hash := put(t, f, issue, content)
	shot()
	if len(pictures) < 6 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for k, picture := range pictures {
		before := lying(t, picture)
		again, err := files.Open(picture, clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		left := lying(t, picture)
		if last := k == len(pictures)-1; len(before) != 1 || last != (len(left) == 1) {
			t.Errorf("picture %d: %v lay there, %v is left", k, before, left)
		}
		for _, name := range left {
			if file, _, err := again.Open(issue, hash); err != nil {
				t.Errorf("picture %d: %s: %v", k, name, err)
			} else {
				file.Close()
			}
		}
		put(t, again, issue, content)
	}
}

func TestTheSweepTakesWhatNobodyNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	f, path, clock := open(t)
	named, loose := put(t, f, issue, content), put(t, f, issue, content+"二")
	stranger := filepath.Join(path, "ab", "notes.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(stranger), 0o700), os.WriteFile(stranger, nil, 0o600), os.Chtimes(stranger, monday, monday)); err != nil {
		t.Fatal(err)
	}
	sweep := func() int {
		t.Helper()
		n, err := f.Sweep(t.Context(), func(_ context.Context, id approval.IssueID, hash string) (bool, error) {
			if id != issue || hash != named && hash != loose {
				t.Errorf("asked about %s of %s", hash, id)
			}
			return hash == named, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	clock.Add(23 * time.Hour)
	if n := sweep(); n != 0 {
		t.Errorf("%d removed within the day", n)
	}
	clock.Add(2 * time.Hour)
	if err := f.Keep(t.Context(), issue, loose, func(io.ReaderAt, int64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := sweep(); n != 0 {
		t.Errorf("%d removed that had just been asked for", n)
	}
	clock.Add(25 * time.Hour)
	if n := sweep(); n != 1 {
		t.Errorf("%d removed", n)
	}
	if file, _, err := f.Open(issue, named); err != nil {
		t.Errorf("what is named is gone: %v", err)
	} else {
		file.Close()
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Errorf("a stranger's file is gone: %v", err)
	}
	clock.Add(25 * time.Hour)
	broken := errors.New("the store does not answer")
	if n, err := f.Sweep(t.Context(), func(context.Context, approval.IssueID, string) (bool, error) { return false, broken }); n != 0 || !errors.Is(err, broken) {
		t.Errorf("without an answer: %d, %v", n, err)
	}
}

// TestTheSweepDoesNotMeetACommit lets a file be asked for between the sweep's
// question and its removal.
func TestTheSweepDoesNotMeetACommit(t *testing.T) {
	t.Parallel()
	f, _, clock := open(t)
	hash := put(t, f, issue, content)
	clock.Add(48 * time.Hour)
	n, err := f.Sweep(t.Context(), func(context.Context, approval.IssueID, string) (bool, error) {
		return false, f.Keep(t.Context(), issue, hash, func(io.ReaderAt, int64) error { return nil })
	})
	if n != 0 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	file, _, err := f.Open(issue, hash)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
}

func TestNoFolderIsMadeBeforeAFileArrives(t *testing.T) {
	t.Parallel()
	f, path, _ := open(t)
	if n, err := f.Sweep(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("swept nothing: %d, %v", n, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without files: %v", err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, _, err := f.Put(issue, "", strings.NewReader(content)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if names := lying(t, path); len(names) != 1 {
		t.Errorf("eight of the same: %v", names)
	}
}
