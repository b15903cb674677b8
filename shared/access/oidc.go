package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"lianban/shared/roster"
)

// OIDCConfig says whose ID tokens are taken, and which of their claims mean what.
// URL, Audience and Now are required.
type OIDCConfig struct {
	URL      string // of the issuer, as it stands in the tokens
	Audience string // this application's name at the issuer
	// Keys is where the issuer's signing keys are; empty: the issuer's discovery
	// document is asked.
	Keys       string
	Algorithms []string // of signatures; nil: RS256 and ES256
	// The claims that name the person, the role and the unit; "sub", "role" and
	// "unit" when empty. The claim "for" names whom the person stands in for, if
	// anybody.
	PersonClaim, RoleClaim, UnitClaim string
	Demand                            Demand // on how those signed in who decide

	Now       func() time.Time
	Transport http.RoundTripper // nil: the default
}

// OIDC verifies the ID tokens of a city's own issuer. Issuer, audience, expiry
// and the algorithms are pinned; a token cannot choose any of them.
//
// Nothing is fetched before the first token comes. Keys are kept and fetched
// anew when a token names one that is not known, at most every few seconds, so
// that made-up tokens cannot be turned against the issuer. An issuer that does
// not answer is an ordinary error and not ErrToken: it is not the caller's fault.
type OIDC struct {
	config OIDCConfig
	pace   *pace

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier // nil until the keys' address is known
	document *document             // nil until the issuer has been asked
}

var _ Verifier = (*OIDC)(nil)

// document is what an issuer says of itself (OpenID Connect Discovery 1.0).
type document struct {
	Keys      string `json:"jwks_uri"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Leave     string `json:"end_session_endpoint"`
}

const (
	fetchWithin = 5 * time.Second
	fetchEvery  = 5 * time.Second
	largestKeys = 1 << 20
	// largestToken is what HTTP servers take as a header, roughly.
	largestToken = 16 << 10
)

// forClaim names whom the person stands in for.
const forClaim = "for"

// NewOIDC makes a verifier; it opens no connection.
func NewOIDC(c OIDCConfig) *OIDC {
	if c.Algorithms == nil {
		c.Algorithms = []string{oidc.RS256, oidc.ES256}
	}
	for claim, usual := range map[*string]string{&c.PersonClaim: "sub", &c.RoleClaim: "role", &c.UnitClaim: "unit"} {
		if *claim == "" {
			*claim = usual
		}
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return &OIDC{config: c, pace: &pace{next: c.Transport, now: c.Now, fetched: map[string]fetch{}}}
}

// Verify implements Verifier.
func (o *OIDC) Verify(ctx context.Context, token string) (Identity, error) {
	verified, err := o.verify(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	var claims map[string]json.RawMessage
	if err := verified.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	text := func(claim string) (s string) {
		if json.Unmarshal(claims[claim], &s) != nil {
			return ""
		}
		return s
	}
	id := Identity{
		Person: roster.PersonID(text(o.config.PersonClaim)), Expires: verified.Expiry,
		Post: roster.Post{Role: roster.Role(text(o.config.RoleClaim)), Unit: text(o.config.UnitClaim)},
		For:  roster.PersonID(text(forClaim)),
	}
	if id.Person == "" || !slices.Contains(roster.Roles(), id.Post.Role) {
		return Identity{}, fmt.Errorf("%w: the claims %q and %q name no person in a role that is known", ErrToken, o.config.PersonClaim, o.config.RoleClaim)
	}
	var strength Strength
	if err := verified.Claims(&strength); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if !o.config.Demand.Met(id.Post.Role, strength) {
		return Identity{}, fmt.Errorf("%w: the role %s needs a stronger sign-in", ErrToken, id.Post.Role)
	}
	return id, nil
}

// verify answers a token that is the issuer's, for this application and in force.
func (o *OIDC) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
	if len(token) > largestToken || strings.Count(token, ".") != 2 {
		return nil, fmt.Errorf("%w: not a signed token", ErrToken)
	}
	verifier, err := o.ready()
	if err != nil {
		return nil, err
	}
	var outage error
	verified, err := verifier.Verify(context.WithValue(ctx, outageKey{}, &outage), token)
	switch {
	case outage != nil:
		return nil, fmt.Errorf("fetch the keys of %s: %w", o.config.URL, outage)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return verified, nil
}

// ready finds out, once, where the keys are. A failure is not remembered beyond
// the pace of fetching. The request's context is left out: who waits for it is
// not alone.
func (o *OIDC) ready() (*oidc.IDTokenVerifier, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.verifier != nil {
		return o.verifier, nil
	}
	ctx, address := o.paced(), o.config.Keys
	if address == "" {
		d, err := o.discover()
		if err != nil {
			return nil, err
		}
		address = d.Keys
	}
	o.verifier = oidc.NewVerifier(o.config.URL, keys{oidc.NewRemoteKeySet(ctx, address)}, &oidc.Config{
		ClientID: o.config.Audience, SupportedSigningAlgs: o.config.Algorithms, Now: o.config.Now,
	})
	return o.verifier, nil
}

// paced is for what is fetched of the issuer's own accord.
func (o *OIDC) paced() context.Context {
	return oidc.ClientContext(context.Background(), &http.Client{Transport: o.pace, Timeout: fetchWithin})
}

// discover asks the issuer, once, what it says of itself. The caller holds the lock.
func (o *OIDC) discover() (*document, error) {
	if o.document != nil {
		return o.document, nil
	}
	provider, err := oidc.NewProvider(o.paced(), o.config.URL)
	if err != nil {
		return nil, fmt.Errorf("discover the issuer %s: %w", o.config.URL, err)
	}
	var d document
	if err := provider.Claims(&d); err != nil || d.Keys == "" {
		return nil, fmt.Errorf("discover the issuer %s: its document names no keys", o.config.URL)
	}
	o.document = &d
	return o.document, nil
}

// keys tells an issuer that does not answer from a signature that is wrong.
type keys struct{ *oidc.RemoteKeySet }

// outageKey leads to where VerifySignature leaves what kept it from fetching.
type outageKey struct{}

func (k keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.RemoteKeySet.VerifySignature(ctx, token)
	if err != nil && strings.HasPrefix(err.Error(), "fetching keys") && !errors.Is(err, errFresh) {
		if outage, ok := ctx.Value(outageKey{}).(*error); ok {
			*outage = err
		}
	}
	return payload, err
}

// pace fetches an address at most every few seconds, and no more than an
// issuer's documents can reasonably have.
type pace struct {
	next    http.RoundTripper
	now     func() time.Time
	mu      sync.Mutex
	fetched map[string]fetch
}

type fetch struct {
	at  time.Time
	err error
}

var errFresh = errors.New("fetched a moment ago")

// RoundTrip implements http.RoundTripper.
func (p *pace) RoundTrip(r *http.Request) (*http.Response, error) {
	address, now := r.URL.String(), p.now()
	p.mu.Lock()
	last, known := p.fetched[address]
	recent := known && now.Sub(last.at) < fetchEvery
	if !recent {
		p.fetched[address] = fetch{now, errFresh}
	}
	p.mu.Unlock()
	if recent {
		return nil, last.err
	}
	response, err := p.next.RoundTrip(r)
	if err == nil && response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		err = fmt.Errorf("%s answers %s", address, response.Status)
	}
	if err != nil {
		p.mu.Lock()
		p.fetched[address] = fetch{now, err}
		p.mu.Unlock()
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, largestKeys), response.Body}
	return response, nil
}
