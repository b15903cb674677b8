package approval

import (
	"slices"
	"time"

	"lianban/shared/roster"
)

// Transfer (转办) hands a task to another department, which takes it over with the
// clock as it runs: it counts from the original receipt. An officer of the
// department does it, or its lead; once per sign-off and round.
type Transfer struct {
	SignOff int
	To      roster.DepartmentID
	Reason  string
}

// SendBack (退回) is how the receiving department says that the task is not its
// own either; the general branch then decides whose it is.
type SendBack struct {
	SignOff int
	Reason  string
}

// Assign (指定承办) decides whose a task is that was transferred and sent back, or
// for which nobody is competent. It
// is for the general branch, or for the headquarters once the issue has climbed
// there, and it is final in this round.
type Assign struct {
	SignOff int
	To      roster.DepartmentID
	Reason  string
}

// Handover is a sign-off's way from one department to another.
type Handover struct {
	From   roster.DepartmentID `json:"from"`
	To     roster.DepartmentID `json:"to"`
	Passed Word                `json:"passed"`
	Back   *Word               `json:"back,omitempty"`
	Owner  roster.DepartmentID `json:"owner,omitempty"` // as the general branch decided
	Ruled  *Word               `json:"ruled,omitempty"`
}

// Word is what somebody said with an act, and when.
type Word struct {
	Reason string    `json:"reason"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
}

// Unowned (承办部门待定) reports whether the catalogue named nobody who is competent:
// the general branch decides whose it is, within the days that it has for a ruling,
// and the department's own clock starts then.
func (s *SignOff) Unowned() bool { return s.Department == "" }

// unowned puts on record which sign-offs the general branch has to give to a
// department, because the catalogue names nobody.
func (t *transition) unowned() {
	var numbers []int
	for k := range t.issue.SignOffs {
		if s := &t.issue.SignOffs[k]; s.Unowned() {
			numbers = append(numbers, s.N)
		}
	}
	if numbers == nil {
		return
	}
	t.event(EvUnowned, func(e *Event) {
		e.By, e.Before, e.After = Machine, string(Raised), string(Raised)
		e.Detail = detail(map[string]any{"opened": numbers, "district": t.issue.District})
	})
}

// Disputed reports whether nobody has yet decided whose the sign-off is.
func (s *SignOff) Disputed() bool {
	return s.State == Open && s.Unowned() || s.State == Open && s.Handover != nil && s.Handover.Back != nil && s.Handover.Ruled == nil
}

// AssignsOn reports whether the actor decides whose the disputed sign-offs of the
// issue are: the general branch, or the headquarters once the issue is there.
func (r Rules) AssignsOn(i *Issue, actor Actor) bool {
	if i.Count.Disputed == 0 {
		return false
	}
	for _, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
		if roster.Above(tier, roster.TierGeneralBranch) && !roster.Above(i.Tier, roster.TierGeneralBranch) {
			continue
		}
		if id, ok := r.Roster.Up(i.Branch, tier); ok && actor.Unit == string(id) {
			unit, _ := r.Roster.Branch(id)
			return actor.Role == roster.RoleOf(unit.Tier)
		}
	}
	return false
}

// ofDepartment checks that the actor speaks for the sign-off's department: the
// officer who has it, or the lead.
func (t *transition) ofDepartment(n int) (*SignOff, error) {
	if t.actor.Role == roster.Lead {
		return t.lead(n)
	}
	return t.task(n)
}

// receiver checks that a department can take the sign-off over.
func (t *transition) receiver(s *SignOff, to roster.DepartmentID) error {
	department, ok := t.Roster.Department(to)
	switch {
	case !ok:
		return refuse(Invalid, "department", "没有这个部门，请从部门列表中选择。", "There is no such department; choose one from the list.")
	case !department.Kind.Decides():
		return refuse(Invalid, "department", "“%[1]s”不参加会签，请选择其他部门。", "%[2]q answers no sign-offs; choose another department.", department.NameZH, department.NameEN)
	case !department.Acting(t.today):
		return t.gone("department", department, t.today)
	case !t.anybody(s, to, ""):
		return refuse(Invalid, "department", "“%[1]s”没有可以办理该任务的承办人，请选择其他部门。", "Nobody in %[2]q may decide this; choose another department.", department.NameZH, department.NameEN)
	}
	return nil
}

// takesPart reports whether a department is asked about the sign-off's coordination
// matter already: a join rule counts departments, and no department twice.
func (t *transition) takesPart(s *SignOff, department roster.DepartmentID) bool {
	return s.Matter != "" && s.Matter != AgreedAction && slices.ContainsFunc(t.issue.SignOffs, func(o SignOff) bool {
		return o.N != s.N && o.Matter == s.Matter && o.Department == department
	})
}

// pass gives the sign-off to a department. The clock goes on; what was asked of
// the former lead is forgotten; nobody has claimed it.
func (t *transition) pass(s *SignOff, to roster.DepartmentID) {
	s.Department = to
	s.pool()
	if s.Extension != nil && s.Extension.Answer == "" {
		s.Extension = nil
	}
	t.nudge(s.N)
}

func (c Transfer) apply(t *transition) error {
	s, err := t.ofDepartment(c.SignOff)
	if err != nil {
		return err
	}
	switch h := s.Handover; {
	case h != nil && h.Ruled != nil, s.Assigned != nil:
		return refuse(Conflict, "", "该任务的承办部门已由临时党总支确定，不能再转办。", "Whose task this is has been decided by the general branch; it is not transferred again.")
	case h != nil:
		return refuse(Conflict, "", "该任务已转办过一次，不属本部门职责的请退回。", "This task has been transferred once; send it back if it is not your department's.")
	case c.To == s.Department:
		return refuse(Invalid, "department", "该任务已在本部门，请选择其他部门。", "Your department has it already; choose another one.")
	}
	if err := t.receiver(s, c.To); err != nil {
		return err
	}
	if t.takesPart(s, c.To) {
		name := t.Roster.UnitName(string(c.To))
		return refuse(Invalid, "department", "%[1]s已就该协调事项单独提出意见，请选择其他部门；不属本部门职责的，可在意见中说明。", "%[2]s is asked about this matter itself; choose another department, or say in your answer that it is not your business.", name.ZH, name.EN)
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	from := s.Department
	s.Handover = &Handover{From: from, To: c.To, Passed: Word{c.Reason, t.actor, t.now}}
	t.pass(s, c.To)
	t.event(EvTransfer, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
		e.Detail = detail(map[string]any{"sender": from, "department": c.To, "due": s.Due.On})
	})
	return nil
}

func (c SendBack) apply(t *transition) error {
	s, err := t.ofDepartment(c.SignOff)
	if err != nil {
		return err
	}
	switch h := s.Handover; {
	case h == nil || h.Ruled != nil:
		return refuse(Conflict, "", "该任务不是转办来的，不能退回；不属本部门职责的请转办。", "This task was not transferred to you, so it cannot be sent back; transfer it if it is not your department's.")
	case s.Request != nil && s.Request.At.After(h.Passed.At), s.Extension != nil && s.Extension.At.After(h.Passed.At):
		return refuse(Conflict, "", "本部门已要求补正或申请延期，视为已接办，不能再退回。", "Your department has asked for a supplement or an extension and so has taken it over; it cannot be sent back any more.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	h := *s.Handover
	h.Back = &Word{c.Reason, t.actor, t.now}
	s.Handover = &h
	back := h.From
	if heir, ok := t.Roster.SuccessorFor(back, int(s.Item)); ok {
		back = heir // it may have been merged meanwhile
	}
	t.pass(s, back)
	t.event(EvSendBack, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
		e.Detail = detail(map[string]any{"sender": h.To, "department": back})
	})
	return nil
}

func (c Assign) apply(t *transition) error {
	s, err := t.named(c.SignOff)
	if err != nil {
		return err
	}
	if !s.Disputed() {
		return refuse(Conflict, "signOff", "该任务的承办部门已经明确，没有争议。", "Whose task this is, is known and not in dispute.")
	}
	if !t.AssignsOn(&t.issue, t.actor) {
		return refuse(Forbidden, "", "承办部门有争议的，由临时党总支确定。", "The general branch decides whose a disputed task is.")
	}
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员确定。", "You have an interest in this issue and must stand aside; somebody else of your tier decides.")
	}
	if err := t.running(s); err != nil {
		return err
	}
	if err := t.receiver(s, c.To); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	if word := (Word{c.Reason, t.actor, t.now}); s.Unowned() {
		s.Assigned, s.Department, s.OpenedAt, s.AcceptedAt = &word, c.To, t.now, t.now
		t.reckon(s)
		t.nudge(s.N)
	} else {
		h := *s.Handover
		h.Owner, h.Ruled = c.To, &word
		s.Handover = &h
		t.pass(s, c.To)
	}
	t.event(EvAssign, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
		e.Detail = detail(map[string]any{"department": c.To})
	})
	return nil
}
