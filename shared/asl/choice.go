package asl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A rule is one entry of Choices; the Default is a rule without a test.
type rule struct {
	test   *test
	assign *assignment
	next   *state
}

// A test is And, Or, Not, or one comparison.
type test struct {
	and, or  []*test
	not      *test
	variable *path
	operator string // without the Path suffix
	family   string // String, Numeric, Boolean, Timestamp, or "" for the Is... tests
	relation string // Equals, LessThan, ...
	value    any
	other    *path // for the ...Path operators
	pattern  []string
	moment   time.Time
}

var comparisons = func() map[string][2]string {
	out := map[string][2]string{"BooleanEquals": {"Boolean", "Equals"}, "StringMatches": {"String", "Matches"}}
	for _, family := range []string{"String", "Numeric", "Timestamp"} {
		for _, relation := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			out[family+relation] = [2]string{family, relation}
		}
	}
	return out
}()

var typeTests = []string{"IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"}

func (p *parser) choice(s *state, f *fields) {
	list := f.objects("Choices")
	if len(list) == 0 {
		f.bad("Choices", "must be an array with at least one rule")
	}
	for _, c := range list {
		r := rule{}
		c.text("Comment")
		r.assign = p.assignment(c)
		if next, ok := c.text("Next"); ok {
			r.next = p.target(c, "Next", next, s.machine)
		} else if !c.has("Next") {
			c.bad("Next", "is missing")
		}
		r.test = p.test(c, 0)
		c.done()
		s.rules = append(s.rules, r)
	}
	if name, ok := f.text("Default"); ok {
		s.rules = append(s.rules, rule{next: p.target(f, "Default", name, s.machine), assign: s.assign})
	}
}

func (p *parser) test(f *fields, depth int) *test {
	t := &test{}
	if depth > 20 {
		p.bad(f.where, "nests its rules more than 20 deep")
		return t
	}
	nested := func(list []*fields) []*test {
		var out []*test
		for _, e := range list {
			if e.has("Next") || e.has("Assign") {
				e.asked["Next"], e.asked["Assign"] = true, true
				e.bad("Next", "may only stand in a top-level rule")
			}
			e.text("Comment")
			out = append(out, p.test(e, depth+1))
			e.done()
		}
		return out
	}
	operators := 0
	for _, op := range []string{"And", "Or"} {
		if !f.has(op) {
			continue
		}
		operators++
		list := f.objects(op)
		if len(list) == 0 {
			f.bad(op, "must be an array with at least one rule")
		}
		if op == "And" {
			t.and = nested(list)
		} else {
			t.or = nested(list)
		}
	}
	if v, ok := f.get("Not"); ok {
		operators++
		if m, ok := v.(map[string]any); ok {
			t.not = nested([]*fields{p.fields(f.where+".Not", m)})[0]
		} else {
			f.bad("Not", "must be an object, not %s", kindOf(v))
		}
	}
	boolean := operators > 0
	keys := make([]string, 0, len(f.m))
	for k := range f.m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, op := range keys {
		base, byPath := strings.CutSuffix(op, "Path")
		parts, known := comparisons[base]
		switch {
		case slices.Contains(typeTests, op):
			operators++
			t.operator = op
			t.value = f.flag(op)
		case known && byPath && base == "StringMatches":
			// There is no StringMatchesPath; done reports it.
		case known:
			operators++
			t.operator, t.family, t.relation = base, parts[0], parts[1]
			if byPath {
				t.other = f.path(op)
				continue
			}
			p.operandValue(f, op, t)
		}
	}
	if operators != 1 {
		p.bad(f.where, "needs exactly one operator; it has %d", operators)
	}
	if boolean {
		return t
	}
	if t.variable = f.path("Variable"); t.variable == nil && !f.has("Variable") {
		f.bad("Variable", "is missing")
	}
	return t
}

func (p *parser) operandValue(f *fields, op string, t *test) {
	v, _ := f.get(op)
	ok := false
	switch t.family {
	case "String":
		_, ok = v.(string)
	case "Numeric":
		_, ok = v.(json.Number)
	case "Boolean":
		_, ok = v.(bool)
	case "Timestamp":
		var s string
		if s, ok = v.(string); ok {
			t.moment, ok = parseTime(s)
		}
	}
	if !ok {
		f.bad(op, "value %s is not a %s", clip(string(AppendJSON(nil, v)), 100), strings.ToLower(t.family))
		return
	}
	t.value = v
	if t.relation == "Matches" {
		pattern, err := cutPattern(v.(string))
		if err != nil {
			f.bad(op, "%v", err)
		}
		t.pattern = pattern
	}
}

