package invest

import (
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Listing (列入年度计划) puts a project on the year's list of key projects. Its id is the
// roster's when the project is there.
type Listing struct {
	Project  roster.ProjectID    `json:"project"`
	NameZH   string              `json:"nameZH"`
	NameEN   string              `json:"nameEN,omitempty"`
	District roster.DistrictCode `json:"district"`
	Sector   roster.Sector       `json:"sector"`
	Tier     roster.ProjectTier  `json:"tier"`
	Type     roster.ProjectType  `json:"type"`
	Start    calendar.Date       `json:"start,omitzero"`  // 计划开工日期
	Finish   calendar.Date       `json:"finish,omitzero"` // 计划竣工日期
}

// Name is the project's name in both languages.
func (l Listing) Name() roster.Name {
	if l.NameEN == "" {
		return roster.Name{ZH: l.NameZH, EN: l.NameZH}
	}
	return roster.Name{ZH: l.NameZH, EN: l.NameEN}
}

// Plan (年度投资计划) is how much is to be invested in a project in the year, in force
// from a day on until another version is.
type Plan struct {
	Project roster.ProjectID `json:"project"`
	Amount  Money            `json:"amount"`
	From    calendar.Date    `json:"from"`
	Ground  string           `json:"ground,omitempty"` // the document (文号) of an adjustment
}

// Report (进度填报) is the cumulative investment of the year up to a period's end, and
// when works began or were finished, if they were.
type Report struct {
	Project  roster.ProjectID `json:"project"`
	Half     int              `json:"half"` // of the Period
	Done     Money            `json:"done"`
	Started  calendar.Date    `json:"started,omitzero"`  // 实际开工日期
	Finished calendar.Date    `json:"finished,omitzero"` // 实际竣工日期
	Reason   string           `json:"reason,omitempty"`  // why an earlier figure is corrected, or reduced
}

// Fact is one line of a batch: exactly one of the three.
type Fact struct {
	Listing *Listing `json:"listing,omitempty"`
	Plan    *Plan    `json:"plan,omitempty"`
	Report  *Report  `json:"report,omitempty"`
}

// Stamp says in which batch something was entered, by whom, when and why.
type Stamp struct {
	Batch  int64           // its number in the year
	By     roster.PersonID // acting for Unit
	Unit   string
	At     time.Time
	Reason string
}

// Batch is what is entered at once, all or nothing.
type Batch struct {
	Stamp
	Facts []Fact
}

// Was is a value with its stamp.
type Was[T any] struct {
	Value T
	Stamp
}
