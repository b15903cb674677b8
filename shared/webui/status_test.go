package webui

import (
	"context"
	"net/http"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

func TestARequesterLooksARequestUpAndRatesItWithoutASignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	call := approval.Call{Actor: approval.Actor{Person: "qingke-secretary", Role: roster.Secretary, Unit: "branch-qingke"}}
	got, code, err := w.intake.Register(t.Context(), intake.New{
		Project: "qingke-culvert", From: intake.Resident, Channel: intake.Visit, Title: "积水", Text: "门前积水。", Contact: intake.Contact{Name: "林女士"},
	}, call)
	if err != nil {
		t.Fatal(err)
	}
	b := w.stranger()
	look := func(code string) *form {
		return b.get("/status").wants(http.StatusOK, "诉求进度查询").form("button[value=look]").set("receipt", intake.Receipt(got.ID)).set("code", code)
	}
	look("AAAAAAAAAA").send().wants(http.StatusNotFound, "受理编号或查询码不符")
	look(code).send().wants(http.StatusOK, "已登记，待受理", "青柯街雨水箱涵工程临时党支部")
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := w.intake.Accept(ctx, got.ID, call); return err },
		func(ctx context.Context) error {
			_, err := w.intake.Answer(ctx, got.ID, "已疏通。", call)
			return err
		},
	} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p := look(code).send().wants(http.StatusOK, "已答复", "已疏通。")
	p.lacks("林女士")
	p.form("button[value=rate]").set("stars", "4").send().wants(http.StatusOK, "感谢您的评价", "4 分")
}
