package catalog

import (
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
