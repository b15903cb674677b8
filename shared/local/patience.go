package local

import (
	"log/slog"
	"net/http"
	"time"
)

// patience is how long the server waits for whom it serves (all assumed), so that who
// sends slowly, or nothing, holds up nobody else.
type patience struct {
	header  time.Duration // for a request's head to be whole
	request time.Duration // for all of it; 20 MB at 6 Mbit/s take 27 s
	answer  time.Duration // for an answer to be taken, exports included
	idle    time.Duration // between two requests
	head    int           // bytes that a request's head may have
}

var usual = patience{header: 10 * time.Second, request: 30 * time.Second, answer: time.Minute, idle: 2 * time.Minute, head: 64 << 10}

func (p patience) server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: p.header, ReadTimeout: p.request, WriteTimeout: p.answer, IdleTimeout: p.idle,
		MaxHeaderBytes: p.head, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
