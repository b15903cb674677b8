package intake

import (
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Status is where a request stands; see the package comment.
type Status string

const (
	Registered Status = "registered" // 已登记
	Accepted   Status = "accepted"   // 已受理
	Raised     Status = "raised"     // 已转为问题
	Answered   Status = "answered"   // 已答复
	Declined   Status = "declined"   // 不予受理
	Closed     Status = "closed"     // 已办结
)

// Name is the status in words.
func (s Status) Name() roster.Name {
	switch s {
	case Registered:
		return roster.Name{ZH: "已登记，待受理", EN: "registered, to be accepted"}
	case Accepted:
		return roster.Name{ZH: "已受理，办理中", EN: "accepted, in hand"}
	case Raised:
		return roster.Name{ZH: "已转为问题办理", EN: "being dealt with as an issue"}
	case Answered:
		return roster.Name{ZH: "已答复", EN: "answered"}
	case Declined:
		return roster.Name{ZH: "不予受理", EN: "declined"}
	case Closed:
		return roster.Name{ZH: "已办结", EN: "closed"}
	}
	return roster.Name{ZH: string(s), EN: string(s)}
}

func (s Status) open() bool { return s == Registered || s == Accepted || s == Raised }

// Requester is what kind of people a request comes from.
type Requester string

const (
	Enterprise Requester = "enterprise" // 企业
	Resident   Requester = "resident"   // 居民
	Village    Requester = "village"    // 村居
)

// Channel is how a request came in.
type Channel string

const (
	Call   Channel = "call"   // 来电
	Visit  Channel = "visit"  // 来访
	Letter Channel = "letter" // 来信
	Online Channel = "online" // 网上
)

// The clock of a reply, in working days from registration. Assumed: no source
// states a limit for requests to a branch. The fifteen days are those in which a
// bad rating gets its answer; after an issue's end its requester is answered
// within the days of a first reply.
const (
	FirstReply = 5
	FinalReply = 15
)

// Request (诉求) is the record.
type Request struct {
	Project  roster.ProjectID    `json:"project"`
	District roster.DistrictCode `json:"district"`

	From         Requester `json:"from"`
	Organisation string    `json:"organisation,omitempty"` // of enterprises and villages
	Contact      *Contact  `json:"contact,omitempty"`
	Channel      Channel   `json:"channel"`
	Title        string    `json:"title"`
	Text         string    `json:"text"`

	Status       Status         `json:"status"`
	Unit         string         `json:"unit"`             // the branch or department that has it
	Before       []string       `json:"before,omitempty"` // who had it earlier
	RegisteredBy approval.Actor `json:"registeredBy"`
	RegisteredAt time.Time      `json:"registeredAt"`
	AcceptedAt   time.Time      `json:"acceptedAt,omitzero"`
	First        approval.Due   `json:"first"` // last day of the first reply
	Final        approval.Due   `json:"final"` // last day of the final reply

	Issue  approval.IssueID `json:"issue,omitempty"`
	Reply  *Reply           `json:"reply,omitempty"`
	Closed time.Time        `json:"closed,omitzero"`
	Code   string           `json:"code"` // hash of the check code
	Rating *Rating          `json:"rating,omitempty"`
}

// Contact is whom to call back; kept only as far as it is needed.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Reply is what the requester is told: an answer, or why it was declined.
type Reply struct {
	Text   string         `json:"text"`
	Ground string         `json:"ground,omitempty"` // of declining
	By     approval.Actor `json:"by"`
	At     time.Time      `json:"at"`
}

// Rating (满意度) is the requester's word, 1 to 5.
type Rating struct {
	Stars   int       `json:"stars"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// The kinds of events in a request's trail.
const (
	EvRegister  = "register"
	EvAccept    = "accept"
	EvHandOn    = "hand_on"
	EvRaise     = "raise"
	EvAnswer    = "answer"
	EvDecline   = "decline"
	EvClose     = "close"
	EvRate      = "rate"
	EvRenewCode = "renew_code"
)

const (
	requestKind docket.Kind = "request"
	numberKind  docket.Kind = "request-number"
)

func unitList(unit string, open bool) string {
	if open {
		return "request/unit/" + unit
	}
	return "request/unit/" + unit + "/done"
}

func districtList(district roster.DistrictCode, open bool) string {
	if open {
		return "request/district/" + string(district)
	}
	return "request/district/" + string(district) + "/done"
}

// places: what is open stands by last day, what is done by the day of its reply.
func places(_ string, r Request) docket.Places {
	order := r.due().On.String()
	if !r.Status.open() {
		order = calendar.Of(r.Reply.At).String()
	}
	return docket.Places{{List: unitList(r.Unit, r.Status.open()), Order: order}, {List: districtList(r.District, r.Status.open()), Order: order}}
}

// due is the last day of the reply that is owed next, whatever its issue does.
func (r *Request) due() approval.Due {
	if r.Status == Registered {
		return r.First
	}
	return r.Final
}

// Registers reports whether the actor takes requests about the project in: the
// secretary of its branch, its general branch, the bureau of its area.
func Registers(r *roster.Roster, actor approval.Actor, id roster.ProjectID) bool {
	project, ok := r.Project(id)
	if !ok {
		return false
	}
	branch, _ := r.BranchOf(id)
	switch actor.Role {
	case roster.Secretary:
		return actor.Unit == string(branch.ID)
	case roster.GeneralBranch:
		up, ok := r.Up(branch.ID, roster.TierGeneralBranch)
		return ok && actor.Unit == string(up)
	case roster.Bureau:
		bureau, ok := r.Department(roster.DepartmentID(actor.Unit))
		return ok && r.Within(project.District, bureau.District)
	}
	return false
}

// works reports whether the actor's post is one that works in the unit's name.
func works(actor approval.Actor, unit string) bool {
	return actor.Unit == unit && slices.Contains([]roster.Role{roster.Secretary, roster.GeneralBranch, roster.Officer, roster.Lead}, actor.Role)
}

// Reads reports whether the actor may see the request.
func Reads(r *roster.Roster, actor approval.Actor, q *Request) bool {
	return actor.Role == roster.Overseer || serves(r, actor, q) || slices.ContainsFunc(q.Before, func(unit string) bool { return works(actor, unit) })
}

// serves reports whether the actor may know whom to call back.
func serves(r *roster.Roster, actor approval.Actor, q *Request) bool {
	return works(actor, q.Unit) || Registers(r, actor, q.Project)
}

// Takes checks that a unit can be given requests on a day.
func Takes(r *roster.Roster, unit string, today calendar.Date) error {
	if d, ok := r.Department(roster.DepartmentID(unit)); ok && d.Kind.Decides() && d.Acting(today) {
		return nil
	}
	if b, ok := r.Branch(roster.BranchID(unit)); ok && b.Tier != roster.TierHeadquarters && b.Standing(today) {
		return nil
	}
	return approval.Refuse(approval.Invalid, "unit", "请选择名册上的临时党支部、临时党总支或承办部门。", "Choose a branch, a general branch, or a department that decides, from the roster.")
}

// New is a request as it is told.
type New struct {
	Project      roster.ProjectID
	From         Requester
	Organisation string
	Contact      Contact
	Channel      Channel
	Title, Text  string
	Unit         string // to whom it goes; empty: the project's branch
}

func (n New) register(rules approval.Rules, hash string, act *docket.Act) (Request, error) {
	project, ok := rules.Roster.Project(n.Project)
	if !ok {
		return Request{}, approval.Refuse(approval.Invalid, "project", "没有这个重点项目，请从项目列表中选择。", "There is no such project; choose one from the list.")
	}
	if !Registers(rules.Roster, act.Actor, n.Project) {
		return Request{}, approval.Refuse(approval.Forbidden, "", "诉求由该项目临时党支部书记、所属临时党总支或重点项目局登记。", "Requests are registered by the secretary of the project's branch, its general branch, or the bureau.")
	}
	branch, ok := rules.Roster.BranchOf(n.Project)
	if n.Unit == "" {
		n.Unit = string(branch.ID)
	}
	if !ok && n.Unit == "" {
		return Request{}, approval.Refuse(approval.Invalid, "unit", "该项目尚未建立临时党支部，请指定承办单位。", "The project has no branch yet; name the unit that shall have the request.")
	}
	if err := Takes(rules.Roster, n.Unit, calendar.Of(act.Now)); err != nil {
		return Request{}, err
	}
	if !slices.Contains([]Requester{Enterprise, Resident, Village}, n.From) {
		return Request{}, approval.Refuse(approval.Invalid, "from", "请选择诉求人类别：企业、居民或村居。", "Say whether it comes from an enterprise, a resident or a village.")
	}
	if !slices.Contains([]Channel{Call, Visit, Letter, Online}, n.Channel) {
		return Request{}, approval.Refuse(approval.Invalid, "channel", "请选择受理渠道：来电、来访、来信或网上。", "Say how it came: call, visit, letter or online.")
	}
	if n.From == Resident && n.Organisation != "" {
		return Request{}, approval.Refuse(approval.Invalid, "organisation", "居民诉求不登记姓名，请留空；需回访的，填写联系人。", "A resident is registered without a name; leave this empty, and give a contact if a call back is needed.")
	}
	for _, f := range []struct {
		name, value string
		most        int
		mandatory   bool
	}{
		{"organisation", n.Organisation, 120, n.From != Resident},
		{"title", n.Title, 120, true},
		{"text", n.Text, 4000, true},
		{"contact.name", n.Contact.Name, 40, false},
		{"contact.phone", n.Contact.Phone, 30, false},
	} {
		if err := approval.CheckText(f.name, f.value, f.most, f.mandatory); err != nil {
			return Request{}, err
		}
	}
	first, final := dues(rules.Calendar, calendar.Of(act.Now))
	r := Request{
		Project: n.Project, District: project.District, From: n.From, Organisation: n.Organisation, Channel: n.Channel, Title: n.Title, Text: n.Text,
		Status: Registered, Unit: n.Unit, RegisteredBy: act.Actor, RegisteredAt: act.Now, First: first, Final: final, Code: hash,
	}
	if n.Contact != (Contact{}) {
		r.Contact = &n.Contact
	}
	act.Event(EvRegister, func(e *approval.Event) { e.After = string(Registered) })
	return r, nil
}

// held checks that the actor works in the unit that has the request and has no
// interest in its project; nor has whom the actor stands in for.
func (r *Request) held(rules approval.Rules, actor approval.Actor) error {
	if !works(actor, r.Unit) {
		name := rules.Roster.UnitName(r.Unit)
		return approval.Refuse(approval.Forbidden, "", "该诉求由%[1]s办理。", "This request is dealt with by %[2]s.", name.ZH, name.EN)
	}
	// A secretary's interest in the own project is the office.
	aside := rules.Roster.MustStandAside(actor.Person, r.Project) || rules.Roster.MustStandAside(actor.For, r.Project)
	if actor.Role != roster.Secretary && aside {
		return approval.Refuse(approval.Forbidden, "", "您与该项目有利害关系，应当回避，请由本单位其他人员办理。", "You have an interest in the project and must stand aside; a colleague of your unit does this.")
	}
	return nil
}

// stands checks that the request stands where the step begins.
func (r *Request) stands(at ...Status) error {
	if slices.Contains(at, r.Status) {
		return nil
	}
	name := r.Status.Name()
	kind := approval.Conflict
	if !r.Status.open() {
		kind = approval.Closed
	}
	return approval.Refuse(kind, "", "该诉求目前为“%[1]s”，不能进行此操作。", "The request is %[2]s; this cannot be done now.", name.ZH, name.EN)
}

func (r *Request) accept(rules approval.Rules, act *docket.Act) error {
	if err := r.held(rules, act.Actor); err != nil {
		return err
	}
	if err := r.stands(Registered); err != nil {
		return err
	}
	r.Status, r.AcceptedAt = Accepted, act.Now
	act.Event(EvAccept, func(e *approval.Event) { e.Before, e.After = string(Registered), string(Accepted) })
	return nil
}

// handOn gives the request to another unit. Who registers requests may do so too,
// so that none stays where nobody takes it up. The clock goes on.
func (r *Request) handOn(rules approval.Rules, act *docket.Act, unit, reason string) error {
	if !works(act.Actor, r.Unit) && !Registers(rules.Roster, act.Actor, r.Project) {
		return r.held(rules, act.Actor)
	}
	if err := r.stands(Registered, Accepted); err != nil {
		return err
	}
	if err := Takes(rules.Roster, unit, calendar.Of(act.Now)); err != nil {
		return err
	}
	if unit == r.Unit {
		return approval.Refuse(approval.Invalid, "unit", "该诉求已由此单位办理，请选择其他单位。", "That unit has the request already; choose another.")
	}
	if err := approval.CheckText("reason", reason, 2000, true); err != nil {
		return err
	}
	before := r.Unit
	r.Before = append(slices.Clone(r.Before), before)
	r.Unit, r.Status, r.AcceptedAt = unit, Registered, time.Time{}
	act.Event(EvHandOn, func(e *approval.Event) { e.Before, e.After, e.Reason = before, unit, reason })
	return nil
}

// answer gives the final reply. While the issue that it became is under way there
// is none to give.
func (r *Request) answer(rules approval.Rules, act *docket.Act, text string, ended bool) error {
	if err := r.held(rules, act.Actor); err != nil {
		return err
	}
	if err := r.stands(Accepted, Raised); err != nil {
		return err
	}
	if r.Status == Raised && !ended {
		return approval.Refuse(approval.Conflict, "", "所转问题尚未办结，请待办结后答复。", "The issue that it became has not ended; answer when it has.")
	}
	if err := approval.CheckText("text", text, 4000, true); err != nil {
		return err
	}
	before := r.Status
	r.Status, r.Reply = Answered, &Reply{Text: text, By: act.Actor, At: act.Now}
	act.Event(EvAnswer, func(e *approval.Event) { e.Before, e.After = string(before), string(Answered) })
	return nil
}

func (r *Request) decline(rules approval.Rules, act *docket.Act, ground, reason string) error {
	if err := r.held(rules, act.Actor); err != nil {
		return err
	}
	if err := r.stands(Registered, Accepted); err != nil {
		return err
	}
	if err := approval.CheckText("ground", ground, 200, true); err != nil {
		return err
	}
	if err := approval.CheckText("reason", reason, 2000, true); err != nil {
		return err
	}
	before := r.Status
	r.Status, r.Reply = Declined, &Reply{Text: reason, Ground: ground, By: act.Actor, At: act.Now}
	act.Event(EvDecline, func(e *approval.Event) {
		e.Before, e.After, e.Ground = string(before), string(Declined), ground
	})
	return nil
}

// raises checks that the actor may make an issue of the request: the secretary of
// the project's branch, which has accepted it.
func (r *Request) raises(rules approval.Rules, actor approval.Actor) error {
	branch, _ := rules.Roster.BranchOf(r.Project)
	if actor.Role != roster.Secretary || actor.Unit != string(branch.ID) || r.Unit != actor.Unit {
		return approval.Refuse(approval.Forbidden, "", "诉求由承办该诉求的项目临时党支部书记转为问题；在其他单位的，请先转交该支部。", "The secretary of the project's branch makes an issue of a request that the branch has; one elsewhere is handed on to the branch first.")
	}
	return r.stands(Accepted)
}

// renewsCode checks that the actor may give the requester another check code.
func (r *Request) renewsCode(rules approval.Rules, actor approval.Actor) error {
	if !Registers(rules.Roster, actor, r.Project) {
		return approval.Refuse(approval.Forbidden, "", "查询码由登记诉求的岗位补发。", "A new check code is given by those who register requests.")
	}
	return nil
}

// close ends the request once the requester has been told.
func (r *Request) close(rules approval.Rules, act *docket.Act, note string) error {
	if !serves(rules.Roster, act.Actor, r) {
		return r.held(rules, act.Actor)
	}
	if err := r.stands(Answered, Declined); err != nil {
		return err
	}
	if err := approval.CheckText("note", note, 500, true); err != nil {
		return err
	}
	before := r.Status
	r.Status, r.Closed = Closed, act.Now
	act.Event(EvClose, func(e *approval.Event) { e.Before, e.After = string(before), string(Closed) })
	return nil
}

// rate takes the requester's word, once. The same word again is no error.
func (r *Request) rate(act *docket.Act, stars int, comment string) error {
	if r.Rating != nil && r.Rating.Stars == stars && r.Rating.Comment == comment {
		return nil
	}
	switch {
	case r.Status.open():
		return approval.Refuse(approval.Conflict, "", "该诉求尚未答复，请在收到答复后评价。", "The request has not been answered; please rate it when it has.")
	case r.Rating != nil:
		return approval.Refuse(approval.Closed, "", "您已评价过该诉求，不能重复评价。", "You have rated this request already.")
	case stars < 1 || stars > 5:
		return approval.Refuse(approval.Invalid, "stars", "请选择 1 至 5 分。", "Choose 1 to 5.")
	}
	if err := approval.CheckText("comment", comment, 500, false); err != nil {
		return err
	}
	r.Rating = &Rating{stars, comment, act.Now}
	act.Event(EvRate, func(e *approval.Event) { e.Detail = []byte(`{"stars":` + string(rune('0'+stars)) + `}`) })
	return nil
}
