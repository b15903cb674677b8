package httpapi_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/archive"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/httpapi"
	"lianban/shared/intake"
	"lianban/shared/ledger"
	"lianban/shared/measure"
	"lianban/shared/oversight"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/files"
	"lianban/shared/store/sqlite"
)

var cursorKey = []byte("0123456789abcdef0123456789abcdef")

// monday is a working day: 2026-03-02, nine in the morning in Shanghai.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// world is a whole house without a workflow: the tests are the machine.
type world struct {
	figures  *measure.Keeper
	t        testing.TB
	clock    *approvaltest.Clock
	service  *approval.Service
	register *register.Keeper
	issuer   *access.Local
	api      *httpapi.API
	intake   *intake.Service
	log      *buffer
	files    string // where attachments lie
	data     string // where the store's files lie
	table    *witness
	keys     int
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// broken is a store that fails when it is told to.
type broken struct {
	approval.Store
	err error
}

func (b *broken) Issue(ctx context.Context, id approval.IssueID) (approval.Issue, error) {
	if b.err != nil {
		return approval.Issue{}, b.err
	}
	return b.Store.Issue(ctx, id)
}

func (b *broken) Receipt(ctx context.Context, key string) (approval.Receipt, error) {
	if b.err != nil {
		return approval.Receipt{}, b.err
	}
	return b.Store.Receipt(ctx, key)
}

func open(t testing.TB) *world { w, _ := openBroken(t); return w }

func openBroken(t testing.TB) (*world, *broken) {
	t.Helper()
	data := t.TempDir()
	file, err := sqlite.Open(filepath.Join(data, "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	w := &world{t: t, data: data, clock: approvaltest.NewClock(monday), log: &buffer{}}
	w.table = &witness{Table: file.Table(), t: t}
	kept := store.New(w.table)
	b := &broken{Store: kept}
	w.service = approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		b, &approvaltest.Stillness{}, w.clock.Now, approvaltest.IDs())
	w.issuer = access.NewLocal("http://127.0.0.1", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), w.clock.Now)
	w.files = filepath.Join(t.TempDir(), "l.db.files")
	shelf, err := files.Open(w.files, w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.service.Papers, w.service.Readings = shelf, oversight.NewReadings(kept, w.clock.Now)
	n := 0
	w.register = register.New(kept, w.service, w.clock.Now, func() string { n++; return fmt.Sprintf("change-%02d", n) })
	w.intake = intake.NewService(w.service, kept, func() string { return "ABCDEFGHIJ" })
	w.figures = &measure.Keeper{Store: kept, Issues: kept, Rules: w.service.Rules, Now: w.clock.Now}
	investment := ledger.New(w.service, kept)
	w.api, err = httpapi.New(httpapi.Config{
		Figures: w.figures, Archive: archive.New(w.service, kept), Chains: kept, Briefings: briefing.New(w.service, kept, w.figures, investment),
		Shelf: shelf, Disposals: oversight.NewDisposals(kept, w.clock.Now), Ledger: investment,
		Service: w.service, Intake: w.intake, Register: w.register, Verifier: w.issuer, SignIn: w.issuer, CursorKey: cursorKey,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, b
}

// The people of the tests.
var (
	housing       = who{"cc-housing-officer-1", roster.Officer, "cc-housing"}
	fenjiang      = who{"fenjiang-secretary", roster.Secretary, "branch-fenjiang"}
	uValley       = who{"u-valley-secretary", roster.Secretary, "branch-u-valley"}
	police        = who{"cc-traffic-police-officer-1", roster.Officer, "cc-traffic-police"}
	police2       = who{"cc-traffic-police-officer-2", roster.Officer, "cc-traffic-police"}
	transport     = who{"cc-transport-officer-1", roster.Officer, "cc-transport"}
	lead          = who{"cc-transport-lead", roster.Lead, "cc-transport"}
	resources     = who{"cc-natural-resources-officer-1", roster.Officer, "cc-natural-resources"}
	resourcesLead = who{"cc-natural-resources-lead", roster.Lead, "cc-natural-resources"}
	general       = who{"general-branch-1", roster.GeneralBranch, "general-branch"}
	command       = who{"headquarters-1", roster.Headquarters, "headquarters"}
	bureau        = who{"cc-bureau-1", roster.Bureau, "cc-bureau"}
	overseer      = who{"cc-oversight-1", roster.Overseer, "cc-oversight"}
	admin         = who{"cc-administration-1", roster.Administrator, "cc-administration"}
	security      = who{"cc-security-1", roster.SecurityAdministrator, "cc-administration"}
	auditor       = who{"cc-audit-1", roster.AuditAdministrator, "cc-administration"}
)

type who struct {
	person roster.PersonID
	role   roster.Role
	unit   string
}

func (w *world) token(as who) string {
	w.t.Helper()
	token, _, err := w.issuer.SignIn(as.person, roster.Post{Role: as.role, Unit: as.unit})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
	asked  string
}

// at walks the body: at("signOffs", 0, "state").
func (a *answer) at(path ...any) any {
	a.t.Helper()
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s answered %q", a.asked, a.body)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(map[string]any)
			v = o[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				a.t.Fatalf("%s: no entry %d in %s", a.asked, p, a.body)
			}
			v = l[p]
		}
	}
	return v
}

func (a *answer) text(path ...any) string {
	a.t.Helper()
	return fmt.Sprint(a.at(path...))
}

func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s answered %d instead of %d: %s", a.asked, a.status, status, a.body)
	}
	return a
}

