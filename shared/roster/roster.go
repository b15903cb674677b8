package roster

import "lianban/shared/calendar"

// Ids. They are lower-case ASCII words joined by hyphens, and stable: histories
// and reports name them.
type (
	ProjectID    string
	BranchID     string
	DepartmentID string
	PersonID     string
)

// DistrictCode is an area's administrative code (行政区划代码), six digits: 440604
// is Chancheng 禅城区, 440600 Foshan 佛山市, 440000 Guangdong 广东省.
type DistrictCode string

// Name is a name in the two languages of the screens.
type Name struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// String returns the Chinese name.
func (n Name) String() string { return n.ZH }

// Origin is where an entry's facts come from.
type Origin struct {
	// Source is the report or law that states them, "" when none does.
	Source string `json:"source,omitempty"`
	// Assumed says what no source states and this product supposes; screens show
	// it with the entry. It is empty when nothing is supposed.
	Assumed Name `json:"assumed,omitzero"`
}

// IsAssumed reports whether any of the entry's facts is supposed.
func (o Origin) IsAssumed() bool { return o.Assumed != Name{} }

// Level is an area's place in the administration.
type Level string

const (
	LevelProvince Level = "province" // 省级
	LevelCity     Level = "city"     // 市级
	LevelDistrict Level = "district" // 区级
)

// District is an area (行政区域): a district, its city or its province.
type District struct {
	Code   DistrictCode `json:"code"`
	Level  Level        `json:"level"`
	Parent DistrictCode `json:"parent,omitempty"` // the city of a district, the province of a city
	NameZH string       `json:"nameZH"`
	NameEN string       `json:"nameEN"`
	Origin
}

// Department (部门) is a unit that answers sign-offs, or the bureau, the
// overseers, the administrators. District is the area whose level it has: a city
// department has the city's code even when it answers for a district.
//
// One that was merged or split stays on the roster, because histories name it. It
// has no people any more and decides nothing: see [Roster.Successor].
type Department struct {
	ID        DepartmentID   `json:"id"`
	Kind      DepartmentKind `json:"kind"`
	District  DistrictCode   `json:"district"`
	Town      Name           `json:"town,omitzero"` // of town governments and village committees
	NameZH    string         `json:"nameZH"`
	NameEN    string         `json:"nameEN"`
	Former    []FormerName   `json:"former,omitempty"`    // 曾用名, oldest first
	Until     calendar.Date  `json:"until,omitzero"`      // first day on which it no longer acts; zero: it acts
	Successor DepartmentID   `json:"successor,omitempty"` // of one that no longer acts: who took over what Shares does not name
	Shares    []Share        `json:"shares,omitempty"`    // of one that was split: who took over which items
	Origin
}

// Acting reports whether the department acts on a day.
func (d Department) Acting(on calendar.Date) bool { return d.Until.IsZero() || on < d.Until }

// FormerName is a name that a department had before the day.
type FormerName struct {
	NameZH string        `json:"nameZH"`
	NameEN string        `json:"nameEN"`
	Until  calendar.Date `json:"until"` // first day of the next name
}

// Tier (层级) is how high an issue has climbed.
type Tier string

const (
	TierBranch        Tier = "branch"         // 临时党支部
	TierGeneralBranch Tier = "general_branch" // 临时党总支
	TierHeadquarters  Tier = "headquarters"   // 总指挥部
)

// Branch is a temporary party branch (临时党支部) or a tier above branches. It lives
// as long as its projects: founded for them, dissolved when they are finished.
type Branch struct {
	ID       BranchID    `json:"id"`
	Tier     Tier        `json:"tier"`
	Parent   BranchID    `json:"parent,omitempty"`   // the next tier up; none for a headquarters
	Projects []ProjectID `json:"projects,omitempty"` // of tier branch: one, or several for a joint branch (联建)
	NameZH   string      `json:"nameZH"`
	NameEN   string      `json:"nameEN"`
	// SecretaryID is the secretary (支部书记) of a branch, and the one who heads a
	// general branch or headquarters; "" while nobody does.
	SecretaryID PersonID          `json:"secretary,omitempty"`
	TermFrom    calendar.Date     `json:"termFrom,omitzero"` // since when the secretary holds the office
	TermEnds    calendar.Date     `json:"termEnds,omitzero"` // last day of the term (任期); zero: none is set
	Renewed     int               `json:"renewed,omitempty"` // how often the term was renewed (续任)
	Former      []FormerSecretary `json:"former,omitempty"`  // earlier secretaries, oldest first
	Parties     []BranchParty     `json:"parties,omitempty"` // of a joint branch: whose members make it up
	CoBuilders  []CoBuilder       `json:"coBuilders,omitempty"`
	Contacts    []Contact         `json:"contacts,omitempty"` // one a section
	Founded     calendar.Date     `json:"founded,omitzero"`
	Dissolved   calendar.Date     `json:"dissolved,omitzero"`  // first day on which it no longer exists; zero: it stands
	Successor   BranchID          `json:"successor,omitempty"` // of a dissolved one: who took its projects over, if anybody did
	Origin
}

// Standing reports whether the branch exists on a day.
func (b Branch) Standing(on calendar.Date) bool {
	return b.Founded <= on && (b.Dissolved.IsZero() || on < b.Dissolved)
}

