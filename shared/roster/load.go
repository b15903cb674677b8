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
// problem, one a line, each with the entry it is about (see [Faults]); JSON that
// cannot be read, or holds a field that no entry has, is the only problem then.
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

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func enter[K ~string](p *problems, index map[K]int, place Name, key K, i int, nameZH, nameEN string) {
	if len(key) > 64 || !idPattern.MatchString(string(key)) {
		p.add(place, "编号 %q 应当由小写字母和数字组成，各段以连字符相连，最长 64 个字符", "id %q is not lower-case words joined by hyphens, 64 at most", string(key))
	}
	if _, taken := index[key]; taken {
		p.add(place, "该编号用了两次", "the id is used twice")
	}
	index[key] = i
	if !named(nameZH, nameEN) {
		p.add(place, "中文和英文名称都要填写", "a Chinese and an English name are needed")
	}
}

func named(zh, en string) bool { return strings.TrimSpace(zh) != "" && strings.TrimSpace(en) != "" }

// index builds the lookups and reports every problem.
func (r *Roster) index() error {
	var p problems
	r.districts, r.departments, r.projects = map[DistrictCode]int{}, map[DepartmentID]int{}, map[ProjectID]int{}
	r.branches, r.people = map[BranchID]int{}, map[PersonID]int{}
	r.branchOf, r.holders = map[ProjectID]BranchID{}, map[Post][]PersonID{}
	for i, d := range r.file.Districts {
		enter(&p, r.districts, districtPlace(d.Code), d.Code, i, d.NameZH, d.NameEN)
	}
	for i, d := range r.file.Departments {
		enter(&p, r.departments, departmentPlace(d.ID), d.ID, i, d.NameZH, d.NameEN)
	}
	for i, j := range r.file.Projects {
		enter(&p, r.projects, projectPlace(j.ID), j.ID, i, j.NameZH, j.NameEN)
	}
	for i, b := range r.file.Branches {
		enter(&p, r.branches, branchPlace(b.ID), b.ID, i, b.NameZH, b.NameEN)
		if _, taken := r.departments[DepartmentID(b.ID)]; taken {
			p.add(branchPlace(b.ID), "与某部门的编号相同，职务将无法区分两者", "a department has the same id, so a post could not tell them apart")
		}
	}
	for i, person := range r.file.People {
		enter(&p, r.people, personPlace(person.ID), person.ID, i, person.NameZH, person.NameEN)
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
		place := districtPlace(d.Code)
		want, known := above[d.Level]
		parent, found := r.District(d.Parent)
		switch {
		case !known:
			p.add(place, "层级 %q 不是 province、city、district 之一", "level %q is none of province, city, district", d.Level)
		case want == "" && d.Parent != "":
			p.add(place, "省级没有上级区域，却填写了 %q", "a province has no parent, but %q is named", d.Parent)
		case want != "" && !found:
			p.add(place, "上级区域 %q 不存在", "parent %q does not exist", d.Parent)
		case want != "" && parent.Level != want:
			p.add(place, "上级区域 %s 的层级是 %s，应当是 %s", "parent %s is of level %s instead of %s", d.Parent, parent.Level, want)
		}
	}
}

// unitKinds says which kind of department a role belongs to, for the roles that
// belong to one kind only.
var unitKinds = map[Role]DepartmentKind{
	Bureau: KeyProjectBureau, Overseer: Oversight, Administrator: SystemAdministrator,
	SecurityAdministrator: SystemAdministrator, AuditAdministrator: SystemAdministrator,
}

