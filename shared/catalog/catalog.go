package catalog

import (
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Catalog (事项目录) is made by [Load] and never changes.
type Catalog struct {
	items       []Item // by number
	matters     []Matter
	edges       []Edge
	competences []Competence
}

// Item returns the item with the number, and whether there is one.
func (c *Catalog) Item(no ItemNo) (Item, bool) { return Item{}, false }

// Matter returns the matter with the code, and whether there is one.
func (c *Catalog) Matter(code MatterCode) (Matter, bool) { return Matter{}, false }

// Competent returns the department that is competent for the item in the district on a day.
func (c *Catalog) Competent(item ItemNo, district roster.DistrictCode, on calendar.Date) (roster.DepartmentID, error) {
	return "", nil
}

// Graph returns what each item waits for.
func (c *Catalog) Graph(items, commitments []ItemNo) (needs []Need, removed []Edge, err error) {
	return nil, nil, nil
}
