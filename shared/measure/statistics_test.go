package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

func dataOf(q Query, on string, sheets ...Sheet) *Data {
	d := &Data{Query: q, calendar: calendar.China(), roster: roster.Demo()}
	d.Version.On = calendar.MustParse(on)
	sums := NewSums()
	for k := range sheets {
		sums.Add(&sheets[k])
	}
	for p, c := range sums.Cells {
		d.cells = append(d.cells, cellAt{p, c})
	}
	for p, f := range sums.Forms {
		d.forms = append(d.forms, formAt{p, f})
	}
	return d
}

// run is an issue of two parallel sign-offs that take so many working days net; the
// branch's waiting and handing on take the rest of the span.
func run(raised, ended string, a, b, span int) Sheet {
	on := calendar.MustParse(ended)
	line := func(subject Subject, department roster.DepartmentID, net int) Line {
		return Line{Subject: subject, Department: department, Outcome: Granted, Ended: on, Net: net, Gross: span}
	}
	return Sheet{
		Version: 1, District: "d", Raised: calendar.MustParse(raised), Lines: []Line{line("24", "water", a), line("25", "land", b)},
		Course: Course{
			Outcome: Granted, Ended: on, Span: span, Days: span * 7 / 5, Form: "f", Measured: true,
			Serial: a + b, Critical: max(a, b), Limits: true, LimitsS: 30, LimitsC: 20,
		},
	}
}

func twelve(s Sheet) (out []Sheet) {
	for range 12 {
		out = append(out, s)
	}
	return out
}

// By hand: S(h) = 8+12 = 20, C(h) = 12, S(a) = 4+6 = 10, C(a) = 6, T = 7.
// Parallelism ½[(20-12)+(10-6)] = 6, faster review ½[(20-10)+(12-6)] = 8, together 20-6.
func TestTheSavingIsAgainstEveryBaselineAndItsPartsSum(t *testing.T) {
	q := Query{From: "2026-03", To: "2026-04", BaseFrom: "2026-01", BaseTo: "2026-02"}
	d := dataOf(q, "2026-05-08", append(twelve(run("2026-01-05", "2026-01-26", 8, 12, 15)), twelve(run("2026-03-02", "2026-03-11", 4, 6, 7))...)...)
	got, err := d.Saved()
	if err != nil {
		t.Fatal(err)
	}
	if got.Measured != 12 || got.Serial != 120 || got.Critical != 72 || got.HandOff != 12 {
		t.Errorf("%d issues, S %v, C %v, handing on %v", got.Measured, got.Serial, got.Critical, got.HandOff)
	}
	type line struct {
		Kind       saving.Kind
		Issues     int
		Days, Span saving.WorkingDays
	}
	var lines []line
	for _, a := range got.Against {
		lines = append(lines, line{a.Kind, a.Issues, a.Days, a.Span})
	}
	if diff := cmp.Diff([]line{
		{saving.StatutorySerial, 12, 30, 7},
		{saving.StatutoryCritical, 12, 20, 7},
		{saving.HistoricalSerial, 12, 20, 7},
		{saving.HistoricalCritical, 12, 12, 7},
		{saving.Matched, 12, 15, 7},
	}, lines); diff != "" {
		t.Error(diff)
	}
	a := got.Attribution
	if a == nil || a.Parallelism != 12*6 || a.FasterReview != 12*8 || a.Total != 12*14 || a.Parallelism+a.FasterReview != a.Total {
		t.Errorf("%+v", a)
	}
	if h := got.Headline; h.Insufficient || h.Baseline.Kind != saving.Matched || h.Saved != 8 {
		t.Errorf("the headline is %+v", h)
	}
}

func TestWithoutTenCasesBeforeThereIsNoHeadline(t *testing.T) {
	q := Query{From: "2026-03", To: "2026-04", BaseFrom: "2026-01", BaseTo: "2026-02"}
	d := dataOf(q, "2026-05-08", append(twelve(run("2026-03-02", "2026-03-11", 4, 6, 7)), run("2026-01-05", "2026-01-26", 8, 12, 15))...)
	got, err := d.Saved()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Headline.Insufficient || got.Attribution != nil || !got.Matched.Insufficient {
		t.Errorf("%+v, %+v", got.Headline, got.Attribution)
	}
}

