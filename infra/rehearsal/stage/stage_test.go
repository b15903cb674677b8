package stage_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/infra/rehearsal/stage"
	"lianban/shared/approval"
	"lianban/shared/local"
	"lianban/shared/sim"
)

// server is where a DynamoDB of one's own answers; without one the cloud side is
// held to nothing, which a complete run takes for a failure.
func server(t testing.TB) string {
	t.Helper()
	url := os.Getenv("LIANBAN_DYNAMODB")
	switch {
	case url != "":
	case os.Getenv("LIANBAN_REQUIRE_EXTERNAL") != "":
		t.Fatal("LIANBAN_DYNAMODB is not set: it names the endpoint of a DynamoDB-compatible server, which a complete run needs")
	default:
		t.Skip("NOT TESTED: LIANBAN_DYNAMODB is not set, so the cloud side was held to nothing; set it to the endpoint of a DynamoDB-compatible server")
	}
	return url
}

func open(t testing.TB, cfg stage.Config) *stage.Stage {
	t.Helper()
	cfg.DynamoDB = server(t)
	if cfg.Clock == nil {
		cfg.Clock = sim.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	}
	s, err := stage.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ended is what a case came to, without what must differ: tokens, and the
// version of the machine, by which each side names its own.
type ended struct {
	Issue  approval.Issue
	Events []approval.Event
	Report approval.Report
}

func read(t testing.TB, service *approval.Service, from approval.Store, id approval.IssueID) ended {
	t.Helper()
	issue, err := from.Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	events := trail(t, from, id)
	if err := approval.VerifyChain(events, issue.Head); err != nil {
		t.Errorf("issue %s: %v", id, err)
	}
	report, ok, err := service.Rules().Report(&issue)
	if err != nil || !ok {
		t.Fatalf("issue %s is %s: %v", id, issue.Status, err)
	}
	return ended{issue, events, report}
}

func trail(t testing.TB, from approval.Store, id approval.IssueID) []approval.Event {
	t.Helper()
	var events []approval.Event
	var page approval.Page
	for {
		some, next, err := from.Events(t.Context(), id, 0, page)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, some...)
		if next == "" {
			return events
		}
		page.Cursor = next
	}
}

// plain is a value as JSON has it, without the fields that name a side.
func plain(t testing.TB, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return mask(out)
}

func mask(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			switch k {
			case "token", "machine":
				delete(v, k)
			default:
				v[k] = mask(inner)
			}
		}
	case []any:
		for k := range v {
			v[k] = mask(v[k])
		}
	}
	return v
}

// first is when the first case is raised, raised when each is.
func first() time.Time {
	at := sim.Cases()[0].Raised
	for _, c := range sim.Cases() {
		if c.Raised.Before(at) {
			at = c.Raised
		}
	}
	return at
}

func raised(c *sim.Case) time.Time { return c.Raised }

// The three reported cases, from raising to confirming, on the embedded side and
// on the cloud side by the same clock and the same ids: issue, sign-offs, every
// audit event in its order and at its time, and every measure are the same.
func TestPlaysTheCasesAsTheEmbeddedSideDoes(t *testing.T) {
	t.Parallel()
	url := server(t)
	clock := sim.NewClock(first())
	app, err := local.Open(t.Context(), local.Config{Data: filepath.Join(t.TempDir(), "local.db"), Now: clock.Now, NewID: sim.IDs(clock.Now), Rand: sim.Rand(1)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	embedded := sim.Player{Service: app.Service, World: app, Clock: clock}
	here, err := embedded.Play(t.Context(), sim.Cases(), raised, time.Time{})
	if err != nil {
		t.Fatal(err)
	}

	clock = sim.NewClock(first())
	s, err := stage.New(t.Context(), stage.Config{DynamoDB: url, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	cloud := sim.Player{Service: s.Service, World: s, Clock: clock}
	there, err := cloud.Play(t.Context(), sim.Cases(), raised, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range sim.Cases() {
		want, got := read(t, app.Service, app.Service.Store(), here[k]), read(t, s.Service, s.Behind, there[k])
		t.Logf("%s: %s, %d sign-offs, %d events, span %v", c.Key, got.Issue.Verdict, len(got.Issue.SignOffs), len(got.Events), got.Report.Run.Span)
		if diff := cmp.Diff(plain(t, want), plain(t, got)); diff != "" {
			t.Errorf("case %s (-embedded +cloud):\n%s", c.Key, diff)
		}
		if got.Issue.Status != approval.Confirmed {
			t.Errorf("case %s ended %s", c.Key, got.Issue.Status)
		}
	}
	for _, name := range there {
		d, err := s.States.Describe(context.Background(), stage.ExecutionARN(name, 1))
		if err != nil || d.Status != "SUCCEEDED" {
			t.Errorf("execution of %s: %s %v", name, d.Status, err)
		}
	}
	if l := s.Letters(); len(l) > 0 {
		t.Errorf("dead letters: %+v", l)
	}
}
