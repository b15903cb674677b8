package webui

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"lianban/shared/approval"
)

// Every form carries a token that is bound to the session, beside the check of where a
// submission comes from: a form that was made for one session is good in no other. Who is not
// signed in has a name for the visit instead. The one place that puts it into forms is render,
// the one that checks it is run.

// boundField is the name of the token, which stands first in every form.
const boundField = "session"

// visitCookie names a browser in which nobody is signed in, so that nobody can be signed in as
// somebody else unawares. Over TLS no other host can set it.
func (s *server) visitCookie() string {
	if s.Secure {
		return "__Host-lianban_visit"
	}
	return "lianban_visit"
}

// token is good for forms of one session or visit.
func (s *server) token(session string) string {
	mac := hmac.New(sha256.New, s.Key)
	_, _ = io.WriteString(mac, "a form of "+session) // it never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// session is what a browser's forms are bound to; empty: nothing yet.
func (v *visit) session() string {
	for _, name := range []string{v.cookieName(), v.visitCookie()} {
		if c, err := v.r.Cookie(name); err == nil && c.Value != "" {
			return name + "=" + c.Value
		}
	}
	return ""
}

var postForms = regexp.MustCompile(`<form [^>]*\bmethod="post"[^>]*>`)

// bind puts the token into every form that changes something.
func (v *visit) bind(page []byte) []byte {
	field := ""
	return postForms.ReplaceAllFunc(page, func(tag []byte) []byte {
		if field == "" {
			field = `<input type="hidden" name="` + boundField + `" value="` + v.token(v.bindsTo()) + `">`
		}
		return append(slices.Clip(tag), field...)
	})
}

// bindsTo is the session, or the visit, which is given a name when it has none.
func (v *visit) bindsTo() string {
	if s := v.session(); s != "" {
		return s
	}
	c := &http.Cookie{Name: v.visitCookie(), Value: rand.Text(), Path: "/", HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode}
	http.SetCookie(v.w, c)
	return c.Name + "=" + c.Value
}

// isBound reports whether a submission carries the token of its session. The token of a form
// with a file is its first part; the others are left in v.parts.
func (v *visit) isBound() bool {
	var given string
	if v.sendsFile() {
		parts, err := v.r.MultipartReader()
		if err != nil {
			return false
		}
		v.parts = parts
		part, err := parts.NextPart()
		if err != nil || part.FormName() != boundField {
			return false
		}
		text, err := io.ReadAll(io.LimitReader(part, 64))
		if err != nil {
			return false
		}
		given = string(text)
	} else {
		given = v.r.PostForm.Get(boundField)
		v.r.PostForm.Del(boundField) // it says nothing of what is asked for
		v.r.Form.Del(boundField)
	}
	session := v.session()
	return session != "" && hmac.Equal([]byte(given), []byte(v.token(session)))
}

// sendsFile reports whether the form is of the kind that takes a file.
func (v *visit) sendsFile() bool {
	return strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/")
}

type againPage struct {
	frame
	Text, Action string
	SignIn       bool
	Fields       []typedValue
	Shown        []string
}

type typedValue struct{ Name, Value string }

// again gives a submission back that was not carried out, with all that was typed, to be sent
// again by whoever is there.
func (v *visit) again() error {
	if v.sendsFile() {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "打开该页面后登录状态已变化，文件没有上传，也没有办理任何事项。请返回上一页刷新，重新选择文件。", EN: "The sign-in has changed since that page was opened: the file was not taken and nothing was done. Go back, reload the page and choose the file again."}}
	}
	p := againPage{frame: v.frame(v.t("again.title")), Action: local(v.r.URL.RequestURI()), SignIn: v.viewer == nil}
	if p.Text = v.t("again.signin"); v.viewer != nil {
		p.Text = v.t("again.changed")
	}
	for _, name := range sortedNames(v.r.PostForm) {
		for _, value := range v.r.PostForm[name] {
			p.Fields = append(p.Fields, typedValue{name, value})
			if strings.TrimSpace(value) != "" && !slices.Contains([]string{"key", "seal"}, name) && !codes.MatchString(value) {
				p.Shown = append(p.Shown, value)
			}
		}
	}
	return v.render(http.StatusForbidden, "again.html", p)
}

// codes are what forms say to programs: they are sent again, and say nothing to people.
var codes = regexp.MustCompile(`^[a-z0-9_#/.-]+$`)

func sortedNames(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
