package approval

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Petition is what a branch asks for: the content of a draft.
type Petition struct {
	Project     roster.ProjectID `json:"project"`
	Title       string           `json:"title"`
	Body        string           `json:"body"`
	Items       []catalog.ItemNo `json:"items"`
	Commitments []catalog.ItemNo `json:"commitments"` // items asked for on commitment (告知承诺)
	Parties     []Party          `json:"parties"`     // of coordination matters
	Joins       []Join           `json:"joins"`       // of matters that are not agreed as the catalogue says
	Assumed     []string         `json:"assumed"`
	Request     string           `json:"request"` // the request (诉求) that it came from; a draft keeps it
}

// Party is a department asked to take part in a coordination matter (协调事项).
type Party struct {
	Matter     catalog.MatterCode  `json:"matter"`
	Department roster.DepartmentID `json:"department"`
}

// Save writes a draft, or writes it anew. Only the project's branch sees it.
type Save struct{ Petition Petition }

// Raise puts the issue before the departments: the draft as it stands, or the
// petition given. From here on it has a round and an execution.
type Raise struct{ Petition *Petition }

// Claim takes a task out of the department's pool; Release puts it back.
type (
	Claim   struct{ SignOff int }
	Release struct{ SignOff int }
)

// Grant approves (同意).
type Grant struct {
	SignOff int
	Reason  string
}

// Oppose objects (不同意), with legal ground and reason; it opens a consultation.
type Oppose struct {
	SignOff int
	Code    GroundCode // of ObjectionGrounds; OtherGround when empty
	Ground  string     // in words; mandatory where the code names no law
	Reason  string
}

// AskSupplement asks the branch for a supplement (补正): once, everything at once, within
// five working days of receipt (行政许可法 art. 32). The clock stops.
type AskSupplement struct {
	SignOff int
	Papers  []string
	Days    int // working days for the answer, 5 to 30; 0: 15
}

// AnswerSupplement brings the supplement; the clock goes on.
type AnswerSupplement struct {
	SignOff int
	Text    string
}

// Rule decides an objection in the name of the tier that is responsible.
type Rule struct {
	SignOff int
	Outcome Outcome
	Reason  string
}

// Resubmit starts a new round after a ruling asked for a revision. What was
// granted stands; only what was objected to, and what builds on it, is redone.
type Resubmit struct{ Note string }

// Withdraw ends the issue on the branch's wish.
type Withdraw struct{ Reason string }

// Confirm ends the issue for good, with a rating of 1 to 5.
type Confirm struct {
	Stars   int
	Comment string
}

// Resume lets a round go on that an operator has looked after.
type Resume struct{ Reason string }

const (
	titleRunes = 120
	textRunes  = 4000
	papersMost = 30
	askWithin  = 5 // working days, 行政许可法 art. 32
)

func textField(field, value string, most int, mandatory bool) error {
	n := utf8.RuneCountInString(value)
	if mandatory && strings.TrimSpace(value) == "" {
		return refuse(Invalid, field, "请填写此项。", "Please fill this in.")
	}
	if n > most {
		return refuse(Invalid, field, "最多 %d 个字，现为 %d 个字，请精简。", "At most %d characters, this has %d; please shorten it.", most, n)
	}
	if !utf8.ValidString(value) {
		return refuse(Invalid, field, "含有无法识别的字符，请重新输入。", "It holds characters that are not valid text; please enter it again.")
	}
	return nil
}

// secretary checks that the actor is the secretary of the issue's branch.
func (t *transition) secretary() error {
	if t.actor.Role != roster.Secretary || t.actor.Unit != string(t.issue.Branch) {
		return refuse(Forbidden, "", "此操作由该项目临时党支部书记办理。", "Only the secretary of the project's own branch does this.")
	}
	return nil
}

// named is the sign-off that a command names.
func (t *transition) named(n int) (*SignOff, error) {
	s := t.issue.SignOff(n)
	if s == nil {
		return nil, refuse(NotFound, "signOff", "没有第 %d 项会签任务。", "There is no sign-off number %d.", n)
	}
	return s, nil
}

// task checks that the actor may act on the sign-off as an officer of its
// department, and that it is still open.
func (t *transition) task(n int) (*SignOff, error) { return t.taskWhen(n, t.owed) }

