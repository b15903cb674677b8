package webui

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/session"
)

// Callback is where the issuer sends browsers that signed in there, and BackChannel where it says
// who signed out: both are registered with it.
const (
	Callback    = "/sign-in/callback"
	BackChannel = "/sign-in/backchannel"
)

// Door is where people of a city's own sign in: at its issuer, for sessions that are kept here.
type Door struct {
	Flow     *access.Flow
	Sessions *session.Desk
}

func (s *server) doorRoutes(page func(pattern string, h func(*visit) error)) {
	if s.Door == nil {
		return
	}
	page("GET /sign-in/start", (*visit).toIssuer)
	page("GET "+Callback, (*visit).fromIssuer)
	page("GET /sessions", signedIn((*visit).sessionsPage))
	page("POST /sessions", signedIn((*visit).endSession))
	// The issuer itself calls: no browser, no cookie and no form, but a token that it signed.
	s.mux.HandleFunc("POST "+BackChannel, s.leftElsewhere)
}

// cookieName is the session's cookie. Where sessions are made here over TLS, no other host can
// set it; elsewhere whoever signs people in sets the plain one.
func (s *server) cookieName() string {
	if s.Secure && s.Door != nil {
		return access.SecureSessionCookie
	}
	return access.SessionCookie
}

func (s *server) tryCookie() string {
	if s.Secure {
		return "__Host-lianban_try"
	}
	return "lianban_try"
}

func (v *visit) setCookie(name, value string, age int) {
	http.SetCookie(v.w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode})
}

func (v *visit) toIssuer() error {
	address, kept, err := v.Door.Flow.Begin(local(v.r.URL.Query().Get("next")))
	if err != nil {
		return err
	}
	v.setCookie(v.tryCookie(), kept, 600)
	v.redirect(address)
	return nil
}

// fromIssuer opens a session in the first of the person's posts for which the sign-in is strong
// enough; the others can be changed to.
func (v *visit) fromIssuer() error {
	kept := ""
	if c, err := v.r.Cookie(v.tryCookie()); err == nil {
		kept = c.Value
	}
	v.setCookie(v.tryCookie(), "", -1)
	subject, next, err := v.Door.Flow.Finish(v.ctx(), kept, v.r.URL.Query())
	if err != nil {
		return v.notLetIn(err)
	}
	seats := v.seats(subject.Person)
	if len(seats) == 0 {
		return approval.Refuse(approval.Forbidden, "", "统一身份认证已通过，但“%[1]s”在本系统中没有岗位。请联系本单位系统管理员登记人员和岗位后再登录。", "The sign-in went well, but “%[1]s” holds no post here. Ask your administrator to register the person and a post, then sign in again.", string(subject.Person))
	}
	k := slices.IndexFunc(seats, func(s seat) bool { return v.Door.Flow.Demands().Met(s.Role, subject.Strength) })
	if k < 0 {
		return tooWeak()
	}
	if err := v.admit(subject, seats[k]); err != nil {
		return err
	}
	v.redirect(local(next))
	return nil
}

// notLetIn words what went wrong on the way back from the issuer.
func (v *visit) notLetIn(err error) error {
	if _, ok := errors.AsType[*access.Refusal](err); ok {
		return approval.Refuse(approval.Forbidden, "", "统一身份认证没有通过，或者已被取消。请重新登录；仍不能登录的，请联系认证系统管理员。", "The issuer did not let you in, or you cancelled. Sign in again; if that fails, ask those who run the identity provider.")
	}
	if errors.Is(err, access.ErrTry) || errors.Is(err, access.ErrToken) {
		v.Log.WarnContext(v.ctx(), "a sign-in was refused", "error", err)
		return approval.Refuse(approval.Forbidden, "", "这次登录没有完成：不是在本浏览器发起的，或者用时过长。请重新登录。", "This sign-in is not complete: it was not begun in this browser, or took too long. Please sign in again.")
	}
	return err
}

func tooWeak() error {
	return approval.Refuse(approval.Forbidden, "", "该岗位须使用更高强度的登录方式（例如数字证书或动态口令），请按本单位规定的方式重新登录。", "That post needs a stronger sign-in, such as a certificate or a one-time code; sign in again in the way your office prescribes.")
}

