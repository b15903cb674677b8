package approval

import (
	"context"
	"slices"
	"time"

	"lianban/shared/roster"
)

// mentionsMost is how many people one comment mentions (assumed).
const mentionsMost = 10

// Mention (提及) is a person's name in a comment, as that person finds it. Reading
// it is no act on the issue: the mark is kept beside the trail, not in it.
type Mention struct {
	MentionID
	Title   string           `json:"title"`
	Project roster.ProjectID `json:"project"`
	SignOff int              `json:"signOff,omitempty"`
	Text    string           `json:"text"`
	By      Actor            `json:"by"`
	At      time.Time        `json:"at"`
	SeenAt  time.Time        `json:"seenAt,omitzero"`
}

// MentionID names a mention: whose name, in which comment.
type MentionID struct {
	Issue  IssueID         `json:"issue"`
	Seq    int64           `json:"seq"` // of the comment's event
	Person roster.PersonID `json:"person"`
}

// MentionQuery takes whose mentions are listed.
type MentionQuery struct{ Person roster.PersonID }

// mention checks whom a comment mentions: people who may see the issue, each once.
// A draft is its branch's alone, and so are the names in it.
func (t *transition) mention(people []roster.PersonID) error {
	if n := len(people); n > mentionsMost {
		return refuse(Invalid, "mentions", "一条留言最多提及 %d 人，现为 %d 人。", "A comment mentions at most %d people, this has %d.", mentionsMost, n)
	}
	for k, id := range people {
		field := "mentions[" + itoa(k) + "]"
		person, ok := t.Roster.Person(id)
		switch {
		case !ok:
			return refuse(Invalid, field, "没有此人，请从人员列表中选择。", "There is no such person; choose one from the list.")
		case id == t.actor.Person:
			return refuse(Invalid, field, "不必提及本人。", "You need not mention yourself.")
		case slices.Contains(people[:k], id):
			return refuse(Invalid, field, "%s重复了。", "%s is mentioned twice.", person.NameZH)
		case !slices.ContainsFunc(person.Posts, func(p roster.Post) bool {
			return t.Visible(&t.issue, Actor{Person: id, Role: p.Role, Unit: p.Unit})
		}):
			return refuse(Invalid, field, "%s看不到本支部的草稿，请提出问题后再提及。", "%s cannot see your branch's draft; raise the issue first.", person.NameZH)
		}
	}
	return nil
}

// mentioned keeps the mentions of the comment whose event was written last.
func (t *transition) mentioned(c Comment) {
	for _, id := range c.Mentions {
		t.mentions = append(t.mentions, Mention{
			MentionID: MentionID{t.issue.ID, t.issue.Events + int64(len(t.events)), id}, Title: t.issue.Title, Project: t.issue.Project,
			SignOff: c.SignOff, Text: c.Text, By: t.actor, At: t.now,
		})
	}
}

// See marks a mention as read and returns it; once is enough.
func (s *Service) See(ctx context.Context, id MentionID) (Mention, error) {
	m, err := s.store.Mention(ctx, id)
	if err != nil || !m.SeenAt.IsZero() {
		return m, err
	}
	m.SeenAt = s.Now().Truncate(time.Millisecond)
	return m, s.store.SeeMention(ctx, m)
}

// NoMention is the NotFound error for a mention.
func NoMention() error {
	return refuse(NotFound, "seq", "没有提及您的这条留言。", "No such comment mentions you.")
}
