package oversight_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

// asked are acts on one item, each in an issue of its own, so many days after Monday.
func asked(kind approval.LengtheningKind, department roster.DepartmentID, days ...int) (acts []approval.Lengthening) {
	for k, day := range days {
		acts = append(acts, approval.Lengthening{
			Issue: approval.IssueID(fmt.Sprint("i", k+1)), Seq: int64(4 + k), Kind: kind, Area: "440604", Department: department, Item: 24, SignOff: 1, Round: 1, At: noon(monday.Add(day)),
		})
	}
	return acts
}

func TestRepetitionIsCountedOverIssuesAndRoundsByDepartmentAndItem(t *testing.T) {
	t.Parallel()
	supplement, extension := approval.BySupplement, approval.ByExtension
	with := func(acts []approval.Lengthening, change func(a *approval.Lengthening)) []approval.Lengthening {
		change(&acts[len(acts)-1])
		return acts
	}
	for name, c := range map[string]struct {
		acts  []approval.Lengthening
		today int
		want  []string
	}{
		"nothing":               {nil, 0, nil},
		"twice":                 {asked(supplement, "cc-water", 0, 1), 2, nil},
		"three times":           {asked(supplement, "cc-water", 0, 1, 2), 2, []string{"supplements:cc-water:24::i3:6"}},
		"a fourth time":         {asked(supplement, "cc-water", 0, 1, 2, 3), 3, []string{"supplements:cc-water:24::i4:7"}},
		"the 90th day":          {asked(supplement, "cc-water", 0, 1, 2), 89, []string{"supplements:cc-water:24::i3:6"}},
		"the 91st day":          {asked(supplement, "cc-water", 0, 1, 2), 90, nil},
		"extensions":            {asked(extension, "cc-water", 0, 0, 0), 0, []string{"extensions:cc-water:24::i3:6"}},
		"of both kinds":         {append(asked(extension, "cc-water", 0, 0), asked(supplement, "cc-water", 0)...), 0, nil},
		"of two departments":    {append(asked(supplement, "cc-water", 0, 0), asked(supplement, "cc-housing", 0)...), 0, nil},
		"of another item":       {with(asked(supplement, "cc-water", 0, 0, 0), func(a *approval.Lengthening) { a.Item = 25 }), 0, nil},
		"of a matter":           {with(asked(supplement, "cc-water", 0, 0, 0), func(a *approval.Lengthening) { a.Item, a.Matter = 0, "river_works" }), 0, nil},
		"rounds of one issue":   {with(asked(supplement, "cc-water", 0, 1, 2), func(a *approval.Lengthening) { a.Issue, a.Round = "i1", 2 }), 2, []string{"supplements:cc-water:24::i1:6"}},
		"an unknown department": {asked(supplement, "gone", 0, 0, 0), 0, nil},
	} {
		got := oversight.OfDepartments(rules, c.acts, monday.Add(c.today))
		if !slices.Equal(keys(got), c.want) {
			t.Errorf("%s: %v, want %v", name, keys(got), c.want)
		}
		for _, w := range got {
			if w.Text.ZH == "" || w.Text.EN == "" || strings.Contains(w.Text.ZH+w.Text.EN, "%!") || w.Since.IsZero() || w.Department != "cc-water" || w.SignOff != 0 || w.Branch != "" {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
}

func TestRepetitionGoesOnWithWhoTookTheDepartmentOver(t *testing.T) {
	t.Parallel()
	merged, err := roster.Demo().With(monday.Add(2), roster.Change{Reorganise: &roster.Reorganisation{
		New:      []roster.Department{{ID: "cc-water-parks", Kind: roster.Water, District: "440604", NameZH: "禅城区水务园林局", NameEN: "Chancheng Water and Parks Bureau", Origin: roster.Origin{Source: "x"}}},
		Passages: []roster.Passage{{From: "cc-water", To: "cc-water-parks"}, {From: "cc-parks", To: "cc-water-parks"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := rules
	r.Roster = merged
	acts := append(asked(approval.BySupplement, "cc-water", 0, 1), asked(approval.BySupplement, "cc-water-parks", 3)...)
	got := oversight.OfDepartments(r, acts, monday.Add(3))
	if !slices.Equal(keys(got), []string{"supplements:cc-water-parks:24::i1:4"}) || !strings.Contains(got[0].Text.ZH, "近 90 天内，禅城区水务园林局办理") || !strings.Contains(got[0].Text.ZH, "已 3 次要求补正，涉及 2 个问题。") {
		t.Errorf("%+v", got)
	}
	if got := oversight.Lately(monday); got != monday.Add(-89) || calendar.Of(noon(got)) != got {
		t.Errorf("counted from %s", got)
	}
}
