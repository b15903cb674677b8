package httpapi_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestARegisterOfPastApprovalsIsTriedEnteredReadAndBroughtBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	register := func(rows ...string) string {
		text := "编号,事项编号,受理日期,办结日期\n" + strings.Join(rows, "\n")
		return `{"name":"台账.csv","source":"规划局2025年台账","asOf":"2025-12-31","file":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}`
	}
	var rows []string
	for k := range 10 {
		rows = append(rows, fmt.Sprintf("A-%d,24,2025-03-03,2025-03-07", k))
	}
	w.post(fenjiang, "/archives", register(rows...)).problem(http.StatusForbidden, "forbidden", "")
	w.get(fenjiang, "/archives").problem(http.StatusForbidden, "forbidden", "")

	bad := w.post(bureau, "/archives", register("A-1,24,2025-03-07,2025-03-03")).is(200)
	if bad.text("outcome") != "faults" || bad.at("faults", 0, "row") != 2.0 || bad.text("faults", 0, "column") != "办结日期" || bad.at("faults", 0, "refused") != true {
		t.Errorf("a row out of order: %s", bad.body)
	}
	if dry := w.post(bureau, "/archives?dry=true", register(rows...)).is(200); dry.text("outcome") != "checked" || dry.at("items", 0, "summary", "median", "days") != 4.0 {
		t.Errorf("a dry run: %s", dry.body)
	}
	if in := w.post(bureau, "/archives", register(rows...)).is(200); in.text("outcome") != "entered" || in.at("version", "n") != 1.0 {
		t.Errorf("entered: %s", in.body)
	}
	if again := w.post(bureau, "/archives", register(rows...)).is(200); again.text("outcome") != "unchanged" {
		t.Errorf("again: %s", again.body)
	}
	if got := w.get(overseer, "/archives/1").is(200); got.at("rows") != 10.0 || got.at("items", 0, "item", "no") != 24.0 || got.text("by", "person", "id") != "cc-bureau-1" {
		t.Errorf("version 1: %s", got.body)
	}
	if csv := w.get(bureau, "/archives/1/rows?format=csv"); csv.status != 200 || strings.Count(string(csv.body), "2025-03-07") != 10 {
		t.Errorf("its rows: %d %s", csv.status, csv.body)
	}
	w.get(bureau, "/archives/template").is(200)
	w.get(bureau, "/archives/2").problem(http.StatusNotFound, "not-found", "")
}