func (v *visit) admit(subject access.Subject, s seat) error {
	secret, err := v.Door.Sessions.Open(v.ctx(), subject, s.Post, s.For)
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	v.setCookie(v.cookieName(), secret, 0)
	return nil
}

// secret is what the browser holds of its session.
func (v *visit) secret() string {
	if c, err := v.r.Cookie(v.cookieName()); err == nil {
		return c.Value
	}
	return ""
}

// changePost goes on in another post of the person: in a session of its own.
func (v *visit) changePost(to seat) error {
	was, err := v.Door.Sessions.Of(v.ctx(), v.secret())
	if err != nil || v.viewer == nil || !slices.Contains(v.seats(was.Person), to) {
		return approval.Refuse(approval.Forbidden, "", "没有这个岗位，请从页面右上角选择。", "You hold no such post; choose one at the top of the page.")
	}
	if !v.Door.Flow.Demands().Met(to.Role, was.Strength) {
		return tooWeak()
	}
	if err := v.admit(access.Subject{Person: was.Person, ID: was.Subject, Session: was.Issuer, Strength: was.Strength}, to); err != nil {
		return err
	}
	return v.Door.Sessions.Close(v.ctx(), v.secret(), v.viewer.Actor)
}

// leftElsewhere ends the sessions of somebody who signed out at the issuer.
func (s *server) leftElsewhere(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	subject, issuer, err := s.Door.Flow.Left(r.Context(), r.PostFormValue("logout_token"))
	if err == nil {
		err = s.Door.Sessions.Left(r.Context(), subject, issuer)
	}
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, access.ErrToken), approval.IsKind(err, approval.Invalid):
		s.Log.WarnContext(r.Context(), "a sign-out of the issuer was refused", "error", err)
		http.Error(w, "invalid_request", http.StatusBadRequest)
	default:
		s.Log.ErrorContext(r.Context(), "a sign-out of the issuer was not carried out", "error", err)
		http.Error(w, "server_error", http.StatusInternalServerError)
	}
}

type sessionsPage struct {
	frame
	Lead, Person, Empty string
	Rows                []sessionRow
	Administers         bool
	Asked               string
	Problems            problems
}

type sessionRow struct {
	ID, Post, Opened, Until, How string
	Here                         bool
}

// of is whose sessions are looked at: one's own, or, for administrators, those of whom they ask.
func (v *visit) sessionsOf() roster.PersonID {
	if asked := roster.PersonID(strings.TrimSpace(v.r.URL.Query().Get("person"))); asked != "" {
		return asked
	}
	return v.viewer.Person
}

func (v *visit) sessionsPage() error {
	person := v.sessionsOf()
	list, err := v.Door.Sessions.Running(v.ctx(), person, v.viewer.Actor)
	if err != nil {
		return err
	}
	p := sessionsPage{frame: v.frame(v.t("sessions.title")), Lead: v.t("sessions.lead", v.person(person)), Person: string(person), Empty: v.t("sessions.empty"), Administers: v.Service.Rules().Roster.Guards(v.viewer.Role), Asked: v.r.URL.Query().Get("person")}
	here := v.Door.Sessions.ID(v.secret())
	for _, s := range list {
		how := strings.Join(s.Methods, " ")
		p.Rows = append(p.Rows, sessionRow{s.ID, v.t("post", v.unit(s.Post.Unit), v.name(s.Post.Role.Name())), v.moment(s.Opened), v.moment(s.Expires), how, s.ID == here})
	}
	return v.render(http.StatusOK, "sessions.html", p)
}

func (v *visit) endSession() error {
	person := v.sessionsOf()
	call := v.call()
	call.Expect = 0
	if err := v.Door.Sessions.End(v.ctx(), person, v.typed("session_id"), call); err != nil {
		return err
	}
	to := "/sessions?done=session_ended"
	if person != v.viewer.Person {
		to += "&person=" + url.QueryEscape(string(person))
	}
	v.redirect(to)
	return nil
}
