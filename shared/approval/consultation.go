package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Consultation (会商) is the quick joint consultation (快速协商) of those concerned,
// held by one tier on its own clock. It is opened by the first objection of a
// round, or convened; the issue has one at a time, and earlier ones stay on record.
//
//	open ── the holder rules on the last objection ──▶ ruled
//	 │ ├─── the holder concludes it ─────────────────▶ ruled | concluded
//	 │ ├─── the holder passes it up ─────────────────▶ escalated, the next tier holds one
//	 │ └─── its deadline passes ─────────────────────▶ lapsed, the next tier holds one
//	 └───── the issue ends for another reason ───────▶ no result
//
// A meeting, a vote and minutes are possible in it; a tier may rule without them.
type Consultation struct {
	Round    int         `json:"round"`
	Tier     roster.Tier `json:"tier"`
	OpenedAt time.Time   `json:"openedAt"`
	DueOn    Due         `json:"due"`
	ClosedAt time.Time   `json:"closedAt,omitzero"`

	Cause    Cause    `json:"cause,omitempty"`    // none: an objection, as was stored before there were others
	SignOffs []int    `json:"signOffs,omitempty"` // what it is about; of an objection, those that stand
	Reason   string   `json:"reason,omitempty"`   // why it was convened
	By       Actor    `json:"by,omitzero"`        // who convened it; nobody for an objection
	Result   Result   `json:"result,omitempty"`   // how it ended
	Closing  string   `json:"closing,omitempty"`  // what the holder said at its end
	Meeting  *Meeting `json:"meeting,omitempty"`
	Minutes  *Minutes `json:"minutes,omitempty"`
	Agreed   []int    `json:"agreed,omitempty"` // sign-offs that its agreed actions became
	Anew     []int    `json:"anew,omitempty"`   // approvals in conflict that are decided anew
}

// Cause is why a consultation is held.
type Cause string

const (
	OnObjection Cause = "objection"  // 异议: by itself
	OnConflict  Cause = "conflict"   // 意见冲突: the opinions or conditions of several departments exclude each other
	OnDispute   Cause = "dispute"    // 承办争议: a transfer was sent back
	OwnAccord   Cause = "own_accord" // 主动召集
)

// Result is how a consultation ended.
type Result string

const (
	Ruled     Result = "ruled"     // its objections were ruled on
	Settled   Result = "concluded" // without an objection to rule on
	Escalated Result = "escalated" // its holder passed it to the next tier
	Lapsed    Result = "lapsed"    // its deadline passed
)

// Convene (召集会商) opens a consultation without an objection: on opinions that
// exclude each other, on a task whose owner is in dispute, or of the own accord
// of the general branch or the headquarters. The reason goes on record; it is
// also why a headquarters does not leave the matter to the tier below.
type Convene struct {
	Cause    Cause
	SignOffs []int
	Reason   string
}

// Refer (提请上级) passes the consultation to the next tier, with a reason; that
// tier has its own clock.
type Refer struct{ Reason string }

// Conclude (会商办结) ends the consultation: an outcome for each objection that
// stands, owners for tasks in dispute, and agreed actions. Of approvals that exclude
// each other it says which are decided anew (重新出具意见), by their own departments
// and in the same round: no tier decides in their place. What stood on them is
// decided anew with them, and their duties lapse.
type Conclude struct {
	Findings []Finding
	Owners   []Assign
	Anew     []int // of a conflict: sign-offs that it is about
	Actions  []Undertaking
	Reason   string // mandatory where there is no objection
}

// Finding is the outcome for one objection. Its reason may be left out when it is
// what a vote decided; against a vote it is mandatory, as without one.
type Finding struct {
	SignOff int
	Outcome Outcome
	Reason  string
}

// Undertaking (议定事项) is what a department undertook in a consultation: it becomes a
// sign-off of its own, due on the day agreed.
type Undertaking struct {
	Department roster.DepartmentID
	What       string
	By         calendar.Date
}

// AgreedAction is the matter of the sign-offs that agreed actions become.
const AgreedAction catalog.MatterCode = "agreed_action"

