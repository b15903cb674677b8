package vitality_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/vitality"
)

// of are so many cases, of which some are met.
func of(met, all int) (cases []vitality.Case) {
	for n := range all {
		cases = append(cases, vitality.Case{Issue: "i", SignOff: n + 1, Met: n < met})
	}
	return cases
}

// Four indicators weigh 15 + 20 + 15 + 10 = 60: their full points are 25, 33.33, 25 and
// 16.67, which got the hundredth that rounding left. Four of five, one of two, three of four
// and two of three make 20 + 16.66 + 18.75 + 11.11.
func TestPointsAreTheSharesMetOfTheWeightsOfThoseThatHaveCases(t *testing.T) {
	t.Parallel()
	got := vitality.Published.Rate(vitality.Facts{
		vitality.Raised: of(4, 5), vitality.Supplements: of(1, 2), vitality.Closed: of(3, 4), vitality.Rated: of(2, 3),
	})
	type line struct {
		code         vitality.Code
		full, points string
	}
	var lines []line
	for _, s := range got.Scores {
		lines = append(lines, line{s.Code, s.Full.String(), s.Points.String()})
	}
	if diff := cmp.Diff([]line{
		{"raised", "25.00", "20.00"},
		{"supplements", "33.33", "16.66"},
		{"duties", "0.00", "0.00"},
		{"urges", "0.00", "0.00"},
		{"rulings", "0.00", "0.00"},
		{"closed", "25.00", "18.75"},
		{"rated", "16.67", "11.11"},
	}, lines, cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if got.Points.String() != "66.52" || got.Stars != 2 || got.Cases != 14 || got.Basis != 60 {
		t.Errorf("the index is %s points, %d stars, on %d cases that weigh %d", got.Points, got.Stars, got.Cases, got.Basis)
	}
}

func TestTooFewCasesOrTooLittleWeightIsNoRating(t *testing.T) {
	t.Parallel()
	for name, facts := range map[string]vitality.Facts{
		"nothing":        {},
		"nine cases":     {vitality.Raised: of(3, 3), vitality.Supplements: of(3, 3), vitality.Duties: of(3, 3)},
		"a weight of 40": {vitality.Raised: of(20, 20), vitality.Closed: of(20, 20), vitality.Rated: of(20, 20)},
	} {
		if got := vitality.Published.Rate(facts); got.Rated() || got.Points != 0 || slices.ContainsFunc(got.Scores, func(s vitality.Score) bool { return s.Points != 0 }) {
			t.Errorf("%s: %s points, %d stars", name, got.Points, got.Stars)
		}
	}
	if got := vitality.Published.Rate(vitality.Facts{vitality.Raised: of(0, 4), vitality.Supplements: of(0, 3), vitality.Duties: of(0, 3)}); got.Stars != 1 || got.Points != 0 {
		t.Errorf("ten cases of which none is met: %s points, %d stars", got.Points, got.Stars)
	}
}

func facts(t *rapid.T) vitality.Facts {
	f := vitality.Facts{}
	for _, c := range vitality.Codes() {
		all := rapid.IntRange(0, 12).Draw(t, string(c))
		f[c] = of(rapid.IntRange(0, all).Draw(t, string(c)+" met"), all)
	}
	return f
}

func TestAnIndexIsTheSumOfItsPointsAndFullPointsAreAHundred(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got := vitality.Published.Rate(facts(t))
		full, points := vitality.Hundredths(0), vitality.Hundredths(0)
		for _, s := range got.Scores {
			full += s.Full
			points += s.Points
			if s.Points < 0 || s.Points > s.Full || len(s.Cases) == 0 && s.Full != 0 {
				t.Errorf("%s has %s of %s points on %d cases", s.Code, s.Points, s.Full, len(s.Cases))
			}
		}
		if points != got.Points || got.Basis > 0 && full != 10000 {
			t.Errorf("%s points of %s come to %s", got.Points, full, points)
		}
		if want := min(5, max(1, int(got.Points)/1000-4)); got.Rated() && got.Stars != want {
			t.Errorf("%s points are %d stars, not %d", got.Points, got.Stars, want)
		}
	})
}

func TestMoreMetIsNeverFewerPoints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := facts(t)
		before := vitality.Published.Rate(f)
		c := rapid.SampledFrom(vitality.Codes()).Draw(t, "indicator")
		if len(f[c]) == 0 {
			return
		}
		f[c] = slices.Clone(f[c])
		if k := slices.IndexFunc(f[c], func(x vitality.Case) bool { return !x.Met }); k >= 0 && rapid.Bool().Draw(t, "one that was not") {
			f[c][k].Met = true
		} else {
			f[c] = append(f[c], vitality.Case{Issue: "j", Met: true})
		}
		if after := vitality.Published.Rate(f); after.Points < before.Points || after.Stars < before.Stars {
			t.Errorf("one more %s was met, and %s points, %d stars became %s, %d", c, before.Points, before.Stars, after.Points, after.Stars)
		}
	})
}

