package asl_test

import (
	"strings"
	"testing"

	"lianban/shared/asl"
)

func TestDataFlowsAsTheStatesLanguageSays(t *testing.T) {
	t.Parallel()
	pass := func(fields string) string { return one(`"Type":"Pass","End":true,` + fields) }
	task := func(fields string) string { return one(invoke + `,"End":true,` + fields) }
	for _, c := range []struct{ name, machine, input, want string }{
		{"PassHandsItsInputOn", one(`"Type":"Pass","End":true`), `{"a":1}`, `{"a":1}`},
		{"ResultReplaces", pass(`"Result":[1,2]`), `{"a":1}`, `[1,2]`},
		{"ResultPathPlaces", pass(`"Result":5,"ResultPath":"$.b.c"`), `{"a":1}`, `{"a":1,"b":{"c":5}}`},
		{"ResultPathKeepsSiblings", pass(`"Result":5,"ResultPath":"$.b.c"`), `{"b":{"d":2}}`, `{"b":{"c":5,"d":2}}`},
		{"ResultPathPlacesInAnArray", pass(`"Result":5,"ResultPath":"$.a[1]"`), `{"a":[1,2]}`, `{"a":[1,5]}`},
		{"ResultPathDollarReplaces", pass(`"Result":5,"ResultPath":"$"`), `{"a":1}`, `5`},
		{"ResultPathNullKeepsTheInput", pass(`"Result":5,"ResultPath":null`), `{"a":1}`, `{"a":1}`},
		{"ResultPathWorksOnTheRawInput", pass(`"InputPath":"$.a","ResultPath":"$.c"`), `{"a":1,"b":2}`, `{"a":1,"b":2,"c":1}`},
		{"InputPathNullIsEmpty", pass(`"InputPath":null`), `{"a":1}`, `{}`},
		{"OutputPathNullIsEmpty", pass(`"OutputPath":null`), `{"a":1}`, `{}`},
		{"OutputPathChooses", pass(`"OutputPath":"$.a"`), `{"a":[1]}`, `[1]`},
		{"InputPathOfTheContext", pass(`"InputPath":"$$.Execution.Name"`), `{}`, `"one"`},
		{"ParametersOfPass", pass(`"Parameters":{"x.$":"$.a","y":[{"z.$":"$.a"}]}`), `{"a":1}`, `{"x":1,"y":[{"z":1}]}`},
		{"TaskResultIsLambdasEnvelope", task(`"ResultPath":"$"`), `{"a":1}`, `{"ExecutedVersion":"$LATEST","Payload":{"a":1},"StatusCode":200}`},
		{"ResultSelectorReadsTheResult", task(`"ResultSelector":{"got.$":"$.Payload.a"},"ResultPath":"$.r"`), `{"a":1}`, `{"a":1,"r":{"got":1}}`},
		{
			"NumbersStayAsTheyWereWritten", pass(`"ResultPath":"$.copy"`),
			`{"n":[12345678901234567890123,1.10,1e400,-0]}`,
			`{"copy":{"n":[12345678901234567890123,1.10,1e400,-0]},"n":[12345678901234567890123,1.10,1e400,-0]}`,
		},
		{
			"PathsFindManyNodes", pass(`"Parameters":{"all.$":"$.a[*].b","deep.$":"$..b","cut.$":"$.a[0:2].b","pick.$":"$.a[0,2].b","last.$":"$.a[-1].b","big.$":"$.a[?(@.b > 1 && @.c)].b","none.$":"$.a[?(@.b == 9)]"}`),
			`{"a":[{"b":1},{"b":2,"c":true},{"b":3}]}`,
			`{"all":[1,2,3],"deep":[1,2,3],"cut":[1,2],"pick":[1,3],"last":3,"big":[2],"none":[]}`,
		},
		{"PathsQuoteNames", pass(`"Parameters":{"x.$":"$['a b']['c.d']","y.$":"$.部门[0]"}`), `{"a b":{"c.d":1},"部门":["x"]}`, `{"x":1,"y":"x"}`},
		{
			"TheContextObjectIsThere", pass(`"Parameters":{"e.$":"$$.Execution","s.$":"$$.State","m.$":"$$.StateMachine"}`), `{"a":1}`,
			`{"e":{"Id":"execution:m:one","Name":"one","Input":{"a":1},"StartTime":"2024-08-18T09:00:00.000Z","RoleArn":"arn:aws:iam::1:role/r","RedriveCount":0},
			"s":{"Name":"S","EnteredTime":"2024-08-18T09:00:00.000Z","RetryCount":0},"m":{"Id":"stateMachine:m","Name":"m"}}`,
		},
		{"ParallelGivesTheResultsInOrder", one(`"Type":"Parallel","End":true,"Parameters":{"v.$":"$.a"},"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":5,"End":true}}},
			{"StartAt":"C","States":{"C":{"Type":"Succeed","OutputPath":"$.v"}}}]`), `{"a":3}`, `[1,{"v":3},3]`},
		{
			"MapGivesTheResultsInOrder", one(`"Type":"Map","End":true,"ItemsPath":"$.list","MaxConcurrency":2,"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","all.$":"$.k"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.v","Next":"X"},"X":{"Type":"Pass","Parameters":{"i.$":"$.i","again.$":"$$.Map.Item.Value","all.$":"$.all"},"End":true}}}`),
			`{"k":"k","list":[9,1,5]}`, `[{"i":0,"again":9,"all":"k"},{"i":1,"again":1,"all":"k"},{"i":2,"again":5,"all":"k"}]`,
		},
		{"LegacyMapReadsParametersAndIterator", one(`"Type":"Map","End":true,"Parameters":{"v.$":"$$.Map.Item.Value"},"Iterator":{"StartAt":"X","States":{"X":{"Type":"Pass","OutputPath":"$.v","End":true}}}`), `[1,null]`, `[1,null]`},
		{"MapOverAnEmptyListIsEmpty", one(`"Type":"Map","End":true,"ItemProcessor":{"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}}`), `[]`, `[]`},
		{"AnEmptyInputIsAnEmptyObject", one(`"Type":"Succeed"`), ``, `{}`},
		{"InnerScopesReadOuterVariables", `{"StartAt":"A","States":{
			"A":{"Type":"Pass","Assign":{"x":{"v":1}},"Next":"M"},
			"M":{"Type":"Map","ItemsPath":"$","Assign":{"n.$":"States.ArrayLength($)"},"ItemProcessor":{"StartAt":"I","States":{
				"I":{"Type":"Pass","Assign":{"own.$":"$$.Map.Item.Value"},"Next":"J"},
				"J":{"Type":"Pass","Parameters":{"o.$":"$own","x.$":"$x.v"},"End":true}}},"Next":"Z"},
			"Z":{"Type":"Pass","Parameters":{"n.$":"$n","r.$":"$"},"End":true}}}`, `["a","b"]`, `{"n":2,"r":[{"o":"a","x":1},{"o":"b","x":1}]}`},
		{"AssignOfATaskReadsItsResult", `{"StartAt":"A","States":{"A":{` + invoke + `,"ResultSelector":{"p.$":"$.Payload"},"ResultPath":null,"Assign":{"v.$":"$.p.a"},"Next":"B"},
			"B":{"Type":"Pass","Parameters":{"v.$":"$v","in.$":"$.a"},"End":true}}}`, `{"a":4}`, `{"in":4,"v":4}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, c.machine, c.input).finish(func(c asl.Effect, _ int) reply { return reply{out: string(c.Payload)} })
			w.ends(asl.Succeeded, c.want, "")
		})
	}
}

func TestVariablesSwapBecauseAllAreReadBefore(t *testing.T) {
	t.Parallel()
	begin(t, `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"x":1,"y":2},"Next":"B"},
		"B":{"Type":"Pass","Assign":{"x.$":"$y","y.$":"$x"},"Next":"C"},
		"C":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y"},"End":true}}}`, `{}`).
		finish(nothing).ends(asl.Succeeded, `{"x":2,"y":1}`, "")
}

