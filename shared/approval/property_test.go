package approval_test

import (
	"encoding/json"
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

// world is a model of everything around the rules: people who do whatever they
// like, and the state machine of workflows/issue_signoff.asl.json, whose tasks
// are called, called twice, called late, fail, and whose timers fire whenever
// they like. What the rules promise has to hold all the same.
type world struct {
	*game
	executions []*execution
	delivered  int
	tokens     int
	late       []func() // calls whose task is over, still on their way
	lateAsks   bool     // one of them was carried out: a living token may be forgotten until its timer
	calm       bool     // nothing but what is meant to happen happens
}

// execution is one round's run of the machine.
type execution struct {
	round    int
	at       string // the state it is in; "" when it has ended
	tally    approval.Tally
	branches []*branch // of the Map
	token    string    // of a hold
	called   bool      // the hold's task has been called
	failed   string
}

// branch is one sign-off's part in the Map.
type branch struct {
	at    string // ask, wait, check, done
	ask   approval.Asking
	token string
}

func (w *world) token() string {
	w.tokens++
	return fmt.Sprint("token-", w.tokens)
}

// enter moves an execution to a state.
func (w *world) enter(e *execution, state string) {
	e.at, e.called, e.branches = state, false, nil
	switch state {
	case "Ask departments":
		for _, a := range e.tally.Asks {
			e.branches = append(e.branches, &branch{at: "ask", ask: a, token: w.token()})
		}
		w.join(e)
	case "Hold consultation", "Hold for operator":
		e.token = w.token()
	}
}

func (w *world) join(e *execution) {
	if e.at == "Ask departments" && !slices.ContainsFunc(e.branches, func(b *branch) bool { return b.at != "done" }) {
		w.enter(e, "Tally")
	}
}

// deliver is the relay.
func (w *world) deliver(o approval.Outbox) {
	if o.Start != nil && !slices.ContainsFunc(w.executions, func(e *execution) bool { return e.round == o.Start.Round }) {
		e := &execution{round: o.Start.Round}
		w.executions = append(w.executions, e)
		w.enter(e, "Route issue")
	}
	for _, wake := range o.Wake {
		w.wake(wake)
	}
}

// wake ends the wait on a token, if anybody waits.
func (w *world) wake(wake approval.Wake) {
	for _, e := range w.executions {
		for _, b := range e.branches {
			if b.token == wake.Token && (b.at == "ask" || b.at == "wait") {
				b.at = "done"
				if wake.Recheck {
					b.at = "check"
				}
				w.join(e)
				return
			}
		}
		if e.token != wake.Token {
			continue
		}
		switch e.at {
		case "Hold consultation":
			w.enter(e, "Tally")
		case "Hold for operator":
			if wake.Recheck {
				w.enter(e, "Hold for operator")
			} else {
				w.enter(e, "Route issue")
			}
		}
	}
}

// leave says whether anybody still waits for the token that a task was given.
func (w *world) kept(n int, token string) bool {
	watch := w.issue.Watch(n)
	return watch != nil && watch.Token == token
}

type move struct {
	name string
	do   func()
}

// calls are the tasks that are to be called.
func (w *world) calls() (moves []move) {
	for _, e := range w.executions {
		add := func(name string, do func()) { moves = append(moves, move{fmt.Sprintf("r%d %s", e.round, name), do}) }
		switch e.at {
		case "Route issue":
			add(e.at, func() {
				w.must(approval.Machine, approval.RouteCommand(e.round))
				e.tally = w.rules.TallyOf(&w.issue, e.round, w.now)
				w.enter(e, "Ask departments")
			})
		case "Ask departments":
			for _, b := range e.branches {
				switch b.at {
				case "ask":
					add(fmt.Sprint("ask ", b.ask), func() { w.ask(e, b) })
				case "check":
					add(fmt.Sprint("check ", b.ask), func() {
						w.must(approval.Machine, approval.LookCommand(e.round, b.ask.SignOff))
						b.ask = w.rules.AskingOf(w.issue, e.round, b.ask.SignOff, w.now)
						b.at, b.token = "ask", w.token()
					})
				}
			}
		case "Tally":
			add(e.at, func() {
				w.must(approval.Machine, approval.TallyCommand(e.round))
				e.tally = w.rules.TallyOf(&w.issue, e.round, w.now)
				switch e.tally.Verdict {
				case approval.Objected:
					w.enter(e, "Hold consultation")
				case approval.Pending:
					w.enter(e, "Ask departments")
				default:
					w.enter(e, "Close issue")
				}
			})
		case "Hold consultation":
			if !e.called {
				add(e.at, func() {
					e.called = true
					w.must(approval.Machine, approval.ConsultCommand(e.round, e.token))
					if !w.kept(approval.ConsultWatch, e.token) {
						w.wake(approval.Wake{Token: e.token})
					}
				})
			}
		case "Hold for operator":
			if !e.called {
				add(e.at, func() {
					e.called = true
					w.must(approval.Machine, approval.HoldCommand(e.round, e.token, "Internal", e.failed))
					if !w.kept(approval.HoldWatch, e.token) {
						w.wake(approval.Wake{Token: e.token})
					}
				})
			}
		case "Close issue":
			add(e.at, func() {
				err := w.do(approval.Machine, approval.CloseCommand(e.round))
				if err != nil {
					w.Fatalf("closing round %d: %v", e.round, err)
				}
				e.at = ""
			})
		}
	}
	return moves
}

func (w *world) ask(e *execution, b *branch) {
	token := b.token
	err := w.do(approval.Machine, approval.AskCommand(e.round, b.ask, token))
	switch {
	case approval.IsKind(err, approval.Recheck):
		b.at = "check"
	case err != nil:
		w.Fatalf("ask: %v", err)
	case w.kept(b.ask.SignOff, token):
		b.at = "wait"
	default:
		w.wake(approval.Wake{Token: token})
	}
}

// timers are the tasks that may time out.
func (w *world) timers() (moves []move) {
	for _, e := range w.executions {
		for _, b := range e.branches {
			if b.at == "ask" || b.at == "wait" {
				moves = append(moves, move{fmt.Sprintf("r%d timeout of %v", e.round, b.ask), func() {
					if b.at == "ask" {
						asked, token := b.ask, b.token
						w.late = append(w.late, func() {
							w.lateAsks = true
							_ = w.do(approval.Machine, approval.AskCommand(e.round, asked, token))
						})
					}
					b.at = "check"
				}})
			}
		}
		switch e.at {
		case "Hold consultation":
			moves = append(moves, move{fmt.Sprintf("r%d timeout of the consultation", e.round), func() { w.enter(e, "Tally") }})
		case "Hold for operator":
			moves = append(moves, move{fmt.Sprintf("r%d a week on hold", e.round), func() { w.enter(e, "Hold for operator") }})
		}
	}
	return moves
}

// trouble is what a network and a machine do when they are not well.
func (w *world) trouble(t *rapid.T) (moves []move) {
	for _, e := range w.executions {
		if e.at == "" || e.at == "Hold for operator" {
			continue
		}
		moves = append(moves, move{fmt.Sprintf("r%d fails unexpectedly in %s", e.round, e.at), func() {
			e.failed = e.at
			w.enter(e, "Hold for operator")
		}})
	}
	if w.delivered > 0 {
		moves = append(moves, move{"a record comes again", func() { w.deliver(w.outbox[rapid.IntRange(0, w.delivered-1).Draw(t, "record")]) }})
	}
	for k, call := range w.late {
		moves = append(moves, move{"a late call", func() {
			w.late = slices.Delete(w.late, k, k+1)
			call()
		}})
	}
	for _, watch := range w.issue.Watches {
		moves = append(moves, move{fmt.Sprintf("the sweep rouses %+v", watch), func() { w.must(approval.Machine, approval.RouseCommand(watch)) }})
	}
	for n := range w.issue.SignOffs {
		moves = append(moves, move{fmt.Sprint("a stray look at ", n+1), func() { w.must(approval.Machine, approval.LookCommand(w.issue.Round(), n+1)) }})
	}
	return moves
}

// people do what they like, mostly something that they may.
func (w *world) people(t *rapid.T) (moves []move) {
	add := func(a approval.Actor, cmd approval.Command) {
		if !w.rules.Seated(a, calendar.Of(w.now)) {
			return // who has left, or gone to another department
		}
		moves = append(moves, move{fmt.Sprintf("%s: %T%+v", a.Person, cmd, cmd), func() {
			if err := w.do(a, cmd); err != nil {
				if _, ok := err.(*approval.Error); !ok { //nolint:errorlint // the rules answer it bare
					w.Fatalf("%T answers a stranger: %v", cmd, err)
				}
			}
		}})
	}
	for k := range w.issue.SignOffs {
		s := &w.issue.SignOffs[k]
		a := officer(s.Department, rapid.IntRange(1, 2).Draw(t, "officer"))
		switch s.State {
		case approval.Open:
			add(a, approval.Grant{SignOff: s.N})
			add(a, approval.Grant{SignOff: s.N, Reason: "同意"})
			kind := rapid.SampledFrom([]approval.DecisionKind{approval.OnPledge, approval.OnCondition, approval.OnCondition, approval.WithGaps}).Draw(t, "terms")
			terms := onTerms(s.N, kind, 0)
			terms.Duties = nil
			for range rapid.IntRange(1, 3).Draw(t, "duties") {
				terms.Duties = append(terms.Duties, approval.Term{What: "补齐", By: calendar.Of(w.now).Add(rapid.IntRange(1, 20).Draw(t, "until"))})
			}
			add(a, terms)
			add(a, approval.Oppose{SignOff: s.N, Ground: "法条", Reason: "理由"})
			add(a, approval.AskSupplement{SignOff: s.N, Papers: []string{"图"}})
			if rapid.IntRange(0, 3).Draw(t, "clock") == 0 {
				kind := approval.StopCaps[rapid.IntRange(0, len(approval.StopCaps)-1).Draw(t, "kind")].Kind
				add(a, approval.Accept{SignOff: s.N})
				add(a, approval.StopClock{SignOff: s.N, Kind: kind, Days: rapid.IntRange(1, 12).Draw(t, "stop"), Reason: "依法组织"})
				add(a, approval.EndStop{SignOff: s.N, Kind: kind, Result: "已完成"})
			}
			add(a, approval.AskExtension{SignOff: s.N, Days: rapid.IntRange(1, 12).Draw(t, "days"), Reason: "论证"})
			for _, answer := range []approval.ExtensionAnswer{approval.ExtensionGranted, approval.ExtensionRefused} {
				add(w.leadOf(s.N), approval.AnswerExtension{SignOff: s.N, Answer: answer, Note: "已核"})
			}
			add(secretary, approval.Urge{SignOff: s.N})
			w.ladder(t, s.N, add)
			add(a, approval.Claim{SignOff: s.N})
			when := rapid.SampledFrom([]approval.AddedWhen{approval.Before, approval.Beside, approval.After}).Draw(t, "when")
			add(a, approval.AddSigner{SignOff: s.N, Department: "cc-ecology", When: when, Binding: rapid.Bool().Draw(t, "binding"), Question: "有无意见"})
			add(a, approval.Recuse{SignOff: s.N, Reason: "亲属在项目单位"})
			to := rapid.SampledFrom([]roster.DepartmentID{"cc-water", "cc-housing", "cc-culture"}).Draw(t, "department")
			add(a, approval.Transfer{SignOff: s.N, To: to, Reason: "职责"})
			add(w.leadOf(s.N), approval.SendBack{SignOff: s.N, Reason: "职责"})
			add(generalBranch, approval.Assign{SignOff: s.N, To: to, Reason: "职责"})
			add(w.leadOf(s.N), approval.Reassign{SignOff: s.N, To: officer(s.Department, rapid.IntRange(1, 2).Draw(t, "to")).Person, Reason: "调整分工"})
			add(a, approval.Release{SignOff: s.N})
		case approval.Supplement:
			add(secretary, approval.AnswerSupplement{SignOff: s.N, Text: "已补"})
			add(a, approval.EndStop{SignOff: s.N, Kind: approval.StopHearing, Result: "已完成"})
		case approval.PapersBack:
			add(secretary, approval.Refile{SignOff: s.N, Text: "材料已齐"})
		case approval.Objection:
			for _, unit := range []approval.Actor{generalBranch, headquarters} {
				for _, o := range []approval.Outcome{approval.SetAside, approval.SetAside, approval.Revise, approval.Uphold} {
					add(unit, approval.Rule{SignOff: s.N, Outcome: o, Reason: "会商"})
				}
			}
		default:
			add(a, approval.Grant{SignOff: s.N})
		}
		for _, added := range s.Added {
			signer := officer(added.Department, rapid.IntRange(1, 2).Draw(t, "signer"))
			opinion := rapid.SampledFrom([]approval.Opinion{approval.Agree, approval.Agree, approval.Disagree, approval.Advise}).Draw(t, "opinion")
			add(signer, approval.AnswerAdded{SignOff: s.N, K: added.K, Opinion: opinion, Reason: "意见"})
			add(w.leadOf(s.N), approval.CancelAdded{SignOff: s.N, K: added.K, Reason: "已沟通"})
		}
		for m, d := range s.Duties {
			if rapid.IntRange(0, 3).Draw(t, "met") == 0 {
				add(officer(d.Checker, 1), approval.Meet{SignOff: s.N, Duty: m + 1, Evidence: "现场核查"})
			}
			add(secretary, approval.ReportDuty{SignOff: s.N, Duty: m + 1, Text: "已补齐"})
			code := map[approval.DecisionKind]approval.GroundCode{approval.OnPledge: "commitment_broken", approval.OnCondition: "condition_unmet", approval.WithGaps: "gaps_left"}[d.Kind]
			add(officer(d.Checker, 2), approval.Revoke{SignOff: s.N, Code: code, Ground: "会签意见", Reason: "逾期未履行"})
		}
		if s.State == approval.Granted && rapid.IntRange(0, 5).Draw(t, "fraud") == 0 {
			add(w.leadOf(s.N), approval.Revoke{SignOff: s.N, Code: rapid.SampledFrom([]approval.GroundCode{"fraud", "commitment_false"}).Draw(t, "ground"), Reason: "隐瞒有关情况"})
		}
	}
	switch {
	case w.issue.Status == approval.Returned:
		for range 5 {
			add(secretary, approval.Resubmit{Note: "已修改"})
		}
	case w.issue.Hold != nil:
		for range 3 {
			add(administrator, approval.Resume{Reason: "已修复"})
		}
	}
	if w.issue.Status.Ended() && len(w.issue.SignOffs) > 0 {
		n := rapid.IntRange(1, len(w.issue.SignOffs)).Draw(t, "anew")
		add(secretary, approval.Reopen{SignOffs: []int{n}, Reason: "方案有变"})
		add(secretary, approval.Confirm{Stars: 3})
	}
	if n := len(w.issue.SignOffs); n > 0 {
		w.tolerate(t, rapid.IntRange(1, n).Draw(t, "tolerance"), add)
	}
	w.consult(t, add)
	add(overseer, approval.Comment{Text: "批注"})
	switch paper := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "paper"); rapid.IntRange(0, 6).Draw(t, "papers") {
	case 0:
		add(secretary, attach(approval.ForPetition, 0, paper))
	case 1:
		add(generalBranch, attach(approval.ForConsultation, 0, paper))
	case 2:
		if n := len(w.issue.SignOffs); n > 0 {
			s := w.so(rapid.IntRange(1, n).Draw(t, "sign-off"))
			add(officer(s.Department, 1), attach(approval.ForOpinion, s.N, paper))
			add(secretary, attach(approval.ForSupplement, s.N, paper))
			for _, d := range s.Duties {
				add(officer(d.Checker, 1), attach(approval.ForEvidence, s.N, paper))
			}
		}
	case 3:
		for _, a := range w.issue.Attachments {
			add(a.By, approval.Detach{ID: a.ID, Reason: "传错"})
		}
	}
	add(bureau, approval.NameOfficer{Person: rapid.SampledFrom([]roster.PersonID{"cc-bureau-1", "cc-bureau-2"}).Draw(t, "responsible"), Reason: "分工"})
	if rapid.IntRange(0, 9).Draw(t, "withdraw") == 0 {
		add(secretary, approval.Withdraw{Reason: "不办了"})
	}
	return moves
}

