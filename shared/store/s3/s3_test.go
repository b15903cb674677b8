package s3_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/store/s3"
)

const (
	region  = "cn-north-1"
	issue   = approval.IssueID("01900000-0000-7000-8000-000000000001")
	content = "%PDF-1.7 总平面图"
)

var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

var credentials = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG", SessionToken: "session/token+="}

// amazon is the part of S3 that matters here: it believes nobody whose signature it
// does not arrive at itself, by the published recipe and not by the SDK.
type amazon struct {
	t      *testing.T
	clock  *approvaltest.Clock
	bucket *s3.Bucket
	url    string

	mu      sync.Mutex
	objects map[string]string // by /bucket/key
	asked   map[string]bool   // METHOD prefix
	failing string            // METHOD that is answered by 503
}

func open(t *testing.T) *amazon {
	t.Helper()
	a := &amazon{t: t, clock: approvaltest.NewClock(monday), objects: map[string]string{}, asked: map[string]bool{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	a.bucket = s3.New(cloud(region), "papers", server.URL, a.clock.Now)
	return a
}

func cloud(region string) aws.Config {
	return aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })}
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// signature says what is wrong with a request's signature, and which headers it
// covers.
func (a *amazon) signature(r *http.Request) (covered []string, fault string) {
	q := r.URL.Query()
	algorithm, credential, date, signed, given, payload := q.Get("X-Amz-Algorithm"), q.Get("X-Amz-Credential"), q.Get("X-Amz-Date"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature"), "UNSIGNED-PAYLOAD"
	token := q.Get("X-Amz-Security-Token")
	if given == "" {
		rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
		if !ok {
			return nil, "no signature"
		}
		part := map[string]string{}
		for one := range strings.SplitSeq(rest, ", ") {
			name, value, _ := strings.Cut(one, "=")
			part[name] = value
		}
		algorithm, credential, signed, given = "AWS4-HMAC-SHA256", part["Credential"], part["SignedHeaders"], part["Signature"]
		date, payload, token = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Content-Sha256"), r.Header.Get("X-Amz-Security-Token")
	}
	at, err := time.Parse("20060102T150405Z", date)
	if err != nil {
		return nil, "no date"
	}
	life := 15 * time.Minute
	if s := q.Get("X-Amz-Expires"); s != "" {
		if life, err = time.ParseDuration(s + "s"); err != nil {
			return nil, "no life"
		}
	}
	if now := a.clock.Now(); now.Before(at.Add(-time.Minute)) || !now.Before(at.Add(life)) {
		return nil, "expired"
	}
	scope := at.Format("20060102") + "/" + region + "/s3/aws4_request"
	if algorithm != "AWS4-HMAC-SHA256" || credential != credentials.AccessKeyID+"/"+scope || token != credentials.SessionToken {
		return nil, "signed by " + algorithm + " " + credential + " " + token
	}
	q.Del("X-Amz-Signature")
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", r.Method, r.URL.EscapedPath(), strings.ReplaceAll(q.Encode(), "+", "%20"))
	covered = strings.Split(signed, ";")
	for _, name := range covered {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&canonical, "%s:%s\n", name, strings.TrimSpace(value))
	}
	fmt.Fprintf(&canonical, "\n%s\n%s", signed, payload)
	whole := sha256.Sum256([]byte(canonical.String()))
	key := sum(sum(sum(sum([]byte("AWS4"+credentials.SecretAccessKey), at.Format("20060102")), region), "s3"), "aws4_request")
	if want := hex.EncodeToString(sum(key, "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hex.EncodeToString(whole[:]))); want != given {
		return nil, "the signature does not match"
	}
	return covered, ""
}

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, why string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Message>%s</Message></Error>", why)
	}
	body, err := io.ReadAll(r.Body)
	covered, fault := a.signature(r)
	switch {
	case err != nil:
		refuse(400, err.Error())
		return
	case fault != "":
		refuse(403, fault)
		return
	case !slices.Contains(covered, "host"):
		refuse(403, "the host is not signed")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[r.Method+" "+strings.Split(r.URL.Path, "/")[2]] = true
	if a.failing == r.Method {
		refuse(503, "SlowDown")
		return
	}
	switch r.Method {
	case http.MethodGet:
		if r.URL.Query().Get("list-type") == "2" {
			a.list(w, r)
			return
		}
		text, ok := a.objects[r.URL.Path]
		if !ok {
			refuse(404, "NoSuchKey")
			return
		}
		for name, from := range map[string]string{"Content-Disposition": "response-content-disposition", "Content-Type": "response-content-type", "Cache-Control": "response-cache-control"} {
			if value := r.URL.Query().Get(from); value != "" {
				w.Header().Set(name, value)
			}
		}
		_, _ = io.WriteString(w, text)
	case http.MethodPut:
		digest := sha256.Sum256(body)
		for _, name := range []string{"x-amz-checksum-sha256", "content-length"} {
			if !slices.Contains(covered, name) {
				refuse(403, name+" is not signed")
				return
			}
		}
		if r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(digest[:]) {
			refuse(400, "BadDigest")
			return
		}
		if s := r.Header.Get("X-Amz-Content-Sha256"); s != "" && s != hex.EncodeToString(digest[:]) {
			refuse(400, "XAmzContentSHA256Mismatch")
			return
		}
		a.objects[r.URL.Path] = string(body)
	default:
		refuse(405, "MethodNotAllowed")
	}
}