// taskWhen is task for acts that have a condition of their own.
func (t *transition) taskWhen(n int, may func(*SignOff) error) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	if t.actor.Role != roster.Officer || t.actor.Unit != string(s.Department) {
		name := t.Roster.UnitName(string(s.Department))
		return nil, refuse(Forbidden, "", "此任务由%[1]s的承办人办理。", "The officers of %[2]s decide this task.", name.ZH, name.EN)
	}
	t.standIn(s)
	if t.barred(s) {
		return nil, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他承办人办理。", "You have an interest in this issue and must stand aside; another officer of your department decides it.")
	}
	if err := may(s); err != nil {
		return nil, err
	}
	if has := t.Claimed(s); has != "" && has != t.actor.Holder() {
		return nil, refuse(Conflict, "", "该任务已由%s认领，请与其联系或请部门负责人改派。", "This task has been claimed by %s; ask them, or have the lead reassign it.", t.Roster.PersonName(s.Assignee))
	}
	return s, nil
}

// lead checks that the actor leads the sign-off's department and has no interest
// in the issue, and that the sign-off is still open.
func (t *transition) lead(n int) (*SignOff, error) {
	s, err := t.named(n)
	if err != nil {
		return nil, err
	}
	if t.actor.Role != roster.Lead || t.actor.Unit != string(s.Department) {
		name := t.Roster.UnitName(string(s.Department))
		return nil, refuse(Forbidden, "", "此操作由%[1]s的部门负责人办理。", "The lead of %[2]s does this.", name.ZH, name.EN)
	}
	if t.aside(t.actor.Person) || s.recused(t.actor.Person) {
		return nil, refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由本部门其他负责人办理。", "You have an interest in this issue and must stand aside; another lead of your department does this.")
	}
	return s, t.owed(s)
}

// aside reports whether a person has an interest in the issue and must stand
// aside (回避): it is their own, or their project's.
func (t *transition) aside(person roster.PersonID) bool {
	return t.own(person) || t.Roster.MustStandAside(person, t.issue.Project)
}

// owed checks that the department owes an answer now.
func (t *transition) owed(s *SignOff) error {
	if err := t.running(s); err != nil {
		return err
	}
	if s.Disputed() {
		return refuse(Conflict, "", "该任务的承办部门尚未确定，请待临时党总支确定后再办理。", "Whose task this is, is not settled yet; wait until the general branch has decided.")
	}
	return nil
}

// running checks that an answer is owed now, whoever owes it.
func (t *transition) running(s *SignOff) error {
	switch s.State {
	case Open:
		if s.Decision != nil {
			return refuse(Conflict, "", "已作出同意意见，待后加签答复后生效；需要变动的，请先撤销加签。", "It has been approved and waits for the signature after it; take that request back to change anything.")
		}
	case Waiting, Held:
		return refuse(Conflict, "", "前置事项尚未办结，该任务还不能办理。", "A prerequisite is not granted yet, so this task cannot be decided.")
	case Supplement:
		return refuse(Conflict, "", "正在等待支部补正材料，计时已停，补正后再办理。", "The branch still owes a supplement and the clock stands still; decide when it has answered.")
	case PapersBack:
		return refuse(Conflict, "", "支部逾期未补正，材料已退件，待其重新申报后再办理。", "The supplement did not come in time and the papers went back; decide when the branch has handed them in anew.")
	default:
		return refuse(Closed, "", "该任务已经办结，不能再次办理。", "This task has been decided already.")
	}
	if t.issue.Status == Returned || t.issue.Status.Ended() {
		return refuse(Closed, "", "该问题当前不在会签中。", "The issue is not in sign-off at present.")
	}
	return nil
}

func (c Save) apply(t *transition) error {
	if t.issue.Version != 0 && t.issue.Status != Draft {
		return refuse(Closed, "", "该问题已提出，不能再按草稿修改。", "The issue has been raised and is no draft any more.")
	}
	if err := t.fill(c.Petition, false); err != nil {
		return err
	}
	t.event(EvDraft, func(e *Event) { e.After = string(Draft) })
	return nil
}

