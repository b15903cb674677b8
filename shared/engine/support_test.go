package engine_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/asl"
)

// machines parses what the project runs.
func machines(tb testing.TB) []*asl.Definition {
	tb.Helper()
	src, err := os.ReadFile("../../workflows/issue_signoff.asl.json")
	if err != nil {
		tb.Fatal(err)
	}
	// A function is called by the name of its token.
	src = regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAll(bytes.ReplaceAll(src, []byte("${Partition}"), []byte("aws")), []byte("$1"))
	return []*asl.Definition{parse(tb, "issue_signoff", string(src))}
}

func parse(tb testing.TB, name, src string) *asl.Definition {
	tb.Helper()
	def, err := asl.Parse(name, []byte(src))
	if err != nil {
		tb.Fatal(err)
	}
	return def
}

func decode(payload []byte) map[string]any {
	v, err := asl.ParseJSON(payload)
	if err != nil {
		panic(err)
	}
	return v.(map[string]any)
}

func routed(parties int) string {
	var asks []string
	for i := range parties {
		asks = append(asks, fmt.Sprintf(`{"signOff":"018f2d3c-7b1a-7c3e-9d4f-%012d","clock":"net","seconds":432000}`, i))
	}
	return `{"verdict":"pending","asks":[` + strings.Join(asks, ",") + `],"seconds":86400}`
}

// clock is a time the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2024, 8, 18, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func (c *clock) add(d time.Duration) { c.set(c.now().Add(d)) }
