package local_test

import (
	"path/filepath"
	"testing"

	"lianban/shared/calendar"
	"lianban/shared/local"
	"lianban/shared/sim/city"
)

func BenchmarkYear(b *testing.B) {
	for b.Loop() {
		made, err := city.New(city.Plan{Seed: 1, Projects: 437, Months: 12, From: calendar.MustParse("2025-01-01"), Assumed: city.Assumed()})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := local.PlayCity(b.Context(), made, filepath.Join(b.TempDir(), "city.db"), false, nil); err != nil {
			b.Fatal(err)
		}
	}
}
