package fault

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// intent is something that a person wants done, once.
type intent struct {
	n      int
	issue  approval.IssueID // empty: a new one
	actor  approval.Actor
	cmd    approval.Command
	mark   string // a text that its event carries and no other; empty: none
	key    string // idempotency key; empty: it is asked for once and never again
	expect int64
	tries  int
	state  outcome
}

type outcome int

const (
	unknown outcome = iota
	acknowledged
	refused
)

// ack is what somebody was told the state of an issue is.
type ack struct {
	issue  approval.IssueID
	events int64
	head   string
	what   string
}

var (
	secretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	operator  = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
)

var petitions = []approval.Petition{
	{Project: "fenjiang-west-bank", Items: []catalog.ItemNo{24, 25, 36}, Parties: []approval.Party{{Matter: "river_works", Department: "cc-transport"}}},
	{Project: "fenjiang-west-bank", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}, {Matter: "traffic_diversion", Department: "cc-traffic-police"}}},
	{Project: "fenjiang-west-bank", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}}},
}

// act has somebody do something through a process: something new, or what they do
// not know the outcome of once more.
func (h *history) act(p *process) {
	var in *intent
	for _, other := range h.intents {
		if other.state == unknown && other.key != "" && other.tries < 6 && h.rand.IntN(3) > 0 {
			in = other
			break
		}
	}
	if in == nil {
		if in = h.wish(); in == nil {
			return
		}
		h.intents = append(h.intents, in)
	}
	h.try(p, in)
}

// try asks for it, and notes what was answered.
func (h *history) try(p *process, in *intent) {
	in.tries++
	call := approval.Call{Actor: in.actor, Expect: in.expect, Key: in.key}
	if in.key != "" {
		call.Digest = "digest of " + in.key
	}
	h.report.Commands++
	var issue approval.Issue
	var err error
	if in.issue == "" {
		issue, _, err = p.service.Create(h.ctx, in.cmd, call)
	} else {
		issue, _, err = p.service.Do(h.ctx, in.issue, in.cmd, call)
	}
	_, rule := errors.AsType[*approval.Error](err)
	h.say("%s by %s through %s: %T %s -> %v", in.name(), in.actor.Person, p.name, in.cmd, in.mark, err)
	switch {
	case err == nil:
		in.state = acknowledged
		if in.issue == "" {
			in.issue = issue.ID
		}
		h.report.Acknowledged++
		h.acks = append(h.acks, ack{issue.ID, issue.Events, issue.Head, in.name()})
	case rule:
		in.state = refused
		h.report.Refused++
	default:
		h.report.Unknown++
	}
}

func (in *intent) name() string { return fmt.Sprintf("wish %d", in.n) }

// wish is what somebody would like to happen next, sensible or not.
func (h *history) wish() *intent {
	in := &intent{n: len(h.intents) + 1}
	in.mark = fmt.Sprintf("〔%d〕", in.n)
	if h.rand.IntN(3) > 0 {
		in.key = fmt.Sprint("key-", in.n)
	}
	if len(h.ids) < h.issuesMost && (len(h.ids) == 0 || h.rand.IntN(12) == 0) {
		p := petitions[h.rand.IntN(len(petitions))]
		p.Title = "事项" + in.mark
		in.actor, in.cmd = secretary, approval.Raise{Petition: &p}
		if h.rand.IntN(6) == 0 {
			in.cmd = approval.Save{Petition: p}
		}
		in.mark = "" // it is the title, which is looked for by itself
		return in
	}
	if len(h.ids) == 0 {
		return nil
	}
	issue, err := h.peek(h.ids[h.rand.IntN(len(h.ids))])
	if err != nil {
		return nil // it was never written
	}
	in.issue = issue.ID
	if h.rand.IntN(10) == 0 {
		in.expect = issue.Version
	}
	switch h.rand.IntN(24) {
	case 0:
		in.actor, in.cmd = secretary, approval.Withdraw{Reason: "线位调整" + in.mark}
		if h.rand.IntN(3) > 0 { // seldom: it ends everything
			in.cmd = approval.Comment{Text: "请尽快" + in.mark}
		}
		return in
	case 1:
		in.actor, in.cmd = secretary, approval.Confirm{Stars: 5, Comment: "满意" + in.mark}
		return in
	}
	if h.branch(in, &issue) || len(issue.SignOffs) == 0 {
		return in
	}
	h.officers(in, &issue)
	return in
}

