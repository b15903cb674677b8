package webui

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/archive"
	"lianban/shared/audit"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/httpapi"
	"lianban/shared/intake"
	"lianban/shared/invitation"
	"lianban/shared/ledger"
	"lianban/shared/measure"
	"lianban/shared/oversight"
	"lianban/shared/policy"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/trace"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Config is what the pages stand on.
type Config struct {
	Service  *approval.Service
	Verifier access.Verifier
	// Intake serves the page on which requesters look theirs up; nil: there is none.
	Intake *intake.Service
	// Register keeps the register's change sets; nil: there are no pages for them.
	Register *register.Keeper
	// Disposals keeps those of warnings about the register; nil: none are taken.
	Disposals *oversight.Disposals
	// Filters keeps those that people name for their inboxes; nil: none are kept.
	Filters *Filters
	// Figures sum up what has been done, for forecasts; nil: there are none.
	Figures *measure.Keeper
	// Chains reads audit trails as they are stored, to check them; nil: nobody can here.
	Chains audit.Reader
	// Archive keeps registers of past approvals; nil: there is no page for them.
	Archive *archive.Archive
	// Briefings keeps agendas and lists; nil: there are no pages for them.
	Briefings *briefing.Keeper
	// Ledger keeps investment figures; nil: there are no pages for them.
	Ledger *ledger.Ledger
	// Background runs what may go on behind a page that shows how far it is; nil: the
	// request waits for it, as it must where the process may sleep after its answer.
	Background func(func())
	// Policies say which pages are for whom; nil: the product's own.
	Policies *policy.Set
	// SignIn lets demo people in without a password; nil when people sign in
	// elsewhere and come with a cookie.
	SignIn *access.Local
	// Door is where people sign in at a city's own issuer; nil where they do not sign in on
	// these pages, or are demo people.
	Door *Door
	// Shelf takes the files of the pages' forms; nil where attachments are kept beyond
	// their reach.
	Shelf httpapi.Shelf
	// Public is the address at which people reach the pages, for what is printed; empty:
	// the one at which each request came in.
	Public string
	// Key signs the tokens of forms; 16 bytes at least, the same in every process that serves
	// these pages.
	Key []byte
	// Random is where secrets of links come from; nil: crypto/rand.Reader.
	Random io.Reader
	Log    *slog.Logger // nil: slog.Default()
	// Secure sends cookies over TLS only.
	Secure bool
	// ICPNote is the filing number of the website (ICP备案号), shown at the foot of
	// every page when there is one (非经营性互联网信息服务备案管理办法 art. 13).
	ICPNote string
}

// maxBody is how much a form may send; one with a file has its room besides.
const maxBody = 1 << 20

const attachPattern = "POST /issues/{id}/attachments"

// server is the handler behind New.
type server struct {
	Config
	speakers   map[string]*speaker
	templates  map[string]*template.Template
	static     map[string][]byte
	version    string // of the static files, for their addresses
	protection *http.CrossOriginProtection
	invites    *invitation.Desk
	imports    importDesk
	mux        *http.ServeMux
	patterns   []string // of the pages, for the test that holds policies to them
}

// New parses everything the pages need and answers the handler that serves them
// at the root of an origin.
func New(config Config) (http.Handler, error) {
	if config.Service == nil || config.Verifier == nil {
		return nil, errors.New("webui: a Service and a Verifier are needed")
	}
	if len(config.Key) < 16 {
		return nil, errors.New("webui: a Key of 16 bytes or more is needed")
	}
	if config.Policies == nil {
		var err error
		if config.Policies, err = policy.New(); err != nil {
			return nil, fmt.Errorf("webui: %w", err)
		}
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Random == nil {
		config.Random = rand.Reader
	}
	s := &server{
		invites: &invitation.Desk{Service: config.Service, Random: config.Random},
		Config:  config, speakers: map[string]*speaker{}, templates: map[string]*template.Template{},
		static: map[string][]byte{}, protection: http.NewCrossOriginProtection(), mux: http.NewServeMux(),
	}
	if err := s.readStatic(); err != nil {
		return nil, fmt.Errorf("webui: %w", err)
	}
	all, err := loadTexts()
	if err != nil {
		return nil, fmt.Errorf("webui: %w", err)
	}
	for lang, t := range all {
		sp := &speaker{lang: lang, texts: t, rules: config.Service.Rules}
		s.speakers[lang] = sp
		functions := sp.functions()
		functions["static"] = func(name string) string { return "/static/" + name + "?v=" + s.version }
		if s.templates[lang], err = template.New(lang).Funcs(functions).ParseFS(templateFiles, "templates/*.html"); err != nil {
			return nil, fmt.Errorf("webui: %w", err)
		}
	}
	s.routes()
	return s, nil
}

func (s *server) readStatic() error {
	digest := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := staticFiles.ReadFile(name)
		s.static["/"+name] = text
		digest.Write(text)
		return err
	})
	s.version = base64.RawURLEncoding.EncodeToString(digest.Sum(nil))[:10]
	return err
}

