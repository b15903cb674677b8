package httpapi_test

import "testing"

func TestABranchSaysWhenAMatterIsAgreed(t *testing.T) {
	t.Parallel()
	w := open(t)
	petition := func(join string) string { return diversion[:len(diversion)-1] + `,"joins":[` + join + `]}` }
	w.post(fenjiang, "/issues", petition(`{"matter":"traffic_diversion","rule":"k_of_n","k":3}`)).problem(422, "invalid", "joins[0].k")
	a := w.send("POST", "/plan", petition(`{"matter":"traffic_diversion","rule":"lead","lead":"cc-transport"}`), header("Authorization", "Bearer "+w.token(fenjiang))).is(200)
	if a.text("signOffs", 0, "leads") != "false" || a.text("signOffs", 1, "leads") != "true" {
		t.Errorf("the plan does not show who leads: %s", a.body)
	}
	id := w.raised(petition(`{"matter":"traffic_diversion","rule":"any"}`))
	a = w.get(fenjiang, "/issues/"+id).is(200)
	if a.text("joins", 0, "rule") != "any" || a.text("joins", 0, "ruleName", "zh") != "任一同意" || a.text("joins", 0, "matter", "id") != "traffic_diversion" {
		t.Errorf("joins: %s", a.body)
	}
	a = w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"traffic","ground":"道路交通安全法第三十二条","reason":"早高峰不能占道"}`).is(200)
	if a.text("status") != "in_signoff" {
		t.Errorf("the objection counts at once: %s", a.body)
	}
	a = w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
	if a.text("signOffs", 0, "state") != "void" || a.text("signOffs", 0, "decision", "kind") != "object" {
		t.Errorf("agreed: %s", a.body)
	}
	if got := w.verdict(id, 1); got != "agreed" {
		t.Errorf("the verdict is %s", got)
	}
	a = w.get(overseer, "/matters").is(200)
	for k := range a.at("items").([]any) {
		want := "all"
		if a.text("items", k, "code") == "enterprise_request" {
			want = "lead"
		}
		if got := a.text("items", k, "join", "rule"); got != want {
			t.Errorf("%s is agreed by %s", a.text("items", k, "code"), got)
		}
	}
}
