package roster

import "lianban/shared/calendar"

// Coverage (覆盖) is how many key projects have a branch that works for them on a day.
// It counts projects: a joint branch counts once for each of its own, as the Foshan
// report of 2022 does (437 of 437).
type Coverage struct {
	On        calendar.Date
	Projects  int // key projects in force
	Covered   int // of those, with a branch that exists and has a secretary
	Districts []DistrictCoverage
	Uncovered []Uncovered
}

// DistrictCoverage is the coverage of one district that has key projects.
type DistrictCoverage struct {
	District DistrictCode
	Projects int
	Covered  int
}

// Gap is why a project is not covered.
type Gap string

const (
	NoBranch    Gap = "no_branch"    // 未建立支部
	NotFounded  Gap = "not_founded"  // 支部尚未成立
	NoSecretary Gap = "no_secretary" // 支部缺书记
)

// Name returns the gap in words; for an unknown gap its code.
func (g Gap) Name() Name {
	switch g {
	case NoBranch:
		return Name{"未建立临时党支部", "has no branch"}
	case NotFounded:
		return Name{"临时党支部尚未成立", "its branch is not founded yet"}
	case NoSecretary:
		return Name{"临时党支部缺书记", "its branch has no secretary"}
	}
	return Name{string(g), string(g)}
}

// Uncovered is a key project for which no branch works, and why.
type Uncovered struct {
	Project ProjectID
	Branch  BranchID // "" when it has none
	Gap     Gap
}

// Coverage counts the key projects in force on a day and those that are covered,
// district by district.
func (r *Roster) Coverage(on calendar.Date) Coverage {
	c := Coverage{On: on}
	for _, d := range r.file.Districts {
		of := DistrictCoverage{District: d.Code}
		for _, p := range r.file.Projects {
			if p.District != d.Code || !p.InForce(on) {
				continue
			}
			of.Projects++
			if branch, gap := r.gap(p.ID, on); gap == "" {
				of.Covered++
			} else {
				c.Uncovered = append(c.Uncovered, Uncovered{p.ID, branch, gap})
			}
		}
		if of.Projects > 0 {
			c.Districts = append(c.Districts, of)
		}
		c.Projects, c.Covered = c.Projects+of.Projects, c.Covered+of.Covered
	}
	return c
}

// gap is the branch of a project, and why it does not work for it on a day, or "".
func (r *Roster) gap(project ProjectID, on calendar.Date) (BranchID, Gap) {
	switch branch, ok := r.BranchOf(project); {
	case !ok:
		return "", NoBranch
	case !branch.Standing(on):
		return branch.ID, NotFounded
	case branch.SecretaryID == "":
		return branch.ID, NoSecretary
	default:
		return branch.ID, ""
	}
}
