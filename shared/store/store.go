package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
)

// Store is approval.Store on a Table.
type Store struct {
	table Table
	cache *cache // nil unless this process alone writes the table
	by    approval.Digest
}

// ChainedBy has the trails of records go on under a digest; SHA-256 when it is not called. Those
// of issues go on under that of the rules.
func (s *Store) ChainedBy(d approval.Digest) *Store {
	s.by = d
	return s
}

// Digest is the one by which trails of records go on.
func (s *Store) Digest() approval.Digest { return s.by }

// New joins the layout to a table.
func New(table Table) *Store { return &Store{table: table} }

// NewSole is New for a table that no other process writes: it remembers the
// issues committed last, so that a command need not read what the one before it
// wrote.
func NewSole(table Table) *Store { return &Store{table: table, cache: newCache(1024)} }

var _ approval.Store = (*Store)(nil)

// receiptFor is how long an idempotency key is remembered.
const receiptFor = 30 * 24 * time.Hour

const far = "9999-12-31" // sorts after every due date

func issuePK(id approval.IssueID) string { return "I#" + string(id) }

func two(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

func eight(n int64) string {
	s := strconv.FormatInt(n, 10)
	if len(s) < 8 {
		s = "00000000"[len(s):] + s
	}
	return s
}

func shardOf(id approval.IssueID) string { return strconv.Itoa(approval.ShardOf(id)) }

// stamp formats a time so that text sorts as time does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// record is a sign-off as stored: with what a list shows of its issue.
type record = approval.Task

// watchRecord carries the issue, which a list of late watches needs.
type watchRecord struct {
	Issue approval.IssueID `json:"issue"`
	approval.Watch
}

func encode(item Item, body any) (*Item, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", item.PK, item.SK, err)
	}
	item.Body = text
	return &item, nil
}

func issueItem(i *approval.Issue) (*Item, error) {
	item := Item{Key: Key{issuePK(i.ID), "A"}, G1PK: "P#" + string(i.Project), G1SK: string(i.ID), Version: i.Version}
	switch {
	case i.Status == approval.Draft || i.RaisedAt.IsZero(): // also one that was withdrawn as a draft
		item.G1PK = "PD#" + string(i.Project)
	case !i.Status.Ended():
		due := far
		if !i.NextDue.IsZero() {
			due = i.NextDue.String()
		}
		light := map[approval.Light]string{approval.Red: "0", approval.Yellow: "1"}[i.Light]
		if light == "" {
			light = "2"
		}
		item.G2PK, item.G2SK = "D#"+string(i.District), light+"#"+due+"#"+string(i.ID)
	}
	return encode(item, i)
}

func signOffItem(i *approval.Issue, s *approval.SignOff) (*Item, error) {
	return encode(signOffPlace(i, s), taskOf(i, s))
}

func taskOf(i *approval.Issue, s *approval.SignOff) record {
	return record{Issue: i.ID, Title: i.Title, Project: i.Project, SignOff: *s}
}

// signOffPlace is where a sign-off is kept and listed.
func signOffPlace(i *approval.Issue, s *approval.SignOff) Item {
	item := Item{Key: Key{issuePK(i.ID), "B#" + two(s.N)}}
	switch s.State {
	case approval.Open, approval.Supplement:
		due := far
		if s.State == approval.Open && !s.Due.On.IsZero() {
			due = s.Due.On.String()
		}
		order := due + "#" + string(i.ID) + "#" + two(s.N)
		if !s.Unowned() {
			item.G1PK, item.G1SK = "Q#"+string(s.Department), order
		}
		if s.Assignee != "" {
			item.G2PK, item.G2SK = "C#"+string(s.Assignee), order
		}
	case approval.Granted, approval.Denied:
		item.G1PK = "M#" + s.DecidedAt.Format("2006-01") + "#" + shardOf(i.ID)
		item.G1SK = stamp(s.DecidedAt) + "#" + string(i.ID) + "#" + two(s.N)
	}
	return item
}

func watchKey(id approval.IssueID, n int) Key { return Key{issuePK(id), "C#" + two(n)} }

func watchItem(id approval.IssueID, w approval.Watch) (*Item, error) {
	item := Item{Key: watchKey(id, w.SignOff), G1PK: "W#" + shardOf(id), G1SK: stamp(w.WakeAt) + "#" + string(id) + "#" + two(w.SignOff)}
	return encode(item, watchRecord{id, w})
}

func addedKey(id approval.IssueID, r approval.AddedRef) Key {
	return Key{issuePK(id), "S#" + two(r.SignOff) + "#" + two(r.K)}
}

