package saving

import (
	"fmt"
	"slices"
	"strings"
)

// Attribution splits a saving between its two causes (压缩归因). Negative parts are losses.
type Attribution struct {
	// Parallelism is saved by doing at once what was done in turn.
	Parallelism WorkingDays `json:"parallelism"`
	// FasterReview is saved by taking less time for the same work.
	FasterReview WorkingDays `json:"fasterReview"`
	// Total is S(h) - C(a), the sum of the two.
	Total WorkingDays `json:"total"`

	SerialBefore   WorkingDays `json:"serialBefore"`   // S(h)
	CriticalBefore WorkingDays `json:"criticalBefore"` // C(h)
	SerialAfter    WorkingDays `json:"serialAfter"`    // S(a)
	CriticalAfter  WorkingDays `json:"criticalAfter"`  // C(a)
}

// Attribute splits the way from the days h before to the days a after, both over the same graph in any order. Parallelism
// and FasterReview add up to Total exactly when all days are multiples of a quarter; other
// days add up but for rounding.
//
// It returns the errors of [Critical], and one that names every task that only one side has or whose prerequisites
// differ: where a commitment removed an edge, half of its effect would be called faster review.
func Attribute(h, a []Task) (Attribution, error) {
	before, err := Critical(h)
	if err != nil {
		return Attribution{}, fmt.Errorf("before: %w", err)
	}
	after, err := Critical(a)
	if err != nil {
		return Attribution{}, fmt.Errorf("after: %w", err)
	}
	if diff := differences(h, a); len(diff) > 0 {
		return Attribution{}, fmt.Errorf("before and after are not the same graph: %s", strings.Join(diff, "; "))
	}
	at := Attribution{
		SerialBefore: Serial(h), CriticalBefore: before.Days,
		SerialAfter: Serial(a), CriticalAfter: after.Days,
	}
	at.Parallelism = ((at.SerialBefore - at.CriticalBefore) + (at.SerialAfter - at.CriticalAfter)) / 2
	at.FasterReview = ((at.SerialBefore - at.SerialAfter) + (at.CriticalBefore - at.CriticalAfter)) / 2
	at.Total = at.SerialBefore - at.CriticalAfter
	return at, nil
}

// differences says in which tasks and prerequisites two graphs differ, by id.
func differences(h, a []Task) (diff []string) {
	requires := func(t Task) []string { return slices.Compact(slices.Sorted(slices.Values(t.Requires))) }
	was := map[string]Task{}
	for _, t := range h {
		was[t.ID] = t
	}
	for _, t := range a {
		b, ok := was[t.ID]
		delete(was, t.ID)
		if !ok {
			diff = append(diff, fmt.Sprintf("%q is only after", t.ID))
		} else if x, y := requires(b), requires(t); !slices.Equal(x, y) {
			diff = append(diff, fmt.Sprintf("%q requires %q before and %q after", t.ID, x, y))
		}
	}
	for id := range was {
		diff = append(diff, fmt.Sprintf("%q is only before", id))
	}
	slices.Sort(diff)
	return diff
}
