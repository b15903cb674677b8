package intaketest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/intake"
	"lianban/shared/roster"
)

var (
	secretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	other     = approval.Actor{Person: "u-valley-secretary", Role: roster.Secretary, Unit: "branch-u-valley"}
	general   = approval.Actor{Person: "general-branch-1", Role: roster.GeneralBranch, Unit: "general-branch"}
	bureau    = approval.Actor{Person: "cc-bureau-1", Role: roster.Bureau, Unit: "cc-bureau"}
	water     = approval.Actor{Person: "cc-water-officer-1", Role: roster.Officer, Unit: "cc-water"}
	overseer  = approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"}
	admin     = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
)

func as(actor approval.Actor) approval.Call { return approval.Call{Actor: actor} }

// noise is a resident's request.
var noise = intake.New{
	Project: "fenjiang-west-bank", From: intake.Resident, Channel: intake.Call, Title: "夜间施工噪声", Text: "夜间十点后仍在施工。",
	Contact: intake.Contact{Name: "林女士", Phone: "13800000000"},
}

func (d *desk) registered(t *testing.T, n intake.New) (string, string) {
	t.Helper()
	got, code, err := d.intake.Register(t.Context(), n, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	return got.ID, code
}

func (d *desk) accepted(t *testing.T) (string, string) {
	t.Helper()
	id, code := d.registered(t, noise)
	if _, err := d.intake.Accept(t.Context(), id, as(secretary)); err != nil {
		t.Fatal(err)
	}
	return id, code
}

func receiptNumbersRunPerYearWithoutGapsOrDoubles(t *testing.T, open opener) {
	d := open(t)
	var mu sync.Mutex
	var ids []string
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			got, _, err := d.intake.Register(context.WithoutCancel(t.Context()), noise, as(bureau))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, got.ID)
		})
	}
	wg.Wait()
	slices.Sort(ids)
	for k, id := range ids {
		if want := fmt.Sprintf("2026-%06d", k+1); id != want {
			t.Errorf("number %d is %s", k+1, id)
		}
	}
	d.clock.Set(time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)) // the new year in Shanghai
	if id, _ := d.registered(t, noise); id != "2027-000001" {
		t.Errorf("the new year begins with %s", id)
	}
	if got := intake.Receipt("2026-000123"); got != "诉求〔2026〕000123" {
		t.Errorf("the office writes %s", got)
	}
}

// crashesLeaveNoGapAmongReceiptNumbers cuts commits off, before and after they
// are written, and repeats what was cut.
func crashesLeaveNoGapAmongReceiptNumbers(t *testing.T, open opener) {
	rapid.Check(t, func(rt *rapid.T) {
		d := open(t)
		want := 0
		for k := range rapid.IntRange(1, 8).Draw(rt, "requests") {
			call := as(secretary)
			call.Key, call.Digest = fmt.Sprint("k", k), "same"
			cut := rapid.SampledFrom([]string{"", "request before", "request after", "number before", "number after"}).Draw(rt, "cut")
			kind, when, _ := strings.Cut(cut, " ")
			d.store.fail = func(c docket.Change) error {
				if kind == "" || string(c.Record.Kind) != map[string]string{"request": "request", "number": "request-number"}[kind] {
					return nil
				}
				if when == "after" {
					if err := d.store.Store.CommitRecord(context.Background(), c); err != nil {
						return err
					}
				}
				return errCut
			}
			if _, _, err := d.intake.Register(context.Background(), noise, call); kind == "request" && !errors.Is(err, errCut) {
				rt.Fatalf("a cut commit answers %v", err)
			}
			d.store.fail = nil
			got, _, err := d.intake.Register(context.Background(), noise, call)
			if err != nil {
				rt.Fatal(err)
			}
			want++
			if got.ID != fmt.Sprintf("2026-%06d", want) {
				rt.Fatalf("request %d is %s", want, got.ID)
			}
		}
	})
}

