package local_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/local"
	"lianban/shared/roster"
	"lianban/shared/sim"
)

// firstRelease unpacks the data file that the first release left on 26 March 2026
// at ten: issues in every situation that it knew, raised from 9 March on. It was
// written by that release and is never written anew.
func firstRelease(t *testing.T) (path string, left time.Time) {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", "first_release.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	in, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "lianban.db")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path, time.Date(2026, 3, 26, 10, 0, 0, 0, calendar.Shanghai).UTC()
}

// TestIssuesOfTheFirstReleaseRunOn opens what the first release left and has
// everybody do what is theirs to do, until every issue that was raised has ended.
func TestIssuesOfTheFirstReleaseRunOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path, left := firstRelease(t)
	clock := sim.NewClock(left.Add(time.Hour))
	app, err := local.Open(ctx, local.Config{Data: path, Now: clock.Now, NewID: sim.IDs(clock.Now)})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	o := &office{T: t, app: app, clock: clock}
	before := o.issues()
	situations := map[string]bool{}
	for _, i := range before {
		situations[i.Title] = true
		o.verify(i)
	}
	if len(before) < 15 || len(situations) < 15 {
		t.Fatalf("only %d issues in %d situations were left", len(before), len(situations))
	}
	drafts := o.drafts()
	if len(drafts) != 1 || drafts[0].Title != "草稿" {
		t.Fatalf("the draft is gone: %+v", drafts)
	}
	for day := 0; ; day++ {
		if open := o.work(); open == 0 {
			break
		}
		if day == 200 {
			t.Fatal("after 200 days some are still open")
		}
		o.tomorrow()
	}
	for _, was := range before {
		is := o.issue(was.ID)
		o.verify(is)
		if is.Status != approval.Confirmed && is.Status != approval.Withdrawn {
			t.Errorf("%s stood at %s and ended as %s", was.Title, was.Status, is.Status)
		}
		if was.Status.Ended() && was.Measure != nil && is.Measure.SpanDays != was.Measure.SpanDays {
			t.Errorf("%s had taken %d days and now has taken %d", was.Title, was.Measure.SpanDays, is.Measure.SpanDays)
		}
		for n := range was.SignOffs {
			a, b := &was.SignOffs[n], &is.SignOffs[n]
			if a.State == approval.Granted && a.Round == b.Round && (b.Decision == nil || !b.DecidedAt.Equal(a.DecidedAt)) {
				t.Errorf("%s: sign-off %d was granted before and is decided anew", was.Title, a.N)
			}
		}
	}
}

// office is everybody at once, doing what is theirs to do.
type office struct {
	*testing.T
	app   *local.App
	clock *sim.Clock
	keys  int
}

func (o *office) issues() (all []approval.Issue) {
	o.Helper()
	for _, q := range []approval.IssueQuery{{Project: "fenjiang-west-bank"}} {
		found, next, err := o.app.Service.Store().Issues(o.Context(), q, approval.Page{Limit: 200})
		if err != nil || next != "" {
			o.Fatal(next, err)
		}
		for _, i := range found {
			all = append(all, o.issue(i.ID))
		}
	}
	return all
}

func (o *office) drafts() []approval.Issue {
	o.Helper()
	drafts, _, err := o.app.Service.Store().Issues(o.Context(), approval.IssueQuery{Project: "fenjiang-west-bank", Drafts: true}, approval.Page{})
	if err != nil {
		o.Fatal(err)
	}
	return drafts
}

func (o *office) issue(id approval.IssueID) approval.Issue {
	o.Helper()
	i, err := o.app.Service.Store().Issue(o.Context(), id)
	if err != nil {
		o.Fatal(err)
	}
	return i
}

// verify holds the whole audit trail to the issue's head.
func (o *office) verify(i approval.Issue) {
	o.Helper()
	var events []approval.Event
	page := approval.Page{Limit: 200}
	for {
		some, next, err := o.app.Service.Store().Events(o.Context(), i.ID, 0, page)
		if err != nil {
			o.Fatal(err)
		}
		events = append(events, some...)
		if page.Cursor = next; next == "" {
			break
		}
	}
	if err := approval.VerifyChain(events, i.Head); err != nil {
		o.Errorf("%s: %v", i.Title, err)
	}
}

