// Api serves the HTTP API and the pages behind API Gateway.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"lianban/shared/access"
	"lianban/shared/archive"
	"lianban/shared/briefing"
	"lianban/shared/config"
	"lianban/shared/httpapi"
	"lianban/shared/intake"
	"lianban/shared/lambdafn"
	"lianban/shared/ledger"
	"lianban/shared/oversight"
	"lianban/shared/roster"
	"lianban/shared/session"
	"lianban/shared/store/s3"
	"lianban/shared/webui"
)

func main() {
	lambdafn.Start(config.Web, func(ctx context.Context, h *lambdafn.House) (lambda.Handler, error) {
		key, err := cursorKey(ctx, h)
		if err != nil {
			return nil, err
		}
		service, issuer := h.Service(nil), access.NewOIDC(h.Issuer)
		verifier, door := access.Verifier(issuer), (*webui.Door)(nil)
		if h.Public != "" { // the issuer has to know where it sends browsers back to
			password, err := clientSecret(ctx, h)
			if err != nil {
				return nil, err
			}
			door = &webui.Door{
				Flow:     &access.Flow{OIDC: issuer, Back: h.Public + webui.Callback, Key: key, Secret: password},
				Sessions: session.New(h.Store, h.Now, rand.Reader),
			}
			door.Sessions.Guards = func(role roster.Role) bool { return service.Rules().Roster.Guards(role) }
			verifier = session.Either{Sessions: door.Sessions, Tokens: issuer}
		}
		keeper := h.Register(service)
		requests := intake.NewService(service, h.Store, newCode)
		settings := httpapi.Config{Service: service, Intake: requests, Register: keeper, Verifier: verifier, Policies: h.Policies, CursorKey: key, Log: h.Log}
		if door != nil {
			settings.Sessions = door.Sessions
		}
		settings.Disposals = oversight.NewDisposals(h.Store, h.Now)
		settings.Ledger, settings.Figures, settings.Archive = ledger.New(service, h.Store), h.Figures(service), archive.New(service, h.Store)
		settings.Briefings, settings.Chains = briefing.New(service, h.Store, settings.Figures, settings.Ledger), h.Store
		settings.Figures.Past = settings.Archive.Past
		if h.Bucket != "" {
			bucket := s3.New(h.Cloud, h.Bucket, "", h.Now)
			service.Papers, settings.Links = bucket, bucket
			service.Readings = oversight.NewReadings(h.Store, h.Now)
		}
		api, err := httpapi.New(settings)
		if err != nil {
			return nil, err
		}
		pages, err := webui.New(webui.Config{Service: service, Intake: requests, Register: keeper, Disposals: settings.Disposals, Ledger: settings.Ledger, Figures: settings.Figures, Archive: settings.Archive, Chains: settings.Chains, Briefings: settings.Briefings, Verifier: verifier, Policies: h.Policies, Door: door, Log: h.Log, Secure: true, ICPNote: h.ICPNote, Public: h.Public, Key: key})
		if err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		mux.Handle("/api/", api)
		mux.Handle("/healthz", api)
		mux.Handle("/", pages)
		return lambdafn.Fresh(keeper, lambdafn.Gateway{Handler: mux}), nil
	})
}

// newCode makes check codes: ten letters and digits, 50 bits.
func newCode() string { return rand.Text()[:10] }

// cursorKey is the key that signs list cursors: given as it is, or fetched once
// from the secret that holds it.
func cursorKey(ctx context.Context, h *lambdafn.House) ([]byte, error) {
	if h.CursorKeySecret == "" {
		return h.CursorKey, nil
	}
	return secret(ctx, h, "CURSOR_KEY_SECRET", h.CursorKeySecret)
}

// clientSecret is this application's password at the issuer; empty where it has none.
func clientSecret(ctx context.Context, h *lambdafn.House) (string, error) {
	if h.ClientSecret == "" {
		return "", nil
	}
	text, err := secret(ctx, h, "OIDC_CLIENT_SECRET", h.ClientSecret)
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = errors.New("OIDC_CLIENT_SECRET names an empty secret; put the password that the issuer gave into it")
	}
	return string(bytes.TrimSpace(text)), err
}

// secret reads a secret that a variable names.
func secret(ctx context.Context, h *lambdafn.House, name, arn string) ([]byte, error) {
	out, err := secretsmanager.NewFromConfig(h.Cloud).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if out.SecretString == nil {
		return out.SecretBinary, nil
	}
	return []byte(*out.SecretString), nil
}
