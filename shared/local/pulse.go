package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/httpapi"
	"lianban/shared/limit"
	"lianban/shared/pulse"
)

// A graceful stop takes ten seconds at most (all assumed): requests under way are answered, then
// what the workflow has begun ends, then the data file is closed.
const (
	drainFor  = 5 * time.Second
	settleFor = 3 * time.Second
	closeFor  = 2 * time.Second
)

// atOnce is how many requests may be under way at once (assumed): each may hold 1 MiB, and all
// wait for one writer.
const atOnce = 512

// Pulse watches over the house while it is served to so many requests at once; 0: the usual
// number.
func (a *App) Pulse(most int) *pulse.Pulse {
	if most <= 0 {
		most = atOnce
	}
	return pulse.New(pulse.Config{
		AtOnce: most, Now: time.Now, Random: rand.Reader, Log: a.log,
		Ready: a.Answers, Gauges: a.gauges, Busy: http.HandlerFunc(busy),
	})
}

// Answers says why the house can do no work: its store or its engine does not answer.
func (a *App) Answers(ctx context.Context) error {
	if _, err := a.Service.Store().Receipt(ctx, "readyz"); err != nil && !approval.IsKind(err, approval.NotFound) {
		return fmt.Errorf("the store: %w", err)
	}
	return a.Engine.Answers(ctx)
}

func (a *App) gauges(ctx context.Context) ([]pulse.Gauge, error) {
	open, size, log, err := a.file.Held(ctx)
	if err != nil {
		return nil, err
	}
	timers, late := a.Engine.Timers()
	return []pulse.Gauge{
		{Name: "lianban_issues_open", Help: "Issues whose workflow goes on.", Value: float64(open)},
		{Name: "lianban_timers", Help: "Issues that wait for a moment.", Value: float64(timers)},
		{Name: "lianban_timers_late_seconds", Help: "How long the earliest of those moments has passed.", Value: late.Seconds()},
		{Name: "lianban_store_bytes", Help: "Size of the data file.", Value: float64(size)},
		{Name: "lianban_store_log_bytes", Help: "Size of the write-ahead log beside it.", Value: float64(log)},
	}, nil
}

// busy tells whoever is sent away, programs as the API tells everything.
func busy(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, httpapi.Base+"/") {
		httpapi.Busy(w, r)
		return
	}
	sentence(w, http.StatusServiceUnavailable, "当前访问人数过多，请稍候重新提交或刷新页面；本次提交未作任何处理。\nToo many people are here at the moment. Wait a little and submit or load the page again; nothing of this was done.\n")
}

// slower tells whoever asks too often, programs as the API tells everything.
func slower(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, httpapi.Base+"/") {
		httpapi.Wait(w, r)
		return
	}
	sentence(w, http.StatusTooManyRequests, "访问过于频繁，或核对编号、链接时错误次数过多，请稍候再试；本次提交未作任何处理，返回上一页可找回已填写的内容。\nYou ask too often, or missed too often at codes or links. Wait a little and try again; nothing of this was done, and the page before still has what you typed.\n")
}

func sentence(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // nobody is left to tell when the caller has gone
}

// guessed reports whether a request is for what can be had by guessing: a vote by link, and the
// state of a request by its codes.
func guessed(r *http.Request) bool {
	path, inAPI := strings.CutPrefix(r.URL.Path, httpapi.Base)
	if path == httpapi.BallotPage || strings.HasPrefix(path, httpapi.BallotPage+"/") {
		return true
	}
	return strings.HasPrefix(path, "/status/") || !inAPI && path == "/status"
}

// Limits keep one person, and one address, from taking what is everybody's, behind the proxies
// named.
func (a *App) Limits(person, address limit.Rate, proxies []netip.Prefix, verifier access.Verifier) *limit.Limiter {
	return limit.New(limit.Config{
		Now: time.Now, Person: person, Address: address, Proxies: proxies, Guessed: guessed, Refuse: http.HandlerFunc(slower), Log: a.log,
		Who: func(r *http.Request) string {
			token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				token = httpapi.SessionCookie(r)
			}
			if token == "" {
				return ""
			}
			id, err := verifier.Verify(r.Context(), token)
			if err != nil {
				return ""
			}
			return string(id.Person)
		},
	})
}

// serveMetrics serves the figures where only this machine comes, if they are wanted, until stop
// is called.
func (c *Server) serveMetrics(p *pulse.Pulse, log *slog.Logger) (stop func() error, err error) {
	if c.Metrics == "" {
		return func() error { return nil }, nil
	}
	if !access.Loopback(c.Metrics) {
		return nil, fmt.Errorf("--metrics %s: the figures are for this machine's operators, so only a loopback address such as 127.0.0.1:9420 is served", c.Metrics)
	}
	listener, err := net.Listen("tcp", c.Metrics)
	if err != nil {
		return nil, fmt.Errorf("--metrics %s: %w", c.Metrics, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.Metrics())
	server := usual.server(mux, log)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the figures are served no more", "error", err)
		}
	}()
	return server.Close, nil
}

// drain takes no more requests and has those under way answered.
func drain(ctx context.Context, server *http.Server, limit time.Duration) error {
	ctx, done := context.WithTimeout(ctx, limit)
	defer done()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fmt.Errorf("requests that were not answered within %s were cut off; what was acknowledged is kept", limit), server.Close())
	}
	return err
}

// within ends something, or says that it was left to end with the process.
func within(limit time.Duration, what string, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
		return fmt.Errorf("%s did not end within %s and was cut off; what was acknowledged is kept", what, limit)
	}
}
