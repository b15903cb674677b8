package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/register"
	"lianban/shared/trace"
)

// Problem is an error as the API tells it (RFC 9457).
type Problem struct {
	Type      string  `json:"type" doc:"What kind of problem it is: urn:lianban:problem:<kind>." example:"urn:lianban:problem:invalid"`
	Title     string  `json:"title" doc:"The kind in words, in the caller's language."`
	Status    int     `json:"status" doc:"The HTTP status."`
	Detail    string  `json:"detail" doc:"What is wrong and what to do, in the caller's language."`
	Field     string  `json:"field,omitempty" doc:"The field, query parameter or header at fault." example:"parties[1].department"`
	Instance  string  `json:"instance" doc:"The path that was asked for."`
	Errors    []Fault `json:"errors,omitempty" doc:"All fields at fault, when there are several."`
	Version   int64   `json:"currentVersion,omitempty" doc:"The issue's current version, when If-Match named another."`
	RequestID string  `json:"requestId,omitempty" doc:"For internal errors: what to tell the operator."`
	TraceID   string  `json:"traceId,omitempty" doc:"By which the request is found in the log; it comes from the header traceparent, if there was one."`

	header http.Header
	lang   string
}

// Fault is one field at fault.
type Fault struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error implements huma.StatusError.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func (p *Problem) headers(set func(name, value string)) {
	set("Content-Language", p.lang)
	set("Vary", "Accept-Language")
	set("Cache-Control", "no-store")
	for name := range p.header {
		set(name, p.header.Get(name))
	}
}

func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(p)
	if err != nil {
		panic("httpapi: problem cannot be encoded: " + err.Error())
	}
	p.headers(w.Header().Set)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(body, '\n')) // nobody is left to tell when the caller has gone
	}
}

// Busy tells a caller of the API that the process has too much to do.
func Busy(w http.ResponseWriter, r *http.Request) {
	err := &fault{kind: kindUnavailable, text: text("当前请求过多，请按 Retry-After 头稍候重试；本次请求未作任何处理。", "Too much is asked for at the moment; try again after Retry-After seconds. Nothing of this request was done.")}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	tell(r.Context(), nil, r.Header.Get("Accept-Language"), r.Method, r.URL.EscapedPath(), err).write(w, r)
}

// Wait tells a caller of the API that it asks too often.
func Wait(w http.ResponseWriter, r *http.Request) {
	err := &fault{kind: kindTooMany, text: text("请求过于频繁，或核对编号、链接时错误次数过多，请按 Retry-After 头等待后重试；本次请求未作任何处理。", "You ask too often, or missed too often at codes or links; try again after Retry-After seconds. Nothing of this request was done.")}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	tell(r.Context(), nil, r.Header.Get("Accept-Language"), r.Method, r.URL.EscapedPath(), err).write(w, r)
}

// kind is what a problem is, for programs and for people.
type kind struct {
	name   string
	status int
	title  approval.Text
}

var (
	kindMalformed   = kind{"malformed", http.StatusBadRequest, text("请求格式有误", "Malformed request")}
	kindKey         = kind{"idempotency-key", http.StatusBadRequest, text("缺少幂等键", "Idempotency key missing")}
	kindSignIn      = kind{"unauthenticated", http.StatusUnauthorized, text("请先登录", "Sign-in needed")}
	kindForbidden   = kind{"forbidden", http.StatusForbidden, text("无权办理", "Not allowed")}
	kindOrigin      = kind{"cross-origin", http.StatusForbidden, text("来源不符", "Cross-origin request")}
	kindNotFound    = kind{"not-found", http.StatusNotFound, text("没有找到", "Not found")}
	kindMethod      = kind{"method-not-allowed", http.StatusMethodNotAllowed, text("请求方法不适用", "Method not allowed")}
	kindTimeout     = kind{"timeout", http.StatusRequestTimeout, text("请求超时", "Request timed out")}
	kindConflict    = kind{"conflict", http.StatusConflict, text("与当前状态冲突", "Conflict with the current state")}
	kindClosed      = kind{"closed", http.StatusConflict, text("已经办结", "Already decided or ended")}
	kindStale       = kind{"stale", http.StatusPreconditionFailed, text("内容已有更新", "The issue has moved on")}
	kindTooLarge    = kind{"too-large", http.StatusRequestEntityTooLarge, text("内容过大", "Body too large")}
	kindMedia       = kind{"media-type", http.StatusUnsupportedMediaType, text("内容类型不受支持", "Media type not supported")}
	kindTooMany     = kind{"too-many", http.StatusTooManyRequests, text("请求过于频繁", "Asked too often")}
	kindInvalid     = kind{"invalid", http.StatusUnprocessableEntity, text("内容需要修改", "The request breaks a rule")}
	kindInternal    = kind{"internal", http.StatusInternalServerError, text("系统错误", "Internal error")}
	kindUnavailable = kind{"unavailable", http.StatusServiceUnavailable, text("暂时无法服务", "Not available at the moment")}
)

func text(zh, en string) approval.Text { return approval.Text{ZH: zh, EN: en} }

