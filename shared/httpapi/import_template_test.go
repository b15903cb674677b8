package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"lianban/shared/intake"
	"lianban/shared/sheet"
)

func TestTheTemplateOfIssuesIsATableThatCanBeImported(t *testing.T) {
	t.Parallel()
	w := open(t)
	file := w.get(fenjiang, "/imports/issues/template").is(200)
	text, err := sheet.Text(file.body)
	if err != nil || strings.TrimSpace(text) != strings.Join(intake.Columns(), ",") {
		t.Fatalf("%q %v", text, err)
	}
	book, err := sheet.Open(file.body)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	values := map[string]string{} // the first that may stand in each column
	if err := book.Each(book.Sheets()[1], func(_ int, cells []string) error {
		if len(cells) > 1 && values[cells[0]] == "" {
			values[cells[0]] = cells[1]
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if values["项目"] == "" || values["事项编号"] == "" || values["协调事项"] == "" || values["参与部门"] == "" {
		t.Fatalf("the template does not say what may be filled in: %v", values)
	}
	row := values["项目"] + ",按模板填写,说明," + values["事项编号"] + ",,,\n"
	table, err := json.Marshal(text + row)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.post(fenjiang, "/imports/issues?dry=true", `{"table":`+string(table)+`}`).is(200); got.text("outcome") != "checked" {
		t.Errorf("%s", got.body)
	}
	w.get(police, "/imports/issues/template").problem(http.StatusForbidden, "forbidden", "")
}
