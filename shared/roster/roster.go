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
type Department struct {
	ID       DepartmentID   `json:"id"`
	Kind     DepartmentKind `json:"kind"`
	District DistrictCode   `json:"district"`
	Town     Name           `json:"town,omitzero"` // of town governments and village committees
	NameZH   string         `json:"nameZH"`
	NameEN   string         `json:"nameEN"`
	Origin
}

// Tier (层级) is how high an issue has climbed.
type Tier string

const (
	TierBranch        Tier = "branch"         // 临时党支部
	TierGeneralBranch Tier = "general_branch" // 临时党总支
	TierHeadquarters  Tier = "headquarters"   // 总指挥部
)

// Branch is a temporary party branch (临时党支部) or a tier above branches.
type Branch struct {
	ID       BranchID    `json:"id"`
	Tier     Tier        `json:"tier"`
	Parent   BranchID    `json:"parent,omitempty"`   // the next tier up; none for a headquarters
	Projects []ProjectID `json:"projects,omitempty"` // of tier branch: one, or several for a joint branch (联建)
	NameZH   string      `json:"nameZH"`
	NameEN   string      `json:"nameEN"`
	// SecretaryID is the secretary (支部书记) of a branch, and the one who heads a
	// general branch or headquarters.
	SecretaryID PersonID      `json:"secretary"`
	Founded     calendar.Date `json:"founded,omitzero"`
	Dissolved   calendar.Date `json:"dissolved,omitzero"` // first day on which it no longer exists; zero: it stands
	Origin
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
	Origin
}

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
)

// Post (职务) is a role in a unit.
type Post struct {
	Role  Role          `json:"role"`
	Unit  string        `json:"unit"`           // a BranchID or a DepartmentID, as the role says
	Since calendar.Date `json:"since,omitzero"` // for the rule that posts approving projects rotate
}

// Person is somebody who acts. NameZH and NameEN are shown beside every act.
type Person struct {
	ID        PersonID    `json:"id"`
	NameZH    string      `json:"nameZH"`
	NameEN    string      `json:"nameEN"`
	Posts     []Post      `json:"posts"`
	Interests []ProjectID `json:"interests,omitempty"` // projects from which the person must stand aside (回避)
	Fictional bool        `json:"fictional,omitempty"` // invented for the demonstration
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
