package register

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Status is where a change set stands; see the package's picture.
type Status string

const (
	Proposed  Status = "proposed"
	Approved  Status = "approved"
	Entered   Status = "entered"
	Refused   Status = "refused"
	Withdrawn Status = "withdrawn"
)

// ChangeSet (变更) is a proposal to change the register, and what became of it.
type ChangeSet struct {
	Title      string         `json:"title"`
	Reason     string         `json:"reason"`
	Ground     string         `json:"ground"`
	On         calendar.Date  `json:"on"`
	Order      Order          `json:"order"`
	Status     Status         `json:"status"`
	ProposedBy approval.Actor `json:"proposedBy"`
	ProposedAt time.Time      `json:"proposedAt"`
	DecidedBy  approval.Actor `json:"decidedBy,omitzero"`
	DecidedAt  time.Time      `json:"decidedAt,omitzero"`
	Note       string         `json:"note,omitempty"` // why it was refused or withdrawn
	N          int64          `json:"n,omitempty"`    // its number in the register, once entered
}

// Draft is what is proposed.
type Draft struct {
	Title  string
	Reason string
	Ground string        // the document it rests on, with its number (文号)
	On     calendar.Date // first day in force; zero: the day of approval
	Order  Order
}

// The kinds of events on a change set, and on the register itself.
const (
	EvPropose  = "propose_change"
	EvApprove  = "approve_change"
	EvRefuse   = "refuse_change"
	EvWithdraw = "withdraw_change"
	EvEnter    = "enter_change"
)

const (
	changeKind   docket.Kind = "change"
	registerKind docket.Kind = "register"
	theRegister              = "facts"

	listAll  = "register"
	listOpen = "register/open" // proposed or approved: somebody or something acts next
)

func places(id string, c ChangeSet) docket.Places {
	order := c.ProposedAt.UTC().Format("2006-01-02T15:04:05.000Z")
	p := docket.Places{{List: listAll, Order: order}}
	if c.Status == Proposed || c.Status == Approved {
		p[1] = docket.Place{List: listOpen, Order: order}
	}
	return p
}

// Reads refuses who has no business with change sets: they name people.
func Reads(a approval.Actor) error {
	if !a.Role.Administers() && a.Role != roster.Overseer {
		return approval.Refuse(approval.Forbidden, "", "登记变更由各类管理员和监督员查看。", "Changes of the register are read by administrators and overseers.")
	}
	return nil
}

// Administers refuses whoever does not propose changes: system administrators do.
func Administers(a approval.Actor) error {
	if a.Role != roster.Administrator {
		return approval.Refuse(approval.Forbidden, "", "登记变更由系统管理员提出，另一名管理员批准。", "Changes of the register are proposed by an administrator and approved by another.")
	}
	return nil
}

const (
	titleRunes = 120
	textRunes  = 4000
)

func text(field, value string, most int, mandatory bool) error {
	n := utf8.RuneCountInString(value)
	switch {
	case mandatory && strings.TrimSpace(value) == "":
		return approval.Refuse(approval.Invalid, field, "请填写此项。", "Please fill this in.")
	case n > most:
		return approval.Refuse(approval.Invalid, field, "最多 %d 个字，现为 %d 个字，请精简。", "At most %d characters, this has %d; please shorten it.", most, n)
	case !utf8.ValidString(value):
		return approval.Refuse(approval.Invalid, field, "含有无法识别的字符，请重新输入。", "It holds characters that are not valid text; please enter it again.")
	}
	return nil
}

func (o Order) kinds() (n int) {
	for _, has := range []bool{len(o.Transfers) > 0, o.Holidays != nil, len(o.Roster) > 0, len(o.Items) > 0} {
		if has {
			n++
		}
	}
	return n
}

// propose is the rule of a new change set.
func propose(d Draft) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if act.Version != 0 {
			return c, approval.Refuse(approval.Conflict, "", "该变更已经提出。", "This change set has been proposed already.")
		}
		if err := Administers(act.Actor); err != nil {
			return c, err
		}
		if err := text("title", d.Title, titleRunes, true); err != nil {
			return c, err
		}
		if err := text("reason", d.Reason, textRunes, true); err != nil {
			return c, err
		}
		if err := text("ground", d.Ground, titleRunes, true); err != nil {
			return c, err
		}
		if d.Order.kinds() != 1 {
			return c, approval.Refuse(approval.Invalid, "order", "一项变更只含一类内容：事权划转、节假日安排、审批事项或机构、支部与人员，请分别提出。", "A change set holds one kind of change: competences, holidays, items, or units and people; propose the others separately.")
		}
		c = ChangeSet{
			Title: strings.TrimSpace(d.Title), Reason: d.Reason, Ground: d.Ground, On: d.On, Order: d.Order,
			Status: Proposed, ProposedBy: act.Actor, ProposedAt: act.Now,
		}
		act.Event(EvPropose, func(e *approval.Event) {
			e.After, e.Ground, e.Reason = string(Proposed), d.Ground, d.Reason
			e.Detail = detail(map[string]any{"title": c.Title, "on": c.On, "order": c.Order})
		})
		return c, nil
	}
}

// pending checks that a change set still waits for its second administrator.
func pending(c ChangeSet) error {
	if c.Status != Proposed {
		return approval.Refuse(approval.Closed, "", "该变更已经处理，不能再次办理。", "This change set has been dealt with already.")
	}
	return nil
}

// authorises reports whether an order gives posts to people or takes them (授权).
func (o *Order) authorises() bool {
	return slices.ContainsFunc(o.Roster, func(c roster.Change) bool {
		p := c.People
		return c.Secretary != nil || p != nil && (p.New != nil || len(p.Begin) > 0 || len(p.End) > 0 || p.Leave)
	})
}