// cutPattern cuts a StringMatches pattern at its unescaped stars.
func cutPattern(s string) ([]string, error) {
	var out []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			if i+1 >= len(s) || s[i+1] != '*' && s[i+1] != '\\' {
				return nil, fmt.Errorf(`value %q: \ may only stand before * and \`, s)
			}
			i++
			b.WriteByte(s[i])
		case s[i] == '*':
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(out, b.String()), nil
}

func matchPattern(s string, pattern []string) bool {
	if len(pattern) == 1 {
		return s == pattern[0]
	}
	s, ok := strings.CutPrefix(s, pattern[0])
	if !ok {
		return false
	}
	last := len(pattern) - 1
	for _, piece := range pattern[1:last] {
		i := strings.Index(s, piece)
		if i < 0 {
			return false
		}
		s = s[i+len(piece):]
	}
	return strings.HasSuffix(s, pattern[last])
}

func (t *test) paths(use func(*path)) {
	if t == nil {
		return
	}
	for _, e := range t.and {
		e.paths(use)
	}
	for _, e := range t.or {
		e.paths(use)
	}
	t.not.paths(use)
	if t.variable != nil {
		use(t.variable)
	}
	if t.other != nil {
		use(t.other)
	}
}

func (t *test) holds(s scope, data any) (bool, *failure) {
	switch {
	case t.and != nil:
		for _, e := range t.and {
			if ok, f := e.holds(s, data); f != nil || !ok {
				return false, f
			}
		}
		return true, nil
	case t.or != nil:
		for _, e := range t.or {
			if ok, f := e.holds(s, data); f != nil || ok {
				return ok, f
			}
		}
		return false, nil
	case t.not != nil:
		ok, f := t.not.holds(s, data)
		return !ok, f
	}
	v, found := s.try(t.variable, data)
	if t.operator == "IsPresent" {
		return found == t.value.(bool), nil
	}
	if !found {
		return false, failf(ErrRuntime, "The choice state's condition path %q names nothing in its input.", t.variable.src)
	}
	want := t.value
	moment := t.moment
	if t.other != nil {
		if want, found = s.try(t.other, data); !found {
			return false, failf(ErrRuntime, "The choice state's condition path %q names nothing in its input.", t.other.src)
		}
	}
	switch t.operator {
	case "IsNull":
		return (v == nil) == want.(bool), nil
	case "IsNumeric":
		_, ok := v.(json.Number)
		return ok == want.(bool), nil
	case "IsString":
		_, ok := v.(string)
		return ok == want.(bool), nil
	case "IsBoolean":
		_, ok := v.(bool)
		return ok == want.(bool), nil
	case "IsTimestamp":
		text, ok := v.(string)
		if ok {
			_, ok = parseTime(text)
		}
		return ok == want.(bool), nil
	}
	// From here on a value of another type simply does not match.
	c := 0
	switch t.family {
	case "Boolean":
		a, ok := v.(bool)
		b, ok2 := want.(bool)
		return ok && ok2 && a == b, nil
	case "Numeric":
		a, ok := v.(json.Number)
		b, ok2 := want.(json.Number)
		if !ok || !ok2 {
			return false, nil
		}
		c = compareNumbers(a, b)
	case "String":
		a, ok := v.(string)
		b, ok2 := want.(string)
		if !ok || !ok2 {
			return false, nil
		}
		if t.relation == "Matches" {
			return matchPattern(a, t.pattern), nil
		}
		c = strings.Compare(a, b)
	case "Timestamp":
		a, ok := timeOf(v)
		if t.other != nil {
			var ok2 bool
			if moment, ok2 = timeOf(want); !ok2 {
				return false, nil
			}
		}
		if !ok {
			return false, nil
		}
		c = a.Compare(moment)
	}
	switch t.relation {
	case "LessThan":
		return c < 0, nil
	case "LessThanEquals":
		return c <= 0, nil
	case "GreaterThan":
		return c > 0, nil
	case "GreaterThanEquals":
		return c >= 0, nil
	}
	return c == 0, nil
}

func timeOf(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	return parseTime(s)
}