func aRequestBecomesOneIssueThoughKilledBetweenTheCommits(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.accepted(t)
	call := as(secretary)
	call.Key, call.Digest = "raise", "same"
	d.store.fail = func(docket.Change) error { return errCut }
	if _, err := d.intake.Raise(t.Context(), id, approval.Petition{}, call); !errors.Is(err, errCut) {
		t.Fatalf("cut off, it answers %v", err)
	}
	d.store.fail = nil
	for range 2 {
		got, err := d.intake.Raise(t.Context(), id, approval.Petition{}, call)
		if err != nil || got.State.Status != intake.Raised {
			t.Fatalf("repeated, it answers %+v, %v", got, err)
		}
		issue, err := d.issues.Issue(t.Context(), got.State.Issue, secretary)
		if err != nil || issue.Request != id || issue.Title != noise.Title || issue.Status != approval.Draft {
			t.Fatalf("its issue is %+v, %v", issue, err)
		}
	}
	drafts, _, err := d.issues.Store().Issues(t.Context(), approval.IssueQuery{Project: noise.Project, Drafts: true}, approval.Page{})
	if err != nil || len(drafts) != 1 {
		t.Errorf("there are %d drafts, %v", len(drafts), err)
	}
}

func aCutRequestIsTheSameIssueForWhoeverRepeatsIt(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.accepted(t)
	d.store.fail = func(docket.Change) error { return errCut }
	if _, err := d.intake.Raise(t.Context(), id, approval.Petition{Title: "第一稿"}, as(secretary)); !errors.Is(err, errCut) {
		t.Fatalf("cut off, it answers %v", err)
	}
	d.store.fail = nil
	next := approval.Actor{Person: "cc-water-lead", Role: roster.Secretary, Unit: "branch-fenjiang"}
	rules := d.issues.Rules()
	var err error
	if rules.Roster, err = rules.Roster.With(calendar.Of(monday), roster.Change{Secretary: &roster.Appointment{Branch: "branch-fenjiang", Person: next.Person}}); err != nil {
		t.Fatal(err)
	}
	d.issues.SetRules(rules)
	got, err := d.intake.Raise(t.Context(), id, approval.Petition{Title: "第二稿"}, as(next))
	if err != nil || got.State.Status != intake.Raised {
		t.Fatalf("the next secretary is answered %+v, %v", got, err)
	}
	drafts, _, err := d.issues.Store().Issues(t.Context(), approval.IssueQuery{Project: noise.Project, Drafts: true}, approval.Page{})
	if err != nil || len(drafts) != 1 || drafts[0].ID != got.State.Issue || drafts[0].Title != "第一稿" {
		t.Errorf("the drafts are %+v, %v", drafts, err)
	}
}