const (
	// findingsMost bounds what one conclusion writes: a ruling that opens sign-offs
	// is an event more, and a commit has a hundred records. What is beyond is ruled
	// on one by one.
	findingsMost = 10
	// actionWithin is how far off an agreed date may lie, in days (assumed).
	actionWithin = 366
	// pastWhole is how many earlier consultations the issue keeps whole; of older
	// ones it keeps what they were about and what they came to, and the trail the
	// rest: an issue is one record of limited size.
	pastWhole = 3
)

// open reports whether the consultation is going on.
func (c *Consultation) open() bool { return c != nil && c.ClosedAt.IsZero() }

// Why is the consultation's cause, also of one stored before there were several.
func (c *Consultation) Why() Cause {
	if c.Cause == "" {
		return OnObjection
	}
	return c.Cause
}

// clone answers a consultation that may be changed in place.
func (c *Consultation) clone() *Consultation {
	if c == nil {
		return nil
	}
	out := *c
	if c.Meeting != nil {
		m := *c.Meeting
		m.Attendees = slices.Clone(m.Attendees)
		if m.Ballot != nil {
			b := *m.Ballot
			m.Ballot = &b
		}
		out.Meeting = &m
	}
	return &out
}

// wakeAt is the next moment at which the consultation moves by itself: its vote
// ends, or its tier's time.
func (c *Consultation) wakeAt() time.Time {
	if b := c.ballot(); b.Running() && b.Until < c.DueOn.On {
		return b.Until.End()
	}
	return c.DueOn.On.End()
}

// convenes is the tier above the branch in whose name the actor acts for the issue.
func (r Rules) convenes(i *Issue, actor Actor) (roster.Tier, bool) {
	for _, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
		if id, ok := r.Roster.Up(i.Branch, tier); ok && actor.Unit == string(id) {
			unit, _ := r.Roster.Branch(id)
			return unit.Tier, actor.Role == roster.RoleOf(unit.Tier)
		}
	}
	return "", false
}

// holds checks that a consultation is open and the actor's to lead, and brings it
// up to the moment.
func (t *transition) holds() (*Consultation, error) {
	con := t.issue.Consultation
	if !con.open() {
		return nil, refuse(Conflict, "", "该问题没有正在进行的会商。", "The issue has no consultation going on.")
	}
	if !t.RulesOn(&t.issue, t.actor) {
		name := t.Roster.TierName(con.Tier)
		return nil, refuse(Forbidden, "", "该会商由%[1]s主持。", "This consultation is held by %[2]s.", name.ZH, name.EN)
	}
	if t.aside(t.actor.Person) {
		return nil, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员主持。", "You have an interest in this issue and must stand aside; somebody else of your tier does this.")
	}
	t.endVote()
	return con, nil
}

// notVoting refuses what would run ahead of a vote that has begun.
func (c *Consultation) notVoting() error {
	if c.voting() {
		return refuse(Conflict, "", "表决正在进行，请在全部表决或 %s 表决截止后再办理。", "A vote is going on; do this when all have voted, or after it ends on %s.", c.ballot().Until)
	}
	return nil
}

// convene opens a consultation with its tier's own clock. What was before it goes
// to the record.
func (t *transition) convene(con Consultation, by Actor) {
	t.shelve()
	con.Round, con.OpenedAt = t.issue.Round(), t.now
	con.DueOn = t.consultDue(&con)
	t.issue.Consultation = &con
	t.issue.Tier = con.Tier
	// While the machine still waits for others, the sweep keeps this deadline.
	t.watch(Watch{SignOff: consultWatch, WakeAt: con.wakeAt()})
	t.event(EvConsult, func(e *Event) {
		e.By, e.Before, e.After = by, string(t.issue.Status), string(Consulting)
		said := map[string]any{"tier": con.Tier, "due": con.DueOn.On}
		if by != Machine {
			e.Reason, said["cause"], said["about"] = con.Reason, con.Cause, con.SignOffs
		}
		e.Detail = detail(said)
	})
}

