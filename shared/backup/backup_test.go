package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/backup"
)

var at = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// made is an archive of two files.
func made(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	a, b := write(t, filepath.Join(dir, "a"), strings.Repeat("minutes ", 1000)), write(t, filepath.Join(dir, "b"), "plan")
	name := filepath.Join(dir, "copy.zip")
	if _, _, err := backup.Create(t.Context(), name, at, func(w *backup.Writer) error {
		return errors.Join(w.Add("data", a, true), w.Add("data.files/ab/cd.i-1", b, false))
	}); err != nil {
		t.Fatal(err)
	}
	return name
}

func extract(t *testing.T, name string) (map[string]string, error) {
	t.Helper()
	dir := t.TempDir()
	m, err := backup.Extract(t.Context(), name, dir, func() {})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, f := range m.Files {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(content)
	}
	return out, nil
}

func TestWhatWasPutInComesOut(t *testing.T) {
	t.Parallel()
	got, err := extract(t, made(t))
	if diff := cmp.Diff(map[string]string{"data": strings.Repeat("minutes ", 1000), "data.files/ab/cd.i-1": "plan"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAnArchiveCutOffOrFlippedAnywhereIsRefused(t *testing.T) {
	t.Parallel()
	name := made(t)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.zip")
	for k := range whole {
		write(t, bad, string(whole[:k]))
		if _, err := extract(t, bad); err == nil {
			t.Fatalf("the first %d of %d bytes pass", k, len(whole))
		}
	}
	want, err := extract(t, name)
	if err != nil {
		t.Fatal(err)
	}
	for k := range whole { // a flipped bit is refused, or changes nothing of the files, as in a date
		flipped := bytes.Clone(whole)
		flipped[k] ^= 0x10
		write(t, bad, string(flipped))
		if got, err := extract(t, bad); err == nil && !cmp.Equal(want, got) {
			t.Errorf("byte %d flipped gives other files", k)
		}
	}
}

func TestNothingOutsideTheFolderIsWritten(t *testing.T) {
	t.Parallel()
	const digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9" // of "0"
	for _, name := range []string{"../up", "/abs", "a/../../up", `..\up`, "C:up", "manifest.json", "", "a//b", "./a"} {
		bad := filepath.Join(t.TempDir(), "bad.zip")
		file, err := os.Create(bad)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(file)
		put := func(name string, content []byte) {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(backup.Manifest{Format: 1, Files: []backup.File{{Name: name, Size: 1, SHA256: digest}}})
		if err != nil {
			t.Fatal(err)
		}
		put(name, []byte("0"))
		put("manifest.json", text)
		if err := errors.Join(z.Close(), file.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := extract(t, bad); err == nil {
			t.Errorf("%q comes out: %v", name, got)
		}
	}
}

func TestAFileTooManyIsRefused(t *testing.T) {
	t.Parallel()
	name := made(t)
	in, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	more := filepath.Join(t.TempDir(), "more.zip")
	file, err := os.Create(more)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(file)
	for _, f := range in.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := z.Create("data.heads"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := extract(t, more); err == nil || !strings.Contains(err.Error(), "holds 3 files and its manifest names 2") {
		t.Error(err)
	}
}

func TestNothingIsWrittenOverAndNothingHalfStays(t *testing.T) {
	t.Parallel()
	name := made(t)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Create(t.Context(), name, at, func(*backup.Writer) error { return nil }); err == nil {
		t.Error("a backup is written over another")
	}
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the first backup is no more what it was: %v", err)
	}
	dir := t.TempDir()
	for what, fill := range map[string]func(*backup.Writer) error{
		"an error":       func(*backup.Writer) error { return io.ErrUnexpectedEOF },
		"a missing file": func(w *backup.Writer) error { return w.Add("data", filepath.Join(dir, "none"), true) },
		"somebody else's file of that name": func(*backup.Writer) error {
			return os.WriteFile(filepath.Join(dir, "copy.zip"), []byte("mine"), 0o600)
		},
	} {
		if _, _, err := backup.Create(t.Context(), filepath.Join(dir, "copy.zip"), at, fill); err == nil {
			t.Errorf("%s makes a backup", what)
		}
		if content, err := os.ReadFile(filepath.Join(dir, "copy.zip")); err == nil && string(content) != "mine" {
			t.Errorf("%s leaves %q", what, content)
		}
		_ = os.Remove(filepath.Join(dir, "copy.zip"))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := backup.Create(ended, filepath.Join(dir, "copy.zip"), at, func(w *backup.Writer) error { return w.Add("data", name, false) }); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped backup answers %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
