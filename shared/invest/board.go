package invest

import (
	"cmp"
	"slices"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Row is how a project stands at a period's end.
type Row struct {
	Listing  Listing
	Versions int  // of its plan, entered so far
	Planned  bool // a plan is in force
	Plan     Money
	From     calendar.Date // since when that plan is in force
	Reported bool          // there is a figure
	Half     int           // of the figure: smaller than the period's when none was reported for it
	Done     Money
	Started  calendar.Date
	Finished calendar.Date
	Red      bool // it has a red issue

	Completion, Lead Points // when Counts
}

// Counts reports whether the row has both parts of the fraction.
func (r *Row) Counts() bool { return r.Planned && r.Reported }

// Held is the investment that red issues hold back, and whether it is known.
func (r *Row) Held() (Money, bool) { return max(r.Plan-r.Done, 0), r.Counts() }

// Rows are the year's projects at a period's end, by id; red says which of them have
// a red issue.
func (y *Year) Rows(p Period, red func(roster.ProjectID) bool) []Row {
	var rows []Row
	for _, id := range y.Projects() {
		r := y.projects[id].At(p)
		r.Red = red(id)
		rows = append(rows, r)
	}
	return rows
}

// At is how the project stood at a period's end, red issues apart.
func (p *Project) At(period Period) Row {
	r := Row{Listing: p.Listing(), Versions: len(p.Plans)}
	if plan, ok := p.PlanOn(period.Last()); ok {
		r.Planned, r.Plan, r.From = true, plan.Value.Amount, plan.Value.From
	}
	if figure, ok := p.Latest(period.Half); ok {
		r.Reported, r.Half, r.Done = true, figure.Value.Half, figure.Value.Done
	}
	r.Started, r.Finished = p.Milestones(period.Half)
	if r.Counts() {
		r.Completion = share(r.Done, r.Plan)
		r.Lead = r.Completion - period.Elapsed()
	}
	return r
}

// Stage is how projects together stood at a period's end.
type Stage struct {
	Period Period
	Line
}

// Course (进度曲线) is how projects stood, period by period up to one, at the ends of
// those for which any of them reported.
func (y *Year) Course(ids []roster.ProjectID, upto Period) (course []Stage) {
	var projects []*Project
	for _, id := range ids {
		if p, ok := y.Project(id); ok {
			projects = append(projects, p)
		}
	}
	for half := 1; half <= upto.Half; half++ {
		if !slices.ContainsFunc(projects, func(p *Project) bool { return len(p.reports[half]) > 0 }) {
			continue
		}
		p := Period{y.N, half}
		rows := make([]Row, len(projects))
		for k, project := range projects {
			rows[k] = project.At(p)
		}
		course = append(course, Stage{p, Sum("", rows, p)})
	}
	return course
}

// Line is projects taken together. Its fraction is over those with a plan and a
// figure; what was left out is counted.
type Line struct {
	Key      string // of the group; "" for all
	Projects int
	Counted  int   // with a plan in force and a figure
	Plan     Money // of the counted
	Done     Money // of the counted

	Carried       int   // of the counted: with a figure of an earlier period
	Silent        int   // without any figure
	SilentPlan    Money // the plan of those
	Unplanned     int   // without a plan in force
	Red           int   // with a red issue
	Held          Money // what that holds back
	HeldUnknown   int   // of the red: without a plan or a figure, so that it is not known how much
	HasCompletion bool
	Completion    Points
	Lead          Points
	OnSchedule    int // of the counted: not behind time progress
}

// Sum takes rows together.
func Sum(key string, rows []Row, p Period) Line {
	l := Line{Key: key, Projects: len(rows)}
	for k := range rows {
		r := &rows[k]
		switch {
		case r.Counts():
			l.Counted++
			l.Plan += r.Plan
			l.Done += r.Done
			if r.Half < p.Half {
				l.Carried++
			}
			if r.Lead >= 0 {
				l.OnSchedule++
			}
		case !r.Planned:
			l.Unplanned++
		default:
			l.Silent++
			l.SilentPlan += r.Plan
		}
		if r.Red {
			l.Red++
			if held, known := r.Held(); known {
				l.Held += held
			} else {
				l.HeldUnknown++
			}
		}
	}
	if l.Plan > 0 {
		l.HasCompletion = true
		l.Completion = share(l.Done, l.Plan)
		l.Lead = l.Completion - p.Elapsed()
	}
	return l
}

// Dimension is by what projects are grouped.
type Dimension string

const (
	ByDistrict Dimension = "district" // 区域
	BySector   Dimension = "sector"   // 行业
	ByTier     Dimension = "tier"     // 级别
	ByType     Dimension = "type"     // 建设性质
)

// Dimensions are all of them.
func Dimensions() []Dimension { return []Dimension{ByDistrict, BySector, ByTier, ByType} }

// Of is the key of the group to which a project belongs.
func (d Dimension) Of(l Listing) string {
	switch d {
	case ByDistrict:
		return string(l.District)
	case BySector:
		return string(l.Sector)
	case ByTier:
		return string(l.Tier)
	}
	return string(l.Type)
}

// By groups rows by a dimension: districts by code, the others in the order in which
// offices name them.
func By(d Dimension, rows []Row, p Period) []Line {
	groups := map[string][]Row{}
	var keys []string
	for _, r := range rows {
		key := d.Of(r.Listing)
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], r)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(d.rank(a), d.rank(b)), cmp.Compare(a, b)) })
	lines := make([]Line, len(keys))
	for k, key := range keys {
		lines[k] = Sum(key, groups[key], p)
	}
	return lines
}

