package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/invest"
	"lianban/shared/ledger"
	"lianban/shared/personal"
	"lianban/shared/roster"
	"lianban/shared/sheet"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// august is a working day: 2022-08-01, nine in the morning in Shanghai.
var august = time.Date(2022, 8, 1, 1, 0, 0, 0, time.UTC)

// house is a ledger on the embedded store.
type house struct {
	service *approval.Service
	kept    *store.Store
	file    *sqlite.File
	cut     *cut
	ledger  *ledger.Ledger
}

// cut is a store that dies at a commit.
type cut struct {
	docket.Store
	left int // commits until then; negative: never
}

var errCut = errors.New("cut off")

func (c *cut) CommitRecord(ctx context.Context, change docket.Change) error {
	if c.left == 0 {
		return errCut
	}
	c.left--
	return c.Store.CommitRecord(ctx, change)
}

func open(t testing.TB) *house {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	h := &house{kept: store.New(file.Table()), file: file}
	h.service = approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		h.kept, &approvaltest.Stillness{}, approvaltest.NewClock(august).Now, approvaltest.IDs())
	h.restart(-1)
	return h
}

// restart forgets what the process knew; the store dies after so many commits.
func (h *house) restart(left int) {
	h.cut = &cut{h.kept, left}
	h.ledger = ledger.New(h.service, h.cut)
}

var (
	bureau   = approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
	overseer = approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"}
	fenjiang = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	general  = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	water    = approval.Actor{Person: "cc-water-officer-1", Role: roster.Officer, Unit: "cc-water"}
)

func as(a approval.Actor) approval.Call { return approval.Call{Actor: a} }

const (
	projects = "项目编号,项目名称,行政区划,行业,项目级别,建设性质\n" +
		"fenjiang-west-bank,汾江河西岸岸线提升项目,禅城区,水务环保,区重点项目,续建\n" +
		"u-valley,联东U谷,440604,industry,district,新开工\n"
	plans   = "项目编号,年度计划投资（万元）\nfenjiang-west-bank,\"12,000\"\nu-valley,8000\n"
	reports = "项目编号,期次,本年累计完成投资（万元）\nfenjiang-west-bank,2022-07-15,6500\nu-valley,2022年7月上半月,6000\n"
)

func (h *house) enter(t testing.TB, text string) ledger.Outcome {
	t.Helper()
	out, err := h.ledger.Import(t.Context(), 2022, ledger.File{Name: "表.csv", Data: []byte(text)}, as(bureau))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range out.Faults {
		t.Errorf("row %d, column %s: %s", f.Row, f.Column, f.Words.ZH)
	}
	return out
}

func (h *house) board(t testing.TB, a approval.Actor) *ledger.Board {
	t.Helper()
	b, err := h.ledger.Board(t.Context(), 2022, invest.Period{Year: 2022, Half: 13}, a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilesMakeABoard(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, text := range []string{projects, plans, reports} {
		if out := h.enter(t, text); out.Entry == nil || out.Changes.Sum() != 2 {
			t.Errorf("the file is entered as %+v", out)
		}
	}
	if l := h.board(t, bureau).All(); l.Projects != 2 || l.Plan != 20_000 || l.Done != 12_500 || l.Completion.String() != "62.50" || l.Lead.String() != "8.33" {
		t.Errorf("the board says %+v", l)
	}
	_, entries, err := h.ledger.Year(t.Context(), 2022)
	if err != nil || len(entries) != 3 || entries[2].By != bureau || entries[2].File != "表.csv" || entries[2].Counts.Reports != 2 || entries[2].N != 3 {
		t.Errorf("the entries are %+v, %v", entries, err)
	}
}

// TestALedgerGoesOnAfterPersonalDataWasReplacedInIt reads it in a process that read it before,
// and in one that begins.
func TestALedgerGoesOnAfterPersonalDataWasReplacedInIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.enter(t, projects)
	h.enter(t, plans)
	s := personal.Subject{Words: []personal.Word{{Text: "联东U谷", Alias: personal.Gone}}}
	if done, err := s.Replace(t.Context(), h.file.Table(), h.file.Items(t.Context()), personal.Act{By: bureau, At: august, Reason: "本人申请"}); err != nil || done.Trails == 0 {
		t.Fatalf("done: %+v, %v", done, err)
	}
	for range 2 {
		year, entries, err := h.ledger.Year(t.Context(), 2022)
		if err != nil || len(entries) != 2 || entries[1].N != 2 {
			t.Fatalf("the entries are %+v, %v", entries, err)
		}
		if p, ok := year.Project("u-valley"); !ok || !strings.Contains(p.Listing().NameZH, personal.Gone) {
			t.Errorf("the project is %+v", p)
		}
		h.restart(-1)
	}
	if out := h.enter(t, reports); out.Entry == nil || out.Entry.N != 3 {
		t.Errorf("the next file is entered as %+v", out)
	}
	if l := h.board(t, bureau).All(); l.Projects != 2 || l.Plan != 20_000 || l.Done != 12_500 {
		t.Errorf("the board says %+v", l)
	}
}

func TestTheSameFileTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.enter(t, projects)
	out := h.enter(t, projects)
	if !out.Repeated || out.Entry == nil || out.Entry.N != 1 {
		t.Errorf("the same file again is %+v", out)
	}
	if out := h.enter(t, projects+"\n"); out.Repeated || out.Entry != nil || out.Unchanged != 2 {
		t.Errorf("another file that says the same is %+v", out)
	}
	if _, entries, _ := h.ledger.Year(t.Context(), 2022); len(entries) != 1 {
		t.Errorf("there are %d entries", len(entries))
	}
}

func TestADryRunListsEveryProblemAndEntersNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.enter(t, projects)
	text := "项目编号,期次,本年累计完成投资（万元）,实际开工日期\n" +
		"nowhere,2022-07-15,1\n" +
		",2022-07-14,一百,昨天\n" +
		"u-valley,2023-07,10.5\n" +
		"u-valley,2022-07-15,77\n"
	for _, dry := range []bool{true, false} {
		out, err := h.ledger.Import(t.Context(), 2022, ledger.File{Data: []byte(text), Dry: dry}, as(bureau))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range out.Faults {
			got = append(got, fmt.Sprint(f.Row, f.Column))
			if f.Words.ZH == "" || f.Words.EN == "" {
				t.Errorf("row %d has no words", f.Row)
			}
		}
		want := []string{"2项目编号", "3项目编号", "3期次", "3本年累计完成投资（万元）", "3实际开工日期", "4期次", "4本年累计完成投资（万元）"}
		if diff := cmp.Diff(want, got); diff != "" || out.Entry != nil {
			t.Errorf("dry %t: %s", dry, diff)
		}
	}
	if out, err := h.ledger.Import(t.Context(), 2022, ledger.File{Data: []byte(reports), Dry: true}, as(bureau)); err != nil || out.Changes.Reports != 2 || out.Entry != nil {
		t.Errorf("a dry run of a good file is %+v, %v", out, err)
	}
	if _, entries, _ := h.ledger.Year(t.Context(), 2022); len(entries) != 1 {
		t.Errorf("there are %d entries", len(entries))
	}
}

