package approval_test

import (
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestACommentMentionsPeopleWhoMaySeeTheIssue(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.must(secretary, approval.Save{Petition: chain()})
	wantRefusal(t, g, secretary, approval.Comment{Text: "请看", Mentions: []roster.PersonID{"cc-water-officer-1"}}, approval.Invalid, "mentions[0]")
	wantRefusal(t, g, secretary, approval.Comment{Text: "请看", Mentions: []roster.PersonID{"u-valley-secretary"}}, approval.Invalid, "mentions[0]")
	g.must(secretary, approval.Raise{})
	many := make([]roster.PersonID, 11)
	for field, people := range map[string][]roster.PersonID{
		"mentions":    many,
		"mentions[0]": {"nobody"},
		"mentions[1]": {"cc-water-officer-1", secretary.Person},
		"mentions[2]": {"cc-water-officer-1", "cc-water-lead", "cc-water-officer-1"},
	} {
		wantRefusal(t, g, secretary, approval.Comment{Text: "请看", Mentions: people}, approval.Invalid, field)
	}
	g.must(secretary, approval.Comment{SignOff: 1, Text: "请看第1项", Mentions: []roster.PersonID{"cc-water-officer-1", "cc-water-lead"}})
	e, kept := g.events[len(g.events)-1], g.last.Mentions
	if string(e.Detail) != `{"mentions":["cc-water-officer-1","cc-water-lead"]}` {
		t.Errorf("on record: %s", e.Detail)
	}
	if len(kept) != 2 || kept[1].Person != "cc-water-lead" || kept[0].Seq != e.Seq || kept[0].SignOff != 1 || kept[0].By != secretary || kept[0].Text != "请看第1项" || !kept[0].SeenAt.IsZero() {
		t.Errorf("kept: %+v", kept)
	}
}
