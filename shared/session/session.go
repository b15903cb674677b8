// Package session keeps who is signed in (会话): each sign-in at the city's issuer is a record with
// its events, so that it can be listed and ended, and stays on record when it has ended (sign-ins are to be logged
// for six months at least: 网络安全法 article 21 (3)).
//
// It must not know HTTP, cookies or OpenID Connect. A browser holds a secret, of which only
// the hash is kept.
package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

const (
	// lastsFor is how long a sign-in lasts at most: one working day (assumed).
	lastsFor = 12 * time.Hour
	// prefix tells the secret of a session from an issuer's token.
	prefix = "lbs_"
	// shown is how many sessions of a person are listed (assumed).
	shown = 100
)

// Session is one sign-in.
type Session struct {
	Person  roster.PersonID `json:"person"`
	Post    roster.Post     `json:"post"`
	For     roster.PersonID `json:"for,omitempty"`
	Subject string          `json:"subject"`          // the issuer's name for the person
	Issuer  string          `json:"issuer,omitempty"` // the issuer's name for the sign-in
	access.Strength
	Opened  time.Time       `json:"opened"`
	Expires time.Time       `json:"expires"`
	Ended   time.Time       `json:"ended,omitzero"`
	EndedBy roster.PersonID `json:"endedBy,omitempty"` // empty: the issuer
}

// Running reports whether it has neither ended nor expired.
func (s *Session) Running(now time.Time) bool { return s.Ended.IsZero() && now.Before(s.Expires) }

// Listed is a session with its id, which lets nobody in.
type Listed struct {
	ID string
	Session
}

// Desk opens, lists and ends sessions.
type Desk struct {
	desk   docket.Desk[Session]
	random io.Reader

	// Guards says whose work it is to end the sessions of others (安全管理); nil: that of
	// administrators of the first two kinds.
	Guards func(roster.Role) bool
}

var _ access.Verifier = (*Desk)(nil)

// New keeps sessions in a docket.
func New(store docket.Store, now func() time.Time, random io.Reader) *Desk {
	return &Desk{random: random, desk: docket.Desk[Session]{
		Kind: "session", Store: store, Now: now,
		Places: func(_ string, s Session) docket.Places {
			order := s.Opened.UTC().Format("20060102T150405.000")
			return docket.Places{{List: ofPerson(s.Person), Order: order}, {List: ofSubject(s.Subject), Order: order}}
		},
	}}
}

func ofPerson(id roster.PersonID) string { return "sessions/" + string(id) }

func ofSubject(subject string) string {
	sum := sha256.Sum256([]byte(subject)) // whatever an issuer writes
	return "signed-in/" + base64.RawURLEncoding.EncodeToString(sum[:12])
}

func idOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Open begins a session of somebody in a post, and answers the secret that the browser holds.
func (d *Desk) Open(ctx context.Context, s access.Subject, post roster.Post, absent roster.PersonID) (secret string, err error) {
	var bytes [32]byte
	if _, err := io.ReadFull(d.random, bytes[:]); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	secret = prefix + base64.RawURLEncoding.EncodeToString(bytes[:])
	call := approval.Call{Actor: approval.Actor{Person: s.Person, Role: post.Role, Unit: post.Unit, For: absent}}
	_, err = d.desk.Put(ctx, idOf(secret), call, func(_ Session, act *docket.Act) (Session, error) {
		if act.Version != 0 {
			return Session{}, errors.New("session: a secret was drawn twice")
		}
		act.Event("sign_in", nil)
		return Session{Person: s.Person, Post: post, For: absent, Subject: s.ID, Issuer: s.Session, Strength: s.Strength, Opened: act.Now, Expires: act.Now.Add(lastsFor)}, nil
	})
	return secret, err
}

// Verify implements [access.Verifier]: a secret whose session is running.
func (d *Desk) Verify(ctx context.Context, secret string) (access.Identity, error) {
	s, err := d.Of(ctx, secret)
	if err != nil {
		return access.Identity{}, err
	}
	return access.Identity{Person: s.Person, Post: s.Post, For: s.For, Expires: s.Expires}, nil
}

