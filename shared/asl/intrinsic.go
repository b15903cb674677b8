package asl

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A call is a compiled intrinsic function.
type call struct {
	fn   *intrinsic
	args []argument
	// format holds States.Format's template cut at its {} when the template is
	// written out, which it nearly always is.
	format []string
}

type argument struct {
	literal any
	path    *path
	call    *call
}

type intrinsic struct {
	name     string
	min, max int // arguments; max -1 is any number
	eval     func(s scope, args []any) (any, *failure)
}

func (f *intrinsic) fail(format string, args ...any) *failure {
	return failf(ErrIntrinsicFailure, "%s: %s", f.name, fmt.Sprintf(format, args...))
}

// isIntrinsic tells a function from a path in a field that may hold either.
func isIntrinsic(s string) bool { return strings.HasPrefix(s, "States.") }

func compileCall(src string) (*call, error) {
	p := pathParser{src: src}
	c, err := p.call(0)
	if err != nil {
		return nil, err
	}
	if p.pos != len(src) {
		return nil, p.badCall("unexpected text")
	}
	return c, nil
}

func (p *pathParser) badCall(what string) error {
	return fmt.Errorf("intrinsic function %q: %s at offset %d", p.src, what, p.pos)
}

func (p *pathParser) call(depth int) (*call, error) {
	// Step Functions allows ten levels.
	if depth > 10 {
		return nil, p.badCall("more than 10 levels of nesting")
	}
	start := p.pos
	for c := p.peek(); c == '.' || isLetter(c) || c >= '0' && c <= '9'; c = p.peek() {
		p.pos++
	}
	name := p.src[start:p.pos]
	fn := intrinsics[name]
	if fn == nil {
		return nil, p.badCall(fmt.Sprintf("%q is not an intrinsic function", name))
	}
	if !p.eat("(") {
		return nil, p.badCall("expected (")
	}
	out := &call{fn: fn}
	p.spaces()
	if !p.eat(")") {
		for {
			p.spaces()
			a, err := p.argument(depth, out)
			if err != nil {
				return nil, err
			}
			out.args = append(out.args, a)
			p.spaces()
			if p.eat(")") {
				break
			}
			if !p.eat(",") {
				return nil, p.badCall("expected , or )")
			}
		}
	}
	if n := len(out.args); n < fn.min || fn.max >= 0 && n > fn.max {
		return nil, p.badCall(fmt.Sprintf("%s does not take %d arguments", name, n))
	}
	if out.format != nil && len(out.format) != len(out.args) {
		return nil, p.badCall(fmt.Sprintf("States.Format has %d {} for %d values", len(out.format)-1, len(out.args)-1))
	}
	return out, nil
}

func (p *pathParser) argument(depth int, into *call) (argument, error) {
	switch c := p.peek(); {
	case c == '$':
		at, err := p.path()
		return argument{path: at}, err
	case c == '\'':
		raw, err := p.literal()
		if err != nil {
			return argument{}, err
		}
		if into.fn.name == "States.Format" && len(into.args) == 0 {
			if into.format, err = cutFormat(raw); err != nil {
				return argument{}, p.badCall(err.Error())
			}
		}
		return argument{literal: unescape(raw)}, nil
	case p.eat("true"):
		return argument{literal: true}, nil
	case p.eat("false"):
		return argument{literal: false}, nil
	case p.eat("null"):
		return argument{literal: nil}, nil
	case c == '-' || c >= '0' && c <= '9':
		d := decoder{src: []byte(p.src), pos: p.pos}
		n, err := d.number()
		if err != nil {
			return argument{}, p.badCall("bad number")
		}
		p.pos = d.pos
		return argument{literal: n}, nil
	case isLetter(c):
		nested, err := p.call(depth + 1)
		return argument{call: nested}, err
	}
	return argument{}, p.badCall("expected a path, a string in single quotes, a number, true, false, null or a function")
}

// literal reads a string in single quotes and leaves its escapes in.
func (p *pathParser) literal() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '\'':
			raw := p.src[start:p.pos]
			p.pos++
			return raw, nil
		case '\\':
			if p.pos+1 >= len(p.src) || !strings.ContainsRune(`'{}\`, rune(p.src[p.pos+1])) {
				return "", p.badCall(`\ may only stand before ', {, } and \`)
			}
			p.pos += 2
		default:
			p.pos++
		}
	}
	return "", p.badCall("the string has no end")
}

func unescape(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

// cutFormat cuts a States.Format template at its {}.
func cutFormat(raw string) ([]string, error) {
	var out []string
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\' && i+1 < len(raw):
			i++
			b.WriteByte(raw[i])
		case c == '{' && i+1 < len(raw) && raw[i+1] == '}':
			i++
			out = append(out, b.String())
			b.Reset()
		case c == '{' || c == '}':
			return nil, fmt.Errorf(`a brace that is not {} is written \{ or \}`)
		default:
			b.WriteByte(c)
		}
	}
	return append(out, b.String()), nil
}