func (r *Roster) checkPeople(p *problems) {
	for _, person := range r.file.People {
		place := personPlace(person.ID)
		switch {
		case len(person.Posts) == 0 && person.Left.IsZero():
			p.add(place, "没有任何职务，无法办理任何事项；请给予职务，或填写离任日期", "has no post and can do nothing; give a post, or the day on which the person left")
		case len(person.Posts) > 0 && !person.Left.IsZero():
			p.add(place, "已于 %s 离任，却仍有职务", "has left on %s and still holds a post", person.Left)
		}
		for _, post := range person.Posts {
			key := Post{Role: post.Role, Unit: post.Unit}
			if slices.Contains(r.holders[key], person.ID) {
				p.add(place, "%[3]s的职务 %[1]s 列了两次", "post %[2]s of %[3]s is listed twice", post.Role.Name().ZH, post.Role, post.Unit)
			}
			r.holders[key] = append(r.holders[key], person.ID)
			r.checkPost(p, place, post)
		}
		if kinds := person.administers(); len(kinds) > 1 {
			p.add(place, "同时是%[1]s和%[2]s；三员分立，请分别由不同人员担任", "is both %[3]s and %[4]s; the three kinds of administrators are different people", kinds[0].Name().ZH, kinds[1].Name().ZH, kinds[0].Name().EN, kinds[1].Name().EN)
		}
		for _, project := range person.Interests {
			if _, ok := r.Project(project); !ok {
				p.add(place, "利害关系所涉项目 %q 不存在", "interest in project %q, which does not exist", project)
			}
		}
	}
}

// Fits lists why nobody may hold a post in the roster: its role, its unit, or that the two
// do not go together. It is empty when somebody may.
func (r *Roster) Fits(post Post) []Fault {
	var p problems
	r.checkPost(&p, Name{}, post)
	faults := Faults(errors.Join(p...))
	for k := range faults { // there is no place to name
		t := &faults[k].Text
		t.ZH, t.EN = strings.TrimPrefix(t.ZH, "："), strings.TrimPrefix(t.EN, ": ")
	}
	return faults
}

// checkPost says what is wrong with a post by itself.
func (r *Roster) checkPost(p *problems, place Name, post Post) {
	add := func(zh, en string, args ...any) {
		p.add(place, "职务“"+post.Role.Name().ZH+"”"+zh, "post "+string(post.Role)+" "+en, args...)
	}
	department, isDepartment := r.Department(DepartmentID(post.Unit))
	branch, isBranch := r.Branch(BranchID(post.Unit))
	switch post.Role {
	case Secretary, GeneralBranch, Headquarters:
		switch {
		case !isBranch:
			add("所在的支部 %q 不存在", "names the branch %q, which does not exist", post.Unit)
		case RoleOf(branch.Tier) != post.Role:
			add("与 %s 的层级 %s 不符", "does not fit %s, which is of tier %s", post.Unit, branch.Tier)
		case !branch.Dissolved.IsZero():
			add("所在的 %s 已于 %s 撤销", "is in %s, which was dissolved on %s", post.Unit, branch.Dissolved)
		}
	case Officer, Lead, Bureau, Overseer, Administrator, SecurityAdministrator, AuditAdministrator:
		want, one := unitKinds[post.Role]
		switch {
		case !isDepartment:
			add("所在的部门 %q 不存在", "names the department %q, which does not exist", post.Unit)
		case !one && !department.Kind.Decides():
			add("与 %s 不符，该部门不参加会签", "does not fit %s, which decides nothing", post.Unit)
		case one && department.Kind != want:
			add("只设在 %[1]s 类部门，而 %[3]s 是 %[2]s 类", "belongs to a department of kind %[4]s, and %[3]s is of kind %[5]s", want.Name().ZH, department.Kind.Name().ZH, post.Unit, want, department.Kind)
		case !department.Until.IsZero():
			add("所在的 %s 自 %s 起不再履行职责", "is in %s, which no longer acts since %s", post.Unit, department.Until)
		}
	default:
		p.add(place, "职务 %q 不存在", "role %q is not known", post.Role)
	}
}

