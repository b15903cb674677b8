package webui

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

func TestAnInboxIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	b := w.officer("cc-transport")
	count := func(query string) int {
		return len(b.get("/inbox?" + query).wants(http.StatusOK).all("table.rows tbody tr"))
	}
	all := count("")
	if all < 2 {
		t.Fatalf("the inbox has %d tasks, too few to filter", all)
	}
	for query, want := range map[string]int{
		"light=stopped": 1, "light=green": all - 1, "light=red": 0, "due=week": 1, "due=late": 0,
		"subject=matter/traffic_diversion": all, "subject=item/32": 0, "project=qingke-culvert": all, "project=none": 0, "light=nonsense": all,
		"show=open&light=green": 1, "show=mine&light=green": 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s shows %d tasks, want %d", query, got, want)
		}
	}
	b.get("/inbox?light=red").wants(http.StatusOK, "没有符合筛选条件的任务")
}

func TestAFilterIsKeptForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	b := w.officer("cc-transport")
	b.get("/inbox?light=stopped&due=late").wants(http.StatusOK).form(`form[action=/inbox/filters] button`).set("name", " ").send().wants(http.StatusUnprocessableEntity, "请填写筛选名称")
	p := b.get("/inbox?light=stopped").form(`form[action=/inbox/filters] button`).set("name", "停表的").send().wants(http.StatusOK)
	if href := p.one(".saved a[aria-current]").attr["href"]; href != "/inbox?light=stopped" {
		t.Errorf("the filter leads to %s", href)
	}
	if len(b.get("/inbox").all(".saved a")) != 1 {
		t.Error("the filter is not on the inbox")
	}
	w.as("cc-transport-officer-2", roster.Officer, "cc-transport").get("/inbox").wants(http.StatusOK).lacks("停表的")
	p.form(`.saved form button`).send().wants(http.StatusOK).lacks("停表的")
	w.secretary().post("/inbox/filters", map[string][]string{"name": {"无权"}, "query": {""}, "key": {"k"}}).wants(http.StatusForbidden)
}

func TestALeadSeesTheLoadOfOfficers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	p := w.as("cc-transport-lead", roster.Lead, "cc-transport").get("/inbox/load").wants(http.StatusOK, "承办人工作量", "未认领")
	row := ""
	for _, tr := range p.all("table.rows tbody tr") {
		if strings.HasPrefix(tr.words(), "吴某甲") {
			row = tr.words()
		}
	}
	if row != "吴某甲10001" { // one task, and it is stopped
		t.Errorf("the officer's row is %q", row)
	}
	w.officer("cc-transport").get("/inbox/load").wants(http.StatusForbidden)
}

// BenchmarkInboxOfTenThousand measures an inbox behind which ten thousand tasks are
// open: time on the server, and what a browser loads for it the first time.
func BenchmarkInboxOfTenThousand(b *testing.B) {
	w := newWorld(b)
	actor := approval.Actor{Person: "qingke-secretary", Role: roster.Secretary, Unit: "branch-qingke"}
	matters := w.service.Rules().Catalog.Matters()
	for n := range 10_000 / len(matters) {
		p := approval.Petition{Project: "qingke-culvert", Title: fmt.Sprintf("事项%d", n), Body: "请办理。"}
		for _, m := range matters {
			p.Parties = append(p.Parties, approval.Party{Matter: m.Code, Department: "cc-transport"})
		}
		issue, _, err := w.service.Create(b.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: actor})
		if err == nil {
			_, err = w.service.Route(b.Context(), issue.ID, 1)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	officer := w.officer("cc-transport")
	for name, path := range map[string]string{"plain": "/inbox", "filtered": "/inbox?light=green&subject=matter/traffic_diversion", "nothing fits": "/inbox?light=red"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				for name, value := range officer.cookies {
					r.AddCookie(&http.Cookie{Name: name, Value: value})
				}
				got := httptest.NewRecorder()
				if w.handler.ServeHTTP(got, r); got.Code != http.StatusOK {
					b.Fatal(got.Code)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
			bytes, requests := officer.weigh(path)
			b.ReportMetric(float64(bytes)/1024, "KB/page")
			b.ReportMetric(float64(requests), "requests/page")
		})
	}
}

// weigh is what a browser that knows nothing yet loads for a page, in bytes and requests.
func (b *browser) weigh(path string) (bytes, requests int) {
	page := b.get(path)
	bytes, requests = len(page.body), 1
	loaded := map[string]bool{}
	for _, e := range slices.Concat(page.all("link"), page.all("img"), page.all("script")) {
		if address := e.attr["href"] + e.attr["src"]; strings.HasPrefix(address, "/static/") && !loaded[address] {
			loaded[address] = true
			bytes, requests = bytes+len(b.get(address).body), requests+1
		}
	}
	return bytes, requests
}

func TestPagesWeighLittleAndAskForLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("全过程图", permits)
	for n := range 11 { // more than a page of the inbox
		w.raise(fmt.Sprintf("事项%d", n), func(f *form) {
			f.set("item", "17", "18", "19").set("party", "river_works/cc-water")
		})
	}
	for path, b := range map[string]*browser{"/inbox": w.officer("cc-water"), "/": w.secretary(), "/issues/new": w.secretary(), issueURL(id): w.secretary()} {
		bytes, requests := b.weigh(path)
		t.Logf("%s: %.0f KB in %d requests", path, float64(bytes)/1024, requests)
		if bytes > 150*1024 {
			t.Errorf("%s weighs %d bytes, over 150 KB", path, bytes)
		}
		if requests > 4 {
			t.Errorf("%s takes %d requests, over 4", path, requests)
		}
	}
}
