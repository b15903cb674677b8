package httpapi_test

import (
	"strings"
	"testing"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// change has changes of the roster in force from today on.
func (w *world) change(changes ...roster.Change) {
	w.t.Helper()
	rules := w.service.Rules()
	var err error
	if rules.Roster, err = rules.Roster.With(calendar.Of(w.clock.Now()), changes...); err != nil {
		w.t.Fatal(err)
	}
	w.service.SetRules(rules)
}

func TestTheRegistryShowsTiersTermsAndParties(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.get(police, "/branches/general-branch").is(200)
	if a.text("parent", "id") != "headquarters" || a.text("below", 0, "id") != "branch-tod" || len(a.at("below").([]any)) != 5 {
		t.Errorf("general branch: %s", a.body)
	}
	a = w.get(police, "/branches/branch-tod").is(200)
	if a.text("termEnds") == "<nil>" || a.text("standing") != "true" || a.text("secretary", "id") != "tod-secretary" || a.text("assumed", "en") == "" {
		t.Errorf("branch: %s", a.body)
	}
	w.get(police, "/branches/nowhere").problem(404, "not-found", "id")
	w.change(
		roster.Change{Secretary: &roster.Appointment{Branch: "branch-tod", Person: "qingke-secretary"}},
		roster.Change{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-tod"}},
		roster.Change{Projects: &roster.ProjectChange{New: &roster.Project{ID: "new-park", NameZH: "新园区", NameEN: "New park", District: "440604", Sector: roster.Industry, Tier: roster.DistrictProject, Type: roster.NewStart, Officer: "cc-bureau-1"}}},
		roster.Change{Found: &roster.Founding{Branch: roster.Branch{
			ID: "branch-park", Tier: roster.TierBranch, Parent: "general-branch", Projects: []roster.ProjectID{"new-park"}, NameZH: "新园区临时党支部", NameEN: "Branch of the new park",
			Parties:    []roster.BranchParty{{Name: roster.Name{ZH: "一村", EN: "Village One"}, Kind: roster.Village}},
			CoBuilders: []roster.CoBuilder{{Department: "cc-parks"}},
			Contacts:   []roster.Contact{{Section: roster.Name{ZH: "一标段", EN: "Section one"}, Person: "cc-parks-officer-2"}},
		}}},
	)
	a = w.get(police, "/branches/branch-tod").is(200)
	if a.text("formerSecretaries", 0, "person", "id") != "tod-secretary" || a.text("formerSecretaries", 0, "until") != "2026-03-02" || len(a.at("projects").([]any)) != 2 {
		t.Errorf("after the handover: %s", a.body)
	}
	a = w.get(police, "/branches/branch-fenjiang").is(200)
	if a.text("standing") != "false" || a.text("dissolved") != "2026-03-02" || a.text("successor", "id") != "branch-tod" || a.at("secretary") != nil {
		t.Errorf("dissolved: %s", a.body)
	}
	a = w.get(police, "/branches/branch-park").is(200)
	if a.text("parties", 0, "kind", "name", "zh") != "村（社区）" || a.text("coBuilders", 0, "name", "zh") != "禅城区园林绿化管理所" || a.text("contacts", 0, "section", "en") != "Section one" || a.text("founded") != "2026-03-02" {
		t.Errorf("founded: %s", a.body)
	}
}

func TestCoverageIsCountedByProjects(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, as := range []who{bureau, general, command, overseer} {
		if a := w.get(as, "/coverage").is(200); a.text("projects") != "5" || a.text("covered") != "5" || a.text("districts", 0, "district", "id") != "440604" {
			t.Errorf("coverage: %s", a.body)
		}
	}
	for _, as := range []who{fenjiang, police, lead, admin} {
		w.get(as, "/coverage").problem(403, "forbidden", "")
	}
	w.change(roster.Change{People: &roster.PersonChange{Person: "fenjiang-secretary", Leave: true}})
	a := w.get(bureau, "/coverage").is(200)
	if a.text("covered") != "4" || a.text("uncovered", 0, "project", "id") != "fenjiang-west-bank" || a.text("uncovered", 0, "gap", "name", "zh") != "临时党支部缺书记" {
		t.Errorf("coverage: %s", a.body)
	}
	w.get(bureau, "/branches").is(200)
}

func TestAReorganisedDepartmentNamesWhoTookOver(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.change(roster.Change{Reorganise: &roster.Reorganisation{
		Passages: []roster.Passage{{From: "cc-parks", To: "cc-urban-management"}},
		Renames:  []roster.Rename{{Department: "cc-traffic-police", NameZH: "禅城区交警支队", NameEN: "Chancheng Traffic Brigade"}},
	}})
	a := w.get(bureau, "/departments").is(200)
	for k, n := 0, len(a.at("items").([]any)); k < n; k++ {
		switch a.text("items", k, "id") {
		case "cc-parks":
			if a.text("items", k, "successor", "id") != "cc-urban-management" || a.text("items", k, "until") != "2026-03-02" || a.text("items", k, "acting") != "false" {
				t.Errorf("parks: %v", a.at("items", k))
			}
		case "cc-urban-management":
			if a.text("items", k, "predecessors", 0, "id") != "cc-parks" {
				t.Errorf("urban management: %v", a.at("items", k))
			}
		case "cc-traffic-police":
			if a.text("items", k, "formerNames", 0, "name", "zh") != "禅城区公安交警大队" {
				t.Errorf("traffic police: %v", a.at("items", k))
			}
		}
	}
	if a := w.get(bureau, "/issues/"+id).is(200); a.text("signOffs", 0, "department", "name", "zh") != "禅城区交警支队" {
		t.Errorf("the issue: %.400s", a.body)
	}
}

func TestTheResponsibleOfficerIsNamedByTheBureau(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	if got := w.get(police, "/issues/"+id).is(200).text("officer", "id"); got != "cc-bureau-2" {
		t.Errorf("raised with %s", got)
	}
	w.post(police, "/issues/"+id+"/officer", `{"person":"cc-bureau-1","reason":"分工"}`).problem(403, "forbidden", "")
	w.post(bureau, "/issues/"+id+"/officer", `{"person":"nobody","reason":"分工"}`).problem(422, "invalid", "person")
	if got := w.post(bureau, "/issues/"+id+"/officer", `{"person":"cc-bureau-1","reason":"分工调整"}`).is(200).text("officer", "name", "zh"); !strings.Contains(got, "某") {
		t.Errorf("named %s", got)
	}
}
