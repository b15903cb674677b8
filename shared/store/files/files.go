// Package files keeps the bytes of attachments as files in a folder beside the
// data file, each under its hash and its issue:
//
//	lianban.db.files/ab/cdef….<issue>
//	lianban.db.files/incoming/        what is still being written
//
// It must not know HTTP or AWS, nor any rule of the domain but the size of a file.
//
// # Promises
//
//   - A file under a final name is whole and durable: it is written aside, brought
//     to the disk, renamed, and its folder brought to the disk. A crash leaves only
//     files in incoming, which the next start removes.
//   - What is read is compared with its hash before a byte is handed out.
//   - What no issue names is removed a day after it was last asked for, so that a
//     sweep never meets a commit that is about to name it.
//   - The folder belongs to one process, as the data file beside it does. It is made
//     when the first file arrives.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"lianban/shared/approval"
)

// keptFor is how long a file stays that no issue names.
const keptFor = 24 * time.Hour

// Folder is where the files are. It is approval's Papers.
type Folder struct {
	path   string
	now    func() time.Time
	create func(dir string) (file, error)

	mu sync.Mutex // held where a file under a final name comes, goes, or is put off
}

// file is what is being written.
type file interface {
	io.Writer
	Sync() error
	Close() error
	Name() string
}

// Open takes the folder and removes what a crash left half done. The clock says
// how old files are.
func Open(path string, now func() time.Time) (*Folder, error) {
	f := &Folder{path: path, now: now, create: func(dir string) (file, error) { return os.CreateTemp(dir, "*") }}
	if err := os.RemoveAll(f.incoming()); err != nil {
		return nil, fmt.Errorf("attachments folder %s: remove what a crash left: %w; check its permissions", path, err)
	}
	return f, nil
}

// incoming is the folder of what is still being written.
const incoming = "incoming"

func (f *Folder) incoming() string { return filepath.Join(f.path, incoming) }

// at is where an issue's file lies, or a NotFound error for what can be no name.
func (f *Folder) at(id approval.IssueID, hash string) (string, error) {
	if !approval.NamesPaper(id, hash) {
		return "", approval.PaperMissing()
	}
	return filepath.Join(f.path, hash[:2], hash[2:]+"."+string(id)), nil
}

// stopped marks what the disk, and not the reader, did.
func stopped(doing string, err error) error {
	return fmt.Errorf("%w: %s: %w", approval.ErrNotKept, doing, err)
}

// disk is a file whose errors say that they are the disk's.
type disk struct{ file }

func (d disk) Write(b []byte) (int, error) {
	n, err := d.file.Write(b)
	if err != nil {
		err = stopped("write "+d.Name(), err)
	}
	return n, err
}

// Put writes what r holds for an issue and answers its hash and size once it is
// durable. When want is not empty the hash has to be that one. A file that is too
// large or another one than wanted is an Invalid error; r's own error is answered
// as it is, the disk's with ErrNotKept. Nothing stays of what was not kept.
func (f *Folder) Put(id approval.IssueID, want string, r io.Reader) (hash string, size int64, err error) {
	if err := makeDurable(f.path, f.incoming()); err != nil {
		return "", 0, err
	}
	out, err := f.create(f.incoming())
	if err != nil {
		return "", 0, stopped("make a file in "+f.incoming(), err)
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, out.Close())
		}
		if gone := os.Remove(out.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	digest := sha256.New()
	if size, err = io.Copy(io.MultiWriter(disk{out}, digest), io.LimitReader(r, approval.MaxPaper+1)); err != nil {
		return "", 0, err
	}
	hash = hex.EncodeToString(digest.Sum(nil))
	switch {
	case size > approval.MaxPaper:
		return "", 0, approval.PaperTooLarge()
	case want != "" && want != hash:
		return "", 0, &approval.Error{Kind: approval.Invalid, Field: "hash", Text: approval.Text{
			ZH: "收到的内容与所报的 SHA-256 不符，请重新计算后上传。", EN: "What arrived does not have the SHA-256 that was announced; compute it again and upload again.",
		}}
	}
	to, err := f.at(id, hash)
	if err != nil {
		return "", 0, err
	}
	if err := out.Sync(); err != nil {
		return "", 0, stopped("bring "+out.Name()+" to the disk", err)
	}
	closed = true
	if err := out.Close(); err != nil {
		return "", 0, stopped("close "+out.Name(), err)
	}
	return hash, size, f.settle(out.Name(), to, hash)
}

