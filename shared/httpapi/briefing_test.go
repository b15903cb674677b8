package httpapi_test

import (
	"bytes"
	"net/http"
	"testing"
)

func TestABriefingIsDrawnUpSignedAndThenPublic(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.raised(diversion)
	const order = `{"kind":"list","about":"branch-fenjiang","period":"2026-03","remark":"请各成员单位提前准备。"}`
	w.post(police, "/briefings", order).problem(http.StatusForbidden, "forbidden", "")
	drawn := w.post(fenjiang, "/briefings", order).is(201)
	if drawn.text("id") != "list.branch-fenjiang.2026-03" || drawn.at("versions", 0, "signed") != false {
		t.Fatalf("%s", drawn.body)
	}
	const path = "/briefings/list.branch-fenjiang.2026-03"
	w.get(police, path).problem(http.StatusNotFound, "not-found", "")
	draft := w.get(fenjiang, path).is(200)
	if draft.at("sections", 0, "figures", 0, "key") != "raised" || draft.at("sections", 0, "figures", 0, "n") != 1.0 || draft.at("sections", 0, "figures", 0, "facts", 0, "issue") == nil {
		t.Errorf("%s", draft.body)
	}
	w.post(fenjiang, path+"/signature", `{"version":1}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(general, path+"/signature", `{"version":1,"note":"同意印发。"}`).is(200)
	if public := w.get(police, path).is(200); public.text("version", "signatureNote") != "同意印发。" || public.text("version", "remark") != "请各成员单位提前准备。" {
		t.Errorf("%s", public.body)
	}
	if list := w.get(police, "/briefings?about=branch-fenjiang").is(200); list.at("items", 0, "id") != "list.branch-fenjiang.2026-03" {
		t.Errorf("%s", list.body)
	}
	if file := w.get(police, path+"/workbook?lang=en"); file.status != 200 || !bytes.HasPrefix(file.body, []byte("PK")) {
		t.Errorf("the workbook: %d", file.status)
	}
}
