// Package dockettest is the truth about docket.Store: the contract suite that
// every implementation passes.
//
// It must not know any implementation.
package dockettest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/docket"
)

// Opened is a store under test. Settle, when not nil, returns once indexes have
// caught up with every acknowledged commit; Reopen, when not nil, closes the
// store and opens what it kept.
type Opened struct {
	Store  docket.Store
	Settle func()
	Reopen func() docket.Store
}

var day = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// note is the simplest state a record can have.
type note struct {
	Text string `json:"text"`
	Open bool   `json:"open"`
}

func desk(store docket.Store, list string) *docket.Desk[note] {
	return &docket.Desk[note]{
		Kind: "note", Store: store, Now: func() time.Time { return day },
		Places: func(id string, n note) docket.Places {
			places := docket.Places{{List: list + "/all", Order: n.Text}}
			if n.Open {
				places[1] = docket.Place{List: list + "/open", Order: n.Text}
			}
			return places
		},
	}
}

func write(text string, open bool) docket.Rule[note] {
	return func(n note, act *docket.Act) (note, error) {
		act.Event("write", func(e *approval.Event) { e.Before, e.After = n.Text, text })
		return note{text, open}, nil
	}
}

var someone = approval.Call{Actor: approval.Actor{Person: "p", Role: "administrator", Unit: "u"}}

