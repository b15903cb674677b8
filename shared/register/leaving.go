package register

import (
	"context"
	"fmt"
	"slices"

	"lianban/shared/approval"
	"lianban/shared/roster"
)

// Held (未交接的工作) is open work in the hands of somebody whom a change set takes a post from:
// a task that the person has claimed or is asked to sign, or, of who heads a branch that would have nobody, an open issue.
type Held struct {
	Person     roster.PersonID
	Issue      approval.IssueID
	Title      string
	SignOff    int                 // 0: the issue itself, as the branch's secretary
	Department roster.DepartmentID // of the task
	Branch     roster.BranchID     // of the issue
}

// mostHeld is how many are named (assumed); who has more hands these over first.
const mostHeld = 50

// NotHandedOver refuses a change set because somebody would leave open work behind (离岗未交接).
type NotHandedOver struct {
	Held []Held
	err  *approval.Error
}

func (e *NotHandedOver) Error() string { return e.err.Error() }

// Unwrap is the refusal in words.
func (e *NotHandedOver) Unwrap() error { return e.err }

func notHandedOver(r *roster.Roster, held []Held) error {
	if len(held) == 0 {
		return nil
	}
	var names []string
	for _, h := range held {
		if name := r.PersonName(h.Person); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	zh, en := "", ""
	for k, name := range names {
		if k > 0 {
			zh, en = zh+"、", en+", "
		}
		zh, en = zh+name, en+name
	}
	return &NotHandedOver{held, &approval.Error{Kind: approval.Conflict, Field: "person", Text: approval.Text{
		ZH: fmt.Sprintf("%s尚有%d项未办结的工作，请先由部门负责人改派，或者先任命接任书记，再办理离岗。", zh, len(held)),
		EN: fmt.Sprintf("%s still has open work, %d in all: have the lead reassign it, or a new secretary appointed, first.", en, len(held)),
	}}}
}

// handedOver refuses an entry by which somebody would leave open work behind. It looks at the
// work of today, whenever the entry comes into force: what is claimed later goes back to the
// department on the day, as [approval.Conform] says.
func (k *Keeper) handedOver(ctx context.Context, e Entry) error {
	held, err := k.held(ctx, e)
	if err != nil {
		return err
	}
	return notHandedOver(k.service.Rules().Roster, held)
}

// held is the open work that an entry, which fits, would take from people's hands.
func (k *Keeper) held(ctx context.Context, e Entry) (all []Held, err error) {
	var people []roster.PersonID
	for _, c := range e.Order.Roster {
		if p := c.People; p != nil && p.Person != "" && (p.Leave || len(p.End) > 0) {
			people = append(people, p.Person)
		}
	}
	if people == nil {
		return nil, nil
	}
	k.mu.Lock()
	before := k.state.Roster
	after, err := k.would(e)
	k.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for _, person := range people {
		tasks, err := k.claimed(ctx, person, after.Roster)
		if err != nil {
			return nil, err
		}
		issues, err := k.headed(ctx, person, before, after.Roster)
		if err != nil {
			return nil, err
		}
		all = append(append(all, tasks...), issues...)
	}
	return all[:min(len(all), mostHeld)], nil
}

// claimed are the tasks in a person's hands in departments in which the person will do no
// work any more.
func (k *Keeper) claimed(ctx context.Context, person roster.PersonID, after *roster.Roster) (all []Held, err error) {
	for page := (approval.Page{Limit: 200}); ; {
		tasks, next, err := k.service.Store().SignOffs(ctx, approval.SignOffQuery{Assignee: person}, page)
		if err != nil {
			return nil, fmt.Errorf("list the work of %s: %w", person, err)
		}
		for i := range tasks {
			t := &tasks[i]
			department := t.SignOff.Department
			if t.Added != nil {
				department = t.Added.Department
			}
			if !after.Holds(person, roster.Officer, string(department)) && !after.Holds(person, roster.Lead, string(department)) {
				all = append(all, Held{Person: person, Issue: t.Issue, Title: t.Title, SignOff: t.SignOff.N, Department: department})
			}
		}
		if page.Cursor = next; next == "" || len(all) >= mostHeld {
			return all, nil
		}
	}
}

// headed are the open issues of the branches that a person heads and that would have nobody
// at their head.
func (k *Keeper) headed(ctx context.Context, person roster.PersonID, before, after *roster.Roster) (all []Held, err error) {
	for _, b := range before.Branches() {
		if b.SecretaryID != person || b.Tier != roster.TierBranch {
			continue
		}
		if then, ok := after.Branch(b.ID); !ok || !then.Dissolved.IsZero() || then.SecretaryID != "" {
			continue
		}
		for _, project := range b.Projects {
			for page := (approval.Page{Limit: 200}); ; {
				issues, next, err := k.service.Store().Issues(ctx, approval.IssueQuery{Project: project}, page)
				if err != nil {
					return nil, fmt.Errorf("list the issues of %s: %w", project, err)
				}
				for i := range issues {
					if s := issues[i].Status; !s.Ended() {
						all = append(all, Held{Person: person, Issue: issues[i].ID, Title: issues[i].Title, Branch: b.ID})
					}
				}
				if page.Cursor = next; next == "" || len(all) >= mostHeld {
					break
				}
			}
		}
	}
	return all, nil
}
