package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Petition is what a branch asks for.
type Petition struct {
	Project     string     `json:"project"`
	Title       string     `json:"title,omitempty"`
	Body        string     `json:"body,omitempty"`
	Items       []int      `json:"items,omitempty" doc:"Numbers of approval items."`
	Commitments []int      `json:"commitments,omitempty" doc:"Those of the items that are asked for on commitment 告知承诺."`
	Parties     []AskParty `json:"parties,omitempty" doc:"Departments asked to take part in coordination matters 协调事项."`
	Joins       []AskJoin  `json:"joins,omitempty" doc:"When a coordination matter counts as agreed 合议规则, where it is not as the catalogue says."`
	Assumed     []string   `json:"assumed,omitempty" doc:"Inputs that no source states; shown wherever the issue is."`
}

// AskParty asks a department to take part in a coordination matter.
type AskParty struct {
	Matter     string `json:"matter"`
	Department string `json:"department"`
}

// NewIssue is a petition to be raised, or kept as a draft.
type NewIssue struct {
	Petition
	Draft bool `json:"draft,omitempty" doc:"Only save it; the branch alone sees it."`
}

// Decide is a department's answer. Code and ground go with an objection, duties with
// the kinds that leave some.
type Decide struct {
	Kind   string `json:"kind" enum:"approve,commitment,conditional,gaps,object" doc:"同意, 告知承诺, 附条件同意, 容缺受理 or 不同意."`
	Reason string `json:"reason,omitempty" doc:"Mandatory with object."`
	Code   string `json:"code,omitempty" doc:"object: the class of the legal ground, mandatory; see objection in /grounds."`
	Ground string `json:"ground,omitempty" doc:"object: the legal ground 法律依据 in words; the rule of the code stands in for it. Mandatory with a code that names no rule, and with other."`
	Duties []Term `json:"duties,omitempty" doc:"commitment, conditional, gaps: what is to be verified, 1 to 10; mandatory."`
}

// AskSupplement asks the branch for what is missing, once, everything at once.
type AskSupplement struct {
	Papers []string `json:"papers"`
	Days   int      `json:"days,omitempty" doc:"Working days for the answer, 5 to 30; 15 when absent (assumed)."`
}

// AnswerSupplement brings what was missing.
type AnswerSupplement struct {
	Text string `json:"text"`
}

// AskExtension asks the department's lead for more time.
type AskExtension struct {
	Days   int    `json:"days" doc:"In the unit of the limit; at most what the rule of the limit allows (see mayExtendBy)."`
	Reason string `json:"reason" doc:"On the public record."`
}

// AnswerExtension grants or refuses an extension.
type AnswerExtension struct {
	Answer string `json:"answer" enum:"granted,refused" doc:"同意 or 不同意."`
	Note   string `json:"note,omitempty" doc:"Mandatory with refused."`
}

// Reassign names the officer who shall have a task.
type Reassign struct {
	Person string `json:"person" doc:"An officer of the lead's own department."`
	Reason string `json:"reason,omitempty" doc:"Mandatory when the task is taken from somebody."`
}

// Transfer names the department that shall have a task.
type Transfer struct {
	Department string `json:"department" doc:"Any department that answers sign-offs."`
	Reason     string `json:"reason"`
}

// Urge reminds a department.
type Urge struct {
	Text string `json:"text,omitempty" doc:"At most 2,000 characters."`
}

// Comment is a word on an issue.
type Comment struct {
	Text     string   `json:"text" doc:"At most 2,000 characters."`
	SignOff  int      `json:"signOff,omitempty" doc:"The sign-off that it is about; absent: the whole issue."`
	Mentions []string `json:"mentions,omitempty" doc:"At most 10 people who may see the issue; they find the comment at /mentions 提及."`
}

// Rule decides an objection.
type Rule struct {
	Outcome string `json:"outcome" enum:"upheld,set_aside,revised" doc:"异议成立, 异议不成立 or 退回修改."`
	Reason  string `json:"reason"`
}

// Resubmit starts a new round after a revision.
type Resubmit struct {
	Note string `json:"note" doc:"What was changed."`
}

// Because gives a reason.
type Because struct {
	Reason string `json:"reason"`
}

// Confirm ends an issue with a rating.
type Confirm struct {
	Stars   int    `json:"stars" doc:"1 (very bad) to 5 (very good)."`
	Comment string `json:"comment,omitempty" doc:"Mandatory with 1 or 2 stars."`
}

