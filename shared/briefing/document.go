package briefing

import (
	"fmt"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Document is what a version says. It is self-contained: nothing that is changed later
// changes how it reads. Dates in its texts are written as 2026-03-02, so that whoever
// shows it may write them as people do.
type Document struct {
	Kind     Kind                `json:"kind"`
	About    string              `json:"about"` // the unit
	District roster.DistrictCode `json:"district"`
	Period   string              `json:"period"`
	From     calendar.Date       `json:"from"`
	To       calendar.Date       `json:"to"`
	AsOf     calendar.Date       `json:"asOf"` // the day on which the facts were read
	Title    approval.Text       `json:"title"`
	Read     Read                `json:"read"`
	Sections []Section           `json:"sections"`
}

// Read is the version of the data: how many issues were read and the sum of their
// versions, of which each rises by one with every commit. Equal numbers of the same
// issues mean that nothing had happened in between.
type Read struct {
	Issues   int    `json:"issues"`
	Versions int64  `json:"versions"`
	Figures  string `json:"figures,omitempty"` // digest of the figures read; see measure.Version
	Entries  int64  `json:"entries,omitempty"` // of the investment ledger of the year, so far
}

func (r *Read) issue(i *approval.Issue) {
	r.Issues++
	r.Versions += i.Version
}

// Section (一、二、三…) is a part under a heading.
type Section struct {
	Title   approval.Text   `json:"title"`
	Says    []approval.Text `json:"says,omitempty"`
	Figures []Figure        `json:"figures,omitempty"`
	Table   *Table          `json:"table,omitempty"`
}

// Figure is a number and what it counts: N is the sum of the points' N.
type Figure struct {
	Key    string        `json:"key"`
	Name   approval.Text `json:"name"`
	N      int           `json:"n"`
	Of     string        `json:"of,omitempty"` // the key of the figure that it is a part of
	Points []Point       `json:"points,omitempty"`
}

// Point is a fact that a figure counts: an issue, or a sign-off of it.
type Point struct {
	Issue   approval.IssueID `json:"i,omitempty"`
	SignOff int              `json:"s,omitempty"`
	N       int              `json:"n"`
}

// Table is rows under headings.
type Table struct {
	Columns []approval.Text `json:"columns"`
	Rows    []Row           `json:"rows"`
}

// Row is about an issue or a sign-off when those are given.
type Row struct {
	Key     string           `json:"key"` // by which two versions are compared
	Issue   approval.IssueID `json:"issue,omitempty"`
	SignOff int              `json:"signOff,omitempty"`
	Cells   []Cell           `json:"cells"`
}

// Cell holds a number, a day or words; nothing when it is empty.
type Cell struct {
	Number *int          `json:"number,omitempty"`
	Day    calendar.Date `json:"day,omitzero"`
	Words  approval.Text `json:"words,omitzero"`
}

func number(n int) Cell          { return Cell{Number: &n} }
func day(d calendar.Date) Cell   { return Cell{Day: d} }
func words(t approval.Text) Cell { return Cell{Words: t} }
func same(s string) Cell         { return Cell{Words: approval.Text{ZH: s, EN: s}} }
func name(n roster.Name) Cell    { return Cell{Words: approval.Text(n)} }

// Text is the cell in words.
func (c Cell) Text() approval.Text {
	switch {
	case c.Number != nil:
		s := strconv.Itoa(*c.Number)
		return approval.Text{ZH: s, EN: s}
	case !c.Day.IsZero():
		return approval.Text{ZH: c.Day.String(), EN: c.Day.String()}
	}
	return c.Words
}

// Figure finds one by its key, or nil.
func (d *Document) Figure(key string) *Figure {
	for k := range d.Sections {
		for m := range d.Sections[k].Figures {
			if f := &d.Sections[k].Figures[m]; f.Key == key {
				return f
			}
		}
	}
	return nil
}

// check holds the document to what the package promises of figures.
func (d *Document) check() error {
	seen := map[string]bool{}
	for _, s := range d.Sections {
		for _, f := range s.Figures {
			sum := 0
			for _, p := range f.Points {
				sum += p.N
			}
			switch {
			case sum != f.N:
				return fmt.Errorf("the figure %s is %d and its facts come to %d", f.Key, f.N, sum)
			case seen[f.Key]:
				return fmt.Errorf("there are two figures %s", f.Key)
			case f.Of != "" && d.Figure(f.Of) == nil:
				return fmt.Errorf("the figure %s is a part of %s, which there is not", f.Key, f.Of)
			}
			seen[f.Key] = true
		}
	}
	return nil
}

// counter makes a figure by counting.
type counter struct{ Figure }

func counting(key, zh, en string) *counter {
	return &counter{Figure{Key: key, Name: approval.Text{ZH: zh, EN: en}}}
}

func (c *counter) add(p Point) {
	c.N += p.N
	c.Points = append(c.Points, p)
}

func (c *counter) issue(i *approval.Issue) { c.add(Point{Issue: i.ID, N: 1}) }

func (c *counter) signOff(i *approval.Issue, s *approval.SignOff) {
	c.add(Point{Issue: i.ID, SignOff: s.N, N: 1})
}

// figures takes what was counted.
func figures(counters ...*counter) []Figure {
	out := make([]Figure, len(counters))
	for k, c := range counters {
		out[k] = c.Figure
	}
	return out
}

// Difference is what one version says otherwise than the version before. Both sides
// are empty texts where there is nothing.
type Difference struct {
	Section approval.Text
	What    approval.Text
	Before  approval.Text
	After   approval.Text
}

// line is a figure or a row as it is compared.
type line struct {
	section, what, says approval.Text
}

func (d *Document) lines() (order []string, lines map[string]line) {
	lines = map[string]line{}
	put := func(key string, l line) {
		if _, ok := lines[key]; !ok {
			order = append(order, key)
		}
		lines[key] = l
	}
	for k, s := range d.Sections {
		for _, f := range s.Figures {
			put("f "+f.Key, line{s.Title, f.Name, number(f.N).Text()})
		}
		if says := join(s.Says); len(s.Says) > 0 && says != none {
			put("s "+strconv.Itoa(k), line{s.Title, s.Title, says})
		}
		if s.Table == nil {
			continue
		}
		for _, r := range s.Table.Rows {
			says := make([]approval.Text, len(r.Cells))
			for c := range r.Cells {
				says[c] = r.Cells[c].Text()
			}
			put("r "+s.Title.ZH+" "+r.Key, line{s.Title, says[0], join(says[1:])})
		}
	}
	return order, lines
}

func join(texts []approval.Text) approval.Text {
	var zh, en []string
	for _, t := range texts {
		if t.ZH != "" {
			zh, en = append(zh, t.ZH), append(en, t.In("en"))
		}
	}
	return approval.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}

// Differences lists what changed from one version to the next, in the order of the
// next, and then what is gone.
func Differences(before, after *Document) (all []Difference) {
	order, now := after.lines()
	gone, was := before.lines()
	for _, key := range order {
		if n, b := now[key], was[key]; n.says != b.says || n.what != b.what {
			all = append(all, Difference{n.section, n.what, b.says, n.says})
		}
	}
	for _, key := range gone {
		if _, still := now[key]; !still {
			all = append(all, Difference{was[key].section, was[key].what, was[key].says, approval.Text{}})
		}
	}
	return all
}