// fault is an error of this package, in both languages until it is told.
type fault struct {
	kind    kind
	field   string
	text    approval.Text
	more    []fieldFault
	version int64
	header  http.Header
}

type fieldFault struct {
	field string
	text  approval.Text
}

func (f *fault) Error() string { return f.kind.name + ": " + f.text.EN }

// staleError is approval's Stale with the version that is current.
type staleError struct {
	error
	version int64
}

func (e staleError) Unwrap() error { return e.error }

// byKind is what approval's kinds are in HTTP.
var byKind = map[approval.Kind]kind{
	approval.Invalid: kindInvalid, approval.NotFound: kindNotFound, approval.Forbidden: kindForbidden,
	approval.Conflict: kindConflict, approval.Stale: kindStale, approval.Closed: kindClosed,
}

// classify says what an error is to the caller: every error of every operation
// comes through here once.
func classify(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*approval.Error](err); ok {
		if k, ok := byKind[e.Kind]; ok {
			f := &fault{kind: k, field: e.Field, text: e.Text}
			if stale, ok := errors.AsType[staleError](err); ok {
				f.version = stale.version
				f.header = http.Header{"Etag": {etag(stale.version)}}
			}
			if left, ok := errors.AsType[*register.NotHandedOver](err); ok {
				for _, h := range left.Held {
					at := Base + "/issues/" + string(h.Issue)
					f.more = append(f.more, fieldFault{string(h.Person), text(fmt.Sprintf("《%s》第%d项：%s", h.Title, h.SignOff, at), fmt.Sprintf("%s, number %d: %s", h.Title, h.SignOff, at))})
				}
			}
			return f
		}
	}
	if errors.Is(err, access.ErrToken) {
		return signInFault(true)
	}
	if errors.Is(err, approval.ErrNotKept) {
		return &fault{kind: kindUnavailable, text: text("附件暂时无法保存（存储空间不足或不可写），请稍后再试，或联系管理员。", "Attachments cannot be kept at the moment (no room, or no right to write); try again later, or tell the administrator.")}
	}
	return nil
}

// signInFault asks for a sign-in; given says that one was there and was no good.
func signInFault(given bool) *fault {
	f := &fault{
		kind: kindSignIn, text: text("请登录后再试：在 Authorization 头中携带 Bearer 令牌，或先登录页面。", "Sign in first: send a bearer token in the Authorization header, or sign in to the pages."),
		header: http.Header{"Www-Authenticate": {`Bearer realm="lianban"`}},
	}
	if given {
		f.text = text("登录已失效，或您已不再担任该岗位，请重新登录。", "The sign-in is not valid any more, or you do not hold that post any more; please sign in again.")
		f.header = http.Header{"Www-Authenticate": {`Bearer realm="lianban", error="invalid_token"`}}
	}
	return f
}

// problem tells an error to the caller of r. What is not meant for the caller is
// logged under an id.
func (s *server) problem(r *http.Request, err error) *Problem {
	return tell(r.Context(), s.log, r.Header.Get("Accept-Language"), r.Method, r.URL.EscapedPath(), err)
}

func tell(ctx context.Context, log *slog.Logger, accept, method, path string, err error) *Problem {
	f := classify(err)
	id := ""
	if errors.Is(err, approval.ErrNotKept) {
		log.LogAttrs(ctx, slog.LevelError, "attachments cannot be kept", slog.String("path", path), slog.Any("error", err))
	}
	if f == nil {
		id = rand.Text()
		level := slog.LevelError
		if ctx.Err() != nil { // the caller has gone, so that nothing is wrong here
			level = slog.LevelInfo
		}
		log.LogAttrs(ctx, level, "request failed", slog.String("requestId", id), slog.String("method", method), slog.String("path", path), slog.Any("error", err))
		f = &fault{kind: kindInternal, text: text("系统出错，请稍后再试；仍不成功的，请将编号 "+id+" 告知管理员。", "Something went wrong here. Try again later; if it stays, tell the administrator the id "+id+".")}
	}
	lang := preferred(accept)
	p := &Problem{
		Type: "urn:lianban:problem:" + f.kind.name, Title: f.kind.title.In(lang), Status: f.kind.status, Detail: f.text.In(lang),
		Field: f.field, Instance: path, Version: f.version, RequestID: id, TraceID: trace.ID(ctx), header: f.header, lang: lang,
	}
	for _, m := range f.more {
		p.Errors = append(p.Errors, Fault{m.field, m.text.In(lang)})
	}
	return p
}

// preferred is the language of the answer: the one of the two that the caller
// likes better, zh when neither is named.
func preferred(accept string) string {
	tags, weights, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "zh"
	}
	for k, tag := range tags {
		if base, _ := tag.Base(); weights[k] > 0 && (base.String() == "zh" || base.String() == "en") {
			return base.String()
		}
	}
	return "zh"
}

