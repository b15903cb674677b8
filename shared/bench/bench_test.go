package bench

import (
	"context"
	"io"
	"path/filepath"
	"strconv"
	"testing"

	"lianban/shared/local"
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

// One operation is one workflow raised and routed, its five parties asked.
func BenchmarkOpening(b *testing.B) {
	sig := &signals{flows: map[string]*signal{}}
	app, err := local.Open(b.Context(), local.Config{Data: filepath.Join(b.TempDir(), "l.db"), Committed: sig.committed})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	running, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(running) }()
	if err := raise(b.Context(), app, sig, b.N); err != nil {
		b.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
