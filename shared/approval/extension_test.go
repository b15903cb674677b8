package approval_test

import (
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// leadOf leads the department that sign-off n is with.
func (g *game) leadOf(n int) approval.Actor {
	d := g.so(n).Department
	return approval.Actor{Person: roster.PersonID(d) + "-lead", Role: roster.Lead, Unit: string(d)}
}

func (g *game) extend(n, days int) {
	g.Helper()
	g.must(g.by(n), approval.AskExtension{SignOff: n, Days: days, Reason: "需组织专家论证"})
	g.must(g.leadOf(n), approval.AnswerExtension{SignOff: n, Answer: approval.ExtensionGranted})
}

func TestAnExtensionMovesTheDueDateByExactlyItsDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		item    catalog.ItemNo
		opened  string
		days    int
		due, to string
		ground  string
	}{
		{"TenWorkingDaysByTheLicensingLaw", 25, "2026-03-09 09:00", 10, "2026-04-07", "2026-04-21", "行政许可法第四十二条"},
		{"FewerThanMightBe", 25, "2026-03-09 09:00", 1, "2026-04-07", "2026-04-08", "行政许可法第四十二条"},
		{"FortyByTheItemsOwnRule", 2, "2026-03-09 09:00", 40, "2026-04-07", "2026-06-04", "企业投资项目核准和备案管理条例"},
		{"AcrossALongHoliday", 17, "2026-09-14 09:00", 10, "2026-09-28", "2026-10-16", "水利部令第53号"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGame(t).at(c.opened)
			g.raise(one(c.item)).route()
			due := g.so(1).Due.On
			g.extend(1, c.days)
			s := g.so(1)
			if due != calendar.MustParse(c.due) || s.Due.On != calendar.MustParse(c.to) || s.Due.On != rules.Calendar.After(due, c.days) || s.Extension.From != due {
				t.Errorf("due %s, extended to %s; want %s and %s", due, s.Due.On, c.due, c.to)
			}
			if !strings.HasPrefix(s.Extension.Ground, c.ground) || g.events[len(g.events)-1].Ground != s.Extension.Ground {
				t.Errorf("on the ground of %q", s.Extension.Ground)
			}
			if w := g.issue.Watch(1); !w.WakeAt.Equal(g.rules.RungMoment(&g.issue, 1, approval.StepRemind)) || w.Clock != s.Clock || g.issue.NextDue != s.Due.On {
				t.Errorf("the machine is not told: %+v, next due %s", w, g.issue.NextDue)
			}
		})
	}
}

func TestAnExtensionTellsTheWaitingMachineToLookAgain(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.must(approval.Machine, approval.AskCommand(1, g.rules.TallyOf(&g.issue, 1, g.now).Asks[0], "token"))
	g.extend(1, 10)
	if w := g.last.Outbox.Wake; len(w) != 1 || w[0] != (approval.Wake{Token: "token", Recheck: true}) {
		t.Errorf("woken: %+v", w)
	}
}

func TestAnExtensionGivesBackTheRungsItTakesBack(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.at("2026-04-02 09:00").look(1)
	if g.so(1).Light != approval.Yellow {
		t.Fatalf("before: %s", g.so(1).Light)
	}
	g.extend(1, 10)
	if s := g.so(1); s.Light != approval.Green || s.Step != approval.StepRemind || g.issue.Light != approval.Green {
		t.Errorf("after: %s, rung %s, issue %s", s.Light, s.Step, g.issue.Light)
	}
	// Yellow with a fifth of thirty days left: six working days before 21 April.
	if got := g.rules.RungMoment(&g.issue, 1, approval.StepYellow); !got.Equal(shanghai("2026-04-14 00:00")) {
		t.Errorf("yellow at %s", got.In(calendar.Shanghai))
	}
	since := len(g.events)
	g.at("2026-04-14 00:00").look(1)
	g.at("2026-04-22 00:00").look(1)
	if got := g.kinds(since); !slices.Equal(got, []string{approval.EvYellow, approval.EvRed}) {
		t.Errorf("climbed %v", got)
	}
}

