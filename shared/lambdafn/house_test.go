package lambdafn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/lambdafn"
	"lianban/shared/roster"
)

func TestPoliciesAreInForceAndACitysOwnNarrowThem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	environment := map[string]string{"TABLE_NAME": "lianban", "ALLOW_DEMO": "true"}
	open := func() (*lambdafn.House, error) {
		return lambdafn.Open(func(name string) string { return environment[name] }, 0)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "city.cedar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	q := approval.Question{Command: "GrantOnTerms", Actor: approval.Actor{Person: "p", Role: roster.Officer}, Relations: []approval.Relation{approval.Asked}}
	h, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Rules.Authoriser.Authorise(q); err != nil {
		t.Errorf("the product's policies: %v", err)
	}
	environment["POLICIES_FOLDER"] = folder
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "POLICIES_FOLDER") {
		t.Errorf("a folder without policies: %v", err)
	}
	write(`@id("no-terms") @zh("本市暂不适用告知承诺") @en("approvals on terms are not given here")
forbid (principal, action == Action::"GrantOnTerms", resource);`)
	if h, err = open(); err != nil {
		t.Fatal(err)
	}
	if err := h.Rules.Authoriser.Authorise(q); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("what the city forbids: %v", err)
	}
	write(`@id("all") @zh("全部") @en("all") permit (principal, action == Action::"Grant", resource);`)
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "may only forbid") {
		t.Errorf("what permits: %v", err)
	}
}
