package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"lianban/shared/audit"
	"lianban/shared/calendar"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// Verify is the command that checks every audit trail of a data file, which may be in use by
// another process, against the heads noted so far.
type Verify struct {
	Data  string `help:"Data file; may be in use." default:"lianban.db" placeholder:"FILE"`
	Heads string `help:"File of the heads noted day by day; a copy kept elsewhere proves the most. Default: the data file's name with .heads behind it." placeholder:"FILE"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// ErrTampered is what a check answers that found something.
var ErrTampered = errors.New("the audit trail is not what was written")

// Status is the exit status that says how a command ended: 0, it did what was asked; 3, it read
// everything and found an audit trail broken or an attachment missing; 1, it could not do it, was
// interrupted, or could not read what it was to check.
func Status(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrTampered), errors.Is(err, ErrLacking):
		return 3
	}
	return 1
}

// Run checks and prints.
func (c *Verify) Run(ctx context.Context, s *Streams) (err error) {
	name := c.Heads
	if name == "" {
		name = headsOf(c.Data)
	}
	heads, err := readHeads(name)
	if err != nil {
		return err
	}
	if c.Heads != "" && heads.Lines == 0 {
		return fmt.Errorf("%s has no heads; leave --heads out to check without", c.Heads)
	}
	file, err := sqlite.View(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	report, err := checked(ctx, file, c.Data, heads, s.Err)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		printReport(s.Out, &report, heads, name)
	}
	if len(report.Faults) > 0 {
		return errors.Join(err, ErrTampered)
	}
	return err
}

// checked reads a data file whole, and compares its trails with the heads.
func checked(ctx context.Context, file *sqlite.File, name string, heads *audit.Heads, progress io.Writer) (audit.Report, error) {
	if err := file.Sound(ctx); err != nil {
		return audit.Report{}, err
	}
	seen, done := counting(progress, "trails")
	report, err := audit.Verify(store.Trails(file.Trails(ctx, true)), heads, seen)
	done()
	if err != nil {
		return audit.Report{}, fmt.Errorf("read the trails of %s: %w", name, err)
	}
	return report, nil
}

func printReport(w io.Writer, r *audit.Report, heads *audit.Heads, name string) {
	for _, f := range r.Faults {
		at := f.Subject
		if f.Event > 0 {
			at = fmt.Sprintf("%s #%d", f.Subject, f.Event)
		}
		fmt.Fprintf(w, "%s  %s  %s\n", at, f.Text.ZH, f.Text.EN)
	}
	fmt.Fprintf(w, "核对审计链 %d 条、事件 %d 个（SHA-256 %d 条、SM3 %d 条），发现 %d 处问题。%d trails with %d events checked (%d by SHA-256, %d by SM3), faults found: %d.\n",
		r.Trails, r.Events, r.Trails-r.SM3, r.SM3, len(r.Faults), r.Trails, r.Events, r.Trails-r.SM3, r.SM3, len(r.Faults))
	if heads.Lines == 0 {
		fmt.Fprintf(w, "没有每日链首可供对照（%s），整条删除的记录无法发现。There are no heads to compare with, so that a trail taken away whole would not be noticed.\n", name)
		return
	}
	fmt.Fprintf(w, "已与 %s 的每日链首对照 %d 条（%s）。%d of them compared with the heads of that day.\n", heads.At.Format(time.RFC3339), r.Noted, name, r.Noted)
}

func headsOf(data string) string { return data + headsEnding }

// readHeads reads the heads noted so far; none when there is no file yet.
func readHeads(name string) (*audit.Heads, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return audit.ReadHeads(eof{})
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	heads, err := audit.ReadHeads(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return heads, nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// NoteHeads appends how far every trail has come to the file beside the data file, unless it did
// so on this day already or none has moved on. What is half written after a crash is written
// over.
func (a *App) NoteHeads(ctx context.Context) (err error) {
	name, now := headsOf(a.data), a.Service.Now()
	heads, err := readHeads(name)
	if err != nil {
		return err
	}
	if day := a.Service.Today(); !heads.At.IsZero() && calendar.Of(heads.At) >= day {
		return nil
	}
	line, err := heads.Next(store.Trails(a.file.Trails(ctx, false)), now, a.store.Digest())
	if err != nil || line == nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at := heads.Whole - int64(len(line))
	if err := f.Truncate(at); err != nil {
		return err
	}
	if _, err := f.WriteAt(line, at); err != nil {
		return err
	}
	return f.Sync()
}