// second refuses whoever is not the second administrator of a change set. Who may do what
// is for security administrators to say (GB/T 22239-2019, 8.1.5.3), as soon as one is
// appointed; anything else for another system administrator as well.
func second(r *roster.Roster, c *ChangeSet, a approval.Actor) error {
	switch {
	case r.Guards(a.Role):
		return nil
	case a.Role != roster.Administrator:
		return approval.Refuse(approval.Forbidden, "", "登记变更由系统管理员提出，由安全管理员或者另一名系统管理员批准。", "Changes of the register are proposed by a system administrator and approved by a security administrator or another system administrator.")
	case c.Order.authorises():
		return approval.Refuse(approval.Forbidden, "", "给予、调整岗位属于授权，由安全管理员批准。", "Who holds which post is for a security administrator to approve.")
	}
	return nil
}

// approve is the second administrator's rule: never who proposed it.
func approve(r *roster.Roster) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if err := second(r, &c, act.Actor); err != nil {
			return c, err
		}
		if err := pending(c); err != nil {
			return c, err
		}
		if c.ProposedBy.Person == act.Actor.Person {
			return c, approval.Refuse(approval.Forbidden, "", "不能批准本人提出的变更，请由另一名管理员批准。", "Nobody approves the own change set; another administrator does.")
		}
		return pass(c, act), nil
	}
}

func pass(c ChangeSet, act *docket.Act) ChangeSet {
	c.Status, c.DecidedBy, c.DecidedAt = Approved, act.Actor, act.Now
	if today := calendar.Of(act.Now); c.On.IsZero() || c.On < today {
		c.On = today // nothing comes into force before it was approved
	}
	act.Event(EvApprove, func(e *approval.Event) {
		e.Before, e.After, e.Ground = string(Proposed), string(Approved), c.Ground
		e.Detail = detail(map[string]any{"on": c.On})
	})
	return c
}

// refuse is the second administrator's other answer.
func refuse(r *roster.Roster, note string) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if err := second(r, &c, act.Actor); err != nil {
			return c, err
		}
		if err := pending(c); err != nil {
			return c, err
		}
		if c.ProposedBy.Person == act.Actor.Person {
			return c, approval.Refuse(approval.Forbidden, "", "本人提出的变更请撤回。", "Withdraw your own change set instead.")
		}
		return end(c, act, Refused, EvRefuse, note)
	}
}

// withdraw is for who proposed it.
func withdraw(note string) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if c.ProposedBy.Person != act.Actor.Person {
			return c, approval.Refuse(approval.Forbidden, "", "变更由提出人撤回。", "A change set is withdrawn by who proposed it.")
		}
		if err := pending(c); err != nil {
			return c, err
		}
		return end(c, act, Withdrawn, EvWithdraw, note)
	}
}

func end(c ChangeSet, act *docket.Act, s Status, event, note string) (ChangeSet, error) {
	if err := text("reason", note, textRunes, true); err != nil {
		return c, err
	}
	before := c.Status
	c.Status, c.DecidedBy, c.DecidedAt, c.Note = s, act.Actor, act.Now, note
	act.Event(event, func(e *approval.Event) { e.Before, e.After, e.Reason = string(before), string(s), note })
	return c, nil
}

// appoint is how a department's lead appoints a substitute (代办人) for an own
// officer: a change set that needs no second hand, because the day after it can
// be appointed otherwise and nobody's competence changes.
func appoint(d Draft) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if act.Version != 0 {
			return c, approval.Refuse(approval.Conflict, "", "该变更已经提出。", "This change set has been proposed already.")
		}
		s := d.Order.Roster[0].Substitute
		if act.Actor.Role != roster.Lead || act.Actor.Unit != string(s.Unit) {
			return c, approval.Refuse(approval.Forbidden, "", "代办人由本部门负责人指定。", "A substitute is appointed by the lead of the department.")
		}
		if err := text("reason", d.Reason, textRunes, true); err != nil {
			return c, err
		}
		if today := calendar.Of(act.Now); s.From < today {
			return c, approval.Refuse(approval.Invalid, "from", "代办期间不能早于今天，请填写 %s 或以后的日期。", "A substitute cannot begin before today; give %s or later.", today)
		}
		c = ChangeSet{
			Title: d.Title, Reason: d.Reason, Ground: d.Ground, On: d.On, Order: d.Order,
			Status: Proposed, ProposedBy: act.Actor, ProposedAt: act.Now,
		}
		act.Event(EvPropose, func(e *approval.Event) {
			e.After, e.Reason = string(Proposed), d.Reason
			e.Detail = detail(map[string]any{"title": c.Title, "on": c.On, "order": c.Order})
		})
		return pass(c, act), nil
	}
}

// entered marks a change set that stands in the register now.
func entered(n int64) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if c.Status == Entered {
			return c, nil
		}
		c.Status, c.N = Entered, n
		act.Event(EvEnter, func(e *approval.Event) {
			e.Before, e.After = string(Approved), string(Entered)
			e.Detail = detail(map[string]any{"n": n})
		})
		return c, nil
	}
}

// undone sends back an approved change set that another one, entered first, no
// longer leaves possible.
func undone(fault string) docket.Rule[ChangeSet] {
	return func(c ChangeSet, act *docket.Act) (ChangeSet, error) {
		if c.Status != Approved {
			return c, nil
		}
		return end(c, act, Refused, EvRefuse, fault)
	}
}

func detail(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("register: event detail cannot be encoded: " + err.Error())
	}
	return text
}
