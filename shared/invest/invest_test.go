package invest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/calendar"
	"lianban/shared/invest"
	"lianban/shared/roster"
)

func day(s string) calendar.Date { return calendar.MustParse(s) }

func none(roster.ProjectID) bool { return false }

// TestThePublishedFiguresComeOut: 813.46 of 1139.24 亿元, 437 projects, mid-July 2022,
// 71.4%, 17.23 points ahead (Southern Daily, 2022-08-04). The split over projects is
// made up.
func TestThePublishedFiguresComeOut(t *testing.T) {
	t.Parallel()
	p := invest.ExamplePeriod
	rows := invest.Example().Rows(p, none)
	all := invest.Sum("", rows, p)
	if all.Projects != 437 || all.Counted != 437 || all.Done != 8_134_600 || all.Plan != 11_392_400 {
		t.Errorf("the example is %+v", all)
	}
	if got := fmt.Sprint(all.Completion, " ", p.Elapsed(), " ", all.Lead); got != "71.40 54.17 17.23" {
		t.Errorf("completion, time progress and lead are %s", got)
	}
	if p.Last() != day("2022-07-15") || p.String() != "2022-07-15" {
		t.Errorf("mid-July is %s, to %s", p, p.Last())
	}
	for _, r := range rows {
		if !strings.Contains(r.Listing.NameZH, "虚构") || !strings.Contains(r.Listing.NameEN, "made up") {
			t.Errorf("%s does not say that it is made up", r.Listing.Name())
		}
		if r.Plan <= 0 || r.Done <= 0 {
			t.Errorf("%s has a plan of %d and %d done", r.Listing.Project, r.Plan, r.Done)
		}
	}
	for _, d := range invest.Dimensions() {
		sum := invest.Line{}
		for _, l := range invest.By(d, rows, p) {
			sum.Projects, sum.Plan, sum.Done = sum.Projects+l.Projects, sum.Plan+l.Plan, sum.Done+l.Done
		}
		if sum.Projects != 437 || sum.Plan != all.Plan || sum.Done != all.Done {
			t.Errorf("by %s the parts make %+v", d, sum)
		}
	}
	if diff := cmp.Diff(rows, invest.Example().Rows(p, none)); diff != "" {
		t.Errorf("the example differs from itself: %s", diff)
	}
}

func TestTimeProgressIsMonthsOverTwelve(t *testing.T) {
	t.Parallel()
	for half, want := range map[int]string{1: "4.17", 2: "8.33", 12: "50.00", 13: "54.17", 14: "58.33", 24: "100.00"} {
		if got := (invest.Period{Year: 2022, Half: half}).Elapsed().String(); got != want {
			t.Errorf("%d half-months are %s%% of a year, not %s", half, got, want)
		}
	}
}

func TestPeriodsAreReadAsOfficesWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2022-07": "2022-07", "2022-7": "2022-07", "2022年7月": "2022-07", "2022/07": "2022-07", "2022年7月底": "2022-07", "2022-07-31": "2022-07", "2024-02-29": "2024-02",
		"2022-07-15": "2022-07-15", "2022年7月上半月": "2022-07-15", "2022年7月15日": "2022-07-15", "2022-07上": "2022-07-15",
		"2022-07-14": "", "2022-13": "", "2022-02-30": "", "七月": "", "": "", "2022": "",
	} {
		p, ok := invest.ParsePeriod(text)
		if ok != (want != "") || p.String() != want && ok {
			t.Errorf("%q is read as %s, %t", text, p, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := invest.Period{Year: rapid.IntRange(2000, 2100).Draw(t, "year"), Half: rapid.IntRange(1, 24).Draw(t, "half")}
		if got, ok := invest.ParsePeriod(p.String()); !ok || got != p {
			t.Errorf("%s is read as %s", p, got)
		}
		if got, ok := invest.EndingOn(p.Last()); !ok || got != p || invest.Upto(p.Year, p.Last()) != p || p.Half < 24 && invest.Upto(p.Year, p.Last().Add(1)) != p {
			t.Errorf("%s ends on %s, which ends %s", p, p.Last(), got)
		}
	})
	for today, want := range map[string]string{"2022-01-14": "", "2021-12-31": "", "2022-01-15": "2022-01-15", "2022-07-30": "2022-07-15", "2023-05-01": "2022-12"} {
		if p := invest.Upto(2022, day(today)); p.String() != want {
			t.Errorf("by %s the last period of 2022 to have ended is %s, not %s", today, p, want)
		}
	}
}

