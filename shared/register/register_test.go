package register_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/personal"
	"lianban/shared/register"
	"lianban/shared/roster"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

var (
	secretary = approval.Actor{Person: "fenjiang-secretary", Role: roster.Secretary, Unit: "branch-fenjiang"}
	admin1    = approval.Actor{Person: "cc-administration-1", Role: roster.Administrator, Unit: "cc-administration"}
	guard     = approval.Actor{Person: "cc-security-1", Role: roster.SecurityAdministrator, Unit: "cc-administration"}
	admin2    = approval.Actor{Person: "cc-administration-2", Role: roster.Administrator, Unit: "cc-administration"}
)

func officer(d roster.DepartmentID) approval.Actor {
	return approval.Actor{Person: roster.PersonID(d) + "-officer-1", Role: roster.Officer, Unit: string(d)}
}

func as(a approval.Actor) approval.Call { return approval.Call{Actor: a} }

// monday is an ordinary Monday, nine in the morning.
var monday = time.Date(2026, 3, 9, 9, 0, 0, 0, calendar.Shanghai).UTC()

// failing is a docket whose commits stop at one of them.
type failing struct {
	docket.Store
	left atomic.Int64 // commits that still succeed; below zero: all
}

var errDead = errors.New("the process died")

func (f *failing) CommitRecord(ctx context.Context, c docket.Change) error {
	switch left := f.left.Load(); {
	case left == 0:
		return errDead
	case left > 0:
		f.left.Add(-1)
	}
	return f.Store.CommitRecord(ctx, c)
}

// house is a store with the rules and the register on it.
type house struct {
	*testing.T
	clock   *approvaltest.Clock
	store   *store.Store
	docket  *failing
	file    *sqlite.File
	service *approval.Service
	keeper  *register.Keeper
	ids     *int
}

func open(t *testing.T) *house {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "l.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	h := &house{T: t, clock: approvaltest.NewClock(monday), store: store.New(file.Table()), file: file, ids: new(int)}
	h.join()
	return h
}

// join starts another process on the same store.
func (h *house) join() *house {
	h.docket = &failing{Store: h.store}
	h.docket.left.Store(-1)
	h.service = approval.NewService(
		approval.Rules{Calendar: calendar.China(), Catalog: catalog.Construction(), Roster: roster.Demo()},
		h.store, &approvaltest.Stillness{}, h.clock.Now, approvaltest.IDs())
	ids := h.ids
	var mu sync.Mutex
	h.keeper = register.New(h.docket, h.service, h.clock.Now, func() string {
		mu.Lock()
		defer mu.Unlock()
		*ids++
		return fmt.Sprintf("change-%02d", *ids)
	})
	return h
}

func (h *house) propose(d register.Draft) docket.Got[register.ChangeSet] {
	h.Helper()
	g, err := h.keeper.Propose(h.Context(), as(admin1), d)
	if err != nil {
		h.Fatal(err)
	}
	return g
}

func (h *house) approve(id string) docket.Got[register.ChangeSet] {
	h.Helper()
	return h.approveAs(id, admin2)
}

func (h *house) approveAs(id string, a approval.Actor) docket.Got[register.ChangeSet] {
	h.Helper()
	g, err := h.keeper.Approve(h.Context(), id, as(a))
	if err != nil {
		h.Fatal(err)
	}
	return g
}

func (h *house) enter(d register.Draft) {
	h.Helper()
	if g := h.approve(h.propose(d).ID); g.State.Status != register.Entered {
		h.Fatalf("it is %s", g.State.Status)
	}
}

// tend lets the sweep work until nothing is left.
func (h *house) tend() register.Progress {
	h.Helper()
	for range 20 {
		p, err := h.keeper.Tend(h.Context())
		if err != nil {
			h.Fatal(err)
		}
		if p.Done || p == (register.Progress{}) {
			return p
		}
		h.clock.Set(h.clock.Now().Add(time.Minute))
	}
	h.Fatal("the sweep finds no end")
	return register.Progress{}
}

func (h *house) raise(items ...catalog.ItemNo) approval.IssueID {
	h.Helper()
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "岸线提升", Items: items}
	i, _, err := h.service.Create(h.Context(), approval.Raise{Petition: &p}, as(secretary))
	if err == nil {
		_, err = h.service.Route(h.Context(), i.ID, 1)
	}
	if err != nil {
		h.Fatal(err)
	}
	return i.ID
}

