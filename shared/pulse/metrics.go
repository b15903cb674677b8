package pulse

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gauge is one measured quantity that goes up and down.
type Gauge struct {
	Name  string // in Prometheus' notation, with its unit
	Help  string // one line
	Value float64
}

// bounds are the upper ends of the histogram's buckets, in seconds: those that Prometheus'
// own clients begin with.
var bounds = [...]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// route is what one route has answered.
type route struct {
	statuses map[int]int64
	buckets  [len(bounds) + 1]int64 // the last holds what took longer than any bound
	sum      time.Duration
}

func (p *Pulse) saw(pattern string, status int, took time.Duration) {
	if pattern == "" {
		pattern = "none"
	}
	k, _ := slices.BinarySearch(bounds[:], took.Seconds())
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.routes[pattern]
	if r == nil {
		r = &route{statuses: map[int]int64{}}
		p.routes[pattern] = r
	}
	r.statuses[status]++
	r.buckets[k]++
	r.sum += took
}

// Metrics answers the figures in Prometheus' text format (version 0.0.4). It must be served
// where only operators come.
func (p *Pulse) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gauges, err := p.c.Gauges(r.Context())
		if err != nil { // the rest is wanted all the more
			p.c.Log.ErrorContext(r.Context(), "what is held could not be measured", "error", err)
		}
		var b bytes.Buffer
		p.write(&b, gauges)
		plain(w)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = b.WriteTo(w) // nobody is left to tell when the caller has gone
	})
}

func (p *Pulse) write(w io.Writer, gauges []Gauge) {
	family := func(name, kind, help string) { fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	one := func(name, kind, help string, value float64) {
		family(name, kind, help)
		fmt.Fprintf(w, "%s %s\n", name, number(value))
	}
	ready := 1.0
	if p.stopping.Load() {
		ready = 0
	}
	one("lianban_serving", "gauge", "1 while requests are taken, 0 while the process stops.", ready)
	one("lianban_http_requests_in_flight", "gauge", "Requests under way that ask for work.", float64(p.underway.Load()))
	one("lianban_http_requests_most", "gauge", "How many may be under way at once.", float64(p.c.AtOnce))
	one("lianban_http_requests_shed_total", "counter", "Requests told to come again.", float64(p.shed.Load()))
	for _, g := range gauges {
		one(g.Name, "gauge", g.Help, g.Value)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	names := slices.Sorted(maps.Keys(p.routes))
	family("lianban_http_requests_total", "counter", "Requests by route and status.")
	for _, name := range names {
		for _, status := range slices.Sorted(maps.Keys(p.routes[name].statuses)) {
			fmt.Fprintf(w, "lianban_http_requests_total{route=%s,code=\"%d\"} %d\n", quoted(name), status, p.routes[name].statuses[status])
		}
	}
	family("lianban_http_request_seconds", "histogram", "Time to answer, by route.")
	for _, name := range names {
		r, n := p.routes[name], int64(0)
		for k, count := range r.buckets {
			n += count
			end := "+Inf"
			if k < len(bounds) {
				end = number(bounds[k])
			}
			fmt.Fprintf(w, "lianban_http_request_seconds_bucket{route=%s,le=%q} %d\n", quoted(name), end, n)
		}
		fmt.Fprintf(w, "lianban_http_request_seconds_sum{route=%s} %s\n", quoted(name), number(r.sum.Seconds()))
		fmt.Fprintf(w, "lianban_http_request_seconds_count{route=%s} %d\n", quoted(name), n)
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quoted(s string) string { return `"` + escapes.Replace(s) + `"` }