// FormerSecretary is who was the secretary before, and from when to when.
type FormerSecretary struct {
	Person  PersonID      `json:"person"`
	From    calendar.Date `json:"from,omitzero"`
	Until   calendar.Date `json:"until"` // first day on which the person no longer was
	Renewed int           `json:"renewed,omitempty"`
}

// PartyKind is what a party of a joint branch is to the project.
type PartyKind string

const (
	Owner     PartyKind = "owner"      // 建设单位
	Builder   PartyKind = "builder"    // 施工单位
	Authority PartyKind = "department" // 主管部门
	Village   PartyKind = "village"    // 村（社区）
)

// BranchParty is a unit whose members belong to a joint branch (联建单位). All four
// kinds together are the four in one (四位一体) of the Luohu 罗湖 report of 2017.
type BranchParty struct {
	Name Name      `json:"name"`
	Kind PartyKind `json:"kind"`
}

// CoBuilder is a unit that supports a branch without belonging to it (共建单位): a
// department of the roster, or another unit by its name.
type CoBuilder struct {
	Department DepartmentID `json:"department,omitempty"`
	Name       Name         `json:"name,omitzero"`
}

// Contact is a branch's contact (联络员) in a section (标段) of the works. Who has no
// account is there by name only.
type Contact struct {
	Section Name     `json:"section"`
	Name    Name     `json:"name,omitzero"`
	Person  PersonID `json:"person,omitempty"`
}

// ProjectTier is on whose list of key projects a project stands.
type ProjectTier string

const (
	ProvinceProject ProjectTier = "province" // 省重点项目
	CityProject     ProjectTier = "city"     // 市重点项目
	DistrictProject ProjectTier = "district" // 区重点项目
)

// ProjectType is how far a project has come.
type ProjectType string

const (
	NewStart    ProjectType = "new_start"   // 新开工
	Continuing  ProjectType = "continuing"  // 续建
	Completing  ProjectType = "completing"  // 竣工投产
	Preparatory ProjectType = "preparatory" // 前期预备
)

// Sector is what a project builds.
type Sector string

const (
	Industry       Sector = "industry"       // 产业
	Transit        Sector = "transit"        // 轨道交通
	Infrastructure Sector = "infrastructure" // 基础设施
	WaterWorks     Sector = "water"          // 水务环保
	Livelihood     Sector = "livelihood"     // 民生保障
)

// Project (重点项目) is a key construction project.
type Project struct {
	ID       ProjectID    `json:"id"`
	NameZH   string       `json:"nameZH"`
	NameEN   string       `json:"nameEN"`
	District DistrictCode `json:"district"`
	Town     Name         `json:"town,omitzero"` // 镇街
	Sector   Sector       `json:"sector"`
	Tier     ProjectTier  `json:"tier"`
	Type     ProjectType  `json:"type"`
	// Officer is the named responsible person (包干责任人).
	Officer PersonID `json:"officer"`
	// Closed is the first day on which it is no key project any more (竣工); zero: it is.
	Closed calendar.Date `json:"closed,omitzero"`
	Origin
}

// InForce reports whether the project is a key project on a day.
func (p Project) InForce(on calendar.Date) bool { return p.Closed.IsZero() || on < p.Closed }

// Role is what a post lets its holder do; the table "People" of the product.
type Role string

const (
	Secretary     Role = "secretary"      // 支部书记; unit: a branch
	Officer       Role = "officer"        // 部门承办人; unit: a department
	Lead          Role = "lead"           // 部门负责人; unit: a department
	GeneralBranch Role = "general_branch" // 临时党总支; unit: a general branch
	Headquarters  Role = "headquarters"   // 总指挥部; unit: a headquarters
	Bureau        Role = "bureau"         // 重点项目局; unit: a department of kind bureau
	Overseer      Role = "overseer"       // 监督员; unit: a department of kind oversight
	Administrator Role = "administrator"  // 系统管理员; unit: a department of kind administration

	// The three kinds of administrators (三员分立) keep watch on each other: what one sets up,
	// another approves and the third looks through (GB/T 22239-2019, 8.1.5.1 to 8.1.5.3).
	// Nobody is two of them.
	SecurityAdministrator Role = "security_administrator" // 安全管理员; unit: as of the administrator
	AuditAdministrator    Role = "audit_administrator"    // 审计管理员; unit: as of the administrator
)

// Post (职务) is a role in a unit.
type Post struct {
	Role  Role          `json:"role"`
	Unit  string        `json:"unit"`           // a BranchID or a DepartmentID, as the role says
	Since calendar.Date `json:"since,omitzero"` // for the rule that posts approving projects rotate
}

// Person is somebody who acts. NameZH and NameEN are shown beside every act.
type Person struct {
	ID     PersonID `json:"id"`
	NameZH string   `json:"nameZH"`
	NameEN string   `json:"nameEN"`
	Posts  []Post   `json:"posts"`
	// Left is since when the person holds no post; who has left is kept because
	// histories name them.
	Left      calendar.Date `json:"left,omitzero"`
	Interests []ProjectID   `json:"interests,omitempty"` // projects from which the person must stand aside (回避)
	Fictional bool          `json:"fictional,omitempty"` // invented for the demonstration
	Origin
}

// Substitute (代办人) is somebody who does a colleague's work for a while, with a
// post of their own in the unit or without.
type Substitute struct {
	For   PersonID      `json:"for"`
	By    PersonID      `json:"by"`
	Unit  DepartmentID  `json:"unit"`
	From  calendar.Date `json:"from"`
	Until calendar.Date `json:"until"` // the last day
}
