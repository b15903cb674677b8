package approval_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

func TestLaddersNameEveryFault(t *testing.T) {
	t.Parallel()
	head := "level\trung\tleft\tafter\tdays\n"
	_, err := approval.LoadLadders(strings.NewReader(head +
		"town\tyellow\t20\t\t\ntown\tred\t\t\t\ntown\tgeneral_branch\t\t1\t2\ntown\theadquarters\t\t\t3\n" +
		"district\tyellow\t\t\t\ndistrict\tred\t\t1\t\ndistrict\tgeneral_branch\t\t\t\ndistrict\tministry\t\t\t3\n" +
		"city\tyellow\t20\t\t\ncity\tremind\tmany\t\t\ncity\tgeneral_branch\t\t1\t2\n" +
		"village\tyellow\t20\t\t\nvillage\tred\t\t\t\nvillage\tgeneral_branch\t\t1\t2\nvillage\theadquarters\t\t\t3\n"))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"district: yellow comes with 0 percent", "district: red comes 1 days after", `district: tier "general_branch"`, `district: tier "ministry"`,
		`city remind: left is "many"`, "city: remind does not come after yellow", "city: no rung yellow, or none red", "city: 1 tiers", `no level "village"`, "4 levels",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "town") && !strings.Contains(err.Error(), "want town") {
		t.Errorf("finds fault with the town: %v", err)
	}
	if _, err := approval.LoadLadders(strings.NewReader("level\n")); err == nil {
		t.Error("columns are missing, and it is taken")
	}
}

// TestEachLevelClimbsItsOwnLadder plays one petition on a project of each list.
func TestEachLevelClimbsItsOwnLadder(t *testing.T) {
	t.Parallel()
	// The project of the city's list, put on the district's: it lies in a town.
	demo, err := os.ReadFile("../roster/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	inTown, err := roster.Load(bytes.Replace(demo, []byte(`"tier": "city"`), []byte(`"tier": "district"`), 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		roster  *roster.Roster
		project roster.ProjectID
		level   approval.Level
		climbs  [2]string // general branch, headquarters
	}{
		{rules.Roster, "fenjiang-west-bank", approval.LevelDistrict, [2]string{"2026-03-18 00:00", "2026-03-21 00:00"}},
		{rules.Roster, "tod-nanzhuang", approval.LevelCity, [2]string{"2026-03-19 00:00", "2026-03-26 00:00"}},
		{inTown, "tod-nanzhuang", approval.LevelTown, [2]string{"2026-03-18 00:00", "2026-03-20 00:00"}},
	} {
		g := newGame(t)
		g.rules.Roster = c.roster
		p := parties(1)
		p.Project = c.project
		branch, _ := rules.Roster.BranchOf(c.project)
		g.must(approval.Actor{Person: branch.SecretaryID, Role: roster.Secretary, Unit: string(branch.ID)}, approval.Raise{Petition: &p})
		g.route()
		if got := g.rules.LevelOf(&g.issue); got != c.level {
			t.Errorf("%s climbs the ladder of the %s, want %s", c.project, got, c.level)
		}
		for k, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
			g.now = shanghai(c.climbs[k]).Add(-1)
			g.look(1)
			if g.so(1).Tier() == tier {
				t.Errorf("%s: with the %s before %s", c.level, tier, c.climbs[k])
			}
			g.now = shanghai(c.climbs[k])
			g.look(1)
			if g.so(1).Tier() != tier || g.issue.Tier != tier {
				t.Errorf("%s: with the %s at %s", c.level, g.so(1).Tier(), c.climbs[k])
			}
		}
	}
}

