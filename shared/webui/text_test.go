package webui

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

func mustTexts(t *testing.T) map[string]texts {
	t.Helper()
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

func TestBothLanguagesHaveEveryKeyWithTheSameArguments(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	for key, zhText := range all[zh] {
		args := func(text string) map[string]bool {
			found := map[string]bool{}
			for _, v := range verb.FindAllString(text, -1) {
				if !strings.HasPrefix(v, "%[") {
					t.Errorf("%s: %s is not a numbered argument", key, v)
				}
				found[v] = true
			}
			return found
		}
		a, b := args(zhText), args(all[en][key])
		for v := range a {
			if !b[v] && key != "ruling.said" {
				t.Errorf("%s: the English text leaves %s out", key, v)
			}
		}
		for v := range b {
			if !a[v] {
				t.Errorf("%s: the Chinese text leaves %s out", key, v)
			}
		}
		if zhText == "" || all[en][key] == "" {
			t.Errorf("%s is empty", key)
		}
	}
}

var literalKey = regexp.MustCompile(`(?:\{\{|\(|v\.|s\.)t[ (]"([a-z][a-z0-9_.]*[a-z0-9_])"[^+]`)

func TestEveryKeyUsedExists(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	used := 0
	check := func(name, text string) {
		for _, m := range literalKey.FindAllStringSubmatch(text, -1) {
			used++
			if _, ok := all[zh][m[1]]; !ok && !strings.HasSuffix(m[1], ".") {
				t.Errorf("%s uses the key %q, which no message file has", name, m[1])
			}
		}
	}
	err := fs.WalkDir(templateFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, _ := templateFiles.ReadFile(path)
			check(path, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".go") && !strings.HasSuffix(f.Name(), "_test.go") {
			text, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			check(f.Name(), string(text))
		}
	}
	if used < 200 {
		t.Errorf("only %d keys were found in use; the pattern is off", used)
	}
}

func TestEveryWordOfTheDomainHasItsText(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	has := func(prefix string, codes ...string) {
		for _, code := range codes {
			if _, ok := all[zh][prefix+code]; !ok {
				t.Errorf("no text for %s%s", prefix, code)
			}
		}
	}
	for _, s := range []approval.Status{approval.Draft, approval.Raised, approval.InSignOff, approval.Consulting, approval.Returned, approval.Concluded, approval.Confirmed, approval.Withdrawn} {
		has("status.", string(s))
		has("sentence.", string(s))
	}
	for _, s := range []approval.State{approval.Waiting, approval.Open, approval.Supplement, approval.PapersBack, approval.Objection, approval.Held, approval.Granted, approval.Denied, approval.Void} {
		has("state.", string(s))
	}
	for _, m := range catalog.Marks() {
		has("mark.", string(m))
		has("mark.name.", string(m))
		if all[zh]["mark.name."+string(m)] != m.Name().ZH || all[en]["mark.name."+string(m)] != m.Name().EN {
			t.Errorf("the mark %s is called %q here and %q in the catalogue", m, all[zh]["mark.name."+string(m)], m.Name().ZH)
		}
	}
	for _, r := range roster.Roles() {
		has("role.", string(r))
		has("role.name.", string(r))
	}
	for _, prefix := range []string{"event.", "request.event.", "matter.event.", "change.event.", "briefing.event."} {
		has(prefix, approval.EvRedact)
	}
	has("verdict.", string(approval.Pending), string(approval.Objected), string(approval.Agreed), string(approval.Refused), string(approval.SentBack), string(approval.WasPulled), "continued")
	has("decision.", string(approval.Approve), string(approval.OnPledge), string(approval.OnCondition), string(approval.WithGaps), string(approval.Object))
	has("duty.", string(approval.OnPledge), string(approval.OnCondition), string(approval.WithGaps))
	has("duty.state.", string(approval.DutyOpen), string(approval.DutyMet), string(approval.DutyMissed), string(approval.DutyRevoked), string(approval.DutyLapsed))
	has("outcome.", string(approval.Uphold), string(approval.SetAside), string(approval.Revise))
	has("next.rule.", string(approval.Uphold), string(approval.SetAside), string(approval.Revise))
	has("cause.", string(approval.OnObjection), string(approval.OnConflict), string(approval.OnDispute), string(approval.OwnAccord))
	has("consultation.result.", string(approval.Ruled), string(approval.Settled), string(approval.Escalated), string(approval.Lapsed))
	has("choice.", string(approval.For), string(approval.Against), string(approval.Abstain))
	has("ballot.threshold.", string(approval.Majority), string(approval.TwoThirds), string(approval.All), string(approval.ByCount))
	has("ballot.of.", string(approval.OfCast), string(approval.OfEligible))
	has("ballot.", "passed", "lost", "quorum")
	has("ruling.", "followed", "against")
	has("sentence.", "consulting.convened")
	has("event.", "consult.convened", "consult.about", "schedule.vote", "vote.open", "conclude_consultation.agreed", "conclude_consultation.anew")
	has("light.", string(approval.Green), string(approval.Yellow), string(approval.Red))
	has("start.", string(calendar.Receipt), string(calendar.Acceptance))
	has("event.", "follow.task", "follow.added", "follow.duty", "follow.left", "follow.signer", "follow.party", "follow.mute", "restate.task", "restate.whole", "restate.consultation", "restate.added", "restate.watched", "restate.duties")
	has("stop.", "supplement", "returned", "hearing", "tender", "testing", "expert_review", "public_notice")
	has("acceptance.", "awaited", "explicit", "implied", "deemed")
	has("event.", "ask_supplement.until")
	has("event.", "escalate.untried", "pass_up.untried", "pass_up.skipped")
	has("event.", "escalate.untried", "pass_up.untried", "pass_up.skipped", "supervise.ladder", "reply_notice.late", "recheck_notice.closed", "recheck_notice.sent_back", "lapse_notice.again")
	has("disposal.", "handled", "explained", "false_alarm")
	has("remedy.", "urged", "coordinated", "ordered")
	has("event.", "reassign.from", "urge.text", "revoke.ended", "revoke.waiting", "revoke.standing", "revoke.redone", "reopen.machine", "escalate.duty", "comment.task", "comment.note", "comment.note.task", "attach.task", "detach.task")
	for _, p := range approval.Purposes {
		has("purpose.", string(p))
	}
	has("stars.", "1", "2", "3", "4", "5")
	for _, act := range append(decisions, "claim", "release") {
		has("act.", act)
		has("next.", act)
		has("done.", act)
	}
	for _, act := range []string{"rule", "answer", "refile", "resubmit", "withdraw", "confirm", "resume", "raised", "saved"} {
		has("done.", act)
	}
	has("error.", "403.title", "403.next", "404.title", "404.next", "409.title", "409.next", "422.title", "422.next", "500.title", "500.next", "500.text", "500.trace")
}

// eventKinds is read from the domain's source, so that a kind added there is
// missed here.
func eventKinds(t testing.TB) []string {
	t.Helper()
	source, err := os.ReadFile("../approval/event.go")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, m := range regexp.MustCompile(`\bEv[A-Z]\w*\s*=\s*"([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		kinds = append(kinds, m[1])
	}
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds of events found", len(kinds))
	}
	return kinds
}

func TestEveryKindOfEventIsASentence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range languages {
		s := w.handler.(*server)
		v := &visit{server: s, speaker: s.speakers[lang]}
		for _, kind := range eventKinds(t) {
			for _, n := range []int{0, 1} {
				e := approval.Event{
					Issue: id, Kind: kind, SignOff: n, Before: "general_branch", After: "headquarters", Reason: "agreed", At: monday,
					By: approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}, Detail: []byte(`{"outcome":"upheld","tier":"general_branch","verdict":"agreed","stars":3,"purpose":"evidence","matter":"river_works","rule":"any","department":"cc-ecology","when":"before","opinion":"advice"}`),
				}
				if kind == approval.EvCloseRound {
					e.After = "agreed"
				}
				got := v.event(&issue, &e)
				if got.Text == "" || strings.Contains(got.Text, "%!") || strings.Contains(got.Text, "⟦") {
					t.Errorf("%s in %s says %q", kind, lang, got.Text)
				}
			}
		}
	}
}

func TestQuestionsThatFollowOneAnotherAreOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.raise("箱涵占道", road)
	issue, err := w.service.Store().Issue(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for n, token := range []string{"one", "two"} {
		if err := w.service.Ask(t.Context(), id, 1, approval.Asking{SignOff: n + 1, Clock: issue.SignOffs[n].Clock, Seconds: 60}, token); err != nil {
			t.Fatal(err)
		}
	}
	w.secretary().get(issueURL(id)).wants(200, "系统开始等待第1、2项的意见").lacks("系统开始等待第1项“", "系统开始等待第2项“")
	w.officer("cc-transport").get(taskURL(id, 2)).form("button[value=claim]").send()
	if err := w.service.Ask(t.Context(), id, 1, approval.Asking{SignOff: 2, Clock: issue.SignOffs[1].Clock, Seconds: 60}, "three"); err != nil {
		t.Fatal(err)
	}
	w.secretary().get(issueURL(id)).wants(200, "系统开始等待第1、2项的意见", "系统开始等待第2项“交通疏导”")
}

// foreign are Latin words that a Chinese page may hold.
var (
	latin   = regexp.MustCompile(`[A-Za-z]{2,}`)
	foreign = map[string]bool{"English": true, "sgxk": true, "TOD": true, "PDF": true, "OFD": true, "DOCX": true, "XLSX": true, "CSV": true, "XES": true, "UTF": true, "GB": true, "JPG": true, "PNG": true, "TXT": true, "MB": true, "KB": true, "pdf": true, "png": true}
)

func TestChinesePagesAreChinese(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	check := func(p *page) {
		p.walk(func(e *element) {
			if e.name == "code" || e.name == "cite" {
				e.children = nil // technical details; sources as printed
			}
		})
		for _, word := range latin.FindAllString(p.words(), -1) {
			if !foreign[word] {
				t.Errorf("%s holds %q", p.path, word)
			}
		}
		p.lacks("⟦", "%!")
	}
	for _, b := range w.everybody() {
		crawl(t, b, check)
	}
	check(w.stranger().get("/sign-in"))
	check(w.secretary().get("/nowhere"))
}

func TestEnglishPagesHaveEveryText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	for _, b := range w.everybody() {
		b.get("/?lang=en").wants(200)
		crawl(t, b, func(p *page) { p.lacks("⟦", "%!") })
	}
}

func TestSaysDatesAndLengthsAsAnOfficialWould(t *testing.T) {
	t.Parallel()
	all := mustTexts(t)
	rules := approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo()}
	asTheyStand := func() approval.Rules { return rules }
	c, e := &speaker{zh, all[zh], asTheyStand}, &speaker{en, all[en], asTheyStand}
	d := calendar.On(2026, time.February, 27)
	for _, x := range []struct{ got, want string }{
		{c.date(d), "2026年2月27日"},
		{e.date(d), "27 February 2026"},
		{c.moment(time.Date(2026, 2, 27, 16, 30, 0, 0, time.UTC)), "2026年2月28日 00:30"},
		{c.left(d, d.Add(-3), calendar.WorkingDays), "剩3个工作日"},
		{c.left(d, d.Add(4), calendar.WorkingDays), "已超期3个工作日"},
		{c.left(d, d, calendar.WorkingDays), "今天到期"},
		{c.left(d, d.Add(5), calendar.CalendarDays), "已超期5日"},
		{c.left(0, d, calendar.WorkingDays), ""},
		{c.left(calendar.On(2026, 3, 6), calendar.On(2026, 3, 7), calendar.WorkingDays), "已超期"},
		{c.money(1234567), "1,234,567万元"},
		{c.money(-980), "-980万元"},
		{e.money(50), "CNY 500,000"},
		{e.money(32_000), "CNY 320,000,000"},
		{c.limit(calendar.Limit{Days: 20, Unit: calendar.WorkingDays}), "20个工作日"},
		{c.limit(calendar.Limit{}), "即办（收到即办结）"},
		{clip("第一二三四五", 3), "第一二…"},
		{clip("abc", 3), "abc"},
	} {
		if x.got != x.want {
			t.Errorf("says %q, want %q", x.got, x.want)
		}
	}
}
