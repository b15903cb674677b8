package webui

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// filter is which tasks of an inbox somebody wants to see; the zero value: all.
type filter struct {
	Show    string // all, open, mine
	Light   string // green, yellow, red, or stopped
	Subject string // "item/32" or "matter/river_works"
	Project string
	Due     string // late, today, week
}

// dueSpans are the filter's spans of due dates: overdue, today, within seven days.
var dueSpans = []string{"late", "today", "week"}

// filterOf reads a filter from an address; what it does not know it leaves out.
func filterOf(q url.Values) filter {
	among := func(name string, known ...string) string {
		if value := q.Get(name); slices.Contains(known, value) {
			return value
		}
		return ""
	}
	return filter{
		Show: cmp.Or(among("show", "open", "mine"), "all"), Light: among("light", string(approval.Green), string(approval.Yellow), string(approval.Red), "stopped"),
		Subject: clip(q.Get("subject"), 80), Project: clip(q.Get("project"), 80), Due: among("due", dueSpans...),
	}
}

// query is the filter as an address carries it, without what selects nothing.
func (f filter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"light": f.Light, "subject": f.Subject, "project": f.Project, "due": f.Due} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Show != "all" {
		q.Set("show", f.Show)
	}
	return q
}

func (f filter) url() string {
	if q := f.query(); len(q) > 0 {
		return "/inbox?" + q.Encode()
	}
	return "/inbox"
}

// narrow reports whether the filter leaves something out besides whose a task is.
func (f filter) narrow() bool { return f.Light+f.Subject+f.Project+f.Due != "" }

func subjectCode(s *approval.SignOff) string {
	if s.Item != 0 {
		return "item/" + strconv.Itoa(int(s.Item))
	}
	return "matter/" + string(s.Matter)
}

// lets reports whether a task passes the filter.
func (v *visit) lets(f filter, t *approval.Task) bool {
	s := &t.SignOff
	running := s.State.Running() && !s.Stopped()
	switch {
	case f.Project != "" && string(t.Project) != f.Project,
		f.Subject != "" && subjectCode(s) != f.Subject,
		f.Light == "stopped" && running,
		f.Light != "" && f.Light != "stopped" && (!running || string(cmp.Or(s.Light, approval.Green)) != f.Light):
		return false
	}
	due := s.Due.On
	if f.Due != "" && due.IsZero() {
		return false
	}
	switch f.Due {
	case "late":
		return due < v.today
	case "today":
		return due == v.today
	case "week":
		return due >= v.today && due <= v.today.Add(7)
	}
	return true
}

// filterView is the filter as a form.
type filterView struct {
	filter
	Lights, Subjects, Projects, Dues []choice
	Narrow                           bool
	Query                            string // as an address carries it
	Clear                            string
	Saved                            []link // which people have named
	MaySave                          bool
	Key                              string
	Problem                          string
	Typed                            string
}

func (v *visit) filterView(f filter) filterView {
	view := filterView{filter: f, Query: f.query().Encode(), Narrow: f.narrow(), Clear: filter{Show: f.Show}.url()}
	options := func(chosen string, codes []string, say func(string) string) []choice {
		all := []choice{{Text: v.t("inbox.any"), On: chosen == ""}}
		for _, code := range codes {
			all = append(all, choice{Value: code, Text: say(code), On: code == chosen})
		}
		return all
	}
	view.Lights = options(f.Light, []string{"red", "yellow", "green", "stopped"}, func(code string) string { return v.t("light." + code) })
	view.Dues = options(f.Due, dueSpans, func(code string) string { return v.t("inbox.due." + code) })
	rules := v.Service.Rules()
	view.Subjects = options(f.Subject, nil, nil)
	for _, item := range rules.Catalog.Items() {
		code := "item/" + strconv.Itoa(int(item.No))
		view.Subjects = append(view.Subjects, choice{Value: code, Text: v.item(item.No), On: code == f.Subject})
	}
	for _, m := range append(rules.Catalog.Matters(), catalog.Matter{Code: approval.AgreedAction}) {
		c := choice{Value: "matter/" + string(m.Code), Text: v.matter(m.Code)}
		if m.Code == approval.AgreedAction {
			c.Text = v.t("inbox.agreed")
		}
		c.On = c.Value == f.Subject
		view.Subjects = append(view.Subjects, c)
	}
	view.Projects = options(f.Project, nil, nil)
	for _, p := range rules.Roster.Projects() {
		view.Projects = append(view.Projects, choice{Value: string(p.ID), Text: v.project(p.ID), On: string(p.ID) == f.Project})
	}
	return view
}

// Filters keeps the filters that people have named for their inboxes. They are
// nobody's business but their owner's and change nothing that is decided.
type Filters struct{ desk docket.Desk[savedFilters] }

// NewFilters keeps them in a docket.
func NewFilters(store docket.Store, now func() time.Time) *Filters {
	return &Filters{docket.Desk[savedFilters]{Kind: "filters", Store: store, Now: now}}
}

