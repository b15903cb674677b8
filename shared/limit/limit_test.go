package limit_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lianban/shared/limit"
)

// house answers 404 to who asks for a code that is wrong.
type house struct {
	*testing.T
	now    time.Time
	served http.Handler
	log    strings.Builder
	done   int
}

func open(t *testing.T, change func(*limit.Config)) *house {
	h := &house{T: t, now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	c := limit.Config{
		Now: func() time.Time { return h.now }, Person: limit.Rate{PerSecond: 2, Burst: 3}, Address: limit.Rate{PerSecond: 10, Burst: 20},
		Who:     func(r *http.Request) string { return r.Header.Get("Who") },
		Guessed: func(r *http.Request) bool { return r.URL.Path == "/status" },
		Refuse:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }),
		Log:     slog.New(slog.NewTextHandler(&h.log, nil)), Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")},
	}
	if change != nil {
		change(&c)
	}
	h.served = limit.New(c).Around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.done++
		if r.URL.Query().Get("code") == "wrong" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	return h
}

func (h *house) ask(path, from, forwarded, who string) (status int, retry string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from
	if forwarded != "" {
		r.Header.Set("X-Forwarded-For", forwarded)
	}
	r.Header.Set("Who", who)
	w := httptest.NewRecorder()
	h.served.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Retry-After")
}

func (h *house) many(n int, path, from, forwarded, who string) (taken int) {
	for range n {
		if status, _ := h.ask(path, from, forwarded, who); status != http.StatusTooManyRequests {
			taken++
		}
	}
	return taken
}

func TestAPersonIsToldToWaitAndNobodyElseIs(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	if n := h.many(10, "/", "192.0.2.1:5", "", "a"); n != 3 {
		t.Errorf("%d of ten at once are taken", n)
	}
	if status, retry := h.ask("/", "198.51.100.7:5", "", "a"); status != 429 || retry != "1" {
		t.Errorf("from elsewhere the same person is answered %d, %s", status, retry)
	}
	if n := h.many(3, "/", "192.0.2.1:5", "", "b"); n != 3 {
		t.Errorf("a colleague's: %d of three", n)
	}
	done := h.done
	if h.ask("/", "192.0.2.1:5", "", "a"); h.done != done {
		t.Error("what is refused is done")
	}
	h.now = h.now.Add(time.Second)
	if n := h.many(5, "/", "192.0.2.1:5", "", "a"); n != 2 {
		t.Errorf("a second later %d are taken", n)
	}
}

func TestAnAddressIsToldToWaitWhoeverItSaysItIs(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(h *house, k int) int{
		"directly": func(h *house, k int) int { return h.many(1, "/", "192.0.2.1:5", "", fmt.Sprint(k)) },
		"under made-up addresses before its own": func(h *house, k int) int {
			return h.many(1, "/", "10.1.1.1:5", fmt.Sprintf("203.0.113.%d, 192.0.2.1", k), fmt.Sprint(k))
		},
		"through two proxies of ours": func(h *house, k int) int {
			return h.many(1, "/", "127.0.0.1:5", "192.0.2.1, 10.1.1.9", fmt.Sprint(k))
		},
		"without a proxy of ours, whatever it writes": func(h *house, k int) int {
			return h.many(1, "/", "192.0.2.1:5", fmt.Sprintf("203.0.113.%d", k), fmt.Sprint(k))
		},
		"by another address of its IPv6 network": func(h *house, k int) int {
			return h.many(1, "/", fmt.Sprintf("[2001:db8::%x]:5", k+1), "", fmt.Sprint(k))
		},
	} {
		h, taken := open(t, nil), 0
		for k := range 50 {
			taken += ask(h, k)
		}
		if taken != 20 {
			t.Errorf("%s: %d of 50 are taken", name, taken)
		}
	}
	h := open(t, nil)
	if n := h.many(50, "/", "127.0.0.1:5", "", ""); n != 50 {
		t.Errorf("of this machine's own %d of 50 are taken", n)
	}
	if n := h.many(50, "/", "no address", "", ""); n != 50 {
		t.Errorf("without an address %d of 50 are taken", n)
	}
}

func TestWhoGuessesIsLockedOutOfGuessingAndOfNothingElse(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *limit.Config) { c.Address.PerSecond = 0 })
	const guess, there = "/status?code=wrong", "192.0.2.1:5"
	if n := h.many(100, guess, there, "", ""); n != limit.Misses {
		t.Errorf("%d guesses are answered", n)
	}
	if status, retry := h.ask("/status", there, "", ""); status != 429 || retry != fmt.Sprint(int(limit.LockFor.Seconds())) {
		t.Errorf("a right code is answered %d, %s", status, retry)
	}
	if status, _ := h.ask("/", there, "", "a"); status != 200 {
		t.Errorf("a colleague's work is answered %d", status)
	}
	if status, _ := h.ask("/status", "192.0.2.9:5", "", ""); status != 200 {
		t.Errorf("others are answered %d", status)
	}
	h.now = h.now.Add(limit.LockFor)
	if status, _ := h.ask("/status", there, "", ""); status != 200 {
		t.Errorf("afterwards a right code is answered %d", status)
	}
	// Who mistypes now and then is never locked out.
	for range 100 {
		h.now = h.now.Add(time.Minute)
		if status, _ := h.ask(guess, there, "", ""); status != http.StatusNotFound {
			t.Fatal("a mistyped code now and then locks somebody out")
		}
	}
	if strings.Contains(h.log.String(), "192.0.2") || !strings.Contains(h.log.String(), "locked out") {
		t.Errorf("the log: %s", h.log.String())
	}
}

func TestNoLimitIsNone(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *limit.Config) { c.Person, c.Address = limit.Rate{}, limit.Rate{} })
	if n := h.many(1000, "/", "192.0.2.1:5", "", "a"); n != 1000 {
		t.Errorf("%d of a thousand are taken", n)
	}
}
