package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// Origin is where an entry's facts come from.
type Origin struct {
	Source  string `json:"source,omitempty" doc:"The report or law that states them."`
	Assumed *Name  `json:"assumed,omitempty" doc:"What no source states and this product supposes; show it with the entry."`
}

// Project is a key construction project.
type Project struct {
	ID       string `json:"id"`
	Name     Name   `json:"name"`
	District Ref    `json:"district"`
	Town     *Name  `json:"town,omitempty"`
	Sector   string `json:"sector"`
	Tier     string `json:"tier" doc:"On whose list it stands: province, city, district."`
	Type     string `json:"type" doc:"new_start, continuing, completing, preparatory."`
	Officer  Ref    `json:"officer" doc:"The named responsible person 包干责任人."`
	Branch   *Ref   `json:"branch,omitempty" doc:"Absent while no branch works for it."`

	Closed calendar.Date `json:"closed,omitzero" format:"date" doc:"The first day on which it is no key project any more 竣工."`
	Origin
}

// Department is a unit that answers sign-offs, or the bureau, the overseers, the
// administrators.
type Department struct {
	ID       string `json:"id"`
	Name     Name   `json:"name"`
	Kind     string `json:"kind"`
	KindName Name   `json:"kindName"`
	Decides  bool   `json:"decides" doc:"Whether it answers sign-offs."`
	District Ref    `json:"district"`
	Town     *Name  `json:"town,omitempty"`

	Acting       bool          `json:"acting" doc:"Whether it acts today; one that was merged or split does not, and is kept for what it did."`
	Until        calendar.Date `json:"until,omitzero" format:"date" doc:"The first day on which it no longer acts."`
	Successor    *Ref          `json:"successor,omitempty" doc:"Who does its work today."`
	Predecessors []Ref         `json:"predecessors" doc:"Departments that no longer act and whose work, or part of it, it does today."`
	Former       []FormerName  `json:"formerNames" doc:"曾用名, oldest first."`
	Origin
}

// FormerName is a name that a department had.
type FormerName struct {
	Name  Name          `json:"name"`
	Until calendar.Date `json:"until" format:"date" doc:"The first day of the next name."`
}

// Item is an approval item of the catalogue.
type Item struct {
	No            int        `json:"no"`
	Name          Name       `json:"name"`
	Stage         string     `json:"stage" doc:"As printed; what stage= takes."`
	StageName     Name       `json:"stageName"`
	Department    string     `json:"department" doc:"Who approves, as printed."`
	Limit         Limit      `json:"limit" doc:"The limit on which a sign-off's clock runs."`
	LimitMark     string     `json:"limitMark" doc:"What the limit is worth: law, provincial, guide, default, promised, assumed, unsourced."`
	MarkName      Name       `json:"limitMarkName"`
	Statutory     Statutory  `json:"statutory"`
	Promised      Promised   `json:"promised"`
	Notes         string     `json:"notes,omitempty"`
	Commitment    bool       `json:"commitmentAllowed" doc:"It may be asked for and approved on commitment 告知承诺."`
	Gaps          bool       `json:"gapsAllowed" doc:"It may be accepted with papers missing 容缺受理."`
	Prerequisites []Requires `json:"prerequisites"`
}

// Statutory is the limit that a law, rule or guide sets, as printed.
type Statutory struct {
	Printed     string `json:"printed"`
	UnitPrinted string `json:"unitPrinted"`
	UnitNote    *Name  `json:"unitNote,omitempty" doc:"How 日 is read where the rule does not settle it."`
	Basis       string `json:"basis"`
	Source      string `json:"source"`
	Mark        string `json:"mark"`
	MarkName    Name   `json:"markName"`
	Known       bool   `json:"known" doc:"Whether there is a limit for review."`
	Extension   int    `json:"extension,omitempty" doc:"Days that the rule itself lets be added."`
}

// Promised is an example of what some office promised, in working days.
type Promised struct {
	Printed string `json:"printed"`
	Source  string `json:"source"`
	Known   bool   `json:"known"`
}

// Requires is an item that must be granted first, and why.
type Requires struct {
	Item     ItemRef `json:"item"`
	Waivable bool    `json:"waivable" doc:"A commitment removes it."`
	Note     Name    `json:"note"`
	Origin
}

// Matter is something that needs agreement and is no approval item.
type Matter struct {
	Code      string     `json:"code"`
	Name      Name       `json:"name"`
	Kinds     []Ref      `json:"kinds" doc:"The kinds of departments that usually take part."`
	Limit     Limit      `json:"limit"`
	LimitMark string     `json:"limitMark"`
	MarkName  Name       `json:"limitMarkName"`
	Join      MatterJoin `json:"join" doc:"When it counts as agreed 合议规则, unless the branch says otherwise."`
	Suggested []Ref      `json:"suggested,omitempty" doc:"With project=: the departments that usually take part there."`
	Origin
}

