package fault

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Injection makes one call fail: the n-th of the table or the journal, from 1, in
// whatever it was needed for.
type Injection struct {
	Call int
	How  How
}

// How is what happens at the call.
type How int

// What may happen at a call. Of a read the first two are the same, and the last two.
const (
	Refuse How = iota // nothing is done
	Lose              // it is done and reported as failed
	Before            // the process dies before it
	After             // the process dies after it
)

func (h How) String() string { return [...]string{"refused", "lost", "death before", "death after"}[h] }

// injected counts a call and reports whether it is the one that fails.
func (h *history) injected() bool {
	h.calls++
	if h.calls != h.inject.Call {
		return false
	}
	h.say("! call %d: %s", h.calls, h.inject.How)
	return true
}

// Step is what one person does in a script.
type Step struct {
	Actor   approval.Actor
	Command func(now time.Time) approval.Command
}

// Script is one case from its beginning to its end.
type Script struct {
	Name  string
	Steps []Step // the first creates the issue
}

// Outcome is what a script came to.
type Outcome struct {
	Calls int    // of the table and of the journal, until the last step was carried out
	Text  string // how the issue stands, and what people did, in order
}

// Run plays a script with one call failing (none at 0). Whoever hears of trouble asks
// again under the same idempotency key; the checks of a history hold all the time.
func (s Script) Run(ctx context.Context, house House, at Injection, log io.Writer) (Outcome, error) {
	h := &history{
		ctx: ctx, house: house, log: log, now: start, calm: true, inject: at,
		rand: rand.New(rand.NewPCG(1, 1)), trails: map[approval.IssueID]*trail{}, seen: map[approval.IssueID]approval.Issue{},
	}
	if err := h.build(ctx, ""); err != nil {
		return Outcome{}, err
	}
	h.calls = 0 // what counts is the case, not the opening of the house
	err := h.run(s)
	if err != nil {
		err = fmt.Errorf("%s in house %s, call %d %s: %w", s.Name, house, at.Call, at.How, err)
	}
	return Outcome{h.report.Calls, h.outcome()}, err
}

func (h *history) run(s Script) error {
	var id approval.IssueID
	rested := false // after the failure
	for k, step := range s.Steps {
		in := &intent{n: k + 1, issue: id, actor: step.Actor, cmd: step.Command(h.now), key: fmt.Sprint("key-", k+1)}
		h.intents = append(h.intents, in)
		for in.state == unknown && in.tries < 3 {
			h.try(h.api(), in)
			if err := h.mend(); err != nil {
				return err
			}
		}
		if in.state != acknowledged {
			return fmt.Errorf("%s, %T, does not come to succeed", in.name(), in.cmd)
		}
		id = in.issue
		h.goOn()
		if err := h.mend(); err != nil {
			return err
		}
		if !rested && h.inject.Call > 0 && h.calls >= h.inject.Call {
			h.rest()
			rested = true
		}
	}
	h.goOn()
	h.report.Calls = h.calls
	h.rest()
	if err := h.mend(); err != nil {
		return err
	}
	return h.ended()
}

// mend puts a new process in the place of one that died, and checks that what it
// left is nothing or all.
func (h *history) mend() error {
	if err := h.revive(h.ctx); err != nil {
		return err
	}
	return h.always()
}

// outcome tells how the issues stand, and what people did.
func (h *history) outcome() string {
	text := ""
	for _, id := range h.ids {
		issue, err := h.peek(id)
		if err != nil {
			continue
		}
		text += fmt.Sprintf("%s %s round %d hold %v\n", issue.Status, issue.Verdict, issue.Round(), issue.Hold)
		for k := range issue.SignOffs {
			s := &issue.SignOffs[k]
			text += fmt.Sprintf("%d %s %s\n", s.N, s.State, s.Assignee)
		}
		events, _, err := h.plain.Events(h.ctx, id, 0, approval.Page{Limit: 200})
		if err != nil {
			return err.Error()
		}
		for _, e := range events {
			if e.By.Person != "" || e.Kind == approval.EvVote {
				text += fmt.Sprintf("%s %d by %s\n", e.Kind, e.SignOff, e.By.Person)
			}
		}
	}
	return text
}

func officer(department roster.DepartmentID, n int) approval.Actor {
	return approval.Actor{Person: roster.PersonID(fmt.Sprintf("%s-officer-%d", department, n)), Role: roster.Officer, Unit: string(department)}
}

var generalBranch = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}

func at(cmd approval.Command) func(time.Time) approval.Command {
	return func(time.Time) approval.Command { return cmd }
}

func raise(p approval.Petition) func(time.Time) approval.Command {
	p.Title = "岸线提升"
	return at(approval.Raise{Petition: &p})
}

// MainCase is a case with four parts, of which one waits for another: a claim, a
// supplement, an approval on commitment, and the end.
func MainCase() Script {
	return Script{"the main case", []Step{
		{secretary, raise(petitions[0])},
		{officer("cc-natural-resources", 1), at(approval.Claim{SignOff: 1})},
		{officer("cc-natural-resources", 1), at(approval.Grant{SignOff: 1, Reason: "同意"})},
		{officer("cc-water", 1), at(approval.AskSupplement{SignOff: 3, Papers: []string{"总平面图"}})},
		{secretary, at(approval.AnswerSupplement{SignOff: 3, Text: "已补"})},
		{officer("cc-water", 1), at(approval.Grant{SignOff: 3, Reason: "同意"})},
		{officer("cc-natural-resources", 2), at(approval.Grant{SignOff: 2, Reason: "同意"})},
		{officer("cc-transport", 1), at(approval.Grant{SignOff: 4, Reason: "同意"})},
		{secretary, at(approval.Confirm{Stars: 5})},
	}}
}

// ConsultationCase is a case with an objection, a meeting at which a department and
// an outside party vote, a revision, and a second round.
func ConsultationCase() Script {
	hash := approval.HashLink("secret")
	return Script{"the consultation", []Step{
		{secretary, raise(petitions[1])},
		{officer("cc-water", 1), at(approval.Oppose{SignOff: 1, Ground: "水法第三十八条", Reason: "占用河道"})},
		{officer("cc-traffic-police", 1), at(approval.Grant{SignOff: 2, Reason: "同意"})},
		{generalBranch, func(now time.Time) approval.Command {
			return approval.Schedule{
				At: now, Place: "一号会议室", Agenda: []string{"方案"},
				Attendees: []approval.Attendee{{Unit: "cc-water", Votes: true}, {Name: "何村代表", Organisation: "白坭村民委员会", Votes: true}},
				Ballot:    &approval.Ballot{Question: "按方案实施", Quorum: 100, Threshold: approval.All, Of: approval.OfCast, Until: calendar.Of(now)},
			}
		}},
		{officer("cc-water", 1), at(approval.Cast{Choice: approval.For})},
		{generalBranch, at(approval.Invite{Attendee: 2, Hash: hash})},
		{approval.Outsider, at(approval.CastByLink{Link: approval.LinkKey{Attendee: 2, Hash: hash}, Vote: approval.Cast{Choice: approval.For}})},
		{generalBranch, at(approval.Rule{SignOff: 1, Outcome: approval.Revise, Reason: "修改后再报"})},
		{secretary, at(approval.Resubmit{Note: "已退让河道蓝线"})},
		{officer("cc-water", 2), at(approval.Grant{SignOff: 1, Reason: "同意"})},
		{secretary, at(approval.Confirm{Stars: 4})},
	}}
}
