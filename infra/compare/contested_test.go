package compare_test

import (
	"fmt"
	"strings"
)

// contested are small machines for what implementations understand differently.
func contested() []story {
	one := func(name, state, input string) story {
		return story{name: name, input: input, definition: `{"StartAt":"One","States":{"One":` + state + `}}`}
	}
	two := func(name, state, input string) story {
		return story{name: name, input: input, definition: `{"StartAt":"One","States":{"One":` + state + `,"Two":{"Type":"Pass","End":true}}}`}
	}
	evaluate := func(name, expression, input string) story {
		return one(name, `{"Type":"Pass","Parameters":{"value.$":`+fmt.Sprintf("%q", expression)+`},"End":true}`, input)
	}
	choose := func(name, rule, input string) story {
		return story{name: name, input: input, definition: `{"StartAt":"One","States":{"One":{"Type":"Choice","Choices":[` + strings.TrimSuffix(rule, "}") +
			`,"Next":"Yes"}],"Default":"No"},"Yes":{"Type":"Pass","Result":{"is":"yes"},"End":true},"No":{"Type":"Pass","Result":{"is":"no"},"End":true}}}`}
	}
	call := func(name, fields string, answers ...any) story {
		s := two(name, `{"Type":"Task","Resource":"arn:${Partition}:states:::lambda:invoke","Parameters":{"FunctionName":"${Work}","Payload":{}},`+fields+`,"Next":"Two"}`, `{"kept":1}`)
		s.functions = map[string]function{"Work": inTurn(answers...)}
		return s
	}
	failing := `{"StartAt":"Break","States":{"Break":{"Type":"Fail","Error":"Custom","Cause":"c"}}}`
	long := `{"StartAt":"Long","States":{"Long":{"Type":"Wait","Seconds":20,"End":true}}}`
	// Breaks when its siblings are surely under way.
	later := `{"StartAt":"Soon","States":{"Soon":{"Type":"Wait","Seconds":1,"Next":"Break"},"Break":{"Type":"Fail","Error":"Custom","Cause":"c"}}}`
	fine := `{"StartAt":"Fine","States":{"Fine":{"Type":"Pass","End":true}}}`
	// The second attempt has a token of its own, which nobody answers.
	again := two("a retried callback waits anew", `{"Type":"Task","Resource":"arn:${Partition}:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"${Ask}","Payload":{"for":"all","token.$":"$$.Task.Token"}},"TimeoutSeconds":3,"Retry":[{"ErrorEquals":["Odd"],"IntervalSeconds":1,"MaxAttempts":1}],"Next":"Two"}`, "")
	again.functions = map[string]function{"Ask": always(object{})}
	again.play = func(r *run) { r.fail(r.token("Ask", "all"), "Odd") }
	return []story{
		again,
		// Choice.
		choose("choice numeric", `{"Variable":"$.n","NumericGreaterThanEquals":3}`, `{"n":3.0}`),
		choose("choice of another type", `{"Variable":"$.n","NumericEquals":3}`, `{"n":"3"}`),
		choose("choice and or not", `{"And":[{"Variable":"$.a","BooleanEquals":true},{"Or":[{"Variable":"$.b","IsNull":true},{"Not":{"Variable":"$.c","IsString":true}}]}]}`, `{"a":true,"b":1,"c":2}`),
		choose("choice is present", `{"Variable":"$.gone.deep","IsPresent":false}`, `{}`),
		choose("choice of what is missing", `{"Variable":"$.gone","StringEquals":"x"}`, `{}`),
		choose("choice matches plainly", `{"Variable":"$.s","StringMatches":"log-*.t*t"}`, `{"s":"log-2026.text"}`),
		choose("choice matches", `{"Variable":"$.s","StringMatches":"log-*.t\\*t"}`, `{"s":"log-2026.t*t"}`),
		choose("choice by path", `{"Variable":"$.a","StringLessThanPath":"$.b"}`, `{"a":"A","b":"a"}`),
		choose("choice of times", `{"Variable":"$.t","TimestampLessThan":"2026-03-02T09:00:00+08:00"}`, `{"t":"2026-03-02T00:59:59Z"}`),
		choose("choice is timestamp", `{"Variable":"$.t","IsTimestamp":true}`, `{"t":"2026-03-02"}`),
		one("choice without default", `{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"Two"}]},"Two":{"Type":"Pass","End":true}`, `{"n":2}`),

		// Parallel and Map.
		one("parallel", `{"Type":"Parallel","Branches":[`+fine+`,{"StartAt":"Other","States":{"Other":{"Type":"Pass","Result":2,"End":true}}}],"ResultPath":"$.both","End":true}`, `{"a":1}`),
		one("parallel fails fast", `{"Type":"Parallel","Branches":[`+long+`,`+later+`],"End":true}`, ""),
		two("parallel failure is caught", `{"Type":"Parallel","Branches":[`+fine+`,`+later+`],"Catch":[{"ErrorEquals":["Custom"],"ResultPath":"$.error","Next":"Two"}],"Next":"Two"}`, `{"a":1}`),
		two("parallel failure as branch failed", `{"Type":"Parallel","Branches":[`+fine+`,`+later+`],"Catch":[{"ErrorEquals":["States.BranchFailed"],"ResultPath":"$.error","Next":"Two"}],"Next":"Two"}`, `{"a":1}`),
		one("map over an empty list", `{"Type":"Map","ItemsPath":"$.items","ItemProcessor":`+fine+`,"End":true}`, `{"items":[]}`),
		one("map over no list", `{"Type":"Map","ItemsPath":"$.items","ItemProcessor":`+fine+`,"End":true}`, `{"items":{}}`),
		one("map", `{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","all.$":"$.items"},"ItemProcessor":`+fine+`,"ResultSelector":{"first.$":"$[0]","n.$":"States.ArrayLength($)"},"ResultPath":"$.out","End":true}`, `{"items":["a","b"]}`),
		one("map fails", `{"Type":"Map","ItemProcessor":`+failing+`,"MaxConcurrency":1,"End":true}`, `[1,2]`),
		one("map retried", `{"Type":"Map","ItemProcessor":`+failing+`,"MaxConcurrency":1,"Retry":[{"ErrorEquals":["Custom"],"IntervalSeconds":1,"MaxAttempts":1}],"End":true}`, `[1]`),

		// Input and output.
		one("result path null", `{"Type":"Pass","Result":{"b":2},"ResultPath":null,"End":true}`, `{"a":1}`),
		one("result path whole", `{"Type":"Pass","Result":{"b":2},"ResultPath":"$","End":true}`, `{"a":1}`),
		one("result path new", `{"Type":"Pass","Result":2,"ResultPath":"$.x.y","End":true}`, `{"a":1}`),
		one("result path over a number", `{"Type":"Pass","Result":2,"ResultPath":"$.a.b","End":true}`, `{"a":1}`),
		one("result path on no object", `{"Type":"Pass","Result":2,"ResultPath":"$.a","End":true}`, `[1]`),
		one("input path null", `{"Type":"Pass","InputPath":null,"End":true}`, `{"a":1}`),
		one("output path null", `{"Type":"Pass","OutputPath":null,"End":true}`, `{"a":1}`),
		one("input path of what is missing", `{"Type":"Pass","InputPath":"$.gone","End":true}`, `{"a":1}`),
		one("parameter of what is missing", `{"Type":"Pass","Parameters":{"x.$":"$.gone"},"End":true}`, `{"a":1}`),
		one("parameters", `{"Type":"Pass","Parameters":{"x.$":"$.a[-1:]","y":{"z.$":"$.a[0]"},"w":["$.a"],"e.$":"$$.Execution.Input"},"End":true}`, `{"a":[1,2]}`),
		one("path with filter", `{"Type":"Pass","Parameters":{"x.$":"$.a[?(@.n > 1)].n"},"End":true}`, `{"a":[{"n":1},{"n":2},{"n":3}]}`),
		one("path with wildcard", `{"Type":"Pass","Parameters":{"x.$":"$.a[*].n","y.$":"$..n"},"End":true}`, `{"a":[{"n":1},{"n":2}]}`),
		one("exact numbers", `{"Type":"Pass","End":true}`, `{"i":9007199254740993,"f":0.1}`),
		one("letters of all scripts", `{"Type":"Pass","Parameters":{"会签.$":"$['意 见']"},"End":true}`, `{"意 见":"同意"}`),

		one("output that is a text", `{"Type":"Pass","Result":"text","End":true}`, ""),

		// Other states.
		one("succeed", `{"Type":"Succeed","InputPath":"$.a"}`, `{"a":1}`),
		one("fail by path", `{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('why: {}', $.c)"}`, `{"e":"Named","c":"so"}`),
		one("wait by path", `{"Type":"Wait","SecondsPath":"$.s","End":true}`, `{"s":0}`),
		one("wait until the past", `{"Type":"Wait","Timestamp":"2020-01-01T00:00:00Z","End":true}`, ""),

		// Retry and Catch.
		call("retry uses up its attempts", `"Retry":[{"ErrorEquals":["Odd"],"IntervalSeconds":1,"MaxAttempts":1}]`, failure("Odd")),
		call("retry counts each retrier", `"Retry":[{"ErrorEquals":["A"],"IntervalSeconds":1,"MaxAttempts":1},{"ErrorEquals":["B"],"IntervalSeconds":1,"MaxAttempts":1}]`, failure("A"), failure("B"), object{"ok": true}),
		call("retry never", `"Retry":[{"ErrorEquals":["A"],"MaxAttempts":0},{"ErrorEquals":["States.ALL"],"IntervalSeconds":1}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Two"}]`, failure("A"), object{}),
		call("catch task failed", `"Catch":[{"ErrorEquals":["States.TaskFailed"],"ResultPath":"$.e","Next":"Two"}]`, failure("Odd")),
		call("catch nothing that fits", `"Catch":[{"ErrorEquals":["Other"],"Next":"Two"}]`, failure("Odd")),
		call("catch without result path", `"Catch":[{"ErrorEquals":["Odd"],"Next":"Two"}]`, failure("Odd")),
		call("result selector and path", `"ResultSelector":{"p.$":"$.Payload","s.$":"$.StatusCode"},"ResultPath":"$.r"`, object{"n": 1}),
		call("catch a failing result selector", `"ResultSelector":{"p.$":"$.gone"},"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Two"}]`, object{"n": 1}),

		// Intrinsic functions.
		evaluate("format", `States.Format('{}: {}', $.a, $.b)`, `{"a":"x","b":1.5}`),
		evaluate("format with escapes", `States.Format('\{\} \'{}\'', $.a)`, `{"a":"x"}`),
		evaluate("format of a literal truth", `States.Format('{}', true)`, ""),
		evaluate("format of an object", `States.Format('{}', $.a)`, `{"a":{"b":1}}`),
		evaluate("array", `States.Array(1, 'a', null, $.a)`, `{"a":[]}`),
		evaluate("partition", `States.ArrayPartition($.a, 2)`, `{"a":[1,2,3]}`),
		evaluate("contains", `States.ArrayContains($.a, 2)`, `{"a":[1,2.0]}`),
		evaluate("range", `States.ArrayRange(1, 9, 3)`, ""),
		evaluate("range downwards", `States.ArrayRange(3, 1, -1)`, ""),
		evaluate("get item", `States.ArrayGetItem($.a, 1)`, `{"a":[1,{"b":2}]}`),
		evaluate("get item beyond the end", `States.ArrayGetItem($.a, 5)`, `{"a":[1]}`),
		evaluate("length", `States.ArrayLength($.a)`, `{"a":[1,[2,3]]}`),
		evaluate("unique", `States.ArrayUnique($.a)`, `{"a":[3,1,3,2,1]}`),
		evaluate("base64 of plain letters", `States.Base64Decode(States.Base64Encode($.a))`, `{"a":"abc"}`),
		evaluate("base64", `States.Base64Decode(States.Base64Encode($.a))`, `{"a":"会签"}`),
		evaluate("hash", `States.Hash($.a, 'SHA-256')`, `{"a":"会签"}`),
		evaluate("merge", `States.JsonMerge($.a, $.b, false)`, `{"a":{"x":{"y":1}},"b":{"x":{"z":2}}}`),
		evaluate("string to json", `States.StringToJson($.a)`, `{"a":"{\"n\":[1,null]}"}`),
		evaluate("json to string", `States.JsonToString($.a)`, `{"a":{"n":[1,null]}}`),
		evaluate("math add", `States.MathAdd($.a, -3)`, `{"a":1}`),
		evaluate("math add rounds", `States.MathAdd($.a, 1)`, `{"a":1.6}`),
		evaluate("string split", `States.StringSplit($.a, ',')`, `{"a":"1,2,3"}`),
		evaluate("string split by several characters", `States.StringSplit($.a, '.+')`, `{"a":"a.b+c"}`),
		evaluate("string split at adjacent separators", `States.StringSplit($.a, ',')`, `{"a":"a,,b"}`),
		evaluate("an argument that is missing", `States.ArrayLength($.gone)`, `{}`),
		evaluate("an argument of a wrong type", `States.ArrayLength($.a)`, `{"a":"abc"}`),

		// Variables.
		{name: "assign", input: `{"a":1}`, definition: `{"StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"x.$":"$.a","y":"const"},"Next":"Look"},
			"Look":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y","f.$":"States.Format('{}', $x)"},"End":true}}}`},
		{name: "assign all at once", input: `{"a":1}`, definition: `{"StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"x.$":"$.a","y":"const"},"Next":"Swap"},
			"Swap":{"Type":"Pass","Assign":{"x.$":"$y","y.$":"$x"},"Next":"Read"},
			"Read":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y","f.$":"States.Format('{}', $x)"},"End":true}}}`},
		{name: "assign in a branch stays there", input: `{}`, definition: `{"StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"x":1},"Next":"Fork"},
			"Fork":{"Type":"Parallel","Branches":[{"StartAt":"Inner","States":{"Inner":{"Type":"Pass","Assign":{"z.$":"$x"},"Next":"Show"},"Show":{"Type":"Pass","Parameters":{"z.$":"$z"},"End":true}}}],"Next":"Read"},
			"Read":{"Type":"Pass","Parameters":{"x.$":"$x","in.$":"$"},"End":true}}}`},
	}
}
