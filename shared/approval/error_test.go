package approval_test

import (
	"strings"
	"testing"

	"lianban/shared/approval"
)

func TestALostRaceIsSaidInBothLanguagesWithoutLeftovers(t *testing.T) {
	t.Parallel()
	e := approval.LostRace("i1")
	if !approval.IsKind(e, approval.Conflict) {
		t.Fatalf("kind of %v", e)
	}
	for _, part := range []string{"%!", "EXTRA", "MISSING"} {
		if strings.Contains(e.Error(), part) {
			t.Errorf("leftover in %v", e)
		}
	}
}