// consultDue is the tier's deadline for the consultation: two days, or the time
// that its meeting and vote need.
func (t *transition) consultDue(con *Consultation) Due {
	due := t.Calendar.Due(calendar.Of(con.OpenedAt), consultDays, calendar.WorkingDays, nil)
	if con.Meeting != nil {
		last := calendar.Of(con.Meeting.At)
		if b := con.ballot(); b != nil {
			last = max(last, b.Until)
		}
		if on := t.Calendar.After(last, concludeWithin); on > due.On {
			return Due{On: on, Provisional: t.Calendar.Provisional(on)}
		}
	}
	return Due{On: due.On, Provisional: due.Provisional}
}

// shelve puts the consultation among the earlier ones.
func (t *transition) shelve() {
	con := t.issue.Consultation
	if con == nil {
		return
	}
	past := append(slices.Clone(t.issue.Past), *con)
	for k := range len(past) - pastWhole {
		past[k].Meeting, past[k].Minutes = nil, nil
	}
	t.issue.Past, t.issue.Consultation = past, nil
}

// handUp gives the consultation to the next tier. What the same tier is given
// again, without having met, is the same consultation.
func (t *transition) handUp(result Result) {
	con := t.issue.Consultation
	next := Consultation{Tier: nextTier(con.Tier), Cause: con.Cause, SignOffs: con.SignOffs, Reason: con.Reason, By: con.By}
	if next.Tier == con.Tier && con.Meeting == nil {
		t.issue.Consultation = nil
	} else {
		con.Result, con.ClosedAt = result, t.now
		con.dropLinks()
	}
	t.convene(next, Machine)
}

// adjourn ends the consultation and wakes the machine that holds it.
func (t *transition) adjourn(result Result) {
	if con := t.issue.Consultation; con.open() {
		con.Result, con.ClosedAt = result, t.now
		con.dropLinks()
		t.unwatch(consultWatch)
	}
}

// watchConsultation keeps the watch at the next moment of the consultation. A
// machine that holds it by an earlier clock is told to look again.
func (t *transition) watchConsultation() {
	at := t.issue.Consultation.wakeAt()
	w := t.issue.Watch(consultWatch)
	if w != nil && w.WakeAt.Equal(at) {
		return
	}
	if w != nil && w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
	}
	t.watch(Watch{SignOff: consultWatch, WakeAt: at})
}

func (c Convene) apply(t *transition) error {
	tier, ok := t.convenes(&t.issue, t.actor)
	if !ok {
		return refuse(Forbidden, "", "会商由该项目的临时党总支或总指挥部召集。", "The project's general branch or headquarters convenes consultations.")
	}
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员召集。", "You have an interest in this issue and must stand aside; somebody else of your tier convenes it.")
	}
	switch verdict := t.issue.verdict(); {
	case t.issue.Consultation.open():
		return refuse(Conflict, "", "该问题已有会商正在进行，请在该会商中一并处理。", "A consultation of this issue is going on; deal with it there.")
	case t.issue.Status != InSignOff:
		return refuse(Conflict, "", "问题在会签中方可召集会商。", "A consultation is convened while the issue is in sign-off.")
	case verdict == Agreed || verdict == Refused:
		return refuse(Conflict, "", "各项会签均已办结，该问题正在办结，不再召集会商。", "Every sign-off has been decided and the issue is about to be concluded; no consultation is convened any more.")
	case roster.Above(t.issue.Tier, tier):
		name := t.Roster.TierName(t.issue.Tier)
		return refuse(Conflict, "", "该问题已提级，会商由%[1]s召集。", "The issue has climbed; %[2]s convenes its consultations.", name.ZH, name.EN)
	}
	if err := c.about(t); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.convene(Consultation{Tier: tier, Cause: c.Cause, SignOffs: c.SignOffs, Reason: c.Reason, By: t.actor}, t.actor)
	t.issue.Status = Consulting
	return nil
}

