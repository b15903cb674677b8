package approval

import (
	"slices"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Added (加签) is another department's signature under a sign-off, or a named
// colleague's: who signs, when, and what it is worth.
//
//	before  (前加签) the decision waits for it
//	beside  (并行加签) it is asked for at once; an approval waits for it when it binds
//	after   (后加签) it is asked for with the approval, which takes effect only with
//	        it when it binds
//
// The answer to one that does not bind is advice (参考意见). A binding one
// (约束性意见) that disagrees bars the approval until the same signer, asked
// again, agrees; the department may object on that ground. What is asked has a
// last day of its own, within the sign-off's; the sign-off's clock never stops
// for it. Silence is no consent: after its last day, advice is no longer waited
// for, and a binding signature still is, unless the request is taken back.
type Added struct {
	K          int                 `json:"k"`          // 1.. within the sign-off
	Department roster.DepartmentID `json:"department"` // whose officers answer
	Person     roster.PersonID     `json:"person,omitempty"`
	Left       roster.PersonID     `json:"left,omitempty"` // the colleague who was asked and is no officer of the department any more
	When       AddedWhen           `json:"when"`
	Binding    bool                `json:"binding,omitempty"`
	Question   string              `json:"question"`
	Days       int                 `json:"days"` // working days
	By         Actor               `json:"by"`
	At         time.Time           `json:"at"`
	Due        Due                 `json:"due,omitzero"` // once it is asked for
	Own        Due                 `json:"own,omitzero"` // as its days alone say; Due is within the sign-off's

	State      AddedState `json:"state"`
	Opinion    Opinion    `json:"opinion,omitempty"`
	Reason     string     `json:"reason,omitempty"` // of the answer, or for which it was taken back
	AnsweredBy Actor      `json:"answeredBy,omitzero"`
	AnsweredAt time.Time  `json:"answeredAt,omitzero"`
}

// AddedWhen is when an added signature is asked for.
type AddedWhen string

const (
	Before AddedWhen = "before" // 前加签
	Beside AddedWhen = "beside" // 并行加签
	After  AddedWhen = "after"  // 后加签
)

// AddedState says who acts next on an added signature.
type AddedState string

const (
	AddedLater     AddedState = "later"     // nobody: it comes after the approval
	AddedAsked     AddedState = "asked"     // who is asked
	AddedAnswered  AddedState = "answered"  // nobody
	AddedCancelled AddedState = "cancelled" // nobody: taken back
	AddedLapsed    AddedState = "lapsed"    // nobody: what it was about has ended
)

// Opinion is the answer of an added signer.
type Opinion string

const (
	Agree    Opinion = "agree"    // 同意
	Disagree Opinion = "disagree" // 不同意
	Advise   Opinion = "advice"   // 提出意见; for those that do not bind
)

// AddSigner (加签) asks another department, or a colleague, to sign too. An officer
// of the department does it, or its lead.
type AddSigner struct {
	SignOff    int
	Department roster.DepartmentID // or
	Person     roster.PersonID     // an officer of the own department
	When       AddedWhen
	Binding    bool
	Question   string
	Days       int // working days; 0: the usual ones
}

// AnswerAdded is the signer's answer.
type AnswerAdded struct {
	SignOff, K int
	Opinion    Opinion
	Reason     string // mandatory unless it agrees
}

// CancelAdded takes a request back that has not been answered, as an officer or
// the lead of the department that asked, or that has the sign-off now.
type CancelAdded struct {
	SignOff, K int
	Reason     string
}

const (
	addedMost     = 5  // added signatures of one sign-off (assumed)
	addedMostOpen = 10 // open ones of an issue (assumed): all may have to leave the lists with one commit
	addedDays     = 2  // working days, where who asks says nothing (assumed)
)

// open reports whether the signature is still to come.
func (a *Added) open() bool { return a.State == AddedAsked || a.State == AddedLater }

// Light is the signature's colour on a day: yellow on its last day, red after it
// (assumed).
func (a *Added) Light(on calendar.Date) Light {
	switch {
	case a.State != AddedAsked || on < a.Due.On:
		return Green
	case on == a.Due.On:
		return Yellow
	}
	return Red
}

// signer names who is asked.
func (r Rules) signer(a *Added) roster.Name {
	if a.Person != "" {
		name := r.Roster.PersonName(a.Person)
		return roster.Name{ZH: name, EN: name}
	}
	return r.Roster.UnitName(string(a.Department))
}

// addedDays is the last day of a signature that was asked for on a day: as its days
// alone say, and within the sign-off's own, but never that very day.
func (t *transition) addedDays(s *SignOff, asked calendar.Date, days int) (own, last Due) {
	due := t.Calendar.Due(asked, days, calendar.WorkingDays, nil)
	own = Due{On: due.On, Provisional: due.Provisional}
	last = own
	if !s.Due.On.IsZero() && s.Due.On < last.On {
		last = s.Due
	}
	if last.On <= asked {
		on := t.Calendar.After(asked, 1)
		last = Due{On: on, Provisional: t.Calendar.Provisional(on)}
	}
	return own, last
}

func (c AddSigner) apply(t *transition) error {
	s, err := t.ofDepartment(c.SignOff)
	if err != nil {
		return err
	}
	a := Added{
		K: len(s.Added) + 1, Department: c.Department, Person: c.Person, When: c.When, Binding: c.Binding,
		Question: c.Question, Days: c.Days, By: t.actor, At: t.now, State: AddedAsked,
	}
	if err := t.mayAdd(s, &a); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	if t.actor.Role == roster.Officer {
		t.take(s)
	}
	if a.When == After {
		a.State = AddedLater
	} else {
		a.Own, a.Due = t.addedDays(s, t.today, a.Days)
	}
	s.Added = append(slices.Clone(s.Added), a)
	t.event(EvAddSigner, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Question
		d := map[string]any{"department": a.Department, "person": a.Person, "when": a.When, "binding": a.Binding}
		if a.When != After {
			d["due"] = a.Due.On
		}
		e.Detail = detail(d)
	})
	return nil
}

