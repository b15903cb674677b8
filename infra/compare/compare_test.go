package compare_test

import (
	"maps"
	"slices"
	"testing"
)

// TestAnIndependentStepFunctionsAgrees plays every story on both sides.
func TestAnIndependentStepFunctionsAgrees(t *testing.T) {
	t.Parallel()
	f, both := sides(t)
	names := map[string]bool{}
	for _, s := range slices.Concat(signoffs(t), contested()) {
		if names[s.name] {
			t.Fatalf("two stories are called %q", s.name)
		}
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			here, there := perform(t, f, both[0], &s), perform(t, f, both[1], &s)
			found := differences(here, there)
			listed := map[string]string{}
			for _, row := range known {
				if row.story == s.name {
					maps.Copy(listed, row.differs)
				}
			}
			for _, aspect := range slices.Sorted(maps.Keys(found)) {
				if found[aspect] != listed[aspect] {
					t.Errorf("%s differs (-here +there):\n%s\nlisted is:\n%s", aspect, found[aspect], listed[aspect])
				}
				delete(listed, aspect)
			}
			for aspect := range listed {
				t.Errorf("%s does not differ any more: strike it from the table", aspect)
			}
		})
	}
	for _, row := range known {
		if !names[row.story] || row.right == "" || row.why == "" {
			t.Errorf("the table speaks of %q: no such story, or no reason", row.story)
		}
	}
}