func (d Dimension) rank(key string) int {
	switch d {
	case BySector:
		return slices.Index(sectors, roster.Sector(key))
	case ByTier:
		return slices.Index(tiers, roster.ProjectTier(key))
	case ByType:
		return slices.Index(types, roster.ProjectType(key))
	}
	return 0
}

// SmallestRanked is how many counted projects a group needs to be ranked: of fewer,
// one project decides.
const SmallestRanked = 5

// Place is a line's place in a league table (排名); equal leads share one.
type Place struct {
	Rank int
	Line
}

// League ranks lines by their lead. Groups with fewer counted projects than
// SmallestRanked are hidden: they have no place, and are told apart by name only.
func League(lines []Line) (ranked []Place, hidden []string) {
	for _, l := range lines {
		if l.Counted < SmallestRanked || !l.HasCompletion {
			hidden = append(hidden, l.Key)
			continue
		}
		ranked = append(ranked, Place{Line: l})
	}
	slices.SortStableFunc(ranked, func(a, b Place) int { return cmp.Compare(b.Lead, a.Lead) })
	for k := range ranked {
		ranked[k].Rank = k + 1
		if k > 0 && ranked[k].Lead == ranked[k-1].Lead {
			ranked[k].Rank = ranked[k-1].Rank
		}
	}
	return ranked, hidden
}

// NewStarts is how many new starts (新开工) were planned, and have begun.
type NewStarts struct {
	Planned  int // on the year's list
	Due      int // of these, to begin by the period's end
	Undated  int // of these, without a planned day
	Begun    int // of the planned: works have begun
	DueBegun int // of the due: works have begun
	Overdue  []Row
}

// Starts compares planned and actual new starts at a period's end.
func Starts(rows []Row, p Period) (n NewStarts) {
	last := p.Last()
	for _, r := range rows {
		if r.Listing.Type != roster.NewStart {
			continue
		}
		n.Planned++
		begun := !r.Started.IsZero() && r.Started <= last
		if begun {
			n.Begun++
		}
		switch {
		case r.Listing.Start.IsZero():
			n.Undated++
		case r.Listing.Start <= last:
			n.Due++
			if begun {
				n.DueBegun++
			} else {
				n.Overdue = append(n.Overdue, r)
			}
		}
	}
	return n
}

// Finish is how a project's completion compares with the plan, in calendar days:
// positive is early (提前), negative late (延期). One that is not finished although its
// day has passed is late by the days so far.
type Finish struct {
	Row
	Days int
	Open bool
}

// Finishes lists the projects that are finished, or should be, the latest ones first.
// Those without a planned day cannot be compared and are counted in undated.
func Finishes(rows []Row, p Period) (list []Finish, undated int) {
	last := p.Last()
	for _, r := range rows {
		finished := !r.Finished.IsZero() && r.Finished <= last
		switch {
		case finished && r.Listing.Finish.IsZero():
			undated++
		case finished:
			list = append(list, Finish{r, r.Listing.Finish.Sub(r.Finished), false})
		case !r.Listing.Finish.IsZero() && r.Listing.Finish < last:
			list = append(list, Finish{r, r.Listing.Finish.Sub(last), true})
		}
	}
	slices.SortStableFunc(list, func(a, b Finish) int { return cmp.Compare(a.Days, b.Days) })
	return list, undated
}
