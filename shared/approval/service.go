package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lianban/shared/calendar"
	"lianban/shared/roster"
)

// Service is the one way in: it loads an issue, applies a rule and commits, and
// tries again when another commit came between. Callers on both sides of the
// house (HTTP, pages, workflow tasks, sweep) hold one.
type Service struct {
	rules     atomic.Pointer[Rules]
	store     Store
	workflows Workflows
	now       func() time.Time
	newID     func() IssueID
	turns     turns

	// Papers keeps the bytes of attachments; nil where there is no place for them.
	Papers Papers
	// Readings keeps who was handed sensitive ones; nil where none are taken.
	Readings Readings

	// Pause, when set, is called between two tries of a command that lost a race,
	// with the number of the try that lost: for processes that share a store and
	// cannot see each other's turns. Its error ends the command.
	Pause func(ctx context.Context, try int) error
}

// NewService joins the rules to a store and the workflows. The clock and the
// source of ids (UUIDv7) come from outside.
func NewService(rules Rules, store Store, workflows Workflows, now func() time.Time, newID func() IssueID) *Service {
	s := &Service{store: store, workflows: workflows, now: now, newID: newID}
	s.SetRules(rules)
	return s
}

// Rules are the rules as they stand at this moment. Who works through something
// with them asks once: the next call may answer newer ones.
func (s *Service) Rules() Rules { return *s.rules.Load() }

// SetRules puts newer rules in force, for every command that begins after it.
func (s *Service) SetRules(rules Rules) { s.rules.Store(&rules) }

// Now is the service's clock, in UTC.
func (s *Service) Now() time.Time { return s.now().UTC() }

// Today is the current date in Asia/Shanghai.
func (s *Service) Today() calendar.Date { return calendar.Of(s.now()) }

// Store gives the lists; they need no rule.
func (s *Service) Store() Store { return s.store }

// Call is how a caller qualifies a command: who acts, against which version
// (0: whichever is current), and under which idempotency key.
type Call struct {
	Actor  Actor
	Expect int64
	Key    string // of the caller's choosing; empty: none
	Digest string // of the request's content, to tell a repetition from a mistake
}

// attempts is how often a command is tried when others commit in between.
const attempts = 8

// Do carries the command out and returns the issue after it. The bool is true
// when the idempotency key had been used for the same request before: then
// nothing was done again.
func (s *Service) Do(ctx context.Context, id IssueID, cmd Command, call Call) (Issue, bool, error) {
	cmd, err := s.bring(ctx, id, cmd, call.Actor)
	if err != nil {
		return Issue{}, false, err
	}
	defer s.turns.take(id)()
	for n := 1; ; n++ {
		issue, err := s.store.Issue(ctx, id)
		if err != nil {
			return Issue{}, false, err
		}
		after, repeated, err := s.once(ctx, issue, cmd, call)
		if IsKind(err, Conflict) && errors.Is(err, ErrLostRace) && n < attempts {
			if s.Pause != nil {
				if err := s.Pause(ctx, n); err != nil {
					return Issue{}, false, err
				}
			}
			continue
		}
		return after, repeated, err
	}
}

// Create begins an issue with its first command, Save or Raise.
func (s *Service) Create(ctx context.Context, cmd Command, call Call) (Issue, bool, error) {
	return s.once(ctx, Issue{ID: s.newID()}, cmd, call)
}

// CreateAs is Create under an id that follows from what the issue is made of. Whoever
// comes second, in whatever name, is answered the issue that is there, and true.
func (s *Service) CreateAs(ctx context.Context, id IssueID, cmd Command, call Call) (Issue, bool, error) {
	issue, err := s.store.Issue(ctx, id)
	if err == nil || !IsKind(err, NotFound) {
		return issue, err == nil, err
	}
	issue, repeated, err := s.once(ctx, Issue{ID: id}, cmd, call)
	if errors.Is(err, ErrLostRace) {
		issue, err = s.store.Issue(ctx, id)
		repeated = err == nil
	}
	return issue, repeated, err
}

