package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// ProposeChange proposes a change of the register; exactly one of transfers,
// holidays and roster is given.
type ProposeChange struct {
	Title     string          `json:"title"`
	Reason    string          `json:"reason"`
	Ground    string          `json:"ground" doc:"The document that it rests on, with its number 文号."`
	On        calendar.Date   `json:"on,omitzero" format:"date" doc:"First day in force; the day of approval when absent or past by then."`
	Transfers []TransferOrder `json:"transfers,omitempty" doc:"Competences that move 事权划转; many items in one change set."`
	Holidays  *HolidayOrder   `json:"holidays,omitempty" doc:"A year's holidays 节假日安排."`
	Roster    []roster.Change `json:"roster,omitempty" doc:"Units and people: reorganisations 机构改革, branches 支部, posts 任职; each entry holds one kind."`
}

// TransferOrder moves the competence for items in a district to a department.
type TransferOrder struct {
	Items     []int  `json:"items"`
	District  string `json:"district"`
	To        string `json:"department"`
	MovesOpen bool   `json:"movesOpen,omitempty" doc:"Open cases go along; otherwise they stay with the old department until they are decided."`
}

// HolidayOrder is a notice: its text as published, or its days one by one.
type HolidayOrder struct {
	Text   string           `json:"text,omitempty" doc:"The notice, pasted whole: the yearly one, or one that changes a holiday of a year entered before. Nothing else is then given."`
	Number string           `json:"number,omitempty" doc:"The notice's number 文号."`
	Year   int              `json:"year,omitempty"`
	Amends string           `json:"amends,omitempty" doc:"The number of the notice whose days it may replace."`
	Days   []HolidayOrderOn `json:"days,omitempty"`
	// DoubtsRead goes with Text.
	DoubtsRead bool `json:"doubtsRead,omitempty" doc:"Sentences of the text that were not understood have been read; they set no day."`
}

// HolidayOrderOn is a day that a notice names.
type HolidayOrderOn struct {
	Date calendar.Date `json:"date" format:"date"`
	Kind string        `json:"kind" enum:"holiday,workday,ordinary" doc:"放假, 调休上班, or an ordinary day again."`
	Name string        `json:"name,omitempty" doc:"The holiday it belongs to, 春节."`
}

// AppointSubstitute appoints somebody who does an officer's work for a while.
type AppointSubstitute struct {
	For    string        `json:"for" doc:"The officer whose work is done."`
	By     string        `json:"by" doc:"Who does it 代办人."`
	From   calendar.Date `json:"from" format:"date"`
	Until  calendar.Date `json:"until" format:"date" doc:"The last day."`
	Reason string        `json:"reason"`
}

// ChangeSet is a proposal to change the register, and what became of it.
type ChangeSet struct {
	ID         string          `json:"id"`
	Version    int64           `json:"version"`
	Title      string          `json:"title"`
	Reason     string          `json:"reason"`
	Ground     string          `json:"ground"`
	On         calendar.Date   `json:"on,omitzero" format:"date"`
	Status     string          `json:"status" enum:"proposed,approved,entered,refused,withdrawn"`
	Transfers  []TransferOrder `json:"transfers,omitempty"`
	Holidays   *HolidayOrder   `json:"holidays,omitempty"`
	Roster     []roster.Change `json:"roster,omitempty"`
	Items      []Item          `json:"items,omitempty" doc:"Approval items 审批事项, new ones and as they will be; proposed by a table."`
	ProposedBy Actor           `json:"proposedBy"`
	ProposedAt time.Time       `json:"proposedAt"`
	DecidedBy  *Actor          `json:"decidedBy,omitempty"`
	DecidedAt  time.Time       `json:"decidedAt,omitzero"`
	Note       string          `json:"note,omitempty" doc:"Why it was refused or withdrawn."`
	N          int64           `json:"n,omitempty" doc:"Its number in the register, once entered."`
	MayApprove bool            `json:"mayApprove" doc:"Whether the caller is a second administrator for whom it waits."`
}

// ChangePreview is what a change set would do, by the rules that will do it.
type ChangePreview struct {
	On          calendar.Date `json:"on" format:"date"`
	Competences []MovedItem   `json:"competences" doc:"Who becomes competent for what."`
	Tasks       []MovedTask   `json:"tasks" doc:"Open tasks that go to another department."`
	Dates       []MovedDate   `json:"dates" doc:"Last days of open tasks that move."`
	Handed      []HandedIssue `json:"handed" doc:"Open issues that another branch or secretary takes over."`
	Held        []HeldWork    `json:"held" doc:"Open work that has to be handed over before somebody leaves 离岗前须交接; until then the change set is refused."`
	Drafts      int           `json:"drafts" doc:"How many drafts another branch or secretary takes over."`
	Looked      int           `json:"looked" doc:"How many open issues and drafts were looked at."`
	Whole       bool          `json:"whole" doc:"False when there are more of them than a preview looks at."`
}

