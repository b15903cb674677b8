package issuer_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lianban/infra/rehearsal/issuer"
	"lianban/shared/access"
	"lianban/shared/roster"
)

func TestItsTokensAreTakenAsACitysOwnIssuersAre(t *testing.T) {
	t.Parallel()
	var i *issuer.Issuer
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.ServeHTTP(w, r) }))
	defer web.Close()
	made, err := issuer.New(web.URL, "http://127.0.0.1:1", roster.Demo())
	if err != nil {
		t.Fatal(err)
	}
	i = made
	post := roster.Post{Role: roster.Secretary, Unit: "branch-tod"}
	token, err := i.Token("tod-secretary", post)
	if err != nil {
		t.Fatal(err)
	}
	id, err := access.NewOIDC(access.OIDCConfig{URL: web.URL, Audience: issuer.Audience, Now: time.Now}).Verify(t.Context(), token)
	if err != nil || id.Person != "tod-secretary" || id.Post != post {
		t.Errorf("verified: %+v %v", id, err)
	}
	if _, err := i.Token("tod-secretary", roster.Post{Role: roster.Administrator}); err == nil {
		t.Error("a post is signed that the person does not hold")
	}
}

func TestRefusesASignInFromAnotherSite(t *testing.T) {
	t.Parallel()
	i, err := issuer.New("http://127.0.0.1:1", "http://127.0.0.1:2", roster.Demo())
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:1/sign-in", http.NoBody)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	i.ServeHTTP(w, req)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}
