package intake

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// MatterStatus is where a matter of the pool stands.
type MatterStatus string

const (
	Offered   MatterStatus = "open"      // 待认领: any unit may claim it
	Claimed   MatterStatus = "claimed"   // 已认领: the claiming unit acts, the publisher confirms
	Done      MatterStatus = "done"      // 已办结: nobody
	Recalled  MatterStatus = "withdrawn" // 已收回: nobody
	Forfeited MatterStatus = "expired"   // 已过期: nobody claimed it in time
)

// Name is the status in words.
func (s MatterStatus) Name() roster.Name {
	switch s {
	case Offered:
		return roster.Name{ZH: "待认领", EN: "to be claimed"}
	case Claimed:
		return roster.Name{ZH: "已认领", EN: "claimed"}
	case Done:
		return roster.Name{ZH: "已办结", EN: "done"}
	case Recalled:
		return roster.Name{ZH: "已收回", EN: "withdrawn"}
	case Forfeited:
		return roster.Name{ZH: "已过期", EN: "expired"}
	}
	return roster.Name{ZH: string(s), EN: string(s)}
}

// Need is what kind of help a matter asks for.
type Need string

const (
	Resources  Need = "resources"  // 资源
	Venue      Need = "venue"      // 场地
	Staff      Need = "people"     // 人员
	Technology Need = "technology" // 技术
	Other      Need = "other"      // 其他
)

// Matter (认领事项) is help that a branch or the bureau asks partner units for. The
// model is Luohu's of 2017: 292 matters claimed by 130 units. Who claimed, gave
// back and reported what stays in its trail.
type Matter struct {
	Project  roster.ProjectID    `json:"project"`
	District roster.DistrictCode `json:"district"`
	Issue    approval.IssueID    `json:"issue,omitempty"`
	Need     Need                `json:"need"`
	Title    string              `json:"title"`
	Text     string              `json:"text"`
	Until    calendar.Date       `json:"until"` // the last day on which it can be claimed, and by which it is wanted

	By     approval.Actor `json:"by"` // who published it; the unit confirms
	At     time.Time      `json:"at"`
	Status MatterStatus   `json:"status"`

	Claim    *MatterClaim `json:"claim,omitempty"`    // who has it, or had it in the end
	Progress []Progress   `json:"progress,omitempty"` // of that claim
	Result   string       `json:"result,omitempty"`   // what the publisher confirmed
	Ended    time.Time    `json:"ended,omitzero"`
}

// MatterClaim is who took a matter on, and what they bring. A co-building unit
// (共建单位) that has no account is the Partner; By has recorded its claim (代录), answers
// for it here, and says on what basis.
type MatterClaim struct {
	By      approval.Actor `json:"by"`
	Partner roster.Name    `json:"partner,omitzero"`
	Basis   string         `json:"basis,omitempty"` // the unit's letter, the minutes ...
	Pledge  string         `json:"pledge,omitempty"`
	At      time.Time      `json:"at"`
}

// Name is whose claim it is.
func (c *MatterClaim) Name(r *roster.Roster) roster.Name {
	if c.Partner != (roster.Name{}) {
		return c.Partner
	}
	return r.UnitName(c.By.Unit)
}

// Progress is what the claiming unit has done so far.
type Progress struct {
	Text string         `json:"text"`
	By   approval.Actor `json:"by"`
	At   time.Time      `json:"at"`
}

const poolKind docket.Kind = "pool"

const (
	mostProgress = 50  // reports of one claim (assumed), so that a record stays small
	mostDays     = 366 // how far ahead a matter may be offered (assumed)
)

// The kinds of events in a matter's trail.
const (
	EvPublish  = "publish"
	EvClaim    = "claim"
	EvRecord   = "record_claim" // of a unit without an account, by somebody else
	EvGiveBack = "give_back"
	EvReport   = "report"
	EvConfirm  = "confirm"
	EvRecall   = "withdraw"
	EvExpire   = "expire"
)

