package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/access"
	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Post is a role in a unit.
type Post struct {
	Role     string `json:"role"`
	RoleName Name   `json:"roleName"`
	Unit     Ref    `json:"unit"`
}

// Person is somebody of the demonstration who can be signed in.
type Person struct {
	ID        string `json:"id"`
	Name      Name   `json:"name"`
	Posts     []Post `json:"posts"`
	Fictional bool   `json:"fictional" doc:"Invented for the demonstration."`
}

// Session is who is signed in, and as what.
type Session struct {
	Person     Ref       `json:"person"`
	Post       Post      `json:"post" doc:"The post in which the person acts."`
	For        *Ref      `json:"for,omitempty" doc:"Whom the person stands in for 代办; absent: the post is their own."`
	Posts      []Post    `json:"posts" doc:"All posts of the person; sign in again to act in another."`
	StandingIn []StandIn `json:"standingIn" doc:"Posts of colleagues whom the person stands in for today; sign in again to act in one."`
	Expires    time.Time `json:"expires"`
}

// StandIn is a colleague's post that a substitute fills for some days 代办.
type StandIn struct {
	Post
	For   Ref           `json:"for"`
	Until calendar.Date `json:"until" format:"date" doc:"The last day."`
}

// SignedIn is a session that has just begun.
type SignedIn struct {
	Session
	Token string `json:"token" doc:"Send it as a bearer token. The cookie carries the same."`
}

// SignIn is who wants to act, and in which post.
type SignIn struct {
	Person string `json:"person"`
	Role   string `json:"role"`
	Unit   string `json:"unit"`
	For    string `json:"for,omitempty" doc:"Whom the person stands in for today, as an officer of the unit 代办."`
}

type (
	signInIn struct {
		Body SignIn
	}
	signInOut struct {
		Status int
		Cookie string `header:"Set-Cookie"`
		Body   SignedIn
	}
	sessionOut struct{ Body Session }
	signOutOut struct {
		Cookie string `header:"Set-Cookie"`
	}
	nothing struct{}
)

// signedIn is the security of operations that need a sign-in.
var signedIn = []map[string][]string{{"bearer": {}}, {"cookie": {}}}

// operation describes one route; errors are the refusals particular to it.
func operation(method, path, id, summary, tag string, status int, refusals ...int) huma.Operation {
	op := huma.Operation{
		Method: method, Path: Base + path, OperationID: id, Summary: summary, Tags: []string{tag}, DefaultStatus: status,
		Security: signedIn, Errors: refusals, MaxBodyBytes: MaxBody + 1,
	}
	if method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusInternalServerError)
	return op
}

// public takes the need for a sign-in off.
func public(op huma.Operation) huma.Operation {
	op.Security = nil
	op.Errors = slices.DeleteFunc(op.Errors, func(status int) bool { return status == http.StatusUnauthorized })
	return op
}

func (a *API) session() {
	huma.Register(a.huma, operation("GET", "/session", "getSession", "Who is signed in 当前登录人", "session", 200), a.getSession)
	huma.Register(a.huma, public(operation("DELETE", "/session", "signOut", "Sign out 退出登录", "session", 204, http.StatusForbidden)), a.signOut)
	if a.signIn == nil {
		return
	}
	huma.Register(a.huma, public(operation("POST", "/session", "signIn", "Sign a person of the demonstration in 演示登录", "session", 201)), a.postSession)
	huma.Register(a.huma, public(operation("GET", "/people", "listPeople", "People of the demonstration and their posts 演示人员及岗位", "session", 200)), a.listPeople)
}

func (v view) post(p roster.Post) Post {
	return Post{string(p.Role), Name(p.Role.Name()), *v.unit(p.Unit)}
}

func (v view) standIn(s roster.Substitute) StandIn {
	return StandIn{v.post(roster.Post{Role: roster.Officer, Unit: string(s.Unit)}), *v.person(s.For), s.Until}
}

func (s *server) sessionOf(id access.Identity) Session {
	v := view{Rules: s.service.Rules()}
	roll := s.service.Rules().Roster
	return Session{
		Person: *v.person(id.Person), Post: v.post(id.Post), For: v.person(id.For), Posts: list(roll.Posts(id.Person), v.post),
		StandingIn: list(roll.StandingIn(id.Person, s.service.Today()), v.standIn), Expires: id.Expires.UTC(),
	}
}

func (s *server) getSession(ctx context.Context, _ *nothing) (*sessionOut, error) {
	return &sessionOut{s.sessionOf(callOf(ctx).identity)}, nil
}

