package webui

import (
	"net/http"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/measure"
	"lianban/shared/roster"
)

func TestTheBureauSeesWhereIssuesLoseTheirTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	b.get("/bottlenecks").wants(http.StatusOK, "没有办结的问题", "控制图至少需要10个月")
	var ids []approval.IssueID
	for range 6 {
		id := w.raise("绕行", road)
		ids = append(ids, id)
		w.clock.Add(24 * time.Hour)
		for n, unit := range []string{"cc-traffic-police", "cc-transport"} {
			w.officer(unit).get(taskURL(id, n+1)).form("button[value=approve]").send().wants(http.StatusOK)
		}
		w.settle(id, 1)
	}
	keeper := measure.Keeper{Store: w.service.Store().(measure.Store), Issues: w.service.Store(), Rules: w.service.Rules, Now: w.clock.Now}
	if err := keeper.Fold(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	b.get("/bottlenecks").wants(http.StatusOK, "处在最长路径上的比例", "100%", "直接办结", "一次通过", "（6/6）")
	b.get("/bottlenecks?from=2026-13&to=x").wants(http.StatusUnprocessableEntity, "请重新选择")
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get("/bottlenecks").wants(http.StatusOK)
	w.secretary().get("/bottlenecks").wants(http.StatusForbidden)
}

func TestTheBureauAsksWhatIfInAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	b.get("/what-if").wants(http.StatusOK, "所选月份内没有会签")
	var ids []approval.IssueID
	for range 10 {
		ids = append(ids, w.raise("绕行", road))
	}
	for n, unit := range []string{"cc-traffic-police", "cc-transport"} {
		w.clock.Add(48 * time.Hour)
		for _, id := range ids {
			w.officer(unit).get(taskURL(id, n+1)).form("button[value=approve]").send().wants(http.StatusOK)
		}
	}
	for _, id := range ids {
		w.settle(id, 1)
	}
	keeper := measure.Keeper{Store: w.service.Store().(measure.Store), Issues: w.service.Store(), Rules: w.service.Rules, Now: w.clock.Now}
	if err := keeper.Fold(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	blank := b.get("/what-if")
	blank.wants(http.StatusOK, "承办力量", "不变").lacks("推演结果")
	ask := func(what ...string) *page {
		f := blank.form("#whatif-form")
		for k := 0; k < len(what); k += 2 {
			f.set(what[k], what[k+1])
		}
		return b.get("/what-if?" + f.values.Encode())
	}
	answer := ask("limit", "traffic_diversion", "days", "1")
	answer.wants(http.StatusOK, "推演10件", "减至", "现状推演", "先到先办")
	// What was asked stands in the form again, with a line for the next supposition.
	if answer.one("#limit-2"); answer.one("#days-1").attr["value"] != "1" {
		t.Errorf("the days asked for are gone: %s", answer.excerpt())
	}
	ask("capacity", "cc-transport", "servers", "1").wants(http.StatusOK, "增至")
	ask("limit", "traffic_diversion", "days", "three").wants(http.StatusUnprocessableEntity, "1以上的整数")
	ask("move", "traffic_diversion").wants(http.StatusUnprocessableEntity, "请选择事项划给哪个部门")
	w.secretary().get("/what-if").wants(http.StatusForbidden)
}

func TestFiguresSayHowManyCasesStandBehindThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.bureau()
	b.get("/figures").wants(http.StatusOK, "可比案例不足10件", "没有会签")
	var ids []approval.IssueID
	for range 6 {
		id := w.raise("绕行", road)
		w.route(id, 1)
		ids = append(ids, id)
		w.clock.Add(24 * time.Hour)
		w.officer("cc-traffic-police").get(taskURL(id, 1)).form("button[value=approve]").send().wants(http.StatusOK)
	}
	keeper := measure.Keeper{Store: w.service.Store().(measure.Store), Issues: w.service.Store(), Rules: w.service.Rules, Now: w.clock.Now}
	if err := keeper.Fold(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	// Six answered on time by the police, six open at transport, of which some are past due.
	b.get("/figures").wants(http.StatusOK, "按时办结率", "全部会签", "禅城区公安交警大队", "6／6", "不足10件（6件）", "2026-03")
	b.get("/figures?from=2026-03&to=2026-03&baseFrom=x&baseTo=y").wants(http.StatusUnprocessableEntity, "对照期请同时选择")
	w.lead("cc-traffic-police").get("/figures").wants(http.StatusOK, "本部门会签用时", "6／6").lacks("禅城区交通运输局", "压缩时间")
	w.secretary().get("/figures").wants(http.StatusForbidden)
}