func (h *house) issue(id approval.IssueID) approval.Issue {
	h.Helper()
	i, err := h.store.Issue(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	return i
}

func (h *house) signOff(id approval.IssueID, n int) *approval.SignOff {
	h.Helper()
	i := h.issue(id)
	return i.SignOff(n)
}

func (h *house) events(id approval.IssueID) (kinds []string) {
	h.Helper()
	events, _, err := h.store.Events(h.Context(), id, 0, approval.Page{Limit: 200})
	if err != nil {
		h.Fatal(err)
	}
	if err := approval.VerifyChain(events, h.issue(id).Head); err != nil {
		h.Error(err)
	}
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// reform moves what item 24 needs to the water bureau.
func reform(on calendar.Date, movesOpen bool) register.Draft {
	return register.Draft{
		Title: "事权划转", Reason: "强区放权", Ground: "区府〔2026〕5号", On: on,
		Order: register.Order{Transfers: []catalog.Transfer{{Items: []catalog.ItemNo{24}, District: "440604", To: "cc-water", MovesOpen: movesOpen}}},
	}
}

// merger joins water and parks in a new bureau.
func merger(on calendar.Date) register.Draft {
	return register.Draft{
		Title: "组建水务园林局", Reason: "机构改革", Ground: "区委〔2026〕3号", On: on,
		Order: register.Order{Roster: []roster.Change{{Reorganise: &roster.Reorganisation{
			New:      []roster.Department{{ID: "cc-water-parks", Kind: roster.Water, District: "440604", NameZH: "禅城区水务园林局", NameEN: "Chancheng Water and Parks Bureau", Origin: roster.Origin{Source: "区委〔2026〕3号"}}},
			Passages: []roster.Passage{{From: "cc-water", To: "cc-water-parks"}, {From: "cc-parks", To: "cc-water-parks"}},
		}}}},
	}
}

// TestTheRegisterGoesOnAfterPersonalDataWasReplacedInIt has two processes read the register, one
// of them from before.
func TestTheRegisterGoesOnAfterPersonalDataWasReplacedInIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	people := func(c roster.PersonChange) register.Draft {
		return register.Draft{Title: "岗位调整", Reason: "分工调整", Ground: "禅委组〔2026〕1号", Order: register.Order{Roster: []roster.Change{{People: &c}}}}
	}
	h.approveAs(h.propose(people(roster.PersonChange{New: &roster.Person{ID: "w-1024", NameZH: "亓某甲", NameEN: "Qi Moujia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}})).ID, guard)
	h.approveAs(h.propose(people(roster.PersonChange{Person: "w-1024", Leave: true})).ID, guard)
	subject, _, _ := personal.Of(h.service.Rules().Roster, "w-1024")
	if done, err := subject.Replace(t.Context(), h.file.Table(), h.file.Items(t.Context()), personal.Act{By: guard, At: monday, Reason: "本人申请"}); err != nil || done.Trails != 2 {
		t.Fatalf("done: %+v, %v", done, err)
	}
	before := *h
	h, other := &before, h.join()
	for name, house := range map[string]*house{"that read it before": h, "that begins now": other} {
		if err := house.keeper.Refresh(t.Context()); err != nil {
			t.Fatalf("a process %s: %v", name, err)
		}
		if p, _ := house.service.Rules().Roster.Person("w-1024"); p.NameZH != "离任人员（w-1024）" || p.Left.IsZero() {
			t.Errorf("to a process %s they are %q", name, p.NameZH)
		}
	}
	for k, house := range []*house{h, other} {
		id := roster.PersonID(fmt.Sprint("w-", 2000+k))
		g := house.approveAs(house.propose(people(roster.PersonChange{New: &roster.Person{ID: id, NameZH: "亓某乙", NameEN: "Qi Mouyi", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}})).ID, guard)
		if g.State.N != int64(3+k) || house.keeper.State().Entered != int64(3+k) {
			t.Errorf("the entry has number %d of %d", g.State.N, house.keeper.State().Entered)
		}
	}
}

// cutting is a table that dies at one of its writes.
type cutting struct {
	store.Table
	left int
}

func (c *cutting) Write(ctx context.Context, ops []store.Op) error {
	if c.left--; c.left < 0 {
		return errDead
	}
	return c.Table.Write(ctx, ops)
}

// TestReplacingPersonalDataGoesOnAfterACrashAtAnyWrite has a name stand in an issue, in
// a record that comes after the register's, in change sets and in the register, and asks the register for the
// words each time, as a process does that begins anew.
func TestReplacingPersonalDataGoesOnAfterACrashAtAnyWrite(t *testing.T) {
	t.Parallel()
	for cut := 0; ; cut++ {
		h := open(t)
		people := func(c roster.PersonChange) register.Draft {
			return register.Draft{Title: "亓某甲岗位调整", Reason: "分工调整", Ground: "禅委组〔2026〕1号", Order: register.Order{Roster: []roster.Change{{People: &c}}}}
		}
		h.approveAs(h.propose(people(roster.PersonChange{New: &roster.Person{ID: "w-1024", NameZH: "亓某甲", NameEN: "Qi Moujia", Posts: []roster.Post{{Role: roster.Officer, Unit: "cc-water"}}}})).ID, guard)
		id := h.raise(9)
		if _, _, err := h.service.Do(t.Context(), id, approval.Comment{Text: "亓某甲已到现场"}, as(approval.Actor{Person: "cc-oversight-1", Role: roster.Overseer, Unit: "cc-oversight"})); err != nil {
			t.Fatal(err)
		}
		h.approveAs(h.propose(people(roster.PersonChange{Person: "w-1024", Leave: true})).ID, guard)
		type note struct{ Text string }
		notes := docket.Desk[note]{Kind: "request", Store: h.store, Now: h.clock.Now, Places: func(string, note) docket.Places { return docket.Places{} }}
		if _, err := notes.Put(t.Context(), "r", as(secretary), func(_ note, act *docket.Act) (note, error) {
			act.Event("register", func(e *approval.Event) { e.Reason = "亓某甲经办" })
			return note{"亓某甲经办"}, nil
		}); err != nil {
			t.Fatal(err)
		}
		replace := func(table store.Table) error {
			fresh := *h
			fresh.join()
			if err := fresh.keeper.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			subject, _, _ := personal.Of(fresh.service.Rules().Roster, "w-1024")
			_, err := subject.Replace(t.Context(), table, h.file.Items(t.Context()), personal.Act{By: guard, At: monday, Reason: "本人申请"})
			return err
		}
		died := replace(&cutting{h.file.Table(), cut})
		if err := replace(h.file.Table()); err != nil {
			t.Fatal(err)
		}
		for item, err := range h.file.Items(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(item.Body), "亓某甲") || strings.Contains(string(item.Body), "Qi Moujia") {
				t.Errorf("cut at write %d, %s %s still holds the name", cut, item.PK, item.SK)
			}
		}
		for trail, err := range store.Trails(h.file.Trails(t.Context(), true)) {
			if err != nil {
				t.Fatal(err)
			}
			if fault, wrong := trail.Check(); wrong {
				t.Errorf("cut at write %d: %v", cut, fault)
			}
		}
		if died == nil {
			if cut < 5 {
				t.Errorf("there were %d writes only", cut)
			}
			return
		}
	}
}

// TestWhoHoldsWhichPostIsForTheSecurityAdministrator holds the three kinds of administrators
// apart, and lets a house in which only one kind is appointed go on as before.
func TestWhoHoldsWhichPostIsForTheSecurityAdministrator(t *testing.T) {
	t.Parallel()
	h := open(t)
	auditor := approval.Actor{Person: "cc-audit-1", Role: roster.AuditAdministrator, Unit: "cc-administration"}
	posts := func(c roster.PersonChange) register.Draft {
		return register.Draft{Title: "岗位调整", Reason: "分工调整", Ground: "禅委组〔2026〕1号", Order: register.Order{Roster: []roster.Change{{People: &c}}}}
	}
	transport := []roster.Post{{Role: roster.Officer, Unit: "cc-transport"}}
	begin := h.propose(posts(roster.PersonChange{Person: "cc-water-officer-2", Begin: transport}))
	for name, a := range map[string]approval.Actor{"another system administrator": admin2, "an audit administrator": auditor, "who proposed it": admin1} {
		if _, err := h.keeper.Approve(t.Context(), begin.ID, as(a)); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("a post is approved by %s: %v", name, err)
		}
	}
	if acts := register.Open(h.service.Rules().Roster, begin.State, admin2, monday); len(acts) != 0 {
		t.Errorf("another system administrator is offered %v", acts)
	}
	h.approveAs(begin.ID, guard)
	if _, err := h.keeper.Propose(t.Context(), as(guard), posts(roster.PersonChange{Person: "cc-water-officer-2", End: transport})); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("who approves proposes as well: %v", err)
	}
	h.approve(h.propose(posts(roster.PersonChange{Person: "cc-water-officer-2", Declare: &roster.Declared{Projects: []roster.ProjectID{"u-valley"}}})).ID)
	leaving := h.propose(posts(roster.PersonChange{Person: "cc-security-1", Leave: true}))
	h.approveAs(leaving.ID, guard)
	end := h.propose(posts(roster.PersonChange{Person: "cc-water-officer-2", End: transport}))
	h.approve(end.ID) // no security administrator is left
}

func TestAChangeNeedsASecondAdministrator(t *testing.T) {
	t.Parallel()
	h := open(t)
	g := h.propose(reform(0, false))
	for _, a := range []approval.Actor{admin1, secretary, officer("cc-water")} {
		if _, err := h.keeper.Approve(t.Context(), g.ID, as(a)); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s approves: %v", a.Person, err)
		}
	}
	if _, err := h.keeper.Propose(t.Context(), as(secretary), reform(0, false)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("a secretary proposes: %v", err)
	}
	if n := h.keeper.State().Entered; n != 0 {
		t.Fatalf("%d change sets were entered without a second hand", n)
	}
	if g = h.approve(g.ID); g.State.Status != register.Entered || g.State.N != 1 || g.State.DecidedBy != admin2 {
		t.Errorf("approved it is %+v", g.State)
	}
	if _, err := h.keeper.Approve(t.Context(), g.ID, as(admin2)); !approval.IsKind(err, approval.Closed) {
		t.Errorf("approved twice: %v", err)
	}
}

func TestARefusedOrWithdrawnChangeChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.propose(reform(0, false)), h.propose(reform(0, true))
	if _, err := h.keeper.Refuse(t.Context(), a.ID, "依据不足", as(admin1)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("who proposed it refuses it: %v", err)
	}
	if _, err := h.keeper.Refuse(t.Context(), a.ID, "", as(admin2)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("refused without a reason: %v", err)
	}
	if _, err := h.keeper.Refuse(t.Context(), a.ID, "依据不足", as(admin2)); err != nil {
		t.Error(err)
	}
	if _, err := h.keeper.Withdraw(t.Context(), b.ID, "重复", as(admin2)); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("somebody else withdraws it: %v", err)
	}
	if _, err := h.keeper.Withdraw(t.Context(), b.ID, "重复", as(admin1)); err != nil {
		t.Error(err)
	}
	h.tend()
	if s := h.keeper.State(); s.Entered != 0 {
		t.Errorf("%d were entered", s.Entered)
	}
	open, _, err := h.keeper.List(t.Context(), true, approval.Page{})
	if err != nil || len(open) != 0 {
		t.Errorf("%d still wait: %v", len(open), err)
	}
}

