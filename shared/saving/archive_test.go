package saving

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
)

// twelve are cases of an item accepted on the first working day of each month of 2025 that took so many days.
func twelve(days ...int) (rows []PastRow) {
	for i, n := range days {
		start := calendar.China().After(calendar.On(2025, 1, 1).Add(-1+31*i), 1)
		rows = append(rows, PastRow{
			Row: i + 2, Number: fmt.Sprint("A", i), Item: "water",
			Accepted: start.String(), Decided: calendar.China().After(start, n).String(),
		})
	}
	return rows
}

func TestReadArchive(t *testing.T) {
	t.Parallel()
	cn, asOf := calendar.China(), on("2026-02-27")

	t.Run("SummarizesAnItemForTheBaseline", func(t *testing.T) {
		t.Parallel()
		rows := twelve(5, 6, 7, 8, 9, 10, 5, 6, 7, 8, 9)
		rows = append(rows, PastRow{Row: 13, Number: "A11", Item: "water", Accepted: "2025年12月1日", Ending: "在办"})
		rows[0].Stopped = "2"
		a, faults := ReadArchive(cn, 3, "区水务局台账", asOf, rows)
		// The open one has lasted for 59 working days, which is said to be odd and counted.
		if len(faults) != 1 || faults[0].Refused || faults[0].Row != 13 || len(a.Rows) != 12 || a.Version != 3 {
			t.Fatalf("%+v of %+v", faults, a)
		}
		items := a.Items(cn)
		if len(items) != 1 || items[0].Summary.N != 12 || items[0].Summary.Open != 1 || items[0].From != on("2025-01-02") || items[0].To != asOf {
			t.Fatalf("%+v", items)
		}
		// Net days, the first less its two stopped: 3 5 6 6 7 7 8 8 9 9 10 and one open: the sixth has 7, the eleventh 10.
		want := History{ID: "1", Requires: []string{"2"}, Median: 7, P90: 10, N: 12, From: on("2025-01-02"), To: asOf}
		if diff := cmp.Diff(want, items[0].History("1", []string{"2"})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("ReadsDatesAsOfficesWriteThem", func(t *testing.T) {
		t.Parallel()
		for _, date := range []string{"2025-03-07", "2025-3-7", "2025/3/7", "2025.03.07", "20250307", " 2025年3月7日 "} {
			a, faults := ReadArchive(cn, 1, "x", asOf, []PastRow{{Row: 2, Item: "a", Accepted: date, Decided: date}})
			if len(faults) != 0 || a.Rows[0].Accepted != on("2025-03-07") {
				t.Errorf("%q: %+v, %+v", date, a, faults)
			}
		}
	})

	good := PastRow{Row: 5, Number: "7", Item: "a", Accepted: "2025-03-07", Decided: "2025-03-10"}
	for _, c := range []struct {
		name    string
		change  func(*PastRow)
		field   string
		refused bool
		zh, en  string
	}{
		{"AMissingItem", func(r *PastRow) { r.Item = " " }, "item", true, "第 5 行：缺少事项", "Row 5: The item is missing"},
		{"NoDate", func(r *PastRow) { r.Accepted = "" }, "accepted", true, "缺少受理日期", "The date accepted is missing"},
		{"NoEnd", func(r *PastRow) { r.Decided = "" }, "decided", true, "缺少办结日期；仍在办理的", "if it is still open"},
		{"AnImpossibleDate", func(r *PastRow) { r.Decided = "2025-02-30" }, "decided", true, "办结日期“2025-02-30”无法识别", `The date decided, "2025-02-30"`},
		{"AnImpossibleOrder", func(r *PastRow) { r.Decided = "2025-03-06" }, "decided", true, "办结日期 2025-03-06 早于受理日期 2025-03-07", "decided on 2025-03-06, before it was accepted on 2025-03-07"},
		{"AFutureEnd", func(r *PastRow) { r.Decided = "2026-03-02" }, "decided", true, "晚于数据截止日期 2026-02-27", "after the register was drawn on 2026-02-27"},
		{"AFutureBeginning", func(r *PastRow) { r.Accepted = "2026-03-02" }, "accepted", true, "受理日期 2026-03-02 晚于", "accepted on 2026-03-02, after"},
		{"OpenWithAnEnd", func(r *PastRow) { r.Ending = "在办" }, "decided", true, "结果为在办，却填有办结日期", "is open and has a date decided"},
		{"AnUnknownEnding", func(r *PastRow) { r.Ending = "好" }, "ending", true, "结果“好”无法识别", `ending "好" is not known`},
		{"StopsThatAreNoNumber", func(r *PastRow) { r.Stopped = "-1" }, "stopped", true, "停表天数“-1”", `stopped days "-1"`},
		{"MoreStopsThanDays", func(r *PastRow) { r.Stopped = "3" }, "stopped", false, "停表 3 个工作日，多于受理至办结的 1 个工作日", "stood for 3 working days, more than the 1"},
		{"ANumberTwice", func(r *PastRow) { r.Row = 9 }, "number", true, "第 9 行：事项 a 的编号 7 与第 5 行重复", "Row 9: Item a has the number 7 in row 5 already"},
	} {
		t.Run("Names"+c.name, func(t *testing.T) {
			t.Parallel()
			row := good
			c.change(&row)
			rows := []PastRow{row}
			if row.Row == 9 {
				rows = []PastRow{good, row}
			}
			a, faults := ReadArchive(cn, 1, "x", asOf, rows)
			if len(faults) != 1 || faults[0].Field != c.field || faults[0].Refused != c.refused ||
				!strings.Contains(faults[0].ZH, c.zh) || !strings.Contains(faults[0].EN, c.en) {
				t.Fatalf("%+v", faults)
			}
			if (len(a.Rows) == 0) != c.refused {
				t.Errorf("refused %v and left %+v", c.refused, a)
			}
			if said := faults[0].ZH + faults[0].EN; strings.Contains(said, "%!") {
				t.Error(said)
			}
		})
	}

	t.Run("DoubtsTheSameDatesWithoutANumber", func(t *testing.T) {
		t.Parallel()
		one := good
		one.Number = ""
		two := one
		two.Row = 6
		a, faults := ReadArchive(cn, 1, "x", asOf, []PastRow{one, two})
		if len(faults) != 1 || faults[0].Refused || faults[0].Row != 6 || len(a.Rows) != 2 {
			t.Errorf("%+v, %+v", a, faults)
		}
	})

	t.Run("DoubtsWhatIsFarFromTheRest", func(t *testing.T) {
		t.Parallel()
		// Quartiles 5 and 8: the fence is at 8 + 3·3 = 17.
		for days, odd := range map[int]bool{17: false, 18: true} {
			_, faults := ReadArchive(cn, 1, "x", asOf, twelve(5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 9, days))
			if (len(faults) == 1) != odd || odd && (faults[0].Row != 13 || !strings.Contains(faults[0].ZH, "用时 18 个工作日，远离本事项的多数案例（四分位 5 至 8，")) {
				t.Errorf("%d days: %+v", days, faults)
			}
		}
		if _, faults := ReadArchive(cn, 1, "x", asOf, twelve(5, 5, 5, 5, 5, 5, 5, 5, 90)); len(faults) != 0 {
			t.Errorf("nine cases have quartiles: %+v", faults)
		}
	})

	t.Run("DoubtsMonthsWithoutACase", func(t *testing.T) {
		t.Parallel()
		rows := slices.Delete(twelve(5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5), 3, 6)
		for i := range 3 { // as many cases as months
			rows = append(rows, PastRow{Row: 20 + i, Number: fmt.Sprint("B", i), Item: "water", Accepted: "2025-10-09", Decided: "2025-10-16"})
		}
		_, faults := ReadArchive(cn, 1, "x", asOf, rows)
		if len(faults) != 1 || faults[0].Refused || faults[0].Row != 0 || !strings.Contains(faults[0].ZH, "自 2025-04 至 2025-06 没有受理记录") {
			t.Errorf("%+v", faults)
		}
		if _, faults := ReadArchive(cn, 1, "x", asOf, rows[:len(rows)-1]); len(faults) != 0 {
			t.Errorf("an item that is rarer than one a month: %+v", faults)
		}
	})

	t.Run("RefusesATableOfNothingFromNowhere", func(t *testing.T) {
		t.Parallel()
		for want, a := range map[string][]PastFault{
			"no rows": second(ReadArchive(cn, 1, "x", asOf, nil)),
			"up to w": second(ReadArchive(cn, 1, "x", 0, []PastRow{good})),
			"Say whe": second(ReadArchive(cn, 1, " ", asOf, []PastRow{good})),
		} {
			if len(a) == 0 || !a[0].Refused || !strings.Contains(a[0].EN, want) {
				t.Errorf("%+v, want %q", a, want)
			}
		}
	})

	t.Run("KnowsTheSameTableAgain", func(t *testing.T) {
		t.Parallel()
		rows := twelve(5, 6, 7, 8)
		a, _ := ReadArchive(cn, 1, "x", asOf, rows)
		slices.Reverse(rows)
		rows[0].Row = 77
		b, _ := ReadArchive(cn, 2, "y", asOf, rows)
		if !a.Same(b) || !b.Same(a) {
			t.Error("another order is another table")
		}
		rows[0].Stopped = "1"
		if c, _ := ReadArchive(cn, 2, "y", asOf, rows); a.Same(c) {
			t.Error("other stops are the same table")
		}
	})
}

func second[A, B any](_ A, b B) B { return b }
