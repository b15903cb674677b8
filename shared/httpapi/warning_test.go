package httpapi_test

import (
	"net/http"
	"testing"
	"time"
)

// open are the keys of the warnings in a list that nobody has disposed of.
func (a *answer) open() map[string]bool {
	open := map[string]bool{}
	for _, w := range a.at("items").([]any) {
		if w := w.(map[string]any); w["disposal"] == nil {
			open[w["key"].(string)] = true
		}
	}
	return open
}

func TestWarningsAreSeenByWhomTheyConcernAndComeBackWithNewFacts(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.post(transport, "/issues/"+id+"/signoffs/2/claim", "").is(200)
	w.clock.Add(14 * 24 * time.Hour)
	const overdue, untouched, rotation = "overdue:1:2026-03-09", "untouched:2:2026-03-02", "rotation:cc-water-officer-1:officer:cc-water:2020-03-02"
	list := "/warnings?district=440604"
	for _, as := range []who{fenjiang, police, admin} {
		w.get(as, list).problem(http.StatusForbidden, "forbidden", "")
	}
	w.get(overseer, "/warnings?district=1").problem(422, "invalid", "district")
	for _, as := range []who{overseer, bureau} {
		if got := w.get(as, list).is(200).open(); !got[overdue] || !got[untouched] || !got[rotation] {
			t.Errorf("%s sees %v", as.role, got)
		}
	}
	for _, as := range []who{general, command} {
		if got := w.get(as, list).is(200).open(); !got[overdue] || got[rotation] {
			t.Errorf("%s sees %v", as.role, got)
		}
	}
	if got := w.get(lead, list).is(200).open(); !got[untouched] || got[overdue] {
		t.Errorf("the lead of another department sees %v", got)
	}

	at := "/issues/" + id + "/warnings"
	w.post(police, at, `{"key":"`+overdue+`","as":"explained","text":"方案调整"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(lead, at, `{"key":"`+overdue+`","as":"explained","text":"方案调整"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(overseer, at, `{"key":"overdue:1:2026-03-08","as":"false_alarm","text":"x"}`).problem(404, "not-found", "key")
	a := w.post(general, at, `{"key":"`+overdue+`","as":"handled","text":"已督办"}`).is(200)
	w.post(overseer, at, `{"key":"`+overdue+`","as":"false_alarm","text":"x"}`).problem(http.StatusConflict, "conflict", "")
	if got := w.get(overseer, list).is(200).open(); got[overdue] || !got["overdue:2:2026-03-09"] {
		t.Errorf("after the disposal: %v, %s", got, a.body)
	}
	if got := w.get(overseer, "/issues/"+id).is(200); len(got.at("warnings").([]any)) != 3 {
		t.Errorf("of the issue: %v", got.at("warnings"))
	}

	w.post(general, "/warnings", `{"district":"440604","key":"`+rotation+`","as":"handled","text":"x"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(overseer, "/warnings", `{"district":"440604","key":"rotation:nobody","as":"false_alarm","text":"x"}`).problem(404, "not-found", "key")
	w.post(overseer, "/warnings", `{"district":"440604","key":"`+rotation+`","as":"false_alarm","text":" "}`).problem(422, "invalid", "text")
	w.post(overseer, "/warnings", `{"district":"440604","key":"`+rotation+`","as":"false_alarm","text":"名册日期有误"}`).is(200)
	w.post(overseer, "/warnings", `{"district":"440604","key":"`+rotation+`","as":"false_alarm","text":"再次"}`).problem(http.StatusConflict, "conflict", "")
	if got := w.get(overseer, list).is(200).open(); got[rotation] {
		t.Error("a disposed warning about the register is open")
	}
}

func TestWarningsComePageByPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	for range 3 {
		w.raised(diversion)
	}
	w.clock.Add(14 * 24 * time.Hour)
	seen, pages, register := 0, 0, 0
	for path := "/warnings?district=440604&limit=2"; ; {
		a := w.get(overseer, path).is(200)
		pages++
		for _, item := range a.at("items").([]any) {
			if item.(map[string]any)["issue"] != nil {
				seen++
			} else if register++; pages > 1 {
				t.Error("the register's warnings come again")
			}
		}
		next, ok := a.at("next").(string)
		if !ok {
			break
		}
		path = "/warnings?district=440604&limit=2&cursor=" + next
	}
	if seen != 6 || pages != 2 || register == 0 {
		t.Errorf("%d warnings of issues, %d of the register, on %d pages", seen, register, pages)
	}
}
