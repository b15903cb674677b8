package webui

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// section is a titled list on a home page.
type section struct {
	ID, Title, Empty string
	Rows             []issueRow
	More             string // where the rest is
}

type homePage struct {
	frame
	Lead     string // what this page is for
	Raise    bool
	Import   bool
	Waits    []wait
	Empty    string // what to do when there is nothing at all
	Sections []section
}

// wait is one thing that waits for the viewer.
type wait struct{ Text, URL, Action string }

// home is where a role begins.
func (v *visit) home() error {
	if v.viewer == nil {
		v.redirect("/sign-in")
		return nil
	}
	switch v.viewer.Role {
	case roster.Secretary:
		return v.branchHome()
	case roster.Officer, roster.Lead:
		return v.inbox()
	case roster.GeneralBranch, roster.Headquarters:
		return v.tierHome()
	case roster.Administrator:
		return v.holdHome()
	case roster.SecurityAdministrator:
		return v.guardHome()
	case roster.AuditAdministrator:
		v.redirect("/trail")
		return nil
	}
	return v.districtHome()
}

// most is how many issues a home page looks through; more are in the lists.
const most = 200

func (v *visit) branchHome() error {
	p := homePage{frame: v.frame(v.t("home.branch.title")), Lead: v.t("home.branch.lead", v.unit(v.viewer.Unit)), Raise: true, Import: v.importsIssues()}
	var err error
	if p.Waits, err = v.errands(); err != nil {
		return err
	}
	drafts := section{ID: "drafts", Title: v.t("home.drafts")}
	open := section{ID: "open", Title: v.t("home.open"), Empty: v.t("home.open.empty")}
	ended := section{ID: "ended", Title: v.t("home.ended")}
	for _, project := range v.mine() {
		list, _, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{Project: project, Drafts: true}, approval.Page{Limit: most})
		if err != nil {
			return err
		}
		for k := range list {
			drafts.Rows = append(drafts.Rows, v.row(&list[k]))
		}
		list, more, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{Project: project}, approval.Page{Limit: most})
		if err != nil {
			return err
		}
		for k := range list {
			i := &list[k]
			if i.Status.Ended() && i.Status != approval.Concluded {
				ended.Rows = append(ended.Rows, v.row(i))
			} else {
				open.Rows = append(open.Rows, v.row(i))
			}
			waits, err := v.waits(i)
			if err != nil {
				return err
			}
			p.Waits = append(p.Waits, waits...)
		}
		if more != "" {
			ended.More = "/issues?project=" + url.QueryEscape(string(project))
		}
	}
	if len(drafts.Rows)+len(open.Rows)+len(ended.Rows) == 0 {
		p.Empty = v.t("home.branch.empty")
		return v.render(http.StatusOK, "home.html", p)
	}
	for _, s := range []section{open, drafts, ended} {
		if len(s.Rows) > 0 || s.Empty != "" {
			p.Sections = append(p.Sections, s)
		}
	}
	return v.render(http.StatusOK, "home.html", p)
}

// waits are what an issue waits for its branch to do.
func (v *visit) waits(i *approval.Issue) ([]wait, error) {
	page := "/issues/" + string(i.ID)
	switch i.Status {
	case approval.Returned:
		return []wait{{v.t("wait.returned", i.Title), page + "#resubmit", v.t("wait.returned.action")}}, nil
	case approval.Concluded:
		return []wait{{v.t("wait.confirm", i.Title), page + "#confirm", v.t("wait.confirm.action")}}, nil
	}
	if i.Count.Supplement == 0 || i.Status.Ended() {
		return nil, nil
	}
	whole, err := v.Service.Issue(v.ctx(), i.ID, v.viewer.Actor)
	if err != nil {
		return nil, err
	}
	var waits []wait
	for k := range whole.SignOffs {
		if s := &whole.SignOffs[k]; s.State == approval.Supplement {
			waits = append(waits, wait{v.t("wait.supplement", v.department(s.Department), i.Title, len(s.Request.Papers)), page + "#supplement", v.t("wait.supplement.action")})
		} else if s.State == approval.PapersBack {
			waits = append(waits, wait{v.t("wait.papers_back", v.department(s.Department), i.Title), page + "#refile", v.t("wait.papers_back.action")})
		}
	}
	return waits, nil
}

