// Package gateway is API Gateway's part: it turns HTTP requests into the proxy
// events of a regional REST API, and a function's answers back into HTTP.
//
// It must not know routes, tokens or what the function does. It imports
// google/uuid and the standard library.
//
// As the template sets API Gateway up: one ANY method on / and on /{proxy+}, and
// */* as binary media type, so that bodies pass in base64 in both directions. A
// function that fails is 502, one that takes longer than 29 seconds 504. Unlike
// the service it neither limits rates nor compresses, and the path carries no
// stage, as behind a domain name.
package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Gateway is an http.Handler before one function.
type Gateway struct {
	// Invoke calls the function with an event. An error means that it failed.
	Invoke func(ctx context.Context, event []byte) ([]byte, error)
	Log    *slog.Logger // discards when nil
}

// waitFor is API Gateway's own limit, mostBody its limit for bodies.
const (
	waitFor  = 29 * time.Second
	mostBody = 10 << 20
)

// request is an event of a REST API's Lambda proxy integration.
type request struct {
	Resource        string              `json:"resource"`
	Path            string              `json:"path"`
	Method          string              `json:"httpMethod"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Query           map[string]string   `json:"queryStringParameters"`
	MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters  map[string]string   `json:"pathParameters"`
	StageVariables  map[string]string   `json:"stageVariables"`
	Context         requestContext      `json:"requestContext"`
	Body            *string             `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string            `json:"accountId"`
	ResourceID   string            `json:"resourceId"`
	ResourcePath string            `json:"resourcePath"`
	APIID        string            `json:"apiId"`
	Stage        string            `json:"stage"`
	Path         string            `json:"path"`
	Method       string            `json:"httpMethod"`
	Protocol     string            `json:"protocol"`
	DomainName   string            `json:"domainName"`
	DomainPrefix string            `json:"domainPrefix"`
	RequestID    string            `json:"requestId"`
	ExtendedID   string            `json:"extendedRequestId"`
	RequestTime  string            `json:"requestTime"`
	RequestEpoch int64             `json:"requestTimeEpoch"`
	Identity     map[string]string `json:"identity"`
}

// response is what the function answers.
type response struct {
	Status          int                 `json:"statusCode"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", id)
	event, err := eventOf(r, id)
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, "Request Too Long")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), waitFor)
	defer cancel()
	text, err := g.Invoke(ctx, event)
	if err != nil {
		if g.Log != nil {
			g.Log.Error("the function behind the gateway failed", "path", r.URL.Path, "error", err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			answer(w, http.StatusGatewayTimeout, "Endpoint request timed out")
			return
		}
		answer(w, http.StatusBadGateway, "Internal server error")
		return
	}
	var out response
	body, err := func() ([]byte, error) {
		if err := json.Unmarshal(text, &out); err != nil {
			return nil, err
		}
		if out.Status < 100 || out.Status > 599 {
			return nil, fmt.Errorf("status %d", out.Status)
		}
		if out.IsBase64Encoded {
			return base64.StdEncoding.DecodeString(out.Body)
		}
		return []byte(out.Body), nil
	}()
	if err != nil {
		if g.Log != nil {
			g.Log.Error("the function's answer is malformed", "path", r.URL.Path, "error", err)
		}
		answer(w, http.StatusBadGateway, "Internal server error")
		return
	}
	head := w.Header()
	for key, value := range out.Headers {
		head.Set(key, value)
	}
	for key, values := range out.MultiHeaders {
		key = http.CanonicalHeaderKey(key)
		head.Del(key)
		for _, v := range values {
			head.Add(key, v)
		}
	}
	if head.Get("Content-Type") == "" {
		head.Set("Content-Type", "application/json")
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(out.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func answer(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}

var errTooLong = errors.New("the body is larger than 10 MB")

func eventOf(r *http.Request, id string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > mostBody {
		return nil, errTooLong
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	now := time.Now().UTC()
	// The path goes on as it was sent, escapes included.
	path := r.URL.EscapedPath()
	e := request{
		Resource: "/", Path: path, Method: r.Method,
		Headers: map[string]string{"Host": r.Host}, MultiHeaders: map[string][]string{"Host": {r.Host}},
		Context: requestContext{
			AccountID: "000000000000", ResourceID: "root", ResourcePath: "/", APIID: "rehearsal", Stage: "live", Path: path, Method: r.Method,
			Protocol: r.Proto, DomainName: r.Host, DomainPrefix: "rehearsal", RequestID: id, ExtendedID: id,
			RequestTime: now.Format("02/Jan/2006:15:04:05 -0700"), RequestEpoch: now.UnixMilli(),
			Identity: map[string]string{"sourceIp": host, "userAgent": r.UserAgent()},
		},
	}
	if path != "/" {
		e.Resource, e.Context.ResourcePath, e.Context.ResourceID = "/{proxy+}", "/{proxy+}", "proxy"
		e.PathParameters = map[string]string{"proxy": strings.TrimPrefix(path, "/")}
	}
	set := func(key string, values []string) {
		e.Headers[key], e.MultiHeaders[key] = values[len(values)-1], values
	}
	for key, values := range r.Header {
		set(key, values)
	}
	set("X-Forwarded-For", append(r.Header["X-Forwarded-For"], host))
	set("X-Forwarded-Proto", []string{"http"})
	set("X-Forwarded-Port", []string{portOf(r.Host)})
	if query := r.URL.Query(); len(query) > 0 {
		e.Query, e.MultiQuery = map[string]string{}, query
		for key, values := range query {
			e.Query[key] = values[len(values)-1]
		}
	}
	if len(body) > 0 {
		text := base64.StdEncoding.EncodeToString(body)
		e.Body, e.IsBase64Encoded = &text, true
	}
	return json.Marshal(e)
}

func portOf(host string) string {
	if _, port, err := net.SplitHostPort(host); err == nil {
		return port
	}
	return "80"
}
