package httpapi

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Consultation is a joint consultation 会商.
type Consultation struct {
	Round    int       `json:"round"`
	Tier     Ref       `json:"tier"`
	Unit     *Ref      `json:"unit,omitempty" doc:"The general branch or headquarters that holds it."`
	Cause    string    `json:"cause" enum:"objection,conflict,dispute,own_accord" doc:"异议, 意见冲突, 承办争议 or 主动召集."`
	SignOffs []int     `json:"signOffs" doc:"What it was convened on; of an objection, those that stand."`
	Reason   string    `json:"reason,omitempty" doc:"Why it was convened."`
	By       *Actor    `json:"by,omitempty" doc:"Who convened it; absent when an objection did."`
	OpenedAt time.Time `json:"openedAt"`
	Due      Due       `json:"due"`
	ClosedAt time.Time `json:"closedAt,omitzero"`
	Result   string    `json:"result,omitempty" enum:"ruled,concluded,escalated,lapsed" doc:"How it ended; absent while it is on, and when the issue ended for another reason."`
	Closing  string    `json:"closing,omitempty" doc:"What its holder said at its end."`
	Meeting  *Meeting  `json:"meeting,omitempty"`
	Minutes  *Minutes  `json:"minutes,omitempty"`
	Agreed   []int     `json:"agreed" doc:"Sign-offs that its agreed actions 议定事项 became."`
	Anew     []int     `json:"anew" doc:"Approvals in conflict that are decided anew 重新出具意见."`
}

// Meeting is where and when a consultation meets 会议.
type Meeting struct {
	At        time.Time  `json:"at"`
	Place     string     `json:"place,omitempty"`
	CallLink  string     `json:"callLink,omitempty"`
	Agenda    []string   `json:"agenda"`
	Papers    []string   `json:"papers"`
	Attendees []Attendee `json:"attendees"`
	Ballot    *Ballot    `json:"ballot,omitempty"`
	By        Actor      `json:"by"`
}

// Attendee is who takes part in a meeting 参会方, and whether and how it voted.
type Attendee struct {
	N            int       `json:"n"`
	Unit         *Ref      `json:"unit,omitempty" doc:"Absent for somebody without an account."`
	Name         string    `json:"name,omitempty"`
	Organisation string    `json:"organisation,omitempty"`
	Votes        bool      `json:"votes"`
	Voted        bool      `json:"voted"`
	VotedBy      *Actor    `json:"votedBy,omitempty"`
	VotedAt      time.Time `json:"votedAt,omitzero"`
	Choice       string    `json:"choice,omitempty" enum:"for,against,abstain" doc:"Absent in a secret ballot."`
	Reason       string    `json:"reason,omitempty"`
	Aside        *Word     `json:"aside,omitempty" doc:"It stands aside from the vote 回避 and does not count among those eligible."`
	Link         *LinkSent `json:"link,omitempty" doc:"The one-time link that somebody without an account was given."`
}

// LinkSent says that a link was given, and never which.
type LinkSent struct {
	By   Actor     `json:"by"`
	At   time.Time `json:"at"`
	Open bool      `json:"open" doc:"It may still be used."`
}

// Ballot is a vote 表决.
type Ballot struct {
	BallotRules
	Running bool   `json:"running"`
	Count   Result `json:"count"`
}

// BallotRules is what is voted on, and how it is counted.
type BallotRules struct {
	Question  string        `json:"question" doc:"What is voted on."`
	Motion    string        `json:"motion,omitempty" enum:"upheld,set_aside,revised" doc:"The outcome that is proposed for the objections; absent when the question is another one."`
	Secret    bool          `json:"secret,omitempty" doc:"不记名: nobody is shown who chose what. Needs three voters; takes no reasons."`
	Quorum    int           `json:"quorum" doc:"法定人数: per cent of those eligible who must have voted."`
	Threshold string        `json:"threshold" enum:"majority,two_thirds,all,count" doc:"过半数, 三分之二以上, 一致同意 or a number of votes."`
	Need      int           `json:"need,omitempty" doc:"count: how many votes for it are needed."`
	Of        string        `json:"of" enum:"cast,eligible" doc:"Of what the threshold is a share: the votes cast, abstentions among them, or all who are eligible."`
	Until     calendar.Date `json:"until" format:"date" doc:"The last day; it ends earlier when all have voted."`
}

