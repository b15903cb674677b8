package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Branch is a temporary party branch, or a tier above branches.
type Branch struct {
	ID         string            `json:"id"`
	Name       Name              `json:"name"`
	Tier       Ref               `json:"tier"`
	Parent     *Ref              `json:"parent,omitempty" doc:"The next tier up."`
	Below      []Ref             `json:"below" doc:"The branches that stand directly under it and have not been dissolved."`
	Projects   []Ref             `json:"projects" doc:"One, or several of a joint branch 联建."`
	Standing   bool              `json:"standing" doc:"Whether it exists today."`
	Secretary  *Ref              `json:"secretary,omitempty" doc:"Absent while it has none."`
	TermFrom   calendar.Date     `json:"termFrom,omitzero" format:"date" doc:"Since when the secretary holds the office."`
	TermEnds   calendar.Date     `json:"termEnds,omitzero" format:"date" doc:"The last day of the term 任期; absent when none is set."`
	Renewed    int               `json:"renewed" doc:"How often the term was renewed 续任."`
	Former     []FormerSecretary `json:"formerSecretaries" doc:"Oldest first."`
	Parties    []BranchParty     `json:"parties" doc:"The units whose members make up a joint branch 联建单位."`
	CoBuilders []CoBuilder       `json:"coBuilders" doc:"Units that support it 共建单位."`
	Contacts   []Contact         `json:"contacts" doc:"One a section of the works 标段联络员."`
	Founded    calendar.Date     `json:"founded,omitzero" format:"date"`
	Dissolved  calendar.Date     `json:"dissolved,omitzero" format:"date" doc:"The first day on which it no longer exists."`
	Successor  *Ref              `json:"successor,omitempty" doc:"Who took over the projects of a dissolved one."`
	Origin
}

// FormerSecretary is who was the secretary before.
type FormerSecretary struct {
	Person  *Ref          `json:"person"`
	From    calendar.Date `json:"from,omitzero" format:"date"`
	Until   calendar.Date `json:"until" format:"date" doc:"The first day on which the person no longer was."`
	Renewed int           `json:"renewed"`
}

// BranchParty is a party of a joint branch.
type BranchParty struct {
	Name Name `json:"name"`
	Kind Ref  `json:"kind" doc:"owner, builder, department, village."`
}

// CoBuilder is a unit that supports a branch.
type CoBuilder struct {
	Department string `json:"department,omitempty" doc:"Of one that is on the roster."`
	Name       Name   `json:"name"`
}

// Contact is a branch's contact in a section of the works.
type Contact struct {
	Section Name `json:"section"`
	Name    Name `json:"name"`
}

// Coverage is how many key projects have a branch that works for them.
type Coverage struct {
	On        calendar.Date      `json:"on" format:"date"`
	Projects  int                `json:"projects" doc:"Key projects in force."`
	Covered   int                `json:"covered" doc:"Of those, with a branch that exists and has a secretary; a joint branch counts once for each of its projects."`
	Districts []DistrictCoverage `json:"districts"`
	Uncovered []Uncovered        `json:"uncovered"`
}

// DistrictCoverage is the coverage of one district.
type DistrictCoverage struct {
	District Ref `json:"district"`
	Projects int `json:"projects"`
	Covered  int `json:"covered"`
}

// Uncovered is a key project for which no branch works.
type Uncovered struct {
	Project Ref  `json:"project"`
	Branch  *Ref `json:"branch,omitempty"`
	Gap     Ref  `json:"gap" doc:"Why: no_branch, not_founded, no_secretary."`
}

// NameOfficer names the responsible officer of an issue.
type NameOfficer struct {
	Person string `json:"person"`
	Reason string `json:"reason"`
}

type officerIn struct {
	OfIssue
	Body NameOfficer
}

func (a *API) branches() {
	huma.Register(a.huma, operation("GET", "/branches", "listBranches", "Branches and the tiers above them 临时党支部与上级", "reference", 200), a.listBranches)
	huma.Register(a.huma, operation("GET", "/branches/{id}", "getBranch", "A branch of the registry 支部登记", "reference", 200, http.StatusNotFound), a.getBranch)
	huma.Register(a.huma, operation("GET", "/coverage", "getCoverage", "Key projects with a branch that works for them 重点项目党组织覆盖", "reference", 200, http.StatusForbidden), a.getCoverage)
	huma.Register(a.huma, ofIssue("/officer", "nameOfficer", "Name the responsible officer, as the bureau or the general branch 指定包干责任人"), a.nameOfficer)
}

