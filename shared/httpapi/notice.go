package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// Notice is a supervision notice 督办单.
type Notice struct {
	K          int           `json:"k" doc:"Its running number within the issue; the official number is the office's."`
	Tier       Ref           `json:"tier" doc:"Who supervises; rises when what is due is let pass."`
	By         Actor         `json:"by" doc:"Who issued it; the machine when the ladder did."`
	At         time.Time     `json:"at"`
	Department Ref           `json:"department" doc:"To whom it was addressed."`
	Demand     string        `json:"demand"`
	State      string        `json:"state" enum:"issued,replied,sent_back,closed"`
	Due        *Due          `json:"due,omitempty" doc:"The last day of the reply, or of the recheck, that is owed now."`
	Replies    []NoticeReply `json:"replies"`
	ClosedAt   time.Time     `json:"closedAt,omitzero"`
}

// NoticeReply is a reply to a notice, and the recheck of it.
type NoticeReply struct {
	Text      string        `json:"text"`
	By        Actor         `json:"by"`
	At        time.Time     `json:"at"`
	DueOn     calendar.Date `json:"dueOn" format:"date" doc:"The day by which it was owed."`
	Late      bool          `json:"late"`
	OK        bool          `json:"ok" doc:"The recheck was satisfied."`
	Finding   string        `json:"finding,omitempty"`
	CheckedBy *Actor        `json:"checkedBy,omitempty" doc:"Absent while the recheck is owed."`
	CheckedAt time.Time     `json:"checkedAt,omitzero"`
}

// Supervise issues a notice.
type Supervise struct {
	Demand    string `json:"demand" doc:"At most 1,000 characters."`
	ReplyDays int    `json:"replyDays" doc:"Working days for the reply, 1 to 10 (assumed)."`
}

// ReplyNotice replies to a notice.
type ReplyNotice struct {
	Text string `json:"text" doc:"At most 1,000 characters."`
}

// RecheckNotice says whether a reply satisfies.
type RecheckNotice struct {
	OK   bool   `json:"ok"`
	Text string `json:"text" doc:"At most 1,000 characters."`
}

// OfNotice is the path of a change to a notice.
type OfNotice struct {
	OfIssue
	K int `path:"k" doc:"The notice's running number within the issue."`
}

type (
	superviseIn struct {
		OfSignOff
		Body Supervise
	}
	replyNoticeIn struct {
		OfNotice
		Body ReplyNotice
	}
	recheckNoticeIn struct {
		OfNotice
		Body RecheckNotice
	}
)

func (a *API) notices() {
	huma.Register(a.huma, ofSignOff("/notices", "supervise", "Issue a supervision notice 发出督办单"), a.supervise)
	huma.Register(a.huma, ofIssue("/notices/{k}/reply", "replyNotice", "Reply to a supervision notice, as the department's lead 督办回复"), a.replyNotice)
	huma.Register(a.huma, ofIssue("/notices/{k}/recheck", "recheckNotice", "Recheck the reply, as the tier that supervises 督办复核"), a.recheckNotice)
}

func (s *server) supervise(ctx context.Context, in *superviseIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.Supervise{SignOff: in.N, Demand: in.Body.Demand, ReplyDays: in.Body.ReplyDays})
}

func (s *server) replyNotice(ctx context.Context, in *replyNoticeIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.ReplyNotice{K: in.K, Text: in.Body.Text})
}

func (s *server) recheckNotice(ctx context.Context, in *recheckNoticeIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.RecheckNotice{K: in.K, OK: in.Body.OK, Text: in.Body.Text})
}

func (v view) notice(n approval.Notice) Notice {
	out := Notice{
		K: n.K, Tier: v.tier(n.Tier), By: v.by(n.By), At: n.At, Department: v.department(n.Department), Demand: n.Demand, State: string(n.State), ClosedAt: n.ClosedAt,
		Replies: list(n.Replies, func(r approval.NoticeReply) NoticeReply {
			reply := NoticeReply{Text: r.Text, By: v.by(r.By), At: r.At, DueOn: r.DueOn, Late: calendar.Of(r.At) > r.DueOn, OK: r.OK, Finding: r.Finding, CheckedAt: r.CheckedAt}
			if !r.CheckedAt.IsZero() {
				by := v.by(r.CheckedBy)
				reply.CheckedBy = &by
			}
			return reply
		}),
	}
	if n.Open() {
		due := v.due(approval.Due{On: n.DueOn, Provisional: v.Calendar.Provisional(n.DueOn)})
		out.Due = &due
	}
	return out
}
