package calendar

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// plainChina answers for the embedded table in the slowest and plainest way: a map and the weekday that package time knows.
var plainChina = func() func(Date) bool {
	kinds := map[string]string{}
	for line := range strings.Lines(cnDays) {
		if f := strings.Split(line, ","); len(f) == 4 && f[0] != "date" && line[0] != '#' {
			kinds[f[0]] = f[1]
		}
	}
	return func(d Date) bool {
		t := time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(d))
		switch kinds[t.Format(time.DateOnly)] {
		case "holiday":
			return false
		case "workday":
			return true
		}
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	}
}()

func drawDate(t *rapid.T, label, from, to string) Date {
	return Date(rapid.Int32Range(int32(MustParse(from)), int32(MustParse(to))).Draw(t, label))
}

func TestChina(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithTheTwelveCases", func(t *testing.T) {
		t.Parallel()
		f, err := os.Open("testdata/working_day_cases.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1+12 {
			t.Fatalf("the file has %d rows, not a header and 12 cases", len(rows))
		}
		for _, row := range rows[1:] {
			n, err := strconv.Atoi(row[1])
			if err != nil {
				t.Fatal(err)
			}
			start, due, naive, why := MustParse(row[0]), MustParse(row[2]), MustParse(row[3]), row[4]
			if got := China().Due(start, n, WorkingDays, nil); got != (Due{On: due}) {
				t.Errorf("%d working days from %s: got %+v, want %s (%s)", n, start, got, due, why)
			}
			plain := new(Calendar)
			if got := plain.Due(start, n, WorkingDays, nil); got != (Due{On: naive, Provisional: true}) {
				t.Errorf("%d weekdays from %s: got %+v, want %s", n, start, got, naive)
			}
		}
	})

	t.Run("KeepsTheGoldenYears", func(t *testing.T) {
		t.Parallel()
		var got strings.Builder
		got.WriteString("# year, days a notice names off, weekdays off among them, working days; then the weekend days worked\n")
		for year := 2018; year <= 2026; year++ {
			first, last := On(year, time.January, 1), On(year, time.December, 31)
			off, weekdaysOff := 0, 0
			var weekends []string
			for d := first; d <= last; d++ {
				weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
				if day, ok := China().Day(d); ok && day.Kind == Holiday {
					off++
					if !weekend {
						weekdaysOff++
					}
				}
				if weekend && China().Working(d) {
					weekends = append(weekends, d.String()[5:])
				}
			}
			fmt.Fprintf(&got, "%d %d %d %d %s\n", year, off, weekdaysOff,
				China().WorkingDays(first-1, last), strings.Join(weekends, " "))
		}
		want, err := os.ReadFile("testdata/years.golden")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("years differ (-want +got):\n%s", diff)
		}
	})

	t.Run("TellsWorkingDaysAsTheTableDoes", func(t *testing.T) {
		t.Parallel()
		for d := MustParse("1960-01-01"); d < MustParse("2060-01-01"); d++ {
			if China().Working(d) != plainChina(d) {
				t.Errorf("Working(%s) = %v", d, China().Working(d))
			}
		}
	})

	t.Run("NamesTheHolidayAndTheNotice", func(t *testing.T) {
		t.Parallel()
		got, ok := China().Day(MustParse("2019-05-05"))
		want := Day{Date: MustParse("2019-05-05"), Kind: Workday, Name: "劳动节", Notice: "国办发明电〔2019〕3号"}
		if !ok || got != want {
			t.Errorf("got %+v, %v, want %+v", got, ok, want)
		}
		if got, ok := China().Day(MustParse("2024-02-09")); ok {
			t.Errorf("除夕 2024 is an ordinary day, got %+v", got)
		}
	})

	t.Run("IsProvisionalOutsideTheNotices", func(t *testing.T) {
		t.Parallel()
		for day, want := range map[string]bool{
			"2017-12-31": true, "2018-01-01": false, "2022-12-31": false, "2026-12-31": false, "2027-01-01": true, "2040-06-01": true,
		} {
			if got := China().Provisional(MustParse(day)); got != want {
				t.Errorf("Provisional(%s) = %v, want %v", day, got, want)
			}
		}
	})

	t.Run("HandsOutNoticesThatCannotChangeIt", func(t *testing.T) {
		t.Parallel()
		got := China().Notices()
		if len(got) != 11 {
			t.Errorf("got %d notices, want 11", len(got))
		}
		got[0].Days[0].Kind = Ordinary
		if China().Notices()[0].Days[0].Kind != Holiday {
			t.Error("a caller changed the calendar")
		}
	})
}

func TestWorkingDays(t *testing.T) {
	t.Parallel()

	t.Run("CountsTheDaysAfterTheFirst", rapid.MakeCheck(func(t *rapid.T) {
		a := drawDate(t, "a", "2016-06-01", "2030-12-31")
		b := a.Add(rapid.IntRange(0, 1500).Draw(t, "days"))
		want := 0
		for d := a + 1; d <= b; d++ {
			if plainChina(d) {
				want++
			}
		}
		if got := China().WorkingDays(a, b); got != want {
			t.Fatalf("WorkingDays(%s, %s) = %d, want %d", a, b, got, want)
		}
	}))

	t.Run("AddsUpInAnyOrder", rapid.MakeCheck(func(t *rapid.T) {
		dates := rapid.SliceOfN(rapid.Int32Range(-1_000_000, 1_000_000), 3, 3).Draw(t, "dates")
		a, b, d := Date(dates[0]), Date(dates[1]), Date(dates[2])
		c := China()
		if c.WorkingDays(a, b)+c.WorkingDays(b, d) != c.WorkingDays(a, d) {
			t.Fatalf("%d, %d, %d do not add up", a, b, d)
		}
	}))
}

func TestAfter(t *testing.T) {
	t.Parallel()

	t.Run("FindsTheNthWorkingDayBothWays", rapid.MakeCheck(func(t *rapid.T) {
		d := drawDate(t, "d", "2016-06-01", "2030-12-31")
		n := rapid.IntRange(-700, 700).Draw(t, "n")
		want, step := d, Date(1)
		if n < 0 {
			step = -1
		}
		for left := n; left != 0; {
			if want += step; plainChina(want) {
				left -= int(step)
			}
		}
		if got := China().After(d, n); got != want {
			t.Fatalf("After(%s, %d) = %s, want %s", d, n, got, want)
		}
	}))
}
