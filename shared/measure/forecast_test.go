package measure

import (
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// foreseer looks back at n issues of a form, of a span and two sign-offs that stayed four
// and six days, in Shanghai on Monday, 11 May 2026.
func foreseer(t *testing.T, n, span int, form string) (*Keeper, *approval.Issue) {
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	now := time.Date(2026, 5, 11, 2, 0, 0, 0, time.UTC)
	k := &Keeper{Rules: func() approval.Rules { return rules }, Now: func() time.Time { return now }}
	petition := approval.Petition{Parties: []approval.Party{{Matter: "river_works", Department: "cc-transport"}, {Matter: "traffic_diversion", Department: "cc-water"}}}
	signOffs, err := rules.Plan("440604", petition, calendar.Of(now))
	if err != nil {
		t.Fatal(err)
	}
	issue := &approval.Issue{District: "440604", SignOffs: signOffs}
	planned := *issue
	planned.RaisedAt = now
	if form == "" {
		form = Of(rules, &planned).Course.Form
	}
	var sheets []Sheet
	for range n {
		s := run("2026-03-02", "2026-03-11", 4, 6, span)
		s.Course.Form = form
		for l := range s.Lines {
			s.Lines[l].Subject = SubjectOf(&signOffs[l])
			s.Lines[l].Stay = s.Lines[l].Net
		}
		sheets = append(sheets, s)
	}
	d := dataOf(Query{From: "2024-06", To: "2026-05"}, "2026-05-11", sheets...)
	k.past.at, k.past.from, k.past.to, k.past.stays, k.past.spans = now, "2024-06", "2026-05", d.stays(), d.spansByForm()
	return k, issue
}

func TestAForecastComparesTheIssueAsAWholeWhereItCan(t *testing.T) {
	k, issue := foreseer(t, 12, 9, "")
	f, ok, err := k.Foresee(t.Context(), issue)
	if err != nil || !ok || f.Insufficient || !f.Whole || f.N != 12 || *f.P50.Days != 9 {
		t.Errorf("%+v, %v, %v", f, ok, err)
	}
	raised := *issue
	raised.Status, raised.RaisedAt = approval.InSignOff, time.Date(2026, 5, 7, 2, 0, 0, 0, time.UTC)
	elapsed := calendar.China().WorkingDays(calendar.Of(raised.RaisedAt), calendar.Of(k.Now()))
	if f, _, err = k.Foresee(t.Context(), &raised); err != nil || int(*f.P50.Days) != 9-elapsed || elapsed == 0 {
		t.Errorf("after %d days: %+v, %v", elapsed, f, err)
	}
}

func TestAForecastDrawsEachSignOffWhereNoIssueCompares(t *testing.T) {
	k, issue := foreseer(t, 12, 9, "another")
	f, _, err := k.Foresee(t.Context(), issue)
	if err != nil || f.Insufficient || f.Whole || *f.P50.Days != 6 {
		t.Errorf("%+v, %v", f, err)
	}
	// One of them has been answered, the other one has been there for all the six days that others took.
	issue.Status, issue.RaisedAt = approval.InSignOff, k.Now().Add(-72*time.Hour)
	for n := range issue.SignOffs {
		s := &issue.SignOffs[n]
		s.OpenedAt, s.AcceptedAt = issue.RaisedAt, issue.RaisedAt
		s.State = approval.Open
	}
	if f, _, err = k.Foresee(t.Context(), issue); err != nil || *f.P50.Days <= 0 || *f.P50.Days >= 6 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestWithoutTenComparableCasesNothingIsForecast(t *testing.T) {
	k, issue := foreseer(t, saving.EnoughN-1, 9, "")
	if f, ok, err := k.Foresee(t.Context(), issue); err != nil || !ok || !f.Insufficient || f.P50 != nil {
		t.Errorf("%+v, %v, %v", f, ok, err)
	}
	issue.Status = approval.Confirmed
	if _, ok, err := k.Foresee(t.Context(), issue); err != nil || ok {
		t.Errorf("an ended issue: %v, %v", ok, err)
	}
}
