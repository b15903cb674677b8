package approval

import (
	"slices"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Tolerance (容错认定) says that a competent body has recognised the overrun of a
// sign-off, or the round that its objection cost, as one for which nobody is to answer.
// Rates and rankings leave out a sign-off of which that is confirmed, and count it in a
// column of its own. It is of the answer as it stands: when the sign-off is decided
// anew it goes with the earlier attempt.
//
// That it is two people's, from two bodies, and that rankings leave it out, is this
// product's own (assumed); on what it may rest is in ToleranceGrounds. It is put on
// record here and decided nowhere else by it: what a party organisation or a
// disciplinary body finds about a person is theirs.
type Tolerance struct {
	Of       Tolerated       `json:"of"`
	Code     GroundCode      `json:"code"`
	Ground   string          `json:"ground"` // the rule, or the finding and its number
	Proposed Word            `json:"proposed"`
	Answer   ToleranceAnswer `json:"answer,omitempty"`
	Answered *Word           `json:"answered,omitempty"`
	Ended    *Word           `json:"ended,omitempty"` // taken back
}

// Tolerated is what of a sign-off is tolerated.
type Tolerated string

const (
	OverrunTolerated   Tolerated = "overrun"   // 超期
	ObjectionTolerated Tolerated = "objection" // 异议轮次
)

// ToleranceAnswer is what the second body says; empty while it owes its answer.
type ToleranceAnswer string

const (
	ToleranceConfirmed ToleranceAnswer = "confirmed"
	ToleranceRefused   ToleranceAnswer = "refused"
)

// ProposeTolerance (提请容错认定) is for the general branch or the headquarters above
// the branch, on an open issue or on one that has ended.
type ProposeTolerance struct {
	SignOff int
	Of      Tolerated
	Code    GroundCode // of ToleranceGrounds; OtherGround when empty
	Ground  string
	Reason  string
}

// AnswerTolerance (确认容错认定) confirms or refuses what was proposed: the bureau of the
// area does, or the headquarters what a general branch proposed; never who proposed it.
type AnswerTolerance struct {
	SignOff int
	Answer  ToleranceAnswer
	Reason  string
}

// EndTolerance (撤回容错认定) takes a tolerance back: while it waits for its answer who may
// propose one does, once confirmed who might have confirmed it.
type EndTolerance struct {
	SignOff int
	Reason  string
}

// ToleranceGrounds are on what an overrun or an objection is tolerated: the cases of
// 中国共产党问责条例 (2019) art. 17, of which the first has the three distinctions
// (三个区分开来) of 18 January 2016.
var ToleranceGrounds = []Ground{
	{Code: "pioneering", Text: Text{"推进改革中因缺乏经验、先行先试出现的失误", "an error of going first, for want of experience"}, Law: "中国共产党问责条例", Article: "第十七条第一款第（一）项"},
	{Code: "trial", Text: Text{"尚无明确限制的探索性试验中的失误", "an error in a trial that no rule restricts yet"}, Law: "中国共产党问责条例", Article: "第十七条第一款第（一）项"},
	{Code: "unintended", Text: Text{"为推动发展的无意过失", "a fault without intent, for the sake of progress"}, Law: "中国共产党问责条例", Article: "第十七条第一款第（一）项"},
	{Code: "dissenting", Text: Text{"集体决策中明确提出反对或者保留意见", "opposed or reserved in a joint decision"}, Law: "中国共产党问责条例", Article: "第十七条第一款第（二）项"},
	{Code: "unforeseen", Text: Text{"已经履职尽责，但因不可抗力、难以预见等因素", "the duty was done; force majeure or what could not be foreseen"}, Law: "中国共产党问责条例", Article: "第十七条第一款第（三）项"},
	{Code: OtherGround, Text: Text{"其他经有权机关认定的情形（须写明认定机关和文号）", "other, as found by a competent body (say which and its number)"}, Assumed: true},
}

// Tolerated reports whether a tolerance of the sign-off is in force.
func (s *SignOff) Tolerated() bool {
	return s.Tolerance != nil && s.Tolerance.InForce()
}

// InForce reports whether the tolerance is confirmed and was not taken back.
func (o *Tolerance) InForce() bool { return o.Answer == ToleranceConfirmed && o.Ended == nil }

// Over reports whether the tolerance was refused or taken back: another may be proposed.
func (o *Tolerance) Over() bool { return o.Ended != nil || o.Answer == ToleranceRefused }

// pending reports whether the tolerance waits for its answer.
func (o *Tolerance) pending() bool { return o != nil && o.Answer == "" && o.Ended == nil }

// Late reports whether the sign-off was answered after its last day.
func (s *SignOff) Late() bool {
	return !s.DecidedAt.IsZero() && !s.Due.On.IsZero() && calendar.Of(s.DecidedAt) > s.Due.On
}

// Opposed reports whether the sign-off was objected to, now or in an earlier round.
func (s *SignOff) Opposed() bool {
	object := func(d *Decision) bool { return d != nil && d.Kind == Object }
	return object(s.Decision) || slices.ContainsFunc(s.Earlier, func(a Attempt) bool { return object(a.Decision) })
}

// proposer checks that the actor acts for the general branch or the headquarters above
// the branch.
func (t *transition) proposer() error {
	if !slices.ContainsFunc(tiers[1:], func(k roster.Tier) bool { return t.Holds(&t.issue, t.actor, k) }) {
		return refuse(Forbidden, "", "容错认定由该项目的上级临时党总支或总指挥部提请。", "The general branch or the headquarters above the branch proposes a tolerance.")
	}
	return t.disinterested()
}

// confirmer checks that the actor may answer what somebody proposed: the bureau of the
// area, or the headquarters what a lower tier proposed.
func (t *transition) confirmer(o *Tolerance) error {
	bureau, ok := t.Roster.Department(roster.DepartmentID(t.actor.Unit))
	of := t.actor.Role == roster.Bureau && ok && t.Roster.Within(t.issue.District, bureau.District)
	above := o != nil && o.Proposed.By.Role == roster.GeneralBranch && t.Holds(&t.issue, t.actor, roster.TierHeadquarters)
	if !of && !above {
		return refuse(Forbidden, "", "容错认定由所在区域的重点项目局确认；临时党总支提请的，也可由总指挥部确认。", "The project bureau of the area confirms a tolerance; what a general branch proposed, the headquarters may as well.")
	}
	return t.disinterested()
}

func (t *transition) disinterested() error {
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由其他人员办理。", "You have an interest in this issue and must stand aside; somebody else does this.")
	}
	return nil
}

