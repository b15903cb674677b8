package roster

import (
	"errors"
	"fmt"
	"slices"

	"lianban/shared/calendar"
)

// Change is one thing that changes a roster; exactly one of its fields is set. All
// of them can be stored as JSON.
type Change struct {
	Reorganise *Reorganisation `json:"reorganise,omitempty"`
	Found      *Founding       `json:"found,omitempty"`
	Dissolve   *Dissolution    `json:"dissolve,omitempty"`
	Secretary  *Appointment    `json:"secretary,omitempty"`
	Projects   *ProjectChange  `json:"projects,omitempty"`
	People     *PersonChange   `json:"people,omitempty"`
	Substitute *Substitute     `json:"substitute,omitempty"`
	Officer    *Responsible    `json:"officer,omitempty"`
	Units      *BranchUnits    `json:"units,omitempty"`
}

// Reorganisation (机构改革) merges, splits and renames departments by one document.
// What merges names the same successor; what splits names a share for each.
type Reorganisation struct {
	New      []Department `json:"new,omitempty"` // departments that begin with it
	Passages []Passage    `json:"passages,omitempty"`
	Renames  []Rename     `json:"renames,omitempty"`
}

// Passage is what becomes of one department.
type Passage struct {
	From DepartmentID `json:"from"`
	// To takes over whatever no share names, people and their posts included, and From
	// no longer acts. When it is "", From goes on with what is not shared out.
	To     DepartmentID `json:"to,omitempty"`
	Shares []Share      `json:"shares,omitempty"`
}

// Share is what one successor takes of a department that is split.
type Share struct {
	To     DepartmentID `json:"to"`
	Items  []int        `json:"items,omitempty"`  // numbers of the catalogue's items
	People []PersonID   `json:"people,omitempty"` // who goes along, with the post held
}

// Rename gives a department a new name under its old id.
type Rename struct {
	Department DepartmentID `json:"department"`
	NameZH     string       `json:"nameZH"`
	NameEN     string       `json:"nameEN"`
}

// Founding (成立支部) is a new branch, general branch or headquarters, which is
// founded on the day. Its secretary gets the post; a term may be given.
type Founding struct {
	Branch
}

// Dissolution (撤销支部) ends a branch. Its projects, or the branches below it, pass to
// the successor; without one its projects must be closed.
type Dissolution struct {
	Branch    BranchID `json:"branch"`
	Successor BranchID `json:"successor,omitempty"`
}

// Appointment (任职) makes somebody the secretary of a branch in place of who was it
// (交接), or renews the secretary's own term (续任). First secretaries (第一书记) are
// appointed for a year and renewed once in the Chancheng report of 2021; that is what
// an appointment says, and no rule here.
type Appointment struct {
	Branch   BranchID      `json:"branch"`
	Person   PersonID      `json:"person"`
	From     calendar.Date `json:"from,omitzero"` // the day itself when absent; of a renewal, of the new term
	TermEnds calendar.Date `json:"termEnds,omitzero"`
	Renewal  bool          `json:"renewal,omitempty"`
}

// ProjectChange is a new key project, one that moves to another branch, or one that is
// finished (竣工). Either New or Project is set.
type ProjectChange struct {
	New     *Project  `json:"new,omitempty"`
	Project ProjectID `json:"project,omitempty"`
	To      BranchID  `json:"to,omitempty"` // the branch it joins; "": it stays where it is
	Closed  bool      `json:"closed,omitempty"`
}

// PersonChange is a new person, posts that somebody begins and ends, or interests that
// somebody declares. Who ends the last post has left. Either New or Person is set.
type PersonChange struct {
	New     *Person   `json:"new,omitempty"`
	Person  PersonID  `json:"person,omitempty"`
	Begin   []Post    `json:"begin,omitempty"`
	End     []Post    `json:"end,omitempty"`
	Leave   bool      `json:"leave,omitempty"`   // ends all
	Declare *Declared `json:"declare,omitempty"` // in place of what was declared before
}

// Declared (利害关系申报) are the projects from which somebody must stand aside (回避).
type Declared struct {
	Projects []ProjectID `json:"projects,omitempty"` // none: from no project any more
}

