package city

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// madeUp marks everything that the city brings along.
var madeUp = roster.Origin{Assumed: roster.Name{ZH: "由模拟程序按种子生成，纯属虚构（拟定）", EN: "Made up by the simulation from its seed (assumed)"}}

// The codes of the made-up areas; no province of China has 99.
const (
	provinceCode roster.DistrictCode = "990000"
	cityCode     roster.DistrictCode = "990100"
)

const headquarters roster.BranchID = "headquarters"

// stems number what is made up: 甲, 乙 ... and A, B ...
var stems = []string{"甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"}

func stem(k int) roster.Name {
	n := roster.Name{ZH: stems[k%10], EN: string(rune('A' + k%10))}
	if k >= 10 {
		n.ZH, n.EN = n.ZH+fmt.Sprint(k/10+1), n.EN+fmt.Sprint(k/10+1)
	}
	return n
}

// own are the kinds of department that each district has; the city answers for
// the rest.
var (
	own = []roster.DepartmentKind{
		roster.Development, roster.NaturalResources, roster.Ecology, roster.Water, roster.Culture, roster.Transport, roster.Housing,
		roster.DrawingReview, roster.UrbanManagement, roster.Parks, roster.TrafficPolice, roster.SectorAuthority, roster.Utilities,
	}
	shared = []roster.DepartmentKind{roster.Forestry, roster.StateSecurity, roster.CivilAirDefence, roster.Meteorology, roster.ProvincialHousing}
)

// book is a roster as roster.Load reads it.
type book struct {
	Districts   []roster.District   `json:"districts"`
	Departments []roster.Department `json:"departments"`
	Projects    []roster.Project    `json:"projects"`
	Branches    []roster.Branch     `json:"branches"`
	People      []roster.Person     `json:"people"`
	Substitutes []roster.Substitute `json:"substitutes,omitempty"`
}

// places makes the areas, the departments and who is competent for what.
func places(districts int) (b book, competences []catalog.Competence) {
	b.Districts = []roster.District{
		{Code: provinceCode, Level: roster.LevelProvince, NameZH: "拟省（虚构）", NameEN: "Nisheng Province (invented)", Origin: madeUp},
		{Code: cityCode, Level: roster.LevelCity, Parent: provinceCode, NameZH: "拟州市（虚构）", NameEN: "Nizhou City (invented)", Origin: madeUp},
	}
	department := func(id string, kind roster.DepartmentKind, at roster.DistrictCode, place, town roster.Name) roster.DepartmentID {
		n := kind.Name()
		d := roster.Department{ID: roster.DepartmentID(id), Kind: kind, District: at, Town: town, NameZH: place.ZH + n.ZH + "部门", NameEN: n.EN + ", " + place.EN, Origin: madeUp}
		switch {
		case kind == roster.TownGovernment:
			d.NameZH = place.ZH + "人民政府"
		case kind.Local(), slices.ContainsFunc([]string{"部门", "机构", "单位", "局"}, func(end string) bool { return strings.HasSuffix(n.ZH, end) }):
			d.NameZH = place.ZH + n.ZH
		}
		b.Departments = append(b.Departments, d)
		return d.ID
	}
	whole := roster.Name{ZH: "拟州市", EN: "Nizhou"}
	byCity := map[roster.DepartmentKind]roster.DepartmentID{}
	for _, kind := range shared {
		byCity[kind] = department("city-"+slug(kind), kind, cityCode, whole, roster.Name{})
	}
	for _, kind := range []roster.DepartmentKind{roster.KeyProjectBureau, roster.Oversight, roster.SystemAdministrator} {
		department("city-"+slug(kind), kind, cityCode, whole, roster.Name{})
	}
	for k := range districts {
		code := districtCode(k)
		name := roster.Name{ZH: "拟" + stem(k).ZH + "区", EN: "District " + stem(k).EN}
		b.Districts = append(b.Districts, roster.District{Code: code, Level: roster.LevelDistrict, Parent: cityCode, NameZH: name.ZH + "（虚构）", NameEN: name.EN + " (invented)", Origin: madeUp})
		give := func(kind roster.DepartmentKind, to roster.DepartmentID) {
			competences = append(competences, catalog.Competence{Kind: kind, District: code, Department: to, Origin: madeUp})
		}
		for _, kind := range own {
			give(kind, department(fmt.Sprintf("d%d-%s", k+1, slug(kind)), kind, code, name, roster.Name{}))
		}
		for _, kind := range shared {
			give(kind, byCity[kind])
		}
		for t := range towns {
			town := townOf(k, t)
			for _, kind := range []roster.DepartmentKind{roster.TownGovernment, roster.VillageCommittee} {
				department(fmt.Sprintf("d%d-t%d-%s", k+1, t+1, slug(kind)), kind, code, town, town)
			}
		}
	}
	return b, competences
}