// The library's settings are package variables; this package is the only one of
// the house that uses it, so they are set once, before anything is registered.
func init() {
	huma.ValidateStrictCasing = true  // Title is not title
	huma.DefaultArrayNullable = false // lists are never null here
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return tell(context.Background(), slog.New(slog.DiscardHandler), "", "", "", library(status, msg, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		log := slog.New(slog.DiscardHandler)
		if c, ok := ctx.Context().Value(callKey{}).(*call); ok {
			log = c.log
		}
		u := ctx.URL()
		p := tell(ctx.Context(), log, ctx.Header("Accept-Language"), ctx.Method(), u.EscapedPath(), library(status, msg, errs))
		p.headers(ctx.SetHeader)
		return p
	}
}

// maxFaults is how many fields at fault are told at once (assumed): nobody mends more
// before asking again, and an answer must not be larger than what was sent.
const maxFaults = 50

// library turns an error as the HTTP library reports it into one of this
// package: an operation's own error as it is, a refused input with its fields.
func library(status int, msg string, errs []error) error {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
	case http.StatusRequestEntityTooLarge:
		return tooLarge()
	case http.StatusRequestTimeout:
		return &fault{kind: kindTimeout, text: text("内容接收超时，请重新提交。", "The body did not arrive in time; please submit it again.")}
	default:
		if len(errs) == 1 {
			return errs[0]
		}
		return fmt.Errorf("%d %s: %w", status, msg, errors.Join(errs...))
	}
	f := &fault{kind: kindInvalid}
	if status == http.StatusBadRequest {
		f.kind = kindMalformed
	}
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok {
			return err
		}
		detail := d.ErrorDetail()
		f.more = append(f.more, inputFault(detail.Location, detail.Message))
	}
	if len(f.more) == 0 {
		f.text = text("请在请求正文中以 JSON 提交内容。", "Send the content as JSON in the body.")
		return f
	}
	slices.SortStableFunc(f.more, func(a, b fieldFault) int { return strings.Compare(a.field, b.field) })
	f.more = f.more[:min(len(f.more), maxFaults)]
	f.field, f.text = f.more[0].field, f.more[0].text
	if len(f.more) == 1 {
		f.more = nil
	}
	return f
}

// inputFault words what the library found wrong with one input.
func inputFault(location, message string) fieldFault {
	location = brief(location)
	field := location
	for _, part := range []string{"body", "query", "path", "header"} {
		if rest, ok := strings.CutPrefix(location, part); ok && (rest == "" || rest[0] == '.') {
			field = strings.TrimPrefix(rest, ".")
			break
		}
	}
	if rest, ok := strings.CutPrefix(message, "expected required property "); ok {
		name := strings.TrimSuffix(rest, " to be present")
		if field != "" {
			name = field + "." + name
		}
		return fieldFault{name, text("缺少此项，请填写。", "This is missing; please fill it in.")}
	}
	for _, w := range wordings {
		if rest, ok := strings.CutPrefix(message, w.message); ok {
			return fieldFault{field, text(strings.ReplaceAll(w.zh, "%", rest), strings.ReplaceAll(w.en, "%", rest))}
		}
	}
	return fieldFault{field, text("内容不符合要求，请对照接口文档修改。", "This does not fit the document at "+Base+"/openapi.yaml; please correct it.")}
}

// wordings are the library's findings in the words of this product; % is what
// follows the message. Of two that begin alike the longer stands first.
var wordings = []struct{ message, zh, en string }{
	{"unexpected property", "不接受此字段，请删去（注意大小写）。", "This field is not accepted; leave it out (mind the case of its letters)."},
	{"unknown query parameter", "没有此查询参数，请删去。", "There is no such query parameter; leave it out."},
	{"required ", "缺少此项，请填写。", "This is missing; please fill it in."},
	{"expected value to be one of ", "须为下列之一：%。", "It must be one of %."},
	{"expected string to be RFC 3339 date-time", "请按 2026-03-02T09:30:00Z 的格式填写时间。", "Write the time as 2026-03-02T09:30:00Z."},
	{"expected string to be RFC 3339 date", "请按 2026-03-02 的格式填写日期。", "Write the date as 2026-03-02."},
	{"expected number >= ", "不得小于 %。", "It must be at least %."},
	{"expected number <= ", "不得大于 %。", "It must be at most %."},
	{"expected length >= ", "至少 % 个字。", "It needs at least % characters."},
	{"expected length <= ", "最多 % 个字。", "It may have at most % characters."},
	{"expected array length >= ", "至少 % 项。", "It needs at least % entries."},
	{"expected array length <= ", "最多 % 项。", "It may have at most % entries."},
	{"expected string to match pattern", "含有不允许的字符。", "It holds characters that are not allowed here."},
	{"expected string", "应为文字。", "It must be text."},
	{"expected integer", "应为整数。", "It must be a whole number."},
	{"expected number", "应为数字。", "It must be a number."},
	{"expected boolean", "应为 true 或 false。", "It must be true or false."},
	{"expected array", "应为列表。", "It must be a list."},
	{"expected object", "应为 JSON 对象。", "It must be a JSON object."},
	{"invalid integer", "应为整数。", "It must be a whole number."},
	{"invalid boolean", "应为 true 或 false。", "It must be true or false."},
}

func tooLarge() *fault {
	return &fault{kind: kindTooLarge, text: text("内容不得超过 1 MB，请精简后再提交。", "The body may have at most 1 MiB; please shorten it.")}
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }
