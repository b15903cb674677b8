package webui

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/oversight"
	"lianban/shared/roster"
)

// warningRow is a warning with its disposal, or with the form for one.
type warningRow struct {
	Kind, Text, URL, Title string
	Unit, Person, Since    string
	Disposal               string
	Form                   *deedView
}

type warningPage struct {
	frame
	Lead        string
	Districts   []link
	Summary     []link
	Open, Roll  []warningRow // about issues, about the register
	Done        []warningRow
	Kept        bool
	Typed       url.Values
	Next, First string
}

// warningsPage lists the warnings of a district that the viewer looks at.
func (v *visit) warningsPage() error { return v.showWarnings(http.StatusOK, nil) }

// district is the one that the address or form names, or the first with projects.
func (v *visit) districtAsked(asked string) (roster.DistrictCode, error) {
	if asked == "" {
		if all := v.districts(); len(all) > 0 {
			return all[0].Code, nil
		}
		return "", noPage
	}
	d, ok := v.Service.Rules().Roster.District(roster.DistrictCode(asked))
	if !ok {
		return "", noPage
	}
	return d.Code, nil
}

func (v *visit) showWarnings(status int, wrong problems) error {
	if !oversight.Looks(v.viewer.Role) {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "预警由监督员、重点项目局、上级党组织和部门负责人查看。", EN: "Overseers, the bureau, the tiers above branches and leads look at warnings."}}
	}
	q := v.r.URL.Query()
	district, err := v.districtAsked(q.Get("district"))
	if err != nil {
		return err
	}
	base := "/warnings?district=" + url.QueryEscape(string(district))
	p := warningPage{frame: v.frame(v.t("warnings.title")), Lead: v.t("warnings.lead." + string(v.viewer.Role)), Typed: v.r.PostForm}
	for _, d := range v.districts() {
		p.Districts = append(p.Districts, link{Text: v.district(d.Code), URL: "/warnings?district=" + url.QueryEscape(string(d.Code)), Here: d.Code == district})
	}
	after := q.Get("after")
	address := base
	if after != "" {
		p.First = base
		address += "&after=" + url.QueryEscape(after)
	}
	found, next, err := v.warnings(district, after)
	if err != nil {
		return err
	}
	for k := range found {
		row := v.warningRow(&found[k], k+1, district, address, wrong)
		if row.Form != nil && row.Form.Open {
			p.Summary = row.Form.summary()
		}
		switch {
		case row.Disposal != "":
			p.Done = append(p.Done, row)
		case found[k].issue == nil:
			p.Roll = append(p.Roll, row)
		default:
			p.Open = append(p.Open, row)
		}
	}
	if wrong != nil && p.Summary == nil {
		p.Kept = true
		for _, text := range wrong {
			p.Summary = append(p.Summary, link{Text: text, URL: "#main"})
		}
	}
	if next != "" {
		p.Next = base + "&after=" + url.QueryEscape(next)
	}
	return v.render(status, "warnings.html", p)
}

// warned is a warning where it was found: in an issue, or in the register.
type warnedOf struct {
	oversight.Warning
	issue *approval.Issue // nil: about the register
	made  *approval.Disposal
}

// warnings are those that the viewer looks at: with the first page about the register,
// about departments and about duties missed in ended issues, and then about a page of
// the district's open issues, reds first.
func (v *visit) warnings(district roster.DistrictCode, after string) (list []warnedOf, next string, err error) {
	r := v.Service.Rules()
	if after == "" {
		made := map[string]approval.Disposal{}
		if v.Disposals != nil {
			if made, err = v.Disposals.Of(v.ctx(), district); err != nil {
				return nil, "", err
			}
		}
		general, err := oversight.General(v.ctx(), v.Service, district)
		if err != nil {
			return nil, "", err
		}
		for _, w := range general {
			if !oversight.Sees(r.Roster, &w, v.viewer.Actor) {
				continue
			}
			of := warnedOf{Warning: w}
			if d, ok := made[w.Key]; ok {
				of.made = &d
			}
			list = append(list, of)
		}
	}
	of := func(issue *approval.Issue) {
		for _, w := range oversight.OfIssue(r, issue, v.today) {
			if oversight.Sees(r.Roster, &w, v.viewer.Actor) {
				list = append(list, warnedOf{w, issue, issue.Disposed(w.Key)})
			}
		}
	}
	if after == "" {
		missed, err := oversight.Missed(v.ctx(), v.Service, district)
		if err != nil {
			return nil, "", err
		}
		for k := range missed {
			of(&missed[k])
		}
	}
	issues, cursor, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{District: district}, approval.Page{Limit: perPage, Cursor: approval.Cursor(after)})
	if err != nil {
		return nil, "", err
	}
	for k := range issues {
		issue, err := v.Service.Store().Issue(v.ctx(), issues[k].ID)
		if err != nil {
			return nil, "", fmt.Errorf("read an issue of the list: %w", err)
		}
		of(&issue)
	}
	return list, string(cursor), nil
}

