package webui

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
	"lianban/shared/intake"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

const issueImportPattern = "POST /issues/import"

// maxTable is how large a table of issues may be as text: 500 rows are far less (assumed).
const maxTable = 1 << 20

type issueImportPage struct {
	frame
	Template, Table, Columns string
	Problems                 problems
	Summary                  []link
	Advice                   string
	Bad                      bool
	Faults                   []faultRow
	Doubles                  []doubleRow
	Made                     []madeRow
	More                     string
	Decided                  bool // nothing is left to choose, and the import may be done
}

// doubleRow is a row of the table that asks for what another asks for.
type doubleRow struct {
	Name, Row, Title, Alike, URL string
	Chosen                       string
	First                        bool // the choice of its row is asked for once
}

// madeRow is what became of a row.
type madeRow struct{ Row, Title, State, URL string }

// importsIssues reports whether somebody may import issues at all.
func (v *visit) importsIssues() bool {
	return v.Intake != nil && (v.viewer.Role == roster.Secretary || v.viewer.Role == roster.Bureau)
}

func (v *visit) issueImportPage() error {
	if !v.importsIssues() {
		return approval.Refuse(approval.Forbidden, "", "批量导入由临时党支部书记或重点项目局办理。", "Tables are imported by the secretary of a branch or by the bureau.")
	}
	return v.showIssueImport(http.StatusOK, "", nil, "", nil)
}

// showIssueImport shows the form with a table, and what became of it.
func (v *visit) showIssueImport(status int, table string, got *intake.Imported, outcome string, wrong problems) error {
	p := issueImportPage{
		frame: v.frame(v.t("issueimport.title")), Template: httpapi.Base + "/imports/issues/template?lang=" + v.lang,
		Table: table, Columns: strings.Join(intake.Columns(), "、"), Problems: wrong, Bad: outcome == httpapi.ImportFaults,
	}
	for field, text := range wrong {
		at := "#f-issueimport-" + field
		if field != "file" && field != "table" {
			at = "#f-issueimport"
		}
		p.Summary = append(p.Summary, link{Text: text, URL: at})
	}
	if got == nil {
		return v.render(status, "issue_import.html", p)
	}
	p.Advice, p.Decided = v.name(httpapi.ImportAdvice(outcome)), outcome == httpapi.ImportChecked || outcome == httpapi.ImportUnfinished
	for _, f := range got.Faults[:min(len(got.Faults), faultsPerPage)] {
		p.Faults = append(p.Faults, faultRow{Place: v.t("import.place.row", f.Row), Column: f.Column, Text: v.text(f.Text)})
	}
	if rest := len(got.Faults) - len(p.Faults); rest > 0 {
		p.More = v.t("regimport.more", rest)
	}
	asked := map[int]bool{}
	for _, d := range got.Duplicates {
		row := doubleRow{Name: fmt.Sprintf("row-%d", d.Row), Row: v.t("import.place.row", d.Row), Title: d.Title, Chosen: string(d.Choice), First: !asked[d.Row], Alike: v.t("issueimport.alike", d.Alike)}
		asked[d.Row] = true
		if d.Exact {
			row.Alike = v.t("issueimport.exact")
		}
		if d.Issue != "" {
			row.URL = "/issues/" + url.PathEscape(string(d.Issue))
		} else {
			row.Title = v.t("issueimport.other", d.Other, d.Title)
		}
		p.Doubles = append(p.Doubles, row)
	}
	for _, r := range got.Rows {
		row := madeRow{Row: v.t("import.place.row", r.Row), Title: r.Title, State: v.t("issueimport.waits")}
		switch {
		case r.Skipped:
			row.State = v.t("issueimport.skipped")
		case r.Issue != "":
			row.State = v.t("issueimport.draft", v.project(r.Project))
			if v.viewer.Role == roster.Secretary { // a draft is its branch's alone
				row.URL = "/issues/" + url.PathEscape(string(r.Issue)) + "/edit"
			}
		}
		p.Made = append(p.Made, row)
	}
	return v.render(status, "issue_import.html", p)
}

// issueImport tries a table or makes drafts of it, as many at a time as one call makes.
func (v *visit) issueImport() error {
	if !v.importsIssues() {
		return v.issueImportPage()
	}
	in := intake.Import{Choices: map[int]intake.Choice{}}
	err := v.readTable(&in)
	var got intake.Imported
	for err == nil {
		before := got.Left
		if got, err = v.Intake.Import(v.ctx(), in, v.viewer.Actor); err != nil || in.Dry || got.Left == 0 || got.Left == before || v.Background == nil {
			break // where the process may be cut off, the rest is for the next request
		}
	}
	if err == nil {
		outcome := httpapi.ImportOutcome(in.Dry, &got)
		status := http.StatusOK
		if outcome == httpapi.ImportFaults {
			status = http.StatusUnprocessableEntity
		}
		return v.showIssueImport(status, in.Table, &got, outcome, nil)
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showIssueImport(statusOf(err), in.Table, nil, "", wrong)
}

// readTable reads the form: a file, or the table that was read before, and the choices.
func (v *visit) readTable(in *intake.Import) error {
	deadlines := http.NewResponseController(v.w)
	_, _ = deadlines.SetReadDeadline(time.Time{}), deadlines.SetWriteDeadline(time.Time{}) // where there is no deadline to lift, none is needed
	parts := v.parts
	if parts == nil {
		return unreadable()
	}
	v.r.PostForm = url.Values{}
	in.Dry = true
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(v.r.PostForm) > intake.MostRows+16 {
			return unreadable()
		}
		name, most := part.FormName(), int64(4<<10)
		if name == "file" || name == "table" {
			most = maxTable + 1
		}
		value, err := io.ReadAll(io.LimitReader(part, most))
		if err != nil {
			return unreadable()
		}
		switch {
		case name == "file" && len(value) == 0:
		case name == "file" || name == "table":
			if int64(len(value)) > maxTable {
				return approval.Refuse(approval.Invalid, name, "表格超过1 MB，请拆分后再导入。", "The table is larger than 1 MB; split it.")
			}
			if name == "table" {
				in.Table = strings.ReplaceAll(string(value), "\r\n", "\n")
				continue
			}
			text, err := sheet.Text(value)
			if fault, ok := errors.AsType[*sheet.Fault](err); ok {
				return &approval.Error{Kind: approval.Invalid, Field: "file", Text: approval.Text(fault.Words)}
			}
			if err != nil {
				return err
			}
			v.r.PostForm.Set("file", text)
		default:
			v.r.PostForm.Add(name, string(value))
		}
	}
	if text := v.r.PostForm.Get("file"); text != "" {
		in.Table = text // a file chosen anew takes the place of what was read before, and of the choices
	} else {
		for name, values := range v.r.PostForm {
			var row int
			if n, err := fmt.Sscanf(name, "row-%d", &row); err == nil && n == 1 && slices.Contains([]string{string(intake.Skip), string(intake.Keep)}, values[0]) {
				in.Choices[row] = intake.Choice(values[0])
			}
		}
	}
	if in.Dry = v.r.PostForm.Get("act") != "import"; strings.TrimSpace(in.Table) == "" {
		return approval.Refuse(approval.Invalid, "file", "请选择要导入的表格，或者把表格内容粘贴在下面。", "Choose the table to import, or paste it below.")
	}
	return nil
}
