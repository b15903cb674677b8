package approvaltest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Model plays random histories of one issue on the real service and a store, and
// holds every answer, every state and every inbox to a small model that was
// written apart from the rules: what each command does to a board of four tasks.
// Clocks stand in it; they have properties of their own.
func Model(t *testing.T, open func(t *testing.T) Opened) {
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	test := t
	rapid.Check(t, func(t *rapid.T) {
		o := open(test) // for each history anew: to look at all that is kept takes the longer the more there is
		clock := NewClock(time.Date(2026, 3, 9, 9, 0, 0, 0, calendar.Shanghai).UTC())
		service := approval.NewService(rules, o.Store, &Stillness{}, clock.Now, IDs())
		b := &board{T: t, opened: o, clock: clock, service: service}
		b.raise()
		t.Repeat(map[string]func(*rapid.T){
			"":         func(*rapid.T) { b.compare() },
			"route":    func(*rapid.T) { b.machine("route") },
			"close":    func(*rapid.T) { b.machine("close") },
			"claim":    func(t *rapid.T) { b.task("claim", number(t), person(t)) },
			"release":  func(t *rapid.T) { b.task("release", number(t), person(t)) },
			"grant":    func(t *rapid.T) { b.task("grant", number(t), person(t)) },
			"object":   func(t *rapid.T) { b.task("object", number(t), person(t)) },
			"ask":      func(t *rapid.T) { b.task("ask", number(t), person(t)) },
			"stranger": func(t *rapid.T) { b.stranger(number(t)) },
			"answer":   func(t *rapid.T) { b.answer(number(t)) },
			"rule": func(t *rapid.T) {
				b.rule(number(t), rapid.SampledFrom([]approval.Outcome{approval.SetAside, approval.SetAside, approval.Uphold, approval.Revise}).Draw(t, "outcome"))
			},
			"meet":   func(*rapid.T) { b.meet() },
			"vote":   func(*rapid.T) { b.vote() },
			"invite": func(*rapid.T) { b.invite() },
			"vote by link": func(t *rapid.T) {
				b.voteByLink(rapid.IntRange(0, b.links+1).Draw(t, "link"), rapid.SampledFrom([]approval.Choice{approval.For, approval.Against}).Draw(t, "choice"))
			},
			"resubmit": func(*rapid.T) { b.resubmit() },
			"confirm":  func(*rapid.T) { b.confirm() },
			"a diligent day": func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "seldom") == 0 {
					b.diligent()
				}
			},
			"withdraw": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 {
					b.withdraw()
				}
			},
		})
		b.withdraw() // leaves no task in anybody's inbox, or is refused because it has ended
		b.compare()
		b.verify()
	})
}

func number(t *rapid.T) int { return rapid.IntRange(1, 4).Draw(t, "n") }
func person(t *rapid.T) int { return rapid.IntRange(1, 2).Draw(t, "officer") }

// board is the model: four tasks, of which the second waits for the first.
type board struct {
	*rapid.T
	opened  Opened
	clock   *Clock
	service *approval.Service

	id      approval.IssueID
	version int64
	status  approval.Status
	round   int
	closed  bool // the round's execution has ended
	sitting bool // a consultation is open
	meeting bool // it meets, and a department and a village committee vote
	links   int  // how many the committee was given in all
	link    int  // the one that opens its vote; 0: none
	voted   [2]bool
	village approval.Choice
	tasks   [5]square
}

// adjourned is what the end of a consultation, or another meeting, leaves of a vote.
func (b *board) adjourned() { b.meeting, b.link, b.voted, b.village = false, 0, [2]bool{}, "" }

// running reports whether the vote is on: it ends when both have voted.
func (b *board) running() bool { return b.meeting && !(b.voted[0] && b.voted[1]) }

type square struct {
	department roster.DepartmentID
	after      int
	state      approval.State
	asked      bool
	who        roster.PersonID
}

var boardPetition = approval.Petition{
	Project: "fenjiang-west-bank", Title: "模型", Items: []catalog.ItemNo{24, 25, 36},
	Parties: []approval.Party{{Matter: "river_works", Department: "cc-transport"}},
}

var (
	boardSecretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	boardTier      = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
)

func (b *board) raise() {
	petition := boardPetition
	i, _, err := b.service.Create(b.Context(), approval.Raise{Petition: &petition}, approval.Call{Actor: boardSecretary})
	if err != nil {
		b.Fatal(err)
	}
	b.id, b.version, b.status, b.round = i.ID, 1, approval.Raised, 1
	for n, d := range []roster.DepartmentID{"", "cc-natural-resources", "cc-natural-resources", "cc-water", "cc-transport"} {
		b.tasks[n] = square{department: d, state: approval.Waiting}
	}
	b.tasks[2].after = 1
}

