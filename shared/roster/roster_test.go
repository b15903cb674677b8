package roster

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
)

func TestEveryPersonOfTheDemoIsMarkedAsInvented(t *testing.T) {
	t.Parallel()
	for _, p := range Demo().Everybody() {
		if !p.Fictional {
			t.Errorf("%s (%s) is not marked", p.ID, p.NameZH)
		}
		if !strings.Contains(p.NameZH, "某") {
			t.Errorf("%s has the name %s, which does not look invented", p.ID, p.NameZH)
		}
	}
}

func TestEveryFactOfTheDemoHasASourceOrIsAssumed(t *testing.T) {
	t.Parallel()
	r := Demo()
	check := func(what string, o Origin) {
		t.Helper()
		if o == (Origin{}) {
			t.Errorf("%s has neither a source nor an assumption", what)
		}
		if (o.Assumed.ZH == "") != (o.Assumed.EN == "") {
			t.Errorf("%s says what is assumed in one language only", what)
		}
	}
	for _, d := range r.Departments() {
		check(string(d.ID), d.Origin)
	}
	for _, p := range r.Projects() {
		check(string(p.ID), p.Origin)
	}
	for _, b := range r.Branches() {
		check(string(b.ID), b.Origin)
	}
}

func TestEachDecidingDepartmentOfTheDemoHasTwoOfficersAndALead(t *testing.T) {
	t.Parallel()
	r := Demo()
	for _, d := range r.Departments() {
		if !d.Kind.Decides() {
			continue
		}
		if n := len(r.People(Officer, string(d.ID))); n < 2 {
			t.Errorf("%s has %d officers", d.ID, n)
		}
		if n := len(r.People(Lead, string(d.ID))); n < 1 {
			t.Errorf("%s has no lead", d.ID)
		}
	}
	for role, unit := range map[Role]string{GeneralBranch: "general-branch", Headquarters: "headquarters", Bureau: "cc-bureau", Overseer: "cc-oversight"} {
		if len(r.People(role, unit)) == 0 {
			t.Errorf("nobody is %s at %s", role, unit)
		}
	}
	if n := len(r.People(Administrator, "cc-administration")); n < 2 {
		t.Errorf("%d administrators cannot confirm each other's changes", n)
	}
}

func TestEachProjectHasABranchWithOneSecretary(t *testing.T) {
	t.Parallel()
	r := Demo()
	for _, p := range r.Projects() {
		b, ok := r.BranchOf(p.ID)
		if !ok {
			t.Errorf("%s has no branch", p.ID)
			continue
		}
		secretaries := r.People(Secretary, string(b.ID))
		if len(secretaries) != 1 || secretaries[0].ID != b.SecretaryID {
			t.Errorf("%s has the secretaries %v instead of %s", b.ID, secretaries, b.SecretaryID)
		}
	}
}

func TestAnIssueClimbsFromBranchToHeadquarters(t *testing.T) {
	t.Parallel()
	r := Demo()
	for tier, want := range map[Tier]BranchID{TierBranch: "branch-tod", TierGeneralBranch: "general-branch", TierHeadquarters: "headquarters"} {
		if got, ok := r.Up("branch-tod", tier); !ok || got != want {
			t.Errorf("Up(branch-tod, %s) = %s, %v; want %s", tier, got, ok, want)
		}
		if len(r.Responsible("branch-tod", tier)) == 0 {
			t.Errorf("nobody is responsible at %s", tier)
		}
	}
	for _, c := range []struct {
		branch BranchID
		tier   Tier
	}{{"no-such-branch", TierBranch}, {"branch-tod", "province"}, {"", TierHeadquarters}} {
		if got, ok := r.Up(c.branch, c.tier); ok {
			t.Errorf("Up(%q, %q) = %s, want nobody", c.branch, c.tier, got)
		}
	}
}

func TestABranchWithoutAGeneralBranchClimbsToTheHeadquarters(t *testing.T) {
	t.Parallel()
	r := mustLoad(t, change(t, func(f *file) { f.Branches[0].Parent = "headquarters" }))
	if got, ok := r.Up("branch-tod", TierGeneralBranch); !ok || got != "headquarters" {
		t.Errorf("Up = %s, %v", got, ok)
	}
}