// settle gives a file that is whole its final name. A sound one under that name
// already stays, for somebody may be reading it.
func (f *Folder) settle(from, to, hash string) error {
	now := f.now()
	if err := os.Chtimes(from, now, now); err != nil {
		return stopped("date "+from, err)
	}
	if err := makeDurable(f.path, filepath.Dir(to)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if there, err := os.Open(to); err == nil {
		_, err = verified(there, hash)
		if err := errors.Join(err, there.Close()); err == nil {
			return os.Chtimes(to, now, now)
		}
	}
	if err := os.Rename(from, to); err != nil {
		return stopped("name "+to, err)
	}
	return syncDir(filepath.Dir(to))
}

// Keep implements approval.Papers. What is asked for is not swept for a day.
func (f *Folder) Keep(_ context.Context, id approval.IssueID, hash string, look func(r io.ReaderAt, size int64) error) error {
	to, err := f.at(id, hash)
	if err != nil {
		return err
	}
	f.mu.Lock()
	now := f.now()
	err = os.Chtimes(to, now, now)
	f.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return approval.PaperMissing()
	case err != nil:
		return stopped("date "+to, err)
	}
	file, size, err := f.open(id, hash)
	if err != nil {
		return err
	}
	return errors.Join(look(file, size), file.Close())
}

// Open opens a file that is what its hash says, or answers a NotFound error; one
// that is not is another error, which names it.
func (f *Folder) Open(id approval.IssueID, hash string) (io.ReadSeekCloser, int64, error) {
	file, size, err := f.open(id, hash)
	if err != nil {
		return nil, 0, err
	}
	return file, size, nil
}

func (f *Folder) open(id approval.IssueID, hash string) (*os.File, int64, error) {
	path, err := f.at(id, hash)
	if err != nil {
		return nil, 0, err
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, approval.PaperMissing()
	case err != nil:
		return nil, 0, fmt.Errorf("open an attachment: %w", err)
	}
	size, err := verified(file, hash)
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}

// verified compares a file with its hash and goes back to its beginning.
func verified(file *os.File, hash string) (int64, error) {
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return 0, fmt.Errorf("read attachment %s: %w", file.Name(), err)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != hash {
		return 0, fmt.Errorf("attachment %s is not what was stored: its content has the hash %s; bring it back from a backup", file.Name(), got)
	}
	_, err = file.Seek(0, io.SeekStart)
	return size, err
}

// Each names every whole file of a folder of attachments by its place in it, with slashes, also
// while another process adds to it and sweeps it.
func Each(path string, do func(name string) error) error {
	return filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // there is no folder yet, or somebody else removed it
		case err != nil:
			return fmt.Errorf("look through the attachments: %w", err)
		case d.IsDir() && at == filepath.Join(path, incoming):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		name, err := filepath.Rel(path, at)
		if err != nil {
			return err
		}
		return do(filepath.ToSlash(name))
	})
}

// Sweep removes the files that no issue names and nobody has asked for within a
// day, and answers how many.
func (f *Folder) Sweep(ctx context.Context, named func(ctx context.Context, id approval.IssueID, hash string) (bool, error)) (removed int, err error) {
	old := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.ModTime().Before(f.now().Add(-keptFor))
	}
	err = filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // there is no folder yet, or somebody else removed it
		case err != nil:
			return err
		case d.IsDir() && path == f.incoming():
			return fs.SkipDir
		case d.IsDir() || !old(path):
			return ctx.Err()
		}
		rest, id, ok := strings.Cut(d.Name(), ".")
		hash := filepath.Base(filepath.Dir(path)) + rest
		if to, err := f.at(approval.IssueID(id), hash); !ok || err != nil || to != path {
			return ctx.Err() // not a file of ours
		}
		if in, err := named(ctx, approval.IssueID(id), hash); in || err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if !old(path) {
			return nil
		}
		removed++
		return os.Remove(path)
	})
	if err != nil {
		err = fmt.Errorf("sweep the attachments: %w", err)
	}
	return removed, err
}

// makeDurable makes a folder, with the root above it, that survives a crash.
func makeDurable(root, dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return stopped("make the folder "+dir, err)
	}
	return errors.Join(syncDir(filepath.Dir(root)), syncDir(root))
}

// syncDir brings a folder's names to the disk. Windows has no such call and keeps
// names in its journal.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return stopped("open the folder "+dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return stopped("bring the folder "+dir+" to the disk", err)
	}
	return nil
}
