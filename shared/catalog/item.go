package catalog

import (
	"strings"

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
	MarkAgreed     Mark = "agreed"     // a date agreed on in a consultation; no item or matter has it
	MarkAssumed    Mark = "assumed"    // supposed by this product
)

// Marks returns every mark that an item or matter may have, strongest source first.
func Marks() []Mark {
	return []Mark{MarkLaw, MarkProvincial, MarkGuide, MarkDefault, MarkPromised, MarkAssumed, MarkUnsourced}
}

// Name returns what screens print for the mark; for an unknown mark its code.
func (m Mark) Name() roster.Name {
	switch m {
	case MarkLaw:
		return roster.Name{ZH: "法定（专门规定）", EN: "law"}
	case MarkGuide:
		return roster.Name{ZH: "办事指南所载", EN: "government guide"}
	case MarkProvincial:
		return roster.Name{ZH: "省级规定", EN: "provincial rule"}
	case MarkDefault:
		return roster.Name{ZH: "行政许可法第四十二条（特别规定未核）", EN: "Licensing Law art. 42, special rule not checked"}
	case MarkUnsourced:
		return roster.Name{ZH: "无出处", EN: "unsourced"}
	case MarkPromised:
		return roster.Name{ZH: "承诺时限示例", EN: "example of a promise"}
	case MarkAgreed:
		return roster.Name{ZH: "会商议定", EN: "agreed in consultation"}
	case MarkAssumed:
		return roster.Name{ZH: "拟定", EN: "assumed"}
	}
	return roster.Name{ZH: string(m), EN: string(m)}
}

// Stage (阶段) is the phase of a project as the catalogue prints it: "1 立项用地",
// "2/3". Items between two stages keep both numbers.
type Stage string

// Name returns the stage in both languages; for an unknown stage the text as printed.
func (s Stage) Name() roster.Name {
	switch s {
	case "1 立项用地":
		return roster.Name{ZH: "立项用地规划许可阶段", EN: "Stage 1: project and land"}
	case "1/2 并行":
		return roster.Name{ZH: "第一、二阶段并行", EN: "Alongside stages 1 and 2"}
	case "2 工程建设许可":
		return roster.Name{ZH: "工程建设许可阶段", EN: "Stage 2: construction planning"}
	case "2/3":
		return roster.Name{ZH: "第二、三阶段", EN: "Stages 2 and 3"}
	case "3 施工许可":
		return roster.Name{ZH: "施工许可阶段", EN: "Stage 3: construction permit"}
	case "3/4":
		return roster.Name{ZH: "第三、四阶段", EN: "Stages 3 and 4"}
	case "4 竣工验收":
		return roster.Name{ZH: "竣工验收阶段", EN: "Stage 4: completion and acceptance"}
	case "4 竣工后":
		return roster.Name{ZH: "竣工后", EN: "After completion"}
	}
	return roster.Name{ZH: string(s), EN: string(s)}
}

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

	// Conditional: only some projects need the item, as its name says (特殊, 超限, 涉及,
	// 占用). When it is not asked for, nothing is required through it.
	Conditional bool `json:"conditional,omitempty"`

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

	// Known reports whether Limit holds. An item that is unsourced, or whose days
	// bind only the owner, has no limit for review.
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
	// OwnerDays are days within which the project's owner must act (建设单位义务),
	// as written 日. They are no limit for review: Known is false.
	OwnerDays int `json:"ownerDays,omitempty"`
}

// Unsettled reports whether the rule writes 日 without saying that working days
// are meant. The limit is then counted in calendar days; see UnitNote.
func (s Statutory) Unsettled() bool { return strings.HasPrefix(s.UnitPrinted, unitDay) }

// UnitNote says, for the screen, how 日 is read; the zero Name when the unit is settled.
func (s Statutory) UnitNote() roster.Name {
	if !s.Unsettled() {
		return roster.Name{}
	}
	return roster.Name{
		ZH: "原文写作“日”，按日历日计；是否为工作日，行政许可法第八十二条未予明确",
		EN: "Written 日 and counted in calendar days; art. 82 of the Licensing Law does not settle whether working days are meant",
	}
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

// AssumedLimit returns the clock of an item for which neither a law nor a promise
// is known: this product supposes what 行政许可法 art. 42 sets for licences.
func AssumedLimit() calendar.Limit {
	return calendar.Limit{Days: 20, Unit: calendar.WorkingDays, Start: calendar.Acceptance}
}

// ClockLimit returns the limit on which a sign-off's clock runs, and what it is
// worth: the statutory limit when it is known, else the
// longest promised example (promised), else AssumedLimit (assumed).
func (i Item) ClockLimit() (calendar.Limit, Mark) {
	switch {
	case i.Statutory.Known:
		return i.Statutory.Limit, i.Statutory.Mark
	case i.Promised.Known:
		return calendar.Limit{Days: i.Promised.Max, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkPromised
	}
	return AssumedLimit(), MarkAssumed
}