func (s *server) routes() {
	page := func(pattern string, h func(*visit) error) {
		s.patterns = append(s.patterns, pattern)
		s.mux.Handle(pattern, s.page(h))
	}
	page("GET /{$}", (*visit).home)
	page("GET /sign-in", (*visit).signInPage)
	page("POST /sign-in", (*visit).signIn)
	page("POST /sign-out", (*visit).signOut)
	s.doorRoutes(page)
	page("GET /inbox", signedIn((*visit).inbox))
	page("GET /inbox/bulk", signedIn((*visit).bulkConfirm))
	page("POST /inbox/bulk", signedIn((*visit).bulkApprove))
	page("GET /issues", signedIn((*visit).issues))
	page("GET /issues/new", signedIn((*visit).petitionPage))
	page("POST /issues/new", signedIn((*visit).petition))
	page("GET /issues/{id}/edit", signedIn((*visit).petitionPage))
	page("POST /issues/{id}/edit", signedIn((*visit).petition))
	page("GET /issues/{id}", signedIn((*visit).issuePage))
	page("POST /issues/{id}", signedIn((*visit).issueAct))
	page("GET /issues/{id}/attachments", signedIn((*visit).attachmentsPage))
	page(attachPattern, signedIn((*visit).attachmentsAct))
	page("GET /issues/{id}/signoffs/{n}", signedIn((*visit).signOffPage))
	page("POST /issues/{id}/signoffs/{n}", signedIn((*visit).signOffAct))
	s.moreRoutes(page)
	if s.Intake != nil {
		page("GET /status", (*visit).statusPage)
		page("POST /status", (*visit).statusAct)
	}
	hidden := func(pattern string, h func(*visit) error) {
		s.patterns = append(s.patterns, pattern)
		s.mux.Handle(pattern, unseen(s.page(h)))
	}
	hidden("GET "+httpapi.BallotPage, (*visit).ballotPage)
	hidden("POST "+httpapi.BallotPage, (*visit).ballotAct)
	// Its page sends no referrer, so that older browsers call its own form's origin null.
	// What lets somebody vote is in the form and in no cookie: whoever could forge the
	// form could send it as well.
	s.protection.AddInsecureBypassPattern("POST " + httpapi.BallotPage)
	s.mux.HandleFunc("GET /static/", s.serveStatic)
	page("/", func(v *visit) error {
		return &approval.Error{Kind: approval.NotFound, Text: approval.Text{ZH: "没有这个页面。", EN: "There is no such page."}}
	})
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	s.mux.ServeHTTP(w, r)
}

func (s *server) serveStatic(w http.ResponseWriter, r *http.Request) {
	text, ok := s.static[path.Clean(r.URL.Path)]
	if !ok {
		s.page(func(*visit) error { return noPage }).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.URL.Path)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

var noPage = &approval.Error{Kind: approval.NotFound, Text: approval.Text{ZH: "没有这个页面。", EN: "There is no such page."}}

// visit is one request on its way to a page.
type visit struct {
	*server
	*speaker
	w      http.ResponseWriter
	r      *http.Request
	viewer *viewer // nil when nobody is signed in
	now    time.Time
	today  calendar.Date
	notice string            // what just happened, in words
	size   string            // of type
	parts  *multipart.Reader // of a form with a file, behind its token
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// langCookie and sizeCookie remember the language and the size of type chosen.
const (
	langCookie = "lang"
	sizeCookie = "size"
)

// The sizes of type: the usual one, and the larger one for older eyes and hands (适老化).
const (
	usualSize = "usual"
	largeSize = "large"
)

// page runs a handler: language, session and cross-origin check before it, and
// one place for what it could not do after it.
func (s *server) page(h func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{server: s, speaker: s.speakers[zh], size: usualSize, w: w, r: r, now: s.Service.Now(), today: s.Service.Today()}
		if c, err := r.Cookie(langCookie); err == nil && s.speakers[c.Value] != nil {
			v.speaker = s.speakers[c.Value]
		}
		if c, err := r.Cookie(sizeCookie); err == nil && c.Value == largeSize {
			v.size = largeSize
		}
		if v.switchLook() {
			return
		}
		if w.Header().Get("Cache-Control") == "" {
			w.Header().Set("Cache-Control", "private, no-cache")
		}
		v.viewer = s.whoIs(r)
		if err := v.run(h); err != nil {
			v.fail(err)
		}
	})
}

func (v *visit) run(h func(*visit) error) error {
	if err := v.protection.Check(v.r); err != nil {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "这次提交来自别的网站，已被拦下，没有办理任何事项。", EN: "This submission came from another site and was stopped; nothing was done."}}
	}
	if v.r.Method == http.MethodPost {
		most := int64(maxBody)
		switch v.r.Pattern {
		case attachPattern:
			most += approval.MaxPaper
		case importPattern, archivePattern, registerImportPattern:
			most += maxImport
		case issueImportPattern:
			most += 2 * maxTable
		}
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, most)
		if err := v.r.ParseForm(); err != nil {
			return &approval.Error{Kind: approval.Invalid, Text: approval.Text{ZH: "提交的内容过大或无法读取，请精简后重试。", EN: "What was sent is too large or cannot be read; please shorten it and try again."}}
		}
		// What lets somebody vote by link is in the form and bound to nothing else.
		if v.r.Pattern != "POST "+httpapi.BallotPage && !v.isBound() {
			return v.again()
		}
	}
	if err := v.Policies.Page(v.role(), v.r.Pattern); err != nil {
		if v.viewer == nil {
			return v.signInFirst()
		}
		return err
	}
	if done := v.r.URL.Query().Get("done"); done != "" {
		if _, ok := v.texts["done."+done]; ok {
			v.notice = v.t("done." + done)
		}
	}
	return h(v)
}