func TestARegisterOfPastApprovalsIsTheHistoricalBaseline(t *testing.T) {
	d := dataOf(Query{From: "2026-03", To: "2026-04"}, "2026-05-08", twelve(run("2026-03-02", "2026-03-11", 4, 6, 7))...)
	d.Version.Archive = 3
	for item, days := range map[string]int{"24": 10, "25": 20} {
		i := saving.PastItem{Item: item, From: calendar.MustParse("2025-01-06"), To: calendar.MustParse("2025-12-31")}
		for range 15 {
			if err := i.Cases.Add(days, saving.Decided, 1); err != nil {
				t.Fatal(err)
			}
		}
		d.past = append(d.past, i)
	}
	got, err := d.Saved()
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Against[2]; c.Kind != saving.HistoricalSerial || c.Days != 30 || c.N != 15 || c.From != calendar.MustParse("2025-01-06") {
		t.Errorf("%+v", c)
	}
	if h := got.Headline; h.Insufficient || h.Baseline.Kind != saving.HistoricalSerial || h.Saved != 23 {
		t.Errorf("%+v", h)
	}
}

func TestASmallGroupIsHiddenAndCannotBeReckoned(t *testing.T) {
	row := func(key string, cases int) Row {
		return Row{Key: key, OnTime: saving.ShareOf(cases, cases), Hidden: cases < SmallN, cases: cases}
	}
	shown := func(rows []Row) (keys []string) {
		hide(rows)
		for _, r := range rows {
			if !r.Hidden {
				keys = append(keys, r.Key)
			} else if r.OnTime.Of != 0 {
				t.Errorf("%s is hidden and says %+v", r.Key, r.OnTime)
			}
		}
		return keys
	}
	for _, c := range []struct {
		rows []Row
		want []string
	}{
		{[]Row{row("a", 9), row("b", 30), row("c", 6)}, []string{"a", "b", "c"}},
		{[]Row{row("a", 9), row("b", 30), row("c", 4)}, []string{"b"}},
		{[]Row{row("a", 9), row("b", 3), row("c", 4)}, []string{"a"}},
		{[]Row{row("a", 4)}, nil},
	} {
		if diff := cmp.Diff(c.want, shown(c.rows)); diff != "" {
			t.Error(diff)
		}
	}
}

// A tolerated overrun is neither late nor on time, and nothing of it is lost.
func TestAToleratedOverrunIsCountedApart(t *testing.T) {
	s := run("2026-03-02", "2026-03-31", 20, 4, 21)
	s.Lines[0].Late = true
	late := twelve(s)
	for k := range late {
		late[k].Lines = append([]Line(nil), s.Lines...)
		late[k].Lines[0].Tolerated = k < 5
	}
	open := run("2026-03-02", "2026-03-31", 0, 0, 0)
	open.Course = Course{Outcome: Open, Form: "f"}
	for k := range open.Lines {
		open.Lines[k] = Line{Subject: "24", Department: "water", Outcome: Open, Came: open.Raised, From: open.Raised, Due: open.Raised.Add(7), Tolerated: k == 0}
	}
	d := dataOf(Query{From: "2026-03", To: "2026-03"}, "2026-05-08", append(late, open)...)
	r := d.Rows(ByAll)[0]
	if r.Tolerated != 6 || r.Punctuality != (saving.Punctuality{ByDue: 12, Late: 7, PastDue: 1}) || r.OnTime.Of != 20 || r.Net.N != 26 {
		t.Errorf("%+v", r)
	}
}

func TestWhatADepartmentDidCountsForItsSuccessorWhenAskedSo(t *testing.T) {
	sheets := twelve(run("2026-03-02", "2026-03-11", 4, 6, 7))
	for k := range sheets {
		for l := range sheets[k].Lines {
			sheets[k].Lines[l].Department = "cc-water"
		}
	}
	merged, err := roster.Demo().With(calendar.MustParse("2026-04-01"), roster.Change{Reorganise: &roster.Reorganisation{Passages: []roster.Passage{{From: "cc-water", To: "cc-transport"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for heirs, want := range map[bool]string{false: "cc-water", true: "cc-transport"} {
		d := dataOf(Query{From: "2026-03", To: "2026-03", Heirs: heirs}, "2026-05-08", sheets...)
		d.roster = merged
		if rows := d.Rows(ByDepartment); len(rows) != 1 || rows[0].Key != want || rows[0].Net.N != 24 {
			t.Errorf("%v: %+v", heirs, rows)
		}
	}
}
