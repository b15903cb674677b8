package webui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// signOffDeeds are what is done about one sign-off besides answering it.
var signOffDeeds = []deed{
	{
		act:     "accept",
		command: func(f filing) approval.Command { return approval.Accept{SignOff: f.n} },
		next: func(v *visit, o subject, after *approval.Issue) string {
			if s := after.SignOff(o.s.N); !s.Due.On.IsZero() {
				return v.t("deed.accept.next", v.date(s.Due.On))
			}
			return v.t("deed.accept.next.stopped")
		},
	},
	{
		act: "answer_extension",
		about: func(v *visit, o subject, _ int) []string {
			e := o.s.Extension
			return []string{v.t("extension.asked", v.actor(e.By), v.limit(calendar.Limit{Days: e.Days, Unit: o.s.Limit.Unit}), e.Ground), v.t("reason", e.Reason)}
		},
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "answer", Kind: "radio", Choices: v.words("extension.", "granted", "refused")}, {Name: "note", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.AnswerExtension{SignOff: f.n, Answer: approval.ExtensionAnswer(f.text("answer")), Note: f.text("note")}
		},
	},
	{
		act: "assign",
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{v.departmentEntry(""), {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.Assign{SignOff: f.n, To: roster.DepartmentID(f.text("department")), Reason: f.text("reason")}
		},
	},
	{
		act: "reply_notice", each: notices,
		title:   noticeTitle,
		about:   noticeSaid,
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "text", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.ReplyNotice{K: f.k, Text: f.text("text")} },
	},
	{
		act: "recheck_notice", each: notices,
		title: noticeTitle,
		about: noticeSaid,
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "ok", Kind: "radio", Choices: v.words("recheck.", "yes", "no"), try: "yes"}, {Name: "text", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			if f.text("ok") != "yes" && f.text("ok") != "no" {
				return nil // neither was chosen, and neither shall be guessed
			}
			return approval.RecheckNotice{K: f.k, OK: f.text("ok") == "yes", Text: f.text("text")}
		},
	},

	{
		act: "stop", group: "clock",
		fields: func(v *visit, o subject, _ int) []entry {
			kinds := entry{Name: "kind", Kind: "select"}
			for _, c := range approval.StopCaps {
				ground := c.Ground
				if ground == "" {
					ground = v.t("assumed")
				}
				left := max(0, c.Days-v.Service.Rules().StoppedFor(o.s, c.Kind))
				kinds.Choices = append(kinds.Choices, choice{Value: string(c.Kind), Text: v.t("stop.choice", v.t("stop."+string(c.Kind)), left, ground)})
			}
			return []entry{kinds, {Name: "days", Kind: "number", Min: "1"}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.StopClock{SignOff: f.n, Kind: approval.StopKind(f.text("kind")), Days: f.number("days"), Reason: f.text("reason")}
		},
	},
	{
		act: "end_stop", group: "clock",
		each: func(o subject) (ks []int) {
			for k := range o.s.Stops {
				if o.s.Stops[k].To.IsZero() {
					ks = append(ks, k+1)
				}
			}
			return ks
		},
		title: func(v *visit, o subject, k int) string {
			return v.t("deed.end_stop.of", v.t("stop."+string(o.s.Stops[k-1].Reason)))
		},
		fields: func(_ *visit, o subject, k int) []entry {
			return []entry{{Name: "kind", Kind: "hidden", Value: string(o.s.Stops[k-1].Reason)}, {Name: "result", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.EndStop{SignOff: f.n, Kind: approval.StopKind(f.text("kind")), Result: f.text("result")}
		},
	},
	{
		act: "ask_extension", group: "clock", sure: true,
		about: func(v *visit, o subject, _ int) []string {
			days, ground := v.Service.Rules().Extendable(o.s)
			return []string{v.t("extension.most", v.limit(calendar.Limit{Days: days, Unit: o.s.Limit.Unit}), ground)}
		},
		fields: func(v *visit, o subject, _ int) []entry {
			days, _ := v.Service.Rules().Extendable(o.s)
			return []entry{{Name: "days", Kind: "number", Min: "1", Max: strconv.Itoa(days), try: "1"}, {Name: "reason", Kind: "area", try: "-"}}
		},
		command: func(f filing) approval.Command {
			return approval.AskExtension{SignOff: f.n, Days: f.number("days"), Reason: f.text("reason")}
		},
	},

	{
		act: "transfer", group: "hand",
		fields: func(v *visit, o subject, _ int) []entry {
			return []entry{v.departmentEntry(o.s.Department), {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.Transfer{SignOff: f.n, To: roster.DepartmentID(f.text("department")), Reason: f.text("reason")}
		},
	},
	{
		act: "send_back", group: "hand",
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.SendBack{SignOff: f.n, Reason: f.text("reason")} },
	},
	{
		act: "add_signer", group: "hand",
		fields: func(v *visit, o subject, _ int) []entry {
			who := v.departmentEntry(o.s.Department)
			for k := range who.Choices {
				who.Choices[k].Value = "unit/" + who.Choices[k].Value
			}
			colleagues := v.colleagues(o.s.Department)
			for k := range colleagues {
				colleagues[k].Value = "person/" + colleagues[k].Value
			}
			who.Choices = append(colleagues, who.Choices...)
			when := entry{Name: "when", Kind: "radio", Choices: v.words("added.when.", "beside", "before", "after")}
			for k := range when.Choices {
				when.Choices[k].Text = v.t("added." + when.Choices[k].Value)
				when.Choices[k].Note = v.t("added.when." + when.Choices[k].Value)
			}
			worth := entry{Name: "binding", Kind: "radio", Choices: v.words("added.worth.", "advice", "binding")}
			when.Choices[0].On, worth.Choices[0].On = true, true
			return []entry{who, when, worth, {Name: "question", Kind: "area"}, {Name: "days", Kind: "number", Min: "1"}}
		},
		command: func(f filing) approval.Command {
			c := approval.AddSigner{
				SignOff: f.n, When: approval.AddedWhen(f.text("when")), Binding: f.text("binding") == "binding", Question: f.text("question"), Days: f.number("days"),
			}
			switch kind, id, _ := strings.Cut(f.text("department"), "/"); kind {
			case "unit":
				c.Department = roster.DepartmentID(id)
			case "person":
				c.Person = roster.PersonID(id)
			}
			return c
		},
	},
	{
		act: "cancel_added", group: "hand",
		each: func(o subject) (ks []int) {
			for k := range o.s.Added {
				ks = append(ks, o.s.Added[k].K)
			}
			return ks
		},
		title: func(v *visit, o subject, k int) string {
			a := &o.s.Added[k-1]
			return v.t("deed.cancel_added.of", v.signer(a.Department, a.Person))
		},
		fields: func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command {
			return approval.CancelAdded{SignOff: f.n, K: f.k, Reason: f.text("reason")}
		},
	},

	{
		act: "reassign", group: "people",
		fields: func(v *visit, o subject, _ int) []entry {
			return []entry{{Name: "person", Kind: "select", Choices: v.colleagues(o.s.Department)}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.Reassign{SignOff: f.n, To: roster.PersonID(f.text("person")), Reason: f.text("reason")}
		},
	},
	{
		act: "recuse", group: "people", grave: true,
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.Recuse{SignOff: f.n, Reason: f.text("reason")} },
	},

	{
		act: "urge", group: "press",
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "text", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.Urge{SignOff: f.n, Text: f.text("text")} },
	},
	{
		act: "dispose", group: "press",
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "what", Kind: "radio", Choices: v.words("remedy.", "urged", "coordinated", "ordered")}, {Name: "text", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.Dispose{SignOff: f.n, What: approval.Remedy(f.text("what")), Text: f.text("text")}
		},
	},
	{
		act: "supervise", group: "press",
		fields: func(*visit, subject, int) []entry {
			return []entry{{Name: "demand", Kind: "area"}, {Name: "replyDays", Kind: "number", Value: "3", Min: "1", Max: "10"}}
		},
		command: func(f filing) approval.Command {
			return approval.Supervise{SignOff: f.n, Demand: f.text("demand"), ReplyDays: f.number("replyDays")}
		},
	},
	{
		act: "pass_up", group: "press",
		fields: func(v *visit, o subject, _ int) []entry {
			to := entry{Name: "to", Kind: "radio"}
			for _, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
				if roster.Above(tier, o.s.Tier()) {
					to.Choices = append(to.Choices, choice{Value: string(tier), Text: v.tier(tier)})
				}
			}
			return []entry{to, {Name: "reason", Kind: "area"}, {Name: "untried", Kind: "area"}, {Name: "skipped", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.PassUp{SignOff: f.n, To: roster.Tier(f.text("to")), Reason: f.text("reason"), Untried: f.text("untried"), Skipped: f.text("skipped")}
		},
	},
	{
		act: "pause_ladder", group: "press",
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "until", Kind: "date", Min: v.today.Add(1).String()}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.PauseLadder{SignOff: f.n, Until: f.date("until"), Reason: f.text("reason")}
		},
	},
	{
		act: "resume_ladder", group: "press",
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.ResumeLadder{SignOff: f.n, Reason: f.text("reason")} },
	},

	{act: "comment", group: "talk", fields: commentFields, command: comment},
}

