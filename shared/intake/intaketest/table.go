package intaketest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

const heading = "项目,标题,说明,事项编号,承诺事项,协调事项,参与部门\n"

func (d *desk) imported(t *testing.T, actor approval.Actor, in intake.Import) intake.Imported {
	t.Helper()
	got, err := d.intake.Import(t.Context(), in, actor)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (d *desk) drafts(t *testing.T, project roster.ProjectID) (titles []string) {
	t.Helper()
	page := approval.Page{Limit: 200}
	for {
		issues, next, err := d.issues.Store().Issues(t.Context(), approval.IssueQuery{Project: project, Drafts: true}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range issues {
			titles = append(titles, i.Title)
		}
		if page.Cursor = next; next == "" {
			slices.Sort(titles)
			return titles
		}
	}
}

func aTableBecomesDraftsOnceHoweverOftenItIsImported(t *testing.T, open opener) {
	d := open(t)
	table := "\ufeff" + heading +
		"汾江河西岸岸线提升项目,河道占用协调,\"第一行\n第二行\",,,河涌提升,禅城区交通运输局；cc-water\n" +
		"\n" +
		"fenjiang-west-bank,规划许可,,25,,,\n"
	if got := d.imported(t, secretary, intake.Import{Table: table, Dry: true}); got.Left != 2 || len(got.Faults) > 0 || len(d.drafts(t, noise.Project)) > 0 {
		t.Fatalf("a dry run answers %+v", got)
	}
	first := d.imported(t, secretary, intake.Import{Table: table})
	if first.Left != 0 || len(first.Rows) != 2 || first.Repeated() {
		t.Fatalf("it is imported as %+v", first)
	}
	issue, err := d.issues.Issue(t.Context(), first.Rows[0].Issue, secretary)
	if err != nil || len(issue.Parties) != 2 || issue.Parties[1].Department != "cc-water" || issue.Body != "第一行\n第二行" {
		t.Errorf("the first draft is %+v, %v", issue, err)
	}
	again := d.imported(t, secretary, intake.Import{Table: table})
	if !again.Repeated() || again.Rows[1].Issue != first.Rows[1].Issue || len(again.Duplicates) > 0 {
		t.Errorf("imported again it is %+v", again)
	}
	if got := d.drafts(t, noise.Project); len(got) != 2 {
		t.Errorf("the drafts are %v", got)
	}
}

func anImportNamesEveryFaultByRowAndColumnAndMakesNothing(t *testing.T, open opener) {
	d := open(t)
	table := heading +
		"fenjiang-west-bank,好的一行,,,,,\n" +
		"没有的项目,标题,,,,,\n" +
		"fenjiang-west-bank,,,,,,\n" +
		"u-valley,别的支部,,,,,\n" +
		"fenjiang-west-bank,事项有误,,25;abc,,,\n" +
		"fenjiang-west-bank,事项没有,,9999,,,\n" +
		"fenjiang-west-bank,承诺不在内,,25,1,,\n" +
		"fenjiang-west-bank,没有协调事项,,,,,cc-water\n" +
		"fenjiang-west-bank,没有部门,,,,河涌提升,\n" +
		"fenjiang-west-bank,部门有误,,,,河涌提升,某某局\n" +
		"fenjiang-west-bank,部门重复,,,,河涌提升,cc-water;cc-water\n" +
		"fenjiang-west-bank,协调有误,,,,会餐,cc-water\n" +
		"fenjiang-west-bank,太长,,,,,,,\n"
	got := d.imported(t, secretary, intake.Import{Table: table})
	var at []string
	for _, f := range got.Faults {
		at = append(at, fmt.Sprint(f.Row, f.Column))
		if f.Text.ZH == "" || f.Text.EN == "" {
			t.Errorf("row %d says %+v", f.Row, f.Text)
		}
	}
	want := []string{"3项目", "4标题", "5项目", "6事项编号", "7事项编号", "8承诺事项", "9协调事项", "10参与部门", "11参与部门", "12参与部门", "13协调事项", "14"}
	if !slices.Equal(at, want) {
		t.Errorf("faults are found at %v", at)
	}
	if len(got.Rows) > 0 || len(d.drafts(t, noise.Project)) > 0 {
		t.Errorf("something was made of it: %+v", got.Rows)
	}
	if heads := d.imported(t, secretary, intake.Import{Table: "标题,标题,备注\nx,y,z\n"}).Faults; len(heads) != 3 {
		t.Errorf("the heading is answered %+v", heads)
	}
}

func hostileTablesAreRefusedWhole(t *testing.T, open opener) {
	d := open(t)
	for name, table := range map[string]string{
		"empty": "", "no rows": heading, "not UTF-8": heading + "\xcf\xee\xc4\xbf,x,,,,,\n", "nul": heading + "a\x00,x,,,,,\n",
		"open quote": heading + "fenjiang-west-bank,\"未完", "too many rows": heading + strings.Repeat("fenjiang-west-bank,x,,,,,\n", intake.MostRows+1),
	} {
		_, err := d.intake.Import(t.Context(), intake.Import{Table: table}, secretary)
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != approval.Invalid || e.Field != "table" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A formula is text like any other.
	if got := d.imported(t, secretary, intake.Import{Table: heading + "fenjiang-west-bank,\"=HYPERLINK(\"\"x\"\")\",,,,,\n"}); len(got.Faults) > 0 || got.Rows[0].Title != `=HYPERLINK("x")` {
		t.Errorf("a formula becomes %+v", got)
	}
	for _, actor := range []approval.Actor{water, general, overseer, admin} {
		if _, err := d.intake.Import(t.Context(), intake.Import{Table: heading + "fenjiang-west-bank,x,,,,,\n"}, actor); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s imports: %v", actor.Role, err)
		}
	}
	if _, err := d.intake.Import(t.Context(), intake.Import{Table: heading + "fenjiang-west-bank,x,,,,,\n", Choices: map[int]intake.Choice{3: intake.Skip}}, secretary); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("a choice for no row: %v", err)
	}
}

func duplicatesWaitForADecision(t *testing.T, open opener) {
	d := open(t)
	d.imported(t, secretary, intake.Import{Table: heading + "fenjiang-west-bank,汾江河西岸施工期间交通疏导,,,,,\n"})
	// Another table has the same once more, written otherwise, and two that are alike.
	table := heading +
		"fenjiang-west-bank,汾江河西岸施工期间 交通疏导！,,,,,\n" +
		"fenjiang-west-bank,汾江河西岸施工期间交通疏导方案,,,,,\n" +
		"fenjiang-west-bank,临时用电,,,,,\n" +
		"fenjiang-west-bank,树木迁移,,,,,\n"
	got := d.imported(t, secretary, intake.Import{Table: table})
	var found []string
	for _, x := range got.Duplicates {
		found = append(found, fmt.Sprintf("%d with row %d, exact %t, with an issue %t", x.Row, x.Other, x.Exact, x.Issue != ""))
	}
	want := []string{"2 with row 0, exact true, with an issue true", "3 with row 2, exact false, with an issue false", "3 with row 0, exact false, with an issue true"}
	if !slices.Equal(found, want) || got.Undecided != 2 {
		t.Fatalf("found are %v, and %d rows wait", found, got.Undecided)
	}
	if n := len(d.drafts(t, noise.Project)); n != 1 {
		t.Errorf("while they wait there are %d drafts", n)
	}
	choices := map[int]intake.Choice{2: intake.Skip, 3: intake.Keep}
	for range 2 {
		if got = d.imported(t, secretary, intake.Import{Table: table, Choices: choices}); got.Left != 0 || got.Undecided != 0 || !got.Rows[0].Skipped {
			t.Errorf("decided on it is %+v", got)
		}
	}
	if n := len(d.drafts(t, noise.Project)); n != 4 {
		t.Errorf("there are %d drafts", n)
	}
}

func theBureauImportsForSeveralBranches(t *testing.T, open opener) {
	d := open(t)
	table := heading + "fenjiang-west-bank,甲,,,,,\nu-valley,乙,,,,,\n"
	for range 2 {
		if got := d.imported(t, bureau, intake.Import{Table: table}); got.Left != 0 || len(got.Rows) != 2 || len(got.Duplicates) > 0 {
			t.Fatalf("it is imported as %+v", got)
		}
	}
	got := d.imported(t, bureau, intake.Import{Table: table})
	id := got.Rows[1].Issue
	if _, err := d.issues.Issue(t.Context(), id, secretary); err == nil {
		t.Error("another branch sees the draft")
	}
	issue, err := d.issues.Issue(t.Context(), id, other)
	if err != nil || issue.Branch != "branch-u-valley" || issue.RaisedBy.Role != roster.Bureau {
		t.Fatalf("the branch's draft is %+v, %v", issue, err)
	}
	parties := []approval.Party{{Matter: "river_works", Department: "cc-water"}}
	issue, _, err = d.issues.Do(t.Context(), id, approval.Raise{Petition: &approval.Petition{Project: "u-valley", Title: "乙", Parties: parties}}, as(other))
	if err != nil || issue.RaisedBy != other {
		t.Errorf("raised by %+v, %v", issue.RaisedBy, err)
	}
	// The secretary who is given the same table is told of the drafts.
	if got := d.imported(t, secretary, intake.Import{Table: heading + "fenjiang-west-bank,甲,,,,,\n"}); len(got.Duplicates) != 1 || !got.Duplicates[0].Exact {
		t.Errorf("the secretary is told %+v", got)
	}
}

// fiveHundredRowsAreImportedThoughCutOff repeats the same import until it is
// finished.
func fiveHundredRowsAreImportedThoughCutOff(t *testing.T, open opener) {
	d := open(t)
	table := strings.Builder{}
	table.WriteString(heading)
	choices := map[int]intake.Choice{}
	for n := range intake.MostRows {
		fmt.Fprintf(&table, "fenjiang-west-bank,问题%d,,,,,\n", n)
		choices[n+2] = intake.Keep
	}
	in := intake.Import{Table: table.String(), Choices: choices}
	ctx, cut := context.WithCancel(t.Context())
	cut()
	if _, err := d.intake.Import(ctx, in, secretary); err == nil {
		t.Error("cut off, it answers no error")
	}
	calls := 0
	for left := 1; left > 0; calls++ {
		left = d.imported(t, secretary, in).Left
	}
	if calls != intake.MostRows/intake.MostDrafts {
		t.Errorf("it took %d calls", calls)
	}
	if got := d.drafts(t, noise.Project); len(got) != intake.MostRows || len(slices.Compact(got)) != intake.MostRows {
		t.Errorf("there are %d drafts", len(got))
	}
}
