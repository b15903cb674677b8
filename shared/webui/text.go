package webui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

//go:embed text/*.json
var textFiles embed.FS

// The languages of the pages; the first is the default.
const (
	zh = "zh"
	en = "en"
)

var languages = []string{zh, en}

// texts are one language's messages by key.
type texts map[string]string

// loadTexts reads both message files and reports every key that one of them lacks.
func loadTexts() (map[string]texts, error) {
	all := map[string]texts{}
	for _, lang := range languages {
		text, err := textFiles.ReadFile("text/" + lang + ".json")
		if err != nil {
			return nil, err
		}
		var t texts
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("text/%s.json: %w", lang, err)
		}
		all[lang] = t
	}
	var errs []error
	for _, lang := range languages {
		for _, other := range languages {
			for _, key := range slices.Sorted(maps.Keys(all[other])) {
				if _, ok := all[lang][key]; !ok {
					errs = append(errs, fmt.Errorf("text/%s.json lacks %q, which text/%s.json has", lang, key, other))
				}
			}
		}
	}
	return all, errors.Join(errs...)
}

// missing marks a key that no message file has, so that a test and a reader see it.
func missing(key string) string { return "⟦" + key + "⟧" }

// say is the message under key with its arguments filled in.
func (t texts) say(key string, args ...any) string {
	format, ok := t[key]
	if !ok {
		return missing(key)
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
