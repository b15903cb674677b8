package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// viewer is who is signed in, in the post chosen.
type viewer struct {
	approval.Actor
	Others []seat // where else the same person may act
}

// seat is a post in which somebody acts, of their own or of a colleague whom they
// stand in for.
type seat struct {
	roster.Post
	For roster.PersonID
}

// whoIs answers who sent the request, nil for nobody. A post that the person no
// longer holds is nobody's.
func (s *server) whoIs(r *http.Request) *viewer {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return nil
	}
	id, err := s.Verifier.Verify(r.Context(), c.Value)
	v := &viewer{Actor: approval.Actor{Person: id.Person, Role: id.Post.Role, Unit: id.Post.Unit, For: id.For}}
	if err != nil || !s.Service.Rules().Seated(v.Actor, s.Service.Today()) {
		return nil
	}
	for _, other := range s.seats(id.Person) {
		if other.Role != v.Role || other.Unit != v.Unit || other.For != v.For {
			v.Others = append(v.Others, other)
		}
	}
	return v
}

// seats are where a person may act today.
func (s *server) seats(person roster.PersonID) (seats []seat) {
	roll := s.Service.Rules().Roster
	for _, post := range roll.Posts(person) {
		seats = append(seats, seat{Post: post})
	}
	for _, stand := range roll.StandingIn(person, s.Service.Today()) {
		seats = append(seats, seat{roster.Post{Role: roster.Officer, Unit: string(stand.Unit)}, stand.For})
	}
	return seats
}

// signedIn asks for a sign-in first.
func signedIn(h func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if v.viewer != nil {
			return h(v)
		}
		return v.signInFirst()
	}
}

// signInFirst leads who is not signed in to where that is done, and gives a form back.
func (v *visit) signInFirst() error {
	if v.r.Method == http.MethodPost {
		return v.again()
	}
	v.redirect("/sign-in?" + url.Values{"next": {local(v.r.URL.RequestURI())}}.Encode())
	return nil
}

// nav is the way around for the role.
func (v *visit) nav() []link {
	links := []link{{Text: v.t("nav.home"), URL: "/"}}
	switch v.viewer.Role {
	case roster.Secretary:
		links = append(links, link{Text: v.t("nav.raise"), URL: "/issues/new"})
	case roster.Officer, roster.Lead:
		links[0] = link{Text: v.t("nav.inbox"), URL: "/inbox"}
	}
	links = append(links, link{Text: v.t("nav.issues"), URL: "/issues"})
	links = append(links, v.moreNav()...)
	for k := range links {
		links[k].Here = links[k].URL == v.r.URL.Path || links[k].URL != "/" && links[k].URL != "/issues" && strings.HasPrefix(v.r.URL.Path, links[k].URL+"/")
	}
	return links
}

type signInPage struct {
	frame
	Next   string
	Groups []signInGroup
	Local  bool
	Door   string // where to sign in at the issuer
	Leave  string // where to sign out of it too
}

type signInGroup struct {
	ID, Name, Does string
	Cards          []signInCard
}

type signInCard struct {
	Person     roster.PersonID
	Role       roster.Role
	Unit, Name string
	UnitName   string
	Also       string
	For        roster.PersonID
}

func (v *visit) signInPage() error {
	return v.showSignIn(http.StatusOK, local(v.r.URL.Query().Get("next")))
}

func (v *visit) showSignIn(status int, next string) error {
	p := signInPage{frame: v.frame(v.t("signin.title")), Next: next, Local: v.SignIn != nil}
	if v.Door != nil {
		p.Door = "/sign-in/start?" + url.Values{"next": {next}}.Encode()
		if v.r.URL.Query().Get("done") == "signed_out" {
			p.Leave = v.Door.Flow.Leave(v.origin() + "/sign-in")
		}
	}
	if !p.Local {
		return v.render(status, "signin.html", p)
	}
	for _, role := range roster.Roles() {
		g := signInGroup{ID: string(role), Name: v.name(role.Name()), Does: v.t("role." + string(role))}
		for _, person := range v.Service.Rules().Roster.Everybody() {
			seats := v.seats(person.ID)
			for k, post := range seats {
				if post.Role != role {
					continue
				}
				card := signInCard{Person: person.ID, Role: role, Unit: post.Unit, Name: v.person(person.ID), UnitName: v.unit(post.Unit), For: post.For}
				var also []string
				for j, other := range seats {
					if j != k && other.For == "" {
						also = append(also, v.t("post", v.unit(other.Unit), v.name(other.Role.Name())))
					}
				}
				if also != nil {
					card.Also = v.t("signin.also", v.list(also))
				}
				g.Cards = append(g.Cards, card)
			}
		}
		p.Groups = append(p.Groups, g)
	}
	return v.render(status, "signin.html", p)
}

func (v *visit) signIn() error {
	person := roster.PersonID(v.r.PostForm.Get("person"))
	post := roster.Post{Role: roster.Role(v.r.PostForm.Get("role")), Unit: v.r.PostForm.Get("unit")}
	absent := roster.PersonID(v.r.PostForm.Get("for"))
	if v.Door != nil {
		if err := v.changePost(seat{post, absent}); err != nil {
			return err
		}
		v.redirect(local(v.r.PostForm.Get("next")))
		return nil
	}
	if v.SignIn == nil || !v.Service.Rules().Seated(approval.Actor{Person: person, Role: post.Role, Unit: post.Unit, For: absent}, v.today) {
		return &approval.Error{Kind: approval.Forbidden, Text: approval.Text{ZH: "没有这个人员或职务，请从登录页选择。", EN: "There is no such person or post; choose one on the sign-in page."}}
	}
	token, _, err := v.SignIn.StandIn(person, post, absent)
	if err != nil {
		return err
	}
	// The cookie goes with the browser's session, because offices share machines;
	// how long the sign-in lasts is in the token.
	v.setCookie(v.cookieName(), token, 0)
	v.redirect(local(v.r.PostForm.Get("next")))
	return nil
}

func (v *visit) signOut() error {
	if v.Door != nil && v.viewer != nil {
		if err := v.Door.Sessions.Close(v.ctx(), v.secret(), v.viewer.Actor); err != nil {
			return err
		}
	}
	v.setCookie(v.cookieName(), "", -1)
	v.redirect("/sign-in?done=signed_out")
	return nil
}

// mine are the projects of the viewer's branch.
func (v *visit) mine() []roster.ProjectID {
	branch, ok := v.Service.Rules().Roster.Branch(roster.BranchID(v.viewer.Unit))
	if !ok || v.viewer.Role != roster.Secretary {
		return nil
	}
	return slices.Clone(branch.Projects)
}
