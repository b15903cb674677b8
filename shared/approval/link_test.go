package approval_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lianban/shared/approval"
)

// The village committee is the fifth party of the meetings here.
var (
	villageLink   = approval.LinkKey{Attendee: 5, Hash: approval.HashLink("secret")}
	inviteVillage = approval.Invite{Attendee: 5, Hash: approval.HashLink("secret")}
)

func byVillage(c approval.Choice) approval.CastByLink {
	return approval.CastByLink{Link: villageLink, Vote: vote(c)}
}

// villageVotes is a meeting on Tuesday, 10 March 2026, at ten, with a vote until the
// day after, in which the village committee votes too, and has its link.
func villageVotes(t tester) (*game, approval.Schedule) {
	g := objected(t)
	s := meeting("2026-03-10", "2026-03-11")
	s.Attendees[4].Votes = true
	g.must(generalBranch, s)
	g.must(generalBranch, inviteVillage)
	return g, s
}

// opensNothing wants the key to be answered like any that was never given.
func (g *game) opensNothing(key approval.LinkKey) {
	g.Helper()
	for _, cmd := range []approval.Command{
		approval.CastByLink{Link: key, Vote: vote(approval.For)},
		approval.CastByLink{Link: key, Vote: vote("?")},
		approval.ExcuseByLink{Link: key, Why: approval.Excuse{Reason: "利害关系"}},
		approval.ExcuseByLink{Link: key},
	} {
		if err := g.do(approval.Outsider, cmd); err == nil || err.Error() != approval.NoLink().Error() {
			g.Errorf("%T%+v answers %v", cmd, cmd, err)
		}
	}
	if _, err := g.issue.Opens(key, g.now); err == nil {
		g.Errorf("%+v opens a vote", key)
	}
}

func TestAnOutsidePartyVotesByItsLinkAndCountsLikeAUnit(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	g.refused(approval.Outsider, byVillage(approval.For), approval.Conflict) // before the meeting
	g.at("2026-03-10 11:00").refused(approval.Outsider, byVillage("perhaps"), approval.Invalid)
	g.must(officer("cc-water", 1), vote(approval.For))
	g.must(officer("cc-transport", 1), vote(approval.For))
	g.must(officer("cc-housing", 1), vote(approval.Against))
	if b := g.issue.Consultation.Meeting.Ballot; !b.Running() {
		t.Fatalf("the vote ended without the village: %+v", b)
	}
	g.must(approval.Outsider, approval.CastByLink{Link: villageLink, Vote: approval.Cast{Choice: approval.For, Reason: "已与村民商量"}})
	b, a := g.issue.Consultation.Meeting.Ballot, g.issue.Consultation.Meeting.Attendees[4]
	if b.Running() || !b.Passed || b.Eligible != 4 || b.For != 3 {
		t.Errorf("three of four, and two thirds were needed: %+v", b)
	}
	if a.Vote == nil || a.Vote.Choice != approval.For || a.Vote.By != approval.Outsider {
		t.Errorf("the village: %+v", a.Vote)
	}
	e := g.events[len(g.events)-2]
	var said struct {
		Name, Organisation string
		LinkBy             approval.Actor
	}
	if err := json.Unmarshal(e.Detail, &said); err != nil || e.Kind != approval.EvVote || e.By != approval.Outsider ||
		said.Name != "何村代表" || said.Organisation != "白坭村民委员会" || said.LinkBy != generalBranch {
		t.Errorf("the trail says %+v, %s", e, e.Detail)
	}
}

func TestALinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	g.at("2026-03-10 11:00").must(approval.Outsider, byVillage(approval.For))
	g.opensNothing(villageLink)
	g.refused(generalBranch, inviteVillage, approval.Closed)
	if b := g.issue.Consultation.Meeting.Ballot; b.For != 1 || b.Cast() != 1 {
		t.Errorf("the vote: %+v", b)
	}
}

func TestAGuessedLinkOpensNothing(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	g.at("2026-03-10 11:00")
	for _, key := range []approval.LinkKey{
		{},
		{Attendee: 5},
		{Attendee: 5, Hash: approval.HashLink("guess")},
		{Attendee: 4, Hash: villageLink.Hash}, // another party's
		{Attendee: 1},
		{Attendee: -1, Hash: villageLink.Hash},
		{Attendee: 6, Hash: villageLink.Hash},
	} {
		g.opensNothing(key)
	}
	g.refused(generalBranch, byVillage(approval.For), approval.Forbidden)
	newGame(t).opensNothing(villageLink) // of an issue without a consultation
}

func TestALinkExpiresWithTheVote(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	g.at("2026-03-11 23:59")
	if _, err := g.issue.Opens(villageLink, g.now); err != nil {
		t.Fatalf("on the last day: %v", err)
	}
	g.at("2026-03-12 00:00").opensNothing(villageLink)
	g.must(approval.Machine, approval.TallyCommand(1)) // it puts the end on record
	g.opensNothing(villageLink)
	g.refused(generalBranch, inviteVillage, approval.Conflict)
}

func TestANewerLinkReplacesTheEarlier(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	newer := approval.LinkKey{Attendee: 5, Hash: approval.HashLink("newer")}
	g.must(generalBranch, approval.Invite{Attendee: 5, Hash: newer.Hash})
	g.at("2026-03-10 11:00").opensNothing(villageLink)
	g.must(approval.Outsider, approval.CastByLink{Link: newer, Vote: vote(approval.For)})
}