// Plan is what a petition leads to.
type Plan struct {
	Project  Ref           `json:"project"`
	AsOf     calendar.Date `json:"asOf" format:"date" doc:"The day for which competences, and from which last days, are counted."`
	SignOffs []Planned     `json:"signOffs"`
	Graph    Graph         `json:"graph"`
}

// Planned is a sign-off that a petition leads to.
type Planned struct {
	N          int      `json:"n"`
	Item       *ItemRef `json:"item,omitempty"`
	Matter     *Ref     `json:"matter,omitempty"`
	Department Ref      `json:"department"`
	Requires   []int    `json:"requires"`
	Relaxed    []int    `json:"relaxed"`
	Leads      bool     `json:"leads" doc:"Its department takes the matter's lead 牵头."`
	AtOnce     bool     `json:"atOnce" doc:"Nothing has to be granted before it."`
	Limit      Limit    `json:"limit"`
	LimitMark  string   `json:"limitMark"`
	MarkName   Name     `json:"limitMarkName"`
	Due        Due      `json:"due" doc:"The last day if it were opened on asOf."`
}

// Key is the header of every change.
type Key struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" doc:"A new value for each action, the same one for its repetitions; 1 to 128 visible ASCII characters."`
}

// Match is the header of changes that may depend on a version.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the issue you have seen; the change is refused with 412 when it has moved on."`
}

// OfIssue is the path of a change to an issue.
type OfIssue struct {
	Key
	Match
	ID string `path:"id"`
}

// OfSignOff is the path of a change to a sign-off.
type OfSignOff struct {
	OfIssue
	N int `path:"n" doc:"The sign-off's number within the issue."`
}

type (
	createIn struct {
		Key
		Body NewIssue
	}
	planIn  struct{ Body Petition }
	draftIn struct {
		OfIssue
		Body Petition
	}
	raiseIn struct {
		OfIssue
		Body *Petition `doc:"Raise this instead of the draft as it stands."`
	}
	decideIn struct {
		OfSignOff
		Body Decide
	}
	askIn struct {
		OfSignOff
		Body AskSupplement
	}
	answerIn struct {
		OfSignOff
		Body AnswerSupplement
	}
	extendIn struct {
		OfSignOff
		Body AskExtension
	}
	extendedIn struct {
		OfSignOff
		Body AnswerExtension
	}
	reassignIn struct {
		OfSignOff
		Body Reassign
	}
	ofSignOffBecauseIn struct {
		OfSignOff
		Body Because
	}
	transferIn struct {
		OfSignOff
		Body Transfer
	}
	urgeIn struct {
		OfSignOff
		Body *Urge `doc:"May be left out."`
	}
	commentIn struct {
		OfIssue
		Body Comment
	}
	ruleIn struct {
		OfSignOff
		Body Rule
	}
	resubmitIn struct {
		OfIssue
		Body Resubmit
	}
	becauseIn struct {
		OfIssue
		Body Because
	}
	confirmIn struct {
		OfIssue
		Body Confirm
	}
)

// change describes a route that changes something.
func change(path, id, summary, tag string, status int, refusals ...int) huma.Operation {
	op := operation("POST", path, id, summary, tag, status, append(refusals, http.StatusConflict)...)
	op.Metadata = map[string]any{keyed: true}
	return op
}

func ofIssue(path, id, summary string) huma.Operation {
	return change("/issues/{id}"+path, id, summary, "issues", 200, http.StatusNotFound, http.StatusPreconditionFailed)
}

func ofSignOff(path, id, summary string) huma.Operation {
	return change("/issues/{id}/signoffs/{n}"+path, id, summary, "work", 200, http.StatusNotFound, http.StatusPreconditionFailed)
}