func listing(id string, kind roster.ProjectType, district roster.DistrictCode) invest.Fact {
	return invest.Fact{Listing: &invest.Listing{Project: roster.ProjectID(id), NameZH: "项目" + id, District: district, Sector: roster.Industry, Tier: roster.CityProject, Type: kind}}
}

func plan(id string, amount invest.Money, from, ground string) invest.Fact {
	return invest.Fact{Plan: &invest.Plan{Project: roster.ProjectID(id), Amount: amount, From: day(from), Ground: ground}}
}

func report(id string, half int, done invest.Money) invest.Fact {
	return invest.Fact{Report: &invest.Report{Project: roster.ProjectID(id), Half: half, Done: done}}
}

func because(f invest.Fact, reason string) invest.Fact {
	r := *f.Report
	r.Reason = reason
	return invest.Fact{Report: &r}
}

const chancheng = "440604"

func yearOf(batches ...[]invest.Fact) *invest.Year {
	y := invest.NewYear(2022)
	for k, facts := range batches {
		y = y.With(invest.Batch{Stamp: invest.Stamp{Batch: int64(k + 1), By: "p", At: time.Date(2022, 1, 1+k, 0, 0, 0, 0, time.UTC), Reason: fmt.Sprint("batch ", k+1)}, Facts: facts})
	}
	return y
}

func row(t *testing.T, y *invest.Year, id string, half int) invest.Row {
	t.Helper()
	rows := y.Rows(invest.Period{Year: 2022, Half: half}, none)
	k := slices.IndexFunc(rows, func(r invest.Row) bool { return r.Listing.Project == roster.ProjectID(id) })
	if k < 0 {
		t.Fatalf("%s is not listed", id)
	}
	return rows[k]
}

func TestTheCourseHasThePeriodsThatWereReportedEachWithThePlanThenInForce(t *testing.T) {
	t.Parallel()
	y := yearOf([]invest.Fact{
		listing("a", roster.NewStart, chancheng), listing("b", roster.NewStart, chancheng), listing("c", roster.NewStart, chancheng),
		plan("a", 100, "2022-01-01", ""), plan("a", 200, "2022-06-01", "文"), plan("b", 100, "2022-01-01", ""), plan("c", 1000, "2022-01-01", ""),
		report("a", 4, 50), report("b", 4, 50), report("c", 6, 900), report("a", 12, 100), report("a", 14, 200),
	})
	var got []string
	for _, s := range y.Course([]roster.ProjectID{"a", "b", "gone"}, invest.Period{Year: 2022, Half: 13}) {
		got = append(got, fmt.Sprint(s.Period, " ", s.Done, "/", s.Plan, " ", s.Completion, " ", s.Counted))
	}
	// c is not asked for, so that its figure of March makes no stage; b is carried to June.
	if diff := cmp.Diff([]string{"2022-02 100/200 50.00 2", "2022-06 150/300 50.00 2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAMidYearAdjustmentKeepsTheOldPlanForEarlierPeriods(t *testing.T) {
	t.Parallel()
	y := yearOf(
		[]invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 12, 600), report("a", 14, 700)},
		[]invest.Fact{plan("a", 2000, "2022-07-01", "佛重项〔2022〕9号")},
	)
	if r := row(t, y, "a", 12); r.Plan != 1000 || r.Completion.String() != "60.00" || r.Lead.String() != "10.00" {
		t.Errorf("at the end of June it is %+v", r)
	}
	if r := row(t, y, "a", 14); r.Plan != 2000 || r.Completion.String() != "35.00" || r.Lead.String() != "-23.33" || r.Versions != 2 {
		t.Errorf("at the end of July it is %+v", r)
	}
}

func TestCompletionIsNotCapped(t *testing.T) {
	t.Parallel()
	y := yearOf([]invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 24, 1399)})
	if r := row(t, y, "a", 24); r.Completion.String() != "139.90" || r.Lead.String() != "39.90" {
		t.Errorf("it is %+v", r)
	}
}

func TestACorrectionKeepsTheOldFigureWithWhoWhenAndWhy(t *testing.T) {
	t.Parallel()
	before := yearOf([]invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 12, 600)})
	after := before.With(invest.Batch{Stamp: invest.Stamp{Batch: 2, By: "q", Reason: "核实后更正"}, Facts: []invest.Fact{report("a", 12, 550)}})
	p, _ := after.Project("a")
	all := p.Reported(12)
	if len(all) != 2 || all[0].Value.Done != 600 || all[0].By != "p" || all[1].Value.Done != 550 || all[1].By != "q" || all[1].Reason != "核实后更正" || all[1].Batch != 2 {
		t.Errorf("of the figure is kept %+v", all)
	}
	if got := row(t, after, "a", 12).Done; got != 550 {
		t.Errorf("%d counts", got)
	}
	if got := row(t, before, "a", 12).Done; got != 600 {
		t.Errorf("the year before the correction has changed: %d", got)
	}
}

