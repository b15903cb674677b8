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
	p := b.get("/briefings").wants(http.StatusOK, "还没有可以查看的材料", "编制", "列在共同的上级区域")
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

func TestABulletinAndAHalfYearReportReadInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyProjects()
	id := w.raise("绕行", road)
	w.route(id, 1)
	w.clock.Add(20 * 24 * time.Hour)
	w.look(id, 1)
	b := w.bureau()
	b.get("/briefings").form("button[value=draw_up]").set("what", "bulletin/440604").send().
		wants(http.StatusOK, "送审稿", "督查通报（2026年第一季度）", "二、各部门办理情况", "容错认定", "超期时间最长的事项", "绕行", "投资进度", "统计数据版本", "金某甲", "编制了一版")
	const bulletin = "/briefings/bulletin.440604.2026-Q1"
	w.officer("cc-transport").get(bulletin).wants(http.StatusNotFound)
	second := w.as("cc-bureau-2", roster.Bureau, "cc-bureau")
	second.get(bulletin).form("button[value=sign_briefing]").send().wants(http.StatusOK, "已签发", "签发了最新一版")
	officer := w.officer("cc-transport")
	officer.get(bulletin).wants(http.StatusOK, "已签发").lacks("编制了一版")
	officer.get("/briefings").wants(http.StatusOK, "督查通报", "2026-Q1")

	s := w.secretary()
	s.get("/briefings").form("button[value=draw_up]").set("what", "pack/branch-qingke").send().
		wants(http.StatusOK, "支部半年述职材料（2026年上半年）", "期内评价", "承诺履行", "青柯街雨水箱涵工程", "25.00%")
	s.get("/briefings?lang=en").wants(http.StatusOK, "Agendas, lists and bulletins", "Quarterly bulletin", "Half-year report")
	s.get("/briefings/pack.branch-qingke.2026-H1").wants(http.StatusOK, "Ratings given in the period", "first half of 2026", "drew a version up")
	s.get(bulletin).wants(http.StatusOK, "2. Departments", "Overdue longest", "quarter 1 of 2026")
}
