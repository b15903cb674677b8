package oversight

import (
	"context"
	"fmt"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// General are a district's warnings that belong to no single issue: about the register,
// and about what departments do again and again.
func General(ctx context.Context, s *approval.Service, district roster.DistrictCode) ([]Warning, error) {
	rules, today := s.Rules(), s.Today()
	acts, err := s.Lengthenings(ctx, district, Lately(today))
	if err != nil {
		return nil, fmt.Errorf("list what departments did: %w", err)
	}
	return append(OfRoster(rules.Roster, district, today), OfDepartments(rules, acts, today)...), nil
}

// Missed are the issues that have ended and left a duty that was missed: no list of open
// issues shows them, but their checkers' lists do.
func Missed(ctx context.Context, s *approval.Service, district roster.DistrictCode) (issues []approval.Issue, err error) {
	seen := map[approval.IssueID]bool{}
	for _, d := range s.Rules().Roster.Departments() {
		if d.District != district {
			continue
		}
		missed, err := s.MissedDuties(ctx, d.ID)
		if err != nil {
			return nil, fmt.Errorf("list the duties that %s checks: %w", d.ID, err)
		}
		for _, duty := range missed {
			if seen[duty.Issue] {
				continue
			}
			seen[duty.Issue] = true
			issue, err := s.Store().Issue(ctx, duty.Issue)
			if err != nil {
				return nil, fmt.Errorf("read the issue of a duty: %w", err)
			}
			if issue.Status.Ended() {
				issues = append(issues, issue)
			}
		}
	}
	return issues, nil
}