func manyAtOnceMakeOneIssueOfARequest(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.accepted(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := d.intake.Raise(context.WithoutCancel(t.Context()), id, approval.Petition{}, as(secretary)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	drafts, _, err := d.issues.Store().Issues(t.Context(), approval.IssueQuery{Project: noise.Project, Drafts: true}, approval.Page{})
	if err != nil || len(drafts) != 1 {
		t.Errorf("there are %d drafts, %v", len(drafts), err)
	}
}

func theIssueKeepsItsRequestWhenTheDraftIsWrittenAnew(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.accepted(t)
	got, err := d.intake.Raise(t.Context(), id, approval.Petition{}, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	parties := []approval.Party{{Matter: "river_works", Department: "cc-water"}}
	issue, _, err := d.issues.Do(t.Context(), got.State.Issue, approval.Raise{Petition: &approval.Petition{Project: noise.Project, Title: "改", Parties: parties}}, as(secretary))
	if err != nil || issue.Request != id {
		t.Errorf("raised, the issue names request %q, %v", issue.Request, err)
	}
}

func anAnswerIsOwedOnceTheIssueHasEnded(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.accepted(t)
	got, err := d.intake.Raise(t.Context(), id, approval.Petition{}, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	standing := func() intake.Standing {
		s, err := d.intake.Standing(t.Context(), &got.State)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := standing(); s.AnswerOwed || !s.Due.On.IsZero() || s.Issue != approval.Draft {
		t.Errorf("while the issue is under way it stands at %+v", s)
	}
	if _, err := d.intake.Answer(t.Context(), id, "已处理。", as(secretary)); !approval.IsKind(err, approval.Conflict) {
		t.Errorf("an answer before the issue's end is answered %v", err)
	}
	if _, _, err := d.issues.Do(t.Context(), got.State.Issue, approval.Withdraw{Reason: "已解决"}, as(secretary)); err != nil {
		t.Fatal(err)
	}
	if s := standing(); !s.AnswerOwed || s.Due.On != calendar.MustParse("2026-03-09") {
		t.Errorf("after the issue's end it stands at %+v", s)
	}
	if got, err = d.intake.Answer(t.Context(), id, "已调整施工时间。", as(secretary)); err != nil || got.State.Status != intake.Answered {
		t.Errorf("the answer leaves it at %+v, %v", got.State.Status, err)
	}
}

func lightsTurnWithTheReplyClock(t *testing.T, open opener) {
	d := open(t)
	id, _ := d.registered(t, noise)
	at := func(day string, due string, want approval.Light) {
		t.Helper()
		d.clock.Set(calendar.MustParse(day).Start().Add(9 * time.Hour))
		got, err := d.intake.Request(t.Context(), id, secretary)
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.intake.Standing(t.Context(), &got.State)
		if err != nil || s.Light != want || s.Due.On.String() != due {
			t.Errorf("on %s: %s until %s, %v", day, s.Light, s.Due.On, err)
		}
	}
	at("2026-03-06", "2026-03-09", approval.Green)
	at("2026-03-09", "2026-03-09", approval.Yellow)
	at("2026-03-10", "2026-03-09", approval.Red)
	if _, err := d.intake.Accept(t.Context(), id, as(secretary)); err != nil {
		t.Fatal(err)
	}
	at("2026-03-18", "2026-03-23", approval.Green)
	at("2026-03-19", "2026-03-23", approval.Yellow)
	at("2026-03-24", "2026-03-23", approval.Red)
}

// act is a step that somebody tries on a request.
type act struct {
	name string
	do   func(d *desk, ctx context.Context, id string, call approval.Call) error
}

var acts = []act{
	{"accept", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.Accept(ctx, id, c)
		return err
	}},
	{"hand on", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.HandOn(ctx, id, "cc-ecology", "属生态环境部门职责", c)
		return err
	}},
	{"answer", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.Answer(ctx, id, "已整改。", c)
		return err
	}},
	{"decline", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.Decline(ctx, id, "信访工作条例", "已进入诉讼程序。", c)
		return err
	}},
	{"close", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.Close(ctx, id, "电话告知", c)
		return err
	}},
	{"raise", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, err := d.intake.Raise(ctx, id, approval.Petition{}, c)
		return err
	}},
	{"code", func(d *desk, ctx context.Context, id string, c approval.Call) error {
		_, _, err := d.intake.RenewCode(ctx, id, c)
		return err
	}},
}