const towns = 3 // of each district

func districtCode(k int) roster.DistrictCode {
	return roster.DistrictCode(fmt.Sprintf("9901%02d", k+1))
}

func townOf(district, k int) roster.Name {
	d, t := stem(district), stem(k)
	return roster.Name{ZH: "拟" + d.ZH + t.ZH + "镇", EN: "Town " + d.EN + t.EN}
}

func slug(kind roster.DepartmentKind) string {
	out := []byte(kind)
	for k := range out {
		if out[k] == '_' {
			out[k] = '-'
		}
	}
	return string(out)
}

func (b *book) person(id string, name roster.Name, role roster.Role, unit string) roster.PersonID {
	b.People = append(b.People, roster.Person{
		ID: roster.PersonID(id), NameZH: name.ZH, NameEN: name.EN, Posts: []roster.Post{{Role: role, Unit: unit}}, Fictional: true, Origin: madeUp,
	})
	return roster.PersonID(id)
}

// surnames are common ones; with 拟 and a stem nobody is called so.
var surnames = []roster.Name{
	{ZH: "赵", EN: "Zhao"},
	{ZH: "钱", EN: "Qian"},
	{ZH: "孙", EN: "Sun"},
	{ZH: "李", EN: "Li"},
	{ZH: "周", EN: "Zhou"},
	{ZH: "吴", EN: "Wu"},
	{ZH: "郑", EN: "Zheng"},
	{ZH: "王", EN: "Wang"},
	{ZH: "冯", EN: "Feng"},
	{ZH: "陈", EN: "Chen"},
	{ZH: "褚", EN: "Chu"},
	{ZH: "卫", EN: "Wei"},
	{ZH: "蒋", EN: "Jiang"},
	{ZH: "沈", EN: "Shen"},
}

func called(k int) roster.Name {
	s, n := surnames[k%len(surnames)], stem(k/len(surnames))
	return roster.Name{ZH: s.ZH + "拟" + n.ZH, EN: s.EN + " Ni" + n.EN}
}

// staff hires for the load of each department, in tasks a working day.
func (b *book) staff(a Assumptions, d dice, load map[roster.DepartmentID]float64) map[roster.PersonID]float64 {
	capacity := map[roster.PersonID]float64{}
	for k := range b.Departments {
		id := b.Departments[k].ID
		r := d.roll(forStaff, k)
		name := func() roster.Name { return called(len(b.People)) }
		switch b.Departments[k].Kind {
		case roster.KeyProjectBureau:
			b.person(string(id)+"-1", name(), roster.Bureau, string(id))
			continue
		case roster.Oversight:
			b.person(string(id)+"-1", name(), roster.Overseer, string(id))
			continue
		case roster.SystemAdministrator:
			b.person(string(id)+"-1", name(), roster.Administrator, string(id))
			b.person(string(id)+"-2", name(), roster.Administrator, string(id))
			continue
		}
		busy := a.Busy[0] + (a.Busy[1]-a.Busy[0])*r.Float64()
		for has, n := 0.0, 0; n < a.OfficersMin || has*busy < load[id]; n++ {
			can := a.TasksADay[0] + (a.TasksADay[1]-a.TasksADay[0])*r.Float64()
			capacity[b.person(fmt.Sprintf("%s-officer-%d", id, n+1), name(), roster.Officer, string(id))] = can
			has += can
		}
		b.person(string(id)+"-lead", name(), roster.Lead, string(id))
	}
	return capacity
}

// leaves makes absences, each with a colleague who stands in.
func (b *book) leaves(a Assumptions, d dice, c *calendar.Calendar, from, until calendar.Date) {
	colleagues := map[string][]roster.PersonID{}
	for k := range b.People {
		if p := &b.People[k]; p.Posts[0].Role == roster.Officer {
			colleagues[p.Posts[0].Unit] = append(colleagues[p.Posts[0].Unit], p.ID)
		}
	}
	span := until.Sub(from)
	for k := range b.Departments {
		unit := b.Departments[k].ID
		for n, person := range colleagues[string(unit)] {
			r := d.roll(forStaff, k, n, 1)
			by := colleagues[string(unit)][(n+1)%len(colleagues[string(unit)])]
			if by == person {
				continue
			}
			for l := range a.LeavesAYear {
				// Each in its own part of the year, so that two never meet.
				part := span / a.LeavesAYear
				first := c.After(from.Add(l*part+r.IntN(max(1, part-2*a.LeaveDays[1]))), 1)
				last := c.After(first, a.LeaveDays[0]+r.IntN(a.LeaveDays[1]-a.LeaveDays[0]+1)-1)
				b.Substitutes = append(b.Substitutes, roster.Substitute{For: person, By: by, Unit: unit, From: first, Until: last})
			}
		}
	}
}