// do sends a command and wants the answer that the model gives: nothing, a kind of
// refusal, and whether something was written.
func (b *board) do(actor approval.Actor, cmd approval.Command, refusal approval.Kind, writes bool) {
	b.clock.Set(b.clock.Now().Add(time.Second))
	i, _, err := b.service.Do(b.Context(), b.id, cmd, approval.Call{Actor: actor})
	b.judge(fmt.Sprintf("%T", cmd), err, refusal)
	if err != nil {
		return
	}
	if wrote := i.Version != b.version; wrote != writes {
		b.Fatalf("%T%+v: written %v, the model says %v", cmd, cmd, wrote, writes)
	}
	b.version = i.Version
}

func (b *board) judge(what string, err error, refusal approval.Kind) {
	switch {
	case err == nil && refusal != "":
		b.Fatalf("%s is taken; the model says %s", what, refusal)
	case err != nil && !approval.IsKind(err, refusal):
		b.Fatalf("%s: %v; the model says %q", what, err, refusal)
	}
}

// owed is what an officer of the right department is told.
func (b *board) owed(n int, who roster.PersonID) approval.Kind {
	switch s := &b.tasks[n]; {
	case s.state == approval.Waiting, s.state == approval.Held, s.state == approval.Supplement:
		return approval.Conflict
	case s.state != approval.Open, b.status == approval.Returned, b.status.Ended():
		return approval.Closed
	case s.who != "" && s.who != who:
		return approval.Conflict
	}
	return ""
}

func (b *board) task(what string, n, officer int) {
	s := &b.tasks[n]
	who := roster.PersonID(fmt.Sprintf("%s-officer-%d", s.department, officer))
	actor := approval.Actor{Person: who, Role: roster.Officer, Unit: string(s.department)}
	refusal := b.owed(n, who)
	writes := true
	var cmd approval.Command
	switch what {
	case "claim":
		cmd, writes = approval.Claim{SignOff: n}, s.who != who
	case "release":
		cmd, writes = approval.Release{SignOff: n}, s.who != ""
	case "grant":
		cmd = approval.Grant{SignOff: n, Reason: "同意"}
	case "object":
		cmd = boardObjection(n)
	case "ask":
		cmd = approval.AskSupplement{SignOff: n, Papers: []string{"总平面图"}}
		if refusal == "" && s.asked {
			refusal = approval.Invalid
		}
	}
	b.do(actor, cmd, refusal, writes)
	if refusal != "" {
		return
	}
	if s.who = who; what == "release" {
		s.who = ""
	}
	switch what {
	case "grant":
		b.granted(n)
	case "object":
		s.state, b.status, b.sitting = approval.Objection, approval.Consulting, true
		if d := &b.tasks[2]; n == 1 && d.state == approval.Waiting {
			d.state = approval.Held
		}
	case "ask":
		s.state, s.asked = approval.Supplement, true
	}
}

func (b *board) granted(n int) {
	b.tasks[n].state = approval.Granted
	if d := &b.tasks[2]; n == 1 && (d.state == approval.Waiting || d.state == approval.Held) {
		d.state = approval.Open
	}
}

// diligent has everybody do what is open to them, so that histories come to their
// end that chance alone would seldom bring there.
func (b *board) diligent() {
	b.machine("route")
	for n := 1; n <= 4; n++ {
		switch s := &b.tasks[n]; {
		case s.state == approval.Supplement:
			b.answer(n)
		case s.state == approval.Objection:
			b.rule(n, approval.SetAside)
		}
		for officer := 1; officer <= 2; officer++ {
			if b.tasks[n].state == approval.Open {
				b.task("grant", n, officer)
			}
		}
	}
	b.machine("close")
	b.confirm()
}

// stranger is an officer of a department that has no task here.
func (b *board) stranger(n int) {
	actor := approval.Actor{Person: "cc-culture-officer-1", Role: roster.Officer, Unit: "cc-culture"}
	b.do(actor, approval.Grant{SignOff: n}, approval.Forbidden, false)
}

func (b *board) answer(n int) {
	refusal := approval.Kind("")
	if b.tasks[n].state != approval.Supplement || b.status == approval.Returned {
		refusal = approval.Conflict
	}
	b.do(boardSecretary, approval.AnswerSupplement{SignOff: n, Text: "已补"}, refusal, true)
	if refusal == "" {
		b.tasks[n].state = approval.Open
	}
}

