package roster

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCoverageCountsProjectsAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := Demo().Coverage(newYear)
	if c.Projects != 5 || c.Covered != 5 || len(c.Uncovered) != 0 {
		t.Errorf("the demonstration is covered as %+v", c)
	}
	r := mustLoad(t, change(t, func(f *file) {
		f.Branches[3].Founded = newYear.Add(10) // sewer-third
	}))
	r, err := r.With(newYear,
		Change{Projects: &ProjectChange{New: &Project{ID: "new-park", NameZH: "新园区", NameEN: "New park", District: "440604", Sector: Industry, Tier: DistrictProject, Type: NewStart, Officer: "cc-bureau-1"}}},
		Change{Projects: &ProjectChange{Project: "qingke-culvert", To: "branch-fenjiang"}}, // a joint branch from here on
		Change{Dissolve: &Dissolution{Branch: "branch-qingke"}},
		Change{People: &PersonChange{Person: "u-valley-secretary", End: []Post{{Role: Secretary, Unit: "branch-u-valley"}}}},
		Change{Projects: &ProjectChange{Project: "tod-nanzhuang", Closed: true}},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := Coverage{
		On: newYear, Projects: 5, Covered: 2,
		Districts: []DistrictCoverage{{"440604", 5, 2}},
		Uncovered: []Uncovered{{"sewer-third", "branch-sewer-third", NotFounded}, {"u-valley", "branch-u-valley", NoSecretary}, {"new-park", "", NoBranch}},
	}
	if diff := cmp.Diff(want, r.Coverage(newYear)); diff != "" {
		t.Error(diff)
	}
	if got := r.Coverage(newYear.Add(10)); got.Covered != 3 {
		t.Errorf("when the branch is founded, %d are covered", got.Covered)
	}
	for _, u := range want.Uncovered {
		if n := u.Gap.Name(); n.ZH == "" || n.EN == string(u.Gap) {
			t.Errorf("%s has no name", u.Gap)
		}
	}
}

// The published figure: all 437 key projects covered.
func TestAJointBranchCoversEachOfItsProjects(t *testing.T) {
	t.Parallel()
	r := mustLoad(t, change(t, func(f *file) {
		for k := range 437 - 5 {
			p := f.Projects[1]
			p.ID = ProjectID(fmt.Sprintf("project-%d", k))
			f.Projects = append(f.Projects, p)
			b := &f.Branches[k%5]
			b.Projects = append(b.Projects, p.ID)
		}
	}))
	if c := r.Coverage(newYear); c.Projects != 437 || c.Covered != 437 {
		t.Errorf("%d of %d are covered", c.Covered, c.Projects)
	}
}