// projects makes key projects, each with its branch, below a general branch of its
// district.
func (b *book) projects(d dice, n, districts int, from calendar.Date) {
	officer := roster.PersonID("city-bureau-1")
	b.Branches = append(b.Branches, roster.Branch{
		ID: headquarters, Tier: roster.TierHeadquarters, NameZH: "拟州市重点项目总指挥部", NameEN: "Nizhou Key Projects Headquarters",
		SecretaryID: b.person("headquarters-1", called(len(b.People)), roster.Headquarters, string(headquarters)), Origin: madeUp,
	})
	for k := range districts {
		id := fmt.Sprintf("general-branch-%d", k+1)
		b.Branches = append(b.Branches, roster.Branch{
			ID: roster.BranchID(id), Tier: roster.TierGeneralBranch, Parent: headquarters, NameZH: "拟" + stem(k).ZH + "区重点项目临时党总支", NameEN: "General Branch of District " + stem(k).EN,
			SecretaryID: b.person(id+"-1", called(len(b.People)), roster.GeneralBranch, id), Origin: madeUp,
		})
	}
	types := weighted[roster.ProjectType]{{roster.NewStart, 25}, {roster.Continuing, 45}, {roster.Completing, 15}, {roster.Preparatory, 15}}
	sectors := weighted[roster.Sector]{{roster.Industry, 40}, {roster.Infrastructure, 25}, {roster.Livelihood, 20}, {roster.WaterWorks, 10}, {roster.Transit, 5}}
	tiers := weighted[roster.ProjectTier]{{roster.DistrictProject, 55}, {roster.CityProject, 35}, {roster.ProvinceProject, 10}}
	names := map[roster.Sector]roster.Name{
		roster.Industry: {ZH: "产业", EN: "industry"}, roster.Infrastructure: {ZH: "基础设施", EN: "infrastructure"}, roster.Livelihood: {ZH: "民生", EN: "livelihood"},
		roster.WaterWorks: {ZH: "水务", EN: "water"}, roster.Transit: {ZH: "轨道", EN: "transit"},
	}
	for k := range n {
		r := d.roll(forProjects, k)
		at := k % districts
		p := roster.Project{
			ID: roster.ProjectID(fmt.Sprintf("project-%d", k+1)), District: districtCode(at), Town: townOf(at, r.IntN(towns)),
			Sector: sectors.pick(r), Tier: tiers.pick(r), Type: types.pick(r), Officer: officer, Origin: madeUp,
		}
		p.NameZH = fmt.Sprintf("拟%s区%s项目第%d号（虚构）", stem(at).ZH, names[p.Sector].ZH, k+1)
		p.NameEN = fmt.Sprintf("District %s %s project %d (invented)", stem(at).EN, names[p.Sector].EN, k+1)
		branch := fmt.Sprintf("branch-%d", k+1)
		b.Projects = append(b.Projects, p)
		b.Branches = append(b.Branches, roster.Branch{
			ID: roster.BranchID(branch), Tier: roster.TierBranch, Parent: roster.BranchID(fmt.Sprintf("general-branch-%d", at+1)), Projects: []roster.ProjectID{p.ID},
			NameZH: fmt.Sprintf("第%d号项目临时党支部（虚构）", k+1), NameEN: fmt.Sprintf("Temporary branch of project %d (invented)", k+1),
			SecretaryID: b.person(branch+"-secretary", called(len(b.People)), roster.Secretary, branch), TermFrom: from, Founded: from, Origin: madeUp,
		})
	}
}

// weighted is a choice among things of different weight.
type weighted[T any] []weight[T]

type weight[T any] struct {
	it T
	n  int
}

func (w weighted[T]) pick(r *rand.Rand) T {
	sum := 0
	for _, x := range w {
		sum += x.n
	}
	at := r.IntN(sum)
	k := slices.IndexFunc(w, func(x weight[T]) bool {
		at -= x.n
		return at < 0
	})
	return w[k].it
}
