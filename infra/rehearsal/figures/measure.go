package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"lianban/infra/rehearsal/cloud"
	"lianban/shared/approval"
	"lianban/shared/roster"
)

// rounds is how many issues are carried through the functions to time them.
const rounds = 5

// Measure carries issues through the running functions, plays the same on a
// stage, and prints what it took.
func Measure(ctx context.Context, c *cloud.Cloud) (string, error) {
	for k := range rounds {
		if err := carry(ctx, c, k); err != nil {
			return "", err
		}
	}
	warm := map[string]time.Duration{}
	var out strings.Builder
	fmt.Fprintf(&out, "Functions on this machine, %d issues with five sign-offs over HTTP:\n\n  %-14s %8s %8s %14s %14s\n", rounds, "", "requests", "starts", "init (median)", "warm (median)")
	for _, name := range c.Host.Names() {
		s := c.Host.Stats(name)
		if len(s.Took) == 0 || len(s.Inits) == 0 {
			continue
		}
		warm[name] = median(s.Took)
		fmt.Fprintf(&out, "  %-14s %8d %8d %14v %14v\n", name, s.Invocations, s.Starts, median(s.Inits).Round(100*time.Microsecond), warm[name].Round(100*time.Microsecond))
	}
	issue, err := FiveSignOffs(ctx, c.DynamoDBURL, func(function string) time.Duration {
		// Billed by the millisecond, rounded up.
		return max((warm[strings.ToLower(function)] + time.Millisecond - 1).Truncate(time.Millisecond), time.Millisecond)
	})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "\nOne issue with five sign-offs, raised, signed, closed, confirmed; list prices of us-east-1 as known on %s:\n\n", PricesOf)
	for _, line := range issue.Lines() {
		fmt.Fprintln(&out, line)
	}
	fmt.Fprintf(&out, "  in all %.6f USD; the goal is less than %.4f USD. History events: %d. Requests by function: %v.\n", issue.Total(), Goal, issue.Events, issue.Calls)
	for _, supplements := range []bool{false, true} {
		worst, err := ManySignOffs(ctx, c.DynamoDBURL, supplements)
		if err != nil {
			return "", err
		}
		text := "every rung of the ladder passed"
		if supplements {
			text += ", a supplement before each"
		}
		fmt.Fprintf(&out, "\n%d sign-offs, %s: %d history events of 25,000, %d transitions.\n", worst.SignOffs, text, worst.Events, worst.Transitions)
	}
	return out.String(), nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// carry takes an issue through the gateway from raising to confirming.
func carry(ctx context.Context, c *cloud.Cloud, k int) error {
	asks := 0
	ask := func(actor approval.Actor, method, path string, body any) (id, status string, err error) {
		asks++
		token, err := c.Issuer.Token(actor.Person, roster.Post{Role: actor.Role, Unit: actor.Unit})
		if err != nil {
			return "", "", err
		}
		text, err := json.Marshal(body)
		if err != nil {
			return "", "", err
		}
		req, err := http.NewRequestWithContext(ctx, method, c.URL+"/api/v1"+path, strings.NewReader(string(text)))
		if err != nil {
			return "", "", err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Idempotency-Key", fmt.Sprintf("figures-%d-%d", k, asks))
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", "", err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			return "", "", err
		}
		if resp.StatusCode >= 300 {
			return "", "", fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, answer)
		}
		var issue struct{ ID, Status string }
		err = json.Unmarshal(answer, &issue)
		return issue.ID, issue.Status, err
	}
	type object = map[string]any
	var parties []object
	for _, p := range five {
		parties = append(parties, object{"matter": p.Matter, "department": p.Department})
	}
	id, _, err := ask(secretary, http.MethodPost, "/issues", object{"project": "tod-nanzhuang", "title": "河涌提升与周边地块调整", "body": "请各部门同步会签。", "parties": parties})
	if err != nil {
		return err
	}
	wait := func(want string) error {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			_, status, err := ask(secretary, http.MethodGet, "/issues/"+id, nil)
			if err != nil || status == want {
				return err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	if err := wait(string(approval.InSignOff)); err != nil {
		return err
	}
	for n, p := range five {
		if _, _, err := ask(officer(p.Department), http.MethodPost, fmt.Sprintf("/issues/%s/signoffs/%d/decision", id, n+1), object{"kind": "approve"}); err != nil {
			return err
		}
	}
	if err := wait(string(approval.Concluded)); err != nil {
		return err
	}
	_, _, err = ask(secretary, http.MethodPost, "/issues/"+id+"/confirm", object{"stars": 5})
	return err
}
