package webui

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
	"lianban/shared/ledger"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

const importPattern = "POST /investment/{year}/import"

// maxImport is how large a file of the ledger may be (assumed): a hundred thousand rows
// are a third of it.
const maxImport = approval.MaxPaper

// keptImports is how many files and their outcomes are kept in memory, the latest ones,
// so that one that was tried need not be chosen again (assumed).
const keptImports = 8

// importDesk keeps the imports of this process.
type importDesk struct {
	mu   sync.Mutex
	jobs []*importJob // oldest first
}

// importJob is a file on its way into the ledger.
type importJob struct {
	id     string
	person roster.PersonID
	year   int
	file   ledger.File

	mu          sync.Mutex
	done, total int
	outcome     *ledger.Outcome
	err         error
}

// add keeps a job in place of the oldest one that has ended; false: all are under way.
func (d *importDesk) add(j *importJob) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.jobs) >= keptImports {
		k := slices.IndexFunc(d.jobs, (*importJob).ended)
		if k < 0 {
			return false
		}
		d.jobs = slices.Delete(d.jobs, k, k+1)
	}
	d.jobs = append(d.jobs, j)
	return true
}

// find is a person's job.
func (d *importDesk) find(id string, person roster.PersonID, year int) (*importJob, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := slices.IndexFunc(d.jobs, func(j *importJob) bool { return j.id == id && j.person == person && j.year == year })
	if k < 0 {
		return nil, false
	}
	return d.jobs[k], true
}

func (j *importJob) ended() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.outcome != nil || j.err != nil
}

// run carries the file into the ledger, or tries it.
func (j *importJob) run(ctx context.Context, l *ledger.Ledger, call approval.Call) {
	f := j.file
	f.Progress = func(done, total int) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.done, j.total = done, total
	}
	out, err := l.Import(ctx, j.year, f, call)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err = err; err == nil {
		j.outcome = &out
	}
}

type importPage struct {
	frame
	Lead     string
	Back     link
	URL      string
	Template string
	Stamp    stamp
	Problems problems
	Summary  []link
	Reason   string
}

func (v *visit) importPage() error { return v.showImport(http.StatusOK, nil) }

func (v *visit) showImport(status int, wrong problems) error {
	year, err := v.bureauYear()
	if err != nil {
		return err
	}
	base := "/investment/" + strconv.Itoa(year)
	p := importPage{
		frame: v.frame(v.t("import.title", year)), Lead: v.t("import.lead"), Back: link{Text: v.t("invest.back"), URL: base}, URL: base + "/import",
		Template: fmt.Sprintf("%s/investment/%d/template?lang=%s", httpapi.Base, year, v.lang), Stamp: stamp{Key: rand.Text()}, Problems: wrong, Reason: v.r.PostForm.Get("reason"),
	}
	for field, text := range wrong {
		at := map[string]string{"": "#f-import", "reason": "#f-import-reason"}[field]
		if at == "" {
			at = "#f-import-file"
		}
		p.Summary = append(p.Summary, link{Text: text, URL: at})
	}
	return v.render(status, "import.html", p)
}

// bureauYear is the year of the address, for those who enter figures.
func (v *visit) bureauYear() (int, error) {
	year, err := v.investmentYear()
	if err != nil {
		return 0, err
	}
	if v.viewer.Role != roster.Bureau {
		return 0, &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "投资计划和进度由重点项目局填报。", EN: "Plans and figures are entered by the project bureau."}}
	}
	_, _, err = v.Ledger.Year(v.ctx(), year)
	return year, err
}

