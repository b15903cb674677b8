package approval_test

import (
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func tolerating(n int) approval.Command {
	return approval.ProposeTolerance{SignOff: n, Of: approval.OverrunTolerated, Code: "unforeseen", Reason: "汛情封航"}
}

func TestAToleranceIsProposedAndConfirmedByTwoPeopleOfTwoBodies(t *testing.T) {
	t.Parallel()
	confirmed := func(n int) approval.Command {
		return approval.AnswerTolerance{SignOff: n, Answer: approval.ToleranceConfirmed}
	}
	late := func() *game {
		g := newGame(t)
		g.raise(one(25)).route().at("2026-06-20 10:00").look(1)
		return g
	}
	g := late()
	for _, by := range []approval.Actor{secretary, g.by(1), g.leadOf(1), bureau, overseer} {
		g.refused(by, tolerating(1), approval.Forbidden)
	}
	g.refused(bureau, confirmed(1), approval.Conflict)
	g.refusedAt(generalBranch, approval.ProposeTolerance{SignOff: 1, Of: approval.ObjectionTolerated, Code: "trial", Reason: "探索"}, "of")
	g.refusedAt(generalBranch, approval.ProposeTolerance{SignOff: 1, Of: approval.OverrunTolerated, Code: "luck", Reason: "探索"}, "code")
	g.refusedAt(generalBranch, approval.ProposeTolerance{SignOff: 1, Of: approval.OverrunTolerated, Reason: "探索"}, "ground")
	g.refusedAt(generalBranch, approval.ProposeTolerance{SignOff: 1, Of: approval.OverrunTolerated, Code: "trial"}, "reason")
	g.must(generalBranch, tolerating(1))
	if s := g.so(1); s.Tolerated() || s.Tolerance.Ground != "中国共产党问责条例第十七条第一款第（三）项" || g.last.Outbox != nil {
		t.Errorf("proposed: %+v, %+v", s.Tolerance, g.last.Outbox)
	}
	g.refused(headquarters, tolerating(1), approval.Conflict)
	g.refused(generalBranch, confirmed(1), approval.Forbidden)
	g.refusedAt(bureau, approval.AnswerTolerance{SignOff: 1, Answer: approval.ToleranceRefused}, "reason")
	g.refusedAt(bureau, approval.AnswerTolerance{SignOff: 1}, "answer")
	same := approval.Actor{Person: generalBranch.Person, Role: roster.Bureau, Unit: "cc-bureau"}
	g.refused(same, confirmed(1), approval.Forbidden)

	// The headquarters, and the figures are to be folded anew.
	g.must(headquarters, confirmed(1))
	if s := g.so(1); !s.Tolerated() || s.Tolerance.Answered.By != headquarters || g.last.Outbox == nil || !g.last.Outbox.Fold {
		t.Errorf("confirmed: %+v, %+v", s.Tolerance, g.last.Outbox)
	}
	g.refused(generalBranch, approval.EndTolerance{SignOff: 1, Reason: "不实"}, approval.Forbidden)
	g.refusedAt(bureau, approval.EndTolerance{SignOff: 1}, "reason")
	g.must(bureau, approval.EndTolerance{SignOff: 1, Reason: "封航公告系误传"})
	if g.so(1).Tolerated() || !g.last.Outbox.Fold {
		t.Error("taken back, it still stands")
	}
	g.refused(bureau, approval.EndTolerance{SignOff: 1, Reason: "不实"}, approval.Forbidden)
	g.must(headquarters, tolerating(1))
	g.refused(headquarters, confirmed(1), approval.Forbidden) // nobody confirms what the own body proposed
	g.must(bureau, approval.AnswerTolerance{SignOff: 1, Answer: approval.ToleranceRefused, Reason: "不属不可抗力"})
	if got := g.kinds(len(g.events) - 5); !slices.Equal(got, []string{
		approval.EvProposeTolerance, approval.EvConfirmTolerance, approval.EvEndTolerance, approval.EvProposeTolerance, approval.EvRefuseTolerance,
	}) {
		t.Errorf("on record: %v", got)
	}
}

func TestWhatNeitherRanOverNorWasObjectedToIsNotTolerated(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.refused(generalBranch, tolerating(1), approval.Conflict)
	g.grant(1)
	g.close()
	g.refused(generalBranch, tolerating(1), approval.Conflict)
}

// A tolerance is of an answer: the one that takes its place has none.
func TestAToleranceStaysWithTheAnswerThatItIsOf(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().at("2026-06-20 10:00").look(1)
	g.must(g.by(1), approval.Grant{SignOff: 1, Reason: "汛情封航，逾期办结"})
	g.close()
	g.must(generalBranch, tolerating(1))
	g.must(bureau, approval.AnswerTolerance{SignOff: 1, Answer: approval.ToleranceConfirmed})
	g.must(secretary, approval.Reopen{SignOffs: []int{1}, Reason: "红线调整"})
	if s := g.so(1); s.Tolerance != nil || len(s.Earlier) != 1 || s.Earlier[0].Tolerance == nil {
		t.Errorf("after reopening: %+v", s)
	}
	// An objection that was set aside leaves a round that may be tolerated.
	g = newGame(t)
	g.raise(chain()).route().object(1)
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.refusedAt(generalBranch, tolerating(1), "of")
	g.must(generalBranch, approval.ProposeTolerance{SignOff: 1, Of: approval.ObjectionTolerated, Code: "dissenting", Reason: "审慎提出"})
}