func (b *board) rule(n int, outcome approval.Outcome) {
	s := &b.tasks[n]
	refusal := approval.Kind("")
	if s.state != approval.Objection || !b.sitting || b.running() && (b.voted[0] || b.voted[1]) {
		refusal = approval.Conflict
	}
	b.do(boardTier, approval.Rule{SignOff: n, Outcome: outcome, Reason: "会商决定"}, refusal, true)
	if refusal != "" {
		return
	}
	switch outcome {
	case approval.SetAside:
		b.granted(n)
		if !b.any(approval.Objection) {
			b.status, b.sitting = approval.InSignOff, false
		}
	case approval.Uphold:
		s.state, b.sitting = approval.Denied, false
		b.void()
	case approval.Revise:
		b.status, b.sitting = approval.Returned, false
	}
	if !b.sitting {
		b.adjourned()
	}
}

func (b *board) meet() {
	refusal := approval.Kind("")
	switch {
	case !b.sitting:
		refusal = approval.Conflict
	case b.voted[0] || b.voted[1]:
		refusal = approval.Closed
	}
	now := b.clock.Now()
	b.do(boardTier, approval.Schedule{
		At: now, Place: "一号会议室", Agenda: []string{"方案"},
		Attendees: []approval.Attendee{{Unit: "cc-transport", Votes: true}, {Name: "何村代表", Organisation: "白坭村民委员会", Votes: true}},
		Ballot:    &approval.Ballot{Question: "按方案实施", Quorum: 100, Threshold: approval.All, Of: approval.OfCast, Until: calendar.Of(now)},
	}, refusal, true)
	if refusal == "" {
		b.adjourned()
		b.meeting = true
	}
}

