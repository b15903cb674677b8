package approval_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// meeting is one at ten on a day, on which three departments and a village
// committee take part and the departments vote until a day.
func meeting(day, until string) approval.Schedule {
	return approval.Schedule{
		At: shanghai(day + " 10:00"), Place: "指挥部一号会议室", Agenda: []string{"岸线方案"},
		Attendees: []approval.Attendee{
			{Unit: "cc-water", Votes: true},
			{Unit: "cc-transport", Votes: true},
			{Unit: "cc-housing", Votes: true},
			{Unit: "branch-fenjiang"},
			{Name: "何村代表", Organisation: "白坭村民委员会"},
		},
		Ballot: &approval.Ballot{
			Question: "异议不成立，按修改后的方案实施", Motion: approval.SetAside, Quorum: 67, Threshold: approval.TwoThirds, Of: approval.OfEligible, Until: calendar.MustParse(until),
		},
	}
}

func vote(c approval.Choice) approval.Cast { return approval.Cast{Choice: c} }

func minute() approval.Minute {
	return approval.Minute{Text: "各方一致意见", Present: []int{1, 2, 3, 4, 5}, Resolutions: []string{"按修改方案实施"}}
}

// objected is an issue of one plan with an objection, on Tuesday, 10 March 2026.
func objected(t tester) *game {
	g := newGame(t)
	g.raise(parties(3)).route().at("2026-03-10 09:00").object(1)
	return g
}

func setAside(n int, reason string) approval.Conclude {
	return approval.Conclude{Findings: []approval.Finding{{SignOff: n, Outcome: approval.SetAside, Reason: reason}}}
}

// The published case: the meeting on 15 June 2021, the vote passed by all on the 17th.
func TestTheVoteOfThePublishedCaseIsPassedByAll(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.at("2021-06-11 09:00").raise(parties(3)).route().at("2021-06-15 09:00").object(1)
	s := meeting("2021-06-15", "2021-06-17")
	g.must(generalBranch, s)
	g.refused(officer("cc-water", 1), vote(approval.For), approval.Conflict) // before the meeting
	g.at("2021-06-15 11:00").must(officer("cc-water", 1), vote(approval.For))
	g.refused(generalBranch, s, approval.Closed)
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.Uphold, Reason: "不等了"}, approval.Conflict)
	g.must(officer("cc-transport", 1), vote(approval.For))
	g.refused(officer("cc-water", 2), vote(approval.Against), approval.Closed) // one vote a department
	g.at("2021-06-17 15:00").must(officer("cc-housing", 1), vote(approval.For))
	b := g.issue.Consultation.Meeting.Ballot
	if !b.Passed || !b.Quorate || b.Eligible != 3 || b.For != 3 || b.ClosedAt.IsZero() {
		t.Fatalf("the vote: %+v", b)
	}
	g.refused(generalBranch, setAside(1, ""), approval.Conflict) // without minutes
	g.must(generalBranch, minute())
	g.must(generalBranch, minute())
	if g.issue.Consultation.Minutes.Version != 2 {
		t.Errorf("minutes: %+v", g.issue.Consultation.Minutes)
	}
	g.must(generalBranch, setAside(1, ""))
	g.wantStatus(approval.InSignOff)
	if r := g.so(1).Ruling; r.Vote != "followed" || r.Reason != b.Question || g.issue.Consultation.Result != approval.Ruled {
		t.Errorf("ruled %+v, %s", r, g.issue.Consultation.Result)
	}
}

func TestARulingAgainstTheVoteNeedsAReason(t *testing.T) {
	t.Parallel()
	g := objected(t)
	g.must(generalBranch, meeting("2026-03-10", "2026-03-11"))
	g.at("2026-03-10 14:00")
	for _, d := range []roster.DepartmentID{"cc-water", "cc-transport", "cc-housing"} {
		g.must(officer(d, 1), vote(approval.Against))
	}
	if g.issue.Consultation.Meeting.Ballot.Passed {
		t.Fatal("nobody was for it and it passed")
	}
	g.must(generalBranch, minute())
	g.refused(generalBranch, setAside(1, ""), approval.Invalid)
	g.must(generalBranch, setAside(1, "工期要求"))
	if g.so(1).Ruling.Vote != "against" {
		t.Errorf("ruled %+v", g.so(1).Ruling)
	}
}

