package saving

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
)

func working(days int) calendar.Limit {
	return calendar.Limit{Days: days, Unit: calendar.WorkingDays, Start: calendar.Acceptance}
}

func calendarDays(days int) calendar.Limit {
	return calendar.Limit{Days: days, Unit: calendar.CalendarDays, Start: calendar.Receipt}
}

// Site opinion and water permit at once, then the planning permit. The limits are those of the law on licences and of 取水许可.
func handItems() []Item {
	return []Item{
		{ID: "site", Limit: working(20), Basis: Sourced},
		{ID: "water", Limit: working(45), Basis: Sourced},
		{ID: "plan", Requires: []string{"site", "water"}, Limit: working(20), Basis: Sourced},
	}
}

func TestStatutory(t *testing.T) {
	t.Parallel()

	t.Run("AddsWorkingDaysWithoutADate", func(t *testing.T) {
		t.Parallel()
		serial, critical, err := Statutory(calendar.China(), 0, handItems())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Baseline{Kind: StatutorySerial, Days: 85, Known: 85}, serial); diff != "" {
			t.Errorf("serial (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(Baseline{Kind: StatutoryCritical, Days: 65, Known: 65}, critical); diff != "" {
			t.Errorf("critical (-want +got):\n%s", diff)
		}
		if !serial.Kind.UpperBound() || critical.Kind.UpperBound() || Matched.UpperBound() {
			t.Error("not the serial sum of limits alone is an upper bound")
		}
	})

	t.Run("LaysCalendarDaysFromTheDayTheyStarted", func(t *testing.T) {
		t.Parallel()
		items := append(handItems(),
			// 60 days from 2026-08-04 run out on 10-03 and end on 10-08.
			Item{ID: "environment", Limit: calendarDays(60), Basis: Sourced, Started: day("2026-08-04"), UnitUnsettled: true},
			// 7 days from the 2026-02-13 run out on 02-20 and end on 02-24: 02-14 and 02-24.
			Item{ID: "permit", Requires: []string{"plan"}, Limit: calendarDays(7), Basis: Sourced},
			Item{ID: "filing", Limit: calendarDays(0), Basis: Default},
		)
		c := calendar.China()
		serial, critical, err := Statutory(c, day("2026-02-13"), items)
		if err != nil {
			t.Fatal(err)
		}
		long := WorkingDays(c.WorkingDays(day("2026-08-04"), day("2026-10-08")))
		if long != 42 { // 19 in August after the 4th, 22 in September with the worked 09-20 and without 09-25, and 10-08
			t.Errorf("from 08-04 to 10-08 are %v", long)
		}
		marks := Baseline{Converted: []string{"environment", "permit"}, Assumed: []string{"environment", "filing"}}
		want := marks
		want.Kind, want.Days, want.Known = StatutorySerial, 85+long+2, 85+long+2
		if diff := cmp.Diff(want, serial); diff != "" {
			t.Errorf("serial (-want +got):\n%s", diff)
		}
		want = marks
		want.Kind, want.Days, want.Known = StatutoryCritical, 67, 67
		if diff := cmp.Diff(want, critical); diff != "" {
			t.Errorf("critical (-want +got):\n%s", diff)
		}
	})

	t.Run("NamesWhatIsMissingInsteadOfInventing", func(t *testing.T) {
		t.Parallel()
		items := append(handItems(), Item{ID: "drawings", Requires: []string{"plan"}, Basis: Unsourced})
		serial, critical, err := Statutory(calendar.China(), 0, items)
		if err != nil {
			t.Fatal(err)
		}
		want := Baseline{Kind: StatutorySerial, Known: 85, Missing: []string{"drawings"}}
		if diff := cmp.Diff(want, serial); diff != "" || serial.Complete() {
			t.Errorf("serial (-want +got):\n%s", diff)
		}
		if critical.Days != 0 || critical.Known != 65 || critical.Complete() {
			t.Errorf("critical %+v", critical)
		}
	})

	t.Run("MarksAConversionPastTheNotices", func(t *testing.T) {
		t.Parallel()
		serial, _, err := Statutory(calendar.China(), day("2026-12-15"), []Item{{ID: "a", Limit: calendarDays(30), Basis: Sourced}})
		if err != nil || !serial.Provisional {
			t.Errorf("got %+v, %v", serial, err)
		}
	})

	t.Run("NamesTheItemThatIsWrong", func(t *testing.T) {
		t.Parallel()
		for want, item := range map[string]Item{
			`item "a" has basis ""`:                                     {Limit: working(1)},
			`item "a": limit of -1 days`:                                {Limit: working(-1), Basis: Sourced},
			`item "a": limit has unit "days"`:                           {Limit: calendar.Limit{Unit: "days", Start: calendar.Receipt}, Basis: Default},
			`item "a" has a limit in calendar days and no day to start`: {Limit: calendarDays(7), Basis: Sourced},
			`task "a" requires "b", which is not among the tasks`:       {Requires: []string{"b"}, Basis: Unsourced},
		} {
			item.ID = "a"
			if _, _, err := Statutory(calendar.China(), 0, []Item{item}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		}
	})
}

func TestHistorical(t *testing.T) {
	t.Parallel()

	history := func() []History {
		return []History{
			{ID: "a", Median: 12, P90: 20, N: 40, From: day("2023-02-01"), To: day("2025-11-30")},
			{ID: "b", Median: 7.5, P90: 31, N: 14, From: day("2023-01-05"), To: day("2025-06-30")},
			{ID: "c", Requires: []string{"a", "b"}, Median: 5, P90: 6, N: 25, From: day("2024-01-01"), To: day("2025-12-31")},
		}
	}

	t.Run("SumsMediansAndKeepsTheFewestCases", func(t *testing.T) {
		t.Parallel()
		serial, critical, err := Historical(history())
		if err != nil {
			t.Fatal(err)
		}
		want := Baseline{
			Kind: HistoricalSerial, Days: 24.5, Known: 24.5, P90: 57, N: 14, From: day("2023-01-05"), To: day("2025-12-31"),
		}
		if diff := cmp.Diff(want, serial); diff != "" {
			t.Errorf("serial (-want +got):\n%s", diff)
		}
		want.Kind, want.Days, want.Known, want.P90 = HistoricalCritical, 17, 17, 37
		if diff := cmp.Diff(want, critical); diff != "" {
			t.Errorf("critical (-want +got):\n%s", diff)
		}
	})

	t.Run("IsIncompleteWithoutHistory", func(t *testing.T) {
		t.Parallel()
		items := history()
		items[1].N = 0
		serial, _, err := Historical(items)
		if err != nil || serial.Complete() || serial.Days != 0 || serial.P90 != 0 || serial.N != 0 || serial.Known != 17 {
			t.Errorf("got %+v, %v", serial, err)
		}
	})

	t.Run("NamesTheItemThatIsWrong", func(t *testing.T) {
		t.Parallel()
		for want, change := range map[string]func(*History){
			`item "b" has -2 cases`: func(h *History) { h.N = -2 },
			`item "b" has a 90th percentile of 3 below its median of 7.5`: func(h *History) { h.P90 = 3 },
			`task "b" takes -1 days`:                              func(h *History) { h.Median = -1 },
			`task "b" requires "x", which is not among the tasks`: func(h *History) { h.Requires = []string{"x"} },
		} {
			items := history()
			change(&items[1])
			if _, _, err := Historical(items); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		}
	})
}