func (b *board) vote() {
	refusal := approval.Kind("")
	switch {
	case !b.meeting:
		refusal = approval.Conflict
	case b.voted[0]:
		refusal = approval.Closed
	}
	actor := approval.Actor{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-transport"}
	b.do(actor, approval.Cast{Choice: approval.For}, refusal, true)
	if refusal == "" {
		b.voted[0] = true
	}
}

func secret(link int) approval.LinkHash { return approval.HashLink(fmt.Sprint("secret ", link)) }

// invite gives the committee a link; the one before is worthless.
func (b *board) invite() {
	refusal := approval.Kind("")
	switch {
	case !b.running():
		refusal = approval.Conflict
	case b.voted[1]:
		refusal = approval.Closed
	}
	b.do(boardTier, approval.Invite{Attendee: 2, Hash: secret(b.links + 1)}, refusal, true)
	if refusal == "" {
		b.links++
		b.link = b.links
	}
}

// voteByLink tries any link, given or not.
func (b *board) voteByLink(link int, choice approval.Choice) {
	refusal := approval.Kind("")
	if link == 0 || link != b.link {
		refusal = approval.NotFound
	}
	b.do(approval.Outsider, approval.CastByLink{Link: approval.LinkKey{Attendee: 2, Hash: secret(link)}, Vote: approval.Cast{Choice: choice}}, refusal, true)
	if refusal == "" {
		b.voted[1], b.link, b.village = true, 0, choice
	}
}

// ballot holds the vote, as the store has it, to the model.
func (b *board) ballot(i *approval.Issue) {
	con := i.Consultation
	if !b.meeting {
		if con != nil && con.ClosedAt.IsZero() && con.Meeting != nil {
			b.Fatalf("it meets; the model says that it does not")
		}
		return
	}
	v, village := con.Meeting.Ballot, &con.Meeting.Attendees[1]
	count := map[bool]int{true: 1}
	if got := v.Cast(); got != count[b.voted[0]]+count[b.voted[1]] || v.Running() != b.running() || (village.Vote != nil) != b.voted[1] || village.Vote != nil && village.Vote.Choice != b.village {
		b.Fatalf("the vote is %+v and the committee's %+v; the model says %v, %q", v, village.Vote, b.voted, b.village)
	}
	if passed := b.voted[0] && b.village == approval.For; v.Passed != passed {
		b.Fatalf("the vote passed: %v; the model says %v", v.Passed, passed)
	}
	none := approval.LinkHash{}
	if open := village.Link != nil && village.Link.Hash != none; open != (b.link != 0) || open && village.Link.Hash != secret(b.link) {
		b.Fatalf("the committee's link is %+v; the model says number %d", village.Link, b.link)
	}
}

func (b *board) any(states ...approval.State) bool {
	return slices.ContainsFunc(b.tasks[1:], func(s square) bool { return slices.Contains(states, s.state) })
}

func (b *board) void() {
	for n := range b.tasks {
		if s := &b.tasks[n]; n > 0 && !s.state.Final() {
			s.state = approval.Void
		}
	}
}

func (b *board) resubmit() {
	refusal := approval.Kind("")
	if b.status != approval.Returned {
		refusal = approval.Conflict
	}
	b.do(boardSecretary, approval.Resubmit{Note: "已改"}, refusal, true)
	if refusal != "" {
		return
	}
	b.status, b.closed = approval.Raised, false
	b.round++
	for n := range b.tasks {
		if s := &b.tasks[n]; s.state == approval.Objection || s.state == approval.Held {
			s.state, s.asked, s.who = approval.Waiting, false, ""
		}
	}
}

func (b *board) withdraw() {
	refusal := approval.Kind("")
	if b.status.Ended() {
		refusal = approval.Closed
	}
	b.do(boardSecretary, approval.Withdraw{Reason: "线位调整"}, refusal, true)
	if refusal == "" {
		b.void()
		b.status, b.sitting = approval.Withdrawn, false
		b.adjourned()
	}
}

func (b *board) confirm() {
	refusal := approval.Kind("")
	if b.status != approval.Concluded {
		refusal = approval.Conflict
	}
	b.do(boardSecretary, approval.Confirm{Stars: 5}, refusal, true)
	if refusal == "" {
		b.status = approval.Confirmed
	}
}

// machine is the workflow's task, called at any time.
func (b *board) machine(what string) {
	if what == "route" {
		_, err := b.service.Route(b.Context(), b.id, b.round)
		b.judge("route", err, "")
		if b.status.Ended() || b.status == approval.Returned {
			return
		}
		if b.status == approval.Raised {
			b.status = approval.InSignOff
		}
		for n := range b.tasks {
			s := &b.tasks[n]
			if n > 0 && s.state == approval.Waiting && (s.after == 0 || b.tasks[s.after].state == approval.Granted) {
				s.state = approval.Open
			}
		}
		return
	}
	refusal, end := approval.Kind(""), b.status
	if b.status != approval.Returned && b.status != approval.Withdrawn {
		switch {
		case b.any(approval.Denied):
			end = approval.Concluded
		case b.any(approval.Waiting, approval.Open, approval.Supplement, approval.Objection):
			refusal = approval.Invalid
		default:
			end = approval.Concluded
		}
	}
	if b.closed {
		refusal = ""
	}
	_, err := b.service.Close(b.Context(), b.id, b.round)
	b.judge("close", err, refusal)
	if refusal == "" && !b.closed {
		b.closed, b.status = true, end
	}
}

// compare holds the issue, as the store has it, and the inboxes to the model.
func (b *board) compare() {
	i, err := b.opened.Store.Issue(b.Context(), b.id)
	if err != nil {
		b.Fatal(err)
	}
	b.version = i.Version
	if i.Status != b.status || i.Round() != b.round {
		b.Fatalf("the issue is %s in round %d; the model says %s in round %d", i.Status, i.Round(), b.status, b.round)
	}
	b.ballot(&i)
	inbox := map[roster.DepartmentID][]int{}
	for n := range b.tasks {
		if n == 0 {
			continue
		}
		s, got := &b.tasks[n], i.SignOff(n)
		if got.State != s.state || got.Assignee != s.who || got.Department != s.department {
			b.Fatalf("sign-off %d is %s with %q; the model says %s with %q", n, got.State, got.Assignee, s.state, s.who)
		}
		if s.state == approval.Open || s.state == approval.Supplement {
			inbox[s.department] = append(inbox[s.department], n)
		}
	}
	b.opened.settle()
	for _, d := range []roster.DepartmentID{"cc-natural-resources", "cc-water", "cc-transport"} {
		if got := b.inbox(d); !slices.Equal(got, inbox[d]) {
			b.Fatalf("the inbox of %s shows %v of the issue; the model says %v", d, got, inbox[d])
		}
	}
}

func (b *board) inbox(d roster.DepartmentID) (numbers []int) {
	page := approval.Page{Limit: 200}
	for {
		tasks, next, err := b.opened.Store.SignOffs(b.Context(), approval.SignOffQuery{Department: d}, page)
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range tasks {
			if t.Issue == b.id {
				numbers = append(numbers, t.SignOff.N)
			}
		}
		if page.Cursor = next; next == "" {
			slices.Sort(numbers)
			return numbers
		}
	}
}

// verify holds the whole trail to the issue's head.
func (b *board) verify() {
	i, err := b.opened.Store.Issue(b.Context(), b.id)
	if err != nil {
		b.Fatal(err)
	}
	var events []approval.Event
	page := approval.Page{Limit: 200}
	for {
		some, next, err := b.opened.Store.Events(b.Context(), b.id, 0, page)
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, some...)
		if page.Cursor = next; next == "" {
			break
		}
	}
	if err := approval.VerifyChain(events, i.Head); err != nil {
		b.Fatal(err)
	}
}

func boardObjection(n int) approval.Oppose {
	return approval.Oppose{SignOff: n, Ground: "城乡规划法第四十条", Reason: "方案不符合规划条件"}
}
