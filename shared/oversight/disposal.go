package oversight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Find says about which sign-off the issue has the warning with the key today.
func Find(r approval.Rules, i *approval.Issue, key string, today calendar.Date) (n int, ok bool) {
	all := OfIssue(r, i, today)
	k := slices.IndexFunc(all, func(w Warning) bool { return w.Key == key })
	if k < 0 {
		return 0, false
	}
	return all[k].SignOff, true
}

// Sees reports whether a warning is for the actor to look at: an overseer and the
// bureau see all, a general branch or headquarters those of the branches below it, a
// lead those of the own department.
func Sees(r *roster.Roster, w *Warning, actor approval.Actor) bool {
	switch actor.Role {
	case roster.Overseer, roster.Bureau:
		return true
	case roster.GeneralBranch, roster.Headquarters:
		return over(r, w, actor)
	case roster.Lead:
		return w.Department != "" && string(w.Department) == actor.Unit
	}
	return false
}

// Looks reports whether a role looks at warnings at all.
func Looks(role roster.Role) bool {
	return slices.Contains([]roster.Role{roster.Overseer, roster.Bureau, roster.GeneralBranch, roster.Headquarters, roster.Lead}, role)
}

// over reports whether the actor's unit stands above the warning's branch.
func over(r *roster.Roster, w *Warning, actor approval.Actor) bool {
	return w.Branch != "" && slices.ContainsFunc([]roster.Tier{roster.TierGeneralBranch, roster.TierHeadquarters}, func(t roster.Tier) bool {
		id, ok := r.Up(w.Branch, t)
		return ok && string(id) == actor.Unit
	})
}

// May reports whether the actor may dispose of a warning about no single issue in
// this way: the tier above handles what is about a branch, the bureau of the area
// what is about none; the department's lead explains; an overseer finds a false
// alarm.
func May(r *roster.Roster, w *Warning, district roster.DistrictCode, as approval.DisposalAs, actor approval.Actor) bool {
	switch actor.Role {
	case roster.Overseer:
		return as == approval.FalseAlarm
	case roster.Lead:
		return as == approval.Explained && Sees(r, w, actor)
	case roster.GeneralBranch, roster.Headquarters:
		return as == approval.Handled && over(r, w, actor)
	case roster.Bureau:
		bureau, ok := r.Department(roster.DepartmentID(actor.Unit))
		return as == approval.Handled && w.Branch == "" && ok && r.Within(district, bureau.District)
	}
	return false
}

// Disposals keeps what was made of warnings that belong to no single issue.
type Disposals struct{ desk docket.Desk[disposal] }

type disposal struct {
	District roster.DistrictCode `json:"district"`
	approval.Disposal
}

// NewDisposals keeps them in a docket.
func NewDisposals(store docket.Store, now func() time.Time) *Disposals {
	return &Disposals{docket.Desk[disposal]{
		Kind: "warning", Store: store, Now: now,
		Places: func(id string, d disposal) docket.Places {
			return docket.Places{{List: listOf(d.District), Order: id}}
		},
	}}
}

func listOf(district roster.DistrictCode) string { return "warnings/" + string(district) }

// Of are the disposals of a district's warnings, by key. They may lag behind the
// last commits.
func (d *Disposals) Of(ctx context.Context, district roster.DistrictCode) (map[string]approval.Disposal, error) {
	all := map[string]approval.Disposal{}
	for page := (approval.Page{Limit: 200}); ; {
		list, next, err := d.desk.List(ctx, docket.Query{List: listOf(district)}, page)
		if err != nil {
			return nil, fmt.Errorf("list disposals: %w", err)
		}
		for _, g := range list {
			all[g.ID] = g.State.Disposal
		}
		if page.Cursor = next; next == "" {
			return all, nil
		}
	}
}

// Dispose disposes of one of the warnings that a district has today, which belong to
// no single issue, and answers the disposal.
func (d *Disposals) Dispose(ctx context.Context, r *roster.Roster, district roster.DistrictCode, today []Warning, made approval.Disposal, call approval.Call) (approval.Disposal, bool, error) {
	if !Looks(call.Actor.Role) {
		return approval.Disposal{}, false, approval.DisposedBy()
	}
	got, err := d.desk.Put(ctx, made.Key, call, func(state disposal, act *docket.Act) (disposal, error) {
		k := slices.IndexFunc(today, func(w Warning) bool { return w.Key == made.Key })
		switch {
		case k < 0:
			return state, approval.NoWarning()
		case !May(r, &today[k], district, made.As, act.Actor):
			return state, approval.DisposedBy()
		case act.Version != 0:
			return state, approval.DisposedAlready()
		}
		if err := approval.CheckDisposal(made.As, made.Text); err != nil {
			return state, err
		}
		made.By, made.At = act.Actor, act.Now
		act.Event(approval.EvDisposeWarning, func(e *approval.Event) {
			e.After, e.Reason = string(made.As), made.Text
		})
		return disposal{district, made}, nil
	})
	return got.State.Disposal, got.Repeated, err
}
