package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// Supposition asks what recorded work would have taken if something were otherwise (情景推演).
type Supposition struct {
	District roster.DistrictCode // concluded issues of its projects, and of the districts within
	From, To calendar.Date       // raised on these days or between
	// Capacity is how many sign-offs a department has in work at a time as things are; for one
	// that is not named, the most that it ever had.
	Capacity map[string]int
	saving.Scenario
}

// Supposed is what a replay supposes; show it beside every answer.
var Supposed = roster.Name{
	ZH: "推演假定：各部门按先到先办，同时办理的件数不超过其承办力量，每件所需的经办天数与停表天数照旧；未计请假、优先次序和在办、撤回事项占用的力量，排队时间因此偏短。“实际”与“现状推演”之差即推演不能解释的部分。",
	EN: "The replay supposes that each department takes first what came first, has no more in work at a time than its capacity, and needs the same days of work and of stopped clock. It leaves out absences, priorities and the work of open and withdrawn issues, so that queues come out too short. What it cannot explain is the difference between recorded and before.",
}

// mostReplayed is how many issues one question may replay (assumed): ten years of a city of
// 437 projects, some seconds of work.
const mostReplayed = 50_000

// replayPage is how many issues are listed at a time.
const replayPage = 100

// Imagine replays what was concluded, and answers the capacity of the replay as things are
// beside it. Overseers and the bureau ask; nothing is changed by it.
func (k *Keeper) Imagine(ctx context.Context, a approval.Actor, s Supposition) (saving.WhatIf, map[string]int, error) {
	none, rules := saving.WhatIf{}, k.Rules()
	if !slices.Contains([]roster.Role{roster.Overseer, roster.Bureau}, a.Role) {
		return none, nil, approval.Refuse(approval.Forbidden, "", "情景推演由监督员和重点项目局使用。", "Overseers and the bureau ask what if.")
	}
	if _, ok := rules.Roster.District(s.District); !ok {
		return none, nil, approval.Refuse(approval.Invalid, "district", "没有这个区域，请核对行政区划代码。", "There is no such district; please check the code.")
	}
	if s.To < s.From {
		return none, nil, approval.Refuse(approval.Invalid, "to", "截止日期早于起始日期，请核对。", "The last day is before the first; please check them.")
	}
	for _, item := range slices.Sorted(maps.Keys(s.Departments)) {
		if _, ok := rules.Roster.Department(roster.DepartmentID(s.Departments[item])); !ok {
			return none, nil, approval.Refuse(approval.Invalid, "scenario.departments", "事项 %[1]s 拟划入的部门 %[2]s 不在名册中。", "Item %[1]s is to go to department %[2]s, which is not in the register.", item, s.Departments[item])
		}
	}
	var cases []saving.Case
	for _, p := range rules.Roster.Projects() {
		if !rules.Roster.Within(p.District, s.District) {
			continue
		}
		if err := k.concluded(ctx, p.ID, s.From, s.To, &cases); err != nil {
			return none, nil, err
		}
	}
	capacity := saving.Busiest(rules.Calendar, cases)
	maps.Copy(capacity, s.Capacity)
	answer, err := saving.Imagine(rules.Calendar, cases, capacity, s.Scenario)
	if wrong, ok := errors.AsType[*saving.ScenarioError](err); ok {
		return none, nil, &approval.Error{Kind: approval.Invalid, Field: "scenario." + wrong.Field, Text: approval.Text{ZH: wrong.ZH, EN: wrong.EN}}
	}
	if err != nil {
		return none, nil, fmt.Errorf("what if in %s: %w", s.District, err)
	}
	return answer, capacity, nil
}

// concluded adds a project's concluded issues raised within the period.
func (k *Keeper) concluded(ctx context.Context, project roster.ProjectID, from, to calendar.Date, cases *[]saving.Case) error {
	for cursor := approval.Cursor(""); ; {
		issues, next, err := k.Issues.Issues(ctx, approval.IssueQuery{Project: project}, approval.Page{Limit: replayPage, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("list issues of project %s: %w", project, err)
		}
		for n := range issues {
			if raised := calendar.Of(issues[n].RaisedAt); raised < from || raised > to {
				continue
			}
			issue, err := k.Issues.Issue(ctx, issues[n].ID)
			if err != nil {
				return fmt.Errorf("read issue %s: %w", issues[n].ID, err)
			}
			one, ok := issue.Case()
			if !ok {
				continue
			}
			if *cases = append(*cases, one); len(*cases) > mostReplayed {
				return approval.Refuse(approval.Invalid, "from", "期间内已办结事项超过50000件，请缩短期间或选择较小的区域。", "More than 50,000 issues were concluded in the period; please choose a shorter one or a smaller district.")
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
