package approval_test

import (
	"testing"

	"lianban/shared/approval"
)

func TestASupplementAndAGrantedExtensionAreListedWithTheirEventOncePerRound(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	listed := func(what string, kind approval.LengtheningKind, round int) {
		t.Helper()
		if len(g.last.Lengthenings) != 1 {
			t.Fatalf("%s: %+v", what, g.last.Lengthenings)
		}
		want := approval.Lengthening{
			Issue: g.issue.ID, Seq: g.events[len(g.events)-1].Seq, Kind: kind, Area: "440604", Department: g.so(1).Department, Item: 25, SignOff: 1, Round: round, At: g.now,
		}
		if got := g.last.Lengthenings[0]; got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	ask := func() { g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"总平面图"}}) }
	ask()
	listed("asked", approval.BySupplement, 1)
	g.must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	if len(g.last.Lengthenings) != 0 {
		t.Errorf("the answer is listed: %+v", g.last.Lengthenings)
	}
	g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 5, Reason: "专家论证"})
	if len(g.last.Lengthenings) != 0 {
		t.Errorf("asking is listed: %+v", g.last.Lengthenings)
	}
	g.must(g.leadOf(1), approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted})
	listed("extended", approval.ByExtension, 1)
	g.object(1)
	g.rule(1, approval.Revise)
	g.close()
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	ask()
	listed("asked again", approval.BySupplement, 2)
	other := newGame(t)
	other.raise(one(25)).route()
	other.must(other.by(1), approval.AskExtension{SignOff: 1, Days: 5, Reason: "专家论证"})
	other.must(other.leadOf(1), approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionRefused, Note: "可按期办结"})
	if len(other.last.Lengthenings) != 0 {
		t.Errorf("a refusal is listed: %+v", other.last.Lengthenings)
	}
}