func matterPlaces(_ string, m Matter) docket.Places {
	places := docket.Places{1: {List: "pool/by/" + m.By.Unit, Order: m.At.UTC().Format(time.RFC3339)}}
	switch m.Status {
	case Offered:
		places[0] = docket.Place{List: "pool/open/" + string(m.District), Order: m.Until.String()}
	case Claimed:
		places[0] = docket.Place{List: "pool/unit/" + m.Claim.By.Unit, Order: m.Until.String()}
	case Done:
		places[0] = docket.Place{List: "pool/unit/" + m.Claim.By.Unit + "/done", Order: m.Ended.UTC().Format(time.RFC3339)}
	}
	return places
}

// late reports whether nobody may claim the matter any more.
func (m *Matter) late(today calendar.Date) bool { return m.Status == Offered && today > m.Until }

func (m *Matter) stands(want MatterStatus, today calendar.Date) error {
	is := m.Status
	if m.late(today) {
		is = Forfeited
	}
	if is == want {
		return nil
	}
	kind := approval.Closed
	if is == Offered || is == Claimed {
		kind = approval.Conflict
	}
	name := is.Name()
	return approval.Refuse(kind, "", "该事项目前为“%[1]s”，不能进行此操作。", "The matter is %[2]s; this cannot be done now.", name.ZH, name.EN)
}

// unit is who speaks today for the unit in whose name somebody acted: what a branch did
// goes with its project, what a department did with its successor.
func (m *Matter) unit(r *roster.Roster, by approval.Actor) string {
	if branch, ok := r.BranchOf(m.Project); ok && by.Role == roster.Secretary {
		return string(branch.ID)
	}
	if to, ok := r.Successor(roster.DepartmentID(by.Unit)); ok {
		return string(to)
	}
	return by.Unit
}

// speaks reports whether the actor speaks for the unit in whose name somebody acted.
func (m *Matter) speaks(r *roster.Roster, actor, by approval.Actor) bool {
	return actor.Role == by.Role && actor.Unit == m.unit(r, by)
}

// publishes checks that the actor speaks for the unit that published the matter.
func (m *Matter) publishes(rules approval.Rules, actor approval.Actor) error {
	if m.speaks(rules.Roster, actor, m.By) {
		return nil
	}
	name := rules.Roster.UnitName(m.unit(rules.Roster, m.By))
	return approval.Refuse(approval.Forbidden, "", "此操作由发布单位%[1]s办理。", "%[2]s, which published the matter, does this.", name.ZH, name.EN)
}

// Offer is a matter as it is published.
type Offer struct {
	Project     roster.ProjectID
	Issue       approval.IssueID
	Need        Need
	Title, Text string
	Until       calendar.Date
}

func (o Offer) publish(rules approval.Rules, act *docket.Act) (Matter, error) {
	project, ok := rules.Roster.Project(o.Project)
	if !ok {
		return Matter{}, approval.Refuse(approval.Invalid, "project", "没有这个重点项目，请从项目列表中选择。", "There is no such project; choose one from the list.")
	}
	if !Registers(rules.Roster, act.Actor, o.Project) {
		return Matter{}, approval.Refuse(approval.Forbidden, "", "认领事项由该项目临时党支部书记、所属临时党总支或重点项目局发布。", "Matters are published by the secretary of the project's branch, its general branch, or the bureau.")
	}
	if !slices.Contains([]Need{Resources, Venue, Staff, Technology, Other}, o.Need) {
		return Matter{}, approval.Refuse(approval.Invalid, "need", "请选择所需支持：资源、场地、人员、技术或其他。", "Say what is needed: resources, venue, people, technology or other.")
	}
	if err := approval.CheckText("title", o.Title, 120, true); err != nil {
		return Matter{}, err
	}
	if err := approval.CheckText("text", o.Text, 4000, true); err != nil {
		return Matter{}, err
	}
	if today := calendar.Of(act.Now); o.Until < today || o.Until > today.Add(mostDays) {
		return Matter{}, approval.Refuse(approval.Invalid, "until", "截止日期须在今天至一年之内。", "The last day is today or within a year.")
	}
	act.Event(EvPublish, func(e *approval.Event) { e.After = string(Offered) })
	return Matter{
		Project: o.Project, District: project.District, Issue: o.Issue, Need: o.Need, Title: o.Title, Text: o.Text, Until: o.Until,
		By: act.Actor, At: act.Now, Status: Offered,
	}, nil
}