// ladder is what the tiers may do about an open sign-off.
func (w *world) ladder(t *rapid.T, n int, add func(approval.Actor, approval.Command)) {
	a := rapid.SampledFrom([]approval.Actor{secretary, generalBranch, headquarters}).Draw(t, "tier")
	why := rapid.SampledFrom([]string{"", "应当回避"}).Draw(t, "why")
	to := rapid.SampledFrom([]roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters}).Draw(t, "to")
	add(a, approval.Dispose{SignOff: n, What: approval.Coordinated, Text: "现场协调"})
	add(a, approval.PassUp{SignOff: n, To: to, Reason: "须协调", Untried: why, Skipped: why})
	add(a, approval.PauseLadder{SignOff: n, Until: calendar.Of(w.now).Add(rapid.IntRange(1, 5).Draw(t, "pause")), Reason: "等待现场会"})
	add(a, approval.ResumeLadder{SignOff: n, Reason: "现场会已开"})
	add(a, approval.Supervise{SignOff: n, Demand: "限期办结", ReplyDays: rapid.IntRange(1, 3).Draw(t, "reply")})
	for _, notice := range w.so(n).Notices {
		add(w.leadOf(n), approval.ReplyNotice{K: notice.K, Text: "已安排"})
		add(a, approval.RecheckNotice{K: notice.K, OK: rapid.Bool().Draw(t, "satisfied"), Text: "已核"})
	}
}