func (a *API) commands() {
	huma.Register(a.huma, operation("POST", "/plan", "plan", "What a petition leads to, without raising it 会签预览", "issues", 200), a.plan)
	huma.Register(a.huma, change("/issues", "raiseIssue", "Raise an issue, or save a draft 提出问题", "issues", 201), a.create)
	huma.Register(a.huma, ofIssue("/draft", "saveDraft", "Write a draft anew 修改草稿"), a.saveDraft)
	huma.Register(a.huma, ofIssue("/raise", "raiseDraft", "Raise a draft 提出草稿"), a.raiseDraft)
	huma.Register(a.huma, ofIssue("/resubmit", "resubmit", "Start a new round after a revision 修改后重新提交"), a.resubmit)
	huma.Register(a.huma, ofIssue("/withdraw", "withdraw", "Withdraw an issue 撤回"), a.withdraw)
	huma.Register(a.huma, ofIssue("/confirm", "confirm", "Confirm and rate a concluded issue 确认与评价"), a.confirm)
	huma.Register(a.huma, ofIssue("/resume", "resume", "Let a round go on that waits for an operator 恢复流程"), a.resume)
	huma.Register(a.huma, ofIssue("/comments", "comment", "Comment on an issue; an overseer's is an annotation 留言、批注"), a.comment)
	huma.Register(a.huma, ofSignOff("/urge", "urge", "Remind the department, once per working day 催办"), a.urge)
	huma.Register(a.huma, ofSignOff("/claim", "claim", "Take a task out of the department's pool 认领"), a.claim)
	huma.Register(a.huma, ofSignOff("/release", "release", "Put a task back 退回待办"), a.release)
	huma.Register(a.huma, ofSignOff("/assignee", "reassign", "Give a task to an officer, as the department's lead 改派"), a.reassign)
	huma.Register(a.huma, ofSignOff("/recusal", "recuse", "Declare an interest and stand aside 申请回避"), a.recuse)
	huma.Register(a.huma, ofSignOff("/transfer", "transfer", "Hand a task to another department; its clock goes on 转办"), a.transfer)
	huma.Register(a.huma, ofSignOff("/transfer/return", "sendBack", "Send a transferred task back 退回转办"), a.sendBack)
	huma.Register(a.huma, ofSignOff("/transfer/ruling", "assign", "Decide whose a disputed task is, as the general branch 指定承办部门"), a.assign)
	huma.Register(a.huma, ofSignOff("/decision", "decide", "Approve, approve on terms, or object 出具意见"), a.decide)
	huma.Register(a.huma, ofSignOff("/supplement", "askSupplement", "Ask the branch for a supplement 要求补正"), a.askSupplement)
	huma.Register(a.huma, ofSignOff("/supplement/answer", "answerSupplement", "Bring the supplement 提交补正"), a.answerSupplement)
	huma.Register(a.huma, ofSignOff("/extension", "askExtension", "Ask the lead for more time 申请延期"), a.askExtension)
	huma.Register(a.huma, ofSignOff("/extension/answer", "answerExtension", "Grant or refuse an extension, as the department's lead 批准延期"), a.answerExtension)
	huma.Register(a.huma, ofSignOff("/ruling", "rule", "Rule on an objection 裁定异议"), a.rule)
}

func (p Petition) domain() approval.Petition {
	numbers := func(from []int) (to []catalog.ItemNo) {
		for _, no := range from {
			to = append(to, catalog.ItemNo(no))
		}
		return to
	}
	out := approval.Petition{Project: roster.ProjectID(p.Project), Title: p.Title, Body: p.Body, Items: numbers(p.Items), Commitments: numbers(p.Commitments), Assumed: p.Assumed}
	for _, party := range p.Parties {
		out.Parties = append(out.Parties, approval.Party{Matter: catalog.MatterCode(party.Matter), Department: roster.DepartmentID(party.Department)})
	}
	for _, j := range p.Joins {
		out.Joins = append(out.Joins, j.domain())
	}
	return out
}

func (s *server) plan(ctx context.Context, in *planIn) (*one[Plan], error) {
	v := s.view(callOf(ctx))
	p := in.Body.domain()
	project, ok := s.service.Rules().Roster.Project(p.Project)
	if !ok {
		return nil, noProject()
	}
	signOffs, err := s.service.Rules().Plan(project.District, p, v.today)
	if err != nil {
		return nil, err
	}
	out := Plan{Project: v.project(project.ID), AsOf: v.today, SignOffs: []Planned{}, Graph: graph(signOffs)}
	for k := range signOffs {
		o := v.signOff(&signOffs[k])
		due := v.Calendar.Due(v.today, o.Limit.Days, signOffs[k].Limit.Unit, nil)
		out.SignOffs = append(out.SignOffs, Planned{
			N: o.N, Item: o.Item, Matter: o.Matter, Department: o.Department, Requires: o.Requires, Relaxed: o.Relaxed, Leads: o.Leads,
			AtOnce: len(o.Requires) == 0, Limit: o.Limit, LimitMark: o.LimitMark, MarkName: o.MarkName, Due: v.due(approval.Due{On: due.On, Provisional: due.Provisional}),
		})
	}
	return &one[Plan]{out}, nil
}

