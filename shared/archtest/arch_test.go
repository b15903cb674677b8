// Package archtest proves the shape of the house: who imports whom, who may
// read the clock, what lies where. It reads source text and knows no package.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "lianban"

// file is one Go file of the module.
type file struct {
	path    string // slash-separated, from the root
	folder  string
	test    bool
	imports []string
	parsed  *ast.File
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above")
		}
		dir = up
	}
}

var (
	parse  sync.Once
	parsed []file
	fault  error
)

// files are all Go files, parsed once.
func files(t testing.TB) []file {
	t.Helper()
	parse.Do(func() { parsed, fault = parseAll(root(t)) })
	if fault != nil {
		t.Fatal(fault)
	}
	if len(parsed) < 50 {
		t.Fatalf("only %d files found", len(parsed))
	}
	return parsed
}

func parseAll(top string) (out []file, err error) {
	err = filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != top && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		f := file{path: filepath.ToSlash(rel), test: strings.HasSuffix(name, "_test.go"), parsed: parsed}
		f.folder = path.Dir(f.path)
		for _, i := range parsed.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, p)
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// own says which folder of the module an import names.
func own(imported string) (string, bool) { return strings.CutPrefix(imported, module+"/") }

// standard says that an import is of the standard library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return first != module && !strings.Contains(first, ".")
}

func under(folder string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return folder == r || strings.HasPrefix(folder, r+"/") })
}

// mayImport lists, for the packages whose imports are a promise, what of the
// module they may import. What is not listed here is free to import what the
// other rules allow.
var mayImport = map[string][]string{
	"shared/calendar":              {},
	"shared/asl":                   {},
	"shared/saving":                {"shared/calendar"},
	"shared/saving/eventlog":       {},
	"shared/roster":                {"shared/calendar"},
	"shared/invest":                {"shared/calendar", "shared/roster"},
	"shared/catalog":               {"shared/calendar", "shared/roster"},
	"shared/approval":              {"shared/calendar", "shared/roster", "shared/catalog", "shared/saving"},
	"shared/engine":                {"shared/asl"},
	"shared/handler":               {"shared/approval"},
	"shared/sim":                   {"shared/approval", "shared/calendar", "shared/roster", "shared/catalog"},
	"shared/sim/city":              {"shared/approval", "shared/calendar", "shared/roster", "shared/catalog", "shared/saving", "shared/sim"},
	"shared/sim/report":            {"shared/calendar", "shared/roster", "shared/saving", "shared/sim/city"},
	"shared/register":              {"shared/approval", "shared/calendar", "shared/catalog", "shared/docket", "shared/roster", "shared/sheet"},
	"shared/docket":                {"shared/approval"},
	"shared/intake":                {"shared/approval", "shared/docket", "shared/calendar", "shared/roster", "shared/catalog"},
	"shared/invitation":            {"shared/approval"},
	"shared/archive":               {"shared/approval", "shared/calendar", "shared/catalog", "shared/docket", "shared/roster", "shared/saving", "shared/sheet"},
	"shared/audit":                 {"shared/approval"},
	"shared/digest":                {"shared/approval"},
	"shared/limit":                 {},
	"shared/access":                {"shared/roster"},
	"shared/policy":                {"shared/approval", "shared/roster"},
	"shared/personal":              {"shared/approval", "shared/docket", "shared/roster", "shared/store"},
	"shared/session":               {"shared/access", "shared/approval", "shared/docket", "shared/roster"},
	"shared/ledger":                {"shared/approval", "shared/calendar", "shared/docket", "shared/invest", "shared/roster", "shared/sheet"},
	"shared/briefing":              {"shared/approval", "shared/calendar", "shared/docket", "shared/invest", "shared/ledger", "shared/measure", "shared/roster", "shared/saving", "shared/sheet", "shared/vitality"},
	"shared/vitality":              {"shared/approval", "shared/calendar", "shared/saving"},
	"shared/oversight":             {"shared/approval", "shared/audit", "shared/calendar", "shared/docket", "shared/roster"},
	"shared/docket/dockettest":     {"shared/approval", "shared/docket"},
	"shared/measure":               {"shared/approval", "shared/calendar", "shared/catalog", "shared/roster", "shared/saving"},
	"shared/measure/export":        {"shared/approval", "shared/calendar", "shared/measure", "shared/roster", "shared/saving", "shared/sheet"},
	"shared/measure/measuretest":   {"shared/approval", "shared/approval/approvaltest", "shared/calendar", "shared/catalog", "shared/measure", "shared/roster", "shared/saving"},
	"shared/store":                 {"shared/approval", "shared/audit", "shared/docket", "shared/measure", "shared/roster"},
	"shared/intake/intaketest":     {"shared/approval", "shared/approval/approvaltest", "shared/calendar", "shared/catalog", "shared/docket", "shared/intake", "shared/roster"},
	"shared/sheet":                 {},
	"shared/store/key":             {},
	"shared/store/sqlite":          {"shared/approval", "shared/store", "shared/store/key", "shared/engine"},
	"shared/store/dynamo":          {"shared/approval", "shared/store", "shared/store/key", "shared/engine"},
	"shared/store/files":           {"shared/approval"},
	"shared/store/s3":              {"shared/approval"},
	"shared/approval/approvaltest": {"shared/approval", "shared/calendar", "shared/roster", "shared/catalog", "shared/sim"},
	"workflows":                    {},
}

func TestPackagesImportOnlyWhatTheyPromised(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		allowed, promised := mayImport[f.folder]
		if f.test || !promised {
			continue
		}
		for _, i := range f.imports {
			if folder, ok := own(i); ok && !slices.Contains(allowed, folder) {
				t.Errorf("%s imports %s", f.path, folder)
			}
		}
	}
}