func (r *Roster) checkDepartments(p *problems) {
	for _, d := range r.file.Departments {
		place := departmentPlace(d.ID)
		if !d.Kind.Known() {
			p.add(place, "部门类别 %q 不存在", "kind %q is not known", d.Kind)
		}
		if _, ok := r.District(d.District); !ok {
			p.add(place, "区域 %q 不存在", "district %q does not exist", d.District)
		}
		if d.Kind.Local() && !named(d.Town.ZH, d.Town.EN) {
			p.add(place, "%[1]s须填写所在镇街的中英文名称", "a %[2]s needs the town's name in both languages", d.Kind.Name().ZH, d.Kind)
		}
		for _, f := range d.Former {
			if !named(f.NameZH, f.NameEN) || f.Until.IsZero() {
				p.add(place, "曾用名须填写中英文名称和停用日期", "a former name needs both languages and the day on which it ended")
			}
		}
		r.checkSuccession(p, place, d)
		if !d.Kind.Decides() || !d.Until.IsZero() {
			continue
		}
		for _, role := range []Role{Officer, Lead} {
			if len(r.holders[Post{Role: role, Unit: string(d.ID)}]) == 0 {
				p.add(place, "没有%[1]s，任务将无人办理", "has no %[2]s, so its tasks would reach nobody", role.Name().ZH, role)
			}
		}
	}
}

// checkSuccession sees that nothing of a department that ended is lost.
func (r *Roster) checkSuccession(p *problems, place Name, d Department) {
	if d.Until.IsZero() {
		if d.Successor != "" || len(d.Shares) > 0 {
			p.add(place, "仍在履行职责，不能有承接部门", "still acts, so nobody can have taken over from it")
		}
		return
	}
	heirs := []DepartmentID{d.Successor}
	given := map[int]bool{}
	for _, s := range d.Shares {
		heirs = append(heirs, s.To)
		for _, item := range s.Items {
			if given[item] {
				p.add(place, "第 %d 号事项由两个部门承接", "item %d is taken over twice", item)
			}
			given[item] = true
		}
	}
	for _, id := range heirs {
		switch heir, ok := r.Department(id); {
		case !ok:
			p.add(place, "承接部门 %q 不存在，其任务将无人办理", "successor %q does not exist, so its tasks would reach nobody", id)
		case heir.Kind.Decides() != d.Kind.Decides():
			p.add(place, "承接部门 %s 与其职责性质不同，一方参加会签，一方不参加", "successor %s is of another nature: one answers sign-offs, the other does not", id)
		}
	}
	given[0] = true // whatever is no item
	for item := range given {
		if _, ok := r.SuccessorFor(d.ID, item); !ok {
			p.add(place, "承接关系没有落到仍在履行职责的部门", "following its successors leads to no department that acts")
			return
		}
	}
}

func (r *Roster) checkBranches(p *problems) {
	for _, b := range r.file.Branches {
		place := branchPlace(b.ID)
		parent, found := r.Branch(b.Parent)
		switch {
		case b.Tier.rank() == 0:
			p.add(place, "层级 %q 不是 branch、general_branch、headquarters 之一", "tier %q is none of branch, general_branch, headquarters", b.Tier)
		case b.Tier == TierHeadquarters && b.Parent != "":
			p.add(place, "总指挥部是最高层级，却填写了上级 %q", "a headquarters is the last tier, but parent %q is named", b.Parent)
		case b.Tier != TierHeadquarters && !found:
			p.add(place, "上级 %q 不存在，其问题将无法提级", "parent %q does not exist, so its issues could not climb", b.Parent)
		case b.Tier != TierHeadquarters && !Above(parent.Tier, b.Tier):
			p.add(place, "上级 %s 的层级是 %s，并不高于 %s", "parent %s is of tier %s, which is not above %s", b.Parent, parent.Tier, b.Tier)
		case b.Dissolved.IsZero() && found && !parent.Dissolved.IsZero():
			p.add(place, "上级 %s 已于 %s 撤销，其问题将无法提级", "parent %s was dissolved on %s, so its issues could not climb", b.Parent, parent.Dissolved)
		}
		if b.Tier != TierBranch && len(b.Projects) > 0 {
			p.add(place, "只有临时党支部才有自己的项目", "only a branch of tier branch has projects of its own")
		}
		if b.Tier == TierBranch && len(b.Projects) == 0 && b.Dissolved.IsZero() {
			p.add(place, "没有项目", "has no project")
		}
		r.checkLife(p, place, b)
		r.checkSecretary(p, place, b)
		r.checkMembers(p, place, b)
		for _, project := range b.Projects {
			if _, ok := r.Project(project); !ok {
				p.add(place, "项目 %q 不存在", "project %q does not exist", project)
				continue
			}
			if b.Tier != TierBranch || !b.Dissolved.IsZero() {
				continue
			}
			if other, taken := r.branchOf[project]; taken {
				p.add(projectPlace(project), "同时属于支部 %s 和 %s，只能属于一个", "belongs to the branches %s and %s, one is right", other, b.ID)
			}
			r.branchOf[project] = b.ID
		}
	}
}