// Of is the running session of a secret, or access.ErrToken.
func (d *Desk) Of(ctx context.Context, secret string) (Session, error) {
	if !strings.HasPrefix(secret, prefix) || len(secret) > 64 {
		return Session{}, fmt.Errorf("%w: no session's secret", access.ErrToken)
	}
	got, err := d.desk.Get(ctx, idOf(secret))
	switch {
	case approval.IsKind(err, approval.NotFound):
		return Session{}, fmt.Errorf("%w: there is no such session", access.ErrToken)
	case err != nil:
		return Session{}, err
	case !got.State.Running(d.desk.Now()):
		return Session{}, fmt.Errorf("%w: the session has ended", access.ErrToken)
	}
	return got.State, nil
}

// ID is the id under which the session of a secret is listed.
func (d *Desk) ID(secret string) string { return idOf(secret) }

// Close ends the session of a secret; one that has ended, or never was, is no error.
func (d *Desk) Close(ctx context.Context, secret string, by approval.Actor) error {
	if !strings.HasPrefix(secret, prefix) {
		return nil
	}
	err := d.end(ctx, idOf(secret), approval.Call{Actor: by})
	if approval.IsKind(err, approval.NotFound) {
		return nil
	}
	return err
}

func (d *Desk) end(ctx context.Context, id string, call approval.Call) error {
	_, err := d.desk.Do(ctx, id, call, func(s Session, act *docket.Act) (Session, error) {
		if !s.Running(act.Now) {
			return s, nil
		}
		s.Ended, s.EndedBy = act.Now, call.Actor.Person
		act.Event("sign_out", nil)
		return s, nil
	})
	return err
}

// Running lists the running sessions of a person, the newest first: to the person, and to
// whoever guards them. A list may lag behind the last sign-ins.
func (d *Desk) Running(ctx context.Context, person roster.PersonID, actor approval.Actor) ([]Listed, error) {
	if person != actor.Person && !d.guards(actor.Role) {
		return nil, approval.Refuse(approval.Forbidden, "", "只能查看本人的登录；他人的由安全管理员办理。", "You see your own sign-ins; those of others are for an administrator.")
	}
	return d.running(ctx, docket.Query{List: ofPerson(person), Backwards: true})
}

func (d *Desk) guards(role roster.Role) bool {
	if d.Guards == nil {
		return role == roster.Administrator || role == roster.SecurityAdministrator
	}
	return d.Guards(role)
}

func (d *Desk) running(ctx context.Context, q docket.Query) (list []Listed, err error) {
	page, err := d.all(ctx, q)
	now := d.desk.Now()
	for _, g := range page {
		if g.State.Running(now) {
			list = append(list, Listed{g.ID, g.State})
		}
	}
	return list, err
}

func (d *Desk) all(ctx context.Context, q docket.Query) ([]docket.Got[Session], error) {
	list, _, err := d.desk.List(ctx, q, approval.Page{Limit: shown})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// End ends one of a person's sessions, or, without an id, all of them: for the person and for
// administrators.
func (d *Desk) End(ctx context.Context, person roster.PersonID, id string, call approval.Call) error {
	list, err := d.Running(ctx, person, call.Actor)
	if err != nil {
		return err
	}
	if id != "" && !slices.ContainsFunc(list, func(l Listed) bool { return l.ID == id }) {
		return approval.Refuse(approval.NotFound, "session", "没有这次登录，可能已经退出，请刷新后查看。", "There is no such sign-in; it may have ended. Please reload.")
	}
	for _, l := range list {
		if id == "" || l.ID == id {
			if err := d.end(ctx, l.ID, call); err != nil {
				return err
			}
		}
	}
	return nil
}

// Left ends the sessions of somebody who signed out at the issuer: the one that the issuer names,
// or all of the subject.
func (d *Desk) Left(ctx context.Context, subject, issuer string) error {
	if subject == "" { // sessions are found by their subject
		return approval.Refuse(approval.Invalid, "logout_token", "退出通知须含 sub。", "A logout token must name the subject (sub).")
	}
	list, err := d.running(ctx, docket.Query{List: ofSubject(subject), Rank: 1, Backwards: true})
	if err != nil {
		return err
	}
	for _, l := range list {
		if l.Subject == subject && (issuer == "" || l.Issuer == issuer) {
			if err := d.end(ctx, l.ID, approval.Call{Actor: approval.Machine}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Either takes secrets of sessions, and tokens of the issuer for everything else.
type Either struct {
	Sessions *Desk
	Tokens   access.Verifier
}

// Verify implements [access.Verifier].
func (e Either) Verify(ctx context.Context, token string) (access.Identity, error) {
	if strings.HasPrefix(token, prefix) {
		return e.Sessions.Verify(ctx, token)
	}
	return e.Tokens.Verify(ctx, token)
}
