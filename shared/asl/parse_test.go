package asl_test

import (
	"strings"
	"testing"

	"lianban/shared/asl"
)

func TestParseRefusesAndNamesThePlace(t *testing.T) {
	t.Parallel()
	end := `,"End":true`
	mapOf := func(more string) string {
		return one(`"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}` + more)
	}
	for _, c := range []struct{ name, src, want string }{
		{"Text", `hello`, `m: not JSON: line 1, offset 0: expected a value`},
		{"AList", `[]`, `m: a definition is an object, not an array`},
		{"ATail", one(`"Type":"Succeed"`) + `x`, `unexpected text after the document`},
		{"TheSameStateTwice", `{"StartAt":"S","States":{"S":{"Type":"Succeed"},"S":{"Type":"Succeed"}}}`, `field "S" stands twice in one object`},
		{"NoStartAt", `{"States":{"S":{"Type":"Succeed"}}}`, `definition field "StartAt" is missing`},
		{"AStartAtNobodyHas", `{"StartAt":"X","States":{"S":{"Type":"Succeed"}}}`, `definition field "StartAt" value "X" is not in States`},
		{"NoStates", `{"StartAt":"S"}`, `definition field "States" is missing`},
		{"EmptyStates", `{"StartAt":"S","States":{}}`, `definition field "States" must be an object with at least one state`},
		{"AnUnknownTopField", `{"StartAt":"S","States":{"S":{"Type":"Succeed"}},"Foo":1}`, `definition field "Foo" is unknown here`},
		{"AnotherVersion", `{"Version":"2.0","StartAt":"S","States":{"S":{"Type":"Succeed"}}}`, `definition field "Version" value "2.0" is not "1.0"`},
		{"JSONata", `{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed"}}}`, `definition field "QueryLanguage" value "JSONata" is not supported`},
		{"JSONataInAState", one(`"Type":"Succeed","QueryLanguage":"JSONata"`), `States.S field "QueryLanguage" value "JSONata" is not supported`},
		{"ArgumentsOfJSONata", one(invoke + end + `,"Arguments":{}`), `States.S field "Arguments" is not supported: it belongs to JSONata`},
		{"OutputOfJSONata", one(`"Type":"Succeed","Output":"{% 1 %}"`), `States.S field "Output" is not supported`},
		{"NoType", one(`"End":true`), `States.S field "Type" is missing`},
		{"AnUnknownType", one(`"Type":"Loop"`), `States.S field "Type" value "Loop" is not a state type`},
		{"ANextNobodyHas", one(`"Type":"Pass","Next":"X"`), `States.S field "Next" value "X" is not in States`},
		{"NextAndEnd", one(`"Type":"Pass","Next":"S","End":true`), `States.S field "Next" and "End" exclude each other`},
		{"NeitherNextNorEnd", one(`"Type":"Pass"`), `States.S field "Next" is missing`},
		{"EndFalseIsNoEnd", one(`"Type":"Pass","End":false`), `States.S field "Next" is missing`},
		{"NoEndAnywhere", one(`"Type":"Pass","Next":"S"`), `definition field "States" has no state that ends it`},
		{"AStateOutOfReach", `{"StartAt":"S","States":{"S":{"Type":"Succeed"},"T":{"Type":"Succeed"}}}`, `States.T cannot be reached from StartAt "S"`},
		{"ASucceedThatGoesOn", one(`"Type":"Succeed","End":true`), `States.S field "End" is unknown here`},
		{"AFailWithAnInputPath", one(`"Type":"Fail","InputPath":"$"`), `States.S field "InputPath" is unknown here`},
		{"AChoiceWithAResultPath", `{"StartAt":"S","States":{"S":{"Type":"Choice","ResultPath":"$","Choices":[{"Variable":"$.a","IsNull":true,"Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S field "ResultPath" is unknown here`},
		{"APassWithARetry", one(`"Type":"Pass","Retry":[]` + end), `States.S field "Retry" is unknown here`},
		{"ALongName", `{"StartAt":"` + strings.Repeat("x", 81) + `","States":{"` + strings.Repeat("x", 81) + `":{"Type":"Succeed"}}}`, `has a name of 81 characters`},
		{"ANameUsedInABranch", one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}]`), `States.S.Branches[0].States.S has the name of States.S: names are unique in the whole file`},
		{"ABranchThatLeaves", `{"StartAt":"S","States":{"S":{"Type":"Parallel","Next":"T","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Next":"T"}}}]},"T":{"Type":"Succeed"}}}`, `States.S.Branches[0].States.B field "Next" value "T" is not in States`},
		{"NoBranches", one(`"Type":"Parallel","End":true,"Branches":[]`), `States.S field "Branches" must be an array with at least one machine`},
		{"AnUnknownBranchField", one(`"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","TimeoutSeconds":1,"States":{"B":{"Type":"Succeed"}}}]`), `States.S.Branches[0] field "TimeoutSeconds" is unknown here`},

		{"AnActivity", one(`"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","Parameters":{"FunctionName":"F"}` + end), `States.S field "Resource" value "arn:aws:states:us-east-1:1:activity:a" is not supported: only`},
		{"AnotherService", one(`"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"FunctionName":"F"}` + end), `is not supported: only`},
		{"AFunctionARN", one(`"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:F","Parameters":{"FunctionName":"F"}` + end), `is not supported: only`},
		{"ASyncCall", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.sync","Parameters":{"FunctionName":"F"}` + end), `is not supported: only`},
		{"NoResource", one(`"Type":"Task","Parameters":{"FunctionName":"F"}` + end), `States.S field "Resource" is missing`},
		{"NoParameters", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke"` + end), `States.S field "Parameters" must be an object with FunctionName`},
		{"NoFunctionName", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"Payload":1}` + end), `States.S.Parameters field "FunctionName" is missing`},
		{"AnInvocationType", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"F","InvocationType":"Event"}` + end), `States.S.Parameters field "InvocationType" is not supported`},
		{"Credentials", one(invoke + `,"Credentials":{"RoleArn":"r"}` + end), `States.S field "Credentials" is not supported`},
		{"ACallbackWithoutItsToken", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"F","Payload":{"a.$":"$"}}` + end), `States.S field "Parameters" never passes $$.Task.Token on`},
		{"TwoTimeouts", one(invoke + `,"TimeoutSeconds":5,"TimeoutSecondsPath":"$.t"` + end), `States.S field "TimeoutSeconds" and "TimeoutSecondsPath" exclude each other`},
		{"TwoHeartbeats", one(callback + `,"HeartbeatSeconds":5,"HeartbeatSecondsPath":"$.t"` + end), `States.S field "HeartbeatSeconds" and "HeartbeatSecondsPath" exclude each other`},
		{"AHeartbeatAsLongAsTheTimeout", one(callback + `,"TimeoutSeconds":5,"HeartbeatSeconds":5` + end), `States.S field "HeartbeatSeconds" value 5 is not smaller than TimeoutSeconds 5`},
		{"AHeartbeatWithoutAToken", one(invoke + `,"TimeoutSeconds":5,"HeartbeatSeconds":2` + end), `States.S field "HeartbeatSeconds" needs lambda:invoke.waitForTaskToken`},
		{"ATimeoutOfNothing", one(invoke + `,"TimeoutSeconds":0` + end), `States.S field "TimeoutSeconds" value 0 is not a whole number from 1 to 99999999`},
		{"AFractionalTimeout", one(invoke + `,"TimeoutSeconds":1.5` + end), `States.S field "TimeoutSeconds" value 1.5 is not a whole number`},
		{"ATextTimeout", one(invoke + `,"TimeoutSeconds":"5"` + end), `States.S field "TimeoutSeconds" value "5" is not a whole number`},
		{"AnUnknownTaskField", one(invoke + `,"Priority":1` + end), `States.S field "Priority" is unknown here`},

		{"AllBesideOthers", one(invoke + `,"Retry":[{"ErrorEquals":["States.ALL","E"]}]` + end), `States.S.Retry[0] field "ErrorEquals" value "States.ALL" must stand alone`},
		{"AllBeforeOthers", one(invoke + `,"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}]` + end), `States.S.Retry[0] field "ErrorEquals" value "States.ALL" must stand in the last entry`},
		{"AllBeforeOtherCatchers", `{"StartAt":"S","States":{"S":{` + invoke + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"},{"ErrorEquals":["E"],"Next":"T"}],"Next":"T"},"T":{"Type":"Succeed"}}}`, `States.S.Catch[0] field "ErrorEquals" value "States.ALL" must stand in the last entry`},
		{"NoErrorNames", one(invoke + `,"Retry":[{"ErrorEquals":[]}]` + end), `States.S.Retry[0] field "ErrorEquals" must be an array with at least one error name`},
		{"AReservedNameNobodyKnows", one(invoke + `,"Retry":[{"ErrorEquals":["States.Timeouts"]}]` + end), `value "States.Timeouts" is not one of the reserved States. names`},
		{"RuntimeCaught", one(invoke + `,"Retry":[{"ErrorEquals":["States.Runtime"]}]` + end), `value "States.Runtime" cannot be retried or caught`},
		{"ABackoffBelowOne", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}]` + end), `States.S.Retry[0] field "BackoffRate" value 0.5 is not a number of at least 1`},
		{"AnIntervalOfNothing", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":0}]` + end), `States.S.Retry[0] field "IntervalSeconds" value 0`},
		{"ACapBelowTheInterval", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":9,"MaxDelaySeconds":9}]` + end), `field "MaxDelaySeconds" value 9 is not greater than IntervalSeconds`},
		{"AnotherJitter", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"HALF"}]` + end), `field "JitterStrategy" value "HALF" is neither FULL nor NONE`},
		{"AnUnknownRetryField", one(invoke + `,"Retry":[{"ErrorEquals":["E"],"Delay":1}]` + end), `States.S.Retry[0] field "Delay" is unknown here`},
		{"ACatchToNowhere", one(invoke + `,"Catch":[{"ErrorEquals":["E"],"Next":"X"}]` + end), `States.S.Catch[0] field "Next" value "X" is not in States`},
		{"ACatchWithoutNext", one(invoke + `,"Catch":[{"ErrorEquals":["E"]}]` + end), `States.S.Catch[0] field "Next" is missing`},

		{"ADistributedMap", one(`"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`), `States.S.ItemProcessor.ProcessorConfig field "Mode" value "DISTRIBUTED" is not supported: only INLINE is`},
		{"AnItemReader", mapOf(`,"ItemReader":{}`), `States.S field "ItemReader" is not supported: only the inline Map is`},
		{"AnItemBatcher", mapOf(`,"ItemBatcher":{}`), `States.S field "ItemBatcher" is not supported`},
		{"AResultWriter", mapOf(`,"ResultWriter":{}`), `States.S field "ResultWriter" is not supported`},
		{"ToleratedFailures", mapOf(`,"ToleratedFailureCount":1`), `States.S field "ToleratedFailureCount" is not supported`},
		{"TwoProcessors", mapOf(`,"Iterator":{"StartAt":"J","States":{"J":{"Type":"Succeed"}}}`), `States.S field "Iterator" and "ItemProcessor" exclude each other`},
		{"NoProcessor", one(`"Type":"Map","End":true`), `States.S field "ItemProcessor" is missing`},
		{"TwoSelectors", mapOf(`,"ItemSelector":{},"Parameters":{}`), `States.S field "Parameters" and "ItemSelector" exclude each other`},
		{"TwoConcurrencies", mapOf(`,"MaxConcurrency":1,"MaxConcurrencyPath":"$.c"`), `States.S field "MaxConcurrency" and "MaxConcurrencyPath" exclude each other`},
		{"ANegativeConcurrency", mapOf(`,"MaxConcurrency":-1`), `States.S field "MaxConcurrency" value -1`},
		{"AnItemsPathToMany", mapOf(`,"ItemsPath":"$.a[*]"`), `States.S field "ItemsPath" "$.a[*]" is not a Reference Path`},

		{"AResultPathToMany", one(`"Type":"Pass","ResultPath":"$.a[0:1]"` + end), `States.S field "ResultPath" "$.a[0:1]" is not a Reference Path`},
		{"AResultPathFromTheEnd", one(`"Type":"Pass","ResultPath":"$.a[-1]"` + end), `is not a Reference Path`},
		{"AResultPathIntoTheContext", one(`"Type":"Pass","ResultPath":"$$.a"` + end), `States.S field "ResultPath" value "$$.a" writes outside the state's data`},
		{"APathWithoutDollar", one(`"Type":"Pass","InputPath":"a"` + end), `States.S field "InputPath" path "a": a path begins with $`},
		{"APathThatBreaksOff", one(`"Type":"Pass","InputPath":"$.a["` + end), `States.S field "InputPath" path "$.a["`},
		{"APathWithAFunction", one(`"Type":"Pass","InputPath":"$.a.length()"` + end), `functions in a path are not supported`},
		{"APathWithAStrangeFilter", one(`"Type":"Pass","InputPath":"$.a[?(@.b =~ /x/)]"` + end), `States.S field "InputPath" path`},
		{"ADollarFieldThatIsNoText", one(`"Type":"Pass","Parameters":{"a":{"b.$":1}}` + end), `States.S field "Parameters.a.b.$" must be a path or an intrinsic function, not a number`},
		{"AFieldTwice", one(`"Type":"Pass","Parameters":{"a":1,"a.$":"$"}` + end), `names a field that stands twice, with and without .$`},
		{"ParametersThatAreText", one(`"Type":"Pass","Parameters":"x"` + end), `States.S field "Parameters" must be an object, not a string`},
		{"AnUnknownFunction", one(`"Type":"Pass","Parameters":{"a.$":"States.Nope()"}` + end), `"States.Nope" is not an intrinsic function`},
		{"TooManyArguments", one(`"Type":"Pass","Parameters":{"a.$":"States.UUID(1)"}` + end), `States.UUID does not take 1 arguments`},
		{"AFormatThatDoesNotAddUp", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('{} {}', 1)"}` + end), `States.Format has 2 {} for 1 values`},
		{"AnOpenString", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('x)"}` + end), `the string has no end`},
		{"TooDeepFunctions", one(`"Type":"Pass","Parameters":{"a.$":"` + strings.Repeat("States.Array(", 12) + strings.Repeat(")", 12) + `"}` + end), `more than 10 levels of nesting`},

		{"NoWaitAtAll", one(`"Type":"Wait"` + end), `States.S needs exactly one of Seconds, SecondsPath, Timestamp, TimestampPath; it has 0`},
		{"TwoWaits", one(`"Type":"Wait","Seconds":1,"SecondsPath":"$.a"` + end), `it has 2`},
		{"AStrangeTimestamp", one(`"Type":"Wait","Timestamp":"2024-08-18t09:00:00z"` + end), `States.S field "Timestamp" value "2024-08-18t09:00:00z" is not an RFC 3339 time`},
		{"ErrorTwice", one(`"Type":"Fail","Error":"E","ErrorPath":"$.e"`), `States.S field "Error" and "ErrorPath" exclude each other`},

		{"NoChoices", one(`"Type":"Choice","Choices":[]`), `States.S field "Choices" must be an array with at least one rule`},
		{"AChoiceThatEnds", `{"StartAt":"S","States":{"S":{"Type":"Choice","End":true,"Choices":[{"Variable":"$.a","IsNull":true,"Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S field "End" is unknown here`},
		{"ARuleWithoutNext", one(`"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true}]`), `States.S.Choices[0] field "Next" is missing`},
		{"ARuleWithTwoOperators", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"StringEquals":"x","Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] needs exactly one operator; it has 2`},
		{"ARuleWithNoOperator", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] needs exactly one operator; it has 0`},
		{"ARuleWithoutVariable", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"IsNull":true,"Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] field "Variable" is missing`},
		{"ARuleInARuleWithNext", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Not":{"Variable":"$.a","IsNull":true,"Next":"T"},"Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0].Not field "Next" may only stand in a top-level rule`},
		{"AnUnknownOperator", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","StringIs":"x","Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] field "StringIs" is unknown here`},
		{"NoStringMatchesPath", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","StringMatchesPath":"$.b","Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] field "StringMatchesPath" is unknown here`},
		{"ANumberThatIsText", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":"5","Next":"T"}]},"T":{"Type":"Succeed"}}}`, `States.S.Choices[0] field "NumericEquals" value "5" is not a numeric`},
		{"ADefaultNobodyHas", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"T"}],"Default":"X"},"T":{"Type":"Succeed"}}}`, `States.S field "Default" value "X" is not in States`},

		{"AVariableNobodyAssigns", one(`"Type":"Pass","InputPath":"$x"` + end), `States.S reads "$x", which no state assigns in this scope`},
		{"AnInnerVariableReadOutside", `{"StartAt":"S","States":{"S":{"Type":"Map","Next":"T","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"v":1},"End":true}}}},"T":{"Type":"Pass","Parameters":{"a.$":"$v"},"End":true}}}`, `States.T reads "$v", which no state assigns in this scope`},
		{"AnOuterVariableAssignedInside", `{"StartAt":"S","States":{"S":{"Type":"Map","Assign":{"v":1},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"v":1},"End":true}}},"End":true}}}`, `field "Assign" value "v" is a variable of an enclosing scope`},
		{"AVariableWithABadName", one(`"Type":"Pass","Assign":{"a-b":1}` + end), `States.S field "Assign.a-b" is not a variable name`},
		{"TheReservedVariable", one(`"Type":"Pass","Parameters":{"a.$":"$states.input"}` + end), `the reserved variable $states belongs to JSONata`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := asl.Parse("m", []byte(c.src))
			if err == nil {
				t.Fatalf("accepted %s", c.src)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is\n%v\nwant it to say\n%s", err, c.want)
			}
		})
	}
}

func TestParseReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	_, err := asl.Parse("m", []byte(`{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"X","Foo":1},"T":{"Type":"Nope"}}}`))
	for _, want := range []string{`m: States.S field "Next" value "X"`, `m: States.S field "Foo"`, `m: States.T field "Type"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
}

func TestParseAcceptsThePartitionsThatExist(t *testing.T) {
	t.Parallel()
	for partition, ok := range map[string]bool{"aws": true, "aws-cn": true, "aws-us-gov": true, "azure": false} {
		_, err := asl.Parse("m", []byte(strings.ReplaceAll(one(invoke+`,"End":true`), "arn:aws:", "arn:"+partition+":")))
		if (err == nil) != ok {
			t.Errorf("%s: %v", partition, err)
		}
	}
}

func TestADefinitionDescribesItself(t *testing.T) {
	t.Parallel()
	def := parse(t, fan("Parallel", `"A#":{`+invoke+`,"Next":"B#"},"B#":{`+callback+`,"End":true}`, `"End":true}`))
	if got := strings.Join(def.Functions(), " "); got != "F" {
		t.Error(got)
	}
	if got := strings.Join(def.States(), " "); got != "A0 A1 A2 B0 B1 B2 S" {
		t.Error(got)
	}
	if def.Digest != asl.Digest(def.Source()) || len(def.Digest) != 64 || def.Name != "m" {
		t.Error(def.Name, def.Digest)
	}
}

func TestSubstituteFillsEveryToken(t *testing.T) {
	t.Parallel()
	got, err := asl.Substitute([]byte(`{"a":"${A}-${B}${A}"}`), map[string]string{"A": `x"y`, "B": "", "C": "unused"})
	if err != nil || string(got) != `{"a":"x\"y-x\"y"}` {
		t.Fatalf("%s, %v", got, err)
	}
	for src, want := range map[string]string{
		`${A} ${D} ${E} ${D}`: "no value for ${D}, ${E}",
		`x ${A`:               `"${A" has no end`,
	} {
		if _, err := asl.Substitute([]byte(src), map[string]string{"A": "1"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", src, err)
		}
	}
}