func TestASecretBallotTellsNobodysChoice(t *testing.T) {
	t.Parallel()
	g := objected(t)
	s := meeting("2026-03-10", "2026-03-11")
	s.Ballot.Secret = true
	s.Attendees[2].Votes = false
	g.refused(generalBranch, s, approval.Invalid) // of two voters each knows the other's
	s.Attendees[2].Votes = true
	g.must(generalBranch, s)
	g.at("2026-03-10 11:00").refused(officer("cc-water", 1), approval.Cast{Choice: approval.For, Reason: "理由"}, approval.Invalid)
	since := len(g.events)
	g.must(officer("cc-water", 1), vote(approval.Against))
	g.must(officer("cc-transport", 1), vote(approval.For))
	told, err := json.Marshal([]any{g.events[since:], g.issue.Consultation.Meeting.Attendees})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(told), `"against"`) || strings.Contains(string(told), `"for"`) || strings.Contains(string(told), "choice") {
		t.Errorf("told: %s", told)
	}
	g.at("2026-03-12 00:00").must(approval.Machine, approval.TallyCommand(1))
	if b := g.issue.Consultation.Meeting.Ballot; b.ClosedAt.IsZero() || b.Passed || b.Quorate || b.Cast() != 2 {
		t.Errorf("two of three voted, and 67 per cent were asked for: %+v", b)
	}
}

func TestWhoStandsAsideCountsOutOfTheEligible(t *testing.T) {
	t.Parallel()
	g := objected(t)
	g.must(generalBranch, meeting("2026-03-10", "2026-03-11"))
	g.at("2026-03-10 11:00").must(officer("cc-water", 1), vote(approval.For))
	g.must(officer("cc-transport", 1), vote(approval.For))
	g.refused(officer("cc-housing", 1), approval.Excuse{Reason: "有利害关系"}, approval.Forbidden)
	g.must(approval.Actor{Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}, approval.Excuse{Reason: "有利害关系"})
	if b := g.issue.Consultation.Meeting.Ballot; b.Eligible != 2 || !b.Passed {
		t.Errorf("the vote: %+v", b)
	}
	g.refused(secretary, vote(approval.For), approval.Forbidden) // the branch attends only
}

func TestAMeetingIsSoonSomewhereAndWithItsOwnPeople(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*approval.Schedule){
		"no time":      func(s *approval.Schedule) { s.At = time.Time{} },
		"past":         func(s *approval.Schedule) { s.At = shanghai("2026-03-09 10:00") },
		"late":         func(s *approval.Schedule) { s.At = shanghai("2026-03-18 10:00") },
		"nowhere":      func(s *approval.Schedule) { s.Place = "" },
		"plain link":   func(s *approval.Schedule) { s.CallLink = "http://meet.example/1" },
		"no agenda":    func(s *approval.Schedule) { s.Agenda = nil },
		"twice":        func(s *approval.Schedule) { s.Attendees[1] = s.Attendees[0] },
		"own branch":   func(s *approval.Schedule) { s.Attendees[3].Votes = true },
		"strange unit": func(s *approval.Schedule) { s.Attendees[3].Unit = "branch-u-valley" },
		"no vote":      func(s *approval.Schedule) { s.Ballot = nil },
		"vote late":    func(s *approval.Schedule) { s.Ballot.Until = calendar.MustParse("2026-03-18") },
		"vote early":   func(s *approval.Schedule) { s.Ballot.Until = calendar.MustParse("2026-03-09") },
		"quorum":       func(s *approval.Schedule) { s.Ballot.Quorum = 101 },
		"need":         func(s *approval.Schedule) { s.Ballot.Threshold, s.Ballot.Need = approval.ByCount, 4 },
	} {
		g := objected(t)
		s := meeting("2026-03-10", "2026-03-11")
		spoil(&s)
		if err := g.do(generalBranch, s); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAgreedActionsBecomeSignOffsThatAreDone(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(3)).route()
	g.must(generalBranch, approval.Convene{Cause: approval.OnConflict, SignOffs: []int{1, 2}, Reason: "两项条件相互冲突"})
	g.refused(headquarters, approval.Convene{Cause: approval.OwnAccord, Reason: "督导"}, approval.Conflict)
	g.grant(1, 2, 3)
	if v := g.issue.VerdictNow(); v != approval.Objected {
		t.Fatalf("with a consultation open the verdict is %s", v)
	}
	action := approval.Undertaking{Department: "cc-water", What: "完成改河段迁改", By: calendar.MustParse("2026-03-13")}
	saturday := action
	saturday.By = calendar.MustParse("2026-03-14")
	g.refused(generalBranch, approval.Conclude{Actions: []approval.Undertaking{saturday}, Reason: "议定"}, approval.Invalid)
	g.must(generalBranch, approval.Conclude{Actions: []approval.Undertaking{action}, Reason: "议定先行迁改"})
	s := g.so(4)
	if s == nil || s.State != approval.Open || s.Due.On != action.By || s.What != action.What || g.issue.Watch(4) == nil || g.issue.Consultation.Result != approval.Settled {
		t.Fatalf("agreed: %+v", s)
	}
	asks := g.rules.TallyOf(&g.issue, 1, g.now).Asks
	if len(asks) != 1 || asks[0].SignOff != 4 {
		t.Fatalf("the machine asks %+v", asks)
	}
	g.grant(4)
	g.close()
	g.wantStatus(approval.Concluded)
	if _, ok, err := g.rules.Report(&g.issue); !ok || err != nil {
		t.Errorf("report: %v %v", ok, err)
	}
}