func TestDataErrorsHaveTheirNames(t *testing.T) {
	t.Parallel()
	pass := func(fields string) string { return one(`"Type":"Pass","End":true,` + fields) }
	caught := func(fields string) string {
		return `{"StartAt":"S","States":{"S":{` + invoke + `,` + fields + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Pass","Result":"caught","End":true}}}`
	}
	for _, c := range []struct{ name, machine, input, err string }{
		{"InputPathToNowhere", pass(`"InputPath":"$.x"`), `{}`, asl.ErrRuntime},
		{"OutputPathToNowhere", pass(`"OutputPath":"$.x"`), `{}`, asl.ErrRuntime},
		{"ParametersPathToNowhere", pass(`"Parameters":{"a.$":"$.x"}`), `{}`, asl.ErrRuntime},
		{"ResultPathThroughAString", pass(`"ResultPath":"$.a.b"`), `{"a":"text"}`, asl.ErrResultPathMatchFailure},
		{"ResultPathBeyondAnArray", pass(`"ResultPath":"$.a[2]"`), `{"a":[1]}`, asl.ErrResultPathMatchFailure},
		{"ItemsPathToAnObject", one(`"Type":"Map","End":true,"ItemProcessor":{"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}}`), `{}`, asl.ErrRuntime},
		{"TimeoutSecondsPathToText", one(invoke + `,"TimeoutSecondsPath":"$.t","End":true`), `{"t":"5"}`, asl.ErrRuntime},
		{"TimeoutSecondsPathToZero", one(invoke + `,"TimeoutSecondsPath":"$.t","End":true`), `{"t":0}`, asl.ErrRuntime},
		{"SecondsPathToANegativeNumber", one(`"Type":"Wait","SecondsPath":"$.t","End":true`), `{"t":-1}`, asl.ErrRuntime},
		{"TimestampPathToNonsense", one(`"Type":"Wait","TimestampPath":"$.t","End":true`), `{"t":"tomorrow"}`, asl.ErrRuntime},
		{"NoChoiceMatches", one(`"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"T"}]},"T":{"Type":"Succeed"`), `{"a":2}`, asl.ErrNoChoiceMatched},
		{"AnIntrinsicFails", pass(`"Parameters":{"a.$":"States.StringToJson($.x)"}`), `{"x":"{"}`, asl.ErrIntrinsicFailure},
		{"AnUncaughtFail", one(`"Type":"Fail","Error":"E","Cause":"C"`), `{}`, "E"},
		{"AFailFromPaths", one(`"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('because {}', $.c)"`), `{"e":"Dyn","c":1}`, "Dyn"},
		{"RuntimeIsNotCaughtByAll", caught(`"InputPath":"$.x"`), `{}`, asl.ErrRuntime},
		{"DataLimitIsNotCaughtByAll", caught(`"ResultPath":"$.r"`), `{"big":"` + strings.Repeat("x", asl.MaxPayload-50) + `"}`, asl.ErrDataLimitExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			begin(t, c.machine, c.input).finish(nothing).ends(asl.Failed, "", c.err)
		})
	}
}

