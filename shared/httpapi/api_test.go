package httpapi_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"lianban/shared/httpapi"
)

var update = flag.Bool("update", false, "write openapi.yaml anew")

func TestOpenAPIIsWhatIsCommitted(t *testing.T) {
	t.Parallel()
	got := open(t).api.DocumentYAML()
	if *update {
		if err := os.WriteFile("openapi.yaml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.yaml is not what the code says; if the change is meant, run go test -run OpenAPI -update ./shared/httpapi")
	}
}

func TestOpenAPIIsTheSameEveryTimeAndNamesNoHost(t *testing.T) {
	t.Parallel()
	first := open(t).api.DocumentYAML()
	for range 5 {
		if !bytes.Equal(first, open(t).api.DocumentYAML()) {
			t.Fatal("two documents of one code differ")
		}
	}
	for _, stranger := range []string{"http://", "https://", "127.0.0.1", "localhost", "servers:"} {
		if bytes.Contains(first, []byte(stranger)) {
			t.Errorf("the document holds %q", stranger)
		}
	}
}

func TestOpenAPIClosesWhatIsSentAndLeavesAnswersOpen(t *testing.T) {
	t.Parallel()
	a := open(t).send("GET", "/openapi.json", "").is(200)
	for name, closed := range map[string]bool{"NewIssue": true, "AskParty": true, "Decide": true, "Issue": false, "Problem": false, "Party": false} {
		if got := a.at("components", "schemas", name, "additionalProperties") == false; got != closed {
			t.Errorf("schema %s is closed: %v", name, got)
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.send("GET", "/openapi.yaml", "").is(200)
	if !bytes.Equal(a.body, w.api.DocumentYAML()) || a.header.Get("Content-Type") != "application/openapi+yaml" {
		t.Errorf("served %s: %.80s", a.header.Get("Content-Type"), a.body)
	}
	if got := w.send("GET", "/openapi.json", "").is(200).text("openapi"); !strings.HasPrefix(got, "3.1") {
		t.Errorf("OpenAPI version %q", got)
	}
}

func TestRoutesAndOpenAPIAgree(t *testing.T) {
	t.Parallel()
	w := open(t)
	foreign, err := httpapi.New(httpapi.Config{Service: w.service, Intake: w.intake, Register: w.register, Verifier: w.issuer, CursorKey: cursorKey, Links: elsewhere{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, api := range map[string]*httpapi.API{"with the local issuer": w.api, "with another": foreign} {
		operations := api.Operations()
		for _, pattern := range api.Patterns() {
			if _, ok := operations[pattern]; !ok {
				t.Errorf("%s: route %s is not in the document", name, pattern)
			}
		}
		for operation := range operations {
			if !slices.Contains(api.Patterns(), operation) {
				t.Errorf("%s: %s of the document has no route", name, operation)
			}
		}
		_, signIn := operations["POST /api/v1/session"]
		_, people := operations["GET /api/v1/people"]
		_, uploads := operations["PUT /api/v1/uploads/{id}/{hash}"]
		if local := api == w.api; signIn != local || people != local || uploads != local {
			t.Errorf("%s: signing in is %v, people are %v, uploads come here: %v", name, signIn, people, uploads)
		}
	}
}

func TestEveryRouteButThePublicOnesNeedsASignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	public := []string{"POST /api/v1/session", "DELETE /api/v1/session", "GET /api/v1/people", "GET /healthz", "PUT /api/v1/uploads/{id}/{hash}", "GET /api/v1/status/{receipt}", "POST /api/v1/status/{receipt}/rating", "GET /api/v1/ballot", "POST /api/v1/ballot/vote", "POST /api/v1/ballot/recusal", "GET /api/v1/openapi.json", "GET /api/v1/openapi.yaml"}
	fill := strings.NewReplacer("{id}", "x", "{n}", "1", "{hash}", "x", "{receipt}", "x", "{no}", "1", "{date}", "2026-03-02", "{year}", "2026", "{table}", "all")
	for _, pattern := range w.api.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		a := w.send(method, fill.Replace(path), "")
		if slices.Contains(public, pattern) {
			if a.status == http.StatusUnauthorized {
				t.Errorf("%s asks for a sign-in", pattern)
			}
			continue
		}
		a.problem(http.StatusUnauthorized, "unauthenticated", "")
		if got := a.header.Get("WWW-Authenticate"); got != `Bearer realm="lianban"` {
			t.Errorf("%s: WWW-Authenticate %q", pattern, got)
		}
	}
}

func TestRefusesAConfigurationAndNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := httpapi.New(httpapi.Config{CursorKey: []byte("short")})
	if err == nil {
		t.Fatal("an empty configuration is taken")
	}
	for _, fault := range []string{"no service", "no intake", "no register", "no verifier", "cursor key of 5 bytes"} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%q is not in %v", fault, err)
		}
	}
	w := open(t)
	if _, err = httpapi.New(httpapi.Config{Service: w.service, Intake: w.intake, Register: w.register, Verifier: w.issuer, CursorKey: cursorKey}); err == nil || !strings.Contains(err.Error(), "neither a shelf nor links") {
		t.Errorf("attachments are kept nobody knows where: %v", err)
	}
}