// role is the one in which somebody looks.
func (v *visit) role() roster.Role {
	if v.viewer == nil {
		return policy.Anonymous
	}
	return v.viewer.Role
}

// switchLook keeps a language or a size of type asked for and sends the browser back
// to the same page without the question.
func (v *visit) switchLook() bool {
	q := v.r.URL.Query()
	lang, size := q.Get("lang"), q.Get("size")
	chosen := map[string]string{}
	if v.speakers[lang] != nil {
		chosen[langCookie] = lang
	}
	if size == usualSize || size == largeSize {
		chosen[sizeCookie] = size
	}
	if v.r.Method != http.MethodGet || len(chosen) == 0 {
		return false
	}
	for name, value := range chosen {
		http.SetCookie(v.w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode})
		q.Del(name)
	}
	v.redirect(local((&url.URL{Path: v.r.URL.Path, RawQuery: q.Encode()}).String()))
	return true
}

// local is the address if it lies on this origin, else the home page.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}

func (v *visit) redirect(to string) {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// frame is what every page has around it.
type frame struct {
	Lang, Title string
	Viewer      *viewer
	Nav         []link
	Other       link // the same page in the other language
	Size        link // the same page in the other size of type
	Large       bool
	Notice      string
	Demo        bool
	Switches    bool // between posts
	Sessions    bool
	Today       string
	ICP         string
}

type link struct {
	Text, URL string
	Here      bool
}

func (v *visit) frame(title string) frame {
	f := frame{Lang: v.lang, Title: title, Viewer: v.viewer, Notice: v.notice, Demo: v.SignIn != nil, Switches: v.SignIn != nil || v.Door != nil, Sessions: v.Door != nil, Today: v.date(v.today), ICP: v.ICPNote}
	f.Other = v.here("language.other", langCookie, map[string]string{zh: en, en: zh}[v.lang])
	other := map[string]string{usualSize: largeSize, largeSize: usualSize}[v.size]
	f.Size, f.Large = v.here("size."+other, sizeCookie, other), v.size == largeSize
	if v.viewer != nil {
		f.Nav = v.nav()
	}
	return f
}

// here leads to the same page, on which one thing of its look is chosen.
func (v *visit) here(text, name, value string) link {
	q := v.r.URL.Query()
	q.Del("done")
	q.Set(name, value)
	return link{Text: v.t(text), URL: local((&url.URL{Path: v.r.URL.Path, RawQuery: q.Encode()}).String())}
}

// render writes a page whole or not at all.
func (v *visit) render(status int, name string, data any) error {
	var b bytes.Buffer
	if err := v.templates[v.lang].ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	body := v.bind(b.Bytes())
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if _, err := v.w.Write(body); err != nil {
		v.Log.DebugContext(v.ctx(), "page not delivered", "path", v.r.URL.Path, "error", err)
	}
	return nil
}

// statusOf is the HTTP status of a refusal.
func statusOf(err error) int {
	e, ok := errors.AsType[*approval.Error](err)
	if !ok {
		return http.StatusInternalServerError
	}
	switch e.Kind {
	case approval.Invalid:
		return http.StatusUnprocessableEntity
	case approval.NotFound:
		return http.StatusNotFound
	case approval.Forbidden:
		return http.StatusForbidden
	case approval.Conflict, approval.Stale, approval.Closed:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

type errorPage struct {
	frame
	Heading, Text, Next string
	Trace               string // by which the log knows the request; for what is internal
}

// fail shows what could not be done: the domain's own sentence, or for anything
// internal only that it was recorded.
func (v *visit) fail(err error) {
	status := statusOf(err)
	p := errorPage{frame: v.frame(v.t(fmt.Sprintf("error.%d.title", status))), Next: v.t(fmt.Sprintf("error.%d.next", status))}
	p.Heading = p.Title
	if e, ok := errors.AsType[*approval.Error](err); ok && status != http.StatusInternalServerError {
		p.Text = v.text(e.Text)
	} else {
		v.Log.ErrorContext(v.ctx(), "page failed", "method", v.r.Method, "path", v.r.URL.Path, "error", err)
		p.Text, p.Trace = v.t("error.500.text"), trace.ID(v.ctx())
	}
	if err := v.render(status, "error.html", p); err != nil {
		v.Log.ErrorContext(v.ctx(), "error page failed", "error", err)
		http.Error(v.w, http.StatusText(status), status)
	}
}
