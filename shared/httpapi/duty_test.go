package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
)

// sweep lets the sweep look at whatever is due, some days later.
func (w *world) sweep(days int) {
	w.t.Helper()
	w.clock.Add(time.Duration(days) * 24 * time.Hour)
	sweep := approval.Sweep{Service: w.service, Relay: approval.Relay{Workflows: &approvaltest.Stillness{}, Store: w.service.Store()}}
	if _, err := sweep.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func TestACommitmentIsVerifiedOrItsApprovalRevoked(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	w.post(resources, task+"/decision", `{"kind":"commitment","duties":[{"what":"补齐","by":"2026-03-10","checker":"cc-bureau"}]}`).problem(422, "invalid", "duties[0].checker")
	w.post(resources, task+"/decision", `{"kind":"commitment"}`).problem(422, "invalid", "duties")
	w.post(resources, task+"/decision", `{"kind":"approve","duties":[{"what":"补齐","by":"2026-03-10"}]}`).problem(422, "invalid", "duties")
	w.post(resources, task+"/decision", `{"kind":"gaps","ground":"法条","duties":[{"what":"补齐","by":"2026-03-10"}]}`).problem(422, "invalid", "ground")
	a := w.post(resources, task+"/decision", `{"kind":"commitment","duties":[{"what":"补齐","by":"2026-03-10"},{"what":"报备","by":"2026-03-12"}]}`).is(200)
	if a.text("signOffs", 0, "duties", 0, "state") != "open" || a.text("signOffs", 0, "duties", 1, "n") != "2" || len(a.at("revoked").([]any)) != 0 {
		t.Errorf("pledged: %s", a.body)
	}
	w.close(id, 1)
	w.post(police, task+"/duties/1/evidence", `{"evidence":"现场核查"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(resources, task+"/duties/1/evidence", `{"evidence":""}`).problem(422, "invalid", "evidence")
	w.post(resources, task+"/duties/3/evidence", `{"evidence":"现场核查"}`).problem(404, "not-found", "duty")
	w.post(resourcesLead, task+"/revocation", `{"code":"commitment_broken","reason":"逾期未履行"}`).problem(http.StatusConflict, "conflict", "")
	w.post(fenjiang, task+"/duties/2/report", `{"text":"已报备"}`).is(200)

	w.sweep(9) // 11 March: the first is missed
	if got := w.get(uValley, "/issues/"+id).is(200).text("signOffs", 0, "duties", 0, "state"); got != "missed" {
		t.Errorf("after its date the duty is %s", got)
	}
	for _, path := range []string{"/duties", "/departments/cc-natural-resources/duties"} {
		as := resources
		if path != "/duties" {
			as = overseer
		}
		a := w.get(as, path).is(200)
		if len(a.at("items").([]any)) != 2 || a.text("items", 0, "issue") != id || a.text("items", 0, "missed") != "true" || a.text("items", 0, "what") != "补齐" || a.text("items", 0, "item", "no") != "25" ||
			a.text("items", 1, "missed") != "false" || a.text("items", 1, "report", "reason") != "已报备" || a.text("items", 1, "due", "on") != "2026-03-12" {
			t.Errorf("%s: %s", path, a.body)
		}
		a = w.get(as, path+"?limit=1").is(200)
		if got := w.get(as, path+"?limit=1&cursor="+a.text("next")).is(200).text("items", 0, "duty"); got != "2" {
			t.Errorf("the second page of %s begins with duty %s", path, got)
		}
	}
	w.get(fenjiang, "/duties").problem(403, "forbidden", "")
	w.get(police, "/departments/cc-natural-resources/duties").problem(404, "not-found", "id")
	w.get(overseer, "/departments/none/duties").problem(404, "not-found", "id")

	w.post(resourcesLead, task+"/revocation", `{"code":"","reason":"逾期未履行"}`).problem(422, "invalid", "code")
	w.post(resourcesLead, task+"/revocation", `{"code":"gaps_left","reason":"逾期未履行"}`).problem(422, "invalid", "ground")
	a = w.post(resourcesLead, task+"/revocation", `{"code":"commitment_broken","reason":"逾期未履行"}`).is(200)
	if a.text("status") != "raised" || a.text("round") != "2" || len(a.at("revoked").([]any)) != 0 {
		t.Errorf("revoked: %s", a.body)
	}
	if e := func(field ...any) string {
		return a.text(append([]any{"signOffs", 0, "earlier", 0, "duties", 0}, field...)...)
	}; e("state") != "revoked" || e("settledBy", "role") != "lead" || e("code") != "commitment_broken" || e("ground") != "国办发〔2020〕42号" {
		t.Errorf("the duty on record: %s", a.body)
	}
	if c := func(field ...any) string { return a.text(append([]any{"closings", 0}, field...)...) }; c("verdict") != "agreed" || c("round") != "1" || c("measure", "raisedOn") != "2026-03-02" || c("reopenedBy", "role") != "lead" {
		t.Errorf("the closing on record: %s", a.body)
	}
	if got := w.get(resources, "/duties").is(200); len(got.at("items").([]any)) != 0 {
		t.Errorf("still to be verified: %s", got.body)
	}
	w.post(resources, task+"/duties/1/evidence", `{"evidence":"补核"}`).problem(404, "not-found", "duty")
}

func TestAConcludedIssueIsReopened(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	reopen := "/issues/" + id + "/reopen"
	w.post(fenjiang, reopen, `{"signOffs":[1],"reason":"方案有变"}`).problem(409, "conflict", "")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"conditional","duties":[{"what":"设置导改标志","by":"2026-03-10","checker":"cc-transport"}]}`).is(200)
	w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
	w.close(id, 1)
	w.post(fenjiang, "/issues/"+id+"/confirm", `{"stars":5}`).is(200)
	w.post(uValley, reopen, `{"signOffs":[1],"reason":"方案有变"}`).problem(403, "forbidden", "")
	w.post(fenjiang, reopen, `{"signOffs":[],"reason":"方案有变"}`).problem(422, "invalid", "signOffs")
	a := w.post(general, reopen, `{"signOffs":[2],"reason":"方案有变"}`).is(200)
	if a.text("status") != "raised" || a.text("signOffs", 0, "state") != "granted" || a.text("signOffs", 0, "duties", 0, "kind") != "conditional" || a.text("signOffs", 1, "state") != "waiting" || a.text("closings", 0, "rating", "stars") != "5" {
		t.Errorf("reopened: %s", a.body)
	}
	if got := w.get(fenjiang, "/issues?district=440604").is(200).text("items", 0, "id"); got != id {
		t.Errorf("among the open issues of the district: %s", got)
	}
}

func TestAnApprovalThatShouldNotHaveBeenGivenIsRevoked(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	w.post(resourcesLead, task+"/revocation", `{"code":"fraud","reason":"隐瞒红线"}`).problem(409, "conflict", "signOff")
	w.post(resources, task+"/decision", `{"kind":"approve"}`).is(200)
	w.close(id, 1)
	w.post(resources, task+"/revocation", `{"code":"fraud","reason":"隐瞒红线"}`).problem(403, "forbidden", "")
	w.post(general, task+"/revocation", `{"code":"fraud","reason":"隐瞒红线"}`).problem(403, "forbidden", "")
	w.post(resourcesLead, task+"/revocation", `{"code":"commitment_false","reason":"隐瞒红线"}`).problem(422, "invalid", "code")
	w.post(resourcesLead, task+"/revocation", `{"code":"fraud","reason":""}`).problem(422, "invalid", "reason")
	a := w.post(resourcesLead, task+"/revocation", `{"code":"fraud","reason":"隐瞒红线"}`).is(200)
	if e := func(field ...any) string {
		return a.text(append([]any{"signOffs", 0, "earlier", 0, "revocation"}, field...)...)
	}; a.text("round") != "2" || e("code") != "fraud" || e("ground") != "行政许可法第六十九条第二款" || e("by", "role") != "lead" || e("reason") != "隐瞒红线" {
		t.Errorf("revoked: %s", a.body)
	}
}

func TestGroundsAreListed(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.get(police, "/grounds").is(200)
	objections, revocations := a.at("objection").([]any), a.at("revocation").([]any)
	if len(objections) != len(approval.ObjectionGrounds) || len(revocations) != len(approval.RevocationGrounds) {
		t.Errorf("%d and %d grounds", len(objections), len(revocations))
	}
	if tolerances := a.at("tolerance").([]any); len(tolerances) != len(approval.ToleranceGrounds) || a.text("tolerance", 0, "law") != "中国共产党问责条例" {
		t.Errorf("grounds of tolerances: %s", a.body)
	}
	if a.text("revocation", 0, "missed") != "true" || a.text("revocation", 0, "of") != "commitment" || a.text("revocation", 1, "missed") != "false" {
		t.Errorf("grounds of revocations: %s", a.body)
	}
	if last := len(objections) - 1; a.text("objection", 0, "article") != "第三十八条" || a.text("objection", 0, "inWords") != "false" || a.text("objection", last, "code") != "other" || a.text("objection", last, "inWords") != "true" {
		t.Errorf("grounds: %s", a.body)
	}
}