func TestAConsultationIsPassedUpAndStaysOnRecord(t *testing.T) {
	t.Parallel()
	g := objected(t)
	g.must(approval.Machine, approval.ConsultCommand(1, "token"))
	g.must(generalBranch, approval.Refer{Reason: "涉及市级部门"})
	con := g.issue.Consultation
	if con.Tier != roster.TierHeadquarters || len(g.issue.Past) != 1 || g.issue.Past[0].Result != approval.Escalated || g.issue.Past[0].Closing == "" {
		t.Fatalf("passed up: %+v, before %+v", con, g.issue.Past)
	}
	g.refused(generalBranch, approval.Rule{SignOff: 1, Outcome: approval.SetAside, Reason: "会商"}, approval.Forbidden)
	g.refused(headquarters, approval.Refer{Reason: "再提"}, approval.Conflict)
	g.must(headquarters, approval.Conclude{Findings: []approval.Finding{{SignOff: 1, Outcome: approval.Revise, Reason: "补充方案"}}})
	g.wantStatus(approval.Returned)
}

func TestAConclusionUpholdsAndNamesTheOwner(t *testing.T) {
	t.Parallel()
	g := objected(t)
	g.refused(generalBranch, approval.Conclude{Reason: "漏了异议"}, approval.Invalid)
	g.must(generalBranch, approval.Conclude{Findings: []approval.Finding{{SignOff: 1, Outcome: approval.Uphold, Reason: "影响行洪"}}})
	if v := g.issue.VerdictNow(); v != approval.Refused {
		t.Errorf("verdict %s", v)
	}

	g = newGame(t)
	g.raise(chain()).route().transfer(1, "cc-housing").sendBack(1)
	g.refused(generalBranch, approval.Convene{Cause: approval.OnDispute, SignOffs: []int{5}, Reason: "承办不明"}, approval.Invalid)
	g.must(generalBranch, approval.Convene{Cause: approval.OnDispute, SignOffs: []int{1}, Reason: "承办不明"})
	g.must(generalBranch, approval.Conclude{Owners: []approval.Assign{{SignOff: 1, To: "cc-housing", Reason: "按三定规定"}}, Reason: "已确定承办部门"})
	if g.so(1).Disputed() || g.so(1).Department != "cc-housing" {
		t.Errorf("owner: %+v", g.so(1).Handover)
	}
}

func TestAnOldConsultationIsOneOnAnObjection(t *testing.T) {
	t.Parallel()
	var con approval.Consultation
	if err := json.Unmarshal([]byte(`{"round":1,"tier":"general_branch","openedAt":"2026-03-10T01:00:00Z","due":{"on":"2026-03-12"}}`), &con); err != nil {
		t.Fatal(err)
	}
	if con.Why() != approval.OnObjection || con.Meeting != nil {
		t.Errorf("read as %+v", con)
	}
}

// consultFault says which promise about consultations a commit breaks, or "".
func consultFault(before *approval.Issue, c *approval.Change) string {
	i := &c.Issue
	con := i.Consultation
	if open := con != nil && con.ClosedAt.IsZero(); open != (i.Watch(approval.ConsultWatch) != nil) {
		return "a consultation is open and nobody watches it, or the other way round"
	}
	if con == nil || con.Meeting == nil || con.Meeting.Ballot == nil {
		return ""
	}
	if fault := linkFault(con, c); fault != "" {
		return fault
	}
	b, voted := con.Meeting.Ballot, 0
	for k := range con.Meeting.Attendees {
		a := &con.Meeting.Attendees[k]
		if a.Vote == nil {
			continue
		}
		voted++
		if !a.Votes || a.Aside != nil || b.Secret && (a.Vote.Choice != "" || a.Vote.Reason != "") {
			return "a vote that must not be, or tells too much"
		}
	}
	if voted != b.Cast() || voted > con.Meeting.Eligible() {
		return "the votes do not add up"
	}
	if old := before.Consultation; old != nil && old.OpenedAt.Equal(con.OpenedAt) && old.Meeting != nil && old.Meeting.Ballot != nil {
		was := old.Meeting.Ballot
		if !was.ClosedAt.IsZero() && (was.Cast() != b.Cast() || was.Passed != b.Passed || was.ClosedAt != b.ClosedAt) {
			return "a vote changed after its end"
		}
		if b.Cast() > was.Cast()+1 || b.Cast() < was.Cast() {
			return "more than one vote in a commit, or one lost"
		}
	}
	for _, e := range c.Events {
		if b.Secret && e.Kind == approval.EvVote && strings.Contains(string(e.Detail), "choice") {
			return "the trail tells a choice"
		}
	}
	return ""
}

