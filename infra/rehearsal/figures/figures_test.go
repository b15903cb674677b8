package figures_test

import (
	"os"
	"testing"

	"lianban/infra/rehearsal/figures"
	"lianban/shared/approval"
)

func server(t *testing.T) string {
	t.Helper()
	url := os.Getenv("LIANBAN_DYNAMODB")
	switch {
	case url != "":
	case os.Getenv("LIANBAN_REQUIRE_EXTERNAL") != "":
		t.Fatal("LIANBAN_DYNAMODB is not set: it names the endpoint of a DynamoDB-compatible server, which a complete run needs")
	default:
		t.Skip("NOT TESTED: LIANBAN_DYNAMODB is not set, so nothing was counted; set it to the endpoint of a DynamoDB-compatible server")
	}
	return url
}

func TestAnIssueWithFiveSignOffsCostsLessThanTheGoal(t *testing.T) {
	t.Parallel()
	issue, err := figures.FiveSignOffs(t.Context(), server(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range issue.Lines() {
		t.Log(line)
	}
	t.Logf("  in all %.6f USD; invocations %v; history events %d; Step Functions calls %v; table requests %v", issue.Total(), issue.Calls, issue.Events, issue.SFN, issue.Table)
	if issue.Total() >= figures.Goal {
		t.Errorf("an issue costs %.6f USD, and the goal is %.4f", issue.Total(), figures.Goal)
	}
	if issue.Transitions > 10 {
		t.Errorf("five parties without delay take %d transitions, and may take 10", issue.Transitions)
	}
	if issue.Write == 0 || issue.Read == 0 {
		t.Error("the server does not say what it charges")
	}
}

func TestTheWorstAllowedIssueStaysFarFromTheHistorysEnd(t *testing.T) {
	t.Parallel()
	worst, err := figures.ManySignOffs(t.Context(), server(t), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sign-offs, every rung of the ladder passed: %d history events, %d transitions", worst.SignOffs, worst.Events, worst.Transitions)
	// Each moment at which the machine looks is eleven events: the ladder has a
	// reminder, two lights, a notice and two tiers.
	if worst.SignOffs != approval.MaxSignOffs || worst.Events >= 25000/8 {
		t.Errorf("%d sign-offs write %d history events", worst.SignOffs, worst.Events)
	}
	if testing.Short() {
		return
	}
	stopped, err := figures.ManySignOffs(t.Context(), server(t), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("with a supplement before each: %d history events, %d transitions", stopped.Events, stopped.Transitions)
	if stopped.Events >= 25000/5 {
		t.Errorf("with a supplement before each, %d history events", stopped.Events)
	}
}
