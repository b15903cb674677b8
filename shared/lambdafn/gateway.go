package lambdafn

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"lianban/shared/trace"
)

// Gateway serves an http.Handler behind an API Gateway REST API with proxy
// integration. The API has to treat every media type as binary ("*/*"), for
// otherwise it does not decode the answers that are marked as base64.
//
// The stage is no part of the path that the handler sees. The handler's own
// links start at the root, and so has the domain: map it without a base path.
type Gateway struct{ Handler http.Handler }

var _ lambda.Handler = Gateway{}

// largestAnswer is what Lambda passes on: 6 MB, the event's frame included.
const largestAnswer = 6<<20 - 64<<10

// Invoke implements lambda.Handler.
func (g Gateway) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e events.APIGatewayProxyRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("read the gateway's event: %w", err)
	}
	r, err := request(ctx, &e)
	if err != nil {
		slog.WarnContext(ctx, "a request could not be read", "gatewayRequest", e.RequestContext.RequestID, "error", err)
		return encode(refusal(http.StatusBadRequest))
	}
	a := &answer{header: http.Header{}}
	g.serve(a, r.WithContext(trace.With(ctx, traced(&e, r.Header))))
	if r.Method == http.MethodHead {
		a.body.Reset()
	}
	out, err := encode(a)
	if err == nil && len(out) > largestAnswer {
		slog.ErrorContext(ctx, "an answer is larger than Lambda passes on", "method", r.Method, "path", r.URL.Path, "bytes", len(out))
		return encode(refusal(http.StatusInternalServerError))
	}
	return out, err
}

// traced is the id by which the request is found again: the caller's own (traceparent), else the
// gateway's, which stands in its access log.
func traced(e *events.APIGatewayProxyRequest, h http.Header) string {
	if id, ok := trace.Parse(h.Get(trace.Header)); ok {
		return id
	}
	return strings.ReplaceAll(e.RequestContext.RequestID, "-", "")
}

// serve answers also when the handler panics, as net/http does by closing the
// connection.
func (g Gateway) serve(a *answer, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler {
				slog.ErrorContext(r.Context(), "a page panicked", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
			}
			*a = *refusal(http.StatusInternalServerError)
		}
	}()
	g.Handler.ServeHTTP(a, r)
}

// request is the event as net/http would have read it from a connection.
func request(ctx context.Context, e *events.APIGatewayProxyRequest) (*http.Request, error) {
	header := http.Header{}
	for name, values := range e.MultiValueHeaders {
		for _, value := range values {
			header.Add(name, value)
		}
	}
	if e.MultiValueHeaders == nil {
		for name, value := range e.Headers {
			header.Set(name, value)
		}
	}
	query := url.Values(e.MultiValueQueryStringParameters)
	if query == nil {
		query = url.Values{}
		for name, value := range e.QueryStringParameters {
			query.Set(name, value)
		}
	}
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	// It is not documented whether the path has been decoded; both are understood.
	path := "/" + strings.TrimLeft(e.Path, "/")
	u := &url.URL{Path: path, RawQuery: query.Encode()}
	if decoded, err := url.PathUnescape(path); err == nil && decoded != path {
		u.Path, u.RawPath = decoded, path
	}
	r := (&http.Request{
		Method: e.HTTPMethod, URL: u, RequestURI: u.RequestURI(), Header: header, Host: header.Get("Host"),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		RemoteAddr: net.JoinHostPort(e.RequestContext.Identity.SourceIP, "0"),
	}).WithContext(ctx)
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	if r.Host == "" {
		r.Host = e.RequestContext.DomainName
	}
	header.Del("Host") // as net/http does
	return r, nil
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		if a.header.Get("Content-Type") == "" {
			a.header.Set("Content-Type", http.DetectContentType(b))
		}
		a.WriteHeader(http.StatusOK)
	}
	return a.body.Write(b)
}

// refusal is an answer that the handler did not give.
func refusal(status int) *answer {
	a := &answer{header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Cache-Control": {"no-store"}}}
	a.WriteHeader(status)
	a.body.WriteString(http.StatusText(status) + "\n")
	return a
}

func encode(a *answer) ([]byte, error) {
	a.WriteHeader(http.StatusOK)
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.body.Reset()
	}
	for _, name := range []string{"Content-Length", "Connection", "Transfer-Encoding"} {
		a.sent.Del(name) // the gateway says these itself
	}
	out := events.APIGatewayProxyResponse{StatusCode: a.status, MultiValueHeaders: a.sent, Body: a.body.String()}
	if !textual(a.sent) || !utf8.ValidString(out.Body) {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(a.body.Bytes()), true
	}
	return json.Marshal(out)
}

// textual reports whether a body can travel as it is.
func textual(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return h.Get("Content-Type") == ""
	}
	if strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml") || strings.HasSuffix(media, "+yaml") {
		return true
	}
	switch media {
	case "application/json", "application/yaml", "application/xml", "application/javascript", "application/x-www-form-urlencoded":
		return true
	}
	return false
}