func whoMayDoWhatInWhichStatus(t *testing.T, open opener) {
	people := []struct {
		name  string
		actor approval.Actor
	}{{"secretary", secretary}, {"water", water}, {"bureau", bureau}, {"general", general}, {"overseer", overseer}, {"other", other}, {"admin", admin}}
	// By status of a request of the branch, and by step: who may, and what the
	// others in order of people are told.
	allowed := map[string]map[string][]string{
		"registered": {"accept": {"secretary"}, "hand on": {"secretary", "bureau", "general"}, "decline": {"secretary"}},
		"accepted":   {"hand on": {"secretary", "bureau", "general"}, "answer": {"secretary"}, "decline": {"secretary"}, "raise": {"secretary"}},
		"answered":   {"close": {"secretary", "bureau", "general"}},
		"closed":     {},
	}
	for status, steps := range allowed {
		for _, a := range acts {
			for _, p := range people {
				t.Run(status+"/"+a.name+"/"+p.name, func(t *testing.T) {
					t.Parallel()
					d := open(t)
					id, _ := d.registered(t, noise)
					reach := map[string]int{"registered": 0, "accepted": 1, "answered": 2, "closed": 3}[status]
					for _, k := range []int{0, 2, 4}[:reach] { // accept, answer, close
						if err := acts[k].do(d, t.Context(), id, as(secretary)); err != nil {
							t.Fatal(err)
						}
					}
					err := a.do(d, t.Context(), id, as(p.actor))
					may := slices.Contains(steps[a.name], p.name) || a.name == "code" && slices.Contains([]string{"secretary", "bureau", "general"}, p.name)
					unseen := slices.Contains([]string{"water", "other", "admin"}, p.name)
					switch {
					case may && err != nil:
						t.Errorf("refused: %v", err)
					case !may && err == nil:
						t.Error("allowed")
					case unseen && !approval.IsKind(err, approval.NotFound):
						t.Errorf("somebody who may not see it is told %v", err)
					}
				})
			}
		}
	}
}

func aDepartmentHandsOnWhatIsNotItsOwn(t *testing.T, open opener) {
	d := open(t)
	n := noise
	n.Unit = "cc-water"
	id, _ := d.registered(t, n)
	if _, err := d.intake.Accept(t.Context(), id, as(water)); err != nil {
		t.Fatal(err)
	}
	got, err := d.intake.HandOn(t.Context(), id, "branch-fenjiang", "涉及多个部门，宜提为问题", as(water))
	if err != nil || got.State.Status != intake.Registered || got.State.Unit != "branch-fenjiang" || got.State.First.On != calendar.MustParse("2026-03-09") {
		t.Fatalf("handed on it is %+v, %v", got.State, err)
	}
	if _, err := d.intake.Request(t.Context(), id, water); err != nil {
		t.Errorf("who had it does not see it any more: %v", err)
	}
	if _, err := d.intake.HandOn(t.Context(), id, "cc-administration", "x", as(secretary)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("handed to a unit that decides nothing: %v", err)
	}
}

