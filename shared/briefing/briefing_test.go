package briefing_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// house is a service on the embedded store, and a keeper of briefings.
type house struct {
	*testing.T
	service *approval.Service
	clock   *approvaltest.Clock
	keeper  *briefing.Keeper
	kept    *store.Store
}

// monday is 9 March 2026, nine in the morning in Shanghai.
var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func open(t *testing.T) *house {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	h := &house{T: t, clock: approvaltest.NewClock(monday), kept: store.New(file.Table())}
	h.service = approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		h.kept, &approvaltest.Stillness{}, h.clock.Now, approvaltest.IDs())
	h.keeper = briefing.New(h.service, h.kept)
	return h
}

var (
	secretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	general   = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	above     = approval.Actor{Person: "headquarters-1", Role: roster.Headquarters, Unit: "headquarters"}
	bureau    = approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
	police    = approval.Actor{Person: "cc-traffic-police-officer-1", Role: roster.Officer, Unit: "cc-traffic-police"}
	transport = approval.Actor{Person: "cc-transport-officer-1", Role: roster.Officer, Unit: "cc-transport"}
)

func (h *house) do(id approval.IssueID, by approval.Actor, cmd approval.Command) {
	h.Helper()
	if _, _, err := h.service.Do(h.Context(), id, cmd, approval.Call{Actor: by}); err != nil {
		h.Fatal(err)
	}
}

// raised is an issue asked of the traffic police and the transport bureau, five working days each.
func (h *house) raised(title string) approval.IssueID {
	h.Helper()
	p := approval.Petition{Project: "fenjiang-west-bank", Title: title, Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-traffic-police"}, {Matter: "traffic_diversion", Department: "cc-transport"}}}
	issue, _, err := h.service.Create(h.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: secretary})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.service.Route(h.Context(), issue.ID, 1); err != nil {
		h.Fatal(err)
	}
	return issue.ID
}

// pass lets days go by, and the clocks of issues be looked at.
func (h *house) pass(days int, ids ...approval.IssueID) {
	h.Helper()
	h.clock.Set(h.clock.Now().AddDate(0, 0, days))
	for _, id := range ids {
		for n := 1; n <= 2; n++ {
			if _, err := h.service.CheckClock(h.Context(), id, 1, n); err != nil {
				h.Fatal(err)
			}
		}
	}
}

func (h *house) drawn(kind briefing.Kind, about string, by approval.Actor) briefing.View {
	h.Helper()
	got, _, err := h.keeper.DrawUp(h.Context(), briefing.Order{Kind: kind, About: about, Period: briefing.PeriodOf(kind, h.service.Today()).Code}, approval.Call{Actor: by})
	if err != nil {
		h.Fatal(err)
	}
	view, err := h.keeper.Read(h.Context(), got.ID, 0, by)
	if err != nil {
		h.Fatal(err)
	}
	return view
}

func (h *house) figures(v *briefing.View, want map[string]int) {
	h.Helper()
	for key, n := range want {
		if f := v.Document.Figure(key); f == nil || f.N != n || len(f.Points) != n {
			h.Errorf("%s is %+v, want %d", key, f, n)
		}
	}
}

