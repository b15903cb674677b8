// Package backup writes files into one archive that is whole or not there, and takes them
// out again only if every one is what was put in.
//
// It must not know what the files are, nor the domain, HTTP, SQL or AWS. It imports the
// standard library only.
//
// # Promises
//
//   - An archive under its final name is whole and durable: it is written aside under a name
//     that ends in .part, brought to the disk and renamed. What a crash leaves has that
//     ending, is no archive, and may be deleted.
//   - Nothing that is there already is written over.
//   - The manifest, which comes last, names each file with its size and its SHA-256. Taking
//     out compares both, refuses a file too many and one too few, and never writes outside
//     the folder it is given.
//
// An archive is a ZIP file, so that it can be looked into with what every system has. The
// manifest proves the files against decay and accidents. Who alters an archive on purpose
// can alter the manifest too; the digest of the whole archive, noted elsewhere, shows that.
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Manifest says what an archive holds.
type Manifest struct {
	Format int       `json:"format"`
	At     time.Time `json:"at"` // UTC; what had been done by then is in it
	Files  []File    `json:"files"`
}

// File is one file of an archive.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

const (
	manifestName = "manifest.json"
	format       = 1
	mostManifest = 256 << 20 // bytes of a manifest; a million files (assumed)
)

// Writer fills an archive.
type Writer struct {
	ctx   context.Context
	zip   *zip.Writer
	files []File
}

// Create writes an archive of what fill adds, and answers its manifest and the digest of the
// whole. At is the moment up to which it is complete.
func Create(ctx context.Context, name string, at time.Time, fill func(w *Writer) error) (m Manifest, digest string, err error) {
	if err := absent(name); err != nil {
		return Manifest{}, "", err
	}
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
	if err != nil {
		return Manifest{}, "", fmt.Errorf("write a backup beside %s: %w; check the folder and its permissions", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(file.Close()), os.Remove(file.Name()))
		}
	}()
	whole := sha256.New()
	w := &Writer{ctx: ctx, zip: zip.NewWriter(io.MultiWriter(file, whole))}
	if err := fill(w); err != nil {
		return Manifest{}, "", err
	}
	m = Manifest{Format: format, At: at.UTC(), Files: w.files}
	if err := w.finish(&m); err != nil {
		return Manifest{}, "", fmt.Errorf("write backup %s: %w", name, err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return Manifest{}, "", fmt.Errorf("bring backup %s to the disk: %w", name, err)
	}
	if err := absent(name); err != nil {
		return Manifest{}, "", err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return Manifest{}, "", fmt.Errorf("name backup %s: %w", name, err)
	}
	return m, hex.EncodeToString(whole.Sum(nil)), SyncDir(filepath.Dir(name))
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// absent refuses a name that is taken.
func absent(name string) error {
	_, err := os.Lstat(name)
	switch {
	case err == nil:
		return fmt.Errorf("%s is there already and is not written over; name another file, or move it away", name)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("look for %s: %w", name, err)
}

func (w *Writer) finish(m *Manifest) error {
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: m.At})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", " ")
	return errors.Join(enc.Encode(m), w.zip.Close())
}

// Add puts a file of the disk in under a name; packed, if it is not compressed already.
func (w *Writer) Add(name, from string, packed bool) (err error) {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !sound(name) {
		return fmt.Errorf("%q cannot be a name in a backup", name)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h := &zip.FileHeader{Name: name}
	if packed {
		h.Method = zip.Deflate
	}
	out, err := w.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	digest := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, digest), in)
	if err != nil {
		return fmt.Errorf("back up %s: %w", from, err)
	}
	w.files = append(w.files, File{Name: name, Size: size, SHA256: hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// sound says whether a name stays inside a folder on every system.
func sound(name string) bool {
	return name != manifestName && path.Clean(name) == name && filepath.IsLocal(filepath.FromSlash(name)) && !strings.ContainsAny(name, `\:`)
}

// Extract takes every file of an archive out into an empty folder, durably, and answers the
// manifest. With any error what lies in the folder is worth nothing.
func Extract(ctx context.Context, name, dir string, seen func()) (m Manifest, err error) {
	in, err := zip.OpenReader(name)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s is not a whole backup: %w; take another one", name, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	entries := map[string]*zip.File{}
	for _, f := range in.File {
		if entries[f.Name] != nil {
			return Manifest{}, fmt.Errorf("backup %s holds %s twice; take another one", name, f.Name)
		}
		entries[f.Name] = f
	}
	if m, err = manifest(entries[manifestName]); err != nil {
		return Manifest{}, fmt.Errorf("backup %s: %w; take another one", name, err)
	}
	if n := len(entries) - 1; n != len(m.Files) {
		return Manifest{}, fmt.Errorf("backup %s holds %d files and its manifest names %d; take another one", name, n, len(m.Files))
	}
	dirs := map[string]bool{dir: true}
	for _, f := range m.Files {
		if err := ctx.Err(); err != nil {
			return Manifest{}, err
		}
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := extract(entries[f.Name], f, to); err != nil {
			return Manifest{}, fmt.Errorf("backup %s: %s: %w; take another one", name, f.Name, err)
		}
		for d := filepath.Dir(to); !dirs[d]; d = filepath.Dir(d) {
			dirs[d] = true
		}
		seen()
	}
	for d := range dirs {
		if err := SyncDir(d); err != nil {
			return Manifest{}, err
		}
	}
	return m, nil
}

func manifest(f *zip.File) (m Manifest, err error) {
	if f == nil {
		return m, errors.New("it has no manifest")
	}
	in, err := f.Open()
	if err != nil {
		return m, fmt.Errorf("its manifest: %w", err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, mostManifest))
	if err != nil {
		return m, fmt.Errorf("its manifest: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("its manifest: %w", err)
	}
	if m.Format != format {
		return m, fmt.Errorf("it has format %d and this program knows %d", m.Format, format)
	}
	return m, nil
}

func extract(f *zip.File, want File, to string) (err error) {
	switch {
	case f == nil:
		return errors.New("it is missing")
	case !sound(want.Name):
		return errors.New("that is a name no backup gives")
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	digest := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, digest), io.LimitReader(in, want.Size+1))
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(digest.Sum(nil)); size != want.Size || got != want.SHA256 {
		return fmt.Errorf("it is not what was backed up: SHA-256 %s instead of %s", got, want.SHA256)
	}
	return out.Sync()
}

// SyncDir brings a folder's names to the disk. Windows has no such call and keeps names in
// its journal.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("bring the folder %s to the disk: %w", dir, err)
	}
	return nil
}
