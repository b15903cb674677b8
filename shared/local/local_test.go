package local_test

import (
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
	"lianban/shared/sim"
)

func TestCasesPlayToTheirEnd(t *testing.T) {
	t.Parallel()
	cases := sim.Cases()
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app, err := local.Open(t.Context(), local.Config{Data: filepath.Join(t.TempDir(), "l.db"), Now: clock.Now, NewID: approvaltest.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	player := sim.Player{Service: app.Service, World: app, Clock: clock}
	ids, err := player.Play(t.Context(), cases, func(c *sim.Case) time.Time { return c.Raised }, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for k, id := range ids {
		issue, err := app.Service.Store().Issue(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if issue.Status != approval.Confirmed {
			t.Errorf("%s ended as %s", cases[k].Key, issue.Status)
		}
		report, ok, err := app.Service.Rules().Report(&issue)
		t.Log(cases[k].Key, issue.Measure, ok, err, report.Headline, report.Against)
	}
}
