// Package approvaltest is the truth about approval's ports: the contract suite
// that every store passes, a clock and ids that tests can steer, and a workflow
// that stands still until it is told.
//
// It must not know any implementation.
package approvaltest

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

	"github.com/google/go-cmp/cmp"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Opened is a store under test. Settle, when not nil, returns once indexes have
// caught up with every acknowledged commit.
type Opened struct {
	Store  approval.Store
	Settle func()
	// Reopen, when not nil, closes the store and opens what it kept.
	Reopen func() approval.Store
}

func (o Opened) settle() {
	if o.Settle != nil {
		o.Settle()
	}
}

var day = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// sample is a first commit: an issue with n open sign-offs of one department.
func sample(id approval.IssueID, n int) approval.Change {
	issue := approval.Issue{
		ID: id, Version: 1, Status: approval.InSignOff, Project: roster.ProjectID("p-" + string(id[:1])), Branch: "b", District: "d",
		Title: "河涌提升与周边地块调整", RaisedBy: approval.Actor{Person: "x", Role: roster.Secretary, Unit: "b"}, CreatedAt: day, RaisedAt: day,
		Tier: roster.TierBranch, Light: approval.Green, Events: 1, NextDue: calendar.Of(day).Add(5), Rounds: []approval.Round{{N: 1, Execution: approval.ExecutionName(id, 1), StartedAt: day}},
	}
	for k := 1; k <= n; k++ {
		issue.SignOffs = append(issue.SignOffs, approval.SignOff{
			N: k, Item: 7, Department: "water", State: approval.Open, Round: 1, OpenedAt: day, AcceptedAt: day,
			Limit: calendar.Limit{Days: 5, Unit: calendar.WorkingDays, Start: calendar.Receipt}, LimitMark: "law", Light: approval.Green, Due: approval.Due{On: calendar.Of(day).Add(4 + k)},
		})
		issue.Watches = append(issue.Watches, approval.Watch{SignOff: k, Clock: 1, WakeAt: day.Add(time.Duration(k) * time.Hour)})
	}
	event := approval.Event{Issue: id, Seq: 1, At: day, Kind: approval.EvRaise, By: issue.RaisedBy, After: "raised", Detail: json.RawMessage(`{"n":1}`)}
	if err := event.Chain("", approval.SHA256); err != nil {
		panic(err)
	}
	issue.Head = event.Hash
	return approval.Change{
		Issue: issue, SignOffs: issue.SignOffs, Watches: issue.Watches, Events: []approval.Event{event},
		Outbox: &approval.Outbox{Issue: id, Version: 1, At: day, Start: &approval.Start{Execution: approval.ExecutionName(id, 1), Round: 1}},
	}
}

