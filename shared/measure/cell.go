package measure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Place is where a record stands: in which partition, and its name there.
type Place struct {
	Month    Month
	District roster.DistrictCode
	Name     string
}

// The names of records begin with what they are.
const (
	cellPrefix = "S#"
	formPrefix = "T#"
)

func cellName(d roster.DepartmentID, s Subject) string {
	return cellPrefix + string(d) + "#" + string(s)
}

// whose reads department and subject from the name of a cell.
func (p Place) whose() (roster.DepartmentID, Subject) {
	department, subject, _ := strings.Cut(strings.TrimPrefix(p.Name, cellPrefix), "#")
	return roster.DepartmentID(department), Subject(subject)
}

// Cell sums up the sign-offs of a month and district, a department and a subject.
type Cell struct {
	Groups []Group `json:"groups,omitempty"` // by month raised and outcome

	// Of those answered; Queue and Touch of those of which it is known when somebody took
	// them up.
	Queue       Days `json:"queue,omitempty"`
	Touch       Days `json:"touch,omitempty"`
	Held        Days `json:"held,omitempty"` // those that the branch held at all
	Supplements int  `json:"supplements,omitempty"`
	Extended    int  `json:"extended,omitempty"`
	Redone      int  `json:"redone,omitempty"`
	First       int  `json:"first,omitempty"` // granted at the first pass: without supplement, before any other answer
}

// Group is the part of a cell that was raised in one month and ended in one way, or is
// open.
type Group struct {
	Raised Month   `json:"raised"`
	As     Outcome `json:"as"`
	N      int     `json:"n"`
	Late   int     `json:"late,omitempty"` // without those tolerated
	// Tolerated are those that are neither on time nor late (容错认定); of those open, the
	// ones that are past due or will be.
	Tolerated int  `json:"tolerated,omitempty"`
	Net       Days `json:"net,omitempty"` // of those open: of those that stand still, so far
	Gross     Days `json:"gross,omitempty"`
	Stay      Days `json:"stay,omitempty"` // of those answered: since they were opened

	// Of those open, by date as calendar.Date counts them: the day on which they were
	// opened; the day from which working days are to be counted, stops allowed for; the day
	// on which they were raised; the last day.
	Came Days `json:"came,omitempty"`
	From Days `json:"from,omitempty"`
	On   Days `json:"on,omitempty"`
	Due  Days `json:"due,omitempty"`
}

// add counts a line in, or out when n is -1.
func (c *Cell) add(l *Line, raised calendar.Date, n int) {
	g := group(&c.Groups, Group{Raised: saving.MonthOf(raised), As: l.Outcome}, func(g Group) (Month, Outcome) { return g.Raised, g.As })
	g.N += n
	if l.Tolerated {
		g.Tolerated += n
	}
	if l.Outcome == Open {
		g.Came.Add(int(l.Came), n)
	}
	switch {
	case l.Outcome != Open:
		if l.Outcome.Answered() {
			g.Stay.Add(l.Stay, n)
		}
		g.Net.Add(l.Net, n)
		g.Gross.Add(l.Gross, n)
		if l.Late && !l.Tolerated {
			g.Late += n
		}
	case l.Still:
		g.Net.Add(l.Net, n)
		g.On.Add(int(raised), n)
	default:
		g.From.Add(int(l.From), n)
		g.On.Add(int(raised), n)
		if !l.Due.IsZero() && !l.Tolerated {
			g.Due.Add(int(l.Due), n)
		}
	}
	c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool { return g.N == 0 })
	if !l.Outcome.Answered() {
		return
	}
	if l.TakenUp {
		c.Queue.Add(l.Queue, n)
		c.Touch.Add(l.Touch, n)
	}
	if l.Held > 0 {
		c.Held.Add(l.Held, n)
	}
	count := func(sum *int, marked bool) {
		if marked {
			*sum += n
		}
	}
	count(&c.Supplements, l.Supplement)
	count(&c.Extended, l.Extended)
	count(&c.Redone, l.Redone)
	count(&c.First, l.Outcome != Refused && !l.Supplement && !l.Redone)
}

// group finds or makes the group of a month raised and an outcome, in order.
func group[G any](groups *[]G, of G, key func(G) (Month, Outcome)) *G {
	month, outcome := key(of)
	k, found := slices.BinarySearchFunc(*groups, of, func(g, _ G) int {
		m, o := key(g)
		return cmp.Or(cmp.Compare(m, month), cmp.Compare(o, outcome))
	})
	if !found {
		*groups = slices.Insert(*groups, k, of)
	}
	return &(*groups)[k]
}

