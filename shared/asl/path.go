package asl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A path is a compiled JSONPath: $ (the state's data), $$ (the context object)
// or $name (a variable), followed by steps.
type path struct {
	src      string
	root     pathRoot
	variable string
	steps    []pathStep
	// definite paths name one node; the others yield an array of what they find.
	definite bool
}

type pathRoot uint8

const (
	rootData pathRoot = iota
	rootContext
	rootVariable
)

type stepKind uint8

const (
	stepField   stepKind = iota // .name ['name']
	stepIndex                   // [3] [-1]
	stepAny                     // .* [*]
	stepDescend                 // .. before the next step
	stepFields                  // ['a','b']
	stepIndexes                 // [0,2]
	stepSlice                   // [1:3:2]
	stepFilter                  // [?(@.a == 1)]
)

type pathStep struct {
	kind     stepKind
	name     string
	index    int
	names    []string
	indexes  []int
	from, to *int
	by       int
	filter   *filter
}

// compilePath compiles a whole string.
func compilePath(src string) (*path, error) {
	p := pathParser{src: src}
	out, err := p.path()
	if err != nil {
		return nil, err
	}
	if p.pos != len(src) {
		return nil, p.fail("unexpected text")
	}
	return out, nil
}

// compileReference compiles a Reference Path: it can name one node only, by
// fields and non-negative indexes.
func compileReference(src string) (*path, error) {
	p, err := compilePath(src)
	if err != nil {
		return nil, err
	}
	for _, s := range p.steps {
		if s.kind != stepField && (s.kind != stepIndex || s.index < 0) {
			return nil, fmt.Errorf("%q is not a Reference Path: only fields and indexes may stand in it", src)
		}
	}
	return p, nil
}

type pathParser struct {
	src string
	pos int
}

func (p *pathParser) fail(what string) error {
	return fmt.Errorf("path %q: %s at offset %d", p.src, what, p.pos)
}

func (p *pathParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *pathParser) eat(s string) bool {
	if strings.HasPrefix(p.src[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *pathParser) spaces() {
	for p.peek() == ' ' {
		p.pos++
	}
}

// path reads as far as the path goes; the caller says what may follow.
func (p *pathParser) path() (*path, error) {
	start := p.pos
	out := &path{definite: true}
	switch {
	case p.eat("$$"):
		out.root = rootContext
	case p.eat("$"):
		if c := p.peek(); c == '_' || c >= utf8.RuneSelf || isLetter(c) {
			out.root = rootVariable
			out.variable = p.name()
			if out.variable == "states" {
				return nil, p.fail("the reserved variable $states belongs to JSONata")
			}
		}
	default:
		return nil, p.fail("a path begins with $")
	}
	steps, err := p.steps()
	if err != nil {
		return nil, err
	}
	out.steps = steps
	out.definite = definite(steps)
	out.src = p.src[start:p.pos]
	return out, nil
}

func definite(steps []pathStep) bool {
	for _, s := range steps {
		if s.kind != stepField && s.kind != stepIndex {
			return false
		}
	}
	return true
}

func (p *pathParser) steps() ([]pathStep, error) {
	var out []pathStep
	for {
		switch {
		case p.eat(".."):
			out = append(out, pathStep{kind: stepDescend})
			if p.peek() == '[' {
				continue
			}
			s, err := p.dotted()
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		case p.eat("."):
			s, err := p.dotted()
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		case p.peek() == '[':
			p.pos++
			s, err := p.bracket()
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		default:
			return out, nil
		}
	}
}

func (p *pathParser) dotted() (pathStep, error) {
	if p.eat("*") {
		return pathStep{kind: stepAny}, nil
	}
	name := p.name()
	if name == "" {
		return pathStep{}, p.fail("expected a field name")
	}
	if p.peek() == '(' {
		return pathStep{}, p.fail("functions in a path are not supported; use an intrinsic function")
	}
	return pathStep{kind: stepField, name: name}, nil
}

func (p *pathParser) name() string {
	start := p.pos
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		if c >= utf8.RuneSelf || c == '_' || c == '-' || isLetter(c) || c >= '0' && c <= '9' {
			p.pos++
			continue
		}
		break
	}
	return p.src[start:p.pos]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (p *pathParser) bracket() (pathStep, error) {
	p.spaces()
	var s pathStep
	switch c := p.peek(); {
	case p.eat("*"):
		s.kind = stepAny
	case c == '?':
		p.pos++
		p.spaces()
		if !p.eat("(") {
			return s, p.fail("a filter is written [?(...)]")
		}
		f, err := p.or(0)
		if err != nil {
			return s, err
		}
		if !p.eat(")") {
			return s, p.fail("expected the end of the filter")
		}
		s = pathStep{kind: stepFilter, filter: f}
	case c == '\'' || c == '"':
		for {
			name, err := p.quoted()
			if err != nil {
				return s, err
			}
			s.names = append(s.names, name)
			p.spaces()
			if !p.eat(",") {
				break
			}
			p.spaces()
		}
		s.kind = stepFields
		if len(s.names) == 1 {
			s = pathStep{kind: stepField, name: s.names[0]}
		}
	default:
		from, err := p.integer()
		if err != nil {
			return s, err
		}
		p.spaces()
		switch {
		case p.eat(":"):
			s = pathStep{kind: stepSlice, from: from, by: 1}
			p.spaces()
			if s.to, err = p.integer(); err != nil {
				return s, err
			}
			p.spaces()
			if p.eat(":") {
				p.spaces()
				by, err := p.integer()
				if err != nil {
					return s, err
				}
				if by != nil {
					s.by = *by
				}
				if s.by < 1 {
					return s, p.fail("a slice's step must be positive")
				}
			}
		case from == nil:
			return s, p.fail("expected an index, a name, * or a filter")
		default:
			s = pathStep{kind: stepIndex, index: *from}
			if p.peek() == ',' {
				s = pathStep{kind: stepIndexes, indexes: []int{*from}}
				for p.eat(",") {
					p.spaces()
					i, err := p.integer()
					if err != nil {
						return s, err
					}
					if i == nil {
						return s, p.fail("expected an index")
					}
					s.indexes = append(s.indexes, *i)
					p.spaces()
				}
			}
		}
	}
	p.spaces()
	if !p.eat("]") {
		return s, p.fail("expected ]")
	}
	return s, nil
}

func (p *pathParser) integer() (*int, error) {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	if start == p.pos {
		return nil, nil
	}
	i, err := strconv.Atoi(p.src[start:p.pos])
	if err != nil {
		return nil, p.fail("bad index")
	}
	return &i, nil
}

func (p *pathParser) quoted() (string, error) {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return "", p.fail("expected a quoted name")
	}
	p.pos++
	var b []byte
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		switch {
		case c == quote:
			return string(b), nil
		case c == '\\' && p.pos < len(p.src):
			b = append(b, p.src[p.pos])
			p.pos++
		default:
			b = append(b, c)
		}
	}
	return "", p.fail("the quote has no end")
}

// A filter is a boolean expression over @, the element under test.
type filter struct {
	op          string // "||" "&&" "!" "exists" "==" "!=" "<" "<=" ">" ">="
	left, right *filter
	a, b        operand
}

type operand struct {
	steps   []pathStep
	path    bool
	root    bool // from $, the document, instead of @
	literal any
}

func (p *pathParser) or(depth int) (*filter, error) {
	return p.chain("||", depth, p.and)
}

func (p *pathParser) and(depth int) (*filter, error) {
	return p.chain("&&", depth, p.unary)
}

func (p *pathParser) chain(op string, depth int, next func(int) (*filter, error)) (*filter, error) {
	left, err := next(depth)
	if err != nil {
		return nil, err
	}
	for p.spaces(); p.eat(op); p.spaces() {
		right, err := next(depth)
		if err != nil {
			return nil, err
		}
		left = &filter{op: op, left: left, right: right}
	}
	return left, nil
}

func (p *pathParser) unary(depth int) (*filter, error) {
	if depth > 50 {
		return nil, p.fail("the filter nests too deep")
	}
	p.spaces()
	if p.peek() == '!' {
		p.pos++
		f, err := p.unary(depth + 1)
		return &filter{op: "!", left: f}, err
	}
	if p.eat("(") {
		f, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		p.spaces()
		if !p.eat(")") {
			return nil, p.fail("expected )")
		}
		return f, nil
	}
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.spaces()
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.eat(op) {
			p.spaces()
			b, err := p.operand()
			return &filter{op: op, a: a, b: b}, err
		}
	}
	if !a.path {
		return nil, p.fail("expected a comparison")
	}
	return &filter{op: "exists", a: a}, nil
}

