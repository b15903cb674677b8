package httpapi_test

import (
	"strings"
	"testing"

	"lianban/shared/roster"
)

func TestReferenceDataCarriesBothNamesAndItsOrigin(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.get(police, "/projects/tod-nanzhuang").is(200)
	if a.text("name", "zh") != "地铁2号线TOD项目（南庄）" || a.text("town", "en") != "Nanzhuang Town" || a.text("branch", "id") != "branch-tod" || a.text("district", "name", "zh") != "禅城区" {
		t.Errorf("project: %s", a.body)
	}
	w.get(police, "/projects/nowhere").problem(404, "not-found", "id")
	if got := len(w.get(police, "/projects").is(200).at("items").([]any)); got != len(roster.Demo().Projects()) {
		t.Errorf("%d projects", got)
	}
	a = w.get(police, "/departments").is(200)
	if a.text("items", 0, "assumed", "zh") == "" || a.text("items", 0, "kindName", "zh") != "发展改革" {
		t.Errorf("departments: %.400s", a.body)
	}
	a = w.get(police, "/branches").is(200)
	if a.text("items", 0, "parent", "id") != "general-branch" || a.text("items", 0, "tier", "name", "zh") != "临时党支部" {
		t.Errorf("branches: %.400s", a.body)
	}
	a = w.get(police, "/items/29").is(200)
	if a.text("prerequisites", 0, "item", "no") != "25" || a.text("limitMarkName", "zh") == "" || a.text("stageName", "en") == "" {
		t.Errorf("item: %s", a.body)
	}
	w.get(police, "/items/999").problem(404, "not-found", "no")
	a = w.get(police, "/items?q=%E6%96%BD%E5%B7%A5%E8%AE%B8%E5%8F%AF%E8%AF%81").is(200)
	if a.text("items", 0, "no") != "32" {
		t.Errorf("search: %.400s", a.body)
	}
	a = w.get(police, "/items?stage=2/3").is(200)
	if len(a.at("items").([]any)) != 1 || a.text("items", 0, "no") != "26" {
		t.Errorf("stage: %.400s", a.body)
	}
	a = w.get(police, "/matters?project=fenjiang-west-bank").is(200)
	if !strings.Contains(string(a.body), `"suggested":[{"id":"cc-traffic-police"`) {
		t.Errorf("matters: %s", a.body)
	}
}

func TestListsInMemoryComePageByPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	var seen []string
	for next := "/items?limit=20"; next != ""; {
		a := w.get(police, next).is(200)
		for k, n := 0, len(a.at("items").([]any)); k < n; k++ {
			seen = append(seen, a.text("items", k, "no"))
		}
		next = strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
	}
	if len(seen) != 43 || seen[0] != "1" || seen[42] != "43" {
		t.Errorf("items %v", seen)
	}
}

func TestTheCalendarSaysWhyADayIsWorked(t *testing.T) {
	t.Parallel()
	w := open(t)
	for date, want := range map[string][4]any{ // weekday, working, holiday, provisional
		"2026-03-02": {1.0, true, nil, false},
		"2026-03-01": {7.0, false, nil, false},
		"2026-10-01": {4.0, false, "国庆节", false},
		"2026-02-14": {6.0, true, "春节", false}, // worked in exchange
		"2030-01-02": {3.0, true, nil, true},
	} {
		a := w.get(police, "/calendar/"+date).is(200)
		if got := [4]any{a.at("weekday"), a.at("working"), a.at("holiday"), a.at("provisional")}; got != want {
			t.Errorf("%s: %v instead of %v", date, got, want)
		}
		if (a.at("notice") == nil) != (want[2] == nil) {
			t.Errorf("%s: notice %v", date, a.at("notice"))
		}
	}
}
