package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

var update = flag.Bool("update", false, "write the golden files anew")

const chancheng = roster.DistrictCode("440604")

var july = calendar.MustParse("2022-07-15")

func TestAll43ItemsAreRead(t *testing.T) {
	t.Parallel()
	items := Construction().Items()
	if len(items) != 43 {
		t.Fatalf("%d items", len(items))
	}
	for i, item := range items {
		if item.No != ItemNo(i+1) {
			t.Errorf("item %d stands at place %d", item.No, i+1)
		}
		if len(item.Kinds) == 0 {
			t.Errorf("item %d names no department", item.No)
		}
	}
}

func TestEveryCellOfTheTableIsKeptAsPrinted(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.Trim(string(itemsTSV), "\n"), "\n")[1:]
	for i, item := range Construction().Items() {
		got := strings.Join([]string{
			fmt.Sprint(item.No), item.NameZH, item.NameEN, string(item.Stage), item.Department, item.Statutory.Printed,
			item.Statutory.UnitPrinted, item.Statutory.Basis, item.Statutory.Source, item.Promised.Printed, item.Promised.Source, item.Notes,
		}, "\t")
		if got != strings.TrimSuffix(lines[i], "\r") {
			t.Errorf("printed\n%s\nkept\n%s", lines[i], got)
		}
	}
}

// The golden file is what a reader checks the reading of the table against.
func TestLimitsMarksAndClocksAreAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	marks, clocks := map[Mark]int{}, map[Mark]int{}
	for _, item := range Construction().Items() {
		s, p := item.Statutory, item.Promised
		fmt.Fprintf(&b, "%d %s | %s | %q", item.No, item.NameZH, s.Mark, s.Printed)
		if s.Known {
			fmt.Fprintf(&b, " = %d %s from %s", s.Limit.Days, s.Limit.Unit, s.Limit.Start)
		}
		if s.Extension > 0 {
			fmt.Fprintf(&b, " +%d", s.Extension)
		}
		for _, c := range s.Cases {
			fmt.Fprintf(&b, " [%s %d]", c.When, c.Days)
		}
		if s.Claimed {
			b.WriteString(" claimed")
		}
		if s.OwnerDays > 0 {
			fmt.Fprintf(&b, " owner %d", s.OwnerDays)
		}
		if s.Unsettled() {
			b.WriteString(" unsettled")
		}
		fmt.Fprintf(&b, " | promised %q", p.Printed)
		if p.Known {
			fmt.Fprintf(&b, " = %d to %d", p.Min, p.Max)
		}
		if p.Condition != "" {
			fmt.Fprintf(&b, " (%s)", p.Condition)
		}
		limit, mark := item.ClockLimit()
		fmt.Fprintf(&b, " | clock %d %s from %s, %s\n", limit.Days, limit.Unit, limit.Start, mark)
		marks[s.Mark]++
		clocks[mark]++
	}
	for _, m := range Marks() {
		fmt.Fprintf(&b, "mark %s: %d items, %d clocks\n", m, marks[m], clocks[m])
	}
	golden(t, "limits.txt", b.String())
}

func TestTheGraphIsAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, e := range Construction().Edges() {
		fmt.Fprintf(&b, "%d -> %d", e.Item, e.Requires)
		if e.Waivable {
			b.WriteString(" waivable")
		}
		if e.Source != "" {
			fmt.Fprintf(&b, " | %s", e.Source)
		}
		if e.IsAssumed() {
			fmt.Fprintf(&b, " | assumed: %s", e.Assumed.EN)
		}
		b.WriteString("\n")
	}
	golden(t, "edges.txt", b.String())
}

