package approval_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// add asks the ecology department to sign under sign-off 1.
func (g *game) add(when approval.AddedWhen, binding bool) *game {
	g.Helper()
	g.must(g.by(1), approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: when, Binding: binding, Question: "是否影响饮用水源保护区"})
	return g
}

func (g *game) answered(k int, o approval.Opinion) {
	g.Helper()
	g.must(officer("cc-ecology", 1), approval.AnswerAdded{SignOff: 1, K: k, Opinion: o, Reason: "按环评批复"})
}

// signing is a sign-off of the water department in its own round.
func signing(t *testing.T) *game {
	t.Helper()
	g := newGame(t)
	g.raise(approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升", Parties: []approval.Party{
		{Matter: "river_works", Department: "cc-water"}, {Matter: "river_works", Department: "cc-housing"},
	}})
	return g.route()
}

var (
	grantOne  = approval.Grant{SignOff: 1}
	opposeOne = approval.Oppose{SignOff: 1, Ground: "水污染防治法第六十六条", Reason: "加签部门不同意"}
)

func TestWhatAnAddedSignatureHoldsUp(t *testing.T) {
	t.Parallel()
	const free, held = "", "held"
	for _, c := range []struct {
		when                 approval.AddedWhen
		binding              bool
		approve, object      string // while it is open
		lateGrant, lateFails string // after its last day
		afterDisagree        string // an approval, after it disagreed
	}{
		{approval.Before, false, held, held, free, free, free},
		{approval.Before, true, held, held, held, held, held},
		{approval.Beside, false, free, free, free, free, free},
		{approval.Beside, true, held, free, held, free, held},
		{approval.After, false, free, free, free, free, free},
	} {
		name := fmt.Sprint(c.when, " binding ", c.binding)
		try := func(g *game, cmd approval.Command, want, what string) {
			t.Helper()
			switch err := g.do(g.by(1), cmd); {
			case want == free && err != nil:
				t.Errorf("%s, %s: %v", name, what, err)
			case want == held && !approval.IsKind(err, approval.Conflict):
				t.Errorf("%s, %s: %v, want a Conflict", name, what, err)
			}
		}
		start := func() *game { return signing(t).add(c.when, c.binding) }
		try(start(), grantOne, c.approve, "approval")
		try(start(), opposeOne, c.object, "objection")
		try(start().at("2026-03-12 00:00"), grantOne, c.lateGrant, "approval after its last day")
		try(start().at("2026-03-12 00:00"), opposeOne, c.lateFails, "objection after its last day")
		if c.when == approval.After {
			continue
		}
		g := start()
		g.answered(1, approval.Disagree)
		try(g, grantOne, c.afterDisagree, "approval against a disagreement")
		g = start()
		g.answered(1, approval.Agree)
		try(g, grantOne, free, "approval with an agreement")
	}
}

func TestABindingDisagreementBarsTheApprovalUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Before, true)
	due := g.so(1).Due
	g.answered(1, approval.Disagree)
	err := g.do(g.by(1), grantOne)
	if err == nil || !strings.Contains(err.Error(), "按环评批复") {
		t.Errorf("the refusal does not say why: %v", err)
	}
	again := *g
	again.add(approval.Beside, true).answered(2, approval.Agree)
	again.must(again.by(1), grantOne)
	g.must(g.by(1), opposeOne)
	g.wantStatus(approval.Consulting)
	g.rule(1, approval.SetAside) // the ruling stands above the signer
	g.want(approval.Granted, approval.Open)
	if g.so(1).Due != due {
		t.Errorf("the signature moved the last day from %v to %v", due, g.so(1).Due)
	}
}

func TestAnApprovalTakesEffectWithTheBindingSignatureAfterIt(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.After, true)
	g.refused(officer("cc-ecology", 1), approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Agree}, approval.Conflict)
	if len(g.last.Added) != 0 {
		t.Error("it is in a list before it is asked for")
	}
	g.must(g.by(1), grantOne)
	g.want(approval.Open, approval.Open)
	if len(g.last.Added) != 1 || g.so(1).Added[0].Due.On.IsZero() || !g.so(1).Countersigned() {
		t.Fatalf("not asked for: %+v", g.so(1))
	}
	for _, cmd := range []approval.Command{grantOne, opposeOne, approval.Release{SignOff: 1}, approval.Transfer{SignOff: 1, To: "cc-ecology", Reason: "职责"}} {
		g.refused(g.by(1), cmd, approval.Conflict)
	}
	agreed, dropped, back := *g, *g, *g
	agreed.now = agreed.now.AddDate(0, 0, 1)
	agreed.answered(1, approval.Agree)
	agreed.want(approval.Granted, approval.Open)
	if s := agreed.so(1); s.DecidedAt != agreed.now || s.Decision.At != monday || agreed.last.Unadded[0] != (approval.AddedRef{SignOff: 1, K: 1}) {
		t.Errorf("it takes effect with the signature: %+v %+v", s, agreed.last.Unadded)
	}
	dropped.answered(1, approval.Disagree)
	if s := dropped.so(1); s.State != approval.Open || s.Decision != nil || len(s.Earlier) != 1 {
		t.Errorf("the approval stands against the signer: %+v", s)
	}
	dropped.refused(dropped.by(1), grantOne, approval.Conflict)
	back.must(back.leadOf(1), approval.CancelAdded{SignOff: 1, K: 1, Reason: "已当面沟通"})
	back.want(approval.Granted, approval.Open)

	terms := newGame(t)
	terms.raise(one(33)).route()
	terms.add(approval.After, true).refused(terms.by(1), pledge(1, 30), approval.Conflict)
}

