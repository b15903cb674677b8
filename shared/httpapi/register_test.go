package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

var admin2 = who{"cc-administration-2", roster.Administrator, "cc-administration"}

const reform = `{"title":"事权划转","reason":"强区放权","ground":"区府〔2026〕5号",
	"transfers":[{"items":[25],"district":"440604","department":"cc-water","movesOpen":true}]}`

const absence = `{"for":"cc-transport-officer-1","by":"cc-transport-officer-2","from":"2026-03-02","until":"2026-03-06","reason":"出差"}`

func TestACompetenceMovesOverTheAPI(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(permit)
	if got := w.get(fenjiang, "/issues/"+id).is(200).text("signOffs", 0, "department", "id"); got != "cc-natural-resources" {
		t.Fatalf("the premise does not hold: %s", got)
	}
	p := w.send("POST", "/register/preview", reform, header("Authorization", "Bearer "+w.token(admin))).is(200)
	if p.text("tasks", 0, "to", "id") != "cc-water" || p.text("tasks", 0, "issue") != id || p.text("competences", 0, "from", "id") != "cc-natural-resources" {
		t.Errorf("the preview says %s", p.body)
	}
	w.post(fenjiang, "/register/changes", reform).problem(403, "forbidden", "")
	a := w.post(admin, "/register/changes", reform).is(201)
	change := a.header.Get("Location")
	if a.text("status") != "proposed" || a.text("mayApprove") != "false" {
		t.Errorf("proposed: %s", a.body)
	}
	if got := w.get(admin2, change).is(200).text("mayApprove"); got != "true" {
		t.Error("the second administrator is not asked")
	}
	w.get(fenjiang, change).problem(403, "forbidden", "")
	w.post(admin, change+"/approval", "").problem(403, "forbidden", "")
	if got := w.post(admin2, change+"/approval", "").is(200).text("status"); got != "entered" {
		t.Errorf("approved, it is %s", got)
	}
	w.post(admin2, change+"/approval", "").problem(409, "closed", "")
	if _, err := w.register.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.get(fenjiang, "/issues/"+id).is(200).text("signOffs", 0, "department", "id"); got != "cc-water" {
		t.Errorf("the open task is with %s", got)
	}
	if got := w.get(overseer, "/register/entries").is(200).text("items", 0, "ground"); got != "区府〔2026〕5号" {
		t.Errorf("the register names %s", got)
	}
	events := w.get(overseer, change+"/events").is(200)
	if events.text("items", 0, "kind") != "propose_change" || events.text("items", 1, "kind") != "approve_change" || events.text("items", 2, "kind") != "enter_change" {
		t.Errorf("the trail says %s", events.body)
	}
	if w.get(fenjiang, "/register").is(200).text("inForce") != "1" {
		t.Error("nothing is in force")
	}
}

func TestAChangeThatDoesNotFitSaysWhy(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(admin, "/register/changes", strings.Replace(reform, "cc-water", "nobody", 1)).problem(422, "invalid", "order")
	w.post(admin, "/register/changes", `{"title":"x","reason":"x","ground":"x"}`).problem(422, "invalid", "order")
	w.post(admin, "/register/changes", strings.Replace(reform, `"reason":"强区放权"`, `"reason":""`, 1)).problem(422, "invalid", "reason")
	w.get(admin, "/register/changes/nothing").problem(404, "not-found", "")
	if n := len(w.get(admin, "/register/changes").is(200).at("items").([]any)); n != 0 {
		t.Errorf("%d change sets were kept", n)
	}
}

