package approval_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store"
)

func TestEveryPageOfHappeningsGoesOnWhereTheOneBeforeEnded(t *testing.T) {
	t.Parallel()
	kept := store.New(store.NewMemory(nil))
	clock := approvaltest.NewClock(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	s := approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		kept, &approvaltest.Stillness{}, clock.Now, approvaltest.IDs())
	var all []approval.Happening
	concerns := approval.Concerns()
	for n := range 2600 {
		h := approval.Happening{Issue: approval.IssueID(fmt.Sprintf("i%04d", n%7)), Seq: int64(n), At: clock.Now().Add(time.Duration(n/3) * time.Minute), Kind: approval.EvStop, Concern: concerns[n%len(concerns)], Department: "cc-water"}
		if n%1300 == 5 {
			h.Department = "cc-parks"
		}
		all = append(all, h)
	}
	if n, err := kept.EnterHappenings(t.Context(), all, false); err != nil || n != len(all) {
		t.Fatal(n, err)
	}
	slices.SortFunc(all, func(a, b approval.Happening) int { return b.Place().Compare(a.Place()) })
	for name, f := range map[string]approval.HappeningFilter{
		"all": {}, "of a concern": {Concern: approval.Skipping}, "rare in a department": {Department: "cc-parks"},
		"rare in all": {Concern: approval.Revoking, Department: "cc-parks"}, "none": {Kind: approval.EvRevoke}, "of a day": {From: calendar.MustParse("2026-03-02"), Until: calendar.MustParse("2026-03-02")},
	} {
		var got []approval.Happening
		for before, pages := (approval.Place{}), 0; ; pages++ {
			list, next, err := s.Happenings(t.Context(), f, before, 30)
			if err != nil || pages > 200 {
				t.Fatal(pages, err)
			}
			got = append(got, list...)
			if before = next; next == (approval.Place{}) {
				break
			}
		}
		var want []approval.Happening
		for _, h := range all {
			if day := calendar.Of(h.At); f.Passes(&h) && (f.From.IsZero() || day >= f.From && day <= f.Until) {
				want = append(want, h)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d found, want %d", name, len(got), len(want))
		}
	}
}

func TestNothingInThePlainCourseConcernsAnOverseer(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	plain := func() {
		t.Helper()
		if len(g.last.Happenings) > 0 {
			t.Errorf("%+v", g.last.Happenings)
		}
	}
	g.raise(parties(2)).route()
	plain()
	g.grant(1)
	plain()
	g.object(2)
	if h := g.last.Happenings; len(h) != 2 || h[0].Concern != approval.Dissenting || h[0].Department != g.so(2).Department || h[0].Seq != g.issue.Events-1 {
		t.Errorf("an objection: %+v", h)
	}
	e := approval.Event{Kind: approval.EvPassUp, Detail: []byte(`{"skipped":"上级要求"}`)}
	if e.Concern() != approval.Skipping {
		t.Errorf("a tier passed over is %q", e.Concern())
	}
	if e.Detail = []byte(`{"skipped":""}`); e.Concern() != approval.Climbing {
		t.Errorf("a tier taken is %q", e.Concern())
	}
}