// about checks what the consultation is convened on.
func (c Convene) about(t *transition) error {
	for k, n := range c.SignOffs {
		field := "signOffs[" + itoa(k) + "]"
		s := t.issue.SignOff(n)
		switch {
		case s == nil:
			return refuse(Invalid, field, "没有第 %d 项会签任务。", "There is no sign-off number %d.", n)
		case slices.Contains(c.SignOffs[:k], n):
			return refuse(Invalid, field, "第 %d 项会签任务重复了。", "Sign-off number %d is named twice.", n)
		case c.Cause == OnDispute && !s.Disputed():
			return refuse(Invalid, field, "第 %d 项任务的承办部门没有争议。", "Whose sign-off number %d is, is not in dispute.", n)
		}
	}
	switch c.Cause {
	case OnConflict:
		if len(c.SignOffs) < 2 {
			return refuse(Invalid, "signOffs", "请指明意见相互冲突的会签任务，至少两项。", "Name the sign-offs whose opinions exclude each other, at least two.")
		}
	case OnDispute:
		if len(c.SignOffs) == 0 {
			return refuse(Invalid, "signOffs", "请指明承办部门有争议的会签任务。", "Name the sign-offs whose owner is in dispute.")
		}
	case OwnAccord:
	default:
		return refuse(Invalid, "cause", "请选择召集事由：意见冲突、承办争议或主动召集；有异议的，会商自动开始。", "Choose conflict, dispute or own_accord; an objection opens a consultation by itself.")
	}
	return nil
}

func (c Refer) apply(t *transition) error {
	con, err := t.holds()
	if err != nil {
		return err
	}
	if err := con.notVoting(); err != nil {
		return err
	}
	here, _ := t.Roster.Up(t.issue.Branch, con.Tier)
	if above, _ := t.Roster.Up(t.issue.Branch, nextTier(con.Tier)); above == here {
		return refuse(Conflict, "", "已由最高一级主持会商，请作出决定。", "There is no tier above; please decide.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	before := con.Tier
	con.Closing = c.Reason
	t.event(EvRefer, func(e *Event) { e.Before, e.After, e.Reason = string(before), string(nextTier(before)), c.Reason })
	if w := t.issue.Watch(consultWatch); w != nil && w.Token != "" {
		t.wake = append(t.wake, Wake{Token: w.Token, Recheck: true})
	}
	t.handUp(Escalated)
	return nil
}

func (c Conclude) apply(t *transition) error {
	con, err := t.holds()
	if err != nil {
		return err
	}
	if err := con.notVoting(); err != nil {
		return err
	}
	if m := con.Meeting; m != nil && con.Minutes == nil && !t.now.Before(m.At) {
		return refuse(Conflict, "", "会议已经召开，请先记录会议纪要，再办结会商。", "The meeting has been held; write its minutes before you conclude.")
	}
	if err := c.findings(t); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, len(c.Findings) == 0); err != nil {
		return err
	}
	has := func(o Outcome) bool {
		return slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.Outcome == o })
	}
	if err := c.actions(t, has(Uphold) || has(Revise)); err != nil {
		return err
	}
	if err := c.anew(t, has(Uphold) || has(Revise)); err != nil {
		return err
	}
	result := Settled
	if len(c.Findings) > 0 {
		result = Ruled
	}
	con.Closing = c.Reason
	status := t.issue.Status
	t.brief = true
	for _, f := range c.inOrder() {
		if t.issue.SignOff(f.SignOff).State == Objection { // else its matter has been agreed by the one before
			t.find(f)
		}
	}
	for k, owner := range c.Owners {
		if err := owner.apply(t); err != nil {
			if e, ok := err.(*Error); ok { //nolint:errorlint // the rules answer it bare
				err = &Error{Kind: e.Kind, Field: "owners[" + itoa(k) + "]." + e.Field, Text: e.Text}
			}
			return err
		}
	}
	for _, action := range c.Actions {
		con.Agreed = append(con.Agreed, t.undertake(action))
	}
	var redone []int
	if len(c.Anew) > 0 {
		con.Anew = c.Anew
		redone = t.undo(c.Anew...)
	}
	after := InSignOff
	switch {
	case has(Uphold):
		after = status
	case has(Revise):
		after = Returned
	}
	t.event(EvSettle, func(e *Event) {
		e.Before, e.After, e.Reason = string(status), string(after), c.Reason
		said := map[string]any{"result": result, "agreed": con.Agreed}
		if redone != nil {
			said["anew"], said["redone"] = c.Anew, redone
		}
		e.Detail = detail(said)
	})
	t.finish(result, has(Uphold), has(Revise))
	if redone != nil {
		t.followAll(redone)
		t.watchDuties()
	}
	return nil
}

