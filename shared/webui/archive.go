package webui

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/archive"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/httpapi"
	"lianban/shared/roster"
	"lianban/shared/saving"
)

const archivePattern = "POST /archives"

// archiveRoutes are the pages of registers of past approvals.
func (s *server) archiveRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Archive == nil {
		return
	}
	page("GET /archives", signedIn((*visit).archivesPage))
	page(archivePattern, signedIn((*visit).enterArchive))
}

type archivesPage struct {
	frame
	Versions []archiveRow
	Items    []archiveItem
	InForce  string
	Form     bool // the viewer enters registers
	Template string
	Stamp    stamp
	Problems problems
	Summary  []link
	Typed    url.Values
	Latest   string // day that a register may go up to

	// What became of the file that was sent.
	Lead   string
	Odd    bool // it is entered once somebody says that what is listed is right
	Faults []faultRow
	More   string
}

type archiveRow struct{ N, Source, AsOf, Rows, By, At, URL string }

type archiveItem struct{ Name, Cases, Median, P90, Period string }

func (v *visit) archivesPage() error { return v.showArchives(http.StatusOK, nil, nil) }

// showArchives shows the versions, and what became of a file that was sent.
func (v *visit) showArchives(status int, out *archive.Outcome, wrong problems) error {
	if err := archive.Reads(v.viewer.Actor); err != nil {
		return err
	}
	versions, err := v.Archive.Versions(v.ctx())
	if err != nil {
		return err
	}
	p := archivesPage{
		frame: v.frame(v.t("archives.title")), Form: v.viewer.Role == roster.Bureau, Template: httpapi.Base + "/archives/template",
		Stamp: stamp{Key: rand.Text()}, Problems: wrong, Typed: v.r.PostForm, Latest: v.today.String(),
	}
	for k := range versions {
		a := &versions[k]
		p.Versions = append(p.Versions, archiveRow{
			N: v.t("archives.version", a.N), Source: a.Source, AsOf: v.date(a.AsOf), Rows: strconv.Itoa(a.Rows), By: v.actor(a.By), At: v.moment(a.At),
			URL: fmt.Sprintf("%s/archives/%d/rows", httpapi.Base, a.N),
		})
	}
	if len(versions) > 0 {
		p.InForce, p.Items = v.t("archives.force", versions[0].N, versions[0].Source), v.archiveItems(versions[0].Items)
	}
	if out != nil {
		p.Lead, p.Odd = v.t("archives.state."+out.State()), out.State() == "odd"
		for _, f := range out.Faults[:min(len(out.Faults), faultsPerPage)] {
			p.Faults = append(p.Faults, v.fault(f.Fault))
		}
		if rest := len(out.Faults) - len(p.Faults) + out.More; rest > 0 {
			p.More = v.t("archives.more", rest)
		}
	}
	for field, text := range wrong {
		at := map[string]string{"": "#f-archive", "source": "#f-archive-source", "asOf": "#f-archive-asof"}[field]
		if at == "" {
			at = "#f-archive-file"
		}
		p.Summary = append(p.Summary, link{Text: text, URL: at})
	}
	return v.render(status, "archives.html", p)
}

func (v *visit) archiveItems(items []saving.PastItem) (rows []archiveItem) {
	days := func(q *saving.Quantile) string {
		switch {
		case q == nil:
			return v.t("archives.few")
		case !q.Reached():
			return v.t("archives.beyond", int(q.Beyond))
		}
		return v.t("days.working", int(*q.Days))
	}
	for _, i := range items {
		n, _ := strconv.Atoi(i.Item)
		rows = append(rows, archiveItem{
			Name: v.item(catalog.ItemNo(n)), Cases: strconv.Itoa(i.Summary.N), Median: days(i.Summary.Median), P90: days(i.Summary.P90),
			Period: v.t("chart.from.to", v.date(i.From), v.date(i.To)),
		})
	}
	return rows
}

// enterArchive takes the form with a register, tries it or enters it.
func (v *visit) enterArchive() error {
	v.r.PostForm = url.Values{}
	file, err := v.uploaded()
	if err == nil {
		err = v.enterRegister(archive.File{Name: file.Name, Data: file.Data, Source: v.typed("source"), Dry: file.Dry, Sure: v.typed("sure") == "yes"})
	}
	if err == nil {
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showArchives(statusOf(err), nil, wrong)
}

func (v *visit) enterRegister(f archive.File) error {
	var err error
	if f.AsOf, err = calendar.Parse(v.typed("asOf")); err != nil {
		return &approval.Error{Kind: approval.Invalid, Field: "asOf", Text: approval.Text{ZH: "请填写台账的数据截止日期，不晚于今天。", EN: "Say up to which day the register is complete; not later than today."}}
	}
	call := v.call()
	call.Expect = 0
	out, err := v.Archive.Import(v.ctx(), f, call)
	switch {
	case err != nil:
		return err
	case out.State() == "entered":
		v.redirect("/archives?done=archive")
		return nil
	case out.State() == "faults", out.State() == "odd":
		return v.showArchives(http.StatusUnprocessableEntity, &out, nil)
	}
	return v.showArchives(http.StatusOK, &out, nil)
}