func TestTwoAdministratorsEnterAYearsHolidays(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.clock.Set(time.Date(2026, 12, 21, 9, 0, 0, 0, calendar.Shanghai))
	id := w.raised(permit)
	due := w.get(fenjiang, "/issues/"+id).is(200)
	if due.text("signOffs", 0, "due", "provisional") != "true" {
		t.Fatalf("the premise does not hold: %s", due.body)
	}
	const notice = `{"title":"2027年节假日安排","reason":"通知已公布","ground":"测试用通知",
		"holidays":{"number":"测试用通知","year":2027,"days":[{"date":"2027-01-01","kind":"holiday","name":"元旦"}]}}`
	change := w.post(admin, "/register/changes", notice).is(201).header.Get("Location")
	w.post(admin2, change+"/approval", "").is(200)
	if _, err := w.register.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := w.get(fenjiang, "/issues/"+id).is(200)
	if after.text("signOffs", 0, "due", "provisional") != "false" || after.text("signOffs", 0, "due", "on") == due.text("signOffs", 0, "due", "on") {
		t.Errorf("the last day did not move: %s", after.at("signOffs", 0, "due"))
	}
	if got := w.get(fenjiang, "/calendar/2027-01-01").is(200).text("working"); got != "false" {
		t.Error("New Year's Day is worked")
	}
}

// pasted is a notice in the usual form; its dates are made up for this test.
const pasted = `国务院办公厅关于2027年部分节假日安排的通知
国办发明电〔2026〕99号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2027年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。
五、端午节：6月9日（周三）放假，共1天。
六、中秋节：9月15日（周三）放假，共1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。`

func TestAPastedNoticeIsReadAndItsFaultsAreNamed(t *testing.T) {
	t.Parallel()
	w := open(t)
	order := func(text string) string {
		body, err := json.Marshal(map[string]any{"title": "2027年节假日安排", "reason": "通知已公布", "ground": "国办发明电〔2026〕99号", "holidays": map[string]any{"text": text}})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	a := w.post(admin, "/register/changes", order(pasted)).is(201)
	if a.text("holidays", "number") != "国办发明电〔2026〕99号" || a.text("holidays", "year") != "2027" || a.text("holidays", "days", 0, "date") != "2027-01-01" {
		t.Errorf("it is read as %s", a.body)
	}
	w.post(admin, "/register/changes", order(strings.Replace(pasted, "1月1日（周五）", "1月1日（周四）", 1))).problem(422, "invalid", "holidays.text")
	unsure := w.post(admin, "/register/changes", order(pasted+"\n八、另有安排。")).problem(422, "invalid", "holidays.text")
	if !strings.Contains(string(unsure.body), "八、另有安排") {
		t.Errorf("the sentence is not quoted: %s", unsure.body)
	}
	w.post(admin, "/register/changes", strings.Replace(order(pasted+"\n八、另有安排。"), `"holidays":{`, `"holidays":{"doubtsRead":true,`, 1)).is(201)
}

func TestALeadAppointsASubstituteOverTheAPI(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.post(transport, "/departments/cc-transport/substitutes", absence).problem(403, "forbidden", "")
	if got := w.post(lead, "/departments/cc-transport/substitutes", absence).is(http.StatusCreated).text("status"); got != "entered" {
		t.Errorf("it is %s", got)
	}
	w.post(lead, "/departments/cc-transport/substitutes", strings.Replace(absence, "officer-2", "officer-1", 1)).problem(422, "invalid", "order")
	w.post(lead, "/departments/nowhere/substitutes", absence).problem(404, "not-found", "id")
}

func TestWhoLeavesOpenWorkBehindIsToldWhatItIs(t *testing.T) {
	t.Parallel()
	w := open(t)
	id := w.raised(diversion)
	w.post(transport, "/issues/"+id+"/signoffs/2/claim", "").is(200)
	leave := `{"title":"离岗","reason":"调出","ground":"区组〔2026〕3号","roster":[{"people":{"person":"cc-transport-officer-1","leave":true}}]}`
	p := w.post(admin, "/register/preview", leave).is(200)
	if p.text("held", 0, "issue") != id || p.at("held", 0, "signOff") != 2.0 || p.text("held", 0, "department", "id") != "cc-transport" {
		t.Errorf("the preview: %s", p.body)
	}
	a := w.post(admin, "/register/changes", leave).problem(http.StatusConflict, "conflict", "person")
	if got := a.text("errors", 0, "detail"); !strings.Contains(got, "/api/v1/issues/"+id) {
		t.Errorf("it is refused with %s", a.body)
	}
	w.post(transport, "/issues/"+id+"/signoffs/2/release", "").is(200)
	w.post(admin, "/register/changes", leave).is(http.StatusCreated)
}
