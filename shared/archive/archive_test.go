package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/archive"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/roster"
	"lianban/shared/saving"
	"lianban/shared/sheet"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// cut is a store that dies at a commit.
type cut struct {
	docket.Store
	left int // commits until then; negative: never
}

var errCut = errors.New("cut off")

func (c *cut) CommitRecord(ctx context.Context, change docket.Change) error {
	if c.left == 0 {
		return errCut
	}
	c.left--
	return c.Store.CommitRecord(ctx, change)
}

func open(t *testing.T) (*archive.Archive, *cut) {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	kept := store.New(file.Table())
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	service := approval.NewService(approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo(), Ladders: approval.DefaultLadders},
		kept, &approvaltest.Stillness{}, approvaltest.NewClock(now).Now, approvaltest.IDs())
	c := &cut{kept, -1}
	return archive.New(service, c), c
}

var call = approval.Call{Actor: approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}}

const heading = "编号,事项编号,部门,受理日期,办结日期,结果,停表天数\n"

// register has n cases of item 24, each of which took four working days.
func register(n int) archive.File {
	var b strings.Builder
	b.WriteString(heading)
	for k := range n {
		fmt.Fprintf(&b, "A-%d,24,规划局,2025-03-03,2025-03-07,办结,0\n", k)
	}
	return archive.File{Name: "台账.csv", Data: []byte(b.String()), Source: "某局2025年台账", AsOf: calendar.MustParse("2025-12-31")}
}

