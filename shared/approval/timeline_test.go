package approval_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/saving"
)

// laidOut checks what a timeline promises of the issue as it stands.
func (w *world) laidOut() {
	today := calendar.Of(w.now)
	t, err := w.rules.Timeline(&w.issue, today)
	if err != nil {
		w.Fatalf("%v", err)
	}
	within := func(what string, n int, part, whole approval.Stretch) {
		if part.From > part.To || part.From < whole.From || part.To > whole.To {
			w.Fatalf("sign-off %d: %s %v does not lie within %v", n, what, part, whole)
		}
	}
	all := approval.Stretch{From: t.Start, To: max(t.End, t.Until)}
	longest := make([]saving.WorkingDays, len(t.Lines))
	var path func(k int) saving.WorkingDays // by trying every way, as saving does not
	path = func(k int) saving.WorkingDays {
		if longest[k] == 0 {
			for _, n := range w.issue.SignOffs[k].Requires {
				if !t.Ended || !w.so(n).DecidedAt.IsZero() {
					longest[k] = max(longest[k], path(n-1))
				}
			}
			longest[k] += t.Lines[k].Days
		}
		return longest[k]
	}
	var most, sum saving.WorkingDays
	for k, l := range t.Lines {
		s := w.so(l.N)
		within("the plan", l.N, l.Planned, approval.Stretch{From: t.Start, To: l.Planned.To})
		if s.State.Asked() && !t.Ended && (l.Planned.To > t.End || t.Until > t.End) {
			w.Fatalf("sign-off %d is planned until %s, the issue until %s", l.N, l.Planned.To, t.End)
		}
		if !l.Waiting.IsZero() {
			within("the wait", l.N, l.Waiting, approval.Stretch{From: t.Start, To: l.Planned.From})
		}
		if s.OpenedAt.IsZero() != l.Actual.IsZero() {
			w.Fatalf("sign-off %d is %s and took %v", l.N, s.State, l.Actual)
		}
		if !l.Actual.IsZero() {
			within("what it took", l.N, l.Actual, all)
		}
		before := l.Actual.From
		for _, p := range l.Paused {
			within("a pause", l.N, p, approval.Stretch{From: before, To: l.Actual.To})
			before = p.To.Add(1)
		}
		if late := l.Overdue; !late.IsZero() {
			within("the overrun", l.N, late, l.Actual)
			if late.From <= l.Planned.To {
				w.Fatalf("sign-off %d is late from %s, planned until %s", l.N, late.From, l.Planned.To)
			}
		}
		if l.Days < 0 || l.Critical && (l.Slack != 0 || l.Days == 0) {
			w.Fatalf("sign-off %d: %+v", l.N, l)
		}
		if !t.Ended || !s.DecidedAt.IsZero() {
			most = max(most, path(k))
			sum += l.Days
		}
	}
	if t.Path.Days != most || most > sum {
		w.Fatalf("the longest path is %v days, by trying %v, in turn %v", t.Path.Days, most, sum)
	}
	report, ok, err := w.rules.Report(&w.issue)
	if err != nil {
		w.Fatalf("%v", err)
	}
	if ok && (!t.Ended || report.Run.Path.Days != t.Path.Days || report.Run.Decided > t.Until) {
		w.Fatalf("the longest path is %v days, measured %v", t.Path, report.Run.Path)
	}
}

// told writes a line as a row of a table.
func told(l approval.Line) string {
	days := func(s approval.Stretch) string {
		if s.IsZero() {
			return "-"
		}
		return s.From.String()[5:] + ".." + s.To.String()[5:]
	}
	row := fmt.Sprintf("%d waits %s plan %s took %s", l.N, days(l.Waiting), days(l.Planned), days(l.Actual))
	for _, p := range l.Paused {
		row += " stopped " + days(p)
	}
	row += fmt.Sprintf(" late %s days %v slack %v", days(l.Overdue), l.Days, l.Slack)
	if l.Critical {
		row += " critical"
	}
	return row
}