// problem checks status and kind, and that the problem is whole.
func (a *answer) problem(status int, kind, field string) *answer {
	a.t.Helper()
	a.is(status)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("%s: a problem of type %q", a.asked, got)
	}
	if got := a.text("type"); got != "urn:lianban:problem:"+kind {
		a.t.Errorf("%s: problem %s instead of %s: %s", a.asked, got, kind, a.body)
	}
	if got, _ := a.at("field").(string); got != field {
		a.t.Errorf("%s: field %q instead of %q: %s", a.asked, got, field, a.body)
	}
	for _, name := range []string{"title", "detail", "instance"} {
		if s, _ := a.at(name).(string); s == "" {
			a.t.Errorf("%s: a problem without %s: %s", a.asked, name, a.body)
		}
	}
	if a.text("status") != fmt.Sprint(status) {
		a.t.Errorf("%s: status %s in the body", a.asked, a.text("status"))
	}
	return a
}

// with changes a request before it is sent.
type with func(*http.Request)

func header(name, value string) with {
	return func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

// send asks without a sign-in and without a key.
func (w *world) send(method, path, body string, options ...with) *answer {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	if path != "/healthz" && !strings.HasPrefix(path, "/api/") {
		path = httpapi.Base + path
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept-Language", "en")
	for _, o := range options {
		o(r)
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	return &answer{w.t, rec.Code, rec.Header(), rec.Body.Bytes(), method + " " + path}
}

func (w *world) get(as who, path string, options ...with) *answer {
	w.t.Helper()
	return w.send("GET", path, "", append([]with{header("Authorization", "Bearer "+w.token(as))}, options...)...)
}

// post sends a change with a key of its own.
func (w *world) post(as who, path, body string, options ...with) *answer {
	w.t.Helper()
	w.keys++
	return w.send("POST", path, body, append([]with{header("Authorization", "Bearer "+w.token(as)), header("Idempotency-Key", fmt.Sprintf("key-%d", w.keys))}, options...)...)
}

// diversion is a petition of two parties.
const diversion = `{"project":"fenjiang-west-bank","title":"汾江河西岸施工期间交通疏导","body":"占用一条车道两周",
	"parties":[{"matter":"traffic_diversion","department":"cc-traffic-police"},{"matter":"traffic_diversion","department":"cc-transport"}]}`

// permit is a petition for a planning permit, whose limit may be extended.
const permit = `{"project":"fenjiang-west-bank","title":"规划许可","items":[25]}`

// raised raises the petition and opens the round, as the workflow would.
func (w *world) raised(body string) string {
	w.t.Helper()
	a := w.post(fenjiang, "/issues", body).is(http.StatusCreated)
	id := a.text("id")
	w.route(id, 1)
	return id
}

func (w *world) route(id string, round int) {
	w.t.Helper()
	if _, err := w.service.Route(w.t.Context(), approval.IssueID(id), round); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) verdict(id string, round int) approval.Verdict {
	w.t.Helper()
	tally, err := w.service.Tally(w.t.Context(), approval.IssueID(id), round)
	if err != nil {
		w.t.Fatal(err)
	}
	return tally.Verdict
}

func (w *world) close(id string, round int) {
	w.t.Helper()
	if _, err := w.service.Close(w.t.Context(), approval.IssueID(id), round); err != nil {
		w.t.Fatal(err)
	}
}