// many is a workbook of the template with n projects, each with a plan and a figure.
func many(t testing.TB, h *house, n int) []byte {
	t.Helper()
	tables := h.ledger.Template(2022, "zh")
	tables[1].Rows = func(yield func([]any) bool) {
		for k := range n {
			if !yield([]any{fmt.Sprintf("p-%05d", k), fmt.Sprintf("项目%d", k), nil, "禅城区", "产业", "区重点项目", "续建", time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}) {
				return
			}
		}
	}
	tables[2].Rows = func(yield func([]any) bool) {
		for k := range n {
			if !yield([]any{fmt.Sprintf("p-%05d", k), 100 + k}) {
				return
			}
		}
	}
	tables[3].Rows = func(yield func([]any) bool) {
		for k := range n {
			if !yield([]any{fmt.Sprintf("p-%05d", k), "2022-07-15", 50 + k}) {
				return
			}
		}
	}
	var out bytes.Buffer
	if err := sheet.WriteXLSX(&out, tables...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestAFileIsEnteredWholeOrNotAtAllWhereverItIsCut: a file of several parts is cut
// off at each commit; nothing of it is seen until it is sent again, and then it is
// there once.
func TestAFileIsEnteredWholeOrNotAtAllWhereverItIsCut(t *testing.T) {
	t.Parallel()
	probe := open(t)
	file := ledger.File{Name: "全年.xlsx", Data: many(t, probe, 1800)}
	told, rows := 0, 0
	file.Progress = func(done, total int) {
		if total == 0 {
			rows = done
			return
		}
		if done <= told || total != 5400 {
			t.Errorf("after %d of 5400 it tells %d of %d", told, done, total)
		}
		told = done
	}
	if out, err := probe.ledger.Import(t.Context(), 2022, file, as(bureau)); err != nil || len(out.Entry.Parts) < 2 || told != 5400 || rows != 5000 {
		t.Fatalf("the file is entered as %+v, %v", out.Entry, err)
	}
	file.Progress = nil
	for left := range 6 {
		h := open(t)
		h.restart(left)
		if _, err := h.ledger.Import(t.Context(), 2022, file, as(bureau)); err == nil {
			continue
		} else if !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		h.restart(-1)
		if b := h.board(t, bureau); len(b.Rows) != 0 || b.Entries != 0 {
			t.Fatalf("cut off at commit %d, %d rows are seen", left+1, len(b.Rows))
		}
		if out, err := h.ledger.Import(t.Context(), 2022, file, as(bureau)); err != nil || out.Repeated || out.Changes.Sum() != 5400 {
			t.Fatalf("sent again it is %+v, %v", out, err)
		}
		h.restart(-1)
		if l := h.board(t, bureau).All(); l.Projects != 1800 || l.Counted != 1800 {
			t.Fatalf("then the board says %+v", l)
		}
	}
}

func TestOfManyAtOnceEachIsEnteredOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.enter(t, projects)
	h.enter(t, plans)
	var wg sync.WaitGroup
	for half := 1; half <= 6; half++ {
		wg.Go(func() {
			other := ledger.New(h.service, h.kept)
			f := invest.Fact{Report: &invest.Report{Project: "u-valley", Half: half, Done: invest.Money(half * 100)}}
			if e, again, err := other.Enter(context.WithoutCancel(t.Context()), 2022, []invest.Fact{f}, "", as(bureau)); err != nil || e == nil || again {
				t.Error(e, again, err)
			}
		})
	}
	wg.Wait()
	_, entries, err := h.ledger.Year(t.Context(), 2022)
	if err != nil || len(entries) != 8 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	b, err := h.ledger.Board(t.Context(), 2022, invest.Period{Year: 2022, Half: 6}, bureau)
	if err != nil {
		t.Fatal(err)
	}
	if _, p, ok := b.Project("u-valley"); !ok || len(p.Reported(6)) != 1 || len(p.Reported(1)) != 1 {
		t.Error("a figure is not there once")
	}
}

func TestACorrectionNeedsAReasonAndKeepsTheOldFigure(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, text := range []string{projects, plans, reports} {
		h.enter(t, text)
	}
	f := []invest.Fact{{Report: &invest.Report{Project: "u-valley", Half: 13, Done: 5900}}}
	if _, _, err := h.ledger.Enter(t.Context(), 2022, f, "", as(bureau)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	call := approval.Call{Actor: bureau, Key: "k", Digest: "d"}
	if e, again, err := h.ledger.Enter(t.Context(), 2022, f, "审计核减", call); err != nil || e == nil || again {
		t.Fatal(e, again, err)
	}
	if e, again, err := h.ledger.Enter(t.Context(), 2022, f, "审计核减", call); err != nil || e == nil || !again {
		t.Errorf("again under its key: %+v, %t, %v", e, again, err)
	}
	if e, again, err := h.ledger.Enter(t.Context(), 2022, f, "审计核减", as(bureau)); err != nil || e != nil || again {
		t.Errorf("again under another: %+v, %t, %v", e, again, err)
	}
	call.Digest = "another"
	if _, _, err := h.ledger.Enter(t.Context(), 2022, f, "审计核减", call); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("another request under the key: %v", err)
	}
	row, p, ok := h.board(t, bureau).Project("u-valley")
	if !ok || row.Done != 5900 {
		t.Fatalf("the board has %+v", row)
	}
	all := p.Reported(13)
	if len(all) != 2 || all[0].Value.Done != 6000 || all[1].By != bureau.Person || all[1].Reason != "审计核减" || !all[1].At.Equal(august) {
		t.Errorf("kept is %+v", all)
	}
}

func TestWhoEntersAndReadsWhat(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, text := range []string{projects, plans, reports} {
		h.enter(t, text)
	}
	for _, a := range []approval.Actor{overseer, fenjiang, general, water} {
		if _, err := h.ledger.Import(t.Context(), 2022, ledger.File{Data: []byte(plans)}, as(a)); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s imports: %v", a.Role, err)
		}
		if _, _, err := h.ledger.Enter(t.Context(), 2022, []invest.Fact{{Report: &invest.Report{Project: "u-valley", Half: 1}}}, "", as(a)); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s enters: %v", a.Role, err)
		}
	}
	for _, c := range []struct {
		who  approval.Actor
		sees []roster.ProjectID
	}{{bureau, []roster.ProjectID{"fenjiang-west-bank", "u-valley"}}, {overseer, []roster.ProjectID{"fenjiang-west-bank", "u-valley"}}, {fenjiang, []roster.ProjectID{"fenjiang-west-bank"}}} {
		var got []roster.ProjectID
		for _, r := range h.board(t, c.who).Rows {
			got = append(got, r.Listing.Project)
		}
		if !slices.Equal(got, c.sees) {
			t.Errorf("%s sees %v", c.who.Role, got)
		}
	}
	if _, err := h.ledger.Board(t.Context(), 2022, invest.Period{}, water); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("an officer reads: %v", err)
	}
}

