package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

func TestAClaimRaceHasOneWinner(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	id := d.published(t)
	units := []string{"cc-transport", "cc-water", "cc-housing", "cc-parks", "cc-culture", "cc-ecology"}
	var mu sync.Mutex
	var won []string
	var wg sync.WaitGroup
	for _, unit := range units {
		wg.Go(func() {
			_, err := d.intake.Claim(context.WithoutCancel(t.Context()), id, "", as(leads(unit)))
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

func TestAMatterIsClaimedReportedAndConfirmed(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
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
	step(d.intake.Claim(t.Context(), id, "公园旁空地", as(parks)))
	step(d.intake.GiveBack(t.Context(), id, "场地另有安排", as(parks)))
	if got := d.listed(t, intake.PoolQuery{District: "440604"}); !slices.Equal(got, []string{id}) {
		t.Errorf("given back, it is not open: %v", got)
	}
	step(d.intake.Claim(t.Context(), id, "", as(water)))
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

func TestWhatNobodyClaimsExpiresWhenItIsNextLookedAt(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	id := d.published(t)
	d.clock.Set(calendar.MustParse("2026-03-13").End().Add(-time.Minute))
	if got := d.listed(t, intake.PoolQuery{District: "440604"}); len(got) != 1 {
		t.Errorf("on its last day open are %v", got)
	}
	d.clock.Add(time.Minute)
	if got, err := d.intake.Matter(t.Context(), id); err != nil || got.State.Status != intake.Forfeited || got.Version != 1 {
		t.Errorf("the day after it is %+v, %v", got, err)
	}
	if _, err := d.intake.Claim(t.Context(), id, "", as(leads("cc-water"))); !approval.IsKind(err, approval.Closed) {
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

func TestWhoMayDoWhatWithAMatter(t *testing.T) {
	t.Parallel()
	transport, water := leads("cc-transport"), leads("cc-water")
	officer := approval.Actor{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-transport"}
	people := map[string]approval.Actor{"publisher": secretary, "bureau": bureau, "claimer": transport, "officer": officer, "another": water, "overseer": overseer, "other": other}
	steps := map[string]func(d *desk, ctx context.Context, id string, c approval.Call) error{
		"claim": func(d *desk, ctx context.Context, id string, c approval.Call) error {
			_, err := d.intake.Claim(ctx, id, "", c)
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
					d := open(t, t.TempDir())
					id := d.published(t)
					if claimed {
						if _, err := d.intake.Claim(t.Context(), id, "", as(transport)); err != nil {
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

func TestPublishingNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
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
