package catalog

import (
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// MatterCode names a coordination matter.
type MatterCode string

// Matter (协调事项) is something that needs agreement and is no approval item:
// the adjustment of a neighbouring plot, a traffic diversion.
type Matter struct {
	Code   MatterCode `json:"code"`
	NameZH string     `json:"nameZH"`
	NameEN string     `json:"nameEN"`
	// Kinds are the departments that usually take part; the branch may name others.
	Kinds []roster.DepartmentKind `json:"kinds"`
	Limit calendar.Limit          `json:"limit"`
	// Join (合议规则) is when it counts as agreed, unless the branch says otherwise.
	Join Join `json:"join,omitzero"`
	roster.Origin
}

// ClockLimit returns the limit on which a party's clock runs. It is assumed: no
// law sets one for coordination.
func (m Matter) ClockLimit() (calendar.Limit, Mark) { return m.Limit, MarkAssumed }
