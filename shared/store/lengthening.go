package store

import (
	"context"

	"lianban/shared/approval"
)

// lengtheningItem lists an act by which a department got more time, by when it was.
func lengtheningItem(l *approval.Lengthening) (*Item, error) {
	return encode(Item{
		Key: Key{issuePK(l.Issue), "T#" + eight(l.Seq)}, G1PK: "T#" + string(l.Area), G1SK: stamp(l.At) + "#" + string(l.Issue) + "#" + eight(l.Seq),
	}, l)
}

// Lengthenings implements approval.Store.
func (s *Store) Lengthenings(ctx context.Context, q approval.LengtheningQuery, page approval.Page) ([]approval.Lengthening, approval.Cursor, error) {
	return pageOf[approval.Lengthening](ctx, s, Range{Index: Index1, PK: "T#" + string(q.Area), From: stamp(q.Since)}, page)
}
