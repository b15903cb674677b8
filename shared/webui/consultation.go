package webui

import (
	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// consultationView is a consultation as the issue page shows it.
type consultationView struct {
	Tier, Opened, Closed string
	Due                  dueView
	Who, Cause, Reason   string
	Result, Closing      string
	Agreed, Anew         string
	Meeting              *meetingView
	Minutes              *minutesView
}

type meetingView struct {
	At, Place, CallLink string
	Agenda, Papers      []string
	Attendees           []attendeeView
	Ballot              *ballotView
}

type attendeeView struct{ Name, Vote, Reason string }

type ballotView struct {
	Question, Kind, Rule, Count, Result string
}

type minutesView struct {
	Version, Text, Present string
	Resolutions            []string
}

func (v *visit) consultation(issue *approval.Issue, con *approval.Consultation) *consultationView {
	unit, _ := v.Service.Rules().Roster.Up(issue.Branch, con.Tier)
	out := &consultationView{
		Tier: v.tier(con.Tier), Opened: v.moment(con.OpenedAt), Who: v.unit(string(unit)),
		Cause: v.t("consultation.cause", v.t("cause."+string(con.Why()))), Closing: con.Closing, Agreed: v.numbers(con.Agreed), Anew: v.numbers(con.Anew),
	}
	if con.Reason != "" {
		out.Reason = v.t("consultation.reason", con.Reason)
	}
	if con.ClosedAt.IsZero() {
		out.Due = v.due(con.DueOn, calendar.WorkingDays)
	} else {
		out.Closed = v.moment(con.ClosedAt)
	}
	if con.Result != "" {
		out.Result = v.t("consultation.result." + string(con.Result))
	}
	m := con.Meeting
	if m == nil {
		return out
	}
	out.Meeting = &meetingView{At: v.moment(m.At), Place: m.Place, CallLink: m.CallLink, Agenda: m.Agenda, Papers: m.Papers}
	for k := range m.Attendees {
		out.Meeting.Attendees = append(out.Meeting.Attendees, v.attendee(&m.Attendees[k], m.Ballot))
	}
	if m.Ballot != nil {
		out.Meeting.Ballot = v.ballot(m)
	}
	if text := con.Minutes; text != nil {
		var present []string
		for _, n := range text.Present {
			a := &m.Attendees[n-1]
			present = append(present, v.party(a.Unit, a.Name, a.Organisation))
		}
		out.Minutes = &minutesView{Version: v.t("minutes.version", text.Version, v.actor(text.By), v.moment(text.At)), Text: text.Text, Resolutions: text.Resolutions}
		if present != nil {
			out.Minutes.Present = v.t("minutes.present", v.list(present))
		}
	}
	return out
}

// attendee says who takes part and how the party stands to the vote.
func (v *visit) attendee(a *approval.Attendee, b *approval.Ballot) attendeeView {
	out := attendeeView{Name: v.party(a.Unit, a.Name, a.Organisation)}
	switch {
	case b == nil:
	case !a.Votes:
		out.Vote = v.t("meeting.observer")
	case a.Aside != nil:
		out.Vote, out.Reason = v.t("meeting.aside"), a.Aside.Reason
	case a.Vote == nil && a.Outsider() && a.Link == nil:
		out.Vote = v.t("meeting.nolink")
	case a.Vote == nil:
		out.Vote = v.t("meeting.notvoted")
	case b.Secret:
		out.Vote = v.t("meeting.voted")
	default:
		out.Vote, out.Reason = v.t("choice."+string(a.Vote.Choice)), a.Vote.Reason
	}
	return out
}

// ballot says what is voted on, by which rules, and how the vote stands.
func (v *visit) ballot(m *approval.Meeting) *ballotView {
	b := m.Ballot
	threshold := v.t("ballot.threshold." + string(b.Threshold))
	if b.Threshold == approval.ByCount {
		threshold = v.t("ballot.threshold.count", b.Need)
	}
	out := &ballotView{
		Question: v.t("ballot.question", b.Question), Kind: v.t("ballot.open"),
		Rule: v.t("ballot.rule", b.Quorum, threshold, v.t("ballot.of."+string(b.Of)), v.date(b.Until)),
	}
	if b.Secret {
		out.Kind = v.t("ballot.secret")
	}
	eligible := m.Eligible()
	if !b.Running() {
		eligible = b.Eligible
		out.Result = v.t("ballot." + result(b.Passed, b.Quorate))
	}
	out.Count = v.t("ballot.count", eligible, b.Cast())
	if !b.Secret || !b.Running() {
		out.Count += v.t("ballot.votes", b.For, b.Against, b.Abstain)
	}
	return out
}

// result is how a vote ended, as the texts name it.
func result(passed, quorate bool) string {
	switch {
	case passed:
		return "passed"
	case !quorate:
		return "quorum"
	}
	return "lost"
}
