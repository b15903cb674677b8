package httpapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

// WhatIfAsk asks what recorded work would have taken if something were otherwise.
type WhatIfAsk struct {
	District string          `json:"district" doc:"Concluded issues of its projects, and of the districts within."`
	From     calendar.Date   `json:"from" format:"date" doc:"Issues raised on that day or later."`
	To       calendar.Date   `json:"to" format:"date" doc:"Issues raised on that day or earlier."`
	Capacity map[string]int  `json:"capacity,omitempty" doc:"How many sign-offs a department, by its id, really has in work at a time. One that is not named has the most that it ever had."`
	Scenario saving.Scenario `json:"scenario" doc:"Items by their numbers, matters by their codes, departments by their ids."`
}

// WhatIf is what came of it.
type WhatIf struct {
	saving.WhatIf
	// Capacity is that of the replay as things are.
	Capacity map[string]int `json:"capacity"`
	Note     Name           `json:"note" doc:"What the replay supposes."`
}

type whatIfIn struct{ Body WhatIfAsk }

// mostReplayed is how many issues one question may replay (assumed): ten years of a city of 437 projects, some seconds of
// work.
const mostReplayed = 50_000

func (a *API) whatIf() {
	huma.Register(a.huma, operation("POST", "/what-if", "whatIf", "Replay concluded issues with a limit, competence, prerequisite or capacity changed; nothing is changed by it 情景推演", "oversight", 200), a.postWhatIf)
}

func (s *server) postWhatIf(ctx context.Context, in *whatIfIn) (*one[WhatIf], error) {
	c, rules, ask := callOf(ctx), s.service.Rules(), in.Body
	if !slices.Contains([]roster.Role{roster.Overseer, roster.Bureau}, c.actor.Role) {
		return nil, approval.Refuse(approval.Forbidden, "", "情景推演由监督员和重点项目局使用。", "Overseers and the bureau ask what if.")
	}
	district := roster.DistrictCode(ask.District)
	if _, ok := rules.Roster.District(district); !ok {
		return nil, &fault{kind: kindInvalid, field: "district", text: text("没有这个区域，请核对行政区划代码。", "There is no such district; please check the code.")}
	}
	if ask.To < ask.From {
		return nil, &fault{kind: kindInvalid, field: "to", text: text("截止日期早于起始日期，请核对。", "The last day is before the first; please check them.")}
	}
	for item, department := range ask.Scenario.Departments {
		if _, ok := rules.Roster.Department(roster.DepartmentID(department)); !ok {
			return nil, &fault{kind: kindInvalid, field: "scenario.departments", text: text("事项 "+item+" 拟划入的部门 "+department+" 不在名册中。", "Item "+item+" is to go to department "+department+", which is not in the register.")}
		}
	}
	var cases []saving.Case
	for _, p := range rules.Roster.Projects() {
		if !rules.Roster.Within(p.District, district) {
			continue
		}
		if err := s.concluded(ctx, p.ID, ask.From, ask.To, &cases); err != nil {
			return nil, err
		}
	}
	capacity := saving.Busiest(rules.Calendar, cases)
	maps.Copy(capacity, ask.Capacity)
	answer, err := saving.Imagine(rules.Calendar, cases, capacity, ask.Scenario)
	if wrong, ok := errors.AsType[*saving.ScenarioError](err); ok {
		return nil, &fault{kind: kindInvalid, field: "scenario." + wrong.Field, text: text(wrong.ZH, wrong.EN)}
	}
	if err != nil {
		return nil, fmt.Errorf("what if in %s: %w", district, err)
	}
	return &one[WhatIf]{WhatIf{answer, capacity, Name{
		"推演假定：各部门按先到先办，同时办理的件数不超过其承办力量，每件所需的经办天数与停表天数照旧；未计请假、优先次序和在办、撤回事项占用的力量，排队时间因此偏短。“实际”与“现状推演”之差即推演不能解释的部分。",
		"The replay supposes that each department takes first what came first, has no more in work at a time than its capacity, and needs the same days of work and of stopped clock. It leaves out absences, priorities and the work of open and withdrawn issues, so that queues come out too short. What it cannot explain is the difference between recorded and before.",
	}}}, nil
}

// concluded adds a project's concluded issues raised within the period.
func (s *server) concluded(ctx context.Context, project roster.ProjectID, from, to calendar.Date, cases *[]saving.Case) error {
	for cursor := approval.Cursor(""); ; {
		issues, next, err := s.service.Store().Issues(ctx, approval.IssueQuery{Project: project}, approval.Page{Limit: tracePage, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("list issues of project %s: %w", project, err)
		}
		for k := range issues {
			if raised := calendar.Of(issues[k].RaisedAt); raised < from || raised > to {
				continue
			}
			issue, err := s.service.Store().Issue(ctx, issues[k].ID)
			if err != nil {
				return fmt.Errorf("read issue %s: %w", issues[k].ID, err)
			}
			one, ok := issue.Case()
			if !ok {
				continue
			}
			if *cases = append(*cases, one); len(*cases) > mostReplayed {
				return &fault{kind: kindInvalid, field: "from", text: text("期间内已办结事项超过 50000 件，请缩短期间或选择较小的区域。", "More than 50,000 issues were concluded in the period; please choose a shorter one or a smaller district.")}
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