// districts are the areas in which key projects lie.
func (v *visit) districts() []roster.District {
	var all []roster.District
	for _, d := range v.Service.Rules().Roster.Districts() {
		if slices.ContainsFunc(v.Service.Rules().Roster.Projects(), func(p roster.Project) bool { return p.District == d.Code }) {
			all = append(all, d)
		}
	}
	return all
}

// open walks the open issues of every district, reds first.
func (v *visit) open(each func(*approval.Issue)) error {
	for _, d := range v.districts() {
		page := approval.Page{Limit: 200}
		for {
			list, next, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{District: d.Code}, page)
			if err != nil {
				return err
			}
			for k := range list {
				each(&list[k])
			}
			if next == "" {
				break
			}
			page.Cursor = next
		}
	}
	return nil
}

func (v *visit) tierHome() error {
	p := homePage{frame: v.frame(v.t("home.tier.title")), Lead: v.t("home.tier.lead", v.unit(v.viewer.Unit))}
	rule := section{ID: "rule", Title: v.t("home.rule"), Empty: v.t("home.rule.empty")}
	climbed := section{ID: "escalated", Title: v.t("home.escalated"), Empty: v.t("home.escalated.empty")}
	errands, err := v.errands()
	if err != nil {
		return err
	}
	var ofTier error
	err = v.open(func(i *approval.Issue) {
		waits, err := v.tierErrands(i)
		ofTier = errors.Join(ofTier, err)
		p.Waits = append(p.Waits, waits...)
		unit, ok := v.Service.Rules().Roster.Up(i.Branch, i.Tier)
		if !ok || string(unit) != v.viewer.Unit {
			return
		}
		if con := i.Consultation; con != nil && con.ClosedAt.IsZero() && con.Tier == i.Tier {
			r := v.row(i)
			r.Due = v.due(con.DueOn, calendar.WorkingDays)
			rule.Rows = append(rule.Rows, r)
			return
		}
		climbed.Rows = append(climbed.Rows, v.row(i))
	})
	if err = errors.Join(err, ofTier); err != nil {
		return err
	}
	p.Sections, p.Waits = []section{rule, climbed}, append(errands, p.Waits...)
	return v.render(http.StatusOK, "home.html", p)
}

func (v *visit) holdHome() error {
	p := homePage{frame: v.frame(v.t("home.hold.title")), Lead: v.t("home.hold.lead")}
	var err error
	if p.Waits, err = v.errands(); err != nil {
		return err
	}
	held := section{ID: "held", Title: v.t("home.held"), Empty: v.t("home.held.empty")}
	err = v.open(func(i *approval.Issue) {
		if i.Hold != nil {
			held.Rows = append(held.Rows, v.row(i))
		}
	})
	if err != nil {
		return err
	}
	p.Sections = []section{held}
	return v.render(http.StatusOK, "home.html", p)
}

func (v *visit) guardHome() error {
	p := homePage{frame: v.frame(v.t("home.security.title")), Lead: v.t("home.security.lead")}
	var err error
	if p.Waits, err = v.errands(); err != nil {
		return err
	}
	if len(p.Waits) == 0 {
		p.Empty = v.t("home.security.empty")
	}
	return v.render(http.StatusOK, "home.html", p)
}

func (v *visit) districtHome() error {
	p := homePage{frame: v.frame(v.t("home.district.title")), Lead: v.t("home.district.lead"), Import: v.importsIssues()}
	var err error
	if p.Waits, err = v.errands(); err != nil {
		return err
	}
	for _, d := range v.districts() {
		s := section{ID: "d" + string(d.Code), Title: v.t("home.district.section", v.district(d.Code)), Empty: v.t("home.district.empty")}
		list, more, err := v.Service.Store().Issues(v.ctx(), approval.IssueQuery{District: d.Code}, approval.Page{Limit: 50})
		if err != nil {
			return err
		}
		for k := range list {
			s.Rows = append(s.Rows, v.row(&list[k]))
		}
		if more != "" {
			s.More = "/issues?district=" + url.QueryEscape(string(d.Code))
		}
		p.Sections = append(p.Sections, s)
	}
	return v.render(http.StatusOK, "home.html", p)
}

