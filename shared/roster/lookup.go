package roster

import (
	"slices"

	"lianban/shared/calendar"
)

// Roster (名册) is everybody and everything that exists, checked whole. It is made
// by [Load] and never changes.
type Roster struct {
	file file

	districts   map[DistrictCode]int
	departments map[DepartmentID]int
	projects    map[ProjectID]int
	branches    map[BranchID]int
	people      map[PersonID]int
	branchOf    map[ProjectID]BranchID
	holders     map[Post][]PersonID // the post without Since
}

// Districts returns the areas; the slice is the caller's own, as with all lists here.
func (r *Roster) Districts() []District { return slices.Clone(r.file.Districts) }

// Departments returns all departments, those that no longer act included.
func (r *Roster) Departments() []Department { return cloned(r.file.Departments, Department.clone) }

// Projects returns all key projects.
func (r *Roster) Projects() []Project { return slices.Clone(r.file.Projects) }

// Branches returns all branches, general branches and headquarters, dissolved ones included.
func (r *Roster) Branches() []Branch { return cloned(r.file.Branches, Branch.clone) }

// Everybody returns all people.
func (r *Roster) Everybody() []Person { return cloned(r.file.People, Person.clone) }

// District returns the area with the code, and whether there is one.
func (r *Roster) District(code DistrictCode) (District, bool) {
	return at(r.file.Districts, r.districts, code)
}

// Department returns the department with the id, and whether there is one.
func (r *Roster) Department(id DepartmentID) (Department, bool) {
	d, ok := at(r.file.Departments, r.departments, id)
	return d.clone(), ok
}

// Project returns the project with the id, and whether there is one.
func (r *Roster) Project(id ProjectID) (Project, bool) {
	return at(r.file.Projects, r.projects, id)
}

// Branch returns the branch, general branch or headquarters with the id, and
// whether there is one.
func (r *Roster) Branch(id BranchID) (Branch, bool) {
	b, ok := at(r.file.Branches, r.branches, id)
	return b.clone(), ok
}

// BranchOf returns the branch of a project, and whether it has one that has not been
// dissolved. A project without one is covered by nobody: see [Roster.Coverage].
func (r *Roster) BranchOf(project ProjectID) (Branch, bool) {
	return r.Branch(r.branchOf[project])
}

// Person returns the person with the id, and whether there is one.
func (r *Roster) Person(id PersonID) (Person, bool) {
	p, ok := at(r.file.People, r.people, id)
	return p.clone(), ok
}

// Within reports whether an area lies in another, or is it.
func (r *Roster) Within(area, whole DistrictCode) bool {
	for d, ok := r.District(area); ok; d, ok = r.District(d.Parent) {
		if d.Code == whole {
			return true
		}
	}
	return false
}

// PersonName returns a person's Chinese name, or the id of one who is not on the roster.
func (r *Roster) PersonName(id PersonID) string {
	if p, ok := r.Person(id); ok {
		return p.NameZH
	}
	return string(id)
}

// UnitName returns the name of a branch or department, or the id twice when
// there is no such unit.
func (r *Roster) UnitName(unit string) Name {
	if d, ok := r.Department(DepartmentID(unit)); ok {
		return Name{d.NameZH, d.NameEN}
	}
	if b, ok := r.Branch(BranchID(unit)); ok {
		return Name{b.NameZH, b.NameEN}
	}
	return Name{unit, unit}
}

// TierName returns the name of a tier.
func (r *Roster) TierName(tier Tier) Name { return tier.Name() }

// DepartmentsOf returns the departments of a kind: of a district, its city or its
// province, nearest first. With a town, only those that belong to that town or to none.
// In place of one that no longer acts comes its successor, whatever its kind.
func (r *Roster) DepartmentsOf(kind DepartmentKind, district DistrictCode, town Name) []Department {
	var found []Department
	for code, ok := district, true; ok && code != ""; {
		for _, d := range r.file.Departments {
			if d.Kind != kind || d.District != code || town != (Name{}) && d.Town != (Name{}) && d.Town != town {
				continue
			}
			if id, ok := r.Successor(d.ID); ok && !slices.ContainsFunc(found, func(f Department) bool { return f.ID == id }) {
				acting, _ := r.Department(id)
				found = append(found, acting)
			}
		}
		var area District
		area, ok = r.District(code)
		code = area.Parent
	}
	return found
}