// warned counts what is not disposed of yet, over the first page of every district.
func (v *visit) warned() (n int, more bool, err error) {
	for _, d := range v.districts() {
		list, next, err := v.warnings(d.Code, "")
		if err != nil {
			return 0, false, err
		}
		for k := range list {
			if list[k].made == nil {
				n++
			}
		}
		more = more || next != ""
	}
	return n, more, nil
}

func (v *visit) warningRow(w *warnedOf, k int, district roster.DistrictCode, address string, wrong problems) warningRow {
	row := warningRow{Kind: v.t("warning." + string(w.Kind)), Text: v.text(w.Text), Since: v.date(w.Since)}
	switch {
	case w.Department != "":
		row.Unit = v.department(w.Department)
	case w.Branch != "":
		row.Unit = v.unit(string(w.Branch))
	case w.Project != "":
		row.Unit = v.project(w.Project)
	}
	if w.Person != "" {
		row.Person = v.person(w.Person)
	}
	issue := ""
	if w.issue != nil {
		row.Title, row.URL, issue = w.issue.Title, taskURL(w.issue.ID, w.SignOff), string(w.issue.ID)
	}
	if d := w.made; d != nil {
		row.Disposal = v.t("warning.disposed", v.actor(d.By), v.moment(d.At), v.t("disposal."+string(d.As)), d.Text)
		return row
	}
	for _, as := range []approval.DisposalAs{approval.Handled, approval.Explained, approval.FalseAlarm} {
		if !v.disposes(w, district, as) {
			continue
		}
		mine := wrong
		if v.r.PostForm.Get("warning") != w.Key || v.r.PostForm.Get("issue") != issue {
			mine = nil
		} else if wrong != nil {
			v.r.PostForm.Set("k", strconv.Itoa(k)) // it may have moved in the list
		}
		fields := []entry{
			{Name: "warning", Kind: "hidden", Value: w.Key},
			{Name: "issue", Kind: "hidden", Value: issue},
			{Name: "district", Kind: "hidden", Value: string(district)},
			{Name: "as", Kind: "hidden", Value: string(as)},
			{Name: "text", Kind: "area"},
		}
		form := v.filled("dispose_warning", 0, k, v.labelled("dispose_warning", fields), stamp{Key: rand.Text()}, address, mine)
		form.Title = v.t("deed.dispose_warning." + string(as))
		form.Do = form.Title
		row.Form = &form
	}
	return row
}

// disposes reports whether the viewer may dispose of a warning in this way.
func (v *visit) disposes(w *warnedOf, district roster.DistrictCode, as approval.DisposalAs) bool {
	if w.issue == nil {
		return v.Disposals != nil && oversight.May(v.Service.Rules().Roster, &w.Warning, district, as, v.viewer.Actor)
	}
	_, err := v.Service.Rules().Apply(*w.issue, v.viewer.Actor, approval.DisposeWarning{Key: w.Key, As: as, Find: oversight.Find}, v.now)
	return err == nil || approval.IsKind(err, approval.Invalid)
}

// disposeWarning takes the form of a warning. Its key holds the facts, so that there is
// no older version of it to guard against.
func (v *visit) disposeWarning() error {
	made := approval.Disposal{Key: v.typed("warning"), As: approval.DisposalAs(v.typed("as")), Text: v.typed("text")}
	call := v.call()
	call.Expect = 0
	var err error
	if id := approval.IssueID(v.typed("issue")); id != "" {
		_, _, err = v.Service.Do(v.ctx(), id, approval.DisposeWarning{Key: made.Key, As: made.As, Text: made.Text, Find: oversight.Find}, call)
	} else {
		err = v.disposeGeneral(roster.DistrictCode(v.typed("district")), made, call)
	}
	if err == nil {
		v.redirect("/warnings?district=" + url.QueryEscape(v.typed("district")) + "&done=dispose_warning")
		return nil
	}
	wrong, ok := v.refused(err)
	if approval.IsKind(err, approval.NotFound) { // its facts have changed meanwhile
		wrong, ok = problems{"": v.t("warning.gone")}, true
	}
	if !ok {
		return err
	}
	return v.showWarnings(statusOf(err), wrong)
}

func (v *visit) disposeGeneral(district roster.DistrictCode, made approval.Disposal, call approval.Call) error {
	if v.Disposals == nil {
		return approval.NoWarning()
	}
	today, err := oversight.General(v.ctx(), v.Service, district)
	if err != nil {
		return err
	}
	_, _, err = v.Disposals.Dispose(v.ctx(), v.Service.Rules().Roster, district, today, made, call)
	return err
}