func enter(t *testing.T, a *archive.Archive, f archive.File) archive.Outcome {
	t.Helper()
	out, err := a.Import(t.Context(), f, call)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARegisterStandsAsAVersionAndTheSameOneTwiceChangesNothing(t *testing.T) {
	a, _ := open(t)
	f := register(12)
	f.Dry = true
	if out := enter(t, a, f); out.State() != "checked" || len(out.Items) != 1 || out.Items[0].Summary.N != 12 {
		t.Errorf("a dry run is %s: %+v", out.State(), out)
	}
	if versions, err := a.Versions(t.Context()); err != nil || len(versions) != 0 {
		t.Errorf("after a dry run there are %d versions, %v", len(versions), err)
	}
	first := enter(t, a, register(12))
	if first.State() != "entered" || first.Version.N != 1 || *first.Version.Items[0].Summary.Median.Days != 4 {
		t.Fatalf("%s: %+v", first.State(), first.Version)
	}
	if again := enter(t, a, register(12)); again.State() != "unchanged" || again.Version.N != 1 {
		t.Errorf("the same again is %s: %+v", again.State(), again.Version)
	}
	if more := enter(t, a, register(13)); more.State() != "entered" || more.Version.N != 2 {
		t.Errorf("a longer one is %s: %+v", more.State(), more.Version)
	}
	latest, ok, err := a.Latest(t.Context())
	if err != nil || !ok || latest.N != 2 || latest.Rows != 13 {
		t.Errorf("in force is %+v, %v, %v", latest, ok, err)
	}
	old, err := a.Version(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := a.Rows(t.Context(), &old)
	if err != nil || len(rows) != 12 || rows[11].Number != "A-11" {
		t.Errorf("the first version has %d rows, %v", len(rows), err)
	}
	// What goes out comes in again as it was.
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, old.Tables(rows)...); err != nil {
		t.Fatal(err)
	}
	back := register(0)
	back.Data, back.Source = file.Bytes(), old.Source
	if out := enter(t, a, back); out.State() != "entered" || out.Version.N != 3 {
		t.Errorf("the first one, brought back from a workbook, is %s: %+v", out.State(), out)
	} else if diff := cmp.Diff(old.Items, out.Version.Items); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFaultIsNamedByRowAndColumnAndNothingIsEntered(t *testing.T) {
	a, _ := open(t)
	f := register(1)
	f.Data = []byte(heading + ",24,,2025-03-03,2025-03-01,,\n,四,,2025-03-03,2025-03-07,,\n,999,,2025-03-03,,,\n,24,,三月三日,2025-03-07,,x\n")
	out := enter(t, a, f)
	var got []string
	for _, f := range out.Faults {
		got = append(got, fmt.Sprint(f.Row, " ", f.Column, " ", f.Refused))
	}
	want := []string{"2 办结日期 true", "3 事项编号 true", "4 事项编号 true", "4 办结日期 true", "5 受理日期 true", "5 停表天数 true"}
	if diff := cmp.Diff(want, got); diff != "" || out.State() != "faults" {
		t.Errorf("%s, (-want +got):\n%s", out.State(), diff)
	}
	for name, data := range map[string]string{"empty": "", "of its heading alone": heading, "another table": "甲,乙\n1,2\n"} {
		f.Data = []byte(data)
		if out := enter(t, a, f); out.State() != "faults" || len(out.Faults) == 0 {
			t.Errorf("a file %s is %s: %+v", name, out.State(), out.Faults)
		}
	}
	if versions, err := a.Versions(t.Context()); err != nil || len(versions) != 0 {
		t.Errorf("there are %d versions, %v", len(versions), err)
	}
}

func TestWhatIsOddIsEnteredOnlyWhenSomebodyIsSure(t *testing.T) {
	a, _ := open(t)
	f := register(12)
	f.Data = append(f.Data, ",24,规划局,2025-03-03,2025-11-03,办结,0\n"...)
	if out := enter(t, a, f); out.State() != "odd" || out.Odd != 1 || out.Faults[0].Row != 14 {
		t.Fatalf("%s: %+v", out.State(), out.Faults)
	}
	f.Sure = true
	if out := enter(t, a, f); out.State() != "entered" || out.Version.Odd != 1 || out.Version.Rows != 13 {
		t.Errorf("%s: %+v", out.State(), out.Version)
	}
}

func TestARegisterIsEnteredByTheBureauAndSaysWhoseItIs(t *testing.T) {
	a, _ := open(t)
	for _, role := range []roster.Role{roster.Secretary, roster.Officer, roster.Overseer, roster.Administrator} {
		if _, err := a.Import(t.Context(), register(1), approval.Call{Actor: approval.Actor{Role: role}}); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s: %v", role, err)
		}
	}
	for field, spoil := range map[string]func(*archive.File){
		"source": func(f *archive.File) { f.Source = " " },
		"asOf":   func(f *archive.File) { f.AsOf = calendar.MustParse("2026-03-03") },
	} {
		f := register(1)
		spoil(&f)
		_, err := a.Import(t.Context(), f, call)
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if archive.Reads(approval.Actor{Role: roster.Secretary}) == nil || archive.Reads(approval.Actor{Role: roster.Overseer}) != nil {
		t.Error("registers are read by the bureau and overseers")
	}
}

// Cut off at whichever commit, a register stands whole or not at all.
func TestARegisterThatIsCutOffStandsWholeOrNotAtAll(t *testing.T) {
	for left := range 3 {
		a, c := open(t)
		f := register(4000) // two parts and the version
		c.left = left
		if _, err := a.Import(t.Context(), f, call); !errors.Is(err, errCut) {
			t.Fatalf("after %d commits: %v", left, err)
		}
		c.left = -1
		if versions, err := a.Versions(t.Context()); err != nil || len(versions) != 0 {
			t.Errorf("after %d commits there are %d versions, %v", left, len(versions), err)
		}
		out := enter(t, a, f)
		rows, err := a.Rows(t.Context(), out.Version)
		if err != nil || len(rows) != 4000 || out.Version.N != 1 {
			t.Errorf("again: %d rows, %v", len(rows), err)
		}
		if s := saving.Summarize(out.Version.Items[0].Cases); s.N != 4000 {
			t.Errorf("again: %+v", s)
		}
	}
}
