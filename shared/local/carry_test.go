package local_test

import (
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/engine"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

func TestARoundThatGoesOnForLongMovesToANewExecution(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	begin := time.Date(2025, 1, 6, 1, 0, 0, 0, time.UTC)
	clock := sim.NewClock(begin)
	app, err := local.Open(ctx, local.Config{Data: filepath.Join(t.TempDir(), "l.db"), Now: clock.Now, NewID: sim.IDs(clock.Now)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	secretary := approval.Actor{Person: "u-valley-secretary", Role: roster.Secretary, Unit: "branch-u-valley"}
	petition := approval.Petition{Project: "u-valley", Title: "管线迁改", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}, {Matter: "river_works", Department: "cc-ecology"}}}
	issue, _, err := app.Service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	grant := func(n int) {
		t.Helper()
		if issue, _, err = app.Service.Do(ctx, issue.ID, approval.Grant{SignOff: n, Reason: "逾期原因：等待权属资料"}, approval.Call{Actor: officerOf(issue.SignOff(n).Department)}); err != nil {
			t.Fatal(err)
		}
	}
	settle := func() {
		t.Helper()
		if err := app.Settle(ctx); err != nil {
			t.Fatal(err)
		}
		if issue, err = app.Service.Store().Issue(ctx, issue.ID); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	grant(1)
	for settle(); issue.Round() == 1 && clock.Now().Sub(begin) < 400*24*time.Hour; settle() {
		at, ok := app.NextWake()
		if !ok {
			t.Fatal("the machine sleeps for ever")
		}
		clock.Set(at)
		if err := app.Wake(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if age := clock.Now().Sub(begin); issue.Round() != 2 || age > 340*24*time.Hour {
		t.Fatalf("round %d after %v", issue.Round(), age)
	}
	if issue.Status != approval.InSignOff || issue.SignOff(1).State != approval.Granted || issue.SignOff(2).Light != approval.Red {
		t.Errorf("what stood does not stand: %s %+v", issue.Status, issue.SignOffs)
	}
	for round, want := range map[int]engine.Status{1: engine.Succeeded, 2: engine.Running} {
		if d, err := app.Engine.Describe(ctx, local.ExecutionOf(issue.ID, round)); err != nil || d.Status != want {
			t.Errorf("execution %d: %s %v", round, d.Status, err)
		}
	}
	if r := issue.Rounds[0]; r.Verdict != approval.Continued || r.ClosedAt.IsZero() {
		t.Errorf("the first round ended as %+v", r)
	}
	grant(2)
	settle()
	if issue.Status != approval.Concluded || issue.Verdict != approval.Agreed {
		t.Errorf("it ended as %s %s", issue.Status, issue.Verdict)
	}
}
