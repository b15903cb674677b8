package engine_test

import (
	"testing"

	"lianban/shared/engine"
	"lianban/shared/engine/enginetest"
)

func TestMemJournalKeepsTheContract(t *testing.T) {
	t.Parallel()
	enginetest.Journal(t, func(*testing.T) enginetest.Opened {
		var o enginetest.Opened
		o.Journal = engine.NewMemJournal()
		// What outlives the process is the value itself.
		o.Reopen = func() enginetest.Opened { return o }
		return o
	})
}
