package stream

import (
	"encoding/json"
	"fmt"
	"strings"
)

// OutboxPattern is the template's filter of the stream, word for word: of a
// commit only its outbox record is news.
const OutboxPattern = `{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "I#"}]}, "sk": {"S": [{"prefix": "O#"}]}}}}`

// Outbox is that filter.
var Outbox = mustPattern(OutboxPattern)

func mustPattern(text string) func(*Record) bool {
	f, err := Pattern(text)
	if err != nil {
		panic(err)
	}
	return f
}

// Pattern is a filter pattern of Lambda's event filtering, as far as strings go:
// literals, prefix and anything-but. What it does not know it refuses.
func Pattern(text string) (func(*Record) bool, error) {
	var pattern map[string]any
	if err := json.Unmarshal([]byte(text), &pattern); err != nil {
		return nil, fmt.Errorf("filter pattern: %w", err)
	}
	if err := checkPattern(pattern); err != nil {
		return nil, fmt.Errorf("filter pattern: %w", err)
	}
	return func(r *Record) bool {
		record := map[string]any{}
		for key, text := range r.text {
			var v any
			if json.Unmarshal(text, &v) == nil {
				record[key] = v
			}
		}
		return matches(pattern, record)
	}, nil
}

func checkPattern(pattern map[string]any) error {
	for key, want := range pattern {
		switch want := want.(type) {
		case map[string]any:
			if err := checkPattern(want); err != nil {
				return err
			}
		case []any:
			for _, one := range want {
				if rule, ok := one.(map[string]any); ok {
					_, prefix := rule["prefix"].(string)
					_, but := rule["anything-but"].([]any)
					if len(rule) != 1 || !prefix && !but {
						return fmt.Errorf("%s: %v is not supported", key, rule)
					}
				} else if _, ok := one.(string); !ok {
					return fmt.Errorf("%s: %v is not supported", key, one)
				}
			}
		default:
			return fmt.Errorf("%s: %v is neither an object nor a list", key, want)
		}
	}
	return nil
}

func matches(pattern, data map[string]any) bool {
	for key, want := range pattern {
		value, ok := data[key]
		if !ok {
			return false
		}
		switch want := want.(type) {
		case map[string]any:
			inner, ok := value.(map[string]any)
			if !ok || !matches(want, inner) {
				return false
			}
		case []any:
			if s, ok := value.(string); !ok || !matchesAny(want, s) {
				return false
			}
		}
	}
	return true
}

func matchesAny(wants []any, s string) bool {
	for _, want := range wants {
		switch want := want.(type) {
		case string:
			if s == want {
				return true
			}
		case map[string]any:
			if prefix, ok := want["prefix"].(string); ok && strings.HasPrefix(s, prefix) {
				return true
			}
			if not, ok := want["anything-but"].([]any); ok && !matchesAny(not, s) {
				return true
			}
		}
	}
	return false
}
