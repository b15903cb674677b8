package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Comparison says how the figures as kept stand to those that the issues give.
type Comparison struct {
	Issues  int `json:"issues"`  // how many were looked at
	Figures int `json:"figures"` // how many records are kept
	// Behind are issues whose last change has not been folded yet: seconds old, as a
	// rule, or older than the figures themselves.
	Behind int `json:"behind"`
	// Folded and Repaired are what a rebuild did: issues folded anew, records written
	// anew.
	Folded      int          `json:"folded,omitempty"`
	Repaired    int          `json:"repaired,omitempty"`
	Differences []Difference `json:"differences"` // never nil
}

// Difference is one record that is kept otherwise than it should be.
type Difference struct {
	Month    Month               `json:"month"`
	District roster.DistrictCode `json:"district"`
	Name     string              `json:"name"`
	Kept     json.RawMessage     `json:"kept"`
	Wanted   json.RawMessage     `json:"wanted"`
}

// Compare computes all figures anew from the issues, without writing, and says
// where those kept differ. While issues move, figures may be between the two.
func (k *Keeper) Compare(ctx context.Context) (Comparison, error) {
	out, _, err := k.compare(ctx)
	return out, err
}

// compare also answers the first day on which an issue was raised.
func (k *Keeper) compare(ctx context.Context) (out Comparison, first calendar.Date, err error) {
	out.Differences = []Difference{}
	wanted := NewSums()
	err = k.Each(ctx, func(id approval.IssueID) error {
		issue, err := k.Issues.Issue(ctx, id)
		if err != nil {
			return err
		}
		kept, err := k.Store.Sheet(ctx, id)
		if err != nil {
			return err
		}
		sheet := Of(k.Rules(), &issue)
		out.Issues++
		if !sheet.Raised.IsZero() && (first.IsZero() || sheet.Raised < first) {
			first = sheet.Raised
		}
		if len(touched(&kept, &sheet)) > 0 {
			out.Behind++
		}
		wanted.Add(&sheet)
		return nil
	})
	if err != nil {
		return out, first, err
	}
	kept, err := k.kept(ctx, wanted, first)
	if err != nil {
		return out, first, err
	}
	out.Figures = len(kept)
	out.Differences, err = differences(kept, wanted)
	return out, first, err
}

// passes is how often a rebuild comes back to records that were written meanwhile.
const passes = 5

// Rebuild folds every issue anew, then sets every record right that is not the sum of
// the sheets kept. It may run while work goes on: a record is written only if nobody
// wrote it since before the sheets were read, and otherwise looked at again.
func (k *Keeper) Rebuild(ctx context.Context) (Comparison, error) {
	out, first, err := k.compare(ctx)
	if err != nil {
		return out, err
	}
	err = k.Each(ctx, func(id approval.IssueID) error {
		done, err := k.fold(ctx, []approval.IssueID{id}, true)
		out.Folded += done
		return err
	})
	for pass := 0; err == nil && pass < passes; pass++ {
		var again bool
		if again, err = k.repair(ctx, &out, first); !again {
			break
		}
	}
	return out, err
}

// repair reports whether some record moved on and has to be looked at again.
func (k *Keeper) repair(ctx context.Context, out *Comparison, first calendar.Date) (bool, error) {
	before, err := k.kept(ctx, NewSums(), first)
	if err != nil {
		return false, err
	}
	wanted := NewSums()
	err = k.Each(ctx, func(id approval.IssueID) error {
		sheet, err := k.Store.Sheet(ctx, id)
		wanted.Add(&sheet)
		return err
	})
	if err != nil {
		return false, err
	}
	wrong, err := differences(before, wanted)
	if err != nil {
		return false, err
	}
	again := false
	for _, d := range wrong {
		p := Place{d.Month, d.District, d.Name}
		err := k.Store.CommitFold(ctx, Fold{Figures: []Record{{Place: p, Version: before[p].Version + 1, Body: d.Wanted}}})
		switch {
		case errors.Is(err, approval.ErrLostRace):
			again = true
		case err != nil:
			return false, fmt.Errorf("repair figures %s of %s, %s: %w", d.Name, d.Month, d.District, err)
		default:
			out.Repaired++
		}
	}
	return again, nil
}

// Each goes through every issue that was raised.
func (k *Keeper) Each(ctx context.Context, do func(id approval.IssueID) error) error {
	for _, project := range k.Rules().Roster.Projects() {
		page := approval.Page{Limit: 200}
		for {
			issues, next, err := k.Issues.Issues(ctx, approval.IssueQuery{Project: project.ID}, page)
			if err != nil {
				return err
			}
			for n := range issues {
				if k.Seen != nil {
					k.Seen()
				}
				if err := do(issues[n].ID); err != nil {
					return err
				}
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
	}
	return nil
}

var nothing = json.RawMessage("{}")

func differences(kept map[Place]Record, wanted Sums) ([]Difference, error) {
	should, err := wanted.Records()
	if err != nil {
		return nil, err
	}
	out := []Difference{}
	seen := map[Place]bool{}
	for _, w := range should {
		seen[w.Place] = true
		body := kept[w.Place].Body
		if body == nil {
			body = nothing
		}
		if !bytes.Equal(body, w.Body) {
			out = append(out, Difference{w.Month, w.District, w.Name, body, w.Body})
		}
	}
	for p, r := range kept {
		if !seen[p] && !bytes.Equal(r.Body, nothing) {
			out = append(out, Difference{p.Month, p.District, p.Name, r.Body, nothing})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return Place{a.Month, a.District, a.Name}.compare(Place{b.Month, b.District, b.Name})
	})
	return out, nil
}

// kept reads all records: of the districts and months that are wanted, and of every
// district that there is from the first month on.
func (k *Keeper) kept(ctx context.Context, wanted Sums, first calendar.Date) (map[Place]Record, error) {
	type partition struct {
		Month
		roster.DistrictCode
	}
	partitions := map[partition]bool{}
	for p := range wanted.Cells {
		partitions[partition{p.Month, p.District}] = true
	}
	for p := range wanted.Forms {
		partitions[partition{p.Month, p.District}] = true
	}
	for _, d := range k.Rules().Roster.Districts() {
		for _, m := range append(Months(first, calendar.Of(k.Now())), OpenMonth) {
			partitions[partition{m, d.Code}] = true
		}
	}
	out := map[Place]Record{}
	for p := range maps.Keys(partitions) {
		err := EachFigure(ctx, k.Store, p.Month, p.DistrictCode, "", func(r *Record) error {
			out[r.Place] = *r
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EachFigure goes through the records of a partition whose names begin with a prefix.
func EachFigure(ctx context.Context, s Store, m Month, d roster.DistrictCode, prefix string, do func(r *Record) error) error {
	page := approval.Page{Limit: 200}
	for {
		records, next, err := s.Figures(ctx, m, d, prefix, page)
		if err != nil {
			return err
		}
		for n := range records {
			if err := do(&records[n]); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}

// Months are the months from that of one date to that of another; none when the
// first is no date.
func Months(from, to calendar.Date) (months []Month) {
	if from.IsZero() {
		return nil
	}
	year, month, _ := from.Civil()
	for d := calendar.On(year, month, 1); d <= to; {
		months = append(months, saving.MonthOf(d))
		month++
		if month > 12 {
			year, month = year+1, 1
		}
		d = calendar.On(year, month, 1)
	}
	return months
}