func (c Raise) apply(t *transition) error {
	if t.issue.Version != 0 && t.issue.Status != Draft {
		return refuse(Closed, "", "该问题已经提出。", "The issue has been raised already.")
	}
	p := Petition{t.issue.Project, t.issue.Title, t.issue.Body, t.issue.Items, t.issue.Commitments, t.issue.Parties, t.issue.Joins, t.issue.Assumed, t.issue.Request}
	if c.Petition != nil {
		p = *c.Petition
	}
	if err := t.fill(p, true); err != nil {
		return err
	}
	signOffs, err := t.Plan(t.issue.District, p, t.today)
	if err != nil {
		return err
	}
	joins, err := t.joinsOf(p)
	if err != nil {
		return err
	}
	before := t.issue.Status
	if t.from == 0 {
		before = ""
	}
	t.issue.Joins = joins
	t.issue.Officer = t.OfficerOf(&t.issue)
	t.issue.SignOffs, t.issue.RaisedAt, t.issue.RaisedBy = signOffs, t.now, t.actor
	for _, s := range signOffs {
		t.touch(s.N)
	}
	t.round("")
	t.event(EvRaise, func(e *Event) {
		e.Before, e.After = string(before), string(Raised)
		d := map[string]any{"items": p.Items, "commitments": p.Commitments, "parties": p.Parties, "signOffs": len(signOffs)}
		if len(joins) > 0 {
			d["joins"] = joins
		}
		e.Detail = detail(d)
	})
	t.unowned()
	return nil
}

// round begins a new round: its execution is started by the relay.
func (t *transition) round(note string) {
	n := t.issue.Round() + 1
	name := ExecutionName(t.issue.ID, n)
	t.issue.Rounds = append(t.issue.Rounds, Round{N: n, Execution: name, Machine: t.Machine, StartedAt: t.now, Note: note, Register: t.Register})
	t.issue.Status = Raised
	t.start = &Start{Execution: name, Round: n}
}

// fill takes a petition into the issue, checking every field.
func (t *transition) fill(p Petition, whole bool) error {
	if err := t.place(p.Project); err != nil {
		return err
	}
	if err := t.secretary(); err != nil {
		return err
	}
	return t.write(p, whole)
}

// place says whose project the issue is about.
func (t *transition) place(id roster.ProjectID) error {
	project, ok := t.Roster.Project(id)
	if !ok {
		return refuse(Invalid, "project", "没有这个重点项目，请从项目列表中选择。", "There is no such project; choose one from the list.")
	}
	branch, ok := t.Roster.BranchOf(id)
	if !ok {
		return refuse(Invalid, "project", "该项目尚未建立临时党支部，请先请管理员登记支部。", "The project has no branch yet; ask an administrator to register one.")
	}
	if t.issue.Version != 0 && t.issue.Branch != branch.ID {
		return refuse(Invalid, "project", "草稿不能改到其他支部的项目，请另行提出。", "A draft cannot move to another branch's project; raise a new one.")
	}
	t.issue.Branch, t.issue.Project, t.issue.District = branch.ID, project.ID, project.District
	return nil
}

// write takes the petition's content in.
func (t *transition) write(p Petition, whole bool) error {
	if err := textField("title", p.Title, titleRunes, whole); err != nil {
		return err
	}
	if err := textField("body", p.Body, textRunes, false); err != nil {
		return err
	}
	if err := p.bounded(); err != nil {
		return err
	}
	if t.from == 0 {
		t.issue.Status, t.issue.CreatedAt, t.issue.Tier, t.issue.Light = Draft, t.now, roster.TierBranch, Green
	}
	i := &t.issue
	i.Title, i.Body = strings.TrimSpace(p.Title), strings.TrimSpace(p.Body)
	i.Items, i.Commitments, i.Parties, i.Joins, i.Assumed = p.Items, p.Commitments, p.Parties, p.Joins, p.Assumed
	if p.Request != "" {
		i.Request = p.Request
	}
	i.RaisedBy = t.actor
	return nil
}