// mayAdd checks the fields of a request and fills in what they leave open.
func (t *transition) mayAdd(s *SignOff, a *Added) error {
	open := 0
	for k := range t.issue.SignOffs {
		for j := range t.issue.SignOffs[k].Added {
			if t.issue.SignOffs[k].Added[j].open() {
				open++
			}
		}
	}
	switch {
	case len(s.Added) >= addedMost:
		return refuse(Conflict, "", "一项任务最多加签 %d 次。", "One sign-off has at most %d added signatures.", addedMost)
	case open >= addedMostOpen:
		return refuse(Conflict, "", "一个问题同时待办的加签最多 %d 项，请待其办结后再加签。", "One issue has at most %d added signatures open at once; wait until some are answered.", addedMostOpen)
	case (a.Department == "") == (a.Person == ""):
		return refuse(Invalid, "department", "请选择加签部门，或本部门的一名承办人，二者选一。", "Choose a department, or an officer of your own, and not both.")
	}
	if a.Person != "" {
		a.Department = s.Department
		switch name := t.Roster.PersonName(a.Person); {
		case !t.Roster.Holds(a.Person, roster.Officer, string(s.Department)) || a.Person == t.actor.Person || a.Person == t.actor.For || a.Person == s.Assignee:
			return refuse(Invalid, "person", "请从本部门其他承办人中选择加签人。", "Choose another officer of your own department.")
		case !t.mayDecide(s, a.Person, s.Department):
			return refuse(Invalid, "person", "%s与该问题有利害关系，应当回避，请选择其他承办人。", "%s has an interest in this issue and must stand aside; choose another officer.", name)
		}
	} else {
		department, ok := t.Roster.Department(a.Department)
		switch {
		case !ok:
			return refuse(Invalid, "department", "没有这个部门，请从部门列表中选择。", "There is no such department; choose one from the list.")
		case a.Department == s.Department:
			return refuse(Invalid, "department", "该任务已在本部门，请选择其他部门，或本部门的一名承办人。", "Your department has the task already; choose another one, or an officer of your own.")
		case !department.Kind.Decides():
			return refuse(Invalid, "department", "“%[1]s”不参加会签，请选择其他部门。", "%[2]q answers no sign-offs; choose another department.", department.NameZH, department.NameEN)
		case !t.anybody(s, a.Department, ""):
			return refuse(Invalid, "department", "“%[1]s”没有可以办理该加签的承办人，请选择其他部门。", "Nobody in %[2]q may sign this; choose another department.", department.NameZH, department.NameEN)
		}
	}
	if slices.ContainsFunc(s.Added, func(b Added) bool { return b.open() && b.Department == a.Department && b.Person == a.Person }) {
		return refuse(Conflict, "department", "已请其加签，尚未答复。", "They have been asked already and have not answered yet.")
	}
	if a.When != Before && a.When != Beside && a.When != After {
		return refuse(Invalid, "when", "请选择：前加签、并行加签或后加签。", "Choose before, beside or after.")
	}
	if err := textField("question", a.Question, remarkRunes, true); err != nil {
		return err
	}
	if a.Days == 0 {
		a.Days = addedDays
		return nil
	}
	if due := t.Calendar.Due(t.today, a.Days, calendar.WorkingDays, nil); a.Days < 1 || !s.Due.On.IsZero() && due.On > max(s.Due.On, t.today) {
		return refuse(Invalid, "days", "加签期限须为 1 个工作日以上，且不晚于本任务的到期日 %s。", "An added signature has a working day or more, and no longer than until this task's own last day, %s.", s.Due.On)
	}
	return nil
}

