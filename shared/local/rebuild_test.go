package local_test

import (
	"bytes"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
	"lianban/shared/sim"
)

func TestRebuildFindsWhatDiffersAndSetsItRight(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app, err := local.Open(t.Context(), local.Config{Data: data, Now: clock.Now, NewID: approvaltest.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	player := sim.Player{Service: app.Service, World: app, Clock: clock}
	if _, err := player.Play(t.Context(), sim.Cases(), func(c *sim.Case) time.Time { return c.Raised }, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(write bool) (string, error) {
		var out, progress bytes.Buffer
		err := (&local.Rebuild{Data: data, Write: write}).Run(t.Context(), &local.Streams{Out: &out, Err: &progress})
		return out.String(), err
	}
	if said, err := run(false); err != nil || !strings.Contains(said, "3 issues") || !strings.Contains(said, " 0 records differ") || !strings.Contains(said, "。0 events missing") {
		t.Fatalf("%v\n%s", err, said)
	}
	db, err := sql.Open("sqlite", data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`DELETE FROM item WHERE pk LIKE 'F#%' AND sk LIKE 'S#%' AND sk = (SELECT min(sk) FROM item WHERE pk LIKE 'F#%' AND sk LIKE 'S#%')`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`DELETE FROM item WHERE pk LIKE 'VP#%'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if said, err := run(false); !errors.Is(err, local.ErrDiffer) || strings.Contains(said, " 0 records differ") || strings.Contains(said, "。0 events missing") {
		t.Errorf("%v\n%s", err, said)
	}
	if said, err := run(true); err != nil || !strings.Contains(said, "set right") {
		t.Errorf("%v\n%s", err, said)
	}
	if said, err := run(false); err != nil || !strings.Contains(said, " 0 records differ") || !strings.Contains(said, "。0 events missing") {
		t.Errorf("after it was set right: %v\n%s", err, said)
	}
	if err := (&local.Rebuild{Data: filepath.Join(t.TempDir(), "none.db")}).Run(t.Context(), &local.Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}); err == nil {
		t.Error("a file that is not there is made")
	}
}