// bounded holds a petition, and so a draft too, to what one issue can ask for.
func (p Petition) bounded() error {
	if n := len(p.Items) + len(p.Parties); n > MaxSignOffs {
		return refuse(Invalid, "items", "一个问题最多 %d 项会签，现为 %d 项，请拆成几个问题提出。", "One issue has at most %d sign-offs, this has %d; please split it.", MaxSignOffs, n)
	}
	if n := len(p.Commitments); n > MaxSignOffs {
		return refuse(Invalid, "commitments", "承诺事项最多 %d 项，现为 %d 项。", "At most %d items are on commitment, this has %d.", MaxSignOffs, n)
	}
	if n := len(p.Joins); n > MaxSignOffs {
		return refuse(Invalid, "joins", "合议规则最多 %d 条，现为 %d 条。", "At most %d join rules are listed, this has %d.", MaxSignOffs, n)
	}
	if n := len(p.Assumed); n > MaxSignOffs {
		return refuse(Invalid, "assumed", "拟定说明最多 %d 条，现为 %d 条。", "At most %d assumptions are listed, this has %d.", MaxSignOffs, n)
	}
	for k, assumed := range p.Assumed {
		if err := textField("assumed["+itoa(k)+"]", assumed, titleRunes, true); err != nil {
			return err
		}
	}
	return nil
}

// Plan says which sign-offs a petition leads to, in which department, on which
// clock, and which wait for which. It is what raising does and what a form shows
// beforehand.
func (r Rules) Plan(district roster.DistrictCode, p Petition, on calendar.Date) ([]SignOff, error) {
	switch n := len(p.Items) + len(p.Parties); {
	case n == 0:
		return nil, refuse(Invalid, "items", "请至少选择一个审批事项，或写明一个协调事项及参与部门。", "Choose at least one approval item, or a coordination matter with its parties.")
	case n > MaxSignOffs:
		return nil, refuse(Invalid, "items", "一个问题最多 %d 项会签，现为 %d 项，请拆成几个问题提出。", "One issue has at most %d sign-offs, this has %d; please split it.", MaxSignOffs, n)
	}
	var signOffs []SignOff
	number := map[catalog.ItemNo]int{}
	for k, no := range p.Items {
		item, ok := r.Catalog.Item(no)
		if !ok {
			return nil, refuse(Invalid, "items["+itoa(k)+"]", "目录中没有第 %d 号事项。", "The catalogue has no item number %d.", no)
		}
		if number[no] != 0 {
			return nil, refuse(Invalid, "items["+itoa(k)+"]", "事项“%[1]s”重复了。", "Item %[2]q is named twice.", item.NameZH, item.NameEN)
		}
		department, err := r.Catalog.Competent(no, district, on)
		if _, nobody := errors.AsType[*catalog.NobodyError](err); err != nil && !nobody {
			return nil, fmt.Errorf("competence for an item that the catalogue has: %w", err)
		}
		limit, mark := item.ClockLimit()
		number[no] = len(signOffs) + 1
		signOffs = append(signOffs, SignOff{N: len(signOffs) + 1, Item: no, Department: department, State: Waiting, Limit: limit, LimitMark: mark, Light: Green})
	}
	for k, no := range p.Commitments {
		field := "commitments[" + itoa(k) + "]"
		if slices.Contains(p.Commitments[:k], no) {
			return nil, refuse(Invalid, field, "第 %d 号承诺事项重复了。", "Item number %d is on commitment twice.", no)
		}
		if number[no] == 0 {
			return nil, refuse(Invalid, field, "承诺事项须在所选事项之内。", "An item on commitment must be among the items asked for.")
		}
		if item, _ := r.Catalog.Item(no); !item.CommitmentAllowed {
			return nil, refuse(Invalid, field, "“%[1]s”不适用告知承诺。", "%[2]q cannot be asked for on commitment.", item.NameZH, item.NameEN)
		}
	}
	needs, removed, err := r.Catalog.Graph(p.Items, p.Commitments)
	if err != nil {
		return nil, fmt.Errorf("prerequisites of items that the catalogue has: %w", err)
	}
	for _, need := range needs {
		s := &signOffs[number[need.Item]-1]
		for _, no := range need.Requires {
			s.Requires = append(s.Requires, number[no])
		}
		slices.Sort(s.Requires)
	}
	for _, edge := range removed {
		s := &signOffs[number[edge.Item]-1]
		if n := number[edge.Requires]; n != 0 && !slices.Contains(s.Relaxed, n) {
			s.Relaxed = append(s.Relaxed, n)
		}
	}
	asked := map[Party]bool{}
	for k, party := range p.Parties {
		field := "parties[" + itoa(k) + "]"
		matter, ok := r.Catalog.Matter(party.Matter)
		if !ok {
			return nil, refuse(Invalid, field+".matter", "没有这类协调事项。", "There is no such coordination matter.")
		}
		switch department, ok := r.Roster.Department(party.Department); {
		case !ok:
			return nil, refuse(Invalid, field+".department", "没有这个部门。", "There is no such department.")
		case !department.Kind.Decides():
			return nil, refuse(Invalid, field+".department", "“%[1]s”不参加会签，请选择其他部门。", "%[2]q answers no sign-offs; choose another department.", department.NameZH, department.NameEN)
		default:
			if err := r.gone(field+".department", department, on); err != nil {
				return nil, err
			}
		}
		if asked[party] {
			return nil, refuse(Invalid, field, "同一协调事项的参与部门重复了。", "The department is named twice for the same matter.")
		}
		asked[party] = true
		limit, mark := matter.ClockLimit()
		signOffs = append(signOffs, SignOff{N: len(signOffs) + 1, Matter: party.Matter, Department: party.Department, State: Waiting, Limit: limit, LimitMark: mark, Light: Green})
	}
	joins, err := r.joinsOf(p)
	for k := range signOffs {
		s := &signOffs[k]
		s.Leads = slices.ContainsFunc(joins, func(j Join) bool { return j.Matter == s.Matter && j.Lead == s.Department })
	}
	return signOffs, err
}

