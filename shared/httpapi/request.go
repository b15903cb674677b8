package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/policy"
	"lianban/shared/roster"
)

// MaxBody is how many bytes a request's body may have.
const MaxBody = 1 << 20

// maxKey is how long an idempotency key may be.
const maxKey = 128

// call is what is known of a request before its operation begins.
type call struct {
	log      *slog.Logger
	url      *url.URL
	actor    approval.Actor
	identity access.Identity
	cookie   bool   // the sign-in came in the cookie
	session  string // what the cookie held, if there was one
	key      string
	digest   string
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// admit stands before every operation: who calls, from where, with what body
// and under which key. Only then is the input looked at.
func (s *server) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	c := &call{log: s.log, url: r.URL, session: SessionCookie(r)}
	if err := s.examine(c, ctx.Operation(), w, r); err != nil {
		s.problem(r, err).write(w, r)
		return
	}
	next(huma.WithValue(ctx, callKey{}, c))
}

// keyed marks operations that need an Idempotency-Key.
const keyed = "keyed"

func (s *server) examine(c *call, op *huma.Operation, w http.ResponseWriter, r *http.Request) error {
	if len(op.Security) > 0 {
		if err := s.identify(c, r); err != nil {
			return err
		}
	}
	if err := s.policies.Operation(c.role(), op.OperationID); err != nil {
		return err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	// Signing in and out sets the cookie, so that it is guarded like its use.
	if c.cookie || len(op.Security) == 0 {
		if err := s.origin.Check(r); err != nil {
			return &fault{kind: kindOrigin, text: text("请求来自其他网站，已拒绝；请在本系统页面内操作。", "The request comes from another site and is refused; please work in the pages of this system.")}
		}
	}
	body, err := readBody(op, w, r)
	if err != nil {
		return err
	}
	if _, ok := op.Metadata[keyed]; !ok {
		return nil
	}
	if c.key, err = idempotencyKey(r.Header); err != nil {
		return err
	}
	digest := sha256.New()
	fmt.Fprintf(digest, "%s\n%s\n", r.Method, r.URL.EscapedPath())
	digest.Write(body)
	c.digest = base64.RawURLEncoding.EncodeToString(digest.Sum(nil))
	return nil
}

// role is the one in which somebody calls.
func (c *call) role() roster.Role {
	if c.actor.Role == "" {
		return policy.Anonymous
	}
	return c.actor.Role
}

// SessionCookie is what a browser holds of its session; the cookie that only this host can set
// goes first.
func SessionCookie(r *http.Request) string {
	for _, name := range []string{access.SecureSessionCookie, access.SessionCookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return c.Value
		}
	}
	return ""
}

// identify finds out who calls: by the bearer token, else by the cookie.
func (s *server) identify(c *call, r *http.Request) error {
	token := ""
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		scheme, rest, ok := strings.Cut(values[0], " ")
		if !ok || !strings.EqualFold(scheme, "Bearer") || len(values) > 1 {
			return signInFault(true)
		}
		token = strings.TrimSpace(rest)
	} else if value := SessionCookie(r); value != "" {
		token, c.cookie = value, true
	} else {
		return signInFault(false)
	}
	id, err := s.verifier.Verify(r.Context(), token)
	if err != nil {
		return fmt.Errorf("verify the sign-in: %w", err)
	}
	c.identity = id
	c.actor = approval.Actor{Person: id.Person, Role: id.Post.Role, Unit: id.Post.Unit, For: id.For}
	if !s.service.Rules().Seated(c.actor, s.service.Today()) {
		return signInFault(true)
	}
	return nil
}

// idempotencyKey reads the key that every change needs.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 || values[0] == "" {
		return "", &fault{kind: kindKey, field: "Idempotency-Key", text: text("改变数据的请求须带 Idempotency-Key 头：为每次操作生成一个新的值（如 UUID），重试时沿用同一个值。",
			"A change needs the header Idempotency-Key: make a new value (such as a UUID) for each action, and send the same one when you retry it.")}
	}
	key := values[0]
	bad := len(values) > 1 || len(key) > maxKey
	for k := range len(key) {
		bad = bad || key[k] <= ' ' || key[k] > '~'
	}
	if bad {
		return "", &fault{kind: kindMalformed, field: "Idempotency-Key", text: text("幂等键须为 1 至 128 个可见的 ASCII 字符，且只能有一个。", "The idempotency key is 1 to 128 visible ASCII characters, and there is one.")}
	}
	return key, nil
}

