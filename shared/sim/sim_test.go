package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTheClockNeverGoesBackUntilItIsReleased(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	c := sim.NewClock(start)
	c.Set(start.Add(-time.Hour))
	if got := c.Now(); !got.Equal(start) {
		t.Errorf("set back to %s", got)
	}
	c.Add(time.Hour)
	c.Set(start.Add(30 * time.Minute))
	if got := c.Now(); !got.Equal(start.Add(time.Hour)) {
		t.Errorf("it shows %s", got)
	}
	real := start.AddDate(1, 0, 0)
	c.Release(func() time.Time { return real })
	c.Set(start.AddDate(5, 0, 0))
	if got := c.Now(); !got.Equal(real) {
		t.Errorf("released, it shows %s", got)
	}
}

// TestCasesAreWhole reads the file strictly and plans every case.
func TestCasesAreWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var cases []sim.Case
	if err := d.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cases, sim.Cases()); diff != "" {
		t.Error(diff)
	}
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo()}
	known := []string{"approve", "commitment", "object", "supplement", "claim"}
	for _, c := range cases {
		project, ok := rules.Roster.Project(c.Project)
		if !ok {
			t.Errorf("%s: no project %s", c.Key, c.Project)
			continue
		}
		signOffs, err := rules.Plan(project.District, c.Petition, calendar.Of(c.Raised))
		if err != nil || len(signOffs) != len(c.Parts) {
			t.Errorf("%s: %d sign-offs, %d parts, %v", c.Key, len(signOffs), len(c.Parts), err)
		}
		for k, part := range c.Parts {
			for _, act := range part {
				if !slices.Contains(known, act.Do) {
					t.Errorf("%s, part %d: nobody knows how to %q", c.Key, k+1, act.Do)
				}
			}
		}
		if c.Source.ZH == "" || c.Source.EN == "" || len(c.Assumed) == 0 {
			t.Errorf("%s does not say what is reported and what is assumed", c.Key)
		}
	}
}

func open(t *testing.T, clock *sim.Clock) *local.App {
	t.Helper()
	app, err := local.Open(t.Context(), local.Config{Data: filepath.Join(t.TempDir(), "s.db"), Now: clock.Now, NewID: approvaltest.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	return app
}

// play plays all cases and answers their issues and audit trails.
func play(t *testing.T, until time.Time) (issues []approval.Issue, trail [][]approval.Event) {
	t.Helper()
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app := open(t, clock)
	calls, last := 0, -1
	player := sim.Player{Service: app.Service, World: app, Clock: clock, Progress: func(done, all int) {
		if calls++; done < last || done > all {
			t.Errorf("%d of %d settled after %d", done, all, last)
		}
		last = done
	}}
	ids, err := player.Play(t.Context(), sim.Cases(), func(c *sim.Case) time.Time { return c.Raised }, until)
	if err != nil {
		t.Fatal(err)
	}
	if calls == 0 {
		t.Error("no progress was told")
	}
	for _, id := range ids {
		var issue approval.Issue
		var events []approval.Event
		if id != "" {
			if issue, err = app.Service.Store().Issue(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if events, _, err = app.Service.Store().Events(t.Context(), id, 0, approval.Page{Limit: 200}); err != nil {
				t.Fatal(err)
			}
			if err := approval.VerifyChain(events, issue.Head); err != nil {
				t.Error(err)
			}
		}
		issues, trail = append(issues, issue), append(trail, events)
	}
	if !until.IsZero() && !clock.Now().Equal(until) {
		t.Errorf("the clock stands at %s", clock.Now())
	}
	return issues, trail
}

func TestPlayingTwiceGivesTheSameTrails(t *testing.T) {
	t.Parallel()
	first, one := play(t, time.Time{})
	_, two := play(t, time.Time{})
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
	for k, issue := range first {
		if issue.Status != approval.Confirmed || issue.Measure == nil || issue.Rating == nil {
			t.Errorf("case %d ended as %s", k, issue.Status)
		}
	}
}

// TestTheCasesLieOnTheCalendarAsTheyWentOn holds the time charts of the three cases
// against their golden text.
func TestTheCasesLieOnTheCalendarAsTheyWentOn(t *testing.T) {
	t.Parallel()
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo()}
	var told bytes.Buffer
	ended, _ := play(t, time.Time{})
	halfway, _ := play(t, time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC))
	for k, c := range sim.Cases() {
		stages := []approval.Issue{ended[k]}
		if s := halfway[k].Status; s != "" && !s.Ended() {
			stages = append(stages, halfway[k])
		}
		for _, issue := range stages {
			line, err := rules.Timeline(&issue, calendar.MustParse("2022-03-10"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&told, "%s, %s, from %s to %s, C = %v on %v; in turn until %s\n", c.Key, issue.Status, line.Start, line.End, line.Path.Days, line.Path.Tasks, line.SerialEnd)
			for _, l := range line.Lines {
				row, err := json.Marshal(l)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&told, "  %s\n", row)
			}
			report, measured, err := rules.Report(&issue)
			if err != nil || measured && report.Run.Path.Days != line.Path.Days {
				t.Errorf("%s: C is %v, measured %v, %v", c.Key, line.Path.Days, report.Run.Path.Days, err)
			}
		}
	}
	const golden = "testdata/timelines.golden"
	if *update {
		if err := os.WriteFile(golden, told.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), told.String()); diff != "" {
		t.Errorf("-update writes what it is now:\n%s", diff)
	}
}

func TestPlayingStopsAtItsMoment(t *testing.T) {
	t.Parallel()
	until := time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC) // the second case is three days old, the third not raised
	issues, trail := play(t, until)
	cases := sim.Cases()
	for k, c := range cases {
		if raised := issues[k].ID != ""; raised != c.Raised.Before(until) {
			t.Errorf("%s: raised %v", c.Key, raised)
		}
		for _, e := range trail[k] {
			if e.At.After(until) {
				t.Errorf("%s: %s at %s", c.Key, e.Kind, e.At)
			}
		}
	}
}

