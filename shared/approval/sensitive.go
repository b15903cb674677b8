package approval

import (
	"context"
	"errors"
	"fmt"

	"lianban/shared/roster"
)

// Readings keeps on record who was handed a sensitive attachment (敏感材料查阅记录): each
// issue's readings are an audit trail of their own, so that reading moves no issue on.
type Readings interface {
	// Note puts on record that the actor is about to be handed an attachment. When it answers
	// nil the record is durable.
	Note(ctx context.Context, id IssueID, a Attachment, actor Actor) error
	// Of lists an issue's, the earliest first, after a sequence number. Each is an event of
	// kind EvRead whose Detail holds the attachment's id as hash and its name.
	Of(ctx context.Context, id IssueID, after int64, page Page) ([]Event, Cursor, error)
}

// EvRead is the kind of the events in a trail of readings. It is in no issue's own.
const EvRead = "read_paper"

// Paper answers an attachment whose content the actor is handed next. That of a sensitive one
// is on record before; where it cannot be put there, nobody is handed anything.
func (s *Service) Paper(ctx context.Context, id IssueID, hash string, actor Actor) (Attachment, error) {
	issue, err := s.Issue(ctx, id, actor)
	if err != nil {
		return Attachment{}, err
	}
	a := issue.Attachment(hash)
	if a == nil {
		return Attachment{}, refuse(NotFound, "attachment", "没有这个附件，或已撤回。", "There is no such attachment, or it was taken back.")
	}
	if !a.Sensitive {
		return *a, nil
	}
	if s.Readings == nil {
		return Attachment{}, errors.New("a sensitive attachment is asked for where readings are not recorded")
	}
	if err := s.Readings.Note(ctx, id, *a, actor); err != nil {
		return Attachment{}, fmt.Errorf("put the reading of attachment %s of issue %s on record: %w", hash, id, err)
	}
	return *a, nil
}

// ReadsReadings reports whether the actor may see who was handed an issue's sensitive
// attachments: overseers and audit administrators may.
func ReadsReadings(actor Actor) bool {
	return actor.Role == roster.Overseer || actor.Role == roster.AuditAdministrator
}

// ReadingsOf lists who was handed an issue's sensitive attachments, and when.
func (s *Service) ReadingsOf(ctx context.Context, id IssueID, actor Actor, after int64, page Page) ([]Event, Cursor, error) {
	if !ReadsReadings(actor) {
		return nil, "", refuse(Forbidden, "", "敏感材料的查阅记录由审计管理员和监督员查看。", "Who has read sensitive attachments is for audit administrators and overseers to see.")
	}
	if _, err := s.Issue(ctx, id, actor); err != nil {
		return nil, "", err
	}
	if s.Readings == nil {
		return nil, "", nil
	}
	return s.Readings.Of(ctx, id, after, page)
}