// anew checks which approvals in conflict are decided anew.
func (c Conclude) anew(t *transition, over bool) error {
	con := t.issue.Consultation
	switch {
	case len(c.Anew) == 0:
		return nil
	case con.Why() != OnConflict:
		return refuse(Invalid, "anew", "因意见冲突召集的会商，方可要求重新出具意见。", "Approvals are decided anew where the consultation is on a conflict between them.")
	case over:
		return refuse(Invalid, "anew", "异议成立或退回修改的，不再要求重新出具意见。", "With an objection upheld or a revision nothing else is decided anew.")
	}
	for k, n := range c.Anew {
		field := "anew[" + itoa(k) + "]"
		switch s := t.issue.SignOff(n); {
		case !slices.Contains(con.SignOffs, n) || slices.Contains(c.Anew[:k], n):
			return refuse(Invalid, field, "第 %d 项不在本次会商的冲突意见之列，或者重复选择。", "Sign-off %d is not among those that the consultation is about, or is named twice.", n)
		case s.State != Granted || s.Decision == nil || s.Decision.Kind == Object:
			return refuse(Invalid, field, "第 %d 项没有已生效的同意意见，无须重新出具。", "Sign-off %d has no approval in force that could be decided anew.", n)
		}
	}
	return nil
}

// finish ends the consultation with what its rulings do to the whole issue.
func (t *transition) finish(result Result, upheld, revised bool) {
	switch {
	case upheld:
		t.voidRest()
		t.adjourn(result)
	case revised:
		t.pauseAll(StopReturned)
		t.adjourn(result)
		t.issue.Status = Returned
		t.event(EvReturn, func(e *Event) { e.Before, e.After = string(Consulting), string(Returned) })
	default:
		t.adjourn(result)
		t.issue.Status = InSignOff
	}
}

// inOrder puts what lets sign-offs go on before what ends or returns the issue.
func (c Conclude) inOrder() []Finding {
	rank := map[Outcome]int{SetAside: 0, Revise: 1, Uphold: 2}
	sorted := slices.Clone(c.Findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return rank[a.Outcome] - rank[b.Outcome] })
	return sorted
}

// findings checks that each objection that stands has one outcome.
func (c Conclude) findings(t *transition) error {
	con := t.issue.Consultation
	if n := t.objections(); n > findingsMost {
		return refuse(Conflict, "findings", "尚有 %[1]d 项异议，一次办结最多 %[2]d 项，请先逐项裁定一部分。", "%[1]d objections stand and one conclusion takes %[2]d; rule on some of them first.", n, findingsMost)
	} else if n != len(c.Findings) {
		return refuse(Invalid, "findings", "尚有 %d 项异议，请对每项给出结论。", "%d objections stand; give an outcome for each.", n)
	}
	var outcomes []Outcome
	for k, f := range c.Findings {
		field := "findings[" + itoa(k) + "]"
		s := t.issue.SignOff(f.SignOff)
		switch {
		case s == nil || !t.issue.Counts(s):
			return refuse(Invalid, field+".signOff", "第 %d 项没有待裁定的异议。", "There is no objection to rule on at number %d.", f.SignOff)
		case slices.ContainsFunc(c.Findings[:k], func(g Finding) bool { return g.SignOff == f.SignOff }):
			return refuse(Invalid, field+".signOff", "第 %d 项异议重复了。", "Objection number %d is named twice.", f.SignOff)
		case !f.Outcome.known():
			return refuse(Invalid, field+".outcome", "请选择：异议成立、异议不成立或退回修改。", "Choose upheld, set_aside or revised.")
		}
		if err := textField(field+".reason", f.Reason, textRunes, con.mark(f.Outcome) != voteFollowed); err != nil {
			return err
		}
		outcomes = append(outcomes, f.Outcome)
	}
	if slices.Contains(outcomes, Uphold) && slices.Contains(outcomes, Revise) {
		return refuse(Invalid, "findings", "有异议成立的，该问题即告不予同意，不能同时退回修改。", "An objection that is upheld ends the issue, so that another cannot ask for a revision.")
	}
	return nil
}

