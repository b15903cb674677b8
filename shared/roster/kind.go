package roster

// DepartmentKind is what a department is for, whatever it is called and whatever
// its level. The catalogue names kinds; competence makes them departments.
type DepartmentKind string

const (
	Development         DepartmentKind = "development"        // 发展改革
	NaturalResources    DepartmentKind = "natural_resources"  // 自然资源
	Forestry            DepartmentKind = "forestry"           // 林业
	Ecology             DepartmentKind = "ecology"            // 生态环境
	Water               DepartmentKind = "water"              // 水利（水务）
	Culture             DepartmentKind = "culture"            // 文化旅游（文物）
	StateSecurity       DepartmentKind = "state_security"     // 国家安全
	Transport           DepartmentKind = "transport"          // 交通运输
	CivilAirDefence     DepartmentKind = "civil_air_defence"  // 人民防空
	Housing             DepartmentKind = "housing"            // 住房城乡建设
	ProvincialHousing   DepartmentKind = "provincial_housing" // 省级住房城乡建设
	DrawingReview       DepartmentKind = "drawing_review"     // 施工图审查机构
	Meteorology         DepartmentKind = "meteorology"        // 气象
	UrbanManagement     DepartmentKind = "urban_management"   // 城市管理
	Parks               DepartmentKind = "parks"              // 园林绿化
	TrafficPolice       DepartmentKind = "traffic_police"     // 公安交警
	SectorAuthority     DepartmentKind = "sector_authority"   // 行业主管部门
	Utilities           DepartmentKind = "utilities"          // 管线产权单位
	TownGovernment      DepartmentKind = "town_government"    // 镇人民政府（街道办事处）
	VillageCommittee    DepartmentKind = "village_committee"  // 村（居）民委员会
	KeyProjectBureau    DepartmentKind = "bureau"             // 重点项目局
	Oversight           DepartmentKind = "oversight"          // 监督机构
	SystemAdministrator DepartmentKind = "administration"     // 系统管理
)

var kinds = []struct {
	kind DepartmentKind
	name Name
}{
	{Development, Name{"发展改革", "Development and reform"}},
	{NaturalResources, Name{"自然资源", "Natural resources"}},
	{Forestry, Name{"林业", "Forestry"}},
	{Ecology, Name{"生态环境", "Ecology and environment"}},
	{Water, Name{"水利（水务）", "Water"}},
	{Culture, Name{"文化旅游（文物）", "Culture, tourism and relics"}},
	{StateSecurity, Name{"国家安全", "State security"}},
	{Transport, Name{"交通运输", "Transport"}},
	{CivilAirDefence, Name{"人民防空", "Civil air defence"}},
	{Housing, Name{"住房城乡建设", "Housing and construction"}},
	{ProvincialHousing, Name{"省级住房城乡建设", "Provincial housing and construction"}},
	{DrawingReview, Name{"施工图审查机构", "Construction-drawing review office"}},
	{Meteorology, Name{"气象", "Meteorology"}},
	{UrbanManagement, Name{"城市管理", "Urban management"}},
	{Parks, Name{"园林绿化", "Parks and greening"}},
	{TrafficPolice, Name{"公安交警", "Traffic police"}},
	{SectorAuthority, Name{"行业主管部门", "Sector authority"}},
	{Utilities, Name{"管线产权单位", "Utility owners"}},
	{TownGovernment, Name{"镇人民政府（街道办事处）", "Town government"}},
	{VillageCommittee, Name{"村（居）民委员会", "Village committee"}},
	{KeyProjectBureau, Name{"重点项目局", "Key project bureau"}},
	{Oversight, Name{"监督机构", "Oversight"}},
	{SystemAdministrator, Name{"系统管理", "System administration"}},
}

// Kinds returns every kind, in the order in which screens list them.
func Kinds() []DepartmentKind {
	all := make([]DepartmentKind, len(kinds))
	for i, k := range kinds {
		all[i] = k.kind
	}
	return all
}

// Known reports whether k is one of Kinds.
func (k DepartmentKind) Known() bool { return k.Name() != Name{} }

// Name returns the kind's name, the zero Name for an unknown kind.
func (k DepartmentKind) Name() Name {
	for _, known := range kinds {
		if known.kind == k {
			return known.name
		}
	}
	return Name{}
}

// Decides reports whether departments of the kind answer sign-offs. The bureau,
// the overseers and the administrators must not.
func (k DepartmentKind) Decides() bool {
	return k != KeyProjectBureau && k != Oversight && k != SystemAdministrator
}

// Local reports whether departments of the kind belong to a town, so that a
// district has many of them and the project's town says which take part.
func (k DepartmentKind) Local() bool { return k == TownGovernment || k == VillageCommittee }
