package briefing

import (
	"context"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// facts are what a briefing is drawn up from, as read at one moment.
type facts struct {
	approval.Rules
	today  calendar.Date
	issues []approval.Issue // with their sign-offs, in the order of their ids
}

// branchOf is the branch that the issue's project has now, its own when it has none.
func branchOf(r *roster.Roster, i *approval.Issue) roster.BranchID {
	if b, ok := r.BranchOf(i.Project); ok {
		return b.ID
	}
	return i.Branch
}

// below reports whether a branch or unit is the other or stands under it.
func below(r *roster.Roster, branch, unit roster.BranchID) bool {
	for b, ok := r.Branch(branch); ok; b, ok = r.Branch(b.Parent) {
		if b.ID == unit {
			return true
		}
	}
	return false
}

// districts are those in which the units under one have projects, by code.
func districts(r *roster.Roster, unit roster.BranchID) (all []roster.DistrictCode) {
	for _, p := range r.Projects() {
		if b, ok := r.BranchOf(p.ID); ok && below(r, b.ID, unit) && !slices.Contains(all, p.District) {
			all = append(all, p.District)
		}
	}
	slices.Sort(all)
	return all
}

// common is the smallest area in which all the projects wanted lie; "" when there are none.
func common(r *roster.Roster, wanted func(*roster.Project) bool) (area roster.DistrictCode) {
	parent := map[roster.DistrictCode]roster.DistrictCode{}
	for _, d := range r.Districts() {
		parent[d.Code] = d.Parent
	}
	for _, p := range r.Projects() {
		switch {
		case !wanted(&p):
		case area == "":
			area = p.District
		default:
			for area != "" && !r.Within(p.District, area) {
				area = parent[area]
			}
		}
	}
	return area
}

// ofUnit is the area of a unit: the smallest that has the projects of all that stand under it.
func ofUnit(r *roster.Roster, unit roster.BranchID) roster.DistrictCode {
	return common(r, func(p *roster.Project) bool {
		b, ok := r.BranchOf(p.ID)
		return ok && below(r, b.ID, unit)
	})
}

// place names what a briefing is about, and the area in which it is listed; ok says that
// there are briefings of the kind about it.
func place(r *roster.Roster, kind Kind, about string) (name roster.Name, in roster.DistrictCode, ok bool) {
	if kind == Bulletin {
		d, known := r.District(roster.DistrictCode(about))
		ok = known && common(r, func(p *roster.Project) bool { return r.Within(p.District, d.Code) }) != ""
		return roster.Name{ZH: d.NameZH, EN: d.NameEN}, d.Code, ok
	}
	unit, known := r.Branch(roster.BranchID(about))
	in = ofUnit(r, unit.ID)
	return roster.Name{ZH: unit.NameZH, EN: unit.NameEN}, in, known && in != "" && (kind == Agenda) == roster.Above(unit.Tier, roster.TierBranch)
}

// pages walks a list to its end.
func pages[T any](read func(approval.Page) ([]T, approval.Cursor, error), each func(*T)) error {
	for page := (approval.Page{Limit: 200}); ; {
		list, next, err := read(page)
		if err != nil {
			return err
		}
		for k := range list {
			each(&list[k])
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}

// openOf are the ids of the open issues of districts of which the row says that they
// are wanted: each district's list is read, not each issue.
func (k *Keeper) openOf(ctx context.Context, districts []roster.DistrictCode, wanted func(*approval.Issue) bool) (ids []approval.IssueID, err error) {
	for _, d := range districts {
		err := pages(func(page approval.Page) ([]approval.Issue, approval.Cursor, error) {
			return k.service.Store().Issues(ctx, approval.IssueQuery{District: d}, page)
		}, func(i *approval.Issue) {
			if wanted(i) {
				ids = append(ids, i.ID)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("list open issues of %s: %w", d, err)
		}
	}
	return ids, nil
}

// ofProjects are the ids of all issues of projects but drafts.
func (k *Keeper) ofProjects(ctx context.Context, projects []roster.ProjectID) (ids []approval.IssueID, err error) {
	for _, p := range projects {
		err := pages(func(page approval.Page) ([]approval.Issue, approval.Cursor, error) {
			return k.service.Store().Issues(ctx, approval.IssueQuery{Project: p}, page)
		}, func(i *approval.Issue) { ids = append(ids, i.ID) })
		if err != nil {
			return nil, fmt.Errorf("list issues of %s: %w", p, err)
		}
	}
	return ids, nil
}

// read reads issues whole, each once.
func (k *Keeper) read(ctx context.Context, rules approval.Rules, today calendar.Date, ids []approval.IssueID) (facts, error) {
	f := facts{Rules: rules, today: today}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		issue, err := k.service.Store().Issue(ctx, id)
		if err != nil {
			return f, fmt.Errorf("read an issue of a list: %w", err)
		}
		f.issues = append(f.issues, issue)
	}
	return f, nil
}
