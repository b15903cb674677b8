package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Progress is how far the open issues have been brought into line.
type Progress struct {
	InForce int64     `json:"inForce"` // with the register up to this change set
	Looked  int       `json:"looked"`  // issues looked at, all passes
	Moved   int       `json:"moved"`   // issues, and other records, in which something moved
	Done    bool      `json:"done"`    // the last pass found nothing left
	At      time.Time `json:"at"`
}

const (
	progressID = "progress"
	EvConform  = "conform" // a pass over the open issues has ended
)

// lag is how long a list may be behind a commit: a pass that began earlier after
// a change may have missed an issue that was raised on the facts before it.
const lag = 2 * time.Minute

// Tend does what the register owes: it enters change sets whose approval was cut
// short, and brings open issues into line. It is for a schedule, and harmless when
// there is nothing to do.
func (k *Keeper) Tend(ctx context.Context) (Progress, error) {
	if err := k.finish(ctx); err != nil {
		return Progress{}, err
	}
	if err := k.Refresh(ctx); err != nil {
		return Progress{}, err
	}
	return k.Conform(ctx)
}

// finish enters what was approved and not entered.
func (k *Keeper) finish(ctx context.Context) error {
	page := approval.Page{Limit: 100}
	var errs []error
	for {
		open, next, err := k.List(ctx, true, page)
		if err != nil {
			return fmt.Errorf("list change sets: %w", err)
		}
		for _, c := range open {
			if c.State.Status != Approved {
				continue
			}
			if _, err := k.enter(ctx, c); err != nil && !approval.IsKind(err, approval.Invalid) {
				errs = append(errs, fmt.Errorf("enter change set %s: %w", c.ID, err))
			}
		}
		if page.Cursor = next; next == "" {
			return errors.Join(errs...)
		}
	}
}

// Conform goes once through all open issues, unless they are in line already. An
// issue that is in trouble does not hold up the others; the next pass tries again.
func (k *Keeper) Conform(ctx context.Context) (Progress, error) {
	state, since := k.State(), k.touchedAt()
	passes := docket.Desk[Progress]{Kind: registerKind, Store: k.store, Now: k.now}
	before, err := passes.Get(ctx, progressID)
	if err != nil && !approval.IsKind(err, approval.NotFound) {
		return Progress{}, err
	}
	p := before.State
	if state.Touched == 0 || p.Done && p.InForce >= state.Touched {
		return p, nil
	}
	if p.InForce < state.Touched {
		p = Progress{}
	}
	began, moved := k.now(), 0
	var errs []error
	err = k.eachOpen(ctx, func(id approval.IssueID) error {
		p.Looked++
		_, changed, err := k.conform(ctx, id, state)
		if changed {
			moved++
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("bring issue %s into line: %w", id, err))
		}
		return ctx.Err()
	})
	errs = append(errs, err)
	for _, also := range k.Also {
		n, err := also(ctx, k.ground(state))
		moved, errs = moved+n, append(errs, err)
	}
	if err = errors.Join(errs...); err != nil {
		return p, err
	}
	p.InForce, p.Moved, p.At = state.InForce, p.Moved+moved, k.now()
	p.Done = moved == 0 && began.Sub(since) > lag
	_, err = passes.Put(ctx, progressID, keeper, func(_ Progress, act *docket.Act) (Progress, error) {
		act.Event(EvConform, func(e *approval.Event) { e.Detail = detail(p) })
		return p, nil
	})
	return p, err
}

// touchedAt is when the last change set that touches open issues came into force.
func (k *Keeper) touchedAt() (at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.entries {
		if !e.Order.Touches() || e.On > k.day {
			continue
		}
		since := e.At
		if start := e.On.Start(); start.After(since) {
			since = start
		}
		if since.After(at) {
			at = since
		}
	}
	return at
}

func (k *Keeper) conform(ctx context.Context, id approval.IssueID, state State) (approval.Issue, bool, error) {
	issue, err := k.service.Store().Issue(ctx, id)
	if err != nil {
		return issue, false, err
	}
	after, _, err := k.service.Do(ctx, id, approval.Conform{Ground: k.ground(state)}, keeper)
	return after, err == nil && after.Version != issue.Version, err
}

// ground is the document of the last change set in force that touches issues.
func (k *Keeper) ground(state State) (ground string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := int64(0)
	for _, e := range inOrder(k.entries) {
		if n++; n <= state.Touched && e.Order.Touches() {
			ground = e.Ground
		}
	}
	return ground
}

