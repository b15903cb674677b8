package access_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"lianban/shared/access"
	"lianban/shared/roster"
)

// city is an issuer as a city would run one.
type city struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetches int
	down    bool
}

func found(t *testing.T) *city {
	t.Helper()
	c := &city{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fetches++
		switch {
		case c.down:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/.well-known/openid-configuration":
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": c.URL, "jwks_uri": c.URL + "/keys"})
		case r.URL.Path == "/keys":
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: c.keys})
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *city) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func (c *city) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches
}

// publish makes a key and has the issuer show it, in place of those before.
func (c *city) publish(t *testing.T, id string, key crypto.Signer, alg jose.SignatureAlgorithm) jose.SigningKey {
	t.Helper()
	c.set(func() { c.keys = []jose.JSONWebKey{{Key: key.Public(), KeyID: id, Algorithm: string(alg), Use: "sig"}} })
	return jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}
}

func rsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, key jose.SigningKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// desk is a verifier with a clock that a test moves, and a token that is good.
type desk struct {
	*access.OIDC
	city *city
	now  time.Time
}

func sit(t *testing.T, change func(*access.OIDCConfig)) *desk {
	t.Helper()
	d := &desk{city: found(t), now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	config := access.OIDCConfig{URL: d.city.URL, Audience: "lianban", Now: func() time.Time { return d.now }}
	if change != nil {
		change(&config)
	}
	d.OIDC = access.NewOIDC(config)
	return d
}

func (d *desk) claims(change map[string]any) map[string]any {
	c := map[string]any{"iss": d.city.URL, "sub": "p1", "aud": "lianban", "iat": d.now.Unix(), "exp": d.now.Add(time.Hour).Unix(), "role": "officer", "unit": "water"}
	for name, value := range change {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func TestOIDCReadsThePostFromTheClaims(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	if d.city.count() != 0 {
		t.Error("something was fetched before there was a token")
	}
	key := d.city.publish(t, "k1", rsaKey(t), jose.RS256)
	want := access.Identity{Person: "p1", Post: roster.Post{Role: roster.Officer, Unit: "water"}}
	for range 3 {
		id, err := d.Verify(t.Context(), sign(t, key, d.claims(nil)))
		if err != nil || id.Person != want.Person || id.Post != want.Post || !id.Expires.Equal(d.now.Add(time.Hour)) {
			t.Fatalf("verify: %+v %v", id, err)
		}
	}
	if n := d.city.count(); n != 2 {
		t.Errorf("%d fetches; the document and the keys are to be kept", n)
	}
}

func TestOIDCReadsTheClaimsThatAreConfigured(t *testing.T) {
	t.Parallel()
	d := sit(t, func(c *access.OIDCConfig) {
		c.Keys = c.URL + "/keys"
		c.PersonClaim, c.RoleClaim, c.UnitClaim = "employee", "custom:role", "custom:unit"
		c.Algorithms = []string{"ES256"}
	})
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := d.city.publish(t, "k1", curve, jose.ES256)
	id, err := d.Verify(t.Context(), sign(t, key, d.claims(map[string]any{"employee": "e7", "custom:role": "secretary", "custom:unit": "b", "aud": []string{"other", "lianban"}})))
	if err != nil || id.Person != "e7" || id.Post != (roster.Post{Role: roster.Secretary, Unit: "b"}) {
		t.Errorf("verify: %+v %v", id, err)
	}
	if n := d.city.count(); n != 1 {
		t.Errorf("%d fetches; the keys' address is known without discovery", n)
	}
}

func TestOIDCFollowsARotationOfKeys(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	first := d.city.publish(t, "k1", rsaKey(t), jose.RS256)
	old := sign(t, first, d.claims(nil))
	if _, err := d.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	second := d.city.publish(t, "k2", rsaKey(t), jose.RS256)
	if _, err := d.Verify(t.Context(), sign(t, second, d.claims(nil))); !errors.Is(err, access.ErrToken) {
		t.Errorf("a key that is not known, a moment after keys were fetched, answers %v", err)
	}
	before := d.city.count()
	d.now = d.now.Add(6 * time.Second)
	if _, err := d.Verify(t.Context(), sign(t, second, d.claims(nil))); err != nil {
		t.Errorf("a new key: %v", err)
	}
	d.now = d.now.Add(6 * time.Second)
	_, err := d.Verify(t.Context(), old)
	for err == nil && t.Context().Err() == nil { // keys are handed out a moment before they are kept
		runtime.Gosched()
		_, err = d.Verify(t.Context(), old)
	}
	if !errors.Is(err, access.ErrToken) {
		t.Errorf("a withdrawn key answers %v", err)
	}
	for range 50 {
		_, _ = d.Verify(t.Context(), old)
	}
	if n := d.city.count(); n != before+2 {
		t.Errorf("%d fetches for two keys that were not known", n-before)
	}
}

func TestOIDCRefusesWhatIsNotForIt(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	private := rsaKey(t)
	key := d.city.publish(t, "k1", private, jose.RS256)
	other := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: rsaKey(t), KeyID: "k1"}}
	pinned := jose.SigningKey{Algorithm: jose.PS256, Key: jose.JSONWebKey{Key: private, KeyID: "k1"}}
	// The public key as the secret of a symmetric signature: a classic.
	public, err := json.Marshal(jose.JSONWebKey{Key: private.Public(), KeyID: "k1"})
	if err != nil {
		t.Fatal(err)
	}
	symmetric := jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: "k1"}}
	good := sign(t, key, d.claims(nil))
	_, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for name, token := range map[string]string{
		"another audience":        sign(t, key, d.claims(map[string]any{"aud": "another"})),
		"no audience":             sign(t, key, d.claims(map[string]any{"aud": nil})),
		"another issuer":          sign(t, key, d.claims(map[string]any{"iss": "https://other.example"})),
		"expired":                 sign(t, key, d.claims(map[string]any{"exp": d.now.Add(-time.Second).Unix()})),
		"without expiry":          sign(t, key, d.claims(map[string]any{"exp": nil})),
		"of tomorrow":             sign(t, key, d.claims(map[string]any{"nbf": d.now.Add(24 * time.Hour).Unix()})),
		"another's key":           sign(t, other, d.claims(nil)),
		"algorithm not pinned":    sign(t, pinned, d.claims(nil)),
		"symmetric":               sign(t, symmetric, d.claims(nil)),
		"none":                    "eyJhbGciOiJub25lIn0." + payload + ".",
		"none with a signature":   "eyJhbGciOiJub25lIn0." + payload + "." + signature,
		"no person":               sign(t, key, d.claims(map[string]any{"sub": nil})),
		"a role that is a number": sign(t, key, d.claims(map[string]any{"role": 7})),
		"no role":                 sign(t, key, d.claims(map[string]any{"role": nil})),
		"a role not known":        sign(t, key, d.claims(map[string]any{"role": "machine"})),
		"empty":                   "",
		"nonsense":                "x.y.z",
		"huge":                    strings.Repeat("a", 20<<10) + ".b.c",
	} {
		if _, err := d.Verify(t.Context(), token); !errors.Is(err, access.ErrToken) {
			t.Errorf("%s answers %v", name, err)
		}
	}
	if _, err := d.Verify(t.Context(), good); err != nil {
		t.Error(err)
	}
}

