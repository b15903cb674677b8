package store

import (
	"context"
	"encoding/json"
	"fmt"

	"lianban/shared/approval"
)

func mentionKey(id approval.MentionID) Key {
	return Key{issuePK(id.Issue), "N#" + eight(id.Seq) + "#" + string(id.Person)}
}

// mentionItem lists a mention under its person; the list is read backwards.
func mentionItem(m *approval.Mention) (*Item, error) {
	unread := "1#"
	if !m.SeenAt.IsZero() {
		unread = "0#"
	}
	return encode(Item{Key: mentionKey(m.MentionID), G1PK: "N#" + string(m.Person), G1SK: unread + stamp(m.At) + "#" + string(m.Issue) + "#" + eight(m.Seq)}, m)
}

// Mentions implements approval.Store.
func (s *Store) Mentions(ctx context.Context, q approval.MentionQuery, page approval.Page) ([]approval.Mention, approval.Cursor, error) {
	return pageOf[approval.Mention](ctx, s, Range{Index: Index1, PK: "N#" + string(q.Person), Desc: true}, page)
}

// Mention implements approval.Store.
func (s *Store) Mention(ctx context.Context, id approval.MentionID) (approval.Mention, error) {
	var m approval.Mention
	item, ok, err := s.table.Get(ctx, mentionKey(id))
	if err != nil {
		return m, fmt.Errorf("read a mention: %w", err)
	}
	if !ok {
		return m, approval.NoMention()
	}
	return m, json.Unmarshal(item.Body, &m)
}

// SeeMention implements approval.Store.
func (s *Store) SeeMention(ctx context.Context, m approval.Mention) error {
	item, err := mentionItem(&m)
	if err != nil {
		return err
	}
	return s.table.Write(ctx, []Op{{Put: item}})
}
