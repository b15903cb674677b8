package compare_test

// difference is a story in which the two sides are expected to differ, and who is
// right by the specification.
type difference struct {
	story   string
	right   opinion
	why     string
	differs map[string]string // by aspect: "-" only here, "+" only there
}

// opinion says who is right.
type opinion string

const (
	here   opinion = "here"
	nobody opinion = "the specification does not say"
)

var known = []difference{
	{
		story: "a retried callback waits anew", right: here,
		why: "each attempt of a Task is a new one, with its own token; there the answer to the first attempt answers the second",
		differs: map[string]string{
			"error": `-States.Timeout` + "\n" +
				`+Odd`,
			"main": `-TaskTimedOut States.Timeout` + "\n" +
				`-ExecutionFailed States.Timeout` + "\n" +
				`+TaskFailed Odd` + "\n" +
				`+ExecutionFailed Odd`,
		},
	},
	{
		story: "choice of what is missing", right: here,
		why: "a path that names nothing fails the state, as the developer guide says; the specification is silent",
		differs: map[string]string{
			"error": `-States.Runtime` + "\n" +
				`+`,
			"main": `-ExecutionFailed States.Runtime` + "\n" +
				`+ChoiceStateExited One` + "\n" +
				`+PassStateEntered No` + "\n" +
				`+PassStateExited No` + "\n" +
				`+ExecutionSucceeded`,
			"output": `-` + "\n" +
				`+{"is":"no"}`,
			"status": `-FAILED` + "\n" +
				`+SUCCEEDED`,
		},
	},
	{
		story: "choice matches", right: here,
		why: "a backslash makes a star stand for itself",
		differs: map[string]string{
			"main": `-PassStateEntered Yes` + "\n" +
				`-PassStateExited Yes` + "\n" +
				`+PassStateEntered No` + "\n" +
				`+PassStateExited No`,
			"output": `-{"is":"yes"}` + "\n" +
				`+{"is":"no"}`,
		},
	},
	{
		story: "choice of times", right: here,
		why: "a timestamp is of RFC 3339, so it may carry an offset",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-ChoiceStateExited One` + "\n" +
				`-PassStateEntered Yes` + "\n" +
				`-PassStateExited Yes` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"is":"yes"}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "choice without default", right: here,
		why: "States.NoChoiceMatched is the error of a Choice without a match",
		differs: map[string]string{
			"error": `-States.NoChoiceMatched` + "\n" +
				`+States.Runtime`,
			"main": `-ExecutionFailed States.NoChoiceMatched` + "\n" +
				`+ExecutionFailed States.Runtime`,
		},
	},
	{
		story: "parallel fails fast", right: here,
		why: "WaitStateAborted is the event of a Wait that was cut short; the specification is silent on histories",
		differs: map[string]string{
			"main/One/Long": `-WaitStateAborted`,
		},
	},
	{
		story: "parallel failure as branch failed", right: here,
		why: "States.BranchFailed is the error of a Parallel of which a branch failed",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+Custom`,
			"main": `-ParallelStateExited One` + "\n" +
				`-PassStateEntered Two` + "\n" +
				`-PassStateExited Two` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed Custom`,
			"output": `-{"a":1,"error":{"Cause":"*","Error":"Custom"}}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "map over no list", right: here,
		why: "States.QueryEvaluationError is of JSONata; for JSONPath the specification names no error",
		differs: map[string]string{
			"error": `-States.Runtime` + "\n" +
				`+States.QueryEvaluationError`,
			"main": `-ExecutionFailed States.Runtime` + "\n" +
				`+EvaluationFailed` + "\n" +
				`+MapStateFailed` + "\n" +
				`+ExecutionFailed States.QueryEvaluationError`,
		},
	},
	{
		story: "map retried", right: nobody,
		why: "the specification is silent on histories; here each failure of the state is an event, as those of a Task are",
		differs: map[string]string{
			"main": `-MapStateFailed`,
		},
	},
	{
		story: "result path over a number", right: here,
		why: "States.ResultPathMatchFailure is the error of a ResultPath that cannot be applied to the input",
		differs: map[string]string{
			"error": `-States.ResultPathMatchFailure` + "\n" +
				`+States.Runtime`,
			"main": `-ExecutionFailed States.ResultPathMatchFailure` + "\n" +
				`+ExecutionFailed States.Runtime`,
		},
	},
	{
		story: "result path on no object", right: here,
		why: "States.ResultPathMatchFailure is the error of a ResultPath that cannot be applied to the input",
		differs: map[string]string{
			"error": `-States.ResultPathMatchFailure` + "\n" +
				`+States.Runtime`,
			"main": `-ExecutionFailed States.ResultPathMatchFailure` + "\n" +
				`+ExecutionFailed States.Runtime`,
		},
	},
	{
		story: "output that is a text", right: here,
		why: "an output is JSON, so a text is in quotation marks",
		differs: map[string]string{
			"output": `-"text"` + "\n" +
				`+not JSON: text`,
		},
	},
	{
		story: "catch a failing result selector", right: here,
		why: "States.Runtime is not caught by States.ALL, as the developer guide says",
		differs: map[string]string{
			"error": `-States.Runtime` + "\n" +
				`+`,
			"main": `-ExecutionFailed States.Runtime` + "\n" +
				`+TaskFailed States.Runtime` + "\n" +
				`+TaskStateExited One` + "\n" +
				`+PassStateEntered Two` + "\n" +
				`+PassStateExited Two` + "\n" +
				`+ExecutionSucceeded`,
			"output": `-` + "\n" +
				`+{"e":{"Cause":"*","Error":"States.Runtime"},"kept":1}`,
			"status": `-FAILED` + "\n" +
				`+SUCCEEDED`,
		},
	},
	{
		story: "format with escapes", right: here,
		why: "a backslash makes a brace or an apostrophe stand for itself",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-PassStateExited One` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"value":"{} 'x'"}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "format of an object", right: nobody,
		why: "the specification does not say how an object is written; here it is JSON",
		differs: map[string]string{
			"output": `-{"value":"{\"b\":1}"}` + "\n" +
				`+{"value":"{b=1}"}`,
		},
	},
	{
		story: "array", right: here,
		why: "null is an argument and an element",
		differs: map[string]string{
			"output": `-{"value":[1,"a",null,[]]}` + "\n" +
				`+{"value":[1,"a",[]]}`,
		},
	},
	{
		story: "range downwards", right: here,
		why: "the step may be any integer but 0",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-PassStateExited One` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"value":[3,2,1]}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "get item beyond the end", right: here,
		why: "States.IntrinsicFailure is the error of an intrinsic function that failed",
		differs: map[string]string{
			"error": `-States.IntrinsicFailure` + "\n" +
				`+States.Runtime`,
			"main": `-ExecutionFailed States.IntrinsicFailure` + "\n" +
				`+ExecutionFailed States.Runtime`,
		},
	},
	{
		story: "base64", right: here,
		why: "any text can be encoded, not only ASCII",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-PassStateExited One` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"value":"会签"}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "an argument of a wrong type", right: here,
		why: "States.IntrinsicFailure is the error of an intrinsic function that failed",
		differs: map[string]string{
			"error": `-States.IntrinsicFailure` + "\n" +
				`+States.Runtime`,
			"main": `-ExecutionFailed States.IntrinsicFailure` + "\n" +
				`+ExecutionFailed States.Runtime`,
		},
	},
	{
		story: "assign", right: here,
		why: "variables are of JSONPath too; there one is read with an evaluator of JSONata, which the package lacks",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-PassStateExited Look` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"f":"1","x":1,"y":"const"}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "assign all at once", right: here,
		why: "variables are of JSONPath too; there one is read with an evaluator of JSONata, which the package lacks",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-PassStateExited Swap` + "\n" +
				`-PassStateEntered Read` + "\n" +
				`-PassStateExited Read` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"output": `-{"f":"const","x":"const","y":1}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
	{
		story: "assign in a branch stays there", right: here,
		why: "variables are of JSONPath too; there one is read with an evaluator of JSONata, which the package lacks",
		differs: map[string]string{
			"error": `-` + "\n" +
				`+States.Runtime`,
			"main": `-ParallelStateSucceeded` + "\n" +
				`-ParallelStateExited Fork` + "\n" +
				`-PassStateEntered Read` + "\n" +
				`-PassStateExited Read` + "\n" +
				`-ExecutionSucceeded` + "\n" +
				`+ExecutionFailed States.Runtime`,
			"main/Fork/Inner": `-PassStateExited Inner` + "\n" +
				`-PassStateEntered Show` + "\n" +
				`-PassStateExited Show`,
			"output": `-{"in":[{"z":1}],"x":1}` + "\n" +
				`+`,
			"status": `-SUCCEEDED` + "\n" +
				`+FAILED`,
		},
	},
}