// Claiming is what a unit brings; the lead of a department claims for it. Partner names a
// co-building unit of the project's branch that has no account: then the general branch
// above it records the claim, or the branch's secretary, but not who published the
// matter and will confirm it.
type Claiming struct {
	Pledge  string
	Partner string // in either language
	Basis   string // how the unit said so; mandatory with Partner
}

func (m *Matter) claim(rules approval.Rules, act *docket.Act, c Claiming) error {
	claim := MatterClaim{By: act.Actor, Pledge: c.Pledge, At: act.Now}
	d, ok := rules.Roster.Department(roster.DepartmentID(act.Actor.Unit))
	records := c.Partner != "" && slices.Contains([]roster.Role{roster.Secretary, roster.GeneralBranch}, act.Actor.Role) && Registers(rules.Roster, act.Actor, m.Project)
	switch {
	case records && act.Actor.Unit == m.unit(rules.Roster, m.By):
		return approval.Refuse(approval.Forbidden, "", "发布单位不能代录认领，由该项目所属临时党总支或临时党支部书记代录。", "Who published the matter does not record a claim on it; the general branch, or the branch's secretary, does.")
	case !records && (act.Actor.Role != roster.Lead || !ok || !d.Kind.Decides()):
		return approval.Refuse(approval.Forbidden, "", "事项由部门或共建单位的负责人认领；没有账号的共建单位，由该项目所属临时党总支或临时党支部书记代录。", "Matters are claimed by the lead of a department or co-building unit; for a co-building unit without an account the general branch, or the branch's secretary, records the claim.")
	}
	if m.Status == Claimed && (records || !m.speaks(rules.Roster, act.Actor, m.Claim.By)) {
		name := m.Claim.Name(rules.Roster)
		return approval.Refuse(approval.Conflict, "", "该事项已由%[1]s认领。", "%[2]s has claimed this matter.", name.ZH, name.EN)
	}
	if err := m.stands(Offered, calendar.Of(act.Now)); err != nil {
		return err
	}
	if records {
		branch, _ := rules.Roster.BranchOf(m.Project)
		k := slices.IndexFunc(branch.CoBuilders, func(b roster.CoBuilder) bool {
			return b.Department == "" && (b.Name.ZH == c.Partner || b.Name.EN == c.Partner)
		})
		if k < 0 {
			return approval.Refuse(approval.Invalid, "partner", "该支部的共建单位中没有“%[1]s”（有账号的部门由其负责人自行认领），请先请管理员登记。", "%[1]q is none of the branch's co-building units without an account; ask an administrator to register it. Departments claim by themselves.", c.Partner)
		}
		claim.Partner, claim.Basis = branch.CoBuilders[k].Name, c.Basis
	} else if c.Partner != "" {
		return approval.Refuse(approval.Invalid, "partner", "部门认领的，请勿填写共建单位。", "A department claims for itself; leave the co-building unit empty.")
	}
	if err := approval.CheckText("basis", c.Basis, 500, records); err != nil {
		return err
	}
	if err := approval.CheckText("pledge", c.Pledge, 2000, false); err != nil {
		return err
	}
	m.Status, m.Claim, m.Progress = Claimed, &claim, nil
	kind := EvClaim
	if records {
		kind = EvRecord
	}
	act.Event(kind, func(e *approval.Event) {
		e.Before, e.After, e.Reason, e.Ground = string(Offered), string(Claimed), c.Pledge, claim.Basis
		if records {
			e.Detail, _ = json.Marshal(map[string]roster.Name{"partner": claim.Partner})
		}
	})
	return nil
}