// eachOpen calls do for every open issue of every district, for every draft, and for
// those, ended ones too, in which a department that is gone has duties to check.
func (k *Keeper) eachOpen(ctx context.Context, do func(id approval.IssueID) error) error {
	for _, district := range k.State().Roster.Districts() {
		page := approval.Page{Limit: 200}
		for {
			issues, next, err := k.service.Store().Issues(ctx, approval.IssueQuery{District: district.Code}, page)
			if err != nil {
				return fmt.Errorf("list the open issues of %s: %w", district.Code, err)
			}
			for i := range issues {
				if err := do(issues[i].ID); err != nil {
					return err
				}
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
	}
	for _, project := range k.State().Roster.Projects() {
		if err := k.eachDraft(ctx, project.ID, do); err != nil {
			return err
		}
	}
	for _, department := range k.State().Roster.Departments() {
		if department.Until.IsZero() {
			continue
		}
		if err := k.eachChecked(ctx, department.ID, do); err != nil {
			return err
		}
	}
	return nil
}

// eachDraft calls do for every draft of a project.
func (k *Keeper) eachDraft(ctx context.Context, project roster.ProjectID, do func(id approval.IssueID) error) error {
	page := approval.Page{Limit: 200}
	for {
		issues, next, err := k.service.Store().Issues(ctx, approval.IssueQuery{Project: project, Drafts: true}, page)
		if err != nil {
			return fmt.Errorf("list the drafts of %s: %w", project, err)
		}
		for i := range issues {
			if issues[i].Status != approval.Draft { // withdrawn before it was raised
				continue
			}
			if err := do(issues[i].ID); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}

// eachChecked calls do once for every issue with a duty on the department's list.
func (k *Keeper) eachChecked(ctx context.Context, checker roster.DepartmentID, do func(id approval.IssueID) error) error {
	seen := map[approval.IssueID]bool{}
	page := approval.Page{Limit: 200}
	for {
		duties, next, err := k.service.Store().Duties(ctx, approval.DutyQuery{Checker: checker}, page)
		if err != nil {
			return fmt.Errorf("list the duties that %s checks: %w", checker, err)
		}
		for i := range duties {
			if id := duties[i].Issue; !seen[id] {
				seen[id] = true
				if err := do(id); err != nil {
					return err
				}
			}
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}

// Preview is what a change set would do.
type Preview struct {
	On          calendar.Date
	Competences []Moved
	Tasks       []TaskMoved
	Dates       []DateMoved
	Handed      []Handed // open issues that go to another branch or secretary
	Held        []Held   // open work that has to be handed over before it can be proposed
	Drafts      int      // how many drafts do; what is in them is their branch's alone
	Looked      int      // open issues and drafts looked at
	Whole       bool     // none was left out
}

// Handed is an open issue that another branch, or another secretary, takes over.
type Handed struct {
	Issue    approval.IssueID
	Title    string
	From, To roster.BranchID
	By       roster.PersonID // the secretary who takes it over; "" while there is none
}

// Moved is a competence that goes from one department to another.
type Moved struct {
	Item     catalog.ItemNo
	District roster.DistrictCode
	From, To roster.DepartmentID // From is empty when nobody is competent
}

// TaskMoved is an open task that would go to another department.
type TaskMoved struct {
	Issue    approval.IssueID
	Title    string
	SignOff  int
	From, To roster.DepartmentID
}

// DateMoved is a last day that would move.
type DateMoved struct {
	Issue    approval.IssueID
	Title    string
	SignOff  int
	From, To approval.Due
}

// previewed is how many open issues a preview looks at.
const previewed = 2000

// errEnough ends a walk that has seen enough.
var errEnough = errors.New("enough")

// Preview says what a change set would do, by the same rules that will do it:
// which competences move, and what happens to the issues that are open now.
func (k *Keeper) Preview(ctx context.Context, d Draft) (Preview, error) {
	entry := d.entry(approval.Machine, k.now())
	k.mu.Lock()
	err := k.refresh(ctx)
	var after State
	if err == nil {
		after, err = k.would(entry)
	}
	before := k.state
	k.mu.Unlock()
	if err != nil {
		return Preview{}, err
	}
	p := Preview{On: max(entry.On, calendar.Of(k.now())), Whole: true}
	p.Competences = moved(before.Facts, after.Facts, p.On)
	if p.Held, err = k.held(ctx, entry); err != nil {
		return Preview{}, err
	}
	if !d.Order.Touches() {
		return p, nil
	}
	rules := k.service.Rules()
	rules.Calendar, rules.Catalog, rules.Roster, rules.Register = after.Calendar, after.Catalog, after.Roster, after.InForce
	at := k.now()
	if start := p.On.Start(); start.After(at) {
		at = start
	}
	err = k.eachOpen(ctx, func(id approval.IssueID) error {
		if p.Looked == previewed {
			p.Whole = false
			return errEnough
		}
		p.Looked++
		issue, err := k.service.Store().Issue(ctx, id)
		if err != nil {
			return err
		}
		change, err := rules.Apply(issue, approval.Machine, approval.Conform{Ground: d.Ground}, at)
		if err != nil {
			return fmt.Errorf("preview issue %s: %w", id, err)
		}
		p.compare(&issue, &change.Issue)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Preview{}, err
	}
	return p, nil
}

func (p *Preview) compare(before, after *approval.Issue) {
	if before.Branch != after.Branch || before.Secretary != after.Secretary {
		if before.Status == approval.Draft {
			p.Drafts++
		} else {
			p.Handed = append(p.Handed, Handed{before.ID, before.Title, before.Branch, after.Branch, after.Secretary})
		}
	}
	for n := range before.SignOffs {
		a, b := &before.SignOffs[n], &after.SignOffs[n]
		if a.Department != b.Department {
			p.Tasks = append(p.Tasks, TaskMoved{before.ID, before.Title, a.N, a.Department, b.Department})
		}
		if a.Due != b.Due {
			p.Dates = append(p.Dates, DateMoved{before.ID, before.Title, a.N, a.Due, b.Due})
		}
	}
}

// moved compares who is competent for what on a day.
func moved(before, after Facts, on calendar.Date) (all []Moved) {
	for _, district := range after.Roster.Districts() {
		for _, item := range after.Catalog.Items() {
			from, _ := before.Catalog.Competent(item.No, district.Code, on) // nobody: the empty id says so
			to, _ := after.Catalog.Competent(item.No, district.Code, on)
			if from != to {
				all = append(all, Moved{item.No, district.Code, from, to})
			}
		}
	}
	return all
}