// maxFilters is how many somebody may keep, assumed.
const maxFilters = 20

type savedFilters struct {
	Filters []savedFilter `json:"filters"`
}

type savedFilter struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

func (f *Filters) of(ctx context.Context, person roster.PersonID) ([]savedFilter, error) {
	got, err := f.desk.Get(ctx, string(person))
	if approval.IsKind(err, approval.NotFound) {
		return nil, nil
	}
	return got.State.Filters, err
}

// save keeps a filter under a name; the same name again takes the newer one.
func (f *Filters) save(ctx context.Context, call approval.Call, name, query string) error {
	_, err := f.desk.Put(ctx, string(call.Actor.Person), call, func(state savedFilters, act *docket.Act) (savedFilters, error) {
		if name == "" {
			return state, approval.Refuse(approval.Invalid, "name", "请填写筛选名称。", "Please name the filter.")
		}
		kept := without(state.Filters, name)
		if len(kept) >= maxFilters {
			return state, approval.Refuse(approval.Invalid, "name", "最多保存%d个筛选，请先删除不用的。", "At most %d filters are kept; please delete one first.", maxFilters)
		}
		act.Event("save_filter", func(e *approval.Event) { e.After = name })
		return savedFilters{append(kept, savedFilter{name, query})}, nil
	})
	return err
}

func (f *Filters) drop(ctx context.Context, call approval.Call, name string) error {
	_, err := f.desk.Do(ctx, string(call.Actor.Person), call, func(state savedFilters, act *docket.Act) (savedFilters, error) {
		act.Event("drop_filter", func(e *approval.Event) { e.Before = name })
		return savedFilters{without(state.Filters, name)}, nil
	})
	return err
}

func without(filters []savedFilter, name string) []savedFilter {
	return slices.DeleteFunc(slices.Clone(filters), func(f savedFilter) bool { return f.Name == name })
}

// keepFilter saves the inbox's filter under a name, or deletes a saved one.
func (v *visit) keepFilter() error {
	if v.Filters == nil {
		return noPage
	}
	if _, err := approval.OwnInbox(v.viewer.Actor); err != nil {
		return err
	}
	call := v.call()
	call.Expect = 0
	q, err := url.ParseQuery(v.typed("query"))
	if err != nil {
		return approval.Refuse(approval.Invalid, "query", "筛选条件无法读取，请重新筛选。", "The filter cannot be read; please filter again.")
	}
	f := filterOf(q)
	if name := v.typed("drop"); name != "" {
		err = v.Filters.drop(v.ctx(), call, name)
	} else {
		err = v.Filters.save(v.ctx(), call, clip(strings.TrimSpace(v.typed("name")), 40), f.query().Encode())
	}
	if err == nil {
		v.redirect(f.url())
		return nil
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	return v.showInbox(statusOf(err), f, "", wrong)
}

type loadPage struct {
	frame
	Lead  string
	Rows  []loadRow
	Empty string
}

// loadRow is what one officer has on the desk.
type loadRow struct {
	Name                            string
	All, Red, Yellow, Week, Stopped int
}

// load shows a lead how the department's open tasks are spread over its officers.
func (v *visit) load() error {
	if v.viewer.Role != roster.Lead {
		return approval.Refuse(approval.Forbidden, "", "承办人工作量由部门负责人查看。", "The load of officers is for the department's lead.")
	}
	department := roster.DepartmentID(v.viewer.Unit)
	p := loadPage{frame: v.frame(v.t("load.title")), Lead: v.t("load.lead", v.department(department))}
	of := map[roster.PersonID]*loadRow{"": {Name: v.t("assignee.none")}}
	order := []roster.PersonID{""}
	for _, officer := range v.Service.Rules().Roster.People(roster.Officer, v.viewer.Unit) {
		of[officer.ID], order = &loadRow{Name: v.person(officer.ID)}, append(order, officer.ID)
	}
	for page := (approval.Page{Limit: most}); ; {
		list, next, err := v.Service.Store().SignOffs(v.ctx(), approval.SignOffQuery{Department: department}, page)
		if err != nil {
			return err
		}
		for k := range list {
			has := v.Service.Rules().Claimed(&list[k].SignOff)
			row := of[has]
			if row == nil {
				row = &loadRow{Name: v.person(has)}
				of[has], order = row, append(order, has)
			}
			row.add(v, &list[k])
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	for _, id := range order {
		p.Rows = append(p.Rows, *of[id])
	}
	return v.render(http.StatusOK, "load.html", p)
}

func (r *loadRow) add(v *visit, t *approval.Task) {
	r.All++
	for of, n := range map[filter]*int{{Light: string(approval.Red)}: &r.Red, {Light: string(approval.Yellow)}: &r.Yellow, {Light: "stopped"}: &r.Stopped, {Due: "week"}: &r.Week} {
		if v.lets(of, t) {
			*n++
		}
	}
}
