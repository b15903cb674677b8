package webui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/httpapi"
	"lianban/shared/invitation"
)

// ballotPage is where somebody without an account votes by a one-time link. It shows
// the meeting and its vote, and nothing else of the issue.
type ballotPage struct {
	frame
	Link   string
	Asked  *askedView
	Wait   string // why it is too early
	Review string // the choice, to be looked at once more
	Done   string // what the link was used for, told this once
	At     string // when
	Gone   string // it opens nothing

	Choices        []choice
	Choice, Reason string
	Away           string // why the party stands aside, as typed
	Problems       problems
	AwayProblems   problems
}

type askedView struct {
	Party, Project, Unit, Question, Kind, When string
	Meeting                                    *meetingView
	Secret                                     bool
}

// unseen keeps a page whose address lets somebody in out of caches, search engines
// and the logs of other sites.
func unseen(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Robots-Tag", "noindex")
		h.ServeHTTP(w, r)
	})
}

// blank is the page around a link, the same for whoever is signed in here: the party
// votes, not the viewer.
func (v *visit) blank(at string) ballotPage {
	v.viewer = nil
	p := ballotPage{frame: v.frame(v.t("byLink.title")), Link: at, Problems: problems{}, AwayProblems: problems{}}
	for _, look := range []*link{&p.Other, &p.Size} { // they keep this link alone, never what was asked for
		q := url.Values{}
		if at != "" {
			q.Set("link", at)
		}
		if u, err := url.Parse(look.URL); err == nil {
			for _, name := range []string{langCookie, sizeCookie} {
				if value := u.Query().Get(name); value != "" {
					q.Set(name, value)
				}
			}
		}
		look.URL = httpapi.BallotPage + "?" + q.Encode()
	}
	return p
}

// ballotPage shows what is asked. It changes nothing, whoever opens it.
func (v *visit) ballotPage() error {
	return v.showBallot(http.StatusOK, v.blank(strings.TrimSpace(v.r.URL.Query().Get("link"))))
}

// showBallot shows the page as its link has it.
func (v *visit) showBallot(status int, p ballotPage) error {
	o, err := v.invites.Try(v.ctx(), p.Link, approval.Cast{Choice: approval.Abstain})
	if approval.IsKind(err, approval.NotFound) {
		e, _ := errors.AsType[*approval.Error](err)
		p = v.blank("")
		p.Gone = v.text(e.Text)
		return v.render(http.StatusNotFound, "ballot.html", p)
	}
	if err != nil {
		e, ok := errors.AsType[*approval.Error](err)
		if !ok {
			return err
		}
		p.Wait = v.text(e.Text)
	}
	p.Asked = v.askedOf(&o)
	for _, c := range []approval.Choice{approval.For, approval.Against, approval.Abstain} {
		p.Choices = append(p.Choices, choice{Value: string(c), Text: v.t("choice." + string(c)), On: p.Choice == string(c)})
	}
	return v.render(status, "ballot.html", p)
}

func (v *visit) askedOf(o *invitation.Opened) *askedView {
	con := o.Issue.Consultation
	m, b := con.Meeting, con.Meeting.Ballot
	unit, _ := v.Service.Rules().Roster.Up(o.Issue.Branch, con.Tier)
	out := &askedView{
		Party: v.party("", o.Party.Name, o.Party.Organisation), Project: v.project(o.Issue.Project), Unit: v.unit(string(unit)), Question: b.Question,
		Kind: v.t("byLink.open"), When: v.t("byLink.when", v.moment(m.At), v.date(b.Until), v.left(b.Until, v.today, calendar.WorkingDays)),
		Meeting: &meetingView{At: v.moment(m.At), Place: m.Place, CallLink: m.CallLink, Agenda: m.Agenda, Papers: m.Papers}, Secret: b.Secret,
	}
	if b.Secret {
		out.Kind = v.t("byLink.secret")
	}
	return out
}

// ballotAct takes the page's forms: a choice to look at once more, the vote itself,
// or that the party stands aside.
func (v *visit) ballotAct() error {
	p := v.blank(strings.TrimSpace(v.typed("link")))
	p.Choice, p.Reason, p.Away = v.typed("choice"), v.typed("reason"), v.typed("away")
	vote := approval.Cast{Choice: approval.Choice(p.Choice), Reason: p.Reason}
	var o invitation.Opened
	var err error
	act := v.typed("act")
	switch act {
	case "cast":
		if o, err = v.invites.Cast(v.ctx(), p.Link, vote); err == nil {
			p.Done, p.At = v.t("byLink.cast", v.t("choice."+p.Choice)), v.moment(o.Party.Vote.At)
		}
	case "aside":
		if o, err = v.invites.StandAside(v.ctx(), p.Link, p.Away); err == nil {
			p.Done, p.At = v.t("byLink.aside"), v.moment(o.Party.Aside.At)
		}
	case "review":
		if _, err = v.invites.Try(v.ctx(), p.Link, vote); err == nil {
			p.Review = v.t("choice." + p.Choice)
		}
	}
	if p.Done != "" {
		done := v.blank("")
		done.Done, done.At, done.Asked, done.Reason = p.Done, p.At, v.askedOf(&o), cmp.Or(p.Away, p.Reason)
		return v.render(http.StatusOK, "ballot.html", done)
	}
	if err == nil || approval.IsKind(err, approval.NotFound) {
		return v.showBallot(http.StatusOK, p)
	}
	wrong, ok := v.refused(err)
	if !ok {
		return err
	}
	if act == "aside" {
		if text := wrong["reason"]; text != "" {
			wrong = problems{"away": text}
		}
		p.AwayProblems = wrong
	} else {
		p.Problems = wrong
	}
	return v.showBallot(statusOf(err), p)
}
