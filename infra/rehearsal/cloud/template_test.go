package cloud

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/infra/rehearsal/stream"
)

// section is the part of a template from a resource's name to the next.
func section(t *testing.T, file, resource string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	var out []string
	in := false
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "  "); ok && name != "" && name[0] != ' ' && name[0] != '#' {
			in = strings.HasPrefix(name, resource+":")
		}
		if in {
			out = append(out, line)
		}
	}
	if out == nil {
		t.Fatalf("%s has no resource %s", file, resource)
	}
	return strings.Join(out, "\n")
}

// What is rehearsed is what is deployed: timeouts, memory, and how the stream is
// handed over.
func TestKeepsToTheTemplate(t *testing.T) {
	t.Parallel()
	relay, usual := section(t, "workflow.yaml", "Relay"), section(t, "workflow.yaml", "Function")
	for _, want := range []string{
		"'" + stream.OutboxPattern + "'", fmt.Sprint("BatchSize: ", Mapping.BatchSize), fmt.Sprint("ParallelizationFactor: ", Mapping.Lanes),
		fmt.Sprint("MaximumRetryAttempts: ", Mapping.Retries), fmt.Sprint("BisectBatchOnFunctionError: ", Mapping.Bisect),
		"StartingPosition: TRIM_HORIZON", "FunctionResponseTypes: [ReportBatchItemFailures]",
	} {
		if !strings.Contains(relay, want) {
			t.Errorf("the template's relay has no %s", want)
		}
	}
	for _, f := range functions {
		text := usual
		switch f.name {
		case "api":
			text = section(t, "api.yaml", "Api")
		case "relay", "sweep":
			own := section(t, "workflow.yaml", strings.ToUpper(f.name[:1])+f.name[1:])
			if want := fmt.Sprint("Timeout: ", int(f.timeout/time.Second)); !strings.Contains(own, want) {
				t.Errorf("the template's %s has no %s", f.name, want)
			}
			if want := fmt.Sprint("MemorySize: ", f.memory); !strings.Contains(usual, want) {
				t.Errorf("the template's functions have no %s", want)
			}
			continue
		}
		for _, want := range []string{fmt.Sprint("Timeout: ", int(f.timeout/time.Second)), fmt.Sprint("MemorySize: ", f.memory)} {
			if !strings.Contains(text, want) {
				t.Errorf("the template's %s has no %s", f.name, want)
			}
		}
	}
}
