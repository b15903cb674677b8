package asl

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"
)

func FuzzParseNeverPanicsAndWhatItAcceptsRuns(f *testing.F) {
	src, err := os.ReadFile("../../workflows/issue_signoff.asl.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.ReplaceAll(src, []byte("${Partition}"), []byte("aws")))
	for _, s := range []string{
		`{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Pass","Result":[1],"ResultPath":"$.a.b","End":true}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":1,"End":true}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","IsPresent":true}],"Next":"T"}],"Default":"T"},"T":{"Type":"Fail","ErrorPath":"$.x"}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"v.$":"States.UUID()"},"End":true}}},"End":true}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		def, err := Parse("m", src)
		if err != nil {
			return
		}
		now := time.Date(2024, 8, 18, 9, 0, 0, 0, time.UTC)
		res, err := Step(def, Execution{}, Started(Start{Input: []byte(`{"a":1,"l":[1,2],"x":"y"}`)}), now)
		for range 50 {
			if err != nil {
				t.Fatal(err)
			}
			x := res.Execution
			if p := x.Pending(); len(p) > 0 {
				res, err = Step(def, x, InvokeReturned(p[0].Task, []byte(`{"verdict":"agreed","asks":[{"seconds":5}],"seconds":5}`)), now)
				continue
			}
			next, ok := x.NextWake()
			if !ok {
				return
			}
			now = next
			res, err = Step(def, x, Wake(), now)
		}
	})
}

func FuzzPathsNeverPanic(f *testing.F) {
	for _, s := range []string{"$", "$.a", "$['a']['b']", "$..a[*]", "$.a[0:2:1]", "$.a[-1]", "$.a[?(@.b == 1 && !(@.c))]", "$$.Map.Item.Value", "$v.a[0,2]", "$['a','b']", "$.部门"} {
		f.Add(s, `{"a":[{"b":1},{"c":[2]}]}`)
	}
	f.Fuzz(func(t *testing.T, src, doc string) {
		v, err := ParseJSON([]byte(doc))
		if err != nil {
			return
		}
		before := string(AppendJSON(nil, v))
		if p, err := compilePath(src); err == nil {
			if p.src != src {
				t.Fatalf("path %q reads as %q", src, p.src)
			}
			if found, ok := p.find(v); ok && !p.definite {
				if _, array := found.([]any); !array {
					t.Fatalf("%q yields %T", src, found)
				}
			}
		}
		if p, err := compileReference(src); err == nil {
			if out, ok := place(v, p.steps, "placed"); ok {
				if got, ok := descend(out, p.steps); !ok || got != any("placed") {
					t.Fatalf("%q: placed, but found %v", src, got)
				}
			}
		}
		if after := string(AppendJSON(nil, v)); after != before {
			t.Fatalf("the document changed from %s to %s", before, after)
		}
	})
}

func FuzzIntrinsicsNeverPanic(f *testing.F) {
	for _, s := range []string{
		`States.Format('{} \'x\'', $.a)`, `States.Array(1, null, States.UUID())`, `States.ArrayPartition($.l, 2)`,
		`States.ArrayRange(1, 9, 2)`, `States.JsonMerge($, $, false)`, `States.MathRandom(1, 5)`, `States.StringSplit('a,b', ',')`,
		`States.Hash('a', 'SHA-256')`, `States.Base64Decode('YQ==')`, `States.MathAdd(1e3, -2.5)`, `States.StringToJson('[1]')`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := compileCall(src)
		if err != nil {
			return
		}
		x := &Execution{Name: "n"}
		out, fail := c.eval(scope{x: x, branch: &Branch{State: "S"}}, map[string]any{"a": "x", "l": []any{json.Number("1"), nil}})
		if fail != nil {
			return
		}
		if _, err := ParseJSON(AppendJSON(nil, out)); err != nil {
			t.Fatalf("%s makes what is not JSON: %v", src, err)
		}
	})
}

func FuzzJSONAgreesWithTheStandardLibrary(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9\ud83d\ude00\ud800",true,null]}`, `"\"\\\/\b\f\n\r\t"`, ` [ ] `, `{"a":1,"a":2}`, `01`, `"` + "\xff" + `"`, `[1,]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := ParseJSON(src)
		d := json.NewDecoder(bytes.NewReader(src))
		d.UseNumber()
		var want any
		wantErr := d.Decode(&want)
		if wantErr == nil && !json.Valid(src) {
			return // something follows the document
		}
		if (err == nil) != (wantErr == nil) {
			if err != nil && bytes.Count(src, []byte("["))+bytes.Count(src, []byte("{")) > maxDepth {
				return
			}
			t.Fatalf("%q: %v, the standard library says %v", src, err, wantErr)
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %#v, the standard library says %#v", src, got, want)
		}
		text := AppendJSON(nil, got)
		if len(text) != sizeJSON(got) {
			t.Fatalf("%q: size %d, measured %d", text, len(text), sizeJSON(got))
		}
		again, err := ParseJSON(text)
		if err != nil || !equalJSON(got, again) {
			t.Fatalf("%q: %v after a round trip, %v", src, again, err)
		}
	})
}