// MovedItem is a competence that moves.
type MovedItem struct {
	Item     ItemRef `json:"item"`
	District Ref     `json:"district"`
	From     *Ref    `json:"from,omitempty" doc:"Absent when nobody was competent."`
	To       *Ref    `json:"to,omitempty" doc:"Absent when nobody will be competent: such requests go to the general branch."`
}

// MovedTask is an open task that goes to another department.
type MovedTask struct {
	Issue   string `json:"issue"`
	Title   string `json:"title"`
	SignOff int    `json:"signOff"`
	From    Ref    `json:"from"`
	To      Ref    `json:"to"`
}

// HandedIssue is an open issue that another branch or secretary takes over 移交.
type HandedIssue struct {
	Issue string `json:"issue"`
	Title string `json:"title"`
	From  Ref    `json:"from"`
	To    Ref    `json:"to" doc:"The same branch when only its secretary changes."`
	By    *Ref   `json:"by,omitempty" doc:"The secretary who takes it over; absent while the branch has none."`
}

// HeldWork is open work in the hands of somebody who is to leave 未交接的工作.
type HeldWork struct {
	Person     Ref    `json:"person"`
	Issue      string `json:"issue"`
	Title      string `json:"title"`
	SignOff    int    `json:"signOff,omitempty" doc:"Absent when it is the issue itself, as the branch's secretary."`
	Department *Ref   `json:"department,omitempty"`
	Branch     *Ref   `json:"branch,omitempty"`
}

// MovedDate is a last day that moves.
type MovedDate struct {
	Issue   string `json:"issue"`
	Title   string `json:"title"`
	SignOff int    `json:"signOff"`
	From    Due    `json:"from"`
	To      Due    `json:"to"`
}

// Register is how the register stands.
type Register struct {
	AsOf    calendar.Date `json:"asOf" format:"date"`
	Entered int64         `json:"entered" doc:"Change sets in the register."`
	InForce int64         `json:"inForce" doc:"Those of them whose day has come."`
}

// RegisterEntry is a change set that stands in the register.
type RegisterEntry struct {
	N          int64         `json:"n"`
	ChangeSet  string        `json:"changeSet"`
	Title      string        `json:"title"`
	Ground     string        `json:"ground"`
	On         calendar.Date `json:"on" format:"date"`
	InForce    bool          `json:"inForce"`
	ProposedBy Actor         `json:"proposedBy"`
	ApprovedBy Actor         `json:"approvedBy"`
	At         time.Time     `json:"at"`
}

type (
	proposeIn struct {
		Key
		Body ProposeChange
	}
	previewIn struct{ Body ProposeChange }
	changesIn struct {
		PageIn
		Open bool `query:"open" doc:"Only those that still wait for somebody."`
	}
	OfChange struct {
		Key
		Match
		ID string `path:"id"`
	}
	changeBecauseIn struct {
		OfChange
		Body Because
	}
	changeEventsIn struct {
		PageIn
		ID string `path:"id"`
	}
	appointIn struct {
		Key
		ID   string `path:"id"`
		Body AppointSubstitute
	}
	// ChangeOut carries a change set.
	ChangeOut struct {
		Status   int
		ETag     string `header:"ETag" doc:"The change set's version, in quotes."`
		Location string `header:"Location"`
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     ChangeSet
	}
)