// Day is what the calendar says of a date.
type Day struct {
	Date        calendar.Date `json:"date" format:"date"`
	Weekday     int           `json:"weekday" doc:"1 Monday to 7 Sunday."`
	Working     bool          `json:"working"`
	Holiday     string        `json:"holiday,omitempty" doc:"The holiday that the day belongs to, also when it is worked for it 调休上班."`
	Notice      string        `json:"notice,omitempty" doc:"The notice that says so 文号."`
	Provisional bool          `json:"provisional" doc:"No notice settles the year yet, so that this may change."`
}

type (
	idIn struct {
		ID string `path:"id"`
	}
	itemsIn struct {
		PageIn
		Q     string `query:"q" doc:"Words that all have to fit: a number, characters of the Chinese name, department or stage, beginnings of English words."`
		Stage string `query:"stage" doc:"Only items of this stage, as printed."`
	}
	itemIn struct {
		No int `path:"no"`
	}
	mattersIn struct {
		PageIn
		Project string `query:"project" doc:"Suggest the departments that take part for this project."`
	}
	dayIn struct {
		Date string `path:"date" doc:"A day, as 2026-03-02." example:"2026-03-02"`
	}
	one[T any] struct{ Body T }
)

func (a *API) reference() {
	huma.Register(a.huma, operation("GET", "/projects", "listProjects", "Key projects 重点项目", "reference", 200), a.listProjects)
	huma.Register(a.huma, operation("GET", "/projects/{id}", "getProject", "A key project", "reference", 200, http.StatusNotFound), a.getProject)
	huma.Register(a.huma, operation("GET", "/departments", "listDepartments", "Departments 部门", "reference", 200), a.listDepartments)
	huma.Register(a.huma, operation("GET", "/items", "listItems", "Approval items 审批事项", "reference", 200), a.listItems)
	huma.Register(a.huma, operation("GET", "/items/{no}", "getItem", "An approval item", "reference", 200, http.StatusNotFound), a.getItem)
	huma.Register(a.huma, operation("GET", "/matters", "listMatters", "Coordination matters 协调事项", "reference", 200), a.listMatters)
	huma.Register(a.huma, operation("GET", "/calendar/{date}", "getDay", "Whether a day is worked 工作日查询", "reference", 200), a.getDay)
}

func name(n roster.Name) *Name {
	if n == (roster.Name{}) {
		return nil
	}
	return &Name{n.ZH, n.EN}
}

func origin(o roster.Origin) Origin { return Origin{o.Source, name(o.Assumed)} }

func (v view) projectView(p roster.Project) Project {
	out := Project{
		ID: string(p.ID), Name: Name{p.NameZH, p.NameEN}, District: v.district(p.District), Town: name(p.Town), Sector: string(p.Sector),
		Tier: string(p.Tier), Type: string(p.Type), Officer: *v.person(p.Officer), Closed: p.Closed, Origin: origin(p.Origin),
	}
	if b, ok := v.Roster.BranchOf(p.ID); ok {
		out.Branch = &Ref{string(b.ID), Name{b.NameZH, b.NameEN}}
	}
	return out
}

func (s *server) listProjects(ctx context.Context, in *PageIn) (*PageOut[Project], error) {
	return slice(s, callOf(ctx), "projects", *in, s.service.Rules().Roster.Projects(), s.view(callOf(ctx)).projectView)
}

func (s *server) getProject(ctx context.Context, in *idIn) (*one[Project], error) {
	p, ok := s.service.Rules().Roster.Project(roster.ProjectID(in.ID))
	if err := need(ok, "id", "没有这个重点项目，请核对编号。", "There is no such project; please check the id."); err != nil {
		return nil, err
	}
	return &one[Project]{s.view(callOf(ctx)).projectView(p)}, nil
}

func (s *server) listDepartments(ctx context.Context, in *PageIn) (*PageOut[Department], error) {
	v := s.view(callOf(ctx))
	return slice(s, callOf(ctx), "departments", *in, s.service.Rules().Roster.Departments(), func(d roster.Department) Department {
		out := Department{
			ID: string(d.ID), Name: Name{d.NameZH, d.NameEN}, Kind: string(d.Kind), KindName: Name(d.Kind.Name()), Decides: d.Kind.Decides(),
			District: v.district(d.District), Town: name(d.Town), Acting: d.Acting(v.today), Until: d.Until,
			Predecessors: list(v.Roster.Predecessors(d.ID), v.department),
			Former:       list(d.Former, func(f roster.FormerName) FormerName { return FormerName{Name{f.NameZH, f.NameEN}, f.Until} }),
			Origin:       origin(d.Origin),
		}
		if heir, ok := v.Roster.Successor(d.ID); ok && heir != d.ID {
			out.Successor = v.unit(string(heir))
		}
		return out
	})
}

