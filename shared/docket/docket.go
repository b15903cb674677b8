// Package docket keeps small aggregates that are no issues: change sets of the
// register, requests of enterprises and residents, disposals of warnings. Each
// record has a version on which a commit depends, and an audit trail of its own,
// chained as an issue's is.
//
// It must not know what the bodies mean, nor how they are stored. It imports
// approval, whose events, receipts, pages and errors it shares.
//
// Road not taken: to keep such things in issues. An issue lives with one
// project; what stands here belongs to a district or to the whole house, and an
// issue's row would grow with it.
package docket

import (
	"context"
	"encoding/json"
	"fmt"

	"lianban/shared/approval"
)

// Kind says what a record is: a lower-case word of its owner's.
type Kind string

// Record is one aggregate as stored.
type Record struct {
	Kind    Kind            `json:"kind"`
	ID      string          `json:"id"`
	Version int64           `json:"version"` // rises by one with every commit
	Body    json.RawMessage `json:"body"`
	Places  Places          `json:"places"`         // the lists it stands in
	Events  int64           `json:"events"`         // how many there are
	Head    string          `json:"head,omitempty"` // hash of the last one
}

// Places are the lists in which a record stands, two at most: a table has two
// indexes, and a list is read from the one in which its records stand.
type Places [2]Place

// Place is a record's place in a list, which is sorted by Order; the zero value
// is no place.
type Place struct {
	List  string `json:"list,omitempty"`
	Order string `json:"order,omitempty"`
}

// Query asks for a list: which, and as the how-manieth (0 or 1) of the Places of
// its records.
type Query struct {
	List      string
	Rank      int
	Backwards bool
}

// Subject is the record's name in its events and receipts.
func Subject(kind Kind, id string) approval.IssueID {
	return approval.IssueID(string(kind) + "/" + id)
}

// Change is one commit.
type Change struct {
	Record  Record // as it shall be, whole; Version is From+1
	From    int64
	Events  []approval.Event
	Receipt *approval.Receipt
}

// Store keeps records. Implementations pass dockettest.Store.
type Store interface {
	// Record returns the record as of the last acknowledged commit, or a NotFound
	// error.
	Record(ctx context.Context, kind Kind, id string) (Record, error)

	// CommitRecord writes the change whole or not at all. It answers a Conflict
	// error when the stored version is not change.From (0: the record must not
	// exist), approval.ErrRepeated when change.Receipt exists already, and an
	// Invalid error when the change is larger than a transaction may be. What it
	// has acknowledged survives a crash.
	CommitRecord(ctx context.Context, change Change) error

	// Records lists a list by Order, or backwards. It may lag behind the last
	// commits.
	Records(ctx context.Context, q Query, page approval.Page) ([]Record, approval.Cursor, error)

	// Trail lists a record's events in order, after a sequence number.
	Trail(ctx context.Context, kind Kind, id string, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error)

	// Receipt returns what was recorded under an idempotency key, or NotFound.
	Receipt(ctx context.Context, key string) (approval.Receipt, error)
}

// Missing is the NotFound error for a record.
func Missing(kind Kind, id string) error {
	return approval.Refuse(approval.NotFound, "", "没有编号为 %s 的记录，请核对编号。", "There is no record %s; please check the number.", id)
}

// LostRace is what a Store answers when the stored version is not Change.From.
func LostRace(kind Kind, id string) error {
	return fmt.Errorf("%w: %w", approval.ErrLostRace, approval.Refuse(approval.Conflict, "", "记录 %s 刚刚被他人更新，请刷新后重试。", "The record %s was changed by somebody else just now; look again and retry.", id))
}