// standstill is a world in which nothing goes on by itself.
type standstill struct{ err error }

func (w standstill) Settle(context.Context) error { return w.err }
func (standstill) NextWake() (time.Time, bool)    { return time.Time{}, false }
func (standstill) Wake(context.Context) error     { return nil }

func TestTroubleInTheWorldIsReported(t *testing.T) {
	t.Parallel()
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app := open(t, clock)
	fire := errors.New("disk on fire")
	player := sim.Player{Service: app.Service, World: standstill{fire}, Clock: clock}
	raised := func(c *sim.Case) time.Time { return c.Raised }
	if _, err := player.Play(t.Context(), sim.Cases(), raised, time.Time{}); !errors.Is(err, fire) {
		t.Errorf("answers %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	player.World = standstill{}
	if _, err := player.Play(ctx, sim.Cases(), raised, time.Time{}); !errors.Is(err, context.Canceled) {
		t.Errorf("answers %v", err)
	}
}

func TestPlayingEndsWhenNothingGoesOn(t *testing.T) {
	t.Parallel()
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app := open(t, clock)
	player := sim.Player{Service: app.Service, World: standstill{}, Clock: clock} // nothing is ever routed
	ids, err := player.Play(t.Context(), sim.Cases()[:1], func(c *sim.Case) time.Time { return c.Raised }, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if issue, err := app.Service.Store().Issue(t.Context(), ids[0]); err != nil || issue.Status != approval.Raised {
		t.Errorf("the issue is %s, %v", issue.Status, err)
	}
}

func TestPartsThatDoNotFitTheSignOffsAreReported(t *testing.T) {
	t.Parallel()
	clock := sim.NewClock(time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC))
	app := open(t, clock)
	player := sim.Player{Service: app.Service, World: app, Clock: clock}
	cases := sim.Cases()[:1]
	cases[0].Parts = cases[0].Parts[1:]
	if _, err := player.Play(t.Context(), cases, func(c *sim.Case) time.Time { return c.Raised }, time.Time{}); err == nil {
		t.Error("nobody noticed")
	}
}
