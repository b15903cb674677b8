package dynamo_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/dynamo"
)

// feed keeps the outbox records of what is written, as a stream would show them.
type feed struct {
	store.Table
	records []approval.Outbox
}

func (f *feed) Write(ctx context.Context, ops []store.Op) error {
	err := f.Table.Write(ctx, ops)
	for k := range ops {
		if err != nil || ops[k].Put == nil {
			continue
		}
		if o, ok, _ := store.OutboxOf(ops[k].Put); ok {
			f.records = append(f.records, o)
		}
	}
	return err
}

// The whole life of an issue with five sign-offs, from raising to confirming,
// with the machine's tasks and the relay's deletions: what DynamoDB charges for
// it. The package comment says where the units go; the ceilings here tell when
// that is no longer so.
func TestUnitsOfAnIssueWithFiveSignOffs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var now, total dynamo.Units
	requests := 0
	r := fresh(t, http.DefaultTransport, dynamo.WithUnits(func(u dynamo.Units) {
		mu.Lock()
		defer mu.Unlock()
		now.Read, now.Write = now.Read+u.Read, now.Write+u.Write
		requests++
	}))
	f := &feed{Table: r}
	s := store.New(f)
	clock := approvaltest.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	still := &approvaltest.Stillness{}
	service := approval.NewService(rules, s, still, clock.Now, approvaltest.IDs())
	relay := approval.Relay{Workflows: still, Store: s}
	ctx := t.Context()
	step := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Logf("%-28s %5.1f read %6.1f write %3d requests", name, now.Read, now.Write, requests)
		total.Read, total.Write = total.Read+now.Read, total.Write+now.Write
		now, requests = dynamo.Units{}, 0
		clock.Add(time.Hour)
	}
	deliver := func() {
		t.Helper()
		_, err := relay.Deliver(ctx, f.records)
		f.records = nil
		step("  relay forgets its record", err)
	}
	secretary := approval.Actor{Person: "tod-secretary", Role: roster.Secretary, Unit: "branch-tod"}
	parties := []approval.Party{
		{Matter: "plot_adjustment", Department: "cc-natural-resources"},
		{Matter: "river_works", Department: "cc-water"},
		{Matter: "river_works", Department: "cc-transport"},
		{Matter: "river_works", Department: "cc-ecology"},
		{Matter: "plot_adjustment", Department: "nanzhuang-village-1"},
	}
	issue, _, err := service.Create(ctx, approval.Raise{Petition: &approval.Petition{Project: "tod-nanzhuang", Title: "河涌提升与周边地块调整", Body: "请各部门同步会签。", Parties: parties}},
		approval.Call{Actor: secretary, Key: "raise", Digest: "d"})
	step("raise", err)
	deliver()
	tally, err := service.Route(ctx, issue.ID, 1)
	step("route", err)
	for _, a := range tally.Asks {
		step(fmt.Sprintf("ask %d", a.SignOff), service.Ask(ctx, issue.ID, 1, a, fmt.Sprint("token-", a.SignOff)))
	}
	for n, p := range parties {
		officer := approval.Actor{Person: roster.PersonID(p.Department) + "-officer-1", Role: roster.Officer, Unit: string(p.Department)}
		_, _, err := service.Do(ctx, issue.ID, approval.Grant{SignOff: n + 1, Reason: "同意。"}, approval.Call{Actor: officer, Key: "grant", Digest: "d"})
		step(fmt.Sprintf("grant %d", n+1), err)
		deliver()
	}
	_, err = service.Tally(ctx, issue.ID, 1)
	step("tally", err)
	_, err = service.Close(ctx, issue.ID, 1)
	step("close", err)
	after, _, err := service.Do(ctx, issue.ID, approval.Confirm{Stars: 5}, approval.Call{Actor: secretary, Key: "confirm", Digest: "d"})
	step("confirm", err)
	if after.Status != approval.Confirmed {
		t.Fatalf("the issue is %s", after.Status)
	}
	t.Logf("%-28s %5.1f read %6.1f write", "whole life", total.Read, total.Write)
	if total.Read == 0 || total.Write == 0 {
		t.Skip("this server does not say what it charges")
	}
	if total.Read > 60 || total.Write > 600 {
		t.Errorf("an issue of five sign-offs costs %.0f read and %.0f write units", total.Read, total.Write)
	}
}