// giveBack puts a claimed matter back into the pool: the claiming unit may, and so
// may the publisher when nothing comes of a claim.
func (m *Matter) giveBack(rules approval.Rules, act *docket.Act, reason string) error {
	if err := m.stands(Claimed, calendar.Of(act.Now)); err != nil {
		return err
	}
	if !m.speaks(rules.Roster, act.Actor, m.Claim.By) {
		if err := m.publishes(rules, act.Actor); err != nil {
			return approval.Refuse(approval.Forbidden, "", "退回由认领单位负责人（代录的，由代录单位）或发布单位办理。", "The lead of the unit that claimed it, who recorded its claim, or the publisher gives it back.")
		}
	}
	if err := approval.CheckText("reason", reason, 2000, true); err != nil {
		return err
	}
	m.Status, m.Claim, m.Progress = Offered, nil, nil
	act.Event(EvGiveBack, func(e *approval.Event) { e.Before, e.After, e.Reason = string(Claimed), string(Offered), reason })
	return nil
}

func (m *Matter) report(rules approval.Rules, act *docket.Act, text string) error {
	if err := m.stands(Claimed, calendar.Of(act.Now)); err != nil {
		return err
	}
	speaker := act.Actor
	if speaker.Role == roster.Officer {
		speaker.Role = roster.Lead // an officer reports as the lead does
	}
	if !m.speaks(rules.Roster, speaker, m.Claim.By) {
		return approval.Refuse(approval.Forbidden, "", "进展由认领单位报送；代录的，由代录单位报送。", "The unit that claimed it reports, or who recorded its claim.")
	}
	if len(m.Progress) >= mostProgress {
		return approval.Refuse(approval.Conflict, "", "进展最多报送 %d 次，请发布单位确认办结。", "At most %d reports are kept; have the publisher confirm the matter.", mostProgress)
	}
	if err := approval.CheckText("text", text, 1000, true); err != nil {
		return err
	}
	m.Progress = append(slices.Clone(m.Progress), Progress{text, act.Actor, act.Now})
	act.Event(EvReport, func(e *approval.Event) { e.Before, e.After, e.Reason = string(Claimed), string(Claimed), text })
	return nil
}

// end is what the publisher says last: done once claimed, or withdrawn while open.
func (m *Matter) end(rules approval.Rules, act *docket.Act, from, to MatterStatus, field, text string) error {
	if err := m.publishes(rules, act.Actor); err != nil {
		return err
	}
	if err := m.stands(from, calendar.Of(act.Now)); err != nil {
		return err
	}
	if err := approval.CheckText(field, text, 2000, true); err != nil {
		return err
	}
	m.Status, m.Result, m.Ended = to, text, act.Now
	kind := EvConfirm
	if to == Recalled {
		kind = EvRecall
	}
	act.Event(kind, func(e *approval.Event) { e.Before, e.After, e.Reason = string(from), string(to), text })
	return nil
}

// GotMatter is a matter as it stands.
type GotMatter = docket.Got[Matter]

// Publish (发布) puts a matter into the pool.
func (s *Service) Publish(ctx context.Context, o Offer, call approval.Call) (got GotMatter, err error) {
	if o.Issue != "" {
		issue, err := s.issues.Issue(ctx, o.Issue, call.Actor)
		if err != nil {
			return got, err
		}
		if issue.Project != o.Project {
			return got, approval.Refuse(approval.Invalid, "issue", "该问题不属于所填项目，请核对。", "The issue belongs to another project; please check.")
		}
	}
	err = s.numbered(ctx, "pool-", call.Actor, func(id string) (bool, error) {
		got, err = s.pool.Put(ctx, id, call, func(_ Matter, act *docket.Act) (Matter, error) {
			if act.Version != 0 {
				return Matter{}, errTaken
			}
			return o.publish(s.issues.Rules(), act)
		})
		return got.Repeated, err
	})
	return got, err
}

func (s *Service) onMatter(ctx context.Context, id string, call approval.Call, step func(m *Matter, rules approval.Rules, act *docket.Act) error) (GotMatter, error) {
	return s.pool.Do(ctx, id, call, func(m Matter, act *docket.Act) (Matter, error) {
		err := step(&m, s.issues.Rules(), act)
		return m, err
	})
}

// Claim (认领) takes a matter on for the actor's unit, or records that a co-building unit
// does; the first one has it.
func (s *Service) Claim(ctx context.Context, id string, c Claiming, call approval.Call) (GotMatter, error) {
	return s.onMatter(ctx, id, call, func(m *Matter, rules approval.Rules, act *docket.Act) error { return m.claim(rules, act, c) })
}

