package briefing_test

import (
	"context"
	"encoding/json"
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
	"lianban/shared/invest"
	"lianban/shared/ledger"
	"lianban/shared/measure"
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
	figures *measure.Keeper
	ledger  *ledger.Ledger
	settle  func() // lets indexes catch up
	kept    *store.Store
}

// monday is 9 March 2026, nine in the morning in Shanghai.
var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// houses runs a test on the embedded store, and on a table whose indexes are behind, as
// DynamoDB's may be.
func houses(t *testing.T, test func(h *house)) {
	t.Helper()
	t.Parallel()
	t.Run("Embedded", func(t *testing.T) {
		t.Parallel()
		file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		test(open(t, file.Table()))
	})
	t.Run("IndexesBehind", func(t *testing.T) {
		t.Parallel()
		lag := store.NewLag(store.NewMemory(nil), 50)
		h := open(t, lag)
		h.settle = lag.Settle
		test(h)
	})
}

func open(t *testing.T, table store.Table) *house {
	t.Helper()
	h := &house{T: t, clock: approvaltest.NewClock(monday), kept: store.New(table), settle: func() {}}
	h.service = approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		h.kept, &approvaltest.Stillness{}, h.clock.Now, approvaltest.IDs())
	h.figures = &measure.Keeper{Store: h.kept, Issues: h.kept, Rules: h.service.Rules, Now: h.service.Now}
	h.ledger = ledger.New(h.service, h.kept)
	h.keeper = briefing.New(h.service, h.kept, h.figures, h.ledger)
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
	h.settle()
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

func (h *house) counts(v *briefing.View, want map[string]int) {
	h.Helper()
	for key, n := range want {
		if f := v.Document.Figure(key); f == nil || f.N != n || len(f.Points) != n {
			h.Errorf("%s is %+v, want %d", key, f, n)
		}
	}
}

// Two issues of a branch: one on time and concluded, one overdue by Tuesday of the week after.
func TestAnAgendaAndAListSayWhatIsOnRecord(t *testing.T) {
	houses(t, func(h *house) { testAnAgendaAndAListSayWhatIsOnRecord(h) })
}

func testAnAgendaAndAListSayWhatIsOnRecord(h *house) {
	done, late := h.raised("绕行"), h.raised("占道")
	h.do(done, police, approval.Grant{SignOff: 1, Reason: "同意。"})
	h.do(done, transport, approval.Grant{SignOff: 2, Reason: "同意。"})
	if _, err := h.service.Close(h.Context(), done, 1); err != nil {
		h.Fatal(err)
	}
	h.do(late, police, approval.Grant{SignOff: 1, Reason: "同意。"})
	h.pass(8, late) // due on Monday, 16 March

	agenda := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.counts(&agenda, map[string]int{"red": 1, "red_tasks": 1, "yellow": 0, "rulings": 0})
	if rows := agenda.Document.Sections[0].Table.Rows; len(rows) != 1 || rows[0].Issue != late || rows[0].SignOff != 2 || rows[0].Cells[5].Words.ZH != "超期1个工作日" {
		h.Errorf("%+v", rows)
	}
	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	h.counts(&list, map[string]int{"raised": 2, "ended": 1, "open": 1, "late": 1, "due": 1, "unconfirmed": 1, "withdrawn": 0})
	if agenda.Document.Read != (briefing.Read{Issues: 1, Versions: agenda.Document.Read.Versions}) || agenda.Document.Read.Versions == 0 {
		h.Errorf("the version of the data is %+v", agenda.Document.Read)
	}

	// On the same facts the same day the content is the same, byte by byte, and nothing has changed.
	again := h.drawn(briefing.Agenda, "general-branch", bureau)
	if again.Version.N != 2 || again.Version.Digest != agenda.Version.Digest || len(again.Changed) != 0 {
		h.Errorf("version %d, %s after %s, %+v", again.Version.N, again.Version.Digest, agenda.Version.Digest, again.Changed)
	}
	h.do(late, transport, approval.Grant{SignOff: 2, Reason: "同意。"})
	now := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.counts(&now, map[string]int{"red": 0})
	if now.Version.Digest == agenda.Version.Digest || len(now.Changed) < 2 {
		h.Errorf("what changed: %+v", now.Changed)
	}
	old, err := h.keeper.Read(h.Context(), now.ID, 1, bureau)
	if err != nil || old.Document.Figure("red").N != 1 {
		h.Errorf("the first version says %+v, %v", old.Document.Figure("red"), err)
	}
	h.pass(7)
	next := h.drawn(briefing.Agenda, "general-branch", bureau)
	h.counts(&next, map[string]int{"red": 0})
	if f := next.Document.Figure("last"); f == nil || f.N != 0 {
		h.Errorf("last week's agenda in its last version had no red issue: %+v", f)
	}
	for _, lang := range []string{"zh", "en"} {
		if file, err := list.Workbook(lang); err != nil || len(file) == 0 {
			h.Errorf("as a workbook: %v", err)
		}
	}
}

