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
	"strings"
	"testing"
	"time"
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