// TestSignOffsOfTheFirstReleaseKeepTheirPlaceOnTheLadder reads what it stored: the
// number of rungs climbed of yellow, red, general branch, headquarters.
func TestSignOffsOfTheFirstReleaseKeepTheirPlaceOnTheLadder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rung  string
		tier  roster.Tier
		light approval.Light
		next  []string // what a look long after climbs
	}{
		{`"light":"green"`, roster.TierBranch, approval.Green, []string{approval.EvRemind, approval.EvYellow, approval.EvRed, approval.EvSupervise, approval.EvEscalate, approval.EvEscalate}},
		{`"light":"yellow","rung":1`, roster.TierBranch, approval.Yellow, []string{approval.EvRed, approval.EvSupervise, approval.EvEscalate, approval.EvEscalate}},
		{`"light":"red","rung":2`, roster.TierBranch, approval.Red, []string{approval.EvSupervise, approval.EvEscalate, approval.EvEscalate}},
		{`"light":"red","rung":3`, roster.TierGeneralBranch, approval.Red, []string{approval.EvEscalate}},
		{`"light":"red","rung":4`, roster.TierHeadquarters, approval.Red, nil},
	} {
		g := newGame(t)
		g.raise(parties(1)).route()
		var s approval.SignOff
		if err := json.Unmarshal([]byte(`{"n":1,"matter":"river_works","department":"`+string(g.so(1).Department)+`","state":"open","round":1,
			"limit":{"days":5,"unit":"working","start":"receipt"},"limitMark":"assumed","openedAt":"2026-03-09T01:00:00Z","acceptedAt":"2026-03-09T01:00:00Z",
			"due":{"on":"2026-03-16"},"clock":3,`+c.rung+`}`), &s); err != nil {
			t.Fatal(err)
		}
		g.issue.SignOffs[0], g.issue.Light = s, s.Light
		g.issue.Tier = c.tier
		if got := s.Tier(); got != c.tier {
			t.Errorf("%s is with the %s", c.rung, got)
		}
		if c.tier == roster.TierGeneralBranch {
			at := g.rules.StandingOf(&g.issue, g.so(1))
			if want := shanghai("2026-03-21 00:00"); !at.NextTierAt.Equal(want) || at.NextTier != roster.TierHeadquarters || at.Step != approval.StepNotice {
				t.Errorf("%s: %+v", c.rung, at)
			}
		}
		since := len(g.events)
		g.at("2026-04-20 10:00").look(1)
		if got := g.kinds(since); !slices.Equal(got, c.next) {
			t.Errorf("%s climbs %v, want %v", c.rung, got, c.next)
		}
		g.must(secretary, approval.Urge{SignOff: 1})
		if s := g.so(1); s.Rung != 0 || s.Tier() != roster.TierHeadquarters || s.Light != approval.Red {
			t.Errorf("%s is written as %+v", c.rung, s)
		}
	}
}

func TestClimbingBySilenceSaysWhetherTheLowerTierTried(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route()
	g.at("2026-03-18 00:00").look(1)
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvEscalate || !strings.Contains(string(e.Detail), `"tried":false`) {
		t.Errorf("a branch that did nothing: %s %s", e.Kind, e.Detail)
	}
	g.refused(secretary, approval.Dispose{SignOff: 1, What: approval.Coordinated, Text: "电话协调"}, approval.Forbidden)
	g.refused(generalBranch, approval.Dispose{SignOff: 1, What: "wished", Text: "x"}, approval.Invalid)
	g.must(generalBranch, approval.Dispose{SignOff: 1, What: approval.Coordinated, Text: "现场协调"})
	g.at("2026-03-21 00:00").look(1)
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvEscalate || e.After != "headquarters" || !strings.Contains(string(e.Detail), `"tried":true`) {
		t.Errorf("a general branch that tried: %s %s", e.Kind, e.Detail)
	}
}

