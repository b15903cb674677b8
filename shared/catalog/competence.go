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
	roster.Origin
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

// Transfer (事权划转) moves the competence for items in a district to a department
// from a day on.
type Transfer struct {
	Items    []ItemNo
	District roster.DistrictCode
	To       roster.DepartmentID
	On       calendar.Date // first day
	roster.Origin
}

// Transfer returns the catalogue as it is once the transfer is entered, and how
// many of the items it moves to another department. Before the day the old
// department stays competent; open cases stay with it unless they are moved.
// The error lists an unknown or repeated item, a missing day, department or
// district, and an item whose competence already changes on that day or later.
func (c *Catalog) Transfer(t Transfer) (*Catalog, int, error) {
	next := *c
	next.competences = slices.Clone(c.competences)
	var p problems
	if t.On.IsZero() || t.To == "" || t.District == "" {
		p.add("transfer", "the day, the department and the district are needed")
	}
	moved := 0
	for i, no := range t.Items {
		place := fmt.Sprintf("transfer of item %d", no)
		if _, ok := c.index[no]; !ok {
			p.add(place, "there is no such item")
			continue
		}
		if slices.Contains(t.Items[:i], no) {
			p.add(place, "is given twice")
			continue
		}
		if before, err := c.Competent(no, t.District, t.On); err != nil || before != t.To {
			moved++
		}
		row := Competence{Item: no, District: t.District, Department: t.To, From: t.On, Origin: t.Origin}
		for k := range next.competences {
			old := &next.competences[k]
			if !old.sameMatter(row) || !old.overlaps(row) {
				continue
			}
			if !old.From.IsZero() && old.From >= t.On {
				p.add(place, "%s is already to become competent on %s; undo that first", old.Department, old.From)
				continue
			}
			old.Until = t.On
		}
		next.competences = append(next.competences, row)
	}
	if len(p) > 0 {
		return nil, 0, fmt.Errorf("transfer cannot be entered:\n%w", errors.Join(p...))
	}
	next.checkCompetences(&p)
	if len(p) > 0 {
		return nil, 0, fmt.Errorf("transfer cannot be entered:\n%w", errors.Join(p...))
	}
	return &next, moved, nil
}

func (c *Catalog) checkCompetences(p *problems) {
	for i, r := range c.competences {
		place := fmt.Sprintf("competence of %s in %s", r.Department, r.District)
		switch {
		case (r.Item == 0) == (r.Kind == ""):
			p.add(place, "either an item or a kind is needed, not both")
		case r.Item != 0:
			place = fmt.Sprintf("competence of %s in %s for item %d", r.Department, r.District, r.Item)
			if _, ok := c.index[r.Item]; !ok {
				p.add(place, "there is no such item")
			}
		default:
			place = fmt.Sprintf("competence of %s in %s for kind %s", r.Department, r.District, r.Kind)
			if !r.Kind.Known() || !r.Kind.Decides() || r.Kind.Local() {
				p.add(place, "a competence cannot be given for that kind")
			}
		}
		if r.Department == "" || r.District == "" {
			p.add(place, "a department and a district are needed")
		}
		if !r.Until.IsZero() && !r.From.IsZero() && r.Until <= r.From {
			p.add(place, "ends on %s, before it begins on %s", r.Until, r.From)
		}
		if r.Origin == (roster.Origin{}) {
			p.add(place, "a source is needed, or what is assumed")
		}
		for _, s := range c.competences[:i] {
			if r.sameMatter(s) && r.overlaps(s) {
				p.add(place, "%s is competent for the same on the same days", s.Department)
			}
		}
	}
}

// CheckRoster reports every competence whose department or district is not on
// the roster, whose department answers no sign-offs, or, for a row of a kind,
// is of another kind.
func (c *Catalog) CheckRoster(r *roster.Roster) error {
	var p problems
	for _, row := range c.competences {
		place := fmt.Sprintf("competence of %s in %s", row.Department, row.District)
		if _, ok := r.District(row.District); !ok {
			p.add(place, "the district is not on the roster")
		}
		d, ok := r.Department(row.Department)
		switch {
		case !ok:
			p.add(place, "the department is not on the roster")
		case !d.Kind.Decides():
			p.add(place, "the department answers no sign-offs")
		case row.Kind != "" && d.Kind != row.Kind:
			p.add(place, "the department is of kind %s instead of %s", d.Kind, row.Kind)
		}
	}
	return errors.Join(p...)
}
