package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"lianban/infra/rehearsal/gateway"
)

func serve(t *testing.T, function func(context.Context, events.APIGatewayProxyRequest) (any, error)) string {
	t.Helper()
	g := &gateway.Gateway{Invoke: func(ctx context.Context, event []byte) ([]byte, error) {
		var in events.APIGatewayProxyRequest
		if err := json.Unmarshal(event, &in); err != nil {
			t.Errorf("the event: %v", err)
		}
		out, err := function(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}}
	web := httptest.NewServer(g)
	t.Cleanup(web.Close)
	return web.URL
}

func TestCarriesARequestThereAndBack(t *testing.T) {
	t.Parallel()
	blob := []byte{0, 0xff, 'x'}
	url := serve(t, func(_ context.Context, in events.APIGatewayProxyRequest) (any, error) {
		body, err := base64.StdEncoding.DecodeString(in.Body)
		if err != nil || !in.IsBase64Encoded || !bytes.Equal(body, blob) {
			t.Errorf("body %q, base64 %v", in.Body, in.IsBase64Encoded)
		}
		if in.HTTPMethod != http.MethodPost || in.Path != "/api/v1/%E9%97%AE%E9%A2%98" || in.Resource != "/{proxy+}" || in.PathParameters["proxy"] != "api/v1/%E9%97%AE%E9%A2%98" {
			t.Errorf("%s %s by %s %v", in.HTTPMethod, in.Path, in.Resource, in.PathParameters)
		}
		if !slices.Equal(in.MultiValueQueryStringParameters["q"], []string{"a b", "c"}) || in.QueryStringParameters["q"] != "c" {
			t.Errorf("query %v", in.MultiValueQueryStringParameters)
		}
		if !slices.Equal(in.MultiValueHeaders["X-Twice"], []string{"1", "2"}) || in.Headers["Host"] == "" || in.RequestContext.Identity.SourceIP != "127.0.0.1" || in.RequestContext.Stage != "live" {
			t.Errorf("headers %v, context %+v", in.MultiValueHeaders, in.RequestContext)
		}
		return events.APIGatewayProxyResponse{
			StatusCode: 201, Headers: map[string]string{"Content-Type": "image/png"}, MultiValueHeaders: map[string][]string{"Set-Cookie": {"a=1", "b=2"}},
			Body: base64.StdEncoding.EncodeToString(blob), IsBase64Encoded: true,
		}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/%E9%97%AE%E9%A2%98?q=a+b&q=c", bytes.NewReader(blob))
	if err != nil {
		t.Fatal(err)
	}
	req.Header["X-Twice"] = []string{"1", "2"}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 201 || !bytes.Equal(got, blob) || resp.Header.Get("Content-Type") != "image/png" || len(resp.Cookies()) != 2 {
		t.Errorf("%d %v %q %v", resp.StatusCode, resp.Header, got, err)
	}
}

func TestAnswersForAFunctionThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out    any
		err    error
		status int
	}{
		"error":     {nil, errors.New("no"), 502},
		"no status": {map[string]any{}, nil, 502},
		"not JSON":  {map[string]any{"statusCode": "x"}, nil, 502},
		"bad body":  {map[string]any{"statusCode": 200, "isBase64Encoded": true, "body": "%"}, nil, 502},
		"late":      {nil, context.DeadlineExceeded, 504},
		"fine":      {map[string]any{"statusCode": 200, "body": "{}"}, nil, 200},
	} {
		url := serve(t, func(context.Context, events.APIGatewayProxyRequest) (any, error) { return c.out, c.err })
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
	}
}

func TestRefusesBodiesBeyondTheServicesLimit(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, events.APIGatewayProxyRequest) (any, error) {
		t.Error("the function was called")
		return nil, nil
	})
	resp, err := http.Post(url, "text/plain", strings.NewReader(strings.Repeat("x", 10<<20+1)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("status %d", resp.StatusCode)
	}
}