// Responsible names the responsible officer (包干责任人) of a project.
type Responsible struct {
	Project ProjectID `json:"project"`
	Person  PersonID  `json:"person"`
}

// BranchUnits says anew whose members make a standing branch up (联建单位), which units
// support it (共建单位), and who its contacts are (联络员). Each list replaces the branch's.
type BranchUnits struct {
	Branch     BranchID      `json:"branch"`
	Parties    []BranchParty `json:"parties,omitempty"`
	CoBuilders []CoBuilder   `json:"coBuilders,omitempty"`
	Contacts   []Contact     `json:"contacts,omitempty"`
}

// With returns the roster as it is once the changes are in force on the day, in the
// order given, checked whole; the receiver is unchanged. The result is the roster of
// that day and those after it: who acts there acts now. The error lists every fault,
// see [Faults]; whether the whole still fits together is checked when no single
// change is at fault.
func (r *Roster) With(on calendar.Date, changes ...Change) (*Roster, error) {
	n := &edit{file: r.file.clone(), on: on}
	for k, c := range changes {
		n.place = Name{fmt.Sprintf("第 %d 项变更", k+1), fmt.Sprintf("change %d", k+1)}
		n.take(c)
	}
	if on.IsZero() {
		n.place = Name{"变更", "changes"}
		n.fault("须填写生效日期", "the day on which they come into force is missing")
	}
	if err := errors.Join(n.problems...); err != nil {
		return nil, fmt.Errorf("roster cannot be changed:\n%w", err)
	}
	n.tidy()
	next := &Roster{file: n.file}
	if err := next.index(); err != nil {
		return nil, fmt.Errorf("roster would not be consistent:\n%w", err)
	}
	return next, nil
}

// edit is a roster while it is changed.
type edit struct {
	file
	problems
	on    calendar.Date
	place Name
}

func (n *edit) fault(zh, en string, args ...any) { n.add(n.place, zh, en, args...) }

func (n *edit) take(c Change) {
	set := 0
	for _, given := range []bool{
		c.Reorganise != nil, c.Found != nil, c.Dissolve != nil, c.Secretary != nil,
		c.Projects != nil, c.People != nil, c.Substitute != nil, c.Officer != nil, c.Units != nil,
	} {
		if given {
			set++
		}
	}
	switch {
	case set != 1:
		n.fault("每项变更须且只能写一件事，现有 %d 件", "a change says exactly one thing, this says %d", set)
	case c.Reorganise != nil:
		n.reorganise(*c.Reorganise)
	case c.Found != nil:
		n.found(*c.Found)
	case c.Dissolve != nil:
		n.dissolve(*c.Dissolve)
	case c.Secretary != nil:
		n.appoint(*c.Secretary)
	case c.Projects != nil:
		n.project(*c.Projects)
	case c.People != nil:
		n.person(*c.People)
	case c.Substitute != nil:
		n.substitute(*c.Substitute)
	case c.Officer != nil:
		n.responsible(*c.Officer)
	case c.Units != nil:
		n.units(*c.Units)
	}
}

func find[V any, K comparable](list []V, id func(*V) K, key K) *V {
	for i := range list {
		if id(&list[i]) == key {
			return &list[i]
		}
	}
	return nil
}

func (n *edit) department(id DepartmentID) *Department {
	d := find(n.Departments, func(d *Department) DepartmentID { return d.ID }, id)
	if d == nil {
		n.fault("部门 %q 不存在", "department %q does not exist", id)
	}
	return d
}

func (n *edit) branch(id BranchID) *Branch {
	b := find(n.Branches, func(b *Branch) BranchID { return b.ID }, id)
	switch {
	case b == nil:
		n.fault("支部 %q 不存在", "branch %q does not exist", id)
	case !b.Dissolved.IsZero():
		n.fault("支部 %s 已于 %s 撤销", "branch %s was dissolved on %s", id, b.Dissolved)
		return nil
	}
	return b
}