// redIssue raises an issue of the project and lets its sign-off go past due.
func redIssue(t *testing.T, h *house, project roster.ProjectID, branch string, secretary roster.PersonID) {
	t.Helper()
	actor := approval.Actor{Person: secretary, Role: roster.Secretary, Unit: branch}
	issue, _, err := h.service.Create(t.Context(), approval.Raise{Petition: &approval.Petition{Project: project, Title: "占道施工", Parties: []approval.Party{{Matter: "traffic_diversion", Department: "cc-transport"}}}}, as(actor))
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.kept.Issue(t.Context(), issue.ID)
	if err != nil {
		t.Fatal(err)
	}
	late := got
	late.Light, late.Version = approval.Red, got.Version+1
	if err := h.kept.Commit(t.Context(), approval.Change{Issue: late, From: got.Version}); err != nil {
		t.Fatal(err)
	}
}

func TestRedIssuesHoldInvestmentBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, text := range []string{projects, plans, reports} {
		h.enter(t, text)
	}
	redIssue(t, h, "fenjiang-west-bank", "branch-fenjiang", "fenjiang-secretary")
	b := h.board(t, bureau)
	if l := b.All(); l.Red != 1 || l.Held != 5500 || b.Reds["fenjiang-west-bank"] != 1 {
		t.Errorf("held back: %+v", l)
	}
	if held := b.Held(); len(held) != 1 || held[0].Listing.Project != "fenjiang-west-bank" {
		t.Errorf("the projects are %+v", held)
	}
}

func TestTheTemplateIsTakenAsItIsFilledIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	out, err := h.ledger.Import(t.Context(), 2022, ledger.File{Data: many(t, h, 5)}, as(bureau))
	if err != nil || len(out.Faults) > 0 || out.Changes != (ledger.Counts{Listings: 5, Plans: 5, Reports: 5}) {
		t.Fatalf("it is %+v, %v", out, err)
	}
	for _, lang := range []string{"zh", "en"} {
		var file bytes.Buffer
		if err := sheet.WriteXLSX(&file, h.ledger.Template(2022, lang)...); err != nil {
			t.Fatal(err)
		}
		out, err := h.ledger.Import(t.Context(), 2022, ledger.File{Data: file.Bytes()}, as(bureau))
		if err != nil || len(out.Faults) != 1 || !strings.Contains(out.Faults[0].Words.ZH, "没有数据行") {
			t.Errorf("an empty template in %s is %+v, %v", lang, out, err)
		}
	}
}

