package webui

import (
	"net/http"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestAnAddedSignerAnswersOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	police := approval.Actor{Person: "cc-traffic-police-officer-1", Role: roster.Officer, Unit: "cc-traffic-police"}
	if _, _, err := w.service.Do(t.Context(), id, approval.AddSigner{SignOff: 1, Department: "cc-ecology", When: approval.Before, Question: "噪声是否达标"}, approval.Call{Actor: police}); err != nil {
		t.Fatal(err)
	}
	b := w.officer("cc-ecology")
	b.get("/inbox").wants(http.StatusOK, "交通疏导", "加签：", "前加签，参考意见")
	p := b.get(taskURL(id, 1)).wants(http.StatusOK, "请您加签", "噪声是否达标")
	p.form("button[value=sign]").set("opinion", "advice").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=sign]").set("opinion", "advice").set("reason", "夜间不得施工").send().wants(http.StatusOK, "已提交加签意见", "提出意见", "夜间不得施工").lacks("请您加签")
	b.get("/inbox").wants(http.StatusOK).lacks("加签：")
	w.secretary().get(issueURL(id)).wants(http.StatusOK, "出具加签意见：提出意见")
	w.secretary().get(taskURL(id, 1)).lacks("请您加签")
}