// issueDeeds are what is done about an issue as a whole.
var issueDeeds = []deed{
	{act: "comment", group: "issue", fields: commentFields, command: comment},
	{
		act: "name_officer", group: "issue",
		fields: func(v *visit, _ subject, _ int) []entry {
			return []entry{{Name: "person", Kind: "select", Choices: v.everybody()}, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			return approval.NameOfficer{Person: roster.PersonID(f.text("person")), Reason: f.text("reason")}
		},
	},
	{
		act: "reopen", group: "issue",
		fields: func(v *visit, o subject, _ int) []entry {
			which := entry{Name: "signOffs", Kind: "check"}
			for k := range o.issue.SignOffs {
				s := &o.issue.SignOffs[k]
				which.Choices = append(which.Choices, choice{Value: strconv.Itoa(s.N), Text: v.t("task.named", s.N, v.subject(s), v.department(s.Department)), Note: v.t("state." + string(s.State))})
			}
			return []entry{which, {Name: "reason", Kind: "area"}}
		},
		command: func(f filing) approval.Command {
			c := approval.Reopen{Reason: f.text("reason")}
			for _, text := range f.Values["signOffs"] {
				n, _ := strconv.Atoi(text) // what is no number names no sign-off
				c.SignOffs = append(c.SignOffs, n)
			}
			return c
		},
	},
}

func commentFields(v *visit, o subject, _ int) []entry {
	return []entry{{Name: "text", Kind: "area"}, {Name: "mentions", Kind: "people", Choices: v.concerned(o.issue)}}
}

func comment(f filing) approval.Command {
	c := approval.Comment{SignOff: f.n, Text: f.text("text")}
	for _, id := range f.Values["mentions"] {
		c.Mentions = append(c.Mentions, roster.PersonID(id))
	}
	return c
}

// words are choices whose texts are under a prefix.
func (v *visit) words(prefix string, codes ...string) (all []choice) {
	for _, code := range codes {
		all = append(all, choice{Value: code, Text: v.t(prefix + code)})
	}
	return all
}

// departmentEntry chooses among the departments that answer sign-offs today, but one.
func (v *visit) departmentEntry(but roster.DepartmentID) entry {
	e := entry{Name: "department", Kind: "select"}
	for _, d := range v.Service.Rules().Roster.Departments() {
		if d.Kind.Decides() && d.Acting(v.today) && d.ID != but {
			e.Choices = append(e.Choices, choice{Value: string(d.ID), Text: v.department(d.ID)})
		}
	}
	return e
}

// colleagues are the officers of a department, without the viewer.
func (v *visit) colleagues(department roster.DepartmentID) (all []choice) {
	for _, p := range v.Service.Rules().Roster.People(roster.Officer, string(department)) {
		if p.ID != v.viewer.Person {
			all = append(all, choice{Value: string(p.ID), Text: v.t("person.of", v.person(p.ID), v.department(department))})
		}
	}
	return all
}

// everybody is who is on the roster and in office, by unit.
func (v *visit) everybody() (all []choice) {
	for _, p := range v.Service.Rules().Roster.Everybody() {
		if p.Left.IsZero() && len(p.Posts) > 0 {
			all = append(all, choice{Value: string(p.ID), Text: v.t("person.of", v.person(p.ID), v.unit(p.Posts[0].Unit))})
		}
	}
	return all
}

// concerned is whom a comment on the issue may call: who answers for it, its branch,
// the departments that are asked and the tiers above, without the viewer.
func (v *visit) concerned(issue *approval.Issue) (all []choice) {
	r := v.Service.Rules()
	units := []string{string(issue.Branch)}
	for k := range issue.SignOffs {
		if d := string(issue.SignOffs[k].Department); d != "" && !slices.Contains(units, d) {
			units = append(units, d)
		}
	}
	for _, tier := range []roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters} {
		if up, ok := r.Roster.Up(issue.Branch, tier); ok && !slices.Contains(units, string(up)) {
			units = append(units, string(up))
		}
	}
	called := map[roster.PersonID]bool{v.viewer.Person: true}
	add := func(p roster.PersonID, note string) {
		if p != "" && !called[p] {
			called[p] = true
			all = append(all, choice{Value: string(p), Text: v.person(p), Note: note})
		}
	}
	add(r.OfficerOf(issue), v.t("officer"))
	people := r.Roster.Everybody()
	for _, unit := range units {
		for _, p := range people {
			at := slices.IndexFunc(p.Posts, func(post roster.Post) bool { return post.Unit == unit })
			if at >= 0 && p.Left.IsZero() {
				note := v.t("post", v.unit(unit), v.name(p.Posts[at].Role.Name()))
				if role := p.Posts[at].Role; role == roster.GeneralBranch || role == roster.Headquarters {
					note = v.unit(unit) // which has the name of the role
				}
				add(p.ID, note)
			}
		}
	}
	return all
}

