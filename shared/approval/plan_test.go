package approval_test

import (
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

const district = "440604"

func TestPlanNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	police := approval.Party{Matter: "traffic_diversion", Department: "cc-traffic-police"}
	for _, c := range []struct {
		name     string
		petition approval.Petition
		field    string
	}{
		{"NothingAskedFor", approval.Petition{}, "items"},
		{"UnknownItem", approval.Petition{Items: []catalog.ItemNo{24, 99}}, "items[1]"},
		{"ItemTwice", approval.Petition{Items: []catalog.ItemNo{24, 25, 24}}, "items[2]"},
		{"CommitmentNotAmongItems", approval.Petition{Items: []catalog.ItemNo{24}, Commitments: []catalog.ItemNo{25}}, "commitments[0]"},
		{"CommitmentNotAllowed", approval.Petition{Items: []catalog.ItemNo{24, 8}, Commitments: []catalog.ItemNo{24, 8}}, "commitments[1]"},
		{"CommitmentTwice", approval.Petition{Items: []catalog.ItemNo{24}, Commitments: []catalog.ItemNo{24, 24}}, "commitments[1]"},
		{"UnknownMatter", approval.Petition{Parties: []approval.Party{police, {Matter: "none", Department: "cc-water"}}}, "parties[1].matter"},
		{"UnknownDepartment", approval.Petition{Parties: []approval.Party{{Matter: "river_works", Department: "none"}}}, "parties[0].department"},
		{"DepartmentThatDecidesNothing", approval.Petition{Parties: []approval.Party{{Matter: "river_works", Department: "cc-bureau"}}}, "parties[0].department"},
		{"OverseersAsAParty", approval.Petition{Parties: []approval.Party{{Matter: "river_works", Department: "cc-oversight"}}}, "parties[0].department"},
		{"PartyTwice", approval.Petition{Parties: []approval.Party{police, police}}, "parties[1]"},
		{"FortyOneSignOffs", parties(41), "items"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			signOffs, err := rules.Plan(district, c.petition, calendar.Of(monday))
			e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
			if !ok || e.Kind != approval.Invalid || e.Field != c.field {
				t.Fatalf("%d sign-offs, %v; want Invalid at %s", len(signOffs), err, c.field)
			}
			if e.Text.ZH == "" || e.Text.EN == "" || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
				t.Errorf("broken sentence: %+v", e.Text)
			}
		})
	}
}

func TestPlanLeavesTheDepartmentOpenWhereNobodyIsCompetent(t *testing.T) {
	t.Parallel()
	signOffs, err := rules.Plan("999999", approval.Petition{Items: []catalog.ItemNo{24}}, calendar.Of(monday))
	if err != nil || len(signOffs) != 1 || !signOffs[0].Unowned() {
		t.Fatalf("a district without competences answers %+v, %v", signOffs, err)
	}
}

func TestFortySignOffsAreFineAndFortyOneAreAClearError(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(40)).route()
	if g.issue.Count.Open != 40 {
		t.Errorf("%d of forty sign-offs are open", g.issue.Count.Open)
	}
	p := parties(41)
	err := newGame(t).do(secretary, approval.Raise{Petition: &p})
	e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
	if !ok || e.Kind != approval.Invalid || !strings.Contains(e.Text.EN, "40") || !strings.Contains(e.Text.EN, "41") || !strings.Contains(e.Text.ZH, "拆成") {
		t.Errorf("41 sign-offs answer %v", err)
	}
}

func TestPetitionsAreCheckedFieldByField(t *testing.T) {
	t.Parallel()
	with := func(change func(*approval.Petition)) approval.Petition {
		p := chain()
		change(&p)
		return p
	}
	for _, c := range []struct {
		name     string
		petition approval.Petition
		field    string
	}{
		{"UnknownProject", with(func(p *approval.Petition) { p.Project = "none" }), "project"},
		{"NoTitle", with(func(p *approval.Petition) { p.Title = "  " }), "title"},
		{"LongTitle", with(func(p *approval.Petition) { p.Title = strings.Repeat("长", 121) }), "title"},
		{"LongBody", with(func(p *approval.Petition) { p.Body = strings.Repeat("长", 4001) }), "body"},
		{"BrokenText", with(func(p *approval.Petition) { p.Body = "\xff" }), "body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := newGame(t).do(secretary, approval.Raise{Petition: &c.petition})
			e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
			if !ok || e.Kind != approval.Invalid || e.Field != c.field {
				t.Fatalf("answers %v; want Invalid at %s", err, c.field)
			}
		})
	}
	t.Run("ADraftMayLackATitleAndSignOffs", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.must(secretary, approval.Save{Petition: approval.Petition{Project: "fenjiang-west-bank"}})
		g.refused(secretary, approval.Raise{}, approval.Invalid)
		p := chain()
		g.must(secretary, approval.Raise{Petition: &p})
	})
	t.Run("ADraftCannotMoveToAnotherBranch", func(t *testing.T) {
		t.Parallel()
		g := newGame(t)
		g.must(secretary, approval.Save{Petition: chain()})
		g.refused(secretary, approval.Save{Petition: with(func(p *approval.Petition) { p.Project = "u-valley" })}, approval.Invalid)
	})
}