func theCheckCodeOpensOneRequestAndTellsNothingElse(t *testing.T, open opener) {
	d := open(t)
	id, code := d.registered(t, noise)
	for _, typed := range []string{id, "诉求〔2026〕000001", "诉求[2026]1号", "２０２６-000001"} {
		if _, err := d.intake.Status(t.Context(), typed, strings.ToLower(code[:5])+" "+code[5:]); err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
	var said []string
	for _, wrong := range [][2]string{{id, "AAAAAAAAAA"}, {id, ""}, {"2026-000002", code}, {"", ""}, {"0000-000000", ""}, {"诉求", code}, {strings.Repeat("9", 500), code}, {id, strings.Repeat("A", 500)}} {
		_, err := d.intake.Status(t.Context(), wrong[0], wrong[1])
		if !approval.IsKind(err, approval.NotFound) {
			t.Errorf("%v is answered %v", wrong, err)
			continue
		}
		said = append(said, err.Error())
	}
	if said = slices.Compact(said); len(said) != 1 {
		t.Errorf("wrong numbers and wrong codes can be told apart: %v", said)
	}
	_, fresh, err := d.intake.RenewCode(t.Context(), id, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.intake.Status(t.Context(), id, code); err == nil {
		t.Error("the old code still opens it")
	}
	if _, err := d.intake.Status(t.Context(), id, fresh); err != nil {
		t.Error(err)
	}
}

func theTrailHoldsNoPersonalDataAndNoCode(t *testing.T, open opener) {
	d := open(t)
	id, code := d.accepted(t)
	if _, err := d.intake.Answer(t.Context(), id, "林女士您好，已整改。", as(secretary)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.intake.Rate(t.Context(), id, code, 2, "林女士：还是吵"); err != nil {
		t.Fatal(err)
	}
	events, _, err := d.intake.Trail(t.Context(), id, 0, approval.Page{})
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	record, err := d.store.Record(t.Context(), "request", id)
	if err != nil {
		t.Fatal(err)
	}
	if err := approval.VerifyChain(events, record.Head); err != nil {
		t.Error(err)
	}
	trail, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"林女士", "13800000000", code} {
		if strings.Contains(string(trail), secret) {
			t.Errorf("%q stands in the trail", secret)
		}
	}
	if strings.Contains(string(record.Body), code) {
		t.Error("the code itself is kept")
	}
}

func aRequesterRatesOnceAndOnlyWhenAnswered(t *testing.T, open opener) {
	d := open(t)
	id, code := d.accepted(t)
	rate := func(stars int) error {
		_, err := d.intake.Rate(t.Context(), id, code, stars, "")
		return err
	}
	if err := rate(5); !approval.IsKind(err, approval.Conflict) {
		t.Errorf("rated before the answer: %v", err)
	}
	if _, err := d.intake.Answer(t.Context(), id, "已整改。", as(secretary)); err != nil {
		t.Fatal(err)
	}
	for _, stars := range []int{0, 6, -1} {
		if err := rate(stars); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("%d stars: %v", stars, err)
		}
	}
	if err := errors.Join(rate(4), rate(4)); err != nil {
		t.Error(err)
	}
	if err := rate(5); !approval.IsKind(err, approval.Closed) {
		t.Errorf("rated anew: %v", err)
	}
}

func registrationNamesTheFieldAtFault(t *testing.T, open opener) {
	d := open(t)
	for field, spoil := range map[string]func(*intake.New){
		"project":       func(n *intake.New) { n.Project = "nowhere" },
		"from":          func(n *intake.New) { n.From = "" },
		"channel":       func(n *intake.New) { n.Channel = "fax" },
		"organisation":  func(n *intake.New) { n.Organisation = "林女士" },
		"title":         func(n *intake.New) { n.Title = " " },
		"text":          func(n *intake.New) { n.Text = strings.Repeat("长", 4001) },
		"contact.phone": func(n *intake.New) { n.Contact.Phone = strings.Repeat("1", 31) },
		"unit":          func(n *intake.New) { n.Unit = "cc-oversight" },
	} {
		n := noise
		spoil(&n)
		_, _, err := d.intake.Register(t.Context(), n, as(secretary))
		if e, ok := errors.AsType[*approval.Error](err); !ok || e.Kind != approval.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, actor := range []approval.Actor{other, water, overseer, admin} {
		if _, _, err := d.intake.Register(t.Context(), noise, as(actor)); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s registers: %v", actor.Role, err)
		}
	}
	if id, _ := d.registered(t, noise); id != "2026-000001" {
		t.Errorf("refusals used numbers up: %s", id)
	}
}

func listsStandByLastDayAndShowOnlyTheOwn(t *testing.T, open opener) {
	d := open(t)
	first, _ := d.accepted(t) // due on the 23rd
	second, _ := d.registered(t, noise)
	ids := func(q intake.Query, actor approval.Actor) (out []string) {
		got, _, err := d.intake.List(t.Context(), q, actor, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got {
			out = append(out, g.ID)
		}
		return out
	}
	want := []string{second, first}
	if got := ids(intake.Query{Unit: "branch-fenjiang"}, secretary); !slices.Equal(got, want) {
		t.Errorf("the branch sees %v", got)
	}
	if got := ids(intake.Query{District: "440604"}, bureau); !slices.Equal(got, want) {
		t.Errorf("the bureau sees %v", got)
	}
	if _, _, err := d.intake.List(t.Context(), intake.Query{Unit: "branch-fenjiang"}, other, approval.Page{}); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("another branch sees it: %v", err)
	}
	if _, err := d.intake.Answer(t.Context(), first, "已整改。", as(secretary)); err != nil {
		t.Fatal(err)
	}
	if got := ids(intake.Query{Unit: "branch-fenjiang", Done: true}, secretary); !slices.Equal(got, []string{first}) {
		t.Errorf("done are %v", got)
	}
}
