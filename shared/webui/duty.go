package webui

import (
	"cmp"
	"net/http"
	"net/url"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// dutiesView are the duties that approvals left, with what the viewer may do about
// them.
type dutiesView struct {
	Rows    []dutyView
	Revokes []deedView
	found   bool // the form that was sent is among them
}

type dutyView struct {
	ID, Task, URL, Kind, What, Checker string
	By                                 dueView
	State, StateText                   string
	Lines                              []string // report, evidence, revocation
	Deeds                              []deedView
}

// dutyDeeds are what is done about duties; each stands at its duty, and taking the
// approval back below them.
var dutyDeeds = []deed{
	{
		act: "report_duty", each: duties,
		fields: func(*visit, subject, int) []entry { return []entry{{Name: "text", Kind: "area"}} },
		command: func(f filing) approval.Command {
			return approval.ReportDuty{SignOff: f.n, Duty: f.k, Text: f.text("text")}
		},
	},
	{
		act: "meet_duty", each: duties,
		fields: func(*visit, subject, int) []entry { return []entry{{Name: "evidence", Kind: "area"}} },
		command: func(f filing) approval.Command {
			return approval.Meet{SignOff: f.n, Duty: f.k, Evidence: f.text("evidence")}
		},
	},
	{
		act: "revoke", grave: true,
		title: func(v *visit, o subject, _ int) string {
			return v.t("deed.revoke.of", v.t("task.named", o.s.N, v.subject(o.s), v.department(o.s.Department)))
		},
		fields: func(v *visit, _ subject, _ int) []entry {
			code := entry{Name: "code", Kind: "select"}
			for _, g := range approval.RevocationGrounds {
				text := v.text(g.Text)
				if basis := g.Basis(); basis != "" {
					text = v.t("ground.of", text, basis)
				}
				code.Choices = append(code.Choices, choice{Value: string(g.Code), Text: text})
			}
			return []entry{code, {Name: "ground", Kind: "text"}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.Revoke{SignOff: f.n, Code: approval.GroundCode(cmp.Or(f.text("code"), "none")), Ground: f.text("ground"), Reason: f.text("reason")}
		},
	},
}

// duties are the numbers of a sign-off's duties that somebody still has to settle.
func duties(o subject) (ks []int) {
	for k := range o.s.Duties {
		if o.s.Duties[k].Pending() {
			ks = append(ks, k+1)
		}
	}
	return ks
}

// all are an issue's sign-offs.
func all(issue *approval.Issue) (list []*approval.SignOff) {
	for k := range issue.SignOffs {
		list = append(list, &issue.SignOffs[k])
	}
	return list
}

// duties shows the duties of sign-offs, or nil where there are none.
func (v *visit) duties(issue *approval.Issue, of []*approval.SignOff, wrong problems) *dutiesView {
	out := &dutiesView{}
	for _, s := range of {
		if len(s.Duties) == 0 {
			continue
		}
		views, found := v.deeds(dutyDeeds, subject{issue, s}, taskURL(issue.ID, s.N), wrong)
		out.found = out.found || found
		for k := range s.Duties {
			row := v.dutyRow(issue, s, k+1)
			for _, view := range views {
				if view.K == k+1 {
					row.Deeds = append(row.Deeds, view)
				}
			}
			out.Rows = append(out.Rows, row)
		}
		for _, view := range views {
			if view.Act == "revoke" {
				out.Revokes = append(out.Revokes, view)
			}
		}
	}
	if len(out.Rows) == 0 {
		return nil
	}
	return out
}

// views are all forms among the duties.
func (d *dutiesView) views() (list []deedView) {
	for k := range d.Rows {
		list = append(list, d.Rows[k].Deeds...)
	}
	return append(list, d.Revokes...)
}

func (v *visit) dutyRow(issue *approval.Issue, s *approval.SignOff, k int) dutyView {
	d := &s.Duties[k-1]
	state := cmp.Or(d.State, approval.DutyOpen)
	row := dutyView{
		Task: v.t("task.named", s.N, v.subject(s), v.department(s.Department)), URL: taskURL(issue.ID, s.N), Kind: v.t("duty.kind." + string(cmp.Or(d.Kind, approval.OnPledge))),
		What: d.What, Checker: v.department(d.Checker), By: dueView{On: v.date(d.By)}, State: string(state), StateText: v.t("duty.state." + string(state)),
	}
	if d.Pending() {
		row.By = v.due(approval.Due{On: d.By, Provisional: v.Service.Rules().Calendar.Provisional(d.By)}, calendar.WorkingDays)
	}
	if d.Tier != "" {
		row.Lines = append(row.Lines, v.t("climbed", v.tier(d.Tier)))
	}
	if r := d.Report; r != nil {
		row.Lines = append(row.Lines, v.t("duty.reported", v.actor(r.By), v.moment(r.At), r.Reason))
	}
	switch state {
	case approval.DutyMet:
		row.Lines = append(row.Lines, v.t("duty.met", v.actor(d.SettledBy), v.moment(d.SettledAt), d.Evidence))
	case approval.DutyRevoked:
		row.Lines = append(row.Lines, v.t("duty.revoked", v.actor(d.SettledBy), v.moment(d.SettledAt), d.Ground, d.Reason))
	}
	return row
}

// openDutyRow is a duty in its checker's list.
type openDutyRow struct {
	URL, Title, Project, Task, Kind, What string
	By                                    dueView
	Report                                string
}

type dutyListPage struct {
	frame
	Lead        string
	Rows        []openDutyRow
	Next, First string
}

// dutyList lists what the viewer's department has yet to verify, by date.
func (v *visit) dutyList() error {
	department, err := approval.OwnInbox(v.viewer.Actor)
	if err != nil {
		return err
	}
	after := v.r.URL.Query().Get("after")
	p := dutyListPage{frame: v.frame(v.t("duties.title")), Lead: v.t("duties.lead", v.department(department))}
	list, next, err := v.Service.Store().Duties(v.ctx(), approval.DutyQuery{Checker: department}, approval.Page{Limit: perPage, Cursor: approval.Cursor(after)})
	if err != nil {
		return err
	}
	for k := range list {
		d := &list[k]
		s := approval.SignOff{N: d.SignOff, Item: d.Item, Matter: d.Matter, Department: d.Department}
		row := openDutyRow{
			URL: taskURL(d.Issue, d.SignOff) + "#duties", Title: d.Title, Project: v.project(d.Project), Task: v.t("task.named", s.N, v.subject(&s), v.department(s.Department)),
			Kind: v.t("duty.kind." + string(d.Kind)), What: d.What, By: v.due(approval.Due{On: d.By, Provisional: v.Service.Rules().Calendar.Provisional(d.By)}, calendar.WorkingDays),
		}
		if d.Report != nil {
			row.Report = v.t("duty.reported", v.actor(d.Report.By), v.moment(d.Report.At), d.Report.Reason)
		}
		p.Rows = append(p.Rows, row)
	}
	if next != "" {
		p.Next = "/duties?after=" + url.QueryEscape(string(next))
	}
	if after != "" {
		p.First = "/duties"
	}
	return v.render(http.StatusOK, "duties.html", p)
}