func TestWhatIsMissingIsSaidAndNotReadAsZero(t *testing.T) {
	t.Parallel()
	p := invest.Period{Year: 2022, Half: 12}
	y := yearOf([]invest.Fact{
		listing("full", roster.Continuing, chancheng), plan("full", 1000, "2022-01-01", ""), report("full", 12, 500),
		listing("late", roster.Continuing, chancheng), plan("late", 1000, "2022-01-01", ""), report("late", 10, 400),
		listing("silent", roster.Continuing, chancheng), plan("silent", 8000, "2022-01-01", ""),
		listing("unplanned", roster.Preparatory, chancheng), report("unplanned", 12, 77),
	})
	red := func(id roster.ProjectID) bool { return id != "full" }
	got := invest.Sum("", y.Rows(p, red), p)
	want := invest.Line{
		Projects: 4, Counted: 2, Plan: 2000, Done: 900, Carried: 1, Silent: 1, SilentPlan: 8000, Unplanned: 1,
		Red: 3, Held: 600, HeldUnknown: 2, HasCompletion: true, Completion: 4500, Lead: -500, OnSchedule: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l := invest.Sum("", nil, p); l.HasCompletion {
		t.Errorf("of nothing the completion is %s", l.Completion)
	}
}

func TestInvestmentHeldBackIsNeverNegative(t *testing.T) {
	t.Parallel()
	p := invest.Period{Year: 2022, Half: 24}
	y := yearOf([]invest.Fact{
		listing("over", roster.Continuing, chancheng), plan("over", 1000, "2022-01-01", ""), report("over", 24, 1500),
		listing("under", roster.Continuing, chancheng), plan("under", 1000, "2022-01-01", ""), report("under", 24, 300),
	})
	if l := invest.Sum("", y.Rows(p, func(roster.ProjectID) bool { return true }), p); l.Held != 700 || l.Red != 2 {
		t.Errorf("held back is %+v", l)
	}
}

func TestLeagueHidesSmallGroupsAndSharesEqualPlaces(t *testing.T) {
	t.Parallel()
	p := invest.Period{Year: 2022, Half: 12}
	line := func(key string, n int, done invest.Money) invest.Line {
		l := invest.Line{Key: key, Projects: n, Counted: n, Plan: 1000, Done: done, HasCompletion: true}
		l.Completion = invest.Points(done * 10)
		l.Lead = l.Completion - p.Elapsed()
		return l
	}
	ranked, hidden := invest.League([]invest.Line{line("a", 5, 500), line("b", 4, 900), line("c", 9, 700), line("d", 6, 500), line("e", 7, 100)})
	var got []string
	for _, r := range ranked {
		got = append(got, fmt.Sprint(r.Rank, r.Key, r.Counted))
	}
	if diff := cmp.Diff([]string{"1c9", "2a5", "2d6", "4e7"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b"}, hidden); diff != "" {
		t.Error(diff)
	}
}

func TestNewStartsAndFinishesAreComparedWithThePlan(t *testing.T) {
	t.Parallel()
	p := invest.Period{Year: 2022, Half: 12}
	made := func(id string, kind roster.ProjectType, start, finish, started, finished string) []invest.Fact {
		l := listing(id, kind, chancheng)
		r := report(id, 12, 1)
		for to, s := range map[*calendar.Date]string{&l.Listing.Start: start, &l.Listing.Finish: finish, &r.Report.Started: started, &r.Report.Finished: finished} {
			if s != "" {
				*to = day(s)
			}
		}
		return []invest.Fact{l, r}
	}
	y := yearOf(slices.Concat(
		made("on-time", roster.NewStart, "2022-03-01", "", "2022-02-20", ""),
		made("late", roster.NewStart, "2022-06-30", "", "", ""),
		made("ahead", roster.NewStart, "2022-09-01", "", "2022-06-01", ""),
		made("undated", roster.NewStart, "", "", "", ""),
		made("early", roster.Completing, "2020-01-01", "2022-06-30", "2020-01-01", "2022-05-31"),
		made("overrun", roster.Completing, "2020-01-01", "2022-06-20", "2020-01-01", ""),
		made("due-today", roster.Completing, "2020-01-01", "2022-06-30", "2020-01-01", ""),
		made("unplanned", roster.Completing, "2020-01-01", "", "2020-01-01", "2022-05-31"),
	))
	rows := y.Rows(p, none)
	n := invest.Starts(rows, p)
	if n.Planned != 4 || n.Due != 2 || n.Undated != 1 || n.Begun != 2 || n.DueBegun != 1 || len(n.Overdue) != 1 || n.Overdue[0].Listing.Project != "late" {
		t.Errorf("new starts are %+v", n)
	}
	list, undated := invest.Finishes(rows, p)
	var got []string
	for _, f := range list {
		got = append(got, fmt.Sprint(f.Listing.Project, f.Days, f.Open))
	}
	if diff := cmp.Diff([]string{"overrun-10 true", "early30 false"}, []string{strings.Join(got[:1], ""), strings.Join(got[1:], "")}); diff != "" || undated != 1 {
		t.Errorf("%s, %d undated: %v", diff, undated, got)
	}
}

func check(y *invest.Year, reason string, facts ...invest.Fact) (changed []int, wrong []string) {
	changed, faults := y.Check(facts, invest.Entry{Roster: roster.Demo(), Area: chancheng, Today: day("2022-08-01"), Reason: reason})
	for _, f := range faults {
		if f.Text.ZH == "" || f.Text.EN == "" || strings.Contains(f.Text.ZH+f.Text.EN, "%!") {
			wrong = append(wrong, "badly worded: "+f.Text.ZH+f.Text.EN)
		}
		wrong = append(wrong, fmt.Sprint(f.N, " ", f.Field))
	}
	return changed, wrong
}

func TestRefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	y := yearOf([]invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 8, 300), report("a", 12, 600)})
	other := listing("b", "unknown", "440600")
	other.Listing.Sector, other.Listing.Tier, other.Listing.NameZH = "x", "y", ""
	other.Listing.Start, other.Listing.Finish = day("2022-05-01"), day("2022-04-01")
	known := listing("tod-nanzhuang", roster.Continuing, chancheng)
	begun := report("a", 14, 700)
	begun.Report.Started, begun.Report.Finished = day("2022-08-01"), day("2022-07-01")
	for name, c := range map[string]struct {
		fact invest.Fact
		want []string
	}{
		"every field of a listing":      {other, []string{"0 nameZH", "0 district", "0 sector", "0 tier", "0 type", "0 finish"}},
		"a number with a space":         {listing("b c", roster.Continuing, chancheng), []string{"0 project"}},
		"another name than the roster":  {known, []string{"0 nameZH"}},
		"a listing that is changed":     {listing("a", roster.Completing, chancheng), []string{"0 reason"}},
		"a plan of no listed project":   {plan("x", 1, "2022-01-01", ""), []string{"0 project"}},
		"a plan of nothing":             {plan("a", 0, "2022-02-01", "文"), []string{"0 amount"}},
		"a plan of another year":        {plan("a", 1, "2021-12-31", "文"), []string{"0 from"}},
		"an adjustment without ground":  {plan("a", 1500, "2022-07-01", ""), []string{"0 ground"}},
		"a plan that is overwritten":    {plan("a", 1500, "2022-01-01", ""), []string{"0 reason"}},
		"a figure of the future":        {report("a", 15, 700), []string{"0 period"}},
		"a figure of no period":         {report("a", 25, 700), []string{"0 period"}},
		"a negative figure":             {because(report("a", 14, -1), "因"), []string{"0 done"}},
		"too large a figure":            {report("a", 14, invest.MaxMoney+1), []string{"0 done"}},
		"a correction without reason":   {report("a", 12, 650), []string{"0 reason"}},
		"a reduction without reason":    {report("a", 14, 599), []string{"0 reason"}},
		"more than is reported later":   {report("a", 10, 601), []string{"0 reason"}},
		"days that cannot be":           {begun, []string{"0 started", "0 finished"}},
		"neither listing, plan, report": {invest.Fact{}, []string{"0 "}},
	} {
		changed, wrong := check(y, "", c.fact)
		if diff := cmp.Diff(c.want, wrong); diff != "" || len(changed) > 0 {
			t.Errorf("%s: %s, changed %v", name, diff, changed)
		}
	}
}