// addedItem lists an added signature beside the sign-offs that its department, or
// the person who is asked, has to answer.
func addedItem(t *approval.Task) (*Item, error) {
	key := addedKey(t.Issue, approval.AddedRef{SignOff: t.SignOff.N, K: t.Added.K})
	order := t.Added.Due.On.String() + "#" + string(t.Issue) + "#" + key.SK[len("S#"):]
	item := Item{Key: key, G1PK: "Q#" + string(t.Added.Department), G1SK: order}
	if t.Added.Person != "" {
		item.G2PK, item.G2SK = "C#"+string(t.Added.Person), order
	}
	return encode(item, t)
}

func dutyKey(id approval.IssueID, r approval.DutyRef) Key {
	return Key{issuePK(id), "U#" + two(r.SignOff) + "#" + two(r.Duty)}
}

func dutyItem(o *approval.OpenDuty) (*Item, error) {
	item := Item{Key: dutyKey(o.Issue, o.DutyRef), G1PK: "U#" + string(o.Checker)}
	item.G1SK = o.By.String() + "#" + string(o.Issue) + "#" + two(o.SignOff) + "#" + two(o.Duty)
	return encode(item, o)
}

func outboxKey(id approval.OutboxID) Key { return Key{issuePK(id.Issue), "O#" + eight(id.Version)} }

// Ops lays a change out as the operations of one transaction.
func Ops(c approval.Change) ([]Op, error) {
	header, err := issueItem(&c.Issue)
	if err != nil {
		return nil, err
	}
	first := Op{Put: header, If: IfVersion, Version: c.From}
	if c.From == 0 {
		first.If = IfAbsent
	}
	ops := append(make([]Op, 0, 4+len(c.SignOffs)+len(c.Watches)+len(c.Duties)+len(c.Events)), first)
	put := func(item *Item, err2 error) {
		if err == nil && err2 != nil {
			err = err2
		}
		ops = append(ops, Op{Put: item})
	}
	if c.Receipt != nil {
		item, err2 := encode(Item{Key: receiptKey(c.Receipt.Key), Expires: c.Receipt.At.Add(receiptFor).Unix()}, c.Receipt)
		put(item, err2)
		ops[1].If = IfAbsent
	}
	for k := range c.SignOffs {
		put(signOffItem(&c.Issue, &c.SignOffs[k]))
	}
	for _, w := range c.Watches {
		put(watchItem(c.Issue.ID, w))
	}
	for _, n := range c.Unwatch {
		ops = append(ops, Op{Delete: watchKey(c.Issue.ID, n)})
	}
	for k := range c.Added {
		put(addedItem(&c.Added[k]))
	}
	for k := range c.Mentions {
		put(mentionItem(&c.Mentions[k]))
	}
	for k := range c.Lengthenings {
		put(lengtheningItem(&c.Lengthenings[k]))
	}
	for k := range c.Happenings {
		put(happeningItem(&c.Happenings[k]))
	}
	for _, r := range c.Unadded {
		ops = append(ops, Op{Delete: addedKey(c.Issue.ID, r)})
	}
	for k := range c.Duties {
		put(dutyItem(&c.Duties[k]))
	}
	for _, r := range c.Settled {
		ops = append(ops, Op{Delete: dutyKey(c.Issue.ID, r)})
	}
	for k := range c.Events {
		e := &c.Events[k]
		put(encode(Item{Key: Key{issuePK(e.Issue), "E#" + eight(e.Seq)}}, e))
	}
	if o := c.Outbox; o != nil {
		put(encode(Item{Key: outboxKey(o.ID()), G1PK: "O#" + shardOf(o.Issue), G1SK: stamp(o.At) + "#" + string(o.Issue) + "#" + eight(o.Version)}, o))
	}
	if err != nil {
		return nil, err
	}
	return ops, fits(ops)
}

// fits keeps every table to what DynamoDB takes in one transaction.
func fits(ops []Op) error {
	total := 0
	for k := range ops {
		if ops[k].Put == nil {
			continue
		}
		n := ops[k].Put.Size()
		if total += n; n > MaxItemBytes {
			return tooLarge("一条记录超过 400 KB，请精简文字。", "One record is larger than 400 KB; please shorten its texts.")
		}
	}
	if len(ops) > MaxOps || total > MaxBytes {
		return tooLarge("一次提交的内容过多，请分次提交。", "This is more than one commit can hold; please do it in parts.")
	}
	return nil
}

func tooLarge(zh, en string) error {
	return &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: zh, EN: en}}
}

func receiptKey(key string) Key { return Key{"K#" + key, "K"} }