// pure packages are made of the standard library, and of little of it.
var pure = []string{"shared/calendar", "shared/catalog", "shared/roster", "shared/invest", "shared/saving", "shared/saving/eventlog", "shared/asl", "shared/approval", "shared/engine", "shared/handler", "shared/docket", "shared/measure", "shared/oversight", "shared/vitality", "shared/intake", "shared/register", "shared/sim", "shared/store/key", "workflows"}

func TestTheDomainKnowsNothingOfTheOutside(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || !slices.Contains(pure, f.folder) && f.folder != "shared/store" {
			continue
		}
		for _, i := range f.imports {
			if _, ok := own(i); !ok && !standard(i) {
				t.Errorf("%s imports %s", f.path, i)
			}
			if under(i, "net", "database", "os/exec", "html/template", "syscall", "plugin") || i == "os" {
				t.Errorf("%s imports %s: that is the outside", f.path, i)
			}
		}
	}
}

// TestAmazonIsKnownInFivePlacesOnly, and to the tooling that rehearses with it. The
// bucket of attachments signs its requests as the table's client does.
func TestAmazonIsKnownInFivePlacesOnly(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		for _, i := range f.imports {
			if under(i, "github.com/aws") && !under(f.folder, "shared/store/dynamo", "shared/store/s3", "shared/sfn", "shared/lambdafn", "functions", "infra") {
				t.Errorf("%s imports %s", f.path, i)
			}
		}
	}
}

func TestDatabasesAreKnownToTheStoreAndItsMeasurementOnly(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		for _, i := range f.imports {
			if under(i, "database/sql", "modernc.org") && !under(f.folder, "shared/store/sqlite", "shared/bench") && !f.test {
				t.Errorf("%s imports %s", f.path, i)
			}
		}
	}
}

func TestFunctionsAreMainAndNobodyImportsThem(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if under(f.folder, "functions") && f.parsed.Name.Name != "main" {
			t.Errorf("%s is package %s", f.path, f.parsed.Name.Name)
		}
		if f.parsed.Name.Name == "main" && !under(f.folder, "functions", "infra") && !f.test {
			t.Errorf("%s is a program outside functions", f.path)
		}
		for _, i := range f.imports {
			if folder, ok := own(i); ok && under(folder, "functions") {
				t.Errorf("%s imports %s", f.path, folder)
			}
		}
	}
}

func TestNoCirclesAmongFolders(t *testing.T) {
	t.Parallel()
	graph := map[string]map[string]bool{}
	for _, f := range files(t) {
		if f.test {
			continue
		}
		if graph[f.folder] == nil {
			graph[f.folder] = map[string]bool{}
		}
		for _, i := range f.imports {
			if folder, ok := own(i); ok {
				graph[f.folder][folder] = true
			}
		}
	}
	const onTheWay, done = 1, 2
	state := map[string]int{}
	var visit func(folder string, way []string)
	visit = func(folder string, way []string) {
		way = append(way, folder)
		if state[folder] == onTheWay {
			t.Errorf("a circle: %v", way)
		}
		if state[folder] != 0 {
			return
		}
		state[folder] = onTheWay
		for _, next := range slices.Sorted(maps.Keys(graph[folder])) {
			visit(next, way)
		}
		state[folder] = done
	}
	for _, folder := range slices.Sorted(maps.Keys(graph)) {
		visit(folder, nil)
	}
}

func TestPackagesHaveNamesThatSaySomething(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		for _, part := range strings.Split(f.folder, "/") {
			if slices.Contains([]string{"util", "utils", "common", "types", "impl", "mocks", "helpers", "misc"}, part) {
				t.Errorf("%s lies in a folder named %s", f.path, part)
			}
		}
		if name := strings.TrimSuffix(f.parsed.Name.Name, "_test"); name != "main" && name != path.Base(f.folder) {
			t.Errorf("%s is package %s", f.path, name)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	comments := map[string]int{}
	for _, f := range files(t) {
		if _, ok := comments[f.folder]; !ok {
			comments[f.folder] = 0
		}
		if f.parsed.Doc != nil && !strings.HasSuffix(f.parsed.Name.Name, "_test") {
			comments[f.folder]++
		}
	}
	for folder, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments", folder, n)
		}
	}
}

// uses lists where a file calls or names a function of package time.
func uses(f file, name string) (n int) {
	ast.Inspect(f.parsed, func(node ast.Node) bool {
		if s, ok := node.(*ast.SelectorExpr); ok && s.Sel.Name == name {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				n++
			}
		}
		return true
	})
	return n
}

func TestNobodySleeps(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if uses(f, "Sleep") > 0 {
			t.Errorf("%s sleeps", f.path)
		}
	}
}

func TestTheClockComesFromOutside(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.test || under(f.folder, "functions", "infra", "shared/config", "shared/local", "shared/bench") {
			continue
		}
		for _, name := range []string{"Now", "Since", "Until"} {
			if uses(f, name) > 0 {
				t.Errorf("%s reads the clock with time.%s", f.path, name)
			}
		}
	}
}

func TestTheRootHoldsOnlyWhatTheDesignNames(t *testing.T) {
	t.Parallel()
	allowed := []string{"functions", "workflows", "infra", "shared", "go.mod", "go.sum", "template.yaml", "README.md"}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || slices.ContainsFunc([]string{".db", ".db-wal", ".db-shm", ".db.lock", ".db.heads", ".db.files", ".zip", ".part"}, func(end string) bool { return strings.HasSuffix(name, end) }) {
			continue // dotfiles, and data of whoever runs the program here
		}
		if !slices.Contains(allowed, name) {
			t.Errorf("%s lies in the root", name)
		}
	}
}
