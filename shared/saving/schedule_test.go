package saving

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/calendar"
)

func TestLay(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheCaseByHand", func(t *testing.T) {
		t.Parallel()
		// Working days after 2026-09-18: 1 is Sunday 09-20, 2..5 are 09-21 to 09-24, 6..8 are 09-28 to 09-30, 9 is 10-08, 10 is
		// 10-09, 11 is Saturday 10-10, 12 is 10-12, 13 is 10-13.
		got, err := Lay(calendar.China(), day("2026-09-18"), []Task{
			{ID: "plan", Requires: []string{"site", "filing"}, Days: 4},
			{ID: "site", Days: 5.5},
			{ID: "filing", Days: 0},
			{ID: "trees", Days: 2},
			{ID: "notice", Requires: []string{"plan"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := Schedule{
			Start: day("2026-09-18"),
			Serial: []Bar{
				{"site", day("2026-09-20"), day("2026-09-28"), true},
				{"filing", day("2026-09-28"), day("2026-09-28"), false},
				{"plan", day("2026-09-28"), day("2026-10-09"), true},
				{"trees", day("2026-10-09"), day("2026-10-12"), false},
				{"notice", day("2026-10-12"), day("2026-10-12"), true},
			},
			Parallel: []Bar{
				{"plan", day("2026-09-28"), day("2026-10-09"), true},
				{"site", day("2026-09-20"), day("2026-09-28"), true},
				{"filing", day("2026-09-18"), day("2026-09-18"), false},
				{"trees", day("2026-09-20"), day("2026-09-21"), false},
				{"notice", day("2026-10-09"), day("2026-10-09"), true},
			},
			SerialEnd: day("2026-10-12"), ParallelEnd: day("2026-10-09"),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("KeepsOrderAndLength", rapid.MakeCheck(func(t *rapid.T) {
		tasks := drawGraph(t, 8)
		for i := range tasks {
			tasks[i].Days = WorkingDays(math.Ceil(float64(tasks[i].Days)))
			if tasks[i].Days > 200 {
				tasks[i].Days = 200
			}
		}
		c := calendar.China()
		start := day("2024-01-01").Add(rapid.IntRange(0, 700).Draw(t, "start"))
		got, err := Lay(c, start, tasks)
		if err != nil {
			t.Fatal(err)
		}
		path, err := Critical(tasks)
		if err != nil {
			t.Fatal(err)
		}
		if s := c.WorkingDays(start, got.SerialEnd); WorkingDays(s) != Serial(tasks) {
			t.Fatalf("the serial plan takes %d, want %v", s, Serial(tasks))
		}
		if p := c.WorkingDays(start, got.ParallelEnd); WorkingDays(p) != path.Days {
			t.Fatalf("the parallel plan takes %d, want %v", p, path.Days)
		}
		bars := map[string]Bar{}
		for _, b := range got.Parallel {
			bars[b.ID] = b
		}
		for _, task := range tasks {
			b := bars[task.ID]
			if n := c.WorkingDays(b.From-1, b.To); task.Days > 0 && WorkingDays(n) != task.Days {
				t.Fatalf("%+v takes %d days, not %v", b, n, task.Days)
			}
			for _, r := range task.Requires {
				if task.Days > 0 && bars[r].To >= b.From || bars[r].To > b.To {
					t.Fatalf("%+v begins before %+v is done", b, bars[r])
				}
			}
		}
		last := start
		seen := []string{}
		for _, b := range got.Serial {
			i := slices.IndexFunc(tasks, func(t Task) bool { return t.ID == b.ID })
			if tasks[i].Days > 0 && b.From <= last || b.To < last {
				t.Fatalf("%+v begins before the one ahead ended on %s", b, last)
			}
			for _, r := range tasks[i].Requires {
				if !slices.Contains(seen, r) {
					t.Fatalf("%s comes before %s, which it requires", b.ID, r)
				}
			}
			last, seen = b.To, append(seen, b.ID)
		}
	}))

	t.Run("RefusesWhatCannotBeLaid", func(t *testing.T) {
		t.Parallel()
		many := []Task{{ID: "a", Days: calendar.MaxDays}, {ID: "b", Days: 1}}
		for _, c := range []struct {
			want  string
			start calendar.Date
			tasks []Task
		}{
			{"there is no start", 0, handGraph()},
			{"they take 36526 days", day("2026-01-05"), many},
			{"a requires a", day("2026-01-05"), []Task{{ID: "a", Requires: []string{"a"}}}},
		} {
			if _, err := Lay(calendar.China(), c.start, c.tasks); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		}
	})

	t.Run("MarksAPlanPastTheNotices", func(t *testing.T) {
		t.Parallel()
		got, err := Lay(calendar.China(), day("2026-12-25"), []Task{{ID: "a", Days: 3}, {ID: "b", Days: 3}})
		if err != nil || !got.Provisional || got.ParallelEnd != day("2026-12-30") {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
