package dynamo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/personal"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// TestPersonalDataIsReplacedOnTheTable reads the table from end to end, in several pages, and
// leaves trails whole and lists as they were.
func TestPersonalDataIsReplacedOnTheTable(t *testing.T) {
	t.Parallel()
	r := fresh(t, http.DefaultTransport)
	type note struct{ Text string }
	kept := store.New(r.Table)
	desk := docket.Desk[note]{
		Kind: "note", Store: kept, Now: func() time.Time { return time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC) },
		Places: func(id string, _ note) docket.Places { return docket.Places{{List: "notes", Order: id}} },
	}
	by := approval.Actor{Person: "one", Role: roster.Officer, Unit: "cc-water"}
	filler := strings.Repeat("噪声", 20000) // so that a page of 1 MB does not hold all
	for k := range 12 {
		for _, text := range []string{filler, fmt.Sprintf("第%d次联系何某甲", k), "已答复"} {
			if _, err := desk.Put(t.Context(), fmt.Sprint("n", k), approval.Call{Actor: by}, func(_ note, act *docket.Act) (note, error) {
				act.Event("write", func(e *approval.Event) { e.Reason = text })
				return note{text}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := personal.Subject{Words: []personal.Word{{Text: "何某甲", Alias: personal.Gone}}}
	act := personal.Act{By: approval.Actor{Person: "cc-security-1", Role: roster.SecurityAdministrator, Unit: "cc-administration"}, At: desk.Now(), Reason: "本人申请"}
	done, err := s.Replace(t.Context(), r.Table, r.Items(t.Context()), act)
	if err != nil || done.Trails != 12 || done.Events != 12 {
		t.Fatalf("done: %+v, %v", done, err)
	}
	items := 0
	for item, err := range r.Items(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if items++; strings.Contains(string(item.Body), "何某甲") {
			t.Errorf("%s %s still holds it", item.PK, item.SK)
		}
	}
	if want := 12 * (1 + 3 + 1); items != want {
		t.Errorf("%d items, want %d", items, want)
	}
	for k := range 12 {
		trail, err := kept.Chain(t.Context(), fmt.Sprint("note/n", k))
		if err != nil {
			t.Fatal(err)
		}
		if fault, wrong := trail.Check(); wrong {
			t.Errorf("a trail: %v", fault)
		}
	}
	r.settle(t)
	if list, _, err := desk.List(t.Context(), docket.Query{List: "notes"}, approval.Page{Limit: 20}); err != nil || len(list) != 12 || list[0].State.Text != "已答复" {
		t.Errorf("the list has %d: %v", len(list), err)
	}
}