// checkLife checks how a branch begins and ends.
func (r *Roster) checkLife(p *problems, place Name, b Branch) {
	if b.Dissolved.IsZero() {
		if b.Successor != "" {
			p.add(place, "尚未撤销，不能有承接支部", "stands, so no branch can have taken over from it")
		}
		return
	}
	if b.Dissolved < b.Founded {
		p.add(place, "撤销日期 %s 早于成立日期 %s", "is dissolved on %s, before it is founded on %s", b.Dissolved, b.Founded)
	}
	if heir, ok := r.Branch(b.Successor); b.Successor != "" && (!ok || heir.Tier != b.Tier) {
		p.add(place, "承接支部 %q 不存在或层级不同", "successor %q does not exist or is of another tier", b.Successor)
	}
}

// checkSecretary checks who heads a branch and for how long. Nobody may: a
// warning is about that, not a fault.
func (r *Roster) checkSecretary(p *problems, place Name, b Branch) {
	holders := r.holders[Post{Role: Secretary, Unit: string(b.ID)}]
	switch _, ok := r.Person(b.SecretaryID); {
	case b.SecretaryID == "":
		if len(holders) > 0 {
			p.add(place, "未填写书记，%s 却担任其支部书记职务", "names no secretary, but %s holds that post of it", holders[0])
		}
		if !b.TermFrom.IsZero() || !b.TermEnds.IsZero() || b.Renewed != 0 {
			p.add(place, "没有书记，不能有任期", "has no secretary whose term it could be")
		}
	case !ok:
		p.add(place, "书记 %q 不存在", "secretary %q does not exist", b.SecretaryID)
	default:
		if role := RoleOf(b.Tier); role != "" && !r.Holds(b.SecretaryID, role, string(b.ID)) {
			p.add(place, "书记 %[1]s 没有在其中担任%[2]s", "secretary %[1]s does not hold the post %[3]s of it", b.SecretaryID, role.Name().ZH, role)
		}
		if !b.TermEnds.IsZero() && b.TermEnds < b.TermFrom {
			p.add(place, "书记任期自 %s 至 %s，起止颠倒", "the secretary's term from %s to %s is no span", b.TermFrom, b.TermEnds)
		}
	}
	if n := len(holders); n > 1 {
		p.add(place, "有 %d 名书记，只能有一名", "has %d secretaries, one is right", n)
	}
	for _, f := range b.Former {
		if _, ok := r.Person(f.Person); !ok {
			p.add(place, "前任书记 %q 不存在", "former secretary %q does not exist", f.Person)
		}
		if f.Until.IsZero() || f.Until < f.From {
			p.add(place, "前任书记 %s 的任职起止日期不对", "the days of former secretary %s are no span", f.Person)
		}
	}
}

