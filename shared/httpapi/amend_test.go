package httpapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"lianban/shared/calendar"
)

// changed is a change of a running year in the usual form; its dates are made up.
const changed = `国务院办公厅关于延长2027年春节假期的通知
国办发明电〔2027〕98号
经国务院批准，现将延长2027年春节假期的具体安排通知如下。
一、延长2027年春节假期至2月14日（周日），2月15日（周一）起正常上班。`

func TestAPastedChangeOfARunningYearMovesWhatIsOpenAndTheTaskSaysSo(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.clock.Set(time.Date(2027, 1, 25, 9, 0, 0, 0, calendar.Shanghai))
	order := func(title, ground, text string) string {
		body, err := json.Marshal(map[string]any{"title": title, "reason": "通知已公布", "ground": ground, "holidays": map[string]any{"text": text}})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	enter := func(body string) {
		t.Helper()
		w.post(admin2, w.post(admin, "/register/changes", body).is(201).header.Get("Location")+"/approval", "").is(200)
		if _, err := w.register.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	change := order("延长春节假期", "国办发明电〔2027〕98号", changed)
	w.post(admin, "/register/changes", change).problem(422, "invalid", "holidays.text") // of a year without a notice
	id := w.raised(diversion)
	if got := w.get(police, "/issues/"+id).is(200); got.at("signOffs", 0, "restated") != nil || got.text("signOffs", 0, "due", "on") != "2027-02-01" {
		t.Fatalf("the premise does not hold: %s", got.at("signOffs", 0))
	}
	enter(order("2027年节假日安排", "国办发明电〔2026〕99号", pasted))
	if got := w.get(police, "/issues/"+id).is(200); got.text("signOffs", 0, "restated", "from", "on") != "2027-02-01" || got.text("signOffs", 0, "restated", "from", "provisional") != "true" || got.text("signOffs", 0, "due", "provisional") != "false" {
		t.Errorf("made firm: %s", got.at("signOffs", 0))
	}
	w.clock.Set(time.Date(2027, 2, 2, 9, 0, 0, 0, calendar.Shanghai))
	id = w.raised(diversion)
	before := w.get(police, "/issues/"+id).is(200).text("signOffs", 0, "due", "on")
	preview := w.post(admin, "/register/preview", change).is(200)
	if preview.text("dates", 0, "from", "on") != before || preview.text("dates", 0, "to", "on") == before {
		t.Errorf("the preview says %s", preview.body)
	}
	enter(change)
	got := w.get(police, "/issues/"+id).is(200)
	if got.text("signOffs", 0, "due", "on") != preview.text("dates", 0, "to", "on") || got.text("signOffs", 0, "restated", "from", "on") != before || got.text("signOffs", 0, "restated", "ground") != "国办发明电〔2027〕98号" {
		t.Errorf("moved: %s", got.at("signOffs", 0))
	}
	if got := w.get(police, "/calendar/2027-02-12").is(200).text("working"); got != "false" {
		t.Error("the day that was added is worked")
	}
	w.post(admin, "/register/changes", change).problem(http.StatusUnprocessableEntity, "invalid", "holidays.text") // entered already
}
