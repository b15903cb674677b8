package asl

import (
	"fmt"
	"slices"
	"strings"
)

// A template is a compiled payload template: Parameters, ResultSelector,
// ItemSelector, Assign. What holds no path is one literal, shared by all
// executions.
type template struct {
	literal any
	static  bool
	path    *path
	call    *call
	fields  []templateField // an object, keys sorted
	items   []*template     // an array
	array   bool
}

type templateField struct {
	key   string
	value *template
}

// compileTemplate reports problems through bad, with the place below where.
func compileTemplate(v any, where string, bad func(where, format string, args ...any)) *template {
	switch v := v.(type) {
	case map[string]any:
		t := &template{static: true}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		seen := map[string]bool{}
		for _, k := range keys {
			place := where + "." + k
			f := templateField{key: k}
			if name, dynamic := strings.CutSuffix(k, ".$"); dynamic {
				f.key = name
				s, ok := v[k].(string)
				if !ok {
					bad(place, "must be a path or an intrinsic function, not %s", kindOf(v[k]))
					continue
				}
				e, err := compileExpression(s)
				if err != nil {
					bad(place, "%v", err)
					continue
				}
				f.value = e
			} else {
				f.value = compileTemplate(v[k], place, bad)
			}
			if seen[f.key] {
				bad(place, "names a field that stands twice, with and without .$")
			}
			seen[f.key] = true
			t.static = t.static && f.value.static
			t.fields = append(t.fields, f)
		}
		if t.static {
			return &template{static: true, literal: any(v)}
		}
		return t
	case []any:
		t := &template{static: true, array: true}
		for i, e := range v {
			item := compileTemplate(e, fmt.Sprintf("%s[%d]", where, i), bad)
			t.static = t.static && item.static
			t.items = append(t.items, item)
		}
		if t.static {
			return &template{static: true, literal: any(v)}
		}
		return t
	}
	return &template{static: true, literal: v}
}

// compileExpression compiles a path or an intrinsic function.
func compileExpression(s string) (*template, error) {
	if isIntrinsic(s) {
		c, err := compileCall(s)
		return &template{call: c}, err
	}
	p, err := compilePath(s)
	return &template{path: p}, err
}

func (t *template) eval(s scope, data any) (any, *failure) {
	switch {
	case t.static:
		return t.literal, nil
	case t.path != nil:
		return s.lookup(t.path, data)
	case t.call != nil:
		return t.call.eval(s, data)
	case t.array:
		out := make([]any, len(t.items))
		for i, e := range t.items {
			v, f := e.eval(s, data)
			if f != nil {
				return nil, f
			}
			out[i] = v
		}
		return out, nil
	}
	out := make(map[string]any, len(t.fields))
	for i := range t.fields {
		v, f := t.fields[i].value.eval(s, data)
		if f != nil {
			return nil, f
		}
		out[t.fields[i].key] = v
	}
	return out, nil
}

// paths calls use for every path in the template.
func (t *template) paths(use func(*path)) {
	if t == nil {
		return
	}
	if t.path != nil {
		use(t.path)
	}
	t.call.paths(use)
	for _, f := range t.fields {
		f.value.paths(use)
	}
	for _, e := range t.items {
		e.paths(use)
	}
}

func (c *call) paths(use func(*path)) {
	if c == nil {
		return
	}
	for _, a := range c.args {
		if a.path != nil {
			use(a.path)
		}
		a.call.paths(use)
	}
}