// Commit implements approval.Store.
func (s *Store) Commit(ctx context.Context, c approval.Change) (err error) {
	ops, err := Ops(c)
	if err != nil {
		return err
	}
	if s.cache != nil {
		s.cache.begin(c.Issue.ID)
		defer func() { s.cache.end(c.Issue, err == nil) }()
	}
	err = s.table.Write(ctx, ops)
	if failed, ok := errors.AsType[*FailedCondition](err); ok {
		if c.Receipt != nil && failed.Op == 1 {
			return approval.ErrRepeated
		}
		return approval.LostRace(c.Issue.ID)
	}
	return err
}

// Issue implements approval.Store.
func (s *Store) Issue(ctx context.Context, id approval.IssueID) (approval.Issue, error) {
	var issue approval.Issue
	if s.cache != nil {
		if issue, ok := s.cache.get(id); ok {
			return issue, nil
		}
	}
	r := Range{PK: issuePK(id), From: "A", To: "D", Limit: 2 + 2*approval.MaxSignOffs + 1}
	for {
		items, next, err := s.table.Query(ctx, r)
		if err != nil {
			return issue, fmt.Errorf("read issue %s: %w", id, err)
		}
		for k := range items {
			if err := add(&issue, &items[k]); err != nil {
				return issue, fmt.Errorf("read issue %s: %w", id, err)
			}
		}
		if r.After = next; next == nil {
			break
		}
	}
	if issue.Version == 0 {
		return issue, approval.NoIssue(id)
	}
	return issue, nil
}

func add(issue *approval.Issue, item *Item) error {
	switch item.SK[0] {
	case 'A':
		return json.Unmarshal(item.Body, issue)
	case 'B':
		var r record
		if err := json.Unmarshal(item.Body, &r); err != nil {
			return err
		}
		issue.SignOffs = append(issue.SignOffs, r.SignOff)
	case 'C':
		var w watchRecord
		if err := json.Unmarshal(item.Body, &w); err != nil {
			return err
		}
		issue.Watches = append(issue.Watches, w.Watch)
	}
	return nil
}

// remembered is the issue that an item belongs to, as its last commit left it.
func (s *Store) remembered(item *Item) (approval.Issue, bool) {
	if s.cache == nil {
		return approval.Issue{}, false
	}
	return s.cache.get(approval.IssueID(strings.TrimPrefix(item.PK, "I#")))
}

// knownIssue fills in a listed issue whose version is the remembered one.
func (s *Store) knownIssue(item *Item, out *approval.Issue) bool {
	issue, ok := s.remembered(item)
	if !ok || issue.Version != item.Version {
		return false
	}
	*out = issue
	out.SignOffs, out.Watches = nil, nil // items of their own
	return true
}

// knownTask fills in a listed sign-off of a remembered issue, as long as that one
// would be listed at the same place. Added signatures share the list and are read.
func (s *Store) knownTask(item *Item, out *approval.Task) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(item.SK, "B#"))
	if err != nil {
		return false
	}
	issue, ok := s.remembered(item)
	if !ok {
		return false
	}
	signOff := issue.SignOff(n)
	if signOff == nil {
		return false
	}
	at := signOffPlace(&issue, signOff)
	if at.Key != item.Key || at.places() != item.places() {
		return false
	}
	*out = taskOf(&issue, signOff)
	return true
}

// Receipt implements approval.Store.
func (s *Store) Receipt(ctx context.Context, key string) (approval.Receipt, error) {
	var r approval.Receipt
	item, ok, err := s.table.Get(ctx, receiptKey(key))
	if err != nil {
		return r, fmt.Errorf("read receipt: %w", err)
	}
	if !ok {
		return r, &approval.Error{Kind: approval.NotFound, Text: approval.Text{ZH: "没有这个幂等键的记录。", EN: "Nothing is recorded under this key."}}
	}
	return r, json.Unmarshal(item.Body, &r)
}

// Events implements approval.Store.
func (s *Store) Events(ctx context.Context, id approval.IssueID, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	return pageOf[approval.Event](ctx, s, Range{PK: issuePK(id), From: "E#" + eight(after+1), To: "F"}, page)
}

// Issues implements approval.Store.
func (s *Store) Issues(ctx context.Context, q approval.IssueQuery, page approval.Page) ([]approval.Issue, approval.Cursor, error) {
	r := Range{Index: Index1, PK: "P#" + string(q.Project), Desc: true}
	switch {
	case q.District != "":
		r = Range{Index: Index2, PK: "D#" + string(q.District)}
	case q.Drafts:
		r.PK = "PD#" + string(q.Project)
	}
	return pageKnown(ctx, s, r, page, s.knownIssue)
}

// SignOffs implements approval.Store.
func (s *Store) SignOffs(ctx context.Context, q approval.SignOffQuery, page approval.Page) ([]approval.Task, approval.Cursor, error) {
	if q.Assignee != "" {
		return pageKnown(ctx, s, Range{Index: Index2, PK: "C#" + string(q.Assignee)}, page, s.knownTask)
	}
	return pageKnown(ctx, s, Range{Index: Index1, PK: "Q#" + string(q.Department)}, page, s.knownTask)
}