func TestNewIssuesGoToTheNewOwnerAndOpenOnesStay(t *testing.T) {
	t.Parallel()
	h := open(t)
	before := h.raise(24)
	had := h.signOff(before, 1).Department
	h.enter(reform(0, false))
	h.tend()
	after := h.raise(24)
	if got := h.signOff(after, 1).Department; got != "cc-water" {
		t.Errorf("a new issue goes to %s", got)
	}
	if got := h.signOff(before, 1).Department; got != had {
		t.Errorf("an open one went from %s to %s", had, got)
	}
	if n := h.issue(after).Rounds[0].Register; n != 1 {
		t.Errorf("the round was raised on %d change sets", n)
	}
}

func TestOpenIssuesGoAlongWhereTheTransferSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t)
	open, decided := h.raise(24, 25), h.raise(24)
	if _, _, err := h.service.Do(t.Context(), decided, approval.Grant{SignOff: 1}, as(officer("cc-natural-resources"))); err != nil {
		t.Fatal(err)
	}
	due := h.signOff(open, 1).Due
	draft := reform(0, true)
	p, err := h.keeper.Preview(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	want := []register.TaskMoved{{Issue: open, Title: "岸线提升", SignOff: 1, From: "cc-natural-resources", To: "cc-water"}}
	if !slices.Equal(p.Tasks, want) || len(p.Dates) != 0 || !p.Whole || len(p.Competences) != 1 {
		t.Errorf("the preview says %+v", p)
	}
	h.enter(draft)
	if p := h.tend(); !p.Done || p.Moved != 1 {
		t.Errorf("the sweep did %+v", p)
	}
	s := h.signOff(open, 1)
	if s.Department != "cc-water" || s.Due != due {
		t.Errorf("it is with %s, due %v; it was due %v", s.Department, s.Due, due)
	}
	if got := h.signOff(open, 2).Department; got != "cc-natural-resources" {
		t.Errorf("another item went to %s", got)
	}
	if got := h.signOff(decided, 1).Department; got != "cc-natural-resources" {
		t.Errorf("what was decided went to %s", got)
	}
	if kinds := h.events(open); !slices.Contains(kinds, approval.EvFollow) {
		t.Errorf("nothing is on record: %v", kinds)
	}
	tasks, _, err := h.store.SignOffs(t.Context(), approval.SignOffQuery{Department: "cc-water"}, approval.Page{})
	if err != nil || len(tasks) != 1 {
		t.Errorf("the new owner's inbox has %d tasks: %v", len(tasks), err)
	}
	version := h.issue(open).Version
	h.tend()
	if h.issue(open).Version != version {
		t.Error("another sweep moved it again")
	}
}

