package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lianban/shared/approval"
	"lianban/shared/measure"
	"lianban/shared/roster"
)

var _ measure.Store = (*Store)(nil)

func sheetKey(id approval.IssueID) Key { return Key{issuePK(id), "F"} }

func figurePK(m measure.Month, d roster.DistrictCode) string {
	return "F#" + string(m) + "#" + string(d)
}

// Sheet implements measure.Store.
func (s *Store) Sheet(ctx context.Context, id approval.IssueID) (measure.Sheet, error) {
	sheet := measure.Sheet{Issue: id}
	item, ok, err := s.table.Get(ctx, sheetKey(id))
	if err != nil {
		return sheet, fmt.Errorf("read what was folded of issue %s: %w", id, err)
	}
	if !ok {
		return sheet, nil
	}
	return sheet, json.Unmarshal(item.Body, &sheet)
}

// Figure implements measure.Store.
func (s *Store) Figure(ctx context.Context, p measure.Place) (measure.Record, error) {
	r := measure.Record{Place: p}
	item, ok, err := s.table.Get(ctx, Key{figurePK(p.Month, p.District), p.Name})
	if err != nil {
		return r, fmt.Errorf("read figures %s of %s, %s: %w", p.Name, p.Month, p.District, err)
	}
	if !ok {
		return r, nil
	}
	r.Version, r.Body = item.Version, item.Body
	return r, nil
}

// Figures implements measure.Store.
func (s *Store) Figures(ctx context.Context, m measure.Month, d roster.DistrictCode, prefix string, page approval.Page) ([]measure.Record, approval.Cursor, error) {
	r := Range{PK: figurePK(m, d), From: prefix}
	if prefix != "" {
		r.To = prefix + "\U0010ffff"
	}
	items, next, err := s.items(ctx, r, page)
	if err != nil {
		return nil, "", err
	}
	records := make([]measure.Record, len(items))
	for k := range items {
		records[k] = measure.Record{Place: measure.Place{Month: m, District: d, Name: items[k].SK}, Version: items[k].Version, Body: items[k].Body}
	}
	return records, next, nil
}

// CommitFold implements measure.Store.
func (s *Store) CommitFold(ctx context.Context, f measure.Fold) error {
	var ops []Op
	put := func(item Item, from int64, body any) error {
		encoded, err := encode(item, body)
		if err != nil {
			return err
		}
		op := Op{Put: encoded, If: IfVersion, Version: from}
		if from == 0 {
			op.If = IfAbsent
		}
		ops = append(ops, op)
		return nil
	}
	for k := range f.Sheets {
		s := &f.Sheets[k]
		if err := put(Item{Key: sheetKey(s.Issue), Version: s.Version}, s.From, &s.Sheet); err != nil {
			return err
		}
	}
	for k := range f.Figures {
		r := &f.Figures[k]
		if err := put(Item{Key: Key{figurePK(r.Month, r.District), r.Name}, Version: r.Version}, r.Version-1, r.Body); err != nil {
			return err
		}
	}
	if err := fits(ops); err != nil {
		return err
	}
	err := s.table.Write(ctx, ops)
	if _, ok := errors.AsType[*FailedCondition](err); ok {
		return fmt.Errorf("%w: figures were written in between", approval.ErrLostRace)
	}
	return err
}
