package saving

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawGraph draws a graph without circles: tasks require tasks before them, and are then shuffled. Days are multiples of a quarter.
func drawGraph(t *rapid.T, most int) []Task {
	n := rapid.IntRange(0, most).Draw(t, "tasks")
	tasks := make([]Task, n)
	for i := range tasks {
		tasks[i] = Task{ID: string(rune('a' + i)), Days: drawDays(t)}
		for j := range i {
			if rapid.IntRange(0, 2).Draw(t, "edge") == 0 {
				tasks[i].Requires = append(tasks[i].Requires, tasks[j].ID)
			}
		}
	}
	return shuffled(t, tasks)
}

func drawDays(t *rapid.T) WorkingDays {
	return WorkingDays(rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 4000)).Draw(t, "quarters")) / 4
}

func shuffled(t *rapid.T, tasks []Task) []Task {
	if len(tasks) == 0 {
		return tasks
	}
	return rapid.Permutation(tasks).Draw(t, "order")
}

func rat(d WorkingDays) *big.Rat { return new(big.Rat).SetFloat64(float64(d)) }

// paths are all paths that begin at a task that requires nothing, by enumeration.
func paths(tasks []Task) (all [][]string) {
	var follow func(path []string)
	follow = func(path []string) {
		all = append(all, path)
		for _, t := range tasks {
			if slices.Contains(t.Requires, path[len(path)-1]) {
				follow(append(slices.Clone(path), t.ID))
			}
		}
	}
	for _, t := range tasks {
		if len(t.Requires) == 0 {
			follow([]string{t.ID})
		}
	}
	return all
}

// longest is the length of the longest path by enumeration; among those through a task when through is not "".
func longest(tasks []Task, through string) *big.Rat {
	days := map[string]*big.Rat{}
	for _, t := range tasks {
		days[t.ID] = rat(t.Days)
	}
	most := new(big.Rat)
	for _, p := range paths(tasks) {
		if through != "" && !slices.Contains(p, through) {
			continue
		}
		sum := new(big.Rat)
		for _, id := range p {
			sum.Add(sum, days[id])
		}
		if sum.Cmp(most) > 0 {
			most = sum
		}
	}
	return most
}

// Hand computed. a and b begin; d waits for both, c for a, e for c and d.
func handGraph() []Task {
	return []Task{
		{ID: "a", Days: 3},
		{ID: "b", Days: 5},
		{ID: "c", Requires: []string{"a"}, Days: 2},
		{ID: "d", Requires: []string{"a", "b", "a"}, Days: 4.5},
		{ID: "e", Requires: []string{"c", "d"}, Days: 1},
	}
}