// consult lets people meet and vote.
func (w *world) consult(t *rapid.T, add func(approval.Actor, approval.Command)) {
	con := w.issue.Consultation
	for _, unit := range []approval.Actor{generalBranch, headquarters} {
		if con == nil || !con.ClosedAt.IsZero() {
			add(unit, approval.Convene{Cause: approval.OwnAccord, Reason: "协调"})
			if n := len(w.issue.SignOffs); n > 1 {
				two := rapid.Permutation([]int{1, 2, n}).Draw(t, "conflict")[:2]
				add(unit, approval.Convene{Cause: approval.OnConflict, SignOffs: two, Reason: "意见冲突"})
			}
			continue
		}
		s := meeting("2026-03-09", "2026-03-09")
		s.At = w.now.Truncate(time.Second)
		s.Ballot.Until = calendar.Of(w.now).Add(rapid.IntRange(0, 6).Draw(t, "until"))
		s.Ballot.Motion, s.Ballot.Secret = "", rapid.Bool().Draw(t, "secret")
		s.Attendees[4].Votes = rapid.Bool().Draw(t, "village votes")
		add(unit, s)
		add(unit, minute())
		add(unit, approval.Refer{Reason: "协调"})
		conclude := approval.Conclude{Reason: "会商"}
		for k := range w.issue.SignOffs {
			if o := &w.issue.SignOffs[k]; w.issue.Counts(o) {
				conclude.Findings = append(conclude.Findings, approval.Finding{SignOff: o.N, Outcome: approval.SetAside, Reason: "会商"})
			}
		}
		if con.Why() == approval.OnConflict && rapid.Bool().Draw(t, "anew") {
			conclude.Anew = con.SignOffs[:1]
		}
		if rapid.Bool().Draw(t, "action") {
			conclude.Actions = []approval.Undertaking{{Department: "cc-water", What: "迁改", By: rules.Calendar.After(calendar.Of(w.now), 3)}}
		}
		add(unit, conclude)
	}
	if con != nil && con.Meeting != nil {
		for _, d := range []roster.DepartmentID{"cc-water", "cc-transport", "cc-housing"} {
			add(officer(d, 1), vote(rapid.SampledFrom([]approval.Choice{approval.For, approval.Against, approval.Abstain}).Draw(t, "choice")))
		}
		add(approval.Actor{Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}, approval.Excuse{Reason: "利害关系"})
		for _, secret := range []string{"first", "second"} {
			key := approval.LinkKey{Attendee: 5, Hash: approval.HashLink(secret)}
			add(generalBranch, approval.Invite(key))
			add(approval.Outsider, approval.CastByLink{Link: key, Vote: vote(approval.For)})
			add(approval.Outsider, approval.ExcuseByLink{Link: key, Why: approval.Excuse{Reason: "利害关系"}})
		}
	}
}

// voteEnds lets a vote that is going on come to its end, and says whether one was.
func (w *world) voteEnds() bool {
	con := w.issue.Consultation
	if con == nil || !con.ClosedAt.IsZero() || con.Meeting == nil || !con.Meeting.Ballot.Running() || con.Meeting.Ballot.Cast() == 0 {
		return false
	}
	w.now = con.Meeting.Ballot.Until.End()
	w.must(approval.Machine, approval.TallyCommand(w.issue.Round()))
	return true
}

// settle lets the holder end a consultation that has nothing left to rule on.
func (w *world) settle() bool {
	con := w.issue.Consultation
	if con == nil || !con.ClosedAt.IsZero() {
		return false
	}
	holder := generalBranch
	if con.Tier == roster.TierHeadquarters {
		holder = headquarters
	}
	if con.Meeting != nil && con.Minutes == nil && !w.now.Before(con.Meeting.At) {
		w.must(holder, minute())
	}
	w.must(holder, approval.Conclude{Reason: "已协调一致"})
	return true
}