// branch is what the branch, or whoever is responsible for the whole, does as the
// issue stands; false: nothing.
func (h *history) branch(in *intent, issue *approval.Issue) bool {
	in.actor = secretary
	switch {
	case issue.Hold != nil && h.rand.IntN(2) == 0:
		in.actor, in.cmd = operator, approval.Resume{Reason: "已处理" + in.mark}
	case issue.Status == approval.Draft:
		in.cmd, in.mark = approval.Raise{}, ""
	case issue.Status == approval.Returned:
		in.cmd = approval.Resubmit{Note: "已修改" + in.mark}
	case issue.Status == approval.Concluded:
		in.cmd = approval.Confirm{Stars: 5, Comment: "满意" + in.mark}
	case len(issue.SignOffs) == 0:
		in.cmd = approval.Comment{Text: "说明" + in.mark}
	default:
		return false
	}
	return true
}

// officers is what is done about one sign-off.
func (h *history) officers(in *intent, issue *approval.Issue) {
	s := &issue.SignOffs[h.rand.IntN(len(issue.SignOffs))]
	for range 3 { // rather one that is owed
		if s.State == approval.Open || s.State == approval.Supplement || s.State == approval.Objection {
			break
		}
		s = &issue.SignOffs[h.rand.IntN(len(issue.SignOffs))]
	}
	switch s.State {
	case approval.Supplement:
		if h.rand.IntN(3) > 0 {
			in.actor, in.cmd = secretary, approval.AnswerSupplement{SignOff: s.N, Text: "已补" + in.mark}
			return
		}
	case approval.PapersBack:
		in.actor, in.cmd = secretary, approval.Refile{SignOff: s.N, Text: "重新申报" + in.mark}
		return
	case approval.Objection:
		if con := issue.Consultation; con != nil && h.rand.IntN(3) > 0 {
			outcomes := []approval.Outcome{approval.SetAside, approval.SetAside, approval.Revise, approval.Uphold}
			in.actor, in.cmd = h.tier(issue), approval.Rule{SignOff: s.N, Outcome: outcomes[h.rand.IntN(len(outcomes))], Reason: "会商决定" + in.mark}
			return
		}
	}
	in.actor = approval.Actor{Person: roster.PersonID(fmt.Sprintf("%s-officer-%d", s.Department, 1+h.rand.IntN(2))), Role: roster.Officer, Unit: string(s.Department)}
	switch h.rand.IntN(14) {
	case 0, 1:
		in.cmd, in.mark = approval.Claim{SignOff: s.N}, ""
	case 2:
		in.cmd, in.mark = approval.Release{SignOff: s.N}, ""
	case 3, 4:
		in.cmd = approval.Oppose{SignOff: s.N, Ground: "城乡规划法第四十条", Reason: "不符合规划条件" + in.mark}
	case 5, 6:
		in.cmd = approval.AskSupplement{SignOff: s.N, Papers: []string{"总平面图" + in.mark}}
	case 7:
		in.cmd = approval.AskExtension{SignOff: s.N, Days: 1 + h.rand.IntN(3), Reason: "需现场核实" + in.mark}
	case 8:
		in.actor = approval.Actor{Person: roster.PersonID(s.Department) + "-lead", Role: roster.Lead, Unit: string(s.Department)}
		in.cmd = approval.AnswerExtension{SignOff: s.N, Answer: approval.ExtensionGranted, Note: "同意" + in.mark}
	case 9:
		in.actor, in.cmd = secretary, approval.Urge{SignOff: s.N, Text: "请抓紧" + in.mark}
	case 10:
		in.cmd = approval.GrantOnTerms{
			SignOff: s.N, Kind: approval.OnPledge, Reason: "同意" + in.mark,
			Duties: []approval.Term{{What: "补齐图纸", By: h.rules.Calendar.After(calendar.Of(h.now), 10)}},
		}
	default:
		in.cmd = approval.Grant{SignOff: s.N, Reason: "同意" + in.mark}
	}
}

