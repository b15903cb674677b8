package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sim/city"
)

// someYear is a small city in whose year every issue took ten working days in
// parallel and thirty one by one; a tenth are open.
func someYear(t *testing.T) Year {
	t.Helper()
	made, err := city.New(city.Plan{Seed: 5, Projects: 12, Months: 6, From: calendar.MustParse("2025-01-01"), Assumed: city.Assumed()})
	if err != nil {
		t.Fatal(err)
	}
	result := func(days int) *city.Result {
		r := &city.Result{At: made.Until - 1, Offices: map[roster.DepartmentID]*city.Office{
			"d1-housing": {Asked: 40, Answered: 38, OnTime: saving.Punctuality{ByDue: 30, Late: 8, PastDue: 2}, Used: 30, Capacity: 40},
			"d1-parks":   {Asked: 3, Answered: 3, OnTime: saving.Punctuality{ByDue: 3}, Used: 2, Capacity: 100},
		}}
		for k := range made.Arrivals {
			raised := calendar.Of(made.Arrivals[k].At)
			one := city.Case{Raised: raised, Ended: made.Calendar.After(raised, days), Ending: saving.Decided}
			took := days
			if k%10 == 0 || one.Ended >= made.Until {
				one.Ending, one.Ended, took = saving.Open, 0, made.Calendar.WorkingDays(raised, r.At)
			}
			if err := r.Span.Add(took, one.Ending, 1); err != nil {
				t.Fatal(err)
			}
			r.Cases = append(r.Cases, one)
		}
		return r
	}
	parallel := result(10)
	compared, err := city.Compare(made.Calendar, result(30), parallel, 1)
	if err != nil {
		t.Fatal(err)
	}
	return Year{City: made, Parallel: parallel, Compared: &compared, Played: &city.Played{Raised: len(made.Arrivals), Heads: "00ff", Complete: true}}
}

func render(t *testing.T, y Year, lang string) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, y, lang); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheReportNeedsNothingBesideIt(t *testing.T) {
	t.Parallel()
	y := someYear(t)
	for _, lang := range []string{"zh", "en"} {
		text := render(t, y, lang)
		if found := regexp.MustCompile(`(?:src|href)=|url\(|@import|https?://|<script`).FindString(text); found != "" {
			t.Errorf("%s: it refers to something outside: %q", lang, found)
		}
		if strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "%!") || strings.Contains(text, "NaN") {
			t.Errorf("%s: something in it could not be written", lang)
		}
		if lang == "en" {
			if found := regexp.MustCompile(`\p{Han}+`).FindString(text); found != "" {
				t.Errorf("the English report has %q", found)
			}
		}
	}
}

func TestTheReportSaysThatItIsMadeUpAndOnHowManyCasesItRests(t *testing.T) {
	t.Parallel()
	y := someYear(t)
	text := render(t, y, "en")
	for _, want := range []string{
		"No figure here says anything of a real office", fmt.Sprintf("in parallel, n=%d", y.Compared.Parallel.N), "95% interval", "75.0% (30/40)",
		"fewer than ten are left out:", "00ff",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if strings.Contains(text, "Parks and greening") {
		t.Error("a department with three answers is shown")
	}
	if !strings.Contains(render(t, y, "zh"), "本报告的数字不反映任何真实单位") {
		t.Error("the Chinese report does not say that it is made up")
	}
}

func TestAReportOfOneWayComparesNothing(t *testing.T) {
	t.Parallel()
	y := someYear(t)
	y.Compared = nil
	if text := render(t, y, "en"); strings.Contains(text, "One by one") {
		t.Error("it compares with nothing")
	}
}

// TestEveryAssumptionIsListed fails when a number is added that the report leaves out.
func TestEveryAssumptionIsListed(t *testing.T) {
	t.Parallel()
	a := city.Assumed()
	if got, want := len(assumptions(&a)), reflect.TypeFor[city.Assumptions]().NumField(); got != want {
		t.Errorf("%d assumptions are listed, there are %d", got, want)
	}
	seen := map[string]bool{}
	for _, one := range assumptions(&a) {
		if one.Name.ZH == "" || one.Name.EN == "" || seen[one.Name.EN] {
			t.Errorf("%+v is not named, or twice", one)
		}
		seen[one.Name.EN] = true
	}
}

// TestTheSurvivalCurveIsDrawnAsItIs reads the drawing back.
func TestTheSurvivalCurveIsDrawnAsItIs(t *testing.T) {
	t.Parallel()
	var h saving.Histogram
	for days, n := range map[int]int{10: 5, 20: 5} {
		if err := h.Add(days, saving.Decided, n); err != nil {
			t.Fatal(err)
		}
	}
	s := scale{20, 1}
	got := steps("x", saving.Survive(h), s)
	want := strings.Join([]string{"M" + s.at(0, 1), "L" + s.at(10, 1), "L" + s.at(10, 0.5), "L" + s.at(20, 0.5), "L" + s.at(20, 0), "L" + s.at(20, 0)}, " ")
	if got.Path != want {
		t.Errorf("drawn %s\nwant  %s", got.Path, want)
	}
}

func TestTheDrawingsAreWellFormed(t *testing.T) {
	t.Parallel()
	text := render(t, someYear(t), "zh")
	drawings := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(text, -1)
	if len(drawings) < 3 {
		t.Fatalf("%d drawings", len(drawings))
	}
	for _, d := range drawings {
		var any struct {
			XMLName xml.Name `xml:"svg"`
		}
		if err := xml.Unmarshal([]byte(d), &any); err != nil {
			t.Errorf("%v in %.120s", err, d)
		}
	}
}
