package webui

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/httpapi"
	"lianban/shared/register"
	"lianban/shared/roster"
)

const registerImportPattern = "POST /register/import/{table}"

type registerImportPage struct {
	frame
	Template string
	Stamp    stamp
	Problems problems
	Summary  []link
	Fields   []typedField
	Typed    url.Values

	// What became of the file that was sent.
	State, Lead, Read, More string
	Faults                  []faultRow
	Lines                   []string
	Change                  string
}

// typedField is a line of the form beside the file.
type typedField struct{ Name, Type, Label, Hint string }

func (v *visit) registerImportPage() error { return v.showRegisterImport(http.StatusOK, nil, nil) }

// registerTable is the table of the address, for those who propose changes.
func (v *visit) registerTable() (register.Table, error) {
	if err := v.readsRegister(); err != nil {
		return "", err
	}
	if err := register.Administers(v.viewer.Actor); err != nil {
		return "", err
	}
	t := register.Table(v.r.PathValue("table"))
	if !slices.Contains(register.Tables(), t) {
		return "", noPage
	}
	return t, nil
}

func (v *visit) tableLinks() (links []link) {
	for _, t := range register.Tables() {
		links = append(links, link{Text: v.t("regimport." + string(t)), URL: "/register/import/" + string(t)})
	}
	return links
}

// showRegisterImport shows the form, and what became of a file that was sent.
func (v *visit) showRegisterImport(status int, out *register.Outcome, wrong problems) error {
	t, err := v.registerTable()
	if err != nil {
		return err
	}
	p := registerImportPage{
		frame: v.frame(v.t("regimport." + string(t))), Template: httpapi.Base + "/register/imports/" + string(t) + "/template?lang=" + v.lang,
		Stamp: stamp{Key: rand.Text()}, Problems: wrong, Typed: v.r.PostForm,
	}
	for _, name := range []string{"title", "ground", "reason", "on"} {
		f := typedField{name, "text", v.t("propose." + name), v.t("propose." + name + ".hint")}
		if name == "on" {
			f.Type = "date"
		}
		p.Fields = append(p.Fields, f)
	}
	if out != nil {
		p.State, p.Lead, p.Read = out.State(), v.t("regimport.state."+out.State()), v.t("regimport.rows", out.Rows, out.Unchanged)
		for _, f := range out.Faults[:min(len(out.Faults), faultsPerPage)] {
			p.Faults = append(p.Faults, v.fault(f))
		}
		if rest := len(out.Faults) - len(p.Faults) + out.More; rest > 0 {
			p.More = v.t("regimport.more", rest)
		}
		switch {
		case out.Change != nil:
			p.Change = "/register/changes/" + out.Change.ID
		case p.State == "checked":
			lines := v.orderLines(&out.Order)
			p.Lines = lines[:min(len(lines), faultsPerPage)]
			if rest := len(lines) - len(p.Lines); rest > 0 {
				p.More = v.t("regimport.more", rest)
			}
		}
	}
	for field, text := range wrong {
		at := "#f-regimport-" + field
		if field != "file" && !slices.ContainsFunc(p.Fields, func(f typedField) bool { return f.Name == field }) {
			at = "#f-regimport"
		}
		p.Summary = append(p.Summary, link{Text: text, URL: at})
	}
	return v.render(status, "register_import.html", p)
}

// registerImport takes the form with a table, tries it or proposes what it says.
func (v *visit) registerImport() error {
	t, err := v.registerTable()
	if err != nil {
		return err
	}
	v.r.PostForm = url.Values{}
	upload, err := v.uploaded()
	f := filing{Values: v.r.PostForm}
	file := register.File{Table: t, Data: upload.Data, Dry: upload.Dry, Draft: register.Draft{Title: f.text("title"), Reason: f.text("reason"), Ground: f.text("ground"), On: f.date("on")}}
	if err == nil && file.Draft.On.IsZero() && f.text("on") != "" {
		err = approval.Refuse(approval.Invalid, "on", "日期无法识别，请按年-月-日填写。", "This is no date; write it as year-month-day.")
	}
	var out register.Outcome
	if err == nil {
		call := v.call()
		call.Expect = 0
		out, err = v.Register.Import(v.ctx(), file, call)
	}
	switch {
	case err == nil && out.State() == "faults":
		return v.showRegisterImport(http.StatusUnprocessableEntity, &out, nil)
	case err == nil && out.Change != nil && !file.Dry:
		v.redirect("/register/changes/" + out.Change.ID + "?done=propose")
		return nil
	case err == nil:
		return v.showRegisterImport(http.StatusOK, &out, nil)
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showRegisterImport(statusOf(err), nil, wrong)
}

// itemLine says how an approval item will be.
func (v *visit) itemLine(i *catalog.Item) string {
	kinds := make([]string, len(i.Kinds))
	for k, kind := range i.Kinds {
		kinds[k] = v.name(kind.Name())
	}
	limit := v.t("order.item.unsourced")
	if i.Statutory.Known {
		key := "days.working"
		if i.Statutory.Limit.Unit == calendar.CalendarDays {
			key = "days.calendar"
		}
		limit = v.t(key, i.Statutory.Limit.Days)
	}
	return v.t("order.item", int(i.No), v.name(roster.Name{ZH: i.NameZH, EN: i.NameEN}), v.name(i.Stage.Name()), strings.Join(kinds, "/"), limit)
}