func (v view) branch(b roster.Branch) Branch {
	out := Branch{
		ID: string(b.ID), Name: Name{b.NameZH, b.NameEN}, Tier: v.tier(b.Tier), Parent: v.unit(string(b.Parent)), Below: []Ref{},
		Projects: list(b.Projects, v.project), Standing: b.Standing(v.today),
		Secretary: v.person(b.SecretaryID), TermFrom: b.TermFrom, TermEnds: b.TermEnds, Renewed: b.Renewed,
		Former: list(b.Former, func(f roster.FormerSecretary) FormerSecretary {
			return FormerSecretary{v.person(f.Person), f.From, f.Until, f.Renewed}
		}),
		Parties: list(b.Parties, func(p roster.BranchParty) BranchParty {
			return BranchParty{Name(p.Name), Ref{string(p.Kind), Name(p.Kind.Name())}}
		}),
		CoBuilders: list(b.CoBuilders, func(c roster.CoBuilder) CoBuilder {
			if c.Department != "" {
				c.Name = v.Roster.UnitName(string(c.Department))
			}
			return CoBuilder{string(c.Department), Name(c.Name)}
		}),
		Contacts: list(b.Contacts, func(c roster.Contact) Contact {
			if p := v.person(c.Person); p != nil {
				return Contact{Name(c.Section), p.Name}
			}
			return Contact{Name(c.Section), Name(c.Name)}
		}),
		Founded: b.Founded, Dissolved: b.Dissolved, Successor: v.unit(string(b.Successor)), Origin: origin(b.Origin),
	}
	for _, below := range v.Roster.Branches() {
		if below.Parent == b.ID && below.Dissolved.IsZero() {
			out.Below = append(out.Below, Ref{string(below.ID), Name{below.NameZH, below.NameEN}})
		}
	}
	return out
}

func (s *server) listBranches(ctx context.Context, in *PageIn) (*PageOut[Branch], error) {
	v := s.view(callOf(ctx))
	return slice(s, callOf(ctx), "branches", *in, v.Roster.Branches(), v.branch)
}

func (s *server) getBranch(ctx context.Context, in *idIn) (*one[Branch], error) {
	v := s.view(callOf(ctx))
	b, ok := v.Roster.Branch(roster.BranchID(in.ID))
	if err := need(ok, "id", "没有这个支部，请核对编号。", "There is no such branch; please check the id."); err != nil {
		return nil, err
	}
	return &one[Branch]{v.branch(b)}, nil
}

// readers of the coverage answer for it or watch over it.
var coverageReaders = []roster.Role{roster.Bureau, roster.GeneralBranch, roster.Headquarters, roster.Overseer}

func (s *server) getCoverage(ctx context.Context, _ *struct{}) (*one[Coverage], error) {
	v := s.view(callOf(ctx))
	if !slices.Contains(coverageReaders, v.actor.Role) {
		return nil, &fault{kind: kindForbidden, text: text("党组织覆盖情况由重点项目局、临时党总支、总指挥部和监督员查阅。", "The bureau, the general branch, the headquarters and the overseers read the coverage.")}
	}
	c := v.Roster.Coverage(v.today)
	return &one[Coverage]{Coverage{
		On: c.On, Projects: c.Projects, Covered: c.Covered,
		Districts: list(c.Districts, func(d roster.DistrictCoverage) DistrictCoverage {
			return DistrictCoverage{v.district(d.District), d.Projects, d.Covered}
		}),
		Uncovered: list(c.Uncovered, func(u roster.Uncovered) Uncovered {
			return Uncovered{v.project(u.Project), v.unit(string(u.Branch)), Ref{string(u.Gap), Name(u.Gap.Name())}}
		}),
	}}, nil
}

func (s *server) nameOfficer(ctx context.Context, in *officerIn) (*IssueOut, error) {
	return s.do(ctx, in.OfIssue, approval.NameOfficer{Person: roster.PersonID(in.Body.Person), Reason: in.Body.Reason})
}
