package webui

import (
	"net/http"
	"testing"
	"time"
)

func TestAnOverrunIsFoundTolerableOnTheIssuesPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	page := issueURL(id)
	bureau := w.bureau()
	offers := func(b *browser, act string, n int) {
		t.Helper()
		if got := len(b.get(page).all("button[value=" + act + "]")); got != n {
			t.Errorf("%s is offered %d times, want %d", act, got, n)
		}
	}
	offers(w.general(), "propose_tolerance", 0) // nothing ran over
	w.clock.Add(60 * 24 * time.Hour)
	w.look(id, 1)
	offers(w.general(), "propose_tolerance", 1)
	offers(w.secretary(), "propose_tolerance", 0)
	w.general().file(page, "propose_tolerance", "signOff", "1", "of", "overrun", "code", "other", "reason", "汛情封航").wants(http.StatusUnprocessableEntity, "汛情封航")
	w.general().file(page, "propose_tolerance", "signOff", "1", "of", "overrun", "code", "unforeseen", "reason", "汛情封航").wants(http.StatusOK, "已提请容错认定", "待确认，确认前不影响统计")
	bureau.file(page, "answer_tolerance", "answer", "confirmed").wants(http.StatusOK, "已答复容错认定", "统计中单列", "问责条例第十七条")
	offers(w.general(), "end_tolerance", 0)
	bureau.get("/figures").wants(http.StatusOK, "单列计数（拟定）")
	bureau.file(page, "end_tolerance", "reason", "公告系误传").wants(http.StatusOK, "已撤回容错认定", "公告系误传")
}
