package roster

// The kinds of projects, in the order in which offices name them.
var (
	sectorNames = []worded[Sector]{
		{Industry, Name{"产业", "industry"}},
		{Transit, Name{"轨道交通", "rail transit"}},
		{Infrastructure, Name{"基础设施", "infrastructure"}},
		{WaterWorks, Name{"水务环保", "water and environment"}},
		{Livelihood, Name{"民生保障", "public services"}},
	}
	projectTierNames = []worded[ProjectTier]{
		{ProvinceProject, Name{"省重点项目", "provincial"}},
		{CityProject, Name{"市重点项目", "municipal"}},
		{DistrictProject, Name{"区重点项目", "district"}},
	}
	projectTypeNames = []worded[ProjectType]{
		{NewStart, Name{"新开工", "new start"}},
		{Continuing, Name{"续建", "continuing"}},
		{Completing, Name{"竣工投产", "completing"}},
		{Preparatory, Name{"前期预备", "preparatory"}},
	}
)

type worded[T ~string] struct {
	value T
	name  Name
}

func nameOf[T ~string](all []worded[T], value T) Name {
	for _, n := range all {
		if n.value == value {
			return n.name
		}
	}
	return Name{string(value), string(value)}
}

func valuesOf[T ~string](all []worded[T]) []T {
	values := make([]T, len(all))
	for k, n := range all {
		values[k] = n.value
	}
	return values
}

// Sectors returns every sector.
func Sectors() []Sector { return valuesOf(sectorNames) }

// ProjectTiers returns every list on which a project may stand.
func ProjectTiers() []ProjectTier { return valuesOf(projectTierNames) }

// ProjectTypes returns every type of project.
func ProjectTypes() []ProjectType { return valuesOf(projectTypeNames) }

// Name is the sector in words.
func (s Sector) Name() Name { return nameOf(sectorNames, s) }

// Name is the list in words.
func (t ProjectTier) Name() Name { return nameOf(projectTierNames, t) }

// Name is the type in words.
func (t ProjectType) Name() Name { return nameOf(projectTypeNames, t) }
