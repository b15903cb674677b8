package intake

import (
	"context"
	"fmt"

	"lianban/shared/approval"
	"lianban/shared/docket"
	"lianban/shared/roster"
)

// Open are the steps on a request, by the kinds of their events, that the actor may take
// now: those whose rules refuse nothing but what is typed.
func (s *Service) Open(ctx context.Context, got Got, actor approval.Actor) (map[string]bool, error) {
	ended := false
	if id := got.State.Issue; id != "" {
		issue, err := s.issues.Store().Issue(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read the issue of request %s: %w", got.ID, err)
		}
		ended = issue.Status.Ended()
	}
	rules, open := s.issues.Rules(), map[string]bool{}
	for step, rule := range map[string]func(r *Request, act *docket.Act) error{
		EvAccept:    func(r *Request, act *docket.Act) error { return r.accept(rules, act) },
		EvHandOn:    func(r *Request, act *docket.Act) error { return r.handOn(rules, act, "", "") },
		EvAnswer:    func(r *Request, act *docket.Act) error { return r.answer(rules, act, "", ended) },
		EvDecline:   func(r *Request, act *docket.Act) error { return r.decline(rules, act, "", "") },
		EvClose:     func(r *Request, act *docket.Act) error { return r.close(rules, act, "") },
		EvRaise:     func(r *Request, act *docket.Act) error { return r.raises(rules, act.Actor) },
		EvRenewCode: func(r *Request, act *docket.Act) error { return r.renewsCode(rules, act.Actor) },
	} {
		r := got.State
		open[step] = passes(rule(&r, &docket.Act{Actor: actor, Now: s.issues.Now(), Version: got.Version}))
	}
	return open, nil
}

// OpenMatter are the steps on a matter of the pool that the actor may take now.
func (s *Service) OpenMatter(got GotMatter, actor approval.Actor) map[string]bool {
	rules, open := s.issues.Rules(), map[string]bool{}
	for step, rule := range map[string]func(m *Matter, act *docket.Act) error{
		EvClaim: func(m *Matter, act *docket.Act) error { return m.claim(rules, act, Claiming{}) },
		EvRecord: func(m *Matter, act *docket.Act) error {
			if act.Actor.Role == roster.Lead {
				return approval.Refuse(approval.Forbidden, "", "部门自行认领。", "A department claims for itself.")
			}
			return m.claim(rules, act, Claiming{Partner: "?"})
		},
		EvGiveBack: func(m *Matter, act *docket.Act) error { return m.giveBack(rules, act, "") },
		EvReport:   func(m *Matter, act *docket.Act) error { return m.report(rules, act, "") },
		EvConfirm:  func(m *Matter, act *docket.Act) error { return m.end(rules, act, Claimed, Done, "result", "") },
		EvRecall:   func(m *Matter, act *docket.Act) error { return m.end(rules, act, Offered, Recalled, "reason", "") },
	} {
		m := got.State
		open[step] = passes(rule(&m, &docket.Act{Actor: actor, Now: s.issues.Now(), Version: got.Version}))
	}
	return open
}

// passes reports whether a rule tried with nothing typed is for the actor: it looks at
// who may and at the state before it looks at what was typed.
func passes(err error) bool { return err == nil || approval.IsKind(err, approval.Invalid) }
