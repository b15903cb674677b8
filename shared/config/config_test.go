package config_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianban/shared/config"
	"lianban/shared/roster"
)

const version = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:issue-signoff:7"

// environment is one in which everything is right, changed by pairs of name and
// value.
func environment(pairs ...string) func(string) string {
	all := map[string]string{
		"TABLE_NAME": "lianban", "STATE_MACHINE_ARN": version, "OIDC_ISSUER": "https://id.example.gov.cn/realms/city", "OIDC_AUDIENCE": "lianban",
		"CURSOR_KEY": "0123456789abcdef", "ALLOW_DEMO": "true",
	}
	for k := 0; k < len(pairs); k += 2 {
		all[pairs[k]] = pairs[k+1]
	}
	return func(name string) string { return all[name] }
}

func TestReadsACompleteEnvironment(t *testing.T) {
	t.Parallel()
	c, err := config.Read(environment("LOG_LEVEL", "warn", "OIDC_ALGORITHMS", "RS256, ES384", "OIDC_ROLE_CLAIM", "custom:role"), config.Flows|config.Web)
	if err != nil {
		t.Fatal(err)
	}
	if c.Table != "lianban" || c.Machine != version || c.LogLevel != slog.LevelWarn || string(c.CursorKey) != "0123456789abcdef" || c.Now == nil {
		t.Errorf("read %+v", c)
	}
	if i := c.Issuer; i.URL != "https://id.example.gov.cn/realms/city" || i.Audience != "lianban" || i.RoleClaim != "custom:role" || strings.Join(i.Algorithms, " ") != "RS256 ES384" || i.Now == nil {
		t.Errorf("issuer %+v", i)
	}
	if c.Rules.Roster != roster.Demo() || c.Rules.Catalog == nil || c.Rules.Calendar == nil || c.Rules.Ladders == nil {
		t.Error("the rules lack their facts")
	}
}

func TestAsksAFunctionOnlyForWhatItUses(t *testing.T) {
	t.Parallel()
	bare := environment("STATE_MACHINE_ARN", "", "OIDC_ISSUER", "", "OIDC_AUDIENCE", "", "CURSOR_KEY", "")
	if _, err := config.Read(bare, 0); err != nil {
		t.Errorf("a task: %v", err)
	}
	for part, names := range map[config.Part][]string{config.Flows: {"STATE_MACHINE_ARN"}, config.Web: {"OIDC_ISSUER", "OIDC_AUDIENCE", "CURSOR_KEY"}} {
		_, err := config.Read(bare, part)
		for _, name := range names {
			if err == nil || !strings.Contains(err.Error(), name+" ") {
				t.Errorf("part %d does not miss %s: %v", part, name, err)
			}
		}
	}
}

func TestReportsEverythingThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Read(func(name string) string {
		return map[string]string{"LOG_LEVEL": "loud", "STATE_MACHINE_ARN": "issue-signoff", "OIDC_ISSUER": "id.example", "ALLOW_DEMO": "yes", "CATALOG_FILE": "/none/catalog.json"}[name]
	}, config.Flows|config.Web)
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, name := range []string{"LOG_LEVEL", "TABLE_NAME", "STATE_MACHINE_ARN", "OIDC_ISSUER", "OIDC_AUDIENCE", "CURSOR_KEY", "ALLOW_DEMO", "ROSTER_FILE", "CATALOG_FILE"} {
		n := 0
		for _, line := range lines {
			if strings.HasPrefix(line, name+" ") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines about %s in:\n%v", n, name, err)
		}
	}
}

func TestRefusesValuesThatWouldOnlyFailLater(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"STATE_MACHINE_ARN": {"arn:aws:states:eu-west-1:123456789012:stateMachine:issue-signoff", "arn:aws:lambda:eu-west-1:123456789012:function:x:7", version + ":8", "arn:aws:states:eu-west-1:123456789012:stateMachine:issue-signoff:"},
		"OIDC_ISSUER":       {"http://id.example", "ftp://id.example", "https://", "https://user:secret@id.example", "https://id.example/#x", "::"},
		"OIDC_KEYS_URL":     {"http://id.example/keys"},
		"PUBLIC_URL":        {"http://lianban.example", "lianban.example", "https://user:secret@lianban.example"},
		"OIDC_ALGORITHMS":   {"none", "HS256", "RS256,none", ","},
		"CURSOR_KEY":        {"short"},
		"CURSOR_KEY_SECRET": {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"}, // beside CURSOR_KEY
		"LOG_LEVEL":         {"loud"},
		"ALLOW_DEMO":        {"1"},
		"DIGEST":            {"md5"},
		"ROSTER_FILE":       {"/none/roster.json"},
	} {
		for _, value := range values {
			if _, err := config.Read(environment(name, value), config.Flows|config.Web); err == nil {
				t.Errorf("%s=%s is taken", name, value)
			}
		}
	}
	if _, err := config.Read(environment("OIDC_ISSUER", "http://127.0.0.1:8080"), config.Web); err != nil {
		t.Errorf("an issuer on this machine: %v", err)
	}
}

func TestWithoutADemonstrationTheFactsComeFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people, err := json.Marshal(roster.Demo())
	if err != nil {
		t.Fatal(err)
	}
	read := func(folder, name string) []byte {
		text, err := os.ReadFile(filepath.Join("..", folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	files := []string{
		"ALLOW_DEMO", "", "ROSTER_FILE", write("roster.json", people),
		"CATALOG_FILE", write("catalog.json", read("catalog", "construction.json")), "CATALOG_ITEMS_FILE", write("items.tsv", read("catalog", "items.tsv")),
	}
	c, err := config.Read(environment(files...), 0)
	if err != nil {
		t.Fatal(err)
	}
	if c.Rules.Roster == roster.Demo() || len(c.Rules.Roster.Everybody()) != len(roster.Demo().Everybody()) {
		t.Error("the roster is not the file's")
	}
	for _, name := range []string{"ROSTER_FILE", "CATALOG_FILE", "CATALOG_ITEMS_FILE"} {
		_, err := config.Read(environment(append(files, name, "")...), 0)
		if embedded := name == "CATALOG_ITEMS_FILE"; embedded != (err == nil) || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		if _, err := config.Read(environment(append(files, name, write("broken", []byte("{")))...), 0); err == nil {
			t.Errorf("a broken %s is taken", name)
		}
	}
	if _, err := config.Read(environment("CATALOG_ITEMS_FILE", files[7]), 0); err == nil {
		t.Error("items without competences are taken")
	}
}
