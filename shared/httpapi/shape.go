package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// What a body's JSON may be made of at most, which is far more than any operation
// reads (both assumed): the largest reform on record moves 2,226 items.
const (
	maxDepth  = 32
	maxValues = 20_000
)

// shapely refuses JSON that is well formed and yet no honest client's: a name twice in
// one object, of which two readers may each take another, and what is so deep or so
// many that looking through it costs more than sending it.
func shapely(body []byte) *fault {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var names []map[string]bool // by depth; nil in a list
	values, name := 0, false    // whether a name comes next
	for {
		token, err := d.Token()
		if err != nil { // the end, since the body has been read before
			return nil
		}
		inObject := len(names) > 0 && names[len(names)-1] != nil
		if word, ok := token.(string); ok && inObject && name {
			if names[len(names)-1][word] {
				return malformed(body, d.InputOffset(), text(fmt.Sprintf("同一对象中字段“%s”出现两次", brief(word)), fmt.Sprintf("an object has the field %q twice", brief(word))))
			}
			names[len(names)-1][word] = true
			name = false
			continue
		}
		switch token {
		case json.Delim('{'):
			names = append(names, map[string]bool{})
			values++
		case json.Delim('['):
			names = append(names, nil)
			values++
		case json.Delim('}'), json.Delim(']'):
			names = names[:len(names)-1]
		default:
			values++
		}
		name = len(names) > 0 && names[len(names)-1] != nil
		if values > maxValues {
			return malformed(body, d.InputOffset(), text(fmt.Sprintf("内容超过 %d 项", maxValues), fmt.Sprintf("it holds more than %d values", maxValues)))
		}
		if len(names) > maxDepth {
			return malformed(body, d.InputOffset(), text(fmt.Sprintf("嵌套超过 %d 层", maxDepth), fmt.Sprintf("it is nested more than %d deep", maxDepth)))
		}
	}
}

// longestName is how much of a name that was sent is told back, in bytes.
const longestName = 200

// brief is a name of the caller's, cut where it is too long to be one.
func brief(name string) string {
	if len(name) <= longestName {
		return name
	}
	return string(bytes.ToValidUTF8([]byte(name[:longestName]), nil)) + "…"
}
