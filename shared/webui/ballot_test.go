package webui

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

var generalBranch = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}

// must carries a command out behind the pages.
func (w *world) must(id approval.IssueID, actor approval.Actor, cmd approval.Command) {
	w.t.Helper()
	if _, _, err := w.service.Do(w.t.Context(), id, cmd, approval.Call{Actor: actor}); err != nil {
		w.t.Fatalf("%T%+v: %v", cmd, cmd, err)
	}
}

// villageVotes is a meeting at once, with a vote until the day after of two
// departments and a village committee, party number 3.
func (w *world) villageVotes() approval.Schedule {
	return approval.Schedule{
		At: w.clock.Now().Add(time.Hour), Place: "指挥部一号会议室", Agenda: []string{"箱涵施工交通疏导方案"}, Papers: []string{"交通组织方案（第二稿）"},
		Attendees: []approval.Attendee{
			{Unit: "cc-traffic-police", Votes: true},
			{Unit: "cc-transport", Votes: true},
			{Name: "何村代表", Organisation: "白坭村民委员会", Votes: true},
		},
		Ballot: &approval.Ballot{Question: "异议不成立，按第二稿方案实施", Motion: approval.SetAside, Quorum: 67, Threshold: approval.TwoThirds, Of: approval.OfEligible, Until: calendar.Of(w.clock.Now()).Add(1)},
	}
}

// invited is an issue whose consultation has met, and the village committee's page.
func (w *world) invited() (approval.IssueID, string) {
	w.t.Helper()
	id := w.raise("箱涵施工交通疏导", road)
	w.officer("cc-traffic-police").get(taskURL(id, 1)).form("button[value=object]").set("code", "traffic").set("reason", "早高峰无法疏导").send()
	w.must(id, generalBranch, w.villageVotes())
	return id, w.link(id)
}

func (w *world) link(id approval.IssueID) string {
	w.t.Helper()
	desk := w.handler.(*server).invites
	given, err := desk.Give(w.t.Context(), id, 3, approval.Call{Actor: generalBranch})
	if err != nil {
		w.t.Fatal(err)
	}
	return "/ballot?link=" + url.QueryEscape(given.Link)
}

func TestAVillageCommitteeVotesByItsLinkWithoutASignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, page := w.invited()
	b := w.stranger()
	p := b.get(page).wants(200, "会商表决", "白坭村民委员会（何村代表）", "异议不成立，按第二稿方案实施", "指挥部一号会议室", "交通组织方案（第二稿）", "请届时再表决")
	p.lacks("箱涵施工交通疏导 ", "早高峰无法疏导") // of the issue only what its meeting says
	if len(p.all("#vote")) != 0 {
		t.Error("it is too early to vote, and there is a form")
	}
	w.clock.Add(2 * time.Hour)
	p = b.get(page).wants(200, "公开表决")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, word := range latin.FindAllString(p.words(), -1) {
		if !foreign[word] {
			t.Errorf("the page holds %q", word)
		}
	}
	p.form("button[value=review]").set("reason", "村民同意").send().wants(http.StatusUnprocessableEntity, "请选择：赞成、反对或弃权", "村民同意")
	p = p.form("button[value=review]").set("choice", "against").set("reason", "村民同意").send().wants(200, "您的选择：反对", "村民同意", "不能更改")
	p = p.form("button[value=back]").send().wants(200, "您的意见")
	p = p.form("button[value=review]").set("choice", "for").send().wants(200, "您的选择：赞成")
	cast := p.form("button[value=cast]")
	cast.send().wants(200, "您的表决已记录：赞成", "村民同意", "本链接已失效").lacks("您的意见")
	cast.send().wants(http.StatusNotFound, "链接无效")
	b.get(page).wants(http.StatusNotFound, "链接无效")
	w.as("cc-oversight-1", roster.Overseer, "cc-oversight").get(issueURL(id)).
		wants(200, "白坭村民委员会（何村代表） 赞成", "白坭村民委员会（何村代表）（凭", "签发的一次性链接）表决：赞成", "签发一次性表决链接")
}

func TestAnOutsidePartyStandsAsideOnItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, page := w.invited()
	p := w.stranger().get(page).wants(200)
	p.form("button[value=aside]").send().wants(http.StatusUnprocessableEntity, "请填写此项")
	p.form("button[value=aside]").set("away", "承租人为村委会").send().wants(200, "回避本次表决", "承租人为村委会")
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || issue.Consultation.Meeting.Attendees[2].Aside == nil {
		t.Errorf("the village does not stand aside: %v", err)
	}
}

func TestTheBallotPageIsInEnglishToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, page := w.invited()
	w.clock.Add(2 * time.Hour)
	b := w.stranger()
	var other string
	for _, a := range b.get(page).all("a.language") {
		other = a.attr["href"]
	}
	p := b.get(other).wants(200, "Vote in a consultation", "Your vote").lacks("⟦", "%!")
	p = p.form("button[value=review]").set("choice", "abstain").send().wants(200, "Your vote: abstention").lacks("⟦", "%!")
	for _, a := range p.all("a.language") {
		b.get(a.attr["href"]).wants(200, "您的意见")
	}
}

func TestEveryLinkThatOpensNothingHasTheSamePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, used := w.invited()
	w.clock.Add(2 * time.Hour)
	b := w.stranger()
	b.get(used).form("button[value=review]").set("choice", "for").send().form("button[value=cast]").send().wants(200)
	other, replaced := w.invited()
	w.link(other)
	var first string
	for name, address := range map[string]string{
		"used": used, "replaced": replaced, "wrong": strings.Replace(replaced, ".3.", ".2.", 1), "guessed": "/ballot?link=" + string(id) + ".3.x", "none": "/ballot", "long": "/ballot?link=" + strings.Repeat("x", 9000),
	} {
		link, _ := url.QueryUnescape(strings.TrimPrefix(address, "/ballot?link="))
		for method, p := range map[string]*page{
			"get":  b.get(address),
			"post": b.post("/ballot", url.Values{"act": {"cast"}, "choice": {"for"}, "link": {link}}),
			"away": b.post("/ballot", url.Values{"act": {"aside"}, "away": {"x"}, "link": {link}}),
		} {
			if p.wants(http.StatusNotFound); first == "" {
				first = p.body
			} else if p.body != first {
				t.Errorf("%s, %s: another page\n%s\n%s", name, method, p.body, first)
			}
		}
	}
}

func TestABrowserThatCallsItsOriginNullVotesByALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, address := w.invited()
	w.clock.Add(2 * time.Hour)
	link, _ := url.QueryUnescape(strings.TrimPrefix(address, "/ballot?link="))
	nowhere := http.Header{"Origin": {"null"}} // as where a page sends no referrer
	w.stranger().do(http.MethodPost, "/ballot", url.Values{"act": {"cast"}, "choice": {"for"}, "link": {link}}, nowhere).wants(200, "您的表决已记录：赞成")
	w.general().do(http.MethodPost, issueURL(id), url.Values{"act": {"refer"}}, nowhere).wants(http.StatusForbidden, "来自别的网站")
}

func TestAMailScannerThatOpensAPageChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, page := w.invited()
	w.clock.Add(2 * time.Hour)
	before, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.stranger().get(page).wants(200, "您的意见")
		w.stranger().do(http.MethodHead, page, nil, nil)
	}
	after, err := w.service.Store().Issue(t.Context(), id)
	if err != nil || after.Version != before.Version {
		t.Errorf("the issue went from version %d to %d, %v", before.Version, after.Version, err)
	}
}

// unread is a store from which no issue can be read.
type unread struct{ approval.Store }

func (unread) Issue(context.Context, approval.IssueID) (approval.Issue, error) {
	return approval.Issue{}, errors.New("disk on fire")
}

func TestTheSecretOfALinkIsInNoLogOfThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, address := w.invited()
	link, _ := url.QueryUnescape(strings.TrimPrefix(address, "/ballot?link="))
	var log strings.Builder
	handler, err := New(Config{
		Service:  approval.NewService(w.service.Rules(), unread{w.service.Store()}, &approvaltest.Stillness{}, w.clock.Now, approvaltest.IDs()),
		Verifier: w.handler.(*server).Verifier, Key: formKey, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, handler: handler, cookies: map[string]string{}}
	for _, p := range []*page{b.get(address), b.post("/ballot", url.Values{"act": {"cast"}, "choice": {"for"}, "link": {link}})} {
		if p.wants(http.StatusInternalServerError, "系统出错"); p.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("a failure goes out with %v", p.header)
		}
	}
	secret := link[strings.LastIndexByte(link, '.')+1:]
	if !strings.Contains(log.String(), "page failed") || strings.Contains(log.String(), secret) {
		t.Errorf("the log: %s", log.String())
	}
}
