package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/intake"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// errands are what waits for the viewer besides the inbox and the issues of their
// home page: mentions, duties to verify, notices, extensions, warnings.
func (v *visit) errands() (list []wait, err error) {
	mentions, more, err := v.unread()
	if err != nil {
		return nil, err
	}
	if mentions > 0 {
		list = append(list, wait{v.t("wait.mentions", v.counted(mentions, more)), "/mentions", v.t("wait.mentions.action")})
	}
	if requests, more, err := v.asked(); err != nil {
		return nil, err
	} else if requests > 0 {
		list = append(list, wait{v.t("wait.requests", v.counted(requests, more)), "/requests", v.t("wait.requests.action")})
	}
	switch v.viewer.Role {
	case roster.Officer, roster.Lead:
		own, err := v.departmentErrands()
		return append(list, own...), err
	case roster.Administrator, roster.SecurityAdministrator:
		n, more, err := v.proposed()
		if err != nil {
			return nil, err
		}
		if n > 0 {
			list = append(list, wait{v.t("wait.changes", v.counted(n, more)), "/register", v.t("wait.changes.action")})
		}
	case roster.Overseer, roster.GeneralBranch, roster.Headquarters:
		n, more, err := v.warned()
		if err != nil {
			return nil, err
		}
		if n > 0 {
			list = append(list, wait{v.t("wait.warnings", v.counted(n, more)), "/warnings", v.t("wait.warnings.action")})
		}
	}
	return list, nil
}

// departmentErrands are a department's duties to verify and, for its lead, what its
// open tasks wait for: a reply to a notice, an answer to a request for more time.
func (v *visit) departmentErrands() (list []wait, err error) {
	department := roster.DepartmentID(v.viewer.Unit)
	duties, more, err := v.Service.Store().Duties(v.ctx(), approval.DutyQuery{Checker: department}, approval.Page{Limit: perPage})
	if err != nil {
		return nil, err
	}
	if len(duties) > 0 {
		list = append(list, wait{v.t("wait.duties", v.counted(len(duties), more != "")), "/duties", v.t("wait.duties.action")})
	}
	if v.viewer.Role != roster.Lead {
		return list, nil
	}
	tasks, _, err := v.Service.Store().SignOffs(v.ctx(), approval.SignOffQuery{Department: department}, approval.Page{Limit: most})
	if err != nil {
		return nil, err
	}
	for k := range tasks {
		t := &tasks[k]
		s := &t.SignOff
		if t.Added != nil {
			continue
		}
		if e := s.Extension; e != nil && e.Answer == "" {
			list = append(list, wait{v.t("wait.extension", v.actor(e.By), v.subject(s), t.Title), taskURL(t.Issue, s.N), v.t("wait.extension.action")})
		}
		for j := range s.Notices {
			if n := &s.Notices[j]; n.State == approval.NoticeIssued || n.State == approval.NoticeSentBack {
				list = append(list, wait{v.t("wait.notice", n.K, v.subject(s), t.Title, v.date(n.DueOn), v.left(n.DueOn, v.today, calendar.WorkingDays)), taskURL(t.Issue, s.N), v.t("wait.notice.action")})
			}
		}
	}
	return list, nil
}

// tierErrands are what an issue waits for a tier to do besides ruling on objections:
// to recheck a reply, or to decide whose a task is.
func (v *visit) tierErrands(i *approval.Issue) (list []wait, err error) {
	if i.Notices == 0 && i.Count.Disputed == 0 {
		return nil, nil
	}
	whole, err := v.Service.Store().Issue(v.ctx(), i.ID)
	if err != nil {
		return nil, err
	}
	r := v.Service.Rules()
	for k := range whole.SignOffs {
		s := &whole.SignOffs[k]
		if s.Disputed() && r.AssignsOn(&whole, v.viewer.Actor) {
			list = append(list, wait{v.t("wait.disputed", v.subject(s), i.Title), taskURL(i.ID, s.N), v.t("wait.disputed.action")})
		}
		for j := range s.Notices {
			if n := &s.Notices[j]; n.State == approval.NoticeReplied && r.Holds(&whole, v.viewer.Actor, n.Tier) {
				list = append(list, wait{v.t("wait.recheck", n.K, v.subject(s), i.Title, v.date(n.DueOn), v.left(n.DueOn, v.today, calendar.WorkingDays)), taskURL(i.ID, s.N), v.t("wait.recheck.action")})
			}
		}
	}
	return list, nil
}

