package dynamodb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lianban/infra/rehearsal/dynamodb"
)

// server charges every request half a unit and notes what it was asked.
func server(t *testing.T) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*asked = append(*asked, r.Header.Get("X-Amz-Target")+" "+string(body))
		switch {
		case strings.HasSuffix(r.Header.Get("X-Amz-Target"), "Missing"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"none"}`)
		case strings.HasSuffix(r.Header.Get("X-Amz-Target"), "TransactWriteItems"):
			_, _ = io.WriteString(w, `{"ConsumedCapacity":[{"TableName":"t","CapacityUnits":2},{"TableName":"u","CapacityUnits":4}]}`)
		default:
			_, _ = io.WriteString(w, `{"ConsumedCapacity":{"CapacityUnits":0.5}}`)
		}
	}))
	t.Cleanup(web.Close)
	return web.URL, asked
}

func TestCountsWhatRequestsAreCharged(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	proxy := dynamodb.NewProxy(url)
	front := httptest.NewServer(proxy)
	defer front.Close()
	c := dynamodb.Client{URL: front.URL}
	for _, operation := range []string{"Query", "Query", "PutItem", "TransactWriteItems", "ListTables"} {
		if err := c.Call(t.Context(), "DynamoDB_20120810."+operation, map[string]any{"A": 1}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if u := proxy.Units(); u.Read != 1 || u.Write != 6.5 {
		t.Errorf("units %+v", u)
	}
	if n := proxy.Requests(); n["Query"] != 2 || n["ListTables"] != 1 {
		t.Errorf("requests %v", n)
	}
	if !strings.Contains((*asked)[0], `"ReturnConsumedCapacity":"TOTAL"`) || strings.Contains((*asked)[4], "Return") {
		t.Errorf("asked %q", *asked)
	}
}

func TestInjectsFaultsInTheServicesWords(t *testing.T) {
	t.Parallel()
	url, asked := server(t)
	proxy := dynamodb.NewProxy(url)
	front := httptest.NewServer(proxy)
	defer front.Close()
	c := dynamodb.Client{URL: front.URL}
	transaction := map[string]any{"TransactItems": []any{1, 2}}
	for name, f := range map[string]struct {
		fault   dynamodb.Fault
		want    string
		reaches bool
	}{
		"throttled":   {func(string, []byte) *dynamodb.Answer { return dynamodb.Throttled() }, "ProvisionedThroughputExceededException", false},
		"conflict":    {func(_ string, b []byte) *dynamodb.Answer { return dynamodb.Conflicted(b) }, "TransactionCanceledException", false},
		"no capacity": {func(_ string, b []byte) *dynamodb.Answer { return dynamodb.ThrottledTransaction(b) }, "TransactionCanceledException", false},
		"lost": {func(string, []byte) *dynamodb.Answer {
			return &dynamodb.Answer{Status: 500, Type: "InternalServerError", After: true}
		}, "InternalServerError", true},
		"none": {nil, "", true},
	} {
		*asked = nil
		proxy.Inject(f.fault)
		err := c.Call(t.Context(), "DynamoDB_20120810.TransactWriteItems", transaction, nil)
		e, ok := errors.AsType[*dynamodb.Error](err)
		if f.want == "" && err != nil || f.want != "" && (!ok || e.Type != f.want) {
			t.Errorf("%s answers %v", name, err)
		}
		if reached := len(*asked) > 0; reached != f.reaches {
			t.Errorf("%s: the server was asked %v", name, *asked)
		}
	}
	proxy.Inject(func(_ string, b []byte) *dynamodb.Answer { return dynamodb.Conflicted(b) })
	resp, err := http.Post(front.URL, "", bytes.NewReader([]byte(`{"TransactItems":[1,2]}`)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		Message             string
		CancellationReasons []struct{ Code string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || len(out.CancellationReasons) != 2 || out.CancellationReasons[0].Code != "TransactionConflict" ||
		out.CancellationReasons[1].Code != "None" || !strings.HasSuffix(out.Message, "[TransactionConflict, None]") {
		t.Errorf("%+v %v", out, err)
	}
}

func TestNamesTheServersErrors(t *testing.T) {
	t.Parallel()
	url, _ := server(t)
	err := (&dynamodb.Client{URL: url}).Call(t.Context(), "DynamoDB_20120810.Missing", struct{}{}, nil)
	if e, ok := errors.AsType[*dynamodb.Error](err); !ok || e.Type != "ResourceNotFoundException" || e.Message != "none" || e.Status != 400 {
		t.Errorf("%v", err)
	}
}

func TestCallsThisMachineOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://127.0.0.1:8000": true, "http://localhost:8000": true, "http://[::1]:8000/": true,
		"https://dynamodb.us-east-1.amazonaws.com": false, "http://10.0.0.1:8000": false, "http://example.org": false, "nonsense": false,
	} {
		if err := dynamodb.Loopback(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestSaysHowTheServerIsInstalled(t *testing.T) {
	t.Parallel()
	text := (&dynamodb.MissingError{Command: dynamodb.Install("/cache")}).Error()
	if !strings.Contains(text, "cargo install dynoxide-rs --version "+dynamodb.Version+" --locked") || !strings.Contains(text, "--root /cache") {
		t.Error(text)
	}
}