// ErrLostRace marks the store's Conflict: another commit came first. A rule's own
// Conflict is not tried again.
var ErrLostRace = errors.New("another commit came first")

// LostRace is what a Store answers when the stored version is not Change.From.
func LostRace(id IssueID) error {
	return fmt.Errorf("%w: %w", ErrLostRace, refuse(Conflict, "", "问题 %s 刚刚被他人更新，请刷新后重试。", "The issue %s was changed by somebody else just now; look again and retry.", id))
}

func (s *Service) once(ctx context.Context, issue Issue, cmd Command, call Call) (Issue, bool, error) {
	key := ""
	if call.Key != "" {
		key = string(call.Actor.Person) + "/" + call.Key
		before, err := s.replay(ctx, key, call.Digest)
		if err == nil {
			return before, true, nil
		}
		if !IsKind(err, NotFound) {
			return Issue{}, false, err
		}
	}
	if call.Expect != 0 && call.Expect != issue.Version {
		return Issue{}, false, refuse(Stale, "If-Match", "该问题已有更新（现为第 %d 版），请核对后再提交。", "The issue has moved on (it is at version %d now); look at the newer state and submit again.", issue.Version)
	}
	change, err := s.Rules().Apply(issue, call.Actor, cmd, s.now())
	if err != nil {
		return Issue{}, false, err
	}
	if change.Issue.Version == change.From {
		return change.Issue, false, nil
	}
	if key != "" {
		change.Receipt = &Receipt{Key: key, Digest: call.Digest, Issue: change.Issue.ID, Version: change.Issue.Version, At: s.Now()}
	}
	if err := s.store.Commit(ctx, change); err != nil {
		if errors.Is(err, ErrRepeated) {
			before, err := s.replay(ctx, key, call.Digest)
			return before, err == nil, err
		}
		return Issue{}, false, fmt.Errorf("commit issue %s: %w", issue.ID, err)
	}
	return change.Issue, false, nil
}

// replay answers what the key stands for.
func (s *Service) replay(ctx context.Context, key, digest string) (Issue, error) {
	receipt, err := s.store.Receipt(ctx, key)
	if err != nil {
		return Issue{}, err
	}
	if receipt.Digest != digest {
		return Issue{}, KeyReused()
	}
	return s.store.Issue(ctx, receipt.Issue)
}

// KeyReused says that an idempotency key stands for another request.
func KeyReused() error {
	return refuse(Invalid, "Idempotency-Key", "该幂等键已用于另一请求，请换一个新的键。", "This idempotency key was used for another request; use a new one.")
}

// Issue returns an issue as the actor may see it: another branch's draft is not
// found.
func (s *Service) Issue(ctx context.Context, id IssueID, actor Actor) (Issue, error) {
	issue, err := s.store.Issue(ctx, id)
	if err != nil {
		return Issue{}, err
	}
	if !s.Rules().Visible(&issue, actor) {
		return Issue{}, NoIssue(id)
	}
	return issue, nil
}

// Visible reports whether the actor may see the issue: drafts, also those that
// were withdrawn before they were raised, belong alone to the branch that their
// project has now.
func (r Rules) Visible(i *Issue, actor Actor) bool {
	if i.Status != Draft && (i.Status != Withdrawn || !i.RaisedAt.IsZero()) {
		return true
	}
	owner := i.Branch
	if branch, ok := r.Roster.BranchOf(i.Project); ok {
		owner = branch.ID
	}
	return actor.Role == roster.Secretary && actor.Unit == string(owner)
}

// NoIssue is the NotFound error for an issue.
func NoIssue(id IssueID) error { return noIssue(id) }

func noIssue(id IssueID) *Error {
	return refuse(NotFound, "issue", "没有编号为 %s 的问题，请核对编号。", "There is no issue %s; please check the number.", id)
}

// The machine's tasks. Each may be called twice.

