package docket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lianban/shared/approval"
)

// Desk is the thin shell around the rules of one kind of record: load, apply,
// commit, and try again when somebody else was faster.
type Desk[S any] struct {
	Kind   Kind
	Store  Store
	Now    func() time.Time
	Places func(id string, state S) Places // the lists in which a record of this state stands
}

// Act is what a rule sees of the moment, and through which it puts on record
// what it does.
type Act struct {
	Actor   approval.Actor
	Now     time.Time // UTC, in whole milliseconds
	Version int64     // of the record as it stands; 0: there is none yet
	events  []approval.Event
}

// Event records what happened; subject, actor and time are filled in.
func (a *Act) Event(kind string, fill func(*approval.Event)) {
	e := approval.Event{At: a.Now, Kind: kind, By: a.Actor}
	if fill != nil {
		fill(&e)
	}
	a.events = append(a.events, e)
}

// Rule takes a record's state and answers the next one, or an *approval.Error. It
// opens nothing, and changes nothing in place. One that records no event changes
// nothing: then nothing is committed.
type Rule[S any] func(state S, act *Act) (S, error)

// attempts is how often a rule is tried when others commit in between.
const attempts = 8

// Got is a record's state and its version.
type Got[S any] struct {
	ID       string
	State    S
	Version  int64
	Repeated bool // the idempotency key had been used for the same request before
}

// Do carries a rule out on the record with the id, or answers NotFound;
// call.Expect 0 takes whichever version is current.
func (d *Desk[S]) Do(ctx context.Context, id string, call approval.Call, rule Rule[S]) (Got[S], error) {
	return d.retry(ctx, id, call, func(state S, act *Act) (S, error) {
		if act.Version == 0 {
			return state, Missing(d.Kind, id)
		}
		return rule(state, act)
	})
}

// Put carries a rule out on the record with the id, which need not exist: the
// rule is given the zero state then, and Act.Version 0.
func (d *Desk[S]) Put(ctx context.Context, id string, call approval.Call, rule Rule[S]) (Got[S], error) {
	return d.retry(ctx, id, call, rule)
}

func (d *Desk[S]) retry(ctx context.Context, id string, call approval.Call, rule Rule[S]) (Got[S], error) {
	for n := 1; ; n++ {
		got, err := d.once(ctx, id, call, rule)
		if errors.Is(err, approval.ErrLostRace) && n < attempts {
			continue
		}
		return got, err
	}
}

func (d *Desk[S]) once(ctx context.Context, id string, call approval.Call, rule Rule[S]) (Got[S], error) {
	key := ""
	if call.Key != "" {
		key = string(call.Actor.Person) + "/" + call.Key
		if before, err := d.replay(ctx, key, call.Digest); err == nil || !approval.IsKind(err, approval.NotFound) {
			return before, err
		}
	}
	record, err := d.Store.Record(ctx, d.Kind, id)
	if err != nil && !approval.IsKind(err, approval.NotFound) {
		return Got[S]{}, err
	}
	if err != nil {
		record = Record{Kind: d.Kind, ID: id}
	}
	if call.Expect != 0 && call.Expect != record.Version {
		return Got[S]{}, approval.Refuse(approval.Stale, "If-Match", "该记录已有更新（现为第 %d 版），请核对后再提交。", "The record has moved on (it is at version %d now); look at the newer state and submit again.", record.Version)
	}
	got, err := d.open(record)
	if err != nil {
		return got, err
	}
	act := &Act{Actor: call.Actor, Now: d.Now().UTC().Truncate(time.Millisecond), Version: record.Version}
	next, err := rule(got.State, act)
	if err != nil {
		return Got[S]{}, err
	}
	if len(act.events) == 0 {
		return got, nil
	}
	change := Change{From: record.Version, Record: record, Events: act.events}
	if err := d.seal(&change, next); err != nil {
		return Got[S]{}, err
	}
	if key != "" {
		change.Receipt = &approval.Receipt{Key: key, Digest: call.Digest, Issue: Subject(d.Kind, id), Version: change.Record.Version, At: act.Now}
	}
	if err := d.Store.CommitRecord(ctx, change); err != nil {
		if errors.Is(err, approval.ErrRepeated) {
			return d.replay(ctx, key, call.Digest)
		}
		return Got[S]{}, fmt.Errorf("commit %s %s: %w", d.Kind, id, err)
	}
	return Got[S]{ID: id, State: next, Version: change.Record.Version}, nil
}

// seal completes the commit: body, places, version, chained events.
func (d *Desk[S]) seal(c *Change, next S) (err error) {
	r := &c.Record
	if r.Body, err = json.Marshal(next); err != nil {
		return fmt.Errorf("encode %s %s: %w", d.Kind, r.ID, err)
	}
	r.Version, r.Places = c.From+1, Places{}
	if d.Places != nil {
		r.Places = d.Places(r.ID, next)
	}
	for k := range c.Events {
		e := &c.Events[k]
		e.Issue, e.Seq = Subject(d.Kind, r.ID), r.Events+1
		if err := e.Chain(r.Head, chainedBy(d.Store)); err != nil {
			return err
		}
		r.Events, r.Head = e.Seq, e.Hash
	}
	return nil
}

// chainedBy is the digest by which a store chains its trails.
func chainedBy(s Store) approval.Digest {
	if by, ok := s.(interface{ Digest() approval.Digest }); ok {
		return by.Digest()
	}
	return approval.SHA256
}

// replay answers the record that the key was used for, as it stands now.
func (d *Desk[S]) replay(ctx context.Context, key, digest string) (Got[S], error) {
	receipt, err := d.Store.Receipt(ctx, key)
	if err != nil {
		return Got[S]{}, err
	}
	id, ok := idOf(d.Kind, receipt.Issue)
	if !ok || receipt.Digest != digest {
		return Got[S]{}, approval.KeyReused()
	}
	got, err := d.Get(ctx, id)
	got.Repeated = err == nil
	return got, err
}

func idOf(kind Kind, subject approval.IssueID) (string, bool) {
	prefix := string(kind) + "/"
	if len(subject) <= len(prefix) || string(subject[:len(prefix)]) != prefix {
		return "", false
	}
	return string(subject[len(prefix):]), true
}

// Get returns a record's state, or a NotFound error.
func (d *Desk[S]) Get(ctx context.Context, id string) (Got[S], error) {
	record, err := d.Store.Record(ctx, d.Kind, id)
	if err != nil {
		return Got[S]{}, err
	}
	return d.open(record)
}

// List returns the records of a list. It may lag behind the last commits.
func (d *Desk[S]) List(ctx context.Context, q Query, page approval.Page) ([]Got[S], approval.Cursor, error) {
	records, next, err := d.Store.Records(ctx, q, page)
	if err != nil {
		return nil, "", err
	}
	out := make([]Got[S], len(records))
	for k := range records {
		if out[k], err = d.open(records[k]); err != nil {
			return nil, "", err
		}
	}
	return out, next, nil
}

func (d *Desk[S]) open(r Record) (Got[S], error) {
	got := Got[S]{ID: r.ID, Version: r.Version}
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &got.State); err != nil {
			return got, fmt.Errorf("read %s %s: %w", r.Kind, r.ID, err)
		}
	}
	return got, nil
}