// readBody reads the body once, checks that it is JSON, puts it back for the
// operation, and answers it in canonical form: keys sorted, no white space.
func readBody(op *huma.Operation, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge()
		}
		return nil, brokenOff(err)
	}
	if len(raw) == 0 {
		r.Body = http.NoBody
		return nil, nil
	}
	if err := media(r.Header); err != nil {
		return nil, err
	}
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	if op.RequestBody == nil {
		if o, ok := v.(map[string]any); !ok || len(o) > 0 {
			return nil, &fault{kind: kindInvalid, text: text("此操作不需要正文，请留空。", "This operation takes no body; please leave it empty.")}
		}
		return nil, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	canonical, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the body in canonical form: %w", err)
	}
	return canonical, nil
}

// brokenOff says that a body could not be read to its end.
func brokenOff(err error) error {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return library(http.StatusRequestTimeout, "", nil)
	}
	return &fault{kind: kindMalformed, text: text("请求正文没有传完，请重新提交。", "The body broke off; please submit it again.")}
}

// media refuses everything but plain JSON, and so what a form of another site can
// send.
func media(h http.Header) error {
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := parameters["charset"]
	encoding := h.Get("Content-Encoding")
	if err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8")) && (encoding == "" || strings.EqualFold(encoding, "identity")) {
		return nil
	}
	return &fault{kind: kindMedia, field: "Content-Type", text: text("请以 Content-Type: application/json（UTF-8，不压缩）提交。", "Send it as Content-Type: application/json (UTF-8, not compressed).")}
}

// decode reads one JSON value and says where it is broken.
func decode(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, malformed(body, int64(invalidAt(body)), text("不是有效的 UTF-8 文字", "the text is not valid UTF-8"))
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			if f := shapely(body); f != nil {
				return nil, f
			}
			return v, nil
		}
		return nil, malformed(body, d.InputOffset(), text("JSON 结束后还有多余内容", "there is something after the end of the JSON"))
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, malformed(body, e.Offset, text("JSON 语法有误", "the JSON is broken ("+e.Error()+")"))
	}
	return nil, malformed(body, int64(len(body)), text("JSON 不完整", "the JSON is not complete"))
}

func invalidAt(body []byte) int {
	for at := 0; at < len(body); {
		r, n := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return len(body)
}

func malformed(body []byte, offset int64, what approval.Text) *fault {
	before := body[:min(max(offset, 0), int64(len(body)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return &fault{kind: kindMalformed, text: text(
		fmt.Sprintf("请求正文有误：%s（第 %d 行第 %d 个字符附近）。", what.ZH, line, column),
		fmt.Sprintf("The body cannot be read: %s, near line %d, character %d.", what.EN, line, column))}
}

// impossible is a version that no issue has.
const impossible = -1

// expected reads If-Match: the version that a change depends on, 0 for any.
func expected(header string) (int64, error) {
	header = strings.TrimSpace(header)
	switch {
	case header == "" || header == "*":
		return 0, nil
	case strings.HasPrefix(header, "W/"):
		return impossible, nil // If-Match compares strongly, and a weak tag never matches so
	}
	if version, ok := tagged(header); ok {
		return version, nil
	}
	return 0, &fault{kind: kindMalformed, field: "If-Match", text: text(`If-Match 须为读取问题时得到的 ETag，如 "5"（含双引号）。`, `If-Match is the ETag that came with the issue, such as "5", quotes included.`)}
}

// tagged reads an entity tag; one that this API never gives has an impossible
// version.
func tagged(tag string) (int64, bool) {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' || strings.Contains(tag[1:len(tag)-1], `"`) {
		return 0, false
	}
	version, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64)
	if err != nil || version < 1 || etag(version) != tag {
		version = impossible
	}
	return version, true
}

// unchanged reports whether If-None-Match names the version.
func unchanged(header string, version int64) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == etag(version) {
			return true
		}
	}
	return false
}
