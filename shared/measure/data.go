package measure

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Query says of what figures are asked for: of sign-offs and issues that were raised in
// the months From to To, or ended in them, as each figure says.
type Query struct {
	From       Month                 `json:"from"`
	To         Month                 `json:"to"`
	Districts  []roster.DistrictCode `json:"districts"`
	Department roster.DepartmentID   `json:"department,omitempty"` // empty: all
	Subject    Subject               `json:"subject,omitempty"`    // empty: all
	// Heirs counts what a department did that has been merged, split or renamed since for
	// its successor; otherwise it counts for the one that did it.
	Heirs bool `json:"heirs,omitempty"`
	// BaseFrom and BaseTo are the months of reference, with which a saving is compared.
	BaseFrom Month `json:"baseFrom,omitempty"`
	BaseTo   Month `json:"baseTo,omitempty"`
}

// Version says on what an answer rests, so that it can be had again.
type Version struct {
	// FoldedTo is the moment up to which every commit is in the figures; later ones may be.
	FoldedTo time.Time `json:"foldedTo"`
	// Digest names the records read and their versions: the same digest, the same data.
	Digest  string        `json:"digest"`
	Records int           `json:"records"`
	On      calendar.Date `json:"on"` // the day on which open cases are counted
	// Archive is the number of the register of past approvals behind the historical baseline;
	// 0: it is taken from the months of reference.
	Archive int `json:"archive"`
}

// Data are the figures that a query rests on.
type Data struct {
	Query    Query
	Version  Version
	calendar *calendar.Calendar
	roster   *roster.Roster
	cells    []cellAt
	forms    []formAt
	past     []saving.PastItem // of the register of past approvals
	made     made
}

type cellAt struct {
	Place
	*Cell
}

type formAt struct {
	Place
	*Form
}

// readers is how many partitions are read at the same time.
const readers = 4