// answer tells the issue as a change left it.
func (s *server) answer(c *call, status int, issue *approval.Issue, repeated bool) *IssueOut {
	out := &IssueOut{Status: status, ETag: etag(issue.Version), Body: s.view(c).issue(issue)}
	if repeated {
		out.Replayed = "true"
	}
	return out
}

func (s *server) create(ctx context.Context, in *createIn) (*IssueOut, error) {
	c := callOf(ctx)
	p := in.Body.domain()
	var cmd approval.Command = approval.Raise{Petition: &p}
	if in.Body.Draft {
		cmd = approval.Save{Petition: p}
	}
	issue, repeated, err := s.service.Create(ctx, cmd, approval.Call{Actor: c.actor, Key: c.key, Digest: c.digest})
	if err != nil {
		return nil, err
	}
	if !s.service.Rules().Visible(&issue, c.actor) { // repeated by the same person in another post
		return nil, approval.NoIssue(issue.ID)
	}
	out := s.answer(c, http.StatusCreated, &issue, repeated)
	out.Location = Base + "/issues/" + string(issue.ID)
	return out, nil
}

// do carries a command out on an issue.
func (s *server) do(ctx context.Context, in OfIssue, cmd approval.Command) (*IssueOut, error) {
	issue, repeated, err := s.carry(ctx, in, func(id approval.IssueID, call approval.Call) (approval.Issue, bool, error) {
		issue, repeated, err := s.service.Do(ctx, id, cmd, call)
		if _, ok := errors.AsType[*approval.Error](err); err != nil && !ok {
			err = fmt.Errorf("%T: %w", cmd, err)
		}
		return issue, repeated, err
	})
	if err != nil {
		return nil, err
	}
	return s.answer(callOf(ctx), http.StatusOK, &issue, repeated), nil
}

// carry has something done to an issue. A refusal must not tell that a draft of
// another branch exists, so that it is checked against what the caller may see.
func (s *server) carry(ctx context.Context, in OfIssue, do func(approval.IssueID, approval.Call) (approval.Issue, bool, error)) (approval.Issue, bool, error) {
	c := callOf(ctx)
	expect, err := expected(in.IfMatch)
	if err != nil {
		return approval.Issue{}, false, err
	}
	if len(in.ID) > longestID {
		_, err := s.load(ctx, in.ID)
		return approval.Issue{}, false, err
	}
	issue, repeated, err := do(approval.IssueID(in.ID), approval.Call{Actor: c.actor, Expect: expect, Key: c.key, Digest: c.digest})
	if err != nil {
		if _, ok := errors.AsType[*approval.Error](err); !ok {
			return issue, false, err
		}
		seen, unseen := s.load(ctx, in.ID)
		if unseen != nil {
			return issue, false, unseen
		}
		if approval.IsKind(err, approval.Stale) {
			err = staleError{err, seen.Version}
		}
		return issue, false, err
	}
	if !s.service.Rules().Visible(&issue, c.actor) {
		return issue, false, approval.NoIssue(issue.ID)
	}
	return issue, repeated, nil
}

func (s *server) saveDraft(ctx context.Context, in *draftIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Save{Petition: in.Body.domain()})
}

func (s *server) raiseDraft(ctx context.Context, in *raiseIn) (*IssueOut, error) {
	cmd := approval.Raise{}
	if in.Body != nil {
		p := in.Body.domain()
		cmd.Petition = &p
	}
	return s.do(ctx, in.OfIssue, cmd)
}

func (s *server) resubmit(ctx context.Context, in *resubmitIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Resubmit{Note: in.Body.Note})
}

func (s *server) withdraw(ctx context.Context, in *becauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Withdraw{Reason: in.Body.Reason})
}

func (s *server) confirm(ctx context.Context, in *confirmIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Confirm{Stars: in.Body.Stars, Comment: in.Body.Comment})
}

func (s *server) resume(ctx context.Context, in *becauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Resume{Reason: in.Body.Reason})
}

