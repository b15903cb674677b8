package roster

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/calendar"
)

var newYear = calendar.MustParse("2027-01-01")

// after is the demonstration's roster with changes in force.
func after(t *testing.T, changes ...Change) *Roster {
	t.Helper()
	r, err := Demo().With(newYear, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAMergerMovesEverybodyAndKeepsTheOldNames(t *testing.T) {
	t.Parallel()
	before, err := json.Marshal(Demo())
	if err != nil {
		t.Fatal(err)
	}
	r := after(t, Change{Reorganise: &Reorganisation{
		New: []Department{{ID: "cc-construction-water", Kind: Housing, District: "440604", NameZH: "禅城区住房城乡建设和水利局", NameEN: "Chancheng Construction and Water Bureau"}},
		Passages: []Passage{
			{From: "cc-housing", To: "cc-construction-water"},
			{From: "cc-water", To: "cc-construction-water"},
		},
	}})
	for _, role := range []Role{Officer, Lead} {
		want := len(Demo().People(role, "cc-housing")) + len(Demo().People(role, "cc-water"))
		if got := len(r.People(role, "cc-construction-water")); got != want {
			t.Errorf("%d hold the post %s in the new bureau, want %d", got, role, want)
		}
	}
	for _, old := range []DepartmentID{"cc-housing", "cc-water"} {
		d, ok := r.Department(old)
		if !ok || d.Acting(newYear) || !d.Acting(newYear.Add(-1)) {
			t.Errorf("%s acts on the wrong days: %+v", old, d)
		}
		if got, ok := r.Successor(old); !ok || got != "cc-construction-water" {
			t.Errorf("%s is followed by %s, %v", old, got, ok)
		}
		if len(r.People(Officer, string(old))) != 0 {
			t.Errorf("%s still has officers", old)
		}
	}
	if diff := cmp.Diff([]DepartmentID{"cc-housing", "cc-water"}, r.Predecessors("cc-construction-water")); diff != "" {
		t.Error(diff)
	}
	if !r.StandsFor("cc-construction-water", Water) || !r.StandsFor("cc-construction-water", Housing) || r.StandsFor("cc-construction-water", Culture) || r.StandsFor("nowhere", Water) {
		t.Error("the new bureau does not stand for what went into it")
	}
	if got := r.DepartmentsOf(Water, "440604", Name{}); len(got) != 1 || got[0].ID != "cc-construction-water" {
		t.Errorf("water is asked of %v", got)
	}
	// The substitution goes along: both people work in the new bureau.
	if got := r.Substitutes("cc-water-officer-1", "cc-construction-water", calendar.MustParse("2022-07-25")); len(got) != 1 {
		t.Errorf("substitutes: %v", got)
	}
	if got, _ := json.Marshal(Demo()); string(got) != string(before) {
		t.Error("the old roster changed")
	}
}

func TestASuccessorMayBeMergedAgain(t *testing.T) {
	t.Parallel()
	r, err := after(t, Change{Reorganise: &Reorganisation{Passages: []Passage{{From: "cc-parks", To: "cc-urban-management"}}}}).
		With(newYear.Add(365), Change{Reorganise: &Reorganisation{Passages: []Passage{{From: "cc-urban-management", To: "cc-housing"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []DepartmentID{"cc-parks", "cc-urban-management", "cc-housing"} {
		if got, ok := r.Successor(id); !ok || got != "cc-housing" {
			t.Errorf("%s is followed by %s, %v", id, got, ok)
		}
	}
	if _, ok := r.Successor("nowhere"); ok {
		t.Error("a department that does not exist has a successor")
	}
	if diff := cmp.Diff([]DepartmentID{"cc-urban-management", "cc-parks"}, r.Predecessors("cc-housing")); diff != "" {
		t.Error(diff)
	}
}

func TestASplitNamesWhoTakesWhichItemsAndPeople(t *testing.T) {
	t.Parallel()
	r := after(t,
		Change{Reorganise: &Reorganisation{
			New: []Department{
				{ID: "cc-planning", Kind: NaturalResources, District: "440604", NameZH: "禅城区规划局", NameEN: "Chancheng Planning Bureau"},
				{ID: "cc-land", Kind: NaturalResources, District: "440604", NameZH: "禅城区土地局", NameEN: "Chancheng Land Bureau"},
			},
			Passages: []Passage{{From: "cc-natural-resources", To: "cc-planning", Shares: []Share{{To: "cc-land", Items: []int{8, 12}, People: []PersonID{"cc-natural-resources-officer-2"}}}}},
		}},
		Change{People: &PersonChange{New: &Person{ID: "cc-land-lead", NameZH: "某甲", NameEN: "Moujia", Posts: []Post{{Role: Lead, Unit: "cc-land"}}}}},
	)
	for item, want := range map[int]DepartmentID{0: "cc-planning", 8: "cc-land", 12: "cc-land", 24: "cc-planning"} {
		if got, ok := r.SuccessorFor("cc-natural-resources", item); !ok || got != want {
			t.Errorf("item %d goes to %s, want %s", item, got, want)
		}
	}
	if !r.Holds("cc-natural-resources-officer-2", Officer, "cc-land") || !r.Holds("cc-natural-resources-officer-1", Officer, "cc-planning") || !r.Holds("cc-natural-resources-lead", Lead, "cc-planning") {
		t.Error("people did not go along with the shares")
	}
	if got := r.Posts("cc-natural-resources-officer-2"); len(got) != 1 || got[0].Since != calendar.MustParse("2021-07-01") {
		t.Errorf("the same work goes on since %v", got)
	}
	if got := r.Posts("cc-land-lead"); got[0].Since != newYear {
		t.Errorf("a new post begins on %v", got)
	}
	for _, id := range []DepartmentID{"cc-planning", "cc-land"} {
		if diff := cmp.Diff([]DepartmentID{"cc-natural-resources"}, r.Predecessors(id)); diff != "" {
			t.Error(diff)
		}
	}
	if got := r.DepartmentsOf(NaturalResources, "440604", Name{}); got[0].ID != "cc-planning" {
		t.Errorf("natural resources is asked of %v first", got[0].ID)
	}
}

func TestADepartmentThatGivesAPartAwayGoesOn(t *testing.T) {
	t.Parallel()
	r := after(t, Change{Reorganise: &Reorganisation{Passages: []Passage{{From: "cc-water", Shares: []Share{{To: "cc-ecology", Items: []int{14}, People: []PersonID{"cc-water-officer-2"}}}}}}})
	if got, _ := r.Successor("cc-water"); got != "cc-water" || len(r.Predecessors("cc-ecology")) != 0 {
		t.Errorf("cc-water is followed by %s", got)
	}
	if !r.Holds("cc-water-officer-2", Officer, "cc-ecology") || r.Holds("cc-water-officer-2", Officer, "cc-water") {
		t.Error("the officer did not go along")
	}
	// The colleague stands in from the new department.
	if got := r.Substitutes("cc-water-officer-1", "cc-water", calendar.MustParse("2022-07-25")); len(got) != 1 {
		t.Errorf("substitutes: %v", got)
	}
}

func TestARenamedDepartmentKeepsItsIdAndItsFormerNames(t *testing.T) {
	t.Parallel()
	r := after(t, Change{Reorganise: &Reorganisation{Renames: []Rename{{"cc-water", "禅城区水务局", "Chancheng Water Affairs Bureau"}}}})
	d, _ := r.Department("cc-water")
	if want := []FormerName{{"禅城区水利局", "Chancheng Water Bureau", newYear}}; d.NameZH != "禅城区水务局" || !slices.Equal(d.Former, want) || !d.Acting(newYear) {
		t.Errorf("after the renaming: %+v", d)
	}
	if len(r.People(Officer, "cc-water")) != 2 {
		t.Error("the officers are lost")
	}
}

func TestABranchIsFoundedWithItsSecretaryAndDissolvedIntoAnother(t *testing.T) {
	t.Parallel()
	r := after(t,
		Change{Projects: &ProjectChange{New: &Project{ID: "new-park", NameZH: "新园区", NameEN: "New park", District: "440604", Sector: Industry, Tier: DistrictProject, Type: NewStart, Officer: "cc-bureau-1"}}},
		Change{Found: &Founding{Branch{
			ID: "branch-park", Tier: TierBranch, Parent: "general-branch", Projects: []ProjectID{"new-park"}, NameZH: "新园区临时党支部", NameEN: "Branch of the new park",
			SecretaryID: "cc-parks-officer-1", TermEnds: newYear.Add(364),
			Parties:    []BranchParty{{Name{"建设公司", "Builders"}, Builder}, {Name{"一村", "Village One"}, Village}},
			CoBuilders: []CoBuilder{{Department: "cc-parks"}, {Name: Name{"共建银行", "A bank"}}},
			Contacts:   []Contact{{Section: Name{"一标段", "Section one"}, Person: "cc-parks-officer-2"}, {Section: Name{"二标段", "Section two"}, Name: Name{"某乙", "Mouyi"}}},
		}}},
	)
	b, ok := r.BranchOf("new-park")
	if !ok || b.ID != "branch-park" || b.Founded != newYear || b.TermFrom != newYear || b.Standing(newYear.Add(-1)) || !b.Standing(newYear) {
		t.Fatalf("founded: %+v", b)
	}
	if !r.Holds("cc-parks-officer-1", Secretary, "branch-park") || len(r.Posts("cc-parks-officer-1")) != 2 {
		t.Error("the secretary did not get the post besides the one held")
	}
	day := newYear.Add(200)
	next, err := r.With(day, Change{Dissolve: &Dissolution{Branch: "branch-park", Successor: "branch-tod"}})
	if err != nil {
		t.Fatal(err)
	}
	old, _ := next.Branch("branch-park")
	if heir, _ := next.BranchOf("new-park"); heir.ID != "branch-tod" || len(heir.Projects) != 2 || old.Standing(day) || !old.Standing(day.Add(-1)) || old.Successor != "branch-tod" {
		t.Errorf("dissolved: %+v into %+v", old, heir)
	}
	if want := []FormerSecretary{{Person: "cc-parks-officer-1", From: newYear, Until: day}}; !slices.Equal(old.Former, want) || next.Holds("cc-parks-officer-1", Secretary, "branch-park") {
		t.Errorf("the secretary stayed: %+v", old)
	}
	if p, _ := next.Person("cc-parks-officer-1"); !p.Left.IsZero() {
		t.Error("who has another post has left")
	}
}

func TestABranchEndsWithItsProjects(t *testing.T) {
	t.Parallel()
	close, end := Change{Projects: &ProjectChange{Project: "u-valley", Closed: true}}, Change{Dissolve: &Dissolution{Branch: "branch-u-valley"}}
	refused(t, Demo(), "is not finished", end)
	r := after(t, close, end)
	if _, ok := r.BranchOf("u-valley"); ok {
		t.Error("a finished project has a branch")
	}
	if p, _ := r.Person("u-valley-secretary"); p.Left != newYear || len(p.Posts) != 0 {
		t.Errorf("who has no post left stays: %+v", p)
	}
	if _, err := Load(encode(t, r)); err != nil {
		t.Error(err)
	}
	refused(t, r, "was finished on", close)
	refused(t, r, "was dissolved on", end)
}

func TestASecretaryIsFollowedRenewedAndMissed(t *testing.T) {
	t.Parallel()
	first := Change{Secretary: &Appointment{Branch: "branch-tod", Person: "qingke-secretary", From: newYear.Add(-1), TermEnds: newYear.Add(364)}}
	r := after(t, first)
	b, _ := r.Branch("branch-tod")
	old, _ := Demo().Branch("branch-tod")
	if b.SecretaryID != "qingke-secretary" || b.TermFrom != newYear.Add(-1) || b.Renewed != 0 || len(b.Former) != 1 || b.Former[0].Person != "tod-secretary" || b.Former[0].From != old.TermFrom || b.Former[0].Until != newYear.Add(-1) {
		t.Errorf("after the handover: %+v", b)
	}
	if r.Holds("tod-secretary", Secretary, "branch-tod") || !r.Holds("tod-secretary", Lead, "nanzhuang-government") {
		t.Error("the former secretary keeps the other post only")
	}
	renew := func(until calendar.Date) Change {
		return Change{Secretary: &Appointment{Branch: "branch-tod", Person: "qingke-secretary", TermEnds: until, Renewal: true}}
	}
	next, err := r.With(newYear.Add(300), renew(newYear.Add(364*2)))
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := next.Branch("branch-tod"); b.Renewed != 1 || b.TermEnds != newYear.Add(364*2) || b.TermFrom != newYear.Add(-1) || len(b.Former) != 1 {
		t.Errorf("after the renewal: %+v", b)
	}
	refused(t, r, "a renewal needs the day", renew(newYear.Add(364)))
	refused(t, Demo(), "is not the secretary", renew(newYear.Add(364)))
	refused(t, r, "is the secretary of branch-tod already", first)
	refused(t, Demo(), "comes after the day", Change{Secretary: &Appointment{Branch: "branch-tod", Person: "qingke-secretary", From: newYear.Add(31)}})
	refused(t, r, "comes before the one of", Change{Secretary: &Appointment{Branch: "branch-tod", Person: "tod-secretary", From: newYear.Add(-2)}})

	gone := after(t, Change{People: &PersonChange{Person: "tod-secretary", Leave: true}}, Change{People: &PersonChange{Person: "cc-housing-lead", Begin: []Post{{Role: Lead, Unit: "nanzhuang-government"}}}})
	if b, ok := gone.BranchOf("tod-nanzhuang"); !ok || b.SecretaryID != "" || len(b.Former) != 1 || b.Former[0].Until != newYear || len(gone.Responsible("branch-tod", TierBranch)) != 0 {
		t.Errorf("a branch without a secretary: %+v", b)
	}
	back, err := gone.With(newYear.Add(9), Change{Secretary: &Appointment{Branch: "branch-tod", Person: "tod-secretary"}})
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := back.Person("tod-secretary"); !p.Left.IsZero() || !back.Holds("tod-secretary", Secretary, "branch-tod") {
		t.Errorf("who comes back has left: %+v", p)
	}
}

func TestTheHeadOfAGeneralBranchChangesAmongItsMembers(t *testing.T) {
	t.Parallel()
	r := after(t, Change{Secretary: &Appointment{Branch: "general-branch", Person: "general-branch-2"}})
	b, _ := r.Branch("general-branch")
	if b.SecretaryID != "general-branch-2" || len(b.Former) != 1 || !r.Holds("general-branch-1", GeneralBranch, "general-branch") {
		t.Errorf("after the handover: %+v", b)
	}
}

func TestProjectsMoveBetweenBranches(t *testing.T) {
	t.Parallel()
	r := after(t,
		Change{Projects: &ProjectChange{Project: "qingke-culvert", To: "branch-fenjiang"}},
		Change{Dissolve: &Dissolution{Branch: "branch-qingke"}},
		Change{Officer: &Responsible{Project: "qingke-culvert", Person: "cc-bureau-1"}},
	)
	if b, _ := r.BranchOf("qingke-culvert"); b.ID != "branch-fenjiang" || len(b.Projects) != 2 {
		t.Errorf("the project is with %+v", b)
	}
	if p, _ := r.Project("qingke-culvert"); p.Officer != "cc-bureau-1" {
		t.Errorf("the responsible officer is %s", p.Officer)
	}
	refused(t, Demo(), "branch branch-qingke: has no project", Change{Projects: &ProjectChange{Project: "qingke-culvert", To: "branch-fenjiang"}})
}

func TestASubstituteIsAppointedAndEndsWithThePost(t *testing.T) {
	t.Parallel()
	s := Substitute{For: "cc-housing-officer-1", By: "cc-housing-officer-2", Unit: "cc-housing", From: newYear, Until: newYear.Add(7)}
	r := after(t, Change{Substitute: &s})
	if got := r.Substitutes(s.For, s.Unit, newYear.Add(7)); !slices.Equal(got, []PersonID{s.By}) {
		t.Errorf("substitutes: %v", got)
	}
	hire := Change{People: &PersonChange{New: &Person{ID: "cc-housing-officer-3", NameZH: "某丙", NameEN: "Moubing", Posts: []Post{{Role: Officer, Unit: "cc-housing"}}}}}
	next, err := r.With(newYear.Add(1), hire, Change{People: &PersonChange{Person: s.By, End: []Post{{Role: Officer, Unit: "cc-housing"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := next.Substitutes(s.For, s.Unit, newYear.Add(7)); len(got) != 0 {
		t.Errorf("who has left stands in: %v", got)
	}
	refused(t, next, "has left on", Change{Substitute: &Substitute{For: s.For, By: s.By, Unit: s.Unit, From: newYear, Until: newYear.Add(90)}})
	stranger := s
	stranger.For, stranger.Until = "cc-water-officer-1", newYear.Add(90)
	refused(t, Demo(), "cc-water-officer-1 holds no post in cc-housing", Change{Substitute: &stranger})
	late := s
	late.From, late.Until = newYear.Add(-9), newYear.Add(-1)
	refused(t, Demo(), "before the day", Change{Substitute: &late})
}

// refused wants the changes refused with a sentence, and says so in both languages.
func refused(t *testing.T, r *Roster, want string, changes ...Change) {
	t.Helper()
	got, err := r.With(newYear.Add(30), changes...)
	if err == nil || got != nil || !strings.Contains(err.Error(), want) {
		t.Errorf("answers %v, want one that says %q", err, want)
		return
	}
	faults := Faults(err)
	if len(faults) == 0 {
		t.Errorf("%v lists no faults", err)
	}
	for _, f := range faults {
		if f.Text.ZH == "" || strings.Contains(f.Text.ZH+f.Text.EN, "%!") || !strings.Contains(err.Error(), f.Text.EN) {
			t.Errorf("a broken sentence: %+v", f.Text)
		}
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	bureau := Department{ID: "cc-new", Kind: Housing, District: "440604", NameZH: "新局", NameEN: "New bureau"}
	reorganise := func(c Reorganisation) Change { return Change{Reorganise: &c} }
	pass := func(from, to DepartmentID, shares ...Share) Change {
		return reorganise(Reorganisation{Passages: []Passage{{from, to, shares}}})
	}
	for name, c := range map[string]struct {
		changes []Change
		want    string
	}{
		"NothingSaid":                      {[]Change{{}}, "says exactly one thing, this says 0"},
		"TwoThingsAtOnce":                  {[]Change{{Dissolve: &Dissolution{}, Officer: &Responsible{}}}, "says exactly one thing, this says 2"},
		"AnEmptyReorganisation":            {[]Change{reorganise(Reorganisation{})}, "names no department"},
		"ADepartmentWithoutPeople":         {[]Change{reorganise(Reorganisation{New: []Department{bureau}})}, "department cc-new: has no officer"},
		"ADepartmentThatExists":            {[]Change{reorganise(Reorganisation{New: []Department{{ID: "cc-water", Kind: Water, District: "440604", NameZH: "局", NameEN: "B"}}})}, "the id is used twice"},
		"ANewDepartmentThatEnded":          {[]Change{reorganise(Reorganisation{New: []Department{{ID: "cc-x", Until: newYear}}})}, "can have neither former names"},
		"AnUnknownDepartment":              {[]Change{pass("nowhere", "cc-water")}, `department "nowhere" does not exist`},
		"AnUnknownSuccessor":               {[]Change{pass("cc-water", "nowhere")}, `department "nowhere" does not exist`},
		"NoSuccessor":                      {[]Change{pass("cc-water", "")}, "nobody is named who takes over"},
		"ADepartmentThatFollowsItself":     {[]Change{pass("cc-water", "cc-water")}, "cannot take over from itself"},
		"ACircle":                          {[]Change{reorganise(Reorganisation{Passages: []Passage{{From: "cc-water", To: "cc-ecology"}, {From: "cc-ecology", To: "cc-water"}}})}, "successor cc-water no longer acts"},
		"ADepartmentThatEndsTwice":         {[]Change{pass("cc-water", "cc-ecology"), pass("cc-water", "cc-housing")}, "no longer acts since"},
		"AnItemSharedTwice":                {[]Change{pass("cc-water", "cc-ecology", Share{"cc-housing", []int{3}, nil}, Share{"cc-culture", []int{3}, nil})}, "item 3 is taken over twice"},
		"SomebodyWhoIsNotThereGoingAlong":  {[]Change{pass("cc-water", "", Share{"cc-housing", []int{3}, []PersonID{"cc-culture-lead"}})}, "cannot go along"},
		"TheLastLeadGoingAway":             {[]Change{pass("cc-water", "", Share{"cc-housing", []int{3}, []PersonID{"cc-water-lead"}})}, "department cc-water: has no lead"},
		"ABureauThatFollowsADepartment":    {[]Change{pass("cc-water", "cc-bureau")}, "of another nature"},
		"TheSameName":                      {[]Change{reorganise(Reorganisation{Renames: []Rename{{"cc-water", "禅城区水利局", "Chancheng Water Bureau"}}})}, "is the one it has"},
		"AMissingEnglishName":              {[]Change{reorganise(Reorganisation{Renames: []Rename{{"cc-water", "禅城区水务局", ""}}})}, "an English name are needed"},
		"ABranchThatExists":                {[]Change{{Found: &Founding{Branch{ID: "branch-tod", Tier: TierBranch, Parent: "general-branch"}}}}, "the id is used twice"},
		"ABranchWithAPast":                 {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Renewed: 1}}}}, "a new branch can have no former secretary"},
		"ABranchFoundedOnAnotherDay":       {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Founded: newYear}}}}, "it is founded on 2027-01-01, but"},
		"ABranchForAProjectThatHasOne":     {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Parent: "general-branch", NameZH: "支部", NameEN: "B", Projects: []ProjectID{"u-valley"}}}}}, "belongs to the branches branch-u-valley and branch-x"},
		"AnUnknownSecretary":               {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, SecretaryID: "nobody"}}}}, `person "nobody" does not exist`},
		"AnUnknownBranch":                  {[]Change{{Dissolve: &Dissolution{Branch: "nowhere"}}}, `branch "nowhere" does not exist`},
		"ABranchThatFollowsItself":         {[]Change{{Dissolve: &Dissolution{Branch: "branch-tod", Successor: "branch-tod"}}}, "cannot take over from itself"},
		"AGeneralBranchWithBranchesBelow":  {[]Change{{Dissolve: &Dissolution{Branch: "general-branch"}}}, "branch branch-tod stands below general-branch"},
		"ABranchUnderAnotherBranch":        {[]Change{{Dissolve: &Dissolution{Branch: "general-branch", Successor: "branch-tod"}}}, "is of another tier"},
		"NoProject":                        {[]Change{{Projects: &ProjectChange{}}}, "either a new project or one that exists"},
		"AnUnknownProject":                 {[]Change{{Projects: &ProjectChange{Project: "none", Closed: true}}}, `project "none" does not exist`},
		"AProjectThatDoesNotChange":        {[]Change{{Projects: &ProjectChange{Project: "u-valley"}}}, "nothing is said to change"},
		"AProjectFinishedBeforeItBegan":    {[]Change{{Projects: &ProjectChange{New: &Project{ID: "x"}, Closed: true}}}, "cannot be finished already"},
		"AProjectOfAGeneralBranch":         {[]Change{{Projects: &ProjectChange{Project: "u-valley", To: "general-branch"}}}, "only a branch of tier branch has projects"},
		"NoPerson":                         {[]Change{{People: &PersonChange{}}}, "either a new person or one who exists"},
		"APersonWhoDoesNotChange":          {[]Change{{People: &PersonChange{Person: "cc-water-lead"}}}, "nothing is said to change"},
		"ASecretaryMadeByTheWay":           {[]Change{{People: &PersonChange{Person: "cc-water-lead", Begin: []Post{{Role: Secretary, Unit: "branch-tod"}}}}}, "by an appointment"},
		"APostThatNobodyHolds":             {[]Change{{People: &PersonChange{Person: "cc-water-lead", End: []Post{{Role: Lead, Unit: "cc-housing"}}}}}, "does not hold the post lead in cc-housing"},
		"SomebodyWhoLeavesAndBegins":       {[]Change{{People: &PersonChange{Person: "cc-water-officer-1", Leave: true, Begin: []Post{{Role: Lead, Unit: "cc-housing"}}}}}, "leaves and cannot begin"},
		"TheOnlyLeadLeaving":               {[]Change{{People: &PersonChange{Person: "cc-water-lead", Leave: true}}}, "department cc-water: has no lead"},
		"AResponsibleOfficerLeaving":       {[]Change{{People: &PersonChange{Person: "cc-bureau-1", Leave: true}}}, "name another first"},
		"TheSameResponsibleOfficer":        {[]Change{{Officer: &Responsible{"u-valley", "cc-bureau-1"}}}, "is the responsible officer of u-valley already"},
		"APostInADepartmentThatEnded":      {[]Change{pass("cc-water", "cc-ecology"), {People: &PersonChange{Person: "cc-housing-lead", Begin: []Post{{Role: Lead, Unit: "cc-water"}}}}}, "which no longer acts since"},
		"APartyWithoutAKind":               {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Parent: "general-branch", NameZH: "支", NameEN: "B", Parties: []BranchParty{{Name{"甲", "A"}, ""}}}}}}, "a party needs a name"},
		"ACoBuilderThatIsNowhere":          {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Parent: "general-branch", NameZH: "支", NameEN: "B", CoBuilders: []CoBuilder{{Department: "nowhere"}}}}}}, `co-builder "nowhere" must be`},
		"AContactWithoutASection":          {[]Change{{Found: &Founding{Branch{ID: "branch-x", Tier: TierBranch, Parent: "general-branch", NameZH: "支", NameEN: "B", Contacts: []Contact{{Person: "cc-water-lead"}}}}}}, "a contact needs the section's name"},
		"ATermThatEndsBeforeItBegins":      {[]Change{{Secretary: &Appointment{Branch: "branch-tod", Person: "cc-water-lead", TermEnds: newYear}}}, "is no span"},
		"APersonWhoIsNobodyAsTheSecretary": {[]Change{{Secretary: &Appointment{Branch: "branch-tod", Person: "nobody"}}}, `person "nobody" does not exist`},
		"EveryFaultAtOnce":                 {[]Change{pass("nowhere", "cc-water"), {Dissolve: &Dissolution{Branch: "elsewhere"}}}, "change 2: branch \"elsewhere\" does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, Demo(), c.want, c.changes...)
		})
	}
	if _, err := Demo().With(0); err == nil || len(Faults(err)) != 1 {
		t.Errorf("changes without a day answer %v", err)
	}
}

