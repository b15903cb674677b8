package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Competence (事权) gives an item, or whatever a kind of department approves, in
// a district to a department, from a day on. A row for an item goes before a
// row for a kind.
type Competence struct {
	Item       ItemNo                `json:"item,omitempty"` // either Item
	Kind       roster.DepartmentKind `json:"kind,omitempty"` // or Kind
	District   roster.DistrictCode   `json:"district"`
	Department roster.DepartmentID   `json:"department"`
	From       calendar.Date         `json:"from,omitzero"`  // first day; zero: since ever
	Until      calendar.Date         `json:"until,omitzero"` // first day on which it no longer holds; zero: it holds
	// MovesOpen: open cases of the department before come along; otherwise they stay
	// with it until they are decided.
	MovesOpen bool `json:"movesOpen,omitempty"`
	roster.Origin
}

// Giving returns the catalogue with other competences and everything else as it is:
// the same items in another place. The error lists what is wrong with them.
func (c *Catalog) Giving(competences []Competence) (*Catalog, error) {
	next := *c
	next.competences = slices.Clone(competences)
	var p problems
	next.checkCompetences(&p)
	if len(p) > 0 {
		return nil, fmt.Errorf("competences are not consistent:\n%w", errors.Join(p...))
	}
	return &next, nil
}

func (r Competence) covers(on calendar.Date) bool {
	return (r.From.IsZero() || r.From <= on) && (r.Until.IsZero() || on < r.Until)
}

func (r Competence) overlaps(s Competence) bool {
	return (r.Until.IsZero() || s.From.IsZero() || s.From < r.Until) && (s.Until.IsZero() || r.From.IsZero() || r.From < s.Until)
}

// sameMatter reports whether both rows give away the same thing in the same place.
func (r Competence) sameMatter(s Competence) bool {
	return r.Item == s.Item && r.Kind == s.Kind && r.District == s.District
}

// NobodyError says that no department is competent. Its text says what to do.
type NobodyError struct {
	Item     ItemNo                  // 0 when only a kind was asked for
	Kinds    []roster.DepartmentKind // any of which would do
	District roster.DistrictCode
	On       calendar.Date
}

// Error names what was asked for, where and when, and what to enter.
func (e *NobodyError) Error() string {
	kinds := make([]string, len(e.Kinds))
	for i, k := range e.Kinds {
		kinds[i] = string(k)
	}
	if e.Item == 0 {
		return fmt.Sprintf("nobody is competent for what %s decides in district %s on %s: enter a competence for that kind of department", strings.Join(kinds, ", "), e.District, e.On)
	}
	return fmt.Sprintf("nobody is competent for item %d in district %s on %s: enter a competence for the item or for one of the kinds %s", e.Item, e.District, e.On, strings.Join(kinds, ", "))
}

// Competences returns all rows, those that no longer hold included.
func (c *Catalog) Competences() []Competence { return slices.Clone(c.competences) }

// Competent returns the department that is competent for an item in a district
// on a day: by a row for the item, else by a row for the first of its kinds that
// has one. It returns a [*NobodyError] when there is none, and another error when
// the catalogue has no such item.
func (c *Catalog) Competent(item ItemNo, district roster.DistrictCode, on calendar.Date) (roster.DepartmentID, error) {
	i, ok := c.index[item]
	if !ok {
		return "", fmt.Errorf("the catalogue has no item %d", item)
	}
	if id := c.row(Competence{Item: item, District: district}, on); id != "" {
		return id, nil
	}
	kinds := c.items[i].Kinds
	for _, kind := range kinds {
		if id := c.row(Competence{Kind: kind, District: district}, on); id != "" {
			return id, nil
		}
	}
	return "", &NobodyError{Item: item, Kinds: slices.Clone(kinds), District: district, On: on}
}

// CompetentKind returns the department that stands for a kind in a district on a
// day, as coordination matters ask for it, or a [*NobodyError].
func (c *Catalog) CompetentKind(kind roster.DepartmentKind, district roster.DistrictCode, on calendar.Date) (roster.DepartmentID, error) {
	if id := c.row(Competence{Kind: kind, District: district}, on); id != "" {
		return id, nil
	}
	return "", &NobodyError{Kinds: []roster.DepartmentKind{kind}, District: district, On: on}
}

func (c *Catalog) row(like Competence, on calendar.Date) roster.DepartmentID {
	for _, r := range c.competences {
		if r.sameMatter(like) && r.covers(on) {
			return r.Department
		}
	}
	return ""
}

// Parties suggests who takes part in a matter about a project: for each kind the
// competent department of the project's district, for town governments and
// village committees those of the project's town. The branch may name others.
// The error joins a [*NobodyError] for each kind without a department, next to
// the parties that were found; a project without a town has no local parties.
func (c *Catalog) Parties(code MatterCode, project roster.Project, r *roster.Roster, on calendar.Date) ([]roster.DepartmentID, error) {
	m, ok := c.Matter(code)
	if !ok {
		return nil, fmt.Errorf("the catalogue has no coordination matter %q", code)
	}
	var parties []roster.DepartmentID
	var errs []error
	add := func(id roster.DepartmentID) {
		if !slices.Contains(parties, id) {
			parties = append(parties, id)
		}
	}
	for _, kind := range m.Kinds {
		if kind.Local() {
			if (project.Town != roster.Name{}) {
				for _, d := range r.DepartmentsOf(kind, project.District, project.Town) {
					add(d.ID)
				}
			}
			continue
		}
		id, err := c.CompetentKind(kind, project.District, on)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		add(id)
	}
	return parties, errors.Join(errs...)
}