// GiveBack (退回) returns a claimed matter to the pool.
func (s *Service) GiveBack(ctx context.Context, id, reason string, call approval.Call) (GotMatter, error) {
	return s.onMatter(ctx, id, call, func(m *Matter, rules approval.Rules, act *docket.Act) error {
		return m.giveBack(rules, act, reason)
	})
}

// Report (报送进展) says what the claiming unit has done.
func (s *Service) Report(ctx context.Context, id, text string, call approval.Call) (GotMatter, error) {
	return s.onMatter(ctx, id, call, func(m *Matter, rules approval.Rules, act *docket.Act) error {
		return m.report(rules, act, text)
	})
}

// Confirm (确认办结) is the publisher's word that the help was given.
func (s *Service) Confirm(ctx context.Context, id, result string, call approval.Call) (GotMatter, error) {
	return s.onMatter(ctx, id, call, func(m *Matter, rules approval.Rules, act *docket.Act) error {
		return m.end(rules, act, Claimed, Done, "result", result)
	})
}

// Recall (收回) takes a matter that nobody has claimed out of the pool.
func (s *Service) Recall(ctx context.Context, id, reason string, call approval.Call) (GotMatter, error) {
	return s.onMatter(ctx, id, call, func(m *Matter, rules approval.Rules, act *docket.Act) error {
		return m.end(rules, act, Offered, Recalled, "reason", reason)
	})
}

// Matter returns a matter; everybody signed in may see the pool. One that nobody
// claimed in time is answered as expired, whether or not that has been written.
func (s *Service) Matter(ctx context.Context, id string) (GotMatter, error) {
	got, err := s.pool.Get(ctx, id)
	if err == nil && got.State.late(s.issues.Today()) {
		got.State.Status = Forfeited
	}
	return got, err
}

// MatterTrail lists what happened to a matter.
func (s *Service) MatterTrail(ctx context.Context, id string, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	return s.store.Trail(ctx, poolKind, id, after, page)
}

// PoolQuery takes exactly one of District (what can be claimed there, by last day),
// Claimer (what a unit has claimed, by last day; with Done what it has brought to an
// end, the latest first) and Publisher (all that a unit published, the latest first).
type PoolQuery struct {
	District  roster.DistrictCode
	Claimer   string
	Done      bool
	Publisher string
}

// Pool lists matters; it may lag behind the last commits. Whoever lists what can
// be claimed and meets a matter whose last day has passed writes its expiry down,
// so that nothing has to watch the pool by the clock.
func (s *Service) Pool(ctx context.Context, q PoolQuery, page approval.Page) ([]GotMatter, approval.Cursor, error) {
	ask := docket.Query{List: "pool/open/" + string(q.District)}
	switch {
	case q.Publisher != "":
		ask = docket.Query{List: "pool/by/" + q.Publisher, Rank: 1, Backwards: true}
	case q.Claimer != "" && q.Done:
		ask = docket.Query{List: "pool/unit/" + q.Claimer + "/done", Backwards: true}
	case q.Claimer != "":
		ask = docket.Query{List: "pool/unit/" + q.Claimer}
	}
	got, next, err := s.pool.List(ctx, ask, page)
	if err != nil {
		return nil, "", err
	}
	today, out := s.issues.Today(), got[:0]
	for _, g := range got {
		if g.State.late(today) {
			if g, err = s.expire(ctx, g.ID); err != nil {
				return nil, "", err
			}
			if q.District != "" {
				continue
			}
		}
		out = append(out, g)
	}
	return out, next, nil
}

func (s *Service) expire(ctx context.Context, id string) (GotMatter, error) {
	return s.onMatter(ctx, id, approval.Call{Actor: approval.Machine}, func(m *Matter, _ approval.Rules, act *docket.Act) error {
		if m.late(calendar.Of(act.Now)) {
			m.Status, m.Ended = Forfeited, act.Now
			act.Event(EvExpire, func(e *approval.Event) { e.Before, e.After = string(Offered), string(Forfeited) })
		}
		return nil
	})
}