// Two issues of a branch: one on time and concluded, one overdue by Tuesday of the week after.
func TestAnAgendaAndAListSayWhatIsOnRecord(t *testing.T) {
	h := open(t)
	done, late := h.raised("绕行"), h.raised("占道")
	h.do(done, police, approval.Grant{SignOff: 1, Reason: "同意。"})
	h.do(done, transport, approval.Grant{SignOff: 2, Reason: "同意。"})
	if _, err := h.service.Close(h.Context(), done, 1); err != nil {
		t.Fatal(err)
	}
	h.do(late, police, approval.Grant{SignOff: 1, Reason: "同意。"})
	h.pass(8, late) // due on Monday, 16 March

	agenda := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.figures(&agenda, map[string]int{"red": 1, "red_tasks": 1, "yellow": 0, "rulings": 0})
	if rows := agenda.Document.Sections[0].Table.Rows; len(rows) != 1 || rows[0].Issue != late || rows[0].SignOff != 2 || rows[0].Cells[5].Words.ZH != "超期1个工作日" {
		t.Errorf("%+v", rows)
	}
	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	h.figures(&list, map[string]int{"raised": 2, "ended": 1, "open": 1, "late": 1, "due": 1, "unconfirmed": 1, "withdrawn": 0})
	if agenda.Document.Read != (briefing.Read{Issues: 1, Versions: agenda.Document.Read.Versions}) || agenda.Document.Read.Versions == 0 {
		t.Errorf("the version of the data is %+v", agenda.Document.Read)
	}

	// On the same facts the same day the content is the same, byte by byte, and nothing has changed.
	again := h.drawn(briefing.Agenda, "general-branch", bureau)
	if again.Version.N != 2 || again.Version.Digest != agenda.Version.Digest || len(again.Changed) != 0 {
		t.Errorf("version %d, %s after %s, %+v", again.Version.N, again.Version.Digest, agenda.Version.Digest, again.Changed)
	}
	h.do(late, transport, approval.Grant{SignOff: 2, Reason: "同意。"})
	now := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.figures(&now, map[string]int{"red": 0})
	if now.Version.Digest == agenda.Version.Digest || len(now.Changed) < 2 {
		t.Errorf("what changed: %+v", now.Changed)
	}
	old, err := h.keeper.Read(h.Context(), now.ID, 1, bureau)
	if err != nil || old.Document.Figure("red").N != 1 {
		t.Errorf("the first version says %+v, %v", old.Document.Figure("red"), err)
	}
	h.pass(7)
	next := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.figures(&next, map[string]int{"red": 0})
	if f := next.Document.Figure("last"); f == nil || f.N != 0 {
		t.Errorf("last week's agenda in its last version had no red issue: %+v", f)
	}
	for _, lang := range []string{"zh", "en"} {
		if file, err := list.Workbook(lang); err != nil || len(file) == 0 {
			t.Errorf("as a workbook: %v", err)
		}
	}
}

func TestNobodySignsWhatTheyDrewUpAndADraftIsForThoseWhoWorkOnIt(t *testing.T) {
	h := open(t)
	h.raised("绕行")
	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	read := func(by approval.Actor) error {
		_, err := h.keeper.Read(h.Context(), list.ID, 0, by)
		return err
	}
	sign := func(by approval.Actor, version int) error {
		_, err := h.keeper.Sign(h.Context(), list.ID, briefing.Signing{Version: version}, approval.Call{Actor: by})
		return err
	}
	for _, by := range []approval.Actor{secretary, general, above, bureau} {
		if err := read(by); err != nil {
			t.Errorf("%s does not see the draft: %v", by.Role, err)
		}
	}
	if err := read(police); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("an officer sees the draft: %v", err)
	}
	for _, by := range []approval.Actor{secretary, bureau, police} {
		if err := sign(by, 1); err == nil {
			t.Errorf("%s signs", by.Role)
		}
	}
	if err := sign(general, 2); !approval.IsKind(err, approval.Stale) {
		t.Errorf("a version that there is not: %v", err)
	}
	if err := sign(general, 1); err != nil {
		t.Fatal(err)
	}
	if err := sign(above, 1); !approval.IsKind(err, approval.Closed) {
		t.Errorf("a second signature: %v", err)
	}
	if err := read(police); err != nil {
		t.Errorf("what is signed is not public: %v", err)
	}
	h.raised("占道")
	h.drawn(briefing.List, "branch-fenjiang", secretary)
	if got, err := h.keeper.Read(h.Context(), list.ID, 0, police); err != nil || got.Version.N != 1 || len(got.Briefing.Versions) != 1 {
		t.Errorf("beside the draft of the second version the officer sees %+v, %v", got.Version, err)
	}
	if err := sign(general, 2); err != nil {
		t.Fatal(err)
	}
	// What a tier draws up itself another person of it or above signs.
	agenda := h.drawn(briefing.Agenda, "general-branch", general)
	if _, err := h.keeper.Sign(h.Context(), agenda.ID, briefing.Signing{Version: 1}, approval.Call{Actor: general}); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("who drew it up signs: %v", err)
	}
	if _, err := h.keeper.Sign(h.Context(), agenda.ID, briefing.Signing{Version: 1}, approval.Call{Actor: above}); err != nil {
		t.Error(err)
	}
	trail, _, err := h.keeper.Trail(h.Context(), list.ID, bureau, 0, approval.Page{Limit: 20})
	if err != nil || len(trail) != 4 {
		t.Errorf("the trail has %d events, %v", len(trail), err)
	}
}

