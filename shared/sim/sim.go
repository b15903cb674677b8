// Package sim plays cases in virtual time: scripted people act through the real
// service, the real workflow runs on the real engine, and the clock jumps to
// whatever comes next.
//
// It must not know how the house is assembled: it is given the service and a
// [World] to settle. Nothing in it decides anything that approval decides.
package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Clock stands until it is moved, and can be let go to run with real time.
type Clock struct {
	mu  sync.Mutex
	now time.Time
	run func() time.Time
}

// NewClock starts at a moment.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run != nil {
		return c.run()
	}
	return c.now
}

// Set moves the clock on; never back.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.now) {
		c.now = at
	}
}

// Add moves the clock on by d.
func (c *Clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

// Release lets the clock follow real time from here on.
func (c *Clock) Release(now func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = now
}

// Rand is a source of random bytes that is the same for the same seed.
func Rand(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// IDs makes UUIDv7 ids from the clock and a counter, so that a play repeated
// names everything the same.
func IDs(now func() time.Time) func() approval.IssueID {
	var n atomic.Uint64
	return func() approval.IssueID {
		ms := uint64(now().UnixMilli())
		return approval.IssueID(fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, n.Add(1)))
	}
}

// World is everything that goes on by itself.
type World interface {
	// Settle carries out whatever can be done at this moment.
	Settle(ctx context.Context) error
	// NextWake is the next timer.
	NextWake() (time.Time, bool)
	// Wake fires the timers that are due.
	Wake(ctx context.Context) error
}

// Case is one issue with the script of everybody who acts in it.
type Case struct {
	Key      string            `json:"key"`
	Project  roster.ProjectID  `json:"project"`
	Title    roster.Name       `json:"title"`
	Body     roster.Name       `json:"body"`
	Source   roster.Name       `json:"source"` // the report, and what it states
	Assumed  []roster.Name     `json:"assumed"`
	Raised   time.Time         `json:"raised"` // in the demonstration
	Ago      int               `json:"ago"`    // working days before the present, in a new data file
	Petition approval.Petition `json:"petition"`
	Parts    []Part            `json:"parts"` // by sign-off, in the order of raising
	Ruling   *Act              `json:"ruling,omitempty"`
	Answer   *Act              `json:"answer,omitempty"`
	Resubmit *Act              `json:"resubmit,omitempty"`
	Confirm  *Act              `json:"confirm,omitempty"`
}

// Part is what one department does, step by step, once its sign-off is open.
type Part []Act

// Act is one step: what, how many working days after it became possible, and at
// what time of day.
type Act struct {
	Do      string           `json:"do"` // approve | commitment | object | supplement | claim, or the branch's and the tiers' own acts
	After   int              `json:"after"`
	At      string           `json:"at,omitempty"` // "15:04"; half past ten when empty
	Text    string           `json:"text,omitempty"`
	Ground  string           `json:"ground,omitempty"`
	Papers  []string         `json:"papers,omitempty"`
	Within  int              `json:"within,omitempty"` // of a commitment: working days until it is verified
	Outcome approval.Outcome `json:"outcome,omitempty"`
	Stars   int              `json:"stars,omitempty"`
}

// Player plays cases.
type Player struct {
	Service *approval.Service
	World   World
	Clock   *Clock
	// Progress, when not nil, is told after each act how many sign-offs are
	// settled of how many.
	Progress func(done, all int)
}

// state is how far a case has come.
type state struct {
	*Case
	raise time.Time
	id    approval.IssueID
	step  []int       // by sign-off: the next act of its part
	since []time.Time // by sign-off: when that became possible
	ended bool
}

// due is an act that waits for its moment.
type due struct {
	at  time.Time
	act func(ctx context.Context) error
}

// Play plays the cases, each raised at its moment, until nothing is left to do or
// the clock would pass until (zero: never). It answers the issues' ids in the
// order of the cases; a case not raised by then has none.
func (p *Player) Play(ctx context.Context, cases []Case, raised func(*Case) time.Time, until time.Time) ([]approval.IssueID, error) {
	states := make([]*state, len(cases))
	for k := range cases {
		states[k] = &state{Case: &cases[k], raise: raised(&cases[k])}
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.World.Settle(ctx); err != nil {
			return nil, fmt.Errorf("settle: %w", err)
		}
		next, err := p.next(ctx, states)
		if err != nil {
			return nil, err
		}
		wake, timer := p.World.NextWake()
		if timer && next.act == nil && p.done(states) {
			timer = false
		}
		if next.act == nil && !timer {
			break
		}
		at := next.at
		if next.act == nil || timer && wake.Before(at) {
			at = wake
		}
		if !until.IsZero() && at.After(until) {
			break
		}
		p.Clock.Set(at)
		if timer && !wake.After(at) {
			if err := p.World.Wake(ctx); err != nil {
				return nil, fmt.Errorf("wake: %w", err)
			}
			continue
		}
		if err := next.act(ctx); err != nil {
			return nil, err
		}
	}
	if !until.IsZero() {
		p.Clock.Set(until)
	}
	ids := make([]approval.IssueID, len(states))
	for k, s := range states {
		ids[k] = s.id
	}
	return ids, nil
}

func (p *Player) done(states []*state) bool {
	return !slices.ContainsFunc(states, func(s *state) bool { return !s.ended })
}

// next is the earliest act of anybody.
func (p *Player) next(ctx context.Context, states []*state) (due, error) {
	var first due
	all, settled := 0, 0
	for _, s := range states {
		acts, err := p.pending(ctx, s, &all, &settled)
		if err != nil {
			return due{}, fmt.Errorf("case %s: %w", s.Key, err)
		}
		for _, d := range acts {
			if first.act == nil || d.at.Before(first.at) {
				first = d
			}
		}
	}
	if p.Progress != nil {
		p.Progress(settled, all)
	}
	return first, nil
}

// pending lists what people will do in one case, as it stands.
func (p *Player) pending(ctx context.Context, s *state, all, settled *int) ([]due, error) {
	if s.id == "" {
		*all += len(s.Parts)
		return []due{{s.raise, func(ctx context.Context) error { return p.raise(ctx, s) }}}, nil
	}
	issue, err := p.Service.Store().Issue(ctx, s.id)
	if err != nil {
		return nil, err
	}
	*all += len(issue.SignOffs)
	for k := range issue.SignOffs {
		if issue.SignOffs[k].State.Final() {
			*settled++
		}
	}
	s.ended = issue.Status == approval.Confirmed || issue.Status == approval.Withdrawn || issue.Status == approval.Concluded && s.Confirm == nil
	secretary := p.branchActor(&issue)
	var acts []due
	add := func(a *Act, since time.Time, actor approval.Actor, cmd func(at time.Time) approval.Command, then func()) {
		if a == nil {
			return
		}
		at := p.moment(since, a)
		acts = append(acts, due{at, func(ctx context.Context) error {
			if _, _, err := p.Service.Do(ctx, s.id, cmd(at), approval.Call{Actor: actor}); err != nil {
				return fmt.Errorf("case %s: %s by %s: %w", s.Key, a.Do, actor.Person, err)
			}
			if then != nil {
				then()
			}
			return nil
		}})
	}
	switch issue.Status {
	case approval.Concluded:
		add(s.Confirm, issue.ConcludedAt, secretary, func(time.Time) approval.Command {
			return approval.Confirm{Stars: s.Confirm.Stars, Comment: s.Confirm.Text}
		}, nil)
	case approval.Returned:
		add(s.Resubmit, issue.Consultation.ClosedAt, secretary, func(time.Time) approval.Command { return approval.Resubmit{Note: s.Resubmit.Text} }, nil)
	case approval.InSignOff, approval.Consulting:
		for k := range issue.SignOffs {
			p.part(s, &issue, &issue.SignOffs[k], secretary, add)
		}
	}
	return acts, nil
}

type adder func(a *Act, since time.Time, actor approval.Actor, cmd func(at time.Time) approval.Command, then func())

// part adds what happens next about one sign-off.
func (p *Player) part(s *state, issue *approval.Issue, so *approval.SignOff, secretary approval.Actor, add adder) {
	n := so.N
	switch so.State {
	case approval.Open:
		if s.step[n-1] >= len(s.Parts[n-1]) {
			return
		}
		act := &s.Parts[n-1][s.step[n-1]]
		since := s.since[n-1]
		if so.OpenedAt.After(since) {
			since = so.OpenedAt
		}
		officer := p.officer(issue, so)
		add(act, since, officer, func(at time.Time) approval.Command { return p.command(n, act, at) }, func() {
			s.step[n-1]++
			s.since[n-1] = p.Clock.Now()
		})
	case approval.Supplement:
		add(s.Answer, so.Request.At, secretary, func(time.Time) approval.Command { return approval.AnswerSupplement{SignOff: n, Text: s.Answer.Text} },
			func() { s.since[n-1] = p.Clock.Now() })
	case approval.Objection:
		con := issue.Consultation
		unit, _ := p.Service.Rules().Roster.Up(issue.Branch, con.Tier)
		for _, person := range p.Service.Rules().Roster.Responsible(issue.Branch, con.Tier)[:1] {
			actor := approval.Actor{Person: person.ID, Role: roster.RoleOf(con.Tier), Unit: string(unit)}
			add(s.Ruling, so.DecidedAt, actor, func(time.Time) approval.Command {
				return approval.Rule{SignOff: n, Outcome: s.Ruling.Outcome, Reason: s.Ruling.Text}
			}, nil)
		}
	}
}

// command is what an officer's act asks of the service.
func (p *Player) command(n int, a *Act, at time.Time) approval.Command {
	switch a.Do {
	case "approve":
		return approval.Grant{SignOff: n, Reason: a.Text}
	case "commitment":
		term := approval.Term{What: a.Text, By: p.Service.Rules().Calendar.After(calendar.Of(at), max(1, a.Within))}
		return approval.GrantOnTerms{SignOff: n, Kind: approval.OnPledge, Duties: []approval.Term{term}}
	case "object":
		return approval.Oppose{SignOff: n, Ground: a.Ground, Reason: a.Text}
	case "supplement":
		return approval.AskSupplement{SignOff: n, Papers: a.Papers}
	default:
		return approval.Claim{SignOff: n}
	}
}

// officer is who of the department acts: the one who claimed it, else the first
// who need not stand aside.
func (p *Player) officer(issue *approval.Issue, so *approval.SignOff) approval.Actor {
	r := p.Service.Rules().Roster
	actor := approval.Actor{Role: roster.Officer, Unit: string(so.Department), Person: so.Assignee}
	for _, person := range r.People(roster.Officer, string(so.Department)) {
		if actor.Person == "" && person.ID != issue.RaisedBy.Person && !r.MustStandAside(person.ID, issue.Project) {
			actor.Person = person.ID
		}
	}
	return actor
}

func (p *Player) branchActor(issue *approval.Issue) approval.Actor {
	branch, _ := p.Service.Rules().Roster.Branch(issue.Branch)
	return approval.Actor{Person: branch.SecretaryID, Role: roster.Secretary, Unit: string(branch.ID)}
}

// moment is the time of an act: so many working days after something, at its
// time of day, and never before it.
func (p *Player) moment(since time.Time, a *Act) time.Time {
	clock := a.At
	if clock == "" {
		clock = "10:30"
	}
	day := calendar.Of(since)
	if a.After > 0 {
		day = p.Service.Rules().Calendar.After(day, a.After)
	}
	hour, err := time.Parse("15:04", clock)
	if err != nil {
		panic("sim: time of day " + clock)
	}
	at := day.Start().Add(time.Duration(hour.Hour())*time.Hour + time.Duration(hour.Minute())*time.Minute)
	if least := since.Add(10 * time.Minute); at.Before(least) {
		at = least
	}
	if now := p.Clock.Now(); at.Before(now) {
		at = now
	}
	return at
}

func (p *Player) raise(ctx context.Context, s *state) error {
	branch, ok := p.Service.Rules().Roster.BranchOf(s.Project)
	if !ok {
		return fmt.Errorf("case %s: project %s has no branch", s.Key, s.Project)
	}
	petition := s.Petition
	petition.Project, petition.Title, petition.Body = s.Project, s.Title.ZH, s.Body.ZH
	for _, a := range s.Assumed {
		petition.Assumed = append(petition.Assumed, a.ZH)
	}
	actor := approval.Actor{Person: branch.SecretaryID, Role: roster.Secretary, Unit: string(branch.ID)}
	issue, _, err := p.Service.Create(ctx, approval.Raise{Petition: &petition}, approval.Call{Actor: actor})
	if err != nil {
		return fmt.Errorf("case %s: raise: %w", s.Key, err)
	}
	if len(issue.SignOffs) != len(s.Parts) {
		return fmt.Errorf("case %s has %d sign-offs and %d parts", s.Key, len(issue.SignOffs), len(s.Parts))
	}
	s.id = issue.ID
	s.step, s.since = make([]int, len(s.Parts)), make([]time.Time, len(s.Parts))
	return nil
}

// ErrStuck says that a case did not come to its end.
var ErrStuck = errors.New("the case did not end")
