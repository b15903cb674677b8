package roster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// file is the roster as it is written down.
type file struct {
	Districts   []District   `json:"districts"`
	Departments []Department `json:"departments"`
	Projects    []Project    `json:"projects"`
	Branches    []Branch     `json:"branches"`
	People      []Person     `json:"people"`
	Substitutes []Substitute `json:"substitutes,omitempty"`
}

// Load reads a roster from JSON and checks it whole. The error lists every
// problem, one a line, each with the entry it is about; JSON that cannot be
// read, or holds a field that no entry has, is the only problem then.
func Load(text []byte) (*Roster, error) {
	r := &Roster{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.file); err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("read roster: there is something after the roster's closing brace")
	}
	if err := r.index(); err != nil {
		return nil, fmt.Errorf("roster is not consistent:\n%w", err)
	}
	return r, nil
}

// MarshalJSON writes what Load reads.
func (r *Roster) MarshalJSON() ([]byte, error) { return json.Marshal(r.file) }

// problems gathers what is wrong, each with its place.
type problems []error

func (p *problems) add(place, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func enter[K ~string](p *problems, index map[K]int, what string, key K, i int, nameZH, nameEN string) {
	place := what + " " + string(key)
	if len(key) > 64 || !idPattern.MatchString(string(key)) {
		p.add(place, "id %q is not lower-case words joined by hyphens, 64 at most", string(key))
	}
	if _, taken := index[key]; taken {
		p.add(place, "the id is used twice")
	}
	index[key] = i
	if strings.TrimSpace(nameZH) == "" || strings.TrimSpace(nameEN) == "" {
		p.add(place, "a Chinese and an English name are needed")
	}
}

// index builds the lookups and reports every problem.
func (r *Roster) index() error {
	var p problems
	r.districts, r.departments, r.projects = map[DistrictCode]int{}, map[DepartmentID]int{}, map[ProjectID]int{}
	r.branches, r.people = map[BranchID]int{}, map[PersonID]int{}
	r.branchOf, r.holders = map[ProjectID]BranchID{}, map[Post][]PersonID{}
	for i, d := range r.file.Districts {
		enter(&p, r.districts, "district", d.Code, i, d.NameZH, d.NameEN)
	}
	for i, d := range r.file.Departments {
		enter(&p, r.departments, "department", d.ID, i, d.NameZH, d.NameEN)
	}
	for i, j := range r.file.Projects {
		enter(&p, r.projects, "project", j.ID, i, j.NameZH, j.NameEN)
	}
	for i, b := range r.file.Branches {
		enter(&p, r.branches, "branch", b.ID, i, b.NameZH, b.NameEN)
		if _, taken := r.departments[DepartmentID(b.ID)]; taken {
			p.add("branch "+string(b.ID), "a department has the same id, so a post could not tell them apart")
		}
	}
	for i, person := range r.file.People {
		enter(&p, r.people, "person", person.ID, i, person.NameZH, person.NameEN)
	}
	r.checkDistricts(&p)
	r.checkPeople(&p)
	r.checkDepartments(&p)
	r.checkBranches(&p)
	r.checkProjects(&p)
	r.checkSubstitutes(&p)
	return errors.Join(p...)
}

func (r *Roster) checkDistricts(p *problems) {
	above := map[Level]Level{LevelDistrict: LevelCity, LevelCity: LevelProvince, LevelProvince: ""}
	for _, d := range r.file.Districts {
		place := "district " + string(d.Code)
		want, known := above[d.Level]
		parent, found := r.District(d.Parent)
		switch {
		case !known:
			p.add(place, "level %q is none of province, city, district", d.Level)
		case want == "" && d.Parent != "":
			p.add(place, "a province has no parent, but %q is named", d.Parent)
		case want != "" && !found:
			p.add(place, "parent %q does not exist", d.Parent)
		case want != "" && parent.Level != want:
			p.add(place, "parent %s is of level %s instead of %s", d.Parent, parent.Level, want)
		}
	}
}

// unitKinds says which kind of department a role belongs to, for the roles that
// belong to one kind only.
var unitKinds = map[Role]DepartmentKind{Bureau: KeyProjectBureau, Overseer: Oversight, Administrator: SystemAdministrator}

func (r *Roster) checkPeople(p *problems) {
	for _, person := range r.file.People {
		place := "person " + string(person.ID)
		if len(person.Posts) == 0 {
			p.add(place, "has no post and can do nothing; give a post or take the person off")
		}
		for _, post := range person.Posts {
			key := Post{Role: post.Role, Unit: post.Unit}
			if slices.Contains(r.holders[key], person.ID) {
				p.add(place, "post %s of %s is listed twice", post.Role, post.Unit)
			}
			r.holders[key] = append(r.holders[key], person.ID)
			department, isDepartment := r.Department(DepartmentID(post.Unit))
			branch, isBranch := r.Branch(BranchID(post.Unit))
			switch post.Role {
			case Secretary, GeneralBranch, Headquarters:
				if !isBranch {
					p.add(place, "post %s names the branch %q, which does not exist", post.Role, post.Unit)
				} else if RoleOf(branch.Tier) != post.Role {
					p.add(place, "post %s does not fit %s, which is of tier %s", post.Role, post.Unit, branch.Tier)
				}
			case Officer, Lead:
				if !isDepartment {
					p.add(place, "post %s names the department %q, which does not exist", post.Role, post.Unit)
				} else if !department.Kind.Decides() {
					p.add(place, "post %s does not fit %s, which decides nothing", post.Role, post.Unit)
				}
			case Bureau, Overseer, Administrator:
				if !isDepartment {
					p.add(place, "post %s names the department %q, which does not exist", post.Role, post.Unit)
				} else if want := unitKinds[post.Role]; department.Kind != want {
					p.add(place, "post %s belongs to a department of kind %s, and %s is of kind %s", post.Role, want, post.Unit, department.Kind)
				}
			default:
				p.add(place, "role %q is not known", post.Role)
			}
		}
		for _, project := range person.Interests {
			if _, ok := r.Project(project); !ok {
				p.add(place, "interest in project %q, which does not exist", project)
			}
		}
	}
}

func (r *Roster) checkDepartments(p *problems) {
	for _, d := range r.file.Departments {
		place := "department " + string(d.ID)
		if !d.Kind.Known() {
			p.add(place, "kind %q is not known", d.Kind)
		}
		if _, ok := r.District(d.District); !ok {
			p.add(place, "district %q does not exist", d.District)
		}
		if d.Kind.Local() && (d.Town.ZH == "" || d.Town.EN == "") {
			p.add(place, "a %s needs the town's name in both languages", d.Kind)
		}
		if !d.Kind.Decides() {
			continue
		}
		for _, role := range []Role{Officer, Lead} {
			if len(r.holders[Post{Role: role, Unit: string(d.ID)}]) == 0 {
				p.add(place, "has no %s, so its tasks would reach nobody", role)
			}
		}
	}
}

func (r *Roster) checkBranches(p *problems) {
	for _, b := range r.file.Branches {
		place := "branch " + string(b.ID)
		parent, found := r.Branch(b.Parent)
		switch {
		case b.Tier.rank() == 0:
			p.add(place, "tier %q is none of branch, general_branch, headquarters", b.Tier)
		case b.Tier == TierHeadquarters && b.Parent != "":
			p.add(place, "a headquarters is the last tier, but parent %q is named", b.Parent)
		case b.Tier != TierHeadquarters && !found:
			p.add(place, "parent %q does not exist, so its issues could not climb", b.Parent)
		case b.Tier != TierHeadquarters && !Above(parent.Tier, b.Tier):
			p.add(place, "parent %s is of tier %s, which is not above %s", b.Parent, parent.Tier, b.Tier)
		}
		if b.Tier != TierBranch && len(b.Projects) > 0 {
			p.add(place, "only a branch of tier branch has projects of its own")
		}
		if b.Tier == TierBranch && len(b.Projects) == 0 {
			p.add(place, "has no project")
		}
		if !b.Dissolved.IsZero() && b.Dissolved < b.Founded {
			p.add(place, "is dissolved on %s, before it is founded on %s", b.Dissolved, b.Founded)
		}
		if _, ok := r.Person(b.SecretaryID); !ok {
			p.add(place, "secretary %q does not exist", b.SecretaryID)
		} else if role := RoleOf(b.Tier); role != "" && !r.Holds(b.SecretaryID, role, string(b.ID)) {
			p.add(place, "secretary %s does not hold the post %s of it", b.SecretaryID, role)
		}
		if n := len(r.holders[Post{Role: Secretary, Unit: string(b.ID)}]); n > 1 {
			p.add(place, "has %d secretaries, one is right", n)
		}
		for _, project := range b.Projects {
			if _, ok := r.Project(project); !ok {
				p.add(place, "project %q does not exist", project)
				continue
			}
			if other, taken := r.branchOf[project]; taken {
				p.add("project "+string(project), "belongs to the branches %s and %s, one is right", other, b.ID)
			}
			if b.Tier == TierBranch {
				r.branchOf[project] = b.ID
			}
		}
	}
}

func (r *Roster) checkProjects(p *problems) {
	for _, j := range r.file.Projects {
		place := "project " + string(j.ID)
		if d, ok := r.District(j.District); !ok {
			p.add(place, "district %q does not exist", j.District)
		} else if d.Level != LevelDistrict {
			p.add(place, "%s is a %s; name the district", j.District, d.Level)
		}
		if _, ok := r.branchOf[j.ID]; !ok {
			p.add(place, "has no branch")
		}
		if _, ok := r.Person(j.Officer); !ok {
			p.add(place, "responsible officer %q does not exist", j.Officer)
		}
		if !slices.Contains([]ProjectTier{ProvinceProject, CityProject, DistrictProject}, j.Tier) {
			p.add(place, "tier %q is none of province, city, district", j.Tier)
		}
		if !slices.Contains([]ProjectType{NewStart, Continuing, Completing, Preparatory}, j.Type) {
			p.add(place, "type %q is none of new_start, continuing, completing, preparatory", j.Type)
		}
		if !slices.Contains([]Sector{Industry, Transit, Infrastructure, WaterWorks, Livelihood}, j.Sector) {
			p.add(place, "sector %q is not known", j.Sector)
		}
	}
}

func (r *Roster) checkSubstitutes(p *problems) {
	for _, s := range r.file.Substitutes {
		place := fmt.Sprintf("substitute of %s by %s", s.For, s.By)
		if !r.Holds(s.For, Officer, string(s.Unit)) && !r.Holds(s.For, Lead, string(s.Unit)) {
			p.add(place, "%s holds no post in %s", s.For, s.Unit)
		}
		if _, ok := r.Person(s.By); !ok {
			p.add(place, "%s does not exist", s.By)
		}
		if s.For == s.By {
			p.add(place, "nobody stands in for themselves")
		}
		if s.From.IsZero() || s.Until < s.From {
			p.add(place, "the days from %q until %q are no span", s.From, s.Until)
		}
	}
}