// Duties implements approval.Store.
func (s *Store) Duties(ctx context.Context, q approval.DutyQuery, page approval.Page) ([]approval.OpenDuty, approval.Cursor, error) {
	return pageOf[approval.OpenDuty](ctx, s, Range{Index: Index1, PK: "U#" + string(q.Checker)}, page)
}

// Overdue implements approval.Store.
func (s *Store) Overdue(ctx context.Context, shard int, before time.Time, page approval.Page) ([]approval.Late, approval.Cursor, error) {
	records, cursor, err := pageOf[watchRecord](ctx, s, Range{Index: Index1, PK: "W#" + strconv.Itoa(shard), To: stamp(before)}, page)
	late := make([]approval.Late, len(records))
	for k, r := range records {
		late[k] = approval.Late{Issue: r.Issue, Watch: r.Watch}
	}
	return late, cursor, err
}

// Outbox implements approval.Store.
func (s *Store) Outbox(ctx context.Context, shard int, page approval.Page) ([]approval.Outbox, approval.Cursor, error) {
	return pageOf[approval.Outbox](ctx, s, Range{Index: Index1, PK: "O#" + strconv.Itoa(shard)}, page)
}

// OutboxOf reads an outbox record out of an item that a change feed handed
// over; false when the item is something else.
func OutboxOf(item *Item) (approval.Outbox, bool, error) {
	var o approval.Outbox
	if !strings.HasPrefix(item.SK, "O#") || !strings.HasPrefix(item.PK, "I#") {
		return o, false, nil
	}
	err := json.Unmarshal(item.Body, &o)
	return o, err == nil, err
}

// Delivered implements approval.Store.
func (s *Store) Delivered(ctx context.Context, ids []approval.OutboxID) error {
	keys := make([]Key, len(ids))
	for k, id := range ids {
		keys[k] = outboxKey(id)
	}
	return s.table.Forget(ctx, keys)
}

const (
	defaultPage = 50
	largestPage = 200
)

// pageOf reads one page of a range.
func pageOf[T any](ctx context.Context, s *Store, r Range, page approval.Page) ([]T, approval.Cursor, error) {
	return pageKnown(ctx, s, r, page, func(*Item, *T) bool { return false })
}

// pageKnown is pageOf that need not decode an item which known can fill in.
func pageKnown[T any](ctx context.Context, s *Store, r Range, page approval.Page, known func(item *Item, out *T) bool) ([]T, approval.Cursor, error) {
	items, next, err := s.items(ctx, r, page)
	if err != nil {
		return nil, "", err
	}
	out := make([]T, len(items))
	for k := range items {
		if known(&items[k], &out[k]) {
			continue
		}
		if err := json.Unmarshal(items[k].Body, &out[k]); err != nil {
			return nil, "", fmt.Errorf("read %s %s: %w", items[k].PK, items[k].SK, err)
		}
	}
	return out, next, nil
}

func (s *Store) items(ctx context.Context, r Range, page approval.Page) ([]Item, approval.Cursor, error) {
	r.Limit = page.Limit
	if r.Limit <= 0 {
		r.Limit = defaultPage
	}
	r.Limit = min(r.Limit, largestPage)
	if page.Cursor != "" {
		after, err := openCursor(page.Cursor, r)
		if err != nil {
			return nil, "", err
		}
		r.After = after
	}
	items, next, err := s.table.Query(ctx, r)
	if err != nil {
		return nil, "", fmt.Errorf("list %s: %w", r.PK, err)
	}
	return items, cursor(next, r), nil
}

// A cursor is a position with the query it belongs to.
type cursorText struct {
	Index Index    `json:"i"`
	PK    string   `json:"q"`
	At    Position `json:"a"`
}

func cursor(p *Position, r Range) approval.Cursor {
	if p == nil {
		return ""
	}
	text, err := json.Marshal(cursorText{r.Index, r.PK, *p})
	if err != nil {
		panic("store: cursor cannot be encoded: " + err.Error())
	}
	return approval.Cursor(base64.RawURLEncoding.EncodeToString(text))
}

func openCursor(c approval.Cursor, r Range) (*Position, error) {
	var t cursorText
	text, err := base64.RawURLEncoding.DecodeString(string(c))
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil || t.Index != r.Index || t.PK != r.PK {
		return nil, &approval.Error{Kind: approval.Invalid, Field: "cursor", Text: approval.Text{
			ZH: "翻页标记无效，请从第一页重新打开。", EN: "This cursor does not belong to this list; start again at the first page.",
		}}
	}
	return &t.At, nil
}
