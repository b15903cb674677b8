package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/invitation"
)

// GiveLink names the outside party that gets a link.
type GiveLink struct {
	Attendee int `json:"attendee" doc:"The number of an attendee without an account that votes."`
}

// Invitation is a link just given to an outside party 一次性链接.
type Invitation struct {
	Attendee     int           `json:"attendee"`
	Name         string        `json:"name"`
	Organisation string        `json:"organisation"`
	Until        calendar.Date `json:"until,omitzero" format:"date" doc:"The last day of the vote, and so of the link."`
	Link         string        `json:"link,omitempty" doc:"Told this once and kept nowhere: send it to the party and to nobody else. A repetition of the request under the same key does not tell it again; whoever lost it gives another under a new key, and the earlier one is worthless."`
	Page         string        `json:"page,omitempty" doc:"The page on which the party votes, relative to this server. The link stands in its query, which no log of this product holds."`
}

// Asked is what somebody with a link is asked.
type Asked struct {
	Name         string        `json:"name"`
	Organisation string        `json:"organisation"`
	Project      Name          `json:"project"`
	Unit         Name          `json:"unit" doc:"Who holds the consultation and asks."`
	Question     string        `json:"question"`
	Secret       bool          `json:"secret" doc:"不记名: nobody is shown who chose what, and no reason is taken."`
	From         time.Time     `json:"from" doc:"When the meeting and with it the vote begins."`
	Until        calendar.Date `json:"until" format:"date" doc:"The last day."`
	Place        string        `json:"place,omitempty"`
	CallLink     string        `json:"callLink,omitempty"`
	Agenda       []string      `json:"agenda"`
	Papers       []string      `json:"papers" doc:"Titles or addresses, as the meeting has them; no attachment of the issue is shown."`
}

// CastByLink votes for the party that a link was given to; it is final.
type CastByLink struct {
	Link   string `json:"link"`
	Choice string `json:"choice" enum:"for,against,abstain" doc:"赞成, 反对 or 弃权."`
	Reason string `json:"reason,omitempty" doc:"Not in a secret ballot."`
}

// ExcuseByLink takes that party out of the vote.
type ExcuseByLink struct {
	Link   string `json:"link"`
	Reason string `json:"reason"`
}

// Taken confirms what a link was used for, this once.
type Taken struct {
	Name         string    `json:"name"`
	Organisation string    `json:"organisation"`
	Question     string    `json:"question"`
	Choice       string    `json:"choice,omitempty" enum:"for,against,abstain" doc:"Absent when the party stands aside."`
	Reason       string    `json:"reason,omitempty"`
	At           time.Time `json:"at"`
}

type (
	giveLinkIn struct {
		OfIssue
		Body GiveLink
	}
	invitationOut struct {
		ETag     string `header:"ETag" doc:"The issue's version, in quotes."`
		Replayed string `header:"Idempotency-Replayed" doc:"true when the key had been used for the same request before, so that nothing was done again."`
		Body     Invitation
	}
	askedIn struct {
		Link string `query:"link" doc:"As it was given."`
	}
	castByLinkIn   struct{ Body CastByLink }
	excuseByLinkIn struct{ Body ExcuseByLink }
)

// BallotPage is the page on which somebody with a link votes.
const BallotPage = "/ballot"

// PageOf is the address of that page for a link.
func PageOf(link string) string { return BallotPage + "?" + url.Values{"link": {link}}.Encode() }

func (a *API) invitations() {
	huma.Register(a.huma, ofIssue("/consultation/invitations", "giveLink", "Give an outside party that votes its one-time link, as the consultation's holder 签发一次性链接"), a.giveLink)
	byLink := func(method, path, id, summary string, refusals ...int) huma.Operation {
		return public(operation(method, "/ballot"+path, id, summary, "ballot", 200, append(refusals, http.StatusNotFound)...))
	}
	huma.Register(a.huma, byLink("GET", "", "getAsked", "What somebody with a link is asked; changes nothing 凭链接查看表决事项"), a.getAsked)
	huma.Register(a.huma, byLink("POST", "/vote", "castByLink", "Vote by a link, once 凭链接表决", http.StatusConflict), a.castByLink)
	huma.Register(a.huma, byLink("POST", "/recusal", "excuseByLink", "Stand aside from the vote by a link 凭链接回避", http.StatusConflict), a.excuseByLink)
}

func (s *server) giveLink(ctx context.Context, in *giveLinkIn) (*invitationOut, error) {
	var given invitation.Given
	issue, repeated, err := s.carry(ctx, in.OfIssue, func(id approval.IssueID, call approval.Call) (approval.Issue, bool, error) {
		var err error
		given, err = s.invites.Give(ctx, id, in.Body.Attendee, call)
		return given.Issue, given.Repeated, err
	})
	if err != nil {
		return nil, err
	}
	out := &invitationOut{ETag: etag(issue.Version), Body: Invitation{Attendee: in.Body.Attendee, Link: given.Link}}
	if repeated {
		out.Replayed = "true"
	}
	if given.Link != "" {
		out.Body.Page = PageOf(given.Link)
	}
	// By the time of a repetition the meeting may be another.
	if con := issue.Consultation; con != nil && con.Meeting != nil && in.Body.Attendee <= len(con.Meeting.Attendees) {
		a := con.Meeting.Attendees[in.Body.Attendee-1]
		out.Body.Name, out.Body.Organisation = a.Name, a.Organisation
		if b := con.Meeting.Ballot; b != nil {
			out.Body.Until = b.Until
		}
	}
	return out, nil
}

func (s *server) getAsked(ctx context.Context, in *askedIn) (*one[Asked], error) {
	o, err := s.invites.Open(ctx, in.Link)
	if err != nil {
		return nil, err
	}
	roll := s.service.Rules().Roster
	con := o.Issue.Consultation
	m := con.Meeting
	unit, _ := roll.Up(o.Issue.Branch, con.Tier)
	project, _ := roll.Project(o.Issue.Project)
	return &one[Asked]{Asked{
		Name: o.Party.Name, Organisation: o.Party.Organisation, Project: Name{project.NameZH, project.NameEN}, Unit: Name(roll.UnitName(string(unit))),
		Question: m.Ballot.Question, Secret: m.Ballot.Secret, From: m.At, Until: m.Ballot.Until,
		Place: m.Place, CallLink: m.CallLink, Agenda: whole(m.Agenda), Papers: whole(m.Papers),
	}}, nil
}

func (s *server) castByLink(ctx context.Context, in *castByLinkIn) (*one[Taken], error) {
	o, err := s.invites.Cast(ctx, in.Body.Link, approval.Cast{Choice: approval.Choice(in.Body.Choice), Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	// A secret ballot keeps no choice, so that it is told as it came.
	return &one[Taken]{Taken{o.Party.Name, o.Party.Organisation, o.Issue.Consultation.Meeting.Ballot.Question, in.Body.Choice, in.Body.Reason, o.Party.Vote.At}}, nil
}

func (s *server) excuseByLink(ctx context.Context, in *excuseByLinkIn) (*one[Taken], error) {
	o, err := s.invites.StandAside(ctx, in.Body.Link, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &one[Taken]{Taken{o.Party.Name, o.Party.Organisation, o.Issue.Consultation.Meeting.Ballot.Question, "", in.Body.Reason, o.Party.Aside.At}}, nil
}
