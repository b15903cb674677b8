package approval

import (
	"context"
	"time"

	"lianban/shared/roster"
)

// Store keeps issues. Implementations pass approvaltest.Store, and the embedded
// one is never stronger than DynamoDB.
type Store interface {
	// Issue returns the issue with its sign-offs and watches as of the last
	// acknowledged commit, or a NotFound error. What it returns may be shared:
	// nobody changes it in place.
	Issue(ctx context.Context, id IssueID) (Issue, error)

	// Commit writes the change whole or not at all. It answers a Conflict error
	// when the stored version is not change.From (0: the issue must not exist),
	// ErrRepeated when change.Receipt exists already, and an Invalid error when
	// the change is larger than one transaction may be (100 records, 4 MB; 400 KB
	// a record). What it has acknowledged survives a crash.
	Commit(ctx context.Context, change Change) error

	// Receipt returns what was recorded under an idempotency key, or NotFound.
	Receipt(ctx context.Context, key string) (Receipt, error)

	// Events lists an issue's audit events in order, after a sequence number.
	Events(ctx context.Context, id IssueID, after int64, page Page) ([]Event, Cursor, error)

	// Issues lists issues without their sign-offs. The index may lag behind the
	// last commits.
	Issues(ctx context.Context, q IssueQuery, page Page) ([]Issue, Cursor, error)

	// SignOffs lists tasks. The index may lag behind the last commits.
	SignOffs(ctx context.Context, q SignOffQuery, page Page) ([]Task, Cursor, error)

	// Mentions lists a person's mentions, unread ones first, then the newest first.
	// The index may lag behind the last writes.
	Mentions(ctx context.Context, q MentionQuery, page Page) ([]Mention, Cursor, error)

	// Mention returns one, or NotFound. SeeMention keeps it as it is given, with the
	// time at which it was read.
	Mention(ctx context.Context, id MentionID) (Mention, error)
	SeeMention(ctx context.Context, m Mention) error

	// Lengthenings lists acts by which departments got more time. The index may lag
	// behind the last commits.
	Lengthenings(ctx context.Context, q LengtheningQuery, page Page) ([]Lengthening, Cursor, error)

	// Happenings lists at most so many (1 to 200) of what overseers look at, the latest
	// first. The index may lag behind the last commits.
	Happenings(ctx context.Context, q HappeningQuery, limit int) ([]Happening, error)

	// EnterHappenings puts those that are not there yet, unless it is only to look, and
	// answers how many were missing.
	EnterHappenings(ctx context.Context, list []Happening, look bool) (missing int, err error)

	// Duties lists what a department still has to verify, by date. The index may lag
	// behind the last commits.
	Duties(ctx context.Context, q DutyQuery, page Page) ([]OpenDuty, Cursor, error)

	// Overdue lists watches whose moment passed before the given time, oldest
	// first within a shard: what a lost timer left behind.
	Overdue(ctx context.Context, shard int, before time.Time, page Page) ([]Late, Cursor, error)

	// Outbox lists what has not been delivered, oldest first within a shard.
	Outbox(ctx context.Context, shard int, page Page) ([]Outbox, Cursor, error)

	// Delivered forgets outbox records. Unknown ones are no error. It may return
	// before it is durable: delivery is at least once.
	Delivered(ctx context.Context, ids []OutboxID) error
}

// Shards is over how many key ranges the outbox and the watches are spread, so
// that no partition is hot.
const Shards = 8

// ShardOf is the shard of an issue, from 0.
func ShardOf(id IssueID) int { return int(hash(id) % Shards) }

func hash(id IssueID) uint32 {
	h := uint32(2166136261) // FNV-1a
	for k := range len(id) {
		h = (h ^ uint32(id[k])) * 16777619
	}
	return h
}

// Change is one commit: everything that becomes true at once.
type Change struct {
	Issue        Issue // as it shall be, whole; Version is From+1
	From         int64
	SignOffs     []SignOff     // those of its sign-offs that changed
	Watches      []Watch       // put
	Unwatch      []int         // deleted
	Added        []Task        // put: signatures that are newly asked for
	Unadded      []AddedRef    // deleted: those that are no longer
	Mentions     []Mention     // put
	Lengthenings []Lengthening // put
	Happenings   []Happening   // put
	Duties       []OpenDuty    // put into their checkers' lists
	Settled      []DutyRef     // taken out of them
	Events       []Event
	Outbox       *Outbox
	Receipt      *Receipt
}

// Page asks for at most Limit results (1 to 200; 0 means 50) after a cursor.
type Page struct {
	Limit  int
	Cursor Cursor
}

// Cursor is where a list goes on: opaque, empty at the end, and good only for
// the query that gave it.
type Cursor string

// IssueQuery takes exactly one of Project (newest first; its drafts when Drafts
// is set, otherwise everything else) and District (what has not ended, reds
// first, then by due date).
type IssueQuery struct {
	Project  roster.ProjectID
	Drafts   bool
	District roster.DistrictCode
}

// SignOffQuery takes exactly one of Department (what it owes, by due date) and
// Assignee (what the person has claimed, by due date). Both list the added
// signatures too that are asked of them; those have Task.Added.
type SignOffQuery struct {
	Department roster.DepartmentID
	Assignee   roster.PersonID
}

// DutyQuery asks for what a department still has to verify, by date.
type DutyQuery struct{ Checker roster.DepartmentID }

// Task is a sign-off as it stands in a list, with what a list shows of its issue.
type Task struct {
	Issue   IssueID          `json:"issue"`
	Title   string           `json:"title"`
	Project roster.ProjectID `json:"project"`
	SignOff SignOff          `json:"signOff"`
	Added   *Added           `json:"added,omitempty"` // the task is this signature under the sign-off
	For     roster.PersonID  `json:"-"`               // in a substitute's list: whose task it is
}

// Late is a watch that should have woken by itself.
type Late struct {
	Issue IssueID
	Watch Watch
}

// Receipt is what an idempotency key stands for: the same key with the same
// request answers the same result, with another request it is refused.
type Receipt struct {
	Key     string    `json:"key"` // person and the caller's key
	Digest  string    `json:"digest"`
	Issue   IssueID   `json:"issue"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
}

// OutboxID names one record: the issue and the version that the commit made.
type OutboxID struct {
	Issue   IssueID
	Version int64
}

// Outbox is what a commit wants done outside: start an execution, wake waiting
// tasks, fold the issue into the figures. The relay does it, at least once, in
// order per issue.
type Outbox struct {
	Issue   IssueID   `json:"issue"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Start   *Start    `json:"start,omitempty"`
	Wake    []Wake    `json:"wake,omitempty"`
	Fold    bool      `json:"fold,omitempty"` // something changed that figures rest on; see counts
}

// ID names the record.
func (o Outbox) ID() OutboxID { return OutboxID{o.Issue, o.Version} }

// Start asks for a round's execution.
type Start struct {
	Execution string `json:"execution"`
	Round     int    `json:"round"`
}

// Wake ends the wait of one token: completed when Recheck is false, failed with
// Approval.Recheck when the machine shall look at the clock again.
type Wake struct {
	Token   string `json:"token"`
	Recheck bool   `json:"recheck,omitempty"`
}

// Workflows runs the rounds: Step Functions, or the embedded engine.
type Workflows interface {
	// Start begins an execution. The same name and input again is no error.
	Start(ctx context.Context, name string, input []byte) error
	// Succeed completes the task that waits on the token; Fail fails it. Both
	// answer ErrMovedOn when no task waits on it any more.
	Succeed(ctx context.Context, token string, output []byte) error
	Fail(ctx context.Context, token, name, cause string) error
}
