package approval

import (
	"context"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// LengtheningKind is what gave a department more time.
type LengtheningKind string

const (
	BySupplement LengtheningKind = "supplement" // it asked for one (补正)
	ByExtension  LengtheningKind = "extension"  // its lead granted one (延期)
)

// Lengthening (延长办理) is one act by which a department got more time on a sign-off.
// A sign-off allows each once a round, so that repetition shows only across issues and
// rounds: the commit of the act puts it into the list of the department's area, once.
// Acts of before there was the list are not in it.
type Lengthening struct {
	Issue      IssueID             `json:"issue"`
	Seq        int64               `json:"seq"` // of the act's event
	Kind       LengtheningKind     `json:"kind"`
	Area       roster.DistrictCode `json:"area"` // the department's
	Department roster.DepartmentID `json:"department"`
	Item       catalog.ItemNo      `json:"item,omitempty"`
	Matter     catalog.MatterCode  `json:"matter,omitempty"`
	SignOff    int                 `json:"signOff"`
	Round      int                 `json:"round"`
	At         time.Time           `json:"at"`
}

// LengtheningQuery asks for the acts of an area's departments from a moment on, oldest
// first.
type LengtheningQuery struct {
	Area  roster.DistrictCode
	Since time.Time
}

// lengthened lists the act whose event was written last.
func (t *transition) lengthened(kind LengtheningKind, s *SignOff) {
	department, _ := t.Roster.Department(s.Department)
	t.lengthenings = append(t.lengthenings, Lengthening{
		Issue: t.issue.ID, Seq: t.issue.Events + int64(len(t.events)), Kind: kind, Area: department.District,
		Department: s.Department, Item: s.Item, Matter: s.Matter, SignOff: s.N, Round: t.issue.Round(), At: t.now,
	})
}

// Lengthenings lists those of an area since the beginning of a day, to the end of the
// list. It may lag behind the last commits.
func (s *Service) Lengthenings(ctx context.Context, area roster.DistrictCode, since calendar.Date) ([]Lengthening, error) {
	var all []Lengthening
	for page := (Page{Limit: 200}); ; {
		list, next, err := s.store.Lengthenings(ctx, LengtheningQuery{area, since.Start()}, page)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if page.Cursor = next; next == "" {
			return all, nil
		}
	}
}
