package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lianban/shared/approval"
	"lianban/shared/docket"
)

var _ docket.Store = (*Store)(nil)

func recordPK(kind docket.Kind, id string) string { return "R#" + string(kind) + "#" + id }

func listPK(list string) string { return "L#" + list }

// recordItem lays a record out. Its lists share no partition with those of
// issues: a list's name stands behind a prefix of its own.
func recordItem(r *docket.Record) (*Item, error) {
	item := Item{Key: Key{recordPK(r.Kind, r.ID), "A"}, Version: r.Version}
	place := func(p docket.Place) (pk, sk string) {
		if p.List == "" {
			return "", ""
		}
		return listPK(p.List), p.Order + "#" + string(r.Kind) + "#" + r.ID
	}
	item.G1PK, item.G1SK = place(r.Places[0])
	item.G2PK, item.G2SK = place(r.Places[1])
	return encode(item, r)
}

// CommitRecord implements docket.Store.
func (s *Store) CommitRecord(ctx context.Context, c docket.Change) error {
	item, err := recordItem(&c.Record)
	if err != nil {
		return err
	}
	first := Op{Put: item, If: IfVersion, Version: c.From}
	if c.From == 0 {
		first.If = IfAbsent
	}
	ops := []Op{first}
	if c.Receipt != nil {
		receipt, err := encode(Item{Key: receiptKey(c.Receipt.Key), Expires: c.Receipt.At.Add(receiptFor).Unix()}, c.Receipt)
		if err != nil {
			return err
		}
		ops = append(ops, Op{Put: receipt, If: IfAbsent})
	}
	for k := range c.Events {
		event, err := encode(Item{Key: Key{item.PK, "E#" + eight(c.Events[k].Seq)}}, &c.Events[k])
		if err != nil {
			return err
		}
		ops = append(ops, Op{Put: event})
	}
	if err := fits(ops); err != nil {
		return err
	}
	err = s.table.Write(ctx, ops)
	if failed, ok := errors.AsType[*FailedCondition](err); ok {
		if c.Receipt != nil && failed.Op == 1 {
			return approval.ErrRepeated
		}
		return docket.LostRace(c.Record.Kind, c.Record.ID)
	}
	return err
}

// Record implements docket.Store.
func (s *Store) Record(ctx context.Context, kind docket.Kind, id string) (docket.Record, error) {
	var r docket.Record
	item, ok, err := s.table.Get(ctx, Key{recordPK(kind, id), "A"})
	if err != nil {
		return r, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	if !ok {
		return r, docket.Missing(kind, id)
	}
	return r, json.Unmarshal(item.Body, &r)
}

// Records implements docket.Store.
func (s *Store) Records(ctx context.Context, q docket.Query, page approval.Page) ([]docket.Record, approval.Cursor, error) {
	index := Index1
	if q.Rank == 1 {
		index = Index2
	}
	return pageOf[docket.Record](ctx, s, Range{Index: index, PK: listPK(q.List), Desc: q.Backwards}, page)
}

// Trail implements docket.Store.
func (s *Store) Trail(ctx context.Context, kind docket.Kind, id string, after int64, page approval.Page) ([]approval.Event, approval.Cursor, error) {
	return pageOf[approval.Event](ctx, s, Range{PK: recordPK(kind, id), From: "E#" + eight(after+1), To: "F"}, page)
}
