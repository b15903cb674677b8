package access_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/roster"
)

func issuer(seed byte, now func() time.Time) *access.Local {
	return access.NewLocal("http://127.0.0.1", ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(seed), 32))), now)
}

func TestSignInVerifiesUntilItExpires(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	l := issuer('a', func() time.Time { return now })
	post := roster.Post{Role: roster.Officer, Unit: "water"}
	token, _, err := l.SignIn("p1", post)
	if err != nil {
		t.Fatal(err)
	}
	id, err := l.Verify(t.Context(), token)
	if err != nil || id.Person != "p1" || id.Post != post {
		t.Fatalf("verify: %+v %v", id, err)
	}
	now = now.Add(13 * time.Hour)
	if _, err := l.Verify(t.Context(), token); !errors.Is(err, access.ErrToken) {
		t.Errorf("an expired token answers %v", err)
	}
}

func TestRefusesTokensOfOthers(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) }
	token, _, err := issuer('b', now).SignIn("p1", roster.Post{Role: roster.Administrator})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"another key": token, "nonsense": "x.y.z", "empty": "",
		"unsigned": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xIiwic3ViIjoicDEiLCJhdWQiOiJsaWFuYmFuIiwiZXhwIjo5OTk5OTk5OTk5fQ.",
	} {
		if _, err := issuer('a', now).Verify(t.Context(), bad); !errors.Is(err, access.ErrToken) {
			t.Errorf("%s answers %v", name, err)
		}
	}
}

func TestLoopbackKnowsWhoCanReachAnAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{"127.0.0.1:8080": true, "[::1]:0": true, "localhost:80": true, "0.0.0.0:80": false, ":80": false, "192.168.1.2:80": false, "nonsense": false} {
		if got := access.Loopback(address); got != want {
			t.Errorf("Loopback(%q) = %v", address, got)
		}
	}
}
