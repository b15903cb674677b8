package policy_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/policy"
	"lianban/shared/roster"
)

var update = flag.Bool("update", false, "write the golden files anew")

func policies(t testing.TB, further ...fs.FS) *policy.Set {
	t.Helper()
	p, err := policy.New(further...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// commandNames are the types of package approval that are commands.
func commandNames(t testing.TB) (names []string) {
	t.Helper()
	paths, err := filepath.Glob("../approval/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "apply" && f.Recv != nil {
				if of, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
					names = append(names, of.Name)
				}
			}
		}
	}
	if slices.Sort(names); len(names) < 60 {
		t.Fatalf("only %d commands were found", len(names))
	}
	return names
}

// callers are the roles in which commands come: people's, and those without a person.
func callers() []roster.Role {
	return append(roster.Roles(), approval.Outsider.Role, approval.Machine.Role, policy.Anonymous)
}

// kinds are those of commands that have some.
var kinds = map[string][]string{
	"Attach":         {string(approval.ForPetition), string(approval.ForSupplement), string(approval.ForOpinion), string(approval.ForEvidence), string(approval.ForConsultation)},
	"DisposeWarning": {string(approval.Handled), string(approval.Explained), string(approval.FalseAlarm)},
}

// bars are the relations in which somebody may be refused what they might do otherwise.
var bars = []approval.Relation{approval.Own, approval.Interested, approval.Recused, approval.ForBarred, approval.Decided}

