package webui

import (
	"net/http"
	"testing"
	"time"

	"lianban/shared/roster"
)

func TestAListIsDrawnUpSignedByAnotherAndReadByAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("绕行", road)
	w.route(id, 1)
	w.clock.Add(24 * time.Hour)
	b := w.secretary()
	p := b.get("/briefings").wants(http.StatusOK, "还没有可以查看的材料", "编制")
	p.form("button[value=draw_up]").set("what", "list/branch-qingke").set("remark", "请提前准备。").send().
		wants(http.StatusOK, "送审稿", "已编制", "绕行", "本月提出", "请提前准备。", "内容摘要")
	const path = "/briefings/list.branch-qingke.2026-03"
	officer := w.officer("cc-transport")
	officer.get(path).wants(http.StatusNotFound)
	draft := w.general().get(path).wants(http.StatusOK, "送审稿")
	draft.form("button[value=sign_briefing]").set("note", "同意印发。").send().wants(http.StatusOK, "已签发", "同意印发。")
	officer.get(path).wants(http.StatusOK, "已签发", "绕行").lacks("重新编制")
	officer.get("/briefings?about=branch-qingke").wants(http.StatusOK, "支部月度联席清单")

	w.raise("占道", road)
	b.get(path).form("button[value=draw_again]").send().wants(http.StatusOK, "送审稿", "与上一版的差异", "占道")
	officer.get(path).wants(http.StatusOK, "已签发").lacks("占道")
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get(path+"?version=2").wants(http.StatusOK, "占道")
}
