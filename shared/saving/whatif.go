package saving

import (
	"fmt"
	"maps"
	"slices"

	"lianban/shared/calendar"
)

// Scenario is what might be otherwise (情景). Each part may be empty.
type Scenario struct {
	// Limits are the most working days an item may take. What took longer is supposed to have kept the limit and the rest to be as
	// it was: what a limit can do at best, if everybody kept it and nobody used it up.
	Limits map[string]int `json:"limits,omitempty"`
	// Departments give an item to another department (职权调整). Its days of work go with it; what changes is whose queue it
	// stands in.
	Departments map[string]string `json:"departments,omitempty"`
	// Without are prerequisites that a commitment removes (告知承诺、容缺受理).
	Without []Requirement `json:"without,omitempty"`
	// Capacity is how many pieces a department can have in work at a time (承办力量): its servers.
	Capacity map[string]int `json:"capacity,omitempty"`
}

// Requirement says that an item must be granted before another can begin.
type Requirement struct {
	Item     string `json:"item"`
	Requires string `json:"requires"`
}

// Projection is what a set of issues takes, on average over the issues.
type Projection struct {
	// Serial and Critical are the means of S and C of the net days.
	Serial   WorkingDays `json:"serial"`
	Critical WorkingDays `json:"critical"`
	// Mean, Median and P90 are of the spans.
	Mean   WorkingDays `json:"mean"`
	Median WorkingDays `json:"median"`
	P90    WorkingDays `json:"p90"`
}

// WhatIf is an answer to "what if" (情景推演).
type WhatIf struct {
	// Insufficient means fewer than [EnoughN] answered issues: all else but N is then 0 and means nothing.
	Insufficient bool `json:"insufficient"`
	// N are the answered issues, Changed those of them of which the scenario changes the span or S or C.
	N       int `json:"n"`
	Changed int `json:"changed"`
	// Recorded is what happened. Before is the same work replayed as things are, After replayed in the scenario. What the
	// scenario does is Before less After: how far Before is from Recorded shows how much of the waiting the replay
	// cannot explain, and is the measure of how far to trust it.
	Recorded Projection `json:"recorded"`
	Before   Projection `json:"before"`
	After    Projection `json:"after"`
}

// Imagine replays the answered issues among cases as things are and in a scenario.
//
// In the replay a piece is received when it was raised and what it requires is done, waits until its department has a
// server free (first come, first served; servers as given, a department without a number having as many as it needs), keeps
// it busy for its touch days, claim to answer without stops, or its net days where no claim is known, and then stands
// for its stopped days without one. It leaves out absences, priorities, batches, and the work of issues that are open or
// withdrawn, so that queues come out too short rather than too long.
//
// It returns the errors of [Measure] and [Critical] with the issue, and a [*ScenarioError] that names an item, edge or department
// of the scenario that no case has, or a number of servers or days that cannot be.
func Imagine(c *calendar.Calendar, cases []Case, servers map[string]int, s Scenario) (WhatIf, error) {
	var answered []Case
	var runs []Run
	for _, k := range cases {
		if all, ended := k.ended(calendar.Date(1<<31 - 1)); !all || !ended {
			continue
		}
		run, err := Measure(c, k.Pieces)
		if err != nil {
			return WhatIf{}, fmt.Errorf("issue %q: %w", k.ID, err)
		}
		answered, runs = append(answered, k), append(runs, run)
	}
	w := WhatIf{N: len(answered), Insufficient: len(answered) < EnoughN}
	if w.Insufficient {
		return w, nil
	}
	if err := s.check(answered); err != nil {
		return WhatIf{}, err
	}
	now, then := maps.Clone(servers), maps.Clone(servers)
	if then == nil {
		then = map[string]int{}
	}
	maps.Copy(then, s.Capacity)
	for _, department := range slices.Sorted(maps.Keys(then)) {
		if n := then[department]; n < 1 || n > 1_000_000 {
			return WhatIf{}, wrong("capacity", "部门 %s 的承办力量为 %d，应在 1 至 1000000 之间。", "department %q has %d servers, not between 1 and 1,000,000", department, n)
		}
	}
	recorded := make([]spans, len(runs))
	for i, r := range runs {
		recorded[i] = spans{r.Serial, r.Path.Days, r.Span}
	}
	before, err := play(c, answered, runs, now, Scenario{})
	if err != nil {
		return WhatIf{}, err
	}
	after, err := play(c, answered, runs, then, s)
	if err != nil {
		return WhatIf{}, err
	}
	for i := range before {
		if before[i] != after[i] {
			w.Changed++
		}
	}
	w.Recorded, w.Before, w.After = project(recorded), project(before), project(after)
	return w, nil
}

// ScenarioError says what of a scenario cannot be, to the person who asked.
type ScenarioError struct {
	Field  string // the JSON name of the part, capacity also for that as things are
	ZH, EN string
}

// Error is the English sentence.
func (e *ScenarioError) Error() string { return "what if: " + e.EN }

