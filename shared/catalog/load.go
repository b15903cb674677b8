package catalog

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

//go:embed items.tsv
var itemsTSV []byte

//go:embed construction.json
var constructionJSON []byte

// ItemsTSV returns the embedded approval items as Load takes them, for whoever
// brings competences of their own and keeps the items.
func ItemsTSV() []byte { return slices.Clone(itemsTSV) }

var construction = sync.OnceValue(func() *Catalog {
	c, err := Load(itemsTSV, constructionJSON)
	if err != nil {
		panic("catalog: embedded catalogue: " + err.Error())
	}
	return c
})

// Construction returns the embedded catalogue of construction projects (工程建设项目):
// 43 items with their sources, and competences for the demonstration's district.
func Construction() *Catalog { return construction() }

// Load reads a catalogue: the items as a table of tab-separated cells with a
// heading line, and the rest (routes, matters, edges, competences) as JSON.
// The error lists every problem, one a line, each with its place; a table
// without its heading or JSON that cannot be read ends the check of that part.
func Load(items, rest []byte) (*Catalog, error) {
	c := &Catalog{}
	var p problems
	c.readItems(items, &p)
	c.readRest(rest, &p)
	c.check(&p)
	if len(p) > 0 {
		return nil, fmt.Errorf("catalogue is not consistent:\n%w", errors.Join(p...))
	}
	return c, nil
}

type problems []error