func TestOIDCTellsAnIssuerThatIsDownFromABadToken(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	key := d.city.publish(t, "k1", rsaKey(t), jose.RS256)
	token := sign(t, key, d.claims(nil))
	outage := func(what string) {
		t.Helper()
		for range 3 {
			if _, err := d.Verify(t.Context(), token); err == nil || errors.Is(err, access.ErrToken) {
				t.Errorf("%s answers %v", what, err)
			}
		}
	}
	d.city.set(func() { d.city.down = true })
	outage("no discovery")
	if n := d.city.count(); n != 1 {
		t.Errorf("%d fetches of an issuer that is down, at one moment", n)
	}
	d.now = d.now.Add(6 * time.Second)
	d.city.set(func() { d.city.down = false })
	if _, err := d.Verify(t.Context(), token); err != nil {
		t.Fatalf("after the outage: %v", err)
	}
	next := d.city.publish(t, "k2", rsaKey(t), jose.RS256)
	d.city.set(func() { d.city.down = true })
	d.now = d.now.Add(6 * time.Second)
	if _, err := d.Verify(t.Context(), token); err != nil {
		t.Errorf("a key that is known while the issuer is down: %v", err)
	}
	token = sign(t, next, d.claims(nil))
	outage("a key that is not known while the issuer is down")
}
