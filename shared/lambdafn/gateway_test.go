package lambdafn_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"lianban/shared/lambdafn"
	"lianban/shared/trace"
)

// through sends an event through the gateway to a handler.
func through(t *testing.T, event []byte, handler http.HandlerFunc) events.APIGatewayProxyResponse {
	t.Helper()
	out, err := lambdafn.Gateway{Handler: handler}.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var response events.APIGatewayProxyResponse
	if err := json.Unmarshal(out, &response); err != nil {
		t.Fatal(err)
	}
	return response
}

func event(t *testing.T, e events.APIGatewayProxyRequest) []byte {
	t.Helper()
	if e.HTTPMethod == "" {
		e.HTTPMethod = http.MethodGet
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReadsAnEventAsAConnectionWouldHaveBeenRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "gateway_request.json"))
	if err != nil {
		t.Fatal(err)
	}
	response := through(t, text, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/issues/0190/signoffs/1" || r.Host != "lianban.example.gov.cn" || r.RemoteAddr != "203.0.113.7:0" {
			t.Errorf("%s %s at %s from %s", r.Method, r.URL.Path, r.Host, r.RemoteAddr)
		}
		if q := r.URL.Query(); !slices.Equal(q["light"], []string{"red", "yellow"}) || q.Get("text") != "河涌 & 地块" {
			t.Errorf("query %v", q)
		}
		if accept := r.Header.Values("Accept"); !slices.Equal(accept, []string{"application/json", "text/html"}) {
			t.Errorf("accept %v", accept)
		}
		if c, err := r.Cookie("lianban_session"); err != nil || c.Value != "abc" {
			t.Errorf("cookie %v %v", c, err)
		}
		if string(body) != `{"reason":"同意。"}` || r.ContentLength != int64(len(body)) {
			t.Errorf("body %s of %d", body, r.ContentLength)
		}
		if r.Header.Get("Idempotency-Key") != "k1" || r.Header.Get("Host") != "" {
			t.Errorf("headers %v", r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		w.Header().Set("Too", "late")
		_, _ = io.WriteString(w, `{"title":"冲突"}`)
	})
	if response.StatusCode != http.StatusConflict || response.Body != `{"title":"冲突"}` || response.IsBase64Encoded {
		t.Errorf("response %+v", response)
	}
	if cookies := response.MultiValueHeaders["Set-Cookie"]; !slices.Equal(cookies, []string{"a=1", "b=2"}) || response.MultiValueHeaders["Too"] != nil {
		t.Errorf("headers %v", response.MultiValueHeaders)
	}
}

func TestReadsLesserEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event      events.APIGatewayProxyRequest
		uri, host  string
		body       string
		headerSeen string
	}{
		"single values only":               {events.APIGatewayProxyRequest{Path: "/a", Headers: map[string]string{"host": "h", "x-seen": "1"}, QueryStringParameters: map[string]string{"q": "a b"}}, "/a?q=a+b", "h", "", "1"},
		"no path, no host":                 {events.APIGatewayProxyRequest{RequestContext: events.APIGatewayProxyRequestContext{DomainName: "d", Path: "/prod/", Stage: "prod"}}, "/", "d", "", ""},
		"the stage is no part of the path": {events.APIGatewayProxyRequest{Path: "/inbox", RequestContext: events.APIGatewayProxyRequestContext{Path: "/prod/inbox", Stage: "prod"}}, "/inbox", "", "", ""},
		"an escaped path":                  {events.APIGatewayProxyRequest{Path: "/a%2Fb/%E6%B2%B3"}, "/a%2Fb/%E6%B2%B3", "", "", ""},
		"a path with a stray percent":      {events.APIGatewayProxyRequest{Path: "/100%"}, "/100%25", "", "", ""},
		"a path that could be a host":      {events.APIGatewayProxyRequest{Path: "//evil.example/x"}, "/evil.example/x", "", "", ""},
		"a base64 body":                    {events.APIGatewayProxyRequest{Path: "/a", Body: base64.StdEncoding.EncodeToString([]byte{0, 255, 1}), IsBase64Encoded: true}, "/a", "", "\x00\xff\x01", ""},
	} {
		through(t, event(t, c.event), func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != c.body || r.RequestURI != c.uri || r.URL.RequestURI() != c.uri || r.Host != c.host || r.Header.Get("X-Seen") != c.headerSeen {
				t.Errorf("%s: %s at %q with %q, %v", name, r.RequestURI, r.Host, body, err)
			}
		})
	}
}

