package saving

import (
	"fmt"
	"slices"
	"strings"

	"lianban/shared/calendar"
)

// Task is one piece of work in a prerequisite graph (前置关系).
type Task struct {
	// ID names the task within its graph.
	ID string `json:"id"`
	// Requires are the tasks that must be done before this one can begin. Naming one twice is naming it once.
	Requires []string `json:"requires,omitzero"`
	// Days is how long it takes, 0 to [calendar.MaxDays].
	Days WorkingDays `json:"days"`
}

// Serial returns S, the sum of the days: one task after the other.
func Serial(tasks []Task) WorkingDays {
	var sum WorkingDays
	for _, t := range tasks {
		sum += t.Days
	}
	return sum
}

// Path is the longest path through a graph (关键路径).
type Path struct {
	// Days is C, the length of the path: the time that all tasks take when each begins as soon as it can.
	Days WorkingDays `json:"days"`
	// Tasks are the ids on the path, first to last. Where two paths are equally long, it is the one whose last
	// task has the smaller id, then the one before, and so on.
	Tasks []string `json:"tasks"`
	// Slots has every task in the order given.
	Slots []Slot `json:"slots"`
}

// Slot is when a task runs if each begins as soon as it can.
type Slot struct {
	ID string `json:"id"`
	// Start and Finish are the earliest, counted from the beginning of the first.
	Start  WorkingDays `json:"start"`
	Finish WorkingDays `json:"finish"`
	// Slack is how much later the task may finish with the whole taking no longer (时差). It is 0 on every longest path.
	Slack WorkingDays `json:"slack"`
}

// CycleError says that tasks wait for each other in a circle.
type CycleError struct {
	// Members are the tasks of one circle, each requiring the next and the last the first, the smallest id first.
	Members []string
}

func (e *CycleError) Error() string {
	return "tasks wait for each other in a circle: " + strings.Join(append(slices.Clone(e.Members), e.Members[0]), " requires ")
}

// slackNoise is what rounding may leave of a slack of 0 when days are not multiples of a quarter.
const slackNoise = 1e-9

// Critical returns the longest path and the slot of each task. Neither depends on the order of tasks, but for the order of
// Slots. It returns an error that names the task for an id that is empty or given twice, a prerequisite that is not
// among the tasks, and days that are negative, too many or no number; and a [*CycleError] for a circle.
func Critical(tasks []Task) (Path, error) {
	g, err := newGraph(tasks)
	if err != nil {
		return Path{}, err
	}
	n := len(tasks)
	path := Path{Tasks: []string{}, Slots: make([]Slot, n)}
	last := -1
	before := make([]int, n) // the prerequisite that finishes last, -1 for none
	for _, i := range g.order {
		s := Slot{ID: tasks[i].ID}
		before[i] = -1
		for _, r := range g.requires[i] {
			if f := path.Slots[r].Finish; before[i] < 0 || g.later(f, r, s.Start, before[i]) {
				before[i], s.Start = r, f
			}
		}
		s.Finish = s.Start + tasks[i].Days
		path.Slots[i] = s
		if last < 0 || g.later(s.Finish, i, path.Days, last) {
			last, path.Days = i, s.Finish
		}
	}
	for i := last; i >= 0; i = before[i] {
		path.Tasks = append(path.Tasks, tasks[i].ID)
	}
	slices.Reverse(path.Tasks)

	// tail[i] is the longest path from the beginning of i to the end.
	tail := make([]WorkingDays, n)
	for _, i := range slices.Backward(g.order) {
		tail[i] += tasks[i].Days
		for _, r := range g.requires[i] {
			tail[r] = max(tail[r], tail[i])
		}
		s := &path.Slots[i]
		if s.Slack = path.Days - (s.Start + tail[i]); s.Slack < slackNoise {
			s.Slack = 0
		}
	}
	return path, nil
}

// Order returns the ids so that each comes after what it requires: again and again the first in the given order that can
// go. Its errors are those of Critical.
func Order(tasks []Task) ([]string, error) {
	g, err := newGraph(tasks)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(tasks))
	for k, i := range g.order {
		ids[k] = tasks[i].ID
	}
	return ids, nil
}

// graph is a checked graph by position in tasks.
type graph struct {
	tasks    []Task
	requires [][]int
	order    []int // topological, stable
}

// later says whether a finish at f by task i comes before one at than by task j when the last is sought; the smaller id
// settles a tie.
func (g *graph) later(f WorkingDays, i int, than WorkingDays, j int) bool {
	return f > than || f == than && g.tasks[i].ID < g.tasks[j].ID
}

func newGraph(tasks []Task) (*graph, error) {
	g := &graph{tasks: tasks, requires: make([][]int, len(tasks)), order: make([]int, 0, len(tasks))}
	at := make(map[string]int, len(tasks))
	for i, t := range tasks {
		if t.ID == "" {
			return nil, fmt.Errorf("task %d of %d has no id", i+1, len(tasks))
		}
		if _, ok := at[t.ID]; ok {
			return nil, fmt.Errorf("task %q is given twice", t.ID)
		}
		if !(t.Days >= 0 && t.Days <= calendar.MaxDays) { // so that NaN is refused too
			return nil, fmt.Errorf("task %q takes %v days, which is not between 0 and %d", t.ID, t.Days, calendar.MaxDays)
		}
		at[t.ID] = i
	}
	dependents := make([][]int, len(tasks))
	waits := make([]int, len(tasks))
	for i, t := range tasks {
		g.requires[i] = make([]int, 0, len(t.Requires))
		for _, id := range t.Requires {
			r, ok := at[id]
			if !ok {
				return nil, fmt.Errorf("task %q requires %q, which is not among the tasks", t.ID, id)
			}
			if slices.Contains(g.requires[i], r) {
				continue
			}
			g.requires[i] = append(g.requires[i], r)
			dependents[r] = append(dependents[r], i)
			waits[i]++
		}
	}
	// An issue has at most 40 sign-offs: looking for the first that can go is cheaper than a heap.
	done := make([]bool, len(tasks))
	for len(g.order) < len(tasks) {
		next := -1
		for i := range tasks {
			if !done[i] && waits[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			return nil, g.circle(done)
		}
		done[next] = true
		g.order = append(g.order, next)
		for _, d := range dependents[next] {
			waits[d]--
		}
	}
	return g, nil
}

// circle finds one among the tasks that are not done. Each of them requires another of them, so following
// that goes round in the end.
func (g *graph) circle(done []bool) error {
	smallest := func(of []int) int {
		best := -1
		for _, i := range of {
			if !done[i] && (best < 0 || g.tasks[i].ID < g.tasks[best].ID) {
				best = i
			}
		}
		return best
	}
	all := make([]int, len(g.tasks))
	for i := range all {
		all[i] = i
	}
	var walk []int
	i := smallest(all)
	for !slices.Contains(walk, i) {
		walk = append(walk, i)
		i = smallest(g.requires[i])
	}
	members := []string{}
	for _, i := range walk[slices.Index(walk, i):] {
		members = append(members, g.tasks[i].ID)
	}
	first := slices.Index(members, slices.Min(members))
	return &CycleError{Members: append(members[first:], members[:first]...)}
}
