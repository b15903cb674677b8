package approval_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/store"
	"lianban/shared/store/sqlite"
)

// shelf is a store that can be made to lose races and fail for one issue.
type shelf struct {
	approval.Store
	races  int // how many commits still lose
	broken approval.IssueID
}

var errBroken = errors.New("disk on fire")

func (s *shelf) Commit(ctx context.Context, c approval.Change) error {
	if s.races > 0 {
		s.races--
		return approval.LostRace(c.Issue.ID)
	}
	return s.Store.Commit(ctx, c)
}

func (s *shelf) Issue(ctx context.Context, id approval.IssueID) (approval.Issue, error) {
	if id == s.broken {
		return approval.Issue{}, errBroken
	}
	return s.Store.Issue(ctx, id)
}

type office struct {
	*testing.T
	service *approval.Service
	shelf   *shelf
	still   *approvaltest.Stillness
	clock   *approvaltest.Clock
}

func newOffice(t *testing.T) *office {
	t.Helper()
	file, err := sqlite.Open(filepath.Join(t.TempDir(), "o.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	o := &office{T: t, shelf: &shelf{Store: store.New(file.Table())}, still: &approvaltest.Stillness{}, clock: approvaltest.NewClock(monday)}
	o.service = approval.NewService(rules, o.shelf, o.still, o.clock.Now, approvaltest.IDs())
	return o
}

func (o *office) create(call approval.Call) approval.Issue {
	o.Helper()
	p := parties(2)
	call.Actor = secretary
	issue, _, err := o.service.Create(o.Context(), approval.Raise{Petition: &p}, call)
	if err != nil {
		o.Fatal(err)
	}
	return issue
}

func TestAKeyAnswersTheSameRequestTheSameAndRefusesAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.create(approval.Call{Key: "k1", Digest: "d1"})
	p := parties(2)
	again, repeated, err := o.service.Create(t.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: secretary, Key: "k1", Digest: "d1"})
	if err != nil || !repeated || again.ID != first.ID {
		t.Errorf("the same request again: %s, %v, %v", again.ID, repeated, err)
	}
	if _, _, err := o.service.Create(t.Context(), approval.Raise{Petition: &p}, approval.Call{Actor: secretary, Key: "k1", Digest: "d2"}); !approval.IsKind(err, approval.Invalid) {
		t.Errorf("another request under the key: %v", err)
	}
	other := approval.Petition{Project: "u-valley", Title: "园区", Parties: p.Parties}
	if _, repeated, err := o.service.Create(t.Context(), approval.Raise{Petition: &other}, approval.Call{Actor: stranger, Key: "k1", Digest: "d2"}); err != nil || repeated {
		t.Errorf("somebody else's key of the same name: %v, %v", repeated, err)
	}
	if _, err := o.service.Route(t.Context(), first.ID, 1); err != nil {
		t.Fatal(err)
	}
	officerOf := officer(first.SignOffs[0].Department, 1)
	grant := func(expect int64) (approval.Issue, bool, error) {
		return o.service.Do(t.Context(), first.ID, approval.Grant{SignOff: 1}, approval.Call{Actor: officerOf, Key: "k2", Digest: "d3", Expect: expect})
	}
	if _, _, err := grant(1); !approval.IsKind(err, approval.Stale) {
		t.Errorf("against an old version: %v", err)
	}
	done, _, err := grant(2)
	if err != nil {
		t.Fatal(err)
	}
	// The answer was lost and the caller asks again, against the version it knew.
	if issue, repeated, err := grant(2); err != nil || !repeated || issue.Version != done.Version {
		t.Errorf("asked again: version %d, %v, %v", issue.Version, repeated, err)
	}
}

func TestALostRaceIsTriedAgainAndInTheEndReported(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	issue := o.create(approval.Call{})
	withdraw := func(expect int64) error {
		_, _, err := o.service.Do(t.Context(), issue.ID, approval.Withdraw{Reason: "不办了"}, approval.Call{Actor: secretary, Expect: expect})
		return err
	}
	o.shelf.races = 8
	if err := withdraw(0); !approval.IsKind(err, approval.Conflict) || o.shelf.races != 0 {
		t.Errorf("eight races lost: %v", err)
	}
	o.shelf.races = 7
	if err := withdraw(1); err != nil {
		t.Errorf("seven races lost: %v", err)
	}
}

func TestARefusalOfTheRulesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	issue := o.create(approval.Call{})
	o.shelf.races = 1
	if _, _, err := o.service.Do(t.Context(), issue.ID, approval.Resubmit{Note: "改"}, approval.Call{Actor: secretary}); !approval.IsKind(err, approval.Conflict) || o.shelf.races != 1 {
		t.Errorf("answers %v", err)
	}
}

func TestADraftIsNotFoundByOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	issue, _, err := o.service.Create(t.Context(), approval.Save{Petition: chain()}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.service.Issue(t.Context(), issue.ID, stranger); !approval.IsKind(err, approval.NotFound) {
		t.Errorf("another branch is told %v", err)
	}
	if _, err := o.service.Issue(t.Context(), issue.ID, secretary); err != nil {
		t.Error(err)
	}
}

func TestTheRelayKeepsAnIssuesOrderAndHandsOnWhatIsLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	flows := &stubborn{refuse: map[string]bool{"bad": true}}
	relay := approval.Relay{Workflows: flows, Store: o.shelf}
	wake := func(issue approval.IssueID, version int64, token string) approval.Outbox {
		return approval.Outbox{Issue: issue, Version: version, At: monday, Wake: []approval.Wake{{Token: token}}}
	}
	records := []approval.Outbox{wake("a", 1, "a1"), wake("b", 1, "b1"), wake("a", 2, "bad"), wake("b", 2, "b2"), wake("a", 3, "a3")}
	n, err := relay.Deliver(t.Context(), records)
	if n != 2 || !errors.Is(err, errBroken) {
		t.Errorf("%d delivered, %v; want 2 and the trouble of the third", n, err)
	}
	if slices.Contains(flows.got(), "a3") || !slices.Contains(flows.got(), "b2") {
		t.Errorf("handed over: %v; a3 is behind the one that failed, b2 is another issue's", flows.got())
	}
	flows.refuse = nil
	if n, err := relay.Deliver(t.Context(), records[n:]); n != 3 || err != nil {
		t.Errorf("%d delivered, %v", n, err)
	}
	if got := flows.got(); slices.Index(got, "bad") > slices.Index(got, "a3") {
		t.Errorf("out of order: %v", got)
	}
}

// stubborn is a workflow that refuses some tokens and knows none twice.
type stubborn struct {
	approvaltest.Stillness
	refuse map[string]bool
}

func (s *stubborn) Succeed(ctx context.Context, token string, output []byte) error {
	if s.refuse[token] {
		return errBroken
	}
	return s.Stillness.Succeed(ctx, token, output)
}

func (s *stubborn) got() (tokens []string) {
	for _, line := range s.Log {
		tokens = append(tokens, strings.TrimPrefix(line, "succeed "))
	}
	return tokens
}

func TestOneIssueInTroubleDoesNotKeepTheSweepFromOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var ids []approval.IssueID
	for range 24 { // some share a shard with the broken one
		issue := o.create(approval.Call{})
		if _, err := o.service.Route(t.Context(), issue.ID, 1); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, issue.ID)
	}
	o.shelf.broken = ids[0]
	o.clock.Set(monday.AddDate(0, 0, 14))
	sweep := approval.Sweep{Service: o.service, Relay: approval.Relay{Workflows: o.still, Store: o.shelf}, Grace: 2 * time.Minute}
	swept, err := sweep.Run(t.Context())
	if !errors.Is(err, errBroken) || swept.Looked != 2*23 || swept.Delivered != 2*24 {
		t.Errorf("%+v, %v", swept, err)
	}
	o.shelf.broken = ""
	for _, id := range ids[1:] {
		if issue, err := o.shelf.Issue(t.Context(), id); err != nil || issue.Light != approval.Red {
			t.Errorf("%s is %s, %v", id, issue.Light, err)
		}
	}
}

func TestMachineTasksSayWhetherAnybodyWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	issue := o.create(approval.Call{})
	tally, err := o.service.Route(t.Context(), issue.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, a := range tally.Asks {
		if err := o.service.Ask(t.Context(), issue.ID, 1, a, fmt.Sprint("token-", k)); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.still.Log) != 0 {
		t.Errorf("a token that waits was completed: %v", o.still.Log)
	}
	if err := o.service.Ask(t.Context(), issue.ID, 0, tally.Asks[0], "of another round"); err != nil {
		t.Fatal(err)
	}
	if err := o.service.Consult(t.Context(), issue.ID, 1, "nothing to rule on"); err != nil {
		t.Fatal(err)
	}
	if err := o.service.Hold(t.Context(), issue.ID, 7, "round seven", "E", "C"); err != nil {
		t.Fatal(err)
	}
	want := []string{"succeed of another round", "succeed nothing to rule on", "succeed round seven"}
	if !slices.Equal(o.still.Log, want) {
		t.Errorf("%v, want %v", o.still.Log, want)
	}
	o.still.Gone = map[string]bool{"gone": true}
	if err := o.service.Consult(t.Context(), issue.ID, 1, "gone"); err != nil {
		t.Errorf("a token that moved on is %v", err)
	}
}
