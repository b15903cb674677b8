package trace_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"lianban/shared/trace"
)

func TestReadsWhatTheRecommendationCallsATraceparent(t *testing.T) {
	t.Parallel()
	const id, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for header, want := range map[string]string{
		"00-" + id + "-" + parent + "-01":                      id,
		"cc-" + id + "-" + parent + "-01":                      id,
		"cc-" + id + "-" + parent + "-01-what":                 id,
		"00-" + id + "-" + parent + "-01-what":                 "",
		"ff-" + id + "-" + parent + "-01":                      "",
		"00-" + id + "-" + parent:                              "",
		"00-" + strings.ToUpper(id) + "-" + parent + "-01":     "",
		"00-" + strings.Repeat("0", 32) + "-" + parent + "-01": "",
		"00-" + id + "-" + strings.Repeat("0", 16) + "-01":     "",
		"00-" + id[1:] + "-" + parent + "-01":                  "",
		"00-" + id[:30] + "\n1-" + parent + "-01":              "",
		"00-" + strings.Repeat("g", 32) + "-" + parent + "-01": "",
		"": "",
		"00-" + strings.Repeat("1", 1<<16) + "-" + parent + "-01": "",
	} {
		if got, ok := trace.Parse(header); got != want || ok != (want != "") {
			t.Errorf("%.80q gives %q, %v", header, got, ok)
		}
	}
}

func TestEveryRecordOfARequestSaysItsTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(trace.Logged(slog.NewTextHandler(&out, nil))).With("a", 1)
	log.InfoContext(trace.With(t.Context(), "abc"), "within")
	log.InfoContext(t.Context(), "outside")
	lines := strings.Split(out.String(), "\n")
	if !strings.Contains(lines[0], "a=1 trace=abc") || strings.Contains(lines[1], "trace") {
		t.Error(out.String())
	}
}

func TestAMadeIDIsOne(t *testing.T) {
	t.Parallel()
	id, err := trace.New(strings.NewReader("0123456789abcdef"))
	if got, ok := trace.Parse("00-" + id + "-00f067aa0ba902b7-01"); err != nil || !ok || got != id {
		t.Errorf("%q %v", id, err)
	}
	if _, err := trace.New(strings.NewReader("short")); err == nil {
		t.Error("an id is made of too little")
	}
}
