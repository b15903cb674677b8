package approval_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
	"lianban/shared/store"
)

// onTerms approves with one duty that the own department verifies some days after Monday.
func onTerms(n int, kind approval.DecisionKind, days int) approval.GrantOnTerms {
	return approval.GrantOnTerms{SignOff: n, Kind: kind, Duties: []approval.Term{{What: "补齐材料", By: calendar.Of(monday).Add(days)}}}
}

func pledge(n, days int) approval.GrantOnTerms { return onTerms(n, approval.OnPledge, days) }

// pledge approves on a commitment that is verified some days from now, by the own department.
func (g *game) pledge(n, days int) *game {
	g.Helper()
	g.must(g.by(n), pledge(n, days+calendar.Of(g.now).Sub(calendar.Of(monday))))
	return g
}

// look lets the sweep look at the duties, as their watch asks it to.
func (g *game) lookAtDuties() {
	g.Helper()
	g.must(approval.Machine, approval.RouseCommand(*g.issue.Watch(approval.DutyWatch)))
}

// duties are where the duties stand: of the first sign-off, of the second, ...
func (g *game) dutyStates() (s []approval.DutyState) {
	for k := range g.issue.SignOffs {
		for _, d := range g.issue.SignOffs[k].Duties {
			s = append(s, d.State)
		}
	}
	return s
}

func TestAnApprovalOnTermsLeavesDutiesThatCanBeVerified(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	terms := approval.GrantOnTerms{SignOff: 1, Kind: approval.OnPledge, Duties: []approval.Term{{What: "一个月内补齐规划许可", By: calendar.Of(monday).Add(30)}, {What: "开工前报备", By: calendar.Of(monday).Add(40), Checker: "cc-housing"}}}
	for field, change := range map[string]func(c *approval.GrantOnTerms){
		"duties[0].what":    func(c *approval.GrantOnTerms) { c.Duties[0].What = " " },
		"duties[1].what":    func(c *approval.GrantOnTerms) { c.Duties[1].What = strings.Repeat("长", 501) },
		"duties[0].by":      func(c *approval.GrantOnTerms) { c.Duties[0].By = calendar.Of(monday) },
		"duties[1].by":      func(c *approval.GrantOnTerms) { c.Duties[1].By = 0 },
		"duties[0].checker": func(c *approval.GrantOnTerms) { c.Duties[0].Checker = "none" },
		"duties[1].checker": func(c *approval.GrantOnTerms) { c.Duties[1].Checker = "cc-oversight" },
		"reason":            func(c *approval.GrantOnTerms) { c.Reason = strings.Repeat("长", 4001) },
		"duties":            func(c *approval.GrantOnTerms) { c.Duties = nil },
		"kind":              func(c *approval.GrantOnTerms) { c.Kind = approval.Approve },
	} {
		bad := terms
		bad.Duties = slices.Clone(terms.Duties)
		change(&bad)
		g.refusedAt(g.by(1), bad, field)
	}
	many := terms
	many.Duties = slices.Repeat(terms.Duties, 6)
	g.refusedAt(g.by(1), many, "duties")

	g.must(g.by(1), terms)
	s := g.so(1)
	want := []approval.Duty{{Kind: approval.OnPledge, Term: terms.Duties[0], State: approval.DutyOpen}, {Kind: approval.OnPledge, Term: terms.Duties[1], State: approval.DutyOpen}}
	want[0].Checker = s.Department
	if s.State != yes || s.Decision.Kind != approval.OnPledge || !slices.Equal(s.Duties, want) {
		t.Errorf("on record: %+v %+v", s.Decision, s.Duties)
	}
	if terms.Duties[0].Checker != "" {
		t.Error("the command was changed")
	}
}