func TestARuntimeErrorSaysWhereItHappened(t *testing.T) {
	t.Parallel()
	w := begin(t, `{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"T"},"T":{"Type":"Pass","Parameters":{"a.$":"$.x"},"End":true}}}`, `{"y":1}`)
	const want = `An error occurred while executing the state 'T' (entered at the event id #4). The JSONPath '$.x' could not be found in the input '{"y":1}'`
	if w.x.Error != asl.ErrRuntime || w.x.Cause != want {
		t.Fatalf("%s: %s", w.x.Error, w.x.Cause)
	}
}

func TestPayloadsMayHave256KiB(t *testing.T) {
	t.Parallel()
	// The text has two quotes and no escapes.
	text := func(n int) string { return `"` + strings.Repeat("a", n-2) + `"` }
	m := one(callback + `,"End":true`)

	w := begin(t, m, text(asl.MaxPayload))
	w.must(asl.TokenSucceeded(w.task("S"), []byte(text(asl.MaxPayload))))
	w.ends(asl.Succeeded, text(asl.MaxPayload), "")

	w = begin(t, m, `{}`)
	if err := w.step(asl.TokenSucceeded(w.task("S"), []byte(text(asl.MaxPayload+1)))); err == nil || !strings.Contains(err.Error(), "262144") {
		t.Fatalf("error is %v", err)
	}
	if err := w.step(asl.TokenSucceeded(w.task("S"), []byte(`{`))); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Fatalf("error is %v", err)
	}
	w.must(asl.TokenSucceeded(w.task("S"), []byte(`1`)))
	w.ends(asl.Succeeded, `1`, "")

	w = begin(t, one(invoke+`,"End":true`), `{}`)
	w.must(asl.InvokeReturned(w.task("S"), []byte(text(asl.MaxPayload+1))))
	w.ends(asl.Failed, "", asl.ErrDataLimitExceeded)

	_, err := asl.Step(parse(t, m), asl.Execution{}, asl.Started(asl.Start{Input: []byte(text(asl.MaxPayload + 1))}), nine)
	if err == nil || !strings.Contains(err.Error(), "invalid input") {
		t.Fatalf("error is %v", err)
	}
}

