package webui

import (
	"net/http"
	"net/url"
	"testing"
)

func TestLikeTasksAreApprovedOnOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two, three := w.raise("箱涵一", road), w.raise("箱涵二", road), w.raise("箱涵三", road)
	b := w.officer("cc-traffic-police")
	p := b.get("/inbox").wants(http.StatusOK, "批量同意所选任务")
	if got := len(p.all("input[name=task]")); got != 3 {
		t.Fatalf("%d boxes", got)
	}
	w.as("cc-traffic-police-lead", "lead", "cc-traffic-police").get("/inbox").wants(http.StatusOK).lacks("批量同意所选任务")
	w.as("cc-traffic-police-officer-2", "officer", "cc-traffic-police").get(taskURL(three, 1)).form("button[value=claim]").send()
	q := url.Values{"task": {string(one) + "/1", string(two) + "/1", string(three) + "/1", "no/1", "broken"}}
	p = b.get("/inbox/bulk?"+q.Encode()).wants(http.StatusOK, "箱涵一", "箱涵二", "箱涵三", "不能一并同意", "逐项同意 2 项")
	f := p.form("button[value=bulk]")
	b.get(taskURL(two, 1)).form("button[value=claim]").send()
	f.set("reason", "同意按方案疏导").send().wants(http.StatusOK, "共 2 项，已同意 1 项", "内容已有更新")
	f.send().wants(http.StatusOK, "共 2 项，已同意 1 项") // a double click
	w.secretary().get(issueURL(one)).wants(http.StatusOK, "同意按方案疏导")
	other := w.raise("管线", permits)
	q = url.Values{"task": {string(two) + "/1", string(other) + "/1"}}
	b.get("/inbox/bulk?"+q.Encode()).wants(http.StatusOK, "不能一并同意")
	b.get("/inbox/bulk").wants(http.StatusOK, "没有可以同意的")
}