func TestAMeetingArrangedAnewMakesLinksWorthless(t *testing.T) {
	t.Parallel()
	g, s := villageVotes(t)
	s.Ballot.Question = "按另一方案实施"
	g.must(generalBranch, s)
	g.at("2026-03-10 11:00").opensNothing(villageLink)
	if e := g.events[len(g.events)-1]; !strings.Contains(string(e.Detail), `"links":1`) {
		t.Errorf("the trail does not say that a link lapsed: %s", e.Detail)
	}
}

func TestTheEndOfAConsultationMakesLinksWorthless(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(g *game){
		"ruled":      func(g *game) { g.rule(1, approval.SetAside) },
		"upheld":     func(g *game) { g.rule(1, approval.Uphold) },
		"revised":    func(g *game) { g.rule(1, approval.Revise) },
		"withdrawn":  func(g *game) { g.must(secretary, approval.Withdraw{Reason: "线位调整"}) },
		"passed up":  func(g *game) { g.must(generalBranch, approval.Refer{Reason: "涉及市级部门"}) },
		"out of day": func(g *game) { g.at("2026-03-20 09:00").must(approval.Machine, approval.TallyCommand(1)) },
	} {
		g, _ := villageVotes(t)
		end(g)
		g.opensNothing(villageLink)
		if kept, err := json.Marshal(g.issue); err != nil || strings.Contains(string(kept), `"hash":`) {
			t.Errorf("%s: a hash is kept", name)
		}
	}
}

func TestALinkThatAClosedConsultationStillHoldsOpensNothing(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	con := *g.issue.Consultation
	con.ClosedAt = g.now
	g.issue.Consultation = &con
	g.at("2026-03-10 11:00").opensNothing(villageLink)
}

func TestAnOutsidePartyStandsAsideByItsLink(t *testing.T) {
	t.Parallel()
	g, _ := villageVotes(t)
	g.refused(approval.Outsider, approval.ExcuseByLink{Link: villageLink}, approval.Invalid)
	g.must(approval.Outsider, approval.ExcuseByLink{Link: villageLink, Why: approval.Excuse{Reason: "承租人为村委会"}})
	if n := g.issue.Consultation.Meeting.Eligible(); n != 3 {
		t.Errorf("%d are eligible", n)
	}
	g.at("2026-03-10 11:00").opensNothing(villageLink)
	g.refused(generalBranch, inviteVillage, approval.Closed)
}

func TestAVoteByLinkInASecretBallotTellsNoChoice(t *testing.T) {
	t.Parallel()
	g := objected(t)
	s := meeting("2026-03-10", "2026-03-11")
	s.Attendees[4].Votes, s.Ballot.Secret = true, true
	g.must(generalBranch, s)
	g.must(generalBranch, inviteVillage)
	since := len(g.events)
	g.at("2026-03-10 11:00").must(approval.Outsider, byVillage(approval.Against))
	told, err := json.Marshal([]any{g.events[since:], g.issue.Consultation.Meeting.Attendees})
	if err != nil || strings.Contains(string(told), "against") {
		t.Errorf("told: %s", told)
	}
}

func TestALinkIsForOutsidePartiesThatVote(t *testing.T) {
	t.Parallel()
	g := objected(t)
	g.refused(generalBranch, inviteVillage, approval.Conflict) // no vote
	g.must(generalBranch, meeting("2026-03-10", "2026-03-11"))
	for _, n := range []int{0, 1, 4, 5, 6} { // the village attends only
		g.refused(generalBranch, approval.Invite{Attendee: n, Hash: villageLink.Hash}, approval.Invalid)
	}
	g.refused(headquarters, inviteVillage, approval.Forbidden)
	g.refused(secretary, inviteVillage, approval.Forbidden)
}

func TestALinkIsStoredAsItsHash(t *testing.T) {
	t.Parallel()
	link := approval.Link{Hash: approval.HashLink("secret"), By: generalBranch, At: monday}
	text, err := json.Marshal(link)
	if err != nil || strings.Contains(string(text), "secret") {
		t.Fatalf("%s, %v", text, err)
	}
	var read approval.Link
	if err := json.Unmarshal(text, &read); err != nil || read != link {
		t.Errorf("%s is read as %+v, %v", text, read, err)
	}
	if err := json.Unmarshal([]byte(`{"hash":"YQ"}`), &read); err == nil {
		t.Error("a hash of one byte is read")
	}
	if text, err = json.Marshal(approval.Link{By: generalBranch}); err != nil || strings.Contains(string(text), "hash") {
		t.Errorf("a link that opens nothing: %s, %v", text, err)
	}
}

// linkFault says which promise about links a commit breaks, or "".
func linkFault(con *approval.Consultation, c *approval.Change) string {
	var hashes []string
	for k := range con.Meeting.Attendees {
		a := &con.Meeting.Attendees[k]
		if a.Link == nil || a.Link.Hash == (approval.LinkHash{}) {
			continue
		}
		text, _ := a.Link.Hash.MarshalText()
		hashes = append(hashes, string(text))
		if !con.ClosedAt.IsZero() || !con.Meeting.Ballot.Running() || !a.Outsider() || !a.Votes || a.Vote != nil || a.Aside != nil {
			return "a link that must open nothing keeps its hash"
		}
	}
	for _, e := range c.Events {
		for _, hash := range hashes {
			if strings.Contains(string(e.Detail)+e.Reason, hash) {
				return "the trail tells a link's hash"
			}
		}
		if e.By == approval.Outsider && !strings.Contains(string(e.Detail), `"linkBy":`) {
			return "an outside party acted, and nobody knows by whose link"
		}
	}
	return ""
}