// toldAll writes a timeline as a table.
func (g *game) toldAll(today string) []string {
	g.Helper()
	t, err := g.rules.Timeline(&g.issue, calendar.MustParse(today))
	if err != nil {
		g.Fatal(err)
	}
	var out []string
	for _, l := range t.Lines {
		out = append(out, told(l))
	}
	return append(out, fmt.Sprintf("%v takes %v; until %s, in turn until %s", t.Path.Tasks, t.Path.Days, t.End, t.SerialEnd))
}

func TestATimelineTellsPlansStopsAndOverruns(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(3)).route() // on 9 March, a Monday, each with five working days
	g.at("2026-03-10 10:00").grant(2)
	g.at("2026-03-11 10:00").must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	if diff := cmp.Diff([]string{
		"1 waits - plan 03-09..03-18 took 03-09..03-13 stopped 03-11..03-13 late - days 5 slack 0 critical",
		"2 waits - plan 03-09..03-16 took 03-09..03-10 late - days 1 slack 4",
		"3 waits - plan 03-09..03-16 took 03-09..03-13 late - days 5 slack 0 critical",
		"[1] takes 5; until 2026-03-18, in turn until 2026-03-30",
	}, g.toldAll("2026-03-13")); diff != "" {
		t.Error(diff)
	}
	g.at("2026-03-17 10:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	if diff := cmp.Diff([]string{
		"1 waits - plan 03-09..03-20 took 03-09..03-18 stopped 03-11..03-17 late - days 5 slack 2",
		"2 waits - plan 03-09..03-16 took 03-09..03-10 late - days 1 slack 6",
		"3 waits - plan 03-09..03-16 took 03-09..03-18 late 03-17..03-18 days 7 slack 0 critical",
		"[3] takes 7; until 2026-03-20, in turn until 2026-03-30",
	}, g.toldAll("2026-03-18")); diff != "" {
		t.Error(diff)
	}
}

func TestATimelineWaitsForPrerequisitesAndNotIntoThePast(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	if diff := cmp.Diff([]string{
		"1 waits - plan 03-09..03-30 took 03-09..03-09 late - days 15 slack 0 critical",
		"2 waits 03-09..03-30 plan 03-30..04-28 took - late - days 20 slack 0 critical",
		"3 waits 03-09..04-28 plan 04-28..05-21 took - late - days 15 slack 5",
		"4 waits 03-09..04-28 plan 04-28..05-28 took - late - days 20 slack 0 critical",
		"5 waits - plan 03-09..03-24 took 03-09..03-09 late - days 11 slack 44",
		"6 waits - plan 03-09..03-16 took 03-09..03-09 late - days 5 slack 50",
		"[1 2 4] takes 55; until 2026-05-28, in turn until 2026-07-13",
	}, g.toldAll("2026-03-09")); diff != "" {
		t.Error(diff)
	}
	// Two days late, the first holds up what waits for it, day by day.
	if got, want := g.toldAll("2026-04-01")[1], "2 waits 03-09..04-01 plan 04-01..04-30 took - late - days 20 slack 0 critical"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestAnApprovalThatWaitsForTheSignatureAfterItIsPlannedAsOwed has one part, whose officer is
// through with it on the first day and whose countersigner is not.
func TestAnApprovalThatWaitsForTheSignatureAfterItIsPlannedAsOwed(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().add(approval.After, true).grant(1)
	if s := g.so(1); s.State != approval.Open || s.DecidedAt.IsZero() {
		t.Fatalf("the premise does not hold: %s, decided at %v", s.State, s.DecidedAt)
	}
	line, err := g.rules.Timeline(&g.issue, calendar.Of(g.now))
	if err != nil {
		t.Fatal(err)
	}
	if due := g.so(1).Due.On; line.End != due || line.Lines[0].Planned.To != due {
		t.Errorf("the part is planned until %s, the whole until %s; it is due on %s", line.Lines[0].Planned.To, line.End, due)
	}
}