func TestNoTaskIsLostWhenDepartmentsMerge(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "河涌提升", Parties: []approval.Party{
		{Matter: "river_works", Department: "cc-water"}, {Matter: "river_works", Department: "cc-parks"}, {Matter: "river_works", Department: "cc-housing"},
	}}
	i, _, err := h.service.Create(t.Context(), approval.Raise{Petition: &p}, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.Route(t.Context(), i.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.service.Do(t.Context(), i.ID, approval.Claim{SignOff: 1}, as(officer("cc-water"))); err != nil {
		t.Fatal(err)
	}
	h.enter(merger(0))
	h.tend()
	i = h.issue(i.ID)
	for n, want := range map[int]roster.DepartmentID{1: "cc-water-parks", 2: "cc-water-parks", 3: "cc-housing"} {
		if got := i.SignOff(n).Department; got != want {
			t.Errorf("sign-off %d is with %s, not %s", n, got, want)
		}
	}
	merged := approval.Actor{Person: "cc-water-officer-1", Role: roster.Officer, Unit: "cc-water-parks"}
	if i.SignOff(1).Assignee != merged.Person {
		t.Error("the claim was lost with the move")
	}
	for n := range 2 {
		if _, _, err := h.service.Do(t.Context(), i.ID, approval.Grant{SignOff: n + 1}, as(merged)); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := h.service.Do(t.Context(), i.ID, approval.Grant{SignOff: 3}, as(officer("cc-water"))); !approval.IsKind(err, approval.Forbidden) {
		t.Errorf("the old post still decides: %v", err)
	}
	if id, err := h.service.Rules().Catalog.CompetentKind(roster.Parks, "440604", h.service.Today()); err != nil || id != "cc-water-parks" {
		t.Errorf("parks are with %s: %v", id, err)
	}
}

func TestIssuesAndDraftsGoWithTheirProjectToAnotherBranch(t *testing.T) {
	t.Parallel()
	h := open(t)
	raised := h.raise(25)
	p := approval.Petition{Project: "fenjiang-west-bank", Title: "草稿", Items: []catalog.ItemNo{24}}
	draft, _, err := h.service.Create(t.Context(), approval.Save{Petition: p}, as(secretary))
	if err != nil {
		t.Fatal(err)
	}
	d := register.Draft{Title: "支部撤并", Reason: "标段合并", Ground: "区委〔2026〕9号", Order: register.Order{Roster: []roster.Change{{Dissolve: &roster.Dissolution{Branch: "branch-fenjiang", Successor: "branch-u-valley"}}}}}
	preview, err := h.keeper.Preview(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	want := []register.Handed{{Issue: raised, Title: "岸线提升", From: "branch-fenjiang", To: "branch-u-valley", By: "u-valley-secretary"}}
	if !slices.Equal(preview.Handed, want) || preview.Drafts != 1 || preview.Looked != 2 {
		t.Errorf("the preview says %+v", preview)
	}
	h.enter(d)
	if p := h.tend(); !p.Done || p.Moved != 2 {
		t.Errorf("the sweep did %+v", p)
	}
	for _, id := range []approval.IssueID{raised, draft.ID} {
		if i := h.issue(id); i.Branch != "branch-u-valley" || i.Secretary != "u-valley-secretary" {
			t.Errorf("%s is with %s of %s", i.Status, i.Secretary, i.Branch)
		}
		if kinds := h.events(id); kinds[len(kinds)-1] != approval.EvHandOver {
			t.Errorf("on record: %v", kinds)
		}
	}
}

func TestAPassBringsOtherRecordsIntoLineTooUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	h := open(t)
	var grounds []string
	h.keeper.Also = append(h.keeper.Also, func(_ context.Context, ground string) (int, error) {
		switch grounds = append(grounds, ground); len(grounds) {
		case 1:
			return 0, errDead
		case 2:
			return 3, nil
		}
		return 0, nil
	})
	h.enter(merger(0))
	if _, err := h.keeper.Tend(t.Context()); !errors.Is(err, errDead) {
		t.Errorf("what failed there is told as %v", err)
	}
	if p := h.tend(); !p.Done || p.Moved != 3 {
		t.Errorf("the sweep did %+v", p)
	}
	if len(grounds) < 3 || grounds[0] != "区委〔2026〕3号" {
		t.Errorf("on the grounds of %v", grounds)
	}
	done := len(grounds)
	if h.tend(); len(grounds) != done {
		t.Error("it is looked at again though nothing has changed")
	}
}

func TestDutiesPassToTheSuccessorAlsoAfterTheEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.raise(25)
	term := approval.Term{What: "开工前补齐", By: calendar.Of(monday).Add(60), Checker: "cc-water"}
	if _, _, err := h.service.Do(t.Context(), id, approval.GrantOnTerms{SignOff: 1, Kind: approval.OnCondition, Duties: []approval.Term{term}, Reason: "附条件"}, as(officer("cc-natural-resources"))); err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.Close(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	if i := h.issue(id); i.Status != approval.Concluded {
		t.Fatalf("it is %s", i.Status)
	}
	h.enter(merger(0))
	h.tend()
	if got := h.signOff(id, 1).Duties[0].Checker; got != "cc-water-parks" {
		t.Errorf("it is checked by %s", got)
	}
	for d, want := range map[roster.DepartmentID]int{"cc-water": 0, "cc-water-parks": 1} {
		duties, _, err := h.store.Duties(t.Context(), approval.DutyQuery{Checker: d}, approval.Page{})
		if err != nil || len(duties) != want {
			t.Errorf("%s has %d duties on its list: %v", d, len(duties), err)
		}
	}
	h.events(id)
}

func TestAHolidayNoticeMovesOpenDates(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.clock.Set(time.Date(2026, 12, 21, 9, 0, 0, 0, calendar.Shanghai).UTC())
	id := h.raise(25)
	before := h.signOff(id, 1).Due
	if !before.Provisional {
		t.Fatal("a date in 2027 is firm without a notice")
	}
	notice := calendar.Notice{Number: "国办发明电〔2026〕99号（测试用）", Year: 2027, Days: []calendar.Day{
		{Date: calendar.MustParse("2027-01-01"), Kind: calendar.Holiday, Name: "元旦"},
		{Date: calendar.MustParse("2027-01-04"), Kind: calendar.Holiday, Name: "元旦"},
	}}
	draft := register.Draft{Title: "2027年节假日安排", Reason: "通知已公布", Ground: notice.Number, Order: register.Order{Holidays: &notice}}
	p, err := h.keeper.Preview(t.Context(), draft)
	if err != nil || len(p.Dates) != 1 {
		t.Fatalf("the preview says %+v, %v", p, err)
	}
	h.enter(draft)
	h.tend()
	after := h.signOff(id, 1).Due
	if after.Provisional || after.On != calendar.China().After(before.On, 2) {
		t.Errorf("two more days off move %v to %v", before, after)
	}
	if p.Dates[0].To != after || p.Dates[0].From != before {
		t.Errorf("the preview had said %+v", p.Dates[0])
	}
	if kinds := h.events(id); !slices.Contains(kinds, approval.EvRestate) {
		t.Errorf("nothing is on record: %v", kinds)
	}
	if i := h.issue(id); i.Watch(1) == nil {
		t.Error("nobody watches the new date")
	}
}

func TestAChangeComesIntoForceOnItsDay(t *testing.T) {
	t.Parallel()
	h := open(t)
	day := calendar.Of(monday).Add(10)
	had, _ := h.service.Rules().Catalog.Competent(24, "440604", day)
	h.enter(reform(day, true))
	open := h.raise(24)
	h.tend()
	if got := h.signOff(open, 1).Department; got != had {
		t.Errorf("ten days before the day it went to %s", got)
	}
	if s := h.keeper.State(); s.Entered != 1 || s.InForce != 0 {
		t.Errorf("the register says %+v", s)
	}
	h.clock.Set(day.Start())
	h.tend()
	if got := h.signOff(open, 1).Department; got != "cc-water" {
		t.Errorf("on the day it is with %s", got)
	}
}

func TestAnotherProcessDecidesOnTheSameFacts(t *testing.T) {
	t.Parallel()
	h := open(t)
	other := *h
	other.join()
	h.enter(reform(0, false))
	if err := other.keeper.RefreshAfter(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := other.keeper.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.signOff(other.raise(24), 1).Department; got != "cc-water" {
		t.Errorf("the other process routes to %s", got)
	}
}

func TestAnApprovalThatIsCutShortIsFinishedByTheSweep(t *testing.T) {
	t.Parallel()
	for commits := range 3 { // of: approved, entered in the register, marked as entered
		t.Run(fmt.Sprint(commits), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			g := h.propose(reform(0, false))
			h.docket.left.Store(int64(commits))
			if _, err := h.keeper.Approve(t.Context(), g.ID, as(admin2)); !errors.Is(err, errDead) {
				t.Fatalf("it answers %v", err)
			}
			h.join() // another process, whose commits succeed
			h.tend()
			g, err := h.keeper.Get(t.Context(), g.ID)
			if err != nil {
				t.Fatal(err)
			}
			want, n := register.Entered, int64(1)
			if commits == 0 {
				want, n = register.Proposed, 0
			}
			if g.State.Status != want || h.keeper.State().Entered != n {
				t.Errorf("it is %s, and the register has %d", g.State.Status, h.keeper.State().Entered)
			}
		})
	}
}

func TestTwoChangesThatExcludeEachOtherAreNotBothEntered(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.propose(merger(0)), h.propose(merger(0))
	h.approve(a.ID)
	if _, err := h.keeper.Approve(t.Context(), b.ID, as(admin2)); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("the second answers %v", err)
	}
	if s := h.keeper.State(); s.Entered != 1 {
		t.Errorf("%d were entered", s.Entered)
	}
}

func TestManyApprovalsAtOnceAreAllEnteredOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	var ids []string
	for n := range 5 {
		d := reform(0, false)
		d.Order.Transfers[0].Items = []catalog.ItemNo{catalog.ItemNo(24 + n)}
		ids = append(ids, h.propose(d).ID)
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			if _, err := h.keeper.Approve(context.WithoutCancel(t.Context()), id, as(admin2)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for k, e := range h.keeper.Entries() {
		if e.N != int64(k+1) || seen[e.ChangeSet] {
			t.Errorf("entry %d is %+v", k+1, e)
		}
		seen[e.ChangeSet] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d were entered", len(seen))
	}
}

func TestALeadAppointsASubstituteAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	today := calendar.Of(monday)
	draft := func() register.Draft {
		return register.Draft{Title: "代办", Reason: "出差", On: today, Order: register.Order{Roster: []roster.Change{{
			Substitute: &roster.Substitute{For: "cc-water-officer-1", By: "cc-water-officer-2", Unit: "cc-water", From: today, Until: today.Add(4)},
		}}}}
	}
	lead := approval.Actor{Person: "cc-water-lead", Role: roster.Lead, Unit: "cc-water"}
	other := approval.Actor{Person: "cc-housing-lead", Role: roster.Lead, Unit: "cc-housing"}
	for _, a := range []approval.Actor{other, officer("cc-water"), admin1} {
		if _, err := h.keeper.Appoint(t.Context(), as(a), draft()); !approval.IsKind(err, approval.Forbidden) {
			t.Errorf("%s appoints: %v", a.Person, err)
		}
	}
	g, err := h.keeper.Appoint(t.Context(), as(lead), draft())
	if err != nil || g.State.Status != register.Entered {
		t.Fatalf("%+v, %v", g, err)
	}
	if by := h.service.Rules().Roster.Substitutes("cc-water-officer-1", "cc-water", today); !slices.Equal(by, []roster.PersonID{"cc-water-officer-2"}) {
		t.Errorf("the substitutes are %v", by)
	}
}

func TestSaysWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := open(t)
	unknown := reform(0, false)
	unknown.Order.Transfers[0].To = "nobody"
	gone := merger(0)
	gone.Order.Roster[0].Reorganise.Passages[0].From = "nobody"
	both := reform(0, false)
	both.Order.Roster = merger(0).Order.Roster
	for name, d := range map[string]register.Draft{"an unknown department": unknown, "a department that is not there": gone, "two kinds": both, "nothing": {Title: "x", Reason: "x", Ground: "x"}} {
		if _, err := h.keeper.Propose(t.Context(), as(admin1), d); !approval.IsKind(err, approval.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSameProposalTwiceIsOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	call := approval.Call{Actor: admin1, Key: "k", Digest: "d"}
	a, err := h.keeper.Propose(t.Context(), call, reform(0, false))
	if err != nil {
		t.Fatal(err)
	}
	h.enter(merger(0)) // after which the water bureau, to which it would move, is gone
	b, err := h.keeper.Propose(t.Context(), call, reform(0, false))
	if err != nil || b.ID != a.ID || !b.Repeated {
		t.Errorf("again it answers %+v, %v", b, err)
	}
}

func leaving(p roster.PersonID) register.Draft {
	return register.Draft{
		Title: "离岗", Reason: "调出", Ground: "区组〔2026〕3号",
		Order: register.Order{Roster: []roster.Change{{People: &roster.PersonChange{Person: p, Leave: true}}}},
	}
}

func TestNobodyLeavesOpenWorkBehind(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.raise(24)
	one := officer(h.signOff(id, 1).Department)
	do := func(a approval.Actor, c approval.Command) {
		t.Helper()
		if _, _, err := h.service.Do(t.Context(), id, c, as(a)); err != nil {
			t.Fatal(err)
		}
	}
	do(one, approval.Claim{SignOff: 1})
	refused := func(d register.Draft, want register.Held) {
		t.Helper()
		_, err := h.keeper.Propose(t.Context(), as(admin1), d)
		e, ok := errors.AsType[*register.NotHandedOver](err)
		if !ok || !approval.IsKind(err, approval.Conflict) || len(e.Held) != 1 || e.Held[0] != want {
			t.Fatalf("refused with %v", err)
		}
		p, err := h.keeper.Preview(t.Context(), d)
		if err != nil || !slices.Equal(p.Held, e.Held) {
			t.Errorf("the preview names %v, %v", p.Held, err)
		}
	}
	title := h.issue(id).Title
	task := register.Held{Person: one.Person, Issue: id, Title: title, SignOff: 1, Department: roster.DepartmentID(one.Unit)}
	refused(leaving(one.Person), task)
	ended := leaving(one.Person)
	ended.Order.Roster[0].People = &roster.PersonChange{Person: one.Person, End: []roster.Post{{Role: roster.Officer, Unit: one.Unit}}}
	refused(ended, task)
	promoted := leaving(one.Person)
	promoted.Order.Roster[0].People = &roster.PersonChange{Person: one.Person, End: []roster.Post{{Role: roster.Officer, Unit: one.Unit}}, Begin: []roster.Post{{Role: roster.Lead, Unit: one.Unit}}}
	if p, err := h.keeper.Preview(t.Context(), promoted); err != nil || len(p.Held) > 0 {
		t.Errorf("who stays in the department hands over %v, %v", p.Held, err)
	}
	// What is claimed after the proposal is handed over before the approval.
	do(one, approval.Release{SignOff: 1})
	proposed := h.propose(leaving(one.Person))
	do(one, approval.Claim{SignOff: 1})
	if _, err := h.keeper.Approve(t.Context(), proposed.ID, as(admin2)); !approval.IsKind(err, approval.Conflict) {
		t.Errorf("approved: %v", err)
	}
	lead := approval.Actor{Person: roster.PersonID(one.Unit) + "-lead", Role: roster.Lead, Unit: one.Unit}
	do(lead, approval.Reassign{SignOff: 1, To: roster.PersonID(one.Unit) + "-officer-2", Reason: "离岗"})
	if g := h.approveAs(proposed.ID, guard); g.State.Status != register.Entered {
		t.Errorf("it is %s", g.State.Status)
	}

	refused(leaving(secretary.Person), register.Held{Person: secretary.Person, Issue: id, Title: title, Branch: "branch-fenjiang"})
	handed := leaving(secretary.Person)
	handed.Order.Roster = append([]roster.Change{
		{People: &roster.PersonChange{New: &roster.Person{ID: "fenjiang-second", NameZH: "某甲", NameEN: "Moujia"}}},
		{Secretary: &roster.Appointment{Branch: "branch-fenjiang", Person: "fenjiang-second"}},
	}, handed.Order.Roster...)
	h.approveAs(h.propose(handed).ID, guard)
}
