package invest

import (
	"maps"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Year is all that was entered for a year. It never changes; see [Year.With].
type Year struct {
	N        int
	Batches  int64 // how many were entered: the version of the data
	projects map[roster.ProjectID]*Project
}

// NewYear is a year of which nothing is known.
func NewYear(n int) *Year { return &Year{N: n, projects: map[roster.ProjectID]*Project{}} }

// Project is all that was entered for a project in the year, every list oldest first.
type Project struct {
	Listings []Was[Listing]
	Plans    []Was[Plan]
	reports  [halves + 1][]Was[Report]
}

// With is the year with one more batch. The facts are taken as they are; what may be
// entered, [Year.Check] says.
func (y *Year) With(b Batch) *Year {
	next := &Year{N: y.N, Batches: max(y.Batches, b.Batch), projects: maps.Clone(y.projects)}
	own := map[roster.ProjectID]bool{}
	for _, f := range b.Facts {
		next.add(f, b.Stamp, own)
	}
	return next
}

// add enters a fact into a year that is being made; own are the projects that are
// this year's alone already.
func (y *Year) add(f Fact, s Stamp, own map[roster.ProjectID]bool) {
	id := f.project()
	p := y.projects[id]
	if !own[id] {
		own[id] = true
		next := Project{}
		if p != nil {
			next = *p
			next.Listings, next.Plans = slices.Clip(p.Listings), slices.Clip(p.Plans)
			for k := range next.reports {
				next.reports[k] = slices.Clip(next.reports[k])
			}
		}
		p = &next
		y.projects[id] = p
	}
	switch {
	case f.Listing != nil:
		p.Listings = append(p.Listings, Was[Listing]{*f.Listing, s})
	case f.Plan != nil:
		p.Plans = append(p.Plans, Was[Plan]{*f.Plan, s})
	case f.Report != nil && f.Report.Half >= 1 && f.Report.Half <= halves:
		p.reports[f.Report.Half] = append(p.reports[f.Report.Half], Was[Report]{*f.Report, s})
	}
}

func (f Fact) project() roster.ProjectID {
	switch {
	case f.Listing != nil:
		return f.Listing.Project
	case f.Plan != nil:
		return f.Plan.Project
	case f.Report != nil:
		return f.Report.Project
	}
	return ""
}

// Project returns what is known of a project that is on the year's list, and whether
// it is.
func (y *Year) Project(id roster.ProjectID) (*Project, bool) {
	p, ok := y.projects[id]
	return p, ok && len(p.Listings) > 0
}

// Projects are the ids of the projects on the year's list, sorted.
func (y *Year) Projects() []roster.ProjectID {
	ids := make([]roster.ProjectID, 0, len(y.projects))
	for id, p := range y.projects {
		if len(p.Listings) > 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b roster.ProjectID) int { return strings.Compare(string(a), string(b)) })
	return ids
}

// Listing is how the project stands on the list now.
func (p *Project) Listing() Listing { return p.Listings[len(p.Listings)-1].Value }

// PlanOn is the version of the plan in force on a day: the one with the latest first
// day, and of those the one entered last.
func (p *Project) PlanOn(day calendar.Date) (Was[Plan], bool) {
	var in Was[Plan]
	found := false
	for _, v := range p.Plans {
		if v.Value.From <= day && (!found || v.Value.From >= in.Value.From) {
			in, found = v, true
		}
	}
	return in, found
}

// Report is the figure reported for a period, as corrected last.
func (p *Project) Report(half int) (Was[Report], bool) {
	all := p.Reported(half)
	if len(all) == 0 {
		return Was[Report]{}, false
	}
	return all[len(all)-1], true
}

// Reported are all figures that were ever reported for a period; the last one counts,
// the others it corrected.
func (p *Project) Reported(half int) []Was[Report] {
	if half < 1 || half > halves {
		return nil
	}
	return p.reports[half]
}

// Latest is the figure for the period or, failing that, for the last one before it.
func (p *Project) Latest(half int) (Was[Report], bool) {
	for ; half > 0; half-- {
		if r, ok := p.Report(half); ok {
			return r, true
		}
	}
	return Was[Report]{}, false
}

// Milestones are the days on which works began and were finished, as the latest
// reports up to a period have them; zero: not yet.
func (p *Project) Milestones(half int) (started, finished calendar.Date) {
	for ; half > 0 && (started.IsZero() || finished.IsZero()); half-- {
		if r, ok := p.Report(half); ok {
			if started.IsZero() {
				started = r.Value.Started
			}
			if finished.IsZero() {
				finished = r.Value.Finished
			}
		}
	}
	return started, finished
}