// actions checks what was agreed. An issue that ends here or goes back to the
// branch has nobody to do it.
func (c Conclude) actions(t *transition, over bool) error {
	if len(c.Actions) == 0 {
		return nil
	}
	if over {
		return refuse(Invalid, "actions", "异议成立或退回修改的，不能列议定事项，请写入会议纪要。", "With an objection upheld or a revision there are no agreed actions; put them into the minutes.")
	}
	if n := len(t.issue.SignOffs) + len(c.Actions); n > MaxSignOffs {
		return refuse(Invalid, "actions", "一个问题最多 %d 项会签，加上议定事项为 %d 项，请减少议定事项或另行提出问题。", "One issue has at most %d sign-offs, with these it has %d; agree on fewer or raise another issue.", MaxSignOffs, n)
	}
	for k, a := range c.Actions {
		field := "actions[" + itoa(k) + "]."
		if err := t.receiver(&SignOff{}, a.Department); err != nil {
			err := err.(*Error) //nolint:errorlint // the rules answer it bare
			return &Error{Kind: err.Kind, Field: field + err.Field, Text: err.Text}
		}
		if err := textField(field+"what", a.What, titleRunes, true); err != nil {
			return err
		}
		switch {
		case a.By <= t.today:
			return refuse(Invalid, field+"by", "完成日期须晚于今天。", "The date must lie after today.")
		case a.By > t.today.Add(actionWithin):
			return refuse(Invalid, field+"by", "完成日期须在一年以内。", "The date must lie within a year.")
		case !t.Calendar.Working(a.By):
			return refuse(Invalid, field+"by", "%s 不是工作日，请选择工作日。", "%s is no working day; choose one.", a.By)
		}
	}
	return nil
}

// undertake makes an agreed action a sign-off, open at once.
func (t *transition) undertake(a Undertaking) int {
	n := len(t.issue.SignOffs) + 1
	limit := calendar.Limit{Days: t.Calendar.WorkingDays(t.today, a.By), Unit: calendar.WorkingDays, Start: calendar.Receipt}
	t.issue.SignOffs = append(t.issue.SignOffs, SignOff{
		N: n, Matter: AgreedAction, What: a.What, Department: a.Department, State: Waiting, Limit: limit, LimitMark: catalog.MarkAgreed, Light: Green,
	})
	t.open(n)
	return n
}

func (o Outcome) known() bool { return o == Uphold || o == SetAside || o == Revise }

// find rules on one objection.
func (t *transition) find(f Finding) {
	con := t.issue.Consultation
	mark := con.mark(f.Outcome)
	if f.Reason == "" {
		f.Reason = con.ballot().Question
	}
	s := t.touch(f.SignOff)
	s.Ruling = &Ruling{Outcome: f.Outcome, Reason: f.Reason, By: t.actor, At: t.now, Vote: mark}
	after := map[Outcome]State{Uphold: Denied, SetAside: Granted, Revise: Objection}[f.Outcome]
	t.event(EvRule, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = f.SignOff, string(Objection), string(after), f.Reason
		said := map[string]any{"outcome": f.Outcome, "tier": con.Tier}
		if mark != "" {
			said["vote"] = mark
		}
		e.Detail = detail(said)
	})
	switch f.Outcome {
	case SetAside:
		t.grant(f.SignOff)
	case Uphold:
		t.settle(f.SignOff, Denied)
	}
}
