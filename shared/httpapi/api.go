package httpapi

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"runtime/debug"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/archive"
	"lianban/shared/audit"
	"lianban/shared/briefing"
	"lianban/shared/intake"
	"lianban/shared/invitation"
	"lianban/shared/ledger"
	"lianban/shared/measure"
	"lianban/shared/oversight"
	"lianban/shared/policy"
	"lianban/shared/register"
	"lianban/shared/session"
)

// Base is the path under which every route but /healthz lies.
const Base = "/api/v1"

// Config is what the API is made of.
type Config struct {
	Service  *approval.Service
	Register *register.Keeper
	Intake   *intake.Service
	Verifier access.Verifier
	// Policies say which operations are for whom; nil: the product's own.
	Policies *policy.Set
	SignIn   *access.Local // signs demo people in; nil when another issuer serves
	// Sessions are those of the pages, which signing out ends; nil: there are none.
	Sessions *session.Desk
	// CursorKey signs list cursors: 16 bytes or more, the same in every process.
	CursorKey []byte
	// Shelf keeps the bytes of attachments at this server; Links where they are kept
	// elsewhere. Neither: none are taken.
	Shelf Shelf
	Links Links
	// Disposals keeps those of warnings about the register; nil: none are taken.
	Disposals *oversight.Disposals
	Random    io.Reader // of the secrets of links; nil: crypto/rand.Reader
	// Figures sum up what has been done, for forecasts; nil: there are none.
	Figures *measure.Keeper
	// Chains reads audit trails as they are stored, to check them; nil: nobody can here.
	Chains audit.Reader
	// Archive keeps registers of past approvals; nil: none are kept.
	Archive *archive.Archive
	// Briefings keeps agendas and lists; nil: none are kept.
	Briefings *briefing.Keeper
	// Ledger keeps investment plans and figures; nil: none are kept.
	Ledger *ledger.Ledger
	Log    *slog.Logger // nil: silence
}

// API is the handler; see the package's promises.
type API struct {
	server
	mux  *routes
	huma huma.API
}

// server is what the operations work with.
type server struct {
	service   *approval.Service
	register  *register.Keeper
	intake    *intake.Service
	verifier  access.Verifier
	policies  *policy.Set
	sessions  *session.Desk
	signIn    *access.Local
	cursors   cursors
	log       *slog.Logger
	origin    *http.CrossOriginProtection
	shelf     Shelf
	links     Links
	own       ownLinks
	disposals *oversight.Disposals
	figures   *measure.Keeper
	briefings *briefing.Keeper
	archive   *archive.Archive
	chains    audit.Reader
	ledger    *ledger.Ledger
	invites   *invitation.Desk

	// The document in both notations, made once somebody asks: writing it takes
	// longer than all else that happens when a function starts.
	documentJSON, documentYAML func() ([]byte, error)
}

// routes is a mux that remembers what was registered, for the test that compares
// routes and document.
type routes struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc registers a handler.
func (r *routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.HandleFunc(pattern, handler)
}

