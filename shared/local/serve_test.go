package local_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/local"
	"lianban/shared/roster"
)

// started is a server in this process.
type started struct {
	base string
	stop func() error
}

// start serves until the test ends or stop is called.
func start(t *testing.T, server local.Server) started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := server.Run(ctx, &local.Streams{Out: write, Err: io.Discard})
		_ = write.CloseWithError(io.EOF)
		done <- err
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		cancel()
		t.Fatalf("the server said %q and ended with %v", line, <-done)
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() { _ = stop() })
	return started{base: "http://" + strings.TrimSuffix(address, "/"), stop: stop}
}

func get(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// issues opens the data file and lists the issues of a project.
func issues(t *testing.T, data string, project roster.ProjectID) []approval.Issue {
	t.Helper()
	app, err := local.Open(t.Context(), local.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	list, _, err := app.Service.Store().Issues(t.Context(), approval.IssueQuery{Project: project}, approval.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestServesTheCasesAndKeepsThemOverARestart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	for range 2 {
		s := start(t, local.Server{Data: data, Listen: "127.0.0.1:0"})
		for _, path := range []string{"/healthz", "/readyz", "/sign-in", "/api/v1/openapi.json"} {
			if code := get(t, s.base+path); code != http.StatusOK {
				t.Errorf("%s answers %d", path, code)
			}
		}
		if code := get(t, s.base+"/api/v1/nothing"); code != http.StatusNotFound {
			t.Errorf("an unknown route answers %d", code)
		}
		if err := s.stop(); err != nil {
			t.Fatalf("graceful stop: %v", err)
		}
	}
	if got := issues(t, data, "u-valley"); len(got) != 1 || got[0].Status != approval.Concluded {
		t.Errorf("the finished case: %+v", got)
	}
	if got := issues(t, data, "tod-nanzhuang"); len(got) != 1 || got[0].Status.Ended() {
		t.Errorf("the case in consultation: %+v", got)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(data), "*.new*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestEmptyStartsWithoutTheCases(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	if err := start(t, local.Server{Data: data, Listen: "127.0.0.1:0", Empty: true}).stop(); err != nil {
		t.Fatal(err)
	}
	if got := issues(t, data, "u-valley"); len(got) != 0 {
		t.Errorf("issues in an empty file: %+v", got)
	}
}

func TestRefusesToStartAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	foreign := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(foreign, bytes.Repeat([]byte("minutes\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(dir, "used.db")
	start(t, local.Server{Data: used, Listen: "127.0.0.1:0", Empty: true})
	for _, c := range []struct {
		name   string
		server local.Server
		says   string
	}{
		{"a busy port", local.Server{Data: filepath.Join(dir, "a.db"), Listen: busy.Addr().String()}, "the port is taken"},
		{"an address others can reach", local.Server{Data: filepath.Join(dir, "b.db"), Listen: "0.0.0.0:0"}, "loopback"},
		{"figures for others", local.Server{Data: filepath.Join(dir, "c.db"), Listen: "127.0.0.1:0", Metrics: "0.0.0.0:0", Empty: true}, "operators"},
		{"a public address without its scheme", local.Server{Data: filepath.Join(dir, "d.db"), Listen: "127.0.0.1:0", Public: "lianban.example.gov.cn"}, "write it whole"},
		{"a proxy that is no address", local.Server{Data: filepath.Join(dir, "e.db"), Listen: "127.0.0.1:0", Proxies: []string{"gateway"}}, "no address or network"},
		{"an issuer without the address of the pages", local.Server{Data: filepath.Join(dir, "f.db"), Listen: "127.0.0.1:0", OIDC: local.OIDCFlags{Issuer: "https://id.example"}}, "--public"},
		{"an issuer without TLS", local.Server{Data: filepath.Join(dir, "g.db"), Listen: "127.0.0.1:0", OIDC: local.OIDCFlags{Issuer: "http://id.example"}}, "no https address"},
		{"an issuer whose tokens need no key", local.Server{Data: filepath.Join(dir, "h.db"), Listen: "127.0.0.1:0", Public: "https://lianban.example", OIDC: local.OIDCFlags{Issuer: "https://id.example", Algorithms: []string{"none"}}}, "no signature"},
		{"a foreign file", local.Server{Data: foreign, Listen: "127.0.0.1:0"}, "not a Lianban data file"},
		{"no folder", local.Server{Data: filepath.Join(dir, "none", "l.db"), Listen: "127.0.0.1:0"}, "there is no folder"},
		{"a file in use", local.Server{Data: used, Listen: "127.0.0.1:0"}, "in use"},
	} {
		err := c.server.Run(t.Context(), &local.Streams{Out: io.Discard, Err: io.Discard})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, name := range []string{"a.db", "b.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was made although the start was refused", name)
		}
	}
	if text, err := os.ReadFile(foreign); err != nil || !bytes.HasPrefix(text, []byte("minutes")) {
		t.Errorf("the foreign file was changed: %v", err)
	}
}

func TestDemoSaysTheSameEveryTime(t *testing.T) {
	t.Parallel()
	run := func(d local.Demo) string {
		var out bytes.Buffer
		if err := d.Run(t.Context(), &local.Streams{Out: &out, Err: io.Discard}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	text := run(local.Demo{JSON: true, Lang: "en"})
	if again := run(local.Demo{JSON: true, Lang: "en"}); again != text {
		t.Error("two runs differ")
	}
	var cases []struct {
		Case     string
		SignOffs []struct{ N int }
		Assumed  []string
		Report   approval.Report
	}
	if err := json.Unmarshal([]byte(text), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 3 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		a := c.Report.Against
		if len(c.SignOffs) == 0 || len(c.Assumed) == 0 || !c.Report.Headline.Insufficient {
			t.Errorf("%s: %+v", c.Case, c)
		}
		if a.Parallelism+a.FasterReview != a.Total || a.SerialBefore-a.CriticalAfter != a.Total {
			t.Errorf("%s: the attribution does not sum: %+v", c.Case, a)
		}
	}
	for lang, says := range map[string][]string{"zh": {"对照图", "仅为上限", "拟定的输入", "裁定不成立"}, "en": {"Chart:", "upper bound", "Assumed inputs", "set aside"}} {
		text := run(local.Demo{Lang: lang})
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Errorf("the demonstration in %s does not say %q", lang, s)
			}
		}
	}
}

func TestHistoryIsReadBesideTheServer(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	if err := local.Seed(t.Context(), local.Config{Data: data}); err != nil {
		t.Fatal(err)
	}
	id := issues(t, data, "tod-nanzhuang")[0].ID
	start(t, local.Server{Data: data, Listen: "127.0.0.1:0"})
	var out bytes.Buffer
	if err := (&local.History{Issue: string(id), Data: data}).Run(t.Context(), &local.Streams{Out: &out}); err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{"ExecutionStarted", "MapIterationStarted", "TaskSubmitted", "chain intact", "object", "as officer of nanzhuang-village-2"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("the history does not say %q", says)
		}
	}
	if strings.Contains(out.String(), "issuer-key") {
		t.Error("the history shows a key")
	}
	err := (&local.History{Issue: "no-such-issue", Data: data}).Run(t.Context(), &local.Streams{Out: io.Discard})
	if !approval.IsKind(err, approval.NotFound) {
		t.Errorf("an unknown issue answers %v", err)
	}
}

func TestAnOfficeForbidsByItsOwnPolicies(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "office.cedar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`@id("no-document") @zh("本单位不公开接口文档") @en("this office does not show the API's document")
forbid (principal, action == Api::Action::"getOpenAPIJSON", resource);`)
	server := local.Server{Data: filepath.Join(t.TempDir(), "l.db"), Listen: "127.0.0.1:0", Empty: true, Policies: folder}
	s := start(t, server)
	for path, want := range map[string]int{"/api/v1/openapi.json": http.StatusForbidden, "/api/v1/openapi.yaml": http.StatusOK} {
		if got := get(t, s.base+path); got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	write(`@id("all") @zh("全部") @en("all") permit (principal, action == Action::"Grant", resource);`)
	if err := server.Run(t.Context(), &local.Streams{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), "--policies "+folder) || !strings.Contains(err.Error(), "may only forbid") {
		t.Errorf("policies that permit: %v", err)
	}
}