func (s *server) postSession(_ context.Context, in *signInIn) (*signInOut, error) {
	person, post := roster.PersonID(in.Body.Person), roster.Post{Role: roster.Role(in.Body.Role), Unit: in.Body.Unit}
	if _, ok := s.service.Rules().Roster.Person(person); !ok {
		return nil, &fault{kind: kindInvalid, field: "person", text: text("没有此人，请从演示人员列表中选择。", "There is no such person; choose one from the list of people.")}
	}
	absent := roster.PersonID(in.Body.For)
	switch actor := (approval.Actor{Person: person, Role: post.Role, Unit: post.Unit, For: absent}); {
	case s.service.Rules().Seated(actor, s.service.Today()):
	case absent != "":
		return nil, &fault{kind: kindInvalid, field: "for", text: text("此人今天没有代该同事办理任务的委托，请从其代办岗位中选择。", "The person does not stand in for that colleague today; choose one of those whom they do.")}
	default:
		return nil, &fault{kind: kindInvalid, field: "role", text: text("此人没有这个岗位，请从其岗位中选择。", "The person does not hold that post; choose one of the person's posts.")}
	}
	token, id, err := s.signIn.StandIn(person, post, absent)
	if err != nil {
		return nil, err
	}
	cookie := &http.Cookie{Name: access.SessionCookie, Value: token, Path: "/", Expires: id.Expires, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return &signInOut{Status: http.StatusCreated, Cookie: cookie.String(), Body: SignedIn{s.sessionOf(id), token}}, nil
}

// signOut takes the cookie away and ends the session that it held; one that has ended, or never
// was, is no error.
func (s *server) signOut(ctx context.Context, _ *nothing) (*signOutOut, error) {
	cookie := &http.Cookie{Name: access.SessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.sessions == nil {
		return &signOutOut{cookie.String()}, nil
	}
	held := callOf(ctx).session
	if of, err := s.sessions.Of(ctx, held); err == nil {
		if err := s.sessions.Close(ctx, held, approval.Actor{Person: of.Person, Role: of.Post.Role, Unit: of.Post.Unit, For: of.For}); err != nil {
			return nil, err
		}
	}
	cookie.Name, cookie.Secure = access.SecureSessionCookie, true
	return &signOutOut{cookie.String()}, nil
}

func (s *server) listPeople(ctx context.Context, in *PageIn) (*PageOut[Person], error) {
	v := s.view(callOf(ctx))
	return slice(s, callOf(ctx), "people", *in, s.service.Rules().Roster.Everybody(), func(p roster.Person) Person {
		return Person{string(p.ID), Name{p.NameZH, p.NameEN}, list(p.Posts, v.post), p.Fictional}
	})
}

// Health is that the service answers and its store does.
type Health struct {
	Status string `json:"status" enum:"ok"`
}

type (
	healthOut   struct{ Body Health }
	documentOut struct {
		Type string `header:"Content-Type" hidden:"true"`
		Body []byte
	}
)

func (a *API) document() {
	health := public(operation("GET", "", "getHealth", "Whether the service and its store answer 健康检查", "service", 200))
	health.Path, health.Errors = "/healthz", []int{http.StatusServiceUnavailable}
	huma.Register(a.huma, health, a.getHealth)
	for _, d := range []struct {
		path, id, summary, kind string
		text                    *func() ([]byte, error)
	}{
		{"/openapi.json", "getOpenAPIJSON", "This document as JSON 接口文档", "application/openapi+json", &a.documentJSON},
		{"/openapi.yaml", "getOpenAPIYAML", "This document as YAML 接口文档", "application/openapi+yaml", &a.documentYAML},
	} {
		op := public(operation("GET", d.path, d.id, d.summary, "service", 200))
		op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{d.kind: {}}}}
		huma.Register(a.huma, op, func(context.Context, *nothing) (*documentOut, error) {
			text, err := (*d.text)()
			if err != nil {
				return nil, fmt.Errorf("write the API's document: %w", err)
			}
			return &documentOut{d.kind, text}, nil
		})
	}
}

func (s *server) getHealth(ctx context.Context, _ *nothing) (*healthOut, error) {
	if _, err := s.service.Store().Receipt(ctx, "healthz"); err != nil && !approval.IsKind(err, approval.NotFound) {
		s.log.ErrorContext(ctx, "the store does not answer", "error", err)
		return nil, &fault{kind: kindUnavailable, text: text("数据存储暂无响应，请稍后再试。", "The store does not answer at the moment; try again later.")}
	}
	return &healthOut{Health{"ok"}}, nil
}

// need answers a NotFound error unless there is such a thing.
func need(found bool, field, zh, en string) error {
	if found {
		return nil
	}
	return &fault{kind: kindNotFound, field: field, text: text(zh, en)}
}