func TestOnlyWhoIsAskedSigns(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Beside, false)
	answer := approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Advise, Reason: "注意鱼类产卵期"}
	for _, a := range []approval.Actor{officer("cc-water", 1), officer("cc-housing", 1), {Person: "cc-ecology-lead", Role: roster.Lead, Unit: "cc-ecology"}, secretary, generalBranch} {
		g.refused(a, answer, approval.Forbidden)
	}
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			if p["id"] == "cc-ecology-officer-1" {
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.refused(officer("cc-ecology", 1), answer, approval.Forbidden)
	g.must(officer("cc-ecology", 2), answer)
	g.refused(officer("cc-ecology", 2), answer, approval.Closed)

	g = signing(t)
	g.must(officer("cc-water", 1), approval.AddSigner{SignOff: 1, Person: "cc-water-officer-2", When: approval.Before, Question: "请复核水位"})
	answer = approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Agree}
	g.refused(officer("cc-water", 1), answer, approval.Forbidden)
	g.must(officer("cc-water", 2), answer)
	g.must(officer("cc-water", 1), grantOne)
}

func TestWhoMayAskAndTakeBack(t *testing.T) {
	t.Parallel()
	g := signing(t)
	add := approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.Beside, Question: "有无意见"}
	g.refused(officer("cc-housing", 1), add, approval.Forbidden)
	g.refused(secretary, add, approval.Forbidden)
	g.must(g.leadOf(1), add)
	g.refused(g.by(1), add, approval.Conflict) // not answered yet
	take := approval.CancelAdded{SignOff: 1, K: 1, Reason: "已电话沟通"}
	g.refused(officer("cc-ecology", 1), take, approval.Forbidden)
	g.refused(g.by(1), approval.CancelAdded{SignOff: 1, K: 1}, approval.Invalid)
	g.refused(g.by(1), approval.CancelAdded{SignOff: 1, K: 2, Reason: "无"}, approval.NotFound)
	g.must(g.by(1), take)
	g.refused(g.by(1), take, approval.Closed)
	for range 4 {
		g.must(g.by(1), add)
		g.must(g.by(1), approval.CancelAdded{SignOff: 1, K: len(g.so(1).Added), Reason: "已沟通"})
	}
	g.refused(g.by(1), add, approval.Conflict)
}

func TestARequestForASignatureIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	for field, cmd := range map[string]approval.AddSigner{
		"department": {Department: "cc-water"},
		"person":     {Person: "cc-water-officer-1"},
		"when":       {Department: "cc-ecology", When: "soon"},
		"question":   {Department: "cc-ecology", Question: " "},
		"days":       {Department: "cc-ecology", Days: 6},
	} {
		cmd.SignOff = 1
		if cmd.When == "" {
			cmd.When = approval.Before
		}
		if cmd.Question == "" {
			cmd.Question = "有无意见"
		}
		wantRefusal(t, signing(t), officer("cc-water", 1), cmd, approval.Invalid, field)
	}
	for _, cmd := range []approval.AddSigner{{}, {Department: "cc-ecology", Person: "cc-water-officer-2"}, {Department: "nobody"}, {Department: "cc-oversight"}} {
		cmd.SignOff, cmd.When, cmd.Question = 1, approval.Before, "有无意见"
		wantRefusal(t, signing(t), officer("cc-water", 1), cmd, approval.Invalid, "department")
	}
	g := signing(t).add(approval.Before, true)
	wantRefusal(t, g, officer("cc-ecology", 1), approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Advise, Reason: "提醒"}, approval.Invalid, "opinion")
	wantRefusal(t, g, officer("cc-ecology", 1), approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Disagree}, approval.Invalid, "reason")
}