func (p *pathParser) operand() (operand, error) {
	switch c := p.peek(); {
	case c == '@' || c == '$':
		p.pos++
		steps, err := p.steps()
		if err == nil && !definite(steps) {
			err = p.fail("a filter compares single nodes")
		}
		return operand{path: true, root: c == '$', steps: steps}, err
	case c == '\'' || c == '"':
		s, err := p.quoted()
		return operand{literal: s}, err
	case p.eat("true"):
		return operand{literal: true}, nil
	case p.eat("false"):
		return operand{literal: false}, nil
	case p.eat("null"):
		return operand{literal: nil}, nil
	}
	d := decoder{src: []byte(p.src), pos: p.pos}
	if c := p.peek(); c != '-' && (c < '0' || c > '9') {
		return operand{}, p.fail("expected @, a string, a number, true, false or null")
	}
	n, err := d.number()
	if err != nil {
		return operand{}, p.fail("bad number")
	}
	p.pos = d.pos
	return operand{literal: n}, nil
}

// find evaluates the steps on a root value. The second result is false when a
// definite path names nothing.
func (p *path) find(root any) (any, bool) {
	if !p.definite {
		found := walk([]any{root}, p.steps, root)
		if found == nil {
			found = []any{}
		}
		return found, true
	}
	return descend(root, p.steps)
}