func TestAStopAfterAnExtensionMovesBothSpans(t *testing.T) {
	t.Parallel()
	// Opened on 9 March: due 7 April, extended to 21 April; then the issue is with
	// the branch over some days.
	for _, c := range []struct{ from, to, due string }{
		{"2026-03-10 10:00", "2026-03-12 10:00", "2026-04-23"}, // within the limit
		{"2026-04-03 10:00", "2026-04-09 10:00", "2026-04-24"}, // across its last day; 6 April is a holiday
		{"2026-04-07 10:00", "2026-04-08 10:00", "2026-04-22"}, // from the day that was the last
		{"2026-04-10 10:00", "2026-04-14 10:00", "2026-04-23"}, // within the extension
		{"2026-04-21 10:00", "2026-04-25 10:00", "2026-04-27"}, // within the last day
	} {
		g := newGame(t)
		p := one(25)
		p.Parties = []approval.Party{{Matter: "river_works", Department: "cc-water"}}
		g.raise(p).route()
		g.extend(1, 10)
		g.at(c.from).object(2)
		g.rule(2, approval.Revise)
		g.at(c.to).must(secretary, approval.Resubmit{Note: "已修改"})
		if got := g.so(1).Due.On; got != calendar.MustParse(c.due) {
			t.Errorf("with the branch from %s to %s: due %s, want %s", c.from, c.to, got, c.due)
		}
	}
}

func TestAnExtensionRunsFromTheDayThatStoodWhenItWasGranted(t *testing.T) {
	t.Parallel()
	// Asked for a supplement within the last day, answered on a Saturday: due on Monday.
	g := newGame(t)
	g.raise(one(1)).route() // at once: due today
	g.must(g.by(1), approval.AskSupplement{SignOff: 1, Papers: []string{"图"}})
	g.at("2026-03-14 10:00").must(secretary, approval.AnswerSupplement{SignOff: 1, Text: "已补"})
	due := g.so(1).Due.On
	g.issue.SignOffs[0].LimitMark = catalog.MarkDefault
	g.extend(1, 10)
	if got := g.so(1).Due.On; due != calendar.MustParse("2026-03-16") || got != rules.Calendar.After(due, 10) {
		t.Errorf("from %s to %s", due, got)
	}
}

func TestAnExtensionIsAskedForOnceInTimeAndForAReason(t *testing.T) {
	t.Parallel()
	ask := approval.AskExtension{SignOff: 1, Days: 10, Reason: "需组织专家论证"}
	g := newGame(t)
	g.raise(one(25)).route()
	for _, bad := range []approval.AskExtension{{SignOff: 1, Days: 10}, {SignOff: 1, Days: 11, Reason: "由"}, {SignOff: 1, Reason: "由"}, {SignOff: 1, Days: -1, Reason: "由"}} {
		g.refused(g.by(1), bad, approval.Invalid)
	}
	late := *g
	late.at("2026-04-08 00:00").refused(late.by(1), ask, approval.Closed)
	g.at("2026-04-07 23:59").must(g.by(1), ask)
	if s := g.so(1); s.Assignee != g.by(1).Person || s.Due.On != calendar.MustParse("2026-04-07") {
		t.Errorf("asking alone: %q, due %s", s.Assignee, s.Due.On)
	}
	g.refused(g.by(1), ask, approval.Conflict)
	yes := approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted}
	late = *g
	late.at("2026-04-08 00:00").refused(lead, yes, approval.Closed)
	late.must(lead, approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionRefused, Note: "已逾期"})
	g.refused(lead, approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionRefused}, approval.Invalid)
	g.refused(lead, approval.AnswerExtension{SignOff: 1, Answer: "perhaps"}, approval.Invalid)
	g.must(lead, yes)
	g.refused(lead, yes, approval.Conflict)
	g.refused(g.by(1), ask, approval.Conflict)
	e := g.so(1).Extension
	if e.Reason != ask.Reason || e.AnsweredBy != lead || e.AnsweredAt != g.now {
		t.Errorf("on record: %+v", e)
	}
}