func (n *edit) someone(id PersonID) *Person {
	p := find(n.People, func(p *Person) PersonID { return p.ID }, id)
	if p == nil {
		n.fault("人员 %q 不存在", "person %q does not exist", id)
	}
	return p
}

func (n *edit) theProject(id ProjectID) *Project {
	p := find(n.Projects, func(p *Project) ProjectID { return p.ID }, id)
	switch {
	case p == nil:
		n.fault("项目 %q 不存在", "project %q does not exist", id)
	case !p.Closed.IsZero():
		n.fault("项目 %s 已于 %s 竣工", "project %s was finished on %s", id, p.Closed)
		return nil
	}
	return p
}

func (n *edit) reorganise(c Reorganisation) {
	if len(c.New)+len(c.Passages)+len(c.Renames) == 0 {
		n.fault("机构改革没有写明任何部门", "the reorganisation names no department")
	}
	for _, d := range c.New {
		if !d.Until.IsZero() || d.Successor != "" || len(d.Shares) > 0 || len(d.Former) > 0 {
			n.fault("新设部门 %s 不能有曾用名或承接部门", "the new department %s can have neither former names nor a successor", d.ID)
		}
		n.Departments = append(n.Departments, d.clone())
	}
	for _, rename := range c.Renames {
		d := n.department(rename.Department)
		switch {
		case d == nil:
		case d.NameZH == rename.NameZH && d.NameEN == rename.NameEN:
			n.fault("部门 %s 的新名称与原名称相同", "the new name of department %s is the one it has", d.ID)
		default:
			d.Former = append(d.Former, FormerName{d.NameZH, d.NameEN, n.on})
			d.NameZH, d.NameEN = rename.NameZH, rename.NameEN
		}
	}
	for _, p := range c.Passages {
		n.pass(p)
	}
}

// pass moves a department's people, and ends it when somebody takes it over.
func (n *edit) pass(p Passage) {
	from := n.department(p.From)
	if from == nil {
		return
	}
	if !from.Until.IsZero() {
		n.fault("部门 %s 自 %s 起已不再履行职责", "department %s no longer acts since %s", p.From, from.Until)
		return
	}
	heirs := make([]DepartmentID, 0, len(p.Shares)+1)
	if p.To != "" {
		heirs = append(heirs, p.To)
	}
	for _, s := range p.Shares {
		heirs = append(heirs, s.To)
	}
	if len(heirs) == 0 {
		n.fault("没有写明部门 %s 的职责由谁承接", "nobody is named who takes over from department %s", p.From)
	}
	for _, id := range heirs {
		switch heir := n.department(id); {
		case heir == nil:
		case id == p.From:
			n.fault("部门 %s 不能由自己承接；部分职责划出时，承接部门留空", "department %s cannot take over from itself; to share out a part, leave the successor empty", id)
		case !heir.Until.IsZero():
			n.fault("承接部门 %s 自 %s 起已不再履行职责", "successor %s no longer acts since %s", id, heir.Until)
		}
	}
	for _, s := range p.Shares {
		for _, id := range s.People {
			if person := n.someone(id); person != nil && !n.moves(person, p.From, s.To) {
				n.fault("%s 在 %s 没有职务，不能随职责划转", "%s holds no post in %s and cannot go along", id, p.From)
			}
		}
	}
	if p.To == "" {
		return
	}
	for i := range n.People {
		n.moves(&n.People[i], p.From, p.To)
	}
	from.Until, from.Successor, from.Shares = n.on, p.To, nil
	for _, s := range p.Shares {
		if len(s.Items) > 0 {
			from.Shares = append(from.Shares, Share{To: s.To, Items: slices.Clone(s.Items)})
		}
	}
}

// moves moves a person's posts and substitutions from a department to another: the
// same work goes on, so its first day stays. It reports whether there were any.
func (n *edit) moves(person *Person, from, to DepartmentID) (moved bool) {
	posts := make([]Post, 0, len(person.Posts))
	for _, post := range person.Posts {
		if post.Unit == string(from) {
			moved = true
			post.Unit = string(to)
		}
		if !slices.ContainsFunc(posts, func(p Post) bool { return p.Role == post.Role && p.Unit == post.Unit }) {
			posts = append(posts, post)
		}
	}
	person.Posts = posts
	for i := range n.Substitutes {
		if s := &n.Substitutes[i]; s.For == person.ID && s.Unit == from {
			s.Unit = to
		}
	}
	return moved
}

