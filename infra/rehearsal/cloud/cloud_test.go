package cloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/infra/rehearsal/cloud"
	"lianban/shared/approval"
	"lianban/shared/roster"
)

func start(t *testing.T) *cloud.Cloud {
	t.Helper()
	server := os.Getenv("LIANBAN_DYNAMODB")
	switch {
	case server != "":
	case os.Getenv("LIANBAN_REQUIRE_EXTERNAL") != "":
		t.Fatal("LIANBAN_DYNAMODB is not set: it names the endpoint of a DynamoDB-compatible server, which a complete run needs")
	default:
		t.Skip("NOT TESTED: LIANBAN_DYNAMODB is not set, so the built functions were not run; set it to the endpoint of a DynamoDB-compatible server")
	}
	c, err := cloud.Start(t.Context(), cloud.Config{
		DynamoDB: server, Table: fmt.Sprint("rehearsal-", time.Now().UnixNano()), Output: t.Output(), Log: slog.New(slog.NewTextHandler(t.Output(), nil)), SweepEvery: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// caller is a person at the API.
type caller struct {
	*testing.T
	cloud *cloud.Cloud
	keys  int
}

type view struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Verdict string `json:"verdict"`
	Version int64  `json:"version"`
	SignOff []struct {
		State string `json:"state"`
	} `json:"signOffs"`
}

// call asks the API as a person and expects a status.
func (c *caller) call(actor approval.Actor, method, path, body string, want int) view {
	c.Helper()
	token, err := c.cloud.Issuer.Token(actor.Person, roster.Post{Role: actor.Role, Unit: actor.Unit})
	if err != nil {
		c.Fatal(err)
	}
	req, err := http.NewRequestWithContext(c.Context(), method, c.cloud.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		c.keys++
		req.Header.Set("Idempotency-Key", fmt.Sprint("key-", c.keys))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	if resp.StatusCode != want {
		c.Fatalf("%s %s as %s: %d %s", method, path, actor.Person, resp.StatusCode, text)
	}
	var v view
	if err := json.Unmarshal(text, &v); err != nil {
		c.Fatalf("%s: %v", text, err)
	}
	return v
}

// until looks at an issue until it is as wanted.
func (c *caller) until(actor approval.Actor, id string, ready func(view) bool) view {
	c.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(90 * time.Second)
	defer late.Stop()
	for {
		v := c.call(actor, http.MethodGet, "/issues/"+id, "", http.StatusOK)
		if ready(v) {
			return v
		}
		select {
		case <-tick.C:
		case <-late.C:
			c.Fatalf("the issue stays %+v", v)
		}
	}
}

var secretary = approval.Actor{Person: "tod-secretary", Role: roster.Secretary, Unit: "branch-tod"}

var parties = []string{"cc-natural-resources", "cc-water", "cc-transport", "cc-ecology", "nanzhuang-village-1"}

const petition = `{"project":"tod-nanzhuang","title":"河涌提升与周边地块调整","body":"请各部门同步会签。","parties":[
	{"matter":"plot_adjustment","department":"cc-natural-resources"},{"matter":"river_works","department":"cc-water"},{"matter":"river_works","department":"cc-transport"},
	{"matter":"river_works","department":"cc-ecology"},{"matter":"plot_adjustment","department":"nanzhuang-village-1"}]}`

// The built functions, each in its own processes, carry an issue with five
// sign-offs from raising to confirming over HTTP, tokens verified by the
// issuer's keys. On the way every idle process is killed once, as Lambda retires
// them at will.
func TestCarriesAnIssueThroughTheBuiltFunctions(t *testing.T) {
	t.Parallel()
	c := &caller{T: t, cloud: start(t)}
	id := c.call(secretary, http.MethodPost, "/issues", petition, http.StatusCreated).ID
	c.until(secretary, id, func(v view) bool { return v.Status == "in_signoff" })
	for n, department := range parties {
		officer := approval.Actor{Person: roster.PersonID(department) + "-officer-1", Role: roster.Officer, Unit: department}
		c.call(officer, http.MethodPost, fmt.Sprintf("/issues/%s/signoffs/%d/decision", id, n+1), `{"kind":"approve","reason":"同意。"}`, http.StatusOK)
		if n == 2 {
			killed := 0
			for _, name := range []string{"api", "relay", "tally", "closeissue"} {
				killed += c.cloud.Host.Kill(name)
			}
			if killed < 2 {
				t.Errorf("only %d processes were killed", killed)
			}
		}
	}
	c.until(secretary, id, func(v view) bool { return v.Status == "concluded" })
	v := c.call(secretary, http.MethodPost, "/issues/"+id+"/confirm", `{"stars":5}`, http.StatusOK)
	if v.Status != "confirmed" || v.Verdict != "agreed" {
		t.Errorf("at the end it is %+v", v)
	}
	if err := c.cloud.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if l := c.cloud.Letters(); len(l) > 0 {
		t.Errorf("dead letters: %+v", l)
	}
	for _, name := range c.cloud.Host.Names() {
		s := c.cloud.Host.Stats(name)
		slices.Sort(s.Inits)
		slices.Sort(s.Took)
		if s.Starts > 0 && len(s.Took) > 0 && len(s.Inits) > 0 {
			t.Logf("%-14s %3d calls, %d errors, %d starts, init median %v, call median %v", name, s.Invocations, s.Errors, s.Starts, s.Inits[len(s.Inits)/2].Round(time.Millisecond), s.Took[len(s.Took)/2].Round(100*time.Microsecond))
		}
	}
}

// A person signs in at the issuer's page and finds the pages behind the gateway
// knowing who it is.
func TestSignsInToThePagesBehindTheGateway(t *testing.T) {
	t.Parallel()
	c := start(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	get := func(resp *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v %.300s", resp.Request.URL, resp.StatusCode, err, text)
		}
		return string(text)
	}
	if text := get(browser.Get(c.Issuer.URL + "/")); !strings.Contains(text, "tod-secretary") {
		t.Error("the issuer's page does not offer the secretary")
	}
	text := get(browser.PostForm(c.Issuer.URL+"/sign-in", url.Values{"person": {"tod-secretary"}, "role": {string(roster.Secretary)}, "unit": {"branch-tod"}}))
	if !strings.Contains(text, "/issues/new") {
		t.Errorf("signed in, the first page is %.600s", text)
	}
	resp, err := browser.PostForm(c.Issuer.URL+"/token", url.Values{"person": {"tod-secretary"}, "role": {string(roster.Administrator)}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a post that the person does not hold answers %d", resp.StatusCode)
	}
}
