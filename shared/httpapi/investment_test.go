package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"lianban/shared/sheet"
)

const (
	keyProjects = "项目编号,项目名称,行政区划,行业,项目级别,建设性质\n" +
		"fenjiang-west-bank,汾江河西岸岸线提升项目,禅城区,水务环保,区重点项目,续建\n" +
		"u-valley,联东U谷,禅城区,产业,区重点项目,新开工\n"
	keyPlans   = "项目编号,年度计划投资（万元）\nfenjiang-west-bank,12000\nu-valley,8000\n"
	keyFigures = "项目编号,期次,本年累计完成投资（万元）\nfenjiang-west-bank,2026-02,3000\nu-valley,2026-02,1000\n"
)

func imported(text string) string {
	body, err := json.Marshal(map[string]string{"file": base64.StdEncoding.EncodeToString([]byte(text)), "name": "表.csv"})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// invested has two projects with plans; their figures are still to come.
func invested(w *world) string {
	w.post(bureau, "/investment/2026/imports", imported(keyProjects)).is(200)
	return ""
}

func TestInvestmentIsImportedAndRead(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, text := range []string{keyProjects, keyPlans, keyFigures} {
		if a := w.post(bureau, "/investment/2026/imports?dry=true", imported(text)).is(200); a.text("outcome") != "checked" || a.text("entry") != "<nil>" {
			t.Errorf("a dry run answers %s", a.body)
		}
		if a := w.post(bureau, "/investment/2026/imports", imported(text)).is(200); a.text("outcome") != "entered" {
			t.Errorf("the import answers %s", a.body)
		}
	}
	if a := w.post(bureau, "/investment/2026/imports", imported(keyFigures)).is(200); a.header.Get("Idempotency-Replayed") != "true" || a.text("entry", "n") != "3" {
		t.Errorf("the same file again answers %s", a.body)
	}
	a := w.get(overseer, "/investment/2026").is(200)
	if a.text("period") != "2026-02" || a.text("all", "completion") != "20.00" || a.text("timeProgress") != "16.67" || a.text("all", "lead") != "3.33" || a.text("dataVersion") != "3" {
		t.Errorf("the board says %s", a.body)
	}
	if a.text("league", "hidden", 0, "id") != "440604" || a.text("sectors", 1, "group", "name", "zh") != "水务环保" {
		t.Errorf("the groups are %s", a.body)
	}
	rows := w.get(bureau, "/investment/2026/projects?type=new_start").is(200)
	if rows.text("items", 0, "project", "name", "en") != "U Valley Industrial Park" || len(rows.at("items").([]any)) != 1 || rows.text("items", 0, "completion") != "12.50" {
		t.Errorf("the rows are %s", rows.body)
	}
	w.post(bureau, "/investment/2026/figures", `{"project":"u-valley","period":"2026-02","done":900}`).problem(422, "invalid", "reason")
	w.post(bureau, "/investment/2026/figures", `{"project":"u-valley","period":"2026-02","done":900,"reason":"审计核减"}`).is(200)
	w.post(bureau, "/investment/2026/plans", `{"project":"u-valley","amount":9000,"from":"2026-02-15","ground":"区府〔2026〕6号"}`).is(200)
	one := w.get(uValley, "/investment/2026/projects/u-valley").is(200)
	if one.text("figures", 0, "done") != "1000" || one.text("figures", 0, "counts") != "false" || one.text("figures", 1, "done") != "900" || one.text("figures", 1, "by", "id") != "cc-bureau-1" ||
		one.text("figures", 1, "correction") != "审计核减" || one.text("plans", 0, "counts") != "false" || one.text("plan") != "9000" || one.text("completion") != "10.00" {
		t.Errorf("its history is %s", one.body)
	}
	if e := w.get(overseer, "/investment/2026/entries").is(200); e.text("items", 0, "n") != "5" || e.text("items", 4, "file") != "表.csv" || e.text("items", 4, "changes", "projects") != "2" {
		t.Errorf("the entries are %s", e.body)
	}
}

func TestAFileWithFaultsIsRefusedWithTheirPlaces(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post(bureau, "/investment/2026/imports", imported(keyPlans)).is(200)
	if a.text("outcome") != "faults" || a.text("faults", 1, "row") != "3" || a.text("faults", 1, "column") != "项目编号" || !strings.Contains(a.text("faults", 1, "detail", "zh"), "清单") || a.text("advice", "zh") == "" {
		t.Errorf("plans of projects that are not listed answer %s", a.body)
	}
	if a := w.get(bureau, "/investment/2026").is(200); a.text("all", "projects") != "0" || a.text("all", "completion") != "<nil>" {
		t.Errorf("the board says %s", a.body)
	}
}

func TestWhoReadsAndEntersInvestment(t *testing.T) {
	t.Parallel()
	w := open(t)
	invested(w)
	for _, as := range []who{overseer, general, command, fenjiang, police, lead, admin} {
		w.post(as, "/investment/2026/imports", imported(keyPlans)).problem(http.StatusForbidden, "forbidden", "")
		w.post(as, "/investment/2026/plans", `{"project":"u-valley","amount":1,"from":"2026-01-01"}`).problem(http.StatusForbidden, "forbidden", "")
	}
	for _, as := range []who{police, lead, admin} {
		for _, path := range []string{"", "/projects", "/projects/u-valley", "/entries", "/tables/all", "/template"} {
			w.get(as, "/investment/2026"+path).problem(http.StatusForbidden, "forbidden", "")
		}
	}
	w.get(fenjiang, "/investment/2026/projects/fenjiang-west-bank").is(200)
	w.get(fenjiang, "/investment/2026/projects/u-valley").problem(http.StatusNotFound, "not-found", "id")
	w.get(fenjiang, "/investment/2026/entries").problem(http.StatusForbidden, "forbidden", "")
	w.get(bureau, "/investment/2026?period=2025-01").problem(http.StatusUnprocessableEntity, "invalid", "period")
	w.get(bureau, "/investment/2026?period=soon").problem(http.StatusUnprocessableEntity, "invalid", "period")
	w.get(bureau, "/investment/1999").problem(http.StatusUnprocessableEntity, "invalid", "year")
}

func TestInvestmentTablesAndTemplateAreFiles(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, text := range []string{keyProjects, keyPlans, keyFigures} {
		w.post(bureau, "/investment/2026/imports", imported(text)).is(200)
	}
	read := func(path string) *sheet.Book {
		a := w.get(bureau, path).is(200)
		if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s comes as %q", path, a.header.Get("Content-Disposition"))
		}
		b, err := sheet.Open(a.body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	if n := len(read("/investment/2026/tables/all").Sheets()); n != 12 {
		t.Errorf("the workbook has %d sheets", n)
	}
	if got := read("/investment/2026/template").Sheets(); strings.Join(got, " ") != "填报说明 项目 年度计划 进度填报" {
		t.Errorf("the template has %v", got)
	}
	if text := w.get(bureau, "/investment/2026/tables/projects?format=csv").is(200).body; !bytes.Contains(text, []byte("fenjiang-west-bank,汾江河西岸岸线提升项目,禅城区,水务环保")) {
		t.Errorf("the CSV is %s", text)
	}
	w.get(bureau, "/investment/2026/tables/all?format=csv").problem(http.StatusUnprocessableEntity, "invalid", "format")
	w.get(bureau, "/investment/2026/tables/else").problem(http.StatusUnprocessableEntity, "invalid", "table")
}

func TestTheExampleSaysThatItsSplitIsMadeUp(t *testing.T) {
	t.Parallel()
	a := open(t).get(bureau, "/investment/example").is(200)
	if !strings.Contains(a.text("mark", "zh"), "虚构") || !strings.Contains(a.text("mark", "en"), "made up") || a.text("all", "completion") != "71.40" || a.text("all", "lead") != "17.23" || a.text("all", "counted") != "437" || a.text("timeProgress") != "54.17" {
		t.Errorf("the example is %s", a.body)
	}
}
