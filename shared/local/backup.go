package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/backup"
	"lianban/shared/store/files"
	"lianban/shared/store/sqlite"
)

// The names in a backup: what lies beside a data file, by what its name ends with.
const (
	backedData  = "data"
	headsEnding = ".heads"
	filesEnding = ".files"
)

// ErrLacking is what a restore answers that found attachments missing or damaged.
var ErrLacking = errors.New("attachments are missing or damaged")

// Backup is the command that copies a data file, the heads of its audit trails and its
// attachments into one file while a server may be writing them. Whatever was acknowledged before
// it began is in the copy. The copy holds everything, keys and personal data included.
type Backup struct {
	File string `arg:"" help:"The file to write; refused when it is there already."`
	Data string `help:"Data file; may be in use." default:"lianban.db" placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run copies and prints.
//
// The heads come first, so that they are never ahead of the trails; the attachments last, because
// a file is there before anything names it, and one that is named is never removed.
func (c *Backup) Run(ctx context.Context, s *Streams) (err error) {
	at := time.Now()
	aside, err := os.MkdirTemp(filepath.Dir(c.File), filepath.Base(c.File)+".*.part")
	if err != nil {
		return fmt.Errorf("write a backup beside %s: %w; check the folder and its permissions", c.File, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	seen, done := counting(s.Err, "files")
	made, digest, err := backup.Create(ctx, c.File, at, func(w *backup.Writer) error {
		if err := w.Add(backedData+headsEnding, headsOf(c.Data), true); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		snapshot := filepath.Join(aside, backedData)
		if err := sqlite.Snapshot(ctx, c.Data, snapshot); err != nil {
			return err
		}
		if err := w.Add(backedData, snapshot, true); err != nil {
			return err
		}
		return files.Each(c.Data+filesEnding, func(name string) error {
			seen()
			err := w.Add(backedData+filesEnding+"/"+name, filepath.Join(c.Data+filesEnding, filepath.FromSlash(name)), false)
			if errors.Is(err, fs.ErrNotExist) {
				return nil // no issue named it, and the sweep took it
			}
			return err
		})
	})
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			File   string    `json:"file"`
			SHA256 string    `json:"sha256"`
			At     time.Time `json:"at"`
			Files  int       `json:"files"`
			Size   int64     `json:"size"` // bytes of the files before they were packed
		}{c.File, digest, made.At, len(made.Files), size(made)})
	}
	fmt.Fprintf(s.Out, "已备份到 %s：文件 %d 个，%d 字节，含 %s 之前已确认的全部操作。%d files with %d bytes, and whatever was acknowledged before %s.\nSHA-256 %s\n",
		c.File, len(made.Files), size(made), at.Format(time.RFC3339), len(made.Files), size(made), at.Format(time.RFC3339), digest)
	return nil
}

func size(m backup.Manifest) (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Restore is the command that brings a backup back under a name where nothing is yet. It compares
// every file with its digest before anything gets its name, checks the audit trails and looks for
// every attachment. What it finds wrong with trails or attachments was so when it was backed up;
// it says so and brings the data back all the same.
type Restore struct {
	File string `arg:"" help:"The backup."`
	Data string `help:"Data file to make; refused when it, or what belongs to it, is there already." default:"lianban.db" placeholder:"FILE"`
}

// Run checks, brings back and prints.
func (c *Restore) Run(ctx context.Context, s *Streams) (err error) {
	release, err := sqlite.Claim(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	for _, ending := range []string{"", "-wal", "-journal", headsEnding, filesEnding} {
		if _, err := os.Lstat(c.Data + ending); err == nil {
			return fmt.Errorf("%s is there already and is not written over; name another file with --data, or move it away", c.Data+ending)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for %s: %w", c.Data+ending, err)
		}
	}
	folder := filepath.Dir(c.Data)
	aside, err := os.MkdirTemp(folder, filepath.Base(c.Data)+".*.part")
	if err != nil {
		return fmt.Errorf("restore into %s: %w; check its permissions", folder, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	seen, done := counting(s.Err, "files")
	made, err := backup.Extract(ctx, c.File, aside, seen)
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "备份于 %s，文件 %d 个，摘要均相符。Backed up at %s; all %d files have the digests they had then.\n", made.At.Format(time.RFC3339), len(made.Files), made.At.Format(time.RFC3339), len(made.Files))
	found := inspect(ctx, s, filepath.Join(aside, backedData), c.Data)
	if found != nil && Status(found) != 3 {
		return found
	}
	// The data file comes last: once it is there, so is everything else.
	for _, ending := range []string{filesEnding, headsEnding, ""} {
		if err := os.Rename(filepath.Join(aside, backedData+ending), c.Data+ending); err != nil && (ending == "" || !errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("restore %s: %w", c.Data+ending, err)
		}
	}
	if err := backup.SyncDir(folder); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "已恢复为 %s。Restored as %s.\n", c.Data, c.Data)
	return found
}

// inspect says what a restored data file holds that will have another name, and answers
// ErrTampered or ErrLacking for what is wrong in it.
func inspect(ctx context.Context, s *Streams, data, name string) (err error) {
	heads, err := readHeads(headsOf(data))
	if err != nil {
		return err
	}
	file, err := sqlite.View(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	report, err := checked(ctx, file, name, heads, s.Err)
	if err != nil {
		return err
	}
	printReport(s.Out, &report, heads, headsOf(name))
	if len(report.Faults) > 0 {
		err = ErrTampered
	}
	return errors.Join(err, papersOf(ctx, s.Out, file, data+filesEnding))
}

// papersOf looks for every attachment that an issue names.
func papersOf(ctx context.Context, w io.Writer, file *sqlite.File, folder string) error {
	papers, err := files.Open(folder, time.Now)
	if err != nil {
		return err
	}
	named, lacking := 0, 0
	for item, err := range file.Trails(ctx, false) {
		if err != nil {
			return fmt.Errorf("read the issues: %w", err)
		}
		id, issue := strings.CutPrefix(item.PK, "I#")
		if !issue {
			continue
		}
		var holds struct {
			Attachments []approval.Attachment `json:"attachments"`
		}
		if err := json.Unmarshal(item.Body, &holds); err != nil {
			return fmt.Errorf("read issue %s: %w", id, err)
		}
		for _, a := range holds.Attachments {
			named++
			paper, _, err := papers.Open(approval.IssueID(id), a.ID)
			if err == nil {
				err = paper.Close()
			}
			if err != nil {
				lacking++
				fmt.Fprintf(w, "%s  %s  附件缺失或损坏。The attachment is missing or damaged.\n", id, a.ID)
			}
		}
	}
	fmt.Fprintf(w, "核对附件 %d 个，缺失或损坏 %d 个。%d attachments looked for, missing or damaged: %d.\n", named, lacking, named, lacking)
	if lacking > 0 {
		return ErrLacking
	}
	return nil
}