func TestWhatIsAskedSaysOnWhichTermsItMayBeApproved(t *testing.T) {
	t.Parallel()
	matter := approval.Petition{Project: "fenjiang-west-bank", Title: "交通疏解", Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-traffic-police"}}}
	for _, c := range []struct {
		name string
		p    approval.Petition
		may  []approval.DecisionKind
	}{
		{"an item that allows both", one(25), []approval.DecisionKind{approval.OnPledge, approval.OnCondition, approval.WithGaps}},
		{"an item that allows commitments", one(30), []approval.DecisionKind{approval.OnPledge, approval.OnCondition}},
		{"an item that allows neither", one(8), []approval.DecisionKind{approval.OnCondition}},
		{"a coordination matter", matter, []approval.DecisionKind{approval.OnCondition}},
	} {
		for _, kind := range []approval.DecisionKind{approval.OnPledge, approval.OnCondition, approval.WithGaps} {
			g := newGame(t)
			g.raise(c.p).route()
			if !slices.Contains(c.may, kind) {
				g.refusedAt(g.by(1), onTerms(1, kind, 9), "kind")
				continue
			}
			since := len(g.events)
			g.must(g.by(1), onTerms(1, kind, 9))
			event := map[approval.DecisionKind]string{approval.OnPledge: approval.EvCommit, approval.OnCondition: approval.EvCondition, approval.WithGaps: approval.EvGaps}[kind]
			if s := g.so(1); s.Decision.Kind != kind || s.Duties[0].Kind != kind || g.kinds(since)[0] != event {
				t.Errorf("%s, %s: %+v, %v", c.name, kind, s.Duties, g.kinds(since))
			}
		}
	}
}

// refusedAt wants a command refused for what one of its fields says.
func (g *game) refusedAt(actor approval.Actor, cmd approval.Command, field string) {
	g.Helper()
	if e, ok := g.do(actor, cmd).(*approval.Error); !ok || e.Kind != approval.Invalid || e.Field != field { //nolint:errorlint // the rules answer it bare
		g.Errorf("%T%+v answers %v, want it refused at %s", cmd, cmd, e, field)
	}
}

func TestADutyIsMetWithEvidenceByItsChecker(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	terms := pledge(1, 9)
	terms.Duties[0].Checker = "cc-housing"
	g.must(g.by(1), terms)
	met := approval.Meet{SignOff: 1, Duty: 1, Evidence: "现场核查，已补齐"}
	for _, a := range []approval.Actor{g.by(1), lead, secretary, overseer, {Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}} {
		g.refused(a, met, approval.Forbidden)
	}
	checker := officer("cc-housing", 1)
	g.refusedAt(checker, approval.Meet{SignOff: 1, Duty: 1, Evidence: " "}, "evidence")
	for _, stray := range []approval.Meet{{SignOff: 1, Duty: 0}, {SignOff: 1, Duty: 2}, {SignOff: 5, Duty: 1}, {SignOff: 99, Duty: 1}} {
		g.refused(checker, stray, approval.NotFound)
	}
	g.refused(checker, approval.Revoke{SignOff: 5, Reason: "没有承诺"}, approval.Forbidden)
	g.refused(checker, approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "为时尚早"}, approval.Conflict)
	g.must(checker, met)
	if d := g.so(1).Duties[0]; d.State != approval.DutyMet || d.Evidence != met.Evidence || d.SettledBy != checker || d.SettledAt != g.now || g.issue.Watch(approval.DutyWatch) != nil {
		t.Errorf("on record: %+v, watched by %+v", d, g.issue.Watch(approval.DutyWatch))
	}
	g.refused(checker, met, approval.Closed)
	g.at("2026-04-09 10:00").refused(checker, approval.Revoke{SignOff: 1, Code: "commitment_broken", Reason: "已履行"}, approval.Closed)
}

func TestTheBranchReportsADutyAndItsCheckerSeesIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route().pledge(1, 9)
	report := approval.ReportDuty{SignOff: 1, Duty: 1, Text: "已补齐，请核查"}
	for _, a := range []approval.Actor{stranger, g.by(1), lead, generalBranch} {
		g.refused(a, report, approval.Forbidden)
	}
	g.refusedAt(secretary, approval.ReportDuty{SignOff: 1, Duty: 1, Text: " "}, "text")
	g.must(secretary, report)
	if d := g.so(1).Duties[0]; d.State != approval.DutyOpen || d.Report == nil || d.Report.Reason != report.Text || g.duties[approval.DutyRef{SignOff: 1, Duty: 1}].Report != d.Report {
		t.Errorf("on record: %+v, in the list: %+v", d, g.duties)
	}
	g.at("2026-03-19 00:00").lookAtDuties()
	g.must(secretary, approval.ReportDuty{SignOff: 1, Duty: 1, Text: "逾期补齐"}) // late, and it says so
	g.must(g.by(1), approval.Meet{SignOff: 1, Duty: 1, Evidence: "已核"})
	g.refused(secretary, report, approval.Closed)
}