func TestATierIsPassedUpToOnlyWithWhatTheLowerOneTried(t *testing.T) {
	t.Parallel()
	up := approval.PassUp{SignOff: 1, To: roster.TierGeneralBranch, Reason: "两部门意见不一"}
	g := newGame(t)
	g.raise(parties(1)).route()
	g.refused(g.by(1), up, approval.Forbidden)
	g.refused(g.leadOf(1), up, approval.Forbidden)
	g.refused(generalBranch, up, approval.Forbidden)
	g.refused(secretary, up, approval.Invalid) // nothing tried
	g.must(secretary, approval.Urge{SignOff: 1})
	g.refused(secretary, approval.PassUp{SignOff: 1, To: roster.TierHeadquarters, Reason: "两部门意见不一"}, approval.Invalid) // skips without a reason
	g.must(secretary, up)
	s := g.so(1)
	if s.Tier() != roster.TierGeneralBranch || g.issue.Tier != roster.TierGeneralBranch || s.Light != approval.Green || s.Due.On != calendar.MustParse("2026-03-16") {
		t.Errorf("passed up: %s, %s, %s, due %s", s.Tier(), g.issue.Tier, s.Light, s.Due.On)
	}
	// The general branch has three working days of its own, but nothing climbs by
	// itself while it is not overdue.
	if got := g.rules.NextTierAt(&g.issue, 1); !got.Equal(shanghai("2026-03-17 00:00")) {
		t.Errorf("the headquarters is given it at %s", got.In(calendar.Shanghai))
	}
	g.at("2026-03-17 00:00").look(1)
	if got := g.kinds(len(g.events) - 2); !slices.Equal(got, []string{approval.EvRed, approval.EvEscalate}) || g.so(1).Tier() != roster.TierHeadquarters {
		t.Errorf("climbed %v to the %s", got, g.so(1).Tier())
	}
	g.refused(headquarters, up, approval.Conflict)
}

func TestATierThatIsSkippedHasItsReasonOnRecord(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(1)).route()
	g.must(secretary, approval.PassUp{SignOff: 1, To: roster.TierHeadquarters, Reason: "汛期在即", Untried: "支部无权调度", Skipped: "总支书记为项目负责人，应当回避"})
	e := g.events[len(g.events)-1]
	if g.so(1).Tier() != roster.TierHeadquarters || !strings.Contains(string(e.Detail), "支部无权调度") || !strings.Contains(string(e.Detail), "应当回避") {
		t.Errorf("%s: %s", g.so(1).Tier(), e.Detail)
	}
	g.must(headquarters, approval.Dispose{SignOff: 1, What: approval.Ordered, Text: "三日内办结"})
}