// checkMembers checks who belongs to a branch and who supports it.
func (r *Roster) checkMembers(p *problems, place Name, b Branch) {
	for _, party := range b.Parties {
		if !named(party.Name.ZH, party.Name.EN) || party.Kind.Name() == (Name{}) {
			p.add(place, "联建单位须填写中英文名称，类别为 owner、builder、department、village 之一", "a party needs a name in both languages and a kind: owner, builder, department or village")
		}
	}
	for _, c := range b.CoBuilders {
		_, ok := r.Department(c.Department)
		if c.Department == "" && !named(c.Name.ZH, c.Name.EN) || c.Department != "" && !ok {
			p.add(place, "共建单位 %q 须是名册上的部门，或填写中英文名称", "co-builder %q must be a department of the roster, or have a name in both languages", c.Department)
		}
	}
	for _, c := range b.Contacts {
		_, ok := r.Person(c.Person)
		if !named(c.Section.ZH, c.Section.EN) || c.Person == "" && !named(c.Name.ZH, c.Name.EN) || c.Person != "" && !ok {
			p.add(place, "联络员须填写所在标段的中英文名称，并是名册上的人员，或填写中英文姓名", "a contact needs the section's name in both languages, and is a person of the roster or has a name in both languages")
		}
	}
}

func (r *Roster) checkProjects(p *problems) {
	for _, j := range r.file.Projects {
		place := projectPlace(j.ID)
		if d, ok := r.District(j.District); !ok {
			p.add(place, "区域 %q 不存在", "district %q does not exist", j.District)
		} else if d.Level != LevelDistrict {
			p.add(place, "%[1]s 不是区级，请填写所在的区", "%[1]s is a %[2]s; name the district", j.District, d.Level)
		}
		if officer, ok := r.Person(j.Officer); !ok {
			p.add(place, "包干责任人 %q 不存在", "responsible officer %q does not exist", j.Officer)
		} else if !officer.Left.IsZero() && j.Closed.IsZero() {
			p.add(place, "包干责任人 %s 已于 %s 离任，请先另行指定", "responsible officer %s has left on %s; name another first", j.Officer, officer.Left)
		}
		if !slices.Contains([]ProjectTier{ProvinceProject, CityProject, DistrictProject}, j.Tier) {
			p.add(place, "重点项目级别 %q 不是 province、city、district 之一", "tier %q is none of province, city, district", j.Tier)
		}
		if !slices.Contains([]ProjectType{NewStart, Continuing, Completing, Preparatory}, j.Type) {
			p.add(place, "建设性质 %q 不是 new_start、continuing、completing、preparatory 之一", "type %q is none of new_start, continuing, completing, preparatory", j.Type)
		}
		if !slices.Contains([]Sector{Industry, Transit, Infrastructure, WaterWorks, Livelihood}, j.Sector) {
			p.add(place, "领域 %q 不存在", "sector %q is not known", j.Sector)
		}
	}
}

func (r *Roster) checkSubstitutes(p *problems) {
	for _, s := range r.file.Substitutes {
		place := Name{fmt.Sprintf("%s 的代办人 %s", s.For, s.By), fmt.Sprintf("substitute of %s by %s", s.For, s.By)}
		if person, _ := r.Person(s.For); !member(&person, s.Unit) {
			p.add(place, "%s 在 %s 没有职务", "%s holds no post in %s", s.For, s.Unit)
		}
		switch by, ok := r.Person(s.By); {
		case !ok:
			p.add(place, "%s 不存在", "%s does not exist", s.By)
		case !by.Left.IsZero():
			p.add(place, "%s 已于 %s 离任", "%s has left on %s", s.By, by.Left)
		}
		if s.For == s.By {
			p.add(place, "本人不能做自己的代办人", "nobody stands in for themselves")
		}
		if s.From.IsZero() || s.Until < s.From {
			p.add(place, "起止日期 %q 至 %q 不对", "the days from %q until %q are no span", s.From, s.Until)
		}
	}
}