func descend(v any, steps []pathStep) (any, bool) {
	for i := range steps {
		s := &steps[i]
		if s.kind == stepField {
			m, ok := v.(map[string]any)
			if !ok {
				return nil, false
			}
			if v, ok = m[s.name]; !ok {
				return nil, false
			}
			continue
		}
		a, ok := v.([]any)
		if !ok {
			return nil, false
		}
		j := s.index
		if j < 0 {
			j += len(a)
		}
		if j < 0 || j >= len(a) {
			return nil, false
		}
		v = a[j]
	}
	return v, true
}

func walk(nodes []any, steps []pathStep, root any) []any {
	for len(steps) > 0 && len(nodes) > 0 {
		s := &steps[0]
		steps = steps[1:]
		var next []any
		for _, n := range nodes {
			next = s.apply(next, n, root)
		}
		nodes = next
	}
	return nodes
}

func (s *pathStep) apply(out []any, n, root any) []any {
	switch s.kind {
	case stepField:
		if m, ok := n.(map[string]any); ok {
			if v, ok := m[s.name]; ok {
				out = append(out, v)
			}
		}
	case stepFields:
		if m, ok := n.(map[string]any); ok {
			for _, name := range s.names {
				if v, ok := m[name]; ok {
					out = append(out, v)
				}
			}
		}
	case stepDescend:
		out = append(out, n)
		for _, c := range children(n) {
			out = s.apply(out, c, root)
		}
	case stepAny:
		out = append(out, children(n)...)
	case stepFilter:
		for _, c := range children(n) {
			if s.filter.holds(c, root) {
				out = append(out, c)
			}
		}
	default:
		a, ok := n.([]any)
		if !ok {
			return out
		}
		at := func(i int) {
			if i < 0 {
				i += len(a)
			}
			if i >= 0 && i < len(a) {
				out = append(out, a[i])
			}
		}
		switch s.kind {
		case stepIndex:
			at(s.index)
		case stepIndexes:
			for _, i := range s.indexes {
				at(i)
			}
		case stepSlice:
			from, to := bound(s.from, 0, len(a)), bound(s.to, len(a), len(a))
			for i := from; i < to; i += s.by {
				out = append(out, a[i])
			}
		}
	}
	return out
}

func bound(i *int, otherwise, n int) int {
	if i == nil {
		return otherwise
	}
	j := *i
	if j < 0 {
		j += n
	}
	return min(max(j, 0), n)
}

// children lists an object's values in the order of their keys: JSON objects
// have none, and a replay must find the same.
func children(n any) []any {
	switch n := n.(type) {
	case []any:
		return n
	case map[string]any:
		keys := make([]string, 0, len(n))
		for k := range n {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		out := make([]any, len(keys))
		for i, k := range keys {
			out[i] = n[k]
		}
		return out
	}
	return nil
}

func (f *filter) holds(at, root any) bool {
	switch f.op {
	case "||":
		return f.left.holds(at, root) || f.right.holds(at, root)
	case "&&":
		return f.left.holds(at, root) && f.right.holds(at, root)
	case "!":
		return !f.left.holds(at, root)
	}
	a, aok := f.a.value(at, root)
	if f.op == "exists" {
		return aok
	}
	b, bok := f.b.value(at, root)
	switch f.op {
	case "==":
		return aok && bok && equalJSON(a, b)
	case "!=":
		return aok != bok || aok && !equalJSON(a, b)
	}
	if !aok || !bok {
		return false
	}
	var c int
	switch x := a.(type) {
	case json.Number:
		y, ok := b.(json.Number)
		if !ok {
			return false
		}
		c = compareNumbers(x, y)
	case string:
		y, ok := b.(string)
		if !ok {
			return false
		}
		c = strings.Compare(x, y)
	default:
		return false
	}
	switch f.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func (o *operand) value(at, root any) (any, bool) {
	if !o.path {
		return o.literal, true
	}
	if o.root {
		at = root
	}
	return descend(at, o.steps)
}

// place returns root with v at the Reference Path. Missing objects are made;
// arrays are not extended. Root itself is left as it is: the objects on the way
// are copied.
func place(root any, steps []pathStep, v any) (any, bool) {
	if len(steps) == 0 {
		return v, true
	}
	s := &steps[0]
	if s.kind == stepIndex {
		a, ok := root.([]any)
		if !ok || s.index >= len(a) {
			return nil, false
		}
		w, ok := place(a[s.index], steps[1:], v)
		if !ok {
			return nil, false
		}
		a = slices.Clone(a)
		a[s.index] = w
		return a, true
	}
	m, ok := root.(map[string]any)
	if !ok {
		return nil, false
	}
	child, exists := m[s.name]
	if !exists && len(steps) > 1 {
		child = map[string]any{}
	}
	w, ok := place(child, steps[1:], v)
	if !ok {
		return nil, false
	}
	out := make(map[string]any, len(m)+1)
	for k, e := range m {
		out[k] = e
	}
	out[s.name] = w
	return out, true
}
