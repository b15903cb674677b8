// Package issuer is an OpenID Connect issuer for a rehearsal: it signs the
// demonstration's people in without a password, and therefore listens on
// loopback only.
//
// It must not know what its tokens are used for. The functions verify them as
// they verify a city's own issuer's: by its discovery document and its keys.
package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"lianban/shared/access"
	"lianban/shared/roster"
)

// Audience is whom the tokens are for.
const Audience = "lianban-rehearsal"

// sessionFor is how long a sign-in lasts: one working day.
const sessionFor = 12 * time.Hour

// Issuer is an http.Handler.
type Issuer struct {
	// URL is the issuer's own address, App the pages' to which a sign-in leads.
	URL, App string
	Roster   *roster.Roster

	key *ecdsa.PrivateKey
	mux *http.ServeMux
}

const keyID = "rehearsal"

// New makes an issuer with a key of its own, for its own address and the pages'.
func New(url, app string, people *roster.Roster) (*Issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the issuer's key: %w", err)
	}
	i := &Issuer{URL: url, App: app, Roster: people, key: key, mux: http.NewServeMux()}
	i.mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	i.mux.HandleFunc("GET /keys", i.keys)
	i.mux.HandleFunc("GET /{$}", i.page)
	i.mux.HandleFunc("POST /sign-in", i.signIn)
	i.mux.HandleFunc("POST /token", i.token)
	return i, nil
}

// ServeHTTP implements http.Handler.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NewCrossOriginProtection().Handler(i.mux).ServeHTTP(w, r)
}

// Token signs a person in, in one of the person's posts.
func (i *Issuer) Token(person roster.PersonID, post roster.Post) (string, error) {
	if !i.Roster.Holds(person, post.Role, post.Unit) {
		return "", fmt.Errorf("%s is not %s of %s", person, post.Role, post.Unit)
	}
	now := time.Now()
	text, err := json.Marshal(map[string]any{
		"iss": i.URL, "sub": person, "aud": Audience, "iat": now.Unix(), "exp": now.Add(sessionFor).Unix(), "role": post.Role, "unit": post.Unit,
	})
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: keyID}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("make signer: %w", err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed.CompactSerialize()
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{
		"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/", "token_endpoint": i.URL + "/token",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: keyID, Algorithm: string(jose.ES256), Use: "sig"}}})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (i *Issuer) asked(w http.ResponseWriter, r *http.Request) (string, bool) {
	token, err := i.Token(roster.PersonID(r.PostFormValue("person")), roster.Post{Role: roster.Role(r.PostFormValue("role")), Unit: r.PostFormValue("unit")})
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
	}
	return token, err == nil
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	if token, ok := i.asked(w, r); ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(token))
	}
}

// signIn leaves the token in the pages' cookie: a cookie belongs to a host,
// whatever the port.
func (i *Issuer) signIn(w http.ResponseWriter, r *http.Request) {
	if token, ok := i.asked(w, r); ok {
		http.SetCookie(w, &http.Cookie{Name: access.SessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, i.App+"/", http.StatusSeeOther)
	}
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>演练登录 Rehearsal sign-in</title></head>
<body><h1>演练登录 Rehearsal sign-in</h1><p>人员均为虚构，无需口令。 All are invented; no password.</p><ul>
{{range .}}<li><form method="post" action="/sign-in"><input type="hidden" name="person" value="{{.Person}}"><input type="hidden" name="role" value="{{.Role}}"><input type="hidden" name="unit" value="{{.Unit}}"><button>{{.Name}}</button></form></li>
{{end}}</ul></body></html>
`))

func (i *Issuer) page(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Person roster.PersonID
		Role   roster.Role
		Unit   string
		Name   string
	}
	var rows []row
	for _, person := range i.Roster.Everybody() {
		for _, post := range person.Posts {
			unit := i.Roster.UnitName(post.Unit)
			rows = append(rows, row{person.ID, post.Role, post.Unit, person.NameZH + " " + post.Role.Name().ZH + " " + unit.ZH + " · " + person.NameEN + ", " + post.Role.Name().EN + ", " + unit.EN})
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, rows)
}