// next is a commit on top of an issue that changes its title and nothing else.
func next(issue approval.Issue, title string) approval.Change {
	c := approval.Change{From: issue.Version, Issue: issue}
	c.Issue.Version++
	c.Issue.Title = title
	c.Issue.Events++
	e := approval.Event{Issue: issue.ID, Seq: c.Issue.Events, At: day, Kind: approval.EvClaim, By: issue.RaisedBy}
	if err := e.Chain(issue.Head, approval.SHA256); err != nil {
		panic(err)
	}
	c.Issue.Head = e.Hash
	c.Events = []approval.Event{e}
	return c
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Store is the contract of approval.Store.
func Store(t *testing.T, open func(t *testing.T) Opened) {
	ctx := context.Background()
	commit := func(t *testing.T, s approval.Store, c approval.Change) approval.Change {
		t.Helper()
		if err := s.Commit(ctx, c); err != nil {
			t.Fatalf("commit: %v", err)
		}
		return c
	}
	run := func(name string, f func(t *testing.T, o Opened)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t))
		})
	}

	run("ReturnsWhatWasCommitted", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 3))
		got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1"))
		if diff := cmp.Diff(c.Issue, got); diff != "" {
			t.Errorf("issue (-written +read):\n%s", diff)
		}
		if _, err := o.Store.Issue(ctx, "a2"); !approval.IsKind(err, approval.NotFound) {
			t.Errorf("an unknown issue answers %v", err)
		}
		events, more, err := o.Store.Events(ctx, "a1", 0, approval.Page{})
		if err != nil || more != "" {
			t.Fatal(err, more)
		}
		if diff := cmp.Diff(c.Events, events); diff != "" {
			t.Errorf("events (-written +read):\n%s", diff)
		}
		if err := approval.VerifyChain(events, got.Head); err != nil {
			t.Error(err)
		}
	})

	run("KeepsSignOffsInOrderUpToTheMost", func(t *testing.T, o Opened) {
		c := sample("a1", approval.MaxSignOffs)
		commit(t, o.Store, c)
		got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1"))
		if diff := cmp.Diff(c.Issue, got); diff != "" {
			t.Errorf("issue (-written +read):\n%s", diff)
		}
	})

	run("RefusesACommitOnAnotherVersion", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		if err := o.Store.Commit(ctx, sample("a1", 1)); !approval.IsKind(err, approval.Conflict) {
			t.Errorf("creating it again answers %v", err)
		}
		second := commit(t, o.Store, next(c.Issue, "two"))
		late := next(c.Issue, "late")
		late.Watches = []approval.Watch{{SignOff: 1, Token: "stray", WakeAt: day}}
		if err := o.Store.Commit(ctx, late); !approval.IsKind(err, approval.Conflict) {
			t.Errorf("a late commit answers %v", err)
		}
		got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1"))
		if got.Title != second.Issue.Title || got.Watch(1).Token != "" {
			t.Errorf("a refused commit left something behind: %q %+v", got.Title, got.Watches)
		}
		ghost := next(approval.Issue{ID: "zz", Version: 3}, "ghost")
		if err := o.Store.Commit(ctx, ghost); !approval.IsKind(err, approval.Conflict) {
			t.Errorf("a commit on what is not there answers %v", err)
		}
	})

	run("LetsOneOfManyRacersWin", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		var wg sync.WaitGroup
		won := make(chan string, 32)
		for k := range 32 {
			wg.Go(func() {
				err := o.Store.Commit(ctx, next(c.Issue, fmt.Sprint(k)))
				switch {
				case err == nil:
					won <- fmt.Sprint(k)
				case !approval.IsKind(err, approval.Conflict):
					t.Errorf("a lost race answers %v", err)
				}
			})
		}
		wg.Wait()
		close(won)
		if len(won) != 1 {
			t.Fatalf("%d racers won", len(won))
		}
		if got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1")); got.Title != <-won || got.Version != 2 {
			t.Errorf("the stored title is not the winner's: %+v", got)
		}
	})

	run("LosesNoneOfManyDifferentIssues", func(t *testing.T, o Opened) {
		var wg sync.WaitGroup
		for k := range 64 {
			wg.Go(func() {
				if err := o.Store.Commit(ctx, sample(approval.IssueID(fmt.Sprintf("m%02d", k)), 2)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for k := range 64 {
			if _, err := o.Store.Issue(ctx, approval.IssueID(fmt.Sprintf("m%02d", k))); err != nil {
				t.Error(err)
			}
		}
	})

	run("RemembersAnIdempotencyKeyWithItsCommit", func(t *testing.T, o Opened) {
		if _, err := o.Store.Receipt(ctx, "x/1"); !approval.IsKind(err, approval.NotFound) {
			t.Errorf("an unused key answers %v", err)
		}
		c := sample("a1", 1)
		c.Receipt = &approval.Receipt{Key: "x/1", Digest: "d", Issue: "a1", Version: 1, At: day}
		commit(t, o.Store, c)
		if diff := cmp.Diff(*c.Receipt, must[approval.Receipt](t)(o.Store.Receipt(ctx, "x/1"))); diff != "" {
			t.Error(diff)
		}
		again := next(c.Issue, "again")
		again.Receipt = c.Receipt
		if err := o.Store.Commit(ctx, again); !errors.Is(err, approval.ErrRepeated) {
			t.Errorf("a used key answers %v", err)
		}
		if got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1")); got.Version != 1 {
			t.Error("the refused commit was written")
		}
	})

	run("PutsAndDropsWatches", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 2))
		n := next(c.Issue, "t")
		n.Watches = []approval.Watch{{SignOff: 1, Token: "tok", Clock: 2, WakeAt: day.Add(time.Minute)}}
		n.Unwatch = []int{2}
		n.Issue.Watches = n.Watches
		commit(t, o.Store, n)
		got := must[approval.Issue](t)(o.Store.Issue(ctx, "a1"))
		if diff := cmp.Diff(n.Watches, got.Watches); diff != "" {
			t.Error(diff)
		}
	})

	run("ListsAnInboxByDueDateAndDropsWhatIsDecided", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a2", 3))
		commit(t, o.Store, sample("a1", 2))
		o.settle()
		tasks, _, err := o.Store.SignOffs(ctx, approval.SignOffQuery{Department: "water"}, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, task := range tasks {
			order = append(order, fmt.Sprint(task.Issue, task.SignOff.N))
		}
		if want := []string{"a11", "a21", "a12", "a22", "a23"}; !slices.Equal(order, want) {
			t.Errorf("inbox %v, want %v", order, want)
		}
		n := next(c.Issue, "t")
		n.SignOffs = slices.Clone(c.Issue.SignOffs[:2])
		n.SignOffs[0].State, n.SignOffs[0].DecidedAt = approval.Granted, day
		n.SignOffs[1].Assignee = "officer"
		n.Issue.SignOffs = append(slices.Clone(n.SignOffs), c.Issue.SignOffs[2])
		commit(t, o.Store, n)
		o.settle()
		tasks, _, err = o.Store.SignOffs(ctx, approval.SignOffQuery{Department: "water"}, approval.Page{})
		if err != nil || len(tasks) != 4 {
			t.Errorf("%d tasks, %v; want 4", len(tasks), err)
		}
		mine, _, err := o.Store.SignOffs(ctx, approval.SignOffQuery{Assignee: "officer"}, approval.Page{})
		if err != nil || len(mine) != 1 || mine[0].SignOff.N != 2 {
			t.Errorf("claimed: %v %v", mine, err)
		}
	})

	run("ListsAddedSignaturesAmongTheTasksOfWhoIsAsked", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 3)) // due after 5, 6 and 7 days
		n := next(c.Issue, "t")
		for k, a := range []approval.Added{{Department: "ecology"}, {Department: "water", Person: "officer"}} {
			a.K, a.State, a.Due.On = 1, approval.AddedAsked, calendar.Of(day).Add(6)
			n.Added = append(n.Added, approval.Task{Issue: c.Issue.ID, Title: "t", Project: c.Issue.Project, Added: &a, SignOff: approval.SignOff{N: k + 1, Department: "water", State: approval.Open, Due: a.Due}})
		}
		c = commit(t, o.Store, n)
		o.settle()
		listed := func(q approval.SignOffQuery) (names []string) {
			for page := (approval.Page{Limit: 1}); ; {
				tasks, next, err := o.Store.SignOffs(ctx, q, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, task := range tasks {
					name := fmt.Sprint(task.SignOff.N)
					if task.Added != nil {
						name += " signed by " + string(task.Added.Department) + string(task.Added.Person)
					}
					names = append(names, name)
				}
				if page.Cursor = next; next == "" {
					return names
				}
			}
		}
		want := func(q approval.SignOffQuery, names ...string) {
			t.Helper()
			if got := listed(q); !slices.Equal(got, names) {
				t.Errorf("%+v lists %q, want %q", q, got, names)
			}
		}
		want(approval.SignOffQuery{Department: "ecology"}, "1 signed by ecology")
		want(approval.SignOffQuery{Department: "water"}, "1", "2", "2 signed by waterofficer", "3")
		want(approval.SignOffQuery{Assignee: "officer"}, "2 signed by waterofficer")
		n = next(c.Issue, "t")
		n.Unadded = []approval.AddedRef{{SignOff: 1, K: 1}, {SignOff: 2, K: 1}}
		commit(t, o.Store, n)
		o.settle()
		want(approval.SignOffQuery{Department: "ecology"})
		want(approval.SignOffQuery{Department: "water"}, "1", "2", "3")
		want(approval.SignOffQuery{Assignee: "officer"})
		if issue, err := o.Store.Issue(ctx, c.Issue.ID); err != nil || len(issue.SignOffs) != 3 {
			t.Errorf("the issue reads as %+v, %v", issue, err)
		}
	})

	run("ListsMentionsUnreadFirst", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		n := next(c.Issue, "t")
		for k, person := range []roster.PersonID{"ann", "ann", "bob", "ann"} {
			n.Mentions = append(n.Mentions, approval.Mention{MentionID: approval.MentionID{Issue: "a1", Seq: int64(2 + k), Person: person}, Title: "t", Text: "看", At: day.Add(time.Duration(k) * time.Minute)})
		}
		commit(t, o.Store, n)
		newest := must[approval.Mention](t)(o.Store.Mention(ctx, approval.MentionID{Issue: "a1", Seq: 5, Person: "ann"}))
		newest.SeenAt = day.Add(time.Hour)
		for range 2 {
			if err := o.Store.SeeMention(ctx, newest); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := o.Store.Mention(ctx, approval.MentionID{Issue: "a1", Seq: 5, Person: "bob"}); !approval.IsKind(err, approval.NotFound) {
			t.Errorf("somebody else's mention: %v", err)
		}
		o.settle()
		var got []string
		for page := (approval.Page{Limit: 1}); ; {
			list, next, err := o.Store.Mentions(ctx, approval.MentionQuery{Person: "ann"}, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				got = append(got, fmt.Sprint(m.Seq, " ", m.SeenAt.IsZero()))
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if want := []string{"3 true", "2 true", "5 false"}; !slices.Equal(got, want) {
			t.Errorf("mentions %v, want %v", got, want)
		}
	})

	run("ListsWhatGaveAnAreasDepartmentsMoreTimeFromAMomentOn", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		n := next(c.Issue, "t")
		for k, area := range []roster.DistrictCode{"d", "d", "e", "d", "d"} {
			n.Lengthenings = append(n.Lengthenings, approval.Lengthening{
				Issue: "a1", Seq: int64(6 - k), Kind: approval.ByExtension, Area: area, Department: "water", Item: 7, SignOff: 1, Round: 2, At: day.Add(time.Duration(k%4) * time.Minute),
			})
		}
		commit(t, o.Store, n)
		o.settle()
		list := func(since time.Time, limit int) (got []int64) {
			for page := (approval.Page{Limit: limit}); ; {
				acts, next, err := o.Store.Lengthenings(ctx, approval.LengtheningQuery{Area: "d", Since: since}, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range acts {
					got = append(got, a.Seq)
				}
				if page.Cursor = next; next == "" {
					return got
				}
			}
		}
		for _, limit := range []int{1, 3, 50} {
			if got := list(day, limit); !slices.Equal(got, []int64{2, 6, 5, 3}) {
				t.Errorf("%d at a time: %v", limit, got)
			}
			if got := list(day.Add(time.Minute), limit); !slices.Equal(got, []int64{5, 3}) {
				t.Errorf("from the second minute on, %d at a time: %v", limit, got)
			}
		}
		acts, _, err := o.Store.Lengthenings(ctx, approval.LengtheningQuery{Area: "e"}, approval.Page{})
		if err != nil || len(acts) != 1 || acts[0] != n.Lengthenings[2] {
			t.Errorf("another area's: %+v, %v", acts, err)
		}
		if issue, err := o.Store.Issue(ctx, "a1"); err != nil || len(issue.SignOffs) != 1 {
			t.Errorf("the issue reads as %+v, %v", issue, err)
		}
	})

	run("ListsWhatOverseersLookAtByConcernPersonAndDepartment", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		n := next(c.Issue, "t")
		for k, h := range []approval.Happening{
			{Seq: 1, Concern: approval.Pausing, By: approval.Actor{Person: "ann"}, Department: "water"},
			{Seq: 2, Concern: approval.Pausing, Department: "water"},
			{Seq: 3, Concern: approval.Extending, By: approval.Actor{Person: "ann"}, Department: "parks"},
			{Seq: 4, Concern: approval.Pausing, By: approval.Actor{Person: "bob"}},
			{Seq: 5, Concern: approval.Pausing, By: approval.Actor{Person: "ann"}, Department: "water"},
		} {
			h.Issue, h.Project, h.Kind, h.At = "a1", "p", approval.EvStop, day.Add(time.Duration(k/2)*time.Hour)
			n.Happenings = append(n.Happenings, h)
		}
		commit(t, o.Store, n)
		o.settle()
		all := n.Happenings
		for name, c := range map[string]struct {
			query approval.HappeningQuery
			limit int
			want  []int64
		}{
			"of a concern":                {approval.HappeningQuery{Concern: approval.Pausing}, 9, []int64{5, 4, 2, 1}},
			"as many as asked for":        {approval.HappeningQuery{Concern: approval.Pausing}, 2, []int64{5, 4}},
			"before one of them":          {approval.HappeningQuery{Concern: approval.Pausing, Before: all[3].Place()}, 9, []int64{2, 1}},
			"before a moment":             {approval.HappeningQuery{Concern: approval.Pausing, Before: approval.Place{At: all[3].At}}, 9, []int64{2, 1}},
			"from a moment on":            {approval.HappeningQuery{Concern: approval.Pausing, From: all[3].At}, 9, []int64{5, 4}},
			"from a moment and before":    {approval.HappeningQuery{Concern: approval.Pausing, From: all[3].At, Before: all[4].Place()}, 9, []int64{4}},
			"of a person":                 {approval.HappeningQuery{Person: "ann"}, 9, []int64{5, 3, 1}},
			"of a person from and before": {approval.HappeningQuery{Person: "ann", From: all[2].At, Before: all[4].Place()}, 9, []int64{3}},
			"about a department":          {approval.HappeningQuery{Department: "water"}, 9, []int64{5, 2, 1}},
			"of nobody":                   {approval.HappeningQuery{Person: "eve"}, 9, nil},
		} {
			list, err := o.Store.Happenings(ctx, c.query, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, h := range list {
				if h != all[h.Seq-1] {
					t.Errorf("%s: %+v, want %+v", name, h, all[h.Seq-1])
				}
				got = append(got, h.Seq)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		late := approval.Happening{Issue: "a1", Seq: 6, Concern: approval.Revoking, Kind: approval.EvRevoke, Project: "p", At: day}
		for _, step := range []struct {
			look bool
			want int
		}{{true, 1}, {false, 1}, {false, 0}} {
			if n, err := o.Store.EnterHappenings(ctx, append(all[:3:3], late), step.look); err != nil || n != step.want {
				t.Errorf("%d were missing, want %d: %v", n, step.want, err)
			}
		}
		o.settle()
		if list, err := o.Store.Happenings(ctx, approval.HappeningQuery{Concern: approval.Revoking}, 9); err != nil || len(list) != 1 || list[0] != late {
			t.Errorf("entered: %v, %v", list, err)
		}
		if issue, err := o.Store.Issue(ctx, "a1"); err != nil || len(issue.SignOffs) != 1 {
			t.Errorf("the issue reads as %+v, %v", issue, err)
		}
	})

	run("ListsTheDutiesOfACheckerByDateUntilTheyAreSettled", func(t *testing.T, o Opened) {
		owed := func(c *approval.Change, signOff, duty int, checker roster.DepartmentID, in int) {
			c.Duties = append(c.Duties, approval.OpenDuty{
				Issue: c.Issue.ID, Title: c.Issue.Title, Project: c.Issue.Project, DutyRef: approval.DutyRef{SignOff: signOff, Duty: duty}, Item: 7, Department: "water",
				Kind: approval.OnPledge, Term: approval.Term{What: "补齐", By: calendar.Of(day).Add(in), Checker: checker},
			})
		}
		late, first := sample("a2", 3), sample("a1", 2)
		owed(&late, 2, 1, "water", 9)
		owed(&late, 2, 2, "housing", 1)
		owed(&first, 1, 1, "water", 20)
		owed(&first, 1, 10, "water", 9)
		commit(t, o.Store, late)
		commit(t, o.Store, first)
		list := func(checker roster.DepartmentID, limit int) (order []string) {
			o.settle()
			page := approval.Page{Limit: limit}
			for {
				duties, cursor, err := o.Store.Duties(ctx, approval.DutyQuery{Checker: checker}, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range duties {
					order = append(order, fmt.Sprint(d.Issue, d.SignOff, d.Duty, d.What))
				}
				if page.Cursor = cursor; cursor == "" {
					return order
				}
			}
		}
		for _, limit := range []int{1, 2, 50} {
			if got, want := list("water", limit), []string{"a11 10补齐", "a22 1补齐", "a11 1补齐"}; !slices.Equal(got, want) {
				t.Errorf("%d at a time: %v, want %v", limit, got, want)
			}
		}
		if got := must[approval.Issue](t)(o.Store.Issue(ctx, "a2")); len(got.SignOffs) != 3 || len(got.Watches) != 3 {
			t.Errorf("the issue is read with %d sign-offs and %d watches", len(got.SignOffs), len(got.Watches))
		}
		n := next(first.Issue, "t")
		n.Settled = []approval.DutyRef{{SignOff: 1, Duty: 10}, {SignOff: 2, Duty: 1}} // one that is not there is no error
		n.Duties = []approval.OpenDuty{first.Duties[0]}
		n.Duties[0].What = "补齐并备案"
		commit(t, o.Store, n)
		if got, want := list("water", 50), []string{"a22 1补齐", "a11 1补齐并备案"}; !slices.Equal(got, want) {
			t.Errorf("after one was settled: %v, want %v", got, want)
		}
		if got := list("housing", 50); !slices.Equal(got, []string{"a22 2补齐"}) {
			t.Errorf("another checker's: %v", got)
		}
		if got := list("culture", 50); got != nil {
			t.Errorf("nobody's: %v", got)
		}
	})

	run("ListsIssuesByProjectAndDistrict", func(t *testing.T, o Opened) {
		first := commit(t, o.Store, sample("a1", 1))
		red := sample("a2", 1)
		red.Issue.Light = approval.Red
		commit(t, o.Store, red)
		draft := sample("a3", 0)
		draft.Issue.Status = approval.Draft
		commit(t, o.Store, draft)
		o.settle()
		ids := func(q approval.IssueQuery) (ids []string) {
			issues, _, err := o.Store.Issues(ctx, q, approval.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range issues {
				ids = append(ids, string(i.ID))
			}
			return ids
		}
		if got := ids(approval.IssueQuery{Project: "p-a"}); !slices.Equal(got, []string{"a2", "a1"}) {
			t.Errorf("project: %v", got)
		}
		if got := ids(approval.IssueQuery{Project: "p-a", Drafts: true}); !slices.Equal(got, []string{"a3"}) {
			t.Errorf("drafts: %v", got)
		}
		if got := ids(approval.IssueQuery{District: "d"}); !slices.Equal(got, []string{"a2", "a1"}) {
			t.Errorf("district, reds first: %v", got)
		}
		end := next(first.Issue, "t")
		end.Issue.Status = approval.Concluded
		commit(t, o.Store, end)
		o.settle()
		if got := ids(approval.IssueQuery{District: "d"}); !slices.Equal(got, []string{"a2"}) {
			t.Errorf("district after the end: %v", got)
		}
	})

	run("PagesWithoutGapsOrRepeats", func(t *testing.T, o Opened) {
		for k := range 7 {
			commit(t, o.Store, sample(approval.IssueID(fmt.Sprintf("a%d", k)), 3))
		}
		o.settle()
		seen := map[string]bool{}
		page := approval.Page{Limit: 4}
		pages := 0
		for {
			tasks, cursor, err := o.Store.SignOffs(ctx, approval.SignOffQuery{Department: "water"}, page)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, task := range tasks {
				key := fmt.Sprint(task.Issue, task.SignOff.N)
				if seen[key] {
					t.Errorf("%s twice", key)
				}
				seen[key] = true
			}
			if cursor == "" {
				break
			}
			page.Cursor = cursor
			if pages == 2 { // a newcomer between pages harms nothing
				commit(t, o.Store, sample("z9", 1))
				o.settle()
			}
		}
		if len(seen) < 21 || pages < 6 {
			t.Errorf("%d tasks on %d pages", len(seen), pages)
		}
		_, cursor, err := o.Store.SignOffs(ctx, approval.SignOffQuery{Department: "water"}, approval.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []approval.Cursor{"nonsense", "e30", cursor} {
			if _, _, err := o.Store.Issues(ctx, approval.IssueQuery{Project: "p-a"}, approval.Page{Cursor: bad}); !approval.IsKind(err, approval.Invalid) {
				t.Errorf("cursor %q answers %v", bad, err)
			}
		}
	})

	run("ListsEventsAfterANumber", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		for range 5 {
			c = commit(t, o.Store, next(c.Issue, "t"))
		}
		events, cursor, err := o.Store.Events(ctx, "a1", 2, approval.Page{Limit: 3})
		if err != nil || len(events) != 3 || events[0].Seq != 3 || cursor == "" {
			t.Fatalf("%d events, first %v, cursor %q, %v", len(events), events, cursor, err)
		}
		events, cursor, err = o.Store.Events(ctx, "a1", 2, approval.Page{Limit: 3, Cursor: cursor})
		if err != nil || len(events) != 1 || events[0].Seq != 6 || cursor != "" {
			t.Errorf("second page: %v %q %v", events, cursor, err)
		}
	})

	run("ListsWatchesWhoseMomentHasPassed", func(t *testing.T, o Opened) {
		commit(t, o.Store, sample("a1", 3))
		o.settle()
		var late []int
		for shard := range approval.Shards {
			found, _, err := o.Store.Overdue(ctx, shard, day.Add(2*time.Hour+time.Minute), approval.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range found {
				late = append(late, l.Watch.SignOff)
			}
		}
		if !slices.Equal(late, []int{1, 2}) {
			t.Errorf("late: %v", late)
		}
	})

	run("KeepsTheOutboxUntilDelivered", func(t *testing.T, o Opened) {
		c := commit(t, o.Store, sample("a1", 1))
		n := next(c.Issue, "t")
		n.Outbox = &approval.Outbox{Issue: "a1", Version: 2, At: day, Wake: []approval.Wake{{Token: "tok", Recheck: true}}}
		commit(t, o.Store, n)
		o.settle()
		shard := approval.ShardOf("a1")
		records, _, err := o.Store.Outbox(ctx, shard, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]approval.Outbox{*c.Outbox, *n.Outbox}, records); diff != "" {
			t.Error(diff)
		}
		if err := o.Store.Delivered(ctx, []approval.OutboxID{records[0].ID(), {Issue: "none", Version: 9}}); err != nil {
			t.Fatal(err)
		}
		// A later commit is behind the deletion in every store.
		commit(t, o.Store, sample("q1", 0))
		o.settle()
		records, _, err = o.Store.Outbox(ctx, shard, approval.Page{})
		if err != nil {
			t.Fatal(err)
		}
		left := slices.DeleteFunc(records, func(r approval.Outbox) bool { return r.Issue != "a1" })
		if len(left) != 1 || left[0].Version != 2 {
			t.Errorf("left: %v", left)
		}
	})

	run("RefusesMoreThanOneTransactionHolds", func(t *testing.T, o Opened) {
		c := sample("a1", approval.MaxSignOffs)
		for k := range 20 {
			e := c.Events[0]
			e.Seq = int64(k + 2)
			c.Events = append(c.Events, e)
		}
		if err := o.Store.Commit(ctx, c); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("over a hundred records answer %v", err)
		}
		big := sample("a2", 1)
		big.Issue.Body = strings.Repeat("长", 140<<10)
		if err := o.Store.Commit(ctx, big); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("a record over 400 KB answers %v", err)
		}
		for _, id := range []approval.IssueID{"a1", "a2"} {
			if _, err := o.Store.Issue(ctx, id); !approval.IsKind(err, approval.NotFound) {
				t.Errorf("something of %s was written: %v", id, err)
			}
		}
	})

	run("SurvivesBeingReopened", func(t *testing.T, o Opened) {
		if o.Reopen == nil {
			t.Skip("this store keeps nothing of its own between openings")
		}
		c := commit(t, o.Store, sample("a1", 2))
		again := o.Reopen()
		got := must[approval.Issue](t)(again.Issue(ctx, "a1"))
		if diff := cmp.Diff(c.Issue, got); diff != "" {
			t.Errorf("after reopening (-written +read):\n%s", diff)
		}
		if records, _, err := again.Outbox(ctx, approval.ShardOf("a1"), approval.Page{}); err != nil || len(records) != 1 {
			t.Errorf("outbox after reopening: %v %v", records, err)
		}
	})
}