// Result is what a vote has come to.
type Result struct {
	Eligible int   `json:"eligible" doc:"Voters, without those who stand aside."`
	Cast     int   `json:"cast"`
	For      *int  `json:"for,omitempty" doc:"Absent while a secret ballot runs, as the next two."`
	Against  *int  `json:"against,omitempty"`
	Abstain  *int  `json:"abstain,omitempty"`
	Quorate  *bool `json:"quorate,omitempty" doc:"Once it has ended."`
	Passed   *bool `json:"passed,omitempty" doc:"Once it has ended."`
}

// Minutes are what was said and resolved 会议纪要.
type Minutes struct {
	Text        string    `json:"text"`
	Present     []int     `json:"present" doc:"Numbers of attendees."`
	Resolutions []string  `json:"resolutions"`
	Version     int       `json:"version" doc:"Earlier versions are in the trail."`
	By          Actor     `json:"by"`
	At          time.Time `json:"at"`
}

// Convene opens a consultation without an objection.
type Convene struct {
	Cause    string `json:"cause" enum:"conflict,dispute,own_accord" doc:"意见冲突, 承办争议 or 主动召集."`
	SignOffs []int  `json:"signOffs,omitempty" doc:"conflict: those whose opinions exclude each other, two or more; dispute: those whose owner is in dispute."`
	Reason   string `json:"reason"`
}

// ScheduleMeeting fixes meeting and vote.
type ScheduleMeeting struct {
	At        time.Time    `json:"at" doc:"Within five working days of the consultation's start."`
	Place     string       `json:"place,omitempty" doc:"This or a call link, or both."`
	CallLink  string       `json:"callLink,omitempty" doc:"https only."`
	Agenda    []string     `json:"agenda"`
	Papers    []string     `json:"papers,omitempty" doc:"Titles or addresses."`
	Attendees []Invite     `json:"attendees"`
	Ballot    *BallotRules `json:"ballot,omitempty" doc:"Absent: no vote."`
}

// Invite says who takes part: a unit, or a name and an organisation.
type Invite struct {
	Unit         string `json:"unit,omitempty" doc:"A department, the issue's branch, or the unit that holds the consultation."`
	Name         string `json:"name,omitempty" doc:"Of somebody without an account; no more than name and organisation is kept. Who votes gets a link, see …/consultation/invitations."`
	Organisation string `json:"organisation,omitempty"`
	Votes        bool   `json:"votes,omitempty" doc:"A voter 表决人. The issue's own branch is none."`
}

// CastVote votes for the caller's unit; it is final.
type CastVote struct {
	Choice string `json:"choice" enum:"for,against,abstain" doc:"赞成, 反对 or 弃权."`
	Reason string `json:"reason,omitempty" doc:"Not in a secret ballot."`
}

// WriteMinutes writes the minutes, or writes them anew.
type WriteMinutes struct {
	Text        string   `json:"text"`
	Present     []int    `json:"present" doc:"Numbers of attendees."`
	Resolutions []string `json:"resolutions,omitempty"`
}

// ConcludeConsultation ends a consultation.
type ConcludeConsultation struct {
	Findings []Finding     `json:"findings,omitempty" doc:"One for each objection that stands."`
	Owners   []Owner       `json:"owners,omitempty" doc:"Whose tasks in dispute are."`
	Anew     []int         `json:"anew,omitempty" doc:"Of a consultation on a conflict: which of the approvals that it is about are decided anew 重新出具意见, by their own departments."`
	Actions  []Undertaking `json:"actions,omitempty" doc:"Agreed actions 议定事项; each becomes a sign-off."`
	Reason   string        `json:"reason,omitempty" doc:"Mandatory where there is no objection."`
}

