package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/invest"
	"lianban/shared/roster"
)

// Board is how a year's investment stands at a period's end, as far as somebody may
// see it.
type Board struct {
	Year    int
	Period  invest.Period
	Rows    []invest.Row
	Reds    map[roster.ProjectID]int // red issues of each, now
	Entries int64                    // entered so far: the version of the data
	At      time.Time                // when the red issues were looked for
	Mark    roster.Name              // what of it is made up; shown wherever it is

	year     *invest.Year
	district func(roster.DistrictCode) roster.Name
}

// Board returns the board of a period, or of the last one that has ended when p is
// zero. Before any has, there is nothing to show: the rows have no figures.
func (l *Ledger) Board(ctx context.Context, year int, p invest.Period, actor approval.Actor) (*Board, error) {
	sees, err := l.Reads(actor)
	if err != nil {
		return nil, err
	}
	y, entries, err := l.Year(ctx, year)
	if err != nil {
		return nil, err
	}
	if p.IsZero() {
		p = invest.Upto(year, l.service.Today())
		if p.IsZero() {
			p = invest.Period{Year: year, Half: 1}
		}
	}
	if !p.In(year) {
		return nil, approval.Refuse(approval.Invalid, "period", "期次须为 %[1]d 年的某月（如 %[1]d-07）或某月中旬（如 %[1]d-07-15）。", "The period is a month of %[1]d, like %[1]d-07, or its middle, like %[1]d-07-15.", year)
	}
	r := l.service.Rules().Roster
	b := &Board{Year: year, Period: p, Reds: map[roster.ProjectID]int{}, Entries: int64(len(entries)), At: l.service.Now().UTC(), year: y}
	b.district = func(code roster.DistrictCode) roster.Name {
		if d, ok := r.District(code); ok {
			return roster.Name{ZH: d.NameZH, EN: d.NameEN}
		}
		return roster.Name{ZH: string(code), EN: string(code)}
	}
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.MadeUp }) {
		b.Mark = DemonstrationMark
	}
	b.Rows = y.Rows(p, func(roster.ProjectID) bool { return false })
	b.Rows = slices.DeleteFunc(b.Rows, func(r invest.Row) bool { return !sees(r.Listing) })
	if err := l.redden(ctx, b); err != nil {
		return nil, err
	}
	return b, nil
}

// redden finds the red issues of the board's projects. A district lists its open
// issues with the red ones first.
func (l *Ledger) redden(ctx context.Context, b *Board) error {
	districts := map[roster.DistrictCode]bool{}
	for k := range b.Rows {
		districts[b.Rows[k].Listing.District] = true
	}
	for code := range districts {
		for page := (approval.Page{Limit: 200}); ; {
			issues, next, err := l.service.Store().Issues(ctx, approval.IssueQuery{District: code}, page)
			if err != nil {
				return fmt.Errorf("look for red issues in %s: %w", code, err)
			}
			red := true
			for k := range issues {
				if red = issues[k].Light == approval.Red; !red {
					break
				}
				b.Reds[issues[k].Project]++
			}
			if page.Cursor = next; next == "" || !red {
				break
			}
		}
	}
	for k := range b.Rows {
		b.Rows[k].Red = b.Reds[b.Rows[k].Listing.Project] > 0
	}
	return nil
}

// Example is a board whose totals are published and whose split is made up; its Mark
// says so.
func Example() *Board {
	b := &Board{Year: invest.ExamplePeriod.Year, Period: invest.ExamplePeriod, Mark: invest.ExampleMark, Reds: map[roster.ProjectID]int{}, year: invest.Example(), district: invest.ExampleDistrict}
	b.Rows = b.year.Rows(b.Period, func(roster.ProjectID) bool { return false })
	return b
}

// All is every project together.
func (b *Board) All() invest.Line { return invest.Sum("", b.Rows, b.Period) }

// By groups the projects.
func (b *Board) By(d invest.Dimension) []invest.Line { return invest.By(d, b.Rows, b.Period) }

// Course is how the projects together stood at the end of each period up to now for
// which any of them reported.
func (b *Board) Course() []invest.Stage {
	ids := make([]roster.ProjectID, len(b.Rows))
	for k := range b.Rows {
		ids[k] = b.Rows[k].Listing.Project
	}
	return b.year.Course(ids, b.Period)
}

// Name is what a group's key means.
func (b *Board) Name(d invest.Dimension, key string) roster.Name {
	switch d {
	case invest.ByDistrict:
		return b.district(roster.DistrictCode(key))
	case invest.BySector:
		return roster.Sector(key).Name()
	case invest.ByTier:
		return roster.ProjectTier(key).Name()
	}
	return roster.ProjectType(key).Name()
}

// Held are the projects with a red issue, those that hold most back first; those of
// which it is not known come last.
func (b *Board) Held() []invest.Row {
	held := slices.Clone(b.Rows)
	held = slices.DeleteFunc(held, func(r invest.Row) bool { return !r.Red })
	slices.SortStableFunc(held, func(x, y invest.Row) int {
		a, known := x.Held()
		c, also := y.Held()
		if known != also {
			return map[bool]int{true: -1, false: 1}[known]
		}
		return cmp.Compare(c, a)
	})
	return held
}

// Project returns a project of the board with its history.
func (b *Board) Project(id roster.ProjectID) (invest.Row, *invest.Project, bool) {
	k := slices.IndexFunc(b.Rows, func(r invest.Row) bool { return r.Listing.Project == id })
	if k < 0 {
		return invest.Row{}, nil, false
	}
	p, ok := b.year.Project(id)
	return b.Rows[k], p, ok
}
