package httpapi_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/httpapi"
	"lianban/shared/roster"
	"lianban/shared/session"
	"lianban/shared/store"
)

func TestSigningOutEndsTheSessionOfThePages(t *testing.T) {
	t.Parallel()
	w := open(t)
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	sessions := session.New(store.New(store.NewMemory(nil)), func() time.Time { return now }, bytes.NewReader(bytes.Repeat([]byte("r"), 64)))
	w.service.Papers = nil // nothing of them is asked for
	api, err := httpapi.New(httpapi.Config{Service: w.service, Intake: w.intake, Register: w.register, Verifier: session.Either{Sessions: sessions, Tokens: sessions}, Sessions: sessions, CursorKey: bytes.Repeat([]byte("k"), 16)})
	if err != nil {
		t.Fatal(err)
	}
	post := roster.Post{Role: roster.Officer, Unit: "cc-water"}
	secret, err := sessions.Open(t.Context(), access.Subject{Person: "cc-water-officer-1", ID: "sub"}, post, "")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/v1/session", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: access.SecureSessionCookie, Value: secret})
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, r)
		return answer
	}
	if got := ask(http.MethodGet); got.Code != http.StatusOK {
		t.Fatalf("while it runs: %d %s", got.Code, got.Body)
	}
	for range 2 {
		if got := ask(http.MethodDelete); got.Code != http.StatusNoContent || !strings.HasPrefix(got.Header().Get("Set-Cookie"), access.SecureSessionCookie+"=;") {
			t.Errorf("signing out: %d %v", got.Code, got.Header())
		}
	}
	if got := ask(http.MethodGet); got.Code != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", got.Code)
	}
}
