package intaketest

import (
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

// conformed brings requests into line with a roster changed and a calendar with notices.
func (d *desk) conformed(t *testing.T, want int, notice *calendar.Notice, changes ...roster.Change) {
	t.Helper()
	rules := d.issues.Rules()
	var err error
	if changes != nil {
		if rules.Roster, err = rules.Roster.With(d.issues.Today(), changes...); err != nil {
			t.Fatal(err)
		}
	}
	if notice != nil {
		if rules.Calendar, err = rules.Calendar.With(*notice); err != nil {
			t.Fatal(err)
		}
	}
	d.issues.SetRules(rules)
	for _, want := range []int{want, 0} { // a second pass finds nothing
		if n, err := d.intake.Conform(t.Context(), "区委〔2026〕9号"); err != nil || n != want {
			t.Errorf("%d requests moved, want %d: %v", n, want, err)
		}
	}
}

func (d *desk) request(t *testing.T, id string) told {
	t.Helper()
	got, err := d.intake.Request(t.Context(), id, overseer)
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := d.intake.Trail(t.Context(), id, 0, approval.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return told{got.State, events[len(events)-1]}
}

// told is a request, and what happened to it last.
type told struct {
	intake.Request
	last approval.Event
}

func openRequestsGoWithTheirProjectAndToSuccessors(t *testing.T, open opener) {
	d := open(t)
	accepted, _ := d.accepted(t)
	handed, _ := d.registered(t, noise)
	if _, err := d.intake.HandOn(t.Context(), handed, "cc-water", "属水务", as(secretary)); err != nil {
		t.Fatal(err)
	}
	elsewhere, _ := d.registered(t, noise)
	if _, err := d.intake.HandOn(t.Context(), elsewhere, "branch-sewer-third", "邻近标段", as(secretary)); err != nil {
		t.Fatal(err)
	}
	done, _ := d.registered(t, noise)
	if _, err := d.intake.Decline(t.Context(), done, "信访条例", "不属本支部", as(secretary)); err != nil {
		t.Fatal(err)
	}
	d.conformed(t, 0, nil)
	d.conformed(t, 2, nil,
		roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-u-valley"}},
		roster.Change{Reorganise: &roster.Reorganisation{
			New:      []roster.Department{{ID: "cc-water-parks", Kind: roster.Water, District: "440604", NameZH: "禅城区水务园林局", NameEN: "Chancheng Water and Parks Bureau", Origin: roster.Origin{Source: "x"}}},
			Passages: []roster.Passage{{From: "cc-water", To: "cc-water-parks"}, {From: "cc-parks", To: "cc-water-parks"}},
		}})
	for id, want := range map[string]struct {
		unit   string
		status intake.Status
	}{
		accepted: {"branch-u-valley", intake.Accepted}, handed: {"cc-water-parks", intake.Registered}, elsewhere: {"branch-sewer-third", intake.Registered}, done: {"branch-fenjiang", intake.Declined},
	} {
		if r := d.request(t, id); r.Unit != want.unit || r.Status != want.status {
			t.Errorf("%s is %s with %s, want %+v", id, r.Status, r.Unit, want)
		}
	}
	if e := d.request(t, accepted).last; e.Kind != intake.EvHandOn || e.By != approval.Machine || e.Before != "branch-fenjiang" || e.After != "branch-u-valley" || e.Ground != "区委〔2026〕9号" {
		t.Errorf("on record is %+v", e)
	}
	if _, err := d.intake.Answer(t.Context(), accepted, "已调整施工时间。", as(other)); err != nil {
		t.Errorf("the branch that the project has now answers: %v", err)
	}
	if _, err := d.intake.HandOn(t.Context(), handed, "cc-water", "退回", as(other)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("handed on to a department that is gone: %v", err)
	}
}

func theReplyClockFollowsAHolidayNotice(t *testing.T, open opener) {
	d := open(t)
	d.clock.Set(time.Date(2026, 12, 28, 9, 0, 0, 0, calendar.Shanghai).UTC())
	id, _ := d.registered(t, noise)
	before := d.request(t, id)
	if !before.First.Provisional || !before.Final.Provisional {
		t.Fatalf("the premise does not hold: %+v, %+v", before.First, before.Final)
	}
	d.conformed(t, 1, &calendar.Notice{Number: "测试用通知", Year: 2027, Days: []calendar.Day{{Date: calendar.MustParse("2027-01-01"), Kind: calendar.Holiday, Name: "元旦"}}})
	after := d.request(t, id)
	if after.First.Provisional || after.First.On != calendar.China().After(before.First.On, 1) || after.Final.On != calendar.China().After(before.Final.On, 1) {
		t.Errorf("from %+v and %+v to %+v and %+v", before.First, before.Final, after.First, after.Final)
	}
	if e := after.last; e.Kind != intake.EvRestate || e.By != approval.Machine || len(e.Detail) == 0 {
		t.Errorf("on record is %+v", e)
	}
	list, _, err := d.intake.List(t.Context(), intake.Query{Unit: "branch-fenjiang"}, secretary, approval.Page{})
	if err != nil || len(list) != 1 {
		t.Errorf("%d stand in the list, %v", len(list), err)
	}
}
