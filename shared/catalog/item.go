package catalog

import (
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// ItemNo is an item's number in the catalogue, from 1.
type ItemNo int

// Mark (出处标记) says what a limit is worth.
type Mark string

const (
	MarkLaw        Mark = "law"        // a specific law or rule
	MarkGuide      Mark = "guide"      // as printed in a government guide
	MarkProvincial Mark = "provincial" // a provincial rule
	MarkDefault    Mark = "default"    // 行政许可法 art. 42, special rule not checked
	MarkUnsourced  Mark = "unsourced"  // no source found
	MarkPromised   Mark = "promised"   // an office's promise, as an example
	MarkAssumed    Mark = "assumed"    // supposed by this product
)

// Stage (阶段) is the phase of a project as the catalogue prints it: "1 立项用地",
// "2/3". Items between two stages keep both numbers.
type Stage string

// Item (审批事项) is something a department approves.
type Item struct {
	No     ItemNo `json:"no"`
	NameZH string `json:"nameZH"`
	NameEN string `json:"nameEN"`
	Stage  Stage  `json:"stage"`
	// Department is who approves, as printed: "城管/住建". Kinds is the same as
	// kinds, in that order: one of them is competent, not all.
	Department string                  `json:"department"`
	Kinds      []roster.DepartmentKind `json:"kinds"`

	Statutory Statutory `json:"statutory"`
	Promised  Promised  `json:"promised"`
	Notes     string    `json:"notes,omitempty"` // as printed

	// CommitmentAllowed: the item may be approved on commitment (告知承诺).
	// GapsAllowed: it may be accepted with papers missing (容缺受理).
	CommitmentAllowed bool          `json:"commitmentAllowed"`
	CommitmentOrigin  roster.Origin `json:"commitmentOrigin,omitzero"`
	GapsAllowed       bool          `json:"gapsAllowed"`
	GapsOrigin        roster.Origin `json:"gapsOrigin,omitzero"`
}

// Statutory is the limit that a law, rule or guide sets (法定时限).
type Statutory struct {
	Mark Mark `json:"mark"`
	// Printed and UnitPrinted are the cells as printed, for the screen.
	Printed     string `json:"printed"`
	UnitPrinted string `json:"unitPrinted"`
	Basis       string `json:"basis"`  // as printed
	Source      string `json:"source"` // law and article or guide, with its address

	// Known reports whether Limit holds; an unsourced item has none.
	Known bool           `json:"known"`
	Limit calendar.Limit `json:"limit,omitzero"`
	// Extension is how many days, in the limit's unit, the rule itself lets be
	// added: the 40 of "20 (+40)".
	Extension int `json:"extension,omitempty"`
	// Cases are the limits of a rule that sets several; Limit is then the
	// longest, so that nobody is called late who may not be.
	Cases []Case `json:"cases,omitempty"`
	// Claimed: the guide only claims the limit.
	Claimed bool `json:"claimed,omitempty"`
	// OwnerDuty: the limit binds the project's owner and is no limit for review.
	OwnerDuty bool `json:"ownerDuty,omitempty"`
}

// Case is one of several limits of a rule: 15 days for large projects.
type Case struct {
	Days int    `json:"days"`
	When string `json:"when"` // as printed: "large"
}

// Promised is an example of what an office promised (承诺时限), in working days.
type Promised struct {
	Printed string `json:"printed"`
	Source  string `json:"source"`
	// Known reports whether Min and Max hold: a promise with a source.
	Known bool `json:"known"`
	Min   int  `json:"min,omitempty"`
	Max   int  `json:"max,omitempty"`
	// Condition is what the cell adds to its numbers: "9 if sampled".
	Condition string `json:"condition,omitempty"`
}

// AssumedLimit is the clock of an item for which neither a law nor a promise is
// known: this product supposes what 行政许可法 art. 42 sets for licences.
var AssumedLimit = calendar.Limit{Days: 20, Unit: calendar.WorkingDays, Start: calendar.Acceptance}

// ClockLimit returns the limit on which a sign-off's clock runs, and what it is
// worth: the statutory limit when it is known and binds the reviewer, else the
// longest promised example (promised), else AssumedLimit (assumed).
func (i Item) ClockLimit() (calendar.Limit, Mark) {
	switch {
	case i.Statutory.Known && !i.Statutory.OwnerDuty:
		return i.Statutory.Limit, i.Statutory.Mark
	case i.Promised.Known:
		return calendar.Limit{Days: i.Promised.Max, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkPromised
	}
	return AssumedLimit, MarkAssumed
}
