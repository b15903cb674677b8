package local_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
)

func backedUp(t *testing.T, data, file string) string {
	t.Helper()
	var out bytes.Buffer
	if err := (&local.Backup{File: file, Data: data}).Run(t.Context(), &local.Streams{Out: &out, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func restored(t *testing.T, file, data string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := (&local.Restore{File: file, Data: data}).Run(t.Context(), &local.Streams{Out: &out, Err: io.Discard})
	return out.String(), err
}

var fenjiang = approval.Actor{Person: "fenjiang-secretary", Role: "secretary", Unit: "branch-fenjiang"}

// raise makes a draft with an attachment of its own.
func raise(ctx context.Context, app *local.App, n int) (approval.IssueID, error) {
	content := fmt.Sprint("图纸", n)
	issue, _, err := app.Service.Create(ctx, approval.Save{Petition: approval.Petition{Project: "fenjiang-west-bank", Title: content}}, approval.Call{Actor: fenjiang})
	if err != nil {
		return "", err
	}
	hash, _, err := app.Files().Put(issue.ID, "", strings.NewReader(content))
	if err != nil {
		return "", err
	}
	_, _, err = app.Service.Do(ctx, issue.ID, approval.Attach{Purpose: approval.ForPetition, Name: content + ".txt", Hash: hash}, approval.Call{Actor: fenjiang})
	return issue.ID, err
}

func TestABackupTakenUnderWritesHoldsWhateverWasAcknowledgedBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, file, again := filepath.Join(dir, "l.db"), filepath.Join(dir, "copy.zip"), filepath.Join(dir, "again.db")
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	acked := map[approval.IssueID]string{}
	enough, stop := make(chan struct{}), make(chan struct{})
	var writers sync.WaitGroup
	for k := range 4 {
		writers.Go(func() {
			for step := 0; ; step++ {
				select {
				case <-stop:
					return
				default:
				}
				n := step*4 + k
				id, err := raise(t.Context(), app, n)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked[id] = fmt.Sprint("图纸", n)
				if len(acked) == 50 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	if err := app.NoteHeads(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	before := map[approval.IssueID]string{}
	for id, content := range acked {
		before[id] = content
	}
	mu.Unlock()
	backedUp(t, data, file)
	close(stop)
	writers.Wait()
	t.Logf("%d acknowledged before, %d in all", len(before), len(acked))
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}

	said, err := restored(t, file, again)
	if err != nil || !strings.Contains(said, "faults found: 0.") || !strings.Contains(said, "compared with the heads") || !strings.Contains(said, "missing or damaged: 0.") {
		t.Fatalf("%v\n%s", err, said)
	}
	app, err = local.Open(t.Context(), local.Config{Data: again})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	for id, content := range before {
		issue, err := app.Service.Store().Issue(t.Context(), id)
		if err != nil || issue.Title != content || len(issue.Attachments) != 1 {
			t.Fatalf("an acknowledged issue is lost: %v %+v", err, issue)
		}
		paper, _, err := app.Files().Open(id, approvaltest.Hash(content))
		if err != nil {
			t.Fatalf("an acknowledged attachment is lost: %v", err)
		}
		if err := paper.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := raise(t.Context(), app, -1); err != nil {
		t.Errorf("the restored house does not go on: %v", err)
	}
}

// filled is a closed data file with three issues.
func filled(t *testing.T) (data string, ids []approval.IssueID) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "l.db")
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		id, err := raise(t.Context(), app, n)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := errors.Join(app.NoteHeads(t.Context()), app.Close()); err != nil {
		t.Fatal(err)
	}
	return data, ids
}

func TestARestoreWritesNothingOverAndNothingHalf(t *testing.T) {
	t.Parallel()
	data, _ := filled(t)
	file := filepath.Join(t.TempDir(), "copy.zip")
	backedUp(t, data, file)
	for _, ending := range []string{"", ".heads", ".files", "-wal"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "l.db"+ending), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restored(t, file, filepath.Join(dir, "l.db")); err == nil || !strings.Contains(err.Error(), "is not written over") {
			t.Errorf("over l.db%s: %v", ending, err)
		}
		if content, err := os.ReadFile(filepath.Join(dir, "l.db"+ending)); err != nil || string(content) != "mine" {
			t.Errorf("l.db%s is now %q", ending, content)
		}
	}
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := restored(t, file, data); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("over a file in use: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}

	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for what, content := range map[string][]byte{"cut off": whole[:len(whole)-30], "flipped": append(append(bytes.Clone(whole[:500]), whole[500]^1), whole[501:]...), "another file": []byte("minutes")} {
		bad := filepath.Join(t.TempDir(), "bad.zip")
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restored(t, bad, filepath.Join(dir, "l.db")); local.Status(err) != 1 {
			t.Errorf("a backup that is %s: %v", what, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if f.Name() != "l.db.lock" {
			t.Errorf("left behind: %s", f.Name())
		}
	}
}

func TestARestoreSaysWhatWasWrongWhenItWasBackedUp(t *testing.T) {
	t.Parallel()
	data, ids := filled(t)
	db, err := sql.Open("sqlite", data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`UPDATE item SET body = replace(body, '"at"', '"aT"') WHERE pk = ? AND sk = 'E#00000001'`, "I#"+string(ids[1]))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	papers, err := filepath.Glob(filepath.Join(data+".files", "*", "*."+string(ids[2])))
	if err != nil || len(papers) != 1 {
		t.Fatal(papers, err)
	}
	if err := os.Remove(papers[0]); err != nil {
		t.Fatal(err)
	}
	file, again := filepath.Join(t.TempDir(), "copy.zip"), filepath.Join(t.TempDir(), "l.db")
	backedUp(t, data, file)
	said, err := restored(t, file, again)
	if !errors.Is(err, local.ErrTampered) || !errors.Is(err, local.ErrLacking) || local.Status(err) != 3 {
		t.Errorf("it ends with %v", err)
	}
	for _, says := range []string{string(ids[1]) + " #1 ", string(ids[2]), "faults found: 1.", "missing or damaged: 1.", "Restored as"} {
		if !strings.Contains(said, says) {
			t.Errorf("it does not say %q:\n%s", says, said)
		}
	}
	if _, err := verified(t, again, ""); local.Status(err) != 3 {
		t.Errorf("the restored trail: %v", err)
	}
}

// TestAKilledBackupIsNotTakenForAWhole kills the real process as soon as it has begun to write.
func TestAKilledBackupIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	data, _ := filled(t)
	killed := 0
	for range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), backupData+"="+data)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var err error
		for running := true; running; {
			if parts, _ := filepath.Glob(data + ".zip.*.part"); len(parts) > 0 {
				_ = cmd.Process.Kill()
				err = <-ended
				break
			}
			select {
			case err = <-ended:
				running = false
			default:
			}
		}
		switch _, there := os.Stat(data + ".zip"); {
		case there == nil:
			if said, err := restored(t, data+".zip", filepath.Join(t.TempDir(), "l.db")); err != nil {
				t.Errorf("a file under the final name is no backup: %v\n%s", err, said)
			}
			if err := os.Remove(data + ".zip"); err != nil {
				t.Fatal(err)
			}
		case err == nil:
			t.Error("a backup ended well and left no file")
		default:
			killed++
		}
		parts, err := filepath.Glob(data + ".zip.*.part")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if err := os.RemoveAll(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	if killed == 0 {
		t.Error("no backup was killed before it was whole")
	}
	backedUp(t, data, data+".zip")
}

func TestACommandEndsWithWhatItFound(t *testing.T) {
	t.Parallel()
	data, ids := filled(t)
	if _, err := verified(t, data, ""); local.Status(err) != 0 {
		t.Errorf("a whole trail: %v", err)
	}
	if _, err := verified(t, data+".none", ""); local.Status(err) != 1 {
		t.Errorf("a file that is not there: %v", err)
	}
	db, err := sql.Open("sqlite", data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`DELETE FROM item WHERE pk = ?`, "I#"+string(ids[0]))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := verified(t, data, ""); local.Status(err) != 3 {
		t.Errorf("a broken trail: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&local.Verify{Data: data}).Run(ended, &local.Streams{Out: io.Discard, Err: io.Discard}); local.Status(err) != 1 {
		t.Errorf("an interrupted check: %v", err)
	}
}
