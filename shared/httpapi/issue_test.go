package httpapi_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/roster"
)

func TestAnIssueGoesFromRaisingToItsRating(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post(fenjiang, "/issues", diversion).is(http.StatusCreated)
	id := a.text("id")
	if got := a.header.Get("Location"); got != "/api/v1/issues/"+id {
		t.Errorf("Location %q", got)
	}
	if a.header.Get("ETag") != `"1"` || a.text("status") != "raised" {
		t.Errorf("raised: %s %s", a.header.Get("ETag"), a.body)
	}
	w.route(id, 1)

	a = w.get(police, "/inbox").is(200)
	if a.text("items", 0, "issue") != id || a.text("items", 0, "signOff", "due", "on") != "2026-03-09" || a.text("items", 0, "signOff", "due", "remainingWorkingDays") != "5" {
		t.Errorf("inbox: %s", a.body)
	}
	a = w.post(police, "/issues/"+id+"/signoffs/1/claim", "").is(200)
	if a.text("signOffs", 0, "assignee", "id") != string(police.person) || a.text("signOffs", 0, "assignee", "name", "zh") == "" {
		t.Errorf("claimed: %s", a.body)
	}
	if got := w.get(police, "/claimed").is(200).text("items", 0, "issue"); got != id {
		t.Errorf("claimed work: %s", got)
	}
	w.post(police2, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).problem(http.StatusConflict, "conflict", "")
	w.post(police, "/issues/"+id+"/signoffs/1/release", "").is(200)
	w.post(police2, "/issues/"+id+"/signoffs/1/claim", "{}").is(200)
	w.post(police2, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve","reason":"同意按方案疏导"}`).is(200)

	w.clock.Add(24 * time.Hour)
	w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"commitment","duties":[{"what":"两周内恢复车道","by":"2026-03-20"}]}`).problem(422, "invalid", "kind")
	w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
	if got := w.verdict(id, 1); got != approval.Agreed {
		t.Fatalf("verdict %s", got)
	}
	w.close(id, 1)
	a = w.post(fenjiang, "/issues/"+id+"/confirm", `{"stars":5,"comment":"很快"}`).is(200)
	if a.text("status") != "confirmed" || a.text("rating", "stars") != "5" || a.text("measure", "spanWorking") != "1" || a.text("verdict") != "agreed" {
		t.Errorf("confirmed: %s", a.body)
	}
	w.post(fenjiang, "/issues/"+id+"/withdraw", `{"reason":"不需要了"}`).problem(http.StatusConflict, "closed", "")

	a = w.get(overseer, "/issues/"+id+"/events").is(200)
	if a.text("items", 0, "kind") != "raise" || a.text("items", 0, "by", "person", "name", "en") == "" {
		t.Errorf("events: %s", a.body)
	}
}

func TestAnItemOpenToItIsApprovedOnCommitment(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(`{"project":"fenjiang-west-bank","title":"占道施工","items":[33]}`)
	urban := who{"cc-urban-management-officer-1", roster.Officer, "cc-urban-management"}
	a := w.post(urban, "/issues/"+id+"/signoffs/1/decision", `{"kind":"commitment","duties":[{"what":"两周内恢复车道","by":"2026-03-20"}]}`).is(200)
	if a.text("signOffs", 0, "duties", 0, "by") != "2026-03-20" || a.text("signOffs", 0, "duties", 0, "checker", "id") != "cc-urban-management" || a.text("signOffs", 0, "decision", "kind") != "commitment" {
		t.Errorf("commitment: %s", a.body)
	}
}

func TestAnObjectionIsRuledOnByTheGeneralBranchAndTheRestStands(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","ground":"道路交通安全法第三十二条","reason":"早高峰不能占道"}`).problem(422, "invalid", "code")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","reason":"早高峰不能占道"}`).problem(422, "invalid", "ground")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"fraud","reason":"早高峰不能占道"}`).problem(422, "invalid", "code")
	a := w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"traffic","reason":"早高峰不能占道"}`).is(200)
	if a.text("status") != "consulting" || a.text("consultation", "unit", "id") != "general-branch" || a.text("consultation", "due", "on") != "2026-03-04" {
		t.Errorf("consulting: %s", a.body)
	}
	if got := w.get(general, "/objections").is(200).text("items", 0, "id"); got != id {
		t.Errorf("objections: %s", got)
	}
	if a := w.get(command, "/objections").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("the headquarters is shown what has not climbed to it: %s", a.body)
	}
	w.get(police, "/objections").problem(http.StatusForbidden, "forbidden", "")

	rule := "/issues/" + id + "/signoffs/1/ruling"
	w.post(fenjiang, rule, `{"outcome":"set_aside","reason":"x"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(general, rule, `{"outcome":"revised","reason":"请避开早高峰"}`).is(200)
	w.close(id, 1)
	a = w.post(fenjiang, "/issues/"+id+"/resubmit", `{"note":"改为夜间施工"}`).is(200)
	if a.text("round") != "2" || a.text("signOffs", 0, "earlier", 0, "ruling", "outcome") != "revised" || a.text("signOffs", 1, "state") != "granted" {
		t.Errorf("resubmitted: %s", a.body)
	}
	w.route(id, 2)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"同前","reason":"夜间亦不可"}`).is(200)
	w.clock.Add(4 * 24 * time.Hour)
	w.verdict(id, 2) // the deadline has passed: the consultation climbs
	if got := w.get(command, "/objections").is(200).text("items", 0, "id"); got != id {
		t.Errorf("objections of the headquarters: %s", got)
	}
	a = w.post(command, rule, `{"outcome":"upheld","reason":"确不可行"}`).is(200)
	if a.text("signOffs", 0, "state") != "refused" || a.text("signOffs", 1, "state") != "granted" {
		t.Errorf("upheld: %s", a.body)
	}
	w.close(id, 2)
	if got := w.get(uValley, "/issues/"+id).is(200).text("verdict"); got != "refused" {
		t.Errorf("verdict %s", got)
	}
}

func TestASupplementStopsTheClockUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	task := "/issues/" + id + "/signoffs/1"
	w.post(police, task+"/supplement", `{"papers":[]}`).problem(422, "invalid", "papers")
	a := w.post(police, task+"/supplement", `{"papers":["疏导方案图","施工时段表"]}`).is(200)
	if a.text("signOffs", 0, "state") != "supplement" || a.at("signOffs", 0, "due") != nil || a.text("signOffs", 0, "supplement", "papers", 1) != "施工时段表" {
		t.Errorf("asked: %s", a.body)
	}
	w.post(uValley, task+"/supplement/answer", `{"text":"已附"}`).problem(http.StatusForbidden, "forbidden", "")
	w.clock.Add(48 * time.Hour)
	a = w.post(fenjiang, task+"/supplement/answer", `{"text":"已附"}`).is(200)
	if a.text("signOffs", 0, "state") != "open" || a.text("signOffs", 0, "due", "on") != "2026-03-11" || a.text("signOffs", 0, "stops", 0, "reason") != "supplement" {
		t.Errorf("answered: %s", a.body)
	}
	w.post(police, task+"/supplement", `{"papers":["又一份"]}`).problem(422, "invalid", "papers")
}

func TestAnExtensionIsAskedForAndGrantedByTheLead(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	if got := w.get(resources, "/issues/"+id).text("signOffs", 0, "mayExtendBy"); got != "10" {
		t.Errorf("may be extended by %s", got)
	}
	w.post(resources, task+"/extension", `{"days":11,"reason":"需专家论证"}`).problem(422, "invalid", "days")
	w.post(resources, task+"/extension", `{"days":10,"reason":" "}`).problem(422, "invalid", "reason")
	w.post(resourcesLead, task+"/extension", `{"days":10,"reason":"需专家论证"}`).problem(http.StatusForbidden, "forbidden", "")
	a := w.post(resources, task+"/extension", `{"days":10,"reason":"需专家论证"}`).is(200)
	if a.text("signOffs", 0, "due", "on") != "2026-03-30" || a.at("signOffs", 0, "extension", "answer") != nil {
		t.Errorf("asked: %s", a.body)
	}
	w.post(lead, task+"/extension/answer", `{"answer":"granted"}`).problem(http.StatusForbidden, "forbidden", "")
	w.post(resourcesLead, task+"/extension/answer", `{"answer":"refused"}`).problem(422, "invalid", "note")
	a = w.post(resourcesLead, task+"/extension/answer", `{"answer":"granted"}`).is(200)
	if a.text("signOffs", 0, "due", "on") != "2026-04-14" || a.text("signOffs", 0, "extension", "from") != "2026-03-30" || a.text("signOffs", 0, "extension", "ground") != "行政许可法第四十二条" {
		t.Errorf("granted: %s", a.body)
	}
	if got := w.get(uValley, "/issues/"+id).text("signOffs", 0, "extension", "reason"); got != "需专家论证" {
		t.Errorf("the reason on the public record: %s", got)
	}
}

func TestALeadGivesATaskToSomebodyElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	w.post(resources, task+"/claim", "").is(200)
	w.post(resourcesLead, task+"/assignee", `{"person":"cc-natural-resources-officer-2"}`).problem(422, "invalid", "reason")
	w.post(resourcesLead, task+"/assignee", `{"person":"cc-water-officer-1","reason":"分工"}`).problem(422, "invalid", "person")
	w.post(lead, task+"/assignee", `{"person":"cc-natural-resources-officer-2","reason":"分工"}`).problem(http.StatusForbidden, "forbidden", "")
	a := w.post(resourcesLead, task+"/assignee", `{"person":"cc-natural-resources-officer-2","reason":"分工"}`).is(200)
	if a.text("signOffs", 0, "assignee", "id") != "cc-natural-resources-officer-2" {
		t.Errorf("reassigned: %s", a.body)
	}
	if a := w.get(resources, "/claimed").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("still among the former officer's work: %s", a.body)
	}
	w.post(resources, task+"/decision", `{"kind":"approve"}`).problem(http.StatusConflict, "conflict", "")
}

func TestWhoStandsAsideIsNamedWithTheReason(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	task := "/issues/" + id + "/signoffs/1"
	w.post(resources, task+"/recusal", `{"reason":" "}`).problem(422, "invalid", "reason")
	a := w.post(resources, task+"/recusal", `{"reason":"亲属在项目单位"}`).is(200)
	if a.text("signOffs", 0, "recused", 0, "person", "id") != string(resources.person) || a.text("signOffs", 0, "recused", 0, "reason") != "亲属在项目单位" {
		t.Errorf("recused: %s", a.body)
	}
	w.post(resources, task+"/claim", "").problem(http.StatusForbidden, "forbidden", "")
}

func TestATransferIsInTheInboxOfWhoeverHasIt(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	task := "/issues/" + id + "/signoffs/1"
	has := func(as who, want bool) {
		t.Helper()
		if got := len(w.get(as, "/inbox").is(200).at("items").([]any)) > 0; got != want {
			t.Errorf("in the inbox of %s: %v", as.unit, got)
		}
	}
	w.post(police, task+"/claim", "").is(200)
	w.post(police, task+"/transfer", `{"department":"cc-bureau","reason":"职责"}`).problem(422, "invalid", "department")
	w.post(police, task+"/transfer", `{"department":"cc-housing","reason":""}`).problem(422, "invalid", "reason")
	a := w.post(police, task+"/transfer", `{"department":"cc-housing","reason":"占道由住建统筹"}`).is(200)
	if a.text("signOffs", 0, "department", "id") != "cc-housing" || a.text("signOffs", 0, "handover", "from", "id") != "cc-traffic-police" || a.text("signOffs", 0, "due", "on") != "2026-03-09" || a.at("signOffs", 0, "assignee") != nil {
		t.Errorf("transferred: %s", a.body)
	}
	has(police, false)
	has(housing, true)
	if a := w.get(police, "/claimed").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("still among the former officer's work: %s", a.body)
	}
	w.post(police, task+"/decision", `{"kind":"approve"}`).problem(http.StatusForbidden, "forbidden", "")
	w.get(general, "/objections").is(200)
	a = w.post(housing, task+"/transfer/return", `{"reason":"不涉及房屋"}`).is(200)
	if a.text("signOffs", 0, "handover", "disputed") != "true" || a.text("count", "disputed") != "1" {
		t.Errorf("sent back: %s", a.body)
	}
	has(police, true)
	has(housing, false)
	if got := w.get(general, "/objections").is(200).text("items", 0, "id"); got != id {
		t.Errorf("for the general branch to rule on: %s", got)
	}
	if a := w.get(command, "/objections").is(200); len(a.at("items").([]any)) != 0 {
		t.Errorf("the headquarters is shown what has not climbed to it: %s", a.body)
	}
	w.post(police, task+"/decision", `{"kind":"approve"}`).problem(http.StatusConflict, "conflict", "")
	w.post(police, task+"/transfer/ruling", `{"department":"cc-housing","reason":"职责"}`).problem(http.StatusForbidden, "forbidden", "")
	a = w.post(general, task+"/transfer/ruling", `{"department":"cc-traffic-police","reason":"按三定规定"}`).is(200)
	if a.text("signOffs", 0, "handover", "owner", "id") != "cc-traffic-police" || a.text("count", "disputed") != "0" {
		t.Errorf("assigned: %s", a.body)
	}
	w.post(police, task+"/decision", `{"kind":"approve"}`).is(200)
}

func TestABranchUrgesAndEverybodyComments(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	a := w.post(fenjiang, "/issues/"+id+"/signoffs/1/urge", "").is(200)
	if a.text("signOffs", 0, "urges") != "1" || a.text("signOffs", 0, "urgedOn") != "2026-03-02" {
		t.Errorf("urged: %s", a.body)
	}
	w.post(fenjiang, "/issues/"+id+"/signoffs/1/urge", `{"text":"再催"}`).problem(http.StatusConflict, "conflict", "")
	w.post(uValley, "/issues/"+id+"/signoffs/1/urge", "").problem(http.StatusForbidden, "forbidden", "")
	w.post(uValley, "/issues/"+id+"/comments", `{"text":"我支部亦有此问题"}`).is(200)
	w.post(overseer, "/issues/"+id+"/comments", `{"text":"停表理由待核","signOff":2}`).is(200)
	w.post(overseer, "/issues/"+id+"/comments", `{"text":" "}`).problem(422, "invalid", "text")
	w.post(overseer, "/issues/"+id+"/comments", `{"text":"`+strings.Repeat("字", 2001)+`"}`).problem(422, "invalid", "text")
	w.post(overseer, "/issues/"+id+"/comments", `{"text":"x","signOff":9}`).problem(404, "not-found", "signOff")
	events := w.get(police, "/issues/"+id+"/events").is(200)
	last := len(events.at("items").([]any)) - 1
	if e := func(field ...any) string { return events.text(append([]any{"items", last}, field...)...) }; e("kind") != "comment" || e("reason") != "停表理由待核" || e("by", "role") != "overseer" || e("signOff") != "2" {
		t.Errorf("the annotation: %s", events.body)
	}
}

func TestADraftIsItsBranchsAlone(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.post(fenjiang, "/issues", `{"project":"fenjiang-west-bank","title":"草稿","draft":true}`).is(http.StatusCreated)
	id := a.text("id")
	if a.text("status") != "draft" {
		t.Fatalf("draft: %s", a.body)
	}
	unknown := "01900000-0000-7000-8000-999999999999"
	for _, as := range []who{uValley, police, lead, general, command, bureau, overseer, admin} {
		for path, body := range map[string]string{
			"/draft": diversion, "/raise": "", "/withdraw": `{"reason":"x"}`, "/confirm": `{"stars":5}`, "/resubmit": `{"note":"x"}`,
			"/resume": `{"reason":"x"}`, "/signoffs/1/claim": "", "/signoffs/1/decision": `{"kind":"approve"}`, "/signoffs/1/ruling": `{"outcome":"revised","reason":"x"}`,
			"/signoffs/1/assignee": `{"person":"x"}`, "/signoffs/1/recusal": `{"reason":"x"}`, "/signoffs/1/duties/1/report": `{"text":"x"}`, "/signoffs/1/duties/1/evidence": `{"evidence":"x"}`, "/signoffs/1/revocation": `{"code":"fraud","reason":"x"}`, "/reopen": `{"signOffs":[1],"reason":"x"}`, "/comments": `{"text":"x"}`, "/consultation": `{"cause":"own_accord","reason":"x"}`, "/consultation/votes": `{"choice":"for"}`, "/officer": `{"person":"cc-bureau-1","reason":"x"}`, "/signoffs/1/urge": "",
			"/signoffs/1/transfer": `{"department":"cc-water","reason":"x"}`, "/signoffs/1/transfer/return": `{"reason":"x"}`, "/signoffs/1/transfer/ruling": `{"department":"cc-water","reason":"x"}`,
			"/signoffs/1/measures": `{"what":"urged","text":"x"}`, "/signoffs/1/escalation": `{"to":"headquarters","reason":"x"}`, "/signoffs/1/ladder/pause": `{"until":"2026-03-05","reason":"x"}`, "/signoffs/1/ladder/resume": `{"reason":"x"}`,
			"/signoffs/1/notices": `{"demand":"x","replyDays":2}`, "/notices/1/reply": `{"text":"x"}`, "/warnings": `{"key":"x","as":"handled","text":"x"}`, "/notices/1/recheck": `{"ok":true,"text":"x"}`,
			"/signoffs/1/tolerance": `{"of":"overrun","code":"trial","reason":"x"}`, "/signoffs/1/tolerance/answer": `{"answer":"confirmed"}`, "/signoffs/1/tolerance/withdrawal": `{"reason":"x"}`,
			"/signoffs/1/extension": `{"days":1,"reason":"x"}`, "/signoffs/1/extension/answer": `{"answer":"granted"}`,
		} {
			got := w.post(as, "/issues/"+id+path, body, header("If-Match", `"7"`))
			if got.status != http.StatusForbidden { // as whoever does that to no issue is answered
				got.problem(404, "not-found", "issue")
			}
			want := w.post(as, "/issues/"+unknown+path, body, header("If-Match", `"7"`))
			if strings.ReplaceAll(string(got.body), id, unknown) != string(want.body) {
				t.Errorf("%s %s tells a draft from nothing:\n%s\n%s", as.role, path, got.body, want.body)
			}
		}
		w.get(as, "/issues/"+id).problem(404, "not-found", "issue")
		w.get(as, "/issues/"+id+"/events").problem(404, "not-found", "issue")
		for _, list := range []string{"/issues?project=fenjiang-west-bank&drafts=true&limit=1", "/issues?project=fenjiang-west-bank", "/issues?district=440604"} {
			if a := w.get(as, list).is(200); len(a.at("items").([]any)) != 0 || a.at("next") != nil {
				t.Errorf("%s sees in %s: %s", as.role, list, a.body)
			}
		}
	}
	if got := w.get(fenjiang, "/issues?project=fenjiang-west-bank&drafts=true").is(200).text("items", 0, "id"); got != id {
		t.Errorf("the own drafts: %s", got)
	}
	w.post(fenjiang, "/issues/"+id+"/raise", "").problem(422, "invalid", "items")
	w.post(fenjiang, "/issues/"+id+"/draft", diversion).is(200)
	if got := w.post(fenjiang, "/issues/"+id+"/raise", "").is(200).text("status"); got != "raised" {
		t.Errorf("raised: %s", got)
	}
	w.get(uValley, "/issues/"+id).is(200)
	w.post(fenjiang, "/issues/"+id+"/draft", diversion).problem(http.StatusConflict, "closed", "")
}

func TestNobodyDoesAnothersWork(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	for name, c := range map[string]struct {
		as         who
		path, body string
	}{
		"an officer of another department decides": {transport, "/signoffs/1/decision", `{"kind":"approve"}`},
		"an officer of another department claims":  {transport, "/signoffs/1/claim", ""},
		"a lead decides":                              {lead, "/signoffs/2/decision", `{"kind":"approve"}`},
		"a secretary decides":                         {fenjiang, "/signoffs/1/decision", `{"kind":"approve"}`},
		"the bureau decides":                          {bureau, "/signoffs/1/decision", `{"kind":"approve"}`},
		"an overseer decides":                         {overseer, "/signoffs/1/decision", `{"kind":"approve"}`},
		"a secretary of another branch withdraws":     {uValley, "/withdraw", `{"reason":"x"}`},
		"an officer withdraws":                        {police, "/withdraw", `{"reason":"x"}`},
		"a secretary resumes":                         {fenjiang, "/resume", `{"reason":"x"}`},
		"a secretary of another branch confirms":      {uValley, "/confirm", `{"stars":5}`},
		"an administrator decides":                    {admin, "/signoffs/1/decision", `{"kind":"approve"}`},
		"an officer asks for another's supplement":    {transport, "/signoffs/1/supplement", `{"papers":["x"]}`},
		"a secretary of another branch resubmits":     {uValley, "/resubmit", `{"note":"x"}`},
		"a secretary of another branch brings papers": {uValley, "/signoffs/1/supplement/answer", `{"text":"x"}`},
	} {
		a := w.post(c.as, "/issues/"+id+c.path, c.body)
		if a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	w.post(uValley, "/issues", diversion).problem(http.StatusForbidden, "forbidden", "")
	if got := w.get(fenjiang, "/issues/"+id).is(200).text("version"); got != "2" {
		t.Errorf("version %s after refusals only", got)
	}
	w.get(fenjiang, "/inbox").problem(http.StatusForbidden, "forbidden", "")
	other := w.get(police, "/departments/cc-transport/inbox").problem(404, "not-found", "id")
	none := w.get(police, "/departments/nobody/inbox").problem(404, "not-found", "id")
	if strings.ReplaceAll(string(other.body), "cc-transport", "nobody") != string(none.body) {
		t.Errorf("another department's tasks are told from none:\n%s\n%s", other.body, none.body)
	}
	for _, as := range []who{lead, overseer, bureau, transport} {
		if got := w.get(as, "/departments/cc-transport/inbox").is(200).text("items", 0, "issue"); got != id {
			t.Errorf("inbox for %s: %s", as.role, got)
		}
	}
}

// changes are every route that needs a key, with what makes it do something: how
// the issue comes there, who calls, and the body.
func changes() map[string]struct {
	as    who
	body  string
	ready func(w *world) string
} {
	consulting := func(w *world) string {
		id := w.raised(diversion)
		w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"g","reason":"r"}`).is(200)
		return id
	}
	draft := func(w *world) string {
		return w.post(fenjiang, "/issues", strings.Replace(diversion, "{", `{"draft":true,`, 1)).is(201).text("id")
	}
	start := func(w *world) string { return w.raised(diversion) }
	meeting := func(w *world) string {
		id := consulting(w)
		w.post(general, "/issues/"+id+"/consultation/meeting", meetingBody).is(200)
		w.clock.Add(time.Hour)
		return id
	}
	pledged := func(w *world) string {
		id := w.raised(permit)
		w.post(resources, "/issues/"+id+"/signoffs/1/decision", `{"kind":"commitment","duties":[{"what":"补齐","by":"2026-03-10"}]}`).is(200)
		return id
	}
	supervised := func(w *world) string {
		id := w.raised(permit)
		w.post(general, "/issues/"+id+"/signoffs/1/notices", `{"demand":"限期办结","replyDays":2}`).is(200)
		return id
	}
	late := func(steps ...string) func(w *world) string {
		return func(w *world) string {
			id := w.raised(diversion)
			w.clock.Add(14 * 24 * time.Hour)
			for _, body := range steps {
				w.post(general, "/issues/"+id+"/signoffs/1/tolerance", body).is(200)
			}
			return id
		}
	}
	const flood = `{"of":"overrun","code":"unforeseen","reason":"汛情封航"}`
	transferred := func(w *world) string {
		id := w.raised(diversion)
		w.post(police, "/issues/"+id+"/signoffs/1/transfer", `{"department":"cc-housing","reason":"职责"}`).is(200)
		return id
	}
	signed := func(w *world) string {
		id := w.raised(diversion)
		w.post(police, "/issues/"+id+"/signoffs/1/added", `{"department":"cc-housing","when":"beside","question":"有无意见"}`).is(200)
		return id
	}
	proposed := func(w *world) string { return w.post(admin, "/register/changes", reform).is(201).text("id") }
	request := func(steps ...string) func(w *world) string {
		return func(w *world) string {
			id := w.post(fenjiang, "/requests", noise).is(http.StatusCreated).text("id")
			for _, step := range steps {
				path, body, _ := strings.Cut(step, " ")
				w.post(fenjiang, "/requests/"+id+path, body).is(200)
			}
			return id
		}
	}
	matter := func(steps ...string) func(w *world) string {
		return func(w *world) string {
			id := w.post(fenjiang, "/pool", storage).is(http.StatusCreated).text("id")
			for _, step := range steps {
				w.post(lead, "/pool/"+id+step, "").is(200)
			}
			return id
		}
	}
	return map[string]struct {
		as    who
		body  string
		ready func(w *world) string
	}{
		"POST /api/v1/issues":               {fenjiang, diversion, func(*world) string { return "" }},
		"POST /api/v1/issues/{id}/draft":    {fenjiang, strings.Replace(diversion, "两周", "三周", 1), draft},
		"POST /api/v1/issues/{id}/raise":    {fenjiang, diversion, draft},
		"POST /api/v1/issues/{id}/withdraw": {fenjiang, `{"reason":"不需要了"}`, start},
		"POST /api/v1/issues/{id}/resubmit": {fenjiang, `{"note":"已改"}`, func(w *world) string {
			id := consulting(w)
			w.post(general, "/issues/"+id+"/signoffs/1/ruling", `{"outcome":"revised","reason":"r"}`).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/confirm": {fenjiang, `{"stars":4}`, func(w *world) string {
			id := w.raised(diversion)
			w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`).is(200)
			w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`).is(200)
			w.close(id, 1)
			return id
		}},
		"POST /api/v1/issues/{id}/resume": {admin, `{"reason":"已处理"}`, func(w *world) string {
			id := w.raised(diversion)
			if err := w.service.Hold(w.t.Context(), approval.IssueID(id), 1, "secret-token", "States.Runtime", "secret cause"); err != nil {
				w.t.Fatal(err)
			}
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/claim": {police, "", start},
		"POST /api/v1/issues/{id}/signoffs/{n}/release": {police, "", func(w *world) string {
			id := w.raised(diversion)
			w.post(police, "/issues/"+id+"/signoffs/1/claim", "").is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/decision":   {police, `{"kind":"approve"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/supplement": {police, `{"papers":["图纸"]}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/supplement/answer": {fenjiang, `{"text":"已附"}`, func(w *world) string {
			id := w.raised(diversion)
			w.post(police, "/issues/"+id+"/signoffs/1/supplement", `{"papers":["图纸"]}`).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/assignee":            {resourcesLead, `{"person":"cc-natural-resources-officer-2"}`, func(w *world) string { return w.raised(permit) }},
		"POST /api/v1/issues/{id}/signoffs/{n}/recusal":             {police, `{"reason":"亲属在项目单位"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/duties/{k}/report":   {fenjiang, `{"text":"已补齐"}`, pledged},
		"POST /api/v1/issues/{id}/signoffs/{n}/duties/{k}/evidence": {resources, `{"evidence":"现场核查"}`, pledged},
		"POST /api/v1/issues/{id}/signoffs/{n}/revocation": {resourcesLead, `{"code":"commitment_broken","reason":"逾期未履行"}`, func(w *world) string {
			id := pledged(w)
			w.close(id, 1)
			w.clock.Add(9 * 24 * time.Hour)
			return id
		}},
		"POST /api/v1/issues/{id}/reopen": {fenjiang, `{"signOffs":[1],"reason":"红线调整"}`, func(w *world) string {
			id := pledged(w)
			w.close(id, 1)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/tolerance":            {general, flood, late()},
		"POST /api/v1/issues/{id}/signoffs/{n}/tolerance/answer":     {bureau, `{"answer":"confirmed"}`, late(flood)},
		"POST /api/v1/issues/{id}/signoffs/{n}/tolerance/withdrawal": {general, `{"reason":"情况不实"}`, late(flood)},
		"POST /api/v1/issues/{id}/comments":                          {overseer, `{"text":"停表理由待核","signOff":1}`, start},
		"POST /api/v1/issues/{id}/attachments": {fenjiang, attachment("总平面图.pdf", sitePlan, "petition", 0), func(w *world) string {
			id := w.raised(diversion)
			w.upload(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).is(http.StatusNoContent)
			return id
		}},
		"POST /api/v1/issues/{id}/attachments/{hash}/removal": {fenjiang, `{"reason":"传错"}`, func(w *world) string {
			id := w.raised(diversion)
			w.attached(fenjiang, id, "总平面图.pdf", sitePlan, "petition", 0).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/officer":                      {bureau, `{"person":"cc-bureau-1","reason":"分工"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/urge":            {fenjiang, `{"text":"工期紧"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/transfer":        {police, `{"department":"cc-housing","reason":"职责"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/transfer/return": {housing, `{"reason":"职责"}`, transferred},
		"POST /api/v1/issues/{id}/signoffs/{n}/transfer/ruling": {general, `{"department":"cc-housing","reason":"职责"}`, func(w *world) string {
			id := transferred(w)
			w.post(housing, "/issues/"+id+"/signoffs/1/transfer/return", `{"reason":"职责"}`).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/extension": {resources, `{"days":10,"reason":"需专家论证"}`, func(w *world) string { return w.raised(permit) }},
		"POST /api/v1/issues/{id}/signoffs/{n}/extension/answer": {resourcesLead, `{"answer":"granted"}`, func(w *world) string {
			id := w.raised(permit)
			w.post(resources, "/issues/"+id+"/signoffs/1/extension", `{"days":10,"reason":"需专家论证"}`).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/acceptance": {resources, "", func(w *world) string { return w.raised(permit) }},
		"POST /api/v1/issues/{id}/signoffs/{n}/stops":      {police, hearing, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/stops/end": {police, `{"kind":"hearing","result":"已听证"}`, func(w *world) string {
			id := w.raised(diversion)
			w.post(police, "/issues/"+id+"/signoffs/1/stops", hearing).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/signoffs/{n}/refile":       {fenjiang, `{"text":"材料已齐"}`, func(w *world) string { return w.papersBack(diversion) }},
		"POST /api/v1/issues/{id}/signoffs/{n}/measures":     {fenjiang, `{"what":"coordinated","text":"现场协调"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/escalation":   {fenjiang, `{"to":"general_branch","reason":"须总支协调","untried":"部门已函复不办"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/ladder/pause": {general, `{"until":"2026-03-05","reason":"等待现场会"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/ladder/resume": {general, `{"reason":"现场会已开"}`, func(w *world) string {
			id := w.raised(diversion)
			w.post(general, "/issues/"+id+"/signoffs/1/ladder/pause", `{"until":"2026-03-05","reason":"等待现场会"}`).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/consultation":         {general, `{"cause":"own_accord","reason":"多方协调"}`, start},
		"POST /api/v1/issues/{id}/consultation/meeting": {general, meetingBody, consulting},
		"POST /api/v1/issues/{id}/consultation/invitations": {general, `{"attendee":4}`, func(w *world) string {
			id := consulting(w)
			w.post(general, "/issues/"+id+"/consultation/meeting", villageVotes).is(200)
			return id
		}},
		"POST /api/v1/issues/{id}/consultation/votes":            {police, `{"choice":"for"}`, meeting},
		"POST /api/v1/issues/{id}/consultation/votes/recusal":    {policeLead, `{"reason":"有利害关系"}`, meeting},
		"POST /api/v1/issues/{id}/consultation/minutes":          {general, `{"text":"一致意见","present":[1,2]}`, meeting},
		"POST /api/v1/issues/{id}/consultation/escalation":       {general, `{"reason":"涉及市级部门"}`, consulting},
		"POST /api/v1/issues/{id}/consultation/conclusion":       {general, `{"findings":[{"signOff":1,"outcome":"set_aside","reason":"r"}]}`, consulting},
		"POST /api/v1/issues/{id}/signoffs/{n}/ruling":           {general, `{"outcome":"set_aside","reason":"r"}`, consulting},
		"POST /api/v1/bulk/approvals":                            {police, `{"tasks":[{"issue":"{id}","signOff":1,"version":2}]}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/added":            {police, `{"department":"cc-housing","when":"beside","question":"有无意见"}`, start},
		"POST /api/v1/issues/{id}/signoffs/{n}/added/{k}/answer": {housing, `{"opinion":"agree"}`, signed},
		"POST /api/v1/issues/{id}/signoffs/{n}/added/{k}/cancel": {police, `{"reason":"已沟通"}`, signed},
		"POST /api/v1/register/changes":                          {admin, reform, func(*world) string { return "" }},
		"POST /api/v1/register/imports/{table}":                  {admin, newcomers, func(*world) string { return "people" }},
		"POST /api/v1/register/changes/{id}/approval":            {admin2, "", proposed},
		"POST /api/v1/register/changes/{id}/refusal":             {admin2, `{"reason":"依据不足"}`, proposed},
		"POST /api/v1/register/changes/{id}/withdrawal":          {admin, `{"reason":"重复"}`, proposed},
		"POST /api/v1/departments/{id}/substitutes":              {lead, absence, func(*world) string { return "cc-transport" }},

		"POST /api/v1/requests":                 {fenjiang, noise, func(*world) string { return "" }},
		"POST /api/v1/requests/{id}/acceptance": {fenjiang, "", request()},
		"POST /api/v1/requests/{id}/unit":       {bureau, `{"unit":"cc-ecology","reason":"属其职责"}`, request()},
		"POST /api/v1/requests/{id}/answer":     {fenjiang, `{"text":"已整改。"}`, request("/acceptance")},
		"POST /api/v1/requests/{id}/refusal":    {fenjiang, `{"ground":"信访工作条例","reason":"已进入诉讼程序。"}`, request()},
		"POST /api/v1/requests/{id}/issue":      {fenjiang, `{"title":"夜间施工"}`, request("/acceptance")},
		"POST /api/v1/requests/{id}/closure":    {bureau, `{"note":"电话告知"}`, request("/acceptance", `/answer {"text":"已整改。"}`)},
		"POST /api/v1/requests/{id}/code":       {bureau, "", request()},

		"POST /api/v1/imports/issues": {fenjiang, `{"table":"项目,标题\nfenjiang-west-bank,规划许可\n"}`, func(*world) string { return "" }},

		"POST /api/v1/investment/{year}/imports": {bureau, `{"file":"` + base64.StdEncoding.EncodeToString([]byte(keyProjects)) + `","name":"项目.csv"}`, func(*world) string { return "" }},
		"POST /api/v1/investment/{year}/plans":   {bureau, `{"project":"u-valley","amount":8000,"from":"2026-01-01"}`, invested},
		"POST /api/v1/investment/{year}/figures": {bureau, `{"project":"u-valley","period":"2026-02","done":1000}`, invested},

		"POST /api/v1/briefings": {fenjiang, `{"kind":"list","about":"branch-fenjiang","period":"2026-03"}`, func(*world) string { return "" }},
		"POST /api/v1/briefings/{id}/signature": {general, `{"version":1}`, func(w *world) string {
			w.post(fenjiang, "/briefings", `{"kind":"list","about":"branch-fenjiang","period":"2026-03"}`).is(201)
			return "list.branch-fenjiang.2026-03"
		}},

		"POST /api/v1/archives": {bureau, `{"source":"规划局","asOf":"2025-12-31","file":"` + base64.StdEncoding.EncodeToString([]byte("事项编号,受理日期,办结日期\n24,2025-03-03,2025-03-07\n")) + `"}`, func(*world) string { return "" }},

		"POST /api/v1/pool":                   {fenjiang, storage, func(*world) string { return "" }},
		"POST /api/v1/pool/{id}/claim":        {lead, `{"pledge":"空地一处"}`, matter()},
		"POST /api/v1/pool/{id}/return":       {lead, `{"reason":"另有安排"}`, matter("/claim")},
		"POST /api/v1/pool/{id}/progress":     {lead, `{"text":"已平整"}`, matter("/claim")},
		"POST /api/v1/pool/{id}/confirmation": {fenjiang, `{"result":"已启用"}`, matter("/claim")},
		"POST /api/v1/pool/{id}/withdrawal":   {fenjiang, `{"reason":"不再需要"}`, matter()},
		"POST /api/v1/issues/{id}/warnings": {overseer, `{"key":"overdue:1:2026-03-09","as":"false_alarm","text":"系统时间有误"}`, func(w *world) string {
			id := w.raised(diversion)
			w.clock.Add(14 * 24 * time.Hour)
			return id
		}},
		"POST /api/v1/warnings":                         {overseer, `{"district":"440604","key":"rotation:cc-water-officer-1:officer:cc-water:2020-03-02","as":"false_alarm","text":"名册日期有误"}`, func(*world) string { return "" }},
		"POST /api/v1/issues/{id}/signoffs/{n}/notices": {general, `{"demand":"限期办结","replyDays":2}`, start},
		"POST /api/v1/issues/{id}/notices/{k}/reply":    {resourcesLead, `{"text":"下周办结"}`, supervised},
		"POST /api/v1/issues/{id}/notices/{k}/recheck": {general, `{"ok":true,"text":"属实"}`, func(w *world) string {
			id := supervised(w)
			w.post(resourcesLead, "/issues/"+id+"/notices/1/reply", `{"text":"下周办结"}`).is(200)
			return id
		}},
	}
}

var toldOnce = regexp.MustCompile(`,"code":"ABCDEFGHIJ"|,"link":"[^"]+","page":"[^"]+"`)

func TestEveryChangeHasOneEffectUnderOneKey(t *testing.T) {
	t.Parallel()
	all := changes()
	for operation, needs := range open(t).api.Operations() {
		c, ok := all[operation]
		if ok != needs {
			t.Errorf("%s needs a key: %v; it is tried here: %v", operation, needs, ok)
		}
		if !ok {
			continue
		}
		t.Run(strings.TrimPrefix(operation, "POST /api/v1/"), func(t *testing.T) {
			t.Parallel()
			w := open(t)
			id := c.ready(w)
			body := strings.ReplaceAll(c.body, "{id}", id)
			path := strings.NewReplacer("POST ", "", "{id}", id, "{n}", "1", "{k}", "1", "{year}", "2026", "{table}", id, "{hash}", approvaltest.Hash(sitePlan)).Replace(operation)
			w.post(c.as, path, body, header("Idempotency-Key", "")).problem(http.StatusBadRequest, "idempotency-key", "Idempotency-Key")
			w.post(c.as, path, body, header("Idempotency-Key", "两")).problem(http.StatusBadRequest, "malformed", "Idempotency-Key")
			w.post(c.as, path, body, header("Idempotency-Key", strings.Repeat("k", 129))).problem(http.StatusBadRequest, "malformed", "Idempotency-Key")

			key := header("Idempotency-Key", strings.Repeat("k", 128))
			first := w.post(c.as, path, body, key)
			if first.status/100 != 2 {
				t.Fatalf("%s: %s", first.asked, first.body)
			}
			if first.header.Get("Idempotency-Replayed") != "" {
				t.Error("the first answer says that it is repeated")
			}
			w.clock.Add(time.Minute)
			spaced := strings.Replace(body, ":", " : \n", 1) // the same content, written otherwise
			second := w.post(c.as, path, spaced, key).is(first.status)
			if second.header.Get("Idempotency-Replayed") != "true" {
				t.Error("the second answer does not say that it is repeated")
			}
			// A check code and a link are told once: what is kept of them is a hash.
			if told := toldOnce.ReplaceAllString(string(first.body), ""); told != string(second.body) || first.header.Get("ETag") != second.header.Get("ETag") || first.header.Get("Location") != second.header.Get("Location") {
				t.Errorf("answers differ:\n%s\n%s", first.body, second.body)
			}
		})
	}
}

func TestAKeyIsGoodForOneRequestOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	key := header("Idempotency-Key", "one")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`, key).is(200)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve","reason":"改了"}`, key).problem(422, "invalid", "Idempotency-Key")
	w.post(police, "/issues/"+id+"/signoffs/1/claim", "", key).problem(422, "invalid", "Idempotency-Key")
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"approve"}`, key).is(200)
	// Another person's key of the same name is another key.
	w.post(transport, "/issues/"+id+"/signoffs/2/decision", `{"kind":"approve"}`, key).is(200)
}

func TestAChangeCanDependOnTheVersionSeen(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	seen := w.get(police, "/issues/"+id).is(200).header.Get("ETag")
	claim := "/issues/" + id + "/signoffs/1/claim"
	for _, tag := range []string{`"1"`, `"99"`, `"0"`, `"02"`, `"abc"`, `"-2"`, `W/` + seen} {
		a := w.post(police, claim, "", header("If-Match", tag)).problem(http.StatusPreconditionFailed, "stale", "If-Match")
		if a.text("currentVersion") != "2" || a.header.Get("ETag") != seen {
			t.Errorf("If-Match %s: %s %s", tag, a.header.Get("ETag"), a.body)
		}
	}
	for _, tag := range []string{`2`, `"2`, `"1", "2"`, `"`} {
		w.post(police, claim, "", header("If-Match", tag)).problem(http.StatusBadRequest, "malformed", "If-Match")
	}
	w.post(police, claim, "", header("If-Match", seen)).is(200)
	w.post(police, "/issues/"+id+"/signoffs/1/release", "", header("If-Match", "*")).is(200)
	for tag, want := range map[string]int{`"4"`: 304, `W/"4"`: 304, `"3", "4"`: 304, `*`: 304, `"3"`: 200, `4`: 200} {
		a := w.get(police, "/issues/"+id, header("If-None-Match", tag)).is(want)
		if a.header.Get("ETag") != `"4"` {
			t.Errorf("If-None-Match %s: ETag %q", tag, a.header.Get("ETag"))
		}
		if want == 304 && len(a.body) != 0 {
			t.Errorf("304 with a body: %s", a.body)
		}
	}
}

func TestWhatIsInternalStaysInside(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	ctx := t.Context()
	if err := w.service.Ask(ctx, approval.IssueID(id), 1, approval.Asking{SignOff: 1, Clock: 1, Seconds: 60}, "secret-token-1"); err != nil {
		t.Fatal(err)
	}
	if err := w.service.Hold(ctx, approval.IssueID(id), 1, "secret-token-2", "States.Runtime", "secret cause"); err != nil {
		t.Fatal(err)
	}
	issue, err := w.service.Store().Issue(ctx, approval.IssueID(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/issues/" + id, "/issues/" + id + "/events", "/issues?project=fenjiang-west-bank", "/inbox"} {
		a := w.get(police, path).is(200)
		for _, secret := range []string{"secret-token", "secret cause", "States.Runtime", issue.Head, "wakeAt", "issue-" + id, `"watches"`, `"clock"`} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("%s tells %q: %s", path, secret, a.body)
			}
		}
	}
	if a := w.get(police, "/issues/"+id); a.at("onHold") != true {
		t.Errorf("the hold is not shown: %s", a.body)
	}
	for _, as := range []who{admin, overseer} {
		if got := w.get(as, "/issues/"+id).text("hold", "cause"); got != "secret cause" {
			t.Errorf("%s reads the cause %q", as.role, got)
		}
	}
}

func TestAPlanShowsWhatRaisingWouldBring(t *testing.T) {
	t.Parallel()
	w := open(t)
	petition := `{"project":"fenjiang-west-bank","title":"规划与消防","items":[25,29,24],"commitments":[25],"parties":[{"matter":"traffic_diversion","department":"cc-traffic-police"}]}`
	plan := w.post(fenjiang, "/plan", petition, header("Idempotency-Key", "")).is(200)
	issue := w.post(fenjiang, "/issues", petition).is(201)
	if plan.text("graph") != issue.text("graph") {
		t.Errorf("graph planned %s, raised %s", plan.text("graph"), issue.text("graph"))
	}
	if !strings.Contains(plan.text("graph", "requires"), "map[needs:1 signOff:2]") {
		t.Errorf("29 does not wait for 25: %s", plan.body)
	}
	for k := range 4 {
		for _, field := range []string{"department", "item", "matter", "limit", "limitMark", "requires"} {
			if plan.text("signOffs", k, field) != issue.text("signOffs", k, field) {
				t.Errorf("sign-off %d: %s planned %s, raised %s", k+1, field, plan.text("signOffs", k, field), issue.text("signOffs", k, field))
			}
		}
		if plan.text("signOffs", k, "due", "on") <= "2026-03-02" {
			t.Errorf("sign-off %d is due %s", k+1, plan.text("signOffs", k, "due"))
		}
	}
	w.post(fenjiang, "/plan", `{"project":"fenjiang-west-bank"}`).problem(422, "invalid", "items")
	w.post(fenjiang, "/plan", `{"project":"nowhere","items":[25]}`).problem(422, "invalid", "project")
	w.post(fenjiang, "/plan", `{"project":"fenjiang-west-bank","items":[25,25]}`).problem(422, "invalid", "items[1]")
	w.post(fenjiang, "/plan", `{"project":"fenjiang-west-bank","parties":[{"matter":"traffic_diversion","department":"nobody"}]}`).problem(422, "invalid", "parties[0].department")
}

func TestListsComePageByPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	var ids []string
	for k := range 5 {
		ids = append(ids, w.raised(strings.Replace(diversion, "两周", fmt.Sprintf("%d 周", k), 1)))
	}
	for _, c := range []struct {
		as   who
		path string
		id   string // where an entry names the issue
		desc bool
	}{
		{fenjiang, "/issues?project=fenjiang-west-bank", "id", true},
		{overseer, "/issues?district=440604", "id", false},
		{police, "/inbox?", "issue", false},
		{bureau, "/departments/cc-transport/inbox?", "issue", false},
	} {
		var seen []string
		next := c.path + "&limit=2"
		for pages := 0; next != ""; pages++ {
			if pages > 5 {
				t.Fatalf("%s does not end", c.path)
			}
			a := w.get(c.as, next).is(200)
			for k := range a.at("items").([]any) {
				seen = append(seen, a.text("items", k, c.id))
			}
			link := a.header.Get("Link")
			if (link == "") != (a.at("next") == nil) {
				t.Errorf("%s: next %v, Link %q", next, a.at("next"), link)
			}
			next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		want := append([]string{}, ids...)
		if c.desc {
			for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
				want[i], want[j] = want[j], want[i]
			}
		}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("%s: %v instead of %v", c.path, seen, want)
		}
	}
	var kinds []string
	for next := "/issues/" + ids[0] + "/events?limit=1"; next != ""; {
		a := w.get(police, next).is(200)
		kinds = append(kinds, a.text("items", 0, "kind"))
		next = strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
	}
	if fmt.Sprint(kinds) != "[raise route]" {
		t.Errorf("events %v", kinds)
	}
	if got := w.get(police, "/issues/"+ids[0]+"/events?after=1").is(200).text("items", 0, "seq"); got != "2" {
		t.Errorf("after 1 comes %s", got)
	}
}

func TestObjectionsComePageByPageToo(t *testing.T) {
	t.Parallel()
	w := open(t)
	want := map[string]bool{}
	for k := range 25 {
		id := w.raised(diversion)
		if k%5 == 0 {
			w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"g","reason":"r"}`).is(200)
			want[id] = true
		}
	}
	seen := map[string]bool{}
	for next, pages := "/objections?limit=2", 0; next != ""; pages++ {
		if pages > 30 {
			t.Fatal("the list does not end")
		}
		a := w.get(general, next).is(200)
		for k, n := 0, len(a.at("items").([]any)); k < n; k++ {
			seen[a.text("items", k, "id")] = true
		}
		next = strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Link"), "<"), `>; rel="next"`)
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("objections %v instead of %v", seen, want)
	}
}

func TestEqualRequestsAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	w := open(t)
	options := []with{header("Authorization", "Bearer "+w.token(fenjiang)), header("Idempotency-Key", "at-once")}
	answers := make([]*answer, 8)
	var wg sync.WaitGroup
	for k := range answers {
		wg.Go(func() { answers[k] = w.send("POST", "/issues", diversion, options...) })
	}
	wg.Wait()
	first := 0
	for _, a := range answers {
		if a.is(http.StatusCreated); a.text("id") != answers[0].text("id") {
			t.Errorf("two issues: %s and %s", a.text("id"), answers[0].text("id"))
		}
		if a.header.Get("Idempotency-Replayed") == "" {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d answers say that they are the first", first)
	}
	if got := len(w.get(fenjiang, "/issues?project=fenjiang-west-bank").is(200).at("items").([]any)); got != 1 {
		t.Errorf("%d issues", got)
	}
}

func TestARepetitionInAnotherPostShowsNoDraft(t *testing.T) {
	t.Parallel()
	w := open(t)
	key := header("Idempotency-Key", "k")
	body := `{"project":"qingke-culvert","title":"草稿","draft":true}`
	w.post(who{"qingke-secretary", roster.Secretary, "branch-qingke"}, "/issues", body, key).is(201)
	w.post(who{"qingke-secretary", roster.Officer, "cc-housing"}, "/issues", body, key).problem(403, "forbidden", "")
}
