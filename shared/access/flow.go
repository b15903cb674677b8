package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"lianban/shared/roster"
)

// Flow signs people in at the issuer for the pages: the authorization code flow (OpenID Connect
// Core 1.0, section 3.1) with PKCE (RFC 7636, S256), a state and a nonce, all three new for each
// try. What is to be remembered of a try until the browser comes back is a signed memo, which the
// caller keeps in a cookie: only the browser that began can end.
type Flow struct {
	*OIDC
	// Secret is this application's password at the issuer; empty: it is a public client, which
	// PKCE alone protects.
	Secret string
	// Back is the address of this application to which the issuer sends the browser.
	Back string
	Key  []byte // signs memos; 16 bytes at least
}

// tryFor is how long somebody may take at the issuer (assumed).
const tryFor = 10 * time.Minute

// memo is what is remembered of a try.
type memo struct {
	State, Nonce, Verifier, Next string
	Until                        int64
}

// Subject is who signed in at the issuer, as the issuer says.
type Subject struct {
	Person  roster.PersonID
	ID      string // the issuer's name for the person ("sub")
	Session string // the issuer's name for the sign-in ("sid"); empty when it gives none
	Strength
}

// ErrTry is a return from the issuer that belongs to no try of this browser, or to one that took
// too long.
var ErrTry = errors.New("this sign-in was not begun in this browser, or took too long")

// Refusal is what the issuer, or the person there, refused: a code such as access_denied.
type Refusal struct{ Code string }

func (r *Refusal) Error() string { return "the issuer refuses the sign-in: " + r.Code }

// Begin answers where the browser is to go, and the memo.
func (f *Flow) Begin(next string) (address, kept string, err error) {
	client, err := f.client()
	if err != nil {
		return "", "", err
	}
	m := memo{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), next, f.config.Now().Add(tryFor).Unix()}
	text, err := json.Marshal(m)
	if err != nil {
		return "", "", fmt.Errorf("encode what is remembered of a sign-in: %w", err)
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(m.Nonce), oauth2.S256ChallengeOption(m.Verifier)}
	if classes := f.config.Demand.Classes; len(classes) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(classes, " ")))
	}
	body := base64.RawURLEncoding.EncodeToString(text)
	return client.AuthCodeURL(m.State, options...), body + "." + f.sign(body), nil
}

// Finish ends a try with what the issuer sent back, and answers who signed in and where they
// wanted to go. It answers ErrTry, ErrToken, a *Refusal, or that the issuer cannot be reached.
func (f *Flow) Finish(ctx context.Context, kept string, q url.Values) (Subject, string, error) {
	m, err := f.remember(kept)
	if err != nil {
		return Subject{}, "", err
	}
	if !hmac.Equal([]byte(q.Get("state")), []byte(m.State)) {
		return Subject{}, "", ErrTry
	}
	if iss := q.Get("iss"); iss != "" && iss != f.config.URL { // RFC 9207: another issuer's answer
		return Subject{}, "", ErrTry
	}
	if code := q.Get("error"); code != "" {
		return Subject{}, m.Next, &Refusal{code}
	}
	client, err := f.client()
	if err != nil {
		return Subject{}, m.Next, err
	}
	reach := oidc.ClientContext(ctx, &http.Client{Transport: f.config.Transport, Timeout: fetchWithin})
	token, err := client.Exchange(reach, q.Get("code"), oauth2.VerifierOption(m.Verifier))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response.StatusCode < http.StatusInternalServerError {
		return Subject{}, m.Next, fmt.Errorf("%w: the issuer does not take the code: %s", ErrToken, e.ErrorCode)
	}
	if err != nil {
		return Subject{}, m.Next, fmt.Errorf("exchange the code at %s: %w", f.config.URL, err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := f.verify(ctx, raw)
	if err != nil {
		return Subject{}, m.Next, err
	}
	if !hmac.Equal([]byte(verified.Nonce), []byte(m.Nonce)) {
		return Subject{}, m.Next, fmt.Errorf("%w: its nonce is of another sign-in", ErrToken)
	}
	s := Subject{ID: verified.Subject}
	var claims map[string]json.RawMessage
	var session struct {
		ID string `json:"sid"`
	}
	if err := errors.Join(verified.Claims(&s.Strength), verified.Claims(&session), verified.Claims(&claims)); err != nil {
		return Subject{}, m.Next, fmt.Errorf("%w: %w", ErrToken, err)
	}
	s.Session = session.ID
	if json.Unmarshal(claims[f.config.PersonClaim], &s.Person) != nil || s.Person == "" {
		return Subject{}, m.Next, fmt.Errorf("%w: the claim %q names no person", ErrToken, f.config.PersonClaim)
	}
	return s, m.Next, nil
}

// Demands says what is demanded of sign-ins of those who decide.
func (f *Flow) Demands() Demand { return f.config.Demand }

// Left verifies what the issuer says of somebody who signed out there (OpenID Connect Back-Channel
// Logout 1.0): whose sign-ins end, or which one; of the two, one may be empty.
func (f *Flow) Left(ctx context.Context, token string) (subject, session string, err error) {
	if len(token) > largestToken || strings.Count(token, ".") != 2 {
		return "", "", fmt.Errorf("%w: not a signed token", ErrToken)
	}
	verifier, err := f.ready()
	if err != nil {
		return "", "", err
	}
	var outage error
	left, err := verifier.VerifyLogout(context.WithValue(ctx, outageKey{}, &outage), token)
	switch {
	case outage != nil:
		return "", "", fmt.Errorf("fetch the keys of %s: %w", f.config.URL, outage)
	case err != nil:
		return "", "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	return left.Subject, left.SessionID, nil
}

// Leave is where a browser signs out of the issuer too; empty when the issuer has no such place.
func (f *Flow) Leave(back string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, err := f.discover()
	if err != nil || d.Leave == "" {
		return ""
	}
	return d.Leave + "?" + url.Values{"client_id": {f.config.Audience}, "post_logout_redirect_uri": {back}}.Encode()
}

func (f *Flow) client() (*oauth2.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, err := f.discover()
	if err != nil {
		return nil, err
	}
	if d.Authorize == "" || d.Token == "" {
		return nil, fmt.Errorf("discover the issuer %s: its document names no place to sign in at", f.config.URL)
	}
	return &oauth2.Config{ClientID: f.config.Audience, ClientSecret: f.Secret, RedirectURL: f.Back, Scopes: []string{oidc.ScopeOpenID}, Endpoint: oauth2.Endpoint{AuthURL: d.Authorize, TokenURL: d.Token}}, nil
}

func (f *Flow) sign(body string) string {
	mac := hmac.New(sha256.New, f.Key)
	_, _ = mac.Write([]byte("a try to sign in " + body)) // it never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f *Flow) remember(kept string) (m memo, err error) {
	body, signature, _ := strings.Cut(kept, ".")
	if !hmac.Equal([]byte(signature), []byte(f.sign(body))) {
		return m, ErrTry
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || f.config.Now().Unix() > m.Until {
		return m, ErrTry
	}
	return m, nil
}