// New makes the handler, or says everything that is wrong with the configuration.
func New(c Config) (*API, error) {
	var faults []error
	if c.Service == nil {
		faults = append(faults, errors.New("no service"))
	}
	if c.Register == nil {
		faults = append(faults, errors.New("no register"))
	}
	if c.Intake == nil {
		faults = append(faults, errors.New("no intake of requests"))
	}
	if c.Verifier == nil {
		faults = append(faults, errors.New("no verifier of tokens"))
	}
	if len(c.CursorKey) < 16 {
		faults = append(faults, fmt.Errorf("a cursor key of %d bytes, which is less than 16", len(c.CursorKey)))
	}
	if c.Service != nil && c.Service.Papers != nil && c.Shelf == nil && c.Links == nil {
		faults = append(faults, errors.New("attachments are kept, and neither a shelf nor links say where"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("configure the HTTP API: %w", errors.Join(faults...))
	}
	if c.Policies == nil {
		var err error
		if c.Policies, err = policy.New(); err != nil {
			return nil, fmt.Errorf("configure the HTTP API: %w", err)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	a := &API{mux: &routes{ServeMux: http.NewServeMux()}, server: server{
		service: c.Service, intake: c.Intake, register: c.Register, verifier: c.Verifier, policies: c.Policies,
		signIn: c.SignIn, sessions: c.Sessions, cursors: cursors{c.CursorKey}, log: c.Log, origin: http.NewCrossOriginProtection(),
		shelf: c.Shelf, links: c.Links, own: ownLinks{c.Service.Now, c.CursorKey}, disposals: c.Disposals, figures: c.Figures, archive: c.Archive, chains: c.Chains, briefings: c.Briefings, ledger: c.Ledger,
		invites: &invitation.Desk{Service: c.Service, Random: c.Random},
	}}

	config := huma.DefaultConfig("Lianban API 联办接口", "1")
	config.Info.Description = description
	config.CreateHooks, config.DocsPath, config.SchemasPath, config.OpenAPIPath = nil, "", "", ""
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An OpenID Connect ID token."},
		"cookie": {Type: "apiKey", In: "cookie", Name: access.SessionCookie, Description: "The session of the pages; changes must come from the same origin."},
	}
	a.huma = humago.New(a.mux, config)
	a.huma.UseMiddleware(a.admit)
	a.duties()
	a.tolerances()
	a.session()
	a.reference()
	a.branches()
	a.reading()
	a.commands()
	a.registering()
	a.registerImports()
	a.ladder()
	a.attachments()
	a.signers()
	a.bulk()
	a.mentions()
	a.requests()
	a.pool()
	a.imports()
	a.clock()
	a.notices()
	a.warnings()
	a.eventLog()
	a.auditTrail()
	a.whatIf()
	a.figuresRoutes()
	a.forecasts()
	a.timelines()
	a.archives()
	a.briefing()
	a.vitality()
	a.consultation()
	a.investment()
	a.invitations()
	a.document()

	loosen(a.huma.OpenAPI())
	a.documentJSON = sync.OnceValues(a.huma.OpenAPI().MarshalJSON)
	a.documentYAML = sync.OnceValues(a.huma.OpenAPI().YAML)
	return a, nil
}

// schemaName tells what other packages call by the same name as this one from what this
// one says: the roster's own entries, which a change of the register holds, and figures.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch path.Base(t.PkgPath()) {
	case "roster":
		return "Roster" + name
	case "measure":
		return "Measured" + name
	case "saving":
		return "Saving" + name
	}
	return name
}

// loosen lets answers gain fields: only what is sent to the API is refused for a
// field too many, so that only those schemas are closed in the document.
func loosen(document *huma.OpenAPI) {
	schemas := document.Components.Schemas
	asked := map[*huma.Schema]bool{}
	var walk func(s *huma.Schema)
	walk = func(s *huma.Schema) {
		for s != nil && s.Ref != "" {
			s = schemas.SchemaFromRef(s.Ref)
		}
		if s == nil || asked[s] {
			return
		}
		asked[s] = true
		walk(s.Items)
		for _, property := range s.Properties {
			walk(property)
		}
	}
	for _, path := range document.Paths {
		if path.Post != nil && path.Post.RequestBody != nil {
			for _, media := range path.Post.RequestBody.Content {
				walk(media.Schema)
			}
		}
	}
	for _, s := range schemas.Map() {
		if !asked[s] {
			s.AdditionalProperties = nil
		}
	}
}

// ServeHTTP answers everything below Base, and /healthz.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &tracked{ResponseWriter: w}
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			panic(v)
		default:
			problem := a.problem(r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			if !t.begun {
				problem.write(t, r)
			}
		}
	}()
	t.Header().Set("X-Content-Type-Options", "nosniff")
	t.Header().Set("Cache-Control", "no-store")
	// Nothing that is answered here is a page, whatever a browser makes of it.
	t.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	t.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	// An address may hold what lets somebody in without an account.
	t.Header().Set("Referrer-Policy", "no-referrer")
	t.Header().Set("X-Robots-Tag", "noindex")
	if handler, pattern := a.mux.Handler(r); pattern == "" {
		a.problem(r, unrouted(handler, r, t)).write(t, r)
		return
	}
	a.mux.ServeHTTP(t, r)
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	begun bool
}

func (t *tracked) WriteHeader(status int) { t.begun = true; t.ResponseWriter.WriteHeader(status) }

func (t *tracked) Write(b []byte) (int, error) { t.begun = true; return t.ResponseWriter.Write(b) }

// Unwrap serves http.ResponseController.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// unrouted says what the mux found missing: the path or the method.
func unrouted(handler http.Handler, r *http.Request, w http.ResponseWriter) error {
	s := &silent{header: http.Header{}}
	handler.ServeHTTP(s, r)
	if s.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", s.header.Get("Allow"))
		return &fault{kind: kindMethod, text: text("此地址不接受该请求方法，可用的方法见 Allow 头。", "This address does not take that method; the Allow header lists those it takes.")}
	}
	return &fault{kind: kindNotFound, text: text("没有这个地址，请查阅接口文档 "+Base+"/openapi.yaml。", "There is no such address; see the document at "+Base+"/openapi.yaml.")}
}

// silent keeps status and headers and drops the body.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) WriteHeader(status int)      { s.status = status }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }

const description = `Joint sign-off of key construction projects 重点项目并联审批.

* Sign in with a bearer token, or with the cookie that the pages share.
* Every change needs an Idempotency-Key (1 to 128 visible ASCII characters). The same key with the same request does nothing twice.
* An issue's ETag is its version; send it as If-Match to change only what you have seen.
* Errors are problem+json (RFC 9457), in Chinese or, with Accept-Language: en, in English.
* A file is attached in three steps: announce it (POST …/attachments/uploads), send it to the address that comes back, attach it (POST …/attachments). Where it is kept elsewhere, a download is answered by 303.
* Lists answer items and, when there is more, next: send it as cursor, or follow the Link header.

请求出错时按 Accept-Language 返回中文（默认）或英文说明；凡改变数据的请求须带 Idempotency-Key。`