func (a *API) registering() {
	path := func(end, id, summary string) huma.Operation {
		return change("/register/changes/{id}"+end, id, summary, "register", 200, http.StatusNotFound, http.StatusPreconditionFailed)
	}
	huma.Register(a.huma, operation("GET", "/register", "getRegister", "How the register stands 登记概况", "register", 200), a.getRegister)
	huma.Register(a.huma, operation("GET", "/register/entries", "listEntries", "What was entered, in order 登记簿", "register", 200, http.StatusForbidden), a.listEntries)
	huma.Register(a.huma, operation("POST", "/register/preview", "previewChange", "What a change set would do, without proposing it 变更预览", "register", 200, http.StatusForbidden), a.previewChange)
	huma.Register(a.huma, change("/register/changes", "proposeChange", "Propose a change, as an administrator 提出变更", "register", 201), a.proposeChange)
	huma.Register(a.huma, operation("GET", "/register/changes", "listChanges", "Change sets, the latest first 变更列表", "register", 200, http.StatusForbidden), a.listChanges)
	huma.Register(a.huma, operation("GET", "/register/changes/{id}", "getChange", "A change set 变更详情", "register", 200, http.StatusForbidden, http.StatusNotFound), a.getChange)
	huma.Register(a.huma, operation("GET", "/register/changes/{id}/preview", "previewProposed", "What a proposed change set would do 变更预览", "register", 200, http.StatusForbidden, http.StatusNotFound), a.previewProposed)
	huma.Register(a.huma, operation("GET", "/register/changes/{id}/events", "listChangeEvents", "What happened to a change set 变更过程", "register", 200, http.StatusForbidden, http.StatusNotFound), a.listChangeEvents)
	huma.Register(a.huma, path("/approval", "approveChange", "Approve a change, as another administrator than proposed it 批准变更"), a.approveChange)
	huma.Register(a.huma, path("/refusal", "refuseChange", "Refuse a change, as another administrator 不批准变更"), a.refuseChange)
	huma.Register(a.huma, path("/withdrawal", "withdrawChange", "Withdraw a change, as who proposed it 撤回变更"), a.withdrawChange)
	huma.Register(a.huma, change("/departments/{id}/substitutes", "appointSubstitute", "Appoint a substitute, as the department's lead 指定代办人", "register", 201, http.StatusNotFound), a.appointSubstitute)
}

// draft turns a proposal into the register's.
func (p ProposeChange) draft(c *calendar.Calendar) (register.Draft, error) {
	d := register.Draft{Title: p.Title, Reason: p.Reason, Ground: p.Ground, On: p.On, Order: register.Order{Roster: p.Roster}}
	for _, t := range p.Transfers {
		order := catalog.Transfer{District: roster.DistrictCode(t.District), To: roster.DepartmentID(t.To), MovesOpen: t.MovesOpen}
		for _, no := range t.Items {
			order.Items = append(order.Items, catalog.ItemNo(no))
		}
		d.Order.Transfers = append(d.Order.Transfers, order)
	}
	if p.Holidays != nil {
		notice, err := p.Holidays.notice(c)
		if err != nil {
			return d, err
		}
		d.Order.Holidays = &notice
	}
	return d, nil
}

func (h HolidayOrder) notice(c *calendar.Calendar) (calendar.Notice, error) {
	if h.Text == "" {
		n := calendar.Notice{Number: h.Number, Year: h.Year, Amends: h.Amends}
		for _, d := range h.Days {
			n.Days = append(n.Days, calendar.Day{Date: d.Date, Kind: calendar.Kind(d.Kind), Name: d.Name, Notice: h.Number})
		}
		return n, nil
	}
	if h.Number != "" || h.Year != 0 || h.Amends != "" || len(h.Days) > 0 {
		return calendar.Notice{}, &fault{kind: kindInvalid, field: "holidays", text: text("请只填写通知全文，或者逐项填写文号、年份和日期。", "Give the notice's text, or its number, year and days, not both.")}
	}
	n, doubts, err := c.ReadNotice(h.Text)
	if e, ok := errors.AsType[*calendar.NoticeError](err); ok {
		return n, unread(e.Faults)
	}
	if err == nil && len(doubts) > 0 && !h.DoubtsRead {
		err = unread(append(doubts, calendar.Doubt{ZH: "以上各句未能识别，请对照通知核对；确认无误后选 doubtsRead 再提交。", EN: "These sentences were not understood: compare them with the notice, and submit again with doubtsRead when nothing is missing."}))
	}
	return n, err
}

// unread lists what was not understood of a notice, sentence by sentence.
func unread(doubts []calendar.Doubt) error {
	f := &fault{kind: kindInvalid, field: "holidays.text"}
	for _, d := range doubts {
		zh, en := d.ZH, d.EN
		if d.Words != "" {
			zh, en = "“"+d.Words+"”："+zh, "“"+d.Words+"”: "+en
		}
		f.more = append(f.more, fieldFault{f.field, text(zh, en)})
	}
	f.text = f.more[0].text
	return f
}

