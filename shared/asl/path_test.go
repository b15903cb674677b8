package asl_test

import (
	"strings"
	"testing"

	"lianban/shared/asl"
)

func TestPathsFindWhatTheyName(t *testing.T) {
	t.Parallel()
	const doc = `{"list":[{"n":1,"s":"a","ok":true},{"n":2.5,"s":"b","ok":false},{"n":3,"s":"c","x":null},{"s":"d"}],"two":2,"key":"b","m":{"b":[1,2],"a":{"b":9}}}`
	for path, want := range map[string]string{
		`$`:                            doc,
		`$.two`:                        `2`,
		`$['m']['b'][1]`:               `2`,
		`$["m"].b[-1]`:                 `2`,
		`$.m.*`:                        `[{"b":9},[1,2]]`,
		`$.m['b','a','z']`:             `[[1,2],{"b":9}]`,
		`$..b`:                         `[[1,2],9]`,
		`$.m..[0]`:                     `[1]`,
		`$.list[1:].s`:                 `["b","c","d"]`,
		`$.list[:-3].s`:                `["a"]`,
		`$.list[::2].s`:                `["a","c"]`,
		`$.list[9:].s`:                 `[]`,
		`$.list[0, 3].s`:               `["a","d"]`,
		`$.list[-1, 9].s`:              `["d"]`,
		`$.two[*]`:                     `[]`,
		`$.list[?(@.n == 1)].s`:        `["a"]`,
		`$.list[?(@.n != 1)].s`:        `["b","c","d"]`,
		`$.list[?(@.n < 2.5)].s`:       `["a"]`,
		`$.list[?(@.n <= 2.5)].s`:      `["a","b"]`,
		`$.list[?(@.n > $.two)].s`:     `["b","c"]`,
		`$.list[?(@.n >= 3)].s`:        `["c"]`,
		`$.list[?(@.s >= 'c')].s`:      `["c","d"]`,
		`$.list[?(@.s == $.key)].n`:    `[2.5]`,
		`$.list[?(@.s < "b")].n`:       `[1]`,
		`$.list[?(@.ok < true)].s`:     `[]`,
		`$.list[?(@.n < 'x')].s`:       `[]`,
		`$.list[?(@.x == null)].s`:     `["c"]`,
		`$.list[?(@.ok == false)].s`:   `["b"]`,
		`$.list[?(!@.n)].s`:            `["d"]`,
		`$.list[?(@.n && !(@.ok))].s`:  `["c"]`,
		`$.list[?(@.x || @.n == 1)].s`: `["a","c"]`,
		`$.m.b[?(@ > 1)]`:              `[2]`,
		`$.m.b[?(@ == -1)]`:            `[]`,
		`$$..Name`:                     `["one","S","m"]`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			text := string(asl.AppendJSON(nil, path))
			begin(t, one(`"Type":"Pass","End":true,"Parameters":{"v.$":`+text+`},"OutputPath":"$.v"`), doc).
				finish(nothing).ends(asl.Succeeded, want, "")
		})
	}
	for _, path := range []string{`$.list[4]`, `$.list[-5]`, `$.two.x`, `$.m[0]`, `$.nothing`, `$$.Nothing`, `$$.Task.Token`, `$$.Map.Item.Index`} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			begin(t, one(`"Type":"Pass","End":true,"Parameters":{"v.$":"`+path+`"}`), doc).
				finish(nothing).ends(asl.Failed, "", asl.ErrRuntime)
		})
	}
	for _, path := range []string{
		`$.`, `$..`, `$[`, `$[]`, `$['a`, `$['a'`, `$['a',]`, `$[1,]`, `$[1,x]`, `$[99999999999999999999]`, `$[::0]`, `$[::-1]`,
		`$[?]`, `$[?(`, `$[?(@.a`, `$[?(@.a)`, `$[?(1)]`, `$[?(@.a ==)]`, `$[?(@[*] == 1)]`, `$[?(@.a == 'x)]`, `$[?(@.a == -)]`, `$[?(x == 1)]`,
		`$.a b`, `$.a$`, `$a!`, ` $`, `$[?(` + strings.Repeat("(", 60) + `@.a)]`, `$[?(@.a == "x]`,
	} {
		t.Run("Refuses "+path, func(t *testing.T) {
			t.Parallel()
			text := string(asl.AppendJSON(nil, path))
			if _, err := asl.Parse("m", []byte(one(`"Type":"Pass","End":true,"Parameters":{"v.$":`+text+`}`))); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestNumbersCompareByWorth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		less bool
	}{
		{"-5", "3", true},
		{"3", "-5", false},
		{"-10", "-9", true},
		{"-9", "-10", false},
		{"-0", "0", false},
		{"0", "-0", false},
		{"99999999999999999998", "99999999999999999999", true},
		{"9", "10", true},
		{"1e2", "101", true},
		{"1.5", "1.25", false},
	} {
		t.Run(c.a+"<"+c.b, func(t *testing.T) {
			t.Parallel()
			want := `"no"`
			if c.less {
				want = `"yes"`
			}
			begin(t, `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericLessThanPath":"$.b","Next":"Y"}],"Default":"N"},
				"Y":{"Type":"Pass","Result":"yes","End":true},"N":{"Type":"Pass","Result":"no","End":true}}}`, `{"a":`+c.a+`,"b":`+c.b+`}`).
				finish(nothing).ends(asl.Succeeded, want, "")
		})
	}
}