// addedNamed is the open signature that a command names.
func (t *transition) addedNamed(n, k int) (*SignOff, *Added, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, nil, err
	}
	if k < 1 || k > len(s.Added) {
		return nil, nil, refuse(NotFound, "k", "该任务没有第 %d 次加签。", "This sign-off has no added signature number %d.", k)
	}
	return s, &s.Added[k-1], nil
}

// addedOpen checks that the signature is still to come.
func (t *transition) addedOpen(a *Added) error {
	switch {
	case !a.open():
		return refuse(Closed, "", "该加签已经结束，不能再次办理。", "This added signature has been settled already.")
	case t.issue.Status == Returned:
		return refuse(Conflict, "", "该问题已退回支部修改，重新提交后再办理。", "The issue is with its branch for revision; come back when it has been resubmitted.")
	}
	return nil
}

// added changes a signature.
func (t *transition) added(n, k int, change func(*Added)) *Added {
	s := t.touch(n)
	s.Added = slices.Clone(s.Added)
	change(&s.Added[k-1])
	return &s.Added[k-1]
}

func (c AnswerAdded) apply(t *transition) error {
	s, a, err := t.addedNamed(c.SignOff, c.K)
	if err != nil {
		return err
	}
	if err := t.signs(s, a); err != nil {
		return err
	}
	switch {
	case c.Opinion == Agree, c.Opinion == Disagree, c.Opinion == Advise && !a.Binding:
	case a.Binding:
		return refuse(Invalid, "opinion", "请选择：同意或不同意。", "Choose agree or disagree.")
	default:
		return refuse(Invalid, "opinion", "请选择：同意、不同意或提出意见。", "Choose agree, disagree or advice.")
	}
	if err := textField("reason", c.Reason, textRunes, c.Opinion != Agree); err != nil {
		return err
	}
	a = t.added(c.SignOff, c.K, func(a *Added) {
		a.State, a.Opinion, a.Reason, a.AnsweredBy, a.AnsweredAt = AddedAnswered, c.Opinion, c.Reason, t.actor, t.now
		if a.Left != "" && a.Department == s.Department {
			a.Person = t.actor.Holder() // who may be asked again
		}
	})
	t.event(EvAnswerAdded, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Reason
		e.Detail = detail(map[string]any{"department": a.Department, "person": a.Person, "opinion": a.Opinion, "binding": a.Binding})
	})
	t.countersign(c.SignOff)
	return nil
}

