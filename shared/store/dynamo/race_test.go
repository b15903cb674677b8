package dynamo_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// On Lambda the parties of a round are asked side by side by processes that know
// nothing of each other, and all of them commit on one header. Every lost race is
// another's success, so that eight always arrive within the eight attempts of a
// command; of more, those left over are tried again by the state machine.
func TestEightPartiesAskedAtOnceAllArrive(t *testing.T) {
	t.Parallel()
	const n = 8
	f := &faults{}
	r := fresh(t, f)
	clock := approvaltest.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	process := func() *approval.Service {
		return approval.NewService(rules, store.New(r), &approvaltest.Stillness{}, clock.Now, approvaltest.IDs())
	}
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "协调"}
	for _, m := range rules.Catalog.Matters() {
		for _, d := range rules.Roster.Departments() {
			if d.Kind.Decides() && len(p.Parties) < n {
				p.Parties = append(p.Parties, approval.Party{Matter: m.Code, Department: d.ID})
			}
		}
	}
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	issue, _, err := process().Create(t.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	tally, err := process().Route(t.Context(), issue.ID, 1)
	if err != nil || len(tally.Asks) != n {
		t.Fatalf("routed to %d, %v", len(tally.Asks), err)
	}
	before := f.counts["TransactWriteItems"]
	var wg sync.WaitGroup
	for _, a := range tally.Asks {
		wg.Go(func() {
			if err := process().Ask(t.Context(), issue.ID, 1, a, fmt.Sprint("token-", a.SignOff)); err != nil {
				t.Errorf("ask %d: %v", a.SignOff, err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d asks took %d transactions", n, f.counts["TransactWriteItems"]-before)
	after, err := process().Store().Issue(t.Context(), issue.ID)
	if err != nil || after.Version != issue.Version+1+n {
		t.Errorf("version %d after route and %d asks, from %d, %v", after.Version, n, issue.Version, err)
	}
	for _, a := range tally.Asks {
		if w := after.Watch(a.SignOff); w == nil || w.Token != fmt.Sprint("token-", a.SignOff) {
			t.Errorf("watch %d: %+v", a.SignOff, w)
		}
	}
}