func (v view) changeSet(g docket.Got[register.ChangeSet]) ChangeSet {
	c := g.State
	out := ChangeSet{
		ID: g.ID, Version: g.Version, Title: c.Title, Reason: c.Reason, Ground: c.Ground, On: c.On, Status: string(c.Status),
		Holidays: holidays(c.Order.Holidays), Roster: c.Order.Roster, ProposedBy: v.by(c.ProposedBy), ProposedAt: c.ProposedAt,
		DecidedAt: c.DecidedAt, Note: c.Note, N: c.N,
		MayApprove: slices.Contains(register.Open(v.Roster, c, v.actor, v.today.Start()), register.EvApprove),
	}
	for _, t := range c.Order.Transfers {
		order := TransferOrder{District: string(t.District), To: string(t.To), MovesOpen: t.MovesOpen}
		for _, no := range t.Items {
			order.Items = append(order.Items, int(no))
		}
		out.Transfers = append(out.Transfers, order)
	}
	for _, i := range c.Order.Items {
		out.Items = append(out.Items, v.itemView(i))
	}
	if !c.DecidedAt.IsZero() {
		by := v.by(c.DecidedBy)
		out.DecidedBy = &by
	}
	return out
}

func holidays(n *calendar.Notice) *HolidayOrder {
	if n == nil {
		return nil
	}
	out := &HolidayOrder{Number: n.Number, Year: n.Year, Amends: n.Amends}
	for _, d := range n.Days {
		out.Days = append(out.Days, HolidayOrderOn{d.Date, string(d.Kind), d.Name})
	}
	return out
}

func (s *server) changed(ctx context.Context, status int, g docket.Got[register.ChangeSet], err error) (*ChangeOut, error) {
	if err != nil {
		return nil, err
	}
	out := &ChangeOut{Status: status, ETag: etag(g.Version), Body: s.view(callOf(ctx)).changeSet(g)}
	if status == http.StatusCreated {
		out.Location = Base + "/register/changes/" + g.ID
	}
	if g.Repeated {
		out.Replayed = "true"
	}
	return out, nil
}

// as is how the caller qualifies a change of the register.
func (c *call) as(ifMatch string) (approval.Call, error) {
	expect, err := expected(ifMatch)
	return approval.Call{Actor: c.actor, Expect: expect, Key: c.key, Digest: c.digest}, err
}

func (s *server) getRegister(context.Context, *struct{}) (*one[Register], error) {
	state := s.register.State()
	return &one[Register]{Register{AsOf: s.service.Today(), Entered: state.Entered, InForce: state.InForce}}, nil
}

func (s *server) listEntries(ctx context.Context, in *PageIn) (*PageOut[RegisterEntry], error) {
	c := callOf(ctx)
	if err := register.Reads(c.actor); err != nil {
		return nil, err
	}
	v := s.view(c)
	return slice(s, c, "register entries", *in, s.register.Entries(), func(e register.Entry) RegisterEntry {
		return RegisterEntry{N: e.N, ChangeSet: e.ChangeSet, Title: e.Title, Ground: e.Ground, On: e.On, InForce: e.On <= v.today, ProposedBy: v.by(e.ProposedBy), ApprovedBy: v.by(e.ApprovedBy), At: e.At}
	})
}

func (s *server) proposeChange(ctx context.Context, in *proposeIn) (*ChangeOut, error) {
	draft, err := in.Body.draft(s.service.Rules().Calendar)
	if err != nil {
		return nil, err
	}
	call, err := callOf(ctx).as("")
	if err != nil {
		return nil, err
	}
	g, err := s.register.Propose(ctx, call, draft)
	return s.changed(ctx, http.StatusCreated, g, err)
}

func (s *server) previewChange(ctx context.Context, in *previewIn) (*one[ChangePreview], error) {
	if c := callOf(ctx); c.actor.Role != roster.Administrator {
		return nil, register.Reads(approval.Actor{})
	}
	draft, err := in.Body.draft(s.service.Rules().Calendar)
	if err != nil {
		return nil, err
	}
	return s.preview(ctx, draft)
}

