package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lianban/shared/access"
	"lianban/shared/config"
	"lianban/shared/webui"
)

// OIDCFlags say at which issuer people sign in; without them the demo people do, here.
type OIDCFlags struct {
	Issuer      string   `help:"Address of the OpenID Connect issuer at which people sign in; needs --public, whose callback and back-channel logout are registered there." placeholder:"URL"`
	Client      string   `help:"This application's name at the issuer." default:"lianban" placeholder:"ID"`
	SecretFile  string   `help:"File with this application's password at the issuer; none for a public client (PKCE is used in any case)." placeholder:"FILE"`
	PersonClaim string   `help:"Claim that holds the person's id on the roster." default:"sub" placeholder:"NAME"`
	Algorithms  []string `help:"Signatures of the issuer's tokens." default:"RS256,ES256" placeholder:"NAME,..."`
	DecidingACR []string `name:"deciding-acr" help:"Classes of sign-ins (acr) of which those who decide need one." placeholder:"NAME,..."`
	DecidingAMR []string `name:"deciding-amr" help:"Methods of sign-ins (amr), such as otp or sc, of which those who decide need one." placeholder:"NAME,..."`
}

// flow is the sign-in at the issuer; nil when there is none.
func (f *OIDCFlags) flow(public string) (*access.Flow, error) {
	if f.Issuer == "" {
		return nil, nil
	}
	if !config.Address(f.Issuer) {
		return nil, fmt.Errorf("--oidc-issuer %s: this is no https address of an issuer", f.Issuer)
	}
	if !config.Address(public) {
		return nil, errors.New("--oidc-issuer needs --public, the https address at which people reach the pages: the issuer sends them back there")
	}
	for _, name := range f.Algorithms {
		if !config.Signature(name) {
			return nil, fmt.Errorf("--oidc-algorithms %s: this is no signature of a key pair; RS256 and ES256 are the usual ones", name)
		}
	}
	c := access.OIDCConfig{
		URL: f.Issuer, Audience: f.Client, Algorithms: f.Algorithms, PersonClaim: f.PersonClaim, Now: time.Now,
		Demand: access.Demand{Classes: f.DecidingACR, Methods: f.DecidingAMR},
	}
	flow := &access.Flow{OIDC: access.NewOIDC(c), Back: strings.TrimSuffix(public, "/") + webui.Callback}
	if f.SecretFile != "" {
		text, err := os.ReadFile(f.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("--oidc-secret-file: %w", err)
		}
		if flow.Secret = string(bytes.TrimSpace(text)); flow.Secret == "" {
			return nil, fmt.Errorf("--oidc-secret-file %s: the file is empty", f.SecretFile)
		}
	}
	return flow, nil
}
