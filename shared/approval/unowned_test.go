package approval_test

import (
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// ownerless is a game in which nobody is competent for item 24: its department was
// to have it from a day on that has not come.
func ownerless(t *testing.T) *game {
	t.Helper()
	g := newGame(t)
	rest := []byte(`{"routes":[],"matters":[],"edges":[],"competences":[
		{"kind":"natural_resources","district":"440604","department":"cc-natural-resources","from":"2030-01-01","source":"x"}]}`)
	c, err := catalog.Load(catalog.ItemsTSV(), rest)
	if err != nil {
		t.Fatal(err)
	}
	g.rules.Catalog = c
	return g
}

func TestAnItemThatNobodyIsCompetentForGoesToTheGeneralBranch(t *testing.T) {
	t.Parallel()
	g := ownerless(t)
	g.raise(approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升", Items: []catalog.ItemNo{24}}).route()
	s := g.so(1)
	if s.State != approval.Open || !s.Unowned() || !s.Disputed() || g.issue.Count.Disputed != 1 {
		t.Fatalf("it stands at %s with %q", s.State, s.Department)
	}
	if want := calendar.China().After(calendar.Of(monday), 2); s.Due.On != want {
		t.Errorf("the general branch has until %s, not %s", s.Due.On, want)
	}
	if !slices.Contains(g.kinds(0), approval.EvUnowned) {
		t.Errorf("the reason is not on record: %v", g.kinds(0))
	}
	for _, a := range []approval.Actor{secretary, officer("cc-natural-resources", 1), administrator} {
		g.refused(a, approval.Assign{SignOff: 1, To: "cc-natural-resources", Reason: "按三定规定"}, approval.Forbidden)
	}
	g.refused(approval.Actor{Person: "cc-natural-resources-officer-1", Role: roster.Officer}, approval.Grant{SignOff: 1}, approval.Conflict)
	g.at("2026-03-11 10:00")
	g.must(generalBranch, approval.Assign{SignOff: 1, To: "cc-natural-resources", Reason: "按三定规定"})
	s = g.so(1)
	if s.Department != "cc-natural-resources" || s.Disputed() || !s.OpenedAt.Equal(g.now) || s.Assigned == nil || s.Assigned.By != generalBranch {
		t.Errorf("assigned, it is %+v", s)
	}
	if want := rules.Calendar.Due(calendar.Of(g.now), s.Limit.Days, s.Limit.Unit, nil).On; s.Due.On != want {
		t.Errorf("its own clock ends on %s, not %s: it starts when the department has it", s.Due.On, want)
	}
	g.refused(g.by(1), approval.Transfer{SignOff: 1, To: "cc-water", Reason: "不属本部门职责"}, approval.Conflict)
	g.grant(1)
	g.close()
	g.wantStatus(approval.Concluded)
}
