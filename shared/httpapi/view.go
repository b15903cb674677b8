package httpapi

import (
	"encoding/json"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Name is a name in both languages.
type Name struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Ref names something that has an id.
type Ref struct {
	ID   string `json:"id"`
	Name Name   `json:"name"`
}

// Actor is who did something, and in which post.
type Actor struct {
	Person   *Ref   `json:"person,omitempty" doc:"Absent when the workflow acted by itself, or an outside party by its link."`
	Role     string `json:"role" doc:"secretary, officer, lead, general_branch, headquarters, bureau, overseer, administrator, machine or outsider."`
	RoleName Name   `json:"roleName"`
	Unit     *Ref   `json:"unit,omitempty" doc:"The branch or department of the post."`
	For      *Ref   `json:"for,omitempty" doc:"Whom the person stood in for 代办."`
}

// Limit is a time limit.
type Limit struct {
	Days  int    `json:"days"`
	Unit  string `json:"unit" enum:"working,calendar" doc:"Working days 工作日 or calendar days 自然日."`
	Start string `json:"start" enum:"receipt,acceptance" doc:"What it runs from: receipt 收到 or acceptance 受理."`
}

// Due is a last day.
type Due struct {
	On                   calendar.Date `json:"on" format:"date"`
	Provisional          bool          `json:"provisional" doc:"A holiday notice still to come may move it."`
	RemainingWorkingDays int           `json:"remainingWorkingDays" doc:"Working days after asOf until the last day, inclusive; 0 on the last day, negative when overdue."`
}

// Restated is what a last day was before a holiday notice moved it 到期日变更.
type Restated struct {
	From   Due       `json:"from"`
	Ground string    `json:"ground" doc:"The notice."`
	At     time.Time `json:"at"`
}

// ItemRef names an approval item.
type ItemRef struct {
	No   int  `json:"no"`
	Name Name `json:"name"`
}

// Party is a department asked about a coordination matter.
type Party struct {
	Matter     Ref `json:"matter"`
	Department Ref `json:"department"`
}

// Count sums an issue's sign-offs up.
type Count struct {
	All      int `json:"all"`
	Open     int `json:"open" doc:"Somebody owes an answer: open, supplement, objected."`
	Disputed int `json:"disputed" doc:"Of those that are open, of how many nobody has yet decided whose they are."`
	Waiting  int `json:"waiting"`
	Granted  int `json:"granted"`
}

// Summary is an issue as lists show it.
type Summary struct {
	ID          string        `json:"id"`
	Version     int64         `json:"version" doc:"Rises with every change; the ETag."`
	Status      string        `json:"status" enum:"draft,raised,in_signoff,consulting,returned,concluded,confirmed,withdrawn"`
	Verdict     string        `json:"verdict,omitempty" enum:"agreed,refused,withdrawn"`
	Project     Ref           `json:"project"`
	Branch      Ref           `json:"branch"`
	District    Ref           `json:"district"`
	Title       string        `json:"title"`
	Officer     *Ref          `json:"officer,omitempty" doc:"The named responsible officer 包干责任人."`
	RaisedBy    Actor         `json:"raisedBy"`
	CreatedAt   time.Time     `json:"createdAt"`
	RaisedAt    time.Time     `json:"raisedAt,omitzero"`
	ConcludedAt time.Time     `json:"concludedAt,omitzero"`
	ConfirmedAt time.Time     `json:"confirmedAt,omitzero"`
	Round       int           `json:"round" doc:"The current round; 0 for a draft."`
	Tier        Ref           `json:"tier" doc:"How high it has climbed 提级."`
	Light       string        `json:"light" enum:"green,yellow,red"`
	NextDue     calendar.Date `json:"nextDue,omitzero" format:"date" doc:"The earliest last day of an open sign-off."`
	Count       Count         `json:"count"`
	Revoked     []int         `json:"revoked" doc:"Sign-offs whose approval was revoked after the issue had ended, without reopening it."`
	OnHold      bool          `json:"onHold" doc:"The workflow waits for an operator."`
}

// Issue is an issue with everything that hangs on it.
type Issue struct {
	Summary
	AsOf         calendar.Date  `json:"asOf" format:"date" doc:"The day from which remaining days are counted."`
	Body         string         `json:"body,omitempty"`
	Request      string         `json:"request,omitempty" doc:"The id of the request 诉求 that it came from."`
	Items        []ItemRef      `json:"items"`
	Commitments  []int          `json:"commitments" doc:"Items asked for on commitment 告知承诺."`
	Parties      []Party        `json:"parties"`
	Whole        *Whole         `json:"whole,omitempty" doc:"Absent for drafts, and for issues from before it was kept."`
	Joins        []Join         `json:"joins" doc:"By which rules its coordination matters are agreed 合议规则; those that need all parties are left out."`
	Assumed      []string       `json:"assumed" doc:"Inputs that no source states."`
	Rounds       []Round        `json:"rounds"`
	SignOffs     []SignOff      `json:"signOffs"`
	Graph        Graph          `json:"graph"`
	Consultation *Consultation  `json:"consultation,omitempty"`
	Past         []Consultation `json:"pastConsultations" doc:"Earlier ones; of the older of them without meeting and minutes, which are in the trail."`
	Hold         *Hold          `json:"hold,omitempty"`
	Rating       *Rating        `json:"rating,omitempty"`
	Measure      *Measure       `json:"measure,omitempty"`
	Warnings     []Warning      `json:"warnings" doc:"Those that the caller looks at 预警."`
	Attachments  []Attachment   `json:"attachments"`
	Closings     []Closing      `json:"closings" doc:"How the issue ended before it was reopened 重新办理."`
}

// Round is one pass through the workflow.
type Round struct {
	N         int       `json:"n"`
	StartedAt time.Time `json:"startedAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"`
	Verdict   string    `json:"verdict,omitempty" enum:"agreed,refused,returned,withdrawn"`
	Note      string    `json:"note,omitempty" doc:"What the branch changed."`
}

// Graph is which sign-off waits for which.
type Graph struct {
	Requires []Edge `json:"requires"`
	Relaxed  []Edge `json:"relaxed" doc:"Prerequisites that a commitment removed."`
}

// Edge says that one sign-off waits for another.
type Edge struct {
	SignOff int `json:"signOff"`
	Needs   int `json:"needs"`
}

// SignOff is one department's part in an issue.
type SignOff struct {
	N          int           `json:"n"`
	Item       *ItemRef      `json:"item,omitempty"`
	Matter     *Ref          `json:"matter,omitempty"`
	What       string        `json:"what,omitempty" doc:"Of an agreed action 议定事项: what the department undertook."`
	Department Ref           `json:"department"`
	State      string        `json:"state" enum:"waiting,open,supplement,papers_back,objected,held,granted,refused,void"`
	Light      string        `json:"light" enum:"green,yellow,red"`
	Round      int           `json:"round" doc:"The round that asked last; 0 before the first."`
	Requires   []int         `json:"requires"`
	Relaxed    []int         `json:"relaxed"`
	Leads      bool          `json:"leads" doc:"Its department takes the matter's lead 牵头."`
	Limit      Limit         `json:"limit"`
	LimitMark  string        `json:"limitMark" doc:"What the limit is worth: law, provincial, guide, default, promised, agreed, assumed, unsourced."`
	MarkName   Name          `json:"limitMarkName"`
	OpenedAt   time.Time     `json:"openedAt,omitzero"`
	AcceptedAt time.Time     `json:"acceptedAt,omitzero"`
	DecidedAt  time.Time     `json:"decidedAt,omitzero"`
	Due        *Due          `json:"due,omitempty" doc:"Absent before it is opened and while the clock stands still; of a decided one, the day that was the last."`
	Acceptance *Acceptance   `json:"acceptance,omitempty" doc:"Absent for what counts from receipt."`
	StopCaps   []StopCap     `json:"stopCaps" doc:"What the department may stop the clock for, and how much of it is left."`
	Stops      []Stop        `json:"stops" doc:"Spans in which the clock stood still 停表."`
	Assignee   *Ref          `json:"assignee,omitempty"`
	Substitute *Ref          `json:"substitute,omitempty" doc:"Who does it for the assignee today 代办."`
	ClaimedAt  time.Time     `json:"claimedAt,omitzero"`
	Recused    []Recusal     `json:"recused" doc:"Officers who declared an interest in this sign-off 回避."`
	Handover   *Handover     `json:"handover,omitempty"`
	Urges      int           `json:"urges" doc:"How often the branch has urged it 催办."`
	UrgedOn    calendar.Date `json:"urgedOn,omitzero" format:"date" doc:"When it did so last."`
	Added      []Added       `json:"added" doc:"Other signatures that were asked for 加签."`
	Decision   *Decision     `json:"decision,omitempty" doc:"Of one that is still open: the approval waits for a binding signature after it."`
	Supplement *Request      `json:"supplement,omitempty"`
	MayExtend  int           `json:"mayExtendBy,omitempty" doc:"The days by which the rule of the limit lets it be extended, in the limit's unit; absent when it does not."`
	Restated   *Restated     `json:"restated,omitempty" doc:"How a holiday notice moved the last day, or made it firm; the last time that one did."`
	Extension  *Extension    `json:"extension,omitempty"`
	Ruling     *Ruling       `json:"ruling,omitempty"`
	Duties     []Duty        `json:"duties" doc:"What the approval left to be verified."`
	Revocation *Revocation   `json:"revocation,omitempty" doc:"Of an approval that was revoked after the issue was withdrawn; of others it is in earlier."`
	Tolerance  *Tolerance    `json:"tolerance,omitempty" doc:"The last one proposed 容错认定."`
	Ladder     *Ladder       `json:"ladder,omitempty" doc:"Only with the whole issue."`
	Earlier    []Previous    `json:"earlier" doc:"What earlier rounds brought, and decisions that were revoked."`
}

// Recusal is an officer who stands aside from one sign-off.
type Recusal struct {
	Person *Ref      `json:"person"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Handover is a sign-off's way to another department 转办.
type Handover struct {
	From     Ref   `json:"from"`
	To       Ref   `json:"to"`
	Passed   Word  `json:"passed"`
	Back     *Word `json:"back,omitempty" doc:"The receiving department sent it back 退回."`
	Disputed bool  `json:"disputed" doc:"The general branch has yet to decide whose it is."`
	Owner    *Ref  `json:"owner,omitempty" doc:"Whose it is, as was decided."`
	Ruled    *Word `json:"ruled,omitempty"`
}

// Word is what somebody said with an act.
type Word struct {
	Reason string    `json:"reason"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

// Decision is a department's answer.
type Decision struct {
	Kind   string    `json:"kind" enum:"approve,commitment,conditional,gaps,object"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Code   string    `json:"code,omitempty" doc:"The class of an objection's ground; absent in what was stored without."`
	Ground string    `json:"ground,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Request is a request for a supplement, and the branch's answer.
type Request struct {
	Papers     []string      `json:"papers"`
	By         Actor         `json:"by"`
	At         time.Time     `json:"at"`
	AnswerBy   calendar.Date `json:"answerBy,omitzero" format:"date" doc:"The last day for the answer; then the papers go back 退件."`
	Answer     string        `json:"answer,omitempty"`
	AnsweredBy *Actor        `json:"answeredBy,omitempty"`
	AnsweredAt time.Time     `json:"answeredAt,omitzero"`
}

// Extension is a request for more time 延期, and the lead's answer.
type Extension struct {
	Days       int           `json:"days" doc:"In the unit of the limit."`
	Ground     string        `json:"ground" doc:"The rule that allows it."`
	Reason     string        `json:"reason"`
	By         Actor         `json:"by"`
	At         time.Time     `json:"at"`
	Answer     string        `json:"answer,omitempty" enum:"granted,refused" doc:"Absent while the lead owes it."`
	Note       string        `json:"note,omitempty"`
	AnsweredBy *Actor        `json:"answeredBy,omitempty"`
	AnsweredAt time.Time     `json:"answeredAt,omitzero"`
	From       calendar.Date `json:"from,omitzero" format:"date" doc:"The last day that it moved."`
}

// Ruling is what the responsible tier said of an objection.
type Ruling struct {
	Outcome string    `json:"outcome" enum:"upheld,set_aside,revised"`
	Reason  string    `json:"reason"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Vote    string    `json:"vote,omitempty" enum:"followed,against" doc:"How it stands to a vote on it; absent where there was none."`
}

// Previous is what an earlier round brought, or a decision that was revoked.
type Previous struct {
	Round      int         `json:"round"`
	Decision   *Decision   `json:"decision,omitempty"`
	Ruling     *Ruling     `json:"ruling,omitempty"`
	Added      []Added     `json:"added"`
	Duties     []Duty      `json:"duties"`
	Supplement *Request    `json:"supplement,omitempty" doc:"That was not answered in time."`
	Revocation *Revocation `json:"revocation,omitempty" doc:"Why the decision was revoked."`
	Tolerance  *Tolerance  `json:"tolerance,omitempty"`
}

// Hold is a round that waits for an operator.
type Hold struct {
	Round int       `json:"round"`
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty" doc:"For administrators and overseers."`
	Cause string    `json:"cause,omitempty" doc:"For administrators and overseers."`
}

// Rating is the branch's word on how it was served.
type Rating struct {
	Stars   int       `json:"stars"`
	Comment string    `json:"comment,omitempty"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
}

// Measure is the days an issue took.
type Measure struct {
	RaisedOn    calendar.Date `json:"raisedOn" format:"date"`
	LastOn      calendar.Date `json:"lastOn" format:"date" doc:"The day of the last decision."`
	SpanWorking int           `json:"spanWorking" doc:"Working days from raising to the last decision."`
	SpanDays    int           `json:"spanDays" doc:"Calendar days, the same span."`
	Net         int           `json:"net" doc:"Sum over sign-offs, accepted to decided, without stops, in working days."`
	Gross       int           `json:"gross" doc:"Sum over sign-offs, raised to decided, in working days."`
}

// Task is a sign-off in an inbox, with what is shown of its issue.
type Task struct {
	Issue   string        `json:"issue"`
	Title   string        `json:"title"`
	Project Ref           `json:"project"`
	AsOf    calendar.Date `json:"asOf" format:"date"`
	SignOff SignOff       `json:"signOff"`
	Added   *Added        `json:"added,omitempty" doc:"The task is to sign this under the sign-off, of which only what it is about is shown 加签."`
	For     *Ref          `json:"for,omitempty" doc:"Whose task it is, when the caller stands in 代办."`
}

// Event is one line of an issue's trail.
type Event struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind" doc:"draft, raise, route, open, ask, claim, release, reassign, recuse, transfer, send_back, assign, add_signer, answer_added, cancel_added, countersign, uncountersign, approve, approve_on_commitment, approve_on_condition, approve_with_gaps, object, ask_supplement, answer_supplement, ask_extension, grant_extension, refuse_extension, urge, comment, attach, detach, hand_over, name_officer, report_duty, meet_duty, miss_duty, revoke, reopen, yellow, red, escalate, consult, schedule, vote, excuse, count_votes, minute, refer, conclude_consultation, carry, rule, return, resubmit, withdraw, conclude, close_round, confirm, stuck, resume, carry_over, rouse, remind, dispose, pass_up, pause_ladder, resume_ladder, accept, deem_accepted, stop_clock, end_stop, stop_ends, papers_back, refile, supervise, reply_notice, recheck_notice, lapse_notice, close_notice, dispose_warning, propose_tolerance, confirm_tolerance, refuse_tolerance, end_tolerance."`
	By      Actor           `json:"by"`
	Round   int             `json:"round,omitempty"`
	SignOff int             `json:"signOff,omitempty"`
	Before  string          `json:"before,omitempty"`
	After   string          `json:"after,omitempty"`
	Ground  string          `json:"ground,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty" doc:"What else the command said; an object whose fields depend on the kind."`
}

// view renders for one caller on one day.
type view struct {
	approval.Rules
	today calendar.Date
	actor approval.Actor
}

func (s *server) view(c *call) view {
	return view{s.service.Rules(), s.service.Today(), c.actor}
}

func list[D, V any](from []D, f func(D) V) []V {
	to := make([]V, 0, len(from))
	for _, d := range from {
		to = append(to, f(d))
	}
	return to
}

// whole answers an empty list instead of none.
func whole[T any](from []T) []T {
	if from == nil {
		return []T{}
	}
	return from
}

// operator reports whether the caller looks after the workflow itself, and may
// read what it said when it stumbled.
func (v view) operator() bool {
	return v.actor.Role == roster.Administrator || v.actor.Role == roster.Overseer
}

func (v view) person(id roster.PersonID) *Ref {
	if id == "" {
		return nil
	}
	p, ok := v.Roster.Person(id)
	if !ok {
		return &Ref{string(id), Name{string(id), string(id)}}
	}
	return &Ref{string(id), Name{p.NameZH, p.NameEN}}
}

func (v view) unit(id string) *Ref {
	if id == "" {
		return nil
	}
	return &Ref{id, Name(v.Roster.UnitName(id))}
}

func (v view) department(id roster.DepartmentID) Ref {
	if id == "" {
		return Ref{"", Name{"承办部门待定", "department not settled yet"}}
	}
	return Ref{string(id), Name(v.Roster.UnitName(string(id)))}
}

func (v view) project(id roster.ProjectID) Ref {
	p, ok := v.Roster.Project(id)
	if !ok {
		return Ref{string(id), Name{string(id), string(id)}}
	}
	return Ref{string(id), Name{p.NameZH, p.NameEN}}
}

func (v view) district(code roster.DistrictCode) Ref {
	d, ok := v.Roster.District(code)
	if !ok {
		return Ref{string(code), Name{string(code), string(code)}}
	}
	return Ref{string(code), Name{d.NameZH, d.NameEN}}
}

func (v view) tier(t roster.Tier) Ref { return Ref{string(t), Name(t.Name())} }

func (v view) item(no catalog.ItemNo) ItemRef {
	i, ok := v.Catalog.Item(no)
	if !ok {
		return ItemRef{No: int(no)}
	}
	return ItemRef{int(no), Name{i.NameZH, i.NameEN}}
}

func (v view) matter(code catalog.MatterCode) Ref {
	m, ok := v.Catalog.Matter(code)
	if !ok {
		return Ref{string(code), Name{string(code), string(code)}}
	}
	return Ref{string(code), Name{m.NameZH, m.NameEN}}
}

func (v view) by(a approval.Actor) Actor {
	name := Name(a.Role.Name())
	switch a.Role {
	case approval.Machine.Role:
		name = Name{"系统", "system"}
	case approval.Outsider.Role:
		name = Name{"外部单位（凭一次性链接）", "outside party (by one-time link)"}
	}
	return Actor{v.person(a.Person), string(a.Role), name, v.unit(a.Unit), v.person(a.For)}
}

func (v view) due(d approval.Due) Due {
	return Due{d.On, d.Provisional, v.Calendar.WorkingDays(v.today, d.On)}
}

func (v view) summary(i *approval.Issue) Summary {
	return Summary{
		ID: string(i.ID), Version: i.Version, Status: string(i.Status), Verdict: string(i.Verdict),
		Project: v.project(i.Project), Branch: *v.unit(string(i.Branch)), District: v.district(i.District), Title: i.Title,
		Officer: v.person(v.OfficerOf(i)), RaisedBy: v.by(i.RaisedBy), CreatedAt: i.CreatedAt, RaisedAt: i.RaisedAt, ConcludedAt: i.ConcludedAt, ConfirmedAt: i.ConfirmedAt,
		Round: i.Round(), Tier: v.tier(i.Tier), Light: string(i.Light), NextDue: i.NextDue,
		Count: Count{i.Count.All, i.Count.Open, i.Count.Disputed, i.Count.Waiting, i.Count.Granted}, Revoked: whole(i.Revoked), OnHold: i.Hold != nil,
	}
}

func (v view) issue(i *approval.Issue) *Issue {
	out := &Issue{
		Summary: v.summary(i), AsOf: v.today, Body: i.Body, Request: i.Request,
		Items:       list(i.Items, v.item),
		Commitments: list(i.Commitments, func(no catalog.ItemNo) int { return int(no) }),
		Parties:     list(i.Parties, v.party),
		Whole:       v.whole(i),
		Joins:       list(i.Joins, v.join),
		Assumed:     whole(i.Assumed),
		Rounds:      list(i.Rounds, round),
		SignOffs:    v.signOffs(i.SignOffs),
		Graph:       graph(i.SignOffs),
		Past:        []Consultation{},
		Attachments: list(i.Attachments, func(a approval.Attachment) Attachment { return v.attachment(i.ID, a) }),
	}
	for k := range out.SignOffs {
		out.SignOffs[k].Ladder = v.ladderOf(i, &i.SignOffs[k])
	}
	out.Warnings = v.warningsOf(i)
	if i.Consultation != nil {
		con := v.consultation(i, i.Consultation)
		out.Consultation = &con
	}
	for k := range i.Past {
		out.Past = append(out.Past, v.consultation(i, &i.Past[k]))
	}
	if h := i.Hold; h != nil {
		out.Hold = &Hold{Round: h.Round, At: h.At}
		if v.operator() {
			out.Hold.Error, out.Hold.Cause = h.Error, h.Cause
		}
	}
	out.Rating, out.Measure, out.Closings = v.rating(i.Rating), measured(i.Measure), list(i.Closings, v.closing)
	return out
}

func (v view) party(p approval.Party) Party {
	return Party{v.matter(p.Matter), v.department(p.Department)}
}

func round(r approval.Round) Round {
	return Round{r.N, r.StartedAt, r.ClosedAt, string(r.Verdict), r.Note}
}

func graph(signOffs []approval.SignOff) Graph {
	g := Graph{Requires: []Edge{}, Relaxed: []Edge{}}
	for k := range signOffs {
		s := &signOffs[k]
		for _, n := range s.Requires {
			g.Requires = append(g.Requires, Edge{s.N, n})
		}
		for _, n := range s.Relaxed {
			g.Relaxed = append(g.Relaxed, Edge{s.N, n})
		}
	}
	return g
}

func (v view) signOffs(from []approval.SignOff) []SignOff {
	to := make([]SignOff, 0, len(from))
	for k := range from {
		to = append(to, v.signOff(&from[k]))
	}
	return to
}

func (v view) signOff(s *approval.SignOff) SignOff {
	out := SignOff{
		N: s.N, Department: v.department(s.Department), State: string(s.State), Light: string(s.Light), Round: s.Round,
		Requires: whole(s.Requires), Relaxed: whole(s.Relaxed), Leads: s.Leads, Limit: limit(s.Limit), LimitMark: string(s.LimitMark), MarkName: Name(s.LimitMark.Name()),
		OpenedAt: s.OpenedAt, AcceptedAt: s.AcceptedAt, DecidedAt: s.DecidedAt,
		Stops: list(s.Stops, v.stop), Acceptance: v.acceptance(s), StopCaps: v.stopCaps(s),
		Assignee: v.person(v.Claimed(s)), Substitute: v.person(v.Substituting(s, v.today)), ClaimedAt: s.ClaimedAt,
		Recused: list(s.Recused, func(r approval.Recusal) Recusal { return Recusal{v.person(r.Person), r.At, r.Reason} }),
		Urges:   s.Urges, UrgedOn: s.UrgedOn,
		Added:    list(s.Added, v.added),
		Decision: v.decision(s.Decision), Ruling: v.ruling(s.Ruling), Revocation: v.revocation(s.Revocation), Tolerance: v.tolerance(s.Tolerance),
		Earlier: list(s.Earlier, func(a approval.Attempt) Previous {
			return Previous{a.Round, v.decision(a.Decision), v.ruling(a.Ruling), list(a.Added, v.added), v.duties(a.Duties), v.request(a.Request), v.revocation(a.Revocation), v.tolerance(a.Tolerance)}
		}),
	}
	if s.Item != 0 {
		item := v.item(s.Item)
		out.Item = &item
	}
	if s.Matter != "" {
		matter := Ref{string(s.Matter), Name(v.Subject(s))}
		out.Matter, out.What = &matter, s.What
	}
	if !s.Due.On.IsZero() {
		due := v.due(s.Due)
		out.Due = &due
		if r := s.Restated; r != nil {
			out.Restated = &Restated{v.due(r.From), r.Ground, r.At}
		}
	}
	out.Supplement = v.request(s.Request)
	if h := s.Handover; h != nil {
		out.Handover = &Handover{
			From: v.department(h.From), To: v.department(h.To), Passed: *v.word(&h.Passed), Back: v.word(h.Back),
			Disputed: s.Disputed(), Owner: v.unit(string(h.Owner)), Ruled: v.word(h.Ruled),
		}
	}
	out.MayExtend, _ = v.Extendable(s)
	if e := s.Extension; e != nil {
		out.Extension = &Extension{
			Days: e.Days, Ground: e.Ground, Reason: e.Reason, By: v.by(e.By), At: e.At,
			Answer: string(e.Answer), Note: e.Note, AnsweredAt: e.AnsweredAt, From: e.From,
		}
		if !e.AnsweredAt.IsZero() {
			by := v.by(e.AnsweredBy)
			out.Extension.AnsweredBy = &by
		}
	}
	out.Duties = v.duties(s.Duties)
	return out
}

func limit(l calendar.Limit) Limit { return Limit{l.Days, string(l.Unit), string(l.Start)} }

func (v view) decision(d *approval.Decision) *Decision {
	if d == nil {
		return nil
	}
	return &Decision{string(d.Kind), v.by(d.By), d.At, string(d.Code), d.Ground, d.Reason}
}

func (v view) word(w *approval.Word) *Word {
	if w == nil {
		return nil
	}
	return &Word{w.Reason, v.by(w.By), w.At}
}

func (v view) ruling(r *approval.Ruling) *Ruling {
	if r == nil {
		return nil
	}
	return &Ruling{string(r.Outcome), r.Reason, v.by(r.By), r.At, r.Vote}
}

func (v view) task(t approval.Task) Task {
	out := Task{Issue: string(t.Issue), Title: t.Title, Project: v.project(t.Project), AsOf: v.today, SignOff: v.signOff(&t.SignOff), For: v.person(t.For)}
	if t.Added != nil {
		added := v.added(*t.Added)
		out.Added = &added
	}
	return out
}

func (v view) event(e approval.Event) Event {
	out := Event{Seq: e.Seq, At: e.At, Kind: e.Kind, By: v.by(e.By), Round: e.Round, SignOff: e.SignOff, Before: e.Before, After: e.After, Ground: e.Ground}
	if e.Kind != approval.EvStuck || v.operator() {
		out.Reason, out.Detail = e.Reason, e.Detail
	}
	return out
}
