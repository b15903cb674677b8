package intaketest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

var venue = intake.Offer{Project: "fenjiang-west-bank", Need: intake.Venue, Title: "临时堆场", Text: "需五百平方米堆场两周。", Until: calendar.MustParse("2026-03-13")}

func leads(unit string) approval.Actor {
	return approval.Actor{Person: roster.PersonID(unit + "-lead"), Role: roster.Lead, Unit: unit}
}

func (d *desk) published(t *testing.T) string {
	t.Helper()
	got, err := d.intake.Publish(t.Context(), venue, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	return got.ID
}

func (d *desk) listed(t *testing.T, q intake.PoolQuery) (ids []string) {
	t.Helper()
	got, _, err := d.intake.Pool(t.Context(), q, approval.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got {
		ids = append(ids, g.ID)
	}
	return ids
}

func aClaimRaceHasOneWinner(t *testing.T, open opener) {
	d := open(t)
	id := d.published(t)
	units := []string{"cc-transport", "cc-water", "cc-housing", "cc-parks", "cc-culture", "cc-ecology"}
	var mu sync.Mutex
	var won []string
	var wg sync.WaitGroup
	for _, unit := range units {
		wg.Go(func() {
			_, err := d.intake.Claim(context.WithoutCancel(t.Context()), id, intake.Claiming{}, as(leads(unit)))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, unit)
			} else if !approval.IsKind(err, approval.Conflict) {
				t.Errorf("%s is told %v", unit, err)
			}
		})
	}
	wg.Wait()
	got, err := d.intake.Matter(t.Context(), id)
	if err != nil || len(won) != 1 || got.State.Claim.By.Unit != won[0] {
		t.Errorf("%v won, and the record says %+v, %v", won, got.State.Claim, err)
	}
}