func (c *call) eval(s scope, data any) (any, *failure) {
	args := make([]any, len(c.args))
	for i := range c.args {
		a := &c.args[i]
		switch {
		case a.path != nil:
			v, f := s.lookup(a.path, data)
			if f != nil {
				return nil, f
			}
			args[i] = v
		case a.call != nil:
			v, f := a.call.eval(s, data)
			if f != nil {
				return nil, f
			}
			args[i] = v
		default:
			args[i] = a.literal
		}
	}
	if c.format != nil {
		return fillFormat(c.format, args[1:]), nil
	}
	return c.fn.eval(s, args)
}

func fillFormat(pieces []string, args []any) string {
	var b []byte
	for i, piece := range pieces {
		b = append(b, piece...)
		if i < len(args) {
			if s, ok := args[i].(string); ok {
				b = append(b, s...)
			} else {
				b = AppendJSON(b, args[i])
			}
		}
	}
	return string(b)
}

// maxText is Step Functions' limit for hashed and encoded text.
const maxText = 10000

var intrinsics = map[string]*intrinsic{}

func init() {
	def := func(name string, lo, hi int, eval func(f *intrinsic, s scope, args []any) (any, *failure)) {
		f := &intrinsic{name: "States." + name, min: lo, max: hi}
		f.eval = func(s scope, args []any) (any, *failure) { return eval(f, s, args) }
		intrinsics[f.name] = f
	}
	def("Format", 1, -1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		t, fail := f.text(args, 0)
		if fail != nil {
			return nil, fail
		}
		pieces, err := cutFormat(t)
		if err != nil {
			return nil, f.fail("%v", err)
		}
		if len(pieces) != len(args) {
			return nil, f.fail("%d {} for %d values", len(pieces)-1, len(args)-1)
		}
		return fillFormat(pieces, args[1:]), nil
	})
	def("StringToJson", 1, 1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		t, fail := f.text(args, 0)
		if fail != nil {
			return nil, fail
		}
		v, err := ParseJSON([]byte(t))
		if err != nil {
			return nil, f.fail("%v", err)
		}
		return v, nil
	})
	def("JsonToString", 1, 1, func(_ *intrinsic, _ scope, args []any) (any, *failure) {
		return string(AppendJSON(nil, args[0])), nil
	})
	def("Array", 0, -1, func(_ *intrinsic, _ scope, args []any) (any, *failure) {
		return args, nil
	})
	def("ArrayPartition", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.array(args, 0)
		if fail != nil {
			return nil, fail
		}
		n, fail := f.integer(args, 1)
		if fail != nil {
			return nil, fail
		}
		if n < 1 {
			return nil, f.fail("the size of a part must be positive, not %d", n)
		}
		out := []any{}
		for len(a) > 0 {
			k := int(min(n, int64(len(a))))
			out = append(out, a[:k:k])
			a = a[k:]
		}
		return out, nil
	})
	def("ArrayContains", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.array(args, 0)
		if fail != nil {
			return nil, fail
		}
		for _, e := range a {
			if equalJSON(e, args[1]) {
				return true, nil
			}
		}
		return false, nil
	})
	def("ArrayRange", 3, 3, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		var n [3]int64
		for i := range n {
			var fail *failure
			if n[i], fail = f.integer(args, i); fail != nil {
				return nil, fail
			}
			if n[i] > math.MaxInt32 || n[i] < math.MinInt32 {
				return nil, f.fail("%d is out of range", n[i])
			}
		}
		if n[2] == 0 {
			return nil, f.fail("the step must not be 0")
		}
		out := []any{}
		for i := n[0]; n[2] > 0 && i <= n[1] || n[2] < 0 && i >= n[1]; i += n[2] {
			if len(out) == 1000 {
				return nil, f.fail("more than 1000 elements")
			}
			out = append(out, numberOf(i))
		}
		return out, nil
	})
	def("ArrayGetItem", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.array(args, 0)
		if fail != nil {
			return nil, fail
		}
		i, fail := f.integer(args, 1)
		if fail != nil {
			return nil, fail
		}
		if i < 0 || i >= int64(len(a)) {
			return nil, f.fail("index %d of an array of %d", i, len(a))
		}
		return a[i], nil
	})
	def("ArrayLength", 1, 1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.array(args, 0)
		if fail != nil {
			return nil, fail
		}
		return numberOf(int64(len(a))), nil
	})
	def("ArrayUnique", 1, 1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.array(args, 0)
		if fail != nil {
			return nil, fail
		}
		out := []any{}
		seen := make(map[string]bool, len(a))
		for _, e := range a {
			key := string(AppendJSON(nil, e))
			if !seen[key] {
				seen[key] = true
				out = append(out, e)
			}
		}
		return out, nil
	})
	def("Base64Encode", 1, 1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		t, fail := f.shortText(args, 0)
		if fail != nil {
			return nil, fail
		}
		return base64.StdEncoding.EncodeToString([]byte(t)), nil
	})
	def("Base64Decode", 1, 1, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		t, fail := f.shortText(args, 0)
		if fail != nil {
			return nil, fail
		}
		b, err := base64.StdEncoding.DecodeString(t)
		if err != nil {
			return nil, f.fail("%v", err)
		}
		return validText(string(b)), nil
	})
	def("Hash", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		data, ok := args[0].(string)
		if !ok {
			data = string(AppendJSON(nil, args[0]))
		}
		if utf8.RuneCountInString(data) > maxText {
			return nil, f.fail("more than %d characters", maxText)
		}
		algorithm, fail := f.text(args, 1)
		if fail != nil {
			return nil, fail
		}
		var h hash.Hash
		switch algorithm {
		case "MD5":
			h = md5.New()
		case "SHA-1":
			h = sha1.New()
		case "SHA-256":
			h = sha256.New()
		case "SHA-384":
			h = sha512.New384()
		case "SHA-512":
			h = sha512.New()
		default:
			return nil, f.fail("no algorithm %q: MD5, SHA-1, SHA-256, SHA-384 or SHA-512", algorithm)
		}
		h.Write([]byte(data))
		return hex.EncodeToString(h.Sum(nil)), nil
	})
	def("JsonMerge", 3, 3, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, ok := args[0].(map[string]any)
		b, ok2 := args[1].(map[string]any)
		if !ok || !ok2 {
			return nil, f.fail("merges two objects, not %s and %s", kindOf(args[0]), kindOf(args[1]))
		}
		if args[2] != any(false) {
			return nil, f.fail("the third argument must be false: only shallow merging exists")
		}
		out := make(map[string]any, len(a)+len(b))
		for k, v := range a {
			out[k] = v
		}
		for k, v := range b {
			out[k] = v
		}
		return out, nil
	})
	def("MathRandom", 2, 3, func(f *intrinsic, s scope, args []any) (any, *failure) {
		from, fail := f.integer(args, 0)
		if fail != nil {
			return nil, fail
		}
		to, fail := f.integer(args, 1)
		if fail != nil {
			return nil, fail
		}
		if from >= to || from < math.MinInt32 || to > math.MaxInt32 {
			return nil, f.fail("no number in [%d, %d)", from, to)
		}
		var draw uint64
		if len(args) == 3 {
			seed, fail := f.integer(args, 2)
			if fail != nil {
				return nil, fail
			}
			draw = mix(uint64(seed))
		} else {
			draw = s.x.draw()
		}
		return numberOf(from + int64(draw%uint64(to-from))), nil
	})
	def("MathAdd", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		a, fail := f.rounded(args, 0)
		if fail != nil {
			return nil, fail
		}
		b, fail := f.rounded(args, 1)
		if fail != nil {
			return nil, fail
		}
		sum := a + b
		if a > 0 && b > 0 && sum < 0 || a < 0 && b < 0 && sum >= 0 {
			return nil, f.fail("%d + %d overflows", a, b)
		}
		return numberOf(sum), nil
	})
	def("StringSplit", 2, 2, func(f *intrinsic, _ scope, args []any) (any, *failure) {
		t, fail := f.text(args, 0)
		if fail != nil {
			return nil, fail
		}
		cuts, fail := f.text(args, 1)
		if fail != nil {
			return nil, fail
		}
		out := []any{}
		for _, piece := range strings.FieldsFunc(t, func(r rune) bool { return strings.ContainsRune(cuts, r) }) {
			out = append(out, piece)
		}
		return out, nil
	})
	def("UUID", 0, 0, func(_ *intrinsic, s scope, _ []any) (any, *failure) {
		return s.x.uuid(), nil
	})
}