func TestPrerequisitesFollowTheCatalogue(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain())
	want := [][]int{nil, {1}, {2}, {2}, nil, nil}
	for k, s := range g.issue.SignOffs {
		if !slices.Equal(s.Requires, want[k]) {
			t.Errorf("sign-off %d requires %v, want %v", s.N, s.Requires, want[k])
		}
	}
	g.route()
	g.want(approval.Open, approval.Waiting, approval.Waiting, approval.Waiting, approval.Open, approval.Open)
	g.grant(1)
	g.want(approval.Granted, approval.Open, approval.Waiting, approval.Waiting, approval.Open, approval.Open)
	if got := g.last.Events; len(got) != 2 || got[1].Kind != approval.EvOpen || got[1].SignOff != 2 {
		t.Errorf("the grant's own commit does not open what waited: %+v", got)
	}
	g.grant(2)
	g.want(approval.Granted, approval.Granted, approval.Open, approval.Open, approval.Open, approval.Open)
}

func TestCommitmentRemovesOnlyEdgesThatMayBeWaived(t *testing.T) {
	t.Parallel()
	// 25 requires 24 for good and 8 unless it is on commitment; 28 requires 25 unless it is.
	plan := func(commitments ...catalog.ItemNo) []approval.SignOff {
		t.Helper()
		signOffs, err := rules.Plan(district, approval.Petition{Items: []catalog.ItemNo{8, 24, 25, 28}, Commitments: commitments}, calendar.Of(monday))
		if err != nil {
			t.Fatal(err)
		}
		return signOffs
	}
	for _, c := range []struct {
		commitments []catalog.ItemNo
		requires    [][]int
		relaxed     [][]int
	}{
		{nil, [][]int{nil, {1}, {1, 2}, {3}}, [][]int{nil, nil, nil, nil}},
		{[]catalog.ItemNo{24}, [][]int{nil, nil, {1, 2}, {3}}, [][]int{nil, {1}, nil, nil}},
		{[]catalog.ItemNo{25}, [][]int{nil, {1}, {2}, {3}}, [][]int{nil, nil, {1}, nil}},
		{[]catalog.ItemNo{28}, [][]int{nil, {1}, {1, 2}, nil}, [][]int{nil, nil, nil, {3}}},
		{[]catalog.ItemNo{24, 25, 28}, [][]int{nil, nil, {2}, nil}, [][]int{nil, {1}, {1}, {3}}},
	} {
		for k, s := range plan(c.commitments...) {
			if !slices.Equal(s.Requires, c.requires[k]) || !slices.Equal(s.Relaxed, c.relaxed[k]) {
				t.Errorf("on commitment %v sign-off %d requires %v and is relaxed of %v, want %v and %v", c.commitments, s.N, s.Requires, s.Relaxed, c.requires[k], c.relaxed[k])
			}
		}
	}
}

func TestSignOffsCarryTheLimitAndWhereItComesFrom(t *testing.T) {
	t.Parallel()
	signOffs, err := rules.Plan(district, approval.Petition{Items: []catalog.ItemNo{1, 15, 30, 33, 9}, Parties: []approval.Party{{Matter: "demolition", Department: "cc-housing"}}}, calendar.Of(monday))
	if err != nil {
		t.Fatal(err)
	}
	type limit struct {
		days  int
		unit  calendar.Unit
		start calendar.StartEvent
		mark  catalog.Mark
	}
	want := []limit{
		{0, calendar.WorkingDays, calendar.Acceptance, catalog.MarkLaw},
		{30, calendar.CalendarDays, calendar.Receipt, catalog.MarkLaw},
		{10, calendar.WorkingDays, calendar.Acceptance, catalog.MarkLaw},
		{20, calendar.WorkingDays, calendar.Acceptance, catalog.MarkDefault},
		{15, calendar.WorkingDays, calendar.Acceptance, catalog.MarkPromised},
		{5, calendar.WorkingDays, calendar.Receipt, catalog.MarkAssumed},
	}
	for k, s := range signOffs {
		if got := (limit{s.Limit.Days, s.Limit.Unit, s.Limit.Start, s.LimitMark}); got != want[k] {
			t.Errorf("sign-off %d runs on %+v, want %+v", s.N, got, want[k])
		}
	}
}

func TestACompetenceMovedLeavesOpenCasesWithTheOldDepartment(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	moved, n, err := rules.Catalog.Transfer(catalog.Transfer{Items: []catalog.ItemNo{36}, District: district, To: "cc-urban-management", On: calendar.Of(monday).Add(1), Origin: roster.Origin{Assumed: roster.Name{ZH: "示例", EN: "for this test"}}})
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	g.rules.Catalog = moved
	g.raise(chain()).route()
	if got := g.so(5).Department; got != "cc-water" {
		t.Errorf("the day before the transfer the item goes to %s", got)
	}
	g.at("2026-03-10 09:00")
	g.grant(5) // by cc-water
	later := newGame(t).at("2026-03-10 09:00")
	later.rules.Catalog = moved
	later.raise(chain())
	if got := later.so(5).Department; got != roster.DepartmentID("cc-urban-management") {
		t.Errorf("from the day of the transfer the item goes to %s", got)
	}
}