// tier is who rules on an issue's objections.
func (h *history) tier(issue *approval.Issue) approval.Actor {
	unit, _ := h.rules.Roster.Up(issue.Branch, issue.Consultation.Tier)
	people := h.rules.Roster.Responsible(issue.Branch, issue.Consultation.Tier)
	return approval.Actor{Person: people[0].ID, Role: roster.RoleOf(issue.Consultation.Tier), Unit: string(unit)}
}

// duty is what somebody who does their work does about an issue now; nil when all
// wait for something else. After the n-th try a colleague tries.
func (h *history) duty(issue *approval.Issue) []*intent {
	do := func(actor approval.Actor, cmd approval.Command) *intent {
		in := &intent{n: len(h.intents) + 1, issue: issue.ID, actor: actor, cmd: cmd}
		h.intents = append(h.intents, in)
		return in
	}
	switch {
	case issue.Hold != nil:
		return []*intent{do(operator, approval.Resume{Reason: "已处理"})}
	case issue.Status == approval.Draft:
		return []*intent{do(secretary, approval.Withdraw{Reason: "不再需要"})}
	case issue.Status == approval.Returned:
		return []*intent{do(secretary, approval.Resubmit{Note: "已修改"})}
	case issue.Status == approval.Concluded:
		return []*intent{do(secretary, approval.Confirm{Stars: 5})}
	}
	var out []*intent
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		switch s.State {
		case approval.Supplement:
			out = append(out, do(secretary, approval.AnswerSupplement{SignOff: s.N, Text: "已补"}))
		case approval.PapersBack:
			out = append(out, do(secretary, approval.Refile{SignOff: s.N, Text: "重新申报"}))
		case approval.Objection:
			if issue.Consultation != nil {
				out = append(out, do(h.tier(issue), approval.Rule{SignOff: s.N, Outcome: approval.SetAside, Reason: "会商决定"}))
			}
		case approval.Open:
			who := s.Assignee
			if who == "" {
				who = roster.PersonID(s.Department) + "-officer-1"
			}
			out = append(out, do(approval.Actor{Person: who, Role: roster.Officer, Unit: string(s.Department)}, approval.Grant{SignOff: s.N, Reason: "同意"}))
		}
	}
	return out
}

// peek reads an issue past all faults.
func (h *history) peek(id approval.IssueID) (approval.Issue, error) {
	header, _, err := h.table.Get(h.ctx, store.Key{PK: "I#" + string(id), SK: "A"})
	if err != nil {
		return approval.Issue{}, err
	}
	if seen, ok := h.seen[id]; ok && seen.Version == header.Version {
		return seen, nil
	}
	issue, err := h.plain.Issue(h.ctx, id)
	if err == nil {
		h.seen[id] = issue
	}
	return issue, err
}

// newID makes ids whose issues lie in different shards, so that one delivery is
// about one issue and takes place on one goroutine.
func (h *history) newID() approval.IssueID {
	if len(h.ids) == approval.Shards { // those of attempts that came to nothing are free again
		h.ids = slices.DeleteFunc(h.ids, func(id approval.IssueID) bool {
			_, err := h.peek(id)
			return err != nil
		})
	}
	for {
		h.born++
		ms := uint64(h.now.UnixMilli())
		id := approval.IssueID(fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, h.born))
		taken := func(other approval.IssueID) bool { return approval.ShardOf(other) == approval.ShardOf(id) }
		if !slices.ContainsFunc(h.ids, taken) {
			h.ids = append(h.ids, id)
			return id
		}
	}
}

var start = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