// Read reads what a query rests on: a few partitions for each district, of all months
// from the first asked for to the present one, because what was raised then may have
// ended in any of them, and of what is open.
func (k *Keeper) Read(ctx context.Context, q Query) (*Data, error) {
	rules := k.Rules()
	d := &Data{Query: q, calendar: rules.Calendar, roster: rules.Roster}
	d.Version.On = calendar.Of(k.Now())
	var err error
	// Asked before the figures are read: what had been folded by then is in them.
	if d.Version.FoldedTo, err = k.foldedTo(ctx); err != nil {
		return nil, err
	}
	if k.Past != nil {
		if d.Version.Archive, d.past, err = k.Past(ctx); err != nil {
			return nil, err
		}
	}
	first := q.From
	if q.BaseFrom != "" {
		first = min(first, q.BaseFrom)
	}
	start, err := calendar.Parse(string(first) + "-01")
	if err != nil {
		return nil, fmt.Errorf("figures from the month %q: %w", first, err)
	}
	type partition struct {
		month    Month
		district roster.DistrictCode
	}
	var partitions []partition
	for _, district := range q.Districts {
		for _, month := range append(Months(start, d.Version.On), OpenMonth) {
			partitions = append(partitions, partition{month, district})
		}
	}
	prefixes := []string{cellPrefix, formPrefix}
	if q.Department != "" && !q.Heirs {
		prefixes = []string{cellPrefix + string(q.Department) + "#"} // a form is no single department's
	}
	read := make([]leaf, len(partitions))
	failed := make([]error, readers)
	var wg sync.WaitGroup
	for r := range readers {
		wg.Go(func() {
			for n := r; n < len(partitions) && failed[r] == nil; n += readers {
				for _, prefix := range prefixes {
					err := EachFigure(ctx, k.Store, partitions[n].month, partitions[n].district, prefix, func(rec *Record) error { return read[n].take(d, rec) })
					if err != nil {
						failed[r] = err
					}
				}
			}
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	digest := sha256.New()
	for n := range read {
		d.cells = append(d.cells, read[n].cells...)
		d.forms = append(d.forms, read[n].forms...)
		d.Version.Records += read[n].records
		digest.Write(read[n].names)
	}
	d.Version.Digest = hex.EncodeToString(digest.Sum(nil)[:8])
	return d, nil
}

// leaf is what was read of one partition.
type leaf struct {
	cells   []cellAt
	forms   []formAt
	records int
	names   []byte // of the records, with their versions
}

func (l *leaf) take(d *Data, r *Record) error {
	l.records++
	l.names = append(l.names, string(r.Month)+"#"+string(r.District)+"#"+r.Name...)
	l.names = binary.BigEndian.AppendUint64(l.names, uint64(r.Version))
	if r.Name[:len(formPrefix)] == formPrefix {
		f, err := open[Form](r)
		l.forms = append(l.forms, formAt{r.Place, f})
		return err
	}
	department, subject := r.whose()
	if q := d.Query; q.Subject != "" && subject != q.Subject || q.Department != "" && d.unit(department, subject) != q.Department {
		return nil
	}
	c, err := open[Cell](r)
	l.cells = append(l.cells, cellAt{r.Place, c})
	return err
}

// unit is the department that a sign-off counts for.
func (d *Data) unit(id roster.DepartmentID, s Subject) roster.DepartmentID {
	if d.Query.Heirs {
		item, _ := s.Parts()
		if heir, ok := d.roster.SuccessorFor(id, int(item)); ok {
			return heir
		}
	}
	return id
}

// foldedTo is the moment before the oldest outbox record that is still to be delivered.
func (k *Keeper) foldedTo(ctx context.Context) (time.Time, error) {
	to := k.Now()
	for shard := range approval.Shards {
		records, _, err := k.Issues.Outbox(ctx, shard, approval.Page{Limit: 1})
		if err != nil {
			return to, err
		}
		for _, o := range records {
			if before := o.At.Add(-time.Millisecond); before.Before(to) {
				to = before
			}
		}
	}
	return to, nil
}

func within(m, from, to Month) bool { return m != OpenMonth && from <= m && m <= to }

// raised and ended are the two ways to be in the period.
func (d *Data) raised(m Month) bool { return within(m, d.Query.From, d.Query.To) }

func (d *Data) ended(p Place) bool { return within(p.Month, d.Query.From, d.Query.To) }

// ending is how package saving calls an outcome. A case that the issue's end overtook is
// like one that was withdrawn: it went without an answer.
func (o Outcome) ending() saving.Ending {
	switch o {
	case Granted, Pledged:
		return saving.Decided
	case Refused:
		return saving.Refused
	case Withdrawn, Dropped:
		return saving.Withdrawn
	}
	return saving.Open
}

// bins gathers a histogram; what cannot be counted is a fault of the figures.
type bins struct {
	of map[int]*saving.Bin
}

func (b *bins) add(days int, e saving.Ending, n int) {
	if b.of == nil {
		b.of = map[int]*saving.Bin{}
	}
	days = max(0, min(days, calendar.MaxDays))
	bin := b.of[days]
	if bin == nil {
		bin = &saving.Bin{Days: days}
		b.of[days] = bin
	}
	switch e {
	case saving.Decided:
		bin.Decided += n
	case saving.Refused:
		bin.Refused += n
	case saving.Withdrawn:
		bin.Withdrawn += n
	default:
		bin.Open += n
	}
}

func (b *bins) days(d Days, e saving.Ending) {
	for _, c := range d {
		b.add(c.Day, e, c.N)
	}
}

// since counts open cases by the working days from a date to today.
func (b *bins) since(d *Data, dates Days) {
	for _, c := range dates {
		b.add(d.calendar.WorkingDays(calendar.Date(c.Day), d.Version.On), saving.Open, c.N)
	}
}

func (b *bins) histogram() (h saving.Histogram) {
	for _, bin := range b.of {
		h.Bins = append(h.Bins, *bin)
	}
	slices.SortFunc(h.Bins, func(a, b saving.Bin) int { return a.Days - b.Days })
	return h
}

// net, gross and span count a group or a run in.
func (b *bins) net(d *Data, g *Group) {
	b.days(g.Net, g.As.ending())
	b.since(d, g.From)
}

func (b *bins) gross(d *Data, g *Group) {
	b.days(g.Gross, g.As.ending())
	b.since(d, g.On)
}

// Area are the districts of a department's area: its own and those within.
func Area(r *roster.Roster, id roster.DepartmentID) (districts []roster.DistrictCode) {
	own, ok := r.Department(id)
	for _, d := range r.Districts() {
		if ok && r.Within(d.Code, own.District) {
			districts = append(districts, d.Code)
		}
	}
	return districts
}
