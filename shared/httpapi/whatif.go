package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/calendar"
	"lianban/shared/measure"
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

func (a *API) whatIf() {
	if a.figures == nil {
		return
	}
	huma.Register(a.huma, operation("POST", "/what-if", "whatIf", "Replay concluded issues with a limit, competence, prerequisite or capacity changed; nothing is changed by it 情景推演", "oversight", 200), a.postWhatIf)
}

func (s *server) postWhatIf(ctx context.Context, in *whatIfIn) (*one[WhatIf], error) {
	answer, capacity, err := s.figures.Imagine(ctx, callOf(ctx).actor, measure.Supposition{
		District: roster.DistrictCode(in.Body.District), From: in.Body.From, To: in.Body.To, Capacity: in.Body.Capacity, Scenario: in.Body.Scenario,
	})
	if err != nil {
		return nil, err
	}
	return &one[WhatIf]{WhatIf{answer, capacity, Name(measure.Supposed)}}, nil
}
