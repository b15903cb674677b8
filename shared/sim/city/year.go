package city

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// Way is how a branch asks for what an issue needs.
type Way string

const (
	// InParallel (并联) raises one issue with all of its parts: the rules ask everybody
	// at once whose part waits for no other.
	InParallel Way = "parallel"
	// OneByOne (逐项串联) is what was usual before: each part is an issue of its own, which
	// the branch raises when the one before has been granted, in an order that keeps
	// all prerequisites. It goes through the same rules, desks and clocks.
	OneByOne Way = "one_by_one"
)

// Year plays a city's year.
type Year struct {
	City    *City
	Way     Way // InParallel when empty
	Service *approval.Service
	World   sim.World
	Clock   *sim.Clock
	// Progress, when not nil, is told after each working day how many of the year's
	// days have passed.
	Progress func(done, all int)

	issues  map[approval.IssueID]share
	cases   []course // by arrival
	queue   agenda
	made    int
	own     map[roster.PersonID][]approval.IssueID // what a secretary still has to look after
	notes   map[noteKey]calendar.Date              // by when an officer means to have studied a part
	left    map[roster.PersonID]float64            // what an officer has left of a day
	used    map[roster.DepartmentID]float64        // what officers have spent on answers, in tasks
	handled Played
}

// share is which arrival an issue belongs to, and which of its parts it is; 0: all.
type share struct{ arrival, part int }

// course is how an arrival fares.
type course struct {
	ids  []approval.IssueID // one, or one for each part that has been raised
	asks bool               // the next part is about to be raised
}

// part names a sign-off by its arrival and the part of it.
func (y *Year) part(id approval.IssueID, n int) (arrival, part int) {
	s := y.issues[id]
	if s.part > 0 {
		n = s.part
	}
	return s.arrival, n
}

// Played says what happened in a year.
type Played struct {
	Raised   int         // issues that arrived and were raised, in part or whole
	Issues   int         // issues on record: one by one there is one for each part
	SignOffs int         // that were asked for
	Acts     map[Act]int // that people carried out
	Refused  map[Act]int // that the rules refused, because the matter had moved on since they looked
	Ended    int         // issues on record that are concluded, confirmed or withdrawn
	Until    time.Time   // the moment at which the play ended
	Complete bool        // false: it was stopped before the end of the year
	Heads    string      // SHA-256 over the heads of all audit trails, in the order of raising
}

// Act is what somebody did: the command's name, and what the rules said against it.
type Act struct {
	Command string
	Refusal approval.Text
}

// noteKey is one attempt at one part of an issue.
type noteKey struct {
	issue   approval.IssueID
	n       int
	attempt int
}

// event is something that somebody does at a moment.
type event struct {
	at  time.Time
	seq int // of those at one moment the first planned comes first
	do  func(ctx context.Context) error
}

type agenda []event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	e := (*a)[last]
	(*a)[last] = event{}
	*a = (*a)[:last]
	return e
}

func (y *Year) at(moment time.Time, do func(ctx context.Context) error) {
	y.made++
	heap.Push(&y.queue, event{moment, y.made, do})
}

// Play plays the year: it jumps to the next timer or the next thing that somebody
// does, until the year is over. When the context ends before, it stops between two
// moments and says so in what it answers; everything done until then stands.
func (y *Year) Play(ctx context.Context) (Played, error) {
	y.issues, y.own = map[approval.IssueID]share{}, map[roster.PersonID][]approval.IssueID{}
	y.cases, y.used = make([]course, len(y.City.Arrivals)), map[roster.DepartmentID]float64{}
	y.notes, y.left = map[noteKey]calendar.Date{}, map[roster.PersonID]float64{}
	y.handled = Played{Acts: map[Act]int{}, Refused: map[Act]int{}}
	y.arrive(0)
	y.day(y.City.Calendar.After(y.City.From-1, 1))
	end := y.City.Until.Start()
	err := y.until(ctx, end)
	y.handled.Until = y.Clock.Now()
	if stopped := ctx.Err(); stopped == nil {
		y.handled.Complete = err == nil
	} else if errors.Is(err, stopped) {
		err = nil
	}
	return y.handled, errors.Join(err, y.sum(context.WithoutCancel(ctx)))
}

// sum looks at how the issues stand.
func (y *Year) sum(ctx context.Context) error {
	heads := sha256.New()
	for k := range y.cases {
		for _, id := range y.cases[k].ids {
			issue, err := y.Service.Store().Issue(ctx, id)
			if err != nil {
				return fmt.Errorf("look at issue %d: %w", k+1, err)
			}
			y.handled.Issues++
			y.handled.SignOffs += len(issue.SignOffs)
			if issue.Status.Ended() {
				y.handled.Ended++
			}
			fmt.Fprintf(heads, "%s %s\n", id, issue.Head)
		}
	}
	y.handled.Heads = hex.EncodeToString(heads.Sum(nil))
	return nil
}

