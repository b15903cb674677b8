package webui

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
	"lianban/shared/sheet"
)

func TestOverseersLookThroughAllIssuesForWhatDepartsFromThePlainCourse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.busy()
	b := w.overseer()
	b.get("/").wants(http.StatusOK).one("a[href=/trail]")
	p := b.get("/trail").wants(http.StatusOK, "停表与补正", "要求补正2项材料，计时停止", "异议与会商", "早高峰无法疏导", "系统处理")
	p.lacks("提出问题，共")
	if !slices.ContainsFunc(p.all("a"), func(a *element) bool { return strings.HasPrefix(a.attr["href"], issueURL(ids["objected"])+"#e") }) {
		t.Error("no line leads to its event")
	}
	b.get("/trail?concern=pause").wants(http.StatusOK, "要求补正2项材料").lacks("早高峰无法疏导")
	b.get("/trail?kind=object&department=cc-traffic-police").wants(http.StatusOK, "早高峰无法疏导").lacks("要求补正2项材料")
	b.get("/trail?person=cc-transport-officer-1").wants(http.StatusOK, "要求补正2项材料").lacks("早高峰无法疏导")
	b.get("/trail?concern=skip").wants(http.StatusOK, "没有符合条件的事件")
	b.get("/trail?until=2026-03-03").wants(http.StatusOK, "没有符合条件的事件")
	b.get("/trail?issue="+string(ids["concluded"])).wants(http.StatusOK, "提出问题，共", "同意夜间占道")
	for _, c := range []struct{ query, says string }{
		{"from=2026-03-09&until=2026-03-02", "截止日期早于起始日期"},
		{"from=9.3.2026", "日期请按"},
		{"person=nobody", "没有这个人员"},
		{"department=nobody", "没有这个部门"},
		{"kind=raise", "没有这种事件"},
		{"concern=everything", "没有这个监督类别"},
		{"issue=nothing", "没有这个问题"},
	} {
		b.get("/trail?"+c.query).wants(http.StatusUnprocessableEntity, c.says)
	}
	b.get("/trail?after=nowhere").wants(http.StatusNotFound)
	for role, other := range w.everybody() {
		if role != "overseer" && role != "audit_administrator" {
			other.get("/trail").wants(http.StatusForbidden, "由审计管理员和监督员查看")
			other.get("/trail/export").wants(http.StatusForbidden)
			other.post("/trail/check", nil).wants(http.StatusForbidden)
		}
	}
}

func TestTheAuditTrailIsExportedWholeAndWithoutFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	for n := range 25 { // more than a page
		if _, _, err := w.service.Do(t.Context(), id, approval.Comment{Text: "=1+" + string(rune('a'+n))}, approval.Call{Actor: approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"}}); err != nil {
			t.Fatal(err)
		}
	}
	b := w.overseer()
	p := b.get("/trail?concern=note").wants(http.StatusOK, "批注：=1+y", "下一页").lacks("=1+a")
	b.get(p.one("a[rel=next]").attr["href"]).wants(http.StatusOK, "批注：=1+a", "回到第一页").lacks("=1+y", "下一页")
	for _, format := range []string{"csv", "xlsx"} {
		r := httptest.NewRequest(http.MethodGet, "/trail/export?concern=note&format="+format, nil)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		file := httptest.NewRecorder()
		w.handler.ServeHTTP(file, r)
		if got := file.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || !strings.Contains(got, "."+format) {
			t.Errorf("%s is saved as %q", format, got)
		}
		book, err := sheet.Open(file.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		if err := book.Each(book.Sheets()[0], func(_ int, cells []string) error {
			if len(cells) > 2 && strings.Contains(cells[2], "批注：=1+") {
				rows++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if rows != 25 {
			t.Errorf("%s has %d rows", format, rows)
		}
	}
	b.get("/trail/export?from=x").wants(http.StatusUnprocessableEntity, "日期请按")
}

func TestACheckSaysInWhichIssueWhichEventIsNotWhatWasWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.busy()
	b := w.overseer()
	b.get("/trail").form("form[action=/trail/check]").send().wants(http.StatusOK, "均与写入时一致").lacks("不一致")
	b.get(issueURL(ids["objected"])).wants(http.StatusOK, "核验本问题的审计链").form("form[action=/trail/check]").send().wants(http.StatusOK, "已核验审计链1条", "箱涵施工交通疏导")
	db, err := sql.Open("sqlite", w.data)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE item SET body = CAST(replace(CAST(body AS TEXT), '早高峰', '晚高峰') AS BLOB) WHERE pk = ? AND sk LIKE 'E#%'`, "I#"+string(ids["objected"])); err != nil {
		t.Fatal(err)
	}
	p := b.get("/trail").form("form[action=/trail/check]").send().wants(http.StatusOK, "其中1条与写入时不一致", "内容不是写入时的样子")
	if !slices.ContainsFunc(p.all("a"), func(a *element) bool { return strings.HasPrefix(a.attr["href"], issueURL(ids["objected"])+"#e") }) {
		t.Error("nothing leads to the event")
	}
	b.post("/trail/check", map[string][]string{"query": {"from=x"}}).wants(http.StatusNotFound)
	w.secretary().get(issueURL(ids["objected"])).lacks("核验本问题的审计链")
}

func TestEveryKindThatOverseersLookAtHasAName(t *testing.T) {
	t.Parallel()
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, kind := range eventKinds(t) {
		known[kind] = true
	}
	for lang, texts := range all {
		for _, c := range approval.Concerns() {
			keys := []string{"concern." + string(c)}
			for _, kind := range approval.KindsOf(c) {
				if !known[kind] {
					t.Errorf("%s is no kind of event", kind)
				}
				keys = append(keys, "kind."+kind)
			}
			for _, key := range keys {
				if _, ok := texts[key]; !ok {
					t.Errorf("%s has no %s", lang, key)
				}
			}
		}
	}
}