// Finding is the outcome for one objection.
type Finding struct {
	SignOff int    `json:"signOff"`
	Outcome string `json:"outcome" enum:"upheld,set_aside,revised" doc:"异议成立, 异议不成立 or 退回修改."`
	Reason  string `json:"reason,omitempty" doc:"May be left out when it follows a vote on this outcome."`
}

// Owner says whose a task is.
type Owner struct {
	SignOff    int    `json:"signOff"`
	Department string `json:"department"`
	Reason     string `json:"reason"`
}

// Undertaking is what a department undertook.
type Undertaking struct {
	Department string        `json:"department"`
	What       string        `json:"what"`
	By         calendar.Date `json:"by" format:"date" doc:"A working day within a year."`
}

type (
	conveneIn struct {
		OfIssue
		Body Convene
	}
	scheduleIn struct {
		OfIssue
		Body ScheduleMeeting
	}
	castIn struct {
		OfIssue
		Body CastVote
	}
	minuteIn struct {
		OfIssue
		Body WriteMinutes
	}
	concludeIn struct {
		OfIssue
		Body ConcludeConsultation
	}
)

func (a *API) consultation() {
	register := func(path, id, summary string) huma.Operation { return ofIssue("/consultation"+path, id, summary) }
	huma.Register(a.huma, register("", "convene", "Convene a consultation, as the general branch or headquarters 召集会商"), a.convene)
	huma.Register(a.huma, register("/meeting", "scheduleMeeting", "Fix the meeting and the vote, as the consultation's holder 安排会议"), a.schedule)
	huma.Register(a.huma, register("/votes", "castVote", "Vote for the own unit, once 表决"), a.cast)
	huma.Register(a.huma, register("/votes/recusal", "excuseFromVote", "Take the own unit out of the vote 表决回避"), a.excuse)
	huma.Register(a.huma, register("/minutes", "writeMinutes", "Write the minutes, or write them anew 记录会议纪要"), a.minute)
	huma.Register(a.huma, register("/escalation", "referConsultation", "Pass the consultation to the next tier 提请上级"), a.refer)
	huma.Register(a.huma, register("/conclusion", "concludeConsultation", "End the consultation with its outcomes and agreed actions 会商办结"), a.conclude)
}

func (s *server) convene(ctx context.Context, in *conveneIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Convene{Cause: approval.Cause(in.Body.Cause), SignOffs: in.Body.SignOffs, Reason: in.Body.Reason})
}

func (s *server) schedule(ctx context.Context, in *scheduleIn) (*IssueOut, error) {
	b := in.Body
	cmd := approval.Schedule{At: b.At, Place: b.Place, CallLink: b.CallLink, Agenda: b.Agenda, Papers: b.Papers}
	for _, a := range b.Attendees {
		cmd.Attendees = append(cmd.Attendees, approval.Attendee{Unit: a.Unit, Name: a.Name, Organisation: a.Organisation, Votes: a.Votes})
	}
	if r := b.Ballot; r != nil {
		cmd.Ballot = &approval.Ballot{
			Question: r.Question, Motion: approval.Outcome(r.Motion), Secret: r.Secret, Quorum: r.Quorum,
			Threshold: approval.Threshold(r.Threshold), Need: r.Need, Of: approval.Base(r.Of), Until: r.Until,
		}
	}
	return s.do(ctx, in.OfIssue, cmd)
}

func (s *server) cast(ctx context.Context, in *castIn) (*IssueOut, error) {
	// The digest of a request is kept with its key, and there are three votes: a
	// plain digest would tell which one it was.
	c := callOf(ctx)
	c.digest = base64.RawURLEncoding.EncodeToString(s.cursors.mac("vote", c.digest))
	return s.do(ctx, in.OfIssue, approval.Cast{Choice: approval.Choice(in.Body.Choice), Reason: in.Body.Reason})
}

func (s *server) excuse(ctx context.Context, in *becauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Excuse{Reason: in.Body.Reason})
}

func (s *server) minute(ctx context.Context, in *minuteIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Minute{Text: in.Body.Text, Present: in.Body.Present, Resolutions: in.Body.Resolutions})
}