// list answers two keys at a time, after the one that the token names.
func (a *amazon) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var keys []string
	for path := range a.objects {
		key := strings.TrimPrefix(path, r.URL.Path)
		if strings.HasPrefix(key, q.Get("prefix")) && key > q.Get("continuation-token") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	for _, key := range keys[:min(2, len(keys))] {
		fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>1</Size></Contents>", key)
	}
	if len(keys) > 2 {
		fmt.Fprintf(w, "<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", keys[1])
	}
	fmt.Fprint(w, "</ListBucketResult>")
}

func TestNotesOfADayAreReadBackAndNoOthers(t *testing.T) {
	t.Parallel()
	a := open(t)
	notes := s3.NewNotes(a.bucket)
	for day, texts := range map[string][]string{"2026-03-09": {"a\n", "b\n", "c\n", "d\n", "e\n"}, "2026-03-10": {"f\n"}} {
		for k, text := range texts {
			for range 2 { // noted again, as a batch is that is handed over again
				if err := notes.Note(t.Context(), day, fmt.Sprintf("%d-%d", 100*k, 100*k+99), []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for day, want := range map[string]string{"2026-03-09": "a\nb\nc\nd\ne\n", "2026-03-10": "f\n", "2026-03-11": ""} {
		got := ""
		if err := notes.Noted(t.Context(), day, func(text []byte) error { got += string(text); return nil }); err != nil || got != want {
			t.Errorf("of %s: %q, %v", day, got, err)
		}
	}
	a.failing = "PUT"
	if err := notes.Note(t.Context(), "2026-03-09", "x", []byte("x")); err == nil || !strings.Contains(err.Error(), "SlowDown") {
		t.Errorf("a note that was not taken: %v", err)
	}
	a.failing = "GET"
	if err := notes.Noted(t.Context(), "2026-03-09", func([]byte) error { return nil }); err == nil {
		t.Error("a day that cannot be read is taken for an empty one")
	}
}

// send sends bytes to an address, as a client does that has no sign-in.
func send(t *testing.T, method, address string, header map[string]string, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

func (a *amazon) arrive(t *testing.T, id approval.IssueID, content string) {
	t.Helper()
	address, header, _, err := a.bucket.Upload(t.Context(), id, approvaltest.Hash(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if status, _, text := send(t, "PUT", address, header, content); status != http.StatusOK {
		t.Fatalf("uploaded: %d %s", status, text)
	}
}

func TestABucketKeepsPapers(t *testing.T) {
	t.Parallel()
	approvaltest.Papers(t, func(t *testing.T) approvaltest.Shelf {
		a := open(t)
		return approvaltest.Shelf{
			Papers: a.bucket,
			Arrive: a.arrive,
			Spoil: func(_ *testing.T, id approval.IssueID, hash string) {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.objects["/papers/kept/"+string(id)+"/"+hash] = "%PDF-1.7 spoilt"
			},
		}
	})
}

func TestAnUploadsAddressTakesTheseBytesAndNoOthers(t *testing.T) {
	t.Parallel()
	a := open(t)
	address, header, until, err := a.bucket.Upload(t.Context(), issue, approvaltest.Hash(content), int64(len(content)))
	if err != nil || !until.Equal(monday.Add(15*time.Minute)) {
		t.Fatalf("until %s: %v", until, err)
	}
	same := len(content)
	digest := func(content string) string {
		sum := sha256.Sum256([]byte(content))
		return base64.StdEncoding.EncodeToString(sum[:])
	}
	other := strings.Repeat("x", same)
	for what, c := range map[string]struct {
		address string
		header  map[string]string
		body    string
	}{
		"other bytes":                   {address, header, other},
		"other bytes and checksum":      {address, map[string]string{"X-Amz-Checksum-Sha256": digest(other)}, other},
		"more bytes":                    {address, header, content + "x"},
		"no checksum":                   {address, nil, content},
		"another place":                 {strings.Replace(address, "/incoming/", "/kept/", 1), header, content},
		"another issue":                 {strings.Replace(address, string(issue), strings.Replace(string(issue), "1", "2", 1), 1), header, content},
		"a longer life":                 {strings.Replace(address, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1), header, content},
		"no signature":                  {strings.Split(address, "?")[0], header, content},
		"a checksum in the query alone": {address + "&x-amz-checksum-sha256=" + url.QueryEscape(digest(content)), nil, content},
	} {
		if status, _, text := send(t, "PUT", c.address, c.header, c.body); status/100 != 4 {
			t.Errorf("%s: %d %s", what, status, text)
		}
	}
	if status, _, _ := send(t, "GET", address, header, ""); status/100 != 4 {
		t.Errorf("the address reads: %d", status)
	}
	if len(a.objects) != 0 {
		t.Errorf("stored: %v", slices.Collect(maps.Keys(a.objects)))
	}
	if status, _, text := send(t, "PUT", address, header, content); status != http.StatusOK {
		t.Errorf("the bytes themselves: %d %s", status, text)
	}
	a.clock.Add(15 * time.Minute)
	if status, _, _ := send(t, "PUT", address, header, content); status != http.StatusForbidden {
		t.Errorf("after its time: %d", status)
	}
}

func TestADownloadIsAFileOfItsName(t *testing.T) {
	t.Parallel()
	a := open(t)
	a.arrive(t, issue, content)
	paper := approval.Attachment{ID: approvaltest.Hash(content), Name: "总平面图 v2+.pdf", Type: "application/pdf"}
	if err := a.bucket.Keep(t.Context(), issue, paper.ID, func(io.ReaderAt, int64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	address, err := a.bucket.Download(t.Context(), issue, paper)
	if err != nil {
		t.Fatal(err)
	}
	status, header, text := send(t, "GET", address, nil, "")
	kind, named, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if status != http.StatusOK || text != content || kind != "attachment" || named["filename"] != paper.Name || err != nil || header.Get("Content-Type") != paper.Type || header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("downloaded: %d %v %q", status, header, text)
	}
	for what, forged := range map[string]string{
		"another name":  strings.Replace(address, "v2", "v3", 1),
		"shown inline":  strings.Replace(address, "attachment", "inline", 1),
		"what came in":  strings.Replace(address, "/kept/", "/incoming/", 1),
		"another paper": strings.Replace(address, paper.ID, approvaltest.Hash("x"), 1),
	} {
		if status, _, _ := send(t, "GET", forged, nil, ""); status != http.StatusForbidden {
			t.Errorf("%s: %d", what, status)
		}
	}
	a.clock.Add(5 * time.Minute)
	if status, _, _ := send(t, "GET", address, nil, ""); status != http.StatusForbidden {
		t.Errorf("after its time: %d", status)
	}
}

func TestWhatIsKeptOutlivesWhatCameIn(t *testing.T) {
	t.Parallel()
	a := open(t)
	a.arrive(t, issue, content)
	hash := approvaltest.Hash(content)
	look := func(io.ReaderAt, int64) error { return nil }
	if err := a.bucket.Keep(t.Context(), issue, hash, func(io.ReaderAt, int64) error { return errors.New("no") }); err == nil || len(a.objects) != 1 {
		t.Errorf("what was not approved of is kept: %v, %v", err, slices.Collect(maps.Keys(a.objects)))
	}
	if err := a.bucket.Keep(t.Context(), issue, hash, look); err != nil {
		t.Fatal(err)
	}
	delete(a.objects, "/papers/incoming/"+string(issue)+"/"+hash) // the bucket's rule
	if err := a.bucket.Keep(t.Context(), issue, hash, look); err != nil {
		t.Errorf("once what came in is gone: %v", err)
	}
	want := []string{"GET incoming", "GET kept", "PUT incoming", "PUT kept"}
	if got := slices.Sorted(maps.Keys(a.asked)); !slices.Equal(got, want) {
		t.Errorf("asked for %v; permissions are for %v", got, want)
	}
}

func TestSaysWhatS3Said(t *testing.T) {
	t.Parallel()
	a := open(t)
	a.arrive(t, issue, content)
	hash := approvaltest.Hash(content)
	look := func(io.ReaderAt, int64) error { return nil }
	a.failing = http.MethodPut
	if err := a.bucket.Keep(t.Context(), issue, hash, look); !errors.Is(err, approval.ErrNotKept) || !strings.Contains(err.Error(), "SlowDown") {
		t.Errorf("a write that fails: %v", err)
	}
	a.failing = http.MethodGet
	if err := a.bucket.Keep(t.Context(), issue, hash, look); err == nil || approval.IsKind(err, approval.NotFound) || !strings.Contains(err.Error(), "SlowDown") {
		t.Errorf("a read that fails: %v", err)
	}
	a.failing = ""
	a.objects["/papers/incoming/"+string(issue)+"/"+hash] = string(bytes.Repeat([]byte("x"), approval.MaxPaper+1))
	if err := a.bucket.Keep(t.Context(), issue, hash, look); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("more than a file may have: %v", err)
	}
	lost := errors.New("no credentials")
	bare := s3.New(aws.Config{Region: region, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, lost })}, "papers", a.url, a.clock.Now)
	if err := bare.Keep(t.Context(), issue, hash, look); !errors.Is(err, lost) {
		t.Errorf("without credentials: %v", err)
	}
	if _, _, _, err := bare.Upload(t.Context(), issue, hash, 1); !errors.Is(err, lost) {
		t.Errorf("without credentials: %v", err)
	}
}

func TestEveryPartitionHasItsEndpoint(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{
		"cn-north-1": "papers.s3.cn-north-1.amazonaws.com.cn", "cn-northwest-1": "papers.s3.cn-northwest-1.amazonaws.com.cn",
		"eu-central-1": "papers.s3.eu-central-1.amazonaws.com", "ap-east-1": "papers.s3.ap-east-1.amazonaws.com",
	} {
		b := s3.New(cloud(region), "papers", "", func() time.Time { return monday })
		address, _, _, err := b.Upload(t.Context(), issue, approvaltest.Hash(content), 1)
		u, parsed := url.Parse(address)
		if err != nil || parsed != nil || u.Scheme != "https" || u.Host != host || u.Path != "/incoming/"+string(issue)+"/"+approvaltest.Hash(content) {
			t.Errorf("%s: %s, %v", region, address, err)
		}
	}
}
