package lambdafn_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/config"
	"lianban/shared/lambdafn"
	"lianban/shared/register"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// box is a store of which only the forgetting matters.
type box struct {
	approval.Store
	forgotten []approval.OutboxID
	err       error
}

func (b *box) Delivered(_ context.Context, ids []approval.OutboxID) error {
	b.forgotten = append(b.forgotten, ids...)
	return b.err
}

// stuck fails the token that it is told to.
type stuck struct {
	approvaltest.Stillness
	token string
}

func (s *stuck) Succeed(ctx context.Context, token string, output []byte) error {
	if token == s.token {
		return errors.New("throttled")
	}
	return s.Stillness.Succeed(ctx, token, output)
}

// record is a stream record as Lambda hands it over.
func record(event, sequence, sk, body string) string {
	text, _ := json.Marshal(body)
	image := fmt.Sprintf(`"NewImage":{"pk":{"S":"I#a"},"sk":{"S":%q},"g1pk":{"S":"O#1"},"body":{"S":%s},"v":{"N":"3"},"with":{"SS":["B#01"]}},`, sk, text)
	if event == "REMOVE" {
		image = ""
	}
	return fmt.Sprintf(`{"eventID":"e%[2]s","eventName":%[1]q,"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"cn-north-1",
		"dynamodb":{"ApproximateCreationDateTime":1772651717,"Keys":{"pk":{"S":"I#a"},"sk":{"S":%[3]q}},%[4]s"SequenceNumber":%[2]q,"SizeBytes":26,"StreamViewType":"NEW_IMAGE"},
		"eventSourceARN":"arn:aws-cn:dynamodb:cn-north-1:123456789012:table/t/stream/2026-03-02T00:00:00.000"}`, event, sequence, sk, image)
}

func outbox(version int64, token string) string {
	text, err := json.Marshal(approval.Outbox{Issue: "a", Version: version, Wake: []approval.Wake{{Token: token}}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestStreamDeliversOutboxRecordsInOrder(t *testing.T) {
	t.Parallel()
	good := []string{
		record("INSERT", "100", "A", `{"id":"a"}`),
		record("INSERT", "101", "O#00000001", outbox(1, "one")),
		record("MODIFY", "102", "O#00000001", outbox(1, "never")),
		record("INSERT", "103", "O#00000002", outbox(2, "two")),
		record("REMOVE", "104", "O#00000001", ""),
		record("INSERT", "105", "O#00000003", outbox(3, "three")),
	}
	for name, c := range map[string]struct {
		records []string
		stuck   string
		forget  error
		answer  string
		log     []string
	}{
		"all":                            {good, "", nil, `{"batchItemFailures":[]}`, []string{"succeed one", "succeed two", "succeed three"}},
		"none":                           {nil, "", nil, `{"batchItemFailures":[]}`, nil},
		"the second fails":               {good, "two", nil, `{"batchItemFailures":[{"itemIdentifier":"103"}]}`, []string{"succeed one"}},
		"the first fails":                {good, "one", nil, `{"batchItemFailures":[{"itemIdentifier":"101"}]}`, nil},
		"the last cannot be read":        {append(good[:5:5], record("INSERT", "105", "O#00000003", "{")), "", nil, `{"batchItemFailures":[{"itemIdentifier":"105"}]}`, []string{"succeed one", "succeed two"}},
		"one fails before a broken":      {append(good[:5:5], record("INSERT", "105", "O#00000003", "{")), "two", nil, `{"batchItemFailures":[{"itemIdentifier":"103"}]}`, []string{"succeed one"}},
		"what was done is not forgotten": {good, "", errors.New("no table"), `{"batchItemFailures":[{"itemIdentifier":"101"}]}`, []string{"succeed one", "succeed two", "succeed three"}},
	} {
		flows, kept := &stuck{token: c.stuck}, &box{err: c.forget}
		out, err := lambdafn.Stream(approval.Relay{Workflows: flows, Store: kept}).Invoke(t.Context(), []byte(`{"Records":[`+strings.Join(c.records, ",")+`]}`))
		if err != nil || strings.TrimSpace(string(out)) != c.answer {
			t.Errorf("%s: answers %s, %v; want %s", name, out, err, c.answer)
		}
		if !slices.Equal(flows.Log, c.log) || len(kept.forgotten) != len(c.log) {
			t.Errorf("%s: did %v and forgot %v", name, flows.Log, kept.forgotten)
		}
	}
}

func TestScheduleSweeps(t *testing.T) {
	t.Parallel()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	s := store.New(file.Table())
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	if err := s.Commit(t.Context(), approval.Change{Issue: approval.Issue{ID: "a", Version: 1, Project: "p"}, Outbox: &approval.Outbox{Issue: "a", Version: 1, At: at, Wake: []approval.Wake{{Token: "one"}}}}); err != nil {
		t.Fatal(err)
	}
	flows := &stuck{token: "one"}
	service := approval.NewService(approval.Rules{}, s, flows, approvaltest.NewClock(at.Add(time.Hour)).Now, approvaltest.IDs())
	function := lambdafn.Schedule(approval.Sweep{Service: service, Relay: approval.Relay{Workflows: flows, Store: s}, Grace: time.Minute}, register.New(s, service, service.Now, func() string { return "c" }))
	if _, err := function.Invoke(t.Context(), []byte(`{"source":"aws.events"}`)); err == nil {
		t.Error("a sweep that left something undone is no error")
	}
	flows.token = ""
	out, err := function.Invoke(t.Context(), []byte(`{"source":"aws.events"}`))
	if err != nil || !strings.Contains(string(out), `"Delivered":1`) {
		t.Errorf("answers %s, %v", out, err)
	}
}

// A function is opened from Lambda's environment and reaches its table with the
// credentials, region and endpoint of that environment.
func TestOpensAFunctionFromItsEnvironment(t *testing.T) {
	t.Parallel()
	var asked []string
	table := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked == nil { // throttled at first, as a table may be
			asked = []string{}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slower"}`))
			return
		}
		asked = append(asked, r.Header.Get("X-Amz-Target")+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Amz-Security-Token"))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"Items":[],"Count":0,"ScannedCount":0}`))
	}))
	defer table.Close()
	environment := map[string]string{
		"TABLE_NAME": "lianban", "ALLOW_DEMO": "true", "AWS_REGION": "cn-north-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_DYNAMODB": table.URL,
	}
	h, err := lambdafn.Open(func(name string) string { return environment[name] }, 0)
	if err != nil {
		t.Fatal(err)
	}
	if asked != nil {
		t.Error("opening reaches for the table")
	}
	if n := h.Cloud.Retryer().MaxAttempts(); n != 8 {
		t.Errorf("requests are tried %d times", n)
	}
	task, err := h.Task("RouteIssue", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = task.Invoke(t.Context(), []byte(`{"issue":"0190","round":1}`))
	if err == nil || !strings.Contains(err.Error(), "Approval.NotFound") {
		t.Errorf("routing what does not exist answers %v", err)
	}
	if len(asked) != 2 || !strings.Contains(asked[0], "DynamoDB_20120810.Query") || !strings.Contains(asked[0], "Credential=key/") || !strings.Contains(asked[0], "/cn-north-1/dynamodb/") || !strings.HasSuffix(asked[0], " session") { // the register, then the issue
		t.Errorf("asked %q", asked)
	}
	if _, err := h.Task("RouteIssues", nil); err == nil {
		t.Error("a task that does not exist is built")
	}
	if _, err := lambdafn.Open(func(string) string { return "" }, config.Flows); err == nil {
		t.Error("an empty environment is taken")
	}
}