// proposed is how many change sets wait for the viewer as second administrator.
func (v *visit) proposed() (n int, more bool, err error) {
	if v.Register == nil {
		return 0, false, nil
	}
	list, next, err := v.Register.List(v.ctx(), true, approval.Page{Limit: perPage})
	for k := range list {
		if slices.Contains(register.Open(v.Service.Rules().Roster, list[k].State, v.viewer.Actor, v.now), register.EvApprove) {
			n++
		}
	}
	return n, n > 0 && next != "", err
}

// counted is how many there are in a list of which a page was read: 3, or more than 20.
func (s *speaker) counted(n int, more bool) string {
	if more {
		return s.t("count.more", n)
	}
	return s.t("count", n)
}

// asked is how many requests wait for the viewer's unit: those whose issue is under way
// do not.
func (v *visit) asked() (n int, more bool, err error) {
	if v.Intake == nil || !slices.Contains([]roster.Role{roster.Secretary, roster.GeneralBranch, roster.Officer, roster.Lead}, v.viewer.Role) {
		return 0, false, nil
	}
	list, next, err := v.Intake.List(v.ctx(), intake.Query{Unit: v.viewer.Unit}, v.viewer.Actor, approval.Page{Limit: perPage})
	for k := range list {
		standing, err := v.Intake.Standing(v.ctx(), &list[k].State)
		if err != nil {
			return 0, false, err
		}
		if !standing.Due.On.IsZero() {
			n++
		}
	}
	return n, next != "", err
}

// unread is how many comments mention the viewer that were not read yet.
func (v *visit) unread() (n int, more bool, err error) {
	list, next, err := v.Service.Store().Mentions(v.ctx(), approval.MentionQuery{Person: v.viewer.Person}, approval.Page{Limit: perPage})
	for k := range list {
		if list[k].SeenAt.IsZero() {
			n++
		}
	}
	return n, n == len(list) && next != "", err
}

type mentionRow struct {
	URL, Title, Project, Text, By, At string
	Issue                             string
	Seq                               int64
	Seen                              bool
}

type mentionPage struct {
	frame
	Rows        []mentionRow
	Next, First string
}

// mentions lists the comments that name the viewer, unread ones first.
func (v *visit) mentions() error {
	after := v.r.URL.Query().Get("after")
	list, next, err := v.Service.Store().Mentions(v.ctx(), approval.MentionQuery{Person: v.viewer.Person}, approval.Page{Limit: perPage, Cursor: approval.Cursor(after)})
	if err != nil {
		return err
	}
	p := mentionPage{frame: v.frame(v.t("mentions.title"))}
	for k := range list {
		m := &list[k]
		row := mentionRow{URL: "/issues/" + string(m.Issue), Title: m.Title, Project: v.project(m.Project), Text: m.Text, By: v.actor(m.By), At: v.moment(m.At), Issue: string(m.Issue), Seq: m.Seq, Seen: !m.SeenAt.IsZero()}
		if m.SignOff > 0 {
			row.URL = taskURL(m.Issue, m.SignOff)
		}
		p.Rows = append(p.Rows, row)
	}
	if next != "" {
		p.Next = "/mentions?after=" + url.QueryEscape(string(next))
	}
	if after != "" {
		p.First = "/mentions"
	}
	return v.render(http.StatusOK, "mentions.html", p)
}

// see marks a mention as read; it is no act on the issue.
func (v *visit) see() error {
	seq, _ := strconv.ParseInt(v.r.PostForm.Get("seq"), 10, 64) // what is no number names none
	if _, err := v.Service.See(v.ctx(), approval.MentionID{Issue: approval.IssueID(v.r.PostForm.Get("issue")), Seq: seq, Person: v.viewer.Person}); err != nil {
		return err
	}
	v.redirect("/mentions")
	return nil
}