func aMatterIsClaimedReportedAndConfirmed(t *testing.T, open opener) {
	d := open(t)
	id := d.published(t)
	if got := d.listed(t, intake.PoolQuery{District: "440604"}); !slices.Equal(got, []string{id}) {
		t.Fatalf("open are %v", got)
	}
	parks, water := leads("cc-parks"), leads("cc-water")
	step := func(_ intake.GotMatter, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(d.intake.Claim(t.Context(), id, intake.Claiming{Pledge: "公园旁空地"}, as(parks)))
	step(d.intake.GiveBack(t.Context(), id, "场地另有安排", as(parks)))
	if got := d.listed(t, intake.PoolQuery{District: "440604"}); !slices.Equal(got, []string{id}) {
		t.Errorf("given back, it is not open: %v", got)
	}
	step(d.intake.Claim(t.Context(), id, intake.Claiming{}, as(water)))
	step(d.intake.Report(t.Context(), id, "已平整", as(water)))
	if got := d.listed(t, intake.PoolQuery{Claimer: "cc-water"}); !slices.Equal(got, []string{id}) {
		t.Errorf("the unit's claims are %v", got)
	}
	step(d.intake.Confirm(t.Context(), id, "堆场已启用", as(secretary)))
	if got := d.listed(t, intake.PoolQuery{Claimer: "cc-water", Done: true}); !slices.Equal(got, []string{id}) {
		t.Errorf("what the unit brought to an end is %v", got)
	}
	events, _, err := d.intake.MatterTrail(t.Context(), id, 0, approval.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		told = append(told, e.Kind+" "+e.By.Unit)
	}
	if want := []string{"publish branch-fenjiang", "claim cc-parks", "give_back cc-parks", "claim cc-water", "report cc-water", "confirm branch-fenjiang"}; !slices.Equal(told, want) {
		t.Errorf("on record is %v", told)
	}
}

// supported is the roster in which a unit without an account supports the branch, and a
// department does.
func (d *desk) supported(t *testing.T) {
	t.Helper()
	rules := d.issues.Rules()
	var err error
	rules.Roster, err = rules.Roster.With(calendar.Of(monday), roster.Change{Units: &roster.BranchUnits{
		Branch: "branch-fenjiang", CoBuilders: []roster.CoBuilder{{Name: roster.Name{ZH: "某银行佛山分行", EN: "A Bank, Foshan"}}, {Department: "cc-parks"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.issues.SetRules(rules)
}

func aUnitWithoutAnAccountClaimsThroughSomebodyElseThanThePublisher(t *testing.T, open opener) {
	d := open(t)
	d.supported(t)
	id := d.published(t)
	bank := intake.Claiming{Pledge: "停车场两周", Partner: "某银行佛山分行", Basis: "3月3日认领函"}
	with := func(change func(*intake.Claiming)) intake.Claiming {
		c := bank
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		actor approval.Actor
		claim intake.Claiming
		kind  approval.Kind
		field string
	}{
		"the publisher":             {secretary, bank, approval.Forbidden, ""},
		"another branch":            {other, bank, approval.Forbidden, ""},
		"the bureau":                {bureau, bank, approval.Forbidden, ""},
		"a department for the unit": {leads("cc-water"), bank, approval.Invalid, "partner"},
		"a tier for nobody":         {general, intake.Claiming{}, approval.Forbidden, ""},
		"an unknown unit":           {general, with(func(c *intake.Claiming) { c.Partner = "某公司" }), approval.Invalid, "partner"},
		"a unit with an account":    {general, with(func(c *intake.Claiming) { c.Partner = "禅城区公园管理处" }), approval.Invalid, "partner"},
		"without a basis":           {general, with(func(c *intake.Claiming) { c.Basis = " " }), approval.Invalid, "basis"},
	} {
		_, err := d.intake.Claim(t.Context(), id, c.claim, as(c.actor))
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != c.kind || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	offered, err := d.intake.Matter(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for actor, want := range map[approval.Actor]bool{general: true, secretary: false, other: false, bureau: false, leads("cc-water"): false} {
		if d.intake.OpenMatter(offered, actor)[intake.EvRecord] != want {
			t.Errorf("offered to the %s: %v", actor.Role, !want)
		}
	}
	got, err := d.intake.Claim(t.Context(), id, bank, as(general))
	if c := got.State.Claim; err != nil || c.By != general || c.Partner.ZH != bank.Partner || c.Partner.EN != "A Bank, Foshan" || c.Basis != bank.Basis {
		t.Fatalf("it is claimed %+v, %v", got.State.Claim, err)
	}
	if _, err := d.intake.Claim(t.Context(), id, intake.Claiming{}, as(leads("cc-water"))); !approval.IsKind(err, approval.Conflict) || !strings.Contains(err.Error(), "A Bank, Foshan has claimed") {
		t.Errorf("the next one is told %v", err)
	}
	if _, err := d.intake.Report(t.Context(), id, "已开放", as(leads("cc-water"))); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("somebody else reports: %v", err)
	}
	if _, err := d.intake.Report(t.Context(), id, "已开放", as(general)); err != nil {
		t.Error(err)
	}
	if _, err := d.intake.Confirm(t.Context(), id, "已启用", as(secretary)); err != nil {
		t.Error(err)
	}
	if got := d.listed(t, intake.PoolQuery{Claimer: "general-branch", Done: true}); !slices.Equal(got, []string{id}) {
		t.Errorf("what was recorded and ended is %v", got)
	}
	events, _, err := d.intake.MatterTrail(t.Context(), id, 0, approval.Page{})
	if err != nil || events[1].Kind != intake.EvRecord || events[1].By != general || events[1].Ground != bank.Basis || !strings.Contains(string(events[1].Detail), bank.Partner) {
		t.Errorf("on record is %+v, %v", events, err)
	}
	// What the general branch publishes the branch's secretary records, and may give back.
	mine, err := d.intake.Publish(t.Context(), venue, as(general))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.intake.Claim(t.Context(), mine.ID, bank, as(general)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("who published it records a claim: %v", err)
	}
	if _, err := d.intake.Claim(t.Context(), mine.ID, bank, as(secretary)); err != nil {
		t.Error(err)
	}
	if _, err := d.intake.GiveBack(t.Context(), mine.ID, "另有安排", as(secretary)); err != nil {
		t.Error(err)
	}
}

func aMatterGoesOnWithWhoFollowsItsUnits(t *testing.T, open opener) {
	d := open(t)
	id := d.published(t)
	if _, err := d.intake.Claim(t.Context(), id, intake.Claiming{}, as(leads("cc-water"))); err != nil {
		t.Fatal(err)
	}
	rules := d.issues.Rules()
	var err error
	rules.Roster, err = rules.Roster.With(calendar.Of(monday),
		roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-u-valley"}},
		roster.Change{Reorganise: &roster.Reorganisation{
			New:      []roster.Department{{ID: "cc-water-parks", Kind: roster.Water, District: "440604", NameZH: "禅城区水务园林局", NameEN: "Chancheng Water and Parks Bureau", Origin: roster.Origin{Source: "x"}}},
			Passages: []roster.Passage{{From: "cc-water", To: "cc-water-parks"}, {From: "cc-parks", To: "cc-water-parks"}},
		}})
	if err != nil {
		t.Fatal(err)
	}
	d.issues.SetRules(rules)
	merged := approval.Actor{Person: "cc-water-lead", Role: roster.Lead, Unit: "cc-water-parks"}
	if _, err := d.intake.Report(t.Context(), id, "已平整", as(merged)); err != nil {
		t.Errorf("the successor reports: %v", err)
	}
	if _, err := d.intake.Confirm(t.Context(), id, "已启用", as(other)); err != nil {
		t.Errorf("the branch that the project has now confirms: %v", err)
	}
}

func whatNobodyClaimsExpiresWhenItIsNextLookedAt(t *testing.T, open opener) {
	d := open(t)
	id := d.published(t)
	d.clock.Set(calendar.MustParse("2026-03-13").End().Add(-time.Minute))
	if got := d.listed(t, intake.PoolQuery{District: "440604"}); len(got) != 1 {
		t.Errorf("on its last day open are %v", got)
	}
	d.clock.Add(time.Minute)
	if got, err := d.intake.Matter(t.Context(), id); err != nil || got.State.Status != intake.Forfeited || got.Version != 1 {
		t.Errorf("the day after it is %+v, %v", got, err)
	}
	if _, err := d.intake.Claim(t.Context(), id, intake.Claiming{}, as(leads("cc-water"))); !approval.IsKind(err, approval.Closed) {
		t.Errorf("a claim after the last day is answered %v", err)
	}
	for range 2 {
		if got := d.listed(t, intake.PoolQuery{District: "440604"}); got != nil {
			t.Errorf("open are %v", got)
		}
	}
	if got, err := d.intake.Matter(t.Context(), id); err != nil || got.Version != 2 {
		t.Errorf("its expiry was written %d times, %v", got.Version-1, err)
	}
}

func whoMayDoWhatWithAMatter(t *testing.T, open opener) {
	transport, water := leads("cc-transport"), leads("cc-water")
	officer := approval.Actor{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-transport"}
	people := map[string]approval.Actor{"publisher": secretary, "bureau": bureau, "claimer": transport, "officer": officer, "another": water, "overseer": overseer, "other": other}
	steps := map[string]func(d *desk, ctx context.Context, id string, c approval.Call) error{
		"claim": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.Claim(ctx, id, intake.Claiming{}, c)
			return err
		},
		"give back": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.GiveBack(ctx, id, "r", c)
			return err
		},
		"report": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.Report(ctx, id, "r", c)
			return err
		},
		"confirm": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.Confirm(ctx, id, "r", c)
			return err
		},
		"recall": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.Recall(ctx, id, "r", c)
			return err
		},
	}
	allowed := map[bool]map[string][]string{ // by whether it is claimed
		false: {"claim": {"claimer", "another"}, "recall": {"publisher"}},
		true:  {"give back": {"claimer", "publisher"}, "report": {"claimer", "officer"}, "confirm": {"publisher"}},
	}
	for claimed, may := range allowed {
		for step, do := range steps {
			for name, actor := range people {
				t.Run(fmt.Sprint(claimed, "/", step, "/", name), func(t *testing.T) {
					t.Parallel()
					d := open(t)
					id := d.published(t)
					if claimed {
						if _, err := d.intake.Claim(t.Context(), id, intake.Claiming{}, as(transport)); err != nil {
							t.Fatal(err)
						}
					}
					err := do(d, t.Context(), id, as(actor))
					if ok := slices.Contains(may[step], name); ok != (err == nil) {
						t.Errorf("allowed: %v, answered: %v", ok, err)
					}
				})
			}
		}
	}
}

func publishingNamesTheFieldAtFault(t *testing.T, open opener) {
	d := open(t)
	for field, spoil := range map[string]func(*intake.Offer){
		"project": func(o *intake.Offer) { o.Project = "nowhere" },
		"need":    func(o *intake.Offer) { o.Need = "money" },
		"title":   func(o *intake.Offer) { o.Title = "" },
		"text":    func(o *intake.Offer) { o.Text = "" },
		"until":   func(o *intake.Offer) { o.Until = calendar.MustParse("2026-03-01") },
		"issue":   func(o *intake.Offer) { o.Issue = "nothing" },
	} {
		o := venue
		spoil(&o)
		_, err := d.intake.Publish(t.Context(), o, as(secretary))
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := d.intake.Publish(t.Context(), venue, as(other)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("another branch publishes: %v", err)
	}
}