func (n *edit) found(c Founding) {
	b := c.Branch.clone()
	if !b.Founded.IsZero() && b.Founded != n.on {
		n.fault("成立日期 %s 与生效日期 %s 不一致", "it is founded on %s, but comes into force on %s", b.Founded, n.on)
	}
	if !b.Dissolved.IsZero() || b.Successor != "" || len(b.Former) > 0 || b.Renewed != 0 {
		n.fault("新成立的支部不能有前任书记、续任或撤销日期", "a new branch can have no former secretary, no renewal and no day of dissolution")
	}
	b.Founded = n.on
	if b.SecretaryID != "" {
		if person := n.someone(b.SecretaryID); person != nil {
			n.begin(person, Post{Role: RoleOf(b.Tier), Unit: string(b.ID)})
		}
		if b.TermFrom.IsZero() {
			b.TermFrom = n.on
		}
	}
	n.Branches = append(n.Branches, b)
}

func (n *edit) dissolve(c Dissolution) {
	b := n.branch(c.Branch)
	if b == nil {
		return
	}
	var heir *Branch
	if c.Successor != "" {
		if heir = n.branch(c.Successor); heir == nil {
			return
		}
		if heir == b {
			n.fault("支部 %s 不能由自己承接", "branch %s cannot take over from itself", b.ID)
			return
		}
	}
	for _, id := range b.Projects {
		j := find(n.Projects, func(j *Project) ProjectID { return j.ID }, id)
		switch {
		case heir != nil:
			heir.Projects = append(heir.Projects, id)
		case j != nil && j.Closed.IsZero():
			n.fault("支部 %s 的项目 %s 尚未竣工，请指定承接支部", "project %[2]s of branch %[1]s is not finished; name the branch that takes it over", b.ID, id)
		}
	}
	for i := range n.Branches {
		below := &n.Branches[i]
		if below.Parent != b.ID || !below.Dissolved.IsZero() {
			continue
		}
		if heir == nil {
			n.fault("%s 之下还有支部 %s，请指定承接的上级", "branch %[2]s stands below %[1]s; name who takes it over", b.ID, below.ID)
			continue
		}
		below.Parent = heir.ID
	}
	if heir != nil {
		b.Projects = nil
	}
	n.vacate(b, n.on)
	for i := range n.People {
		n.end(&n.People[i], func(post Post) bool { return post.Unit == string(b.ID) })
	}
	b.Dissolved, b.Successor = n.on, c.Successor
}

// vacate ends a secretary's time in office.
func (n *edit) vacate(b *Branch, until calendar.Date) {
	if b.SecretaryID != "" {
		b.Former = append(b.Former, FormerSecretary{b.SecretaryID, b.TermFrom, until, b.Renewed})
	}
	b.SecretaryID, b.TermFrom, b.TermEnds, b.Renewed = "", 0, 0, 0
}