func (c Claim) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if s.Assignee == t.actor.Holder() {
		return nil
	}
	s = t.touch(c.SignOff)
	was := t.free(s)
	t.give(s, t.actor.Holder(), t.actor.Person)
	t.event(EvClaim, func(e *Event) {
		e.SignOff, e.Before, e.After = c.SignOff, string(Open), string(Open)
		if was != "" {
			e.Detail = detail(map[string]any{"was": was})
		}
	})
	return nil
}

func (c Release) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if s.Assignee == "" {
		return nil
	}
	t.touch(c.SignOff).pool()
	t.event(EvRelease, func(e *Event) { e.SignOff, e.Before, e.After = c.SignOff, string(Open), string(Open) })
	return nil
}

// take claims a task that nobody has claimed for who acts on it.
func (t *transition) take(s *SignOff) {
	if t.free(s); s.Assignee == "" {
		t.give(s, t.actor.Holder(), t.actor.Person)
	}
}

// decide records the answer; a task that nobody claimed is claimed with it.
func (t *transition) decide(n int, d Decision) *SignOff {
	t.endStops(n, func(*Stop) bool { return true })
	s := t.touch(n)
	t.take(s)
	s.accepted(Implied, t.actor, t.now)
	d.By, d.At = t.actor, t.now
	s.Decision, s.DecidedAt = &d, t.now
	return s
}

func (c Grant) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if err := t.signed(s); err != nil {
		return err
	}
	if err := t.reasonOf(s, c.Reason); err != nil {
		return err
	}
	waits := s.unsigned()
	t.decide(c.SignOff, Decision{Kind: Approve, Reason: c.Reason})
	t.askAfter(c.SignOff)
	if waits {
		t.event(EvApprove, func(e *Event) {
			e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Open), c.Reason
		})
		return nil
	}
	t.event(EvApprove, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Open), string(Granted), c.Reason
	})
	t.grant(c.SignOff)
	return nil
}

func (c Oppose) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if err := t.heard(s); err != nil {
		return err
	}
	code, ground, err := citing(ObjectionGrounds, c.Code, c.Ground)
	if err != nil {
		return err
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.decide(c.SignOff, Decision{Kind: Object, Code: code, Ground: ground, Reason: c.Reason})
	t.event(EvObject, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Ground, e.Reason = c.SignOff, string(Open), string(Objection), ground, c.Reason
		e.Detail = detail(map[string]any{"code": code})
	})
	t.settle(c.SignOff, Objection)
	t.hold(c.SignOff)
	t.weigh(c.SignOff)
	return nil
}

// dispute sees that a consultation is on.
func (t *transition) dispute() {
	if !t.issue.Consultation.open() {
		tier := roster.TierGeneralBranch
		if t.issue.Tier == roster.TierHeadquarters {
			tier = roster.TierHeadquarters
		}
		t.convene(Consultation{Tier: tier}, Machine)
	}
	t.issue.Status = Consulting
}

