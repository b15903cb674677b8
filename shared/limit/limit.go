// Package limit keeps one caller from taking what is everybody's, and from guessing (限流): so many
// requests in a second of each person and of each address, and an address that missed too often at
// what can be guessed is locked out of it for a while.
//
// It must not know the domain nor what is served; it stands around it. Where somebody stands is
// taken from the connection, or, behind proxies that the configuration names, from what the last
// of them that is not ours wrote.
package limit

import (
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests a second are taken in the long run, and how many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Assumed: a person's browser asks for a page and what belongs to it a few times a second at
// most; an office shares an address; twenty misses are more than anybody mistypes.
var (
	Person  = Rate{10, 60}
	Address = Rate{100, 500}
)

const (
	Misses  = 20
	Within  = 10 * time.Minute
	LockFor = 15 * time.Minute
)

const (
	// most is how many callers are remembered (assumed): some tens of megabytes.
	most = 100_000
	// tidyEvery is how often those are forgotten who have not asked for a while.
	tidyEvery = time.Minute
	warnEvery = time.Minute
)

// Config is what a Limiter is made of.
type Config struct {
	Now             func() time.Time
	Person, Address Rate // a rate of 0 a second sets no limit
	// Proxies are those whose word on where a request comes from is taken.
	Proxies []netip.Prefix
	// Who answers the person of a request's sign-in, if it is good; "" otherwise.
	Who func(*http.Request) string
	// Guessed reports whether what is asked for can be had by guessing a code or a link.
	Guessed func(*http.Request) bool
	// Refuse tells whoever is refused; the status is its to write, Retry-After is set.
	Refuse http.Handler
	Log    *slog.Logger
}

// Limiter is one process's.
type Limiter struct {
	c      Config
	mu     sync.Mutex
	of     map[string]*rate.Limiter // by "p " and the person, or "a " and the address
	misses map[string]*missed       // by address
	tidied time.Time
	warned time.Time
}

type missed struct {
	n      int
	since  time.Time
	locked time.Time // until then
}

// New makes one that has seen nobody.
func New(c Config) *Limiter {
	return &Limiter{c: c, of: map[string]*rate.Limiter{}, misses: map[string]*missed{}}
}

// Around stands around what is served.
func (l *Limiter) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := l.address(r)
		guessed := address != "" && l.c.Guessed(r)
		wait := l.taken("a "+address, l.c.Address, address != "")
		if guessed {
			wait = max(wait, l.locked(address))
		}
		if wait == 0 {
			who := l.c.Who(r)
			wait = l.taken("p "+who, l.c.Person, who != "")
		}
		if wait > 0 {
			l.refuse(w, r, wait)
			return
		}
		if !guessed {
			next.ServeHTTP(w, r)
			return
		}
		t := &told{ResponseWriter: w}
		next.ServeHTTP(t, r)
		if t.status >= 400 && t.status < 500 {
			l.miss(address)
		}
	})
}

// taken takes a request from a caller's share, or answers how long to wait.
func (l *Limiter) taken(key string, r Rate, counted bool) time.Duration {
	if !counted || r.PerSecond <= 0 {
		return 0
	}
	now := l.c.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy(now)
	b := l.of[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		l.of[key] = b
	}
	asked := b.ReserveN(now, 1)
	wait := asked.DelayFrom(now)
	if wait > 0 {
		asked.CancelAt(now)
	}
	return wait
}

// tidy forgets those whose share is whole again, and, when there are still too many, everybody:
// a memory that is full must not stop the work.
func (l *Limiter) tidy(now time.Time) {
	if len(l.of) < most && now.Sub(l.tidied) < tidyEvery {
		return
	}
	l.tidied = now
	for key, b := range l.of {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.of, key)
		}
	}
	for address, m := range l.misses {
		if now.After(m.locked) && now.Sub(m.since) > Within {
			delete(l.misses, address)
		}
	}
	if len(l.of) >= most {
		clear(l.of)
	}
	if len(l.misses) >= most {
		clear(l.misses)
	}
}

func (l *Limiter) locked(address string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.misses[address]; m != nil {
		return max(0, m.locked.Sub(l.c.Now()))
	}
	return 0
}

func (l *Limiter) miss(address string) {
	now := l.c.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.misses[address]
	if m == nil || now.Sub(m.since) > Within {
		m = &missed{since: now}
		l.misses[address] = m
	}
	if m.n++; m.n >= Misses {
		m.locked, m.n, m.since = now.Add(LockFor), 0, now
		l.c.Log.Warn("an address missed too often at codes or links and is locked out of them", "until", m.locked.UTC())
	}
}

func (l *Limiter) refuse(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	now := l.c.Now()
	l.mu.Lock()
	warn := now.Sub(l.warned) >= warnEvery
	if warn {
		l.warned = now
	}
	l.mu.Unlock()
	if warn {
		l.c.Log.WarnContext(r.Context(), "somebody asks more often than is taken, and is told to wait")
	}
	r.Pattern = "limited"
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	l.c.Refuse.ServeHTTP(w, r)
}

// address is where a request comes from: of the addresses that it passed, the last that is no
// proxy of ours; "" for this machine itself, which is nobody's office. Of IPv6 the network counts,
// of which everybody has as many addresses as they like.
func (l *Limiter) address(r *http.Request) string {
	at, ok := parse(r.RemoteAddr)
	if !ok {
		return ""
	}
	if !l.ours(at) {
		return name(at)
	}
	passed := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(passed) {
		from, ok := parse(strings.TrimSpace(text))
		if !ok {
			break
		}
		if at = from; !l.ours(at) {
			break
		}
	}
	return name(at)
}

func (l *Limiter) ours(at netip.Addr) bool {
	return slices.ContainsFunc(l.c.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

func parse(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	at, err := netip.ParseAddr(text)
	return at.Unmap().WithZone(""), err == nil
}

func name(at netip.Addr) string {
	switch {
	case at.IsLoopback():
		return ""
	case at.Is6():
		return netip.PrefixFrom(at, 64).Masked().String()
	}
	return at.String()
}

// told notes the status of an answer.
type told struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (t *told) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController.
func (t *told) Unwrap() http.ResponseWriter { return t.ResponseWriter }