func TestSendsTextAsTextAndTheRestAsBase64(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		media, coding, body string
		binary              bool
	}{
		{"text/html; charset=utf-8", "", "<p>页", false},
		{"text/css; charset=utf-8", "", "p{}", false},
		{"application/json", "", "{}", false},
		{"application/problem+json", "", "{}", false},
		{"application/yaml", "", "a: 1", false},
		{"image/svg+xml", "", "<svg/>", false},
		{"image/png", "", "\x89PNG", true},
		{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "", "PK", true},
		{"text/html", "gzip", "\x1f\x8b", true},
		{"text/plain", "", "\xff", true},
		{"", "", "plain words", false},
		{"", "", "\x89PNG\r\n\x1a\n", true},
	} {
		response := through(t, event(t, events.APIGatewayProxyRequest{Path: "/"}), func(w http.ResponseWriter, _ *http.Request) {
			if c.media != "" {
				w.Header().Set("Content-Type", c.media)
			}
			if c.coding != "" {
				w.Header().Set("Content-Encoding", c.coding)
			}
			w.Header().Set("Content-Length", "99")
			_, _ = io.WriteString(w, c.body)
		})
		body := []byte(response.Body)
		if response.IsBase64Encoded {
			var err error
			if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
				t.Error(err)
			}
		}
		if response.IsBase64Encoded != c.binary || !bytes.Equal(body, []byte(c.body)) || response.StatusCode != http.StatusOK {
			t.Errorf("%s %s: %+v", c.media, c.coding, response)
		}
		if response.MultiValueHeaders["Content-Length"] != nil || len(response.MultiValueHeaders["Content-Type"]) != 1 {
			t.Errorf("%s: headers %v", c.media, response.MultiValueHeaders)
		}
	}
}

func TestAnswersWithoutABodyWhereNoneIsAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		status int
		body   string
	}{
		{http.MethodHead, http.StatusOK, ""}, {http.MethodGet, http.StatusNoContent, ""}, {http.MethodGet, http.StatusNotModified, ""}, {http.MethodGet, http.StatusTeapot, "x"},
	} {
		response := through(t, event(t, events.APIGatewayProxyRequest{HTTPMethod: c.method, Path: "/"}), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, "x")
		})
		if response.StatusCode != c.status || response.Body != c.body {
			t.Errorf("%s %d: %+v", c.method, c.status, response)
		}
	}
	silent := through(t, event(t, events.APIGatewayProxyRequest{Path: "/"}), func(http.ResponseWriter, *http.Request) {})
	if silent.StatusCode != http.StatusOK {
		t.Errorf("a handler that says nothing answers %d", silent.StatusCode)
	}
}

func TestAnswersWhenAHandlerCannot(t *testing.T) {
	t.Parallel()
	any := event(t, events.APIGatewayProxyRequest{Path: "/"})
	for name, c := range map[string]struct {
		event   []byte
		handler http.HandlerFunc
		status  int
	}{
		"panic":       {any, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half a page"); panic("no") }, 500},
		"abort":       {any, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 500},
		"too large":   {any, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", 7<<20)) }, 500},
		"broken body": {event(t, events.APIGatewayProxyRequest{Path: "/", Body: "%", IsBase64Encoded: true}), func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }, 400},
	} {
		if response := through(t, c.event, c.handler); response.StatusCode != c.status || strings.Contains(response.Body, "half") {
			t.Errorf("%s: %+v", name, response)
		}
	}
	if _, err := (lambdafn.Gateway{}).Invoke(t.Context(), []byte("[")); err == nil {
		t.Error("what is no event is taken for one")
	}
}

// What is sent is a contract with API Gateway; fields are compared by name.
func TestAnswersInTheGatewaysWords(t *testing.T) {
	t.Parallel()
	out, err := lambdafn.Gateway{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "好")
	})}.Invoke(t.Context(), event(t, events.APIGatewayProxyRequest{Path: "/"}))
	want := `{"statusCode":200,"headers":null,"multiValueHeaders":{"Content-Type":["text/plain; charset=utf-8"]},"body":"好"}`
	if err != nil || string(out) != want {
		t.Errorf("%s, %v; want %s", out, err, want)
	}
}

func TestARequestIsFoundAgainByTheCallersIDOrTheGateways(t *testing.T) {
	t.Parallel()
	const own, gateways = "4bf92f3577b34da6a3ce929d0e0e4736", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
	for name, c := range map[string]struct{ header, want string }{
		"the caller's":                {"00-" + own + "-00f067aa0ba902b7-01", own},
		"the gateway's":               {"", "c6af9ac67b6111e69a4193e8deadbeef"},
		"of a header that is none":    {"00-" + own, "c6af9ac67b6111e69a4193e8deadbeef"},
		"of a header with all zeroes": {"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "c6af9ac67b6111e69a4193e8deadbeef"},
	} {
		e := events.APIGatewayProxyRequest{Path: "/", RequestContext: events.APIGatewayProxyRequestContext{RequestID: gateways}, MultiValueHeaders: map[string][]string{"traceparent": {c.header}}}
		got := ""
		through(t, event(t, e), func(_ http.ResponseWriter, r *http.Request) { got = trace.ID(r.Context()) })
		if got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