// signs checks that the actor may answer the added signature now.
func (t *transition) signs(s *SignOff, a *Added) error {
	if t.actor.For == "" && a.Person != "" && t.Roster.StandsIn(t.actor.Person, a.Person, a.Department, t.today) {
		t.actor.For = a.Person
	}
	if t.actor.Role != roster.Officer || t.actor.Unit != string(a.Department) || a.Person != "" && t.actor.Holder() != a.Person {
		name := t.signer(a)
		return refuse(Forbidden, "", "该加签由%[1]s办理。", "This added signature is for %[2]s.", name.ZH, name.EN)
	}
	if by := t.actor.Holder(); a.Left != "" && a.Department == s.Department && (by == s.Assignee || by == a.By.Holder()) {
		return refuse(Forbidden, "", "原加签人已不在岗，该加签由本部门经办人以外的承办人办理。", "Who was asked is no officer any more; an officer of the department signs who does not handle the task.")
	}
	if t.barred(s) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由其他承办人加签。", "You have an interest in this issue and must stand aside; another officer signs it.")
	}
	if err := t.addedOpen(a); err != nil {
		return err
	}
	if a.State == AddedLater {
		return refuse(Conflict, "", "该项为后加签，请待主办部门同意后再办理。", "This signature comes after the approval; wait for that.")
	}
	return nil
}

func (c CancelAdded) apply(t *transition) error {
	s, a, err := t.addedNamed(c.SignOff, c.K)
	if err != nil {
		return err
	}
	if unit := t.actor.Unit; t.actor.Role != roster.Officer && t.actor.Role != roster.Lead || unit != string(s.Department) && unit != a.By.Unit {
		name := t.Roster.UnitName(a.By.Unit)
		return refuse(Forbidden, "", "该加签由%[1]s撤销。", "This added signature is taken back by %[2]s, who asked for it.", name.ZH, name.EN)
	}
	if t.barred(s) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他人员办理。", "You have an interest in this issue and must stand aside; somebody else of your department does this.")
	}
	if err := t.addedOpen(a); err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	a = t.added(c.SignOff, c.K, func(a *Added) {
		a.State, a.Reason, a.AnsweredBy, a.AnsweredAt = AddedCancelled, c.Reason, t.actor, t.now
	})
	t.event(EvCancelAdded, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(s.State), string(s.State), c.Reason
		e.Detail = detail(map[string]any{"department": a.Department, "person": a.Person})
	})
	t.countersign(c.SignOff)
	return nil
}

// heard refuses a decision that has to wait for a signature before it.
func (t *transition) heard(s *SignOff) error {
	for k := range s.Added {
		a := &s.Added[k]
		if a.State == AddedAsked && a.When == Before && (a.Binding || t.today <= a.Due.On) {
			name := t.signer(a)
			return refuse(Conflict, "", "%[1]s的前加签尚未答复（%[3]s 到期），答复后或撤销加签后再出具意见。", "The signature of %[2]s comes before the decision and is still open (due %[3]s); decide when it has come, or take the request back.", name.ZH, name.EN, a.Due.On)
		}
	}
	return nil
}

// signed refuses an approval that a binding signature stands against.
func (t *transition) signed(s *SignOff) error {
	if err := t.heard(s); err != nil {
		return err
	}
	if a := s.against(); a != nil {
		name := t.signer(a)
		return refuse(Conflict, "", "%[1]s的约束性加签意见为不同意（%[3]s），不能作出同意意见；可以据此不同意，或再次请其加签。", "The binding answer of %[2]s is that it disagrees (%[3]s), so this cannot be approved; object on that ground, or ask it again.", name.ZH, name.EN, a.Reason)
	}
	for k := range s.Added {
		if a := &s.Added[k]; a.Binding && a.State == AddedAsked {
			name := t.signer(a)
			return refuse(Conflict, "", "%[1]s的约束性加签尚未答复（%[3]s 到期），答复后或撤销加签后再作出同意意见。", "The binding signature of %[2]s is still open (due %[3]s); approve when it has come, or take the request back.", name.ZH, name.EN, a.Due.On)
		}
	}
	return nil
}

// signedOff is signed for an approval on terms, which takes effect at once.
func (t *transition) signedOff(s *SignOff) error {
	if err := t.signed(s); err != nil {
		return err
	}
	if s.unsigned() {
		return refuse(Conflict, "kind", "该任务有约束性后加签，只能作出一般同意意见；需附条件或告知承诺的，请先撤销该加签。", "A binding signature comes after the approval, so it can only be a plain one; take the request back to approve on terms.")
	}
	return nil
}