func TestNobodySignsWhatTheyDrewUpAndADraftIsForThoseWhoWorkOnIt(t *testing.T) {
	houses(t, func(h *house) { testNobodySignsWhatTheyDrewUpAndADraftIsForThoseWhoWorkOnIt(h) })
}

func testNobodySignsWhatTheyDrewUpAndADraftIsForThoseWhoWorkOnIt(h *house) {
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
			h.Errorf("%s does not see the draft: %v", by.Role, err)
		}
	}
	if err := read(police); !approval.IsKind(err, approval.NotFound) {
		h.Errorf("an officer sees the draft: %v", err)
	}
	for _, by := range []approval.Actor{secretary, bureau, police} {
		if err := sign(by, 1); err == nil {
			h.Errorf("%s signs", by.Role)
		}
	}
	if err := sign(general, 2); !approval.IsKind(err, approval.Stale) {
		h.Errorf("a version that there is not: %v", err)
	}
	if err := sign(general, 1); err != nil {
		h.Fatal(err)
	}
	if err := sign(above, 1); !approval.IsKind(err, approval.Closed) {
		h.Errorf("a second signature: %v", err)
	}
	if err := read(police); err != nil {
		h.Errorf("what is signed is not public: %v", err)
	}
	h.raised("占道")
	h.drawn(briefing.List, "branch-fenjiang", secretary)
	if got, err := h.keeper.Read(h.Context(), list.ID, 0, police); err != nil || got.Version.N != 1 || len(got.Briefing.Versions) != 1 {
		h.Errorf("beside the draft of the second version the officer sees %+v, %v", got.Version, err)
	}
	if err := sign(general, 2); err != nil {
		h.Fatal(err)
	}
	// What a tier draws up itself another person of it or above signs.
	agenda := h.drawn(briefing.Agenda, "general-branch", general)
	if _, err := h.keeper.Sign(h.Context(), agenda.ID, briefing.Signing{Version: 1}, approval.Call{Actor: general}); !approval.IsKind(err, approval.Forbidden) {
		h.Errorf("who drew it up signs: %v", err)
	}
	if _, err := h.keeper.Sign(h.Context(), agenda.ID, briefing.Signing{Version: 1}, approval.Call{Actor: above}); err != nil {
		h.Error(err)
	}
	trail, _, err := h.keeper.Trail(h.Context(), list.ID, bureau, 0, approval.Page{Limit: 20})
	if err != nil || len(trail) != 4 {
		h.Errorf("the trail has %d events, %v", len(trail), err)
	}
}

func TestABriefingIsDrawnUpByWhomItConcerns(t *testing.T) {
	houses(t, func(h *house) { testABriefingIsDrawnUpByWhomItConcerns(h) })
}

func testABriefingIsDrawnUpByWhomItConcerns(h *house) {
	month, week := briefing.PeriodOf(briefing.List, h.service.Today()).Code, briefing.PeriodOf(briefing.Agenda, h.service.Today()).Code
	for name, c := range map[string]struct {
		by    approval.Actor
		order briefing.Order
		field string
		kind  approval.Kind
	}{
		"an officer":             {police, briefing.Order{Kind: briefing.List, About: "branch-fenjiang", Period: month}, "", approval.Forbidden},
		"another branch's":       {secretary, briefing.Order{Kind: briefing.List, About: "branch-u-valley", Period: month}, "", approval.Forbidden},
		"a bulletin by a branch": {secretary, briefing.Order{Kind: briefing.Bulletin, About: "440604", Period: "2026-Q1"}, "", approval.Forbidden},
		"a bulletin of a branch": {bureau, briefing.Order{Kind: briefing.Bulletin, About: "branch-fenjiang", Period: "2026-Q1"}, "", approval.Forbidden},
		"an agenda of a branch":  {bureau, briefing.Order{Kind: briefing.Agenda, About: "branch-fenjiang", Period: week}, "about", approval.Invalid},
		"no period":              {bureau, briefing.Order{Kind: briefing.Agenda, About: "general-branch", Period: "2026-W1"}, "period", approval.Invalid},
		"a period to come":       {bureau, briefing.Order{Kind: briefing.Agenda, About: "general-branch", Period: "2026-W12"}, "period", approval.Invalid},
		"no such kind":           {bureau, briefing.Order{Kind: "novel", About: "general-branch", Period: week}, "kind", approval.Invalid},
	} {
		_, _, err := h.keeper.DrawUp(h.Context(), c.order, approval.Call{Actor: c.by})
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != c.kind || e.Field != c.field {
			h.Errorf("%s: %v", name, err)
		}
	}
	offers := h.keeper.Offers(bureau)
	if !slices.ContainsFunc(offers, func(o briefing.Order) bool { return o.Kind == briefing.Agenda && o.About == "general-branch" }) || len(h.keeper.Offers(police)) != 0 {
		h.Errorf("offered: %+v", offers)
	}
}

