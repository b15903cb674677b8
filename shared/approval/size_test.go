package approval_test

import (
	"fmt"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/store"
)

// TestTheLargestCommitsFitOneTransaction counts the store's operations of the
// commits that touch the most: forty sign-offs, each watched with a token, an
// idempotency key on top.
func TestTheLargestCommitsFitOneTransaction(t *testing.T) {
	t.Parallel()
	fits := func(g *game, what string) {
		g.Helper()
		c := g.last
		c.Receipt = &approval.Receipt{Key: "fenjiang-secretary/key", Issue: c.Issue.ID, Version: c.Issue.Version, At: g.now}
		ops, err := store.Ops(c)
		if err != nil || len(ops) > store.MaxOps {
			g.Errorf("%s takes %d operations of %d: %v", what, len(ops), store.MaxOps, err)
		}
		g.Logf("%s: %d operations", what, len(ops))
	}
	asked := func(g *game) {
		for _, a := range g.rules.TallyOf(&g.issue, g.issue.Round(), g.now).Asks {
			g.must(approval.Machine, approval.AskCommand(g.issue.Round(), a, fmt.Sprintf("t1-%d-0123456789abcdef0123456789abcdef", a.SignOff)))
		}
	}
	forty := func() *game {
		g := newGame(t)
		g.raise(parties(40))
		fits(g, "raising forty")
		return g
	}
	// after lets the sign-offs from the second on wait for the first.
	after := func(g *game) *game {
		for k := 1; k < 40; k++ {
			g.issue.SignOffs[k].Requires = []int{1}
		}
		return g
	}

	g := forty().route()
	fits(g, "routing forty")
	asked(g)
	signed := *g
	for n := 1; n <= 10; n++ { // as many as may be open
		to := signed.so(n%40 + 1).Department // another one
		signed.must(signed.by(n), approval.AddSigner{SignOff: n, Department: to, When: approval.Beside, Question: "有无意见"})
	}
	signed.must(approval.Machine, approval.HoldCommand(1, "token", "Internal", "cause"))
	signed.object(11)
	signed.must(secretary, approval.Withdraw{Reason: "不办了"})
	fits(&signed, "withdrawing forty with ten added signatures, an objection and a hold")
	withdrawn := *g
	withdrawn.must(approval.Machine, approval.HoldCommand(1, "token", "Internal", "cause"))
	for n := range 40 {
		withdrawn.supervise(n + 1)
	}
	lapsed := withdrawn
	withdrawn.must(secretary, approval.Withdraw{Reason: "不办了"})
	fits(&withdrawn, "withdrawing forty")
	for lapsed.at("2026-03-12 10:00"); lapsed.issue.Watch(approval.NoticeWatch).WakeAt.Before(lapsed.now); {
		lapsed.rouseNotices()
		fits(&lapsed, "handing notices on")
	}
	g.object(1)
	fits(g, "objecting with nothing behind it")
	g.must(approval.Machine, approval.ConsultCommand(1, "token")) // no-op: others are open
	refused, returned := *g, *g
	refused.rule(1, approval.Uphold)
	fits(&refused, "upholding over forty")
	returned.rule(1, approval.Revise)
	fits(&returned, "returning forty")
	returned.must(approval.Machine, approval.HoldCommand(1, "token", "Internal", "cause"))
	returned.must(secretary, approval.Resubmit{Note: "已修改"})
	fits(&returned, "resubmitting forty")
	asked(&returned)

	g = after(forty()).route()
	asked(g)
	granted := *g
	granted.grant(1)
	fits(&granted, "a grant that opens thirty-nine")
	g.object(1)
	fits(g, "an objection that holds thirty-nine")
	aside := *g
	aside.rule(1, approval.SetAside)
	fits(&aside, "setting aside what held thirty-nine")
	g.rule(1, approval.Revise)
	fits(g, "returning with thirty-nine held")
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	fits(g, "resubmitting with thirty-nine held")

	// Held in two steps: the second of a chain goes back to waiting while the rest opens.
	g = after(forty())
	for k := 20; k < 40; k++ {
		g.issue.SignOffs[k].Requires = []int{2}
	}
	g.route().object(1)
	g.rule(1, approval.SetAside)
	fits(g, "setting aside what held eighteen and twenty behind them")

	for k := range 40 {
		g.at("2026-06-30 10:00")
		if g.so(k+1).State == approval.Open {
			g.look(k + 1)
			fits(g, "climbing the whole ladder at once")
			break
		}
	}
}

func TestASmallGrantNamesEverySignOffItOpensInAnEventOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 16, 17, 39} {
		g := newGame(t)
		g.raise(parties(40))
		for k := 1; k <= n; k++ {
			g.issue.SignOffs[k].Requires = []int{1}
		}
		g.route().grant(1)
		want := 1 + n
		if n > 16 {
			want = 2
		}
		if got := len(g.last.Events); got != want {
			t.Errorf("opening %d writes %d events, want %d", n, got, want)
		}
	}
}
