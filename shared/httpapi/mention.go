package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
)

// Mention is the caller's name in a comment 提及.
type Mention struct {
	Issue   string    `json:"issue"`
	Seq     int64     `json:"seq" doc:"Of the comment among the issue's events."`
	Title   string    `json:"title"`
	Project Ref       `json:"project"`
	SignOff int       `json:"signOff,omitempty"`
	Text    string    `json:"text"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	SeenAt  time.Time `json:"seenAt,omitzero" doc:"Absent while it is unread."`
}

// SeeMention marks a mention as read.
type SeeMention struct {
	Issue string `json:"issue"`
	Seq   int64  `json:"seq"`
}

type seeMentionIn struct{ Body SeeMention }

func (a *API) mentions() {
	huma.Register(a.huma, operation("GET", "/mentions", "listMentions", "Comments that mention the caller, unread ones first 提及本人的留言", "work", 200), a.listMentions)
	huma.Register(a.huma, operation("POST", "/mentions/seen", "seeMention", "Mark a mention as read; again does nothing 标为已读", "work", 200, http.StatusNotFound), a.seeMention)
}

func (v view) mention(m approval.Mention) Mention {
	return Mention{string(m.Issue), m.Seq, m.Title, v.project(m.Project), m.SignOff, m.Text, v.by(m.By), m.At, m.SeenAt}
}

func (s *server) listMentions(ctx context.Context, in *PageIn) (*PageOut[Mention], error) {
	c := callOf(ctx)
	return stored(s, c, fmt.Sprintf("mentions?person=%q", c.actor.Person), *in, func(p approval.Page) ([]approval.Mention, approval.Cursor, error) {
		return s.service.Store().Mentions(ctx, approval.MentionQuery{Person: c.actor.Person}, p)
	}, s.view(c).mention)
}

func (s *server) seeMention(ctx context.Context, in *seeMentionIn) (*one[Mention], error) {
	c := callOf(ctx)
	if len(in.Body.Issue) > longestID {
		return nil, approval.NoMention()
	}
	m, err := s.service.See(ctx, approval.MentionID{Issue: approval.IssueID(in.Body.Issue), Seq: in.Body.Seq, Person: c.actor.Person})
	if err != nil {
		return nil, err
	}
	return &one[Mention]{s.view(c).mention(m)}, nil
}
