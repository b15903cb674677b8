package saving

import (
	"cmp"
	"container/heap"
)

// job is a piece of recorded work to be done again by a department.
type job struct {
	issue    int
	requires []int // jobs
	from     int   // the working day on which it was raised
	desk     int   // the department
	work     int   // days that it keeps an officer busy
	stands   int   // days that it then stands without one (stops)
}

// replay does the jobs again by list scheduling and returns the day on which each is done: as soon as a job is raised and what it
// requires is done it waits at its department, which has so many servers (0 for as many as it needs) and takes first what came
// first, then what is first among the jobs. A job is not broken off. Nothing is left to chance.
func replay(jobs []job, servers []int) []int {
	r := &replayer{
		jobs: jobs, free: append([]int(nil), servers...), limited: make([]bool, len(servers)),
		lines: make([]line, len(servers)), waits: make([]int, len(jobs)), after: make([][]int, len(jobs)), done: make([]int, len(jobs)),
	}
	for d, n := range servers {
		r.limited[d] = n > 0
	}
	for j, job := range jobs {
		r.waits[j] = len(job.requires) + 1 // and to be raised
		for _, before := range job.requires {
			r.after[before] = append(r.after[before], j)
		}
		r.events = append(r.events, happening{on: job.from, kind: ready, job: j})
	}
	heap.Init(&r.events)
	for len(r.events) > 0 {
		on := r.events[0].on
		for len(r.events) > 0 && r.events[0].on == on {
			r.happen(heap.Pop(&r.events).(happening))
		}
		for _, d := range r.touched {
			r.start(d, on)
		}
		r.touched = r.touched[:0]
	}
	return r.done
}

type replayer struct {
	jobs    []job
	free    []int // servers by department
	limited []bool
	lines   []line
	waits   []int   // for how much each job waits
	after   [][]int // the jobs that require each
	done    []int
	events  happenings
	touched []int // departments at which something may start
}

func (r *replayer) happen(h happening) {
	j := &r.jobs[h.job]
	switch h.kind {
	case freed:
		r.free[j.desk]++
		r.touched = append(r.touched, j.desk)
	case finished:
		r.done[h.job] = h.on
		for _, next := range r.after[h.job] {
			r.arrive(next, h.on)
		}
	case ready:
		r.arrive(h.job, h.on)
	}
}

func (r *replayer) arrive(job, on int) {
	if r.waits[job]--; r.waits[job] == 0 {
		d := r.jobs[job].desk
		heap.Push(&r.lines[d], waiting{since: on, job: job})
		r.touched = append(r.touched, d)
	}
}

func (r *replayer) start(d, on int) {
	for len(r.lines[d]) > 0 && (!r.limited[d] || r.free[d] > 0) {
		next := heap.Pop(&r.lines[d]).(waiting).job
		j := &r.jobs[next]
		r.free[d]--
		heap.Push(&r.events, happening{on: on + j.work, kind: freed, job: next})
		heap.Push(&r.events, happening{on: on + j.work + j.stands, kind: finished, job: next})
	}
}

// happening is something on a day. On one day servers are freed first, then work ends, then work arrives.
type happening struct {
	on   int
	kind int
	job  int
}

const (
	freed = iota
	finished
	ready
)

type happenings []happening

func (h happenings) Len() int      { return len(h) }
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h happenings) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].on, h[j].on), cmp.Compare(h[i].kind, h[j].kind), cmp.Compare(h[i].job, h[j].job)) < 0
}
func (h *happenings) Push(x any) { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

type waiting struct{ since, job int }

// line is what waits at a department, the first to be taken first.
type line []waiting

func (l line) Len() int      { return len(l) }
func (l line) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l line) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(l[i].since, l[j].since), cmp.Compare(l[i].job, l[j].job)) < 0
}
func (l *line) Push(x any) { *l = append(*l, x.(waiting)) }
func (l *line) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