func (c AskSupplement) apply(t *transition) error {
	s, err := t.task(c.SignOff)
	if err != nil {
		return err
	}
	if s.Request != nil {
		return refuse(Invalid, "papers", "补正须一次性告知，该任务已要求过补正（行政许可法第三十二条）。", "A supplement is asked for once, everything at once, and it has been (行政许可法 art. 32).")
	}
	if s.Acceptance != nil && s.Acceptance.How == Explicit {
		return refuse(Invalid, "papers", "该任务已经受理，材料视为齐全，不能再要求补正（行政许可法第三十二条）。", "This has been accepted, so its papers are complete and no supplement is asked for any more (行政许可法 art. 32).")
	}
	if used := t.Calendar.WorkingDays(calendar.Of(s.OpenedAt), t.today); used > askWithin {
		return refuse(Invalid, "papers", "应当在收到材料后五个工作日内一次性告知补正，现已过 %d 个工作日，视为已受理（行政许可法第三十二条）。", "A supplement is asked for within five working days of receipt; %d have passed, so the papers count as accepted (行政许可法 art. 32).", used)
	}
	if len(c.Papers) == 0 || len(c.Papers) > papersMost {
		return refuse(Invalid, "papers", "请一次列明需要补正的材料（1 至 %d 项）。", "List what is missing, all at once (1 to %d papers).", papersMost)
	}
	for k, paper := range c.Papers {
		if err := textField("papers["+itoa(k)+"]", paper, titleRunes, true); err != nil {
			return err
		}
	}
	by, err := t.answerBy(c.Days)
	if err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	t.take(s)
	s.State, s.Request = Supplement, &Request{Papers: c.Papers, By: t.actor, At: t.now, AnswerBy: by}
	t.stop(c.SignOff, StopSupplement)
	t.nudge(c.SignOff)
	t.event(EvRequest, func(e *Event) {
		e.SignOff, e.Before, e.After = c.SignOff, string(Open), string(Supplement)
		e.Detail = detail(map[string]any{"papers": c.Papers, "until": by})
	})
	t.lengthened(BySupplement, s)
	return nil
}

func (c AnswerSupplement) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	s := t.issue.SignOff(c.SignOff)
	if s != nil && s.State == Supplement && t.issue.Status == Returned {
		return refuse(Conflict, "signOff", "该问题已退回修改，请先重新提交，再补正材料。", "The issue has been sent back: resubmit it first, then answer the supplement.")
	}
	if s != nil && s.State == Supplement && !s.Request.AnswerBy.IsZero() && t.today > s.Request.AnswerBy {
		return refuse(Closed, "", "补正期限 %s 已过，材料即将退件，请待退件后重新申报。", "The supplement was due by %s; the papers are about to go back, and are then handed in anew.", s.Request.AnswerBy)
	}
	if s == nil || s.State != Supplement {
		return refuse(Conflict, "signOff", "该任务没有待补正的要求。", "No supplement is waited for here.")
	}
	if err := textField("text", c.Text, textRunes, true); err != nil {
		return err
	}
	s = t.touch(c.SignOff)
	request := *s.Request
	request.Answer, request.AnsweredBy, request.AnsweredAt = c.Text, t.actor, t.now
	s.State, s.Request = Open, &request
	s.accepted(Implied, request.By, t.now)
	t.stopsEnd(s, StopSupplement)
	t.reckon(s)
	t.nudge(c.SignOff)
	t.event(EvAnswer, func(e *Event) {
		e.SignOff, e.Before, e.After, e.Reason = c.SignOff, string(Supplement), string(Open), c.Text
		if !s.Due.On.IsZero() { // another stop may run on
			e.Detail = detail(map[string]any{"due": s.Due.On})
		}
	})
	return nil
}