type listPage struct {
	frame
	Import    bool
	Lead      string
	Rows      []issueRow
	Next      string
	First     string
	Projects  []link
	Districts []link
	Chosen    bool
}

// perPage is how many issues a list shows at once.
const perPage = 20

// issues lists a project's issues or a district's open ones, page by page;
// without either it offers both.
func (v *visit) issues() error {
	q := v.r.URL.Query()
	p := listPage{frame: v.frame(v.t("list.title")), Import: v.importsIssues()}
	for _, d := range v.districts() {
		p.Districts = append(p.Districts, link{Text: v.district(d.Code), URL: "/issues?district=" + url.QueryEscape(string(d.Code)), Here: q.Get("district") == string(d.Code)})
	}
	for _, j := range v.Service.Rules().Roster.Projects() {
		p.Projects = append(p.Projects, link{Text: v.project(j.ID), URL: "/issues?project=" + url.QueryEscape(string(j.ID)), Here: q.Get("project") == string(j.ID)})
	}
	query := approval.IssueQuery{Project: roster.ProjectID(q.Get("project"))}
	base := "/issues?project=" + url.QueryEscape(q.Get("project"))
	if query.Project != "" {
		if _, ok := v.Service.Rules().Roster.Project(query.Project); !ok {
			return noPage
		}
		p.Title, p.Lead = v.t("list.project", v.project(query.Project)), v.t("list.project.lead")
	} else if code := roster.DistrictCode(q.Get("district")); code != "" {
		if _, ok := v.Service.Rules().Roster.District(code); !ok {
			return noPage
		}
		query.District = code
		base = "/issues?district=" + url.QueryEscape(string(code))
		p.Title, p.Lead = v.t("list.district", v.district(code)), v.t("list.district.lead")
	} else {
		p.Lead = v.t("list.lead")
		return v.render(http.StatusOK, "list.html", p)
	}
	p.Chosen = true
	list, next, err := v.Service.Store().Issues(v.ctx(), query, approval.Page{Limit: perPage, Cursor: approval.Cursor(q.Get("after"))})
	if err != nil {
		return err
	}
	for k := range list {
		p.Rows = append(p.Rows, v.row(&list[k]))
	}
	if next != "" {
		p.Next = base + "&after=" + url.QueryEscape(string(next))
	}
	if q.Get("after") != "" {
		p.First = base
	}
	return v.render(http.StatusOK, "list.html", p)
}

type inboxPage struct {
	frame
	Lead   string
	Tabs   []link
	Filter filterView
	Load   string // where a lead sees who has how much
	Tasks  []taskView
	Next   string
	First  string
	Empty  string
	Ticks  bool // some of them can be ticked and approved together
	Waits  []wait
}

// inbox is a department's work: what the viewer has claimed first, then the rest
// by due date.
func (v *visit) inbox() error {
	q := v.r.URL.Query()
	return v.showInbox(http.StatusOK, filterOf(q), approval.Cursor(q.Get("after")), nil)
}

// furthest is how many tasks a filtered inbox looks through for one page; from there
// the reader goes on.
const furthest = 500