func (y *Year) until(ctx context.Context, end time.Time) error {
	for ctx.Err() == nil {
		if err := y.World.Settle(ctx); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		next := end
		if len(y.queue) > 0 && y.queue[0].at.Before(next) {
			next = y.queue[0].at
		}
		if wake, timer := y.World.NextWake(); timer && !wake.After(next) && wake.Before(end) {
			y.Clock.Set(wake)
			if err := y.World.Wake(ctx); err != nil {
				return fmt.Errorf("wake: %w", err)
			}
			continue
		}
		y.Clock.Set(next)
		if !next.Before(end) {
			return nil
		}
		for len(y.queue) > 0 && y.queue[0].at.Equal(next) {
			if err := heap.Pop(&y.queue).(event).do(ctx); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// arrive plans the raising of an issue, and of the next one after it.
func (y *Year) arrive(k int) {
	if k == len(y.City.Arrivals) {
		return
	}
	a := &y.City.Arrivals[k]
	y.at(a.At, func(ctx context.Context) error {
		y.arrive(k + 1)
		y.handled.Raised++
		if y.Way == OneByOne {
			return y.raise(ctx, k, a.order[0])
		}
		return y.raise(ctx, k, 0)
	})
}

// raise raises an arrival, or one part of it.
func (y *Year) raise(ctx context.Context, k, part int) error {
	a := &y.City.Arrivals[k]
	petition := a.Petition
	if part > 0 {
		petition = a.alone(part)
	}
	issue, _, err := y.Service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: a.By})
	if err != nil {
		return fmt.Errorf("raise issue %d, part %d: %w", k+1, part, err)
	}
	y.issues[issue.ID] = share{k, part}
	y.cases[k].ids, y.cases[k].asks = append(y.cases[k].ids, issue.ID), false
	y.own[a.By.Person] = append(y.own[a.By.Person], issue.ID)
	return nil
}

// follow plans to raise the part after the one that an issue is, and reports whether
// there is one. A part that was refused ends the case.
func (y *Year) follow(i *approval.Issue, at time.Time) bool {
	s := y.issues[i.ID]
	c, order := &y.cases[s.arrival], y.City.Arrivals[s.arrival].order
	next := slices.Index(order, s.part) + 1
	if s.part == 0 || i.Verdict != approval.Agreed || next == len(order) {
		return false
	}
	if next == len(c.ids) && !c.asks {
		c.asks = true
		y.at(at, func(ctx context.Context) error { return y.raise(ctx, s.arrival, order[next]) })
	}
	return true
}

// day plans a working day, and the next one after it: who looks at what, and when.
// The hours are of office routine (assumed).
func (y *Year) day(d calendar.Date) {
	morning := d.Start().Add(8*time.Hour + 30*time.Minute)
	y.at(morning, func(ctx context.Context) error {
		if y.Progress != nil {
			y.Progress(d.Sub(y.City.From), y.City.Until.Sub(y.City.From))
		}
		y.day(y.City.Calendar.After(d, 1))
		return y.branches(ctx, d)
	})
	for k, department := range y.City.offices {
		y.at(morning.Add(time.Duration(30+k%20)*time.Minute), func(ctx context.Context) error { return y.office(ctx, d, department) })
	}
	for k, tier := range y.City.seats {
		if tier.actor.Role == roster.Headquarters && y.City.Calendar.WorkingDays(y.City.From, d)%2 == 1 {
			continue // it looks every second day
		}
		y.at(morning.Add(6*time.Hour+time.Duration(k)*time.Minute), func(ctx context.Context) error { return y.tier(ctx, d, tier) })
	}
}

// act plans that somebody does something about an issue at a moment. What the rules
// refuse, because the matter has moved on since the person looked, is counted and
// left at that, as in an office.
func (y *Year) act(at time.Time, id approval.IssueID, actor approval.Actor, cmd approval.Command, then func(*approval.Issue)) {
	y.at(at, func(ctx context.Context) error {
		name := fmt.Sprintf("%T", cmd)[len("approval."):]
		issue, _, err := y.Service.Do(ctx, id, cmd, approval.Call{Actor: actor})
		if refused, ok := errors.AsType[*approval.Error](err); ok {
			y.handled.Refused[Act{name, refused.Text}]++
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s by %s: %w", name, actor.Person, err)
		}
		y.handled.Acts[Act{Command: name}]++
		if then != nil {
			then(&issue)
		}
		return nil
	})
}