// Route opens the round and says what to wait for.
func (s *Service) Route(ctx context.Context, id IssueID, round int) (Tally, error) {
	issue, _, err := s.Do(ctx, id, route{round}, Call{Actor: Machine})
	if err != nil {
		return Tally{}, err
	}
	return s.Rules().tallyOf(&issue, round, s.Now()), nil
}

// Ask leaves the token with the sign-off; when nothing is to be waited for it
// completes the token itself. A Recheck error says that the clock changed since
// it was looked at.
func (s *Service) Ask(ctx context.Context, id IssueID, round int, a Asking, token string) error {
	issue, _, err := s.Do(ctx, id, ask{round, a.SignOff, a.Clock, token, a.Seconds}, Call{Actor: Machine})
	if err != nil {
		return err
	}
	if w := issue.Watch(a.SignOff); w == nil || w.Token != token {
		return s.complete(ctx, token)
	}
	return nil
}

func (s *Service) complete(ctx context.Context, token string) error {
	if err := s.workflows.Succeed(ctx, token, []byte("{}")); err != nil && !errors.Is(err, ErrMovedOn) {
		return fmt.Errorf("complete a task that need not wait: %w", err)
	}
	return nil
}

// CheckClock turns lights and climbs the ladder, and says how long to wait next.
func (s *Service) CheckClock(ctx context.Context, id IssueID, round int, n int) (Asking, error) {
	issue, _, err := s.Do(ctx, id, look{round, n}, Call{Actor: Machine})
	if err != nil {
		return Asking{}, err
	}
	now := s.Now()
	t := &transition{Rules: s.Rules(), now: now, today: calendar.Of(now), issue: issue}
	if !t.current(round) {
		return Asking{SignOff: n, Clock: issue.SignOff(n).Clock, Seconds: 1}, nil
	}
	return t.asking(issue.SignOff(n)), nil
}

// Tally sums the round up; a consultation past its deadline climbs a tier.
func (s *Service) Tally(ctx context.Context, id IssueID, round int) (Tally, error) {
	issue, _, err := s.Do(ctx, id, tally{round}, Call{Actor: Machine})
	if err != nil {
		return Tally{}, err
	}
	return s.Rules().tallyOf(&issue, round, s.Now()), nil
}

// Consult leaves the token with the consultation, or completes it when there is
// nothing to rule on any more.
func (s *Service) Consult(ctx context.Context, id IssueID, round int, token string) error {
	issue, _, err := s.Do(ctx, id, consult{round, token}, Call{Actor: Machine})
	if err != nil {
		return err
	}
	if w := issue.Watch(consultWatch); w == nil || w.Token != token {
		return s.complete(ctx, token)
	}
	return nil
}

// Hold shows an operator what went wrong and leaves the token with the issue.
func (s *Service) Hold(ctx context.Context, id IssueID, round int, token, name, cause string) error {
	issue, _, err := s.Do(ctx, id, hold{round, token, name, cause}, Call{Actor: Machine})
	if err != nil {
		return err
	}
	if w := issue.Watch(holdWatch); w == nil || w.Token != token {
		return s.complete(ctx, token)
	}
	return nil
}

// Close ends the round and, when it was the last one, the issue.
func (s *Service) Close(ctx context.Context, id IssueID, round int) (Status, error) {
	issue, _, err := s.Do(ctx, id, closeRound{round}, Call{Actor: Machine})
	return issue.Status, err
}

// ExecutionInput is what a round's execution is started with.
func ExecutionInput(id IssueID, round int) []byte {
	text, err := json.Marshal(struct {
		Issue IssueID `json:"issue"`
		Round int     `json:"round"`
	}{id, round})
	if err != nil {
		panic("approval: execution input cannot be encoded: " + err.Error())
	}
	return text
}

// turns lets the commands for one issue pass one at a time within this process,
// so that five answers at once do not race each other to the store. It is a
// courtesy: what is right is decided by Commit's version.
type turns struct{ stripes [256]sync.Mutex }

func (t *turns) take(id IssueID) (release func()) {
	m := &t.stripes[hash(id)%uint32(len(t.stripes))]
	m.Lock()
	return m.Unlock
}
