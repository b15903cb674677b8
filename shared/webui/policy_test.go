package webui

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/policy"
	"lianban/shared/roster"
)

// TestEveryPageHasItsPolicyAndEveryPolicyItsPage holds the policies to the pages there
// are: none is left out, none that is gone is still named, and none but those for
// everybody opens to who is not signed in.
func TestEveryPageHasItsPolicyAndEveryPolicyItsPage(t *testing.T) {
	t.Parallel()
	config := newWorld(t).handler.(*server).Config
	config.Door = &Door{}
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := h.(*server)
	patterns := append(slices.Clone(s.patterns), "GET /static/")
	slices.Sort(patterns)
	if diff := cmp.Diff(patterns, s.Policies.Pages()); diff != "" {
		t.Errorf("pages and policies (-pages +policies):\n%s", diff)
	}
	public := []string{"/", "GET /ballot", "GET /sign-in", "GET /sign-in/callback", "GET /sign-in/start", "GET /static/", "GET /status", "GET /{$}", "POST /ballot", "POST /sign-in", "POST /sign-out", "POST /status"}
	rules := 0
	for _, pattern := range s.Policies.Pages() {
		open := s.Policies.Page(policy.Anonymous, pattern) == nil
		if open != slices.Contains(public, pattern) {
			t.Errorf("%s is open to everybody: %v", pattern, open)
		}
		for _, role := range roster.Roles() {
			if rules++; s.Policies.Page(role, pattern) != nil && open {
				t.Errorf("%s is open to everybody and not to the %s", pattern, role)
			}
		}
	}
	t.Logf("policies: %d pages, %d questions", len(s.Policies.Pages()), rules)
}

// TestAPageIsForWhomItsPolicySays asks for every page in every role.
func TestAPageIsForWhomItsPolicySays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := string(w.raise("箱涵占道", road))
	s := w.handler.(*server)
	for role, b := range w.everybody() {
		for _, pattern := range s.Policies.Pages() {
			path, get := strings.CutPrefix(pattern, "GET ")
			if !get || s.Policies.Page(roster.Role(role), pattern) == nil {
				continue
			}
			path = strings.NewReplacer("{id}", id, "{n}", "1", "{year}", "2026", "{table}", "people", "{job}", "1").Replace(path)
			b.get(path).wants(http.StatusForbidden, "策略")
		}
	}
}
