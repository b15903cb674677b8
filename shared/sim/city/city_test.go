package city

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

func made(t *testing.T, p Plan) *City {
	t.Helper()
	if p.From.IsZero() {
		p.From = calendar.MustParse("2025-01-01")
	}
	p.Assumed = Assumed()
	c, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACityOf437ProjectsBringsAYearOfTheSizeThatIsMeant(t *testing.T) {
	t.Parallel()
	c := made(t, Plan{Seed: 1, Projects: 437, Months: 12})
	if n := len(c.Arrivals); n < 4200 || n > 4600 {
		t.Errorf("%d issues; about 4,400 are meant", n)
	}
	if c.SignOffs < 20000 || c.SignOffs > 24000 {
		t.Errorf("%d sign-offs; about 22,000 are meant", c.SignOffs)
	}
	if n := len(c.Roster.Projects()); n != 437 {
		t.Errorf("%d projects", n)
	}
	if !slices.IsSortedFunc(c.Arrivals, func(a, b Arrival) int { return a.At.Compare(b.At) }) {
		t.Error("the arrivals are not in order")
	}
	for k := range c.Arrivals {
		if on := calendar.Of(c.Arrivals[k].At); !c.Calendar.Working(on) || on < c.From || on >= c.Until {
			t.Fatalf("issue %d arrives on %s", k+1, on)
		}
	}
}

func TestEverythingOfACitySaysThatItIsMadeUp(t *testing.T) {
	t.Parallel()
	c := made(t, Plan{Seed: 2, Projects: 100, Months: 1})
	said := func(what string, o roster.Origin) {
		if !o.IsAssumed() || o.Source != "" {
			t.Errorf("%s does not say that it is made up", what)
		}
	}
	for _, d := range c.Roster.Districts() {
		said(string(d.Code), d.Origin)
	}
	for _, d := range c.Roster.Departments() {
		said(string(d.ID), d.Origin)
	}
	for _, p := range c.Roster.Projects() {
		said(string(p.ID), p.Origin)
	}
	for _, b := range c.Roster.Branches() {
		said(string(b.ID), b.Origin)
	}
	for _, p := range c.Roster.Everybody() {
		said(string(p.ID), p.Origin)
		if !p.Fictional {
			t.Errorf("%s is not marked as invented", p.ID)
		}
	}
	for _, r := range c.Catalog.Competences() {
		said("competence of "+string(r.Department), r.Origin)
	}
}

func TestTheCitySaysWhatIsWrongWithItsPlan(t *testing.T) {
	t.Parallel()
	from := calendar.MustParse("2025-01-01")
	for want, p := range map[string]Plan{
		"projects":       {Projects: 0, Months: 12, From: from},
		"months":         {Projects: 1, Months: 0, From: from},
		"holiday notice": {Projects: 1, Months: 24, From: calendar.MustParse("2026-01-01")},
	} {
		if _, err := New(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// TestAskingOneByOneKeepsEveryPrerequisite tries every arrival of a year.
func TestAskingOneByOneKeepsEveryPrerequisite(t *testing.T) {
	t.Parallel()
	c := made(t, Plan{Seed: 3, Projects: 120, Months: 12})
	chained := 0
	for k := range c.Arrivals {
		a := &c.Arrivals[k]
		for at, n := range a.order {
			if slices.Index(a.order, n) != at {
				t.Fatalf("issue %d asks for part %d twice", k+1, n)
			}
			for _, r := range a.parts[n-1].requires {
				chained++
				if before := slices.Index(a.order, r); before < 0 || before > at {
					t.Errorf("issue %d asks for part %d before part %d: %v", k+1, n, r, a.order)
				}
			}
			if p := a.alone(n); len(p.Items)+len(p.Parties) != 1 {
				t.Errorf("issue %d, part %d alone asks for %v and %v", k+1, n, p.Items, p.Parties)
			}
		}
		if len(a.order) != len(a.parts) && len(a.order) != 1 {
			t.Errorf("issue %d asks for %v of %d parts", k+1, a.order, len(a.parts))
		}
	}
	if chained == 0 {
		t.Error("no arrival has a prerequisite, so nothing was tried")
	}
}

func TestDiceRollTheSameByName(t *testing.T) {
	t.Parallel()
	d := dice(1)
	first := d.roll(forStudy, 4, 2).Float64()
	d.roll(forStudy, 4, 3).Float64()
	if again := d.roll(forStudy, 4, 2).Float64(); again != first {
		t.Errorf("rolled %v, then %v", first, again)
	}
	if d.roll(forStudy, 4, 3).Float64() == first || dice(2).roll(forStudy, 4, 2).Float64() == first {
		t.Error("another name or seed rolls the same")
	}
}

// TestTheComparisonOfTwoByHand has one case with two parts, the second after the
// first: one by one the parts take 4 and 3 days with 2 between them, in parallel 5
// and 3 with none.
func TestTheComparisonOfTwoByHand(t *testing.T) {
	t.Parallel()
	day := func(s string) calendar.Date { return calendar.MustParse(s) }
	piece := func(id string, requires []string, received, decided string) saving.Piece {
		return saving.Piece{ID: id, Requires: requires, Raised: day("2025-03-03"), Received: day(received), Accepted: day(received), Decided: day(decided), Ending: saving.Decided}
	}
	one := Result{Cases: []Case{{Raised: day("2025-03-03"), Ended: day("2025-03-14"), Ending: saving.Decided, Pieces: []saving.Piece{
		piece("1", nil, "2025-03-03", "2025-03-07"), piece("2", []string{"1"}, "2025-03-11", "2025-03-14"),
	}}}}
	par := Result{Cases: []Case{{Raised: day("2025-03-03"), Ended: day("2025-03-13"), Ending: saving.Decided, Pieces: []saving.Piece{
		piece("1", nil, "2025-03-03", "2025-03-10"), piece("2", []string{"1"}, "2025-03-10", "2025-03-13"),
	}}}}
	got, err := Compare(calendar.China(), &one, &par, 1)
	if err != nil {
		t.Fatal(err)
	}
	// S(h) = C(h) = 7 and S(a) = C(a) = 8: nothing is gained by parallelism, a day is
	// lost in review, two are gained between the parts.
	if got.Paired != 1 || got.SpanOneByOne != 9 || got.SpanParallel != 8 || got.Parallelism != 0 || got.FasterReview != -1 || got.HandOff != 2 {
		t.Errorf("%+v", got)
	}
	if sum := got.Parallelism + got.FasterReview + got.HandOff; math.Abs(sum-(got.SpanOneByOne-got.SpanParallel)) > 1e-9 {
		t.Errorf("the parts sum to %v", sum)
	}
}

func TestWhatTheRulesRefuseIsCountedAndNotFatal(t *testing.T) {
	t.Parallel()
	y := Year{handled: Played{Acts: map[Act]int{}, Refused: map[Act]int{}}}
	y.Service = approval.NewService(approval.Rules{}, nothing{}, nil, calendar.MustParse("2025-01-02").Start, nil)
	y.act(calendar.MustParse("2025-01-02").Start(), "x", approval.Actor{}, approval.Urge{SignOff: 1}, nil)
	if err := y.queue[0].do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(y.handled.Refused) != 1 || len(y.handled.Acts) != 0 {
		t.Errorf("%+v", y.handled)
	}
}

// nothing is a store that holds no issue.
type nothing struct{ approval.Store }

func (nothing) Issue(_ context.Context, id approval.IssueID) (approval.Issue, error) {
	return approval.Issue{}, approval.NoIssue(id)
}
