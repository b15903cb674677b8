package oversight_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

var (
	rules  = approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	monday = calendar.MustParse("2026-03-09")
)

// noon is in the middle of a day.
func noon(d calendar.Date) time.Time { return d.Start().Add(12 * time.Hour) }

// due is an open sign-off of the water bureau, received on Monday and due the Monday after.
func due() approval.SignOff {
	return approval.SignOff{
		N: 1, Matter: "river_works", Department: "cc-water", State: approval.Open, Light: approval.Green,
		OpenedAt: noon(monday), AcceptedAt: noon(monday), Due: approval.Due{On: monday.Add(7)},
	}
}

func issue(signOffs ...approval.SignOff) *approval.Issue {
	for k := range signOffs {
		signOffs[k].N = k + 1
	}
	return &approval.Issue{
		ID: "i", Status: approval.InSignOff, Project: "fenjiang-west-bank", Branch: "branch-fenjiang", District: "440604",
		RaisedBy: approval.Actor{Person: "fenjiang-secretary"}, SignOffs: signOffs,
	}
}

func duty(state approval.DutyState) approval.Duty {
	return approval.Duty{State: state, Term: approval.Term{What: "补齐", By: monday.Add(2), Checker: "cc-water"}}
}

func keys(all []oversight.Warning) (keys []string) {
	for _, w := range all {
		keys = append(keys, w.Key)
	}
	return keys
}