func (n *edit) appoint(c Appointment) {
	if c.From.IsZero() {
		c.From = n.on
	}
	if c.From > n.on && !c.Renewal {
		n.fault("任职日期 %s 晚于生效日期 %s", "the appointment from %s comes after the day %s on which the change is in force", c.From, n.on)
	}
	b, person := n.branch(c.Branch), n.someone(c.Person)
	if b == nil || person == nil {
		return
	}
	if c.Renewal {
		switch {
		case b.SecretaryID != c.Person:
			n.fault("%s 不是支部 %s 的现任书记，不能续任", "%s is not the secretary of %s, so the term cannot be renewed", c.Person, c.Branch)
		case c.TermEnds.IsZero() || c.TermEnds <= b.TermEnds:
			n.fault("续任须填写届满日期，并晚于原届满日期 %q", "a renewal needs the day on which the new term ends, after the old one %q", b.TermEnds)
		default:
			b.TermEnds, b.Renewed = c.TermEnds, b.Renewed+1
		}
		return
	}
	if b.SecretaryID == c.Person {
		n.fault("%s 已是支部 %s 的书记，延长任期请按续任办理", "%s is the secretary of %s already; to prolong the term, renew it", c.Person, c.Branch)
		return
	}
	if !b.TermFrom.IsZero() && c.From < b.TermFrom {
		n.fault("任职日期 %s 早于前任书记的任职日期 %s", "the appointment from %s comes before the one of %s", c.From, b.TermFrom)
		return
	}
	former := b.SecretaryID
	n.vacate(b, c.From)
	if was := find(n.People, func(p *Person) PersonID { return p.ID }, former); was != nil {
		// Of a general branch or a headquarters several people are members; who no
		// longer heads it stays one.
		n.end(was, func(post Post) bool { return post.Role == Secretary && post.Unit == string(b.ID) })
	}
	b.SecretaryID, b.TermFrom, b.TermEnds = c.Person, c.From, c.TermEnds
	n.begin(person, Post{Role: RoleOf(b.Tier), Unit: string(b.ID), Since: c.From})
}

func (n *edit) project(c ProjectChange) {
	var project *Project
	switch {
	case (c.New == nil) == (c.Project == ""):
		n.fault("须填写新项目或已有项目之一", "either a new project or one that exists is needed")
	case c.New != nil:
		if c.Closed || !c.New.Closed.IsZero() {
			n.fault("新项目 %s 不能已经竣工", "the new project %s cannot be finished already", c.New.ID)
		}
		n.Projects = append(n.Projects, *c.New)
		project = &n.Projects[len(n.Projects)-1]
	default:
		if project = n.theProject(c.Project); project != nil && c.To == "" && !c.Closed {
			n.fault("没有写明项目 %s 的变更内容", "nothing is said to change about project %s", c.Project)
		}
	}
	if project == nil {
		return
	}
	if c.Closed {
		project.Closed = n.on
	}
	if c.To == "" {
		return
	}
	if to := n.branch(c.To); to != nil {
		for i := range n.Branches {
			if b := &n.Branches[i]; b.Dissolved.IsZero() {
				b.Projects = slices.DeleteFunc(b.Projects, func(id ProjectID) bool { return id == project.ID })
			}
		}
		to.Projects = append(to.Projects, project.ID)
	}
}

func (n *edit) person(c PersonChange) {
	var person *Person
	switch {
	case (c.New == nil) == (c.Person == ""):
		n.fault("须填写新人员或已有人员之一", "either a new person or one who exists is needed")
	case c.New != nil:
		n.People = append(n.People, c.New.clone())
		person = &n.People[len(n.People)-1]
		for i := range person.Posts {
			post := &person.Posts[i]
			n.open(*post)
			if post.Since.IsZero() {
				post.Since = n.on
			}
		}
	default:
		if person = n.someone(c.Person); person != nil && len(c.Begin)+len(c.End) == 0 && !c.Leave && c.Declare == nil {
			n.fault("没有写明 %s 的职务变动或利害关系申报", "nothing is said to change about %s", c.Person)
		}
	}
	if person == nil {
		return
	}
	if c.Declare != nil {
		person.Interests = slices.Clone(c.Declare.Projects)
	}
	for _, post := range c.End {
		if !slices.ContainsFunc(person.Posts, post.same) {
			n.fault("%[1]s 在 %[2]s 没有%[3]s职务", "%[1]s does not hold the post %[4]s in %[2]s", person.ID, post.Unit, post.Role.Name().ZH, post.Role)
		}
	}
	n.end(person, func(post Post) bool { return c.Leave || slices.ContainsFunc(c.End, post.same) })
	if c.Leave && len(c.Begin) > 0 {
		n.fault("%s 离任，不能同时任新职", "%s leaves and cannot begin a post", person.ID)
		return
	}
	for _, post := range c.Begin {
		n.open(post)
		n.begin(person, post)
	}
}

// open refuses to make a secretary by the way: a term and a predecessor go with it.
func (n *edit) open(post Post) {
	if post.Role == Secretary {
		n.fault("支部 %s 的书记请按任职办理", "make the secretary of branch %s by an appointment", post.Unit)
	}
}