func (v view) itemView(i catalog.Item) Item {
	clock, mark := i.ClockLimit()
	out := Item{
		No: int(i.No), Name: Name{i.NameZH, i.NameEN}, Stage: string(i.Stage), StageName: Name(i.Stage.Name()), Department: i.Department,
		Limit: limit(clock), LimitMark: string(mark), MarkName: Name(mark.Name()),
		Statutory: Statutory{
			Printed: i.Statutory.Printed, UnitPrinted: i.Statutory.UnitPrinted, UnitNote: name(i.Statutory.UnitNote()), Basis: i.Statutory.Basis,
			Source: i.Statutory.Source, Mark: string(i.Statutory.Mark), MarkName: Name(i.Statutory.Mark.Name()), Known: i.Statutory.Known, Extension: i.Statutory.Extension,
		},
		Promised: Promised{i.Promised.Printed, i.Promised.Source, i.Promised.Known},
		Notes:    i.Notes, Commitment: i.CommitmentAllowed, Gaps: i.GapsAllowed, Prerequisites: []Requires{},
	}
	for _, e := range v.Catalog.Edges() {
		if e.Item == i.No {
			out.Prerequisites = append(out.Prerequisites, Requires{v.item(e.Requires), e.Waivable, Name{e.NoteZH, e.NoteEN}, origin(e.Origin)})
		}
	}
	return out
}

func (s *server) listItems(ctx context.Context, in *itemsIn) (*PageOut[Item], error) {
	items := s.service.Rules().Catalog.Search(in.Q)
	if in.Stage != "" {
		items = slices.DeleteFunc(items, func(i catalog.Item) bool { return string(i.Stage) != in.Stage })
	}
	return slice(s, callOf(ctx), fmt.Sprintf("items?q=%q&stage=%q", in.Q, in.Stage), in.PageIn, items, s.view(callOf(ctx)).itemView)
}

func (s *server) getItem(ctx context.Context, in *itemIn) (*one[Item], error) {
	i, ok := s.service.Rules().Catalog.Item(catalog.ItemNo(in.No))
	if err := need(ok, "no", "目录中没有这个事项，请核对编号。", "The catalogue has no such item; please check the number."); err != nil {
		return nil, err
	}
	return &one[Item]{s.view(callOf(ctx)).itemView(i)}, nil
}

func (s *server) listMatters(ctx context.Context, in *mattersIn) (*PageOut[Matter], error) {
	v := s.view(callOf(ctx))
	project, ok := s.service.Rules().Roster.Project(roster.ProjectID(in.Project))
	if in.Project != "" && !ok {
		return nil, noProject()
	}
	return slice(s, callOf(ctx), fmt.Sprintf("matters?project=%q", in.Project), in.PageIn, s.service.Rules().Catalog.Matters(), func(m catalog.Matter) Matter {
		clock, mark := m.ClockLimit()
		out := Matter{
			Code: string(m.Code), Name: Name{m.NameZH, m.NameEN}, Limit: limit(clock), LimitMark: string(mark), MarkName: Name(mark.Name()),
			Kinds: list(m.Kinds, func(k roster.DepartmentKind) Ref { return Ref{string(k), Name(k.Name())} }),
			Join:  matterJoin(m.Join), Origin: origin(m.Origin),
		}
		if ok {
			// A kind without a department is left out: what is suggested are those that exist.
			parties, _ := s.service.Rules().Catalog.Parties(m.Code, project, s.service.Rules().Roster, v.today)
			out.Suggested = list(parties, v.department)
		}
		return out
	})
}

func noProject() error {
	return &fault{kind: kindInvalid, field: "project", text: text("没有这个重点项目，请从项目列表中选择。", "There is no such project; choose one from the list.")}
}

func (s *server) getDay(_ context.Context, in *dayIn) (*one[Day], error) {
	date, err := calendar.Parse(in.Date)
	if err != nil {
		return nil, &fault{kind: kindInvalid, field: "date", text: text("请按 2026-03-02 的格式填写日期。", "Write the date as 2026-03-02.")}
	}
	c := s.service.Rules().Calendar
	out := Day{Date: date, Weekday: int(date.Weekday()+6)%7 + 1, Working: c.Working(date), Provisional: c.Provisional(date)}
	if d, ok := c.Day(date); ok {
		out.Holiday, out.Notice = d.Name, d.Notice
	}
	return &one[Day]{out}, nil
}