func TestARefusedExtensionLeavesTheClockAsItWas(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.must(g.by(1), approval.AskExtension{SignOff: 1, Days: 10, Reason: "人手不足"})
	before := *g.so(1)
	g.must(lead, approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionRefused, Note: "请调配人手"})
	if s := g.so(1); s.Due != before.Due || s.Clock != before.Clock || s.Extension.Note != "请调配人手" || g.last.Outbox != nil {
		t.Errorf("after the refusal: %+v", s)
	}
	g.refused(g.by(1), approval.AskExtension{SignOff: 1, Days: 5, Reason: "再请"}, approval.Conflict)
}

func TestALimitThatNoRuleLetsExtendIsNotExtended(t *testing.T) {
	t.Parallel()
	for _, item := range []catalog.ItemNo{0, 24, 30, 34, 36} { // assumed, promised, law in working and calendar days
		g := newGame(t)
		g.raise(one(item)).route()
		err := g.do(g.by(1), approval.AskExtension{SignOff: 1, Days: 1, Reason: "由"})
		e, ok := err.(*approval.Error) //nolint:errorlint // the rules answer it bare
		if !ok || e.Kind != approval.Invalid || e.Field != "days" || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("item %d answers %v", item, err)
		}
		if days, ground := g.rules.Extendable(g.so(1)); days != 0 || ground != "" {
			t.Errorf("item %d may be extended by %d days on the ground of %q", item, days, ground)
		}
	}
}

func TestNobodyGrantsTheOwnExtension(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.rules.Roster = rosterWith(t, func(r map[string][]map[string]any) {
		for _, p := range r["people"] {
			switch p["id"] {
			case "cc-natural-resources-lead":
				p["posts"] = append(p["posts"].([]any), map[string]any{"role": "officer", "unit": "cc-natural-resources"})
			case "cc-natural-resources-officer-1":
				p["posts"] = append(p["posts"].([]any), map[string]any{"role": "lead", "unit": "cc-natural-resources"})
			case "cc-natural-resources-officer-2":
				p["posts"] = append(p["posts"].([]any), map[string]any{"role": "lead", "unit": "cc-natural-resources"})
				p["interests"] = []string{"fenjiang-west-bank"}
			}
		}
	})
	g.raise(one(25)).route()
	both := approval.Actor{Person: lead.Person, Role: roster.Officer, Unit: lead.Unit}
	g.must(both, approval.AskExtension{SignOff: 1, Days: 10, Reason: "论证"})
	yes := approval.AnswerExtension{SignOff: 1, Answer: approval.ExtensionGranted}
	g.refused(lead, yes, approval.Forbidden)
	g.refused(approval.Actor{Person: "cc-natural-resources-officer-2", Role: roster.Lead, Unit: lead.Unit}, yes, approval.Forbidden)
	g.refused(approval.Actor{Person: "cc-water-lead", Role: roster.Lead, Unit: "cc-water"}, yes, approval.Forbidden)
	g.must(approval.Actor{Person: "cc-natural-resources-officer-1", Role: roster.Lead, Unit: lead.Unit}, yes)
}

func TestANewRoundMayBeExtendedAnew(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(one(25)).route()
	g.extend(1, 10)
	g.object(1)
	g.rule(1, approval.Revise)
	g.must(secretary, approval.Resubmit{Note: "已修改"})
	g.route()
	if s := g.so(1); s.Extension != nil || s.Due.On != calendar.MustParse("2026-04-07") {
		t.Errorf("the new round starts with %+v, due %s", s.Extension, s.Due.On)
	}
	g.extend(1, 10)
}