// same reports whether two posts are one, whenever they began.
func (p Post) same(q Post) bool { return p.Role == q.Role && p.Unit == q.Unit }

// begin gives a person a post, from the day on when no other is given.
func (n *edit) begin(person *Person, post Post) {
	if slices.ContainsFunc(person.Posts, post.same) {
		return
	}
	if post.Since.IsZero() {
		post.Since = n.on
	}
	person.Posts = append(person.Posts, post)
	person.Left = 0
}

// end takes posts from a person. A branch that the person headed by one of them has
// nobody at its head then.
func (n *edit) end(person *Person, which func(Post) bool) {
	kept := make([]Post, 0, len(person.Posts))
	for _, post := range person.Posts {
		if !which(post) {
			kept = append(kept, post)
			continue
		}
		if b := find(n.Branches, func(b *Branch) BranchID { return b.ID }, BranchID(post.Unit)); b != nil && b.SecretaryID == person.ID && post.Role == RoleOf(b.Tier) {
			n.vacate(b, n.on)
		}
	}
	if len(kept) == 0 && len(person.Posts) > 0 {
		person.Left = n.on
	}
	person.Posts = kept
}

func (n *edit) responsible(c Responsible) {
	project, person := n.theProject(c.Project), n.someone(c.Person)
	switch {
	case project == nil || person == nil:
	case project.Officer == c.Person:
		n.fault("%s 已是项目 %s 的包干责任人", "%s is the responsible officer of %s already", c.Person, c.Project)
	default:
		project.Officer = c.Person
	}
}

func (n *edit) units(c BranchUnits) {
	if b := n.branch(c.Branch); b != nil {
		b.Parties, b.CoBuilders, b.Contacts = slices.Clone(c.Parties), slices.Clone(c.CoBuilders), slices.Clone(c.Contacts)
	}
}

func (n *edit) substitute(s Substitute) {
	if person := n.someone(s.For); person != nil && !member(person, s.Unit) {
		n.fault("%s 在 %s 没有职务，无需代办", "%s holds no post in %s that somebody could stand in for", s.For, s.Unit)
	}
	if by := n.someone(s.By); by != nil && !by.Left.IsZero() {
		n.fault("%s 已于 %s 离任，不能代办", "%s has left on %s and cannot stand in", s.By, by.Left)
	}
	if s.Until < n.on {
		n.fault("代办期限已于 %s 届满，早于生效日期 %s", "the substitution ends on %s, before the day %s on which it comes into force", s.Until, n.on)
	}
	n.Substitutes = append(n.Substitutes, s)
}

// tidy ends the substitutions for work that somebody no longer has, and by people who
// have left.
func (n *edit) tidy() {
	n.Substitutes = slices.DeleteFunc(n.Substitutes, func(s Substitute) bool {
		return slices.ContainsFunc(n.People, func(p Person) bool {
			return p.ID == s.For && !member(&p, s.Unit) || p.ID == s.By && !p.Left.IsZero()
		})
	})
}

// member reports whether a person is an officer or a lead of a department.
func member(p *Person, unit DepartmentID) bool {
	return slices.ContainsFunc(p.Posts, func(post Post) bool {
		return post.Unit == string(unit) && (post.Role == Officer || post.Role == Lead)
	})
}

func (f file) clone() file {
	f.Districts = slices.Clone(f.Districts)
	f.Projects = slices.Clone(f.Projects)
	f.Substitutes = slices.Clone(f.Substitutes)
	f.Departments = cloned(f.Departments, Department.clone)
	f.Branches = cloned(f.Branches, Branch.clone)
	f.People = cloned(f.People, Person.clone)
	return f
}

func cloned[V any](list []V, clone func(V) V) []V {
	out := slices.Clone(list)
	for i := range out {
		out[i] = clone(out[i])
	}
	return out
}

func cloneShares(shares []Share) []Share {
	return cloned(shares, func(s Share) Share {
		s.Items, s.People = slices.Clone(s.Items), slices.Clone(s.People)
		return s
	})
}