// People returns who holds the role in the unit.
func (r *Roster) People(role Role, unit string) []Person {
	var holders []Person
	for _, id := range r.holders[Post{Role: role, Unit: unit}] {
		p, _ := r.Person(id)
		holders = append(holders, p)
	}
	return holders
}

// Posts returns the posts of a person, in which the person may choose to act;
// none for somebody who is not on the roster.
func (r *Roster) Posts(person PersonID) []Post {
	p, _ := r.Person(person)
	return p.Posts
}

// Holds reports whether the person holds the role in the unit.
func (r *Roster) Holds(person PersonID, role Role, unit string) bool {
	return slices.Contains(r.holders[Post{Role: role, Unit: unit}], person)
}

// MustStandAside reports whether the person has an interest in the project and
// must not decide about it (回避).
func (r *Roster) MustStandAside(person PersonID, project ProjectID) bool {
	p, _ := r.Person(person)
	return slices.Contains(p.Interests, project)
}

// Substitutes returns who does a person's work in a department on a day.
func (r *Roster) Substitutes(person PersonID, unit DepartmentID, on calendar.Date) []PersonID {
	var by []PersonID
	for _, s := range r.file.Substitutes {
		if s.For == person && s.Unit == unit && s.From <= on && on <= s.Until {
			by = append(by, s.By)
		}
	}
	return by
}

// StandsIn reports whether a person does an absent officer's work in a department
// on a day, whatever posts of their own they hold.
func (r *Roster) StandsIn(by, absent PersonID, unit DepartmentID, on calendar.Date) bool {
	return r.Holds(absent, Officer, string(unit)) && slices.Contains(r.Substitutes(absent, unit, on), by)
}

// SubstitutesIn are the spans in which somebody stands in for somebody of a department,
// past ones too.
func (r *Roster) SubstitutesIn(unit DepartmentID) (spans []Substitute) {
	for _, s := range r.file.Substitutes {
		if s.Unit == unit {
			spans = append(spans, s)
		}
	}
	return spans
}

// StandingIn returns for whom a person does the work on a day, and where.
func (r *Roster) StandingIn(by PersonID, on calendar.Date) []Substitute {
	var all []Substitute
	for _, s := range r.file.Substitutes {
		if s.By == by && r.StandsIn(by, s.For, s.Unit, on) {
			all = append(all, s)
		}
	}
	return all
}

// Up returns the unit that is responsible at a tier for an issue of the branch:
// the branch itself, its general branch, its headquarters. A branch that stands
// directly under a headquarters has no general branch; Up then answers with the
// headquarters, the next tier that exists. It reports false when there is nobody
// at that tier or above.
func (r *Roster) Up(branch BranchID, tier Tier) (BranchID, bool) {
	for b, ok := r.Branch(branch); ok; b, ok = r.Branch(b.Parent) {
		if b.Tier.rank() > 0 && tier.rank() > 0 && b.Tier.rank() >= tier.rank() {
			return b.ID, true
		}
	}
	return "", false
}

// Responsible returns the people who act for the branch's issues at a tier: the
// holders of the tier's role in the unit that Up names.
func (r *Roster) Responsible(branch BranchID, tier Tier) []Person {
	unit, ok := r.Up(branch, tier)
	if !ok {
		return nil
	}
	b, _ := r.Branch(unit)
	return r.People(RoleOf(b.Tier), string(unit))
}

// Above reports whether tier a is higher than tier b. An unknown tier is below all.
func Above(a, b Tier) bool { return a.rank() > b.rank() }

// RoleOf returns the role that acts at a tier; "" for an unknown tier.
func RoleOf(tier Tier) Role {
	switch tier {
	case TierBranch:
		return Secretary
	case TierGeneralBranch:
		return GeneralBranch
	case TierHeadquarters:
		return Headquarters
	}
	return ""
}