// Form sums up the issues of a month and district that have one prerequisite graph.
type Form struct {
	Nodes []Node `json:"nodes,omitempty"`
	Runs  []Run  `json:"runs,omitempty"`  // those that ended, by month raised and outcome
	Parts []Part `json:"parts,omitempty"` // the sign-offs of those that were measured
	Paths []Path `json:"paths,omitempty"` // of those that were granted, the way they took
	Open  Days   `json:"open,omitempty"`  // those open, by the date on which they were raised
}

// Run is the part of a form that was raised in one month and ended in one way.
type Run struct {
	Raised Month   `json:"raised"`
	As     Outcome `json:"as"`
	N      int     `json:"n"`
	Span   Days    `json:"span,omitempty"`
	Days   Days    `json:"days,omitempty"` // the same spans in calendar days

	// Sums in working days.
	Measured int `json:"measured,omitempty"` // how many have the sums up to HandOff
	Serial   int `json:"serial,omitempty"`
	Critical int `json:"critical,omitempty"`
	HandOff  int `json:"handOff,omitempty"` // T - C
	Limits   int `json:"limits,omitempty"`  // how many of them have the two that follow
	LimitsS  int `json:"limitsS,omitempty"`
	LimitsC  int `json:"limitsC,omitempty"`
}

// Part says how the sign-offs of a department on a subject lay on the longest paths.
type Part struct {
	Subject    Subject             `json:"s"`
	Department roster.DepartmentID `json:"d"`
	N          int                 `json:"n"`
	Critical   int                 `json:"c,omitempty"` // on how many longest paths
	Slack      int                 `json:"k,omitempty"` // working days, summed
}

// Path is a way that issues took, and their spans.
type Path struct {
	Path string `json:"path"`
	Span Days   `json:"span"`
}

func (f *Form) add(s *Sheet, n int) {
	c := &s.Course
	defer func() {
		f.Nodes = s.nodes()
		if len(f.Runs)+len(f.Open) == 0 {
			f.Nodes = nil
		}
	}()
	if c.Outcome == Open {
		f.Open.Add(int(s.Raised), n)
		return
	}
	r := group(&f.Runs, Run{Raised: saving.MonthOf(s.Raised), As: c.Outcome}, func(r Run) (Month, Outcome) { return r.Raised, r.As })
	r.N += n
	r.Span.Add(c.Span, n)
	r.Days.Add(c.Days, n)
	if c.Measured {
		r.Measured += n
		r.Serial += n * c.Serial
		r.Critical += n * c.Critical
		r.HandOff += n * (c.Span - c.Critical)
		if c.Limits {
			r.Limits += n
			r.LimitsS += n * c.LimitsS
			r.LimitsC += n * c.LimitsC
		}
		for k := range s.Lines {
			f.part(&s.Lines[k], n)
		}
	}
	f.Runs = slices.DeleteFunc(f.Runs, func(r Run) bool { return r.N == 0 })
	if c.Outcome == Granted || c.Outcome == Pledged {
		k, found := slices.BinarySearchFunc(f.Paths, c.Path, func(p Path, path string) int { return strings.Compare(p.Path, path) })
		if !found {
			f.Paths = slices.Insert(f.Paths, k, Path{Path: c.Path})
		}
		f.Paths[k].Span.Add(c.Span, n)
		f.Paths = slices.DeleteFunc(f.Paths, func(p Path) bool { return len(p.Span) == 0 })
	}
}

func (f *Form) part(l *Line, n int) {
	if !l.Outcome.Answered() {
		return
	}
	k, found := slices.BinarySearchFunc(f.Parts, l, func(p Part, l *Line) int {
		return cmp.Or(cmp.Compare(p.Subject, l.Subject), cmp.Compare(p.Department, l.Department))
	})
	if !found {
		f.Parts = slices.Insert(f.Parts, k, Part{Subject: l.Subject, Department: l.Department})
	}
	p := &f.Parts[k]
	p.N += n
	p.Slack += n * l.Slack
	if l.Critical {
		p.Critical += n
	}
	if p.N == 0 {
		f.Parts = slices.Delete(f.Parts, k, k+1)
	}
}