// tolerate is what is done about tolerances of a sign-off.
func (w *world) tolerate(t *rapid.T, n int, add func(approval.Actor, approval.Command)) {
	a := rapid.SampledFrom([]approval.Actor{generalBranch, headquarters, bureau}).Draw(t, "tolerating")
	add(a, approval.ProposeTolerance{SignOff: n, Of: rapid.SampledFrom([]approval.Tolerated{approval.OverrunTolerated, approval.ObjectionTolerated}).Draw(t, "of"), Code: "unforeseen", Reason: "汛情封航"})
	add(a, approval.AnswerTolerance{SignOff: n, Answer: rapid.SampledFrom([]approval.ToleranceAnswer{approval.ToleranceConfirmed, approval.ToleranceRefused}).Draw(t, "found"), Reason: "已核"})
	add(a, approval.EndTolerance{SignOff: n, Reason: "情况不实"})
}

// wellKept checks that nobody has been forgotten once everything was delivered.
func (w *world) wellKept() {
	if w.lateAsks || w.delivered < len(w.outbox) || len(w.calls()) > 0 {
		return
	}
	for _, e := range w.executions {
		for _, b := range e.branches {
			if b.at == "wait" && !w.kept(b.ask.SignOff, b.token) {
				w.Fatalf("round %d waits with %s for sign-off %d, and nobody will wake it: %+v", e.round, b.token, b.ask.SignOff, w.issue.Watch(b.ask.SignOff))
			}
			if s := w.so(b.ask.SignOff); b.at == "wait" && w.calm && s.Clock != b.ask.Clock {
				w.Fatalf("round %d waits for sign-off %d by clock %d, which is at %d", e.round, s.N, b.ask.Clock, s.Clock)
			}
		}
		switch e.at {
		case "Hold consultation":
			if !w.kept(approval.ConsultWatch, e.token) {
				w.Fatalf("round %d holds a consultation with %s, and nobody will wake it", e.round, e.token)
			}
		case "Hold for operator":
			if !w.kept(approval.HoldWatch, e.token) {
				w.Fatalf("round %d is on hold with %s, and nobody will wake it", e.round, e.token)
			}
		}
		if w.issue.Status.Ended() && e.at != "" {
			w.Fatalf("the issue is %s and round %d is still in %s", w.issue.Status, e.round, e.at)
		}
	}
}