func TestClockRunsOnTheBestLimitKnownAndSaysWhatItIsWorth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		no    ItemNo
		limit calendar.Limit
		mark  Mark
	}{
		{2, calendar.Limit{Days: 20, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkLaw},
		{32, calendar.Limit{Days: 7, Unit: calendar.CalendarDays, Start: calendar.Receipt}, MarkLaw},
		{28, calendar.Limit{Days: 15, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkLaw},
		{1, calendar.Limit{Days: 0, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkLaw},
		{24, calendar.Limit{Days: 15, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkPromised},
		{39, calendar.Limit{Days: 9, Unit: calendar.WorkingDays, Start: calendar.Acceptance}, MarkPromised},
		{38, AssumedLimit(), MarkAssumed},
		{42, AssumedLimit(), MarkAssumed},
	} {
		item, _ := Construction().Item(c.no)
		limit, mark := item.ClockLimit()
		if limit != c.limit || mark != c.mark {
			t.Errorf("item %d runs on %v, %s; want %v, %s", c.no, limit, mark, c.limit, c.mark)
		}
		if err := limit.Validate(); err != nil {
			t.Errorf("item %d: %v", c.no, err)
		}
	}
}

func TestAnUnsourcedItemHasNoStatutoryLimit(t *testing.T) {
	t.Parallel()
	for _, item := range Construction().Items() {
		s := item.Statutory
		if s.Mark == MarkUnsourced && (s.Known || s.Limit != calendar.Limit{}) {
			t.Errorf("item %d has the limit %v without a source", item.No, s.Limit)
		}
		if s.Mark != MarkUnsourced && !s.Known && s.OwnerDays == 0 {
			t.Errorf("item %d has a source and no limit", item.No)
		}
		if s.Unsettled() != (s.UnitNote() != roster.Name{}) {
			t.Errorf("item %d does not say how 日 is read", item.No)
		}
		if s.Known && s.Unsettled() && s.Limit.Unit != calendar.CalendarDays {
			t.Errorf("item %d counts 日 in %s days", item.No, s.Limit.Unit)
		}
	}
}

func TestEachKindNamedHasACompetentDepartmentInTheDemo(t *testing.T) {
	t.Parallel()
	c, r := Construction(), roster.Demo()
	if err := c.CheckRoster(r); err != nil {
		t.Fatal(err)
	}
	for _, item := range c.Items() {
		if _, err := c.Competent(item.No, chancheng, july); err != nil {
			t.Error(err)
		}
		for _, kind := range item.Kinds {
			id, err := c.CompetentKind(kind, chancheng, july)
			if err != nil {
				t.Errorf("item %d: %v", item.No, err)
			}
			if len(r.People(roster.Officer, string(id))) < 2 {
				t.Errorf("item %d goes to %s, which has too few officers", item.No, id)
			}
		}
	}
	for _, m := range c.Matters() {
		for _, kind := range m.Kinds {
			if kind.Local() {
				if len(r.DepartmentsOf(kind, chancheng, roster.Name{})) == 0 {
					t.Errorf("matter %s: no %s in the demo", m.Code, kind)
				}
			} else if _, err := c.CompetentKind(kind, chancheng, july); err != nil {
				t.Errorf("matter %s: %v", m.Code, err)
			}
		}
	}
}

func TestCompetenceGoesToTheLevelThatHasIt(t *testing.T) {
	t.Parallel()
	for no, want := range map[ItemNo]roster.DepartmentID{
		1: "cc-development", 8: "cc-natural-resources", 10: "fs-natural-resources", 23: "fs-transport", 34: "cc-transport",
		27: "gd-housing", 28: "cc-drawing-review", 33: "cc-urban-management", 36: "cc-water", 5: "cc-development",
	} {
		if got, err := Construction().Competent(no, chancheng, july); err != nil || got != want {
			t.Errorf("item %d: %s, %v; want %s", no, got, err, want)
		}
	}
}

func TestSecondKindAnswersWhenTheFirstHasNobody(t *testing.T) {
	t.Parallel()
	c := load(t, func(r *rest) {
		r.Competences = slices.DeleteFunc(r.Competences, func(c Competence) bool { return c.Kind == roster.UrbanManagement })
	})
	if got, err := c.Competent(33, chancheng, july); err != nil || got != "cc-housing" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestNobodyCompetentNamesItemDistrictDateAndWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := Construction().Competent(27, "440605", july)
	nobody, ok := errors.AsType[*NobodyError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	want := &NobodyError{Item: 27, Kinds: []roster.DepartmentKind{roster.ProvincialHousing}, District: "440605", On: july}
	if diff := cmp.Diff(want, nobody); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"item 27", "440605", "2022-07-15", "enter a competence"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if _, err := Construction().Competent(99, chancheng, july); err == nil {
		t.Error("somebody is competent for an item that does not exist")
	}
	if _, err := Construction().CompetentKind(roster.TownGovernment, chancheng, july); err == nil {
		t.Error("a district has one town government")
	}
}

func TestACompetenceMovesOnADay(t *testing.T) {
	t.Parallel()
	before := Construction()
	day := calendar.MustParse("2022-08-01")
	after, moved, err := before.Transfer(Transfer{
		Items: []ItemNo{10, 11, 8}, District: chancheng, To: "cc-natural-resources", On: day,
		Origin: roster.Origin{Source: "权责清单调整"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if moved != 2 {
		t.Errorf("%d moved, want 2: item 8 was there already", moved)
	}
	for _, c := range []struct {
		catalog *Catalog
		on      calendar.Date
		want    roster.DepartmentID
	}{
		{after, day - 1, "fs-natural-resources"},
		{after, day, "cc-natural-resources"},
		{after, day + 400, "cc-natural-resources"},
		{before, day + 400, "fs-natural-resources"},
	} {
		if got, err := c.catalog.Competent(10, chancheng, c.on); err != nil || got != c.want {
			t.Errorf("on %s: %s, %v; want %s", c.on, got, err, c.want)
		}
	}
	if _, _, err := after.Transfer(Transfer{Items: []ItemNo{10}, District: chancheng, To: "fs-natural-resources", On: day - 5, Origin: roster.Origin{Source: "x"}}); err == nil || !strings.Contains(err.Error(), "already to become competent on 2022-08-01") {
		t.Errorf("moving it before a later move: %v", err)
	}
	back, _, err := after.Transfer(Transfer{Items: []ItemNo{10}, District: chancheng, To: "fs-natural-resources", On: day + 10, Origin: roster.Origin{Source: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := back.Competent(10, chancheng, day+9); got != "cc-natural-resources" {
		t.Errorf("before it moves back: %s", got)
	}
	if got, _ := back.Competent(10, chancheng, day+10); got != "fs-natural-resources" {
		t.Errorf("after it moved back: %s", got)
	}
}

func TestATransferSaysWhetherOpenCasesComeAlong(t *testing.T) {
	t.Parallel()
	day := calendar.MustParse("2022-08-01")
	for _, moves := range []bool{false, true} {
		after, _, err := Construction().Transfer(Transfer{Items: []ItemNo{10}, District: chancheng, To: "cc-natural-resources", On: day, MovesOpen: moves, Origin: roster.Origin{Source: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, before := after.MovedTo(10, chancheng, day-1); before {
			t.Error("open cases move before the day")
		}
		if to, moved := after.MovedTo(10, chancheng, day); moved != moves || to != "cc-natural-resources" {
			t.Errorf("with movesOpen %v open cases go to %s, %v", moves, to, moved)
		}
	}
}

// TestTheReformOf2226Items moves as many competences as five departments gave to
// a district on 29 November 2021 (Xiangqiao), in one change.
func TestTheReformOf2226Items(t *testing.T) {
	t.Parallel()
	c := *Construction()
	c.items, c.index = nil, map[ItemNo]int{}
	reform := Transfer{District: chancheng, To: "cc-housing", On: calendar.MustParse("2021-11-29"), MovesOpen: true, Origin: roster.Origin{Source: "x"}}
	for no := ItemNo(1); no <= 2226; no++ {
		c.index[no] = len(c.items)
		c.items = append(c.items, Item{No: no, Kinds: []roster.DepartmentKind{roster.NaturalResources}})
		reform.Items = append(reform.Items, no)
	}
	c.competences = []Competence{{Kind: roster.NaturalResources, District: chancheng, Department: "fs-natural-resources", Origin: roster.Origin{Source: "x"}}}
	after, moved, err := c.Transfer(reform)
	if err != nil || moved != 2226 {
		t.Fatalf("%d moved: %v", moved, err)
	}
	for _, no := range reform.Items {
		before, _ := after.Competent(no, chancheng, reform.On-1)
		since, _ := after.Competent(no, chancheng, reform.On)
		if before != "fs-natural-resources" || since != "cc-housing" {
			t.Fatalf("item %d: %s, then %s", no, before, since)
		}
	}
}

func TestSuccessorsTakeOverWhatADepartmentHad(t *testing.T) {
	t.Parallel()
	day, before := calendar.MustParse("2022-08-01"), Construction()
	// cc-natural-resources has its kind; item 10 comes to it by a row of its own, later than the day.
	before, _, err := before.Transfer(Transfer{Items: []ItemNo{10}, District: chancheng, To: "cc-natural-resources", On: day + 30, Origin: roster.Origin{Source: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	had := map[ItemNo]bool{}
	for _, item := range before.Items() {
		id, err := before.Competent(item.No, chancheng, day+60)
		had[item.No] = err == nil && id == "cc-natural-resources"
	}
	after, err := before.Succeed(Succession{
		From: "cc-natural-resources", To: "cc-housing", Items: map[ItemNo]roster.DepartmentID{24: "cc-ecology", 10: "cc-water"}, On: day, Origin: roster.Origin{Source: "机构改革方案"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for no, mine := range had {
		want := map[ItemNo]roster.DepartmentID{24: "cc-ecology", 10: "cc-water"}[no]
		if want == "" {
			want = "cc-housing"
		}
		got, err := after.Competent(no, chancheng, day+60)
		was, _ := before.Competent(no, chancheng, day+60)
		switch {
		case mine && (err != nil || got != want):
			t.Errorf("item %d goes to %s, %v; want %s", no, got, err, want)
		case !mine && got != was:
			t.Errorf("item %d of %s went to %s", no, was, got)
		}
		if old, _ := before.Competent(no, chancheng, day-1); old != "" {
			if still, _ := after.Competent(no, chancheng, day-1); still != old {
				t.Errorf("before the day item %d is with %s instead of %s", no, still, old)
			}
		}
	}
	if got, _ := after.Competent(10, chancheng, day+29); got != "fs-natural-resources" {
		t.Errorf("item 10 leaves %s early", got)
	}
	if !had[24] || !had[10] {
		t.Fatal("the test's premise does not hold")
	}
}

func TestTransferReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	_, _, err := Construction().Transfer(Transfer{Items: []ItemNo{99, 8, 8}, District: chancheng})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"the day, the department and the district are needed", "item 99: there is no such item", "item 8: is given twice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestPartiesOfAMatterAreThoseOfTheProjectsDistrictAndTown(t *testing.T) {
	t.Parallel()
	c, r := Construction(), roster.Demo()
	tod, _ := r.Project("tod-nanzhuang")
	got, err := c.Parties("plot_adjustment", tod, r, july)
	if err != nil {
		t.Fatal(err)
	}
	want := []roster.DepartmentID{"cc-natural-resources", "nanzhuang-government", "nanzhuang-village-1", "nanzhuang-village-2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	culvert, _ := r.Project("qingke-culvert")
	got, err = c.Parties("demolition", culvert, r, july)
	if diff := cmp.Diff([]roster.DepartmentID{"cc-natural-resources", "cc-housing"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	tod.District = "440605"
	if _, err := c.Parties("traffic_diversion", tod, r, july); err == nil || strings.Count(err.Error(), "nobody") != 2 {
		t.Errorf("two kinds have nobody there: %v", err)
	}
	if _, err := c.Parties("dancing", tod, r, july); err == nil {
		t.Error("accepted an unknown matter")
	}
}

func TestMattersSayThatTheirLimitIsAssumed(t *testing.T) {
	t.Parallel()
	for _, m := range Construction().Matters() {
		limit, mark := m.ClockLimit()
		if mark != MarkAssumed || limit.Days != 5 || limit.Unit != calendar.WorkingDays || !m.IsAssumed() {
			t.Errorf("%s: %v %s", m.Code, limit, mark)
		}
		if got, ok := Construction().Matter(m.Code); !ok || got.NameZH != m.NameZH {
			t.Errorf("%s is not found by its code", m.Code)
		}
	}
}

func TestOneRequirementHoldsOverItemsNotAskedFor(t *testing.T) {
	t.Parallel()
	// 32 requires 25, 25 requires 24, 24 requires 9.
	needs, removed, err := Construction().Graph([]ItemNo{9, 32}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Need{{Item: 9}, {Item: 32, Requires: []ItemNo{9}}}, needs); diff != "" {
		t.Error(diff)
	}
	if len(removed) != 0 {
		t.Errorf("removed %v", removed)
	}
}

func TestACommitmentRemovesOnlyItsOwnWaivableEdges(t *testing.T) {
	t.Parallel()
	c := Construction()
	items := []ItemNo{8, 24, 25, 28, 29, 31, 32}
	needs, removed, err := c.Graph(items, []ItemNo{24, 28, 32})
	if err != nil {
		t.Fatal(err)
	}
	want := []Need{
		{Item: 8},
		{Item: 24},                                    // 24 -> 8 is waived
		{Item: 25, Requires: []ItemNo{8, 24}},         // no commitment for 25
		{Item: 28},                                    // 28 -> 25 is waived
		{Item: 29, Requires: []ItemNo{25}},            //
		{Item: 31, Requires: []ItemNo{28}},            // no commitment for 31
		{Item: 32, Requires: []ItemNo{8, 25, 28, 29}}, // only 32 -> 31 is waivable
	}
	if diff := cmp.Diff(want, needs); diff != "" {
		t.Error(diff)
	}
	var got [][2]ItemNo
	for _, e := range removed {
		got = append(got, [2]ItemNo{e.Item, e.Requires})
		if e.NoteZH == "" || !e.Waivable {
			t.Errorf("removed edge %v does not explain itself", e)
		}
	}
	if diff := cmp.Diff([][2]ItemNo{{24, 8}, {28, 25}, {32, 31}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAWaivedEdgeOverItemsNotAskedForIsReportedWithItsWay(t *testing.T) {
	t.Parallel()
	// 28 requires 25 (waivable), 25 requires 24; 25 is not asked for.
	needs, removed, err := Construction().Graph([]ItemNo{24, 28}, []ItemNo{28})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Need{{Item: 24}, {Item: 28, Requires: nil}}, needs); diff != "" {
		t.Error(diff)
	}
	if len(removed) != 1 || removed[0].Requires != 24 || !slices.Equal(removed[0].Via, []ItemNo{25}) {
		t.Errorf("removed %+v", removed)
	}
}

func TestARequirementThatAlsoHoldsOnAnotherWayIsKept(t *testing.T) {
	t.Parallel()
	// 28 requires 25 (waivable), which requires 24; here it also requires 24 itself.
	c := load(t, func(r *rest) {
		r.Edges = append(r.Edges, Edge{Item: 28, Requires: 24, NoteZH: "测试", NoteEN: "test", Origin: roster.Origin{Source: "test"}})
	})
	needs, removed, err := c.Graph([]ItemNo{24, 28}, []ItemNo{28})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(needs[1].Requires, []ItemNo{24}) || len(removed) != 0 {
		t.Errorf("needs %v, removed %v", needs, removed)
	}
}

func TestNothingIsRequiredThroughAnItemThatTheProjectMayNotNeed(t *testing.T) {
	t.Parallel()
	// 28 requires 27, the review of over-limit high-rises, which requires 24; 25 is waived.
	for items, want := range map[[3]ItemNo][]ItemNo{{24, 28, 1}: nil, {24, 28, 27}: {27}} {
		needs, _, err := Construction().Graph(items[:], []ItemNo{28})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(needs[1].Requires, want) {
			t.Errorf("among %v item 28 requires %v, want %v", items, needs[1].Requires, want)
		}
	}
}

func TestGraphRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items, commitments []ItemNo
		want               string
	}{
		"AnUnknownItem":                {[]ItemNo{1, 99}, nil, "no item 99"},
		"AnItemTwice":                  {[]ItemNo{1, 1}, nil, "item 1 is given twice"},
		"ACommitmentNotAskedFor":       {[]ItemNo{1}, []ItemNo{24}, "is not among the items"},
		"ACommitmentTwice":             {[]ItemNo{24}, []ItemNo{24, 24}, "commitment for item 24 is given twice"},
		"ACommitmentForAFireReview":    {[]ItemNo{29}, []ItemNo{29}, "allows neither commitment nor gaps"},
		"ACommitmentForASeismicReview": {[]ItemNo{27}, []ItemNo{27}, "allows neither commitment nor gaps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := Construction().Graph(c.items, c.commitments); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

// For any choice of items: the needs are among them, can be put in an order, and
// agree with a closure computed the plain way; commitments only ever take away.
func TestGraphAgreesWithAPlainClosure(t *testing.T) {
	t.Parallel()
	c := Construction()
	var all []ItemNo
	for _, item := range c.Items() {
		all = append(all, item.No)
	}
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfDistinct(rapid.SampledFrom(all), func(no ItemNo) ItemNo { return no }).Draw(t, "items")
		var commitments []ItemNo
		for _, no := range items {
			if item, _ := c.Item(no); item.CommitmentAllowed && rapid.Bool().Draw(t, fmt.Sprint("commit", no)) {
				commitments = append(commitments, no)
			}
		}
		needs, removed, err := c.Graph(items, commitments)
		if err != nil {
			t.Fatal(err)
		}
		requires := map[ItemNo][]ItemNo{}
		for i, need := range needs {
			if need.Item != items[i] {
				t.Fatalf("need %d is of item %d instead of %d", i, need.Item, items[i])
			}
			var want []ItemNo
			for _, no := range items {
				if reaches(c, need.Item, no, items, slices.Contains(commitments, need.Item)) {
					want = append(want, no)
				}
			}
			slices.Sort(want)
			if !slices.Equal(want, need.Requires) {
				t.Fatalf("item %d requires %v, want %v", need.Item, need.Requires, want)
			}
			requires[need.Item] = need.Requires
		}
		plain, none, err := c.Graph(items, nil)
		if err != nil || len(none) != 0 {
			t.Fatal(none, err)
		}
		for i, need := range plain {
			for _, no := range need.Requires {
				gone := slices.ContainsFunc(removed, func(e Edge) bool { return e.Item == need.Item && e.Requires == no })
				if kept := slices.Contains(needs[i].Requires, no); kept == gone {
					t.Fatalf("%d requires %d: kept %v, removed %v", need.Item, no, kept, gone)
				}
			}
		}
		for left := slices.Clone(items); len(left) > 0; {
			free := slices.IndexFunc(left, func(no ItemNo) bool {
				return !slices.ContainsFunc(requires[no], func(r ItemNo) bool { return slices.Contains(left, r) })
			})
			if free < 0 {
				t.Fatalf("%v wait for each other", left)
			}
			left = slices.Delete(left, free, free+1)
		}
	})
}

// reaches reports whether there is a way from one item to another over items not
// asked for, whose first step is not waived.
func reaches(c *Catalog, from, to ItemNo, asked []ItemNo, waive bool) bool {
	for _, e := range c.Edges() {
		if e.Item != from || waive && e.Waivable {
			continue
		}
		if e.Requires == to {
			return true
		}
		if next, _ := c.Item(e.Requires); !next.Conditional && !slices.Contains(asked, e.Requires) && reaches(c, e.Requires, to, asked, false) {
			return true
		}
	}
	return false
}

func TestSearchFindsByNumberChineseAndEnglish(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]ItemNo{
		"32":                  {32},
		"３２":                  {32},
		"施工许可证":               {32},
		"消防":                  {29, 38, 39},
		"fire":                {29, 38, 39},
		"FIRE accept":         {38},
		"人防":                  {26},
		"construction permit": {25, 32},
		"ire":                 nil,
		"竣工 自然资源":             {40, 43},
		"no such thing":       nil,
	} {
		var got []ItemNo
		for _, item := range Construction().Search(query) {
			got = append(got, item.No)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	if n := len(Construction().Search(" ")); n != 43 {
		t.Errorf("the empty query finds %d", n)
	}
}

func TestStagesComeInTheOrderOfAProject(t *testing.T) {
	t.Parallel()
	want := []Stage{"1 立项用地", "1/2 并行", "2 工程建设许可", "2/3", "3 施工许可", "3/4", "4 竣工验收", "4 竣工后"}
	got := Construction().Stages()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, s := range got {
		if n := s.Name(); n.EN == string(s) {
			t.Errorf("%s has no English name", s)
		}
	}
	for _, m := range Marks() {
		if n := m.Name(); n.EN == "" || n.ZH == string(m) {
			t.Errorf("%s has no name", m)
		}
	}
}

func TestWhatIsHandedOutCannotChangeTheCatalogue(t *testing.T) {
	t.Parallel()
	c := Construction()
	c.Items()[0].Kinds[0] = "x"
	item, _ := c.Item(28)
	item.Statutory.Cases[0].Days = 99
	c.Matters()[0].Kinds[0] = "x"
	c.Edges()[0].Item = 99
	c.Competences()[0].Department = "x"
	fresh := load(t, func(*rest) {})
	if diff := cmp.Diff(fresh.Items(), c.Items()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fresh.Matters(), c.Matters()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fresh.Edges(), c.Edges()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fresh.Competences(), c.Competences()); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	table := strings.NewReplacer(
		"\t20 (+40)\t", "\ttwenty\t",
		"自然资源\tunsourced\t-\tunsourced\tunsourced\t15\t", "炼金\tunsourced\t-\tunsourced\tunsourced\t15-5\t",
		"\t45\t工作日\t", "\t45\t月\t",
	).Replace(string(itemsTSV))
	_, err := Load([]byte(table), encodeRest(t, func(r *rest) {
		r.Edges = append(r.Edges,
			Edge{Item: 9, Requires: 25, NoteZH: "测试", NoteEN: "test", Origin: roster.Origin{Source: "test"}},
			Edge{Item: 99, Requires: 1, NoteZH: "测试", NoteEN: "test", Origin: roster.Origin{Source: "test"}},
			Edge{Item: 29, Requires: 1, Waivable: true})
		r.Competences = append(r.Competences,
			Competence{Kind: roster.Housing, District: chancheng, Department: "other", Origin: roster.Origin{Source: "test"}},
			Competence{Item: 1, Kind: roster.Housing, District: chancheng, Department: "other", Origin: roster.Origin{Source: "test"}},
			Competence{Item: 3, District: chancheng, Department: "other", From: 200, Until: 100})
		r.Matters[0].Limit.Days = -1
		r.Matters[1].Code = r.Matters[0].Code
		r.Matters[2].Join = Join{Rule: "most"}
		r.Matters[3].Join = Join{Rule: JoinAny, K: 2}
		r.Matters[4].Join = Join{Rule: JoinLead}
		r.Routes[0].Item = 98
		for i := range r.Routes {
			if r.Routes[i].Item == 18 {
				r.Routes[i].CommitmentOrigin = roster.Origin{}
			}
		}
	}))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`item 2: limit "twenty" cannot be read`,
		`item 9: department "炼金" is of no known kind`,
		`item 9: promise "15-5" is no range of days`,
		`item 20: unit "月" is not known`,
		"circle: 9 -> 25 -> 24 -> 9",
		"there is no item 99",
		"edge 29 requires 1: a note in both languages is needed",
		"edge 29 requires 1: a source is needed",
		"item 29 allows neither commitment nor gaps",
		"cc-housing is competent for the same on the same days",
		"either an item or a kind is needed",
		"before it begins",
		"matter plot_adjustment: ",
		"the code is used twice",
		`matter traffic_diversion: join rule "most" is none of`,
		`matter old_town_excavation: k is the least number of k_of_n, from 1, and 2 goes with rule "any"`,
		`matter enterprise_request: the rule lead names a kind`,
		"route of item 98: there is no such item",
		"route of item 18: a source is needed",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestLoadRefusesATable(t *testing.T) {
	t.Parallel()
	row := "1\t甲\tA\t1\t发改\t20\t工作日\tspecific law/rule\t法\t5\t指南\t"
	head := strings.Join(heading, "\t") + "\n"
	for name, c := range map[string]struct{ table, want string }{
		"WithoutItsHeading":             {row, "the heading is"},
		"WithARowTooShort":              {head + "1\t甲", "has 2 cells instead of 12"},
		"WithANumberThatIsNone":         {head + strings.Replace(row, "1", "one", 1), `number "one"`},
		"WithANumberTwice":              {head + row + "\n" + row, "the number is used twice"},
		"WithoutAName":                  {head + strings.Replace(row, "A", " ", 1), "an English name and a stage are needed"},
		"WithASourceButNoLimit":         {head + strings.Replace(row, "\t20\t", "\tunsourced\t", 1), "do not agree on whether there is a source"},
		"WithAnUnknownBasis":            {head + strings.Replace(row, "specific law/rule", "rumour", 1), `basis "rumour" is not known`},
		"WithoutASource":                {head + strings.Replace(row, "法", "", 1), "the source is missing"},
		"WithDaysThatNeedAUnit":         {head + strings.Replace(row, "工作日", "-", 1), "needs a unit"},
		"WithALimitOfMoreThanACentury":  {head + strings.Replace(row, "\t20\t", "\t99999\t", 1), "item 1: limit"},
		"WithAPromiseThatCannotBeRead":  {head + strings.Replace(row, "\t5\t", "\tsoon\t", 1), `promise "soon" cannot be read`},
		"WithAPromiseSourcedAndNot":     {head + strings.Replace(row, "\t5\t指南", "\t5\tunsourced", 1), "do not agree on whether there is a source"},
		"WithAnUnsourcedPromiseSourced": {head + strings.Replace(row, "\t5\t", "\tunsourced\t", 1), "an unsourced promise has the source"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Load([]byte(c.table), []byte("{}")); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if _, err := Load([]byte(head+row), []byte("{}")); err != nil {
		t.Errorf("refused a good table: %v", err)
	}
	for _, text := range []string{"", "[]", "{} {}", `{"dragons": []}`} {
		if _, err := Load([]byte(head+row), []byte(text)); err == nil {
			t.Errorf("accepted %q beside the table", text)
		}
	}
}

// FuzzLoad: any two texts are refused with an error or give a catalogue whose
// limits are valid and whose graph has an answer.
func FuzzLoad(f *testing.F) {
	f.Add(itemsTSV[:bytes.Index(itemsTSV, []byte("\n4\t"))], []byte(`{"routes":[{"item":2,"gaps":true,"gapsOrigin":{"source":"x"}}],"edges":[{"item":2,"requires":1,"waivable":true,"noteZH":"注","noteEN":"note","source":"x"}]}`))
	f.Add([]byte(strings.Join(heading, "\t")+"\n1\t甲\tA\t1\t发改\t0\t-\tspecific law/rule\t法\t0; 9 if sampled\t指南\t"), []byte("{}"))
	f.Fuzz(func(t *testing.T, table, rest []byte) {
		c, err := Load(table, rest)
		if (c == nil) == (err == nil) {
			t.Fatal("a catalogue and an error, or neither")
		}
		if err != nil {
			return
		}
		var all []ItemNo
		for _, item := range c.Items() {
			if limit, _ := item.ClockLimit(); limit.Validate() != nil {
				t.Fatalf("item %d runs on %v", item.No, limit)
			}
			all = append(all, item.No)
		}
		if _, _, err := c.Graph(all, nil); err != nil {
			t.Fatal(err)
		}
		c.Stages()
		c.Search(string(table[:min(len(table), 40)]))
	})
}

func load(t *testing.T, change func(*rest)) *Catalog {
	t.Helper()
	c, err := Load(itemsTSV, encodeRest(t, change))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encodeRest(t *testing.T, change func(*rest)) []byte {
	t.Helper()
	var r rest
	if err := json.Unmarshal(constructionJSON, &r); err != nil {
		t.Fatal(err)
	}
	change(&r)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