func (s *server) comment(ctx context.Context, in *commentIn) (*IssueOut, error) {
	cmd := approval.Comment{SignOff: in.Body.SignOff, Text: in.Body.Text}
	for _, id := range in.Body.Mentions {
		cmd.Mentions = append(cmd.Mentions, roster.PersonID(id))
	}
	return s.do(ctx, in.OfIssue, cmd)
}

func (s *server) urge(ctx context.Context, in *urgeIn) (*IssueOut, error) {
	cmd := approval.Urge{SignOff: in.N}
	if in.Body != nil {
		cmd.Text = in.Body.Text
	}
	return s.do(ctx, in.OfIssue, cmd)
}

func (s *server) claim(ctx context.Context, in *OfSignOff) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Claim{SignOff: in.N})
}

func (s *server) release(ctx context.Context, in *OfSignOff) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Release{SignOff: in.N})
}

func (s *server) reassign(ctx context.Context, in *reassignIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Reassign{SignOff: in.N, To: roster.PersonID(in.Body.Person), Reason: in.Body.Reason})
}

func (s *server) recuse(ctx context.Context, in *ofSignOffBecauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Recuse{SignOff: in.N, Reason: in.Body.Reason})
}

func (s *server) transfer(ctx context.Context, in *transferIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Transfer{SignOff: in.N, To: roster.DepartmentID(in.Body.Department), Reason: in.Body.Reason})
}

func (s *server) sendBack(ctx context.Context, in *ofSignOffBecauseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.SendBack{SignOff: in.N, Reason: in.Body.Reason})
}

func (s *server) assign(ctx context.Context, in *transferIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Assign{SignOff: in.N, To: roster.DepartmentID(in.Body.Department), Reason: in.Body.Reason})
}

func (s *server) decide(ctx context.Context, in *decideIn) (*IssueOut, error) {
	cmd, err := in.Body.command(in.N)
	if err != nil {
		return nil, err
	}
	return s.do(ctx, in.OfIssue, cmd)
}

// command is the command of the kind. What belongs to another kind is refused
// rather than lost.
func (d Decide) command(n int) (approval.Command, error) {
	kind := approval.DecisionKind(d.Kind)
	objects, plain := kind == approval.Object, kind == approval.Approve
	var stray []fieldFault
	for _, f := range []struct {
		name  string
		given bool
		goes  bool
	}{
		{"code", d.Code != "", objects}, {"ground", d.Ground != "", objects}, {"duties", len(d.Duties) > 0, !objects && !plain},
	} {
		if f.given && !f.goes {
			stray = append(stray, fieldFault{f.name, text("此项不用于“"+d.Kind+"”意见，请删去或改选意见。", "This does not go with the kind "+d.Kind+"; leave it out or choose another kind.")})
		}
	}
	if len(stray) > 0 {
		f := &fault{kind: kindInvalid, field: stray[0].field, text: stray[0].text}
		if len(stray) > 1 {
			f.more = stray
		}
		return nil, f
	}
	switch {
	case plain:
		return approval.Grant{SignOff: n, Reason: d.Reason}, nil
	case objects && d.Code == "":
		return nil, noGround()
	case objects:
		return approval.Oppose{SignOff: n, Code: approval.GroundCode(d.Code), Ground: d.Ground, Reason: d.Reason}, nil
	}
	terms := list(d.Duties, func(t Term) approval.Term {
		return approval.Term{What: t.What, By: t.By, Checker: roster.DepartmentID(t.Checker)}
	})
	return approval.GrantOnTerms{SignOff: n, Kind: kind, Duties: terms, Reason: d.Reason}, nil
}

func (s *server) askSupplement(ctx context.Context, in *askIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AskSupplement{SignOff: in.N, Papers: in.Body.Papers, Days: in.Body.Days})
}

func (s *server) answerSupplement(ctx context.Context, in *answerIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AnswerSupplement{SignOff: in.N, Text: in.Body.Text})
}

func (s *server) askExtension(ctx context.Context, in *extendIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AskExtension{SignOff: in.N, Days: in.Body.Days, Reason: in.Body.Reason})
}

func (s *server) answerExtension(ctx context.Context, in *extendedIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AnswerExtension{SignOff: in.N, Answer: approval.ExtensionAnswer(in.Body.Answer), Note: in.Body.Note})
}

func (s *server) rule(ctx context.Context, in *ruleIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Rule{SignOff: in.N, Outcome: approval.Outcome(in.Body.Outcome), Reason: in.Body.Reason})
}