func TestChangesCanBeStored(t *testing.T) {
	t.Parallel()
	want := []Change{
		{Reorganise: &Reorganisation{Passages: []Passage{{From: "a", To: "b", Shares: []Share{{"c", []int{1}, []PersonID{"p"}}}}}, Renames: []Rename{{"d", "新", "new"}}}},
		{Found: &Founding{Branch{ID: "b", Tier: TierBranch, Projects: []ProjectID{"p"}, TermEnds: newYear, Parties: []BranchParty{{Name{"甲", "A"}, Owner}}, Origin: Origin{Source: "报道"}}}},
		{Dissolve: &Dissolution{"a", "b"}},
		{Secretary: &Appointment{"b", "p", newYear, newYear.Add(1), true}},
		{Projects: &ProjectChange{Project: "p", To: "b"}},
		{People: &PersonChange{Person: "p", End: []Post{{Role: Lead, Unit: "u"}}}},
		{Substitute: &Substitute{"p", "q", "u", newYear, newYear}},
		{Officer: &Responsible{"p", "q"}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []Change
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheUnitsOfAStandingBranchAreSaidAnew(t *testing.T) {
	t.Parallel()
	on := calendar.MustParse("2026-03-09")
	bank := CoBuilder{Name: Name{"某银行佛山分行", "A Bank, Foshan"}}
	r, err := Demo().With(on, Change{Units: &BranchUnits{Branch: "branch-fenjiang", CoBuilders: []CoBuilder{bank}, Parties: []BranchParty{{Name{"某村", "A Village"}, Village}}}})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := r.Branch("branch-fenjiang"); !slices.Equal(b.CoBuilders, []CoBuilder{bank}) || len(b.Parties) != 1 || b.SecretaryID != "fenjiang-secretary" {
		t.Errorf("%+v", b)
	}
	if r, err = r.With(on, Change{Units: &BranchUnits{Branch: "branch-fenjiang"}}); err != nil {
		t.Fatal(err)
	}
	if b, _ := r.Branch("branch-fenjiang"); b.CoBuilders != nil || b.Parties != nil {
		t.Errorf("taken away: %+v", b)
	}
	for name, units := range map[string]BranchUnits{
		"no branch": {Branch: "nothing"},
		"no name":   {Branch: "branch-fenjiang", CoBuilders: []CoBuilder{{}}},
		"no unit":   {Branch: "branch-fenjiang", CoBuilders: []CoBuilder{{Department: "nothing"}}},
	} {
		if _, err := Demo().With(on, Change{Units: &units}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestAnInterestIsDeclaredAndTakenBack(t *testing.T) {
	t.Parallel()
	declare := func(projects ...ProjectID) Change {
		return Change{People: &PersonChange{Person: "cc-water-officer-2", Declare: &Declared{projects}}}
	}
	r := after(t, declare("u-valley"))
	if !r.MustStandAside("cc-water-officer-2", "u-valley") || r.MustStandAside("cc-water-officer-2", "sewer-third") {
		t.Error("what was declared is not kept")
	}
	if p, _ := r.Person("cc-water-officer-2"); len(p.Posts) != 1 || !p.Left.IsZero() {
		t.Errorf("the posts changed: %+v", p)
	}
	if r := after(t, declare("u-valley"), declare()); r.MustStandAside("cc-water-officer-2", "u-valley") {
		t.Error("what was taken back stands")
	}
	if _, err := Demo().With(newYear, declare("nothing")); err == nil {
		t.Error("an interest in no project is taken")
	}
}