// Store runs the suite; open is called for each case.
func Store(t *testing.T, open func(t *testing.T) Opened) {
	cases := []struct {
		name string
		run  func(t *testing.T, o Opened)
	}{
		{"KeepsWhatWasCommitted", keeps},
		{"KeepsItOverARestart", survives},
		{"RefusesACommitOnAnotherVersion", refuses},
		{"GivesOneOfTwoMakersTheRecord", oneMaker},
		{"ListsByOrderAndBackwards", lists},
		{"TakesARecordOffAListItLeaves", leaves},
		{"DoesNothingTwiceUnderOneKey", repeats},
		{"ChainsTheTrail", chains},
		{"RefusesWhatIsTooLarge", large},
		{"LosesNoneOfManyAtOnce", many},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

func (o Opened) settle() {
	if o.Settle != nil {
		o.Settle()
	}
}

func keeps(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Get(t.Context(), "a"); !approval.IsKind(err, approval.NotFound) {
		t.Fatalf("a record that was never made answers %v", err)
	}
	if _, err := d.Do(t.Context(), "a", someone, write("x", true)); !approval.IsKind(err, approval.NotFound) {
		t.Fatalf("a change of a record that was never made answers %v", err)
	}
	if _, err := d.Put(t.Context(), "a", someone, write("first", true)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Do(t.Context(), "a", someone, write("second", false)); err != nil {
		t.Fatal(err)
	}
	got, err := d.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(docket.Got[note]{ID: "a", State: note{"second", false}, Version: 2}, got); diff != "" {
		t.Error(diff)
	}
}

func survives(t *testing.T, o Opened) {
	if o.Reopen == nil {
		t.Skip("this store is not reopened")
	}
	if _, err := desk(o.Store, t.Name()).Put(t.Context(), "a", someone, write("kept", true)); err != nil {
		t.Fatal(err)
	}
	got, err := desk(o.Reopen(), t.Name()).Get(t.Context(), "a")
	if err != nil || got.State.Text != "kept" || got.Version != 1 {
		t.Errorf("after a restart it is %+v, %v", got, err)
	}
}

func refuses(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Put(t.Context(), "a", someone, write("first", true)); err != nil {
		t.Fatal(err)
	}
	old, err := o.Store.Record(t.Context(), "note", "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Do(t.Context(), "a", someone, write("second", true)); err != nil {
		t.Fatal(err)
	}
	late := docket.Change{Record: old, From: 1}
	late.Record.Version = 2
	if err := o.Store.CommitRecord(t.Context(), late); !errors.Is(err, approval.ErrLostRace) || !approval.IsKind(err, approval.Conflict) {
		t.Errorf("a commit on version 1 of 2 answers %v", err)
	}
	stale := someone
	stale.Expect = 1
	if _, err := d.Do(t.Context(), "a", stale, write("third", true)); !approval.IsKind(err, approval.Stale) {
		t.Errorf("a caller who saw version 1 of 2 is answered %v", err)
	}
	if got, _ := d.Get(t.Context(), "a"); got.State.Text != "second" {
		t.Errorf("it says %q", got.State.Text)
	}
}

func oneMaker(t *testing.T, o Opened) {
	first := docket.Change{Record: docket.Record{Kind: "note", ID: "a", Version: 1, Body: json.RawMessage(`{"text":"one"}`)}}
	second := first
	second.Record.Body = json.RawMessage(`{"text":"two"}`)
	if err := o.Store.CommitRecord(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := o.Store.CommitRecord(t.Context(), second); !errors.Is(err, approval.ErrLostRace) {
		t.Errorf("making it again answers %v", err)
	}
}

func texts(t *testing.T, d *docket.Desk[note], q docket.Query, limit int) (out []string) {
	t.Helper()
	page := approval.Page{Limit: limit}
	for {
		got, next, err := d.List(t.Context(), q, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got {
			out = append(out, g.State.Text)
		}
		if next == "" {
			return out
		}
		page.Cursor = next
	}
}

func lists(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	for k, text := range []string{"c", "a", "e", "b", "d"} {
		if _, err := d.Put(t.Context(), fmt.Sprint("n", k), someone, write(text, k%2 == 0)); err != nil {
			t.Fatal(err)
		}
	}
	o.settle()
	for _, x := range []struct {
		q    docket.Query
		want []string
	}{
		{docket.Query{List: t.Name() + "/all"}, []string{"a", "b", "c", "d", "e"}},
		{docket.Query{List: t.Name() + "/all", Backwards: true}, []string{"e", "d", "c", "b", "a"}},
		{docket.Query{List: t.Name() + "/open", Rank: 1}, []string{"c", "d", "e"}},
		{docket.Query{List: t.Name() + "/none"}, nil},
	} {
		if diff := cmp.Diff(x.want, texts(t, d, x.q, 2)); diff != "" {
			t.Errorf("%+v: %s", x.q, diff)
		}
	}
	_, next, err := d.List(t.Context(), docket.Query{List: t.Name() + "/all"}, approval.Page{Limit: 1})
	if err != nil || next == "" {
		t.Fatalf("a page of one of five has no next one: %v", err)
	}
	if _, _, err := d.List(t.Context(), docket.Query{List: t.Name() + "/none"}, approval.Page{Cursor: next}); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("another list's cursor answers %v", err)
	}
}

func leaves(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Put(t.Context(), "a", someone, write("x", true)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Do(t.Context(), "a", someone, write("y", false)); err != nil {
		t.Fatal(err)
	}
	o.settle()
	if got := texts(t, d, docket.Query{List: t.Name() + "/open", Rank: 1}, 10); got != nil {
		t.Errorf("the list of open ones still shows %v", got)
	}
	if diff := cmp.Diff([]string{"y"}, texts(t, d, docket.Query{List: t.Name() + "/all"}, 10)); diff != "" {
		t.Error(diff)
	}
}

func repeats(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	call := someone
	call.Key, call.Digest = "key", "digest"
	for n := range 3 {
		got, err := d.Put(t.Context(), "a", call, write("once", true))
		if err != nil || got.Version != 1 || got.Repeated != (n > 0) {
			t.Fatalf("call %d answers %+v, %v", n+1, got, err)
		}
	}
	call.Digest = "another"
	if _, err := d.Put(t.Context(), "a", call, write("twice", true)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("the key with another request answers %v", err)
	}
}

func chains(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Put(t.Context(), "a", someone, write("0", true)); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if _, err := d.Do(t.Context(), "a", someone, write(fmt.Sprint(n+1), true)); err != nil {
			t.Fatal(err)
		}
	}
	record, err := o.Store.Record(t.Context(), "note", "a")
	if err != nil {
		t.Fatal(err)
	}
	var trail []approval.Event
	page := approval.Page{Limit: 2}
	for {
		events, next, err := o.Store.Trail(t.Context(), "note", "a", 0, page)
		if err != nil {
			t.Fatal(err)
		}
		trail = append(trail, events...)
		if page.Cursor = next; next == "" {
			break
		}
	}
	if len(trail) != 5 || record.Events != 5 {
		t.Fatalf("%d events are listed, the record counts %d", len(trail), record.Events)
	}
	if err := approval.VerifyChain(trail, record.Head); err != nil {
		t.Error(err)
	}
}

func large(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Put(t.Context(), "a", someone, write(strings.Repeat("x", 401<<10), false)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("a record of 401 KB answers %v", err)
	}
	if _, err := d.Get(t.Context(), "a"); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("something of it was kept: %v", err)
	}
}

func many(t *testing.T, o Opened) {
	d := desk(o.Store, t.Name())
	if _, err := d.Put(t.Context(), "a", someone, write("", true)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 { // fewer than a rule is tried, so that each finds its turn
		wg.Go(func() {
			_, err := d.Do(context.WithoutCancel(t.Context()), "a", someone, func(n note, act *docket.Act) (note, error) {
				act.Event("add", nil)
				return note{n.Text + "x", true}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := d.Get(t.Context(), "a"); err != nil || got.State.Text != "xxxxxx" || got.Version != 7 {
		t.Errorf("after six additions it is %+v, %v", got, err)
	}
}
