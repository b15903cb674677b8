package sheet

import "strings"

// guarded keeps a spreadsheet from taking a text in a CSV for a formula: an
// apostrophe before it, which spreadsheets show or drop and never compute. The
// signs are OWASP's (“CSV Injection”), and their full-width forms, which some
// spreadsheets take for the same. A text that looks guarded is guarded again, so
// that unguarded always finds what was written.
func guarded(s string) string {
	if dangerous(s) {
		return "'" + s
	}
	return s
}

func unguarded(s string) string {
	if strings.HasPrefix(s, "'") && dangerous(s) {
		return s[1:]
	}
	return s
}

func dangerous(s string) bool {
	s = strings.TrimLeft(s, "' \t\r\n\u00a0\u3000")
	return s != "" && strings.ContainsAny(s[:1], "=+-@") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
}
