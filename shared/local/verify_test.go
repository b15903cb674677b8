package local_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
	"lianban/shared/sim"
)

// verified runs the command on a data file and answers what it prints.
func verified(t *testing.T, data, heads string) (string, error) {
	t.Helper()
	var out, progress bytes.Buffer
	err := (&local.Verify{Data: data, Heads: heads}).Run(t.Context(), &local.Streams{Out: &out, Err: &progress})
	return out.String(), err
}

func TestVerifyFindsWhatWasDoneToADataFile(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app, err := local.Open(t.Context(), local.Config{Data: data, Now: clock.Now, NewID: approvaltest.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	player := sim.Player{Service: app.Service, World: app, Clock: clock}
	ids, err := player.Play(t.Context(), sim.Cases(), func(c *sim.Case) time.Time { return c.Raised }, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	// While the house is open, and without heads.
	if said, err := verified(t, data, ""); err != nil || !strings.Contains(said, "found: 0.") || !strings.Contains(said, "no heads") {
		t.Errorf("%v\n%s", err, said)
	}
	for range 2 { // the second time on a day, nothing is noted
		if err := app.NoteHeads(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	noted, err := os.ReadFile(data + ".heads")
	if err != nil || bytes.Count(noted, []byte("\n")) != 1 {
		t.Fatalf("%d bytes of heads, %v", len(noted), err)
	}
	elsewhere := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(elsewhere, noted, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := verified(t, data, elsewhere); err != nil || !strings.Contains(said, "compared") {
		t.Errorf("%v\n%s", err, said)
	}
	whole, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ sql, event string }{
		"a word is changed":     {`UPDATE item SET body = replace(body, '"at"', '"aT"') WHERE pk = ? AND sk = 'E#00000004'`, " #4 "},
		"an event is deleted":   {`DELETE FROM item WHERE pk = ? AND sk = 'E#00000003'`, " #3 "},
		"two change places":     {`UPDATE item SET body = (SELECT o.body FROM item o WHERE o.pk = item.pk AND o.sk = 'E#00000002') WHERE pk = ? AND sk = 'E#00000003'`, " #3 "},
		"one is added":          {`INSERT INTO item SELECT pk, 'E#00009999', g1pk, g1sk, g2pk, g2sk, version, expires, body FROM item WHERE pk = ? AND sk = 'E#00000001'`, " #"},
		"the issue is deleted":  {`DELETE FROM item WHERE pk = ?`, "gone"},
		"its record is deleted": {`DELETE FROM item WHERE pk = ? AND sk = 'A'`, "gone"},
	} {
		copied := filepath.Join(t.TempDir(), "l.db")
		if err := os.WriteFile(copied, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", copied)
		if err != nil {
			t.Fatal(err)
		}
		done, err := db.Exec(c.sql, "I#"+string(ids[0]))
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(name, err)
		}
		if n, _ := done.RowsAffected(); n == 0 {
			t.Fatalf("%s: nothing was done", name)
		}
		said, err := verified(t, copied, elsewhere)
		if !errors.Is(err, local.ErrTampered) || !strings.Contains(said, string(ids[0])) || !strings.Contains(said, c.event) || !strings.Contains(said, "found: 1.") {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
	torn := filepath.Join(t.TempDir(), "l.db")
	damaged := bytes.Clone(whole)
	for k := 4096; k < 3*4096; k++ {
		damaged[k] ^= 0x5a
	}
	if err := os.WriteFile(torn, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := verified(t, torn, ""); err == nil || errors.Is(err, local.ErrTampered) {
		t.Errorf("damaged pages: %v\n%s", err, said)
	}
	if _, err := verified(t, data, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("heads that are not there are not missed")
	}
}

func TestTheFirstReleasesTrailsAreWhatWasWritten(t *testing.T) {
	t.Parallel()
	data, _ := firstRelease(t)
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if said, err := verified(t, data, ""); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestTrailsGoOnBySM3AndStayProvable(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	ids := approvaltest.IDs()
	// The first case is played by SHA-256, the others by SM3; what the first has left to do goes on.
	cases := sim.Cases()
	for k, by := range []approval.Digest{approval.SHA256, approval.SM3} {
		app, err := local.Open(t.Context(), local.Config{Data: data, Now: clock.Now, NewID: ids, Digest: by})
		if err != nil {
			t.Fatal(err)
		}
		player := sim.Player{Service: app.Service, World: app, Clock: clock}
		part := cases[:1]
		if k > 0 {
			part = cases[1:]
		}
		if _, err := player.Play(t.Context(), part, func(*sim.Case) time.Time { return clock.Now() }, time.Time{}); err != nil {
			t.Fatal(err)
		}
		clock.Set(clock.Now().AddDate(0, 0, 2))
		if err := app.NoteHeads(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	heads, err := os.ReadFile(data + ".heads")
	if err != nil || bytes.Count(heads, []byte("\n")) != 2 || !bytes.Contains(heads, []byte(`"hash":"sm3:`)) {
		t.Fatalf("%s %v", heads, err)
	}
	said, err := verified(t, data, "")
	if err != nil || !strings.Contains(said, "found: 0.") || !strings.Contains(said, "(1 by SHA-256, 2 by SM3)") {
		t.Fatalf("%v\n%s", err, said)
	}
	db, err := sql.Open("sqlite", data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE item SET body = replace(body, '"at"', '"aT"') WHERE sk = 'E#00000004'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if said, err := verified(t, data, ""); !errors.Is(err, local.ErrTampered) || strings.Count(said, " #4 ") != 3 {
		t.Errorf("%v\n%s", err, said)
	}
}
