package pulse_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/pulse"
	"lianban/shared/trace"
)

// world is a pulse with what it stands in.
type world struct {
	*pulse.Pulse
	log     bytes.Buffer
	now     time.Time
	broken  error
	handler http.Handler
}

func around(atOnce int, next http.Handler) *world {
	w := &world{now: time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)}
	w.Pulse = pulse.New(pulse.Config{
		AtOnce: atOnce, Now: func() time.Time { return w.now }, Random: rand.Reader,
		Ready: func(context.Context) error { return w.broken },
		Gauges: func(context.Context) ([]pulse.Gauge, error) {
			return []pulse.Gauge{{"lianban_timers", "Timers.", 3}}, w.broken
		},
		Busy: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
		Log:  slog.New(trace.Logged(slog.NewTextHandler(&w.log, nil))),
	})
	w.handler = w.Around(next)
	return w
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	got := httptest.NewRecorder()
	w.handler.ServeHTTP(got, httptest.NewRequest(http.MethodGet, path, nil))
	return got
}

func (w *world) figures() string {
	got := httptest.NewRecorder()
	w.Metrics().ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return got.Body.String()
}

func TestWhatIsTooMuchIsSentAwayAndNothingOfItIsDone(t *testing.T) {
	t.Parallel()
	var begun atomic.Int64
	in, out := make(chan bool), make(chan bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/work", func(http.ResponseWriter, *http.Request) {
		begun.Add(1)
		in <- true
		<-out
	})
	w := around(2, mux)
	answers := make(chan int, 2)
	for range 2 {
		go func() { answers <- w.get("/work").Code }()
		<-in
	}
	after := map[string]bool{}
	for range 8 {
		got := w.get("/work")
		wait, err := strconv.Atoi(got.Header().Get("Retry-After"))
		if got.Code != http.StatusServiceUnavailable || err != nil || wait < 1 || wait > 4 {
			t.Errorf("a third is answered %d, to come again after %q", got.Code, got.Header().Get("Retry-After"))
		}
		after[got.Header().Get("Retry-After")] = true
	}
	if len(after) < 2 {
		t.Errorf("all come back together, after %v", after)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := w.get(path); got.Code != http.StatusOK {
			t.Errorf("%s answers %d while there is too much to do", path, got.Code)
		}
	}
	if said := w.figures(); !strings.Contains(said, "shed_total 8\n") || !strings.Contains(said, "in_flight 2\n") {
		t.Errorf("the figures:\n%s", said)
	}
	if n := strings.Count(w.log.String(), "come again"); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
	close(out)
	for range 2 {
		if code := <-answers; code != http.StatusOK {
			t.Errorf("what was begun is answered %d", code)
		}
	}
	go func() { <-in }()
	if got := w.get("/work"); got.Code != http.StatusOK || begun.Load() != 3 {
		t.Errorf("afterwards work is answered %d, and %d have begun", got.Code, begun.Load())
	}
}

func TestIsReadyOnlyWhileEverythingAnswersAndNothingStops(t *testing.T) {
	t.Parallel()
	w := around(1, http.NotFoundHandler())
	if got := w.get("/readyz"); got.Code != http.StatusOK {
		t.Errorf("it answers %d", got.Code)
	}
	w.broken = errors.New("disk 7 at /srv is gone")
	if got := w.get("/readyz"); got.Code != http.StatusServiceUnavailable || strings.Contains(got.Body.String(), "disk") || !strings.Contains(w.log.String(), "disk 7") {
		t.Errorf("with a fault it answers %d %s and logs %s", got.Code, got.Body, &w.log)
	}
	if said := w.figures(); !strings.Contains(said, "lianban_serving 1\n") {
		t.Errorf("figures are missing when something cannot be measured:\n%s", said)
	}
	w.broken = nil
	w.Stop()
	if got := w.get("/readyz"); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "stopping") {
		t.Errorf("while it stops it answers %d %s", got.Code, got.Body)
	}
	if said := w.figures(); !strings.Contains(said, "lianban_serving 0\n") {
		t.Errorf("while it stops the figures say:\n%s", said)
	}
}

func TestFiguresAreByRouteAndStatus(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	w := around(9, mux)
	mux.HandleFunc("GET /people/{who}", func(_ http.ResponseWriter, r *http.Request) { w.now = w.now.Add(30 * time.Millisecond) })
	inner := http.NewServeMux()
	inner.HandleFunc("GET /api/papers", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.Handle("/api/", inner)
	w.get("/people/chen-secret")
	w.get("/people/li-secret")
	w.get("/nowhere/li-secret")
	func() {
		defer func() { _ = recover() }()
		w.get("/api/papers")
	}()
	const want = `# HELP lianban_serving 1 while requests are taken, 0 while the process stops.
# TYPE lianban_serving gauge
lianban_serving 1
# HELP lianban_http_requests_in_flight Requests under way that ask for work.
# TYPE lianban_http_requests_in_flight gauge
lianban_http_requests_in_flight 0
# HELP lianban_http_requests_most How many may be under way at once.
# TYPE lianban_http_requests_most gauge
lianban_http_requests_most 9
# HELP lianban_http_requests_shed_total Requests told to come again.
# TYPE lianban_http_requests_shed_total counter
lianban_http_requests_shed_total 0
# HELP lianban_timers Timers.
# TYPE lianban_timers gauge
lianban_timers 3
# HELP lianban_http_requests_total Requests by route and status.
# TYPE lianban_http_requests_total counter
lianban_http_requests_total{route="GET /api/papers",code="500"} 1
lianban_http_requests_total{route="GET /people/{who}",code="200"} 2
lianban_http_requests_total{route="none",code="404"} 1
# HELP lianban_http_request_seconds Time to answer, by route.
# TYPE lianban_http_request_seconds histogram
`
	got := w.figures()
	head, buckets, _ := strings.Cut(got, "histogram\n")
	if diff := cmp.Diff(want, head+"histogram\n"); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{
		`lianban_http_request_seconds_bucket{route="GET /people/{who}",le="0.025"} 0`,
		`lianban_http_request_seconds_bucket{route="GET /people/{who}",le="0.05"} 2`,
		`lianban_http_request_seconds_bucket{route="GET /people/{who}",le="+Inf"} 2`,
		`lianban_http_request_seconds_sum{route="GET /people/{who}"} 0.06`,
		`lianban_http_request_seconds_count{route="GET /people/{who}"} 2`,
	} {
		if !strings.Contains(buckets, line+"\n") {
			t.Errorf("there is no %s in\n%s", line, buckets)
		}
	}
}

func TestARequestKeepsTheIDThatItComesWith(t *testing.T) {
	t.Parallel()
	var seen string
	w := around(1, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = trace.ID(r.Context()) }))
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	if w.handler.ServeHTTP(httptest.NewRecorder(), r); seen != id {
		t.Errorf("it has %q", seen)
	}
	r.Header.Set("traceparent", "made up\" trace=1")
	if w.handler.ServeHTTP(httptest.NewRecorder(), r); len(seen) != 32 || seen == id {
		t.Errorf("instead of what is none it has %q", seen)
	}
}
