package city

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Result is a year looked at on its last day.
type Result struct {
	Way   Way
	At    calendar.Date // the last day that was played
	Cases []Case        // by arrival; those that were not raised have no pieces
	Span  saving.Histogram
	// Offices are the departments that decide, by id.
	Offices map[roster.DepartmentID]*Office
	All     Office
	// Bottlenecks are of the cases that came to their end with an answer to every part.
	Bottlenecks saving.Bottlenecks
}

// Case is an arrival as it ended, or as it stands.
type Case struct {
	Raised calendar.Date
	Ended  calendar.Date // zero while it is open
	Ending saving.Ending
	Pieces []saving.Piece // by number
}

// Office is what a department did.
type Office struct {
	Asked    int // sign-offs that were opened
	Answered int
	OnTime   saving.Punctuality
	Used     float64 // what its officers spent, in tasks
	Capacity float64 // what they could have got done in the time, absences included
}

// Result looks at the year as it was played.
func (y *Year) Result(ctx context.Context) (Result, error) {
	c := y.City
	out := Result{Way: y.Way, At: calendar.Of(y.handled.Until.Add(-1)), Cases: make([]Case, len(y.cases)), Offices: map[roster.DepartmentID]*Office{}}
	days := float64(c.Calendar.WorkingDays(c.From-1, out.At))
	for _, id := range c.offices {
		out.Offices[id] = &Office{Used: y.used[id], Capacity: c.Capacity[id] * days}
	}
	for k := range y.cases {
		issues := make([]approval.Issue, 0, len(y.cases[k].ids))
		for _, id := range y.cases[k].ids {
			issue, err := y.Service.Store().Issue(ctx, id)
			if err != nil {
				return out, fmt.Errorf("look at issue %d: %w", k+1, err)
			}
			issues = append(issues, issue)
		}
		if len(issues) == 0 {
			continue
		}
		if err := out.add(c, k, y.caseOf(k, issues)); err != nil {
			return out, fmt.Errorf("measure issue %d: %w", k+1, err)
		}
	}
	for _, o := range out.Offices {
		out.All.Asked, out.All.Answered = out.All.Asked+o.Asked, out.All.Answered+o.Answered
		out.All.Used, out.All.Capacity = out.All.Used+o.Used, out.All.Capacity+o.Capacity
		p, q := &out.All.OnTime, o.OnTime
		p.ByDue, p.Late, p.PastDue = p.ByDue+q.ByDue, p.Late+q.Late, p.PastDue+q.PastDue
	}
	return out, nil
}

// caseOf puts a case together from its issue, or from the issues of its parts. One
// that was taken up again after its end ended when it did so first.
func (y *Year) caseOf(k int, issues []approval.Issue) Case {
	a := &y.City.Arrivals[k]
	out := Case{Raised: calendar.Of(a.At), Ending: saving.Open, Pieces: make([]saving.Piece, len(a.parts))}
	for n := range a.parts {
		out.Pieces[n] = saving.Piece{ID: strconv.Itoa(n + 1), Raised: out.Raised, Ending: saving.Open, Department: string(a.parts[n].department), Item: a.parts[n].name()}
		for _, r := range a.parts[n].requires {
			out.Pieces[n].Requires = append(out.Pieces[n].Requires, strconv.Itoa(r))
		}
	}
	for at := range issues {
		i := &issues[at]
		for n := range i.SignOffs {
			_, number := y.part(i.ID, i.SignOffs[n].N)
			fill(&out.Pieces[number-1], i, &i.SignOffs[n])
		}
	}
	last := &issues[len(issues)-1]
	verdict, on := last.Verdict, calendar.Date(0)
	switch {
	case len(last.Closings) > 0:
		verdict, on = last.Closings[0].Verdict, last.Closings[0].Measure.LastOn
	case last.Status == approval.Withdrawn:
		on = calendar.Of(last.ConcludedAt)
	case last.Status.Ended():
		on = last.Measure.LastOn
	}
	switch {
	case on.IsZero():
	case verdict == approval.WasPulled:
		out.Ending, out.Ended = saving.Withdrawn, on
	case verdict == approval.Refused:
		out.Ending, out.Ended = saving.Refused, on
	case len(issues) == len(a.order) || len(issues) == 1 && y.issues[last.ID].part == 0:
		out.Ending, out.Ended = saving.Decided, on
	}
	return out
}

func (p *part) name() string {
	if p.item > 0 {
		return strconv.Itoa(int(p.item))
	}
	return string(p.party.Matter)
}

// fill takes the dates of a sign-off into its piece.
func fill(p *saving.Piece, i *approval.Issue, s *approval.SignOff) {
	if s.OpenedAt.IsZero() {
		return
	}
	p.Department, p.Officer = string(s.Department), string(s.Assignee)
	p.Received, p.Accepted, p.Due = calendar.Of(s.OpenedAt), calendar.Of(s.AcceptedAt), s.Due.On
	p.Claimed = s.TakenUp()
	p.OnCommitment = s.Decision != nil && s.Decision.Kind == approval.OnPledge
	for _, stop := range s.Stops {
		span := calendar.Span{From: calendar.Of(stop.From)}
		if !stop.To.IsZero() {
			span.To = calendar.Of(stop.To)
		}
		p.Stops = append(p.Stops, span)
		if stop.ByBranch() {
			p.Applicant = append(p.Applicant, span)
		}
	}
	if s.Request != nil {
		p.Supplements++
	}
	for _, e := range s.Earlier {
		if p.Returns++; e.Request != nil {
			p.Supplements++
		}
	}
	switch {
	case s.State == approval.Granted || s.State == approval.Denied:
		p.Ending, p.Decided = saving.Decided, calendar.Of(s.DecidedAt)
		if s.State == approval.Denied {
			p.Ending = saving.Refused
		}
	case i.Status == approval.Withdrawn || s.State == approval.Void:
		p.Ending, p.Decided = saving.Withdrawn, calendar.Of(i.ConcludedAt)
		if i.ConcludedAt.IsZero() {
			p.Ending, p.Decided = saving.Open, 0
		}
	}
}