// Sums are cells and forms by their place: a part of the figures, or all of them.
type Sums struct {
	Cells map[Place]*Cell
	Forms map[Place]*Form
}

// NewSums are none yet.
func NewSums() Sums { return Sums{map[Place]*Cell{}, map[Place]*Form{}} }

// Add counts a sheet in.
func (s Sums) Add(sheet *Sheet) { s.change(sheet, 1, nil) }

// change counts in (1) or out (-1) what of the sheet is not in both alike.
func (s Sums) change(sheet *Sheet, n int, same *Sheet) {
	if sheet.Raised.IsZero() {
		return
	}
	for k := range sheet.Lines {
		l := &sheet.Lines[k]
		if l.Outcome == Waiting || same != nil && same.Raised == sheet.Raised && same.District == sheet.District && k < len(same.Lines) && l.counts(&same.Lines[k]) {
			continue
		}
		p := l.place(sheet.District)
		if s.Cells[p] == nil {
			s.Cells[p] = &Cell{}
		}
		s.Cells[p].add(l, sheet.Raised, n)
	}
	if same == nil || !sheet.sameCourse(same) {
		p := sheet.place()
		if s.Forms[p] == nil {
			s.Forms[p] = &Form{}
		}
		s.Forms[p].add(sheet, n)
	}
}

// touched are the places in which two sheets of an issue differ, in order: what is
// read one after the other is read in the same order every time.
func touched(old, next *Sheet) (places []Place) {
	s := NewSums()
	s.change(old, 1, next)
	s.change(next, 1, old)
	for p := range s.Cells {
		places = append(places, p)
	}
	for p := range s.Forms {
		places = append(places, p)
	}
	slices.SortFunc(places, Place.compare)
	return places
}

func (l *Line) place(d roster.DistrictCode) Place {
	p := Place{OpenMonth, d, cellName(l.Department, l.Subject)}
	if l.Outcome != Open {
		p.Month = saving.MonthOf(l.Ended)
	}
	return p
}

func (s *Sheet) place() Place {
	p := Place{OpenMonth, s.District, formPrefix + s.Course.Form}
	if s.Course.Outcome != Open {
		p.Month = saving.MonthOf(s.Course.Ended)
	}
	return p
}

// counts reports whether two lines count alike in a cell; how they lay on the
// longest path counts in the form only.
func (l *Line) counts(m *Line) bool {
	bare := func(l Line) Line {
		l.Requires, l.Critical, l.Slack = nil, false, 0
		return l
	}
	return reflect.DeepEqual(bare(*l), bare(*m))
}

// sameCourse reports whether two sheets of an issue count alike in a form.
func (s *Sheet) sameCourse(t *Sheet) bool {
	if s.Raised != t.Raised || s.District != t.District || s.Course != t.Course {
		return false
	}
	return s.Course.Outcome == Open || reflect.DeepEqual(s.Lines, t.Lines)
}

// Record is a cell or a form as stored.
type Record struct {
	Place
	Version int64 // rises by one with every write
	Body    json.RawMessage
}

// Load takes in a record as stored, in the place of what stood there.
func (s Sums) Load(r *Record) (err error) {
	if strings.HasPrefix(r.Name, formPrefix) {
		s.Forms[r.Place], err = open[Form](r)
	} else {
		s.Cells[r.Place], err = open[Cell](r)
	}
	return err
}

func open[T any](r *Record) (*T, error) {
	out := new(T)
	if len(r.Body) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(r.Body, out); err != nil {
		return nil, fmt.Errorf("read figures %s of %s, %s: %w", r.Name, r.Month, r.District, err)
	}
	return out, nil
}

// Records are the sums as they are stored, in order, without versions. One that has
// come to nothing is an empty object.
func (s Sums) Records() ([]Record, error) {
	records := make([]Record, 0, len(s.Cells)+len(s.Forms))
	put := func(p Place, v any) error {
		body, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode figures %s of %s, %s: %w", p.Name, p.Month, p.District, err)
		}
		records = append(records, Record{Place: p, Body: body})
		return nil
	}
	for p, c := range s.Cells {
		if err := put(p, c); err != nil {
			return nil, err
		}
	}
	for p, f := range s.Forms {
		if err := put(p, f); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(records, func(a, b Record) int { return a.compare(b.Place) })
	return records, nil
}

func (p Place) compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Month, q.Month), cmp.Compare(p.District, q.District), cmp.Compare(p.Name, q.Name))
}
