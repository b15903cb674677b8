package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep a document nests, so that a hostile payload cannot
// exhaust the stack.
const maxDepth = 512

// ParseJSON decodes one JSON document. It exists beside encoding/json because
// numbers must stay as written and because decoding is most of what Step does.
func ParseJSON(src []byte) (any, error) {
	return decode(src, false)
}

func decode(src []byte, unique bool) (any, error) {
	d := decoder{src: src, unique: unique}
	d.space()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.pos != len(src) {
		return nil, d.fail("unexpected text after the document")
	}
	return v, nil
}

type decoder struct {
	src    []byte
	pos    int
	unique bool // an object's key may stand only once
}

func (d *decoder) fail(what string) error {
	line := 1 + bytes.Count(d.src[:min(d.pos, len(d.src))], []byte{'\n'})
	return fmt.Errorf("not JSON: line %d, offset %d: %s", line, d.pos, what)
}

func (d *decoder) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

func (d *decoder) value(depth int) (any, error) {
	if d.pos >= len(d.src) {
		return nil, d.fail("unexpected end")
	}
	if depth > maxDepth {
		return nil, d.fail("nested too deep")
	}
	switch c := d.src[d.pos]; {
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '"':
		return d.string()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	case d.word("true"):
		return true, nil
	case d.word("false"):
		return false, nil
	case d.word("null"):
		return nil, nil
	}
	return nil, d.fail("expected a value")
}

func (d *decoder) word(w string) bool {
	if len(d.src)-d.pos >= len(w) && string(d.src[d.pos:d.pos+len(w)]) == w {
		d.pos += len(w)
		return true
	}
	return false
}

func (d *decoder) object(depth int) (any, error) {
	d.pos++
	m := map[string]any{}
	d.space()
	if d.pos < len(d.src) && d.src[d.pos] == '}' {
		d.pos++
		return m, nil
	}
	for {
		d.space()
		if d.pos >= len(d.src) || d.src[d.pos] != '"' {
			return nil, d.fail("expected a field name")
		}
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		if d.unique {
			if _, dup := m[key]; dup {
				return nil, d.fail(fmt.Sprintf("field %q stands twice in one object", key))
			}
		}
		d.space()
		if d.pos >= len(d.src) || d.src[d.pos] != ':' {
			return nil, d.fail("expected a colon")
		}
		d.pos++
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m[key] = v
		d.space()
		if d.pos >= len(d.src) {
			return nil, d.fail("unexpected end")
		}
		switch d.src[d.pos] {
		case ',':
			d.pos++
		case '}':
			d.pos++
			return m, nil
		default:
			return nil, d.fail("expected a comma or the end of the object")
		}
	}
}

func (d *decoder) array(depth int) (any, error) {
	d.pos++
	a := []any{}
	d.space()
	if d.pos < len(d.src) && d.src[d.pos] == ']' {
		d.pos++
		return a, nil
	}
	for {
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
		d.space()
		if d.pos >= len(d.src) {
			return nil, d.fail("unexpected end")
		}
		switch d.src[d.pos] {
		case ',':
			d.pos++
		case ']':
			d.pos++
			return a, nil
		default:
			return nil, d.fail("expected a comma or the end of the array")
		}
	}
}

func (d *decoder) string() (string, error) {
	d.pos++
	start := d.pos
	for d.pos < len(d.src) {
		switch c := d.src[d.pos]; {
		case c == '"':
			s := string(d.src[start:d.pos])
			d.pos++
			return validText(s), nil
		case c == '\\':
			return d.escaped(start)
		case c < 0x20:
			return "", d.fail("control character in a string")
		default:
			d.pos++
		}
	}
	return "", d.fail("unexpected end in a string")
}

func (d *decoder) escaped(start int) (string, error) {
	buf := append([]byte(nil), d.src[start:d.pos]...)
	for d.pos < len(d.src) {
		c := d.src[d.pos]
		switch {
		case c == '"':
			d.pos++
			return validText(string(buf)), nil
		case c < 0x20:
			return "", d.fail("control character in a string")
		case c != '\\':
			buf = append(buf, c)
			d.pos++
			continue
		}
		if d.pos+1 >= len(d.src) {
			break
		}
		d.pos += 2
		switch e := d.src[d.pos-1]; e {
		case '"', '\\', '/':
			buf = append(buf, e)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := d.hex4()
			if !ok {
				return "", d.fail("bad \\u escape")
			}
			if utf16.IsSurrogate(r) {
				save := d.pos
				r2 := rune(utf8.RuneError)
				if d.pos+1 < len(d.src) && d.src[d.pos] == '\\' && d.src[d.pos+1] == 'u' {
					d.pos += 2
					if r2, ok = d.hex4(); !ok {
						return "", d.fail("bad \\u escape")
					}
				}
				if r = utf16.DecodeRune(r, r2); r == utf8.RuneError {
					d.pos = save
				}
			}
			buf = utf8.AppendRune(buf, r)
		default:
			return "", d.fail("bad escape in a string")
		}
	}
	return "", d.fail("unexpected end in a string")
}

