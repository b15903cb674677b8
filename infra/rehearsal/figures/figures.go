// Package figures measures what an issue costs on the cloud side: transitions,
// requests, units and their list price; how many history events the worst
// allowed issue writes; how long functions take to start and to answer.
//
// It must not decide anything; it plays on the stage and in the cloud of the
// rehearsal and counts.
package figures

import (
	"context"
	"fmt"
	"time"

	"lianban/infra/rehearsal/stage"
	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// monday is nine in the morning in Shanghai on 9 March 2026.
var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

var (
	secretary = approval.Actor{Person: "tod-secretary", Role: roster.Secretary, Unit: "branch-tod"}
	five      = []approval.Party{
		{Matter: "plot_adjustment", Department: "cc-natural-resources"},
		{Matter: "river_works", Department: "cc-water"},
		{Matter: "river_works", Department: "cc-transport"},
		{Matter: "river_works", Department: "cc-ecology"},
		{Matter: "plot_adjustment", Department: "nanzhuang-village-1"},
	}
)

// memory is what the template gives a function, in GB.
func memory(function string) float64 {
	if function == "api" {
		return 1
	}
	return 0.5
}

// taskFor and pageFor are how long a warm request is billed when nothing has been
// measured; see Took.
const (
	taskFor = 20 * time.Millisecond
	pageFor = 30 * time.Millisecond
)

// Issue is one issue with its bill.
type Issue struct {
	Bill
	Calls  map[string]int
	Events int // of the execution's history
	SFN    map[string]int
	Table  map[string]int
}

// play is an issue on a stage.
type play struct {
	*stage.Stage
	id       approval.IssueID
	requests int
}

func (p *play) do(ctx context.Context, actor approval.Actor, cmd approval.Command) error {
	p.requests++
	key := fmt.Sprint(p.requests)
	if p.id == "" {
		issue, _, err := p.Service.Create(ctx, cmd, approval.Call{Actor: actor, Key: key, Digest: key})
		p.id = issue.ID
		if err != nil {
			return err
		}
	} else if _, _, err := p.Service.Do(ctx, p.id, cmd, approval.Call{Actor: actor, Key: key, Digest: key}); err != nil {
		return fmt.Errorf("%T by %s: %w", cmd, actor.Person, err)
	}
	return p.Settle(ctx)
}

// officer is the first of a department who need not stand aside.
func officer(department roster.DepartmentID) approval.Actor {
	actor := approval.Actor{Role: roster.Officer, Unit: string(department)}
	people := roster.Demo()
	for _, person := range people.People(roster.Officer, string(department)) {
		if actor.Person == "" && !people.MustStandAside(person.ID, "tod-nanzhuang") {
			actor.Person = person.ID
		}
	}
	return actor
}

// until lets time pass, timers firing on the way.
func (p *play) until(ctx context.Context, at time.Time) error {
	for {
		if err := p.Settle(ctx); err != nil {
			return err
		}
		wake, ok := p.NextWake()
		if !ok || wake.After(at) {
			p.Clock.Set(at)
			return nil
		}
		p.Clock.Set(wake)
		if err := p.Wake(ctx); err != nil {
			return err
		}
	}
}

// execution counts what the issue's round took.
func (p *play) execution(ctx context.Context) (transitions int64, events int, err error) {
	arn := stage.ExecutionARN(p.id, 1)
	d, err := p.States.Describe(ctx, arn)
	if err != nil {
		return 0, 0, err
	}
	if d.Status != "SUCCEEDED" {
		return 0, 0, fmt.Errorf("the execution is %s: %s %s", d.Status, d.Error, d.Cause)
	}
	history, err := p.States.History(ctx, arn)
	return d.Transitions, len(history), err
}

// FiveSignOffs plays an issue with five sign-offs that nobody objects to, from
// raising to confirming. Took says how long a function's warm request takes; nil
// assumes 20 ms for tasks and 30 ms for the API.
func FiveSignOffs(ctx context.Context, server string, took func(function string) time.Duration) (out Issue, err error) {
	s, err := stage.New(ctx, stage.Config{DynamoDB: server, Clock: sim.NewClock(monday)})
	if err != nil {
		return out, err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	p := &play{Stage: s}
	petition := approval.Petition{Project: "tod-nanzhuang", Title: "河涌提升与周边地块调整", Body: "请各部门同步会签。", Parties: five}
	if err := p.do(ctx, secretary, approval.Raise{Petition: &petition}); err != nil {
		return out, err
	}
	for n, party := range five {
		s.Clock.Add(time.Hour)
		if err := p.do(ctx, officer(party.Department), approval.Grant{SignOff: n + 1, Reason: "同意。"}); err != nil {
			return out, err
		}
	}
	if err := p.do(ctx, secretary, approval.Confirm{Stars: 5}); err != nil {
		return out, err
	}
	if out.Transitions, out.Events, err = p.execution(ctx); err != nil {
		return out, err
	}
	if took == nil {
		took = func(function string) time.Duration {
			if function == "api" {
				return pageFor
			}
			return taskFor
		}
	}
	out.Calls = s.Calls()
	out.Calls["api"] = p.requests
	for name, n := range out.Calls {
		out.Invocations += n
		out.GBSeconds += float64(n) * memory(name) * took(name).Seconds()
	}
	units := s.Proxy.Units()
	out.Write, out.Read, out.Requests = units.Write, units.Read, p.requests
	out.SFN, out.Table = s.States.Calls(), s.Proxy.Requests()
	return out, nil
}

// Worst is the history of the worst allowed issue.
type Worst struct {
	SignOffs    int
	Events      int
	Transitions int64
}

// ManySignOffs plays an issue with as many sign-offs as are allowed, on which
// every department lets every rung of the ladder pass before it answers. With
// supplements, each has asked for one before, which stops and starts its clock.
func ManySignOffs(ctx context.Context, server string, supplements bool) (out Worst, err error) {
	s, err := stage.New(ctx, stage.Config{DynamoDB: server, Clock: sim.NewClock(monday)})
	if err != nil {
		return out, err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	p := &play{Stage: s}
	parties := everybody(approval.MaxSignOffs)
	petition := approval.Petition{Project: "tod-nanzhuang", Title: "全部门会签", Body: "请各部门同步会签。", Parties: parties}
	if err := p.do(ctx, secretary, approval.Raise{Petition: &petition}); err != nil {
		return out, err
	}
	if supplements {
		for n, party := range parties {
			if err := p.do(ctx, officer(party.Department), approval.AskSupplement{SignOff: n + 1, Papers: []string{"图纸"}}); err != nil {
				return out, err
			}
		}
		s.Clock.Add(24 * time.Hour)
		for n := range parties {
			if err := p.do(ctx, secretary, approval.AnswerSupplement{SignOff: n + 1, Text: "已补正。"}); err != nil {
				return out, err
			}
		}
	}
	// The last rung is passed, and the next look, a month later, is not yet due.
	if err := p.until(ctx, monday.Add(28*24*time.Hour)); err != nil {
		return out, err
	}
	issue, err := s.Behind.Issue(ctx, p.id)
	if err != nil {
		return out, err
	}
	for k := range issue.SignOffs {
		if so := &issue.SignOffs[k]; so.Tier() != roster.TierHeadquarters {
			return out, fmt.Errorf("sign-off %d stands with the %s", so.N, so.Tier())
		}
	}
	for n, party := range parties {
		if err := p.do(ctx, officer(party.Department), approval.Grant{SignOff: n + 1, Reason: "同意。"}); err != nil {
			return out, err
		}
	}
	out.SignOffs = len(parties)
	out.Transitions, out.Events, err = p.execution(ctx)
	return out, err
}

// everybody is n parties: departments with an officer, each asked in as many
// matters as it takes.
func everybody(n int) []approval.Party {
	var parties []approval.Party
	people := roster.Demo()
	var departments []roster.DepartmentID
	for _, d := range people.Departments() {
		if officer(d.ID).Person != "" {
			departments = append(departments, d.ID)
		}
	}
	for _, matter := range catalog.Construction().Matters() {
		for _, d := range departments {
			if len(parties) < n {
				parties = append(parties, approval.Party{Matter: matter.Code, Department: d})
			}
		}
	}
	return parties
}