// matter is what a row gives away, and where.
type matter struct {
	item     ItemNo
	kind     roster.DepartmentKind
	district roster.DistrictCode
}

func (r Competence) matter() matter { return matter{r.Item, r.Kind, r.District} }

// MovedTo says to which department the open cases of an item in a district have
// moved by a day, as the competence in force on it says; false when they stay
// where they are.
func (c *Catalog) MovedTo(item ItemNo, district roster.DistrictCode, on calendar.Date) (roster.DepartmentID, bool) {
	i, ok := c.index[item]
	if !ok {
		return "", false
	}
	like := []Competence{{Item: item, District: district}}
	for _, kind := range c.items[i].Kinds {
		like = append(like, Competence{Kind: kind, District: district})
	}
	for _, l := range like {
		for _, r := range c.competences {
			if r.sameMatter(l) && r.covers(on) {
				return r.Department, r.MovesOpen
			}
		}
	}
	return "", false
}

// Transfer (事权划转) moves the competence for items in a district to a department
// from a day on.
type Transfer struct {
	Items     []ItemNo            `json:"items"`
	District  roster.DistrictCode `json:"district"`
	To        roster.DepartmentID `json:"to"`
	On        calendar.Date       `json:"on"` // first day
	MovesOpen bool                `json:"movesOpen,omitempty"`
	roster.Origin
}

// Transfer returns the catalogue as it is once the transfer is entered, and how
// many of the items it moves to another department. Before the day the old
// department stays competent; open cases stay with it unless the transfer moves
// them. The error lists an unknown or repeated item, a missing day, department or
// district, and an item whose competence already changes on that day or later.
func (c *Catalog) Transfer(t Transfer) (*Catalog, int, error) {
	var p problems
	if t.On.IsZero() || t.To == "" || t.District == "" {
		p.say(roster.Name{ZH: "事权划转", EN: "transfer"}, "须填写日期、部门和区域", "the day, the department and the district are needed")
	}
	moved := 0
	var rows []Competence
	given := map[ItemNo]bool{}
	for _, no := range t.Items {
		place := itemPlace("划转第%d号事项", "transfer of item %d", no)
		if _, ok := c.index[no]; !ok {
			p.say(place, "没有这个事项", "there is no such item")
			continue
		}
		if given[no] {
			p.say(place, "重复填写", "is given twice")
			continue
		}
		given[no] = true
		if before, err := c.Competent(no, t.District, t.On); err != nil || before != t.To {
			moved++
		}
		rows = append(rows, Competence{Item: no, District: t.District, Department: t.To, From: t.On, MovesOpen: t.MovesOpen, Origin: t.Origin})
	}
	next, err := c.enter(rows, p)
	if err != nil {
		return nil, 0, fmt.Errorf("transfer cannot be entered:\n%w", err)
	}
	return next, moved, nil
}

// enter returns the catalogue with rows that hold from their day on; what held
// until then ends on it. The problems found so far are told with the others.
func (c *Catalog) enter(rows []Competence, p problems) (*Catalog, error) {
	next := *c
	next.competences = slices.Clone(c.competences)
	held := map[matter][]int{}
	for k, r := range next.competences {
		held[r.matter()] = append(held[r.matter()], k)
	}
	for _, row := range rows {
		for _, k := range held[row.matter()] {
			old := &next.competences[k]
			if !old.overlaps(row) {
				continue
			}
			if !old.From.IsZero() && old.From >= row.From {
				place := itemPlace("划转第%d号事项", "transfer of item %d", row.Item)
				if row.Item == 0 {
					place = roster.Name{ZH: "划转" + row.Kind.Name().ZH + "类事项", EN: "transfer of kind " + string(row.Kind)}
				}
				p.say(place, "%[1]s自%[2]s起已定为负责部门，请先撤销该项变更", "%s is already to become competent on %s; undo that first", old.Department, old.From)
				continue
			}
			old.Until = row.From
		}
		next.competences = append(next.competences, row)
	}
	if len(p) == 0 {
		next.checkCompetences(&p)
	}
	if len(p) > 0 {
		return nil, errors.Join(p...)
	}
	return &next, nil
}

// Succession (机构改革中的事权承接) says who takes over what a department was competent
// for when it is merged, split or dissolved.
type Succession struct {
	From  roster.DepartmentID
	To    roster.DepartmentID // takes whatever Items does not name
	Items map[ItemNo]roster.DepartmentID
	On    calendar.Date // first day
	roster.Origin
}

