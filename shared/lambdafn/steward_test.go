package lambdafn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/lambdafn"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// whole is a table that tests can read from end to end.
type whole struct {
	*sqlite.Table
	file *sqlite.File
}

func (w whole) Items(ctx context.Context) iter.Seq2[store.Item, error] { return w.file.Items(ctx) }

func TestAStewardListsCopiesAndPseudonymises(t *testing.T) {
	t.Parallel()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	on := calendar.MustParse("2026-03-09")
	r, err := roster.Demo().With(on, roster.Change{People: &roster.PersonChange{New: &roster.Person{ID: "w-1024", NameZH: "亓某甲", NameEN: "Qi Moujia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: r, Ladders: approval.DefaultLadders}
	clock := approvaltest.NewClock(on.Start().Add(9 * time.Hour))
	kept := store.New(file.Table())
	service := approval.NewService(rules, kept, &approvaltest.Stillness{}, clock.Now, approvaltest.IDs())
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	petition := approval.Petition{Project: "fenjiang-west-bank", Title: "管线迁改", Body: "已与亓某甲联系", Parties: []approval.Party{{Matter: "river_works", Department: "cc-water"}}}
	issue, _, err := service.Create(t.Context(), approval.Raise{Petition: &petition}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("现场情况", 400)
	for k := range 1500 { // more than one answer takes
		if _, _, err := service.Do(t.Context(), issue.ID, approval.Comment{Text: fmt.Sprint(k, long)}, approval.Call{Actor: approval.Actor{Person: "w-1024", Role: roster.Officer, Unit: "cc-water"}}); err != nil {
			t.Fatal(err)
		}
	}
	steward := lambdafn.Steward(whole{file.Table(), file}, service.Rules, clock.Now)
	ask := func(payload string) (out lambdafn.Kept, err error) {
		t.Helper()
		text, err := steward.Invoke(t.Context(), []byte(payload))
		if err == nil {
			err = json.Unmarshal(text, &out)
		}
		if len(text) > 6<<20 {
			t.Errorf("an answer of %d bytes", len(text))
		}
		return out, err
	}
	out, err := ask(`{"person":"w-1024"}`)
	if err != nil || out.Person.NameZH != "亓某甲" || out.Acted["comment"] != 1500 || out.Copy != nil {
		t.Fatalf("listed: %+v, %v", out.Summary, err)
	}
	copied := 0
	for after := 0; ; after = out.Next {
		if out, err = ask(fmt.Sprintf(`{"person":"w-1024","copy":true,"after":%d}`, after)); err != nil {
			t.Fatal(err)
		}
		if copied += len(out.Copy); out.Next == 0 {
			break
		}
	}
	if copied != out.Places {
		t.Errorf("%d places were handed out of %d", copied, out.Places)
	}
	for payload, want := range map[string]string{
		`{}`:                  "person or word",
		`{"person":"nobody"}`: "person nobody",
		`{"person":"w-1024","pseudonymise":{"by":"cc-security-1","reason":"x"}}`:  "let them leave first",
		`{"person":"w-1024","pseudonymise":{"by":"cc-security-1"}}`:               "reason is empty",
		`{"words":["现场情况"],"pseudonymise":{"by":"cc-housing-lead","reason":"x"}}`: "by cc-housing-lead",
	} {
		if _, err := ask(payload); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	if rules.Roster, err = r.With(on, roster.Change{People: &roster.PersonChange{Person: "w-1024", Leave: true}}); err != nil {
		t.Fatal(err)
	}
	service.SetRules(rules)
	out, err = ask(`{"person":"w-1024","pseudonymise":{"by":"cc-audit-1","reason":"本人申请"}}`)
	if err != nil || out.Done == nil || out.Done.Trails != 1 || out.Done.Words == 0 {
		t.Fatalf("pseudonymised: %+v, %v", out.Done, err)
	}
	after, err := service.Issue(t.Context(), issue.ID, secretary)
	if err != nil || after.Body != "已与离任人员（w-1024）联系" {
		t.Errorf("the issue: %q, %v", after.Body, err)
	}
	trail, err := kept.Chain(t.Context(), string(issue.ID))
	if err != nil {
		t.Fatal(err)
	}
	if fault, wrong := trail.Check(); wrong {
		t.Errorf("its trail: %v", fault)
	}
}