func (v *visit) showInbox(status int, f filter, after approval.Cursor, wrong problems) error {
	if v.viewer.Role != roster.Officer && v.viewer.Role != roster.Lead {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "收件箱由部门承办人和部门负责人查看。", EN: "The inbox is for a department's officers and leads."}}
	}
	p := inboxPage{frame: v.frame(v.t("inbox.title")), Lead: v.t("inbox.lead", v.unit(v.viewer.Unit)), Filter: v.filterView(f)}
	for _, show := range []string{"all", "open", "mine"} {
		of := f
		of.Show = show
		p.Tabs = append(p.Tabs, link{Text: v.t("inbox.show." + show), URL: of.url(), Here: show == f.Show})
	}
	if v.viewer.Role == roster.Lead {
		p.Load = "/inbox/load"
	}
	if err := v.savedFilters(&p.Filter, wrong); err != nil {
		return err
	}
	var err error
	if p.Waits, err = v.errands(); err != nil {
		return err
	}
	if after != "" {
		p.First = f.url()
	}
	if f.Show != "open" && after == "" {
		owed, err := v.Service.Owed(v.ctx(), v.viewer.Person)
		if err != nil {
			return err
		}
		for k := range owed {
			if v.own(&owed[k]) && v.lets(f, &owed[k]) {
				p.Tasks = append(p.Tasks, v.listed(&owed[k]))
			}
		}
	}
	own := len(p.Tasks)
	page := approval.Page{Limit: perPage, Cursor: after}
	if f.narrow() {
		page.Limit = most
	}
	for looked := 0; f.Show != "mine"; {
		list, next, err := v.Service.Store().SignOffs(v.ctx(), approval.SignOffQuery{Department: roster.DepartmentID(v.viewer.Unit)}, page)
		if err != nil {
			return err
		}
		for k := range list {
			s := &list[k].SignOff
			if v.own(&list[k]) || (f.Show == "open" && v.Service.Rules().Claimed(s) != "") || !v.lets(f, &list[k]) {
				continue
			}
			p.Tasks = append(p.Tasks, v.listed(&list[k]))
		}
		looked += len(list)
		if page.Cursor = next; next == "" {
			break
		}
		if len(p.Tasks)-own >= perPage || looked >= furthest || !f.narrow() && len(p.Tasks) > own {
			q := f.query()
			q.Set("after", string(next))
			p.Next = "/inbox?" + q.Encode()
			break
		}
	}
	p.Ticks = slices.ContainsFunc(p.Tasks, func(t taskView) bool { return t.Tick != "" })
	if len(p.Tasks) == 0 {
		p.Empty = v.t("inbox.empty." + f.Show)
		if f.narrow() {
			p.Empty = v.t("inbox.empty.narrow")
		}
		if p.Next != "" {
			p.Empty = v.t("inbox.empty.further")
		}
	}
	return v.render(status, "inbox.html", p)
}

// savedFilters offers what the viewer has kept, and to keep the one in use.
func (v *visit) savedFilters(view *filterView, wrong problems) error {
	if v.Filters == nil {
		return nil
	}
	saved, err := v.Filters.of(v.ctx(), v.viewer.Person)
	if err != nil {
		return err
	}
	view.MaySave, view.Key, view.Problem, view.Typed = view.Narrow, rand.Text(), cmp.Or(wrong["name"], wrong[""]), v.typed("name")
	for _, f := range saved {
		address := "/inbox"
		if f.Query != "" {
			address += "?" + f.Query
		}
		view.Saved = append(view.Saved, link{Text: f.Name, URL: address, Here: f.Query == view.Query})
		view.MaySave = view.MaySave && f.Query != view.Query
	}
	return nil
}

// own reports whether a task of the viewer's department is the viewer's to do:
// it is theirs, or whom they stand in for has it.
func (v *visit) own(t *approval.Task) bool {
	department, has := t.SignOff.Department, t.SignOff.Assignee
	if t.Added != nil {
		department, has = t.Added.Department, t.Added.Person
	}
	if has == "" || string(department) != v.viewer.Unit {
		return false
	}
	return has == v.viewer.Holder() || v.viewer.For == "" && v.Service.Rules().Roster.StandsIn(v.viewer.Person, has, department, v.today)
}

func (v *visit) listed(t *approval.Task) taskView {
	if t.Added != nil {
		return v.signing(t)
	}
	view := v.task(t.Issue, t.Project, &t.SignOff)
	view.IssueTitle = t.Title
	// Who may approve it is said on the page that asks for a confirmation.
	if s := &t.SignOff; v.viewer.Role == roster.Officer && s.State == approval.Open && !view.Aside && (s.Assignee == "" || v.own(t)) {
		view.Tick = string(t.Issue) + "/" + strconv.Itoa(s.N)
	}
	return view
}
