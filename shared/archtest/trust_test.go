package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secret names what lets somebody in: it is compared in a time that tells nothing of
// how much of a guess was right.
var secret = regexp.MustCompile(`(?i)(secret|token|password|passphrase|nonce|signature|hmac|mac|bearer|csrf)$`)

// notSecret are names that end so and are none, each with why.
var notSecret = map[string]string{
	"shared/approval/machine.go token":             "which of its own calls the machine waits on; it comes from the machine alone",
	"shared/approval/service.go token":             "the same",
	"shared/approval/sweep.go token":               "the same",
	"shared/approval/approvaltest/model.go secret": "a test's own",
}

// named is what an expression is called: the last part of a selector, or a function.
func named(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		if len(e.Args) == 1 && (named(e.Fun) == "string" || named(e.Fun) == "byte") {
			return named(e.Args[0]) // a conversion
		}
		return named(e.Fun)
	case *ast.IndexExpr:
		return named(e.X)
	case *ast.SliceExpr:
		return named(e.X)
	case *ast.ParenExpr:
		return named(e.X)
	case *ast.ArrayType:
		return named(e.Elt)
	}
	return ""
}

// plain says that an expression is a literal, nil, a length or a zero value, against
// which a secret may be held.
func plain(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "true" || e.Name == "false"
	case *ast.CallExpr:
		return named(e.Fun) == "len"
	}
	return false
}

// guessable are where a file compares a secret so that the time it takes tells how much
// of it was right.
func guessable(f file) (places []string) {
	told := func(operands ...ast.Expr) {
		for _, e := range operands {
			if name := named(e); secret.MatchString(name) && notSecret[f.path+" "+strings.ToLower(name)] == "" && !slices.ContainsFunc(operands, plain) {
				places = append(places, f.path+" "+name)
				return
			}
		}
	}
	ast.Inspect(f.parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				told(n.X, n.Y)
			}
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"bytes.Equal", "bytes.Compare", "strings.EqualFold", "strings.Compare", "slices.Equal", "cmp.Compare"}, named(s.X)+"."+s.Sel.Name) {
				told(n.Args...)
			}
		}
		return true
	})
	return places
}

func TestSecretsAreComparedInATimeThatTellsNothing(t *testing.T) {
	t.Parallel()
	careful := 0
	for _, f := range files(t) {
		if f.test {
			continue
		}
		for _, place := range guessable(f) {
			t.Errorf("%s is compared with ==: use crypto/subtle or hmac.Equal, or say in notSecret why it is none", place)
		}
		ast.Inspect(f.parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && (named(s.X) == "subtle" && s.Sel.Name == "ConstantTimeCompare" || named(s.X) == "hmac" && s.Sel.Name == "Equal") {
				careful++
			}
			return true
		})
	}
	if careful < 4 {
		t.Errorf("secrets are compared with care in %d places only", careful)
	}
}

// TestEveryServerHasItsLimits: one that faces people bounds every stage of a request,
// the tooling's own on loopback at least the first.
func TestEveryServerHasItsLimits(t *testing.T) {
	t.Parallel()
	servers := 0
	for _, f := range files(t) {
		if f.test {
			continue
		}
		needed := []string{"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout", "MaxHeaderBytes", "ErrorLog"}
		if under(f.folder, "infra") {
			needed = needed[:1]
		}
		ast.Inspect(f.parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				s, ok := n.Type.(*ast.SelectorExpr)
				if !ok || named(s.X) != "http" || s.Sel.Name != "Server" {
					return true
				}
				servers++
				var given []string
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						given = append(given, named(kv.Key))
					}
				}
				for _, name := range needed {
					if !slices.Contains(given, name) {
						t.Errorf("%s: a server without %s", f.path, name)
					}
				}
			case *ast.CallExpr:
				s, ok := n.Fun.(*ast.SelectorExpr)
				if ok && named(s.X) == "http" && strings.HasPrefix(s.Sel.Name, "ListenAndServe") {
					t.Errorf("%s: http.%s has no limits", f.path, s.Sel.Name)
				}
			}
			return true
		})
	}
	if servers == 0 {
		t.Error("there is no server")
	}
}

// TestEveryAttackHasItsTest holds the table of attacks to what there is.
func TestEveryAttackHasItsTest(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, f := range files(t) {
		if !f.test {
			continue
		}
		for _, d := range f.parsed.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil {
				known[f.folder+"."+d.Name.Name] = true
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(root(t), "infra", "ATTACKS.md"))
	if err != nil {
		t.Fatal(err)
	}
	test := regexp.MustCompile("`((?:shared|functions|infra)[a-z/]*\\.(?:Test|Fuzz)[A-Za-z0-9]+)`")
	attacks, tests := 0, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| attack") {
			continue
		}
		attacks++
		found := test.FindAllStringSubmatch(line, -1)
		for _, m := range found {
			tests[m[1]] = true
			if !known[m[1]] {
				t.Errorf("the table names %s, which is not there", m[1])
			}
		}
		if len(found) == 0 && !strings.Contains(line, "nothing to attack") {
			t.Errorf("no test is named in %s", line)
		}
	}
	if attacks < 30 {
		t.Errorf("the table has %d attacks only", attacks)
	}
	for name := range known {
		if strings.Contains(name, ".Fuzz") && !tests[name] {
			t.Errorf("the table does not name %s", name)
		}
	}
	t.Logf("attacks: %d kinds, %d tests and fuzz targets", attacks, len(tests))
}

// callers are the only places that call other machines, at addresses that come from the
// configuration, and the measurement, which calls this one.
var callers = []string{"shared/access/oidc.go", "shared/access/flow.go", "shared/store/s3/s3.go", "shared/bench/process.go"}

// TestNobodyElseCallsOut: whoever adds a call to an address that people may choose
// guards it against loopback, private networks, redirects and rebinding first.
func TestNobodyElseCallsOut(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || under(f.folder, "infra") || slices.Contains(callers, f.path) {
			continue
		}
		ast.Inspect(f.parsed, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && (named(s.X) == "http" && slices.Contains([]string{"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Post", "PostForm", "Head"}, s.Sel.Name) || named(s.X) == "net" && strings.HasPrefix(s.Sel.Name, "Dial")) {
				t.Errorf("%s calls out with %s.%s", f.path, named(s.X), s.Sel.Name)
			}
			return true
		})
	}
}
