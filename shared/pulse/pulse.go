// Package pulse keeps watch over one serving process: whether it is ready, how much it carries,
// how long its answers take; it sends away what is too much, and gives every request the id by
// which it is found again.
//
// It must not know the domain, the store or the pages; it stands around whatever is served, and
// imports the standard library and package trace.
//
// # Promises
//
//   - Of requests that ask for work, no more than a set number is under way at once. Any more
//     are told at once, before anything of them is read, to come again: nothing of them is done,
//     and nothing that was begun is given up. Whether the process lives and is ready is answered
//     all the same.
//   - From Stop on the process says that it is not ready, while what is under way goes on.
//   - Figures hold routes, never addresses: no id, no name and no secret gets into them, and
//     there are no more of them than routes and statuses.
package pulse

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"lianban/shared/trace"
)

// readyWithin is how long what has to answer may take (assumed).
const readyWithin = 2 * time.Second

// warnEvery is how often the log says that requests are sent away (assumed).
const warnEvery = time.Minute

// Config is what a Pulse is made of; all of it is needed.
type Config struct {
	AtOnce int // how many requests may be under way at once
	Now    func() time.Time
	Random io.Reader // of trace ids
	// Ready says why no work can be done now; nil: it can.
	Ready func(ctx context.Context) error
	// Gauges measure what is held, when they are asked for.
	Gauges func(ctx context.Context) ([]Gauge, error)
	// Busy tells whoever is sent away, in the notation of what was asked for; the status and
	// Retry-After are set.
	Busy http.Handler
	Log  *slog.Logger
}

// Pulse is one process's.
type Pulse struct {
	c        Config
	underway atomic.Int64
	shed     atomic.Int64
	warned   atomic.Int64 // Unix nanoseconds
	stopping atomic.Bool

	mu     sync.Mutex
	routes map[string]*route
}

// New makes one that has not seen anything yet.
func New(c Config) *Pulse { return &Pulse{c: c, routes: map[string]*route{}} }

// Stop makes the process not ready, for good.
func (p *Pulse) Stop() { p.stopping.Store(true) }

// Around stands around what is served. It answers /readyz itself, and lets /healthz through
// always.
func (p *Pulse) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := trace.Parse(r.Header.Get(trace.Header))
		if !ok {
			var err error
			if id, err = trace.New(p.c.Random); err != nil { // the request goes on without
				p.c.Log.ErrorContext(r.Context(), "no trace id", "error", err)
			}
		}
		r = r.WithContext(trace.With(r.Context(), id))
		begun, t := p.c.Now(), &told{ResponseWriter: w, status: http.StatusInternalServerError}
		defer func() { p.saw(r.Pattern, t.status, p.c.Now().Sub(begun)) }()
		switch r.URL.Path {
		case "/readyz":
			r.Pattern = "/readyz"
			p.ready(t, r)
		case "/healthz":
			t.ServeBy(next, r)
		default:
			defer p.underway.Add(-1)
			if p.underway.Add(1) > int64(p.c.AtOnce) {
				p.sendAway(t, r)
				return
			}
			t.ServeBy(next, r)
		}
	})
}

func (p *Pulse) sendAway(w *told, r *http.Request) {
	n := p.shed.Add(1)
	r.Pattern = "shed"
	if now, last := p.c.Now().UnixNano(), p.warned.Load(); now-last >= int64(warnEvery) && p.warned.CompareAndSwap(last, now) {
		p.c.Log.WarnContext(r.Context(), "more requests than are answered at once; some are told to come again", "atOnce", p.c.AtOnce, "sentAway", n)
	}
	// One to four seconds (assumed), so that those sent away do not come back together.
	w.Header().Set("Retry-After", strconv.FormatInt(1+n%4, 10))
	w.status = http.StatusServiceUnavailable
	p.c.Busy.ServeHTTP(w, r)
}

// ready answers probes; why it is not ready is for the log.
func (p *Pulse) ready(w http.ResponseWriter, r *http.Request) {
	status, said := http.StatusOK, "ready\n"
	if p.stopping.Load() {
		status, said = http.StatusServiceUnavailable, "stopping\n"
	} else {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if err := p.c.Ready(ctx); err != nil {
			p.c.Log.ErrorContext(ctx, "not ready", "error", err)
			status, said = http.StatusServiceUnavailable, "not ready\n"
		}
	}
	plain(w)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, said) // nobody is left to tell when the caller has gone
}

func plain(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// told knows the status of an answer; that of one without any is a failure until its handler
// has returned.
type told struct {
	http.ResponseWriter
	begun  bool
	status int
}

// ServeBy has a handler answer. One that panics leaves the status as it is.
func (t *told) ServeBy(next http.Handler, r *http.Request) {
	next.ServeHTTP(t, r)
	if !t.begun {
		t.status = http.StatusOK
	}
}

// WriteHeader implements http.ResponseWriter.
func (t *told) WriteHeader(status int) {
	if !t.begun && status >= 200 {
		t.begun, t.status = true, status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *told) Write(b []byte) (int, error) {
	if !t.begun {
		t.begun, t.status = true, http.StatusOK
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (t *told) Unwrap() http.ResponseWriter { return t.ResponseWriter }