func (s *server) refer(ctx context.Context, in *becauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Refer{Reason: in.Body.Reason})
}

func (s *server) conclude(ctx context.Context, in *concludeIn) (*IssueOut, error) {
	cmd := approval.Conclude{Reason: in.Body.Reason, Anew: in.Body.Anew}
	for _, f := range in.Body.Findings {
		cmd.Findings = append(cmd.Findings, approval.Finding{SignOff: f.SignOff, Outcome: approval.Outcome(f.Outcome), Reason: f.Reason})
	}
	for _, o := range in.Body.Owners {
		cmd.Owners = append(cmd.Owners, approval.Assign{SignOff: o.SignOff, To: roster.DepartmentID(o.Department), Reason: o.Reason})
	}
	for _, a := range in.Body.Actions {
		cmd.Actions = append(cmd.Actions, approval.Undertaking{Department: roster.DepartmentID(a.Department), What: a.What, By: a.By})
	}
	return s.do(ctx, in.OfIssue, cmd)
}

func (v view) consultation(i *approval.Issue, con *approval.Consultation) Consultation {
	out := Consultation{
		Round: con.Round, Tier: v.tier(con.Tier), Cause: string(con.Why()), SignOffs: whole(con.SignOffs), Reason: con.Reason,
		OpenedAt: con.OpenedAt, Due: v.due(con.DueOn), ClosedAt: con.ClosedAt, Result: string(con.Result), Closing: con.Closing, Agreed: whole(con.Agreed), Anew: whole(con.Anew),
	}
	if unit, ok := v.Roster.Up(i.Branch, con.Tier); ok {
		out.Unit = v.unit(string(unit))
	}
	if con.By.Person != "" {
		by := v.by(con.By)
		out.By = &by
	}
	if m := con.Meeting; m != nil {
		out.Meeting = &Meeting{At: m.At, Place: m.Place, CallLink: m.CallLink, Agenda: whole(m.Agenda), Papers: whole(m.Papers), Attendees: []Attendee{}, By: v.by(m.By)}
		for k := range m.Attendees {
			out.Meeting.Attendees = append(out.Meeting.Attendees, v.attendee(k+1, &m.Attendees[k]))
		}
		if m.Ballot != nil {
			out.Meeting.Ballot = ballot(m)
		}
	}
	if m := con.Minutes; m != nil {
		out.Minutes = &Minutes{m.Text, whole(m.Present), whole(m.Resolutions), m.Version, v.by(m.By), m.At}
	}
	return out
}

func (v view) attendee(n int, a *approval.Attendee) Attendee {
	out := Attendee{N: n, Unit: v.unit(a.Unit), Name: a.Name, Organisation: a.Organisation, Votes: a.Votes, Aside: v.word(a.Aside)}
	if l := a.Link; l != nil {
		out.Link = &LinkSent{v.by(l.By), l.At, l.Hash != approval.LinkHash{}}
	}
	if vote := a.Vote; vote != nil {
		by := v.by(vote.By)
		out.Voted, out.VotedBy, out.VotedAt, out.Choice, out.Reason = true, &by, vote.At, string(vote.Choice), vote.Reason
	}
	return out
}

// ballot tells a vote. The counts of a secret one are not told before its end:
// who looks after every vote would see each choice.
func ballot(m *approval.Meeting) *Ballot {
	b := m.Ballot
	out := &Ballot{Running: b.Running(), BallotRules: BallotRules{
		Question: b.Question, Motion: string(b.Motion), Secret: b.Secret, Quorum: b.Quorum, Threshold: string(b.Threshold), Need: b.Need, Of: string(b.Of), Until: b.Until,
	}}
	out.Count.Eligible, out.Count.Cast = m.Eligible(), b.Cast()
	if !b.Secret || !b.Running() {
		out.Count.For, out.Count.Against, out.Count.Abstain = &b.For, &b.Against, &b.Abstain
	}
	if !b.Running() {
		out.Count.Eligible, out.Count.Quorate, out.Count.Passed = b.Eligible, &b.Quorate, &b.Passed
	}
	return out
}
