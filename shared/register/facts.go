package register

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Facts are what the rules rest on, at one time.
type Facts struct {
	Calendar *calendar.Calendar
	Catalog  *catalog.Catalog
	Roster   *roster.Roster
}

// Order is what a change set changes; exactly one kind of thing.
type Order struct {
	Transfers []catalog.Transfer `json:"transfers,omitempty"` // 事权划转
	Holidays  *calendar.Notice   `json:"holidays,omitempty"`  // 节假日安排
	Roster    []roster.Change    `json:"roster,omitempty"`    // 机构、支部、人员
	Items     []catalog.Item     `json:"items,omitempty"`     // 审批事项，新增的和修改后的
}

// Touches reports whether open issues may have to be brought into line.
func (o Order) Touches() bool {
	if o.Holidays != nil {
		return true
	}
	moves := func(t catalog.Transfer) bool { return t.MovesOpen }
	hands := func(c roster.Change) bool { // work goes to somebody else, or to another branch
		return c.Reorganise != nil || c.People != nil || c.Dissolve != nil ||
			c.Secretary != nil && !c.Secretary.Renewal || c.Projects != nil && c.Projects.To != ""
	}
	return slices.ContainsFunc(o.Transfers, moves) || slices.ContainsFunc(o.Roster, hands)
}

// Entry is a change set in the register.
type Entry struct {
	N          int64          `json:"n"` // 1.. in the order in which they were entered
	ChangeSet  string         `json:"changeSet"`
	Title      string         `json:"title"`
	Ground     string         `json:"ground"` // the document it rests on, with its number (文号)
	On         calendar.Date  `json:"on"`     // first day on which it is in force
	Order      Order          `json:"order"`
	ProposedBy approval.Actor `json:"proposedBy"`
	ApprovedBy approval.Actor `json:"approvedBy"`
	At         time.Time      `json:"at"`
}

// with are the facts after one more entry.
func (f Facts) with(e Entry) (Facts, error) {
	var err error
	for _, t := range e.Order.Transfers {
		t.On = e.On
		if t.Source == "" && !t.IsAssumed() {
			t.Source = e.Ground
		}
		if f.Catalog, _, err = f.Catalog.Transfer(t); err != nil {
			return f, err
		}
	}
	if len(e.Order.Items) > 0 {
		if f.Catalog, err = f.Catalog.Adopt(e.Order.Items); err != nil {
			return f, err
		}
	}
	if n := e.Order.Holidays; n != nil {
		if f.Calendar, err = f.Calendar.With(*n); err != nil {
			return f, err
		}
	}
	if len(e.Order.Roster) > 0 {
		if f.Roster, err = f.Roster.With(e.On, e.Order.Roster...); err != nil {
			return f, err
		}
		for _, c := range e.Order.Roster {
			if c.Reorganise == nil {
				continue
			}
			for _, s := range successions(*c.Reorganise, e) {
				if f.Catalog, err = f.Catalog.Succeed(s); err != nil {
					return f, err
				}
			}
		}
	}
	if err := f.Catalog.CheckRoster(f.Roster); err != nil {
		return f, fmt.Errorf("the catalogue does not fit the roster:\n%w", err)
	}
	return f, nil
}

// inOrder are entries by the day on which they come into force; of one day, by
// their number.
func inOrder(entries []Entry) []Entry {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.N, b.N))
	})
	return sorted
}

// State is the register as of a day.
type State struct {
	Facts
	Entered int64 // how many change sets there are
	InForce int64 // how many of them are in force; it never falls
	// Touched is InForce as it was with the last change set that touches open
	// issues.
	Touched int64
}

// fold computes the state on a day. It folds what comes later too, so that a
// change set is refused that would not fit what is to come.
func fold(base Facts, entries []Entry, on calendar.Date) (State, error) {
	s := State{Facts: base, Entered: int64(len(entries))}
	facts := base
	for _, e := range inOrder(entries) {
		next, err := facts.with(e)
		if err != nil {
			return s, fmt.Errorf("change set %d (%s), in force on %s: %w", e.N, e.Title, e.On, err)
		}
		facts = next
		if e.On > on {
			continue
		}
		s.Facts = facts
		s.InForce++
		if e.Order.Touches() {
			s.Touched = s.InForce
		}
	}
	return s, nil
}

// successions are what a reorganisation does to competences: whoever takes over a
// department, or a share of it, becomes competent for it.
func successions(r roster.Reorganisation, e Entry) []catalog.Succession {
	var all []catalog.Succession
	for _, p := range r.Passages {
		s := catalog.Succession{From: p.From, To: cmp.Or(p.To, p.From), Items: map[catalog.ItemNo]roster.DepartmentID{}, On: e.On, Origin: roster.Origin{Source: e.Ground}}
		for _, share := range p.Shares {
			for _, no := range share.Items {
				s.Items[catalog.ItemNo(no)] = share.To
			}
		}
		all = append(all, s)
	}
	return all
}
