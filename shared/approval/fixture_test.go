package approval_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/measure"
	"lianban/shared/policy"
	"lianban/shared/roster"
)

// inForce are the policies in every test of the rules.
var inForce = func() *policy.Set {
	p, err := policy.New()
	if err != nil {
		panic(err)
	}
	return p
}()

var rules = approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders, Authoriser: inForce}

// The people of the demonstration who act here.
var (
	secretary     = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	stranger      = approval.Actor{Person: "u-valley-secretary", Role: roster.Secretary, Unit: "branch-u-valley"}
	lead          = approval.Actor{Person: "cc-natural-resources-lead", Role: roster.Lead, Unit: "cc-natural-resources"}
	generalBranch = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	headquarters  = approval.Actor{Person: "headquarters-1", Role: roster.Headquarters, Unit: "headquarters"}
	bureau        = approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
	overseer      = approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"}
	administrator = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
)

func officer(department roster.DepartmentID, k int) approval.Actor {
	return approval.Actor{Person: roster.PersonID(fmt.Sprintf("%s-officer-%d", department, k)), Role: roster.Officer, Unit: string(department)}
}

// shanghai is a moment on a day, by the office's clock.
func shanghai(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, calendar.Shanghai)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// monday is the first day of most tests: an ordinary Monday, 9 March 2026.
var monday = shanghai("2026-03-09 09:00")

// chain is a petition whose sign-offs depend on each other:
//
//	1 item 24 ── 2 item 25 ──┬── 3 item 28
//	                         └── 4 item 33
//	5 item 36
//	6 traffic diversion, traffic police
func chain() approval.Petition {
	return approval.Petition{
		Project: "fenjiang-west-bank", Title: "岸线提升", Items: []catalog.ItemNo{24, 25, 28, 33, 36},
		Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-traffic-police"}},
	}
}

// parties is a petition with n sign-offs that depend on nothing.
func parties(n int) approval.Petition {
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "协调"}
	for _, m := range rules.Catalog.Matters() {
		for _, d := range rules.Roster.Departments() {
			if d.Kind.Decides() && len(p.Parties) < n {
				p.Parties = append(p.Parties, approval.Party{Matter: m.Code, Department: d.ID})
			}
		}
	}
	return p
}