// finish drives everything to its end: all is delivered, all is called, everybody
// who is asked answers.
func (w *world) finish() {
	timers := 0
	for range 5000 {
		w.wellKept()
		switch calls := w.calls(); {
		case w.delivered < len(w.outbox):
			w.deliver(w.outbox[w.delivered])
			w.delivered++
		case len(calls) > 0:
			calls[0].do()
		case w.answer():
		case !slices.ContainsFunc(w.executions, func(e *execution) bool { return e.at != "" }):
			if !w.issue.Status.Ended() {
				w.Fatalf("every round has ended and the issue is %s with %v", w.issue.Status, w.states())
			}
			w.end()
			return
		default:
			due := w.timers()
			if len(due) == 0 || timers > 200 {
				w.Fatalf("the issue is %s with %v and nothing goes on: %+v", w.issue.Status, w.states(), w.issue.Watches)
			}
			due[timers%len(due)].do()
			timers++
		}
	}
	w.Fatalf("no end after 5000 steps: %s %v", w.issue.Status, w.states())
}

// answer lets one person do what is asked of them.
func (w *world) answer() bool {
	if w.issue.Hold != nil {
		w.must(administrator, approval.Resume{Reason: "已修复"})
		return true
	}
	if w.issue.Status == approval.Returned {
		w.must(secretary, approval.Resubmit{Note: "已修改"})
		return true
	}
	if w.voteEnds() {
		return true
	}
	for k := range w.issue.SignOffs {
		s := &w.issue.SignOffs[k]
		switch s.State {
		case approval.Open:
			if s.Disputed() {
				w.must(generalBranch, approval.Assign{SignOff: s.N, To: s.Department, Reason: "职责"})
				return true
			}
			if k := slices.IndexFunc(s.Added, func(a approval.Added) bool { return a.State == approval.AddedAsked }); k >= 0 {
				w.must(w.leadOf(s.N), approval.CancelAdded{SignOff: s.N, K: k + 1, Reason: "已沟通"})
				return true
			}
			a := officer(s.Department, 1)
			for _, p := range w.rules.Roster.People(roster.Officer, string(s.Department)) {
				if !slices.ContainsFunc(s.Recused, func(r approval.Recusal) bool { return r.Person == p.ID }) {
					a.Person = p.ID
				}
			}
			if has := w.rules.Claimed(s); has != "" {
				a.Person = has
			}
			if err := w.do(a, approval.Grant{SignOff: s.N, Reason: "同意"}); err != nil { // a binding signer disagrees
				w.must(a, approval.Oppose{SignOff: s.N, Ground: "法条", Reason: "加签部门不同意"})
			}
			return true
		case approval.Supplement:
			if calendar.Of(w.now) > s.Request.AnswerBy {
				w.look(s.N) // the papers go back
			} else {
				w.must(secretary, approval.AnswerSupplement{SignOff: s.N, Text: "已补"})
			}
			return true
		case approval.PapersBack:
			w.must(secretary, approval.Refile{SignOff: s.N, Text: "材料已齐"})
			return true
		case approval.Objection:
			if !w.issue.Counts(s) {
				continue
			}
			a := generalBranch
			if w.issue.Consultation.Tier == roster.TierHeadquarters {
				a = headquarters
			}
			w.must(a, approval.Rule{SignOff: s.N, Outcome: approval.SetAside, Reason: "会商"})
			return true
		}
	}
	return w.settle()
}

