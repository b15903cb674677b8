// Package store keeps issues in a single table of items, laid out for DynamoDB:
// a partition key, a sort key, two indexes, and a version on which a write may
// depend. [Store] is the one implementation of approval.Store; what differs
// between DynamoDB and the embedded SQLite file is only the [Table] beneath it,
// and both pass approvaltest.Store through it.
//
// It must not know SQL, AWS or HTTP. It imports the domain.
//
// # Layout
//
//	what          pk            sk            index 1                        index 2
//	issue         I#<issue>     A             P#<project> | PD#<project>     D#<district>  <light>#<due>#<issue>
//	sign-off      I#<issue>     B#<n>         Q#<department>  <due>#...      C#<person>  <due>#...
//	  ... ended                               M#<month>#<shard>  <decided>
//	watch         I#<issue>     C#<n>         W#<shard>  <wake>#...
//	added signer  I#<issue>     S#<n>#<k>     Q#<department>  <due>#...      C#<person>  <due>#...
//	mention       I#<issue>     N#<seq>#<person>  N#<person>  <unread>#<at>#...
//	duty          I#<issue>     U#<n>#<duty>  U#<department>  <by>#...
//	lengthening   I#<issue>     T#<seq>       T#<area>  <at>#...
//	happening     VP#<person>   <at>#...      VC#<concern>  <at>#...         VD#<department>  <at>#...
//	  ... nobody's  I#<issue>   V#<seq>       VC#<concern>  <at>#...         VD#<department>  <at>#...
//	event         I#<issue>     E#<seq>
//	outbox        I#<issue>     O#<version>   O#<shard>  <at>#...
//	receipt       K#<key>       K
//	sheet         I#<issue>     F
//	figure        F#<month>#<district>  S#<department>#<subject> | T#<form>
//	record        R#<kind>#<id> A             L#<list>  <order>#...          L#<list>  <order>#...
//	  ... event   R#<kind>#<id> E#<seq>
//
// One query each: an issue with sign-offs and watches (A to C of its
// partition), its events, a project's issues, a district's open issues reds
// first, a department's inbox and a person's work by due date, with what they are
// asked to sign under others' tasks, the duties that a department has yet to
// verify, the acts by which an area's departments got more time, what overseers look at
// by its concern, by who did it and by the department that it is about, what should have
// woken, what is undelivered, a month's closed sign-offs, the figures of a month and a
// district, or of one department in them. None is a scan, and no partition takes more
// than one issue's, one department's, one shard's, one district's or one concern's writes.
// Of the plain course of an issue nothing is of any concern.
package store

import (
	"context"
	"errors"
)

// Limits of one DynamoDB transaction and item; the embedded table keeps them too.
const (
	MaxOps       = 100
	MaxItemBytes = 400 << 10
	MaxBytes     = 4 << 20
)

// Key is an item's primary key.
type Key struct{ PK, SK string }

// Item is one row. An index lists it only under a non-empty partition key.
type Item struct {
	Key
	G1PK, G1SK string
	G2PK, G2SK string
	Version    int64 // of issues; 0 elsewhere
	Expires    int64 // Unix seconds after which it may vanish; 0: never
	Body       []byte
}

// Size is what the item counts against DynamoDB's limits, near enough.
func (i *Item) Size() int {
	return 64 + len(i.PK) + len(i.SK) + len(i.G1PK) + len(i.G1SK) + len(i.G2PK) + len(i.G2SK) + len(i.Body)
}

// Condition is what must hold of the stored item for the write to happen.
type Condition int8

const (
	Always Condition = iota
	IfAbsent
	IfVersion // the stored item has Op.Version
)

// Op puts one item or deletes one key.
type Op struct {
	Put     *Item
	Delete  Key
	If      Condition
	Version int64
}

// Key is the key the operation is about.
func (o *Op) Key() Key {
	if o.Put != nil {
		return o.Put.Key
	}
	return o.Delete
}

// FailedCondition says which operation's condition did not hold; nothing was
// written.
type FailedCondition struct{ Op int }

func (*FailedCondition) Error() string { return "the condition of a write does not hold" }

// ErrPosition is a position that is not of this query.
var ErrPosition = errors.New("not a position of this query")

// Index names what a query reads.
type Index int8

const (
	Primary Index = iota
	Index1
	Index2
)

// Range asks for the items of one partition with From <= sort key < To, in
// order of the sort key, after a position.
type Range struct {
	Index    Index
	PK       string
	From, To string // To empty: to the end
	Desc     bool
	Limit    int
	After    *Position
}

// Position is the last item of a page.
type Position struct {
	Key
	SortKey string // of the index queried
}

// Table is what both databases can truly do.
type Table interface {
	// Write does all operations or none, and returns a *FailedCondition when one
	// does not hold. It returns when the write is durable. Several operations on
	// one key are an error.
	Write(ctx context.Context, ops []Op) error
	// Get reads one item as of the last acknowledged write.
	Get(ctx context.Context, key Key) (Item, bool, error)
	// Query reads a range. The primary index is as of the last acknowledged
	// write; the others may lag. The position is nil at the end.
	Query(ctx context.Context, r Range) ([]Item, *Position, error)
	// Forget deletes keys without condition. It may return before that is
	// durable.
	Forget(ctx context.Context, keys []Key) error
}
