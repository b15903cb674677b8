package intake_test

import (
	"path/filepath"
	"testing"

	"lianban/shared/intake/intaketest"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

func TestTheServiceHoldsOnTheEmbeddedStore(t *testing.T) {
	t.Parallel()
	intaketest.Service(t, func(t testing.TB) intaketest.Opened {
		file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		s := store.New(file.Table())
		return intaketest.Opened{Issues: s, Docket: s}
	})
}
