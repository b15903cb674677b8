package httpapi_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

const peopleTable = "人员编号,姓名,英文姓名,单位,职务,任职日期,任期届满,变动\ncc-water-officer-9,何某甲,He A,禅城区水利局,部门承办人,,,\n"

// newcomers is a table of people who are new.
var newcomers = tabled(peopleTable)

func tabled(text string) string {
	return `{"file":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `","title":"年度人员调整","reason":"岗位轮换","ground":"区人社〔2026〕1号"}`
}

func TestATableOfPeopleIsTriedProposedAndApprovedByAnother(t *testing.T) {
	t.Parallel()
	w := open(t)
	faulty := w.post(admin, "/register/imports/people", tabled(strings.Replace(peopleTable, "禅城区水利局", "没有的局", 1))).is(http.StatusOK)
	if faulty.text("outcome") != "faults" || faulty.text("faults", 0, "column") != "单位" {
		t.Errorf("a table with a fault: %s", faulty.body)
	}
	if tried := w.post(admin, "/register/imports/people?dry=true", newcomers).is(http.StatusOK); tried.text("outcome") != "checked" {
		t.Errorf("the trial: %s", tried.body)
	}
	if strings.Contains(string(w.get(admin, "/register/changes").is(http.StatusOK).body), "年度人员调整") {
		t.Error("a trial, or a table with a fault, was proposed")
	}
	got := w.post(admin, "/register/imports/people", newcomers).is(http.StatusOK)
	if got.text("outcome") != "proposed" || got.text("change", "status") != "proposed" {
		t.Fatalf("the import: %s", got.body)
	}
	approval := "/register/changes/" + got.text("change", "id") + "/approval"
	if a := w.post(admin2, approval, "").problem(http.StatusForbidden, "forbidden", ""); !strings.Contains(a.text("detail"), "security administrator") {
		t.Errorf("who holds which post is no system administrator's to approve: %s", a.body)
	}
	w.post(auditor, approval, "").problem(http.StatusForbidden, "forbidden", "")
	w.post(security, approval, "").is(http.StatusOK)
	if again := w.post(admin, "/register/imports/people", newcomers).is(http.StatusOK); again.text("outcome") != "unchanged" {
		t.Errorf("the same table, once approved: %s", again.body)
	}
}

func TestTablesOfTheRegisterAreForAdministratorsAlone(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, stranger := range []who{fenjiang, police, lead, bureau, overseer} {
		w.post(stranger, "/register/imports/people", newcomers).is(http.StatusForbidden)
		w.get(stranger, "/register/imports/people/template").is(http.StatusForbidden)
	}
	for _, table := range []string{"people", "items"} {
		if file := w.get(admin, "/register/imports/"+table+"/template").is(http.StatusOK); !strings.HasPrefix(string(file.body), "PK") {
			t.Errorf("the template of %s is no workbook", table)
		}
	}
}
