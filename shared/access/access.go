// Package access says who is calling: it verifies tokens and turns them into an
// identity. What an identity may do is said by package policy and the rules in approval.
//
// It must not know where a request came from (a header, a cookie) nor what it
// asks for. Tokens are OpenID Connect ID tokens, verified by go-oidc; the local
// default signs its own for demo people, a city's own provider takes its place
// by another [Verifier], and by a [Flow] for people with a browser.
package access

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"lianban/shared/roster"
)

// Identity is who signed in, and in which of the person's posts, or in whose
// place (代办).
type Identity struct {
	Person  roster.PersonID
	Post    roster.Post
	For     roster.PersonID // whom Person stands in for in the post; empty: it is their own
	Expires time.Time
}

// Verifier turns a token into an identity, or answers ErrToken.
type Verifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}

// ErrToken is a token that is not good: forged, expired, or for somebody else.
var ErrToken = errors.New("the sign-in is not valid or has expired")

// audience is whom the local issuer's tokens are for.
const audience = "lianban"

// sessionFor is how long a local sign-in lasts: one working day.
const sessionFor = 12 * time.Hour

// Local is the built-in issuer: it signs demo people in without a password, and
// therefore serves loopback only; see Loopback.
type Local struct {
	issuer   string
	key      ed25519.PrivateKey
	now      func() time.Time
	verifier *oidc.IDTokenVerifier
}

var _ Verifier = (*Local)(nil)

// NewLocal makes an issuer with a key of its own.
func NewLocal(issuer string, key ed25519.PrivateKey, now func() time.Time) *Local {
	keys := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key.Public()}}
	return &Local{issuer: issuer, key: key, now: now, verifier: oidc.NewVerifier(issuer, keys, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: []string{oidc.EdDSA}, Now: now,
	})}
}

type claims struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Audience string      `json:"aud"`
	IssuedAt int64       `json:"iat"`
	Expires  int64       `json:"exp"`
	Role     roster.Role `json:"role"`
	Unit     string      `json:"unit,omitempty"`
	For      string      `json:"for,omitempty"`
}

// SignIn issues a token for a person in one of the person's posts.
func (l *Local) SignIn(person roster.PersonID, post roster.Post) (string, Identity, error) {
	return l.StandIn(person, post, "")
}

// StandIn issues a token for a person in the post of a colleague whom they stand in for.
func (l *Local) StandIn(person roster.PersonID, post roster.Post, absent roster.PersonID) (string, Identity, error) {
	now := l.now()
	expires := now.Add(sessionFor)
	text, err := json.Marshal(claims{l.issuer, string(person), audience, now.Unix(), expires.Unix(), post.Role, post.Unit, string(absent)})
	if err != nil {
		return "", Identity{}, fmt.Errorf("encode claims: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: l.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", Identity{}, fmt.Errorf("make signer: %w", err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", Identity{}, fmt.Errorf("sign: %w", err)
	}
	token, err := signed.CompactSerialize()
	return token, Identity{Person: person, Post: post, For: absent, Expires: expires}, err
}

// Verify implements Verifier.
func (l *Local) Verify(ctx context.Context, token string) (Identity, error) {
	verified, err := l.verifier.Verify(ctx, token)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return Identity{Person: roster.PersonID(c.Subject), Post: roster.Post{Role: c.Role, Unit: c.Unit}, For: roster.PersonID(c.For), Expires: verified.Expiry}, nil
}

// Loopback reports whether an address to listen on can be reached from this
// machine alone, which the built-in issuer demands.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
