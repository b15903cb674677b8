package compare_test

import (
	"fmt"
	"os"
	"testing"

	"lianban/shared/engine"
)

// object is a JSON object.
type object = map[string]any

func always(out any) function {
	return func(int, map[string]any) (any, *engine.FunctionError) { return out, nil }
}

// inTurn answers each call with the next of its answers, then with the last; a
// failure makes the call fail.
func inTurn(answers ...any) function {
	return func(call int, _ map[string]any) (any, *engine.FunctionError) {
		answer := answers[min(call, len(answers))-1]
		if name, ok := answer.(failure); ok {
			return nil, &engine.FunctionError{Name: string(name), Cause: "as scripted"}
		}
		return answer, nil
	}
}

// failure is the name of an error.
type failure string

// asks are the sign-offs that a Map goes over.
func asks(n int) []any {
	out := []any{}
	for k := range n {
		out = append(out, object{"signOff": k + 1, "clock": 1, "seconds": 86400})
	}
	return out
}

func verdict(what string, open int) object {
	return object{"verdict": what, "asks": asks(open), "seconds": 86400}
}

// signoffs are stories of the project's own machine.
func signoffs(t *testing.T) []story {
	t.Helper()
	file, err := os.ReadFile("../../workflows/issue_signoff.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	tell := func(name string, changed map[string]function, play func(*run)) story {
		all := map[string]function{
			"RouteIssue": always(verdict("pending", 1)), "AskDepartment": always(object{}),
			"CheckClock": always(object{"signOff": 1, "clock": 2, "seconds": 86400}),
			"Tally":      always(verdict("agreed", 0)), "Consult": always(object{}), "CloseIssue": always(object{"status": "concluded"}),
		}
		for k, f := range changed {
			all[k] = f
		}
		return story{name: name, definition: string(file), input: `{"issue":"2026-0001","round":1}`, functions: all, play: play}
	}
	approve := func(r *run, n int) { r.succeed(r.token("AskDepartment", fmt.Sprint(n)), `{}`) }
	return []story{
		tell("approve all", map[string]function{"RouteIssue": always(verdict("pending", 5))}, func(r *run) {
			for n := 1; n <= 5; n++ {
				approve(r, n)
			}
		}),
		tell("nobody to ask", map[string]function{"RouteIssue": always(verdict("pending", 0))}, nil),
		tell("objection and ruling", map[string]function{
			"RouteIssue": always(verdict("pending", 2)),
			"Tally":      inTurn(verdict("objected", 0), verdict("pending", 1), verdict("agreed", 0)),
		}, func(r *run) {
			approve(r, 2)
			approve(r, 1) // an objection is an answer too: the domain tallies
			r.succeed(r.token("Consult", "consultation"), `{}`)
			approve(r, 1)
		}),
		tell("a consultation is asked to look again", map[string]function{
			"Tally": inTurn(verdict("objected", 0), verdict("refused", 0)),
		}, func(r *run) {
			approve(r, 1)
			r.fail(r.token("Consult", "consultation"), "Approval.Recheck")
		}),
		tell("recheck", nil, func(r *run) {
			r.fail(r.token("AskDepartment", "1"), "Approval.Recheck")
			approve(r, 1)
		}),
		tell("a clock runs out", map[string]function{
			"RouteIssue": always(object{"verdict": "pending", "seconds": 60, "asks": []any{object{"signOff": 1, "clock": 1, "seconds": 2}}}),
		}, func(r *run) {
			r.token("AskDepartment", "1")
			approve(r, 1)
		}),
		tell("retry then success", map[string]function{
			"RouteIssue": inTurn(failure("Approval.Conflict"), verdict("pending", 1)),
			"CloseIssue": inTurn(failure("Internal"), object{"status": "concluded"}),
		}, func(r *run) { approve(r, 1) }),
		tell("retry of a callback", map[string]function{
			"AskDepartment": inTurn(failure("Approval.Conflict"), object{}),
		}, func(r *run) { approve(r, 1) }),
		tell("an error is caught", map[string]function{
			"Tally": inTurn(failure("Approval.NotFound"), verdict("agreed", 0)),
		}, func(r *run) {
			approve(r, 1)
			r.succeed(r.token("Consult", "operator"), `{}`)
			approve(r, 1)
		}),
		tell("an error inside the map is caught outside", nil, func(r *run) {
			r.fail(r.token("AskDepartment", "1"), "Approval.Refused")
			r.succeed(r.token("Consult", "operator"), `{}`)
			approve(r, 1)
		}),
	}
}
