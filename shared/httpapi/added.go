package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// AddSigner asks somebody to sign too.
type AddSigner struct {
	Department string `json:"department,omitempty" doc:"Another department that answers sign-offs; or person."`
	Person     string `json:"person,omitempty" doc:"Another officer of the own department; or department."`
	When       string `json:"when" enum:"before,beside,after" doc:"前加签: the decision waits for it; 并行加签: at once; 后加签: with the approval."`
	Binding    bool   `json:"binding,omitempty" doc:"约束性意见: an approval needs it, and a disagreement bars it; otherwise it is advice 参考意见."`
	Question   string `json:"question" doc:"At most 2,000 characters."`
	Days       int    `json:"days,omitempty" doc:"Working days, within the task's own last day; 2 when absent."`
}

// AnswerAdded is the signer's answer.
type AnswerAdded struct {
	Opinion string `json:"opinion" enum:"agree,disagree,advice" doc:"同意, 不同意 or, where it does not bind, 提出意见."`
	Reason  string `json:"reason,omitempty" doc:"Mandatory unless it agrees."`
}

// Added is another signature under a sign-off 加签.
type Added struct {
	K          int       `json:"k"`
	Department Ref       `json:"department" doc:"Whose officers answer."`
	Person     *Ref      `json:"person,omitempty" doc:"Who is asked by name."`
	Left       *Ref      `json:"left,omitempty" doc:"Who was asked by name and is no officer of the department any more: another of its officers answers."`
	When       string    `json:"when" enum:"before,beside,after"`
	Binding    bool      `json:"binding"`
	Question   string    `json:"question"`
	By         Actor     `json:"by"`
	At         time.Time `json:"at"`
	Due        *Due      `json:"due,omitempty" doc:"Absent until it is asked for."`
	Light      string    `json:"light" enum:"green,yellow,red"`
	State      string    `json:"state" enum:"later,asked,answered,cancelled,lapsed" doc:"later: it comes after the approval; lapsed: what it was about has ended."`
	Opinion    string    `json:"opinion,omitempty" enum:"agree,disagree,advice"`
	Reason     string    `json:"reason,omitempty" doc:"Of the answer, or for which it was taken back."`
	AnsweredBy *Actor    `json:"answeredBy,omitempty" doc:"Or who took it back."`
	AnsweredAt time.Time `json:"answeredAt,omitzero"`
}

// OfAdded is the path of a change to an added signature.
type OfAdded struct {
	OfSignOff
	K int `path:"k" doc:"The signature's number within the sign-off."`
}

type (
	addSignerIn struct {
		OfSignOff
		Body AddSigner
	}
	answerAddedIn struct {
		OfAdded
		Body AnswerAdded
	}
	cancelAddedIn struct {
		OfAdded
		Body Because
	}
)

func (a *API) signers() {
	huma.Register(a.huma, ofSignOff("/added", "addSigner", "Ask another department, or a colleague, to sign too 加签"), a.addSigner)
	huma.Register(a.huma, ofSignOff("/added/{k}/answer", "answerAdded", "Answer as an added signer 加签意见"), a.answerAdded)
	huma.Register(a.huma, ofSignOff("/added/{k}/cancel", "cancelAdded", "Take a request for a signature back 撤销加签"), a.cancelAdded)
}

func (s *server) addSigner(ctx context.Context, in *addSignerIn) (*IssueOut, error) {
	b := in.Body
	return s.do(ctx, in.OfIssue, approval.AddSigner{
		SignOff: in.N, Department: roster.DepartmentID(b.Department), Person: roster.PersonID(b.Person),
		When: approval.AddedWhen(b.When), Binding: b.Binding, Question: b.Question, Days: b.Days,
	})
}

func (s *server) answerAdded(ctx context.Context, in *answerAddedIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.AnswerAdded{SignOff: in.N, K: in.K, Opinion: approval.Opinion(in.Body.Opinion), Reason: in.Body.Reason})
}

func (s *server) cancelAdded(ctx context.Context, in *cancelAddedIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.CancelAdded{SignOff: in.N, K: in.K, Reason: in.Body.Reason})
}

func (v view) added(a approval.Added) Added {
	out := Added{
		K: a.K, Department: v.department(a.Department), Person: v.person(a.Person), Left: v.person(a.Left), When: string(a.When), Binding: a.Binding, Question: a.Question,
		By: v.by(a.By), At: a.At, Light: string(a.Light(v.today)), State: string(a.State), Opinion: string(a.Opinion), Reason: a.Reason,
		AnsweredAt: a.AnsweredAt,
	}
	if !a.Due.On.IsZero() {
		due := v.due(a.Due)
		out.Due = &due
	}
	if !a.AnsweredAt.IsZero() {
		by := v.by(a.AnsweredBy)
		out.AnsweredBy = &by
	}
	return out
}
