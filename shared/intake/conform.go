package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// EvRestate is in the trail of a request whose last days a holiday notice moved or made
// firm.
const EvRestate = "restate"

// dues are the last days of both replies, from the day of registration.
func dues(c *calendar.Calendar, registered calendar.Date) (first, final approval.Due) {
	due := func(days int) approval.Due {
		d := c.Due(registered, days, calendar.WorkingDays, nil)
		return approval.Due{On: d.On, Provisional: d.Provisional}
	}
	return due(FirstReply), due(FinalReply)
}

// heir is the unit that has an open request as the register stands: the successor of a
// department that is gone, and the project's branch when the one that has it is
// dissolved, or no longer the project's. To whom it was handed on by hand, it stays.
func (r *Request) heir(facts *roster.Roster) string {
	if d, ok := facts.Department(roster.DepartmentID(r.Unit)); ok {
		if to, ok := facts.Successor(d.ID); ok {
			return string(to)
		}
		return r.Unit
	}
	had, ok := facts.Branch(roster.BranchID(r.Unit))
	now, ok2 := facts.BranchOf(r.Project)
	switch {
	case !ok || !ok2 || had.Tier != roster.TierBranch:
		return r.Unit
	case !had.Dissolved.IsZero() || len(r.Before) == 0:
		return string(now.ID)
	}
	return r.Unit
}

// conform brings the request into line, and says whether anything moved; where nothing
// has, nothing is recorded.
func (r *Request) conform(rules approval.Rules, act *docket.Act, ground string) (moved bool) {
	if !r.Status.open() {
		return false
	}
	first, final := dues(rules.Calendar, calendar.Of(r.RegisteredAt))
	if first != r.First || final != r.Final {
		said, err := json.Marshal(map[string]any{"first": []approval.Due{r.First, first}, "final": []approval.Due{r.Final, final}})
		if err != nil {
			panic("intake: event detail cannot be encoded: " + err.Error())
		}
		r.First, r.Final, moved = first, final, true
		act.Event(EvRestate, func(e *approval.Event) {
			e.Before, e.After, e.Ground, e.Detail = string(r.Status), string(r.Status), ground, said
		})
	}
	if to := r.heir(rules.Roster); to != r.Unit {
		before := r.Unit
		r.Before, r.Unit, moved = append(slices.Clone(r.Before), before), to, true
		act.Event(EvHandOn, func(e *approval.Event) { e.Before, e.After, e.Ground = before, to, ground })
	}
	return moved
}

// Conform (衔接) brings open requests into line with the register, as
// [approval.Conform] does issues: those of a unit that is gone go to its successor, and
// stand there as far as they had come; those of a branch go with their project; last
// days follow the calendar. It says how many moved, and may come as often as it likes.
func (s *Service) Conform(ctx context.Context, ground string) (moved int, err error) {
	for _, district := range s.issues.Rules().Roster.Districts() {
		q := docket.Query{List: districtList(district.Code, true), Rank: 1}
		for page := (approval.Page{Limit: 200}); ; {
			list, next, err := s.requests.List(ctx, q, page)
			if err != nil {
				return moved, fmt.Errorf("list the open requests of %s: %w", district.Code, err)
			}
			for _, g := range list {
				changed := false
				_, err := s.requests.Do(ctx, g.ID, approval.Call{Actor: approval.Machine}, func(r Request, act *docket.Act) (Request, error) {
					changed = r.conform(s.issues.Rules(), act, ground)
					return r, nil
				})
				if err != nil {
					return moved, fmt.Errorf("bring request %s into line: %w", g.ID, err)
				}
				if changed {
					moved++
				}
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
	}
	return moved, nil
}
