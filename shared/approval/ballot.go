package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Ballot (表决) is what the meeting votes on and by which rules. It is open from
// the meeting's time until all have voted or its last day has passed; one vote a
// party, and it is final.
//
// In a secret ballot (不记名) it is kept who has voted, and of the choices only how
// many each has; nobody is shown these before the end, no event tells a choice,
// and no reason is taken. What it cannot hide: a unanimous result tells every
// choice, with few voters each can tell what the others chose together, and who
// can read the store itself after every vote sees which count rose.
type Ballot struct {
	Question  string        `json:"question"`
	Motion    Outcome       `json:"motion,omitempty"` // the outcome that the question proposes for the objections
	Secret    bool          `json:"secret,omitempty"`
	Quorum    int           `json:"quorum"` // 法定人数: per cent of those eligible who must have voted
	Threshold Threshold     `json:"threshold"`
	Need      int           `json:"need,omitempty"` // with ByCount
	Of        Base          `json:"of"`
	Until     calendar.Date `json:"until"` // the last day

	For      int       `json:"for,omitempty"`
	Against  int       `json:"against,omitempty"`
	Abstain  int       `json:"abstain,omitempty"`
	ClosedAt time.Time `json:"closedAt,omitzero"`
	Eligible int       `json:"eligible,omitempty"` // once closed: voters, without those who stood aside
	Quorate  bool      `json:"quorate,omitempty"`
	Passed   bool      `json:"passed,omitempty"`
}

// Threshold (通过比例) is how many votes for it a motion needs.
type Threshold string

const (
	Majority  Threshold = "majority"   // 过半数: more than half
	TwoThirds Threshold = "two_thirds" // 三分之二以上: two thirds or more
	All       Threshold = "all"        // 一致同意
	ByCount   Threshold = "count"      // at least a number
)

// Base is of what the threshold is a share: of the votes cast, abstentions among
// them, or of all who are eligible.
type Base string

const (
	OfCast     Base = "cast"     // 参加表决的
	OfEligible Base = "eligible" // 应参加表决的
)

// Choice is a vote.
type Choice string

const (
	For     Choice = "for"     // 赞成
	Against Choice = "against" // 反对
	Abstain Choice = "abstain" // 弃权
)

