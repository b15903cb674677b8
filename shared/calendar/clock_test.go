package calendar

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// walkDue is Due by walking day by day, for the embedded table.
func walkDue(start Date, days int, unit Unit, stops []Span) Due {
	if days == 0 {
		return Due{On: start}
	}
	counts := func(d Date) bool { return unit == CalendarDays || plainChina(d) }
	unknown := func(d Date) bool { y, _, _ := d.Civil(); return y < 2018 || y > 2026 }
	provisional, ran := false, false
	for d := start + 1; ; d++ {
		if openFrom(stops, d) {
			return Due{Stopped: true, Left: days, Provisional: provisional}
		}
		if covered(stops, d) {
			continue
		}
		if unit == WorkingDays || ran || days == 1 {
			provisional = provisional || unknown(d)
		}
		if !ran && counts(d) {
			days--
		}
		if days > 0 {
			continue
		}
		ran = true
		if plainChina(d) {
			return Due{On: d, Provisional: provisional}
		}
	}
}

func covered(stops []Span, d Date) bool {
	return slices.ContainsFunc(stops, func(s Span) bool { return s.From < d && (d <= s.To || s.To.IsZero()) })
}

func openFrom(stops []Span, d Date) bool {
	return slices.ContainsFunc(stops, func(s Span) bool { return s.From < d && s.To.IsZero() })
}

func walkUsed(start, at Date, unit Unit, stops []Span) (n int) {
	for d := start + 1; d <= at; d++ {
		if !covered(stops, d) && (unit == CalendarDays || plainChina(d)) {
			n++
		}
	}
	return n
}

var drawUnit = rapid.SampledFrom([]Unit{WorkingDays, CalendarDays})

func drawStops(t *rapid.T, start Date) []Span {
	// Stops crowd around the start and the first due days, where they overlap; a few last for years.
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Span {
		from := start.Add(rapid.OneOf(rapid.IntRange(-20, 60), rapid.IntRange(-400, 1200)).Draw(t, "from"))
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return Span{From: from}
		case 1:
			return Span{From: from, To: from.Add(rapid.IntRange(-10, 900).Draw(t, "long"))}
		}
		return Span{From: from, To: from.Add(rapid.IntRange(0, 25).Draw(t, "short"))}
	}), 0, 7).Draw(t, "stops")
}

