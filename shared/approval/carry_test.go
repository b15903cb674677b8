package approval_test

import (
	"fmt"
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/store"
)

func TestARoundCarriedOverKeepsTheConsultationsDeadline(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	g.at("2027-01-03 10:00").object(1)
	due := g.issue.Consultation.DueOn.On
	g.at("2027-01-04 10:00").look(2)
	if g.issue.Round() != 2 || g.issue.Rounds[0].Verdict != approval.Continued {
		t.Fatalf("%+v", g.issue.Rounds)
	}
	g.wantStatus(approval.Consulting)
	if w := g.issue.Watch(approval.ConsultWatch); w == nil || !w.WakeAt.Equal(due.End()) {
		t.Errorf("the consultation is due on %s and watched by %+v", due, w)
	}
}

// Found by TestWhateverHappensThePromisesHold.
func TestARoundCarriedOverLeavesNobodyOnHold(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1))
	g.at("2027-01-04 09:00").must(approval.Machine, approval.HoldCommand(1, "token-1", "Internal", "Route issue"))
	g.look(1)
	if g.issue.Hold != nil || !slices.Contains(g.last.Outbox.Wake, approval.Wake{Token: "token-1"}) || g.last.Outbox.Start == nil {
		t.Errorf("hold %+v, outbox %+v", g.issue.Hold, g.last.Outbox)
	}
	g.must(approval.Machine, approval.HoldCommand(2, "token-2", "Internal", "Route issue"))
	g.must(approval.Machine, approval.CloseCommand(1))
	if g.issue.Hold == nil || g.issue.Watch(approval.HoldWatch) == nil {
		t.Error("the end of the old execution took the new one's hold away")
	}
}

func TestCarryingFortyOverFitsOneTransaction(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(40)).route()
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		g.must(approval.Machine, approval.AskCommand(1, a, fmt.Sprint("token-", a.SignOff)))
	}
	before := g.so(1).Due
	g.at("2027-01-04 09:00").look(40)
	ops, err := store.Ops(g.last)
	if err != nil || len(ops) > store.MaxOps || g.issue.Round() != 2 {
		t.Errorf("%d operations, %v, round %d", len(ops), err, g.issue.Round())
	}
	if n := len(g.last.Outbox.Wake); n != 40 {
		t.Errorf("%d of forty waiting tasks were let go", n)
	}
	if g.so(1).Due != before || g.so(1).State != approval.Open || calendar.Of(g.so(1).OpenedAt) != calendar.Of(monday) {
		t.Errorf("what stood does not stand: %+v", g.so(1))
	}
}