// against is a binding disagreement that its signer has not taken back since, or
// nil.
func (s *SignOff) against() *Added {
	for k := range s.Added {
		a := &s.Added[k]
		if !a.Binding || a.Opinion != Disagree {
			continue
		}
		if !slices.ContainsFunc(s.Added[k+1:], func(b Added) bool {
			return b.Department == a.Department && b.Person == a.Person && b.Binding && b.Opinion != ""
		}) {
			return a
		}
	}
	return nil
}

// unsigned reports whether a binding signature after the approval is still to come.
func (s *SignOff) unsigned() bool {
	return slices.ContainsFunc(s.Added, func(a Added) bool { return a.Binding && a.When == After && a.open() })
}

// Countersigned reports whether the department has approved and a binding
// signature decides whether that takes effect.
func (s *SignOff) Countersigned() bool { return s.State == Open && s.Decision != nil }

// askAfter asks for the signatures that come after the approval.
func (t *transition) askAfter(n int) {
	for k := range t.issue.SignOff(n).Added {
		if a := &t.issue.SignOff(n).Added[k]; a.State == AddedLater {
			own, due := t.addedDays(t.issue.SignOff(n), t.today, a.Days)
			t.added(n, a.K, func(a *Added) { a.State, a.Own, a.Due = AddedAsked, own, due })
		}
	}
}

// countersign lets an approval take effect that the last binding signature has
// come for, or drops one that a signer disagrees with.
func (t *transition) countersign(n int) {
	s := t.issue.SignOff(n)
	switch {
	case !s.Countersigned():
	case s.against() != nil:
		s = t.touch(n)
		s.Earlier = append(slices.Clone(s.Earlier), Attempt{Round: s.Round, Decision: s.Decision})
		s.Decision, s.DecidedAt = nil, time.Time{}
		t.event(EvUncounter, func(e *Event) { e.By, e.SignOff, e.Before, e.After = Machine, n, string(Open), string(Open) })
	case !s.unsigned():
		t.touch(n).DecidedAt = t.now
		t.event(EvCounter, func(e *Event) { e.By, e.SignOff, e.Before, e.After = Machine, n, string(Open), string(Granted) })
		t.grant(n)
	}
}

// lapse ends the open signatures that nobody needs any more: the issue has ended,
// the sign-off is no longer needed, or it has gone to the very department that
// was asked.
func (t *transition) lapse() {
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		for j := range s.Added {
			a := &s.Added[j]
			if a.open() && (t.issue.Status.Ended() || s.State == Void || s.State == Denied || a.Person == "" && a.Left == "" && a.Department == s.Department) {
				t.added(s.N, a.K, func(a *Added) { a.State = AddedLapsed })
			}
		}
		t.countersign(s.N) // an approval waits for a signature no longer that nobody owes
	}
}

// AddedRef names an added signature within its issue.
type AddedRef struct{ SignOff, K int }

// listAdded says which signatures have to be put into the lists of who is asked,
// and which have to leave them.
func (t *transition) listAdded() (put []Task, drop []AddedRef) {
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		if !t.touched[s.N] {
			continue
		}
		var was []Added
		if k < len(t.was) {
			was = t.was[k].Added
		}
		for j := range max(len(was), len(s.Added)) {
			asked := j < len(s.Added) && s.Added[j].State == AddedAsked
			listed := j < len(was) && was[j].State == AddedAsked
			switch {
			case asked && (!listed || was[j].Department != s.Added[j].Department || was[j].Person != s.Added[j].Person || was[j].Due != s.Added[j].Due):
				put = append(put, t.addedTask(s, &s.Added[j]))
			case listed && !asked:
				drop = append(drop, AddedRef{s.N, j + 1})
			}
		}
	}
	return put, drop
}

// addedTask is a signature as lists show it: the sign-off that it is about, and
// when it is due itself.
func (t *transition) addedTask(s *SignOff, a *Added) Task {
	added := *a
	return Task{Issue: t.issue.ID, Title: t.issue.Title, Project: t.issue.Project, Added: &added, SignOff: SignOff{
		N: s.N, Item: s.Item, Matter: s.Matter, Department: s.Department, State: Open, Round: s.Round,
		Limit: s.Limit, LimitMark: s.LimitMark, OpenedAt: a.At, AcceptedAt: a.At, Due: a.Due, Light: Green,
	}}
}