func TestCritical(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheCaseByHand", func(t *testing.T) {
		t.Parallel()
		got, err := Critical(handGraph())
		if err != nil {
			t.Fatal(err)
		}
		want := Path{Days: 10.5, Tasks: []string{"b", "d", "e"}, Slots: []Slot{
			{ID: "a", Start: 0, Finish: 3, Slack: 2},
			{ID: "b", Start: 0, Finish: 5},
			{ID: "c", Start: 3, Finish: 5, Slack: 4.5},
			{ID: "d", Start: 5, Finish: 9.5},
			{ID: "e", Start: 9.5, Finish: 10.5},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := Serial(handGraph()); got != 15.5 {
			t.Errorf("serial %v, want 15.5", got)
		}
	})

	t.Run("AgreesWithAllPathsEnumerated", rapid.MakeCheck(func(t *rapid.T) {
		tasks := drawGraph(t, 8)
		got, err := Critical(tasks)
		if err != nil {
			t.Fatal(err)
		}
		most := longest(tasks, "")
		if rat(got.Days).Cmp(most) != 0 {
			t.Fatalf("the longest path takes %v, want %v", got.Days, most)
		}
		if len(tasks) > 0 && !slices.ContainsFunc(paths(tasks), func(p []string) bool { return slices.Equal(p, got.Tasks) }) {
			t.Fatalf("%v is no path", got.Tasks)
		}
		on := new(big.Rat)
		for i, task := range tasks {
			slot := got.Slots[i]
			if slices.Contains(got.Tasks, task.ID) {
				on.Add(on, rat(task.Days))
				if slot.Slack != 0 {
					t.Fatalf("%s on the path has slack %v", task.ID, slot.Slack)
				}
			}
			if slack := new(big.Rat).Sub(most, longest(tasks, task.ID)); rat(slot.Slack).Cmp(slack) != 0 {
				t.Fatalf("slack of %s is %v, want %v", task.ID, slot.Slack, slack)
			}
			if slot.ID != task.ID || slot.Finish != slot.Start+task.Days {
				t.Fatalf("slot %d is %+v for %+v", i, slot, task)
			}
			var ready WorkingDays
			for _, r := range got.Slots {
				if slices.Contains(task.Requires, r.ID) {
					ready = max(ready, r.Finish)
				}
			}
			if slot.Start != ready {
				t.Fatalf("%s begins at %v, could at %v", task.ID, slot.Start, ready)
			}
		}
		if on.Cmp(most) != 0 {
			t.Fatalf("the tasks of the path take %v, not %v", on, most)
		}
	}))

	t.Run("DoesNotDependOnTheOrderGiven", rapid.MakeCheck(func(t *rapid.T) {
		tasks := drawGraph(t, 9)
		one, err := Critical(tasks)
		if err != nil {
			t.Fatal(err)
		}
		two, err := Critical(shuffled(t, tasks))
		if err != nil {
			t.Fatal(err)
		}
		if one.Days != two.Days || !slices.Equal(one.Tasks, two.Tasks) {
			t.Fatalf("%+v in one order, %+v in another", one, two)
		}
	}))

	t.Run("TakesTheSmallerIdOfTwoEqualPaths", func(t *testing.T) {
		t.Parallel()
		got, err := Critical([]Task{
			{ID: "z", Days: 2},
			{ID: "m", Days: 2},
			{ID: "y", Days: 1, Requires: []string{"z", "m"}},
			{ID: "x", Days: 1, Requires: []string{"z"}},
		})
		if err != nil || !slices.Equal(got.Tasks, []string{"z", "x"}) {
			t.Errorf("got %v, %v", got.Tasks, err)
		}
	})

	t.Run("KeepsNoSlackOutOfRounding", func(t *testing.T) {
		t.Parallel()
		got, err := Critical([]Task{
			{ID: "a", Days: 0.1},
			{ID: "b", Days: 0.2, Requires: []string{"a"}},
			{ID: "c", Days: 0.3, Requires: []string{"b"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got.Slots {
			if s.Slack != 0 {
				t.Errorf("%s has slack %v", s.ID, s.Slack)
			}
		}
	})

	t.Run("NamesWhatIsWrongWithTheGraph", func(t *testing.T) {
		t.Parallel()
		for want, tasks := range map[string][]Task{
			`task "a" requires "x", which is not among the tasks`: {{ID: "a", Requires: []string{"x"}}},
			`task "a" is given twice`:                             {{ID: "a"}, {ID: "a"}},
			`task 2 of 2 has no id`:                               {{ID: "a"}, {}},
			`task "a" takes -1 days`:                              {{ID: "a", Days: -1}},
			`task "a" takes NaN days`:                             {{ID: "a", Days: WorkingDays(math.NaN())}},
			`task "a" takes +Inf days`:                            {{ID: "a", Days: WorkingDays(math.Inf(1))}},
			`a requires a`:                                        {{ID: "a", Requires: []string{"a"}}},
			`in a circle: b requires d requires c requires b`: {
				{ID: "e", Requires: []string{"c"}},
				{ID: "a"},
				{ID: "c", Requires: []string{"b", "a"}},
				{ID: "b", Requires: []string{"d"}},
				{ID: "d", Requires: []string{"c"}},
			},
		} {
			if _, err := Critical(tasks); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
			if _, err := Order(tasks); err == nil {
				t.Errorf("Order accepts what Critical refuses: %s", want)
			}
		}
	})

	t.Run("NamesACircleThatIsOne", rapid.MakeCheck(func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "tasks")
		tasks := make([]Task, n)
		for i := range tasks {
			tasks[i].ID = string(rune('a' + i))
			for j := range n {
				if rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
					tasks[i].Requires = append(tasks[i].Requires, string(rune('a'+j)))
				}
			}
		}
		_, err := Critical(tasks)
		circle, ok := errors.AsType[*CycleError](err)
		if err != nil && !ok {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		for i, id := range circle.Members {
			next := circle.Members[(i+1)%len(circle.Members)]
			if !slices.Contains(tasks[id[0]-'a'].Requires, next) {
				t.Fatalf("%v: %s does not require %s", circle.Members, id, next)
			}
		}
		if circle.Members[0] != slices.Min(circle.Members) {
			t.Fatalf("%v does not begin with the smallest", circle.Members)
		}
	}))
}

func TestOrder(t *testing.T) {
	t.Parallel()

	t.Run("TakesAgainAndAgainTheFirstThatCanGo", rapid.MakeCheck(func(t *rapid.T) {
		tasks := drawGraph(t, 9)
		got, err := Order(tasks)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for len(want) < len(tasks) {
			for _, task := range tasks {
				if slices.Contains(want, task.ID) || slices.ContainsFunc(task.Requires, func(r string) bool { return !slices.Contains(want, r) }) {
					continue
				}
				want = append(want, task.ID)
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}))
}

func TestAttribute(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheCaseByHand", func(t *testing.T) {
		t.Parallel()
		after := handGraph()
		for i := range after {
			after[i].Days = 2
		}
		got, err := Attribute(handGraph(), after)
		if err != nil {
			t.Fatal(err)
		}
		// S(h)=15.5, C(h)=10.5, S(a)=10, C(a)=6: ½[5+4]=4.5 and ½[5.5+4.5]=5.
		want := Attribution{
			Parallelism: 4.5, FasterReview: 5, Total: 9.5,
			SerialBefore: 15.5, CriticalBefore: 10.5, SerialAfter: 10, CriticalAfter: 6,
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})

	t.Run("AddsUpExactly", rapid.MakeCheck(func(t *rapid.T) {
		h := drawGraph(t, 8)
		a := slices.Clone(h)
		for i := range a {
			a[i].Days = drawDays(t)
		}
		got, err := Attribute(h, shuffled(t, a))
		if err != nil {
			t.Fatal(err)
		}
		sum := func(tasks []Task) *big.Rat {
			s := new(big.Rat)
			for _, t := range tasks {
				s.Add(s, rat(t.Days))
			}
			return s
		}
		sub := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }
		half := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(new(big.Rat).Add(x, y), big.NewRat(2, 1)) }
		sh, ch, sa, ca := sum(h), longest(h, ""), sum(a), longest(a, "")
		for _, c := range []struct {
			what string
			got  WorkingDays
			want *big.Rat
		}{
			{"parallelism", got.Parallelism, half(sub(sh, ch), sub(sa, ca))},
			{"faster review", got.FasterReview, half(sub(sh, sa), sub(ch, ca))},
			{"total", got.Total, sub(sh, ca)},
			{"sum of both", got.Parallelism + got.FasterReview, sub(sh, ca)},
		} {
			if rat(c.got).Cmp(c.want) != 0 {
				t.Fatalf("%s is %v, want %v", c.what, c.got, c.want)
			}
		}
	}))

	t.Run("NamesEveryDifferenceOfTheGraphs", func(t *testing.T) {
		t.Parallel()
		_, err := Attribute(
			[]Task{{ID: "a"}, {ID: "b"}, {ID: "c", Requires: []string{"a", "b"}}},
			[]Task{{ID: "a"}, {ID: "d"}, {ID: "c", Requires: []string{"a"}}},
		)
		want := `"b" is only before; "c" requires ["a" "b"] before and ["a"] after; "d" is only after`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("SaysWhichSideIsNoGraph", func(t *testing.T) {
		t.Parallel()
		bad := []Task{{ID: "a", Requires: []string{"a"}}}
		if _, err := Attribute(bad, nil); err == nil || !strings.HasPrefix(err.Error(), "before: ") {
			t.Errorf("got %v", err)
		}
		if _, err := Attribute(nil, bad); err == nil || !strings.HasPrefix(err.Error(), "after: ") {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkCritical(b *testing.B) {
	// The largest issue: 40 sign-offs, each but the first four requiring three before it.
	tasks := make([]Task, 40)
	for i := range tasks {
		tasks[i] = Task{ID: fmt.Sprint("item-", i), Days: WorkingDays(i%7 + 1)}
		for j := max(0, i-4); j < i-1; j++ {
			tasks[i].Requires = append(tasks[i].Requires, tasks[j].ID)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Critical(tasks); err != nil {
			b.Fatal(err)
		}
	}
}