// end checks what an ended issue has to show.
func (w *world) end() {
	i := &w.issue
	if i.Status == approval.Concluded {
		w.must(secretary, approval.Confirm{Stars: 5})
		if i.Measure == nil {
			w.Fatalf("concluded without a measure")
		}
		for _, c := range i.Closings {
			if c.Measure == nil || c.Measure.RaisedOn != i.Measure.RaisedOn || c.Measure.LastOn > i.Measure.LastOn {
				w.Fatalf("an earlier closing's measure %+v beside %+v", c.Measure, i.Measure)
			}
		}
	}
	for _, r := range i.Rounds {
		if r.ClosedAt.IsZero() || r.Verdict == "" {
			w.Fatalf("round %d did not end: %+v", r.N, r)
		}
	}
	for k := range i.SignOffs {
		if !i.SignOffs[k].State.Final() {
			w.Fatalf("sign-off %d ended as %s", k+1, i.SignOffs[k].State)
		}
	}
	for w.issue.Watch(approval.DutyWatch) != nil { // missed, then climbing
		w.now = w.now.AddDate(1, 0, 0)
		w.must(approval.Machine, approval.RouseCommand(*w.issue.Watch(approval.DutyWatch)))
	}
	if i = &w.issue; len(i.Watches) > 0 || i.Hold != nil {
		w.Fatalf("left behind: %+v %+v", i.Watches, i.Hold)
	}
	if err := approval.VerifyChain(w.events, i.Head); err != nil {
		w.Fatalf("the audit chain: %v", err)
	}
	decided := map[[2]int]string{}
	for _, e := range w.events {
		switch e.Kind {
		case approval.EvApprove, approval.EvCommit, approval.EvCondition, approval.EvGaps, approval.EvObject:
			key := [2]int{e.SignOff, e.Round}
			if decided[key] != "" {
				w.Fatalf("sign-off %d was decided twice in round %d", e.SignOff, e.Round)
			}
			decided[key] = e.Kind
		case approval.EvUncounter:
			delete(decided, [2]int{e.SignOff, e.Round})
		case approval.EvRevoke, approval.EvSettle:
			var d struct{ Redone []int }
			if err := json.Unmarshal(e.Detail, &d); err != nil {
				w.Fatal(err)
			}
			for _, n := range d.Redone {
				delete(decided, [2]int{n, e.Round})
			}
		}
	}
}