func TestDue(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithAWalkDayByDay", rapid.MakeCheck(func(t *rapid.T) {
		start := drawDate(t, "start", "2017-01-01", "2030-12-31")
		days := rapid.OneOf(rapid.IntRange(0, 45), rapid.IntRange(0, 800)).Draw(t, "days")
		unit := drawUnit.Draw(t, "unit")
		stops := drawStops(t, start)
		if got, want := China().Due(start, days, unit, stops), walkDue(start, days, unit, stops); got != want {
			t.Fatalf("Due(%s, %d, %s, %v) = %+v, want %+v", start, days, unit, stops, got, want)
		}
	}))

	t.Run("DoesNotDependOnTheOrderOfStops", rapid.MakeCheck(func(t *rapid.T) {
		start := drawDate(t, "start", "2017-01-01", "2030-12-31")
		days := rapid.IntRange(0, 200).Draw(t, "days")
		unit := drawUnit.Draw(t, "unit")
		stops := drawStops(t, start)
		given := slices.Clone(stops)
		want := China().Due(start, days, unit, stops)
		if !slices.Equal(stops, given) {
			t.Fatal("Due changed the stops it was given")
		}
		for _, other := range [][]Span{
			rapid.Permutation(stops).Draw(t, "order"), append(slices.Clone(stops), stops...), Union(stops),
		} {
			if got := China().Due(start, days, unit, other); got != want {
				t.Fatalf("%v gives %+v, %v gives %+v", stops, want, other, got)
			}
		}
	}))

	t.Run("IsNeverEarlierForAStopMore", rapid.MakeCheck(func(t *rapid.T) {
		start := drawDate(t, "start", "2017-01-01", "2030-12-31")
		days := rapid.IntRange(0, 200).Draw(t, "days")
		unit := drawUnit.Draw(t, "unit")
		stops := drawStops(t, start)
		whole := China().Due(start, days, unit, stops)
		if len(stops) == 0 || whole.Stopped {
			return
		}
		if less := China().Due(start, days, unit, stops[1:]); less.On > whole.On {
			t.Fatalf("due %s with the stop, %s without", whole.On, less.On)
		}
	}))

	for _, c := range []struct {
		name  string
		start string
		days  int
		unit  Unit
		stops []Span
		want  Due
	}{
		{
			"EndsACalendarLimitAfterTheDaysOff", "2026-09-21", 10, CalendarDays, nil,
			Due{On: MustParse("2026-10-08")}, // the tenth day is 10-01
		},
		{
			"EndsACalendarLimitOnAWorkedSaturday", "2026-09-30", 10, CalendarDays, nil,
			Due{On: MustParse("2026-10-10")},
		},
		{
			"IsDueAtOnceForNoDays", "2026-10-03", 0, CalendarDays,
			[]Span{{From: MustParse("2026-10-01")}},
			Due{On: MustParse("2026-10-03")},
		},
		{
			"KeepsWhatIsLeftWhileStopped", "2026-03-02", 10, WorkingDays,
			[]Span{{From: MustParse("2026-03-05")}},
			Due{Stopped: true, Left: 7},
		},
		{
			"IsNotTouchedByAStopThatBeginsOnTheDueDay", "2026-03-02", 3, WorkingDays,
			[]Span{{From: MustParse("2026-03-05")}},
			Due{On: MustParse("2026-03-05")},
		},
		{
			"GoesOnTheDayAfterTheStopEnds", "2026-03-02", 4, WorkingDays,
			[]Span{{From: MustParse("2026-03-05"), To: MustParse("2026-03-11")}},
			Due{On: MustParse("2026-03-12")},
		},
		{
			"StopsBetweenTheLastDayAndTheWorkingDay", "2026-03-02", 5, CalendarDays,
			[]Span{{From: MustParse("2026-03-07")}},
			Due{Stopped: true},
		},
		{
			"MarksADayPastTheNotices", "2026-12-31", 1, WorkingDays, nil,
			Due{On: MustParse("2027-01-01"), Provisional: true},
		},
		{
			"MarksACalendarLimitOnlyByItsLastDays", "2017-12-01", 60, CalendarDays, nil,
			Due{On: MustParse("2018-01-30")},
		},
		{
			"MarksADayAfterAStopOfYears", "2026-12-01", 23, WorkingDays,
			[]Span{{From: MustParse("2026-12-31"), To: MustParse("2030-01-01")}},
			Due{On: MustParse("2030-01-02"), Provisional: true},
		},
		{
			"DoesNotMarkDaysStoppedBeforeTheNotices", "2017-06-01", 1, WorkingDays,
			[]Span{{From: MustParse("2017-06-01"), To: MustParse("2018-03-01")}},
			Due{On: MustParse("2018-03-02")},
		},
		{
			"RemembersAProvisionalDayBeforeTwoStops", "2017-12-20", 12, WorkingDays, // 7 days in 2017, 2 in January, 3 in March
			[]Span{
				{From: MustParse("2017-12-29"), To: MustParse("2018-01-08")},
				{From: MustParse("2018-01-10"), To: MustParse("2018-03-01")},
			},
			Due{On: MustParse("2018-03-06"), Provisional: true},
		},
		{
			"MarksACalendarLimitStoppedBeyondTheNotices", "2026-12-24", 3, CalendarDays, // the third day is a Sunday
			[]Span{{From: MustParse("2026-12-27"), To: MustParse("2027-02-02")}},
			Due{On: MustParse("2027-02-03"), Provisional: true},
		},
		{"HasNoEndWithoutAStart", "", 5, WorkingDays, nil, Due{Left: 5}},
		{
			"IgnoresASpanWithoutFrom", "2026-03-02", 1, WorkingDays,
			[]Span{{}, {To: MustParse("2026-03-20")}},
			Due{On: MustParse("2026-03-03")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var start Date
			if c.start != "" {
				start = MustParse(c.start)
			}
			if got := China().Due(start, c.days, c.unit, c.stops); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}

	t.Run("PanicsOnWhatValidateRefuses", func(t *testing.T) {
		t.Parallel()
		for _, l := range []Limit{
			{Days: -1, Unit: WorkingDays, Start: Receipt},
			{Days: MaxDays + 1, Unit: WorkingDays, Start: Receipt},
			{Days: 1, Unit: "days", Start: Receipt},
		} {
			if l.Validate() == nil {
				t.Errorf("%+v is valid", l)
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("no panic for %+v", l)
					}
				}()
				China().Due(MustParse("2026-01-01"), l.Days, l.Unit, nil)
			}()
		}
		if err := (Limit{Days: 20, Unit: WorkingDays, Start: Acceptance}).Validate(); err != nil {
			t.Error(err)
		}
		if err := (Limit{Unit: WorkingDays}).Validate(); err == nil {
			t.Error("a limit without a start event is valid")
		}
	})

	t.Run("CountsTheLongestLimitFromAnyKnownYear", func(t *testing.T) {
		t.Parallel()
		for _, start := range []Date{On(1, 1, 2), MustParse("2026-01-01"), On(9990, 1, 1)} {
			on := China().Due(start, MaxDays, WorkingDays, nil).On
			if got := China().WorkingDays(start, on); got != MaxDays || !China().Working(on) {
				t.Errorf("from %d to %d are %d working days, want %d", start, on, got, MaxDays)
			}
		}
	})
}

