package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// general are the keys of the open warnings of a kind that are about no single issue.
func (a *answer) general(kind string) (keys []string) {
	for _, item := range a.at("items").([]any) {
		if w := item.(map[string]any); w["kind"] == kind && w["issue"] == nil && w["disposal"] == nil {
			keys = append(keys, w["key"].(string))
		}
	}
	return keys
}

func TestRepeatedSupplementsOfADepartmentWarnAcrossIssuesUntilDisposedOf(t *testing.T) {
	t.Parallel()
	w := open(t)
	ask := func() {
		w.post(police, "/issues/"+w.raised(diversion)+"/signoffs/1/supplement", `{"papers":["疏导方案图"]}`).is(200)
	}
	const list = "/warnings?district=440604"
	ask()
	ask()
	if got := w.get(overseer, list).is(200).general("supplements"); got != nil {
		t.Errorf("after two: %v", got)
	}
	ask()
	got := w.get(bureau, list).is(200).general("supplements")
	if len(got) != 1 || !strings.HasPrefix(got[0], "supplements:cc-traffic-police:0:traffic_diversion:") {
		t.Fatalf("after three: %v", got)
	}
	for _, as := range []who{lead, general, command} {
		if got := w.get(as, list).is(200).general("supplements"); got != nil {
			t.Errorf("%s of %s sees %v", as.role, as.unit, got)
		}
	}
	body := `{"district":"440604","key":"` + got[0] + `","as":"handled","text":"已约谈该部门"}`
	w.post(general, "/warnings", body).problem(http.StatusForbidden, "forbidden", "")
	w.post(bureau, "/warnings", body).is(200)
	w.post(bureau, "/warnings", body).problem(http.StatusConflict, "conflict", "")
	if got := w.get(overseer, list).is(200).general("supplements"); got != nil {
		t.Errorf("once disposed of: %v", got)
	}
	ask()
	if now := w.get(overseer, list).is(200).general("supplements"); len(now) != 1 || now[0] == got[0] {
		t.Errorf("after a fourth: %v", now)
	}
}

func TestAMissedDutyOfAnEndedIssueStaysAmongTheWarnings(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	w.post(resources, task+"/decision", `{"kind":"commitment","duties":[{"what":"补齐","by":"2026-03-10"}]}`).is(200)
	w.close(id, 1)
	const list, key = "/warnings?district=440604", "missed_duty:1:1:2026-03-10"
	w.sweep(8)
	if got := w.get(overseer, list).is(200).open(); got[key] {
		t.Error("on its last day it is missed")
	}
	w.sweep(1)
	if got := w.get(overseer, list).is(200).open(); !got[key] {
		t.Errorf("the day after: %v", got)
	}
	w.post(resourcesLead, "/issues/"+id+"/warnings", `{"key":"`+key+`","as":"explained","text":"已约企业补报"}`).is(200)
	if got := w.get(overseer, list).is(200).open(); got[key] {
		t.Error("disposed of it is open")
	}
}
