package local_test

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

func smallCity(t testing.TB, seed uint64) *city.City {
	t.Helper()
	made, err := city.New(city.Plan{Seed: seed, Projects: 8, Months: 4, From: calendar.MustParse("2025-01-01"), Assumed: city.Assumed()})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// playSmall plays a small city and answers its data file.
func playSmall(t testing.TB, seed uint64) (string, local.PlayedYear) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "city.db")
	years, err := local.PlayCity(t.Context(), smallCity(t, seed), path, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path, years[0]
}

func TestTheSameSeedPlaysTheSameYear(t *testing.T) {
	t.Parallel()
	_, first := playSmall(t, 7)
	_, again := playSmall(t, 7)
	_, other := playSmall(t, 8)
	if first.Heads != again.Heads || first.Raised != again.Raised {
		t.Errorf("the same seed: %d issues with %s, then %d with %s", first.Raised, first.Heads, again.Raised, again.Heads)
	}
	if first.Heads == other.Heads {
		t.Error("another seed played the same year")
	}
	if first.Raised < 10 || !first.Complete {
		t.Errorf("%d issues raised, complete: %t", first.Raised, first.Complete)
	}
}

// issuesOf are all issues of a city in a data file.
func issuesOf(t *testing.T, app *local.App) (issues []approval.Issue) {
	t.Helper()
	for _, p := range app.Service.Rules().Roster.Projects() {
		page, _, err := app.Service.Store().Issues(t.Context(), approval.IssueQuery{Project: p.ID}, approval.Page{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for k := range page {
			whole, err := app.Service.Store().Issue(t.Context(), page[k].ID)
			if err != nil {
				t.Fatal(err)
			}
			issues = append(issues, whole)
		}
	}
	return issues
}

// TestAPlayedYearIsWhole reads the file as serve would: on the facts that it keeps.
func TestAPlayedYearIsWhole(t *testing.T) {
	t.Parallel()
	path, played := playSmall(t, 7)
	end := smallCity(t, 7).Until.Start()
	app, err := local.Open(t.Context(), local.Config{Data: path})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, ok := app.Service.Rules().Roster.Project("project-8"); !ok {
		t.Fatal("the file opened without its own roster")
	}
	issues := issuesOf(t, app)
	if len(issues) != played.Raised {
		t.Errorf("%d issues in the file, %d were raised", len(issues), played.Raised)
	}
	granted := 0
	for k := range issues {
		i := &issues[k]
		if i.Hold != nil {
			t.Errorf("issue %s waits for an operator: %s", i.ID, i.Hold.Cause)
		}
		live := i.Status.Ended() || i.Status == approval.Returned
		for _, w := range i.Watches {
			live = live || w.WakeAt.After(end) || w.WakeAt.Equal(end)
		}
		if !live {
			t.Errorf("issue %s is %s and nothing will wake it: %+v", i.ID, i.Status, i.Watches)
		}
		events, _, err := app.Service.Store().Events(t.Context(), i.ID, 0, approval.Page{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(events)) == i.Events {
			if err := approval.VerifyChain(events, i.Head); err != nil {
				t.Errorf("issue %s: %v", i.ID, err)
			}
		}
		granted += i.Count.Granted
	}
	if granted < played.Raised {
		t.Errorf("only %d parts were granted in %d issues", granted, played.Raised)
	}
}

// TestAPlayedCityIsWorkedOn raises an issue in a file that a simulation left.
func TestAPlayedCityIsWorkedOn(t *testing.T) {
	t.Parallel()
	path, _ := playSmall(t, 7)
	app, err := local.Open(t.Context(), local.Config{Data: path})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	branch, _ := app.Service.Rules().Roster.BranchOf("project-1")
	actor := approval.Actor{Person: branch.SecretaryID, Role: roster.Secretary, Unit: string(branch.ID)}
	issue, _, err := app.Service.Create(t.Context(), approval.Raise{Petition: &approval.Petition{Project: "project-1", Title: "新的问题", Items: []catalog.ItemNo{33}}}, approval.Call{Actor: actor})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if issue, err = app.Service.Issue(t.Context(), issue.ID, actor); err != nil || issue.Status != approval.InSignOff {
		t.Errorf("it is %s: %v", issue.Status, err)
	}
}

func TestAYearThatIsStoppedLeavesASoundFile(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "city.db")
	years, err := local.PlayCity(ctx, smallCity(t, 7), path, false, func(done, _ int) {
		if done > 60 {
			stop()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	played := years[0]
	if played.Complete || played.Raised == 0 {
		t.Errorf("stopped: complete %t, %d raised", played.Complete, played.Raised)
	}
	app, err := local.Open(t.Context(), local.Config{Data: path})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if n := len(issuesOf(t, app)); n != played.Raised {
		t.Errorf("%d issues in the file, %d were raised", n, played.Raised)
	}
	if err := app.Settle(t.Context()); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}

func TestASimulationTouchesNoFileThatExists(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "city.db")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := local.PlayCity(t.Context(), smallCity(t, 7), path, false, nil); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("answered %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("the file holds %q: %v", text, err)
	}
}

func TestTheSameArrivalsAreAskedForInBothWays(t *testing.T) {
	t.Parallel()
	made := smallCity(t, 7)
	years, err := local.PlayCity(t.Context(), made, "", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	parallel, oneByOne := &years[0], &years[1]
	if parallel.Raised != len(made.Arrivals) || oneByOne.Raised != len(made.Arrivals) {
		t.Errorf("%d arrivals; raised %d in parallel and %d one by one", len(made.Arrivals), parallel.Raised, oneByOne.Raised)
	}
	if parallel.SignOffs != made.SignOffs || oneByOne.SignOffs != oneByOne.Issues {
		t.Errorf("%d sign-offs are planned: %d in parallel; one by one %d in %d issues", made.SignOffs, parallel.SignOffs, oneByOne.SignOffs, oneByOne.Issues)
	}
	for k := range made.Arrivals {
		p, s := &parallel.Result.Cases[k], &oneByOne.Result.Cases[k]
		if p.Raised != s.Raised || len(p.Pieces) != len(s.Pieces) {
			t.Errorf("issue %d: raised on %s with %d parts, and on %s with %d", k+1, p.Raised, len(p.Pieces), s.Raised, len(s.Pieces))
		}
		for n := range s.Pieces {
			for m := range s.Pieces {
				if a, b := &s.Pieces[n], &s.Pieces[m]; n != m && a.Ending == saving.Decided && b.Received > a.Received && b.Received < a.Decided {
					t.Errorf("issue %d: part %s was asked on %s, before part %s was answered on %s", k+1, b.ID, b.Received, a.ID, a.Decided)
				}
			}
		}
	}
	c, err := city.Compare(made.Calendar, &oneByOne.Result, &parallel.Result, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c.Paired < 10 || c.SpanParallel >= c.SpanOneByOne {
		t.Errorf("over %d issues one by one took %.1f days and in parallel %.1f", c.Paired, c.SpanOneByOne, c.SpanParallel)
	}
	if gap := c.SpanOneByOne - c.SpanParallel - c.Parallelism - c.FasterReview - c.HandOff; math.Abs(gap) > 1e-9 {
		t.Errorf("the parts of the difference miss it by %v", gap)
	}
}

func TestTheExponentOfAPowerLawIsFound(t *testing.T) {
	t.Parallel()
	xs := []float64{10, 100, 1000, 10000}
	var ys []float64
	for _, x := range xs {
		ys = append(ys, 3*math.Pow(x, 1.5))
	}
	if e, ok := local.Exponent(xs, ys); !ok || math.Abs(e-1.5) > 1e-9 {
		t.Errorf("%v, %t", e, ok)
	}
	for _, few := range [][]float64{{1, 2}, {5, 5, 5}, {0, 1, 2}} {
		if _, ok := local.Exponent(few, few); ok {
			t.Errorf("%v have an exponent", few)
		}
	}
}

func TestCitiesOneAfterTheOtherPrintWhatGrows(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	command := local.Simulate{Projects: 4, Months: 1, Seed: 1, From: "2025-03-03", Cities: 5, Lang: "en"}
	if err := command.Run(t.Context(), &local.Streams{Out: &out, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 made-up cities (4 projects and 1 months each)", "MiB at most", "with the sign-offs x, as x^e (least squares of the logarithms, n=3)", "  resident memory: ", "  memory at most: ", "  data: ", "All issues",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestTheLastOfManyCitiesIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "city.db")
	command := local.Simulate{Projects: 4, Months: 1, Seed: 7, From: "2025-03-03", Cities: 2, Data: path, Lang: "en"}
	if err := command.Run(t.Context(), &local.Streams{Out: io.Discard, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	app, err := local.Open(t.Context(), local.Config{Data: path})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	made, err := city.New(city.Plan{Seed: 8, Projects: 4, Months: 1, From: calendar.MustParse("2025-03-03"), Assumed: city.Assumed()})
	if err != nil {
		t.Fatal(err)
	}
	if issues := issuesOf(t, app); len(issues) != len(made.Arrivals) {
		t.Errorf("%d issues are kept; the second city raised %d", len(issues), len(made.Arrivals))
	}
	if left, err := filepath.Glob(filepath.Join(dir, "lianban-city-*")); err != nil || len(left) > 0 {
		t.Errorf("beside it is %v: %v", left, err)
	}
	if err := command.Run(t.Context(), &local.Streams{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("over a file that exists: %v", err)
	}
}

// stopping ends a context after so many writes.
type stopping struct {
	bytes.Buffer
	after int
	stop  func()
}

func (s *stopping) Write(p []byte) (int, error) {
	if s.after--; s.after == 0 {
		s.stop()
	}
	return s.Buffer.Write(p)
}

func TestCitiesThatAreStoppedPrintWhatWasReachedAndLeaveASoundFile(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "city.db")
	out := &stopping{after: 4, stop: stop} // the headline, the columns, one city, two cities
	command := local.Simulate{Projects: 4, Months: 1, Seed: 7, From: "2025-03-03", Cities: 1000, Data: path, Lang: "en"}
	if err := command.Run(ctx, &local.Streams{Out: out, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "Stopped early after 2 whole cities") || !strings.Contains(out.String(), "time: too few points") {
		t.Errorf("it printed\n%s", out.String())
	}
	var verified bytes.Buffer
	if err := (&local.Verify{Data: path}).Run(t.Context(), &local.Streams{Out: &verified, Err: io.Discard}); err != nil {
		t.Errorf("%v\n%s", err, verified.String())
	}
}

func TestAnExponentSaysWhatGrows(t *testing.T) {
	t.Parallel()
	for e, want := range map[float64]string{-0.05: "stays as it is", 0.5: "more slowly than the work: 3.2 times", 1: "as the work does: 10.0 times", 2: "faster than the work: 100.0 times"} {
		if said := local.GrowthInWords(e); !strings.Contains(said, want) {
			t.Errorf("%v: %q", e, said)
		}
	}
}

func TestSimulateSaysWhichOptionsDoNotGoTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []local.Simulate{
		{Projects: 4, Months: 1, From: "2025-03-03", Cities: 2, Sizes: []int{1}},
		{Projects: 4, Months: 1, From: "2025-03-03", Sizes: []int{4}, Data: "x.db"},
		{Projects: 4, Months: 1, From: "2025-03-03", Cities: 2, Report: "x.html"},
		{Projects: 4, Months: 1, From: "yesterday"},
	} {
		if err := c.Run(t.Context(), &local.Streams{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), "--") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