func TestADutyWhoseDatePassesIsMissedAlsoAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{false, true} {
		g := newGame(t)
		p := chain()
		p.Commitments = p.Items[:1]
		g.raise(p).route().pledge(1, 9).pledge(2, 12)
		if ended {
			g.grant(3, 4, 5, 6)
			g.close()
			g.must(secretary, approval.Confirm{Stars: 5})
		}
		w := *g.issue.Watch(approval.DutyWatch)
		if !w.WakeAt.Equal(shanghai("2026-03-19 00:00")) {
			t.Fatalf("the sweep means to look at %s", w.WakeAt.In(calendar.Shanghai))
		}
		g.now = w.WakeAt.Add(-1)
		version := g.issue.Version
		if g.must(approval.Machine, approval.RouseCommand(w)); g.issue.Version != version {
			t.Error("missed before its date has passed")
		}
		g.now = w.WakeAt
		since := len(g.events)
		g.must(approval.Machine, approval.RouseCommand(w))
		if got := g.kinds(since); !slices.Equal(got, []string{approval.EvMiss}) || !slices.Equal(g.dutyStates(), []approval.DutyState{approval.DutyMissed, approval.DutyOpen}) {
			t.Errorf("%v, duties %v", got, g.dutyStates())
		}
		version = g.issue.Version
		if g.must(approval.Machine, approval.RouseCommand(w)); g.issue.Version != version {
			t.Error("a second sweep changed something")
		}
		g.must(g.by(1), approval.Meet{SignOff: 1, Duty: 1, Evidence: "补核，已履行"}) // late, and on record so
		if d := g.so(1).Duties[0]; d.State != approval.DutyMet || calendar.Of(d.SettledAt) <= d.By {
			t.Errorf("met late: %+v", d)
		}
		g.now = g.issue.Watch(approval.DutyWatch).WakeAt
		g.lookAtDuties()
		if g.so(2).Duties[0].State != approval.DutyMissed {
			t.Errorf("after the last date: %v", g.dutyStates())
		}
	}
}

func TestAMissedDutyThatNobodySettlesClimbs(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{false, true} {
		g := newGame(t)
		p := one(25)
		p.Parties = []approval.Party{{Matter: "river_works", Department: "cc-water"}}
		g.raise(p).route().pledge(1, 2) // verified by Wednesday 11 March
		if ended {
			g.grant(2)
			g.close()
		}
		for _, step := range []struct {
			at   string
			tier roster.Tier
			kind string
		}{
			{"2026-03-12 00:00", "", approval.EvMiss},
			{"2026-03-17 00:00", roster.TierGeneralBranch, approval.EvEscalate}, // three working days
			{"2026-03-24 00:00", roster.TierHeadquarters, approval.EvEscalate},
		} {
			if w := g.issue.Watch(approval.DutyWatch); !w.WakeAt.Equal(shanghai(step.at)) {
				t.Fatalf("the sweep means to look at %s, want %s", w.WakeAt.In(calendar.Shanghai), step.at)
			}
			since := len(g.events)
			g.at(step.at).lookAtDuties()
			if got := g.kinds(since); !slices.Equal(got, []string{step.kind}) || g.so(1).Duties[0].Tier != step.tier {
				t.Errorf("at %s: %v, %+v", step.at, got, g.so(1).Duties[0])
			}
			want := step.tier
			if ended || want == "" {
				want = roster.TierBranch // the issue itself has ended, or has not climbed yet
			}
			if g.issue.Tier != want {
				t.Errorf("at %s the issue is with %s, want %s", step.at, g.issue.Tier, want)
			}
		}
		if g.issue.Watch(approval.DutyWatch) != nil {
			t.Error("watched above the headquarters")
		}
		g.must(g.by(1), approval.Meet{SignOff: 1, Duty: 1, Evidence: "终于补齐"})
	}
}

func TestADutySettledInTimeDoesNotClimb(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route().pledge(1, 2).close()
	g.at("2026-03-12 00:00").lookAtDuties()
	g.must(g.by(1), approval.Meet{SignOff: 1, Duty: 1, Evidence: "补核"})
	if g.issue.Watch(approval.DutyWatch) != nil || len(g.duties) != 0 {
		t.Errorf("left: %+v, %v", g.issue.Watches, g.duties)
	}
}

// stored is a sign-off as it was written when a sign-off had one duty, and no code
// with its objection.
const stored = `{"n":1,"item":25,"department":"cc-natural-resources","state":"granted","round":2,
"limit":{"days":20,"unit":"working","start":"acceptance"},"limitMark":"law","light":"green","decidedAt":"2026-03-09T01:00:00Z",
"decision":{"kind":"commitment","by":{"person":"p","role":"officer","unit":"cc-natural-resources"},"at":"2026-03-09T01:00:00Z"},
"duty":{"what":"补齐","by":"2026-03-18","checker":"cc-natural-resources"},
"earlier":[{"round":1,"decision":{"kind":"commitment","by":{"person":"p","role":"officer"},"at":"2026-02-09T01:00:00Z"},
"duty":{"what":"补图","by":"2026-02-18","checker":"cc-water","state":"revoked","ground":"行政许可法第六十九条","reason":"逾期"}},
{"round":1,"decision":{"kind":"object","by":{"person":"p","role":"officer"},"at":"2026-02-20T01:00:00Z","ground":"防洪法第二十七条","reason":"影响行洪"}}]}`