// Vote is that, and in an open ballot how, a party has voted.
type Vote struct {
	Choice Choice    `json:"choice,omitempty"` // none in a secret ballot
	Reason string    `json:"reason,omitempty"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

// Cast (表决) votes for the actor's unit: an officer or the lead for a department,
// the tier's own people for its unit. Once; it is not taken back. An outside party
// votes by [CastByLink].
type Cast struct {
	Choice Choice
	Reason string
}

// Excuse (表决回避) takes the actor's unit out of those eligible, because it has an
// interest in what is voted on: the lead for a department.
type Excuse struct{ Reason string }

const (
	// secretLeast is the fewest voters of a secret ballot (assumed): of two, each
	// knows what the other chose.
	secretLeast = 3
	voteRunes   = 500
)

// ballot is the consultation's vote, or nil.
func (c *Consultation) ballot() *Ballot {
	if c.Meeting == nil {
		return nil
	}
	return c.Meeting.Ballot
}

// Running reports whether the vote has not ended.
func (b *Ballot) Running() bool { return b != nil && b.ClosedAt.IsZero() }

// Cast is how many votes there are.
func (b *Ballot) Cast() int { return b.For + b.Against + b.Abstain }

// voted is how many have voted.
func (c *Consultation) voted() (n int) {
	if c.Meeting == nil {
		return 0
	}
	for k := range c.Meeting.Attendees {
		if c.Meeting.Attendees[k].Vote != nil {
			n++
		}
	}
	return n
}

// voting reports whether a vote has begun and not ended.
func (c *Consultation) voting() bool { return c.ballot().Running() && c.voted() > 0 }

// Eligible is how many may vote: those who stand aside do not count.
func (m *Meeting) Eligible() (n int) {
	for k := range m.Attendees {
		if a := &m.Attendees[k]; a.Votes && a.Aside == nil {
			n++
		}
	}
	return n
}

// The marks of a ruling beside a vote on it.
const (
	voteFollowed = "followed"
	voteAgainst  = "against"
)

// mark says how an outcome stands to the vote: it follows it, goes against it, or
// neither ("") when there was none on it.
func (c *Consultation) mark(o Outcome) string {
	b := c.ballot()
	switch {
	case b == nil || b.Running() || b.Motion == "":
		return ""
	case b.Passed && b.Motion == o:
		return voteFollowed
	case b.Passed || b.Motion == o:
		return voteAgainst
	}
	return ""
}

// check looks at the rules of a vote.
func (b *Ballot) check(t *transition, meets, latest calendar.Date, voters int) error {
	if err := textField("ballot.question", b.Question, paperRunes, true); err != nil {
		return err
	}
	switch {
	case voters == 0:
		return refuse(Invalid, "attendees", "请在参会方中指定表决人。", "Say which of those who take part vote.")
	case b.Motion != "" && !b.Motion.known():
		return refuse(Invalid, "ballot.motion", "请选择：异议成立、异议不成立或退回修改。", "Choose upheld, set_aside or revised.")
	case b.Motion != "" && t.objections() == 0:
		return refuse(Invalid, "ballot.motion", "该会商没有待裁定的异议，请不填此项。", "There is no objection to rule on; leave this out.")
	case b.Secret && voters < secretLeast:
		return refuse(Invalid, "ballot.secret", "不记名表决至少须有 %d 个表决人，否则无法保密。", "A secret ballot needs at least %d voters; with fewer it is not secret.", secretLeast)
	case b.Quorum < 1 || b.Quorum > 100:
		return refuse(Invalid, "ballot.quorum", "法定人数为应参加表决人数的百分之 1 至 100。", "The quorum is 1 to 100 per cent of those eligible.")
	case !slices.Contains([]Threshold{Majority, TwoThirds, All, ByCount}, b.Threshold):
		return refuse(Invalid, "ballot.threshold", "请选择通过比例：过半数、三分之二以上、一致同意或指定票数。", "Choose majority, two_thirds, all or count.")
	case b.Threshold == ByCount && (b.Need < 1 || b.Need > voters):
		return refuse(Invalid, "ballot.need", "通过票数须为 1 至 %d。", "The number of votes needed is 1 to %d.", voters)
	case b.Threshold != ByCount && b.Need != 0:
		return refuse(Invalid, "ballot.need", "只有按票数通过时才填写通过票数。", "This goes with the threshold count only.")
	case b.Of != OfCast && b.Of != OfEligible:
		return refuse(Invalid, "ballot.of", "请选择按参加表决的（cast）或按应参加表决的（eligible）计算通过比例。", "Choose whether the threshold is of the votes cast or of those eligible.")
	case b.Until < meets:
		return refuse(Invalid, "ballot.until", "表决截止日期不能早于会议日期。", "The vote cannot end before the meeting.")
	case b.Until > latest:
		return refuse(Invalid, "ballot.until", "表决须在会商开始后五个工作日内截止，最迟 %s。", "A vote ends within five working days of the consultation's start, on %s at the latest.", latest)
	}
	return nil
}

// casters are the people who may vote for a unit: those of its officers and leads,
// or of those who act for its tier, who have no reason to stand aside.
func (t *transition) casters(a *Attendee) (people []roster.PersonID) {
	roles := []roster.Role{roster.Officer, roster.Lead}
	if unit, ok := t.Roster.Branch(roster.BranchID(a.Unit)); ok {
		roles = []roster.Role{roster.RoleOf(unit.Tier)}
	}
	for _, role := range roles {
		for _, p := range t.Roster.People(role, a.Unit) {
			if !t.interested(p.ID) {
				people = append(people, p.ID)
			}
		}
	}
	return people
}

// interested reports whether a person must stand aside from the issue, or has
// declared an interest in any part of it.
func (t *transition) interested(person roster.PersonID) bool {
	return t.aside(person) || slices.ContainsFunc(t.issue.SignOffs, func(s SignOff) bool { return s.recused(person) })
}

// voter is the party for which the actor may vote now, by number from 1.
func (t *transition) voter() (int, error) {
	con := t.issue.Consultation
	if !con.open() || con.ballot() == nil {
		return 0, refuse(Conflict, "", "该问题没有正在进行的表决。", "The issue has no vote going on.")
	}
	k := 0
	for j := range con.Meeting.Attendees {
		// Of several places that departments left to one, it votes by the one that has a vote.
		if a := &con.Meeting.Attendees[j]; !a.Outsider() && a.Unit == t.actor.Unit && (k == 0 || a.Votes && !con.Meeting.Attendees[k-1].Votes) {
			k = j + 1
		}
	}
	if k == 0 || !con.Meeting.Attendees[k-1].Votes {
		return 0, refuse(Forbidden, "", "您所在单位不是本次表决的表决人。", "Your unit is no voter here.")
	}
	unit, branch := t.Roster.Branch(roster.BranchID(t.actor.Unit))
	speaks := t.actor.Role == roster.Officer || t.actor.Role == roster.Lead
	if branch {
		speaks = t.actor.Role == roster.RoleOf(unit.Tier)
	}
	if !speaks {
		return 0, refuse(Forbidden, "", "由部门承办人或部门负责人代表本单位表决。", "An officer or the lead votes for a department.")
	}
	if t.interested(t.actor.Person) || t.actor.For != "" && t.interested(t.actor.For) {
		return 0, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本单位其他人员表决。", "You have an interest in this issue and must stand aside; somebody else of your unit votes.")
	}
	return k, t.mayVote(k)
}

// mayVote checks that the vote is on and party k still has one.
func (t *transition) mayVote(k int) error {
	con := t.issue.Consultation
	t.endVote()
	a := &con.Meeting.Attendees[k-1]
	switch {
	case !con.ballot().Running():
		return refuse(Closed, "", "表决已经结束。", "The vote has ended.")
	case a.Vote != nil:
		return refuse(Closed, "", "本单位已经表决，一经投出不能更改。", "Your vote has been cast; it is final.")
	case a.Aside != nil:
		return refuse(Closed, "", "本单位已回避，不参加表决。", "Your unit stands aside from this vote.")
	}
	return nil
}

func (c Cast) apply(t *transition) error {
	k, err := t.voter()
	if err != nil {
		return err
	}
	return t.cast(k, c)
}

// cast counts the vote of party k.
func (t *transition) cast(k int, c Cast) error {
	con := t.issue.Consultation
	b := con.ballot()
	if t.now.Before(con.Meeting.At) {
		return refuse(Conflict, "", "表决自会议开始时起，请届时再表决。", "The vote begins with the meeting; please vote then.")
	}
	if c.Choice != For && c.Choice != Against && c.Choice != Abstain {
		return refuse(Invalid, "choice", "请选择：赞成、反对或弃权。", "Choose for, against or abstain.")
	}
	if b.Secret && c.Reason != "" {
		return refuse(Invalid, "reason", "不记名表决不附理由，请不填此项。", "A secret ballot takes no reasons; leave this out.")
	}
	if err := textField("reason", c.Reason, voteRunes, false); err != nil {
		return err
	}
	switch c.Choice {
	case For:
		b.For++
	case Against:
		b.Against++
	default:
		b.Abstain++
	}
	a := &con.Meeting.Attendees[k-1]
	a.Vote = &Vote{By: t.actor, At: t.now}
	said := t.party(k)
	if !b.Secret {
		a.Vote.Choice, a.Vote.Reason = c.Choice, c.Reason
		said["choice"] = c.Choice
	}
	t.event(EvVote, func(e *Event) {
		e.Before, e.After, e.Reason, e.Detail = string(Consulting), string(Consulting), c.Reason, detail(said)
	})
	if con.voted() == con.Meeting.Eligible() {
		t.closeVote()
	}
	return nil
}

// party names party k in an event.
func (t *transition) party(k int) map[string]any {
	a := &t.issue.Consultation.Meeting.Attendees[k-1]
	said := map[string]any{"attendee": k}
	if a.Outsider() {
		said["name"], said["organisation"] = a.Name, a.Organisation
		if t.actor == Outsider {
			said["linkBy"] = a.Link.By
		}
	} else {
		said["party"] = a.Unit
	}
	return said
}

func (c Excuse) apply(t *transition) error {
	k, err := t.voter()
	if err != nil {
		return err
	}
	if t.actor.Role == roster.Officer {
		return refuse(Forbidden, "", "本部门是否回避表决，由部门负责人决定。", "Whether the department stands aside is for its lead to say.")
	}
	return t.excuse(k, c)
}

// excuse takes party k out of those eligible.
func (t *transition) excuse(k int, c Excuse) error {
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	con := t.issue.Consultation
	con.Meeting.Attendees[k-1].Aside = &Word{c.Reason, t.actor, t.now}
	t.event(EvExcuse, func(e *Event) {
		e.Before, e.After, e.Reason, e.Detail = string(Consulting), string(Consulting), c.Reason, detail(t.party(k))
	})
	if con.voted() == con.Meeting.Eligible() {
		t.closeVote()
	}
	return nil
}

// endVote ends a vote whose last day has passed.
func (t *transition) endVote() {
	if b := t.issue.Consultation.ballot(); b.Running() && !t.now.Before(b.Until.End()) {
		t.closeVote()
	}
}

// closeVote counts: a motion passes with a quorum and its threshold.
func (t *transition) closeVote() {
	con := t.issue.Consultation
	b := con.ballot()
	b.ClosedAt, b.Eligible = t.now, con.Meeting.Eligible()
	con.dropLinks()
	base := b.Cast()
	b.Quorate = base > 0 && base*100 >= b.Quorum*b.Eligible
	if b.Of == OfEligible {
		base = b.Eligible
	}
	enough := map[Threshold]bool{
		Majority: 2*b.For > base, TwoThirds: 3*b.For >= 2*base, All: b.For == base, ByCount: b.For >= b.Need,
	}
	b.Passed = b.Quorate && enough[b.Threshold]
	t.event(EvCount, func(e *Event) {
		e.By, e.Before, e.After = Machine, string(Consulting), string(Consulting)
		e.Detail = detail(map[string]any{
			"eligible": b.Eligible, "cast": b.Cast(), "for": b.For, "against": b.Against, "abstain": b.Abstain, "quorate": b.Quorate, "passed": b.Passed,
		})
	})
	t.watchConsultation()
}