func TestPeriodsAreWeeksFromMondayAndMonths(t *testing.T) {
	for on, want := range map[string][4]string{
		"2026-03-09": {"2026-W11", "2026-03", "2026-Q1", "2026-H1"}, "2026-03-15": {"2026-W11", "2026-03", "2026-Q1", "2026-H1"}, "2026-12-31": {"2026-W53", "2026-12", "2026-Q4", "2026-H2"},
		"2027-01-03": {"2026-W53", "2027-01", "2027-Q1", "2027-H1"}, "2024-12-30": {"2025-W01", "2024-12", "2024-Q4", "2024-H2"}, "2026-07-01": {"2026-W27", "2026-07", "2026-Q3", "2026-H2"},
	} {
		for k, kind := range briefing.Kinds() {
			p := briefing.PeriodOf(kind, calendar.MustParse(on))
			back, ok := briefing.ParsePeriod(kind, p.Code)
			if p.Code != want[k] || !ok || back != p || p.From > calendar.MustParse(on) || p.To < calendar.MustParse(on) {
				t.Errorf("%s: %+v, read back %+v, %v", on, p, back, ok)
			}
		}
	}
	for kind, codes := range map[briefing.Kind][]string{briefing.Agenda: {"", "2026-W54", "2026-W00", "2026-03", "2026-W1x"}, briefing.List: {"", "2026-13", "2026-0", "2026-W10", "26-03"}, briefing.Bulletin: {"", "2026-Q5", "2026-Q0", "2026-03", "2026-Q11"}, briefing.Pack: {"", "2026-H3", "2026-Q1"}} {
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
	houses(t, func(h *house) { testAVersionThatWasTamperedWithIsNotShown(h) })
}

func testAVersionThatWasTamperedWithIsNotShown(h *house) {
	list := h.drawn(briefing.List, "branch-fenjiang", secretary)
	if _, err := briefing.New(h.service, damaged{h.kept}, h.figures, h.ledger).Read(h.Context(), list.ID, 0, secretary); err == nil {
		h.Error("it is shown")
	}
}

// A quarter of a branch: one issue late and found tolerable, one late, one open past due.
func TestABulletinAndAHalfYearSayWhatIsOnRecord(t *testing.T) {
	houses(t, func(h *house) {
		tolerated, late, open := h.raised("绕行"), h.raised("占道"), h.raised("改线")
		if _, _, err := h.ledger.Enter(h.Context(), 2026, []invest.Fact{
			{Listing: &invest.Listing{Project: "fenjiang-west-bank", NameZH: "汾江河西岸岸线提升项目", District: "440604", Sector: roster.WaterWorks, Tier: roster.DistrictProject, Type: roster.Continuing}},
			{Plan: &invest.Plan{Project: "fenjiang-west-bank", Amount: 12_000, From: calendar.MustParse("2026-01-01")}},
			{Report: &invest.Report{Project: "fenjiang-west-bank", Half: 4, Done: 3_000}},
		}, "", approval.Call{Actor: bureau}); err != nil {
			h.Fatal(err)
		}
		h.pass(8, tolerated, late, open)
		for _, id := range []approval.IssueID{tolerated, late} {
			h.do(id, police, approval.Grant{SignOff: 1, Reason: "汛情，逾期办结。"})
			h.do(id, transport, approval.Grant{SignOff: 2, Reason: "汛情，逾期办结。"})
			if _, err := h.service.Close(h.Context(), id, 1); err != nil {
				h.Fatal(err)
			}
		}
		h.do(open, general, approval.Supervise{SignOff: 1, Demand: "限期办结", ReplyDays: 2})
		for n := 1; n <= 2; n++ {
			h.do(tolerated, general, approval.ProposeTolerance{SignOff: n, Of: approval.OverrunTolerated, Code: "unforeseen", Reason: "汛情封航"})
			h.do(tolerated, bureau, approval.AnswerTolerance{SignOff: n, Answer: approval.ToleranceConfirmed})
		}
		h.do(late, secretary, approval.Confirm{Stars: 2, Comment: "等待过久"})
		if err := h.figures.Fold(h.Context(), []approval.IssueID{tolerated, late, open}); err != nil {
			h.Fatal(err)
		}

		bulletin := h.drawn(briefing.Bulletin, "440604", bureau)
		h.counts(&bulletin, map[string]int{"raised": 3, "ended": 2, "open": 1, "notices_issued": 1, "overdue": 2, "tolerated_overrun": 2, "tolerated_objection": 0})
		if rows := bulletin.Document.Sections[1].Table; rows != nil { // two departments with three cases each
			h.Errorf("small groups are shown: %+v", rows)
		}
		if bulletin.Document.Read.Figures == "" || bulletin.Document.Read.Entries == 0 {
			h.Errorf("the version of the data is %+v", bulletin.Document.Read)
		}
		if _, err := h.keeper.Sign(h.Context(), bulletin.ID, briefing.Signing{Version: 1}, approval.Call{Actor: bureau}); !approval.IsKind(err, approval.Forbidden) {
			h.Errorf("who drew it up signs: %v", err)
		}
		if _, err := h.keeper.Sign(h.Context(), bulletin.ID, briefing.Signing{Version: 1}, approval.Call{Actor: general}); !approval.IsKind(err, approval.NotFound) {
			h.Errorf("a general branch signs a bulletin: %v", err)
		}
		other := bureau
		other.Person = "cc-bureau-2"
		if _, err := h.keeper.Sign(h.Context(), bulletin.ID, briefing.Signing{Version: 1}, approval.Call{Actor: other}); err != nil {
			h.Error(err)
		}

		pack := h.drawn(briefing.Pack, "branch-fenjiang", secretary)
		h.counts(&pack, map[string]int{"raised": 3, "answered": 4, "answered_late": 2, "rated": 1, "rated_2": 1, "asked": 0, "duties_due": 0, "agreed": 0, "tolerated_overrun": 2})
		if rows := pack.Document.Sections[6].Table.Rows; len(rows) != 1 || *rows[0].Cells[1].Number != 12_000 || rows[0].Cells[3].Words.ZH != "25.00%" {
			h.Errorf("the branch's investment: %+v", rows)
		}
		for _, v := range []*briefing.View{&bulletin, &pack} {
			for _, lang := range []string{"zh", "en"} {
				if file, err := v.Workbook(lang); err != nil || len(file) == 0 {
					h.Errorf("as a workbook: %v", err)
				}
			}
		}
		if _, err := h.keeper.Sign(h.Context(), pack.ID, briefing.Signing{Version: 1}, approval.Call{Actor: above}); err != nil {
			h.Error(err)
		}
	})
}

// spread is the roster with a project in a second district, and with a city's bureau.
func spread(t *testing.T) *roster.Roster {
	t.Helper()
	text, err := roster.Demo().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	all["districts"] = append(all["districts"].([]any), map[string]any{"code": "440605", "level": "district", "parent": "440600", "nameZH": "南海区", "nameEN": "Nanhai District"})
	for _, p := range all["projects"].([]any) {
		if p := p.(map[string]any); p["id"] == "u-valley" {
			p["district"] = "440605"
		}
	}
	if text, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	r, err := roster.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatConcernsSeveralDistrictsIsListedInTheAreaThatEnclosesThem(t *testing.T) {
	houses(t, func(h *house) {
		rules := h.service.Rules()
		rules.Roster = spread(h.T)
		h.service.SetRules(rules)
		city := approval.Actor{Person: "x", Role: roster.Officer, Unit: "fs-transport"}
		begins := func(by approval.Actor, want roster.DistrictCode, listed int) {
			h.Helper()
			h.settle()
			q, err := h.keeper.Default(h.Context(), by)
			if err != nil {
				h.Fatal(err)
			}
			got, _, err := h.keeper.List(h.Context(), q, by, approval.Page{Limit: 10})
			if err != nil || q.District != want || len(got) != listed {
				h.Errorf("%s of %s begins with %+v, where %d are listed, %v", by.Role, by.Unit, q, len(got), err)
			}
		}
		begins(city, "440600", 0)
		list := h.drawn(briefing.List, "branch-fenjiang", secretary)
		begins(city, "440600", 0) // nobody of the city sees a draft
		if _, err := h.keeper.Sign(h.Context(), list.ID, briefing.Signing{Version: 1}, approval.Call{Actor: general}); err != nil {
			h.Fatal(err)
		}
		begins(city, "440604", 1)
		agenda := h.drawn(briefing.Agenda, "general-branch", general)
		if agenda.Briefing.District != "440600" {
			h.Errorf("an agenda of two districts is listed in %s", agenda.Briefing.District)
		}
		begins(general, "440600", 1)
		begins(city, "440604", 1)
		if _, err := h.keeper.Sign(h.Context(), agenda.ID, briefing.Signing{Version: 1}, approval.Call{Actor: above}); err != nil {
			h.Fatal(err)
		}
		begins(city, "440600", 1)
		begins(police, "440604", 1)
		if areas := h.keeper.Areas(); !slices.Equal(areas, []roster.DistrictCode{"440000", "440600", "440604", "440605"}) {
			h.Errorf("there are lists of %v", areas)
		}
	})
}