func TestDutiesThatWereStoredAloneAreReadAndGoOn(t *testing.T) {
	t.Parallel()
	var s approval.SignOff
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Duties) != 1 || s.Duties[0].What != "补齐" || s.Duties[0].By != calendar.MustParse("2026-03-18") || !s.Duties[0].Pending() {
		t.Errorf("read: %+v", s.Duties)
	}
	if e := s.Earlier; len(e) != 2 || len(e[0].Duties) != 1 || e[0].Duties[0].State != approval.DutyRevoked || e[0].Duties[0].Reason != "逾期" || len(e[1].Duties) != 0 || e[1].Decision.Ground != "防洪法第二十七条" {
		t.Errorf("read: %+v", e)
	}
	text, err := json.Marshal(s)
	if err != nil || strings.Contains(string(text), `"duty"`) {
		t.Errorf("written as %s, %v", text, err)
	}

	g := newGame(t)
	g.raise(one(25)).route()
	g.issue.SignOffs = []approval.SignOff{s}
	g.issue.Watches = []approval.Watch{{SignOff: approval.DutyWatch, WakeAt: calendar.MustParse("2026-03-18").End()}}
	g.at("2026-03-19 00:00").lookAtDuties()
	if d := g.so(1).Duties[0]; d.State != approval.DutyMissed || d.Kind != approval.OnPledge || g.duties[approval.DutyRef{SignOff: 1, Duty: 1}].What != "补齐" {
		t.Errorf("after its date: %+v, listed: %v", d, g.duties)
	}
}

func TestTheCommitsOfDutiesFitOneTransaction(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	p := parties(39)
	p.Items = append(p.Items, 25)
	g.raise(p)
	for k := 1; k < 40; k++ {
		g.issue.SignOffs[k].Requires = []int{1}
	}
	g.route()
	fits := func(what string) {
		t.Helper()
		c := g.last
		c.Receipt = &approval.Receipt{Key: "cc-natural-resources-lead/key", Issue: c.Issue.ID, Version: c.Issue.Version, At: g.now}
		ops, err := store.Ops(c)
		if err != nil || len(ops) > store.MaxOps {
			t.Errorf("%s takes %d operations of %d: %v", what, len(ops), store.MaxOps, err)
		}
		t.Logf("%s: %d operations", what, len(ops))
	}
	ten := func(n, days int) {
		terms := onTerms(n, approval.OnCondition, days)
		terms.Duties = slices.Repeat(terms.Duties, 10)
		g.must(g.by(n), terms)
	}
	ten(1, 9)
	fits("ten conditions that open thirty-nine")
	for _, a := range g.rules.TallyOf(&g.issue, 1, g.now).Asks {
		g.must(approval.Machine, approval.AskCommand(1, a, fmt.Sprint("token-", a.SignOff)))
	}
	for n := 2; n <= 20; n++ {
		ten(n, 9+n%3)
	}
	for g.at("2026-03-25 00:00"); len(g.dutyStates()) > 0 && slices.Contains(g.dutyStates(), approval.DutyOpen); {
		g.lookAtDuties()
		fits("missing two hundred")
	}
	g.must(g.leadOf(1), approval.Revoke{SignOff: 1, Code: "condition_unmet", Ground: "会签意见第三条", Reason: "逾期未落实"})
	fits("revoking what thirty-nine stood on")
	if len(g.dutyStates()) != 0 || len(g.issue.Stray) == 0 || !g.issue.Watch(approval.DutyWatch).WakeAt.Equal(g.now) {
		t.Fatalf("%d duties, %d stray, watched by %+v", len(g.dutyStates()), len(g.issue.Stray), g.issue.Watch(approval.DutyWatch))
	}
	ten(1, 30) // the same duties anew, while the old ones are still in the list
	fits("ten conditions again")
	for sweeps := 0; len(g.issue.Stray) > 0; sweeps++ {
		if g.lookAtDuties(); sweeps > 5 {
			t.Fatalf("%d are still stray", len(g.issue.Stray))
		}
		fits("clearing the lists")
	}
	if len(g.duties) != 10 {
		t.Errorf("left in the lists: %v", g.duties)
	}

	g = newGame(t)
	items := approval.Petition{Project: "fenjiang-west-bank", Title: "一揽子", Items: []catalog.ItemNo{25}}
	g.raise(items).route()
	ten(1, 1)
	g.at("2026-06-30 00:00").lookAtDuties()
	fits("missing and climbing at once")
	if d := g.so(1).Duties[9]; d.Tier != roster.TierHeadquarters {
		t.Errorf("climbed to %q", d.Tier)
	}
}