func TestAPausedLadderKeepsItsLightsAndClimbsWhenThePauseIsOver(t *testing.T) {
	t.Parallel()
	pause := approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-20"), Reason: "等待现场会"}
	start := func() *game {
		g := newGame(t)
		g.raise(parties(1)).route()
		return g.at("2026-03-16 10:00")
	}
	g := start()
	for _, a := range []approval.Actor{g.by(1), g.leadOf(1), secretary, bureau, overseer, administrator} {
		g.refused(a, pause, approval.Forbidden)
	}
	g.refused(generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-24"), Reason: "六个工作日"}, approval.Invalid)
	g.refused(generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-16"), Reason: "当天"}, approval.Invalid)
	g.refused(generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-20")}, approval.Invalid)
	g.refused(generalBranch, approval.ResumeLadder{SignOff: 1, Reason: "未暂停"}, approval.Conflict)
	due := g.so(1).Due
	g.must(generalBranch, pause)
	g.refused(headquarters, pause, approval.Conflict)
	g.at("2026-03-20 23:00").look(1)
	if s := g.so(1); s.Light != approval.Red || s.Due != due || s.Tier() != roster.TierBranch {
		t.Errorf("while paused: %s, due %s, with the %s", s.Light, s.Due.On, s.Tier())
	}
	if w := g.issue.Watch(1); !w.WakeAt.Equal(shanghai("2026-03-21 00:00")) {
		t.Errorf("the machine looks at %s", w.WakeAt.In(calendar.Shanghai))
	}
	g.at("2026-03-21 00:00").look(1)
	if s := g.so(1); s.Tier() != roster.TierGeneralBranch || s.Climbs[0].From != calendar.MustParse("2026-03-20") {
		t.Errorf("when the pause is over: %+v", s.Climbs)
	}
	g.must(generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-26"), Reason: "总支已约定会商"}) // another tier
	g.must(headquarters, approval.ResumeLadder{SignOff: 1, Reason: "不再等待"})
	g.refused(generalBranch, approval.PauseLadder{SignOff: 1, Until: calendar.MustParse("2026-03-26"), Reason: "再停"}, approval.Conflict)
	// Received on Friday's end: three working days of its own.
	if got := g.rules.NextTierAt(&g.issue, 1); !got.Equal(shanghai("2026-03-26 00:00")) {
		t.Errorf("resumed, the headquarters is given it at %s", got.In(calendar.Shanghai))
	}

	g = start()
	g.must(generalBranch, pause)
	g.at("2026-03-19 10:00").must(generalBranch, approval.ResumeLadder{SignOff: 1, Reason: "现场会已开"})
	if w := g.issue.Watch(1); !w.WakeAt.Equal(g.now) {
		t.Errorf("resumed, the machine looks at %s", w.WakeAt.In(calendar.Shanghai))
	}
	g.look(1)
	if s := g.so(1); s.Tier() != roster.TierGeneralBranch {
		t.Errorf("resumed, it is with the %s", s.Tier())
	}
}

func (g *game) pauseLadder(n int) *game {
	g.Helper()
	g.must(generalBranch, approval.PauseLadder{SignOff: n, Until: calendar.Of(g.now).Add(3), Reason: "等待现场会"})
	return g
}

// ladderFault says which promise of the ladder a commit breaks, or "".
func ladderFault(before *approval.Issue, c *approval.Change) string {
	for _, e := range c.Events {
		old := before.SignOff(e.SignOff)
		if (e.Kind == approval.EvEscalate || e.Kind == approval.EvLapse && e.Before != e.After) && old != nil && old.LadderPaused(e.At) {
			return fmt.Sprintf("sign-off %d climbed while its ladder was paused until %s", e.SignOff, old.Pause.Until)
		}
	}
	for k := range c.Issue.SignOffs {
		s, old := &c.Issue.SignOffs[k], before.SignOff(k+1)
		if old == nil || len(s.Climbs) <= len(old.Climbs) {
			continue
		}
		below := old.Tier()
		for _, climb := range s.Climbs[len(old.Climbs):] {
			skips := below == roster.TierBranch && climb.Tier == roster.TierHeadquarters
			reasoned := slices.ContainsFunc(c.Events, func(e approval.Event) bool {
				var d struct{ Skipped string }
				return e.SignOff == s.N && e.Kind == approval.EvPassUp && e.Reason != "" && json.Unmarshal(e.Detail, &d) == nil && d.Skipped != ""
			})
			onRecord := slices.ContainsFunc(c.Events, func(e approval.Event) bool {
				return e.SignOff == s.N && slices.Contains([]string{approval.EvEscalate, approval.EvPassUp, approval.EvLapse}, e.Kind)
			})
			if adopted := climb.At.IsZero(); !adopted && (skips && !reasoned || !onRecord) {
				return fmt.Sprintf("sign-off %d climbed from the %s to the %s without its reason on record", s.N, below, climb.Tier)
			}
			below = climb.Tier
		}
	}
	var owed calendar.Date
	for k := range c.Issue.SignOffs {
		for _, n := range c.Issue.SignOffs[k].Notices {
			switch {
			case n.Open() && (owed.IsZero() || n.DueOn < owed):
				owed = n.DueOn
			case n.Open() == n.DueOn.IsZero() || n.Open() != n.ClosedAt.IsZero():
				return fmt.Sprintf("notice %d is %s, due %s, closed %s", n.K, n.State, n.DueOn, n.ClosedAt)
			}
			if s := c.Issue.SignOffs[k].State; n.Open() && s != approval.Open && s != approval.Supplement {
				return fmt.Sprintf("notice %d is %s and its sign-off is %s", n.K, n.State, s)
			}
		}
	}
	if w := c.Issue.Watch(approval.NoticeWatch); owed.IsZero() != (w == nil) || w != nil && (!w.WakeAt.Equal(owed.End()) || w.Token != "") {
		return fmt.Sprintf("the next reply to a notice is due on %s and watched by %+v", owed, w)
	}
	return ""
}