// add counts a case.
func (r *Result) add(c *City, k int, one Case) error {
	r.Cases[k] = one
	end := one.Ended
	if one.Ending == saving.Open {
		end = r.At
	}
	if err := r.Span.Add(max(0, c.Calendar.WorkingDays(one.Raised, end)), one.Ending, 1); err != nil {
		return err
	}
	for n := range one.Pieces {
		p := &one.Pieces[n]
		office := r.Offices[roster.DepartmentID(p.Department)]
		if p.Received.IsZero() || office == nil {
			continue
		}
		office.Asked++
		switch answered := p.Ending == saving.Decided || p.Ending == saving.Refused; {
		case answered && (p.Due.IsZero() || p.Decided <= p.Due):
			office.Answered++
			office.OnTime.ByDue++
		case answered:
			office.Answered++
			office.OnTime.Late++
		case p.Ending == saving.Open && !p.Due.IsZero() && p.Due < r.At:
			office.OnTime.PastDue++
		}
	}
	if one.Ending == saving.Open || slices.ContainsFunc(one.Pieces, func(p saving.Piece) bool { return p.Ending == saving.Open }) {
		return nil
	}
	return r.Bottlenecks.Add(c.Calendar, saving.Case{ID: strconv.Itoa(k + 1), Pieces: one.Pieces}, r.At)
}

// Comparison sets two ways of working on the same arrivals side by side.
type Comparison struct {
	OneByOne, Parallel Summary
	// Means are the restricted means of both, open cases included.
	Means saving.Comparison
	// Paired are the cases that were granted in both ways with the same parts decided;
	// the days below are means over them.
	Paired int
	// Spans are from raising to the last answer. Their difference is Parallelism +
	// FasterReview + HandOff, exactly.
	SpanOneByOne, SpanParallel float64
	Parallelism, FasterReview  float64
	HandOff                    float64 // less waiting between the parts, for papers and for the next step
}

// Summary is a way's survival curve and what is said of it.
type Summary struct {
	saving.Summary
	Curve saving.Curve
}

// Compare compares two years of one city, seeded for its bootstrap.
func Compare(c *calendar.Calendar, oneByOne, parallel *Result, seed uint64) (Comparison, error) {
	sum := func(h saving.Histogram) Summary { return Summary{saving.Summarize(h), saving.Survive(h)} }
	out := Comparison{OneByOne: sum(oneByOne.Span), Parallel: sum(parallel.Span), Means: saving.Compare(oneByOne.Span, parallel.Span, seed)}
	var before, after saving.WorkingDays
	var attributed saving.Attribution
	for k := range parallel.Cases {
		p, s := &parallel.Cases[k], &oneByOne.Cases[k]
		if p.Ending != saving.Decided || s.Ending != saving.Decided {
			continue
		}
		h, a, same, err := tasks(c, s, p)
		if err != nil {
			return out, fmt.Errorf("compare issue %d: %w", k+1, err)
		}
		if !same {
			continue
		}
		at, err := saving.Attribute(h, a)
		if err != nil {
			return out, fmt.Errorf("compare issue %d: %w", k+1, err)
		}
		out.Paired++
		before += saving.WorkingDays(c.WorkingDays(s.Raised, s.Ended))
		after += saving.WorkingDays(c.WorkingDays(p.Raised, p.Ended))
		attributed.Parallelism += at.Parallelism
		attributed.FasterReview += at.FasterReview
		attributed.Total += at.Total
	}
	if n := float64(out.Paired); n > 0 {
		out.SpanOneByOne, out.SpanParallel = float64(before)/n, float64(after)/n
		out.Parallelism, out.FasterReview = float64(attributed.Parallelism)/n, float64(attributed.FasterReview)/n
		out.HandOff = float64(before-after-attributed.Total) / n
	}
	return out, nil
}

// tasks are the net days of the parts in both ways, and whether the same were
// decided in both.
func tasks(c *calendar.Calendar, s, p *Case) (h, a []saving.Task, same bool, err error) {
	decided := func(x *Case, n int) bool { return x.Pieces[n].Ending == saving.Decided }
	for n := range p.Pieces {
		if decided(s, n) != decided(p, n) {
			return nil, nil, false, nil
		}
		if !decided(p, n) {
			continue
		}
		var requires []string
		for _, r := range p.Pieces[n].Requires {
			if at, err := strconv.Atoi(r); err == nil && decided(p, at-1) {
				requires = append(requires, r)
			}
		}
		was, err := s.Pieces[n].Measure(c)
		if err != nil {
			return nil, nil, false, err
		}
		is, err := p.Pieces[n].Measure(c)
		if err != nil {
			return nil, nil, false, err
		}
		h = append(h, saving.Task{ID: was.ID, Requires: requires, Days: was.Net})
		a = append(a, saving.Task{ID: is.ID, Requires: requires, Days: is.Net})
	}
	return h, a, len(h) > 0, nil
}

// Load is what a department's officers spent, as a share of what they could.
func (o *Office) Load() float64 {
	if o.Capacity == 0 {
		return 0
	}
	return o.Used / o.Capacity
}

// Busiest are the departments by load, the busiest first.
func (r *Result) Busiest() []roster.DepartmentID {
	return slices.SortedFunc(maps.Keys(r.Offices), func(a, b roster.DepartmentID) int {
		return cmp.Or(cmp.Compare(r.Offices[b].Load(), r.Offices[a].Load()), cmp.Compare(a, b))
	})
}