func TestTheTablesAreWholeOrRefused(t *testing.T) {
	t.Parallel()
	if got := len(vitality.Published.Indicators); got != len(vitality.Codes()) {
		t.Errorf("%d indicators are published", got)
	}
	row := func(code, weight string) string {
		return strings.Join([]string{code, weight, "", "名", "n", "项", "o", "是", "m", "assumed"}, "\t") + "\n"
	}
	head := "code\tweight\tdays\tname_zh\tname_en\tof_zh\tof_en\tmet_zh\tmet_en\tsource\n"
	whole := head
	for k, c := range vitality.Codes() {
		whole += row(string(c), []string{"40", "10", "10", "10", "10", "10", "10"}[k])
	}
	stars := "stars\tfrom\tsource\n5\t90\tassumed\n4\t80\tassumed\n3\t70\tassumed\n2\t60\tassumed\n1\t0\tassumed\n"
	if _, err := vitality.Load(whole, stars); err != nil {
		t.Errorf("a sound table is refused: %v", err)
	}
	for name, c := range map[string]struct{ indicators, stars, says string }{
		"weights":   {strings.Replace(whole, "\t40\t", "\t41\t", 1), stars, "sum to 101"},
		"unknown":   {strings.Replace(whole, "rated", "manual", 1), stars, "rated stands 0 times"},
		"no source": {strings.Replace(whole, "assumed", "", 1), stars, "names no source"},
		"a tongue":  {strings.Replace(whole, "\t名\t", "\t\t", 1), stars, "both languages"},
		"columns":   {strings.Replace(whole, "weight", "points", 1), stars, "does not name the columns"},
		"levels":    {whole, strings.Replace(stars, "80", "95", 1), "levels go down"},
		"floor":     {whole, strings.Replace(stars, "1\t0", "1\t10", 1), "one star is from 0 points"},
	} {
		if _, err := vitality.Load(c.indicators, c.stars); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// at is nine in the morning of a day in Shanghai.
func at(day string) time.Time { return calendar.MustParse(day).Start().Add(9 * time.Hour) }

// The first half of 2026, looked at on 1 June. Every case that is one, and beside it what
// is none: of another period, or not decided yet.
func TestCasesAreWhatTheRecordSays(t *testing.T) {
	t.Parallel()
	day := calendar.MustParse
	request := func(by, answered string) *approval.Request {
		r := &approval.Request{AnswerBy: day(by)}
		if answered != "" {
			r.AnsweredAt = at(answered)
		}
		return r
	}
	duty := func(by string, state approval.DutyState, reported, settled string) approval.Duty {
		d := approval.Duty{Term: approval.Term{By: day(by)}, State: state}
		if reported != "" {
			d.Report = &approval.Word{At: at(reported)}
		}
		if settled != "" {
			d.SettledAt = at(settled)
		}
		return d
	}
	due := func(n int, on, decided string, urges int) approval.SignOff {
		s := approval.SignOff{N: n, State: approval.Open, Due: approval.Due{On: day(on)}, Urges: urges}
		if decided != "" {
			s.State, s.DecidedAt = approval.Granted, at(decided)
		}
		return s
	}
	ruled := func(n int, o approval.Outcome, on string) approval.SignOff {
		return approval.SignOff{N: n, State: approval.Granted, Ruling: &approval.Ruling{Outcome: o, At: at(on)}}
	}
	tolerated := due(6, "2026-04-10", "2026-04-13", 0)
	tolerated.Tolerance = &approval.Tolerance{Of: approval.OverrunTolerated, Answer: approval.ToleranceConfirmed}
	issues := []approval.Issue{
		// 2 to 9 March 2026 are five working days, 2 to 10 March six.
		{ID: "prompt", Status: approval.InSignOff, CreatedAt: at("2026-03-02"), RaisedAt: at("2026-03-09"), Whole: approval.Due{On: day("2026-06-01")}},
		{ID: "slow", Status: approval.InSignOff, CreatedAt: at("2026-03-02"), RaisedAt: at("2026-03-10"), Whole: approval.Due{On: day("2026-05-29")}},
		{ID: "last-year", Status: approval.Confirmed, CreatedAt: at("2025-11-03"), RaisedAt: at("2025-11-03"), ConcludedAt: at("2025-12-01"), ConfirmedAt: at("2026-03-02"), Rating: &approval.Rating{Stars: 5}},
		{ID: "draft", Status: approval.Draft, CreatedAt: at("2026-03-02")},
		{ID: "pulled", Status: approval.Withdrawn, CreatedAt: at("2025-12-01"), RaisedAt: at("2025-12-01"), ConcludedAt: at("2026-02-02"), Whole: approval.Due{On: day("2026-01-05")}},
		// 11 to 18 May 2026 are five working days.
		{ID: "rated", Status: approval.Confirmed, RaisedAt: at("2025-12-01"), ConcludedAt: at("2026-05-11"), ConfirmedAt: at("2026-05-18"), Rating: &approval.Rating{Stars: 1}},
		{ID: "rated-late", Status: approval.Confirmed, RaisedAt: at("2025-12-01"), ConcludedAt: at("2026-05-11"), ConfirmedAt: at("2026-05-19"), Rating: &approval.Rating{Stars: 5}},
		{ID: "unrated", Status: approval.Concluded, RaisedAt: at("2025-12-01"), ConcludedAt: at("2026-05-11")},
		{ID: "just-ended", Status: approval.Concluded, RaisedAt: at("2025-12-01"), ConcludedAt: at("2026-05-28")},
		{ID: "papers", Status: approval.InSignOff, RaisedAt: at("2025-12-01"), SignOffs: []approval.SignOff{
			{N: 1, Request: request("2026-04-10", "2026-04-10")},
			{N: 2, Request: request("2026-04-10", "2026-04-13")},
			{N: 3, Request: request("2026-06-10", "")},
			{N: 4, Request: request("2026-06-10", "2026-05-20"), Earlier: []approval.Attempt{{Request: request("2026-04-10", "")}, {Request: request("2025-12-10", "")}}},
		}},
		{ID: "promises", Status: approval.InSignOff, RaisedAt: at("2025-12-01"), SignOffs: []approval.SignOff{
			{N: 1, Duties: []approval.Duty{duty("2026-04-10", approval.DutyMet, "2026-04-10", "2026-04-20"), duty("2026-04-10", approval.DutyMet, "2026-04-13", "2026-04-20"), duty("2026-04-10", approval.DutyMissed, "2026-04-09", "")}},
			{N: 2, Duties: []approval.Duty{duty("2026-04-10", approval.DutyLapsed, "", "2026-04-01"), duty("2026-05-29", approval.DutyMissed, "", ""), duty("2026-06-01", approval.DutyOpen, "", "")}},
			{N: 3, Earlier: []approval.Attempt{{Duties: []approval.Duty{duty("2026-05-29", approval.DutyRevoked, "2026-05-20", "2026-05-25")}}}},
		}},
		{ID: "overdue", Status: approval.InSignOff, RaisedAt: at("2025-12-01"), SignOffs: []approval.SignOff{
			due(1, "2026-05-29", "", 2), due(2, "2026-06-01", "", 1), due(3, "2026-04-10", "2026-04-13", 0), due(4, "2026-04-10", "2026-04-10", 1), due(5, "2025-12-31", "", 1), tolerated,
		}},
		{ID: "disputed", Status: approval.InSignOff, RaisedAt: at("2025-12-01"), SignOffs: []approval.SignOff{
			ruled(1, approval.SetAside, "2026-04-10"), ruled(2, approval.Uphold, "2026-04-10"), ruled(3, approval.Revise, "2026-04-10"), ruled(4, approval.SetAside, "2025-12-10"),
		}},
	}
	got := vitality.Published.Count(calendar.China(), issues, vitality.Span{From: day("2026-01-01"), To: day("2026-06-30"), Today: day("2026-06-01")})
	if diff := cmp.Diff(vitality.Facts{
		vitality.Raised:      {{"prompt", 0, true}, {"slow", 0, false}},
		vitality.Closed:      {{"slow", 0, false}, {"rated", 0, true}, {"rated-late", 0, true}, {"unrated", 0, true}, {"just-ended", 0, true}},
		vitality.Rated:       {{"rated", 0, true}, {"rated-late", 0, false}, {"unrated", 0, false}},
		vitality.Supplements: {{"papers", 1, true}, {"papers", 2, false}, {"papers", 4, true}, {"papers", 4, false}},
		vitality.Duties:      {{"promises", 1, true}, {"promises", 1, false}, {"promises", 2, false}, {"promises", 3, false}},
		vitality.Urges:       {{"overdue", 1, true}, {"overdue", 3, false}},
		vitality.Rulings:     {{"disputed", 1, true}, {"disputed", 2, false}, {"disputed", 3, true}},
	}, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}