// Name returns the tier's name; for an unknown tier its code.
func (t Tier) Name() Name {
	switch t {
	case TierBranch:
		return Name{"临时党支部", "temporary branch"}
	case TierGeneralBranch:
		return Name{"临时党总支", "general branch"}
	case TierHeadquarters:
		return Name{"总指挥部", "headquarters"}
	}
	return Name{string(t), string(t)}
}

// Name returns the kind's name, the zero Name for an unknown kind.
func (k PartyKind) Name() Name {
	switch k {
	case Owner:
		return Name{"建设单位", "owner"}
	case Builder:
		return Name{"施工单位", "builder"}
	case Authority:
		return Name{"主管部门", "authority"}
	case Village:
		return Name{"村（社区）", "village"}
	}
	return Name{}
}

func (t Tier) rank() int {
	return 1 + slices.Index([]Tier{TierBranch, TierGeneralBranch, TierHeadquarters}, t)
}

// Name returns the role's name; for an unknown role its code.
func (r Role) Name() Name {
	switch r {
	case Secretary:
		return Name{"支部书记", "branch secretary"}
	case Officer:
		return Name{"部门承办人", "department officer"}
	case Lead:
		return Name{"部门负责人", "department lead"}
	case GeneralBranch:
		return Name{"临时党总支", "general branch"}
	case Headquarters:
		return Name{"总指挥部", "headquarters"}
	case Bureau:
		return Name{"重点项目局", "key project bureau"}
	case Overseer:
		return Name{"监督员", "overseer"}
	case Administrator:
		return Name{"系统管理员", "administrator"}
	case SecurityAdministrator:
		return Name{"安全管理员", "security administrator"}
	case AuditAdministrator:
		return Name{"审计管理员", "audit administrator"}
	}
	return Name{string(r), string(r)}
}

// Roles returns every role.
func Roles() []Role {
	return []Role{Secretary, Officer, Lead, GeneralBranch, Headquarters, Bureau, Overseer, Administrator, SecurityAdministrator, AuditAdministrator}
}

// Administers reports whether the role is one of the three kinds of administrators.
func (r Role) Administers() bool {
	return r == Administrator || r == SecurityAdministrator || r == AuditAdministrator
}

// administers are the kinds of administrator that the person is.
func (p Person) administers() (kinds []Role) {
	for _, post := range p.Posts {
		if post.Role.Administers() && !slices.Contains(kinds, post.Role) {
			kinds = append(kinds, post.Role)
		}
	}
	return kinds
}

// Guards reports whether a role does the security administrator's work (安全管理): that of
// security administrators, or, as long as none is appointed, of administrators.
func (r *Roster) Guards(role Role) bool {
	if role == SecurityAdministrator {
		return true
	}
	return role == Administrator && !r.Appointed(SecurityAdministrator)
}

// Appointed reports whether anybody holds the role anywhere.
func (r *Roster) Appointed(role Role) bool {
	return slices.ContainsFunc(r.file.People, func(p Person) bool {
		return slices.ContainsFunc(p.Posts, func(post Post) bool { return post.Role == role })
	})
}

func at[K comparable, V any](list []V, index map[K]int, key K) (V, bool) {
	if i, ok := index[key]; ok {
		return list[i], true
	}
	var none V
	return none, false
}

func (d Department) clone() Department {
	d.Former = slices.Clone(d.Former)
	d.Shares = cloneShares(d.Shares)
	return d
}

func (b Branch) clone() Branch {
	b.Projects = slices.Clone(b.Projects)
	b.Former = slices.Clone(b.Former)
	b.Parties = slices.Clone(b.Parties)
	b.CoBuilders = slices.Clone(b.CoBuilders)
	b.Contacts = slices.Clone(b.Contacts)
	return b
}

func (p Person) clone() Person {
	p.Posts = slices.Clone(p.Posts)
	p.Interests = slices.Clone(p.Interests)
	return p
}