func (c ProposeTolerance) apply(t *transition) error {
	if err := t.proposer(); err != nil {
		return err
	}
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	switch overrun, opposed := s.Late() || s.State == Open && t.late(s), s.Opposed(); {
	case s.Tolerance.pending():
		return refuse(Conflict, "", "该任务已提请容错认定，请等待确认。", "A tolerance has been proposed already; wait for its answer.")
	case s.Tolerated():
		return refuse(Conflict, "", "该任务已有容错认定。", "A tolerance is in force already.")
	case !overrun && !opposed:
		return refuse(Conflict, "signOff", "该任务既未超期，也未提出过异议，无须容错认定。", "This sign-off neither ran over nor was objected to; there is nothing to tolerate.")
	case c.Of != OverrunTolerated && c.Of != ObjectionTolerated:
		return refuse(Invalid, "of", "请选择认定事项：超期或异议轮次。", "Choose what is tolerated: overrun or objection.")
	case c.Of == OverrunTolerated && !overrun:
		return refuse(Invalid, "of", "该任务没有超期，请选择异议轮次。", "This sign-off did not run over; choose objection.")
	case c.Of == ObjectionTolerated && !opposed:
		return refuse(Invalid, "of", "该任务没有提出过异议，请选择超期。", "This sign-off was not objected to; choose overrun.")
	}
	code, ground, err := citing(ToleranceGrounds, c.Code, c.Ground)
	if err != nil {
		return err
	}
	if err := textField("reason", c.Reason, noticeRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	s.Tolerance = &Tolerance{Of: c.Of, Code: code, Ground: ground, Proposed: Word{c.Reason, t.actor, t.now}}
	t.event(EvProposeTolerance, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(s.State), string(s.State), ground, c.Reason
		e.Detail = detail(map[string]any{"tolerance": c.Of, "code": code})
	})
	return nil
}

func (c AnswerTolerance) apply(t *transition) error {
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	if err := t.confirmer(s.Tolerance); err != nil {
		return err
	}
	if o := s.Tolerance; o != nil && o.Proposed.By.Person == t.actor.Person {
		return refuse(Forbidden, "", "提请人不能确认自己提请的容错认定，请由另一人确认。", "Who proposed a tolerance does not confirm it; let somebody else.")
	}
	if !s.Tolerance.pending() {
		return refuse(Conflict, "", "该任务没有待确认的容错认定。", "No tolerance waits for an answer here.")
	}
	kind := EvConfirmTolerance
	switch c.Answer {
	case ToleranceConfirmed:
	case ToleranceRefused:
		kind = EvRefuseTolerance
	default:
		return refuse(Invalid, "answer", "请选择：确认或不予确认。", "Choose confirmed or refused.")
	}
	if err := textField("reason", c.Reason, noticeRunes, c.Answer == ToleranceRefused); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	o := *s.Tolerance
	o.Answer, o.Answered = c.Answer, &Word{c.Reason, t.actor, t.now}
	s.Tolerance = &o
	t.event(kind, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(s.State), string(s.State), o.Ground, c.Reason
		e.Detail = detail(map[string]any{"tolerance": o.Of})
	})
	return nil
}

func (c EndTolerance) apply(t *transition) error {
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	if s.Tolerated() {
		err = t.confirmer(s.Tolerance)
	} else {
		err = t.proposer()
	}
	if err != nil {
		return err
	}
	if !s.Tolerated() && !s.Tolerance.pending() {
		return refuse(Conflict, "", "该任务没有可以撤回的容错认定。", "There is no tolerance to take back.")
	}
	if err := textField("reason", c.Reason, noticeRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	o := *s.Tolerance
	o.Ended = &Word{c.Reason, t.actor, t.now}
	s.Tolerance = &o
	t.event(EvEndTolerance, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(s.State), string(s.State), o.Ground, c.Reason
		e.Detail = detail(map[string]any{"tolerance": o.Of})
	})
	return nil
}
