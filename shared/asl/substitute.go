package asl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Substitute fills the ${Name} tokens of a definition as DefinitionSubstitutions
// does in a template. A token without a value is an error that names it; a value
// no token asks for is fine, so that several files may share one set. Values
// are inserted as JSON string content.
func Substitute(src []byte, values map[string]string) ([]byte, error) {
	var out []byte
	var missing []string
	for rest := src; ; {
		i := bytes.Index(rest, []byte("${"))
		if i < 0 {
			out = append(out, rest...)
			break
		}
		end := bytes.IndexByte(rest[i:], '}')
		if end < 0 {
			return nil, fmt.Errorf("substitute: %q has no end", clip(string(rest[i:]), 40))
		}
		name := string(rest[i+2 : i+end])
		value, ok := values[name]
		if !ok && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		quoted := appendString(nil, value)
		out = append(out, rest[:i]...)
		out = append(out, quoted[1:len(quoted)-1]...)
		rest = rest[i+end+1:]
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("substitute: no value for ${%s}", strings.Join(missing, "}, ${"))
	}
	return out, nil
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