func TestTiersHaveAnOrder(t *testing.T) {
	t.Parallel()
	if !Above(TierHeadquarters, TierGeneralBranch) || !Above(TierGeneralBranch, TierBranch) || Above(TierBranch, TierBranch) || Above("unknown", TierBranch) {
		t.Error("headquarters > general branch > branch > unknown does not hold")
	}
	for tier, role := range map[Tier]Role{TierBranch: Secretary, TierGeneralBranch: GeneralBranch, TierHeadquarters: Headquarters, "unknown": ""} {
		if got := RoleOf(tier); got != role {
			t.Errorf("RoleOf(%s) = %s, want %s", tier, got, role)
		}
	}
}

func TestNobodyIsTwoKindsOfAdministrator(t *testing.T) {
	t.Parallel()
	r := Demo()
	both := func(role Role) Change {
		return Change{People: &PersonChange{Person: "cc-administration-1", Begin: []Post{{Role: role, Unit: "cc-administration"}}}}
	}
	for _, role := range []Role{SecurityAdministrator, AuditAdministrator} {
		if _, err := r.With(calendar.MustParse("2026-03-09"), both(role)); err == nil || !strings.Contains(err.Error(), "different people") {
			t.Errorf("an administrator who is %s as well: %v", role, err)
		}
	}
	if !r.Guards(SecurityAdministrator) || r.Guards(Administrator) || r.Guards(AuditAdministrator) {
		t.Error("security administrators alone guard a house that has one")
	}
	r, err := r.With(calendar.MustParse("2026-03-09"), Change{People: &PersonChange{Person: "cc-security-1", Leave: true}})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Guards(Administrator) {
		t.Error("nobody guards a house without a security administrator")
	}
}

func TestOnePersonMayHoldSeveralPosts(t *testing.T) {
	t.Parallel()
	r := Demo()
	want := []Post{{Role: Secretary, Unit: "branch-tod"}, {Role: Lead, Unit: "nanzhuang-government"}}
	if diff := cmp.Diff(want, r.Posts("tod-secretary")); diff != "" {
		t.Error(diff)
	}
	if !r.Holds("tod-secretary", Lead, "nanzhuang-government") || r.Holds("tod-secretary", Officer, "nanzhuang-government") {
		t.Error("Holds does not agree with Posts")
	}
	if !r.MustStandAside("tod-secretary", "tod-nanzhuang") || r.MustStandAside("tod-secretary", "u-valley") {
		t.Error("the interest is in tod-nanzhuang only")
	}
}

func TestASubstituteCountsFromTheFirstToTheLastDay(t *testing.T) {
	t.Parallel()
	r := Demo()
	for day, want := range map[string]int{"2022-07-24": 0, "2022-07-25": 1, "2022-07-29": 1, "2022-07-30": 0} {
		if got := r.Substitutes("cc-water-officer-1", "cc-water", calendar.MustParse(day)); len(got) != want {
			t.Errorf("%s: %v, want %d", day, got, want)
		}
	}
}