// tester is what testing.TB and a property's T have in common.
type tester interface {
	Helper()
	Logf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// game plays one issue by the rules alone. Every commit is held to what every
// commit promises.
type game struct {
	tester
	rules  approval.Rules
	now    time.Time
	issue  approval.Issue
	events []approval.Event
	outbox []approval.Outbox
	last   approval.Change
	routed int                                    // the last round that was routed
	duties map[approval.DutyRef]approval.OpenDuty // as their checkers' lists have them
}

func newGame(t tester) *game {
	return &game{tester: t, rules: rules, now: monday, issue: approval.Issue{ID: "01900000-0000-7000-8000-000000000001"}}
}

// do applies a command and commits what it changes.
func (g *game) do(actor approval.Actor, cmd approval.Command) error {
	g.Helper()
	before := g.issue
	c, err := g.rules.Apply(g.issue, actor, cmd, g.now)
	if err != nil {
		return err
	}
	if c.Issue.Version == c.From {
		return nil
	}
	g.last, g.issue = c, c.Issue
	g.events = append(g.events, c.Events...)
	if c.Outbox != nil {
		g.outbox = append(g.outbox, *c.Outbox)
	}
	for _, e := range c.Events {
		if e.Kind == approval.EvRoute {
			g.routed = e.Round
		}
	}
	fault := faultOf(g.rules, &before, &c, g.routed == c.Issue.Round())
	if fault == "" {
		fault = g.list(&c)
	}
	if fault == "" && (c.Outbox == nil || !c.Outbox.Fold) && g.counted(&before) != g.counted(&c.Issue) {
		fault = "what counts in the figures changed, and nothing asks for the issue to be folded"
	}
	if fault != "" {
		g.Fatalf("after %T%+v by %v: %s", cmd, cmd, actor, fault)
	}
	return nil
}

// counted is what an issue adds to the figures.
func (g *game) counted(i *approval.Issue) string {
	sheet := measure.Of(g.rules, i)
	sheet.Version = 0
	text, err := json.Marshal(sheet)
	if err != nil {
		g.Fatal(err)
	}
	return string(text)
}

// list keeps the checkers' lists of duties and says in what they differ from what
// the sign-offs still have to be verified for, or "".
func (g *game) list(c *approval.Change) string {
	lists := maps.Clone(g.duties)
	if lists == nil {
		lists = map[approval.DutyRef]approval.OpenDuty{}
	}
	for _, o := range c.Duties {
		lists[o.DutyRef] = o
	}
	for _, r := range c.Settled {
		if _, ok := lists[r]; !ok {
			return fmt.Sprintf("%+v is taken out of a list that does not have it", r)
		}
		delete(lists, r)
	}
	g.duties = lists
	left := maps.Clone(lists)
	for _, r := range c.Issue.Stray {
		if _, ok := left[r]; !ok {
			return fmt.Sprintf("%+v is stray and in no list", r)
		}
		delete(left, r)
	}
	for k := range c.Issue.SignOffs {
		s := &c.Issue.SignOffs[k]
		for m, d := range s.Duties {
			r := approval.DutyRef{SignOff: s.N, Duty: m + 1}
			if o, ok := left[r]; ok != d.Pending() || ok && (o.Term != d.Term || o.Kind != d.Kind || o.Report != d.Report || o.Issue != c.Issue.ID || o.Department != s.Department) {
				return fmt.Sprintf("the duty %+v is listed as %+v: %t", d, o, ok)
			}
			delete(left, r)
		}
	}
	if len(left) > 0 {
		return fmt.Sprintf("in a list and no duty any more: %v", left)
	}
	return ""
}

// must applies a command that the rules allow.
func (g *game) must(actor approval.Actor, cmd approval.Command) {
	g.Helper()
	if err := g.do(actor, cmd); err != nil {
		g.Fatalf("%T%+v by %v: %v", cmd, cmd, actor, err)
	}
}

// refused applies a command and wants it refused.
func (g *game) refused(actor approval.Actor, cmd approval.Command, kind approval.Kind) {
	g.Helper()
	if err := g.do(actor, cmd); !approval.IsKind(err, kind) {
		g.Errorf("%T%+v by %v answers %v, want %s", cmd, cmd, actor, err, kind)
	}
}

// change has changes of the roster in force from now on.
func (g *game) change(changes ...roster.Change) {
	g.Helper()
	r, err := g.rules.Roster.With(calendar.Of(g.now), changes...)
	if err != nil {
		g.Fatal(err)
	}
	g.rules.Roster = r
}

// at moves the clock to a moment of the office.
func (g *game) at(text string) *game {
	g.now = shanghai(text)
	return g
}

func (g *game) so(n int) *approval.SignOff { return g.issue.SignOff(n) }

// by is an officer of the department that sign-off n is with.
func (g *game) by(n int) approval.Actor { return officer(g.so(n).Department, 1) }

func (g *game) raise(p approval.Petition) *game {
	g.Helper()
	g.must(secretary, approval.Raise{Petition: &p})
	return g
}

// route opens the present round, as its execution does.
func (g *game) route() *game {
	g.Helper()
	g.must(approval.Machine, approval.RouteCommand(g.issue.Round()))
	return g
}

func (g *game) grant(ns ...int) {
	g.Helper()
	for _, n := range ns {
		g.must(g.by(n), approval.Grant{SignOff: n, Reason: "同意"})
	}
}

func (g *game) object(n int) {
	g.Helper()
	g.must(g.by(n), approval.Oppose{SignOff: n, Ground: "城乡规划法第四十条", Reason: "方案不符合规划条件"})
}

func (g *game) rule(n int, outcome approval.Outcome) {
	g.Helper()
	g.must(generalBranch, approval.Rule{SignOff: n, Outcome: outcome, Reason: "会商决定"})
}

// close ends the round, as its execution does.
func (g *game) close() {
	g.Helper()
	g.must(approval.Machine, approval.CloseCommand(g.issue.Round()))
}

// states is where the sign-offs stand, in order.
func (g *game) states() (s []approval.State) {
	for k := range g.issue.SignOffs {
		s = append(s, g.issue.SignOffs[k].State)
	}
	return s
}

func (g *game) want(states ...approval.State) {
	g.Helper()
	if got := g.states(); !slices.Equal(got, states) {
		g.Fatalf("sign-offs stand at %v, want %v", got, states)
	}
}

func (g *game) wantStatus(s approval.Status) {
	g.Helper()
	if g.issue.Status != s {
		g.Fatalf("the issue is %s, want %s", g.issue.Status, s)
	}
}

// kinds are the kinds of the events since an earlier count.
func (g *game) kinds(since int) (k []string) {
	for _, e := range g.events[since:] {
		k = append(k, e.Kind)
	}
	return k
}

// faultOf says which promise a commit by the rules breaks, or "". Routed says that the
// present round has been routed.
func faultOf(r approval.Rules, before *approval.Issue, c *approval.Change, routed bool) string {
	i := &c.Issue
	if c.From != before.Version || i.Version != c.From+1 {
		return fmt.Sprintf("version went from %d to %d", before.Version, i.Version)
	}
	if len(c.Events) == 0 {
		return "a commit without an event"
	}
	head := before.Head
	for k, e := range c.Events {
		if e.Seq != before.Events+int64(k)+1 {
			return fmt.Sprintf("event %d follows %d", e.Seq, before.Events+int64(k))
		}
		hash := e.Hash
		if err := e.Chain(head, approval.SHA256); err != nil || e.Hash != hash {
			return fmt.Sprintf("event %d does not chain to the one before: %v", e.Seq, err)
		}
		head = hash
	}
	if i.Head != head || i.Events != before.Events+int64(len(c.Events)) {
		return "the header does not name the last event"
	}
	if fault := paperFault(before, i); fault != "" {
		return fault
	}
	var count approval.Count
	var next calendar.Date
	light := approval.Green
	weight := map[approval.Light]int{approval.Yellow: 1, approval.Red: 2}
	var redone []int // what the commit has decided anew
	for _, e := range c.Events {
		var d struct{ Redone []int }
		if e.Detail != nil && json.Unmarshal(e.Detail, &d) == nil {
			redone = append(redone, d.Redone...)
		}
	}
	changed := map[int]bool{}
	for _, s := range c.SignOffs {
		changed[s.N] = true
	}
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		count.All++
		switch s.State {
		case approval.Open, approval.Supplement, approval.PapersBack, approval.Objection:
			count.Open++
			if s.State == approval.Supplement || s.State == approval.PapersBack {
				count.Supplement++
			}
			if s.Disputed() {
				count.Disputed++
			}
		case approval.Waiting, approval.Held:
			count.Waiting++
		case approval.Granted:
			count.Granted++
		}
		granted := !slices.ContainsFunc(s.Requires, func(n int) bool { return i.SignOff(n).State != approval.Granted })
		switch s.State {
		case approval.Open, approval.Supplement, approval.PapersBack, approval.Objection, approval.Granted, approval.Denied:
			if !granted {
				return fmt.Sprintf("sign-off %d is %s with an ungranted prerequisite", s.N, s.State)
			}
		case approval.Waiting:
			if granted && routed && i.Status != approval.Returned {
				return fmt.Sprintf("sign-off %d waits although all its prerequisites are granted", s.N)
			}
		case approval.Held:
			if granted && i.Status != approval.Returned {
				return fmt.Sprintf("sign-off %d is held although all its prerequisites are granted", s.N)
			}
		}
		if s.State == approval.Open {
			if !s.Due.On.IsZero() && (next.IsZero() || s.Due.On < next) {
				next = s.Due.On
			}
			if weight[s.Light] > weight[light] {
				light = s.Light
			}
			if s.Stopped() != s.Due.On.IsZero() {
				return fmt.Sprintf("sign-off %d is open, stopped %v, and due on %s", s.N, s.Stopped(), s.Due.On)
			}
		}
		if fault := clockFault(r, before, c, s); fault != "" {
			return fault
		}
		if decided := s.Decision != nil; decided != !s.DecidedAt.IsZero() || decided && !s.Countersigned() && !slices.Contains([]approval.State{approval.Objection, approval.Granted, approval.Denied, approval.Void}, s.State) {
			return fmt.Sprintf("sign-off %d is %s, decided at %v with %v", s.N, s.State, s.DecidedAt, s.Decision)
		}
		if old := before.SignOff(k + 1); old != nil && old.Decision != nil && s.Decision != old.Decision && s.Round == old.Round && s.Decision != nil {
			return fmt.Sprintf("sign-off %d was decided twice in round %d", s.N, s.Round)
		}
		if s.Disputed() && s.Assignee != "" {
			return fmt.Sprintf("sign-off %d is in dispute and %s has claimed it", s.N, s.Assignee)
		}
		// What a department receives first, or is to decide anew, counts from that moment; what goes on to another does not.
		if old := before.SignOff(k + 1); old != nil && !old.Unowned() && !slices.Contains(redone, s.N) && s.Department != old.Department && (s.OpenedAt != old.OpenedAt || s.Due != old.Due || s.Assignee != "" && s.Assignee != old.Assignee) {
			return fmt.Sprintf("with its department, sign-off %d changed from %+v to %+v", s.N, old, s)
		}
		for _, aside := range s.Recused {
			if aside.Person == s.Assignee || s.Decision != nil && s.Decision.By.Person == aside.Person {
				return fmt.Sprintf("sign-off %d is with %s, who stands aside from it", s.N, aside.Person)
			}
		}
		if s.State.Final() && i.Watch(s.N) != nil {
			return fmt.Sprintf("sign-off %d is %s and still watched", s.N, s.State)
		}
		if s.State == approval.Open && i.Status != approval.Returned && i.Status != approval.Raised && i.Watch(s.N) == nil {
			return fmt.Sprintf("sign-off %d is open and nobody watches its clock", s.N)
		}
		if old := before.SignOff(k + 1); old != nil && s.Clock < old.Clock {
			return fmt.Sprintf("the clock of sign-off %d went from %d to %d", s.N, old.Clock, s.Clock)
		}
	}
	if i.Status != approval.Draft && (count != i.Count || next != i.NextDue || light != i.Light) {
		return fmt.Sprintf("the header says %+v, due %s, %s; the sign-offs say %+v, due %s, %s", i.Count, i.NextDue, i.Light, count, next, light)
	}
	if fault := addedFault(before, c); fault != "" {
		return fault
	}
	if fault := joinFault(i); fault != "" {
		return fault
	}
	var owed []time.Time
	days, tiers := approval.MissedTo()
	for k := range i.SignOffs {
		s := &i.SignOffs[k]
		for _, d := range s.Duties {
			rung := slices.Index(tiers, d.Tier) + 1 // of those still to be climbed
			switch {
			case d.State == approval.DutyOpen:
				owed = append(owed, d.By.End())
			case d.State == approval.DutyMissed && rung < len(days):
				owed = append(owed, r.Calendar.After(d.By, days[rung]).End())
			case d.State == approval.DutyLapsed:
				return fmt.Sprintf("sign-off %d stands and its duty %+v has lapsed", s.N, d)
			}
			if s.State != approval.Granted || s.Decision == nil || s.Decision.Kind != d.Kind {
				return fmt.Sprintf("sign-off %d is %s, decided as %+v, with the duty %+v", s.N, s.State, s.Decision, d)
			}
		}
		for _, a := range s.Earlier {
			if slices.ContainsFunc(a.Duties, func(d approval.Duty) bool { return d.Pending() }) {
				return fmt.Sprintf("an earlier attempt at sign-off %d leaves duties: %+v", s.N, a.Duties)
			}
		}
		// What is decided anew keeps what was decided before.
		if old := before.SignOff(k + 1); old != nil && old.Decision != nil && s.Decision == nil && (len(s.Earlier) != len(old.Earlier)+1 || s.Earlier[len(old.Earlier)].Decision != old.Decision) {
			return fmt.Sprintf("sign-off %d lost its decision %+v", s.N, old.Decision)
		}
	}
	if len(i.Stray) > 0 {
		owed = append(owed, c.Events[0].At)
	}
	w := i.Watch(approval.DutyWatch)
	if (owed == nil) != (w == nil) || w != nil && (!w.WakeAt.Equal(slices.MinFunc(owed, time.Time.Compare)) || w.Token != "") {
		return fmt.Sprintf("the next duties have something to say at %s and are watched by %+v", owed, w)
	}
	if ended := before.Status.Ended(); len(i.Closings) != len(before.Closings) != (ended && !i.Status.Ended()) || i.Round() < before.Round() || ended && !i.Status.Ended() && i.Round() == before.Round() {
		return fmt.Sprintf("the issue went from %s, round %d, to %s, round %d, with %d closings on record", before.Status, before.Round(), i.Status, i.Round(), len(i.Closings))
	}
	for _, w := range i.Watches {
		if i.Status.Ended() && w.SignOff != approval.DutyWatch {
			return fmt.Sprintf("the issue is %s and the watch over %d is left", i.Status, w.SignOff)
		}
	}
	if i.Status.Ended() && i.Hold != nil {
		return "the issue has ended and is held for an operator"
	}
	if fault := ladderFault(before, c); fault != "" {
		return fault
	}
	if fault := consultFault(before, c); fault != "" {
		return fault
	}
	seen := map[int]bool{}
	for _, w := range i.Watches {
		if seen[w.SignOff] {
			return fmt.Sprintf("two watches over %d", w.SignOff)
		}
		seen[w.SignOff] = true
	}
	return ""
}
