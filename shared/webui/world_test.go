package webui

import (
	"crypto/ed25519"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/archive"
	"lianban/shared/briefing"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
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

// world is a whole house on a file of its own, in which time and the workflow
// stand still until the test moves them.
type world struct {
	t       testing.TB
	data    string // the file
	clock   *approvaltest.Clock
	session *approvaltest.Clock // of sign-ins, so that moving time on ends none
	service *approval.Service
	intake  *intake.Service
	keeper  *register.Keeper
	ledger  *ledger.Ledger
	behind  []func() // what goes on behind a page, until the test runs it
	handler http.Handler
	files   string // where attachments lie
	table   *tainted
}

// formKey signs the tokens of forms.
var formKey = []byte("the key of forms in tests")

// monday is 2 March 2026, nine in the morning in Beijing.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

func newWorld(t testing.TB) *world {
	t.Helper()
	data := filepath.Join(t.TempDir(), "lianban.db")
	file, err := sqlite.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, data: data, clock: approvaltest.NewClock(monday), session: approvaltest.NewClock(monday)}
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders}
	w.table = &tainted{Table: file.Table()}
	kept := store.New(w.table)
	w.service = approval.NewService(rules, kept, &approvaltest.Stillness{}, w.clock.Now, approvaltest.IDs())
	local := access.NewLocal("http://127.0.0.1", ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", 32))), w.session.Now)
	w.files = filepath.Join(t.TempDir(), "lianban.db.files")
	shelf, err := files.Open(w.files, w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.service.Papers, w.service.Readings = shelf, oversight.NewReadings(kept, w.clock.Now)
	changes := approvaltest.IDs()
	w.intake = intake.NewService(w.service, kept, func() string { return "ABCDEFGHIJ" })
	w.keeper = register.New(kept, w.service, w.clock.Now, func() string { return string(changes()) })
	w.ledger = ledger.New(w.service, kept)
	figures := &measure.Keeper{Store: kept, Issues: kept, Rules: w.service.Rules, Now: w.clock.Now}
	w.handler, err = New(Config{
		Service: w.service, Intake: w.intake, Register: w.keeper, Disposals: oversight.NewDisposals(kept, w.clock.Now), Filters: NewFilters(kept, w.clock.Now), Ledger: w.ledger,
		Background: func(f func()) { w.behind = append(w.behind, f) },
		Archive:    archive.New(w.service, kept), Briefings: briefing.New(w.service, kept, figures, w.ledger), Chains: kept,
		Figures: figures,
		Shelf:   shelf, Verifier: local, SignIn: local, Key: formKey, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) stranger() *browser {
	return &browser{t: w.t, handler: w.handler, cookies: map[string]string{}}
}

// as signs a person in, through the page.
func (w *world) as(person roster.PersonID, role roster.Role, unit string) *browser {
	w.t.Helper()
	b := w.stranger()
	p := b.get("/sign-in").wants(http.StatusOK)
	for _, e := range p.all("form") {
		f := hidden(e)
		if f["person"] == string(person) && f["role"] == string(role) && f["unit"] == unit {
			if got := b.post("/sign-in", map[string][]string{"person": {string(person)}, "role": {string(role)}, "unit": {unit}, "next": {"/"}}); got.status != http.StatusOK {
				w.t.Fatalf("sign-in of %s ends at %d: %s", person, got.status, got.words())
			}
			return b
		}
	}
	w.t.Fatalf("the sign-in page does not offer %s as %s of %s", person, role, unit)
	return nil
}

func hidden(form *element) map[string]string {
	values := map[string]string{}
	for _, e := range form.all("input") {
		values[e.attr["name"]] = e.attr["value"]
	}
	return values
}

func (w *world) secretary() *browser {
	return w.as("qingke-secretary", roster.Secretary, "branch-qingke")
}

func (w *world) officer(department string) *browser {
	return w.as(roster.PersonID(department+"-officer-1"), roster.Officer, department)
}

// raise raises an issue through the form and routes it as the workflow would.
func (w *world) raise(title string, fill func(*form)) approval.IssueID {
	w.t.Helper()
	f := w.secretary().get("/issues/new").wants(http.StatusOK).form("button[value=raise]").set("title", title).set("body", "青柯街箱涵须横穿道路。\n请于汛前办结。")
	fill(f)
	p := f.send().wants(http.StatusOK, "问题已提出")
	id := approval.IssueID(strings.Split(strings.TrimPrefix(p.path, "/issues/"), "?")[0])
	w.route(id, 1)
	return id
}

func (w *world) route(id approval.IssueID, round int) {
	w.t.Helper()
	if _, err := w.service.Route(w.t.Context(), id, round); err != nil {
		w.t.Fatal(err)
	}
}

// settle does what the workflow does after an answer.
func (w *world) settle(id approval.IssueID, round int) approval.Verdict {
	w.t.Helper()
	tally, err := w.service.Tally(w.t.Context(), id, round)
	if err != nil {
		w.t.Fatal(err)
	}
	if tally.Verdict != approval.Pending && tally.Verdict != approval.Objected {
		if _, err := w.service.Close(w.t.Context(), id, round); err != nil {
			w.t.Fatal(err)
		}
	}
	return tally.Verdict
}

// look turns the lights of every sign-off.
func (w *world) look(id approval.IssueID, round int) {
	w.t.Helper()
	issue, err := w.service.Store().Issue(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for k := range issue.SignOffs {
		if _, err := w.service.CheckClock(w.t.Context(), id, round, k+1); err != nil {
			w.t.Fatal(err)
		}
	}
}

// records leaves one of everything that is no issue, and of what is done about a task.
func (w *world) records(id approval.IssueID) {
	w.t.Helper()
	w.officer("cc-water").file(taskURL(id, 4), "add_signer", "department", "unit/cc-ecology", "question", "水质是否达标").wants(http.StatusOK)
	w.officer("cc-utilities").file(taskURL(id, 3), "condition", "what", "迁改前复测管线", "by", "2026-03-31", "checker", "cc-utilities").wants(http.StatusOK)
	w.secretary().file(taskURL(id, 3), "report_duty", "text", "已复测").wants(http.StatusOK)
	w.general().file(taskURL(id, 4), "supervise", "demand", "请按期办结").wants(http.StatusOK)
	w.secretary().file(issueURL(id), "comment", "text", "请看现场照片", "mentions", "cc-bureau-1").wants(http.StatusOK)
	w.secretary().get("/requests/new").form("button[value=register_request]").set("from", "enterprise").set("organisation", "某某物流公司").set("channel", "call").set("title", "出入口被围挡").set("text", "货车进不来").send().wants(http.StatusOK)
	w.secretary().get("/pool/new").form("button[value=publish_matter]").set("need", "venue").set("title", "借用堆场").set("text", "堆放钢板桩").set("until", "2026-03-31").send().wants(http.StatusOK)
	one := w.administrator("1")
	one.get("/register/new?kind=holidays").form("button[name=propose]").set("text", notice2027).set("title", "次年节假日安排").set("ground", "国办发明电〔2026〕99号").set("reason", "年度更新").send().wants(http.StatusOK)
	one.get("/register/new?kind=transfer").form("button[name=propose]").set("district", "440604").set("items", "18").set("department", "cc-natural-resources").set("title", "划转").set("ground", "区府办〔2026〕1号").set("reason", "机构改革").send().wants(http.StatusOK)
	w.lead("cc-transport").get("/substitutes").form("button[value=appoint]").set("for", "cc-transport-officer-1").set("by", "cc-transport-officer-2").set("from", "2026-03-20").set("until", "2026-03-27").set("reason", "培训").send().wants(http.StatusOK)
}

// road asks for two parties: the traffic police and the transport bureau.
func road(f *form) {
	f.set("party", "traffic_diversion/cc-traffic-police", "traffic_diversion/cc-transport")
}

// permits asks for items with prerequisites, one of them on commitment.
func permits(f *form) {
	f.set("item", "25", "28", "29", "30", "32").set("commitment", "30").set("party", "utilities_relocation/cc-utilities")
}
