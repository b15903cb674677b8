package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/httpapi"
)

// villageVotes is meetingBody with an open vote in which the village committee, party
// number 4, takes part.
var villageVotes = strings.NewReplacer(`"organisation":"白坭村民委员会"}`, `"organisation":"白坭村民委员会","votes":true}`, `"secret":true,`, "").Replace(meetingBody)

// invited is an issue whose consultation has met, and the village committee's link.
func (w *world) invited() (id, link string) {
	w.t.Helper()
	id = w.raised(diversion)
	w.post(police, "/issues/"+id+"/signoffs/1/decision", `{"kind":"object","code":"other","ground":"g","reason":"r"}`).is(200)
	w.post(general, "/issues/"+id+"/consultation/meeting", villageVotes).is(200)
	w.clock.Add(time.Hour)
	return id, w.post(general, "/issues/"+id+"/consultation/invitations", `{"attendee":4}`).is(200).text("link")
}

func (w *world) byLink(act, link, rest string) *answer {
	w.t.Helper()
	return w.send("POST", "/ballot/"+act, fmt.Sprintf(`{"link":%q,%s}`, link, rest))
}

func (w *world) asked(link string) *answer {
	w.t.Helper()
	return w.send("GET", "/ballot?link="+url.QueryEscape(link), "")
}

func TestAVillageCommitteeVotesByItsLink(t *testing.T) {
	t.Parallel()
	w := open(t)
	id, link := w.invited()
	a := w.asked(link).is(200)
	if a.text("name") != "何村代表" || a.text("organisation") != "白坭村民委员会" || a.text("question") != "异议不成立" || a.text("until") != "2026-03-03" ||
		a.text("from") != "2026-03-02T02:00:00Z" || a.text("place") != "一号会议室" || a.text("papers", 0) != "方案" || a.text("unit", "zh") == "" {
		t.Errorf("it is asked %s", a.body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	w.byLink("vote", link, `"choice":"perhaps"`).problem(422, "invalid", "choice")
	a = w.byLink("vote", link, `"choice":"for","reason":"已与村民商量"`).is(200)
	if a.text("choice") != "for" || a.text("reason") != "已与村民商量" || a.text("organisation") != "白坭村民委员会" {
		t.Errorf("it is confirmed as %s", a.body)
	}
	village := []any{"consultation", "meeting", "attendees", 3}
	seen := w.get(overseer, "/issues/"+id).is(200)
	if seen.text(append(village, "choice")...) != "for" || seen.text(append(village, "votedBy", "role")...) != "outsider" || seen.text(append(village, "link", "open")...) != "false" {
		t.Errorf("the issue: %s", seen.body)
	}
	events := w.get(overseer, "/issues/"+id+"/events").is(200)
	var trail struct{ Items []httpapi.Event }
	if err := json.Unmarshal(events.body, &trail); err != nil {
		t.Fatal(err)
	}
	last := trail.Items[len(trail.Items)-1]
	if last.Kind != approval.EvVote || last.By.Role != "outsider" || !strings.Contains(string(events.body), `"linkBy":{"person":"general-branch-1"`) {
		t.Errorf("the trail: %s", events.body)
	}
}

func TestAnOutsidePartyStandsAsideByItsLinkOverTheAPI(t *testing.T) {
	t.Parallel()
	w := open(t)
	id, link := w.invited()
	w.byLink("recusal", link, `"reason":""`).problem(422, "invalid", "reason")
	if a := w.byLink("recusal", link, `"reason":"承租人为村委会"`).is(200); a.at("choice") != nil || a.text("reason") != "承租人为村委会" {
		t.Errorf("it is confirmed as %s", a.body)
	}
	if a := w.get(general, "/issues/"+id).is(200); a.text("consultation", "meeting", "ballot", "count", "eligible") != "3" {
		t.Errorf("the issue: %s", a.body)
	}
}

// worthless are links that open nothing, by what is wrong with them.
var worthless = map[string]func(w *world, id, link string) string{
	"wrong":      func(_ *world, id, _ string) string { return id + ".4." + strings.Repeat("A", 43) },
	"of another": func(_ *world, id, link string) string { return strings.Replace(link, ".4.", ".1.", 1) },
	"no link":    func(*world, string, string) string { return "x" },
	"too long":   func(_ *world, _, link string) string { return link + strings.Repeat("A", 10_000) },
	"of no issue": func(_ *world, id, link string) string {
		return strings.Replace(link, id, "01900000-0000-7000-8000-00000000ffff", 1)
	},
	"used": func(w *world, _, link string) string {
		w.byLink("vote", link, `"choice":"for"`).is(200)
		return link
	},
	"stood aside": func(w *world, _, link string) string {
		w.byLink("recusal", link, `"reason":"有利害关系"`).is(200)
		return link
	},
	"expired": func(w *world, _, link string) string {
		w.clock.Add(40 * time.Hour)
		return link
	},
	"replaced": func(w *world, id, link string) string {
		w.post(general, "/issues/"+id+"/consultation/invitations", `{"attendee":4}`).is(200)
		return link
	},
	"met anew": func(w *world, id, link string) string {
		w.post(general, "/issues/"+id+"/consultation/meeting", strings.Replace(villageVotes, "T02:00", "T03:00", 1)).is(200)
		return link
	},
	"over": func(w *world, id, link string) string {
		w.post(general, "/issues/"+id+"/signoffs/1/ruling", `{"outcome":"set_aside","reason":"r"}`).is(200)
		return link
	},
}

func TestEveryLinkThatOpensNothingHasTheSameAnswer(t *testing.T) {
	t.Parallel()
	whole := func(a *answer) string {
		a.problem(http.StatusNotFound, "not-found", "link")
		var headers []string
		for name := range a.header {
			headers = append(headers, name+": "+a.header.Get(name))
		}
		slices.Sort(headers)
		return strings.Join(headers, "\n") + "\n" + string(a.body)
	}
	acts := map[string]func(w *world, link string) *answer{
		"look":        (*world).asked,
		"vote":        func(w *world, link string) *answer { return w.byLink("vote", link, `"choice":"against"`) },
		"stand aside": func(w *world, link string) *answer { return w.byLink("recusal", link, `"reason":"有利害关系"`) },
	}
	first := map[string]string{}
	for act, do := range acts {
		first[act] = whole(do(open(t), "guess"))
	}
	for name, spoil := range worthless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			id, link := w.invited()
			link = spoil(w, id, link)
			before := w.get(overseer, "/issues/"+id).is(200)
			for act, do := range acts {
				if got := whole(do(w, link)); got != first[act] {
					t.Errorf("%s is answered\n%s\ninstead of\n%s", act, got, first[act])
				}
			}
			if after := w.get(overseer, "/issues/"+id).is(200); after.header.Get("ETag") != before.header.Get("ETag") {
				t.Error("it changed the issue")
			}
		})
	}
}

func TestAMailScannerThatOpensALinkChangesNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	id, link := w.invited()
	before := w.get(overseer, "/issues/"+id).is(200).header.Get("ETag")
	first := w.asked(link).is(200)
	for range 3 {
		if again := w.asked(link).is(200); string(again.body) != string(first.body) {
			t.Errorf("then it is asked %s", again.body)
		}
		w.send("HEAD", "/ballot?link="+url.QueryEscape(link), "")
		w.send("OPTIONS", "/ballot?link="+url.QueryEscape(link), "")
	}
	if after := w.get(overseer, "/issues/"+id).is(200).header.Get("ETag"); after != before {
		t.Errorf("the issue went from %s to %s", before, after)
	}
	w.byLink("vote", link, `"choice":"abstain"`).is(200)
}

func TestALinkThatIsAskedForAgainUnderItsKeyIsNotTold(t *testing.T) {
	t.Parallel()
	w := open(t)
	id, link := w.invited()
	key := header("Idempotency-Key", "link")
	give := "/issues/" + id + "/consultation/invitations"
	newer := w.post(general, give, `{"attendee":4}`, key).is(200).text("link")
	again := w.post(general, give, `{"attendee":4}`, key).is(200)
	if again.at("link") != nil || again.at("page") != nil || newer == link {
		t.Errorf("the repetition tells %s", again.body)
	}
	w.asked(newer).is(200) // the repetition made no other
	w.post(general, give, `{"attendee":3}`, key).problem(422, "invalid", "Idempotency-Key")
	w.post(police, give, `{"attendee":4}`).problem(403, "forbidden", "")
	w.post(general, give, `{"attendee":1}`).problem(422, "invalid", "attendee")
}

// TestTheSecretOfALinkIsRecordedNowhere looks for it wherever something is kept or
// told: logs also of failures, problems, every answer, the store's file and the trail.
func TestTheSecretOfALinkIsRecordedNowhere(t *testing.T) {
	t.Parallel()
	w, store := openBroken(t)
	id, link := w.invited()
	secret := link[strings.LastIndexByte(link, '.')+1:]
	if len(secret) < 43 {
		t.Fatalf("a secret of %d characters", len(secret))
	}
	var told []*answer
	tell := func(a *answer) { told = append(told, a) }
	for _, act := range []func(){
		func() { tell(w.asked(link)) },
		func() { tell(w.byLink("vote", link, `"choice":"perhaps"`)) },
		func() { tell(w.byLink("vote", link, `"choice":"for","extra":1`)) },
		func() { tell(w.send("POST", "/ballot/vote", `{"link":"`+link)) }, // broken off
		func() { tell(w.send("GET", "/ballot?link="+link+"&other=1", "")) },
		func() { tell(w.send("PUT", "/ballot?link="+link, "")) },
	} {
		act()
		store.err = context.DeadlineExceeded
		act()
		store.err = nil
	}
	tell(w.byLink("vote", link, `"choice":"for"`).is(200))
	tell(w.byLink("vote", link, `"choice":"for"`))
	for _, path := range []string{"/issues/" + id, "/issues/" + id + "/events", "/issues?district=440604"} {
		tell(w.get(overseer, path).is(200))
	}
	for _, a := range told {
		if strings.Contains(string(a.body)+fmt.Sprint(a.header), secret) {
			t.Errorf("%s tells it: %v %s", strings.ReplaceAll(a.asked, secret, "…"), a.header, a.body)
		}
	}
	hash, _ := approval.HashLink(secret).MarshalText()
	if log := w.log.String(); !strings.Contains(log, "request failed") || strings.Contains(log, secret) || strings.Contains(log, string(hash)) {
		t.Errorf("the log, of failures too:\n%s", log)
	}
	kept, err := filepath.Glob(filepath.Join(w.data, "*"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("nothing is kept in %s: %v", w.data, err)
	}
	for _, name := range kept {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s holds it", filepath.Base(name))
		}
	}
	events, _, err := w.service.Store().Events(t.Context(), approval.IssueID(id), 0, approval.Page{Limit: 200})
	if text, _ := json.Marshal(events); err != nil || len(events) == 0 || strings.Contains(string(text), secret) || strings.Contains(string(text), string(hash)) {
		t.Errorf("the trail holds it: %s", text)
	}
}