func TestWhatIsThereAlreadyChangesNothing(t *testing.T) {
	t.Parallel()
	facts := []invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 8, 300)}
	if changed, wrong := check(yearOf(), "", facts...); len(changed) != 3 || wrong != nil {
		t.Errorf("entered first: %v %v", changed, wrong)
	}
	if changed, wrong := check(yearOf(facts), "", facts...); changed != nil || wrong != nil {
		t.Errorf("entered again: %v %v", changed, wrong)
	}
	more := append(slices.Clone(facts), report("a", 10, 400))
	if changed, wrong := check(yearOf(facts), "", more...); !slices.Equal(changed, []int{3}) || wrong != nil {
		t.Errorf("with one more: %v %v", changed, wrong)
	}
}

func TestTheSameTwiceInOneBatchIsRefused(t *testing.T) {
	t.Parallel()
	_, wrong := check(yearOf(), "", listing("a", roster.Continuing, chancheng), listing("a", roster.Continuing, chancheng), plan("a", 1, "2022-01-01", ""), report("a", 8, 300), report("a", 8, 400))
	if diff := cmp.Diff([]string{"1 project", "4 period", "4 reason"}, wrong); diff != "" {
		t.Error(diff)
	}
}

func TestAReasonLetsAChangeThrough(t *testing.T) {
	t.Parallel()
	y := yearOf([]invest.Fact{listing("a", roster.Continuing, chancheng), plan("a", 1000, "2022-01-01", ""), report("a", 12, 600)})
	if changed, wrong := check(y, "审计核减", listing("a", roster.Completing, chancheng), plan("a", 900, "2022-01-01", ""), report("a", 12, 550)); len(changed) != 3 || wrong != nil {
		t.Errorf("with a reason: %v %v", changed, wrong)
	}
	if changed, wrong := check(y, "", because(report("a", 14, 550), "审计核减")); len(changed) != 1 || wrong != nil {
		t.Errorf("with a reason of its own: %v %v", changed, wrong)
	}
}