func (s *server) previewProposed(ctx context.Context, in *idIn) (*one[ChangePreview], error) {
	g, err := s.change(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if g.State.Status != register.Proposed {
		return nil, &fault{kind: kindConflict, text: text("该变更已经处理，登记簿中已是处理后的情况。", "This change set has been dealt with; the register shows what came of it.")}
	}
	c := g.State
	return s.preview(ctx, register.Draft{Title: c.Title, Reason: c.Reason, Ground: c.Ground, On: c.On, Order: c.Order})
}

func (s *server) preview(ctx context.Context, d register.Draft) (*one[ChangePreview], error) {
	p, err := s.register.Preview(ctx, d)
	if err != nil {
		return nil, err
	}
	v := s.view(callOf(ctx))
	out := ChangePreview{On: p.On, Looked: p.Looked, Whole: p.Whole, Competences: []MovedItem{}, Tasks: []MovedTask{}, Dates: []MovedDate{}, Handed: []HandedIssue{}, Held: []HeldWork{}, Drafts: p.Drafts}
	for _, m := range p.Competences {
		out.Competences = append(out.Competences, MovedItem{v.item(m.Item), v.district(m.District), v.unit(string(m.From)), v.unit(string(m.To))})
	}
	for _, m := range p.Tasks {
		out.Tasks = append(out.Tasks, MovedTask{string(m.Issue), m.Title, m.SignOff, v.department(m.From), v.department(m.To)})
	}
	for _, m := range p.Handed {
		out.Handed = append(out.Handed, HandedIssue{string(m.Issue), m.Title, *v.unit(string(m.From)), *v.unit(string(m.To)), v.person(m.By)})
	}
	for _, h := range p.Held {
		out.Held = append(out.Held, HeldWork{*v.person(h.Person), string(h.Issue), h.Title, h.SignOff, v.unit(string(h.Department)), v.unit(string(h.Branch))})
	}
	for _, m := range p.Dates {
		out.Dates = append(out.Dates, MovedDate{string(m.Issue), m.Title, m.SignOff, v.due(m.From), v.due(m.To)})
	}
	return &one[ChangePreview]{out}, nil
}

// change is a change set that the caller may read.
func (s *server) change(ctx context.Context, id string) (docket.Got[register.ChangeSet], error) {
	if err := register.Reads(callOf(ctx).actor); err != nil {
		return docket.Got[register.ChangeSet]{}, err
	}
	if len(id) > longestID {
		id = id[:longestID]
	}
	return s.register.Get(ctx, id)
}

func (s *server) listChanges(ctx context.Context, in *changesIn) (*PageOut[ChangeSet], error) {
	c := callOf(ctx)
	if err := register.Reads(c.actor); err != nil {
		return nil, err
	}
	return stored(s, c, fmt.Sprintf("changes?open=%t", in.Open), in.PageIn, func(p approval.Page) ([]docket.Got[register.ChangeSet], approval.Cursor, error) {
		return s.register.List(ctx, in.Open, p)
	}, s.view(c).changeSet)
}

func (s *server) getChange(ctx context.Context, in *idIn) (*ChangeOut, error) {
	g, err := s.change(ctx, in.ID)
	return s.changed(ctx, http.StatusOK, g, err)
}

func (s *server) listChangeEvents(ctx context.Context, in *changeEventsIn) (*PageOut[Event], error) {
	c := callOf(ctx)
	g, err := s.change(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return stored(s, c, fmt.Sprintf("change events?id=%q", g.ID), in.PageIn, func(p approval.Page) ([]approval.Event, approval.Cursor, error) {
		return s.register.Trail(ctx, g.ID, 0, p)
	}, s.view(c).event)
}

func (s *server) approveChange(ctx context.Context, in *OfChange) (*ChangeOut, error) {
	call, err := callOf(ctx).as(in.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := s.change(ctx, in.ID); err != nil {
		return nil, err
	}
	g, err := s.register.Approve(ctx, in.ID, call)
	return s.changed(ctx, http.StatusOK, g, err)
}

func (s *server) refuseChange(ctx context.Context, in *changeBecauseIn) (*ChangeOut, error) {
	return s.endChange(ctx, in, s.register.Refuse)
}

func (s *server) withdrawChange(ctx context.Context, in *changeBecauseIn) (*ChangeOut, error) {
	return s.endChange(ctx, in, s.register.Withdraw)
}

func (s *server) endChange(ctx context.Context, in *changeBecauseIn, end func(context.Context, string, string, approval.Call) (docket.Got[register.ChangeSet], error)) (*ChangeOut, error) {
	call, err := callOf(ctx).as(in.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := s.change(ctx, in.ID); err != nil {
		return nil, err
	}
	g, err := end(ctx, in.ID, in.Body.Reason, call)
	return s.changed(ctx, http.StatusOK, g, err)
}

func (s *server) appointSubstitute(ctx context.Context, in *appointIn) (*ChangeOut, error) {
	c := callOf(ctx)
	department, ok := s.service.Rules().Roster.Department(roster.DepartmentID(in.ID))
	if err := need(ok, "id", "没有这个部门，请核对编号。", "There is no such department; please check the id."); err != nil {
		return nil, err
	}
	call, err := c.as("")
	if err != nil {
		return nil, err
	}
	b := in.Body
	substitute := roster.Substitute{For: roster.PersonID(b.For), By: roster.PersonID(b.By), Unit: department.ID, From: b.From, Until: b.Until}
	g, err := s.register.Appoint(ctx, call, register.Substitution(s.service.Rules().Roster, substitute, b.Reason, s.service.Today()))
	return s.changed(ctx, http.StatusCreated, g, err)
}