// petitions are shapes of graphs, from one party to a long chain.
func petitions(t *rapid.T) approval.Petition {
	p := chain()
	switch rapid.IntRange(0, 4).Draw(t, "petition") {
	case 4:
		return joined(rapid.SampledFrom([]approval.Join{{Rule: catalog.JoinAny}, twoOfFour, waterLead}).Draw(t, "join"))
	case 0:
		return parties(rapid.IntRange(1, 4).Draw(t, "parties"))
	case 1:
		p.Commitments = p.Items[1:3]
	case 2:
		p.Items = append(p.Items, 32, 35, 30, 29)
	}
	return p
}

// TestWhateverHappensThePromisesHold plays any commands in any interleaving with
// the machine's tasks, then drives the issue to its end.
func TestWhateverHappensThePromisesHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{game: newGame(t), calm: rapid.Bool().Draw(t, "calm")}
		p := petitions(t)
		w.raise(p)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			w.wellKept()
			var moves []move
			kind := rapid.IntRange(0, 10).Draw(t, "kind")
			switch {
			case kind < 3 && w.delivered < len(w.outbox):
				moves = []move{{"deliver", func() {
					w.deliver(w.outbox[w.delivered])
					w.delivered++
				}}}
			case kind < 5:
				moves = w.calls()
			case kind == 5:
				moves = w.timers()
			case kind == 6:
				moves = []move{{"time passes", func() {
					hours := rapid.IntRange(1, 24*12).Draw(t, "hours")
					if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
						hours = 24 * 301 // longer than one execution carries a round
					}
					w.now = w.now.Add(time.Duration(hours) * time.Hour)
				}}}
			case kind == 7 && !w.calm:
				moves = w.trouble(t)
			case kind == 8:
				moves = w.registers(t)
			default:
				moves = w.people(t)
			}
			if len(moves) == 0 {
				continue
			}
			m := moves[rapid.IntRange(0, len(moves)-1).Draw(t, "move")]
			t.Logf("%s: %s", w.now.In(calendar.Shanghai).Format("01-02 15:04"), m.name)
			m.do()
			w.laidOut()
		}
		w.finish()
		w.laidOut()
	})
}
