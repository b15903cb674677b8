package approval_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

func TestABranchUrgesOncePerWorkingDay(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(chain()).route()
	g.at("2026-03-13 10:00") // a Friday
	before := *g.so(1)
	g.must(secretary, approval.Urge{SignOff: 1, Text: "材料已齐，请加快"})
	s, e := g.so(1), g.events[len(g.events)-1]
	if s.Urges != 1 || s.UrgedOn != calendar.Of(g.now) || e.Kind != approval.EvUrge || e.Reason != "材料已齐，请加快" || s.Clock != before.Clock || g.last.Outbox != nil {
		t.Errorf("urged: %+v, %+v", s, e)
	}
	for _, at := range []string{"2026-03-13 18:00", "2026-03-14 10:00", "2026-03-15 23:59"} {
		err := g.at(at).do(secretary, approval.Urge{SignOff: 1})
		if e, ok := err.(*approval.Error); !ok || e.Kind != approval.Conflict || !strings.Contains(e.Text.EN, "2026-03-16") { //nolint:errorlint // the rules answer it bare
			t.Errorf("urged again at %s: %v", at, err)
		}
	}
	g.must(secretary, approval.Urge{SignOff: 5}) // each sign-off by itself, and without a text
	g.at("2026-03-16 00:00").must(secretary, approval.Urge{SignOff: 1})
	g.refused(secretary, approval.Urge{SignOff: 1}, approval.Conflict)
	g.at("2026-03-21 10:00").must(secretary, approval.Urge{SignOff: 1}) // on a Saturday, for Monday
	g.at("2026-03-22 10:00").refused(secretary, approval.Urge{SignOff: 1}, approval.Conflict)
	g.at("2026-03-23 10:00").must(secretary, approval.Urge{SignOff: 1})
	if g.so(1).Urges != 4 {
		t.Errorf("urged %d times", g.so(1).Urges)
	}
	g.refused(secretary, approval.Urge{SignOff: 1, Text: strings.Repeat("快", 2001)}, approval.Conflict)
	g.at("2026-03-24 10:00").refused(secretary, approval.Urge{SignOff: 1, Text: strings.Repeat("快", 2001)}, approval.Invalid)
	g.refused(secretary, approval.Urge{SignOff: 2}, approval.Conflict)
	g.refused(secretary, approval.Urge{SignOff: 99}, approval.NotFound)
	g.refused(stranger, approval.Urge{SignOff: 1}, approval.Forbidden)
	g.grant(1)
	g.refused(secretary, approval.Urge{SignOff: 1}, approval.Closed)
}

func TestACommentChangesTheTrailAlone(t *testing.T) {
	t.Parallel()
	for _, s := range situations {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := newGame(t)
			s.play(g)
			g.now = g.now.AddDate(0, 3, 0) // whatever has become late meanwhile
			before := g.issue
			g.must(secretary, approval.Comment{Text: "已现场核实"})
			after := g.issue
			after.Version, after.Events, after.Head = before.Version, before.Events, before.Head
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("a comment changed (-before +after):\n%s", diff)
			}
			if c := g.last; len(c.SignOffs)+len(c.Watches)+len(c.Unwatch) != 0 || c.Outbox != nil || len(c.Events) != 1 {
				t.Errorf("a comment writes %+v", c)
			}
		})
	}
}

func TestCommentsAreForWhoeverSeesTheIssue(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: chain()})
	g.refused(overseer, approval.Comment{Text: "看不到"}, approval.NotFound)
	g.must(secretary, approval.Comment{Text: "备忘"})
	g.must(secretary, approval.Raise{})
	g.route()
	g.must(stranger, approval.Comment{Text: "我支部亦有此问题"})
	g.must(overseer, approval.Comment{SignOff: 1, Text: "停表理由待核"})
	if e := g.events[len(g.events)-1]; e.Kind != approval.EvComment || e.By != overseer || e.SignOff != 1 || e.Reason != "停表理由待核" {
		t.Errorf("the annotation on record: %+v", e)
	}
	g.must(officer("cc-water", 1), approval.Comment{Text: strings.Repeat("字", 2000)})
	for _, text := range []string{"", "  ", strings.Repeat("字", 2001), "\xff"} {
		g.refused(overseer, approval.Comment{Text: text}, approval.Invalid)
	}
	g.refused(overseer, approval.Comment{SignOff: 99, Text: "哪一项"}, approval.NotFound)
	g.refused(approval.Machine, approval.Comment{Text: "自动"}, approval.Forbidden)
}
