package fault_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/sim/fault"
)

// TestAFailureAtAnyCallLeavesNothingHalfDone fails each call of the table and of the
// journal in turn, in every way. Whoever asks again succeeds, and in the end all is
// as if nothing had happened.
func TestAFailureAtAnyCallLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	every := 1
	if testing.Short() {
		every = 7
	}
	for _, script := range []fault.Script{fault.MainCase(), fault.ConsultationCase()} {
		for _, house := range []fault.House{fault.Cloud, fault.Machine} {
			t.Run(script.Name+" in house "+house.String(), func(t *testing.T) {
				t.Parallel()
				want, err := script.Run(t.Context(), house, fault.Injection{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				runs := 0
				for call := 1; call <= want.Calls; call += every {
					for _, how := range []fault.How{fault.Refuse, fault.Lose, fault.Before, fault.After} {
						got, err := script.Run(t.Context(), house, fault.Injection{Call: call, How: how}, nil)
						if err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(want.Text, got.Text); diff != "" {
							t.Fatalf("call %d, %s:\n%s", call, how, diff)
						}
						runs++
					}
				}
				t.Logf("%d calls, %d runs", want.Calls, runs)
			})
		}
	}
}