// Succeed returns the catalogue in which the successors are competent from the
// day on for everything that the department was competent for; its open cases
// come along.
func (c *Catalog) Succeed(s Succession) (*Catalog, error) {
	var p problems
	if s.On.IsZero() || s.From == "" || s.To == "" {
		p.say(roster.Name{ZH: "事权承接", EN: "succession"}, "须填写日期、部门和承接部门", "the day, the department and its successor are needed")
	}
	for no := range s.Items {
		if _, ok := c.index[no]; !ok {
			p.say(roster.Name{ZH: "事权承接", EN: "succession"}, "没有第%[1]d号事项", "there is no item %d", no)
		}
	}
	// What was to begin for the department on the day or later, its successors
	// take over whole.
	without := *c
	without.competences = nil
	var had, rows []Competence
	own := map[matter]bool{} // what it has by rows for items
	for _, r := range c.competences {
		mine := r.Department == s.From && (r.Until.IsZero() || r.Until > s.On)
		if !mine || r.From.IsZero() || r.From < s.On {
			without.competences = append(without.competences, r)
		}
		if mine {
			had = append(had, r)
			own[r.matter()] = r.Item != 0
		}
	}
	for _, r := range had {
		row := r
		row.Department, row.From, row.MovesOpen, row.Origin = s.To, max(r.From, s.On), true, s.Origin
		if to, named := s.Items[r.Item]; named {
			row.Department = to
		}
		rows = append(rows, row)
		if r.Kind == "" {
			continue
		}
		for _, item := range c.items { // those that came to it with the kind
			to, named := s.Items[item.No]
			split := Competence{Item: item.No, District: r.District, Department: to, From: row.From, MovesOpen: true, Origin: s.Origin}
			if !named || own[split.matter()] {
				continue
			}
			if held, err := c.Competent(item.No, r.District, row.From); err == nil && held == s.From && slices.Contains(item.Kinds, r.Kind) {
				rows = append(rows, split)
			}
		}
	}
	next, err := without.enter(rows, p)
	if err != nil {
		return nil, fmt.Errorf("succession cannot be entered:\n%w", err)
	}
	return next, nil
}

func (c *Catalog) checkCompetences(p *problems) {
	before := map[matter][]Competence{}
	for _, r := range c.competences {
		place := roster.Name{ZH: fmt.Sprintf("%s在%s的事权", r.Department, r.District), EN: fmt.Sprintf("competence of %s in %s", r.Department, r.District)}
		switch {
		case (r.Item == 0) == (r.Kind == ""):
			p.say(place, "事项和部门类别须填一项，不能都填", "either an item or a kind is needed, not both")
		case r.Item != 0:
			place.ZH, place.EN = fmt.Sprintf("%s，第%d号事项", place.ZH, r.Item), fmt.Sprintf("%s for item %d", place.EN, r.Item)
			if _, ok := c.index[r.Item]; !ok {
				p.say(place, "没有这个事项", "there is no such item")
			}
		default:
			place.ZH, place.EN = fmt.Sprintf("%s，%s类", place.ZH, r.Kind.Name().ZH), fmt.Sprintf("%s for kind %s", place.EN, r.Kind)
			if !r.Kind.Known() || !r.Kind.Decides() || r.Kind.Local() {
				p.say(place, "该类部门不能登记事权", "a competence cannot be given for that kind")
			}
		}
		if r.Department == "" || r.District == "" {
			p.say(place, "须填写部门和区域", "a department and a district are needed")
		}
		if !r.Until.IsZero() && !r.From.IsZero() && r.Until <= r.From {
			p.say(place, "终止日%[1]s早于起始日%[2]s", "ends on %s, before it begins on %s", r.Until, r.From)
		}
		if r.Origin == (roster.Origin{}) {
			p.say(place, "须注明依据，或者说明哪些为拟定", "a source is needed, or what is assumed")
		}
		for _, s := range before[r.matter()] {
			if r.overlaps(s) {
				p.say(place, "同一时间%[1]s也负责同一事项", "%s is competent for the same on the same days", s.Department)
			}
		}
		before[r.matter()] = append(before[r.matter()], r)
	}
}

// CheckRoster reports every competence whose department or district is not on
// the roster, whose department answers no sign-offs, or, for a row of a kind,
// neither is of that kind nor has taken over from one that was.
func (c *Catalog) CheckRoster(r *roster.Roster) error {
	var p problems
	for _, row := range c.competences {
		place := roster.Name{ZH: fmt.Sprintf("%s在%s的事权", row.Department, row.District), EN: fmt.Sprintf("competence of %s in %s", row.Department, row.District)}
		if _, ok := r.District(row.District); !ok {
			p.say(place, "区域不在名册中", "the district is not on the roster")
		}
		d, ok := r.Department(row.Department)
		switch {
		case !ok:
			p.say(place, "部门不在名册中", "the department is not on the roster")
		case !d.Kind.Decides():
			p.say(place, "该部门不办理会签任务", "the department answers no sign-offs")
		case row.Kind != "" && !r.StandsFor(d.ID, row.Kind):
			p.say(place, "该部门属%[1]s类，不是%[2]s类", "the department is of kind %s instead of %s", d.Kind, row.Kind)
		}
	}
	return errors.Join(p...)
}
