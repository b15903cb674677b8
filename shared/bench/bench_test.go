package bench

import (
	"io"
	"path/filepath"
	"strconv"
	"testing"
)

// One operation is one workflow: start, five parties asked, five answers each
// acknowledged durably, close.
func BenchmarkEngine(b *testing.B) {
	for _, n := range []int{1, 128} {
		b.Run(strconv.Itoa(n)+"callers", func(b *testing.B) {
			c := Command{Workflows: b.N * 128 / n}
			if err := c.engineAt(b.Context(), io.Discard, filepath.Join(b.TempDir(), "l.db"), n); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkApplication(b *testing.B) {
	for _, n := range []int{1, 128} {
		b.Run(strconv.Itoa(n)+"callers", func(b *testing.B) {
			c := Command{Workflows: b.N * 128 / n}
			if err := c.appAt(b.Context(), io.Discard, filepath.Join(b.TempDir(), "l.db"), n); err != nil {
				b.Fatal(err)
			}
		})
	}
}
