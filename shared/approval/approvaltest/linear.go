package approvaltest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// deed is what one officer does about one sign-off, or a look at it.
type deed struct {
	n    int // sign-off
	who  roster.PersonID
	what string // claim, release, grant, object, look
}

// desk is a sign-off as the model has it, and what a look answers.
type desk struct {
	who     roster.PersonID // who claimed it
	state   approval.State
	decided roster.PersonID
}

// answer is what an officer heard: a refusal's kind, or what a look showed.
type answer struct {
	refusal approval.Kind
	lost    bool // the race, so often that the command gave up
	seen    desk
}

// decisions is one sign-off as a thing that many use at once: claims and releases,
// one decision, and looks that see all that was acknowledged before them.
var decisions = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byTask := map[int][]porcupine.Operation{}
		for _, o := range history {
			n := o.Input.(deed).n
			byTask[n] = append(byTask[n], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byTask {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return desk{state: approval.Open} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(desk), input.(deed), output.(answer)
		if in.what == "look" {
			return out.seen == s, s
		}
		if out.lost {
			return true, s
		}
		want, next := s.after(in)
		return out.refusal == want, next
	},
	DescribeOperation: func(input, output any) string {
		in, out := input.(deed), output.(answer)
		return fmt.Sprintf("%s %d by %s: %s %v %v", in.what, in.n, in.who, out.refusal, out.lost, out.seen)
	},
}

// after is how a deed is answered, and what it leaves.
func (s desk) after(d deed) (approval.Kind, desk) {
	switch {
	case s.state != approval.Open:
		return approval.Closed, s
	case s.who != "" && s.who != d.who:
		return approval.Conflict, s
	}
	s.who = d.who
	switch d.what {
	case "release":
		s.who = ""
	case "grant":
		s.state, s.decided = approval.Granted, d.who
	case "object":
		s.state, s.decided = approval.Objection, d.who
	}
	return "", s
}

// Services opens services that share a store.
type Services func(t *testing.T, rules approval.Rules, now func() time.Time, newID func() approval.IssueID) []*approval.Service

// Linearizable has officers act on the same sign-offs at the same time, and checks
// with porcupine that all they heard and saw can be explained by one order of single
// acts in which each lies between its call and its answer.
func Linearizable(t *testing.T, open Services) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	if told := Unexplained(t, open, rounds, Together); told != "" {
		t.Fatalf("no order of single acts explains what was heard:\n%s", told)
	}
}

// How the officers of a round act.
type How bool

const (
	Together How = false // all at once
	InTurn   How = true  // one deed after the other, so that a stale look has no excuse
)

// Unexplained is the first of so many rounds that no order explains; empty when all
// are explained.
func Unexplained(t *testing.T, open Services, rounds int, how How) string {
	clock := NewClock(time.Date(2026, 3, 9, 9, 0, 0, 0, calendar.Shanghai).UTC())
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	services := open(t, rules, clock.Now, sim.IDs(clock.Now))
	for round := range rounds {
		history := contest(t, services, uint64(round), how)
		if porcupine.CheckOperations(decisions, history) {
			continue
		}
		var told strings.Builder
		for _, o := range history {
			fmt.Fprintf(&told, "%d-%d officer %d: %s\n", o.Call, o.Return, o.ClientId, decisions.DescribeOperation(o.Input, o.Output))
		}
		return told.String()
	}
	return ""
}

const (
	contestants = 6
	deeds       = 14 // of each
)

// contest plays one issue with two sign-offs, of which the officers of two
// departments each claim, release and decide what is theirs, and answers who did what
// from when to when, counted in calls and answers.
func contest(t *testing.T, services []*approval.Service, seed uint64, how How) []porcupine.Operation {
	departments := []roster.DepartmentID{"cc-water", "cc-transport"}
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "同时办理"}
	for _, d := range departments {
		p.Parties = append(p.Parties, approval.Party{Matter: "river_works", Department: d})
	}
	issue, _, err := services[0].Create(t.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: boardSecretary})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := services[0].Route(t.Context(), issue.ID, 1); err != nil {
		t.Fatal(err)
	}
	var ticks atomic.Int64
	var mu sync.Mutex
	var history []porcupine.Operation
	act := func(client int, random *rand.Rand) {
		n := 1 + random.IntN(2)
		d := deed{n: n, who: roster.PersonID(fmt.Sprintf("%s-officer-%d", departments[n-1], 1+client%2))}
		switch k := random.IntN(20); {
		case k < 7:
			d.what = "look"
		case k < 13:
			d.what = "claim"
		case k < 18:
			d.what = "release"
		case k < 19:
			d.what = "grant"
		default:
			d.what = "object"
		}
		from := ticks.Add(1)
		heard, err := d.do(t, services[client%len(services)], issue.ID, departments[n-1])
		to := ticks.Add(1)
		if err != nil {
			t.Errorf("%s: %v", d.what, err)
			return
		}
		mu.Lock()
		history = append(history, porcupine.Operation{ClientId: client, Input: d, Output: heard, Call: from, Return: to})
		mu.Unlock()
	}
	if how == InTurn {
		random := rand.New(rand.NewPCG(seed, contestants))
		for range contestants * deeds {
			act(random.IntN(contestants), random)
		}
		return history
	}
	var wg sync.WaitGroup
	for client := range contestants {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for range deeds {
				act(client, random)
			}
		})
	}
	wg.Wait()
	return history
}

func (d deed) do(t *testing.T, service *approval.Service, id approval.IssueID, department roster.DepartmentID) (answer, error) {
	var cmd approval.Command
	switch d.what {
	case "look":
		i, err := service.Store().Issue(t.Context(), id)
		if err != nil {
			return answer{}, err
		}
		s := i.SignOff(d.n)
		seen := desk{who: s.Assignee, state: s.State}
		if s.Decision != nil {
			seen.decided = s.Decision.By.Person
		}
		return answer{seen: seen}, nil
	case "claim":
		cmd = approval.Claim{SignOff: d.n}
	case "release":
		cmd = approval.Release{SignOff: d.n}
	case "grant":
		cmd = approval.Grant{SignOff: d.n, Reason: "同意"}
	case "object":
		cmd = boardObjection(d.n)
	}
	_, _, err := service.Do(t.Context(), id, cmd, approval.Call{Actor: approval.Actor{Person: d.who, Role: roster.Officer, Unit: string(department)}})
	for _, kind := range []approval.Kind{approval.Closed, approval.Conflict} {
		if approval.IsKind(err, kind) {
			return answer{refusal: kind, lost: errors.Is(err, approval.ErrLostRace)}, nil
		}
	}
	return answer{}, err
}
