package webui

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/httpapi"
	"lianban/shared/roster"
)

// actionRows is for how many agreed actions the form has room. The API takes more.
const actionRows = 3

// consultDeeds are what a consultation is conducted by.
var consultDeeds = []deed{
	{
		act:   "cast",
		about: func(v *visit, o subject, _ int) []string { return v.ballotLines(o) },
		fields: func(v *visit, o subject, _ int) []entry {
			list := []entry{{Name: "choice", Kind: "radio", Choices: v.words("choice.", "for", "against", "abstain")}}
			if m := meetingOf(o); m == nil || m.Ballot == nil || !m.Ballot.Secret {
				list = append(list, entry{Name: "reason", Kind: "area"})
			}
			return list
		},
		command: func(f filing) approval.Command {
			return approval.Cast{Choice: approval.Choice(f.text("choice")), Reason: f.text("reason")}
		},
	},
	{
		act: "excuse", group: "consult",
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.Excuse{Reason: f.text("reason")} },
	},
	{
		act: "convene", group: "consult",
		fields: func(v *visit, o subject, _ int) []entry {
			return []entry{
				{Name: "cause", Kind: "radio", Choices: v.words("cause.", string(approval.OnConflict), string(approval.OnDispute), string(approval.OwnAccord))},
				{Name: "signOffs", Kind: "check", Choices: v.signOffChoices(o.issue)},
				{Name: "reason", Kind: "area"},
			}
		},
		command: func(f filing) approval.Command {
			return approval.Convene{Cause: approval.Cause(f.text("cause")), SignOffs: f.numbers("signOffs"), Reason: f.text("reason")}
		},
	},
	{act: "meet", group: "consult", title: meetTitle, fields: meetFields, command: func(f filing) approval.Command { return meet(f) }, at: attendeeField},
	{
		act: "invite", group: "consult", sure: true,
		each: func(o subject) (ks []int) {
			if m := meetingOf(o); m != nil {
				for k := range m.Attendees {
					if m.Attendees[k].Outsider() && m.Attendees[k].Votes {
						ks = append(ks, k+1)
					}
				}
			}
			return ks
		},
		title: func(v *visit, o subject, k int) string {
			a := &meetingOf(o).Attendees[k-1]
			return v.t("deed.invite.of", v.party("", a.Name, a.Organisation))
		},
		about: func(v *visit, o subject, k int) []string {
			if l := meetingOf(o).Attendees[k-1].Link; l != nil {
				return []string{v.t("deed.invite.before", v.actor(l.By), v.moment(l.At))}
			}
			return nil
		},
		// What is tried here; the secret is made when the form is sent.
		command: func(f filing) approval.Command { return approval.Invite{Attendee: f.k} },
	},
	{
		act: "minute", group: "consult",
		fields: func(v *visit, o subject, _ int) []entry {
			text, present, resolved := entry{Name: "text", Kind: "area"}, entry{Name: "present", Kind: "check"}, entry{Name: "resolutions", Kind: "area"}
			m := meetingOf(o)
			if m == nil {
				return []entry{text, present, resolved}
			}
			written := o.issue.Consultation.Minutes
			for k := range m.Attendees {
				a := &m.Attendees[k]
				on := written == nil || slices.Contains(written.Present, k+1)
				present.Choices = append(present.Choices, choice{Value: strconv.Itoa(k + 1), Text: v.party(a.Unit, a.Name, a.Organisation), On: on})
			}
			if written != nil {
				text.Value, resolved.Value = written.Text, strings.Join(written.Resolutions, "\n")
			}
			return []entry{text, present, resolved}
		},
		command: func(f filing) approval.Command {
			return approval.Minute{Text: f.text("text"), Present: f.numbers("present"), Resolutions: f.lines("resolutions")}
		},
	},
	{act: "settle", group: "consult", fields: settleFields, command: settle, at: settleField},
	{
		act: "refer", group: "consult", grave: true,
		fields:  func(*visit, subject, int) []entry { return []entry{{Name: "reason", Kind: "area"}} },
		command: func(f filing) approval.Command { return approval.Refer{Reason: f.text("reason")} },
	},
}

// meetingOf is the meeting of the consultation that is on, or nil.
func meetingOf(o subject) *approval.Meeting {
	if con := o.issue.Consultation; con != nil && con.ClosedAt.IsZero() {
		return con.Meeting
	}
	return nil
}

// ballotLines say what is voted on and by which rules.
func (v *visit) ballotLines(o subject) []string {
	m := meetingOf(o)
	if m == nil || m.Ballot == nil {
		return nil
	}
	b := v.ballot(m)
	return []string{b.Question, b.Kind + b.Rule}
}