// TestAnyHistoryAddsUp: groups sum to the whole, and batches one by one make the same
// year as all at once.
func TestAnyHistoryAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var facts []invest.Fact
		for n := range rapid.IntRange(1, 12).Draw(t, "projects") {
			id := fmt.Sprint("p", n)
			facts = append(facts, listing(id, rapid.SampledFrom([]roster.ProjectType{roster.NewStart, roster.Continuing}).Draw(t, "type"), rapid.SampledFrom([]roster.DistrictCode{"440604", "440605"}).Draw(t, "district")))
			if rapid.Bool().Draw(t, "planned") {
				facts = append(facts, plan(id, invest.Money(rapid.Int64Range(1, int64(invest.MaxMoney)).Draw(t, "plan")), "2022-01-01", ""))
			}
			for range rapid.IntRange(0, 3).Draw(t, "reports") {
				facts = append(facts, report(id, rapid.IntRange(1, 24).Draw(t, "half"), invest.Money(rapid.Int64Range(0, int64(invest.MaxMoney)).Draw(t, "done"))))
			}
		}
		p := invest.Period{Year: 2022, Half: rapid.IntRange(1, 24).Draw(t, "at")}
		red := func(id roster.ProjectID) bool { return id[1]%2 == 0 }
		var single [][]invest.Fact
		for _, f := range facts {
			single = append(single, []invest.Fact{f})
		}
		rows := yearOf(facts).Rows(p, red)
		if diff := cmp.Diff(rows, yearOf(single...).Rows(p, red)); diff != "" {
			t.Fatal(diff)
		}
		all := invest.Sum("", rows, p)
		if all.Counted+all.Silent+all.Unplanned != all.Projects {
			t.Fatalf("of %d projects %d count, %d are silent, %d without plan", all.Projects, all.Counted, all.Silent, all.Unplanned)
		}
		for _, d := range invest.Dimensions() {
			sum := invest.Line{HasCompletion: all.HasCompletion, Completion: all.Completion, Lead: all.Lead}
			for _, l := range invest.By(d, rows, p) {
				sum.Projects, sum.Counted, sum.Plan, sum.Done = sum.Projects+l.Projects, sum.Counted+l.Counted, sum.Plan+l.Plan, sum.Done+l.Done
				sum.Carried, sum.Silent, sum.SilentPlan, sum.Unplanned = sum.Carried+l.Carried, sum.Silent+l.Silent, sum.SilentPlan+l.SilentPlan, sum.Unplanned+l.Unplanned
				sum.Red, sum.Held, sum.HeldUnknown, sum.OnSchedule = sum.Red+l.Red, sum.Held+l.Held, sum.HeldUnknown+l.HeldUnknown, sum.OnSchedule+l.OnSchedule
			}
			if diff := cmp.Diff(all, sum); diff != "" {
				t.Fatalf("by %s: %s", d, diff)
			}
		}
	})
}