// validText puts U+FFFD in the place of each byte that is not UTF-8.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

func (d *decoder) hex4() (rune, bool) {
	if d.pos+4 > len(d.src) {
		return 0, false
	}
	var r rune
	for _, c := range d.src[d.pos : d.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	d.pos += 4
	return r, true
}

func (d *decoder) number() (any, error) {
	start := d.pos
	if d.src[d.pos] == '-' {
		d.pos++
	}
	switch {
	case d.pos < len(d.src) && d.src[d.pos] == '0':
		d.pos++
	case !d.digits():
		return nil, d.fail("bad number")
	}
	if d.pos < len(d.src) && d.src[d.pos] == '.' {
		d.pos++
		if !d.digits() {
			return nil, d.fail("bad number")
		}
	}
	if d.pos < len(d.src) && (d.src[d.pos] == 'e' || d.src[d.pos] == 'E') {
		d.pos++
		if d.pos < len(d.src) && (d.src[d.pos] == '+' || d.src[d.pos] == '-') {
			d.pos++
		}
		if !d.digits() {
			return nil, d.fail("bad number")
		}
	}
	return json.Number(d.src[start:d.pos]), nil
}

func (d *decoder) digits() bool {
	start := d.pos
	for d.pos < len(d.src) && d.src[d.pos] >= '0' && d.src[d.pos] <= '9' {
		d.pos++
	}
	return d.pos > start
}

// AppendJSON appends a value's canonical text: keys sorted, numbers as they were
// written, nothing escaped that JSON does not ask for.
func AppendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return appendString(dst, v)
	case json.Number:
		return append(dst, v...)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case map[string]any:
		var room [16]string
		keys := room[:0]
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		dst = append(dst, '{')
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, k)
			dst = append(dst, ':')
			dst = AppendJSON(dst, v[k])
		}
		return append(dst, '}')
	}
	// Every value comes from decode, a template or an intrinsic function.
	panic(fmt.Sprintf("asl: %T is not a JSON value", v))
}

func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// sizeJSON is len(AppendJSON(nil, v)) without writing it.
func sizeJSON(v any) int {
	switch v := v.(type) {
	case nil:
		return 4
	case bool:
		if v {
			return 4
		}
		return 5
	case string:
		return sizeString(v)
	case json.Number:
		return len(v)
	case []any:
		n := 2 + max(len(v)-1, 0)
		for _, e := range v {
			n += sizeJSON(e)
		}
		return n
	case map[string]any:
		n := 2 + max(len(v)-1, 0)
		for k, e := range v {
			n += sizeString(k) + 1 + sizeJSON(e)
		}
		return n
	}
	return 0
}

func sizeString(s string) int {
	n := len(s) + 2
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t':
			n++
		case c < 0x20:
			n += 5
		}
	}
	return n
}

// equalJSON compares values; numbers by what they are worth.
func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && compareNumbers(a, b) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalJSON)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			w, ok := b[k]
			if !ok || !equalJSON(v, w) {
				return false
			}
		}
		return true
	case nil:
		return b == nil
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case string:
		b, ok := b.(string)
		return ok && a == b
	}
	return false
}

// compareNumbers compares integers of any length exactly and everything else as
// 64-bit floats, which is what the States Language promises at least.
func compareNumbers(a, b json.Number) int {
	if a == b {
		return 0
	}
	if isInteger(a) && isInteger(b) {
		na, nb := a[0] == '-', b[0] == '-'
		da, db := digitsOf(a), digitsOf(b)
		if da == "0" {
			na = false
		}
		if db == "0" {
			nb = false
		}
		switch {
		case na && !nb:
			return -1
		case !na && nb:
			return 1
		}
		c := 0
		if len(da) != len(db) {
			c = 1
			if len(da) < len(db) {
				c = -1
			}
		} else {
			c = strings.Compare(da, db)
		}
		if na {
			c = -c
		}
		return c
	}
	fa, fb := toFloat(a), toFloat(b)
	switch {
	case fa < fb:
		return -1
	case fa > fb:
		return 1
	}
	return 0
}

func digitsOf(n json.Number) string { return strings.TrimPrefix(string(n), "-") }

func isInteger(n json.Number) bool { return !strings.ContainsAny(string(n), ".eE") }

// toFloat never fails: decode has checked the grammar, and what is too large
// becomes an infinity.
func toFloat(n json.Number) float64 {
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// integerOf reads a whole number, also one written 1.0 or 1e3.
func integerOf(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	} else if isInteger(n) || errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	f := toFloat(n)
	if f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

func numberOf(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	}
	return "an object"
}
