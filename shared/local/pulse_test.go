package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/limit"
)

func opened(t *testing.T) *App {
	t.Helper()
	app, err := Open(t.Context(), Config{Data: t.TempDir() + "/l.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	return app
}

func asked(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for k := 0; k < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAHouseIsReadyWhileItsStoreAndItsEngineAnswer(t *testing.T) {
	t.Parallel()
	app := opened(t)
	handler, err := app.Handler()
	if err != nil {
		t.Fatal(err)
	}
	served := app.Pulse(0).Around(handler)
	if got := asked(served, "/readyz"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("before its engine runs it answers %d", got.Code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	for app.Engine.Answers(t.Context()) != nil && t.Context().Err() == nil {
		runtime.Gosched()
	}
	if got := asked(served, "/readyz"); got.Code != http.StatusOK {
		t.Errorf("it answers %d", got.Code)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := asked(served, "/readyz"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("after its engine has ended it answers %d", got.Code)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if err := app.Answers(t.Context()); err == nil || !strings.Contains(err.Error(), "store") {
		t.Errorf("without its store: %v", err)
	}
}

func TestFiguresSayWhatTheHouseHolds(t *testing.T) {
	t.Parallel()
	app := opened(t)
	said := asked(app.Pulse(0).Metrics(), "/metrics").Body.String()
	for _, name := range []string{"lianban_issues_open 0\n", "lianban_timers 0\n", "lianban_timers_late_seconds 0\n", "lianban_store_bytes ", "lianban_store_log_bytes ", "lianban_http_requests_most 512\n"} {
		if !strings.Contains(said, "\n"+name) {
			t.Errorf("there is no %q in\n%s", name, said)
		}
	}
}

func TestWhoIsSentAwayIsToldInTheirOwnNotation(t *testing.T) {
	t.Parallel()
	app := opened(t)
	in, out := make(chan bool), make(chan bool)
	served := app.Pulse(1).Around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		in <- true
		<-out
	}))
	go asked(served, "/issues")
	<-in
	defer close(out)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	got := asked(served, "/api/v1/issues", "traceparent", "00-"+id+"-00f067aa0ba902b7-01", "Accept-Language", "en")
	var problem struct{ Type, Detail, TraceID string }
	if err := json.Unmarshal(got.Body.Bytes(), &problem); err != nil || got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" ||
		got.Header().Get("Content-Type") != "application/problem+json" || problem.Type != "urn:lianban:problem:unavailable" || problem.TraceID != id || !strings.Contains(problem.Detail, "Nothing of this") {
		t.Errorf("a program is told %d %s", got.Code, got.Body)
	}
	if got := asked(served, "/issues"); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "请稍候") || got.Header().Get("Retry-After") == "" {
		t.Errorf("a person is told %d %s", got.Code, got.Body)
	}
}

// slow is a server with a request under way; the answer comes when release is closed.
func slow(t *testing.T) (server *http.Server, release chan bool, answer chan error) {
	t.Helper()
	in, release, answer := make(chan bool), make(chan bool), make(chan error, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server = usual.server(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(in)
		<-release
	}), slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(listener) }()
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			err = response.Body.Close()
		}
		answer <- err
	}()
	<-in
	return server, release, answer
}

func TestAStopWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	server, release, answer := slow(t)
	server.RegisterOnShutdown(func() { close(release) })
	if err := drain(t.Context(), server, time.Hour); err != nil {
		t.Error(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("what was under way is answered with %v", err)
	}
}

func TestAStopCutsOffWhatTakesTooLongAndSaysSo(t *testing.T) {
	t.Parallel()
	server, release, answer := slow(t)
	defer close(release)
	if err := drain(t.Context(), server, time.Millisecond); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("it ends with %v", err)
	}
	if err := <-answer; err == nil {
		t.Error("an answer came that nobody gave")
	}
	never := make(chan error)
	if err := within(time.Millisecond, "it", func() error { return <-never }); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("what never ends ends with %v", err)
	}
	broken := errors.New("broken")
	if err := within(time.Hour, "it", func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("what ends ends with %v", err)
	}
}

func TestWhoAsksTooOftenIsToldToWait(t *testing.T) {
	t.Parallel()
	app := opened(t)
	handler, err := app.Handler()
	if err != nil {
		t.Fatal(err)
	}
	served := app.Limits(limit.Rate{PerSecond: 1e-9, Burst: 1}, limit.Rate{PerSecond: 1e-9, Burst: 30}, nil, app.verifier()).Around(handler)
	ask := func(method, path, from, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr = from
		for k := 0; k < len(header); k += 2 {
			r.Header.Set(header[k], header[k+1])
		}
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		return w
	}
	var said struct{ Token string }
	in := ask("POST", "/api/v1/session", "127.0.0.1:1", `{"person":"cc-bureau-1","role":"bureau","unit":"cc-bureau"}`, "Content-Type", "application/json")
	if err := json.Unmarshal(in.Body.Bytes(), &said); err != nil || said.Token == "" {
		t.Fatalf("%d %s", in.Code, in.Body)
	}
	bearer := []string{"Authorization", "Bearer " + said.Token, "Accept-Language", "en"}
	if got := ask("GET", "/api/v1/session", "127.0.0.1:1", "", bearer...); got.Code != http.StatusOK {
		t.Errorf("the first: %d %s", got.Code, got.Body)
	}
	got := ask("GET", "/api/v1/session", "127.0.0.1:1", "", bearer...)
	var problem struct{ Type, Detail string }
	if err := json.Unmarshal(got.Body.Bytes(), &problem); err != nil || got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") == "" || problem.Type != "urn:lianban:problem:too-many" || !strings.Contains(problem.Detail, "Nothing of this") {
		t.Errorf("the second: %d %s", got.Code, got.Body)
	}
	if got := ask("GET", "/issues", "127.0.0.1:1", "", "Cookie", access.SessionCookie+"="+said.Token); got.Code != http.StatusTooManyRequests || !strings.Contains(got.Body.String(), "访问过于频繁") {
		t.Errorf("on the pages: %d %s", got.Code, got.Body)
	}
	// Guesses at a receipt's code, at either door.
	for n := range limit.Misses {
		path := "/api/v1/status/2026000" + strconv.Itoa(n)
		if n%2 == 0 {
			path = "/api/v1/ballot?link=x" + strconv.Itoa(n)
		}
		if got := ask("GET", path, "192.0.2.1:1", ""); got.Code == http.StatusTooManyRequests || got.Code < 400 {
			t.Fatalf("guess %d at %s: %d %s", n, path, got.Code, got.Body)
		}
	}
	for _, path := range []string{"/status", "/ballot?link=x", "/api/v1/status/20260001"} {
		if got := ask("GET", path, "192.0.2.1:1", ""); got.Code != http.StatusTooManyRequests {
			t.Errorf("after too many guesses %s answers %d", path, got.Code)
		}
	}
	if got := ask("GET", "/sign-in", "192.0.2.1:1", ""); got.Code != http.StatusOK {
		t.Errorf("signing in from there answers %d", got.Code)
	}
}
