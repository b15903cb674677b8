package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheEventLogTellsWhatHappenedToOverseersAndTheBureau(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.post(fenjiang, "/issues", strings.Replace(diversion, "{", `{"draft":true,`, 1)).is(201)
	w.clock.Add(time.Hour)
	w.post(police, "/issues/"+id+"/signoffs/1/claim", "").is(200)
	w.clock.Add(24 * time.Hour)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)

	for _, as := range []who{fenjiang, police, general, admin} {
		w.get(as, "/event-log?district=440604").problem(http.StatusForbidden, "forbidden", "")
	}
	w.get(overseer, "/event-log?district=1").problem(422, "invalid", "district")
	w.get(overseer, "/event-log?district=440604&project=nothing").problem(422, "invalid", "project")

	rows, err := csv.NewReader(bytes.NewReader(w.get(overseer, "/event-log?district=440604&format=csv").is(200).body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string][]string{}
	for _, row := range rows[1:] {
		if row[0] != id {
			t.Errorf("a draft is in the log: %v", row)
		}
		if row[4] == "1" && row[1] == row[8] {
			steps[row[1]] = append(steps[row[1]], row[3]+" "+row[9])
		}
	}
	for name, got := range steps {
		if strings.Join(got, ", ") != "schedule , start , complete approve" || name == "" {
			t.Errorf("%q went %q", name, got)
		}
	}
	if len(steps) != 1 {
		t.Errorf("sign-off 1 has the names %v in %v", steps, rows)
	}

	xes := w.get(bureau, "/event-log?district=440604").is(200)
	var log struct {
		Traces []struct {
			Events []struct{} `xml:"event"`
		} `xml:"trace"`
	}
	if err := xml.Unmarshal(xes.body, &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Traces) != 1 || len(log.Traces[0].Events) != len(rows)-1 {
		t.Errorf("%d traces and %d rows", len(log.Traces), len(rows)-1)
	}
	if got := xes.header.Get("Content-Disposition"); got != `attachment; filename=lianban-440604.xes` {
		t.Errorf("it is saved as %q", got)
	}
}