func TestAnAddedSignatureIsDueWithinTheTaskAndLightsUp(t *testing.T) {
	t.Parallel()
	g := signing(t).add(approval.Before, false)
	a := &g.so(1).Added[0]
	if a.Due.On.String() != "2026-03-11" {
		t.Fatalf("due %s", a.Due.On)
	}
	for day, want := range map[int]approval.Light{-1: approval.Green, 0: approval.Yellow, 1: approval.Red} {
		if got := a.Light(a.Due.On.Add(day)); got != want {
			t.Errorf("%d days from its last it is %s", day, got)
		}
	}
	g = signing(t).at("2026-03-13 09:00").add(approval.Before, false)
	if due := g.so(1).Added[0].Due; due != g.so(1).Due {
		t.Errorf("due %v, the task itself %v", due, g.so(1).Due)
	}
}

func TestOpenSignaturesLapseWithWhatTheyWereAbout(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(g *game){
		"withdrawn": func(g *game) { g.must(secretary, approval.Withdraw{Reason: "不办了"}) },
		"concluded": func(g *game) { g.grant(1, 2); g.close() },
		"handed to who is asked": func(g *game) {
			g.must(g.by(1), approval.Transfer{SignOff: 1, To: "cc-ecology", Reason: "职责"})
		},
	} {
		g := signing(t).add(approval.Beside, false)
		do(g)
		if a := g.so(1).Added[0]; a.State != approval.AddedLapsed || !slices.Contains(g.last.Unadded, approval.AddedRef{SignOff: 1, K: 1}) {
			t.Errorf("%s: %+v, dropped %v", what, a, g.last.Unadded)
		}
	}
	g := signing(t).add(approval.Beside, false)
	g.object(2)
	g.rule(2, approval.Revise)
	g.refused(officer("cc-ecology", 1), approval.AnswerAdded{SignOff: 1, K: 1, Opinion: approval.Agree}, approval.Conflict)

	g = newGame(t)
	g.raise(joined(approval.Join{Rule: catalog.JoinAny})).route()
	g.add(approval.Beside, false).grant(2)
	if a := g.so(1).Added[0]; g.so(1).State != approval.Void || a.State != approval.AddedLapsed {
		t.Errorf("no longer needed, and %+v", a)
	}
}

// addedFault says which promise about added signatures a commit breaks.
func addedFault(before *approval.Issue, c *approval.Change) string {
	open := 0
	listed := map[approval.AddedRef]bool{}
	for _, s := range before.SignOffs {
		for _, a := range s.Added {
			listed[approval.AddedRef{SignOff: s.N, K: a.K}] = a.State == approval.AddedAsked
		}
	}
	for _, task := range c.Added {
		listed[approval.AddedRef{SignOff: task.SignOff.N, K: task.Added.K}] = true
	}
	for _, ref := range c.Unadded {
		if !listed[ref] {
			return fmt.Sprintf("signature %+v leaves a list that it is not in", ref)
		}
		delete(listed, ref)
	}
	for _, s := range c.Issue.SignOffs {
		binds := false // a binding signature after the approval is open
		for k, a := range s.Added {
			if a.K != k+1 {
				return fmt.Sprintf("signature %d of sign-off %d has number %d", k+1, s.N, a.K)
			}
			ref := approval.AddedRef{SignOff: s.N, K: a.K}
			asked := a.State == approval.AddedAsked
			if asked != listed[ref] {
				return fmt.Sprintf("signature %+v is %s and listed %t", ref, a.State, listed[ref])
			}
			delete(listed, ref)
			if asked || a.State == approval.AddedLater {
				open++
				binds = binds || a.Binding && a.When == approval.After
				if c.Issue.Status.Ended() || s.State == approval.Void {
					return fmt.Sprintf("signature %+v is %s and nobody needs it", ref, a.State)
				}
			}
			if old := before.SignOff(s.N); old != nil && k < len(old.Added) && len(s.Earlier) == len(old.Earlier) {
				was := old.Added[k]
				restated := slices.ContainsFunc(c.Events, func(e approval.Event) bool { return e.Kind == approval.EvRestate })
				if was.State == approval.AddedAsked && was.Due != a.Due && !restated {
					return fmt.Sprintf("the last day of signature %+v went from %s to %s without a cause on record", ref, was.Due.On, a.Due.On)
				}
			}
			if asked && a.Due.On.IsZero() {
				return fmt.Sprintf("signature %+v is asked for without a last day", ref)
			}
			if old := before.SignOff(s.N); a.Binding && a.Opinion == approval.Disagree && a.K == len(s.Added) && s.State == approval.Granted && s.Ruling == nil && old.State == approval.Open {
				return fmt.Sprintf("sign-off %d is approved against a binding signature", s.N)
			}
		}
		if s.Countersigned() != (s.State == approval.Open && s.Decision != nil) || s.Countersigned() && !binds {
			return fmt.Sprintf("sign-off %d waits for a signature that nobody owes", s.N)
		}
	}
	for ref, is := range listed {
		if is {
			return fmt.Sprintf("signature %+v is gone and still listed", ref)
		}
	}
	if open > 10 {
		return fmt.Sprintf("%d signatures are open at once", open)
	}
	return ""
}