func TestUsed(t *testing.T) {
	t.Parallel()

	t.Run("AgreesWithAWalkAndWithDue", rapid.MakeCheck(func(t *rapid.T) {
		start := drawDate(t, "start", "2017-01-01", "2030-12-31")
		at := start.Add(rapid.IntRange(-30, 900).Draw(t, "at"))
		days := rapid.IntRange(0, 200).Draw(t, "days")
		unit := drawUnit.Draw(t, "unit")
		stops := drawStops(t, start)
		c := China()
		used, due, left := c.Used(start, at, unit, stops), c.Due(start, days, unit, stops), c.Left(start, at, days, unit, stops)
		if want := walkUsed(start, at, unit, stops); used != want {
			t.Fatalf("used %d, want %d", used, want)
		}
		if unit == WorkingDays && left != days-used {
			t.Fatalf("left %d of %d after %d", left, days, used)
		}
		if left < 0 && (due.Stopped || at <= due.On) {
			t.Fatalf("left %d at %s, due %+v", left, at, due)
		}
		if left > 0 && !due.Stopped && at >= due.On {
			t.Fatalf("left %d at %s, due %+v", left, at, due)
		}
		if due.Stopped {
			if got := c.Left(start, at.Add(5000), days, unit, stops); got != due.Left {
				t.Fatalf("left %d long after the stop, Due says %d", got, due.Left)
			}
		}
	}))

	t.Run("LeavesNothingOnTheDaysOffBeforeACalendarLimitEnds", func(t *testing.T) {
		t.Parallel()
		start := MustParse("2026-09-21") // ten days run out on 10-01, the limit ends on 10-08
		for day, want := range map[string]int{"2026-09-30": 1, "2026-10-01": 0, "2026-10-08": 0, "2026-10-09": -1} {
			if got := China().Left(start, MustParse(day), 10, CalendarDays, nil); got != want {
				t.Errorf("left %d on %s, want %d", got, day, want)
			}
		}
	})

	t.Run("IsNothingWithoutAStart", func(t *testing.T) {
		t.Parallel()
		if got := China().Used(0, MustParse("2026-01-05"), WorkingDays, nil); got != 0 {
			t.Errorf("used %d", got)
		}
		if got := China().Left(0, MustParse("2026-01-05"), 5, WorkingDays, nil); got != 5 {
			t.Errorf("left %d", got)
		}
	})
}

func TestUnion(t *testing.T) {
	t.Parallel()

	t.Run("CoversTheSameDaysWithoutOverlap", rapid.MakeCheck(func(t *rapid.T) {
		start := MustParse("2026-01-01")
		stops := drawStops(t, start)
		got := Union(stops)
		for i, s := range got {
			if !s.To.IsZero() && s.To <= s.From || s.To.IsZero() && i < len(got)-1 || i > 0 && s.From <= got[i-1].To {
				t.Fatalf("%v is not in order", got)
			}
		}
		for d := start.Add(-450); d < start.Add(2200); d++ {
			if covered(stops, d) != covered(got, d) {
				t.Fatalf("%s is in only one of %v and %v", d, stops, got)
			}
		}
	}))
}

func BenchmarkDue(b *testing.B) {
	start := MustParse("2024-02-02")
	stops := []Span{
		{From: MustParse("2024-03-10"), To: MustParse("2024-03-20")},
		{From: MustParse("2024-02-20"), To: MustParse("2024-03-01")},
		{From: MustParse("2024-03-15"), To: MustParse("2026-06-30")},
	}
	c := China()
	for _, bench := range []struct {
		name  string
		days  int
		unit  Unit
		stops []Span
	}{
		{"20WorkingDays", 20, WorkingDays, nil},
		{"60CalendarDays", 60, CalendarDays, nil},
		{"200WorkingDaysThreeStopsOfYears", 200, WorkingDays, stops},
		{"36525WorkingDays", MaxDays, WorkingDays, nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Due(start, bench.days, bench.unit, bench.stops)
			}
		})
	}
}

func BenchmarkUsed(b *testing.B) {
	start, at := MustParse("2024-02-02"), MustParse("2026-09-01")
	stops := []Span{{From: MustParse("2024-03-10"), To: MustParse("2024-03-20")}, {From: MustParse("2025-03-15")}}
	c := China()
	b.ReportAllocs()
	for b.Loop() {
		c.Used(start, at, WorkingDays, stops)
	}
}