func (f *intrinsic) text(args []any, i int) (string, *failure) {
	if s, ok := args[i].(string); ok {
		return s, nil
	}
	return "", f.fail("argument %d must be a string, not %s", i+1, kindOf(args[i]))
}

func (f *intrinsic) shortText(args []any, i int) (string, *failure) {
	s, fail := f.text(args, i)
	if fail == nil && utf8.RuneCountInString(s) > maxText {
		fail = f.fail("more than %d characters", maxText)
	}
	return s, fail
}

func (f *intrinsic) array(args []any, i int) ([]any, *failure) {
	if a, ok := args[i].([]any); ok {
		return a, nil
	}
	return nil, f.fail("argument %d must be an array, not %s", i+1, kindOf(args[i]))
}

func (f *intrinsic) integer(args []any, i int) (int64, *failure) {
	if n, ok := integerOf(args[i]); ok {
		return n, nil
	}
	return 0, f.fail("argument %d must be a whole number", i+1)
}

func (f *intrinsic) rounded(args []any, i int) (int64, *failure) {
	n, ok := args[i].(json.Number)
	if !ok {
		return 0, f.fail("argument %d must be a number, not %s", i+1, kindOf(args[i]))
	}
	if v, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return v, nil
	}
	r := math.Round(toFloat(n))
	if isInteger(n) || math.Abs(r) >= 1<<53 {
		return 0, f.fail("%s is out of range", n)
	}
	return int64(r), nil
}
