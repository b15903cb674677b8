package httpapi_test

import (
	"net/http"
	"testing"
	"time"
)

func TestWhatIfReplaysConcludedIssuesForOverseersAndTheBureau(t *testing.T) {
	t.Parallel()
	w := open(t)
	at := func(scenario string) string {
		return `{"district":"440604","from":"2026-01-01","to":"2026-12-31","scenario":` + scenario + `}`
	}
	finish := func(count int) {
		var ids []string
		for range count {
			ids = append(ids, w.raised(diversion))
		}
		// Police take two working days, transport five.
		w.clock.Add(2 * 24 * time.Hour)
		for _, id := range ids {
			w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
		}
		w.clock.Add(5 * 24 * time.Hour)
		for _, id := range ids {
			w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
			w.verdict(id, 1)
			w.close(id, 1)
		}
	}

	for _, as := range []who{fenjiang, police, general, admin} {
		w.post(as, "/what-if", at(`{}`)).problem(http.StatusForbidden, "forbidden", "")
	}
	finish(9)
	w.raised(diversion) // one that is open is not replayed
	if a := w.post(bureau, "/what-if", at(`{}`)).is(200); a.at("insufficient") != true || a.at("n") != 9.0 {
		t.Errorf("nine: %s", a.body)
	}
	finish(1)
	a := w.post(overseer, "/what-if", at(`{"capacity":{"cc-transport":3}}`)).is(200)
	if a.at("insufficient") != false || a.at("n") != 10.0 || a.at("capacity", "cc-transport") != 9.0 {
		t.Errorf("ten: %s", a.body)
	}
	recorded, before, after := a.at("recorded", "mean"), a.at("before", "mean"), a.at("after", "mean")
	// Nine at once by three servers, five days each: three after 5, three after 10, three after 15 days; the tenth comes later and waits.
	if recorded != 5.0 || before != 5.0 || after.(float64) <= 9 || a.text("note", "zh") == "" {
		t.Errorf("recorded %v, before %v, after %v", recorded, before, after)
	}
	if a := w.post(overseer, "/what-if", at(`{"limits":{"traffic_diversion":3}}`)).is(200); a.at("after", "mean") != 3.0 || a.at("after", "serial") != 5.0 {
		t.Errorf("with a limit of three days: %s", a.body)
	}

	for body, field := range map[string]string{
		`{"district":"1","from":"2026-01-01","to":"2026-12-31","scenario":{}}`:      "district",
		`{"district":"440604","from":"2026-01-02","to":"2026-01-01","scenario":{}}`: "to",
		at(`{"limits":{"25":3}}`):                                        "scenario.limits",
		at(`{"departments":{"traffic_diversion":"nobody"}}`):             "scenario.departments",
		at(`{"capacity":{"cc-transport":0}}`):                            "scenario.capacity",
		at(`{"without":[{"item":"traffic_diversion","requires":"25"}]}`): "scenario.without",
	} {
		w.post(overseer, "/what-if", body).problem(422, "invalid", field)
	}
}