// TestMatrixOfRolesCommandsAndRelations writes out, for people to read, who may do what:
// for each command and role, the relations to the issue any of which suffices, and those
// that bar it all the same.
func TestMatrixOfRolesCommandsAndRelations(t *testing.T) {
	t.Parallel()
	p, asked := policies(t), 0
	may := func(q approval.Question) bool { asked++; return p.Authorise(q) == nil }
	var out strings.Builder
	for _, name := range commandNames(t) {
		list := kinds[name]
		if list == nil {
			list = []string{""}
		}
		for _, kind := range list {
			fmt.Fprintf(&out, "%s\n", strings.TrimSpace(name+" "+kind))
			somebody := false
			for _, role := range callers() {
				q := approval.Question{Command: name, Kind: kind, Actor: approval.Actor{Person: "p", Role: role}, Posts: []roster.Role{role}}
				var enough []string
				if may(q) {
					enough = append(enough, "always")
				}
				for _, r := range approval.Relations {
					q.Relations = []approval.Relation{r}
					if may(q) && len(enough) == 0 || may(q) && enough[0] != "always" {
						enough = append(enough, string(r))
					}
				}
				if len(enough) == 0 {
					continue
				}
				somebody = true
				var but []string
				for _, bar := range bars {
					if q.Relations = []approval.Relation{bar}; enough[0] != "always" {
						q.Relations = append(q.Relations, approval.Relation(enough[0]))
					}
					if !may(q) {
						but = append(but, string(bar))
					}
				}
				q.Posts = append(q.Posts, roster.AuditAdministrator)
				if q.Relations = nil; enough[0] != "always" {
					q.Relations = []approval.Relation{approval.Relation(enough[0])}
				}
				if !role.Administers() && !may(q) {
					but = append(but, "an administrator too")
				}
				fmt.Fprintf(&out, "  %-23s %s", role, strings.Join(enough, " or "))
				if len(but) > 0 {
					fmt.Fprintf(&out, "; not when %s", strings.Join(but, ", "))
				}
				out.WriteString("\n")
			}
			if !somebody {
				t.Errorf("no policy permits %s to anybody", name)
			}
		}
	}
	if got := p.Commands(); !slices.Equal(got, commandNames(t)) {
		t.Errorf("the policies are about other commands than there are (-are +policies):\n%s", cmp.Diff(commandNames(t), got))
	}
	t.Logf("policies: %d commands, %d roles, %d relations, %d questions", len(commandNames(t)), len(callers()), len(approval.Relations), asked)
	golden(t, "commands.golden", out.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestWhatNoPolicyPermitsIsRefused(t *testing.T) {
	t.Parallel()
	p := policies(t)
	for _, role := range callers() {
		for name, err := range map[string]error{
			"command":   p.Authorise(approval.Question{Command: "Unheard", Actor: approval.Actor{Person: "p", Role: role}, Relations: approval.Relations}),
			"operation": p.Operation(role, "unheard"),
			"page":      p.Page(role, "GET /unheard"),
		} {
			if !approval.IsKind(err, approval.Forbidden) {
				t.Errorf("a %s that no policy knows is answered to a %s: %v", name, role, err)
			}
		}
	}
	if err := p.Operation("mayor", "listIssues"); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("a role that nobody knows: %v", err)
	}
}

func TestARefusalSaysForWhomItIsOrWhatForbids(t *testing.T) {
	t.Parallel()
	p := policies(t)
	ask := approval.Question{Command: "Grant", Actor: approval.Actor{Person: "p", Role: roster.Lead}, Relations: []approval.Relation{approval.Asked}}
	own := approval.Question{Command: "Grant", Actor: approval.Actor{Person: "p", Role: roster.Officer}, Relations: []approval.Relation{approval.Asked, approval.Own}}
	for _, c := range []struct {
		err    error
		zh, en string
	}{
		{p.Authorise(ask), "由承办部门的承办人办理（策略 department-decides）", "is for officers of the department asked (policy department-decides)"},
		{p.Authorise(own), "本人应当回避（策略 own-issue）", "(policy own-issue)"},
		{p.Operation(roster.Secretary, "listHappenings"), "由审计管理员和监督员查看（策略 api-audit）", "(policy api-audit)"},
		{p.Page(policy.Anonymous, "GET /issues"), "由有岗位的人员查看（策略 page-issues）", "(policy page-issues)"},
	} {
		e, ok := c.err.(*approval.Error) //nolint:errorlint // it is answered bare
		if !ok || !strings.Contains(e.Text.ZH, c.zh) || !strings.Contains(e.Text.EN, c.en) || strings.Contains(e.Text.ZH+e.Text.EN, "%!") {
			t.Errorf("the refusal says %v, not %q", c.err, c.zh)
		}
	}
}

func TestACityNarrowsAndNeverWidens(t *testing.T) {
	t.Parallel()
	file := func(text string) fs.FS { return fstest.MapFS{"city.cedar": {Data: []byte(text)}} }
	q := approval.Question{Command: "GrantOnTerms", Actor: approval.Actor{Person: "p", Role: roster.Officer}, Relations: []approval.Relation{approval.Asked}}
	if err := policies(t).Authorise(q); err != nil {
		t.Fatal(err)
	}
	narrowed := policies(t, file(`@id("no-terms") @zh("本市暂不适用告知承诺") @en("approvals on terms are not given here")
forbid (principal, action == Action::"GrantOnTerms", resource);`))
	if err := narrowed.Authorise(q); !approval.IsKind(err, approval.Forbidden) || !strings.Contains(err.Error(), "no-terms") {
		t.Errorf("what the city forbids: %v", err)
	}
	for name, text := range map[string]string{
		"may only forbid":            `@id("w") @zh("甲") @en("a") permit (principal, action == Action::"Grant", resource);`,
		"line 2: it has no name":     "\n" + `@zh("甲") @en("a") forbid (principal, action, resource);`,
		"two policies":               `@id("own-issue") @zh("甲") @en("a") forbid (principal, action, resource);`,
		"does not say in words":      `@id("w") forbid (principal, action, resource);`,
		"city.cedar":                 `forbid (principal`,
		"no file whose name ends in": "",
	} {
		further := file(text)
		if text == "" {
			further = fstest.MapFS{}
		}
		if _, err := policy.New(further); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: the error is %v", name, err)
		}
	}
	broken := policies(t, file(`@id("w") @zh("甲") @en("a") forbid (principal, action, resource) when { context.weather == "rain" };`))
	if err := broken.Authorise(q); err == nil || approval.IsKind(err, approval.Forbidden) || !strings.Contains(err.Error(), "weather") {
		t.Errorf("a policy that cannot be worked out lets through, or says nothing: %v", err)
	}
}

// BenchmarkNew is what reading the policies adds to a start.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		policies(b)
	}
}

func BenchmarkAuthorise(b *testing.B) {
	p := policies(b)
	q := approval.Question{Command: "Grant", Actor: approval.Actor{Person: "p", Role: roster.Officer}, Posts: []roster.Role{roster.Officer}, Relations: []approval.Relation{approval.OwnArea, approval.Asked}}
	b.Run("Command", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p.Authorise(q) != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("Operation", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p.Operation(roster.Officer, "getIssue") != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("PeerSwitch", func(b *testing.B) { // what the same question costs as a comparison in Go
		b.ReportAllocs()
		for b.Loop() {
			if q.Actor.Role != roster.Officer || !slices.Contains(q.Relations, approval.Asked) || slices.Contains(q.Relations, approval.Own) {
				b.Fatal("refused")
			}
		}
	})
}
