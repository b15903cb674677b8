package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/local"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// TestWhoHasLeftIsPseudonymisedWhereverTheirNameStands plays an officer's whole time in the
// house: they come by a change of the register, do something, are spoken of, and leave.
func TestWhoHasLeftIsPseudonymisedWhereverTheirNameStands(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	clock := approvaltest.NewClock(time.Date(2026, 3, 9, 9, 0, 0, 0, calendar.Shanghai))
	app, err := local.Open(t.Context(), local.Config{Data: data, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	one := approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
	guard := approval.Actor{Person: "cc-security-1", Role: roster.SecurityAdministrator, Unit: "cc-administration"}
	enter := func(c roster.PersonChange) {
		t.Helper()
		g, err := app.Register.Propose(t.Context(), approval.Call{Actor: one}, register.Draft{Title: "亓某甲岗位调整", Reason: "分工", Ground: "禅委组〔2026〕1号", Order: register.Order{Roster: []roster.Change{{People: &c}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Register.Approve(t.Context(), g.ID, approval.Call{Actor: guard}); err != nil {
			t.Fatal(err)
		}
	}
	enter(roster.PersonChange{New: &roster.Person{ID: "w-1024", NameZH: "亓某甲", NameEN: "Qi Moujia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}})
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	petition := approval.Petition{Project: "fenjiang-west-bank", Title: "管线迁改", Body: "已与亓某甲（电话 13800000000）联系", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}}}
	issue, _, err := app.Service.Create(t.Context(), approval.Raise{Petition: &petition}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	officer := approval.Actor{Person: "w-1024", Role: roster.Officer, Unit: "cc-water"}
	if _, _, err := app.Service.Do(t.Context(), issue.ID, approval.Comment{Text: "已现场核实"}, approval.Call{Actor: officer}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := app.Service.Do(t.Context(), issue.ID, approval.Comment{Text: "请亓某甲补充"}, approval.Call{Actor: secretary}); err != nil {
		t.Fatal(err)
	}
	if err := app.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}

	run := func(command interface {
		Run(context.Context, *local.Streams) error
	},
	) (string, error) {
		t.Helper()
		var out bytes.Buffer
		err := command.Run(t.Context(), &local.Streams{Out: &out, Err: &out})
		return out.String(), err
	}
	list := local.PersonalList{Out: filepath.Join(t.TempDir(), "copy.json")}
	list.Data, list.Person = data, "w-1024"
	said, err := run(&list)
	if err != nil || !strings.Contains(said, "亓某甲（Qi Moujia）w-1024") || !strings.Contains(said, "acted  comment") || !strings.Contains(said, "register/facts") {
		t.Fatalf("the list: %v\n%s", err, said)
	}
	text, err := os.ReadFile(list.Out)
	if err != nil {
		t.Fatal(err)
	}
	var copied struct {
		Person roster.Person
		Found  []struct{ How, Kind string }
	}
	if err := json.Unmarshal(text, &copied); err != nil || copied.Person.NameZH != "亓某甲" || len(copied.Found) < 6 {
		t.Fatalf("the copy: %v\n%s", err, text)
	}
	if _, err := run(&list); err == nil {
		t.Error("a copy is written over another")
	}

	away := local.PersonalPseudonymise{By: "cc-security-1", Reason: "本人申请，个保申〔2026〕1号"}
	away.Data, away.Person, away.Word = data, "w-1024", []string{"13800000000"}
	if _, err := run(&away); err == nil || !strings.Contains(err.Error(), "let them leave first") {
		t.Errorf("somebody who is still there: %v", err)
	}
	clock.Add(24 * time.Hour)
	if app, err = local.Open(t.Context(), local.Config{Data: data, Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	enter(roster.PersonChange{Person: "w-1024", Leave: true})
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]local.PersonalPseudonymise{
		"--by cc-administration-2": {By: "cc-administration-2", Reason: "x"},
		"--reason is empty":        {By: "cc-security-1", Reason: " "},
	} {
		wrong.Data, wrong.Person = data, "w-1024"
		if _, err := run(&wrong); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if said, err = run(&away); err != nil || !strings.Contains(said, "words replaced") {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, name := range []string{data, data + "-wal"} {
		bytesOf, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, gone := range []string{"亓某甲", "Qi Moujia", "13800000000"} {
			if bytes.Contains(bytesOf, []byte(gone)) {
				t.Errorf("%s still holds %s", filepath.Base(name), gone)
			}
		}
	}
	if said, err := run(&local.Verify{Data: data}); err != nil {
		t.Errorf("the trails: %v\n%s", err, said)
	}
	if said, err := run(&local.Rebuild{Data: data}); err != nil {
		t.Errorf("the figures: %v\n%s", err, said)
	}
	if app, err = local.Open(t.Context(), local.Config{Data: data, Now: clock.Now}); err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	before := app.Register.State().Entered
	enter(roster.PersonChange{New: &roster.Person{ID: "w-1025", NameZH: "亓某乙", NameEN: "Qi Mouyi", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}})
	if got := app.Register.State().Entered; got != before+1 {
		t.Errorf("the register has %d entries after one more than %d", got, before)
	}
	if p, _ := app.Service.Rules().Roster.Person("w-1024"); p.NameZH != "离任人员（w-1024）" || p.Left.IsZero() {
		t.Errorf("the register has %+v", p)
	}
	after, err := app.Service.Issue(t.Context(), issue.ID, secretary)
	if err != nil || !strings.Contains(after.Body, "已与离任人员（w-1024）（电话 〔已去标识化〕）联系") {
		t.Errorf("the issue, at version %d: %q, %v", after.Version, after.Body, err)
	}
	if _, _, err := app.Service.Do(t.Context(), issue.ID, approval.Comment{Text: "继续"}, approval.Call{Actor: secretary}); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}
