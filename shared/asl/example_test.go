package asl_test

import (
	"fmt"
	"time"

	"lianban/shared/asl"
)

// A machine that asks one department and waits for its answer.
func Example() {
	def, err := asl.Parse("ask", []byte(`{
		"StartAt": "Ask",
		"States": {
			"Ask": {
				"Type": "Task",
				"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
				"Parameters": {
					"FunctionName": "AskDepartment",
					"Payload": {"department.$": "$.department", "token.$": "$$.Task.Token"}
				},
				"ResultPath": "$.answer",
				"TimeoutSeconds": 3600,
				"End": true
			}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2024, 8, 18, 9, 0, 0, 0, time.UTC)

	res, err := asl.Step(def, asl.Execution{}, asl.Started(asl.Start{Input: []byte(`{"department":"water"}`)}), now)
	if err != nil {
		fmt.Println(err)
		return
	}
	call := res.Effects[0]
	fmt.Println("call", call.Function)
	wake, _ := res.Execution.NextWake()
	fmt.Println("until", wake.Format(time.TimeOnly))

	res, err = asl.Step(def, res.Execution, asl.TokenSucceeded(call.Task, []byte(`"agreed"`)), now.Add(time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Execution.Status, string(asl.AppendJSON(nil, res.Execution.Output)))

	_, err = asl.Parse("ask", []byte(`{"StartAt":"Ask","States":{"Ask":{"Type":"Pass","Next":"Tally"}}}`))
	fmt.Println(err)
	// Output:
	// call AskDepartment
	// until 10:00:00
	// SUCCEEDED {"answer":"agreed","department":"water"}
	// ask: States.Ask field "Next" value "Tally" is not in States
}
