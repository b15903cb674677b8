package local

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// facing serves an empty house with a patience, and answers its address.
func facing(t *testing.T, p patience) string {
	t.Helper()
	app, err := Open(t.Context(), Config{Data: t.TempDir() + "/l.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	handler, err := app.Handler()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := p.server(handler, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// dial connects and sends some; nothing may keep the test waiting for ever.
func dial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhoSendsSlowlyIsLetGo(t *testing.T) {
	t.Parallel()
	hasty := usual
	hasty.header, hasty.request, hasty.idle = 50*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond
	address := facing(t, hasty)
	const post = "POST /api/v1/session HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
	for name, text := range map[string]string{
		"a head that breaks off": "GET / HTTP/1.1\r\nHost: h\r\nX-A: ", "a body that breaks off": post,
		"a form that breaks off": strings.Replace(strings.Replace(post, "/api/v1/session", "/sign-in", 1), "application/json", "application/x-www-form-urlencoded", 1),
		"nothing at all":         "", "nothing more": "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n",
	} {
		c := dial(t, address, text)
		answer, err := io.ReadAll(c) // ends when the server lets go
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("who sends %s is waited for", name)
		}
		if strings.Contains(string(answer), " 500 ") {
			t.Errorf("who sends %s is answered %s", name, answer)
		}
	}
	if response, err := http.Get("http://" + address + "/healthz"); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("others are answered %v, %v", response, err)
	} else {
		_ = response.Body.Close()
	}
}

func TestAFloodOfHeadersIsRefused(t *testing.T) {
	t.Parallel()
	address := facing(t, usual)
	var many strings.Builder
	for k := range 4000 {
		fmt.Fprintf(&many, "X-%d: %s\r\n", k, strings.Repeat("x", 20))
	}
	for name, head := range map[string]string{
		"many headers": many.String(), "one long header": "X-A: " + strings.Repeat("x", 100<<10) + "\r\n",
		"a long cookie": "Cookie: lianban_session=" + strings.Repeat("x", 100<<10) + "\r\n",
	} {
		c := dial(t, address, "")
		go func() { _, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: h\r\n"+head+"\r\n") }()
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s are answered %d", name, response.StatusCode)
		}
	}
}