func TestWarningsOfAnIssueComeFromItsFacts(t *testing.T) {
	t.Parallel()
	with := func(change func(*approval.SignOff)) approval.SignOff {
		s := due()
		change(&s)
		return s
	}
	asked := with(func(s *approval.SignOff) { s.Request = &approval.Request{At: noon(monday)} })
	extended := with(func(s *approval.SignOff) {
		s.Extension = &approval.Extension{Answer: approval.ExtensionGranted, AnsweredAt: noon(monday)}
	})
	refused := with(func(s *approval.SignOff) { s.Extension = &approval.Extension{Answer: approval.ExtensionRefused} })
	claimed := with(func(s *approval.SignOff) { s.Assignee, s.ClaimedAt = "cc-water-officer-1", noon(monday) })
	for name, c := range map[string]struct {
		issue *approval.Issue
		today calendar.Date
		want  []string
	}{
		"nothing":                {issue(due()), monday, nil},
		"the last day":           {issue(due()), monday.Add(7), nil},
		"yellow":                 {issue(with(func(s *approval.SignOff) { s.Light = approval.Yellow })), monday.Add(7), []string{"near_due:1:2026-03-16"}},
		"a day late":             {issue(due()), monday.Add(8), []string{"overdue:1:2026-03-16"}},
		"decided":                {issue(with(func(s *approval.SignOff) { s.State = approval.Granted })), monday.Add(30), nil},
		"claimed three days ago": {issue(claimed), monday.Add(3), nil},
		"claimed four days ago":  {issue(claimed), monday.Add(4), []string{"untouched:1:2026-03-09"}},
		"asked since":            {issue(with(func(s *approval.SignOff) { *s = claimed; s.Request = &approval.Request{At: noon(monday.Add(2))} })), monday.Add(4), nil},
		"one supplement":         {issue(asked, due()), monday, nil},
		"two supplements":        {issue(asked, asked), monday, []string{"supplements:2:2"}},
		"two extensions":         {issue(extended, extended), monday, []string{"extensions:2:2"}},
		"an extension refused":   {issue(extended, refused), monday, nil},
		"a duty in time": {issue(with(func(s *approval.SignOff) {
			s.State = approval.Granted
			s.Duties = []approval.Duty{duty(approval.DutyOpen)}
		})), monday.Add(3), nil},
		"a duty missed": {issue(with(func(s *approval.SignOff) {
			s.State = approval.Granted
			s.Duties = []approval.Duty{duty(approval.DutyMet), duty(approval.DutyMissed)}
		})), monday.Add(3), []string{"missed_duty:1:2:2026-03-11"}},
		"claimed by who raised it": {issue(with(func(s *approval.SignOff) { s.Assignee, s.ClaimedAt = "fenjiang-secretary", noon(monday) })), monday, []string{"interest:1:fenjiang-secretary"}},
		"a substitute of the raiser": {issue(with(func(s *approval.SignOff) {
			s.State = approval.Granted
			s.Decision = &approval.Decision{By: approval.Actor{Person: "cc-water-officer-2", For: "fenjiang-secretary"}, At: noon(monday)}
		})), monday, []string{"interest:1:fenjiang-secretary"}},
	} {
		got := oversight.OfIssue(rules, c.issue, c.today)
		if !slices.Equal(keys(got), c.want) {
			t.Errorf("%s: %v, want %v", name, keys(got), c.want)
		}
		for _, w := range got {
			if w.Text.ZH == "" || w.Text.EN == "" || strings.Contains(w.Text.ZH+w.Text.EN, "%!") || w.Since.IsZero() || w.Department != "cc-water" || w.Branch != "branch-fenjiang" {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
}

// changed is the roster of the demonstration with passages written otherwise.
func changed(t *testing.T, pairs ...string) *roster.Roster {
	t.Helper()
	text, err := os.ReadFile("../roster/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k < len(pairs); k += 2 {
		if !bytes.Contains(text, []byte(pairs[k])) {
			t.Fatalf("the roster does not hold %q", pairs[k])
		}
		text = bytes.Replace(text, []byte(pairs[k]), []byte(pairs[k+1]), 1)
	}
	r, err := roster.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWarningsOfTheRegisterComeFromPostsAndTerms(t *testing.T) {
	t.Parallel()
	const district = roster.DistrictCode("440604")
	of := func(r *roster.Roster, today string, kind oversight.Kind) (keys []string) {
		for _, w := range oversight.OfRoster(r, district, calendar.MustParse(today)) {
			if w.Text.ZH == "" || w.Text.EN == "" || strings.Contains(w.Text.ZH+w.Text.EN, "%!") || w.Since.IsZero() {
				t.Errorf("%+v", w)
			}
			if w.Kind == kind {
				keys = append(keys, w.Key)
			}
		}
		return keys
	}
	const post = "rotation:cc-water-officer-1:officer:cc-water:2020-03-02"
	if got := of(rules.Roster, "2025-03-02", oversight.Rotation); slices.Contains(got, post) {
		t.Error("five years to the day are not more than five")
	}
	if got := of(rules.Roster, "2025-03-03", oversight.Rotation); !slices.Contains(got, post) {
		t.Errorf("after five years: %v", got)
	}
	if got := oversight.OfRoster(rules.Roster, "440000", calendar.MustParse("2024-01-01")); len(got) != 0 {
		t.Errorf("of another area: %v", keys(got))
	}
	// The term of the branch's secretary ends on 4 January 2027.
	for today, want := range map[string]string{"2026-12-04": "", "2026-12-05": "term_ending", "2027-01-04": "term_ending", "2027-01-05": "term_over"} {
		var got []string
		for _, kind := range []oversight.Kind{oversight.TermEnding, oversight.TermOver} {
			for _, key := range of(rules.Roster, today, kind) {
				if key == string(kind)+":branch-fenjiang:2027-01-04" {
					got = append(got, string(kind))
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("on %s: %v, want %q", today, got, want)
		}
	}
	vacant := changed(t, `"secretary": "fenjiang-secretary", "termFrom": "2026-01-05", "termEnds": "2027-01-04", `, ``,
		`"posts": [{"role": "secretary", "unit": "branch-fenjiang"}]`, `"posts": [{"role": "officer", "unit": "cc-water"}]`)
	if got := of(vacant, "2026-03-09", oversight.NoSecretary); !slices.Equal(got, []string{"no_secretary:branch-fenjiang:0"}) {
		t.Errorf("a branch without a secretary: %v", got)
	}
	orphan := changed(t, `{"id": "fenjiang-west-bank",`, `{"id": "orphan", "nameZH": "泵站", "nameEN": "Pumping Station", "district": "440604", "sector": "water", "tier": "district", "type": "continuing",
		"officer": "cc-bureau-2", "source": "x"}, {"id": "fenjiang-west-bank",`)
	if got := of(orphan, "2026-03-09", oversight.NoBranch); !slices.Equal(got, []string{"no_branch:orphan"}) {
		t.Errorf("a project without a branch: %v", got)
	}
}

func TestAWarningIsSeenByWhomItConcerns(t *testing.T) {
	t.Parallel()
	w := oversight.OfIssue(rules, issue(due()), monday.Add(8))[0]
	for name, c := range map[string]struct {
		actor approval.Actor
		want  bool
	}{
		"overseer":       {approval.Actor{Role: roster.Overseer, Unit: "cc-oversight"}, true},
		"bureau":         {approval.Actor{Role: roster.Bureau, Unit: "cc-bureau"}, true},
		"general branch": {approval.Actor{Role: roster.GeneralBranch, Unit: "general-branch"}, true},
		"headquarters":   {approval.Actor{Role: roster.Headquarters, Unit: "headquarters"}, true},
		"other tier":     {approval.Actor{Role: roster.GeneralBranch, Unit: "another"}, false},
		"lead":           {approval.Actor{Role: roster.Lead, Unit: "cc-water"}, true},
		"other lead":     {approval.Actor{Role: roster.Lead, Unit: "cc-housing"}, false},
		"officer":        {approval.Actor{Role: roster.Officer, Unit: "cc-water"}, false},
		"secretary":      {approval.Actor{Role: roster.Secretary, Unit: "branch-fenjiang"}, false},
	} {
		if got := oversight.Sees(rules.Roster, &w, c.actor); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if n, ok := oversight.Find(rules, issue(due()), w.Key, monday.Add(8)); n != 1 || !ok {
		t.Error("its key is not found")
	}
	if _, ok := oversight.Find(rules, issue(due()), w.Key, monday); ok {
		t.Error("its key is found before it is overdue")
	}
}