func TestEveryTableIsWrittenInBothFormsAndSaysWhatItIs(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, text := range []string{projects, plans, reports} {
		h.enter(t, text)
	}
	redIssue(t, h, "fenjiang-west-bank", "branch-fenjiang", "fenjiang-secretary")
	for _, b := range []*ledger.Board{h.board(t, bureau), ledger.Example()} {
		for _, lang := range []string{"zh", "en"} {
			for _, name := range ledger.Tables() {
				table, ok := b.Table(name, lang)
				if !ok {
					t.Fatalf("there is no table %s", name)
				}
				var text, book bytes.Buffer
				if err := errors.Join(sheet.WriteCSV(&text, table), sheet.WriteXLSX(&book, table)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for row := range table.Rows {
					if len(row) > len(table.Heading) {
						t.Errorf("%s has rows of %d under %d headings", name, len(row), len(table.Heading))
					}
				}
				mark := b.Mark.ZH
				if lang == "en" {
					mark = b.Mark.EN
				}
				if !strings.Contains(text.String(), mark) || !strings.Contains(text.String(), "2022-07-15") {
					t.Errorf("%s in %s does not say what it is", name, lang)
				}
			}
		}
	}
	if _, ok := ledger.Example().Table("nothing", "zh"); ok {
		t.Error("there is a table named nothing")
	}
}

func TestADemonstrationSaysThatItIsMadeUpAndLeavesWhatWasEntered(t *testing.T) {
	t.Parallel()
	h := open(t)
	today := h.service.Today()
	year, _, _ := today.Civil()
	for range 2 {
		if err := h.ledger.Demonstrate(t.Context(), bureau); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.ledger.Board(t.Context(), year, invest.Period{}, bureau)
	if err != nil {
		t.Fatal(err)
	}
	if all := b.All(); b.Entries != 1 || b.Mark != ledger.DemonstrationMark || all.Projects == 0 || all.Counted != all.Projects {
		t.Errorf("the demonstration is %+v with %d entries, marked %q", b.All(), b.Entries, b.Mark)
	}
	if table, _ := b.Table("projects", "zh"); !slices.Contains(table.Notes, ledger.DemonstrationMark.ZH) {
		t.Errorf("an exported table says %q", table.Notes)
	}
	y, _, err := h.ledger.Year(t.Context(), year)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range y.Projects() {
		p, _ := y.Project(id)
		if r, ok := p.Latest(b.Period.Half); ok {
			if changed, faults := invest.NewYear(year).Check([]invest.Fact{{Listing: &p.Listings[0].Value}, {Plan: &p.Plans[0].Value}, {Report: &r.Value}}, invest.Entry{Roster: h.service.Rules().Roster, Area: "440604", Today: today}); len(changed) != 3 {
				t.Errorf("the figures of %s would be refused: %v", id, faults)
			}
		}
	}
	if err := h.ledger.Demonstrate(t.Context(), approval.Actor{Person: "x", Role: roster.Overseer, Unit: "cc-oversight"}); err == nil {
		t.Error("an overseer begins a ledger")
	}
}

// BenchmarkImportHundredThousandRows enters a file of three sheets, and beside it only
// reads the same file's cells, which no import can do without.
func BenchmarkImportHundredThousandRows(b *testing.B) {
	h := open(b)
	data := many(b, h, 33_334)
	b.Run("Import", func(b *testing.B) {
		for b.Loop() {
			h := open(b)
			b.ReportMetric(highest(func() {
				out, err := h.ledger.Import(b.Context(), 2022, ledger.File{Data: data}, as(bureau))
				if err != nil || out.Changes.Sum() != 100_002 {
					b.Fatal(out.Changes, len(out.Faults), err)
				}
			}), "MB")
		}
	})
	b.Run("CellsAlone", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(highest(func() {
				book, err := sheet.Open(data)
				if err != nil {
					b.Fatal(err)
				}
				defer book.Close()
				for _, name := range book.Sheets() {
					if err := book.Each(name, func(int, []string) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			}), "MB")
		}
	})
}

// highest is the most memory in use while f runs, in MB, as the runtime has it from
// the system.
func highest(f func()) float64 {
	runtime.GC()
	done := make(chan struct{})
	var most uint64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	f()
	close(done)
	wg.Wait()
	return float64(most) / (1 << 20)
}