func (c Rule) apply(t *transition) error {
	s := t.issue.SignOff(c.SignOff)
	con := t.issue.Consultation
	if s == nil || s.State != Objection || !con.open() {
		return refuse(Conflict, "signOff", "该任务没有待裁定的异议。", "There is no objection to rule on here.")
	}
	if !t.issue.Counts(s) {
		return refuse(Conflict, "signOff", "按该协调事项的合议规则，其他部门的意见尚能决定结果，暂不裁定该异议。", "By the matter's join rule the other departments can still decide it, so this objection is not ruled on yet.")
	}
	if !t.RulesOn(&t.issue, t.actor) {
		return refuse(Forbidden, "", "该异议由%[1]s裁定。", "This objection is ruled on by %[2]s.", t.Roster.TierName(con.Tier).ZH, t.Roster.TierName(con.Tier).EN)
	}
	if t.aside(t.actor.Person) {
		return refuse(Forbidden, "", "您与该问题有利害关系，应当回避，请由同级其他人员裁定。", "You have an interest in this issue and must stand aside; somebody else of your tier rules on it.")
	}
	t.endVote()
	if err := con.notVoting(); err != nil {
		return err
	}
	if !c.Outcome.known() {
		return refuse(Invalid, "outcome", "请选择：异议成立、异议不成立或退回修改。", "Choose upheld, set_aside or revised.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.find(Finding(c))
	if c.Outcome != SetAside || t.objections() == 0 && con.Why() == OnObjection {
		t.finish(Ruled, c.Outcome == Uphold, c.Outcome == Revise)
	}
	return nil
}

func (t *transition) objections() (n int) {
	for k := range t.issue.SignOffs {
		if t.issue.Counts(&t.issue.SignOffs[k]) {
			n++
		}
	}
	return n
}

func (t *transition) voidRest() {
	for k := range t.issue.SignOffs {
		if s := &t.issue.SignOffs[k]; !s.State.Final() {
			t.settle(s.N, Void)
		}
	}
}

func (c Resubmit) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	if t.issue.Status != Returned {
		return refuse(Conflict, "", "该问题没有被退回修改。", "The issue has not been sent back.")
	}
	if err := textField("note", c.Note, textRunes, true); err != nil {
		return err
	}
	for k := range t.issue.SignOffs {
		s := &t.issue.SignOffs[k]
		switch s.State {
		case Objection, Held:
			t.redo(s.N)
		case Open:
			t.runOut(s.N)
			s = t.touch(s.N)
			t.stopsEnd(s, StopReturned)
			t.reckon(s)
			t.nudge(s.N)
		}
	}
	t.endHold() // the old round goes on to its end
	t.round(c.Note)
	t.event(EvResubmit, func(e *Event) { e.Before, e.After, e.Reason = string(Returned), string(Raised), c.Note })
	return nil
}

func (c Withdraw) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	if t.issue.Status.Ended() {
		return refuse(Closed, "", "该问题已办结，不能撤回。", "The issue has ended and cannot be withdrawn.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	before := t.issue.Status
	t.voidRest()
	t.adjourn("")
	t.endHold()
	t.issue.Status, t.issue.ConcludedAt, t.issue.Verdict = Withdrawn, t.now, WasPulled
	t.event(EvWithdraw, func(e *Event) { e.Before, e.After, e.Reason = string(before), string(Withdrawn), c.Reason })
	return nil
}

// endHold lets a round go on that waits for an operator.
func (t *transition) endHold() {
	t.issue.Hold = nil
	t.unwatch(holdWatch)
}

func (c Confirm) apply(t *transition) error {
	if err := t.secretary(); err != nil {
		return err
	}
	if t.issue.Status != Concluded {
		return refuse(Conflict, "", "问题办结后才能确认和评价，且只能评价一次。", "An issue is confirmed and rated once, after it has been concluded.")
	}
	if c.Stars < 1 || c.Stars > 5 {
		return refuse(Invalid, "stars", "请在 1（很不满意）至 5（非常满意）之间评价。", "Rate from 1 (very bad) to 5 (very good).")
	}
	if err := textField("comment", c.Comment, textRunes, c.Stars <= 2); err != nil {
		return err
	}
	t.issue.Status, t.issue.ConfirmedAt = Confirmed, t.now
	t.issue.Rating = &Rating{Stars: c.Stars, Comment: c.Comment, By: t.actor, At: t.now}
	t.event(EvConfirm, func(e *Event) {
		e.Before, e.After, e.Reason = string(Concluded), string(Confirmed), c.Comment
		e.Detail = detail(map[string]any{"stars": c.Stars})
	})
	return nil
}

func (c Resume) apply(t *transition) error {
	if t.actor.Role != roster.Administrator {
		return refuse(Forbidden, "", "此操作由系统管理员办理。", "An administrator does this.")
	}
	if t.issue.Hold == nil {
		return refuse(Conflict, "", "该问题的流程没有挂起。", "The issue's workflow is not on hold.")
	}
	if err := textField("reason", c.Reason, textRunes, true); err != nil {
		return err
	}
	t.endHold()
	t.event(EvResume, func(e *Event) { e.Reason = c.Reason })
	return nil
}