// importFile takes the form with a file.
func (v *visit) importFile() error {
	year, err := v.bureauYear()
	if err != nil {
		return err
	}
	v.r.PostForm = url.Values{}
	file, err := v.uploaded()
	if err == nil {
		return v.startImport(year, file)
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showImport(statusOf(err), wrong)
}

// uploaded reads a form of fields and a file.
func (v *visit) uploaded() (f ledger.File, err error) {
	deadlines := http.NewResponseController(v.w)
	_, _ = deadlines.SetReadDeadline(time.Time{}), deadlines.SetWriteDeadline(time.Time{}) // where there is no deadline to lift, none is needed
	parts := v.parts
	if parts == nil {
		return f, unreadable()
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(v.r.PostForm) > 16 {
			return f, unreadable()
		}
		most := int64(4 << 10)
		if part.FormName() == "file" {
			most = maxImport + 1
		}
		value, err := io.ReadAll(io.LimitReader(part, most))
		if err != nil {
			return f, unreadable()
		}
		if part.FormName() != "file" {
			v.r.PostForm.Add(part.FormName(), string(value))
			continue
		}
		f.Name, f.Data = part.FileName(), value
	}
	switch {
	case len(f.Data) == 0:
		return f, &approval.Error{Kind: approval.Invalid, Field: "file", Text: approval.Text{ZH: "请选择要导入的文件。", EN: "Please choose the file."}}
	case int64(len(f.Data)) > maxImport:
		return f, &approval.Error{Kind: approval.Invalid, Field: "file", Text: approval.Text{ZH: "文件超过20 MB，请拆分后再导入。", EN: "The file is larger than 20 MB; split it."}}
	}
	f.Reason = strings.TrimSpace(v.typed("reason"))
	f.Dry = v.r.PostForm.Get("act") != "import"
	sum := sha256.Sum256(f.Data)
	v.r.PostForm.Set("hash", hex.EncodeToString(sum[:])) // so that a key stands for one file
	return f, nil
}

// importTried enters a file that was tried and is kept.
func (v *visit) importTried() error {
	year, err := v.bureauYear()
	if err != nil {
		return err
	}
	before, ok := v.imports.find(v.r.PathValue("job"), v.viewer.Person, year)
	if !ok {
		return importGone()
	}
	file := before.file
	file.Dry = false
	return v.startImport(year, file)
}

func importGone() error {
	return &approval.Error{Kind: approval.NotFound, Text: approval.Text{ZH: "这次导入的文件已不再保留，请重新选择文件；已经导入的内容不受影响。", EN: "The file of this import is no longer kept; please choose it again. What was entered stays."}}
}

// startImport begins, and shows how far it is, or waits for its end where nothing can
// go on behind an answer.
func (v *visit) startImport(year int, file ledger.File) error {
	j := &importJob{id: rand.Text(), person: v.viewer.Person, year: year, file: file}
	call := v.call()
	call.Expect = 0
	if file.Dry {
		call.Key = ""
	}
	if v.Background == nil {
		j.run(v.ctx(), v.Ledger, call)
		return v.showJob(j)
	}
	if !v.imports.add(j) {
		return &approval.Error{Kind: approval.Conflict, Text: approval.Text{ZH: "正在处理的文件较多，请稍后再导入。", EN: "Many files are being read; please try again in a moment."}}
	}
	ctx := context.WithoutCancel(v.ctx())
	v.Background(func() { j.run(ctx, v.Ledger, call) })
	v.redirect(fmt.Sprintf("/investment/%d/import/%s", year, j.id))
	return nil
}

type jobPage struct {
	frame
	Lead, Advice string
	State        string // running, or as the ledger says it
	Back, Again  link
	Board        string
	Done, Total  int
	Counts       []number
	Faults       []faultRow
	Of           string
	Next, First  string
	Enter        string // where the file that was tried is entered
	Stamp        stamp
	File         string
}

type faultRow struct{ Place, Column, Text string }

// faultsPerPage is how many faults a page lists (assumed).
const faultsPerPage = 100

func (v *visit) jobPage() error {
	year, err := v.bureauYear()
	if err != nil {
		return err
	}
	j, ok := v.imports.find(v.r.PathValue("job"), v.viewer.Person, year)
	if !ok {
		return importGone()
	}
	return v.showJob(j)
}

func (v *visit) showJob(j *importJob) error {
	j.mu.Lock()
	done, total, out, err := j.done, j.total, j.outcome, j.err
	j.mu.Unlock()
	if err != nil {
		if wrong, ok := v.refused(err); ok {
			return v.showImport(statusOf(err), wrong)
		}
		return err
	}
	base := fmt.Sprintf("/investment/%d", j.year)
	p := jobPage{
		frame: v.frame(v.t("import.title", j.year)), Back: link{Text: v.t("invest.back"), URL: base}, Again: link{Text: v.t("import.again"), URL: base + "/import"},
		State: "running", Done: done, Total: total, File: j.file.Name,
	}
	if out == nil {
		v.w.Header().Set("Refresh", "1")
		p.Lead = v.t("import.reading", done)
		if total > 0 {
			p.Lead = v.t("import.storing", done, total)
		}
		return v.render(http.StatusOK, "import_job.html", p)
	}
	p.State = out.State()
	p.Lead, p.Advice = v.t("import.state."+p.State), v.t("import.advice."+p.State)
	p.Counts = []number{
		{v.t("import.rows"), strconv.Itoa(out.Rows), ""},
		{v.t("import.projects"), strconv.Itoa(out.Changes.Listings), ""},
		{v.t("import.plans"), strconv.Itoa(out.Changes.Plans), ""},
		{v.t("import.figures"), strconv.Itoa(out.Changes.Reports), ""},
		{v.t("import.unchanged"), strconv.Itoa(out.Unchanged), ""},
	}
	status := http.StatusOK
	switch p.State {
	case "faults":
		p.Counts = p.Counts[:1]
		v.faults(j, out, &p)
		if v.Background == nil {
			status = http.StatusUnprocessableEntity
		}
	case "checked":
		if v.Background != nil {
			p.Enter, p.Stamp = base+"/import/"+j.id, stamp{Key: rand.Text()}
		}
	case "entered":
		p.Board = base
		if out.Repeated {
			p.Lead = v.t("import.state.repeated", out.Entry.N, v.person(out.Entry.By.Person), v.moment(out.Entry.At))
			p.Advice = v.t("import.advice.unchanged")
		}
	}
	return v.render(status, "import_job.html", p)
}

// faults lists a page of them.
func (v *visit) faults(j *importJob, out *ledger.Outcome, p *jobPage) {
	from, _ := strconv.Atoi(v.r.URL.Query().Get("from")) // none is the first
	from = min(max(from, 0), len(out.Faults))
	to := min(from+faultsPerPage, len(out.Faults))
	if v.Background == nil { // there is no address from which to turn pages
		to = len(out.Faults)
	}
	p.Of = v.t("import.faults.of", from+1, to, len(out.Faults)+out.More)
	for _, f := range out.Faults[from:to] {
		p.Faults = append(p.Faults, v.fault(f))
	}
	address := fmt.Sprintf("/investment/%d/import/%s", j.year, j.id)
	if from > 0 {
		p.First = address
	}
	if to < len(out.Faults) {
		p.Next = address + "?from=" + strconv.Itoa(to)
	}
}

func (v *visit) fault(f sheet.Fault) faultRow {
	r := faultRow{Column: f.Column, Text: v.text(approval.Text{ZH: f.Words.ZH, EN: f.Words.EN})}
	switch {
	case f.Sheet != "" && f.Row > 0:
		r.Place = v.t("import.place", f.Sheet, f.Row)
	case f.Row > 0:
		r.Place = v.t("import.place.row", f.Row)
	case f.Sheet != "":
		r.Place = f.Sheet
	default:
		r.Place = v.t("import.place.file")
	}
	return r
}

type entriesPage struct {
	frame
	Lead        string
	Back        link
	Rows        []entryRow
	Next, First string
}

type entryRow struct {
	N                             int64
	At, By, File, Reason, Changes string
}

// ledgerEntries lists what was entered, the latest first.
func (v *visit) ledgerEntries() error {
	year, err := v.investmentYear()
	if err != nil {
		return err
	}
	if v.viewer.Role != roster.Bureau && v.viewer.Role != roster.Overseer {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "填报记录由重点项目局和监督员查看。", EN: "Entries are read by the bureau and overseers."}}
	}
	_, entries, err := v.Ledger.Year(v.ctx(), year)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	base := fmt.Sprintf("/investment/%d", year)
	p := entriesPage{frame: v.frame(v.t("entries.title", year)), Lead: v.t("entries.lead"), Back: link{Text: v.t("invest.back"), URL: base}}
	from, _ := strconv.Atoi(v.r.URL.Query().Get("from")) // none is the first
	from = min(max(from, 0), len(entries))
	to := min(from+perPage, len(entries))
	if from > 0 {
		p.First = base + "/entries"
	}
	if to < len(entries) {
		p.Next = base + "/entries?from=" + strconv.Itoa(to)
	}
	for _, e := range entries[from:to] {
		p.Rows = append(p.Rows, entryRow{
			N: e.N, At: v.moment(e.At), By: v.actor(e.By), File: e.File, Reason: e.Reason,
			Changes: v.t("entries.changes", e.Counts.Listings, e.Counts.Plans, e.Counts.Reports),
		})
	}
	return v.render(http.StatusOK, "entries.html", p)
}