func TestABriefingIsDrawnUpByWhomItConcerns(t *testing.T) {
	h := open(t)
	month, week := briefing.PeriodOf(briefing.List, h.service.Today()).Code, briefing.PeriodOf(briefing.Agenda, h.service.Today()).Code
	for name, c := range map[string]struct {
		by    approval.Actor
		order briefing.Order
		field string
		kind  approval.Kind
	}{
		"an officer":            {police, briefing.Order{Kind: briefing.List, About: "branch-fenjiang", Period: month}, "", approval.Forbidden},
		"another branch's":      {secretary, briefing.Order{Kind: briefing.List, About: "branch-u-valley", Period: month}, "", approval.Forbidden},
		"an agenda of a branch": {bureau, briefing.Order{Kind: briefing.Agenda, About: "branch-fenjiang", Period: week}, "about", approval.Invalid},
		"no period":             {bureau, briefing.Order{Kind: briefing.Agenda, About: "general-branch", Period: "2026-W1"}, "period", approval.Invalid},
		"a period to come":      {bureau, briefing.Order{Kind: briefing.Agenda, About: "general-branch", Period: "2026-W12"}, "period", approval.Invalid},
		"no such kind":          {bureau, briefing.Order{Kind: "novel", About: "general-branch", Period: week}, "kind", approval.Invalid},
	} {
		_, _, err := h.keeper.DrawUp(h.Context(), c.order, approval.Call{Actor: c.by})
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != c.kind || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	offers := h.keeper.Offers(bureau)
	if !slices.ContainsFunc(offers, func(o briefing.Order) bool { return o.Kind == briefing.Agenda && o.About == "general-branch" }) || len(h.keeper.Offers(police)) != 0 {
		t.Errorf("offered: %+v", offers)
	}
}

func TestPeriodsAreWeeksFromMondayAndMonths(t *testing.T) {
	for on, want := range map[string][2]string{
		"2026-03-09": {"2026-W11", "2026-03"}, "2026-03-15": {"2026-W11", "2026-03"}, "2026-12-31": {"2026-W53", "2026-12"}, "2027-01-03": {"2026-W53", "2027-01"}, "2024-12-30": {"2025-W01", "2024-12"},
	} {
		for k, kind := range briefing.Kinds() {
			p := briefing.PeriodOf(kind, calendar.MustParse(on))
			back, ok := briefing.ParsePeriod(kind, p.Code)
			if p.Code != want[k] || !ok || back != p || p.From > calendar.MustParse(on) || p.To < calendar.MustParse(on) {
				t.Errorf("%s: %+v, read back %+v, %v", on, p, back, ok)
			}
		}
	}
	for kind, codes := range map[briefing.Kind][]string{briefing.Agenda: {"", "2026-W54", "2026-W00", "2026-03", "2026-W1x"}, briefing.List: {"", "2026-13", "2026-0", "2026-W10", "26-03"}} {
		for _, code := range codes {
			if p, ok := briefing.ParsePeriod(kind, code); ok {
				t.Errorf("%s reads %q as %+v", kind, code, p)
			}
		}
	}
}

// damaged is a store whose parts have been tampered with.
type damaged struct{ docket.Store }

func (d damaged) Record(ctx context.Context, kind docket.Kind, id string) (docket.Record, error) {
	r, err := d.Store.Record(ctx, kind, id)
	if kind == "briefing-part" && err == nil {
		r.Body = []byte(`{"piece":"e30="}`)
	}
	return r, err
}

func TestAVersionThatWasTamperedWithIsNotShown(t *testing.T) {
	h := open(t)
	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	if _, err := briefing.New(h.service, damaged{h.kept}).Read(h.Context(), list.ID, 0, secretary); err == nil {
		t.Error("it is shown")
	}
}