// signOffChoices are the issue's sign-offs, each with where it stands.
func (v *visit) signOffChoices(issue *approval.Issue) (all []choice) {
	for k := range issue.SignOffs {
		s := &issue.SignOffs[k]
		all = append(all, choice{Value: strconv.Itoa(s.N), Text: v.t("task.named", s.N, v.subject(s), v.department(s.Department)), Note: v.t("state." + string(s.State))})
	}
	return all
}

// numbers are those of several boxes; what is no number is 0, which the rules refuse.
func (f filing) numbers(name string) (ns []int) {
	for _, text := range f.Values[name] {
		n, _ := strconv.Atoi(text)
		ns = append(ns, n)
	}
	return ns
}

// lines are those that are not blank.
func (f filing) lines(name string) (lines []string) {
	for line := range strings.SplitSeq(f.text(name), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

const momentInput = "2006-01-02T15:04" // of a datetime-local input, by the office's clock

func meetTitle(v *visit, o subject, _ int) string {
	if meetingOf(o) != nil {
		return v.t("deed.meet.anew")
	}
	return v.t("deed.meet")
}

// meetFields begin with the meeting as it is arranged, if it is.
func meetFields(v *visit, o subject, _ int) []entry {
	m := meetingOf(o)
	anew := m != nil
	if !anew {
		m = &approval.Meeting{}
	}
	b := cmp.Or(m.Ballot, &approval.Ballot{Quorum: 100, Threshold: approval.Majority, Of: approval.OfEligible})
	as := map[string]int{} // 1: votes, 2: attends
	var voters, others []string
	for k := range m.Attendees {
		a := &m.Attendees[k]
		switch line := a.Organisation + v.t("deed.meet.comma") + a.Name; {
		case a.Unit != "":
			as[a.Unit] = 2
			if a.Votes {
				as[a.Unit] = 1
			}
		case a.Votes:
			voters = append(voters, line)
		default:
			others = append(others, line)
		}
	}
	near, far, attend := entry{Name: "voters", Kind: "check"}, entry{Name: "voters.other", Kind: "people"}, entry{Name: "observers", Kind: "people"}
	involved := v.involved(o.issue)
	add := func(e *entry, unit string, way int) {
		c := choice{Value: unit, Text: v.unit(unit), On: as[unit] == way}
		if c.On {
			e.Value = unit
		}
		e.Choices = append(e.Choices, c)
	}
	for _, unit := range involved {
		add(&near, unit, 1)
		add(&attend, unit, 2)
	}
	add(&attend, string(o.issue.Branch), 2)
	for _, c := range v.departmentEntry("").Choices {
		if !slices.Contains(involved, c.Value) {
			add(&far, c.Value, 1)
			add(&attend, c.Value, 2)
		}
	}
	at := entry{Name: "at", Kind: "datetime-local"}
	if anew {
		at.Value = m.At.In(calendar.Shanghai).Format(momentInput)
	}
	motion := entry{Name: "ballot.motion", Kind: "select", Choices: v.words("outcome.", string(approval.SetAside), string(approval.Revise), string(approval.Uphold))}
	threshold := entry{Name: "ballot.threshold", Kind: "select", Choices: v.words("deed.meet.threshold.", string(approval.Majority), string(approval.TwoThirds), string(approval.All), string(approval.ByCount))}
	of := entry{Name: "ballot.of", Kind: "radio", Choices: v.words("ballot.of.", string(approval.OfEligible), string(approval.OfCast))}
	secret := entry{Name: "ballot.secret", Kind: "check", Choices: []choice{{Value: "yes", Text: v.t("deed.meet.secret.yes"), On: b.Secret}}}
	until := entry{Name: "ballot.until", Kind: "date"}
	if !b.Until.IsZero() {
		until.Value = b.Until.String()
	}
	need := ""
	if b.Need > 0 {
		need = strconv.Itoa(b.Need)
	}
	for e, value := range map[*entry]string{&motion: string(b.Motion), &threshold: string(b.Threshold), &of: string(b.Of)} {
		for k := range e.Choices {
			e.Choices[k].On = e.Choices[k].Value == value
		}
	}
	return []entry{
		at,
		{Name: "place", Kind: "text", Value: m.Place},
		{Name: "callLink", Kind: "text", Value: m.CallLink},
		{Name: "agenda", Kind: "area", Value: strings.Join(m.Agenda, "\n")},
		{Name: "papers", Kind: "area", Value: strings.Join(m.Papers, "\n")},
		near, far,
		{Name: "outside.voters", Kind: "area", Value: strings.Join(voters, "\n")},
		attend,
		{Name: "outside.observers", Kind: "area", Value: strings.Join(others, "\n")},
		{Name: "ballot.question", Kind: "text", Value: b.Question},
		motion, secret,
		{Name: "ballot.quorum", Kind: "number", Min: "1", Max: "100", Value: strconv.Itoa(b.Quorum)},
		threshold,
		{Name: "ballot.need", Kind: "number", Min: "1", Value: need},
		of, until,
	}
}

// involved are the departments of the issue's sign-offs and the unit that holds its
// consultation.
func (v *visit) involved(issue *approval.Issue) (units []string) {
	add := func(unit string) {
		if unit != "" && !slices.Contains(units, unit) {
			units = append(units, unit)
		}
	}
	for k := range issue.SignOffs {
		add(string(issue.SignOffs[k].Department))
	}
	if con := issue.Consultation; con != nil {
		unit, _ := v.Service.Rules().Roster.Up(issue.Branch, con.Tier)
		add(string(unit))
	}
	return units
}

// parties are the attendees as the form lists them, each with the entry in which it
// stands.
func (f filing) parties() (all []approval.Attendee, fields []string) {
	add := func(field string, a approval.Attendee) { all, fields = append(all, a), append(fields, field) }
	for _, field := range []string{"voters", "voters.other", "observers"} {
		for _, unit := range f.Values[field] {
			add(field, approval.Attendee{Unit: unit, Votes: field != "observers"})
		}
	}
	for _, field := range []string{"outside.voters", "outside.observers"} {
		for _, line := range f.lines(field) {
			organisation, name := line, ""
			if k := strings.IndexAny(line, "，,、"); k >= 0 {
				organisation, name = strings.TrimSpace(line[:k]), strings.TrimSpace(strings.TrimLeft(line[k:], "，,、"))
			}
			add(field, approval.Attendee{Organisation: organisation, Name: name, Votes: field == "outside.voters"})
		}
	}
	return all, fields
}

func meet(f filing) approval.Schedule {
	at, _ := time.ParseInLocation(momentInput, f.text("at"), calendar.Shanghai) // none is what the rules refuse at its field
	attendees, _ := f.parties()
	s := approval.Schedule{At: at, Place: f.text("place"), CallLink: f.text("callLink"), Agenda: f.lines("agenda"), Papers: f.lines("papers"), Attendees: attendees}
	votes := slices.ContainsFunc(attendees, func(a approval.Attendee) bool { return a.Votes })
	if question := f.text("ballot.question"); question != "" || votes {
		s.Ballot = &approval.Ballot{
			Question: question, Motion: approval.Outcome(f.text("ballot.motion")), Secret: f.text("ballot.secret") != "", Quorum: f.number("ballot.quorum"),
			Threshold: approval.Threshold(f.text("ballot.threshold")), Need: f.number("ballot.need"), Of: approval.Base(f.text("ballot.of")), Until: f.date("ballot.until"),
		}
	}
	return s
}

// attendeeField is the entry of the attendee that a refusal names by number.
func attendeeField(f filing, field string) string {
	if field == "attendees" {
		return "voters"
	}
	if k, ok := indexed(field, "attendees"); ok {
		if _, fields := f.parties(); k < len(fields) {
			return fields[k]
		}
	}
	return field
}

// indexed is the number in a field such as findings[2].reason.
func indexed(field, list string) (int, bool) {
	rest, ok := strings.CutPrefix(field, list+"[")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "]")
	k, err := strconv.Atoi(number)
	return k, err == nil
}

// settleFields ask for an outcome of every objection, an owner of every task in
// dispute, which approvals in conflict are decided anew, what was agreed, and why.
func settleFields(v *visit, o subject, _ int) (list []entry) {
	var objections, disputes []string
	for k := range o.issue.SignOffs {
		s := &o.issue.SignOffs[k]
		n := strconv.Itoa(s.N)
		named := v.t("task.named", s.N, v.subject(s), v.department(s.Department))
		if s.State == approval.Objection && o.issue.Counts(s) {
			objections = append(objections, n)
			list = append(list,
				entry{Name: "outcome." + n, Kind: "radio", Label: v.t("deed.settle.outcome", named), Choices: v.words("outcome.", string(approval.SetAside), string(approval.Revise), string(approval.Uphold))},
				entry{Name: "why." + n, Kind: "area", Label: v.t("deed.settle.why"), Hint: v.t("deed.settle.why.hint")})
		}
		if s.Disputed() {
			disputes = append(disputes, n)
			owner := v.departmentEntry("")
			owner.Name, owner.Label = "owner."+n, v.t("deed.settle.owner", named)
			list = append(list, owner, entry{Name: "because." + n, Kind: "area", Label: v.t("deed.settle.because")})
		}
	}
	if con := o.issue.Consultation; con != nil && con.Why() == approval.OnConflict {
		anew := entry{Name: "anew", Kind: "check"}
		for _, c := range v.signOffChoices(o.issue) {
			if n, _ := strconv.Atoi(c.Value); slices.Contains(con.SignOffs, n) {
				anew.Choices = append(anew.Choices, c)
			}
		}
		list = append(list, anew)
	}
	for k := range actionRows {
		n := strconv.Itoa(k)
		department := v.departmentEntry("")
		department.Name, department.Label = "department."+n, v.t("deed.settle.department", k+1)
		list = append(list, department, entry{Name: "what." + n, Kind: "text", Label: v.t("deed.settle.what")}, entry{Name: "by." + n, Kind: "date", Label: v.t("deed.settle.by"), Min: v.today.Add(1).String()})
	}
	return append(list, entry{Name: "reason", Kind: "area"},
		entry{Name: "objections", Kind: "hidden", Value: strings.Join(objections, " ")}, entry{Name: "disputes", Kind: "hidden", Value: strings.Join(disputes, " ")})
}

// agreed are the rows of agreed actions in which something stands.
func (f filing) agreed() (rows []string) {
	for k := range actionRows {
		n := strconv.Itoa(k)
		if f.text("department."+n)+f.text("what."+n)+f.text("by."+n) != "" {
			rows = append(rows, n)
		}
	}
	return rows
}

// owned are the tasks in dispute whose owner was chosen.
func (f filing) owned() (ns []string) {
	return slices.DeleteFunc(strings.Fields(f.text("disputes")), func(n string) bool { return f.text("owner."+n) == "" })
}

func settle(f filing) approval.Command {
	c := approval.Conclude{Anew: f.numbers("anew"), Reason: f.text("reason")}
	for _, text := range strings.Fields(f.text("objections")) {
		n, _ := strconv.Atoi(text) // what is no number names no objection
		c.Findings = append(c.Findings, approval.Finding{SignOff: n, Outcome: approval.Outcome(f.text("outcome." + text)), Reason: f.text("why." + text)})
	}
	for _, text := range f.owned() {
		n, _ := strconv.Atoi(text)
		c.Owners = append(c.Owners, approval.Assign{SignOff: n, To: roster.DepartmentID(f.text("owner." + text)), Reason: f.text("because." + text)})
	}
	for _, n := range f.agreed() {
		c.Actions = append(c.Actions, approval.Undertaking{Department: roster.DepartmentID(f.text("department." + n)), What: f.text("what." + n), By: f.date("by." + n)})
	}
	return c
}

// settleField is the entry of what a refusal names by number.
func settleField(f filing, field string) string {
	_, last, _ := strings.Cut(field, "].")
	at := func(list string, rows []string, entries map[string]string) string {
		if k, ok := indexed(field, list); ok && k < len(rows) && entries[last] != "" {
			return entries[last] + "." + rows[k]
		}
		return ""
	}
	return cmp.Or(
		at("findings", strings.Fields(f.text("objections")), map[string]string{"outcome": "outcome", "reason": "why"}),
		at("owners", f.owned(), map[string]string{"to": "owner", "department": "owner", "reason": "because"}),
		at("actions", f.agreed(), map[string]string{"to": "department", "department": "department", "what": "what", "by": "by"}),
		field)
}

// linkPage tells a one-time link, this once.
type linkPage struct {
	frame
	Back, Party, Until string
	Link               string // none for a repetition: it was told before
}

// invite gives a party its link and shows it; it is no redirect, because what is shown
// is kept nowhere. It answers an error that the page of the issue tells.
func (v *visit) invite(id approval.IssueID) error {
	k, _ := strconv.Atoi(v.r.PostForm.Get("k")) // none is 0, which the rules refuse
	call := v.call()
	issue, err := v.Service.Issue(v.ctx(), id, v.viewer.Actor)
	if err != nil {
		return err
	}
	if call.Expect > 0 && v.r.PostForm.Get("seal") == seal(&issue, 0) {
		call.Expect = 0 // another vote does not matter
	}
	given, err := v.invites.Give(v.ctx(), id, k, call)
	if err != nil {
		return err
	}
	p := linkPage{frame: v.frame(v.t("link.title")), Back: "/issues/" + string(id)}
	if given.Link != "" {
		scheme := "http://"
		if v.Secure {
			scheme = "https://"
		}
		p.Link = scheme + v.r.Host + httpapi.PageOf(given.Link)
	}
	if m := meetingOf(subject{issue: &given.Issue}); m != nil && m.Ballot != nil && k <= len(m.Attendees) {
		a := &m.Attendees[k-1]
		p.Party, p.Until = v.party("", a.Name, a.Organisation), v.date(m.Ballot.Until)
	}
	v.w.Header().Set("Cache-Control", "no-store")
	return v.render(http.StatusOK, "link.html", p)
}
