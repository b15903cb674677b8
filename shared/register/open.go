package register

import (
	"fmt"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Open are the acts on a change set, by the kinds of their events, that the actor may
// do now: those whose rules refuse nothing but what is typed.
func Open(r *roster.Roster, c ChangeSet, actor approval.Actor, now time.Time) (acts []string) {
	for _, try := range []struct {
		act  string
		rule docket.Rule[ChangeSet]
	}{{EvApprove, approve(r)}, {EvRefuse, refuse(r, "")}, {EvWithdraw, withdraw("")}} {
		if _, err := try.rule(c, &docket.Act{Actor: actor, Now: now, Version: 1}); err == nil || approval.IsKind(err, approval.Invalid) {
			acts = append(acts, try.act)
		}
	}
	return acts
}

// Substitution is the draft by which a lead appoints a substitute.
func Substitution(r *roster.Roster, s roster.Substitute, reason string, today calendar.Date) Draft {
	return Draft{
		Title:  fmt.Sprintf("%s指定%s代办%s的任务", r.UnitName(string(s.Unit)).ZH, r.PersonName(s.By), r.PersonName(s.For)),
		Reason: reason, On: today, Order: Order{Roster: []roster.Change{{Substitute: &s}}},
	}
}