// wrong makes one; both sentences take the same arguments.
func wrong(field, zh, en string, args ...any) error {
	return &ScenarioError{Field: field, ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// check says what of the scenario no case has.
func (s Scenario) check(cases []Case) error {
	items, departments, edges := map[string]bool{}, map[string]bool{}, map[Requirement]bool{}
	for _, k := range cases {
		of := map[string]string{}
		for _, p := range k.Pieces {
			of[p.ID] = p.Item
			items[p.Item], departments[p.Department] = true, true
		}
		for _, p := range k.Pieces {
			for _, r := range p.Requires {
				edges[Requirement{Item: p.Item, Requires: of[r]}] = true
			}
		}
	}
	for _, item := range slices.Sorted(maps.Keys(s.Limits)) {
		if days := s.Limits[item]; days < 0 || days > calendar.MaxDays {
			return wrong("limits", "事项 %s 的时限为 %d 个工作日，应在 0 至 %d 之间。", "item %q has a limit of %d days, not between 0 and %d", item, days, calendar.MaxDays)
		}
		if !items[item] {
			return wrong("limits", "已办结的案例中没有事项 %s，无法推演其时限。", "no answered issue has item %q, whose limit is to change", item)
		}
	}
	for _, item := range slices.Sorted(maps.Keys(s.Departments)) {
		if !items[item] {
			return wrong("departments", "已办结的案例中没有事项 %s，无法推演其职权调整。", "no answered issue has item %q, which is to go to another department", item)
		}
		departments[s.Departments[item]] = true
	}
	for _, e := range s.Without {
		if !edges[e] {
			return wrong("without", "已办结的案例中，事项 %s 都不以 %s 为前置。", "in no answered issue does item %q require %q", e.Item, e.Requires)
		}
	}
	for _, d := range slices.Sorted(maps.Keys(s.Capacity)) {
		if !departments[d] {
			return wrong("capacity", "已办结的案例中没有部门 %s，无法推演其承办力量。", "no answered issue has department %q, whose servers are to change", d)
		}
	}
	return nil
}

// spans are S, C and T of one issue.
type spans struct{ serial, critical, span WorkingDays }

// play replays the issues in a scenario.
func play(c *calendar.Calendar, cases []Case, runs []Run, servers map[string]int, s Scenario) ([]spans, error) {
	epoch := runs[0].Raised
	for _, r := range runs {
		epoch = min(epoch, r.Raised)
	}
	desks, count := map[string]int{}, []int{}
	desk := func(department string) int {
		d, ok := desks[department]
		if !ok {
			d = len(count)
			desks[department] = d
			count = append(count, servers[department])
		}
		return d
	}
	var jobs []job
	out := make([]spans, len(cases))
	for i, k := range cases {
		first, at := len(jobs), map[string]int{}
		for n, p := range k.Pieces {
			at[p.ID] = n
		}
		tasks := make([]Task, len(k.Pieces))
		for n, p := range k.Pieces {
			j := job{issue: i, from: c.WorkingDays(epoch, p.Raised)}
			task := Task{ID: p.ID, Days: runs[i].Pieces[n].Net}
			from := p.Claimed
			if from.IsZero() || from > p.Decided {
				from = p.Accepted
			}
			j.work = c.Used(from, p.Decided, calendar.WorkingDays, p.Stops)
			j.stands = c.WorkingDays(from, p.Decided) - j.work
			if limit, ok := s.Limits[p.Item]; ok {
				task.Days, j.work = min(task.Days, WorkingDays(limit)), min(j.work, limit)
			}
			for _, id := range p.Requires {
				if r := at[id]; !slices.Contains(s.Without, Requirement{Item: p.Item, Requires: k.Pieces[r].Item}) && !slices.Contains(task.Requires, id) {
					task.Requires = append(task.Requires, id)
					j.requires = append(j.requires, first+r)
				}
			}
			department, ok := s.Departments[p.Item]
			if !ok {
				department = p.Department
			}
			j.desk = desk(department)
			tasks[n] = task
			jobs = append(jobs, j)
		}
		path, err := Critical(tasks)
		if err != nil {
			return nil, fmt.Errorf("issue %q: %w", k.ID, err)
		}
		out[i].serial, out[i].critical = Serial(tasks), path.Days
	}
	for n, on := range replay(jobs, count) {
		i := jobs[n].issue
		out[i].span = max(out[i].span, WorkingDays(on-c.WorkingDays(epoch, runs[i].Raised)))
	}
	return out, nil
}

func project(all []spans) (p Projection) {
	var h Histogram
	n := WorkingDays(len(all))
	for _, s := range all {
		p.Serial += s.serial
		p.Critical += s.critical
		p.Mean += s.span
		_ = h.Add(min(int(s.span), calendar.MaxDays), Decided, 1) // a span longer than a century is shown as one
	}
	p.Serial /= n
	p.Critical /= n
	p.Mean /= n
	c := Survive(h)
	p.Median, p.P90 = *c.Quantile(0.5).Days, *c.Quantile(0.9).Days
	return p
}

// Busiest returns, of each department, the most pieces it had in work on one working day, from claim (acceptance where no claim is known)
// to answer with stops in between: it has had at least as many servers. It is where to start when nobody knows how many
// there are.
func Busiest(c *calendar.Calendar, cases []Case) map[string]int {
	changes := map[string]map[calendar.Date]int{}
	for _, k := range cases {
		for _, p := range k.Pieces {
			from := p.Claimed
			if from.IsZero() {
				from = p.Accepted
			}
			if from.IsZero() || p.Decided.IsZero() || c.WorkingDays(from, p.Decided) <= 0 {
				continue
			}
			if changes[p.Department] == nil {
				changes[p.Department] = map[calendar.Date]int{}
			}
			changes[p.Department][from]++
			changes[p.Department][p.Decided]--
		}
	}
	most := map[string]int{}
	for department, on := range changes {
		n := 0
		for _, day := range slices.Sorted(maps.Keys(on)) {
			n += on[day]
			most[department] = max(most[department], n)
		}
	}
	return most
}