func (p *problems) add(place, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

// say says in both languages what is wrong at a place, for those who change the catalogue on
// pages; add speaks to those who write its files. Both sentences take the same arguments.
func (p *problems) say(place roster.Name, zh, en string, args ...any) {
	*p = append(*p, &roster.Fault{Text: roster.Name{ZH: place.ZH + "：" + worded(zh, args), EN: place.EN + ": " + worded(en, args)}})
}

// worded is a sentence with its arguments; one that names none has none.
func worded(format string, args []any) string {
	if !strings.Contains(format, "%") {
		return format
	}
	return fmt.Sprintf(format, args...)
}

func itemPlace(zh, en string, no ItemNo) roster.Name {
	return roster.Name{ZH: fmt.Sprintf(zh, no), EN: fmt.Sprintf(en, no)}
}

var heading = []string{
	"no", "name_zh", "name_en", "stage", "department", "statutory_limit", "limit_unit", "statutory_basis",
	"statutory_source", "promised_limit_wd_example", "promised_source", "notes",
}

// MaxItems is the largest number of an item: short enough for a clerk to type.
const MaxItems = 9999

func (c *Catalog) readItems(text []byte, p *problems) {
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if got := strings.Split(strings.TrimSuffix(lines[0], "\r"), "\t"); !slices.Equal(got, heading) {
		p.add("items line 1", "the heading is %q, it has to be %q", got, heading)
		return
	}
	c.index = map[ItemNo]int{}
	for n, line := range lines[1:] {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		place := fmt.Sprintf("items line %d", n+2)
		cell := strings.Split(line, "\t")
		if len(cell) != len(heading) {
			p.add(place, "has %d cells instead of %d", len(cell), len(heading))
			continue
		}
		no, err := strconv.Atoi(cell[0])
		if err != nil || no < 1 || no > MaxItems {
			p.add(place, "number %q is not 1 to %d", cell[0], MaxItems)
			continue
		}
		place = fmt.Sprintf("item %d", no)
		if _, taken := c.index[ItemNo(no)]; taken {
			p.add(place, "the number is used twice")
			continue
		}
		item := Item{
			No: ItemNo(no), NameZH: cell[1], NameEN: cell[2], Stage: Stage(cell[3]), Department: cell[4], Notes: cell[11],
			Kinds:     readKinds(place, cell[4], p),
			Statutory: readStatutory(place, cell[5], cell[6], cell[7], cell[8], p),
			Promised:  readPromised(place, cell[9], cell[10], p),
		}
		if strings.TrimSpace(item.NameZH) == "" || strings.TrimSpace(item.NameEN) == "" || strings.TrimSpace(string(item.Stage)) == "" {
			p.add(place, "a Chinese name, an English name and a stage are needed")
		}
		c.index[item.No] = len(c.items)
		c.items = append(c.items, item)
	}
	slices.SortFunc(c.items, func(a, b Item) int { return int(a.No - b.No) })
	for i, item := range c.items {
		c.index[item.No] = i
	}
}

// printedKinds are the departments as the table prints them.
var printedKinds = map[string]roster.DepartmentKind{
	"发改": roster.Development, "行业主管": roster.SectorAuthority, "自然资源": roster.NaturalResources, "林业": roster.Forestry,
	"生态环境": roster.Ecology, "水利": roster.Water, "水务": roster.Water, "文旅": roster.Culture, "文物": roster.Culture,
	"国安": roster.StateSecurity, "交通": roster.Transport, "人防": roster.CivilAirDefence, "住建": roster.Housing,
	"住建牵头": roster.Housing, "省住建": roster.ProvincialHousing, "审图机构": roster.DrawingReview, "气象": roster.Meteorology,
	"城管": roster.UrbanManagement, "园林": roster.Parks,
}

func readKinds(place, text string, p *problems) []roster.DepartmentKind {
	var kinds []roster.DepartmentKind
	for name := range strings.SplitSeq(text, "/") {
		kind, known := printedKinds[name]
		if !known {
			p.add(place, "department %q is of no known kind", name)
		} else if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

const (
	unsourced   = "unsourced"
	unitWorking = "工作日"
	unitDay     = "日/天 as written"
	unitNone    = "-"
)

var bases = map[string]Mark{
	"specific law/rule":                MarkLaw,
	"as printed in a government guide": MarkGuide,
	"provincial rule":                  MarkProvincial,
	"default: Licensing Law art.42 (special rule not checked)": MarkDefault,
	unsourced: MarkUnsourced,
}

var (
	limitPattern = regexp.MustCompile(`^(\d{1,5})(?: \((?:\+(\d{1,5})|(as claimed)|(from receipt))\))?$`)
	casesPattern = regexp.MustCompile(`^(\d{1,5}) (\w+) / (\d{1,5}) (\w+)$`)
	ownerPattern = regexp.MustCompile(`^owner files <=(\d{1,5}) days$`)
)

// days reads digits that a pattern has matched.
func days(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

func readStatutory(place, limit, unit, basis, source string, p *problems) Statutory {
	s := Statutory{Printed: limit, UnitPrinted: unit, Basis: basis, Source: source}
	mark, known := bases[basis]
	if !known {
		p.add(place, "basis %q is not known", basis)
	}
	s.Mark = mark
	if (mark == MarkUnsourced) != (limit == unsourced) || (mark == MarkUnsourced) != (source == unsourced) {
		p.add(place, "limit %q, basis %q and source %q do not agree on whether there is a source", limit, basis, source)
	}
	if strings.TrimSpace(source) == "" {
		p.add(place, "the source is missing; write %q when there is none", unsourced)
	}
	l := calendar.Limit{Unit: calendar.WorkingDays, Start: calendar.Acceptance}
	switch {
	case unit == unitWorking, unit == unitNone:
	case strings.HasPrefix(unit, unitDay):
		l.Unit = calendar.CalendarDays
	default:
		p.add(place, "unit %q is not known", unit)
	}
	if limit == unsourced {
		return s
	}
	if m := limitPattern.FindStringSubmatch(limit); m != nil {
		l.Days = days(m[1])
		if m[2] != "" {
			s.Extension = days(m[2])
		}
		s.Claimed = m[3] != ""
		if m[4] != "" {
			l.Start = calendar.Receipt
		}
	} else if m := casesPattern.FindStringSubmatch(limit); m != nil {
		s.Cases = []Case{{days(m[1]), m[2]}, {days(m[3]), m[4]}}
		l.Days = max(s.Cases[0].Days, s.Cases[1].Days)
	} else if m := ownerPattern.FindStringSubmatch(limit); m != nil {
		s.OwnerDays = days(m[1])
		return s
	} else {
		p.add(place, "limit %q cannot be read", limit)
		return s
	}
	if unit == unitNone && l.Days != 0 {
		p.add(place, "a limit of %d days needs a unit", l.Days)
	}
	if err := l.Validate(); err != nil {
		p.add(place, "limit %q: %v", limit, err)
	}
	s.Known, s.Limit = true, l
	return s
}

var (
	promisePattern   = regexp.MustCompile(`^(\d{1,5})(?:-(\d{1,5}))?(?: \(([^()]+)\))?$`)
	conditionPattern = regexp.MustCompile(`^(\d{1,5}); ((\d{1,5}) if [\w ]+)$`)
)

func readPromised(place, printed, source string, p *problems) Promised {
	pr := Promised{Printed: printed, Source: source}
	if strings.TrimSpace(source) == "" {
		p.add(place, "the promise's source is missing; write %q when there is none", unsourced)
	}
	if printed == unsourced {
		if source != unsourced {
			p.add(place, "an unsourced promise has the source %q", source)
		}
		return pr
	}
	lowest, highest := 0, 0
	if m := promisePattern.FindStringSubmatch(printed); m != nil {
		lowest, highest, pr.Condition = days(m[1]), days(m[1]), m[3]
		if m[2] != "" {
			highest = days(m[2])
		}
	} else if m := conditionPattern.FindStringSubmatch(printed); m != nil {
		lowest, highest, pr.Condition = days(m[1]), days(m[3]), m[2]
	} else {
		p.add(place, "promise %q cannot be read", printed)
		return pr
	}
	if lowest > highest || highest > calendar.MaxDays {
		p.add(place, "promise %q is no range of days", printed)
	}
	if pr.Condition == unsourced || source == unsourced {
		if pr.Condition != unsourced || source != unsourced {
			p.add(place, "promise %q and its source %q do not agree on whether there is a source", printed, source)
		}
		pr.Condition = ""
		return pr
	}
	pr.Known, pr.Min, pr.Max = true, lowest, highest
	return pr
}

// rest is what stands beside the table of items.
type rest struct {
	Routes      []route      `json:"routes"`
	Matters     []Matter     `json:"matters"`
	Edges       []Edge       `json:"edges"`
	Competences []Competence `json:"competences"`
}

// route says whether every project needs an item and which ways around the full
// review it has.
type route struct {
	Item             ItemNo        `json:"item"`
	Conditional      bool          `json:"conditional,omitempty"`
	Commitment       bool          `json:"commitment,omitempty"`
	CommitmentOrigin roster.Origin `json:"commitmentOrigin,omitzero"`
	Gaps             bool          `json:"gaps,omitempty"`
	GapsOrigin       roster.Origin `json:"gapsOrigin,omitzero"`
}

func (c *Catalog) readRest(text []byte, p *problems) {
	var r rest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		p.add("routes, matters, edges and competences", "%v", err)
		return
	}
	if _, err := d.Token(); err != io.EOF {
		p.add("routes, matters, edges and competences", "there is something after the closing brace")
	}
	seen := map[ItemNo]bool{}
	for _, route := range r.Routes {
		place := fmt.Sprintf("route of item %d", route.Item)
		i, ok := c.index[route.Item]
		if !ok {
			p.add(place, "there is no such item")
			continue
		}
		if seen[route.Item] {
			p.add(place, "is given twice")
		}
		seen[route.Item] = true
		if route.Commitment && route.CommitmentOrigin == (roster.Origin{}) || route.Gaps && route.GapsOrigin == (roster.Origin{}) {
			p.add(place, "a source is needed, or what is assumed")
		}
		item := &c.items[i]
		item.Conditional = route.Conditional
		item.CommitmentAllowed, item.CommitmentOrigin = route.Commitment, route.CommitmentOrigin
		item.GapsAllowed, item.GapsOrigin = route.Gaps, route.GapsOrigin
	}
	c.matters, c.edges, c.competences = r.Matters, r.Edges, r.Competences
}

var codePattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func (c *Catalog) check(p *problems) {
	codes := map[MatterCode]bool{}
	for _, m := range c.matters {
		place := "matter " + string(m.Code)
		if !codePattern.MatchString(string(m.Code)) || len(m.Code) > 64 {
			p.add(place, "code %q is not lower-case words joined by underscores, 64 at most", string(m.Code))
		}
		if codes[m.Code] {
			p.add(place, "the code is used twice")
		}
		codes[m.Code] = true
		if m.NameZH == "" || m.NameEN == "" {
			p.add(place, "a Chinese and an English name are needed")
		}
		if len(m.Kinds) == 0 {
			p.add(place, "names no kind of department")
		}
		for _, kind := range m.Kinds {
			if !kind.Known() || !kind.Decides() {
				p.add(place, "kind %q answers no sign-offs", kind)
			}
		}
		if err := m.Limit.Validate(); err != nil {
			p.add(place, "%v", err)
		}
		c.checkJoin(&m, p)
		if !m.IsAssumed() {
			p.add(place, "no law sets a limit for coordination; what is assumed has to be said")
		}
	}
	c.checkEdges(p)
	c.checkCompetences(p)
}
