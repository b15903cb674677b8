package approval_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/saving"
)

func TestCaseIsWhatWhatIfReplays(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.at("2026-03-09 09:00").raise(parties(2)).route()
	if _, ok := g.issue.Case(); ok {
		t.Error("an open issue is replayed")
	}
	g.at("2026-03-10 09:00").must(g.by(1), approval.Claim{SignOff: 1})
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.at("2026-03-12 09:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	g.at("2026-03-13 09:00").grant(1, 2) // the second is not claimed before it is granted
	g.must(approval.Machine, approval.TallyCommand(1))
	g.close()

	got, ok := g.issue.Case()
	if !ok || got.ID != string(g.issue.ID) || len(got.Pieces) != 2 {
		t.Fatalf("%+v, %v", got, ok)
	}
	day := calendar.MustParse
	stop := []calendar.Span{{From: day("2026-03-10"), To: day("2026-03-12")}}
	want := saving.Piece{
		ID: "1", Item: string(g.so(1).Matter), Department: string(g.so(1).Department), Officer: string(g.by(1).Person),
		Raised: day("2026-03-09"), Received: day("2026-03-09"), Accepted: day("2026-03-09"), Claimed: day("2026-03-10"), Decided: day("2026-03-13"),
		Due: g.so(1).Due.On, Stops: stop, Applicant: stop, Ending: saving.Decided, Supplements: 1,
	}
	if diff := cmp.Diff(want, got.Pieces[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p := got.Pieces[1]; !p.Claimed.IsZero() || p.Supplements != 0 || p.Decided != day("2026-03-13") {
		t.Errorf("answered without being taken up: %+v", p)
	}
}