func (o *office) do(id approval.IssueID, by approval.Actor, cmd approval.Command) {
	o.Helper()
	o.keys++
	if _, _, err := o.app.Service.Do(context.WithoutCancel(o.Context()), id, cmd, approval.Call{Actor: by, Key: fmt.Sprint("run-on-", o.keys), Digest: "d"}); err != nil {
		i := o.issue(id)
		o.Fatalf("%s (%s): %T%+v by %s: %v", i.Title, i.Status, cmd, cmd, by.Person, err)
	}
	o.settle()
}

func (o *office) settle() {
	o.Helper()
	for {
		if err := o.app.Settle(o.Context()); err != nil {
			o.Fatal(err)
		}
		at, ok := o.app.NextWake()
		if !ok || at.After(o.clock.Now()) {
			return
		}
		if err := o.app.Wake(o.Context()); err != nil {
			o.Fatal(err)
		}
	}
}

// tomorrow lets the night pass, with every timer in it.
func (o *office) tomorrow() {
	o.Helper()
	morning := calendar.Of(o.clock.Now()).Add(1).Start().Add(9 * time.Hour)
	for {
		at, ok := o.app.NextWake()
		if !ok || at.After(morning) {
			break
		}
		if at.After(o.clock.Now()) {
			o.clock.Set(at)
		}
		o.settle()
	}
	o.clock.Set(morning)
	if _, err := o.app.Sweep(o.Context()); err != nil {
		o.Fatal(err)
	}
	o.settle()
}

// work does what can be done today and answers how many issues are still open.
func (o *office) work() (open int) {
	o.Helper()
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	for _, i := range o.issues() {
		for n := range i.SignOffs {
			i = o.issue(i.ID)
			s := &i.SignOffs[n]
			switch {
			case i.Status == approval.Returned:
				o.do(i.ID, secretary, approval.Resubmit{Note: "已按会商意见修改"})
			case s.Disputed():
				o.do(i.ID, o.above(&i), approval.Assign{SignOff: s.N, To: s.Department, Reason: "按三定规定"})
			case s.State == approval.Supplement:
				o.do(i.ID, secretary, approval.AnswerSupplement{SignOff: s.N, Text: "已补交"})
			case s.State == approval.Objection:
				o.do(i.ID, o.above(&i), approval.Rule{SignOff: s.N, Outcome: approval.SetAside, Reason: "会商决定"})
			case s.State == approval.Open:
				o.do(i.ID, o.officer(s), approval.Grant{SignOff: s.N, Reason: "同意；逾期的，原因为材料多次核对"})
			}
		}
		switch i = o.issue(i.ID); {
		case i.Status == approval.Concluded:
			o.do(i.ID, secretary, approval.Confirm{Stars: 4, Comment: "已办结"})
		case !i.Status.Ended():
			open++
		}
	}
	return open
}

// above is who acts for the tier that the issue, or its consultation, has reached.
func (o *office) above(i *approval.Issue) approval.Actor {
	o.Helper()
	tier := roster.TierGeneralBranch
	if con := i.Consultation; con != nil && con.ClosedAt.IsZero() {
		tier = con.Tier
	}
	unit, ok := o.app.Service.Rules().Roster.Up(i.Branch, tier)
	if !ok {
		o.Fatal("nobody is above ", i.Branch)
	}
	p := o.app.Service.Rules().Roster.Responsible(i.Branch, tier)[0]
	return approval.Actor{Person: p.ID, Role: roster.RoleOf(tier), Unit: string(unit)}
}

// officer is who has the task, or somebody of the department who may take it.
func (o *office) officer(s *approval.SignOff) approval.Actor {
	o.Helper()
	for _, p := range o.app.Service.Rules().Roster.People(roster.Officer, string(s.Department)) {
		recused := false
		for _, r := range s.Recused {
			recused = recused || r.Person == p.ID
		}
		if !recused && (s.Assignee == "" || s.Assignee == p.ID) {
			return approval.Actor{Person: p.ID, Role: roster.Officer, Unit: string(s.Department)}
		}
	}
	o.Fatalf("nobody in %s may decide sign-off %d", s.Department, s.N)
	return approval.Actor{}
}