func TestDepartmentsOfAKindComeNearestFirst(t *testing.T) {
	t.Parallel()
	r := Demo()
	var got []DepartmentID
	for _, d := range r.DepartmentsOf(NaturalResources, "440604", Name{}) {
		got = append(got, d.ID)
	}
	if diff := cmp.Diff([]DepartmentID{"cc-natural-resources", "fs-natural-resources"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(r.DepartmentsOf(VillageCommittee, "440604", Name{ZH: "南庄镇", EN: "Nanzhuang Town"})); n != 2 {
		t.Errorf("%d village committees in Nanzhuang, want 2", n)
	}
	if n := len(r.DepartmentsOf(VillageCommittee, "440604", Name{ZH: "别镇", EN: "Another Town"})); n != 0 {
		t.Errorf("%d village committees in another town", n)
	}
}

func TestWhatIsHandedOutCannotChangeTheRoster(t *testing.T) {
	t.Parallel()
	r := Demo()
	r.Everybody()[0].Posts[0].Role = Overseer
	p, _ := r.Person(r.Everybody()[0].ID)
	p.Posts[0].Unit = "elsewhere"
	r.Branches()[0].Projects[0] = "elsewhere"
	b, _ := r.Branch("branch-tod")
	b.Projects[0] = "elsewhere"
	r.Posts("tod-secretary")[0].Role = Overseer
	if _, err := Load(encode(t, r)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(mustLoad(t, demoJSON).file, r.file); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReadsWhatMarshalWrites(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(Demo().file, mustLoad(t, encode(t, Demo())).file); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	text := change(t, func(f *file) {
		f.Projects[0].District = "440600"
		f.Projects[1].Officer = "nobody"
		f.Branches[2].Projects = nil
		f.Branches[3].Parent = "branch-tod"
		f.Branches[5].Parent = ""
		f.People[0].Posts[0].Unit = "nowhere"
		f.People[5].Posts[0].Role = "king"
		f.Departments[1].Kind = "alchemy"
		f.Districts[2].Parent = "440000"
		f.Substitutes[0].Until = f.Substitutes[0].From - 1
	})
	_, err := Load(text)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"project tod-nanzhuang: 440600 is a city; name the district",
		`project qingke-culvert: responsible officer "nobody" does not exist`,
		"branch branch-fenjiang: has no project",
		"branch branch-sewer-third: parent branch-tod is of tier branch, which is not above branch",
		`branch general-branch: parent "" does not exist, so its issues could not climb`,
		`person cc-development-officer-1: post officer names the department "nowhere", which does not exist`,
		`role "king" is not known`,
		"has no lead, so its tasks would reach nobody",
		`department cc-natural-resources: kind "alchemy" is not known`,
		"district 440604: parent 440000 is of level province instead of city",
		"are no span",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*file)
		want  string
	}{
		"AnIdUsedTwice":             {func(f *file) { f.Projects[1].ID = f.Projects[0].ID }, "the id is used twice"},
		"AnIdWithBlanks":            {func(f *file) { f.Projects[0].ID = "Tod Nanzhuang" }, "lower-case words"},
		"AMissingEnglishName":       {func(f *file) { f.Projects[0].NameEN = " " }, "an English name are needed"},
		"ABranchWithADepartmentsId": {func(f *file) { f.Departments[0].ID = "branch-tod" }, "a department has the same id"},
		"AProjectInTwoBranches":     {func(f *file) { f.Branches[1].Projects = append(f.Branches[1].Projects, "tod-nanzhuang") }, "belongs to the branches branch-tod and branch-qingke"},
		"AProjectOfAGeneralBranch":  {func(f *file) { f.Branches[5].Projects = []ProjectID{"tod-nanzhuang"} }, "only a branch of tier branch has projects"},
		"ASecondSecretary": {func(f *file) {
			f.People[0].Posts = append(f.People[0].Posts, Post{Role: Secretary, Unit: "branch-tod"})
		}, "has 2 secretaries"},
		"ASecretaryWithoutThePost":        {func(f *file) { f.Branches[0].SecretaryID = "u-valley-secretary" }, "does not hold the post secretary"},
		"ATierAboveTheHeadquarters":       {func(f *file) { f.Branches[6].Parent = "general-branch" }, "a headquarters is the last tier"},
		"ADissolutionBeforeTheFoundation": {func(f *file) { f.Branches[0].Founded, f.Branches[0].Dissolved = 200, 100 }, "is dissolved on"},
		"AnOfficerOfTheBureau":            {func(f *file) { f.People[0].Posts[0].Unit = "cc-bureau" }, "decides nothing"},
		"AnOverseerInADepartment":         {func(f *file) { f.People[0].Posts[0] = Post{Role: Overseer, Unit: "cc-water"} }, "belongs to a department of kind oversight"},
		"APersonWithoutAPost":             {func(f *file) { f.People[0].Posts = nil }, "has no post"},
		"APostListedTwice":                {func(f *file) { f.People[0].Posts = append(f.People[0].Posts, f.People[0].Posts[0]) }, "is listed twice"},
		"AnInterestInNoProject":           {func(f *file) { f.People[0].Interests = []ProjectID{"none"} }, `interest in project "none"`},
		"AVillageWithoutItsTown":          {func(f *file) { f.Departments[21].Town = Name{} }, "needs the town's name"},
		"AnUnknownSector":                 {func(f *file) { f.Projects[0].Sector = "magic" }, `sector "magic" is not known`},
		"AnUnknownType":                   {func(f *file) { f.Projects[0].Type = "magic" }, "none of new_start"},
		"AnUnknownList":                   {func(f *file) { f.Projects[0].Tier = "magic" }, "none of province, city, district"},
		"AnUnknownTier":                   {func(f *file) { f.Branches[0].Tier = "magic" }, "none of branch, general_branch, headquarters"},
		"AnUnknownLevel":                  {func(f *file) { f.Districts[0].Level = "magic" }, "none of province, city, district"},
		"SomebodyStandingInForThemselves": {func(f *file) { f.Substitutes[0].By = f.Substitutes[0].For }, "nobody stands in for themselves"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(change(t, c.spoil))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestLoadRefusesTextThatIsNoRoster(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", `{"villains": []}`, "{} {}", `{"people": [{"id": 7}]}`} {
		if _, err := Load([]byte(text)); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
	if _, err := Load([]byte("{}")); err != nil {
		t.Errorf("refused the empty roster: %v", err)
	}
}

func TestEveryKindRoleAndTierHasAName(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		if n := k.Name(); n.ZH == "" || n.EN == "" || !k.Known() {
			t.Errorf("kind %s has no name", k)
		}
	}
	if DepartmentKind("alchemy").Known() {
		t.Error("alchemy is a kind")
	}
	for _, r := range Roles() {
		if n := r.Name(); n.ZH == string(r) {
			t.Errorf("role %s has no name", r)
		}
	}
	if n := Role("machine").Name(); n.ZH != "machine" {
		t.Errorf("an unknown role is called %v instead of its code", n)
	}
}

func TestNamesFallBackToTheId(t *testing.T) {
	t.Parallel()
	r := Demo()
	for got, want := range map[string]string{
		r.PersonName("ghost"): "ghost", r.UnitName("ghost").EN: "ghost",
		r.UnitName("branch-tod").ZH: "地铁2号线TOD项目临时党支部", r.UnitName("cc-water").EN: "Chancheng Water Bureau",
		r.TierName(TierHeadquarters).ZH: "总指挥部",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// FuzzLoad: any text is either refused with an error or gives a roster whose
// lookups hold together.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"districts":[{"code":"1","level":"province","nameZH":"省","nameEN":"P"}]}`))
	f.Add([]byte(`{"people":[{"id":"p","nameZH":"某","nameEN":"X","posts":[{"role":"headquarters","unit":"h"}]}],"branches":[{"id":"h","tier":"headquarters","nameZH":"部","nameEN":"H","secretary":"p"}]}`))
	f.Add([]byte(`{"branches":[{"id":"a","tier":"branch","parent":"b"},{"id":"b","tier":"branch","parent":"a"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Load(text)
		if (r == nil) == (err == nil) {
			t.Fatal("a roster and an error, or neither")
		}
		if err != nil {
			return
		}
		for _, p := range r.Projects() {
			b, ok := r.BranchOf(p.ID)
			if !ok {
				continue // nobody covers it, which a warning is about
			}
			if !slices.Contains(b.Projects, p.ID) {
				t.Fatalf("project %s is not of its branch", p.ID)
			}
			if _, ok := r.Up(b.ID, TierHeadquarters); !ok {
				t.Fatalf("branch %s cannot climb", b.ID)
			}
		}
	})
}

func encode(t *testing.T, r *Roster) []byte {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// change returns the demonstration's JSON after a change.
func change(t *testing.T, spoil func(*file)) []byte {
	t.Helper()
	var f file
	if err := json.Unmarshal(demoJSON, &f); err != nil {
		t.Fatal(err)
	}
	spoil(&f)
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustLoad(t *testing.T, text []byte) *Roster {
	t.Helper()
	r, err := Load(text)
	if err != nil {
		t.Fatal(errors.Unwrap(err))
	}
	return r
}
