// Package measuretest is the truth about measure.Store: the contract suite that
// every implementation passes, and random histories after which the figures kept
// have to be those that the issues give.
//
// It must not know any implementation.
package measuretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/measure"
	"lianban/shared/roster"
)

// Both is a store of issues and of their figures.
type Both interface {
	approval.Store
	measure.Store
}

// Opened is a store under test. Settle, when not nil, returns once indexes have
// caught up with every acknowledged commit; Reopen, when not nil, closes the store
// and opens what it kept.
type Opened struct {
	Store  Both
	Settle func()
	Reopen func() Both
}

func (o Opened) settle() {
	if o.Settle != nil {
		o.Settle()
	}
}

var march = measure.Place{Month: "2026-03", District: "d", Name: "S#water#river_works"}

func figure(p measure.Place, version int64, body string) measure.Record {
	return measure.Record{Place: p, Version: version, Body: json.RawMessage(body)}
}

// Store runs the contract.
func Store(t *testing.T, open func(t *testing.T) Opened) {
	t.Run("KeepsWhatItWasGiven", func(t *testing.T) {
		o := open(t)
		ctx := t.Context()
		if s, err := o.Store.Sheet(ctx, "i"); err != nil || s.Version != 0 {
			t.Errorf("before anything was folded: %+v, %v", s, err)
		}
		if r, err := o.Store.Figure(ctx, march); err != nil || r.Version != 0 || r.Body != nil {
			t.Errorf("before anything was folded: %+v, %v", r, err)
		}
		sheet := measure.Sheet{Issue: "i", Version: 7, District: "d", Raised: calendar.MustParse("2026-03-02"), Lines: []measure.Line{{Subject: "river_works", Department: "water", Outcome: measure.Granted, Net: 3}}}
		if err := o.Store.CommitFold(ctx, measure.Fold{Sheets: []measure.Folded{{Sheet: sheet}}, Figures: []measure.Record{figure(march, 1, `{"first":1}`)}}); err != nil {
			t.Fatal(err)
		}
		if o.Reopen != nil {
			o.Store = o.Reopen()
		}
		got, err := o.Store.Sheet(ctx, "i")
		if diff := cmp.Diff(sheet, got); err != nil || diff != "" {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
		r, err := o.Store.Figure(ctx, march)
		if diff := cmp.Diff(figure(march, 1, `{"first":1}`), r); err != nil || diff != "" {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})

	t.Run("WritesAllOrNothing", func(t *testing.T) {
		o := open(t)
		ctx := t.Context()
		sheet := measure.Sheet{Issue: "i", Version: 7}
		if err := o.Store.CommitFold(ctx, measure.Fold{Sheets: []measure.Folded{{Sheet: sheet}}, Figures: []measure.Record{figure(march, 1, `{}`)}}); err != nil {
			t.Fatal(err)
		}
		later, other := sheet, march
		later.Version, other.Name = 9, "S#water#24"
		for name, f := range map[string]measure.Fold{
			"a sheet that was kept already":    {Sheets: []measure.Folded{{Sheet: later}}, Figures: []measure.Record{figure(other, 1, `{}`)}},
			"a sheet of another version":       {Sheets: []measure.Folded{{Sheet: later, From: 6}}, Figures: []measure.Record{figure(other, 1, `{}`)}},
			"a record that is there":           {Sheets: []measure.Folded{{Sheet: later, From: 7}}, Figures: []measure.Record{figure(other, 1, `{}`), figure(march, 1, `{}`)}},
			"a record of another version":      {Sheets: []measure.Folded{{Sheet: later, From: 7}}, Figures: []measure.Record{figure(other, 1, `{}`), figure(march, 3, `{}`)}},
			"a record that is not there":       {Sheets: []measure.Folded{{Sheet: later, From: 7}}, Figures: []measure.Record{figure(march, 2, `{}`), figure(other, 2, `{}`)}},
			"a repair of a record in its past": {Figures: []measure.Record{figure(other, 1, `{}`), figure(march, 1, `{}`)}},
		} {
			if err := o.Store.CommitFold(ctx, f); !errors.Is(err, approval.ErrLostRace) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s, err := o.Store.Sheet(ctx, "i"); err != nil || s.Version != 7 {
			t.Errorf("the sheet is at version %d, %v", s.Version, err)
		}
		if r, err := o.Store.Figure(ctx, other); err != nil || r.Version != 0 {
			t.Errorf("a part was written: %+v, %v", r, err)
		}
		if r, err := o.Store.Figure(ctx, march); err != nil || r.Version != 1 {
			t.Errorf("a part was written: %+v, %v", r, err)
		}
	})

	t.Run("ListsAPartitionByName", func(t *testing.T) {
		o := open(t)
		ctx := t.Context()
		var want []string
		for k := range 7 {
			p := march
			p.Name = fmt.Sprintf("S#water#%d", k)
			want = append(want, p.Name)
			if err := o.Store.CommitFold(ctx, measure.Fold{Figures: []measure.Record{figure(p, 1, `{}`)}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, of := range [][3]string{{"2026-03", "d", "S#waterworks#1"}, {"2026-03", "d", "T#abc"}, {"2026-03", "dd", "S#water#9"}, {"2026-04", "d", "S#water#9"}} {
			p := measure.Place{Month: measure.Month(of[0]), District: roster.DistrictCode(of[1]), Name: of[2]}
			if err := o.Store.CommitFold(ctx, measure.Fold{Figures: []measure.Record{figure(p, 1, `{}`)}}); err != nil {
				t.Fatal(err)
			}
		}
		for prefix, n := range map[string]int{"S#water#": 7, "S#": 8, "": 9} {
			var names []string
			page := approval.Page{Limit: 3}
			for {
				records, next, err := o.Store.Figures(ctx, "2026-03", "d", prefix, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					names = append(names, r.Name)
				}
				if page.Cursor = next; next == "" {
					break
				}
			}
			if len(names) != n || !slices.IsSorted(names) || !slices.Equal(names[:7], want) {
				t.Errorf("%q lists %v", prefix, names)
			}
		}
	})

	t.Run("RefusesWhatIsTooLarge", func(t *testing.T) {
		o := open(t)
		body := `{"x":"` + strings.Repeat("x", 400<<10) + `"}`
		if err := o.Store.CommitFold(t.Context(), measure.Fold{Figures: []measure.Record{figure(march, 1, body)}}); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("a record of more than 400 KB: %v", err)
		}
	})
}

// shaky is a store that now and then writes and does not say so, as a crash between a
// commit and its acknowledgement looks from outside, or fails before it writes.
type shaky struct {
	Both
	t *rapid.T
}

var errCrash = errors.New("the process died")

func (s shaky) seldom(what string) bool { return rapid.IntRange(0, 7).Draw(s.t, what) == 0 }

func (s shaky) CommitFold(ctx context.Context, f measure.Fold) error {
	if s.seldom("dies before the fold") {
		return errCrash
	}
	err := s.Both.CommitFold(ctx, f)
	if err == nil && s.seldom("dies after the fold") {
		return errCrash
	}
	return err
}

func (s shaky) Delivered(ctx context.Context, ids []approval.OutboxID) error {
	if s.seldom("dies before it forgets") {
		return errCrash
	}
	return s.Both.Delivered(ctx, ids)
}

// Histories plays random histories of a few issues on the real service, hands what
// they leave to the relay late, twice, out of order and with crashes in between, and
// wants the figures to be the sum of the issues once everything has been delivered.
func Histories(t *testing.T, open func(t *testing.T) Opened) {
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	test := t
	rapid.Check(t, func(t *rapid.T) {
		o := open(test)
		clock := approvaltest.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
		service := approval.NewService(rules, o.Store, &approvaltest.Stillness{}, clock.Now, approvaltest.IDs())
		h := &history{T: t, service: service, store: o.Store, rules: rules, clock: clock}
		for range rapid.IntRange(1, 3).Draw(t, "issues") {
			h.raise()
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h.step()
		}
		h.last(o)
	})
}

type history struct {
	*rapid.T
	service *approval.Service
	store   Both
	rules   approval.Rules
	clock   *approvaltest.Clock
	ids     []approval.IssueID
}

var petitions = []approval.Petition{
	{Project: "fenjiang-west-bank", Title: "模型", Items: []catalog.ItemNo{24, 25, 36}, Parties: []approval.Party{{Matter: "river_works", Department: "cc-transport"}}},
	{Project: "fenjiang-west-bank", Title: "承诺", Items: []catalog.ItemNo{25, 36, 24}},
	{Project: "fenjiang-west-bank", Title: "协调", Parties: []approval.Party{{Matter: "river_works", Department: "cc-transport"}, {Matter: "river_works", Department: "cc-water"}}},
}

var (
	secretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	above     = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	bureau    = approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
)

func (h *history) raise() {
	p := rapid.SampledFrom(petitions).Draw(h.T, "petition")
	issue, _, err := h.service.Create(h.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: secretary})
	if err != nil {
		h.Fatal(err)
	}
	h.ids = append(h.ids, issue.ID)
	h.machine(issue.ID)
}

// machine does what the workflow would.
func (h *history) machine(id approval.IssueID) {
	issue, err := h.store.Issue(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	for round := 1; round <= issue.Round(); round++ {
		if _, err := h.service.Route(h.Context(), id, round); err != nil {
			h.Fatal(err)
		}
		if _, err := h.service.Close(h.Context(), id, round); err != nil && !approval.IsKind(err, approval.Invalid) {
			h.Fatal(err)
		}
	}
	for n := range issue.SignOffs {
		if _, err := h.service.CheckClock(h.Context(), id, issue.Round(), n+1); err != nil {
			h.Fatal(err)
		}
	}
}

// step has somebody try something, which the rules may refuse, or the feed move.
func (h *history) step() {
	id := rapid.SampledFrom(h.ids).Draw(h.T, "issue")
	n := rapid.IntRange(1, 4).Draw(h.T, "n")
	issue, err := h.store.Issue(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	n = min(n, len(issue.SignOffs))
	by := approval.Actor{Role: roster.Officer, Unit: string(issue.SignOff(n).Department)}
	by.Person = roster.PersonID(by.Unit + "-officer-1")
	lead := approval.Actor{Role: roster.Lead, Unit: by.Unit, Person: roster.PersonID(by.Unit + "-lead")}
	type try struct {
		by  approval.Actor
		cmd approval.Command
	}
	tries := []try{
		{by, approval.Claim{SignOff: n}},
		{by, approval.Grant{SignOff: n, Reason: "同意。"}},
		{by, approval.Grant{SignOff: n, Reason: "同意。"}},
		{by, approval.Oppose{SignOff: n, Ground: "防洪法第二十七条", Reason: "影响行洪。"}},
		{by, approval.AskSupplement{SignOff: n, Papers: []string{"图纸"}}},
		{by, approval.StopClock{SignOff: n, Kind: approval.StopHearing, Days: 5, Reason: "听证"}},
		{secretary, approval.AnswerSupplement{SignOff: n, Text: "已补正。"}},
		{above, approval.Rule{SignOff: n, Outcome: rapid.SampledFrom([]approval.Outcome{approval.SetAside, approval.Uphold, approval.Revise}).Draw(h.T, "outcome"), Reason: "会商决定。"}},
		{secretary, approval.Resubmit{Note: "已修改。"}},
		{secretary, approval.Withdraw{Reason: "另行办理。"}},
		{secretary, approval.Confirm{Stars: 5}},
		{above, approval.ProposeTolerance{SignOff: n, Of: approval.OverrunTolerated, Code: "unforeseen", Reason: "汛情封航。"}},
		{bureau, approval.AnswerTolerance{SignOff: n, Answer: approval.ToleranceConfirmed}},
		{bureau, approval.EndTolerance{SignOff: n, Reason: "情况不实。"}},
		{secretary, approval.Reopen{SignOffs: []int{n}, Reason: "重新办理。"}},
	}
	do := func(by approval.Actor, cmd approval.Command) {
		_, _, err := h.service.Do(h.Context(), id, cmd, approval.Call{Actor: by})
		if _, refused := errors.AsType[*approval.Error](err); err != nil && !refused {
			h.Fatal(err)
		}
	}
	switch k := rapid.IntRange(0, len(tries)+10).Draw(h.T, "what"); {
	case k < len(tries):
		do(tries[k].by, tries[k].cmd)
	case k == len(tries): // an extension, asked for and granted
		do(by, approval.AskExtension{SignOff: n, Days: 3, Reason: "情况复杂。"})
		do(lead, approval.AnswerExtension{SignOff: n, Answer: approval.ExtensionGranted})
	case k == len(tries)+1: // a diligent day: every department answers
		for range issue.SignOffs {
			for m := range issue.SignOffs {
				unit := issue.SignOffs[m].Department
				do(approval.Actor{Role: roster.Officer, Unit: string(unit), Person: roster.PersonID(unit + "-officer-1")}, approval.Grant{SignOff: m + 1, Reason: "同意。"})
			}
		}
	case k == len(tries)+2: // an overrun, tolerated
		h.clock.Set(h.clock.Now().Add(60 * 24 * time.Hour))
		do(above, approval.ProposeTolerance{SignOff: n, Of: approval.OverrunTolerated, Code: "unforeseen", Reason: "汛情封航。"})
		do(bureau, approval.AnswerTolerance{SignOff: n, Answer: approval.ToleranceConfirmed})
	case k < len(tries)+6:
		h.machine(id)
	case k < len(tries)+7:
		h.clock.Set(h.clock.Now().Add(time.Duration(rapid.IntRange(1, 24*20).Draw(h.T, "hours")) * time.Hour))
	default:
		h.feed()
	}
}

func (h *history) outbox() (records []approval.Outbox) {
	for shard := range approval.Shards {
		some, _, err := h.store.Outbox(h.Context(), shard, approval.Page{Limit: 200})
		if err != nil {
			h.Fatal(err)
		}
		records = append(records, some...)
	}
	return records
}

// feed hands some of what is waiting over, twice and in any order if it comes so.
func (h *history) feed() {
	records := h.outbox()
	if len(records) == 0 {
		return
	}
	records = rapid.SliceOfN(rapid.SampledFrom(records), 1, 6).Draw(h.T, "records")
	s := shaky{h.store, h.T}
	keeper := h.keeper(s)
	_, _ = approval.Relay{Workflows: &approvaltest.Stillness{}, Store: s, Fold: keeper.Fold}.Deliver(h.Context(), records)
}

func (h *history) keeper(s Both) *measure.Keeper {
	return &measure.Keeper{Store: s, Issues: s, Rules: func() approval.Rules { return h.rules }, Now: h.clock.Now}
}

func (h *history) last(o Opened) {
	for _, id := range h.ids {
		h.machine(id)
	}
	o.settle()
	keeper := h.keeper(h.store)
	for {
		records := h.outbox()
		if len(records) == 0 {
			break
		}
		if _, err := (approval.Relay{Workflows: &approvaltest.Stillness{}, Store: h.store, Fold: keeper.Fold}).Deliver(h.Context(), records); err != nil {
			h.Fatal(err)
		}
		o.settle()
	}
	got, err := keeper.Compare(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	for _, d := range got.Differences {
		h.Errorf("%s %s %s is kept as\n%s\nand should be\n%s", d.Month, d.District, d.Name, d.Kept, d.Wanted)
	}
	if got.Behind != 0 {
		h.Errorf("%d issues have not been folded", got.Behind)
	}
	if got.Issues < len(h.ids) || got.Figures == 0 {
		h.Errorf("%+v compares nothing", got)
	}
	h.statistics(keeper)
}