// notices are the numbers of the sign-off's notices that are not closed.
func notices(o subject) (ks []int) {
	for k := range o.s.Notices {
		if o.s.Notices[k].Open() {
			ks = append(ks, o.s.Notices[k].K)
		}
	}
	return ks
}

func noticeTitle(v *visit, _ subject, k int) string { return v.t("notice.title", k) }

func noticeSaid(v *visit, o subject, k int) []string {
	n, _ := o.issue.NoticeOf(k)
	return v.noticeLines(n)
}

// noticeLines say what a notice demands, how it was answered, and what is owed now.
func (v *visit) noticeLines(n *approval.Notice) []string {
	lines := []string{v.t("notice.demand", v.tier(n.Tier), v.actor(n.By), v.moment(n.At), n.Demand)}
	for _, r := range n.Replies {
		lines = append(lines, v.t("notice.reply", v.actor(r.By), v.moment(r.At), r.Text))
		if r.Finding != "" {
			lines = append(lines, v.t("notice.finding."+cmp.Or(map[bool]string{true: "ok"}[r.OK], "not"), v.actor(r.CheckedBy), r.Finding))
		}
	}
	if n.Open() {
		lines = append(lines, v.t("notice.owed."+string(n.State), v.date(n.DueOn), v.left(n.DueOn, v.today, calendar.WorkingDays)))
	}
	return lines
}