func TestDataLimitIsCaughtByItsName(t *testing.T) {
	t.Parallel()
	w := begin(t, `{"StartAt":"S","States":{"S":{`+invoke+`,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"ResultPath":null,"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}}`, `{"a":1}`)
	w.must(asl.InvokeReturned(w.task("S"), []byte(`"`+strings.Repeat("a", asl.MaxPayload)+`"`)))
	w.ends(asl.Succeeded, `{"a":1}`, "")
}

func TestIntrinsicFunctions(t *testing.T) {
	t.Parallel()
	const input = `{"s":"a,b;c","n":[1,2,3,2],"o":{"a":1,"b":{"c":1}},"p":{"b":{"d":2}},"num":2.50,"idx":1,"nil":null,"yes":true,"t":"<{}>"}`
	for _, c := range []struct{ call, want string }{
		{`States.Format('plain')`, `"plain"`},
		{`States.Format('{} and {}', $.s, $.num)`, `"a,b;c and 2.50"`},
		{`States.Format('\\'{}\\' \\{\\} \\\\', $.nil)`, `"'null' {} \\"`},
		{`States.Format('{}{}{}', $.yes, $.n, $.o)`, `"true[1,2,3,2]{\"a\":1,\"b\":{\"c\":1}}"`},
		{`States.Format($.t, 'x')`, `"<x>"`},
		{`States.StringToJson(States.JsonToString($.o))`, `{"a":1,"b":{"c":1}}`},
		{`States.JsonToString($.n)`, `"[1,2,3,2]"`},
		{`States.Array()`, `[]`},
		{`States.Array(1, 'two', $.yes, null, States.Array(-3.5e2))`, `[1,"two",true,null,[-3.5e2]]`},
		{`States.ArrayPartition($.n, 3)`, `[[1,2,3],[2]]`},
		{`States.ArrayPartition($.n, 0)`, ``},
		{`States.ArrayContains($.n, 3)`, `true`},
		{`States.ArrayContains($.n, 3.0)`, `true`},
		{`States.ArrayContains($.n, '3')`, `false`},
		{`States.ArrayRange(1, 9, 4)`, `[1,5,9]`},
		{`States.ArrayRange(5, 1, -2)`, `[5,3,1]`},
		{`States.ArrayRange(1, 5, 0)`, ``},
		{`States.ArrayRange(1, 2000, 1)`, ``},
		{`States.ArrayGetItem($.n, $.idx)`, `2`},
		{`States.ArrayGetItem($.n, 4)`, ``},
		{`States.ArrayGetItem($.n, -1)`, ``},
		{`States.ArrayLength($.n)`, `4`},
		{`States.ArrayLength($.o)`, ``},
		{`States.ArrayUnique($.n)`, `[1,2,3]`},
		{`States.Base64Encode('联办')`, `"6IGU5Yqe"`},
		{`States.Base64Decode('6IGU5Yqe')`, `"联办"`},
		{`States.Base64Decode('!')`, ``},
		{`States.Hash('abc', 'MD5')`, `"900150983cd24fb0d6963f7d28e17f72"`},
		{`States.Hash('abc', 'SHA-1')`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{`States.Hash('abc', 'SHA-256')`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`States.Hash('abc', 'SHA-384')`, `"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"`},
		{`States.Hash('abc', 'SHA-512')`, `"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"`},
		{`States.Hash('abc', 'CRC')`, ``},
		{`States.JsonMerge($.o, $.p, false)`, `{"a":1,"b":{"d":2}}`},
		{`States.JsonMerge($.o, $.p, true)`, ``},
		{`States.JsonMerge($.o, $.n, false)`, ``},
		{`States.MathAdd(111, -5)`, `106`},
		{`States.MathAdd(1.5, 1)`, `3`},
		{`States.MathAdd(9223372036854775807, 1)`, ``},
		{`States.MathRandom(5, 6)`, `5`},
		{`States.MathRandom(6, 5)`, ``},
		{`States.ArrayContains(States.ArrayRange(0, 9, 1), States.MathRandom(0, 10, 42))`, `true`},
		{`States.StringSplit($.s, ',;')`, `["a","b","c"]`},
		{`States.StringSplit('a,,b', ',')`, `["a","b"]`},
		{`States.ArrayLength(States.StringSplit(States.UUID(), '-'))`, `5`},
		{`States.Format('{}', $$.State.Name)`, `"S"`},
	} {
		t.Run(c.call, func(t *testing.T) {
			t.Parallel()
			call := c.call
			if !strings.Contains(call, `\\`) {
				call = strings.ReplaceAll(call, `"`, `\"`)
			}
			w := begin(t, one(`"Type":"Pass","End":true,"Parameters":{"v.$":"`+call+`"}`), input).finish(nothing)
			if c.want == "" {
				w.ends(asl.Failed, "", asl.ErrIntrinsicFailure)
				return
			}
			w.ends(asl.Succeeded, `{"v":`+c.want+`}`, "")
		})
	}
}

func TestRandomNumbersComeFromTheSeed(t *testing.T) {
	t.Parallel()
	m := one(`"Type":"Pass","End":true,"Parameters":{"a.$":"States.UUID()","b.$":"States.UUID()","r.$":"States.MathRandom(0, 1000000)"}`)
	out := func(seed byte) string {
		res, err := asl.Step(parse(t, m), asl.Execution{}, asl.Started(asl.Start{Seed: [16]byte{seed}}), nine)
		if err != nil {
			t.Fatal(err)
		}
		v := res.Execution.Output.(map[string]any)
		if v["a"] == v["b"] {
			t.Fatal("two equal UUIDs")
		}
		return string(asl.AppendJSON(nil, v))
	}
	first, again, other := out(1), out(1), out(2)
	if first != again || first == other {
		t.Fatalf("%s, %s, %s", first, again, other)
	}
}

func TestChoiceOperators(t *testing.T) {
	t.Parallel()
	const input = `{"s":"log-2024.txt","n":5,"f":5.0,"big":12345678901234567890,"b":true,"t":"2024-08-18T09:00:00Z","t2":"2024-08-18T17:00:00+08:00","nil":null,"star":"a*b","o":{},"five":5,"text":"m"}`
	for _, c := range []struct {
		rule string
		want string // "yes", "no", or an error
	}{
		{`"Variable":"$.s","StringEquals":"log-2024.txt"`, "yes"},
		{`"Variable":"$.n","StringEquals":"5"`, "no"},
		{`"Variable":"$.text","StringLessThan":"n"`, "yes"},
		{`"Variable":"$.text","StringGreaterThan":"n"`, "no"},
		{`"Variable":"$.text","StringLessThanEquals":"m"`, "yes"},
		{`"Variable":"$.text","StringGreaterThanEquals":"m"`, "yes"},
		{`"Variable":"$.text","StringEqualsPath":"$.s"`, "no"},
		{`"Variable":"$.text","StringLessThanPath":"$.s"`, "no"},
		{`"Variable":"$.text","StringGreaterThanPath":"$.s"`, "yes"},
		{`"Variable":"$.text","StringLessThanEqualsPath":"$.text"`, "yes"},
		{`"Variable":"$.text","StringGreaterThanEqualsPath":"$.text"`, "yes"},
		{`"Variable":"$.s","StringMatches":"log-*.txt"`, "yes"},
		{`"Variable":"$.s","StringMatches":"*"`, "yes"},
		{`"Variable":"$.s","StringMatches":"log*log"`, "no"},
		{`"Variable":"$.s","StringMatches":"*2*4*"`, "yes"},
		{`"Variable":"$.star","StringMatches":"a\\*b"`, "yes"},
		{`"Variable":"$.s","StringMatches":"log\\*txt"`, "no"},
		{`"Variable":"$.n","NumericEquals":5.0`, "yes"},
		{`"Variable":"$.s","NumericEquals":5`, "no"},
		{`"Variable":"$.n","NumericLessThan":5`, "no"},
		{`"Variable":"$.n","NumericGreaterThan":-1`, "yes"},
		{`"Variable":"$.n","NumericLessThanEquals":5`, "yes"},
		{`"Variable":"$.n","NumericGreaterThanEquals":6`, "no"},
		{`"Variable":"$.big","NumericGreaterThan":12345678901234567889`, "yes"},
		{`"Variable":"$.big","NumericEquals":12345678901234567891`, "no"},
		{`"Variable":"$.n","NumericEqualsPath":"$.f"`, "yes"},
		{`"Variable":"$.n","NumericLessThanPath":"$.big"`, "yes"},
		{`"Variable":"$.n","NumericGreaterThanPath":"$.f"`, "no"},
		{`"Variable":"$.n","NumericLessThanEqualsPath":"$.five"`, "yes"},
		{`"Variable":"$.n","NumericGreaterThanEqualsPath":"$.five"`, "yes"},
		{`"Variable":"$.b","BooleanEquals":true`, "yes"},
		{`"Variable":"$.b","BooleanEquals":false`, "no"},
		{`"Variable":"$.s","BooleanEquals":false`, "no"},
		{`"Variable":"$.b","BooleanEqualsPath":"$.b"`, "yes"},
		{`"Variable":"$.t","TimestampEquals":"2024-08-18T17:00:00+08:00"`, "yes"},
		{`"Variable":"$.t","TimestampLessThan":"2024-08-18T09:00:00.001Z"`, "yes"},
		{`"Variable":"$.t","TimestampGreaterThan":"2024-08-18T09:00:00Z"`, "no"},
		{`"Variable":"$.t","TimestampLessThanEquals":"2024-08-18T09:00:00Z"`, "yes"},
		{`"Variable":"$.t","TimestampGreaterThanEquals":"2024-08-18T09:00:00Z"`, "yes"},
		{`"Variable":"$.t","TimestampEqualsPath":"$.t2"`, "yes"},
		{`"Variable":"$.t","TimestampLessThanPath":"$.t2"`, "no"},
		{`"Variable":"$.t","TimestampGreaterThanPath":"$.t2"`, "no"},
		{`"Variable":"$.t","TimestampLessThanEqualsPath":"$.t2"`, "yes"},
		{`"Variable":"$.t","TimestampGreaterThanEqualsPath":"$.s"`, "no"},
		{`"Variable":"$.nil","IsNull":true`, "yes"},
		{`"Variable":"$.n","IsNull":false`, "yes"},
		{`"Variable":"$.nowhere","IsPresent":false`, "yes"},
		{`"Variable":"$.nil","IsPresent":true`, "yes"},
		{`"Variable":"$.f","IsNumeric":true`, "yes"},
		{`"Variable":"$.s","IsString":true`, "yes"},
		{`"Variable":"$.b","IsBoolean":true`, "yes"},
		{`"Variable":"$.t","IsTimestamp":true`, "yes"},
		{`"Variable":"$.s","IsTimestamp":true`, "no"},
		{`"Variable":"$.nowhere","StringEquals":"x"`, asl.ErrRuntime},
		{`"Variable":"$.n","NumericEqualsPath":"$.nowhere"`, asl.ErrRuntime},
		{`"And":[{"Variable":"$.n","NumericEquals":5},{"Variable":"$.b","BooleanEquals":true}]`, "yes"},
		{`"And":[{"Variable":"$.x","IsPresent":true},{"Variable":"$.x","NumericEquals":5}]`, "no"},
		{`"Or":[{"Variable":"$.n","NumericEquals":6},{"Not":{"Variable":"$.b","BooleanEquals":true}}]`, "no"},
		{`"Or":[{"Variable":"$.n","NumericEquals":6},{"Variable":"$.b","BooleanEquals":true}]`, "yes"},
		{`"Not":{"Variable":"$.n","NumericEquals":6}`, "yes"},
		{`"Variable":"$$.Execution.Name","StringEquals":"one"`, "yes"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			w := begin(t, `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{`+c.rule+`,"Next":"Y"}],"Default":"N"},
				"Y":{"Type":"Pass","Result":"yes","End":true},"N":{"Type":"Pass","Result":"no","End":true}}}`, input).finish(nothing)
			if strings.HasPrefix(c.want, "States.") {
				w.ends(asl.Failed, "", c.want)
				return
			}
			w.ends(asl.Succeeded, `"`+c.want+`"`, "")
		})
	}
}

func TestChoiceAssignsByTheRuleItTakes(t *testing.T) {
	t.Parallel()
	m := `{"StartAt":"S","States":{"S":{"Type":"Choice","Assign":{"v":"default"},"Choices":[{"Variable":"$.n","NumericEquals":1,"Assign":{"v.$":"$.n"},"Next":"E"}],"Default":"E"},
		"E":{"Type":"Pass","Parameters":{"v.$":"$v"},"End":true}}}`
	begin(t, m, `{"n":1}`).finish(nothing).ends(asl.Succeeded, `{"v":1}`, "")
	begin(t, m, `{"n":2}`).finish(nothing).ends(asl.Succeeded, `{"v":"default"}`, "")
}
